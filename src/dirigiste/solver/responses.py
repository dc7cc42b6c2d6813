"""How the course of a chronicle responds to its numbers, and to parameters of its economy: the courses of
chronicles that differ from it a little, each found from its paths.

Surprise after surprise the path of the chronicle is solved, and from it the neighbouring path of every other
chronicle (`numerics.transition.near`), which begins with its own masses and ends in its own stationary state.
A stationary state differs from that of the chronicle by its exact derivative
(`numerics.stationary.sensitivity`). Surprises before the first one that differs are shared. While neighbours
of one path are sought, the next path is solved.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from queue import SimpleQueue
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dirigiste.chronicle import Channel, Chronicle
from dirigiste.chronicle.timeline import Timeline
from dirigiste.errors import InputError
from dirigiste.numerics.compiled.programs import side_by_side
from dirigiste.numerics.operators.kfe import Distribution
from dirigiste.numerics.setup import timed
from dirigiste.numerics.setup.arrays import Compiled
from dirigiste.numerics.setup.timed import Frame
from dirigiste.numerics.stationary.point import Point
from dirigiste.numerics.stationary.sensitivity import Linearised, Pair
from dirigiste.numerics.transition import claims, near
from dirigiste.numerics.transition.path import Begin
from dirigiste.numerics.transition.perfect_foresight import Solved
from dirigiste.numerics.transition.search import Task
from dirigiste.progress import Progress
from dirigiste.solver.course import Channels, Course, Neighbour, Steps, Terminal
from dirigiste.solver.kept_responses import Kept, Known, Moved
from dirigiste.solver.state import CLAIMS, Piece, each, middles, prices_at
from dirigiste.solver.surprises import Solver

Array = NDArray[np.float64]

WIDTH = 1e-4
"""By about how much neighbours differ, relative, for the derivatives of stationary states."""


AHEAD = 2
"""Most paths of the chronicle that are solved before the neighbours of the first of them are sought."""


class _Base(NamedTuple):
    """The path of a surprise, solved."""

    number: int
    task: Task
    solved: Solved
    terminal: Terminal


class _End(NamedTuple):
    """The stationary state in which a path ends."""

    near: Terminal
    """That of the chronicle."""
    lasting: dict[str, float]
    compiled: Compiled
    point: Point
    claims: Array | None
    """Claims on profits in it (N, S, J), where they are asked for."""


@dataclass
class _Neighbour:
    """A chronicle next to the one that is solved, as far as it is known."""

    timeline: Timeline
    frame: Frame
    own: bool
    """Whether its economy is its own."""
    before: Compiled
    point: Point
    """Its stationary state without the events."""
    begin: dict[int, Begin] = field(default_factory=dict)
    """By how much its masses differ on the dates of surprises, where they do."""
    end: _End | None = None
    """Of the newest path."""
    moved: Moved | None = None
    """By how much prices differ along the newest path."""
    pieces: list[Piece] = field(default_factory=list)
    left: float = 0.0


@dataclass(frozen=True)
class Responses:
    """A course and its neighbours."""

    compiled: Compiled
    course: Course
    """The course of the chronicle from the first surprise that acts, evaluated as those of its neighbours
    are.
    """
    neighbours: list[tuple[Compiled, Course]]
    """Economies and courses of the others, in their order."""
    before: list[Point]
    """Their stationary states without the events."""
    left: list[float]
    """What rounds have left of the gap between foreseen and clearing prices of each, over the change of
    prices: its accuracy, relative.
    """
    solver: Solver
    """Of the chronicle itself, with its stationary states, and the course as it was solved."""
    exact: Course
    """That course."""


def responses(
    chronicle: Chronicle,
    others: Sequence[Chronicle],
    *,
    only: Collection[Channel] | None = None,
    market_value: bool = False,
    near: Neighbour | None = None,
    left: float = 2e-3,
    kept: Kept | None = None,
    progress: Progress | None = None,
) -> Responses:
    """The courses of a chronicle and of others that differ from it a little: in numbers of its changes, or in
    parameters of its economy, but not in dates.

    Args:
        chronicle: The chronicle.
        others: The others.
        only: Channels that act; all if left out.
        market_value: Also find what profits to come are worth along the courses.
        near: A solved neighbour from which the chronicle starts (`surprises.solve`).
        left: What rounds may leave of the gap between foreseen and clearing prices of a neighbour, over the
            change of prices.
        kept: Where the responses at each surprise are kept, and found where they are there already; the path
            of the chronicle itself is solved in any case.
        progress: Called with stage, round and largest residual.

    Raises:
        NotConverged: A stationary state or a path of the chronicle misses its tolerance.
        InputError: An economy differs in more than numbers.
    """
    acting: Channels = frozenset(
        channel for channel in chronicle.channels() if only is None or channel in only
    )
    solver = Solver(chronicle, acting, progress, market_value=market_value, near=near)
    return _Responses(solver, others, market_value=market_value, left=left, kept=kept).solve()


class _Responses:
    def __init__(
        self,
        solver: Solver,
        others: Sequence[Chronicle],
        *,
        market_value: bool,
        left: float,
        kept: Kept | None,
    ) -> None:
        self.solver, self.key = solver, solver.acting
        self.market_value, self.left, self.kept = market_value, left, kept
        self.target = self.solver.economy.numerics.tolerances.paths
        timelines = [Timeline(other, other.baseline, self.solver.grid) for other in others]
        self.frame = self._frame(timelines)
        self.linear: dict[int, tuple[Terminal, Linearised]] = {}
        """Stationary states that were derived, the newest two, by their identity."""
        self.lock = threading.Lock()
        """Held while a stationary state is linearised."""
        self.neighbours = side_by_side(self._neighbour, timelines)
        self.pieces: list[Piece] = []
        self.end: _End | None = None

    def _frame(self, timelines: Sequence[Timeline]) -> Frame:
        """The economy with all parameters that may differ: some stay where they are on the path itself."""
        economy = self.solver.economy
        ranges: dict[str, list[float]] = {}
        for timeline in (self.solver.timeline, *(one for one in timelines if one.economy == economy)):
            for path, values in timeline.ranges(timeline.channels).items():
                ranges.setdefault(path, []).extend(values)
        return timed.frame(economy, ranges)

    def _neighbour(self, timeline: Timeline) -> _Neighbour:
        here, economy = self.solver.before, timeline.economy
        if economy == self.solver.economy:
            return _Neighbour(timeline, self.frame, False, self.solver.compiled, here.solved.point)
        frame = timed.frame(economy, timeline.ranges(timeline.channels))
        before = self._like(frame.compiled, self.solver.compiled)
        return _Neighbour(timeline, frame, True, before, self._state(here, before))

    @staticmethod
    def _like(there: Compiled, here: Compiled) -> Compiled:
        """An economy with the form of utility of another one, with which alone it can be compared."""
        layout = replace(there.layout, log_utility=here.layout.log_utility)
        if (layout, there.arcs) != (here.layout, here.arcs):
            raise InputError.of("differs in more than numbers", key=there.economy.name)
        return there

    def solve(self) -> Responses:
        solver, key = self.solver, self.key
        count = range(len(solver.grid.surprises))
        first = next(n for n in count if solver.timeline.acts(n, key & solver.seen[n]))
        for neighbour in self.neighbours:
            if neighbour.own:
                here = solver.before.solved.point
                neighbour.begin[first] = _less(neighbour.point.distribution, here.distribution)
        for base in self._bases():
            self._all(base)
        return Responses(
            compiled=solver.compiled,
            course=self._course(self.pieces),
            neighbours=[(other.before, self._course(other.pieces)) for other in self.neighbours],
            before=[other.point for other in self.neighbours],
            left=[other.left for other in self.neighbours],
            solver=solver,
            exact=solver.courses[key],
        )

    def _bases(self) -> Iterator[_Base]:
        """The paths of surprises as the chronicle is solved; at most `AHEAD` wait for their use."""
        found: SimpleQueue[_Base | None] = SimpleQueue()
        free, left = threading.Semaphore(AHEAD), threading.Event()

        def hand_over(n: int, task: Task, solved: Solved, terminal: Terminal) -> None:
            free.acquire()
            if left.is_set():
                raise CancelledError
            found.put(_Base(n, task, solved, terminal))

        def solve() -> None:
            try:
                self.solver.solve([self.key])
            finally:
                found.put(None)

        self.solver.solved = hand_over
        with ThreadPoolExecutor(1) as pool:
            solving = pool.submit(contextvars.copy_context().run, solve)
            try:
                while (base := found.get()) is not None:
                    yield base
                    free.release()
            finally:  # where what uses paths has failed, no more are solved
                left.set()
                for _ in self.solver.grid.surprises:
                    free.release()
            solving.result()

    def _all(self, base: _Base) -> None:
        """The path of a surprise as its neighbours see it, and the neighbours; those that are kept already
        are taken from there.
        """
        n, solved = base.number, base.solved
        until = self.solver.timeline.following(n, self.key)
        like = Piece(solved.u, solved.sums, {}, dict.fromkeys(self.solver.chronicle.parameters, solved.u))
        known = self.kept.load(n, like) if self.kept else None
        if known is None:
            self._follow(base, until)
            if self.kept:
                begin = [None if until is None else other.begin.get(until) for other in self.neighbours]
                pieces = [other.pieces[-1] for other in self.neighbours]
                left = [other.left for other in self.neighbours]
                moved = [other.moved for other in self.neighbours]
                self.kept.save(n, Known(self.pieces[-1], pieces, begin, moved, left))
            return
        self.pieces.append(known.itself)
        for other, piece, begin, moved, left in zip(self.neighbours, *known[1:], strict=True):
            other.pieces.append(piece)
            other.moved, other.left = moved, left
            if until is not None and begin is not None:
                other.begin[until] = begin

    def _follow(self, base: _Base, until: int | None) -> None:
        """The path of a surprise as its neighbours see it, and the neighbours."""
        n, end = base.number, self._own_end(base.terminal)
        solver, key = self.solver, self.key & self.solver.seen[base.number]
        edges = solver.grid.ahead(n, solver.timeline.following(n, key))
        happen = edges.size - 1 if until is None else solver.grid.surprises[until] - solver.grid.surprises[n]
        task = base.task._replace(happen=happen)  # channels that first act in `until` had no part in its own
        values = solver.timeline.values(n, key, edges)
        around = near.Neighbours(
            solver.compiled.arrays,
            task,
            base.solved,
            solver.kernel,
            target=self.target,
            end=end.claims,
        )
        self.pieces.append(_piece(around.itself, values, happen))
        count, date = len(solver.grid.surprises), solver.chronicle.surprises[n]
        stage = f"surprise {n + 1} of {count}: {date}, responses to {len(self.neighbours)} numbers"
        solver.work.tell(stage, 0, float("nan"))
        differ: list[tuple[_Neighbour, dict[str, Array]]] = []
        for other in self.neighbours:
            theirs = other.timeline.values(n, key, edges)
            same = not other.own and all(np.array_equal(theirs[path], values[path]) for path in values)
            if same and n not in other.begin:
                other.pieces.append(self.pieces[-1])
            else:
                differ.append((other, theirs))
        ends = side_by_side(lambda one: self._end(n, one[0], end), differ)
        shifts = [around.slopes[-1] @ (there.point.u - end.point.u)[around.active] for there in ends]
        wanted: list[near.Wanted] = []
        for (other, theirs), there, shift in zip(differ, ends, shifts, strict=True):
            begin = task.begin
            if n in other.begin:
                begin = Begin(*(a + b for a, b in zip(begin, other.begin[n], strict=True)))
            over = other.frame.over(theirs, edges.size - 1)
            moved = Task(over, task.lengths, begin, there.point.values.v, task.happen)
            wanted.append(near.Wanted(moved, _guess(other.moved, middles(edges), shift), there.claims))
        ours = around.itself
        every = zip(differ, shifts, around.find(wanted, self.left), strict=True)
        for (other, theirs), shift, found in every:
            other.left = max(other.left, found.left)
            other.moved = Moved(middles(edges), found.moved, shift)
            other.pieces.append(_piece(found.neighbour, theirs, happen))
            if until is not None:
                other.begin[until] = Begin(found.neighbour.f - ours.f, found.neighbour.later - ours.later)

    def _own_end(self, terminal: Terminal) -> _End:
        """The end of a path of the chronicle."""
        if self.end is None or self.end.near is not terminal:
            compiled, point = terminal.compiled, terminal.solved.point
            self.end = _End(terminal, terminal.lasting, compiled, point, self._claims(compiled, point))
        return self.end

    def _end(self, n: int, other: _Neighbour, here: _End) -> _End:
        """The end of the path of a neighbour, for that of the path of surprise n."""
        lasting = other.timeline.lasting(n, self.key & self.solver.seen[n])
        if not other.own and lasting == here.lasting:
            return here
        if other.end is None or other.end.near is not here.near or other.end.lasting != lasting:
            there = self._like(other.frame.at(lasting), here.compiled)
            point = self._state(here.near, there)
            other.end = _End(here.near, lasting, there, point, self._claims(there, point))
        return other.end

    def _claims(self, compiled: Compiled, point: Point) -> Array | None:
        """Claims on profits in a stationary state, where they are asked for."""
        return claims.stationary(compiled.arrays, point) if self.market_value else None

    def _state(self, terminal: Terminal, there: Compiled) -> Point:
        """The stationary state of an economy next to one whose state is known."""
        with self.lock:
            known = self.linear.get(id(terminal))
            if known is None:
                known = terminal, Linearised(terminal.compiled, terminal.solved.point)
                self.linear[id(terminal)] = known
                if len(self.linear) > 2:
                    del self.linear[next(iter(self.linear))]
        return known[1].response(Pair(terminal.compiled, there, 0.0, WIDTH)).high

    def _course(self, pieces: list[Piece]) -> Course:
        """Paths joined, each up to where the next surprise interrupts it."""
        grid = self.solver.grid
        whole: Piece = each(lambda *x: np.concatenate(x), *pieces)
        number = np.repeat(np.arange(len(pieces)), [len(piece.u) for piece in pieces])
        begin = grid.lengths.size - len(whole.u)
        times = Steps(
            grid.time[begin:], grid.lengths[begin:], grid.dates[begin:], number, grid.stretch[begin:]
        )
        worth = whole.claims.get(CLAIMS)
        return Course(times, whole.u, whole.sums, whole.residuals, whole.parameters, [], worth)


def _less(one: Distribution, other: Distribution) -> Begin:
    return Begin(one.f - other.f, one.g - other.g)


def _guess(before: Moved | None, time: Array, end: Array) -> Array:
    """By how much prices may differ (T, n): as on the path that was interrupted, shifted to another end."""
    if before is None:
        return np.tile(end, (time.size, 1))
    return prices_at(time, before.time, before.by) + (end - before.end)


def _piece(found: near.Neighbour, values: dict[str, Array], happen: int) -> Piece:
    """The steps of a path that happen."""
    worth = {} if found.worth is None else {CLAIMS: found.worth}
    piece = Piece(found.u, found.sums, {}, values, worth)
    return piece.part(slice(0, happen))
