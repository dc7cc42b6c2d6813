"""Campaigns: chosen numbers of a chronicle as instruments, and goals of the path that follows.

The second goal is what a campaign costs: the present value of what the outcome is above or below its level
without events, in years of that level, over the horizon of the path. The others are outcomes some years after
the first event. Derivatives are those of paths (`results.runs.sensitivity`), exact to about a thousandth.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from dirigiste.chronicle.sizes import sizes, with_sizes
from dirigiste.errors import InputError
from dirigiste.frontiers.problems import goals as reading_goals
from dirigiste.frontiers.problems import instruments as reading_instruments
from dirigiste.frontiers.problems.goals import PRICE
from dirigiste.frontiers.problems.instruments import distance, settings
from dirigiste.frontiers.problems.problem import REMEMBERED
from dirigiste.results.quantities import outcomes
from dirigiste.results.runs.sensitivity import SMALL, STEP

if TYPE_CHECKING:
    from collections.abc import Iterable

    import xarray as xr
    from numpy.typing import NDArray

    from dirigiste.chronicle import Chronicle
    from dirigiste.frontiers.problems.goals import Goal
    from dirigiste.frontiers.problems.instruments import Instrument
    from dirigiste.progress import Progress
    from dirigiste.solver.course import Neighbour

    Array = NDArray[np.float64]

WITHIN: Final = 5.0
"""Years after the first event."""

FORESIGHT: Final = 0.2
"""Tolerance of foresight, over that of the economy. Paths that start from different neighbours end at
different places within their tolerance, which a search would take for a gain or a loss.
"""

CLOSE: Final = 1e-2
"""Residual of first-order conditions at which a search ends: derivatives have errors of their own."""


class Campaign:
    """Goals of the path of a chronicle."""

    close = CLOSE

    def __init__(
        self,
        chronicle: Chronicle,
        instruments: Iterable[str],
        goals: Iterable[str],
        *,
        within: float = WITHIN,
        rate: float | None = None,
    ) -> None:
        """Bind instruments and goals to a chronicle.

        Args:
            chronicle: The chronicle.
            instruments: Its numbers by name (`chronicle.sizes`), with bounds.
            goals: Outcomes of its path, or arithmetic of them.
            within: Years after the first event, for all goals but the second.
            rate: Discount rate of the second; the owners' own if left out.

        Raises:
            InputError: With every fault of them.
        """
        problems = []
        known = {size.name: (size.value, size.unit) for size in sizes(chronicle).values()}
        self.chronicle = chronicle
        self.within = within
        self.rate = float(chronicle.baseline.preferences.rho) if rate is None else rate
        self.instruments: tuple[Instrument, ...] = ()
        self.goals: tuple[Goal, ...] = ()
        try:
            self.instruments = reading_instruments.read(
                instruments, known, lambda values: with_sizes(chronicle, values)
            )
        except InputError as error:
            problems += error.problems
        try:
            read = reading_goals.read(goals, outcomes.names_of_path(chronicle.baseline))
            self.goals = tuple(self._named(m, goal) for m, goal in enumerate(read))
        except InputError as error:
            problems += error.problems
        horizon = float(chronicle.baseline.numerics.path.horizon)
        if not 0.0 < within <= horizon:
            message = f"must be above 0 and at most the horizon of paths, {horizon:g}; got {within:g}"
            problems += InputError.of(message, key="--within").problems
        if not 0.0 <= self.rate < math.inf:
            problems += InputError.of(f"must be 0 or more; got {self.rate:g}", key="--rate").problems
        if problems:
            raise InputError(problems)
        tolerance = FORESIGHT * chronicle.baseline.numerics.tolerances.foresight
        self.chronicle = chronicle.on(chronicle.baseline.with_({"numerics.tolerances.foresight": tolerance}))
        self._solved: list[tuple[Array, Neighbour]] = []
        """What chronicles that were solved leave for others, with their instruments."""

    def _named(self, m: int, goal: Goal) -> Goal:
        if m == PRICE:
            return replace(goal, name=f"present value of {goal.name}", share=False, reference=1.0)
        return replace(goal, name=f"{goal.name} after {self.within:g} years")

    @property
    def name(self) -> str:
        """Of the chronicle."""
        return self.chronicle.name

    @property
    def about(self) -> str:
        """What goals are."""
        price = self.goals[PRICE].expression.text
        return (
            f"The present value of {price} is that of its change against no events, in years of its level "
            f"without them, at {100.0 * self.rate:g} % a year over the horizon of the path"
        )

    @property
    def hash(self) -> str:
        """SHA-256, in hex, over chronicle, economy, instruments and goals, without bounds."""
        content = [
            self.chronicle.to_yaml(),
            self.chronicle.baseline.hash,
            [list(one.paths) for one in self.instruments],
            [goal.expression.text for goal in self.goals],
            self.within,
            self.rate,
        ]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()

    def at(self, x: Array) -> Chronicle:
        """The chronicle with instruments (K,)."""
        return with_sizes(self.chronicle, settings(self.instruments, x))

    def values(self, x: Array, progress: Progress | None = None) -> Array:
        """Goals (M,) at instruments (K,)."""
        from dirigiste.results.equilibria.stationary import finish
        from dirigiste.results.runs import paths
        from dirigiste.solver import surprises

        solved = surprises.solve(self.at(x), near=self._nearest(x), progress=progress)
        assert solved.near is not None
        self._solved = [*self._solved[-REMEMBERED + 1 :], (x.copy(), solved.near)]
        path = paths.build(solved.course, solved.compiled)
        return self._goals(path, paths.base(finish(solved.before.compiled, solved.before.solved), path))

    def jacobian(self, x: Array, progress: Progress | None = None) -> Array:
        """Derivatives of goals in instruments (M, K)."""
        from dirigiste.results.equilibria.stationary import finish
        from dirigiste.results.runs import paths
        from dirigiste.solver import responses

        steps = [self._step(x, k) for k in range(len(x))]
        others = [self.at(x + step * np.eye(len(x))[k]) for k, step in enumerate(steps)]
        solved = responses.responses(self.at(x), others, near=self._nearest(x), progress=progress)
        path = paths.build(solved.course, solved.compiled)
        before = solved.solver.before
        base = paths.base(finish(before.compiled, before.solved), path)
        here = self._goals(path, base)
        columns = [
            (self._goals(paths.build(course, compiled), base) - here) / step
            for (compiled, course), step in zip(solved.neighbours, steps, strict=True)
        ]
        return np.array(columns).T

    def _nearest(self, x: Array) -> Neighbour | None:
        """Of the chronicles that are remembered the one that is nearest in instruments."""
        if not self._solved:
            return None
        return min(self._solved, key=lambda one: distance(self.instruments, one[0], x))[1]

    def _step(self, x: Array, k: int) -> float:
        """By how much an instrument is moved: up, or down where it cannot be higher."""
        step = STEP * max(abs(float(x[k])), SMALL)
        return step if x[k] + step <= self.instruments[k].high else -step

    def _goals(self, path: xr.Dataset, base: xr.Dataset) -> Array:
        """Goals (M,) of a path and the economy without events."""
        from dirigiste.solver.interpolation import interpolation
        from dirigiste.solver.shapley import present_value

        series, levels = outcomes.of_path(path), outcomes.of_path(base)
        times, stretch = path["time"].values, path["stretch"].values
        index, weights = interpolation(times, stretch, np.array([self.within]))
        found = []
        for m, goal in enumerate(self.goals):
            values = np.asarray(goal.expression.value(series), dtype=float)
            if m == PRICE:
                level = float(goal.expression.value(levels))
                flow = (values - level) / abs(level)
                value = float(present_value(flow, path["step"].values, self.rate))
            else:
                value = float(values[index[0]] @ weights[0])
            if not math.isfinite(value):
                raise InputError.of(f"the goal `{goal.name}` has no value", key=reading_goals.KEY)
            found.append(value)
        return np.array(found)
