"""Achdou et al. (2022): incomes as statuses, behaviour near the limit, and the public codes' numbers."""

import numpy as np
import pytest

from dirigiste import replications
from dirigiste.errors import NotConverged
from dirigiste.numerics.setup import ability
from dirigiste.replications.achdou_et_al_2022 import constraint, incomes
from dirigiste.replications.achdou_et_al_2022.households import Households

pytestmark = pytest.mark.usefixtures("configured")

DEBT, RATE = 0.15, 1.2


@pytest.fixture(scope="module")
def huggett():
    """The Huggett economy at one interest rate on two grids with the same number of nodes."""
    solved = []
    for scale in (0.02, 0.002):
        changes = {"numerics.wealth.points": 150, "numerics.wealth.scale": scale}
        solved.append(Households.from_file("huggett.yaml", changes, limit=DEBT)(0.2, 0.036))
    return solved


@pytest.mark.slow
def test_every_published_cell():
    result = replications.run("achdou-et-al-2022")
    # numbers of the public codes, to what their grids and searches leave
    assert [(cell.row, cell.column) for cell in result.misses] == [
        ("r", "interest"),
        ("r", "TFP 1"),
        ("K", "TFP 1"),
        ("K", "TFP 1.1"),
    ]
    allowed = (2e-6, 2e-5, 6e-4, 6e-4)
    for cell, most in zip(result.misses, allowed, strict=True):
        assert abs(cell.difference) < most
    assert result.tally.by_kind["closed form"].miss == 0


def test_incomes_and_masses(huggett):
    for solved in huggett:
        assert solved.income[0] == pytest.approx([0.1 - 0.036 * DEBT, 0.2 - 0.036 * DEBT])
        assert solved.mass.sum(axis=0) == pytest.approx([0.5, 0.5])
        # wealth is kept: people save nothing on average
        assert (solved.mass * solved.income).sum() == pytest.approx(
            0.15 + 0.036 * solved.mean_wealth, rel=1e-12
        )


def test_saving_near_the_limit_is_a_square_root(huggett):
    near = constraint.near(huggett[1], 0.05, 2.0, RATE)
    assert near.exponent == pytest.approx(0.5, abs=0.01)
    assert near.coefficient == pytest.approx(np.sqrt(2 * near.nu), rel=0.005)


def test_distribution_follows_from_saving(huggett):
    spread = constraint.distribution(huggett[1], RATE, RATE)
    assert spread.poor[-1] == pytest.approx(0.5, abs=1e-6)
    assert spread.rich[-1] == pytest.approx(0.5, abs=1e-6)
    for far in (0.01, 0.1, 0.3):
        exact = np.interp(far, spread.distance, spread.poor)
        assert constraint.within(huggett[0], far) == pytest.approx(exact, rel=0.005)
    assert constraint.extrapolated(*huggett) == pytest.approx(spread.mass_point, rel=0.02)


def test_generators():
    """Claim: both keep people and the mean; only half cells have the stationary law of second order."""
    z = np.linspace(0.5, 1.5, 40)
    for make in (incomes.textbook, incomes.second_order):
        generator = make(z, 0.3, 1.0, 0.01)
        np.testing.assert_allclose(generator.sum(axis=1), 0.0, atol=1e-12)
        np.testing.assert_allclose(ability.stationary(generator) @ z, 1.0, rtol=1e-10)
    with pytest.raises(ValueError, match="symmetric"):
        incomes.second_order(z, 0.3, 1.1, 0.01)
    sd = np.sqrt(0.01 / 0.6)
    variances = [
        ability.stationary(incomes.second_order(np.linspace(0.5, 1.5, n), 0.3, 1.0, 0.01))
        @ (np.linspace(0.5, 1.5, n) - 1) ** 2
        for n in (21, 41, 81)
    ]
    assert np.log2((variances[1] - variances[0]) / (variances[2] - variances[1])) == pytest.approx(2, abs=0.3)
    assert 0.9 * sd**2 < variances[-1] < sd**2  # cut at 3.9 sd


def test_diffusing_income_is_an_economy():
    z = np.linspace(0.5, 1.5, 5)
    wealth = {"points": 50, "max": 31.0}
    economy = incomes.diffusing(
        z, incomes.second_order(z, 0.3, 1.0, 0.01), {"rho": 0.05, "sigma": 2.0}, {"wealth": wealth}
    )
    assert len(economy.statuses) == 5
    assert len(economy.edges) == 8
    assert [status.labor_efficiency for status in economy.statuses.values()] == pytest.approx(list(z / 1.5))


def test_no_clearing_rate_says_so():
    households = Households.from_file("huggett.yaml", {"numerics.wealth.points": 150}, limit=DEBT)
    with pytest.raises(NotConverged, match="no interest rate in huggett between"):
        households.clear(lambda _: 0.2, lambda _: 1e3, 0.03, 0.035)
