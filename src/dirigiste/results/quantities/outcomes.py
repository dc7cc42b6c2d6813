"""Every scalar outcome of an equilibrium by one name: prices and aggregates (`output`), numbers of a status
(`credit[independent]`), and flows along an edge (`people[join]`, summed over its origins).
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from dirigiste.documents.words import near
from dirigiste.errors import InputError
from dirigiste.results.quantities import measures

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    import xarray as xr
    from numpy.typing import NDArray

    from dirigiste.economy import Economy
    from dirigiste.numerics.setup.arrays import Compiled
    from dirigiste.numerics.stationary.equilibrium import Point
    from dirigiste.results.quantities.measures import Measure

EDGES = ("people", "wealth_moved", "taken")
"""Flows along an edge, by the names of `measures.EDGE`."""


MARKET_VALUE = "market_value"
"""An outcome by status that only those runs have that were asked for it."""

_OF_PATHS = {name.removesuffix("_by_status"): row for name, row in measures.PATH_STATUS.items()}


def of_point(compiled: Compiled, point: Point) -> dict[str, float]:
    """All outcomes at a point of the solver; nan where one has no meaning."""
    from dirigiste.results.quantities import totals

    values = {**totals.prices(compiled, point), **totals.aggregates(compiled, point)}
    for name, column in totals.by_status(compiled, point).items():
        values |= {f"{name}[{status}]": float(x) for status, x in zip(compiled.statuses, column, strict=True)}
    moved = point.moves
    for name, column in zip(EDGES, (moved.people, moved.wealth, moved.taken), strict=True):
        for edge in compiled.economy.edges:
            values[f"{name}[{edge.name}]"] = float(
                sum(x for arc, x in zip(compiled.arcs, column, strict=True) if arc.edge == edge.name)
            )
    return {name: float(value) for name, value in values.items()}


def of_path(path: xr.Dataset) -> dict[str, NDArray[np.float64]]:
    """All outcomes of a path over its times, (T,), or of the economy without the events, (): those of
    equilibria that a path has too, and `investment[independent]`.
    """
    import numpy as np

    values = {name: path[name].values for name in measures.PATH if name in path}
    for name in measures.PATH_STATUS:
        plain = name.removesuffix("_by_status")
        for status in path["status"].values:
            values[f"{plain}[{status}]"] = path[name].sel(status=status).values
    edges = path["edge"].values
    for name in measures.PATH_ARC:
        for edge in dict.fromkeys(edges):
            values[f"{name}[{edge}]"] = path[name].isel(arc=np.flatnonzero(edges == edge)).sum("arc").values
    return {name: np.asarray(value, dtype=float) for name, value in values.items()}


def standing(
    compiled: Compiled, point: Point, *, market_value: bool = False
) -> dict[str, NDArray[np.float64]]:
    """The outcomes of paths in a stationary state, (), under the names of `of_path`: nothing changes in it,
    and investment keeps capital as it is. Market values are nan unless asked for.
    """
    import numpy as np

    from dirigiste.numerics.transition import claims

    values = of_point(compiled, point)
    technology = compiled.economy.technology
    keep = technology.delta + technology.growth
    worth = np.full(len(compiled.statuses), np.nan)
    if market_value:
        share, g = np.asarray(point.firms.share), point.distribution.g
        worth = claims.by_status(claims.stationary(compiled.arrays, point), share, g)
    for status, claim in zip(compiled.statuses, worth, strict=True):
        capital = values[f"capital[{status}]"]
        values[f"investment[{status}]"] = keep * capital
        values[f"{MARKET_VALUE}[{status}]"] = capital - values[f"borrowed[{status}]"] + float(claim)
    return {name: np.asarray(value, dtype=float) for name, value in values.items()}


def on_path(path: xr.Dataset, name: str) -> NDArray[np.float64]:
    """One outcome of a path over its times, (T,), or of the economy without the events, ()."""
    import numpy as np

    plain, bracket, inner = name.removesuffix("]").partition("[")
    if not bracket:
        values = path[name]
    elif plain in measures.PATH_ARC:
        values = path[plain].isel(arc=np.flatnonzero(path["edge"].values == inner)).sum("arc")
    else:
        values = path[f"{plain}_by_status"].sel(status=inner)
    return np.asarray(values.values, dtype=float)


def names_of_path(economy: Economy, *, valued: bool = False) -> list[str]:
    """Names of all outcomes of paths of an economy; market values only if `valued`, since they are found only
    where they are asked for.
    """
    plain = [name for name in measures.PATH if economy.closure.directed or name not in measures.QUOTA]
    statuses = [name.removesuffix("_by_status") for name in measures.PATH_STATUS]
    of_statuses = [
        f"{name}[{status}]"
        for name in statuses
        if valued or name != MARKET_VALUE
        for status in economy.statuses
    ]
    return plain + of_statuses + [f"{name}[{edge.name}]" for name in EDGES for edge in economy.edges]


def names(economy: Economy) -> list[str]:
    """Names of all outcomes of an economy, before it is solved."""
    every = (*measures.PRICES, *measures.AGGREGATES)
    plain = [name for name in every if economy.closure.directed or name not in measures.QUOTA]
    of_statuses = [f"{name}[{status}]" for name in measures.STATUS for status in economy.statuses]
    return plain + of_statuses + [f"{name}[{edge.name}]" for name in EDGES for edge in economy.edges]


def measure(name: str) -> Measure:
    """Label, unit and description of an outcome, without the status or edge in brackets."""
    plain, bracket, _ = name.partition("[")
    if not bracket:
        tables = (measures.PRICES, measures.AGGREGATES)
    else:
        tables = (measures.STATUS, measures.EDGE, _OF_PATHS)
    return next(table[plain] for table in tables if plain in table)


def chosen(names: Iterable[str], patterns: Iterable[str], what: str) -> list[str]:
    """The names that match any of the patterns (`*` stands for anything), in the order of patterns.

    Raises:
        InputError: A pattern matches none.
    """
    names, result = list(names), []
    for pattern in patterns:
        matches = [name for name in names if name == pattern or fnmatchcase(_plain(name), _plain(pattern))]
        if not matches:
            better = near(pattern, names)
            if any(name.startswith(f"{pattern}.") for name in names):
                better = f"{pattern}.*"
            hint = f"; did you mean `{better}`?" if better else ""
            raise InputError.of(f"there is no {what} of this name{hint}", key=pattern)
        result += [name for name in matches if name not in result]
    return result


def _plain(name: str) -> str:
    """Brackets are no sets of signs here."""
    return name.replace("[", "(").replace("]", ")")
