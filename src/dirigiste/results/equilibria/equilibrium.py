"""A stationary equilibrium as it comes back: prices, aggregates, statuses, edges, and the Dataset that
holds them all.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dirigiste import economy as economies
from dirigiste.economy import Economy
from dirigiste.errors import InputError
from dirigiste.results.archive import storage
from dirigiste.results.equilibria.certificate import Certificate
from dirigiste.results.quantities import measures
from dirigiste.results.text import tables as text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Self

    import pandas as pd
    import xarray as xr


@dataclass(frozen=True, eq=False, repr=False)
class Equilibrium:
    """A stationary equilibrium with its certificate. Made by `dirigiste.solve` and by `open`."""

    economy: Economy
    """The economy that was solved."""
    dataset: xr.Dataset
    """The numbers of the economy as a whole, by status and by edge and origin, with units and under the names
    of a path; see `dirigiste.results.equilibria.dataset`."""
    states: xr.Dataset
    """Values, policy functions and the distribution over `status`, `ability` and `wealth`, by the names of
    `measures.STATES`."""

    @cached_property
    def prices(self) -> dict[str, float]:
        """`wage` and `transfer` (goods per year), `interest` (per year); with a quota also `added_spread` and
        `limit_factor`, which meet it.
        """
        return self._numbers(measures.PRICES)

    @cached_property
    def aggregates(self) -> dict[str, float]:
        """Aggregates by the names of `measures.AGGREGATES`; nan where one has no meaning."""
        return self._numbers(measures.AGGREGATES)

    @cached_property
    def statuses(self) -> xr.Dataset:
        """Numbers and flags by `status`, by the names of `measures.STATUS` and `measures.STATUS_FLAGS`."""
        names = {f"{name}_by_status": name for name in (*measures.STATUS, *measures.STATUS_FLAGS)}
        return self.dataset[list(names)].rename(names)

    @cached_property
    def by_edge(self) -> dict[str, float]:
        """Flow of people along every edge, share of owners per year, summed over origins."""
        return {name: edge["people"] for name, edge in self.by_edge_detail.items()}

    @cached_property
    def by_edge_detail(self) -> dict[str, dict[str, Any]]:
        """People, wealth and what is taken for every edge, and under `origins` for each of its origins,
        all per year.
        """
        detail: dict[str, dict[str, Any]] = {
            edge.name: {**dict.fromkeys(measures.EDGE, 0.0), "to": edge.to, "origins": {}}
            for edge in self.economy.edges
        }
        columns = {name: self.dataset[name].values for name in measures.EDGE}
        labels = zip(self.dataset["edge"].values, self.dataset["origin"].values, strict=True)
        for n, (edge, origin) in enumerate(labels):
            row = {name: float(values[n]) for name, values in columns.items()}
            for name, value in row.items():
                detail[str(edge)][name] += value
            detail[str(edge)]["origins"][str(origin)] = row
        return detail

    @cached_property
    def certificate(self) -> Certificate:
        """Residuals of all conditions; after `certify` also the error of the grid and other starts."""
        return Certificate.of(json.loads(self.dataset.attrs["certificate"]))

    @cached_property
    def provenance(self) -> dict[str, Any]:
        """Where it comes from, by the names of `measures.PROVENANCE`."""
        return json.loads(self.dataset.attrs["provenance"])

    @cached_property
    def identity(self) -> dict[str, float]:
        """Terms of the goods identity by the names of `measures.IDENTITY`, goods per year, `residual`
        last.
        """
        return json.loads(self.dataset.attrs["identity"])

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the certificate warns of."""
        return self.certificate.warnings

    @property
    def worst_residual(self) -> float:
        """Largest residual of a market, the budget or goods, relative."""
        return self.certificate.worst

    def sensitivity(self, of: Iterable[str] | None = None, *, wrt: Iterable[str] = ("*",)) -> xr.Dataset:
        """Derivatives and elasticities of outcomes in parameters; see `dirigiste.sensitivity`."""
        from dirigiste.results.equilibria import sensitivity  # solves economies, which needs this module

        return sensitivity.sensitivity(self, sensitivity.STANDARD if of is None else of, wrt=wrt)

    def to_dataframe(self) -> pd.DataFrame:
        """`statuses` as a frame: one row a status."""
        return self.statuses.to_dataframe()

    def to_json(self) -> dict[str, Any]:
        """One object of plain numbers and texts, None where a number has no meaning; `results.schema`
        describes it.
        """
        return plain(
            {
                "economy": {
                    "name": self.economy.name,
                    "title": self.economy.title,
                    "hash": self.economy.hash,
                },
                "prices": self.prices,
                "aggregates": self.aggregates,
                "by_status": self.to_dataframe().to_dict(orient="index"),
                "by_edge": self.by_edge,
                "by_edge_detail": self.by_edge_detail,
                "identity": self.identity,
                "certificate": self.certificate.to_json(),
                "provenance": self.provenance,
            }
        )

    def save(self, path: str | Path) -> None:
        """Write all numbers to a netCDF file; `open` reads it back."""
        storage.write(self.tree, Path(path))

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Read an equilibrium from a netCDF file that `save` wrote.

        Raises:
            InputError: There is no such file, it is no equilibrium, or of a version with another layout.
        """
        return cls.of(storage.read(Path(path), "equilibrium"))

    @classmethod
    def of(cls, tree: xr.DataTree) -> Self:
        """An equilibrium from its tree.

        Raises:
            InputError: The tree lacks something, or it is damaged.
        """
        try:
            dataset, states = storage.dataset_of(tree), storage.dataset_of(tree.children["states"])
            economy = economies.loads(dataset.attrs["economy"], file="<economy of the result>")
            result = cls(economy, dataset, states)
            _ = result.certificate, result.provenance, result.identity, result.statuses
        except (KeyError, TypeError, ValueError) as error:
            raise InputError.of(f"holds no whole equilibrium ({error}); solve it again") from None
        return result

    @property
    def tree(self) -> xr.DataTree:
        """`dataset` with `states` as a group below it, which is what a file holds."""
        import xarray as xr

        return xr.DataTree.from_dict({"/": self.dataset, "states": self.states})

    def certified(self, certificate: Certificate) -> Self:
        """The same equilibrium with another certificate."""
        text = json.dumps(plain(certificate.to_json()), ensure_ascii=False)
        return replace(self, dataset=self.dataset.assign_attrs(certificate=text))

    def _numbers(self, table: Mapping[str, measures.Measure]) -> dict[str, float]:
        return {name: float(self.dataset[name]) for name in table if name in self.dataset}

    def __repr__(self) -> str:
        return text.equilibrium(self)

    def _repr_html_(self) -> str:
        return text.as_html(text.equilibrium_tables(self), text.heading(self))


def plain(value: Any) -> Any:  # noqa: ANN401  (any JSON)
    """The same with None for numbers that are not finite and lists for tuples, fit for strict JSON."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, float):
        return value + 0.0 if math.isfinite(value) else None  # no minus zero
    return value
