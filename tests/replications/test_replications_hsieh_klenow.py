"""Hsieh and Klenow (2009): closed forms, inversion, and the seeded simulation's known bias."""

import numpy as np
import pytest

from dirigiste import replications
from dirigiste.replications.hsieh_klenow_2009 import lognormal, model, replication


def test_every_published_cell():
    found = replications.run("hsieh-klenow-2009")
    assert found.matches, found.misses
    assert found.residuals["closed form less quadrature"] < 1e-12


@pytest.mark.parametrize("alpha", [0.2, 0.4, 0.7])
@pytest.mark.parametrize("sigma", [2.0, 3.0, 5.0])
def test_closed_form_for_any_covariance(alpha, sigma):
    root = np.random.default_rng(int(10 * alpha + sigma)).normal(size=(3, 3)) * 0.3
    covariance = root @ root.T
    assert lognormal.quadrature(covariance, alpha, sigma, 80) == pytest.approx(
        lognormal.closed_form(covariance, alpha, sigma), rel=1e-8
    )


def test_equation_16_is_the_case_without_a_wedge_on_capital():
    covariance = np.diag([1.0, 0.3, 0.0])
    assert lognormal.closed_form(covariance, 0.4, 3.0) == pytest.approx(1.5 * 0.3)


def test_no_wedges_no_gain():
    industry = model.Industry(0.4, 3.0)
    ability = np.exp(np.random.default_rng(0).normal(size=50))
    firms = model.behave(industry, ability, np.full(50, 0.7), np.full(50, 1.3))
    assert model.gain([(industry, firms)]) == pytest.approx(0.0, abs=1e-12)


def test_behaviour_is_profit_maximising():
    """Claim: at what `behave` says, no firm gains by another capital or labour, given the industry's price
    level."""
    industry = model.Industry(0.35, 4.0, wage=1.3, rental=0.12)
    random = np.random.default_rng(2)
    ability, output, capital = np.exp(random.normal(size=(3, 6)) * 0.4)
    output = np.minimum(output, 0.99)
    firms = model.behave(industry, ability, output, capital, scale=10.0)
    labor = firms.wages / industry.wage
    power = 1 - 1 / industry.sigma
    made = ability * firms.capital**0.35 * labor**0.65
    unit = firms.revenue / made**power  # the same for all: the price level
    np.testing.assert_allclose(unit, unit[0], rtol=1e-12)

    def profit(k, l):  # noqa: E741
        revenue = unit * (ability * k**0.35 * l**0.65) ** power
        return output * revenue - industry.wage * l - capital * industry.rental * k

    best = profit(firms.capital, labor)
    for k, l in ((1.01, 1), (0.99, 1), (1, 1.01), (1, 0.99), (1.02, 0.98)):  # noqa: E741
        assert (profit(k * firms.capital, l * labor) < best).all()


def test_errors_are_found():
    """Claim: the exactness check is no tautology: a wrong exponent shows."""
    industry, firms, ability, *_ = replication.simulated()[0]
    wrong = industry._replace(alpha=industry.alpha + 0.01)
    unit = model.infer(wrong, firms).tfpq[0] / ability[0]
    assert abs(model.infer(wrong, firms).tfpq / unit / ability - 1).max() > 1e-3
