"""Prices that clear the markets of a date, at given masses and flows (docs/method.md, sections 5 and 9).

On a date wealth and statuses are what they are, so wage, interest, transfer and the unknown of a quota follow
from the masses alone. The transfer follows from the budget at once, for no firm looks at it. The others are
found in two ways.

*Newton* (`_newton`), with steps that are halved until the largest residual falls, and derivatives that
Broyden's rule updates while that serves: two to four evaluations from nearby.

*Search* (`_Search`), where Newton does not get there: where many like owners are on the brink between running
a firm and working, excess demand is almost a step, over a ramp of 1e-4 wages. What owners earn, the better of
profit and wage, is convex in (w, r), and its slopes are demands. So at a given interest rate excess demand
for labour falls in the wage, and excess demand for capital, at the wage that clears labour, falls in the
interest rate: brackets around either root, one inside the other, close in on it whatever the kinks. A quota
is a third bracket around both. (Exact without mandates and with limits that do not move with prices; with
them the search is a search, and the residual decides.) Newton ends what the search began, from within the
ramp.

Both count their evaluations, so they always end.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dirigiste.numerics import broyden, effort
from dirigiste.numerics.bracket import BEYOND, Bracket
from dirigiste.numerics.compiled.programs import jit, side_by_side
from dirigiste.numerics.markets.aggregates import LEAST, Static, from_totals, relative
from dirigiste.numerics.markets.firm import (
    BORROWED,
    CAPITAL,
    CREDIT,
    ENTRIES,
    LABOR,
    LANES,
    OUTPUT,
    SHARE,
    SIZE_TAX,
    WANTS,
    Prices,
    common,
    owners,
)
from dirigiste.numerics.setup.arrays import OF_CAPITAL, Arrays
from dirigiste.numerics.setup.timed import Stacked, always, on_date
from dirigiste.numerics.setup.unknowns import (
    CORNER,
    INTEREST,
    QUOTA,
    TRANSFER,
    WAGE,
    fill_residuals,
    prices_of,
)

Array = NDArray[np.float64]

TRIALS = 12
"""Trials of Newton before the search, and as many after it."""

NEAR = 1e-8
"""Step of difference quotients, far within the ramp over which like owners split."""

STALE = 0.3
"""A trial that leaves more than this share of the residual calls for new derivatives; else Broyden's rule
updates them."""

LIMITS = (0.3, 0.03, 0.3, 0.1)
"""Largest change of each unknown in one trial."""

FIRST_STEPS = (1e-3, 1e-4, 0.0, 1e-3)
"""Where the search looks first on the other side of a root, from the best point that Newton found."""

FARTHEST = (60.0, 100.0, 0.0, 60.0)
"""Where the search gives up, in each unknown."""

NARROW, NARROWER = 1e-4, 1e-2
"""Width of a bracket of the interest rate at which Newton is tried, and its next ones over the last."""

EXACT, ROUGH, FINER = 1e-12, 1e-5, 1e-2
"""Least and largest excess demand for labour at which an inner bracket stops; between them, the share of the
excess demand for capital that is left."""

WITHIN = 0.1
"""Share of the target at which an outer one stops."""

EVALUATION = 0.25
"""Visits of a state (`effort`) that an evaluation of the conditions is worth."""

MOST = 4000
"""Evaluations of a date."""

CLEARED, NO_WAGE, NO_INTEREST, NO_QUOTA, TOO_MANY, SHORT, NOT_FINITE = range(7)
"""How a search ends: at prices that clear; with excess demand for labour, or for capital, of one sign over
the whole range; with a quota that no spread or limit meets; after `MOST` evaluations; within a bracket as
narrow as doubles allow, yet above the target; at conditions that are not numbers.
"""

REASONS = (
    "markets clear",
    "excess demand for labour has one sign at all wages",
    "excess demand for capital is above 0 at all interest rates",
    "nothing that meets a quota gives the statuses that it names their share",
    "too many evaluations",
    "the search ended short of the target",
    "conditions are not finite",
)

TOTALS = 7
"""Sums over those who run, by status: output, capital, labour, credit, borrowed, tax on size, people."""

CONDITIONS = 7
"""What an evaluation finds: the four conditions without bounds, labour and capital that firms use, output."""


class Room(NamedTuple):
    """What kernels work in, and sums of a date that no price moves."""

    wants: Array
    block: Array
    lanes: Array  # (TOTALS * LANES,)
    totals: Array  # (S, TOTALS)
    fixed: Array  # (2, S), mass and wealth


@jit
def _room(m: Arrays) -> Room:
    """Room for dates of an economy of that shape."""
    nodes, statuses = m.wealth.size, m.status.size
    fixed, totals = np.empty((2, statuses)), np.empty((statuses, TOTALS))
    totals[:, :] = 0.0
    wants, lanes = np.empty(WANTS * LANES), np.empty(TOTALS * LANES)
    return Room(wants, np.empty(nodes * ENTRIES * LANES), lanes, totals, fixed)


@jit
def _fix(m: Arrays, g: Array, fixed: Array) -> None:
    """Fill `fixed` (2, S) with masses and wealth by status at node masses g (N, S, J)."""
    nodes, statuses, abilities = g.shape
    fixed[:, :] = 0.0
    for n in range(nodes):
        for s in range(statuses):
            here = 0.0
            for j in range(abilities):
                here += g[n, s, j]
            fixed[0, s] += here
            fixed[1, s] += here * m.wealth[n]


@jit
def _add_up(g: Array, s: int, first: int, last: int, block: Array, lanes: Array) -> None:
    """Add a block, weighted with masses, to the sums of each lane."""
    for n in range(g.shape[0]):
        row = n * ENTRIES * LANES
        for i in range(last - first):
            weight = g[n, s, first + i] * block[row + SHARE * LANES + i]
            lanes[i] += weight * block[row + OUTPUT * LANES + i]
            lanes[LANES + i] += weight * block[row + CAPITAL * LANES + i]
            lanes[2 * LANES + i] += weight * block[row + LABOR * LANES + i]
            lanes[3 * LANES + i] += weight * block[row + CREDIT * LANES + i]
            lanes[4 * LANES + i] += weight * block[row + BORROWED * LANES + i]
            lanes[5 * LANES + i] += weight * block[row + SIZE_TAX * LANES + i]
            lanes[6 * LANES + i] += weight


@jit
def _conditions(m: Arrays, prices: Prices, other: float, budgeted: bool, room: Room, terms: Array) -> float:
    """Fill `terms` from totals. Returns the transfer: where it is sought, what the budget allows."""
    economy = m.scalars[0]
    output = capital = labor = supply = funds = earned = total = directed = 0.0
    for s in range(m.status.size):
        status, totals = m.status[s], room.totals
        output += totals[s, 0]
        capital += totals[s, 1]
        labor += totals[s, 2]
        supply += status.labor_efficiency * (room.fixed[0, s] - totals[s, 6])
        funds += room.fixed[1, s]
        spread = status.spread + (1.0 - status.directed_to) * prices.added_spread
        earned += status.wedge * totals[s, 0] + spread * totals[s, 3] + totals[s, 5]
        counted = totals[s, 1] if economy.directed_of == OF_CAPITAL else totals[s, 3]
        total += counted
        directed += status.directed_to * counted
    supply += economy.outside_labor
    funds += economy.foreign_capital
    left = earned + other - economy.spending
    transfer = left if budgeted else prices.transfer
    gaps = relative(
        labor, supply, capital, funds, output, left - transfer, total, directed, economy.directed_share
    )
    terms[WAGE], terms[INTEREST], terms[TRANSFER], terms[QUOTA] = gaps[0], -gaps[1], gaps[2], gaps[3]
    if not capital < np.inf:  # more than doubles can hold
        terms[INTEREST] = -1.0
    if not labor < np.inf:
        terms[WAGE] = 1.0
    terms[4], terms[5], terms[6] = labor, capital, output
    return transfer


@jit
def _fill_totals(m: Arrays, prices: Prices, g: Array, room: Room) -> None:
    """Fill the totals of `room`; statuses that run no firm keep zeros."""
    lanes = room.lanes
    for s in range(m.status.size):
        operates = m.status[s].operates
        if operates == 0.0:
            continue
        c = common(m, prices, s)
        for i in range(lanes.size):
            lanes[i] = 0.0
        for first in range(0, m.ability.size, LANES):
            last = min(first + LANES, m.ability.size)
            owners(m, c, s, first, last, room.wants, room.block)
            _add_up(g, s, first, last, room.block, lanes)
        for row in range(TOTALS):
            total = 0.0
            for i in range(LANES):
                total += lanes[row * LANES + i]
            room.totals[s, row] = operates * total


@jit
def _evaluate(m: Arrays, g: Array, other: float, budgeted: bool, u: Array, room: Room, terms: Array) -> None:
    """Fill `terms` (CONDITIONS,) with conditions at unknowns u (4,), whose transfer is set to what the budget
    allows if that is to be `budgeted`.
    """
    prices = prices_of(m, u)
    _fill_totals(m, prices, g, room)
    u[TRANSFER] = _conditions(m, prices, other, budgeted, room, terms)


@jit
def _evaluate_all(
    ms: Stacked, t: int, g: Array, other: float, budgeted: bool, rows: Array, terms: Array, totals: Array
) -> Array:
    """As `_evaluate` for date t at prices `rows` (K, 5), ordered as in `Prices`: terms
    (K, CONDITIONS) and totals (K, S, TOTALS). Returns masses and wealth by status (2, S).
    """
    m = on_date(ms, t)
    room = _room(m)
    _fix(m, g, room.fixed)
    for k in range(rows.shape[0]):
        prices = Prices(rows[k, 0], rows[k, 1], rows[k, 2], rows[k, 3], rows[k, 4])
        _fill_totals(m, prices, g, room)
        rows[k, 2] = _conditions(m, prices, other, budgeted, room, terms[k])
        for s in range(m.status.size):
            for row in range(TOTALS):
                totals[k, s, row] = room.totals[s, row]
    return room.fixed


@jit
def _solve(slopes: Array, opens: NDArray[np.bool_], value: Array, change: Array) -> bool:
    """The change (4,) of open unknowns, the transfer apart, that takes the conditions to 0; False if there is
    none.
    """
    n, index, matrix = 0, np.empty(3, dtype=np.int64), np.empty((3, 4))
    for k in range(4):
        change[k] = 0.0
        if opens[k] and k != TRANSFER:
            index[n] = k
            n += 1
    for i in range(n):
        for j in range(n):
            matrix[i, j] = slopes[index[i], index[j]]
        matrix[i, n] = -value[index[i]]
    for i in range(n):
        pivot = i
        for j in range(i + 1, n):
            if abs(matrix[j, i]) > abs(matrix[pivot, i]):
                pivot = j
        if not abs(matrix[pivot, i]) > 0.0:
            return False
        for j in range(i, n + 1):
            matrix[i, j], matrix[pivot, j] = matrix[pivot, j], matrix[i, j]
        for row in range(i + 1, n):
            factor = matrix[row, i] / matrix[i, i]
            for j in range(i, n + 1):
                matrix[row, j] -= factor * matrix[i, j]
    for i in range(n - 1, -1, -1):
        x = matrix[i, n]
        for j in range(i + 1, n):
            x -= matrix[i, j] * change[index[j]]
        change[index[i]] = x / matrix[i, i]
        if not abs(change[index[i]]) < np.inf:
            return False
    return True


@jit
def _size(m: Arrays, opens: NDArray[np.bool_], u: Array, terms: Array, value: Array) -> float:
    """Fill `value` (4,) with the conditions, bounds included; returns the largest of the open ones."""
    fill_residuals(m, u, terms, value)
    largest = 0.0
    for k in range(4):
        if opens[k]:
            if not abs(value[k]) < np.inf:
                return np.inf
            largest = max(largest, abs(value[k]))
    return largest


@jit
def _put(x: Array, into: Array) -> None:
    """Copy numbers of one array to the beginning of another."""
    for k in range(x.size):
        into[k] = x[k]


@jit
def _within(m: Arrays, u: Array) -> None:
    """Move unknowns to their bounds where they are beyond."""
    u[INTEREST] = max(u[INTEREST], -m.scalars[0].delta)
    u[QUOTA] = max(u[QUOTA], 0.0)


@jit
def _bound_rows(m: Arrays, opens: NDArray[np.bool_], u: Array, terms: Array, slopes: Array) -> None:
    """Derivatives of the transfer's condition in the transfer, and of conditions that a bound decides."""
    if opens[TRANSFER]:
        slopes[TRANSFER, TRANSFER] = -1.0 / max(terms[6], LEAST)
    for k, distance in ((INTEREST, u[INTEREST] + m.scalars[0].delta), (QUOTA, u[QUOTA])):
        if opens[k] and CORNER * distance < terms[k]:
            for other in range(4):
                slopes[k, other] = 0.0
            slopes[k, k] = CORNER


