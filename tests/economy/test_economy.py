"""Declarations: what is written reads back, and what changes is what was asked."""

import math
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from dirigiste.documents.nodes import Document, from_plain
from dirigiste.economy import (
    ChoiceEdge,
    Economy,
    EnforcementEdge,
    OpenCapital,
    Pareto,
    RateEdge,
    Source,
    check,
    loads,
    shipped,
)
from dirigiste.economy.checks import check_references
from dirigiste.errors import DirigisteError, IdentityViolated, InputError, NotConverged, Problem

PARENT = Path(__file__).parent.joinpath("parent.yaml").read_text()


def test_values_are_those_of_the_file(political):
    assert political.preferences.rho == 0.06
    assert isinstance(political.ability.distribution.law, Pareto)
    assert political.ability.distribution.law.points == 20
    assert political.statuses["connected"].mandates.labor == 0.08
    assert list(political.statuses)[:2] == ["connected", "aligned"]
    kinds = {edge.name: type(edge) for edge in political.edges}
    assert kinds["patronage"] is RateEdge
    assert kinds["crackdown"] is EnforcementEdge
    assert kinds["emigrate"] is ChoiceEdge
    assert political.edges_by_name["emigrate"].origin == ("independent", "critic", "sanctioned", "withdrawn")
    assert political.edges_by_name["join"].origin == ("independent",)
    assert political.closure.labor.outside == 0
    assert political.closure.labor.wage is None
    assert political.leaves


def test_defaults(base):
    wealth = base.numerics.wealth
    assert (wealth.points, wealth.min, wealth.max, wealth.scale) == (300, 0, 10000, 0.3)
    assert (base.numerics.tolerances.hjb, base.numerics.tolerances.markets) == (1e-9, 1e-8)
    assert base.closure.capital == "closed"
    assert base.technology.growth == 0


def test_the_same_after_writing_and_reading(example):
    for defaults in (False, True):
        text = example.to_yaml(defaults=defaults)
        again = loads(text)
        assert again == example
        assert again.hash == example.hash
        assert again.to_yaml(defaults=defaults) == text


def test_awkward_texts_and_numbers_survive_writing(base):
    changed = base.with_(
        {
            "name": "NO",
            "description": "1e-8: a 'quoted' # text\nof two lines",
            "statuses.inside.collateral": math.inf,
            "numerics.tolerances.hjb": 1e-10,
            "statuses.inside.title": "true",
            "preferences.rho": 0.1 + 0.2,
        }
    )
    assert loads(changed.to_yaml()) == changed
    assert changed.statuses["inside"].collateral == math.inf
    assert changed.preferences.rho == 0.1 + 0.2


@settings(max_examples=50, deadline=None)
@given(st.floats(min_value=1e-300, max_value=1e300))
def test_every_float_survives_writing(value):
    economy = loads(PARENT).with_({"preferences.rho": value})
    assert loads(economy.to_yaml()).preferences.rho == value


def test_yaml_of_version_one_point_two():
    text = """
name: NO
preferences: &p {rho: 6e-2, sigma: 1}
technology: {alpha: 0.4, eta: .82, delta: 0.06}
ability: {law: fixed, distribution: {lognormal: {sd: 0.3}}}
statuses:
  one: &s {collateral: .inf, mass: 0.5}
  two: {<<: *s, spread: 0.01}
"""
    economy = loads(text)
    assert economy.name == "NO"
    assert economy.preferences.rho == 0.06
    assert economy.statuses["two"].collateral == math.inf
    assert economy.statuses["two"].spread == 0.01


