"""Firms linked over years by several identifiers: each rule on rows made by hand, and the truth of a
synthetic panel whose codes break.
"""

import json

import numpy as np
import pandas as pd
import polars as pl
import pytest

import dirigiste as dg
from dirigiste.cli import main
from dirigiste.errors import InputError
from dirigiste.measurement import synthetic

BY = ("firm", "name", "person,region:2,industry:3", "telephone,industry:2")


def linked(rows, by=("id", "name"), **options):
    frame = pl.DataFrame(rows, schema=["id", "name", "year"], orient="row")
    return dg.link_firms(frame, by=by, **options)


def ids(result):
    return result.frame["panel_id"].to_list()


def counts(result):
    return {(w, i): (n, r) for w, i, n, _, r in result.tables["links"].frame.iter_rows()}


def test_identifiers_come_one_after_the_other():
    result = linked([("1", "a", 2000), ("1", "b", 2001), ("2", "b", 2002), ("2", "c", 2003)])
    assert ids(result) == [1, 1, 1, 1]
    assert result.frame["linked_by"].to_list() == [None, "id", "name", "id"]
    assert result.frame["linked_from"].to_list() == [None, 2000, 2001, 2002]
    assert counts(result) == {(2, "id"): (2, 0), (2, "name"): (1, 0), (3, "id"): (0, 0), (3, "name"): (0, 0)}


def test_the_first_identifier_wins():
    # by id the row of 2001 is firm 1, by name firm 2
    result = linked([("1", "a", 2000), ("2", "b", 2000), ("1", "b", 2001)])
    assert ids(result) == [1, 2, 1]
    assert ids(linked([("1", "a", 2000), ("2", "b", 2000), ("1", "b", 2001)], by=("name", "id"))) == [1, 2, 2]


def test_ambiguous_matches_are_refused_and_counted():
    result = linked([("1", "a", 2000), ("1", "b", 2000), ("1", "b", 2001)])
    assert ids(result) == [1, 2, 2]  # two rows have the id; the name decides
    assert counts(result)[2, "id"] == (0, 2)
    result = linked([("1", "a", 2000), ("1", "a", 2001), ("1", "a", 2001)])
    assert ids(result) == [1, 2, 3]
    assert counts(result)[2, "id"] == (0, 1)
    assert counts(result)[2, "name"] == (0, 1)


def test_what_is_linked_already_is_out_of_the_way():
    # three firms are called a; two go by their ids, so that the name of the third is unambiguous
    rows = [("1", "a", 2000), ("2", "a", 2000), (None, "a", 2000)]
    rows += [("1", "a", 2001), ("2", "a", 2001), (None, "a", 2001)]
    result = linked(rows)
    assert ids(result) == [1, 2, 3, 1, 2, 3]
    assert result.notes[2:4] == (
        "`id` is missing in 2 rows",
        "`name` is shared with another row of the same year in 6 rows",
    )


def test_gaps_heal_in_a_window_of_three_years_and_no_longer_one():
    rows = [("1", "a", 2000), ("1", "a", 2002), ("2", "b", 2000), ("2", "b", 2003)]
    assert ids(linked(rows)) == [1, 1, 2, 3]
    assert ids(linked(rows, window=2)) == [1, 3, 2, 4]
    assert ids(linked(rows, window=4)) == [1, 1, 2, 2]


def test_adjacent_years_come_before_gaps():
    # by id the rows of 2000 and 2002 would be one firm, but the name links 2001 to 2002 first
    result = linked([("1", "a", 2000), ("9", "b", 2001), ("1", "b", 2002)])
    assert ids(result) == [1, 2, 2]


def test_a_firm_has_one_row_a_year():
    made = synthetic(3000, details=True, seed=4).frame
    result = dg.link_firms(made, by=BY)
    assert result.frame.select("panel_id", "year").is_unique().all()
    assert result.frame.select(made.columns).equals(made)


def test_case_width_and_spaces_of_letters_do_not_count():
    result = linked([("1", "Red Star １厂", 2000), ("2", "RED  STAR1厂 ", 2001), ("3", "n.a.", 2000)])
    assert ids(result) == [1, 1, 2]


def test_all_parts_of_an_identifier_must_agree_and_be_there():
    frame = pl.DataFrame(
        {
            "phone": ["5", "5", "5", "5", None, None],
            "region": ["1101", "3101", "1102", "3102", "1103", "1103"],
            "year": [2000, 2000, 2001, 2001, 2000, 2001],
        }
    )
    assert ids(dg.link_firms(frame, by=["phone"])) == [1, 2, 4, 5, 3, 6]
    assert ids(dg.link_firms(frame, by=["phone,region"])) == [1, 2, 4, 5, 3, 6]
    for by in (["phone,region:2"], [("phone", "region:2")]):
        assert ids(dg.link_firms(frame, by=by)) == [1, 2, 1, 2, 3, 4]


def test_one_identifier_may_be_a_text_and_one_year_has_no_links():
    rows = [("1", "a", 2000), ("1", "a", 2001)]
    assert ids(linked(rows, by="id")) == [1, 1]
    one = linked(rows[:1])
    assert ids(one) == [1]
    assert "there is only one year, and nothing to link" in one.notes
    with pytest.raises(InputError, match="--year: `year` is missing in all rows"):
        dg.link_firms(pl.DataFrame({"id": ["1"], "year": [None]}), by="id")


