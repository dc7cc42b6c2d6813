"""Chronicles solved on a small economy with a quota, enforcement, choice and emigration."""

import numpy as np
import pytest

import dirigiste as dg
from chronicles import VILLAGE, told
from dirigiste import economy as economies
from dirigiste.errors import InputError, NotConverged
from dirigiste.numerics.compiled import programs
from dirigiste.numerics.stationary.point import INTEREST, QUOTA, TRANSFER, WAGE
from dirigiste.results.equilibria import known
from dirigiste.results.runs import paths
from dirigiste.results.runs.run import settled
from dirigiste.solver import surprises as courses

CHANGES = {
    "ability.distribution": {"pareto": {"tail": 6.0, "points": 12}},
    "closure.directed": {"to": ["loyal"], "share": 0.05, "of": "credit", "by": "spread"},
    "numerics.path.step": 0.25,
    "numerics.path.even": 0.5,
    "numerics.path.growth": 1.3,
    "numerics.path.horizon": 80.0,
}
"""A quota that does not bind, and paths of few steps."""

CREDIT = "statuses.free.collateral"
ACTUAL, PERCEIVED = "edges.inspection.actual", "edges.inspection.perceived"
SHARE = "closure.directed.share"
FINE = "edges.inspection.fine"

CUT = {"parameter": CREDIT, "multiply": 0.95}
FEAR = {"parameter": PERCEIVED, "multiply": 2.0}
FORCE = {"parameter": ACTUAL, "multiply": 2.0}

FIRST, SECOND = "2021-01-01", "2022-07-01"

EVENTFUL = (
    (FIRST, CUT, {"parameter": ACTUAL, "multiply": 3.0, "half_life": 2.0}),
    (
        SECOND,
        {"parameter": "edges.emigrate.cost", "add": 0.05},
        {"parameter": "edges.inspection.fine", "to": 0.2},
    ),
)
"""Everything at once, twice."""


@pytest.fixture(scope="module")
def village(configured):
    return economies.loads(known.ECONOMY).with_(CHANGES)


@pytest.fixture(scope="module")
def cut(village):
    return courses.solve(told(village, (FIRST, CUT)))


@pytest.fixture(scope="module")
def still(village):
    """Prices and masses of the economy without events, with all that a chronicle of nothing leaves."""
    return courses.solve(told(village, (FIRST, {"parameter": CREDIT, "multiply": 1.0})))


def stays(solved, tolerance=1e-6):
    """Whether a solved chronicle leaves the stationary state where it is."""
    point = solved.before.solved.point
    course = solved.course
    steps = len(course.u)
    np.testing.assert_allclose(course.u, np.tile(point.u, (steps, 1)), atol=tolerance)
    mass = np.asarray(point.distribution.g).sum(axis=(0, 2))
    np.testing.assert_allclose(course.sums.mass, np.tile(mass, (steps, 1)), atol=tolerance)
    for name, value in point.static._asdict().items():
        np.testing.assert_allclose(
            getattr(course.sums.static, name),
            np.tile(value, (steps, 1)),
            atol=10 * tolerance * max(1.0, np.abs(value).max()),
            err_msg=name,
        )
    for segment in course.segments:
        np.testing.assert_allclose(segment.v_after, segment.v_before, atol=10 * tolerance)
        assert np.abs(segment.g - np.asarray(point.distribution.g)).sum() < 10 * tolerance
        assert segment.distance < 10 * tolerance
    return True


def inspections(solved):
    """Arcs that belong to the edge `inspection`."""
    return [n for n, arc in enumerate(solved.compiled.arcs) if arc.edge == "inspection"]


def moves(solved):
    """Largest change of log wage and interest along a course."""
    return float(np.ptp(solved.course.u[:, [WAGE, INTEREST]], axis=0).max())


def test_a_chronicle_without_effect_leaves_the_stationary_state(still):
    assert stays(still)
    assert len(still.course.segments) == 1


