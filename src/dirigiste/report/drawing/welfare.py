"""Heat map of consumption equivalents by status and wealth quintile, and bars of who gains and loses."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from matplotlib.colors import TwoSlopeNorm
from matplotlib.patches import Rectangle

from dirigiste.report import words
from dirigiste.report.drawing import sheet
from dirigiste.report.figure_data import welfare as data

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


ROW: Final = 0.29


def maps(panels: list[tuple[str, data.Welfare]], title: str | None = None) -> Figure:
    """Draw heat maps below one another on one scale, each with its heading and its bars."""
    limit = max(_limit(panel) for _, panel in panels)
    tall = [0.74 + ROW * len(panel.groups) + (0.24 if heading else 0.0) for heading, panel in panels]
    canvas = sheet.canvas(sum(tall), title)
    left = max(sheet.room(_labels(panel), 1.45) for _, panel in panels)
    low, cell = sum(tall), 0.6
    for (heading, panel), height in zip(panels, tall, strict=True):
        low -= height
        body = ROW * len(panel.groups)
        axes = canvas.axes(left, low + 0.42, cell * 6 + 0.1, body)
        _cells(axes, panel, limit)
        bars = canvas.axes(left + cell * 6 + 0.35, low + 0.42, canvas.width - left - cell * 6 - 0.5, body)
        _bars(bars, panel)
        if heading:
            at = (0.08 - left) / (cell * 6 + 0.1)
            axes.text(at, 1 + 0.36 / body, heading, transform=axes.transAxes, fontsize=8.5, fontweight="bold")
    return canvas.figure


def _labels(welfare: data.Welfare) -> list[str]:
    return [f"{words.clipped(group.label)}  {words.percent(group.mass)}" for group in welfare.groups]


def _limit(welfare: data.Welfare) -> float:
    values = [abs(x) for group in welfare.groups for x in (*group.cells, group.change) if math.isfinite(x)]
    return max([*values, 1e-6])


def _cells(axes: Axes, welfare: data.Welfare, limit: float) -> None:
    norm = TwoSlopeNorm(0.0, -limit, limit)
    last = len(welfare.groups) - 1
    for n, group in enumerate(welfare.groups):
        y = float(last - n) - (0.25 if n == last else 0.0)
        values = [(float(k), value) for k, value in enumerate(group.cells)] + [(5.1, group.change)]
        for x, value in values:
            if not math.isfinite(value):
                axes.text(
                    x + 0.5, y + 0.5, words.NONE, ha="center", va="center", fontsize=7, color=sheet.SOFT
                )
                continue
            colour = sheet.LOSS_GAIN(norm(value))
            axes.add_patch(Rectangle((x, y), 1, 1, facecolor=colour, edgecolor="white", linewidth=1.2))
            axes.text(
                x + 0.5,
                y + 0.48,
                words.signed(100 * value, digits(limit)),
                ha="center",
                va="center",
                fontsize=7.2,
                color=sheet.readable(colour),
            )
    axes.set(xlim=(0, 6.1), ylim=(-0.25, last + 1))
    axes.set_xticks([*(k + 0.5 for k in range(5)), 5.6])
    axes.set_xticklabels([*welfare.quintiles, "all"], color=sheet.INK)
    axes.set_yticks([last - n + 0.5 - (0.25 if n == last else 0.0) for n in range(last + 1)])
    axes.set_yticklabels(_labels(welfare), color=sheet.INK)
    axes.tick_params(length=0)
    axes.xaxis.tick_top()
    for side in axes.spines.values():
        side.set_visible(False)
    axes.set_xlabel("consumption equivalent in %, by fifth of wealth before")
    axes.xaxis.set_label_position("bottom")


def digits(limit: float) -> int:
    """Digits after the point, in %, that the largest of some changes needs."""
    return 1 if limit >= 0.02 else 2 if limit >= 0.002 else 3


def _bars(axes: Axes, welfare: data.Welfare) -> None:
    """Share that loses to the left of zero, share that gains to the right."""
    last = len(welfare.groups) - 1
    for n, group in enumerate(welfare.groups):
        y = last - n + 0.5 - (0.25 if n == last else 0.0)
        axes.barh(
            y, -100 * group.loses, 0.62, color=sheet.ORANGE, hatch="////", edgecolor="white", linewidth=0
        )
        axes.barh(y, 100 * group.gains, 0.62, color=sheet.NAVY, linewidth=0)
    axes.axvline(0, color=sheet.SOFT, lw=0.7)
    axes.set(xlim=(-100, 100), ylim=(-0.25, last + 1), yticks=[])
    axes.set_xticks([-100, 0, 100], ["100", "0", "100"])
    axes.xaxis.grid(True)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("% of the group")
    options = {"transform": axes.get_xaxis_transform(), "va": "bottom", "fontsize": 7.5, "fontweight": "bold"}
    axes.text(-4, 1.03, "lose", ha="right", color=sheet.ORANGE, **options)
    axes.text(4, 1.03, "gain", ha="left", color=sheet.NAVY, **options)
