"""Interpolation in time between the steps of a course (docs/method.md, section 10)."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

NEAR: Final = 1e-6
"""Times within this many years of a step count as the time of that step."""


def interpolation(known: Array, stretch: Array, times: Array) -> tuple[NDArray[np.int64], Array]:
    """Cubic Hermite interpolation: steps (T, 4) and their weights (T, 4) for each time.

    The cubic goes through the two steps around a time; its slopes there are those of parabolas through three
    neighbouring steps. Only steps of the same stretch count, since prices jump where parameters do. Before
    the first of them and after the last the path goes on along its slope there.

    Args:
        known: Times of steps, rising.
        stretch: When the stretch begins that each step belongs to.
        times: Times at which the path is asked for, none before the first stretch.
    """
    index, weights = np.zeros((times.size, 4), dtype=int), np.zeros((times.size, 4))
    starts = np.flatnonzero(np.diff(stretch, prepend=-np.inf))
    ends = np.append(starts[1:], known.size) - 1
    for row, time in enumerate(times):
        here = np.searchsorted(stretch[starts], time + NEAR, side="right") - 1
        first, last = int(starts[here]), int(ends[here])
        k = int(np.clip(np.searchsorted(known, time, side="right") - 1, first, max(last - 1, first)))
        near = np.clip(np.arange(k - 1, k + 3), first, last)
        index[row] = near
        if last == first:
            weights[row, 1] = 1.0
            continue
        gap = known[k + 1] - known[k]
        x = (time - known[k]) / gap
        if min(abs(time - known[k]), abs(time - known[k + 1])) <= NEAR:
            x = float(round(x))
        at_k, at_next = _slope(known, first, last, k), _slope(known, first, last, k + 1)
        if x < 0.0:  # before the first step of the stretch
            h, slopes = {k: 1.0}, ((at_k, gap * x),)
        elif x > 1.0:  # after the last one
            h, slopes = {k + 1: 1.0}, ((at_next, gap * (x - 1.0)),)
        else:
            h = {k: 1.0 - x * x * (3.0 - 2.0 * x), k + 1: x * x * (3.0 - 2.0 * x)}
            slopes = ((at_k, gap * x * (1.0 - x) ** 2), (at_next, -gap * x * x * (1.0 - x)))
        for slope, factor in slopes:
            for step, weight in slope.items():
                h[step] = h.get(step, 0.0) + factor * weight
        steps = sorted(h)
        index[row], weights[row] = k, 0.0
        index[row, : len(steps)] = steps
        weights[row, : len(steps)] = [h[step] for step in steps]
    return index, weights


def _slope(known: Array, first: int, last: int, k: int) -> dict[int, float]:
    """Weights of the slope at step k of a parabola through it and its neighbours from `first` to `last`."""
    if last - first < 2:
        gap = known[last] - known[first]
        return {first: -1.0 / gap, last: 1.0 / gap}
    middle = min(max(k, first + 1), last - 1)
    a, b, c = (float(x) for x in known[middle - 1 : middle + 2])
    t = float(known[k])
    return {
        middle - 1: (2.0 * t - b - c) / ((a - b) * (a - c)),
        middle: (2.0 * t - a - c) / ((b - a) * (b - c)),
        middle + 1: (2.0 * t - a - b) / ((c - a) * (c - b)),
    }
