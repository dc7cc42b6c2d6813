"""What a frontier is drawn of: goals as functions of instruments, with derivatives."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from dirigiste.errors import InputError
from dirigiste.frontiers.problems import goals as reading_goals
from dirigiste.frontiers.problems import instruments as reading_instruments
from dirigiste.frontiers.problems.instruments import distance, settings
from dirigiste.results.equilibria.sensitivity import ends, values
from dirigiste.results.equilibria.solve import solve
from dirigiste.results.quantities import outcomes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from dirigiste.economy import Economy
    from dirigiste.frontiers.problems.goals import Goal
    from dirigiste.frontiers.problems.instruments import Instrument
    from dirigiste.progress import Progress
    from dirigiste.results.equilibria.equilibrium import Equilibrium

    Array = NDArray[np.float64]

CLOSE: Final = 1e-3
"""Residual of first-order conditions at which a search ends; goals are then off by about its square."""

REMEMBERED: Final = 6
"""Solved economies, or chronicles, from which neighbours start."""


class Problem(Protocol):
    """Goals as functions of instruments."""

    @property
    def name(self) -> str:
        """Of the economy or chronicle."""
        ...

    @property
    def about(self) -> str:
        """What goals are, where their names do not say it."""
        ...

    @property
    def close(self) -> float:
        """Residual of first-order conditions at which a search may end."""
        ...

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """K instruments."""
        ...

    @property
    def goals(self) -> tuple[Goal, ...]:
        """M goals."""
        ...

    @property
    def hash(self) -> str:
        """SHA-256, in hex, over all that goals depend on but the instruments' values and bounds."""
        ...

    def values(self, x: Array, progress: Progress | None = None) -> Array:
        """Goals (M,) at instruments (K,); tells `progress` how far it is.

        Raises:
            InputError: The economy does not take them, or a goal has no value.
            NotConverged: It cannot be solved.
        """
        ...

    def jacobian(self, x: Array, progress: Progress | None = None) -> Array:
        """Derivatives of goals in instruments (M, K).

        Raises:
            InputError: An instrument cannot be moved by a little here.
            NotConverged: The economy cannot be solved.
        """
        ...


class Stationary:
    """Goals of the stationary equilibrium of an economy."""

    about = ""
    close = CLOSE

    def __init__(self, economy: Economy, instruments: Iterable[str], goals: Iterable[str]) -> None:
        """Bind instruments and goals to an economy.

        Raises:
            InputError: With every fault of them.
        """
        problems = []
        known = {
            parameter.path: (float(parameter.value), parameter.unit)
            for parameter in economy.parameters()
            if isinstance(parameter.value, int | float)
            and not isinstance(parameter.value, bool)
            and math.isfinite(parameter.value)
            and not parameter.path.startswith("numerics.")
        }
        self.economy = economy
        self.instruments: tuple[Instrument, ...] = ()
        self.goals: tuple[Goal, ...] = ()
        try:
            self.instruments = reading_instruments.read(instruments, known, economy.with_)
        except InputError as error:
            problems += error.problems
        try:
            self.goals = reading_goals.read(goals, outcomes.names(economy))
        except InputError as error:
            problems += error.problems
        if problems:
            raise InputError(problems)
        self.solved = 0
        """Economies solved."""
        self._near: list[tuple[Economy, Array, Equilibrium]] = []

    @property
    def name(self) -> str:
        """Of the economy."""
        return self.economy.name

    @property
    def hash(self) -> str:
        """SHA-256, in hex, over economy, instruments and goals, without bounds."""
        content = [
            self.economy.hash,
            [list(one.paths) for one in self.instruments],
            [goal.expression.text for goal in self.goals],
        ]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()

    def on(self, economy: Economy) -> Stationary:
        """The same instruments and goals on another economy; solved neighbours are shared."""
        one = Stationary.__new__(Stationary)
        one.economy, one.goals, one.solved, one._near = economy, self.goals, 0, list(self._near[-1:])
        one.instruments = tuple(
            replace(own, value=float(economy.get(own.paths[0])))  # type: ignore[arg-type]
            for own in self.instruments
        )
        return one

    def values(self, x: Array, progress: Progress | None = None) -> Array:
        """Goals (M,) at instruments (K,)."""
        return self._goals(values(self.equilibrium(x, progress)))

    def jacobian(self, x: Array, progress: Progress | None = None) -> Array:
        """Derivatives of goals in instruments (M, K), by the implicit function theorem."""
        _, every = ends(self.equilibrium(x, progress), [one.paths for one in self.instruments])
        columns = []
        for one, end in zip(self.instruments, every, strict=True):
            if isinstance(end, str):
                raise InputError.of(end, key=one.name)
            columns.append((self._goals(end.high) - self._goals(end.low)) / (end.below + end.above))
        return np.array(columns).T

    def changes(self, x: Array) -> dict[str, float]:
        """Values by dotted path."""
        return settings(self.instruments, x)

    def equilibrium(self, x: Array, progress: Progress | None = None) -> Equilibrium:
        """The solved economy at instruments, started from the nearest one that is remembered."""
        order = sorted(self._near, key=lambda one: distance(self.instruments, one[1], x))
        for economy, at, solved in order:
            if economy is self.economy and np.array_equal(at, x):
                return solved
        start = order[0][2] if order else None
        found = solve(self.economy.with_(self.changes(x)), start=start, progress=progress)
        self.solved += 1
        self._near = [*self._near[-REMEMBERED + 1 :], (self.economy, x.copy(), found)]
        return found

    def _goals(self, numbers: Mapping[str, float]) -> Array:
        found = np.array([float(goal.expression.value(numbers)) for goal in self.goals])
        for goal, value in zip(self.goals, found, strict=True):
            if not math.isfinite(value):
                raise InputError.of(f"the goal `{goal.name}` has no value", key=reading_goals.KEY)
        return found


def present(problem: Problem) -> Array:
    """Present values of the instruments (K,)."""
    return np.array([one.value for one in problem.instruments])
