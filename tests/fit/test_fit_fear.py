"""Perceived enforcement inferred from observed series."""

import datetime as dt

import numpy as np
import pytest
from observed_village import DATES, chronicle, series

import dirigiste as dg
from dirigiste.chronicle.change import Change
from dirigiste.errors import InputError, NotConverged
from dirigiste.fit.chronicles import fear as fears
from dirigiste.fit.chronicles.fear import fear
from dirigiste.fit.chronicles.output import files, tables
from dirigiste.results.runs import observed

EDGE = "inspection"
PATH = f"edges.{EDGE}.perceived"
START, END = dt.date(2020, 1, 1), dt.date(2021, 7, 1)
REVISIONS = (0.6, -0.3, 0.5, -0.4)
"""Of which the path of perceived enforcement is made, by halves of a year."""

SERIES = {"joined": ("people[join]", 2e-5), "spoken": ("mass[free]", 1e-4), "product": ("output", 2e-4)}


@pytest.fixture(scope="module")
def village():
    """Series from a chronicle in which beliefs are revised as `REVISIONS` says, with noise."""
    plain = chronicle()
    emptied = fears._without_fear(
        plain, [EDGE], [START.replace(year=2020 + k // 2, month=1 + 6 * (k % 2)) for k in range(4)]
    )
    truth = emptied
    for revision, event in zip(
        REVISIONS, [e for e in emptied.ordered if e.title == fears.REVISION], strict=True
    ):
        truth = fears._revision(event.date).moved(truth, revision)
    run = dg.run(truth)
    generator = np.random.default_rng(1)
    found = {}
    for name, (outcome, se) in SERIES.items():
        empty = series(outcome, dict.fromkeys(DATES, 0.0), se)
        values = observed.compare(empty, run.path, run.base).model + se * generator.standard_normal(
            len(DATES)
        )
        found[name] = series(outcome, dict(zip(DATES, map(float, values), strict=True)), se)
    return chronicle(found)


@pytest.fixture(scope="module")
def implied(village):
    return fear(village, every="half", start=START, end=END, tau=0.8, rounds=3)


def test_the_path_that_made_the_series_is_within_its_band(implied):
    truth = np.cumsum(REVISIONS)
    assert implied.edges == (EDGE,)
    assert implied.dates == (START, dt.date(2020, 7, 1), dt.date(2021, 1, 1), END)
    assert np.abs((implied.log - truth) / implied.sd).max() < 3.0
    assert np.all(implied.sd < 0.3 * implied.before)
    assert np.abs(implied.log - truth).max() < 0.5 * np.abs(truth).max()
    assert implied.fitted.rounds[-1].from_data < 0.1 * implied.fitted.rounds[0].from_data


def test_what_the_chronicle_writes_stands_beside_it(implied):
    np.testing.assert_allclose(implied.written[EDGE][:3], 1.0)
    left = 0.5 * 2.0 ** (-(END - dt.date(2021, 3, 1)).days / 365.25 / 2.0)
    assert implied.written[EDGE][3] == pytest.approx(1.0 + left, rel=1e-3)
    np.testing.assert_allclose(implied.actual[EDGE], 1.0)


def test_tables_and_files(implied, tmp_path):
    files.save_fear(implied, tmp_path)
    assert {item.name for item in tmp_path.iterdir()} == {
        "fear.json", "fear.csv", "series.csv", "fear.png", "fit.png",
    }  # fmt: skip
    first, second = tables.of_fear(implied)
    assert [row[0] for row in first.rows] == [date.isoformat() for date in implied.dates]
    assert len(second.rows) == 3
    frame = files.fear_frame(implied)
    assert np.all((frame["low"] < frame["perceived"]) & (frame["perceived"] < frame["high"]))


def test_all_that_moves_perceived_rates_is_taken_out():
    plain = chronicle()
    emptied = fears._without_fear(plain, [EDGE], [START])
    later = dt.date(2022, 1, 1)
    assert plain.value(PATH, later) != plain.baseline.get(PATH)
    assert emptied.value(PATH, later) == plain.baseline.get(PATH)
    assert emptied.value("statuses.free.collateral", later) == plain.value("statuses.free.collateral", later)
    added = Change.model_validate({"parameter": PATH, "multiply": 1.0, "channel": "fear"})
    assert added.multiply == 1.0


@pytest.mark.parametrize("every", ["quarter", "half", "year"])
def test_periods_begin_with_that_of_the_first_event_and_end_with_the_last(every):
    dates = fears._periods(chronicle(), every, None, None)
    assert dates[0] == dt.date(2020, 1, 1)
    assert dates[-1] <= dt.date(2021, 3, 1)
    assert len(dates) == {"quarter": 5, "half": 3, "year": 2}[every]


def test_edges_without_a_perceived_rate_are_errors(village):
    with pytest.raises(InputError, match="perceived rate above 0"):
        fear(village, edges=["join"])
    with pytest.raises(InputError, match="no period begins"):
        fear(village, start=dt.date(2030, 1, 1))


@pytest.mark.slow
def test_bands_cover_the_truth_as_often_as_they_say():
    """Truths drawn from what is thought before, noise drawn anew: nine of ten bands hold the truth."""
    plain, generator = chronicle(), np.random.default_rng(5)
    dates = fears._periods(plain, "half", START, END)
    emptied = fears._without_fear(plain, [EDGE], dates)
    inside, failed = [], 0
    for _ in range(25):
        revisions = 0.4 * np.sqrt(0.5) * generator.standard_normal(len(dates))
        noise = generator.standard_normal((len(SERIES), len(DATES)))
        truth = emptied
        for date, revision in zip(dates, revisions, strict=True):
            truth = fears._revision(date).moved(truth, float(revision))
        try:
            run = dg.run(truth)
        except NotConverged:
            failed += 1
            continue
        found = {}
        for (name, (outcome, se)), errors in zip(SERIES.items(), noise, strict=True):
            empty = series(outcome, dict.fromkeys(DATES, 0.0), se)
            values = observed.compare(empty, run.path, run.base).model + se * errors
            found[name] = series(outcome, dict(zip(DATES, map(float, values), strict=True)), se)
        result = fear(chronicle(found), start=START, end=END, tau=0.4, rounds=3)
        inside += list(np.abs(result.log - np.cumsum(revisions)) <= 1.645 * result.sd)
    assert failed <= 5
    # 80 to 100 bands; those of one path depend on each other
    assert 0.8 <= np.mean(inside) <= 0.98
