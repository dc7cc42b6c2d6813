"""Paths as Datasets: the formulas of an equilibrium step by step, names and units, times between steps."""

import datetime as dt

import numpy as np
import pytest

import dirigiste as dg
import fake_course
from chronicles import VILLAGE, told
from dirigiste import economy as economies
from dirigiste.numerics.setup import arrays
from dirigiste.numerics.stationary import certificate
from dirigiste.results.quantities import formulas, measures
from dirigiste.results.runs import paths

DATES = [dt.date(2021, 1, 1), dt.date(2021, 6, 1), dt.date(2023, 6, 1)]
PARAMETERS = {"statuses.free.collateral": 1.4, "edges.inspection.perceived": 0.05}


@pytest.fixture(scope="module")
def still(village):
    compiled, before, _, (point, _) = village
    path = paths.build(fake_course.constant(compiled, point, DATES, PARAMETERS), compiled)
    return path, paths.base(before, path)


@pytest.fixture(scope="module")
def course(village):
    compiled, _, _, points = village
    return fake_course.between(compiled, *points, DATES, [0.3, 0.8, 1.0], PARAMETERS)


@pytest.fixture(scope="module")
def moving(village, course):
    return paths.build(course, village[0])


def test_a_path_on_which_nothing_happens_is_the_economy_without_events(still):
    path, base = still
    assert set(base.data_vars) == set(path.data_vars)
    for name in path.data_vars:
        if not name.startswith("residual"):
            np.testing.assert_allclose(
                path[name], base[name].broadcast_like(path[name]).transpose(*path[name].dims),
                rtol=1e-10, atol=1e-13, err_msg=name,
            )  # fmt: skip


def test_the_economy_without_events_is_the_equilibrium(still, village):
    base, before = still[1], village[1]
    assert float(base["output"]) == before.aggregates["output"]
    assert float(base["wage"]) == before.prices["wage"]
    assert float(base["silence"]) == before.aggregates["silence"]
    assert float(base["mpk_by_status"].sel(status="free")) == before.statuses["mpk"].sel(status="free")
    assert float(base["investment_by_status"].sum()) == pytest.approx(0.06 * before.aggregates["capital"])
    assert base["parameter_value"].values.tolist() == list(PARAMETERS.values())


def test_statuses_sum_to_the_whole_and_ratios_hold(moving):
    for name in ("output", "capital", "labor", "credit", "wealth", "entrepreneurs", "consumption"):
        np.testing.assert_allclose(moving[f"{name}_by_status"].sum("status"), moving[name])
    np.testing.assert_allclose(moving["mass_by_status"].sum("status"), 1.0)
    np.testing.assert_allclose(moving["credit_output"], moving["credit"] / moving["output"])
    np.testing.assert_allclose(moving["labor_share"], moving["wage"] * moving["labor"] / moving["output"])
    np.testing.assert_allclose(
        np.log(moving["tfp_efficient"] / moving["tfp"]),
        moving["tfp_loss_within"] + moving["tfp_loss_between"],
    )
    loyal = moving["output_by_status"].sel(status="loyal")
    np.testing.assert_allclose(moving["control"], loyal / moving["output"])
    abroad = moving["arc"].values[moving["destination"].values == "abroad"]
    carried = (moving["wealth_moved"] - moving["taken"]).sel(arc=abroad).sum("arc")
    np.testing.assert_allclose(moving["flight"], carried / moving["output"])


def test_closing_agrees_with_the_certificate_whatever_the_closure(village):
    compiled, _, _, (point, _) = village
    sums, declared = formulas.sums_of(point), formulas.facts(compiled)
    for closed, wage, transfer in ((True, True, True), (False, True, True), (True, False, False)):
        facts = declared._replace(open_interest=closed, open_wage=wage, open_transfer=transfer)
        given = compiled.given._replace(
            wage=np.nan if wage else 1.0,
            interest=np.nan if closed else 0.02,
            transfer=np.nan if transfer else 0.0,
        )
        other = type(compiled)(**{**vars(compiled), "given": given})
        expected = certificate.accounts_of(other, point)._asdict()
        for name, value in formulas.closing(facts, sums, point.prices.transfer)._asdict().items():
            assert float(value) == pytest.approx(expected[name], rel=1e-12, abs=1e-14), name


def test_parameters_that_move_enter_the_formulas(village):
    compiled, _, _, (point, _) = village
    course = fake_course.constant(compiled, point, DATES[:1])
    steps = course.grid.time.size
    ramp = np.linspace(0.95, 1.2, steps)
    plain = paths.build(course, compiled)
    moved = paths.build(course._replace(parameters={"statuses.loyal.productivity": ramp}), compiled)
    assert float(moved["tfp_efficient"][0]) == pytest.approx(float(plain["tfp_efficient"][0]))
    assert (moved["tfp_efficient"].diff("time") > 0).all()
    np.testing.assert_allclose(moved["parameter_value"].squeeze(), ramp)
    faster = paths.build(
        course._replace(parameters={"technology.delta": 2 * 0.06 * np.ones(steps)}), compiled
    )
    np.testing.assert_allclose(faster["investment_by_status"], 2 * plain["investment_by_status"])


