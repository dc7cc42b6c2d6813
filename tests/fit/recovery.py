"""A small economy, moments that it meets exactly, and files of them."""

import numpy as np

import dirigiste as dg
from dirigiste import economy as economies
from dirigiste.results.equilibria import known
from dirigiste.results.equilibria.sensitivity import values
from dirigiste.results.quantities.expression import parse

ECONOMY = economies.loads(known.ECONOMY)
"""Three statuses and every kind of edge."""

TRUE = {"collateral": 2.0, "cost": 0.02, "spread": 0.02, "rho": 0.06}
"""Its numbers that are estimated."""

PARAMETERS = """
name: recovery
parameters:
  - {path: statuses.loyal.collateral, name: collateral, bounds: [1.0, 5.0], transform: logit, start: 1.95}
  - {path: edges.join.cost, name: cost, bounds: [0.0, 0.5], start: 0.025}
  - {path: statuses.free.spread, name: spread, also: [statuses.critic.spread], bounds: [0.0, 0.2]}
  - {path: preferences.rho, name: rho, bounds: [0.01, 0.2], transform: log, start: 0.062}
moments:
"""

OF = {
    "control": "control",
    "credit_output": "credit_output",
    "loyal_credit": "credit[loyal] / credit",
    "capital_output": "capital_output",
    "loyal": "mass[loyal]",
    "joining": "log(people[join])",
}

RELATIVE = 0.003
"""Standard errors of moments, relative to their size."""


def moments_of(economy):
    found = values(dg.solve(economy))
    return {name: float(parse(of).value(found)) for name, of in OF.items()}


def file_of(targets, parameters=PARAMETERS, relative=RELATIVE):
    """A calibration file on these targets, the parameters at its head."""
    lines = [
        f'  - {{name: {name}, of: "{OF[name]}", source: x, target: {x!r}, se: {relative * abs(x)!r}}}'
        for name, x in targets.items()
    ]
    return parameters + "\n".join(lines) + "\n"


def noisy(targets, seed):
    """Targets with noise of their standard errors."""
    draws = np.random.default_rng(seed).standard_normal(len(targets))
    return {
        name: x + RELATIVE * abs(x) * float(draw)
        for (name, x), draw in zip(targets.items(), draws, strict=True)
    }
