"""Numbers and dates as readers meet them."""

import datetime as dt

import pytest

from dirigiste.chronicle import Change, Event
from dirigiste.report import words


def spaced(text):
    return text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.0123456, "0.0123"),
        (1234.5, "1 234"),
        (-0.5, "−0.500"),
        (1e-7, "1.00e−7"),
        (float("inf"), "no limit"),
    ],
)
def test_numbers(value, text):
    assert spaced(words.number(value)) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.572, "57.2 %"), (0.0123, "1.2 %"), (0.00123, "0.12 %"), (1e-5, "0.0010 %"), (0.000998, "0.10 %")],
)
def test_shares(share, text):
    assert spaced(words.percent(share)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0.0 %"), (-1e-9, "0.0 %"), (-0.019, "−1.9 %"), (0.0052, "+0.52 %"), (0.2, "+20.0 %")],
)
def test_changes_have_a_sign_unless_they_are_nothing(value, text):
    assert spaced(words.change(value)) == text


def test_pairs_share_their_digits():
    assert spaced(words.pair(0.61, 0.572)) == "61.0 → 57.2 %"
    assert spaced(words.pair(0.0095, 0.0112)) == "0.95 → 1.12 %"


def test_parameters_as_given():
    assert words.plain(0.1) == "0.1"
    assert words.plain(1e-9) == "1e−9"
    assert words.short(0.04197150000001) == "0.04197"
    assert words.short(0.05) == "0.05"


def test_sentences_are_put_together():
    assert words.listing(["a"]) == "a"
    assert words.listing(["a", "b", "c"]) == "a, b and c"
    assert words.clipped("abcdef", 4) == "abc…"


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"multiply": 1.5}, "× 1.5, for good"),
        ({"add": -0.02}, "− 0.02, for good"),
        ({"to": 3, "half_life": 1}, "set to 3, half of it gone in 1 year"),
        ({"add": 1, "for": 2}, "+ 1, for 2 years"),
        ({"multiply": 0.5, "over": 4}, "× 0.5, building up over 4 years"),
        ({"to": 1, "series": {"2022-01-01": 2}}, "set to 1, then 2022-01-01: 2"),
    ],
)
def test_changes_of_parameters_in_words(change, text):
    assert spaced(words.operation(Change.model_validate({"parameter": "a.b", **change}))) == text


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({}, "3 Nov 2020"),
        ({"precision": "month"}, "Nov 2020"),
        ({"precision": "year"}, "2020"),
        ({"precision": "reported"}, "reported 3 Nov 2020"),
        ({"until": dt.date(2020, 12, 1)}, "3 Nov 2020 – 1 Dec 2020"),
        ({"until": dt.date(2020, 12, 1), "precision": "month"}, "Nov 2020 – Dec 2020"),
    ],
)
def test_dates_are_as_exact_as_they_are_known(given, text):
    event = {"date": "2020-11-03", "title": "T", "sources": ["assumption"], "no_effect": "none", **given}
    assert spaced(words.date(Event.model_validate(event))) == text
