"""Shares of the statuses over time, and the flows between them before, at the peak and in the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from dirigiste.report import words
from dirigiste.report.figure_data import course, people
from dirigiste.report.figure_data.choices import beyond
from dirigiste.report.figure_data.course import POINTS
from dirigiste.report.figure_data.table import Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dirigiste.results.runs.run import Run

    Array = NDArray[np.float64]
    Arc = tuple[str, str, str]

SMALL: Final = 0.05
"""Statuses that never hold more owners than this are shown once more on a scale of their own."""

SAME: Final = 5e-6
"""Changes of shares below this count as none."""


@dataclass(frozen=True)
class Band:
    """Share of a status over time."""

    status: str
    label: str
    base: float
    """Without the events."""
    share: Array
    """(M,) share of owners."""

    @property
    def small(self) -> bool:
        """Whether it never holds many owners."""
        return max(self.base, float(self.share.max())) < SMALL


def bands(run: Run) -> list[Band]:
    """Shares of all statuses, in the order of declaration."""
    masses = run.path["mass_by_status"].transpose("time", "status")
    base = run.base["mass_by_status"]
    economy = run.before.economy
    return [
        Band(
            name,
            words.status(economy, name),
            course.scalar(base.sel(status=name).values),
            np.asarray(masses.sel(status=name).values, dtype=float),
        )
        for name in economy.statuses
    ]


def title(run: Run) -> str:
    """Which status shrinks and which grows most within the years read, and what is left of it in the end."""
    shares = bands(run)
    when = min(course.MARK, course.horizon(run))
    changes = [float(np.interp(when, course.time(run), band.share)) - band.base for band in shares]
    least, most = int(np.argmin(changes)), int(np.argmax(changes))
    if max(changes[most], -changes[least]) < SAME:
        return "Owners are spread over the statuses as without the events"
    parts = []
    for n in dict.fromkeys((least, most)):
        if abs(changes[n]) >= SAME:
            verb = "grow" if changes[n] > 0 else "shrink"
            span = words.pair(shares[n].base, shares[n].base + changes[n]).replace(words.ARROW, "to")
            parts.append(f"{shares[n].label} owners {verb} from {span}")
    return words.opening(f"{', '.join(parts)} within {words.plain(round(when, 1))} years")


def describe(run: Run) -> str:
    """Shares in words: without the events, when furthest from there, and in the end."""
    parts = []
    for band in bands(run):
        away = course.Series(band.label, POINTS, band.base, band.share - band.base)
        parts.append(
            f"{band.label} {words.percent(band.base)} without the events, "
            f"{words.percent(float(band.share[away.peak]))} in {course.month(run, away.peak)}, "
            f"{words.percent(float(band.share[-1]))} in the end"
        )
    return f"Bands of the shares of statuses over time. {'; '.join(parts)}."


def table(run: Run) -> Table:
    """Shares over time."""
    shares = bands(run)
    columns = ("years since the first event", *(f"{band.status} (share of owners)" for band in shares))
    rows = np.stack([course.time(run), *(band.share for band in shares)], axis=1).tolist()
    return Table.of(columns, [("without the events", *(band.base for band in shares)), *rows])


def peak(run: Run) -> int:
    """Step at which most owners move otherwise than without the events."""
    _, extra = beyond(run)
    return int(np.argmax(np.abs(extra[course.shown(run)]).sum(axis=1)))


def stages(run: Run) -> list[people.Stage]:
    """Shares and flows without the events, when the flows are furthest from there, and in the end."""
    base, path = run.base, run.path
    top = peak(run)
    when = course.month(run, top)
    return [
        _stage("Without the events", base),
        _stage(f"At the peak, {when}", path.isel(time=top)),
        _stage("In the end", path.isel(time=-1)),
    ]


def _stage(heading: str, data: object) -> people.Stage:
    shares = data["mass_by_status"]  # type: ignore[index]
    masses = {str(n): float(v) for n, v in zip(shares["status"].values, shares.values, strict=True)}
    return people.Stage(heading, masses, people.by_arc(data))
