"""Prices one inside the other: the interest rate bracketed, at each trial of it the wage, at each trial of
that the transfer (docs/method.md, section 5).

Where owners hardly ever leave a status, its mass is the ratio of two small flows, and may change over within
a millionth of an interest rate: when it begins to pay for those who are stuck to save. Where like owners are
indifferent between running a firm and working as well, there are ramps in two prices at once, and neither
`P(u) - u` nor excess demand is smooth along any of them. But each market alone has one sign on each side of
its root, all inner markets cleared: brackets find it however steep. It is the search of `markets.clearing`,
with masses that follow from the prices.

Nobody may be left who runs firms, at prices at which all owners end up in statuses that run none. The few who
were left would want any capital, at a wage near 0: such a point counts as excess demand for capital.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dirigiste.numerics import effort
from dirigiste.numerics.bracket import Bracket
from dirigiste.numerics.markets import aggregates
from dirigiste.numerics.stationary import split
from dirigiste.numerics.stationary.point import INTEREST, TRANSFER, WAGE, Point

if TYPE_CHECKING:
    from dirigiste.numerics.stationary.equilibrium import _Search, _Trial

Array = NDArray[np.float64]

WORK = 8e8
"""Most work (`effort`) that goes into one such search, if that of the whole search (`_Search.work`) is not
less."""

SLOPES = {WAGE: -3.0, INTEREST: -20.0, TRANSFER: -1.0}
"""Derivatives of markets in their prices while none are known, of the size that they have away from ramps."""

LONGEST = {WAGE: 0.3, INTEREST: 0.01, TRANSFER: 1.0}
"""Longest step."""

FARTHEST = 6.0
"""How far from where it starts a bracket looks."""

EVALUATIONS = 60
"""Most trials of a bracket."""

ROUGH, FINER = 1e-3, 0.1
"""Largest residual of inner markets at first; its share of the residual of the outer one later."""

WITHIN, LEAST = 0.1, 1e-11
"""Share of the tolerance of markets at which a bracket ends, and the least that is asked of an inner one."""

NOBODY = 1e-6
"""Mass of those who may run a firm below which nobody does."""

NEAR = 1e-3
"""Excess demand of inner markets by which the first step of an outer price may move them, if it moves them as
their own prices do: on a steep part they should still be on it."""

FAR = 0.1
"""Largest change of an inner price that is foreseen along an outer one."""

NARROW, ENOUGH = 1e-14, 0.05
"""Width of a bracket at which a market that does not clear in it is taken to jump, and the share of the
tolerance to which it is enough that it clears there."""

EXACT = (1e-10, 3e-13)
"""Residuals to which values and distribution are solved."""

ACCEPTED = 1e-8
"""Largest residual of values at which conditions mean something."""


class _EmptyError(Exception):
    """Nobody is in a status that may run a firm."""


class _EndedError(Exception):
    """No work is left, or something is not a number."""


class Levels:
    """The search, from a trial of `_Search`."""

    def __init__(self, search: _Search, now: _Trial) -> None:
        self.search, self.point = search, now.point
        self.order = [index for index in (INTEREST, TRANSFER, WAGE) if index in search.active]
        self.slopes = dict(SLOPES)
        self.end = min(effort.spent() + min(WORK, search.work), search.limit)
        self.may = np.array([status["operates"] > 0.0 for status in search.m.status])
        self.mixed: tuple[Point, str] | None = None
        """The last point whose owners split between two policies, and who they are."""

    def run(self) -> _Trial | None:
        """The trial at prices that clear all markets; None where that was not found."""
        search = self.search
        u = self.point.u.copy()
        try:
            self._clear(0, u, WITHIN * search.target)
        except (_EmptyError, _EndedError):
            return None
        point = self.point
        if self.mixed and self.mixed[0] is point:
            return search.with_split(*self.mixed)
        return search.at(point.u, point.u, point.values.v, point.distribution.f, 0.0)

    def _conditions(self, u: Array) -> Array:
        """Excess demand for labour and for capital, and receipts less transfer (4,) at unknowns u (4,), each
        falling in its price.
        """
        search, last = self.search, self.point
        if effort.spent() > self.end:
            raise _EndedError
        point = search.evaluated(u.copy(), u, last.values.v, last.distribution.f, *EXACT)
        terms = aggregates.raw(point.conditions)
        search.note(float(np.abs(terms[search.active]).max()))
        if not np.isfinite(terms).all() or not point.values.residual <= ACCEPTED:
            raise _EndedError
        self.point = point
        if point.distribution.g[:, self.may].sum() < NOBODY:
            raise _EmptyError
        return _falling(terms)

    def _clear(self, level: int, u: Array, exact: float) -> Array:
        """Move u (4,) in place to where the market of this level and those within it clear to `exact`; the
        conditions there.
        """
        if level == len(self.order):
            return self._conditions(u)
        index, inside = self.order[level], self.order[level + 1 :]
        lowest = -self.search.m.delta if index == INTEREST else float(u[index]) - FARTHEST
        bracket = Bracket(0.1 * LONGEST[index], lowest, float(u[index]) + FARTHEST, patience=1)
        inner, seen = max(ROUGH, exact), list[_Seen]()
        sides: dict[bool, tuple[float, Point]] = {}  # nearest to the root, by whether demand exceeds supply
        for _ in range(EVALUATIONS):
            x, value = float(u[index]), 1.0
            try:
                terms = self._clear(level + 1, u, inner)
                value = float(terms[index])
                if inside and inner > LEAST and FINER * abs(value) < inner:
                    inner = max(FINER * min(inner, abs(value)), LEAST)
                    continue
                seen.append(_Seen(x, value, u.copy()))
                if (nearest := sides.get(value > 0.0)) is None or (x > nearest[0]) == (value > 0.0):
                    sides[value > 0.0] = x, self.point
                self._note_slope(index, seen)
                if abs(value) <= exact or (index == INTEREST and x <= lowest and value <= 0.0):
                    return terms
            except _EmptyError:
                if index != INTEREST:
                    raise
            if seen and not bracket.closed and self.slopes[index] < 0.0:
                bracket.step = max(abs(value / self.slopes[index]), 1e-13)
            bracket.take(x, value)
            bracket.step = min(bracket.step, LONGEST[index])
            if inside and len(seen) == 1:  # how inner prices move with this one is not known yet
                steepest = max(abs(self.slopes[i]) for i in inside)
                bracket.step = min(bracket.step, NEAR / steepest) if steepest > 0.0 else bracket.step
            after = bracket.next()
            narrow = after is None or bracket.high - bracket.low < NARROW
            if narrow and min((abs(one.value) for one in seen), default=0.0) > ENOUGH * self.search.target:
                terms = self._split(index, sides)
                if terms is not None:
                    u[:] = self.point.u
                    return terms
            if after is None or narrow:
                break
            if seen:
                u[inside] = _between(seen, after)[inside]
            u[index] = after
        if not seen:
            raise _EmptyError
        u[:] = min(seen, key=lambda one: abs(one.value)).u
        return self._clear(level + 1, u, inner)  # as `point` may be that of another trial

    def _split(self, index: int, sides: dict[bool, tuple[float, Point]]) -> Array | None:
        """The conditions where owners split between what they do on both sides of a price, so that its market
        clears; None where this does not make it clear.
        """
        if len(sides) < 2:
            return None
        compiled, (_, below), (_, above) = self.search.compiled, sides[True], sides[False]
        point = split.between(compiled, below, above, index)
        if point is None:
            return None
        self.point = point
        self.mixed = point, split.who_splits(compiled, below, above)
        return _falling(aggregates.raw(point.conditions))

    def _note_slope(self, index: int, seen: list[_Seen]) -> None:
        """Take down the derivative of a market in its price between the last two trials."""
        if len(seen) > 1 and seen[-1].x != seen[-2].x:
            self.slopes[index] = (seen[-1].value - seen[-2].value) / (seen[-1].x - seen[-2].x)
        elif index == TRANSFER:
            self.slopes[index] = -1.0 / max(float(self.point.static.output.sum()), aggregates.LEAST)


class _Seen(NamedTuple):
    """A trial of a bracket: its price, the excess demand, and all unknowns (4,), the inner ones cleared."""

    x: float
    value: float
    u: Array


def _falling(terms: Array) -> Array:
    """Conditions (4,) with signs with which each falls in its price."""
    terms = terms.copy()
    terms[INTEREST] = -terms[INTEREST]
    return terms


def _between(seen: list[_Seen], x: float) -> Array:
    """Unknowns (4,) on the line through the two trials nearest to price x."""
    near = sorted(seen, key=lambda one: abs(one.x - x))
    if len(near) == 1 or near[0].x == near[1].x:
        return near[0].u
    share = (x - near[0].x) / (near[1].x - near[0].x)
    return near[0].u + np.clip(share * (near[1].u - near[0].u), -FAR, FAR)


def solve(search: _Search, now: _Trial) -> _Trial | None:
    """The trial at prices that clear all markets, from trial `now`; None where that was not found."""
    return Levels(search, now).run()
