"""Households who save against income risk, at given wage and interest: an economy file solved by the engine.

The engine keeps wealth from 0 up and pays incomes to statuses. A borrowing limit of b is wealth a + b and a
payment of b r by everybody; incomes are labour efficiencies of statuses, between which people move.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dirigiste import config
from dirigiste import economy as economies
from dirigiste.errors import NotConverged
from dirigiste.numerics.setup.arrays import compile_economy
from dirigiste.numerics.stationary import equilibrium, point
from dirigiste.replications.roots import root

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dirigiste.economy import Economy

Array = NDArray[np.float64]

HJB, KFE = 1e-10, 1e-13
"""Largest residuals of values (logs of consumption a year) and of the distribution (mass per year)."""


@dataclass(frozen=True)
class Behaviour:
    """Households at given prices; wealth (N,) is true wealth, other arrays (N, S)."""

    interest: float
    wage: float
    wealth: Array
    income: Array
    consumption: Array
    mass: Array
    at_cell: Array
    """Wealth (N, S) to which consumption belongs: the middle of the cell that a household moves through."""
    income_there: Array
    residual: float

    @property
    def mean_wealth(self) -> float:
        """Mean wealth."""
        return float(self.mass.sum(axis=1) @ self.wealth)

    @property
    def saving(self) -> Array:
        """Saving (N, S) at `at_cell`, goods a year."""
        return self.income_there - self.consumption


class Households:
    """An economy file at any wage and interest, each solution starting from the last."""

    def __init__(self, economy: Economy, limit: float = 0.0) -> None:
        """Compile an economy; `limit` is how much a household may owe."""
        config.ensure()
        self.economy, self.limit = economy, limit
        self._compiled = compile_economy(economy)
        self._last: point.Start | None = None

    @classmethod
    def from_file(cls, name: str, changes: Mapping[str, Any] | None = None, limit: float = 0.0) -> Households:
        """An economy of this folder with changes of parameters."""
        text = resources.files(__package__ or "").joinpath(name).read_text(encoding="utf-8")
        economy = economies.loads(text, file=name)
        return cls(economy.with_(dict(changes)) if changes else economy, limit)

    def __call__(self, wage: float, interest: float) -> Behaviour:
        """Solve values and distribution.

        Raises:
            NotConverged: A residual is above its tolerance.
        """
        m = self._compiled.arrays
        if self._last is None:
            self._last = equilibrium.solve(self._compiled).as_start()
        u = np.array([np.log(wage), interest, -self.limit * interest, 0.0])
        solved = point.evaluate(m, u, self._last.v, self._last.f, HJB, KFE)
        values, masses = solved.values.residual, solved.distribution.residual
        if not (values <= 10 * HJB and masses <= 10 * KFE):
            raise NotConverged(
                f"{self.economy.name} at wage {wage:g} and interest {interest:g}: households not solved",
                residuals={"hjb": values, "distribution": masses},
            )
        self._last = point.Start(u, solved.values.v, solved.distribution.f)
        return _behaviour(solved, m.wealth, wage, interest, self.limit)

    def clear(
        self, wage: Callable[[float], float], demand: Callable[[float], float], low: float, high: float
    ) -> Behaviour:
        """The interest rate at which households hold what is demanded of them, and what they do there.

        Args:
            wage: Wage by interest.
            demand: Wealth that they must hold by interest.
            low: An interest rate at which they hold too little.
            high: One at which they hold too much.

        Raises:
            NotConverged: Excess wealth has the same sign at both ends.
        """
        r = root(
            lambda r: self(wage(r), r).mean_wealth - demand(r),
            low,
            high,
            f"interest rate in {self.economy.name}",
            1e-11,
        )
        return self(wage(r), r)


def _behaviour(solved: point.Point, nodes: Array, wage: float, interest: float, limit: float) -> Behaviour:
    policy = solved.values.policy
    right, left, consumption = (x[:, :, 0] for x in (policy.right, policy.left, policy.consumption))
    earned = solved.firms.income[:, :, 0]
    income = interest * nodes[:, None] + earned - limit * interest
    gap = np.diff(nodes)
    ahead, behind = np.append(gap, 0.0)[:, None], np.insert(gap, 0, 0.0)[:, None]
    moved = 0.5 * (right * ahead - left * behind)
    return Behaviour(
        interest,
        wage,
        nodes - limit,
        income,
        consumption,
        solved.distribution.g[:, :, 0],
        nodes[:, None] - limit + moved,
        income + interest * moved,
        max(solved.values.residual, solved.distribution.residual),
    )
