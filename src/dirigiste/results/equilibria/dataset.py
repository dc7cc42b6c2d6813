"""A solved equilibrium as two xarray Datasets, of which every variable carries `units` and `long_name`.

`build` makes that of the economy as a whole (`measures.PRICES` and `AGGREGATES`), by `status`
(`NAME_by_status` for `measures.STATUS` and `STATUS_FLAGS`) and by `arc`, an edge from one of its origins
(`measures.EDGE`). A path has these names too. Its attributes are `economy` (YAML), and as JSON `provenance`,
`certificate` and `identity`. `states` makes that of policy functions, values and the distribution over
(`status`, `ability`, `wealth`), by the names of `measures.STATES`.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from dirigiste.numerics.operators import hjb
from dirigiste.numerics.stationary import certificate
from dirigiste.results.archive.provenance import provenance
from dirigiste.results.equilibria.certificate import Certificate
from dirigiste.results.quantities import formulas, measures, totals

if TYPE_CHECKING:
    import xarray as xr

    from dirigiste.numerics.setup.arrays import Compiled
    from dirigiste.numerics.stationary.equilibrium import Point, Solved

STATE: Final = ("status", "ability", "wealth")

COORDINATES: Final = ("status", "arc", "edge", "origin", "destination")
"""Coordinates of numbers by status and by arc."""

OF_FIRMS: Final = ("capital", "labor", "credit", "output", "profit", "mpk", "size_tax")
"""Variables over states that are nan in statuses which may run no firm."""


def build(compiled: Compiled, solved: Solved) -> xr.Dataset:
    """The numbers of a solved equilibrium as a whole, by status and by arc.

    Raises:
        NotConverged: A residual misses its tolerance.
        IdentityViolated: Goods do not clear.
    """
    import xarray as xr

    point, economy = solved.point, compiled.economy
    certified = Certificate(**asdict(certificate.certificate(compiled, solved)))
    variables: dict[str, Any] = {}
    for name, values in totals.by_status(compiled, point).items():
        variables[f"{name}_by_status"] = ("status", values, measures.about(measures.STATUS[name]))
    for name, values in _flags(compiled).items():
        variables[f"{name}_by_status"] = ("status", values, measures.about(measures.STATUS_FLAGS[name]))
    for name, value in totals.prices(compiled, point).items():
        variables[name] = ((), value, measures.about(measures.PRICES[name]))
    for name, value in totals.aggregates(compiled, point).items():
        variables[name] = ((), value, measures.about(measures.AGGREGATES[name]))
    moved = {"people": point.moves.people, "wealth_moved": point.moves.wealth, "taken": point.moves.taken}
    for name, values in moved.items():
        variables[name] = ("arc", np.asarray(values), measures.about(measures.EDGE[name]))
    places = coordinates(compiled)
    return xr.Dataset(
        variables,
        coords={name: places[name] for name in COORDINATES},
        attrs={
            "title": f"Stationary equilibrium of {economy.name}",
            "Conventions": "CF-1.10",
            "economy": economy.to_yaml(),
            "provenance": json.dumps(provenance(economy, solved.seconds), ensure_ascii=False),
            "certificate": json.dumps(certified.to_json(), ensure_ascii=False),
            "identity": json.dumps(certificate.identity(compiled, point)),
        },
    )


def states(compiled: Compiled, point: Point) -> xr.Dataset:
    """Values, policy functions and the distribution of a solved equilibrium, (S, J, N)."""
    import xarray as xr

    places = coordinates(compiled)
    return xr.Dataset(
        {
            name: (STATE, values, measures.about(measures.STATES[name]))
            for name, values in _states(compiled, point).items()
        },
        coords={name: places[name] for name in STATE},
    )


def _states(compiled: Compiled, point: Point) -> dict[str, np.ndarray]:
    """Variables over states, (S, J, N)."""
    m, firms, policy = compiled.arrays, point.firms, point.values.policy
    gap = np.diff(np.asarray(m.wealth))[:, None, None]
    none = np.zeros((1, *point.values.v.shape[1:]))
    right, left = policy.speed_right, policy.speed_left
    drift = np.concatenate([right[:-1] * gap, none]) - np.concatenate([none, left[1:] * gap])
    capital, output = np.asarray(firms.capital), np.asarray(firms.output)
    with np.errstate(divide="ignore", invalid="ignore"):
        mpk = np.where(capital > 0, float(m.alpha * m.eta) * output / capital, np.nan)
    variables = {
        "value": point.values.v + m.shift,
        "consumption": policy.consumption,
        "saving": drift,
        "income": hjb.income(m, firms, point.prices),
        "mass": point.distribution.g,
        "mass_acting": point.distribution.f,
        "runs": firms.share,
        "capital": capital,
        "labor": firms.labor,
        "credit": firms.credit,
        "output": output,
        "profit": firms.profit,
        "mpk": mpk,
    }
    if compiled.layout.taxed:
        variables["size_tax"] = firms.size_tax
    idle = np.asarray(m.operates)[:, None] == 0
    return {
        name: np.ascontiguousarray(
            np.transpose(np.where(idle, np.nan, values) if name in OF_FIRMS else values, (1, 2, 0))
        )
        for name, values in variables.items()
    }


def _flags(compiled: Compiled) -> dict[str, np.ndarray]:
    economy = compiled.economy
    speak = formulas.could_speak(economy)
    declared = {
        name: np.array([getattr(economy.statuses[status], name) for status in compiled.statuses])
        for name in measures.STATUS_FLAGS
        if name != "could_speak"
    }
    return {**declared, "could_speak": np.array([speak[status] for status in compiled.statuses])}


def coordinates(compiled: Compiled) -> dict[str, Any]:
    """Statuses, abilities, wealth nodes and arcs, with names and units."""
    statuses, arcs = compiled.statuses, compiled.arcs
    ends = [statuses[arc.destination] if arc.destination >= 0 else "abroad" for arc in arcs]

    def text(values: list[str]) -> np.ndarray:
        return np.array(values, dtype=str)

    return {
        "status": ("status", text(list(statuses)), {"long_name": "Political status"}),
        "ability": (
            "ability",
            np.asarray(compiled.arrays.ability),
            {"units": "1", "long_name": "Ability", "symbol": "z"},
        ),
        "wealth": (
            "wealth",
            np.asarray(compiled.arrays.wealth),
            {"units": "goods", "long_name": "Wealth", "symbol": "a"},
        ),
        "arc": (
            "arc",
            text([f"{arc.edge}:{statuses[arc.origin]}" for arc in arcs]),
            {"long_name": "Edge and origin"},
        ),
        "edge": ("arc", text([arc.edge for arc in arcs]), {"long_name": "Edge"}),
        "origin": (
            "arc",
            text([statuses[arc.origin] for arc in arcs]),
            {"long_name": "Status that it leads from"},
        ),
        "destination": ("arc", text(ends), {"long_name": "Status that it leads to, or abroad"}),
    }
