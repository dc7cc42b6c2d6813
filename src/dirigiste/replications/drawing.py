"""Panels and labels that the figures of replications share, in the style sheet of all figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dirigiste.report.drawing import sheet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

COLOURS_OF_MANY: Final = ("#12436d", "#33628d", "#5b86ab", "#28a197", "#c99a2e", "#e8601c", "#a33b0b")
"""An order from dark blue to dark orange, for lines that are ordered."""

LEFT: Final = 0.5
PANEL: Final = 2.1
ROW: Final = PANEL + 0.8


def panels(
    count: int, *, names: float = 0.1, columns: int | None = None, height: float = PANEL
) -> tuple[sheet.Canvas, list[Axes]]:
    """A canvas with panels side by side, in rows of `columns` (default: 2, or 1 for one panel).

    Args:
        count: How many.
        names: Room in inches at the right of each panel for names of lines.
        columns: Panels in a row.
        height: Height of a panel in inches.
    """
    columns = columns or min(count, 2)
    rows = -(-count // columns)
    row = height + 0.8
    canvas = sheet.canvas(rows * row)
    width = canvas.width / columns - LEFT - names - 0.05
    axes = []
    for n in range(count):
        x = LEFT + n % columns * (canvas.width / columns)
        y = (rows - 1 - n // columns) * row + 0.45
        axes.append(canvas.axes(x, y, width, height))
    return canvas, axes


def end_labels(axes: Axes, lines: Sequence[tuple[str, float, str]], size: float = 7.5) -> None:
    """Names of lines at their right ends, moved apart where they would overlap.

    Args:
        axes: Axes whose limits are set.
        lines: Name, last value and colour of each.
        size: Font size in points.
    """
    if not lines:
        return
    low, high = axes.get_ylim()
    inches = axes.get_position().height * float(axes.get_figure().get_size_inches()[1])  # type: ignore[union-attr]
    step = 1.25 * size / 72.0 / inches * (high - low)
    order = sorted(range(len(lines)), key=lambda n: lines[n][1])
    places = [min(max(lines[n][1], low), high) for n in order]
    for _ in range(200):
        moved = False
        for k in range(len(places) - 1):
            overlap = step - (places[k + 1] - places[k])
            if overlap > 1e-9 * (high - low):
                places[k] -= overlap / 2
                places[k + 1] += overlap / 2
                moved = True
        if not moved:
            break
    for k, n in enumerate(order):
        name, _, colour = lines[n]
        at = ((places[k] - low) / (high - low),)
        axes.text(1.015, at[0], name, transform=axes.transAxes, color=colour, fontsize=size, va="center")


def decades(axes: Axes) -> None:
    """Plain numbers at the powers of ten of a logarithmic horizontal axis."""
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}" if value < 1000 else f"{value:,.0f}")
    axes.xaxis.set_minor_formatter(lambda *_: "")