def test_a_change_does_not(cut):
    """What the tests of nothing look at does move."""
    assert moves(cut) > 1e-3
    assert np.abs(cut.course.segments[0].v_after - cut.course.segments[0].v_before).max() > 1e-3
    assert np.exp(cut.after.solved.point.u[WAGE]) == pytest.approx(
        float(np.exp(cut.course.u[-1, WAGE])), rel=1e-3
    )
    assert cut.course.segments[0].distance < 1e-3


def test_events_that_undo_each_other_on_one_date(village):
    cancelled = told(
        village,
        (FIRST, {"parameter": CREDIT, "multiply": 0.8}, {"parameter": ACTUAL, "add": 0.02}),
        (FIRST, {"parameter": CREDIT, "multiply": 1.25}, {"parameter": ACTUAL, "add": -0.02}),
    )
    assert stays(courses.solve(cancelled))


def test_a_change_below_the_tolerance_is_solved(village):
    """Prices of the first round are cleared loosely; that must not count as an answer."""
    for size in (1e-6, 1e-5):
        solved = courses.solve(told(village, (FIRST, {"parameter": CREDIT, "multiply": 1.0 - size})))
        assert max(np.abs(solved.course.residuals[name]).max() for name in ("labor", "capital")) < 1e-6


@pytest.mark.slow
def test_dates_are_a_matter_of_distance(village):
    def at(year):
        chronicle = told(village, (f"{year}-02-01", CUT), (f"{year}-11-01", FEAR))
        return courses.solve(chronicle).course

    one, other = at(2021), at(2022)
    np.testing.assert_array_equal(one.grid.time, other.grid.time)
    np.testing.assert_allclose(one.u, other.u, atol=1e-12)
    assert (other.grid.date[0] - one.grid.date[0]).days == 365


@pytest.fixture(scope="module")
def twice(village):
    """A cut of credit, and 1.5 years later something that changes nothing."""
    return courses.solve(told(village, (FIRST, CUT), (SECOND, {"parameter": PERCEIVED, "multiply": 1.0})))


def test_a_second_surprise_that_changes_nothing(twice):
    """The path goes on: at the second date nothing jumps, and the same path without it is near.

    Only steps differ, so prices differ by what steps of a quarter of a year leave.
    """
    chronicle = told(
        twice.compiled.economy, (FIRST, CUT), (SECOND, {"parameter": PERCEIVED, "multiply": 1.0})
    )
    once = courses.solve(chronicle, only=["credit"])
    assert [len(solved.course.segments) for solved in (once, twice)] == [1, 2]
    one, other = once.course, twice.course
    reached = min(one.grid.time[-1], other.grid.time[-1])
    at = one.grid.time[one.grid.time <= reached]
    change = np.abs(one.u - np.asarray(once.before.solved.point.u)).max(axis=0)
    for index in (WAGE, INTEREST, TRANSFER):
        mine = np.interp(at, one.grid.time, one.u[:, index])
        theirs = np.interp(at, other.grid.time, other.u[:, index])
        assert np.abs(mine - theirs).max() < 0.03 * change[index], index
    second = twice.course.segments[1]
    jump = np.abs(second.v_after - second.v_before).max()
    first = twice.course.segments[0]
    assert jump < 0.02 * np.abs(first.v_after - first.v_before).max()


def test_up_to_the_second_surprise_nobody_knows_of_it(village, twice):
    loud = courses.solve(told(village, (FIRST, CUT), (SECOND, {"parameter": PERCEIVED, "multiply": 3.0})))
    before = loud.course.grid.surprise == 0
    assert before.sum() > 5
    np.testing.assert_array_equal(loud.course.u[before], twice.course.u[before])
    after = np.flatnonzero(~before)[0]
    assert np.abs(loud.course.u[after] - twice.course.u[after]).max() > 1e-4
    # masses do not jump; prices and values do
    people = loud.course.sums.mass
    assert np.abs(people[after] - people[after - 1]).max() < 1e-4


