"""Shares of the top, and groups of equal mass: what a weighted distribution says about ranks."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def top_share(amounts: ArrayLike, weights: ArrayLike, top: float) -> float:
    """Share of an amount that the `top` share of people hold; the Lorenz curve is linear between nodes.

    Args:
        amounts: Amount of each person, any shape.
        weights: Mass of people, of the same shape.
        top: Share of people, in (0, 1].

    Returns:
        The share; nan where people or amounts sum to 0.
    """
    x, mass = np.ravel(np.asarray(amounts, dtype=float)), np.ravel(np.asarray(weights, dtype=float))
    populated = mass > 0
    x, mass = x[populated], mass[populated]
    if not mass.size or not (x * mass).sum() > 0:
        return float("nan")
    order = np.argsort(x, kind="stable")
    people = np.concatenate([[0.0], np.cumsum(mass[order])])
    amount = np.concatenate([[0.0], np.cumsum((x * mass)[order])])
    return float(1.0 - np.interp(1.0 - top, people / people[-1], amount / amount[-1]))


def group_weights(mass: ArrayLike, groups: int) -> Array:
    """How much of each cell lies in each of `groups` groups of equal mass, cells in order; (groups, cells).

    A cell that a limit cuts through counts with its parts on both sides; cells without mass count where they
    are. Columns sum to 1.
    """
    cells = np.maximum(np.asarray(mass, dtype=float), 0.0)
    upper = np.cumsum(cells) / cells.sum()
    lower = np.concatenate([[0.0], upper[:-1]])
    edges = np.arange(groups + 1) / groups
    inside = np.minimum(upper, edges[1:, None]) - np.maximum(lower, edges[:-1, None])
    weights = np.maximum(inside, 0.0)
    empty = weights.sum(axis=0) <= 0
    weights[np.minimum((upper[empty] * groups).astype(int), groups - 1), np.flatnonzero(empty)] = 1.0
    return weights / weights.sum(axis=0)


def productivity(logs: ArrayLike, weights: ArrayLike, eta: ArrayLike, axes: int = 1) -> Array:
    """Productivity of firms that share their inputs efficiently, [∫ A^(1/(1-eta)) dG]^(1-eta) (the highest A
    for eta = 1).

    Args:
        logs: log A of each firm; firms are on the last `axes` axes.
        weights: Mass of firms, of the same shape.
        eta: Returns to scale, in (0, 1]; of the shape that is left without firms.
        axes: Number of axes that firms are on.

    Returns:
        Productivity; 0 where there are no firms.
    """
    log, mass = np.broadcast_arrays(np.asarray(logs, dtype=float), np.asarray(weights, dtype=float))
    shape = log.shape[: log.ndim - axes]
    log, mass = log.reshape(*shape, -1), mass.reshape(*shape, -1)
    operating = mass > 0
    highest = np.max(log, axis=-1, initial=-np.inf, where=operating)
    returns = np.broadcast_to(np.asarray(eta, dtype=float), shape)
    power = np.where(returns < 1.0, 1.0 - returns, 1.0)
    with np.errstate(invalid="ignore", over="ignore"):
        relative = np.where(operating, np.exp((log - highest[..., None]) / power[..., None]), 0.0)
        total = (np.where(operating, mass, 0.0) * relative).sum(axis=-1)
        share = np.where(returns < 1.0, total**power, 1.0)
        return np.where(operating.any(axis=-1), np.exp(highest) * share, 0.0)
