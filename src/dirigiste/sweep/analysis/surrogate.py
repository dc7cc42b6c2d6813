"""A surrogate of an outcome over the axes of a sweep: a polynomial by least squares.

Axes are scaled to [-1, 1] (in logs where their scale is), where Legendre polynomials are orthogonal with
respect to even draws; products of them up to a total degree are fitted. The degree is the one whose error of
leaving one point out is least. That error is exact for least squares without fitting again: the residual of a
point over 1 - h, with h its leverage. Squares of coefficients are parts of the variance of the outcome, so
that Sobol indices follow (Sudret 2008, Reliability Engineering and System Safety 93, 964-979).
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.polynomial import legendre

from dirigiste.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dirigiste.sweep.analysis.kept import Kept

DEGREE: Final = 10
"""Highest total degree that is tried."""

TERMS: Final = 400
"""Most terms of a polynomial."""

GAIN: Final = 1e-2
"""Share by which a higher degree must lower the error."""

SPARE: Final = 2
"""Points for each term, at least."""

PATIENCE: Final = 2
"""Degrees without a gain after which no higher one is tried."""

LEVERAGE: Final = 1e-9
"""A point that a polynomial has to meet (h above 1 less this) says nothing of its error."""


@dataclass(frozen=True)
class Surrogate:
    """A polynomial for one outcome."""

    outcome: str
    axes: tuple[str, ...]
    degrees: NDArray[np.intp]
    """Degree in every axis of every term, (terms, axes)."""
    coefficients: NDArray[np.float64]
    """Of the products of normed Legendre polynomials, (terms,)."""
    error: float
    """Root of the mean squared error of leaving one point out, in the unit of the outcome."""
    explained: float
    """Share of the variance of the outcome that is predicted when a point is left out."""
    points: int
    """Points that it was fitted to."""

    @property
    def degree(self) -> int:
        """Total degree."""
        return int(self.degrees.sum(axis=1).max(initial=0))

    def predict(self, units: NDArray[np.float64]) -> NDArray[np.float64]:
        """The outcome at points in units of the axes, (points, axes), each from 0 to 1."""
        return basis(units, self.degrees) @ self.coefficients

    def first(self) -> NDArray[np.float64]:
        """First Sobol indices by axis: shares of variance that an axis explains alone."""
        whole = self.degrees.sum(axis=1)
        return self._shares(lambda n: (self.degrees[:, n] > 0) & (whole == self.degrees[:, n]))

    def total(self) -> NDArray[np.float64]:
        """Total Sobol indices by axis: shares in which an axis has any part."""
        return self._shares(lambda n: self.degrees[:, n] > 0)

    def _shares(self, chosen: Any) -> NDArray[np.float64]:  # noqa: ANN401  (a function of the axis)
        squares = self.coefficients**2
        variance = squares[self.degrees.sum(axis=1) > 0].sum()
        if variance <= 0.0:
            return np.full(len(self.axes), math.nan)
        return np.array([squares[chosen(n)].sum() / variance for n in range(len(self.axes))])

    def to_json(self) -> dict[str, Any]:
        """Plain numbers, from which the polynomial can be evaluated elsewhere."""
        return {
            "outcome": self.outcome,
            "axes": list(self.axes),
            "basis": "products of Legendre polynomials sqrt(2 k + 1) P_k(2 u - 1) of u in [0, 1]",
            "degrees": self.degrees.tolist(),
            "coefficients": self.coefficients.tolist(),
            "error": self.error,
            "explained": self.explained,
            "points": self.points,
        }


def fit(kept: Kept, outcome: str) -> Surrogate:
    """Fit a surrogate to the points of a sweep that have the outcome.

    Raises:
        InputError: An axis has words for values, or there are too few points.
    """
    words = [name for name in kept.axes if kept.words(name)]
    if words or not kept.axes:
        what = f"`{words[0]}` has words for values" if words else "there is no axis with numbers"
        raise InputError.of(f"no surrogate for {kept.name}: {what}", key=outcome)
    values, units = kept.numbers(outcome), kept.units
    there = np.isfinite(values)
    return of_points(outcome, tuple(kept.axes), units[there], values[there])


def of_points(
    outcome: str, axes: tuple[str, ...], units: NDArray[np.float64], values: NDArray[np.float64]
) -> Surrogate:
    """Fit a surrogate to values, (points,), at points in units of the axes, (points, axes).

    Raises:
        InputError: There are too few points.
    """
    if len(values) < SPARE:
        raise InputError.of(f"{len(values)} points are too few for a surrogate", key=outcome)
    levels = [len(np.unique(column)) for column in units.T]
    variance = float(np.var(values))
    best: Surrogate | None = None
    for degree in range(DEGREE + 1):
        degrees = terms(len(axes), degree, levels)
        if len(degrees) > min(TERMS, len(values) // SPARE) and degree > 0:
            break
        if best is not None and degree > best.degree + PATIENCE:
            break
        coefficients, left_out = _least_squares(basis(units, degrees), values)
        error = math.sqrt(float(np.mean(left_out**2)))
        if best is None or error < (1.0 - GAIN) * best.error:
            explained = 1.0 - error**2 / variance if variance > 0 else math.nan
            best = Surrogate(outcome, axes, degrees, coefficients, error, explained, len(values))
    assert best is not None  # a constant can always be fitted
    return best


def terms(axes: int, degree: int, levels: list[int]) -> NDArray[np.intp]:
    """Degrees of all products up to a total degree, none higher in an axis than its levels can tell apart."""
    rows = [
        np.bincount(np.array(chosen, dtype=np.intp), minlength=axes)
        for whole in range(degree + 1)
        for chosen in itertools.combinations_with_replacement(range(axes), whole)
    ]
    found = np.array(rows, dtype=np.intp).reshape(-1, axes)
    return found[(found < np.array(levels)).all(axis=1)]


def basis(units: NDArray[np.float64], degrees: NDArray[np.intp]) -> NDArray[np.float64]:
    """Normed products at points, (points, terms): of mean square 1 over even draws."""
    at = np.ones((len(units), len(degrees)))
    for n in range(degrees.shape[1]):
        highest = int(degrees[:, n].max(initial=0))
        norms = np.sqrt(2.0 * np.arange(highest + 1) + 1.0)
        at *= (legendre.legvander(2.0 * units[:, n] - 1.0, highest) * norms)[:, degrees[:, n]]
    return at


def _least_squares(
    at: NDArray[np.float64], values: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Coefficients, and errors at points that are left out; infinite where a point decides by itself."""
    left, sizes, right = np.linalg.svd(at, full_matrices=False)
    kept = sizes > sizes[0] * 1e-10
    left, sizes, right = left[:, kept], sizes[kept], right[kept]
    coefficients = right.T @ ((left.T @ values) / sizes)
    free = 1.0 - (left**2).sum(axis=1)
    residual = values - at @ coefficients
    left_out = np.full(len(values), math.inf)
    np.divide(residual, free, out=left_out, where=free > LEVERAGE)
    return coefficients, left_out
