"""The edge between control and output, held against points by brute force and against numerical slopes."""

import numpy as np
import pytest
from frontier_tiny import COLLATERAL, GOALS, INSTRUMENTS, LEAVE, SPREAD, Quadratic

import dirigiste as dg
from dirigiste.errors import InputError
from dirigiste.frontiers import edge as edges
from dirigiste.frontiers.problems.problem import Stationary
from dirigiste.frontiers.search.climb import climb
from dirigiste.frontiers.search.evaluation import Evaluator


def brute(economy, instruments, count):
    """Control and output on a grid of instruments."""
    problem = Stationary(economy, instruments, GOALS)
    axes = [np.linspace(one.low, one.high, count) for one in problem.instruments]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    grid[1::2] = grid[1::2, ::-1]
    return np.array([problem.values(x) for x in grid.reshape(-1, len(axes))])


def assert_envelope(edge, values, near):
    """No point is above the edge, and the best ones come near to it, in shares of its ranges."""
    width = np.ptp(edge.values, axis=0)
    assert values[:, 0].max() <= edge.values[-1, 0] + 1e-4 * width[0]
    for control, output in edge.values:
        best = values[values[:, 0] >= control - 1e-6, 1].max(initial=-np.inf)
        assert best <= output + 1e-4 * width[1]
        reached = values[values[:, 0] >= control - near * width[0], 1].max()
        assert reached >= output - near * width[1]


def test_the_edge_is_the_envelope_of_points(economy, edge):
    assert_envelope(edge, brute(economy, INSTRUMENTS, 9), near=0.1)


@pytest.mark.slow
def test_the_edge_is_the_envelope_of_ten_thousand_points(economy):
    instruments = (*INSTRUMENTS, f"{LEAVE}:0.05:0.2")
    edge = dg.frontier(economy, instruments, GOALS, points=15)
    assert_envelope(edge, brute(economy, instruments, 22), near=0.05)


def test_points_are_optimal_and_in_order(edge):
    assert len(edge.traced.points) == 6
    assert all(point.optimal for point in edge.traced.points[1:-1])
    assert (np.diff(edge.values[:, 0]) > 0.0).all()
    assert (np.diff(edge.values[:, 1]) < 0.0).all()


def test_points_are_equilibria_of_their_settings(economy, edge):
    problem = Stationary(economy, INSTRUMENTS, GOALS)
    solved = dg.solve(economy.with_(problem.changes(edge.settings[2])))
    np.testing.assert_allclose(edge.values[2], [solved.aggregates[name] for name in GOALS], rtol=1e-7)


@pytest.mark.parametrize("n", [1, 3])
def test_slopes_by_multipliers_are_numerical_slopes(economy, edge, n):
    evaluator = Evaluator(Stationary(economy, INSTRUMENTS, GOALS))
    point, step = edge.traced.points[n], 0.004
    low, high = (
        climb(evaluator, 1, {0: point.values[0] + sign * step}, point.z, edge.traced.scales).values
        for sign in (-1, 1)
    )
    assert edge.slopes[n, 0] == pytest.approx((high[1] - low[1]) / (high[0] - low[0]), rel=0.02)
    assert edge.prices[n, 0] == pytest.approx(-edge.slopes[n, 0] / point.values[1])


def test_secants_lie_between_slopes(edge):
    """Or beside them, where the edge bends between two points."""
    slopes = edge.slopes[1:-1, 0]
    assert (edge.secants < 0.0).all()
    assert edge.secants[1:-1].min() > 2.0 * slopes.min()
    assert edge.secants[1:-1].max() < 0.5 * slopes.max()


def test_where_the_economy_lies(economy, edge):
    here = edge.traced.here
    solved = dg.solve(economy).aggregates
    np.testing.assert_allclose(here, [solved[name] for name in GOALS], rtol=1e-8)
    more_control, more_output = edge.gaps
    assert more_control > 0.0
    assert more_output > 0.0
    after = int(np.searchsorted(edge.values[:, 0], here[0]))
    assert edge.values[after, 1] < here[1] + more_output < edge.values[after - 1, 1]
    after = int(np.searchsorted(-edge.values[:, 1], -here[1]))
    assert edge.values[after - 1, 0] < here[0] + more_control < edge.values[after, 0]
    by_control, by_output = edge.inside.most
    assert by_control.values[1] >= here[1] - 1e-5
    assert by_output.values[0] >= here[0] - 1e-5


def test_an_economy_on_the_edge_has_nothing_to_gain(economy, edge):
    problem = Stationary(economy, INSTRUMENTS, GOALS)
    moved = economy.with_(problem.changes(edge.settings[3]))
    again = dg.frontier(moved, INSTRUMENTS, GOALS, points=2)
    assert again.gaps == pytest.approx([0.0, 0.0], abs=1e-4)
    np.testing.assert_allclose(again.values, edge.values[[0, -1]], rtol=1e-4)


def test_goals_without_conflict_have_one_point(economy, configured):
    result = dg.frontier(economy, [f"{COLLATERAL}:1.2:1.6"], ["output", "2 * output"], points=5)
    assert len(result.traced.points) == 1
    assert result.settings[0, 0] == pytest.approx(1.6)


