"""The frame of replications: published numbers in, verdicts, tables, pages, the command."""

import csv
import json
import re
from importlib import resources
from pathlib import Path

import pytest
import xarray as xr
from click.testing import CliRunner
from matplotlib.figure import Figure

from dirigiste import replications
from dirigiste.cli import main
from dirigiste.errors import InputError
from dirigiste.replications import files, page, published, registry, text
from dirigiste.replications.outcome import Cell, Claim, Outcome, Picture

NUMBERS = """
paper: example-2000
tables:
  - id: losses
    title: Losses, %
    where: Table 1
    tag: read
    tolerance: 0.06
    tolerances: {share: 0.005}
    columns: [low, high]
    rows:
      loss: [2.5, 3.4]
      share: [0.25, null]
  - id: digits
    like: losses
    title: Losses, more digits
    where: Table 1
    tag: recomputed
    columns: [low, high]
    rows:
      loss: [2.514, 3.417]
    why: another program
claims:
  - {id: ranking, text: Losses fall with credit, where: p. 1, tag: read}
"""
OURS = {"losses": {"loss": [2.51, 3.5], "share": [0.2501, 7.0]}}


def cells(ours=None, holds=None):
    return published.compare(published.loads(NUMBERS), ours or OURS, holds or {"ranking": (True, "2 < 3")})


def outcome(**changes):
    def draw():
        figure = Figure()
        figure.subplots().plot([0, 1], [1, 0])
        return figure

    parts = {
        "cells": cells(),
        "datasets": {"made": xr.Dataset({"x": ("t", [1.0, 2.0])})},
        "pictures": {"line": Picture("A line falls", "After Figure 1.", draw)},
        "notes": ["A note."],
        "residuals": {"market": 1e-12},
    }
    return Outcome(**{**parts, **changes})


ENTRY = registry.Entry("example-2000", "An example", "Example (2000), Journal 1, 1-2", "a table", "example")


def test_verdicts():
    by_place = {(c.table, c.row, c.column): c for c in cells() if isinstance(c, Cell)}
    assert len(by_place) == 5  # null is no cell
    first = by_place["Losses, %", "loss", "low"]
    assert (first.verdict, first.difference) == ("match", pytest.approx(0.01))
    assert by_place["Losses, %", "loss", "high"].verdict == "miss"  # .1 off, .06 allowed
    assert by_place["Losses, %", "share", "low"].tolerance == 0.005
    assert by_place["Losses, more digits", "loss", "low"].verdict == "shown"
    found = outcome()
    assert not found.matches
    assert [cell.row for cell in found.misses] == ["loss"]
    assert found.summary == "3 of 4 cells match; 1 misses; 2 more are shown without a verdict"


def test_difference_at_the_tolerance_matches():
    """Decimal text is not exact: .306 - .300 must be within .006."""
    assert Cell("t", "w", "r", "c", 0.300, 0.306, 0.006, "read").verdict == "match"
    assert Cell("t", "w", "r", "c", 0.300, 0.30601, 0.006, "read").verdict == "miss"


def test_what_is_not_computed_is_a_miss():
    found = cells({"losses": {"loss": [2.51, float("nan")]}}, {"ranking": (False, "3 > 2")})
    assert [c.verdict for c in found if isinstance(c, Cell) and c.tolerance] == ["match", "miss", "miss"]
    assert isinstance(found[-1], Claim)
    assert found[-1].verdict == "miss"
    assert published.compare(published.loads(NUMBERS), {})[-1].verdict == "miss"


@pytest.mark.parametrize(
    ("ours", "holds"),
    [
        ({"loses": {}}, {}),
        ({"losses": {"lass": [1, 2]}}, {}),
        ({"losses": {"loss": [1.0]}}, {}),
        ({}, {"rank": (True, "")}),
    ],
)
def test_slips_in_a_replication_are_errors(ours, holds):
    with pytest.raises(KeyError, match=r"loses|lass|numbers for 2 columns|rank"):
        published.compare(published.loads(NUMBERS), ours, holds)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[2.5, 3.4]", "[2.5]", "row `loss` has 1 numbers for 2 columns"),
        ("tag: read\n    tolerance: 0.06", "tag: reed\n    tolerance: 0.06", "tag"),
        ("tolerance: 0.06", "tolerance: -1", "tolerance"),
        ("like: losses", "like: loses", "loses"),
        ("id: digits", "id: losses", "given twice: losses"),
        ("    why: another program\n", "", "`why` must say why"),
        ("{share: 0.005}", "{shares: 0.005}", "shares"),
        ("where: p. 1", "were: p. 1", "were"),
    ],
)
def test_faults_of_published_numbers(old, new, words):
    assert old in NUMBERS
    with pytest.raises(InputError) as caught:
        published.loads(NUMBERS.replace(old, new), file="example/published.yaml")
    assert words in str(caught.value)
    assert "example/published.yaml:" in str(caught.value)


def test_tables_and_pages():
    found = outcome()
    tables = text.cells(found)
    assert [len(table.rows) for table in tables] == [3, 2, 1]
    assert tables[0].rows[1] == ("", "high", "3.4", "3.5000", "+0.1000", "0.06", "MISS")
    assert "No verdict, Losses, more digits: another program" in text.reasons(found)
    markdown = page.markdown(ENTRY, found)
    assert "| loss | low | 2.5 | 2.5100 | +0.0100 | 0.06 | match |" in markdown
    assert "![A line falls](figures/line.png)" in markdown
    whole = page.whole([(ENTRY, found)])
    assert whole.index("## Overview") < whole.index("## example-2000")
    assert "![" not in whole


