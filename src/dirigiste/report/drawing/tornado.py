"""What the answer hangs on: bars of effects of a standard deviation of each number, the largest on top."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from dirigiste.report import words
from dirigiste.report.drawing import sheet, times

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from dirigiste.report.figure_data.draws import Side, Tornado
    from dirigiste.results.runs.run import Run

ROWS: Final = 16
"""Numbers that are drawn."""

LETTERS: Final = 46
"""Most letters of a name."""

ROW, TOP, BOTTOM, GAP, RIGHT = 0.23, 0.3, 0.46, 0.2, 0.12
"""Height of a row, room above and below, between panels and at the right rim, in inches."""

THICK: Final = 0.62
"""Height of a bar, as a share of a row."""

ROOM: Final = 0.34
"""Room for numbers beside bars, as a share of the longest bar."""


def draw(run: Run, found: Tornado, title: str | None = None) -> Figure:  # noqa: ARG001  (as all figures)
    """Draw the figure."""
    order = np.array(found.order[:ROWS])
    names = [words.clipped(found.numbers[k].name, LETTERS) for k in order]
    height = TOP + ROW * len(order) + BOTTOM
    canvas = sheet.canvas(height, title)
    left = sheet.room(names, 1.0, 7.0)
    count = len(found.sides)
    width = (canvas.width - left - RIGHT - (count - 1) * GAP) / count
    for n, side in enumerate(found.sides):
        axes = canvas.axes(left + n * (width + GAP), BOTTOM, width, ROW * len(order))
        _panel(axes, side, order)
        labels = names if n == 0 else [""] * len(order)
        axes.set_yticks(range(len(order)), labels, fontsize=7.0, color=sheet.INK)
        axes.tick_params(axis="y", length=0)
    return canvas.figure


def _panel(axes: Axes, side: Side, order: np.ndarray) -> None:
    effects = np.nan_to_num(side.effects[order])
    longest = float(np.abs(effects).max(initial=0.0)) or 1.0
    rows = np.arange(len(order))
    lower: dict[str, Any] = {"color": "white", "edgecolor": sheet.ORANGE, "hatch": "////", "lw": 0.6}
    axes.barh(rows, effects, height=THICK, color=sheet.NAVY, zorder=2)
    axes.barh(rows, -effects, height=THICK, zorder=2, **lower)
    axes.axvline(0.0, color=sheet.SOFT, lw=0.8, zorder=3)
    digits = times.digits([longest])
    for row, effect in zip(rows, effects, strict=True):
        side_of = 1 if effect >= 0 else -1
        axes.annotate(
            words.signed(float(effect), digits),
            (float(effect), float(row)),
            xytext=(3 * side_of, 0),
            textcoords="offset points",
            ha="left" if side_of > 0 else "right",
            va="center",
            fontsize=6.6,
        )
    axes.set(xlim=(-(1 + ROOM) * longest, (1 + ROOM) * longest), ylim=(len(order) - 0.5, -0.5))
    axes.set_title(side.heading, fontsize=8.0)
    axes.set_xlabel(side.unit, fontsize=7.2)
    axes.spines["left"].set_visible(False)
    axes.locator_params(axis="x", nbins=5)
