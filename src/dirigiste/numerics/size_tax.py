"""A tax on what a firm uses of a factor above a threshold (Guner, Ventura and Xu 2008).

A firm pays t (r+delta) max(k - X, 0), or t w max(l - X, 0). The cost of the factor has a kink at X, so the
best use of it, all else the same, is

    what it is without tax, x_0, if that is at most X;  else max(X, x_t),  x_t what it is with all of it taxed

for costs are convex and revenue concave: between x_t and x_0 firms bunch at X. The same rule holds on top of
the kinks that credit makes in the cost of capital. A mandate leaves its share of the tax out too, as of all
of the factor's cost; the tax itself is paid at true prices, on r + delta >= 0 and never on the spread.

A tax on labour enters the choice of capital as well: firms at the kink have labour X, and capital that goes
with it. Rates of 0 leave every number as it is, to the last bit.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

from dirigiste.numerics.arrays import Arrays


def kink(above: jax.Array, free: jax.Array, taxed: jax.Array) -> jax.Array:
    """The best use of a factor from what it is without the tax, and with all of it taxed."""
    return jnp.where(free <= above, free, jnp.maximum(above, taxed))


def capital_above(m: Arrays) -> jax.Array:
    """Thresholds of capital (S, 1), infinite where it is labour that is taxed."""
    return jnp.where(m.size_on_labor > 0, jnp.inf, m.size_above)[:, None]


def labor_above(m: Arrays) -> jax.Array:
    """Thresholds of labour (S, 1), infinite where it is capital that is taxed."""
    return jnp.where(m.size_on_labor > 0, m.size_above, jnp.inf)[:, None]


def labor_rate(m: Arrays) -> jax.Array:
    """Rates of the tax on labour (S, 1)."""
    return (m.size_tax * m.size_on_labor)[:, None]


def on_capital(m: Arrays, interest: jax.Array) -> jax.Array:
    """Tax on a unit of capital above the threshold (S,), goods a year."""
    return m.size_tax * (1.0 - m.size_on_labor) * jnp.maximum(interest + m.delta, 0.0)


def wanted_with_labor_tax(
    m: Arrays,
    free: tuple[jax.Array, jax.Array],
    taxed: tuple[jax.Array, jax.Array],
    rental: jax.Array,
    scale: jax.Array,
) -> jax.Array:
    """Unconstrained capital (S, J) where labour above a threshold is taxed.

    Args:
        m: The economy.
        free: Unconstrained capital and labour (S, J) without the tax.
        taxed: The same with all labour taxed.
        rental: Perceived cost of a unit of capital (S,).
        scale: (1-tau) A eta (1-alpha), (S, J).
    """
    above = labor_above(m)
    gain = scale * m.alpha / (1.0 - m.alpha) / rental[:, None]
    held = jnp.where(jnp.isinf(above), 1.0, above) ** ((1.0 - m.alpha) * m.eta)  # 1: a number, not used
    at_kink = (gain * held) ** (1.0 / (1.0 - m.alpha * m.eta))
    return jnp.where(free[1] <= above, free[0], jnp.where(taxed[1] >= above, taxed[0], at_kink))


def labor(
    m: Arrays, free: jax.Array, taxed: jax.Array, wage: jax.Array, at_kink: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Labour at given capital, and what a unit of it earns at the margin, wages as perceived.

    Args:
        m: The economy.
        free: Labour (..., S, J) at that capital without the tax.
        taxed: With all labour taxed.
        wage: Perceived wage (S, 1).
        at_kink: What labour earns at the margin with labour at the threshold.
    """
    above = labor_above(m)
    dear = (1.0 + labor_rate(m)) * wage
    margin = jnp.where(free <= above, wage, jnp.where(taxed >= above, dear, at_kink))
    return kink(above, free, taxed), margin


def paid(m: Arrays, wage: jax.Array, interest: jax.Array, capital: jax.Array, labor: jax.Array) -> jax.Array:
    """The tax of a firm with that capital and labour, at true prices, goods a year."""
    of_capital = on_capital(m, interest)[:, None] * jnp.maximum(capital - capital_above(m), 0.0)
    return of_capital + labor_rate(m) * wage * jnp.maximum(labor - labor_above(m), 0.0)
