"""Checks of the data: each finds what was put in, and clean data give no warning."""

import polars as pl
import pytest

from dirigiste.measurement import read_firms, synthetic
from dirigiste.measurement.checks.rows import checks

ROLES = {
    "output": "value_added",
    "wage_bill": "wages",
    "employment": "workers",
    "capital": "capital",
    "industry": "industry",
    "year": "year",
    "id": "firm",
    "group": "ownership",
    "sales": "sales",
    "inputs": "materials",
}
CLEAN = synthetic(20_000, industries=5, seed=8).frame


def findings(change=None, keep=None):
    frame = CLEAN if change is None else CLEAN.with_columns(change)
    frame = frame if keep is None else frame.filter(keep)
    return checks(read_firms(frame, **ROLES))


def texts(findings, kind="warning"):
    return [str(finding) for finding in findings if finding.kind == kind]


def test_clean_data_give_no_warning():
    assert texts(findings()) == []


def at(rows, column, value):
    chosen = pl.int_range(pl.len()).is_in(rows)
    return pl.when(chosen).then(value).otherwise(pl.col(column)).alias(column)


IN_2002 = pl.col("year") == 2002


def in_2002(column, factor):
    return pl.when(IN_2002).then(pl.col(column) * factor).otherwise(pl.col(column)).alias(column)


@pytest.mark.parametrize(
    ("change", "about", "rows"),
    [
        (at([4, 9], "firm", 1), "duplicates", 3),
        (at([4, 9, 11], "value_added", pl.col("sales") * 1.1), "value added above sales", 3),
        (at([4, 9], "materials", -1.0), "negative inputs", 2),
        (at([4], "capital", pl.col("value_added")), "capital equals value added", 1),
        (at([4], "wages", pl.col("value_added")), "labour cost equals value added", 1),
        (at([4, 5], "workers", 0.0), "employment not positive", 2),
        (at([4], "year", 20020), "years", 1),
        ([pl.col("capital") * 1000], "median of capital / value added", 0),
        ([in_2002("value_added", 1.4), in_2002("sales", 1.0)], "value added / sales is", 2000),
        ([in_2002("capital", 1000.0)], "the median of capital in 2002 is", 0),
        ([in_2002("wages", 1.5)], "labour cost / value added is", 2000),
    ],
)
def test_each_flaw_is_found(change, about, rows):
    here = [finding for finding in findings(change) if about in str(finding) and finding.kind == "warning"]
    assert len(here) >= 1
    assert here[0].rows == rows
    if 0 < rows < 5:
        assert len(here[0].examples) == rows


def test_a_wrong_unit_of_one_firm():
    long = CLEAN.filter(pl.len().over("firm") >= 5)
    frame = long.with_columns(at([0], "capital", pl.col("capital") * 1000))
    here = texts(checks(read_firms(frame, **ROLES)))
    assert any("capital 100 times above or below the firm's own median (rows 1)" in text for text in here)


def test_same_numbers_under_another_name():
    frame = pl.concat([CLEAN, CLEAN.head(2).with_columns(pl.col("firm") + 1_000_000)])
    here = [one for one in checks(read_firms(frame, **ROLES)) if one.check == "same numbers"]
    assert here[0].rows == 4
    assert here[0].examples == (1, 2, 20_001, 20_002)


def test_a_year_with_few_rows():
    here = texts(findings(keep=~IN_2002 | (pl.int_range(pl.len()) % 4 == 0)))
    assert any(text.startswith("coverage: 2002 has 500 rows") for text in here)


def test_an_industry_that_jumps_and_comes_back():
    code = CLEAN["industry"][0]
    one = IN_2002 & (pl.col("industry") == code)
    changes = [
        pl.when(one).then(pl.col(name) / 20).otherwise(pl.col(name)).alias(name)
        for name in ("value_added", "sales", "materials", "wages", "capital")
    ]
    here = texts(findings(changes))
    assert any(f"{code} 2002" in text for text in here)


def test_notes_on_groups_cells_and_losses():
    frame = CLEAN.with_columns(at(list(range(9000)), "capital", 0.0), at([9500], "ownership", pl.lit(None)))
    findings = checks(read_firms(frame, **ROLES))
    assert any(text.startswith("rows lost: 9,000 of 20,000 rows (45 %)") for text in texts(findings))
    assert any(text.startswith("no group: 1 of 11,000") for text in texts(findings, "note"))
    small = checks(read_firms(CLEAN.head(12), **ROLES))
    assert any(text.startswith("small cells") for text in texts(small, "note"))
    firm = CLEAN.filter(pl.len().over("firm") > 1)["firm"][0]
    first = (pl.col("firm") == firm) & (pl.col("year") == pl.col("year").min().over("firm"))
    moved = CLEAN.with_columns(pl.when(first).then(pl.lit("other")).otherwise("ownership").alias("ownership"))
    assert any(
        "firms change their group" in text for text in texts(checks(read_firms(moved, **ROLES)), "note")
    )


def test_a_head_count_is_not_held_against_money():
    roles = {key: value for key, value in ROLES.items() if key != "wage_bill"}
    frame = CLEAN.with_columns(pl.col("workers") * 1e6)
    assert not any("labour cost" in str(finding) for finding in checks(read_firms(frame, **roles)))
