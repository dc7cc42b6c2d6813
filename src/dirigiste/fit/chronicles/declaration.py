"""What is known about the numbers of a chronicle besides what was observed, as a file may say it.

numbers:
  scale fear: {mean: 1, sd: 0.5, bounds: [0, 4], why: as written give or take a half}
  2020-12-24 edges.crackdown.actual.half_life: {sd: 0.7, transform: log}
  statuses.independent.collateral: {sd: 0.2}
series:
  private_share: {se: 1.5, se_source: assumption}
"""

import math
from typing import Annotated, ClassVar, Final, Self

from pydantic import Field, model_validator

from dirigiste.documents.fields import Count, Declaration, Name, Real, parameter
from dirigiste.fit.moments.declaration import Transform

SCHEMA_VERSION: Final = 1
"""Version of the file format that this program reads and writes."""


class UncertainNumber(Declaration):
    """A number of a chronicle, or of its economy, that is not known for sure."""

    SYNONYMS: ClassVar = {"std": "sd", "se": "sd", "scale": "transform", "range": "bounds", "median": "mean"}

    mean: Real | None = Field(
        default=None, description="Mean, in the unit of the number; with log the median; default: as written"
    )
    sd: Real = parameter(
        "Standard deviation on the scale of `transform`: in the unit of the number without one, relative "
        "with log",
        unit="scale",
        gt=0,
    )
    transform: Transform = Field(default="none", description="Scale on which the number is normal")
    bounds: Annotated[tuple[Real, ...], Field(min_length=2, max_length=2)] | None = Field(
        default=None, description="Lowest and highest value, [low, high]; needed with logit"
    )
    why: str = Field(default="", description="Why it is thought to be so")
    source: str = Field(default="assumption", min_length=1, description="Who says so, or `assumption`")

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.bounds is not None and not self.bounds[0] < self.bounds[1]:
            raise ValueError(f"`bounds` must rise; got {self.bounds[0]:g} to {self.bounds[1]:g}")
        if self.transform == "logit" and self.bounds is None:
            raise ValueError("`bounds` is missing: logit is a scale between bounds")
        return self

    @property
    def limits(self) -> tuple[float, float]:
        """Lowest and highest value; infinite where there is no bound."""
        if self.bounds is not None:
            return self.bounds[0], self.bounds[1]
        return (0.0 if self.transform == "log" else -math.inf), math.inf


class SeriesError(Declaration):
    """How sure an observed series is, where the chronicle does not say so, and how much it counts."""

    SYNONYMS: ClassVar = {"std": "se", "sd": "se", "source": "se_source", "standard_error": "se"}

    se: Annotated[Real, Field(gt=0)] | None = Field(
        default=None, description="Standard error of a value, in the unit in which the two are compared"
    )
    se_source: str = Field(default="assumption", min_length=1, description="Where it comes from")
    weight: Annotated[Real, Field(ge=0)] | None = Field(
        default=None, description="Weight of the series; 0 leaves it out; default: that of the chronicle"
    )


class UncertainNumbers(Declaration):
    """Numbers of a chronicle that are not known for sure, and series that say more about them."""

    SYNONYMS: ClassVar = {"sizes": "numbers", "parameters": "numbers", "observed": "series"}

    name: Name = Field(description="Name of the file")
    title: str = Field(default="", description="Title for tables and figures")
    description: str = Field(default="", description="What is thought to be uncertain, and why")
    schema_version: Count = Field(default=SCHEMA_VERSION, ge=1, description="Version of the file format")
    numbers: dict[str, UncertainNumber] = Field(
        min_length=1,
        description="By name: numbers of the chronicle (`dirigiste explain` lists them), factors on all "
        "changes to a parameter or of a channel (`scale fear`), and parameters of its economy",
    )
    correlation: tuple[tuple[Real, ...], ...] | None = Field(
        default=None,
        description="Correlation between the numbers on their scales, rows in their order; default: none",
    )
    series: dict[str, SeriesError] = Field(
        default_factory=dict, description="Observed series of the chronicle, by name"
    )
