"""Reading: formats, types, missing codes, rows lost, and messages about bad input."""

import gzip

import numpy as np
import polars as pl
import pytest

from dirigiste.errors import InputError
from dirigiste.measurement import read_firms
from dirigiste.measurement.data.firms import COLUMNS
from dirigiste.measurement.data.mapping import Mapping
from dirigiste.measurement.files.source import Form

ROLES = {
    "output": "va",
    "wage_bill": "wages",
    "capital": "k",
    "industry": "ind",
    "year": "year",
    "id": "firm",
    "group": "own",
}
PANEL = pl.DataFrame(
    {
        "firm": [1, 1, 2, 2, 3, 4],
        "year": [2001, 2002, 2001, 2002, 2001, 2002],
        "ind": ["0610", "0610", "1320", "1320", "1320", "0610"],
        "own": ["state", "state", "private", "private", None, "private"],
        "va": [10.0, 12.0, 5.5, -1.0, 7.0, None],
        "wages": [4.0, 5.0, 2.0, 1.0, 3.0, 1.0],
        "k": [30.0, 31.0, 8.0, 8.0, 0.0, 9.0],
        "unused": ["x"] * 6,
    }
)


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "firms.csv"
    PANEL.write_csv(path)
    return path


def problems(source, **roles):
    with pytest.raises(InputError) as caught:
        read_firms(source, **roles)
    return [str(problem) for problem in caught.value.problems]


def test_columns_types_and_rows(table):
    firms = read_firms(table, **ROLES)
    assert dict(firms.frame.schema) == dict(COLUMNS)
    assert firms.frame["row"].to_list() == [1, 2, 3]
    assert firms.frame["industry"].to_list() == ["0610", "0610", "1320"]
    assert firms.frame["id"].to_list() == ["1", "1", "2"]
    assert firms.frame["weight"].to_list() == [1.0, 1.0, 1.0]
    assert firms.frame["sales"].null_count() == 3
    assert firms.source == "firms.csv"
    assert firms.roles["labor"] == "wages"


def test_every_lost_row_is_logged_once(table):
    steps = read_firms(table, **ROLES).steps
    assert [(step.what, step.lost, step.left) for step in steps] == [
        ("rows of firms.csv", 0, 6),
        ("output is missing", 1, 5),
        ("output is zero or negative", 1, 4),
        ("capital is zero or negative", 1, 3),
    ]


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "tsv", "parquet", "dta", "xlsx", "frame"])
def test_all_formats_give_the_same_firms(kind, tmp_path, table):
    path = tmp_path / f"other.{kind}"
    if kind == "csv.gz":
        path.write_bytes(gzip.compress(table.read_bytes()))
    elif kind == "tsv":
        PANEL.write_csv(path, separator="\t")
    elif kind == "parquet":
        PANEL.write_parquet(path)
    elif kind == "dta":
        from dirigiste.measurement.files.stata import write

        write(PANEL, path)
    elif kind == "xlsx":
        import openpyxl

        book = openpyxl.Workbook()
        sheet = book.active
        sheet.append(PANEL.columns)
        for row in PANEL.iter_rows():
            sheet.append(row)
        book.save(path)
    else:
        path = PANEL if kind == "frame" else table
    expected, result = read_firms(table, **ROLES).frame, read_firms(path, **ROLES).frame
    assert result.equals(expected)


def test_larger_files_give_all_rows(tmp_path):
    random = np.random.default_rng(0)
    n = 120_000
    frame = pl.DataFrame(
        {"va": random.lognormal(size=n), "w": random.lognormal(size=n), "k": random.lognormal(size=n)}
    )
    path = tmp_path / "large.csv"
    frame.write_csv(path)
    firms = read_firms(path, output="va", wage_bill="w", capital="k")
    assert firms.frame["row"].to_list() == list(range(1, n + 1))
    assert firms.frame["output"].to_numpy() == pytest.approx(frame["va"].to_numpy(), rel=1e-15)
    assert set(firms.frame["industry"]) == {"all"}
    assert set(firms.frame["year"]) == {0}


def test_value_added_from_sales_and_inputs(table):
    firms = read_firms(table, sales="k", inputs="va", wage_bill="wages", capital="k")
    assert firms.frame["output"].to_list() == [20.0, 19.0, 2.5, 9.0]
    assert firms.roles["output"] == "k - va"
    assert firms.frame["sales"].to_list() == [30.0, 31.0, 8.0, 8.0]


def test_formulas_and_names_in_another_case(table):
    firms = read_firms(table, output="2 * VA - wages", wage_bill="Wages", capital="K")
    assert firms.frame["output"].to_list() == [16.0, 19.0, 9.0]


