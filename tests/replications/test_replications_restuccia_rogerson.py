"""Restuccia and Rogerson (2008): numerical equilibria against the closed forms, and the published tables."""

import numpy as np
import pytest

from dirigiste import replications
from dirigiste.errors import InputError, NotConverged
from dirigiste.replications.restuccia_rogerson_2008 import model
from dirigiste.replications.restuccia_rogerson_2008.by_engine import distorted
from dirigiste.replications.restuccia_rogerson_2008.policy import Policy, effect, groups, rates

P = model.PAPER
FACTORS = ("output", "labour", "capital")


@pytest.fixture(scope="module")
def law():
    return model.sizes()


@pytest.fixture(scope="module")
def base(law):
    return model.solve(P, law, model.undistorted(law))


def test_every_published_cell():
    result = replications.run("restuccia-rogerson-2008")
    misses = {(cell.where, cell.row, cell.column) for cell in result.misses}
    assert misses == {
        *(("Table 2", f"share of {name}", "< 5") for name in ("establishments", *FACTORS)),
        *(("Table 2", f"share of {name}", "50 or more") for name in ("establishments", *FACTORS)),
        ("Table 2", "mean employment", "50 or more"),
        ("Table 5", "output", "tax .4"),
        ("Table 5", "TFP", "tax .4"),
        ("Table 6", "90 % taxed", "tax .2"),
        ("Table 6", "50 % taxed", "tax .4"),
        ("Table 6", "20 % taxed", "tax .2"),
    }
    for cell in result.misses:
        assert cell.kind == "read"  # every digit that was recomputed matches
        assert cell.remark
        assert abs(cell.difference) < (0.006 if cell.row != "mean employment" else 3.0)
    tally = result.tally
    assert (tally.by_kind["read"].judged, tally.by_kind["recomputed"].match) == (113, 6)
    assert tally.numbers.match + tally.again.match + tally.statements.match > 250
    assert max(result.residuals.values()) < 1e-9


def test_table_3_out_of_the_engine(law, base, configured):
    """Claim: the engine, with given numbers of establishments, and free entry give the same economy."""
    ours, theirs = distorted(0.4), effect(P, law, Policy(0.4), base)
    assert ours.output == pytest.approx(0.91618, abs=5e-6)
    assert ours.output == pytest.approx(theirs.tfp, rel=1e-9)
    assert ours.subsidised == pytest.approx(theirs.subsidised, rel=1e-9)
    assert ours.cost == pytest.approx(theirs.cost, rel=1e-9)
    assert ours.subsidy == pytest.approx(theirs.subsidy, rel=1e-9)
    assert abs(ours.capital_gap) < 1e-9


def test_size_data(law):
    bounds, shares = model.size_data()
    assert shares.sum() == pytest.approx(1.0, abs=1e-8)
    employment = law.employment(P)
    assert employment[0] == 1.0
    assert employment[-1] == pytest.approx(10000.0)
    for low, high, share in zip([0.0, *bounds[:-1]], bounds, shares, strict=True):
        inside = (employment > low * (1 + 1e-12)) & (employment <= high * (1 + 1e-12))
        if inside.any():
            assert law.share[inside].sum() == pytest.approx(share, rel=1e-8)


def test_benchmark(law, base):
    """Claim: K/Y = a/r; all output is paid out; the wage is what free entry says."""
    assert base.capital / base.output == pytest.approx(P.a / P.rental, rel=1e-12)
    assert base.wage * base.labor / base.output == pytest.approx(P.g, rel=1e-12)
    assert base.free_entry == pytest.approx(0.0, abs=1e-12)
    doubled = model.solve(model.Parameters(entry_cost=2.0), law, model.undistorted(law))
    assert doubled.wage / base.wage == pytest.approx(2.0 ** (-P.x / P.g), rel=1e-12)


@pytest.mark.parametrize("tax", [0.05, 0.2, 0.4, 0.7])
@pytest.mark.parametrize("taxed", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("correlated", [False, True])
def test_output_tax_against_closed_forms(law, base, tax, taxed, correlated):
    """Claim: 1 + subsidy = [(1 - (1-S)(1-tax)^(1/x))/S]^x with S the share of the subsidised in undistorted
    employment; output as the closed form; entry, wage and capital as without policy.
    """
    policy = Policy(tax, taxed, correlated)
    result = effect(P, law, policy, base)
    employment = law.employment(P)
    S = (groups(law, policy)[1] * employment).sum() / (law.share * employment).sum()
    subsidy = ((1 - (1 - S) * (1 - tax) ** (1 / P.x)) / S) ** P.x - 1
    power = (P.a + P.g) / P.x
    parts = S * (1 + subsidy) ** power, (1 - S) * (1 - tax) ** power
    assert result.subsidy == pytest.approx(subsidy, rel=1e-10)
    assert result.output == pytest.approx(sum(parts), rel=1e-10)
    assert result.tfp == pytest.approx(sum(parts), rel=1e-10)
    assert result.subsidised == pytest.approx(parts[0] / sum(parts), rel=1e-10)
    assert result.cost == pytest.approx(subsidy * parts[0] / sum(parts), rel=1e-10)
    assert result.entry == pytest.approx(1.0, rel=1e-10)
    assert result.wage == pytest.approx(1.0, rel=1e-10)


@pytest.mark.parametrize("on", ["output", "capital", "labor"])
def test_accounts(law, on):
    """Claim: what firms earn, pay and owe adds up to output, whatever is taxed and subsidised."""
    result = model.solve(P, law, rates(law, Policy(0.3, 0.5, on=on), 0.1))
    profit = P.entry_cost / P.worth * result.mass
    spent = result.wage * result.labor + P.rental * result.capital + result.revenue.sum() + profit
    assert spent == pytest.approx(result.output, rel=1e-10)


def test_no_tax_is_nothing(law, base):
    result = effect(P, law, Policy(0.0), base)
    assert result.subsidy == pytest.approx(0.0, abs=1e-12)
    assert result.output == pytest.approx(1.0, rel=1e-12)


def test_refuses(law, base):
    with pytest.raises(InputError, match="no establishment is left"):
        effect(P, law, Policy(0.2, 0.999, correlated=True), base)
    with pytest.raises(NotConverged, match="no subsidy that leaves capital"):
        effect(P, law, Policy(0.2, on="labor"), base)
    with pytest.raises(NotConverged, match="no wage"):
        model.solve(model.Parameters(entry_cost=1e300), law, model.undistorted(law))


def test_uncorrelated_needs_no_size_data(base):
    """Claim (published-numbers): Table 3 does not depend on the law of productivity."""
    one = model.Sizes(np.array([1.7]), np.array([1.0]))
    result = effect(P, one, Policy(0.3))
    assert result.output == pytest.approx(0.93185, abs=1e-5)
