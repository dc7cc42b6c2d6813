"""A perfect-foresight path on which every market clears in every step (model.md, section 7).

**Unknowns**: those of the stationary state, in every step. **Conditions**: those of the stationary state, in
every step, at the masses at its end. **Algorithm**: Newton with the sequence-space Jacobian of the stationary
state in which the path ends (`sequence`), improved by Broyden's rule from round to round; a step that does not
lower the largest residual is halved. Values are solved backwards and masses forwards (`path`), as exactly as
the residual of the round calls for. **Stopping rule**: every condition of every step is met to the relative
tolerance `paths`, with values solved to the tolerance `hjb`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from dirigiste.errors import NotConverged
from dirigiste.numerics import path
from dirigiste.numerics.arrays import Arrays, Layout
from dirigiste.numerics.path import Backwards, Begin, Forwards
from dirigiste.numerics.point import CORNER, INTEREST, QUOTA, TRANSFER, WAGE
from dirigiste.numerics.sequence import Kernel, jacobian, raw
from dirigiste.numerics.timed import Timed

Array = NDArray[np.float64]

Progress = Callable[[int, float], None]
"""Called with the round and the largest residual."""

LOOSE = 1e-4
"""Values of a round are solved to this times its residual."""

MASSES = 1e-7
"""Relative accuracy of the change of masses in a step."""

LIMITS = np.array([0.3, 0.03, 0.3, 0.1])
"""Largest change of each unknown in a round."""

HALVINGS = 6


class Course(NamedTuple):
    """What a path must go through: parameters and lengths of its steps (T,), where it begins, and the values in
    which it ends (N, S, J).
    """

    timed: Timed
    lengths: Array
    begin: Begin
    end: jax.Array


class Guess(NamedTuple):
    """Unknowns (T, 4) and values (T, N, S, J) to start from."""

    u: Array
    v: jax.Array


@dataclass(frozen=True)
class Solved:
    """A solved path and how it was reached."""

    u: Array
    """(T, 4)."""
    backwards: Backwards
    forwards: Forwards
    left: Array
    """Residuals of the four conditions in every step, bounds included (T, 4)."""
    hjb: Array
    """Residual of values in every step, in logs of consumption a year (T,)."""
    history: tuple[float, ...]
    seconds: float

    @property
    def worst(self) -> float:
        """Largest residual of a condition."""
        return float(np.abs(self.left).max())


@dataclass
class _Search:
    layout: Layout
    m: Arrays
    course: Course
    active: list[int]
    target: float
    hjb: float
    keep: jax.Array

    def at(self, u: Array, guess: jax.Array, size: float) -> Solved:
        """Everything at unknowns u, as exact as a residual of `size` calls for (0: to the tolerances)."""
        dt, stacked = jnp.asarray(self.course.lengths), self.course.timed.stacked
        unknowns = jnp.asarray(u)
        back = path.backwards(
            self.layout,
            self.m,
            stacked,
            unknowns,
            dt,
            self.course.end,
            guess,
            max(self.hjb, min(LOOSE * size, 1e-6)),
        )
        forth = path.forwards(
            self.layout,
            self.m,
            stacked,
            unknowns,
            dt,
            back.decisions,
            self.course.begin,
            self.keep,
            MASSES,
        )
        left = np.asarray(raw(forth.sums.conditions)).T
        return Solved(u, back, forth, self._bounded(u, left), np.asarray(back.residual), (), 0.0)

    def _delta(self) -> Array:
        return np.broadcast_to(np.asarray(self.course.timed.stacked["delta"]), self.course.lengths.shape)

    def _bounded(self, u: Array, left: Array) -> Array:
        """Residuals with the bounds r >= -delta and unknown of the quota >= 0; those not sought are 0."""
        found = left.copy()
        found[:, INTEREST] = np.minimum(left[:, INTEREST], CORNER * (u[:, INTEREST] + self._delta()))
        found[:, QUOTA] = np.minimum(left[:, QUOTA], CORNER * u[:, QUOTA])
        idle = [i for i in range(4) if i not in self.active]
        found[:, idle] = 0.0
        return found

    def bounded_rows(self, u: Array, left: Array) -> Array:
        """Whether a condition of a step is decided by its bound (T, 4)."""
        found = np.zeros(left.shape, dtype=bool)
        at_r, at_q = CORNER * (u[:, INTEREST] + self._delta()), CORNER * u[:, QUOTA]
        found[:, INTEREST] = left[:, INTEREST] >= at_r
        found[:, QUOTA] = left[:, QUOTA] >= at_q
        return found

    def within(self, u: Array) -> Array:
        u = u.copy()
        u[:, INTEREST] = np.maximum(u[:, INTEREST], -self._delta())
        u[:, QUOTA] = np.maximum(u[:, QUOTA], 0.0)
        return u


def fill_given(u: Array, given: Array, active: tuple[int, ...]) -> Array:
    """Unknowns (T, 4) with the prices that the closure fixes in every step, and no quota where there is none."""
    u = u.copy()
    for index, values in ((WAGE, np.log(given[:, 0])), (INTEREST, given[:, 1]), (TRANSFER, given[:, 2])):
        if index not in active:
            u[:, index] = values
    if QUOTA not in active:
        u[:, QUOTA] = 0.0
    return u


def solve(
    layout: Layout,
    m: Arrays,
    course: Course,
    kernel: Kernel,
    guess: Guess,
    *,
    target: float,
    hjb: float,
    keep: Array | None = None,
    progress: Progress | None = None,
    rounds: int = 30,
) -> Solved:
    """Find the path; what comes back may miss `target`, for the caller to check."""
    begun = time.perf_counter()
    active = list(kernel.active)
    kept = jnp.asarray(np.array([0]) if keep is None else keep)
    search = _Search(layout, m, course, active, target, hjb, kept)
    steps, n = course.lengths.size, len(active)
    full = jacobian(kernel, course.lengths)[:, active]  # (T, n, T, n)
    matrix = full.reshape(steps * n, steps * n)
    correction = np.zeros_like(matrix)
    u = search.within(fill_given(guess.u, course.timed.given, kernel.active))
    found = search.at(u, guess.v, 1e-2 if n else 0.0)
    history: list[float] = []
    while True:
        size = found.worst
        history.append(size)
        if progress:
            progress(len(history), size)
        if not np.isfinite(found.left).all() or len(history) > rounds:
            break
        if size <= target:
            if found.hjb.max() <= 1.01 * _hjb_limit(hjb, course.lengths).max():
                break
            found = search.at(found.u, found.backwards.v, 0.0)
            if found.worst <= target:
                history.append(found.worst)
                break
            continue
        jac = matrix + correction
        bound = search.bounded_rows(found.u, np.asarray(raw(found.forwards.sums.conditions)).T)[:, active]
        if bound.any():
            rows = np.flatnonzero(bound.reshape(-1))
            jac = jac.copy()
            jac[rows] = 0.0
            jac[rows, rows] = CORNER
        value = found.left[:, active].reshape(-1)
        change = np.linalg.solve(jac, -value).reshape(steps, n)
        change /= max(1.0, float(np.max(np.abs(change) / LIMITS[active])))
        trial = None
        step = 1.0
        for _ in range(HALVINGS):
            u = found.u.copy()
            u[:, active] += step * change
            u = search.within(u)
            trial = search.at(u, found.backwards.v, size)
            moved = (u - found.u)[:, active].reshape(-1)
            gained = trial.left[:, active].reshape(-1) - value
            length = float(moved @ moved)
            if np.isfinite(gained).all() and length > 0:
                correction += np.outer(gained - (matrix + correction) @ moved, moved) / length
            if np.isfinite(trial.left).all() and trial.worst < size:
                break
            step *= 0.5
            trial = None
        if trial is None:
            break
        found = trial
    return Solved(
        found.u,
        found.backwards,
        found.forwards,
        found.left,
        found.hjb,
        tuple(history),
        time.perf_counter() - begun,
    )


def _hjb_limit(hjb: float, lengths: Array) -> Array:
    from dirigiste.numerics.steps import SHORT

    return hjb * (1.0 + SHORT / lengths)
