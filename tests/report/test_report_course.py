"""What figures of a path show, number by number, on made-up paths."""

import numpy as np
import pytest
from made_up_path import BARE, ONE

from dirigiste import report
from dirigiste.report import gallery_path
from dirigiste.report.figure_data import (
    answer,
    bands,
    channels,
    choices,
    course,
    gains,
    path_residuals,
    paths,
    people,
)


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.fixture
def bare(make_course, tmp_path):
    """Nobody can speak, is listed, is struck or runs no firm; no parameter of enforcement moves."""
    declared = ONE.replace("edges.strike.perceived, multiply: 2.0", "edges.join.rate, multiply: 0.5")
    return make_course(declared=BARE, events=declared)


def test_deviations_are_relative_for_levels_and_differences_for_shares(course_of_three):
    run = course_of_three
    output = course.series(run, "output", "Output", course.RELATIVE)
    np.testing.assert_allclose(output.deviation, run.path["output"].values / 2.0 - 1)
    control = course.series(run, "control", "Control", course.POINTS)
    np.testing.assert_allclose(control.deviation, run.path["control"].values - 0.6)
    assert control.at(run, 5.0) == pytest.approx(
        float(np.interp(5.0, run.path["time"].values, control.deviation))
    )


def test_the_window_is_ten_years_or_goes_past_the_last_surprise(make_course):
    run = make_course()
    assert course.last_shown(run) == course.WINDOW
    run.path = run.path.assign_coords(surprise=("time", (run.path["time"].values >= 9).astype(int)))
    assert course.last_shown(run) == pytest.approx(9 + course.AFTER_LAST)


def _series(run, values, kind=course.RELATIVE):
    grid = course.time(run)
    return course.Series("x", kind, 1.0, np.interp(grid, [0, 2, 60], values))


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([0.0, -0.02, -0.01], "falls by up to 2.0 % (Nov 2022) and ends 1.0 % lower"),
        ([0.0, 0.02, 0.01], "rises by up to 2.0 % (Nov 2022) and ends 1.0 % higher"),
        ([0.0, -0.02, 0.01], "falls by up to 2.0 % (Nov 2022) but ends 1.0 % higher"),
        ([0.0, -0.02, 0.0], "falls by up to 2.0 % (Nov 2022) and ends as it was"),
        ([0.0, -0.02, -0.02], "falls by 2.0 % in the end"),
        ([0.0, 1e-6, 0.0], "stays as it was"),
        ([np.nan, np.nan, np.nan], "has no meaning in this economy"),
    ],
)
def test_findings_follow_the_signs(course_of_three, values, text):
    assert plain(course.finding(course_of_three, _series(course_of_three, values))) == text


def test_present_value_is_the_discounted_sum_over_steps(course_of_three):
    series = _series(course_of_three, [1.0, 1.0, 1.0])
    years = float(course_of_three.path["step"].sum())
    assert course.present_value(course_of_three, series) == pytest.approx((1 - np.exp(-0.05 * years)) / 0.05)


def test_twelve_panels_in_three_figures(course_of_three):
    groups = paths.groups(course_of_three)
    assert [panel.heading for group in groups for panel in group.panels] == [
        "Output", "Productivity", "Wage", "Interest",
        "Credit", "Listings", "Firms", "Investment by status",
        "Control", "Silence", "Flight of wealth", "Out of business",
    ]  # fmt: skip
    assert all(len(panel.lines) <= 4 for group in groups for panel in group.panels)
    outside = groups[2].panels[3]
    assert {line.label for line in outside.lines} == {"held", "withdrawn"}
    assert plain(groups[0].title).startswith("Output falls by up to")
    assert plain(groups[2].title).startswith("Control rises by up to")


def test_investment_leaves_out_what_changes_hands_at_once(make_course):
    run = make_course()
    time = run.path["time"].values
    shares = run.path["investment_by_status"].values
    shares[np.isclose(time, time[run.path["surprise"].values == 1][0])] = 1e4
    lines = paths.investment(run)
    assert lines[0].label == "all"
    assert len(lines) == 4
    assert max(float(np.nanmax(np.abs(line.deviation))) for line in lines) < 1


