"""The annual clock: operators of a period, fixed points, certificate, and how it meets the other clock."""

import numpy as np
import pytest
from numerics_economies import LONE, TRIANGLE, economy
from numerics_solving import solved

from dirigiste.errors import InputError
from dirigiste.numerics.annual import envelope, path, step, turn
from dirigiste.numerics.annual.envelope import interpolated
from dirigiste.numerics.operators.generator import Hazards
from dirigiste.numerics.setup import ability, timed
from dirigiste.numerics.setup.abroad import abroad_value
from dirigiste.numerics.setup.arrays import compile_economy
from dirigiste.numerics.setup.preferences import utility
from dirigiste.numerics.stationary import certificate, equilibrium

ANNUAL = {"clock": "annual", "numerics.wealth.max": 3000}
PERIODS = 1.0, 0.5, 0.25


@pytest.fixture(scope="module")
def village():
    """Three statuses with every kind of edge, a country to leave for, and growth."""
    return solved(economy(TRIANGLE, {**ANNUAL, "technology.growth": 0.02}))


@pytest.fixture(scope="module")
def period(village):
    point = village.point
    return step.backward(village.compiled.arrays, point.prices, point.firms, point.reach, point.values.v)


def test_certificate(village):
    """Claim: an annual economy with every kind of edge clears goods, which nothing was solved for."""
    result = village.certificate
    assert abs(result.walras) < 1e-7
    assert result.hjb < 1e-9
    assert result.distribution < 1e-12
    assert abs(result.mass) < 1e-12


def test_masses_and_wealth_are_kept(village, period):
    m = village.compiled.arrays
    g = np.random.default_rng(1).uniform(size=village.point.distribution.g.shape)
    g = g / g.sum()
    later = step.forward(m, period, g)
    assert later.sum() == pytest.approx(1.0, abs=1e-13)
    ended = float(np.sum(g * (period.saving.share * period.saving.wealth).sum(axis=0)))
    met = step.at_turn(m, period.saving, g)
    people = np.einsum("nej,nej->ne", met[:, m.origin], period.turn.chance)
    kept = m.wealth[:, None] * (1.0 - m.leaves) - m.landing.T * (1.0 - m.leaves)
    out = float(np.sum(people * (kept + m.leaves * (m.wealth[:, None] - m.entry_wealth))))
    grown = 1.0 + m.growth * m.period
    assert np.einsum("nsj,n->", later, m.wealth) * grown == pytest.approx(ended - out, rel=1e-9)


LAWS = {
    "redraw": {},
    "markov": {
        "ability": {
            "law": "markov",
            "values": [1.0, 1.2, 1.5],
            "transition": [[0.7, 0.2, 0.1], [0.25, 0.5, 0.25], [0.0, 0.3, 0.7]],
        }
    },
    "fixed": {"ability": {"law": "fixed", "distribution": {"pareto": {"tail": 6.0, "points": 4}}}},
}


@pytest.mark.parametrize("law", LAWS)
def test_forward_is_the_adjoint_of_means(law):
    """Claim: masses forward are the transpose of means, to rounding, whatever owners do and values are."""
    m = compile_economy(economy(TRIANGLE, {**ANNUAL, "technology.growth": 0.02, **LAWS[law]})).arrays
    rng = np.random.default_rng(2)
    shape = m.wealth.size, m.status.size, m.ability.size
    drawn = rng.uniform(size=shape)
    both = (2, *shape)
    saving = envelope.Saving(
        share=np.stack([drawn, 1.0 - drawn]),
        wealth=np.zeros(both),
        below=rng.integers(0, m.wealth.size - 1, both),
        above=rng.uniform(size=both),
        value=np.zeros(shape),
        consumption=np.zeros(shape),
    )
    chance = rng.uniform(0.0, 0.2, (m.wealth.size, m.arcs.size, m.ability.size))
    random = step.Period(saving, turn.Turn(Hazards(chance, chance, chance, chance), drawn, chance))
    for _ in range(5):
        x, g = rng.normal(size=shape), rng.normal(size=shape)
        size = np.linalg.norm(x) * np.linalg.norm(g)
        there, back = np.vdot(g, step.mean(m, random, x)), np.vdot(step.forward(m, random, g), x)
        assert abs(there - back) <= 1e-14 * size
        met = step.at_turn(m, saving, g)
        ended = envelope.at_the_end(saving.share, saving.below, saving.above, turn.expected(m, x))
        assert abs(np.vdot(g, ended) - np.vdot(met, x)) <= 1e-14 * size


