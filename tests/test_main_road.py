"""What a user does, with the real solver: a small economy and a chronicle through Python and through the
command line, up to the report.
"""

import base64
import csv
import io
import json
import re

import numpy as np
import pytest
from click.testing import CliRunner

import dirigiste as dg
from chronicles import VILLAGE
from dirigiste.cli import main

CHRONICLE = """
name: cut
economy: village.yaml
events:
  - date: 2021-01-01
    title: Credit is cut
    sources: [assumption]
    changes: [{parameter: statuses.free.collateral, multiply: 0.95}]
  - date: 2022-07-01
    title: Inspections are feared
    sources: [assumption]
    changes: [{parameter: edges.inspection.perceived, multiply: 2, half_life: 3}]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with an economy and a chronicle on it."""
    path = tmp_path_factory.mktemp("road")
    (path / "village.yaml").write_text(VILLAGE)
    (path / "cut.yaml").write_text(CHRONICLE)
    return path


@pytest.fixture(scope="module")
def run(folder, configured):
    """The chronicle solved from Python, with its channels."""
    return dg.run(folder / "cut.yaml", channels=True)


@pytest.fixture(scope="module")
def call(folder):
    """The command line, from that folder."""

    def call(*args):
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            result = CliRunner().invoke(main, [str(arg) for arg in args], catch_exceptions=False)
        assert result.exit_code == 0, result.stderr
        return result.stdout

    return call


@pytest.fixture(scope="module")
def printed(call, configured):
    """What `dirigiste run` prints, and the numbers that it keeps."""
    return call("run", "cut.yaml", "--channels")


@pytest.fixture(scope="module")
def kept(printed, folder):
    """The folder of that run."""
    (name,) = (folder / "runs").iterdir()
    return name


def test_a_run_is_certified(run):
    assert run.certificate.worst <= 1e-5
    assert run.certificate.residuals["foresight"].worst <= 1e-5
    assert run.certificate.warnings == ()


def test_credit_that_is_cut_lowers_output_and_the_wage(run):
    """Claim: less credit for owners outside the state costs output and wages at once and five years later."""
    path, base = run.at([0.0, 5.0]), run.base
    assert (path["output"].values < base["output"].values).all()
    assert (path["wage"].values < base["wage"].values).all()


def test_parts_of_the_channels_add_up(run):
    parts = run.channels("output", time=5.0)
    whole = float(run.at([5.0])["output"].values[0] / run.base["output"].values - 1.0)
    assert set(parts["channel"].values) == {"credit", "fear"}
    assert float(np.log1p(whole)) == pytest.approx(float(parts.sum()), abs=2e-3)


def test_a_run_is_kept_and_opened(run, tmp_path):
    opened = dg.Run.open(run.save(tmp_path))
    for name in ("output", "wage", "interest"):
        np.testing.assert_array_equal(opened.path[name].values, run.path[name].values)
    assert opened.certificate == run.certificate
    assert opened.before.prices == run.before.prices


def test_the_command_line_gives_the_same_numbers(run, printed, kept):
    assert printed.splitlines()[0].startswith("cut on known: 2 surprises · solved in ")
    for title in ("\nOutput  ", "Chronicle", "Effect by channel", "Certificate of the path"):
        assert f"{title}" in printed
    opened = dg.Run.open(kept)
    np.testing.assert_allclose(opened.path["output"].values, run.path["output"].values, rtol=1e-12)


def test_a_parameter_of_the_economy_is_changed_on_the_command_line(call, folder, run):
    out = folder / "other"
    call("run", "cut.yaml", "--set", "technology.delta=0.07", "--out", out, "--no-report", "--quiet")
    (name,) = out.iterdir()
    opened = dg.Run.open(name)
    assert opened.before.economy.technology.delta == 0.07
    assert opened.before.prices["wage"] < run.before.prices["wage"]


def test_a_kept_run_is_shown_listed_and_compared(call, kept):
    shown = call("show", kept.name)
    assert "Effect by channel" in shown
    assert kept.name in call("runs", "list")
    compared = json.loads(call("compare", f"{kept.name}:before", kept.name, "--json"))
    assert compared


def test_the_report_holds_the_figures_and_their_numbers(kept, run):
    page = (kept / "report.html").read_text(encoding="utf-8")
    assert page.count("<svg") >= 5
    assert "nan" not in re.sub(r"<[^>]*>", " ", page).split()
    tables = re.findall(r'href="data:text/csv[^,]*,([^"]+)"', page)
    assert len(tables) >= 5
    for table in tables:
        rows = list(csv.reader(io.StringIO(base64.b64decode(table).decode("utf-8"))))
        assert len(rows) > 1
        assert {len(row) for row in rows} == {len(rows[0])}


def test_results_become_data_frames(run):
    path = run.to_dataframe()
    assert path.index.name == "time"
    assert path.columns[0] == "date"
    np.testing.assert_array_equal(path["output"], run.path["output"])
    statuses = run.before.to_dataframe()
    assert statuses.index.name == "status"
    assert statuses["mass"].sum() == pytest.approx(1.0)
    compared = run.comparison.to_dataframe().set_index(["group", "name"])
    assert compared.loc[("prices", "wage"), "new"] == run.after.prices["wage"]
    assert {"prices", "aggregates", "edges", *statuses.index} == set(compared.index.get_level_values(0))
