"""Paths near one that is solved: another path of prices and masses, as far as the difference is small.

A neighbouring path has slightly other parameters, masses at its beginning or values at its end. Its foreseen
prices are those of the solved path plus a change, found by the same Newton equation (16) from the difference
between the gaps of both paths: what the solved path has left of its own gap takes no part, so that the
difference of both is as exact as rounds leave it, however close to its tolerance the path was solved. All
neighbours have the same matrix, so that what Broyden's rule learns with one serves the next.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dirigiste.numerics import broyden
from dirigiste.numerics.setup.arrays import Arrays
from dirigiste.numerics.transition import claims, path
from dirigiste.numerics.transition.path import Sums
from dirigiste.numerics.transition.perfect_foresight import Solved
from dirigiste.numerics.transition.search import Search, Task, Try, fill_given
from dirigiste.numerics.transition.sequence import Kernel, jacobian

Array = NDArray[np.float64]

ROUNDS = 4
"""Most rounds of Newton on the difference."""

LEFT, LEFT_BEYOND = 2e-3, 1e-2
"""What rounds may leave of the gap between both paths, over the change of prices, in root mean squares over
the steps that happen, and over those that another surprise replaces. Among these there are some, decades
ahead, at which owners on the brink are many: there rounds end where they no longer halve the gap.
"""


SHARE = 0.1
"""Changes of prices in the steps that happen count for at least this share of those along the whole path."""


class Neighbour(NamedTuple):
    """A path near another one."""

    u: Array
    """Prices that clear its markets (T, 4)."""
    sums: Sums
    f: Array
    """Row masses of stage 0 at the end of each step (T, N, S, J)."""
    later: Array
    """Node masses at the end of each step (T, N, S, J)."""
    left: float
    """What is left of the gap between both paths, over the change of prices."""
    worth: Array | None
    """What profits to come are worth in every step, by status (T, S), where it was asked for."""


class Neighbours:
    """A solved path, from which neighbours are found."""

    def __init__(
        self,
        m: Arrays,
        task: Task,
        solved: Solved,
        kernel: Kernel,
        *,
        target: float,
        end: Array | None = None,
    ) -> None:
        """Evaluate a solved path once more, in the way in which its neighbours are evaluated.

        Args:
            m: Arrays of the economy, for its shape.
            task: What the path went through.
            solved: The path; its values are copied.
            kernel: Responses at a stationary state near by.
            target: Tolerance of markets with which the path was solved.
            end: Claims on profits in its end (N, S, J), where those along the path are asked for.
        """
        self.m, self.kernel, self.target = m, kernel, target
        self.foreseen = solved.foreseen
        self.through_masses = jacobian(kernel, task.lengths)
        found = self._search(task)
        trial = found.newton(self.foreseen, solved.backwards.v, solved.u)
        trial = found.newton(self.foreseen, *found.start_of(trial))
        self.v, self.near = found.start_of(trial)
        self.gap = trial.gap
        self.correction = solved.correction
        """What Broyden's rule has learnt from the path itself, for `neighbour` to begin with a copy of."""
        self.matrix = found.matrix(self.through_masses)
        self.itself = self._neighbour(task, trial, 0.0, end)
        """The path itself, evaluated as its neighbours are."""

    def _search(self, task: Task) -> Search:
        return Search(
            self.m, task, list(self.kernel.active), target=self.target, goal=self.target, hjb=self.target
        )

    def neighbour(self, task: Task, correction: Array, end: Array | None = None) -> Neighbour:
        """The path that goes through a slightly different task.

        Args:
            task: What it must go through.
            correction: What Broyden's rule has learnt (T n, T n); changed in place.
            end: Claims on profits in its end (N, S, J), where those along the path are asked for.
        """
        found = self._search(task)
        active = found.active
        T, n = task.lengths.size, len(active)
        u = fill_given(self.foreseen, task.timed.given, self.kernel.active)
        trial = found.newton(u, self.v, self.near)
        left, beyond = self._left(task, trial)
        last = np.inf
        for _ in range(ROUNDS):
            if left <= LEFT and (beyond <= LEFT_BEYOND or beyond > 0.5 * last):
                break
            last = beyond
            gap = (trial.gap - self.gap)[:, active].reshape(-1)
            change = np.asarray(np.linalg.solve(self.matrix + correction, gap), dtype=np.float64)
            following = found.newton(found.moved(trial.u, change.reshape(T, n)), *found.start_of(trial))
            step = (following.u - trial.u)[:, active].reshape(-1)
            gained = (following.gap - trial.gap)[:, active].reshape(-1)
            broyden.update(correction, step, -gained - self.matrix @ step)
            trial = following
            left, beyond = self._left(task, trial)
        return self._neighbour(task, trial, left, end)

    def _left(self, task: Task, trial: Try) -> tuple[float, float]:
        """What is left of the gap, over the change of prices, in the steps that happen, and in the others."""
        gap, moved = trial.gap - self.gap, trial.clearing - self.near
        if not moved.any():
            return 0.0, 0.0
        size = float(np.sqrt(np.mean(moved**2)))
        here = max(float(np.sqrt(np.mean(moved[: task.happen] ** 2))), SHARE * size)
        left = float(np.sqrt(np.mean(gap[: task.happen] ** 2)))
        return left / here, float(np.sqrt(np.mean(gap**2))) / size

    @staticmethod
    def _neighbour(task: Task, trial: Try, left: float, end: Array | None) -> Neighbour:
        stacked, forth = task.timed.stacked, trial.forwards
        worth = None
        if end is not None:
            decisions = trial.backwards.decisions
            worth = claims.along(stacked, trial.clearing, task.lengths, decisions, forth.g, end)[0]
        sums = path.sums(stacked, trial.clearing, forth)
        return Neighbour(trial.clearing, sums, forth.f.copy(), forth.later.copy(), left, worth)
