"""What follows from the prices that owners foresee along a path: values, masses, and the prices that clear;
for searches of prices that are foreseen rightly (`perfect_foresight`, `near`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dirigiste.numerics.markets.clearing import Clearing
from dirigiste.numerics.setup.arrays import Arrays
from dirigiste.numerics.setup.timed import Timed
from dirigiste.numerics.setup.unknowns import INTEREST, QUOTA, TRANSFER, WAGE
from dirigiste.numerics.stationary.equilibrium import STEEP
from dirigiste.numerics.transition import path, steps
from dirigiste.numerics.transition.path import Backwards, Begin, Forwards, Room

Array = NDArray[np.float64]

BEYOND = 10.0
"""How much wider the gap may be in steps that another surprise replaces: these steps are
never realised, and what is reported moves by a few hundredths of the gap at most (`crackdown-2020`: 3e-6 in
log output).
"""

LOOSE = 1e-2
"""Values and markets of a round are solved to this times its gap."""

FAR = 50.0
"""Values of a round are solved to their tolerance where the gap is at most this many times its own tolerance:
the next round may be the last. Before that one Newton round a stage does."""

MASSES, ROUGH = 1e-11, 1e-5
"""Change of masses, summed over states, at which the sweeps of a stage end; far from the solution this share
of the gap."""

LINEAR, ROUGH_LINEAR = 1e-6, 1e-4
"""Accuracy of the linear systems of values, and far from the solution."""

NEAR_LINEAR, NEAR_MARKETS = 1e-6, 1e-11
"""Accuracy of linear systems and of markets where paths near each other are compared."""


class Task(NamedTuple):
    """What a path must go through: parameters and lengths of its steps (T,), where it begins, the values in
    which it ends (N, S, J), and how many of its steps happen (all if left out): another surprise replaces the
    others.
    """

    timed: Timed
    lengths: Array
    begin: Begin
    end: Array
    happen: int | None = None

    @property
    def weight(self) -> Array:
        """Weight of the gap of every step (T, 1)."""
        weight = np.ones((self.lengths.size, 1))
        if self.happen is not None:
            weight[self.happen :] = 1.0 / BEYOND
        return weight


@dataclass
class Try:
    """Everything that follows from foreseen prices (T, 4)."""

    u: Array
    backwards: Backwards
    forwards: Forwards
    clearing: Array
    left: Array
    weight: Array

    @property
    def gap(self) -> Array:
        """Clearing less foreseen prices (T, 4)."""
        return self.clearing - self.u

    @property
    def norm(self) -> float:
        """Euclidean norm of the gap; infinite where it is no number."""
        norm = float(np.linalg.norm(self.gap))
        return norm if np.isfinite(norm) else np.inf

    @property
    def size(self) -> float:
        """The largest gap, with the weights of steps."""
        return float(np.abs(self.gap * self.weight).max())


class Search:
    """Trials of one path; the decisions and masses of the last one are in `room`."""

    def __init__(
        self,
        m: Arrays,
        task: Task,
        active: list[int],
        *,
        target: float,
        goal: float,
        hjb: float,
        room: Room | None = None,
    ) -> None:
        """Prepare trials, in memory of their own or in that of others that are over."""
        self.task, self.target, self.goal, self.hjb = task, target, goal, hjb
        self.begin, self.weight, self.active = task.begin, task.weight, active
        self.clearing = Clearing.of(task.timed.stacked, active)
        self.room = Room.of(m, task.lengths.size) if room is None else room
        self.latest: Forwards | None = None
        """Masses of the latest trial, which are in `room`."""

    def at(self, u: Array, v: Array, near: Array, size: float, *, at_guess: bool = False) -> Try:
        """What follows from foreseen prices u, with values from v and clearing prices from `near`, as exact
        as a gap of `size` calls for; see `values` for the rest.
        """
        return self.masses(u, self.values(u, v, near, size, at_guess=at_guess), near, size)

    def values(self, u: Array, v: Array, near: Array, size: float, *, at_guess: bool = False) -> Backwards:
        """Values that follow from foreseen prices u, from v; their decisions are in `room`.

        Far from the solution decisions may be those at the guesses of values (`at_guess`).
        """
        task = self.task
        exact = size <= FAR * self.goal
        tolerance = max(self.hjb, min(LOOSE * size, 0.5 * self.target if exact else 1e-3))
        steep = np.abs(self.clearing.results.slopes).max(axis=(1, 2)) > STEEP
        reached = np.where(steep[:, None], near, u)
        return path.backwards(
            task.timed.stacked,
            self.room,
            u,
            reached,
            task.lengths,
            task.end,
            v.copy(),
            exact=exact,
            at_guess=at_guess,
            tolerance=tolerance,
            linear_tolerance=LINEAR if exact else ROUGH_LINEAR,
        )

    def masses(self, u: Array, back: Backwards, near: Array, size: float) -> Try:
        """What follows from values, whose decisions are in `room`: masses, and the prices that clear."""
        accuracy = MASSES if size <= FAR * self.goal else ROUGH * size
        forth = path.forwards(self.task.timed.stacked, self.room, self.task.lengths, self.begin, accuracy)
        self.latest = forth
        cleared, left = self.clearing.clear(
            forth.g, self.other(forth), near, max(1e-3 * self.target, min(LOOSE * size, 1e-4))
        )
        return Try(u, back, forth, cleared, left, self.weight)

    def newton(self, u: Array, v: Array, near: Array) -> Try:
        """What follows from foreseen prices u, with values by one round of Newton from v, which are near
        them, or by as many as it takes where one leads astray; all else is as exact as rounding allows.
        """
        trial = self._newton(u, v, near, exact=False)
        if np.isfinite(trial.clearing).all():
            return trial
        self.room.known[0] = False
        return self._newton(u, v, near, exact=True)

    def _newton(self, u: Array, v: Array, near: Array, *, exact: bool) -> Try:
        task, ms = self.task, self.task.timed.stacked
        back = path.backwards(
            ms,
            self.room,
            u,
            near,
            task.lengths,
            task.end,
            v.copy(),
            exact=exact,
            tolerance=self.hjb if exact else 0.0,
            linear_tolerance=NEAR_LINEAR,
        )
        forth = self.latest = path.forwards(ms, self.room, task.lengths, self.begin, MASSES)
        cleared, left = self.clearing.clear(forth.g, self.other(forth), near, NEAR_MARKETS)
        return Try(u, back, forth, cleared, left, self.weight)

    def start_of(self, trial: Try) -> tuple[Array, Array]:
        """Values and clearing prices of a trial, for the next one to start from."""
        return trial.backwards.v, trial.clearing

    def moved(self, u: Array, change: Array) -> Array:
        """Foreseen prices moved by a change (T, n), within their bounds."""
        u = u.copy()
        u[:, self.active] += change
        return self.clearing.within(u)

    def matrix(self, through_masses: Array) -> Array:
        """1 + D^-1 N of equation (16), (T n, T n), with D of the last clearing."""
        T, n = self.task.lengths.size, len(self.active)
        matrix = np.eye(T * n).reshape(T, n, T, n)
        matrix += np.einsum("kij,kjlm->kilm", np.linalg.pinv(self.clearing.slopes), through_masses)
        return matrix.reshape(T * n, T * n)

    def other(self, forth: Forwards) -> Array:
        """Receipts other than wedges, spreads and taxes on size in every step (T,)."""
        moves, timed = forth.flows.moves, self.task.timed
        taken = ((1.0 - timed.number("burnt")) * moves.taken).sum(axis=1)
        return taken - timed.number("entry_wealth") * (timed.number("leaves") * moves.people).sum(axis=1)

    def finer(self, trial: Try) -> Try:
        """The same with values and markets far within the tolerance, not only as the last gap called for."""
        if self.off(trial) > self.target:
            return self.at(trial.u, trial.backwards.v, trial.clearing, self.target)
        cleared, left = self.clearing.clear(
            trial.forwards.g, self.other(trial.forwards), trial.clearing, 1e-3 * self.target
        )
        return replace(trial, clearing=cleared, left=left)

    def off(self, trial: Try) -> float:
        """Largest residual of values."""
        return float(value_residuals(trial.backwards, self.task.lengths).max())

    def fine(self, trial: Try) -> bool:
        """Whether values and markets are within the tolerance."""
        return max(self.off(trial), float(np.abs(trial.left).max(initial=0.0))) <= self.target


def value_residuals(backwards: Backwards, lengths: Array) -> Array:
    """Residuals of values (T,) in logs of consumption a year, each over the allowance of its step."""
    return backwards.residual / (1.0 + steps.SHORT / lengths)


def fill_given(u: Array, given: Array, active: tuple[int, ...]) -> Array:
    """Unknowns (T, 4) with the prices that the closure fixes in every step;
    the unknown of a quota is 0 where there is none.
    """
    u = u.copy()
    for index, values in ((WAGE, np.log(given[:, 0])), (INTEREST, given[:, 1]), (TRANSFER, given[:, 2])):
        if index not in active:
            u[:, index] = values
    if QUOTA not in active:
        u[:, QUOTA] = 0.0
    return u
