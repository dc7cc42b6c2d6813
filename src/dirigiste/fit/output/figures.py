"""Figures of a calibration: how far each moment is missed, which moments move which estimates, and joint
confidence sets of those that hang together most.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from dirigiste.fit.inference import joint as sets
from dirigiste.numbers import fixed, signed, significant
from dirigiste.report.drawing import sheet

if TYPE_CHECKING:
    from dirigiste.fit.output.calibration import Calibration

ROW: Final = 0.22
"""Height of a row in inches."""

LEFT, TOP, BOTTOM, RIGHT = 2.1, 0.1, 0.5, 1.6
"""Room around the axes in inches."""

NOTE: Final = 0.32
"""Room for a note below axes without labels, in inches."""

FAR: Final = 6.0
"""Misses beyond this are drawn at the edge, with their number."""

LETTER, SLANT = 0.045, 0.25
"""Height that a letter of a slanted name takes, and of the shortest one, in inches."""

COLUMNS, PANELS = 3, 9
"""Panels of joint confidence sets in a row, and most of them."""

PANEL: Final = (1.62, 1.3)
"""Width and height of their axes in inches."""

GAP: Final = (0.72, 0.78)
"""Room between them, for labels."""

TITLE: Final = 0.28
"""Of that, what lies above the axes."""

LETTERS: Final = 34
"""Most letters of a label of theirs."""


def fit(result: Calibration) -> bytes:
    """Misses of moments in standard errors, as PNG."""
    moments, misses = result.plan.moments, result.misses
    shown = [n for n in range(len(moments)) if math.isfinite(misses[n])]
    with sheet.style():
        height = TOP + ROW * len(shown) + BOTTOM
        canvas = sheet.canvas(height, f"{result.plan.title}: model less target, in standard errors")
        left = sheet.room([moments[n].name for n in shown], LEFT)
        axes = canvas.axes(left, BOTTOM, canvas.width - left - RIGHT, ROW * len(shown))
        axes.axvspan(-2, 2, color=sheet.PALE, zorder=0)
        axes.axvline(0.0, color=sheet.SOFT, linewidth=0.8)
        reach = min(FAR, max(2.5, float(np.abs(misses[shown]).max(initial=0.0)) * 1.1))
        for row, n in enumerate(shown):
            t = float(misses[n])
            colour = sheet.NAVY if abs(t) <= 2 else sheet.ORANGE
            face = colour if moments[n].targeted else "white"
            at = max(-reach, min(reach, t))
            marker = "o" if abs(t) <= reach else (">" if t > 0 else "<")
            axes.plot([at], [row], marker, color=colour, markerfacecolor=face, markersize=5, clip_on=False)
            text = f"{significant(float(result.values[n]), 3)} / {significant(moments[n].target, 3)}"
            if abs(t) > reach:
                text += f" (t {fixed(t, 1)})"
            axes.annotate(
                text, (1.0, row), xycoords=("axes fraction", "data"), xytext=(6, 0), fontsize=7,
                textcoords="offset points", va="center", color=sheet.SOFT, annotation_clip=False,
            )
        axes.set(xlim=(-reach, reach), ylim=(len(shown) - 0.5, -0.5))
        axes.set_yticks(range(len(shown)), [moments[n].name for n in shown])
        axes.tick_params(axis="y", length=0)
        note = "Model / target on the right. Shaded: within two standard errors. Hollow: not targeted."
        canvas.plane().text(0.05, 0.1, note, fontsize=6.6, color=sheet.SOFT, va="center")
        return sheet.png(canvas.figure)


def influence(result: Calibration) -> bytes:
    """Λ in standard errors, as a table of colours, as PNG."""
    targets, parameters = result.plan.targeted, result.plan.parameters
    values = result.inference.scaled_influence(np.array([target.se for target in targets]))
    names = [target.name for target in targets]
    with sheet.style():
        top = SLANT + LETTER * max(map(len, names), default=0)
        heading = f"{result.plan.title}: standard errors by which an estimate moves with its moments"
        canvas = sheet.canvas(top + ROW * len(parameters) + NOTE, heading)
        left = sheet.room([parameter.name for parameter in parameters], LEFT, 7.0)
        axes = canvas.axes(left, NOTE, canvas.width - left - 0.8, ROW * len(parameters))
        largest = max(1.0, float(np.nanmax(np.abs(values), initial=0.0)))
        axes.imshow(values / largest, cmap=sheet.LOSS_GAIN, vmin=-1.0, vmax=1.0, aspect="auto")
        axes.set_yticks(range(len(parameters)), [parameter.name for parameter in parameters], fontsize=7.0)
        axes.set_xticks(range(len(names)), names, rotation=40, ha="left", fontsize=7.0)
        axes.tick_params(length=0, top=True, labeltop=True, bottom=False, labelbottom=False)
        for n, row in enumerate(values):
            for k, value in enumerate(row):
                if math.isfinite(value):
                    colour = sheet.readable(sheet.LOSS_GAIN(0.5 + 0.5 * float(value) / largest))
                    digits = 1 if len(names) > 12 else 2
                    text = fixed(round(float(value), digits) + 0.0, digits)
                    axes.text(k, n, text, ha="center", va="center", fontsize=6.0, color=colour)
        note = (
            "Each moment off by one of its standard errors (Andrews, Gentzkow and Shapiro 2017). Empty: the "
            "estimate is at its bound or not identified."
        )
        canvas.plane().text(0.05, 0.12, note, fontsize=6.6, color=sheet.SOFT, va="center")
        for side in axes.spines.values():
            side.set_visible(False)
        return sheet.png(canvas.figure)


def joint(result: Calibration) -> bytes:
    """Joint confidence sets of 95 % and one half of the pairs of estimates that are most correlated, as PNG;
    with draws from the posterior where there are any.
    """
    plan, x, inference = result.plan, result.x, result.inference
    pairs = sets.pairs(inference)
    shown = pairs[:PANELS]
    with sheet.style():
        rows = math.ceil(len(shown) / COLUMNS)
        of = "all" if len(shown) == len(pairs) else f"the {len(shown)} most correlated"
        heading = f"{plan.title}: joint confidence sets, {of} of {len(pairs)} pairs of estimates"
        canvas = sheet.canvas(rows * (PANEL[1] + GAP[1]) + NOTE, heading)
        for n, pair in enumerate(shown):
            row, column = divmod(n, COLUMNS)
            left = GAP[0] + column * (PANEL[0] + GAP[0])
            bottom = NOTE + (rows - row) * (PANEL[1] + GAP[1]) - PANEL[1] - TITLE
            axes = canvas.axes(left, bottom, *PANEL)
            which = [pair.first, pair.second]
            ends = [sets.edge(plan, x, inference, pair.first, pair.second, level) for level in (0.95, 0.5)]
            if result.posterior is not None:
                draws = result.posterior.x[result.posterior.weights > 0.0][:, which]
                axes.plot(*draws.T, ".", color=sheet.ORANGE, markersize=1.5, alpha=0.5, zorder=1)
            axes.fill(*ends[0].T, facecolor=sheet.PALE, edgecolor=sheet.NAVY, linewidth=0.9, zorder=0)
            axes.plot(*ends[1].T, color=sheet.NAVY, linewidth=0.7, linestyle=(0, (3, 2)))
            axes.plot(*x[which], "+", color=sheet.NAVY, markersize=5)
            names = [plan.parameters[k].name for k in which]
            axes.set_xlabel(_end(names[0]), fontsize=6.6)
            axes.set_ylabel(_end(names[1]), fontsize=6.6)
            axes.set_title(f"correlation {signed(pair.correlation, 2)}", fontsize=7.0, pad=4.0)
            axes.tick_params(labelsize=6.2)
            axes.locator_params(nbins=4)
        note = "Solid: 95 %. Dashed: one half. Cross: estimates."
        if result.posterior is not None:
            note += " Dots: draws from the posterior."
        canvas.plane().text(0.05, 0.12, note, fontsize=6.6, color=sheet.SOFT, va="center")
        return sheet.png(canvas.figure)


def _end(name: str) -> str:
    """A name as far as there is room for it: of long paths the last part counts."""
    return name if len(name) <= LETTERS else "…" + name[1 - LETTERS :]
