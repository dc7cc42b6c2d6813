"""Paths as small multiples: deviations of twelve numbers from the economy without the events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from dirigiste.report import words
from dirigiste.report.figure_data import course, draws
from dirigiste.report.figure_data.course import POINTS, RELATIVE, Series
from dirigiste.report.figure_data.table import Table

if TYPE_CHECKING:
    from dirigiste.results.runs.run import Run

LINES: Final = 4
"""Most lines in a panel."""

BESIDE: Final = 2e-3
"""Years around a jump of a parameter in which investment is left out: capital that changes hands at once is
none.
"""


@dataclass(frozen=True)
class Panel:
    """One panel: a heading, what its axis measures, and its lines."""

    heading: str
    unit: str
    lines: tuple[Series, ...]
    empty: str = ""
    """Text shown where there is no line."""

    @property
    def named(self) -> bool:
        """Whether lines need names besides the heading."""
        return len(self.lines) > 1 or (bool(self.lines) and self.lines[0].label != self.heading)


@dataclass(frozen=True)
class Group:
    """Four panels that make a figure."""

    name: str
    panels: tuple[Panel, ...]
    title: str


def groups(run: Run) -> list[Group]:
    """The figures in the order of the report."""
    return [_economy(run), _firms(run), _politics(run)]


def _single(series: Series, unit: str, empty: str = "not part of this economy") -> Panel:
    return Panel(series.label, unit, (series,) if series.known else (), "" if series.known else empty)


def _sentence(run: Run, *parts: tuple[str, Series]) -> str:
    """Findings of several numbers; the first with its end, those without meaning left out."""
    known = [(name, series) for name, series in parts if series.known]
    if not known:
        return "None of these numbers has a meaning in this economy"
    if all(series.still for _, series in known):
        names = words.listing([name for name, _ in known])
        return words.opening(f"{names} {'stays as it was' if len(known) == 1 else 'stay as they were'}")
    first = "" if known[0][1].still else course.month(run, known[0][1].peak)
    texts = [
        f"{name} {course.finding(run, series, end=False, dated=course.month(run, series.peak) != first)}"
        for name, series in known[1:]
    ]
    texts.insert(0, f"{known[0][0]} {course.finding(run, known[0][1])}")
    return words.opening("; ".join(texts))


def _economy(run: Run) -> Group:
    output = course.series(run, "output", "Output", RELATIVE)
    tfp = course.series(run, "tfp", "Productivity", RELATIVE)
    wage = course.series(run, "wage", "Wage", RELATIVE)
    interest = course.series(run, "interest", "Interest", POINTS)
    panels = (
        *(_single(series, "% against no events") for series in (output, tfp, wage)),
        _single(interest, "points a year against no events"),
    )
    return Group("paths-economy", panels, _sentence(run, ("output", output), ("the wage", wage)))


def listed(run: Run) -> list[str]:
    """Statuses with access to public equity: declared so, or named `listed…`."""
    statuses = run.before.economy.statuses
    return [name for name, status in statuses.items() if status.listed or name.startswith("listed")]


def out_of_business(run: Run) -> list[str]:
    """Statuses that may run no firm, such as detained and withdrawn."""
    return [name for name, status in run.before.economy.statuses.items() if not status.operates]


def _firms(run: Run) -> Group:
    credit = course.series(run, "credit", "Credit", RELATIVE)
    firms = course.series(run, "entrepreneurs", "Firms", RELATIVE)
    names = listed(run)
    nothing = np.full(course.time(run).shape, np.nan)
    listings = Series("Listings", RELATIVE, 0.0, nothing)
    if names:
        listings = course.of_statuses(run, "mass_by_status", names, "Listings", RELATIVE)
    panels = (
        _single(credit, "% against no events"),
        _single(listings, "% of listed owners against no events", "no status is listed in this economy"),
        _single(firms, "% against no events"),
        Panel("Investment by status", "% of output without the events", tuple(investment(run))),
    )
    second = ("the number of listed owners", listings) if names else ("the number of firms", firms)
    return Group("paths-firms", panels, _sentence(run, ("credit", credit), second))


def investment(run: Run) -> list[Series]:
    """Investment, all and by the statuses whose own changes most, as deviation over output without events."""
    name = "investment_by_status"
    if name not in run.path:
        return []
    output = course.scalar(run.base["output"].values)
    beside = _beside(run)
    after = beside | np.append(False, beside[:-1])  # what changes hands at once moves with numbers too

    def of(statuses: list[str], label: str) -> Series:
        series = course.of_statuses(run, name, statuses, label, POINTS)
        drawn = None
        if series.drawn is not None:
            drawn = np.where(after, np.nan, series.drawn / output)
        deviation = np.where(beside, np.nan, series.deviation / output)
        return Series(label, POINTS, series.base / output, deviation, drawn)

    statuses = list(run.before.economy.statuses)
    each = [of([status], words.status(run.before.economy, status)) for status in statuses]
    window = course.shown(run)
    each.sort(key=lambda line: -float(np.nansum(np.abs(line.deviation[window]))))
    moving = [line for line in each if not line.still]
    return [of(statuses, "all"), *moving[: LINES - 1]]


def _beside(run: Run) -> np.ndarray:
    """(M,) steps right at a surprise or another jump of a parameter, other than the last ones of the path."""
    t, starts = course.time(run), np.unique(run.path["stretch"].values)
    beside = np.abs(t[:, None] - starts).min(axis=1) < BESIDE
    beside[-1] = False
    return beside


def _politics(run: Run) -> Group:
    control = course.series(run, "control", "Control", POINTS)
    silence = course.series(run, "silence", "Silence", POINTS)
    flight = course.series(run, "flight", "Flight of wealth", POINTS)
    names = out_of_business(run)
    economy = run.before.economy
    outside = [
        course.of_statuses(run, "mass_by_status", [name], words.status(economy, name), POINTS)
        for name in names
    ]
    outside.sort(key=lambda line: -abs(float(line.deviation[line.peak])))
    panels = (
        _single(control, "points of output"),
        _single(silence, "points of those who could speak", "nobody could speak in this economy"),
        _single(flight, "points of output a year"),
        Panel(
            "Out of business",
            "points of owners",
            tuple(outside[:LINES]),
            "" if outside else "every status may run firms",
        ),
    )
    return Group("paths-politics", panels, _sentence(run, ("control", control), ("silence", silence)))


def table(run: Run, group: Group) -> Table:
    """All steps of the path, shown or not: deviations of every line."""
    columns = ["years since the first event", "date"]
    cells: list[list[float | str]] = [
        course.time(run).tolist(),
        [str(course.day(value)) for value in run.path["date"].values],
    ]
    for panel in group.panels:
        for line in panel.lines:
            name = f"{panel.heading}: {line.label}" if panel.named else panel.heading
            columns.append(f"{name}, deviation ({panel.unit})")
            cells.append((100 * line.deviation).tolist())
            band = line.band(draws.SHARE)
            if band is not None:
                columns += [f"{name}, {end} of {draws.PERCENT} of draws" for end in ("low end", "high end")]
                cells += [(100 * end).tolist() for end in band]
    return Table.of(columns, list(zip(*cells, strict=True)))


def describe(run: Run, group: Group) -> str:
    """The figure in words."""
    parts = [
        f"{panel.heading}{f', {line.label}' if panel.named else ''}: {course.finding(run, line)}"
        for panel in group.panels
        for line in panel.lines
    ]
    return (
        "Small multiples over time, deviations from the economy without the events. "
        f"{'; '.join(parts) or 'No lines'}."
    )
