"""Runs that start from a solved run near by."""

import dataclasses
import datetime as dt

import numpy as np
import pytest

import dirigiste as dg
from chronicles import VILLAGE, told
from dirigiste import economy as economies
from dirigiste.errors import InputError

PATHS = 1e-6
"""Tolerance of markets on a path, as `numerics.tolerances.paths` has it."""

LATER = "2022-01-01"


def made(credit=0.95, fear=2.0, economy=None, date=LATER):
    """A chronicle of two surprises, with numbers of its own."""
    return told(
        economies.loads(VILLAGE) if economy is None else economy,
        ("2021-01-01", {"parameter": "statuses.free.collateral", "multiply": credit}),
        (date, {"parameter": "edges.inspection.perceived", "multiply": fear, "half_life": 3}),
    )


@pytest.fixture(scope="module")
def first(configured):
    return dg.run(made())


def rounds(run):
    return int(run.surprises["rounds"].sum())


def test_a_run_near_by_takes_fewer_rounds_to_the_same_path(first):
    other = made(credit=0.945, fear=2.1)
    cold, warm = dg.run(other), dg.run(other, start=first)
    assert rounds(warm) < rounds(cold)
    assert warm.certificate.certified
    assert warm.certificate.worst < PATHS
    for name in ("output", "wage", "control"):
        np.testing.assert_allclose(warm.path[name].values, cold.path[name].values, rtol=2e-5, err_msg=name)
    assert not np.allclose(warm.path["output"].values, first.path["output"].values, rtol=1e-4)


def test_a_run_that_starts_from_itself_is_found_almost_at_once(first):
    again = dg.run(first.chronicle, start=first)
    assert rounds(again) <= 4 < rounds(first)


def test_what_is_gained_is_gained_over_the_final_path_before(configured):
    """And not over the rough one on which the second surprise is begun, which depends on the start."""
    exact = economies.loads(VILLAGE).with_({"numerics.tolerances.foresight": 2e-7})
    chronicle = made(credit=0.8, fear=4.0, economy=exact)
    pipelined, apart = dg.run(chronicle).near, dg.run(chronicle, channels=True).near
    key = (1, frozenset({"credit", "fear"}))
    np.testing.assert_allclose(pipelined.gained[key].u, apart.gained[key].u, atol=2e-6)


def test_another_economy_is_a_neighbour_too(first):
    economy = economies.loads(VILLAGE).with_({"statuses.free.collateral": 1.42})
    other = made(economy=economy)
    cold, warm = dg.run(other), dg.run(other, start=first)
    assert rounds(warm) < rounds(cold)
    assert warm.near.kernel is not first.near.kernel
    np.testing.assert_allclose(warm.path["output"].values, cold.path["output"].values, rtol=2e-5)
    assert float(warm.base["output"]) == pytest.approx(float(cold.base["output"]), rel=1e-7)


@pytest.mark.parametrize(
    "other",
    [
        made(date="2022-02-01"),
        made(economy=economies.loads(VILLAGE).with_({"numerics.wealth.points": 44})),
        made(economy=economies.loads(VILLAGE).with_({"preferences.rho": 0.065})),
    ],
    ids=["dates", "nodes", "preferences"],
)
def test_what_does_not_fit_changes_nothing(first, other):
    cold, warm = dg.run(other), dg.run(other, start=first)
    np.testing.assert_array_equal(warm.path["output"].values, cold.path["output"].values)


def test_channels_that_the_neighbour_has_not_solved_start_from_cold(first):
    alone = dg.run(first.chronicle, only=["credit"])
    split = dg.run(first.chronicle, channels=True, start=alone)
    whole = split.channels("output", time=2.0)
    expected = dg.run(first.chronicle, channels=True).channels("output", time=2.0)
    np.testing.assert_allclose(whole.values, expected.values, atol=2e-5 * abs(whole.attrs["value"]))


def test_a_neighbour_that_leads_astray_is_left(first):
    gained = {
        key: one._replace(u=one.u + np.array([0.5, 0.0, 0.0, 0.0])) for key, one in first.near.gained.items()
    }
    astray = dataclasses.replace(first, near=first.near._replace(gained=gained))
    run = dg.run(first.chronicle, start=astray)
    np.testing.assert_allclose(run.path["output"].values, first.path["output"].values, rtol=2e-5)


def test_runs_from_their_folders_do_not_start_others(first, tmp_path):
    opened = dg.Run.open(first.save(tmp_path, report=False))
    with pytest.raises(InputError, match="solve it again"):
        dg.run(first.chronicle, start=opened)
    assert opened.near is None


def test_dates_are_those_of_surprises(first):
    assert first.near.dates == (dt.date(2021, 1, 1), dt.date(2022, 1, 1))
