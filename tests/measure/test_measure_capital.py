"""Real capital by perpetual inventory: against a calculation by hand, and the truth of a synthetic panel."""

import json

import numpy as np
import polars as pl
import pytest

import dirigiste as dg
from dirigiste.cli import main
from dirigiste.errors import InputError
from dirigiste.measurement import synthetic

PRICES = {year: 100 * 1.05 ** (year - 2000) for year in range(1978, 2011)}


def firms(*rows):
    columns = ["panel_id", "year", "book", "born", "province", "industry"]
    return pl.DataFrame([(*row, "11", "3110") for row in rows], schema=columns, orient="row")


def capital(frame, **options):
    given = {"original": "book", "founded": "born", "prices": PRICES, "growth": 0.1, **options}
    return dg.real_capital(frame, **given)


def stocks(result):
    return result.frame["real_capital"].to_list()


def notes(result):
    return "\n".join(result.notes)


def test_a_stock_by_hand():
    result = capital(firms((1, 2000, 121.0, 1998), (1, 2001, 150.0, 1998), (1, 2002, 140.0, 1998)))
    price = {year: 1.05 ** (year - 2000) for year in range(1998, 2003)}
    stock = 100.0 / price[1998]  # 121 / 1.1²
    stock = 0.91 * stock + 10.0 / price[1999]
    first = 0.91 * stock + 11.0 / price[2000]
    second = 0.91 * first + 29.0 / price[2001]
    third = 0.91 * second - 10.0 / price[2002]
    assert stocks(result) == pytest.approx([first, second, third], rel=1e-12)
    invested = result.frame["real_investment"].to_list()
    assert invested[0] is None
    assert invested[1:] == pytest.approx([29.0 / price[2001], -10.0 / price[2002]], rel=1e-12)
    assert "depreciation 9 % a year; prices of 2000" in result.notes
    assert "grow by 10 % a year (given)" in notes(result)


def test_a_firm_founded_in_its_first_year_has_what_it_bought():
    assert stocks(capital(firms((1, 2001, 105.0, 2001)), base=2000)) == pytest.approx([100.0])


def test_the_base_year_is_a_unit():
    frame = firms((1, 2000, 120.0, 1990), (1, 2001, 150.0, 1990))
    one, other = np.array(stocks(capital(frame))), np.array(stocks(capital(frame, base=2010)))
    assert other / one == pytest.approx(np.full(2, 1.05**10))


def test_a_gap_is_filled_at_a_constant_rate():
    gap = capital(firms((1, 2000, 100.0, 2000), (1, 2002, 144.0, 2000)))
    whole = capital(firms((1, 2000, 100.0, 2000), (1, 2001, 120.0, 2000), (1, 2002, 144.0, 2000)))
    assert stocks(gap) == pytest.approx([stocks(whole)[0], stocks(whole)[2]], rel=1e-12)
    assert gap.frame["real_investment"].to_list() == [None, None]
    assert "1 years that firms lack between two others" in notes(gap)


def test_no_stock_where_more_is_sold_than_there_was():
    result = capital(firms((1, 2000, 100.0, 1980), (1, 2001, 5.0, 1980), (1, 2002, 25.0, 1980)))
    assert stocks(result)[1] is None
    assert stocks(result)[2] == pytest.approx(20.0 / 1.05**2)
    assert "in 1 rows more was sold" in notes(result)


def test_old_firms_count_as_founded_in_the_earliest_year():
    old, known = (capital(firms((1, 2000, 100.0, born))) for born in (1949, 1978))
    assert stocks(old) == stocks(known)
    assert "1 of 1 firms are older than 1978" in notes(old)
    assert "older than 1995" in notes(capital(firms((1, 2000, 100.0, 1980)), earliest=1995))


def test_unknown_ages_are_the_median_of_firms_with_the_same_first_year_or_left_out():
    rows = [(1, 2000, 100.0, 1990), (2, 2000, 100.0, 1994), (3, 2000, 100.0, 1992)]
    rows += [(4, 2000, 100.0, None), (5, 2000, 100.0, 2005)]
    result = capital(firms(*rows))
    assert stocks(result)[3] == stocks(result)[4] == stocks(result)[2]
    assert "of 2 of 5 firms: the median age" in notes(result)
    left = capital(firms(*rows), unknown_age="leave-out")
    assert stocks(left)[3:] == [None, None]
    assert stocks(left)[:3] == stocks(result)[:3]
    assert "of 2 firms: they are left out" in notes(left)


