"""Equilibria under every closure, law and preference: certificates hold, and what is known of each is so
(docs/method.md, section 5).

`solved` raises unless every residual meets its tolerance and goods clear to 1e-6 of output.
"""

import numpy as np
import pytest
from numerics_economies import TRIANGLE, UNLIMITED, economy
from numerics_solving import partial, solved

from dirigiste.numerics.setup.arrays import compile_economy
from dirigiste.numerics.stationary import certificate, equilibrium

# triangle: three statuses, every kind of edge


def residual(result):
    terms = certificate.identity(result.compiled, result.point)
    assert abs(terms["residual"] - sum(x for name, x in terms.items() if name != "residual")) < 1e-12
    return terms


def test_closed_economy_that_rebates(triangle):
    """Claim: labour, capital and budget clear; firms use no more than owners have; owners count once."""
    c = triangle.certificate
    assert max(abs(c.labor), abs(c.capital), abs(c.budget)) < 1e-8
    s = triangle.static
    assert float(s.capital.sum()) == pytest.approx(float(s.wealth.sum()), rel=1e-8)
    assert abs(c.walras) < 1e-6
    assert abs(c.mass) < 1e-12


def test_political_example(political):
    """Claim: the shipped example, on fewer nodes and abilities, has a certified equilibrium with every
    status populated.
    """
    assert abs(political.certificate.walras) < 1e-6
    assert all(political.mass(name) > 1e-4 for name in political.compiled.statuses)


