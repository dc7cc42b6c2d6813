"""Figures of a measurement, drawn in the style of the package: densities, gains by year, marginal products.

These modules (figures, drawing, page) use the drawing code of reports; only the command line imports them.
"""

from __future__ import annotations

import math
import textwrap
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator
from matplotlib.transforms import Bbox

from dirigiste.report import words
from dirigiste.report.drawing import sheet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from dirigiste.measurement.output.figure_data import Density, Spread

DASHES: Final = ("-", (0, (6, 1.5)), (0, (1.2, 1.4)), (0, (6, 1.4, 1.2, 1.4)))
"""Line styles of groups, in the order of colours, so that grey tells them apart too."""


NOTE: Final = 150
"""Letters of a line below a figure."""


def captioned(figure: Figure, note: str) -> Bbox:
    """Write below a figure what it shows and how to read it; the area to save, in inches."""
    width, height = (float(size) for size in figure.get_size_inches())
    lines = textwrap.wrap(note, NOTE)
    for n, line in enumerate(lines):
        at = -(0.1 + 0.14 * n) / height
        figure.text(0.01, at, line, fontsize=6.5, color=sheet.SOFT, va="center")
    return Bbox([[0, -0.14 * len(lines) - 0.08], [width, height]])


def densities(panels: Sequence[tuple[str, str, Sequence[Density]]], title: str | None = None) -> Figure:
    """Draw panels of densities (heading, unit, curves) side by side, one line a group."""
    height = 2.9
    canvas = sheet.canvas(height, title)
    gap, left = 0.5, 0.5
    width = (canvas.width - left - gap * (len(panels) - 1) - 0.1) / len(panels)
    for n, (heading, unit, curves) in enumerate(panels):
        axes = canvas.axes(left + n * (width + gap), 0.82, width, height - 1.15)
        axes.axvline(0, color=sheet.SOFT, lw=0.7, zorder=1)
        for k, curve in enumerate(curves):
            axes.plot(curve.x, curve.y, color=sheet.COLOURS[k], linestyle=DASHES[k], zorder=3)
            axes.plot([curve.mean], [0], marker="^", ms=5, color=sheet.COLOURS[k], clip_on=False, zorder=4)
        axes.set_ylim(bottom=0)
        axes.margins(x=0)
        axes.set_title(heading)
        axes.set_xlabel(unit)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: words.short(round(value, 6))))
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
    names = [f"{_named(curve.group)} ({curve.rows:,})" for curve in panels[0][2]]
    _legend(canvas, names, left)
    return canvas.figure


def _named(group: str) -> str:
    """A group as readers see it."""
    return words.clipped(group.replace("_", " "))


def _legend(canvas: sheet.Canvas, names: Sequence[str], left: float) -> None:
    total = float(canvas.figure.get_size_inches()[1])
    handles = [
        Line2D([], [], color=sheet.COLOURS[k], linestyle=DASHES[k], label=name)
        for k, name in enumerate(names)
    ]
    canvas.figure.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(left / canvas.width, 0.03 / total),
        frameon=False,
        fontsize=7.5,
        ncols=len(names),
        handlelength=3.0,
        borderaxespad=0.1,
    )


def gains(
    years: Sequence[int],
    values: Sequence[float],
    interval: Sequence[tuple[float, float]] | None,
    title: str | None = None,
) -> Figure:
    """Draw gains in percent by year; with a band where intervals are known."""
    height = 2.6
    canvas = sheet.canvas(height, title)
    axes = canvas.axes(0.6, 0.42, canvas.width - 0.8, height - 0.72)
    if interval is not None:
        low, high = [pair[0] for pair in interval], [pair[1] for pair in interval]
        axes.fill_between(years, low, high, color=sheet.NAVY, alpha=0.15, lw=0, zorder=2)
    axes.plot(years, values, color=sheet.NAVY, marker="o", ms=4, zorder=3)
    if len(years) <= 16:
        for year, value in zip(years, values, strict=True):
            axes.annotate(
                words.number(value, 3),
                (year, value),
                xytext=(0, 6),
                textcoords="offset points",
                ha="center",
                fontsize=7,
            )
    axes.set_ylim(bottom=min(0.0, *values), top=max([*values, *(p[1] for p in interval or ())]) * 1.14 or 1.0)
    axes.yaxis.grid(True)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f}"))
    axes.set_title("Gain in output from equal marginal products within industries, %")
    return canvas.figure


