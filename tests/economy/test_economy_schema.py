"""The schema accepts what the program accepts and refuses what it refuses; every number can be explained."""

import math
from pathlib import Path

import pytest

from dirigiste.documents import reading
from dirigiste.economy import explain, json_schema
from dirigiste.errors import InputError

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "examples"


def full(node):
    """Plain data as written, sources included."""
    from dirigiste.documents.nodes import Items, Leaf

    if isinstance(node, Leaf):
        return 1e300 if node.value == math.inf else node.value
    if isinstance(node, Items):
        return [full(item) for item in node.nodes]
    return {key: full(entry.node) for key, entry in node.entries.items()}


def faults(text):
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(json_schema())
    return [error.message for error in validator.iter_errors(full(reading.parse(text).root))]


def test_schema_is_one():
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize("name", ["one-status.yaml", "political.yaml"])
def test_schema_accepts_examples(name):
    assert faults((EXAMPLES / name).read_text()) == []


PARENT = (HERE / "parent.yaml").read_text()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("rho: 0.06", "rho: {value: 0.06, source: assumption, note: x}"),
        ("from: outside", "from: [outside]"),
        ("collateral: 1.5", "collateral: .inf"),
        ("edges:", "closure: {capital: {open: {interest: 0.03}}, labor: {wage: 1}}\nedges:"),
    ],
)
def test_schema_accepts(old, new):
    assert faults(PARENT.replace(old, new, 1)) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("rho: 0.06", "rho: {value: 0.06, src: assumption}"),
        ("delta:", "delat:"),
        ("alpha: 0.4", "alpha: 1.4"),
        ("kind: rate", "kind: rates"),
        ("collateral: 1.5", "collateral: 0.5"),
        ("law: fixed", "law: fixd"),
    ],
)
def test_schema_refuses(old, new):
    assert faults(PARENT.replace(old, new, 1))


def test_schema_of_a_child():
    head = "extends: parent.yaml\n"
    assert faults(head + "technology: {delta: 0.08}\nstatuses: {inside: null}\n") == []
    assert faults(head + "edges: [{name: join, remove: true}, {name: leave, rate: 2}]\n") == []
    assert faults(head + "technology: {delat: 0.08}\n")


def test_schema_has_units_and_symbols():
    rho = json_schema()["$defs"]["Preferences"]["properties"]["rho"]
    assert (rho["x-unit"], rho["x-symbol"]) == ("per year", "ρ")
    assert rho["description"]


def test_explain_with_and_without_the_name():
    text = explain("statuses.collateral")
    for words in ("λ", "multiple of wealth", "at least 1", "1.0", "credit limit"):
        assert words in text
    assert explain("statuses.independent.collateral").splitlines()[1:] == text.splitlines()[1:]
    assert "hazard" in explain("edges.crackdown.size.ref")
    assert explain("edges.crackdown.size.ref").splitlines()[1:] == explain("edges.size.ref").splitlines()[1:]


def test_explain_groups():
    assert "labor_efficiency" in explain("statuses")
    assert "perceived" in explain("edges")
    assert "`{open: ...}`" in explain("closure.capital")


def test_every_parameter_is_explained(example):
    for parameter in example.parameters():
        text = explain(parameter.path)
        assert parameter.description in text
        assert parameter.unit in text


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("statuses.colateral", "did you mean `statuses.collateral`"),
        ("preferences.beta", "did you mean `preferences.rho`"),
        ("statuses.connected.tax", "did you mean `statuses.connected.wedge`"),
        ("nonsense", "allowed are"),
        ("preferences.rho.deeper", "below `preferences.rho`"),
    ],
)
def test_explain_suggests(path, words):
    with pytest.raises(InputError) as caught:
        explain(path)
    assert words in str(caught.value)
