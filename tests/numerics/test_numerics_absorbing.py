"""Statuses that can be entered but hardly left: refused with the reason, or solved with brackets."""

import numpy as np
import pytest

import dirigiste as dg
from dirigiste.economy import loads
from dirigiste.errors import NotConverged
from dirigiste.numerics.setup.arrays import compile_economy
from dirigiste.numerics.stationary import absorbing, certificate, equilibrium, levels, start
from dirigiste.numerics.stationary.point import unknowns

BASE = """
name: absorbing
preferences: {rho: 0.06, sigma: 1.0}
technology: {alpha: 0.35, eta: 0.8, delta: 0.06}
ability: {law: redraw, rate: 0.1, distribution: {pareto: {tail: 6.0, points: 4}}}
statuses:
  owner: {collateral: 1.5}
  idle: {operates: false, labor_efficiency: 0.5}
edges:
  - {name: retire, from: owner, to: idle, kind: rate, rate: 0.05}
  - {name: return, from: idle, to: owner, kind: rate, rate: 0.1}
  - {name: emigrate, from: idle, to: abroad, kind: choice, rate: 0.25, cost: 0.05, scale: 0.15}
abroad: {interest: 0.03}
entry: {status: owner, wealth: 0.5}
closure: {capital: closed, fiscal: rebate}
numerics: {wealth: {points: 30, max: 500, scale: 0.3}}
"""


def economy(**changes):
    return loads(BASE).with_({key.replace("__", "."): value for key, value in changes.items()})


@pytest.mark.parametrize("clock", ["continuous", "annual"])
def test_no_firm_where_no_edge_leads_out(clock):
    """Claim: a status that nobody leaves, and in which nobody may run a firm, is named before any search."""
    stays = economy(edges__return__rate=0.0, edges__emigrate=None, abroad=None, entry=None, clock=clock)
    with pytest.raises(NotConverged, match="no firm in the long run: no edge leads out of idle"):
        dg.solve(stays)


def test_no_firm_where_those_without_wealth_never_leave():
    """Claim: an edge that nobody takes at any price (abroad the poor have nothing) is found out by trial."""
    stays = economy(edges__return__rate=0.0)
    assert absorbing.by_edges(compile_economy(stays)) == ""
    with pytest.raises(NotConverged, match="all owners end up in statuses such as idle"):
        dg.solve(stays)


def apart():
    return economy(
        edges__retire__rate=0.0, edges__return__rate=0.0, edges__emigrate=None, abroad=None, entry=None
    )


def test_ends_follow_rates_above_zero():
    assert absorbing.ends(compile_economy(economy())) == [["owner", "idle"]]
    assert absorbing.ends(compile_economy(apart())) == [["owner"], ["idle"]]


def test_several_stationary_distributions_are_told():
    """Claim: where edges are shut on both sides the result says that masses depend on where owners began."""
    (warning,) = [text for text in dg.solve(apart()).warnings if "where owners began" in text]
    assert "{owner} and {idle}" in warning
    assert not any("where owners began" in text for text in dg.solve(economy()).warnings)


@pytest.mark.parametrize("closure", ["closed", "open"])
def test_levels_find_what_newton_finds(closure):
    """Claim: prices bracketed one inside the other are those of Newton's method, from a start far away."""
    capital = "closed" if closure == "closed" else {"open": {"interest": 0.02}}
    compiled = compile_economy(economy(closure__capital=capital))
    expected = equilibrium.solve(compiled)
    begin = start.cold_start(compiled)
    search = equilibrium._Search(compiled, begin, 1e-8, None, "test", list(unknowns(compiled)))
    u = begin.u + 0.02 * (np.arange(4) < 1)
    found = levels.solve(search, search.at(u, u, begin.v, begin.f, 1e-2))
    assert found is not None
    assert search.done(found)
    np.testing.assert_allclose(found.u, expected.point.u, atol=1e-8)


def test_a_grid_without_room_for_capital_is_told():
    """Claim: in a closed economy whose interest rate is above the discount rate the grid is to blame, not a
    given interest rate.
    """
    compiled = compile_economy(economy())
    solved = equilibrium.solve(compiled)
    above = solved.point._replace(prices=solved.point.prices._replace(interest=0.07))
    advice = certificate._top_advice(compiled, solved._replace(point=above))
    assert "more capital than the grid has room for. Raise numerics.wealth.max" in advice
    assert "closure.capital" not in advice
