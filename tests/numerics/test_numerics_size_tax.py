"""A tax on capital or labour above a threshold: the firm against brute force, bunching, budget, goods."""

import json
import math

import numpy as np
import pytest
from numerics_economies import LONE, TRIANGLE, economy
from numerics_solving import solved

from dirigiste.economy import loads
from dirigiste.numerics.markets import firm
from dirigiste.numerics.setup import timed
from dirigiste.numerics.setup.arrays import compile_economy
from dirigiste.numerics.stationary import certificate, equilibrium, point
from dirigiste.numerics.transition import perfect_foresight as transition
from dirigiste.numerics.transition import residuals as path_residuals
from dirigiste.numerics.transition import sequence
from dirigiste.numerics.transition.path import Begin

STATUSES = 10
ABILITIES = (0.7, 1.0, 1.4, 1.8)


def draw(rng, eta):
    """Statuses with taxes on capital and on labour beside every combination of subsidy, mandate, limit, data
    lending and wedge; two have no tax, one has a threshold of 0.
    """
    statuses = {}
    for n in range(STATUSES):
        spread = rng.uniform(-0.05, -0.01) if n % 3 == 0 else 0.0 if n % 3 == 1 else rng.uniform(0.01, 0.1)
        status = {
            "productivity": rng.uniform(0.6, 1.2),
            "wedge": rng.uniform(-0.2, 0.3),
            "collateral": math.inf if eta < 1 and n in (4, 7) else rng.uniform(1.0, 4.0),
            "data_lending": rng.uniform(0.0, 0.6) if eta < 1 and n % 2 else 0.0,
            "spread": spread,
            "mandates": {"labor": rng.uniform(0, 0.4), "capital": rng.uniform(0, 0.4)} if n >= 3 else {},
            "fixed_cost": rng.uniform(0, 0.05),
            "labor_efficiency": rng.uniform(0, 1),
        }
        if n not in (5, 8):
            on = "labor" if n % 2 else "capital"
            above = 0.0 if n == 9 else rng.uniform(0.3, 8.0) if on == "capital" else rng.uniform(0.1, 2.0)
            status["size_tax"] = {"on": on, "above": above, "rate": rng.uniform(0.02, 1.0)}
        statuses[f"s{n}"] = status
    names = list(statuses)
    edges = [
        {"name": f"e{n}", "from": one, "to": other, "kind": "rate", "rate": 0.1}
        for n, (one, other) in enumerate(zip(names, names[1:] + names[:1], strict=True))
    ]
    weights = [1 / len(ABILITIES)] * len(ABILITIES)
    distribution = {"points": {"values": list(ABILITIES), "weights": weights}}
    return loads(
        json.dumps(
            {
                "name": "drawn",
                "preferences": {"rho": 0.06, "sigma": 1.0},
                "technology": {"alpha": rng.uniform(0.25, 0.5), "eta": eta, "delta": rng.uniform(0.03, 0.1)},
                "ability": {"law": "redraw", "rate": 0.1, "distribution": distribution},
                "statuses": statuses,
                "edges": edges,
                "numerics": {"wealth": {"points": 40, "max": 100, "scale": 0.1}},
            }
        ).replace("Infinity", ".inf")
    )


def maximum(value, k_range, l_range, rounds=14, points=81):
    """The (k, l) that maximises a concave function, on grids that close in on the best point."""
    (k_low, k_high), (l_low, l_high) = k_range, l_range
    k_top = k_high
    for _ in range(rounds):
        k = np.geomspace(k_low, k_high, points)[:, None]
        labor = np.geomspace(l_low, l_high, points)[None, :]
        table = value(k, labor)
        i, j = np.unravel_index(int(np.argmax(table)), table.shape)
        best = float(k[i, 0]), float(labor[0, j]), float(table[i, j])
        k_step, l_step = (k_high / k_low) ** (12 / points), (l_high / l_low) ** (12 / points)
        k_low, k_high = best[0] / k_step, min(best[0] * k_step, k_top)
        l_low, l_high = best[1] / l_step, best[1] * l_step
    return best


