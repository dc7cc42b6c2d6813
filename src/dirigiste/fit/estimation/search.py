"""Searches for the parameters whose moments are nearest to their targets, from one start or several.

Least squares of moments weighted by the inverse of their covariance, by Gauss-Newton steps within the bounds
with exact derivatives. Where an economy cannot be solved the step is shortened.
"""

from __future__ import annotations

import math
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from dirigiste.errors import InputError, NotConverged
from dirigiste.fit.estimation.kept import key
from dirigiste.fit.estimation.least_squares import minimise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dirigiste.fit.estimation.evaluation import Evaluator
    from dirigiste.fit.moments.plan import Parameter, Plan
    from dirigiste.progress import Progress

    Array = NDArray[np.float64]

FAR, WIDE = 1.5, 0.4
"""Largest step of a parameter: on a log or logit scale, and else as a share of the width of its bounds."""

TYPICAL = 12
"""Evaluations that a search takes, about; only for the time left, until one has finished."""


@dataclass(frozen=True)
class Found:
    """What one search has found."""

    start: tuple[float, ...]
    """Parameters at which it started (K,)."""
    x: tuple[float, ...]
    """Parameters at which it ended (K,); empty where the start could not be solved."""
    distance: float
    """Weighted sum of squares there, that of priors included."""
    evaluations: int
    """Sets of parameters that were tried."""
    failed: int
    """Those at which the economy could not be solved."""
    why: str
    """Why it stopped."""
    converged: bool


def starts(plan: Plan, count: int, seed: int) -> list[Array]:
    """The plan's own start, and points of a randomly shifted Sobol set within the bounds; in logs where the
    scale is.

    Raises:
        InputError: A bound is infinite, or 0 on a log scale, which a Sobol set cannot fill.
    """
    if count <= 1:
        return [plan.start]
    from scipy.stats import qmc

    spans = []
    for parameter in plan.parameters:
        scale = parameter.scale
        log = scale.transform == "log"
        span = scale.bounds if log else (scale.low, scale.high)
        if not all(map(math.isfinite, span)):
            raise InputError.of(
                "several starts need finite bounds" + (" above 0" if log else ""), key=parameter.name
            )
        spans.append((*span, log))
    size = len(spans)
    points = qmc.Sobol(size, scramble=False).random_base2(math.ceil(math.log2(max(count - 1, 2))))
    points = (points[: count - 1] + np.random.default_rng(seed).random(size)) % 1.0
    return [
        plan.start,
        *(
            np.array(
                [
                    math.exp(low + u * (high - low)) if log else low + u * (high - low)
                    for u, (low, high, log) in zip(point, spans, strict=True)
                ]
            )
            for point in points
        ),
    ]


def search(
    evaluator: Evaluator, points: Sequence[Array], most: int, progress: Progress | None = None
) -> list[Found]:
    """Search from every start.

    Args:
        evaluator: Evaluates moments.
        points: Starts (K,) each.
        most: Largest count of evaluations of one search.
        progress: Called at every evaluation.
    """
    watch = _Watch(len(points), progress)
    results = []
    for n, point in enumerate(points):
        name = f"{key(point)} most {most}"
        if name not in evaluator.kept.starts:
            watch.begin(n)
            evaluator.kept.keep_start(name, asdict(_one(evaluator, point, most, watch)))
            watch.finish()
        line = dict(evaluator.kept.starts[name])
        line.pop("key")
        results.append(Found(**{**line, "start": tuple(line["start"]), "x": tuple(line["x"])}))
    return results


def whitening(covariance: Array) -> Array:
    """L^-1 with covariance L L' (M, M): residuals times it are independent with variance 1."""
    return np.linalg.inv(np.linalg.cholesky(covariance)).astype(np.float64)


