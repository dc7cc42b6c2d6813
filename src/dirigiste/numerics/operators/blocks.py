"""Sweeps over statuses that solve wealth and ability together: for laws that couple abilities strongly.

As `linear.sweep`, but the tridiagonal matrices along wealth have a block of all abilities at each node: with
a fine grid of abilities, or ability that is redrawn many times a year, an owner changes ability sooner than
anything else, and GMRES around sweeps by single abilities would take many steps.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dirigiste.numerics import effort
from dirigiste.numerics.compiled.programs import jit
from dirigiste.numerics.operators.generator import arrivals, inflow, leavers, newborn
from dirigiste.numerics.operators.linear import Operator, apply_weights
from dirigiste.numerics.setup.arrays import NO_MIXING, REDRAWS, SWITCHES, Arrays

Array = NDArray[np.float64]

FAST = 1.0
"""Rate a year above which drawing ability anew couples abilities strongly."""


VISITS, FACTORING = 0.3, 0.04
"""Visits of a state (`effort`) that a sweep costs for each ability coupled with it, and factors for each pair
of them."""


class Blocks(NamedTuple):
    """Factors (N, S, J, J) of the blocks along wealth, and rates of changes of ability (J, J) without the
    diagonal.
    """

    inverse: Array
    """Of the pivots."""
    upper: Array
    """Pivots' inverses times the superdiagonal blocks."""
    mixing: Array


def serve(m: Arrays) -> bool:
    """Whether abilities are coupled so strongly that blocks are worth it."""
    return bool(m.mixing == SWITCHES or (m.mixing == REDRAWS and m.redraw > FAST))


def without_mixing(m: Arrays) -> Arrays:
    """The economy with changes of ability left out of arrivals."""
    return m.replace(mixing=NO_MIXING)


def factor(m: Arrays, op: Operator) -> Blocks:
    """Factors of an operator."""
    N, S, J = op.exits.shape
    effort.spend(op.exits.size, FACTORING * J**2)
    mixing = np.ascontiguousarray(m.switching - np.diag(np.diag(m.switching)))
    blocks = Blocks(np.empty((N, S, J, J)), np.empty((N, S, J, J)), mixing)
    _factor(op, *blocks)
    return blocks


@jit
def _invert(a: Array) -> None:
    """Inverse in place (Gauss and Jordan); rows are dominated by their diagonal, so nothing is exchanged."""
    J = a.shape[0]
    for k in range(J):
        pivot = 1.0 / a[k, k]
        a[k, k] = 1.0
        for j in range(J):
            a[k, j] *= pivot
        for i in range(J):
            if i != k:
                x = a[i, k]
                a[i, k] = 0.0
                for j in range(J):
                    a[i, j] -= x * a[k, j]


@jit
def _factor(op: Operator, inverse: Array, upper: Array, mixing: Array) -> None:
    N, S, J = op.exits.shape
    mixed, block = np.empty(J), np.empty((J, J))
    for s in range(S):
        for n in range(N):
            pivot, up = inverse[n, s], upper[n, s]
            for i in range(J):
                a, b = op.ahead[n, s, i], op.behind[n, s, i]
                r, le, own = op.right[n, s, i], op.left[n, s, i], 1.0 - a - b
                for j in range(J):
                    pivot[i, j] = -own * mixing[i, j]
                    block[i, j] = -a * mixing[i, j]
                pivot[i, i] += own * op.exits[n, s, i] + r + le
                block[i, i] += a * op.exits[n + 1, s, i] - r if n < N - 1 else 0.0
                if n > 0:  # less subdiagonal block times `upper` of the node before
                    before = upper[n - 1, s]
                    low = b * op.exits[n - 1, s, i] - le
                    for j in range(J):
                        mixed[j] = low * before[i, j]
                    if b != 0.0:
                        for k in range(J):
                            x = b * mixing[i, k]
                            if x != 0.0:
                                for j in range(J):
                                    mixed[j] -= x * before[k, j]
                    for j in range(J):
                        pivot[i, j] -= mixed[j]
            _invert(pivot)
            for i in range(J):
                for j in range(J):
                    up[i, j] = 0.0
                if n < N - 1:
                    for k in range(J):
                        x = pivot[i, k]
                        for j in range(J):
                            up[i, j] += x * block[k, j]


