"""The worked paper of the documentation: its commands are run in a temporary folder, and what the page shows
of their output is what they print.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from ruamel.yaml import YAML

pytest.importorskip("pyfixest", reason="the regressions of the page need pyfixest")

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "worked-paper.md"
FOLDER = ROOT / "examples" / "worked-paper"
BASH, COMPILER = shutil.which("bash"), shutil.which("pdflatex")
LEFT_OUT = "..."

pytestmark = pytest.mark.skipif(BASH is None, reason="the commands of the page are for bash")


def blocks():
    """The commands of the page, each with the lines that are shown below it."""
    made = []
    for block in re.findall(r"```console\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL):
        open_line = False
        for line in block.splitlines():
            if line.startswith("$ "):
                made.append((line.removeprefix("$ "), []))
            elif open_line:
                made[-1] = (f"{made[-1][0]}\n{line}", [])
            else:
                made[-1][1].append(line)
            open_line = line.endswith("\\") and not made[-1][1]
    return made


def in_one_line(command):
    return " ".join(command.replace("\\\n", " ").split())


def program(folder, name, *arguments):
    """A program of this name that runs the Python of the tests."""
    path = folder / name
    path.write_text(f'#!/bin/sh\nexec {shlex.join([sys.executable, *arguments])} "$@"\n')
    path.chmod(0o755)


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """The folder in which the commands ran, and what each printed."""
    folder = tmp_path_factory.mktemp("worked-paper") / "paper"
    folder.mkdir()
    for name in ("main.tex", "truth.py"):
        shutil.copy(FOLDER / name, folder)
    programs = tmp_path_factory.mktemp("programs")
    program(programs, "dirigiste", "-m", "dirigiste")
    program(programs, "python")
    commands = [
        ":" if command.startswith("pdflatex") and COMPILER is None else command for command, _ in blocks()
    ]
    script = "".join(f"echo '@@@@'\n{command}\n" for command in commands)
    source = str(ROOT / "src")
    variables = {
        **os.environ,
        "PATH": os.pathsep.join([str(programs), os.environ["PATH"]]),
        "PYTHONPATH": os.pathsep.join([source, os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep),
        "PYTHONUTF8": "1",
    }
    done = subprocess.run(
        [str(BASH), "-c", f"set -euo pipefail\n{script}"],
        cwd=folder,
        env=variables,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return folder, done.stdout.split("@@@@\n")[1:]


def same(shown, printed):
    """Whether two words are the same; numbers may differ by one in the last digit that is shown."""
    if shown == printed:
        return True
    number = r"[−-]?\d[\d,]*(?:\.\d+)?"
    texts = [re.sub(number, "#", word) for word in (shown, printed)]
    if texts[0] != texts[1]:
        return False
    for one, two in zip(re.findall(number, shown), re.findall(number, printed), strict=True):
        if "." not in one and one != two:  # counts are exact
            return False
        places = len(one.partition(".")[2])
        if len(two.partition(".")[2]) < places:
            return False
        values = [float(text.replace("−", "-").replace(",", "")) for text in (one, two)]
        if abs(values[0] - values[1]) > 1.01 * 10.0**-places:
            return False
    return True


def missing(shown, printed):
    """The first passage of shown lines that is not printed in this order; None if all are."""
    words, start = printed.split(), 0
    passages = "\n".join(shown).split(f"\n{LEFT_OUT}")
    for passage in passages:
        expected = passage.removeprefix(LEFT_OUT).split()
        last = len(words) - len(expected)
        start = next(
            (n for n in range(start, last + 1) if all(map(same, expected, words[n : n + len(expected)]))),
            None,
        )
        if start is None:
            return passage
        start += len(expected)
    return None


def test_words_that_differ_are_found():
    assert missing(["a 1.25 b", LEFT_OUT, "c"], "x a 1.26 b y c") is None
    assert missing(["a 1.25 b"], "a 1.27 b") == "a 1.25 b"
    assert missing(["7 rows"], "8 rows") == "7 rows"
    assert missing(["c", LEFT_OUT, "a"], "a c") is not None
    assert missing(["0.306"], "0.3060036") is None


@pytest.mark.parametrize("n", range(len(blocks())))
def test_the_page_shows_what_commands_print(ran, n):
    command, shown = blocks()[n]
    assert missing(shown, ran[1][n]) is None, f"{command}\nprints\n{ran[1][n]}"


def test_the_script_has_the_commands_of_the_page():
    text = (FOLDER / "run.sh").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [" ".join(line.split()) for line in text.splitlines() if line and not line.startswith("#")]
    assert lines[:2] == ["set -euo pipefail", 'cd "$(dirname "$0")"']
    assert lines[2:] == [in_one_line(command) for command, _ in blocks() if not command.startswith("sed ")]


@pytest.mark.skipif(COMPILER is None, reason="needs pdflatex")
def test_the_paper_compiles_and_all_fits(ran):
    log = (ran[0] / "main.log").read_text(encoding="utf-8", errors="replace")
    log = re.sub(r"(?<=[^\n]{78})\n", "", log)
    assert [n for n in re.findall(r"Overfull \\hbox \(([\d.]+)pt too wide\)", log) if float(n) > 1] == []
    for problem in ("undefined", "multiply defined", "Float too large", "Missing character"):
        assert problem not in log
    assert (ran[0] / "main.pdf").read_bytes().startswith(b"%PDF")


def test_the_paper_takes_what_is_written(ran):
    """Also where no compiler is installed."""
    text = (ran[0] / "main.tex").read_text(encoding="utf-8")
    for name in re.findall(r"\\input\{([^}]+)\}", text):
        assert r"\begin{table}" in (ran[0] / f"{name}.tex").read_text(encoding="utf-8")
    for name in re.findall(r"\\includegraphics\[[^]]*\]\{([^}]+)\}", text):
        assert (ran[0] / f"{name}.pdf").read_bytes().startswith(b"%PDF")


def test_estimates_are_near_what_the_panel_was_made_with(ran):
    folder = ran[0]
    by_year = pl.read_csv(folder / "results" / "regressions_by_year.csv").filter(pl.col("group") == "state")
    for variable, made in (("ln MRPK", -0.60), ("ln MRPL", -0.15)):
        rows = by_year.filter(pl.col("variable") == variable)
        assert rows.height == 10
        assert ((rows["coefficient"] - made).abs() < 3 * rows["se"]).all()
    event = pl.read_csv(folder / "results" / "event_study.csv").filter(pl.col("period") == 0)
    for outcome, made in (("ln_mrpk", 0.60), ("ln_mrpl", 0.15)):
        row = event.row(by_predicate=pl.col("outcome") == outcome, named=True)
        assert abs(row["coefficient"] - made) < 2 * row["se"]


def test_files_for_what_comes_next(ran):
    folder = ran[0]
    made = YAML(typ="safe", pure=True).load((folder / "moments.yaml").read_text(encoding="utf-8"))
    names = made["covariance"]["names"]
    errors = {moment["name"]: moment["se"] for moment in made["moments"]}
    assert len(names) > 30
    assert all(error > 0 for error in errors.values())
    for n, name in enumerate(names):
        assert made["covariance"]["matrix"][n][n] == pytest.approx(errors[name] ** 2, rel=1e-6)
    wedges = pl.read_parquet(folder / "wedges.parquet")
    steps = pl.read_csv(folder / "results" / "sample.csv")
    assert wedges.height == steps["left"][0]
    assert wedges["in_sample"].sum() == steps["left"][-1]
    assert (folder / "report.html").stat().st_size > 0
