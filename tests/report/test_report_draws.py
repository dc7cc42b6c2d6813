"""Runs with draws in the report: intervals, bands, what the answer hangs on, and assumptions in its order."""

from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr
from made_up_path import CHRONICLE
from matplotlib.collections import PolyCollection
from test_report_observed import OBSERVED
from test_report_page import read

from dirigiste import report
from dirigiste.report import words
from dirigiste.report.drawing import sheet
from dirigiste.report.drawing import tornado as draw_tornado
from dirigiste.report.figure_data import answer, assumptions, course, draws, paths
from dirigiste.report.figure_data import observed as data
from dirigiste.results.runs import observed
from dirigiste.results.runs.draws import Draws

NUMBERS = ("scale edges.strike.perceived", "edges.join.cost", "2021-04-10 edges.strike.fine.multiply")
"""Numbers whose standard deviations move output by 0.2, 0.1 and 0.4 %."""

EFFECTS = np.array([-0.002, 0.001, 0.004])

COUNT = 2000


def drawn(run):
    """Made-up draws: output and all other numbers move in proportion to what is left of a year's effect, and
    only the second number moves what is without the events.
    """
    statuses = run.before.economy.statuses
    names = [name for name in run.base.data_vars if run.base[name].ndim == 0]
    levels = {name: float(run.base[name]) for name in names}
    for variable in ("mass", "investment"):
        values = run.base[f"{variable}_by_status"]
        levels |= {f"{variable}[{status}]": float(values.sel(status=status)) for status in statuses}
    shape = 1.0 - np.exp(-run.path["time"].values)
    generator = np.random.default_rng(0)
    slope = np.array([level * np.multiply.outer(shape, EFFECTS / 0.5) for level in levels.values()])
    base = np.zeros((len(levels), 3))
    base[list(levels).index("control"), 1] = 0.002
    z = generator.normal(np.array([1.0, 0.02, 1.5]), 0.5, (COUNT, 3))
    data = xr.Dataset(
        {
            "z": (("draw", "number"), z),
            "drawn": (("draw", "number"), z),
            "at": ("number", np.array([1.0, 0.02, 1.5])),
            "mean": ("number", np.array([1.0, 0.02, 1.5])),
            "sd": ("number", np.full(3, 0.5)),
            "unit": ("number", ["1", "log points of consumption", "factor"]),
            "transform": ("number", ["none", "none", "log"]),
            "why": ("number", ["", "by `eye`", ""]),
            "source": ("number", ["assumption", "estimate", "assumption"]),
            "slope": (("outcome", "time", "number"), slope),
            "base_slope": (("outcome", "number"), base),
            "full_value": (("full", "outcome", "time"), np.zeros((2, len(levels), shape.size))),
            "full_base": (("full", "outcome"), np.zeros((2, len(levels)))),
            "full_why": ("full", ["", "no path"]),
        },
        coords={"outcome": list(levels), "number": list(NUMBERS), "full": [0, 1]},
        attrs={"numbers_name": "made-up", "numbers_file": "name: made-up\n", "seed": 0, "left": 0.0},
    )
    for n, name in enumerate(levels):
        off = Draws(data, run.path, run.base, None).off[0]
        values = run.path[name].values if "[" not in name else np.zeros(shape.size)
        data["full_value"][0, n] = values + slope[n] @ off
    return data


@pytest.fixture(scope="module")
def run(course_of_three):
    made = SimpleNamespace(**vars(course_of_three))
    made.drawn = drawn(made)
    made.draws = Draws(made.drawn, made.path, made.base, None)
    made.split = None
    return made


@pytest.fixture(scope="module")
def plain(course_of_three):
    made = SimpleNamespace(**vars(course_of_three))
    made.split = None
    return made


def test_headline_numbers_have_intervals(run, plain):
    assert all(row.interval for row in answer.headlines(run))
    assert not any(row.interval for row in answer.headlines(plain))
    year5 = answer.headlines(run)[1]
    series = course.series(run, "output", "Output", course.RELATIVE)
    sd = np.sqrt((EFFECTS**2).sum()) * (1.0 - np.exp(-5.0))
    low, high = np.quantile(series.drawn_at(run, 5.0), [0.05, 0.95])
    assert (low, high) == pytest.approx(series.at(run, 5.0) + 1.645 * sd * np.array([-1, 1]), abs=3e-4)
    assert year5.interval == f"{words.signed(100 * low, 1)} to {words.signed(100 * high, 1)}{words.NARROW}%"
    for row in answer.others(run):
        assert len(row.intervals) == len(row.changes) == 3
    assert {text for row in answer.others(plain) for text in row.intervals} == {""}


def test_what_is_lost_has_an_interval_without_sign():
    values = np.linspace(-0.02, -0.01, 101)
    assert draws.amount(values, course.RELATIVE, positive=False) == f"1.1 to 1.9{words.NARROW}%"
    assert draws.amount(-values, course.RELATIVE, positive=True) == f"1.1 to 1.9{words.NARROW}%"
    assert draws.amount(None, course.RELATIVE, positive=True) == ""
    assert draws.interval(np.full(5, 0.1), course.POINTS) == ""
    assert draws.interval(np.full(5, np.nan), course.POINTS) == ""


