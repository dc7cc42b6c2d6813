"""Claims on profits: an identity with the distribution, constant profits, stationary states and paths."""

import numpy as np
import pytest

import dirigiste as dg
from chronicles import VILLAGE, told
from dirigiste import economy as economies
from dirigiste.numerics.operators import generator
from dirigiste.numerics.setup import arrays, timed
from dirigiste.numerics.stationary import equilibrium
from dirigiste.numerics.transition import claims, path

TRUE = {"edges.inspection.perceived": 0.05}
"""Owners expect what happens."""


@pytest.fixture(scope="module")
def village(configured):
    """A compiled economy in which owners expect what happens, and its stationary state."""
    economy = economies.loads(VILLAGE).with_(TRUE)
    assert economy.get("edges.inspection.actual") == TRUE["edges.inspection.perceived"]
    compiled = arrays.compile_economy(economy)
    return compiled.arrays, equilibrium.solve(compiled).point


def test_a_stationary_claim_pays_its_return_in_profits_less_what_ends_abroad(village):
    """Over all owners (r - g) claims are profits less the claims of newborns who replace emigrants."""
    m, point = village
    worth = claims.stationary(m, point)
    g = np.asarray(point.distribution.g)
    earned = float((g * point.firms.share * point.firms.profit).sum())
    gone = float(np.asarray(point.moves.people)[np.asarray(m.leaves) == 1].sum())
    assert gone > 0.0
    born = generator.newborn(m, np.ascontiguousarray(worth))
    discount = point.prices.interest - float(m.growth)
    assert discount * float((g * worth).sum()) == pytest.approx(earned - gone * born, rel=1e-6)
    assert (worth > 0.0).all()


def test_a_constant_income_without_end_is_worth_itself_over_the_rate(village):
    m, point = village
    ones = np.ones_like(np.asarray(point.firms.share))
    firms = point.firms._replace(share=ones, profit=ones)
    hazards = point.values.hazards
    flow = np.where((np.asarray(m.leaves) == 1)[:, None], 0.0, hazards.flow)
    values = point.values._replace(hazards=hazards._replace(flow=np.ascontiguousarray(flow)))
    nobody_leaves = point._replace(firms=firms, values=values)
    worth = claims.stationary(m, nobody_leaves)
    np.testing.assert_allclose(worth, 1.0 / (point.prices.interest - float(m.growth)), rtol=1e-6)


def test_without_interest_above_growth_there_is_no_finite_value(village):
    m, point = village
    free = point._replace(prices=point.prices._replace(interest=float(m.growth)))
    assert np.isnan(claims.stationary(m, free)).all()


def test_along_a_path_on_which_nothing_happens_claims_stay(village):
    m, point = village
    lengths = np.array([1e-4, 0.1, 0.5, 3.0])
    T = lengths.size
    ms, u = timed.always(m, T), np.tile(np.asarray(point.u), (T, 1))
    v = np.tile(point.values.v, (T, 2, 1, 1, 1))
    room = path.Room.of(m, T)
    backwards = path.backwards(ms, room, u, u, lengths, point.values.v, v, exact=True, tolerance=1e-8)
    end = claims.stationary(m, point)
    g = np.asarray(point.distribution.g)
    worth, first = claims.along(ms, u, lengths, backwards.decisions, np.tile(g, (T, 1, 1, 1)), end)
    np.testing.assert_allclose(first, end, rtol=1e-5)
    sums = claims.by_status(end, np.asarray(point.firms.share), g)
    np.testing.assert_allclose(worth, np.tile(sums, (T, 1)), rtol=1e-5)


@pytest.fixture(scope="module")
def feared(configured):
    """A run in which enforcement is feared for good, with market values."""
    change = {"parameter": "edges.inspection.perceived", "multiply": 4}
    return dg.run(told(economies.loads(VILLAGE), ("2020-01-01", change)), market_value=True)


def test_a_market_value_falls_at_once_with_what_owners_come_to_fear(feared):
    """Nothing but beliefs changes, and only those who are inspected fear."""
    values, base = feared.path["market_value_by_status"], feared.base["market_value_by_status"]
    assert np.isfinite(values.values).all()
    at_once = values.isel(time=0) / base - 1.0
    assert float(at_once.sel(status="critic")) < -1e-3
    assert float(at_once.sel(status="critic")) < float(at_once.sel(status="loyal"))


def test_a_path_ends_at_the_market_values_of_its_last_state(feared):
    compiled = arrays.compile_economy(feared.after.economy)
    point = equilibrium.solve(compiled).point
    worth = claims.stationary(compiled.arrays, point)
    sums = claims.by_status(worth, np.asarray(point.firms.share), np.asarray(point.distribution.g))
    own = np.asarray(point.static.capital) - np.asarray(point.static.borrowed)
    last = feared.path["market_value_by_status"].isel(time=-1).values
    np.testing.assert_allclose(last, own + sums, rtol=1e-4)


def test_market_values_are_found_only_where_they_are_asked_for(configured):
    change = {"parameter": "edges.inspection.perceived", "multiply": 2}
    run = dg.run(told(economies.loads(VILLAGE), ("2020-01-01", change)))
    assert np.isnan(run.path["market_value_by_status"].values).all()
    assert np.isnan(run.base["market_value_by_status"].values).all()


def test_sets_of_channels_leave_market_values_as_they_are(configured):
    """Market values belong to the course of all channels, whatever other courses share its beginning."""
    feared = {"parameter": "edges.inspection.perceived", "multiply": 2}
    cut = {"parameter": "statuses.free.collateral", "multiply": 0.95}
    chronicle = told(economies.loads(VILLAGE), ("2020-01-01", feared), ("2021-01-01", cut))
    alone = dg.run(chronicle, market_value=True).path["market_value_by_status"]
    split = dg.run(chronicle, market_value=True, channels=True).path["market_value_by_status"]
    assert np.isfinite(split.values).all()
    np.testing.assert_allclose(split.values, alone.values, rtol=1e-4)
