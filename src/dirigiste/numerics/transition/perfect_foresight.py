"""A transition path: prices at which all markets clear on every date, foreseen by owners (docs/method.md,
section 9).

**Unknowns**: the prices that owners foresee in every step, u. **Condition**: they are the prices P(u) that
clear the markets of every step at the masses that follow from what owners decide, foreseeing u.
**Algorithm**: values backwards, masses forwards (`path`), clearing prices date by date (`clearing`); Newton,

    (D + N) change = D (P(u) - u)                                                                         (16)

with D the derivatives of the conditions in the prices of their own date, from the clearing, and N those
through masses, from the sequence-space kernel of a stationary state (`sequence`); N need not be exact, and
Broyden's rule improves the matrix from round to round. A change that much widens the gap P(u) - u is halved.
Where rounds no longer help, because responses along the path differ from those of any stationary state,
Newton's equation is solved by GMRES with directional differences of the gap along the path itself (Knoll and
Keyes 2004), the matrix of (16) its preconditioner.
**Stopping rule**: the gap is at most the tolerance `foresight`, or at most `FRONTS` times that and rounds no
longer halve it; in steps that another surprise replaces it may be `BEYOND` times as wide. The prices of the
path are P(u), at which every market clears far within the tolerance; what owners foresaw differs from them by
the gap.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lu_factor, lu_solve

from dirigiste.numerics import broyden
from dirigiste.numerics.operators.linear import krylov
from dirigiste.numerics.setup.arrays import Arrays
from dirigiste.numerics.transition import path
from dirigiste.numerics.transition.path import Backwards, Begin, Forwards, Room, Sums
from dirigiste.numerics.transition.search import Search, Task, Try, fill_given, value_residuals
from dirigiste.numerics.transition.sequence import Kernel, jacobian

Array = NDArray[np.float64]

Progress = Callable[[int, float], None]
"""Called with the round and the largest gap, each with the weight of its step."""

LIMITS = np.array([0.3, 0.03, 0.3, 0.1])
"""Largest change of each unknown in a round."""

FRONTS = 5.0
"""How far the gap may be above its tolerance where rounds no longer halve it: on a few dates decades ahead
many owners change what they do at once, and a step is too long to say when.
"""

HALVINGS = 3

PATIENCE = 12
"""Rounds without half the gap after which responses of a stationary state are given up."""

KRYLOV_ROUNDS, KRYLOV_HALVINGS = 25, 6
"""Most rounds with responses of the path itself, and halvings of their changes."""

ACROSS = 8
"""Most rounds among these after which the gap is wider than before."""

KRYLOV_STEPS, KRYLOV_LEFT = 30, 0.1
"""Directional differences for one change at most, and what they may leave of the gap."""

SHIFT = 1e-5
"""Largest change of a price in a directional difference."""

WIDER = 2.0
"""A change that leaves a gap this much wider than the best so far is halved: where owners on the brink are
many, gaps fall only after a round in which the matrix has learnt of them."""


class Guess(NamedTuple):
    """Unknowns (T, 4) and values after each stage (T, 2, N, S, J) to start from, and prices (T, 4) near which
    markets clear.
    """

    u: Array
    near: Array
    v: Array


class Rough(NamedTuple):
    """What a path is after its first round from where it begins: prices of the next round, and values and
    masses of this one, whose memory the next one overwrites.
    """

    u: Array
    backwards: Backwards
    forwards: Forwards


class Solved(NamedTuple):
    """A solved path and how it was reached."""

    u: Array
    """Unknowns that clear markets (T, 4)."""
    foreseen: Array
    """Unknowns that owners foresaw (T, 4)."""
    backwards: Backwards
    forwards: Forwards
    sums: Sums
    left: Array
    """What is left of the four conditions in every step, bounds included (T, 4)."""
    lengths: Array
    """Years of each step (T,)."""
    weight: Array
    """Of the gap of every step (T, 1)."""
    correction: Array
    """What Broyden's rule has added to the matrix of (16), over steps and active unknowns (T n, T n)."""
    history: tuple[float, ...]
    seconds: float

    @property
    def worst(self) -> float:
        """Largest residual of a condition."""
        return float(np.abs(self.left).max())

    @property
    def gap(self) -> float:
        """Largest difference between foreseen and clearing prices."""
        return float(np.abs(self.u - self.foreseen).max())

    @property
    def size(self) -> float:
        """The same with the weights of steps: what the tolerance `foresight` is for."""
        return float(np.abs((self.u - self.foreseen) * self.weight).max())

    @property
    def value_residuals(self) -> Array:
        """Residuals of values in every step; see :func:`value_residuals`."""
        return value_residuals(self.backwards, self.lengths)

    @property
    def off(self) -> float:
        """Largest residual of values."""
        return float(self.value_residuals.max())

    @property
    def finite(self) -> bool:
        """Whether all prices are numbers."""
        return bool(np.isfinite(self.u).all() and np.isfinite(self.foreseen).all())


