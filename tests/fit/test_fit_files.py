"""Calibration files: every fault at once, with its place, and what files of measured moments bring in."""

import jsonschema
import numpy as np
import pytest
from recovery import ECONOMY, file_of

from dirigiste.documents import reading
from dirigiste.errors import InputError
from dirigiste.fit.moments import loader
from dirigiste.fit.moments.scales import Scale
from dirigiste.fit.moments.schema import json_schema

GOOD = """
name: good
parameters:
  - {path: preferences.rho, bounds: [0.01, 0.2], transform: log}
moments:
  - {name: control, of: control, target: 0.5, se: 0.1, source: "Author (2020)"}
"""

MEASURED = """
format: 1
source: firms.csv
choices: {sigma: 3.0}
moments:
  - {name: gain, value: 0.4, se: 0.1, unit: share, rows: 10, definition: Gain, choices: x}
  - {name: "output_share[state]", value: 0.3, se: 0.05, unit: share, rows: 10, definition: Share, choices: x}
  - {name: sd_ln_tfpr, value: 0.6, se: null, unit: log, rows: 10, definition: Spread, choices: x}
standard_errors: bootstrap
covariance:
  names: [gain, "output_share[state]"]
  matrix: [[0.01, 0.002], [0.002, 0.0025]]
"""


def faults(text, file="fit.yaml"):
    with pytest.raises(InputError) as caught:
        loader.loads(text, ECONOMY, file=file)
    return [str(problem) for problem in caught.value.problems]


def test_a_good_file():
    plan = loader.loads(GOOD, ECONOMY)
    assert plan.parameters[0].start == 0.06
    assert plan.parameters[0].unit == "per year"
    assert plan.moments[0].unit == "share of output"
    assert not plan.moments[0].se_assumed
    np.testing.assert_allclose(plan.covariance, [[0.01]])


def test_faults_of_form_are_named_with_place_and_near_match():
    text = GOOD.replace("bounds:", "bound:").replace("target: 0.5", "target: half")
    assert faults(text) == [
        "fit.yaml:4:5 parameters.0.bounds: required, but missing (Lowest and highest value, [low, high])",
        "fit.yaml:4:29 parameters.0.bound: unknown key; did you mean `bounds`?",
        "fit.yaml:6:42 moments.control.target: must be a number, got text 'half'",
    ]


def test_faults_of_content_come_all_at_once():
    text = """
name: bad
parameters:
  - {path: statuses.loyal.colateral, bounds: [1, 2]}
  - {path: statuses.free.collateral, bounds: [0.5, 2.0]}
  - {path: statuses.loyal.spread, bounds: [0.1, 0.0]}
  - {path: edges.join.cost, also: [edges.speak.cost], bounds: [0.0, 1.0]}
  - {path: preferences.rho, bounds: [-1.0, 1.0], transform: log}
  - {path: edges.join.cost, bounds: [0.03, 1.0], start: 0.02}
moments:
  - {name: control, of: "contrl", target: 0.5, se: 0.1, source: x}
  - {name: control, of: "credit[loyl] / credit", target: 0.5, se: 0.1, source: x}
  - {name: output, of: output, target: 1.0, source: x}
  - {name: wage, of: wage, target: 1.0, se: 0.1}
  - {name: state, of: output, measured: gain}
  - {name: free, of: "2", se: 1, source: x}
"""
    found = faults(text)
    for expected in (
        "fit.yaml:4:12 parameters.0.path: the economy known has no parameter of this name; did you mean "
        "`statuses.loyal.collateral`?",
        "fit.yaml:5:47 parameters.1.bounds.0: the economy does not take 0.5: statuses.free.collateral: "
        "must be at least 1, got 0.5",
        "fit.yaml:6:35 parameters.2.bounds: the lower bound must be below the upper one; got [0.1, 0]",
        "fit.yaml:7:29 parameters.3.also: parameters that are tied differ in the economy "
        "(edges.join.cost 0.02, edges.speak.cost 0.09); say where to `start`",
        "fit.yaml:8:29 parameters.4.bounds: must be at least 0 with `transform: log`; got [-1, 1]",
        "fit.yaml:9:57 parameters.5.start: the start, 0.02, must lie between the bounds 0.03 and 1",
        "fit.yaml:9:5 parameters.5: `edges.join.cost` is estimated twice; once is enough",
        "fit.yaml:11:25 moments.control.of: there is no outcome `contrl`; did you mean `control`?",
        "fit.yaml:12:5 moments.control: `control` is the name of two moments; each needs its own",
        "fit.yaml:12:25 moments.control.of: there is no outcome `credit[loyl]`; did you mean "
        "`credit[loyal]`?",
        "fit.yaml:13:5 moments.output: needs `se`, its standard error; an assumed one is {value: ..., "
        "source: assumption}",
        "fit.yaml:14:5 moments.wage: needs `source`: where the target comes from; or `assumption`",
        "fit.yaml:15:41 moments.state.measured: which file? name it at the top: `measured: moments.yaml`",
        "fit.yaml:16:22 moments.free.of: `2` uses no outcome",
        "fit.yaml:16:5 moments.free: needs a `target`, or `measured`: the name of a moment of firm data",
    ):
        assert expected in found, found


def test_too_few_moments():
    text = GOOD.replace("moments:", "  - {path: edges.join.cost, bounds: [0, 1]}\nmoments:")
    assert faults(text) == [
        "fit.yaml:6:1 moments: 2 parameters need at least as many moments and priors; there are 1 moments "
        "that count and 0 priors"
    ]
    loader.loads(text.replace("[0, 1]}", "[0, 1], prior: {mean: 0.1, sd: 0.1}}"), ECONOMY)


