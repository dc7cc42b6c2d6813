"""Files of sweeps: what they may say, and every fault at once."""

import textwrap
from pathlib import Path

import pytest
from sweep_texts import GRID, PATHS

from dirigiste import sweep as sweeps
from dirigiste.documents import reading
from dirigiste.errors import InputError
from dirigiste.sweep import work

EXAMPLE = Path(__file__).parents[2] / "examples" / "sweep.yaml"
CAMPAIGNS = EXAMPLE.with_name("campaigns.yaml")

FAULTY = """name: faulty
economy: tiny.yaml
set: {statuses.loyl.spread: 0.01, technology.delta: 7}
axes:
  statuses.free.collatral: {range: [1.2, 1.6, 4]}
  fear: {parameter: [edges.leave.rate, edges.jion.rate], values: [0.1, 0.2], scale: logs}
  credit: {parameter: statuses.free.collateral, range: [0.5, 1.6]}
desing: grid
outcomes: [outptu, "x = credit[fre] / credit", "output @ 2025", "credit[*]", "gap = log("]
"""


def faults(read, text):
    with pytest.raises(InputError) as caught:
        read(text)
    return caught.value.problems


def test_every_fault_at_once_with_its_place(read):
    lines = FAULTY.splitlines()

    def at(line, word):
        return line, lines[line - 1].index(word) + 1

    told = [((p.line, p.column), p.key, p.suggestion) for p in faults(read, FAULTY)]
    assert told == [
        (at(3, "statuses.loyl"), "set.statuses.loyl.spread", "statuses.loyal.spread"),
        (at(3, "7"), "set.technology.delta", None),
        (at(5, "statuses"), "axes.statuses.free.collatral", "statuses.free.collateral"),
        (at(6, "edges.jion"), "axes.fear.parameter.1", "edges.join.rate"),
        (at(6, "logs"), "axes.fear.scale", "log"),
        (at(8, "desing"), "desing", "design"),
        (at(9, "outptu"), "outcomes.0", None),
        (at(9, '"x'), "outcomes.1", None),
        (at(9, '"output @'), "outcomes.2", None),
        (at(9, '"gap'), "outcomes.4", None),
    ]


def test_faults_of_values_are_told_with_those_of_names(read):
    told = faults(read, GRID.replace("[1.2, 1.6, 4]", "[0.5, 1.6, 4]").replace("[output,", "[outptu,"))
    assert [(p.key, "did you mean `output`" in p.message) for p in told] == [
        ("axes.credit.range.0", False),
        ("outcomes.0", True),
    ]
    assert "at least 1, got 0.5" in told[0].message


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("economy: tiny.yaml", "chronicle: tiny.yaml", "is no chronicle: give it as `economy`"),
        ("economy: tiny.yaml", "economy: tinny.yaml", "no such file"),
        ("economy: tiny.yaml\n", "", "exactly one of economy, chronicle, replications"),
        ("[1.2, 1.6, 4]", "[1.2, 1.6]", "a grid needs"),
        ("[1.2, 1.6, 4]", "[1.6, 1.2, 4]", "must begin with its lowest value"),
        ("[1.2, 1.6, 4]", "[1.2, 1.6, 4.5]", "must be whole"),
        ("values: [0.08, 0.1, 0.12]", "values: [0.1, 0.1]", "the same value twice"),
        ("values: [0.08, 0.1, 0.12]", "values: [0.1], range: [0, 1, 2]", "exactly one of values, range"),
        ("edges.leave.rate:", "statuses.free.collateral:", "which the axis `credit` moves as well"),
        ("axes:", "set: {statuses.free.collateral: 1.3}\naxes:", "which `set` fixes"),
        ("chain: 3", "design: random", "`points` is missing"),
        ("chain: 3", "points: 8", "has no meaning in a design `grid`"),
        ("chain: 3", "design: saltelli\npoints: 6", "power of 2"),
        ("chain: 3", "design: sobol\npoints: 8", "which `sobol` does not use: leave it out"),
        ("chain: 3", "design: list", "in a list all have as many"),
        ("chain: 3", "chain: 0", "at least 1"),
        ("outcomes: [output,", "outcomes: [output, output,", "two outcomes `output`"),
        ("outcomes: [output,", 'outcomes: ["credit = output",', "the column `credit` is taken"),
        ("outcomes: [output,", 'outcomes: ["point = output",', "the column `point` is taken"),
    ],
)
def test_faults(read, old, new, words):
    assert GRID.count(old) == 1
    assert words in "\n".join(p.message for p in faults(read, GRID.replace(old, new)))


