"""Calibrations on moments of economies whose parameters are known."""

import json
import math

import numpy as np
import pytest
from recovery import ECONOMY, OF, PARAMETERS, RELATIVE, TRUE, file_of, moments_of, noisy

import dirigiste as dg
from chronicles import told
from dirigiste import economy as economies
from dirigiste.errors import InputError, NotConverged
from dirigiste.fit.chronicles import loader as uncertain
from dirigiste.fit.chronicles.draws import sample
from dirigiste.fit.estimation import evaluation, kept, search
from dirigiste.fit.moments import loader

SEEDS = range(3)


def calibrated(targets, parameters=PARAMETERS, **options):
    return dg.calibrate(ECONOMY, loader.loads(file_of(targets, parameters), ECONOMY), **options)


def off(result):
    """Estimates less the truth, in standard errors."""
    return (result.x - list(TRUE.values())) / result.inference.se


def test_known_parameters_are_found(exact):
    assert exact.converged
    np.testing.assert_allclose(exact.x, list(TRUE.values()), rtol=1e-4)
    np.testing.assert_allclose(exact.misses, 0.0, atol=1e-3)
    assert exact.inference.j < 1e-5
    assert (exact.inference.degrees, exact.inference.p) == (2, pytest.approx(1.0))
    assert exact.searches[0].failed == 0


def test_derivatives_are_those_of_solved_moments(exact):
    step, k = 1e-4, 3
    ends = []
    for sign in (-1, 1):
        x = exact.x.copy()
        x[k] *= 1 + sign * step
        ends.append(np.array(list(moments_of(ECONOMY.with_(exact.plan.changes(x))).values())))
    expected = (ends[1] - ends[0]) / (2 * step * exact.x[k])
    np.testing.assert_allclose(exact.jacobian[:, k], expected, rtol=2e-3, atol=2e-3 * np.abs(expected).max())


def test_ties_move_together(exact):
    new = exact.economy
    assert new.get("statuses.critic.spread") == new.get("statuses.free.spread")
    first, other = new.sources["statuses.free.spread"], new.sources["statuses.critic.spread"]
    assert first.source == other.source == "estimated: calibration recovery"
    assert other.note == f"{first.note}; the same as statuses.free.spread"


def test_estimates_lie_within_their_errors_and_are_linear_in_noise(exact, truth):
    """Noise of the moments moves estimates as their influence says."""
    results = [calibrated(noisy(truth, seed)) for seed in SEEDS]
    deviations = np.array([off(result) for result in results])
    assert np.abs(deviations).max() < 3.5
    assert 0.5 < np.sqrt(np.mean(deviations**2)) < 1.5
    for seed, result in zip(SEEDS, results, strict=True):
        noise = np.array(list(noisy(truth, seed).values())) - list(truth.values())
        predicted = exact.inference.influence @ noise / exact.inference.se
        np.testing.assert_allclose((result.x - exact.x) / exact.inference.se, predicted, atol=0.2)
        assert 0.0 < result.inference.p < 1.0
        assert result.inference.degrees == 2


@pytest.mark.slow
def test_coverage(truth):
    """Intervals of 95 % cover in about 95 of 100 replications, and J is chi-squared."""
    results = [calibrated(noisy(truth, seed)) for seed in range(1000, 1200)]
    true = np.array(list(TRUE.values()))
    low, high = (np.array([getattr(r.inference, end) for r in results]) for end in ("low", "high"))
    covered = ((low <= true) & (true <= high)).mean(axis=0)
    # three standard errors of a share of .95 in 200 draws are .046
    assert (np.abs(covered - 0.95) < 0.046).all(), covered
    together = np.array([r.wald(TRUE)[1] for r in results])
    assert abs((together >= 0.05).mean() - 0.95) < 0.046
    p = np.array([r.inference.p for r in results])
    assert abs((p < 0.1).mean() - 0.1) < 0.064


def test_a_pair_that_moves_one_moment_only_is_named(truth):
    """Costs of joining and of leaving work through the share of the loyal: up together they leave it."""
    parameters = """
name: pair
parameters:
  - {path: edges.join.cost, name: join, bounds: [0.0, 1.0]}
  - {path: edges.leave.cost, name: leave, bounds: [0.0, 1.0]}
  - {path: preferences.rho, name: rho, bounds: [0.01, 0.2], transform: log}
moments:
"""
    names = ("loyal", "capital_output", "credit_output")
    text = file_of({name: truth[name] for name in names}, parameters, relative=0.01)
    result = dg.calibrate(ECONOMY, loader.loads(text, ECONOMY))
    weakest, other = result.directions[:2]
    assert weakest.moves.keys() == other.moves.keys() == {"join", "leave"}
    assert weakest.moves["join"] * weakest.moves["leave"] > 0 > other.moves["join"] * other.moves["leave"]
    assert other.singular > 4.0 * weakest.singular
    assert weakest.text.startswith("weakly identified: `leave` up by 10 % and `join` up by ")
    assert weakest.text.endswith(" standard errors")
    assert result.unidentified[0] is weakest


