"""The wealth grid, and lotteries between its nodes.

Nodes `a_n = min + scale (exp(x_n log(1 + (max - min)/scale)) - 1)`, x_n even on [0, 1]: dense near the
constraint, even in logs above `scale`. A jump to wealth between two nodes is the lottery between them that
keeps mean wealth (Young 2010).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def wealth_nodes(points: int, low: float, high: float, scale: float) -> Array:
    """Wealth nodes, shape (points,), in goods."""
    x = np.linspace(0.0, 1.0, points)
    nodes = low + scale * np.expm1(x * np.log1p((high - low) / scale))
    nodes[0], nodes[-1] = low, high
    return nodes


def lottery(nodes: Array, target: Array) -> tuple[NDArray[np.int64], Array]:
    """The lottery for each wealth in `target`: index of the node below, and the share that goes to the node
    above.

    Keeps mean wealth within the grid; both results have the shape of `target`.
    """
    below = np.clip(np.searchsorted(nodes, target, side="right") - 1, 0, nodes.size - 2)
    share = np.clip((target - nodes[below]) / (nodes[below + 1] - nodes[below]), 0.0, 1.0)
    return below, share
