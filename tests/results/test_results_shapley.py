"""Shapley values and interactions against closed forms, present values against integrals."""

from itertools import combinations, pairwise, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dirigiste.solver import shapley


def game(n, value):
    return np.array([value({k for k in range(n) if index >> k & 1}) for index in range(2**n)], dtype=float)


def random_game(n, seed, shape=()):
    v = np.random.default_rng(seed).normal(size=(2**n, *shape))
    v[0] = 0.0
    return v


def test_additive_game():
    worth = np.array([3.0, -1.0, 0.5, 2.0])
    v = game(4, lambda s: sum(worth[k] for k in s))
    np.testing.assert_allclose(shapley.values(v), worth, atol=1e-14)
    off = shapley.interactions(v)[~np.eye(4, dtype=bool)]
    np.testing.assert_allclose(off, 0.0, atol=1e-14)


def test_glove_game():
    # one left glove, two right ones; a pair is worth 1
    v = game(3, lambda s: float(0 in s and bool(s & {1, 2})))
    np.testing.assert_allclose(shapley.values(v), [2 / 3, 1 / 6, 1 / 6], atol=1e-15)


@pytest.mark.parametrize("members", [{0}, {1, 3}, {0, 2, 3}, {0, 1, 2, 3}])
def test_unanimity_games(members):
    v = game(4, lambda s: float(members <= s))
    expected = [1 / len(members) if k in members else 0.0 for k in range(4)]
    np.testing.assert_allclose(shapley.values(v), expected, atol=1e-15)
    # Grabisch and Roubens: 1/(t - 1) for a pair inside a unanimity game of t players, 0 for other pairs
    pairs = shapley.interactions(v)
    for one in range(4):
        for other in range(4):
            if one != other:
                inside = {one, other} <= members
                assert pairs[one, other] == pytest.approx(1 / (len(members) - 1) if inside else 0.0)


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_random_games_against_the_mean_over_orders(n):
    v = random_game(n, seed=n)
    orders = list(permutations(range(n)))
    added = np.zeros(n)
    for order in orders:
        here = 0
        for player in order:
            added[player] += v[here | 1 << player] - v[here]
            here |= 1 << player
    np.testing.assert_allclose(shapley.values(v), added / len(orders), atol=1e-13)


def test_interactions_against_the_game_in_which_a_pair_plays_as_one():
    # the pair's value as one player, less what each is worth where the other is away
    v = random_game(4, seed=7)

    def reduced(players, of):
        weights = game(len(players), lambda s: of({players[k] for k in s}))
        return shapley.values(weights)

    def at(players):
        return v[sum(1 << k for k in players)]

    one, other, rest = 0, 1, [2, 3]
    pair = reduced(["pair", *rest], lambda s: at((s - {"pair"}) | ({one, other} if "pair" in s else set())))[
        0
    ]
    alone = [reduced([player, *rest], at)[0] for player in (one, other)]
    assert shapley.interactions(v)[one, other] == pytest.approx(pair - sum(alone), abs=1e-13)


@given(st.integers(0, 6), st.integers(0, 1000))
def test_parts_add_up_to_the_whole(n, seed):
    v = random_game(n, seed, shape=(3, 2)) * 1e3
    parts = shapley.values(v)
    assert parts.shape == (n, 3, 2)
    np.testing.assert_allclose(parts.sum(axis=0), v[-1] - v[0], atol=1e-12 * np.abs(v).max())


def test_values_do_not_depend_on_the_order_of_players():
    order, other = ("credit", "force", "fear"), ("fear", "credit", "force")
    v = random_game(3, seed=3)
    again = np.array([v[shapley.index(shapley.coalition(n, other), order)] for n in range(8)])
    one, two = shapley.values(v), shapley.values(again)
    for name in order:
        assert one[order.index(name)] == pytest.approx(two[other.index(name)])


def test_coalitions_and_indices():
    order = ("a", "b", "c")
    assert [shapley.coalition(n, order) for n in (0, 1, 5, 7)] == [(), ("a",), ("a", "c"), order]
    assert all(shapley.index(shapley.coalition(n, order), order) == n for n in range(8))
    with pytest.raises(ValueError, match="2\\^n values; got 3"):
        shapley.values(np.zeros(3))


def test_present_value_is_the_integral_over_the_horizon():
    lengths = np.array([0.5, 1.0, 2.5])
    flow = np.array([[1.0, 1.0, 1.0], [2.0, 0.0, -1.0]])
    values = shapley.present_value(flow, lengths, 0.04)
    assert values[0] == pytest.approx((1 - np.exp(-0.04 * 4)) / 0.04)
    ends = np.exp(-0.04 * np.array([0.0, 0.5, 1.5, 4.0]))
    assert values[1] == pytest.approx((2 * (ends[0] - ends[1]) - (ends[2] - ends[3])) / 0.04)
    np.testing.assert_allclose(shapley.present_value(flow, lengths, 0.0), [4.0, -1.5])


