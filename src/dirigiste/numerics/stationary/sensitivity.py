"""Derivatives of a stationary equilibrium in parameters, by the implicit function theorem (docs/method.md,
section 6).

An equilibrium solves H(V, u, theta) = 0 (values), F(f, V, u, theta) = 0 (masses) and C(f, V, u, theta) = 0
(markets, budget, quota) for values V, row masses f and open unknowns u. With theta moved,

    V' = -H_V^-1 (H_theta + H_u u')
    f' = -F_f^-1 (F_theta + F_u u' + F_V V')
    u' from C_theta + C_u u' + C_V V' + C_f f' = 0

H_V and F_f are the operators of the solution itself, already factored, so a parameter costs one linear system
of values and one of masses, and no solution. Derivatives of H, F and C in parameters and prices are symmetric
difference quotients of these formulas, not of solutions, over `STEP`; those in V and f follow from the same
evaluations at V and f moved along.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dirigiste.numerics.annual import stationary as annual
from dirigiste.numerics.annual import step as period_step
from dirigiste.numerics.annual.step import Period
from dirigiste.numerics.markets import aggregates
from dirigiste.numerics.markets.firm import Firms, Prices
from dirigiste.numerics.operators import blocks, direct, hjb, kfe
from dirigiste.numerics.operators.generator import Hazards
from dirigiste.numerics.operators.hjb import Values
from dirigiste.numerics.operators.kfe import Distribution
from dirigiste.numerics.operators.linear import dot
from dirigiste.numerics.operators.policy import Policy
from dirigiste.numerics.setup.arrays import Compiled
from dirigiste.numerics.stationary.point import (
    CORNER,
    INTEREST,
    QUOTA,
    Point,
    choices,
    residuals,
    unknowns,
    with_given,
)

Array = NDArray[np.float64]

STEP = 1e-7
"""Step of difference quotients over the size of what moves: far within the ramp of 1e-4 wages over which like
owners split, and far above rounding."""

EXACT = 1e-10
"""Relative residual of linear systems."""

STEPS = 200
"""Most steps of GMRES."""


CORRECTIONS = 10
"""Most rounds that take out what is left of derivatives."""

LEFT, LEFT_OF_VALUES, LEFT_OF_MASSES = 1e-8, 2e-4, 1e-5
"""What may be left: of derivatives of conditions, relative; of the value equation, in units of values; of
masses, in sum."""

ROUNDING = 3e-10
"""What rounding leaves of the value equation in units of values, over the width of the quotient; of masses it
leaves a five-hundredth of that."""

CORNER_WIDTH = 1e-5
"""Distance between both sides of a complementarity below which its corner counts as reached."""


class Movement(NamedTuple):
    """Derivatives in one parameter: unknowns (4,), values and row masses (N, S, J)."""

    u: Array
    v: Array
    f: Array


class Pair(NamedTuple):
    """The economy with a parameter a little lower and a little higher."""

    low: Compiled
    high: Compiled
    below: float
    """By how much it is lower; 0 where it cannot be, and derivatives are then those to the right."""
    above: float
    """By how much it is higher; 0 where it cannot be, and derivatives are then those to the left."""


class _Here(NamedTuple):
    """What follows from unknowns, values and masses by formulas alone, nothing being solved."""

    prices: Prices
    firms: Firms
    reach: Array
    policy: Policy
    hazards: Hazards
    residual: Array
    """Of the value equation (N, S, J)."""
    period: Period | None
    """In the annual clock, what happens in a period."""


class Response(NamedTuple):
    """Derivatives in a parameter, and the equilibrium at both ends of its pair to first order: points at
    which every number of a result can be evaluated.
    """

    movement: Movement
    low: Point
    high: Point


class _Tried(NamedTuple):
    """A movement that was tried, and what would correct it, as vectors; the norm of that."""

    movement: Array
    correction: Array
    size: float

    @classmethod
    def of(cls, movement: Array, correction: Array) -> _Tried:
        """Without BLAS, whose threads wait for each other on busy cores."""
        return cls(movement, correction, math.sqrt(dot(correction, correction)))


class _End(NamedTuple):
    """One end of a pair, and what its equations leave there."""

    point: Point
    residual: Array
    """Of the value equation (N, S, J)."""
    drift: Array
    """Of row masses (N, S, J)."""
    conditions: Array
    """The four conditions, bounds included."""


class Linearised:
    """A solved equilibrium with the linear operators of values and masses."""

    def __init__(self, compiled: Compiled, point: Point, *, many: bool = False) -> None:
        """Linearise; with `many` parameters to come, the operators are factored where that is cheap."""
        self.compiled, self.point = compiled, point
        self.open = list(unknowns(compiled))
        self.annual = compiled.layout.annual
        m, here = compiled.arrays, _evaluate(compiled, point.u, point.values.v)
        self.here = here
        policy, hazards = here.policy, here.hazards
        self.unit = np.ones_like(policy.scale)
        if not self.annual:
            self.back = hjb.operator(m, policy, hazards.gain, hazards.loss, m.rho, tangent=True)
            self.forth = kfe.prepare(m, policy, hazards.flow)
            self.unit *= hjb.unit(m, point.values.v, policy.scale)
            self.factors = None
            if many and not blocks.serve(m):
                self.factors = (
                    direct.Factors(m, self.back, self.unit, births=False),
                    direct.Factors(m, self.forth, np.ones_like(self.unit), births=True),
                )
        self.at_corner = _at_corner(compiled, point)
        same = Pair(compiled, compiled, STEP, STEP)
        self.by_unknown = []
        for index in self.open:
            away = np.zeros(4)
            away[index] = STEP
            self.by_unknown.append(self._partial(same, point.u - away, point.u + away))
        self.matrix = np.array([change for _, change in self.by_unknown]).reshape(-1, 4).T[self.open]

    def response(self, pair: Pair) -> Response:
        """Derivatives of the equilibrium in the parameter of a pair, and the equilibrium at both ends.

        At both ends all equations are evaluated again, along the way that everything moves together, and what
        is left of their derivatives is taken out. Where owners are indifferent a price alone changes much and
        unevenly, which together with all others it does not.
        """
        u, width = self.point.u, pair.below + pair.above
        low, high = with_given(pair.low, u), with_given(pair.high, u)
        partial, conditions = self._partial(pair, low, high)
        moved = (high - low) / width
        movement = self._together(moved, partial, -conditions[self.open])
        first, last = self._ends(pair, movement)
        tried: list[_Tried] = []
        for _ in range(CORRECTIONS):
            more = self._left(first, last, width, float(np.abs(conditions).max()))
            if more is None:
                break
            tried.append(_Tried.of(self._flat(movement), self._flat(more)))
            movement = self._unflat(_mixed(tried))
            first, last = self._ends(pair, movement)
        return Response(movement, first.point, last.point)

    def _flat(self, movement: Movement) -> Array:
        """A movement as one vector, values in their units."""
        return np.concatenate([movement.u, (movement.v / self.unit).ravel(), movement.f.ravel()])

    def _unflat(self, vector: Array) -> Movement:
        shape, size = self.unit.shape, self.unit.size
        u, v, f = vector[:4], vector[4 : 4 + size].reshape(shape), vector[4 + size :].reshape(shape)
        return Movement(u.copy(), v * self.unit, f.copy())

    def _ends(self, pair: Pair, movement: Movement) -> tuple[_End, _End]:
        return self._end(pair.low, -pair.below, movement), self._end(pair.high, pair.above, movement)

    def _left(self, first: _End, last: _End, width: float, size: float) -> Movement | None:
        """What takes out what is left of the derivatives of all equations between two ends; None if nothing
        is.
        """
        values, masses = (last.residual - first.residual) / width, (last.drift - first.drift) / width
        conditions = ((last.conditions - first.conditions) / width)[self.open]
        none = Movement(np.zeros(4), np.zeros_like(values), np.zeros_like(masses))
        rounding = ROUNDING / width
        off = np.abs(masses).sum() > max(LEFT_OF_MASSES, 2e-3 * rounding)
        if off or np.abs(values / self.unit).max() > max(LEFT_OF_VALUES, rounding):
            partial = Movement(none.u, self._values(values), self._balanced(masses))
            return self._together(none.u, partial, -conditions)
        if not self.open or np.abs(conditions).max() <= LEFT * max(1.0, size):
            return None
        return self._together(none.u, none, -conditions)

    def _balanced(self, drift: Array, classes: Array | float = 0.0) -> Array:
        """Change of row masses that takes out a drift, and moves the masses of closed classes as given."""
        m, f = self.compiled.arrays, self.point.distribution.f
        df = self._masses(drift)
        return df + f * ((classes - kfe.class_masses(m, df)) / m.class_mass)[m.class_of]

    def _together(self, moved: Array, partial: Movement, conditions: Array) -> Movement:
        """A movement with the open unknowns moved as well, so that conditions change as given."""
        if not self.open:
            return Movement(moved, partial.v, partial.f)
        change = np.linalg.lstsq(self.matrix, conditions, rcond=1e-14)[0]
        moved, v, f = moved.copy(), partial.v, partial.f
        moved[self.open] += change
        for x, (of_one, _) in zip(change, self.by_unknown, strict=True):
            v, f = v + x * of_one.v, f + x * of_one.f
        return Movement(moved, v, f)

    def _partial(self, pair: Pair, u_low: Array, u_high: Array) -> tuple[Movement, Array]:
        """Derivatives of values, masses and conditions (4,) between two economies at two vectors of unknowns,
        all unknowns but these held.
        """
        low, high, width = pair.low, pair.high, pair.below + pair.above
        v, f = self.point.values.v, self.point.distribution.f
        first, last = _evaluate(low, u_low, v), _evaluate(high, u_high, v)
        dv = self._values((last.residual - first.residual) / width)
        first, last = _evaluate(low, u_low, v - pair.below * dv), _evaluate(high, u_high, v + pair.above * dv)
        classes = (high.arrays.class_mass - low.arrays.class_mass) / width
        df = self._balanced((_drift(high, last, f) - _drift(low, first, f)) / width, classes)
        at_low = _conditions(low, first, u_low, f - pair.below * df)
        at_high = _conditions(high, last, u_high, f + pair.above * df)
        return Movement(np.zeros(4), dv, df), (at_high - at_low) / width

    def _values(self, rate: Array) -> Array:
        """-H_V^-1 `rate`."""
        m = self.compiled.arrays
        if self.annual:
            assert self.here.period is not None
            return annual.responses_of_values(m, self.here.period, rate, EXACT, STEPS)
        if self.factors is not None:
            return self.unit * self.factors[0].solve(-rate / self.unit)
        return hjb.solve_linear(m, self.back, -rate, EXACT, scale=self.unit, steps=STEPS)

    def _masses(self, drift: Array) -> Array:
        """-F_f^-1 `drift`."""
        m = self.compiled.arrays
        if self.annual:
            assert self.here.period is not None
            return annual.responses_of_masses(m, self.here.period, drift, EXACT, STEPS)
        if self.factors is not None:
            return self.factors[1].solve_transposed(drift)
        return kfe.forward_solve(m, self.forth, drift, EXACT, steps=STEPS)

    def _end(self, economy: Compiled, away: float, movement: Movement) -> _End:
        u = self.point.u + away * movement.u
        v = self.point.values.v + away * movement.v
        f = self.point.distribution.f + away * movement.f
        here = _evaluate(economy, u, v)
        point = _point(economy, here, u, v, f)
        conditions = residuals(economy.arrays, u, aggregates.raw(point.conditions))
        return _End(point, here.residual, _drift(economy, here, f), conditions)


def _mixed(tried: list[_Tried]) -> Array:
    """The next movement after those that were tried, each with its correction.

    Corrections are nearly linear in movements, but can grow where many owners are indifferent; then
    Anderson's mixing finds the combination of movements whose correction is least (Walker and Ni 2011).
    """
    here, more, _ = tried[-1]
    if max(one.size for one in tried) <= tried[0].size:
        return here + more
    moved = np.array([b.movement - a.movement for a, b in pairwise(tried)]).T
    changed = np.array([b.correction - a.correction for a, b in pairwise(tried)]).T
    share = np.linalg.lstsq(changed, more, rcond=1e-12)[0]
    return here + more - (moved + changed) @ share


def point_of(compiled: Compiled, u: Array, v: Array, f: Array) -> Point:
    """The point at unknowns (4,), values and row masses (N, S, J) that are known: nothing is solved."""
    return _point(compiled, _evaluate(compiled, u, v), u, v, f)


def _evaluate(compiled: Compiled, u: Array, v: Array) -> _Here:
    """Everything at unknowns u (4,) and values v that masses do not enter."""
    m = compiled.arrays
    prices, firms, reach = choices(m, u)
    if compiled.layout.annual:
        period = period_step.backward(m, prices, firms, reach, v)
        policy = annual.policy_of(m, period, v)
        residual = period.saving.value - v
        return _Here(prices, firms, reach, policy, period.turn.hazards, residual, period)
    policy, hazards, _ = hjb.evaluate(m, hjb.setting(m, firms, prices, reach), v)
    return _Here(prices, firms, reach, policy, hazards, policy.residual, None)


def _at_corner(compiled: Compiled, point: Point) -> bool:
    """Whether capital just begins to lie idle, or a quota to bind: any change then has two derivatives."""
    m, u, terms = compiled.arrays, point.u, aggregates.raw(point.conditions)
    sides = {INTEREST: u[INTEREST] + m.delta, QUOTA: u[QUOTA]}
    return any(
        index in unknowns(compiled) and abs(terms[index] - CORNER * distance) < CORNER_WIDTH
        for index, distance in sides.items()
    )


def _drift(compiled: Compiled, here: _Here, f: Array) -> Array:
    """How masses move at masses f: inflow less outflow a year, or change over a period."""
    if here.period is not None:
        return period_step.forward(compiled.arrays, here.period, f) - f
    return kfe.forward(compiled.arrays, here.policy, here.hazards.flow, f)


def _point(compiled: Compiled, here: _Here, u: Array, v: Array, f: Array) -> Point:
    """A point from what follows at given values and masses."""
    m = compiled.arrays
    if here.period is not None:
        g = f
        static, moves, conditions = annual.sums(m, here.prices, here.firms, here.period, g)
    else:
        g = kfe.node_masses(here.policy, f)
        static = aggregates.static(m, here.firms, here.prices, g)
        moves = aggregates.moves(m, g, here.hazards.flow)
        conditions = aggregates.conditions(m, here.prices, static, moves)
    values = Values(v, here.policy, here.hazards, 0.0, 0)
    distribution = Distribution(f, g, 0.0, 0)
    return Point(u, here.prices, here.firms, here.reach, values, distribution, static, moves, conditions)


def _conditions(compiled: Compiled, here: _Here, u: Array, f: Array) -> Array:
    """The four conditions, bounds included."""
    point = _point(compiled, here, u, np.zeros_like(f), f)
    return residuals(compiled.arrays, u, aggregates.raw(point.conditions))
