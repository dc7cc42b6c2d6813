"""Files as people have them: titles, blank columns, ragged rows, encodings, sheets, pipes, years, frames.

docs/inputs.md lists these kinds.
"""

import gzip
import io
import os
import sys
import threading
from types import SimpleNamespace

import numpy as np
import openpyxl
import pandas as pd
import polars as pl
import pytest

from dirigiste.errors import InputError
from dirigiste.measurement import read_firms
from dirigiste.measurement.checks.rows import checks
from dirigiste.measurement.files import garbled
from dirigiste.measurement.files.source import Form

TABLE = "va,w,k\n1,2,3\n4,5,6\n7,8,9\n"
ROLES = {"output": "va", "wage_bill": "w", "capital": "k"}


def read(tmp_path, content, name="firms.csv", form=None, **roles):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_firms(path, form=form, **{**ROLES, **roles})


def refused(tmp_path, content, name="firms.csv", form=None, **roles):
    with pytest.raises(InputError) as caught:
        read(tmp_path, content, name, form, **roles)
    return str(caught.value)


@pytest.mark.parametrize(
    ("content", "remark"),
    [
        ("Table 1: firms\n\n" + TABLE, "the first 2 lines are no header"),
        ("Table 1,,\n,,\n" + TABLE, "the first 2 lines are no header"),
        ("Table 1, firms, of Ghana, 2004\n" + TABLE, "the first line is no header"),
        ("sep=;\n" + TABLE.replace(",", ";"), "separated by `;`"),
        ('"sep=;"\r\n' + TABLE.replace(",", ";").replace("\n", "\r\n"), "separated by `;`"),
        ("va,,w,k,\n1,,2,3,\n4,,5,6,\n7,,8,9,\n", "without a name are called `column 2`, `column 5`"),
        ("va,w,k\n1,2,3,\n4,5,6,\n7,8,9,\n", ""),
        ("va,w,k\n1,2,3,\n4,5,6\n7,8,9\n", ""),
        ("va,w,k,\n1,2,3\n4,5,6\n7,8,9\n", ""),
        (TABLE.replace("\n", "\r"), "old Macs"),
        (TABLE.replace("\n", "\r\n"), ""),
        (TABLE.encode("utf-8-sig"), ""),
        (TABLE.encode("utf-16"), "encoded in utf-16"),
        (" va , w,k\n1,2,3\n4,5,6\n7,8,9\n", ""),
        ('n,va,w,k\npipe 5",1,2,3\nx,4,5,6\n"x, y",7,8,9\n', ""),
        ('"n\nm",va,w,k\n"a\nb",1,2,3\nx,4,5,6\ny,7,8,9\n', ""),
        (gzip.compress(TABLE.encode(), mtime=0), ""),
    ],
)
def test_text_files_as_they_come(tmp_path, content, remark):
    firms = read(tmp_path, content)
    assert firms.frame["output"].to_list() == [1.0, 4.0, 7.0]
    assert firms.frame["labor"].to_list() == [2.0, 5.0, 8.0]
    assert firms.frame["capital"].to_list() == [3.0, 6.0, 9.0]
    assert firms.frame["row"].to_list() == [1, 2, 3]
    assert remark in " ".join(firms.remarks)


def test_lines_to_skip_may_be_said(tmp_path):
    content = "x,y,z\n" + TABLE
    assert read(tmp_path, content, form=Form(skip=1)).frame["output"].to_list() == [1.0, 4.0, 7.0]
    assert "no column `va`" in refused(tmp_path, content)


