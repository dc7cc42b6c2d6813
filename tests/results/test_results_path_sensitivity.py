"""Derivatives of paths, held against small changes of chronicles that are solved in full."""

import numpy as np
import pytest

import dirigiste as dg
from chronicles import VILLAGE, told
from dirigiste import economy as economies
from dirigiste.chronicle.sizes import with_sizes
from dirigiste.errors import InputError
from dirigiste.results.quantities import outcomes
from dirigiste.results.runs import paths
from dirigiste.results.runs.sensitivity import SMALL, path_sensitivity
from dirigiste.solver import surprises

EXACT = {
    "numerics.tolerances.paths": 1e-8,
    "numerics.tolerances.foresight": 1e-8,
    "numerics.tolerances.markets": 1e-10,
    "numerics.tolerances.hjb": 1e-10,
    "numerics.tolerances.distribution": 1e-13,
}

UNEVEN = ("idle_capital", "investment")
"""Outcomes with a kink, or that divide by steps of an hour."""

COLLATERAL = "2020-01-01 statuses.free.collateral.multiply"
FEAR = "2021-03-01 edges.inspection.perceived.multiply"
HALF_LIFE = "2021-03-01 edges.inspection.perceived.half_life"


def chronicle(**changes):
    return told(
        economies.loads(VILLAGE).with_(changes),
        ("2020-01-01", {"parameter": "statuses.free.collateral", "multiply": 0.9}),
        (
            "2021-03-01",
            {"parameter": "edges.inspection.perceived", "multiply": 1.5, "half_life": 2},
            {"parameter": "statuses.free.spread", "add": 0.01, "half_life": 1},
        ),
    )


@pytest.fixture(scope="module")
def derivatives():
    """All derivatives, from a solution with the usual tolerances."""
    wrt = [COLLATERAL, FEAR, HALF_LIFE, "scale fear", "edges.join.cost"]
    return path_sensitivity(chronicle(), ["*"], wrt=wrt)


@pytest.mark.parametrize("name", [COLLATERAL, FEAR, "edges.join.cost"])
def test_derivatives_are_those_of_small_changes_solved_in_full(derivatives, name):
    exact = chronicle(**EXACT)
    value = float(derivatives["size_value"].sel(size=name))
    step = 3e-4 * max(abs(value), SMALL)

    def solved(value):
        if name == "edges.join.cost":
            changed = exact.on(exact.baseline.with_({name: value}))
        else:
            changed = with_sizes(exact, {name: value})
        result = surprises.solve(changed)
        return outcomes.of_path(paths.build(result.course, result.compiled))

    high, low = solved(value + step), solved(value - step)
    compared = 0
    for outcome in derivatives["outcome"].values:
        expected = (high[outcome] - low[outcome]) / (2.0 * step)
        got = derivatives["derivative"].sel(outcome=outcome, size=name).values
        size = np.abs(expected).max()
        small = size * max(abs(value), SMALL) < 1e-5 * np.abs(high[outcome]).max()
        if not small and np.isfinite(expected).all() and outcome.partition("[")[0] not in UNEVEN:
            np.testing.assert_allclose(got, expected, atol=1e-2 * size, rtol=0.0, err_msg=outcome)
            compared += 1
    assert compared > 40


def test_nothing_happens_before_what_is_moved_is_announced(derivatives):
    before = derivatives["surprise"].values == 0
    assert before.any()
    later = derivatives["derivative"].sel(size=FEAR).values
    assert np.all(later[before] == 0.0)
    assert np.abs(later[~before]).max() > 0.0


def test_a_scale_moves_the_logarithm_of_a_factor(derivatives):
    one = derivatives["derivative"].sel(size=FEAR).values
    scale = derivatives["derivative"].sel(size="scale fear").values
    expected = one * 1.5 * np.log(1.5)
    np.testing.assert_allclose(scale, expected, atol=5e-3 * np.abs(expected).max(axis=0).max(), rtol=0.0)


def test_what_rounds_leave_is_told(derivatives):
    assert derivatives["left"].values.max() <= 2e-3
    assert derivatives.sizes["size"] == 5
    assert str(derivatives["size_unit"].sel(size=HALF_LIFE).values) == "years"


