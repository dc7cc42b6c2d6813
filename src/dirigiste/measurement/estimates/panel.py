"""Rows of the same firm in two years."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dirigiste.measurement.estimates.least_squares import least_squares
from dirigiste.measurement.estimates.sums import dot

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
        order = kept[np.argsort(sample.firm[kept], kind="stable")]  # rows are in the order of years already
        firm, year = sample.firm[order], sample.year[order]
        same = np.concatenate([[False], (firm[1:] == firm[:-1]) & (year[1:] == year[:-1])])
        twice = same | np.append(same[1:], False)
        self.twice = int(twice.sum())
        """Rows left out since the firm has several in the year."""
        if self.twice:
            order, firm, year = order[~twice], firm[~twice], year[~twice]
        self._rows, self._order, self._firm, self._year = sample.rows, order, firm, year
        self._number = np.searchsorted(np.asarray(sample.years), year)

    def at(self, lag: int, *, survey: bool = False) -> tuple[Array, Array]:
        """Rows in rising order, and rows of the same firm `lag` years later.

        `survey`: count years as the file has them, 1 being the next year in it; else in calendar years.
        """
        year = self._number if survey else self._year
        later = np.full(self._rows, -1, dtype=np.int64)
        for step in range(1, min(lag, self._order.size - 1) + 1):
            met = self._firm[step:] == self._firm[:-step]
            met &= year[step:] == year[:-step] + lag
            later[self._order[:-step][met]] = self._order[step:][met]
        first = np.flatnonzero(later >= 0)
        return first, later[first]


def clustered_slope(x: Array, z: Array, firm: Array, weight: Array, effects: int = 0) -> tuple[float, float]:
    """Slope of z on x, both net of their effects, and its standard error clustered by firm.

    nan where they cannot be had.
    """
    n = int(np.count_nonzero(weight))
    if dot(weight, x**2) <= 0 or n < 3:
        return float("nan"), float("nan")
    fit = least_squares([x], z, weight, firm, rows=n, effects=effects)
    return float(fit.coefficients[0]), float(fit.errors[0])
