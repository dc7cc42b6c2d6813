"""Figures of a frontier: the edge with the economy's place, and the instruments along it; a surface."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from matplotlib.colors import Normalize

from dirigiste.frontiers.problems.goals import PRICE
from dirigiste.report.drawing import sheet

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from dirigiste.frontiers.result import Frontier
    from dirigiste.frontiers.search.climb import Found

    Array = NDArray[np.float64]

LEFT, GAP, BOTTOM, HIGH = 0.75, 0.85, 0.75, 2.6
"""Room around panels, and their height, in inches."""

LINES: Final = ("-", (0, (4.0, 1.5)), (0, (1.0, 1.2)))
"""Styles of lines, after all colours were used."""

ARROW: Final = {"arrowstyle": "->", "color": sheet.SOFT, "linewidth": 0.8, "shrinkA": 4, "shrinkB": 2}

MARGIN: Final = 0.04
"""Room around the points of a surface, over their range."""

CELLS: Final = 240
"""Cells of a surface along each axis."""


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


def possible(result: Frontier, x: Array, y: Array) -> Array:
    """The most of the price goal that some efficient point, or one better than the economy is, has with at
    least x (A,) and y (B,) of the other two goals, (B, A); nan where none has as much of both.
    """
    values = np.array([*result.values, *(found.values for found in _better(result))])
    first, second = (values[:, m] for m in result.others)
    price = values[:, PRICE]
    enough = (first >= x[None, :, None]) & (second >= y[:, None, None])
    most = np.where(enough, price, -np.inf).max(axis=2)
    return np.where(np.isfinite(most), most, np.nan)


def _better(result: Frontier) -> list[Found]:
    """Points that have the most of one goal with the others as they are."""
    most = result.inside.most if result.inside is not None else ()
    return [found for found in most if found is not None and found.feasible]


def _surface(result: Frontier) -> Figure:
    across, up = (result.goals[m].name for m in result.others)
    name, price = result.goals[PRICE].name, result.values[:, PRICE]
    here = result.traced.here
    now = here[list(result.others)]
    points = result.values[:, list(result.others)]
    low, high = np.minimum(points.min(axis=0), now), np.maximum(points.max(axis=0), now)
    room = np.where(high > low, MARGIN * (high - low), MARGIN * np.maximum(np.abs(high), 1e-9))
    canvas = sheet.canvas(4.0, f"{result.name}: {name} that is possible with as much {across} and {up}")
    axes = canvas.axes(LEFT, BOTTOM, 5.2, 3.1)
    sides = [np.linspace(a, b, CELLS + 1) for a, b in zip(low - room, high + room, strict=True)]
    shown = possible(result, *(0.5 * (side[1:] + side[:-1]) for side in sides))
    shades = Normalize(min(price.min(), here[PRICE]), max(price.max(), here[PRICE]))
    drawn = axes.pcolormesh(*sides, shown, cmap=sheet.AMOUNT, norm=shades, rasterized=True)
    look = {"cmap": sheet.AMOUNT, "norm": shades, "linewidths": 0.8, "zorder": 3}
    axes.scatter(*points.T, c=price, edgecolors="white", s=30, **look)
    axes.scatter(*now, c=[here[PRICE]], marker="D", edgecolors=sheet.INK, s=34, **look)
    axes.annotate("now", tuple(now), xytext=(6, -9), textcoords="offset points", fontsize=7.5)
    for m, found in enumerate(result.inside.most if result.inside is not None else ()):
        if m != PRICE and found is not None and found.feasible:
            there = here.copy()
            there[m] = found.values[m]
            to = tuple(there[list(result.others)])
            axes.annotate("", to, xytext=tuple(now), arrowprops=ARROW | {"color": sheet.INK})
    axes.set(xlabel=across, ylabel=up, xlim=sides[0][[0, -1]], ylim=sides[1][[0, -1]])
    bar = canvas.figure.colorbar(drawn, cax=canvas.axes(6.15, BOTTOM, 0.18, 3.1), label=name)
    bar.ax.plot([0.0, 1.0], [here[PRICE]] * 2, color=sheet.INK, linewidth=1.2)
    bar.outline.set_visible(False)  # type: ignore[operator]
    return canvas.figure