@jit
def _newton(
    ms: Stacked,
    first: int,
    last: int,
    g: Array,
    other: Array,
    opens: NDArray[np.bool_],
    target: float,
    known: NDArray[np.bool_],
    u: Array,
    slopes: Array,
    left: Array,
    counts: NDArray[np.int64],
) -> None:
    """Newton on dates first to last, each by itself.

    Args:
        ms: The economy by date.
        first: First date.
        last: Date after the last.
        g: Node masses (T, N, S, J).
        other: Receipts other than wedges, spreads and taxes on size (T,).
        opens: Which unknowns are sought (4,).
        target: Largest residual that is left.
        known: Whether slopes are good guesses (T,); set where they are taken.
        u: Unknowns to start from (T, 4); receives where Newton ends.
        slopes: Derivatives of the open conditions, bounds included (T, 4, 4); kept up to date. The transfer
            is kept up in derivatives by other unknowns.
        left: Receives the conditions, bounds included (T, 4).
        counts: Receives evaluations, added to what is there (T,).
    """
    points, terms, values = np.empty((3, 4)), np.empty((3, CONDITIONS)), np.empty((2, 4))
    change, gained = np.empty(4), np.empty(4)
    here, trial, near = 0, 1, 2
    room = _room(on_date(ms, first))
    for t in range(first, last):
        m, jac, mass = on_date(ms, t), slopes[t], g[t]
        _fix(m, mass, room.fixed)
        _put(u[t], points[here])
        _within(m, points[here])
        _evaluate(m, mass, other[t], opens[TRANSFER], points[here], room, terms[here])
        counts[t] += 1
        size = _size(m, opens, points[here], terms[here], values[here])
        anew, fresh, shrink = not known[t], False, 1.0
        for _ in range(TRIALS):
            if anew and size < np.inf:
                for k in range(4):
                    for row in range(4):
                        jac[row, k] = 0.0
                    if opens[k] and k != TRANSFER:
                        _put(points[here], points[near])
                        points[near, k] += NEAR
                        _evaluate(m, mass, other[t], False, points[near], room, terms[near])
                        counts[t] += 1
                        for row in range(4):
                            if opens[row]:
                                jac[row, k] = (terms[near, row] - terms[here, row]) / NEAR
                _bound_rows(m, opens, points[here], terms[here], jac)
                known[t], anew, fresh, shrink = True, False, True, 1.0
            if not target < size < np.inf:
                break
            if not _solve(jac, opens, values[here], change):
                if fresh:
                    break
                anew = True
                continue
            most = 1.0
            for k in range(4):
                most = max(most, abs(shrink * change[k]) / LIMITS[k])
            for k in range(4):
                points[trial, k] = points[here, k] + shrink * change[k] / most
            _within(m, points[trial])
            _evaluate(m, mass, other[t], opens[TRANSFER], points[trial], room, terms[trial])
            counts[t] += 1
            size_there = _size(m, opens, points[trial], terms[trial], values[trial])
            better, much = size_there < size, size_there < STALE * size
            if much:
                for k in range(4):
                    change[k] = points[trial, k] - points[here, k] if opens[k] else 0.0
                    gained[k] = values[trial, k] - values[here, k] if opens[k] else 0.0
                broyden.update(jac, change, gained)
            anew = not much and (better or not fresh) and min(size, size_there) > target
            if better:
                _put(points[trial], points[here])
                _put(terms[trial], terms[here])
                _put(values[trial], values[here])
                size, shrink, fresh = size_there, 1.0, False
            else:
                shrink *= 0.5
        _put(points[here], u[t])
        for k in range(4):
            left[t, k] = values[here, k] if opens[k] else 0.0


