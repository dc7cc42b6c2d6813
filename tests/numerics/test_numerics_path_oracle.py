"""A path of prices against a calculation of its own (`numerics_savers`), in the limit of small steps."""

import numpy as np
import pytest
from numerics_economies import economy
from numerics_savers import PRODUCTIVITY, SAVERS, at_rest, interest, limit, productivity, rest

from dirigiste.numerics.setup import timed
from dirigiste.numerics.stationary import certificate, equilibrium
from dirigiste.numerics.transition import perfect_foresight as transition
from dirigiste.numerics.transition import residuals as path_residuals
from dirigiste.numerics.transition import sequence
from dirigiste.numerics.transition.path import Begin
from dirigiste.numerics.transition.steps import STAGES

LENGTHS = np.concatenate([np.full(16, 0.125), 0.125 * 1.1 ** np.arange(1, 36)])
EDGES = np.concatenate([[0.0], np.cumsum(LENGTHS)])
T = LENGTHS.size
AT = productivity(0.5 * (EDGES[1:] + EDGES[:-1]))
"""Productivity in the middle of each step of the program."""


@pytest.fixture(scope="module")
def theirs():
    """Stationary prices before and after, and the path in the middle of the program's steps."""
    before, _, g0 = rest(1.0, np.log([0.7, 0.08]))
    after, v_end, _ = rest(1.01, before)
    path = limit(EDGES, g0, v_end, after)
    assert path.error < 1e-6
    return interest(before), interest(after), path


@pytest.fixture(scope="module")
def ours():
    frame = timed.frame(economy(SAVERS), {PRODUCTIVITY: (1.0, 1.05)})
    ends = []
    for q in (1.0, 1.01):
        compiled = frame.at({PRODUCTIVITY: q})
        ends.append(equilibrium.solve(compiled, ends[0].as_start() if ends else None))
        certificate.certificate(compiled, ends[-1])
    before, after = (end.point for end in ends)
    kernel = sequence.kernel(frame.compiled, before)
    over = frame.over({PRODUCTIVITY: AT}, T)
    begin = Begin(before.distribution.f, before.distribution.g)
    task = transition.Task(over, LENGTHS, begin, after.values.v)
    u = np.tile(np.asarray(after.u), (T, 1))
    guess = transition.Guess(u, u, np.tile(after.values.v, (T, STAGES, 1, 1, 1)))
    solution = transition.solve(frame.compiled.arrays, task, kernel, guess, target=1e-8, hjb=1e-10)
    assert solution.gap <= 1e-8
    assert np.abs(path_residuals.residuals(frame.compiled, task, solution)["walras"]).max() < 1e-7
    return before, after, solution


def test_stationary_prices(ours, theirs):
    for one, other in zip(ours[:2], theirs[:2], strict=True):
        np.testing.assert_allclose(one.u[:2], other, atol=2e-7)


def test_the_oracle_from_other_starts(theirs):
    """Claim: stationary prices and their masses do not depend on where the search began."""
    x, v, _ = rest(1.0, np.log([0.65, 0.1]))
    np.testing.assert_allclose(interest(x), theirs[0], atol=1e-9)
    again, _ = at_rest(x, 1.0, v - 1.0)
    np.testing.assert_allclose(again, v, atol=1e-9)


def test_wage_and_interest_along_the_path(ours, theirs):
    """Claim: within 2e-5 of the limit of small steps in the middle of every step, where the change is a
    hundredth; same nodes, another program and another scheme in time.
    """
    result, expected = ours[2].u[:, :2], theirs[2].prices
    assert np.ptp(expected, axis=0).min() > 1e-3
    np.testing.assert_allclose(result, expected, atol=2e-5)


def test_output_along_the_path(ours, theirs):
    output = np.asarray(ours[2].sums.static.output).sum(axis=1)
    np.testing.assert_allclose(np.log(output), theirs[2].log_output, atol=2e-5)
