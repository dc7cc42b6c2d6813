"""Choices are changed as economies are: a mapping of dotted paths to values."""

import pytest

import dirigiste as dg
from dirigiste.measurement.choices import Choices, Trim


def test_fields_are_changed_by_path_and_the_others_kept():
    changed = Choices().with_({"sigma": 4.0, "trim.tail": 0.005, "trim.by": "year"})
    assert changed == Choices(sigma=4.0, trim=Trim(tail=0.005, by="year"))
    assert Choices().with_({}) == Choices()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sigmma": 4.0}, "sigmma"),
        ({"trim.tails": 0.1}, "tails"),
        ({"sigma.tail": 0.1}, "sigma.tail: no such field"),
        ({"trimm.tail": 0.1}, "did you mean `trim.tail`"),
        ({"sigma": 0.5}, "above 1"),
    ],
)
def test_what_is_no_field_or_no_value_of_it_is_refused(changes, message):
    with pytest.raises(dg.InputError, match=message):
        Choices().with_(changes)