@pytest.mark.parametrize("path", paths.FORMULA_PARAMETERS)
def test_places_hold_the_parameters_as_declared(village, path):
    compiled = village[0]
    declared = compiled.economy.get(path)
    value = formulas.facts(compiled).numbers[paths.FORMULA_PARAMETERS[path]]
    assert float(value) == (declared or 0.0)


def test_investment_is_change_and_depreciation_and_leaves_out_jumps(moving):
    capital, time = moving["capital_by_status"].values, moving["time"].values
    invested = moving["investment_by_status"].values - 0.06 * capital
    impact = int(np.flatnonzero(np.diff(moving["surprise"].values))[0]) + 1
    jump = abs((capital[impact] - capital[impact - 1]) / fake_course.BEFORE_IMPACT).max()
    assert jump > 10 * abs(invested).max()
    # over a stretch between surprises it adds up to the change of capital, up to the second order of steps
    middle = 0.5 * (invested[1:impact] + invested[: impact - 1])
    added = (middle * np.diff(time[:impact])[:, None]).sum(axis=0)
    np.testing.assert_allclose(added, capital[impact - 1] - capital[0], rtol=1e-2, atol=1e-8)


def test_every_variable_says_what_it_is(moving, village):
    names = {*measures.PATH, *measures.PATH_STATUS, *measures.PATH_ARC}
    names |= {*measures.PATH_PARAMETER, *measures.PATH_RESIDUAL}
    assert set(moving.data_vars) == names - {*measures.QUOTA}
    for name, variable in moving.data_vars.items():
        assert variable.attrs["units"], name
        assert variable.attrs["long_name"], name
        assert measures.explain(name), name
    assert moving["date"].values[0] == np.datetime64("2021-01-01")
    assert float(moving["year"][0]) == 2021.0


def test_quotas_give_a_spread_or_a_factor(village, course):
    compiled = village[0]
    u = course.u.copy()
    u[:, 3] = 0.02
    for by, spread, factor in (("spread", 0.02, 1.0), ("limit", 0.0, np.exp(-0.02))):
        layout = type(compiled.layout)(
            **{**vars(compiled.layout), "directed_of": "credit", "directed_by": by}
        )
        other = type(compiled)(**{**vars(compiled), "layout": layout})
        path = paths.build(course._replace(u=u), other)
        np.testing.assert_allclose(path["added_spread"], spread)
        np.testing.assert_allclose(path["limit_factor"], factor)


def test_times_between_steps(moving):
    time, output = moving["time"].values, moving["output"].values
    interpolated = paths.at(moving, [0.0, 0.5 * (time[1] + time[2]), time[-1]])
    np.testing.assert_allclose(interpolated["output"][[0, 2]], [output[0], output[-1]])
    assert float(interpolated["output"][1]) == pytest.approx(0.5 * (output[1] + output[2]), rel=1e-5)
    assert interpolated["output_by_status"].dims == ("time", "status")
    assert interpolated["output"].attrs == moving["output"].attrs


def test_parabolas_are_read_exactly_between_steps_and_never_across_a_surprise():
    known = np.array([0.0, 0.1, 0.3, 0.6, 1.0, 1.1, 1.5])
    stretch = np.array([0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0])
    values = np.where(stretch == 0.0, 1.0 + known - 0.5 * known**2, 5.0 - known**2)
    times = np.array([0.0, 0.05, 0.2, 0.5, 0.6, 1.0, 1.05, 1.4, 1.5])
    index, weights = paths.interpolation(known, stretch, times)
    expected = np.where(times < 0.99, 1.0 + times - 0.5 * times**2, 5.0 - times**2)
    np.testing.assert_allclose((weights * values[index]).sum(axis=1), expected, rtol=1e-12)
    index, weights = paths.interpolation(known, stretch, np.array([0.9]))  # straight on from the last step
    assert float((weights * values[index]).sum()) == pytest.approx(1.42 + 0.3 * (1.0 - 0.6))