def problem(status, technology, z, a, wage, interest, spread, factor):
    """The decision as it is stated: what (k, l) is worth to the owner, and the most capital it can have."""
    alpha, eta, delta = technology.alpha, technology.eta, technology.delta
    A = (1 - status.wedge) * status.productivity * z
    tax = status.size_tax
    on_capital = tax.rate if tax and tax.on == "capital" else 0.0
    on_labor = tax.rate if tax and tax.on == "labor" else 0.0
    above = tax.above if tax else 0.0

    def costs(k, labor, credit):
        """Of labour and of capital, the tax with the factor that it falls on."""
        pays_labor = wage * (labor + on_labor * np.maximum(labor - above, 0))
        rental = interest + delta
        return pays_labor, rental * k + spread * credit + on_capital * rental * np.maximum(k - above, 0)

    def worth(k, labor, credit):
        pays_labor, pays_capital = costs(k, labor, credit)
        revenue = A * k ** (alpha * eta) * labor ** ((1 - alpha) * eta)
        mandates = status.mandates
        return revenue - (1 - mandates.labor) * pays_labor - (1 - mandates.capital) * pays_capital

    unconstrained = 0.0
    if status.data_lending > 0:
        own = lambda k, labor: worth(k, labor, 0.0)  # noqa: E731
        unconstrained = maximum(own, (1e-6, 1e6), (1e-6, 1e6))[0]
    collateral = 1e6 if math.isinf(status.collateral) else (status.collateral - 1) * a
    limit = factor * (collateral + status.data_lending * unconstrained)

    def credit(k):
        return np.maximum(k - a, 0.0) if spread >= 0 else np.minimum(k, limit)

    def profit(k, labor):
        pays_labor, pays_capital = costs(k, labor, credit(k))
        revenue = A * k ** (alpha * eta) * labor ** ((1 - alpha) * eta)
        return revenue - pays_labor - pays_capital - status.fixed_cost

    return (lambda k, labor: worth(k, labor, credit(k))), profit, a + limit


@pytest.mark.parametrize("eta", [0.8, 1.0])
def test_choices_are_the_best_on_a_fine_grid(eta):
    """Claim (docstring of `size_tax`): the closed form is the best (k, l) of the decision as it is stated,
    with limits, spreads of either sign, mandates, data lending, wedges and a quota's spread and factor.
    """
    rng = np.random.default_rng(60 + int(10 * eta))
    seen = {"below": 0, "at": 0, "above": 0}
    for _ in range(3):
        economy = draw(rng, eta)
        compiled = compile_economy(economy)
        named = np.zeros(STATUSES)
        named[:3] = 1.0
        m = compiled.arrays.replace(directed_to=named)
        wage, interest = rng.uniform(0.4, 0.8), rng.uniform(-0.01, 0.06)
        added, factor = rng.uniform(0, 0.04), rng.uniform(0.3, 1.0)
        prices = firm.Prices(wage, interest, 0.0, added, factor)
        result = firm.firms(m, prices)
        nodes = m.wealth
        for s, status in enumerate(economy.statuses.values()):
            spread = status.spread + (0 if named[s] else added)
            for n, j in zip(rng.integers(4, 36, 6), rng.integers(0, len(ABILITIES), 6), strict=True):
                if 0 < result.share[n, s, j] < 1:
                    continue  # a threshold cell: quantities are those of the part that runs
                worth, profit, most = problem(
                    status, economy.technology, ABILITIES[j], nodes[n], wage, interest, spread,
                    1.0 if named[s] else factor,
                )  # fmt: skip
                k, labor, best = maximum(worth, (1e-9, most), (1e-9, 1e7))
                got_k, got_l = result.capital[n, s, j], result.labor[n, s, j]
                where = f"{status} {n} {j}"
                exact = 1e-10 if status.data_lending == 0 else 1e-6  # the grid's k_u is in the limit
                assert got_k <= most * (1 + 1e3 * exact), where
                if got_k == 0:  # constant returns that do not pay
                    assert best <= 1e-6, where
                    continue
                scale = max(abs(best), 1e-3)
                reached = float(worth(got_k, got_l))
                assert best - exact * scale <= reached <= best + 1e-6 * scale, where
                np.testing.assert_allclose((got_k, got_l), (k, labor), rtol=2e-3, err_msg=where)
                assert result.profit[n, s, j] == pytest.approx(float(profit(got_k, got_l)), rel=10 * exact)
                tax = status.size_tax
                if tax is None:
                    assert result.size_tax[n, s, j] == 0.0
                    continue
                used, cost = (
                    (got_k, interest + economy.technology.delta) if tax.on == "capital" else (got_l, wage)
                )
                paid = tax.rate * cost * max(used - tax.above, 0.0)
                assert result.size_tax[n, s, j] == pytest.approx(paid, rel=1e-12)
                seen["below" if used < tax.above else "at" if used == tax.above else "above"] += 1
    assert min(seen.values()) >= 5, seen


