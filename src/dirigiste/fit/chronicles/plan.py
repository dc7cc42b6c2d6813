"""Numbers that are uncertain, bound to a chronicle: their normal distribution on their scales."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dirigiste.results.runs.sensitivity import with_number

if TYPE_CHECKING:
    from dirigiste.chronicle import Chronicle
    from dirigiste.chronicle.sizes import Size
    from dirigiste.fit.chronicles.declaration import UncertainNumbers
    from dirigiste.fit.moments.scales import Scale

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Uncertain:
    """A number and its distribution."""

    size: Size
    scale: Scale
    mean: float
    """On its scale."""
    sd: float
    """On its scale."""

    @property
    def name(self) -> str:
        """Name of the number."""
        return self.size.name


@dataclass(frozen=True, eq=False)
class Plan:
    """Uncertain numbers of a chronicle, jointly normal on their scales, within bounds."""

    chronicle: Chronicle
    declared: UncertainNumbers
    numbers: tuple[Uncertain, ...]
    correlation: Array
    """(K, K), on the scales."""

    @property
    def names(self) -> list[str]:
        """Names of the numbers."""
        return [number.name for number in self.numbers]

    @cached_property
    def mean(self) -> Array:
        """Means (K,) on the scales."""
        return np.array([number.mean for number in self.numbers])

    @cached_property
    def sd(self) -> Array:
        """Standard deviations (K,) on the scales."""
        return np.array([number.sd for number in self.numbers])

    @cached_property
    def covariance(self) -> Array:
        """Covariance (K, K) on the scales."""
        return self.correlation * np.outer(self.sd, self.sd)

    @cached_property
    def bounds(self) -> tuple[Array, Array]:
        """Lowest and highest values (K,) on the scales."""
        low, high = zip(*(number.scale.bounds for number in self.numbers), strict=True)
        return np.array(low), np.array(high)

    def values(self, z: Array) -> dict[str, float]:
        """Numbers by name, in their units, from values (K,) on their scales; as written to the last bit where
        that is meant.
        """
        return {
            number.name: number.size.value
            if float(x) == number.scale.of(number.size.value)
            else number.scale.back(float(x))
            for number, x in zip(self.numbers, z, strict=True)
        }

    def slopes(self, z: Array) -> Array:
        """Derivatives (K,) of the numbers in their values on the scales."""
        return np.array([number.scale.slope(float(x)) for number, x in zip(self.numbers, z, strict=True)])

    def at(self, z: Array) -> Chronicle:
        """The chronicle with the numbers at values (K,) on their scales.

        Raises:
            InputError: The economy does not allow one of them.
        """
        return with_values(self.chronicle, self.numbers, self.values(z))


def correlation_of(covariance: Array) -> Array:
    """Correlation (K, K) of a covariance, symmetric to the last bit and 1 on the diagonal."""
    sd = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(sd, sd)
    correlation = 0.5 * (correlation + correlation.T)
    np.fill_diagonal(correlation, 1.0)
    return correlation


def with_values(
    chronicle: Chronicle, numbers: tuple[Uncertain, ...], values: Mapping[str, float]
) -> Chronicle:
    """A chronicle with some of its numbers replaced: single numbers first, then factors on top of them. Those
    that are as written stay untouched.

    Raises:
        InputError: The economy does not allow one of them.
    """
    for number in sorted(numbers, key=lambda number: number.size.scales):
        if values[number.name] != number.size.value:
            chronicle = with_number(chronicle, number.size, values[number.name])
    return chronicle
