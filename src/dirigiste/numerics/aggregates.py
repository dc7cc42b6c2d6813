"""Sums over the distribution, and the conditions that prices must meet (model.md, section 5)."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from dirigiste.numerics.arrays import Arrays, Layout
from dirigiste.numerics.firm import Firms, Prices


class Static(NamedTuple):
    """Sums that need only the distribution and the static choices, by status (S,); per year and per owner in
    the economy.
    """

    output: jax.Array
    capital: jax.Array
    labor: jax.Array
    labor_supply: jax.Array
    credit: jax.Array
    borrowed: jax.Array
    """max(k - a, 0): what firms use beyond own wealth."""
    wealth: jax.Array
    entrepreneurs: jax.Array
    wedge_revenue: jax.Array
    spread_revenue: jax.Array
    size_tax_revenue: jax.Array
    fixed_costs: jax.Array


def static(m: Arrays, f: Firms, prices: Prices, g: jax.Array) -> Static:
    """Static sums at node masses g (N, S, J)."""
    running = g * f.share

    def total(x: jax.Array, weight: jax.Array = running) -> jax.Array:
        return jnp.einsum("nsj,nsj->s", weight, x)

    output = total(f.output)
    credit = total(f.credit)
    spread = m.spread + (1.0 - m.directed_to) * prices.added_spread
    entrepreneurs = running.sum(axis=(0, 2))
    return Static(
        output=output,
        capital=total(f.capital),
        labor=total(f.labor),
        labor_supply=m.labor_efficiency * (g.sum(axis=(0, 2)) - entrepreneurs),
        credit=credit,
        borrowed=total(f.borrowed),
        wealth=jnp.einsum("nsj,n->s", g, m.wealth),
        entrepreneurs=entrepreneurs,
        wedge_revenue=m.wedge * output,
        spread_revenue=spread * credit,
        size_tax_revenue=jnp.zeros_like(output) if f.size_tax is None else total(f.size_tax),
        fixed_costs=m.fixed_cost * entrepreneurs,
    )


class Moves(NamedTuple):
    """What arcs carry, by arc (E,), per year: people, their wealth before, what is taken, what arrives."""

    people: jax.Array
    wealth: jax.Array
    taken: jax.Array


def moves(m: Arrays, g: jax.Array, flow: jax.Array) -> Moves:
    """Flows along arcs at node masses g (N, S, J) and rates `flow` (N, E, J)."""
    people = jnp.einsum("nsj,se,nej->ne", g, m.origin, flow)
    wealth = m.wealth[:, None]
    return Moves(
        people.sum(axis=0), (people * wealth).sum(axis=0), (people * (wealth - m.landing.T)).sum(axis=0)
    )


class Conditions(NamedTuple):
    """Markets and budget in levels, and what is left of each relative to its size."""

    labor: jax.Array
    """Demand less supply over demand."""
    capital: jax.Array
    """Demand less supply over supply."""
    budget: jax.Array
    """Receipts less transfer and spending, over output."""
    quota: jax.Array
    """Share of the statuses that the quota names, less the share it asks for."""


def receipts(m: Arrays, s: Static, moved: Moves) -> jax.Array:
    """Wedges, spreads, taxes on size, and what edges take and do not burn, less what newborns are given,
    goods a year.
    """
    taken = jnp.sum((1.0 - m.burnt) * moved.taken)
    newborns = m.entry_wealth * jnp.sum(m.leaves * moved.people)
    earned = s.wedge_revenue.sum() + s.spread_revenue.sum() + s.size_tax_revenue.sum()
    return earned + taken - newborns


def conditions(layout: Layout, m: Arrays, prices: Prices, s: Static, moved: Moves) -> Conditions:
    """Market and budget residuals."""
    demand = s.labor.sum()
    supply = m.outside_labor + s.labor_supply.sum()
    funds = s.wealth.sum() + m.foreign_capital
    output = s.output.sum()
    of = s.capital if layout.directed_of == "capital" else s.credit
    total = of.sum()
    share = jnp.where(total > 0, jnp.sum(m.directed_to * of) / jnp.where(total > 0, total, 1.0), 0.0)
    return Conditions(
        labor=(demand - supply) / jnp.maximum(jnp.maximum(demand, supply), 1e-12),
        capital=(s.capital.sum() - funds) / jnp.maximum(jnp.maximum(s.capital.sum(), funds), 1e-12),
        budget=(receipts(m, s, moved) - prices.transfer - m.spending) / jnp.maximum(output, 1e-12),
        quota=share - m.directed_share,
    )


def raw(c: Conditions) -> jax.Array:
    """The four conditions as they enter `point.residuals`, without the bounds (4,)."""
    return jnp.stack([c.labor, -c.capital, c.budget, c.quota])
