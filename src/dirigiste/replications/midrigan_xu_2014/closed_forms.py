"""Closed forms of Midrigan and Xu (2014): losses of TFP without solving anybody's problem.

Output is e^((1-η) ε) (l^a k^(1-a))^η. With labour efficient given capital, TFP losses from capital alone are

    lognormal:              1/2 (1 - a η)(1 - a) η/(1 - η) Var ln(Y/K)
    capital never adjusts:  1/2 (1 - a) η/(1 - a η) (1 - η) Var ε        (ε normal)
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LABOR, SPAN = 2.0 / 3.0, 0.85


def coefficient(labor: float = LABOR, span: float = SPAN) -> float:
    """What Var ln(Y/K) costs in logs of TFP where it is normal."""
    return 0.5 * (1.0 - labor * span) * (1.0 - labor) * span / (1.0 - span)


def variance(innovation: float, persistence: float) -> float:
    """Long-run variance of an AR(1)."""
    return innovation**2 / (1.0 - persistence**2)


def never_adjusts(variance: float, labor: float = LABOR, span: float = SPAN) -> float:
    """Loss in logs when all have the same capital, whatever their normal shock."""
    return 0.5 * (1.0 - labor) * span / (1.0 - labor * span) * (1.0 - span) * variance


def never_adjusts_on(shocks: Array, shares: Array, labor: float = LABOR, span: float = SPAN) -> float:
    """The same for shocks ε (J,) with shares (J,).

    Labour is as e^((1-η) ε/(1-aη)), so output of all is [E e^((1-η) ε/(1-aη))]^(1-aη) instead of
    [E e^ε]^(1-η), per unit of inputs.
    """
    best = (1.0 - span) * math.log(float(shares @ np.exp(shocks)))
    power = (1.0 - span) / (1.0 - labor * span)
    return best - (1.0 - labor * span) * math.log(float(shares @ np.exp(power * shocks)))
