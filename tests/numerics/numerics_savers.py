"""A path of prices calculated on its own, with NumPy and SciPy alone: savers with risky abilities, workers
and owners of firms, in a closed economy (a Krusell and Smith economy with firms of decreasing returns that
need collateral).

Nobody is near indifference between running a firm and working, so nothing here needs the care that `firm`
takes of cells. Values and masses move by upwind implicit Euler steps, markets clear date by date, and a fixed
point over the path makes foresight perfect. Prices of a step belong to its end, so their error is of first
order in the steps; `limit` removes it by solving on three grids, each with every step halved (Richardson).

All root-finding is Newton's method with difference steps of 1e-5 on values that are good to 1e-12, with
brackets where that fails, so nothing here depends on rounding.
"""

from typing import NamedTuple

import numpy as np
from scipy.linalg import solve_banded
from scipy.optimize import brentq

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
N, J = A.size, Z.size

NUDGE = 1e-5
"""Step of difference quotients in logs of prices."""

GAIN, LASTING, HALF_LIFE = 0.03, 0.01, 2.0


def productivity(t):
    """Productivity t years after the surprise: up by 4%, and by 1% for good."""
    return 1.0 + LASTING + GAIN * 2.0 ** (-np.asarray(t) / HALF_LIFE)


def firms(x, q):
    """Capital, labour, output and profit (N, J) at logs x of the wage and of interest plus depreciation."""
    wage, rental = np.exp(x)
    scale = q * Z * ETA * (1 - ALPHA)
    ratio = ALPHA / (1 - ALPHA) * wage / rental
    unconstrained = ratio * (scale * ratio ** (ALPHA * ETA) / wage) ** (1 / (1 - ETA))
    k = np.minimum(unconstrained, 1.4 * A[:, None] + 0.5 * unconstrained)
    labor = (scale * k ** (ALPHA * ETA) / wage) ** (1 / (1 - ETA * (1 - ALPHA)))
    output = wage * labor / (ETA * (1 - ALPHA))
    return k, labor, output, output - wage * labor - rental * k


def incomes(x, q):
    """The least able work, all others run a firm."""
    earned = firms(x, q)[3]
    earned[:, 0] = np.exp(x[0])
    return (np.exp(x[1]) - DELTA) * A[:, None] + earned


def nobody_on_the_brink(x, q):
    profit, wage = firms(x, q)[3], np.exp(x[0])
    return bool((profit[:, 0] < 0.9 * wage).all() and (profit[:, 1:] > 1.1 * wage).all())


def excess(g, q, x):
    """Log of demand over supply, for labour and capital, at masses g (N, J)."""
    k, labor, *_ = firms(x, q)
    runs = g[:, 1:]
    return np.log(
        [(runs * labor[:, 1:]).sum() / g[:, 0].sum(), (runs * k[:, 1:]).sum() / (g.sum(axis=1) @ A)]
    )


def root(function, start, target, rounds=30):
    """Newton's method in two unknowns with difference quotients; None where it does not arrive."""
    x = np.array(start)
    value = function(x)
    for _ in range(rounds):
        if np.abs(value).max() <= target:
            return x
        slopes = np.array([function(x + step) - value for step in NUDGE * np.eye(2)]).T / NUDGE
        change = np.linalg.solve(slopes, -value)
        change *= min(1.0, 0.3 / np.abs(change).max())
        for _ in range(10):  # shorter where that does not lower the largest excess
            after = function(x + change)
            if np.abs(after).max() < np.abs(value).max():
                break
            change = 0.5 * change
        else:
            return None
        x, value = x + change, after
    return None


def clear(g, q, start):
    """Logs x at which labour and capital clear at masses g (N, J)."""
    result = root(lambda x: excess(g, q, x), start, 1e-12)
    if result is not None:
        return result

    def wage(rental):
        """Labour demand falls with the wage."""
        return brentq(lambda w: excess(g, q, np.array([w, rental]))[0], -5.0, 5.0, xtol=1e-13)

    rental = brentq(lambda r: excess(g, q, np.array([wage(r), r]))[1], -8.0, 0.0, xtol=1e-13)
    return np.array([wage(rental), rental])


