"""How the course of a chronicle responds to its numbers, and to parameters of its economy: the courses of
chronicles that differ from it a little, each found from its paths.

Surprise after surprise the path of the chronicle is solved, and from it the neighbouring path of every other
chronicle (`numerics.transition.near`), which begins with its own masses and ends in its own stationary state.
A stationary state differs from that of the chronicle by its exact derivative
(`numerics.stationary.sensitivity`). Surprises before the first one that differs are shared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from dirigiste.chronicle import Chronicle
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
from dirigiste.solver.state import CLAIMS, Piece, State, each
from dirigiste.solver.surprises import Solver

Array = NDArray[np.float64]

WIDTH = 1e-4
"""By about how much neighbours differ, relative, for the derivatives of stationary states."""


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
    pieces: list[Piece] = field(default_factory=list)
    left: float = 0.0


@dataclass(frozen=True)
class Responses:
    """A course and its neighbours."""

    compiled: Compiled
    course: Course
    """The course of the chronicle, evaluated as those of its neighbours are."""
    neighbours: list[tuple[Compiled, Course]]
    """Economies and courses of the others, in their order."""
    before: list[Point]
    """Their stationary states without the events."""
    left: list[float]
    """What rounds have left of the gap between foreseen and clearing prices of each, over the change of
    prices: its accuracy, relative.
    """
    solver: Solver
    """Of the chronicle itself, with its stationary states."""
    exact: Course
    """The course of the chronicle as it was solved."""


def responses(
    chronicle: Chronicle,
    others: Sequence[Chronicle],
    *,
    market_value: bool = False,
    near: Neighbour | None = None,
    progress: Progress | None = None,
) -> Responses:
    """The courses of a chronicle and of others that differ from it a little: in numbers of its changes, or in
    parameters of its economy, but not in dates.

    Args:
        chronicle: The chronicle.
        others: The others.
        market_value: Also find what profits to come are worth along the courses.
        near: A solved neighbour from which the chronicle starts (`surprises.solve`).
        progress: Called with stage, round and largest residual.

    Raises:
        NotConverged: A stationary state or a path of the chronicle misses its tolerance.
        InputError: An economy differs in more than numbers.
    """
    return _Responses(chronicle, others, progress, market_value=market_value, near=near).solve()


class _Responses:
    def __init__(
        self,
        chronicle: Chronicle,
        others: Sequence[Chronicle],
        progress: Progress | None,
        *,
        market_value: bool,
        near: Neighbour | None,
    ) -> None:
        self.key: Channels = frozenset(chronicle.channels())
        self.solver = Solver(chronicle, self.key, progress, near=near)
        self.market_value = market_value
        self.solver.solved = self._keep
        self.target = self.solver.economy.numerics.tolerances.paths
        timelines = [Timeline(other, other.baseline, self.solver.grid) for other in others]
        self.frame = self._frame(timelines)
        self.linear: dict[int, tuple[Terminal, Linearised]] = {}
        """Stationary states that were derived, the newest two, by their identity."""
        self.neighbours = [self._neighbour(timeline) for timeline in timelines]
        self.kept: tuple[Task, Solved, Terminal] | None = None
        self.pieces: list[Piece] = []

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

    def _keep(self, n: int, task: Task, solved: Solved, terminal: Terminal) -> None:  # noqa: ARG002
        self.kept = task, solved, terminal

    def solve(self) -> Responses:
        solver, key = self.solver, self.key
        grid, timeline = solver.grid, solver.timeline
        acts = [n for n in range(len(grid.surprises)) if timeline.acts(n, key & solver.seen[n])]
        lengths = [grid.ahead(n, timeline.following(n, key)).size - 1 for n in acts]
        solver.work.plan(lengths)
        state = solver.first()
        for neighbour in self.neighbours:
            if neighbour.own:
                here = solver.before.solved.point
                neighbour.begin[acts[0]] = _less(neighbour.point.distribution, here.distribution)
        for n in acts:
            state = solver.next(n, key & solver.seen[n], state)
            self._all(n, state)
            solver.work.finished()
        return Responses(
            compiled=solver.compiled,
            course=self._course(self.pieces),
            neighbours=[(other.before, self._course(other.pieces)) for other in self.neighbours],
            before=[other.point for other in self.neighbours],
            left=[other.left for other in self.neighbours],
            solver=solver,
            exact=solver.course(state),
        )

    def _all(self, n: int, state: State) -> None:
        """The path of surprise n as its neighbours see it, and the neighbours."""
        assert self.kept is not None
        solver, (task, solved, terminal) = self.solver, self.kept
        self.kept = None
        until = solver.timeline.following(n, self.key)
        edges = state.edges
        happen = edges.size - 1 if until is None else solver.grid.surprises[until] - state.begin
        values = solver.timeline.values(n, self.key & solver.seen[n], edges)
        around = near.Neighbours(
            solver.compiled.arrays,
            task,
            solved,
            solver.kernel,
            target=self.target,
            end=self._claims(terminal.compiled, terminal.solved.point),
        )
        self.pieces.append(_piece(around.itself, values, happen))
        count, date = len(solver.grid.surprises), self.solver.chronicle.surprises[n]
        stage = f"surprise {n + 1} of {count}: {date}, responses to {len(self.neighbours)} numbers"
        solver.work.tell(stage, 0, float("nan"))

        def follow(other: _Neighbour, correction: Array) -> None:
            key = self.key & solver.seen[n]
            theirs = other.timeline.values(n, key, edges)
            lasting = other.timeline.lasting(n, key)
            same = not other.own and all(np.array_equal(theirs[path], values[path]) for path in values)
            if same and n not in other.begin:
                other.pieces.append(self.pieces[-1])
                return
            begin = task.begin
            if n in other.begin:
                begin = Begin(*(a + b for a, b in zip(begin, other.begin[n], strict=True)))
            there, end = terminal.compiled, terminal.solved.point
            if other.own or lasting != terminal.lasting:
                there = self._like(other.frame.at(lasting), terminal.compiled)
                end = self._state(terminal, there)
            over = other.frame.over(theirs, edges.size - 1)
            moved = Task(over, task.lengths, begin, end.values.v, task.happen)
            found = around.neighbour(moved, correction, self._claims(there, end))
            other.left = max(other.left, found.left)
            other.pieces.append(_piece(found, theirs, happen))
            if until is not None:
                last = happen - 1
                other.begin[until] = Begin(
                    found.f[last] - around.itself.f[last], found.later[last] - around.itself.later[last]
                )

        def follow_each(others: list[_Neighbour]) -> None:
            correction = around.correction.copy()
            for other in others:
                follow(other, correction)

        side_by_side(follow_each, [self.neighbours[0::2], self.neighbours[1::2]])

    def _claims(self, compiled: Compiled, point: Point) -> Array | None:
        """Claims on profits in a stationary state, where they are asked for."""
        return claims.stationary(compiled.arrays, point) if self.market_value else None

    def _state(self, terminal: Terminal, there: Compiled) -> Point:
        """The stationary state of an economy next to one whose state is known."""
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
        times = Steps(grid.time, grid.lengths, grid.dates, number)
        worth = whole.claims.get(CLAIMS)
        return Course(times, whole.u, whole.sums, whole.residuals, whole.parameters, [], worth)


def _less(one: Distribution, other: Distribution) -> Begin:
    return Begin(one.f - other.f, one.g - other.g)


def _piece(found: near.Neighbour, values: dict[str, Array], happen: int) -> Piece:
    """The steps of a path that happen."""
    worth = {} if found.worth is None else {CLAIMS: found.worth}
    piece = Piece(found.u, found.sums, {}, values, worth)
    return piece.part(slice(0, happen))
