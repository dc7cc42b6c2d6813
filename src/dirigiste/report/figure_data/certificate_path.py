"""The certificate of a path: residuals at every step against tolerances, surprises, and the verdict."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from dirigiste.report import words
from dirigiste.report.figure_data import certificate, course
from dirigiste.report.figure_data.certificate import MASS, WALRAS, Verdict
from dirigiste.report.figure_data.table import Table

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from dirigiste.report.inputs import Run

    Array = NDArray[np.float64]

MARKETS: Final = ("labor", "capital", "budget", "walras")
"""Residuals of markets and of goods, drawn together."""

VALUES: Final = 10.0
"""Accuracy asked of the value equation on a path over that of a stationary state; what is required is that of
markets."""

FRONTS: Final = 5.0
"""Largest gap of foresight over its tolerance, where on a few dates many owners move at once."""

SPENT: Final = 3.0
"""Goods off balance over the gap of foresight: owners spend what they foresaw to earn."""

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
    """A residual over time against its tolerance."""

    key: str
    label: str
    values: Array
    """(M,) as the path has them."""
    excess: Array
    """(M,) what of them counts: 0 where slack is no fault."""
    tolerance: float

    @property
    def worst(self) -> int:
        """Step of the largest one; the first without a number if there is such a step."""
        bad = np.flatnonzero(~np.isfinite(self.excess))
        return int(bad[0]) if bad.size else int(np.argmax(np.abs(self.excess)))

    @property
    def met(self) -> bool:
        """Whether it is within the tolerance at every step."""
        return bool(np.all(np.abs(self.excess) <= self.tolerance))


def residuals(run: Run) -> list[Residual]:
    """All residuals that the path holds; those of a quota only where one is declared."""
    path = course.path(run)
    found = []
    for key, label in LABELS.items():
        name = f"residual_{key}"
        if name in path and not (key == "quota" and run.before.economy.closure.directed is None):
            values = np.asarray(path[name].values, dtype=float)
            limit = float(path[name].attrs.get("tolerance", _tolerance(run, key)))
            found.append(Residual(key, label, values, _excess(run, key, values), limit))
    return found


def _tolerance(run: Run, key: str) -> float:
    declared = run.before.economy.numerics.tolerances
    path = course.path(run)
    gap = float(np.abs(path["residual_foresight"].values).max()) if "residual_foresight" in path else 0.0
    given = {
        "hjb": max(VALUES * declared.hjb, declared.paths),
        "mass": MASS,
        "walras": max(WALRAS, declared.paths, SPENT * gap),
        "foresight": FRONTS * declared.foresight,
    }
    return float(given.get(key, declared.paths))


def _excess(run: Run, key: str, values: Array) -> Array:
    """Residuals without slack that is no fault: idle capital at the lowest interest, a quota met and more."""
    path = course.path(run)
    if key == "capital":
        idle = np.asarray(path["interest"].values) <= -float(run.before.economy.technology.delta) + 1e-9
        return np.where(idle, np.maximum(values, 0.0), values)
    if key == "quota":
        added, limit = (
            np.asarray(path[name].values) if name in path else np.full_like(values, neutral)
            for name, neutral in (("added_spread", 0.0), ("limit_factor", 1.0))
        )
        return np.where((added > 0) | (limit < 1), values, np.minimum(values, 0.0))
    return values


def worst(rows: list[Residual]) -> Residual | None:
    """The residual that comes closest to its tolerance, or misses it most."""

    def distance(row: Residual) -> float:
        value = abs(float(row.excess[row.worst]))
        return value / row.tolerance if math.isfinite(value) else math.inf

    return max(rows, key=distance, default=None)


def farthest(run: Run) -> float:
    """Largest distance of a path at its horizon from where it must end; nan if unknown."""
    data = course.surprises(run)
    if "distance" not in data:
        return math.nan
    values = np.atleast_1d(np.asarray(data["distance"].values, dtype=float))
    return float(np.nanmax(values)) if np.isfinite(values).any() else math.nan


def verdict(run: Run) -> Verdict:
    """The verdict on both stationary states and on the path."""
    states = certificate.verdict(run)
    rows = residuals(run)
    top = worst(rows)
    if top is None:
        return Verdict(False, "Not certified: the path has no certificate.")
    missed = [row.label for row in rows if not row.met]
    if missed:
        when = course.month(run, top.worst)
        return Verdict(
            False,
            f"Not certified: {words.listing(missed)} beyond tolerance on the path, worst in {when}. "
            "Do not use these numbers.",
        )
    if not states.good:
        return states
    value = float(np.abs(top.excess[top.worst]))
    text = (
        f"Certified: every step of the path and both stationary states meet every tolerance. Closest to its "
        f"own: {top.label}, {words.residual(value)} of {words.residual(top.tolerance)} "
        f"({course.month(run, top.worst)})."
    )
    far = farthest(run)
    if math.isfinite(far):
        text += f" Distance from the end state at the horizon: {words.residual(far)}."
    count = len(certificate.warnings(run))
    return Verdict(True, text + (f" {words.count(count, 'warning')} below." if count else ""))


def title(run: Run) -> str:
    """How large residuals get, and when."""
    rows = residuals(run)
    top = worst(rows)
    if top is None:
        return "The path has no residuals"
    value = words.residual(abs(float(top.excess[top.worst])))
    when = course.month(run, top.worst)
    missed = [row for row in rows if not row.met]
    if missed:
        return (
            f"{len(missed)} of {words.count(len(rows), 'residual')} miss their tolerance; worst: "
            f"{top.label}, "
            f"{value} in {when}"
        )
    return f"All {len(rows)} residuals stay within tolerance; closest to it: {top.label}, {value} in {when}"


def table(run: Run) -> Table:
    """Residuals at every step."""
    rows = residuals(run)
    columns = ("years since the first event", "date", *(f"residual: {row.label}" for row in rows))
    when = [str(course.day(value)) for value in course.path(run)["date"].values]
    cells = [course.time(run).tolist(), when, *(row.values.tolist() for row in rows)]
    return Table.of(columns, list(zip(*cells, strict=True)))


def surprises(run: Run) -> list[dict[str, str]]:
    """What solving each surprise took and how good it is, row by row."""
    data = course.surprises(run)

    def cell(n: int, name: str, digits: int) -> str:
        if name not in data:
            return words.NONE
        value: Any = np.atleast_1d(data[name].values)[n]
        return words.residual(float(value)) if digits == 0 else words.number(float(value), digits)

    return [
        {
            "date": words.day(when),
            "rounds": words.plain(float(np.atleast_1d(data["rounds"].values)[n]))
            if "rounds" in data
            else words.NONE,
            "seconds": cell(n, "seconds", 2),
            "worst": cell(n, "worst", 0) + _where(data, n),
            "distance": cell(n, "distance", 0),
            "horizon": cell(n, "horizon", 3),
        }
        for n, when in enumerate(course.dates(run))
    ]


def _where(data: xr.Dataset, n: int) -> str:
    """Market and month of the worst residual of a surprise, where they are known."""
    if "worst_market" not in data or "worst_date" not in data:
        return ""
    market, when = str(data["worst_market"].values[n]), course.day(data["worst_date"].values[n])
    return f" ({LABELS.get(market, market)}, {words.MONTHS[when.month - 1]} {when.year})"


def summary(run: Run) -> list[dict[str, object]]:
    """The largest of each residual with its date and tolerance, row by row."""
    return [
        {
            "label": words.opening(row.label),
            "worst": words.residual(abs(float(row.excess[row.worst]))),
            "date": course.month(run, row.worst),
            "tolerance": words.residual(row.tolerance),
            "met": row.met,
        }
        for row in residuals(run)
    ]
