"""Linear impulse responses: how an economy answers a small, announced, transitory change of parameters.

The derivative of the path in the size of the change, at the stationary state, by a symmetric quotient: two
paths, for a small share of the change and for its opposite, solved far below the tolerance of paths with
the sequence-space kernel of the state as Newton's matrix. What comes back is scaled to the change as given,
so it is the first term of the expansion of the full path in the size of the change (Boppart, Krusell and
Mitman 2018).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path
from weakref import WeakKeyDictionary

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from dirigiste import config
from dirigiste import economy as economies
from dirigiste.chronicle.timeline import FIRST, INSTANT, even_steps, tail
from dirigiste.economy import Economy
from dirigiste.errors import InputError, NotConverged
from dirigiste.numerics.setup import timed
from dirigiste.numerics.stationary import certificate
from dirigiste.numerics.stationary import equilibrium as solver
from dirigiste.numerics.transition import perfect_foresight as transition
from dirigiste.numerics.transition import residuals as path_residuals
from dirigiste.numerics.transition import sequence
from dirigiste.numerics.transition.path import Begin
from dirigiste.results.equilibria.equilibrium import Equilibrium
from dirigiste.results.equilibria.stationary import fits, start_of
from dirigiste.results.runs import paths
from dirigiste.solver.course import Course, Steps

Array = NDArray[np.float64]

Shape = Callable[[Array], Array]
"""A change over time: from years since it is announced, from 0 on, to what is added to the parameter."""

SHARE = 1e-2
"""Share of the change that the quotient takes."""

EXACT = 1e-3
"""Tolerance of the two paths, in tolerances of paths."""

START = dt.date(2000, 1, 1)
"""Date on which the change is announced; a name for time 0."""


def ar1(size: float, *, persistence: float) -> Shape:
    """A change that jumps by `size` and of which a share `persistence` is left after each year.

    Args:
        size: First value, in the unit of the parameter.
        persistence: Share that is left a year later, from 0 to below 1.
    """
    if not 0.0 <= persistence < 1.0:
        raise InputError.of(f"must be from 0 to below 1; got {persistence!r}", key="persistence")
    return lambda years: size * np.power(persistence, years)


_KERNELS: WeakKeyDictionary[Equilibrium, sequence.Kernel] = WeakKeyDictionary()
"""Responses at equilibria that were asked before."""


def _over(time: Array, change: Shape | ArrayLike | xr.DataArray, path: str) -> Array:
    """A change at some times, in years."""
    if callable(change) and not isinstance(change, xr.DataArray):
        return np.asarray(change(time), dtype=float)
    years = None
    if isinstance(change, xr.DataArray):
        if change.dims != ("time",) or "time" not in change.coords:
            raise InputError.of("a DataArray needs one dimension `time`, with years as coordinates", key=path)
        years = np.asarray(change["time"].values, dtype=float)
    values = np.asarray(change, dtype=float)
    years = np.arange(float(values.size)) if years is None else years
    if values.ndim != 1 or values.size < 2 or not np.isfinite(values).all() or np.any(np.diff(years) <= 0):
        raise InputError.of(
            "must be a function of years, or at least two finite values in order of time", key=path
        )
    return np.interp(time, years, values, left=0.0, right=0.0)


def impulse(
    economy: Economy | Equilibrium | str | Path, changes: Mapping[str, Shape | ArrayLike | xr.DataArray]
) -> xr.Dataset:
    """Linear responses to announced changes of parameters.

    Args:
        economy: An economy, the name of a shipped one, or a YAML file; or its equilibrium, which is then
            used, as are its responses if it is asked again.
        changes: What is added to parameters over time, by their dotted paths: a function of years (see
            `ar1`), values at 0, 1, 2, ... years, or a DataArray over `time` in years; linear in between and
            nothing afterwards. It has to die out.

    Returns:
        Differences from the stationary state over `time`, in years from the announcement, under the names
        and in the units of a path (`Run.path`).

    Raises:
        InputError: There is no such parameter, or a change does not die out.
        NotConverged: The stationary state or a path misses its tolerance.
    """
    config.ensure()
    known = economy if isinstance(economy, Equilibrium) else None
    if isinstance(economy, Equilibrium):
        economy = economy.economy
    elif not isinstance(economy, Economy):
        economy = economies.load(economy)
    how = economy.numerics.path
    steps_ = even_steps(how.even, how.step, FIRST * how.step)
    edges = tail([0.0, INSTANT, *(INSTANT + np.cumsum(steps_))], how, ())
    time = np.maximum(0.5 * (edges[1:] + edges[:-1]) - INSTANT, 0.0)
    shapes = {path: _over(time, change, path) for path, change in changes.items()}
    for path, values in shapes.items():
        if not np.abs(values[-1]) <= 1e-3 * np.abs(values).max():
            raise InputError.of(
                f"a change must die out within the horizon of {how.horizon:g} years "
                "(numerics.path.horizon); a lasting one is a chronicle",
                key=path,
            )
    at = {path: float(economy.get(path)) for path in shapes}
    ranges = {
        path: [at[path] + sign * SHARE * float(x) for sign in (-1, 1) for x in (values.min(), values.max())]
        for path, values in shapes.items()
    }
    frame = timed.frame(economy, ranges)
    compiled = frame.compiled
    near = start_of(known) if known and fits(compiled, known) else None
    start = solver.solve(compiled, near)
    certificate.certificate(compiled, start)
    certificate.refuse_split(economy.name, "a response to shocks", start.split)
    kernel = _KERNELS.get(known) if known else None
    if kernel is None:
        kernel = sequence.kernel(compiled, start.point)
        if known:
            _KERNELS[known] = kernel
    point, steps = start.point, edges.size - 1
    u = np.tile(np.asarray(point.u), (steps, 1))
    guess = transition.Guess(u, u, np.tile(point.values.v, (steps, 2, 1, 1, 1)))
    begin = Begin(point.distribution.f, point.distribution.g)
    tolerances = economy.numerics.tolerances
    responses = []
    for sign in (1.0, -1.0):
        values = {path: at[path] + sign * SHARE * x for path, x in shapes.items()}
        task = transition.Task(frame.over(values, steps), np.diff(edges), begin, point.values.v)
        target = EXACT * tolerances.paths
        solved = transition.solve(compiled.arrays, task, kernel, guess, target=target, hjb=tolerances.hjb)
        if not max(solved.worst, solved.gap) <= 10.0 * target:
            raise NotConverged(
                f"{economy.name}: no path near the stationary state: prices are off by {solved.gap:.3g} from "
                f"those that owners foresaw (at most {10.0 * target:.3g})",
                history=solved.history,
                residuals={"markets": solved.worst, "foresight": solved.gap},
                advice="Excess demand may have a kink at the stationary state; see docs/method.md.",
            )
        dates = [dt.datetime.combine(START, dt.time()) + dt.timedelta(days=365.25 * float(t)) for t in time]
        grid = Steps(time, np.diff(edges), dates, np.zeros(steps, dtype=int), np.zeros(steps))
        left = path_residuals.residuals(compiled, task, solved)
        sums = solved.sums
        responses.append(paths.build(Course(grid, solved.u, sums, left, values, []), compiled))
    with xr.set_options(keep_attrs=True):
        response = (responses[0] - responses[1]) / (2.0 * SHARE)
    response = response.drop_vars([name for name in response if str(name).startswith("residual_")])
    return response.drop_vars(["date", "year", "surprise", "stretch"]).assign_attrs(
        title=f"Linear impulse responses of {economy.name}", economy=economy.name, economy_hash=economy.hash
    )
