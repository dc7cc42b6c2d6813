"""Which rows are measured: --keep and --drop, groups as ranges, and the firm-level file that says why."""

import polars as pl
import pytest
from measure_samples import firms_of, random_firms

from dirigiste.errors import InputError
from dirigiste.measurement import Choices, measure, read_firms
from dirigiste.measurement.data import conditions
from dirigiste.measurement.data.expressions import NotAFormula
from dirigiste.measurement.firm_level import file_names, firm_level, labels

FRAME = pl.DataFrame(
    {
        "firm": [f"f{n:02d}" for n in range(12)],
        "va": [10.0 + n for n in range(12)],
        "wages": [5.0 + n % 3 for n in range(12)],
        "k": [20.0, 0.0, *[30.0 + n for n in range(10)]],
        "capital": [f"city {n % 2}" for n in range(12)],
        "share": [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, None],
        "code": [f"0{n % 4}" for n in range(12)],
        "alpha": list(range(12)),
    }
)
ROLES = {"output": "va", "wage_bill": "wages", "capital": "k", "id": "firm"}


def rows_where(text, frame=FRAME):
    formula = conditions.parse(text)
    found = conditions.to_polars(formula, pl.col, lambda name: pl.col(name).cast(pl.String))
    return frame.with_columns(found.alias("(true)"))["(true)"].to_list()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("share >= 0.5", lambda row: row["share"] >= 0.5),
        ("share >= 0.5 & va < 18", lambda row: row["share"] >= 0.5 and row["va"] < 18),
        ("share > .8 or va = 10", lambda row: row["share"] > 0.8 or row["va"] == 10),
        ("not (share > .2 | k == 0)", lambda row: not (row["share"] > 0.2 or row["k"] == 0)),
        ("!(share > .2) && k != 0", lambda row: row["share"] <= 0.2 and row["k"] != 0),
        ("capital == 'city 1'", lambda row: row["capital"] == "city 1"),
        ('code in ("01", "02")', lambda row: row["code"] in ("01", "02")),
        ("va in (10, 12)", lambda row: row["va"] in (10, 12)),
        ("(va - wages) / va > .6", lambda row: (row["va"] - row["wages"]) / row["va"] > 0.6),
        ("k", lambda row: row["k"] != 0),
    ],
)
def test_conditions(text, expected):
    known = [n for n, row in enumerate(FRAME.iter_rows(named=True)) if row["share"] is not None]
    found = rows_where(text)
    rows = FRAME.rows(named=True)
    assert [found[n] for n in known] == [expected(rows[n]) for n in known]


def test_a_missing_value_decides_nothing():
    assert rows_where("share > 0.5")[-1] is None
    assert rows_where("share > 0.5 | va > 0")[-1] is True
    assert rows_where("share > 0.5 & va > 100")[-1] is False


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("share >", "ends too early"),
        ("1 < share < 2", "join two comparisons with &"),
        ("share in 3", r"expects `\(` after `in`"),
        ("capital == 'x' + 1", "compares a text with a number"),
        ("share # 3", "cannot read"),
        ("", "is empty"),
    ],
)
def test_what_is_no_condition(text, about):
    with pytest.raises(NotAFormula, match=about):
        conditions.parse(text)


def test_kept_and_dropped_rows_are_counted_first():
    kept = ["share >= 0.1", "capital_file == 'city 1'"]
    firms = read_firms(FRAME, **ROLES, keep=kept, drop="firm == 'f03'")
    assert [(s.what, s.lost) for s in firms.steps[1:]] == [
        ("keep share >= 0.1", 2),
        ("keep capital_file == 'city 1'", 5),
        ("drop firm == 'f03'", 1),
        ("capital is zero or negative", 1),
    ]
    assert firms.frame["id"].to_list() == ["f05", "f07", "f09"]
    assert all(step.chosen == step.what.startswith(("keep", "drop")) for step in firms.steps)


def test_conditions_may_name_roles():
    """`capital` is the role, a number; the file's own column of that name is `capital_file`."""
    firms = read_firms(FRAME, **ROLES, keep="capital >= 35")
    assert firms.frame["capital"].to_list() == [35.0, 36.0, 37.0, 38.0, 39.0]