@jit
def sweep(m: Arrays, op: Operator, blocks: Blocks, births: bool, rhs: Array, x: Array) -> None:
    """One sweep over statuses towards A x = rhs, x changed in place; m without mixing (`without_mixing`)."""
    N, S, J = x.shape
    z, y, row, mixed = np.empty((N, J)), np.empty((N, J)), np.empty(J), np.empty(J)
    for s in range(S):
        born = newborn(m, x) if births else 0.0
        arrivals(m, op.rate, born, x, s, z, row)
        for n in range(N):
            apply_weights(op.ahead, op.behind, z, n, s, row)
            for j in range(J):
                row[j] += rhs[n, s, j]
            if n > 0:
                for i in range(J):
                    total = 0.0
                    for j in range(J):
                        total += blocks.mixing[i, j] * y[n - 1, j]
                    mixed[i] = total
                for j in range(J):
                    b = op.behind[n, s, j]
                    low = b * op.exits[n - 1, s, j] - op.left[n, s, j]
                    row[j] -= low * y[n - 1, j] - b * mixed[j]
            for i in range(J):
                total = 0.0
                for j in range(J):
                    total += blocks.inverse[n, s, i, j] * row[j]
                y[n, i] = total
        for n in range(N - 1, -1, -1):
            for i in range(J):
                total = y[n, i]
                if n < N - 1:
                    for j in range(J):
                        total -= blocks.upper[n, s, i, j] * x[n + 1, s, j]
                x[n, s, i] = total


@jit
def sweep_transposed(
    m: Arrays, op: Operator, blocks: Blocks, births: bool, rhs: Array, f: Array, y: Array
) -> None:
    """One sweep over statuses towards A' f = rhs, f and y = M' f changed in place; m without mixing."""
    N, S, J = f.shape
    z, row, weighted = np.empty((N, J)), np.empty(J), np.empty(J)
    for s in range(S):
        born = leavers(m, op.rate, y) if births else 0.0
        inflow(m, op.rate, born, y, s, z, row)
        for n in range(N):
            for j in range(J):
                z[n, j] += rhs[n, s, j]
            if n > 0:
                for i in range(J):
                    x = z[n - 1, i]
                    for j in range(J):
                        z[n, j] -= blocks.upper[n - 1, s, i, j] * x
        for n in range(N - 1, -1, -1):
            if n < N - 1:
                for j in range(J):
                    weighted[j] = op.behind[n + 1, s, j] * f[n + 1, s, j]
                for j in range(J):
                    z[n, j] -= op.exits[n, s, j] * weighted[j] - op.left[n + 1, s, j] * f[n + 1, s, j]
                for i in range(J):
                    x = weighted[i]
                    if x != 0.0:
                        for j in range(J):
                            z[n, j] += blocks.mixing[i, j] * x
            for j in range(J):
                row[j] = 0.0
            for i in range(J):
                x = z[n, i]
                for j in range(J):
                    row[j] += blocks.inverse[n, s, i, j] * x
            for j in range(J):
                f[n, s, j] = row[j]
        for n in range(N):
            for j in range(J):
                y[n, s, j] = (1.0 - op.ahead[n, s, j] - op.behind[n, s, j]) * f[n, s, j]
            if n > 0:
                for j in range(J):
                    y[n, s, j] += op.ahead[n - 1, s, j] * f[n - 1, s, j]
            if n < N - 1:
                for j in range(J):
                    y[n, s, j] += op.behind[n + 1, s, j] * f[n + 1, s, j]
