"""A chronicle solved: surprise after surprise a perfect-foresight path, each from where the last was
interrupted.

Courses of several sets of channels share their work: two sets that agree on the channels used up to a date
share everything up to it, and a surprise in which none of its channels acts leaves a set on its path.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from dirigiste import config
from dirigiste.chronicle import Channel, Chronicle
from dirigiste.chronicle.timeline import Grid, Timeline, grid
from dirigiste.economy import Economy
from dirigiste.errors import IdentityViolated, NotConverged
from dirigiste.numerics import certificate, path_residuals, sequence, timed, transition
from dirigiste.numerics import equilibrium as solver
from dirigiste.numerics.arrays import Compiled
from dirigiste.numerics.path import Begin, Sums
from dirigiste.numerics.point import Point
from dirigiste.numerics.sequence import Kernel
from dirigiste.results.equilibrium import Equilibrium
from dirigiste.results.solve import finish

Array = NDArray[np.float64]

Channels = frozenset[Channel]

Progress = Callable[[str, int, float], None]
"""Called with the stage, the round and the largest residual."""

DISTANCE = 1e-4
"""Distance (L1) from the last distribution to the stationary one above which a warning asks for a longer
horizon.
"""

WORKERS = 2
"""Paths of different sets of channels that are solved at a time."""


class Steps(NamedTuple):
    """The steps of a course."""

    time: Array
    """(M,) years from the first surprise at which what a step holds is told."""
    length: Array
    """(M,) years."""
    date: list[dt.datetime]
    surprise: NDArray[np.int64]
    """(M,) number of the segment that a step belongs to."""


class Segment(NamedTuple):
    """The path announced by one surprise."""

    date: dt.date
    rounds: int
    seconds: float
    worst: float
    """Largest residual of a market, relative."""
    where: tuple[str, dt.datetime]
    """Its market and date."""
    distance: float
    """L1 distance of the last distribution from the stationary one."""
    horizon: float
    """Years that the surprise looks ahead."""
    v_before: Array
    """Values (N, S, J) that owners would have had on the date without the surprise."""
    v_after: Array
    """Values (N, S, J) on the date with it."""
    g: Array
    """Owners (N, S, J) on the date."""


class Course(NamedTuple):
    """What happens along a chronicle, with some or all of its channels."""

    grid: Steps
    u: Array
    """(M, 4) log wage, interest, transfer, unknown of the quota."""
    sums: Sums
    """Sums over owners, numpy arrays with the axis of steps first."""
    residuals: dict[str, Array]
    """Of each market, values, mass and goods (M,)."""
    parameters: dict[str, Array]
    """Values of the parameters that the chronicle moves (M,)."""
    segments: list[Segment]


@dataclass(frozen=True)
class Solved:
    """A chronicle solved on its economy."""

    compiled: Compiled
    before: Equilibrium
    after: Equilibrium
    course: Course
    split: dict[Channels, Course] | None
    certificate: dict[str, Any]
    point: Point
    """The stationary state before, as the arrays in which the course begins."""


class _Terminal(NamedTuple):
    """A stationary state in which a path ends, and the parameters that last in it."""

    compiled: Compiled
    solved: solver.Solved
    lasting: dict[str, float]


class _Piece(NamedTuple):
    """Consecutive steps of one path, numpy arrays with the axis of steps first."""

    u: Array
    sums: Sums
    residuals: dict[str, Array]
    parameters: dict[str, Array]

    def part(self, steps: slice) -> _Piece:
        return jax.tree.map(lambda x: x[steps], self)


_Date = tuple[Array, ...]
"""Values, row masses and node masses (N, S, J) on a date."""


class _State(NamedTuple):
    """Where a set of channels stands: the path that it is on, and what it has behind it."""

    begin: int
    """Step of the grid at which the path begins."""
    edges: Array
    """(T + 1,) years at which its steps begin and end."""
    terminal: _Terminal
    path: _Piece
    """All steps of the path."""
    v: NDArray[np.float32]
    """Values (T, N, S, J) along it, in single precision: a guess for the next."""
    at: dict[int, _Date]
    """For each surprise up to the one that interrupts it: values, row masses and node masses (N, S, J) on
    its date if it does not happen.
    """
    past: tuple[_Piece, ...]
    """Parts of earlier paths up to where they were interrupted."""
    segments: tuple[Segment, ...]


class _Solver:
    """Solves the courses of one chronicle."""

    def __init__(self, chronicle: Chronicle, progress: Progress | None) -> None:
        self.chronicle = chronicle
        self.economy: Economy = chronicle.baseline
        self.progress = progress
        self.grid: Grid = grid(chronicle, self.economy.numerics.path)
        self.timeline = Timeline(chronicle, self.economy, self.grid)
        self.frame = timed.frame(self.economy, self._ranges())
        self.compiled = replace(self.frame.compiled, economy=self.economy)
        start = {path: float(self.economy.get(path)) for path in chronicle.parameters}
        self.before = self._stationary(self.compiled, start, None)
        self.kernel: Kernel = sequence.kernel(self.compiled, self.before.solved.point)

    def _ranges(self) -> dict[str, tuple[float, float]]:
        """Ranges of the parameters over all channels together and each alone."""
        used = self.timeline.channels
        found = [self.timeline.ranges(used), *(self.timeline.ranges([channel]) for channel in used)]
        return {path: (min(r[path][0] for r in found), max(r[path][1] for r in found)) for path in found[0]}

    def states(self, sets: Iterable[Channels]) -> dict[Channels, _State]:
        """Where sets of channels stand after the last surprise."""
        wanted = list(sets)
        states: dict[Channels, _State] = {frozenset(): self._first()}
        seen: Channels = frozenset()
        for n in range(len(self.grid.surprises)):
            before, seen = seen, seen | self.timeline.acts(n, self.timeline.channels)
            keys = list(dict.fromkeys(channels & seen for channels in wanted))
            parents = [states[key & before] for key in keys]
            if len(keys) == 1:
                states = {keys[0]: self._next(n, keys[0], parents[0])}
            else:
                with ThreadPoolExecutor(WORKERS) as pool:
                    found = pool.map(self._next, [n] * len(keys), keys, parents)
                    states = dict(zip(keys, found, strict=True))
        return {channels: states[channels & seen] for channels in wanted}

    def course(self, state: _State) -> Course:
        """The parts of paths joined, over all steps of the grid."""
        pieces = [*state.past, state.path.part(slice(0, self.grid.lengths.size - state.begin))]
        whole: _Piece = jax.tree.map(lambda *x: np.concatenate(x), *pieces)
        # the first piece is the state without the chronicle, empty where the first surprise ends it
        number = np.repeat(np.arange(len(pieces)) - 1, [len(piece.u) for piece in pieces])
        steps = Steps(self.grid.time, self.grid.lengths, self.grid.dates, number)
        return Course(steps, whole.u, whole.sums, whole.residuals, whole.parameters, list(state.segments))

    def _stationary(
        self, compiled: Compiled, lasting: dict[str, float], start: solver.Start | None
    ) -> _Terminal:
        def solve(start: solver.Start | None) -> _Terminal:
            found = solver.solve(compiled, start, progress=self.progress)
            certificate.certificate(compiled, found)
            return _Terminal(compiled, found, lasting)

        if start is not None:
            try:
                return solve(start)
            except NotConverged:
                pass  # too far away: from cold
        return solve(None)

    def _first(self) -> _State:
        """The stationary state without the chronicle, as a path on which nothing happens: one step, over and
        over.
        """
        point = self.before.solved.point
        edges, once = self.grid.edges, np.array([0.0, self.economy.numerics.path.step])
        steps = edges.size - 1
        values = self.timeline.values(0, (), once)
        task = self._task(values, once, Begin(point.distribution.f, point.distribution.g), self.before)
        u = np.asarray(point.u)[None]
        solved = self._solve(task, transition.Guess(u, u, point.values.v[None]), self.before, once, 0)
        piece = self._piece(task, solved, values)
        stays = tuple(np.asarray(x) for x in (point.values.v, point.distribution.f, point.distribution.g))
        return _State(
            begin=0,
            edges=edges,
            terminal=self.before,
            path=jax.tree.map(lambda x: np.repeat(x, steps, axis=0), piece),
            v=np.broadcast_to(stays[0].astype(np.float32), (steps, *stays[0].shape)),
            at=dict.fromkeys(range(len(self.grid.surprises)), stays),
            past=(),
            segments=(),
        )

    def _next(self, n: int, key: Channels, parent: _State) -> _State:
        """Where a set of channels stands after surprise n, in which it may have no part."""
        if not self.timeline.acts(n, key):
            return parent
        begun = time.perf_counter()
        until = self.timeline.following(n, key)
        edges = self.grid.ahead(n, until)
        values = self.timeline.values(n, key, edges)
        lasting = self.timeline.lasting(n, key)
        terminal = parent.terminal
        if lasting != terminal.lasting:
            terminal = self._stationary(self.frame.at(lasting), lasting, terminal.solved.as_start())
        v, f, g = parent.at[n]
        task = self._task(values, edges, Begin(jnp.asarray(f), jnp.asarray(g)), terminal)
        solved = self._solve(task, self._guess(edges, parent, terminal), terminal, edges, n)
        begin = self.grid.surprises[n]
        later = range(n + 1, len(self.grid.surprises) if until is None else until + 1)
        return _State(
            begin=begin,
            edges=edges,
            terminal=terminal,
            path=self._piece(task, solved, values),
            v=np.asarray(solved.backwards.v, dtype=np.float32),
            at={k: self._on(solved, n, k) for k in later},
            past=(*parent.past, parent.path.part(slice(0, begin - parent.begin))),
            segments=(
                *parent.segments,
                self._segment(n, solved, terminal, edges, v, g, time.perf_counter() - begun),
            ),
        )

    def _task(
        self, values: dict[str, Array], edges: Array, begin: Begin, terminal: _Terminal
    ) -> transition.Task:
        over = self.frame.over(values, edges.size - 1)
        return transition.Task(over, np.diff(edges), begin, terminal.solved.point.values.v)

    def _guess(self, edges: Array, parent: _State, terminal: _Terminal) -> transition.Guess:
        """The path that was interrupted goes on, moved to where the new one ends."""
        old, new = parent.terminal.solved.point, terminal.solved.point
        u = np.stack([np.interp(edges[1:], parent.edges[1:], x) for x in parent.path.u.T], axis=1)
        below = np.clip(np.searchsorted(parent.edges[:-1], edges[:-1], side="right") - 1, 0, None)
        above = np.minimum(below + 1, len(parent.v) - 1)
        gap = parent.edges[above] - parent.edges[below]
        share = np.clip((edges[:-1] - parent.edges[below]) / np.where(gap > 0, gap, 1.0), 0.0, 1.0)
        share = jnp.asarray(share)[:, None, None, None]
        v = (1.0 - share) * parent.v[below] + share * parent.v[above]
        return transition.Guess(u + np.asarray(new.u - old.u), u, v + (new.values.v - old.values.v))

    def _solve(
        self, task: transition.Task, guess: transition.Guess, terminal: _Terminal, edges: Array, n: int
    ) -> transition.Solved:
        tolerances = self.economy.numerics.tolerances
        date = self.chronicle.surprises[n]

        def told(k: int, size: float) -> None:
            if self.progress:
                self.progress(f"surprise {n + 1} of {len(self.grid.surprises)}: {date}", k, size)

        def solve(kernel: Kernel, guess: transition.Guess) -> transition.Solved:
            return transition.solve(
                self.compiled.layout,
                self.compiled.arrays,
                task,
                kernel,
                guess,
                target=tolerances.paths,
                hjb=10.0 * tolerances.hjb,
                foresight=tolerances.foresight,
                progress=told,
            )

        found = solve(self.kernel, guess)
        if not self._good(found):
            nearer = sequence.kernel(terminal.compiled, terminal.solved.point)
            again = transition.Guess(found.foreseen, found.u, found.backwards.v)
            found = solve(nearer, again if found.finite else guess)
        if not self._good(found):
            market, step = self._worst(found)
            when = self.grid.date(edges[step])
            raise NotConverged(
                f"{self.chronicle.name}: no path from {date} on within the tolerance {tolerances.paths:g}: "
                f"the {market} condition of {when:%Y-%m-%d} is off by {found.worst:.3g}, and prices by "
                f"{found.gap:.3g} from those that owners foresaw (values by {found.off:.3g})",
                history=found.history,
                residuals={market: found.worst, "foresight": found.gap, "hjb": found.off},
                advice="Smaller or slower changes, shorter steps (numerics.path.step), or choices with a "
                "larger scale help; numerics.tolerances.paths says what is enough.",
            )
        return found

    def _good(self, found: transition.Solved) -> bool:
        tolerances = self.economy.numerics.tolerances
        foreseen = found.gap <= transition.FRONTS * tolerances.foresight
        return foreseen and max(found.worst, found.off) <= tolerances.paths

    def _piece(self, task: transition.Task, solved: transition.Solved, values: dict[str, Array]) -> _Piece:
        left = path_residuals.residuals(self.compiled, task, solved)
        step = int(np.abs(left["walras"]).argmax())
        worst = float(left["walras"][step])
        limit = max(certificate.WALRAS, 3.0 * solved.gap)  # they spend what they foresaw to earn
        if not abs(worst) <= limit:
            raise IdentityViolated(
                f"{self.chronicle.name}: goods do not clear in step {step} of a path: residual {worst:.3g} "
                f"of output (at most {limit:.3g})"
            )
        return _Piece(solved.u, jax.tree.map(np.asarray, solved.sums), left, values)

    def _on(self, solved: transition.Solved, n: int, k: int) -> tuple[Array, Array, Array]:
        """Values, row masses and node masses of the path of surprise n on the date of surprise k."""
        step = self.grid.surprises[k] - self.grid.surprises[n]
        forwards = solved.forwards
        return (
            np.asarray(solved.backwards.v[step]),
            np.asarray(forwards.f[step - 1]),
            np.asarray(forwards.g[step - 1]),
        )

    @staticmethod
    def _worst(solved: transition.Solved) -> tuple[str, int]:
        step, condition = np.unravel_index(int(np.abs(solved.left).argmax()), solved.left.shape)
        return list(path_residuals.MARKETS)[int(condition)], int(step)

    def _segment(
        self,
        n: int,
        solved: transition.Solved,
        terminal: _Terminal,
        edges: Array,
        v: Array,
        g: Array,
        seconds: float,
    ) -> Segment:
        market, step = self._worst(solved)
        last, rests = np.asarray(solved.forwards.g[-1]), terminal.solved.point.distribution.g
        return Segment(
            date=self.chronicle.surprises[n],
            rounds=len(solved.history),
            seconds=seconds,
            worst=solved.worst,
            where=(market, self.grid.date(edges[step])),
            distance=float(np.abs(last - np.asarray(rests)).sum()),
            horizon=float(edges[-1] - edges[0]),
            v_before=v,
            v_after=np.asarray(solved.backwards.v[0]),
            g=g,
        )


def solve(
    chronicle: Chronicle,
    *,
    only: Collection[Channel] | None = None,
    channels: bool = False,
    certify: bool = False,
    progress: Progress | None = None,
) -> Solved:
    """Solve a chronicle on its economy.

    Args:
        chronicle: The chronicle.
        only: Channels that act; all if left out.
        channels: Also solve the courses of every set of these channels.
        certify: Also solve with steps of half the length and over twice the horizon.
        progress: Called with stage, round and largest residual.

    Raises:
        NotConverged: A stationary state or a path misses its tolerance.
        IdentityViolated: Goods do not clear.
    """
    config.ensure()
    found = _Solver(chronicle, progress)
    used = found.timeline.channels
    acting: Channels = frozenset(used if only is None else (c for c in used if c in only))
    ordered: list[Channel] = [channel for channel in used if channel in acting]
    sizes = range(len(ordered) + 1)
    sets = [Channels(c) for k in sizes for c in combinations(ordered, k)]
    states = found.states(sets if channels else [acting])
    state = states[acting]
    course = found.course(state)
    split: dict[Channels, Course] | None = None
    if channels:
        split = {key: found.course(states[key]) for key in sets}
    after = state.terminal
    economy = chronicle.lasting(found.economy, acting)
    vouched = _certificate(course)
    if certify:
        vouched["certify"] = _refined(chronicle, acting, course, progress)
    return Solved(
        compiled=found.compiled,
        before=finish(found.compiled, found.before.solved),
        after=finish(replace(after.compiled, economy=economy), after.solved),
        course=course,
        split=split,
        certificate=vouched,
        point=found.before.solved.point,
    )


def _certificate(course: Course) -> dict[str, Any]:
    """Worst residuals of a course with their dates, and how near its paths come to their ends."""
    worst = {}
    for name, values in course.residuals.items():
        step = int(np.abs(values).argmax())
        worst[name] = {"value": float(values[step]), "date": course.grid.date[step].date().isoformat()}
    segments = course.segments
    distance = max((segment.distance for segment in segments), default=0.0)
    warnings = []
    if distance > DISTANCE:
        warnings.append(
            f"the last distribution is {distance:.2g} (L1) away from the stationary one: "
            "raise numerics.path.horizon"
        )
    return {
        **worst,
        "distance": distance,
        "horizon": min((segment.horizon for segment in segments), default=float("nan")),
        "rounds": sum(segment.rounds for segment in segments),
        "seconds": sum(segment.seconds for segment in segments),
        "least_mass": float(course.sums.least.min()),
        "top_mass": float(course.sums.top.max()),
        "surprises": len(segments),
        "warnings": warnings,
    }


def _refined(
    chronicle: Chronicle, acting: Channels, course: Course, progress: Progress | None
) -> dict[str, Any]:
    """Largest relative change of output and wage along the course with half the steps, and with twice the
    horizon.
    """
    how = chronicle.baseline.numerics.path
    found: dict[str, Any] = {}
    for name, changed in (
        ("half_step", {"numerics.path.step": 0.5 * how.step, "numerics.path.growth": how.growth**0.5}),
        ("twice_horizon", {"numerics.path.horizon": 2.0 * how.horizon}),
    ):
        other = _Solver(_with(chronicle, changed), progress)
        refined = other.course(other.states([acting])[acting])
        found[name] = {
            "output": _difference(
                course, refined, lambda c: np.log(np.asarray(c.sums.static.output).sum(axis=1))
            ),
            "wage": _difference(course, refined, lambda c: c.u[:, 0]),
            "interest": _difference(course, refined, lambda c: c.u[:, 1]),
        }
    return found


def _with(chronicle: Chronicle, numerics: dict[str, float]) -> Chronicle:
    """The chronicle on its economy with other numerics."""
    found = chronicle.model_copy()
    found._baseline = chronicle.baseline.with_(numerics)
    return found


def _difference(course: Course, refined: Course, of: Callable[[Course], Array]) -> float:
    """Largest difference at the steps of the coarser course that the finer one reaches."""
    time = course.grid.time
    here = time <= refined.grid.time[-1]
    other = np.interp(time[here], refined.grid.time, of(refined))
    return float(np.abs(of(course)[here] - other).max())
