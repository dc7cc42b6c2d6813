"""The national accounts of a date: what the closure determines besides prices, and the identity of goods
(docs/method.md, equations 12 and 15). One home for stationary states, paths and the numbers of results.

Sums are by status (..., S) and by arc (..., E) as `Static` and `Moves` have them; everything that comes back
is (...), in goods a year.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dirigiste.numerics.markets.aggregates import Moves, Static, earned, kept_of
from dirigiste.numerics.setup.unknowns import INTEREST, TRANSFER, WAGE

Array = NDArray[np.float64]

Given = Callable[[str], Any]
"""Parameters by the names of `SCALARS` (...), and `leaves` and `burnt` by arc (..., E)."""


class Accounts(NamedTuple):
    """What the closure determines besides prices, each (...)."""

    spending: Array
    """Public spending G."""
    outside_labor: Array
    """Workers from outside, L0."""
    all_capital: Array
    """Capital in use, and idle capital."""
    net_foreign_assets: Array


def receipts(given: Given, s: Static, moved: Moves) -> Array:
    """Wedges, spreads, taxes on size, and what edges take and do not burn, less what newborns are given."""
    return earned(s) + kept_of(moved, given("burnt"), given("leaves"), given("entry_wealth"))


def accounts(given: Given, s: Static, moved: Moves, transfer: Any, opens: Collection[int]) -> Accounts:  # noqa: ANN401
    """What the closure determines.

    Args:
        given: The parameters.
        s: Sums by status.
        moved: Flows by arc.
        transfer: Transfer (...).
        opens: Unknowns that clear a market or balance the budget (`unknowns`).
    """
    wealth, capital = _total(s.wealth), _total(s.capital)
    nothing = np.zeros_like(wealth)
    foreign, spending = given("foreign_capital") + nothing, given("spending") + nothing
    outside = given("outside_labor") + nothing
    if TRANSFER not in opens:
        spending = receipts(given, s, moved) - transfer
    if WAGE not in opens:
        outside = _total(s.labor) - _total(s.labor_supply)
    if INTEREST not in opens:
        return Accounts(spending, outside, capital, wealth - capital)
    return Accounts(spending, outside, np.maximum(capital, wealth + foreign), -foreign)


def goods(
    given: Given,
    s: Static,
    moved: Moves,
    of: Accounts,
    consumption: Any,  # noqa: ANN401
    wage: Any,  # noqa: ANN401
    interest: Any,  # noqa: ANN401
) -> dict[str, Array]:
    """Terms of the identity of goods with their signs; their sum is the growth of wealth, 0 in a stationary
    state.
    """
    wealth = _total(s.wealth)
    carried = np.asarray(moved.wealth) - moved.taken
    return {
        "output": _total(s.output),
        "consumption": -consumption,
        "outside_workers": -wage * of.outside_labor,
        "depreciation": -given("delta") * of.all_capital,
        "fixed_costs": -_total(s.fixed_costs),
        "spending": -of.spending,
        "paid_to_foreign_capital": -interest * (of.all_capital - wealth),
        "carried_abroad": -_total(given("leaves") * carried),
        "burnt": -_total(given("burnt") * moved.taken),
        "growth": -given("growth") * wealth,
    }


def _total(x: Any) -> Any:  # noqa: ANN401
    return np.asarray(x).sum(axis=-1)
