"""Numbers of chronicles by name."""

import datetime as dt
from pathlib import Path

import pytest

from chronicles import VILLAGE, told
from dirigiste import chronicle as chronicles
from dirigiste import economy as economies
from dirigiste.chronicle.sizes import sizes, with_sizes
from dirigiste.errors import InputError

FREE = "statuses.free.collateral"
PERCEIVED = "edges.inspection.perceived"


def village():
    return told(
        economies.loads(VILLAGE),
        (
            "2020-01-01",
            {"parameter": FREE, "multiply": 0.8},
            {"parameter": PERCEIVED, "add": 0.02, "half_life": 2},
            {"parameter": PERCEIVED, "multiply": 1.5, "for": 3},
        ),
        ("2021-06-01", {"parameter": FREE, "to": 2.0, "over": 1}),
    )


def value(chronicle, path, date="2020-01-01"):
    return chronicle.value(path, dt.date.fromisoformat(date))


def test_every_number_has_a_name():
    found = sizes(village())
    assert {name: size.value for name, size in found.items()} == {
        "2020-01-01 statuses.free.collateral.multiply": 0.8,
        "2020-01-01 edges.inspection.perceived.add": 0.02,
        "2020-01-01 edges.inspection.perceived.half_life": 2.0,
        "2020-01-01 edges.inspection.perceived.multiply#2": 1.5,
        "2020-01-01 edges.inspection.perceived.for#2": 3.0,
        "2021-06-01 statuses.free.collateral.to": 2.0,
        "2021-06-01 statuses.free.collateral.over": 1.0,
        "scale statuses.free.collateral": 1.0,
        "scale edges.inspection.perceived": 1.0,
        "scale credit": 1.0,
        "scale fear": 1.0,
    }
    assert found["2021-06-01 statuses.free.collateral.to"].since == dt.date(2021, 6, 1)
    assert found["scale credit"].since == dt.date(2020, 1, 1)


@pytest.mark.parametrize("name", list(sizes(village())))
def test_the_same_value_changes_nothing_and_another_one_does(name):
    chronicle = village()
    same = with_sizes(chronicle, {name: sizes(chronicle)[name].value})
    other = with_sizes(chronicle, {name: 1.25 * sizes(chronicle)[name].value})
    assert same.events == chronicle.events
    assert other.events != chronicle.events
    if not name.startswith("scale"):
        assert sizes(other)[name].value == pytest.approx(1.25 * sizes(chronicle)[name].value)


def test_scales_make_all_changes_stronger():
    chronicle = village()
    before = chronicle.baseline.get(FREE)
    half = with_sizes(chronicle, {"scale credit": 0.5})
    assert value(half, FREE) == pytest.approx(before * 0.8**0.5)
    assert half.events[1].changes[0].to == pytest.approx(before + 0.5 * (2.0 - before))
    none = with_sizes(chronicle, {"scale fear": 0.0})
    assert value(none, PERCEIVED) == pytest.approx(none.baseline.get(PERCEIVED))
    both = with_sizes(chronicle, {"scale credit": 2.0, "2020-01-01 statuses.free.collateral.multiply": 0.9})
    assert value(both, FREE) == pytest.approx(before * 0.9**2)


def test_cases_and_the_rule_of_beliefs_have_names_too():
    chronicle = chronicles.load(Path(__file__).parent / "believers.yaml")
    found = sizes(chronicle)
    assert {name for name in found if name.startswith("beliefs.")} >= {"beliefs.half_life", "beliefs.critics"}
    case = next(name for name in found if " case." in name)
    assert sizes(with_sizes(chronicle, {case: 3.0}))[case].value == 3.0
    path = next(iter(chronicle.beliefs.parameters()))
    edge = path.split(".")[1]
    twice, all_of_them = (with_sizes(chronicle, {f"scale {of}": 2.0}) for of in (path, "fear"))
    before = chronicle.beliefs.edges
    assert twice.beliefs.edges == before | {edge: 2.0 * before[edge]}
    assert all_of_them.beliefs.edges == {name: 2.0 * weight for name, weight in before.items()}
    with pytest.raises(InputError, match="above 0"):
        with_sizes(chronicle, {f"scale {path}": 0.0})


def test_unknown_names_and_impossible_values_are_errors():
    with pytest.raises(InputError, match="did you mean `scale fear`"):
        with_sizes(village(), {"scale feer": 1.0})
    with pytest.raises(InputError, match="perceived"):
        with_sizes(village(), {"2020-01-01 edges.inspection.perceived.add": -5.0})
