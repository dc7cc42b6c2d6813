"""Utility (1) of docs/method.md, its slope, and consumption at a slope; numbers in, numbers out, for kernels.

    u(c e^m) = (c e^m)^(1-sigma)/(1-sigma),   log c + m at sigma = 1;   m: amenity of the status

Near sigma = 1 the constant `shift` = 1/((1-sigma) rho) of `Arrays` is subtracted from values, and rho shift
from utility, so that no digits are lost. Powers are written by exponential and logarithm, so that loops over
states vectorise.
"""

from __future__ import annotations

from dirigiste.numerics.compiled.elementary import exp, expm1, inline, log

LEAST_CONSUMPTION = 1e-12
"""Lower bound of consumption, goods a year."""


@inline
def utility(c: float, sigma: float, amenity: float, shift: float) -> float:
    """Utility u(c e^amenity) of consumption c > 0, (1), less rho shift."""
    if sigma == 1.0:
        return log(c) + amenity
    if shift != 0.0:
        return expm1((1.0 - sigma) * (log(c) + amenity)) / (1.0 - sigma)
    return exp((1.0 - sigma) * (log(c) + amenity)) / (1.0 - sigma)


@inline
def slope_of(c: float, sigma: float, amenity: float) -> float:
    """Marginal utility of consumption c > 0: the derivative of u(c e^amenity) in c."""
    if sigma == 1.0:
        return 1.0 / c
    return exp((1.0 - sigma) * amenity - sigma * log(c))


@inline
def consumption_of(slope: float, sigma: float, amenity: float) -> float:
    """Consumption at which marginal utility is `slope` > 0, the inverse of `slope_of`."""
    if sigma == 1.0:
        return 1.0 / slope
    return exp(((1.0 - sigma) * amenity - log(slope)) / sigma)
