"""Moments with standard errors and the covariance between them; the report's headline and intervals."""

import numpy as np
import polars as pl
import pytest
from measure_samples import firms_of, random_firms
from ruamel.yaml import YAML

from dirigiste.measurement import Choices, measure, specifications
from dirigiste.measurement.choices import Trim
from dirigiste.measurement.estimates.gains import estimate
from dirigiste.measurement.estimates.sample import sample_of
from dirigiste.measurement.estimates.spreads import spreads
from dirigiste.measurement.moments import as_yaml, covariance, moments
from dirigiste.measurement.output import figure_data, page
from dirigiste.measurement.output.render import terminal

CHOICES = Choices(trim=Trim(tail=0.02), reference="private", weights="none")


@pytest.fixture(scope="module")
def measured():
    firms = firms_of(random_firms(1, firms=200, missing=0.05))
    return measure(firms, CHOICES, bootstrap=60, seed=3)


def test_every_moment_has_a_standard_error_and_a_place_in_the_covariance(measured):
    found = moments(measured)
    joint = covariance(measured, found)
    assert joint.names == tuple(moment.name for moment in found)
    assert len(found) == 3 + 3 * 4 + 3 * 4 + 2 * 4  # gains, spreads, shares of four groups, gaps of two
    np.testing.assert_allclose([m.se for m in found], np.sqrt(np.diag(joint.matrix)), rtol=1e-12)
    np.testing.assert_allclose(joint.matrix, joint.matrix.T, rtol=1e-12)
    assert np.linalg.eigvalsh(joint.matrix).min() > -1e-12
    assert joint.method == "bootstrap, 60 draws of 199 firms, each with all its years; seed 3"


def test_standard_errors_are_those_of_the_intervals(measured):
    table = measured.tables["intervals"].frame
    by_name = {moment.name: moment for moment in moments(measured)}
    for name, statistic, scale in (
        ("gain", "mean gain, %", 0.01),
        ("sd_ln_mrpk", "sd of ln MRPK", 1.0),
        ("gap_ln_tfpr[state]", "ln TFPR, state against private", 1.0),
    ):
        row = table.row(by_predicate=pl.col("statistic") == statistic, named=True)
        assert by_name[name].se == pytest.approx(scale * row["se"], rel=1e-9)
        assert by_name[name].value == pytest.approx(scale * row["estimate"], rel=1e-9)


def test_draws_of_spreads_are_those_of_copied_firms():
    """A draw's spreads and shares equal those of a file that holds the firms drawn, so often as drawn."""
    frame = random_firms(2, firms=80)
    firms = firms_of(frame)
    result = measure(firms, CHOICES, bootstrap=3, seed=5)
    ids = frame["id"].unique().sort()
    for n, stream in enumerate(np.random.SeedSequence(5).spawn(3)):
        picked = np.random.default_rng(stream).integers(0, ids.len(), ids.len())
        copies = pl.concat([frame.filter(pl.col("id") == ids[int(k)]) for k in picked])
        plain = spreads(estimate(sample_of(firms_of(copies), CHOICES)[0], CHOICES))
        drawn = result.draws.of(list(plain))[n]
        np.testing.assert_allclose(drawn, list(plain.values()), rtol=1e-9)


def test_values_are_those_of_the_tables(measured):
    base = spreads(estimate(sample_of(measured.firms, CHOICES)[0], CHOICES))
    for moment in moments(measured):
        if moment.drawn in base:
            assert moment.value == pytest.approx(base[moment.drawn], rel=1e-12)


def test_the_file_says_how(measured):
    content = YAML(typ="safe").load(as_yaml(measured))
    assert content["standard_errors"].startswith("bootstrap, 60 draws of 199 firms")
    names = [moment["name"] for moment in content["moments"]]
    assert content["covariance"]["names"] == names
    matrix = np.array(content["covariance"]["matrix"])
    assert matrix.shape == (len(names), len(names))
    assert content["moments"][0]["se"] == pytest.approx(matrix[0, 0] ** 0.5)
    assert not {"drawn", "scale"} & set(content["moments"][0])


