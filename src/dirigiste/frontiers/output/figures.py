"""Figures of a frontier: the edge with the economy's place, and the instruments along it; a surface."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from dirigiste.frontiers.problems.goals import PRICE
from dirigiste.report.drawing import sheet

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from dirigiste.frontiers.result import Frontier

LEFT, GAP, BOTTOM, HIGH = 0.75, 0.85, 0.75, 2.6
"""Room around panels, and their height, in inches."""

LINES: Final = ("-", (0, (4.0, 1.5)), (0, (1.0, 1.2)))
"""Styles of lines, after all colours were used."""

ARROW: Final = {"arrowstyle": "->", "color": sheet.SOFT, "linewidth": 0.8, "shrinkA": 4, "shrinkB": 2}

LEAST: Final = 4
"""Points that a map with contours needs."""


def draw(result: Frontier) -> Figure:
    """The figure."""
    with sheet.style():
        return _edge(result) if len(result.goals) == 2 else _surface(result)


def png(result: Frontier) -> bytes:
    """The figure as PNG."""
    with sheet.style():
        return sheet.png(draw(result))


def _edge(result: Frontier) -> Figure:
    other, price = result.goals[0].name, result.goals[PRICE].name
    values, here = result.values, result.traced.here
    rows = -(-len(result.instruments) // 2)
    canvas = sheet.canvas(BOTTOM + HIGH + 0.15 + 0.16 * rows, f"{result.name}: {other} and {price}")
    width = (canvas.width - LEFT - GAP - 0.2) / 2
    axes = canvas.axes(LEFT, BOTTOM + 0.16 * rows, width, HIGH)
    axes.plot(values[:, 0], values[:, PRICE], "-o", color=sheet.NAVY, markersize=3.0)
    axes.plot([here[0]], [here[PRICE]], "D", color=sheet.ORANGE, markersize=5.5)
    axes.annotate(
        "now", (here[0], here[PRICE]), xytext=(-6, -3), textcoords="offset points",
        color=sheet.ORANGE, fontsize=7.5, ha="right",
    )
    if result.inside is not None:
        for m, found in enumerate(result.inside.most):
            if found is None or not found.feasible:
                continue
            there = here.copy()
            there[m] = found.values[m]
            axes.annotate(
                "", (there[0], there[PRICE]), xytext=(here[0], here[PRICE]), arrowprops=ARROW
            )
    axes.set(xlabel=other, ylabel=price)
    axes.margins(0.08)
    panel = canvas.axes(LEFT + width + GAP, BOTTOM + 0.16 * rows, width, HIGH)
    low = np.array([one.low for one in result.instruments])
    high = np.array([one.high for one in result.instruments])
    shares = (result.settings - low) / (high - low)
    for k, one in enumerate(result.instruments):
        colour = sheet.COLOURS[k % len(sheet.COLOURS)]
        line = LINES[k // len(sheet.COLOURS) % len(LINES)]
        name = f"{one.name} ({one.low:g} to {one.high:g})"
        panel.plot(values[:, 0], shares[:, k], color=colour, linestyle=line, label=name, clip_on=False)
        panel.plot([here[0]], [one.at], "D", color=colour, markersize=4.0, clip_on=False)
    panel.set(xlabel=other, ylabel="instrument between its bounds", ylim=(0.0, 1.0))
    handles, labels = panel.get_legend_handles_labels()
    canvas.figure.legend(handles, labels, loc="lower left", ncols=2, fontsize=6.6, frameon=False)
    return canvas.figure


def _surface(result: Frontier) -> Figure:
    from matplotlib.tri import Triangulation

    across, up = (result.goals[m].name for m in result.others)
    x, y = (result.values[:, m] for m in result.others)
    price = result.values[:, PRICE]
    canvas = sheet.canvas(4.0, f"{result.name}: the most {result.goals[PRICE].name} at {across} and {up}")
    axes = canvas.axes(LEFT, BOTTOM, 5.2, 3.1)
    colours = sheet.LOSS_GAIN
    if len(x) >= LEAST and np.linalg.matrix_rank(np.stack([x - x[0], y - y[0]])) == 2:
        axes.tricontour(Triangulation(x, y), price, levels=7, colors=sheet.FAINT, linewidths=0.8)
    dots = axes.scatter(x, y, c=price, cmap=colours, edgecolors=sheet.SOFT, linewidths=0.4, s=26)
    here = result.traced.here[list(result.others)]
    axes.plot([here[0]], [here[1]], "D", color=sheet.INK, markersize=5.5)
    axes.annotate("now", (here[0], here[1]), xytext=(6, -2), textcoords="offset points", fontsize=7.5)
    axes.set(xlabel=across, ylabel=up)
    axes.margins(0.08)
    bar = canvas.figure.colorbar(dots, cax=canvas.axes(6.15, BOTTOM, 0.18, 3.1))
    bar.outline.set_visible(False)  # type: ignore[operator]
    return canvas.figure
