"""Exact Shapley values and interactions of a game given by its 2^n values, and present values.

The value of a coalition S of players stands at the index whose bit k is 1 where player k is in S. Values may
be arrays of any shape; all is linear in them.
"""

from __future__ import annotations

from math import factorial
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Array = NDArray[np.float64]

Player = TypeVar("Player", bound=str)


def index(players: Iterable[str], order: Sequence[str]) -> int:
    """Index of the coalition of `players`, given the order of all players."""
    return sum(1 << order.index(player) for player in set(players))


def coalition(index: int, order: Sequence[Player]) -> tuple[Player, ...]:
    """Players of the coalition at an index, in order."""
    return tuple(player for k, player in enumerate(order) if index >> k & 1)


def values(game: ArrayLike) -> Array:
    """Shapley values: what each player adds to a coalition, in the mean over all orders of joining.

    Args:
        game: Values of all coalitions, (2^n, ...).

    Returns:
        Values of players, (n, ...); they sum to game[-1] - game[0] up to rounding.
    """
    v, n = _checked(game)
    sizes = _sizes(n)
    found = np.zeros((n, *v.shape[1:]))
    for player in range(n):
        without = np.flatnonzero(np.arange(2**n) >> player & 1 == 0)
        weights = np.array([factorial(s) * factorial(n - s - 1) / factorial(n) for s in sizes[without]])
        found[player] = np.tensordot(weights, v[without | 1 << player] - v[without], axes=1)
    return found


def interactions(game: ArrayLike) -> Array:
    """Pairwise Shapley interaction index (Grabisch and Roubens 1999): by how much two players add more
    together than each alone, in the mean over coalitions of the others.

    Args:
        game: Values of all coalitions, (2^n, ...).

    Returns:
        Symmetric, (n, n, ...); nan on the diagonal.
    """
    v, n = _checked(game)
    sizes = _sizes(n)
    found = np.full((n, n, *v.shape[1:]), np.nan)
    for one in range(n):
        for other in range(one):
            both = 1 << one | 1 << other
            without = np.flatnonzero(np.arange(2**n) & both == 0)
            weights = np.array(
                [factorial(s) * factorial(n - s - 2) / factorial(n - 1) for s in sizes[without]]
            )
            extra = v[without | both] - v[without | 1 << one] - v[without | 1 << other] + v[without]
            found[one, other] = found[other, one] = np.tensordot(weights, extra, axes=1)
    return found


def present_value(flow: ArrayLike, lengths: ArrayLike, rate: float) -> Array:
    """Discounted sum of a flow that is constant within each step, over the steps and no longer.

    The horizon is finite: what the flow is worth after the last step is not included.

    Args:
        flow: Flow in each step, (..., M), per year.
        lengths: Length of each step, (M,), years.
        rate: Discount rate, per year; 0 for a plain sum.

    Returns:
        Present value at the beginning of the first step, (...).
    """
    length = np.asarray(lengths, dtype=float)
    begins = np.concatenate([[0.0], np.cumsum(length)[:-1]])
    within = length if rate == 0.0 else -np.expm1(-rate * length) / rate
    return np.asarray(flow, dtype=float) @ (np.exp(-rate * begins) * within)


def _checked(game: ArrayLike) -> tuple[Array, int]:
    v = np.asarray(game, dtype=float)
    n = v.shape[0].bit_length() - 1
    if v.shape[0] != 1 << n:
        raise ValueError(f"a game has 2^n values; got {v.shape[0]}")
    return v, n


def _sizes(n: int) -> NDArray[np.int64]:
    """Number of players in each coalition."""
    return np.array([index.bit_count() for index in range(2**n)])
