"""Years pooled: money of all years weighs alike whatever prices are, rows without a group, headings, real
values, and warnings about choices.
"""

import math
from collections import defaultdict

import numpy as np
import polars as pl
import pytest
from measure_samples import firms_of, random_firms

from dirigiste.errors import InputError
from dirigiste.measurement import Choices, measure, read_firms, specifications
from dirigiste.measurement.checks.rows import checks
from dirigiste.measurement.choices import Trim
from dirigiste.measurement.data.deflator import read_deflator
from dirigiste.measurement.data.firms import NO_GROUP
from dirigiste.measurement.moments import moments

CHOICES = Choices(alpha="constant", trim=Trim(tail=0.01))
MONEY = pl.col("output", "labor", "capital")
PRICES = {2000: 1.0, 2001: 3.0, 2002: 40.0, 2003: 45.0}


def inflated(frame):
    price = pl.col("year").replace_strict(PRICES, return_dtype=pl.Float64)
    return frame.with_columns(MONEY * price)


def test_inflation_moves_no_table_of_groups_and_no_moment():
    frame = random_firms(3, missing=0.1)
    real, nominal = (measure(firms_of(f), CHOICES) for f in (frame, inflated(frame)))
    for name in ("groups", "gains_by_industry", "gains_by_year", "counterfactuals", "dispersion"):
        one, other = real.tables[name].frame, nominal.tables[name].frame
        for column in one.columns:
            if one[column].dtype == pl.Float64:
                np.testing.assert_allclose(other[column], one[column], rtol=1e-9, atol=1e-11, err_msg=name)
    for one, other in zip(moments(real), moments(nominal), strict=True):
        assert other.value == pytest.approx(one.value, rel=1e-9, abs=1e-11), one.name


def test_shares_of_groups_are_means_of_yearly_shares():
    frame = random_firms(3, missing=0.1)
    result = measure(firms_of(frame), CHOICES.with_({"trim": Trim(tail=0), "weights": "none"}))
    yearly = defaultdict(list)
    for (_,), part in frame.group_by("year"):
        whole = part["output"].sum()
        for (group,), rows in part.with_columns(pl.col("group").fill_null(NO_GROUP)).group_by("group"):
            yearly[group].append(rows["output"].sum() / whole)
    table = result.tables["groups"].frame
    for row in table.iter_rows(named=True):
        assert row["output_share"] == pytest.approx(sum(yearly[row["group"]]) / 4, rel=1e-12)
    assert table["output_share"].sum() == pytest.approx(1)
    assert any("means over years" in note for note in result.tables["groups"].notes)


def test_a_heading_means_one_thing_in_all_tables():
    tables = measure(firms_of(random_firms(3)), CHOICES, bootstrap=3, jobs=1).tables
    seen = defaultdict(set)
    for name, table in tables.items():
        for column in table.columns.values():
            seen[column.title].add((name, column.unit))
    several = {title: {name for name, _ in places} for title, places in seen.items() if len(places) > 1}
    assert several["share of value added"] == {"groups", "gains_by_industry"}
    shared = {"year", "rows", "cells", "firms", "variable", "group", "industry", "measure", "value"}
    shared |= {"s.e.", "to", "productivity and share", "share of value added"}
    assert set(several) - shared <= {
        "weights",
        "sd",
        "75-25",
        "90-10",
        "sd around means",
    }  # dispersion by year
    for title in ("gain", "between groups", "within groups", "ln(1 + gain)"):
        assert {name for name, _ in seen[title]} == {"gains_by_year"}, title


def test_a_deflator_gives_real_values(tmp_path):
    frame = random_firms(3)
    path = tmp_path / "prices.csv"
    path.write_text("year,index\n" + "".join(f"{year},{100 * p}\n" for year, p in PRICES.items()))
    index = read_deflator(path)
    own = Choices()
    assert index == {year: 100 * price for year, price in PRICES.items()}
    real = measure(firms_of(frame), own)
    nominal = measure(firms_of(inflated(frame)), own)
    back = measure(firms_of(inflated(frame)), own.with_({"deflator": index}))
    assert abs(nominal.gain - real.gain) > 0.01  # own α are of sums over years
    assert back.gain == pytest.approx(real.gain, rel=1e-9)
    assert back.rows["output"].to_numpy() == pytest.approx(real.rows["output"].to_numpy() * PRICES[2003])
    assert "real values, in prices of the last year" in back.choices.line()
    assert any("in current prices" in note for note in nominal.tables["gains_by_industry"].notes)


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("year,index\n2000,1\n2001,0\n", "row 2: `index` must be a number above 0"),
        ("year,index\n2000,1\n2000,2\n", "row 1: its year is given twice"),
        ("year,index\nlong ago,1\n", "row 1: `year` holds no year"),
        ("a,b,c\n1,2,3\n", "needs two columns, `year` and `index`"),
        ("year,index\n", "has a header but no rows"),
    ],
)
def test_deflators_that_cannot_be(tmp_path, text, about):
    path = tmp_path / "prices.csv"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_deflator(path)
    assert about in str(caught.value)