def test_channels_sum_to_the_whole_and_name_the_largest(course_of_three):
    run = course_of_three
    decomposition = channels.split(run)
    assert decomposition is not None
    output = course.series(run, "output", "Output", course.RELATIVE).deviation
    np.testing.assert_allclose(decomposition.whole, output[decomposition.steps], atol=1e-12)
    assert decomposition.at_worst[0].label == "fear"
    assert decomposition.at_worst[-1].label == "listing"
    assert decomposition.at_worst[-1].value > 0
    np.testing.assert_allclose(
        decomposition.present.sum(),
        course.present_value(run, course.series(run, "output", "", course.RELATIVE)),
    )
    np.testing.assert_allclose(decomposition.end.sum(), output[-1])
    assert len(decomposition.bands) == 4
    assert "of output lost in" in channels.over_time_title(run, decomposition)
    assert channels.over_time_title(run, decomposition).endswith("come through fear")
    assert "is lost: fear costs" in channels.waterfall_title(decomposition)
    assert "listing brings" in channels.waterfall_title(decomposition)


def test_titles_of_channels_turn_with_the_sign(make_course):
    run = make_course(force=-1.0)
    decomposition = channels.split(run)
    assert "of output gained in" in channels.over_time_title(run, decomposition)
    assert "is gained: listing costs" in channels.waterfall_title(decomposition)


def test_a_quick_split_tells_its_error(make_course):
    run = make_course()
    exact = channels.split(run)
    assert exact.quick == ""
    whole = run.channels

    def quick(outcome, **options):
        parts = whole(outcome, **options)
        output = float(run.base["output"])
        error = {"levels_differ": 3e-4 * output, "rest": [1e-5 * output, 0.0]}
        return parts.assign_attrs(sets=29, sets_of_all=64, **error)

    run.channels = quick
    sentence = channels.split(run).quick
    assert sentence.startswith(
        "A quick split, from 29 of 64 sets of channels: they differ from those of fewer"
    )
    assert "at most 0.03 points, and their sum differs from the whole by at most 0.001 points." in sentence
    (text,) = [drawn.note for drawn in gallery_path.before_firms(run) if drawn.name == "channels-waterfall"]
    assert sentence in text
    assert "They sum to the whole" not in text


def test_many_channels_share_four_bands():
    parts = np.array([[-5.0], [-4.0], [3.0], [-0.5], [0.2], [0.1]])
    decomposition = channels.Split(
        tuple("abcdef"), np.zeros(1), np.zeros(1, int), parts, 0, parts[:, 0], parts[:, 0]
    )
    assert [label for label, _ in decomposition.bands] == ["a", "b", "c", channels.OTHERS]
    assert decomposition.bands[-1][1][0] == pytest.approx(-0.2)


@pytest.mark.parametrize(
    ("effects", "start", "end"),
    [
        ((-0.02, -0.01, 0.0), "Of the 3.0 % of output lost in", "2.0 points come through force"),
        (
            (-0.02, -0.02, 0.0),
            "Of the 4.0 % of output lost in",
            "2.0 points come through force and fear each",
        ),
        ((-0.03, 0.0, 0.02), "1.0 % of output lost in", "other channels: 3.0 points come through force"),
        ((0.03, 0.0, -0.02), "1.0 % of output gained in", "other channels: 3.0 points come through force"),
        ((-0.02, 0.0, 0.02), "What the channels do to output cancels out", ""),
    ],
)
def test_the_title_of_channels_is_no_more_than_the_figure_shows(course_of_three, effects, start, end):
    parts = np.array(effects)[:, None]
    names = ("force", "fear", "listing")
    decomposition = channels.Split(names, np.zeros(1), np.zeros(1, int), parts, 0, parts[:, 0], parts[:, 0])
    title = channels.over_time_title(course_of_three, decomposition).replace("\N{NO-BREAK SPACE}", " ")
    assert title.startswith(start)
    assert title.endswith(end)


