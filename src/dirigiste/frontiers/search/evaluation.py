"""Goals at instruments between 0 (lower bound) and 1 (upper bound): computed once, kept, failures counted."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import numpy as np

from dirigiste.errors import InputError, NotConverged
from dirigiste.fit.estimation.kept import Kept, key

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from dirigiste.frontiers.problems.problem import Problem
    from dirigiste.progress import Progress

    Array = NDArray[np.float64]

WHAT: Final = "frontier"
"""Name of what is kept."""

SAME: Final = 1e-9
"""Scaled instruments that differ by no more are the same setting."""


class Evaluator:
    """Evaluates goals and derivatives in scaled instruments z, and remembers all that it was asked for."""

    def __init__(
        self, problem: Problem, folder: Path | None = None, progress: Progress | None = None
    ) -> None:
        """Evaluate a problem.

        Args:
            problem: Goals as functions of instruments.
            folder: Where evaluations are kept, so that a search that was stopped goes on; in memory if None.
            progress: Called at every evaluation.

        Raises:
            InputError: The folder holds another problem, or cannot be written.
        """
        self.problem = problem
        self.kept = Kept(folder, problem.hash, WHAT)
        self.low = np.array([one.low for one in problem.instruments])
        self.width = np.array([one.high - one.low for one in problem.instruments])
        self.watch = Watch(progress)
        self.reasons: list[str] = []
        """Why evaluations failed."""
        self._seen: dict[str, tuple[Array, Array]] = {}

    @property
    def evaluations(self) -> int:
        """Settings of instruments that were asked for and could be solved."""
        return len(self._seen)

    def x(self, z: Array) -> Array:
        """Instruments (K,) from scaled ones."""
        return self.low + self.width * z

    def z(self, x: Array) -> Array:
        """Scaled instruments (K,)."""
        return (x - self.low) / self.width

    def fresh(self, z: Array) -> bool:
        """Whether goals there were not asked for yet."""
        return key(self._setting(z)) not in self._seen

    def _setting(self, z: Array) -> Array:
        """Instruments (K,) from scaled ones; of the same setting those that were asked for first."""
        for other, _ in self._seen.values():
            if np.abs(other - z).max() <= SAME:
                return self.x(other)
        return self.x(z)

    def goals(self, z: Array) -> Array | None:
        """Goals (M,); None where they cannot be computed."""
        x = self._setting(z)
        name = key(x)
        if name not in self.kept.moments:
            try:
                found, why = self.problem.values(x, self.watch.within).tolist(), ""
            except (InputError, NotConverged) as error:
                found, why = [], str(error) or type(error).__name__
            self.kept.keep_moments(name, x.tolist(), found, why)
        self.watch.step()
        line = self.kept.moments[name]
        if line["why"]:
            self.reasons.append(line["why"])
            return None
        values = np.array(line["moments"])
        self._seen.setdefault(name, (z.copy(), values))
        return values

    def jacobian(self, z: Array) -> Array:
        """Derivatives of goals in scaled instruments (M, K).

        Raises:
            InputError: An instrument cannot be moved by a little here.
            NotConverged: The economy cannot be solved here.
        """
        x = self._setting(z)
        name = key(x)
        if name not in self.kept.jacobians:
            self.kept.keep_jacobian(name, self.problem.jacobian(x, self.watch.within).tolist())
        return np.array(self.kept.jacobians[name]) * self.width

    def seen(self) -> tuple[Array, Array]:
        """All scaled instruments (N, K) that were asked for and solved, and their goals (N, M)."""
        pairs = list(self._seen.values())
        return np.array([z for z, _ in pairs]), np.array([values for _, values in pairs])


class Watch:
    """Tells how far the work is and how long it takes, about."""

    def __init__(self, progress: Progress | None) -> None:
        self.progress = progress
        self.what, self.done, self.total = "", 0, 0
        self.steps, self.began = 0, time.perf_counter()

    def begin(self, what: str, done: int, total: int) -> None:
        """Begin part `done` (from 1) of `total`."""
        self.what, self.done, self.total = what, done, total

    def step(self) -> None:
        """Say that something was evaluated."""
        self.steps += 1
        self.within("", 0, float("nan"))

    def within(self, stage: str, round_: int, residual: float, /) -> None:
        """Say how far an evaluation is."""
        if self.progress is None or not self.total:
            return
        spent = time.perf_counter() - self.began
        share = max(self.done - 0.5, 0.5) / self.total
        left = spent * (1.0 - share) / share
        text = f"about {left / 60:.0f} min left" if left > 90 else f"about {left:.0f} s left"
        parts = [f"{self.what}, {self.steps} evaluations, {text}", f"part {self.done} of {self.total}"]
        self.progress(" · ".join([stage, *parts] if stage else parts), round_, residual)


def best(
    points: tuple[Array, Array], goal: int, levels: dict[int, float], slack: Sequence[float]
) -> tuple[Array, Array] | None:
    """The solved point that has most of a goal among those with the others at least at levels."""
    z, values = points
    if not len(z):
        return None
    good = np.ones(len(z), dtype=bool)
    for other, level in levels.items():
        good &= values[:, other] >= level - slack[other]
    if not good.any():
        return None
    rows = np.flatnonzero(good)
    row = rows[int(np.argmax(values[rows, goal]))]
    return z[row], values[row]