def test_head_count_stands_in_for_the_wage_bill(table):
    firms = read_firms(table, output="va", employment="wages", capital="k")
    assert firms.frame["labor"].to_list() == firms.frame["employment"].to_list() == [4.0, 5.0, 2.0]
    assert firms.roles["labor"] == "wages"
    assert any("head count" in remark for remark in firms.remarks)


def test_the_wage_bill_comes_before_the_head_count(table):
    firms = read_firms(table, output="va", wage_bill="wages", employment="firm", capital="k")
    assert firms.frame["labor"].to_list() == [4.0, 5.0, 2.0]
    assert firms.frame["employment"].to_list() == [1.0, 1.0, 2.0]


@pytest.mark.parametrize("code", [-9, "-9", -9.0])
def test_missing_codes(tmp_path, code):
    path = tmp_path / "codes.csv"
    path.write_text("va,w,k,g\n-9,1,2,a\n3,-9,2,a\n3,1,2,-9\n3,1,2,b\n")
    firms = read_firms(path, output="va", wage_bill="w", capital="k", group="g", missing=[code])
    assert firms.frame["row"].to_list() == [3, 4]
    assert firms.frame["group"].to_list() == [None, "b"]
    assert [step.what for step in firms.steps[1:]] == ["output is missing", "wage bill is missing"]


def test_texts_that_are_numbers(tmp_path):
    path = tmp_path / "texts.csv"
    path.write_text('va,w,k\n"1,200.5", 3 ,4\n"7",NA,4\n8,.,n.a.\n9,1,2\n')
    firms = read_firms(path, output="va", wage_bill="w", capital="k")
    assert firms.frame["output"].to_list() == [1200.5, 9.0]
    assert firms.frame["labor"].to_list() == [3.0, 1.0]


def test_semicolons_and_decimal_commas(tmp_path):
    path = tmp_path / "europe.csv"
    path.write_text("va;w;k\n1,5;2,25;3\n4;5;6,5\n")
    firms = read_firms(path, output="va", wage_bill="w", capital="k")
    assert firms.frame["output"].to_list() == [1.5, 4.0]
    assert firms.frame["capital"].to_list() == [3.0, 6.5]
    assert any("decimal comma" in remark for remark in firms.remarks)


def test_chinese_encoding(tmp_path):
    path = tmp_path / "gbk.csv"
    path.write_bytes("增加值,工资,资本,类型\n5,2,9,国有\n6,3,8,私营\n".encode("gb18030"))
    roles = {"output": "增加值", "wage_bill": "工资", "capital": "资本", "group": "类型"}
    assert "--encoding gb18030" in problems(path, **roles)[0]
    firms = read_firms(path, **roles, form=Form(encoding="gb18030"))
    assert firms.frame["group"].to_list() == ["国有", "私营"]
    assert "try another --encoding" in problems(path, **roles, form=Form(encoding="ascii"))[0]
    assert "no such encoding" in problems(path, **roles, form=Form(encoding="gb-nothing"))[0]


def test_years_from_dates_and_texts():
    frame = pl.DataFrame(
        {"y": ["2005-12-31", "2006", "2007.0", "soon"], "va": [1.0] * 4, "w": [1.0] * 4, "k": [1.0] * 4}
    )
    messages = problems(frame, output="va", wage_bill="w", capital="k", year="y")
    assert "1 of 4 values are text, such as `soon`" in messages[0]
    firms = read_firms(frame.head(3), output="va", wage_bill="w", capital="k", year="y")
    assert firms.frame["year"].to_list() == [2005, 2006, 2007]
    dated = frame.head(3).with_columns(y=pl.date(2004, 6, 30))
    assert (
        read_firms(dated, output="va", wage_bill="w", capital="k", year="y").frame["year"].to_list()
        == [2004] * 3
    )


def test_infinite_numbers_are_missing():
    frame = pl.DataFrame({"va": [np.inf, np.nan, 1.0, 2.0], "w": [1.0] * 4, "k": [1.0, 1.0, 1.0, 0.0]})
    assert read_firms(frame, output="va", wage_bill="w", capital="w").frame["row"].to_list() == [3, 4]
    assert read_firms(frame, output="va / k", wage_bill="w", capital="w").frame["row"].to_list() == [3]


def test_unknown_columns_all_at_once_with_near_matches(table):
    messages = problems(table, output="vaa", wage_bill="wage", capital="zzz", group="own + 1")
    assert len(messages) == 5
    assert "--output: no column `vaa`; did you mean `va`?" in messages[0]
    assert "did you mean `wages`?" in messages[1]
    assert messages[2].endswith("no column `zzz`")
    assert "must be a column, not a formula" in messages[3]
    assert "its columns are `firm`, `year`, `ind`, `own`, `va`, `wages`, `k`, `unused`" in messages[4]


