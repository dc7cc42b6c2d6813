"""Rows of the same firm in two years."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dirigiste.measurement.data.coding import stable_order
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
        self.rows, self.firm, self._year = order[several], firm[several], year[several]
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
        first = np.flatnonzero(step)
        return first, first + step[first]

    def at(self, lag: int, *, survey: bool = False) -> tuple[Array, Array]:
        """Rows in rising order, and rows of the same firm `lag` years later, as `places` finds them."""
        first, later = self.places(lag, survey=survey)
        partner = np.full(self._size, -1, dtype=np.int64)
        partner[self.rows[first]] = self.rows[later]
        rows = np.flatnonzero(partner >= 0)
        return rows, partner[rows]


def clustered_slope(x: Array, z: Array, firm: Array, weight: Array, effects: int = 0) -> tuple[float, float]:
    """Slope of z on x, both net of their effects, and its standard error clustered by firm.

    nan where they cannot be had.
    """
    n = int(np.count_nonzero(weight))
    if dot(weight, x**2) <= 0 or n < 3:
        return float("nan"), float("nan")
    fit = least_squares([x], z, weight, firm, rows=n, effects=effects)
    return float(fit.coefficients[0]), float(fit.errors[0])
