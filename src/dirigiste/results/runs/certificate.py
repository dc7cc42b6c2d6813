"""The certificate of a path: the worst residual of every condition over all dates, what solving each surprise
took, and on request how far the numbers depend on steps and horizon.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from dirigiste.results.quantities import measures
from dirigiste.results.runs.paths import day

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

    import xarray as xr

MARKETS: Final = ("labor", "capital", "budget", "quota")
"""Residuals of markets."""

RESIDUALS: Final = (*MARKETS, "walras", "foresight", "hjb", "mass")
"""Residuals of a path, by the names of `measures.CERTIFICATE_PATH`."""


@dataclass(frozen=True, slots=True)
class WorstResidual:
    """The largest residual of a condition over the path."""

    worst: float
    """The residual with its sign, in the unit of `measures.CERTIFICATE_PATH`."""
    time: float
    """When, in years from the first event."""
    date: str | None
    """When, ISO 8601."""


@dataclass(frozen=True, slots=True)
class SurpriseSolved:
    """What solving the path of one surprise took; units are those of `measures.SURPRISE`."""

    date: str | None
    """Date of the surprise, ISO 8601."""
    rounds: int
    """Rounds of Newton on the path."""
    seconds: float
    """Time that solving the path took."""
    worst: float
    """Largest residual of a market at any date of the path, relative."""
    distance: float
    """L1 distance of the distribution at the horizon from the stationary one announced, share of owners."""
    horizon: float
    """Years from the surprise to the end of the path that was solved."""


@dataclass(frozen=True, slots=True)
class Refinement:
    """Largest changes along the path, of output and wage in logs and of interest per year."""

    half_step: dict[str, float]
    """With half the length of steps."""
    twice_horizon: dict[str, float]
    """With twice the horizon."""


@dataclass(frozen=True, slots=True)
class PathCertificate:
    """The certificate of a path that was solved within its tolerances."""

    residuals: dict[str, WorstResidual]
    """The worst residual of each condition, by the names of `RESIDUALS`."""
    worst: float
    """Largest residual of a market or of goods, in absolute value, relative."""
    distance: float
    """Largest distance of a path at its horizon from where it must end, share of owners."""
    horizon: float
    """Years from the first event to the end of the path."""
    rounds: int
    """Rounds of Newton on all surprises."""
    seconds: float
    """Time that solving all surprises took."""
    least_mass: float
    """Smallest mass of any state, share of owners; below 0 by rounding, and for a while where policy
    functions jump."""
    top_mass: float
    """Most owners at the last wealth node at any date, share of owners."""
    surprises: tuple[SurpriseSolved, ...]
    """What solving each surprise took."""
    warnings: tuple[str, ...]
    """What to know before the numbers are used."""
    certified: bool = True
    """Whether every residual is within its tolerance."""
    refinement: Refinement | None = None
    """What shorter steps and a longer horizon change; None where `certify` was not asked for."""

    @classmethod
    def of(cls, entries: Mapping[str, Any]) -> Self:
        """The certificate from what `to_json` gives."""
        refinement = entries.get("refinement")
        return cls(
            **{
                **entries,
                "residuals": {name: WorstResidual(**row) for name, row in entries["residuals"].items()},
                "surprises": tuple(SurpriseSolved(**row) for row in entries["surprises"]),
                "warnings": tuple(entries["warnings"]),
                "refinement": None if refinement is None else Refinement(**refinement),
            }
        )

    def to_json(self) -> dict[str, Any]:
        """Plain numbers, texts and lists; `refinement` only where it is known."""
        entries = asdict(self)
        if self.refinement is None:
            del entries["refinement"]
        return entries


def build(path: xr.Dataset, surprises: xr.Dataset, solver: Mapping[str, Any]) -> PathCertificate:
    """The certificate of a path.

    Args:
        path: The path.
        surprises: What solving each surprise took (`paths.surprises`).
        solver: What the solver adds: `least_mass`, `top_mass`, `warnings`, and after `certify` also
            `certify`.
    """
    residuals = {name: _worst(path, name) for name in RESIDUALS}
    rows = []
    for n in range(surprises.sizes["surprise"]):
        numbers = {name: float(surprises[name].values[n]) for name in measures.SURPRISE}
        rounds = int(numbers.pop("rounds"))
        rows.append(SurpriseSolved(date=day(surprises["date"].values[n]), rounds=rounds, **numbers))
    refined = solver.get("certify")
    return PathCertificate(
        residuals=residuals,
        worst=max(abs(residuals[name].worst) for name in (*MARKETS, "walras")),
        distance=max((row.distance for row in rows), default=0.0),
        horizon=float(path["time"].values[-1]),
        rounds=sum(row.rounds for row in rows),
        seconds=sum(row.seconds for row in rows),
        least_mass=float(solver["least_mass"]),
        top_mass=float(solver["top_mass"]),
        surprises=tuple(rows),
        warnings=tuple(solver["warnings"]),
        refinement=None if refined is None else Refinement(**refined),
    )


def _worst(path: xr.Dataset, name: str) -> WorstResidual:
    values = path[f"residual_{name}"].values
    n = int(np.argmax(np.where(np.isnan(values), np.inf, np.abs(values))))
    return WorstResidual(float(values[n]), float(path["time"].values[n]), day(path["date"].values[n]))
