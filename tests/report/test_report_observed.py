"""Observed series on made-up paths: the panels of their figure, the table of fit, the section of the page."""

import datetime as dt
import re

import numpy as np
import pytest
from made_up_path import CHRONICLE
from test_report_page import NASTY, read

from dirigiste import report
from dirigiste.report.figure_data import course
from dirigiste.report.figure_data import observed as data
from dirigiste.results.runs import observed

QUOTED = "'" + NASTY.replace("'", "''") + "'"

OBSERVED = f"""
observed:
  growth:
    title: {QUOTED}
    sources: [paper]
    unit: {QUOTED}
    quality: read
    values: {{2020-06: 100, 2022: {{value: 95, quality: unsure}}, 2023: 96}}
    outcome: output
    as: index
    period: date
    breaks: [2023]
    se: 50
    se_source: assumption
    confounders: {QUOTED}
  quiet:
    title: Silence
    sources: [paper]
    unit: percent
    quality: remembered
    values: {{2021: 40}}
    outcome: silence
    as: share
"""


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.fixture
def watched(make_course):
    run = make_course(events=CHRONICLE + OBSERVED)
    run.observed = observed.build(run.chronicle.observed, run.path, run.base)
    return run


def test_points_are_the_values_with_what_is_known_of_them(watched):
    first, second = data.panels(watched)
    assert (first.name, second.name) == ("growth", "quiet")
    assert [point.observed for point in first.points] == [100.0, 95.0, 100.0]
    assert [point.base for point in first.points] == [True, False, True]
    assert [point.read for point in first.points] == [True, False, True]
    assert first.points[0].year == course.year_of(dt.date(2020, 6, 30))
    assert (first.verdict, first.unit, first.citations) == ("met", "index, base 100", (1,))
    assert (second.verdict, second.points[0].read) == ("not judged", False)


def test_lines_pass_through_the_model_on_the_dates_of_the_values(watched):
    for panel in data.panels(watched):
        for point in panel.points:
            on_lines = [np.interp(point.year, years, values) for years, values in panel.lines]
            assert min(abs(value - point.model) for value in on_lines) < 1e-9


def test_each_definition_has_its_line_from_the_first_to_the_last_day_shown(watched):
    first, second = data.panels(watched)
    low, high = (course.year_of(day) for day in data.limits(watched))
    assert len(first.lines) == 2
    assert first.lines[0][0][0] >= low
    assert first.lines[0][0][-1] == first.points[1].year
    assert first.lines[1][0][0] == first.points[2].year
    assert [years[-1] >= high for years, _ in (first.lines[1], second.lines[0])] == [True, True]


def test_months_end_on_their_last_days():
    days = data.ends_of_months(dt.date(2019, 11, 3), dt.date(2020, 2, 29))
    assert [day.isoformat() for day in days] == ["2019-11-30", "2019-12-31", "2020-01-31", "2020-02-29"]


def test_the_title_counts_verdicts(watched):
    assert plain(data.title(watched)) == "The model meets 1 of 2 observed series"
    watched.observed = watched.observed.assign(verdict=("series", ["missed", "direction only"]))
    assert plain(data.title(watched)) == "The model meets none of 2 observed series and misses 1"


def test_the_table_has_every_value_and_the_rows_every_series(watched):
    table = data.table(watched)
    assert table.column("series") == ["growth", "growth", "growth", "quiet"]
    assert table.column("published") == [100.0, 95.0, 96.0, 40.0]
    assert table.column("model") == watched.observed["model"].values.tolist()
    growth, quiet = data.rows(watched)
    assert (growth.n, quiet.n, growth.rms_se == quiet.rms_se) == ("1", "1", False)
    assert growth.remarks[-1] == "Standard error 50.0 (assumption)."
    assert quiet.remarks == ("No standard error.",)


def test_the_page_has_a_section_of_them_that_is_safe_with_any_text(watched):
    text = report.html(watched)
    reader = read(text)
    assert (reader.faults, reader.open) == ([], [])
    assert reader.headings[2:5] == ["Paths", "What was observed", "Channels"]
    assert "figure-observed" in reader.ids
    words = plain(re.sub(r"<[^>]+>", "", text))
    assert "The model meets 1 of 2 observed series" in words
    assert "<script>" not in text
    assert list(report.figures(watched))[4] == "observed"
    figure = report.figures(watched)["observed"]
    assert figure.csv().startswith("series,date,published,observed,model")


def test_without_series_there_is_no_section(course_of_three):
    text = report.html(course_of_three)
    assert "What was observed" not in read(text).headings
    assert "observed" not in report.figures(course_of_three)
