"""Policy functions and residuals of the value equation, node by node."""

import numpy as np
import pytest

from dirigiste.numerics.operators import generator, hjb
from dirigiste.numerics.operators import policy as policies
from dirigiste.numerics.setup import arrays
from dirigiste.numerics.stationary.point import setting_of


def residuals_at_the_bound(solved, scheme, changes):
    """Residuals (K, S, J) at the lower bound of wealth, for K values there, all other values fixed."""
    point = solved.point
    m = solved.compiled.arrays.replace(scheme=scheme)
    given = setting_of(m, point.u, point.u)
    result = []
    for change in changes:
        v = point.values.v.copy()
        v[0] += change * np.abs(v[1] - v[0])
        result.append(hjb.evaluate(m, given, v)[0].residual[0])
    return np.stack(result)


CHANGES = np.linspace(-0.6, 0.6, 121)


def test_the_value_at_the_lower_bound_is_unique(triangle):
    """Claim: with all other values fixed, the residual at the lower bound of wealth rises with the value
    there, so that it is 0 at one value only.
    """
    result = residuals_at_the_bound(triangle, arrays.COMPACT, CHANGES)
    assert (np.diff(result, axis=0) > 0.0).all()


def test_with_fitted_weights_there_it_is_not(triangle):
    """Claim: the residual falls with the value in a part of the range: why the scheme does not fit there."""
    result = residuals_at_the_bound(triangle, arrays.FITTED_AT_BOUND, CHANGES)
    assert (np.diff(result, axis=0) < 0.0).any()


@pytest.mark.parametrize("scheme", [arrays.COMPACT, arrays.UPWIND])
def test_nobody_saves_nor_runs_down_at_the_ends(triangle, scheme):
    """Claim: at the first node nobody runs wealth down, at the last nobody saves."""
    point = triangle.point
    m = triangle.compiled.arrays.replace(scheme=scheme)
    policy = hjb.evaluate(m, setting_of(m, point.u, point.u), point.values.v)[0]
    assert (policy.left[0] == 0.0).all()
    assert (policy.right[-1] == 0.0).all()


def test_rows_that_nobody_reads_change_nothing(triangle):
    """Claim: with one row for what nobody reads, all else is what it is with a row a node."""
    point, m = triangle.point, triangle.compiled.arrays
    N, S, J = point.values.v.shape
    given = setting_of(m, point.u, point.u)
    v, income = (np.ascontiguousarray(x.reshape(N, S * J)) for x in (point.values.v + 0.01, given.income))
    rest, fastest = np.linspace(-1.0, 1.0, v.size).reshape(v.shape), np.empty((S, J))
    generator.fill_fastest(m, fastest)
    rows = [np.full_like(v, np.nan) for _ in range(11)]
    fewer = [np.full_like(v, np.nan) for _ in range(11)]
    fewer[6], fewer[7] = np.empty((1, S * J)), np.empty((1, S * J))  # shares of owners, but not the scale
    worst = policies.decide(m, fastest.reshape(-1), v, income, rest, *rows)
    assert policies.decide(m, fastest.reshape(-1), v, income, rest, *fewer) == worst
    for one, other in zip(rows, fewer, strict=True):
        if one.shape == other.shape:
            np.testing.assert_array_equal(one, other)
