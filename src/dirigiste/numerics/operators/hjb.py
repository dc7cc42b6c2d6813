"""The value function: the Hamilton-Jacobi-Bellman equation solved on the wealth grid (docs/method.md,
section 4).

Newton's method on the nodal values: by the envelope theorem the derivative of the residual (`policy`) is the
row-weighted generator, so a round is one linear system (`linear`). Where rounds stop gaining, implicit steps
in pseudo-time, whose length grows as the residual falls, go on from the best values so far (pseudo-transient
continuation: Kelley and Keyes 1998). **Stopping rule:** the residual of each row over u_c c, that is in logs
of consumption a year, is below the tolerance everywhere.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dirigiste.numerics import effort
from dirigiste.numerics.compiled.programs import jit
from dirigiste.numerics.markets.firm import Firms, Prices
from dirigiste.numerics.operators import blocks, direct, linear
from dirigiste.numerics.operators.generator import Hazards, exits, fastest, hazards, rest
from dirigiste.numerics.operators.linear import Operator
from dirigiste.numerics.operators.policy import Policy, decide
from dirigiste.numerics.setup.abroad import abroad_value
from dirigiste.numerics.setup.arrays import UPWIND, Arrays
from dirigiste.numerics.setup.preferences import consumption_of, slope_of, utility

Array = NDArray[np.float64]

SWEEP_ABOVE = 1.0
SWEEPS = 5
"""Each of the first `SWEEPS` rounds of Newton is followed by a pass over the nodes if the residual is above
`SWEEP_ABOVE`, as it is only after a cold start."""

ROUNDING = 1e-9
"""Below this a round that does not halve the residual has reached rounding errors (values over the smallest
gap)."""

PATIENCE = 8
"""Rounds in a row that do not halve the residual before steps in pseudo-time replace Newton's."""

ASTRAY = 1e6
"""Residual, over the least one on the way, at which rounds of Newton have gone astray for good."""

PLAIN = 1e-6
"""Accuracy of values by plain upwinding where they are only the start of the search."""

GUESS_SWEEPS = 100

LEAST_FACTOR = 1e-3
"""With sigma other than 1 all values have one sign; a round shrinks a value to this share of it at most,
since the difference of two nearly equal numbers is not more accurate than that."""

LINEAR = 0.03
"""Once values are within `ROUGHLY`, linear systems are solved to this times the factor by which the residual
has yet to fall, between `LEAST_LINEAR` and `ROUGH_LINEAR`."""

ROUGHLY, ROUGH_LINEAR, LEAST_LINEAR = 1e-3, 1e-3, 1e-5
"""Residual, and accuracy of linear systems above it; the highest accuracy that is asked for."""

MISSED = 30.0
"""Factor by which GMRES may miss its tolerance before linear systems are solved directly."""

LEAST_UNIT = 1e-6
"""Units of values are at least this times u_c c."""

FIRST_STEP = 1.0
"""Years of the first step in pseudo-time."""


DECISIONS = 2.0
"""Visits of a state (`effort`) that deciding there is worth."""


class Values(NamedTuple):
    """A solved HJB: values (N, S, J), policy, hazards, largest residual in logs of consumption, rounds."""

    v: Array
    policy: Policy
    hazards: Hazards
    residual: float
    rounds: int


class Setting(NamedTuple):
    """What owners take as given: income net of what growth takes (N, S, J), goods a year; reach of
    enforcement (N, E, J); value of life abroad (E, N); bounds of rates (S, J).
    """

    income: Array
    reach: Array
    abroad: Array
    fastest: Array


def setting(m: Arrays, f: Firms, prices: Prices, reach: Array) -> Setting:
    """What owners take as given at prices."""
    return Setting(income(m, f, prices), reach, abroad_value(m), fastest(m))


