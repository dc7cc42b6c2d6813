"""State (F) and private (E) firms: the wage, the return of private capital and loans, given its stock.

F: Y = K^a N^(1-a), at the bank rate; E: Y = K^a (xi N)^(1-a), managers get psi Y. While F firms employ
anybody they set the wage; afterwards E firms alone clear the labour market.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dirigiste.replications.song_storesletten_zilibotti_2011.parameters import Array, Parameters


class Prices(NamedTuple):
    """What follows from private capital, (T,) each."""

    wage: Array
    private_return: Array
    """rho."""
    owners_return: Array
    """Return of an owner's wealth with loans."""
    managers: Array
    """Income of a manager."""
    employment: Array
    """Labour in private firms."""
    private_output: Array


def state_wage(p: Parameters, bank_rate: Array) -> Array:
    """The wage that state firms pay at a bank rate."""
    return (1.0 - p.alpha) * (p.alpha / (bank_rate + p.delta)) ** (p.alpha / (1.0 - p.alpha))


def private_return(p: Parameters, wage: Array) -> Array:
    """Return of private capital at a wage, not below what savers get."""
    a, psi = p.alpha, p.managers_share
    power = (1.0 - a) / a
    return np.maximum(
        p.world_rate, (1.0 - psi) ** (1.0 / a) * (p.advantage * (1.0 - a) / wage) ** power * a - p.delta
    )


def loan_limit(p: Parameters, rho: Array, bank_rate: Array) -> Array:
    """Largest loans over own wealth at a return of at least the bank rate."""
    rho = np.maximum(rho, bank_rate)
    return p.pledgeable * (1.0 + rho) / (1.0 + bank_rate - p.pledgeable * (rho - bank_rate))


def indifferent_capital(p: Parameters, bank_rate: Array) -> Array:
    """Private capital at which its return is the bank rate and private firms employ everybody: borrowing
    beyond it does not pay.
    """
    a, psi, xi = p.alpha, p.managers_share, p.advantage
    wage = (1.0 - a) * xi * ((1.0 - psi) ** (1.0 / a) * a / (bank_rate + p.delta)) ** (a / (1.0 - a))
    return p.labor * (wage / ((1.0 - psi) * (1.0 - a) * xi ** (1.0 - a))) ** (1.0 / a)


def capital(p: Parameters, owned: Array, rho: Array, bank_rate: Array) -> Array:
    """What owners invest: as much as they may borrow for, or until the return is the bank rate, and at least
    their own wealth.
    """
    most = owned * (1.0 + loan_limit(p, rho, bank_rate))
    return np.minimum(most, np.maximum(owned, indifferent_capital(p, bank_rate)))


def prices(p: Parameters, capital: Array, bank_rate: Array) -> Prices:
    """Wage, returns and employment given private capital (T,) and the bank rate (T,)."""
    a, psi, xi = p.alpha, p.managers_share, p.advantage
    own_product = (1.0 - psi) * (1.0 - a) * xi ** (1.0 - a)
    clearing = own_product * (capital / p.labor) ** a
    by_state = state_wage(p, bank_rate)
    wage = np.maximum(by_state, clearing)
    alone = clearing >= by_state  # no state firm is left
    employment = np.where(alone, p.labor, capital * (own_product / wage) ** (1.0 / a))
    rho = private_return(p, wage)
    limit = loan_limit(p, rho, bank_rate)
    output = capital**a * (xi * employment) ** (1.0 - a)
    return Prices(
        wage=wage,
        private_return=rho,
        owners_return=rho + np.maximum(rho - bank_rate, 0.0) * limit,
        managers=psi * output / p.managers,
        employment=employment,
        private_output=output,
    )