class Drifts(NamedTuple):
    """Speeds to the next node and to the one before, per year, (N, J) each."""

    up: np.ndarray
    down: np.ndarray


def decisions(v, income):
    """Consumption and speeds at values v by upwinding."""
    slope = np.diff(v, axis=0) / GAP
    c = 1.0 / slope
    ahead, behind = income[:-1] - c, c - income[1:]
    up, down = np.zeros_like(v), np.zeros_like(v)
    up[:-1], down[1:] = np.maximum(ahead, 0.0) / GAP, np.maximum(behind, 0.0) / GAP
    if ((up > 0) & (down > 0)).any():  # values are convex there: the better direction
        forth = np.where(up[:-1] > 0, np.log(c) + slope * ahead, -np.inf)
        back = np.where(down[1:] > 0, np.log(c) - slope * behind, -np.inf)
        better = np.concatenate([forth, np.full((1, J), -np.inf)]) >= np.concatenate(
            [np.full((1, J), -np.inf), back]
        )
        up, down = np.where(better, up, 0.0), np.where(better, 0.0, down)
    spent = income.copy()
    spent[:-1] = np.where(up[:-1] > 0, c, spent[:-1])
    spent[1:] = np.where(down[1:] > 0, c, spent[1:])
    return spent, Drifts(up, down)


def bands(drifts, discount, transposed=False):
    """The matrix discount - generator (or its transpose) in SciPy's banded form, states ordered (n, j)."""
    out = np.zeros((2 * J + 1, N, J))
    up, down = drifts
    out[J] = discount + up + down - np.diag(SWITCHING)
    for i in range(J):
        for j in range(J):
            if i != j:  # row i, column j of each node
                out[J + i - j, :, j] -= SWITCHING[j, i] if transposed else SWITCHING[i, j]
    if transposed:
        out[0, 1:] -= down[1:]
        out[2 * J, :-1] -= up[:-1]
    else:
        out[0, 1:] -= up[:-1]
        out[2 * J, :-1] -= down[1:]
    return out.reshape(2 * J + 1, N * J)


def values(later, income, dt, guess):
    """Values a step earlier, and the speeds of the step: Newton on (rho + 1/dt) v = later/dt + u(c) + G v.

    It ends when a round no longer changes values beyond rounding, or no longer less than the one before.
    """
    v, last = guess, np.inf
    for _ in range(200):
        c, drifts = decisions(v, income)
        matrix, right = bands(drifts, RHO + 1.0 / dt), np.log(c) + later / dt
        new = solve_banded((J, J), matrix, right.reshape(-1), check_finite=False).reshape(N, J)
        change = float(np.abs(new - v).max())
        v = new
        if change < 1e-12 or (change < 1e-9 and change >= 0.5 * last):
            return v, drifts
        last = change
    raise AssertionError("the oracle's values did not converge")


def onwards(g, drifts, dt):
    """Masses a step later."""
    matrix = bands(drifts, 1.0 / dt, transposed=True)
    return solve_banded((J, J), matrix, g.reshape(-1) / dt, check_finite=False).reshape(N, J)


def at_rest(x, q, guess):
    """Values and masses of a stationary economy at prices x."""
    v, drifts = values(0.0, incomes(x, q), 1e15, guess)
    g = np.ones((N, J)) / (N * J)
    for _ in range(3):  # implicit steps of a billion years
        g = onwards(g, drifts, 1e9)
        g = g / g.sum()
    return v, g


def rest(q, start):
    """Prices, values and masses of the stationary state."""
    v = np.log(incomes(np.asarray(start), q)) / RHO

    def left(x):
        nonlocal v
        v, g = at_rest(x, q, v)
        return excess(g, q, x)

    x = root(left, start, 1e-10)
    assert x is not None, "the oracle's stationary state did not converge"
    return (x, *at_rest(x, q, v))