def game_of_order(n, order, seed, shape=()):
    """Random dividends of all coalitions up to a size."""
    random = np.random.default_rng(seed)
    dividends = {
        frozenset(members): random.normal(size=shape)
        for size in range(1, order + 1)
        for members in combinations(range(n), size)
    }
    zero = np.zeros(shape)
    return np.array(
        [
            sum((d for members, d in dividends.items() if all(index >> k & 1 for k in members)), start=zero)
            for index in range(2**n)
        ]
    )


def known(v, sizes):
    """A game of which only coalitions of some sizes are known."""
    n = len(v).bit_length() - 1
    there = np.array([index.bit_count() in sizes for index in range(2**n)])
    return np.where(there.reshape(-1, *[1] * (v.ndim - 1)), v, np.nan)


def test_levels_nest_and_end_with_all_coalitions():
    counts = [len(shapley.coalitions("abcdef", sizes)) for sizes in shapley.levels(6)]
    assert counts == [14, 29, 44, 64]
    for n in range(8):
        levels = shapley.levels(n)
        assert all({0, n} <= set(one) <= set(other) for one, other in pairwise(levels))
        assert levels[-1] == tuple(range(n + 1))
        assert (len(levels) == 1) == (n <= 3)


@pytest.mark.parametrize(("n", "level"), [(n, k) for n in (4, 5, 6, 7) for k in range(n - 2)])
def test_a_level_is_exact_to_its_order(n, level):
    sizes = shapley.levels(n)[level]
    for order in range(1, level + 3):
        v = game_of_order(n, order, seed=10 * n + order, shape=(2,))
        np.testing.assert_allclose(shapley.values(known(v, sizes), sizes), shapley.values(v), atol=1e-12)
    if level < n - 3:  # not all coalitions: the next order is out of reach
        v = game_of_order(n, level + 3, seed=n)
        assert np.abs(shapley.values(known(v, sizes), sizes) - shapley.values(v)).max() > 1e-3


def test_interactions_from_fewer_coalitions():
    first, second, third, _ = shapley.levels(6)
    assert np.isnan(shapley.interactions(np.zeros(64), first)).all()
    for sizes, order in ((second, 2), (third, 3)):
        v = game_of_order(6, order, seed=order)
        np.testing.assert_allclose(
            shapley.interactions(known(v, sizes), sizes), shapley.interactions(v), atol=1e-12
        )


@given(st.integers(4, 6), st.integers(0, 100))
def test_dummies_and_equals_are_told_by_every_level(n, seed):
    """A player who adds a constant gets it, and equal players get the same, whatever sizes are known."""
    random = np.random.default_rng(seed)
    by_size, alone = random.normal(size=n), float(random.normal())
    v = game(n, lambda s: by_size[len(s - {0})] + alone * (0 in s))
    for sizes in shapley.levels(n):
        parts = shapley.values(known(v, sizes), sizes)
        assert parts[0] == pytest.approx(alone, abs=1e-12)
        np.testing.assert_allclose(parts[1:], parts[1], atol=1e-12)


def test_a_sum_that_misses_the_whole_shows_an_order_too_high():
    sizes = shapley.levels(6)[0]
    for order, exact in ((2, True), (3, False)):
        v = game_of_order(6, order, seed=4)
        rest = shapley.values(known(v, sizes), sizes).sum() - (v[-1] - v[0])
        assert (abs(rest) < 1e-12) == exact


@pytest.mark.parametrize("sizes", [(1,), (1, 2), (1, 4), (2, 3, 4), (1, 2, 3, 4)])
def test_guesses_of_a_coalition_from_its_subsets(sizes):
    """Exact to the order that is as high as there are sizes; with all sizes, inclusion and exclusion."""
    weights = shapley.guess_weights(5, sizes)
    for order in range(1, len(sizes) + 1):
        v = game_of_order(5, order, seed=order)
        sums = [v[[i for i in range(32) if i.bit_count() == size]].sum() for size in sizes]
        assert np.dot(weights, sums) == pytest.approx(v[-1], abs=1e-11)
    if len(sizes) == 4:
        np.testing.assert_allclose(weights, [-1.0, 1.0, -1.0, 1.0], atol=1e-12)


def test_means_of_polynomials():
    for at in ([0], [0, 5], [0, 1, 5], [0, 1, 4, 5]):
        weights = shapley.means(6, at)
        for power in range(len(at)):
            expected = np.mean(np.arange(6.0) ** power)
            assert np.dot(weights, np.array(at, dtype=float) ** power) == pytest.approx(expected)
    with pytest.raises(ValueError, match="follow each other"):
        shapley.values(np.zeros(16), (0, 4))