def _along(
    search: Search, current: Try, through_masses: Array, history: list[float], progress: Progress | None
) -> Try:
    """Newton's method from a trial with responses of the path itself; the best that it finds.

    Next to a kink no step along a difference quotient may lead to a smaller gap. The least bad one is then
    taken, `ACROSS` times at most: on the other side quotients are others.
    """
    goal, T, active, across = search.goal, search.task.lengths.size, search.active, ACROSS
    current = best = search.at(current.u, *search.start_of(current), goal)
    preconditioner = lu_factor(search.matrix(through_masses))
    for _ in range(KRYLOV_ROUNDS):
        if current.size <= goal or not np.isfinite(current.size):
            break
        gap = current.gap[:, active].reshape(-1)

        def product(y: Array, change: Array, out: Array, now: Try = current, gap: Array = gap) -> None:
            change[:] = lu_solve(preconditioner, y)
            shift = SHIFT / max(float(np.abs(change).max()), 1e-300)
            u = search.moved(now.u, shift * change.reshape(T, -1))
            trial = search.at(u, *search.start_of(now), goal)
            if progress:
                progress(len(history), now.size)
            out[:] = (gap - trial.gap[:, active].reshape(-1)) / shift

        change = krylov(product, gap, rtol=KRYLOV_LEFT, steps=KRYLOV_STEPS).x.reshape(T, -1)
        change /= max(1.0, float(np.max(np.abs(change) / LIMITS[active])))
        trials: list[Try] = []
        for halving in range(KRYLOV_HALVINGS + 1):
            u = search.moved(current.u, 0.5**halving * change)
            trials.append(search.at(u, *search.start_of(current), goal))
            if trials[-1].norm < current.norm:
                break
        else:
            across -= 1
            if across < 0:
                break
        current = min(trials, key=lambda trial: trial.norm)
        best = min(best, current, key=lambda trial: trial.norm)
        history.append(current.size)
        if progress:
            progress(len(history), current.size)
    return current if current.size <= goal else best


