"""The frame of replications: reference numbers in, verdicts, counts, tables, pages, the command."""

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
from dirigiste.replications import files, page, reference, registry, text
from dirigiste.replications.outcome import KINDS, Cell, Claim, Count, Outcome, Picture, tolerance

NUMBERS = """
paper: example-2000
tables:
  - id: losses
    title: Losses, %
    where: Table 1
    kind: read
    columns: [low, high]
    rows:
      loss: 2.5 3.4
      share: 0.250 null
    remark: the paper has a coarse grid
    remarks: {share: a share}
  - id: digits
    like: losses
    title: Losses, more digits
    where: Table 1
    kind: recomputed
    columns: [low, high]
    rows:
      loss: 2.514 3.417
    no_verdict: another program
claims:
  - {id: ranking, text: Losses fall with credit, where: p. 1, kind: read}
"""
OURS = {"losses": {"loss": [2.51, 3.5], "share": [0.2501, 7.0]}}


def cells(ours=None, holds=None):
    return reference.compare(reference.loads(NUMBERS), ours or OURS, holds or {"ranking": (True, "2 < 3")})


def cell(printed, ours, kind="read", **parts):
    return Cell("t", "w", "r", "c", printed, ours, kind, **parts)


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


ENTRY = registry.Entry(
    "example-2000",
    "An example",
    "Example (2000), Journal 1, 1-2",
    "a table",
    "example",
    how="It has a program of its own.",
)


def test_verdicts():
    by_place = {(c.table, c.row, c.column): c for c in cells() if isinstance(c, Cell)}
    assert len(by_place) == 5  # null is no cell
    first = by_place["Losses, %", "loss", "low"]
    assert (first.verdict, first.difference) == ("match", pytest.approx(0.01))
    second = by_place["Losses, %", "loss", "high"]
    assert (second.verdict, second.remark) == ("miss", "the paper has a coarse grid")  # .1 off, .05 allowed
    share = by_place["Losses, %", "share", "low"]
    assert (share.tolerance, share.remark) == (pytest.approx(0.0005), "a share")
    assert by_place["Losses, more digits", "loss", "low"].verdict == "shown"
    result = outcome()
    assert not result.matches
    assert [cell.row for cell in result.misses] == ["loss"]
    assert result.summary == "2 of 3 numbers match; 1 of 1 statement holds"


@pytest.mark.parametrize(
    ("printed", "allowed"),
    [("0.98", 0.005), ("0.90", 0.005), ("0.9", 0.05), ("2.5", 0.05), ("33", 0.5), ("-0.04451", 0.000005),
     (".20", 0.005), ("0.0000000000", 5e-11)],
)  # fmt: skip
def test_tolerance_is_half_a_unit_of_the_last_digit(printed, allowed):
    """Claim: the digits that are printed, and nothing else, say how far ours may be; for every kind."""
    assert tolerance(printed) == pytest.approx(allowed)
    value = float(printed)
    for kind in KINDS:
        assert cell(printed, value, kind).tolerance == pytest.approx(allowed)
        assert cell(printed, value + 0.99 * allowed, kind).verdict == "match"
        assert cell(printed, value - 0.99 * allowed, kind).verdict == "match"
        assert cell(printed, value + 1.05 * allowed, kind).verdict == "miss"
        assert cell(printed, value - 1.05 * allowed, kind).verdict == "miss"


def test_difference_at_the_tolerance_matches():
    """Decimal text is not exact: .305 - .300 must be within .005."""
    assert cell("0.30", 0.305).verdict == "match"
    assert cell("0.30", 0.305001).verdict == "miss"


def test_no_file_sets_a_tolerance():
    """Claim: tolerances come from digits; exceptions have no verdict, and say why."""
    text = NUMBERS.replace("kind: read\n", "kind: read\n    tolerance: 0.3\n", 1)
    with pytest.raises(InputError, match="tolerance: unknown key"):
        reference.loads(text)
    for entry in registry.ENTRIES:
        folder = resources.files(entry.module.rpartition(".")[0])
        numbers = reference.loads(folder.joinpath("reference.yaml").read_text(encoding="utf-8"))
        for table in numbers.tables:
            if table.no_verdict:
                assert len(table.no_verdict) > 20, (entry.name, table.id)


COUNTED = """
paper: example-2000
tables:
  - {id: digits, title: Digits, where: w, kind: recomputed, columns: [a, b],
     rows: {x: 0.123 0.456, y: 0.5 0.7}}
  - {id: print, like: digits, title: Print, where: w, kind: read, columns: [a, b], rows: {x: 0.12 null}}
  - {id: again, title: Again, where: w, kind: remembered, columns: [b], rows: {z: "0.7"},
     repeats: {z: digits.y}}
  - {id: ways, title: Ways, where: w, kind: closed form, columns: [one, other], one_number: true,
     rows: {v: 1.0 1.0}}
claims:
  - {id: one, text: One, where: w, kind: read}
  - {id: other, text: Other, where: w, kind: remembered}
"""


