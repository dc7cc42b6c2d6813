"""Observed series of chronicles: reading, files of numbers, writing, another economy, the schema."""

import datetime as dt
import shutil
from pathlib import Path

import pytest

from dirigiste import chronicle
from dirigiste.chronicle import Chronicle
from dirigiste.documents import reading
from dirigiste.errors import InputError
from dirigiste.results.archive.json_schema import chronicle_schema

HERE = Path(__file__).parent

HEAD = """
name: watched
economy: village.yaml
sources:
  yearbook: {title: Yearbook, publisher: Office, date: "2022", quality: read}
  press: {title: Press, publisher: Press, date: "2023", quality: read}
events:
  - date: 2021-01-01
    title: Dearer
    sources: [assumption]
    changes: [{parameter: statuses.stranger.spread, add: 0.01}]
observed:
"""

LOANS = """
  loans:
    title: Loans to strangers
    sources: [yearbook]
    unit: percent of loans
    quality: read
    values: {2022-Q4: 44.0, 2020-12: 46, 2021-06-30: {value: 45.5, quality: remembered, note: a guess},
             2023: {value: 43.0, source: press, note: from the press}}
    breaks: [2022-01]
    outcome: 100 * credit[stranger] / credit
    as: change
    base: 2020
    se: 1.5
    se_source: assumption
    weight: 0.5
    confounders: A flood.
"""

SAILED = """
  sailed:
    title: People who leave
    sources: [yearbook]
    unit: persons
    quality: read
    file: sailed.csv
    where: {series: sail}
    columns: {values: number, quality: known, sources: from, notes: remark}
    from: 2020
    until: 2022-12
    outcome: people[sail]
"""

CSV = """series,date,number,known,from,remark
sail,2019-12-31,90,read,,
sail,2020-12-31,100,,,"a note, with a comma"
walk,2020-12-31,1,,,
sail,2021-12-31,120.5,remembered,press,
sail,2023-12-31,150,read,,
"""


def text(*series: str) -> str:
    return HEAD + "".join(series)


def read(folder: Path, *series: str, csv: str = CSV) -> Chronicle:
    shutil.copy(HERE / "village.yaml", folder)
    (folder / "sailed.csv").write_text(csv, encoding="utf-8")
    return chronicle.loads(text(*series), file=str(folder / "watched.yaml"))


def test_values_are_dated_by_the_ends_of_their_periods(tmp_path):
    loans = read(tmp_path, LOANS).observed["loans"]
    assert {date.isoformat(): value.value for date, value in loans.observations.items()} == {
        "2020-12-31": 46.0,
        "2021-06-30": 45.5,
        "2022-12-31": 44.0,
        "2023-12-31": 43.0,
    }
    assert list(loans.observations) == sorted(loans.observations)
    assert (loans.comparison, loans.base) == ("change", dt.date(2020, 12, 31))
    assert (loans.se, loans.se_source, loans.weight) == (1.5, "assumption", 0.5)


def test_what_is_known_of_single_values_is_kept(tmp_path):
    loans = read(tmp_path, LOANS).observed["loans"]
    remembered, cited = dt.date(2021, 6, 30), dt.date(2023, 12, 31)
    assert loans.quality_of(remembered) == "remembered"
    assert loans.observations[remembered].note == "a guess"
    assert loans.quality_of(cited) == "read"
    assert loans.sources_of(cited) == ("press",)
    assert loans.observations[cited].note == "from the press"
    assert loans.sources_of(dt.date(2020, 12, 31)) == ("yearbook",)


def test_pieces_of_one_definition_have_their_own_bases(tmp_path):
    loans = read(tmp_path, LOANS).observed["loans"]
    first, second = loans.pieces
    assert first == (dt.date(2020, 12, 31), dt.date(2021, 6, 30))
    assert second == (dt.date(2022, 12, 31), dt.date(2023, 12, 31))
    assert [loans.base_of(piece) for piece in loans.pieces] == [first[0], second[0]]


def test_numbers_of_a_file_are_those_of_the_rows_that_count(tmp_path):
    sailed = read(tmp_path, SAILED).observed["sailed"]
    assert sailed.file is None
    assert [value.value for value in sailed.observations.values()] == [100.0, 120.5]
    first, second = sailed.observations
    assert sailed.observations[first].note == "a note, with a comma"
    assert sailed.sources_of(first) == ("yearbook",)
    assert sailed.sources_of(second) == ("press",)
    assert sailed.quality_of(second) == "remembered"


