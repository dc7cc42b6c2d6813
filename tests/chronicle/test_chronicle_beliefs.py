"""What cases add to beliefs, against arithmetic by hand; all that reads a chronicle sees it."""

import datetime as dt
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from dirigiste import chronicle
from dirigiste.chronicle import Chronicle, Event, explain, years_between
from dirigiste.economy.schema import schema_of
from dirigiste.errors import InputError

HERE = Path(__file__).parent
FIRST, SECOND = dt.date(2021, 1, 1), dt.date(2023, 1, 1)

RULE = """
name: made
economy: village.yaml
beliefs: {half_life: 2, edges: {strike: 0.5}}
events:
"""


@pytest.fixture(scope="module")
def believers() -> Chronicle:
    return chronicle.load(HERE / "believers.yaml")


def made_of(text):
    return chronicle.loads(text, file=str(HERE / "made.yaml"))


def left(day, since):
    return 2 ** (-years_between(since, day) / 2)


def test_salience_is_a_power_of_size_or_given(believers):
    rule = believers.beliefs
    assert rule.salience(believers.events[0].case) == pytest.approx(2.0)
    assert rule.salience(believers.events[2].case) == 0.5


def test_perceived_is_the_sum_of_what_is_left_of_all_cases(believers):
    day = dt.date(2024, 1, 1)
    belief = 2.0 * left(day, FIRST) + 0.5 * left(day, SECOND)
    assert believers.value("edges.watch.perceived", day) == pytest.approx(0.02 * (1 + belief), rel=1e-14)
    early = dt.date(2022, 7, 1)
    assert believers.value("edges.watch.perceived", early) == pytest.approx(
        0.02 * (1 + 2 * left(early, FIRST)), rel=1e-14
    )
    assert believers.value("edges.watch.perceived", dt.date(2020, 1, 1)) == 0.02
    assert believers.value("edges.watch.actual", day) == 0.02


def test_what_is_written_and_what_a_case_adds_compose_with_the_case_last(believers):
    day = dt.date(2022, 1, 1)
    expected = 0.06 * 1.5 + 0.06 * 0.5 * 2 * left(day, FIRST)
    assert believers.value("edges.strike.perceived", day) == pytest.approx(expected, rel=1e-14)
    swapped = believers.model_copy(update={"events": (believers.events[1], *believers.events[::2])})
    assert swapped.value("edges.strike.perceived", day) == believers.value("edges.strike.perceived", day)


def test_to_and_a_case_on_one_date_both_act():
    first = "  - {date: 2021-01-01, title: A case, sources: [assumption], case: {salience: 1}, "
    same = made_of(RULE + first + "changes: [{parameter: edges.strike.perceived, to: 0.1}]}")
    assert same.value("edges.strike.perceived", FIRST) == pytest.approx(0.1 + 0.03)


def test_a_rate_left_out_follows_the_actual_one(believers):
    early = dt.date(2021, 7, 1)
    assert believers.value("edges.watch.perceived", early) == pytest.approx(
        0.04 + 0.04 * left(early, FIRST), rel=1e-14
    )
    only = believers.value("edges.watch.perceived", early, channels=["fear"])
    assert only == pytest.approx(0.02 + 0.04 * left(early, FIRST), rel=1e-14)
    assert believers.value("edges.watch.perceived", early, channels=["force"]) == pytest.approx(0.04)


def test_a_lasting_change_of_the_actual_rate_is_perceived_where_it_is_not_given():
    text = (
        RULE.replace("strike", "watch")
        + """
  - {date: 2021-01-01, title: A case, sources: [assumption], case: {salience: 1}}
  - date: 2022-01-01
    title: More
    sources: [assumption]
    changes: [{parameter: edges.watch.actual, multiply: 3}]
"""
    )
    after = made_of(text).lasting()
    assert after.get("edges.watch.actual") == after.get("edges.watch.perceived") == pytest.approx(0.06)