def test_parameters_of_chronicles_and_of_their_economies(read):
    from dirigiste.sweep.work import declared_at

    sweep = read(PATHS)
    assert sweep.kind == "chronicle"
    assert [len(chain.points) for chain in sweep.chains] == [4]
    declared = declared_at(sweep, (0.9, 1.5))
    assert declared.events[0].changes[0].multiply == 0.9
    assert declared.baseline.get("statuses.free.collateral") == 1.5
    dated = read(PATHS.replace("events.0.", "events.2021-01-01."))
    assert declared_at(dated, (0.9, 1.5)).events == declared.events


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("output @ 2022", "output", "needs a date"),
        ("output @ 2022", "output @ peek", "did you mean `peak`"),
        ("output @ 2022", "output @ 2022-13-01", "is no date"),
        ("output @ 2022", "output @ 1999", "lies outside of the path"),
        ("output @ 2022", "outptu @ 2022", "did you mean `output`"),
        ("changes.0.multiply", "changes.0.multipl", "there is no parameter"),
        ("events.0.", "events.2021-02-01.", "there is no parameter"),
        ("values: [0.9, 0.95]", "values: [0.9, 0.1]", "out of its range"),
    ],
)
def test_faults_of_paths(read, old, new, words):
    told = faults(read, PATHS.replace(old, new, 1))
    assert words in "\n".join(map(str, told))
    assert all(problem.line for problem in told)


def test_files_as_an_axis(read, home):
    (home / "other.yaml").write_text("extends: tiny.yaml\nname: other\ntechnology: {delta: 0.07}\n")
    sweep = read(
        "name: files\naxes:\n  country: {files: [tiny.yaml, other.yaml]}\n"
        "  edges.leave.rate: {values: [0.1, 0.12]}\noutcomes: [output]\nchain: 2\n"
    )
    assert sweep.rows == [("tiny.yaml", 0.1), ("tiny.yaml", 0.12), ("other.yaml", 0.1), ("other.yaml", 0.12)]
    assert [set(chain.points) for chain in sweep.chains] == [{0, 1}, {2, 3}]
    told = faults(
        read, "name: files\naxes: {country: {files: [tiny.yaml, squeeze.yaml]}}\noutcomes: [output]\n"
    )
    assert "all economies or all chronicles" in told[0].message


def test_replications(read):
    sweep = read("name: papers\nreplications: [hsieh-klenow-2009, moll-2014]\noutcomes: [matches, misses]\n")
    assert sweep.rows == [("hsieh-klenow-2009",), ("moll-2014",)]
    told = faults(read, "name: papers\nreplications: [moll-2015]\noutcomes: [matches, mises]\n")
    assert [p.suggestion for p in told] == ["moll-2014", None]
    assert "did you mean `misses`" in told[1].message


def plain(node):
    from dirigiste.documents.nodes import Items, Leaf

    if isinstance(node, Leaf):
        return node.value
    if isinstance(node, Items):
        return [plain(item) for item in node.nodes]
    return {key: plain(entry.node) for key, entry in node.entries.items()}


def test_schema():
    jsonschema = pytest.importorskip("jsonschema")
    schema = sweeps.json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for text in (EXAMPLE.read_text(), CAMPAIGNS.read_text(), GRID, PATHS):
        assert list(validator.iter_errors(plain(reading.parse(text).root))) == []
    for old, new in (("range:", "rnage:"), ("chain: 3", "chain: 0"), ("chain: 3", "design: gird")):
        assert list(validator.iter_errors(plain(reading.parse(GRID.replace(old, new)).root)))


def test_the_page_shows_the_example():
    page = (EXAMPLE.parents[1] / "docs" / "sweep.md").read_text()
    block = page.partition("## The file\n\n")[2].partition("\n\n|")[0]
    shown = sweeps.loads(textwrap.dedent(block), str(EXAMPLE))
    assert shown.rows == sweeps.load(EXAMPLE).rows


def test_every_key_is_on_the_page():
    page = (EXAMPLE.parents[1] / "docs" / "sweep.md").read_text()
    for key in (*sweeps.json_schema()["properties"], *sweeps.json_schema()["$defs"]["Axis"]["properties"]):
        assert f"`{key}" in page, key


def test_the_example_is_good():
    sweep = sweeps.load(EXAMPLE)
    assert len(sweep.rows) == 20
    assert [outcome.column for outcome in sweep.kept] == ["output", "control", "leaving", "gap"]


def test_check_and_schema_on_the_command_line(call, home):
    (home / "good.yaml").write_text(GRID)
    (home / "faulty.yaml").write_text(FAULTY)
    done = call("check", home / "good.yaml", home / "tiny.yaml", home / "faulty.yaml")
    assert done.exit_code == 2
    assert "good sweep (12 points)" in done.stdout
    assert "tiny.yaml: good economy" in done.stdout
    assert "faulty.yaml:5:3 axes.statuses.free.collatral" in done.stderr
    assert '"title": "Dirigiste sweep"' in call("schema", "sweep").stdout


def test_two_hundred_campaigns_move_both_kinds_of_enforcement_together():
    sweep = sweeps.load(CAMPAIGNS)
    assert (sweep.kind, len(sweep.rows)) == ("chronicle", 200)
    moved = work.declared_at(sweep, sweep.rows[-1])
    written = [(c.multiply, c.half_life) for c in moved.events[0].changes]
    assert written == [(0.8, None)] * 2 + [(6.0, 5.5)] * 4