def test_fear_of_what_does_not_change_is_nothing(village):
    """Actual rates rise: with only fear at work nothing happens, whether perceived rates are left alone or
    set to what they are.
    """
    quiet = told(village, (FIRST, FORCE, {"parameter": PERCEIVED, "multiply": 1.0}))
    assert stays(courses.solve(quiet, only=["fear"]))
    named = village.with_({PERCEIVED: 0.05})
    chronicle = told(named, (FIRST, {"parameter": PERCEIVED, "to": 0.05}))
    assert stays(courses.solve(chronicle))


def test_force_alone_moves_people_and_fear_alone_moves_decisions(village):
    chronicle = told(village.with_({PERCEIVED: 0.05}), (FIRST, FORCE, FEAR))
    force, fear, both, none = (
        courses.solve(chronicle, only=only) for only in (["force"], ["fear"], None, [])
    )
    assert stays(none)
    assert len(none.course.segments) == 0
    taken = [solved.course.sums.moves.taken for solved in (force, fear, both, none)]
    arc = inspections(force)
    # on the day itself fines double by force; fear has not moved any
    assert taken[0][0, arc] == pytest.approx(2.0 * taken[3][0, arc], rel=5e-3)
    assert taken[1][0, arc] == pytest.approx(taken[3][0, arc], rel=5e-3)
    assert taken[2][0, arc] == pytest.approx(2.0 * taken[3][0, arc], rel=1e-2)
    # values of free owners fall by fear at once
    free = fear.compiled.statuses.index("free")
    drop = [
        (solved.course.segments[0].v_after - solved.course.segments[0].v_before)[-10:, free].max()
        for solved in (force, fear)
    ]
    assert drop[1] < -1e-3
    assert drop[1] < drop[0]


def test_only_is_the_chronicle_without_the_rest(village, cut):
    mixed = told(village, (FIRST, CUT, FORCE))
    alone = courses.solve(mixed, only=["credit"])
    np.testing.assert_allclose(alone.course.u, cut.course.u, atol=1e-6)
    np.testing.assert_allclose(alone.course.parameters[CREDIT], 0.95 * 1.4)
    np.testing.assert_allclose(alone.course.parameters[ACTUAL], 0.05)
    wages = [np.exp(solved.after.solved.point.u[WAGE]) for solved in (alone, cut)]
    assert wages[0] == pytest.approx(wages[1], rel=1e-7)
    whole = courses.solve(mixed)
    np.testing.assert_allclose(whole.course.parameters[ACTUAL], 0.1)
    assert np.abs(whole.course.u - alone.course.u).max() > 1e-4


def test_sets_of_channels_are_what_only_gives(village):
    chronicle = told(village, (FIRST, CUT), (SECOND, FORCE))
    solved = courses.solve(chronicle, channels=True)
    assert solved.split is not None
    assert set(solved.split) == {frozenset(x) for x in ((), ("credit",), ("force",), ("credit", "force"))}
    point = solved.before.solved.point
    np.testing.assert_allclose(
        solved.split[frozenset()].u, np.tile(point.u, (len(solved.course.u), 1)), atol=1e-6
    )
    np.testing.assert_array_equal(solved.split[frozenset({"credit", "force"})].u, solved.course.u)
    # before the second date, force has done nothing
    before = solved.course.grid.surprise == 0
    np.testing.assert_array_equal(solved.split[frozenset({"credit"})].u[before], solved.course.u[before])
    force = courses.solve(chronicle, only=["force"]).course
    np.testing.assert_allclose(solved.split[frozenset({"force"})].u, force.u, atol=2e-6)


@pytest.fixture(scope="module")
def mild(village):
    """Three channels at once, then two of them again."""
    return told(
        village,
        (FIRST, CUT, {"parameter": "edges.emigrate.cost", "add": 0.01}, {"parameter": FINE, "to": 0.11}),
        (SECOND, {"parameter": FINE, "to": 0.1}, {"parameter": CREDIT, "multiply": 1.02}),
    )


