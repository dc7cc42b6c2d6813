"""Paths near one that is solved: other paths of prices and masses, as far as the differences are small.

A neighbouring path has slightly other parameters, masses at its beginning or values at its end. Its foreseen
prices are those of the solved path plus a change, found by the same Newton equation (16) from the difference
between the gaps of both paths: what the solved path has left of its own gap takes no part, so that the
difference of both is as exact as rounds leave it, however close to its tolerance the path was solved.

Small differences add up. So all neighbours are found at once: each is evaluated once, at a guess of its
prices, and the path itself at a few changes of prices, which serve all of them. A neighbour is its evaluation
plus the combination of these changes that leaves least of its gap: GMRES for several right-hand sides that
share their directions (Saad 2003, section 6.12). The changes of a round are those with which Newton's
equation would close the principal components of the gaps that are left.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from queue import SimpleQueue
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dirigiste.numerics.compiled.programs import THREADS, side_by_side
from dirigiste.numerics.setup.arrays import Arrays
from dirigiste.numerics.transition import claims, path
from dirigiste.numerics.transition.path import Room, Sums
from dirigiste.numerics.transition.perfect_foresight import Solved
from dirigiste.numerics.transition.search import Search, Task, Try, fill_given
from dirigiste.numerics.transition.sequence import Kernel, jacobian

Array = NDArray[np.float64]

ROUNDS = 4
"""Most rounds of changes of prices."""

BEYOND = 5.0
"""How many times as much may be left over all steps as over those that happen: among those that another
surprise replaces there are some, decades ahead, at which owners on the brink are many. There rounds end where
they no longer halve the gap."""

SHARE = 0.1
"""Changes of prices in the steps that happen count for at least this share of those along the whole path."""

OMITTED = 0.5
"""A round leaves out principal components of gaps that come to at most this share of what may be left."""

SIZE = 1e-6
"""Root mean square of the changes of prices at which the path itself is evaluated: far within the ramp over
which like owners split."""


class Neighbour(NamedTuple):
    """A path near another one."""

    u: Array
    """Prices that clear its markets (T, 4)."""
    sums: Sums
    f: Array
    """Row masses of stage 0 at the end of the last step that happens (N, S, J)."""
    later: Array
    """Node masses at the end of that step (N, S, J)."""
    worth: Array | None
    """What profits to come are worth in every step, by status (T, S), where it was asked for."""


class Wanted(NamedTuple):
    """A neighbour that is to be found."""

    task: Task
    """What it must go through."""
    guess: Array
    """By how much its foreseen prices may differ, in units of the conditions (`Neighbours.slopes`) (T, n)."""
    end: Array | None = None
    """Claims on profits in its end (N, S, J), where those along the path are asked for."""


class Found(NamedTuple):
    """A neighbour that was found."""

    neighbour: Neighbour
    moved: Array
    """By how much its foreseen prices differ, in units of the conditions (T, n)."""
    left: float
    """What is left of the gap between it and the path in the steps that happen, over the change of prices."""


class _Difference(NamedTuple):
    """By how much evaluated paths differ from the solved one, one column for each of K paths."""

    change: Array
    """Foreseen prices (T n, K)."""
    gap: Array
    """Gaps between foreseen and clearing prices (T 4, K)."""
    whole: Array
    """Everything in a `Neighbour`, in a row; clearing prices are the first T 4."""

    @classmethod
    def of(cls, columns: Sequence[_Difference]) -> _Difference:
        return cls(*(np.column_stack(part) for part in zip(*columns, strict=True)))

    def plus(self, others: _Difference, weights: Array) -> _Difference:
        """With combinations of others, by weights (others, K)."""
        return _Difference(*(own + more @ weights for own, more in zip(self, others, strict=True)))


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
        """Evaluate a solved path once more, in the way in which its neighbours are evaluated, and from the
        same values: what one round of Newton leaves of these is then the same in all of them.

        Args:
            m: Arrays of the economy, for its shape.
            task: What the path went through.
            solved: The path.
            kernel: Responses at a stationary state near by.
            target: Tolerance of markets with which the path was solved.
            end: Claims on profits in its end (N, S, J), where those along the path are asked for.
        """
        self.m, self.task, self.end, self.target = m, task, end, target
        self.active = list(kernel.active)
        self.foreseen, self.v, self.near = solved.foreseen, solved.backwards.v, solved.u
        self.rooms: SimpleQueue[Room] = SimpleQueue()
        for _ in range(THREADS):
            self.rooms.put(Room.of(m, task.lengths.size))
        room = self.rooms.get()
        found = self._search(task, room)
        trial = found.newton(self.foreseen, self.v, self.near)
        self.gap = trial.gap
        self.f = room.f.copy()
        self.slopes = found.clearing.slopes.copy()
        """Derivatives of the conditions of every step in its own prices (T, n, n). A change of prices times
        these varies smoothly over time also where prices do not, on dates on which owners on the brink are
        many."""
        self.matrix = found.matrix(jacobian(kernel, task.lengths)) + solved.correction
        self.itself = self._neighbour(task, trial, end)
        """The path itself, evaluated as its neighbours are."""
        self.whole = np.concatenate([leaf.reshape(-1) for leaf in leaves(self.itself)])
        self.rooms.put(room)

    def find(self, wanted: Sequence[Wanted], left: float) -> list[Found]:
        """The paths that go through slightly different tasks, in their order.

        Args:
            wanted: Their tasks.
            left: What may be left of the gap between each of them and the path, over the change of prices, in
                root mean squares over the steps that happen.
        """
        if not wanted:
            return []
        T, count = self.task.lengths.size, len(wanted)
        own = found = _Difference.of(side_by_side(self._of_task, wanted))
        shared: list[_Difference] = []
        last = np.full(count, np.inf)
        for _ in range(ROUNDS):
            here, beyond = self._left(found)
            unfinished = (here > left) | ((beyond > BEYOND * left) & (beyond <= 0.5 * last))
            last = beyond
            changes = self._changes(found.gap, np.maximum(here, beyond / BEYOND), unfinished, OMITTED * left)
            moved = side_by_side(self._of_change, changes)
            shared += [one for one in moved if np.isfinite(one.gap).all()]
            if not (changes and shared):
                break
            others = _Difference.of(shared)
            found = own.plus(others, self._combination(others.gap, own.gap))
        here, _ = self._left(found)
        moved = np.einsum("tij,tjk->kti", self.slopes, found.change.reshape(T, -1, count))
        neighbours = [self._made(column) for column in found.whole.T]
        return [Found(*one) for one in zip(neighbours, moved, here.tolist(), strict=True)]

    def _left(self, of: _Difference) -> tuple[Array, Array]:
        """What is left of gaps, over changes of prices, in the steps that happen and in all, (K,) each; 0
        where nothing moves.
        """
        rows = 4 * self.task.lengths.size
        happen = rows if self.task.happen is None else 4 * self.task.happen
        prices = of.whole[:rows]
        size = _rms(prices)
        here = np.maximum(_rms(prices[:happen]), SHARE * size)
        still = size == 0.0
        return tuple(
            np.where(still, 0.0, _rms(gap) / np.where(still, 1.0, scale))
            for gap, scale in ((of.gap[:happen], here), (of.gap, size))
        )  # type: ignore[return-value]

    @property
    def _weights(self) -> Array:
        """Weights of gaps (T 4, 1) with which a sum of squares adds up both of `_left`."""
        T = self.task.lengths.size
        happen = T if self.task.happen is None else self.task.happen
        weight = np.full(T, 1.0 / (BEYOND**2 * T))
        weight[:happen] += 1.0 / happen
        return np.sqrt(np.repeat(weight / 4.0, 4))[:, None]

    def _changes(
        self, gaps: Array, left: Array, unfinished: NDArray[np.bool_], omitted: float
    ) -> list[Array]:
        """Changes of prices (T, n) that would close the principal components of those gaps (T 4, K) that are
        unfinished, each as large as what is left of it (K,).
        """
        unfinished = unfinished & np.isfinite(gaps).all(axis=0)
        if not unfinished.any():
            return []
        columns = self._weights * gaps[:, unfinished]
        columns *= left[unfinished] / np.linalg.norm(columns, axis=0)
        parts, sizes, shares = np.linalg.svd(columns, full_matrices=False)
        after = np.cumsum(((sizes[:, None] * shares) ** 2)[::-1], axis=0)[::-1]
        """Squares of what each gap has in a component and in those after it."""
        count = max(1, int((after.max(axis=1) > omitted**2).sum()))
        T = self.task.lengths.size
        components = (parts[:, :count] / self._weights).reshape(T, 4, count)[:, self.active]
        changes = np.asarray(np.linalg.solve(self.matrix, components.reshape(-1, count)), dtype=np.float64)
        return [change.reshape(T, -1) for change in (SIZE * changes / _rms(changes)).T]

    def _combination(self, moves: Array, gaps: Array) -> Array:
        """Weights (changes, K) with which what changes do to gaps leaves least of them; 0 for gaps that are
        not numbers.
        """
        finite = np.isfinite(gaps).all(axis=0)
        weights = np.zeros((moves.shape[1], gaps.shape[1]))
        scale = self._weights
        weights[:, finite] = -np.linalg.lstsq(scale * moves, scale * gaps[:, finite], rcond=None)[0]
        return weights

    def _of_task(self, wanted: Wanted) -> _Difference:
        task = wanted.task
        u = fill_given(self.foreseen, task.timed.given, tuple(self.active))
        guess = np.einsum("tij,tj->ti", np.linalg.pinv(self.slopes), wanted.guess)
        found = self._evaluated(task, u, guess, wanted.end)
        if np.isfinite(found.gap).all():
            return found
        return self._evaluated(task, u, np.zeros_like(guess), wanted.end)

    def _of_change(self, change: Array) -> _Difference:
        return self._evaluated(self.task, self.foreseen, change, self.end)

    def _evaluated(self, task: Task, u: Array, change: Array, end: Array | None) -> _Difference:
        """What changes with another task at foreseen prices u moved by a change (T, n)."""
        room = self.rooms.get()
        try:
            room.f[:], room.begun[:] = self.f, self.task.begin.f
            room.known[0] = True
            search = self._search(task, room)
            u = search.moved(u, change)
            trial = search.newton(u, self.v, search.clearing.within(self.near + (u - self.foreseen)))
            whole = np.concatenate([x.reshape(-1) for x in leaves(self._neighbour(task, trial, end))])
        finally:
            self.rooms.put(room)
        moved = (trial.u - self.foreseen)[:, self.active]
        return _Difference(moved.reshape(-1), (trial.gap - self.gap).reshape(-1), whole - self.whole)

    def _search(self, task: Task, room: Room) -> Search:
        target = self.target
        return Search(self.m, task, self.active, target=target, goal=target, hjb=target, room=room)

    @staticmethod
    def _neighbour(task: Task, trial: Try, end: Array | None) -> Neighbour:
        stacked, forth = task.timed.stacked, trial.forwards
        worth = None
        if end is not None:
            decisions = trial.backwards.decisions
            worth = claims.along(stacked, trial.clearing, task.lengths, decisions, forth.g, end)[0]
        sums = path.sums(stacked, trial.clearing, forth)
        last = (task.lengths.size if task.happen is None else task.happen) - 1
        return Neighbour(trial.clearing, sums, forth.f[last].copy(), forth.later[last].copy(), worth)

    def _made(self, difference: Array) -> Neighbour:
        """The neighbour that differs by so much."""
        sizes = [leaf.size for leaf in leaves(self.itself)]
        rows = iter(np.split(self.whole + difference, np.cumsum(sizes)[:-1]))

        def made(like: Any) -> Any:  # noqa: ANN401
            if isinstance(like, tuple):
                return type(like)(*map(made, like))
            return next(rows).reshape(like.shape).copy() if isinstance(like, np.ndarray) else None

        return made(self.itself)


def leaves(item: object) -> Iterator[Array]:
    """Arrays in nested tuples and dictionaries, in their order."""
    if isinstance(item, dict):
        item = tuple(item.values())
    if isinstance(item, tuple):
        for part in item:
            yield from leaves(part)
    elif isinstance(item, np.ndarray):
        yield item


def _rms(columns: Array) -> Array:
    """Root mean squares of columns."""
    return np.sqrt(np.mean(columns**2, axis=0))
