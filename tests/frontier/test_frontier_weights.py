"""Weights for which instruments would be best as they are, held against planted ones."""

import json

import numpy as np
import pytest
from frontier_tiny import GOALS, INSTRUMENTS
from scipy.optimize import minimize_scalar

from dirigiste.errors import InputError
from dirigiste.frontiers import weights
from dirigiste.frontiers.evaluation import Evaluator
from dirigiste.frontiers.optimality import conditions, sides
from dirigiste.frontiers.problem import Stationary

PLANTED = 0.26
"""Units of output for all control."""

RHO, SD = "preferences.rho", 0.004


@pytest.fixture(scope="module")
def planted(economy, configured):
    """The economy with limits that are best for a weight, found without derivatives."""
    problem = Stationary(economy, INSTRUMENTS, GOALS)

    def loss(collateral):
        control, output = problem.values(np.array([collateral, 0.05]))
        return -(output + PLANTED * control)

    best = minimize_scalar(loss, bounds=(1.45, 1.95), method="bounded", options={"xatol": 1e-4})
    return economy.with_(problem.changes(np.array([best.x, 0.05])))


def test_a_planted_weight_is_recovered(planted):
    found = weights.implied(Evaluator(Stationary(planted, INSTRUMENTS, GOALS)))
    assert found.weights[0] == pytest.approx(PLANTED, rel=0.01)
    assert found.alone[0, 0] == pytest.approx(PLANTED, rel=0.01)
    assert found.residual < 1e-6
    assert np.isnan(found.se).all()


def test_instruments_that_disagree_leave_a_residual(edge):
    found = edge.weights
    assert found.alone[0].min() < found.weights[0] < found.alone[0].max()
    assert found.residual > 0.05


def test_standard_errors_are_those_of_the_delta_method(planted, tmp_path):
    file = tmp_path / "calibration.json"
    file.write_text(json.dumps({"estimates": [{"paths": RHO}], "covariance": [[SD**2]]}))
    problem = Stationary(planted, INSTRUMENTS, GOALS)
    found = weights.implied(Evaluator(problem), weights.read(tmp_path, problem))
    rho = float(planted.get(RHO))
    low, high = (
        weights.implied(Evaluator(problem.on(planted.with_({RHO: rho + sign * 0.0005})))).weights[0]
        for sign in (-1, 1)
    )
    assert found.se[0] == pytest.approx(abs(high - low) / 0.001 * SD, rel=0.05)


@pytest.mark.parametrize("text", ["[]", "no", '{"estimates": [{"paths": "a.b"}], "covariance": [[1, 2]]}'])
def test_other_files_are_refused(economy, tmp_path, text):
    file = tmp_path / "other.json"
    file.write_text(text)
    with pytest.raises(InputError, match="no file of a calibration"):
        weights.read(file, Stationary(economy, INSTRUMENTS, GOALS))


def test_conditions_on_a_small_example():
    """Three instruments: one free, one at a bound that it presses against, one at a bound that it leaves."""
    jacobian = np.array([[2.0, 1.0, -1.0], [-1.0, 0.5, 0.5]])
    found = conditions(jacobian, sides(np.array([0.4, 1.0, 0.0])), 1)
    np.testing.assert_allclose(found.weights, [0.5])
    np.testing.assert_allclose(found.left, [0.0, 0.0, 0.0], atol=1e-12)
    assert found.free.tolist() == [True, False, True]
    negative = conditions(np.array([[1.0], [1.0]]), np.zeros(1), 1, positive=False)
    assert (negative.weights[0], negative.residual) == pytest.approx((-1.0, 0.0))
    assert conditions(np.array([[1.0], [1.0]]), np.zeros(1), 1).residual == pytest.approx(1.0)
