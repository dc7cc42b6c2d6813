"""Song, Storesletten and Zilibotti (2011): life cycles, firms, the transition and its accounts."""

import numpy as np
import pytest
from scipy.optimize import minimize

from dirigiste import replications
from dirigiste.errors import NotConverged
from dirigiste.replications.song_storesletten_zilibotti_2011 import (
    accounts,
    firms,
    households,
    transition,
)
from dirigiste.replications.song_storesletten_zilibotti_2011.parameters import Parameters

P = Parameters()


@pytest.fixture(scope="module")
def path():
    return transition.solve(P)


@pytest.fixture(scope="module")
def data(path):
    return accounts.dataset(P, path)


def test_every_published_cell():
    result = replications.run("song-storesletten-zilibotti-2011")
    assert max(result.residuals.values()) < 1e-10
    # the other program's damped iteration stops early; what the authors stored matches to every digit
    assert {cell.table for cell in result.misses} == {"The transition"}
    allowed = {
        "private share in employment": 0.003,
        "foreign surplus over GDP": 0.003,
        "saving over GDP": 0.001,
        "investment over GDP": 0.001,
    }
    for cell in result.misses:
        assert abs(cell.difference) < allowed[cell.row], cell
    assert len(result.misses) == 26
    assert result.tally.by_kind["read"].match == 8


def test_life_is_optimal():
    """Claim: the closed form is the best consumption path of the budget, from a general optimiser."""
    random = np.random.default_rng(3)
    periods = 5
    gross = 1.0 + random.uniform(0.0, 0.2, (1, periods))
    earnings = random.uniform(0.0, 2.0, (1, periods))
    wealth, consumption = households.life(P, np.array([0.7]), earnings, gross)
    trend = 1.0 + P.growth

    def lifetime(c):
        a, value = 0.7, 0.0
        for k in range(periods):
            level = c[k] * trend**k
            value += P.beta**k * level ** (1 - P.sigma) / (1 - P.sigma)
            a = (gross[0, k] * a + earnings[0, k] - c[k]) / trend
        return value, a

    assert lifetime(consumption[0])[1] == pytest.approx(0.0, abs=1e-12)
    best = minimize(
        lambda c: -lifetime(np.append(c, _last(c, gross[0], earnings[0], trend)))[0],
        consumption[0, :-1] * random.uniform(0.8, 1.2, periods - 1),
        method="Nelder-Mead",
        options={"xatol": 1e-9, "fatol": 1e-14, "maxiter": 20000, "maxfev": 20000},
    )
    np.testing.assert_allclose(best.x, consumption[0, :-1], rtol=1e-5)
    assert wealth[0, 0] == 0.7


def _last(c, gross, earnings, trend):
    a = 0.7
    for k, eaten in enumerate(c):
        a = (gross[k] * a + earnings[k] - eaten) / trend
    return max(gross[-1] * a + earnings[-1], 1e-9)


def test_cohorts_are_single_lives():
    """Claim: a cohort born in t and one alive at the start live as `life` says, along their diagonals."""
    random = np.random.default_rng(5)
    periods, ages = 7, P.lifetime
    shape = (periods + ages - 1, ages)
    earnings, gross = random.uniform(0, 1, shape), 1 + random.uniform(0, 0.1, shape)
    initial = random.uniform(0, 3, ages)
    wealth, consumption = households.cohorts(P, initial, earnings, gross, periods)
    for start, age, owned in ((3, 0, 0.0), (0, 20, initial[20]), (0, ages - 1, initial[-1])):
        k = np.arange(ages - age)
        one, eaten = households.life(
            P, np.array([owned]), earnings[start + k, age + k][None], gross[start + k, age + k][None]
        )
        inside = start + k < periods
        np.testing.assert_array_equal(wealth[(start + k)[inside], (age + k)[inside]], one[0][inside])
        np.testing.assert_array_equal(consumption[(start + k)[inside], (age + k)[inside]], eaten[0][inside])


