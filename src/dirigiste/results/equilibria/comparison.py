"""Two equilibria side by side: what was declared differently, what came out differently, who gains."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from dirigiste.errors import InputError
from dirigiste.results.equilibria.equilibrium import Equilibrium, plain
from dirigiste.results.quantities import measures
from dirigiste.results.quantities.welfare import welfare
from dirigiste.results.text import comparison as text_comparison
from dirigiste.results.text import tables as text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    import xarray as xr

    from dirigiste.economy import Economy


class Difference(NamedTuple):
    """A number in two equilibria."""

    old: float
    new: float

    @property
    def absolute(self) -> float:
        """New - old, in the unit of the number."""
        return self.new - self.old

    @property
    def relative(self) -> float:
        """New / old - 1; nan where old is 0."""
        return self.new / self.old - 1.0 if self.old else math.nan


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """What differs between an old and a new equilibrium on the same statuses and grid. Made by `compare`."""

    old: Equilibrium
    new: Equilibrium

    @cached_property
    def inputs(self) -> dict[str, tuple[Any, Any]]:
        """Every parameter that differs, by dotted path, with its old and its new value; None where there
        is none.
        """
        one, other = declared(self.old.economy), declared(self.new.economy)
        return {
            path: (one.get(path), other.get(path))
            for path in {**one, **other}
            if one.get(path) != other.get(path)
        }

    @cached_property
    def prices(self) -> dict[str, Difference]:
        """Prices in both, by name."""
        return _pairs(self.old.prices, self.new.prices)

    @cached_property
    def aggregates(self) -> dict[str, Difference]:
        """Aggregates in both, by name."""
        return _pairs(self.old.aggregates, self.new.aggregates)

    @cached_property
    def by_status(self) -> dict[str, dict[str, Difference]]:
        """Numbers of every status in both, by name."""

        def numbers(result: Equilibrium, status: str) -> dict[str, float]:
            row = result.statuses.sel(status=status)
            return {name: float(row[name]) for name in measures.STATUS}

        statuses = map(str, self.old.statuses["status"].values)
        return {name: _pairs(numbers(self.old, name), numbers(self.new, name)) for name in statuses}

    @cached_property
    def by_edge(self) -> dict[str, Difference]:
        """Flow of people along every edge that both have, share of owners per year."""
        return _pairs(self.old.by_edge, self.new.by_edge)

    @property
    def comparable(self) -> bool:
        """Whether welfare can be compared: preferences and growth are the same."""
        old, new = self.old.economy, self.new.economy
        return old.preferences == new.preferences and old.technology.growth == new.technology.growth

    @cached_property
    def welfare(self) -> xr.Dataset | None:
        """Consumption-equivalent changes (`quantities.welfare`); None where preferences differ."""
        return welfare(self.old, self.new) if self.comparable else None

    def to_dataframe(self) -> pd.DataFrame:
        """All numbers that both have, one row each: `group` (prices, aggregates, edges or a status), `name`,
        `old`, `new`, `absolute`, `relative`.
        """
        import pandas as pd

        groups = {
            "prices": self.prices,
            "aggregates": self.aggregates,
            **self.by_status,
            "edges": self.by_edge,
        }
        rows = [
            {"group": group, "name": name, **values}
            for group, pairs in groups.items()
            for name, values in _as_json(pairs).items()
        ]
        return pd.DataFrame(rows)

    def to_json(self) -> dict[str, Any]:
        """One object of plain numbers and texts, None where a number has no meaning."""
        entries = {
            "old": {"name": self.old.economy.name, "hash": self.old.economy.hash},
            "new": {"name": self.new.economy.name, "hash": self.new.economy.hash},
            "inputs": {path: {"old": one, "new": other} for path, (one, other) in self.inputs.items()},
            "prices": _as_json(self.prices),
            "aggregates": _as_json(self.aggregates),
            "by_status": {name: _as_json(pairs) for name, pairs in self.by_status.items()},
            "by_edge": _as_json(self.by_edge),
            "welfare": None if self.welfare is None else _welfare_json(self.welfare),
        }
        return plain(entries)

    def __repr__(self) -> str:
        return text_comparison.comparison(self)

    def _repr_html_(self) -> str:
        return text.as_html(text_comparison.tables(self), text_comparison.heading(self))


def compare(a: Equilibrium | str | Path, b: Equilibrium | str | Path) -> Comparison:
    """Compare two equilibria: `a` is the old, `b` the new one.

    Args:
        a: An equilibrium, or a netCDF file of one.
        b: Likewise.

    Raises:
        InputError: Statuses, abilities or wealth nodes differ, so states cannot be matched.
    """
    old, new = (item if isinstance(item, Equilibrium) else Equilibrium.open(item) for item in (a, b))
    differing = [
        f"{what} ({_extent(one)} and {_extent(other)})"
        for what in ("status", "ability", "wealth")
        if not np.array_equal(one := old.states[what].values, other := new.states[what].values)
    ]
    if differing:
        raise InputError.of(
            f"{old.economy.name} and {new.economy.name} cannot be compared: they differ in "
            f"{'; '.join(differing)}. Solve both with the same statuses in the same order, the same law of "
            "ability and the same numerics.wealth"
        )
    return Comparison(old, new)


def _extent(values: np.ndarray) -> str:
    if values.dtype.kind in "UO":
        return ", ".join(map(str, values))
    return f"{values.size} points from {values[0]:g} to {values[-1]:g}"


def declared(economy: Economy) -> dict[str, Any]:
    """Every declared entry that affects the solution, by dotted path; edges by name."""
    parameters: dict[str, Any] = {}

    def walk(value: object, path: str) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                if not (key in {"title", "description"} or (not path and key in {"name", "schema_version"})):
                    walk(inner, f"{path}.{key}" if path else str(key))
        elif isinstance(value, list | tuple) and any(isinstance(item, dict) for item in value):
            for n, item in enumerate(value):
                named = {key: inner for key, inner in item.items() if key != "name"}
                walk(named, f"{path}.{item.get('name', n)}")
        elif value is not None:
            parameters[path] = list(value) if isinstance(value, tuple) else value

    walk(economy.model_dump(by_alias=True), "")
    for edge in economy.edges:
        if edge.kind == "enforcement":
            parameters[f"edges.{edge.name}.perceived"] = edge.perceived_rate
    return parameters


def _pairs(one: Mapping[str, float], other: Mapping[str, float]) -> dict[str, Difference]:
    return {name: Difference(value, other[name]) for name, value in one.items() if name in other}


def _as_json(pairs: Mapping[str, Difference]) -> dict[str, dict[str, float]]:
    return {
        name: {"old": pair.old, "new": pair.new, "absolute": pair.absolute, "relative": pair.relative}
        for name, pair in pairs.items()
    }


def _welfare_json(dataset: xr.Dataset) -> dict[str, Any]:
    groups: dict[str, Any] = {}
    for group in ("in_all", "by_status", "by_quintile", "by_tercile"):
        numbers = {name: dataset[f"{name}_{group}"] for name in ("change", "gains", "loses", "mass")}
        dims = numbers["mass"].dims
        if not dims:
            groups[group] = {name: float(values) for name, values in numbers.items()}
            continue
        labels = dataset[dims[0]].values
        groups[group] = {
            str(label): {name: float(values.values[n]) for name, values in numbers.items()}
            for n, label in enumerate(labels)
        }
    return groups
