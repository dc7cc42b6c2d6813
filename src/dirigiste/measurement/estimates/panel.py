"""Rows of the same firm in two years."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from dirigiste.measurement.data.coding import stable_order
from dirigiste.measurement.estimates.least_squares import sandwich
from dirigiste.measurement.estimates.sums import dot, stretches

if TYPE_CHECKING:
    from dirigiste.measurement.estimates.gains import Estimate

    Array = np.ndarray[Any, np.dtype[Any]]


class Pairs:
    """Finds rows of one firm some years apart, among the rows that stay; firms twice in a year do not
    count there.
    """

    def __init__(self, estimate: Estimate) -> None:
        sample = estimate.sample
        kept = np.flatnonzero(estimate.keep & (estimate.weight > 0))
        order = kept[stable_order(sample.firm[kept], sample.firms)]  # rows are in the order of years already
        firm, year = sample.firm[order], sample.year[order]
        same = np.concatenate([[False], (firm[1:] == firm[:-1]) & (year[1:] == year[:-1])])
        twice = same | np.append(same[1:], False)
        self.twice = int(twice.sum())
        """Rows left out since the firm has several in the year."""
        if self.twice:
            order, firm, year = order[~twice], firm[~twice], year[~twice]
        again = firm[1:] == firm[:-1]
        several = np.append(again, False) | np.concatenate([[False], again])
        self._size, self._years = sample.rows, sample.years
        self.rows, self.firm, self._year = order[several].astype(np.int32), firm[several], year[several]
        """`rows` (M): those that count, the rows of a firm adjacent and in the order of years; `firm` (M):
        of each.
        """

    def places(self, lag: int, *, survey: bool = False) -> tuple[Array, Array]:
        """Places in `rows` of rows in rising order, and of the rows of the same firms `lag` years later.

        `survey`: count years as the file has them, 1 being the next year in it; else in calendar years.
        """
        firm, year = self.firm, self._year
        if survey and self._years[-1] - self._years[0] != len(self._years) - 1:
            year = np.searchsorted(np.asarray(self._years), year)
        step = np.zeros(year.size, dtype=np.int32)
        for n in range(1, min(lag, year.size - 1) + 1):
            met = (firm[n:] == firm[:-n]) & (year[n:] - year[:-n] == lag)
            step[:-n][met] = n
        first = np.flatnonzero(step).astype(np.int32)
        return first, first + step[first]

    def at(self, lag: int, *, survey: bool = False) -> tuple[Array, Array]:
        """Rows in rising order, and rows of the same firm `lag` years later, as `places` finds them."""
        first, later = self.places(lag, survey=survey)
        partner = np.full(self._size, -1, dtype=np.int64)
        partner[self.rows[first]] = self.rows[later]
        rows = np.flatnonzero(partner >= 0)
        return rows, partner[rows]


class Slope(NamedTuple):
    """A regression of later on earlier values."""

    slope: float
    error: float
    """Its standard error, clustered by firm."""
    correlation: float


def slope_over_time(x: Array, weight: Array, firm: Array, first: Array, later: Array) -> Slope:
    """Regress values on those of the same firm some years before, with a constant; nan where that cannot be
    had.

    Args:
        x: (M) values, in the order of `Pairs.rows`.
        weight: (M) above 0; the earlier row's counts.
        firm: (M) as `Pairs.firm`.
        first: Places of earlier values, rising.
        later: Places of later values.
    """
    a, b, w = x[first], x[later], weight[first]
    count, total = a.size, float(w.sum())
    a -= dot(w, a) / total
    b -= dot(w, b) / total
    squares = product = squares_after = 0.0
    for part in stretches(count):
        weighted = w[part] * a[part]
        squares += dot(weighted, a[part])
        product += dot(weighted, b[part])
        squares_after += dot(w[part] * b[part], b[part])
    spread = math.sqrt(squares * squares_after)
    correlation = product / spread if spread > 0 else math.nan
    if squares <= 0 or count < 3:
        return Slope(math.nan, math.nan, correlation)
    slope = product / squares
    scores = np.zeros(int(firm[first[-1]]) + 1)
    clusters, last = 0, -1
    for part in stretches(count):
        scored = b[part] - slope * a[part]
        scored *= w[part]
        scored *= a[part]
        of = firm[first[part]]
        sums = np.bincount(of - of[0], scored)  # rows of a firm are adjacent
        clusters += int(np.count_nonzero(of[1:] != of[:-1])) + int(of[0] != last)
        last = of[-1]
        scores[of[0] : of[0] + sums.size] += sums
    variance = sandwich(np.array([[1 / squares]]), scores[None], clusters, count, effects=1)
    return Slope(slope, float(np.sqrt(variance[0, 0])), correlation)
