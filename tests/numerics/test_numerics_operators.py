"""The generator of a solved economy with every kind of edge, against one built entry by entry from the
declaration.
"""

import numpy as np
import pytest
from numerics_economies import TRIANGLE, economy
from scipy.integrate import quad

from dirigiste.numerics.operators import generator, hjb, kfe
from dirigiste.numerics.setup.abroad import abroad_value
from dirigiste.numerics.setup.arrays import compile_economy


def dense_jumps(result):
    """Q with actual rates, rows over (wealth, status, ability): ability, edges, newborns."""
    m, point = result.compiled.arrays, result.point
    nodes = m.wealth
    N, S, J = point.values.v.shape
    flow = point.values.hazards.flow
    weights, chain = m.stationary, m.switching
    edges, entry = result.economy.edges_by_name, result.economy.entry
    Q = np.zeros((N, S, J, N, S, J))

    def land(wealth):
        """The lottery that keeps mean wealth, as weights on nodes."""
        return np.array([np.interp(wealth, nodes, unit) for unit in np.eye(N)])

    for n in range(N):
        for s in range(S):
            Q[n, s, :, n, s, :] += chain
        for e, arc in enumerate(result.compiled.arcs):
            edge = edges[arc.edge]
            for j in range(J):
                if edge.to == "abroad":
                    to, wealth, drawn = result.index(entry.status), entry.wealth, True
                else:
                    to = result.index(edge.to)
                    wealth, drawn = (
                        max((1 - edge.fine) * nodes[n] - edge.fee, nodes[0]),
                        edge.ability == "redraw",
                    )
                abilities = weights if drawn else np.eye(J)[j]
                Q[n, arc.origin, j, :, to, :] += flow[n, e, j] * np.outer(land(wealth), abilities)
                Q[n, arc.origin, j, n, arc.origin, j] -= flow[n, e, j]
    return Q.reshape(N * S * J, N * S * J)


def dense_rows(policy):
    """M (who reads what) and D (drift), rows over (wealth, status, ability)."""
    N, S, J = policy.right.shape
    M, D = (np.zeros((N, S, J, N, S, J)) for _ in range(2))
    for here in np.ndindex(N, S, J):
        n, s, j = here
        M[here][here] = 1 - policy.ahead[here] - policy.behind[here]
        D[here][here] = -policy.speed_right[here] - policy.speed_left[here]
        if n + 1 < N:
            M[here][n + 1, s, j] = policy.ahead[here]
            D[here][n + 1, s, j] = policy.speed_right[here]
        if n > 0:
            M[here][n - 1, s, j] = policy.behind[here]
            D[here][n - 1, s, j] = policy.speed_left[here]
    size = N * S * J
    return M.reshape(size, size), D.reshape(size, size)


@pytest.fixture(scope="module")
def dense(triangle):
    return dense_jumps(triangle), *dense_rows(triangle.point.values.policy)


def test_the_forward_operator_is_the_transpose_of_the_declared_generator(triangle, dense):
    """Claim (docs/method.md, section 4): the distribution moves by the exact adjoint of the generator with
    actual rates.
    """
    Q, M, D = dense
    A = D + M @ Q
    point, rng = triangle.point, np.random.default_rng(1)
    shape = point.values.v.shape
    for _ in range(3):
        f = rng.uniform(0, 1, shape)
        got = kfe.forward(triangle.compiled.arrays, point.values.policy, point.values.hazards.flow, f)
        np.testing.assert_allclose(got.reshape(-1), A.T @ f.reshape(-1), atol=1e-11 * np.abs(A).max())