def test_a_chronicle_with_series_is_written_with_their_numbers_and_read_again(tmp_path):
    told = read(tmp_path, LOANS, SAILED)
    again = chronicle.loads(told.to_yaml(), file=str(tmp_path / "again.yaml"))
    assert again.model_dump() == told.model_dump()
    assert again.to_yaml() == told.to_yaml()
    assert again.observed == told.observed
    assert (again.files, told.files) == ((), (tmp_path / "sailed.csv",))
    assert "sailed.csv" not in told.to_yaml()


FAULTY = (
    "series,date,number,known,from,remark\n"
    "sail,soon,1,,,\n"
    "sail,2020-12-31,many,,,\n"
    "sail,2021-12-31,nan,,,\n"
    "sail,2022-06-30,2,reed,,\n"
    "sail,2022-12-31,2,,,\n"
    "sail,2022-12-31,3,,,\n"
)


def test_every_fault_of_a_file_is_told_with_its_line_and_cell(tmp_path):
    with pytest.raises(InputError) as caught:
        read(tmp_path, SAILED, csv=FAULTY)
    problems = caught.value.problems
    places = [(problem.line, problem.column) for problem in problems]
    assert places == [(2, 2), (3, 3), (4, 3), (5, 4), (7, 2)]
    assert {Path(problem.file).name for problem in problems} == {"sailed.csv"}
    wanted = ("must be a date or a period", "must be a number", "a finite number", "must be one of", "line 6")
    for problem, words in zip(problems, wanted, strict=True):
        assert words in problem.message
    assert problems[3].suggestion == "read"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("{series: sail}", "{series: sial}", "has no row with `sial` in `series`; did you mean `sail`?"),
        ("{series: sail}", "{serie: sail}", "has no column `serie`; its columns are `series`"),
        ("values: number", "values: numbre", "did you mean `number`?"),
        ("from: 2020", "from: 2022", "has no value between `from` and `until`"),
        ("sailed.csv", "sailing.csv", "no such file"),
    ],
)
def test_rows_columns_and_files_that_are_not_there(tmp_path, old, new, words):
    with pytest.raises(InputError) as caught:
        read(tmp_path, SAILED.replace(old, new))
    assert len(caught.value.problems) == 1
    problem = caught.value.problems[0]
    assert words in str(problem)
    assert (Path(problem.file).name, problem.line > 0) == ("watched.yaml", True)


@pytest.mark.parametrize("csv", ["", "series,date,number,known,from,remark\n"], ids=["nothing", "no rows"])
def test_files_without_rows(tmp_path, csv):
    with pytest.raises(InputError, match=r"is empty|has no row"):
        read(tmp_path, SAILED, csv=csv)


def test_a_source_of_a_value_must_be_in_the_bibliography(tmp_path):
    with pytest.raises(InputError) as caught:
        read(tmp_path, LOANS.replace("source: press", "source: pres"))
    assert len(caught.value.problems) == 1
    assert caught.value.problems[0].suggestion == "press"
    with pytest.raises(InputError, match=r"sailed.csv:5:5 from: `pres` is not among `sources`.*`press`"):
        read(tmp_path, SAILED, csv=CSV.replace("press", "pres"))


def test_on_another_economy_its_outcomes_must_exist(tmp_path):
    told = read(tmp_path, LOANS)
    data = told.baseline.to_yaml().replace("stranger", "outsider")
    (tmp_path / "other.yaml").write_text(data, encoding="utf-8")
    from dirigiste import economy

    with pytest.raises(InputError, match=r"there is no outcome `credit\[stranger\]`"):
        told.on(economy.load(tmp_path / "other.yaml"))
    assert told.on(told.baseline).observed == told.observed


def test_the_schema_takes_series_and_refuses_what_the_program_refuses(tmp_path):
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.Draft202012Validator.check_schema(chronicle_schema())
    validator = jsonschema.Draft202012Validator(chronicle_schema())

    def faults(yaml: str) -> list[str]:
        data = reading.parse(yaml).plain()
        data["events"][0]["date"] = str(data["events"][0]["date"])
        return [error.message for error in validator.iter_errors(data)]

    assert faults(text(LOANS, SAILED)) == []
    wrong = [("as: change", "as: chance"), ("unit:", "units:"), ("46,", "x,")]
    for old, new in wrong:
        assert faults(text(LOANS.replace(old, new)))
