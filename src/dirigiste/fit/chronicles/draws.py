"""How sure results of a chronicle are: draws of its uncertain numbers through linear responses around its
path, a part of them solved in full to tell how good that approximation is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from dirigiste.errors import InputError, NotConverged
from dirigiste.fit.chronicles.linear import Linear, linear
from dirigiste.results.quantities import outcomes
from dirigiste.results.runs import paths
from dirigiste.results.runs.sensitivity import STANDARD

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dirigiste.fit.chronicles.plan import Plan
    from dirigiste.progress import Progress

Array = NDArray[np.float64]

LEVELS: Final = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Quantiles of bands."""

ACCURACY: Final = 2e-2
"""What may be left of derivatives, relative: less than what linear responses leave out."""

BATCHES: Final = 1000
"""Most batches of draws, of which those outside of bounds are thrown away."""


@dataclass(frozen=True, eq=False)
class Full:
    """A draw that was solved in full."""

    number: int
    """Which of the draws."""
    values: dict[str, Array]
    """Outcomes along its path (T,); empty where there is none."""
    why: str = ""
    """Why there is no path."""


@dataclass(frozen=True, eq=False)
class Draws:
    """Draws of the numbers of a chronicle, and what follows from them."""

    plan: Plan
    at: Linear
    """The chronicle at the means of its numbers."""
    z: Array
    """Draws (D, K) on the scales."""
    names: tuple[str, ...]
    """Outcomes."""
    full: tuple[Full, ...]
    seed: int

    @cached_property
    def _responses(self) -> tuple[dict[str, Array], dict[str, Array]]:
        return self.at.outcomes(self.names)

    def drawn(self, name: str) -> Array:
        """An outcome along the path in every draw (D, T), to first order."""
        values, slopes = self._responses
        return values[name] + (self.z - self.at.z) @ slopes[name].T

    def bands(self, name: str, levels: Iterable[float] = LEVELS) -> Array:
        """Quantiles of an outcome (levels, T)."""
        return np.quantile(self.drawn(name), list(levels), axis=0)

    def influence(self, name: str) -> Array:
        """By how much an outcome changes with each number a standard deviation higher, others as they are
        (T, K).
        """
        return self._responses[1][name] * self.plan.sd

    @cached_property
    def misses(self) -> dict[str, Array]:
        """Of each outcome, how far full solutions lie from linear responses, over the standard deviation of
        the outcome at the time (F, T); nan where it does not vary.
        """
        solved = [one for one in self.full if one.values]
        result = {}
        for name in self.names:
            drawn = self.drawn(name)
            spread = drawn.std(axis=0)
            spread[spread <= 1e-9 * np.abs(self.at.here[name]).max()] = np.nan
            gaps = [np.abs(one.values[name] - drawn[one.number]) / spread for one in solved]
            result[name] = np.array(gaps).reshape(len(solved), spread.size)
        return result


def draws(
    plan: Plan,
    count: int = 500,
    *,
    of: Iterable[str] = STANDARD,
    seed: int = 0,
    full: int = 3,
    progress: Progress | None = None,
) -> Draws:
    """Draw the numbers of a chronicle and follow outcomes along its path.

    Args:
        plan: Numbers and their distribution.
        count: Draws.
        of: Outcomes of paths, or patterns of their names.
        seed: Seed of the draws.
        full: How many of them are also solved in full.
        progress: Called with stage, round and largest residual.

    Raises:
        InputError: There is no such outcome, a number cannot be moved, or hardly a draw is within bounds.
        NotConverged: There is no path at the means.
    """
    names = outcomes.chosen(outcomes.names_of_path(plan.chronicle.baseline), of, "outcome of paths")
    z = sample(plan, count, seed)
    at = linear(plan, np.clip(plan.mean, *plan.bounds), accuracy=ACCURACY, progress=progress)
    return Draws(
        plan=plan,
        at=at,
        z=z,
        names=tuple(names),
        full=tuple(_solved(plan, z[n], n, names, progress) for n in range(min(full, count))),
        seed=seed,
    )


def sample(plan: Plan, count: int, seed: int) -> Array:
    """Draws (D, K) of the numbers on their scales, within bounds."""
    generator = np.random.default_rng(seed)
    low, high = plan.bounds
    found: list[Array] = []
    for _ in range(BATCHES):
        z = generator.multivariate_normal(plan.mean, plan.covariance, size=count, method="eigh")
        found.append(z[((z >= low) & (z <= high)).all(axis=1)])
        if sum(map(len, found)) >= count:
            return np.concatenate(found)[:count]
    raise InputError.of(
        f"hardly a draw of the numbers is within their bounds: {sum(map(len, found))} of {BATCHES * count}; "
        "choose wider `bounds`, or a `transform`",
        key=plan.declared.name,
    )


def _solved(plan: Plan, z: Array, number: int, names: list[str], progress: Progress | None) -> Full:
    """A draw solved in full."""
    from dirigiste.solver import surprises

    try:
        solved = surprises.solve(plan.at(z), progress=progress)
    except (NotConverged, InputError) as error:
        return Full(number, {}, str(error).splitlines()[0])
    values = outcomes.of_path(paths.build(solved.course, solved.compiled))
    return Full(number, {name: values[name] for name in names})