def test_rows_sum_to_nothing_and_off_diagonals_are_rates(dense):
    """Claim (kfe.py): rows of D and Q sum to 0, those of M to 1, nothing off the diagonal is negative, so
    mass is kept and no state ever gets negative mass.
    """
    Q, M, D = dense
    assert np.abs(Q.sum(axis=1)).max() < 1e-13
    assert np.abs(D.sum(axis=1)).max() < 1e-12 * np.abs(D).max()
    np.testing.assert_allclose(M.sum(axis=1), 1, atol=1e-14)
    for A in (Q, D, M):
        assert (A - np.diag(np.diag(A))).min() >= 0
    forward = D.T + Q.T @ M.T
    assert (forward - np.diag(np.diag(forward))).min() > -1e-12


def test_the_stationary_distribution_is_the_null_vector(triangle, dense):
    """Claim: what is returned is the probability vector that the forward operator maps to 0."""
    Q, M, D = dense
    A = (D + M @ Q).T
    A[-1] = 1.0
    size = A.shape[0]
    f = np.linalg.solve(A, np.eye(size)[-1])
    g = M.T @ f
    got = triangle.point.distribution.g.reshape(-1)
    np.testing.assert_allclose(got, g / g.sum(), atol=1e-11)
    assert got.min() > -1e-16
    assert got.sum() == pytest.approx(1, abs=1e-12)


def test_wealth_is_kept(triangle, dense):
    """Claim (kfe.py): the drift of the rows moves mean wealth by income less consumption, jumps by what
    they take; in a stationary state the two cancel to rounding.
    """
    Q, _, D = dense
    point, m = triangle.point, triangle.compiled.arrays
    g, f = point.distribution.g, point.distribution.f
    a = np.broadcast_to(m.wealth[:, None, None], g.shape).reshape(-1)
    income = hjb.income(m, point.firms, point.prices)
    consumption = point.values.policy.consumption
    saved = (g * income).sum() - (f * consumption).sum()
    assert f.reshape(-1) @ D @ a == pytest.approx(saved, abs=1e-11)
    moved = point.moves
    born = triangle.economy.entry.wealth * float((m.leaves * moved.people).sum())
    lost = float(moved.taken.sum()) + float((m.leaves * (moved.wealth - moved.taken)).sum()) - born
    assert g.reshape(-1) @ Q @ a == pytest.approx(-lost, abs=1e-11)
    assert saved == pytest.approx(lost, abs=1e-10)


def test_people_move_by_actual_rates_and_owners_decide_on_perceived_ones(triangle):
    """Claim (docs/method.md, section 3): an enforcement edge moves people at `actual` chi and is valued at
    `perceived` chi, with chi = size^zeta/(size^zeta + ref^zeta), 0 for an owner who runs no firm.
    """
    point, m = triangle.point, triangle.compiled.arrays
    e, origin = triangle.arc("crackdown")[0], triangle.index("free")
    edge = triangle.economy.edges_by_name["crackdown"]
    k, share = (x[:, origin] for x in (point.firms.capital, point.firms.share))
    reach = share * k**1.5 / (k**1.5 + edge.size.ref**1.5)
    np.testing.assert_allclose(point.values.hazards.flow[:, e], edge.actual * reach, rtol=1e-12)
    v, nodes = point.values.v, m.wealth
    there = np.stack(
        [np.interp(0.9 * nodes, nodes, v[:, triangle.index("apart"), j]) for j in range(v.shape[2])], axis=1
    )
    worth = edge.perceived * reach * (there - v[:, origin])
    np.testing.assert_allclose(point.values.hazards.worth[:, e], worth, rtol=1e-9, atol=1e-12)
    assert triangle.people("crackdown") == pytest.approx(
        edge.actual * float((reach * point.distribution.g[:, origin]).sum()), rel=1e-12
    )


