"""What is asked of a solved economy of producers: losses, debt, dispersion, growth."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dirigiste import economy as economies
from dirigiste.numerics.setup import ability
from dirigiste.results.equilibria.solve import solve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dirigiste.results.equilibria.equilibrium import Equilibrium

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Producers:
    """A solved economy."""

    result: Equilibrium

    @classmethod
    def from_file(cls, name: str, changes: Mapping[str, Any] | None = None) -> Producers:
        """Solve an economy of this folder with changes of parameters."""
        with resources.as_file(resources.files(__package__ or "").joinpath(name)) as path:
            economy = economies.load(Path(path))
        return cls(solve(economy.with_(dict(changes)) if changes else economy))

    @property
    def loss(self) -> float:
        """Loss of TFP against the same producers with efficient inputs, %."""
        a = self.result.aggregates
        return 100.0 * (a["tfp_loss_within"] + a["tfp_loss_between"])

    @property
    def loss_between(self) -> float:
        """The part of it that lies between groups, %."""
        return 100.0 * self.result.aggregates["tfp_loss_between"]

    @property
    def losses(self) -> dict[str, float]:
        """Loss inside each group, %."""
        statuses = self.result.statuses
        losses = 100.0 * np.log(statuses["tfp_efficient"] / statuses["tfp"])
        return {str(loss["status"].values): float(loss) for loss in losses}

    @property
    def returns(self) -> dict[str, float]:
        """Marginal product of capital of each group, α η Y/K, per year."""
        return {str(mpk["status"].values): float(mpk) for mpk in self.result.statuses["mpk"]}

    @property
    def debt(self) -> float:
        """Capital less wealth, over output."""
        a = self.result.aggregates
        return (a["capital"] - a["wealth"]) / a["output"]

    @property
    def labor(self) -> float:
        """Labour demand."""
        return self.result.aggregates["labor"]

    @property
    def residual(self) -> float:
        """Largest residual of values, masses and goods."""
        certificate = self.result.certificate
        return max(abs(size) for size in (certificate.hjb, certificate.distribution, certificate.walras))

    @cached_property
    def _firms(self) -> tuple[Array, Array, Array]:
        """Logs of output, of output over capital, and masses, (S, J, N) each."""
        data = self.result.states
        output, capital = data["output"].values, data["capital"].values
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.log(output), np.log(output / capital), data["mass"].values

    @property
    def dispersion(self) -> float:
        """Variance of ln(Y/K) over producers."""
        _, ratio, mass = self._firms
        mean = np.sum(mass * ratio)
        return float(np.sum(mass * (ratio - mean) ** 2))

    @property
    def growth_sd(self) -> float:
        """Standard deviation over producers of the change of log output within a year.

        A producer ends the year at mean savings of its state, and output there is linear in logs between
        nodes.
        """
        log, _, mass = self._firms
        data, economy = self.result.states, self.result.economy
        nodes = data["wealth"].values
        chances = ability.transition(economy, ability.chain(economy), 1.0)
        later = np.clip(nodes + data["saving"].values, nodes[0], nodes[-1])
        first = second = 0.0
        for s in range(mass.shape[0]):
            for j, k in np.ndindex(*chances.shape):
                growth = np.interp(later[s, j], nodes, log[s, k]) - log[s, j]
                weight = chances[j, k] * mass[s, j]
                first += float(weight @ growth)
                second += float(weight @ growth**2)
        return float(np.sqrt(second - first**2))
