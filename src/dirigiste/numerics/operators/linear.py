"""Linear systems of values and masses: tridiagonal elimination along wealth, sweeps over statuses, GMRES.

The operator of values is A = M (exits - arrivals) - D (docs/method.md, section 4): M and D couple a node with
its neighbours in wealth, arrivals couple statuses, abilities and landings. Without arrivals, A falls apart
into one tridiagonal matrix for each status and ability. A *sweep* goes through the statuses and solves each
one with the latest values of the others (block Gauss-Seidel); the operator of masses is the transpose of A,
and its sweep uses the same factors. Sweeps alone serve short steps in time; `gmres` around a sweep serves
stationary systems. References: Saad (2003), Iterative Methods for Sparse Linear Systems, sections 4.1, 6.5,
9.3.2.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dirigiste.numerics import effort
from dirigiste.numerics.compiled.programs import jit
from dirigiste.numerics.operators.generator import arrivals, inflow, leavers, leavers_of, newborn, order_of
from dirigiste.numerics.setup.arrays import Arrays

Array = NDArray[np.float64]


class Operator(NamedTuple):
    """The operator of values and its tridiagonal factors, (N, S, J) each but `rate` (N, E, J).

    Acting on values it is M (exits - arrivals) - D; acting on masses, its transpose.
    """

    ahead: Array
    behind: Array
    right: Array
    """Speeds of D to the next node, per year."""
    left: Array
    exits: Array
    """Discount and all rates at which a state is left, per year."""
    rate: Array
    """Rates of arcs in arrivals."""
    pivot: Array
    """1/pivot of the elimination along wealth."""
    upper: Array
    """Superdiagonal over the pivot."""
    lower: Array
    """Subdiagonal."""


@jit
def factor(
    ahead: Array,
    behind: Array,
    right: Array,
    left: Array,
    exits: Array,
    pivot: Array,
    upper: Array,
    lower: Array,
) -> None:
    """Eliminate M exits - D along wealth, state by state (all arguments (N, S, J))."""
    N, S, J = exits.shape
    for n in range(N):
        for s in range(S):
            for j in range(J):
                a, b = ahead[n, s, j], behind[n, s, j]
                r, le = right[n, s, j], left[n, s, j]
                diagonal = (1.0 - a - b) * exits[n, s, j] + r + le
                low = b * exits[n - 1, s, j] - le if n > 0 else 0.0
                up = a * exits[n + 1, s, j] - r if n < N - 1 else 0.0
                eliminated = low * upper[n - 1, s, j] if n > 0 else 0.0
                p = 1.0 / (diagonal - eliminated)
                pivot[n, s, j] = p
                upper[n, s, j] = up * p
                lower[n, s, j] = low


@jit
def apply_weights(ahead: Array, behind: Array, x: Array, n: int, s: int, out: Array) -> None:
    """M x at node n and status s into out (J,), for x (N, J)."""
    N, J = x.shape
    for j in range(J):
        a, b = ahead[n, s, j], behind[n, s, j]
        out[j] = (1.0 - a - b) * x[n, j]
    if n < N - 1:
        for j in range(J):
            out[j] += ahead[n, s, j] * x[n + 1, j]
    if n > 0:
        for j in range(J):
            out[j] += behind[n, s, j] * x[n - 1, j]


@jit
def apply(m: Arrays, op: Operator, births: bool, x: Array, out: Array) -> None:
    """A x into out, both (N, S, J): M (exits x - arrivals of x) - D x.

    `births`: those who leave the country reach what newborns have (operator of masses), else 0.
    """
    N, S, J = x.shape
    z, row = np.empty((N, J)), np.empty(J)
    born = newborn(m, x) if births else 0.0
    ahead, behind, right, left, exits = op.ahead, op.behind, op.right, op.left, op.exits
    for s in range(S):
        arrivals(m, op.rate, born, x, s, z, row)
        for n in range(N):
            for j in range(J):
                z[n, j] = exits[n, s, j] * x[n, s, j] - z[n, j]
        for n in range(N):
            up, down = min(n + 1, N - 1), max(n - 1, 0)
            for j in range(J):
                a, b, here, own = ahead[n, s, j], behind[n, s, j], z[n, j], x[n, s, j]
                met = here + a * (z[up, j] - here) + b * (z[down, j] - here)
                drift = right[n, s, j] * (x[up, s, j] - own) + left[n, s, j] * (x[down, s, j] - own)
                out[n, s, j] = met - drift


@jit
def mass_of(ahead: Array, behind: Array, f: Array, s: int, g: Array) -> None:
    """G = M' f of status s: masses of nodes g from masses f that act by the rows, all (N, S, J)."""
    N, _, J = f.shape
    for n in range(N):
        up, down = min(n + 1, N - 1), max(n - 1, 0)
        above, below = 1.0 if n < N - 1 else 0.0, 1.0 if n > 0 else 0.0
        for j in range(J):
            from_below = below * ahead[down, s, j] * f[down, s, j]
            from_above = above * behind[up, s, j] * f[up, s, j]
            g[n, s, j] = (1.0 - ahead[n, s, j] - behind[n, s, j]) * f[n, s, j] + from_below + from_above


