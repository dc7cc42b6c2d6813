"""How numbers are written as text: decimal signs, and separators of thousands."""

import pytest

from dirigiste.errors import InputError
from dirigiste.measurement.data.read import read_firms
from dirigiste.measurement.files.source import Form

ROLES = {"output": "va", "wage_bill": "wages", "capital": "k"}

VALUES = [(7490.44, 2389.9, 11862.5), (1890.09, 729.99, 5023.32), (1234567.5, 1000.0, 12.25)]


def written(tmp_path, rows, sep=";", name="firms.csv"):
    path = tmp_path / name
    path.write_text(
        "\n".join(sep.join(row) for row in [("va", "wages", "k"), *rows]) + "\n", encoding="utf-8"
    )
    return path


def numbers(firms):
    return [tuple(row) for row in firms.frame.select("output", "labor", "capital").iter_rows()]


def spelled(value, decimal, between):
    whole, _, rest = f"{value:,.2f}".partition(".")
    return whole.replace(",", between) + decimal + rest


@pytest.mark.parametrize("given", [None, "right"])
@pytest.mark.parametrize(
    ("decimal", "between"),
    [
        (",", "."), (",", " "), (",", "\u00a0"), (",", "\u202f"), (",", "\u2009"), (",", ""),
        (".", ","), (".", " "), (".", "'"), (".", "\u2019"), (".", ""),
    ],
)  # fmt: skip
def test_separators_of_thousands_are_removed(tmp_path, decimal, between, given):
    """Claim: the same numbers in every way of writing them, whether the decimal sign is given or detected."""
    rows = [[spelled(value, decimal, between) for value in row] for row in VALUES]
    form = Form(decimal=decimal if given else None)
    firms = read_firms(written(tmp_path, rows), **ROLES, form=form)
    assert numbers(firms) == VALUES
    remarks = " ".join(firms.remarks)
    assert ("between thousands" in remarks) == bool(between)
    assert ("decimal comma" in remarks) == (decimal == ",")


@pytest.mark.parametrize("sep", ["\t", ";", "|"])
def test_a_comma_before_three_digits_may_be_either_and_is_asked_for(tmp_path, sep):
    rows = [["7,490", "730", "11,862"], ["1,890", "120", "5,023"]]
    path = written(tmp_path, rows, sep, "firms.txt")
    with pytest.raises(InputError, match=r"may be \d+ or .*--decimal \.` if .*--decimal ,` if"):
        read_firms(path, **ROLES)
    whole = read_firms(path, **ROLES, form=Form(decimal="."))
    assert numbers(whole) == [(7490.0, 730.0, 11862.0), (1890.0, 120.0, 5023.0)]
    parts = read_firms(path, **ROLES, form=Form(decimal=","))
    assert numbers(parts) == [(7.49, 730.0, 11.862), (1.89, 120.0, 5.023)]


def test_one_number_tells_for_the_whole_file(tmp_path):
    """Claim: three decimals everywhere but in one number of another column are read as decimals."""
    rows = [["7,490", "730", "11,862"], ["1,890", "120,5", "5,023"]]
    assert numbers(read_firms(written(tmp_path, rows), **ROLES))[0] == (7.49, 730.0, 11.862)
    rows[1][1] = "120.5"
    assert numbers(read_firms(written(tmp_path, rows), **ROLES))[0] == (7490.0, 730.0, 11862.0)


def test_numbers_that_contradict_each_other_are_refused(tmp_path):
    rows = [["7490,4", "730", "11862"], ["1890", "120.5", "5023"]]
    with pytest.raises(InputError, match=r"only have a decimal comma.*only a decimal point"):
        read_firms(written(tmp_path, rows), **ROLES)


def test_quoted_commas_in_a_file_separated_by_commas(tmp_path):
    """Claim: between thousands where nothing else is given; before decimals where a number shows it."""
    rows = [['"7,490"', "730", '"11,862"']]
    assert numbers(read_firms(written(tmp_path, rows, ","), **ROLES)) == [(7490.0, 730.0, 11862.0)]
    rows = [['"7490,44"', "730", '"11862,5"']]
    assert numbers(read_firms(written(tmp_path, rows, ","), **ROLES)) == [(7490.44, 730.0, 11862.5)]
