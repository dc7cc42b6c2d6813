"""The distribution: the Kolmogorov forward equation as the exact transpose of the generator
(docs/method.md, section 4).

In the notation of `policy`, values move by `M^-1 D + Q` (rows read R through M, drift through D). With the
node masses `g = M' f`, the stationary distribution solves

    D' f + Q' M' f = 0,                                                                                   (10)

`f` being the mass that acts by each row. Rows of D and Q sum to 0 and those of M to 1, so mass is kept to
rounding; D applied to wealth is the drift of the rows and the lotteries keep mean wealth, so wealth is kept
too, and with it Walras' law. Actual rates, not perceived ones, move people; those who go abroad are replaced
by newborns.

The system is singular (one null vector for each closed class of states). It is solved by defect correction
with a shifted operator, which keeps the mass that each class has at the start, and then scaled to the masses
of the classes. **Stopping rule:** the sum over states of |inflow - outflow|, per year, is at most the
tolerance.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dirigiste.numerics import effort
from dirigiste.numerics.operators import blocks, direct, hjb, linear
from dirigiste.numerics.operators.hjb import MISSED
from dirigiste.numerics.operators.linear import Operator
from dirigiste.numerics.operators.policy import Policy
from dirigiste.numerics.setup.arrays import Arrays

Array = NDArray[np.float64]

SHIFT = 1e-9
"""Added to the singular operator, per year: far below any rate at which an economy forgets where it
started."""

ENOUGH, ROUGH, LEAST = 0.1, 1e-2, 1e-10
"""Corrections are solved to this times the factor by which the residual has yet to fall, between `LEAST` and
`ROUGH`."""

NEGATIVE = 1e-9
"""Sum of negative masses above which the distribution is computed again by sparse elimination."""


def prepare(m: Arrays, d: Policy, flow: Array, discount: float = SHIFT) -> Operator:
    """The operator of masses with `discount` a year: `SHIFT` for the stationary one, 1/dt for an implicit
    step of dt years.
    """
    return hjb.operator(m, d, flow, flow, discount, tangent=False)


def forward(m: Arrays, d: Policy, flow: Array, f: Array) -> Array:
    """d(node masses)/dt of row masses f: D' f + Q' M' f, (N, S, J) per year."""
    out = np.empty_like(f)
    linear.apply_transposed(m, prepare(m, d, flow, 0.0), True, f, out)
    return -out


def node_masses(d: Policy, f: Array) -> Array:
    """G = M' f, the distribution over nodes."""
    g = np.empty_like(f)
    linear.node_masses(d.ahead, d.behind, f, g)
    return g


def forward_solve(m: Arrays, op: Operator, rhs: Array, rtol: float, steps: int = 80) -> Array:
    """Solve (discount M' - D' - Q' M') f = rhs for row masses f, by GMRES, or directly where that misses
    `rtol` by far.
    """
    coupled = blocks.factor(m, op) if blocks.serve(m) else None
    apart = blocks.without_mixing(m) if coupled else m

    masses = np.empty_like(rhs)

    def product(y: Array, f: Array, out: Array) -> None:
        f[:] = 0.0
        masses[:] = 0.0
        if coupled:
            effort.spend(y.size, blocks.VISITS * y.shape[2])
            blocks.sweep_transposed(apart, op, coupled, True, y, f, masses)
        else:
            linear.sweep_transposed(m, op, True, y, f, masses)
        linear.apply_transposed(m, op, True, f, out)

    solution = linear.krylov(product, rhs, rtol=rtol, steps=steps)
    if solution.residual <= MISSED * rtol or not np.isfinite(rhs).all():
        return solution.x
    return direct.solve_transposed(m, op, rhs)


def class_masses(m: Arrays, f: Array) -> Array:
    """Mass of every closed class (C,)."""
    masses = np.zeros(m.class_mass.size)
    np.add.at(masses, m.class_of, f.sum(axis=0))
    return masses


def to_class_masses(m: Arrays, f: Array) -> Array:
    """Scale f so that every closed class has its mass."""
    return f * (m.class_mass / class_masses(m, f))[m.class_of]


class Distribution(NamedTuple):
    """Row masses f and node masses g (N, S, J), the stationarity residual per year, rounds of defect
    correction.
    """

    f: Array
    g: Array
    residual: float
    rounds: int


def stationary(
    m: Arrays, d: Policy, flow: Array, start: Array, tolerance: float, rounds: int = 12
) -> Distribution:
    """The stationary distribution, from row masses `start`."""
    op = prepare(m, d, flow)
    f, residual, k = _corrected(m, d, op, start, tolerance, rounds, directly=False)
    if not np.minimum(f, 0.0).sum() > -NEGATIVE:
        f, residual, more = _corrected(m, d, op, start, tolerance, rounds, directly=True)
        k += more
    return Distribution(f, node_masses(d, f), residual, k)


def _corrected(
    m: Arrays, d: Policy, op: Operator, start: Array, tolerance: float, rounds: int, *, directly: bool
) -> tuple[Array, float, int]:
    """Row masses by defect correction from `start`, their residual, and rounds.

    Where owners at some wealth never move (on a coarse grid neither saving nor running down may pay), there
    are more closed classes than those of statuses and abilities, and the mass of each is that of the start.
    An error of a linear solve is then divided by `SHIFT` in the masses of those classes, which may become
    negative; sparse elimination (`directly`) keeps them.
    """
    error = np.empty_like(start)

    def defect(f: Array) -> float:
        linear.apply_transposed(m, op, True, f, error)
        error[...] = SHIFT * node_masses(d, f) - error
        return float(np.abs(error).sum())

    def correction(residual: float) -> Array:
        if directly:
            return direct.solve_transposed(m, op, error)
        return forward_solve(m, op, error, min(max(ENOUGH * tolerance / residual, LEAST), ROUGH))

    f = to_class_masses(m, np.maximum(start, 0.0) if directly else start)
    residual, k = defect(f), 0
    best = residual, f
    while residual > tolerance and k < rounds and np.isfinite(residual):
        f = f + correction(residual)
        f = to_class_masses(m, np.maximum(f, 0.0) if directly else f)
        residual = defect(f)
        k += 1
        if residual < best[0]:
            best = residual, f
    return best[1], best[0], k
