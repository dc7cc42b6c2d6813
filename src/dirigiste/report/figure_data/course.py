"""The path of a run as figures read it: what is shown of time, deviations from the economy without the
events, and what they amount to in words.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from dirigiste.report import words
from dirigiste.solver import shapley

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dirigiste.results.runs.run import Run

    Array = NDArray[np.float64]

WINDOW: Final = 10.0
"""Years after the first event that figures show."""

AFTER_LAST: Final = 4.0
"""Years that they show at least after the last surprise."""

MARK: Final = 5.0
"""Years after the first event at which the answer and the tables read the path."""

LEAD: Final = 0.6
"""Years before the first event that figures show."""

STILL: Final = 5e-5
"""Deviations below this count as none."""

RELATIVE, POINTS = "relative", "points"
"""A deviation is a share of the value without the events, or a difference of shares."""


def time(run: Run) -> Array:
    """(M,) years since the first event."""
    return np.asarray(run.path["time"].values, dtype=float)


def years(run: Run) -> Array:
    """(M,) calendar years with their fractions."""
    return np.asarray(run.path["year"].values, dtype=float)


def last_shown(run: Run) -> float:
    """Years after the first event at which figures end."""
    t = time(run)
    last = float(t[np.searchsorted(np.asarray(run.path["surprise"].values), _last_surprise(run))])
    return min(max(WINDOW, last + AFTER_LAST), float(t[-1]))


def _last_surprise(run: Run) -> int:
    return int(np.asarray(run.path["surprise"].values).max())


def shown(run: Run) -> NDArray[np.bool_]:
    """(M,) steps that figures show."""
    return time(run) <= last_shown(run) + 1e-9


def horizon(run: Run) -> float:
    """Years from the first event to the last step."""
    return float(time(run)[-1])


def dates(run: Run) -> list[dt.date]:
    """Dates of the surprises."""
    return [day(value) for value in np.atleast_1d(run.surprises["date"].values)]


def day(value: object) -> dt.date:
    """A date of numpy as a date."""
    return np.datetime64(value, "D").astype(dt.date)  # type: ignore[call-overload]


def year_of(when: dt.date) -> float:
    """A date as a calendar year with its fraction."""
    return when.year + (when.timetuple().tm_yday - 1) / 365.25


def month(run: Run, index: int) -> str:
    """Month and year of a step: `Mar 2023`."""
    when = day(run.path["date"].values[index])
    return f"{words.MONTHS[when.month - 1]} {when.year}"


def scalar(value: object) -> float:
    """A number of a Dataset as a float."""
    return float(np.asarray(value))


@dataclass(frozen=True)
class Series:
    """A number over time as deviation from its value without the events."""

    label: str
    kind: str
    base: float
    """Value without the events."""
    deviation: Array
    """(M,) share of `base` (RELATIVE), or difference (POINTS)."""
    drawn: Array | None = None
    """(D, M) the same in every draw; None where there are no draws."""

    @property
    def known(self) -> bool:
        """Whether there is any number in it."""
        return bool(np.isfinite(self.deviation).any())

    @property
    def still(self) -> bool:
        """Whether nothing moves."""
        return not self.known or float(np.nanmax(np.abs(self.deviation))) < STILL

    @property
    def peak(self) -> int:
        """Step of the largest deviation."""
        return int(np.nanargmax(np.abs(self.deviation))) if self.known else 0

    @property
    def end(self) -> float:
        """Deviation in the end."""
        return float(self.deviation[-1])

    def at(self, run: Run, when: float) -> float:
        """Deviation some years after the first event."""
        return float(np.interp(when, time(run), self.deviation))

    def drawn_at(self, run: Run, when: float) -> Array | None:
        """The same in every draw (D,)."""
        if self.drawn is None:
            return None
        return np.array([np.interp(when, time(run), row) for row in self.drawn])

    def band(self, share: float) -> tuple[Array, Array] | None:
        """Lower and upper ends (M,) between which a share of draws are at every step; None where there are
        none.
        """
        if self.drawn is None:
            return None
        low, high = np.quantile(self.drawn, [0.5 - 0.5 * share, 0.5 + 0.5 * share], axis=0)
        return low, high


def deviations(values: Array, without: float, kind: str) -> Array:
    """Deviations of values from the one without the events; nan where that says nothing."""
    if kind == POINTS:
        return values - without
    return values / without - 1.0 if without else np.full_like(values, np.nan)


def series(run: Run, name: str, label: str, kind: str) -> Series:
    """A variable of the path over time; nan where the path lacks it."""
    if name not in run.path or name not in run.base:
        return Series(label, kind, math.nan, np.full(time(run).shape, np.nan))
    values = np.asarray(run.path[name].values, dtype=float)
    without = scalar(run.base[name].values)
    return Series(label, kind, without, deviations(values, without, kind), _drawn(run, [name], kind))


def of_statuses(run: Run, name: str, statuses: list[str], label: str, kind: str) -> Series:
    """The sum of a variable over statuses, over time."""
    picked = run.path[name].transpose("time", "status").sel(status=statuses)
    values = np.asarray(picked.values, dtype=float).sum(axis=1)
    without = float(np.asarray(run.base[name].sel(status=statuses).values, dtype=float).sum())
    names = [f"{name.removesuffix('_by_status')}[{status}]" for status in statuses]
    return Series(label, kind, without, deviations(values, without, kind), _drawn(run, names, kind))


def _drawn(run: Run, names: list[str], kind: str) -> Array | None:
    """Deviations of a sum of outcomes in every draw (D, M); None without draws."""
    if run.draws is None or not names:
        return None
    return run.draws.deviations(*names, relative=kind != POINTS)


def discount_rate(run: Run) -> float:
    """Rate at which what comes later is discounted: owners' time preference, per year."""
    return float(run.before.economy.preferences.rho)