def test_several_periods_are_periods_one_after_the_other(village, period):
    m, g = village.compiled.arrays, village.point.distribution.g
    x = np.random.default_rng(3).normal(size=g.shape)
    by_one_g, by_one_x = g, x
    for _ in range(3):
        by_one_g, by_one_x = step.forward(m, period, by_one_g), step.tangent(m, period, by_one_x)
    np.testing.assert_allclose(step.forward(m, period, g, 3), by_one_g, rtol=1e-12)
    np.testing.assert_allclose(step.tangent(m, period, x, 3), by_one_x, rtol=1e-9, atol=1e-12)


def test_at_most_one_edge_a_period(village, period):
    """Claim: chances from a state add up to at most 1 - exp(-all actual rates)."""
    m, chance = village.compiled.arrays, period.turn.chance
    assert chance.min() >= 0
    leaves = np.eye(m.status.size)[:, m.origin]
    total = np.einsum("nej,se->nsj", chance, leaves)
    rates = leaves @ m.actual
    assert (total <= -np.expm1(-rates)[:, None] + 1e-14).all()
    toll = village.arc("toll")[0]
    others = m.actual[village.arc("inspect")[0]]
    share = 0.08 / (0.08 + others)
    # at the top of the grid inspection by wealth has almost its full rate
    top = float(chance[-1, toll, 0])
    assert share * -np.expm1(-(0.08 + others)) == pytest.approx(top, rel=2e-3)


@pytest.mark.slow
def test_saving_is_the_best_of_a_fine_search(village, period):
    """Claim: nobody gains by other savings, searched for on a fine grid with the same reading of W."""
    m, point = village.compiled.arrays, village.point
    w, _ = turn.turn(m, point.values.v, point.reach)
    cash = step.cash_on_hand(m, point.firms, point.prices)
    wealth = m.wealth
    best = np.full(cash.shape, -np.inf)
    felicity = np.vectorize(lambda c: utility(c, m.sigma, 0.0, m.shift))
    one = np.stack([np.ones(cash.shape), np.zeros(cash.shape)])
    for cell in range(wealth.size - 1):
        for t in np.linspace(0.0, 1.0, 9):
            target = wealth[cell] + t * (wealth[cell + 1] - wealth[cell])
            there = np.full((2, *cash.shape), cell), np.full((2, *cash.shape), t)
            low, high = np.minimum(w[cell], w[cell + 1]), np.maximum(w[cell], w[cell + 1])
            worth = np.clip(interpolated(m, one, *there, w), low, high)
            c_ = (cash - target) / m.period
            u = felicity(np.maximum(c_, 1e-12)) + m.amenity[:, None]
            value = turn.weight(m) * u + turn.discount(m) * worth
            best = np.maximum(best, np.where(c_ > 0, value, -np.inf))
    missed = (best - period.saving.value) / turn.weight(m)
    # a kink of W inside one of the 60 cells is worth up to this much, in logs of consumption a year
    assert np.quantile(missed, 0.99) < 1e-4
    assert missed.max() < 2e-2


