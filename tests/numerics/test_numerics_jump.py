"""Stationary equilibria where masses change over at one price: Buera and Shin's economy with wedges."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from dirigiste.economy import loads
from dirigiste.errors import NotConverged
from dirigiste.numerics import effort
from dirigiste.numerics.bracket import Bracket
from dirigiste.numerics.setup.arrays import compile_economy
from dirigiste.numerics.stationary import certificate, equilibrium, levels, nested
from dirigiste.numerics.stationary.point import INTEREST, WAGE
from dirigiste.replications.buera_shin_2013.states import economy


@pytest.mark.parametrize("width", [1.0, 1e-6, 1e-12])
def test_a_bracket_finds_the_root_in_a_ramp(width):
    def falling(x):
        return 0.3 - x / 10 - math.tanh((x - 0.7) / width)

    bracket, x = Bracket(1e-4, -5.0, 5.0), 0.0
    for _ in range(100):
        value = falling(x)
        if abs(value) < 1e-9 or (width < 1e-9 and abs(x - 0.7) < 1e-11):
            break
        bracket.take(x, value)
        x = bracket.next()
    assert abs(falling(x)) < 1e-9 or abs(x - 0.7) < 1e-11


def test_owners_who_change_over_at_one_wage_are_split_by_it(monkeypatch):
    """Newton stalls on one side of the wage at which the poorest subsidised owners begin to save."""
    compiled = compile_economy(economy("wedges.yaml").with_({"numerics.wealth.points": 90}))
    sizes = []

    def solve(search, now, matrix):
        trial, why = nested.solve(search, now, matrix)
        sizes.append((now.size, trial.size, why))
        return trial, why

    monkeypatch.setattr(equilibrium, "nested", SimpleNamespace(solve=solve))
    solved = equilibrium.solve(compiled)
    assert certificate.certificate(compiled, solved)
    assert len(sizes) == 1
    before, after, why = sizes[0]
    assert before > 1e-3
    assert after < 1e-6
    assert why == ""


def test_a_market_that_no_wage_moves_ends_the_search():
    """Excess demand for labour that is the same at all wages: its slope is 0, and no step follows from it."""
    seen = []

    class Flat(levels.Levels):
        def _conditions(self, u):
            seen.append(u.copy())
            return np.array([-0.5, 0.1 - u[INTEREST], 0.0, 0.0])

    search = SimpleNamespace(
        active=[WAGE, INTEREST],
        m=SimpleNamespace(status=[{"operates": 1.0}], delta=0.06),
        target=1e-8,
        work=1e9,
        limit=np.inf,
        at=lambda *given: given,
        compiled=None,
    )
    nothing = SimpleNamespace(v=None, f=None)
    now = SimpleNamespace(point=SimpleNamespace(u=np.zeros(4), values=nothing, distribution=nothing))
    assert Flat(search, now).run()
    assert min(u[WAGE] for u in seen) < -1.0
    assert max(u[INTEREST] for u in seen) > 0.01


RING = """
name: ring
preferences: {rho: 0.06, sigma: 1.5}
technology: {alpha: 0.4, eta: 0.8, delta: 0.06}
ability: {law: diffusion, reversion: 0.178, sd: 0.175, points: 5}
statuses:
  s0:
    {collateral: 2.345, spread: 0.067, productivity: 0.781, wedge: -0.009, data_lending: 0.2,
     labor_efficiency: 0.499, mandates: {labor: 0.289, capital: 0.207}}
  s1: {operates: false, labor_efficiency: 0.6, amenity: -0.053}
edges:
  - {name: caught, from: s0, to: s1, kind: enforcement, actual: 0.281, perceived: 0.182, fine: 0.1}
  - {name: freed, from: s1, to: s0, kind: rate, rate: 0.236, ability: redraw}
numerics: {wealth: {points: 20, max: 1000, scale: 0.3}}
"""
"""Mandates by which factors cost more than firms take in, except the smallest ones."""


@pytest.mark.slow
def test_firms_that_gain_at_no_wage_are_named():
    compiled = compile_economy(loads(RING))
    with pytest.raises(NotConverged, match="however low the wage") as caught:
        certificate.certificate(compiled, equilibrium.solve(compiled))
    assert "statuses.s0.mandates" in caught.value.advice


@pytest.mark.slow
def test_a_jump_that_no_number_resolves_is_named():
    """On 600 points a tolerance of 1e-7 is out of reach; that of the shipped file is met."""
    given = economy("wedges.yaml")
    solved = equilibrium.solve(compile_economy(given))
    assert solved.why == ""
    again = equilibrium.solve(compile_economy(given.with_({"numerics.tolerances.markets": 1e-7})))
    assert "masses jump at a log wage of -2.7" in again.why
    assert "status subsidised of ability 1.116 at wealth 0" in again.why
    assert np.allclose(solved.point.u, again.point.u, atol=1e-5)


def test_work_is_counted_by_thread_and_states():
    before = effort.spent()
    effort.spend(5000, 2.0)
    assert effort.spent() - before == effort.CALL + 10_000
