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

An owner whom both directions serve (V is convex where occupation switches) takes the better; within `TIE` of
each other they split. The second one comes in gradually, as its drift rises to `BRINK` of consumption: at 0
its row reads its own node alone, the other row a cell, and without this the residual would jump from one to
the other where neither of them is zero.

Consumption is at most a ceiling far above income and a few times wealth a year. It binds only where being
poorer is worth more, such as for firms that are too large to be safe from enforcement.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dirigiste.numerics.arrays import Arrays
from dirigiste.numerics.elementary import exp, log
from dirigiste.numerics.preferences import LEAST_CONSUMPTION
from dirigiste.numerics.programs import jit

Array = NDArray[np.float64]

TIE = 1e-5
"""Owners at a threshold of saving split where the two directions are within about this, in logs of
consumption a year."""

BRINK = 1e-2
"""Drift over consumption below which the second of two directions that serve is held back."""

OWN_VALUE = 1e-2
"""Residuals are measured in units of u_c c, or of this times (1-sigma) rho V where that is more: owners whose
value hangs on what may happen to them and hardly on what they consume now."""


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


CELL = 11
"""Rows of the buffer of a cell."""

C, THETA_R, THETA_L, DRIFT_R, DRIFT_L, RES_R, RES_L, BY_R, BY_L, SLOPE_R, SLOPE_L = range(CELL)
"""Consumption; for the rows of either direction theta, drift, residual, its derivative in the slope, and that
of the drift."""


@jit
def fill_cell(
    sigma: float,
    shift: float,
    upwind: int,
    width: float,
    bound: Array,
    amenity: Array,
    floor: Array,
    v0: Array,
    v1: Array,
    inc0: Array,
    inc1: Array,
    r0: Array,
    r1: Array,
    x: Array,
) -> None:
    """Both rows that may use a cell: x (CELL, B), for values, incomes and R (B,) at its two ends.

    `bound` is the fastest rate (B,), `floor` the slope u_c at consumption `ceiling`.
    """
    B = v0.size
    slope, felicity, steep = x[SLOPE_R], x[SLOPE_L], x[BY_R]
    if sigma == 1.0:
        for b in range(B):
            p = (v1[b] - v0[b]) / width
            q = max(p, floor[b])
            c = 1.0 / q
            slope[b] = p
            x[C, b] = c
            felicity[b] = amenity[b] - log(q)
            steep[b] = 0.0 if p < floor[b] else -c / q
    else:
        for b in range(B):
            p = (v1[b] - v0[b]) / width
            q = max(p, floor[b])
            log_c = ((1.0 - sigma) * amenity[b] - log(q)) / sigma
            c = exp(log_c)
            slope[b] = p
            x[C, b] = c
            steep[b] = 0.0 if p < floor[b] else -c / (sigma * q)
            felicity[b] = q * c / (1.0 - sigma)
        if shift != 0.0:
            for b in range(B):
                log_c = ((1.0 - sigma) * amenity[b] - log(max(slope[b], floor[b]))) / sigma
                felicity[b] = math.expm1((1.0 - sigma) * (log_c + amenity[b])) / (1.0 - sigma)
    fitted = upwind == 0
    for b in range(B):
        c, p, h, by_c = x[C, b], slope[b], felicity[b], steep[b]
        i0, i1 = inc0[b], inc1[b]
        forth = min(i0, i1) - c
        back = c - max(i0, i1)
        ahead = forth > back
        moving = forth if ahead else back
        least = 1e-13 * bound[b] * width
        moves = (moving > least) & fitted
        speed = moving if moves else 1.0
        y = min(bound[b] * width / speed, 1e12)
        one_over = 1.0 / y
        e = exp(-y)
        less = 1.0 / (1.0 - min(e, 0.9999))
        small = y < 1e-2
        theta = 0.5 + y / 12.0 if small else less - one_over
        bend = 1.0 / 12.0 if small else one_over * one_over - e * less * less
        by = bend * y / speed * by_c  # d theta/dp: x falls with the drift, the drift rises with the slope
        theta_r = theta if moves & ahead else 1.0
        theta_l = 1.0 if ahead else (theta if moves else 1.0)
        by_r = by if moves & ahead else 0.0
        by_l = 0.0 if ahead else (-by if moves else 0.0)
        d_inc, d_r = i0 - i1, r0[b] - r1[b]
        drift_r = i1 + theta_r * d_inc - c
        drift_l = i0 - theta_l * d_inc - c
        x[THETA_R, b] = theta_r
        x[THETA_L, b] = theta_l
        x[DRIFT_R, b] = drift_r
        x[DRIFT_L, b] = drift_l
        x[RES_R, b] = r1[b] + theta_r * d_r - h - drift_r * p
        x[RES_L, b] = r0[b] - theta_l * d_r - h - drift_l * p
        x[BY_R, b] = by_r * (d_r - p * d_inc) - drift_r
        x[BY_L, b] = by_l * (p * d_inc - d_r) - drift_l
        x[SLOPE_R, b] = by_r * d_inc - by_c
        x[SLOPE_L, b] = -by_l * d_inc - by_c


@jit
def _near(drift: float, c: float, drift_by: float, c_by: float) -> tuple[float, float]:
    """Drift over `BRINK` of consumption, between almost 0 and 1, and its derivative."""
    x = drift / (BRINK * c)
    if 1e-9 < x < 1.0:
        return x, (drift_by - drift * c_by / c) / (BRINK * c)
    return min(max(x, 1e-9), 1.0), 0.0