class _StoppedError(Exception):
    """A search ends without prices, with one of the status codes."""

    def __init__(self, status: int) -> None:
        super().__init__(REASONS[status])
        self.status = status


@jit
def _prices_on(ms: Stacked, t: int, u: Array) -> Prices:
    """Prices of date t from unknowns u (4,)."""
    return prices_of(on_date(ms, t), u)


def _at(
    ms: Stacked, date: int, g: Array, other: float, budgeted: bool, rows: Array
) -> tuple[Array, Array, Array, Array]:
    """What `_evaluate_all` finds, totals, transfers (K,), masses and wealth by status (2, S)."""
    terms, totals = np.empty((len(rows), CONDITIONS)), np.zeros((len(rows), ms.status.shape[1], TOTALS))
    fixed = _evaluate_all(ms, date, g, float(other), bool(budgeted), rows, terms, totals)
    return terms, totals, rows[:, 2], fixed


@dataclass
class _Dates:
    """What is given on all dates, as kernels take it."""

    ms: Stacked
    g: Array
    """Node masses (T, N, S, J)."""
    other: Array
    """Receipts other than wedges, spreads and taxes on size (T,), goods a year."""
    opens: NDArray[np.bool_]
    """Which unknowns are sought (4,)."""
    target: float
    """Largest residual that is left."""

    def evaluate(self, date: int, u: Array) -> Array:
        """Conditions (CONDITIONS,) of a date at u (4,), without bounds; the transfer moves to what the budget
        allows, if it is sought.
        """
        terms, _, transfers, _ = _at(
            self.ms, date, self.g[date], self.other[date], self.opens[TRANSFER], self._prices(date, u)
        )
        u[TRANSFER] = transfers[0]
        return terms[0]

    def _prices(self, date: int, u: Array) -> Array:
        return np.array([_prices_on(self.ms, date, u)])

    def newton(self, first: int, last: int, results: Results) -> None:
        """Newton on dates first to last."""
        _newton(self.ms, first, last, self.g, self.other, self.opens, self.target, *results)


