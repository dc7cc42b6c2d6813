"""A path of prices against a calculation of its own: savers with risky abilities, workers and owners of
firms, in a closed economy (a Krusell and Smith economy with firms of decreasing returns that need
collateral).

Nobody is near the brink between running a firm and working, so the oracle needs none of the care that
`firm` takes of cells; all else here is written anew: SciPy's sparse matrices, upwind implicit steps, prices
date by date, and a fixed point over the path. Steps and nodes are those of the program, so the two agree
far beyond the accuracy of the steps.
"""

import jax.numpy as jnp
import numpy as np
import pytest
import scipy.sparse as sp
from numerics_economies import economy
from scipy.optimize import root
from scipy.sparse.linalg import splu

from dirigiste.numerics import certificate, equilibrium, path_residuals, sequence, timed, transition
from dirigiste.numerics.path import Begin

SAVERS = """
name: savers
preferences: {rho: 0.06, sigma: 1.0}
technology: {alpha: 0.4, eta: 0.8, delta: 0.06}
ability:
  law: redraw
  rate: 0.2
  distribution: {points: {values: [0.05, 1.2, 1.3], weights: [0.8, 0.15, 0.05]}}
statuses:
  everyone: {collateral: 1.4, data_lending: 0.5}
closure: {capital: closed, fiscal: rebate}
numerics: {wealth: {points: 50, max: 300, scale: 0.5}, scheme: upwind}
"""
PRODUCTIVITY = "statuses.everyone.productivity"

RHO, ALPHA, ETA, DELTA = 0.06, 0.4, 0.8, 0.06
Z, WEIGHTS = np.array([0.05, 1.2, 1.3]), np.array([0.8, 0.15, 0.05])
SWITCHING = 0.2 * (np.tile(WEIGHTS, (3, 1)) - np.eye(3))
A = 0.5 * np.expm1(np.linspace(0.0, 1.0, 50) * np.log1p(300.0 / 0.5))
GAP = np.diff(A)[:, None]
BETWEEN = sp.kron(SWITCHING, sp.identity(A.size))

T = 32
LENGTHS = np.concatenate([np.full(16, 0.25), 0.25 * 1.22 ** np.arange(1, T - 15)])
AT = 1.01 + 0.03 * 2.0 ** (-np.cumsum(LENGTHS) / 2.0)
"""Productivity: up by 4%, and by 1% for good."""


def firms(x, q):
    """Capital, labour, output and profit (N, J) at logs x of the wage and of interest plus depreciation."""
    wage, rental = np.exp(x)
    scale = q * Z * ETA * (1 - ALPHA)
    ratio = ALPHA / (1 - ALPHA) * wage / rental
    wanted = ratio * (scale * ratio ** (ALPHA * ETA) / wage) ** (1 / (1 - ETA))
    k = np.minimum(wanted, 1.4 * A[:, None] + 0.5 * wanted)
    labor = (scale * k ** (ALPHA * ETA) / wage) ** (1 / (1 - ETA * (1 - ALPHA)))
    output = q * Z * (k**ALPHA * labor ** (1 - ALPHA)) ** ETA
    return k, labor, output, output - wage * labor - rental * k


def incomes(x, q):
    """The least able work, all others run a firm."""
    earned = firms(x, q)[3]
    earned[:, 0] = np.exp(x[0])
    return (np.exp(x[1]) - DELTA) * A[:, None] + earned


def nobody_on_the_brink(x, q):
    profit, wage = firms(x, q)[3], np.exp(x[0])
    return bool((profit[:, 0] < 0.9 * wage).all() and (profit[:, 1:] > 1.1 * wage).all())


def interest(x):
    return np.stack([x[..., 0], np.exp(x[..., 1]) - DELTA], axis=-1)


def clear(g, q, start):
    """Logs x at which labour and capital clear at masses g (N, J)."""
    runs = g[:, 1:]

    def excess(x):
        k, labor, *_ = (y[:, 1:] for y in firms(x, q))
        return [(runs * labor).sum() / g[:, 0].sum() - 1.0, (runs * k).sum() / (g.sum(axis=1) @ A) - 1.0]

    found = root(excess, start, tol=1e-13)
    assert np.abs(excess(found.x)).max() < 1e-10
    return found.x


def generator(v, income):
    """Consumption and drift matrix of values v by upwinding."""
    slope = np.diff(v, axis=0) / GAP
    c = 1.0 / slope
    ahead, behind = income[:-1] - c, income[1:] - c
    up, down = np.zeros_like(v), np.zeros_like(v)
    h = np.log(c)
    forth, back = np.full_like(v, -np.inf), np.full_like(v, -np.inf)
    forth[:-1] = np.where(ahead > 0, h + slope * ahead, -np.inf)
    back[1:] = np.where(behind < 0, h + slope * behind, -np.inf)
    goes, comes = (forth > -np.inf) & (forth >= back), (back > -np.inf) & (back > forth)
    up[:-1] = np.where(goes[:-1], ahead / GAP, 0.0)
    down[1:] = np.where(comes[1:], -behind / GAP, 0.0)
    spent = income.copy()
    spent[:-1][goes[:-1]] = c[goes[:-1]]
    spent[1:][comes[1:]] = c[comes[1:]]
    flat_up, flat_down = up.T.reshape(-1), down.T.reshape(-1)
    drift = sp.diags([flat_down[1:], -flat_up - flat_down, flat_up[:-1]], [-1, 0, 1])
    return spent, sp.csc_matrix(drift + BETWEEN)