LUCAS = """
name: many-abilities
preferences: {rho: 0.06, sigma: 1.0}
technology: {alpha: 0.4, eta: 0.8, delta: 0.06}
ability: {law: redraw, rate: 0.1, distribution: {pareto: {tail: 6.0, points: 300}}}
statuses:
  all: {collateral: .inf, size_tax: {on: capital, above: 20, rate: 0.3}}
closure: {capital: {open: {interest: 0.04}}}
numerics: {wealth: {points: 20, max: 100}}
"""

HERE = firm.Prices(0.6, 0.04, 0.0, 0.0, 1.0)


@pytest.mark.parametrize("on", ["capital", "labor"])
def test_firms_bunch_at_the_threshold(on):
    """Claim: below the threshold the untaxed best, above it the best at cost (1+t), and in between, for z
    from z_0 to z_0 (1+t)^(1 - eta (1-share)), share that of the taxed factor, exactly the threshold.
    """
    above = 20.0 if on == "capital" else 4.0
    economy = loads(LUCAS).with_({"statuses.all.size_tax": {"on": on, "above": above, "rate": 0.3}})
    compiled = compile_economy(economy)
    f = firm.firms(compiled.arrays, HERE)
    free = firm.firms(compiled.arrays.replace(size_tax=0.0), HERE)
    used, untaxed = getattr(f, on)[0, 0], getattr(free, on)[0, 0]
    z, eta, share = compiled.arrays.ability, 0.8, 0.4 if on == "capital" else 0.6
    # demand falls with the cost of the factor with this elasticity, and grows as z^(1/(1-eta))
    elasticity = (1 - eta * (1 - share)) / (1 - eta)
    taxed = untaxed * 1.3**-elasticity
    first = above / (untaxed / z ** (1 / (1 - eta)))[0]  # z^(1/(1-eta)) at which bunching begins
    begin, end = first ** (1 - eta), (first * 1.3**elasticity) ** (1 - eta)
    at = (z > begin) & (z < end)
    assert 5 < at.sum() < z.size - 10
    np.testing.assert_array_equal(used[at], above)
    np.testing.assert_allclose(used[z <= begin], untaxed[z <= begin], rtol=1e-12)
    np.testing.assert_allclose(used[z >= end], taxed[z >= end], rtol=1e-12)
    assert (np.diff(f.profit[0, 0]) > 0).all()
    other = "labor" if on == "capital" else "capital"
    assert (np.diff(getattr(f, other)[0, 0][at]) > 0).all()  # what is not taxed still grows with ability


@pytest.mark.parametrize("on", ["capital", "labor"])
def test_rate_zero_is_no_tax(on):
    """Claim: a rate of 0 leaves every choice as it is, to the last bit, and so does an endless threshold."""
    rng = np.random.default_rng(8)
    economy = draw(rng, 0.8)
    names = list(economy.statuses)
    none = compile_economy(economy.with_({f"statuses.{name}.size_tax": None for name in names}))
    assert not none.layout.taxed
    plain = firm.firms(none.arrays, HERE)
    assert not plain.size_tax.any()
    for tax in ({"on": on, "above": 1.0, "rate": 0.0}, {"on": on, "above": 1e9, "rate": 0.5}):
        with_tax = compile_economy(economy.with_({f"statuses.{name}.size_tax": tax for name in names}))
        result = firm.firms(with_tax.arrays, HERE)
        for name in firm.Firms._fields:
            np.testing.assert_array_equal(getattr(result, name), getattr(plain, name), err_msg=name)
        assert not result.size_tax.any()


TAXES = {
    "statuses.favoured.size_tax": {"on": "capital", "above": 30.0, "rate": 0.3},
    "statuses.free.size_tax": {"on": "labor", "above": 2.5, "rate": 0.2},
    "statuses.apart.size_tax": {"on": "capital", "above": 12.0, "rate": 0.5},
}


@pytest.fixture(scope="module")
def taxed():
    """Three statuses with taxes on either factor, every kind of edge; and its equilibrium."""
    return solved(economy(TRIANGLE, TAXES))