@jit
def node_masses(ahead: Array, behind: Array, f: Array, g: Array) -> None:
    """G = M' f: masses of nodes g from masses f that act by the rows, all (N, S, J)."""
    for s in range(f.shape[1]):
        mass_of(ahead, behind, f, s, g)


@jit
def apply_transposed(m: Arrays, op: Operator, births: bool, f: Array, out: Array) -> None:
    """A' f into out, both (N, S, J): the transpose of `apply`."""
    N, S, J = f.shape
    y, z, row = np.empty((N, S, J)), np.empty((N, J)), np.empty(J)
    right, left, exits = op.right, op.left, op.exits
    node_masses(op.ahead, op.behind, f, y)
    gone = leavers(m, op.rate, y) if births else 0.0
    for s in range(S):
        inflow(m, op.rate, gone, y, s, z, row)
        for n in range(N):
            up, down = min(n + 1, N - 1), max(n - 1, 0)
            above, below = 1.0 if n < N - 1 else 0.0, 1.0 if n > 0 else 0.0
            for j in range(J):
                away = (right[n, s, j] + left[n, s, j]) * f[n, s, j]
                here = below * right[down, s, j] * f[down, s, j] + above * left[up, s, j] * f[up, s, j]
                out[n, s, j] = exits[n, s, j] * y[n, s, j] - z[n, j] + away - here


@jit
def sweep(m: Arrays, op: Operator, births: bool, rhs: Array, x: Array) -> float:
    """One sweep over statuses towards A x = rhs, x changed in place; the largest change of x.

    A status comes after those to which its arcs lead, as far as that is possible.
    """
    N, S, J = x.shape
    z, y = np.empty((N, J)), np.empty((N, J))
    row, before, after, moved = np.empty(J), np.empty(J), np.empty(J), np.zeros(J)
    ahead, behind, lower, upper, pivot = op.ahead, op.behind, op.lower, op.upper, op.pivot
    order = order_of(m)
    for k in range(S):
        s = order[k]
        born = newborn(m, x) if births else 0.0
        arrivals(m, op.rate, born, x, s, z, row)
        before[:] = 0.0
        for n in range(N):
            up, down = min(n + 1, N - 1), max(n - 1, 0)
            for j in range(J):
                here = z[n, j]
                met = here + ahead[n, s, j] * (z[up, j] - here) + behind[n, s, j] * (z[down, j] - here)
                new = (rhs[n, s, j] + met - lower[n, s, j] * before[j]) * pivot[n, s, j]
                y[n, j] = new
                before[j] = new
        after[:] = 0.0
        for n in range(N - 1, -1, -1):
            for j in range(J):
                new = y[n, j] - upper[n, s, j] * after[j]
                change = abs(new - x[n, s, j])
                moved[j] = max(moved[j], change)
                x[n, s, j] = new
                after[j] = new
    return moved.max()


