"""The residuals of a path for its certificate (docs/method.md, section 13): in every step of each market, of
values, of mass, and of goods.

The goods identity (docs/method.md, equation 15) is never used to solve. In every step

    Y - C - w L0 - delta K - fixed costs - G - r (K - A) - wealth that leaves or is burnt - g A - dA/dt = 0

with K all capital, idle capital too, and dA/dt the change of wealth over the step; all else is summed over
the masses at which the markets of the step clear (`steps`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dirigiste.numerics import accounts
from dirigiste.numerics.markets.aggregates import Moves
from dirigiste.numerics.setup.arrays import Compiled
from dirigiste.numerics.setup.unknowns import INTEREST, QUOTA, TRANSFER, WAGE, unknowns
from dirigiste.numerics.transition.path import Begin
from dirigiste.numerics.transition.perfect_foresight import Solved, Task

Array = NDArray[np.float64]

MARKETS = {"labor": WAGE, "capital": INTEREST, "budget": TRANSFER, "quota": QUOTA}


def residuals(compiled: Compiled, task: Task, solved: Solved) -> dict[str, Array]:
    """Residuals by name, each (T,): markets relative to their size, values in logs of consumption a year,
    mass, and goods over output.
    """
    result = {name: solved.left[:, index] for name, index in MARKETS.items()}
    return {
        **result,
        "walras": _goods(compiled, task, solved),
        "foresight": np.abs(solved.u - solved.foreseen).max(axis=1),
        "hjb": solved.value_residuals,
        "mass": solved.sums.mass.sum(axis=1) - float(task.begin.g.sum()),
    }


def _goods(compiled: Compiled, task: Task, solved: Solved) -> Array:
    sums, given = solved.sums, task.timed.number
    wage, interest, transfer = np.exp(solved.u[:, WAGE]), solved.u[:, INTEREST], solved.u[:, TRANSFER]
    moves = Moves(*sums.moves)
    of = accounts.accounts(given, sums.static, moves, transfer, unknowns(compiled))
    consumption = sums.consumption.sum(axis=1)
    terms = accounts.goods(given, sums.static, moves, of, consumption, wage, interest)
    before = wealth_of(compiled, task.begin)
    change = np.diff(np.concatenate([[before], sums.wealth])) / task.lengths
    return (sum(terms.values()) - change) / terms["output"]


def wealth_of(compiled: Compiled, masses: Begin) -> float:
    """Mean wealth of node masses."""
    return float(np.einsum("nsj,n->", masses.g, compiled.arrays.wealth))