@pytest.mark.slow
def test_clocks_meet_as_the_period_shrinks():
    """Claim: halving the period halves what the clocks differ by, in prices and sums."""
    fine = {"numerics.wealth.max": 3000, "numerics.wealth.points": 300}
    continuous = solved(economy(LONE, fine))

    def numbers(point):
        s = point.static
        sums = (point.prices.interest, *(x.sum() for x in (s.output, s.capital, s.credit)))
        return np.array([point.prices.wage, *sums])

    equilibria, start = [], None
    for length in PERIODS:
        compiled = compile_economy(economy(LONE, {**fine, "clock": "annual"}), period=length)
        result = equilibrium.solve(compiled, start)
        certificate.certificate(compiled, result)
        start = result.as_start()
        equilibria.append(numbers(result.point))
    limit = numbers(continuous.point)
    one, half, quarter = equilibria
    assert np.log2((one - half) / (half - quarter)) == pytest.approx(1.0, abs=0.25)
    extrapolated = 2.0 * quarter - half
    assert np.abs(extrapolated - limit)[[0, 2, 3, 4]] / limit[[0, 2, 3, 4]] == pytest.approx(0.0, abs=3e-3)
    assert np.abs(quarter - limit).max() < 0.4 * np.abs(one - limit).max()


def test_abroad_in_periods_tends_to_the_continuous_value(village):
    """Claim: life abroad in ever shorter periods is worth what the continuous clock says."""
    exact = abroad_value(compile_economy(economy(TRIANGLE)).arrays)
    misses = []
    for length in (0.1, 0.05):
        c = compile_economy(economy(TRIANGLE, {"clock": "annual"}), period=length)
        misses.append(float(np.abs(abroad_value(c.arrays) - exact).max()))
    assert misses[0] / misses[1] == pytest.approx(2.0, rel=0.05)


def test_path_stays_where_it_is_stationary(village):
    """Claim: a path that starts at its own stationary state stays there."""
    c, point = village.compiled, village.point
    u = np.tile(point.u, (6, 1))
    simulation = path.simulate(c.arrays, u, point.values.v, point.distribution.g)
    assert np.abs(simulation.last - point.distribution.g).sum() < 1e-8
    result = path.solve(c, point, point.distribution.g, 6, tolerance=1e-6)
    np.testing.assert_allclose(result.u, np.tile(point.u, (6, 1)), atol=2e-6)


def test_paths_of_chronicles_ask_for_the_continuous_clock():
    with pytest.raises(InputError, match="continuous clock only"):
        timed.frame(economy(LONE, ANNUAL), {})


@pytest.mark.parametrize("sigma", [1.0 - 1e-6, 1.0 + 1e-6])
@pytest.mark.parametrize("clock", ["continuous", "annual"])
def test_abroad_is_continuous_in_sigma(sigma, clock):
    """Claim: near log utility life abroad is worth what it is worth at log utility, in either clock.

    Values near sigma = 1 are kept less a constant, with which they tend to those of log utility.
    """
    text = economy(TRIANGLE, {"clock": clock})
    near, log = (compile_economy(text.with_({"preferences.sigma": x})).arrays for x in (sigma, 1.0))
    assert near.shift != 0.0
    np.testing.assert_allclose(abroad_value(near), abroad_value(log), rtol=1e-3)