def test_unknown_names_in_conditions_are_all_told():
    with pytest.raises(InputError) as caught:
        read_firms(FRAME, **ROLES, keep="shere > 1", drop="nothing == 2", group="soe: shar > .5")
    text = str(caught.value)
    assert "--keep: no column `shere` in the condition `shere > 1`; did you mean `share`?" in text
    assert "--drop: no column `nothing`" in text
    assert "--group: no column `shar`" in text
    with pytest.raises(InputError, match="must hold numbers"):
        read_firms(FRAME, **ROLES, keep="code > 1 & capital_file > 2")


def test_groups_as_ranges():
    firms = read_firms(FRAME, **ROLES, group="state: share >= 0.7; mixed: share >= 0.3; private: else")
    expected = ["private"] * 2 + ["mixed"] * 4 + ["state"] * 4 + [None]
    assert firms.frame["group"].to_list() == expected
    assert firms.roles["group"] == "state: share >= 0.7; mixed: share >= 0.3; private: else"
    two = read_firms(FRAME, **ROLES, group="soe: share >= 0.5")
    assert set(two.frame["group"].drop_nulls()) == {"soe", "other"}
    with pytest.raises(InputError, match="needs a name and a condition"):
        read_firms(FRAME, **ROLES, group="soe: ")


def test_groups_as_ranges_in_a_mapping(tmp_path):
    path = tmp_path / "m.yaml"
    path.write_text("roles:\n  group: {when: {soe: share >= 0.5}, other: private}\n", encoding="utf-8")
    firms = read_firms(FRAME, **ROLES, mapping=path)
    assert firms.frame["group"].to_list()[:2] == ["private", "private"]
    assert firms.frame["group"].to_list()[-2:] == ["soe", None]


def test_the_firm_level_has_every_row_and_column(tmp_path):
    path = tmp_path / "firms.csv"
    frame = pl.concat([FRAME, FRAME.with_columns(firm=pl.col("firm") + "b", va=pl.col("va") * 3)])
    frame.write_csv(path)
    firms = read_firms(path, **ROLES, group="soe: share >= 0.5", drop="va == 11")
    result = measure(firms, Choices(trim=Choices().trim.with_({"tail": 0.05})))
    whole = firm_level(result)
    assert whole.height == frame.height
    assert whole["row"].to_list() == list(range(1, frame.height + 1))
    assert whole["in_sample"].sum() == result.rows.height
    assert set(whole["why_not"].drop_nulls()) == {
        "drop va == 11",
        "capital is zero or negative",
        "trim TFPR",
        "trim TFPQ",
    }
    assert whole.filter(pl.col("in_sample") == 1)["why_not"].null_count() == result.rows.height
    assert set(frame.columns) - {"capital", "alpha"} <= set(whole.columns)
    assert whole["capital_file"].to_list() == frame["capital"].to_list()
    assert whole["alpha_file"].to_list() == frame["alpha"].to_list()
    assert whole["code"].to_list() == frame["code"].to_list()  # leading zeros stay
    kept = whole.filter(pl.col("in_sample") == 1)
    assert kept["tfpr"].to_list() == result.rows["tfpr"].to_list()
    assert labels(firms, whole.columns)["in_sample"] == "1 if the row is in the sample"


def test_rows_without_employment_are_told_too():
    frame = random_firms(3, firms=40).with_columns(
        employment=pl.when(pl.int_range(pl.len()) < 5).then(None).otherwise("employment")
    )
    result = measure(firms_of(frame), Choices(labor="employment"))
    whole = firm_level(result)
    assert whole.height == frame.height
    assert whole["why_not"][:5].to_list() == ["employment is missing"] * 5
    assert file_names(result.firms) == {}


def test_a_text_that_no_row_has_is_named_with_the_nearest():
    frame = random_firms(groups=("state", "private"))
    roles = {"output": "output", "wage_bill": "labor", "capital": "capital", "group": "group"}
    with pytest.raises(InputError) as caught:
        read_firms(frame, **roles, keep="group == 'stat' & year >= 2000")
    assert "no row has `stat` in group; did you mean `state`?" in str(caught.value)
    assert "none of its" in str(caught.value)
    with pytest.raises(InputError, match="no row has `x` in industry; there are i0, i1, i2, i3, i4"):
        read_firms(frame, **roles, industry="industry", keep=["year > 2000", "industry in ('x', 'y')"])
    kept = read_firms(frame, **roles, drop="group == 'stat'")
    assert len(kept) == frame.height
    assert kept.doubts == ("--drop: `group == 'stat'`: no row has `stat` in group; did you mean `state`?",)
    assert not read_firms(frame, **roles, drop="group == 'state'").doubts
    assert not read_firms(frame, **roles, keep="group != 'stat'").doubts