def test_sources_of_numbers_themselves_are_taken():
    text = GOOD.replace('target: 0.5, se: 0.1, source: "Author (2020)"', (
        "target: {value: 0.5, source: Book}, se: {value: 0.1, source: assumption, note: wide}"
    ))
    moment = loader.loads(text, ECONOMY).moments[0]
    assert (moment.source, moment.se_source, moment.se_assumed) == ("Book", "assumption", True)


def test_covariance_of_the_file():
    more = '  - {name: credit, of: credit_output, target: 1.0, source: x}\n'
    covariance = "covariance: {names: [credit, control], matrix: [[0.04, 0.01], [0.01, 0.01]]}\n"
    plan = loader.loads(GOOD + more + covariance, ECONOMY)
    assert plan.moments[1].se == pytest.approx(0.2)
    np.testing.assert_allclose(plan.covariance, [[0.01, 0.01], [0.01, 0.04]])
    for wrong, message in (
        (("0.01, 0.01]]", "0.02, 0.01]]"), "covariance.matrix: must be symmetric"),
        (("0.01, 0.01]]", "0.01, 0.02]]"), "the variance of `control` must be the square of its `se`, 0.01"),
        (("0.01], [0.01", "0.02], [0.02"), "is not positive definite"),
        (("[credit, control]", "[credit, contrl]"), "no moment that counts is called `contrl`; did you mean"),
        ((", [0.01, 0.01]]", "]"), "must have 2 rows of 2 numbers"),
    ):
        assert wrong[0] in covariance
        assert any(message in fault for fault in faults(GOOD + more + covariance.replace(*wrong)))


def test_measured_moments_bring_their_covariance(tmp_path):
    (tmp_path / "measured.yaml").write_text(MEASURED)
    text = "measured: measured.yaml\n" + GOOD + (
        '  - {name: state, measured: "output_share[state]", of: "output_share[loyal]"}\n'
        "  - {name: gain, measured: gain, of: tfp_loss_between}\n"
    )
    plan = loader.loads(text, ECONOMY, file=str(tmp_path / "fit.yaml"))
    state = plan.moments[1]
    assert (state.target, state.se, state.quality) == (0.3, pytest.approx(0.05), "measured")
    assert state.source == "firms.csv: Share"
    np.testing.assert_allclose(
        plan.covariance, [[0.01, 0.0, 0.0], [0.0, 0.0025, 0.002], [0.0, 0.002, 0.01]], atol=1e-15
    )
    file = str(tmp_path / "fit.yaml")
    found = faults(text.replace("measured: gain", "measured: gains"), file)
    message = "measured.yaml has no moment of this name; did you mean `gain`?"
    assert found == [f"{file}:9:28 moments.gain.measured: {message}"]
    found = faults(text.replace("measured: gain", "measured: sd_ln_tfpr"), file)
    assert "measured.yaml has no standard error of it; measure with a bootstrap" in found[0]
    found = faults(text.replace("measured: measured", "measured: missing"), file)
    assert "missing.yaml: no such file" in found[0]
    (tmp_path / "measured.yaml").write_text(MEASURED.replace("value: 0.4", "value: much"))
    assert "measured.yaml:6:25 moments.gain.value: " in faults(text, file)[0]


def test_files_of_newer_formats_are_refused():
    assert "install a newer dirigiste" in faults("schema_version: 99\n" + GOOD)[0]


def test_the_schema_takes_good_files_and_refuses_bad_ones():
    validator = jsonschema.Draft202012Validator(json_schema())
    validator.check_schema(json_schema())
    good = reading.parse(file_of({"control": 0.5, "loyal": 0.4})).plain()
    assert list(validator.iter_errors(good)) == []
    sourced = {**good, "moments": [{**good["moments"][0], "se": {"value": 0.1, "source": "assumption"}}]}
    assert list(validator.iter_errors(sourced)) == []
    assert list(validator.iter_errors({**good, "moment": []}))


@pytest.mark.parametrize("transform", ["none", "log", "logit"])
def test_scales_go_back_and_have_their_slopes(transform):
    scale = Scale(transform, 0.5, 3.0)
    for x in (0.6, 1.0, 2.9):
        z = scale.of(x)
        assert scale.back(z) == pytest.approx(x, rel=1e-14)
        assert scale.slope(z) == pytest.approx((scale.back(z + 1e-6) - scale.back(z - 1e-6)) / 2e-6, rel=1e-8)
    assert scale.of(0.5) == (-np.inf if transform == "logit" else scale.bounds[0])


def test_what_is_assumed_has_a_range_around_its_value():
    text = GOOD + (
        "assumed:\n"
        "  - {path: technology.delta, range: [0.05, 0.07]}\n"
        "  - {path: technology.alpha, range: [0.5, 0.6]}\n"
        "  - {path: technology.etta, range: [0.5, 0.6]}\n"
        "  - {path: preferences.rho, range: [0.05, 0.07]}\n"
    )
    assert faults(text) == [
        "fit.yaml:9:30 assumed.1.range: must hold the value in the economy, 0.4; got [0.5, 0.6]",
        "fit.yaml:10:12 assumed.2.path: the economy known has no parameter of this name; did you mean "
        "`technology.eta`?",
        "fit.yaml:11:12 assumed.3.path: is estimated, so not assumed",
    ]
