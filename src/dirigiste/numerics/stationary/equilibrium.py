"""The stationary equilibrium (docs/method.md, section 5): prices at which values, distribution, markets and
budget agree.

**Unknowns** (those that the closure leaves open): log wage, interest, transfer, and what meets a quota.
Owners foresee unknowns u; values and stationary distribution follow, and P(u) are the unknowns at which all
markets clear at these masses (`clearing`). **Condition:** P(u) = u. Clearing takes care of occupations that
switch at a price, so P(u) - u is smooth where excess demand at u is not.

**Algorithm.** Newton on P(u) - u,

    (D + N) change = D (P(u) - u)                                                                         (16)

with D the derivatives of the conditions at given masses, from the clearing, and N those through values and
masses, from linear solves with the operators of `hjb` and `kfe` (implicit function theorem), updated by
Broyden's rule while a round still gains enough. Steps are halved until the gap falls; where none does, the
interest rate is bracketed. From cold, all of this happens on coarser grids first. Evaluations are counted.
**Stopping rule:** every condition is met at u to the relative tolerance `markets`.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dirigiste.numerics import broyden, effort
from dirigiste.numerics.markets import aggregates, clearing
from dirigiste.numerics.markets.clearing import Cleared
from dirigiste.numerics.operators import hjb, kfe
from dirigiste.numerics.setup.arrays import Arrays, Compiled, compile_economy
from dirigiste.numerics.setup.unknowns import NUDGE
from dirigiste.numerics.stationary import absorbing, levels, nested
from dirigiste.numerics.stationary import point as points
from dirigiste.numerics.stationary import start as starts
from dirigiste.numerics.stationary.point import (
    CORNER,
    INTEREST,
    QUOTA,
    WAGE,
    Point,
    Responses,
    Start,
    prices_of,
    residuals,
    unknowns,
    with_given,
    within,
)
from dirigiste.numerics.stationary.start import Progress

Array = NDArray[np.float64]

__all__ = ["Point", "Progress", "Solved", "Start", "cold_start", "evaluate", "solve", "unknowns"]

RESPONSE = 1e-4
"""Relative residual of the linear systems of responses. Slow movements of the distribution are off by some
hundred times that; Broyden's rule corrects for it."""

LOOSE = 1e-3
"""Values and distribution of a round are solved to this times its gap; to their tolerances at the end."""

EXPECTED = 0.1
"""Share of the gap that a step is expected to leave."""

STALE = 0.5
"""A round that leaves more than this share of the gap calls for new responses; else the old ones are updated
(Broyden 1965). Where like owners change over at slightly different prices, responses at one point say less of
the next steps than what the last steps have shown."""

CLOSE = 1e-6
"""Below this gap values and distribution are solved to their tolerances, and enforcement by size reaches
those who run a firm at u itself."""

STEEP = 200.0
"""Derivative of a market's relative excess demand above which like owners are indifferent: who runs a firm
then hangs on the last digits of a price, and enforcement by size reaches those who run one at the clearing
prices of the evaluation before."""

EVALUATIONS = 40
"""Most evaluations of Newton from where it starts."""

PATIENCE = 12
"""Evaluations that do not halve the gap before Newton gives up."""

NEAR, ROUGH = 2e-2, 1e-3
"""Gap below which a point is a better start for an economy that settles than the one before Newton; accuracy
of values on the way."""

SETTLING = 80
"""Steps for which an economy may settle."""

ATTEMPT = 15
"""Most evaluations of Newton from where an economy has settled."""

BRACKETED = 1e-6
"""Accuracy of all other markets while one price is bracketed."""

BRACKET_EVALUATIONS = 3000
"""Most evaluations of a bracket."""

FIRST_STEPS = (0.05, 0.004, 0.0, 0.1)
"""First step away from an unknown that is bracketed."""

LEAST_WAGE = 1e-15
"""Least wage that is tried: firms that do not hire all labour at it do so at no wage."""

FARTHEST_QUOTA = 20.0
"""Largest unknown of a quota that is tried: others then borrow nothing, or at no price that pays."""

FALLBACK_WORK = 1.2e9
"""Work (`effort`), some half a minute, after which a search that has fallen back on settling or brackets
begins no further evaluation."""

MOST_WORK = 1.5e9
"""The same for a search as a whole, whatever it falls back on: about a minute at most."""

