"""What future profits of firms are worth: the present value of profits to come, in a stationary state and
along a path (docs/method.md, section 15).

The claim m on the profits of an owner's firm follows the owner through all that may happen, at the rates that
owners expect, and ends where the owner leaves the country. In a stationary state it solves

    (r - g) m = share * profit + A m,    A the generator of owners at perceived rates                   (21)

with the operators of values; along a path it goes backwards in the steps of values (equation (13)) with r - g
in the place of rho and profits in the place of utility. Both agree: the stationary claim stays where it is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dirigiste.numerics.compiled.programs import jit
from dirigiste.numerics.operators import hjb, linear
from dirigiste.numerics.operators.generator import exits
from dirigiste.numerics.setup.arrays import Arrays
from dirigiste.numerics.setup.timed import Stacked, on_date
from dirigiste.numerics.setup.unknowns import prices_of
from dirigiste.numerics.stationary.point import Point
from dirigiste.numerics.transition import steps
from dirigiste.numerics.transition.steps import BETA, GAMMA, STAGES, SWEEPS, Decisions

Array = NDArray[np.float64]

ACCURACY = 1e-9
"""Accuracy of the linear system of stationary claims, relative."""

ENOUGH = 1e-7
"""Change of claims, over the largest, at which the sweeps of a stage end."""

MANY = 200
"""Most steps of GMRES for stationary claims."""

SHARE, PROFIT = 0, 6
"""Rows of the room of firms, as `Firms` has its fields."""


def stationary(m: Arrays, point: Point) -> Array:
    """Claims on profits in a stationary state, (N, S, J) goods; nan where interest is not above growth, so
    that profits without end have no finite value.
    """
    discount = float(point.prices.interest) - float(m.growth)
    if not discount > 0.0:
        return np.full(np.asarray(point.firms.share).shape, np.nan)
    hazards, policy = point.values.hazards, point.values.policy
    rate = np.ascontiguousarray(np.where(m.choice[:, None] == 1, hazards.flow, hazards.gain))
    op = hjb.operator(m, policy, rate, rate, discount, tangent=False)
    profit = np.asarray(point.firms.share) * np.asarray(point.firms.profit)
    weighed = np.empty_like(profit)
    _weighed(policy.ahead, policy.behind, np.ascontiguousarray(profit), weighed)
    return hjb.solve_linear(m, op, weighed, ACCURACY, steps=MANY)


def by_status(claims: Array, share: Array, g: Array) -> Array:
    """Claims on firms that are run, summed over owners by status (S,); masses g (N, S, J)."""
    return (g * share * claims).sum(axis=(0, 2))


def along(
    ms: Stacked, u: Array, lengths: Array, decisions: Decisions, masses: Array, end: Array
) -> tuple[Array, Array]:
    """Claims along a path, summed over owners by status in every step (T, S), and claims where it begins
    (N, S, J).

    Args:
        ms: The economy on all dates.
        u: Unknowns that clear markets (T, 4).
        lengths: Years of each step (T,).
        decisions: What moves owners in the stages of every step.
        masses: Node masses over which sums of a step are taken (T, N, S, J).
        end: Claims at the end (N, S, J).
    """
    worth, claims = np.zeros((lengths.size, end.shape[1])), np.array(end)
    sized = bool(np.any(ms.arcs["size_of"]))
    _backwards(ms, u, sized, lengths, decisions, masses, claims, worth)
    return worth, claims


@jit
def _weighed(ahead: Array, behind: Array, x: Array, out: Array) -> None:
    """M x into out, both (N, S, J)."""
    N, S, J = x.shape
    for n in range(N):
        up, down = min(n + 1, N - 1), max(n - 1, 0)
        for s in range(S):
            for j in range(J):
                here = x[n, s, j]
                more = ahead[n, s, j] * (x[up, s, j] - here) + behind[n, s, j] * (x[down, s, j] - here)
                out[n, s, j] = here + more


@jit
def _rates(m: Arrays, reach: Array, flow: Array, rate: Array) -> None:
    """Rates (N, E, J) at which owners expect to move: perceived ones, and for choices those at which they
    choose to.
    """
    N, E, J = rate.shape
    for n in range(N):
        for e in range(E):
            if m.arcs[e].choice:
                for j in range(J):
                    rate[n, e, j] = flow[n, e, j]
            else:
                perceived = m.arcs[e].perceived
                for j in range(J):
                    rate[n, e, j] = perceived * reach[n, e, j]


@jit
def _backwards(
    ms: Stacked,
    u: Array,
    sized: bool,
    lengths: Array,
    decisions: Decisions,
    masses: Array,
    claims: Array,
    worth: Array,
) -> None:
    """Claims of all steps backwards, from those at the end in `claims` to those at the beginning."""
    N, S, J = claims.shape
    x = steps.scratch(on_date(ms, 0))
    firms, income = np.empty((9, N, S, J)), np.empty((N, S, J))
    reach = np.empty((N, decisions.flow.shape[3], J))
    rate = np.empty_like(reach)
    later, from_, now = np.empty((N, S, J)), np.empty((N, S, J)), np.empty((N, S, J))
    for t in range(lengths.size - 1, -1, -1):
        m = on_date(ms, t)
        steps.setting(m, u[t], u[t], sized, firms, income, reach)
        discount = prices_of(m, u[t]).interest - m.scalars[0].growth
        length = GAMMA * lengths[t]
        later[:] = claims
        now[:] = claims
        for k in range(STAGES):
            ahead, behind = decisions.ahead[t, k], decisions.behind[t, k]
            right, left = decisions.right[t, k], decisions.left[t, k]
            _rates(m, reach, decisions.flow[t, k], rate)
            exits(m, rate, discount + 1.0 / length, x.exits)
            linear.factor(ahead, behind, right, left, x.exits, x.pivot, x.upper, x.lower)
            op = linear.Operator(ahead, behind, right, left, x.exits, rate, x.pivot, x.upper, x.lower)
            for n in range(N):
                for s in range(S):
                    for j in range(J):
                        begin = later[n, s, j]
                        if k == 1:
                            begin += BETA * (now[n, s, j] - begin)
                        earned = firms[SHARE, n, s, j] * firms[PROFIT, n, s, j]
                        from_[n, s, j] = begin / length + earned
            _weighed(ahead, behind, from_, x.rest)
            largest = np.abs(from_).max() * length
            for _ in range(SWEEPS):
                if not (linear.sweep(m, op, bool(0), x.rest, now) > ENOUGH * largest):
                    break
        claims[:] = now
        for n in range(N):
            for s in range(S):
                for j in range(J):
                    here = masses[t, n, s, j] * firms[SHARE, n, s, j]
                    worth[t, s] += here * 0.5 * (now[n, s, j] + later[n, s, j])
