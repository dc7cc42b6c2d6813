"""The answer: five numbers and three sentences made from them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from dirigiste.report import words
from dirigiste.report.figure_data import bands, channels, course, draws, gains
from dirigiste.report.figure_data.course import POINTS, RELATIVE, Series

if TYPE_CHECKING:
    from dirigiste.results.runs.run import Run

MORE: Final = (
    ("output", "Output", RELATIVE, "goods a year per owner"),
    ("consumption", "Consumption", RELATIVE, "goods a year per owner"),
    ("capital", "Capital in use", RELATIVE, "goods per owner"),
    ("wage", "Wage", RELATIVE, "goods a year"),
    ("interest", "Interest", POINTS, "per year"),
    ("tfp", "Productivity", RELATIVE, "total factor productivity"),
    ("credit", "Credit", RELATIVE, "goods per owner"),
    ("entrepreneurs", "Firms", POINTS, "share of owners who run one"),
    ("control", "Control", POINTS, "share of output"),
    ("silence", "Silence", POINTS, "share of those who could speak"),
    ("flight", "Flight", POINTS, "wealth carried abroad a year over output"),
    ("fines", "Fines", POINTS, "wealth taken a year over output"),
    ("emigrants", "Emigrants", POINTS, "share of owners a year"),
)
"""Name, label, kind and unit of the numbers of the table below the five."""


@dataclass(frozen=True, slots=True)
class Number:
    """One of the five numbers."""

    label: str
    change: str
    levels: str
    unit: str
    interval: str = ""
    """Where most draws are; empty without draws."""


@dataclass(frozen=True, slots=True)
class Row:
    """A number without the events, and some years after the first of them."""

    label: str
    unit: str
    base: str
    changes: tuple[str, ...]
    intervals: tuple[str, ...]
    """Where most draws of each are; empty texts without draws."""


def mark(run: Run) -> float:
    """Years after the first event at which the path is read."""
    return min(course.MARK, course.horizon(run))


def _mark(run: Run) -> str:
    return words.plain(round(mark(run), 1))


def _output(run: Run) -> Series:
    return course.series(run, "output", "Output", RELATIVE)


def headlines(run: Run) -> list[Number]:
    """The five numbers."""
    output = _output(run)
    top = output.peak
    lost = course.present_value(run, output)
    rate = words.percent(course.discount_rate(run))
    best = float(output.deviation[top])
    return [
        Number(
            "Output at its most" if best > 0 else "Output at its worst",
            words.change(best),
            course.month(run, top),
            "against no events",
            draws.interval(None if output.drawn is None else output.drawn[:, top], RELATIVE),
        ),
        Number(
            f"Output, year {_mark(run)}",
            words.change(output.at(run, mark(run))),
            _ends(output),
            "against no events",
            draws.interval(output.drawn_at(run, mark(run)), RELATIVE),
        ),
        Number(
            "Output gained in all" if lost > 0 else "Output lost in all",
            course.size(lost, RELATIVE),
            f"discounted at {rate} a year",
            "present value, of a year's output",
            draws.amount(course.present_values(run, output), RELATIVE, positive=lost > 0),
        ),
        _share(run, "control", "Control", "share of output under party or state control"),
        _share(run, "silence", "Silence", "share of those who could speak and do not"),
    ]


def _ends(series: Series) -> str:
    return f"{words.change(series.end)} in the end"


def _share(run: Run, name: str, label: str, unit: str) -> Number:
    series = course.series(run, name, label, POINTS)
    label = f"{label}, year {_mark(run)}"
    if not series.known:
        return Number(label, words.NONE, "no meaning here", unit)
    change = series.at(run, mark(run))
    sure = draws.interval(series.drawn_at(run, mark(run)), POINTS)
    return Number(label, words.points(change), words.pair(series.base, series.base + change), unit, sure)


def others(run: Run) -> list[Row]:
    """Numbers of the path in years 1 and 5 and in the end."""
    rows = []
    for name, label, kind, unit in MORE:
        series = course.series(run, name, label, kind)
        if series.known:
            base = words.percent(series.base) if kind == POINTS else words.number(series.base, 4)
            values = (series.at(run, 1.0), series.at(run, mark(run)), series.end)
            last = None if series.drawn is None else series.drawn[:, -1]
            drawn = (series.drawn_at(run, 1.0), series.drawn_at(run, mark(run)), last)
            sure = tuple(draws.interval(column, kind) for column in drawn)
            rows.append(Row(label, unit, base, tuple(course.signed(value, kind) for value in values), sure))
    return rows


def sentences(run: Run) -> list[str]:
    """Three sentences: output; control, silence and flight; who moves and who gains."""
    return [_cost(run), _gain(run), _who(run)]


def _cost(run: Run) -> str:
    output = _output(run)
    if output.still:
        return "Output stays what it would be without the events."
    sentence = course.finding(run, output)
    than = " than without the events" if sentence.endswith(("lower", "higher")) else ""
    total = course.present_value(run, output)
    side = "gained" if total > 0 else "lost"
    return (
        f"Output {sentence}{than}; in present value {course.size(total, RELATIVE)} of a "
        f"year's output is {side}{_through(run)}."
    )


def _through(run: Run) -> str:
    decomposition = channels.split(run)
    if decomposition is None or float(np.abs(decomposition.present).max(initial=0.0)) < course.STILL:
        return ""
    order = sorted(decomposition.in_all, key=lambda bar: -abs(bar.value))[:3]
    return f" ({', '.join(f'{words.change(bar.value)} {bar.label}' for bar in order)})"


def _moved(run: Run, name: str, label: str, of: str) -> str | None:
    series = course.series(run, name, label, POINTS)
    if not series.known:
        return None
    now = series.at(run, mark(run))
    if abs(now) < course.STILL:
        return f"{label} stays at {words.percent(series.base)} {of}"
    start, _, stop = words.pair(series.base, series.base + now).partition(f" {words.ARROW} ")
    if start == stop.removesuffix(f"{words.NARROW}%"):
        return f"{label} {'rises' if now > 0 else 'falls'} by {course.size(now, POINTS)} to {stop} {of}"
    span = f"{start} to {stop}"
    return f"{label} {'rises' if now > 0 else 'falls'} from {span} {of}"


def _gain(run: Run) -> str:
    parts = [
        _moved(run, "control", "control", "of output"),
        _moved(run, "silence", "silence", "of those who could speak"),
        _moved(run, "flight", "wealth carried abroad", "of output a year"),
    ]
    known = [part for part in parts if part]
    if not known:
        return "No status counts as controlled, and nobody could speak."
    return words.opening(f"within {_mark(run)} years {words.listing(known)}.")


def _who(run: Run) -> str:
    text = bands.title(run)
    votes = gains.votes(run)
    top = votes[gains.largest(run)]
    if any(abs(vote.mean) > 0 for vote in votes) and math.isfinite(top.mean):
        text += (
            f"; {words.percent(top.share_for)} of owners gain from what becomes known on "
            f"{words.day(top.date)}, which weighs most"
        )
    return f"{text}."