def test_nothing_is_felt_of_the_end_of_a_pulse_before_its_date():
    """Middles of steps on both sides of a jump at 1: straight lines go on up to it from either side."""
    known = np.array([0.0, 0.3, 0.8, 1.1, 1.4, 1.8])
    stretch = np.array([0.0, 0.0, 0.0, 1.0, 1.0, 1.0])
    values = np.where(stretch == 0.0, 2.0 + known, 7.0 - 3.0 * known)
    times = np.array([0.5, 0.85, 0.999, 1.0, 1.05, 1.2])
    index, weights = paths.interpolation(known, stretch, times)
    expected = np.where(times < 1.0, 2.0 + times, 7.0 - 3.0 * times)
    np.testing.assert_allclose((weights * values[index]).sum(axis=1), expected, rtol=1e-12)


def test_on_the_date_of_a_surprise_stands_the_value_after_it(moving):
    step = int(np.flatnonzero(np.diff(moving["surprise"].values))[0]) + 1
    time = float(moving["time"][step])
    assert time == pytest.approx(151 / 365.25)
    for near in (time, time + 4e-7, time - 4e-7):
        assert float(paths.at(moving, [near])["output"][0]) == float(moving["output"][step])
    before = float(paths.at(moving, [time - 2e-4])["output"][0])
    assert before == pytest.approx(float(moving["output"][step - 1]), rel=1e-4)
    assert abs(before / float(moving["output"][step]) - 1) > 1e-4
    assert paths.at(moving, [time])["date"].values[0] == np.datetime64("2021-06-01")


@pytest.mark.parametrize(
    ("times", "word"), [([0, 10.1], "10.1 years"), ([-0.1], "0 or more"), ([np.nan], "nan")]
)
def test_times_off_the_path_are_refused(moving, times, word):
    with pytest.raises(dg.InputError, match=word) as caught:
        paths.at(moving, times)
    if word == "10.1 years":
        assert "beyond the horizon of the path, 10 years (2031-01-0" in str(caught.value)


def test_dates_are_of_the_day_whatever_the_rounding(village, course):
    grid = course.grid
    early = grid._replace(date=[date - dt.timedelta(microseconds=1) for date in grid.date])
    path = paths.build(course._replace(grid=early), village[0])
    assert path["date"].values[0] == np.datetime64("2021-01-01")
    assert int(path["year"][0]) == 2021


def test_horizons_of_centuries_keep_their_dates(village, course):
    grid = course.grid
    late = grid._replace(date=[*grid.date[:-1], dt.datetime(2400, 7, 1)])
    path = paths.build(course._replace(grid=late), village[0])
    assert path["date"].values[-1] == np.datetime64("2400-07-01")
    assert float(path["year"][-1]) == pytest.approx(2400.4973, abs=1e-3)


def test_calendar_years(moving):
    assert paths.years_from_start(moving, 2021.0) == 0.0
    assert paths.years_from_start(moving, 2022.0) == pytest.approx(365 / 365.25)
    assert paths.year_of(dt.datetime(2024, 7, 2)) == pytest.approx(2024.5)


def test_surprises_tell_how_they_were_solved(course):
    dataset = paths.surprises(course)
    assert dataset["rounds"].values.tolist() == [4, 5, 6]
    assert dataset["worst_market"].values.tolist() == ["labor"] * 3
    assert dataset["worst_date"].values[1] == np.datetime64("2021-06-01")
    assert dataset["date"].values[1] == np.datetime64("2021-06-01")


def test_loan_rates_are_interest_and_spreads_of_the_date(configured):
    """A spread that an event raises and that fades, beside one that stays."""
    economy = economies.loads(VILLAGE)
    change = {"parameter": "statuses.free.spread", "add": 0.01, "half_life": 1}
    run = dg.run(told(economy, ("2020-01-01", change)))
    rates, interest = run.path["loan_rate_by_status"], run.path["interest"].values
    moved = run.path["parameter_value"].sel(parameter="statuses.free.spread").values
    assert moved[0] > moved[-1] == pytest.approx(economy.get("statuses.free.spread"), abs=1e-9)
    np.testing.assert_allclose(rates.sel(status="free").values, interest + moved, rtol=1e-12)
    still = economy.get("statuses.loyal.spread")
    np.testing.assert_allclose(rates.sel(status="loyal").values, interest + still, rtol=1e-12)
    before = run.before.statuses["loan_rate"].sel(status="free")
    assert float(before) == run.before.prices["interest"] + economy.get("statuses.free.spread")


def test_a_quota_adds_to_the_loan_rates_of_others_only(economy):
    quota = {"to": ["loyal"], "share": 0.5, "of": "credit", "by": "spread"}
    directed = economy.with_({"closure.directed": quota})
    facts = formulas.facts(arrays.compile_economy(directed))
    rates = formulas.loan_rates(facts, {"interest": 0.02, "added_spread": 0.05})
    spreads = [directed.get(f"statuses.{name}.spread") for name in directed.statuses]
    added = [0.0 if name == "loyal" else 0.05 for name in directed.statuses]
    np.testing.assert_allclose(rates, 0.02 + np.array(spreads) + np.array(added))
