"""Numbers and dates as readers meet them."""

import pytest

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
