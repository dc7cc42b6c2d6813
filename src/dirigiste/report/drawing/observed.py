"""Observed values as points on the paths of the model, a panel for each series."""

from __future__ import annotations

import itertools
import textwrap
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from dirigiste.report.drawing import sheet, times
from dirigiste.report.figure_data import course
from dirigiste.report.figure_data import observed as data

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from dirigiste.results.runs.run import Run

COLUMNS: Final = 3
PANEL: Final = 1.1
"""Height of a panel in inches."""
HEAD, FOOT = 0.62, 0.32
"""Room for the heading above a panel, and for years below it."""
LEFT, RIGHT = 0.42, 0.12
WRAPPED: Final = 34
"""Characters of a line of a heading."""
MARKERS: Final = 5.5
MOST: Final = 6
"""At most so many numbers of sources stand above a panel."""


def draw(run: Run, title: str | None = None) -> Figure:
    """Draw the figure."""
    panels = data.panels(run)
    rows = -(-len(panels) // COLUMNS)
    tall = HEAD + PANEL + FOOT
    height = rows * tall
    canvas = sheet.canvas(height, title)
    wide = canvas.width / COLUMNS
    first, last = (course.year_of(day) for day in data.limits(run))
    margin = 0.04 * (last - first) + 0.1
    for n, panel in enumerate(panels):
        x, y = n % COLUMNS * wide + LEFT, height - (n // COLUMNS + 1) * tall + FOOT
        axes = canvas.axes(x, y, wide - LEFT - RIGHT, PANEL)
        axes.set_xlim(first - margin, last + margin)
        _panel(axes, run, panel)
    return canvas.figure


def _panel(axes: Axes, run: Run, panel: data.Panel) -> None:
    _heading(axes, panel)
    for (years, _), (low, high) in zip(panel.lines, panel.bands, strict=bool(panel.bands)):
        axes.fill_between(years, low, high, color=sheet.NAVY, alpha=times.SHADE, lw=0, zorder=2)
    for years, values in panel.lines:
        axes.plot(years, values, color=sheet.NAVY, lw=1.5, zorder=3)
    for read, base in itertools.product((False, True), repeat=2):
        points = [point for point in panel.points if (point.read, point.base) == (read, base)]
        axes.plot(
            [point.year for point in points],
            [point.observed for point in points],
            "o",
            ms=MARKERS,
            mfc=sheet.ORANGE if read else "white",
            mec=sheet.INK if base else sheet.ORANGE,
            mew=1.1,
            zorder=5,
            clip_on=False,
        )
    years, models = [point.year for point in panel.points], [point.model for point in panel.points]
    axes.plot(years, models, "s", ms=2.4, color=sheet.NAVY, zorder=4, clip_on=False)
    times.events(axes, run, 2)
    low, high = axes.get_xlim()
    step = next((s for s in (1, 2, 5, 10) if (high - low) / s <= 5), 20)
    years = [year for year in range(int(np.ceil(low)), int(high) + 1) if year % step == 0]
    axes.set_xticks(years, [str(year) for year in years])
    axes.locator_params(axis="y", nbins=4)
    axes.yaxis.grid(True)
    axes.margins(y=0.12)


def _heading(axes: Axes, panel: data.Panel) -> None:
    """Title, unit, and the verdict with the numbers of sources."""
    options: Any = {"xycoords": "axes fraction", "textcoords": "offset points", "annotation_clip": False}
    left = -72 * (LEFT - 0.06)
    sources = " ".join(f"[{number}]" for number in panel.citations[:MOST])
    if len(panel.citations) > MOST:
        sources += " \N{HORIZONTAL ELLIPSIS}"
    lines = textwrap.wrap(panel.title, WRAPPED, max_lines=2, placeholder=" \N{HORIZONTAL ELLIPSIS}")
    top = 27 if len(lines) > 1 else 22
    for n, line in enumerate(lines):
        axes.annotate(
            line,
            (0, 1),
            xytext=(left, top + 9.5 * (len(lines) - 1 - n)),
            fontsize=7.6,
            fontweight="bold",
            **options,
        )
    unit = textwrap.shorten(panel.unit, 44, placeholder="\N{HORIZONTAL ELLIPSIS}")
    axes.annotate(unit, (0, 1), xytext=(left, top - 9), fontsize=6.2, color=sheet.SOFT, **options)
    axes.annotate(
        f"{panel.verdict} {sources}",
        (0, 1),
        xytext=(left, top - 18),
        fontsize=6.2,
        color=sheet.INK,
        **options,
    )
