"""A calibration as it is worked with: a file's content bound to an economy, checked."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dirigiste.fit.moments.scales import Scale

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dirigiste.economy import Economy
    from dirigiste.results.quantities.expression import Expression

    Array = NDArray[np.float64]


@dataclass(frozen=True)
class Prior:
    """A normal distribution on the scale of a parameter."""

    mean: float
    """In the unit of the parameter."""
    sd: float
    """On the scale."""


@dataclass(frozen=True)
class Parameter:
    """A number that is estimated."""

    name: str
    paths: tuple[str, ...]
    """Dotted paths that take it."""
    scale: Scale
    start: float
    unit: str
    description: str
    prior: Prior | None = None
    note: str = ""


@dataclass(frozen=True)
class Assumed:
    """A number that is not estimated, and how far off it may be."""

    name: str
    paths: tuple[str, ...]
    value: float
    low: float
    high: float
    note: str = ""


@dataclass(frozen=True)
class Target:
    """A number that the model is to match."""

    name: str
    of: Expression
    target: float
    se: float
    unit: str
    source: str
    se_source: str
    quality: str
    note: str
    targeted: bool

    @property
    def se_assumed(self) -> bool:
        """Whether nobody published the standard error."""
        return self.se_source == "assumption"


@dataclass(frozen=True)
class Plan:
    """Parameters of an economy, and moments to estimate them on."""

    name: str
    title: str
    description: str
    file: str
    economy: Economy
    parameters: tuple[Parameter, ...]
    moments: tuple[Target, ...]
    """Those that count first."""
    covariance: Array
    """Between the moments that count (M, M)."""
    assumed: tuple[Assumed, ...] = ()
    """Numbers that stay, and may be off."""

    @property
    def targeted(self) -> tuple[Target, ...]:
        """Moments that count."""
        return tuple(moment for moment in self.moments if moment.targeted)

    @property
    def priors(self) -> tuple[int, ...]:
        """Positions of the parameters with a prior."""
        return tuple(n for n, parameter in enumerate(self.parameters) if parameter.prior is not None)

    @property
    def start(self) -> Array:
        """Starting values of parameters (K,)."""
        return np.array([parameter.start for parameter in self.parameters])

    def to_scale(self, x: Sequence[float] | Array) -> Array:
        """Parameters on their scales (K,)."""
        return np.array([p.scale.of(float(value)) for p, value in zip(self.parameters, x, strict=True)])

    def from_scale(self, z: Array) -> Array:
        """Parameters from their scales (K,)."""
        return np.array([p.scale.back(float(value)) for p, value in zip(self.parameters, z, strict=True)])

    def slopes(self, z: Array) -> Array:
        """Derivatives of parameters in their scales (K,)."""
        return np.array([p.scale.slope(float(value)) for p, value in zip(self.parameters, z, strict=True)])

    def changes(self, x: Array) -> dict[str, float]:
        """Values by dotted path."""
        return {
            path: float(value)
            for parameter, value in zip(self.parameters, x, strict=True)
            for path in parameter.paths
        }

    @property
    def hash(self) -> str:
        """SHA-256, in hex, over all that the estimates depend on."""
        content: dict[str, Any] = {
            "economy": self.economy.hash,
            "parameters": [
                [
                    p.name,
                    list(p.paths),
                    p.scale.transform,
                    p.scale.low,
                    p.scale.high,
                    p.start,
                    [p.prior.mean, p.prior.sd] if p.prior else None,
                ]
                for p in self.parameters
            ],
            "moments": [[m.name, m.of.text, m.target, m.se, m.targeted] for m in self.moments],
            "covariance": self.covariance.tolist(),
        }
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()
