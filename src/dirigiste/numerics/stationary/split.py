"""Owners who are indifferent between two ways of saving split between them (docs/method.md, section 5).

At one price a whole kind of owners may be indifferent between saving up and staying where they are. On one
side of it all do the one, on the other side all the other, and stationary masses jump. At the price itself
both are best, and so is every split of the owners between them. Sums of the two policies, each weighted with
the masses that act by it, are a policy too, under which the sum of the two distributions is stationary: the
forward equation is linear in what rows carry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dirigiste.numerics.markets import aggregates
from dirigiste.numerics.markets.aggregates import Conditions, Moves, Static
from dirigiste.numerics.operators import hjb, kfe
from dirigiste.numerics.operators.kfe import Distribution
from dirigiste.numerics.stationary.point import Point, setting_of

if TYPE_CHECKING:
    from dirigiste.numerics.setup.arrays import Compiled

Array = NDArray[np.float64]

HALVINGS = 60
"""Of the interval in which the share of owners lies."""

PRICES = 1e-9
"""Largest difference of prices at which two points count as the same price."""


def between(compiled: Compiled, one: Point, other: Point, index: int) -> Point | None:
    """The point at the prices of `one` whose owners split between the policies of two points, so that the
    market of unknown `index` clears; None where the two are not at the same prices or on one side of it.

    The residual of values is the largest of the two, each at the prices of `one`; that of the distribution is
    computed for the split.
    """
    if compiled.layout.annual or np.abs(one.u - other.u).max() > PRICES:
        return None
    m = compiled.arrays
    statics = [aggregates.static(m, one.firms, one.prices, point.distribution.g) for point in (one, other)]

    def at(share: float) -> tuple[Static, Moves, Conditions]:
        static = Static(*(_sum(share, x, y) for x, y in zip(*statics, strict=True)))
        moves = Moves(*(_sum(share, x, y) for x, y in zip(one.moves, other.moves, strict=True)))
        return static, moves, aggregates.conditions(m, one.prices, static, moves)

    def excess(share: float) -> float:
        return float(aggregates.raw(at(share)[2])[index])

    low, high, sign = 0.0, 1.0, np.sign(excess(0.0))
    if not sign * excess(1.0) <= 0.0:
        return None
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if sign * excess(middle) > 0.0 else (low, middle)
    static, moves, conditions = at(low)
    return _point(compiled, one, other, low)._replace(static=static, moves=moves, conditions=conditions)


def _sum(share: float, one: Array, other: Array) -> Array:
    """What two stand for together, the second with a share."""
    return (1.0 - share) * one + share * other


def _point(compiled: Compiled, one: Point, other: Point, share: float) -> Point:
    """Policy, flows and masses of two points together, the second with a share of the owners."""
    m = compiled.arrays
    f, g = ((1.0 - share) * x for x in one.distribution[:2]), (share * x for x in other.distribution[:2])
    (f_one, g_one), (f_other, g_other) = f, g
    first, second = one.values.policy, other.values.policy
    names = "ahead", "behind", "speed_right", "speed_left", "right", "left", "consumption"
    policy = first._replace(
        **{name: _mean(f_one, f_other, getattr(first, name), getattr(second, name)) for name in names}
    )
    origin = m.arcs["origin"]
    flow = _mean(g_one[:, origin], g_other[:, origin], one.values.hazards.flow, other.values.hazards.flow)
    residual = hjb.evaluate(m, setting_of(m, one.u, one.u), other.values.v)[2]
    together = f_one + f_other
    distribution = Distribution(
        together,
        kfe.node_masses(policy, together),
        float(np.abs(kfe.forward(m, policy, flow, together)).sum()),
        0,
    )
    values = one.values._replace(
        policy=policy,
        hazards=one.values.hazards._replace(flow=flow),
        residual=max(one.values.residual, float(residual)),
    )
    return one._replace(values=values, distribution=distribution)


def _mean(weight_one: Array, weight_other: Array, one: Array, other: Array) -> Array:
    """The mean of two, where there is any weight."""
    total = weight_one + weight_other
    some = total > 0.0
    return np.where(
        some, one + (other - one) * np.where(some, weight_other, 0.0) / np.where(some, total, 1.0), one
    )


def who_splits(compiled: Compiled, one: Point, other: Point) -> str:
    """Who is indifferent between the policies of two points, in words."""
    m = compiled.arrays
    masses = one.distribution.g, other.distribution.g
    s, j = np.unravel_index(int(np.argmax(np.abs(masses[1] - masses[0]).sum(axis=0))), masses[0].shape[1:])
    drifts = [point.values.policy.speed_right[:, s, j] for point in (one, other)]
    n = int(np.argmax(np.abs(drifts[1] - drifts[0]) * (masses[0] + masses[1])[:, s, j]))
    return (
        f"owners in status {compiled.statuses[s]} of ability {float(m.ability[j]):.4g} at wealth "
        f"{float(m.wealth[n]):.4g} are indifferent between saving up and staying where they are, at a wage "
        f"of {float(one.prices.wage):.8g} and an interest rate of {float(one.prices.interest):.8g} a year"
    )
