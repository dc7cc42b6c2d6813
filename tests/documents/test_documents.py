"""Documents of a kind that has nothing to do with economies: a garden with beds."""

import datetime as dt
import math
from importlib import resources
from typing import ClassVar, Literal

import pytest
from pydantic import Field

from dirigiste.documents import reading
from dirigiste.documents.explain import explain
from dirigiste.documents.extends import Kinds, Rules, merge, resolve
from dirigiste.documents.fields import Count, Declaration, Name, Real, parameter
from dirigiste.documents.library import Library, check_version
from dirigiste.documents.nodes import Document, Source, from_plain
from dirigiste.documents.schema import schema_of
from dirigiste.documents.validation import attempt, validate
from dirigiste.documents.words import near, one_of, shown
from dirigiste.documents.writing import to_compact_yaml, to_yaml
from dirigiste.errors import InputError


class Bed(Declaration):
    """A bed."""

    name: Name = Field(description="Name of the bed")
    crop: Literal["leek", "beet"] = Field(default="leek", description="What grows")
    width: Real = parameter("How wide", unit="metres", symbol="w", default=1.0, gt=0, le=3)
    rows: Count = parameter("How many rows", unit="rows", default=4, ge=1)


class Garden(Declaration):
    """A garden."""

    SYNONYMS: ClassVar = {"ground": "soil"}

    soil: str = Field("loam", description="Kind of soil")
    beds: tuple[Bed, ...] = Field((), description="Beds")
    tools: dict[Name, Real] = Field(default_factory=dict, description="Tools, and what they weigh")


RULES = Rules(
    lists={("beds",): Kinds("bed", "crop", frozenset({"rows"}))},
    removable=frozenset({("tools",)}),
    one_key=frozenset({("fence",)}),
    chosen_by={("water",): "from"},
)


def faults(text):
    _, problems = attempt(Garden, reading.parse(text, file="garden.yaml"))
    return [str(problem) for problem in problems]


def test_faults_name_place_key_value_range_and_what_was_meant():
    messages = faults("ground: clay\nbeds:\n  - {name: north, width: 4}\n  - {name: south, crop: leak}\n")
    assert sorted(messages) == [
        "garden.yaml:1:1 ground: unknown key; did you mean `soil`?",
        "garden.yaml:3:26 beds.north.width: must be above 0 and at most 3, got 4",
        "garden.yaml:4:25 beds.south.crop: must be one of `beet`, `leek`; got text 'leak'; "
        "did you mean `leek`?",
    ]


def test_validate_raises_all_faults_and_returns_what_is_right():
    garden = validate(Garden, reading.parse("beds: [{name: north, rows: {value: 2, source: A}}]"))
    assert garden.beds[0].rows == 2
    with pytest.raises(InputError) as caught:
        validate(Garden, reading.parse("soil: 1\ntools: 2\n"))
    assert len(caught.value.problems) == 2


def test_rules_of_yaml_version_one_point_two():
    data = reading.parse(
        "a: 1e-8\nb: NO\nc: .inf\nd: 2020-01-31\ne: 0x10\nf: &f {x: 1, y: 2}\ng: {<<: *f, y: 3}\n"
    ).plain()
    assert data == {
        "a": 1e-8,
        "b": "NO",
        "c": math.inf,
        "d": dt.date(2020, 1, 31),
        "e": 16,
        "f": {"x": 1, "y": 2},
        "g": {"x": 1, "y": 3},
    }


def test_a_key_given_twice_is_a_fault_and_stops_nothing():
    document = reading.parse("a: 1\nb: 2\na: 3\n", file="x.yaml")
    assert document.plain() == {"a": 1, "b": 2}
    assert [str(problem) for problem in document.problems] == [
        "x.yaml:3:1 a: key given twice: first at line 1, again at line 3; keep one"
    ]


def test_aliases_that_multiply_are_refused():
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    with pytest.raises(InputError, match="too large"):
        reading.parse("\n".join(lines))


def test_deep_nesting_is_refused():
    with pytest.raises(InputError, match="nested too deeply"):
        reading.parse("name: " + "[" * 600 + "]" * 600)


