"""Observed series beside the path: points with their sources, lines of the model, verdicts."""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from dirigiste.report import words
from dirigiste.report.figure_data import course, events
from dirigiste.report.figure_data.table import Table
from dirigiste.results.quantities import outcomes
from dirigiste.results.runs import draws as of_draws
from dirigiste.results.runs import observed

if TYPE_CHECKING:
    from collections.abc import Callable

    import xarray as xr

    from dirigiste.chronicle import ObservedSeries
    from dirigiste.results.runs.run import Run

Array = NDArray[np.float64]

STEP: Final = 1e-3
"""By how many standard deviations numbers are moved to derive what series are compared with."""

NAME: Final = "observed"
"""Name of the figure."""


@dataclass(frozen=True)
class Point:
    """A value on the date at which its period ends."""

    year: float
    observed: float
    model: float
    read: bool
    """Whether it was read in a source, not remembered."""
    base: bool
    """Whether others refer to it, so that it is equal by construction."""


@dataclass(frozen=True)
class Panel:
    """A series: its points, and the model over time, a line for each definition."""

    name: str
    title: str
    unit: str
    verdict: str
    citations: tuple[int, ...]
    """Numbers in the bibliography."""
    points: tuple[Point, ...]
    lines: tuple[tuple[tuple[float, ...], tuple[float, ...]], ...]
    """Calendar years and values of the model."""
    bands: tuple[tuple[tuple[float, ...], tuple[float, ...]], ...] = ()
    """Of each line the ends between which most draws are; none without draws."""


@dataclass(frozen=True)
class Row:
    """A series in the table of fit."""

    name: str
    title: str
    sources: tuple[str, ...]
    quality: str
    outcome: str
    how: str
    n: str
    rmse: str
    rms_se: str
    response: str
    verdict: str
    remarks: tuple[str, ...]


def limits(run: Run) -> tuple[dt.date, dt.date]:
    """First and last day that panels show: all values, and all events."""
    days = [date for one in run.chronicle.observed.values() for date in one.observations]
    days += [event.date for event in run.chronicle.events if event.acts]
    return min(days), max(days)


def panels(run: Run) -> list[Panel]:
    """The series in the order of the chronicle."""
    books = events.bibliography(run.chronicle)
    first, last = limits(run)
    reader = observed.Reader.of(run.path, run.base)
    return [
        Panel(
            name,
            series.title,
            observed.unit_of(series),
            str(_agreement(run, name)["verdict"].values),
            tuple(sorted(books[id_].number for id_ in _cited(series) if id_ in books)),
            _points(run, name),
            _lines(reader, series, first, last),
            _bands(run, reader, series, first, last),
        )
        for name, series in run.chronicle.observed.items()
    ]


def _agreement(run: Run, name: str) -> xr.Dataset:
    """How well a series agrees with the model."""
    assert run.observed is not None
    return run.observed.drop_dims("observation").sel(series=name)


def _values(run: Run, name: str) -> xr.Dataset:
    """The values of a series."""
    assert run.observed is not None
    return run.observed.isel(observation=np.flatnonzero(run.observed["name"].values == name))


def _points(run: Run, name: str) -> tuple[Point, ...]:
    values = _values(run, name)
    columns = (values[key].values for key in ("date", "observed", "model", "quality", "is_base"))
    return tuple(
        Point(course.year_of(course.day(date)), float(seen), float(model), quality == "read", bool(base))
        for date, seen, model, quality, base in zip(*columns, strict=True)
    )


def _cited(series: ObservedSeries) -> list[str]:
    """Sources of the values of a series, each once."""
    return list(dict.fromkeys(id_ for date in series.observations for id_ in series.sources_of(date)))


def _lines(
    reader: observed.Reader, series: ObservedSeries, first: dt.date, last: dt.date
) -> tuple[tuple[tuple[float, ...], tuple[float, ...]], ...]:
    """The model by month, within each definition with its own base."""
    lines = []
    for dates, base in _months(series, first, last):
        values = reader.modelled(_whole(series), dates, base)
        lines.append((tuple(course.year_of(date) for date in dates), tuple(values.tolist())))
    return tuple(lines)


def _months(
    series: ObservedSeries, first: dt.date, last: dt.date
) -> list[tuple[list[dt.date], dt.date | None]]:
    """Months of each definition, with the base date that they refer to."""
    months = []
    for n, piece in enumerate(series.pieces):
        begin = first if n == 0 else piece[0]
        end = last if n == len(series.pieces) - 1 else piece[-1]
        months.append((ends_of_months(begin, end), series.base_of(piece)))
    return months


