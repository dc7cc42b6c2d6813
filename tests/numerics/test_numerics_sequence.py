"""How conditions along a path respond to prices, on an economy with every kind of edge."""

import numpy as np
import pytest

from dirigiste.numerics.markets import aggregates, clearing
from dirigiste.numerics.setup import timed
from dirigiste.numerics.stationary import equilibrium
from dirigiste.numerics.stationary.point import prices_of
from dirigiste.numerics.transition import path, sequence
from dirigiste.numerics.transition.path import Begin, Room

LENGTHS = np.concatenate([[1e-3], np.full(6, 0.25), 0.25 * 1.15 ** np.arange(1, 10)])
T = LENGTHS.size


@pytest.fixture(scope="module")
def along(triangle):
    """Conditions (T, 4), and masses, of a path from and to the stationary state on which owners foresee u
    (T, 4); markets are at u too, or at prices `at`.
    """
    point, ms = triangle.point, timed.frame(triangle.economy, {}).over({}, T).stacked
    v = point.values.v
    begin = Begin(point.distribution.f, point.distribution.g)

    def conditions(u, at=None):
        room = Room.of(triangle.compiled.arrays, T)
        guess = np.tile(v, (T, 2, 1, 1, 1))
        path.backwards(ms, room, u, u, LENGTHS, v, guess, exact=True, tolerance=1e-11, linear_tolerance=1e-9)
        forth = path.forwards(ms, room, LENGTHS, begin, 1e-14)
        at = u if at is None else at
        sums = path.sums(ms, at, forth)
        left = []
        for t in range(T):
            m = timed.at_date(ms, t)
            static = aggregates.Static(*(x[t] for x in sums.static))
            moves = aggregates.Moves(*(x[t] for x in sums.moves))
            left.append(aggregates.raw(aggregates.conditions(m, prices_of(m, at[t]), static, moves)))
        return np.array(left), forth

    return conditions


@pytest.fixture(scope="module")
def still(triangle):
    return np.tile(triangle.point.u, (T, 1))


def test_nothing_moves_at_stationary_prices(along, still, triangle):
    left, forth = along(still)
    assert np.abs(left[:, :3]).max() < 1e-7
    for g in (forth.g, forth.later):
        assert np.abs(g - triangle.point.distribution.g).sum(axis=(1, 2, 3)).max() < 1e-8


@pytest.fixture(scope="module")
def responses(triangle):
    kernel = sequence.kernel(triangle.compiled, triangle.point)
    return kernel, sequence.jacobian(kernel, LENGTHS)


@pytest.mark.parametrize("step", [0, 2, 6, 11])
@pytest.mark.parametrize("column", [0, 1, 2])
def test_jacobian_is_that_of_the_path(along, still, responses, step, column):
    """Every response, through decisions and masses, to a price of one step that owners foresee; what the
    price does to its date at given masses is for clearing to know.

    The kernel has a grid of its own, so the difference is of the order of a step.
    """
    kernel, result = responses
    index, size = kernel.active[column], 1e-5
    ahead, behind = still.copy(), still.copy()
    ahead[step, index] += size
    behind[step, index] -= size
    whole = (along(ahead)[0] - along(behind)[0])[:, :3] / (2 * size)
    quotient = (along(ahead, still)[0] - along(behind, still)[0])[:, :3] / (2 * size)
    ours = result[:, :3, step, column]
    np.testing.assert_allclose(ours, quotient, atol=0.05 * np.abs(whole).max())
    rest = np.abs(quotient).max(axis=0)
    assert (np.abs(ours - quotient).max(axis=0) < 0.15 * rest + 1e-3).all(), (ours - quotient, rest)


@pytest.fixture(scope="module")
def for_ever(triangle):
    """Responses (4, n) of conditions to a price that is higher for ever, by difference quotients: through
    values and masses, and at given masses. Enforcement by size reaches those who run a firm at `near`.
    """
    compiled, point, m = triangle.compiled, triangle.point, triangle.compiled.arrays

    def conditions(u, g, moves):
        prices = prices_of(m, u)
        return aggregates.raw(aggregates.conditions(m, prices, clearing.static_at(m, prices, g), moves))

    def quotients(near):
        through, direct, size = [], [], 1e-5
        for index in equilibrium.unknowns(compiled):
            sides = []
            for sign in (1, -1):
                u = point.u.copy()
                u[index] += sign * size
                there = equilibrium.evaluate(
                    compiled, u, point.values.v, point.distribution.f, 1e-12, 1e-14, near
                )
                sides.append(
                    (
                        conditions(point.u, there.distribution.g, there.moves),
                        conditions(u, point.distribution.g, point.moves),
                    )
                )
            for columns, one, other in zip((through, direct), *sides, strict=True):
                columns.append((one - other) / (2 * size))
        return np.stack(through, axis=1), np.stack(direct, axis=1)

    return quotients


def test_kernel_ends_where_prices_are_higher_for_ever(for_ever, responses):
    """The response long after a price is higher for ever is that of the stationary state, relative to the
    largest, that of the date itself included.
    """
    expected, direct = for_ever(None)
    # in the middle: in the end owners know that prices come back
    result = sequence.jacobian(responses[0], np.full(240, 1.0))[150].sum(axis=1)
    scale = np.abs(expected + direct)[:3].max(axis=0)
    assert (np.abs(result[:3] - expected[:3]) < 0.03 * scale).all(), (result, expected)


@pytest.mark.parametrize("fixed", [True, False])
def test_responses_of_the_stationary_state_are_its_derivatives(triangle, for_ever, fixed):
    """Claim (docs/method.md, section 5): linear systems give what difference quotients of stationary states
    say, whether firms that enforcement reaches run at given prices or at the price that moves.
    """
    point = triangle.point
    near = point.u if fixed else None
    compiled = triangle.compiled
    active = equilibrium.unknowns(compiled)
    result, _, _ = equilibrium.through_masses(compiled, active, point, near=near, cleared=point.u)
    for ours, quotient in zip(result.T, for_ever(near)[0].T, strict=True):
        np.testing.assert_allclose(ours[:3], quotient[:3], atol=0.01 * np.abs(quotient[:3]).max())
