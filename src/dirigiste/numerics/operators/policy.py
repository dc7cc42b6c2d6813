"""Policy functions on the wealth grid, and the residual of the HJB equation (docs/method.md, section 4).

    R := rho V - Q V - jumps(V);    R = max_c u(c e^m) + V_a (income - c)                                 (9)

**Scheme.** Between two nodes the slope p = (V[n+1] - V[n])/gap gives consumption c(p) from u_c = p. An owner
at node n who saves uses the cell to the right, one who runs down the cell to the left, else consumption is
income. R and income are weighted over the two ends of the cell, theta at the node and 1 - theta at the other:

    theta R[n] + (1-theta) R[n+1] = u(c) + (theta inc[n] + (1-theta) inc[n+1] - c) p                      (11)
    theta = 1/(1 - e^-x) - 1/x,   x = L gap/drift

with L the fastest rate at which anything happens to the owner and the drift the slower of the two ends. This
is exponential fitting (Il'in 1969; Scharfetter and Gummel 1969): second order where an owner crosses the cell
fast, and the off-diagonals of the operator keep their sign. `upwind` sets theta = 1.

In the row of those who save at the first node theta is 1. Where the drift is slow the residual of a fitted
row falls as the value of its own node rises: theta falls from 1 as the drift rises, which lowers the residual
by more than lower consumption raises it. The equation then has two solutions, staying and saving fast, and at
the lower bound, where many owners stay, all would begin to save at once as a price moves. At other nodes this
moves owners by one cell, which matters little, and rows with theta = 1 would cost accuracy.

Where V is convex, as where occupation switches, both directions can be consistent: saving at the slope to the
right, and running wealth down at the slope to the left. The better one is taken; within `TIE` of each other
owners split. The second direction gains weight gradually as its drift rises to `BRINK` of consumption: at
drift 0 its row reads its own node alone and the other row a cell, so without this the residual would jump
from one row to the other where neither of them is zero.

Consumption is at most a ceiling far above income and a few times wealth a year. It binds only where being
poorer is worth more, such as for firms that are too large to be safe from enforcement.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dirigiste.numerics.compiled.elementary import exp, expm1, log
from dirigiste.numerics.compiled.programs import jit
from dirigiste.numerics.setup.arrays import FITTED_AT_BOUND, UPWIND, Arrays
from dirigiste.numerics.setup.preferences import LEAST_CONSUMPTION, utility

Array = NDArray[np.float64]

TIE = 1e-5
"""Owners at a threshold of saving split where the two directions are within about this, in logs of
consumption a year."""

BRINK = 1e-2
"""Drift over consumption below which the second direction, where both are consistent, counts in part only."""

OWN_VALUE = 1e-2
"""Residuals are measured in units of u_c c, or of this times (1-sigma) rho V where that is more: for owners
whose value depends on possible jumps and hardly on consumption now."""

SHORT = 1e-3
"""Years: where owners leave a node sooner than that, a residual acts for so short a time that its unit is
larger in proportion. Rounding errors of values, over a small gap and times a fast drift, stay below it."""


class Policy(NamedTuple):
    """Decisions at every node, (N, S, J) each, and the rows of the operators that follow from them.

    A row reads R with weight `ahead` at the next node, `behind` at the node before and the rest at its own
    (M in docs/method.md). `speed_right` and `speed_left` are drift over gap, per year, non-negative (D).
    `tangent_*` are the speeds of the derivative of the residual (drift, and what it does to theta).
    """

    ahead: Array
    behind: Array
    speed_right: Array
    speed_left: Array
    tangent_right: Array
    tangent_left: Array
    right: Array
    """Share of owners who save (use the cell to the right)."""
    left: Array
    """Share of owners who run wealth down."""
    consumption: Array
    residual: Array
    """Of equation (11), in utility a year."""
    scale: Array
    """The unit of `residual`: u_c c, or more (`OWN_VALUE`)."""


LANES = 264
"""States of a node that are decided on together. Rows of a block are this far apart, however many states
there are, so that compiled loops need not check at every node whether rows overlap. Not a power of two: rows
would share the same places of the cache.
"""

ROWS = 33

(
    AMENITY, WEIGHT, BOUND, PER_BOUND, SLOPE, C, FELICITY, STEEP,
    THETA_R, DRIFT_R, RES_R, BY_R, TURN_R,
    THETA_L, DRIFT_L, RES_L, BY_L, TURN_L,
    C_BEFORE, STEEP_BEFORE, THETA_BEFORE, DRIFT_BEFORE, RES_BEFORE, BY_BEFORE, TURN_BEFORE,
    SHARE_R, SHARE_L, CHOSEN, RESIDUAL, SCALE, MORE_R, MORE_L, WORST,
) = range(0, ROWS * LANES, LANES)  # fmt: skip
"""Rows of a block. By state: amenity of the status, exp((1-sigma) amenity), the fastest rate and its inverse.
Of the cell to the right: slope, consumption, utility, derivative of consumption in the slope; for the rows
that use it from its left end (R) and its right end (L) theta, drift, residual, and the derivatives in the
slope of residual (BY) and drift (TURN). `BEFORE`: the same of the cell to the left, for the row that uses it
from its right end. Of the node: shares of owners who save and who run wealth down, consumption, residual and
its unit, what the derivative has in addition where both directions are consistent, and the largest residual
so far.
"""


@jit
def _fill_slopes(
    sigma: float,
    shift: float,
    per_gap: float,
    ceiling: float,
    v: Array,
    n: int,
    first: int,
    size: int,
    x: Array,
) -> None:
    """Slope, consumption and utility in the cell to the right of node n, for `size` states from `first` on.

    Consumption is at most `ceiling`. Unsigned indices never count from the end, so loops over them vectorise.
    """
    up = min(n + 1, v.shape[0] - 1)
    if sigma == 1.0:
        floor = 1.0 / ceiling
        for b in range(size):
            at = np.uint64(first + b)
            p = (v[up, at] - v[n, at]) * per_gap
            q = max(p, floor)
            c = 1.0 / q
            x[SLOPE + b] = p
            x[C + b] = c
            x[FELICITY + b] = x[AMENITY + b] - log(q)
            x[STEEP + b] = 0.0 if p < floor else -c * c
        return
    power, per_sigma, rest = ceiling ** (-sigma), 1.0 / sigma, 1.0 - sigma
    for b in range(size):
        at = np.uint64(first + b)
        floor = x[WEIGHT + b] * power
        p = (v[up, at] - v[n, at]) * per_gap
        q = max(p, floor)
        c = exp((rest * x[AMENITY + b] - log(q)) * per_sigma)
        x[SLOPE + b] = p
        x[C + b] = c
        x[FELICITY + b] = q * c / rest
        x[STEEP + b] = 0.0 if p < floor else -c * per_sigma / q
    if shift != 0.0:
        for b in range(size):
            log_c = (rest * x[AMENITY + b] - log(max(x[SLOPE + b], x[WEIGHT + b] * power))) * per_sigma
            x[FELICITY + b] = expm1(rest * (log_c + x[AMENITY + b])) / rest


@jit
def _fill_rows(
    fitted: bool,
    saving: bool,
    gap: float,
    per_gap: float,
    inc: Array,
    r: Array,
    n: int,
    first: int,
    size: int,
    x: Array,
) -> None:
    """Both rows that may use the cell to the right of node n, equation (11), with theta `fitted` or 1; the
    row of those who save is fitted only with `saving`.
    """
    up = min(n + 1, inc.shape[0] - 1)
    for b in range(size):
        at = np.uint64(first + b)
        i0, i1, r0, r1 = inc[n, at], inc[up, at], r[n, at], r[up, at]
        c, p, h, by_c = x[C + b], x[SLOPE + b], x[FELICITY + b], x[STEEP + b]
        cross, per_cross = x[BOUND + b] * gap, x[PER_BOUND + b] * per_gap
        forth = min(i0, i1) - c
        back = c - max(i0, i1)
        ahead = forth > back
        moving = forth if ahead else back
        moves = (moving > 1e-13 * cross) & fitted
        speed = moving if moves else 1.0
        y = min(cross / speed, 1e12)
        one_over = max(speed * per_cross, 1e-12)
        e = exp(-y)
        less = 1.0 / (1.0 - min(e, 0.9999))
        small = y < 1e-2
        theta = 0.5 + y / 12.0 if small else less - one_over
        bend = 1.0 / 12.0 if small else one_over * one_over - e * less * less
        by = bend * y * y * per_cross * by_c  # d theta/dp: y falls with the drift, which rises with the slope
        theta_r = theta if moves & ahead & saving else 1.0
        theta_l = 1.0 if ahead else (theta if moves else 1.0)
        by_r = by if moves & ahead & saving else 0.0
        by_l = 0.0 if ahead else (-by if moves else 0.0)
        d_inc, d_r = i0 - i1, r0 - r1
        drift_r = i1 + theta_r * d_inc - c
        drift_l = i0 - theta_l * d_inc - c
        x[THETA_R + b] = theta_r
        x[THETA_L + b] = theta_l
        x[DRIFT_R + b] = drift_r
        x[DRIFT_L + b] = drift_l
        x[RES_R + b] = r1 + theta_r * d_r - h - drift_r * p
        x[RES_L + b] = r0 - theta_l * d_r - h - drift_l * p
        x[BY_R + b] = by_r * (d_r - p * d_inc) - drift_r
        x[BY_L + b] = by_l * (p * d_inc - d_r) - drift_l
        x[TURN_R + b] = by_r * d_inc - by_c
        x[TURN_L + b] = -by_l * d_inc - by_c


@jit
def _near(drift: float, c: float, drift_by: float, c_by: float) -> tuple[float, float]:
    """Drift over `BRINK` of consumption, limited to 1e-9 ... 1, and its derivative."""
    x = drift / (BRINK * c)
    if 1e-9 < x < 1.0:
        return x, (drift_by - drift * c_by / c) / (BRINK * c)
    return min(max(x, 1e-9), 1.0), 0.0


@jit
def _split(
    res_r: float, res_l: float, near_r: float, near_l: float, tie: float
) -> tuple[float, float, float, float]:
    """Where both directions are consistent: the share of owners who save, the residual of the mixed row, and
    what the growing weight of the second direction adds to the derivative (factors of the derivatives of
    `near_r` and `near_l`).
    """
    second = near_r < near_l
    part = near_r / near_l if second else near_l / near_r
    lead = (res_l - res_r) / tie
    tail = math.exp(-abs(lead))
    better = (1.0 if lead >= 0.0 else tail) / (1.0 + tail)
    share = part * better if second else 1.0 - part + part * better
    either = min(res_r, res_l) - tie * math.log1p(tail)
    first = res_l if second else res_r
    residual = first + part * (either - first)
    more_r = (first - either) / near_l if second else 0.0
    more_l = 0.0 if second else (either - first) / near_r
    return share, residual, more_r, more_l


@jit
def _choose(inc: Array, n: int, first: int, size: int, x: Array) -> int:
    """Directions, consumption and residual at node n; returns the count of states for which both directions
    are consistent, or neither.
    """
    rare = 0
    for b in range(size):
        stays = max(inc[n, np.uint64(first + b)], LEAST_CONSUMPTION)
        c_r, c_l, res_r, res_l = x[C + b], x[C_BEFORE + b], x[RES_R + b], x[RES_BEFORE + b]
        serves_r = 1.0 if x[DRIFT_R + b] > 0.0 else 0.0
        serves_l = 1.0 if x[DRIFT_BEFORE + b] < 0.0 else 0.0
        c = c_l if serves_l > 0.0 else stays
        x[SHARE_R + b] = serves_r
        x[SHARE_L + b] = serves_l * (1.0 - serves_r)
        x[CHOSEN + b] = c_r if serves_r > 0.0 else c
        x[RESIDUAL + b] = res_r if serves_r > 0.0 else res_l
        x[MORE_R + b] = 0.0
        x[MORE_L + b] = 0.0
        rare += 1 if serves_r == serves_l else 0
    return rare


@jit
def _fill_scale(
    sigma: float, shift: float, rho: float, v: Array, n: int, first: int, size: int, x: Array
) -> None:
    """The unit of residuals at node n; 1 for log utility."""
    if sigma == 1.0:
        return
    least = OWN_VALUE * abs(1.0 - sigma) * rho
    for b in range(size):
        marginal = x[WEIGHT + b] * exp((1.0 - sigma) * log(x[CHOSEN + b]))
        x[SCALE + b] = max(marginal, least * abs(v[n, np.uint64(first + b)] + shift))


@jit
def _allow_for_haste(size: int, per_gap: float, per_before: float, x: Array) -> None:
    """Enlarge the unit of residuals where owners leave a node within less than `SHORT`."""
    for b in range(size):
        right, left = x[SHARE_R + b] * x[DRIFT_R + b], x[SHARE_L + b] * x[DRIFT_BEFORE + b]
        x[SCALE + b] *= max(1.0, SHORT * (right * per_gap - left * per_before))


@jit
def _settle_rare(
    sigma: float,
    shift: float,
    r: Array,
    n: int,
    first: int,
    size: int,
    per_gap: float,
    per_before: float,
    x: Array,
) -> None:
    """States at node n for which neither direction is consistent, so that they stay, and those for which both
    are.
    """
    for b in range(size):
        serves_r, serves_l = x[DRIFT_R + b] > 0.0, x[DRIFT_BEFORE + b] < 0.0
        if serves_r != serves_l:
            continue
        if not serves_r:
            x[RESIDUAL + b] = r[n, first + b] - utility(x[CHOSEN + b], sigma, x[AMENITY + b], shift)
            continue
        c_r, c_l, drift_r, drift_l = x[C + b], x[C_BEFORE + b], x[DRIFT_R + b], x[DRIFT_BEFORE + b]
        near_r, by_near_r = _near(drift_r, c_r, x[TURN_R + b], x[STEEP + b])
        near_l, by_near_l = _near(-drift_l, c_l, -x[TURN_BEFORE + b], x[STEEP_BEFORE + b])
        share, mixed, more_r, more_l = _split(
            x[RES_R + b], x[RES_BEFORE + b], near_r, near_l, TIE * x[SCALE + b]
        )
        x[SHARE_R + b], x[SHARE_L + b] = share, 1.0 - share
        x[RESIDUAL + b] = mixed
        x[CHOSEN + b] = share * c_r + (1.0 - share) * c_l
        x[MORE_R + b] = more_r * by_near_r * per_gap
        x[MORE_L + b] = more_l * by_near_l * per_before


@jit
def _note_worst(size: int, x: Array) -> None:
    """Update the largest residual of each state; nan is kept."""
    for b in range(size):
        off, worst = abs(x[RESIDUAL + b]) / x[SCALE + b], x[WORST + b]
        x[WORST + b] = worst if (off <= worst) | (worst != worst) else off


@jit
def _move_on(size: int, x: Array) -> None:
    """The cell to the right becomes the one to the left, of the next node."""
    for b in range(size):
        x[C_BEFORE + b] = x[C + b]
        x[STEEP_BEFORE + b] = x[STEEP + b]
        x[THETA_BEFORE + b] = x[THETA_L + b]
        x[DRIFT_BEFORE + b] = x[DRIFT_L + b]
        x[RES_BEFORE + b] = x[RES_L + b]
        x[BY_BEFORE + b] = x[BY_L + b]
        x[TURN_BEFORE + b] = x[TURN_L + b]


@jit
def _largest(rows: Array, out: Array) -> None:
    """Largest absolute number (N,) of each of the rows (N, B), from four partial maxima
    (`generator.weighted`).
    """
    N, B = rows.shape
    whole = B - B % 4
    for n in range(N):
        a = b = c = d = 0.0
        for i in range(0, whole, 4):
            a, b = max(a, abs(rows[n, i])), max(b, abs(rows[n, i + 1]))
            c, d = max(c, abs(rows[n, i + 2])), max(d, abs(rows[n, i + 3]))
        for i in range(whole, B):
            a = max(a, abs(rows[n, i]))
        out[n] = max(max(a, b), max(c, d))


@jit
def decide(
    m: Arrays,
    fastest: Array,
    v: Array,
    inc: Array,
    r: Array,
    ahead: Array,
    behind: Array,
    speed_right: Array,
    speed_left: Array,
    tangent_right: Array,
    tangent_left: Array,
    right: Array,
    left: Array,
    consumption: Array,
    residual: Array,
    scale: Array,
) -> float:
    """Policy of every node at values v, incomes and R (N, B), B states a node; the largest residual, in logs
    of consumption a year.

    `fastest` (B,) bounds the rates at which anything happens to an owner. `right`, `left` and `scale` may
    have one row for all nodes, if nobody reads them. Equation (11).
    """
    N, B = v.shape
    J = m.ability.size
    sigma, shift, rho = m.scalars[0].sigma, m.scalars[0].shift, m.scalars[0].rho
    fitted, at_bound = m.scalars[0].scheme != UPWIND, m.scalars[0].scheme == FITTED_AT_BOUND
    x, most = np.empty(ROWS * LANES), np.empty(N)
    _largest(inc, most)
    worst = 0.0
    for first in range(0, B, LANES):
        size = min(LANES, B - first)
        x[:] = 0.0
        for b in range(size):
            x[AMENITY + b] = m.status[(first + b) // J].amenity
            x[WEIGHT + b] = math.exp((1.0 - sigma) * x[AMENITY + b])
            x[BOUND + b] = fastest[first + b]
            x[PER_BOUND + b] = 1.0 / fastest[first + b]
            x[SCALE + b] = 1.0
        per_gap = 1.0
        for n in range(N):
            # at the last node a cell from it to itself, in which nobody saves, takes the place of the next
            up, per_before = min(n + 1, N - 1), per_gap
            gap = m.wealth[up] - m.wealth[n] if n < N - 1 else 1.0
            per_gap = 1.0 / gap
            ceiling = 3.0 * (m.wealth[up] + m.wealth[n]) + 10.0 * most[up]
            _fill_slopes(sigma, shift, per_gap, ceiling, v, n, first, size, x)
            _fill_rows(fitted, n > 0 or at_bound, gap, per_gap, inc, r, n, first, size, x)
            rare = _choose(inc, n, first, size, x)
            _fill_scale(sigma, shift, rho, v, n, first, size, x)
            if rare > 0:
                _settle_rare(sigma, shift, r, n, first, size, per_gap, per_before, x)
            if sigma != 1.0:
                _allow_for_haste(size, per_gap, per_before, x)
            k, unit = n % right.shape[0], n % scale.shape[0]
            for b in range(size):
                share_r, share_l, at = x[SHARE_R + b], x[SHARE_L + b], np.uint64(first + b)
                ahead[n, at] = share_r * (1.0 - x[THETA_R + b])
                behind[n, at] = share_l * (1.0 - x[THETA_BEFORE + b])
                speed_right[n, at] = share_r * x[DRIFT_R + b] * per_gap
                speed_left[n, at] = -share_l * x[DRIFT_BEFORE + b] * per_before
                tangent_right[n, at] = x[MORE_R + b] - share_r * x[BY_R + b] * per_gap
                tangent_left[n, at] = x[MORE_L + b] + share_l * x[BY_BEFORE + b] * per_before
                consumption[n, at] = x[CHOSEN + b]
                residual[n, at] = x[RESIDUAL + b]
                right[k, at] = share_r
                left[k, at] = share_l
                scale[unit, at] = x[SCALE + b]
            _note_worst(size, x)
            _move_on(size, x)
        for b in range(size):
            off = x[WORST + b]
            worst = worst if (off <= worst) | (worst != worst) else off
    return worst
