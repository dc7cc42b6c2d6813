"""The order of points: chains of neighbours, each of which is solved whole, by whoever takes it.

A chain is begun from cold, and every later point of it starts from the nearest point of the same chain that
comes before. Which points make a chain, their order and their starts depend on the points alone, so that the
numbers are the same whoever solves a chain, and when.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Chain:
    """Points that are solved one after the other."""

    number: int
    points: tuple[int, ...]
    """Numbers of points, in the order in which they are solved."""
    starts: tuple[int, ...]
    """For each of them the place in the chain of the point from which it starts; -1 for none."""


def chains(at: NDArray[np.float64], longest: int) -> list[Chain]:
    """Divide points among chains of neighbours, of at most `longest` points and of almost equal length.

    Args:
        at: Points, (points, axes), in units in which distances mean something.
        longest: Most points of a chain.
    """
    number = -(-len(at) // longest)
    groups = _divided(at, np.arange(len(at)), number, longest)
    return [Chain(n, *_walk(at, group)) for n, group in enumerate(groups)]


def _divided(
    at: NDArray[np.float64], points: NDArray[np.intp], groups: int, longest: int
) -> list[NDArray[np.intp]]:
    """Divide points among groups by cuts across the axis along which they extend farthest."""
    if groups == 1:
        return [points]
    here = at[points]
    axis = int(np.argmax(np.ptp(here, axis=0)))
    ordered = points[np.argsort(here[:, axis], kind="stable")]
    left = groups // 2
    right = groups - left
    cut = min(left * longest, max(len(points) - right * longest, round(len(points) * left / groups)))
    return _divided(at, ordered[:cut], left, longest) + _divided(at, ordered[cut:], right, longest)


def _walk(at: NDArray[np.float64], points: NDArray[np.intp]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Order in which each point is the one nearest to those before it, and the nearest of these.

    It begins at a corner: the point with the lowest coordinates, the first axis first.
    """
    here = at[points]
    first = int(np.lexsort(here.T[::-1])[0])
    order, starts = [first], [-1]
    distance = np.abs(here - here[first]).sum(axis=1)
    nearest = np.zeros(len(points), dtype=int)  # places in `order`
    distance[first] = np.inf
    for place in range(1, len(points)):
        chosen = int(np.argmin(distance))
        order.append(chosen)
        starts.append(int(nearest[chosen]))
        fresh = np.abs(here - here[chosen]).sum(axis=1)
        closer = (fresh < distance) & np.isfinite(distance)
        distance[closer], nearest[closer] = fresh[closer], place
        distance[chosen] = np.inf
    return tuple(int(points[n]) for n in order), tuple(starts)
