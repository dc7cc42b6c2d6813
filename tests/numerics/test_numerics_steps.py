"""Steps in time: two stages each, of second order, forwards the transpose of backwards (docs/method.md,
section 8).
"""

import numpy as np
import pytest
from numerics_drawn import LAWS, compiled_of, decisions, declared

from dirigiste.numerics.operators import generator, hjb, kfe
from dirigiste.numerics.operators.policy import Policy
from dirigiste.numerics.setup import timed
from dirigiste.numerics.setup.arrays import compile_economy
from dirigiste.numerics.stationary.point import choices, setting_of
from dirigiste.numerics.transition import path, steps
from dirigiste.numerics.transition.path import Begin, Room
from dirigiste.numerics.transition.steps import BETA, GAMMA, STAGES, Decisions

END, BEGINNING = range(STAGES)
"""The stages of a step, at its end and at its beginning."""


LAWS_AND_STEPS = [(law, 1.0 / 12.0) for law in LAWS] + [("redraw", 1e-4), ("diffusion", 2.0)]


def rows(d, k):
    """Stage k of decisions, as the stationary state has them, and flows along arcs."""
    none = np.zeros_like(d.ahead[0, k])
    policy = Policy(
        ahead=d.ahead[0, k],
        behind=d.behind[0, k],
        speed_right=d.right[0, k],
        speed_left=d.left[0, k],
        tangent_right=none,
        tangent_left=none,
        right=none,
        left=none,
        consumption=d.consumption[0, k],
        residual=none,
        scale=none,
    )
    return policy, d.flow[0, k]


def drawn_decisions(m, seed):
    """Random decisions of one step, other ones in each stage."""
    rng, result = np.random.default_rng(seed), Decisions.room(1, m)
    for k in range(STAGES):
        policy, flow, _ = decisions(m, rng)
        result.ahead[0, k], result.behind[0, k] = policy.ahead, policy.behind
        result.right[0, k], result.left[0, k] = policy.speed_right, policy.speed_left
        result.consumption[0, k] = rng.uniform(0.1, 2.0, policy.ahead.shape)
        result.flow[0, k] = flow
    return result


def masses(m, rng):
    """Random node masses that have the masses of their classes."""
    return kfe.to_class_masses(m, rng.exponential(size=(m.wealth.size, m.status.size, m.ability.size)))


def a_step(m, d, dt, g):
    """Row masses f (STAGES, ...) and node masses h, k of a step of masses, by its two stages."""
    f, y = np.zeros((STAGES, *g.shape)), np.zeros((STAGES, *g.shape))
    x = steps.scratch(m)
    before = g
    for stage in (BEGINNING, END):
        p, flow = rows(d, stage)
        speeds = p.speed_right, p.speed_left
        length, into = GAMMA * dt, (f[stage], y[stage])
        steps.masses(m, length, p.ahead, p.behind, *speeds, flow, before, *into, 1e-15, x)
        before = y[stage]
    return f, y[BEGINNING], y[END]


def expectations(m, d, dt):
    """The matrix from what states are worth after a step to what is expected before it, decisions fixed: two
    stages of [M/(GAMMA dt) - D - M Q] x = M w/(GAMMA dt), by dense algebra.
    """
    size = m.wealth.size * m.status.size * m.ability.size

    def stage(k):
        p, flow = rows(d, k)
        op = kfe.prepare(m, p, flow, 1.0 / (GAMMA * dt))
        M = [kfe.node_masses(p, unit.reshape(p.ahead.shape)).reshape(-1) for unit in np.eye(size)]
        return np.linalg.solve(declared(m, op, True), np.stack(M) / (GAMMA * dt))

    return stage(BEGINNING) @ (np.eye(size) + BETA * (stage(END) - np.eye(size)))


@pytest.mark.parametrize(("law", "dt"), LAWS_AND_STEPS)
def test_masses_are_the_transpose_of_expectations(law, dt):
    """Claim (13), (14): what masses are worth after a step is what they are expected to be worth before
    it, on any graph, with decisions of their own in each stage.
    """
    m = compiled_of(11, law).arrays
    d, rng = drawn_decisions(m, 12), np.random.default_rng(13)
    worth = rng.standard_normal(d.ahead.shape[2:])
    g = masses(m, rng)
    _, h, k = a_step(m, d, dt, g)
    later = h + BETA * (k - h)
    expected = expectations(m, d, dt)
    now = (expected @ worth.reshape(-1)).reshape(worth.shape)
    assert (g * now).sum() == pytest.approx((later * worth).sum(), rel=1e-11, abs=1e-11)
    assert abs((g * worth).sum() - (later * worth).sum()) > 1e-7 * dt
    np.testing.assert_allclose(expected.sum(axis=1), 1.0, rtol=1e-10)  # a constant is expected to stay