@jit
def sweep_transposed(m: Arrays, op: Operator, births: bool, rhs: Array, f: Array, y: Array) -> float:
    """One sweep over statuses towards A' f = rhs, f and y = M' f changed in place; sum of |change| of f.

    The order of statuses is that of `sweep` backwards.
    """
    N, S, J = f.shape
    z = np.empty((N, J))
    row, before, after, moved = np.empty(J), np.empty(J), np.empty(J), np.zeros(J)
    lower, upper, pivot = op.lower, op.upper, op.pivot
    order = order_of(m)
    gone = np.zeros(S)
    if births:
        for s in range(S):
            gone[s] = leavers_of(m, op.rate, y, s)
    for k in range(S - 1, -1, -1):
        s = order[k]
        inflow(m, op.rate, gone.sum(), y, s, z, row)
        before[:] = 0.0
        for n in range(N):
            down = max(n - 1, 0)
            for j in range(J):
                new = z[n, j] + rhs[n, s, j] - upper[down, s, j] * before[j]
                z[n, j] = new
                before[j] = new
        after[:] = 0.0
        for n in range(N - 1, -1, -1):
            up = min(n + 1, N - 1)
            for j in range(J):
                new = (z[n, j] - lower[up, s, j] * after[j]) * pivot[n, s, j]
                moved[j] += abs(new - f[n, s, j])
                f[n, s, j] = new
                after[j] = new
        mass_of(op.ahead, op.behind, f, s, y)
        if births:
            gone[s] = leavers_of(m, op.rate, y, s)
    return moved.sum()


@jit
def dot(x: Array, y: Array) -> float:
    """Inner product of two vectors, summed in an order that does not depend on the machine."""
    lanes = np.zeros(8)
    whole = x.size - x.size % 8
    for i in range(0, whole, 8):
        for lane in range(8):
            lanes[lane] += x[i + lane] * y[i + lane]
    total = 0.0
    for i in range(whole, x.size):
        total += x[i] * y[i]
    for lane in range(8):
        total += lanes[lane]
    return total


@jit
def orthogonalise(basis: Array, k: int, w: Array, h: Array) -> float:
    """Subtract from w its projections on the first k rows of `basis` (modified Gram-Schmidt), with
    coefficients into h; returns the norm of the rest.
    """
    for i in range(k):
        row = basis[i]
        along = dot(row, w)
        h[i] = along
        for b in range(w.size):
            w[b] -= along * row[b]
    return np.sqrt(dot(w, w))


@jit
def combine(weights: Array, rows: Array, out: Array) -> None:
    """Sum of rows with weights, into out."""
    out[:] = 0.0
    for i in range(weights.size):
        row, weight = rows[i], weights[i]
        for b in range(out.size):
            out[b] += weight * row[b]


ARNOLDI = 0.1
"""Visits of a state that it takes to orthogonalise against one vector."""


class Solution(NamedTuple):
    """The result of :func:`gmres`: the solution, its residual norm over that of the right-hand side, and the
    number of steps.
    """

    x: Array
    residual: float
    steps: int


FIRST = 16
"""Steps for which `krylov` has vectors at first; twice as many when these are used up."""


class _Memory(threading.local):
    """Memory that a thread keeps from one linear system to the next: fresh memory takes the system time to
    clear.
    """

    free: Array | None = None


_memory = _Memory()


