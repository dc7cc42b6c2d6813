"""Designs: which points of its axes a sweep solves, in units of the axes and as values of parameters."""

from __future__ import annotations

import importlib
import itertools
import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from dirigiste.errors import InputError
from dirigiste.sweep.declared.declaration import DRAWN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dirigiste.sweep.declared.declaration import Axis, SweepDeclaration

MOST: Final = 1_000_000
"""Most points of a sweep."""

PAPER: Final = "paper"
"""Column of the names of replications."""


def extra(module: str, what: str) -> Any:  # noqa: ANN401  (a module)
    """A library that comes with the extra `sweeps`.

    Raises:
        InputError: It is not installed; says how to install it.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != module.partition(".")[0]:
            raise
        name = module.partition(".")[0]
        raise InputError.of(
            f"{what} needs {name}, which is not installed: install the extra `sweeps`, as in "
            "`pip install 'dirigiste[sweeps]'`"
        ) from None


def columns(sweep: SweepDeclaration) -> tuple[str, ...]:
    """Names of the axes, which are columns of tables."""
    return (PAPER,) if sweep.replications is not None else tuple(sweep.axes)


def count(sweep: SweepDeclaration) -> int:
    """Number of points."""
    if sweep.replications is not None:
        return len(sweep.replications)
    levels = [size(axis) for axis in sweep.axes.values()]
    if sweep.design == "grid":
        return math.prod(levels)
    if sweep.design == "list":
        return levels[0]
    assert sweep.points is not None  # checked in the declaration
    return sweep.points * (len(sweep.axes) + 2) if sweep.design == "saltelli" else sweep.points


def size(axis: Axis) -> int:
    """Number of values of an axis; 0 of a range without one."""
    if axis.range is not None:
        return int(axis.range[2]) if len(axis.range) > 2 else 0
    return len(axis.values or axis.files or ())


def units(sweep: SweepDeclaration) -> NDArray[np.float64]:
    """Points in units of the axes, (points, axes), from 0 at the lowest or first value to 1.

    Raises:
        InputError: A library is missing.
    """
    if sweep.replications is not None:
        return np.arange(count(sweep), dtype=float)[:, None]
    axes = list(sweep.axes.values())
    dimensions = len(axes)
    match sweep.design:
        case "grid":
            return np.array(list(itertools.product(*(_even(size(axis)) for axis in axes))), dtype=float)
        case "list":
            return np.stack([_even(size(axis)) for axis in axes], axis=1)
        case "random":
            return np.random.default_rng(sweep.seed).random((count(sweep), dimensions))
        case "sobol":
            from scipy.stats import qmc

            whole = max(0, math.ceil(math.log2(count(sweep))))  # a power of 2, of which the first are taken
            drawn = qmc.Sobol(dimensions, scramble=True, rng=np.random.default_rng(sweep.seed))
            return drawn.random_base2(whole)[: count(sweep)]
        case "saltelli":
            sampling = extra("SALib.sample.sobol", "a design `saltelli`")
            named = problem(columns(sweep))
            return sampling.sample(named, sweep.points, calc_second_order=False, seed=sweep.seed)


def problem(names: tuple[str, ...]) -> dict[str, Any]:
    """Axes as SALib takes them, in their units."""
    return {"num_vars": len(names), "names": list(names), "bounds": [[0.0, 1.0]] * len(names)}


def values(sweep: SweepDeclaration, at: NDArray[np.float64]) -> list[tuple[Any, ...]]:
    """Values of all axes at points in units of the axes, point by point; of files their names."""
    if sweep.replications is not None:
        return [(sweep.replications[int(n)],) for n in at[:, 0]]
    drawn = sweep.design in DRAWN
    rows = [_of_axis(axis, at[:, n], drawn=drawn) for n, axis in enumerate(sweep.axes.values())]
    return list(zip(*rows, strict=True))


def unit(axis: Axis, value: Any) -> float:  # noqa: ANN401  (a number, a word, a flag)
    """Place of a value of an axis, from 0 at the lowest or first one to 1."""
    if axis.range is not None:
        low, high = axis.range[:2]
        if axis.scale == "log":
            low, high, value = math.log(low), math.log(high), math.log(value)
        return (value - low) / (high - low)
    options = list(axis.values or axis.files or ())
    return options.index(value) / max(1, len(options) - 1)


def _even(n: int) -> NDArray[np.float64]:
    return np.linspace(0.0, 1.0, n) if n > 1 else np.zeros(1)


def _of_axis(axis: Axis, at: NDArray[np.float64], *, drawn: bool) -> list[Any]:
    if axis.range is not None:
        low, high = axis.range[:2]
        if axis.scale == "log":
            between = np.exp(math.log(low) + at * (math.log(high) - math.log(low)))
        else:
            between = low + at * (high - low)
        ends = np.where(at == 0.0, low, np.where(at == 1.0, high, between))  # exact at both ends
        return [float(value) if drawn else float(f"{value:.12g}") for value in ends]  # 2, not 1.9...98
    options = axis.values or axis.files or ()
    chosen = np.floor(at * len(options)) if drawn else np.rint(at * (len(options) - 1))
    return [options[min(int(n), len(options) - 1)] for n in chosen]