def income(m: Arrays, f: Firms, prices: Prices) -> Array:
    """Income net of what growth takes: (r - g) a + y + T, (N, S, J), goods a year."""
    return (prices.interest - m.growth) * m.wealth[:, None, None] + f.income + prices.transfer


def evaluate(m: Arrays, given: Setting, v: Array) -> tuple[Policy, Hazards, float]:
    """Policy, hazards and the largest residual (logs of consumption a year) at values v (N, S, J)."""
    effort.spend(v.size, DECISIONS + (blocks.VISITS * v.shape[2] if blocks.serve(m) else 0.0))
    h = hazards(m, v, given.reach, given.abroad)
    r = np.empty_like(v)
    rest(m, v, h.worth, r)
    policy, worst = policy_of(m, given, v, r)
    return policy, h, worst if policy.scale.max() < np.inf else np.nan  # values out of range


def policy_of(m: Arrays, given: Setting, v: Array, r: Array) -> tuple[Policy, float]:
    """Policy and largest residual at values v and R (N, S, J)."""
    N = v.shape[0]
    policy = Policy(*(np.empty(v.shape) for _ in Policy._fields))
    flat = (x.reshape(N, -1) for x in (v, given.income, r, *policy))
    return policy, decide(m, given.fastest.reshape(-1), *flat)


def operator(m: Arrays, d: Policy, rate: Array, loss: Array, discount: float, *, tangent: bool) -> Operator:
    """The operator M (discount + losses - arrivals) - D at a policy, with its factors.

    Args:
        m: The economy.
        d: The policy.
        rate: Rates of arcs (N, E, J) at which owners arrive.
        loss: Rates of arcs (N, E, J) at which they leave.
        discount: Added to the rates at which states are left, per year.
        tangent: Take D as the derivative of the residual has it, else as drift over gap.
    """
    right, left = (d.tangent_right, d.tangent_left) if tangent else (d.speed_right, d.speed_left)
    leave, pivot, upper, lower = (np.empty(d.ahead.shape) for _ in range(4))
    exits(m, loss, discount, leave)
    linear.factor(d.ahead, d.behind, right, left, leave, pivot, upper, lower)
    return Operator(d.ahead, d.behind, right, left, leave, rate, pivot, upper, lower)


def solve_linear(
    m: Arrays,
    op: Operator,
    rhs: Array,
    rtol: float,
    *,
    scale: Array | float = 1.0,
    births: bool = False,
    steps: int = 60,
) -> Array:
    """Solve A x = rhs for values x (N, S, J).

    Rows are measured in units of `scale` (N, S, J): with curved utility those of rich and poor owners differ
    by many powers of ten.
    """
    coupled = blocks.factor(m, op) if blocks.serve(m) else None
    apart = blocks.without_mixing(m) if coupled else m

    scaled = isinstance(scale, np.ndarray)

    def product(y: Array, x: Array, out: Array) -> None:
        row = y * scale if scaled else y
        x[:] = 0.0
        if coupled:
            effort.spend(y.size, blocks.VISITS * y.shape[2])
            blocks.sweep(apart, op, coupled, births, row, x)
        else:
            linear.sweep(m, op, births, row, x)
        linear.apply(m, op, births, x, out)
        if scaled:
            out /= scale

    solution = linear.krylov(product, rhs / scale, rtol=rtol, steps=steps)
    if solution.residual <= MISSED * rtol or births or not np.isfinite(rhs).all():
        return solution.x
    return direct.solve(m, op, rhs, scale)


