"""Values against closed forms of saving without risk (textbook; the constants are derived in each
docstring).
"""

import numpy as np
import pytest

from dirigiste.economy import loads
from dirigiste.numerics.operators import hjb
from dirigiste.numerics.setup.arrays import compile_economy
from dirigiste.numerics.stationary import equilibrium, point

IDLE = """
name: idle
preferences: {rho: 0.05, sigma: 1.0}
technology: {alpha: 0.4, eta: 0.8, delta: 0.06}
ability: {law: fixed, distribution: {points: {values: [1], weights: [1]}}}
statuses: {saver: {fixed_cost: 1.0e+6, labor_efficiency: 0}}
closure: {capital: {open: {interest: 0.06}}, labor: {wage: 1.0}, fiscal: spend}
numerics: {wealth: {points: 50, min: 1.0, max: 1000000, scale: 1.0}}
"""


def saver(interest, **changes):
    """Nodes, values and consumption of savers whose firms never pay."""
    compiled = compile_economy(loads(IDLE).with_({"closure.capital.open.interest": interest, **changes}))
    m = compiled.arrays
    prices, firms, reach = point.choices(m, np.array([0.0, interest, 0.0, 0.0]))
    assert firms.share.max() == 0
    given = hjb.setting(m, firms, prices, reach)
    values = hjb.solve(m, given, hjb.guess(m, firms, prices, reach), 1e-11)
    assert values.residual < 1e-10
    return m.wealth, values.v[:, 0, 0], values.policy.consumption[:, 0, 0]


def inside(a, most):
    """Nodes up to some wealth but for the lower bound, where the row of those who save is of first order."""
    return (a > a[0]) & (a < most)


def in_cells(a, v, sigma=1.0):
    """Consumption that belongs to values v with slopes taken between nodes, which is where the scheme takes
    it.
    """
    return (np.diff(v) / np.diff(a)) ** (-1 / sigma)


@pytest.mark.parametrize(("scheme", "order"), [("compact", 2), ("upwind", 1)])
@pytest.mark.parametrize("interest", [0.02, 0.08])
def test_log_savers_consume_rho_times_wealth(scheme, order, interest):
    """Claim: with log utility and interest only, c = rho a and V = log(rho a)/rho + (r - rho)/rho^2, away
    from the ends of the grid; errors fall with the square of the gap, or in proportion to it with `upwind`.
    """
    rho, errors = 0.05, []
    for points in (100, 200):
        a, v, c = saver(interest, **{"numerics.scheme": scheme, "numerics.wealth.points": points})
        inner = (a > 1e4) if interest < rho else inside(a, 1e3)
        exact = np.log(rho * a) / rho + (interest - rho) / rho**2
        errors.append(np.abs(v - exact)[inner].max() * rho)
        cells = in_cells(a, exact)
        cells = np.append(np.nan, cells) if interest < rho else np.append(cells, np.nan)
        np.testing.assert_allclose(c[inner], cells[inner], rtol=1e-5)
    assert errors[0] < (0.05 if scheme == "upwind" else 0.002)
    assert np.log2(errors[0] / errors[1]) == pytest.approx(order, abs=0.35)


@pytest.mark.parametrize("growth", [0.0, 0.01])
@pytest.mark.parametrize("sigma", [0.7, 1.5])
def test_other_savers_consume_theta_times_wealth(sigma, growth):
    """Claim: with CRRA utility and interest only, c = theta a, theta = (rho - (1-sigma) r)/sigma, and V =
    theta^-sigma a^(1-sigma)/(1-sigma). On a path that grows at g, r - g takes the place of r and rho -
    (1-sigma) g that of rho, which leaves theta where it is (docs/method.md, section 1).
    """
    theta = (0.05 - (1 - sigma) * 0.09) / sigma
    changes = {"preferences.sigma": sigma, "technology.growth": growth, "numerics.wealth.points": 100}
    a, v, c = saver(0.09, **changes)
    inner = inside(a, 100)
    exact = theta**-sigma * a ** (1 - sigma) / (1 - sigma)
    np.testing.assert_allclose(v[inner], exact[inner], rtol=0.003)
    np.testing.assert_allclose(c[inner], np.append(in_cells(a, exact, sigma), np.nan)[inner], rtol=0.005)


@pytest.mark.parametrize("sigma", [0.96, 0.9999, 1.0001, 1.04])
def test_near_log_utility_values_keep_their_digits(sigma):
    """Claim (`Arrays.shift`): where sigma is near 1, values are kept less 1/((1-sigma) rho), which would
    swamp them; they are those of the closed form, in logs of consumption as exact as elsewhere, and go to
    those of log utility.
    """
    rho, r = 0.05, 0.09
    theta = (rho - (1 - sigma) * r) / sigma
    a, v, c = saver(r, **{"preferences.sigma": sigma, "numerics.wealth.points": 100})
    inner = inside(a, 100)
    # theta^-sigma a^(1-sigma)/(1-sigma) - 1/((1-sigma) rho), without taking the difference of large numbers
    log_of = (1 - sigma) * np.log(a) - sigma * np.log(theta) + np.log(rho)
    exact = np.expm1(log_of) / ((1 - sigma) * rho)
    np.testing.assert_allclose(rho * v[inner], rho * exact[inner], atol=0.005)
    np.testing.assert_allclose(c[inner], np.append(in_cells(a, exact, sigma), np.nan)[inner], rtol=0.005)
    if abs(sigma - 1) < 0.001:
        _, log_v, log_c = saver(r, **{"numerics.wealth.points": 100})
        np.testing.assert_allclose(c[inner], log_c[inner], rtol=0.001)
        np.testing.assert_allclose(rho * v[inner], rho * log_v[inner], atol=0.005)


def test_certain_earnings_are_worth_their_present_value():
    """Claim: with log utility, earnings y for ever and r >= rho, so that the constraint never binds, c =
    rho (a + y/r) and V = log c/rho + (r - rho)/rho^2.
    """
    a, v, c = saver(0.06, **{"statuses.saver.labor_efficiency": 1.0, "numerics.wealth.points": 100})
    inner = inside(a, 1e3)
    exact = np.log(0.05 * (a + 1.0 / 0.06)) / 0.05 + 0.01 / 0.05**2
    np.testing.assert_allclose(0.05 * v[inner], 0.05 * exact[inner], atol=0.0005)
    np.testing.assert_allclose(c[inner], np.append(in_cells(a, exact), np.nan)[inner], rtol=0.001)


def test_a_point_without_unknowns_is_already_solved():
    """Claim: where the closure gives every price, solving is one evaluation, and the stationary state of
    impatient savers is the borrowing limit.
    """
    compiled = compile_economy(
        loads(IDLE).with_({"closure.capital.open.interest": 0.02, "numerics.wealth.points": 100})
    )
    solved = equilibrium.solve(compiled)
    assert solved.history[-1] == 0
    assert float(solved.point.distribution.g[0].sum()) == pytest.approx(1, abs=1e-6)
