"""The firm against numerical optimisation of the decision problem as it is stated (docs/method.md,
section 2).
"""

import json
import math

import numpy as np
import pytest
from scipy.optimize import minimize

from dirigiste.economy import loads
from dirigiste.numerics.markets import firm
from dirigiste.numerics.setup.arrays import compile_economy

STATUSES = 8


def draw_economy(rng, eta):
    """Statuses with every combination of subsidy, mandate, limit and wedge, drawn at random."""
    statuses = {}
    for n in range(STATUSES):
        spread = rng.uniform(-0.05, -0.01) if n % 3 == 0 else 0.0 if n % 3 == 1 else rng.uniform(0.01, 0.2)
        unlimited = eta < 1 and n == 4
        statuses[f"s{n}"] = {
            "productivity": rng.uniform(0.5, 1.5),
            "wedge": rng.uniform(-0.2, 0.4),
            "collateral": math.inf if unlimited else 1.0 if n == 5 else rng.uniform(1.0, 4.0),
            "data_lending": rng.uniform(0.0, 0.5) if eta < 1 and n % 2 else 0.0,
            "spread": spread,
            "mandates": {"labor": rng.uniform(0, 0.5), "capital": rng.uniform(0, 0.5)} if n >= 4 else {},
            "fixed_cost": rng.uniform(0, 0.2),
            "labor_efficiency": rng.uniform(0, 1),
        }
    names = list(statuses)
    edges = [
        {"name": f"e{n}", "from": one, "to": other, "kind": "rate", "rate": 0.1}
        for n, (one, other) in enumerate(zip(names, names[1:] + names[:1], strict=True))
    ]
    return loads(
        json.dumps(
            {
                "name": "drawn",
                "preferences": {"rho": 0.06, "sigma": 1.0},
                "technology": {"alpha": rng.uniform(0.25, 0.5), "eta": eta, "delta": rng.uniform(0.03, 0.1)},
                "ability": {
                    "law": "redraw",
                    "rate": 0.1,
                    "distribution": {"points": {"values": [0.7, 1.0, 1.8], "weights": [0.5, 0.3, 0.2]}},
                },
                "statuses": statuses,
                "edges": edges,
                "numerics": {"wealth": {"points": 40, "max": 500, "scale": 0.1}},
            }
        ).replace("Infinity", ".inf")
    )


def best_on(A, alpha, eta, wage, rental, low, high):
    """The best (k, l) of A (k^alpha l^(1-alpha))^eta - wage l - rental k with k in [low, high], by L-BFGS
    in logs.
    """

    def loss(x):
        k, labor = np.exp(x)
        y = A * k ** (alpha * eta) * labor ** ((1 - alpha) * eta)
        slope = [alpha * eta * y - rental * k, (1 - alpha) * eta * y - wage * labor]
        return wage * labor + rental * k - y, -np.array(slope)

    grid = np.geomspace(max(low, 1e-9), high, 40) if high > low else np.array([high])
    start = min(
        (
            (
                np.log(k),
                np.log((A * eta * (1 - alpha) * k ** (alpha * eta) / wage) ** (1 / (1 - eta * (1 - alpha)))),
            )
            for k in grid
        ),
        key=lambda x: loss(np.array(x))[0],
    )
    size = max(abs(loss(np.array(start))[0]), 1e-12)
    bounds = [(math.log(max(low, 1e-9)), math.log(max(high, 1e-9))), (-40, 40)]
    result = minimize(
        lambda x: tuple(part / size for part in loss(x)),
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"ftol": 1e-16, "gtol": 1e-10, "maxiter": 500},
    )
    return *np.exp(result.x), -result.fun * size


def optimum(status, technology, z, a, wage, interest, spread, factor):
    """Capital, labour, credit and true profit of an owner who runs, from the decision problem and nothing
    else.
    """
    alpha, eta, delta = technology.alpha, technology.eta, technology.delta
    A = (1 - status.wedge) * status.productivity * z
    w = (1 - status.mandates.labor) * wage
    own = (1 - status.mandates.capital) * (interest + delta)
    dear = (1 - status.mandates.capital) * (interest + spread + delta)
    unconstrained = best_on(A, alpha, eta, w, own, 1e-9, 1e9)[0] if status.data_lending > 0 else 0.0
    collateral = math.inf if math.isinf(status.collateral) else (status.collateral - 1) * a
    limit = min(factor * (collateral + status.data_lending * unconstrained), 1e8)
    first, second, switch = (own, dear, a) if spread >= 0 else (dear, own, limit)
    pieces = []
    if switch > 0:
        pieces.append(best_on(A, alpha, eta, w, first, 0.0, switch))
    if a + limit > switch:
        k, labor, value = best_on(A, alpha, eta, w, second, switch, a + limit)
        pieces.append((k, labor, value + (second - first) * switch))
    k, labor, _ = max(pieces, key=lambda piece: piece[2])
    credit = max(k - a, 0.0) if spread >= 0 else min(k, limit)
    output = A * k ** (alpha * eta) * labor ** ((1 - alpha) * eta)
    profit = output - wage * labor - (interest + delta) * k - spread * credit - status.fixed_cost
    return k, labor, credit, profit