@pytest.mark.parametrize(
    ("content", "about"),
    [
        ("va,w,k\n1,2,3\n4,5,6,7\n1,2,3\n", "row 2 has 4 fields (`4,5,6,7`)"),
        ("va,w,k\n1,2,3\n4,5\n1,2,3\n", "row 2 has 2 fields (`4,5`)"),
        ("va,w,k\n1,2\n4,5,6\n1,2,3\n", "row 1 has 2 fields"),
        (TABLE + "Source: the bureau\n", "row 4 has 1 field (`Source: the bureau`)"),
        (TABLE + "1,2\n" * 9, "row 6 has 2 fields (`1,2`) and 6 more"),
        ('va,w,k,n\n1,2,3,"a\n4,5,6,b\n1,2,3,c\n', "opens a quote that is never closed"),
        ('"va","w","k"\n"1",1,2,3\n"2",4,5,6\n', "row names without a heading (as R writes them)"),
        ("\n\n\n", "has no header"),
        ("va,w,k\nyuan,yuan,yuan\n1,2,3\n", "if row 1 names units, delete it"),
        (gzip.compress(TABLE.encode(), mtime=0)[:-9], "ends too early"),
    ],
)
def test_rows_that_do_not_fit_are_named(tmp_path, content, about):
    assert about in refused(tmp_path, content)


@pytest.mark.parametrize(
    ("bad", "encoding"), [("你好".encode("gb18030"), "gb18030"), ("café".encode("cp1252"), "cp1252")]
)
def test_foreign_bytes_late_in_a_file_are_named(tmp_path, bad, encoding):
    content = b"n,va,w,k\n" + b"x,1,2,3\n" * 30_000 + bad + b",4,5,6\n"
    message = refused(tmp_path, content)
    assert "row 30,001 (line 30,002) is not text in UTF-8" in message
    assert f"name its encoding: `--encoding {encoding}`" in message
    assert len(read(tmp_path, content, form=Form(encoding=encoding))) == 30_001
    wrong = refused(tmp_path, content, form=Form(encoding="ascii"))
    assert "row 30,001 (line 30,002) is not text in ascii" in wrong
    assert "try another --encoding" in wrong


def test_text_in_a_wrong_encoding_looks_garbled_and_the_remedy_is_named(tmp_path):
    content = "n,va,w,k\n国有,1,2,3\n私营,2,2,3\n".encode("gb18030")
    firms = read(tmp_path, content, form=Form(encoding="latin-1"), group="n")
    finding_text = next(str(finding) for finding in checks(firms) if finding.check == "reading")
    assert "looks garbled; with `--encoding gb18030` it is `国有`" in finding_text
    assert not read(tmp_path, content, form=Form(encoding="gb18030"), group="n").doubts
    for plain in ("Île-de-France", "Müller", "国有", "Ørsted", "Ação"):
        assert garbled.hint([plain]) is None
    assert "--encoding utf-8" in str(garbled.hint(["Ã‰tat"]))


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("2004年", 2004),
        ("31/12/2004", 2004),
        ("2004.0", 2004),
        ('"2004,0"', 2004),
        ("FY2004", 2004),
        ("20041231", 2004),
        ("2004年12月31日", 2004),
        ("2003/04", 2003),
        ("2004Q3", 2004),
        ("31dec2004", 2004),
        ("2004-12-31 00:00:00", 2004),
    ],
)
def test_years_as_they_are_written(tmp_path, text, year):
    content = f"va,w,k,y\n1,2,3,{text}\n4,5,6,{text}\n"
    assert read(tmp_path, content, year="y").frame["year"].to_list() == [year, year]


@pytest.mark.parametrize("text", ["2004.5", "soon", "12/31/04", '"2004,25"'])
def test_what_is_no_year_is_refused_and_not_lost(tmp_path, text):
    message = refused(tmp_path, f"va,w,k,y\n1,2,3,2004\n4,5,6,{text}\n", year="y")
    assert "must hold years" in message
    assert "row 2" in message


def test_fractional_years_in_a_frame_are_refused():
    frame = pl.DataFrame({"va": [1.0], "w": [1.0], "k": [1.0], "y": [2004.5]})
    with pytest.raises(InputError, match=r"must hold years; 1 values have a fraction, such as `2004\.5`"):
        read_firms(frame, **ROLES, year="y")


def book(*sheets):
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in sheets:
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


ROWS = [["va", "w", "k"], [1, 2, 3], [4, 5, 6], [7, 8, 9]]


