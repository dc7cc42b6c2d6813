"""Residuals of a path over time: markets and goods, and the equations of value and mass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from dirigiste.numbers import minus
from dirigiste.report import layout, words
from dirigiste.report.drawing import sheet, times
from dirigiste.report.figure_data import course
from dirigiste.report.figure_data import path_residuals as data

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from dirigiste.results.runs.run import Run

LEAST: Final = 1e-17
"""Residuals below this are drawn here."""


def draw(run: Run, title: str | None = None) -> Figure:
    """Draw the figure."""
    rows = data.residuals(run)
    groups = (
        ("Markets and goods", [row for row in rows if row.key in data.MARKETS]),
        ("Other equations", [row for row in rows if row.key not in data.MARKETS]),
    )
    groups = tuple((heading, group) for heading, group in groups if group)
    height, left, right, gap = 2.5, 0.68, 1.04, 0.5
    canvas = sheet.canvas(height, title)
    width = (canvas.width - len(groups) * (left + right) - (len(groups) - 1) * 0.1) / max(len(groups), 1)
    for n, (heading, group) in enumerate(groups):
        axes = canvas.axes(left + n * (left + width + right + 0.1), gap, width, height - gap - 0.34)
        _panel(axes, run, group)
        axes.set_title(heading)
        axes.set_xlabel("calendar year, whole path")
        if n == 0:
            axes.set_ylabel("size of the residual, log scale")
    return canvas.figure


def _panel(axes: Axes, run: Run, rows: list[data.Residual]) -> None:
    x = course.years(run)
    ends, floor, top = [], 1.0, LEAST
    for n, row in enumerate(rows[: len(sheet.COLOURS)]):
        values = np.maximum(np.abs(row.binding), LEAST)
        axes.plot(x, values, color=sheet.COLOURS[n], linestyle=times.DASHES[n], lw=1.1, zorder=3)
        ends.append((row.label, float(values[-1]), sheet.COLOURS[n]))
        floor, top = min(floor, float(values.min())), max(top, float(values.max()), row.tolerance)
    for tolerance in sorted({row.tolerance for row in rows}):
        axes.axhline(tolerance, color=sheet.INK, lw=0.7, linestyle=(0, (2, 2)), zorder=2)
        axes.annotate(
            f"tolerance {words.residual(tolerance)}", (0, tolerance), xycoords=("axes fraction", "data"),
            xytext=(3, 2), textcoords="offset points", fontsize=6.2, color=sheet.SOFT, va="bottom",
        )  # fmt: skip
    low, high = max(floor, LEAST) / 3, top * 6
    axes.set(yscale="log", ylim=(low, high), xlim=(float(x[0]), float(x[-1])))
    first, last = np.log10(low), np.log10(high)
    axes.set_yticks([10.0**k for k in range(int(np.ceil(first)), int(last) + 1) if k % 3 == 0])
    axes.set_yticklabels([_power(k) for k in range(int(np.ceil(first)), int(last) + 1) if k % 3 == 0])
    axes.locator_params(axis="x", nbins=5, integer=True)
    logs = [float(np.log10(value)) for _, value, _ in ends]
    places = layout.spread_labels(logs, 0.09 * (last - first), first, last)
    for (label, value, colour), place in zip(ends, places, strict=True):
        axes.annotate(
            label, (float(x[-1]), value), xytext=(float(x[-1]) + 0.05 * (x[-1] - x[0]), 10**place),
            va="center", fontsize=7.0, fontweight="bold", color=colour, annotation_clip=False,
            arrowprops=times.leader(colour),
        )  # fmt: skip


def _power(exponent: int) -> str:
    return "1" if exponent == 0 else minus(f"1e{exponent}")