def test_a_deflator_without_a_year_is_refused():
    with pytest.raises(InputError, match="has no index for 2001, 2002"):
        measure(firms_of(random_firms(1)), CHOICES.with_({"deflator": {2000: 1.0, 2003: 1.0}}))


def test_rows_without_a_group_follow_one_rule_that_is_reported():
    frame = random_firms(1, missing=0.2)
    firms = firms_of(frame)
    texts = [str(finding) for finding in checks(firms) if finding.check == "no group"]
    assert len(texts) == 1
    assert "a group of their own, (not known), in shares and in the split" in texts[0]
    assert next(f for f in checks(firms) if f.check == "no group").kind == "warning"
    result = measure(firms, CHOICES.with_({"trim": Trim(tail=0)}))
    table = result.tables["groups"]
    assert NO_GROUP in table.frame["group"].to_list()
    assert NO_GROUP not in result.tables["regressions"].frame["group"].to_list()
    note = next(note for note in table.notes if "have no group" in note)
    known = measure(firms_of(frame.drop_nulls("group")), CHOICES.with_({"trim": Trim(tail=0)}))
    mean = known.tables["gains_by_year"].frame[-1]
    for name, word in (("gain", "gain"), ("between", "between groups"), ("within", "within groups")):
        assert f"{word} {mean[name][0]:.2f} %" in note


def test_a_column_of_measured_numbers_is_no_group(tmp_path):
    frame = random_firms(1, firms=100).with_columns(
        persons=(pl.col("employment") * 10).round().cast(pl.Int64)
    )
    roles = {"output": "output", "wage_bill": "labor", "capital": "capital", "year": "year"}
    path = tmp_path / "firms.csv"
    frame.write_csv(path)
    for source in (frame, path):
        with pytest.raises(InputError, match="numbers that are not whole"):
            read_firms(source, **roles, group="capital")
        texts = [str(f) for f in checks(read_firms(source, **roles, group="persons"))]
        assert any("groups in persons; is that a column of something else?" in text for text in texts)
    few = frame.with_columns(code=(pl.int_range(pl.len()) % 3).cast(pl.Float64) + 0.1)
    assert read_firms(few, **roles, group="code").frame["group"].n_unique() == 3


def test_own_shares_that_are_clipped_are_reported():
    frame = random_firms(1).with_columns(
        labor=pl.when(pl.col("industry") == "i2").then(pl.col("output") * 0.99).otherwise(pl.col("labor"))
    )
    result = measure(firms_of(frame))
    assert any("below 0.05 were set to 0.05 in 1 of 5 industries: `i2`" in text for text in result.warnings)
    assert not any("were set to" in text for text in measure(firms_of(frame), CHOICES).warnings)


def test_specifications_hold_the_users_own_choice_and_say_what_they_vary():
    firms = firms_of(random_firms(6))
    choices = Choices(sigma=4.0, trim=Trim(tail=0.02), alpha="constant", alpha_value=0.45, min_cell=2)
    table = specifications(firms, choices)
    mine = table.frame.filter(pl.col("yours") == "yes")
    assert mine.height == 1
    assert mine["gain"][0] == pytest.approx(measure(firms, choices).gain)
    assert table.frame["yours"][0] == "yes"
    fixed = next(note for note in table.notes if note.startswith("What the table does not vary"))
    assert "R 0.1; cells of 2 rows or more" in fixed
    assert not any(word in fixed for word in ("σ", "α", "labour", "2 %"))
    assert specifications(firms, choices, {"sigma": [4.0]}).notes[-1].count("labour = wage bill") == 1
    assert math.isfinite(mine["sd"][0])
