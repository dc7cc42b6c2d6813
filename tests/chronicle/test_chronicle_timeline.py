"""Grids of steps and values along them, against `Chronicle.value` and against what the grid promises."""

import datetime as dt

import numpy as np
import pytest

from chronicles import told
from dirigiste import chronicle
from dirigiste.chronicle import timeline, years_between
from dirigiste.chronicle.timeline import FIRST as FIRST_STEP
from dirigiste.chronicle.timeline import INSTANT, Timeline
from dirigiste.economy.numerics import PathSteps
from dirigiste.errors import InputError

FIRST = dt.date(2021, 1, 1)
SECOND = years_between(FIRST, dt.date(2023, 1, 1))

COLLATERAL = "statuses.stranger.collateral"

HOWS = [
    PathSteps(),
    PathSteps(step=0.25, even=0.5, growth=1.3, horizon=60.0),
    PathSteps(step=1.0 / 24.0, even=3.0, growth=1.02, horizon=40.0),
    PathSteps(step=0.1, even=1.0, growth=1.0, horizon=10.0),
]


@pytest.fixture(scope="module")
def grids(whole):
    return [timeline.grid(whole, how) for how in HOWS]


@pytest.fixture(scope="module")
def line(whole):
    return Timeline(whole, whole.baseline, timeline.grid(whole, HOWS[1]))


def holds(edges, years):
    """Whether some edge is at each of some times."""
    return all(np.abs(edges - t).min() < 2e-6 for t in years)


def test_surprises_bends_and_instants_are_edges(grids):
    dates = [years_between(FIRST, dt.date(year, 1, 1)) for year in (2022, 2023)]
    for grid in grids:
        # ends of the pulse (1 year) and of the ramp (2 years), dates of the series
        bends = [1.0, 2.0, dates[0]]
        np.testing.assert_allclose(grid.bends, sorted(bends), atol=1e-6)
        assert holds(grid.edges, [0.0, SECOND, *bends])
        assert grid.surprises[0] == 0
        for step, begin in zip(grid.surprises, (0.0, SECOND), strict=True):
            assert grid.edges[step] == begin
            assert grid.lengths[step] == pytest.approx(INSTANT, rel=1e-9)


def test_stretches_begin_where_parameters_jump_and_not_at_kinks(grids):
    jumps = [0.0, years_between(FIRST, dt.date(2022, 1, 1)), 1.0, SECOND]  # a series, a pulse, surprises
    for grid in grids:
        np.testing.assert_allclose(np.unique(grid.stretch), sorted(set(jumps)), atol=1e-6)
        assert (grid.stretch <= grid.edges[:-1]).all()
        for begin in np.unique(grid.stretch):
            assert grid.edges[:-1][grid.stretch == begin][0] == begin


def test_steps_are_even_until_some_time_after_the_last_surprise_and_grow_from_there(grids):
    for grid, how in zip(grids, HOWS, strict=True):
        assert (grid.lengths > 0).all()
        even = int(np.abs(grid.edges - (SECOND + how.even)).argmin())
        assert grid.edges[even] == pytest.approx(SECOND + how.even, abs=1e-12)
        assert (grid.lengths[:even] < 1.01 * how.step).all()
        rest = grid.lengths[even:]
        growth = rest[1:] / rest[:-1]
        np.testing.assert_allclose(growth, growth[0], rtol=1e-6)
        assert growth[0] <= how.growth + 1e-8
        assert rest[0] == pytest.approx(growth[0] * how.step, rel=1e-6)
        assert grid.edges[-1] - SECOND == pytest.approx(how.horizon)


def test_steps_after_news_are_short_at_first(grids):
    for grid, how in zip(grids, HOWS, strict=True):
        for step in grid.surprises:
            assert grid.lengths[step + 1] <= FIRST_STEP * how.step + 1e-12


def test_paths_ahead_keep_the_grid_and_reach_the_horizon(grids):
    for grid, how in zip(grids, HOWS, strict=True):
        _, other = grid.surprises
        interrupted, whole, last = grid.ahead(0, 1), grid.ahead(0, None), grid.ahead(1, None)
        np.testing.assert_array_equal(interrupted[: other + 1], grid.edges[: other + 1])
        np.testing.assert_array_equal(whole[: grid.edges.size], grid.edges)
        np.testing.assert_array_equal(last, grid.edges[other:])
        for edges in (interrupted, last):
            assert edges[-1] - edges[0] == pytest.approx(how.horizon)
        for edges in (interrupted, whole, last):
            assert (np.diff(edges) > 0).all()


def test_bends_after_the_even_steps_are_edges_and_move_nothing_else(whole):
    economy = whole.baseline
    plain = told(economy, ("2021-01-01", {"parameter": COLLATERAL, "multiply": 0.9}))
    far = told(
        economy,
        ("2021-01-01", {"parameter": COLLATERAL, "multiply": 0.9, "for": 7.3}),
        ("2021-01-01", {"parameter": "statuses.stranger.spread", "add": 0.01, "over": 20.9}),
    )
    how = HOWS[1]
    before, after = timeline.grid(plain, how).edges, timeline.grid(far, how).edges
    assert not holds(before, [7.3])
    assert holds(after, [7.3, 20.9])
    assert before.size == after.size
    assert (np.abs(before - after) > 1e-9).sum() == 2
    assert (np.diff(after) > 0).all()