def test_joint_sets_are_where_the_statistic_of_wald_has_its_quantile(exact):
    """On the edge of a set of 95 % the probability of a larger statistic is 5 %; estimates are the centre."""
    edge = exact.confidence_set("collateral", "spread")
    for n in (0, 40, 100, 163):
        assert exact.wald(edge.iloc[n].to_dict())[1] == pytest.approx(0.05, rel=1e-6)
    statistic, p = exact.wald(dict(zip(TRUE, exact.x, strict=True)))
    assert (statistic, p) == (pytest.approx(0.0, abs=1e-20), pytest.approx(1.0))
    inner = exact.confidence_set("collateral", "spread", level=0.5)
    assert edge["spread"].max() > inner["spread"].max() > exact.x[2] > inner["spread"].min()


def test_the_widest_ends_of_a_joint_set(exact):
    """They lie sqrt(chi-squared quantile) standard errors from the estimate: 2.448 with two parameters."""
    edge = exact.confidence_set("cost", "spread")
    for k, name in ((1, "cost"), (2, "spread")):
        reach = (edge[name].max() - exact.x[k]) / exact.inference.se[k]
        assert reach == pytest.approx(2.4477, rel=1e-3)


def test_one_value_has_the_statistic_of_its_t(exact):
    value = exact.x[2] + 1.5 * exact.inference.se[2]
    statistic, p = exact.wald({"spread": value})
    assert statistic == pytest.approx(2.25)
    assert p == pytest.approx(0.13361, rel=1e-4)


def test_correlation_is_that_of_the_covariance(exact):
    frame = exact.correlation()
    assert list(frame.columns) == list(frame.index) == list(TRUE)
    se = exact.inference.se
    np.testing.assert_allclose(frame.to_numpy() * np.outer(se, se), exact.inference.covariance, rtol=1e-12)


def test_faults_of_joint_sets_are_named(exact, truth):
    with pytest.raises(InputError, match="did you mean `spread`"):
        exact.confidence_set("cost", "spred")
    with pytest.raises(InputError, match="named twice"):
        exact.confidence_set("cost", "cost")
    with pytest.raises(InputError, match="between 0 and 1, got 95"):
        exact.confidence_set("cost", "spread", level=95)
    parameters = PARAMETERS.replace("bounds: [0.0, 0.2]}", "bounds: [0.0, 0.012], start: 0.01}")
    bound = calibrated(truth, parameters)
    with pytest.raises(InputError, match=r"spread: has no standard error"):
        bound.wald({"cost": 0.02, "spread": 0.02})
    assert np.isnan(bound.correlation().loc["spread"]).all()


def test_a_parameter_without_effect_is_not_identified(truth):
    """What emigration costs where nobody can emigrate."""
    economy = ECONOMY.with_({"edges.emigrate.rate": 0.0})
    text = file_of(
        truth,
        "name: idle\nparameters:\n"
        "  - {path: edges.emigrate.cost, name: cost, bounds: [0.0, 1.0]}\n"
        "  - {path: preferences.rho, name: rho, bounds: [0.01, 0.2], transform: log}\nmoments:\n",
    )
    result = dg.calibrate(economy, loader.loads(text, economy))
    weakest = result.directions[0]
    assert not weakest.identified
    assert weakest.text == "not identified: `cost` up by 10 % alone leaves all moments where they are"
    assert math.isinf(result.inference.se[0])
    assert (result.inference.low[0], result.inference.high[0]) == (0.0, 1.0)
    assert 0.0 < result.inference.se[1] < 0.01
    assert result.inference.degrees == 5
    assert "not identified by the moments" in result.economy.sources["edges.emigrate.cost"].note


def test_priors_add_their_precision(exact, truth):
    parameters = PARAMETERS.replace("start: 0.025}", "start: 0.025, prior: {mean: 0.02, sd: 0.001}}")
    assert parameters != PARAMETERS
    result = calibrated(truth, parameters)
    slopes = exact.plan.slopes(exact.plan.to_scale(exact.x))
    assert slopes[1] == 1.0
    without = np.linalg.inv(exact.inference.covariance)
    without[1, 1] += 1.0 / 0.001**2
    np.testing.assert_allclose(result.inference.covariance, np.linalg.inv(without), rtol=1e-2)
    assert result.inference.degrees == 3


