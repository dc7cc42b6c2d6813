"""The reverse question: for which weights on the other goals would the instruments be best as they are?

Weights follow from first-order conditions at the present economy by least squares. What is left says how far
the instruments are from best at any weight. With a covariance of estimated parameters weights have standard
errors by the delta method: the economy is solved with each of these parameters lower and higher by one
standard error. Steps are that wide since weights are ratios of derivatives, which jump a little where
thresholds of wealth pass from node to node.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dirigiste.errors import InputError
from dirigiste.frontiers.problems.goals import PRICE
from dirigiste.frontiers.problems.problem import Stationary, present
from dirigiste.frontiers.search.optimality import conditions, sides, single

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from dirigiste.frontiers.problems.problem import Problem
    from dirigiste.frontiers.search.evaluation import Evaluator

    Array = NDArray[np.float64]

LARGEST, SMALL = 0.2, 0.01
"""Largest step, over the size of the parameter, which counts as no smaller than `SMALL`."""


@dataclass(frozen=True)
class Weights:
    """Weights on the other goals, in units of the price goal for each of theirs; they may be negative."""

    weights: Array
    """(M - 1,)"""
    se: Array
    """Standard errors (M - 1,); nan without estimated parameters."""
    residual: float
    """0 if the instruments are best at these weights, 1 if no weight explains anything."""
    alone: Array
    """The weight that each instrument alone would be best for (M - 1, K)."""
    left: Array
    """Gradient of the weighted sum that is left, by instrument over the width of its bounds (K,)."""
    gradients: Array
    """Derivatives of goals in instruments (M, K)."""


@dataclass(frozen=True)
class Estimated:
    """Parameters with a covariance."""

    paths: tuple[tuple[str, ...], ...]
    """Dotted paths of each; those of one parameter move together."""
    covariance: Array


def implied(evaluator: Evaluator, estimated: Estimated | None = None) -> Weights:
    """Weights at present.

    Raises:
        InputError: An instrument or an estimated parameter cannot be moved by a little.
        NotConverged: A neighbour of the economy cannot be solved.
    """
    x = present(evaluator.problem)
    jacobian = evaluator.jacobian(evaluator.z(x))
    found = conditions(jacobian, sides(evaluator.z(x)), PRICE, positive=False)
    others = [m for m in range(len(jacobian)) if m != PRICE]
    se = np.full(len(others), math.nan)
    if estimated is not None:
        slopes = _slopes(evaluator, estimated)
        se = np.sqrt(np.einsum("ij,jk,ik->i", slopes, estimated.covariance, slopes))
    return Weights(
        found.weights,
        se,
        found.residual,
        np.array([single(jacobian, PRICE, m) for m in others]),
        found.left,
        jacobian / evaluator.width,
    )


def _slopes(evaluator: Evaluator, estimated: Estimated) -> Array:
    """Derivatives of weights in estimated parameters (M - 1, P)."""
    problem = evaluator.problem
    assert isinstance(problem, Stationary)  # `read` has asked
    width, columns = evaluator.width, []
    for n, paths in enumerate(estimated.paths):
        value = float(problem.economy.get(paths[0]))  # type: ignore[arg-type]
        se = math.sqrt(estimated.covariance[n, n])
        if se == 0.0:
            columns.append(np.zeros(len(problem.goals) - 1))
            continue
        step = min(se, LARGEST * max(abs(value), SMALL))
        ends = []
        for sign in (-1.0, 1.0):
            evaluator.watch.begin("standard errors", n + 1, len(estimated.paths))
            evaluator.watch.step()
            moved = problem.on(problem.economy.with_(dict.fromkeys(paths, value + sign * step)))
            x = present(moved)
            z = (x - evaluator.low) / width
            ends.append(conditions(moved.jacobian(x) * width, sides(z), PRICE, positive=False).weights)
        columns.append((ends[1] - ends[0]) / (2.0 * step))
    return np.array(columns).T


def read(path: Path, problem: Problem) -> Estimated:
    """Estimated parameters and their covariance from `calibration.json`, or the folder of a calibration.

    Raises:
        InputError: It is no such file, or names parameters that the economy does not have; or goals are those
            of a chronicle.
    """
    if not isinstance(problem, Stationary):
        raise InputError.of("goes with economies, not with chronicles", key="--covariance")
    file = path / "calibration.json" if path.is_dir() else path
    key = "--covariance"
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        paths = tuple(tuple(str(row["paths"]).split(", ")) for row in content["estimates"])
        rows = [[0.0 if x is None else float(x) for x in row] for row in content["covariance"]]
        covariance = np.array(rows, dtype=float).reshape(len(paths), len(paths))
    except OSError as error:
        message = f"cannot be read: {error.strerror or error}"
        raise InputError.of(message, key=key, file=str(file)) from None
    except (ValueError, KeyError, TypeError):
        raise InputError.of(
            "is no file of a calibration: it must have `estimates`, each with `paths`, and `covariance`",
            key=key,
            file=str(file),
        ) from None
    for path_ in (one for every in paths for one in every):
        problem.economy.get(path_)
    return Estimated(paths, np.where(np.isfinite(covariance), covariance, 0.0))
