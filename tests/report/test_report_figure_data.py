"""What figures show, number by number, on the synthetic run."""

import math

import numpy as np
import pytest

from dirigiste.report import gallery
from dirigiste.report.figure_data import answer, assumptions, certificate, events, firms, people, welfare
from dirigiste.report.figure_data.table import Table


def test_the_five_numbers_are_changes_of_levels_and_differences_of_shares(run):
    found = {row.label: row for row in answer.headlines(run)}
    assert list(found) == ["Output", "Wage", "Productivity", "Control", "Silence"]
    assert found["Output"].difference == pytest.approx(-0.02)
    assert found["Productivity"].difference == pytest.approx(-0.02)
    assert found["Control"].difference == pytest.approx(0.1)
    assert found["Silence"].levels == "95.0 → 97.0\N{NO-BREAK SPACE}%"


def test_three_sentences_carry_the_numbers(run):
    cost, gain, who = (text.replace("\N{NO-BREAK SPACE}", " ") for text in answer.sentences(run))
    assert "output in the long run falls by 2.0 %" in cost
    assert "the wage stays as it was" in cost
    assert "2 parameters changed" in cost
    assert gain.startswith("Control rises from 40.0 to 50.0 % of output")
    assert "wealth carried abroad falls from 0.50 to 0.40 %" in gain
    assert "Inside owners grow from 30.0 to 40.0 % of all and plain owners shrink from 60.0 to 50.0 %" in who


def test_without_lasting_changes_the_answer_says_so(make):
    found = make()
    found.changes = []
    assert answer.sentences(found)[0].startswith("Nothing that this chronicle changes lasts")


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


def test_shares_and_flows_come_from_the_datasets(run):
    rows = {row.status: row for row in people.shares(run)}
    assert rows["inside"].before == pytest.approx(0.3)
    assert rows["inside"].after == pytest.approx(0.4)
    before, after = people.stages(run)
    assert after.flows["released", "held", "plain"] == pytest.approx(1.5 * 0.01)
    assert before.flows["strike", "loud", "held"] == pytest.approx(0.002)
    assert people.flows_title(run, [before, after]).replace("\N{NO-BREAK SPACE}", " ") == (
        "More owners go from held to plain: 1.5 % of all owners a year, 1.0 % before"
    )
    assert people.shares_title(run).startswith("Plain owners shrink from 60.0 to 50.0")


def test_consumption_equivalents_by_status_and_quintile(run):
    found = welfare.welfare(run)
    assert found is not None
    assert found.quintiles == ("poorest", "second", "middle", "fourth", "richest")
    assert [group.status for group in found.groups] == ["inside", "plain", "loud", "held", "all"]
    loss = math.expm1(-0.02)
    np.testing.assert_allclose([cell for group in found.groups for cell in group.cells], loss, rtol=1e-9)
    assert found.everybody.gains == 0
    assert found.everybody.loses == pytest.approx(1)
    assert "100.0 % lose" in welfare.title(run).replace("\N{NO-BREAK SPACE}", " ")


def test_a_run_whose_states_cannot_be_compared_has_no_welfare_figure(make):
    found = make()
    found.comparison.welfare = None
    assert welfare.welfare(found) is None
    assert "welfare" not in gallery.figures(found)


def test_a_density_integrates_to_the_share_of_positive_values():
    at = np.logspace(-4, 4, 4001)
    values, weights = np.array([0.0, 0.5, 20.0]), np.array([0.4, 0.3, 0.3])
    found = firms.density(values, weights, at)
    assert np.trapezoid(found, np.log10(at)) == pytest.approx(0.6, rel=1e-6)
    assert at[np.argmax(found[: at.size // 2])] == pytest.approx(0.5, rel=0.01)


def test_quantiles_of_weighted_values():
    values, weights = np.array([3.0, 1.0, 2.0]), np.array([0.2, 0.5, 0.3])
    assert firms.quantile(values, weights, 0.5) == 1.0
    assert firms.quantile(values, weights, 0.51) == 2.0
    assert firms.quantile(values, weights, 1.0) == 3.0
    assert math.isnan(firms.quantile(values, 0 * weights, 0.5))
    assert firms.below(values, weights, 2.0) == pytest.approx(0.5)


def test_employment_leaves_out_those_who_run_no_firm(run):
    found = {curve.status: curve for curve in firms.employment(run)}
    assert set(found) == {"inside", "plain", "loud"}
    assert found["plain"].centre_before == 4.0
    assert found["plain"].centre_after == 3.0
    assert firms.sizes_title(run).startswith("The median plain firm employs 3.00 workers, 4.00 before")


def test_wealth_counts_those_with_next_to_none(run):
    found = {curve.status: curve for curve in firms.wealth(run)}
    # the cell of the node at 0 reaches to 0.25; of its 8 parts the first two lie below 0.05
    assert found["held"].centre_before == pytest.approx(0.5 * 2 / 8)


def test_marginal_products_are_measured_from_the_user_cost(run):
    found = {curve.status: curve for curve in firms.starved(run)}
    mass = np.array([0.5, 0.1, 0.1, 0.1, 0.1, 0.1])
    mpk = 0.1 + 0.3 / (1 + np.array([0.0, 0.5, 1.0, 2.0, 4.0, 8.0]))
    assert found["plain"].centre_before == pytest.approx(float(mass @ mpk) - 0.08)
    line = found["plain"].before[np.isfinite(found["plain"].before)]
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


def test_the_verdict_is_good_only_if_every_residual_is_met(make):
    found = make()
    assert certificate.verdict(found).good
    found.after.certificate["labor"] = 1e-6
    verdict = certificate.verdict(found)
    assert not verdict.good
    assert "labour market" in verdict.text
    found.after.certificate["labor"] = float("nan")
    assert not certificate.verdict(found).good
    found.after.certificate["labor"] = None
    assert not certificate.verdict(found).good


def test_no_certificate_is_no_good_certificate(make):
    found = make()
    found.after.certificate = {}
    assert not certificate.verdict(found).good


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