def test_an_estimate_at_its_bound_has_no_error(truth):
    parameters = PARAMETERS.replace("bounds: [0.0, 0.2]}", "bounds: [0.0, 0.012], start: 0.01}")
    assert parameters != PARAMETERS
    result = calibrated(truth, parameters)
    assert result.inference.at_bound == (False, False, True, False)
    assert result.x[2] == pytest.approx(0.012, rel=1e-3)
    frame = result.estimates().set_index("parameter")
    assert math.isnan(frame.loc["spread", "se"])
    assert frame.loc["collateral", "se"] > 0
    assert np.isnan(result.influence().loc["spread"]).all()
    assert result.inference.degrees == 3


def test_influence_is_the_derivative_of_estimates(exact, truth):
    name = "capital_output"
    moved = calibrated({**truth, name: truth[name] * (1 + 0.1 * RELATIVE)})
    column = list(OF).index(name)
    change = (moved.x - exact.x) / (truth[name] * 0.1 * RELATIVE)
    expected = exact.inference.influence[:, column]
    np.testing.assert_allclose(change, expected, atol=0.02 * np.abs(expected).max())


def test_failures_shorten_steps_and_are_counted(truth, monkeypatch):
    """The first step ends where the economy cannot be solved, as it happens far from an equilibrium."""
    solved, tried = evaluation.solve, []

    def fragile(economy, **options):
        tried.append(economy)
        if len(tried) == 3:  # after the economy as declared, and the start
            raise NotConverged("no prices clear")
        return solved(economy, **options)

    monkeypatch.setattr(evaluation, "solve", fragile)
    result = calibrated(truth)
    np.testing.assert_allclose(result.x, list(TRUE.values()), rtol=1e-4)
    assert result.searches[0].failed == 1
    shown = {row[0]: row[3] for row in result.tables()[-1].rows}
    assert shown == {"1 (best)": "1"}
    step = [np.array(list(result.plan.changes(x).values())) for x in _tried(result.plan, tried[1:4])]
    np.testing.assert_allclose(step[2][1] - step[0][1], 0.5 * (step[1][1] - step[0][1]), rtol=1e-12)


def _tried(plan, tried):
    """Parameters of economies that were tried."""
    return [[economy.get(parameter.paths[0]) for parameter in plan.parameters] for economy in tried]


def test_a_search_that_is_stuck_says_so(truth, monkeypatch):
    solved = evaluation.solve

    def walled(economy, **options):
        if economy.get("preferences.rho") < 0.0605:
            raise NotConverged("too patient")
        return solved(economy, **options)

    monkeypatch.setattr(evaluation, "solve", walled)
    result = calibrated(truth)
    assert not result.converged
    assert "stuck at parameters beyond which the economy cannot be solved" in repr(result)


def test_starts_that_fail_are_told(truth, monkeypatch):
    def failing(economy, **options):
        raise NotConverged("nothing clears")

    monkeypatch.setattr(evaluation, "solve", failing)
    with pytest.raises(NotConverged, match="start 2: the start cannot be solved: nothing clears"):
        calibrated(truth, starts=2)


def test_several_starts_lead_to_the_same_place(truth, exact):
    bounds = PARAMETERS.replace("[1.0, 5.0]", "[1.5, 2.5]").replace("[0.01, 0.2]", "[0.05, 0.07]")
    bounds = bounds.replace("[0.0, 0.5]", "[0.0, 0.05]").replace("[0.0, 0.2]", "[0.01, 0.05]")
    result = calibrated(truth, bounds, starts=3, seed=3)
    assert len(result.searches) == 3
    assert len({one.start for one in result.searches}) == 3
    for one in result.searches:
        np.testing.assert_allclose(one.x, list(TRUE.values()), rtol=1e-2)
    np.testing.assert_allclose(result.x, exact.x, rtol=1e-3)


def test_starts_are_spread_within_bounds_and_follow_the_seed(truth):
    plan = loader.loads(file_of(truth), ECONOMY)
    points = np.array(search.starts(plan, 9, 1))
    assert points.shape == (9, 4)
    np.testing.assert_array_equal(points[0], plan.start)
    np.testing.assert_array_equal(points, search.starts(plan, 9, 1))
    assert (points[1:] != np.array(search.starts(plan, 9, 2))[1:]).all()
    bounds = np.array([(p.scale.low, p.scale.high) for p in plan.parameters])
    assert ((points >= bounds[:, 0]) & (points <= bounds[:, 1])).all()
    share = (points[1:, 1] - bounds[1, 0]) / (bounds[1, 1] - bounds[1, 0])
    assert sorted(np.floor(share * 8)) == list(range(8))
    log_share = np.log(points[1:, 3] / 0.01) / np.log(20)
    assert sorted(np.floor(log_share * 8)) == list(range(8))


