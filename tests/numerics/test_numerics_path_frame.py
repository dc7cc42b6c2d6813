"""Arrays of every step of a path against the economy of that step compiled by itself."""

import numpy as np
import pytest
from numerics_economies import LONE, TRIANGLE, economy

from dirigiste.errors import InputError
from dirigiste.numerics.setup import timed
from dirigiste.numerics.setup.arrays import compile_economy
from dirigiste.results.equilibria import known

STEPS = 5

WHERE_THEY_ARE = (
    "statuses.favoured.collateral",
    "statuses.favoured.spread",
    "statuses.favoured.mandates.labor",
    "statuses.free.mandates.capital",
    "statuses.free.data_lending",
    "statuses.free.wedge",
    "statuses.apart.productivity",
    "statuses.apart.fixed_cost",
    "statuses.apart.labor_efficiency",
    "statuses.apart.amenity",
    "edges.crackdown.actual",
    "edges.crackdown.perceived",
    "edges.crackdown.size.ref",
    "edges.crackdown.size.power",
    "edges.crackdown.fine",
    "edges.toll.rate",
    "edges.toll.fee",
    "edges.join.rate",
    "edges.join.cost",
    "edges.join.scale",
    "edges.emigrate.fine",
    "abroad.interest",
    "abroad.wage",
    "technology.alpha",
    "technology.delta",
    "preferences.rho",
    "closure.foreign_capital",
    "closure.labor.outside",
    "closure.spending",
)
COMPILED = ("ability.rate", "entry.wealth")


def check(base, values):
    """Every stacked array is that of the economy compiled with the values of its step; landings to
    rounding.
    """
    frame = timed.frame(base, {path: (x.min(), x.max()) for path, x in values.items()})
    steps = next(iter(values.values())).size
    result = frame.over(values, steps)
    for step in range(steps):
        expected = compile_economy(base.with_({path: float(x[step]) for path, x in values.items()}))
        assert expected.layout == frame.compiled.layout
        assert named(expected) == named(frame.compiled)  # arcs are the same ones, in the same order
        for name in timed.STACKED:
            alike(getattr(result.stacked, name)[step], getattr(expected.arrays, name), name)
        for name in timed.SHARED:
            theirs = getattr(expected.arrays, name)
            np.testing.assert_array_equal(getattr(frame.compiled.arrays, name), theirs, err_msg=name)
            np.testing.assert_array_equal(getattr(result.stacked, name), theirs, err_msg=name)
        np.testing.assert_array_equal(result.given[step], np.array(expected.given))
    return frame


def named(compiled):
    return [(arc.edge, arc.origin, arc.destination) for arc in compiled.arcs]


def alike(one, other, name):
    """Arrays, or tables column by column, are the same to rounding."""
    assert one.dtype == other.dtype
    assert one.shape == other.shape
    for column in one.dtype.names or (None,):
        here, there = (x if column is None else x[column] for x in (one, other))
        np.testing.assert_allclose(here, there, rtol=1e-14, atol=0, err_msg=f"{name} {column}")


@pytest.fixture(scope="module")
def base():
    return economy(TRIANGLE)


@pytest.mark.parametrize("seed", range(3))
def test_random_values_of_all_parameters_at_once(base, seed):
    rng = np.random.default_rng(seed)
    values = {}
    for path in (*WHERE_THEY_ARE, *COMPILED):
        at = float(base.get(path))
        values[path] = at * rng.uniform(0.7, 1.3, STEPS) if at else rng.uniform(0.01, 0.2, STEPS)
    values["statuses.favoured.spread"] *= np.array([1, 1, -1, 0, 1])
    frame = check(base, values)
    assert set(frame.entries) == set(WHERE_THEY_ARE)
    assert set(frame.others) == set(COMPILED)


@pytest.mark.parametrize("path", [*WHERE_THEY_ARE, *COMPILED])
def test_one_parameter_alone(base, path):
    at = float(base.get(path))
    check(base, {path: np.array([at, 1.1 * at or 0.1, at, 0.9 * at or 0.05])})


def test_an_edge_that_begins_to_take_wealth(base):
    """Fines and fees from 0 on, and back."""
    result = check(
        base,
        {
            "edges.inspect.fine": np.array([0.0, 0.2, 0.1, 0.0]),
            "edges.rectified.fee": np.array([0.0, 0.0, 0.3, 0.0]),
        },
    )
    over = result.over({"edges.inspect.fine": np.array([0.0, 0.2]), "edges.rectified.fee": np.zeros(2)}, 2)
    names = [arc.edge for arc in result.compiled.arcs]
    jumps = over.number("jumps")[:, [names.index("inspect"), names.index("rectified")]]
    np.testing.assert_array_equal(jumps, [[0, 0], [1, 0]])


def test_an_edge_of_several_origins_and_a_perceived_rate_left_out():
    """One parameter may be in several places."""
    base = economy(known.ECONOMY)
    frame = check(base, {"edges.inspection.actual": np.array([0.05, 0.1, 0.02])})
    names = {(name, column) for name, column, _ in frame.entries["edges.inspection.actual"]}
    assert names == {("arcs", "actual"), ("arcs", "perceived")}
    assert len(frame.entries["edges.inspection.actual"]) == 4
    check(base, {"edges.speak.cost": np.array([0.05, 0.1, 0.02])})


def test_both_rates_of_an_edge_that_leaves_one_out():
    base = economy(known.ECONOMY)
    check(
        base,
        {
            "edges.inspection.actual": np.array([0.05, 0.1, 0.02]),
            "edges.inspection.perceived": np.array([0.05, 0.2, 0.07]),
        },
    )


def test_prices_that_a_closure_gives():
    base = economy(
        LONE,
        {
            "closure.capital": {"open": {"interest": 0.02}},
            "closure.labor": {"wage": 0.8},
            "closure.fiscal": "spend",
        },
    )
    values = {
        "closure.capital.open.interest": np.array([0.02, 0.03, 0.02]),
        "closure.labor.wage": np.array([0.8, 0.7, 0.9]),
        "closure.transfer": np.array([0.0, 0.05, -0.05]),
    }
    check(base, values)


def test_quotas():
    directed = {"to": ["favoured"], "share": 0.4, "of": "credit", "by": "spread"}
    check(
        economy(TRIANGLE, {"closure.directed": directed}),
        {"closure.directed.share": np.array([0.4, 0.1, 0.6])},
    )


def test_discounting_with_growth_is_compiled():
    base = economy(LONE, {"preferences.sigma": 2.0, "technology.growth": 0.02})
    frame = check(
        base,
        {
            "preferences.rho": np.array([0.06, 0.05, 0.07]),
            "technology.growth": np.array([0.02, 0.0, 0.01]),
            "technology.delta": np.array([0.06, 0.05, 0.06]),
        },
    )
    assert set(frame.entries) == {"technology.delta"}


def test_a_parameter_that_does_not_move_is_left_alone(base):
    frame = timed.frame(base, {"technology.delta": (0.06, 0.06), "closure.spending": (0.0, 0.1)})
    assert set(frame.entries) == {"closure.spending"}
    result = frame.over({"technology.delta": np.full(3, 0.06), "closure.spending": np.zeros(3)}, 3)
    np.testing.assert_array_equal(result.number("delta"), np.full(3, 0.06))


def test_a_change_of_the_form_of_the_problem_is_refused(base):
    with pytest.raises(InputError, match=r"edges\.join\.scale"):
        timed.frame(base, {"edges.join.scale": (0.0, 0.05)})
    with pytest.raises(InputError, match=r"preferences\.sigma"):
        timed.frame(base, {"preferences.sigma": (1.0, 2.0)})