def first_gaps(monkeypatch, chronicle):
    """All courses, and the largest gap of the first guess of every path, small sets first."""
    asked = []
    solve = courses.transition.solve

    def spy(m, task, kernel, guess, **options):
        solution = solve(m, task, kernel, guess, **options)
        if all(task is not other for other, _ in asked):  # not the second attempt at a path
            asked.append((task, solution.history[0]))
        return solution

    with monkeypatch.context() as patch:
        patch.setattr(courses.transition, "solve", spy)
        solved = courses.solve(chronicle, channels=True)
    return solved, [gap for _, gap in asked]


def test_smaller_sets_predict_the_prices_of_larger_ones(mild, monkeypatch):
    """Guesses are nearer, and solutions are the same within the tolerance."""
    solved, predicted = first_gaps(monkeypatch, mild)
    monkeypatch.setattr(courses, "PREDICTED", 0)
    other, apart = first_gaps(monkeypatch, mild)
    # the state before; three channels alone, two of which act twice; three pairs, and all, twice each
    assert len(predicted) == len(apart) == 1 + 5 + 6 + 2
    assert max(predicted[6:]) < 0.3 * max(apart[6:])
    assert solved.split is not None
    assert other.split is not None
    for key, course in solved.split.items():
        np.testing.assert_allclose(course.u, other.split[key].u, atol=3e-5)


def test_what_is_told_while_sets_of_channels_are_solved(mild):
    stages = []
    courses.solve(mild, channels=True, progress=lambda stage, *_: stages.append(stage))
    assert "8 sets of channels, 13 paths to solve" in stages
    assert stages[0].startswith("stationary state")
    assert any(stage.startswith("set 8 of 8 · path 13 of 13") for stage in stages)
    assert any(stage.endswith(" left") for stage in stages)


def test_owners_are_told_on_the_course_that_acts_only(mild):
    solved = courses.solve(mild, only=["credit", "exit"], channels=True)
    assert solved.split is not None
    assert [segment.g.size > 0 for segment in solved.course.segments] == [True, True]
    assert solved.split[frozenset({"credit", "exit"})].segments == solved.course.segments
    sizes = {key: [segment.g.size for segment in course.segments] for key, course in solved.split.items()}
    assert sizes[frozenset({"exit"})] == [0]
    assert sizes[frozenset()] == []


def test_a_quick_split_stops_when_two_levels_agree(village):
    """Four channels: 10 sets are never enough, as there is nothing to agree with; then all."""
    chronicle = told(
        village,
        (
            FIRST, {"parameter": CREDIT, "multiply": 0.999}, {"parameter": FINE, "to": 0.1001},
            {"parameter": "edges.emigrate.cost", "add": 0.0001}, {"parameter": ACTUAL, "multiply": 1.001},
        ),
    )  # fmt: skip
    stages = []
    solved = courses.solve(
        chronicle, channels="quick", settled=settled, progress=lambda stage, *_: stages.append(stage)
    )
    assert solved.split is not None
    assert len(solved.split) == 16
    assert [stage for stage in stages if "to solve" in stage] == [
        "10 sets of channels, 9 paths to solve", "6 sets of channels, 6 paths to solve",
    ]  # fmt: skip
    solved = courses.solve(chronicle, channels="quick", settled=lambda _: True)
    assert len(solved.split or ()) == 10


@pytest.fixture(scope="module")
def eventful(village):
    """Everything at once, twice."""
    return courses.solve(told(village, *EVENTFUL))


def test_every_market_clears_and_goods_too(eventful):
    left = eventful.course.residuals
    for name in ("labor", "capital", "budget", "quota"):
        assert np.abs(left[name]).max() <= 1e-6, name
    gap = float(np.abs(left["foresight"]).max())  # they spend what they foresaw to earn
    assert gap <= 5e-5
    assert np.abs(left["walras"]).max() <= max(1e-6, 3.0 * gap)
    assert np.abs(left["mass"]).max() < 1e-12
    assert float(eventful.course.sums.least.min()) > -1e-9
    assert abs(eventful.certificate["walras"]["value"]) == pytest.approx(
        np.abs(left["walras"]).max(), abs=1e-6
    )