def test_small_differences_are_powers_of_ten():
    assert text.difference(Cell("t", "w", "r", "c", 1.0, 1.0 + 3e-9, 1e-3, "read")) == "+3e-09"
    assert text.difference(Cell("t", "w", "r", "c", 1.0, 0.9, 1e-3, "read")) == "−0.1000"


def test_files(tmp_path):
    report = files.write(ENTRY, outcome(), tmp_path)
    folder = tmp_path / "example-2000"
    assert report == folder / "report.html"
    html = report.read_text()
    assert "Not reproduced in full" in html
    assert '<td class="missed">MISS</td>' in html
    assert "<svg" in html
    assert not re.search(r'(src|href)="https?:', html)
    assert (folder / "figures" / "line.png").read_bytes()[:4] == b"\x89PNG"
    rows = list(csv.DictReader((folder / "cells.csv").read_text().splitlines()))
    assert [row["verdict"] for row in rows] == ["match", "miss", "match", "shown", "shown"]
    with xr.open_dataset(folder / "made.nc") as data:
        assert data["x"].values.tolist() == [1.0, 2.0]


def test_registry():
    names = [entry.name for entry in registry.ENTRIES]
    assert len(set(names)) == len(names)
    for entry in registry.ENTRIES:
        folder = resources.files(entry.module.rpartition(".")[0])
        numbers = published.loads(folder.joinpath("published.yaml").read_text(encoding="utf-8"))
        assert numbers.paper == entry.name
        assert str(numbers.tables[0].where)
        assert entry.name.rpartition("-")[2] in entry.reference
    with pytest.raises(InputError, match="did you mean `moll-2014`"):
        replications.find("mol-2014")
    with pytest.raises(InputError, match="did you mean `restuccia-rogerson-2008`"):
        replications.find("rogerson")
    with pytest.raises(InputError, match="there are restuccia-rogerson-2008"):
        replications.find("keynes")


def test_published_numbers_are_only_compared_with():
    """No module of a replication opens `published.yaml` other than by `published.load`, and none that
    computes does."""
    for entry in registry.ENTRIES:
        folder = Path(str(resources.files(entry.module.rpartition(".")[0])))
        for module in folder.glob("*.py"):
            source = module.read_text(encoding="utf-8")
            assert "published.yaml" not in source
            if module.stem != "replication":
                assert "published" not in re.sub(r'""".*?"""', "", source, flags=re.DOTALL), module


@pytest.fixture
def call(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(*args):
        return CliRunner().invoke(main, ["replicate", *map(str, args)])

    return run


@pytest.fixture
def made_up(monkeypatch):
    """Two replications, of which the slow one misses."""
    good = outcome(cells=[cell for cell in cells() if cell.verdict != "miss"])

    class Known(registry.Entry):
        def compute(self, progress=None):
            return outcome() if self.slow else good

    entries = (
        Known("fast-2000", "Fast", "Fast (2000)", "a table", "none"),
        Known("slow-2001", "Slow", "Slow (2001)", "another", "none", slow=True),
    )
    monkeypatch.setattr(registry, "ENTRIES", entries)
    monkeypatch.setattr(replications, "ENTRIES", entries)


@pytest.mark.usefixtures("made_up")
def test_command(call):
    listed = call()
    assert listed.exit_code == 0
    assert "fast-2000" in listed.stdout
    assert "slow-2001" in listed.stdout
    assert [e["slow"] for e in json.loads(call("--json").stdout)["replications"]] == [False, True]
    good = call("fast-2000")
    assert (good.exit_code, "3 of 3 cells match" in good.stdout) == (0, True)
    assert Path("replications/fast-2000/report.html").is_file()
    missed = call("slow-2001", "--quiet", "--no-report")
    assert missed.exit_code == 3
    assert missed.stdout == "slow-2001: 3 of 4 cells match; 1 misses; 2 more are shown without a verdict\n"
    assert not Path("replications/slow-2001").exists()
    found = json.loads(call("fast-2000", "slow-2001", "--json", "--no-report").stdout)
    assert (found["matches"], [r["matches"] for r in found["replications"]]) == (False, [True, False])
    assert found["replications"][1]["cells"][1]["verdict"] == "miss"


@pytest.mark.usefixtures("made_up")
def test_command_all(call, tmp_path):
    fast = call("--all", "--fast", "--no-report", "--page", "docs/page.md")
    assert fast.exit_code == 0
    written = Path("docs/page.md").read_text()
    assert "fast-2000" in written
    assert "slow-2001" not in written
    assert call("--all", "--out", tmp_path / "r").exit_code == 3
    assert "slow-2001" in (tmp_path / "r" / "replications.md").read_text()


@pytest.mark.parametrize("args", [("--fast",), ("--page", "x.md"), ("--all", "moll-2014"), ("keynes-1936",)])
def test_command_refuses(call, args):
    result = call(*args)
    assert result.exit_code == 2
    assert "1 problem" in result.stderr