@pytest.mark.parametrize(
    ("content", "form", "remark"),
    [
        (book(("data", ROWS)), None, ""),
        (book(("notes", [["about"]]), ("data", ROWS)), None, "sheet `data` was read, of `notes`, `data`"),
        (book(("old", [["va", "w"], [1, 2]]), ("data", ROWS)), Form(sheet="data"), ""),
        (book(("old", [["va", "w"], [1, 2]]), ("data", ROWS)), Form(sheet="2"), ""),
        (book(("data", [["Table 1"], [], *ROWS])), None, "the first 2 lines are no header"),
        (book(("data", [["x", "y", "z"], *ROWS])), Form(skip=1), ""),
        (book(("data", [[*r[:1], None, *r[1:]] for r in ROWS] + [[None] * 4])), None, "called `column 2`"),
    ],
)
def test_sheets(tmp_path, content, form, remark):
    for name, made in (("firms.xlsx", content), ("firms.xlsx.gz", gzip.compress(content, mtime=0))):
        firms = read(tmp_path, made, name, form)
        assert firms.frame["output"].to_list() == [1.0, 4.0, 7.0]
        assert firms.frame["capital"].to_list() == [3.0, 6.0, 9.0]
        assert firms.steps[0].left == 3
        assert remark in " ".join(firms.remarks)


def test_sheets_are_named_where_columns_are_lacking(tmp_path):
    content = book(("old", [["a", "b"], [1, 2]]), ("data", ROWS))
    assert "its sheets are `old`, `data`: `--sheet NAME`" in refused(tmp_path, content, "firms.xlsx")
    assert "has no sheet `new`; sheets are" in refused(tmp_path, content, "firms.xlsx", Form(sheet="new"))
    assert "leave `--sheet` out" in refused(tmp_path, TABLE, form=Form(sheet="data"))
    assert "columns given twice: `va`" in refused(tmp_path, book(("d", [["va", "va"], [1, 2]])), "f.xlsx")
    assert "has no header" in refused(tmp_path, book(("d", [])), "f.xlsx")


def test_parquet_may_be_compressed(tmp_path):
    out = io.BytesIO()
    pl.DataFrame({"va": [1.0], "w": [2.0], "k": [3.0]}).write_parquet(out)
    assert read(tmp_path, gzip.compress(out.getvalue(), mtime=0), "firms.parquet.gz").frame["labor"][0] == 2.0


@pytest.mark.parametrize("kind", ["csv", "gz", "xlsx", "parquet"])
def test_standard_input(tmp_path, monkeypatch, kind):
    parquet = io.BytesIO()
    pl.DataFrame({"va": [1, 4, 7], "w": [2, 5, 8], "k": [3, 6, 9]}).write_parquet(parquet)
    contents = {
        "csv": TABLE.encode(),
        "gz": gzip.compress(TABLE.encode(), mtime=0),
        "xlsx": book(("data", ROWS)),
        "parquet": parquet.getvalue(),
    }
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(contents[kind]), closed=False))
    firms = read_firms("-", **ROLES)
    assert firms.source == "standard input"
    assert firms.frame["output"].to_list() == [1.0, 4.0, 7.0]


@pytest.mark.parametrize(("stdin", "about"), [(None, "is closed"), (b"", "is empty")])
def test_standard_input_without_anything(monkeypatch, stdin, about):
    given = None if stdin is None else SimpleNamespace(buffer=io.BytesIO(stdin), closed=False)
    monkeypatch.setattr(sys, "stdin", given)
    with pytest.raises(InputError, match=f"standard input: {about}"):
        read_firms("-", **ROLES)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_named_pipes(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_text, args=(TABLE,))
    writer.start()
    firms = read_firms(path, **ROLES)
    writer.join()
    assert firms.frame["output"].to_list() == [1.0, 4.0, 7.0]


PANDAS = pd.DataFrame(
    {
        "va": [1.0, 2.0],
        "w": pd.array([1, None], dtype="Int64"),
        "k": [3, 4],
        "g": pd.Categorical(["a", None]),
        "y": pd.to_datetime(["2004-01-01", "2005-06-30"]),
        "p": pd.period_range("2004", periods=2, freq="Y"),
        "o": ["1", 2],
    }
)