def test_sources_are_kept_apart_from_numbers():
    text = """
name: sourced
preferences:
  rho: {value: 0.06, source: "Author (2020), Table 2", note: annual}
  sigma: {value: 1, source: assumption}
technology: {alpha: 0.4, eta: 0.82, delta: {value: 0.06}}
ability: {law: fixed, distribution: {points: {values: [{value: 1.0, source: A}, 2], weights: [0.5, 0.5]}}}
statuses:
  one: {collateral: {value: 2.5, source: B}}
  two: {}
edges:
  - {name: go, from: one, to: two, kind: rate, rate: {value: 0.1, source: C}}
  - name: back
    from: two
    to: one
    kind: enforcement
    actual: 0.1
    size: {of: wealth, ref: {value: 2, source: D}, power: 1}
"""
    economy = loads(text)
    assert economy.preferences.rho == 0.06
    assert economy.sources == {
        "preferences.rho": Source("Author (2020), Table 2", "annual"),
        "preferences.sigma": Source("assumption"),
        "ability.distribution.points.values.0": Source("A"),
        "statuses.one.collateral": Source("B"),
        "edges.go.rate": Source("C"),
        "edges.back.size.ref": Source("D"),
    }
    again = loads(economy.to_yaml())
    assert again == economy
    assert again.sources == economy.sources
    assert {p.path: p.source for p in economy.parameters() if p.source} == economy.sources
    changed = economy.with_({"preferences.rho": 0.07, "edges.go.rate": {"value": 0.2, "source": "E"}})
    assert "preferences.rho" not in changed.sources
    assert changed.sources["edges.go.rate"] == Source("E")
    assert changed.sources["edges.back.size.ref"] == Source("D")
    assert economy.with_({"edges.go.rate": 0.1}).hash == economy.hash


def test_hash_sees_numbers_and_not_labels(base):
    assert base.with_({"name": "other", "description": "x", "statuses.inside.title": "In"}).hash == base.hash
    assert base.with_({"numerics.wealth.points": 300}).hash == base.hash
    assert base.with_({"preferences.rho": 0.0600001}).hash != base.hash
    assert base.with_({"statuses.inside.voice": True}).hash != base.hash
    assert len(base.hash) == 64


def test_get(political):
    assert political.get("statuses.independent.collateral") == 1.4
    assert political.get("edges.crackdown.size.ref") == 10
    assert political.get("ability.distribution.pareto.tail") == 6
    assert political.get("edges.emigrate.from.1") == "critic"
    with pytest.raises(InputError, match=r"edges\.crakdown\.actual.*did you mean `edges\.crackdown\.actual`"):
        political.get("edges.crakdown.actual")


def test_perceived_is_actual_unless_given(base):
    edges = {"edges.join": {"from": "outside", "to": "inside", "kind": "enforcement", "actual": 0.3}}
    changed = base.with_(edges)
    assert changed.edges_by_name["join"].perceived_rate == 0.3
    assert changed.get("edges.join.perceived") == 0.3
    assert changed.with_({"edges.join.perceived": 0.5}).edges_by_name["join"].perceived_rate == 0.5


def test_with_changes_that_alone(political):
    changed = political.with_({"statuses.independent.collateral": 2.2, "edges.crackdown.actual": 0.1})
    assert changed.get("statuses.independent.collateral") == 2.2
    assert political.get("statuses.independent.collateral") == 1.4
    old = {p.path: p.value for p in political.parameters()}
    new = {p.path: p.value for p in changed.parameters()}
    assert {path for path in old if old[path] != new[path]} == {
        "statuses.independent.collateral",
        "edges.crackdown.actual",
    }


def test_with_can_change_the_form(base):
    assert base.with_({"closure.labor.wage": 1.5}).closure.labor.wage == 1.5
    opened = base.with_({"closure.capital": {"open": {"interest": 0.03}}})
    assert isinstance(opened.closure.capital, OpenCapital)
    assert base.with_({"closure.capital.open.interest": 0.03}) == opened
    more = base.with_(
        {
            "statuses.third": {"collateral": 1.2},
            "edges.up": {"from": "third", "to": "inside", "kind": "rate", "rate": 0.1},
            "edges.down": {"from": "inside", "to": "third", "kind": "choice", "rate": 0.1},
        }
    )
    assert set(more.statuses) == {"inside", "outside", "third"}
    assert more.with_({"statuses.third": None, "edges.up": None, "edges.down": None}) == base


def test_with_takes_scalars_of_numpy(base):
    numpy = pytest.importorskip("numpy")
    assert base.with_({"preferences.rho": numpy.float64(0.07)}).preferences.rho == 0.07
    assert base.with_({"numerics.wealth.points": numpy.int64(50)}).numerics.wealth.points == 50
    assert base.with_({"preferences.rho": numpy.array(0.07)}).preferences.rho == 0.07


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("statuses.independant.collateral", 2, "did you mean `statuses.independent.collateral`"),
        ("statuses.independent.colateral", 2, "did you mean `collateral`"),
        ("edges.crakdown.actual", 2, "did you mean `edges.crackdown.actual`"),
        ("preferences.beta", 2, "did you mean `rho`"),
        ("statuses.independent.collateral", 0.5, "must be at least 1, got 0.5"),
        ("statuses.nobody", None, "no such status"),
        ("technologie.alpha", 0.3, "did you mean `technology`"),
        ("edges.crackdown.to", "nowhere", "no status `nowhere`"),
        ("name.first", "x", "must be text"),
    ],
)
def test_with_reports_what_is_wrong(political, path, value, words):
    with pytest.raises(InputError) as caught:
        political.with_({path: value})
    assert words in str(caught.value)


