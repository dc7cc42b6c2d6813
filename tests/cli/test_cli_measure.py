"""`dirigiste measure` and `dirigiste sample-firms`: what a user types, what comes back."""

import json
import os
import shlex
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pandas as pd
import polars as pl
import pytest
from ruamel.yaml import YAML

import dirigiste as dg
from dirigiste import measurement as dm

COLUMNS = {
    "output": "value_added",
    "wage-bill": "wages",
    "employment": "workers",
    "capital": "capital",
    "industry": "industry",
    "year": "year",
    "id": "firm",
    "group": "ownership",
    "sales": "sales",
    "inputs": "materials",
}
FLAGS = [part for role, column in COLUMNS.items() for part in (f"--{role}", column)]


@pytest.fixture(scope="module")
def panel(tmp_path_factory):
    path = tmp_path_factory.mktemp("firms") / "firms.csv"
    dm.synthetic(1500, years=4, industries=4, seed=6).frame.write_csv(path)
    return path


def test_a_sample_is_written_and_measured(call):
    made = call(
        "sample-firms", "--rows", 800, "--years", 4, "--asif", "--flaws", 0.03, "--out", "new/asif.csv"
    )
    assert made.exit_code == 0, made.output
    assert "dirigiste measure new/asif.csv --preset asif" in made.stdout
    result = call("measure", "new/asif.csv", "--preset", "asif")
    assert result.exit_code == 0, result.output
    text = result.stdout
    order = ["Columns of asif.csv", "Rows", "Checks of the data", "Choices: σ 3", "Misallocation", "by year"]
    places = [text.index(part) for part in order]
    assert places == sorted(places)
    assert "an assumption of the preset asif" in text
    assert "warning  " in text
    assert "share their firm with another row" in text


def test_json_holds_everything(call, panel):
    result = call("measure", panel, *FLAGS, "--json", "--sigma", 4)
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert {
        "source",
        "roles",
        "rows",
        "steps",
        "checks",
        "choices",
        "choices_line",
        "tables",
        "absent",
    } <= set(found)
    assert found["choices"]["sigma"] == 4.0
    assert found["choices_line"].startswith("σ 4")
    firms = dm.read_firms(
        panel, output="value_added", wage_bill="wages", capital="capital", industry="industry", year="year"
    )
    expected = dm.measure(firms, dm.Choices(sigma=4.0)).tables["gains_by_year"].frame
    rows = found["tables"]["gains_by_year"]["rows"]
    assert [row["gain"] for row in rows] == pytest.approx(expected["gain"].to_list(), rel=1e-12)


def test_no_number_without_its_choices(call, panel):
    for more in ((), ("--table", "dispersion"), ("--table", "all")):
        text = call("measure", panel, *FLAGS, *more).stdout
        assert text.index("Choices: ") < text.index("  measure" if not more else "Dispersion")


def test_files(call, panel, tmp_path):
    files = ["--out", "out", "--format", "csv,parquet,dta,md,tex", "--figures", "--firms", "wedges.dta"]
    files += ["--report", "r.html", "--moments", "m.yaml"]
    result = call("measure", panel, *FLAGS, *files, "--bootstrap", 5, "--seed", 1, "--jobs", 1)
    assert result.exit_code == 0, result.output
    for kind in ("csv", "parquet", "dta", "md", "tex"):
        assert (tmp_path / "out" / f"gains_by_year.{kind}").stat().st_size > 0
    for kind in ("png", "svg", "pdf", "csv"):
        for name in ("densities", "gains", "marginal-products"):
            assert (tmp_path / "out" / f"{name}.{kind}").stat().st_size > 0
    wedges = pd.read_stata(tmp_path / "wedges.dta")
    assert {"tfpr", "tfpq", "tau_k", "tau_y", "ln_tfpr_dev"} <= set(wedges.columns)
    frame = pl.read_parquet(tmp_path / "out" / "gains_by_year.parquet")
    assert len(wedges) == pl.read_csv(panel).height
    assert wedges["in_sample"].sum() == frame.filter(pl.col("year") == "mean")["rows"][0]
    assert (wedges["why_not"] != "").sum() == len(wedges) - wedges["in_sample"].sum()
    steps = pl.read_csv(tmp_path / "out" / "sample.csv")
    assert steps["left"][0] == len(wedges)
    assert steps["left"][-1] == wedges["in_sample"].sum() == len(wedges) - steps["lost"].sum()
    named = wedges["why_not"].value_counts().drop("")
    assert dict(steps.filter(pl.col("lost") > 0).select("step", "lost").iter_rows()) == named.to_dict()
    assert {"value_added", "wages", "materials"} <= set(wedges.columns)
    assert "Choices: σ 3" in (tmp_path / "out" / "summary.md").read_text()
    assert "Choices: " in (tmp_path / "out" / "summary.tex").read_text()
    page = (tmp_path / "r.html").read_text()
    assert page.startswith("<!DOCTYPE html>")
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org", "")
    assert page.count("<figure") == 3
    assert "σ 3; α own" in page
    moments = YAML(typ="safe").load((tmp_path / "m.yaml").read_text())
    by_name = {moment["name"]: moment for moment in moments["moments"]}
    assert by_name["sd_ln_tfpr"]["se"] > 0
    assert by_name["gap_ln_mrpk[state]"]["se"] > 0
    assert by_name["gain"]["value"] == pytest.approx(frame["gain"][-1] / 100)
    assert all({"name", "value", "se", "definition", "choices", "rows"} <= set(m) for m in moments["moments"])