def test_wealth_grows_by_what_is_earned_and_neither_consumed_nor_taken_away(eventful):
    """The accounts of owners, statuses and all, written anew from the sums of each step."""
    course, economy = eventful.course, eventful.compiled.economy
    m = eventful.compiled.arrays
    s = course.sums.static
    wage, interest, transfer = np.exp(course.u[:, WAGE]), course.u[:, INTEREST], course.u[:, TRANSFER]
    spread = np.asarray(m.spread) + (1.0 - np.asarray(m.directed_to)) * course.u[:, [QUOTA]]
    costs = (wage * s.labor.T + (interest + 0.06) * s.capital.T).T + spread * s.credit
    profits = (1.0 - np.asarray(m.wedge)) * s.output - costs
    earned = (
        interest * s.wealth.sum(axis=1) + wage * s.labor_supply.sum(axis=1) + profits.sum(axis=1) + transfer
    )
    people, moved, taken = course.sums.moves
    leaves = np.asarray(m.leaves)
    lost = (taken * (1.0 - leaves)).sum(axis=1) + (moved * leaves).sum(axis=1)
    born = economy.entry.wealth * (people * leaves).sum(axis=1)
    saved = earned + born - lost - course.sums.consumption.sum(axis=1)
    begin = float(np.asarray(eventful.before.solved.point.static.wealth).sum())
    rate = np.diff(np.concatenate([[begin], course.sums.wealth])) / course.grid.length
    foreseen = np.abs(course.residuals["foresight"]).reshape(len(rate), -1).max(axis=1)
    assert np.all(np.abs(rate - saved) <= 1e-6 + 2.0 * foreseen)  # they save of what they foresaw to earn
    assert np.abs(rate).max() > 1e-2
    assert foreseen.max() < 0.01 * np.abs(rate).max()
    # what fines take is the rate times the fine, and goes up with the second event
    arc = inspections(eventful)
    fine = course.parameters["edges.inspection.fine"]
    np.testing.assert_allclose(taken[:, arc], fine[:, None] * moved[:, arc], rtol=1e-9)


def test_two_surprises_at_a_time_give_what_one_does(eventful, village, monkeypatch):
    """A surprise begins on the rough path of the one before, whether that is still being solved or not."""
    monkeypatch.setattr(programs, "THREADS", 1)
    alone = courses.solve(told(village, *EVENTFUL))
    np.testing.assert_array_equal(alone.course.u, eventful.course.u)
    for one, other in zip(alone.course.segments, eventful.course.segments, strict=True):
        np.testing.assert_array_equal(one.v_before, other.v_before)
        np.testing.assert_array_equal(one.g, other.g)


def test_a_surprise_begins_where_the_one_before_ends(eventful):
    """Claim: wealth at the first date of the second path is that at the last date of the first one, to
    rounding, though the second was begun on a rough path.
    """
    course = eventful.course
    first = int(np.argmax(course.grid.surprise == 1))
    wealth = course.sums.wealth
    assert course.residuals["mass"][first] == pytest.approx(0.0, abs=1e-12)
    begun = (course.segments[1].g.sum(axis=(1, 2)) * eventful.compiled.arrays.wealth).sum()
    assert begun == pytest.approx(float(wealth[first - 1]), rel=1e-12)


@pytest.mark.parametrize("threads", [1, 2])
def test_when_a_surprise_fails_the_next_ones_do_not_wait(village, monkeypatch, threads):
    monkeypatch.setattr(programs, "THREADS", threads)

    def fails(self, values, edges, *rest):
        if edges[0] == 0.0 and edges.size > 2:
            raise NotConverged("the first")
        return build(self, values, edges, *rest)

    build = courses.Solver._task
    monkeypatch.setattr(courses.Solver, "_task", fails)
    with pytest.raises(NotConverged, match="the first"):
        courses.solve(told(village, (FIRST, CUT), (SECOND, FEAR), ("2023-01-01", FORCE)))


