"""Elasticities of outcomes in parameters, as a table of colours with their numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from dirigiste.numbers import minus
from dirigiste.report.drawing import sheet
from dirigiste.report.figure_data.elasticities import order

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

ROWS: Final = 30
"""Parameters that are drawn."""

ROW, LEFT, RIGHT, BOTTOM = 0.2, 2.5, 0.75, 0.32
"""Height of a row, and room for the names of parameters, the last name of an outcome, and the note, in
inches."""

LETTER, SLANT = 0.045, 0.25
"""Height that a letter of a slanted name takes, and of the shortest one."""


def draw(result: xr.Dataset, title: str | None = None) -> Figure:
    """Draw the figure: colours relative to the largest elasticity of each outcome."""
    every, columns = order(result), [str(name) for name in result["outcome"].values]
    rows = every[:ROWS]
    values = result["elasticity"].values[:, rows].T
    kinks = result["kink"].values[:, rows].T
    largest = np.nanmax(np.abs(values), axis=0, initial=1e-300)
    heading = title or f"Elasticities of {result.attrs['economy']}: percent for one percent of the parameter"
    with sheet.style():
        top = SLANT + LETTER * max(map(len, columns), default=0)
        canvas = sheet.canvas(top + ROW * len(rows) + BOTTOM, heading)
        axes = canvas.axes(LEFT, BOTTOM, canvas.width - LEFT - RIGHT, ROW * len(rows))
        axes.imshow(values / largest, cmap=sheet.LOSS_GAIN, vmin=-1.0, vmax=1.0, aspect="auto")
        axes.set_yticks(range(len(rows)), [str(result["parameter"].values[j]) for j in rows], fontsize=6.6)
        axes.set_xticks(range(len(columns)), columns, rotation=40, ha="left", fontsize=7.0)
        axes.tick_params(length=0, top=True, labeltop=True, bottom=False, labelbottom=False)
        for n in range(len(rows)):
            for k in range(len(columns)):
                value = float(values[n, k])
                if math.isfinite(value):
                    text = minus(f"{round(value, 3) + 0.0:.3f}") + ("*" if kinks[n, k] else "")
                    share = 0.5 + 0.5 * value / largest[k]
                    color = sheet.readable(sheet.LOSS_GAIN(share))
                    axes.text(k, n, text, ha="center", va="center", fontsize=6.0, color=color)
        note = "Colours: relative to the largest elasticity of each outcome, by which rows are sorted."
        if len(every) > len(rows):
            note += f" The first {len(rows)} of {len(every)} parameters."
        canvas.plane().text(0.05, 0.12, note, fontsize=6.6, color=sheet.SOFT, va="center")
        for side in axes.spines.values():
            side.set_visible(False)
    return canvas.figure


def png(result: xr.Dataset) -> bytes:
    """The figure as PNG."""
    with sheet.style():
        return sheet.png(draw(result))