@pytest.mark.parametrize(("law", "dt"), LAWS_AND_STEPS)
def test_masses_move_by_the_forward_equation(law, dt):
    """Claim (14): m_later - m = dt [GAMMA G2' h + (1-GAMMA) G1' k], G' the forward operators of the
    stages at the beginning and at the end; so mass is kept, and wealth moves by what owners earn, spend
    and lose over the masses at which markets clear, GAMMA h + (1-GAMMA) k, and their row masses.
    """
    m = compiled_of(14, law).arrays
    d, g = drawn_decisions(m, 15), masses(m, np.random.default_rng(16))
    f, h, k = a_step(m, d, dt, g)
    later = h + BETA * (k - h)
    drift = GAMMA * kfe.forward(m, *rows(d, BEGINNING), f[BEGINNING])
    drift += (1.0 - GAMMA) * kfe.forward(m, *rows(d, END), f[END])
    np.testing.assert_allclose(later - g, dt * drift, atol=1e-12)
    assert later.sum() == pytest.approx(1.0, abs=1e-13)

    room = Room.of(m, 1)._replace(decisions=d)
    ms, lengths = timed.always(m, 1), np.array([dt])
    forth = path.forwards(ms, room, lengths, Begin(g, g), 1e-15)
    np.testing.assert_allclose(forth.later[0], later, atol=1e-13)
    np.testing.assert_allclose(forth.g[0], GAMMA * h + (1.0 - GAMMA) * k, atol=1e-13)
    flows = forth.flows
    np.testing.assert_allclose(flows.mass[0], forth.g[0].sum(axis=(0, 2)), rtol=1e-12)
    assert flows.top[0] == pytest.approx(forth.g[0, -1].sum(), rel=1e-12)
    assert flows.least[0] == min(forth.g.min(), 0.0)
    wealth = m.wealth[:, None, None]
    assert flows.wealth[0] == pytest.approx((later * wealth).sum(), rel=1e-12)
    gap = np.diff(m.wealth)[:, None, None]
    saved = 0.0
    people = np.zeros(m.arcs.size)
    consumed = np.zeros(m.status.size)
    for weight, stage, node in ((GAMMA, BEGINNING, h), (1.0 - GAMMA, END, k)):
        p, flow = rows(d, stage)
        saved += weight * (f[stage][:-1] * p.speed_right[:-1] * gap).sum()
        saved -= weight * (f[stage][1:] * p.speed_left[1:] * gap).sum()
        consumed += weight * (f[stage] * p.consumption).sum(axis=(0, 2))
        people += weight * (node[:, m.origin] * flow).sum(axis=(0, 2))
    np.testing.assert_allclose(flows.moves.people[0], people, rtol=1e-11)
    np.testing.assert_allclose(flows.consumption[0], consumed, rtol=1e-11)
    moves = flows.moves
    lost = (moves.taken[0] + m.leaves * (moves.wealth - moves.taken)[0]).sum()
    lost -= m.entry_wealth * (m.leaves * moves.people[0]).sum()
    change = flows.wealth[0] - (g * wealth).sum()
    assert change == pytest.approx(dt * (saved - lost), rel=1e-9, abs=1e-11)


# values, on a solved economy with every kind of edge


def backwards(m, u, lengths, end, guess=None, tolerance=1e-12):
    room = Room.of(m, lengths.size)
    us = np.tile(u, (lengths.size, 1))
    v = np.tile(end if guess is None else guess, (lengths.size, STAGES, 1, 1, 1))
    result = path.backwards(
        timed.always(m, lengths.size), room, us, us, lengths, end, v,
        exact=True, tolerance=tolerance, linear_tolerance=1e-10,
    )  # fmt: skip
    return result, room


