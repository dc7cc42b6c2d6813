"""Owners who are indifferent between two ways of saving split between them (docs/method.md, section 5)."""

from pathlib import Path

import numpy as np
import pytest

import dirigiste as dg
from dirigiste.numerics.operators import hjb
from dirigiste.numerics.setup.arrays import compile_economy
from dirigiste.numerics.stationary import certificate, equilibrium, split
from dirigiste.numerics.stationary import point as points
from dirigiste.results.equilibria.stationary import finish

EXAMPLE = Path(__file__).parents[2] / "examples" / "political.yaml"

ALIKE = {
    "ability.distribution.pareto.points": 1,
    "numerics.wealth.points": 60,
    "edges.emigrate.rate": 0.0,  # nobody is replaced by a newborn
}


@pytest.fixture(scope="module")
def alike():
    """`political` with one ability: all owners of a status are indifferent at one price."""
    compiled = compile_economy(dg.load(EXAMPLE).with_(ALIKE))
    return compiled, equilibrium.solve(compiled)


def test_an_economy_of_like_owners_has_an_equilibrium(alike):
    """Claim: everything is met to its tolerance, and the result says who splits."""
    compiled, solved = alike
    found = certificate.certificate(compiled, solved)
    assert max(abs(found.labor), abs(found.capital), abs(found.budget)) <= 1e-8
    assert found.distribution <= 1e-12
    assert found.hjb <= 1e-9
    assert abs(found.walras) <= 1e-8
    assert found.least_mass > -1e-12
    assert found.mass == pytest.approx(0.0, abs=1e-12)
    (told,) = found.warnings
    assert "owners in status connected of ability 1.122" in told
    assert told.endswith("they split so that markets clear")


def test_where_masses_jump_the_equilibrium_is_near_that_of_another_grid():
    """Claim: five abilities on 200 nodes, where masses change over within 1e-8 of a wage, give prices near
    those on 100 nodes, where they do not.
    """
    declared = dg.load(EXAMPLE).with_({"ability.distribution.pareto.points": 5})
    fine, coarse = dg.solve(declared), dg.solve(declared.with_({"numerics.wealth.points": 100}))
    for name, near in {"wage": 2e-3, "interest": 5e-4}.items():
        assert fine.prices[name] == pytest.approx(coarse.prices[name], abs=near)


def test_on_both_sides_of_the_price_all_do_the_same(alike):
    """Claim: a hundred-millionth from the wage of the split, with all else as there, far more labour is
    demanded than supplied on one side, and far less on the other.
    """
    compiled, solved = alike
    demanded = []
    for change in (-1e-8, 1e-8):
        u = solved.point.u.copy()
        u[points.WAGE] += change
        v, f = solved.point.values.v, solved.point.distribution.f
        beside = points.evaluate(compiled.arrays, u, v, f, 1e-10, 3e-13)
        assert beside.distribution.residual < 1e-12
        demanded.append(beside.conditions.labor)
    assert demanded[0] > 0.1
    assert demanded[1] < -0.1


def test_masses_of_the_split_are_stationary_under_its_policy(alike):
    """Claim: what flows into a state flows out of it, with a generator that is put together state by state
    from the policy of the split and the rates of its arcs.
    """
    compiled, solved = alike
    m, point = compiled.arrays, solved.point
    policy, flow = point.values.policy, point.values.hazards.flow
    N, S, J = m.wealth.size, m.status.size, m.ability.size
    assert J == 1
    f, g, change = point.distribution.f[..., 0], np.zeros((N, S)), np.zeros((N, S))
    for n in range(N):
        for s in range(S):
            ahead, behind = policy.ahead[n, s, 0], policy.behind[n, s, 0]
            for k, weight in ((n, 1.0 - ahead - behind), (n + 1, ahead), (n - 1, behind)):
                if weight:
                    g[k, s] += weight * f[n, s]
            for k, speed in ((n + 1, policy.speed_right[n, s, 0]), (n - 1, policy.speed_left[n, s, 0])):
                if speed:
                    change[k, s] += speed * f[n, s]
                    change[n, s] -= speed * f[n, s]
    np.testing.assert_allclose(g, point.distribution.g[..., 0], atol=1e-15)
    for e, arc in enumerate(m.arcs):
        origin, destination = arc["origin"], arc["destination"]
        for n in range(N):
            moving, low, share = flow[n, e, 0] * g[n, origin], m.below[e, n], m.above[e, n]
            change[n, origin] -= moving
            change[low, destination] += (1.0 - share) * moving
            change[min(low + 1, N - 1), destination] += share * moving
    assert np.abs(change).sum() <= 1e-12


def test_values_of_both_sides_are_those_of_the_split(alike):
    """Claim: no policy does better at these prices: values meet the equation with the best decisions."""
    compiled, solved = alike
    m, point = compiled.arrays, solved.point
    given = points.setting_of(m, point.u, point.u)
    assert hjb.evaluate(m, given, point.values.v)[2] <= 1e-9


def test_points_at_other_prices_are_not_mixed(alike):
    compiled, solved = alike
    point = solved.point
    other = point._replace(u=point.u + 1e-6)
    assert split.between(compiled, point, other, points.WAGE) is None


def test_what_hangs_on_small_changes_is_refused(alike):
    """Claim: neither paths nor derivatives are computed where a small change moves all owners at once."""
    compiled, solved = alike
    with pytest.raises(dg.NotConverged, match=r"a path .* cannot be computed here: owners in status conn"):
        certificate.refuse_split("political", "a path that begins in this stationary state", solved.split)
    certificate.refuse_split("political", "a path", "")
    with pytest.raises(dg.NotConverged, match="derivatives cannot be computed here"):
        dg.sensitivity(finish(compiled, solved), ["output"], wrt=["technology.eta"])
