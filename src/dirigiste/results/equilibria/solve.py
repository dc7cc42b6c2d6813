"""`dirigiste.solve`: the stationary equilibrium of an economy, and on other grids where that is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dirigiste.results.equilibria import stationary
from dirigiste.results.equilibria.certify import certify as certified

if TYPE_CHECKING:
    from pathlib import Path

    from dirigiste.economy import Economy
    from dirigiste.progress import Progress
    from dirigiste.results.equilibria.equilibrium import Equilibrium


def solve(
    economy: Economy | str | Path,
    *,
    start: Equilibrium | None = None,
    progress: Progress | None = None,
    certify: bool = False,
) -> Equilibrium:
    """Find the stationary equilibrium of an economy.

    Args:
        economy: An economy, the name of a shipped one, or a YAML file.
        start: A solved neighbour to start from. Used where statuses, abilities, wealth nodes and preferences
            are the same; the result does not depend on it beyond the tolerances, as long as the equilibrium
            is unique.
        progress: Called with stage, round and largest residual.
        certify: Also solve on a finer grid and from other prices; see `dirigiste.results.equilibria.certify`.

    Returns:
        The equilibrium with its certificate.

    Raises:
        InputError: The economy has faults.
        NotConverged: Tolerances are missed; with residuals, history and advice.
        IdentityViolated: Goods do not clear, which is a fault of the program.
    """
    equilibrium = stationary.solve(economy, start=start, progress=progress)
    return certified(equilibrium, progress=progress) if certify else equilibrium
