"""Stationary equilibria where masses change over at one price: Buera and Shin's economy with wedges."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from dirigiste.numerics import effort
from dirigiste.numerics.bracket import Bracket
from dirigiste.numerics.setup.arrays import compile_economy
from dirigiste.numerics.stationary import certificate, equilibrium, nested
from dirigiste.replications.buera_shin_2013.states import economy


@pytest.mark.parametrize("width", [1.0, 1e-6, 1e-12])
def test_a_bracket_finds_the_root_in_a_ramp(width):
    def falling(x):
        return 0.3 - x / 10 - math.tanh((x - 0.7) / width)

    bracket, x = Bracket(1e-4, -5.0, 5.0), 0.0
    for _ in range(100):
        value = falling(x)
        if abs(value) < 1e-9 or (width < 1e-9 and abs(x - 0.7) < 1e-11):
            break
        bracket.take(x, value)
        x = bracket.next()
    assert abs(falling(x)) < 1e-9 or abs(x - 0.7) < 1e-11


def test_owners_who_change_over_at_one_wage_are_split_by_it(monkeypatch):
    """Newton stalls on one side of the wage at which the poorest subsidised owners begin to save."""
    compiled = compile_economy(economy("wedges.yaml").with_({"numerics.wealth.points": 90}))
    sizes = []

    def solve(search, now, matrix):
        trial, why = nested.solve(search, now, matrix)
        sizes.append((now.size, trial.size, why))
        return trial, why

    monkeypatch.setattr(equilibrium, "nested", SimpleNamespace(solve=solve))
    solved = equilibrium.solve(compiled)
    assert certificate.certificate(compiled, solved)
    assert len(sizes) == 1
    before, after, why = sizes[0]
    assert before > 1e-3
    assert after < 1e-6
    assert why == ""


@pytest.mark.slow
def test_a_jump_that_no_number_resolves_is_named():
    """On 600 points a tolerance of 1e-7 is out of reach; that of the shipped file is met."""
    given = economy("wedges.yaml")
    solved = equilibrium.solve(compile_economy(given))
    assert solved.why == ""
    again = equilibrium.solve(compile_economy(given.with_({"numerics.tolerances.markets": 1e-7})))
    assert "masses jump at a log wage of -2.7" in again.why
    assert "status subsidised of ability 1.116 at wealth 0" in again.why
    assert np.allclose(solved.point.u, again.point.u, atol=1e-5)


def test_work_is_counted_by_thread_and_states():
    before = effort.spent()
    effort.spend(5000, 2.0)
    assert effort.spent() - before == effort.CALL + 10_000