class _Vectors:
    """The Krylov basis, one vector more than steps, and its images (steps, size)."""

    def __init__(self, size: int, steps: int) -> None:
        """Vectors in the memory that the thread keeps, if nobody else has it and it is large enough."""
        free, _memory.free = _memory.free, None
        need = (2 * steps + 1) * size
        self.memory = np.empty(need) if free is None or free.size < need else free
        self.basis = self.memory[: (steps + 1) * size].reshape(steps + 1, size)
        self.images = self.memory[(steps + 1) * size : need].reshape(steps, size)

    def longer(self) -> _Vectors:
        """Twice as many, with what is in these."""
        steps, size = self.images.shape
        more = _Vectors(size, 2 * steps)
        more.basis[: steps + 1], more.images[:steps] = self.basis, self.images
        return more

    def keep(self) -> None:
        """Leave the memory to the next one."""
        _memory.free = self.memory


def gmres(
    apply_rest: Callable[[Array], Array],
    preconditioner: Callable[[Array], Array],
    rhs: Array,
    *,
    rtol: float,
    steps: int = 40,
) -> Solution:
    """Right-preconditioned GMRES without restart, from zero; stops at ||rhs - A x|| <= rtol ||rhs|| or after
    `steps`.

    The matrix is A = P + R: `preconditioner` applies P^-1 and `apply_rest` applies R, so that A P^-1 y = y +
    R P^-1 y needs neither P nor A.
    """

    def product(y: Array, image: Array, out: Array) -> None:
        image[...] = preconditioner(y)
        out[...] = y + apply_rest(image)

    return krylov(product, rhs, rtol=rtol, steps=steps)


def krylov(
    product: Callable[[Array, Array, Array], None], rhs: Array, *, rtol: float, steps: int = 40
) -> Solution:
    """GMRES on A B y = rhs, x = B y; `product(y, image, out)` fills `image` with B y and `out` with A B y,
    all of the shape of `rhs`; see `gmres`.

    Arnoldi with modified Gram-Schmidt and Givens rotations for the residual (Saad 2003,
    algorithm 9.5). The images B y are kept, so that x is a combination of them.
    """
    shape = rhs.shape
    b = np.ascontiguousarray(rhs).reshape(-1)
    norm = float(np.sqrt(dot(b, b)))
    if not (norm > 0.0 and np.isfinite(norm)):
        return Solution(np.zeros_like(rhs), 0.0 if norm == 0.0 else norm, 0)
    vectors = _Vectors(rhs.size, min(steps, FIRST))
    basis, images = vectors.basis, vectors.images
    np.divide(b, norm, out=basis[0])
    triangle = np.zeros((steps + 1, steps))
    rotations = np.zeros((steps, 2))
    g = np.zeros(steps + 1)
    g[0] = 1.0
    k = 0
    while k < steps and abs(g[k]) > rtol:
        effort.spend(rhs.size, 1.0 + ARNOLDI * k)
        if k == len(images):
            vectors = vectors.longer()
            basis, images = vectors.basis, vectors.images
        w = basis[k + 1]
        product(basis[k].reshape(shape), images[k].reshape(shape), w.reshape(shape))
        column = np.zeros(steps + 1)
        length = orthogonalise(basis, k + 1, w, column)
        for i in range(k):
            c, s = rotations[i]
            column[i], column[i + 1] = (
                c * column[i] + s * column[i + 1],
                c * column[i + 1] - s * column[i],
            )
        radius = float(np.hypot(column[k], length))
        if not (radius > 0.0 and np.isfinite(radius)):
            break
        c, s = column[k] / radius, length / radius
        rotations[k] = c, s
        column[k] = radius
        triangle[:, k] = column
        g[k + 1], g[k] = -s * g[k], c * g[k]
        k += 1
        if length == 0.0:
            break
        np.divide(w, length, out=w)
    if k == 0:
        return Solution(np.zeros_like(rhs), 1.0, 0)
    y = np.zeros(k)
    for i in range(k - 1, -1, -1):
        y[i] = (g[i] - triangle[i, i + 1 : k] @ y[i + 1 :]) / triangle[i, i]
    x = np.empty(rhs.size)
    combine(norm * y, images, x)
    vectors.keep()
    return Solution(x.reshape(shape), abs(float(g[k])), k)
