"""Exponential and logarithm of kernels, against NumPy."""

import numpy as np
import pytest

from dirigiste.numerics.compiled import elementary
from dirigiste.numerics.compiled.programs import jit

SPECIAL = np.array(
    [0.0, -0.0, np.inf, -np.inf, np.nan, 5e-324, 1e-310, 1e308, -1.0, 800.0, -800.0, 709.7, 709.8]
)


@jit
def exps(x, out):
    for j in range(x.size):
        out[j] = elementary.exp(x[j])


@jit
def expm1s(x, out):
    for j in range(x.size):
        out[j] = elementary.expm1(x[j])


@jit
def logs(x, out):
    for j in range(x.size):
        out[j] = elementary.log(x[j])


@jit
def log1ps(x, out):
    for j in range(x.size):
        out[j] = elementary.log1p(x[j])


@jit
def log1ps_unit(x, out):
    for j in range(x.size):
        out[j] = elementary.log1p_unit(x[j])


@jit
def powers(x, exponent, out):
    for j in range(x.size):
        out[j] = elementary.power(x[j], exponent)


def apply(kernel, x, *more):
    out = np.empty_like(x)
    kernel(x, *more, out)
    return out


def agree(result, true, ulps):
    """Equal up to a count of units in the last place; infinities and nan in the same places."""
    np.testing.assert_array_equal(np.isfinite(result), np.isfinite(true))
    np.testing.assert_array_equal(result[~np.isfinite(true)], true[~np.isfinite(true)])
    inside = np.isfinite(true)
    gap = np.abs(result[inside] - true[inside]) / np.spacing(np.abs(true[inside]))
    assert gap.max(initial=0.0) <= ulps


@pytest.mark.parametrize(("low", "high"), [(-760.0, -700.0), (-700.0, 709.4), (-2.0, 2.0), (-1e-6, 1e-6)])
def test_exponential(low, high):
    x = np.random.default_rng(0).uniform(low, high, 100_000)
    agree(apply(exps, x), np.exp(x), 2)
    agree(apply(expm1s, x), np.expm1(x), 2)


def test_logarithm():
    rng = np.random.default_rng(1)
    for x in (
        np.exp(rng.uniform(-744.0, 709.0, 100_000)),
        rng.uniform(0.5, 2.0, 100_000),
        1.0 + rng.uniform(-1e-6, 1e-6, 100_000),
    ):
        agree(apply(logs, x), np.log(x), 2)
    x = np.concatenate([rng.uniform(-0.99, 2.0, 100_000), rng.uniform(-1e-9, 1e-9, 1000)])
    agree(apply(log1ps, x), np.log1p(x), 2)
    small = np.exp(rng.uniform(-744.0, 0.0, 100_000))
    x = np.concatenate([[0.0, 1.0], rng.uniform(0.0, 1.0, 100_000), small])
    agree(apply(log1ps_unit, x), np.log1p(x), 2)


@pytest.mark.filterwarnings("ignore:.*encountered:RuntimeWarning")
def test_edges_of_the_range():
    agree(apply(exps, SPECIAL), np.exp(SPECIAL), 2)
    agree(apply(logs, SPECIAL), np.log(SPECIAL), 2)
    agree(apply(log1ps, SPECIAL), np.log1p(SPECIAL), 2)
    small = SPECIAL[~(SPECIAL > 709.4) | np.isinf(SPECIAL)]
    agree(apply(expm1s, small), np.expm1(small), 2)


@pytest.mark.parametrize("exponent", [0.37, 2.5, -0.4, 1.0])
def test_powers(exponent):
    x = np.concatenate([np.exp(np.random.default_rng(3).uniform(-20.0, 20.0, 50_000)), [0.0]])
    true = np.where(x > 0, np.where(x > 0, x, 1.0) ** exponent, 0.0)
    np.testing.assert_allclose(apply(powers, x, exponent), true, rtol=2e-14)
    infinite = apply(powers, np.array([np.inf]), exponent)[0]
    assert infinite == (np.inf if exponent > 0 else 0.0)