def test_values_at_rest_stay_and_forget_where_they_end(triangle):
    """A step from the stationary values is at rest, whatever the guess; from others it forgets where they
    were at the rate of discount.
    """
    m, point = triangle.compiled.arrays, triangle.point
    v = point.values.v
    result, room = backwards(m, point.u, np.array([0.25]), v, v + 0.01)
    assert result.residual[0] < 1e-10
    for k in range(STAGES):
        np.testing.assert_allclose(result.v[0, k], v, atol=1e-9)
        np.testing.assert_allclose(room.decisions.flow[0, k], point.values.hazards.flow, atol=1e-8)
        np.testing.assert_allclose(room.decisions.ahead[0, k], point.values.policy.ahead, atol=1e-8)
        np.testing.assert_allclose(room.decisions.right[0, k], point.values.policy.speed_right, atol=1e-7)
    for dt in (0.25, 4.0):
        result, _ = backwards(m, point.u, np.array([dt]), v + 0.02, v)
        assert result.residual[0] < 1e-10
        z = -0.06 * dt
        fades = (1.0 + (1.0 - 2.0 * GAMMA) * z) / (1.0 - GAMMA * z) ** 2
        assert fades == pytest.approx(np.exp(z), abs=0.1 * abs(z) ** 3)
        left = (result.v[0, BEGINNING] - v) / (0.02 * fades)
        assert np.median(left) == pytest.approx(1.0, abs=2e-3)
        assert left.max() < 1.0 + 1e-3  # less where owners may go abroad, whose values stay
        assert left.min() > 0.5


@pytest.mark.parametrize("sigma", [1.0, 2.0, 1.0001])
def test_values_read_the_rows_by_which_masses_move(sigma):
    """Claim (11), (13): with the decisions that a stage hands to the masses, M R - D V is utility of
    consumption, R = rho V - Q V - jumps + (V - W)/(GAMMA dt), at every owner who goes one way.
    """
    compiled = compiled_of(20, "markov", preferences__sigma=sigma)
    m, dt = compiled.arrays, 0.5
    u = np.array([np.log(0.6), 0.02, 0.03, 0.0])
    rng = np.random.default_rng(21)
    level = rng.uniform(0.9, 1.1, (1, m.status.size, m.ability.size))
    c = 0.3 + 0.1 * np.sqrt(m.wealth[:, None, None]) * level
    w = np.empty_like(c)
    hjb._utility(m, c, w)
    w /= m.rho
    result, room = backwards(m, u, np.array([dt]), w)
    prices, firms, reach = choices(m, u)
    d, start = room.decisions, w
    for k in range(STAGES):
        v = result.v[0, k]
        h = hjb.hazards(m, v, reach)
        r = np.empty_like(v)
        hjb.rest(m, v, h.worth, r)
        r += (v - start) / (GAMMA * dt)
        p, flow = rows(d, k)
        np.testing.assert_allclose(flow, h.flow, rtol=1e-7, atol=1e-12)
        read = (1.0 - p.ahead - p.behind) * r
        read[:-1] += p.ahead[:-1] * r[1:]
        read[1:] += p.behind[1:] * r[:-1]
        read[:-1] -= p.speed_right[:-1] * np.diff(v, axis=0)
        read[1:] += p.speed_left[1:] * np.diff(v, axis=0)
        utility = np.empty_like(v)
        hjb._utility(m, p.consumption, utility)
        one_way = (p.speed_right == 0.0) | (p.speed_left == 0.0)
        assert one_way.mean() > 0.95
        assert (p.speed_right > 0).mean() > 0.05
        assert (p.speed_left > 0).mean() > 0.05
        in_logs = (read - utility) / p.consumption ** (1.0 - sigma)
        assert np.abs(in_logs[one_way]).max() < 1e-9
        income = hjb.income(m, firms, prices)
        saves = np.zeros_like(v)
        saves[:-1] += p.speed_right[:-1] * np.diff(m.wealth)[:, None, None]
        saves[1:] -= p.speed_left[1:] * np.diff(m.wealth)[:, None, None]
        weighted = (1.0 - p.ahead - p.behind) * income
        weighted[:-1] += p.ahead[:-1] * income[1:]
        weighted[1:] += p.behind[1:] * income[:-1]
        np.testing.assert_allclose(saves, weighted - p.consumption, atol=1e-12)  # nobody's goods are lost
        start = w + BETA * (result.v[0, END] - w)


HARSHER = {
    "statuses.free.collateral": 1.3,
    "edges.crackdown.perceived": 0.16,
    "edges.crackdown.actual": 0.1,
    "edges.join.cost": 0.02,
}


@pytest.fixture(scope="module")
def after_a_change(triangle):
    """Values at the beginning and masses at the end of four years of a harsher policy at given prices, in so
    many steps.
    """
    point, m = triangle.point, compile_economy(triangle.economy.with_(HARSHER)).arrays

    def solve(count):
        lengths = np.full(count, 4.0 / count)
        back, room = backwards(m, point.u, lengths, point.values.v)
        begin = Begin(point.distribution.f, point.distribution.g)
        forth = path.forwards(timed.always(m, count), room, lengths, begin, 1e-15)
        return back.v[0, BEGINNING], forth.later[-1]

    return solve