def test_a_number_counts_once():
    """Claim: a number that is compared again counts once, with the first of its kinds."""
    ours = {
        "digits": {"x": [0.124, 0.456], "y": [0.5, 0.7]},
        "again": {"z": [0.9]},
        "ways": {"v": [1.0, 2.0]},
    }
    compared = reference.compare(reference.loads(COUNTED), ours, {"one": (True, "1"), "other": (False, "0")})
    result = Outcome(compared)
    assert result.tally.by_kind == {
        "read": Count(match=1),  # x in a, of which more digits were recomputed
        "recomputed": Count(match=3),  # x in b, y in a, y in b, which is remembered too
        "closed form": Count(match=1),  # v in one way
        "remembered": Count(),
    }
    assert result.tally.again == Count(miss=3)  # the digits of x in a, z, v in the other way
    assert result.tally.statements == Count(match=1, miss=1)
    everything = result.tally.numbers + result.tally.again + result.tally.statements
    assert everything == Count.of(compared)
    assert result.summary == (
        "5 of 5 numbers match; 0 of 3 further comparisons of the same numbers match; 1 of 2 statements hold"
    )
    assert text.by_kind(result) == (
        "Numbers by kind: read in the paper or its authors' files 1 of 1; "
        "recomputed by an independent program 3 of 3; from a closed form 1 of 1"
    )
    overview = text.overview([(ENTRY, result), (ENTRY, result)])
    assert overview.rows[0] == (
        "example-2000", "own program", "1 of 1", "3 of 3", "1 of 1", "–", "0 of 3", "1 of 2"
    )  # fmt: skip
    assert overview.rows[-1] == ("all", "", "2 of 2", "6 of 6", "2 of 2", "–", "0 of 6", "2 of 4")
    assert result.to_json()["counts"]["compared again"] == {"match": 0, "miss": 3, "shown": 0}


def test_what_is_not_computed_is_a_miss():
    compared = cells({"losses": {"loss": [2.51, float("nan")]}}, {"ranking": (False, "3 > 2")})
    assert [c.verdict for c in compared if isinstance(c, Cell) and c.tolerance] == ["match", "miss", "miss"]
    assert isinstance(compared[-1], Claim)
    assert compared[-1].verdict == "miss"
    assert reference.compare(reference.loads(NUMBERS), {})[-1].verdict == "miss"


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
        reference.compare(reference.loads(NUMBERS), ours, holds)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("loss: 2.5 3.4", "loss: 2.5 3.4 3.5", "row `loss` has 3 numbers for 2 columns"),
        ("loss: 2.5 3.4", "loss: 2.5", "in quotes where there is only one"),
        ("loss: 2.5 3.4", "loss: [2.5, 3.4]", "its numbers as printed"),
        ("loss: 2.5 3.4", "loss: 2.5 3,4", "not a number as it is printed: 3,4"),
        ("kind: read\n    columns", "kind: reed\n    columns", "kind"),
        ("like: losses", "like: loses", "loses"),
        ("id: digits", "id: losses", "given twice: losses"),
        ("{share: a share}", "{shares: a share}", "shares"),
        ("remarks: {share: a share}", "repeats: {share: losses.lass}", "no such row: losses.lass"),
        ("remarks: {share: a share}", "repeats: {share: digits.loss}", "no such row: digits.loss"),
        ("where: p. 1", "were: p. 1", "were"),
    ],
)
def test_faults_of_reference_numbers(old, new, words):
    assert old in NUMBERS
    with pytest.raises(InputError) as caught:
        reference.loads(NUMBERS.replace(old, new, 1), file="example/reference.yaml")
    assert words in str(caught.value)
    assert "example/reference.yaml:" in str(caught.value)


def test_tables_and_pages():
    result = outcome()
    tables = text.cells(result)
    assert [len(table.rows) for table in tables] == [3, 2, 1]
    assert tables[0].rows[1] == ("", "high", "3.4", "read", "3.500", "+0.100", "0.05", "MISS")
    assert text.reasons(result) == [
        "Missed, Losses, %: the paper has a coarse grid (1 cell)",
        "No verdict, Losses, more digits: another program (2 cells)",
    ]
    markdown = page.markdown(ENTRY, result)
    assert "| loss | low | 2.5 | read | 2.510 | +0.010 | 0.05 | match |" in markdown
    assert "Computed by: own program. It has a program of its own." in markdown
    assert "Numbers by kind: read in the paper or its authors' files 2 of 3." in markdown
    assert "![A line falls](figures/line.png)" in markdown
    whole = page.whole([(ENTRY, result)])
    places = [whole.index(f"## {title}") for title in ("Overview", "Exceptions", "Misses", "example-2000")]
    assert places == sorted(places)
    assert "* example-2000, Losses, %: the paper has a coarse grid (1 cell)" in whole
    assert "* example-2000, Losses, more digits: another program (2 cells)" in whole
    assert "![" not in whole


