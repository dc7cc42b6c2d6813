"""Hsieh and Klenow (2009): closed forms, inversion by the measurement, and firms that maximise profit."""

import inspect
import math

import numpy as np
import pytest

from dirigiste import replications
from dirigiste.replications.hsieh_klenow_2009 import lognormal, measured, model, replication


def test_every_reference_cell():
    result = replications.run("hsieh-klenow-2009")
    assert result.matches, result.misses
    assert result.tally.by_kind["closed form"].match == 8
    assert result.tally.by_kind["remembered"].shown == 9
    assert result.residuals["measured less closed form"] < 1e-12


@pytest.mark.parametrize("alpha", [0.2, 0.4, 0.7])
@pytest.mark.parametrize("sigma", [2.0, 3.0, 5.0])
def test_measured_gain_of_lognormal_firms_is_the_closed_form(alpha, sigma):
    """Claim: for any covariance of ability and wedges."""
    root = np.random.default_rng(int(10 * alpha + sigma)).normal(size=(3, 3)) * 0.3
    covariance = root @ root.T
    industry = model.Industry(alpha, sigma)
    firms, weight = lognormal.firms(industry, covariance)
    result = measured.measured({"all": (industry, firms)}, {"all": weight})
    closed = lognormal.closed_form(covariance, alpha, sigma)
    assert measured.log_gains(result)["all"] == pytest.approx(closed, rel=1e-8)
    assert result.gain == pytest.approx(100 * math.expm1(closed), rel=1e-8)


def test_equation_16_is_the_case_without_a_wedge_on_capital():
    covariance = np.diag([1.0, 0.3, 0.0])
    assert lognormal.closed_form(covariance, 0.4, 3.0) == pytest.approx(1.5 * 0.3)


def test_gains_at_the_printed_dispersion():
    """Claim: what is measured on made firms is exp(1.5 sd^2) - 1."""
    gains = replication.lognormal_gains({"one": 0.45, "other": 0.74})
    assert gains == pytest.approx(
        {"one": 100 * math.expm1(1.5 * 0.45**2), "other": 100 * math.expm1(1.5 * 0.74**2)}
    )


def test_no_computation_reads_printed_gains():
    assert set(replication.printed()) == {"table_2_sd_tfpr"}
    for function in (replication.lognormal_gains, replication.exactness, replication.measured_lognormal):
        assert "reference" not in inspect.getsource(function)


def test_no_wedges_no_gain():
    industry = model.Industry(0.4, 3.0)
    ability = np.exp(np.random.default_rng(0).normal(size=50))
    firms = model.behave(industry, ability, np.full(50, 0.7), np.full(50, 1.3))
    assert measured.measured({"all": (industry, firms)}).gain == pytest.approx(0.0, abs=1e-10)


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


def test_errors_show():
    """Claim: the exactness check is no tautology: a wrong exponent shows."""
    made = replication.made_industries()["industry 01"]
    wrong = made.industry._replace(alpha=made.industry.alpha + 0.01)
    rows = measured.measured({"all": (wrong, made.firms)}).rows
    tfpq = rows["tfpq"].to_numpy()
    assert abs(tfpq / tfpq[0] / (made.ability / made.ability[0]) - 1).max() > 1e-3
    assert abs((1 + rows["tau_k"].to_numpy()) / made.capital - 1).max() > 1e-3