@jit
def _split(
    res_r: float, res_l: float, near_r: float, near_l: float, tie: float
) -> tuple[float, float, float, float]:
    """Share of owners who save where both directions serve, residual of the mixed row, and what the gradual
    coming in of the second direction adds to the derivative: factors of the derivatives of `near_r`,
    `near_l`.
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

    `fastest` (B,) bounds the rates at which anything happens to an owner. Equation (11).
    """
    N, B = v.shape
    J = m.ability.size
    sigma, shift, upwind = m.scalars[0].sigma, m.scalars[0].shift, m.scalars[0].upwind
    amenity, weight = np.empty(B), np.empty(B)
    for b in range(B):
        amenity[b] = m.status[b // J].amenity
        weight[b] = math.exp((1.0 - sigma) * amenity[b])
    floor = np.empty(B)
    cells = np.empty((2, CELL, B))
    worst = 0.0
    least_scale = OWN_VALUE * abs(1.0 - sigma) * m.scalars[0].rho
    for n in range(N):
        here, before = cells[n % 2], cells[(n + 1) % 2]
        gap = gap_before = 1.0
        if n > 0:
            gap_before = m.wealth[n] - m.wealth[n - 1]
        if n < N - 1:
            gap = m.wealth[n + 1] - m.wealth[n]
            most = 0.0
            for b in range(B):
                most = max(most, abs(inc[n + 1, b]))
            ceiling = 3.0 * (m.wealth[n + 1] + m.wealth[n]) + 10.0 * most
            if sigma == 1.0:
                for b in range(B):
                    floor[b] = 1.0 / ceiling
            else:
                power = ceiling ** (-sigma)
                for b in range(B):
                    floor[b] = weight[b] * power
            fill_cell(
                sigma, shift, upwind, gap, fastest, amenity, floor,
                v[n], v[n + 1], inc[n], inc[n + 1], r[n], r[n + 1], here,
            )  # fmt: skip
        first, last = n == 0, n == N - 1
        for b in range(B):
            d_r = 0.0 if last else here[DRIFT_R, b]
            d_l = 0.0 if first else before[DRIFT_L, b]
            can_r, can_l = d_r > 0.0, d_l < 0.0
            res_r, res_l = here[RES_R, b], before[RES_L, b]
            share_r = 1.0 if can_r else 0.0
            share_l = 1.0 if can_l and not can_r else 0.0
            stays = max(inc[n, b], LEAST_CONSUMPTION)
            c = here[C, b] if can_r else (before[C, b] if can_l else stays)
            right[n, b], left[n, b] = share_r, share_l
            consumption[n, b] = c
            residual[n, b] = res_r if can_r else res_l
            tangent_right[n, b] = 0.0
            tangent_left[n, b] = 0.0
        if sigma == 1.0:
            for b in range(B):
                scale[n, b] = 1.0
        else:
            for b in range(B):
                marginal = weight[b] * exp((1.0 - sigma) * log(consumption[n, b]))
                scale[n, b] = max(marginal, least_scale * abs(v[n, b] + shift))
        for b in range(B):  # those whom both directions serve, and those who stay
            if right[n, b] + left[n, b] == 0.0:
                if sigma == 1.0:
                    h = math.log(consumption[n, b]) + amenity[b]
                elif shift == 0.0:
                    h = scale[n, b] / (1.0 - sigma)
                else:
                    h = math.expm1((1.0 - sigma) * (math.log(consumption[n, b]) + amenity[b])) / (1.0 - sigma)
                residual[n, b] = r[n, b] - h
            elif (not first) and (not last) and right[n, b] == 1.0 and before[DRIFT_L, b] < 0.0:
                c_r, c_l = here[C, b], before[C, b]
                by_c_r = -c_r / (sigma * max((v[n + 1, b] - v[n, b]) / gap, floor[b]))
                by_c_l = -c_l / (sigma * max((v[n, b] - v[n - 1, b]) / gap_before, floor[b]))
                near_r, by_near_r = _near(here[DRIFT_R, b], c_r, here[SLOPE_R, b], by_c_r)
                near_l, by_near_l = _near(-before[DRIFT_L, b], c_l, -before[SLOPE_L, b], by_c_l)
                share, mixed, more_r, more_l = _split(
                    here[RES_R, b], before[RES_L, b], near_r, near_l, TIE * scale[n, b]
                )
                right[n, b], left[n, b] = share, 1.0 - share
                residual[n, b] = mixed
                consumption[n, b] = share * here[C, b] + (1.0 - share) * before[C, b]
                tangent_right[n, b] = more_r * by_near_r / gap
                tangent_left[n, b] = more_l * by_near_l / gap_before
        for b in range(B):
            share_r, share_l = right[n, b], left[n, b]
            ahead[n, b] = 0.0 if last else share_r * (1.0 - here[THETA_R, b])
            behind[n, b] = 0.0 if first else share_l * (1.0 - before[THETA_L, b])
            speed_right[n, b] = 0.0 if last else share_r * here[DRIFT_R, b] / gap
            speed_left[n, b] = 0.0 if first else -share_l * before[DRIFT_L, b] / gap_before
            tangent_right[n, b] += 0.0 if last else -share_r * here[BY_R, b] / gap
            tangent_left[n, b] += 0.0 if first else share_l * before[BY_L, b] / gap_before
        for b in range(B):
            worst = max(worst, abs(residual[n, b]) / scale[n, b])
    return worst