def present_value(run: Run, series: Series) -> float:
    """Discounted sum of a deviation over the path, in units of a year's value without the events."""
    lengths = np.asarray(run.path["step"].values, dtype=float)
    return float(shapley.present_value(np.nan_to_num(series.deviation), lengths, discount_rate(run)))


def present_values(run: Run, series: Series) -> Array | None:
    """The same in every draw (D,); None without draws."""
    if series.drawn is None:
        return None
    lengths = np.asarray(run.path["step"].values, dtype=float)
    return shapley.present_value(np.nan_to_num(series.drawn), lengths, discount_rate(run))


def size(value: float, kind: str) -> str:
    """A deviation without its sign: `1.9 %`, `6.2 points`."""
    text = words.points(abs(value)) if kind == POINTS else words.change(abs(value))
    return text.lstrip("+")


def signed(value: float, kind: str) -> str:
    """A deviation with its sign."""
    return words.points(value) if kind == POINTS else words.change(value)


def finding(run: Run, series: Series, *, end: bool = True, dated: bool = True) -> str:
    """What happens to a number, in a clause: `falls by up to 1.9 % (Mar 2023) and ends 0.8 % lower`."""
    if not series.known:
        return "has no meaning in this economy"
    if series.still:
        return "stays as it was"
    top = float(series.deviation[series.peak])
    verb = "rises" if top > 0 else "falls"
    text = f"{verb} by up to {size(top, series.kind)}{f' ({month(run, series.peak)})' if dated else ''}"
    if abs(series.end - top) <= 0.01 * abs(top):
        return f"{verb} by {size(series.end, series.kind)} in the end"
    if not end:
        return text
    if abs(series.end) < STILL:
        return f"{text} and ends as it was"
    side = "higher" if series.end > 0 else "lower"
    turn = "and" if (series.end > 0) == (top > 0) else "but"
    return f"{text} {turn} ends {size(series.end, series.kind)} {side}"


def event_years(run: Run) -> list[float]:
    """Calendar years of the events that change something."""
    return [year_of(event.date) for event in run.chronicle.ordered if event.acts]


def caption(run: Run) -> str:
    """How to read a figure over time."""
    return (
        "Ticks at the foot: events that change the model. Shown are "
        f"{words.plain(round(last_shown(run), 1))} "
        f"years after the first of them; the path goes on for {words.plain(round(horizon(run)))} years, and "
        "rings at the right rim show its end"
    )