def test_the_title_of_present_values_says_that_effects_cancel_out():
    parts = np.array([[-0.02], [0.02]])
    decomposition = channels.Split(
        ("force", "listing"), np.zeros(1), np.zeros(1, int), parts, 0, parts[:, 0], parts[:, 0]
    )
    title = channels.waterfall_title(decomposition).replace("\N{NO-BREAK SPACE}", " ")
    assert title == "Force costs 2.0 % and listing brings 2.0 % in present value; together they cancel out"


def test_people_struck_and_people_who_choose_otherwise(course_of_three):
    run = course_of_three
    moves = choices.moves(run)
    extra = run.path["people"].values - run.base["people"].values
    edges = run.path["edge"].values.tolist()
    kinds = [run.before.economy.edges_by_name[name].kind for name in edges]
    struck = extra[:, [kind == "enforcement" for kind in kinds]].sum(axis=1)
    np.testing.assert_allclose(moves.struck, struck)
    chosen = np.abs(extra[:, [kind == "choice" for kind in kinds]]).sum(axis=1)
    np.testing.assert_allclose(moves.otherwise, chosen)
    window = run.path["time"].values <= 10
    assert moves.struck_in_all == pytest.approx(float((struck * run.path["step"].values)[window].sum()))
    assert {edge.name for edge in moves.edges} == {"join", "speak", "list", "strike", "withdraw", "emigrate"}
    assert choices.title(run).startswith("For every owner struck")


def test_the_title_of_fear_and_force_turns_with_the_sign(make_course):
    assert "though" in choices.title(make_course(force=-1.0))
    assert "fewer are struck" in choices.title(make_course(force=-1.0))


def test_stages_are_the_base_the_peak_and_the_end(course_of_three):
    run = course_of_three
    base, top, end = bands.stages(run)
    moved = np.abs(run.path["people"].values - run.base["people"].values).sum(axis=1)
    assert bands.peak(run) == int(np.argmax(moved[run.path["time"].values <= 10]))
    assert base.flows["join", "plain", "inside"] == pytest.approx(float(run.base["people"].values[0]))
    assert end.flows["join", "plain", "inside"] == pytest.approx(float(run.path["people"].values[-1, 0]))
    assert top.heading == f"At the peak, {course.month(run, bands.peak(run))}"
    assert f"a year in {course.month(run, bands.peak(run))}" in plain(
        people.flows_title(run, [base, top, end])
    )


def test_bands_add_up_to_everybody(course_of_three):
    shares = bands.bands(course_of_three)
    np.testing.assert_allclose(sum(band.share for band in shares), 1.0)
    assert {band.status for band in shares if band.small} == {"held", "withdrawn"}
    assert "within 5 years" in bands.title(course_of_three)


def test_the_title_of_bands_lets_no_status_grow_that_shrinks(course_of_three, monkeypatch):
    """When owners emigrate, the shares of all statuses may fall."""
    time = course.time(course_of_three)
    falling = [
        bands.Band(band.status, band.label, 0.5, 0.5 - 0.01 * (n + 1) * np.ones(time.size))
        for n, band in enumerate(bands.bands(course_of_three)[:2])
    ]
    monkeypatch.setattr(bands, "bands", lambda _: falling)
    assert "grow" not in bands.title(course_of_three)
    assert bands.title(course_of_three).count("shrink") == 2


def test_gains_by_status_and_quintile(course_of_three):
    run = course_of_three
    assert [vote.label for vote in gains.votes(run)] == ["A listing is stopped", "A fine", "Easing"]
    assert gains.largest(run) == 1
    assert [vote.index for vote in gains.chosen(run)] == [0, 1]
    welfare = gains.at(run, 1)
    at = run.welfare.isel(surprise=1)
    cell = at.sel(status="inside", quintile=1)
    expected = float((cell["gain"] * cell["mass"]).sum() / cell["mass"].sum())
    assert welfare.groups[0].cells[0] == pytest.approx(np.expm1(expected))
    assert welfare.groups[-1].mass == pytest.approx(1.0)
    assert welfare.groups[-1].gains == pytest.approx(float(at["votes_for"]))
    lost = float((at["share_losing"] * at["mass"]).sum())
    assert welfare.groups[-1].loses == pytest.approx(lost)
    assert plain(gains.title(run)).startswith("10 Apr 2021")
    assert "the largest loss" in gains.title(run)
    assert "surprises would win a vote" in gains.votes_title(run)