def test_bends_that_share_a_step_are_both_edges(whole):
    changes = [
        {"parameter": COLLATERAL, "multiply": 0.9, "for": 30.0},
        {"parameter": "statuses.stranger.spread", "add": 0.01, "over": 30.5},
    ]
    grid = timeline.grid(told(whole.baseline, ("2021-01-01", *changes)), HOWS[1])
    assert holds(grid.edges, [30.0, 30.5])
    assert (np.diff(grid.edges) > 0).all()


def test_numbers_of_a_step_belong_to_its_middle_and_those_of_an_impact_to_its_date(grids):
    for grid in grids:
        middles = 0.5 * (grid.edges[1:] + grid.edges[:-1])
        impact = np.isin(np.arange(middles.size), grid.surprises)
        np.testing.assert_allclose(grid.time, np.where(impact, grid.edges[:-1], middles), rtol=1e-12)
        for step, date in zip(grid.surprises, (FIRST, dt.date(2023, 1, 1)), strict=True):
            date_of_step = grid.dates[step] + dt.timedelta(seconds=1)
            assert date_of_step.date() == date


def test_dates_are_a_matter_of_distance(whole):
    """Moved by a year without a leap day in it, a chronicle has the same grid."""

    def at(year):
        change = {"parameter": COLLATERAL, "multiply": 0.9}
        return told(whole.baseline, (f"{year}-02-01", change), (f"{year}-11-01", change))

    one, other = (timeline.grid(at(year), HOWS[0]) for year in (2021, 2022))
    np.testing.assert_array_equal(one.edges, other.edges)
    assert one.surprises == other.surprises
    assert one.first != other.first


def test_a_chronicle_without_changes_has_no_grid():
    nothing = chronicle.Chronicle.model_validate(
        {
            "name": "nothing",
            "economy": "political",
            "events": [
                {"date": "2021-01-01", "title": "Talk", "sources": ["assumption"], "no_effect": "talk"}
            ],
        }
    )
    with pytest.raises(InputError, match="no event changes anything"):
        timeline.grid(nothing, HOWS[0])


@pytest.mark.parametrize("known", [0, 1])
def test_values_are_those_of_the_chronicle_on_the_dates(whole, line, known):
    """A step holds the value in its middle."""
    announced = whole.surprises[known]
    days = [announced + dt.timedelta(days=n) for n in (0, 1, 45, 363, 366, 500, 729, 732, 1500, 9999)]
    at = np.array([years_between(FIRST, day) for day in days])
    edges = np.stack([at - 1e-9, at + 1e-9], axis=1).reshape(-1)
    values_by_path = line.values(known, line.channels, edges)
    assert set(values_by_path) == set(whole.parameters)
    for path, values in values_by_path.items():
        for day, value in zip(days, values[::2], strict=True):
            expected = whole.value(path, day, announced=announced)
            assert value == pytest.approx(expected, rel=1e-6), (path, day)


def test_pulses_end_at_their_time(line):
    edges = np.array([0.0, 0.999, 1.0, 1.001, 1.5])
    fine = line.values(0, line.channels, edges)["edges.strike.fine"]
    np.testing.assert_allclose(fine, [0.15, 0.15, 0.1, 0.1])


def test_what_is_announced_later_is_not_foreseen(whole, line):
    edges = line.grid.edges
    first, second = (line.values(n, line.channels, edges)[COLLATERAL] for n in (0, 1))
    np.testing.assert_allclose(first, 1.5 * 0.8)
    begun = edges[1:] > SECOND + 1e-9
    np.testing.assert_allclose(second, np.where(begun, 1.5, 1.5 * 0.8))


def test_lasting_values_are_those_of_the_lasting_economy(whole, line):
    after = whole.lasting()
    for path, value in line.lasting(1, line.channels).items():
        assert value == pytest.approx(after.get(path), rel=1e-12), path
    first = line.lasting(0, line.channels)
    assert first[COLLATERAL] == pytest.approx(1.2)
    assert first["edges.strike.actual"] == 0.06
    # far ahead, values are what lasts
    far = line.values(1, line.channels, np.array([400.0, 401.0]))
    for path, value in line.lasting(1, line.channels).items():
        assert far[path][0] == pytest.approx(value, rel=1e-9), path


def test_channels_that_do_not_act_change_nothing(whole, line):
    edges = line.grid.edges
    values_by_path = line.values(1, ["fines"], edges)
    for path, values in values_by_path.items():
        moves = np.ptp(values) > 0
        assert moves == (path in ("edges.strike.fine", "statuses.stranger.wedge")), path
    lasting, whole_lasting = line.lasting(1, ["fines"]), whole.lasting(channels=["fines"])
    assert all(value == pytest.approx(whole_lasting.get(path)) for path, value in lasting.items())


def test_which_channels_act_when(line):
    everything = line.acts(0, line.channels)
    assert everything == {"credit", "force", "fear", "fines", "listing"}
    assert line.acts(1, line.channels) == {"credit", "fines", "listing"}
    assert line.acts(1, ["force", "fines"]) == {"fines"}
    assert line.following(0, ["force"]) is None
    assert line.following(0, ["force", "credit"]) == 1
    assert line.following(1, line.channels) is None


def test_ranges_hold_every_value_on_every_path(line):
    ranges = line.ranges(line.channels)
    for known in (0, 1):
        edges = line.grid.edges[line.grid.surprises[known] :]
        for path, values in line.values(known, line.channels, edges).items():
            low, high = ranges[path]
            assert low <= values.min(), path
            assert values.max() <= high, path
    assert ranges[COLLATERAL] == (pytest.approx(1.2), pytest.approx(1.5))
    assert ranges["statuses.listed.data_lending"] == (pytest.approx(0.12), pytest.approx(0.2))
