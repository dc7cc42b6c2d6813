"""Perfect-foresight paths of one economy of one status: rest, accuracy in time, small shocks, bounds, and
goods.
"""

from typing import NamedTuple

import numpy as np
import pytest
from numerics_economies import LONE, TRIANGLE, economy

from dirigiste.numerics.setup import timed
from dirigiste.numerics.setup.arrays import Compiled
from dirigiste.numerics.setup.timed import Frame
from dirigiste.numerics.stationary import certificate, equilibrium
from dirigiste.numerics.stationary.point import INTEREST, WAGE
from dirigiste.numerics.transition import perfect_foresight as transition
from dirigiste.numerics.transition import residuals as path_residuals
from dirigiste.numerics.transition import search, sequence
from dirigiste.numerics.transition.path import Begin
from dirigiste.numerics.transition.perfect_foresight import Solved, Task
from dirigiste.numerics.transition.sequence import Kernel

PRODUCTIVITY = "statuses.everyone.productivity"
COLLATERAL = "statuses.everyone.collateral"
DELTA = "technology.delta"

RANGES = {PRODUCTIVITY: (0.95, 1.05), COLLATERAL: (1.0, 2.0), DELTA: (0.06, 0.08)}

T = 32
LENGTHS = np.concatenate([np.full(16, 0.25), 0.25 * 1.22 ** np.arange(1, T - 15)])
TIME = np.cumsum(LENGTHS)

TIGHT = 1e-9


class Bench(NamedTuple):
    """An economy at rest, and what it takes to solve its paths."""

    frame: Frame
    start: equilibrium.Solved
    kernel: Kernel

    @property
    def compiled(self) -> Compiled:
        return self.frame.compiled

    def rest(self, values):
        """The stationary state with some values."""
        changed = {path: x for path, x in values.items() if x != self.compiled.economy.get(path)}
        if not changed:
            return self.start
        solution = equilibrium.solve(self.frame.at(values), self.start.as_start())
        certificate.certificate(self.frame.at(values), solution)
        return solution

    def solve(self, values, lengths=LENGTHS, begin=None, end=None, target=TIGHT) -> tuple[Task, Solved]:
        """The path on which parameters take the values (T,), from one stationary state to another."""
        end = self.start if end is None else end
        at_rest = self.start.point.distribution
        begin = Begin(at_rest.f, at_rest.g) if begin is None else begin
        steps = lengths.size
        task = Task(self.frame.over(values, steps), lengths, begin, end.point.values.v)
        u = np.tile(end.point.u, (steps, 1))
        guess = transition.Guess(u, u, at_end(end.point.values.v, steps))
        solution = transition.solve(self.compiled.arrays, task, self.kernel, guess, target=target, hjb=1e-10)
        assert solution.gap <= target
        assert solution.worst <= target
        return task, solution


def at_end(v, steps):
    """Values of every stage of so many steps, all as at the end."""
    return np.tile(v, (steps, 2, 1, 1, 1))


def bench(changes=None):
    small = {"numerics.wealth.points": 50, "numerics.scheme": "upwind"}
    frame = timed.frame(economy(LONE, {**small, **(changes or {})}), RANGES)
    start = equilibrium.solve(frame.compiled)
    certificate.certificate(frame.compiled, start)
    return Bench(frame, start, sequence.kernel(frame.compiled, start.point))


@pytest.fixture(scope="session")
def lone_bench():
    return bench()


@pytest.fixture(scope="session")
def slump(lone_bench):
    """Productivity falls by 4% and half of the fall is gone after 3 years; 1% stays."""
    fall = {PRODUCTIVITY: 0.99 - 0.03 * 2.0 ** (-TIME / 3.0)}
    return fall, *lone_bench.solve(fall, end=lone_bench.rest({PRODUCTIVITY: 0.99}))


