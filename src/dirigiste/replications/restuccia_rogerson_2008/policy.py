"""Policies of Restuccia and Rogerson (2008): some are taxed, the others subsidised so that capital stays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dirigiste.errors import InputError
from dirigiste.replications.restuccia_rogerson_2008.model import (
    Array,
    Economy,
    Parameters,
    Rates,
    Sizes,
    Wedge,
    solve,
    undistorted,
)
from dirigiste.replications.roots import root


@dataclass(frozen=True, slots=True)
class Policy:
    """Who is taxed, on what and how much."""

    tax: float
    """Rate that the taxed pay."""
    taxed: float = 0.5
    """Share of establishments that are taxed."""
    correlated: bool = False
    """Whether the most productive are taxed, or a share at every productivity."""
    on: Wedge = "output"


@dataclass(frozen=True, slots=True)
class Effect:
    """What a policy does, in the terms of the tables."""

    policy: Policy
    economy: Economy
    subsidy: float
    """Rate that the others receive."""
    output: float
    """Relative to no policy, as are the next three."""
    tfp: float
    entry: float
    wage: float
    subsidised: float
    """Output of subsidised establishments over output."""
    cost: float
    """Subsidies over output."""
    capital_gap: float
    """Residual: capital relative to no policy, less 1."""


def groups(law: Sizes, policy: Policy) -> Array:
    """Shares (2, S) of the taxed and of the subsidised at each productivity.

    Where the most productive are taxed, the subsidised are the points up to which the distribution function
    is at most the share that is not taxed.
    """
    if not policy.correlated:
        return np.stack([policy.taxed * law.share, (1.0 - policy.taxed) * law.share])
    low = np.cumsum(law.share) <= 1.0 - policy.taxed + 1e-12
    return np.stack([np.where(low, 0.0, law.share), np.where(low, law.share, 0.0)])


def rates(law: Sizes, policy: Policy, subsidy: float) -> Rates:
    """Wedges of a policy at a rate of subsidy."""
    weight = groups(law, policy)
    wedge, none = np.array([[policy.tax], [-subsidy]]), np.zeros((2, 1))
    return Rates(weight, *(wedge if policy.on == kind else none for kind in ("output", "capital", "labor")))


def effect(p: Parameters, law: Sizes, policy: Policy, base: Economy | None = None) -> Effect:
    """Find the subsidy that leaves capital as it is without policy, and what follows.

    Raises:
        InputError: Nobody is left to subsidise.
        NotConverged: No subsidy brings capital back. None does for a tax on labour: capital is a Y/r, and
            output never as large as without wedges.
    """
    base = base or solve(p, law, undistorted(law))
    if groups(law, policy)[1].sum() <= 0.0:
        message = (
            f"no establishment is left to subsidise if the best {policy.taxed:g} of them are taxed; "
            f"the least productive point of the grid has {law.share[0]:.3g} of them"
        )
        raise InputError.of(message, key="taxed")

    def gap(subsidy: float) -> float:
        return solve(p, law, rates(law, policy, subsidy)).capital / base.capital - 1.0

    most = 0.95 if policy.on != "output" else 20.0  # a subsidy of 1 on a factor would make it free
    subsidy = 0.0 if abs(gap(0.0)) < 1e-13 else root(gap, 0.0, most, "subsidy that leaves capital as it was")
    result = solve(p, law, rates(law, policy, subsidy))
    return Effect(
        policy=policy,
        economy=result,
        subsidy=subsidy,
        output=result.output / base.output,
        tfp=result.tfp(p) / base.tfp(p),
        entry=result.entry / base.entry,
        wage=result.wage / base.wage,
        subsidised=float(result.by_group[1]) / result.output,
        cost=-float(result.revenue[1]) / result.output,
        capital_gap=result.capital / base.capital - 1.0,
    )
