"""The firm (model.md, section 2): capital, labour, credit and profit of an owner at given prices, and who
runs one.

    k/l = alpha/(1-alpha) w~/R~,  l_u = [(1-tau) A eta (1-alpha) (k/l)^(alpha eta) / w~]^(1/(1-eta)),  k_u(i)
    = (k/l) l_u credit limit b = (lambda-1) a + kappa k_u(r);  k = k_u(r) up to own wealth, then up to
    k_u(r+s) on credit l = [(1-tau) A eta (1-alpha) k^(alpha eta) / w~]^(1/(1-eta(1-alpha))) profit = (1-tau)
    output - w l - (r+delta) k - s b - f   at true prices

A tax on what a firm uses of capital or labour above a threshold is in `size_tax`; programs of economies that
declare none do not have it.

Whether an owner runs the firm is decided by x = profit - h w; who is within a hair of indifferent splits
(`RAMP`), and a wealth cell (midpoint to midpoint) through which the threshold passes counts with the share of
it where x > 0 (model.md, sections 2 and 4). What those owners do is taken at the middle of the part of the
cell that runs, not at the node: otherwise a node just short of a steep threshold would count firms at a loss.
Owners at the constraint are an atom, not a density, so their cell is the node alone.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from dirigiste.numerics import size_tax
from dirigiste.numerics.arrays import SIZES, Arrays, Layout

RAMP = 1e-4
"""Width, in wages, over which the share of owners who run rises from 0 to 1 (model.md, section 2)."""

LEAST_COST = 1e-9
"""Rental rates below this count as this: an unconstrained firm is then beyond any wealth grid."""


class Prices(NamedTuple):
    """Wage, interest a year, transfer a year, and what meets a quota: a spread for all others, and a factor
    on their credit limit.
    """

    wage: jax.Array
    interest: jax.Array
    transfer: jax.Array
    added_spread: jax.Array
    limit_factor: jax.Array


class Firms(NamedTuple):
    """Static choices by state, each (N, S, J). Quantities are those of an owner who runs; `share` is the
    share of the state who do.
    """

    share: jax.Array
    capital: jax.Array
    labor: jax.Array
    credit: jax.Array
    borrowed: jax.Array
    """max(k - a, 0), what the firm uses beyond own wealth; less than credit where that is subsidised."""
    output: jax.Array
    profit: jax.Array
    income: jax.Array
    """share * profit + (1 - share) h w."""
    size_tax: jax.Array | None = None
    """Tax on size, part of profit; None where no status declares one."""


def power(base: jax.Array, exponent: jax.Array) -> jax.Array:
    """base^exponent for base >= 0 with derivative 0 (not infinite) at base = 0."""
    positive = base > 0
    return jnp.where(positive, jnp.exp(exponent * jnp.log(jnp.where(positive, base, 1.0))), 0.0)


def _unconstrained(
    m: Arrays, wage: jax.Array, rental: jax.Array, scale: jax.Array, linear: bool
) -> jax.Array:
    """k_u for perceived wage and rental rate (S,) and scale (1-tau) A eta (1-alpha) (S, J); with eta = 1 it
    is 0 or infinite.
    """
    rental = jnp.maximum(rental, LEAST_COST)[:, None]
    wage = wage[:, None]
    if linear:
        labor = (scale / wage) ** (1.0 / m.alpha)  # for each unit of capital
        gain = wage * labor * m.alpha / (1.0 - m.alpha) - rental
        return jnp.where(gain > 0, jnp.inf, 0.0)
    ratio = m.alpha / (1.0 - m.alpha) * wage / rental
    return ratio * (scale * ratio ** (m.alpha * m.eta) / wage) ** (1.0 / (1.0 - m.eta))


def _wanted(layout: Layout, m: Arrays, wage: jax.Array, rental: jax.Array, scale: jax.Array) -> jax.Array:
    """k_u (S, J) with the tax on labour above a threshold, where there is one."""
    free = _unconstrained(m, wage, rental, scale, layout.linear)
    if not layout.taxes_labor:
        return free
    cost = jnp.maximum(rental, LEAST_COST)
    dear = (1.0 + size_tax.labor_rate(m)[:, 0]) * wage
    taxed = _unconstrained(m, dear, rental, scale, layout.linear)
    goes_with = ((1.0 - m.alpha) / m.alpha * cost / wage)[:, None]  # labour for each unit of capital
    goes_with_taxed = ((1.0 - m.alpha) / m.alpha * cost / dear)[:, None]
    return size_tax.wanted_with_labor_tax(
        m, (free, goes_with * free), (taxed, goes_with_taxed * taxed), cost, scale
    )


class _Terms(NamedTuple):
    """What all owners of a status and ability have in common: rows over (S, J), or over S with a trailing
    axis.
    """

    spread: jax.Array
    want_own: jax.Array
    want_credit: jax.Array
    multiple: jax.Array
    data: jax.Array
    factor: jax.Array
    perceived_wage: jax.Array
    scale: jax.Array
    taxed_own: jax.Array | None
    """`want_own` if all capital were taxed, None where no capital is; as the next."""
    taxed_credit: jax.Array | None


def _terms(layout: Layout, m: Arrays, prices: Prices) -> _Terms:
    others = 1.0 - m.directed_to
    spread = m.spread + others * prices.added_spread
    perceived_wage = (1.0 - m.mandate_labor) * prices.wage
    own_cost = (1.0 - m.mandate_capital) * (prices.interest + m.delta)
    credit_cost = (1.0 - m.mandate_capital) * (prices.interest + spread + m.delta)
    scale = ((1.0 - m.wedge) * m.productivity * m.eta * (1.0 - m.alpha))[:, None] * m.ability
    want_own = unconstrained = _wanted(layout, m, perceived_wage, own_cost, scale)
    taxed_own = taxed_credit = None
    if layout.taxes_capital:
        tax = (1.0 - m.mandate_capital) * size_tax.on_capital(m, prices.interest)
        taxed_own = _wanted(layout, m, perceived_wage, own_cost + tax, scale)
        taxed_credit = _wanted(layout, m, perceived_wage, credit_cost + tax, scale)
        unconstrained = size_tax.kink(size_tax.capital_above(m), want_own, taxed_own)
    lends = (m.data_lending > 0)[:, None]
    data = jnp.where(lends, m.data_lending[:, None] * jnp.where(lends, unconstrained, 0.0), 0.0)
    return _Terms(
        spread=spread[:, None],
        want_own=want_own,
        want_credit=_wanted(layout, m, perceived_wage, credit_cost, scale),
        multiple=(m.collateral - 1.0)[:, None],
        data=data,
        factor=(1.0 + others * (prices.limit_factor - 1.0))[:, None],
        perceived_wage=perceived_wage[:, None],
        scale=scale,
        taxed_own=taxed_own,
        taxed_credit=taxed_credit,
    )


def _capital(t: _Terms, own: jax.Array, on_credit: jax.Array, a: jax.Array, limit: jax.Array) -> jax.Array:
    """Capital of owners with wealth a and that credit limit, from what they want at either cost of funds."""
    dear = jnp.where(own <= a, own, jnp.maximum(a, jnp.minimum(on_credit, a + limit)))
    cheap = jnp.where(on_credit <= limit, on_credit, jnp.maximum(limit, jnp.minimum(own, a + limit)))
    return jnp.where(t.spread < 0, cheap, dear)


class _Choice(NamedTuple):
    """What owners who run do, and what is left for them."""

    capital: jax.Array
    labor: jax.Array
    credit: jax.Array
    output: jax.Array
    profit: jax.Array
    size_tax: jax.Array | None


def _at(layout: Layout, m: Arrays, prices: Prices, t: _Terms, a: jax.Array) -> _Choice:
    """Choices of owners with wealth a who run."""
    unlimited = jnp.isinf(t.multiple)
    limit = t.factor * (jnp.where(unlimited, jnp.inf, jnp.where(unlimited, 0.0, t.multiple) * a) + t.data)
    capital = _capital(t, t.want_own, t.want_credit, a, limit)
    if t.taxed_own is not None and t.taxed_credit is not None:
        taxed = _capital(t, t.taxed_own, t.taxed_credit, a, limit)
        capital = size_tax.kink(size_tax.capital_above(m), capital, taxed)
    credit = jnp.where(t.spread < 0, jnp.minimum(capital, limit), jnp.maximum(capital - a, 0.0))
    intensity = 1.0 / (1.0 - m.eta * (1.0 - m.alpha))
    from_capital = power(capital, m.alpha * m.eta * intensity)
    labor = (t.scale / t.perceived_wage) ** intensity * from_capital
    margin = t.perceived_wage
    if layout.taxes_labor:
        dear_wage = (1.0 + size_tax.labor_rate(m)) * t.perceived_wage
        taxed = (t.scale / dear_wage) ** intensity * from_capital
        at_kink = (
            t.scale
            * power(capital, m.alpha * m.eta)
            * power(size_tax.labor_above(m), (1.0 - m.alpha) * m.eta - 1.0)
        )
        labor, margin = size_tax.labor(m, labor, taxed, t.perceived_wage, at_kink)
    keeps = (1.0 - m.wedge)[:, None]
    output = margin * labor / (keeps * m.eta * (1.0 - m.alpha))
    profit = (
        keeps * output
        - prices.wage * labor
        - (prices.interest + m.delta) * capital
        - t.spread * credit
        - m.fixed_cost[:, None]
    )
    if not (layout.taxes_capital or layout.taxes_labor):
        return _Choice(capital, labor, credit, output, profit, None)
    paid = size_tax.paid(m, prices.wage, prices.interest, capital, labor)
    return _Choice(capital, labor, credit, output, profit - paid, paid)


def firms(layout: Layout, m: Arrays, prices: Prices) -> Firms:
    """Static choices of all owners at given prices."""
    t = _terms(layout, m, prices)
    a = m.wealth[:, None, None]
    outside = (m.labor_efficiency * prices.wage)[:, None]
    share, shift = cell_share(_at(layout, m, prices, t, a).profit - outside, m.wealth, RAMP * prices.wage)
    share = m.operates[:, None] * share
    c = _at(layout, m, prices, t, a + shift)
    borrowed = jnp.maximum(c.capital - (a + shift), 0.0)
    income = outside + share * (c.profit - outside)
    return Firms(share, c.capital, c.labor, c.credit, borrowed, c.output, c.profit, income, c.size_tax)


def cell_share(x: jax.Array, nodes: jax.Array, width: jax.Array | float) -> tuple[jax.Array, jax.Array]:
    """Share of the cell around each node where x > 0, and how far the middle of that part lies from the
    middle of the cell.

    x (N, ...) is linear between nodes; cells reach from midpoint to midpoint, that of the first node is the
    node alone. The step at 0 is a ramp of the given width: the share is the mean over the cell of
    clip(x/width + 1/2, 0, 1). Returns two arrays of the shape of x, the second in goods.
    """

    def ramp(x: jax.Array) -> jax.Array:
        return jnp.clip(x / width + 0.5, 0.0, 1.0)

    def integral(x: jax.Array) -> jax.Array:
        return 0.5 * width * ramp(x) ** 2 + jnp.maximum(x - 0.5 * width, 0.0)

    middle = 0.5 * (x[1:] + x[:-1])

    def half(at_node: jax.Array) -> jax.Array:
        step = middle - at_node
        flat = jnp.abs(step) <= 1e-9 * (jnp.abs(at_node) + width)
        mean = (integral(middle) - integral(at_node)) / jnp.where(flat, 1.0, step)
        return jnp.where(flat, ramp(0.5 * (middle + at_node)), mean)

    gaps = 0.5 * jnp.diff(nodes).reshape((-1,) + (1,) * (x.ndim - 1))
    rises = (x[1:] - x[:-1]) / (jnp.abs(x[1:] - x[:-1]) + width)
    above, below = half(x[:-1]), half(x[1:])
    # moments about the node of the part that runs: it lies at the far end of a half cell if x rises away from
    # the node
    reach_above = 0.5 * gaps**2 * above * (1.0 + rises * (1.0 - above))
    reach_below = -0.5 * gaps**2 * below * (1.0 - rises * (1.0 - below))

    def on_nodes(right: jax.Array, left: jax.Array) -> jax.Array:
        zero = jnp.zeros_like((right + left)[:1])
        return jnp.concatenate([zero, right[1:], zero]) + jnp.concatenate([zero, left])

    size = on_nodes(gaps, gaps)
    runs = on_nodes(gaps * above, gaps * below)
    share = jnp.concatenate([ramp(x[:1]), (runs / jnp.where(size > 0, size, 1.0))[1:]])
    center = on_nodes(0.5 * gaps**2, -0.5 * gaps**2) / jnp.where(size > 0, size, 1.0)
    shift = on_nodes(reach_above, reach_below) / jnp.where(runs > 0, runs, 1.0) - center
    return share, jnp.where((runs > 0) & (share > 0) & (share < 1.0), shift, 0.0)


def with_size(layout: Layout, m: Arrays, f: Firms) -> jax.Array:
    """Reach chi of every arc in its origin, (N, E, J): size^power/(size^power + ref^power), 1 without size.

    Capital and revenue are 0 for owners who run no firm.
    """
    reach = jnp.ones((layout.nodes, layout.arcs, layout.abilities))
    for arc, origin, kind in layout.sized:
        share = f.share[:, origin]
        if SIZES[kind] == "wealth":
            size, share = jnp.broadcast_to(m.wealth[:, None], share.shape), jnp.ones_like(share)
        else:
            size = (f.capital if SIZES[kind] == "capital" else f.output)[:, origin]
        relative = jnp.minimum(power(size / m.size_ref[arc], m.size_power[arc]), 1e12)
        reach = reach.at[:, arc].set(share * relative / (1.0 + relative))
    return reach