def test_prose_of_pages_is_wrapped():
    result = outcome(notes=["words " * 60, "A short one."])
    for line in page.whole([(ENTRY, result)]).splitlines():
        assert len(line) <= 100 or line[:1] in "|#", line


def test_the_page_in_the_documentation_is_of_this_program():
    """Claim: it has the introduction, every replication with what computes it, and the tables of cells."""
    docs = Path(__file__).parents[2] / "docs" / "replications.md"
    written = docs.read_text(encoding="utf-8")
    template = resources.files("dirigiste.replications").joinpath("templates", page.INTRODUCTION)
    assert written.startswith(template.read_text(encoding="utf-8").strip())
    header = text.markdown(text.Table("", text.HEADER, left=(0, 1, 3, 7))).splitlines()[0]
    for entry in registry.ENTRIES:
        own = written[written.index(f"\n## {entry.name}\n") :]
        assert page.wrapped(page.computed_by(entry)) in own
        numbers = reference.load(entry.module.rpartition(".")[0])
        for table in numbers.tables:
            assert f"\n### {table.title} ({table.where})\n\n{header}" in own, table.id


def test_small_differences_are_powers_of_ten():
    assert text.difference(cell("1.00", 1.0 + 3e-9)) == "+3e-09"
    assert text.difference(cell("1.0", 0.9)) == "−0.100"


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
    assert [row["kind"] for row in rows] == ["read"] * 3 + ["recomputed"] * 2
    assert rows[1]["remark"] == "the paper has a coarse grid"
    assert "It has a program of its own." in html
    with xr.open_dataset(folder / "made.nc") as data:
        assert data["x"].values.tolist() == [1.0, 2.0]


def test_registry():
    names = [entry.name for entry in registry.ENTRIES]
    assert len(set(names)) == len(names)
    for entry in registry.ENTRIES:
        folder = resources.files(entry.module.rpartition(".")[0])
        numbers = reference.loads(folder.joinpath("reference.yaml").read_text(encoding="utf-8"))
        assert numbers.paper == entry.name
        assert str(numbers.tables[0].where)
        assert entry.how.endswith(".")
        assert entry.name.rpartition("-")[2] in entry.citation
    with pytest.raises(InputError, match="did you mean `moll-2014`"):
        replications.find("mol-2014")
    with pytest.raises(InputError, match="did you mean `restuccia-rogerson-2008`"):
        replications.find("rogerson")
    with pytest.raises(InputError, match="there are restuccia-rogerson-2008"):
        replications.find("keynes")


def test_reference_numbers_are_only_compared_with():
    """No module of a replication opens `reference.yaml` other than by `reference.load`, and none that
    computes does."""
    for entry in registry.ENTRIES:
        folder = Path(str(resources.files(entry.module.rpartition(".")[0])))
        for module in folder.glob("*.py"):
            source = module.read_text(encoding="utf-8")
            assert "reference.yaml" not in source
            if module.stem != "replication":
                assert "import reference" not in re.sub(r'""".*?"""', "", source, flags=re.DOTALL), module


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
    assert (good.exit_code, "2 of 2 numbers match" in good.stdout) == (0, True)
    assert Path("replications/fast-2000/report.html").is_file()
    missed = call("slow-2001", "--quiet", "--no-report")
    assert missed.exit_code == 3
    assert missed.stdout == "slow-2001: 2 of 3 numbers match; 1 of 1 statement holds\n"
    assert not Path("replications/slow-2001").exists()
    printed = json.loads(call("fast-2000", "slow-2001", "--json", "--no-report").stdout)
    assert (printed["matches"], [r["matches"] for r in printed["replications"]]) == (False, [True, False])
    slow = printed["replications"][1]
    assert slow["counts"]["read"] == {"match": 2, "miss": 1, "shown": 0}
    assert slow["computed_by"] == "own program"
    missed = slow["cells"][1]
    assert (missed["verdict"], missed["kind"], missed["reference"], missed["printed"]) == (
        "miss", "read", 3.4, "3.4"
    )  # fmt: skip
    assert missed["remark"] == "the paper has a coarse grid"


@pytest.mark.usefixtures("made_up")
def test_command_all(call, tmp_path):
    fast = call("--all", "--fast", "--no-report", "--page", "docs/page.md")
    assert fast.exit_code == 0
    assert "Overview" in fast.stdout
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