def test_the_budget_receives_the_tax_and_goods_clear(taxed):
    """Claim (docs/method.md, section 5): revenue is what firms pay, it is in the budget, and goods clear to
    the accuracy of the markets without being used.
    """
    assert abs(taxed.certificate.walras) < 1e-8
    assert abs(taxed.certificate.budget) < 1e-8
    m, point_ = taxed.compiled.arrays, taxed.point
    f, s = point_.firms, taxed.static
    running = point_.distribution.g * f.share
    rental = taxed.interest + m.delta
    for status, on, above, rate, cost in (
        ("favoured", "capital", 30.0, 0.3, rental),
        ("free", "labor", 2.5, 0.2, taxed.wage),
        ("apart", "capital", 12.0, 0.5, rental),
    ):
        n = taxed.index(status)
        used = getattr(f, on)[:, n]
        paid = rate * cost * (running[:, n] * np.maximum(used - above, 0.0)).sum()
        assert float(s.size_tax_revenue[n]) == pytest.approx(paid, rel=1e-9)
        assert paid > 1e-6
        assert (running[:, n] * (used == above)).sum() > 1e-3  # some bunch
    born = taxed.economy.entry.wealth * taxed.people("emigrate")
    taken = sum(taxed.taken(edge) for edge in ("crackdown", "toll", "emigrate"))
    received = float(s.wedge_revenue.sum() + s.spread_revenue.sum() + s.size_tax_revenue.sum())
    assert float(point_.prices.transfer) == pytest.approx(received + taken - born, abs=1e-8)


def test_an_equilibrium_with_rate_zero_is_the_one_without(taxed, triangle):
    """Claim: declared with a rate of 0, the tax changes no price."""
    none = {f"statuses.{name}.size_tax.rate": 0.0 for name in taxed.economy.statuses}
    solution = solved(taxed.economy.with_(none), taxed.start)
    np.testing.assert_allclose(solution.point.u, triangle.point.u, atol=1e-7)
    assert abs(taxed.wage - solution.wage) > 1e-4


RATE, ABOVE = "statuses.everyone.size_tax.rate", "statuses.everyone.size_tax.above"


@pytest.mark.parametrize("on", ["capital", "labor"])
def test_arrays_along_a_path(on):
    """Claim: rate and threshold are in the arrays as they are, so that a path fills them in."""
    base = economy(LONE, {"statuses.everyone.size_tax": {"on": on, "above": 2.0, "rate": 0.0}})
    values = {RATE: np.array([0.0, 0.3, 0.1]), ABOVE: np.array([2.0, 1.0, 4.0])}
    frame = timed.frame(base, values)
    assert not frame.others
    stacked = frame.over(values, 3).stacked
    for step in range(3):
        here = compile_economy(base.with_({path: float(x[step]) for path, x in values.items()}))
        assert here.layout == frame.compiled.layout
        for name in timed.STACKED:
            result = getattr(stacked, name)[step]
            np.testing.assert_array_equal(result, getattr(here.arrays, name), err_msg=name)


@pytest.mark.parametrize("fiscal", ["rebate", "spend"])
def test_goods_clear_along_a_path(fiscal):
    """Claim: a tax that is raised for some years, and whose threshold stays lower for good, is in the budget
    of every step; goods clear as exactly as on paths without it, whether the revenue is rebated or spent.
    """
    small = {"numerics.wealth.points": 50, "numerics.scheme": "upwind", "closure.fiscal": fiscal}
    tax = {"statuses.everyone.size_tax": {"on": "capital", "above": 6.0, "rate": 0.1}}
    frame = timed.frame(economy(LONE, {**small, **tax}), {RATE: (0.0, 0.6), ABOVE: (4.0, 6.0)})
    start = equilibrium.solve(frame.compiled)
    lasting = frame.at({ABOVE: 4.0})
    end = equilibrium.solve(lasting, start.as_start())
    certificate.certificate(lasting, end)
    lengths = np.concatenate([np.full(16, 0.25), 0.25 * 1.22 ** np.arange(1, 17)])
    steps, time = lengths.size, np.cumsum(lengths)
    values = {RATE: np.where(time <= 3.0, 0.6, 0.1), ABOVE: np.full(steps, 4.0)}
    at_rest = start.point.distribution
    task = transition.Task(
        frame.over(values, steps), lengths, Begin(at_rest.f, at_rest.g), end.point.values.v
    )
    u = np.tile(end.point.u, (steps, 1))
    guess = transition.Guess(u, u, np.tile(end.point.values.v, (steps, 2, 1, 1, 1)))
    kernel = sequence.kernel(frame.compiled, start.point)
    compiled = frame.compiled
    solution = transition.solve(compiled.arrays, task, kernel, guess, target=1e-9, hjb=1e-10)
    assert solution.worst <= 1e-9
    left = path_residuals.residuals(compiled, task, solution)
    assert np.abs(left["walras"]).max() < 1e-7
    revenue = solution.sums.static.size_tax_revenue.sum(axis=1)
    if fiscal == "rebate":  # all that there is
        np.testing.assert_allclose(revenue, solution.u[:, point.TRANSFER], atol=1e-8)
    assert revenue[time <= 3.0].min() > 2 * revenue[time > 3.0].max() > 0
