"""Figures: series beside the model before and after, numbers before and after, fear."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

import numpy as np
from matplotlib.ticker import MaxNLocator

from dirigiste.fit.chronicles.fear import REVISION
from dirigiste.numbers import significant
from dirigiste.report.drawing import sheet
from dirigiste.results.runs import paths

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from dirigiste.fit.chronicles.estimate import Fitted
    from dirigiste.fit.chronicles.fear import Fear

COLUMNS: Final = 2
PANEL, GAP, LEFT, BOTTOM, TOP = 1.45, 0.62, 0.6, 0.55, 0.1
"""Height of a panel, room between panels, and around them, in inches."""

RIGHT: Final = 0.25
"""Room for half of the last year, in inches."""

ROW: Final = 0.22
"""Height of a row in inches."""

LEAST: Final = 2.0
"""Least span of years that a panel shows."""


def _panels(count: int, title: str) -> tuple[sheet.Canvas, list[Axes]]:
    """Panels in two columns."""
    rows = -(-count // COLUMNS)
    height = TOP + rows * PANEL + (rows - 1) * GAP + BOTTOM + 0.25
    canvas = sheet.canvas(height, title)
    width = (canvas.width - COLUMNS * LEFT - RIGHT) / COLUMNS
    places = []
    for n in range(count):
        row, column = divmod(n, COLUMNS)
        bottom = BOTTOM + (rows - 1 - row) * (PANEL + GAP)
        places.append(canvas.axes(LEFT + column * (width + LEFT), bottom, width, PANEL))
    return canvas, places


def fit(result: Fitted) -> bytes:
    """Observed values beside the model at the beginning and at the estimate, a panel for each series."""
    names = list(dict.fromkeys(result.data.series))
    before, after = result.model(result.before)[0], result.model(result.after)[0]
    every = np.array(result.data.series)
    years = np.array([paths.year_of(_moment(date)) for date in result.data.dates])
    error = 1.0 / np.sqrt(result.data.weight)
    with sheet.style():
        title = f"{result.plan.chronicle.name}: observed series beside the model, before and after estimation"
        canvas, places = _panels(len(names), title)
        for name, axes in zip(names, places, strict=True):
            here = every == name
            at = years[here]
            axes.errorbar(
                at,
                result.data.observed[here],
                error[here],
                fmt="o",
                color=sheet.INK,
                markersize=3,
                linewidth=0.8,
                label="observed, ± 1 se",
            )
            axes.plot(at, before[here], color=sheet.ORANGE, marker=".", label="before", **sheet.BEFORE)
            axes.plot(at, after[here], color=sheet.NAVY, marker=".", label="estimate", **sheet.AFTER)
            axes.set_title(result.plan.chronicle.observed[name].title[:52], fontsize=7.5)
            axes.margins(x=0.06, y=0.15)
            first, last = float(at.min()), float(at.max())
            if last - first < LEAST:
                axes.set_xlim(first - 0.5 * LEAST, last + 0.5 * LEAST)
            axes.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
        handles, labels = places[0].get_legend_handles_labels()
        canvas.figure.legend(handles, labels, loc="lower left", ncol=3, frameon=False, fontsize=7.0)
        return sheet.png(canvas.figure)


def _moment(date: dt.date) -> dt.datetime:
    return dt.datetime.combine(date, dt.time())


def numbers(result: Fitted) -> bytes:
    """Estimates and what was thought before, in standard deviations of the latter."""
    plan = result.plan
    moved = (result.z - plan.mean) / plan.sd
    width = result.sd / plan.sd
    values = plan.values(result.z)
    with sheet.style():
        title = f"{plan.chronicle.name}: estimates, in standard deviations of what was thought before"
        canvas = sheet.canvas(TOP + ROW * len(moved) + BOTTOM, title)
        left = sheet.room(plan.names, 1.5, 7.0)
        axes = canvas.axes(left, BOTTOM, canvas.width - left - 0.9, ROW * len(moved))
        axes.axvspan(-1.0, 1.0, color=sheet.PALE, zorder=0)
        axes.axvline(0.0, color=sheet.SOFT, linewidth=0.8)
        rows = np.arange(len(moved))
        axes.errorbar(moved, rows, xerr=width, fmt="o", color=sheet.NAVY, markersize=4, linewidth=1.2)
        for row, name in enumerate(plan.names):
            axes.annotate(
                significant(values[name], 3),
                (1.0, row),
                xycoords=("axes fraction", "data"),
                xytext=(6, 0),
                textcoords="offset points",
                va="center",
                fontsize=7,
                color=sheet.SOFT,
                annotation_clip=False,
            )
        axes.set_yticks(rows, plan.names, fontsize=7.0)
        axes.set_ylim(len(moved) - 0.5, -0.5)
        axes.tick_params(axis="y", length=0)
        note = (
            "Bars: one standard error. Shaded: one standard deviation before the data. Right: the estimate."
        )
        canvas.plane().text(0.05, 0.1, note, fontsize=6.6, color=sheet.SOFT, va="center")
        return sheet.png(canvas.figure)


def fear(result: Fear) -> bytes:
    """Perceived enforcement with its band, beside that of the chronicle as written, and actual rates."""
    years = np.array([paths.year_of(_moment(date)) for date in result.dates])
    length = float(np.diff(years).mean()) if years.size > 1 else 0.5
    edges = np.append(years, years[-1] + length)

    def steps(values: np.ndarray) -> np.ndarray:
        return np.append(values, values[-1])

    with sheet.style():
        title = (
            f"{result.fitted.plan.chronicle.name}: enforcement that owners perceive, as the series imply it"
        )
        canvas = sheet.canvas(3.2, title)
        axes = canvas.axes(LEFT, 0.75, canvas.width - LEFT - 0.2, 2.35)
        for k, alpha in ((1.645, 0.15), (0.674, 0.25)):
            low, high = (steps(np.exp(result.log + sign * k * result.sd)) for sign in (-1, 1))
            axes.fill_between(edges, low, high, step="post", color=sheet.NAVY, alpha=alpha, linewidth=0)
        axes.step(
            edges, steps(np.exp(result.log)), where="post", color=sheet.NAVY, label="perceived, implied"
        )
        first = result.edges[0]
        for values, colour, label in (
            (result.written[first], sheet.ORANGE, f"perceived, as the chronicle writes it ({first})"),
            (result.actual[first], sheet.TEAL, f"actual ({first})"),
        ):
            axes.step(edges, steps(values), where="post", color=colour, label=label, linewidth=1.1)
        axes.axhline(1.0, color=sheet.SOFT, linewidth=0.6)
        base = axes.get_ylim()[0]
        for event in (one for one in result.fitted.plan.chronicle.ordered if one.title != REVISION):
            axes.plot([paths.year_of(_moment(event.date))], [base], "|", color=sheet.SOFT, markersize=7)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_ylabel("times the rate without events")
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.1), ncol=3, frameon=False, fontsize=7.0)
        note = "Shaded: half and nine tenths of the probability. Ticks at the bottom: events."
        canvas.plane().text(0.05, 0.12, note, fontsize=6.6, color=sheet.SOFT, va="center")
        return sheet.png(canvas.figure)
