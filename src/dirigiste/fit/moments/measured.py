"""Moments that `dirigiste measure ... --moments` wrote, as targets of a calibration."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict

from dirigiste.documents import reading
from dirigiste.documents.validation import validate

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


class _Moment(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    value: float
    se: float | None = None
    unit: str = ""
    definition: str = ""


class _Covariance(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    names: tuple[str, ...]
    matrix: tuple[tuple[float, ...], ...]


class _File(BaseModel):
    """A file of measured moments, as far as a calibration needs it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    source: str = ""
    moments: tuple[_Moment, ...]
    covariance: _Covariance | None = None


@dataclass(frozen=True)
class Measured:
    """A moment of firm data."""

    name: str
    value: float
    se: float | None
    unit: str
    definition: str


@dataclass(frozen=True)
class MeasuredMoments:
    """Moments of firm data by name, and their covariance, which comes from the same draws of firms."""

    source: str
    moments: dict[str, Measured]
    names: tuple[str, ...] = ()
    matrix: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 0)))

    def covariance(self, first: str, second: str) -> float:
        """Covariance of two moments: the square of the standard error, 0 where nothing is known."""
        if first in self.names and second in self.names:
            return float(self.matrix[self.names.index(first), self.names.index(second)])
        if first != second:
            return 0.0
        se = self.moments[first].se
        return math.nan if se is None else se * se


def read(path: Path) -> MeasuredMoments:
    """Read a file of measured moments.

    Raises:
        InputError: It is missing, or no file of measured moments; with every fault.
    """
    file = validate(_File, reading.read(path))
    moments = {
        item.name: Measured(item.name, item.value, item.se, item.unit, item.definition)
        for item in file.moments
    }
    if file.covariance is None:
        return MeasuredMoments(file.source, moments)
    return MeasuredMoments(
        file.source, moments, file.covariance.names, np.array(file.covariance.matrix, dtype=float)
    )
