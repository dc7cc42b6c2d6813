"""Shares of the top and groups of equal mass, against numbers worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dirigiste.results.quantities.quantiles import group_weights, productivity, top_share


def test_top_share_of_equal_amounts_is_the_share_of_people():
    assert top_share(np.ones(7), np.ones(7), 0.1) == pytest.approx(0.1)


def test_top_share_is_linear_between_nodes():
    # nine people own 1 each, one owns 11: the top tenth owns 11/20, the top twentieth half of that
    amounts, people = [1.0, 11.0], [9.0, 1.0]
    assert top_share(amounts, people, 0.1) == pytest.approx(0.55)
    assert top_share(amounts, people, 0.05) == pytest.approx(0.275)
    assert top_share(amounts, people, 0.2) == pytest.approx(0.6)
    assert top_share(amounts, people, 1.0) == pytest.approx(1.0)


def test_top_share_does_not_depend_on_order_or_on_empty_nodes():
    assert top_share([11.0, 5.0, 1.0], [1.0, 0.0, 9.0], 0.1) == pytest.approx(0.55)


def test_top_share_of_nothing_has_no_meaning():
    assert np.isnan(top_share([0.0, 0.0], [1.0, 1.0], 0.1))
    assert np.isnan(top_share([1.0], [0.0], 0.1))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12).filter(lambda m: sum(m) > 1e-3), st.integers(1, 6))
def test_groups_have_equal_mass_and_split_every_cell(mass, groups):
    weights = group_weights(mass, groups)
    assert weights.shape == (groups, len(mass))
    np.testing.assert_allclose(weights.sum(axis=0), 1.0, atol=1e-9)
    np.testing.assert_allclose(weights @ np.array(mass), sum(mass) / groups, atol=1e-9 * sum(mass))


def test_groups_are_in_order():
    np.testing.assert_allclose(
        group_weights([1.0, 2.0, 1.0], 2), [[1.0, 0.5, 0.0], [0.0, 0.5, 1.0]], atol=1e-12
    )


def test_productivity_of_like_firms():
    # n like firms of productivity A make A n^(1-eta) of their common inputs
    assert productivity(np.log([2.0, 2.0]), [1.5, 1.5], 0.8) == pytest.approx(2.0 * 3.0**0.2)
    assert productivity(np.log([2.0, 3.0]), [1.0, 1e-9], 1.0) == pytest.approx(3.0)
    assert productivity(np.log([2.0, 3.0]), [1.0, 0.0], 1.0) == pytest.approx(2.0)
    assert productivity([0.0], [0.0], 0.8) == 0.0