def guess(m: Arrays, f: Firms, prices: Prices, reach: Array) -> Array:
    """Values (N, S, J) for a cold start: owners consume labour or business income and a return of rho on
    wealth in whatever state jumps lead to, never save, and never take a choice.
    """
    earned = np.maximum.accumulate(np.maximum(f.income + prices.transfer, 0.05 * prices.wage), axis=0)
    c = earned + m.rho * m.wealth[:, None, None]
    felicity = np.empty_like(c)
    _utility(m, c, felicity)
    v, none = felicity / m.rho, np.zeros_like(c)
    rate = np.ascontiguousarray(np.where(m.choice == 0, m.perceived, 0.0)[:, None] * reach)
    leave, pivot, upper, lower = (np.empty_like(c) for _ in range(4))
    rate[:, m.leaves == 1] = 0.0
    exits(m, rate, m.rho, leave)
    linear.factor(none, none, none, none, leave, pivot, upper, lower)
    op = Operator(none, none, none, none, leave, rate, pivot, upper, lower)
    for _ in range(GUESS_SWEEPS):
        before = v.copy()
        linear.sweep(m, op, False, felicity, v)
        if np.abs(v - before).max() <= 1e-3 * np.abs(v).max():
            break
    return v


def unit(m: Arrays, v: Array, scale: Array) -> Array | float:
    """Unit (N, S, J) in which the rows of linear systems are measured.

    With curved utility values of rich and poor owners differ by many powers of ten. In units of the values
    themselves row sums of the operator are of one size.
    """
    return 1.0 if m.sigma == 1.0 else np.maximum(m.rho * np.abs(v + m.shift), scale * LEAST_UNIT)


@jit
def _utility(m: Arrays, c: Array, out: Array) -> None:
    N, S, J = c.shape
    for n in range(N):
        for s in range(S):
            for j in range(J):
                out[n, s, j] = utility(
                    c[n, s, j], m.scalars[0].sigma, m.status[s].amenity, m.scalars[0].shift
                )


def moved(m: Arrays, v: Array, change: Array) -> Array:
    """V + change; with sigma other than 1 values keep their sign (`LEAST_FACTOR`)."""
    if m.sigma == 1.0:
        return v + change
    least = (LEAST_FACTOR - 1.0) * (v + m.shift)
    return v + (np.minimum(change, least) if m.sigma > 1.0 else np.maximum(change, least))


@jit
def _better(
    sigma: float,
    amenity: float,
    shift: float,
    v: float,
    other: float,
    own: float,
    fixed: float,
    inc: float,
    step: float,
) -> float:
    """Value of moving by `step` towards value `other`, at least v: Newton on a concave function from
    below.
    """
    floor = slope_of(1e3 * (abs(inc) + abs(step)), sigma, amenity)
    x = v
    for _ in range(4):
        p = max((other - x) / step, floor)
        c = consumption_of(p, sigma, amenity)
        speed = (inc - c) / step
        miss = own * x - fixed - utility(c, sigma, amenity, shift) - speed * (other - x)
        if speed > 0.0 and miss < 0.0:
            x += -miss / (own + speed)
        else:
            break
    return x


@jit
def pass_over(m: Arrays, v: Array, own: Array, fixed: Array, inc: Array) -> None:
    """Raise v, node after node and in place, to the value of saving towards the node to the right, then of
    running wealth down to the left where these are better; all arguments (N, S, J).

    Where V is convex the region in which saving pays grows by only one node in a Newton round, since a row
    reads only its neighbour; one pass over the nodes against the direction in which owners move covers all of
    it (fast sweeping, Zhao 2005). The upwind rows are solved for their own node, values of all other states
    fixed; the result is only a start for Newton.
    """
    N, S, J = v.shape
    sigma, shift = m.scalars[0].sigma, m.scalars[0].shift
    for s in range(S):
        amenity = m.status[s].amenity
        for j in range(J):
            for n in range(N - 2, -1, -1):
                v[n, s, j] = _better(
                    sigma, amenity, shift, v[n, s, j], v[n + 1, s, j], own[n, s, j], fixed[n, s, j],
                    inc[n, s, j], m.wealth[n + 1] - m.wealth[n],
                )  # fmt: skip
            for n in range(1, N):
                v[n, s, j] = _better(
                    sigma, amenity, shift, v[n, s, j], v[n - 1, s, j], own[n, s, j], fixed[n, s, j],
                    inc[n, s, j], m.wealth[n - 1] - m.wealth[n],
                )  # fmt: skip


