"""Guner, Ventura and Xu (2008): against closed forms without tax, an independent calculation with it, and the
published numbers.
"""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import ndtr

from dirigiste import replications
from dirigiste.replications.guner_ventura_xu_2008 import model

P = replace(model.PAPER, points=300)
AIM = (1 - P.v) * P.g / (1 - P.g)
"""Employees of the least able manager: profit is its wage."""


@pytest.fixture(scope="module")
def benchmark(configured):
    economy = model.calibrate(P)
    return economy, economy.solve()


@pytest.mark.slow
def test_every_published_cell(configured):
    result = replications.run("guner-ventura-xu-2008")
    # "up to" 8.1 % in the abstract, whose rise of establishments is .2 points off an identity
    assert [(cell.kind, cell.row) for cell in result.misses] == [
        ("read", "fall of output"),
        ("read", "rise of establishments"),
    ]
    assert all(abs(cell.difference) < 0.21 for cell in result.misses)
    assert result.tally.numbers.match == 14
    assert max(result.residuals.values()) < 1e-9
    assert set(result.datasets) == {"policies", "curves", "sizes"}
    for picture in result.pictures.values():
        assert picture.draw().axes


def test_benchmark_against_closed_forms(benchmark):
    """Claim: without tax n = AIM z/z*, K/Y = g v/(r+delta), and the labour market gives z*."""
    economy, base = benchmark
    assert base.mean_size == pytest.approx(17.09, rel=1e-9)
    assert base.capital / base.output == pytest.approx(2.325, rel=1e-12)
    assert base.wage * base.labor / base.output == pytest.approx((1 - P.v) * P.g, rel=1e-12)
    np.testing.assert_allclose(base.employees, AIM * base.z / base.least, rtol=1e-9)
    assert economy.law.highest == pytest.approx(3093.75, abs=0.05)
    # partial mean of a log-normal cut at the top, against the market for labour
    top = economy.law.highest
    cut = ndtr((np.log(top) - P.mean) / P.sd)

    def above(x):
        return ndtr((np.log(top) - P.mean) / P.sd - x) - ndtr((np.log(base.least) - P.mean) / P.sd - x)

    size = np.exp(P.mean + P.sd**2 / 2) * above(P.sd) * (1 - P.top_mass) / cut + P.top_mass * top
    managers = above(0.0) * (1 - P.top_mass) / cut + P.top_mass
    assert base.establishments == pytest.approx(managers, rel=1e-9)
    assert AIM * size / base.least == pytest.approx(1 - managers, rel=1e-9)


def independent(tax, highest, points=40_000):
    """The same economy from first-order conditions, on many abilities: wage, output, establishments."""
    edges = np.exp(np.linspace(np.log(5.0), np.log(highest), points + 1))
    x = (np.log(edges) - P.mean) / P.sd
    share = np.append(np.diff(ndtr(x)) * (1 - P.top_mass) / ndtr(x[-1]), P.top_mass)
    z = np.append(np.sqrt(edges[1:] * edges[:-1]), highest)
    A, g, v, R = z ** (1 - P.g), P.g, P.v, P.rental

    def best(wage, rental):
        ratio = v / (1 - v) * wage / rental  # k/n
        n = (A * g * (1 - v) * ratio ** (v * g) / wage) ** (1 / (1 - g))
        return ratio * n, n

    def choices(w):
        if tax.on == "capital":
            k0, _ = best(w, R)
            k1, _ = best(w, R * (1 + tax.rate))
            k = np.where(k0 <= tax.above, k0, np.maximum(k1, tax.above))
            n = (A * g * (1 - v) * k ** (v * g) / w) ** (1 / (1 - g * (1 - v)))
        else:
            _, n0 = best(w, R)
            _, n1 = best(w * (1 + tax.rate), R)
            n = np.where(n0 <= tax.above, n0, np.maximum(n1, tax.above))
            k = (A * g * v * n ** ((1 - v) * g) / R) ** (1 / (1 - g * v))
        y = A * (k**v * n ** (1 - v)) ** g
        on = (k, R) if tax.on == "capital" else (n, w)
        paid = tax.rate * on[1] * np.maximum(on[0] - tax.above, 0)
        gain = y - w * n - R * k - paid - w
        # members split in the bin in which the gain changes sign
        runs = np.clip(0.5 + gain / np.gradient(gain, np.arange(z.size)), 0, 1)
        return y, n, share * runs

    def excess(w):
        _, n, managers = choices(w)
        return (managers * n).sum() - (1 - managers.sum())

    w = brentq(excess, 0.5, 5.0, xtol=1e-13)
    y, _, managers = choices(w)
    return w, (managers * y).sum(), managers.sum()


@pytest.mark.parametrize(("on", "multiple"), [("capital", 0.5), ("capital", 2.0), ("labor", 1.0)])
def test_taxed_economies_against_an_independent_calculation(benchmark, on, multiple):
    economy, base = benchmark
    mean = (base.capital if on == "capital" else base.labor) / base.establishments
    tax = model.Tax(on, multiple * mean, 0.3)
    ours = economy.solve(tax)
    expected = independent(tax, economy.law.highest)
    np.testing.assert_allclose((ours.wage, ours.output, ours.establishments), expected, rtol=5e-5)
    assert abs(ours.accounts) < 1e-12
    assert abs(ours.excess) < 1e-10
    assert 0.01 < ours.bunched() < 0.3


def test_the_rate_that_cuts_mean_size(benchmark):
    """Claim: establishments rise by (1+n)/(1+.8 n) - 1, an identity; output, labour's share of it given, by
    what wage and workers do, whatever the threshold on capital.
    """
    economy, base = benchmark
    taxed = [model.rate_for(economy, base, "capital", multiple) for multiple in (0.5, 2.0)]
    n = base.mean_size
    for e in taxed:
        assert e.mean_size == pytest.approx(0.8 * n, rel=1e-9)
        assert e.establishments / base.establishments == pytest.approx((1 + n) / (1 + 0.8 * n), rel=1e-9)
        assert e.output == pytest.approx(e.wage * e.labor / ((1 - P.v) * P.g), rel=1e-12)
        assert e.output / base.output - 1 == pytest.approx(-0.08298, abs=2e-5)
    assert taxed[1].tax.rate > taxed[0].tax.rate
    assert taxed[0].output == pytest.approx(taxed[1].output, rel=1e-9)


def test_a_rate_of_zero_is_the_benchmark(benchmark):
    economy, base = benchmark
    same = economy.solve(model.Tax("labor", 1.0, 0.0))
    assert same.wage == pytest.approx(base.wage, rel=1e-12)
    assert same.revenue == 0.0