@pytest.mark.parametrize(
    "frame",
    [
        PANDAS,
        PANDAS.set_index(["g", "y"]),
        PANDAS.convert_dtypes(),
        PANDAS.astype({"g": object, "k": object}),
    ],
)
def test_pandas_frames(frame):
    firms = read_firms(frame, **ROLES, group="g", year="y")
    assert firms.frame.select("output", "labor", "capital", "group", "year").rows() == [
        (1.0, 1.0, 3.0, "a", 2004)
    ]
    assert firms.steps[1].what == "wage bill is missing"


def test_more_of_pandas():
    firms = read_firms(PANDAS, output="va", wage_bill="o", capital="k", year="p", group="g")
    assert firms.frame["year"].to_list() == [2004, 2005]
    assert firms.frame["labor"].to_list() == [1.0, 2.0]
    assert firms.frame["group"].to_list() == ["a", None]
    with pytest.raises(InputError, match="columns given twice: `va`"):
        read_firms(pd.concat([PANDAS, PANDAS[["va"]]], axis=1), **ROLES)


def test_other_frames():
    frame = pl.DataFrame({"va": [1.0], "w": [2.0], "k": [3.0]})
    assert read_firms(frame.lazy(), **ROLES).frame["labor"][0] == 2.0
    with pytest.raises(InputError, match=r"a frame of polars or pandas; got builtins\.dict"):
        read_firms({"va": [1.0]}, **ROLES)


def test_ids_that_numbers_cannot_represent_are_reported():
    frame = pl.DataFrame({"va": [1.0, 1.0], "w": [2.0, 2.0], "k": [3.0, 3.0], "id": [2.0**60, 3.0]})
    firms = read_firms(frame, **ROLES, id="id")
    assert firms.frame["id"].to_list() == [str(2**60), "3"]
    assert any("stored as numbers of 15 digits" in str(finding) for finding in checks(firms))
    short = frame.with_columns(id=pl.Series([123456789.0, 3.0]))
    assert not read_firms(short, **ROLES, id="id").doubts


@pytest.mark.parametrize("version", [114, 117])
def test_old_stata_files_have_an_encoding(tmp_path, version):
    path = tmp_path / "old.dta"

    def written(text):
        return text.encode("gb18030").decode("latin-1")

    pd.DataFrame(
        {"va": [1.0, 2.0], "w": [1.0, 1.0], "k": [1.0, 1.0], "g": [1, 2], "n": ["x", written("私营")]}
    ).rename(columns={"va": "va"}).to_stata(
        path,
        write_index=False,
        version=version,
        variable_labels={"va": written("增加值")},
        value_labels={"g": {1: written("国有"), 2: written("私营")}},
    )
    for source, name in (
        (path.read_bytes(), "a.dta"),
        (gzip.compress(path.read_bytes(), mtime=0), "a.dta.gz"),
    ):
        firms = read(tmp_path, source, name, Form(encoding="gb18030"), group="g", industry="n")
        assert firms.frame["group"].to_list() == ["国有", "私营"]
        assert firms.frame["industry"].to_list() == ["x", "私营"]
        assert firms.labels["output"] == "增加值"
        assert not firms.doubts
    plain = read_firms(path, **ROLES, group="g")
    assert any("looks garbled; with `--encoding gb18030`" in str(finding) for finding in checks(plain))
    with pytest.raises(InputError, match="is not in utf-8; try another --encoding"):
        read_firms(path, **ROLES, form=Form(encoding="utf-8"))
    with pytest.raises(InputError, match="no such encoding"):
        read_firms(path, **ROLES, form=Form(encoding="gb-nothing"))


@pytest.mark.parametrize("version", [118, 119])
def test_new_stata_files_are_utf_8_whatever_is_said(tmp_path, version):
    path = tmp_path / "new.dta"
    frame = pd.DataFrame({"va": [1.0, 2.0], "w": [1.0, 1.0], "k": [1.0, 1.0], "n": ["国有", "é"]})
    frame.to_stata(path, write_index=False, version=version)
    firms = read_firms(path, **ROLES, group="n", form=Form(encoding="gb18030"))
    assert firms.frame["group"].to_list() == ["国有", "é"]
    assert any("no other encoding counts" in remark for remark in firms.remarks)


