"""Income that diffuses, as statuses between which people move: generators, and the economy they make."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dirigiste import economy as economies
from dirigiste.economy import Economy
from dirigiste.numerics.setup import ability

Array = NDArray[np.float64]


def textbook(nodes: Array, reversion: float, mean: float, variance: float) -> Array:
    """Generator (J, J) of dz = reversion (mean - z) dt + sqrt(variance) dW, reflecting, as in the paper's
    notes: upwind differences, and full cells at the ends, which is first order in the step.
    """
    step = nodes[1] - nodes[0]
    drift = reversion * (mean - nodes)
    up = np.maximum(drift, 0.0) / step + 0.5 * variance / step**2
    down = np.maximum(-drift, 0.0) / step + 0.5 * variance / step**2
    generator = np.diag(up[:-1], 1) + np.diag(down[1:], -1)
    return generator - np.diag(generator.sum(axis=1))


def second_order(nodes: Array, reversion: float, mean: float, variance: float) -> Array:
    """The same with the engine's operator: half cells at the ends, second order in the step."""
    sd = np.sqrt(0.5 * variance / reversion)
    half = 0.5 * (nodes[-1] - nodes[0])
    if abs(0.5 * (nodes[0] + nodes[-1]) - mean) > 1e-12:
        raise ValueError("nodes must be symmetric about the mean")
    return ability.diffusion(reversion, float(sd), nodes.size, float(half / sd))[1]


def diffusing(
    nodes: Array, generator: Array, preferences: dict[str, Any], numerics: dict[str, Any]
) -> Economy:
    """An economy of households whose income is the wage times z: a status for each node, edges between
    neighbours, and no firms of their own. The wage of the file is that of the highest income.
    """
    names = [f"income_{n}" for n in range(nodes.size)]
    edges = []
    for n in range(nodes.size - 1):
        for way, origin, end in (("up", n, n + 1), ("down", n + 1, n)):
            rate = float(generator[origin, end])
            name = f"{way}_{n}"
            edges.append(
                {"name": name, "from": names[origin], "to": names[end], "kind": "rate", "rate": rate}
            )
    return economies.loads(
        json.dumps(  # JSON is YAML
            {
                "name": "diffusing_income",
                "preferences": preferences,
                "technology": {"alpha": 0.35, "eta": 0.8, "delta": 0.1},
                "ability": {"law": "fixed", "distribution": {"points": {"values": [1.0], "weights": [1.0]}}},
                "statuses": {
                    name: {"fixed_cost": 1e6, "labor_efficiency": float(z / nodes[-1])}
                    for name, z in zip(names, nodes, strict=True)
                },
                "edges": edges,
                "closure": {
                    "capital": {"open": {"interest": 0.045}},
                    "labor": {"wage": float(nodes[-1])},
                    "fiscal": "spend",
                },
                "numerics": numerics,
            }
        ),
        file="diffusing income",
    )