COARSE, LEAST_NODES = 4, 40
"""A start from cold happens on a grid with `COARSE` times fewer wealth nodes, while that leaves at least
`LEAST_NODES`."""

SETTLING_WORK = 3.5e8
"""The same for settling alone, so that brackets have some left."""

MOST_NODES, FINER = 80, 2
"""Wealth nodes up to which an economy that does not solve is solved on a grid that is finer by `FINER`."""

FINER_WORK = 3.5e8
"""The same as `FALLBACK_WORK` for such a search, and for one on a coarser grid."""

NEAR_LEVELS = 1e-3
"""Gap below which prices are bracketed one inside the other before an economy settles."""

NEAR_JUMP = 1e-3
"""Largest gap in the middle of a jump of masses (`nested`) at which the search ends."""

MOST_TOP_MASS = 1e-3
"""Mass at the top of the wealth grid above which a result is refused: the grid, not saving, then decides how
much wealth there is."""

LIMITS = np.array([0.3, 0.02, 0.2, 0.1])
"""Largest change of each unknown in a round."""


class Solved(NamedTuple):
    """A solved equilibrium and how it was reached."""

    point: Point
    history: tuple[float, ...]
    """Largest gap |P(u) - u|, evaluation by evaluation."""
    seconds: float
    why: str = ""
    """Why the search ended short of its tolerance, in words; empty if it did not."""
    responses: Responses | None = None
    """To the open unknowns, as Newton has last used them."""
    firmless: bool = False
    """Whether `why` is that nobody is left who may run a firm."""
    split: str = ""
    """Who is indifferent and splits between two policies (`split`), in words; empty if nobody does."""

    def as_start(self) -> Start:
        """A start for a neighbouring economy of the same layout."""
        return Start(self.point.u, self.point.values.v, self.point.distribution.f)


class _Trial(NamedTuple):
    """A point and the prices that clear its masses."""

    point: Point
    near: Array
    cleared: Cleared
    exact: bool
    """Whether values and distribution were asked to meet their tolerances."""
    solved: bool
    """Whether values are solved and markets clear as far as was asked."""

    @property
    def u(self) -> Array:
        return self.point.u

    @property
    def gap(self) -> Array:
        return self.cleared.u - self.point.u

    @property
    def size(self) -> float:
        """Largest gap; infinite at a point that is not solved, where it means nothing."""
        return float(np.abs(self.gap).max()) if self.solved else np.inf


def evaluate(
    compiled: Compiled,
    u: Array,
    v: Array,
    f: Array,
    hjb_tol: float,
    kfe_tol: float,
    near: Array | None = None,
) -> Point:
    """Solve values and distribution at unknowns u from starts v and f (N, S, J), by the clock of the
    economy.
    """
    if compiled.layout.annual:
        from dirigiste.numerics.annual import stationary as annual

        return annual.evaluate(compiled.arrays, u, v, f, hjb_tol, kfe_tol, near)
    return points.evaluate(compiled.arrays, u, v, f, hjb_tol, kfe_tol, near)


def cold_start(
    compiled: Compiled,
    *,
    wage: float | None = None,
    interest: float | None = None,
    progress: Progress | None = None,
) -> Start:
    """Come near the stationary state from nothing, by the clock of the economy, on coarser grids first."""
    return _from_cold(compiled, wage, interest, progress)[0]