class Results(NamedTuple):
    """What a search finds on all dates, changed in place."""

    known: NDArray[np.bool_]
    """Dates whose derivatives were taken (T,)."""
    u: Array
    """Unknowns (T, 4)."""
    slopes: Array
    """Derivatives of the open conditions in the open unknowns, bounds included; 0 for others (T, 4, 4)."""
    left: Array
    """Conditions, bounds included; 0 for those that are not sought (T, 4)."""
    counts: NDArray[np.int64]
    """Evaluations (T,)."""

    @classmethod
    def of(cls, u: Array) -> Results:
        """Before any search, with unknowns to start from."""
        dates = len(u)
        return cls(
            np.zeros(dates, dtype=bool),
            np.array(u, dtype=float, order="C"),
            np.zeros((dates, 4, 4)),
            np.zeros((dates, 4)),
            np.zeros(dates, dtype=np.int64),
        )

    def size(self, date: int) -> float:
        """Largest residual of a date; infinite if one is not a number."""
        largest = float(np.abs(self.left[date]).max())
        return largest if math.isfinite(largest) else math.inf


@dataclass
class _Search:
    """The search on one date, from unknowns u (4,), which it moves along."""

    dates: _Dates
    date: int
    u: Array
    left: int
    """Evaluations that are left."""
    slope: float = 0.0
    """Derivative of excess demand for labour where it cleared last; 0 if not known."""

    def run(self) -> int:
        """Move the unknowns to where markets clear; `CLEARED`, or why that was not found."""
        best = self.u.copy()
        try:
            self._quota()
        except _StoppedError as stopped:
            if stopped.status != TOO_MANY:
                self.u = best
            return stopped.status
        return CLEARED

    def at(self) -> Array:
        """Conditions (CONDITIONS,) at the unknowns, without bounds, the transfer moved to what the budget
        allows.
        """
        if self.left <= 0:
            raise _StoppedError(TOO_MANY)
        self.left -= 1
        terms = self.dates.evaluate(self.date, self.u)
        if not np.isfinite(terms[[WAGE, INTEREST, QUOTA]]).all():
            raise _StoppedError(NOT_FINITE)
        return terms

    def _wage(self, exact: float) -> Array:
        """Move the wage to where excess demand for labour is below `exact`, all else the same; conditions
        there.
        """
        terms = self.at()
        if not self.dates.opens[WAGE] or abs(terms[WAGE]) <= exact:
            return terms
        step = FIRST_STEPS[WAGE]
        if self.slope < 0.0:  # as steep as last time: a little beyond the root
            step = max(BEYOND * abs(terms[WAGE] / self.slope), 1e-14)
        bracket = Bracket(step, -FARTHEST[WAGE], FARTHEST[WAGE])
        best = terms, float(self.u[WAGE])
        while abs(terms[WAGE]) > exact:
            last = float(self.u[WAGE]), float(terms[WAGE])
            bracket.take(*last)
            x = bracket.next()
            if x is None:
                if not bracket.closed:
                    raise _StoppedError(NO_WAGE)
                self.u[WAGE] = best[1]
                return self.at()
            self.u[WAGE] = x
            terms = self.at()
            if abs(x - last[0]) > 1e-13:
                self.slope = (float(terms[WAGE]) - last[1]) / (x - last[0])
            if abs(terms[WAGE]) < abs(best[0][WAGE]):
                best = terms, x
        return terms

    def _interest(self) -> Array:
        """Move wage and interest to where labour and capital clear, capital idle at the bound; conditions
        there.
        """
        self.slope = 0.0
        if not self.dates.opens[INTEREST]:
            return self._wage(EXACT)
        lowest = -float(self.dates.ms.scalars["delta"][self.date, 0])
        bracket = Bracket(FIRST_STEPS[INTEREST], lowest, FARTHEST[INTEREST])
        self.u[INTEREST] = max(self.u[INTEREST], lowest)
        seen: list[tuple[float, float, Array]] = []  # excess, interest, unknowns
        narrow, exact = NARROW, ROUGH
        while True:
            terms, x = self._wage(exact), float(self.u[INTEREST])
            excess = -float(terms[INTEREST])
            if exact > EXACT and FINER * abs(excess) < exact:
                exact = max(FINER * min(exact, abs(excess)), EXACT)
                continue
            if abs(excess) <= WITHIN * self.dates.target or (x == lowest and excess <= 0.0):
                return terms
            seen.append((abs(excess), x, self.u.copy()))
            bracket.take(x, excess)
            after = bracket.next()
            if after is None:
                if math.isinf(bracket.high):
                    raise _StoppedError(NO_INTEREST)
                self.u[:] = min(seen, key=lambda point: point[0])[2]
                return self.at()
            if bracket.high - bracket.low < narrow:
                narrow *= NARROWER
                if (there := self._newton(min(seen, key=lambda point: point[0])[2])) is not None:
                    self.u[:] = there
                    return self.at()
            if len(seen) > 1:  # the wage goes on as it went
                (_, before, one), (_, _, other) = seen[-2:]
                change = (other[WAGE] - one[WAGE]) * (after - x) / (x - before)
                self.u[WAGE] += max(-LIMITS[WAGE], min(change, LIMITS[WAGE]))
            self.u[INTEREST] = after

    def _newton(self, u: Array) -> Array | None:
        """Newton on wage and interest from u (4,), the unknown of a quota as it is; None if that does not
        clear their markets.
        """
        opens = self.dates.opens.copy()
        opens[QUOTA] = False
        given = replace(self.dates, opens=opens, target=WITHIN * self.dates.target)
        tried = Results.of(np.zeros((len(self.dates.g), 4)))
        tried.u[self.date] = u
        given.newton(self.date, self.date + 1, tried)
        self.left -= int(tried.counts[self.date])
        return tried.u[self.date] if tried.size(self.date) <= given.target else None

    def _quota(self) -> None:
        """Move all unknowns to where markets clear and the quota is met."""
        if not self.dates.opens[QUOTA]:
            self._interest()
            return
        bracket = Bracket(FIRST_STEPS[QUOTA], 0.0, FARTHEST[QUOTA])
        best = None
        self.u[QUOTA] = max(self.u[QUOTA], 0.0)
        while True:
            x = float(self.u[QUOTA])
            excess = -float(self._given_quota()[QUOTA])
            if abs(excess) <= WITHIN * self.dates.target or (x == 0.0 and excess <= 0.0):
                return
            if best is None or abs(excess) < best[0]:
                best = abs(excess), self.u.copy()
            bracket.take(x, excess)
            after = bracket.next()
            if after is None:
                if math.isinf(bracket.high):
                    raise _StoppedError(NO_QUOTA)
                self.u[:] = best[1]
                return
            self.u[QUOTA] = after

    def _given_quota(self) -> Array:
        """Move wage and interest to where their markets clear at a given unknown of the quota, by Newton if
        that serves; conditions there.
        """
        there = self._newton(self.u)
        if there is None:
            return self._interest()
        self.u[:] = there
        return self.at()


