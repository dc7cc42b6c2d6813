"""Linear systems against dense algebra, and the operator of masses against that of values, on random
economies with every kind of arc and law of ability, under random decisions.
"""

import numpy as np
import pytest
from numerics_drawn import LAWS, compiled_of, decisions, declared

from dirigiste.numerics.operators import generator, hjb, kfe, linear


def operators(seed, law, discount=0.7):
    """The operator of values (arrivals at other rates than losses, as choices have it) and that of masses."""
    m = compiled_of(seed, law).arrays
    policy, gain, loss = decisions(m, np.random.default_rng(100 + seed))
    return (
        m,
        hjb.operator(m, policy, gain, loss, discount, tangent=True),
        kfe.prepare(m, policy, loss, discount),
    )


def product(m, op, births, x, transposed=False):
    out = np.empty_like(x)
    (linear.apply_transposed if transposed else linear.apply)(m, op, births, x, out)
    return out


def dense(m, op, births, transposed=False):
    """The matrix, column by column."""
    shape = op.exits.shape
    size = op.exits.size
    columns = [product(m, op, births, unit.reshape(shape), transposed).reshape(-1) for unit in np.eye(size)]
    return np.stack(columns, axis=1)


@pytest.mark.parametrize("law", LAWS)
def test_masses_move_by_the_exact_transpose(law):
    """Claim (docs/method.md, section 4): <y, A x> = <A' y, x> to rounding, for the operator of values and
    that of masses, whatever the graph, the law of ability and the decisions.
    """
    for seed in range(4):
        m, *both = operators(seed, law)
        rng = np.random.default_rng(seed)
        for op in both:
            for births in (True, False):
                x, y = rng.standard_normal((2, *op.exits.shape))
                forth, back = y * product(m, op, births, x), product(m, op, births, y, True) * x
                assert abs(forth.sum() - back.sum()) < 1e-13 * np.abs(forth).sum()


@pytest.mark.parametrize("law", LAWS)
def test_the_operator_is_what_the_graph_declares(law):
    """Claim (docs/method.md, sections 3 and 4): A = M (discount + losses - arrivals) - D, arrivals by the
    lotteries, draws and newborns that edges declare, and its transpose entry by entry.
    """
    m, back, forth = operators(5, law)
    for op, births in ((back, False), (forth, True)):
        expected = declared(m, op, births)
        scale = np.abs(expected).max()
        np.testing.assert_allclose(dense(m, op, births), expected, rtol=0, atol=1e-14 * scale)
        np.testing.assert_allclose(dense(m, op, births, True), expected.T, rtol=0, atol=1e-14 * scale)


@pytest.mark.parametrize("law", LAWS)
def test_mass_is_kept_on_any_graph(law):
    """Claim (docs/method.md, section 4): rows of D and Q sum to 0 and those of M to 1, so nobody is lost,
    under any decisions; and D applied to wealth and the lotteries keep mean wealth.
    """
    m = compiled_of(6, law).arrays
    rng = np.random.default_rng(6)
    policy, _, flow = decisions(m, rng)
    f = rng.exponential(size=policy.ahead.shape)
    drift = kfe.forward(m, policy, flow, f)
    assert abs(drift.sum()) < 1e-13 * np.abs(drift).sum()
    by_class = kfe.class_masses(m, drift)
    assert np.abs(by_class).max() < 1e-13 * np.abs(drift).sum()
    g, gap = kfe.node_masses(policy, f), np.diff(m.wealth)
    assert g.sum() == pytest.approx(f.sum(), rel=1e-14)
    saved = (f[:-1] * policy.speed_right[:-1] * gap[:, None, None]).sum()
    saved -= (f[1:] * policy.speed_left[1:] * gap[:, None, None]).sum()
    lost = 0.0
    for e in range(m.arcs.size):
        moved = (g[:, m.origin[e]] * flow[:, e]).sum(axis=1)
        lost += (moved * (m.wealth - (m.entry_wealth if m.leaves[e] else m.landing[e]))).sum()
    got = (drift * m.wealth[:, None, None]).sum()
    assert got == pytest.approx(saved - lost, abs=1e-12 * (abs(saved) + abs(lost)))


@pytest.mark.parametrize("law", LAWS)
def test_elimination_along_wealth_solves_what_no_arrival_couples(law):
    """Claim (`linear`): without arrivals, one sweep from anywhere is the solution, of A and of its
    transpose.
    """
    m = compiled_of(1, law).arrays.replace(mixing=0)
    policy, gain, loss = decisions(m, np.random.default_rng(1))
    op = hjb.operator(m, policy, np.zeros_like(gain), loss, 0.1, tangent=True)
    rng = np.random.default_rng(2)
    rhs, x, f = rng.standard_normal((3, *op.exits.shape))
    linear.sweep(m, op, False, rhs, x)
    np.testing.assert_allclose(product(m, op, False, x), rhs, atol=1e-11)
    y = kfe.node_masses(policy, f)
    linear.sweep_transposed(m, op, False, rhs, f, y)
    np.testing.assert_allclose(product(m, op, False, f, True), rhs, atol=1e-11)
    np.testing.assert_allclose(y, kfe.node_masses(policy, f), atol=1e-13)