def test_specifications(call, panel):
    result = call("measure", panel, *FLAGS, "--spec", "--table", "specifications", "--all-rows")
    assert result.exit_code == 0, result.output
    assert "own-corrected" in result.stdout


def test_head_count_only(call, panel):
    flags = ["--output", "value_added", "--employment", "workers", "--capital", "capital"]
    refused = call("measure", panel, *flags)
    assert refused.exit_code == 2
    assert "--alpha constant:0.4" in refused.stderr
    result = call("measure", panel, *flags, "--alpha", "constant:0.4")
    assert result.exit_code == 0, result.output
    assert "labour = persons" in result.stdout


@pytest.mark.parametrize(
    ("more", "about"),
    [
        (("--capital", "capitol"), "--capital: no column `capitol`; did you mean `capital`?"),
        (("--preset", "asfi"), "did you mean `asif`"),
        (("--map", "nothing.yaml"), "nothing.yaml: no such file"),
        (("--sigma", "1"), "sigma must be above 1"),
        (("--alpha", "constnt:1"), "must be own, own-corrected, table:FILE"),
        (("--alpha", "table:nothing.csv"), "nothing.csv: no such file"),
        (("--trim", "70"), "0 to below 50"),
        (("--trim-variables", "tfp"), "--trim-variables"),
        (("--format", "xls", "--out", "x"), "no format `xls`"),
        (("--table", "gains_by_yaer"), "did you mean `gains_by_year`"),
        (("--table", "intervals"), "no bootstrap was asked for"),
        (("--reference", "stat"), "did you mean `state`"),
        (("--firms", "x.xlsx"), "frames are written as"),
        (("--industry", "value_added - wages"), "must be a column, not a formula"),
        (("--output", "value_added -"), "ends too early"),
        (("--output", "ownership"), "must hold numbers; 1,500 of 1,500 values are text"),
        (("--missing", "private,state", "--group", "nope"), "no column `nope`"),
    ],
)
def test_bad_input(call, panel, more, about):
    result = call("measure", panel, *FLAGS, *more)
    assert result.exit_code == 2
    assert about in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("more", "about"),
    [
        (("--trim", "0.01"), "if 1 per cent are meant, give --trim 1"),
        (("--rental", "8"), "if 8 per cent are meant, give --rental 0.08"),
    ],
)
def test_shares_for_per_cent_and_the_reverse_are_told(call, panel, more, about):
    result = call("measure", panel, *FLAGS, *more)
    assert result.exit_code == 0
    assert about in result.stderr
    assert "per cent are meant" not in call("measure", panel, *FLAGS).stderr


