"""Fixed points of the two steps at given prices, and how they respond to prices (docs/annual-clock.md).

Values solve T(V) = V, T one period backwards. A round adds the solution of (1 - beta P) x = T(V) - V to V,
Howard's policy evaluation; where that brings no improvement for some rounds, it takes T(V). The residuals of
a few owners near a new threshold can rise in a round in which all others fall, so a round counts as an
improvement by the largest or by the mean residual. Near the end rounds are combined (Anderson). Masses solve
F(g) = g, by defect correction.

Linear systems (1 - F) x = b are solved by GMRES on 1 - F^k, where (1 - F^k) y = b and x = (1 + F + ... +
F^(k-1)) y: applying F some times is cheaper than one more vector to orthogonalise.

**Stopping rules**, in the units of the continuous clock: T(V) - V over a period's utility weight, over u_c c,
is at most the tolerance of values (logs of consumption); the sum of |F(g) - g| per year is at most that of
masses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dirigiste.numerics.annual import step, turn
from dirigiste.numerics.annual.anderson import Anderson
from dirigiste.numerics.annual.step import Period
from dirigiste.numerics.compiled.programs import jit
from dirigiste.numerics.markets import aggregates
from dirigiste.numerics.markets.aggregates import Conditions, Moves, Static
from dirigiste.numerics.markets.firm import Firms, Prices
from dirigiste.numerics.operators import linear
from dirigiste.numerics.operators.hjb import Values
from dirigiste.numerics.operators.kfe import Distribution, class_masses, to_class_masses
from dirigiste.numerics.operators.policy import Policy
from dirigiste.numerics.setup.arrays import Arrays
from dirigiste.numerics.setup.preferences import slope_of
from dirigiste.numerics.setup.unknowns import NUDGE
from dirigiste.numerics.stationary.point import Point, choices

Array = NDArray[np.float64]

SPAN_VALUES, SPAN_MASSES = 6.0, 12.0
"""Years that one Krylov step covers."""

PATIENCE = 150
"""Rounds without halving the residual of values after which the iteration ends."""

NEAR = 1e-4
MIXED = 4
"""Below the mean residual `NEAR`, `MIXED` rounds of values are combined (Anderson 1965): the saving of the
endogenous grid is not exactly the best one on the cubic, and the policy of an owner at a threshold can
alternate from round to round."""

RESPONSE = 1e-4
"""Relative accuracy of responses."""


class Annual(NamedTuple):
    """Values at the beginning of a period, what happens in it, the relative residual, rounds."""

    v: Array
    period: Period
    residual: float
    rounds: int


def error(m: Arrays, period: Period, v: Array) -> Array:
    """T(V) - V in logs of consumption a year, (N, S, J)."""
    return (period.saving.value - v) / (turn.weight(m) * _scale(m, period.saving.consumption))


@jit
def _scale(m: Arrays, consumption: Array) -> Array:
    """u_c c, (N, S, J)."""
    N, S, J = consumption.shape
    sigma, out = m.scalars[0].sigma, np.ones((N, S, J))
    if sigma != 1.0:
        for n in range(N):
            for s in range(S):
                for j in range(J):
                    c = max(consumption[n, s, j], 1e-300)
                    out[n, s, j] = slope_of(c, sigma, m.status[s].amenity) * c
    return out


def _summed(later: Callable[[Array, int], Array], power: int, rhs: Array, rtol: float, steps: int) -> Array:
    """X with (1 - F) x = rhs, for `later(x, k)` = F^k x, where a Krylov step is F^power."""
    total = last = linear.gmres(lambda y: -later(y, power), lambda y: y, rhs, rtol=rtol, steps=steps).x
    for _ in range(power - 1):
        last = later(last, 1)
        total = total + last
    return total


def responses_of_values(m: Arrays, period: Period, miss: Array, rtol: float, steps: int) -> Array:
    """X with (1 - beta P) x = miss."""
    power = max(round(SPAN_VALUES / m.period), 1)
    return _summed(lambda x, k: step.tangent(m, period, x, k), power, miss, rtol, steps)


def solve_values(
    m: Arrays,
    prices: Prices,
    firms: Firms,
    reach: Array,
    start: Array,
    tolerance: float,
    rounds: int = 600,
) -> Annual:
    """Values at which T(V) = V, from values `start` (N, S, J)."""

    def at(v: Array) -> tuple[Period, Array]:
        period = step.backward(m, prices, firms, reach, v)
        size = np.abs(error(m, period, v))
        return period, np.array([size.max(), size.mean()])

    log_utility, shift, mixer = m.sigma == 1.0, m.shift, Anderson(MIXED)
    v = np.ascontiguousarray(start)
    period, size = at(v)
    best, waited, k = size, 0, 0
    while size[0] > tolerance and k < rounds and waited < PATIENCE and np.isfinite(size[0]):
        plain, before, gains = period.saving.value, v, False
        if waited < 4:
            change = responses_of_values(m, period, plain - v, 3e-2, 8)
            v = v + (mixer.step(v, change) if size[1] < NEAR else change)
            if not log_utility:  # values keep their sign
                v = np.where((v + shift) * (before + shift) > 0, v, plain)
            period, size = at(v)
            gains = (size < 2.0 * best).any()
        if not gains:
            v = plain
            period, size = at(v)
        waited = 0 if (size < 0.5 * best).any() else waited + 1
        best, k = np.minimum(best, size), k + 1
    return Annual(v, period, float(size[0]), k)


def responses_of_masses(m: Arrays, period: Period, defect: Array, rtol: float, steps: int) -> Array:
    """X with (1 - F) x = defect, whose classes sum to 0."""
    power = max(round(SPAN_MASSES / m.period), 1)
    return _summed(lambda g, k: step.forward(m, period, g, k), power, defect, rtol, steps)


def solve_masses(m: Arrays, period: Period, start: Array, tolerance: float, rounds: int = 25) -> Distribution:
    """Masses at which F(g) = g, from masses `start` (N, S, J) with the right class masses."""

    def defect(g: Array) -> tuple[Array, float]:
        change = step.forward(m, period, g) - g
        return change, float(np.abs(change).sum()) / m.period

    g, k = to_class_masses(m, start), 0
    change, residual = defect(g)
    while residual > tolerance and k < rounds and np.isfinite(residual):
        rtol = min(max(0.1 * tolerance / residual, 1e-10), 1e-3)
        g = to_class_masses(m, g + responses_of_masses(m, period, change, rtol, 40))
        change, residual = defect(g)
        k += 1
    return Distribution(g, g, residual, k)


def sums(
    m: Arrays, prices: Prices, firms: Firms, period: Period, g: Array
) -> tuple[Static, Moves, Conditions]:
    """Sums and conditions of a period at masses g (N, S, J)."""
    static = aggregates.static(m, firms, prices, g)
    moved = aggregates.moves(m, step.at_turn(m, period.saving, g), period.turn.hazards.flow)
    return static, moved, aggregates.conditions(m, prices, static, moved)


def policy_of(m: Arrays, period: Period, v: Array) -> Policy:
    """A period as a `Policy` of the continuous clock: saving per year as drift over gaps of wealth."""
    saving = period.saving
    gap = np.diff(m.wealth)[:, None, None]
    drift = ((saving.share * saving.wealth).sum(axis=0) - m.wealth[:, None, None]) / m.period
    none = np.zeros_like(v)
    return Policy(
        ahead=none,
        behind=none,
        speed_right=np.maximum(drift, 0.0) / np.concatenate([gap, gap[-1:]]),
        speed_left=np.maximum(-drift, 0.0) / np.concatenate([gap[:1], gap]),
        tangent_right=none,
        tangent_left=none,
        right=(drift > 0).astype(float),
        left=(drift < 0).astype(float),
        consumption=saving.consumption,
        residual=(saving.value - v) / turn.weight(m),
        scale=_scale(m, saving.consumption),
    )


def evaluate(
    m: Arrays, u: Array, v: Array, g: Array, value_tol: float, mass_tol: float, near: Array | None = None
) -> Point:
    """Solve values and masses at unknowns u (4,) from starts v and g (N, S, J); `near` as in
    `point.choices`.
    """
    prices, firms, reach = choices(m, u, near)
    solved = solve_values(m, prices, firms, reach, v, value_tol)
    masses = solve_masses(m, solved.period, g, mass_tol)
    policy = policy_of(m, solved.period, solved.v)
    values = Values(solved.v, policy, solved.period.turn.hazards, solved.residual, solved.rounds)
    return Point(u, prices, firms, reach, values, masses, *sums(m, prices, firms, solved.period, masses.g))


def respond(
    m: Arrays, point: Point, near: Array | None, active: tuple[int, ...]
) -> tuple[Array, Array, list[Array], list[Moves]]:
    """Responses to the active unknowns (implicit function theorem, on difference quotients of the two steps):
    of values and masses (n, N, S, J), and masses and flows along arcs with each unknown raised by `NUDGE`.
    Those whom enforcement by size reaches run a firm at `near`, or at the unknowns themselves (None).
    """
    v, g = point.values.v, point.distribution.g

    def at(u: Array, v: Array) -> Period:
        prices, firms, reach = choices(m, u, u if near is None else near)
        return step.backward(m, prices, firms, reach, v)

    period = at(point.u, v)
    still = step.forward(m, period, g)
    dvs, dgs, masses, flows = [], [], [], []
    for index in active:
        u = point.u.copy()
        u[index] += NUDGE
        rate = (at(u, v).saving.value - period.saving.value) / NUDGE
        dv = responses_of_values(m, period, rate, RESPONSE, 40)
        moved = at(u, v + NUDGE * dv)
        dg = responses_of_masses(m, period, (step.forward(m, moved, g) - still) / NUDGE, RESPONSE, 40)
        dg -= g * (class_masses(m, dg) / m.class_mass)[m.class_of]
        there = g + NUDGE * dg
        dvs.append(dv)
        dgs.append(dg)
        masses.append(there)
        flows.append(aggregates.moves(m, step.at_turn(m, moved.saving, there), moved.turn.hazards.flow))
    none = np.zeros((0, *v.shape))
    return np.stack(dvs) if dvs else none, np.stack(dgs) if dgs else none, masses, flows