def test_without_draws_only_gaps_have_standard_errors():
    result = measure(firms_of(random_firms(4)), CHOICES)
    content = YAML(typ="safe").load(as_yaml(result))
    assert content["covariance"] is None
    assert "of gaps alone, clustered by firm" in content["standard_errors"]
    gaps = result.tables["regressions"].frame
    for moment in content["moments"]:
        assert (moment["se"] is not None) == moment["name"].startswith("gap_")
    one = next(m for m in content["moments"] if m["name"] == "gap_ln_tfpr[state]")
    row = gaps.filter((pl.col("variable") == "ln TFPR") & (pl.col("group") == "state"))
    assert one["se"] == pytest.approx(row["se"][0])


def test_a_group_that_many_draws_lack_is_left_out_of_the_covariance():
    frame = random_firms(5, firms=60)
    frame = frame.with_columns(
        group=pl.when(pl.col("id") == pl.col("id").min()).then(pl.lit("rare")).otherwise("group")
    )
    result = measure(firms_of(frame), CHOICES.with_({"trim": Trim(tail=0)}), bootstrap=40)
    found = moments(result)
    joint = covariance(result, found)
    left = [moment for moment in found if moment.name not in joint.names]
    assert left
    assert all("[rare]" in moment.name and moment.se is None for moment in left)
    assert "draws" in joint.method


def test_the_summary_gets_standard_errors_and_keeps_its_numbers(measured):
    plain = measure(measured.firms, CHOICES).tables["summary"].frame
    with_errors = measured.tables["summary"].frame
    assert with_errors.select("measure", "value").equals(plain)
    rows = dict(with_errors.select("measure", "se").iter_rows())
    assert rows["rows used"] is None
    assert rows["mean gain, %"] == pytest.approx(100 * moments(measured)[0].se)


def test_the_split_by_year_has_intervals(measured):
    rows = dict(measured.tables["intervals"].frame.select("statistic", "estimate").iter_rows())
    years = measured.tables["gains_by_year"].frame.filter(pl.col("year") != "mean")
    for row in years.iter_rows(named=True):
        for part in ("between", "within"):
            assert rows[f"{part} groups {row['year']}, %"] == pytest.approx(row[part], rel=1e-9)
    shown = measured.tables["summary"].frame["measure"]
    assert not [name for name in shown if name[-1].isdigit()]


def test_people_see_one_kind_of_interval_and_programs_all(measured):
    table = measured.tables["intervals"]
    assert {"low", "bc_low", "reflected_low"} <= set(table.frame.columns)
    text = terminal.plain(table)
    assert "percentile 95 %" not in text.split("\n")[1]
    assert text.split("\n")[1].count("95 %") == 1
    band = figure_data.gains(measured).frame
    year = table.frame.filter(pl.col("statistic") == f"gain {band['year'][0]}, %")
    assert band["low"][0] == year["reflected_low"][0]


def test_the_report_begins_with_the_result_and_opens_what_was_asked_for(measured):
    firms = firms_of(random_firms(6, years=6))
    plain = measure(firms, CHOICES, by="year")
    tables = {**plain.tables, "specifications": specifications(firms, CHOICES)}
    text = page.html(plain, [], tables)
    assert f"would raise output by {plain.gain:.1f} %, mean over years. It has no standard error" in text
    folded = [part.partition("</summary>")[0] for part in text.split("<details><summary>")[1:]]
    assert tables["specifications"].frame.height > page.LONG
    assert tables["regressions_by_year"].frame.height > page.LONG
    assert [title.partition(" (")[0] for title in folded] == ["Dispersion within industry and year, by year"]
    named = page.html(plain, [], tables, opened=["dispersion_by_year"])
    assert named.count("<details><summary>") == len(folded) - 1
    row = measured.tables["intervals"].frame.row(
        by_predicate=pl.col("statistic") == "mean gain, %", named=True
    )
    drawn = page.html(measured, [], measured.tables)
    assert f"(standard error {row['se']:.1f}; 95 % interval {row['reflected_low']:.1f} to" in drawn
    assert "Standard errors and intervals" not in "".join(
        part.partition("</summary>")[0] for part in drawn.split("<details><summary>")[1:]
    )
    assert "details:not([open]) { display: block; }" in drawn  # in print nothing is folded