@pytest.mark.parametrize(
    "changes",
    [
        {"closure.labor.outside": 0.5},
        {"closure.foreign_capital": 1.0},
        {"closure.spending": 0.05},
        {"technology.growth": 0.02},
        {"edges.crackdown.burnt": True, "edges.toll.burnt": True, "edges.emigrate.burnt": True},
        {"edges.toll.fee": 1.0, "edges.emigrate.fee": 0.3},
        {"ability.rate": 0.06},
        {"ability": {"law": "fixed", "distribution": {"pareto": {"tail": 6.0, "points": 6}}}},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_variants_of_one_closure(triangle, changes):
    """Claim: outside workers, foreign capital, public spending, growth, burnt fines, fees, slow and fixed
    ability keep the certificate, the goods identity included; each enters the identity where the model
    says.
    """
    solution = solved(triangle.economy.with_(changes), triangle.start)
    terms = residual(solution)
    key, value = next(iter(changes.items()))
    if key == "closure.labor.outside":
        assert terms["outside_workers"] == pytest.approx(-solution.wage * value)
        assert solution.output > 1.2 * triangle.output
    elif key == "closure.foreign_capital":
        foreign = float(solution.static.capital.sum() - solution.static.wealth.sum())
        assert foreign == pytest.approx(value, rel=1e-6)
        assert solution.interest < triangle.interest
    elif key == "closure.spending":
        assert terms["spending"] == -value
        assert float(solution.point.prices.transfer) < float(triangle.point.prices.transfer) - 0.03
    elif key == "technology.growth":
        assert terms["growth"] == pytest.approx(-0.02 * float(solution.static.wealth.sum()))
        assert solution.interest > triangle.interest + 0.01
    elif key == "edges.crackdown.burnt":
        burnt = solution.taken("crackdown") + solution.taken("toll") + solution.taken("emigrate")
        assert terms["burnt"] == pytest.approx(-burnt)
        assert burnt > 1e-3 * solution.output


SELF_FINANCE = {f"statuses.{name}.collateral": 1.0 for name in ("favoured", "free", "apart")} | {
    "statuses.free.data_lending": 0.0
}


def test_self_finance_leaves_capital_idle(triangle):
    """Claim (docs/method.md, section 5): where nobody lends or borrows, r falls to -delta and stays there
    exactly; wealth that firms do not use lies idle and depreciates.
    """
    solution = solved(triangle.economy.with_(SELF_FINANCE))
    assert solution.interest == -triangle.economy.technology.delta
    used, owned = float(solution.static.capital.sum()), float(solution.static.wealth.sum())
    assert used < 0.999 * owned
    assert residual(solution)["depreciation"] == pytest.approx(-0.06 * owned)
    assert float(solution.static.borrowed.sum()) < 1e-12


def test_the_corner_of_idle_capital_may_be_met_within_the_tolerance(triangle):
    """Claim: Newton accepts idle capital with r + delta up to 1e-8/`CORNER`, so the certificate has to take
    that for the corner.
    """
    solution = solved(triangle.economy.with_(SELF_FINANCE))
    prices = solution.point.prices._replace(interest=-0.06 + 1e-10)
    near = solution.solved._replace(point=solution.point._replace(prices=prices))
    assert certificate.certificate(solution.compiled, near).capital < 0


def test_unlimited_credit_equalises_marginal_products(triangle):
    """Claim: without limits, spreads, wedges and mandates every running firm has marginal product r +
    delta, so output is the efficient aggregate of the same firms, TFP_eff (K^alpha L^(1-alpha))^eta.
    """
    solution = solved(triangle.economy.with_(UNLIMITED))
    f, m = solution.point.firms, solution.compiled.arrays
    runs = f.share > 0
    product = 0.32 * f.output / f.capital
    np.testing.assert_allclose(product[runs], solution.interest + 0.06, rtol=1e-10)
    A = m.productivity[:, None] * m.ability
    weight = solution.point.distribution.g * f.share
    tfp = float((weight * A**5.0).sum() ** 0.2)
    K, L = float(solution.static.capital.sum()), float(solution.static.labor.sum())
    assert solution.output == pytest.approx(tfp * (K**0.4 * L**0.6) ** 0.8, rel=1e-9)


def test_unit_of_goods_does_not_matter(triangle):
    """Claim: amounts in another unit (wealth grid, fees, fixed costs, sizes, earnings abroad, wealth of
    newborns times x, ability times x^(1 - alpha eta)) multiply wage, transfer and output by x and leave
    interest, labour and people alone.
    """
    x, e = 3.0, triangle.economy
    amounts = (
        "numerics.wealth.max",
        "numerics.wealth.scale",
        "edges.toll.fee",
        "statuses.apart.fixed_cost",
        "edges.crackdown.size.ref",
        "edges.inspect.size.ref",
        "abroad.wage",
        "entry.wealth",
    )
    changes = {path: x * e.get(path) for path in amounts}
    solution = solved(e.with_({**changes, "ability.distribution.pareto.scale": x ** (1 - 0.4 * 0.8)}))
    assert solution.wage == pytest.approx(x * triangle.wage, rel=1e-6)
    assert solution.interest == pytest.approx(triangle.interest, abs=1e-8)
    assert float(solution.point.prices.transfer) == pytest.approx(
        x * float(triangle.point.prices.transfer), rel=1e-6
    )
    assert solution.output == pytest.approx(x * triangle.output, rel=1e-6)
    assert float(solution.static.labor.sum()) == pytest.approx(float(triangle.static.labor.sum()), rel=1e-6)
    for edge in e.edges_by_name:
        assert solution.people(edge) == pytest.approx(triangle.people(edge), rel=1e-5)


def test_unit_of_time_does_not_matter(triangle):
    """Claim: everything that is per year, times x, is the same economy counted in other years: prices and
    flows times x, stocks alone.
    """
    x, e = 2.0, triangle.economy
    rates = (
        "preferences.rho",
        "technology.delta",
        "ability.rate",
        "statuses.favoured.spread",
        "statuses.free.spread",
        "statuses.apart.fixed_cost",
        "edges.crackdown.actual",
        "edges.crackdown.perceived",
        "edges.toll.rate",
        "edges.rectified.rate",
        "edges.join.rate",
        "edges.inspect.actual",
        "edges.emigrate.rate",
        "abroad.interest",
        "abroad.wage",
    )
    changes = {path: x * e.get(path) for path in rates}
    solution = solved(e.with_({**changes, "ability.distribution.pareto.scale": x}))
    assert solution.wage == pytest.approx(x * triangle.wage, rel=1e-6)
    assert solution.interest == pytest.approx(x * triangle.interest, rel=1e-6)
    assert solution.output == pytest.approx(x * triangle.output, rel=1e-6)
    np.testing.assert_allclose(solution.static.wealth, triangle.static.wealth, rtol=1e-5)
    np.testing.assert_allclose(solution.static.capital, triangle.static.capital, rtol=1e-5)


ALIKE = {f"statuses.{name}": {"collateral": 1.5} for name in ("favoured", "free", "apart")} | {
    "edges.crackdown.fine": 1e-9,
    "edges.crackdown.actual": 0.05,
    "edges.crackdown.perceived": 0.05,
    "edges.toll.fee": 1e-12,
    "edges.crackdown.size": None,
    "edges.inspect.size": None,
    "edges.rectified.ability": "keep",
    "edges.emigrate.rate": 0.0,
    "numerics.scheme": "upwind",  # the other one has weights that know the rates of each status
}


def test_statuses_that_are_alike_are_one(triangle):
    """Claim: names do not matter: with statuses that are alike, edges between them move people and nothing
    else.
    """
    first = solved(triangle.economy.with_(ALIKE), triangle.start)
    other = {
        "edges.join.cost": 0.3,
        "edges.inspect.actual": 0.01,
        "edges.inspect.perceived": 0.02,
        "edges.crackdown.actual": 0.01,
    }
    second = solved(triangle.economy.with_({**ALIKE, **other}), triangle.start)
    assert second.interest == pytest.approx(first.interest, abs=1e-7)
    assert second.wage == pytest.approx(first.wage, rel=1e-6)
    assert second.output == pytest.approx(first.output, rel=1e-6)
    assert first.mass("free") > 0.05
    assert second.mass("free") != pytest.approx(first.mass("free"), rel=0.1)


ABSORBED = {path: x for path, x in ALIKE.items() if not path.endswith(("size", "ability"))} | {
    "edges.rectified.rate": 0.0,
    "numerics.scheme": "compact",
}


def test_a_status_that_nobody_leaves_holds_everybody(triangle, lone):
    """Claim: where one status absorbs all, the equilibrium is that of the economy of this status alone,
    though excess demand is almost discontinuous there (with few abilities): markets clear to the
    tolerance from anywhere.
    """
    for start in (triangle.start, None):
        result = solved(triangle.economy.with_(ABSORBED), start)
        assert result.mass("apart") == pytest.approx(1, abs=1e-9)
        np.testing.assert_allclose(result.point.u, lone.point.u, atol=1e-7)
        assert result.output == pytest.approx(lone.output, rel=1e-6)


def test_an_edge_at_rate_zero_is_no_edge(triangle):
    """Claim: an enforcement edge with perceived = actual = 0 is the graph without that edge."""
    off = triangle.economy.with_({"edges.inspect.actual": 0.0, "edges.inspect.perceived": 0.0})
    gone = triangle.economy.with_({"edges.inspect": None})
    one, other = partial(off, triangle), partial(gone, triangle)
    np.testing.assert_allclose(one.values.v, other.values.v, rtol=0, atol=1e-8)
    np.testing.assert_allclose(one.distribution.g, other.distribution.g, rtol=0, atol=1e-10)


def test_open_economy(triangle):
    """Claim: with an open account r is given and net foreign assets are what is left; at the interest rate
    of the closed economy nothing changes.
    """
    same = solved(
        triangle.economy.with_({"closure.capital": {"open": {"interest": triangle.interest}}}), triangle.start
    )
    assert certificate.accounts_of(same.compiled, same.point).net_foreign_assets == pytest.approx(0, abs=1e-6)
    assert same.output == pytest.approx(triangle.output, rel=1e-6)
    dear = solved(same.economy.with_({"closure.capital.open.interest": triangle.interest + 0.01}))
    assert dear.interest == triangle.interest + 0.01
    assert certificate.accounts_of(dear.compiled, dear.point).net_foreign_assets > 0.1


def test_given_prices_hold_whatever_the_start(triangle):
    """Claim: a price that the closure gives is that price in the result, also when the start comes from an
    economy with another.
    """
    account = {"closure.capital": {"open": {"interest": triangle.interest + 0.01}}}
    compiled = compile_economy(triangle.economy.with_(account))
    solution = equilibrium.solve(compiled, triangle.start)
    assert float(solution.point.prices.interest) == triangle.interest + 0.01


GROUPS = {
    "statuses.apart.mass": 0.3,
    "statuses.free.mass": 0.7,
    "edges.crackdown.to": "favoured",
    "edges.inspect.to": "free",
    "edges.rectified": None,
    "edges.emigrate": None,
    "abroad": None,
    "entry": None,
    "closure.labor": {"wage": 0.8},
}


def test_separate_groups_keep_their_masses_and_a_given_wage_finds_its_labour():
    """Claim (docs/method.md, sections 3 and 5): groups that no edges connect have the masses that are given,
    and abilities their own within each; with w given, outside labour is what clears the market.
    """
    solution = solved(economy(TRIANGLE, GROUPS))
    assert solution.wage == pytest.approx(0.8, rel=1e-12)
    assert solution.mass("apart") == pytest.approx(0.3, abs=1e-9)
    g = solution.point.distribution.g[:, solution.index("apart")]
    np.testing.assert_allclose(g.sum(axis=0), 0.3 * solution.compiled.arrays.stationary, atol=1e-9)
    s = solution.static
    outside = certificate.accounts_of(solution.compiled, solution.point).outside_labor
    assert float(s.labor.sum() - s.labor_supply.sum()) == pytest.approx(outside)
    assert residual(solution)["outside_workers"] == pytest.approx(-0.8 * outside)


@pytest.mark.parametrize("sigma", [0.7, 1.5])
def test_other_curvature_sharp_choices_and_spending(sigma):
    """Claim: CRRA utility, choices without tastes (scale 0) and a budget that spends what it takes all keep
    the certificate; spending is receipts less the given transfer.
    """
    changes = {
        "preferences.sigma": sigma,
        "closure.fiscal": "spend",
        "closure.transfer": 0.01,
        "edges.emigrate.scale": 0.0,
    }
    solution = solved(economy(TRIANGLE, changes))
    terms = residual(solution)
    s = solution.static
    born = solution.economy.entry.wealth * solution.people("emigrate")
    taken = sum(solution.taken(edge) for edge in ("crackdown", "toll", "emigrate"))
    received = float(s.wedge_revenue.sum() + s.spread_revenue.sum()) + taken - born
    assert terms["spending"] == pytest.approx(-(received - 0.01), abs=1e-9)


def test_constant_returns():
    """Claim (Moll 2014; docs/method.md, section 2): with eta = 1 a firm uses all the capital it may or none,
    so capital is a multiple of its owner's wealth.
    """
    changes = {"technology.eta": 1.0, "statuses.free.data_lending": 0.0, "numerics.wealth.max": 3000}
    solution = solved(economy(TRIANGLE, changes))
    k, share = solution.point.firms.capital, solution.point.firms.share
    a = solution.compiled.arrays.wealth[:, None]
    for status in solution.compiled.statuses:
        s = solution.index(status)
        whole = share[:, s] == 1
        assert whole.any()
        ratio = np.broadcast_to(k[:, s] / np.maximum(a, 1e-9), whole.shape)[whole]
        np.testing.assert_allclose(ratio, solution.economy.statuses[status].collateral, rtol=1e-9)


@pytest.fixture(scope="module")
def diffusing():
    """Abilities on a diffusion, an open account, and credit of which a share must reach the favoured, by a
    spread on all others.
    """
    law = {"law": "diffusion", "reversion": 0.15, "sd": 0.3, "points": 6, "width": 2.0, "mean": 0.2}
    directed = {"to": ["favoured"], "share": 0.65, "of": "credit", "by": "spread"}
    return solved(
        economy(
            TRIANGLE,
            {
                "ability": law,
                "closure.capital": {"open": {"interest": 0.02}},
                "closure.directed": directed,
            },
        )
    )


def share_of(result, status, of):
    amounts = getattr(result.static, of)
    return amounts[result.index(status)] / amounts.sum()


def test_a_quota_is_met_by_a_spread_on_all_others(diffusing):
    """Claim (docs/method.md, section 5): a quota that binds is met exactly, by a spread on all others that is
    revenue of the budget.
    """
    assert share_of(diffusing, "favoured", "credit") == pytest.approx(0.65, abs=1e-7)
    added = float(diffusing.point.prices.added_spread)
    assert added > 1e-4
    s = diffusing.static
    np.testing.assert_allclose(s.spread_revenue, np.array([-0.01, 0.03 + added, added]) * s.credit, rtol=1e-9)


def test_a_quota_that_does_not_bind_adds_no_spread(diffusing):
    """Claim (docs/method.md, section 5): slack, the added spread is 0 (to the tolerance of markets)."""
    solution = solved(diffusing.economy.with_({"closure.directed.share": 0.01}), diffusing.start)
    assert share_of(solution, "favoured", "credit") > 0.1
    assert float(solution.point.prices.added_spread) < 1e-9


def test_a_chain_of_abilities_is_solved_as_its_generator_says(diffusing):
    """Claim: `markov` with the generator of a diffusion is that diffusion."""
    m = diffusing.compiled.arrays
    law = {
        "law": "markov",
        "values": m.ability.tolist(),
        "generator": m.switching.tolist(),
    }
    solution = solved(diffusing.economy.with_({"ability": law}), diffusing.start)
    assert solution.output == pytest.approx(diffusing.output, rel=1e-7)


@pytest.fixture(scope="module")
def limited():
    """A quota of capital that is met by limits, and does not bind."""
    directed = {"to": ["favoured"], "share": 0.01, "of": "capital", "by": "limit"}
    return solved(economy(TRIANGLE, {"closure.directed": directed}))


def test_a_quota_of_capital_by_limit(limited):
    """Claim (docs/method.md, section 5): a quota met by limits scales the credit limit of all others by one
    factor in (0, 1]; slack, by 1.
    """
    assert float(limited.point.prices.limit_factor) == pytest.approx(1, abs=1e-9)
    target = share_of(limited, "favoured", "capital") + 0.03
    solution = solved(limited.economy.with_({"closure.directed.share": target}), limited.start)
    assert share_of(solution, "favoured", "capital") == pytest.approx(target, abs=1e-7)
    assert 0 < float(solution.point.prices.limit_factor) < 1


def test_the_corner_of_a_quota_may_be_met_within_the_tolerance(limited):
    """Claim: Newton accepts a slack quota with its unknown up to 1e-8/`CORNER`, so the certificate has to
    take that for slack.
    """
    u = limited.point.u.copy()
    u[3] = 1e-10
    near = limited.point._replace(u=u)
    certificate.certificate(limited.compiled, limited.solved._replace(point=near))