def _swept(m: Arrays, given: Setting, v: Array) -> Array:
    h = hazards(m, v, given.reach, given.abroad)
    r, own = np.empty_like(v), np.empty_like(v)
    rest(m, v, h.worth, r)
    exits(m, h.loss, m.rho, own)
    v = v.copy()
    pass_over(m, v, own, own * v - r, given.income)
    return v


@np.errstate(over="ignore", invalid="ignore")
def solve(m: Arrays, given: Setting, start: Array, tolerance: float, rounds: int = 60) -> Values:
    """Newton from values `start` (N, S, J) until the largest residual is at most `tolerance`, or for
    `rounds`; if need be from the values of plain upwinding, then by steps in pseudo-time. Where owners have
    next to nothing, values may be beyond what a number can hold; the residual then is not finite.
    """
    solution = _newton(m, given, start, tolerance, rounds)
    if solution.residual <= max(tolerance, ROUNDING):
        return solution
    if m.scheme != UPWIND:
        plain = solve(m.replace(scheme=UPWIND), given, start, max(tolerance, PLAIN), rounds)
        again = _newton(m, given, plain.v, tolerance, rounds)
        if again.residual < solution.residual or not np.isfinite(solution.residual):
            solution = again
    if np.isfinite(solution.residual) and solution.residual > max(tolerance, ROUNDING):
        return _in_pseudo_time(m, given, solution, tolerance, 2 * rounds)
    return solution


def _newton(m: Arrays, given: Setting, start: Array, tolerance: float, rounds: int) -> Values:
    """Newton from values `start`; the best values on the way."""
    v = start
    policy, h, residual = evaluate(m, given, v)
    best = Values(v, policy, h, residual, 0)
    waited = k = 0
    while residual > tolerance and k < rounds and np.isfinite(residual):
        if waited >= (1 if residual < ROUNDING else PATIENCE) or residual > ASTRAY * best.residual:
            break
        op = operator(m, policy, h.gain, h.loss, m.rho, tangent=True)
        accuracy = ROUGH_LINEAR
        if residual <= ROUGHLY:
            accuracy = min(max(LINEAR * tolerance / residual, LEAST_LINEAR), ROUGH_LINEAR)
        v = moved(m, v, solve_linear(m, op, -policy.residual, accuracy, scale=unit(m, v, policy.scale)))
        if residual > SWEEP_ABOVE and k < SWEEPS:
            v = _swept(m, given, v)
        policy, h, residual = evaluate(m, given, v)
        k += 1
        waited = 0 if residual < 0.5 * best.residual else waited + 1
        if residual < best.residual:
            best = Values(v, policy, h, residual, k)
    return best._replace(rounds=k)


def _in_pseudo_time(m: Arrays, given: Setting, begin: Values, tolerance: float, rounds: int) -> Values:
    """Implicit steps of values backwards, longer as the residual falls; the best values on the way."""
    best = now = begin
    step, waited = FIRST_STEP, 0
    for _ in range(rounds):
        if now.residual <= tolerance or waited >= 2 * PATIENCE:
            break
        op = operator(m, now.policy, now.hazards.gain, now.hazards.loss, m.rho + 1.0 / step, tangent=True)
        v = moved(
            m, now.v, solve_linear(m, op, -now.policy.residual, 1e-4, scale=unit(m, now.v, now.policy.scale))
        )
        policy, h, residual = evaluate(m, given, v)
        if not np.isfinite(residual):
            step *= 0.1
            waited += 1
            continue
        step *= min(max(now.residual / max(residual, 1e-300), 0.3), 5.0)
        now = Values(v, policy, h, residual, now.rounds + 1)
        waited = 0 if residual < 0.5 * best.residual else waited + 1
        if residual < best.residual:
            best = now
    return best._replace(rounds=now.rounds)