def _settle(dates: _Dates, date: int, results: Results, hint: Array | None, most: int) -> int:
    """Clear one date on which Newton ended short: from `hint` (4,), unknowns of the date before, then by the
    search. Where like owners are indifferent on one date they mostly are on the next, at nearly the same
    prices. Returns how it ended.
    """
    best, best_size = results.u[date].copy(), results.size(date)
    if hint is not None:
        results.u[date, dates.opens] = hint[dates.opens]
        results.known[date] = False
        dates.newton(date, date + 1, results)
        if results.size(date) <= dates.target:
            return CLEARED
        if results.size(date) < best_size:
            best[:] = results.u[date]
    search = _Search(dates, date, best, most - int(results.counts[date]))
    status = search.run()
    results.u[date], results.known[date], results.counts[date] = search.u, False, most - search.left
    dates.newton(date, date + 1, results)
    if results.size(date) <= dates.target:
        return CLEARED
    return SHORT if status == CLEARED else status


CHUNK = 8
"""Dates that one thread does in a row. Results do not depend on the count of threads."""


def _clear(dates: _Dates, results: Results, most: int) -> NDArray[np.int64]:
    """Clear all dates; how each ended (T,)."""
    statuses = np.zeros(len(results.u), dtype=np.int64)

    def chunk(first: int) -> None:
        last = min(first + CHUNK, len(results.u))
        dates.newton(first, last, results)
        for date in range(first, last):
            if results.size(date) > dates.target:
                hint = results.u[date - 1] if date > first else None
                statuses[date] = _settle(dates, date, results, hint, most)

    side_by_side(chunk, range(0, len(results.u), CHUNK))
    return statuses


