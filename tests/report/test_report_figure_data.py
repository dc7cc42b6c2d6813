"""What figures show, number by number, on the synthetic run."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr

from dirigiste.report.figure_data import assumptions, certificate, events, firms
from dirigiste.report.figure_data.table import Table


def test_events_are_numbered_by_date_and_stand_in_their_channels(run):
    first, second, third = events.dated(run)
    assert [item.event.title for item in (first, second, third)] == [
        "Less data lending",
        "A title",
        "A speech",
    ]
    assert first.channels == first.lasting == ("credit",)
    assert second.channels == ("fines", "fear")
    assert second.lasting == ("fines",)
    assert second.usd == 2.8e9
    assert third.channels == (events.NO_EFFECT,)
    assert events.lanes([first, second, third]) == ["credit", "fines", "fear", events.NO_EFFECT]
    assert "2 of 3\N{NO-BREAK SPACE}events change the model" in events.title(run)


def test_claims_stand_beside_the_record_with_the_number_of_their_event(run):
    (row,) = events.disagreements(run)
    assert (row.number, row.item.claim, row.item.record) == (2, "It was 3.", "It was 2.8.")


def test_a_density_integrates_to_the_share_of_positive_values():
    at = np.logspace(-4, 4, 4001)
    values, weights = np.array([0.0, 0.5, 20.0]), np.array([0.4, 0.3, 0.3])
    density = firms.density(values, weights, at)
    assert np.trapezoid(density, np.log10(at)) == pytest.approx(0.6, rel=1e-6)
    assert at[np.argmax(density[: at.size // 2])] == pytest.approx(0.5, rel=0.01)


def test_quantiles_of_weighted_values():
    values, weights = np.array([3.0, 1.0, 2.0]), np.array([0.2, 0.5, 0.3])
    assert firms.quantile(values, weights, 0.5) == 1.0
    assert firms.quantile(values, weights, 0.51) == 2.0
    assert firms.quantile(values, weights, 1.0) == 3.0
    assert math.isnan(firms.quantile(values, 0 * weights, 0.5))
    assert firms.below(values, weights, 2.0) == pytest.approx(0.5)


def test_employment_leaves_out_those_who_run_no_firm(run):
    curves = {curve.status: curve for curve in firms.employment(run)}
    assert set(curves) == {"inside", "plain", "loud"}
    assert curves["plain"].centre_before == 4.0
    assert curves["plain"].centre_after == 3.0
    assert firms.sizes_title(run).startswith("The median plain firm employs 3.00 workers, 4.00 before")


def test_wealth_counts_those_with_next_to_none(run):
    curves = {curve.status: curve for curve in firms.wealth(run)}
    # the cell of the node at 0 reaches to 0.25; of its 8 parts the first two lie below 0.05
    assert curves["held"].centre_before == pytest.approx(0.5 * 2 / 8)


def test_marginal_products_are_measured_from_the_user_cost(run):
    curves = {curve.status: curve for curve in firms.starved(run)}
    mass = np.array([0.5, 0.1, 0.1, 0.1, 0.1, 0.1])
    mpk = 0.1 + 0.3 / (1 + np.array([0.0, 0.5, 1.0, 2.0, 4.0, 8.0]))
    assert curves["plain"].centre_before == pytest.approx(float(mass @ mpk) - 0.08)
    line = curves["plain"].before[np.isfinite(curves["plain"].before)]
    assert np.all(np.diff(line) < 1e-12)


def test_every_parameter_is_listed_with_what_it_rests_on(run):
    rows = {row.path: row for section in assumptions.sections(run) for row in section.rows}
    assert rows["preferences.rho"].kind == "source"
    assert rows["preferences.rho"].source == "Author (2001), Table 1"
    assert rows["preferences.sigma"].kind == "no source"
    assert rows["technology.alpha"].kind == "assumption"
    assert rows["technology.growth"].kind == "default"
    assert rows["edges.strike.perceived"].kind == "no source"
    assert {row.path for row in rows.values() if row.changed} == {
        "edges.strike.fine",
        "statuses.plain.data_lending",
    }
    assert rows["edges.strike.fine"].after == pytest.approx(0.15)
    assert set(rows) == {parameter.path for parameter in run.before.economy.parameters()}


@pytest.mark.parametrize("part", ["before", "after", "path"])
def test_the_verdict_is_that_of_the_certificates(make, part):
    run = make()
    assert certificate.verdict(run).good
    judged = run if part == "path" else getattr(run, part)
    judged.certificate = SimpleNamespace(certified=False)
    verdict = certificate.verdict(run)
    assert not verdict.good
    assert part in verdict.text


def test_the_verdict_does_not_judge_residuals_again(make):
    """Capital that lies idle near the corner leaves slack beyond the tolerance, which the solver accepts."""
    run = make()
    run.after.certificate = replace(run.after.certificate, capital=-0.1)
    assert certificate.verdict(run).good
    assert {row.key: row.after for row in certificate.residuals(run)}["capital"] == -0.1


def test_the_identity_leaves_out_terms_that_are_zero_and_ends_with_the_residual(run):
    assert [row[0] for row in certificate.identity(run)] == [
        "Output",
        "Consumption of owners",
        "Depreciation",
        "Residual",
    ]


def test_tables_become_csv_that_spreadsheets_do_not_execute():
    table = Table.of(("a", "b"), [("=1+1", float("nan")), ("x, y", 0.125)])
    assert table.csv() == 'a,b\n\'=1+1,\n"x, y",0.125\n'
    assert table.column("b")[1] == 0.125


def test_the_title_of_sizes_names_no_status_with_few_firms(make):
    run = make()
    data = run.after.states
    larger = xr.DataArray([1.0, 1.0, 10.0, 1.0], dims="status")
    run.after.states = data.assign(labor=(data["labor"] * larger).transpose(*data["labor"].dims))
    assert "the median A title firm 30.0" in firms.sizes_title(run)
    fewer = xr.DataArray([1.0, 1.0, 0.1, 1.0], dims="status")
    run.after.states = run.after.states.assign(mass=(data["mass"] * fewer).transpose(*data["mass"].dims))
    assert "A title" not in firms.sizes_title(run)


def _with_products(run, products):
    """The run in which the last unit of capital earns so much in firms of every status in the end."""
    mpk = run.after.states["mpk"]
    rates = xr.DataArray([products[name] for name in mpk["status"].values], dims="status")
    run.after.states = run.after.states.assign(mpk=(0.0 * mpk + rates).transpose(*mpk.dims))
    return firms.starved_title(run)


def test_the_title_of_scarce_capital_names_one_status_or_all_that_are_alike(make):
    user_cost = firms.user_cost(make().after)
    products = {"inside": user_cost + 0.05, "plain": user_cost + 0.02, "loud": 0.0, "held": 0.0}
    assert _with_products(make(), products).startswith("Capital is scarcest in inside firms: the last unit")
    products["plain"] = products["inside"] + 0.0001
    text = _with_products(make(), products)
    assert text.startswith(
        "Capital is equally scarce in plain and inside firms: the last unit earns 5.0 points"
    )


def test_the_title_of_scarce_capital_says_that_it_leaves_out_statuses_with_few_firms(make):
    run = make()
    user_cost = firms.user_cost(run.after)
    shares = xr.DataArray([1.0, 1.0, 0.1, 1.0], dims="status")
    run.after.states = run.after.states.assign(
        mass=(run.after.states["mass"] * shares).transpose(*run.after.states["mass"].dims)
    )
    products = {"inside": user_cost + 0.05, "plain": user_cost, "loud": user_cost + 0.12, "held": 0.0}
    text = _with_products(run, products)
    assert "scarcest in inside firms among statuses with 5" in text
    assert "of firms or more: the last unit earns 5.0 points" in text


def test_the_title_of_scarce_capital_calls_no_capital_scarce_that_earns_less_than_it_costs(make):
    products = dict.fromkeys(("inside", "plain", "loud", "held"), 0.0)
    assert _with_products(make(), products).startswith("In firms of no status does the last unit of capital")