class StopAfter:
    """Stops the program at an evaluation."""

    def __init__(self, count):
        self.left = count

    def __call__(self, stage, round_, residual):
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt


def test_a_calibration_that_was_stopped_goes_on_to_the_same_numbers(truth, tmp_path, monkeypatch):
    targets = noisy(truth, 1)
    whole = calibrated(targets)
    with pytest.raises(KeyboardInterrupt):
        calibrated(targets, folder=tmp_path, progress=StopAfter(3))
    lines = (tmp_path / kept.EVALUATIONS).read_text().splitlines()
    assert len(lines) >= 4
    (tmp_path / kept.EVALUATIONS).write_text("\n".join(lines) + '\n{"key": "0x1.8')  # cut short
    solved = evaluation.solve
    count = 0

    def counting(economy, **options):
        nonlocal count
        count += 1
        return solved(economy, **options)

    monkeypatch.setattr(evaluation, "solve", counting)
    resumed = calibrated(targets, folder=tmp_path)
    assert resumed.x.tolist() == whole.x.tolist()
    assert resumed.jacobian.tolist() == whole.jacobian.tolist()
    assert resumed.searches == whole.searches
    assert 0 < count < whole.searches[0].evaluations
    count = 0
    again = calibrated(targets, folder=tmp_path)
    assert count == 0
    assert again.to_json() == whole.to_json()


def test_a_folder_of_another_calibration_is_refused(truth, tmp_path):
    kept.Kept(tmp_path, "something else")
    with pytest.raises(InputError, match="holds a calibration of other parameters, moments or numbers"):
        calibrated(truth, folder=tmp_path)


def test_progress_says_how_long(truth):
    seen = []
    calibrated(truth, progress=lambda stage, round_, residual: seen.append(stage), most=3)
    assert len(seen) == 3
    assert "about" in seen[0]
    assert "left · start 1 of 1" in seen[0]


def test_a_search_that_is_cut_says_so(truth):
    result = calibrated(truth, most=2)
    assert not result.converged
    assert "The search did not end by itself: stopped after 2 evaluations." in repr(result)