def spreads(panels: Sequence[tuple[str, str, Sequence[Spread]]], title: str | None = None) -> Figure:
    """Draw quantiles by group: the line from 10 to 90 %, the bar from 25 to 75 %, the mark at the median."""
    names = [spread.group for spread in panels[0][2]]
    step = 0.36
    height = 1.3 + step * len(names)
    canvas = sheet.canvas(height, title)
    left, gap = sheet.room([_named(name) for name in names], 0.9), 0.3
    width = (canvas.width - left - gap * (len(panels) - 1) - 0.12) / len(panels)
    for n, (heading, unit, panel) in enumerate(panels):
        axes = canvas.axes(left + n * (width + gap), 0.78, width, step * len(names) + 0.1)
        axes.axvline(0, color=sheet.SOFT, lw=0.7, zorder=1)
        for k, spread in enumerate(panel):
            _spread(axes, -k, spread, sheet.COLOURS[k])
        axes.set_ylim(-len(names) + 0.4, 0.6)
        axes.set_yticks([-k for k in range(len(names))])
        axes.set_yticklabels([_named(name) for name in names] if n == 0 else [], color=sheet.INK)
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.set_title(heading)
        axes.set_xlabel(unit)
        axes.xaxis.grid(True)
        ends = [value for spread in panel for value in spread.quantiles]
        reach = max(map(abs, ends), default=1.0) * 1.1 or 1.0
        axes.set_xlim(-reach, reach)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: words.short(round(value, 6))))
    total = float(canvas.figure.get_size_inches()[1])
    legend = "line: 10 to 90 %   bar: 25 to 75 %   dot: median"
    canvas.figure.text(left / canvas.width, 0.12 / total, legend, fontsize=7, color=sheet.SOFT)
    return canvas.figure


@dataclass(frozen=True)
class Line:
    """Values with intervals, one a place on the axis."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]


def intervals(
    panels: Sequence[tuple[str, str, Sequence[Line]]],
    title: str | None = None,
    *,
    legend: bool = True,
    before: float | None = None,
) -> Figure:
    """Draw panels of points with intervals (heading, label of the axis, lines) side by side around zero.

    `before` is where a dashed line stands, such as the moment of an event.
    """
    height = 2.9
    canvas = sheet.canvas(height, title)
    left, gap, foot = 0.55, 0.55, 0.82 if legend else 0.5
    width = (canvas.width - left - gap * (len(panels) - 1) - 0.1) / len(panels)
    for n, (heading, unit, lines) in enumerate(panels):
        axes = canvas.axes(left + n * (width + gap), foot, width, height - foot - 0.35)
        axes.axhline(0, color=sheet.SOFT, lw=0.7, zorder=1)
        if before is not None:
            axes.axvline(before, color=sheet.SOFT, lw=0.7, linestyle=(0, (3, 2)), zorder=1)
        step = min((b - a for line in lines for a, b in pairwise(line.x)), default=1.0)
        for k, line in enumerate(lines):
            shift = 0.13 * step * (k - (len(lines) - 1) / 2)
            at = [x + shift for x in line.x]
            axes.vlines(at, line.low, line.high, color=sheet.COLOURS[k], lw=1.1, zorder=2)
            axes.plot(
                at, line.y, color=sheet.COLOURS[k], linestyle=DASHES[k], marker="o", ms=3.2, lw=1.2, zorder=3
            )
        axes.yaxis.grid(True)
        axes.set_title(heading)
        axes.set_xlabel(unit)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True, min_n_ticks=1))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f}".replace("-", "−")))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: words.short(round(value, 6))))
    if legend:
        _legend(canvas, [_named(line.name) for line in panels[0][2]], left)
    return canvas.figure


def _spread(axes: Axes, at: float, spread: Spread, colour: str) -> None:
    low, lower, middle, upper, high = spread.quantiles
    axes.plot([low, high], [at, at], color=colour, lw=1.0, zorder=2)
    axes.plot([lower, upper], [at, at], color=colour, lw=6, alpha=0.35, solid_capstyle="butt", zorder=3)
    axes.plot([middle], [at], marker="o", ms=5, color=colour, zorder=4)
    if math.isfinite(middle):
        axes.annotate(
            words.signed(middle, 2),
            (middle, at),
            xytext=(0, 6),
            textcoords="offset points",
            ha="center",
            fontsize=7,
        )
