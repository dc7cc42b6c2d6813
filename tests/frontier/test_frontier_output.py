"""Frontiers on the command line, faults of what is asked for, and surfaces."""

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest
from frontier_tiny import COLLATERAL, GOALS, INSTRUMENTS, LEAVE, SPREAD

import dirigiste as dg
from dirigiste.errors import InputError
from dirigiste.frontiers.output.figures import possible
from dirigiste.frontiers.problems.problem import Stationary
from dirigiste.frontiers.search.evaluation import Watch
from dirigiste.frontiers.surface import hypervolume


def test_the_command_writes_what_python_has(call, tiny, edge, kept):
    options = [tiny, "--instruments", ",".join(INSTRUMENTS), "--points", 6, "--out", kept]
    result = call("frontier", *options, "--json", "--csv", "points.csv", "--figure", "edge.png")
    assert result.exit_code == 0, result.output
    content = json.loads(result.output)
    assert content["price"] == "output"
    np.testing.assert_allclose([row["goals"]["control"] for row in content["points"]], edge.values[:, 0])
    np.testing.assert_allclose(content["points"][2]["slopes"]["control"], edge.slopes[2, 0])
    assert content["points"][0]["slopes"]["control"] is None
    assert content["here"]["output"] == pytest.approx(edge.traced.here[1])
    assert content["more_possible"] == pytest.approx(dict(zip(GOALS, edge.gaps, strict=True)))
    assert content["implied"]["weights"]["control"] == pytest.approx(edge.weights.weights[0])
    rows = list(csv.DictReader(Path("points.csv").read_text().splitlines()))
    np.testing.assert_allclose([float(row[SPREAD]) for row in rows], edge.settings[:, 1])
    assert Path("edge.png").read_bytes()[:4] == b"\x89PNG"


def test_tables_say_where_the_economy_lies(call, tiny, kept):
    result = call("frontier", tiny, "--instruments", ",".join(INSTRUMENTS), "--points", 6, "--out", kept)
    assert result.exit_code == 0, result.output
    for text in ("output % per point of control", "Where the economy lies", "would be best", COLLATERAL):
        assert text in result.output


def test_a_folder_of_another_frontier_is_refused(call, tiny, kept, edge):
    result = call("frontier", tiny, "--instruments", SPREAD, "--out", kept)
    assert result.exit_code == 2
    assert "holds a frontier of other" in result.output


def test_every_fault_is_said_at_once(economy):
    with pytest.raises(InputError) as caught:
        Stationary(
            economy,
            ["statuses.free.colateral:1:2", f"{SPREAD}:0.3", f"{SPREAD}:0.03:0.1", f"{COLLATERAL}:-3:2"],
            ["contrl", "output"],
        )
    text = str(caught.value)
    assert "5 problems" in text
    for part in ("did you mean", "PATH:low:high", "outside its bounds", "cannot be -3", "`contrl`"):
        assert part in text


@pytest.mark.parametrize(
    ("instruments", "goals", "message"),
    [
        ([], GOALS, "at least one"),
        ([SPREAD, f"{SPREAD}:0:0.1"], GOALS, "named twice"),
        ([f"{SPREAD}:x:0.1"], GOALS, "two numbers"),
        ([f"{SPREAD}+{COLLATERAL}"], GOALS, "one value"),
        (["statuses.loyal.spread"], GOALS, "needs bounds"),
        ([SPREAD], ["output"], "two or three"),
        ([SPREAD], ["output", "output"], "named twice"),
    ],
)
def test_other_faults(economy, instruments, goals, message):
    with pytest.raises(InputError, match=message):
        Stationary(economy, instruments, goals)


def test_instruments_without_bounds_and_tied_ones(economy):
    (one,) = Stationary(economy, [SPREAD], GOALS).instruments
    assert (one.low, one.high) == pytest.approx((0.01, 0.04))
    economy = economy.with_({"edges.leave.rate": 0.3})
    problem = Stationary(economy, ["edges.join.rate+edges.leave.rate:0.1:0.5"], GOALS)
    assert problem.changes(np.array([0.2])) == {"edges.join.rate": 0.2, "edges.leave.rate": 0.2}


def test_three_goals_make_a_surface(economy, configured):
    goals = ("control", "output", "-top10_wealth")
    result = dg.frontier(economy, (f"{SPREAD}:0:0.05", f"{LEAVE}:0.05:0.2"), goals, points=3)
    values = result.values
    assert values.shape[1] == 3
    assert len(values) >= 3
    for n, one in enumerate(values):
        better = (np.delete(values, n, axis=0) >= one).all(axis=1)
        assert not better.any()
    assert result.slopes.shape == (len(values), 2)
    assert 0.0 < result.hypervolume <= 1.0
    assert result.here_hypervolume <= result.hypervolume + 0.05
    assert result.png()[:4] == b"\x89PNG"
    assert "Surface" in repr(result)
    control, wealth = (np.linspace(values[:, m].min(), values[:, m].max(), 5) for m in (0, 2))
    shown = possible(result, control, wealth)
    assert shown[0, 0] == pytest.approx(values[:, 1].max(), rel=1e-6)
    assert np.isfinite(shown[:, 0]).all()
    for steps in (np.diff(shown, axis=0), np.diff(shown, axis=1)):  # more of another goal never gives more
        assert (steps[np.isfinite(steps)] <= 0.0).all()
    for one in values:
        assert possible(result, one[[0]], one[[2]])[0, 0] >= one[1]
    assert np.isnan(possible(result, np.array([control[-1] + 0.01]), wealth[[0]])).all()


def test_progress_says_what_is_searched_and_how_far_an_evaluation_is():
    told = []
    watch = Watch(lambda *report: told.append(report))
    watch.within("too early", 1, 1.0)
    watch.begin("edge", 3, 6)
    watch.step()
    watch.within("surprise 1 of 2", 3, 1e-4)
    assert [(stage, round_) for stage, round_, _ in told] == [
        ("edge, 1 evaluations, about 0 s left · part 3 of 6", 0),
        ("surprise 1 of 2 · edge, 1 evaluations, about 0 s left · part 3 of 6", 3),
    ]


def test_hypervolumes_of_known_points():
    low, high = np.zeros(2), np.ones(2)
    assert hypervolume(np.array([[1.0, 0.5], [0.5, 1.0]]), low, high) == pytest.approx(0.75)
    corner = np.array([[1.0, 0.5, 0.5], [0.5, 1.0, 0.5], [0.5, 0.5, 1.0]])
    assert hypervolume(corner, np.zeros(3), np.ones(3)) == pytest.approx(0.5)
    assert math.isclose(hypervolume(np.array([[2.0, 2.0]]), low, high), 1.0)
