"""The calibration of China that comes with the package, and the economy that it gave."""

import re
from pathlib import Path

import numpy as np
import pytest

import dirigiste as dg
from dirigiste import economy as economies
from dirigiste.fit.estimation.search import Found
from dirigiste.fit.inference.errors import infer
from dirigiste.fit.moments import loader
from dirigiste.fit.output.calibration import Calibration
from dirigiste.fit.output.files import economy_file
from dirigiste.results.equilibria.sensitivity import values

PAGE = Path(__file__).parents[2] / "docs" / "china-estimate.md"


@pytest.fixture(scope="module")
def plan():
    return loader.load("china-2019", dg.load("china-2019"))


@pytest.fixture(scope="module")
def solved(configured, plan):
    """Moments of the estimated economy, by name."""
    found = values(dg.solve("china-2019-estimated"))
    return {moment.name: float(moment.of.value(found)) for moment in plan.moments}


def test_every_shipped_calibration_can_be_read(plan):
    assert loader.shipped() == ["china-2019"]
    assert (len(plan.parameters), len(plan.targeted)) == (12, 16)
    assert all(moment.source for moment in plan.moments)
    assert all(moment.se_assumed for moment in plan.moments)  # no source publishes any


def test_only_what_was_estimated_differs_from_the_economy_that_it_extends(plan):
    old, new = dg.load("china-2019"), dg.load("china-2019-estimated")
    paths = {path for parameter in plan.parameters for path in parameter.paths}
    before = {parameter.path: parameter.value for parameter in old.parameters()}
    after = {parameter.path: parameter.value for parameter in new.parameters()}
    assert {path for path in after if after[path] != before[path]} == paths
    assert {new.sources[path].source for path in paths} == {"estimated: calibration china-2019"}
    assert old.with_({path: after[path] for path in paths}).hash == new.hash


def test_the_estimated_economy_fits_as_the_page_says(plan, solved):
    row = r"^\| `(\w+)`[^|]*\| (\S+) \| (\S+) \| (\S+) \| (\S+) \|"
    rows = re.findall(row, PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    shown = {name: [float(cell.replace("−", "-")) for cell in cells] for name, *cells in rows}
    assert shown.keys() == solved.keys()
    for moment in plan.moments:
        target, se, model, t = shown[moment.name]
        assert (target, se) == (moment.target, moment.se)
        assert solved[moment.name] == pytest.approx(model, rel=1e-3)
        assert t == pytest.approx((solved[moment.name] - target) / se, abs=0.02)
        assert (abs(t) < 2.0) == moment.targeted


def test_a_calibration_of_a_shipped_economy_writes_what_it_changes(plan):
    """Numbers here are made up; the file extends the shipped economy and gives back the same one."""
    x = plan.start * 1.01
    values = np.array([moment.target for moment in plan.moments])
    jacobian = np.random.default_rng(0).standard_normal((len(values), len(x)))
    inference = infer(plan, x, values, jacobian)
    found = Found(tuple(plan.start), tuple(x), 1.0, 1, 0, "done", converged=True)
    assumed = np.zeros((len(values), len(plan.assumed)))
    result = Calibration(plan, x, values, jacobian, inference, (), (found,), 0, 1.0, 0, assumed)
    text = economy_file(result)
    assert "extends: china-2019\nname: china-2019-estimated" in text
    again = economies.loads(text)
    assert again.hash == result.economy.hash
    assert again.sources == result.economy.sources


@pytest.mark.slow
def test_estimates_are_a_minimum(plan, solved):
    """At the estimates the distance is that of the page, and its derivatives promise no smaller one."""
    from dirigiste.fit.estimation.evaluation import Evaluator
    from dirigiste.fit.estimation.kept import Kept

    new = dg.load("china-2019-estimated")
    x = np.array([new.get(parameter.paths[0]) for parameter in plan.parameters])
    evaluator = Evaluator(plan, Kept(None, plan.hash))
    moments, jacobian = evaluator.moments(x), evaluator.jacobian(x)
    np.testing.assert_allclose(moments, list(solved.values()), rtol=1e-5)
    inference = infer(plan, x, moments, jacobian)
    said = f"J is {inference.j:.1f} with {inference.degrees} degrees of freedom"
    assert said in PAGE.read_text(encoding="utf-8")
    miss = moments[:16] - [moment.target for moment in plan.targeted]
    step = inference.influence @ miss
    for n in plan.priors:
        parameter = plan.parameters[n]
        z = plan.to_scale(x)[n] - parameter.scale.of(parameter.prior.mean)
        slope = parameter.scale.slope(plan.to_scale(x)[n])
        step += inference.covariance[:, n] * z / parameter.prior.sd**2 / slope
    assert (np.abs(step) < 0.2 * inference.se).all(), step / inference.se
