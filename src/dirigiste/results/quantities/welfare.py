"""Who gains from a change: consumption equivalents (docs/method.md, section 7).

The change of an owner in state (status, ability, wealth) is log v(V_new) - log v(V_old): the log points by
which consumption would have to move for ever in the old economy to be worth the new one. Groups are those of
the old distribution, in which owners are when the economies are exchanged, and their change is the mean
over it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from dirigiste.results.quantities import measures
from dirigiste.results.quantities.quantiles import group_weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dirigiste.economy import Economy
    from dirigiste.results.equilibria.equilibrium import Equilibrium

Array = NDArray[np.float64]

SAME: Final = 1e-6
"""Changes of less than this, in log points, count as none: the accuracy of values over the discount rate."""

QUINTILES: Final = ("poorest", "second", "middle", "fourth", "richest")
TERCILES: Final = ("lowest", "middle", "highest")

ABILITY_GROUPS: Final = ("low", "middle", "high")
"""Terciles of ability at a surprise."""

UNITS: Final = "log points of consumption"


def log_equivalent(economy: Economy, value: Array) -> Array:
    """Log of the permanent consumption that is worth `value`: ρV for σ = 1, else log([(1-σ)ρV])/(1-σ); ρ
    net of growth.
    """
    sigma = economy.preferences.sigma
    rho = economy.preferences.rho - (1.0 - sigma) * economy.technology.growth
    if sigma == 1.0:
        return rho * value
    return np.log((1.0 - sigma) * rho * value) / (1.0 - sigma)


def welfare(old: Equilibrium, new: Equilibrium) -> xr.Dataset:
    """Changes and shares that gain, by state and by group.

    Args:
        old: Equilibrium in which owners are.
        new: Equilibrium that takes its place; on the same statuses, abilities and wealth nodes, with the
            same preferences.

    Returns:
        `change` over (status, ability, wealth); `change_by_status`, `change_by_quintile` (of wealth),
        `change_by_tercile` (of ability), `change_by_status_and_quintile`, `change_in_all`; `gains_by_...`
        and `loses_by_...` as shares of the group, `mass_by_...` as shares of all owners. nan for groups that
        are empty.
    """
    change = log_equivalent(new.economy, new.states["value"].values) - log_equivalent(
        old.economy, old.states["value"].values
    )
    mass = np.maximum(old.states["mass"].values, 0.0)
    quintile = group_weights(mass.sum(axis=(0, 1)), len(QUINTILES))
    tercile = group_weights(mass.sum(axis=(0, 2)), len(TERCILES))
    groups: dict[str, tuple[tuple[str, ...], str, tuple[Array, ...]]] = {
        "in_all": ((), "sjn->", ()),
        "by_status": (("status",), "sjn->s", ()),
        "by_quintile": (("quintile",), "sjn,qn->q", (quintile,)),
        "by_tercile": (("tercile",), "sjn,tj->t", (tercile,)),
        "by_status_and_quintile": (("status", "quintile"), "sjn,qn->sq", (quintile,)),
        "by_status_and_tercile": (("status", "tercile"), "sjn,tj->st", (tercile,)),
    }
    amounts = {
        "change": (mass * change, UNITS, "Mean consumption-equivalent change of the group"),
        "gains": (mass * (change > SAME), "share of the group", "Owners of the group who gain"),
        "loses": (mass * (change < -SAME), "share of the group", "Owners of the group who lose"),
    }
    variables: dict[str, object] = {
        "change": (
            ("status", "ability", "wealth"),
            change,
            {"units": UNITS, "long_name": "Consumption-equivalent change of the state"},
        )
    }
    for group, (dims, sums, weights) in groups.items():
        total = np.einsum(sums, mass, *weights)
        variables[f"mass_{group}"] = (
            dims,
            total,
            {"units": "share of owners", "long_name": "Owners of the group"},
        )
        for name, (amount, unit, meaning) in amounts.items():
            with np.errstate(invalid="ignore", divide="ignore"):
                mean = np.where(total > 0, np.einsum(sums, amount, *weights) / total, np.nan)
            variables[f"{name}_{group}"] = (dims, mean, {"units": unit, "long_name": meaning})
    coords = {name: old.states[name] for name in ("status", "ability", "wealth")}
    return xr.Dataset(
        variables,
        coords={
            **coords,
            "quintile": ("quintile", list(QUINTILES), {"long_name": "Quintile of wealth, old distribution"}),
            "tercile": ("tercile", list(TERCILES), {"long_name": "Tercile of ability"}),
        },
    )


def at_surprise(
    economy: Economy, statuses: Sequence[str], v_before: Array, v_after: Array, g: Array
) -> xr.Dataset:
    """Who gains from a surprise: the path that it announces against the one that was expected just before.

    Args:
        economy: For preferences.
        statuses: Names of statuses.
        v_before: Values just before, (N, S, J).
        v_after: Values just after, (N, S, J).
        g: Node masses at the surprise, (N, S, J).

    Returns:
        The variables of `measures.SURPRISE_WELFARE`, over (status, quintile, ability_group) or for all;
        quintiles of wealth and terciles of ability of the whole population at the surprise. nan for groups
        that are empty.
    """
    change = log_equivalent(economy, np.asarray(v_after)) - log_equivalent(economy, np.asarray(v_before))
    mass = np.maximum(np.asarray(g), 0.0)
    groups = (
        group_weights(mass.sum(axis=(1, 2)), len(QUINTILES)),
        group_weights(mass.sum(axis=(0, 1)), len(ABILITY_GROUPS)),
    )
    gains, loses = mass * (change > SAME), mass * (change < -SAME)

    def total(amount: Array) -> Array:
        return np.einsum("nsj,qn,tj->sqt", amount, *groups)

    people = total(mass)

    def mean(amount: Array) -> Array:
        return total(amount) / np.where(people > 0, people, np.nan)

    variables = {
        "gain": mean(mass * change),
        "mass": people,
        "share_gaining": mean(gains),
        "share_losing": mean(loses),
        "gain_in_all": (mass * change).sum() / mass.sum(),
        "votes_for": gains.sum() / mass.sum(),
        "votes_against": loses.sum() / mass.sum(),
    }
    dims = ("status", "quintile", "ability_group")
    return xr.Dataset(
        {
            name: (dims if np.ndim(values) else (), values, measures.about(measures.SURPRISE_WELFARE[name]))
            for name, values in variables.items()
        },
        coords={
            "status": ("status", np.array(list(statuses), dtype=str), {"long_name": "Political status"}),
            "quintile": (
                "quintile",
                np.arange(1, len(QUINTILES) + 1),
                {"long_name": "Quintile of wealth at the surprise, 1 the poorest"},
            ),
            "ability_group": (
                "ability_group",
                np.array(ABILITY_GROUPS, dtype=str),
                {"long_name": "Tercile of ability at the surprise"},
            ),
        },
    )
