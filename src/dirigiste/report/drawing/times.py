"""What figures over time share: the axis of calendar years, ticks of events, names at the ends of lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from matplotlib.collections import LineCollection

from dirigiste.report import layout, words
from dirigiste.report.drawing import sheet
from dirigiste.report.figure_data import course

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from dirigiste.results.runs.run import Run

    Array = NDArray[np.float64]

DASHES: Final = ("-", (0, (5, 1.4)), (0, (1.2, 1.2)), (0, (5, 1.4, 1.2, 1.4)))
"""Line styles, in the order of colours."""

ROOM, BELOW = 0.05, 0.1
"""Room above lines, and below them for ticks of events, as shares of their range."""

SHADE: Final = 0.16
"""Opacity of a band; where two lie upon each other they are darker."""

FLAT: Final = 1e-3
"""Ranges below this, in units of the axis, are drawn as none."""


@dataclass(frozen=True)
class Line:
    """A line of a panel with the label at its end."""

    label: str
    values: Array
    """(M,) all steps of the path, in units of the axis."""
    ends: str
    """Number at its end."""
    colour: str
    dash: object
    before: float = 0.0
    """Value before the first event."""
    bands: tuple[tuple[Array, Array], ...] = ()
    """Lower and upper ends (M,) of the shaded bands around it, the widest first."""


def limits(run: Run) -> tuple[float, float]:
    """First and last calendar year that figures show."""
    first = float(course.years(run)[0])
    return first - course.LEAD, first + course.last_shown(run)


def axis(axes: Axes, run: Run, *, ticks: bool = True) -> None:
    """Calendar years along the foot, events as ticks."""
    low, high = limits(run)
    axes.set_xlim(low, high)
    span = high - low
    step = next((s for s in (1, 2, 5, 10, 20) if span / s <= 8), 50)
    years = [y for y in range(int(np.ceil(low)), int(high) + 1) if y % step == 0]
    axes.set_xticks(years, [str(year) for year in years])
    if ticks:
        events(axes, run, 5)


def events(axes: Axes, run: Run, zorder: float) -> None:
    """A tick on the foot for every event."""
    ticks = [((when, 0.0), (when, 0.05)) for when in course.event_years(run)]
    place = axes.get_xaxis_transform()
    lines = LineCollection(
        ticks, colors=sheet.INK, linewidths=0.6, zorder=zorder, transform=place, capstyle="round"
    )
    axes.add_collection(lines, autolim=False)


def extended(run: Run, values: Array, before: float) -> tuple[Array, Array]:
    """Calendar years and values that are shown, from before the first event on."""
    used = course.shown(run) & np.isfinite(values)
    low, _ = limits(run)
    when, first = course.years(run), float(course.years(run)[0])
    return np.concatenate([[low, first - 1e-4], when[used]]), np.concatenate([[before, before], values[used]])


def heading(axes: Axes, text: str, unit: str, left: float = 0.42) -> None:
    """What a panel shows and in which unit, above it, from `left` inches before it."""
    options: Any = {"xycoords": "axes fraction", "textcoords": "offset points", "annotation_clip": False}
    axes.annotate(text, (0, 1), xytext=(-72 * left, 17), fontsize=8.5, fontweight="bold", **options)
    axes.annotate(unit, (0, 1), xytext=(-72 * left, 7), fontsize=6.8, color=sheet.SOFT, **options)


def draw(axes: Axes, run: Run, lines: list[Line], *, zero: bool = True) -> None:
    """Draw lines with names and numbers at the right rim, rings for where they end."""
    if zero:
        axes.axhline(0, color=sheet.SOFT, lw=0.6, zorder=1)
    for n, line in enumerate(lines):
        x, y = extended(run, line.values, line.before)
        for ends in line.bands:
            (when, low), (_, high) = (extended(run, end, line.before) for end in ends)
            axes.fill_between(when, low, high, color=line.colour, alpha=SHADE, lw=0, zorder=2)
        axes.plot(x, y, color=line.colour, linestyle=line.dash, lw=1.6, zorder=4 - 0.1 * n)
    low, high = _range(run, lines)
    axes.set_ylim(low, high)
    axis(axes, run)
    _names(axes, run, lines, low, high)


def _range(run: Run, lines: list[Line]) -> tuple[float, float]:
    values = [0.0]
    for line in lines:
        _, y = extended(run, line.values, line.before)
        values += [float(np.nanmin(y)), float(np.nanmax(y))]
        for end in (end for ends in line.bands for end in ends):
            _, y = extended(run, end, line.before)
            values += [float(np.nanmin(y)), float(np.nanmax(y))]
        if np.isfinite(line.values[-1]):
            values.append(float(line.values[-1]))
    low, high = min(values), max(values)
    if high - low < FLAT:
        return -1.0, 1.0
    spread = high - low
    return low - BELOW * spread, high + ROOM * spread


def _names(axes: Axes, run: Run, lines: list[Line], low: float, high: float) -> None:
    """Names at the right rim, led to where lines leave the panel, and rings for their ends."""
    if not lines:
        return
    ends = [extended(run, line.values, line.before)[1][-1] for line in lines]
    height = axes.get_window_extent().height / axes.figure.dpi
    rows = max(line.label.count("\n") + 1 + (1 if line.ends else 0) for line in lines)
    gap = min(0.13 * rows / height, 1.0 / max(len(lines), 1)) * (high - low)
    places = layout.spread_labels([float(e) for e in ends], gap, low + gap / 2, high - gap / 2)
    _, right = limits(run)
    for line, end, place in zip(lines, ends, places, strict=True):
        last = float(line.values[-1])
        if np.isfinite(last):
            axes.plot(
                1.03, last, "o", ms=3.6, mfc="white", mec=line.colour, mew=1.0, clip_on=False, zorder=6,
                transform=axes.get_yaxis_transform(),
            )  # fmt: skip
        text = "\n".join(part for part in (line.label, line.ends) if part)
        axes.annotate(
            text,
            (right, float(end)),
            xytext=(11, 0),
            textcoords="offset points",
            va="center",
            fontsize=6.8,
            color=line.colour,
            fontweight="bold",
            annotation_clip=False,
            linespacing=1.05,
        ).xyann = (11, (place - float(end)) / (high - low) * height * 72)


def leader(colour: str) -> dict[str, Any]:
    """A thin line from a label to what it names."""
    return {"arrowstyle": "-", "color": colour, "lw": 0.5, "shrinkA": 1, "shrinkB": 0, "relpos": (0, 0.5)}


def ends(first: float, last: float, digits: int) -> str:
    """Numbers at the end of a line: where it leaves the panel, and where it ends."""
    return f"{words.signed(first, digits)} {words.ARROW} {words.signed(last, digits)}"


def digits(values: list[float]) -> int:
    """Digits after the point that the largest of some numbers needs."""
    top = max((abs(value) for value in values if np.isfinite(value)), default=0.0)
    return 1 if top >= 1 else 2 if top >= 0.05 else 3