def test_second_order_in_the_time_step(triangle, after_a_change):
    """Claim (docs/method.md, section 8): at given prices, half the step brings a quarter of the error, in
    values (worst and mean, in logs of consumption), wealth and people.
    """
    wealth = triangle.compiled.arrays.wealth
    v, g = after_a_change(192)
    errors = []
    for count in (6, 12, 24):
        result, masses_ = after_a_change(count)
        logs, moved = 0.06 * np.abs(result - v), masses_ - g
        by_status = moved.sum(axis=(0, 2))
        errors.append([logs.max(), logs.mean(), moved.sum(axis=(1, 2)) @ wealth, *by_status])
    errors = np.abs(errors)
    ratios = errors[:-1] / errors[1:]
    assert (ratios > 3.6).all(), ratios
    assert (ratios < 4.6).all(), ratios
    assert errors[-1, 1] < 1.5e-6  # at two months
    assert errors[0, 0] > 1e-5


def test_a_stationary_state_stays_one(triangle):
    """Claim (docs/method.md, section 8): whatever the steps, short or long."""
    m, point = triangle.compiled.arrays, triangle.point
    lengths = np.array([1e-4, 0.3, 1.0 / 12.0, 7.0, 0.02, 50.0])
    result, room = backwards(m, point.u, lengths, point.values.v)
    begin = Begin(point.distribution.f, point.distribution.g)
    forth = path.forwards(timed.always(m, lengths.size), room, lengths, begin, 1e-15)
    assert np.abs(result.v - point.values.v).max() < 1e-7
    for g in (forth.g, forth.later):
        assert np.abs(g - point.distribution.g).sum(axis=(1, 2, 3)).max() < 1e-9


def test_masses_that_are_no_numbers_are_no_guess_for_the_next(triangle):
    """Claim: after masses that went astray, those of the next round are what they are from a fresh start."""
    m, point = triangle.compiled.arrays, triangle.point
    lengths = np.array([1e-4, 0.3, 2.0])
    _, room = backwards(m, point.u, lengths, point.values.v)
    f, g = point.distribution.f, point.distribution.g
    lost = path.forwards(timed.always(m, 3), room, lengths, Begin(f, np.full_like(g, np.nan)), 1e-12)
    assert not np.isfinite(lost.g).any()
    again = path.forwards(timed.always(m, 3), room, lengths, Begin(f, g), 1e-12)
    assert np.abs(again.later - g).sum(axis=(1, 2, 3)).max() < 1e-9


def test_a_state_is_settled_at_its_own_value(triangle):
    """Claim: the residual of a state from the few nodes around it is that of the whole grid, and from values
    that are off at single states each of them is led back to where its residual is 0.
    """
    point, m = triangle.point, triangle.compiled.arrays
    N, S, J = point.values.v.shape
    given = setting_of(m, point.u, point.u)
    fastest = np.empty((S, J))
    generator.fill_fastest(m, fastest)
    x, v = steps.scratch(m), point.values.v.copy()
    off = [(0, 0, 1), (1, 1, 2), (N // 2, 2, 3), (N - 1, 0, J - 1)]
    for n, s, j in off:
        v[n, s, j] += 0.3 * (point.values.v[min(n + 1, N - 1), s, j] - point.values.v[max(n - 1, 0), s, j])
    shifted = v.copy()
    policy, h, _ = hjb.evaluate(m, given, v)
    x.residual[:], x.scale[:] = policy.residual, policy.scale
    generator.rest(m, v, h.worth, x.rest)
    generator.exits(m, h.loss, m.rho, x.exits)
    for n, s, j in off:
        first, last = max(n - 1, 0), min(n + 2, N)
        room = np.empty((steps.ROOM, last - first, 1))
        for k, values in enumerate((v, given.income, x.rest)):
            room[k, :, 0] = values[first:last, s, j]
        near = steps._around(m, first, last, s)
        own, here = x.exits[n, s, j], fastest[s, j : j + 1]
        alone = steps._residual(near, here, n - first, v[n, s, j], own, room)
        assert alone == pytest.approx(policy.residual[n, s, j] / policy.scale[n, s, j], rel=1e-12)
        root = steps._root(near, here, n - first, own, 1e-10, room)
        assert abs(steps._residual(near, here, n - first, root, own, room)) <= 1e-10
    steps._settle(m, fastest, 1e-9, v, given.income, x)
    for n, s, j in off:  # at least half the way back; neighbours were led astray before them
        right = point.values.v[n, s, j]
        assert abs(v[n, s, j] - right) < 0.5 * abs(shifted[n, s, j] - right)
