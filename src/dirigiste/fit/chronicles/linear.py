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
    from collections.abc import Collection, Iterable

    import xarray as xr

    from dirigiste.chronicle import Channel, Chronicle
    from dirigiste.chronicle.observed.series import ObservedSeries
    from dirigiste.fit.chronicles.plan import Plan
    from dirigiste.numerics.setup.arrays import Compiled
    from dirigiste.progress import Progress
    from dirigiste.solver.course import Course
    from dirigiste.solver.kept_responses import Kept
    from dirigiste.solver.surprises import Solver

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Linear:
    """A chronicle at values of its numbers, and its derivatives in them."""

    plan: Plan
    chronicle: Chronicle
    """The chronicle there."""
    solver: Solver | None
    """What solved it, where that was asked for: it holds all of the path, a gigabyte for long chronicles."""
    z: Array
    """Values (K,) on the scales."""
    steps: Array
    """By how much each was moved (K,)."""
    path: xr.Dataset
    """The path, as it was solved."""
    here: dict[str, Array]
    """Outcomes along the path (T,), as evaluated for the derivatives, and of the economy without events ()
    under `without`.
    """
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

    def base_slopes(self, name: str) -> Array:
        """Derivatives of an outcome without the events (K,)."""
        here = self.without[name]
        return np.array([self._slope(there[name], here, k) for k, there in enumerate(self.without_there)])

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
    plan: Plan,
    z: Array,
    *,
    of: Collection[str] | None = None,
    only: Collection[Channel] | None = None,
    market_value: bool | None = None,
    accuracy: float = ACCURACY,
    kept: Kept | None = None,
    with_solver: bool = False,
    progress: Progress | None = None,
) -> Linear:
    """Solve the chronicle at values (K,) on the scales, and derive it in each.

    Args:
        plan: Numbers, and the chronicle.
        z: Their values (K,).
        of: Outcomes that are looked at; all if left out.
        only: Channels that act; all if left out.
        market_value: Also find market values of firms; left out, where a series is compared with them.
        accuracy: What may be left of derivatives, relative.
        kept: Where responses are kept, see `solver.responses`.
        with_solver: Whether the result holds what solved the chronicle.
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
    valued = market_value
    if valued is None:
        valued = observed.valued(plan.chronicle.observed.values())
    here = plan.at(z)
    solved = responses.responses(
        here, others, only=only, market_value=valued, left=accuracy, kept=kept, progress=progress
    )
    path = paths.build(solved.exact, solved.compiled)
    before = solved.solver.before
    without = outcomes.standing(before.compiled, before.solved.point, market_value=valued)
    without_there = [
        outcomes.standing(compiled, point, market_value=valued)
        for (compiled, _), point in zip(solved.neighbours, solved.before, strict=True)
    ]

    def along(item: tuple[Compiled, Course], standing: dict[str, Array]) -> dict[str, Array]:
        """Outcomes of a course; before the first surprise that acts nothing happens."""
        compiled, course = item
        found = paths.build(course, compiled)
        values = outcomes.of_path(found) if of is None else {name: found[name].values for name in of}
        still = path.sizes["time"] - found.sizes["time"]
        if not still:
            return values
        return {name: np.concatenate([np.full(still, standing[name]), x]) for name, x in values.items()}

    return Linear(
        plan=plan,
        chronicle=here,
        solver=solved.solver if with_solver else None,
        z=z,
        steps=steps,
        path=path,
        here=along((solved.compiled, solved.course), without),
        without=without,
        there=[along(item, there) for item, there in zip(solved.neighbours, without_there, strict=True)],
        without_there=without_there,
        left=max(solved.left, default=0.0),
    )


def _steps(plan: Plan, z: Array) -> Array:
    """By how much numbers are moved on their scales: up, or down where they are at their upper bound."""
    values = np.array(list(plan.values(z).values()))
    steps = STEP * np.maximum(np.abs(values) / plan.slopes(z), plan.sd)
    return np.where(z + steps > plan.bounds[1], -steps, steps)
