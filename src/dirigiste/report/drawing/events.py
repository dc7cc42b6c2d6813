"""Events on a time axis, one lane a channel."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING

from matplotlib.patches import Circle, Rectangle

from dirigiste.report import layout, words
from dirigiste.report.drawing import sheet
from dirigiste.report.figure_data import events as data

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from dirigiste.results.runs.run import Run

LEFT, RIGHT, TOP, BOTTOM = 1.5, 0.08, 0.06, 0.7
LANE, CROWDED = 0.48, 0.74
"""Heights of lanes in inches; events without effect are the most."""
GREY = "#b4bcc6"
LEAST, STEP = 0.045, 0.026
"""Radius in inches of a marker without an amount or with up to USD 10 m, and what each factor of ten adds."""


def radius(usd: float | None) -> float:
    """Radius of a marker in inches; grows with the log of the amount."""
    return LEAST + STEP * max(0.0, math.log10(max(usd or 0.0, 1e7)) - 7)


def draw(run: Run, title: str | None = None) -> Figure:
    """Draw the figure."""
    events = data.dated(run)
    lanes = data.lanes(events)
    first, last = data.span(events)
    tall = {lane: CROWDED if lane == data.NO_EFFECT else LANE for lane in lanes}
    height = BOTTOM + TOP + sum(tall.values())
    canvas = sheet.canvas(height, title)
    axes = canvas.plane()
    width = canvas.width - LEFT - RIGHT - 0.3

    def x_of(day: dt.date) -> float:
        return LEFT + 0.1 + width * (day - first).days / max((last - first).days, 1)

    heights: dict[str, float] = {}
    top = height - TOP
    for n, lane in enumerate(lanes):
        heights[lane] = top - tall[lane] / 2
        top -= tall[lane]
        _lane(axes, lane, heights[lane], tall[lane], canvas.width - RIGHT, shaded=n % 2 == 0)
    _years(axes, first, last, x_of, height - TOP)
    spots: dict[tuple[int, str], tuple[float, float]] = {}
    for lane in lanes:
        here = [item for item in events if lane in item.channels]
        centres = [x_of(item.event.date) for item in here]
        radii = [radius(item.usd) for item in here]
        offsets = layout.dodge(centres, radii, tall[lane] / 2 - 0.02)
        for item, x, y, r in zip(here, centres, offsets, radii, strict=True):
            spots[item.number, lane] = (x, heights[lane] + y)
            _marker(axes, item, lane, (x, heights[lane] + y), r)
    for item in events:
        ys = [spots[item.number, lane][1] for lane in item.channels]
        if len(ys) > 1:
            x = x_of(item.event.date)
            axes.plot([x, x], [min(ys), max(ys)], color=sheet.FAINT, lw=0.8, zorder=1, solid_capstyle="butt")
    _key(axes, 0.18)
    return canvas.figure


def _lane(axes: Axes, lane: str, y: float, tall: float, right: float, *, shaded: bool) -> None:
    if shaded:
        corner = (0.0, y - tall / 2)
        axes.add_patch(Rectangle(corner, right, tall, facecolor=sheet.PALE, edgecolor="none", zorder=0))
    label, small = data.LANES.get(lane, (lane, ""))
    axes.text(0.06, y + (0.075 if small else 0), label, va="center", fontweight="bold", fontsize=8)
    if small:
        axes.text(0.06, y - 0.085, small, va="center", fontsize=6.3, color=sheet.SOFT)


def _years(axes: Axes, first: dt.date, last: dt.date, x_of: object, top: float) -> None:
    y = BOTTOM
    axes.plot([x_of(first), x_of(last)], [y, y], color=sheet.SOFT, lw=0.6, zorder=1)  # type: ignore[operator]
    months = 1 + (last.year - first.year) * 12 + last.month - first.month
    for n in range(months + 1):
        day = dt.date(first.year + (first.month - 1 + n) // 12, (first.month - 1 + n) % 12 + 1, 1)
        if not first <= day <= last:
            continue
        x = x_of(day)  # type: ignore[operator]
        if day.month == 1:
            axes.plot([x, x], [y - 0.06, top], color=sheet.FAINT, lw=0.7, zorder=0.5)
            axes.text(x, y - 0.16, str(day.year), ha="center", va="center", fontsize=7.5, fontweight="bold")
        elif day.month in (4, 7, 10) and months <= 72:
            axes.plot([x, x], [y - 0.04, y], color=sheet.SOFT, lw=0.5)
            if months <= 48:
                label = words.MONTHS[day.month - 1]
                axes.text(x, y - 0.16, label, ha="center", va="center", fontsize=6.8, color=sheet.SOFT)


def _marker(axes: Axes, item: data.Dated, lane: str, at: tuple[float, float], size: float) -> None:
    lasts = lane in item.lasting
    face, edge = (sheet.NAVY, "white") if lasts else ("white", sheet.ORANGE)
    if lane == data.NO_EFFECT:
        face, edge = GREY, "white"
    axes.add_patch(
        Circle(
            at,
            size,
            facecolor=face,
            edgecolor=edge,
            linewidth=1.3 if not lasts and lane != data.NO_EFFECT else 0.7,
            zorder=4 - size,
            gid=f"event{item.number}-{lane}",
            url=f"#event-{item.number}",
        )
    )
    if size > 0.08:
        colour = "white" if face == sheet.NAVY else sheet.INK
        axes.text(
            *at, str(item.number), fontsize=5.6, ha="center", va="center", color=colour, zorder=4.05 - size
        )


def hints(run: Run) -> dict[str, str]:
    """Tooltips of the markers."""
    return {
        f"event{item.number}-{lane}": f"{item.number}. {item.heading}"
        for item in data.dated(run)
        for lane in item.channels
    }


def _key(axes: Axes, y: float) -> None:
    """What markers mean, in one line under the axis."""
    x = 0.12
    for face, edge, text, length in (
        (sheet.NAVY, "white", "a part does not fade", 1.4),
        ("white", sheet.ORANGE, "all of it fades", 1.05),
        (GREY, "white", "changes nothing", 1.2),
    ):
        axes.add_patch(Circle((x, y), 0.055, facecolor=face, edgecolor=edge, linewidth=1.2))
        axes.text(x + 0.11, y, text, va="center", fontsize=6.8, color=sheet.SOFT)
        x += length
    axes.text(x, y, "Largest amount:", va="center", fontsize=6.8, color=sheet.SOFT)
    x += 1.0
    for usd, length in ((1e8, 0.9), (1e10, 0.95), (1e12, 0.9)):
        r = radius(usd)
        axes.add_patch(Circle((x, y), r, facecolor="none", edgecolor=sheet.SOFT, linewidth=0.8))
        axes.text(x + r + 0.05, y, words.usd(usd), va="center", fontsize=6.8, color=sheet.SOFT)
        x += length
