"""Observed series beside a path: values on dates and over periods, comparisons, agreement, files."""

import csv
import datetime as dt
import json

import numpy as np
import pytest
import xarray as xr

import dirigiste as dg
from dirigiste import chronicle as chronicles
from dirigiste.chronicle import ObservedSeries
from dirigiste.results.quantities import measures
from dirigiste.results.runs import observed
from dirigiste.results.text import observed as text_observed
from dirigiste.results.text import run as text_run


def series(values, outcome, **more):
    return ObservedSeries.model_validate(
        {
            "title": "A series",
            "sources": ["gazette"],
            "unit": "percent",
            "quality": "read",
            "values": values,
            "outcome": outcome,
            **more,
        }
    )


@pytest.fixture(scope="module")
def line(made):
    """A path on which output is 10 before the events and 10 + 2 t after them, and labour 5 and 5 + t."""
    time = made.path["time"]
    path = made.path.assign(output=10.0 + 2.0 * time, labor=5.0 + time)
    return path, made.base.assign(output=xr.DataArray(10.0), labor=xr.DataArray(5.0))


def years(date):
    """Years from the first event of the path, 1 January 2021."""
    return (date - dt.date(2021, 1, 1)).days / 365.25


def test_values_on_dates_are_those_of_the_path_and_before_it_those_without_events(line):
    values = {"2019": 1.0, "2020-12-31": 1.0, "2021-05-31": 1.0, "2023-06-30": 1.0, "2024-02": 1.0}
    compared = observed.compare(series(values, "output", period="date"), *line)
    expected = [10.0 + 2.0 * max(years(date), 0.0) for date in compared.dates]
    np.testing.assert_allclose(compared.model, expected, rtol=1e-9)
    assert not compared.base.any()


def test_on_the_date_of_a_surprise_the_value_is_the_one_just_after_it(made):
    compared = observed.compare(series({"2021-06-01": 1.0}, "silence", period="date"), made.path, made.base)
    after = made.path["silence"].values[made.path["surprise"].values == 1][0]
    assert compared.model[0] == after


def test_a_year_in_which_the_events_begin_counts_both(line):
    """Half of the year to June 2021 comes before the first event."""
    compared = observed.compare(series({"2021-06-30": 1.0}, "output", period="year"), *line)
    after = years(dt.date(2021, 6, 30))
    years_long = after - years(dt.date(2020, 6, 30))
    assert compared.model[0] == pytest.approx(10.0 + 2.0 * after**2 / 2.0 / years_long, rel=1e-9)


@pytest.mark.parametrize(
    ("period", "begin"),
    [
        ("month", dt.date(2023, 8, 31)),
        ("quarter", dt.date(2023, 6, 30)),
        ("half", dt.date(2023, 3, 31)),
        ("year", dt.date(2022, 9, 30)),
        ("year_to_date", dt.date(2022, 12, 31)),
    ],
)
def test_averages_over_periods(line, period, begin):
    end = dt.date(2023, 9, 30)
    assert observed.start_of(period, end) == begin
    compared = observed.compare(series({"2023-09": 1.0}, "output", period=period), *line)
    middle = 0.5 * (years(begin) + years(end))
    assert compared.model[0] == pytest.approx(10.0 + 2.0 * middle, rel=1e-9)


def test_months_are_counted_back_from_ends_of_months_to_ends_of_months():
    assert observed.months_before(dt.date(2024, 2, 29), 12) == dt.date(2023, 2, 28)
    assert observed.months_before(dt.date(2023, 2, 28), 12) == dt.date(2022, 2, 28)
    assert observed.months_before(dt.date(2023, 6, 30), 1) == dt.date(2023, 5, 31)
    assert observed.months_before(dt.date(2023, 5, 30), 3) == dt.date(2023, 2, 28)
    assert observed.months_before(dt.date(2023, 1, 15), 1) == dt.date(2022, 12, 15)