def test_a_number_alone_has_the_derivatives_that_it_has_among_others(derivatives):
    """Others share changes of prices with it."""
    alone = path_sensitivity(chronicle(), ["output", "wage", "credit[free]"], wrt=[FEAR])
    assert alone["left"].values.max() <= 2e-3
    for outcome in alone["outcome"].values:
        expected = derivatives["derivative"].sel(outcome=outcome, size=FEAR).values
        found = alone["derivative"].sel(outcome=outcome, size=FEAR).values
        np.testing.assert_allclose(found, expected, atol=5e-3 * np.abs(expected).max(), err_msg=outcome)


def test_rough_derivatives_are_near_exact_ones(derivatives):
    rough = path_sensitivity(chronicle(), ["output", "wage"], wrt=[COLLATERAL, FEAR], accuracy=0.05)
    left = rough["left"].values
    assert np.all(left <= 0.05)
    assert left.max() > derivatives["left"].values.max()
    for outcome in rough["outcome"].values:
        for name in rough["size"].values:
            expected = derivatives["derivative"].sel(outcome=outcome, size=name).values
            found = rough["derivative"].sel(outcome=outcome, size=name).values
            np.testing.assert_allclose(found, expected, atol=0.02 * np.abs(expected).max(), err_msg=name)


def test_unknown_names_are_errors():
    with pytest.raises(InputError, match="did you mean `scale fear`"):
        path_sensitivity(chronicle(), ["output"], wrt=["scale feer"])
    with pytest.raises(InputError, match="no outcome of paths of this name"):
        path_sensitivity(chronicle(), ["outptu"], wrt=["scale fear"])


def test_the_chronicle_itself_is_solved_as_by_a_run(derivatives):
    run = dg.run(chronicle())
    output = derivatives["value"].sel(outcome="output").values
    np.testing.assert_allclose(output, run.path["output"].values, rtol=1e-5)


def test_numbers_that_move_nothing_as_they_are_written_have_derivatives():
    """A factor of 1 leaves the parameter where it is all along the path."""
    still = told(
        economies.loads(VILLAGE),
        ("2020-01-01", {"parameter": "statuses.free.collateral", "multiply": 1.0}),
        ("2020-07-01", {"parameter": "edges.join.cost", "multiply": 1.1}),
    )
    name = "2020-01-01 statuses.free.collateral.multiply"
    found = path_sensitivity(still, ["output"], wrt=[name])["derivative"].values[:, 0, 0]
    high, low = (dg.run(with_sizes(still, {name: value})).path["output"].values for value in (1.01, 0.99))
    expected = (high - low) / 0.02
    np.testing.assert_allclose(found, expected, rtol=0.0, atol=0.05 * np.abs(expected).max())


def test_masses_are_handed_on_where_another_channel_acts_first():
    """Until a channel acts, paths are solved without its dates; derivatives go on from these dates all the
    same, and are those of small changes.
    """
    exact = {"numerics.tolerances.foresight": 1e-7, "numerics.tolerances.paths": 1e-7}
    told_exactly = told(
        economies.loads(VILLAGE).with_(exact),
        ("2020-01-01", {"parameter": "statuses.free.collateral", "multiply": 0.9}),
        ("2022-01-01", {"parameter": "edges.inspection.perceived", "multiply": 1.5, "half_life": 2}),
    )
    found = path_sensitivity(told_exactly, ["output", "capital"], wrt=[COLLATERAL])["derivative"]
    step = 1e-3
    runs = [dg.run(with_sizes(told_exactly, {COLLATERAL: 0.9 + d})).path for d in (step, -step)]
    for outcome in found["outcome"].values:
        high, low = (run[outcome].values for run in runs)
        expected = (high - low) / (2.0 * step)
        got = found.sel(outcome=outcome).values[:, 0]
        largest = np.abs(expected).max()
        np.testing.assert_allclose(got, expected, rtol=0.0, atol=0.02 * largest, err_msg=outcome)