def test_a_founding_year_of_zero_is_none():
    rows = [(1, 2000, 100.0, 0), (1, 2001, 120.0, 1995)]
    assert stocks(capital(firms(*rows))) == stocks(capital(firms((1, 2000, 100.0, 1995), rows[1])))
    with pytest.raises(InputError, match="--founded: no firm has a founding year"):
        capital(firms((1, 2000, 100.0, 0)), unknown_age="leave-out")


def test_without_founding_years_firms_begin_in_their_first_row():
    result = capital(firms((1, 2000, 100.0, 1990)), founded=None)
    assert stocks(result) == [100.0]
    assert "no founding years are given" in notes(result)
    assert stocks(capital(firms((1, 2000, 100.0, 1990)), founded=None, growth=None)) == [100.0]


def test_growth_that_nothing_uses_is_told_and_checked():
    frame = firms((1, 2000, 100.0, 2000))
    said = "warning: --growth changes nothing, since without --founded every firm begins in its first row"
    assert said in notes(capital(frame, founded=None, growth=0.1))
    assert "since no firm was founded before its first row" in notes(capital(frame, growth=0.1))
    assert "--growth" not in notes(capital(frame, founded=None, growth=None))
    with pytest.raises(InputError, match=r"share a year between -0\.5 and 1"):
        capital(frame, founded=None, growth=10.0)


def test_rows_that_cannot_have_a_stock_are_counted():
    result = capital(firms((1, 2000, 100.0, 2000), (1, 2001, 0.0, 2000), (None, 2000, 5.0, 2000)))
    assert stocks(result) == [100.0, None, None]
    assert "1 without a firm, 1 without an original value above 0" in notes(result)


@pytest.fixture(scope="module")
def known():
    frame, truth = synthetic(8000, details=True, seed=3)
    return frame.with_columns(panel_id=truth.rows["firm"]), truth


ROLES = {"original": "original", "founded": "founded", "province": "region:2", "industry": "industry:2"}


def test_with_true_rates_the_true_stock_comes_back(known, tmp_path):
    frame, truth = known
    truth.growth.write_csv(tmp_path / "growth.csv")
    truth.table("prices").write_csv(tmp_path / "prices.csv")
    files = {"prices": tmp_path / "prices.csv", "growth": tmp_path / "growth.csv"}
    made = dg.real_capital(frame, **ROLES, **files)
    whole = frame.select(
        n=pl.len().over("panel_id"),
        years=(pl.col("year").max() - pl.col("year").min() + 1).over("panel_id"),
    )
    error = np.log(made.frame["real_capital"] / truth.rows["real_capital"]).to_numpy()
    unbroken = (whole["n"] == whole["years"]).to_numpy()
    assert np.abs(error[unbroken]).max() < 1e-9
    assert np.nanmax(np.abs(error)) < 0.6  # firms that skip a year, with large sales in between
    assert np.nanmedian(np.abs(error[~unbroken])) < 0.05


def test_with_rates_of_the_rows_themselves_the_stock_is_near(known):
    frame, truth = known
    made = dg.real_capital(frame, **ROLES, prices=truth.prices)
    error = np.log(made.frame["real_capital"] / truth.rows["real_capital"]).drop_nulls().to_numpy()
    assert np.median(np.abs(error)) < 0.03
    assert abs(np.median(error)) < 0.01
    assert "rates of province and industry" in notes(made)
    book = np.log(frame["original"] / truth.rows["real_capital"])
    assert np.median(np.abs(book)) > 0.3  # the original value itself is far off
    table = made.tables["capital"].frame
    assert table["rows"].sum() == made.frame["real_capital"].count()
    assert table["real"].sum() == pytest.approx(made.frame["real_capital"].sum())


