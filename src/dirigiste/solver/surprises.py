"""A chronicle solved: surprise after surprise a perfect-foresight path, each from where the last was
interrupted.

Courses of several sets of channels share their work: two sets that agree on the channels used up to a date
share everything up to it (`chains`), and a surprise in which none of its channels acts leaves a set on its
path. Solutions of smaller sets at a surprise predict the prices of larger ones, and those of a chronicle with
other numbers predict all.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import cached_property, partial
from itertools import combinations, groupby
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dirigiste import config
from dirigiste.chronicle import Channel, Chronicle
from dirigiste.chronicle.timeline import Grid, Timeline, grid
from dirigiste.economy import Economy
from dirigiste.errors import IdentityViolated, NotConverged
from dirigiste.numerics.compiled.programs import ahead, side_by_side
from dirigiste.numerics.setup import timed
from dirigiste.numerics.setup.arrays import Compiled
from dirigiste.numerics.stationary import certificate
from dirigiste.numerics.stationary import equilibrium as solver
from dirigiste.numerics.transition import claims, sequence, steps
from dirigiste.numerics.transition import perfect_foresight as transition
from dirigiste.numerics.transition import residuals as path_residuals
from dirigiste.numerics.transition.path import Backwards, Begin, Room, Rooms
from dirigiste.numerics.transition.sequence import Kernel
from dirigiste.progress import Progress
from dirigiste.solver import shapley
from dirigiste.solver.chains import Chain, chains, seen
from dirigiste.solver.course import (
    Channels,
    Course,
    Gained,
    Neighbour,
    Segment,
    Solved,
    Steps,
    Terminal,
)
from dirigiste.solver.interpolation import interpolation
from dirigiste.solver.state import (
    CLAIMS,
    Date,
    Handover,
    Piece,
    State,
    each,
    masses_before,
    middles,
    prices_at,
    times_of_stages,
    values_at,
)
from dirigiste.solver.work import Work

Array = NDArray[np.float64]

DISTANCE = 1e-4
"""Distance (L1) from the last distribution to the stationary one above which a warning asks for a longer
horizon.
"""

GOODS_OVER_GAP = 3.0
"""Largest goods residual that is accepted, over the gap of foresight: owners spend what they foresaw to
earn.
"""

NOBODY = (np.empty((0, 0, 0)),) * 3
"""Values and owners of a course of which no welfare is computed."""

AFTER = np.array([0, 1 / 8, 1 / 4, 1 / 2, 1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 150])
"""Years after a surprise at which values are kept, as a guess for the next one. At every other of them the
difference between values and their first guess is kept too.
"""

ASTRAY = 1e-3
"""Residual of values above which a search that failed is begun again from the interrupted path."""

LARGEST = 1e30
"""Values above which the first round of a path has led astray: the next surprise then waits for the path
itself."""

PREDICTED = 3
"""Most sizes of smaller sets of channels from which prices are predicted. The prediction is exact for
interactions of so many channels; with more sizes it would amplify the errors that the tolerance allows.
"""

Channelwise = bool | Literal["quick"]


class Solver:
    """Solves the courses of one chronicle."""

    def __init__(
        self,
        chronicle: Chronicle,
        acting: Channels,
        progress: Progress | None,
        *,
        apart: bool = False,
        market_value: bool = False,
        near: Neighbour | None = None,
        what: str = "",
    ) -> None:
        """Prepare the solution of the course of the channels `acting`, and with `apart` of those of all
        their subsets; with `market_value` also what profits to come are worth along that of `acting`. It
        starts from a solved neighbour where `near` is one that fits. `what` is put before every report of
        progress.
        """
        self.market_value = market_value
        self.ends: dict[tuple[tuple[str, float], ...], Array] = {}
        """Claims on profits in the stationary states in which paths end, by what lasts in these."""
        self.chronicle = chronicle
        self.acting = acting
        self.apart = apart
        self.economy: Economy = chronicle.baseline
        self.grid: Grid = grid(chronicle, self.economy.numerics.path)
        self.timeline = Timeline(chronicle, self.economy, self.grid)
        self.work = Work(progress, what)
        self.seen = seen(self.timeline)
        every = shapley.coalitions(sorted(acting), range(len(acting) + 1)) if apart else [acting]
        self.branches = {chain.key: chain.branches for chain in chains(self.timeline, every)}
        self.courses: dict[Channels, Course] = {}
        self.after: Terminal | None = None
        self.left: dict[tuple[int, Channels], State] = {}
        """States before a surprise at which other sets of channels leave the course of one."""
        self.reached: dict[Channels, tuple[int, State]] = {}
        """How far chains have been followed that go on later."""
        self.solved: Callable[[int, transition.Task, transition.Solved, Terminal], None] | None = None
        """Called with the number of a surprise, what its path must go through, the path and its end."""
        self.gained: dict[tuple[int, Channels], Gained] = {}
        """By how much solutions at surprises differ from the first guess."""
        self.frame = timed.frame(self.economy, self._ranges())
        self.compiled = replace(self.frame.compiled, economy=self.economy)
        self.rooms = Rooms(self.compiled.arrays)
        start = {path: float(self.economy.get(path)) for path in chronicle.parameters}
        fits = near is not None and near.fits(chronicle.surprises, self.compiled)
        self.near = near if fits else None
        self.before = self._stationary(self.compiled, start, self.near.before if self.near else None)

    @cached_property
    def kernel(self) -> Kernel:
        """Responses at the stationary state without the chronicle."""
        if self.near and self.near.economy == self.economy:
            return self.near.kernel
        return sequence.kernel(self.compiled, self.before.solved.point)

    def _ranges(self) -> dict[str, tuple[float, float]]:
        """Ranges of the parameters over all channels together and each alone."""
        used = self.timeline.channels
        ranges = [self.timeline.ranges(used), *(self.timeline.ranges([channel]) for channel in used)]
        return {
            path: (min(r[path][0] for r in ranges), max(r[path][1] for r in ranges)) for path in ranges[0]
        }

    def solve(self, sets: Sequence[Channels]) -> None:
        """Courses of sets of channels, into `courses`; those that are there already stay as they are."""
        todo = [chain for chain in chains(self.timeline, sets) if chain.key not in self.courses]
        paths = [(n, chain.key) for chain in todo for n in self._ahead(chain)]
        lengths = [self.grid.ahead(n, self.timeline.following(n, key)).size - 1 for n, key in paths]
        self.work.plan(lengths, sets=len(set(sets)))
        if not self.apart:
            for channels in sets:
                self._alone(channels)
            return
        for _, same in groupby(todo, lambda chain: len(chain.key)):
            side_by_side(self._follow, same)  # they depend on smaller sets only

    def _ahead(self, chain: Chain) -> list[int]:
        """Surprises of a chain at which a path is still to be solved."""
        begin, _ = self.reached.get(chain.key, (chain.first, None))
        return [n for n in range(begin, chain.last) if self.timeline.acts(n, chain.key)]

    def _alone(self, channels: Channels) -> None:
        """The course of one set of channels. A surprise is begun on the rough path of the one before, and
        ended on its exact one, so that two are solved at a time; what comes out does not depend on whether
        they are.
        """
        count = len(self.grid.surprises)
        keys = [(n, channels & self.seen[n]) for n in range(count)]
        acts = [(n, key) for n, key in keys if self.timeline.acts(n, key)]
        hands = [Handover() for _ in range(len(acts) + 1)]

        def announce(number: int) -> None:
            before, after = hands[number], hands[number + 1]
            try:
                after.end(self._announce(*acts[number], ends(number), before, after))
            except BaseException as error:
                after.fail(error)
                raise

        last = self.before

        def end(number: int) -> Terminal:
            nonlocal last
            before = hands[number]
            last = self._terminal(*acts[number], last, lambda: not before.known)
            return last

        with ahead(end, len(acts)) as ends:
            hands[0].end(self.first())
            side_by_side(announce, range(len(acts)))
        state = hands[-1].state.result()
        self.courses[channels] = self.course(state)
        self.work.finished()
        self.after = state.terminal

    def _follow(self, chain: Chain) -> None:
        """Go on with a chain from where it is, and keep the states in which other sets leave it."""
        key, whole = chain.key, chain.last == len(self.grid.surprises)
        if key in self.reached:
            begin, state = self.reached.pop(key)
        elif chain.parent is None:
            begin, state = chain.first, self.first()
        else:
            begin, state = chain.first, self.left[chain.first, chain.parent]
        for n in range(begin, chain.last):
            if n in self.branches[key]:
                self.left[n, key] = state
            state = self.next(n, key, state)
        if whole:
            self.courses[key] = self.course(state)
            self.work.finished()
            if key == self.acting:
                self.after = state.terminal
        else:
            self.reached[key] = max(begin, chain.last), state
            if chain.last in self.branches[key]:
                self.left[chain.last, key] = state

    def course(self, state: State) -> Course:
        """The parts of paths joined, over all steps of the grid."""
        pieces = [*state.past, state.path.part(slice(0, self.grid.lengths.size - state.begin))]
        whole: Piece = each(lambda *x: np.concatenate(x), *pieces)
        # the first piece is the state without the chronicle, empty where the first surprise ends it
        number = np.repeat(np.arange(len(pieces)) - 1, [len(piece.u) for piece in pieces])
        steps = Steps(self.grid.time, self.grid.lengths, self.grid.dates, number, self.grid.stretch)
        worth, segments = whole.claims.get(CLAIMS), list(state.segments)
        return Course(steps, whole.u, whole.sums, whole.residuals, whole.parameters, segments, worth)

    def neighbour(self) -> Neighbour:
        """What others may start from: the course on which all channels act."""
        keys = [(n, self.acting & seen) for n, seen in enumerate(self.seen)]
        gained = {key: self.gained[key] for key in keys if key in self.gained}
        return Neighbour(self.economy, self.chronicle.surprises, self.before, self.kernel, gained)

    def _stationary(
        self,
        compiled: Compiled,
        lasting: dict[str, float],
        near: Terminal | None,
        silent: Callable[[], bool] | None = None,
    ) -> Terminal:
        """The stationary state of an economy, from that of one near by or from cold."""

        def report(stage: str, k: int, size: float) -> None:
            if not (silent and silent()):
                self.work.tell(f"stationary state: {stage}", k, size)

        def solve(near: solver.Solved | None) -> Terminal:
            start, responses = (near.as_start(), near.responses) if near else (None, None)
            solved = solver.solve(compiled, start, responses=responses, progress=report)
            certificate.certificate(compiled, solved)
            certificate.refuse_split(
                self.chronicle.name, "a path that begins or ends in this stationary state", solved.split
            )
            return Terminal(compiled, solved, lasting)

        if near is not None:
            try:
                return solve(near.solved)
            except NotConverged:
                pass  # too far away: from cold
        return solve(None)

    def first(self) -> State:
        """The stationary state without the chronicle, as a path on which nothing happens: one step, over and
        over.
        """
        point = self.before.solved.point
        edges, once = self.grid.edges, np.array([0.0, self.economy.numerics.path.step])
        steps = edges.size - 1
        values = self.timeline.values(0, (), once)
        task = self._task(values, once, Begin(point.distribution.f, point.distribution.g), self.before)
        u = np.asarray(point.u)[None]
        guess = transition.Guess(u, u, np.tile(point.values.v, (1, 2, 1, 1, 1)))
        solved = self._solve(task, (guess, guess), self.before, once, 0, Channels())
        piece = self._piece(task, solved, values, self.before, valued=True)
        stays = (point.values.v, point.distribution.f, point.distribution.g)
        return State(
            begin=0,
            edges=edges,
            terminal=self.before,
            path=each(lambda x: np.repeat(x, steps, axis=0), piece),
            when=edges[:1],
            v=stays[0].astype(np.float32)[None],
            at=dict.fromkeys(range(len(self.grid.surprises)), stays),
            past=(),
            segments=(),
        )

    def next(self, n: int, key: Channels, parent: State) -> State:
        """The state of a set of channels after surprise n, in which it may have no part."""
        if not self.timeline.acts(n, key):
            return parent
        return self._announce(n, key, self._terminal(n, key, parent.terminal), Handover.of(parent), None)

    def _terminal(
        self, n: int, key: Channels, near: Terminal, silent: Callable[[], bool] | None = None
    ) -> Terminal:
        """The stationary state in which the path of a set of channels after surprise n ends, from that of the
        path before.
        """
        lasting = self.timeline.lasting(n, key)
        if lasting == near.lasting:
            return near
        return self._stationary(self.frame.at(lasting), lasting, near, silent)

    def _announce(
        self, n: int, key: Channels, terminal: Terminal, before: Handover, after: Handover | None
    ) -> State:
        """The state of a set of channels after surprise n, in which it acts, on a path that ends in
        `terminal`; what the next surprise may begin with goes into `after`.
        """
        if self.solved:  # who is called may keep the path
            return self._announce_in(None, n, key, terminal, before, after)
        edges = self.grid.ahead(n, self.timeline.following(n, key))
        with self.rooms.room(edges.size - 1) as room:
            return self._announce_in(room, n, key, terminal, before, after)

    def _announce_in(
        self,
        room: Room | None,
        n: int,
        key: Channels,
        terminal: Terminal,
        before: Handover,
        after: Handover | None,
    ) -> State:
        """The same in some memory."""
        begun = time.perf_counter()
        until = self.timeline.following(n, key)
        edges = self.grid.ahead(n, until)
        values = self.timeline.values(n, key, edges)
        begin = self.grid.surprises[n]
        later = {k for k in self.branches[key] if n < k and (until is None or k <= until)}
        later |= set() if until is None else {until}
        when = edges[0] + AFTER

        def values_of(backwards: Backwards) -> Array:
            return values_at(when, edges[:-1], backwards.v[:, 1])

        def hand_on(rough: transition.Rough, *, early: bool = False) -> None:
            assert after is not None
            v = values_of(rough.backwards)
            if early and not np.abs(v).max() < LARGEST:
                return  # the first round has led astray
            v = v.astype(np.float32)
            path = parent.path._replace(u=rough.u.copy())
            at = {k: self._on(rough, n, k) for k in later}
            after.rough.set_result(State(begin, edges, terminal, path, when, v, at, (), ()))

        parent = before.rough.result()
        guess = self._guess(edges, parent, terminal)
        predicted = self._predicted(n, key, edges, guess)
        happen = None if until is None else self.grid.surprises[until] - begin
        task = self._task(values, edges, masses_before(parent.at, n), terminal, happen)
        early = partial(hand_on, early=True) if after else None
        solved = self._solve(task, (predicted, guess), terminal, edges, n, key, before, early, room)
        at = {k: self._on(solved, n, k) for k in later}
        if after:
            if not after.rough.done():
                hand_on(transition.Rough(solved.foreseen, solved.backwards, solved.forwards))
            after.at.set_result(at)
        parent = before.state.result()
        task = task._replace(begin=masses_before(parent.at, n))
        known = values_of(solved.backwards)
        gained = known[::2] - self._moved(when[::2], parent, terminal)
        scale = float(np.abs(gained).max()) or 1.0
        self.gained[n, key] = Gained(
            middles(edges),
            solved.u - self._continued(edges, parent, terminal),
            (gained / scale).astype(np.float16),
            scale,
        )
        if self.solved:
            self.solved(n, task, solved, terminal)
        self.work.done(edges.size - 1)
        owners = NOBODY
        if key == self.acting & self.seen[n]:
            owners = parent.at[n][0], solved.backwards.v[0, 1].copy(), parent.at[n][2]
        took = time.perf_counter() - begun
        return State(
            begin=begin,
            edges=edges,
            terminal=terminal,
            path=self._piece(task, solved, values, terminal, valued=key == self.acting & self.seen[n]),
            when=when,
            v=known.astype(np.float32),
            at=at,
            past=(*parent.past, parent.path.part(slice(0, begin - parent.begin))),
            segments=(*parent.segments, self._segment(n, solved, terminal, edges, owners, took)),
        )

    def _task(
        self,
        values: dict[str, Array],
        edges: Array,
        begin: Begin,
        terminal: Terminal,
        happen: int | None = None,
    ) -> transition.Task:
        over = self.frame.over(values, edges.size - 1)
        return transition.Task(over, np.diff(edges), begin, terminal.solved.point.values.v, happen)

    def _guess(self, edges: Array, parent: State, terminal: Terminal) -> transition.Guess:
        """The interrupted path, continued and shifted to the stationary state in which the new one ends."""
        near = prices_at(middles(edges), middles(parent.edges), parent.path.u)
        u = self._continued(edges, parent, terminal)
        v = self._moved(times_of_stages(edges), parent, terminal)
        return transition.Guess(u, near, v.reshape(edges.size - 1, steps.STAGES, *v.shape[1:]))

    @staticmethod
    def _continued(edges: Array, parent: State, terminal: Terminal) -> Array:
        """Prices (T, 4) of the path that was interrupted, continued and shifted."""
        shift = terminal.solved.point.u - parent.terminal.solved.point.u
        return prices_at(middles(edges), middles(parent.edges), parent.path.u) + shift

    @staticmethod
    def _moved(when: Array, parent: State, terminal: Terminal) -> Array:
        """Values (..., N, S, J) at some times on the path that was interrupted, moved in the same way."""
        shift = terminal.solved.point.values.v - parent.terminal.solved.point.values.v
        return values_at(when, parent.when, parent.v) + shift

    def _predicted(self, n: int, key: Channels, edges: Array, guess: transition.Guess) -> transition.Guess:
        """The guess, corrected by how much the solution of a neighbour at this surprise differs from its
        guess; or, without one, those of smaller sets of channels, in a combination for this set
        (`shapley.guess_weights`).
        """
        if self.near and (n, key) in self.near.gained:
            return self._corrected(edges, guess, [(1.0, self.near.gained[n, key])])
        sizes: list[int] = []
        for size in range(len(key) - 1, 0, -1):
            known = ((n, part) in self.gained for part in self._parts(n, key, size))
            if len(sizes) < PREDICTED and all(known):
                sizes.insert(0, size)
        if not sizes:
            return guess
        weights = zip(sizes, shapley.guess_weights(len(key), sizes), strict=True)
        parts = ((weight, part) for size, weight in weights for part in self._parts(n, key, size))
        return self._corrected(edges, guess, [(weight, self.gained[n, part]) for weight, part in parts])

    @staticmethod
    def _corrected(
        edges: Array, guess: transition.Guess, others: Sequence[tuple[float, Gained]]
    ) -> transition.Guess:
        """A guess with what others gained over theirs, each times its weight."""
        u, v = guess.u.copy(), np.zeros((AFTER[::2].size, *guess.v.shape[2:]))
        for weight, gained in others:
            u += weight * prices_at(middles(edges), gained.time, gained.u)
            v += weight * gained.scale * gained.v
        more = values_at(times_of_stages(edges), edges[0] + AFTER[::2], v)
        return transition.Guess(u, u, guess.v + more.reshape(guess.v.shape))

    def _parts(self, n: int, key: Channels, size: int) -> list[Channels]:
        """Subsets that act at a surprise; nothing happens to the others."""
        parts = (Channels(part) for part in combinations(sorted(key), size))
        return [part for part in parts if self.timeline.acts(n, part)]

    def _solve(
        self,
        task: transition.Task,
        guesses: tuple[transition.Guess, transition.Guess],
        terminal: Terminal,
        edges: Array,
        n: int,
        key: Channels,
        before: Handover | None = None,
        early: Callable[[transition.Rough], None] | None = None,
        room: Room | None = None,
    ) -> transition.Solved:
        tolerances = self.economy.numerics.tolerances
        date = self.chronicle.surprises[n]

        which = f"surprise {n + 1} of {len(self.grid.surprises)}: {date}"
        stage = which

        def report(k: int, size: float) -> None:
            if before is None or before.known:
                self.work.tell(stage, k, size)

        begin: Callable[[], Begin] | None = None
        if before is not None and not before.settled:
            begin = partial(before.begin, n)

        def solve(
            kernel: Kernel, guess: transition.Guess, *, first: bool = False, along: bool = False
        ) -> transition.Solved:
            return transition.solve(
                self.compiled.arrays,
                task if first or not begin else task._replace(begin=begin()),
                kernel,
                guess,
                target=tolerances.paths,
                hjb=10.0 * tolerances.hjb,
                foresight=tolerances.foresight,
                progress=report,
                along=along,
                at_guess=first,
                early=early if first else None,
                begin=begin if first else None,
                room=room,
            )

        solution = solve(self.kernel, guesses[0], first=True)
        if not self._good(solution):
            stage = f"{which}, hard to solve: first round as exact as later ones"
            solution = solve(self.kernel, guesses[0])
        if not self._good(solution):
            stage = f"{which}, hard to solve: responses of its end, then of the path itself"
            nearer = sequence.kernel(terminal.compiled, terminal.solved.point)
            again = transition.Guess(solution.foreseen, solution.u, solution.backwards.v)
            near = solution.finite and solution.off <= ASTRAY
            solution = solve(nearer, again if near else guesses[1], along=True)
        if not self._good(solution):
            market, step = self._worst(solution)
            when = self.grid.date(edges[step])
            raise NotConverged(
                f"{self.chronicle.name}: no path from {date} on{self._named(n, key)} within the tolerance "
                f"{tolerances.paths:g}: "
                f"the {market} condition of {when:%Y-%m-%d} is off by {solution.worst:.3g}, and prices by "
                f"{solution.gap:.3g} from those that owners foresaw (values by {solution.off:.3g})",
                history=solution.history,
                last=solution,
                residuals={market: solution.worst, "foresight": solution.gap, "hjb": solution.off},
                advice="Smaller or slower changes, shorter steps (numerics.path.step), or choices with a "
                "larger scale help; numerics.tolerances.paths says what is enough.",
            )
        return solution

    def _named(self, n: int, key: Channels) -> str:
        """Which channels act, where others that have acted by surprise n are left out."""
        if key == self.seen[n]:
            return ""
        return f" with {', '.join(sorted(key)) or 'no channel'} alone"

    def _good(self, solved: transition.Solved) -> bool:
        tolerances = self.economy.numerics.tolerances
        foreseen = solved.size <= transition.FRONTS * tolerances.foresight
        return foreseen and max(solved.worst, solved.off) <= tolerances.paths

    def _piece(
        self,
        task: transition.Task,
        solved: transition.Solved,
        values: dict[str, Array],
        terminal: Terminal,
        *,
        valued: bool,
    ) -> Piece:
        """All steps of a path, with claims on profits where they are asked for and the path is `valued`."""
        left = path_residuals.residuals(self.compiled, task, solved)
        step = int(np.abs(left["walras"]).argmax())
        worst = float(left["walras"][step])
        limit = max(certificate.WALRAS, GOODS_OVER_GAP * solved.gap)
        if not abs(worst) <= limit:
            raise IdentityViolated(
                f"{self.chronicle.name}: goods do not clear in step {step} of a path: residual {worst:.3g} "
                f"of output (at most {limit:.3g})"
            )
        piece = Piece(solved.u, solved.sums, left, values)
        if not self.market_value:
            return piece
        worth = self._claims(task, solved, terminal) if valued else np.full(solved.sums.mass.shape, np.nan)
        return piece._replace(claims={CLAIMS: worth})

    def _claims(self, task: transition.Task, solved: transition.Solved, terminal: Terminal) -> Array:
        """What profits to come are worth in every step of a path, by status (T, S)."""
        lasting = tuple(terminal.lasting.items())
        end = self.ends.get(lasting)
        if end is None:
            end = claims.stationary(terminal.compiled.arrays, terminal.solved.point)
            self.ends[lasting] = end
        decisions, masses = solved.backwards.decisions, solved.forwards.g
        return claims.along(task.timed.stacked, solved.u, solved.lengths, decisions, masses, end)[0]

    def _on(self, solved: transition.Solved | transition.Rough, n: int, k: int) -> tuple[Array, Array, Array]:
        """Values, row masses and node masses of the path of surprise n on the date of surprise k."""
        step = self.grid.surprises[k] - self.grid.surprises[n]
        forwards = solved.forwards
        return (
            solved.backwards.v[step, 1].copy(),  # and not the whole path with it
            forwards.f[step - 1].copy(),
            forwards.later[step - 1].copy(),
        )

    @staticmethod
    def _worst(solved: transition.Solved) -> tuple[str, int]:
        step, condition = np.unravel_index(int(np.abs(solved.left).argmax()), solved.left.shape)
        return list(path_residuals.MARKETS)[int(condition)], int(step)

    def _segment(
        self,
        n: int,
        solved: transition.Solved,
        terminal: Terminal,
        edges: Array,
        owners: Date,
        seconds: float,
    ) -> Segment:
        market, step = self._worst(solved)
        last, end = solved.forwards.later[-1], terminal.solved.point.distribution.g
        return Segment(
            date=self.chronicle.surprises[n],
            rounds=len(solved.history),
            seconds=seconds,
            worst=solved.worst,
            where=(market, self.grid.date(edges[step])),
            distance=float(np.abs(last - end).sum()),
            horizon=float(edges[-1] - edges[0]),
            v_before=owners[0],
            v_after=owners[1],
            g=owners[2],
        )


def solve(
    chronicle: Chronicle,
    *,
    only: Collection[Channel] | None = None,
    channels: Channelwise = False,
    certify: bool = False,
    market_value: bool = False,
    near: Neighbour | None = None,
    settled: Callable[[Solved], bool] | None = None,
    alone: Solver | None = None,
    progress: Progress | None = None,
) -> Solved:
    """Solve a chronicle on its economy.

    Args:
        chronicle: The chronicle.
        only: Channels that act; all if left out.
        channels: Also solve the courses of every set of these channels; with "quick" of more and more sets,
            until `settled` says of what is there that what each channel does is known well enough.
        certify: Also solve with steps of half the length and over twice the horizon.
        market_value: Also find what profits to come are worth along the course.
        near: A solved neighbour to start from. Used where dates, statuses, abilities, wealth nodes and
            preferences are the same; the result does not depend on it beyond the tolerances.
        settled: Asked with "quick" after each level of sets.
        alone: A solver that has found the course of the channels that act, which is then taken over.
        progress: Called with stage, round and largest residual.

    Raises:
        NotConverged: A stationary state or a path misses its tolerance.
        IdentityViolated: Goods do not clear.
    """
    config.ensure()
    used = chronicle.channels()
    ordered: list[Channel] = [channel for channel in used if only is None or channel in only]
    acting: Channels = frozenset(ordered)
    if alone and not channels:
        surprise_solver = alone
    else:
        surprise_solver = Solver(
            chronicle, acting, progress, apart=bool(channels), market_value=market_value, near=near
        )
    if alone:  # no other set of channels leaves the course of all of them
        surprise_solver.courses[acting], surprise_solver.after = alone.courses[acting], alone.after

    def result(sets: Sequence[Channels]) -> Solved:
        course, after = surprise_solver.courses[acting], surprise_solver.after
        assert after is not None
        economy = chronicle.lasting(surprise_solver.economy, acting)
        return Solved(
            compiled=surprise_solver.compiled,
            before=surprise_solver.before,
            after=after._replace(compiled=replace(after.compiled, economy=economy)),
            course=course,
            split={key: surprise_solver.courses[key] for key in sets} if channels else None,
            certificate=_certificate(course),
            near=surprise_solver.neighbour(),
        )

    sets: list[Channels] = [acting]
    if channels:
        sizes = shapley.levels(len(ordered)) if channels == "quick" else [range(len(ordered) + 1)]
        for known in sizes:
            sets = shapley.coalitions(ordered, known)
            surprise_solver.solve(sets)
            if channels == "quick" and settled and settled(result(sets)):
                break
    elif not alone:
        surprise_solver.solve(sets)
    solved = result(sets)
    if certify:
        solved.certificate["certify"] = _refined(chronicle, acting, solved.course, progress)
    return solved


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
    differences: dict[str, Any] = {}
    for name, changed in (
        ("half_step", {"numerics.path.step": 0.5 * how.step, "numerics.path.growth": how.growth**0.5}),
        ("twice_horizon", {"numerics.path.horizon": 2.0 * how.horizon}),
    ):
        other = Solver(
            chronicle.on(chronicle.baseline.with_(changed)),
            acting,
            progress,
            what=f"{name.replace('_', ' ')}: ",
        )
        other.solve([acting])
        refined = other.courses[acting]
        differences[name] = {
            "output": _difference(
                course, refined, lambda c: np.log(np.asarray(c.sums.static.output).sum(axis=1))
            ),
            "wage": _difference(course, refined, lambda c: c.u[:, 0]),
            "interest": _difference(course, refined, lambda c: c.u[:, 1]),
        }
    return differences


def _difference(course: Course, refined: Course, of: Callable[[Course], Array]) -> float:
    """Largest difference at the steps of the coarser course that the finer one reaches."""
    time = course.grid.time
    here = time <= refined.grid.time[-1]
    index, weights = interpolation(refined.grid.time, refined.grid.stretch, time[here])
    other = (weights * of(refined)[index]).sum(axis=1)
    return float(np.abs(of(course)[here] - other).max())