@pytest.mark.parametrize("law", LAWS)
def test_sweeps_and_krylov_solve_the_system_and_its_transpose(law):
    """Claim (`linear`): sweeps over statuses alone converge where time steps are short; with GMRES around
    them the solution is that of dense algebra, for values and for masses.
    """
    m, back, forth = operators(7, law, discount=5.0)
    rng = np.random.default_rng(7)
    rhs = rng.standard_normal(back.exits.shape)
    flat = rhs.reshape(-1)
    exact = np.linalg.solve(declared(m, back, False), flat).reshape(rhs.shape)
    x = np.zeros_like(rhs)
    changes = [linear.sweep(m, back, False, rhs, x) for _ in range(60)]
    assert changes[-1] < 1e-12 * changes[0]
    np.testing.assert_allclose(x, exact, atol=1e-11 * np.abs(exact).max())
    x = hjb.solve_linear(m, back, rhs, 1e-12)
    np.testing.assert_allclose(x, exact, atol=1e-10 * np.abs(exact).max())
    exact = np.linalg.solve(declared(m, forth, True).T, flat).reshape(rhs.shape)
    f, y = np.zeros_like(rhs), np.zeros_like(rhs)
    changes = [linear.sweep_transposed(m, forth, True, rhs, f, y) for _ in range(60)]
    assert changes[-1] < 1e-12 * changes[0]
    np.testing.assert_allclose(f, exact, atol=1e-11 * np.abs(exact).max())
    np.testing.assert_allclose(y, linear_masses(forth, f), atol=1e-11 * np.abs(exact).max())
    f = kfe.forward_solve(m, forth, rhs, 1e-12)
    np.testing.assert_allclose(f, exact, atol=1e-10 * np.abs(exact).max())


def linear_masses(op, f):
    g = np.empty_like(f)
    linear.node_masses(op.ahead, op.behind, f, g)
    return g


def test_krylov_serves_systems_on_which_sweeps_do_not_end():
    """Claim (`linear`): stationary systems, with no more than the rate of discount on the diagonal, are
    solved by GMRES around one sweep to the accuracy asked for.
    """
    m, back, forth = operators(8, "diffusion", discount=0.01)
    rhs = np.random.default_rng(8).standard_normal(back.exits.shape)
    for op, solve, transposed in ((back, hjb.solve_linear, False), (forth, kfe.forward_solve, True)):
        for rtol in (1e-3, 1e-9):
            x = solve(m, op, rhs, rtol)
            left = product(m, op, transposed, x, transposed) - rhs
            assert np.linalg.norm(left) <= 1.01 * rtol * np.linalg.norm(rhs)


def test_arrivals_and_inflow_are_transposes():
    """Claim (`generator`): what owners reach, and where masses come from, read and write the same entries."""
    m, op, _ = operators(9, "markov")
    N, S, J = op.exits.shape
    x, y = np.random.default_rng(9).standard_normal((2, N, S, J))
    born, gone = generator.newborn(m, x), generator.leavers(m, op.rate, y)
    there, here, row = np.empty((S, N, J)), np.empty((S, N, J)), np.empty(J)
    for s in range(S):
        generator.arrivals(m, op.rate, born, x, s, there[s], row)
        generator.inflow(m, op.rate, gone, y, s, here[s], row)
    one = (y * np.moveaxis(there, 0, 1)).sum()
    assert one == pytest.approx((x * np.moveaxis(here, 0, 1)).sum(), rel=1e-12)


def test_gmres_solves_what_the_preconditioner_leaves_out():
    """Claim: `gmres` solves (M + rest) x = rhs given rest and M^-1, to the relative residual asked for."""
    rng = np.random.default_rng(7)
    main = np.diag(rng.uniform(1, 2, 30))
    rest = 0.1 * rng.normal(size=(30, 30))
    rhs = rng.normal(size=(5, 6))

    def solve(rtol):
        return linear.gmres(
            lambda x: (rest @ x.reshape(-1)).reshape(x.shape),
            lambda x: (x.reshape(-1) / np.diagonal(main)).reshape(x.shape),
            rhs,
            rtol=rtol,
            steps=30,
        )

    exact = np.linalg.solve(main + rest, rhs.reshape(-1))
    tight, rough = solve(1e-12), solve(1e-2)
    np.testing.assert_allclose(tight.x.reshape(-1), exact, rtol=1e-9, atol=1e-10)
    left = np.linalg.norm((main + rest) @ rough.x.reshape(-1) - rhs.reshape(-1)) / np.linalg.norm(rhs)
    assert 1e-6 < left <= 1e-2
    assert left == pytest.approx(rough.residual, rel=1e-6)
    assert np.abs(linear.gmres(lambda x: x, lambda x: x, np.zeros(3), rtol=1e-8, steps=4).x).max() == 0
