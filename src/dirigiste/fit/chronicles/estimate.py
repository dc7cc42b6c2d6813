"""Numbers of a chronicle estimated on observed series: Gauss-Newton with derivatives of paths
(docs/method.md, section 16).

The estimate minimises, over values z of the numbers on their scales,

    sum over series s and dates d of weight_s ((model_sd(z) - observed_sd)/se_s)^2 + (z - m)' P (z - m)

with m and P mean and inverse covariance of what is known before. A weight of w counts a series as if it had
been observed w times. With errors that are normal and independent this is the mode of the posterior, and

    V = (J' W J + P)^-1

its covariance to first order, J the derivatives and W the weights over squared standard errors.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import lsq_linear

from dirigiste.errors import InputError, NotConverged
from dirigiste.fit.chronicles.linear import Linear, linear

if TYPE_CHECKING:
    import datetime as dt

    from dirigiste.fit.chronicles.plan import Plan
    from dirigiste.progress import Progress

Array = NDArray[np.float64]

ROUNDS = 8
"""Most rounds of Gauss-Newton."""

HALVINGS = 4
"""Most halvings of a change that does not lower the criterion, or with which no path is found."""

GAIN = 1e-2
"""A change that would lower the criterion by less ends the search: it moves no number by a tenth of its
standard error."""


@dataclass(frozen=True)
class Data:
    """Observed values that count, in a row."""

    series: tuple[str, ...]
    """Series of each value."""
    dates: tuple[dt.date, ...]
    observed: Array
    weight: Array
    """Weight over squared standard error."""


@dataclass(frozen=True)
class Round:
    """A round of the search."""

    values: dict[str, float]
    criterion: float
    from_data: float
    """Part of the criterion that the series make up."""


@dataclass(frozen=True, eq=False)
class Fitted:
    """Numbers of a chronicle as estimated."""

    plan: Plan
    data: Data
    before: Linear
    """At the values that the search began with."""
    after: Linear
    """At the estimate."""
    covariance: Array
    """(K, K) on the scales."""
    rounds: tuple[Round, ...]
    failures: tuple[str, ...]
    """Why paths were not found on the way."""
    at_bounds: tuple[str, ...]
    """Numbers that end at a bound: their standard errors do not know of it."""
    ended: bool
    """Whether the search ended by itself: nothing near lowers the criterion by more than `GAIN`."""

    @property
    def z(self) -> Array:
        """The estimate (K,) on the scales."""
        return self.after.z

    @property
    def sd(self) -> Array:
        """Standard errors (K,) on the scales."""
        return np.sqrt(np.diag(self.covariance))

    def model(self, at: Linear) -> tuple[Array, Array]:
        """The model's values beside the data (n,), and their derivatives (n, K)."""
        return model(self.plan, self.data, at)

    @property
    def contributions(self) -> dict[str, Array]:
        """By how much each series moves the numbers (K,) on their scales; they add up to estimate less mean
        where no number is at a bound.
        """
        value, slopes = self.model(self.after)
        gap = self.data.observed - value + slopes @ (self.z - self.plan.mean)
        names = np.array(self.data.series)
        return {
            name: self.covariance @ (slopes[names == name].T @ (self.data.weight * gap)[names == name])
            for name in dict.fromkeys(self.data.series)
        }

    @property
    def learnt(self) -> Array:
        """Share of the variance before the data that they take away (K,)."""
        return 1.0 - np.diag(self.covariance) / np.diag(self.plan.covariance)