def interest(x):
    """Log wage and interest (..., 2) from logs of the wage and of interest plus depreciation."""
    return np.stack([x[..., 0], np.exp(x[..., 1]) - DELTA], axis=-1)


class Path(NamedTuple):
    """What holds at dates: logs of the wage and of interest plus depreciation (T, 2), and output (T,)."""

    x: np.ndarray
    output: np.ndarray


def euler(edges, g0, v_end, guess, target=1e-8):
    """The path on steps between `edges` (T + 1,), from masses g0 to values v_end, dated at the ends of
    steps.
    """
    q, lengths = productivity(edges[1:]), np.diff(edges)
    kept = np.tile(v_end, (lengths.size, 1, 1))

    def clearing(x):
        """Prices that clear at the masses that follow from foreseen prices."""
        v, steps = v_end, [None] * lengths.size
        for k in reversed(range(lengths.size)):
            v, steps[k] = values(v, incomes(x[k], q[k]), lengths[k], kept[k])
            kept[k] = v
        g, result, output = g0, np.empty_like(x), np.empty(lengths.size)
        for k in range(lengths.size):
            g = onwards(g, steps[k], lengths[k])
            result[k] = clear(g, q[k], x[k])
            output[k] = (g * firms(result[k], q[k])[2])[:, 1:].sum()
        return Path(result, output)

    x = np.array(guess)
    tried, gaps = [], []
    for _ in range(80):  # Anderson's mixing of the last few rounds
        result = clearing(x)
        tried.append(x)
        gaps.append(result.x - x)
        if np.abs(gaps[-1]).max() < target:
            assert all(nobody_on_the_brink(x, q) for x, q in zip(result.x, q, strict=True))
            return result
        x = x + 0.5 * gaps[-1]
        if len(gaps) > 1:
            last = slice(-7, None)
            dg = np.diff([gap.reshape(-1) for gap in gaps[last]], axis=0).T
            dx = np.diff([old.reshape(-1) for old in tried[last]], axis=0).T
            weights = np.linalg.lstsq(dg, gaps[-1].reshape(-1), rcond=1e-8)[0]
            x = x - ((dx + 0.5 * dg) @ weights).reshape(x.shape)
    raise AssertionError("the oracle's path did not converge")


def halved(edges):
    """The same steps, each cut into two."""
    return np.sort(np.concatenate([edges, 0.5 * (edges[1:] + edges[:-1])]))


def between(dates, edges, x, start):
    """Prices (T, 2) dated at the ends of steps, at other dates."""
    return np.stack(
        [np.interp(dates, edges, np.concatenate([s, y])) for s, y in zip(start, x.T, strict=True)], axis=-1
    )


class Limit(NamedTuple):
    """The path in the limit of small steps, with what the last refinement changed in it."""

    prices: np.ndarray  # (T, 2) log wage and interest
    log_output: np.ndarray  # (T,)
    error: float


def limit(edges, g0, v_end, after):
    """The path in the middle of each step between `edges`, from masses g0 to values v_end at its last edge.

    Steps are cut into 2, 4 and 8; of first order in them, the three make two values of second order and one
    of third.
    """
    result, guess = [], np.tile(after, (2 * edges.size - 2, 1))
    grid = edges
    for _ in range(3):
        finer = halved(grid)
        if result:
            guess = between(finer[1:], grid, result[-1].x, (result[-1].x[:1, 0], result[-1].x[:1, 1]))
        result.append(euler(finer, g0, v_end, guess))
        grid = finer
    middles = []
    for n, path in enumerate(result):
        stride = 2 ** (n + 1)
        at = slice(stride // 2 - 1, None, stride)  # the step that ends in the middle of a step between edges
        middles.append(np.column_stack([interest(path.x[at]), np.log(path.output[at])]))
    coarse, fine = 2 * middles[1] - middles[0], 2 * middles[2] - middles[1]
    best = (4 * fine - coarse) / 3
    return Limit(best[:, :2], best[:, 2], float(np.abs(best - fine).max()))
