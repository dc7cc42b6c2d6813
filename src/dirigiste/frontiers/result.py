"""`Frontier`: the edge with settings of instruments and slopes, where the economy lies, implied weights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dirigiste.frontiers.output import tables
from dirigiste.frontiers.problems.goals import PRICE, Goal
from dirigiste.frontiers.search.optimality import AT_BOUND
from dirigiste.frontiers.surface import hypervolume
from dirigiste.version import __version__

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from dirigiste.frontiers.edge import Inside, Traced
    from dirigiste.frontiers.problems.instruments import Instrument
    from dirigiste.frontiers.weights import Weights
    from dirigiste.results.text.tables import Table

    Array = NDArray[np.float64]


@dataclass(frozen=True)
class Frontier:
    """The efficient edge between two goals, or surface of three, over instruments of policy."""

    name: str
    """Of the economy or chronicle."""
    instruments: tuple[Instrument, ...]
    goals: tuple[Goal, ...]
    traced: Traced
    inside: Inside | None
    """None where it was not asked for."""
    weights: Weights | None
    evaluations: int
    """Settings of instruments that were solved."""
    failures: tuple[str, ...]
    """Why others could not be; one entry for each time that one was met."""
    seconds: float
    about: str = ""
    """What goals of a path are."""

    @property
    def others(self) -> tuple[int, ...]:
        """Positions of the goals that cost something: all but the price goal."""
        return tuple(m for m in range(len(self.goals)) if m != PRICE)

    @property
    def values(self) -> Array:
        """Goals of points (N, M), by the first goal."""
        return np.array([point.values for point in self.traced.points])

    @property
    def settings(self) -> Array:
        """Instruments at points (N, K)."""
        low = np.array([one.low for one in self.instruments])
        high = np.array([one.high for one in self.instruments])
        z = np.array([point.z for point in self.traced.points])
        return low + np.where(z < AT_BOUND, 0.0, np.where(z > 1.0 - AT_BOUND, 1.0, z)) * (high - low)

    @property
    def slopes(self) -> Array:
        """Derivatives of the price goal in the others along the frontier (N, M - 1), by multipliers; nan at
        ends, which have none, and where levels do not bind.
        """
        rows = []
        for point in self.traced.points:
            found = point.conditions
            weights = np.full(len(self.others), np.nan) if found is None else found.weights
            rows.append(np.where(weights > 0.0, -weights, np.nan))
        return np.array(rows)

    @property
    def secants(self) -> Array:
        """Slopes between neighbours along an edge (N - 1,)."""
        values = self.values
        other = self.others[0]
        return np.diff(values[:, PRICE]) / np.diff(values[:, other])

    def price(self, slope: Array, values: Array, other: int) -> Array:
        """Percent of the price goal that a point of another costs, at slopes and goals (..., M)."""
        goal = self.goals[other]
        points = np.array([goal.point(float(value)) for value in np.atleast_1d(values[..., other])])
        price = self.goals[PRICE]
        whole = np.array([price.whole(float(value)) for value in np.atleast_1d(values[..., PRICE])])
        return -100.0 * slope * (points / whole).reshape(np.shape(slope))

    @property
    def prices(self) -> Array:
        """Percent of the price goal that a point of each other goal costs (N, M - 1)."""
        columns = [
            self.price(self.slopes[:, n], self.values, other) for n, other in enumerate(self.others)
        ]
        return np.array(columns).T

    @property
    def gaps(self) -> list[float]:
        """For each goal, how much more of it is possible with the others as at present; nan if not known."""
        if self.inside is None:
            return []
        return [
            max(float(found.values[m] - self.traced.here[m]), 0.0)
            if found is not None and found.feasible
            else float("nan")
            for m, found in enumerate(self.inside.most)
        ]

    @property
    def hypervolume(self) -> float:
        """Share of the box between the least and the most of each goal on the frontier that lies below it."""
        values = self.values
        return hypervolume(values, values.min(axis=0), values.max(axis=0))

    @property
    def here_hypervolume(self) -> float:
        """The same share for the present economy alone."""
        values = self.values
        return hypervolume(self.traced.here[None, :], values.min(axis=0), values.max(axis=0))

    def frame(self) -> pd.DataFrame:
        """One row a point: goals, slopes and prices, instruments, residual of first-order conditions."""
        import pandas as pd

        columns: dict[str, Any] = {goal.name: self.values[:, m] for m, goal in enumerate(self.goals)}
        price = self.goals[PRICE].name
        for n, other in enumerate(self.others):
            columns[f"slope of {price} in {self.goals[other].name}"] = self.slopes[:, n]
            columns[f"percent of {price} for each {self.goals[other].of_point}"] = self.prices[:, n]
        for k, one in enumerate(self.instruments):
            columns[one.name] = self.settings[:, k]
        columns["residual"] = [
            np.nan if point.conditions is None else point.conditions.residual for point in self.traced.points
        ]
        return pd.DataFrame(columns)

    def to_json(self) -> dict[str, Any]:
        """One object of plain numbers and texts, None where a number has no meaning."""
        from dirigiste.results.equilibria.equilibrium import plain

        names = [goal.name for goal in self.goals]
        rows = [
            {
                "goals": dict(zip(names, point.values.tolist(), strict=True)),
                "instruments": dict(
                    zip((one.name for one in self.instruments), self.settings[n].tolist(), strict=True)
                ),
                "slopes": {names[m]: float(self.slopes[n, i]) for i, m in enumerate(self.others)},
                "percent_for_a_point": {
                    names[m]: float(self.prices[n, i]) for i, m in enumerate(self.others)
                },
                "residual": None if point.conditions is None else point.conditions.residual,
            }
            for n, point in enumerate(self.traced.points)
        ]
        return plain(
            {
                "format": 1,
                "dirigiste": __version__,
                "name": self.name,
                "about": self.about,
                "goals": [{"name": goal.name, "share": goal.share} for goal in self.goals],
                "price": names[PRICE],
                "instruments": [
                    {"name": one.name, "now": one.value, "low": one.low, "high": one.high, "unit": one.unit}
                    for one in self.instruments
                ],
                "here": dict(zip(names, self.traced.here.tolist(), strict=True)),
                "points": rows,
                "more_possible": dict(zip(names, self.gaps, strict=False)),
                "hypervolume": {"frontier": self.hypervolume, "here": self.here_hypervolume},
                "unreached": self.traced.unreached,
                "implied": self._implied(),
                "evaluations": self.evaluations,
                "failures": list(self.failures),
            }
        )

    def _implied(self) -> dict[str, Any] | None:
        if self.weights is None:
            return None
        names, instruments = [self.goals[m].name for m in self.others], [one.name for one in self.instruments]
        return {
            "weights": dict(zip(names, self.weights.weights.tolist(), strict=True)),
            "standard_errors": dict(zip(names, self.weights.se.tolist(), strict=True)),
            "residual": self.weights.residual,
            "by_instrument": {
                name: dict(zip(instruments, row.tolist(), strict=True))
                for name, row in zip(names, self.weights.alone, strict=True)
            },
        }

    def tables(self) -> list[Table]:
        """Tables for the terminal."""
        return tables.every(self)

    def png(self) -> bytes:
        """The figure: the edge with the economy's place, and the instruments along it."""
        from dirigiste.frontiers.output import figures

        return figures.png(self)

    def save_csv(self, path: str | Path) -> None:
        """Write `frame` as CSV."""
        Path(path).write_text(self.frame().to_csv(index=False), encoding="utf-8")

    def __repr__(self) -> str:
        from dirigiste.results.text.tables import as_text

        return "\n\n".join([tables.heading(self), *(as_text(table) for table in self.tables())])
