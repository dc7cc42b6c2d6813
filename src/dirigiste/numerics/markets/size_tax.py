"""A tax on what a firm uses of a factor above a threshold (Guner, Ventura and Xu 2008).

A firm pays t (r+delta) max(k - X, 0), or t w max(l - X, 0). The cost of the factor has a kink at X, so the
best use of it, all else the same, is

    what it is without tax, x_0, if that is at most X;  else max(X, x_t),  x_t what it is with all of it taxed

for costs are convex and revenue concave: between x_t and x_0 firms bunch at X. The same rule holds on top of
the kinks that credit makes in the cost of capital. A mandate leaves its share of the tax out too, as of all
of the factor's cost; the tax itself is paid at true prices, on r + delta >= 0 and never on the spread.

A tax on labour enters the choice of capital as well: firms at the kink have labour X, and capital that goes
with it. Rates of 0 leave every number as it is, to the last bit.

The functions here are parts of the kernels of `firm`, for one owner or one ability.
"""

from __future__ import annotations

from dirigiste.numerics.compiled.elementary import inline, power

NONE, ON_CAPITAL, ON_LABOR = range(3)
"""What the tax of a status is on."""


@inline
def kink(above: float, free: float, taxed: float) -> float:
    """The best use of a factor from what it is without the tax, and with all of it taxed."""
    most = above if above > taxed else taxed
    return free if free <= above else most


@inline
def capital_with_labor_tax(
    alpha: float,
    eta: float,
    above: float,
    free: tuple[float, float],
    taxed: tuple[float, float],
    rental: float,
    scale: float,
) -> float:
    """Unconstrained capital where labour above a threshold is taxed.

    Args:
        alpha: Share of capital.
        eta: Span of control.
        above: The threshold.
        free: Unconstrained capital and labour without the tax.
        taxed: The same with all labour taxed.
        rental: Perceived cost of a unit of capital.
        scale: (1-tau) A eta (1-alpha).
    """
    gain = scale * alpha / (1.0 - alpha) / rental
    labor_power = power(above, (1.0 - alpha) * eta)
    at_kink = power(gain * labor_power, 1.0 / (1.0 - alpha * eta))
    return free[0] if free[1] <= above else (taxed[0] if taxed[1] >= above else at_kink)


@inline
def labor(
    above: float, free: float, taxed: float, wage: float, dear: float, at_kink: float
) -> tuple[float, float]:
    """Labour at given capital, and what a unit of it earns at the margin, wages as perceived.

    Args:
        above: The threshold.
        free: Labour at that capital without the tax.
        taxed: With all labour taxed.
        wage: Perceived wage.
        dear: The same with the tax.
        at_kink: What labour earns at the margin with labour at the threshold.
    """
    margin = wage if free <= above else (dear if taxed >= above else at_kink)
    return kink(above, free, taxed), margin
