"""Shapley values and interactions of a game (docs/method.md, section 11), from all its 2^n values or from
those of coalitions of some sizes, and present values.

The value of a coalition S of players is at the index whose bit k is 1 where player k is in S. Values may be
arrays of any shape; everything here is linear in them.

**By sizes.** A Shapley value is the mean over sizes s = 0 ... n - 1 of the mean marginal m_i(s), what player
i adds to the coalitions of s others (Shapley 1953). A game is a sum over coalitions T of dividends d_T that T
brings once all of T are there (Harsanyi 1963), and T is in a random coalition of i and s others with
probability C(s, t - 1)/C(n - 1, t - 1), t = |T|. So m_i(s) is a polynomial in s of degree one less than the
size of the largest coalition with a dividend, the *order* of the game: the same in whole numbers as the
multilinear extension along its diagonal (Owen 1972). Where only the mean marginals of some sizes are known,
the polynomial through them is averaged over all sizes: k sizes are exact for games of order k. Interactions
of pairs go the same way with second differences over sizes 0 ... n - 2; k sizes are exact to order k + 1.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from math import comb, prod
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

Array = NDArray[np.float64]

Player = TypeVar("Player", bound=str)


def index(players: Iterable[str], order: Sequence[str]) -> int:
    """Index of the coalition of `players`, given the order of all players."""
    return sum(1 << order.index(player) for player in set(players))


def coalition(index: int, order: Sequence[Player]) -> tuple[Player, ...]:
    """Players of the coalition at an index, in order."""
    return tuple(player for k, player in enumerate(order) if index >> k & 1)


def coalitions(order: Sequence[Player], sizes: Collection[int]) -> list[frozenset[Player]]:
    """Coalitions of some sizes, small ones first."""
    return [frozenset(members) for size in sorted(sizes) for members in combinations(order, size)]


def values(game: ArrayLike, sizes: Collection[int] | None = None) -> Array:
    """Shapley values: what each player adds to a coalition, in the mean over all orders of joining.

    Args:
        game: Values of all coalitions, (2^n, ...); those of sizes that are not known are not read.
        sizes: Sizes of coalitions whose values are known, 0 and n among them; all if left out.

    Returns:
        Values of players, (n, ...). With all sizes they sum to game[-1] - game[0] up to rounding; with fewer
        they do so for games of an order up to the number of sizes of marginals.
    """
    v, n = _checked(game)
    size = _sizes(n)
    at = steps(n, sizes, 1)
    if n and not at:
        raise ValueError("no two sizes of coalitions that follow each other are known")
    weights = means(n, at)
    shares = np.zeros((n, *v.shape[1:]))
    for player in range(n):
        without = np.arange(2**n) >> player & 1 == 0
        for s, weight in zip(at, weights, strict=True):
            here = np.flatnonzero(without & (size == s))
            shares[player] += weight * (v[here | 1 << player] - v[here]).mean(axis=0)
    return shares


def interactions(game: ArrayLike, sizes: Collection[int] | None = None) -> Array:
    """Pairwise Shapley interaction index (Grabisch and Roubens 1999): by how much two players add more
    together than each alone, in the mean over sizes of coalitions of the others.

    Args:
        game: Values of all coalitions, (2^n, ...); those of sizes that are not known are not read.
        sizes: Sizes of coalitions whose values are known; all if left out.

    Returns:
        Symmetric, (n, n, ...); nan on the diagonal, and everywhere if no three sizes that follow each other
        are known.
    """
    v, n = _checked(game)
    size = _sizes(n)
    index = np.full((n, n, *v.shape[1:]), np.nan)
    at = steps(n, sizes, 2)
    if not at:
        return index
    weights = means(n - 1, at)
    for one in range(n):
        for other in range(one):
            both = 1 << one | 1 << other
            without = np.arange(2**n) & both == 0
            total = np.zeros(v.shape[1:])
            for s, weight in zip(at, weights, strict=True):
                here = np.flatnonzero(without & (size == s))
                extra = v[here | both] - v[here | 1 << one] - v[here | 1 << other] + v[here]
                total = total + weight * extra.mean(axis=0)
            index[one, other] = index[other, one] = total
    return index


def levels(n: int) -> list[tuple[int, ...]]:
    """Sizes of coalitions to value one level after the other, each with all of the one before.

    Mean marginals of sizes 0 and n - 1 come first, then one more size a level, from both ends inwards, until
    all coalitions are there. Level k is exact for games of order k + 1. With six players these are 14, 29, 44
    and 64 coalitions; with up to three players the first level holds all.
    """
    inwards = list(dict.fromkeys(s for k in range(n) for s in (k, n - 1 - k)))
    sizes: list[tuple[int, ...]] = []
    for count in range(min(2, n), n + 1):
        sizes.append(tuple(sorted({0, n} | {s + more for s in inwards[:count] for more in (0, 1)})))
        if len(sizes[-1]) == n + 1:
            break
    return sizes


def steps(n: int, sizes: Collection[int] | None, reach: int) -> list[int]:
    """Sizes s of coalitions of the others for which all of s, s + 1, ..., s + reach are known."""
    known = set(range(n + 1)) if sizes is None else set(sizes)
    return [s for s in range(n + 1 - reach) if known.issuperset(range(s, s + reach + 1))]


def means(count: int, at: Sequence[int]) -> list[float]:
    """Weights w with which the polynomial through values y at some whole numbers has the mean w'y over
    0 ... count - 1.
    """
    weights = []
    for s in at:
        others = [other for other in at if other != s]
        total = sum(
            (
                prod((Fraction(k - other, s - other) for other in others), start=Fraction(1))
                for k in range(count)
            ),
            start=Fraction(0),
        )
        weights.append(float(total / count))
    return weights


def guess_weights(size: int, sizes: Sequence[int]) -> list[float]:
    """Weights w_t with which the sums of values over all subsets of some sizes t predict a coalition's value.

    The values are counted from that of the empty set. The prediction is exact for games of an order up to the
    number of sizes: the sum of w_t C(size - o, t - o) over t is 1 for o = 1, 2, ... With all sizes below its
    own this is inclusion and exclusion, weights of 1 and -1, and only the dividend of all its members is
    missing.
    """
    orders = range(1, len(sizes) + 1)
    matrix = [[comb(size - o, t - o) if t >= o else 0 for t in sizes] for o in orders]
    return [float(w) for w in np.linalg.solve(np.array(matrix, dtype=float), np.ones(len(sizes)))]


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
