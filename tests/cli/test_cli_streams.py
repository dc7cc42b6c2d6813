"""What cannot be written is reported before anything is computed, and results are printed all the same."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

FULL = Path("/dev/full")


@pytest.fixture
def shell(tmp_path):
    """Call the program as a process of its own, with other settings of the environment."""

    def run(*args, out=subprocess.PIPE, **settings):
        return subprocess.run(
            [sys.executable, "-m", "dirigiste", *map(str, args)],
            cwd=tmp_path,
            env={**os.environ, **settings},
            stdout=out,
            stderr=subprocess.PIPE,
            check=False,
        )

    return run


@pytest.mark.parametrize("coding", ["gbk", "cp1252", "latin-1", "ascii"])
def test_any_terminal_takes_what_is_printed(shell, coding):
    done = shell("explain", "preferences.sigma", PYTHONIOENCODING=coding)
    assert done.returncode == 0, done.stderr
    assert b"preferences.sigma" in done.stdout


@pytest.mark.skipif(not FULL.exists(), reason="no device that is always full")
@pytest.mark.parametrize("args", [["explain", "silence"], ["runs", "list", "--json"], ["schema"]])
def test_full_standard_output(shell, args):
    with FULL.open("w") as out:
        done = shell(*args, out=out)
    assert done.returncode == 2
    assert b"standard output: cannot be written" in done.stderr
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr


def test_a_reader_that_has_seen_enough_is_no_problem(shell):
    read, write = os.pipe()
    os.close(read)
    done = shell("schema", out=write)
    os.close(write)
    assert done.stderr == b""
    assert done.returncode == 0


def test_paths_that_the_locale_does_not_have(shell, tmp_path, squeeze):
    folder = tmp_path / "整顿"
    folder.mkdir()
    moved = squeeze.rename(folder / "整顿.yaml")
    (tmp_path / "village.yaml").rename(folder / "village.yaml")
    for settings in ({}, {"PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}):
        done = shell("check", moved, LC_ALL="C", **settings)
        assert done.returncode == 0, done.stderr
        assert b"good chronicle" in done.stdout


@pytest.mark.parametrize("kind", ["folder", "below a file", "device"])
def test_solve_prints_where_it_cannot_write(call, village, tmp_path, kind):
    (tmp_path / "folder").mkdir()
    place = {"folder": "folder", "below a file": "village.yaml/x.nc", "device": os.devnull}[kind]
    result = call("solve", village, "--out", place, "--json")
    assert result.exit_code == 2
    assert json.loads(result.stdout)["certificate"]["certified"]
    warned, _, repeated = result.stderr.partition("1 problem:")
    assert "nothing is written there" in warned
    assert f"{place} --out" in repeated


def test_solve_says_what_it_replaces(call, village, tmp_path):
    (tmp_path / "old.nc").write_text("old")
    result = call("solve", village, "--out", "old.nc", "--quiet")
    assert result.exit_code == 0
    assert "exists and is replaced" in result.stderr


@pytest.mark.usefixtures("configured")
def test_run_prints_where_it_cannot_write(call, squeeze):
    result = call("run", squeeze, "--out", "squeeze.yaml", "--json")
    assert result.exit_code == 2
    assert json.loads(result.stdout)["folder"] is None
    assert "is a file, not a folder; nothing is written there" in result.stderr


@pytest.mark.usefixtures("configured")
def test_one_broken_run_hides_no_other(call, squeeze, tmp_path):
    assert call("run", squeeze, "--quiet").exit_code == 0
    earlier = {"name": "x", "economy": "y", "provenance": {"created": "2026"}}
    earlier |= {state: {"aggregates": {"Y": 1.0, "control": 0.5}} for state in ("before", "after")}
    texts = {
        "torn": '{"name": "x',
        "empty": "",
        "other": "[]",
        "lacking": "{}",
        "earlier": json.dumps(earlier),
    }
    for name, text in texts.items():
        (tmp_path / "runs" / name).mkdir()
        (tmp_path / "runs" / name / "summary.json").write_text(text)
    (tmp_path / "runs" / "bytes").mkdir()
    (tmp_path / "runs" / "bytes" / "summary.json").write_bytes(b"\xff\xfe\x00")
    result = call("runs", "list", "--json")
    assert result.exit_code == 0
    assert [row["chronicle"] for row in json.loads(result.stdout)["runs"]] == ["squeeze"]
    for name in (*texts, "bytes"):
        assert name in result.stderr


def test_sample_firms_and_replications_say_it_before(call, tmp_path):
    (tmp_path / "folder").mkdir()
    result = call("sample-firms", "--out", "folder")
    assert result.exit_code == 2
    assert "is a folder, not a file" in result.stderr