def test_a_frontier_goes_on_where_it_was(economy, edge, kept, monkeypatch):
    """All that it needs is kept, so nothing is solved again but derivatives for weights."""
    from dirigiste.frontiers.problems import problem

    monkeypatch.setattr(problem, "solve", None)
    again = dg.frontier(economy, INSTRUMENTS, GOALS, points=6, folder=kept)
    np.testing.assert_array_equal(again.values, edge.values)
    np.testing.assert_array_equal(again.settings, edge.settings)


def test_settings_that_cannot_be_solved_are_counted(economy, monkeypatch, configured):
    """The spread is best where the economy refuses to be solved; the search stops before."""
    true = Stationary.values

    def refusing(self, x, progress=None):
        if x[0] < 0.01:
            raise dg.NotConverged("not today")
        return true(self, x, progress)

    monkeypatch.setattr(Stationary, "values", refusing)
    result = dg.frontier(economy, [f"{SPREAD}:0:0.05"], GOALS, points=3)
    assert result.failures
    assert set(result.failures) == {"not today"}
    assert (result.settings >= 0.01).all()
    assert "could not be" in repr(result)


class Hollow(Quadratic):
    """An edge that is not convex: no weighted sum of goals has its largest value between the ends."""

    def values(self, x, progress=None):
        return np.array([x[0], (1.0 - x[0]) ** 2]) - x[1] ** 2

    def jacobian(self, x, progress=None):
        return np.array([[1.0, -2.0 * x[1], 0.0], [-2.0 * (1.0 - x[0]), -2.0 * x[1], 0.0]])


class Steep(Quadratic):
    """Goals of which one instrument moves much more than the others."""

    slopes = np.array([[1.0, 3e-2, -2e-2], [-1.0, -3e-2, 2e-2]])

    def values(self, x, progress=None):
        return self.slopes @ (x + 0.1 * x**2)

    def jacobian(self, x, progress=None):
        return self.slopes * (1.0 + 0.2 * x)


def test_the_most_of_a_goal_in_a_corner_is_found_at_once():
    evaluator = Evaluator(Steep((0.5, 0.5, 0.5)))
    found = climb(evaluator, 0, {}, np.full(3, 0.5), np.ones(2))
    np.testing.assert_array_equal(found.z, [1.0, 1.0, 0.0])
    assert found.optimal
    assert evaluator.evaluations == 2


def test_settings_that_differ_by_rounding_are_one():
    evaluator = Evaluator(Quadratic((0.5, 0.5, 0.5)))
    z = np.array([0.25, 1.0, 0.0])
    first = evaluator.goals(z)
    np.testing.assert_array_equal(evaluator.goals(z + 1e-11), first)
    assert evaluator.evaluations == 1
    assert evaluator.goals(np.array([0.25 + 1e-7, 1.0, 0.0])) is not None
    assert evaluator.evaluations == 2


def test_known_edges_are_found():
    problem = Quadratic((0.5, 0.5, 0.5))
    traced = edges.trace(Evaluator(problem), 7, 0, 0)
    assert len(traced.points) == 7
    for point in traced.points[1:-1]:
        weight = float(point.conditions.weights[0])
        np.testing.assert_allclose(point.z, problem.best(weight), atol=2e-4)


def test_an_edge_that_is_not_convex_is_found():
    traced = edges.trace(Evaluator(Hollow((0.2, 0.5, 0.5))), 6, 2, 0)
    values = np.array([point.values for point in traced.points])
    np.testing.assert_allclose(values[:, 0], np.linspace(0.0, 1.0, 6), atol=1e-4)
    np.testing.assert_allclose(values[:, 1], (1.0 - values[:, 0]) ** 2, atol=1e-4)


class Ridges(Quadratic):
    """Output is high at both ends of the second instrument and low between, highest at the lower end."""

    def values(self, x, progress=None):
        ridge = 0.3 * (2.0 * x[1] - 1.0) ** 2 - 0.1 * x[1]
        return np.array([1.0 + x[0], 2.0 - 0.5 * x[0] ** 2 + ridge])

    def jacobian(self, x, progress=None):
        return np.array([[1.0, 0.0, 0.0], [-x[0], 1.2 * (2.0 * x[1] - 1.0) - 0.1, 0.0]])


def test_corners_lead_to_the_better_of_two_ridges():
    """From where the economy is, a search alone leads to the lower one, at every level."""
    problem = Ridges((0.5, 0.9, 0.5))
    alone = edges.trace(Evaluator(problem), 5, 0, 0, corners=False)
    assert all(point.z[1] > 0.8 for point in alone.points)
    traced = edges.trace(Evaluator(problem), 5, 0, 0)
    assert len(traced.points) == 5
    for point in traced.points:
        assert point.z[1] == pytest.approx(0.0, abs=1e-6)
        assert point.values[1] == pytest.approx(2.3 - 0.5 * (point.values[0] - 1.0) ** 2, abs=1e-5)


def test_levels_can_be_chosen():
    problem = Quadratic((0.5, 0.5, 0.5))
    traced = edges.trace(Evaluator(problem), 7, 0, 0, [1.5])
    assert traced.points[1].values[0] == pytest.approx(1.5, abs=1e-4)
    assert len(traced.points) == 3
    with pytest.raises(InputError, match="is not between"):
        edges.trace(Evaluator(problem), 7, 0, 0, [9.0])
