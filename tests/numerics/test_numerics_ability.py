"""Ability laws as chains, and the wealth grid, against what is known of them."""

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st
from numerics_economies import LONE, economy
from scipy.stats import norm

from dirigiste.errors import DirigisteError
from dirigiste.numerics.setup import ability, grid


def test_pareto_bins_have_the_probabilities_and_middles_of_the_law():
    """Claim (docs/method.md, section 1): bins are even in log z, each point is the quantile at the middle
    probability of its bin.
    """
    tail, points, top = 4.15, 12, 0.9995
    values, weights = ability.pareto(tail, points, top, scale=2.0)

    def cdf(z):
        return 1 - (z / 2.0) ** -tail

    edges = 2.0 * np.exp(np.arange(points + 1) / points * np.log((1 - top) ** (-1 / tail)))
    np.testing.assert_allclose(weights, np.diff(cdf(edges)) / top, rtol=1e-10)
    np.testing.assert_allclose(cdf(values), 0.5 * (cdf(edges[1:]) + cdf(edges[:-1])), rtol=1e-10)
    assert weights.sum() == pytest.approx(1, abs=1e-14)


def test_lognormal_puts_the_tails_in_the_end_points():
    """Claim (docs/method.md, section 1): weights are normal probabilities between midpoints."""
    values, weights = ability.lognormal(0.5, 9, 2.0, mean=0.3)
    x = (np.log(values) - 0.3) / 0.5
    np.testing.assert_allclose(np.diff(x), 0.5)
    assert weights[0] == pytest.approx(norm.cdf(-1.75))
    assert weights[4] == pytest.approx(norm.cdf(0.25) - norm.cdf(-0.25))
    assert weights.sum() == pytest.approx(1, abs=1e-14)


@given(st.integers(2, 7), st.integers(0, 10_000))
@settings(max_examples=20, deadline=None, derandomize=True, database=None)
def test_stationary_law_solves_the_forward_equation(size, seed):
    """Claim: `stationary` is the probability vector p with p Q = 0, at rates that differ by orders too."""
    rng = np.random.default_rng(seed)
    rates = 10.0 ** rng.uniform(-6, 2, (size, size))
    np.fill_diagonal(rates, 0)
    rates -= np.diag(rates.sum(axis=1))
    p = ability.stationary(rates)
    assert p.min() > 0
    assert p.sum() == pytest.approx(1, abs=1e-14)
    flow = np.abs(p[:, None] * rates).sum(axis=0)
    assert (np.abs(p @ rates) <= 1e-12 * flow).all()


def test_diffusion_keeps_the_moments_of_the_process_to_second_order():
    """Claim (docs/method.md, section 1): the chain has the Ornstein-Uhlenbeck
    mean, standard deviation and autocorrelation exp(-reversion t), with errors that fall with the square of
    the step.
    """
    reversion, sd = 0.3, 0.4
    errors = []
    for points in (21, 41, 81):
        values, generator = ability.diffusion(reversion, sd, points, width=6.0, mean=0.1)
        p, x = ability.stationary(generator), np.log(values)
        assert p @ x == pytest.approx(0.1, abs=1e-12)
        variance = p @ (x - 0.1) ** 2
        later = scipy.linalg.expm(2.0 * generator) @ (x - 0.1)
        correlation = p @ ((x - 0.1) * later) / variance
        errors.append((abs(np.sqrt(variance) / sd - 1), abs(correlation - np.exp(-reversion * 2.0))))
    assert max(errors[-1]) < 3e-3
    variance_errors, correlation_errors = np.array(errors).T
    # the trapezoid rule is all but exact for a normal density: the variance only misses the cut at 6 sd
    assert variance_errors.max() < 1e-6
    assert np.log2(correlation_errors[:-1] / correlation_errors[1:]).min() > 1.8


def chain_of(law):
    return ability.chain(economy(LONE, {"ability": law}))


def test_generator_of_a_transition_matrix_gives_it_back():
    """Claim: expm(Q) = P where P is embeddable."""
    P = [[0.9, 0.08, 0.02], [0.05, 0.9, 0.05], [0.01, 0.09, 0.9]]
    Q = chain_of({"law": "markov", "values": [1, 2, 3], "transition": P}).generator
    np.testing.assert_allclose(scipy.linalg.expm(Q), P, atol=1e-12)
    assert (Q - np.diag(np.diag(Q)) >= 0).all()


@pytest.mark.parametrize("P", [[[0.1, 0.9], [0.9, 0.1]], [[0.9, 0.1, 0.0], [0.0, 0.9, 0.1], [0.1, 0.0, 0.9]]])
def test_a_matrix_without_generator_is_refused(P):
    """Claim: a transition matrix with negative eigenvalues, or whose logarithm has negative rates, is an
    error that says so.
    """
    with pytest.raises(DirigisteError, match="generator"):
        chain_of({"law": "markov", "values": list(range(1, len(P) + 1)), "transition": P})


def test_redraw_keeps_ability_or_draws_it_from_the_law():
    """Claim: with `redraw` the chance of the old ability after t is exp(-rate t) plus its share of the
    rest.
    """
    chain = chain_of(
        {
            "law": "redraw",
            "rate": 0.2,
            "distribution": {"points": {"values": [1, 2, 4], "weights": [0.5, 0.3, 0.2]}},
        }
    )
    kept = np.exp(-0.2 * 3)
    np.testing.assert_allclose(
        scipy.linalg.expm(3 * chain.generator),
        kept * np.eye(3) + (1 - kept) * np.tile(chain.stationary, (3, 1)),
    )


@given(st.integers(20, 200), st.floats(0, 5), st.floats(0.05, 10), st.integers(0, 1000))
@settings(max_examples=25, deadline=None, derandomize=True, database=None)
def test_lotteries_keep_mean_wealth(points, low, scale, seed):
    """Claim (docs/method.md, section 3): a landing is a lottery between the nodes around it with the same
    mean, and no negative odds.
    """
    nodes = grid.wealth_nodes(points, low, 500.0, scale)
    assert nodes[0] == low
    assert nodes[-1] == 500.0
    assert (np.diff(nodes) > 0).all()
    target = np.append(np.random.default_rng(seed).uniform(low, 500.0, 50), [low, 500.0, nodes[3]])
    below, share = grid.lottery(nodes, target)
    assert ((share >= 0) & (share <= 1)).all()
    np.testing.assert_allclose((1 - share) * nodes[below] + share * nodes[below + 1], target, rtol=1e-13)
    assert (nodes[below] <= target).all()
    assert (target <= nodes[below + 1]).all()
