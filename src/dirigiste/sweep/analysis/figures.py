"""Figures of a sweep: maps over two axes, slices along each, all points in parallel coordinates."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from dirigiste.errors import InputError
from dirigiste.report.drawing import sheet
from dirigiste.sweep import store
from dirigiste.sweep.analysis import surrogate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import XAxis, YAxis
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from dirigiste.sweep.analysis.kept import Kept

FINE: Final = 61
"""Points along a side of a map, or along a slice, of a surrogate."""

COLUMNS: Final = 3
"""Panels of slices side by side."""


def heat_map(kept: Kept, outcome: str, across: str | None = None, up: str | None = None) -> Figure:
    """An outcome over two axes, the first two with numbers if none are named.

    A grid shows its own values, with its other axes in the middle; other designs show their surrogate.

    Raises:
        InputError: There are no two axes with numbers, or no values.
    """
    names = [name for name in kept.axes if not kept.words(name)]
    across = across or next(iter(names), None)
    up = up or next((name for name in names if name != across), None)
    if across is None or up is None or across == up or not {across, up} <= set(names):
        raise InputError.of("a map needs two axes with numbers", key="--axes")
    x, y, values, note = _field(kept, outcome, across, up)
    with sheet.style():
        canvas = sheet.canvas(3.9, f"{kept.name}: {outcome}")
        axes = canvas.axes(0.75, 0.65, 5.3, 3.1)
        axes.grid(visible=False)
        if note is None:
            sides = (edges(places, kept.axes[name].scale) for name, places in ((across, x), (up, y)))
            drawn = axes.pcolormesh(*sides, values, cmap=sheet.AMOUNT)
        else:
            drawn = axes.pcolormesh(x, y, values, cmap=sheet.AMOUNT, shading="gouraud")
        if np.isfinite(values).all() and np.ptp(values) > 0 and min(values.shape) > 2:
            lines = axes.contour(x, y, values, levels=6, colors=sheet.INK, linewidths=0.6)
            axes.clabel(lines, fontsize=6.5)
        _scales(axes, kept, across, up)
        axes.set(xlabel=across, ylabel=up)
        bar = canvas.figure.colorbar(drawn, cax=canvas.axes(6.25, 0.65, 0.18, 3.1))
        bar.outline.set_visible(False)  # type: ignore[operator]
        _noted(canvas, note or _middle(kept, across, up))
    return canvas.figure


def _field(
    kept: Kept, outcome: str, across: str, up: str
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], str | None]:
    """Places along both axes, and values, (up, across); a note where they are those of a surrogate."""
    import polars as pl

    if kept.design == "grid":
        frame = kept.frame
        for name in kept.axes:
            if name not in (across, up):
                levels = frame[name].unique(maintain_order=True).to_list()
                frame = frame.filter(pl.col(name) == levels[len(levels) // 2])
        x, y = (np.array(frame[name].unique().sort().to_list(), dtype=float) for name in (across, up))
        values = np.full((len(y), len(x)), math.nan)
        places = [np.searchsorted(levels, frame[name].to_numpy()) for levels, name in ((y, up), (x, across))]
        values[places[0], places[1]] = frame[outcome].fill_null(float("nan")).to_numpy()
        return x, y, values, None
    fitted = surrogate.fit(kept, outcome)
    side = np.linspace(0.0, 1.0, FINE)
    units = np.full((FINE * FINE, len(kept.axes)), 0.5)
    order = list(kept.axes)
    units[:, order.index(across)] = np.tile(side, FINE)
    units[:, order.index(up)] = np.repeat(side, FINE)
    values = fitted.predict(units).reshape(FINE, FINE)
    return places_of(kept, across, side), places_of(kept, up, side), values, _about(fitted)


def slices(kept: Kept, outcome: str) -> Figure:
    """An outcome along each axis: all points, and the surrogate with the other axes in the middle.

    Raises:
        InputError: An axis has words for values, or there are too few points.
    """
    fitted = surrogate.fit(kept, outcome)
    side, names = np.linspace(0.0, 1.0, FINE), list(kept.axes)
    rows = -(-len(names) // COLUMNS)
    values = kept.numbers(outcome)
    with sheet.style():
        canvas = sheet.canvas(0.15 + 2.1 * rows, f"{kept.name}: {outcome}")
        width = (canvas.width - 0.7) / min(COLUMNS, len(names))
        for n, name in enumerate(names):
            left, bottom = 0.65 + width * (n % COLUMNS), 0.75 + 2.1 * (rows - 1 - n // COLUMNS)
            axes = canvas.axes(left, bottom, width - 0.55, 1.4)
            units = np.full((FINE, len(names)), 0.5)
            units[:, n] = side
            curve, places = fitted.predict(units), places_of(kept, name, side)
            axes.plot(kept.frame[name], values, "o", color=sheet.TEAL, alpha=0.35, markersize=2.0, mew=0.0)
            axes.fill_between(places, curve - fitted.error, curve + fitted.error, color=sheet.FAINT, lw=0.0)
            axes.plot(places, curve, color=sheet.NAVY)
            if kept.axes[name].scale == "log":
                axes.set_xscale("log")
                _plain(axes.xaxis)
            axes.set_xlabel(name)
        _noted(canvas, f"Lines: {_about(fitted, 'the middle')} Bands: its error. Dots: all points.")
    return canvas.figure


def parallel(kept: Kept, outcome: str) -> Figure:
    """All points as lines through their axes and outcomes, coloured by an outcome."""
    names = [*kept.axes, *(name for name in kept.outcomes if name != outcome), outcome]
    numbers = kept.numbers(outcome)
    columns = [kept.units[:, n] for n in range(len(kept.axes))]
    columns += [_scaled(kept.numbers(name)) for name in names[len(kept.axes) :]]
    lines = np.array(columns).T
    there = np.isfinite(lines).all(axis=1)
    with sheet.style():
        canvas = sheet.canvas(3.4, f"{kept.name}: all points, coloured by {outcome}")
        axes = canvas.axes(0.6, 0.95, canvas.width - 1.2, 2.3)
        if there.any():
            shades = Normalize(float(numbers[there].min()), float(numbers[there].max()))
            places = np.arange(len(names))
            segments = [np.column_stack([places, line]) for line in lines[there]]
            drawn = LineCollection(segments, cmap=sheet.AMOUNT, norm=shades, linewidths=0.7, alpha=0.7)
            drawn.set_array(numbers[there])
            axes.add_collection(drawn)
        for n, name in enumerate(names):
            axes.axvline(n, color=sheet.SOFT, linewidth=0.6)
            low, high = _ends(kept, name)
            axes.text(n, 1.04, high, ha="center", fontsize=6.5, color=sheet.SOFT)
            axes.text(n, -0.08, low, ha="center", fontsize=6.5, color=sheet.SOFT)
        axes.set(xlim=(-0.3, len(names) - 0.7), ylim=(-0.02, 1.02), yticks=[])
        axes.set_xticks(range(len(names)), names, rotation=20, ha="right")
        axes.tick_params(length=0, pad=10)
        for side in axes.spines.values():
            side.set_visible(False)
        missing = int((~there).sum())
        if missing:
            _noted(canvas, f"{missing} points without a solution are left out.")
    return canvas.figure


def png(figure: Figure) -> bytes:
    """A figure as PNG."""
    with sheet.style():
        return sheet.png(figure)


def places_of(kept: Kept, name: str, units: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values of an axis at places from 0 to 1; of listed values between the least and the greatest place."""
    axis = kept.axes[name]
    if axis.range is None:
        options = [float(value) for value in axis.values or ()]
        return np.interp(units, np.linspace(0.0, 1.0, len(options)), options)
    low, high = axis.range[:2]
    if axis.scale == "log":
        return np.exp(math.log(low) + units * (math.log(high) - math.log(low)))
    return low + units * (high - low)


