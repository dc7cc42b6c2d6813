"""The catalogue: every question of docs/catalogue.md runs, and its answers are right."""

import csv
import json
import re
from pathlib import Path

import pytest
from made_up_sweep import made
from numpy.testing import assert_allclose
from sweep_texts import GRID, SQUEEZE

import dirigiste as dg
from dirigiste import sweep as sweeps
from dirigiste.results.archive import folders
from dirigiste.sweep.catalogue import tables

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "catalogue.md").read_text()


def questions():
    """Questions of the page by their text."""
    body = PAGE.partition("## Questions")[2]
    found = re.findall(r"^([A-Z][^\n]*\?)\n\n((?: {4}[^\n]*\n)+)", body, flags=re.MULTILINE)
    return {words: " ".join(sql.split()) for words, sql in found}


QUESTIONS = questions()


@pytest.fixture(scope="module")
def kept(home, read, configured, tmp_path_factory):
    """Two runs and two sweeps, in folders of the usual names."""
    root = tmp_path_factory.mktemp("kept")
    (home / "harder.yaml").write_text(
        SQUEEZE.replace("name: squeeze", "name: harder").replace("multiply: 0.95", "multiply: 0.9")
    )
    for name in ("squeeze", "harder"):
        dg.run(home / f"{name}.yaml").save(root / "runs", report=False)
    example = sweeps.load(ROOT / "examples" / "sweep.yaml")

    def output(collateral, fear):
        return 2 + 0.1 * collateral - 0.01 * fear

    others = [lambda collateral, fear: collateral * fear] * 3
    made(example, root / "sweeps" / "credit-and-fear", output, *others)
    made(
        read(GRID),
        root / "sweeps" / "grid",
        lambda credit, rate: None if credit > 1.5 else credit,
        *[lambda credit, rate: rate] * 3,
    )
    return root


@pytest.fixture
def ask(call, kept, monkeypatch):
    """Rows of an answer, as dictionaries."""
    pytest.importorskip("duckdb")
    monkeypatch.chdir(kept)

    def asked(sql):
        result = call("runs", "query", sql, "--json")
        assert result.exit_code == 0, result.stderr
        answer = json.loads(result.stdout)
        return [dict(zip(answer["columns"], row, strict=True)) for row in answer["rows"]]

    return asked


@pytest.mark.parametrize("words", QUESTIONS)
def test_every_question_has_an_answer(ask, words):
    rows = ask(QUESTIONS[words])
    assert rows
    assert any(value is not None for value in rows[0].values())


def test_there_are_ten_questions_at_least():
    assert len(QUESTIONS) >= 10


def test_answers_are_those_of_the_runs(ask, kept):
    harder, squeeze = (
        next(folders.summary(folder) for folder in folders.runs(kept / "runs") if folder.name.endswith(name))
        for name in ("harder", "squeeze")
    )
    rows = ask(QUESTIONS["Which chronicles cost most output in the long run?"])
    assert [row["chronicle"] for row in rows] == ["harder", "squeeze"]
    states = [[s[when]["aggregates"]["output"] for when in ("before", "after")] for s in (harder, squeeze)]
    assert_allclose([row["output_change"] for row in rows], [after / before - 1 for before, after in states])
    (row,) = ask("select before, after from run_outcomes where run like '%harder' and outcome = 'wage'")
    assert [row["before"], row["after"]] == [harder[when]["prices"]["wage"] for when in ("before", "after")]
    (row,) = ask(QUESTIONS["Which parameters do runs change for good, and by how much?"])
    assert (row["parameter"], row["runs"]) == ("statuses.free.collateral", 2)
    assert_allclose([row["least"], row["most"]], [-0.1, -0.05])
    rows = ask("select value from run_paths where run like '%harder' and outcome = 'output' order by time")
    assert [row["value"] for row in rows] == harder["path"]["output"]