def test_calibration_targets():
    """Claim: the implied parameters meet the targets that they come from."""
    rate = np.array([P.bank_rate])
    wage = firms.state_wage(P, rate)
    assert firms.private_return(P, wage)[0] == pytest.approx(P.bank_rate + P.return_gap, rel=1e-12)
    assert firms.loan_limit(P, np.array([P.private_return]), rate)[0] == pytest.approx(1.0, rel=1e-12)
    at = firms.prices(P, np.array([1.0]), rate)
    state_ratio = P.alpha / (P.bank_rate + P.delta)
    assert state_ratio / (1.0 / at.private_output[0]) == pytest.approx(P.capital_output_ratio, rel=1e-12)


def test_private_firms_exhaust_their_output():
    """Claim: wages, managers and capital at the return rho add up to private output, in both stages."""
    capital = np.array([0.5, 20.0, 2000.0])
    rate = np.full(3, P.bank_rate)
    at = firms.prices(P, capital, rate)
    assert at.employment[0] < P.labor == at.employment[2]
    paid = at.wage * at.employment + at.managers * P.managers + (at.private_return + P.delta) * capital
    np.testing.assert_allclose(paid, at.private_output, rtol=1e-12)


def test_bank_rate_of_the_reform():
    rates = P.bank_rates(60)
    assert rates[:9] == pytest.approx(P.bank_rate, rel=1e-14)
    assert rates[26:] == pytest.approx(P.world_rate, rel=1e-14)
    assert (np.diff(rates[8:27]) < 0).all()


def test_resources(path, data):
    """Claim: what residents earn is what they consume and save, every year."""
    assert accounts.resource_gap(P, data) < 1e-10
    np.testing.assert_allclose(data["balance"], data["saving"] - data["investment"], atol=1e-14)


def test_surplus_is_the_sum_of_balances(data):
    """Claim: the foreign surplus grows by the current account (both over GDP, growth taken into account);
    the iceberg is spent at home, so it is no part of the balance.
    """
    growth = (1 + P.growth) * (1 + P.population_growth)
    y = data["output"].values
    stock = data["surplus"].values * y
    np.testing.assert_allclose(
        growth * stock[1:] - stock[:-1], (data["balance"].values * y)[:-1], atol=1e-9 * y.max()
    )


def test_other_start_same_path(path):
    """Claim: the fixed point does not depend on the guess, and plain damped iteration finds it too."""
    _, initial = transition.initial_wealth(P)
    log_capital = np.full(P.horizon, np.log(path.capital[0])) + np.linspace(0, 2, P.horizon)
    for _ in range(300):
        at = firms.prices(P, np.exp(log_capital), path.bank_rate)
        wealth, _ = transition.entrepreneurs(P, at, initial)
        owned = transition.owners_wealth(P, wealth)
        log_capital += 0.25 * (
            np.log(firms.capital(P, owned, at.private_return, path.bank_rate)) - log_capital
        )
    np.testing.assert_allclose(np.exp(log_capital), path.capital, rtol=1e-8)


def test_without_reform():
    """Claim: without the reform the return of private capital stays until state firms are gone; then it
    falls to the bank rate, where owners borrow only as much as keeps it there.
    """
    rate = np.full(P.horizon, P.bank_rate)
    path = transition.solve(P, bank_rate=rate)
    data = accounts.dataset(P, path)
    before = data["private_share"].values < 1.0
    rho, loans = data["private_return"].values, data["loans"].values
    assert before.sum() > 10
    assert np.ptp(rho[before]) < 1e-12
    assert (rho[~before] < P.private_return).all()
    limit = firms.loan_limit(P, rho, rate[:-1])
    unconstrained = loans < limit - 1e-6
    assert unconstrained.any()
    assert (rho[unconstrained] <= P.bank_rate + 1e-9).all()
    assert rho[unconstrained & (loans > 1e-6)] == pytest.approx(P.bank_rate, abs=1e-9)
    assert accounts.resource_gap(P, data) < 1e-9


def test_indifferent_capital():
    rate = np.array([0.02, 0.05, 0.093])
    capital = firms.indifferent_capital(P, rate)
    np.testing.assert_allclose(firms.prices(P, capital, rate).private_return, rate, rtol=1e-12)


def test_not_found_says_so():
    with pytest.raises(NotConverged, match="the transition does not converge"):
        transition.accelerated(lambda x: x + 1.0, np.zeros(3))