def test_an_economy_at_rest_stays_there(lone_bench):
    """Whatever the guess: prices start from elsewhere, and values too."""
    point = lone_bench.start.point
    _, result = lone_bench.solve({})
    np.testing.assert_allclose(result.u, np.tile(point.u, (T, 1)), atol=2e-8)
    np.testing.assert_allclose(result.foreseen, np.tile(point.u, (T, 1)), atol=2e-8)
    for g in (result.forwards.g, result.forwards.later):
        assert np.abs(g - point.distribution.g).sum(axis=(1, 2, 3)).max() < 1e-6
    assert np.abs(result.backwards.v - point.values.v).max() < 1e-6
    other = lone_bench.rest({PRODUCTIVITY: 1.01})
    begin = Begin(point.distribution.f, point.distribution.g)
    u = np.tile(other.point.u, (T, 1))
    task = Task(lone_bench.frame.over({}, T), LENGTHS, begin, point.values.v)
    guess = transition.Guess(u, u, at_end(other.point.values.v, T))
    arrays = lone_bench.compiled.arrays
    back = transition.solve(arrays, task, lone_bench.kernel, guess, target=TIGHT, hjb=1e-10)
    assert back.history[0] > 1e-3
    np.testing.assert_allclose(back.u, result.u, atol=5e-8)


def test_responses_along_the_path_serve_where_a_kernel_misleads(lone_bench, slump):
    """Claim: with a kernel of the wrong sign the usual rounds do not find the path, and Newton's method with
    directional differences finds the same one.
    """
    _, task, known = slump
    kernel = lone_bench.kernel
    wrong = kernel._replace(news=-8.0 * kernel.news, source=-8.0 * kernel.source, today=-8.0 * kernel.today)
    guess = transition.Guess(*(np.tile(known.u[-1], (T, 1)) for _ in range(2)), at_end(task.end, T))
    arrays = lone_bench.compiled.arrays
    lost = transition.solve(arrays, task, wrong, guess, target=1e-7, hjb=1e-10)
    assert not lost.gap <= 1e-4
    messages = []
    solution = transition.solve(
        arrays,
        task,
        wrong,
        guess,
        target=1e-7,
        hjb=1e-10,
        along=True,
        progress=lambda k, size: messages.append(size),
    )
    assert solution.gap <= 1e-7
    assert solution.worst <= 1e-7
    assert min(messages) <= 1e-7
    np.testing.assert_allclose(solution.u, known.u, atol=1e-6)
    assert np.abs(solution.forwards.g - known.forwards.g).sum(axis=(1, 2, 3)).max() < 1e-5


def test_goods_clear_mass_is_kept_and_nothing_is_negative(lone_bench, slump):
    _, task, solution = slump
    left = path_residuals.residuals(lone_bench.compiled, task, solution)
    assert np.abs(left["walras"]).max() < 1e-7
    assert np.abs(left["mass"]).max() < 1e-13
    assert solution.forwards.g.min() >= 0.0
    assert solution.forwards.later.min() >= 0.0
    # the residual is of the goods: it sees a thousandth of a transfer
    moved = solution.u.copy()
    moved[:, WAGE] += 1e-3
    wrong = path_residuals.residuals(lone_bench.compiled, task, solution._replace(u=moved))
    unmoved = np.abs(wrong["walras"] - left["walras"]).max()
    assert unmoved < 1e-12  # nobody outside the economy is paid
    lost = solution.sums._replace(consumption=0.999 * solution.sums.consumption)
    wrong = path_residuals.residuals(lone_bench.compiled, task, solution._replace(sums=lost))
    assert np.abs(wrong["walras"]).min() > 5e-4


