"""Moll (2014): wealth shares against closed forms and a dense eigenvector, K/Y, transitions."""

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from dirigiste import replications
from dirigiste.errors import NotConverged
from dirigiste.numerics.setup import ability
from dirigiste.replications.moll_2014 import model, transition
from dirigiste.replications.moll_2014.model import Parameters


def test_every_published_cell():
    result = replications.run("moll-2014")
    assert result.matches, result.misses


def test_operator_is_the_engines():
    law = model.ornstein_uhlenbeck(0.2, 0.56, 41, 4.0)
    _, generator = ability.diffusion(0.2, 0.56, 41, 4.0)
    omega = np.random.default_rng(1).dirichlet(np.ones(41))
    np.testing.assert_allclose(model.adjoint(law, omega), generator.T @ omega, atol=1e-14)
    np.testing.assert_allclose(law.shares, ability.stationary(generator), rtol=1e-12)


@pytest.mark.parametrize("credit", [1.0, 1.5, 4.0, 50.0])
def test_cut_against_sums(credit):
    """Claim: capital in use is all wealth, and X the wealth-weighted ability of producers over lam."""
    law = model.ornstein_uhlenbeck(0.2, 0.56, 801, 4.0)
    at = model.cut(law, law.shares, credit)
    assert (at.producing @ law.shares) * credit == pytest.approx(1.0, rel=1e-12)
    q = ndtri(1 - 1 / credit) if credit > 1 else -np.inf
    cut_off = ndtr(4.0 - 0.56) - ndtr(-4.0 - 0.56)  # mass that the exponential tilt leaves within 4 sd
    exact = np.exp(0.56**2 / 2) * (ndtr(4.0 - 0.56) - ndtr(max(q, -4.0) - 0.56)) / (2 * ndtr(4.0) - 1)
    assert at.x == pytest.approx(exact, rel=2e-3 if credit > 10 else 3e-4)
    assert cut_off < 1.0
    s = model.saving(at, credit, 0.11)
    assert s @ law.shares == pytest.approx(0.0, abs=1e-14)


def test_cut_is_continuous():
    """Claim: X and the threshold move continuously as the threshold passes from one cell to the next."""
    law = model.ornstein_uhlenbeck(0.2, 0.56, 21, 4.0)
    limits = np.linspace(1.2, 3.0, 2001)
    cuts = [model.cut(law, law.shares, c) for c in limits]
    for values in ([at.threshold for at in cuts], [at.x * c for at, c in zip(cuts, limits, strict=True)]):
        assert np.abs(np.diff(values)).max() < 0.02


def test_stationary_state_is_the_leading_eigenvector():
    """Claim: omega is the null vector of A* + s, computed by dense linear algebra at the same threshold."""
    p = Parameters(credit=2.0)
    law = model.ornstein_uhlenbeck(-np.log(0.85), 0.56, 101, 4.0)
    state = model.stationary(p, law)
    _, generator = ability.diffusion(-np.log(0.85), 0.56, 101, 4.0)
    values, vectors = np.linalg.eig(generator.T + np.diag(model.saving(state.at, p.credit, p.gross)))
    lead = int(np.argmax(values.real))
    assert values[lead].real == pytest.approx(0.0, abs=1e-10)
    shares = vectors[:, lead].real / vectors[:, lead].real.sum()
    np.testing.assert_allclose(shares, state.omega, atol=1e-10)


def test_redraw_at_any_rate_has_a_closed_form():
    """Claim: with redrawn ability omega = rate p/(rate - s)."""
    p = Parameters(credit=3.0)
    law = model.redrawn_pareto(2.0, 4.15, 400, 0.9995)
    state = model.stationary(p, law)
    s = model.saving(state.at, p.credit, p.gross)
    np.testing.assert_allclose(state.omega, 2.0 * law.shares / (2.0 - s), rtol=1e-6)


def test_wealth_that_piles_up_is_no_answer():
    with pytest.raises(NotConverged, match="wealth shares: residual"):
        model.stationary(Parameters(credit=3.0), model.redrawn_pareto(0.4, 4.15, 400, 0.9995))


def test_second_order_in_the_step():
    p = Parameters(credit=2.0)
    tfp = [
        model.stationary(p, model.ornstein_uhlenbeck(-np.log(0.85), 0.56, n, 4.0)).tfp
        for n in (101, 201, 401)
    ]
    assert np.log2((tfp[1] - tfp[0]) / (tfp[2] - tfp[1])) == pytest.approx(2.0, abs=0.4)


def test_path_from_its_end_stays_there():
    p = Parameters(credit=2.0)
    law = model.ornstein_uhlenbeck(-np.log(0.85), 0.56, 201, 4.0)
    end = model.stationary(p, law)
    capital = transition.stationary_capital(p, end.tfp)
    course = transition.course(p, law, end.omega, capital, 20.0, 0.5)
    np.testing.assert_allclose(course.tfp, end.tfp, rtol=1e-9)
    np.testing.assert_allclose(course.capital, capital, rtol=1e-9)
    assert p.alpha * course.output[-1] / course.capital[-1] == pytest.approx(p.gross, rel=1e-9)


def test_path_is_first_order_in_the_step():
    p = Parameters(credit=2.0)
    law = model.ornstein_uhlenbeck(-np.log(0.85), 0.56, 101, 4.0)
    ends = [transition.course(p, law, law.shares, 1.0, 8.0, step).tfp[-1] for step in (0.4, 0.2, 0.1, 0.05)]
    gaps = np.abs(np.diff(ends))
    assert np.log2(gaps[1] / gaps[2]) == pytest.approx(1.0, abs=0.25)


def test_half_life():
    time = np.linspace(0, 10, 1001)
    course = transition.Course(time, 2.0 - np.exp(-0.3 * time), time, time)
    assert transition.half_life(course, 2.0) == pytest.approx(np.log(2) / 0.3, abs=1e-4)
    assert np.isnan(transition.half_life(course._replace(tfp=np.full(1001, 1.0)), 2.0))