def test_flows_stand_for_a_year_and_stocks_for_a_date():
    for outcome in ("people[join]", "investment[free] / output", "taken[inspection]", "flight", "fines"):
        assert observed.period_of(series({"2021": 1.0}, outcome)) == "year"
    for outcome in ("interest", "mass[free]", "100 * credit[free] / credit", "mpk[free]", "control"):
        assert observed.period_of(series({"2021": 1.0}, outcome)) == "date"
    assert observed.period_of(series({"2021": 1.0}, "output", period="quarter")) == "quarter"


def test_a_share_of_flows_is_that_of_their_sums(line):
    compared = observed.compare(series({"2023": 1.0}, "labor / output", period="year"), *line)
    averages = [
        observed.compare(series({"2023": 1.0}, name, period="year"), *line).model
        for name in ("labor", "output")
    ]
    np.testing.assert_allclose(compared.model, averages[0] / averages[1], rtol=1e-12)
    middle = 0.5 * (years(dt.date(2022, 12, 31)) + years(dt.date(2023, 12, 31)))
    assert averages[0][0] == pytest.approx(5.0 + middle, rel=1e-9)


def test_how_series_are_compared(line):
    values = {"2020-12": 20.0, "2021-12": 30.0, "2023-12": 15.0}
    days = [years(dt.date(year, 12, 31)) for year in (2020, 2021, 2023)]
    model = np.array([10.0, *(10.0 + 2.0 * day for day in days[1:])])

    def compared(how, **more):
        return observed.compare(series(values, "output", period="date", **{"as": how}, **more), *line)

    np.testing.assert_allclose(compared("share").model, 100.0 * model)
    assert list(compared("share").observed) == [20.0, 30.0, 15.0]

    change = compared("change", base="2021")
    np.testing.assert_allclose(change.model, model - model[1], atol=1e-12)
    assert list(change.observed) == [-10.0, 0.0, -15.0]
    assert list(change.base) == [False, True, False]

    index = compared("index", trend=5.0)
    since = np.array(
        [(dt.date(year, 12, 31) - dt.date(2020, 12, 31)).days / 365.25 for year in (2020, 2021, 2023)]
    )
    np.testing.assert_allclose(index.model, 100.0 * model / model[0] * 1.05**since)
    assert list(index.observed) == [100.0, 150.0, 75.0]
    assert list(index.base) == [True, False, False]

    growth = compared("growth", trend=2.0)
    year_before = [10.0, 10.0, 10.0 + 2.0 * years(dt.date(2022, 12, 31))]
    np.testing.assert_allclose(growth.model, 100.0 * (model / year_before * 1.02 - 1.0), atol=1e-12)
    assert list(growth.observed) == [20.0, 30.0, 15.0]


def test_each_definition_is_compared_on_its_own(line):
    values = {"2020": 10.0, "2021": 20.0, "2022": 50.0, "2023": 60.0}
    one = series(values, "output", period="date", breaks=["2022"], **{"as": "index"})
    compared = observed.compare(one, *line)
    assert list(compared.piece) == [0, 0, 1, 1]
    assert list(compared.base) == [True, False, True, False]
    np.testing.assert_allclose(compared.observed, [100.0, 200.0, 100.0, 120.0])
    assert compared.model[2] == pytest.approx(100.0, rel=1e-12)
    fit = observed.fit(one, compared)
    assert fit.n == 2
    changes = np.diff(compared.model)[[0, 2]]
    assert fit.response == pytest.approx((changes * [100.0, 20.0]).sum() / (100.0**2 + 20.0**2))


def test_dates_beyond_the_horizon_are_not_compared(line):
    one = series({"2021": 1.0, "2999": 2.0}, "output", period="date")
    compared = observed.compare(one, *line)
    assert np.isfinite(compared.model).tolist() == [True, False]
    assert observed.fit(one, compared).n == 1
    yearly = observed.compare(series({"2021": 1.0, "2999": 2.0}, "output", period="year"), *line)
    assert np.isfinite(yearly.model).tolist() == [True, False]


