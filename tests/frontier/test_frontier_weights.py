"""Weights for which instruments would be best as they are, held against planted ones."""

import json

import numpy as np
import pytest
from frontier_tiny import GOALS, INSTRUMENTS, SPREAD, Quadratic
from scipy.optimize import minimize_scalar

from dirigiste.errors import InputError
from dirigiste.frontiers import weights
from dirigiste.frontiers.problems.problem import Stationary
from dirigiste.frontiers.search.evaluation import Evaluator
from dirigiste.frontiers.search.optimality import conditions, sides

PLANTED = 0.9
"""Units of output for one of transfers."""

REVENUE = ("transfer", "output")

WITH_COST = (f"{SPREAD}:0:0.05", "edges.join.cost:0:0.1")

RHO, SD = "preferences.rho", 0.004


@pytest.fixture(scope="module")
def planted(economy, configured):
    """The economy with a spread that is best for a weight, found without derivatives, and no cost of joining,
    which both goals want low. Its grid is finer, so that outcomes bend less from node to node.
    """
    problem = Stationary(economy.with_({"numerics.wealth.points": 120}), WITH_COST, REVENUE)

    def loss(spread):
        transfer, output = problem.values(np.array([spread, 0.0]))
        return -(output + PLANTED * transfer)

    best = minimize_scalar(loss, bounds=(0.01, 0.045), method="bounded", options={"xatol": 1e-5})
    return problem.economy.with_(problem.changes(np.array([best.x, 0.0])))


def test_a_planted_weight_is_recovered(planted):
    found = weights.implied(Evaluator(Stationary(planted, WITH_COST, REVENUE)))
    assert found.weights[0] == pytest.approx(PLANTED, rel=0.03)
    assert found.alone[0, 0] == pytest.approx(PLANTED, rel=0.03)
    assert found.residual < 1e-6
    assert np.isnan(found.se).all()


def test_a_planted_weight_is_recovered_exactly_where_goals_are_smooth():
    problem = Quadratic((0.3, 0.6, 1.0))
    best = problem.best(PLANTED)
    found = weights.implied(Evaluator(Quadratic(best)))
    assert best[2] == 1.0
    assert found.weights[0] == pytest.approx(PLANTED, rel=1e-12)
    assert found.residual < 1e-12
    off = weights.implied(Evaluator(Quadratic((0.3, 0.6, 1.0))))
    assert off.residual > 0.05


def test_instruments_that_disagree_leave_a_residual(edge):
    found = edge.weights
    assert found.alone[0].min() < found.weights[0] < found.alone[0].max()
    assert found.residual > 0.05


def test_standard_errors_are_those_of_the_delta_method(planted, tmp_path):
    file = tmp_path / "calibration.json"
    file.write_text(json.dumps({"estimates": [{"paths": RHO}], "covariance": [[SD**2]]}))
    problem = Stationary(planted, WITH_COST, REVENUE)
    found = weights.implied(Evaluator(problem), weights.read(tmp_path, problem))
    rho, ends = float(planted.get(RHO)), []
    for sign in (-1, 1):
        moved = Stationary(planted.with_({RHO: rho + sign * SD}), WITH_COST, REVENUE)
        ends.append(weights.implied(Evaluator(moved)).weights[0])
    assert found.se[0] == pytest.approx(abs(ends[1] - ends[0]) / 2.0, rel=1e-3)
    assert found.se[0] > 0.01


@pytest.mark.parametrize("text", ["[]", "no", '{"estimates": [{"paths": "a.b"}], "covariance": [[1, 2]]}'])
def test_other_files_are_refused(economy, tmp_path, text):
    file = tmp_path / "other.json"
    file.write_text(text)
    with pytest.raises(InputError, match="no file of a calibration"):
        weights.read(file, Stationary(economy, INSTRUMENTS, GOALS))


def test_conditions_on_a_small_example():
    """Three instruments: one free, one at a bound that it presses against, one at a bound that it leaves."""
    jacobian = np.array([[2.0, 1.0, -2.0], [-1.0, 0.5, 1.0]])
    found = conditions(jacobian, sides(np.array([0.4, 1.0, 0.0])), 1)
    np.testing.assert_allclose(found.weights, [0.5])
    np.testing.assert_allclose(found.left, [0.0, 0.0, 0.0], atol=1e-12)
    assert found.free.tolist() == [True, False, True]
    negative = conditions(np.array([[1.0], [1.0]]), np.zeros(1), 1, positive=False)
    assert (negative.weights[0], negative.residual) == pytest.approx((-1.0, 0.0))
    assert conditions(np.array([[1.0], [1.0]]), np.zeros(1), 1).residual == pytest.approx(1.0)
