"""Linear systems against dense algebra."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dirigiste.numerics import linear


def blocks(rng, nodes, size, batch):
    """Random M-matrices: off-diagonals at most 0, diagonally dominant."""
    lower, diag, upper = (-rng.uniform(0, 1, (nodes, size, size, batch)) for _ in range(3))
    sums = -(lower.sum(axis=2) + upper.sum(axis=2) + diag.sum(axis=2))
    for k in range(size):
        diag[:, k, k] += sums[:, k] + rng.uniform(0.01, 1.0, (nodes, batch))
    return diag, lower, upper


def dense(diag, lower, upper, b):
    nodes, size = diag.shape[:2]
    full = np.zeros((nodes, size, nodes, size))
    for n in range(nodes):
        full[n, :, n] = diag[n, :, :, b]
        if n > 0:
            full[n, :, n - 1] = lower[n, :, :, b]
        if n < nodes - 1:
            full[n, :, n + 1] = upper[n, :, :, b]
    return full.reshape(nodes * size, nodes * size)


@pytest.mark.parametrize("size", [1, 4, linear.UNROLLED + 1])
def test_block_elimination_and_its_transpose_solve_the_system(size):
    """Claim: `factor`, `solve`, `solve_transposed` invert the block tridiagonal matrix and its transpose,
    whatever stands in the corners that are not used.
    """
    rng = np.random.default_rng(size)
    diag, lower, upper = blocks(rng, 9, size, 2)
    rhs = rng.normal(size=(9, size, 2))
    factors = jax.jit(linear.factor)(*(jnp.asarray(x) for x in (diag, lower, upper)))
    x, y = jax.jit(linear.solve)(factors, rhs), jax.jit(linear.solve_transposed)(factors, rhs)
    for b in range(2):
        full = dense(diag, lower, upper, b)
        right = rhs[:, :, b].reshape(-1)
        np.testing.assert_allclose(
            np.asarray(x)[:, :, b].reshape(-1), np.linalg.solve(full, right), rtol=1e-9
        )
        np.testing.assert_allclose(
            np.asarray(y)[:, :, b].reshape(-1), np.linalg.solve(full.T, right), rtol=1e-9
        )


def test_gmres_solves_what_the_preconditioner_leaves_out():
    """Claim: `gmres` solves (M + rest) x = rhs given rest and M^-1, to the relative residual asked for."""
    rng = np.random.default_rng(7)
    main = np.diag(rng.uniform(1, 2, 30))
    rest = 0.1 * rng.normal(size=(30, 30))
    rhs = rng.normal(size=(5, 6))

    def solve(rtol):
        return linear.gmres(
            lambda x: (rest @ x.reshape(-1)).reshape(x.shape),
            lambda x: (x.reshape(-1) / jnp.diagonal(main)).reshape(x.shape),
            jnp.asarray(rhs),
            rtol=rtol,
            steps=30,
        )

    exact = np.linalg.solve(main + rest, rhs.reshape(-1))
    tight, rough = solve(1e-12), solve(1e-2)
    np.testing.assert_allclose(np.asarray(tight.x).reshape(-1), exact, rtol=1e-9, atol=1e-10)
    left = np.linalg.norm((main + rest) @ np.asarray(rough.x).reshape(-1) - rhs.reshape(-1)) / np.linalg.norm(
        rhs
    )
    assert 1e-6 < left <= 1e-2
    assert (
        np.abs(np.asarray(linear.gmres(lambda x: x, lambda x: x, jnp.zeros(3), rtol=1e-8, steps=4).x)).max()
        == 0
    )
