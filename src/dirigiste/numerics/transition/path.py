"""A path at given prices: all values backwards, then all distributions forwards."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from queue import Empty, SimpleQueue
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dirigiste.numerics.compiled.programs import jit, side_by_side
from dirigiste.numerics.markets import aggregates, firm
from dirigiste.numerics.markets.aggregates import Moves, Static
from dirigiste.numerics.operators.generator import fill_fastest, product
from dirigiste.numerics.setup.abroad import abroad_value
from dirigiste.numerics.setup.arrays import Arrays
from dirigiste.numerics.setup.timed import Stacked, at_date, on_date
from dirigiste.numerics.setup.unknowns import prices_of
from dirigiste.numerics.transition import steps
from dirigiste.numerics.transition.steps import BETA, GAMMA, STAGES, Decisions

Array = NDArray[np.float64]

CHUNK = 8
"""Dates that one thread does in a row. Results do not depend on the count of threads."""


class Begin(NamedTuple):
    """Where a path begins: row masses and node masses (N, S, J)."""

    f: Array
    g: Array


class Backwards(NamedTuple):
    """Values after each stage of every step (T, STAGES, N, S, J), those at the beginning of a step in stage
    1; decisions; residuals (T,) at the values at which they were taken; Newton rounds (T,).
    """

    v: Array
    decisions: Decisions
    residual: Array
    rounds: NDArray[np.int64]


class Flows(NamedTuple):
    """What moves in a step, over masses that clear its markets; per year and per owner in the economy."""

    moves: Moves
    consumption: Array
    """By status (T, S)."""
    mass: Array
    """Owners by status (T, S)."""
    wealth: Array
    """Wealth at the end of the step (T,)."""
    least: Array
    """Smallest mass of a state (T,)."""
    top: Array
    """Mass at the last wealth node (T,)."""


class Forwards(NamedTuple):
    """Masses over which sums of a step are taken, GAMMA h + (1 - GAMMA) k; node masses at its end; row masses
    of stage 0 at its end; each (T, N, S, J). Flows of every step.
    """

    g: Array
    later: Array
    f: Array
    flows: Flows


class Sums(NamedTuple):
    """Sums over owners in every step, the axis of steps first; per year and per owner in the economy."""

    static: Static
    moves: Moves
    mass: Array
    """Owners by status (T, S)."""
    consumption: Array
    """By status (T, S)."""
    running: Array
    """Owners who run a firm, by status and ability (T, S, J)."""
    least: Array
    """Smallest mass of a state (T,)."""
    top: Array
    """Mass at the last wealth node (T,)."""
    wealth: Array
    """Wealth at the end of a step (T,)."""


class Room(NamedTuple):
    """Memory that rounds of one path share, and paths one after the other."""

    income: Array
    reach: Array
    decisions: Decisions
    f: Array
    """Row masses of both stages (T, STAGES, N, S, J), guesses for the next round."""
    g: Array
    later: Array
    """Masses of `Forwards` (T, N, S, J)."""
    begun: Array
    """Row masses (N, S, J) with which those in `f` begin."""
    known: list[bool]
    """Whether `f` holds anything."""

    @classmethod
    def of(cls, m: Arrays, dates: int) -> Room:
        """Room for a path of so many steps."""
        N, S, J, E = m.wealth.size, m.status.size, m.ability.size, m.arcs.size
        return cls(
            np.empty((dates, N, S, J)),
            np.empty((dates, N, E, J)),
            Decisions.room(dates, m),
            np.empty((dates, STAGES, N, S, J)),
            np.empty((dates, N, S, J)),
            np.empty((dates, N, S, J)),
            np.empty((N, S, J)),
            [False],
        )

    def part(self, dates: int) -> Room:
        """The same memory for a path of no more steps, of which nothing is known."""
        return Room(
            self.income[:dates],
            self.reach[:dates],
            Decisions(*(x[:dates] for x in self.decisions)),
            self.f[:dates],
            self.g[:dates],
            self.later[:dates],
            self.begun,
            [False],
        )


class Rooms:
    """Memory for paths of one economy one after the other: fresh memory takes the system time to clear."""

    def __init__(self, m: Arrays) -> None:
        """Rooms for paths of an economy of this shape."""
        self.m = m
        self.free: SimpleQueue[Room] = SimpleQueue()

    @contextlib.contextmanager
    def room(self, dates: int) -> Iterator[Room]:
        """Memory for a path of so many steps, until the context ends without an error. Several threads may
        ask at a time.
        """
        try:
            room = self.free.get_nowait()
        except Empty:
            room = None
        if room is None or len(room.f) < dates:
            room = Room.of(self.m, dates + dates // 4)
        yield room.part(dates)
        self.free.put(room)


@jit
def _settings(
    ms: Stacked, u: Array, near: Array, sized: bool, first: int, last: int, income: Array, reach: Array
) -> None:
    N, S, J = income.shape[1:]
    room = np.empty((9, N, S, J))
    for t in range(first, last):
        steps.setting(on_date(ms, t), u[t], near[t], sized, room, income[t], reach[t])


@jit
def _follow(v: Array, later: Array, guess: Array, guessed_later: Array) -> None:
    """Keep the guess of values v in `guess`, and let it move with what those later turned out to be."""
    a, b, c, d = v.reshape(-1), later.reshape(-1), guess.reshape(-1), guessed_later.reshape(-1)
    for i in range(a.size):
        c[i] = a[i]
        a[i] += b[i] - d[i]


@jit
def _line(first: Array, second: Array, share: float, out: Array) -> None:
    """On the line from one array to another, at a share of the way."""
    a, b, c = first.reshape(-1), second.reshape(-1), out.reshape(-1)
    for i in range(a.size):
        c[i] = a[i] + share * (b[i] - a[i])


@jit
def _go_on(first: Array, later: Array, out: Array) -> None:
    """Where the second stage begins: V_later + BETA (V1 - V_later), equation (13)."""
    a, b, c = first.reshape(-1), later.reshape(-1), out.reshape(-1)
    for i in range(a.size):
        c[i] = b[i] + BETA * (a[i] - b[i])


@jit
def _values(
    ms: Stacked,
    income: Array,
    reach: Array,
    lengths: Array,
    end: Array,
    v: Array,
    exact: bool,
    at_guess: bool,
    tolerance: float,
    linear_tolerance: float,
    decisions: Decisions,
    residual: Array,
    rounds: NDArray[np.int64],
) -> None:
    """Values of all steps backwards; v (T, STAGES, N, S, J) holds guesses and receives them."""
    T = lengths.size
    N, S, J = end.shape
    x = steps.scratch(on_date(ms, 0))
    fastest = np.empty((S, J))
    later, from_, guesses = end.copy(), np.empty((N, S, J)), np.empty((STAGES, N, S, J))
    guesses[STAGES - 1] = end
    for t in range(T - 1, -1, -1):
        m = on_date(ms, t)
        fill_fastest(m, fastest)
        abroad = abroad_value(m)
        dt = lengths[t]
        residual[t] = 0.0
        rounds[t] = 0
        for k in range(STAGES):
            _follow(v[t, k], later, guesses[k], guesses[STAGES - 1 - k])
            if k == 1:
                _go_on(later, v[t + 1, 1] if t < T - 1 else end, from_)
            worst, count, _ = steps.stage(
                m,
                fastest,
                income[t],
                reach[t],
                abroad,
                GAMMA * dt,
                later if k == 0 else from_,
                v[t, k],
                exact,
                at_guess,
                tolerance * (1.0 + steps.SHORT / dt),
                linear_tolerance,
                decisions.ahead[t, k],
                decisions.behind[t, k],
                decisions.right[t, k],
                decisions.left[t, k],
                decisions.consumption[t, k],
                decisions.flow[t, k],
                x,
            )
            residual[t] = max(residual[t], worst)
            rounds[t] += count
            later = v[t, k]


@jit
def _add_flows(
    m: Arrays, weight: float, y: Array, f: Array, flow: Array, spent: Array, moved: Array, c: Array
) -> None:
    """Add to `moved` (3, E) and `c` (S,) what a stage carries, with a weight."""
    N, S, _ = y.shape
    for e in range(m.arcs.size):
        o = m.arcs[e].origin
        people = wealth = taken = 0.0
        for n in range(N):
            here = product(flow, y, n, e, o)
            people += here
            wealth += here * m.wealth[n]
            taken += here * (m.wealth[n] - m.landing[e, n])
        moved[0, e] += weight * people
        moved[1, e] += weight * wealth
        moved[2, e] += weight * taken
    for s in range(S):
        for n in range(N):
            c[s] += weight * product(f, spent, n, s, s)


class _Totals(NamedTuple):
    """By status and ability (S * J,): mass over which sums are taken, its smallest part, mass and wealth at
    the end of a step, and the factor that keeps the mass of classes.
    """

    mass: Array
    least: Array
    later: Array
    wealth: Array
    factor: Array


@jit
def _keep_classes(ms: Stacked, totals: Array, masses: Array, factor: Array) -> None:
    """Multiply `masses` (N, S * J), whose sums over wealth are `totals`, by a `factor` (S * J,) with which
    classes keep their mass to rounding.
    """
    J = ms.ability.size
    by_class = np.zeros(ms.class_mass.size)
    for b in range(totals.size):
        by_class[ms.class_of[b // J, b % J]] += totals[b]
    for b in range(totals.size):
        c = ms.class_of[b // J, b % J]
        factor[b] = ms.class_mass[c] / by_class[c]
    for n in range(masses.shape[0]):
        for b in range(totals.size):
            masses[n, b] *= factor[b]


@jit
def _end_step(ms: Stacked, h: Array, k: Array, g: Array, later: Array, x: _Totals) -> None:
    """Node masses at the end of a step, equation (14), into `later`, and those over which sums are taken into
    g, from those after each stage h and k, all (N, S * J); and their totals.
    """
    N, B = h.shape
    x.mass[:] = 0.0
    x.least[:] = 0.0
    x.later[:] = 0.0
    x.wealth[:] = 0.0
    for n in range(N):
        a = ms.wealth[n]
        for b in range(B):
            after = h[n, b] + BETA * (k[n, b] - h[n, b])
            mass, least = GAMMA * h[n, b] + (1.0 - GAMMA) * k[n, b], x.least[b]
            later[n, b] = after
            g[n, b] = mass
            x.mass[b] += mass
            x.least[b] = mass if mass < least else least
            x.later[b] += after
            x.wealth[b] += after * a
    _keep_classes(ms, x.later, later, x.factor)
    for b in range(B):
        x.wealth[b] *= x.factor[b]
    _keep_classes(ms, x.mass, g, x.factor)
    for b in range(B):
        x.mass[b] *= x.factor[b]
        x.least[b] *= x.factor[b]


@jit
def _masses(
    ms: Stacked,
    lengths: Array,
    decisions: Decisions,
    begin_f: Array,
    begin_g: Array,
    known: bool,
    begun_f: Array,
    tolerance: float,
    f: Array,
    g: Array,
    later: Array,
    moved: Array,
    consumption: Array,
    mass: Array,
    wealth: Array,
    least: Array,
    top: Array,
) -> int:
    """Distributions of all steps forwards from node masses `begin_g`; see `forwards`. Returns sweeps.

    Masses of a stage are sought from those of the round before, moved by as much as masses of the stage
    before have moved since; in the first round on the line through those of the two stages before.
    """
    T = lengths.size
    N, S, J = begin_g.shape
    x = steps.scratch(on_date(ms, 0))
    h, k = np.empty((N, S, J)), np.empty((N, S, J))
    start, last, guesses = begin_f.copy(), begin_f, np.empty((STAGES, N, S, J))
    guesses[1] = begun_f
    room = np.empty((5, S * J))
    totals = _Totals(room[0], room[1], room[2], room[3], room[4])
    sweeps = 0
    for t in range(T):
        m = on_date(ms, t)
        before = begin_g if t == 0 else later[t - 1]
        for number in range(STAGES):
            a = STAGES - 1 - number  # the stage at the beginning of the step comes first
            if known:
                _follow(f[t, a], last, guesses[number], guesses[1 - number])
            elif number == 1:
                _line(start, f[t, 1], 2.0 if t > 0 else 1.0, f[t, a])
            elif t > 0:
                _line(f[t - 1, 1], f[t - 1, 0], BETA, start)
                _line(f[t - 1, 1], f[t - 1, 0], BETA + lengths[t] / lengths[t - 1], f[t, a])
            else:
                f[t, a] = begin_f
            sweeps += steps.masses(
                m,
                GAMMA * lengths[t],
                decisions.ahead[t, a],
                decisions.behind[t, a],
                decisions.right[t, a],
                decisions.left[t, a],
                decisions.flow[t, a],
                before if number == 0 else h,
                f[t, a],
                h if number == 0 else k,
                tolerance,
                x,
            )
            last = f[t, a]
        moved[t] = 0.0
        consumption[t] = 0.0
        _add_flows(
            m, GAMMA, h, f[t, 1], decisions.flow[t, 1], decisions.consumption[t, 1], moved[t], consumption[t]
        )
        _add_flows(
            m,
            1.0 - GAMMA,
            k,
            f[t, 0],
            decisions.flow[t, 0],
            decisions.consumption[t, 0],
            moved[t],
            consumption[t],
        )
        flat = (N, S * J)
        _end_step(ms, h.reshape(flat), k.reshape(flat), g[t].reshape(flat), later[t].reshape(flat), totals)
        wealth[t], least[t], top[t] = totals.wealth.sum(), totals.least.min(), g[t, N - 1].sum()
        for s in range(S):
            mass[t, s] = totals.mass[s * J : (s + 1) * J].sum()
    return sweeps


def backwards(
    ms: Stacked,
    room: Room,
    u: Array,
    near: Array,
    lengths: Array,
    end: Array,
    v: Array,
    *,
    exact: bool,
    at_guess: bool = False,
    tolerance: float,
    linear_tolerance: float = 1e-6,
) -> Backwards:
    """Values of all steps from those at the end (N, S, J).

    Args:
        ms: The economy on all dates.
        room: Memory.
        u: Foreseen unknowns (T, 4).
        near: Unknowns at which firms run that enforcement by size reaches (T, 4).
        lengths: Years of each step (T,).
        end: Values at the end (N, S, J).
        v: Guesses of the values after each stage (T, STAGES, N, S, J), overwritten.
        exact: Solve every stage to `tolerance`; else one Newton round from the guess.
        at_guess: Let decisions of a stage be those at its guess, if it is not solved exactly.
        tolerance: Largest residual in logs of consumption a year, over the allowance of short steps.
        linear_tolerance: Accuracy of linear systems, relative.
    """
    T = lengths.size
    sized = bool(np.any(ms.arcs["size_of"]))

    def settle(first: int) -> None:
        _settings(ms, u, near, sized, first, min(first + CHUNK, T), room.income, room.reach)

    side_by_side(settle, range(0, T, CHUNK))
    residual, rounds = np.empty(T), np.empty(T, dtype=np.int64)
    _values(
        ms,
        room.income,
        room.reach,
        lengths,
        end,
        v,
        exact,
        at_guess,
        tolerance,
        linear_tolerance,
        room.decisions,
        residual,
        rounds,
    )
    return Backwards(v, room.decisions, residual, rounds)


def forwards(ms: Stacked, room: Room, lengths: Array, begin: Begin, tolerance: float) -> Forwards:
    """Distributions of all steps from `begin`, with the decisions in `room`."""
    T, S, E = lengths.size, begin.g.shape[1], ms.arcs.shape[1]
    moved, consumption, mass = np.empty((T, 3, E)), np.empty((T, S)), np.empty((T, S))
    wealth, least, top = np.empty(T), np.empty(T), np.empty(T)
    _masses(
        ms,
        lengths,
        room.decisions,
        begin.f,
        begin.g,
        room.known[0],
        room.begun,
        tolerance,
        room.f,
        room.g,
        room.later,
        moved,
        consumption,
        mass,
        wealth,
        least,
        top,
    )
    room.begun[:] = begin.f
    room.known[0] = bool(np.isfinite(wealth).all())  # else the next masses would be no numbers either
    moves = Moves(moved[:, 0], moved[:, 1], moved[:, 2])
    return Forwards(room.g, room.later, room.f[:, 0], Flows(moves, consumption, mass, wealth, least, top))


def sums(ms: Stacked, u: Array, forwards: Forwards) -> Sums:
    """Sums of all steps at unknowns u (T, 4)."""

    def one(t: int) -> tuple[Static, Array]:
        m = at_date(ms, t)
        prices = prices_of(m, u[t])
        owners = firm.firms(m, prices)
        g = forwards.g[t]
        return aggregates.static(m, owners, prices, g), (g * owners.share).sum(axis=0)

    result = side_by_side(one, range(len(u)))
    static = Static(*(np.stack(part) for part in zip(*(pair[0] for pair in result), strict=True)))
    running = np.stack([pair[1] for pair in result])
    flows = forwards.flows
    return Sums(
        static, flows.moves, flows.mass, flows.consumption, running, flows.least, flows.top, flows.wealth
    )
