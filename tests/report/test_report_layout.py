"""Where nodes, arcs, labels and markers go."""

import itertools
import math

import pytest

from dirigiste.report import layout


def test_statuses_stand_in_rows_by_what_they_are(run):
    assert layout.rows(run.before.economy) == [["inside"], ["plain", "loud"], ["held"], ["abroad"]]


def test_long_rows_are_split_evenly():
    order = [["a", "b", "c"], ["d"]]
    points = layout.place(order, layout.Frame(4.0, 3.0, across=0.5, up=0.5, down=0.5))
    assert points["a"] == (0.5, 2.5)
    assert points["b"] == (2.0, 2.5)
    assert points["d"] == (2.0, 0.5)


def test_rows_are_ordered_so_that_arcs_do_not_cross():
    points = layout.arrange(
        [["a", "b"], ["c", "d"]],
        [("a", "d"), ("b", "c")],
        layout.Frame(4.0, 3.0, across=0.5, up=0.5, down=0.5),
    )
    assert (points["a"][0] < points["b"][0]) == (points["d"][0] < points["c"][0])


def test_arcs_run_from_rim_to_rim_and_keep_clear_of_other_nodes():
    points = {"a": (0.0, 0.0), "b": (1.0, 0.0), "c": (2.0, 0.0)}
    radius = dict.fromkeys(points, 0.25)
    curve = layout.route([("a", "c")], points, radius)["a", "c"]
    assert math.dist(curve.p, points["a"]) == pytest.approx(0.25, abs=0.02)
    assert math.dist(curve.q, points["c"]) == pytest.approx(0.25, abs=0.02)
    assert min(math.dist(curve.at(k / 50), points["b"]) for k in range(51)) > 0.25


def test_opposite_arcs_do_not_lie_on_each_other():
    points, radius = {"a": (0.0, 0.0), "b": (2.0, 0.0)}, {"a": 0.2, "b": 0.2}
    curves = layout.route([("a", "b"), ("b", "a")], points, radius)
    assert math.dist(curves["a", "b"].at(0.5), curves["b", "a"].at(0.5)) > 0.2


def test_markers_of_one_day_are_moved_apart():
    offsets = layout.dodge([1.0, 1.0, 5.0], [0.05, 0.05, 0.05], 0.3)
    assert abs(offsets[0] - offsets[1]) >= 0.1 - 1e-9
    assert offsets[2] == 0


def test_labels_keep_their_distance_and_stay_inside():
    heights = layout.spread_labels([0.5, 0.5, 0.5, 0.98], 0.1, 0.0, 1.0)
    ordered = sorted(heights)
    assert all(b - a >= 0.1 - 1e-6 for a, b in itertools.pairwise(ordered))
    assert ordered[0] >= 0
    assert ordered[-1] <= 1


def test_a_label_goes_where_nothing_is_in_its_way():
    arcs = [layout.bend((0.0, -0.2), (0.0, -2.0), 0.0)]
    box = layout.label((0.0, 0.0), 0.2, (0.5, 0.2), arcs, [], (-2.0, 2.0))
    assert not any(box.holds(arcs[0].at(k / 20)) for k in range(21))