def test_with_reports_all_faults_at_once(political):
    with pytest.raises(InputError) as caught:
        political.with_({"preferences.rho": -1, "technology.alpha": "x", "edges.crackdown.fine": 2})
    assert [p.key for p in caught.value.problems] == [
        "preferences.rho",
        "technology.alpha",
        "edges.crackdown.fine",
    ]


def test_parameters_have_units(example):
    parameters = list(example.parameters())
    paths = [p.path for p in parameters]
    assert len(set(paths)) == len(paths)
    assert all(p.unit and p.description for p in parameters)
    assert all(example.get(p.path) == p.value for p in parameters)
    assert "numerics.wealth.points" in paths
    assert "closure.labor.outside" in paths


def test_parameters_reach_into_matrices(base):
    law = {"law": "markov", "values": [1, 2], "transition": [[0.9, 0.1], [0.2, 0.8]]}
    economy = base.with_({"ability": law})
    values = {p.path: p.value for p in economy.parameters()}
    assert values["ability.transition.1.0"] == 0.2
    assert economy.with_({"ability.transition.1": [0.3, 0.7]}).ability.transition[1] == (0.3, 0.7)


def test_frozen(base):
    with pytest.raises(ValidationError):
        base.name = "other"
    with pytest.raises(ValidationError):
        base.preferences.rho = 1.0


def test_warning_where_the_tail_matters(example):
    codes = [warning.code for warning in example.warnings()]
    assert codes == (["W-tail"] if example.name == "one-status" else [])


def test_check_of_an_economy_built_in_python(base):
    data = base.model_dump(by_alias=True)
    data["statuses"]["lonely"] = {}
    economy = Economy.model_validate(data)
    assert [problem.code for problem in check(economy)] == ["E-mass-missing", "E-mass-missing"]
    assert check(base) == ()


def test_groups_with_masses(base):
    changes = {"statuses.lonely": {"mass": 0.25}, "statuses.inside.mass": 0.5, "statuses.outside.mass": 0.25}
    assert base.with_(changes).statuses["lonely"].mass == 0.25


def test_a_rate_of_zero_is_an_edge_all_the_same(base):
    assert base.with_({"edges.join.rate": 0}).get("edges.join.rate") == 0


def test_leaving_leads_to_the_entry_status(base):
    """A status entered by newborns alone is reachable; one left for abroad alone is no dead end."""
    economy = base.with_(
        {
            "statuses.newborn": {},
            "edges.grow": {"from": "newborn", "to": "inside", "kind": "rate", "rate": 0.1},
            "edges.emigrate": {"from": "outside", "to": "abroad", "kind": "choice", "rate": 0.1},
            "abroad": {"interest": 0.03},
            "entry": {"status": "newborn", "wealth": 0.5},
        }
    )
    assert economy.leaves


def test_references_survive_nonsense():
    for data in (
        {"statuses": {"a": 1}, "edges": [1, {"from": 3, "to": None}], "entry": 5, "closure": []},
        [],
        None,
    ):
        assert check_references(data, Document(from_plain(data))) == []


def test_shipped_names_load():
    assert isinstance(shipped(), list)


def test_errors_have_exit_codes():
    assert (InputError.exit_code, NotConverged.exit_code, IdentityViolated.exit_code) == (2, 3, 4)
    assert issubclass(InputError, DirigisteError)
    problem = Problem("economy.yaml", 8, 3, "technology.delat", "unknown key", "delta")
    assert str(problem) == "economy.yaml:8:3 technology.delat: unknown key; did you mean `delta`?"
    error = NotConverged("gave up", residuals={"labor": 1e-3}, advice="try a finer grid")
    assert "labor 0.001" in str(error)
    assert "finer grid" in str(error)


def test_import_is_light():
    code = (
        "import sys, dirigiste.economy; "
        "heavy = {'numba', 'numpy', 'scipy', 'xarray', 'matplotlib', 'pandas'} & set(sys.modules); "
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
