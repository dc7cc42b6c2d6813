"""Residuals of a path at every step, their tolerances, and what solving each surprise took."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from dirigiste.numerics.stationary.certificate import MASS, WALRAS
from dirigiste.numerics.transition.perfect_foresight import FRONTS
from dirigiste.report import words
from dirigiste.report.figure_data import course
from dirigiste.report.figure_data.table import Table
from dirigiste.results.quantities.measures import SURPRISE
from dirigiste.solver.surprises import GOODS_OVER_GAP

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dirigiste.results.runs.run import Run

    Array = NDArray[np.float64]

MARKETS: Final = ("labor", "capital", "budget", "walras")
"""Residuals of markets and of goods, drawn together."""

SLACK: Final = ("capital", "quota")
"""Conditions that need not bind: capital may lie idle at the lowest interest, a quota may be met and more.
What a certified path has beyond tolerance there is slack and no residual."""

LABELS: Final = {
    "labor": "labour",
    "capital": "capital",
    "budget": "budget",
    "quota": "quota",
    "walras": "goods",
    "foresight": "foresight",
    "hjb": "value equation",
    "mass": "mass",
}


@dataclass(frozen=True)
class Residual:
    """A residual over time, and its tolerance."""

    key: str
    label: str
    values: Array
    """(M,) as the path has them."""
    tolerance: float

    @property
    def binding(self) -> Array:
        """(M,) what of the residuals is not slack."""
        if self.key not in SLACK:
            return self.values
        return np.where(np.abs(self.values) > self.tolerance, 0.0, self.values)

    @property
    def worst(self) -> int:
        """Step of the largest one."""
        return int(np.argmax(np.abs(self.binding)))

    @property
    def largest(self) -> float:
        """The largest one, without its sign."""
        return float(np.abs(self.binding[self.worst]))


def residuals(run: Run) -> list[Residual]:
    """All residuals that the path holds; those of a quota only where one is declared."""
    quota = run.before.economy.closure.directed is not None
    return [
        Residual(key, label, _values(run, key), _tolerance(run, key))
        for key, label in LABELS.items()
        if key != "quota" or quota
    ]


def _values(run: Run, key: str) -> Array:
    return np.asarray(run.path[f"residual_{key}"].values, dtype=float)


def _tolerance(run: Run, key: str) -> float:
    declared = run.before.economy.numerics.tolerances
    gap = float(np.abs(_values(run, "foresight")).max())
    given = {
        "mass": MASS,
        "walras": max(WALRAS, declared.paths, GOODS_OVER_GAP * gap),
        "foresight": FRONTS * declared.foresight,
    }
    return float(given.get(key, declared.paths))


def closest(run: Run) -> Residual:
    """The residual that comes closest to its tolerance."""
    return max(residuals(run), key=lambda row: row.largest / row.tolerance)


def farthest(run: Run) -> float:
    """Largest distance of a path at its horizon from where it must end."""
    return float(run.surprises["distance"].max())


def title(run: Run) -> str:
    """Which residual comes closest to its tolerance, and when."""
    top = closest(run)
    return (
        f"Of {words.count(len(residuals(run)), 'residual')} {top.label} comes closest to its tolerance: "
        f"{words.residual(top.largest)} of {words.residual(top.tolerance)} in {course.month(run, top.worst)}"
    )


def table(run: Run) -> Table:
    """Residuals at every step."""
    rows = residuals(run)
    columns = ("years since the first event", "date", *(f"residual: {row.label}" for row in rows))
    when = [str(course.day(value)) for value in run.path["date"].values]
    cells = [course.time(run).tolist(), when, *(row.values.tolist() for row in rows)]
    return Table.of(columns, list(zip(*cells, strict=True)))


def surprises(run: Run) -> list[dict[str, str]]:
    """What solving each surprise took and how good it is, row by row."""
    data = run.surprises
    rows = []
    for n, when in enumerate(course.dates(run)):
        values = {name: float(data[name].values[n]) for name in SURPRISE}
        market, month = str(data["worst_market"].values[n]), course.day(data["worst_date"].values[n])
        where = f"{LABELS[market]}, {words.MONTHS[month.month - 1]} {month.year}"
        rows.append(
            {
                "date": words.day(when),
                "rounds": words.plain(values["rounds"]),
                "seconds": words.number(values["seconds"], 2),
                "worst": f"{words.residual(values['worst'])} ({where})",
                "distance": words.residual(values["distance"]),
                "horizon": words.number(values["horizon"], 3),
            }
        )
    return rows


def summary(run: Run) -> list[dict[str, str]]:
    """The largest of each residual with its date and tolerance, row by row."""
    return [
        {
            "label": words.opening(row.label),
            "worst": words.residual(row.largest),
            "date": course.month(run, row.worst),
            "tolerance": words.residual(row.tolerance),
        }
        for row in residuals(run)
    ]