def _opens(active: Sequence[int]) -> NDArray[np.bool_]:
    """Which of the four unknowns are sought (4,), from their indices."""
    opens = np.zeros(4, dtype=bool)
    opens[list(active)] = True
    return opens


@dataclass
class Clearing:
    """The search on all dates of a path; remembers derivatives from one call to the next."""

    ms: Stacked
    active: list[int]
    results: Results
    statuses: NDArray[np.int64]
    """How the last search on each date ended (T,): `CLEARED` and the others."""

    @classmethod
    def of(cls, ms: Stacked, active: Sequence[int]) -> Clearing:
        """A search that knows no derivatives yet."""
        dates = len(ms.scalars)
        return cls(ms, list(active), Results.of(np.zeros((dates, 4))), np.zeros(dates, dtype=np.int64))

    @property
    def known(self) -> NDArray[np.bool_]:
        """Dates whose derivatives were taken (T,)."""
        return self.results.known

    @property
    def counts(self) -> NDArray[np.int64]:
        """Evaluations of the last search on each date (T,)."""
        return self.results.counts

    @property
    def slopes(self) -> Array:
        """Derivatives of the active conditions in the active unknowns, bounds included (T, n, n)."""
        index = np.array(self.active, dtype=np.int64)
        return self.results.slopes[:, index[:, None], index[None, :]]

    def within(self, u: Array) -> Array:
        """Unknowns (T, 4) that respect their bounds."""
        u = u.copy()
        u[:, INTEREST] = np.maximum(u[:, INTEREST], -self.ms.scalars["delta"][:, 0])
        u[:, QUOTA] = np.maximum(u[:, QUOTA], 0.0)
        return u

    def clear(self, g: Array, other: Array, u: Array, target: float, most: int = MOST) -> tuple[Array, Array]:
        """Unknowns (T, 4) that clear all dates, from `u`, and the active conditions that are left (T, n).

        Args:
            g: Node masses at which the markets of the steps clear (T, N, S, J).
            other: Receipts other than wedges, spreads and taxes on size (T,), goods a year.
            u: Unknowns to start from (T, 4).
            target: Largest residual that is left, where it can be reached.
            most: Most evaluations of a date.
        """
        dates = _Dates(
            self.ms,
            np.ascontiguousarray(g, dtype=float),
            np.ascontiguousarray(other, dtype=float),
            _opens(self.active),
            float(target),
        )
        self.results.u[:] = u
        self.results.counts[:] = 0
        self.statuses = _clear(dates, self.results, most)
        effort.spend(float(self.results.counts.sum()) * g[0].size, EVALUATION)
        return self.results.u.copy(), self.results.left[:, self.active]


