"""Campaigns: the cheapest sizes of events that reach a level of control within some years."""

import numpy as np
import pytest

import dirigiste as dg
from dirigiste import economy as economies
from dirigiste.errors import InputError
from dirigiste.frontiers import edge, weights
from dirigiste.frontiers.problems.campaign import Campaign
from dirigiste.frontiers.search.climb import climb
from dirigiste.frontiers.search.evaluation import Evaluator
from dirigiste.solver import surprises
from tiny import TINY

CUT, RISE = "2021-01-01 statuses.free.collateral.multiply", "2021-01-01 statuses.free.spread.add"

INSTRUMENTS = (f"{CUT}:0.85:1", f"{RISE}:0:0.02")

GOALS = ("control", "output")


@pytest.fixture(scope="module")
def chronicle():
    from chronicles import told

    return told(
        economies.loads(TINY),
        (
            "2021-01-01",
            {"parameter": "statuses.free.collateral", "multiply": 0.95},
            {"parameter": "statuses.free.spread", "add": 0.005},
        ),
    )


def test_goals_are_those_of_the_path(chronicle, configured):
    campaign = Campaign(chronicle, INSTRUMENTS, GOALS, within=5.0, rate=0.04)
    control, cost = campaign.values(np.array([0.95, 0.005]))
    run = dg.run(chronicle)
    assert control == pytest.approx(float(run.at([5.0])["control"].values[0]), rel=1e-5)
    output = run.path["output"].values / float(run.base["output"]) - 1.0
    step = run.path["step"].values
    begins = np.concatenate([[0.0], np.cumsum(step)[:-1]])
    expected = float((output * (np.exp(-0.04 * begins) - np.exp(-0.04 * (begins + step))) / 0.04).sum())
    assert cost == pytest.approx(expected, rel=1e-5)


def test_derivatives_are_those_of_small_changes(chronicle, configured):
    campaign = Campaign(chronicle, INSTRUMENTS, GOALS)
    x, step = np.array([0.95, 0.005]), np.array([2e-3, 2e-4])
    expected = np.array(
        [
            (campaign.values(x + step[k] * np.eye(2)[k]) - campaign.values(x - step[k] * np.eye(2)[k]))
            / (2.0 * step[k])
            for k in range(2)
        ]
    ).T
    np.testing.assert_allclose(campaign.jacobian(x), expected, rtol=0.1)


def test_campaigns_start_from_the_nearest_that_is_solved(chronicle, configured, monkeypatch):
    asked, solve = [], surprises.solve

    def spy(chronicle, *, near=None, **options):
        asked.append(near)
        return solve(chronicle, near=near, **options)

    monkeypatch.setattr(surprises, "solve", spy)
    campaign = Campaign(chronicle, INSTRUMENTS, GOALS)
    first, second = np.array([0.9, 0.005]), np.array([0.95, 0.015])
    for x in (first, second, first + 0.001):
        values = campaign.values(x)
    assert asked[0] is None
    assert asked[2] is asked[1] is not None
    near = campaign.jacobian(first)
    cold = Campaign(chronicle, INSTRUMENTS, GOALS)
    np.testing.assert_allclose(values, cold.values(first + 0.001), rtol=1e-4)
    np.testing.assert_allclose(near, cold.jacobian(first), rtol=2e-2)


def test_the_cheapest_campaign_reaches_its_level(chronicle, configured):
    evaluator = Evaluator(Campaign(chronicle, INSTRUMENTS[:1], GOALS))
    z, here = edge.origin(evaluator)
    scales = edge.scales_at(evaluator, z, here)
    level = here[0] + 0.2 * scales[0]
    found = climb(evaluator, 1, {0: level}, z, scales)
    assert found.optimal
    assert found.values[0] == pytest.approx(level, abs=1e-4 * scales[0])
    assert found.values[1] < here[1]


@pytest.mark.slow
def test_a_cheaper_campaign_reaches_the_same_control(chronicle, configured):
    result = dg.frontier(chronicle, INSTRUMENTS, GOALS, points=3)
    control, cost = result.traced.here
    cheapest = result.inside.most[1]
    assert cheapest.values[0] >= control - 1e-4
    assert cheapest.values[1] >= cost
    assert (np.diff(result.values[:, 0]) > 0.0).all()
    assert (np.diff(result.values[:, 1]) < 0.0).all()
    assert "present value of output" in repr(result)
    assert "without them" in result.about
    assert result.prices[1, 0] == pytest.approx(-result.slopes[1, 0])


def test_faults_of_campaigns(chronicle):
    with pytest.raises(InputError) as caught:
        Campaign(chronicle, ["scale fer:0.1:2"], ["control", "outpt"], within=-1.0, rate=-0.1)
    assert "4 problems" in str(caught.value)
    campaign = Campaign(chronicle, INSTRUMENTS, GOALS)
    with pytest.raises(InputError, match="not with chronicles"):
        weights.read(__file__, campaign)
    assert edge.draws(2, 3, 0).shape == (3, 2)
    assert Evaluator(campaign).evaluations == 0
