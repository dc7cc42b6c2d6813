"""What changes come to, on the way and in the end, against arithmetic by hand."""

import datetime as dt

import pytest

from dirigiste import chronicle
from dirigiste.chronicle import Change, years_between
from dirigiste.errors import InputError

START = dt.date(2021, 1, 1)


def change(**fields):
    return Change.model_validate({"parameter": "edges.strike.actual", **fields})


@pytest.mark.parametrize(
    ("fields", "years", "expected"),
    [
        ({"multiply": 4, "half_life": 3}, 0.0, 8.0),
        ({"multiply": 4, "half_life": 3}, 3.0, 2 * (1 + 3 * 0.5)),
        ({"multiply": 4, "half_life": 3}, 5.0, 2 * (1 + 3 * 2 ** (-5 / 3))),
        ({"add": 1, "half_life": 2}, 4.0, 2.25),
        ({"to": 10, "half_life": 1}, 1.0, 6.0),
        ({"to": 10}, 7.0, 10.0),
        ({"add": 1, "for": 2}, 1.99, 3.0),
        ({"add": 1, "for": 2}, 2.0, 2.0),
        ({"multiply": 0.5, "over": 4}, 0.0, 2.0),
        ({"multiply": 0.5, "over": 4}, 1.0, 1.75),
        ({"multiply": 0.5, "over": 4}, 9.0, 1.0),
        ({"to": 5, "series": {"2023-01-01": 7}}, 1.0, 5.0),
        ({"to": 5, "series": {"2023-01-01": 7}}, 2.01, 7.0),
        ({"multiply": 3}, -0.1, 2.0),
    ],
)
def test_value_over_time(fields, years, expected):
    assert change(**fields).apply(2.0, years, START) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"multiply": 4, "half_life": 3}, 2.0),
        ({"add": 1, "for": 2}, 2.0),
        ({"multiply": 0.5, "over": 4}, 1.0),
        ({"add": 1}, 3.0),
        ({"add": 1, "series": {"2022-01-01": 4, "2023-01-01": 0.5}}, 2.5),
    ],
)
def test_the_lasting_value_is_the_limit_of_the_value_over_time(fields, expected):
    lasting = change(**fields).apply_lasting(2.0)
    assert lasting == pytest.approx(expected, rel=1e-14)
    assert change(**fields).apply(2.0, 1000.0, START) == pytest.approx(lasting, rel=1e-12)


def test_a_change_to_a_value_that_adding_cannot_reach():
    assert change(to=2.0).apply(float("inf"), 1.0, START) == 2.0


def test_lasting_economy(whole):
    after = whole.lasting()
    assert after.get("statuses.stranger.collateral") == 1.5  # .8 and 1.25 undo each other
    assert after.get("statuses.stranger.spread") == 0.03
    assert after.get("edges.strike.actual") == 0.06  # faded
    assert after.get("edges.strike.perceived") == 0.06  # faded
    assert after.get("edges.strike.fine") == 0.1  # over
    assert after.get("edges.list.rate") == pytest.approx(0.1 * 0.5 + 0.01)  # in the order of dates
    assert after.get("statuses.listed.data_lending") == 0.18
    assert after.get("statuses.stranger.wedge") == pytest.approx(0.01)
    untouched = [p for p in whole.baseline.parameters() if p.path not in whole.parameters]
    assert all(after.get(parameter.path) == parameter.value for parameter in untouched)


def test_lasting_changes_name_events_and_leave_out_what_came_back(whole):
    lasting = {item.path: item for item in whole.lasting_changes()}
    assert set(lasting) == {
        "statuses.stranger.spread",
        "edges.list.rate",
        "statuses.listed.data_lending",
        "statuses.stranger.wedge",
    }
    path, before, after, events = lasting["edges.list.rate"]
    assert (path, before) == ("edges.list.rate", 0.1)
    assert after == pytest.approx(0.06)
    assert [event.title for event in events] == ["All at once", "Half back"]
    assert [event.title for event in lasting["statuses.listed.data_lending"].events] == ["All at once"]


def test_lasting_on_another_economy(whole):
    dearer = whole.baseline.with_({"edges.list.rate": 0.4})
    assert whole.lasting(dearer).get("edges.list.rate") == pytest.approx(0.21)
    assert whole.baseline.get("edges.list.rate") == 0.1


def test_lasting_of_some_channels(whole):
    fines = whole.lasting(channels=["fines"])
    assert fines.get("statuses.stranger.wedge") == pytest.approx(0.01)
    assert fines.get("edges.list.rate") == 0.1
    assert whole.lasting(channels=[]) == whole.baseline


def test_events_act_in_the_order_of_dates_not_of_the_file(whole):
    backwards = whole.model_copy(update={"events": tuple(reversed(whole.events))})
    assert backwards.lasting_changes() == whole.lasting_changes()


def test_value_distinguishes_what_is_announced_from_what_happens(whole):
    path = "statuses.stranger.collateral"
    day = dt.date(2024, 1, 1)
    assert whole.value(path, dt.date(2020, 12, 31)) == 1.5
    assert whole.value(path, day) == pytest.approx(1.5)
    assert whole.value(path, day, announced=dt.date(2022, 12, 31)) == pytest.approx(1.2)
    t = years_between(START, day)
    assert whole.value("edges.strike.actual", day) == pytest.approx(0.06 * (1 + 3 * 2 ** (-t / 3)))


def test_surprises_are_dates_with_changes(whole, crackdown):
    assert whole.surprises == (START, dt.date(2023, 1, 1))
    assert list(crackdown.surprises) == sorted(set(crackdown.surprises))


def test_perceived_that_the_file_leaves_out_starts_from_actual():
    text = """
name: fear
economy: village.yaml
events:
  - date: 2021-01-01
    title: Talk
    sources: [assumption]
    changes: [{parameter: edges.watch.perceived, multiply: 3}]
"""
    from pathlib import Path

    made = chronicle.loads(text, file=str(Path(__file__).parent / "made.yaml"))
    after = made.lasting()
    assert after.get("edges.watch.perceived") == pytest.approx(0.06)
    assert after.get("edges.watch.actual") == 0.02


def test_a_parameter_that_an_economy_lacks_is_an_error(whole):
    poorer = whole.baseline.with_({"edges.strike": None})
    with pytest.raises(InputError, match=r"edges\.strike"):
        whole.lasting(poorer)