def solve(
    m: Arrays,
    task: Task,
    kernel: Kernel,
    guess: Guess,
    *,
    target: float,
    hjb: float,
    foresight: float | None = None,
    progress: Progress | None = None,
    rounds: int = 25,
    along: bool = False,
    at_guess: bool = False,
    early: Callable[[Rough], None] | None = None,
    begin: Callable[[], Begin] | None = None,
    room: Room | None = None,
) -> Solved:
    """Find the path; what comes back may miss its tolerances, for the caller to check.

    Args:
        m: Arrays of the economy, for its shape.
        task: What the path must go through.
        kernel: Responses at a stationary state near by.
        guess: Where to start.
        target: Tolerance of markets.
        hjb: Tolerance of values.
        foresight: Tolerance of the gap between foreseen and clearing prices; that of markets if left out.
        progress: Called with the round and the largest gap.
        rounds: Rounds after which the search ends.
        along: Go on with responses of the path itself where those of a stationary state do not lead there;
            each such change takes about ten rounds' time.
        at_guess: Let decisions of the first round be those at the guesses of values, which is quicker, and
            as good from good guesses.
        early: Called with what was found in the first round from where the path begins.
        begin: Where the path begins, if `task` says that only approximately; asked for once the values of the
            second round are known.
        room: Memory in which decisions and masses of the path are found, and lie in the end; fresh memory if
            left out.
    """
    begun = time.perf_counter()
    goal = target if foresight is None else foresight
    active = list(kernel.active)
    T, n = task.lengths.size, len(active)
    search = Search(m, task, active, target=target, goal=goal, hjb=hjb, room=room)
    through_masses = jacobian(kernel, task.lengths)
    correction = np.zeros((T * n, T * n))

    def newton(trial: Try) -> tuple[Array, Array]:
        """The matrix of (16) without corrections (T n, T n), and Newton's change (T, n), within its limits,
        from a trial whose markets were cleared last.
        """
        model, gap = search.matrix(through_masses), trial.gap[:, active].reshape(-1)
        change = np.asarray(np.linalg.solve(model + correction, gap), dtype=np.float64).reshape(T, n)
        return model, change / max(1.0, float(np.max(np.abs(change) / LIMITS[active], initial=0.0)))

    u = fill_given(guess.u, task.timed.given, kernel.active)
    near = fill_given(guess.near, task.timed.given, kernel.active)
    size = 1e-3 if n else 0.0
    current = search.at(u, guess.v, near, size, at_guess=at_guess)
    history = [current.size]
    best = current
    mark, since = current.size, 0
    while True:
        if begin and not current.size > FRONTS * goal:
            search.begin, begin = begin(), None
            current = best = search.masses(current.u, current.backwards, current.clearing, current.size)
            history[-1] = current.size
        if early and not begin and np.isfinite(current.size):
            _, change = newton(current)
            early(Rough(search.moved(current.u, change), current.backwards, current.forwards))
            early = None
        enough = goal if len(history) == 1 or current.size <= 0.5 * history[-2] else FRONTS * goal
        if current.size <= enough and not search.fine(current):
            current = best = search.finer(current)
        size = current.size
        if progress:
            progress(len(history), size)
        if size <= enough or not np.isfinite(size) or len(history) > rounds:
            break
        if size < 0.5 * mark:
            mark, since = size, len(history)
        elif len(history) - since >= PATIENCE:
            break
        model, change = newton(current)
        if begin:  # from here on gaps are those of the path from where it begins
            u, (v, near) = search.moved(current.u, change), search.start_of(current)
            values = search.values(u, v, near, size)
            search.begin, begin = begin(), None
            trial = search.masses(u, values, near, size)
            current = best = trial if trial.size < WIDER * size else search.at(current.u, v, near, size)
            history.append(current.size)
            continue
        trial = None
        for halving in range(HALVINGS):
            trial = search.at(search.moved(current.u, 0.5**halving * change), *search.start_of(current), size)
            moved = (trial.u - current.u)[:, active].reshape(-1)
            gained = (trial.gap - current.gap)[:, active].reshape(-1)
            broyden.update(correction, moved, -gained - model @ moved)
            if trial.size < WIDER * best.size:
                break
            trial = None
        if trial is None:
            break
        current = trial
        best = current if current.size < best.size else best
        history.append(current.size)
    if along and best.size > FRONTS * goal and np.isfinite(best.size):
        best = _along(search, best, through_masses, history, progress)
    if best.forwards is not search.latest:  # decisions and masses in `room` are those of another trial
        best = search.at(best.u, best.backwards.v, best.clearing, min(best.size, goal))
    if best.size <= FRONTS * goal and not search.fine(best):
        best = search.finer(best)
    sums = path.sums(task.timed.stacked, best.clearing, best.forwards)
    left = np.zeros((T, 4))
    left[:, active] = best.left
    return Solved(
        u=best.clearing,
        foreseen=best.u,
        backwards=best.backwards,
        forwards=best.forwards,
        sums=sums,
        left=left,
        lengths=task.lengths,
        weight=search.weight,
        correction=correction,
        history=tuple(history),
        seconds=time.perf_counter() - begun,
    )