def agreement(data, model, se=None):
    """The fit of a model to yearly data."""
    more = {} if se is None else {"se": se, "se_source": "assumption"}
    values = {str(2020 + n): float(value) for n, value in enumerate(data)}
    one = series(values, "output", **more)
    compared = observed.Compared(
        tuple(one.observations),
        np.zeros(len(data), dtype=int),
        np.zeros(len(data), dtype=bool),
        np.array(data, dtype=float),
        np.array(model, dtype=float),
    )
    return observed.fit(one, compared)


def test_numbers_of_agreement():
    fit = agreement([1.0, 3.0, 2.0, 6.0], [2.0, 3.0, 3.0, 4.0], se=0.5)
    differences = np.array([1.0, 0.0, 1.0, -2.0])
    assert fit.n == 4
    assert fit.rmse == pytest.approx(np.sqrt((differences**2).mean()))
    assert fit.mean_difference == pytest.approx(0.0)
    assert fit.rms_se == pytest.approx(fit.rmse / 0.5)
    assert fit.response == pytest.approx((1 * 2 + 0 * -1 + 1 * 4) / (4 + 1 + 16))
    assert fit.correlation == pytest.approx(np.corrcoef([2.0, -1.0, 4.0], [1.0, 0.0, 1.0])[0, 1])


@pytest.mark.parametrize(
    ("data", "model", "se", "direction", "verdict"),
    [
        ([1.0, 2.0], [1.5, 2.5], 0.3, "same", "met"),
        ([1.0, 2.0], [2.0, 1.0], 1.0, "opposite", "met"),
        ([1.0, 2.0], [5.0, 6.0], 1.0, "same", "direction only"),
        ([1.0, 2.0], [5.0, 4.0], 1.0, "opposite", "missed"),
        ([1.0, 2.0], [5.0, 5.05], 1.0, "flat", "missed"),
        ([1.0], [1.5], 0.3, "", "met"),
        ([1.0], [2.0], 0.3, "", "missed"),
        ([1.0], [2.0], None, "", "not judged"),
        ([1.0, 1.0], [2.0, 3.0], None, "", "not judged"),
        ([1.0, 3.0], [2.0, 3.5], None, "same", "changes met"),
        ([1.0, 3.0], [2.0, 2.5], None, "same", "direction only"),
        ([1.0, 3.0], [2.0, 9.0], None, "same", "direction only"),
        ([1.0, 3.0], [2.0, 2.1], None, "flat", "missed"),
        ([1.0, 3.0], [2.0, 1.0], None, "opposite", "missed"),
    ],
)
def test_verdicts(data, model, se, direction, verdict):
    fit = agreement(data, model, se)
    assert (fit.direction, fit.verdict) == (direction, verdict)


def test_a_correlation_needs_three_changes():
    assert np.isnan(agreement([1.0, 2.0, 4.0], [1.0, 2.0, 4.0]).correlation)
    assert agreement([1.0, 2.0, 4.0, 5.0], [1.0, 2.0, 4.0, 5.0]).correlation == pytest.approx(1.0)


OBSERVED = """
observed:
  joined:
    title: People who join
    sources: [gazette]
    unit: persons
    quality: read
    file: joined.csv
    outcome: people[join]
    as: index
  quiet:
    title: People who keep quiet
    sources: [gazette]
    unit: percent
    quality: read
    values: {2020-12: 94, 2022-12: {value: 90, quality: unsure}}
    outcome: silence
    as: share
    se: 3
    se_source: assumption
"""

CSV = "date,value\n2020-12-31,10\n2021-12-31,12\n"


@pytest.fixture(scope="module")
def watched(squeeze, made):
    """The run as if its chronicle had observed series, with the texts of its files."""
    (squeeze.parent / "joined.csv").write_text(CSV)
    path = squeeze.parent / "watched.yaml"
    path.write_text(squeeze.read_text() + OBSERVED)
    from dataclasses import replace

    from dirigiste.results.runs import run as runs

    chronicle = chronicles.load(path)
    return replace(made, chronicle=chronicle, given=runs.texts(path, chronicle.economy, chronicle.files))