def test_cases_are_surprises_steps_and_fear(believers):
    assert believers.surprises == (FIRST, SECOND)
    assert set(believers.parameters) == {
        "edges.strike.perceived",
        "edges.watch.actual",
        "edges.watch.perceived",
        "statuses.stranger.spread",
    }
    assert believers.channels() == ("credit", "force", "fear")
    changes = believers.changes_to("edges.strike.perceived")
    assert [dated.event.title for dated in changes] == ["A speech", "A case", "Another case"]
    assert [believers.channel_of(dated.change) for dated in changes] == ["fear"] * 3
    assert all(len(dated.change.why) > 10 and dated.change.source == "assumption" for dated in changes[1:])


def test_only_a_case_is_a_surprise_and_needs_no_reason():
    event = Event.model_validate(
        {"date": "2021-01-01", "title": "A", "sources": ["assumption"], "case": {"salience": 1}}
    )
    assert event.acts
    assert made_of(
        RULE + "  - {date: 2021-01-01, title: A, sources: [assumption], case: {salience: 1}}"
    ).surprises


def test_changes_of_an_event_hold_both(believers):
    both = believers.changes_of(believers.events[2])
    assert [change.parameter for change in both] == [
        "statuses.stranger.spread",
        "edges.strike.perceived",
        "edges.watch.perceived",
    ]
    assert [change.add for change in both] == [0.01, pytest.approx(0.015), pytest.approx(0.01)]
    assert believers.changes_of(believers.events[1]) == believers.events[1].changes


def test_cases_have_no_lasting_effect(believers):
    changed = {item.path: item.after for item in believers.lasting_changes()}
    assert changed == {
        "edges.strike.perceived": pytest.approx(0.09),
        "statuses.stranger.spread": pytest.approx(0.05),
    }


def test_another_economy_has_its_own_rates(believers):
    harsher = believers.baseline.with_({"edges.strike.perceived": 0.2})
    assert believers.changes_of(believers.events[2], harsher)[1].add == pytest.approx(0.05)
    believers.check(harsher)
    with pytest.raises(InputError, match="the perceived rate of `watch` is 0"):
        believers.check(believers.baseline.with_({"edges.watch.actual": 0.0}))


def test_critics_are_those_all_of_whose_origins_have_a_voice(believers):
    rule = believers.beliefs.model_copy(update={"critics": 1.6})
    village = believers.baseline
    assert rule.weight("strike", village) == 0.5
    loud = village.with_({"statuses.stranger.voice": True})
    assert rule.weight("strike", loud) == pytest.approx(0.8)
    assert rule.weight("watch", loud) == 1.0
    both = loud.with_({"edges.strike.from": ["stranger", "listed"]})
    assert rule.weight("strike", both) == 0.5


def test_yaml_keeps_the_rule_and_the_cases(believers, whole, crackdown):
    text = believers.to_yaml()
    again = made_of(text)
    assert again == believers
    assert again.beliefs == believers.beliefs
    assert "belief rule" not in text
    assert again.to_yaml() == text
    for one in (whole, crackdown):
        assert made_of(one.to_yaml()) == one


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("beliefs", ["half_life", "critics", "publicised cases"]),
        ("beliefs.half_life", ["years", "above 0", "required"]),
        ("beliefs.power", ["at least 0", "1.0"]),
        ("beliefs.edges.crackdown", ["Enforcement edges"]),
        ("events.case", ["size", "salience"]),
        ("events.case.size", ["US dollars", "above 0"]),
        ("events.changes.channel", ["credit", "fear"]),
    ],
)
def test_keys_are_explained(path, words):
    text = explain(path)
    assert text.startswith(path)
    assert not [word for word in words if word not in text], text


def test_a_key_that_does_not_exist_is_not_explained():
    with pytest.raises(InputError, match=r"did you mean `beliefs\.half_life`"):
        explain("beliefs.halflife")


def test_the_schema_covers_beliefs():
    schema = Draft202012Validator(schema_of(Chronicle))
    event = {"date": "2021-01-01", "title": "A", "sources": ["assumption"], "case": {"size": 1e9}}
    data = {
        "name": "made",
        "economy": "village",
        "beliefs": {"half_life": {"value": 2.0, "source": "assumption"}, "edges": {"strike": 0.5}},
        "events": [event],
    }
    assert schema.is_valid(data)
    assert not schema.is_valid(data | {"beliefs": {"half_life": -1, "edges": {"strike": 0.5}}})
    assert not schema.is_valid(data | {"events": [event | {"case": {"sise": 1}}]})
