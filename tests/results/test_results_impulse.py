"""Linear impulse responses, and their check against the paths of small shocks."""

import numpy as np
import pytest
import xarray as xr

import dirigiste as dg
from chronicles import told
from dirigiste import economy as economies
from dirigiste.errors import InputError
from dirigiste.numerics.stationary.point import WAGE
from dirigiste.results.equilibria import known
from dirigiste.solver import surprises as courses

STEPS = {
    "numerics.path.step": 0.5,
    "numerics.path.even": 1.0,
    "numerics.path.growth": 1.3,
    "numerics.path.horizon": 80.0,
}
CREDIT = "statuses.free.collateral"


@pytest.fixture(scope="module")
def village(configured):
    return economies.loads(known.ECONOMY).with_(STEPS)


@pytest.fixture(scope="module")
def response(village):
    return dg.impulse(village, {CREDIT: dg.ar1(-0.1, persistence=0.5)})


def test_what_comes_back(village, response):
    assert response["output"].dims == ("time",)
    assert response["output"].attrs["units"]
    assert float(abs(response["wage"]).max()) > 1e-4
    # the shock is over, and so is its effect
    assert float(abs(response["wage"][-1])) < 0.02 * float(abs(response["wage"]).max())
    first = float(response["parameter_value"].isel(time=0, parameter=0))
    assert first == pytest.approx(-0.1, rel=1e-3)


def test_responses_add_up(village, response):
    """Twice the shock is twice the response: it is linear in the size, not a path."""
    twice = dg.impulse(village, {CREDIT: dg.ar1(-0.2, persistence=0.5)})
    scale = float(abs(response["wage"]).max())
    np.testing.assert_allclose(twice["wage"], 2.0 * response["wage"], atol=2e-3 * scale)


def test_an_equilibrium_is_used_and_its_kernel_kept(village, response, monkeypatch):
    eq = dg.solve(village)
    first = dg.impulse(eq, {CREDIT: dg.ar1(-0.1, persistence=0.5)})
    scale = float(abs(response["wage"]).max())
    np.testing.assert_allclose(first["wage"], response["wage"], atol=1e-3 * scale)
    monkeypatch.setattr("dirigiste.results.runs.impulse.sequence.kernel", None)  # not called again
    years = np.arange(0.0, 12.0, 0.05)
    values = xr.DataArray(-0.1 * 0.5**years, dims="time", coords={"time": years})
    again = dg.impulse(eq, {CREDIT: values})
    np.testing.assert_allclose(again["wage"], response["wage"], atol=1e-2 * scale)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ([0.1], "at least two"),
        ([0.1, np.nan], "finite"),
        (xr.DataArray([0.1, 0.0], dims="year"), "dimension `time`"),
    ],
)
def test_a_change_that_is_none_is_refused(village, change, words):
    with pytest.raises(InputError, match=words):
        dg.impulse(village, {CREDIT: change})


def test_a_shock_that_stays_is_refused(village):
    with pytest.raises(InputError, match="die out"):
        dg.impulse(village, {CREDIT: lambda years: 0.1 + 0.0 * years})


def test_persistence_out_of_range_is_refused():
    with pytest.raises(InputError, match="persistence"):
        dg.ar1(0.1, persistence=1.0)


def test_paths_of_small_shocks_differ_from_it_by_the_square_of_their_size(village):
    exact = village.with_({"numerics.tolerances.paths": 1e-8, "numerics.tolerances.foresight": 1e-7})
    response = dg.impulse(exact, {CREDIT: dg.ar1(-0.1, persistence=0.5)})
    errors = []
    for size in (0.25, 0.125):  # at .5 a whole class of ability begins to run firms, a kink
        change = {"parameter": CREDIT, "add": -0.1 * size, "half_life": 1.0}
        solved = courses.solve(told(exact, ("2021-01-01", change)))
        steps = min(len(solved.course.u), response.sizes["time"])
        np.testing.assert_allclose(solved.course.grid.time[:steps], response["time"][:steps], atol=1e-3)
        wage = np.exp(solved.course.u[:steps, WAGE]) - np.exp(solved.before.solved.point.u[WAGE])
        errors.append(np.abs(wage - size * response["wage"].values[:steps]).max())
    assert errors[0] < 0.25 * 0.05 * float(abs(response["wage"]).max())
    assert errors[0] / errors[1] == pytest.approx(4.0, rel=0.25)