def _from_cold(
    compiled: Compiled, wage: float | None, interest: float | None, progress: Progress | None
) -> tuple[Start, Responses | None]:
    """The same, with the responses of a coarser grid, if there is one, on the grid of the economy."""
    nodes = compiled.layout.nodes
    if nodes >= COARSE * LEAST_NODES:
        coarse = compile_economy(compiled.economy.with_({"numerics.wealth.points": nodes // COARSE}))
        start, responses = _from_cold(coarse, wage, interest, progress)
        active = list(unknowns(coarse))
        search = _Search(
            coarse, start, 1e-5, progress, "coarse grid", active, responses=responses, work=FINER_WORK
        )
        rough = search.run()
        if not np.isfinite(rough.size):
            return starts.to_grid(compiled, start), None
        start = Start(rough.cleared.u, rough.point.values.v, rough.point.distribution.f)
        known = search.responses
        if known is not None:
            share = (coarse.layout.nodes - 1) / (nodes - 1)  # masses of a node are smaller on the finer grid
            f = share * starts.on_grid(known.f, nodes)
            known = known._replace(v=starts.on_grid(known.v, nodes), f=f)
        return starts.to_grid(compiled, start), known
    if compiled.layout.annual:
        from dirigiste.numerics.annual import cold

        return cold.cold_start(compiled, wage=wage, interest=interest, progress=progress), None
    return starts.cold_start(compiled, wage=wage, interest=interest, progress=progress), None


def through_masses(
    compiled: Compiled, active: tuple[int, ...], point: Point, near: Array | None, cleared: Array
) -> tuple[Array, Array, Array]:
    """How conditions at prices `cleared` (4,) respond to each open unknown through values and masses:
    (4, n); with the responses of values and row masses (n, N, S, J).
    """
    if compiled.layout.annual:
        from dirigiste.numerics.annual import stationary as annual

        dv, df, masses, flows = annual.respond(compiled.arrays, point, near, active)
    else:
        dv, df, masses, flows = _respond(compiled.arrays, point, near, active)
    m, prices = compiled.arrays, prices_of(compiled.arrays, cleared)

    def conditions(g: Array, moved: aggregates.Moves) -> Array:
        static = clearing.static_at(m, prices, g)
        return aggregates.raw(aggregates.conditions(m, prices, static, moved))

    base = conditions(point.distribution.g, point.moves)
    columns = [(conditions(g, moved) - base) / NUDGE for g, moved in zip(masses, flows, strict=True)]
    return np.stack(columns, axis=1) if columns else np.zeros((4, 0)), dv, df


def _respond(
    m: Arrays, point: Point, near: Array | None, active: tuple[int, ...]
) -> tuple[Array, Array, list[Array], list[aggregates.Moves]]:
    """Responses in continuous time: of values and row masses (n, N, S, J), and node masses and flows along
    arcs a nudge of each open unknown away. Those whom enforcement by size reaches run a firm at `near`, or at
    the unknowns themselves (None).
    """
    values, f = point.values, point.distribution.f
    policy, hazards = values.policy, values.hazards
    back = hjb.operator(m, policy, hazards.gain, hazards.loss, m.rho, tangent=True)
    forth = kfe.prepare(m, policy, hazards.flow)
    still = kfe.forward(m, policy, hazards.flow, f)
    dvs, dfs, masses, flows = [], [], [], []
    for index in active:
        moved = point.u.copy()
        moved[index] += NUDGE
        given = points.setting_of(m, moved if near is None else near, moved)
        first, _, _ = hjb.evaluate(m, given, values.v)
        by_price = (first.residual - policy.residual) / NUDGE
        dv = hjb.solve_linear(m, back, -by_price, RESPONSE, scale=hjb.unit(m, values.v, policy.scale))
        after, h, _ = hjb.evaluate(m, given, values.v + NUDGE * dv)
        drift = (kfe.forward(m, after, h.flow, f) - still) / NUDGE
        df = kfe.forward_solve(m, forth, drift, RESPONSE)
        mass = kfe.class_masses(m, df) / m.class_mass
        df = df - f * mass[m.class_of]
        g = kfe.node_masses(after, f + NUDGE * df)
        dvs.append(dv)
        dfs.append(df)
        masses.append(g)
        flows.append(aggregates.moves(m, g, h.flow))
    shape = (0, *values.v.shape)
    return (
        np.stack(dvs) if dvs else np.zeros(shape),
        np.stack(dfs) if dfs else np.zeros(shape),
        masses,
        flows,
    )


def solve(
    compiled: Compiled,
    start: Start | None = None,
    *,
    responses: Responses | None = None,
    progress: Progress | None = None,
) -> Solved:
    """The stationary equilibrium, from `start` or from cold; beside a start, `responses` may be those of an
    economy near by with the same unknowns. From cold those of a coarser grid take their place.

    What comes back may miss the tolerances: `numerics.certificate` checks it.
    """
    begun, before = time.perf_counter(), effort.spent()
    target = compiled.economy.numerics.tolerances.markets
    if why := absorbing.by_edges(compiled):
        u, f = starts.first_distribution(compiled, starts.first_unknowns(compiled, None, None))
        trial = evaluate(compiled, u, starts.first_values(compiled, u), f, ROUGH, ROUGH)
        return Solved(trial, (), time.perf_counter() - begun, why, firmless=True)
    cold = start is None
    if start is None:
        start, responses = _from_cold(compiled, None, None, progress)
    start = start._replace(u=with_given(compiled, start.u))
    search = _Search(compiled, start, target, progress, "equilibrium", list(unknowns(compiled)))
    search.responses = responses
    trial = search.run()
    left = effort.spent() - before < FINER_WORK + SETTLING_WORK
    if cold and left and not search.short and not search.firmless and not search.settled(trial):
        search, trial = _from_finer(search, trial)
    took = time.perf_counter() - begun
    return Solved(
        trial.point, tuple(search.history), took, search.why, search.responses, search.firmless, search.split
    )


def _from_finer(before: _Search, ended: _Trial) -> tuple[_Search, _Trial]:
    """The search from the equilibrium on a finer grid, and where it ended; what there was before where that
    fails, or where the grid is fine already.

    On a coarse grid owners may stay put where they would save or run down their wealth a little, so that
    stationary masses jump as prices move, or all owners end up at the top of the grid; a start where they do
    not may lead to an equilibrium.
    """
    compiled, progress, nodes = before.compiled, before.progress, before.compiled.layout.nodes
    if nodes > MOST_NODES:
        return before, ended
    fine = compile_economy(compiled.economy.with_({"numerics.wealth.points": FINER * nodes}))
    start = cold_start(fine, progress=progress)
    finer = _Search(fine, start, 1e-5, progress, "finer grid", list(unknowns(fine)), work=FINER_WORK)
    trial = finer.run()
    if not finer.settled(trial):
        return before, ended
    start = starts.to_grid(compiled, Start(trial.u, trial.point.values.v, trial.point.distribution.f))
    again = _Search(compiled, start, before.target, progress, before.stage, before.active, work=FINER_WORK)
    trial = again.run()
    again.history = before.history + again.history
    if again.settled(trial):
        return again, trial
    before.why = f"the wealth grid is too coarse: with {FINER * nodes} points there is an equilibrium"
    return before, ended


@dataclass
class _Search:
    """The search for P(u) = u in one economy on one grid."""

    compiled: Compiled
    start: Start
    target: float
    progress: Progress | None
    stage: str
    active: list[int] = field(default_factory=list)
    """The unknowns that are sought; the others stay where `start` has them."""
    most: int = EVALUATIONS
    settles: bool = True
    """Whether the economy may settle where Newton fails (not where a price is given at which markets do
    not clear).
    """
    history: list[float] = field(default_factory=list)
    why: str = ""
    responses: Responses | None = None
    """With which Newton begins; in the end, as it has last used them."""
    jumps: bool = False
    """Whether the last step of Newton that failed, however short, took the largest gap to the other side."""
    short: bool = False
    """Whether no equilibrium meets the quota."""
    firmless: bool = False
    """Whether nobody is left who may run a firm, at any prices."""
    split: str = ""
    """Who splits between two policies at the best point, in words; empty if nobody does."""
    work: float = FALLBACK_WORK
    """Work that may go into what follows where Newton from the start fails."""
    deadline: float = np.inf
    """At how much work, by `effort.spent`, to end; set where Newton from the start has failed."""
    limit: float = np.inf
    """The same for everything together; set where the search begins."""

    def __post_init__(self) -> None:
        self.m = self.compiled.arrays
        tolerances = self.compiled.economy.numerics.tolerances
        self.tight = 0.1 * tolerances.hjb, 0.3 * tolerances.distribution
        self.slopes: Array | None = None
        self.steep = False

    def at(self, u: Array, near: Array, v: Array, f: Array, size: float) -> _Trial:
        """The point at u as exact as a gap of `size` calls for (0: to the tolerances)."""
        hjb_tol, kfe_tol = max(self.tight[0], LOOSE * size), max(self.tight[1], LOOSE * size)
        hjb_tol, kfe_tol = min(hjb_tol, 1e-4), min(kfe_tol, 1e-4)
        u = np.array(u, dtype=float)
        point = self.evaluated(u, near, v, f, hjb_tol, kfe_tol)
        exact = (hjb_tol, kfe_tol) == self.tight
        other = aggregates.moved_receipts(self.m, point.moves)
        if self.active:
            cleared = clearing.clear_one(
                self.m,
                point.distribution.g,
                other,
                near,
                self.active,
                max(1e-12, min(1e-3 * size, 1e-5)),
                self.slopes,
            )
            self.slopes = cleared.slopes
            self.steep = bool(np.abs(cleared.slopes).max() > STEEP)
        else:
            cleared = Cleared(u, np.zeros(4), np.zeros((0, 0)), 0, clearing.CLEARED)
        solved = point.values.residual <= max(hjb_tol, hjb.ROUNDING) and cleared.status == clearing.CLEARED
        trial = _Trial(point, near, cleared, exact, bool(solved))
        self.note(trial.size)
        return trial

    def with_split(self, point: Point, who: str) -> _Trial:
        """The trial at a point at which owners (`who`, in words) split so that markets clear."""
        self.split = who
        cleared = Cleared(point.u, np.zeros(4), np.zeros((0, 0)), 0, clearing.CLEARED)
        return _Trial(point, point.u, cleared, exact=True, solved=True)

    def evaluated(self, u: Array, near: Array, v: Array, f: Array, hjb_tol: float, kfe_tol: float) -> Point:
        """Values and distribution at u (4,), by the clock of the economy."""
        return evaluate(self.compiled, u, v, f, hjb_tol, kfe_tol, near)

    def left(self, trial: _Trial) -> float:
        """Largest residual of a sought condition at the foreseen unknowns themselves."""
        terms = residuals(self.m, trial.u, aggregates.raw(trial.point.conditions))
        return float(np.abs(terms[self.active]).max(initial=0.0))

    def done(self, trial: _Trial) -> bool:
        return trial.exact and np.array_equal(trial.near, trial.u) and self.left(trial) <= self.target

    def run(self) -> _Trial:
        """The best point: by Newton, and where that stalls by bracketing one price after the other."""
        self.limit = effort.spent() + MOST_WORK
        u = within(self.m, self.start.u)
        now = self.at(u, u, self.start.v, self.start.f, 1e-2 if self.active else 0.0)
        if self.active:
            now = self.newton(now)
        if self.done(now):
            return now
        known, self.responses = self.responses, None
        if self.settles and (why := self.no_firm(now)):
            self.why, self.firmless = why, True
            return now
        by_levels = self.settles and QUOTA not in self.active
        may_split = by_levels and not self.compiled.layout.annual
        near = may_split and now.size <= NEAR_LEVELS
        end, tried = self.deadline, None
        if near:
            self.deadline = min(end, effort.spent() + self.work, self.limit)
            now = tried = self.level_by_level(now)
            if self.done(now):
                return now
        if self.jumps and self.settles:
            now = self.in_jump(now, known)
            if self.done(now):
                return now
            if self.why:
                return self.across_jump(now) if may_split and not near else now
        self.deadline = min(end, effort.spent() + self.work, self.limit)
        if QUOTA in self.active:
            now = self.quota(now)
        if not self.done(now) and not self.why and self.settles:
            end = self.deadline
            self.deadline = min(end, effort.spent() + SETTLING_WORK)
            now = self.settle(now)
            self.deadline = end
        if by_levels and now is not tried and not self.done(now) and not self.why:
            now = self.level_by_level(now)
        if not self.done(now) and not self.why:
            for index in (INTEREST, WAGE):
                if index in self.active and not self.done(now):
                    now = self.bracket(index, now)
        if self.done(now):
            self.why = ""
        else:
            self.why = self.why or self.reason(now)
        return now

    def in_jump(self, now: _Trial, known: Responses | None) -> _Trial:
        """The search within a jump of masses (`nested`), which has its own allowance; `now` where it does not
        lead to an equilibrium, or to the reason why there is none in double precision.
        """
        inner = _Search(self.compiled, self.start, self.target, self.progress, self.stage, self.active)
        inner.deadline = min(effort.spent() + self.work, self.limit)
        trial, jump = nested.solve(inner, now, None if known is None else known.matrix)
        if not (inner.done(trial) or (jump and trial.size <= NEAR_JUMP)):
            return now
        self.history += inner.history
        self.why = "" if inner.done(trial) else jump
        return trial

    def across_jump(self, now: _Trial) -> _Trial:
        """The point at which owners split between the two sides of a jump of masses (`split`), by brackets
        one inside the other; `now`, with the reason that is known, where this does not lead there.
        """
        why, self.why = self.why, ""
        self.deadline = min(self.deadline, effort.spent() + self.work, self.limit)
        result = self.level_by_level(now)
        if self.done(result):
            return result
        self.why = why
        return now

    def no_firm(self, now: _Trial) -> str:
        """Why nobody is left who may run a firm at any prices, in words, if that is so."""
        masses = self.evaluated(now.u, now.u, now.point.values.v, now.point.distribution.f, *self.tight)
        operates = self.m.status["operates"] > 0.0
        if masses.distribution.g[:, operates].sum() >= absorbing.NOBODY:
            return ""
        return absorbing.by_prices(self, now)

    def level_by_level(self, now: _Trial) -> _Trial:
        """Prices bracketed one inside the other (`levels`), which has its own allowance, and Newton from
        there; the better point.
        """
        before = effort.spent()
        by_brackets = levels.solve(self, now)
        self.deadline = min(self.deadline + effort.spent() - before, self.limit)
        if by_brackets is None:
            return now
        trial = by_brackets
        if not self.done(trial):
            self.most = len(self.history) + ATTEMPT
            self.slopes = None
            trial = self.newton(trial)
        solved = trial.point.values.residual <= self.compiled.economy.numerics.tolerances.hjb
        better = solved and (self.done(trial) or trial.size < now.size)
        if not better or trial is not by_brackets:  # then nobody splits at what is returned
            self.split = ""
        return trial if better else now

    def note(self, size: float) -> None:
        """Take down the gap of an evaluation (in `levels` its largest residual), and tell of it."""
        self.history.append(size)
        if self.progress:
            self.progress(self.stage, len(self.history), size)

    def settled(self, trial: _Trial) -> bool:
        """Whether a point is done, and few owners are at the top of the wealth grid."""
        return self.done(trial) and float(trial.point.distribution.g[-1].sum()) <= MOST_TOP_MASS

    def late(self) -> bool:
        """Whether no work is left for another evaluation."""
        return effort.spent() > min(self.deadline, self.limit)

    def quota(self, now: _Trial) -> _Trial:
        """The unknown of the quota bracketed from where the search began; the equilibrium without any credit
        to others where the share is short even there; `why` then gives that as the reason.
        """
        begin = now._replace(point=now.point._replace(u=within(self.m, self.start.u)))
        begin.point.u[QUOTA] = 0.0
        result = self.bracket(QUOTA, begin)
        return result if self.why or self.done(result) or result.size < now.size else now

    def settle(self, now: _Trial) -> _Trial:
        """Let the economy settle (`start.Settling`), and try Newton whenever prices move ten times less than
        at the last attempt; the best point.
        """
        begin = self.start
        if now.size < NEAR:
            begin = Start(now.cleared.u, now.point.values.v, now.point.distribution.f)
        settling = starts.Settling(self.compiled, begin, ROUGH)
        settling.g = begin.f
        attempt, least = NEAR, np.inf
        for k in range(SETTLING):
            if self.late():
                break
            change = settling.round()
            if self.progress:
                self.progress(f"{self.stage}, settling", k + 1, change)
            if not np.isfinite(change):
                break
            settling.accuracy = min(max(1e-2 * change, 1e-7), ROUGH)
            least = min(least, change)
            if k < 3 or (change > attempt and k < SETTLING - 1):
                continue
            attempt = 0.1 * change
            self.most = len(self.history) + ATTEMPT
            self.slopes = None
            u, v, f = settling.start
            trial = self.newton(self.at(u, u, v, f, min(change, 1e-2)))
            now = trial if trial.size < now.size or self.done(trial) else now
            if self.done(now):
                break
        return now

    def bracket(self, index: int, now: _Trial) -> _Trial:
        """An unknown bracketed by the sign of excess supply of capital, demand for labour, or share of those
        whom a quota names less the quota, at the masses that follow from it when all other markets clear;
        Newton ends the search.
        """
        bracket = _Bracket(self, index, now, len(self.history) + BRACKET_EVALUATIONS)
        result = bracket.other_side()
        if bracket.low is not None and bracket.high is not None:
            result = bracket.close_in(result)
        elif not bracket.ended:
            return result or now
        if result is None or (index == WAGE and bracket.ended):
            return result or now
        if bracket.short:
            rest = [other for other in self.active if other != QUOTA]
            start = Start(result.u, result.point.values.v, result.point.distribution.f)
            given = _Search(self.compiled, start, self.target, self.progress, self.stage, rest, settles=False)
            result = given.run()
            self.history += given.history
            share = self.m.directed_share + aggregates.raw(result.point.conditions)[QUOTA]
            self.short = True
            self.why = (
                f"{clearing.REASONS[clearing.NO_QUOTA]}: in the equilibrium in which others get no credit "
                f"they have {share:.4g}, and the quota is {self.m.directed_share:g}"
            )
            return result
        self.most = len(self.history) + EVALUATIONS
        self.slopes = None
        point = result.point
        return self.newton(self.at(result.u, result.u, point.values.v, point.distribution.f, 1e-4))

    def newton(self, now: _Trial) -> _Trial:
        """Rounds of Newton until the point is done or no step lowers the gap."""
        known, self.responses = self.responses, None
        fresh = False
        mark, since = now.size, len(self.history)
        while len(self.history) < self.most and np.isfinite(now.size) and not self.done(now):
            if self.late():
                break
            if now.size < 0.5 * mark:
                mark, since = now.size, len(self.history)
            elif len(self.history) - since >= PATIENCE:
                break
            if now.size <= CLOSE and not np.array_equal(now.near, now.u):
                now = self.at(now.u, now.u, now.point.values.v, now.point.distribution.f, 0.0)
                known = None
                if self.done(now):
                    break
            if known is None:
                known = self.respond(now)
                fresh = True
            self.responses = known
            trial = self.step(now, known, halvings=5 if fresh else 1)
            if trial is None:
                if fresh and now.exact:
                    break
                if fresh:
                    now = self.at(now.u, now.near, now.point.values.v, now.point.distribution.f, 0.0)
                known = None
                continue
            moved = (trial.u - now.u)[self.active]
            gained = (trial.gap - now.gap)[self.active]
            if trial.size > STALE * now.size:
                known = None
            else:
                known = known._replace(matrix=known.matrix.copy())
                broyden.update(known.matrix, moved, -gained)
            fresh = False
            now = trial
        return now

    def respond(self, trial: _Trial) -> Responses:
        """Responses at a point."""
        n, dv, df = through_masses(
            self.compiled,
            tuple(self.active),
            trial.point,
            trial.near if self.steep and trial.size > CLOSE else None,
            trial.cleared.u,
        )
        rows = n[self.active].copy()
        at_bound = self._bound(trial.cleared.u)
        rows[[index in at_bound for index in self.active]] = 0.0
        other = aggregates.moved_receipts(self.m, trial.point.moves)
        anew = clearing.clear_one(
            self.m, trial.point.distribution.g, other, trial.cleared.u, self.active, 1e-12
        )
        self.slopes = anew.slopes
        if not np.isfinite(anew.slopes).all():
            return Responses(np.full((len(self.active),) * 2, np.nan), dv, df)
        inverse = np.linalg.pinv(anew.slopes, rcond=1e-14)
        return Responses(np.eye(len(self.active)) + inverse @ rows, dv, df)

    def _bound(self, u: Array) -> set[int]:
        """Unknowns that are at their bound."""
        near = {INTEREST: u[INTEREST] + self.m.delta, QUOTA: u[QUOTA]}
        return {
            index for index, distance in near.items() if index in self.active and CORNER * distance < 1e-9
        }

    def step(self, now: _Trial, known: Responses, *, halvings: int) -> _Trial | None:
        """The first of the steps 1, 1/2, 1/4, ... that lowers the gap."""
        if not np.isfinite(known.matrix).all():
            return None
        change = np.linalg.lstsq(known.matrix, now.gap[self.active], rcond=1e-14)[0]
        change /= max(1.0, float(np.max(np.abs(change) / LIMITS[self.active])))
        close = now.size <= CLOSE
        largest = self.active[int(np.argmax(np.abs(now.gap[self.active])))]
        for k in range(halvings):
            u = now.u.copy()
            u[self.active] += 0.5**k * change
            u = within(self.m, u)
            moved = (u - now.u)[self.active]
            v = hjb.moved(self.m, now.point.values.v, np.tensordot(moved, known.v, axes=1))
            f = now.point.distribution.f + np.tensordot(moved, known.f, axes=1)
            near = now.cleared.u if self.steep and not close else u
            trial = self.at(u, near, v, f, 0.0 if close else EXPECTED * now.size)
            if np.isfinite(trial.size) and (trial.size < now.size or self.done(trial)):
                return trial
            self.jumps = bool(np.isfinite(trial.size) and trial.gap[largest] * now.gap[largest] < 0.0)
            if len(self.history) >= self.most:
                break
        return None

    def reason(self, best: _Trial) -> str:
        """Why the search ended."""
        if best.cleared.status != clearing.CLEARED:
            return clearing.REASONS[best.cleared.status]
        return "foreseen and clearing prices do not meet"


class _Side(NamedTuple):
    """One side of a bracket."""

    x: float
    value: float
    """Excess, which rises in x across the root."""
    trial: _Trial


@dataclass
class _Bracket:
    """A bracket of one unknown, all other markets cleared by a search of their own at each trial."""

    search: _Search
    index: int
    begin: _Trial
    budget: int
    """Evaluations of the search after which none begins."""
    low: _Side | None = None
    high: _Side | None = None
    ended: bool = False
    """Whether the root is at a bound, or beyond the farthest trial."""
    short: bool = False
    """Whether the share of those whom a quota names is too small even without credit to others."""

    def __post_init__(self) -> None:
        self.floor = {INTEREST: -self.search.m.delta, QUOTA: 0.0, WAGE: math.log(LEAST_WAGE)}[self.index]
        self.top = FARTHEST_QUOTA if self.index == QUOTA else np.inf

    def at(self, x: float, near: _Trial) -> _Side | None:
        """The trial at x, from one nearby; None if its excess is not a number, or a quota's is not known."""
        search, u = self.search, near.u.copy()
        u[self.index] = x
        inner = _Search(
            search.compiled,
            Start(u, near.point.values.v, near.point.distribution.f),
            BRACKETED,
            search.progress,
            search.stage,
            [other for other in search.active if other != self.index],
            EVALUATIONS if self.index == QUOTA else max(6, search.most // 4),
            settles=self.index == QUOTA,
            deadline=search.deadline,
        )
        trial = inner.run()
        search.history += inner.history
        excess = float(aggregates.raw(trial.point.conditions)[self.index])
        if not np.isfinite(excess) or (self.index == QUOTA and inner.left(trial) > BRACKETED):
            return None
        return _Side(x, -excess if self.index == WAGE else excess, trial)

    def open(self) -> bool:
        """Whether another trial may begin."""
        return len(self.search.history) < self.budget and not self.search.late()

    def take(self, side: _Side) -> None:
        """Make a trial the side of the bracket that it belongs to."""
        if side.value > 0.0:
            self.high = side
        else:
            self.low = side

    def other_side(self) -> _Trial | None:
        """Look for both sides in steps that double; the last trial."""
        x, step = float(np.clip(self.begin.u[self.index], self.floor, self.top)), FIRST_STEPS[self.index]
        trial = None
        while self.open():
            side = self.at(x, trial or self.begin)
            if side is None:
                break
            self.take(side)
            trial = side.trial
            if self.low is not None and self.high is not None:
                break
            if side.value > 0.0 and x <= self.floor:  # excess supply at the bound: it lies idle
                self.ended = True
                break
            if side.value <= 0.0 and x >= self.top:
                self.ended = self.short = True
                break
            x = float(np.clip(x - step if side.value > 0.0 else x + step, self.floor, self.top))
            step *= 2.0
        return trial

    def close_in(self, trial: _Trial | None) -> _Trial | None:
        """False position from both sides; the last trial. Each begins at the nearer side."""
        low, high = self.low, self.high
        assert low is not None
        assert high is not None
        below, above, last = low.value, high.value, 0.0
        while self.open() and high.x - low.x > 1e-12 * max(1.0, abs(high.x)):
            width = high.x - low.x
            x = (low.x * above - high.x * below) / (above - below)
            x = min(max(x, low.x + 0.01 * width), high.x - 0.01 * width)
            side = self.at(x, low.trial if x - low.x < high.x - x else high.trial)
            if side is None:
                break
            trial = side.trial
            if abs(side.value) <= CLOSE:
                break
            if side.value > 0.0:
                high, above = side, side.value
                below *= 0.5 if last > 0.0 else 1.0
            else:
                low, below = side, side.value
                above *= 0.5 if last < 0.0 else 1.0
            last = side.value
        return trial
