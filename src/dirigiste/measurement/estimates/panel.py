"""Rows of the same firm in two years."""

from __future__ import annotations

from functools import cached_property
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
        self._rows, self._years = sample.rows, sample.years
        self._order, self._firm, self._year = order[several], firm[several], year[several]

    def at(self, lag: int, *, survey: bool = False) -> tuple[Array, Array]:
        """Rows in rising order, and rows of the same firm `lag` years later.

        `survey`: count years as the file has them, 1 being the next year in it; else in calendar years.
        """
        if lag == 1 and (not survey or self._years[-1] - self._years[0] == len(self._years) - 1):
            return self._next
        return self._at(lag, survey=survey)

    @cached_property
    def _next(self) -> tuple[Array, Array]:
        """Rows of the same firm a year later, which several tables ask for."""
        return self._at(1, survey=False)

    def _at(self, lag: int, *, survey: bool) -> tuple[Array, Array]:
        year = np.searchsorted(np.asarray(self._years), self._year) if survey else self._year
        last = int(year.max(initial=0))
        later = np.full(self._rows, -1, dtype=np.int64)
        left = np.flatnonzero(year <= last - lag)  # rows of which the later one is still to be found
        for step in range(1, lag + 1):
            left = left[left < year.size - step]
            left = left[self._firm[left + step] == self._firm[left]]
            if not left.size:
                break
            met = year[left + step] == year[left] + lag
            later[self._order[left[met]]] = self._order[left[met] + step]
            left = left[~met]
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
