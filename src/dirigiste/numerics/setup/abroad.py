"""Life abroad: the value of leaving with some wealth (docs/method.md, section 3).

An emigrant from status s earns w* h_s for ever, lends at r*, meets no edge and has no amenity. On resources
x = a' + w* h/(r* - g) it consumes theta x, on either clock.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from dirigiste.numerics.compiled.programs import jit
from dirigiste.numerics.setup.arrays import Arrays
from dirigiste.numerics.setup.preferences import utility

LEAST = 1e-100
"""Lower bound of resources, where a value of minus infinity would follow (which nobody chooses)."""


@jit
def abroad_value(m: Arrays) -> NDArray[np.float64]:
    """Value of life abroad by arc and wealth of the origin, (E, N), less `shift`; 0 for arcs that stay."""
    value = np.zeros((m.arcs.size, m.wealth.size))
    for e in range(m.arcs.size):
        if m.arcs[e].leaves == 1:
            for n in range(m.wealth.size):
                if m.scalars[0].annual == 1:
                    value[e, n] = in_periods(m, m.landing[e, n], human_wealth(m, e))
                else:
                    value[e, n] = continuously(m, m.landing[e, n], human_wealth(m, e))
    return value


@jit
def human_wealth(m: Arrays, e: int) -> float:
    """Value of labour abroad of those who leave along arc e, w* h/(r* - g), goods."""
    origin = int(m.arcs[e].origin)
    labor = m.scalars[0].abroad_wage * m.status[origin].labor_efficiency
    interest = m.scalars[0].abroad_interest - m.scalars[0].growth
    if labor <= 0.0:
        return 0.0
    return labor / interest if interest > 0.0 else labor


@jit
def continuously(m: Arrays, landing: float, human: float) -> float:
    """Value at wealth `landing` in continuous time, theta = (rho - (1-sigma) (r* - g))/sigma; less shift."""
    rho, sigma, shift = m.scalars[0].rho, m.scalars[0].sigma, m.scalars[0].shift
    interest = m.scalars[0].abroad_interest - m.scalars[0].growth
    theta = (rho - (1.0 - sigma) * interest) / sigma
    x = max(landing + human, LEAST)
    if sigma == 1.0:
        return math.log(theta * x) / theta + (interest - rho) / rho**2
    if shift != 0.0:
        relative = math.log1p((1.0 - sigma) * (rho - interest) / (sigma * rho))  # of theta to rho, in logs
        return shift * math.expm1((1.0 - sigma) * math.log(theta * x) - relative)
    return utility(theta * x, sigma, 0.0, 0.0) / theta


@jit
def in_periods(m: Arrays, landing: float, human: float) -> float:
    """Value at wealth `landing` where time runs in periods, less shift: of resources R (a + w* h/(r* - g)) at
    the beginning of a period the share theta is consumed, and the rest grows by the factor R/Gamma.
    """
    rho, sigma, shift = m.scalars[0].rho, m.scalars[0].sigma, m.scalars[0].shift
    period = m.scalars[0].period
    gross, growth = 1.0 + m.scalars[0].abroad_interest * period, 1.0 + m.scalars[0].growth * period
    discount, net = math.exp(-rho * period), gross / growth
    weight = (1.0 - discount) / rho
    theta = 1.0 - (discount * net ** (1.0 - sigma)) ** (1.0 / sigma)
    x = max(gross * (landing / growth + human), LEAST)
    if sigma == 1.0:
        later = math.log(discount * net) * discount / (1.0 - discount) ** 2
        return weight * (math.log(theta * x / period) / theta + later)
    if shift != 0.0:
        bend = math.expm1((1.0 - sigma) / sigma * math.log(discount * net))
        relative = math.log1p(-discount * bend / (1.0 - discount))  # of theta to 1 - discount, in logs
        return shift * math.expm1((1.0 - sigma) * math.log(theta * x / period) - relative)
    return weight * utility(theta * x / period, sigma, 0.0, 0.0) / theta
