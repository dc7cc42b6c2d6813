"""A chronicle solved with some values of its uncertain numbers, and to first order all chronicles near it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dirigiste import config
from dirigiste.results.quantities import outcomes
from dirigiste.results.runs import observed, paths
from dirigiste.results.runs.sensitivity import ACCURACY, STEP, by_a_little

if TYPE_CHECKING:
    from collections.abc import Iterable

    import xarray as xr

    from dirigiste.chronicle import Chronicle
    from dirigiste.chronicle.observed.series import ObservedSeries
    from dirigiste.fit.chronicles.plan import Plan
    from dirigiste.progress import Progress

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Linear:
    """A chronicle at values of its numbers, and its derivatives in them."""

    plan: Plan
    z: Array
    """Values (K,) on the scales."""
    steps: Array
    """By how much each was moved (K,)."""
    path: xr.Dataset
    """The path, as it was solved."""
    here: dict[str, Array]
    """Outcomes along the path (T,), and of the economy without events () under `without`."""
    without: dict[str, Array]
    there: list[dict[str, Array]]
    """Outcomes with each number moved."""
    without_there: list[dict[str, Array]]
    left: float
    """What rounds have left of the derivatives, relative, at most."""

    @cached_property
    def clock(self) -> observed.Clock:
        """The times of the path."""
        return observed.Clock(self.path)

    def outcomes(self, names: Iterable[str]) -> tuple[dict[str, Array], dict[str, Array]]:
        """Outcomes along the path (T,) and their derivatives (T, K)."""
        names = list(names)
        slopes = {
            name: np.stack(
                [self._slope(there[name], self.here[name], k) for k, there in enumerate(self.there)], 1
            )
            for name in names
        }
        return {name: self.here[name] for name in names}, slopes

    def series(self, one: ObservedSeries) -> tuple[observed.Compared, Array]:
        """A series beside the path, and derivatives (D, K) of the model's values."""
        compared = observed.beside(one, self.clock, self.here, self.without)
        moved = [
            observed.beside(one, self.clock, there, without).model
            for there, without in zip(self.there, self.without_there, strict=True)
        ]
        return compared, np.stack(
            [self._slope(model, compared.model, k) for k, model in enumerate(moved)], axis=1
        )

    def _slope(self, there: Array, here: Array, k: int) -> Array:
        return (there - here) / self.steps[k]


def linear(
    plan: Plan, z: Array, *, accuracy: float = ACCURACY, progress: Progress | None = None
) -> Linear:
    """Solve the chronicle at values (K,) on the scales, and derive it in each.

    Args:
        plan: Numbers and their distribution.
        z: Values.
        accuracy: What may be left of derivatives, relative.
        progress: Called with stage, round and largest residual.

    Raises:
        InputError: The economy does not allow the values, or one that is a little higher or lower.
        NotConverged: A stationary state or a path misses its tolerance.
    """
    from dirigiste.solver import responses

    config.ensure()
    steps = _steps(plan, z)

    def moved(name: str) -> Chronicle:
        there, k = z.copy(), plan.names.index(name)
        there[k] += steps[k]
        return plan.at(there)

    others = by_a_little(plan.names, moved)
    valued = observed.valued(plan.chronicle.observed.values())
    solved = responses.responses(
        plan.at(z), others, market_value=valued, left=accuracy, progress=progress
    )

    def along(item: tuple) -> dict[str, Array]:
        compiled, course = item
        return outcomes.of_path(paths.build(course, compiled))

    before = solved.solver.before
    return Linear(
        plan=plan,
        z=z,
        steps=steps,
        path=paths.build(solved.exact, solved.compiled),
        here=along((solved.compiled, solved.course)),
        without=outcomes.standing(before.compiled, before.solved.point, market_value=valued),
        there=[along(item) for item in solved.neighbours],
        without_there=[
            outcomes.standing(compiled, point, market_value=valued)
            for (compiled, _), point in zip(solved.neighbours, solved.before, strict=True)
        ],
        left=max(solved.left, default=0.0),
    )


def _steps(plan: Plan, z: Array) -> Array:
    """By how much numbers are moved on their scales: up, or down where they are at their upper bound."""
    values = np.array(list(plan.values(z).values()))
    steps = STEP * np.maximum(np.abs(values) / plan.slopes(z), plan.sd)
    return np.where(z + steps > plan.bounds[1], -steps, steps)
