"""`dirigiste.solve`: from an economy to its stationary equilibrium, certified and with named numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dirigiste import config, imports
from dirigiste import economy as economies
from dirigiste.economy import Economy
from dirigiste.errors import NotConverged
from dirigiste.numerics.setup import arrays
from dirigiste.numerics.stationary import equilibrium as solver
from dirigiste.results.equilibria.stationary import finish, fits, start_of

if TYPE_CHECKING:
    from pathlib import Path

    from dirigiste.progress import Progress
    from dirigiste.results.equilibria.equilibrium import Equilibrium


def solve(
    economy: Economy | str | Path,
    *,
    start: Equilibrium | None = None,
    progress: Progress | None = None,
) -> Equilibrium:
    """Find the stationary equilibrium of an economy.

    Args:
        economy: An economy, the name of a shipped one, or a YAML file.
        start: A solved neighbour to start from. Used where statuses, abilities, wealth nodes and preferences
            are the same; the result does not depend on it beyond the tolerances, as long as the equilibrium
            is unique.
        progress: Called with stage, round and largest residual.

    Returns:
        The equilibrium with its certificate. `certify` adds how far it depends on the grid and the start.

    Raises:
        InputError: The economy has faults.
        NotConverged: Tolerances are missed; with residuals, history and advice.
        IdentityViolated: Goods do not clear, which is a fault of the program.
    """
    config.ensure()
    imports.ahead("xarray")  # it takes as long as a solution
    if not isinstance(economy, Economy):
        economy = economies.load(economy)
    compiled = arrays.compile_economy(economy)
    if start is not None and fits(compiled, start):
        try:
            return finish(compiled, solver.solve(compiled, start_of(start), progress=progress))
        except NotConverged:
            pass  # the neighbour is too far away: from the usual start
    return finish(compiled, solver.solve(compiled, progress=progress))