def test_paths_have_bands_and_their_ends_as_data(run, plain):
    for group, other in zip(paths.groups(run), paths.groups(plain), strict=True):
        lines = [line for panel in group.panels for line in panel.lines if line.known]
        for line in lines:
            low, high = line.band(0.9)
            inner = line.band(0.5)
            known = np.isfinite(low)
            assert np.isfinite(line.deviation)[known].all()
            assert known.sum() > 0.9 * known.size
            assert np.all(low[known] <= inner[0][known] + 1e-15)
            assert np.all(inner[0][known] <= inner[1][known])
            assert np.all(inner[1][known] <= high[known] + 1e-15)
        columns = paths.table(run, group).columns
        assert sum("low end" in column for column in columns) >= len(lines)
        assert [name for name in columns if "of draws" not in name] == list(paths.table(plain, other).columns)
    figures, without = report.figures(run), report.figures(plain)
    with sheet.style():
        axes = figures["paths-economy"].figure().axes[0]
    assert sum(isinstance(one, PolyCollection) for one in axes.collections) == 2
    assert "Shaded" in figures["paths-economy"].note
    assert "Shaded" not in without["paths-economy"].note


def test_the_tornado_has_the_largest_on_top(run, plain):
    found = draws.tornado(run, run.draws)
    assert found.labels == [NUMBERS[2], NUMBERS[0], NUMBERS[1]]
    np.testing.assert_allclose(found.share, EFFECTS**2 / (EFFECTS**2).sum())
    title = report.figures(run)["tornado"].title
    assert title.startswith(f"Output hangs most on {NUMBERS[2]}: a standard deviation of it moves output in ")
    assert "tornado" not in report.figures(plain)
    with sheet.style():
        axes = draw_tornado.draw(run, found).axes
    assert [text.get_text() for text in axes[0].get_yticklabels()] == found.labels
    assert axes[0].patches[0].get_width() == pytest.approx(found.sides[0].effects[2])
    table = draws.tornado_table(found)
    assert table.column("number") == found.labels
    still = Draws(run.drawn.assign(slope=0.0 * run.drawn["slope"]), run.path, run.base, None)
    assert draws.title(draws.tornado(run, still)) == "Output hangs on none of the numbers that were drawn"


def test_assumptions_are_in_the_order_of_their_influence(run, plain):
    rows = draws.rows(run, run.draws)
    assert [row.name for row in rows] == [NUMBERS[2], NUMBERS[0], NUMBERS[1]]
    assert rows[0].meaning == "A fine"
    assert rows[1].meaning.startswith("Strength of all changes to `edges.strike.perceived`")
    assert (rows[2].source, rows[2].why) == ("estimate", "by `eye`")
    assert rows[2].meaning == "Cost of the move; negative is a reward"
    sections = assumptions.sections(run)
    assert sections[0].rows[0].path == "edges.join.cost"
    assert sections[0].rows[0].effect
    assert not sections[0].rows[1].effect
    listed = [row.path for section in assumptions.sections(plain) for row in section.rows]
    assert sorted(listed) == sorted(row.path for section in sections for row in section.rows)
    assert listed[0].startswith("preferences.")
    assert assumptions.table(run).columns[:-1] == assumptions.table(plain).columns


def test_the_page_says_how_sure_it_is(run, plain):
    text, without = report.html(run), report.html(plain)
    reader = read(text)
    assert reader.faults == []
    assert 'id="figure-tornado"' in text
    assert "made-up" in text
    assert "1 draw solved in full" in text.replace(words.NARROW, " ")
    assert "1 more have no path" in text
    assert text.index("Numbers that were drawn") < text.index("Every parameter")
    for mark in ("Numbers that were drawn", "figure-tornado", "Intervals hold", 'class="interval"'):
        assert mark in text
        assert mark not in without


def test_lines_beside_observed_series_have_bands(make_course):
    made = make_course(events=CHRONICLE + OBSERVED)
    made.observed = observed.build(made.chronicle.observed, made.path, made.base)
    assert all(panel.bands == () for panel in data.panels(made))
    made.drawn = drawn(made)
    made.draws = Draws(made.drawn, made.path, made.base, None)
    made.split = None
    growth, quiet = data.panels(made)
    assert len(growth.bands) == len(growth.lines) == 2
    (years, values), (low, high) = quiet.lines[0], quiet.bands[0]
    inside = np.interp(years, made.path["year"].values, made.draws.bands("silence", (0.05,))[0])
    late = np.array(years) > 2022.0
    np.testing.assert_allclose(np.array(low)[late], 100 * inside[late], atol=1e-3 * 95)
    assert np.all(np.array(low) <= np.array(values) + 1e-12)
    assert np.all(np.array(values) <= np.array(high) + 1e-12)
    base = np.argmin(np.abs(np.array(growth.lines[0][1]) - 100.0))
    assert growth.bands[0][0][base] == pytest.approx(growth.bands[0][1][base], abs=1e-6)
    assert "Shaded" in report.figures(made)["observed"].note


def test_without_draws_in_full_the_page_says_so(run):
    made = SimpleNamespace(**vars(run))
    made.drawn = run.drawn.isel(full=slice(0, 0))
    made.draws = Draws(made.drawn, made.path, made.base, None)
    assert draws.checks_title(made.draws).startswith("No draw was solved in full")
    assert draws.checks(made) == []