@pytest.mark.parametrize("continuous", [True, False])
def test_weighted_redraw(continuous):
    """Claim: an edge leads to each ability at its rate times probability times weight, on both clocks."""
    text = """
name: sorted
preferences: {rho: 0.06, sigma: 1.0}
technology: {alpha: 0.4, eta: 0.8, delta: 0.06}
ability: {law: fixed, distribution: {points: {values: [1.0, 1.3, 1.6], weights: [0.5, 0.3, 0.2]}}}
statuses: {taxed: {wedge: 0.2}, free: {}}
edges:
  - {name: stay, from: taxed, to: taxed, kind: rate, rate: 0.2, ability: redraw, weight: [0.2, 0.5, 0.9]}
  - {name: freed, from: taxed, to: free, kind: rate, rate: 0.2, ability: redraw, weight: [0.8, 0.5, 0.1]}
  - {name: caught, from: free, to: taxed, kind: rate, rate: 0.2, ability: redraw, weight: [0.2, 0.5, 0.9]}
  - {name: free_still, from: free, to: free, kind: rate, rate: 0.2, ability: redraw, weight: [0.8, 0.5, 0.1]}
closure: {capital: {open: {interest: 0.03}}, labor: {wage: 0.4}, fiscal: spend}
numerics: {wealth: {points: 60, max: 3000}}
"""
    solution = solved(economy(text, {} if continuous else {"clock": "annual"}))
    masses = solution.point.distribution.g.sum(axis=0)
    shares = np.array([0.5, 0.3, 0.2])
    np.testing.assert_allclose(masses[0], shares * [0.2, 0.5, 0.9], rtol=1e-8)
    np.testing.assert_allclose(masses[1], shares * [0.8, 0.5, 0.1], rtol=1e-8)


def test_rouwenhorst_and_tauchen():
    values, generator = ability.rouwenhorst(0.3, 0.5, 9)
    from scipy.linalg import expm

    yearly = expm(generator)
    shares = ability.stationary(generator)
    log = np.log(values)
    assert shares @ log == pytest.approx(0.0, abs=1e-12)
    assert shares @ log**2 == pytest.approx(0.25, rel=1e-12)
    np.testing.assert_allclose(yearly @ log, 0.3 * log, atol=1e-12)
    # Rouwenhorst's own recursion
    p = 0.65
    P = np.array([[p, 1 - p], [1 - p, p]])
    for n in range(3, 10):
        big = np.zeros((n, n))
        big[:-1, :-1] += p * P
        big[:-1, 1:] += (1 - p) * P
        big[1:, :-1] += (1 - p) * P
        big[1:, 1:] += p * P
        big[1:-1] /= 2
        P = big
    np.testing.assert_allclose(yearly, P, atol=1e-13)
    values, P = ability.tauchen(0.6, 0.5, 31, 4.0)
    np.testing.assert_allclose(P.sum(axis=1), 1.0)
    middle = slice(10, 21)
    np.testing.assert_allclose((P @ np.log(values))[middle], 0.6 * np.log(values)[middle], atol=2e-3)


def test_given_yearly_matrix_needs_no_generator():
    """Claim: an annual matrix without a logarithm is an economy on the annual clock and none on the other."""
    law = {"law": "markov", "values": [1.0, 1.2], "transition": [[0.3, 0.7], [0.8, 0.2]]}
    changes = {"ability": law}
    with pytest.raises(InputError, match="no generator"):
        compile_economy(economy(LONE, changes))
    compiled = compile_economy(economy(LONE, {**changes, **ANNUAL}))
    np.testing.assert_allclose(compiled.arrays.transition, law["transition"])
    np.testing.assert_allclose(compiled.arrays.stationary, [8 / 15, 7 / 15], rtol=1e-12)


@pytest.mark.parametrize(
    ("weight", "message"),
    [([0.1, 0.2], "one number for each of the 6 abilities"), ([0.0] * 6, "above 0 for some ability")],
)
def test_weight_must_fit(weight, message):
    edge = {"from": "everyone", "to": "everyone", "kind": "rate", "rate": 0.1, "ability": "redraw"}
    with pytest.raises(InputError, match=message):
        economy(LONE, {"edges.shift": {**edge, "weight": weight}})
    with pytest.raises(InputError, match="ability: redraw"):
        economy(LONE, {"edges.shift": {**edge, "ability": "keep", "fine": 0.1, "weight": {"rising": 1.0}}})


def test_hash_of_a_continuous_economy_ignores_the_clock_key():
    assert economy(LONE).hash == economy(LONE, {"clock": "continuous"}).hash
    assert economy(LONE).hash != economy(LONE, {"clock": "annual"}).hash
    assert compile_economy(economy(LONE)).arrays.annual == 0  # compiles as ever
