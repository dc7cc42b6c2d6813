"""Small multiples of paths: four panels, lines named at their ends."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final

import numpy as np

from dirigiste.report import words
from dirigiste.report.drawing import sheet, times
from dirigiste.report.figure_data import course, draws

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from dirigiste.report.figure_data.course import Series
    from dirigiste.report.figure_data.paths import Group, Panel
    from dirigiste.results.runs.run import Run

    Array = NDArray[np.float64]

PANEL: Final = 1.42
"""Height of a panel in inches."""
LEFT, NAMES, GAP = 0.5, 1.14, 0.1


def draw(run: Run, group: Group, title: str | None = None) -> Figure:
    """Draw the figure."""
    rows = (len(group.panels) + 1) // 2
    height = rows * (PANEL + 0.72)
    canvas = sheet.canvas(height, title)
    width = (canvas.width - GAP) / 2 - LEFT - NAMES
    for n, panel in enumerate(group.panels):
        x = LEFT + n % 2 * (LEFT + width + NAMES + GAP)
        y = height - (n // 2 + 1) * (PANEL + 0.72) + 0.3
        _panel(canvas.axes(x, y, width, PANEL), run, panel)
    return canvas.figure


def _panel(axes: Axes, run: Run, panel: Panel) -> None:
    times.heading(axes, panel.heading, panel.unit)
    if not panel.lines:
        text = textwrap.fill(panel.empty, 24)
        axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", color=sheet.SOFT)
        axes.set(yticks=[], ylim=(0, 1))
        times.axis(axes, run)
        return
    times.draw(axes, run, _lines(run, panel))
    axes.yaxis.grid(True)
    axes.locator_params(axis="y", nbins=5)


def _lines(run: Run, panel: Panel) -> list[times.Line]:
    when = course.last_shown(run)
    finals = [(100 * line.at(run, when), 100 * line.end) for line in panel.lines]
    digits = times.digits([value for pair in finals for value in pair])
    return [
        times.Line(
            words.clipped(line.label, 17) if panel.named else "",
            100 * line.deviation,
            times.ends(*pair, digits),
            sheet.COLOURS[n],
            times.DASHES[n],
            bands=_bands(line),
        )
        for n, (line, pair) in enumerate(zip(panel.lines, finals, strict=True))
    ]


def _bands(line: Series) -> tuple[tuple[Array, Array], ...]:
    """Bands in units of the axis; none without draws."""
    found = (line.band(share) for share in (draws.SHARE, draws.INNER))
    return tuple((100 * low, 100 * high) for low, high in filter(None, found))
