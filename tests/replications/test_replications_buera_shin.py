"""Buera and Shin (2013): the files say what the paper does; every published cell."""

import math

import numpy as np
import pytest

from dirigiste import replications
from dirigiste.replications.buera_shin_2013 import states
from dirigiste.replications.outcome import Cell

pytestmark = pytest.mark.usefixtures("configured")


def test_abilities_of_the_files():
    """Claim: 38 points even in ability, weights that are differences of the Pareto law, in both files."""
    for name in ("economy.yaml", "wedges.yaml"):
        drawn = states.economy(name).ability.distribution.points
        e, weights = np.array(drawn.values), np.array(drawn.weights)
        assert np.diff(e[:38]) == pytest.approx(np.full(37, e[1] - e[0]), rel=1e-9)
        below = 1.0 - e**-4.15
        assert below[[0, 37, 38, 39]] == pytest.approx([0.36670745, 0.998, 0.999, 0.9995])
        assert weights == pytest.approx(np.diff(below, prepend=0.0) / below[-1])
        assert 0.2 * e[[0, -1]] == pytest.approx([0.22327, 1.24870], abs=1e-5)
    kept = math.exp(-states.economy().ability.rate)
    assert kept == pytest.approx(0.894, rel=1e-12)


def test_resorting_keeps_the_law_of_ability():
    """Claim: out of each status the edges add up to one redraw, whatever the new ability."""
    economy = states.economy("wedges.yaml")
    values = economy.ability.distribution.points.values
    for status in economy.statuses:
        leaving = [edge for edge in economy.edges if status in edge.origin]
        total = [sum(edge.rate * edge.weight.at(z) for edge in leaving) for z in values]
        assert np.exp(-np.array(total)) == pytest.approx(0.894, rel=1e-12)


@pytest.mark.slow
def test_every_cell_of_buera_shin():
    result = replications.run("buera-shin-2013")
    assert result.residuals["goods on the path"] < 1e-5
    recomputed = [cell for cell in result.misses if cell.kind == "recomputed"]
    # the grid of the other program; every one of its numbers to four digits
    assert {cell.row for cell in recomputed} == {"capital", "credit over output", "entrepreneurs"}
    assert "λ = 1" not in {cell.column for cell in recomputed}
    assert all(abs(cell.difference / cell.reference) < 3e-4 for cell in recomputed)
    cells = [cell for cell in result.cells if isinstance(cell, Cell) and cell.kind != "recomputed"]
    by_row = {(cell.row, cell.column): cell for cell in cells}
    matches = {key for key, cell in by_row.items() if cell.verdict == "match"}
    assert matches == {
        ("credit over output", "λ = 1.35"),
        ("credit over output", "λ = 1"),
        ("interest", "λ = 1"),
        ("growth of output over 16 years, % a year", "rebate"),
        ("growth of output over 16 years, % a year", "spend"),
        ("TFP", "spend"),
    }
    # a target of the paper's calibration, which the ability points of the data files do not quite meet
    assert by_row["share of top twentieth of earners", "perfect credit"].difference == pytest.approx(
        -0.0185, abs=5e-4
    )
    ends = {key: cell.ours for key, cell in by_row.items() if key[0] in ("TFP", "K/Y")}
    assert ends == pytest.approx(
        {
            ("TFP", "rebate"): 1.313,
            ("TFP", "spend"): 1.330,
            ("K/Y", "rebate"): 1.453,
            ("K/Y", "spend"): 1.396,
        },
        abs=1e-3,
    )
    assert any("13.6 % (spend)" in note for note in result.notes)


def test_without_credit():
    """Claim: at λ = 1 interest falls to -δ and some wealth lies idle; output and TFP relative to perfect
    credit.
    """
    solved, failed = states.by_collateral(lambda _: None, (1.35, 1.0, math.inf))
    assert failed == {}
    none, perfect = solved[1.0], solved[math.inf]
    assert none.prices["interest"] == pytest.approx(-0.06, abs=1e-12)
    assert none.aggregates["credit_output"] == 0.0
    assert none.aggregates["idle_capital"] == pytest.approx(0.006, abs=5e-4)
    assert none.aggregates["output"] / perfect.aggregates["output"] == pytest.approx(0.684, abs=5e-4)
    assert states.tfp(none) / states.tfp(perfect) == pytest.approx(0.766, abs=5e-4)
