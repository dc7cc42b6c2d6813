"""Shares of the statuses over time as bands: all of them, and the small ones on a scale of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dirigiste.report import layout, words
from dirigiste.report.drawing import sheet, times
from dirigiste.report.figure_data import bands as data

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from dirigiste.economy import Economy
    from dirigiste.results.runs.run import Run

CONTROLLED, SPEAKS, OTHER, IDLE = "#58b8b0", "#f0c419", "#c5ccd4", "#e9a27c"
"""Colours of bands by what a status is; neighbours of one colour are separated by white lines."""


def draw(run: Run, title: str | None = None) -> Figure:
    """Draw the figure."""
    shares = data.bands(run)
    small = [band for band in shares if band.small]
    parts = [(shares, "all owners, %", 2.1)]
    if small and len(small) < len(shares):
        parts.append((small, "small statuses, %", 0.75 + 0.19 * len(small)))
    height = 0.62 + sum(tall for _, _, tall in parts) + 0.5 * (len(parts) - 1)
    canvas = sheet.canvas(height, title)
    left, right = 0.62, 2.5
    top = height - 0.08
    for bands, unit, tall in parts:
        axes = canvas.axes(left, top - tall, canvas.width - left - right, tall)
        named = [band for band in bands if len(parts) == 1 or bands is small or not band.small]
        _panel(axes, run, bands, named, tall)
        axes.set_ylabel(unit)
        top -= tall + 0.5
    _key(canvas, run.before.economy, shares)
    return canvas.figure


def colour(economy: Economy, name: str) -> str:
    """Colour of a status."""
    status = economy.statuses[name]
    if status.controlled:
        return CONTROLLED
    if status.voice:
        return SPEAKS
    return OTHER if status.operates else IDLE


def _panel(axes: Axes, run: Run, bands: list[data.Band], named: list[data.Band], tall: float) -> None:
    economy = run.before.economy
    order = [CONTROLLED, SPEAKS, OTHER, IDLE]
    bands = sorted(bands, key=lambda band: order.index(colour(economy, band.status)))
    base = None
    middles = []
    for band in bands:
        x, y = times.extended(run, 100 * band.share, 100 * band.base)
        start = np.zeros_like(y) if base is None else base
        base = start + y
        face = colour(economy, band.status)
        hatch = "////" if face == IDLE else "...." if face == SPEAKS else ""
        axes.fill_between(x, start, base, facecolor=face, edgecolor="white", hatch=hatch, lw=0.0, zorder=2)
        axes.plot(x, base, color="white", lw=1.0, zorder=3)
        if band in named:
            middles.append((band, float(start[-1] + y[-1] / 2)))
    high = float(np.max(base)) if base is not None else 1.0
    axes.set_ylim(0, high)
    times.axis(axes, run)
    gap = min(0.15 / tall, 1.0 / max(len(named), 1)) * high
    places = layout.spread_labels([y for _, y in middles], gap, gap / 2, high - gap / 2)
    right = float(axes.get_xlim()[1])
    width = right - float(axes.get_xlim()[0])
    for (band, y), place in zip(middles, places, strict=True):
        _, shown = times.extended(run, band.share, band.base)
        text = f"{words.clipped(band.label, 22)} {words.pair(band.base, float(shown[-1]))}"
        axes.annotate(
            text,
            (right, y),
            xytext=(right + 0.035 * width, place),
            textcoords="data",
            va="center",
            fontsize=6.8,
            annotation_clip=False,
            arrowprops=times.leader(sheet.SOFT),
        )


def _key(canvas: sheet.Canvas, economy: Economy, bands: list[data.Band]) -> None:
    """What colours mean, in one line at the foot."""
    used = {colour(economy, band.status) for band in bands}
    plane = canvas.plane()
    plane.patch.set_visible(False)
    x, y = 0.62, 0.1
    names = ((CONTROLLED, "controlled"), (SPEAKS, "speaks"), (OTHER, "other firms"), (IDLE, "runs no firm"))
    for face, text in names:
        if face not in used:
            continue
        hatch = "////" if face == IDLE else "...." if face == SPEAKS else ""
        plane.fill_between(
            [x, x + 0.2], y - 0.055, y + 0.055, facecolor=face, edgecolor="white", hatch=hatch, lw=0
        )
        plane.text(x + 0.26, y, text, va="center", fontsize=6.8, color=sheet.SOFT)
        x += 0.5 + 0.062 * len(text)