def test_help_imports_nothing_heavy():
    code = (
        "import sys\nfrom dirigiste.cli import main\nmain(['measure', '--help'], standalone_mode=False)\n"
        "loaded = {'polars', 'pandas', 'numpy', 'matplotlib', 'numba', 'scipy'} & set(sys.modules)\n"
        "assert not loaded, loaded"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_functions_are_not_hidden_by_modules_of_their_name():
    for module in ("synthetic_firms", "measuring", "data.read"):
        import_module(f"dirigiste.measurement.{module}")
    assert callable(dm.synthetic)
    assert callable(dm.measure)
    assert callable(dg.measure)
    assert dg.read_firms is dm.read_firms


def test_missing_file(call, panel):
    result = call("measure", panel.with_name("frims.csv"), *FLAGS)
    assert result.exit_code == 2
    assert "did you mean" in result.stderr


def test_quiet_prints_only_warnings(call, panel):
    result = call("measure", panel, *FLAGS, "--quiet", "--firms", "w.csv")
    assert result.exit_code == 0
    assert result.stdout == ""


def test_tables_of_regressions_are_printed_whole(call, panel):
    formula = "ln_tfpr ~ i(year, workers) + i(year, wages) + i(year, materials) + i(year, capital)"
    result = call("measure", panel, *FLAGS, "--regress", formula, "--table", "regress")
    assert result.exit_code == 0, result.output
    assert len(result.stdout[result.stdout.index("\nRegressions") :].splitlines()) > 40
    assert "more rows" not in result.stdout
    assert "\n  R² " in result.stdout


@pytest.mark.parametrize("bad", [("--rows", 2), ("--flaws", 0.9), ("--out", "x.docx"), ("--years", 0)])
def test_samples_that_cannot_be(call, bad):
    result = call("sample-firms", *bad)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def process(panel, *more, **options):
    """The command line in a process of its own."""
    arguments = [sys.executable, "-m", "dirigiste", "measure", str(panel), *FLAGS, *map(str, more)]
    return subprocess.run(arguments, stderr=subprocess.PIPE, check=False, **options)


@pytest.mark.parametrize("encoding", ["gbk", "latin-1", "cp1252", "utf-8"])
def test_output_in_any_encoding(panel, encoding):
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    done = process(panel, "--table", "all", stdout=subprocess.PIPE, env=environment)
    assert done.returncode == 0, done.stderr
    text = done.stdout.decode(encoding)
    assert ("σ 3; α own" if encoding in ("gbk", "utf-8") else "sigma 3; alpha own") in text


def test_a_reader_that_has_seen_enough_stops_no_file(panel, tmp_path):
    read, write = os.pipe()
    os.close(read)
    done = process(panel, "--firms", tmp_path / "w.csv", stdout=write)
    os.close(write)
    assert b"Traceback" not in done.stderr
    assert b"Exception" not in done.stderr
    assert done.returncode == 0
    assert (tmp_path / "w.csv").stat().st_size > 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device here")
def test_output_to_a_full_disk(panel, tmp_path):
    with Path("/dev/full").open("w") as full:
        done = process(panel, "--firms", tmp_path / "w.csv", stdout=full)
    assert done.returncode == 2
    assert b"standard output: cannot be written: No space left on device" in done.stderr
    assert b"Traceback" not in done.stderr
    assert (tmp_path / "w.csv").stat().st_size > 0


@pytest.mark.skipif(sys.platform == "win32", reason="no shell that closes files")
def test_closed_output(panel, tmp_path):
    arguments = [sys.executable, "-m", "dirigiste", "measure", str(panel), *FLAGS]
    command = shlex.join([*arguments, "--firms", str(tmp_path / "w.csv")])
    done = subprocess.run(f"{command} >&-", shell=True, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "w.csv").stat().st_size > 0


def test_results_are_printed_where_files_cannot_be_written(call, panel, tmp_path):
    (tmp_path / "file").write_text("x")
    blocked = ("--out", "file", "--report", tmp_path, "--moments", "file/m.yaml")
    result = call("measure", panel, *FLAGS, *blocked, "--firms", "w.csv")
    assert result.exit_code == 2
    assert "Misallocation" in result.stdout
    assert "warning: --out file: is a file, not a folder; nothing is written there" in result.stderr
    assert "is a folder, not a file" in result.stderr
    assert "3 problems" in result.stderr
    assert (tmp_path / "w.csv").stat().st_size > 0
    assert (tmp_path / "file").read_text() == "x"


def test_obstacles_are_told_before_anything_is_read(call, tmp_path):
    (tmp_path / "file").write_text("x")
    result = call("measure", "missing.csv", *FLAGS, "--out", "file")
    assert result.exit_code == 2
    assert result.stderr.index("--out file: is a file") < result.stderr.index("missing.csv: no such file")


def test_what_is_replaced_is_told(call, panel, tmp_path):
    assert call("measure", panel, *FLAGS, "--out", "o", "--firms", "w.csv").stderr == ""
    again = call("measure", panel, *FLAGS, "--out", "o", "--firms", "w.csv", "--quiet")
    assert again.exit_code == 0
    assert "--out o: holds files already; those of the same name are replaced" in again.stderr
    assert "--firms w.csv: exists and is replaced" in again.stderr


def test_what_is_not_replaced_is_not_told(call, panel, tmp_path):
    (tmp_path / "w.csv").write_text("old")
    failed = call("measure", panel, *FLAGS, "--firms", "w.csv", "--regress", "ln_tfpr ~ nobody")
    assert failed.exit_code == 2
    assert "is replaced" not in failed.stderr
    (tmp_path / "real.csv").write_text("old")
    (tmp_path / "p.csv").write_text("year,index\n1998,1\n")
    options = ("--original", "capital", "--prices", "p.csv", "--id", "firm", "--out", "real.csv")
    failed = call("capital", panel, *options)
    assert failed.exit_code == 2
    assert "is replaced" not in failed.stderr
    assert (tmp_path / "w.csv").read_text() == (tmp_path / "real.csv").read_text() == "old"


def test_growth_that_nothing_uses_is_told_even_quietly(call, panel, tmp_path):
    years = [f"{year},1" for year in range(1978, 2010)]
    (tmp_path / "p.csv").write_text("\n".join(["year,index", *years]))
    options = ("--original", "capital", "--prices", "p.csv", "--id", "firm", "--growth", 0.1)
    for quiet in ((), ("--quiet",)):
        made = call("capital", panel, *options, "--out", "real.csv", *quiet)
        assert made.exit_code == 0, made.output
        assert "warning: --growth changes nothing" in made.output
    assert "--out real.csv: exists and is replaced" in made.stderr


def test_regressions_go_into_files_as_programs_read_them_too(call, panel, tmp_path):
    asked = ("--regress", "ln_tfpr ~ state | industry^year", "--table", "regress")
    made = call("measure", panel, *FLAGS, *asked, "--out", "o", "--format", "csv,tex")
    assert made.exit_code == 0, made.output
    names = {path.name for path in (tmp_path / "o").iterdir()}
    assert names == {"regress.csv", "regress.tex", "regress_coefficients.csv", "tables.tex"}
    assert "Coefficients of the regressions" not in made.stdout
    data = json.loads(call("measure", panel, *FLAGS, *asked, "--json").stdout)
    assert list(data["tables"]) == ["regress", "regress_coefficients"]


def test_options_that_nothing_uses_are_told(call, panel):
    made = call("measure", panel, *FLAGS, "--cluster", "firm", "--table", "summary")
    assert "--cluster changes nothing here: it is for --regress and --event-study" in made.stdout
    quiet = call("measure", panel, *FLAGS, "--event-window", "-2,2", "--quiet")
    assert "--event-window changes nothing here" in quiet.stderr


def test_the_file_of_firms_is_never_replaced(call, panel):
    before = panel.read_bytes()
    result = call("measure", panel, *FLAGS, "--firms", panel)
    assert result.exit_code == 2
    assert "would replace what the file of firms names" in result.stderr
    both = call("measure", panel, *FLAGS, "--firms", "w.csv", "--report", "w.csv")
    assert "would replace what --firms names" in both.stderr
    assert panel.read_bytes() == before


def test_standard_input(panel):
    arguments = [sys.executable, "-m", "dirigiste", "measure", "-", *FLAGS, "--json"]
    piped = subprocess.run(arguments, input=panel.read_bytes(), capture_output=True, check=False)
    assert piped.returncode == 0, piped.stderr
    assert json.loads(piped.stdout)["source"] == "standard input"


def test_a_deflator(call, panel, tmp_path):
    years = pl.read_csv(panel)["year"].unique().sort()
    (tmp_path / "prices.csv").write_text(
        "year,index\n" + "".join(f"{y},{100 + y - years[0]}\n" for y in years)
    )
    result = call("measure", panel, *FLAGS, "--deflator", "prices.csv", "--json")
    assert result.exit_code == 0, result.output
    assert "real values, in prices of the last year" in json.loads(result.stdout)["choices_line"]
    assert "no such file" in call("measure", panel, *FLAGS, "--deflator", "nothing.csv").stderr


def test_conditions_ranges_and_winsorising(call, panel):
    """Rows chosen, groups as ranges, tails pulled in: the log of rows and the line of choices say so."""
    flags = [part for role, column in COLUMNS.items() if role != "group" for part in (f"--{role}", column)]
    more = [
        "--group",
        "big: workers >= 20; small: else",
        "--keep",
        "year > 1998",
        "--drop",
        "ownership == 'state'",
    ]
    result = call("measure", panel, *flags, *more, "--winsor", 2)
    assert result.exit_code == 0, result.output
    for text in (
        "keep year > 1998",
        "drop ownership == 'state'",
        "winsorise TFPR",
        "no trim",
        "winsorised at 2 %",
    ):
        assert text in result.stdout
    both = call("measure", panel, *FLAGS, "--winsor", 1, "--trim", 0.5)
    assert "trim 0.5 % tails of TFPR and TFPQ" in both.stdout
    assert "winsorised at 1 % tails" in both.stdout


def test_regressions_and_event_studies(call, panel, tmp_path):
    formulas = ["--regress", "ln_tfpr + ln_mrpk ~ state*I(year >= 2000) + log(workers) | industry^year"]
    formulas += ["--regress", "output_share ~ C(ownership)", "--cluster", "industry+id", "--stars"]
    result = call(
        "measure", panel, *FLAGS, *formulas, "--by", "year", "--out", "o", "--figures", "--format", "csv,tex"
    )
    assert result.exit_code == 0, result.output
    assert "effects of industry^year" in result.stdout
    assert "Groups compared within industry and year, by year" in result.stdout
    names = {path.name for path in (tmp_path / "o").iterdir()}
    assert {"regress.tex", "regress.csv", "regress_coefficients.csv", "groups-by-year.png"} <= names
    assert "regress_coefficients.tex" not in names
    data = json.loads(call("measure", panel, *FLAGS, *formulas, "--json").stdout)
    rows = data["tables"]["regress_coefficients"]["rows"]
    assert {row["model"] for row in rows} == {1, 2, 3}
    assert all(row["se"] > 0 for row in rows)


@pytest.mark.parametrize(
    ("more", "about"),
    [
        (("--regress", "ln_tfpr ~ stat"), "--regress: no `stat` in `ln_tfpr ~ stat`; did you mean `state`?"),
        (("--regress", "ln_tfpr"), "--regress: the formula `ln_tfpr` has no `~`"),
        (("--cluster", "firmm"), "--cluster: no `firmm` in `firmm`; did you mean `firm`?"),
        (("--event-study", "stat"), "--event-study: no `stat`"),
        (
            ("--event-study", "state", "--event-window", "3"),
            "--event-window: must be the first and last year",
        ),
        (("--by", "yer"), "--by: no `yer` in `yer`; did you mean `year`?"),
        (("--keep", "yer > 3"), "--keep: no column `yer` in the condition `yer > 3`"),
        (("--drop", "year >"), "--drop: ends too early"),
        (("--winsor", "70"), "--winsor: must be the per cent to pull in at each tail"),
        (("--trim-variables", "tfpr,mrpk", "--winsor", "1"), "TFPR follows from MRPK and MRPL"),
    ],
)
def test_formulas_and_conditions_that_cannot_be(call, panel, more, about):
    result = call("measure", panel, *FLAGS, *more)
    assert result.exit_code == 2
    assert about in result.stderr
    assert "Misallocation\n" not in result.stdout


def test_moments_draw_for_their_standard_errors(call, panel, tmp_path):
    result = call("measure", panel, *FLAGS, "--moments", "m.yaml", "--table", "summary")
    assert result.exit_code == 0, result.output
    assert "standard errors by 200 bootstrap draws" in result.stderr
    content = YAML(typ="safe").load((tmp_path / "m.yaml").read_text())
    assert all(moment["se"] > 0 for moment in content["moments"])
    none = call("measure", panel, *FLAGS, "--moments", "n.yaml", "--bootstrap", 0)
    assert none.exit_code == 0, none.output
    assert YAML(typ="safe").load((tmp_path / "n.yaml").read_text())["covariance"] is None
