"""Courses of a chronicle made up from stationary states, for tests that need a path and not its solver.

Every surprise pulls all sums from where they are towards those of the state after the events, by a share that
depends on the channels that act; so paths have known ends, and channels interact.
"""

import datetime as dt
import functools

import numpy as np

from dirigiste import economy as economies
from dirigiste.chronicle import years_between
from dirigiste.numerics.markets.aggregates import Moves, Static
from dirigiste.numerics.setup import arrays
from dirigiste.numerics.stationary import equilibrium
from dirigiste.results.equilibria import known as known_economy
from dirigiste.results.equilibria.stationary import finish
from dirigiste.results.quantities import formulas
from dirigiste.solver import shapley
from dirigiste.solver.course import Course, Segment, Solved, Steps, Terminal

BEFORE_IMPACT = 1e-4


def grid(dates, horizon=10.0, monthly=2.0):
    """Steps of a month for `monthly` years after each date, then of half a year, to the horizon."""
    first = dates[0]
    begins = [years_between(first, date) for date in dates]
    time, surprise = [], []
    for n, begin in enumerate(begins):
        end = begins[n + 1] if n + 1 < len(begins) else horizon
        steps = [*np.arange(begin, min(end, begin + monthly), 1 / 12), *np.arange(begin + monthly, end, 0.5)]
        steps = [t for t in steps if t < end - 0.01]
        steps.append(end - BEFORE_IMPACT if n + 1 < len(begins) else end)
        time += steps
        surprise += [n] * len(steps)
    time = np.array(time)
    midnight = dt.datetime.combine(first, dt.time())
    date = [midnight + dt.timedelta(days=365.25 * t) for t in time]
    length = np.diff(np.concatenate([[0.0], time + 0.01 * (time == 0)]))
    return Steps(time, length, date, np.array(surprise), np.array(begins)[surprise])


def constant(compiled, point, dates, parameters=None):
    """A course on which nothing happens: a solved point at every step."""
    return between(compiled, point, point, dates, np.zeros(len(dates)), parameters)


def between(compiled, old, new, dates, shares, parameters=None):
    """A course from an old point on which surprise n pulls towards the share shares[n] of the way to a new
    point, half of what is left every year.
    """
    steps = grid(dates)
    way, share = np.zeros(steps.time.size), 0.0
    for n in range(len(dates)):
        here = np.flatnonzero(steps.surprise == n)
        fading = 2.0 ** -(steps.time[here] - steps.time[here[0]])
        # a tenth of the change comes at once, so that the impact is seen
        way[here] = shares[n] + (share + 0.1 * (shares[n] - share) - shares[n]) * fading
        share = way[here[-1]]

    def along(one, other):
        one, other = np.asarray(one), np.asarray(other)
        return one + way.reshape(-1, *[1] * one.ndim) * (other - one)

    first, last = formulas.sums_of(old), formulas.sums_of(new)
    static = Static(*map(along, first.static, last.static))
    moves = Moves(*map(along, first.moves, last.moves))
    rest = [along(getattr(first, name), getattr(last, name)) for name in ("mass", "consumption", "running")]
    conditions = {
        name: np.zeros(way.size) for name in ("labor", "capital", "budget", "quota", "walras", "hjb")
    }
    conditions["mass"] = np.full(way.size, 1e-15)
    conditions["labor"][3] = -3e-7
    v = [np.asarray(point.values.v) for point in (old, new)]
    reached = [0.0, *shares]
    segments = [
        Segment(
            date=date,
            rounds=4 + n,
            seconds=0.25,
            worst=3e-7,
            where=("labor", dt.datetime.combine(date, dt.time())),
            distance=1e-5,
            horizon=10.0,
            v_before=v[0] + reached[n] * (v[1] - v[0]),
            v_after=v[0] + reached[n + 1] * (v[1] - v[0]),
            g=np.asarray(old.distribution.g),
        )
        for n, date in enumerate(dates)
    ]
    values = {path: np.full(way.size, float(value)) for path, value in (parameters or {}).items()}
    return Course(
        steps,
        along(old.u, new.u),
        formulas.Sums(static, moves, *rest),
        conditions,
        values,
        segments,
    )


def solver(compiled, before, after, points):
    """Made-up solutions between two solved states, with the arguments of `solver.surprises.solve`."""

    def solve(
        chronicle,
        *,
        only=None,
        channels=False,
        certify=False,
        market_value=False,
        settled=None,
        progress=None,
    ):
        used = only or chronicle.channels()
        dates = list(chronicle.surprises)
        parameters = {path: before.economy.get(path) for path in chronicle.parameters}

        def course(acting, k=1, of=1):
            if progress:
                progress(f"channels: {k} of {of}" if of > 1 else "surprise 1 of 1", 0, 1e-7)
            share = len(acting) / len(used) * (1.0 if len(acting) != 1 else 0.8)
            shares = [share * (n + 1) / len(dates) for n in range(len(dates))]
            return between(compiled, *points, dates, shares, parameters)

        split = None
        if channels:
            known = shapley.levels(len(used))[0] if channels == "quick" else range(len(used) + 1)
            sets = shapley.coalitions(used, known)
            split = {acting: course(acting, n + 1, len(sets)) for n, acting in enumerate(sets)}
        extras = {
            "top_mass": 1e-9,
            "least_mass": -1e-18,
            "distance": 1e-5,
            "surprises": len(dates),
            "warnings": ["mind the gap"],
        }
        if certify:
            extras["certify"] = {"half_step": {"output": 1e-4}, "twice_horizon": {"output": 1e-6}}
        ends = (Terminal(*state, {}) for state in states())
        return Solved(compiled, *ends, course(frozenset(used)), split, extras)

    return solve


@functools.cache
def states():
    """The known economy and one with less credit: compiled, and solved."""
    economy = economies.loads(known_economy.ECONOMY)
    compiled = [
        arrays.compile_economy(e) for e in (economy, economy.with_({"statuses.free.collateral": 1.26}))
    ]
    first = equilibrium.solve(compiled[0])
    return (compiled[0], first), (compiled[1], equilibrium.solve(compiled[1], first.as_start()))


@functools.cache
def village():
    """The same as a compiled economy, equilibria, and their points."""
    before, after = (finish(*state) for state in states())
    (compiled, first), (_, second) = states()
    return compiled, before, after, (first.point, second.point)