def values(later, income, dt, guess):
    """Values a step earlier, and the generator of the step: Newton on (rho + 1/dt) v = later/dt + u(c) + G
    v.
    """
    v = guess
    for _ in range(100):
        c, G = generator(v, income)
        matrix = (RHO + 1.0 / dt) * sp.identity(v.size) - G
        new = splu(sp.csc_matrix(matrix)).solve((np.log(c) + later / dt).T.reshape(-1)).reshape(3, -1).T
        done = np.abs(new - v).max() < 1e-11
        v = new
        if done:
            return v, c, generator(v, income)[1]
    raise AssertionError("the oracle's values did not converge")


def rest(q, start):
    """Prices, values and masses of the stationary state."""
    v = np.log(incomes(start, q)) / RHO

    def at(x):
        nonlocal v
        income = incomes(x, q)
        v, _, G = values(0.0, income, 1e12, v)
        matrix = sp.lil_matrix(G.T)
        matrix[0] = 1.0
        return splu(sp.csc_matrix(matrix)).solve(np.eye(1, v.size)[0]).reshape(3, -1).T

    found = root(lambda x: clear(at(x), q, x) - x, start, tol=1e-12)
    g = at(found.x)
    assert np.abs(clear(g, q, found.x) - found.x).max() < 1e-8
    return found.x, v, g


@pytest.fixture(scope="module")
def theirs():
    """Stationary prices before and after, and the path of log wage and interest (T, 2) with output (T,)."""
    before, _, g0 = rest(1.0, np.log([0.7, 0.08]))
    after, v_end, _ = rest(1.01, before)

    def clearing(x):
        """Prices that clear at the masses that follow from foreseen prices, and those masses."""
        v, steps = v_end, [None] * T
        for k in reversed(range(T)):
            v, _, steps[k] = values(v, incomes(x[k], AT[k]), LENGTHS[k], v)
        g, found, outputs = g0, np.empty_like(x), np.empty(T)
        for k in range(T):
            matrix = sp.identity(g.size) - LENGTHS[k] * steps[k].T
            g = splu(sp.csc_matrix(matrix)).solve(g.T.reshape(-1)).reshape(3, -1).T
            found[k] = clear(g, AT[k], x[k])
            outputs[k] = (g * firms(found[k], AT[k])[2])[:, 1:].sum()
        return found, outputs

    x = np.tile(after, (T, 1))
    tried, gaps = [], []
    for _ in range(80):  # Anderson's mixing of the last few rounds
        found, outputs = clearing(x)
        tried.append(x)
        gaps.append(found - x)
        if np.abs(gaps[-1]).max() < 1e-9:
            assert all(nobody_on_the_brink(x, q) for x, q in zip(found, AT, strict=True))
            return interest(before), interest(after), interest(found), outputs
        x = x + 0.5 * gaps[-1]
        if len(gaps) > 1:
            last = slice(-7, None)
            dg = np.diff([gap.reshape(-1) for gap in gaps[last]], axis=0).T
            dx = np.diff([old.reshape(-1) for old in tried[last]], axis=0).T
            weights = np.linalg.lstsq(dg, gaps[-1].reshape(-1), rcond=1e-10)[0]
            x = x - ((dx + 0.5 * dg) @ weights).reshape(x.shape)
    raise AssertionError("the oracle's path did not converge")


@pytest.fixture(scope="module")
def ours():
    frame = timed.frame(economy(SAVERS), {PRODUCTIVITY: (1.0, 1.05)})
    ends = []
    for q in (1.0, 1.01):
        compiled = frame.at({PRODUCTIVITY: q})
        ends.append(equilibrium.solve(compiled, ends[0].as_start() if ends else None))
        certificate.certificate(compiled, ends[-1])
    before, after = (end.point for end in ends)
    kernel = sequence.kernel(frame.compiled, before)
    over = frame.over({PRODUCTIVITY: AT}, T)
    begin = Begin(before.distribution.f, before.distribution.g)
    task = transition.Task(over, LENGTHS, begin, after.values.v)
    u = np.tile(np.asarray(after.u), (T, 1))
    guess = transition.Guess(u, u, jnp.tile(after.values.v, (T, 1, 1, 1)))
    layout, arrays = frame.compiled.layout, frame.compiled.arrays
    found = transition.solve(layout, arrays, task, kernel, guess, target=1e-9, hjb=1e-10)
    assert found.gap <= 1e-9
    assert np.abs(path_residuals.residuals(frame.compiled, task, found)["walras"]).max() < 1e-7
    return before, after, found


def test_stationary_prices(ours, theirs):
    for one, other in zip(ours[:2], theirs[:2], strict=True):
        np.testing.assert_allclose(one.u[:2], other, atol=2e-7)


def test_wage_and_interest_along_the_path(ours, theirs):
    """To 1e-7, where the change is a hundredth: same steps, same nodes, another program."""
    found, expected = ours[2].u[:, :2], theirs[2]
    assert np.ptp(expected, axis=0).min() > 1e-3
    np.testing.assert_allclose(found, expected, atol=5e-7)


def test_output_along_the_path(ours, theirs):
    output = np.asarray(ours[2].sums.static.output).sum(axis=1)
    np.testing.assert_allclose(output, theirs[3], rtol=1e-6)