@pytest.mark.parametrize(
    ("base", "top", "merged"),
    [
        ("soil: a\ntools: {hoe: 1}", "tools: {rake: 2}", {"soil": "a", "tools": {"hoe": 1, "rake": 2}}),
        ("tools: {hoe: 1, rake: 2}", "tools: {hoe: null}", {"tools": {"rake": 2}}),
        ("fence: {wood: {high: 1}}", "fence: {wire: 2}", {"fence": {"wire": 2}}),
        ("fence: {wood: {high: 1}}", "fence: {wood: {thick: 2}}",
         {"fence": {"wood": {"high": 1, "thick": 2}}}),
        ("water: {from: well, deep: 9}", "water: {from: tap}", {"water": {"from": "tap"}}),
        ("water: {from: well, deep: 9}", "water: {deep: 8}", {"water": {"from": "well", "deep": 8}}),
        ("beds: [{name: a, rows: 3}]", "beds: [{name: b}, {name: a, width: 2}]",
         {"beds": [{"name": "a", "rows": 3, "width": 2}, {"name": "b"}]}),
        ("beds: [{name: a, crop: leek, rows: 3}]", "beds: [{name: a, crop: beet}]",
         {"beds": [{"name": "a", "crop": "beet"}]}),
        ("beds: [{name: a}, {name: b}]", "beds: [{name: a, remove: true}]", {"beds": [{"name": "b"}]}),
        ("size: {value: 1, source: A}", "size: 2", {"size": 2}),
    ],
)  # fmt: skip
def test_merging(base, top, merged):
    document = merge(reading.parse(base), reading.parse(top), RULES)
    assert document.plain() == merged
    assert not document.problems


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("{name: b, remove: true}", "beds.b.remove: there is no bed of that name to remove"),
        ("{name: a, remove: 1}", "beds.a.remove: must be true; leave the key out to keep the bed"),
    ],
)
def test_removal_of_what_is_not_there(entry, message):
    document = merge(reading.parse("beds: [{name: a}]"), reading.parse(f"beds: [{entry}]"), RULES)
    assert [message in str(problem) for problem in document.problems] == [True]


def test_chains_of_documents_and_circles():
    texts = {"a": "extends: b\nx: 1", "b": "extends: c\ny: 2", "c": "x: 0\ny: 0\nz: 3", "d": "extends: d"}

    def opened(name, base):
        return reading.parse(texts[name], file=name)

    assert resolve(opened("a", ""), RULES, opened).plain() == {"x": 1, "y": 2, "z": 3}
    with pytest.raises(InputError, match="in a circle: d -> d"):
        resolve(opened("d", ""), RULES, opened)


def test_what_is_written_reads_back():
    data = {
        "soil": "NO",
        "beds": [{"name": "a", "width": 0.1 + 0.2}],
        "tools": {"hoe": math.inf},
        "no": [],
    }
    assert reading.parse(to_yaml({**data, "beds": tuple(data["beds"])})).plain() == data
    sources = {"beds.a.width": Source("Author (2020)", "by hand")}
    again = reading.parse(to_compact_yaml({**data, "absent": None}, sources))
    assert again.plain() == data
    assert again.sources() == sources


def test_explanations_skip_names():
    assert explain("beds.width", Garden) == "\n".join(
        ["beds.width", "  How wide", "  symbol:  w", "  unit:    metres", "  range:   above 0 and at most 3",
         "  default: 1.0"]
    )  # fmt: skip
    assert (
        explain("beds.north.width", Garden).splitlines()[1:] == explain("beds.width", Garden).splitlines()[1:]
    )
    with pytest.raises(InputError, match=r"did you mean `beds\.width`"):
        explain("beds.widht", Garden)
    with pytest.raises(InputError, match="did you mean `soil`"):
        explain("ground", Garden)


def test_schema_takes_numbers_with_their_sources():
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(schema_of(Garden))
    assert validator.is_valid({"beds": [{"name": "a", "width": {"value": 2, "source": "B"}}]})
    assert not validator.is_valid({"beds": [{"name": "a", "width": {"value": 2, "author": "B"}}]})


def test_places_and_dotted_paths():
    document = reading.parse("beds:\n  - {name: a, width: {value: 2, source: B}}\n", file="f")
    place = document.locate(("beds", 0, "width"))
    assert (place.file, place.line, place.column) == ("f", 2, 30)
    assert document.locate(("beds", 0, "width"), key=True).column == 15
    assert document.dotted(("beds", 0, "width")) == "beds.a.width"
    assert Document(from_plain({"x": (1, 2)})).plain() == {"x": [1, 2]}


def test_a_library_opens_names_and_files(tmp_path):
    library = Library("dirigiste.economy", "economy")
    folder = resources.files("dirigiste.economy").joinpath("shipped")
    assert library.names() == sorted(item.name.removesuffix(".yaml") for item in folder.iterdir())
    (tmp_path / "own.yaml").write_text("name: own\n")
    assert library.opened("own.yaml", str(tmp_path / "child.yaml")).plain() == {"name": "own"}
    assert library.opened("china-2019").file == "china-2019.yaml"
    assert Library("dirigiste.documents", "garden").names() == []
    with pytest.raises(InputError, match=r"no shipped economy of that name.*did you mean `china-2019`"):
        library.opened("china-201")


def test_a_newer_format_is_refused():
    document = reading.parse("name: a\nschema_version: 3\n", file="f")
    check_version(document, 3)
    with pytest.raises(InputError, match=r"f:2:17 schema_version.*format version 3.*up to 2"):
        check_version(document, 2)


def test_words():
    assert near("Wide", ["width", "rows"]) == "width"
    assert near("Width", ["width", "widths"]) == "width"
    assert near("ground", ["soil"], {"ground": "soil"}) == "soil"
    assert near("ground", ["soil"]) is None
    assert one_of(["a", "b"]) == "`a`, `b`"
    assert [shown(value) for value in (None, True, "x", {}, (), dt.date(2020, 1, 2), 1.5)] == [
        "nothing", "true", "text 'x'", "a mapping", "a list", "the date 2020-01-02", "1.5",
    ]  # fmt: skip
