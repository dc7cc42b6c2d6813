"""Densities of wealth and employment by status, and marginal products of capital against wealth."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from dirigiste.numbers import fixed
from dirigiste.report import layout, words
from dirigiste.report.drawing import sheet
from dirigiste.report.figure_data import firms as data

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from dirigiste.results.runs.run import Run

STEP: Final = 0.42
"""Height of a row of densities, in inches."""


def sizes(run: Run, title: str | None = None) -> Figure:
    """Draw densities of owners' wealth and of firms' employment, one row a status."""
    wealth, employment = data.wealth(run), data.employment(run)
    names = [curve.status for curve in wealth] or [curve.status for curve in employment]
    labels = {curve.status: words.clipped(curve.label) for curve in (*wealth, *employment)}
    top = max([0.5, *(_top(curves, names) for curves in (wealth, employment))]) + 0.12
    height = 1.02 + STEP * (len(names) - 1 + top)
    canvas = sheet.canvas(height, title)
    left, gap = sheet.room(list(labels.values()), 1.02), 0.12
    width = (canvas.width - left - gap - 1.5) / 2
    columns = (
        ("Wealth of owners", "annual wages, log scale", wealth, left, f"share\nbelow {data.POOR:g}", _shares),
        (
            "Employment of firms",
            "workers, log scale",
            employment,
            left + width + 0.75 + gap,
            "median",
            _change,
        ),
    )
    for heading, unit, curves, x, about, text in columns:
        axes = canvas.axes(x, 0.66, width, STEP * (len(names) - 1 + top))
        _ridges(axes, curves, names, top, text)
        axes.text(0, 1.0, heading, transform=axes.transAxes, fontsize=8.5, fontweight="bold", va="bottom")
        axes.set_xlabel(unit)
        axes.text(1.02, 1.0, about, transform=axes.transAxes, fontsize=6.8, color=sheet.SOFT, va="bottom")
    first = canvas.figure.axes[0]
    first.set_yticks([-n for n in range(len(names))])
    first.set_yticklabels([labels[name] for name in names], color=sheet.INK, va="bottom")
    first.tick_params(axis="y", length=0, pad=4)
    _styles(canvas, left)
    return canvas.figure


def _ridges(
    axes: Axes, curves: list[data.Curve], names: list[str], top: float, about: Callable[[float, float], str]
) -> None:
    by_status = {curve.status: curve for curve in curves}
    if not curves:
        axes.set_axis_off()
        return
    x = curves[0].x
    scale = _scale(curves)
    for n, name in enumerate(names):
        base = -float(n)
        axes.plot([x[0], x[-1]], [base, base], color=sheet.FAINT, lw=0.6, zorder=1)
        curve = by_status.get(name)
        if curve is None:
            axes.text(x[0], base + 0.1, " no firms", fontsize=6.8, color=sheet.SOFT, va="bottom")
            continue
        after, before = base + scale * curve.after, base + scale * curve.before
        axes.fill_between(x, base, after, color=sheet.NAVY, alpha=0.13, lw=0, zorder=2 + 0.01 * n)
        axes.plot(x, after, color=sheet.NAVY, zorder=3 + 0.01 * n, **sheet.AFTER)
        axes.plot(x, before, color=sheet.ORANGE, zorder=3.5 + 0.01 * n, **sheet.BEFORE)
        text = about(curve.centre_before, curve.centre_after)
        axes.annotate(
            text,
            (1.02, base + 0.06),
            xycoords=("axes fraction", "data"),
            fontsize=6.8,
            va="bottom",
            color=sheet.INK,
        )
    axes.set(xscale="log", xlim=(x[0], x[-1]), ylim=(-(len(names) - 1) - 0.06, top), yticks=[])
    axes.spines["left"].set_visible(False)
    decades(axes, float(x[0]), float(x[-1]))


def _scale(curves: list[data.Curve]) -> float:
    """Rows per unit of density: the highest peak reaches a quarter into the row above."""
    return 1.25 / max(max(float(c.before.max()), float(c.after.max())) for c in curves)


def _top(curves: list[data.Curve], names: list[str]) -> float:
    """Height of the highest point above the first base line, in rows."""
    peaks = {c.status: _scale(curves) * max(float(c.before.max()), float(c.after.max())) for c in curves}
    return max((peaks.get(name, 0.0) - n for n, name in enumerate(names)), default=0.5)


def _change(before: float, after: float) -> str:
    a, b = words.number(before, 2), words.number(after, 2)
    return a if a == b else f"{a} {words.ARROW} {b}"


def _shares(before: float, after: float) -> str:
    return (
        words.pair(before, after) if words.percent(before) != words.percent(after) else words.percent(after)
    )


def decades(axes: Axes, low: float, high: float) -> None:
    """Ticks at powers of ten, written out."""
    ticks = [
        10.0**k for k in range(math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9) + 1)
    ]
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: words.number(value, 1)))
    axes.xaxis.set_minor_locator(NullLocator())


def _styles(canvas: sheet.Canvas, left: float) -> None:
    handles = [
        Line2D([], [], color=sheet.ORANGE, label="before", **sheet.BEFORE),
        Line2D([], [], color=sheet.NAVY, label="with what lasts in place", **sheet.AFTER),
    ]
    total = float(canvas.figure.get_size_inches()[1])
    canvas.figure.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(left / canvas.width, 0.02 / total),
        frameon=False,
        fontsize=7,
        ncols=2,
        handlelength=2.4,
        borderaxespad=0.1,
        labelcolor=sheet.SOFT,
        alignment="left",
        labelspacing=0.3,
    )


DASHES: Final = ("-", (0, (6, 1.5)), (0, (1.2, 1.4)), (0, (6, 1.4, 1.2, 1.4)))
"""Line styles of statuses, in the order of colours."""


def starved(run: Run, title: str | None = None) -> Figure:
    """Draw the marginal product of capital less its cost against wealth, one panel before and one after."""
    curves = data.starved(run)
    height = 3.1
    canvas = sheet.canvas(height, title)
    left, right, gap = 0.62, sheet.room([_label(curve) for curve in curves], 1.25, 7.8), 0.22
    width = (canvas.width - left - right - gap) / 2
    panels = [canvas.axes(left + n * (width + gap), 0.5, width, height - 0.82) for n in (0, 1)]
    top = max((float(np.nanmax([c.before, c.after])) for c in curves), default=0.1)
    bottom = min(0.0, min((float(np.nanmin([c.before, c.after])) for c in curves), default=0.0))
    used = [c.x[np.isfinite(c.before) | np.isfinite(c.after)] for c in curves]
    low, high = min(float(x[0]) for x in used), max(float(x[-1]) for x in used)
    ceiling, floor = 100 * top * 1.08, 100 * bottom * 1.15
    for n, (axes, heading) in enumerate(zip(panels, ("Before", "With what lasts in place"), strict=True)):
        if floor < 0:
            axes.axhline(0, color=sheet.SOFT, lw=0.7, zorder=1)
        for k, curve in enumerate(curves):
            y = 100 * (curve.before, curve.after)[n]
            axes.plot(curve.x, y, color=sheet.COLOURS[k], linestyle=DASHES[k], lw=1.6, zorder=3)
        axes.set(xscale="log", xlim=(low, high), ylim=(floor, ceiling))
        axes.set_title(heading)
        axes.set_xlabel("owner's wealth, annual wages, log scale")
        axes.yaxis.grid(True)
        decades(axes, low, high)
    panels[0].set_ylabel("above interest and depreciation,\npoints a year")
    panels[1].set_yticklabels([])
    panels[1].tick_params(axis="y", length=0)
    _ends(panels[1], curves, ceiling, floor)
    return canvas.figure


def _ends(axes: Axes, curves: list[data.Curve], ceiling: float, floor: float) -> None:
    """Names at the right rim, near where lines end."""
    last = []
    for curve in curves:
        inside = np.flatnonzero(np.isfinite(curve.after))
        last.append(
            (float(curve.x[inside[-1]]), 100 * float(curve.after[inside[-1]])) if inside.size else (1.0, 0.0)
        )
    span = ceiling - floor
    heights = layout.spread_labels(
        [y for _, y in last], 0.075 * span, floor + 0.03 * span, ceiling - 0.03 * span
    )
    right = float(axes.get_xlim()[1])
    above = max(heights, default=ceiling) + 0.085 * span
    axes.annotate(
        "mean over firms",
        (right, above),
        xytext=(right * 1.25, above),
        va="center",
        fontsize=6.8,
        color=sheet.SOFT,
        annotation_clip=False,
    )
    for k, (curve, (x, y), height) in enumerate(zip(curves, last, heights, strict=True)):
        axes.annotate(
            _label(curve),
            (x, y),
            xytext=(right * 1.25, height),
            textcoords="data",
            va="center",
            fontsize=7.2,
            color=sheet.COLOURS[k],
            fontweight="bold",
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-",
                "color": sheet.COLOURS[k],
                "lw": 0.5,
                "shrinkA": 2,
                "relpos": (0.0, 0.5),
                "shrinkB": 1,
            },
        )


def _label(curve: data.Curve) -> str:
    mean = fixed(100 * curve.centre_after, 1)
    return f"{words.clipped(curve.label)} {mean}"
