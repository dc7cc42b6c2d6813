"""Linear systems in the structure of the model: block elimination along wealth, and GMRES for the rest.

A state is (wealth n, status s, ability j). Drift couples neighbours in wealth, statuses meet at (nearly) the
same wealth, so the dominant part of every operator is block tridiagonal along wealth: `diag[n] x[n] +
lower[n] x[n-1] + upper[n] x[n+1]`. The blocks are K x K, and B systems of the same shape are eliminated side
by side. Layout: (N, K, K, B), the batch last, so that the small blocks vectorise over it. No pivoting: the
blocks are M-matrices, whose elimination is stable in natural order.

What the blocks leave out (jumps in wealth, redrawn ability) goes to :func:`gmres`, with the elimination as
preconditioner. Reference: Saad (2003), Iterative Methods for Sparse Linear Systems, sections 6.5 and 9.3.2;
Golub and Van Loan (2013), 4.5.1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

UNROLLED = 16
"""Blocks up to this size are inverted by Gauss-Jordan over the batch, larger ones by LAPACK."""


class Factors(NamedTuple):
    """Factors of a block tridiagonal matrix: inverse pivots, couplings to the right (E = pivot^-1 upper), and
    the lower blocks.
    """

    inverse: jax.Array
    right: jax.Array
    lower: jax.Array


def _product(x: jax.Array, y: jax.Array) -> jax.Array:
    """Matrix products side by side: (K, K, B) times (K, M, B)."""
    if x.shape[0] > UNROLLED:
        return jnp.einsum("ikb,kjb->ijb", x, y)
    return sum((x[:, k, None, :] * y[None, k, :, :] for k in range(x.shape[1])), jnp.zeros((), x.dtype))


def _inverse(x: jax.Array) -> jax.Array:
    """Inverses side by side of (K, K, B): Gauss-Jordan in place without pivoting, or by LU where K is
    large.
    """
    size = x.shape[0]
    if size == 1:
        return 1.0 / x
    if size > UNROLLED:
        return jnp.moveaxis(jnp.linalg.inv(jnp.moveaxis(x, -1, 0)), 0, -1)
    index = jnp.arange(size)

    def eliminate(p: jax.Array, x: jax.Array) -> jax.Array:
        here = index == p
        row = lax.dynamic_index_in_dim(x, p, 0, keepdims=False)
        column = lax.dynamic_index_in_dim(x, p, 1, keepdims=False)
        pivot = 1.0 / lax.dynamic_index_in_dim(row, p, 0, keepdims=False)
        row = jnp.where(here[:, None], pivot, row * pivot)
        rest = jnp.where(here[None, :, None], 0.0, x) - column[:, None, :] * row[None, :, :]
        return jnp.where(here[:, None, None], row[None, :, :], rest)

    return lax.fori_loop(0, size, eliminate, x)


def factor(diag: jax.Array, lower: jax.Array, upper: jax.Array) -> Factors:
    """Eliminate along wealth. All arguments (N, K, K, B); lower[0] and upper[N-1] are not used."""

    def step(
        right: jax.Array, blocks: tuple[jax.Array, ...]
    ) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
        d, lo, up = blocks
        inverse = _inverse(d - _product(lo, right))
        right = _product(inverse, up)
        return right, (inverse, right)

    lower = lower.at[0].set(0.0)
    _, (inverse, right) = lax.scan(step, jnp.zeros_like(diag[0]), (diag, lower, upper))
    return Factors(inverse, right.at[-1].set(0.0), lower)


def _apply(block: jax.Array, x: jax.Array) -> jax.Array:
    """Blocks (K, K, B) times vectors (K, B)."""
    if x.shape[0] > UNROLLED:
        return jnp.einsum("ikb,kb->ib", block, x)
    return jnp.sum(block * x[None, :, :], axis=1)


def _apply_transposed(block: jax.Array, x: jax.Array) -> jax.Array:
    if x.shape[0] > UNROLLED:
        return jnp.einsum("ikb,ib->kb", block, x)
    return jnp.sum(block * x[:, None, :], axis=0)


def solve(factors: Factors, rhs: jax.Array) -> jax.Array:
    """Solve the factored system for rhs (N, K, B)."""

    def forward(y: jax.Array, inputs: tuple[jax.Array, ...]) -> tuple[jax.Array, jax.Array]:
        inverse, lower, b = inputs
        y = _apply(inverse, b - _apply(lower, y))
        return y, y

    def backward(x: jax.Array, inputs: tuple[jax.Array, ...]) -> tuple[jax.Array, jax.Array]:
        right, y = inputs
        x = y - _apply(right, x)
        return x, x

    zero = jnp.zeros_like(rhs[0])
    _, y = lax.scan(forward, zero, (factors.inverse, factors.lower, rhs))
    _, x = lax.scan(backward, zero, (factors.right, y), reverse=True)
    return x


def solve_transposed(factors: Factors, rhs: jax.Array) -> jax.Array:
    """Solve the transpose of the factored system for rhs (N, K, B)."""

    def forward(z: jax.Array, inputs: tuple[jax.Array, ...]) -> tuple[jax.Array, jax.Array]:
        right, b = inputs
        z_next = b - z
        return _apply_transposed(right, z_next), z_next

    def backward(x: jax.Array, inputs: tuple[jax.Array, ...]) -> tuple[jax.Array, jax.Array]:
        inverse, lower, z = inputs
        x_new = _apply_transposed(inverse, z - x)
        return _apply_transposed(lower, x_new), x_new

    zero = jnp.zeros_like(rhs[0])
    _, z = lax.scan(forward, zero, (factors.right, rhs))
    _, x = lax.scan(backward, zero, (factors.inverse, factors.lower, z), reverse=True)
    return x


class Solution(NamedTuple):
    """What :func:`gmres` returns: the solution, its residual norm over that of the right-hand side, and the
    number of steps.
    """

    x: jax.Array
    residual: jax.Array
    steps: jax.Array


def gmres(
    rest: Callable[[jax.Array], jax.Array],
    preconditioner: Callable[[jax.Array], jax.Array],
    rhs: jax.Array,
    *,
    rtol: float | jax.Array,
    steps: int = 40,
) -> Solution:
    """Right-preconditioned GMRES without restart, from zero; stops at ||rhs - A x|| <= rtol ||rhs|| or after
    `steps`.

    The matrix is A = P + R: `preconditioner` applies P^-1 exactly and `rest` applies R, so that A P^-1 y = y
    + R P^-1 y needs neither P nor A. Arnoldi with modified Gram-Schmidt, Givens rotations for the residual
    (Saad 2003, algorithm 9.5). Arrays keep their shape; the Krylov basis holds `steps` + 1 of them.
    """
    shape, dtype = rhs.shape, rhs.dtype
    b = rhs.reshape(-1)
    norm = jnp.linalg.norm(b)
    scale = jnp.where(norm > 0, norm, 1.0)
    basis = jnp.zeros((steps + 1, b.size), dtype).at[0].set(b / scale)
    triangle = jnp.eye(steps + 1, steps, dtype=dtype)
    cosines, sines = jnp.zeros(steps, dtype), jnp.zeros(steps, dtype)
    g = jnp.zeros(steps + 1, dtype).at[0].set(1.0)
    target = jnp.asarray(rtol, dtype)

    def going(state: tuple[jax.Array, ...]) -> jax.Array:
        k, *_, residual = state
        return (k < steps) & (residual > target)

    def step(state: tuple[jax.Array, ...]) -> tuple[jax.Array, ...]:
        k, basis, triangle, cosines, sines, g, _ = state
        v = basis[k] + rest(preconditioner(basis[k].reshape(shape))).reshape(-1)

        def project(i: jax.Array, state: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
            v, h = state
            along = basis[i] @ v
            return v - along * basis[i], h.at[i].set(along)

        v, h = lax.fori_loop(0, k + 1, project, (v, jnp.zeros(steps + 1, dtype)))
        length = jnp.linalg.norm(v)
        basis = basis.at[k + 1].set(v / jnp.where(length > 0, length, 1.0))
        column = h.at[k + 1].set(length)

        def rotate(i: jax.Array, column: jax.Array) -> jax.Array:
            upper, below = column[i], column[i + 1]
            return (
                column.at[i]
                .set(cosines[i] * upper + sines[i] * below)
                .at[i + 1]
                .set(cosines[i] * below - sines[i] * upper)
            )

        column = lax.fori_loop(0, k, rotate, column)
        radius = jnp.hypot(column[k], column[k + 1])
        radius = jnp.where(radius > 0, radius, 1.0)
        c, s = column[k] / radius, column[k + 1] / radius
        column = column.at[k].set(radius).at[k + 1].set(0.0)
        g = g.at[k + 1].set(-s * g[k]).at[k].set(c * g[k])
        return (
            k + 1,
            basis,
            triangle.at[:, k].set(column),
            cosines.at[k].set(c),
            sines.at[k].set(s),
            g,
            jnp.abs(g[k + 1]),
        )

    start = jnp.where(norm > 0, 1.0, 0.0).astype(dtype)
    state = (jnp.asarray(0), basis, triangle, cosines, sines, g, start)
    k, basis, triangle, _, _, g, residual = lax.while_loop(going, step, state)
    weights = jnp.where(jnp.arange(steps) < k, g[:steps], 0.0)
    # columns beyond k are unit vectors, so the triangular solve leaves the weights there at zero
    y = jax.scipy.linalg.solve_triangular(triangle[:steps], weights)
    x = preconditioner((scale * (y @ basis[:steps])).reshape(shape))
    return Solution(x, residual, k)
