"""Contributions of channels: stacked over time, and as waterfalls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from matplotlib.patches import Rectangle

from dirigiste.report import layout, words
from dirigiste.report.drawing import sheet, times
from dirigiste.report.figure_data import channels as data
from dirigiste.report.figure_data import course

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from dirigiste.results.runs.run import Run

HATCHES: Final = ("", "////", "", "....")
"""Hatches of bands, so that neighbours differ in grey too."""

FACES: Final = (sheet.NAVY, sheet.ORANGE, "#8fd0ca", "#d9a7c6")
EDGES: Final = (sheet.NAVY, "#f7b08d", "#8fd0ca", sheet.PLUM)
INKS: Final = (sheet.NAVY, "#b3420c", "#16766e", sheet.PLUM)
"""Colours of bands, of their hatches, and of their names."""


def over_time(run: Run, decomposition: data.Split, title: str | None = None) -> Figure:
    """Draw contributions stacked away from zero, losses down and gains up, with their sum as a line."""
    height, left, right = 3.1, 0.62, 1.35
    canvas = sheet.canvas(height, title)
    axes = canvas.axes(left, 0.34, canvas.width - left - right, height - 0.5)
    low, _ = times.limits(run)
    first = float(decomposition.when[0]) - 1e-4
    x = np.concatenate([[low, first], decomposition.when])
    bands = [(label, 100 * np.concatenate([[0.0, 0.0], part])) for label, part in decomposition.bands]
    up, down = np.zeros_like(x), np.zeros_like(x)
    middles = []
    for n, (_, part) in enumerate(bands):
        gain, loss = np.maximum(part, 0.0), np.minimum(part, 0.0)
        for base, more in ((up, gain), (down, loss)):
            axes.fill_between(
                x,
                base,
                base + more,
                facecolor=FACES[n],
                edgecolor=EDGES[n],
                hatch=HATCHES[n],
                lw=0.0,
                zorder=2,
            )
            axes.plot(x, base + more, color="white", lw=0.7, zorder=2.5)
        end = float(part[-1])
        middles.append(float((up if end > 0 else down)[-1]) + end / 2)
        up, down = up + gain, down + loss
    whole = sum(part for _, part in bands)
    axes.plot(x, whole, color=sheet.INK, lw=1.7, zorder=4)
    axes.axhline(0, color=sheet.SOFT, lw=0.7, zorder=3)
    bottom, top = min(float(down.min()), -1e-3), max(float(up.max()), 1e-3)
    if top - bottom < 10 * times.FLAT:
        bottom, top = -1.0, 1.0
    spread = top - bottom
    bottom, top = bottom - 0.1 * spread, top + 0.06 * spread
    axes.set_ylim(bottom, top)
    times.axis(axes, run)
    axes.set_ylabel("% of output without the events")
    axes.locator_params(axis="y", nbins=6)
    ends = [float(part[-1]) for _, part in bands]
    texts = [(label, value, INKS[n]) for n, ((label, _), value) in enumerate(zip(bands, ends, strict=True))]
    texts.append(("sum (line)", sum(ends), sheet.INK))
    heights = layout.spread_labels([*middles, sum(ends)], 0.075 * spread, bottom, top)
    digits = times.digits([value for _, value, _ in texts])
    for (label, value, colour), y, place in zip(texts, [*middles, sum(ends)], heights, strict=True):
        axes.annotate(
            f"{label} {words.signed(value, digits)}",
            (x[-1], y),
            xytext=(x[-1] + 0.022 * (x[-1] - x[0]), place),
            textcoords="data",
            va="center",
            fontsize=7.5,
            fontweight="bold",
            color=colour,
            annotation_clip=False,
            arrowprops=times.leader(colour),
        )
    return canvas.figure


def waterfall(run: Run, decomposition: data.Split, title: str | None = None) -> Figure:
    """Draw two waterfalls: when output is furthest from where it was, and in present value."""
    rows = len(decomposition.channels) + 1
    height = 0.86 + 0.27 * rows
    canvas = sheet.canvas(height, title)
    left, gap = sheet.room(decomposition.channels, 0.75), 0.45
    width = (canvas.width - left - gap - 0.75) / 2
    when = course.month(run, int(decomposition.steps[decomposition.worst]))
    rate = words.percent(course.discount_rate(run))
    sure = decomposition.sure
    sides = (
        (
            f"In {when}",
            "% of output without the events",
            decomposition.parts[:, decomposition.worst],
            None if sure is None else sure.parts[:, :, decomposition.worst],
        ),
        (
            "Present value",
            f"% of a year's output, discounted at {rate} a year",
            decomposition.present,
            None if sure is None else sure.present,
        ),
    )
    order = [decomposition.channels.index(bar.label) for bar in decomposition.at_worst]
    for n, (heading, unit, values, ends) in enumerate(sides):
        axes = canvas.axes(left + n * (width + gap), 0.46, width, height - 0.82)
        _steps(axes, 100 * values[order], None if ends is None else 100 * ends[:, [*order, -1]])
        axes.set_title(heading)
        axes.set_xlabel(unit, fontsize=7.2)
        names = [*(decomposition.channels[k] for k in order), "sum"] if n == 0 else []
        axes.set_yticks(range(rows), names or [""] * rows, color=sheet.INK)
        axes.tick_params(axis="y", length=0)
    return canvas.figure


def _steps(axes: Axes, values: np.ndarray, sure: np.ndarray | None) -> None:
    """Bars that begin where the one above ends, and their sum; whiskers where most draws of each are
    (2, rows), counted from where its bar begins.
    """
    ends = np.cumsum(values)
    starts = ends - values
    digits = times.digits([*values, float(ends[-1])])
    every = np.append(ends, ends[-1])
    whiskers = np.stack([every, every]) if sure is None else np.append(starts, 0.0) + sure
    reach = np.concatenate([ends, whiskers.reshape(-1)])
    if sure is not None:
        for n, (low, high) in enumerate(whiskers.T):
            axes.plot([low, high], [n, n], color=sheet.INK, lw=1.1, zorder=3.5, solid_capstyle="butt")
            axes.plot([low, high], [n, n], "|", color=sheet.INK, ms=4.5, mew=1.1, zorder=3.5)
    low, high = min(0.0, float(reach.min())), max(0.0, float(reach.max()))
    if high - low < times.FLAT:
        low, high = -1.0, 1.0
    room = 0.24 * (high - low)
    for n, (start, end) in enumerate(zip([*starts, 0.0], [*ends, float(ends[-1])], strict=True)):
        last = n == len(values)
        loss = end < start
        face = sheet.SOFT if last else sheet.ORANGE if loss else sheet.NAVY
        axes.add_patch(
            Rectangle(
                (min(start, end), n - 0.33), abs(end - start), 0.66, facecolor=face, edgecolor="white",
                hatch="////" if loss and not last else "", linewidth=0, zorder=2,
            )
        )  # fmt: skip
        if not last:
            axes.plot([end, end], [n - 0.33, n + 1.33], color=sheet.SOFT, lw=0.6, zorder=3)
        left = end <= start if end != start else low < 0
        edge = min(end, *whiskers[:, n]) if left else max(end, *whiskers[:, n])
        axes.annotate(
            words.signed(end - start, digits),
            (edge, n),
            xytext=(-3 if left else 3, 0),
            textcoords="offset points",
            ha="right" if left else "left",
            va="center",
            fontsize=7.2,
            fontweight="bold" if last else "normal",
            zorder=4,
        )
    axes.axvline(0, color=sheet.SOFT, lw=0.7, zorder=1)
    axes.set(
        xlim=(low - (room if low < 0 else 0.2 * room), high + (room if high > 0 else 0.2 * room)),
        ylim=(len(values) + 0.6, -0.6),
    )
    axes.spines["left"].set_visible(False)
    axes.locator_params(axis="x", nbins=5)