def test_thin_cells_have_the_rate_of_their_industry_or_of_all():
    rows = [
        (n, year, 100.0 * 1.2 ** (year - 2000), 1995, "11", "31")
        for n in range(6)
        for year in (2000, 2001, 2002)
    ]
    rows += [(50 + n, year, 100.0, 1995, "12", "32") for n in range(12) for year in (2000, 2001)]
    rows += [(90, 2000, 100.0, 1995, "12", "31"), (91, 2000, 100.0, 1995, "13", "33")]
    columns = ["panel_id", "year", "book", "born", "province", "industry"]
    frame = pl.DataFrame(rows, schema=columns, orient="row")
    made = capital(frame, province="province", industry="industry", growth=None)
    thin = {int(n): k for n, k in made.frame.select("panel_id", "real_capital").tail(2).rows()}
    assert thin[90] == pytest.approx(stocks(capital(firms((1, 2000, 100.0, 1995)), growth=0.2))[0])
    pairs, after = [], []
    for one in frame.partition_by("panel_id"):
        book = one["book"].to_list()
        pairs += book[:-1]
        after += book[1:]
    overall = sum(after) / sum(pairs) - 1
    assert thin[91] == pytest.approx(stocks(capital(firms((1, 2000, 100.0, 1995)), growth=overall))[0])
    assert "of province and industry (18 firms" in notes(made)
    assert "of all (1 firms" in notes(made)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"original": "bok"}, "--original: no column `bok`; did you mean `book`"),
        ({"original": "province", "founded": "word"}, "--founded: no column `word`"),
        ({"founded": "word2"}, r"row 1: `word2` holds `old`, which is not a year, and 1 more rows like it"),
        ({"original": "word2"}, "row 1: `word2` holds `old`, which is not a number"),
        ({"prices": {2000: 1.0, 2001: 1.0}}, "no index for 1998, 1999.*--earliest YEAR"),
        ({"prices": {**PRICES, 2000: -1.0}}, "must be above 0; got 2000: -1"),
        ({"growth": 10.0}, "share a year between -0.5 and 1, such as 0.1 for 10 %; got 10"),
        ({"depreciation": 9.0}, "share from 0 to below 1; got 9"),
        ({"base": 2050}, "no index for 2050"),
    ],
)
def test_what_is_wrong_is_named(options, message):
    frame = firms((1, 2000, 121.0, 1998), (1, 2001, 150.0, 1998)).with_columns(word2=pl.lit("old"))
    with pytest.raises(InputError, match=message):
        capital(frame, **options)


def test_a_firm_that_comes_twice_in_a_year_is_named():
    with pytest.raises(InputError, match=r"rows 2 and 3: firm `7` comes twice in 2001.*dirigiste link"):
        capital(firms((7, 2000, 1.0, 2000), (7, 2001, 1.0, 2000), (7, 2001, 2.0, 2000)))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("province,growth\n11,0.1\n", "needs columns `province`, `industry`, `growth`"),
        ("province,industry,growth\n12,31,0.1\n", "no rate for province `11`, industry `31`.*1 firms"),
        ("province,industry,growth\n11,31,10\n", "row 1: must be a share a year"),
        (
            "province,industry,growth\n11,31,.1\n11,31,.2\n",
            "row 2: province `11`, industry `31` is given twice",
        ),
    ],
)
def test_a_file_of_rates_that_does_not_fit(tmp_path, text, message):
    path = tmp_path / "growth.csv"
    path.write_text(text)
    frame = firms((1, 2000, 121.0, 1998), (1, 2001, 150.0, 1998))
    with pytest.raises(InputError, match=message):
        capital(frame, province="province", industry="industry:2", growth=path)


def test_from_raw_file_to_wedges_on_the_command_line(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    main(["sample-firms", "--rows", "1500", "--asif", "--details"], standalone_mode=False)
    link = capsys.readouterr().out.splitlines()[-1].removeprefix("next: dirigiste ").split()
    main([*link, "--quiet"], standalone_mode=False)
    assert capsys.readouterr().out == ""
    asked = "capital firms-linked.parquet --original 固定资产原价合计 --prices firms-prices.csv --year 年份"
    asked += " --founded 开工时间年 --province 省地县码:2 --industry 行业代码:2 --out real.dta"
    main(asked.split(), standalone_mode=False)
    shown = capsys.readouterr().out
    assert "depreciation 9 % a year; prices of 1998" in shown
    assert "Capital by year, sums over firms" in shown
    assert "next: dirigiste measure real.dta --capital real_capital --id panel_id" in shown
    measure = ["measure", "real.dta", "--preset", "asif", "--capital", "real_capital", "--id", "panel_id"]
    main([*measure, "--json"], standalone_mode=False)
    result = json.loads(capsys.readouterr().out)
    assert result["roles"]["capital"] == "real_capital"
    truth = pl.read_csv("firms-truth.csv")["real_capital"]
    made = pl.read_parquet("firms-linked.parquet")
    assert made.height == truth.len()

    with pytest.raises(SystemExit) as stop:
        main([*asked.split(), "--growth", "ten"])
    assert stop.value.code == 2
    assert "ten" in capsys.readouterr().err