class Cleared(NamedTuple):
    """Prices that clear the markets of given masses."""

    u: Array
    """Unknowns (4,)."""
    left: Array
    """The four conditions, bounds included, 0 for those that are not sought (4,)."""
    slopes: Array
    """Derivatives of the sought conditions in the sought unknowns, bounds included (n, n)."""
    evaluations: int
    status: int
    """`CLEARED`, or why the search ended (`REASONS`)."""


def clear_one(
    m: Arrays,
    g: Array,
    other: float,
    u: Array,
    active: Sequence[int],
    target: float,
    slopes: Array | None = None,
    most: int = MOST,
) -> Cleared:
    """Prices that clear the markets of one economy at node masses g (N, S, J).

    Args:
        m: The economy.
        g: Node masses.
        other: Receipts other than wedges, spreads and taxes on size, goods a year (`moved_receipts`).
        u: Unknowns to start from (4,); those that are not sought keep their values.
        active: Indices of those that are.
        target: Largest residual that is left.
        slopes: Guess of the derivatives (n, n).
        most: Most evaluations.
    """
    search = Clearing.of(always(m, 1), active)
    index = np.array(list(active), dtype=np.int64)
    if slopes is not None:
        search.results.slopes[0][index[:, None], index[None, :]] = slopes
        search.known[0] = True
    search.clear(np.asarray(g)[None], np.array([float(other)]), np.asarray(u)[None], target, most)
    results = search.results
    return Cleared(
        results.u[0], results.left[0], search.slopes[0], int(results.counts[0]), int(search.statuses[0])
    )


