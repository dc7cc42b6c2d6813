"""The numbers of an equilibrium (docs/method.md, section 7), from a solved point of the solver.

Those that follow from sums over the distribution are in `formulas`; here are the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dirigiste.results.quantities import formulas, measures
from dirigiste.results.quantities.quantiles import top_share

if TYPE_CHECKING:
    from dirigiste.numerics.setup.arrays import Compiled
    from dirigiste.numerics.stationary.equilibrium import Point

Array = NDArray[np.float64]


def prices(compiled: Compiled, point: Point) -> dict[str, float]:
    """Prices by the names of `measures.PRICES`."""
    p = point.prices
    values = {"wage": float(p.wage), "interest": float(p.interest), "transfer": float(p.transfer)}
    if compiled.layout.directed_of:
        values |= {"added_spread": float(p.added_spread), "limit_factor": float(p.limit_factor)}
    return values


def by_status(compiled: Compiled, point: Point) -> dict[str, Array]:
    """Numbers by status, each (S,), by the names of `measures.STATUS`."""
    facts = formulas.facts(compiled)
    of_sums = formulas.by_status(facts, formulas.sums_of(point))
    return {**of_sums, "loan_rate": formulas.loan_rates(facts, prices(compiled, point))}


def aggregates(compiled: Compiled, point: Point) -> dict[str, float]:
    """Aggregates by the names of `measures.AGGREGATES`."""
    of_sums = formulas.aggregates(formulas.facts(compiled), formulas.sums_of(point), prices(compiled, point))
    values = {**of_sums, **_shares(compiled, point)}
    return {name: float(values[name]) for name in measures.AGGREGATES}


def _shares(compiled: Compiled, point: Point) -> dict[str, float]:
    """Top shares of wealth, employment and earnings."""
    m, firms = compiled.arrays, point.firms
    g, share = np.asarray(point.distribution.g), np.asarray(point.firms.share)
    at_node = g.sum(axis=(1, 2))
    wages = np.broadcast_to((np.asarray(m.labor_efficiency) * float(point.prices.wage))[:, None], g.shape)
    earned = np.stack([np.asarray(firms.profit), wages])
    earners = np.stack([g * share, g * (1.0 - share)])
    return {
        **{f"top{n}_wealth": top_share(m.wealth, at_node, n / 100) for n in (1, 5, 10)},
        "top10_employment": top_share(firms.labor, g * share, 0.10),
        "top5_earnings": top_share(np.where(earners > 0, earned, 0.0), earners, 0.05),
    }