def test_the_steps_of_a_course(eventful):
    grid = eventful.course.grid
    assert grid.time[0] == pytest.approx(0.0, abs=1e-12)
    middles = np.cumsum(grid.length) - 0.5 * grid.length
    np.testing.assert_allclose(grid.time, np.where(grid.length < 2e-4, middles - 5e-5, middles), atol=1e-9)
    assert set(grid.surprise) == {0, 1}
    begins = int(np.flatnonzero(grid.surprise == 1)[0])
    assert grid.date[begins].date().isoformat() == SECOND
    assert [segment.date.isoformat() for segment in eventful.course.segments] == [FIRST, SECOND]


def test_a_quota_that_binds_on_part_of_a_path(village):
    """A share of credit for the loyal, above what they have, for two years."""
    s = courses.solve(
        told(village, (FIRST, {"parameter": CREDIT, "multiply": 1.0}))
    ).before.solved.point.static
    free = float(s.credit[0] / s.credit.sum())
    asked = 1.15 * free
    chronicle = told(village, (FIRST, {"parameter": SHARE, "to": asked, "for": 2.0, "channel": "credit"}))
    solved = courses.solve(chronicle)
    course = solved.course
    share = course.sums.static.credit[:, 0] / course.sums.static.credit.sum(axis=1)
    added = course.u[:, QUOTA]
    during = course.grid.time < 2.0
    assert during.any()
    assert (~during).any()
    np.testing.assert_allclose(share[during], asked, atol=1e-6)
    assert (added[during] > 1e-3).all()
    np.testing.assert_allclose(added[~during], 0.0, atol=1e-8)
    assert (share[~during] < asked).all()
    np.testing.assert_allclose(course.parameters[SHARE], np.where(during, asked, 0.05))
    # between the last step before the end and the first one after it the quota binds up to the end
    path = paths.build(course, solved.compiled)
    spread = paths.at(path, [1.999, 2.001])["added_spread"].values
    last = int(np.flatnonzero(during)[-1])
    assert spread[0] == pytest.approx(added[last], rel=0.05)
    assert spread[1] == pytest.approx(0.0, abs=1e-8)


@pytest.mark.parametrize("factor", [2.0, 2.009, 2.011, 2.017])
def test_paths_next_to_kinks_are_found(factor):
    """In a small economy, after one surprise of more actual and perceived enforcement: decades ahead many
    like owners leave at once, and no step along a difference quotient narrows the gap.
    """
    small_economy = economies.loads(VILLAGE)
    more_enforcement = {"parameter": ACTUAL, "multiply": factor}
    chronicle = told(small_economy, (FIRST, more_enforcement, FEAR))
    certificate = courses.solve(chronicle).certificate
    assert abs(certificate["foresight"]["value"]) <= 5e-5
    assert abs(certificate["labor"]["value"]) <= 1e-6


@pytest.mark.slow
def test_a_path_that_cannot_be_found_is_no_answer(village):
    """A tolerance beyond rounding: the error says where, and how far off."""
    hopeless = village.with_({"numerics.tolerances.paths": 1e-18})
    with pytest.raises(NotConverged, match="no path from 2021-01-01") as caught:
        courses.solve(told(hopeless, (FIRST, CUT)))
    assert caught.value.residuals
    assert "tolerance" in str(caught.value)
    assert caught.value.last.u.shape[1] == 4  # prices of the path where the search stopped


def test_a_state_that_misses_its_tolerance_can_be_looked_at(village):
    with pytest.raises(NotConverged) as caught:
        dg.solve(village.with_({"numerics.tolerances.markets": 1e-18}))
    point = caught.value.last
    assert abs(float(point.conditions.labor)) < 1e-6
    assert float(point.distribution.g.sum()) == pytest.approx(1.0)


def test_an_end_out_of_range_is_refused(village):
    with pytest.raises(InputError):
        told(village, (FIRST, {"parameter": ACTUAL, "add": -0.1}))
