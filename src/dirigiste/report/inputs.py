"""What the report reads of a run: the form of its parts, however they came about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import xarray as xr

    from dirigiste.chronicle import Chronicle, Event
    from dirigiste.economy import Economy

LastingChange = tuple[str, float, float, "Sequence[Event]"]
"""Dotted path of a parameter, its value before and after, and the events that moved it."""


class Equilibrium(Protocol):
    """A stationary equilibrium."""

    @property
    def economy(self) -> Economy:
        """The economy that was solved."""
        ...

    @property
    def prices(self) -> Mapping[str, float]:
        """Prices by name: w, r, T."""
        ...

    @property
    def aggregates(self) -> Mapping[str, float]:
        """Aggregates by name."""
        ...

    @property
    def by_status(self) -> Mapping[str, Mapping[str, Any]]:
        """Numbers by status."""
        ...

    @property
    def certificate(self) -> Any:  # noqa: ANN401  (a record of residuals)
        """Residuals that vouch for the result."""
        ...

    @property
    def identity(self) -> Mapping[str, float]:
        """Terms of the goods identity and their sum, `residual`."""
        ...

    @property
    def provenance(self) -> Mapping[str, Any]:
        """Versions, hashes, command line."""
        ...

    @property
    def dataset(self) -> xr.Dataset:
        """Values, choices and masses over (status, ability, wealth), flows over arc."""
        ...


class Run(Protocol):
    """A chronicle on an economy: the stationary state before, and the one with all lasting changes."""

    @property
    def chronicle(self) -> Chronicle:
        """The events."""
        ...

    @property
    def before(self) -> Any:  # noqa: ANN401  (an Equilibrium; properties of frozen classes differ in form)
        """Equilibrium without the events."""
        ...

    @property
    def after(self) -> Any:  # noqa: ANN401
        """Equilibrium with all lasting changes in place."""
        ...

    @property
    def comparison(self) -> Any:  # noqa: ANN401
        """Differences, and welfare by status and wealth quintile."""
        ...

    @property
    def changes(self) -> Sequence[LastingChange]:
        """Parameters that end elsewhere than they began."""
        ...

    @property
    def provenance(self) -> Mapping[str, Any]:
        """Versions, hashes, command line of the run."""
        ...


def record(value: object) -> dict[str, Any]:
    """A record (mapping, named tuple, dataclass) as a plain dict."""
    if isinstance(value, Mapping):
        return {str(key): inner for key, inner in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return dict(value._asdict())  # type: ignore[attr-defined]
    slots = getattr(type(value), "__dataclass_fields__", None)
    if slots is not None:
        return {name: getattr(value, name) for name in slots}
    return (
        {key: inner for key, inner in vars(value).items() if not key.startswith("_")}
        if value is not None
        else {}
    )
