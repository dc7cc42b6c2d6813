"""Prices that clear the markets of given dates, at given masses and flows (model.md, section 5).

On a date wealth and statuses are what they are, so wage, interest, transfer and the unknown of a quota follow
from the masses alone. Where many like owners are on the brink between running a firm and working, excess
demand all but jumps, and prices stay within a hair of the point at which they are indifferent. Newton on
whole paths would jump back and forth over it; here each date is searched on its own: Newton, its
derivatives updated by Broyden's rule while that serves, and steps halved until the largest residual of the
date falls.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from dirigiste.numerics import aggregates, firm
from dirigiste.numerics.aggregates import Moves
from dirigiste.numerics.arrays import Arrays, Layout
from dirigiste.numerics.point import CORNER, INTEREST, QUOTA, TRANSFER, WAGE, prices_of
from dirigiste.numerics.programs import by_chunks, stepwise
from dirigiste.numerics.timed import on_date

Array = NDArray[np.float64]

TRIALS = 12
"""Trials of Newton on a date before it counts as hard."""

SEARCHES = 12
"""Line searches on a hard date."""

BISECTIONS = 40

NEAR = 1e-8
"""Step of difference quotients, far within the ramp over which like owners split."""

CLOSE = 0.1
"""A line search ends where the excess demand that it meets is this share of what it was at its beginning."""

STALE = 0.3
"""A trial that leaves more than this share of the residual calls for new derivatives; else Broyden's rule
updates them."""

LIMITS = np.array([0.3, 0.03, 0.3, 0.1])
"""Largest change of each unknown in one trial."""


@stepwise
def _conditions(
    layout: Layout,
    m: Arrays,
    stacked: dict[str, jax.Array],
    g: jax.Array,
    moves: Moves,
    dates: jax.Array,
    u: jax.Array,
) -> jax.Array:
    """The four conditions, without bounds, of dates (B,) at unknowns u (B, 4), then labour and capital that
    firms use, and output (B, 7).
    """

    def one(date: jax.Array, u: jax.Array) -> jax.Array:
        here = on_date(m, stacked, date)
        prices = prices_of(layout, u)
        static = aggregates.static(here, firm.firms(layout, here, prices), prices, g[date])
        moved = jax.tree.map(lambda x: x[date], moves)
        found = aggregates.raw(aggregates.conditions(layout, here, prices, static, moved))
        return jnp.concatenate(
            [found, jnp.stack([static.labor.sum(), static.capital.sum(), static.output.sum()])]
        )

    return jax.vmap(one)(dates, u)


@dataclass
class Clearing:
    """The search on all dates of a path; remembers derivatives from one call to the next."""

    layout: Layout
    m: Arrays
    stacked: dict[str, jax.Array]
    active: list[int]
    slopes: Array
    """(T, n, n) derivatives of the active conditions, bounds included."""
    known: NDArray[np.bool_]
    """Dates whose derivatives were taken."""

    @classmethod
    def of(cls, layout: Layout, m: Arrays, stacked: dict[str, jax.Array], active: list[int]) -> Clearing:
        """A search that knows no derivatives yet."""
        steps, n = int(stacked["delta"].shape[0]), len(active)
        return cls(layout, m, stacked, active, np.zeros((steps, n, n)), np.zeros(steps, dtype=bool))

    @property
    def delta(self) -> Array:
        """Depreciation by date (T,)."""
        return np.asarray(self.stacked["delta"])

    def bounded(self, u: Array, left: Array, dates: NDArray[np.int64]) -> tuple[Array, NDArray[np.bool_]]:
        """Active conditions with the bounds r >= -delta and unknown of the quota >= 0, and where a bound
        decides.
        """
        found, binds = left.copy(), np.zeros(left.shape, dtype=bool)
        for index, distance in ((INTEREST, u[:, INTEREST] + self.delta[dates]), (QUOTA, u[:, QUOTA])):
            binds[:, index] = CORNER * distance < left[:, index]
            found[:, index] = np.where(binds[:, index], CORNER * distance, left[:, index])
        return found[:, self.active], binds[:, self.active]

    def within(self, u: Array, dates: NDArray[np.int64]) -> Array:
        """Unknowns that respect their bounds."""
        u = u.copy()
        u[:, INTEREST] = np.maximum(u[:, INTEREST], -self.delta[dates])
        u[:, QUOTA] = np.maximum(u[:, QUOTA], 0.0)
        return u

    def conditions(self, g: jax.Array, moves: Moves, dates: NDArray[np.int64], u: Array) -> Array:
        """The four conditions (K, 4) of dates (K,) at unknowns u (K, 4)."""
        return self._evaluate(g, moves, dates, u)[:, :4]

    def balanced(self, g: jax.Array, moves: Moves, dates: NDArray[np.int64], u: Array) -> tuple[Array, Array]:
        """Unknowns (K, 4) with the transfer that balances the budget, where it is sought, and conditions
        (K, 4).

        No firm looks at the transfer, so it follows from the other prices at once.
        """
        found = self._evaluate(g, moves, dates, u)
        left = found[:, :4]
        if TRANSFER in self.active:
            u = u.copy()
            u[:, TRANSFER] += left[:, TRANSFER] * found[:, 6]
            left[:, TRANSFER] = 0.0
        return u, left

    def _evaluate(self, g: jax.Array, moves: Moves, dates: NDArray[np.int64], u: Array) -> Array:
        def evaluate(here: NDArray[np.int64]) -> Array:
            return np.asarray(_conditions(self.layout, self.m, self.stacked, g, moves, dates[here], u[here]))

        return np.concatenate([np.zeros((0, 7)), *by_chunks(evaluate, dates.size)])

    def differentiate(
        self, g: jax.Array, moves: Moves, dates: NDArray[np.int64], u: Array, left: Array
    ) -> None:
        """Take the derivatives of dates anew."""
        for column, index in enumerate(self.active):
            moved = u.copy()
            moved[:, index] += NEAR
            quotient = (self.conditions(g, moves, dates, moved) - left) / NEAR
            self.slopes[dates, :, column] = quotient[:, self.active]
        _, binds = self.bounded(u, left, dates)
        for row, index in enumerate(self.active):
            here = dates[binds[:, row]]
            self.slopes[here, row, :] = 0.0
            self.slopes[here, row, self.active.index(index)] = CORNER
        self.known[dates] = True

    def clear(self, g: jax.Array, moves: Moves, u: Array, target: float) -> tuple[Array, Array]:
        """Unknowns (T, 4) that clear all dates, from `u`, and the active conditions that are left (T, n).

        Args:
            g: Node masses at the ends of the steps (T, N, S, J).
            moves: Flows along arcs (T, E) each.
            u: Unknowns to start from (T, 4).
            target: Largest residual that is left, where it can be reached.
        """
        every = np.arange(u.shape[0])
        u = self.within(u, every)
        u, left = self.balanced(g, moves, every, u)
        new = every[~self.known]
        if new.size:
            self.differentiate(g, moves, new, u[new], left[new])
        u, left = self._newton(g, moves, every, u, left, target, TRIALS)
        for date in every[~(self._size(u, left, every) <= target)]:
            u, left = self._hard(g, moves, date, u, left, target)
        return u, self.bounded(u, left, every)[0]

    def _hard(
        self, g: jax.Array, moves: Moves, date: int, u: Array, left: Array, target: float
    ) -> tuple[Array, Array]:
        """Unknowns and conditions of all dates, with one that Newton could not do.

        Where like owners are indifferent on one date they mostly are on the next, at nearly the same
        prices: so the date before is where Newton starts again, and only then the search goes down step by
        step.
        """
        u, left = u.copy(), left.copy()
        one = np.array([date])
        starts = []
        if date:  # given prices stay those of the date
            starts = [u[one]]
            starts[0][:, self.active] = u[date - 1, self.active]
        for start in [*starts, None]:
            tried = u.copy()
            near = self._minimise(g, moves, one, u[one], target) if start is None else start
            tried[one], now = self.balanced(g, moves, one, near)
            self.differentiate(g, moves, one, tried[one], now)
            tried_left = left.copy()
            tried_left[one] = now
            tried, tried_left = self._newton(g, moves, one, tried, tried_left, target, 2 * TRIALS)
            if self._size(tried[one], tried_left[one], one) < self._size(u[one], left[one], one):
                u, left = tried, tried_left
            if self._size(u[one], left[one], one) <= target:
                break
        return u, left

    def _size(self, u: Array, left: Array, dates: NDArray[np.int64]) -> Array:
        return np.abs(self.bounded(u, left, dates)[0]).max(axis=1, initial=0.0)

    def _newton(
        self,
        g: jax.Array,
        moves: Moves,
        dates: NDArray[np.int64],
        u: Array,
        left: Array,
        target: float,
        trials: int,
    ) -> tuple[Array, Array]:
        """Newton on some dates; unknowns (T, 4) and conditions (T, 4), not necessarily within the target."""
        u, left = u.copy(), left.copy()
        every = np.arange(u.shape[0])
        value, _ = self.bounded(u, left, every)
        size = self._size(u, left, every)
        shrink = np.ones(u.shape[0])
        fresh = np.zeros(u.shape[0], dtype=bool)  # derivatives are those of the point
        for _ in range(trials):
            todo = dates[(size[dates] > target) & np.isfinite(size[dates])]
            if not todo.size:
                break
            change = shrink[todo, None] * _solve(self.slopes[todo], -value[todo])
            change /= np.maximum(1.0, np.max(np.abs(change) / LIMITS[self.active], axis=1))[:, None]
            trial = u[todo]
            trial[:, self.active] += change
            trial = self.within(trial, todo)
            trial, trial_left = self.balanced(g, moves, todo, trial)
            trial_value, _ = self.bounded(trial, trial_left, todo)
            trial_size = np.abs(trial_value).max(axis=1)
            moved = (trial - u[todo])[:, self.active]
            gained = trial_value - value[todo] - np.einsum("kij,kj->ki", self.slopes[todo], moved)
            length = np.einsum("kj,kj->k", moved, moved)
            better = trial_size < size[todo]
            much = trial_size < STALE * size[todo]
            update = gained[:, :, None] * moved[:, None, :] / np.where(length > 0, length, 1.0)[:, None, None]
            self.slopes[todo[much]] += update[much]
            old = todo[~much & (better | ~fresh[todo])]
            taken, failed = todo[better], todo[~better]
            u[taken], value[taken], left[taken] = trial[better], trial_value[better], trial_left[better]
            size[taken] = trial_size[better]
            shrink[failed] *= 0.5
            shrink[taken] = 1.0
            fresh[taken] = False
            old = old[size[old] > target]
            if old.size:
                self.differentiate(g, moves, old, u[old], left[old])
                shrink[old], fresh[old] = 1.0, True
        return u, left

    def _minimise(
        self, g: jax.Array, moves: Moves, dates: NDArray[np.int64], u: Array, target: float
    ) -> Array:
        """Wage and interest (K, 4) by exact line searches along Newton's steps.

        What owners earn, the better of profit and wage, is convex in wage and interest; less what workers and
        lenders supply it is least where both markets clear, and excess demands are its slopes. So along a
        step that goes down, the excess demand that the step meets falls, and where it is nil the step ends.
        Kinks do not stop it, as they stop Newton on residuals.
        """
        prices = [i for i in (WAGE, INTEREST) if i in self.active]
        if not prices:
            return u
        rows = [self.active.index(i) for i in prices]
        u = u.copy()

        def along(which: NDArray[np.int64], u: Array, step: Array) -> tuple[Array, Array]:
            """Excess demand that a step (K, n) meets, in goods, and the conditions."""
            found = self._evaluate(g, moves, dates[which], u)
            wage, uses = np.exp(u[:, WAGE]), found[:, 4:6]
            levels = {WAGE: wage * found[:, WAGE] * uses[:, 0], INTEREST: -found[:, INTEREST] * uses[:, 1]}
            return sum((step[:, k] * levels[i] for k, i in enumerate(prices)), np.zeros(len(u))), found

        for _ in range(SEARCHES):
            left = self.conditions(g, moves, dates, u)
            value, _ = self.bounded(u, left, dates)
            which = np.flatnonzero(np.abs(value[:, rows]).max(axis=1) > target)
            if not which.size:
                break
            here = dates[which]
            self.differentiate(g, moves, here, u[which], left[which])
            slopes = self.slopes[here][:, rows][:, :, rows]
            step = _solve(slopes, -value[which][:, rows])
            step /= np.maximum(1.0, np.max(np.abs(step) / LIMITS[prices], axis=1))[:, None]

            def at(share: Array, which: NDArray[np.int64] = which, step: Array = step) -> Array:
                moved = u[which]
                moved[:, prices] += share[:, None] * step
                return self.within(moved, dates[which])

            low, high = np.zeros(which.size), np.ones(which.size)
            first, _ = along(which, u[which], step)
            step[first < 0] *= -1.0  # rounding in a nearly singular system
            above, _ = along(which, at(high), step)
            share = high.copy()
            for _ in range(BISECTIONS):
                over = above < -CLOSE * np.abs(first)
                if not over.any():
                    break
                share = np.where(over, 0.5 * (low + high), share)
                middle, _ = along(which, at(share), step)
                inside = over & (middle >= -CLOSE * np.abs(first))
                low = np.where(over & (middle > 0), share, low)
                high = np.where(over & (middle <= 0), share, high)
                above = np.where(inside & (middle <= CLOSE * np.abs(first)), 0.0, above)
            u[which] = at(share)
        return u


def _solve(slopes: Array, value: Array) -> Array:
    """Steps (K, n) of systems side by side; singular ones by least squares."""
    try:
        return np.asarray(np.linalg.solve(slopes, value[..., None])[..., 0], dtype=np.float64)
    except np.linalg.LinAlgError:
        return np.asarray(np.einsum("kij,kj->ki", np.linalg.pinv(slopes), value), dtype=np.float64)