def test_required_roles(table):
    message = " ".join(problems(table, industry="ind"))
    assert "--output COLUMN" in message
    assert "--capital COLUMN" in message
    assert "--employment COLUMN" in message


def test_text_where_numbers_are_needed_with_counts(table):
    messages = problems(table, output="unused", wage_bill="ind", capital="own")
    assert "6 of 6 values are text, such as `x` (first in row 1)" in messages[1]
    assert "5 of 6 values are text" in messages[0]
    assert len(messages) == 2  # industries such as 0610 are numbers


def test_a_column_with_nothing_in_it(tmp_path):
    path = tmp_path / "nothing.csv"
    path.write_text("va,w,k\n1,,3\n2,,4\n")
    messages = problems(path, output="va", wage_bill="w", capital="k")
    assert "none of its 2 rows can be used (wage bill is missing: 2)" in messages[0]
    assert messages[1] == "nothing.csv w: is missing in all 2 rows"


@pytest.mark.parametrize(
    ("name", "content", "about"),
    [
        ("firms.docx", b"x", "formats that are read"),
        ("empty.csv", b"", "is empty"),
        ("header.csv", b"va,w,k\n", "has a header but no rows"),
        ("numbers.csv", b"1,2,3\n4,5,6\n", "holds numbers, not names"),
        ("twice.csv", b"va,va,k\n1,2,3\n", "columns given twice: `va`"),
        ("ragged.csv", b"va,w,k\n1,2,3\n1,2,3,4,5\n", "ragged|proper CSV"),
        ("fake.parquet", b"not parquet at all", "is not a Parquet file"),
        ("fake.dta", b"not stata at all", "is not a Stata file"),
        ("fake.xlsx", b"not excel at all", "is not an Excel file"),
        ("fake.csv.gz", b"not gzip", "is not a gzip file"),
    ],
)
def test_files_that_are_not_what_they_seem(tmp_path, name, content, about):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=about):
        read_firms(path, output="va", wage_bill="w", capital="k")


def test_missing_file_and_folder(tmp_path, table):
    assert f"did you mean `{table}`" in problems(table.with_name("firm.csv"), output="va")[0]
    assert "is a folder" in problems(tmp_path, output="va")[0]


def test_largest_share_and_groups_of_codes(table):
    frame = pl.DataFrame(
        {
            "va": [1.0] * 5,
            "w": [1.0] * 5,
            "k": [1.0] * 5,
            "private": [100.0, 20.0, 30.0, None, 45.0],
            "state": [0.0, 80.0, 30.0, None, 45.0],
            "code": [110, 171, 173, 999, None],
        }
    )
    roles = {"output": "va", "wage_bill": "w", "capital": "k"}
    largest = {
        **roles,
        "group": {"largest": {"private": "private", "state": "state"}, "at_least": 50, "other": "mixed"},
    }
    firms = read_firms(frame, mapping=Mapping.model_validate({"roles": largest}))
    assert firms.frame["group"].to_list() == ["private", "state", "mixed", None, "mixed"]
    coded = {
        **roles,
        "group": {"column": "code", "values": {"state": 110, "private": [171, "173"]}, "other": "rest"},
    }
    firms = read_firms(frame, mapping=Mapping.model_validate({"roles": coded}))
    assert firms.frame["group"].to_list() == ["state", "private", "private", "rest", None]


@pytest.mark.parametrize("word", ["NA", "n/a", ".", "NaN"])
def test_words_for_missing_numbers_read_as_empty_fields_do(tmp_path, word):
    rows = (
        "firm,year,value_added,capital,wages\n1,2001,10,5,3\n2,2001,{0},5,3\n3,{0},9,{0},4\n4,2002,8,7,{0}\n"
    )
    roles = {
        "output": "value_added",
        "capital": "capital",
        "wage_bill": "wages",
        "year": "year",
        "id": "firm",
    }
    read = []
    for name, text in (("a", word), ("b", "")):
        path = tmp_path / f"{name}.csv"
        path.write_text(rows.format(text))
        read.append(read_firms(path, **roles))
    assert read[0].frame.equals(read[1].frame)
    assert read[0].lost.equals(read[1].lost)
    assert read[0].remarks == read[1].remarks


def test_years_of_eight_digits_are_days(tmp_path):
    path = tmp_path / "days.csv"
    path.write_text(
        "year,va,k,w\n20041231,10,5,3\n20041331,9,5,3\n2004,9,5,3\n17991231,9,5,3\n20990101,9,5,3\n"
    )
    firms = read_firms(path, output="va", capital="k", wage_bill="w", year="year")
    assert firms.frame["year"].to_list() == [2004, 20041331, 2004, 17991231, 2099]
