"""The error of the grid and other starts, as `--certify` reports them."""

import jsonschema
import pytest

import dirigiste as dg
from dirigiste.errors import NotConverged
from dirigiste.results.archive.json_schema import json_schema
from dirigiste.results.equilibria import certify
from dirigiste.results.equilibria.certificate import Certificate
from dirigiste.results.text import tables as text


@pytest.fixture
def doubled(solved, monkeypatch):
    """Certification with the finer grid left out: it would compile anew."""
    finer = {name: 1.01 * value for name, value in solved.aggregates.items()}
    prices = {
        "wage": solved.prices["wage"],
        "interest": solved.prices["interest"] - 0.001,
        "transfer": 2 * solved.prices["transfer"],
    }
    other = type("Finer", (), {"aggregates": finer, "prices": prices})()
    monkeypatch.setattr(certify.solving, "solve", lambda economy, **options: other)


def test_grid_error_is_relative_and_in_points_for_rates(solved, doubled):
    grid = certify.grid_error(solved)
    assert (grid.points, grid.finer) == (40, 80)
    assert grid.prices["wage"] == 0.0
    assert grid.prices["interest"] == pytest.approx(0.001)
    assert grid.prices["transfer"] == pytest.approx(-0.5)
    assert grid.aggregates["output"] == pytest.approx(1 / 1.01 - 1)
    assert grid.worst == pytest.approx(1 - 1 / 1.01)


def test_other_starts_end_in_the_same_equilibrium(solved, doubled):
    certified = certify.certify(solved)
    starts = certified.certificate.starts
    assert len(starts) == 3
    assert all(row.same for row in starts), starts
    assert len({row.wage for row in starts}) == 3
    jsonschema.validate(certified.to_json(), json_schema())
    assert Certificate.of(certified.certificate.to_json()) == certified.certificate
    lines = "\n".join(map(text.as_text, text.certify_tables(certified)))
    assert "40 wealth points less 80" in lines
    assert "in the same equilibrium" in lines


def test_a_start_that_ends_nowhere_is_told(solved, monkeypatch):
    def fail(*args, **options):
        raise NotConverged("lost")

    monkeypatch.setattr(certify.solver, "solve", fail)
    assert [row.message for row in certify.other_starts(solved)] == ["lost"] * 3


@pytest.mark.slow
def test_the_finer_grid_agrees_roughly(economy, configured):
    result = dg.certify(dg.solve(economy))
    assert 0 < result.certificate.grid.worst < 0.5
    assert abs(result.certificate.grid.prices["interest"]) < 5e-3