@pytest.mark.parametrize("eta", [0.8, 1.0])
def test_choices_are_those_of_the_decision_problem(eta):
    """Claim: the closed forms of section 2 solve max over (k, l, b) at perceived prices, profit is counted
    at true ones, and a quota's spread and limit factor reach all statuses but those it names.
    """
    rng = np.random.default_rng(20 + int(10 * eta))
    kinks = {"self-financed": 0, "at the limit": 0, "free": 0, "subsidised": 0}
    for _ in range(3):
        economy = draw_economy(rng, eta)
        compiled = compile_economy(economy)
        named = np.zeros(STATUSES)
        named[:3] = 1.0
        m = compiled.arrays.replace(directed_to=named)
        wage, interest = rng.uniform(0.5, 1.0), rng.uniform(-0.01, 0.06)
        added, factor = rng.uniform(0, 0.05), rng.uniform(0.3, 1.0)
        prices = firm.Prices(wage, interest, 0.0, added, factor)
        result = firm.firms(m, prices)
        nodes = m.wealth
        for s, status in enumerate(economy.statuses.values()):
            spread = status.spread + (0 if named[s] else added)
            for n, j in zip(rng.integers(1, 32, 8), rng.integers(0, 3, 8), strict=True):
                share = result.share[n, s, j]
                if 0 < share < 1:
                    continue  # a threshold cell: quantities are those of the part that runs
                k, labor, credit, profit = optimum(
                    status,
                    economy.technology,
                    float(m.ability[j]),
                    nodes[n],
                    wage,
                    interest,
                    spread,
                    1.0 if named[s] else factor,
                )
                got = result.capital[n, s, j], result.labor[n, s, j], result.credit[n, s, j]
                scale = 1e-5 * max(k, 1e-3)
                np.testing.assert_allclose(
                    got, (k, labor, credit), rtol=1e-5, atol=scale, err_msg=f"{status} {n} {j}"
                )
                assert result.profit[n, s, j] == pytest.approx(profit, rel=1e-6, abs=1e-6)
                outside = status.labor_efficiency * wage
                assert share == float(profit > outside)
                assert result.income[n, s, j] == pytest.approx(max(profit, outside), rel=1e-6, abs=1e-6)
                kinks["self-financed"] += spread > 0 and abs(k - nodes[n]) < 1e-9 * k
                kinks["at the limit"] += (
                    credit > 0 and status.collateral > 1 and labor > 0 and k > nodes[n] * 1.0001
                )
                kinks["free"] += k < nodes[n] * 0.999
                kinks["subsidised"] += spread < 0 and credit > 0
    assert kinks["at the limit"] > 5, kinks
    assert kinks["free"] > 5, kinks
    assert kinks["subsidised"] > 5, kinks
    assert kinks["self-financed"] > 0, kinks


def test_unlimited_credit_is_the_unconstrained_firm_at_any_wealth():
    """Claim: with `collateral: .inf` and no spread capital does not depend on wealth, and its marginal
    product is r + delta.
    """
    economy = draw_economy(np.random.default_rng(3), 0.8).with_(
        {"statuses.s4.spread": 0.0, "statuses.s4.mandates.capital": 0.0}
    )
    compiled = compile_economy(economy)
    m = compiled.arrays
    prices = firm.Prices(0.7, 0.03, 0.0, 0.0, 1.0)
    result = firm.firms(m, prices)
    marginal = m.alpha * m.eta * (1 - m.wedge[4]) * result.output[:, 4] / result.capital[:, 4]
    np.testing.assert_allclose(marginal, 0.03 + m.delta, rtol=1e-12)


def test_share_of_a_cell_is_its_integral():
    """Claim (docstring of `cell_share`): share and shift are the mean over the cell of the ramp, and the
    centre of the part that runs; against quadrature on a fine grid.
    """
    rng = np.random.default_rng(5)
    nodes = np.cumsum(rng.uniform(0.5, 2.0, 12))
    x = rng.normal(size=12)
    share, shift = firm.cell_share(x, nodes, 1e-3)
    middles = 0.5 * (nodes[1:] + nodes[:-1])
    for n in range(1, 11):
        fine = np.linspace(middles[n - 1], middles[n], 400_001)
        runs = np.clip(np.interp(fine, nodes, x) / 1e-3 + 0.5, 0, 1)
        assert share[n] == pytest.approx(runs.mean(), abs=1e-5)
        crossings = (x[n - 1] + x[n] > 0) + (x[n] > 0) + (x[n] + x[n + 1] > 0)
        if 0 < share[n] < 1 and crossings in (1, 2) and abs(x[n]) > 0.05:
            centre = (runs * fine).sum() / runs.sum()
            assert 0.5 * (middles[n - 1] + middles[n]) + shift[n] == pytest.approx(centre, abs=5e-3)
    assert share[0] == float(x[0] > 0)
