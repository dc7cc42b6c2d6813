"""Table 3 out of the engine: half of the establishments taxed on output, the others subsidised."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from dirigiste import economy as economies
from dirigiste.replications.roots import root
from dirigiste.results.equilibria.solve import solve

if TYPE_CHECKING:
    from dirigiste.results.equilibria.equilibrium import Equilibrium


@dataclass(frozen=True, slots=True)
class Distorted:
    """A distorted economy, relative to that without policy."""

    output: float
    """As TFP: labour is given, and the subsidy leaves capital as it was."""
    subsidised: float
    """Output of subsidised establishments over output."""
    cost: float
    """Subsidies over output."""
    subsidy: float
    capital_gap: float
    """Residual: capital relative to no policy, less 1."""
    residual: float
    """Largest residual of the equilibrium."""


def distorted(tax: float) -> Distorted:
    """The economy of `economy.yaml` with a tax, at the subsidy that leaves capital as it is without policy.

    Raises:
        NotConverged: No subsidy does, or the engine misses its tolerance.
    """
    text = resources.files(__package__ or "").joinpath("economy.yaml").read_text(encoding="utf-8")
    economy = economies.loads(text, file="restuccia_rogerson_2008/economy.yaml")
    base = solve(economy)

    def at(subsidy: float) -> Equilibrium:
        changes = {"statuses.taxed.wedge": tax, "statuses.subsidised.wedge": -subsidy}
        return solve(economy.with_(changes), start=base)

    def gap(subsidy: float) -> float:
        return at(subsidy).aggregates["capital"] / base.aggregates["capital"] - 1.0

    subsidy = root(gap, 0.0, 0.5, "subsidy that leaves capital as it was", 1e-10)
    result = at(subsidy)
    share = float(result.statuses["output_share"].sel(status="subsidised"))
    return Distorted(
        output=result.aggregates["output"] / base.aggregates["output"],
        subsidised=share,
        cost=subsidy * share,
        subsidy=subsidy,
        capital_gap=result.aggregates["capital"] / base.aggregates["capital"] - 1.0,
        residual=result.worst_residual,
    )
