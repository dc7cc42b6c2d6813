"""Winners and losers: consumption equivalents by status and wealth quintile, and who gains."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from dirigiste.report import words
from dirigiste.report.figure_data.table import Table

if TYPE_CHECKING:
    from dirigiste.report.inputs import Run

FEW: Final = 1e-7
"""Groups with a smaller share of owners count as empty."""

LARGE: Final = 1e-3
"""Groups with a smaller share of owners are not named in a title."""

SAME: Final = 5e-7
"""Changes of less than this count as none."""


@dataclass(frozen=True, slots=True)
class Group:
    """Owners of one status, or all. Changes are consumption equivalents (0.01 is 1 %), nan for nobody."""

    status: str
    label: str
    mass: float
    """Share of owners before."""
    cells: tuple[float, ...]
    """Change by wealth quintile."""
    masses: tuple[float, ...]
    """Share of all owners, by wealth quintile."""
    change: float
    gains: float
    """Share of the group that gains."""
    loses: float


@dataclass(frozen=True, slots=True)
class Welfare:
    """Groups in the order of declaration, all owners together last."""

    quintiles: tuple[str, ...]
    groups: tuple[Group, ...]

    @property
    def everybody(self) -> Group:
        """All owners."""
        return self.groups[-1]


def equivalent(log_points: float) -> float:
    """Log points of consumption as a relative change; nan for nobody."""
    return math.expm1(log_points) if math.isfinite(log_points) else math.nan


def welfare(run: Run) -> Welfare | None:
    """Consumption equivalents of a run; None where the two states cannot be compared."""
    found = run.comparison.welfare if run.comparison is not None else None
    if found is None:
        return None
    economy = run.before.economy
    groups = [
        _group(
            found.sel(status=name), "by_status", "by_status_and_quintile", name, words.status(economy, name)
        )
        for name in economy.statuses
        if float(found["mass_by_status"].sel(status=name)) > FEW
    ]
    everybody = _group(found, "in_all", "by_quintile", "all", "all owners")
    return Welfare(tuple(str(name) for name in found["quintile"].values), (*groups, everybody))


def _group(found: Any, whole: str, parts: str, name: str, label: str) -> Group:  # noqa: ANN401  (an xarray Dataset)
    masses = tuple(float(value) for value in found[f"mass_{parts}"].values)
    cells = tuple(
        equivalent(float(value)) if mass > FEW else math.nan
        for value, mass in zip(found[f"change_{parts}"].values, masses, strict=True)
    )
    change, gains, loses, mass = (
        float(found[f"{key}_{whole}"]) for key in ("change", "gains", "loses", "mass")
    )
    return Group(name, label, mass, cells, masses, equivalent(change), gains, loses)


def table(run: Run) -> Table:
    """One row for each status and quintile, and for each status as a whole."""
    found = welfare(run)
    columns = (
        "status",
        "wealth quintile",
        "owners (share of all)",
        "consumption equivalent (relative change)",
        "gain (share of group)",
        "lose (share of group)",
    )
    rows: list[tuple[str | float | None, ...]] = []
    for group in found.groups if found else ():
        cells = zip(found.quintiles if found else (), group.masses, group.cells, strict=True)
        rows += [(group.status, quintile, mass, cell, None, None) for quintile, mass, cell in cells]
        rows.append((group.status, "all", group.mass, group.change, group.gains, group.loses))
    return Table.of(columns, rows)


def title(run: Run) -> str:
    """Who gains and who loses most, in a sentence."""
    found = welfare(run)
    if found is None:
        return "The two states cannot be compared in welfare, since preferences or growth differ"
    every = found.everybody
    cells = [
        (cell, group.label, quintile)
        for group in found.groups[:-1]
        for quintile, mass, cell in zip(found.quintiles, group.masses, group.cells, strict=True)
        if mass >= LARGE and math.isfinite(cell)
    ]
    if not cells or max(abs(cell) for cell, _, _ in cells) < SAME:
        return "Nobody gains or loses"
    head = f"{words.percent(every.gains)} of owners gain, {words.percent(every.loses)} lose"
    worst, best = min(cells), max(cells)
    at = worst if -worst[0] >= best[0] else best
    kind = "loss" if at[0] < 0 else "gain"
    return (
        f"{head}; the largest {kind} is that of {at[1]} owners in the {at[2]} fifth ({words.change(at[0])})"
    )