def excess(m: Arrays, g: Array, other: float, u: Array, active: Sequence[int]) -> tuple[Array, Array]:
    """Conditions at given unknowns: to show why nothing clears.

    Args:
        m: The economy.
        g: Node masses (N, S, J).
        other: Receipts other than wedges, spreads and taxes on size, goods a year.
        u: Unknowns (K, 4).
        active: Indices of those that are sought; the transfer is what the budget allows if it is among them.

    Returns:
        Unknowns (K, 4), and (K, CONDITIONS) the four conditions without bounds (labour: demand less supply,
        capital: supply less demand), labour and capital that firms use, and output.
    """
    u = np.array(u, dtype=float).reshape(-1, 4)
    rows = np.array([prices_of(m, row) for row in u])
    terms, _, u[:, TRANSFER], _ = _at(
        always(m, 1), 0, np.ascontiguousarray(g), other, TRANSFER in active, rows
    )
    return u, terms


def static_at(m: Arrays, prices: Prices, g: Array) -> Static:
    """`aggregates.static` without what each owner does."""
    rows = np.array([prices], dtype=float)
    _, totals, _, fixed = _at(always(m, 1), 0, np.ascontiguousarray(g), 0.0, False, rows)
    return from_totals(m, prices, totals[0].T.copy(), *fixed)
