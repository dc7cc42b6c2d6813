"""Fear against force: people struck and people who choose otherwise, over time and by edge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from dirigiste.report import words
from dirigiste.report.drawing import sheet, times
from dirigiste.report.figure_data import choices as data
from dirigiste.report.figure_data import course

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from dirigiste.results.runs.run import Run

STRUCK, CHOOSE = 3, 7
"""Most edges of enforcement and of choice in the bars."""

FEWEST: Final = 4
"""Bars that there is room for at least."""

STRUCK_INK: Final = "#b3420c"


def draw(run: Run, title: str | None = None) -> Figure:
    """Draw the figure."""
    moves = data.moves(run)
    struck, choose = moves.top(data.ENFORCEMENT, STRUCK), moves.top(data.CHOICE, CHOOSE)
    height = max(2.7, 0.9 + 0.235 * (len(struck) + len(choose) + 1))
    canvas = sheet.canvas(height, title)
    axes = canvas.axes(0.58, 0.4, 2.02, height - 0.95)
    times.heading(axes, "People a year", "% of owners a year, against no events")
    lines = _lines(run, moves)
    times.draw(axes, run, lines)
    axes.yaxis.grid(True)
    names = [words.clipped(edge.label, 22) for edge in (*struck, *choose)]
    left = 3.62 + sheet.room(names, 0.8, 7.5)
    bars = canvas.axes(left, 0.4, canvas.width - left - 0.12, height - 0.95)
    span = words.plain(round(course.last_shown(run), 1))
    unit = "% of owners, against no events"
    times.heading(bars, f"People in {span} years, by edge", unit, left - 3.72)
    _bars(bars, struck, choose, names)
    return canvas.figure


def _lines(run: Run, moves: data.Moves) -> list[times.Line]:
    when = course.last_shown(run)
    rows = []
    if moves.chosen:
        rows.append(("choose\notherwise", moves.otherwise, sheet.NAVY, "-"))
    if moves.enforced:
        rows.append(("struck", moves.struck, STRUCK_INK, times.DASHES[1]))
    t = course.time(run)
    finals = [(100 * float(np.interp(when, t, y)), 100 * float(y[-1])) for _, y, _, _ in rows]
    digits = times.digits([value for pair in finals for value in pair])
    return [
        times.Line(label, 100 * y, times.ends(*pair, digits), colour, dash)
        for (label, y, colour, dash), pair in zip(rows, finals, strict=True)
    ]


def _bars(axes: Axes, struck: list[data.Edge], choose: list[data.Edge], names: list[str]) -> None:
    """Bars by edge: those of enforcement above, those of choice below."""
    values = [100 * edge.in_all for edge in (*struck, *choose)]
    places = [float(n) for n in range(len(struck))]
    places += [len(struck) + 0.6 + n for n in range(len(choose))]
    low, high = min([0.0, *values]), max([0.0, *values])
    if high - low < times.FLAT:
        low, high = -1.0, 1.0
    room = 0.34 * (high - low)
    digits = times.digits(values)
    for n, (y, value) in enumerate(zip(places, values, strict=True)):
        hit = n < len(struck)
        colour = sheet.ORANGE if hit else sheet.NAVY
        axes.barh(y, value, 0.66, color=colour, hatch="////" if hit else "", edgecolor="white", linewidth=0)
        axes.annotate(
            words.signed(value, digits), (value, y), xytext=(3 if value >= 0 else -3, 0),
            textcoords="offset points", ha="left" if value >= 0 else "right", va="center", fontsize=6.8,
        )  # fmt: skip
    axes.axvline(0, color=sheet.SOFT, lw=0.7)
    axes.set(
        xlim=(low - (room if low < 0 else 0), high + room), ylim=(max([*places, FEWEST - 1.0]) + 0.6, -0.6)
    )
    axes.set_yticks(places, names, color=sheet.INK, fontsize=7.5)
    for label, n in zip(axes.get_yticklabels(), range(len(names)), strict=True):
        label.set_color(STRUCK_INK if n < len(struck) else sheet.NAVY)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.locator_params(axis="x", nbins=4)