def test_the_largest_gain_is_named_where_gains_are_larger(make_course):
    assert "the largest gain" in gains.title(make_course(force=-1.0))


def test_the_five_numbers_and_three_sentences(course_of_three):
    run = course_of_three
    rows = answer.headlines(run)
    assert [row.label for row in rows] == [
        "Output at its worst", "Output, year 5", "Output lost in all", "Control, year 5", "Silence, year 5",
    ]  # fmt: skip
    output = course.series(run, "output", "", course.RELATIVE)
    assert plain(rows[0].change) == plain(
        course.signed(float(output.deviation[output.peak]), course.RELATIVE)
    )
    cost, gain, who = (plain(text) for text in answer.sentences(run))
    assert cost.startswith("Output falls by up to")
    assert "% fear" in cost
    assert gain.startswith("Within 5 years control rises from 60.0 to")
    assert "owners gain from what becomes known on 10 Apr 2021" in who


def test_what_builds_up_is_read_in_the_end(make_course):
    run = make_course()
    run.path["output"][:] = np.linspace(2.0, 1.9, run.path.sizes["time"])
    assert plain(answer.sentences(run)[0]).startswith("Output falls by 5.0 % in the end; in present value")


def test_gained_output_is_called_so(make_course):
    run = make_course(force=-1.0)
    assert answer.headlines(run)[0].label == "Output at its most"
    assert answer.headlines(run)[2].label == "Output gained in all"
    assert "year's output is gained" in plain(answer.sentences(run)[0])


def test_the_residual_closest_to_its_tolerance_is_named(make_course):
    run = make_course()
    run.path["residual_labor"][7] = -9e-7
    top = path_residuals.closest(run)
    assert (top.key, top.worst, top.largest, top.tolerance) == ("labor", 7, 9e-7, 1e-6)
    assert course.month(run, 7) in path_residuals.title(run)
    (row,) = [row for row in path_residuals.summary(run) if row["label"] == "Labour"]
    assert row["date"] == course.month(run, 7)


def test_idle_capital_is_slack_and_no_residual(make_course):
    run = make_course()
    run.path["residual_capital"][:] = -0.1
    rows = {row.key: row for row in path_residuals.residuals(run)}
    assert rows["capital"].largest == 0.0
    assert set(rows["capital"].values) == {-0.1}


def test_no_effect_at_all(make_course):
    run = make_course(still=True)
    text = plain(report.html(run))
    for piece in (
        "Output stays what it would be without the events.",
        "Output and the wage stay as they were",
        "No channel moves output",
        "In present value no channel costs or brings output",
        "nobody chooses otherwise",
        "Owners are spread over the statuses as without the events",
        "No surprise makes anybody gain or lose",
        "No surprise would win a vote",
    ):
        assert piece in text, piece


def test_one_surprise(make_course):
    run = make_course(events=ONE)
    assert [vote.index for vote in gains.chosen(run)] == [0]
    assert "the one surprise" in gains.votes_title(run)
    assert "with 1\N{NO-BREAK SPACE}surprise;" in report.html(run)


def test_an_economy_without_voice_listing_enforcement_or_idle_statuses(bare):
    run = bare
    groups = {group.name: group for group in paths.groups(run)}
    assert groups["paths-firms"].panels[1].empty == "no status is listed in this economy"
    assert groups["paths-politics"].panels[1].empty == "nobody could speak in this economy"
    assert groups["paths-politics"].panels[3].empty == "every status may run firms"
    assert "silence" not in groups["paths-politics"].title
    assert answer.headlines(run)[4].change == "\N{EN DASH}"
    assert "no enforcement" in choices.title(run)
    assert "nobody could speak" in report.html(run)


def test_tables_hold_every_step(course_of_three):
    for name, figure in report.figures(course_of_three).items():
        if name.startswith("paths-") or name in ("residuals", "fear-and-force"):
            assert len(figure.table.rows) == course_of_three.path.sizes["time"], name