@pytest.mark.parametrize("sigma", [1.0, 0.7, 1.5, 0.98, 1.0001])
def test_choices_are_worth_the_expected_maximum_over_logistic_tastes(sigma):
    """Claim (docs/method.md, section 3): a choice is taken with probability 1/(1+exp(-Delta/s)), and the
    option is worth chi [U(v e^G) - V]; G is the mean of max(Delta + taste, 0) over logistic tastes. gain and
    loss are its derivatives.
    """
    compiled = compile_economy(economy(TRIANGLE, {"preferences.sigma": sigma}))
    layout, m = compiled.layout, compiled.arrays
    rng = np.random.default_rng(2)
    shape = layout.nodes, layout.statuses, layout.abilities
    rho = float(m.rho)
    level = 0.5 + np.sort(rng.uniform(0, 2, shape), axis=0)
    level[:, 1] *= np.exp(0.05 * rng.normal(size=(shape[0], shape[2])))

    def worth_of(c):  # near log utility values are kept less a constant
        return np.log(c) / rho if sigma == 1 else c ** (1 - sigma) / (1 - sigma) / rho - m.shift

    v = worth_of(level)
    reach = np.ones((layout.nodes, layout.arcs, layout.abilities))
    h = generator.hazards(m, v, reach)
    e = next(n for n, arc in enumerate(compiled.arcs) if arc.edge == "join")
    free, favoured = compiled.statuses.index("free"), compiled.statuses.index("favoured")
    edge = compiled.economy.edges_by_name["join"]
    n, j = 30, 2
    delta = np.log(level[n, favoured, j] / level[n, free, j]) - edge.cost

    def density(x):
        return np.exp(-abs(x) / edge.scale) / (1 + np.exp(-abs(x) / edge.scale)) ** 2 / edge.scale

    G = quad(lambda x: max(delta + x, 0.0) * density(x), -delta, -delta + 60 * edge.scale)[0]
    taken = quad(density, -delta, -delta + 60 * edge.scale)[0]
    assert float(h.flow[n, e, j]) == pytest.approx(edge.rate * taken, rel=1e-7)
    assert float(h.worth[n, e, j]) == pytest.approx(
        edge.rate * (worth_of(level[n, free, j] * np.exp(G)) - v[n, free, j]), rel=1e-7
    )
    for status, slope in ((favoured, float(h.gain[n, e, j])), (free, -float(h.loss[n, e, j]))):
        step = 1e-5 * abs(v[n, status, j])
        up, down = v.copy(), v.copy()
        up[n, status, j] += step
        down[n, status, j] -= step
        ends = [float(generator.hazards(m, x, reach).worth[n, e, j]) for x in (up, down)]
        assert slope == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=1e-5)


@pytest.mark.parametrize(
    ("sigma", "growth"), [(1.0, 0.0), (1.0, 0.01), (0.7, 0.0), (2.0, 0.01), (1.02, 0.01)]
)
def test_life_abroad_is_worth_its_consumption_path(sigma, growth):
    """Claim (docs/method.md, section 3): V* = int exp(-rho' t) u(c_t) dt with c = theta x, x growing at (r*
    - g) - theta, where x is wealth and the value of earnings; rho' = rho - (1-sigma) g.
    """
    result = economy(
        TRIANGLE, {"preferences.sigma": sigma, "technology.growth": growth, "abroad.interest": 0.04}
    )
    compiled = compile_economy(result)
    value = abroad_value(compiled.arrays)
    e = next(n for n, arc in enumerate(compiled.arcs) if arc.edge == "emigrate")
    assert np.abs(np.delete(value, e, axis=0)).max() == 0
    rho, net = 0.06 - (1 - sigma) * growth, 0.04 - growth
    theta = (rho - (1 - sigma) * net) / sigma
    for n in (5, 40):
        x = 0.8 * float(compiled.arrays.wealth[n]) + 0.3 / net

        def flow(t, x=x):
            c = theta * x * np.exp((net - theta) * t)
            return np.exp(-rho * t) * (np.log(c) if sigma == 1 else c ** (1 - sigma) / (1 - sigma))

        whole = value[e, n] + compiled.arrays.shift
        assert whole == pytest.approx(quad(flow, 0, 1500, limit=500)[0], rel=1e-6)