def fit(
    plan: Plan,
    *,
    rounds: int = ROUNDS,
    progress: Progress | None = None,
    kept: Callable[[Round], None] | None = None,
) -> Fitted:
    """Estimate the numbers of a plan on the observed series of its chronicle.

    Args:
        plan: Numbers with what is known of them before, and the chronicle.
        rounds: Most rounds.
        progress: Called with stage, round and largest residual.
        kept: Called after each round.

    Raises:
        InputError: No series has a standard error and a weight, or values lie beyond the horizon.
        NotConverged: There is no path at the means.
    """
    at = first = linear(plan, np.clip(plan.mean, *plan.bounds), progress=progress)
    data = data_of(plan, at)
    precision = np.asarray(np.linalg.inv(plan.covariance), dtype=np.float64)
    history: list[Round] = []
    failures: list[str] = []

    def criterion(here: Linear) -> Round:
        gap = data.observed - model(plan, data, here)[0]
        away = here.z - plan.mean
        from_data = float(data.weight @ gap**2)
        return Round(plan.values(here.z), from_data + float(away @ precision @ away), from_data)

    now = criterion(at)
    history.append(now)
    if kept:
        kept(now)
    ended = False
    for number in range(rounds + 1):
        target, lowered = _next(plan, data, at, precision)
        ended = lowered <= GAIN
        if ended or number == rounds:
            break
        better = None
        for halving in range(HALVINGS + 1):
            z = at.z + 0.5**halving * (target - at.z)
            try:
                trial = linear(plan, z, progress=progress)
            except (NotConverged, InputError) as error:
                failures.append(str(error).splitlines()[0])
                continue
            there = criterion(trial)
            if there.criterion < now.criterion:
                better = trial, there
                break
        if better is None:
            break
        at, now = better
        history.append(now)
        if kept:
            kept(now)
    _, slopes = model(plan, data, at)
    information = slopes.T @ (data.weight[:, None] * slopes) + precision
    covariance = np.asarray(np.linalg.inv(information), dtype=np.float64)
    low, high = plan.bounds
    ends = [name for name, x, a, b in zip(plan.names, at.z, low, high, strict=True) if x in (a, b)]
    return Fitted(plan, data, first, at, covariance, tuple(history), tuple(failures), tuple(ends), ended)


def _next(plan: Plan, data: Data, at: Linear, precision: Array) -> tuple[Array, float]:
    """The minimum of the criterion within bounds with the model as it is to first order, and by how much it
    is lower there.
    """
    value, slopes = model(plan, data, at)
    root = np.sqrt(data.weight)
    half = np.linalg.cholesky(precision).T
    matrix = np.vstack([root[:, None] * slopes, half])
    there = np.concatenate([root * (data.observed - value + slopes @ at.z), half @ plan.mean])
    low, high = plan.bounds
    inside = np.where(low < high, low, low - 1.0), high
    solved = np.asarray(lsq_linear(matrix, there, bounds=inside, method="bvls").x)

    def left(z: Array) -> float:
        return float(np.sum((matrix @ z - there) ** 2))

    return solved, left(at.z) - left(solved)


def data_of(plan: Plan, at: Linear) -> Data:
    """Values of the observed series that count: with a standard error and a weight, on the path, and not the
    bases of others.

    Raises:
        InputError: There are none.
    """
    parts = []
    for name, one in plan.chronicle.observed.items():
        given = plan.declared.series.get(name)
        se = given.se if given is not None and given.se is not None else one.se
        weight = given.weight if given is not None and given.weight is not None else one.weight
        if se is None or weight == 0.0:
            continue
        compared, _ = at.series(one)
        for n in np.flatnonzero(~compared.base & np.isfinite(compared.model)):
            parts.append((name, compared.dates[n], float(compared.observed[n]), weight / se**2))
    if not parts:
        raise InputError.of(
            "no observed series counts: give series of the chronicle standard errors (`series:`, `se`)",
            key=plan.declared.name,
        )
    names, dates, values, weights = zip(*parts, strict=True)
    return Data(names, dates, np.array(values), np.array(weights))


def model(plan: Plan, data: Data, at: Linear) -> tuple[Array, Array]:
    """The model's values beside the data (n,), and their derivatives (n, K)."""
    values, slopes = [], []
    for name in dict.fromkeys(data.series):
        compared, derivative = at.series(plan.chronicle.observed[name])
        row = {date: n for n, date in enumerate(compared.dates)}
        rows = [row[date] for one, date in zip(data.series, data.dates, strict=True) if one == name]
        values.append(compared.model[rows])
        slopes.append(derivative[rows])
    return np.concatenate(values), np.vstack(slopes)