def edges(places: NDArray[np.float64], scale: str) -> NDArray[np.float64]:
    """Sides of cells around places, half way between them, in logs where the scale is."""
    at = np.log(places) if scale == "log" else places
    if len(at) < 2:
        return np.array([places[0] - 0.5, places[0] + 0.5])
    between = (at[1:] + at[:-1]) / 2.0
    sides = np.concatenate([[2.0 * at[0] - between[0]], between, [2.0 * at[-1] - between[-1]]])
    return np.exp(sides) if scale == "log" else sides


def _scaled(values: NDArray[np.float64]) -> NDArray[np.float64]:
    low, high = (np.nanmin(values), np.nanmax(values)) if np.isfinite(values).any() else (0.0, 0.0)
    return (values - low) / (high - low) if high > low else np.where(np.isfinite(values), 0.5, math.nan)


def _ends(kept: Kept, name: str) -> tuple[str, str]:
    if name in kept.axes:
        axis = kept.axes[name]
        options = axis.range[:2] if axis.range is not None else axis.values or axis.files or ("",)
        ends = options[0], options[-1]
        low, high = map(store.word, ends) if kept.words(name) else (f"{float(end):.4g}" for end in ends)
        return low, high
    values = kept.numbers(name)
    if not np.isfinite(values).any():
        return "", ""
    return f"{np.nanmin(values):.4g}", f"{np.nanmax(values):.4g}"


def _scales(axes: Axes, kept: Kept, across: str, up: str) -> None:
    if kept.axes[across].scale == "log":
        axes.set_xscale("log")
        _plain(axes.xaxis)
    if kept.axes[up].scale == "log":
        axes.set_yscale("log")
        _plain(axes.yaxis)


def _plain(axis: XAxis | YAxis) -> None:
    """Numbers of an axis in logs as people write them."""
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _middle(kept: Kept, *shown: str) -> str:
    others = [name for name in kept.axes if name not in shown]
    return f"In the middle of {', '.join(others)}." if others else ""


def _about(fitted: surrogate.Surrogate, where: str = "the middle") -> str:
    return (
        f"a polynomial of degree {fitted.degree} fitted to {fitted.points} points, other axes in {where}; "
        f"error of points left out {fitted.error:.2g}."
    )


def _noted(canvas: sheet.Canvas, text: str) -> None:
    if text:
        note = text[:1].upper() + text[1:]
        canvas.plane().text(0.05, 0.1, note, fontsize=6.6, color=sheet.SOFT, va="center")
