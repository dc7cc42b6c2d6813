"""Moments of the model at given parameters, and their exact derivatives.

The model is solved, not simulated: there is no simulation error in its moments. Every evaluation starts from
the economy as it is declared, so that it depends on its parameters alone, whichever were tried before.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from dirigiste.errors import InputError, NotConverged
from dirigiste.fit.estimation.kept import key
from dirigiste.results.equilibria.sensitivity import ends, values
from dirigiste.results.equilibria.solve import solve

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from dirigiste.economy import Economy
    from dirigiste.fit.estimation.kept import Kept
    from dirigiste.fit.moments.plan import Plan
    from dirigiste.results.equilibria.equilibrium import Equilibrium

    Array = NDArray[np.float64]


class Evaluator:
    """Evaluates moments of a plan and remembers what it has solved."""

    def __init__(self, plan: Plan, kept: Kept) -> None:
        self.plan = plan
        self.kept = kept
        self._last: tuple[str, Equilibrium] | None = None
        self._base: Equilibrium | None = None
        self._base_fails = False

    def moments(self, x: Array) -> Array | None:
        """All moments of the plan (M,); None where the economy cannot be solved."""
        name = key(x)
        if name not in self.kept.moments:
            found, why = self._moments(x)
            self.kept.keep_moments(name, x.tolist(), found, why)
        line = self.kept.moments[name]
        return None if line["why"] else np.array(line["moments"])

    def jacobian(self, x: Array) -> Array:
        """Derivatives of all moments in parameters (M, K).

        Raises:
            InputError: A parameter cannot be moved by a little here.
            NotConverged: The economy cannot be solved here.
        """
        return self._kept(key(x), x, [parameter.paths for parameter in self.plan.parameters])

    def jacobian_of_assumed(self, x: Array) -> Array:
        """Derivatives of all moments in the numbers that the plan assumes (M, A).

        Raises:
            InputError: One cannot be moved by a little here.
            NotConverged: The economy cannot be solved here.
        """
        groups = [item.paths for item in self.plan.assumed]
        if not groups:
            return np.zeros((len(self.plan.moments), 0))
        return self._kept(f"{key(x)} {groups}", x, groups)

    def equilibrium(self, x: Array) -> Equilibrium:
        """The solved economy at parameters.

        Raises:
            InputError: The economy does not take them.
            NotConverged: It cannot be solved.
        """
        if self._last is None or self._last[0] != key(x):
            self._last = (key(x), self._solve(self.plan.economy.with_(self.plan.changes(x))))
        return self._last[1]

    def _moments(self, x: Array) -> tuple[list[float], str]:
        try:
            equilibrium = self.equilibrium(x)
            found = self._values(values(equilibrium))
        except (InputError, NotConverged) as error:
            return [], str(error)
        for moment, value in zip(self.plan.moments, found, strict=True):
            if moment.targeted and not math.isfinite(value):
                return [], f"`{moment.name}` has no value: {moment.of.text} is {value}"
        return found, ""

    def _kept(self, name: str, x: Array, groups: Sequence[tuple[str, ...]]) -> Array:
        if name not in self.kept.jacobians:
            self.kept.keep_jacobian(name, self._jacobian(x, groups).tolist())
        return np.array(self.kept.jacobians[name])

    def _jacobian(self, x: Array, groups: Sequence[tuple[str, ...]]) -> Array:
        equilibrium = self.equilibrium(x)
        _, every = ends(equilibrium, groups)
        columns = []
        for paths, end in zip(groups, every, strict=True):
            if isinstance(end, str):
                raise InputError.of(end, key=paths[0])
            low, high = np.array(self._values(end.low)), np.array(self._values(end.high))
            columns.append((high - low) / (end.below + end.above))
        return np.array(columns).T

    def _values(self, numbers: Mapping[str, float]) -> list[float]:
        return [float(moment.of.value(numbers)) for moment in self.plan.moments]

    def _solve(self, economy: Economy) -> Equilibrium:
        """Solve an economy from that of the plan, and afresh where that does not help."""
        if self._base is None and not self._base_fails:
            try:
                self._base = solve(self.plan.economy)
            except NotConverged:
                self._base_fails = True
        return solve(economy, start=self._base)