def test_a_row_without_a_year_belongs_to_no_firm():
    result = linked([("1", "a", 2000), ("1", "a", None), ("1", "a", 2001)])
    assert ids(result) == [1, None, 1]
    assert "rows without a year, which belong to no firm: 1" in result.notes


def test_the_order_of_rows_changes_numbers_alone():
    made = synthetic(2000, details=True, seed=2).frame.with_row_index("n")
    shuffled = made.sample(fraction=1.0, shuffle=True, seed=1)
    one = dg.link_firms(made, by=BY).frame.select("n", "panel_id", "linked_by")
    other = dg.link_firms(shuffled, by=BY).frame.sort("n").select("n", "panel_id", "linked_by")
    assert one["linked_by"].equals(other["linked_by"])
    both = one.select("panel_id").with_columns(other=other["panel_id"]).unique()
    assert both["panel_id"].is_unique().all()
    assert both["other"].is_unique().all()


def test_the_truth_of_a_panel_whose_codes_break():
    frame, truth = synthetic(20_000, details=True, seed=1)

    def shares(result):
        pair = pl.DataFrame({"made": result.frame["panel_id"], "true": truth.rows["firm"]})
        one = {
            (a, b): (pair.group_by(a).agg(pl.col(b).n_unique())[b] == 1).mean()
            for a, b in (("made", "true"), ("true", "made"))
        }
        return one["made", "true"], one["true", "made"]

    pure, whole = shares(dg.link_firms(frame, by=BY))
    assert pure > 0.99  # firms made hold one true firm
    assert whole > 0.99  # true firms are in one piece
    pure, whole = shares(dg.link_firms(frame, by=["firm"], window=2))
    assert pure > 0.98
    assert whole < 0.8  # the code alone breaks a quarter of firms


def test_pandas_frames_and_numbers_as_codes():
    frame = pd.DataFrame({"id": [1.0, np.nan, 1.0], "name": ["x", "y", "z"], "year": [2000, 2000, 2001]})
    assert ids(dg.link_firms(frame, by=["id", "name"])) == [1, 2, 1]


def test_links_by_year_add_up():
    table = linked(
        [("1", "a", 2000), ("2", "b", 2000), ("1", "a", 2001), ("2", "b", 2002), ("3", "c", 2002)]
    ).tables["years"]
    assert table.frame.rows() == [
        ("2000", 2, 0, 0, 2, 0),
        ("2001", 1, 1, 0, 0, 1),
        ("2002", 2, 0, 1, 1, None),
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": ["nam"]}, "--by: no column `nam`; did you mean `name`"),
        ({"year": "jahr"}, "--year: no column `jahr`"),
        ({"by": []}, "needs an identifier"),
        ({"window": 1}, "must be 2 to 10 years; got 1"),
        ({"name": "id"}, "has a column `id` already"),
        ({"year": "name"}, "row 1: `name` holds `a`, which is not a year, and 1 more rows"),
    ],
)
def test_what_is_wrong_is_named(options, message):
    given = {"by": ["id"], "year": "year", **options}
    with pytest.raises(InputError, match=message):
        linked([("1", "a", 2000), ("1", "a", 2001)], **given)


def test_on_the_command_line(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    main(["sample-firms", "--rows", "600", "--asif", "--details"], standalone_mode=False)
    shown = capsys.readouterr().out
    command = shown.splitlines()[-1].removeprefix("next: dirigiste ").split()
    main(command, standalone_mode=False)
    shown = capsys.readouterr().out
    assert "Links between rows of a firm" in shown
    assert "refused" in shown
    made = pl.read_parquet("firms-linked.parquet")
    raw = pl.read_csv("firms.csv", infer_schema=False)
    assert made.columns == [*raw.columns, "panel_id", "linked_by", "linked_from"]
    assert made["法人代码"].to_list() == raw["法人代码"].to_list()  # zeros in front stay
    assert made["固定资产原价合计"].dtype == pl.Float64
    main(["measure", "firms-linked.parquet", "--preset", "asif", "--id", "panel_id"], standalone_mode=False)
    assert "panel_id" in capsys.readouterr().out

    main([*command[:-1], "linked.csv", "--json"], standalone_mode=False)
    log = json.loads(capsys.readouterr().out)
    assert log["out"] == "linked.csv"
    assert sum(row["rows"] for row in log["tables"]["years"]) == raw.height
    assert pl.read_csv("linked.csv", infer_schema=False).select(raw.columns).equals(raw)


def test_labels_of_stata_stay(tmp_path):
    frame = pd.DataFrame({"code": ["1", "1"], "year": [2000, 2001]})
    frame.to_stata(tmp_path / "a.dta", write_index=False, variable_labels={"code": "Code of the firm"})
    asked = ["link", str(tmp_path / "a.dta"), "--by", "code", "--out", str(tmp_path / "b.dta"), "--quiet"]
    main(asked, standalone_mode=False)
    with pd.read_stata(tmp_path / "b.dta", iterator=True) as made:
        labels = made.variable_labels()
    assert labels["code"] == "Code of the firm"
    assert labels["panel_id"] == "Firm over years"


def test_the_file_itself_is_not_replaced(tmp_path, capsys):
    path = tmp_path / "firms.csv"
    path.write_text("id,year\n1,2000\n1,2001\n")
    with pytest.raises(SystemExit) as stop:
        main(["link", str(path), "--by", "id", "--out", str(path)])
    assert stop.value.code == 2
    assert "would replace the file of firms" in capsys.readouterr().err
