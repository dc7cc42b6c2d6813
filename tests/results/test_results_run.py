"""Runs: what they hold, and folders that appear whole or not at all."""

import json

import pytest

import dirigiste as dg
from dirigiste import chronicle as chronicles
from dirigiste import report
from dirigiste.results import folders
from dirigiste.results import run as runs
from dirigiste.results.write import chronicle_yaml


@pytest.fixture
def made(squeeze):
    return dg.run(squeeze)


def test_a_run_is_before_and_after_what_lasts(made):
    assert made.before.economy.get("statuses.free.collateral") == 1.4
    assert made.after.economy.get("statuses.free.collateral") == pytest.approx(1.26)
    assert made.after.economy.get("edges.inspection.perceived") == 0.05  # what fades is gone
    assert [item.path for item in made.changes] == ["statuses.free.collateral"]
    assert made.comparison.aggregates["Y"].absolute < 0


def test_text_tells_answer_events_and_discrepancies(made):
    text = repr(made)
    for part in (
        "What it cost",
        "What it bought",
        "Who moved",
        "2021-06 ",
        "the bank",
        "credit was cut by half",
        "Who gains",
    ):
        assert part in text
    assert "2021-06-01" not in text  # the date is known to the month only
    assert "<table>" in made._repr_html_()


def test_kept_and_opened_again(made, tmp_path):
    root = tmp_path / "runs"
    folder = made.save(root, report=False)
    assert folder.parent == root
    assert folder.name.endswith("-squeeze")
    kept = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert kept == {
        "results.nc", "summary.json", "inputs/chronicle.yaml", "inputs/economy.yaml",
        "inputs/as-given/chronicle.yaml", "inputs/as-given/economy.yaml",
    }  # fmt: skip
    again = dg.Run.open(folder)
    assert again.to_json() == made.to_json()
    assert again.given == made.given
    assert again.chronicle.events == made.chronicle.events
    assert dg.Run.open("latest", root).folder == folder
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["before"]["aggregates"]["Y"] == made.before.aggregates["Y"]


def test_a_second_run_on_the_same_day_gets_its_own_folder(made, tmp_path):
    names = [made.save(tmp_path / "runs", report=False).name for _ in range(3)]
    assert names[1:] == [f"{names[0]}-2", f"{names[0]}-3"]
    assert [item.name for item in folders.runs(tmp_path / "runs")] == names


def fail_midway(root):
    with folders.writing(root, "x") as (draft, _):
        (draft / "file").write_text("half")
        raise RuntimeError("midway")


def test_nothing_is_left_of_a_run_that_fails(tmp_path):
    with pytest.raises(RuntimeError, match="midway"):
        fail_midway(tmp_path / "runs")
    assert list((tmp_path / "runs").iterdir()) == []


def test_report_is_part_of_the_folder(made, tmp_path, monkeypatch):
    monkeypatch.setattr(report, "write", lambda run, path: path.write_text(run.chronicle.name), raising=False)
    folder = made.save(tmp_path / "runs")
    assert (folder / "report.html").read_text() == "squeeze"


def test_a_report_that_fails_loses_no_numbers(made, tmp_path, monkeypatch):
    def fail(run, path):
        path.write_text("half")
        raise RuntimeError("drawing")

    monkeypatch.setattr(report, "write", fail, raising=False)
    with pytest.raises(RuntimeError, match="drawing"):
        made.save(tmp_path / "runs")
    (folder,) = folders.runs(tmp_path / "runs")
    assert sorted(path.name for path in folder.iterdir()) == ["inputs", "results.nc", "summary.json"]


def test_unknown_runs_are_named(tmp_path):
    with pytest.raises(dg.InputError, match="no such run"):
        dg.Run.open("nothing", tmp_path)
    with pytest.raises(dg.InputError, match="no such run"):
        dg.Run.open("latest", tmp_path)


@pytest.mark.parametrize("name", chronicles.shipped())
def test_chronicles_are_written_as_they_were_read(name):
    chronicle = chronicles.load(name)
    assert chronicles.loads(chronicle_yaml(chronicle)) == chronicle
    assert runs.texts(name).keys() == {"chronicle.yaml", "economy.yaml"}
