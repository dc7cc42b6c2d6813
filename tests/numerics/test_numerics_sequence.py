"""Steps of values and masses, and how conditions along a path respond to prices, on an economy with every
kind of edge.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dirigiste.numerics import aggregates, equilibrium, kfe, path, sequence, steps, timed
from dirigiste.numerics.clearing import Clearing
from dirigiste.numerics.path import Begin
from dirigiste.numerics.point import unknowns

LENGTHS = np.concatenate([[1e-3], np.full(6, 0.25), 0.25 * 1.15 ** np.arange(1, 10)])
T = LENGTHS.size


@pytest.fixture(scope="module")
def along(triangle):
    """The conditions (T, 4) of a path from and to the stationary state, at unknowns u (T, 4)."""
    compiled, point = triangle.compiled, triangle.point
    layout, m = compiled.layout, compiled.arrays
    over = timed.frame(triangle.economy, {}).over({}, T)
    search = Clearing.of(layout, m, over.stacked, list(unknowns(compiled)))
    dt, v = jnp.asarray(LENGTHS), point.values.v
    begin = Begin(point.distribution.f, point.distribution.g)

    def conditions(u):
        u_ = jnp.asarray(u)
        back = path.backwards(layout, m, over.stacked, u_, u_, dt, v, jnp.tile(v, (T, 1, 1, 1)), 1e-11)
        forth = path.forwards(layout, m, over.stacked, dt, back.decisions, begin, 1e-11)
        return search.conditions(forth.g, forth.flows.moves, np.arange(T), u), forth

    return conditions


@pytest.fixture(scope="module")
def still(triangle):
    return np.tile(np.asarray(triangle.point.u), (T, 1))


def test_nothing_moves_at_stationary_prices(along, still, triangle):
    left, forth = along(still)
    assert np.abs(left[:, :3]).max() < 1e-7
    assert np.abs(forth.g - triangle.point.distribution.g).sum(axis=(1, 2, 3)).max() < 1e-8


@pytest.fixture(scope="module")
def responses(triangle):
    kernel = sequence.kernel(triangle.compiled, triangle.point)
    return kernel, sequence.jacobian(kernel, LENGTHS)


@pytest.mark.parametrize("step", [0, 2, 6, 11])
@pytest.mark.parametrize("column", [0, 1, 2])
def test_jacobian_is_that_of_the_path(along, still, responses, step, column):
    """Every response to a price of one step, relative to the largest through decisions and masses.

    The kernel lives on steps of its own, so the difference is of the order of a step.
    """
    kernel, found = responses
    index, size = kernel.active[column], 1e-5
    ahead, behind = still.copy(), still.copy()
    ahead[step, index] += size
    behind[step, index] -= size
    quotient = (along(ahead)[0] - along(behind)[0])[:, :3] / (2 * size)
    ours = found[:, :3, step, column].copy()
    np.testing.assert_allclose(ours, quotient, atol=0.05 * np.abs(quotient).max())
    # on the date itself most of it is static; without that
    static = np.zeros_like(quotient)
    static[step] = kernel.direct[:3, column]
    rest = np.abs(quotient - static).max(axis=0)
    assert (np.abs(ours - quotient).max(axis=0) < 0.15 * rest + 1e-3).all(), (ours - quotient, rest)


def test_kernel_ends_where_prices_are_higher_for_ever(triangle, responses):
    """The response long after a price is higher for ever is that of the stationary state."""
    kernel, _ = responses
    layout, m = triangle.compiled.layout, triangle.compiled.arrays
    for column, index in enumerate(kernel.active):
        size = 1e-5
        points = [
            equilibrium.evaluate(
                layout,
                m,
                triangle.point.u.at[index].add(sign * size),
                triangle.point.values.v,
                triangle.point.distribution.f,
                1e-12,
                1e-14,
            )
            for sign in (1, -1)
        ]
        quotient = (aggregates.raw(points[0].conditions) - aggregates.raw(points[1].conditions)) / (2 * size)
        # in the middle: in the end owners know that prices come back
        found = sequence.jacobian(kernel, np.full(240, 1.0))[150, :, :, column].sum(axis=1)
        scale = float(np.abs(quotient[:3]).max())
        np.testing.assert_allclose(found[:3], quotient[:3], atol=0.03 * scale)


@pytest.fixture(scope="module")
def step(triangle):
    """A step of masses forwards and of expectations backwards, at the decisions of the stationary state."""
    layout, m, point = triangle.compiled.layout, triangle.compiled.arrays, triangle.point
    rows, flow = point.values.rows, point.values.hazards.flow
    decisions = steps.Decisions(rows, jnp.zeros(()), jnp.zeros(()), flow)

    @functools.partial(jax.jit)
    def forward(dt, g):
        return steps.forward(layout, m, dt, decisions, g, g, 1e-14)

    @jax.jit
    def expect(dt, worth):
        return steps.expect(layout, m, rows, flow, dt, worth, 1e-14)

    return forward, expect


def some_masses(triangle, rng):
    layout = triangle.compiled.layout
    g = rng.exponential(size=(layout.nodes, layout.statuses, layout.abilities))
    return jnp.asarray(g / g.sum())


@pytest.mark.parametrize("dt", [1e-4, 1.0 / 12.0, 5.0])
def test_expectations_are_the_transpose_of_masses(triangle, step, dt):
    """What masses are worth after a step is what they are expected to be worth before it."""
    forward, expect = step
    rng = np.random.default_rng(7)
    for _ in range(3):
        g = some_masses(triangle, rng)
        worth = jnp.asarray(rng.standard_normal(g.shape))
        _, later, _ = forward(jnp.asarray(dt), g)
        now = expect(jnp.asarray(dt), worth)
        assert float((g * now).sum()) == pytest.approx(float((later * worth).sum()), abs=1e-9)
        assert abs(float((g * worth).sum() - (later * worth).sum())) > 1e-7 * dt


def test_a_constant_is_expected_to_stay(triangle, step):
    one = jnp.ones_like(triangle.point.values.v)
    np.testing.assert_allclose(step[1](jnp.asarray(0.5), one), one, rtol=1e-9)


@pytest.mark.parametrize("dt", [1e-4, 1.0 / 12.0, 5.0])
def test_masses_move_by_the_forward_equation(triangle, step, dt):
    """g_later - g = dt (D' + Q' M') f, mass kept."""
    layout, m, point = triangle.compiled.layout, triangle.compiled.arrays, triangle.point
    rows, flow = point.values.rows, point.values.hazards.flow
    g = some_masses(triangle, np.random.default_rng(3))
    f, later, flows = step[0](jnp.asarray(dt), g)
    np.testing.assert_allclose((later - g) / dt, kfe.forward(layout, m, rows, flow, f), atol=1e-9)
    assert float(later.sum()) == pytest.approx(1.0, abs=1e-13)
    np.testing.assert_allclose(flows.mass, later.sum(axis=(0, 2)), rtol=1e-12)
    assert float(flows.top) == pytest.approx(float(later[-1].sum()))


def test_values_at_rest_stay_and_forget_where_they_end(triangle):
    """A step from the stationary values is at rest; a long one from others ends near them."""
    layout, m, point = triangle.compiled.layout, triangle.compiled.arrays, triangle.point
    back = jax.jit(functools.partial(steps.backward, layout, m, steps.setting(layout, m, point.u, point.u)))
    v = point.values.v
    found, decisions, residual, _ = back(jnp.asarray(0.25), v, v + 0.01, 1e-11)
    assert float(residual) < 1e-10
    np.testing.assert_allclose(found, v, atol=1e-9)
    np.testing.assert_allclose(decisions.flow, point.values.hazards.flow, atol=1e-8)
    # a constant fades at the rate of discount, by 1/(1 + rho dt)
    for dt in (0.25, 4.0):
        found, _, residual, _ = back(jnp.asarray(dt), v + 0.02, v, 1e-11)
        assert float(residual) < 1e-10
        left = np.asarray(found - v) * (1.0 + 0.06 * dt) / 0.02
        assert np.median(left) == pytest.approx(1.0, abs=2e-3)
        assert left.max() < 1.0 + 1e-3  # less where owners may go abroad, whose values stay
        assert left.min() > 0.5
