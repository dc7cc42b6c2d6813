"""Between the solver and results: a solution as an `Equilibrium`, and an `Equilibrium` as a start."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dirigiste.numerics.setup import arrays
from dirigiste.numerics.stationary import equilibrium as solver
from dirigiste.results.equilibria import dataset
from dirigiste.results.equilibria.equilibrium import Equilibrium

if TYPE_CHECKING:
    from dirigiste.numerics.setup.arrays import Compiled


def finish(compiled: Compiled, solved: solver.Solved) -> Equilibrium:
    """Certify a solution and name its numbers."""
    return Equilibrium(
        compiled.economy, dataset.build(compiled, solved), dataset.states(compiled, solved.point)
    )


def fits(compiled: Compiled, start: Equilibrium) -> bool:
    """Whether a solved equilibrium can start the solution of another economy."""
    old, new, data = start.economy, compiled.economy, start.states
    return (
        tuple(data["status"].values) == compiled.statuses
        and np.array_equal(data["ability"].values, np.asarray(compiled.arrays.ability))
        and np.array_equal(data["wealth"].values, np.asarray(compiled.arrays.wealth))
        and old.preferences == new.preferences
        and old.technology.growth == new.technology.growth
    )


def start_of(start: Equilibrium) -> solver.Start:
    """Unknowns, values and row masses of a solved equilibrium, for the solver."""
    prices, directed = start.prices, start.economy.closure.directed
    quota = 0.0
    if directed is not None:
        quota = prices["added_spread"] if directed.by == "spread" else -np.log(prices["limit_factor"])
    u = np.array([np.log(prices["wage"]), prices["interest"], prices["transfer"], quota])
    v, f = (
        np.ascontiguousarray(start.states[name].transpose("wealth", "status", "ability").values)
        for name in ("value", "mass_acting")
    )
    return solver.Start(u, v - arrays.shift_of(start.economy), f)