def test_wealth_grows_by_what_owners_earn_and_do_not_consume(lone_bench, slump):
    """Over the masses at which markets clear; wealth at the end of a step is that of its last masses."""
    _, task, solution = slump
    nodes = lone_bench.compiled.arrays.wealth
    later = np.concatenate([task.begin.g[None], solution.forwards.later])
    wealth = np.einsum("tnsj,n->t", later, nodes)
    s = {name: x.sum(axis=1) for name, x in solution.sums.static._asdict().items()}
    wage, interest = np.exp(solution.u[:, WAGE]), solution.u[:, INTEREST]
    profits = s["output"] - wage * s["labor"] - (interest + 0.06) * s["capital"]
    earned = interest * s["wealth"] + wage * s["labor_supply"] + profits
    consumed = solution.sums.consumption.sum(axis=1)
    np.testing.assert_allclose(np.diff(wealth), task.lengths * (earned - consumed), atol=1e-7)
    assert np.abs(np.diff(wealth)).max() > 1e-3
    np.testing.assert_allclose(s["wealth"], np.einsum("tnsj,n->t", solution.forwards.g, nodes), rtol=1e-13)
    np.testing.assert_allclose(solution.sums.wealth, wealth[1:], rtol=1e-13)


def test_who_starts_on_the_path_stays_on_it(lone_bench, slump):
    """The path from one of its dates on, solved anew, is the same path."""
    fall, _, solution = slump
    half = T // 2
    begin = Begin(solution.forwards.f[half - 1], solution.forwards.later[half - 1])
    rest = {path: x[half:] for path, x in fall.items()}
    end = lone_bench.rest({PRODUCTIVITY: 0.99})
    _, later = lone_bench.solve(rest, LENGTHS[half:], begin=begin, end=end)
    np.testing.assert_allclose(later.u, solution.u[half:], atol=1e-8)
    np.testing.assert_allclose(later.backwards.v, solution.backwards.v[half:], atol=1e-6)
    np.testing.assert_allclose(later.forwards.g, solution.forwards.g[half:], atol=1e-8)
    np.testing.assert_allclose(later.forwards.later, solution.forwards.later[half:], atol=1e-8)


def test_second_order_in_the_time_step(lone_bench):
    """Steps of 1/6, 1/12, 1/24 years after a lasting fall of productivity: prices and output at the end
    of the year, halfway between the middles of two steps, differ by a quarter as much each time.
    """
    end = lone_bench.rest({PRODUCTIVITY: 0.97})
    prices, output, wealth = [], [], []
    for steps in (16, 32, 64):
        lengths = np.full(steps, 16.0 / 6.0 / steps)
        _, result = lone_bench.solve({PRODUCTIVITY: np.full(steps, 0.97)}, lengths, end=end)
        year = 6 * steps // 16
        around = [year - 1, year]
        prices.append(result.u[around][:, [WAGE, INTEREST]].mean(axis=0))
        output.append(result.sums.static.output.sum(axis=1)[around].mean())
        wealth.append(result.sums.wealth[year - 1])
    coarse, middle, fine = np.column_stack([prices, output])
    assert (np.abs(coarse - middle) > 1e-8).all()
    assert (np.abs(coarse - middle) < 1e-5).all()
    np.testing.assert_allclose((coarse - middle) / (middle - fine), 4.0, atol=0.3)
    assert np.ptp(wealth) < 1e-6


def test_small_shocks_are_their_derivative_to_second_order(lone_bench):
    """path(e) - path(0) - e derivative is a quarter for half the shock."""
    shape = 2.0 ** (-TIME / 2.0)

    def at(size):
        return lone_bench.solve({PRODUCTIVITY: 1.0 + size * shape})[1].u[:, [WAGE, INTEREST]]

    small, rest = 1e-3, at(0.0)
    derivative = (at(small) - at(-small)) / (2.0 * small)
    one, half = (at(size) - rest - size * derivative for size in (0.04, 0.02))
    assert np.abs(one).max() < 0.1 * 0.04 * np.abs(derivative).max()
    for one_, half_ in zip(one.T, half.T, strict=True):
        assert np.abs(one_).max() / np.abs(half_).max() == pytest.approx(4.0, rel=0.1)


