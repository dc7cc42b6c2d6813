"""Exact quantiles of long weighted samples, without sorting them: counts in bins first, then a sort in
the bins met.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dirigiste.measurement.estimates.sums import stretches

if TYPE_CHECKING:
    from collections.abc import Sequence

    Array = np.ndarray[Any, np.dtype[Any]]

BINS = 2048


def quantiles(x: Array, probabilities: Sequence[float], weight: Array | None = None) -> Array:
    """Quantiles with linear interpolation between order statistics (Hyndman and Fan 1996, type 7;
    numpy's default).

    Whole weights mean copies: the result is that of the sample with each value repeated. Other weights are
    taken the same way, the k-th order statistic being the first value whose cumulated weight exceeds k, so
    scale them to a mean of one. Values of weight 0 do not count.

    Args:
        x: Finite values.
        probabilities: Between 0 and 1.
        weight: Not negative; None: all 1.

    Returns:
        One value a probability; nan where no weight is left.
    """
    return Binned(x).quantiles(probabilities, weight)


class Binned:
    """Values in bins, from which quantiles at several weights are had."""

    def __init__(self, x: Array) -> None:
        self.x = x
        self.bin_of: Array | None = None
        """(N) None where there is no use for bins."""
        if x.size <= 4 * BINS:
            return
        bottom, top = float(x.min()), float(x.max())
        if top <= bottom:
            return
        scale = (BINS - 1) / (top - bottom)
        self.bin_of = np.empty(x.size, dtype=np.int16)
        for rows in stretches(x.size):
            self.bin_of[rows] = (x[rows] - bottom) * scale

    def quantiles(self, probabilities: Sequence[float], weight: Array | None = None) -> Array:
        """As those of the function `quantiles`."""
        x = self.x
        total = float(x.size if weight is None else weight.sum())
        if x.size == 0 or total <= 0:
            return np.full(len(probabilities), np.nan)
        at = np.asarray(probabilities) * max(total - 1.0, 0.0)
        low = np.floor(at)
        share = at - low
        below, above = self._order_statistics(weight, np.concatenate([low, low + 1.0])).reshape(2, -1)
        return below + share * (above - below)

    def _order_statistics(self, weight: Array | None, ranks: Array) -> Array:
        """For each k the first value whose cumulated weight exceeds k; the largest value where none does."""
        if self.bin_of is None:
            return _sorted_statistics(self.x, weight, ranks, 0.0)
        bin_weight = np.zeros(BINS)
        for rows in stretches(self.x.size):
            part = None if weight is None else weight[rows]
            bin_weight += np.bincount(self.bin_of[rows], weights=part, minlength=BINS)
        cumulated = np.cumsum(bin_weight)
        slack = 1e-9 * max(1.0, cumulated[-1] * 1e-6)
        statistics = np.empty(ranks.size)
        last = int(np.flatnonzero(bin_weight > 0)[-1])
        places = np.minimum(np.searchsorted(cumulated, ranks + slack, side="right"), last)
        for place in np.unique(places):
            asked = places == place
            inside = np.flatnonzero(self.bin_of == place)
            before = float(cumulated[place - 1]) if place else 0.0
            statistics[asked] = _sorted_statistics(
                self.x[inside], None if weight is None else weight[inside], ranks[asked], before
            )
        return statistics


def _sorted_statistics(x: Array, weight: Array | None, ranks: Array, before: float) -> Array:
    if weight is None:
        place = np.clip((ranks - before).astype(np.int64), 0, x.size - 1)
        return np.sort(x)[place]
    kept = weight > 0
    x, weight = x[kept], weight[kept]
    order = np.argsort(x)
    cumulated = before + np.cumsum(weight[order])
    slack = 1e-9 * max(1.0, cumulated[-1] * 1e-6)
    place = np.minimum(np.searchsorted(cumulated, ranks + slack, side="right"), x.size - 1)
    return x[order[place]]