def _whole(series: ObservedSeries) -> ObservedSeries:
    """A series as lines show it: years to date as whole years."""
    return series.model_copy(update={"period": "year"}) if series.period == "year_to_date" else series


class _Shifted(observed.Read):
    """Outcomes of a path with its numbers a little off."""

    def __init__(self, path: xr.Dataset, slopes: Callable[[str], Array], by: Array) -> None:
        super().__init__(path)
        self.slopes, self.by = slopes, by

    def __missing__(self, name: str) -> Array:
        self[name] = values = outcomes.on_path(self.path, name) + self.slopes(name) @ self.by
        return values


def _bands(
    run: Run, reader: observed.Reader, series: ObservedSeries, first: dt.date, last: dt.date
) -> tuple[tuple[tuple[float, ...], tuple[float, ...]], ...]:
    """Where most draws of the lines are, to first order; none without draws."""
    draws = run.draws
    if draws is None:
        return ()
    steps = np.diag(STEP * draws.data["sd"].values)
    shifted = [
        observed.Reader(
            reader.clock,
            _Shifted(run.path, draws.slopes, by),
            _Shifted(run.base, draws.base_slopes, by),
        )
        for by in steps
    ]
    bands = []
    for dates, reference in _months(series, first, last):
        here = reader.modelled(_whole(series), dates, reference)
        moved = [one.modelled(_whole(series), dates, reference) - here for one in shifted]
        slopes = np.array(moved).T / np.diag(steps)
        ends = [of_draws.LEVELS[0], of_draws.LEVELS[-1]]
        low, high = np.quantile(here + draws.off @ slopes.T, ends, axis=0)
        bands.append((tuple(low.tolist()), tuple(high.tolist())))
    return tuple(bands)


def ends_of_months(first: dt.date, last: dt.date) -> list[dt.date]:
    """Last days of months, from that of `first` to that of `last`."""
    months = range(12 * first.year + first.month - 1, 12 * last.year + last.month)
    pairs = (divmod(month, 12) for month in months)
    return [dt.date(year, month + 1, calendar.monthrange(year, month + 1)[1]) for year, month in pairs]


def title(run: Run) -> str:
    """How many series the model meets, in a sentence."""
    assert run.observed is not None
    verdicts = list(map(str, run.observed["verdict"].values))
    met = sum(verdict in {"met", "changes met"} for verdict in verdicts)
    missed = verdicts.count("missed")
    series = "observed series"
    head = f"The model meets {met or 'none'} of {words.count(len(verdicts), series, series)}"
    return f"{head} and misses {missed}" if missed else head


def rows(run: Run) -> list[Row]:
    """The table of fit."""
    found = []
    for name, series in run.chronicle.observed.items():
        fit = _agreement(run, name)
        error = "No standard error"
        if series.se is not None:
            error = f"Standard error {words.number(series.se)} ({series.se_source})"
        moved = f"Moved by other things too: {series.confounders}" if series.confounders else ""
        found.append(
            Row(
                name=name,
                title=series.title,
                sources=tuple(_cited(series)),
                quality=series.quality,
                outcome=series.outcome,
                how=f"{series.comparison}, {observed.unit_of(series)}",
                n=f"{int(fit['n'])}",
                rmse=_shown(float(fit["rmse"])),
                rms_se=_shown(float(fit["rms_se"])),
                response=_shown(float(fit["response"])),
                verdict=str(fit["verdict"].values),
                remarks=tuple(remark for remark in (moved, series.note, f"{error}.") if remark),
            )
        )
    return found


def _shown(value: float) -> str:
    return words.number(value, 2) if np.isfinite(value) else words.NONE


def table(run: Run) -> Table:
    """Every value of every series: as published, as compared, and the model's."""
    columns = ("series", "date", "published", "observed", "model", "unit", "quality", "source", "verdict")
    rows = []
    for name, series in run.chronicle.observed.items():
        values, verdict = _values(run, name), str(_agreement(run, name)["verdict"].values)
        days = [str(course.day(date)) for date in values["date"].values]
        numbers = (values[key].values.tolist() for key in ("published", "observed", "model"))
        texts = (values[key].values.tolist() for key in ("quality", "source"))
        for day, *three, quality, source in zip(days, *numbers, *texts, strict=True):
            rows.append((name, day, *three, observed.unit_of(series), quality, source, verdict))
    return Table.of(columns, rows)


def describe(run: Run) -> str:
    """The figure in words."""
    parts = [
        f"{series.title}: {_agreement(run, name)['verdict'].values}"
        for name, series in run.chronicle.observed.items()
    ]
    return f"Small multiples, observed values as points on lines of the model. {'; '.join(parts)}."