def test_what_is_written(exact, tmp_path):
    exact.save(tmp_path)
    assert (tmp_path / "joint.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "correlation.csv").read_text().startswith("parameter,collateral,cost,spread,rho\n")
    content = json.loads((tmp_path / "calibration.json").read_text())
    assert content["estimates"][0]["estimate"] == exact.x[0]
    assert content["moments"][2]["of"] == OF["loyal_credit"]
    assert content["identification"][0]["text"] == exact.directions[0].text
    again = economies.load(tmp_path / "economy.yaml")
    assert again.hash == exact.economy.hash
    assert again.get("statuses.loyal.collateral") == pytest.approx(2.0, rel=1e-4)
    assert again.sources["edges.join.cost"].note.startswith("standard error ")
    text = (tmp_path / "economy.yaml").read_text()
    assert "# Estimated are 4 parameters on 6 moments" in text
    for name in ("fit", "influence"):
        assert (tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    markdown = (tmp_path / "calibration.md").read_text()
    assert "## Estimates" in markdown
    assert "| control | " in markdown
    assert (tmp_path / "fit.csv").read_text().count("\n") == 7


def test_estimates_are_uncertain_numbers_of_chronicles(exact, tmp_path):
    exact.save(tmp_path)
    economy = economies.load(tmp_path / "economy.yaml")
    made = told(economy, ("2020-01-01", {"parameter": "statuses.free.collateral", "multiply": 0.9}))
    plan = uncertain.load(tmp_path / "numbers.yaml", made)
    assert plan.names == [path for parameter in exact.plan.parameters for path in parameter.paths]
    assert plan.at(plan.mean).baseline.hash == economy.hash
    slopes = exact.plan.slopes(exact.plan.to_scale(exact.x))
    covariance = exact.inference.covariance / np.outer(slopes, slopes)
    every = [0, 1, 2, 2, 3]  # the third is that of two statuses
    np.testing.assert_allclose(plan.covariance, covariance[np.ix_(every, every)], rtol=1e-9, atol=1e-15)
    drawn = sample(plan, 100, 0)
    np.testing.assert_allclose(drawn[:, 2], drawn[:, 3], rtol=1e-6)


def test_moments_that_do_not_count_are_shown_alone(truth):
    text = file_of(truth) + '  - {name: wage, of: wage, target: 3.0, source: x, targeted: false}\n'
    result = dg.calibrate(ECONOMY, loader.loads(text, ECONOMY))
    np.testing.assert_allclose(result.x, list(TRUE.values()), rtol=1e-4)
    row = result.fit().set_index("moment").loc["wage"]
    assert not row["targeted"]
    assert row["model"] == pytest.approx(dg.solve(ECONOMY).prices["wage"], rel=1e-4)
    assert result.inference.influence.shape == (4, 6)


def test_assumed_numbers_move_estimates_as_said(truth):
    """Calibrated at another value of what is assumed, estimates are where the first calibration puts them."""
    assumed = "assumed:\n  - {path: technology.delta, name: delta, range: [0.0599, 0.0601]}\n"
    text = file_of(truth) + assumed
    first = dg.calibrate(ECONOMY, loader.loads(text, ECONOMY))
    other = ECONOMY.with_({"technology.delta": 0.0601})
    second = dg.calibrate(other, loader.loads(file_of(truth), other))
    row = first.assumptions().iloc[0]
    assert (row["assumed"], row["value"], row["low"], row["high"]) == ("delta", 0.06, 0.0599, 0.0601)
    expected = (second.x - first.x) / first.inference.se
    found = 0.5 * row[list(TRUE)].to_numpy(dtype=float)
    np.testing.assert_allclose(found, expected, atol=0.05 * np.abs(expected).max())
    assert np.abs(expected).max() > 0.01
    assert first.to_json()["assumptions"][0]["rho"] == pytest.approx(row["rho"])
    assert any(table.title.startswith("Assumptions") for table in first.tables())


def test_the_posterior_of_a_nearly_linear_model_is_the_normal_one(truth):
    """With moments that are known well the normal approximation holds, and draws are worth nearly all."""
    head = PARAMETERS.split("  - {path: edges")[0] + "moments:\n"
    moments = {name: truth[name] for name in ("control", "credit_output", "capital_output")}
    result = calibrated(moments, head, draws=60)
    posterior = result.posterior
    assert posterior.x.shape == (60, 1)
    assert (posterior.outside, posterior.failed) == (0, 0)
    assert 40 < posterior.effective <= 60
    se = result.inference.se[0]
    assert abs(posterior.mean()[0] - result.x[0]) < 4 * se / np.sqrt(posterior.effective)
    assert posterior.sd()[0] == pytest.approx(se, rel=0.35)
    assert posterior.quantiles(0.05)[0] < posterior.quantiles(0.5)[0] < posterior.quantiles(0.95)[0]
    assert any(table.title.startswith("Posterior: 60 draws") for table in result.tables())
    assert result.to_json()["posterior"]["draws"] == 60
    fewer = calibrated(moments, head, draws=3).posterior
    np.testing.assert_array_equal(fewer.x, posterior.x[:3])


def test_draws_outside_of_bounds_and_unsolved_count_nothing(truth, monkeypatch):
    head = PARAMETERS.split("  - {path: edges")[0].replace("[1.0, 5.0], transform: logit", "[1.5, 2.0003]")
    text = file_of({"control": truth["control"]}, head + "moments:\n", relative=0.01)
    solved = evaluation.solve

    def fragile(economy, **options):
        if economy.get("statuses.loyal.collateral") < 1.99:
            raise NotConverged("too little credit")
        return solved(economy, **options)

    plan = loader.loads(text.replace("start: 1.95", "start: 1.995"), ECONOMY)
    monkeypatch.setattr(evaluation, "solve", fragile)
    posterior = dg.calibrate(ECONOMY, plan, draws=20).posterior
    assert posterior.outside > 0
    assert posterior.failed > 0
    unsolved = np.isnan(posterior.moments[:, 0])
    assert unsolved.sum() == posterior.outside + posterior.failed
    assert (posterior.weights[unsolved] == 0.0).all()
    assert posterior.weights.sum() == pytest.approx(1.0)


def test_what_is_not_identified_has_no_posterior(truth):
    economy = ECONOMY.with_({"edges.emigrate.rate": 0.0})
    parameter = "  - {path: edges.emigrate.cost, name: cost, bounds: [0.0, 1.0]}"
    head = f"name: idle\nparameters:\n{parameter}\nmoments:\n"
    plan = loader.loads(file_of({"control": truth["control"]}, head), economy)
    with pytest.raises(InputError, match="not identified, so there is no posterior without a prior: cost"):
        dg.calibrate(economy, plan, draws=5)