def test_answers_are_those_of_the_sweeps(ask):
    rows = ask(QUESTIONS["Where on the map is output highest?"])
    assert (rows[0]["collateral"], rows[0]["fear"]) == (2.0, 0.5)
    rows = ask(QUESTIONS["What does each step of fear cost, by collateral?"])
    assert rows[0]["change"] is None
    assert_allclose(rows[1]["change"], (2.12 - 0.01) / (2.12 - 0.005) - 1)
    far = {row["sweep"]: row for row in ask(QUESTIONS["How far are sweeps, and what does a point take?"])}
    assert (far["grid"]["there"], far["grid"]["failed"], far["grid"]["each"]) == (12, 3, 0.5)
    failed = ask(QUESTIONS["Why do points have no solution?"])
    assert failed == [{"sweep": "grid", "reason": "too far", "points": 3}]


def test_columns_are_those_of_the_page(ask):
    table = re.finditer(r"^\| `(\w+)` \|[^|]*\| ([^|]*) \|$", PAGE, re.MULTILINE)
    rows = {match[1]: match[2] for match in table}
    rows.pop("points_NAME")
    assert list(rows) == [view.name for view in tables.VIEWS]
    for name, columns in rows.items():
        described = [row["column_name"] for row in ask(f"describe {name}")]
        assert described == re.findall(r"`(\w+)`", columns)


@pytest.mark.parametrize(
    "sql",
    [
        "copy runs to 'runs.csv'",
        "select * from read_csv('somewhere.csv')",
        "set enable_external_access = true",
        "select runn from runs",
    ],
)
def test_what_may_not_or_cannot_be_asked(call, kept, monkeypatch, sql):
    pytest.importorskip("duckdb")
    monkeypatch.chdir(kept)
    before = sorted(kept.rglob("*"))
    result = call("runs", "query", sql)
    assert result.exit_code == 2
    assert "query: is not understood" in result.stderr
    assert sorted(kept.rglob("*")) == before


def test_tables_are_listed_and_answers_written(call, kept, monkeypatch, tmp_path):
    pytest.importorskip("duckdb")
    monkeypatch.chdir(kept)
    listed = call("runs", "query").stdout
    assert all(view.name in listed for view in tables.VIEWS)
    assert "points_credit_and_fear" in listed
    assert call("runs", "query", "select * from runs", "--csv", tmp_path / "runs.csv").exit_code == 0
    with (tmp_path / "runs.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["chronicle"] for row in rows} == {"squeeze", "harder"}


def test_list_show_and_compare(call, kept, monkeypatch):
    monkeypatch.chdir(kept)
    listed = call("runs", "list").stdout
    for words in ("harder", "squeeze", "credit-and-fear", "2 of 2"):
        assert words in listed
    assert "20 of 20 points" in call("runs", "show", "credit-and-fear").stdout
    shown = call("runs", "show", "latest").stdout
    assert "harder on tiny" in shown
    assert shown == call("show", "latest").stdout
    names = [folder.name for folder in folders.runs(kept / "runs")]
    compared = json.loads(call("runs", "compare", *names, "--of", "output", "--json").stdout)["changes"]
    assert [row["run"] for row in compared] == names
    summary = folders.summary(kept / "runs" / names[0])
    first = summary["path"]["output"][0] / summary["base"]["output"] - 1
    assert_allclose(compared[0]["change"][0], first)
    assert "Change from what it was" in call("runs", "compare", *names).stdout
    wrong = call("runs", "compare", *names, "--of", "outptu")
    assert "did you mean `output`" in wrong.stderr


def test_folders_without_anything(call, tmp_path):
    pytest.importorskip("duckdb")
    assert "no runs" in call("runs", "list").stdout
    assert call("runs", "query", "select count(*) as n from runs", "--json").exit_code == 0


def test_a_damaged_run_is_left_out_with_a_warning(call, kept, tmp_path):
    pytest.importorskip("duckdb")
    broken = tmp_path / "runs" / "broken"
    broken.mkdir(parents=True)
    (broken / folders.SUMMARY).write_text("{}")
    result = call("runs", "query", "select * from runs")
    assert result.exit_code == 0
    assert "left out" in result.stderr
    assert "broken" in result.stderr
