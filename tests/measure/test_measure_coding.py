"""Numbers of texts and years, and stable orders, agree with the plain ways of numpy."""

import numpy as np
import polars as pl
import pytest

from dirigiste.measurement.data.coding import ranks, stable_order


@pytest.mark.parametrize("size", [10, 1 << 16, (1 << 16) + 1, 1 << 20, 1 << 40])
def test_stable_order_is_that_of_a_stable_sort(size):
    key = np.random.default_rng(0).integers(0, size, 5000)
    key[:50] = key[50:100]
    assert np.array_equal(stable_order(key, size), np.argsort(key, kind="stable"))


@pytest.mark.parametrize("years", [[2003, 1998, 2003, 2001], [-5, 10_000_000, 7, -5], [0]])
def test_ranks_are_those_of_unique(years):
    values, place = ranks(pl.Series(years, dtype=pl.Int64))
    expected = np.unique(np.array(years), return_inverse=True)
    assert np.array_equal(values, expected[0])
    assert np.array_equal(place, expected[1])


def test_ranks_of_nothing():
    values, place = ranks(pl.Series([], dtype=pl.Int64))
    assert values.size == place.size == 0
