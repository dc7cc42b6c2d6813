"""Sums over the distribution, and the conditions that prices must meet (docs/method.md, section 5)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dirigiste.numerics.compiled.programs import jit
from dirigiste.numerics.markets.firm import Firms, Prices
from dirigiste.numerics.setup.arrays import OF_CAPITAL, Arrays

Array = NDArray[np.float64]

LEAST = 1e-12
"""Markets smaller than this count as this, where something is relative to their size."""


class Static(NamedTuple):
    """Sums that need only the distribution and the static choices, by status (S,); per year and per owner in
    the economy.
    """

    output: Array
    capital: Array
    labor: Array
    labor_supply: Array
    credit: Array
    borrowed: Array
    """max(k - a, 0): what firms use beyond own wealth."""
    wealth: Array
    entrepreneurs: Array
    wedge_revenue: Array
    spread_revenue: Array
    size_tax_revenue: Array
    fixed_costs: Array


@jit
def sum_by_status(g: Array, share: Array, of: Array, totals: Array, masses: Array) -> None:
    """Add up over nodes, at masses g (N, S, J).

    Args:
        g: Node masses.
        share: Share of the state who run a firm.
        of: What is summed over those who run (K, N, S, J).
        totals: Receives the sums (S, K + 1), the last of which is the mass of those who run.
        masses: Receives the masses by node and status (N, S).
    """
    nodes, statuses, abilities = g.shape
    kinds = of.shape[0]
    lanes = np.zeros((statuses, kinds + 1, abilities))
    weight = np.zeros(abilities)
    for n in range(nodes):
        for s in range(statuses):
            mass = 0.0
            running = 0.0
            for j in range(abilities):
                mass += g[n, s, j]
                weight[j] = g[n, s, j] * share[n, s, j]
                running += abs(share[n, s, j])
            masses[n, s] = mass
            if running == 0.0:
                continue
            for k in range(kinds):
                for j in range(abilities):
                    lanes[s, k, j] += weight[j] * of[k, n, s, j]
            for j in range(abilities):
                lanes[s, kinds, j] += weight[j]
    for s in range(statuses):
        for k in range(kinds + 1):
            totals[s, k] = lanes[s, k].sum()


def static(m: Arrays, f: Firms, prices: Prices, g: Array) -> Static:
    """Static sums at node masses g (N, S, J)."""
    of = np.stack([f.output, f.capital, f.labor, f.credit, f.borrowed, f.size_tax])
    totals, masses = np.empty((m.status.size, 7)), np.empty((m.wealth.size, m.status.size))
    sum_by_status(np.ascontiguousarray(g), f.share, of, totals, masses)
    return from_totals(m, prices, totals.T, masses.sum(axis=0), m.wealth @ masses)


def from_totals(m: Arrays, prices: Prices, totals: Array, mass: Array, wealth: Array) -> Static:
    """`Static` from sums over those who run (7, S): output, capital, labour, credit, borrowed, tax on size,
    and those who run; and masses and wealth of all by status (S,).
    """
    output, capital, labor, credit, borrowed, paid, entrepreneurs = totals
    spread = m.spread + (1.0 - m.directed_to) * prices.added_spread
    return Static(
        output=output,
        capital=capital,
        labor=labor,
        labor_supply=m.labor_efficiency * (mass - entrepreneurs),
        credit=credit,
        borrowed=borrowed,
        wealth=wealth,
        entrepreneurs=entrepreneurs,
        wedge_revenue=m.wedge * output,
        spread_revenue=spread * credit,
        size_tax_revenue=paid,
        fixed_costs=m.fixed_cost * entrepreneurs,
    )


class Moves(NamedTuple):
    """Flows along arcs, (E,) each, per year: people, their wealth before the move, and the wealth taken."""

    people: Array
    wealth: Array
    taken: Array


@jit
def fill_moves(m: Arrays, g: Array, flow: Array, moved: Array) -> None:
    """Fill `moved` (3, E) with the fields of `Moves`."""
    moved[:] = 0.0
    for n in range(m.wealth.size):
        for e in range(m.arcs.size):
            s, people = m.arcs[e].origin, 0.0
            for j in range(m.ability.size):
                people += g[n, s, j] * flow[n, e, j]
            moved[0, e] += people
            moved[1, e] += people * m.wealth[n]
            moved[2, e] += people * (m.wealth[n] - m.landing[e, n])


def moves(m: Arrays, g: Array, flow: Array) -> Moves:
    """Flows along arcs at node masses g (N, S, J) and rates `flow` (N, E, J)."""
    moved = np.empty((3, m.arcs.size))
    fill_moves(m, np.ascontiguousarray(g), np.ascontiguousarray(flow), moved)
    return Moves(*moved)


class Conditions(NamedTuple):
    """Residuals of the markets, the budget and the quota, without bounds on prices."""

    labor: float
    """Demand less supply over demand."""
    capital: float
    """Demand less supply over supply."""
    budget: float
    """Receipts less transfer and spending, over output."""
    quota: float
    """Share of the statuses that the quota names, less the share it asks for."""


def earned(s: Static) -> Array:
    """Wedges, spreads and taxes on size, goods a year (...), of sums by status (..., S)."""
    parts = (s.wedge_revenue, s.spread_revenue, s.size_tax_revenue)
    return np.asarray(sum(part.sum(axis=-1) for part in parts))


def kept_of(moved: Moves, burnt: Array, leaves: Array, entry_wealth: Array | float) -> Array:
    """What edges take and do not burn, less what newborns are given, goods a year (...), of flows by arc
    (..., E).
    """
    taken = ((1.0 - burnt) * moved.taken).sum(axis=-1)
    return np.asarray(taken - entry_wealth * (leaves * moved.people).sum(axis=-1))


def moved_receipts(m: Arrays, moved: Moves) -> float:
    """What edges take and do not burn, less what newborns are given, goods a year."""
    return float(kept_of(moved, m.burnt, m.leaves, m.entry_wealth))


def receipts(m: Arrays, s: Static, moved: Moves) -> float:
    """Wedges, spreads, taxes on size, and what edges take and do not burn, less what newborns are given,
    goods a year.
    """
    return float(earned(s)) + moved_receipts(m, moved)


def conditions(m: Arrays, prices: Prices, s: Static, moved: Moves) -> Conditions:
    """Market and budget residuals."""
    of = s.capital if m.directed_of == OF_CAPITAL else s.credit
    return Conditions(
        *relative(
            float(s.labor.sum()),
            m.outside_labor + float(s.labor_supply.sum()),
            float(s.capital.sum()),
            float(s.wealth.sum()) + m.foreign_capital,
            float(s.output.sum()),
            receipts(m, s, moved) - prices.transfer - m.spending,
            float(of.sum()),
            float((m.directed_to * of).sum()),
            m.directed_share,
        )
    )


@jit
def relative(
    demand: float,
    supply: float,
    capital: float,
    funds: float,
    output: float,
    left: float,
    total: float,
    directed: float,
    asked: float,
) -> tuple[float, float, float, float]:
    """The fields of `Conditions` from levels: demand for and supply of labour, use and supply of capital,
    output, what is left of the budget, what the quota counts (of all statuses, and of those it names), and
    the share it asks for.
    """
    share = directed / total if total > 0.0 else 0.0
    return (
        (demand - supply) / max(max(demand, supply), LEAST),
        (capital - funds) / max(max(capital, funds), LEAST),
        left / max(output, LEAST),
        share - asked,
    )


def raw(c: Conditions) -> Array:
    """The four conditions as they enter `point.residuals`, without the bounds (4,)."""
    return np.array([c.labor, -c.capital, c.budget, c.quota])
