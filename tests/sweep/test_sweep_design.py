"""Points of designs, and chains of neighbours."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sweep_texts import GRID

from dirigiste.sweep.points import design, order


def drawn(read, kind, points, seed=0):
    text = GRID.replace("range: [1.2, 1.6, 4]", "range: [1.2, 1.6], scale: log")
    return read(text.replace("chain: 3", f"design: {kind}\npoints: {points}\nseed: {seed}"))


def test_a_grid_is_all_combinations_with_exact_ends(grid):
    assert len(grid.rows) == 12
    assert {row[0] for row in grid.rows} == {1.2, 1.33333333333, 1.46666666667, 1.6}
    assert grid.rows[:3] == [(1.2, 0.08), (1.2, 0.1), (1.2, 0.12)]


def test_ranges_in_logs(read):
    sweep = read(GRID.replace("range: [1.2, 1.6, 4]", "range: [1, 100, 3], scale: log"))
    assert [row[0] for row in sweep.rows[::3]] == [1.0, 10.0, 100.0]


def test_lists_go_in_turn(read):
    sweep = read(GRID.replace("1.6, 4]", "1.6, 3]").replace("chain: 3", "design: list"))
    assert sweep.rows == [(1.2, 0.08), (1.4, 0.1), (1.6, 0.12)]


@pytest.mark.parametrize("kind", ["random", "sobol"])
def test_drawn_points_are_reproduced_and_in_range(read, kind):
    one, same, other = drawn(read, kind, 100), drawn(read, kind, 100), drawn(read, kind, 100, seed=1)
    assert one.rows == same.rows != other.rows
    credit = np.array([row[0] for row in one.rows])
    assert credit.min() >= 1.2
    assert credit.max() <= 1.6
    logs = (np.log(credit) - np.log(1.2)) / (np.log(1.6) - np.log(1.2))
    assert_allclose(logs, one.units[:, 0], rtol=1e-12)
    counts = [sum(row[1] == value for row in one.rows) for value in (0.08, 0.1, 0.12)]
    assert min(counts) > 20


def test_a_sobol_sequence_fills_space_evenly(read):
    at = drawn(read, "sobol", 64).units
    for column in at.T:
        assert_array_equal(np.bincount((column * 8).astype(int)), [8] * 8)


def test_the_design_of_saltelli(read):
    pytest.importorskip("SALib")
    sweep = drawn(read, "saltelli", 16)
    assert design.count(sweep) == len(sweep.rows) == 16 * 4
    blocks = sweep.units.reshape(16, 4, 2)
    assert_array_equal(blocks[:, 1, 1], blocks[:, 0, 1])  # the first axis alone is replaced
    assert_array_equal(blocks[:, 2, 0], blocks[:, 0, 0])
    assert_array_equal(blocks[:, 1, 0], blocks[:, 3, 0])


def test_a_missing_library_is_named_with_its_extra():
    from dirigiste.errors import InputError

    with pytest.raises(InputError, match=r"needs no_such_library.*pip install 'dirigiste\[sweeps\]'"):
        design.extra("no_such_library.part", "this")


@given(
    points=st.integers(1, 70),
    axes=st.integers(1, 4),
    longest=st.integers(1, 20),
    seed=st.integers(0, 10),
    steps=st.integers(2, 6),
)
def test_chains_hold_every_point_once(points, axes, longest, seed, steps):
    at = np.random.default_rng(seed).integers(0, steps, (points, axes)) / (steps - 1)
    chains = order.chains(at, longest)
    assert sorted(point for chain in chains for point in chain.points) == list(range(points))
    assert [chain.number for chain in chains] == list(range(len(chains)))
    lengths = [len(chain.points) for chain in chains]
    assert max(lengths) <= longest
    assert len(chains) == -(-points // longest)
    for chain in chains:
        assert chain.starts[0] == -1
        for place, start in enumerate(chain.starts[1:], start=1):
            here = at[list(chain.points)]
            distance = np.abs(here[:place] - here[place]).sum(axis=1)
            assert 0 <= start < place
            assert distance[start] == distance.min()


def test_starts_are_near():
    """In a grid of 20 by 20 nearly every start is the next point along an axis."""
    side = np.linspace(0, 1, 20)
    at = np.array([(x, y) for x in side for y in side])
    steps = [
        np.abs(at[chain.points[place]] - at[chain.points[start]]).sum()
        for chain in order.chains(at, 16)
        for place, start in enumerate(chain.starts)
        if start >= 0
    ]
    assert_allclose(max(steps), 1 / 19)