class _Watch:
    """Tells how far the search is and how long it takes, about."""

    def __init__(self, count: int, progress: Progress | None) -> None:
        self.count, self.progress = count, progress
        self.start, self.done, self.evaluations, self.finished = 0, 0, 0, 0
        self.began = time.perf_counter()

    def begin(self, start: int) -> None:
        self.start, self.done = start, 0

    def step(self, distance: float) -> None:
        self.done += 1
        self.evaluations += 1
        if self.progress is None:
            return
        typical = max(
            (self.evaluations - self.done) / self.finished if self.finished else TYPICAL, self.done + 1
        )
        each = (time.perf_counter() - self.began) / self.evaluations
        left = each * (typical - self.done + typical * (self.count - self.start - 1))
        shown = f"distance {distance:.4g}" if math.isfinite(distance) else "not solved, step shortened"
        time_left = f"about {left / 60:.0f} min left" if left > 90 else f"about {left:.0f} s left"
        self.progress(
            f"evaluation {self.done}, {shown}, {time_left} · start {self.start + 1} of {self.count}",
            0,
            math.nan,
        )

    def finish(self) -> None:
        self.finished += 1


def _one(evaluator: Evaluator, point: Array, most: int, watch: _Watch) -> Found:
    """Search from one start."""
    plan = evaluator.plan
    weight, priors, count = whitening(plan.covariance), _priors(plan), len(plan.targeted)

    def residuals(z: Array) -> Array | None:
        moments = evaluator.moments(plan.from_scale(z))
        if moments is None:
            watch.step(math.inf)
            return None
        result = _residuals(plan, weight, z, moments)
        watch.step(float(result @ result))
        return result

    def derivatives(z: Array) -> Array:
        matrix = weight @ evaluator.jacobian(plan.from_scale(z))[:count] * plan.slopes(z)
        rows = np.zeros((len(priors), len(z)))
        for row, (n, _, sd) in zip(rows, priors, strict=True):
            row[n] = 1.0 / sd
        return np.vstack([matrix, rows])

    start = tuple(map(float, point))
    low, high = np.array([parameter.scale.bounds for parameter in plan.parameters]).T
    reach = np.array([_reach(parameter) for parameter in plan.parameters])
    z = np.clip(plan.to_scale(point), low, high)
    try:
        found = minimise(residuals, derivatives, z, low, high, reach, most)
    except (InputError, NotConverged) as error:
        return Found(start, (), math.inf, 0, 0, f"derivatives fail: {error}", converged=False)
    if found is None:
        line = evaluator.kept.moments[key(plan.from_scale(z))]
        return Found(start, (), math.inf, 1, 1, f"the start cannot be solved: {line['why']}", converged=False)
    x = tuple(plan.from_scale(found.z).tolist())
    distance = float(found.residuals @ found.residuals)
    return Found(start, x, distance, found.evaluations, found.failed, found.why, found.converged)


def distance(plan: Plan, z: Array, moments: Array) -> float:
    """Weighted sum of squares, that of priors included, at parameters on their scales and their moments."""
    return float(np.sum(_residuals(plan, whitening(plan.covariance), z, moments) ** 2))


def _residuals(plan: Plan, weight: Array, z: Array, moments: Array) -> Array:
    """Misses of moments that count and of priors, independent with variance 1 each."""
    targets = np.array([moment.target for moment in plan.targeted])
    left = [(z[n] - mean) / sd for n, mean, sd in _priors(plan)]
    return np.concatenate([weight @ (moments[: len(targets)] - targets), left])


def _priors(plan: Plan) -> list[tuple[int, float, float]]:
    """Position, mean on its scale, and standard deviation of each prior."""
    return [
        (n, parameter.scale.of(parameter.prior.mean), parameter.prior.sd)
        for n, parameter in enumerate(plan.parameters)
        if parameter.prior is not None
    ]


def _reach(parameter: Parameter) -> float:
    """Largest step of a parameter on its scale."""
    if parameter.scale.transform != "none":
        return FAR
    width = parameter.scale.high - parameter.scale.low
    return WIDE * width if math.isfinite(width) else math.inf