def test_idle_capital_on_part_of_a_path(lone_bench):
    """A credit stop leaves more wealth than firms may use: interest falls to -delta and capital lies idle,
    until credit is back.
    """
    credit = np.where(TIME < 3.0, 1.0, 1.5)
    _, result = lone_bench.solve({COLLATERAL: credit})
    interest = result.u[:, INTEREST]
    s = result.sums.static
    wealth, used = (x.sum(axis=1) for x in (s.wealth, s.capital))
    bound = interest <= -0.06 + 1e-9
    assert (interest >= -0.06 - 1e-12).all()
    assert bound[credit == 1.0].any()
    assert not bound[-T // 2 :].any()
    assert ((wealth - used) / wealth)[bound].min() > 1e-3
    np.testing.assert_allclose(used[~bound], wealth[~bound], rtol=2e-9)


def test_a_path_to_an_end_at_the_bound():
    """Without credit at all, this economy is stationary with idle capital; depreciation that rises for a
    while moves the bound itself.
    """
    idle = bench({COLLATERAL: 1.0})
    assert float(idle.start.point.prices.interest) == pytest.approx(-0.06, abs=1e-8)
    delta = np.where(TIME < 2.0, 0.08, 0.06)
    task, result = idle.solve({DELTA: delta})
    np.testing.assert_allclose(result.u[:, INTEREST], -delta, atol=1e-7)
    left = path_residuals.residuals(idle.compiled, task, result)
    assert np.abs(left["walras"]).max() < 1e-7


HARSHER = {
    "statuses.free.collateral": 1.3,
    "edges.crackdown.perceived": 0.16,
    "edges.crackdown.actual": 0.1,
    "edges.emigrate.fine": 0.3,
}
CLOSURES = {
    "closed": {"closure.foreign_capital": 0.5, "closure.labor.outside": 0.2, "closure.spending": 0.01},
    "open": {
        "closure.capital": {"open": {"interest": 0.02}},
        "closure.labor": {"wage": 0.85},
        "closure.fiscal": "spend",
        "closure.transfer": 0.01,
    },
    "quota": {"closure.directed": {"to": ["favoured"], "share": 0.65, "of": "credit", "by": "spread"}},
}


@pytest.mark.parametrize("closure", CLOSURES)
def test_goods_add_up_with_every_kind_of_edge(closure):
    """Claim (15): after a policy turns harsher, goods of every step add up to the accuracy of prices, mass is
    kept, and the path ends in the new stationary state, whatever the closure, with growth and burnt wealth.
    """
    base = economy(TRIANGLE, {"technology.growth": 0.01, "edges.toll.burnt": True, **CLOSURES[closure]})
    frame = timed.frame(base, {path: (base.get(path), x) for path, x in HARSHER.items()})
    start = equilibrium.solve(frame.compiled)
    certificate.certificate(frame.compiled, start)
    there = frame.at(HARSHER)
    end = equilibrium.solve(there, start.as_start())
    certificate.certificate(there, end)
    lengths = np.concatenate([[1e-4], np.full(12, 1 / 6), 1 / 6 * 1.25 ** np.arange(1, 22)])
    steps = lengths.size
    at_rest = start.point.distribution
    task = Task(
        frame.over({path: np.full(steps, x) for path, x in HARSHER.items()}, steps),
        lengths,
        Begin(at_rest.f, at_rest.g),
        end.point.values.v,
    )
    u = np.tile(end.point.u, (steps, 1))
    guess = transition.Guess(u, u, at_end(end.point.values.v, steps))
    kernel = sequence.kernel(frame.compiled, start.point)
    solution = transition.solve(frame.compiled.arrays, task, kernel, guess, target=1e-8, hjb=1e-10)
    assert solution.gap <= 1e-8
    assert solution.worst <= 1e-8
    left = path_residuals.residuals(frame.compiled, task, solution)
    output = solution.sums.static.output.sum(axis=1)
    assert np.abs(left["walras"]).max() < 1e-7
    assert np.abs(left["mass"]).max() < search.MASSES
    assert left["hjb"].max() < 1e-8
    assert np.abs(np.log(output / start.point.static.output.sum()))[1:6].min() > 1e-3
    assert np.abs(solution.u[-1] - end.point.u).max() < 1e-4
    assert np.abs(solution.forwards.later[-1] - end.point.distribution.g).sum() < 0.02