def test_a_run_holds_its_series_beside_the_model(watched, made):
    assert made.observed is None
    data = watched.observed
    assert list(data["series"].values) == ["joined", "quiet"]
    assert list(data["name"].values) == ["joined", "joined", "quiet", "quiet"]
    assert list(data["published"].values) == [10.0, 12.0, 94.0, 90.0]
    assert list(data["observed"].values) == [100.0, pytest.approx(120.0), 94.0, 90.0]
    assert list(data["quality"].values) == ["read", "read", "read", "unsure"]
    silence = 100.0 * float(made.base["silence"])
    assert data["model"].values[2] == silence
    assert data["difference_se"].values[2] == pytest.approx((silence - 94.0) / 3.0)
    assert np.isnan(data["difference_se"].values[:2]).all()
    assert list(data["n"].values) == [1.0, 2.0]
    assert set(measures.OBSERVED) | set(measures.FIT) <= set(data.data_vars)


def test_the_folder_of_a_run_keeps_series_numbers_and_files(watched, tmp_path):
    folder = watched.save(tmp_path, report=False)
    again = dg.Run.open(folder)
    xr.testing.assert_equal(again.observed, watched.observed)
    with xr.open_datatree(folder / "results.nc") as tree:
        kept = tree["observed"].to_dataset()
        np.testing.assert_array_equal(kept["model"].values, watched.observed["model"].values)
        assert list(kept["verdict"].values) == list(watched.observed["verdict"].values)
    with (folder / "observed.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["series"] for row in rows] == ["joined", "joined", "quiet", "quiet"]
    assert [row["date"] for row in rows] == ["2020-12-31", "2021-12-31", "2020-12-31", "2022-12-31"]
    assert [float(row["model"]) for row in rows] == list(watched.observed["model"].values)
    assert rows[3]["quality"] == "unsure"
    assert (folder / "inputs" / "as-given" / "joined.csv").read_text() == CSV
    assert "joined.csv" not in (folder / "inputs" / "chronicle.yaml").read_text()
    summary = json.loads((folder / "summary.json").read_text())["observed"]
    assert summary["quiet"]["observed"] == [94.0, 90.0]
    assert summary["quiet"]["date"] == ["2020-12-31", "2022-12-31"]
    assert summary["joined"]["rms_se"] is None
    assert summary["joined"]["verdict"] == str(watched.observed["verdict"].values[0])


def test_a_run_without_series_has_no_file_of_them(made, tmp_path):
    folder = made.save(tmp_path, report=False)
    assert not (folder / "observed.csv").exists()
    assert json.loads((folder / "summary.json").read_text())["observed"] is None


def test_the_terminal_shows_which_series_are_met(watched, made):
    table = text_observed.table(watched.observed)
    assert [row[0] for row in table.rows] == ["joined", "quiet"]
    verdicts = [str(verdict) for verdict in watched.observed["verdict"].values]
    assert [row[-1] for row in table.rows] == verdicts
    assert table.rows[1][2] == "94 → 90"
    titles = [table.title for table in text_run.tables(watched)]
    assert table.title in titles
    assert table.title not in [table.title for table in text_run.tables(made)]
    headline = dict(text_run.headline(watched))
    assert headline["Observed"].startswith("2 series: ")
    assert "Observed" not in dict(text_run.headline(made))


def test_verdicts_in_a_sentence_add_up(watched):
    data = watched.observed.copy()
    for verdict in text_observed.VERDICTS:
        sentence = text_observed.sentence(data.assign(verdict=("series", [verdict, verdict])))
        assert sentence == f"2 series: 2 {text_observed.VERDICTS[verdict]}"


def test_weights_of_dates_and_periods_sum_to_one(made):
    clock = observed.Clock(made.path)
    dates = [dt.date(2019, 12, 31), dt.date(2021, 1, 1), dt.date(2021, 6, 1), dt.date(2024, 6, 30)]
    for period in ("date", "month", "quarter", "half", "year", "year_to_date"):
        weights = clock.weights(dates, period)
        np.testing.assert_allclose(weights.sum(axis=1), 1.0, rtol=1e-12)
