"""An economy on top of another: mappings merge, edges merge by name, choices replace."""

from pathlib import Path

import pytest

from dirigiste.economy import load, loads
from dirigiste.errors import InputError

HERE = Path(__file__).parent


def child(text):
    return loads("extends: parent.yaml\n" + text, file=str(HERE / "child.yaml"))


def test_nothing_changes_by_itself(base):
    assert child("") == base


def test_mappings_merge(base):
    economy = child("name: child\ntechnology: {delta: 0.08}\nstatuses: {inside: {spread: 0.01}}\n")
    assert economy == base.with_({"name": "child", "technology.delta": 0.08, "statuses.inside.spread": 0.01})


def test_edges_merge_by_name_and_order_stays(base):
    economy = child(
        "edges:\n"
        "  - {name: leave, rate: 0.3}\n"
        "  - {name: again, from: inside, to: outside, kind: choice, rate: 1}\n"
    )
    assert [edge.name for edge in economy.edges] == ["join", "leave", "again"]
    assert economy.get("edges.leave.rate") == 0.3
    assert economy.get("edges.leave.to") == "outside"


def test_an_edge_of_another_kind(base):
    economy = child("edges: [{name: leave, kind: choice, rate: 0.5, cost: 0.1}]\n")
    assert economy.get("edges.leave.cost") == 0.1
    economy = child("edges: [{name: leave, kind: enforcement, actual: 0.5}]\n")
    assert economy.get("edges.leave.actual") == 0.5


def test_removal():
    economy = child(
        "statuses: {outside: null}\nedges: [{name: join, remove: true}, {name: leave, remove: true}]\n"
    )
    assert list(economy.statuses) == ["inside"]
    assert economy.edges == ()


def test_choices_replace():
    assert (
        child("ability: {distribution: {pareto: {tail: 5}}}\n").get("ability.distribution.pareto.tail") == 5
    )
    assert child("ability: {law: diffusion, reversion: 0.1, sd: 0.3}\n").ability.law == "diffusion"
    assert child("closure: {labor: {wage: 1}}\n").closure.labor.wage == 1


def test_a_number_replaces_a_sourced_one(tmp_path):
    parent = (HERE / "parent.yaml").read_text().replace("rho: 0.06", "rho: {value: 0.06, source: A}")
    (tmp_path / "p.yaml").write_text(parent)
    (tmp_path / "c.yaml").write_text("extends: p.yaml\npreferences: {rho: 0.07}\n")
    (tmp_path / "d.yaml").write_text("extends: c.yaml\npreferences: {sigma: {value: 2, source: B}}\n")
    assert set(load(tmp_path / "p.yaml").sources) == {"preferences.rho"}
    assert load(tmp_path / "c.yaml").sources == {}
    grandchild = load(tmp_path / "d.yaml")
    assert (grandchild.preferences.rho, grandchild.preferences.sigma) == (0.07, 2)
    assert set(grandchild.sources) == {"preferences.sigma"}


def test_faults_name_the_file_that_they_are_in(tmp_path):
    parent = (HERE / "parent.yaml").read_text().replace("alpha: 0.4", "alpha: 4")
    (tmp_path / "p.yaml").write_text(parent)
    (tmp_path / "c.yaml").write_text("extends: p.yaml\npreferences: {rho: -1}\n")
    with pytest.raises(InputError) as caught:
        load(tmp_path / "c.yaml")
    places = {problem.key: (Path(problem.file).name, problem.line) for problem in caught.value.problems}
    assert places == {"technology.alpha": ("p.yaml", 4), "preferences.rho": ("c.yaml", 2)}


def test_missing_files_are_reported(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        load(tmp_path / "none.yaml")
    with pytest.raises(InputError, match="no shipped economy of that name"):
        load("no-such-economy")
    with pytest.raises(InputError, match="folder"):
        load(tmp_path)
    (tmp_path / "b.yaml").write_bytes(b"name: \xff\xfe")
    with pytest.raises(InputError, match="UTF-8"):
        load(tmp_path / "b.yaml")
