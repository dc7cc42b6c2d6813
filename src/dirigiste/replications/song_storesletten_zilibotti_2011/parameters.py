"""Calibration of Song, Storesletten and Zilibotti (2011), and what follows from its targets."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

FIRST_YEAR: Final = 1992


@dataclass(frozen=True)
class Parameters:
    """Parameters and targets. Rates are per year; amounts are per efficiency unit, so detrended by 1+g_t."""

    beta: float = 0.998
    """Discount factor."""
    sigma: float = 0.5
    """Inverse of the intertemporal elasticity of substitution."""
    alpha: float = 0.5
    """Exponent of capital."""
    delta: float = 0.10
    """Depreciation."""
    world_rate: float = 0.0175
    """What banks earn abroad and pay to savers, r."""
    population_growth: float = 0.03
    growth: float = 0.038
    """Growth of efficiency, g_t."""
    bank_rate: float = 0.093
    """What state firms pay before the reform, R."""
    capital_output_ratio: float = 2.65
    """K/Y of state firms over K/Y of private ones."""
    return_gap: float = 0.09
    """Return of private capital less the bank rate, before the reform."""
    loan_to_wealth: float = 1.0
    """Bank loans of private firms over their owners' wealth, before the reform."""
    lifetime: int = 50
    """Periods of life."""
    retirement: int = 31
    """Age (from 1) from which workers do not work."""
    ownership: int = 26
    """Age (from 1) from which entrepreneurs own firms; before, they manage their parents'."""
    workers: float = 100.0
    """Population of workers' families, all ages."""
    entrepreneurs: float = 5.0
    """Population of entrepreneurs' families, all ages."""
    workers_wealth: float = 0.80
    """Initial wealth of workers over that of a worker's life at the initial wage."""
    entrepreneurs_wealth: float = 0.33
    """The same for entrepreneurs."""
    reform_start: int = 8
    reform_end: int = 26
    """Periods (0 is 1992) between which the bank rate falls to the world's."""
    reform_speed: float = 2.38
    horizon: int = 400
    """Periods after which prices stay."""

    @cached_property
    def private_return(self) -> float:
        """Return of private capital before the reform, rho."""
        return self.bank_rate + self.return_gap

    @cached_property
    def managers_share(self) -> float:
        """psi, from the two capital-output ratios."""
        return (
            1.0
            - (self.private_return + self.delta) / (self.bank_rate + self.delta) / self.capital_output_ratio
        )

    @cached_property
    def advantage(self) -> float:
        """xi, efficiency of labour in private firms relative to state firms."""
        return self.capital_output_ratio ** (self.alpha / (1.0 - self.alpha)) / (1.0 - self.managers_share)

    @cached_property
    def pledgeable(self) -> float:
        """Eta of loans L <= eta/(1+R) [(1+rho) a + (rho-R) L], a the owner's wealth.

        eta/(1+eta) is the paper's, which is of (1+rho)(a + L).
        """
        rho, rate, loan = self.private_return, self.bank_rate, self.loan_to_wealth
        return loan * (1.0 + rate) / (1.0 + rho + (rho - rate) * loan)

    @cached_property
    def iceberg(self) -> float:
        """Cost of lending to firms before the reform, a share of what the bank would earn: R = r/(1-ice)."""
        return 1.0 - self.world_rate / self.bank_rate

    def bank_rates(self, periods: int) -> Array:
        """Bank rate R_t = r/(1-ice_t), (periods,): ice falls by ((t-start)/(end-start))^speed of itself."""
        t = np.arange(periods)
        done = np.clip((t - self.reform_start) / (self.reform_end - self.reform_start), 0.0, 1.0)
        return self.world_rate / (1.0 - self.iceberg * (1.0 - done**self.reform_speed))

    @cached_property
    def age_shares(self) -> Array:
        """Shares (lifetime,) of the ages in a population that grows at a constant rate."""
        weight = (1.0 + self.population_growth) ** -np.arange(self.lifetime)
        return weight / weight.sum()

    @cached_property
    def labor(self) -> float:
        """Workers who work, N."""
        return self.workers * float(self.age_shares[: self.retirement - 1].sum())

    @cached_property
    def managers(self) -> float:
        """Entrepreneurs who manage."""
        return self.entrepreneurs * float(self.age_shares[: self.ownership - 1].sum())

    @cached_property
    def assumption_1(self) -> float:
        """Xi - (1/(1-psi))^(1/(1-alpha)); positive if delegation to managers pays, which the model needs."""
        return self.advantage - (1.0 / (1.0 - self.managers_share)) ** (1.0 / (1.0 - self.alpha))