def test_labels_of_stata_codes(tmp_path):
    path = tmp_path / "labels.dta"
    one = [1.0] * 4
    frame = pd.DataFrame(
        {"va": one, "w": one, "k": one, "g": [1, 2, 3, 4], "id": np.arange(4, dtype="int16")}
    )
    labels = {"g": {1: "state", 2: "", 4: "state"}, "id": {0: "a", 1: "a"}}
    frame.to_stata(path, write_index=False, version=118, value_labels=labels)
    firms = read_firms(path, **ROLES, group="g", id="id")
    assert firms.frame["group"].to_list() == ["state", "2", "3", "state"]
    assert firms.frame["id"].to_list() == ["0", "1", "2", "3"]  # firms that share a label stay apart
    remarks = " ".join(firms.remarks)
    assert "codes of `g` with an empty label keep their number: 2" in remarks
    assert "codes 1, 4 of `g` have one label, `state`, and count as one" in remarks


def test_long_ids_of_stata_floats_are_reported(tmp_path):
    path = tmp_path / "ids.dta"
    frame = pd.DataFrame({"va": [1.0], "w": [1.0], "k": [1.0], "id": np.array([123456789], dtype="float32")})
    frame.to_stata(path, write_index=False, version=118)
    doubts = read_firms(path, **ROLES, id="id").doubts
    assert len(doubts) == 1
    assert "numbers of 7 digits and are longer (such as 123456792)" in doubts[0]


@pytest.mark.parametrize("version", [114, 118])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.99])
def test_stata_files_that_end_too_early(tmp_path, version, share):
    path = tmp_path / "whole.dta"
    frame = pd.DataFrame({"va": np.ones(500), "w": np.ones(500), "k": np.ones(500)})
    frame.to_stata(path, write_index=False, version=version)
    content = path.read_bytes()
    message = refused(tmp_path, content[: int(share * len(content))], "firms.dta")
    assert "ends too early" in message or "is not a Stata file" in message


@pytest.mark.parametrize("role", ["output", "group", "year", "id"])
def test_columns_that_hold_no_values(role):
    frame = pl.DataFrame({"va": [1.0], "w": [1.0], "k": [1.0], "lists": [[1, 2]]})
    with pytest.raises(InputError, match=r"must hold numbers|cannot be read"):
        read_firms(frame, **{**ROLES, role: "lists"})


def test_damaged_parquet(tmp_path):
    path = tmp_path / "whole.parquet"
    pl.DataFrame({"va": [1.0, 2.0] * 5000, "w": [1.0] * 10_000, "k": [2.0] * 10_000}).write_parquet(path)
    content = bytearray(path.read_bytes())
    content[200:260] = b"\xff" * 60
    assert "cannot be read" in refused(tmp_path, bytes(content), "firms.parquet")
    assert "is not a Parquet file" in refused(tmp_path, bytes(content[:500]), "firms.parquet")


@pytest.mark.parametrize("encoding", ["gb-nothing", "hex", "rot13", "idna", "undefined"])
def test_encodings_that_are_none(tmp_path, encoding):
    assert "no such encoding" in refused(tmp_path, TABLE, form=Form(encoding=encoding))
    path = tmp_path / "firms.dta"
    pd.DataFrame({"va": [1.0], "w": [1.0], "k": [1.0]}).to_stata(path, write_index=False, version=114)
    with pytest.raises(InputError, match="no such encoding"):
        read_firms(path, **ROLES, form=Form(encoding=encoding))


@pytest.mark.parametrize("sign", [";;", "¦", '"'])
def test_separators_that_cannot_be(tmp_path, sign):
    assert "--separator: must be one sign" in refused(tmp_path, TABLE, form=Form(separator=sign))


def test_a_decimal_comma_that_is_none_names_the_option(tmp_path):
    content = "va,w,k\n1.5,2.5,3.5\n4.25,5.5,6.5\n"
    assert "as `--decimal ,` says" in refused(tmp_path, content, form=Form(decimal=","))
