"""What a calibration file may hold.

parameters:
- {path: statuses.connected.collateral, bounds: [1.0, 6.0], transform: logit}
- {path: statuses.independent.spread, also: [statuses.critic.spread], bounds: [0.0, 0.1]}
moments:
- {name: control, of: control, target: 0.7, se: {value: 0.05, source: assumption}, source: "..."}
- {name: state_credit, of: "credit[connected] / credit", target: 0.67, se: 0.04, source: "..."}
"""

from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, PrivateAttr

from dirigiste.documents.fields import Count, Declaration, ExtendedReal, Flag, Name, Real, parameter
from dirigiste.documents.nodes import Source

SCHEMA_VERSION: Final = 1
"""Version of the file format that this program reads."""

Transform = Literal["none", "log", "logit"]
"""The scale on which a parameter is searched for and its interval is symmetric; logit within its bounds."""


class Prior(Declaration):
    """What is known of a parameter besides the moments: normal on its scale."""

    mean: Real = Field(description="Mean, in the unit of the parameter; the scale is that of `transform`")
    sd: Real = parameter(
        "Standard deviation on the scale of `transform`: in the unit of the parameter without one, relative "
        "with log",
        unit="scale",
        gt=0,
    )


class FittedParameter(Declaration):
    """A number of the economy that is estimated."""

    path: str = Field(min_length=1, description="Dotted path in the economy, such as `edges.join.cost`")
    also: tuple[str, ...] = Field(
        default=(), description="Other dotted paths that take the same value, so that one number is estimated"
    )
    name: Name | None = Field(default=None, description="Short name; default: the path")
    bounds: Annotated[tuple[ExtendedReal, ...], Field(min_length=2, max_length=2)] = Field(
        description="Lowest and highest value, [low, high]"
    )
    start: Real | None = Field(
        default=None, description="Where the search starts; default: the value in the economy"
    )
    transform: Transform = Field(default="none", description="Scale of the search and of intervals")
    prior: Prior | None = Field(
        default=None, description="Normal prior on the scale of `transform`; it counts as one more moment"
    )
    note: str = Field(default="", description="Anything worth knowing")


class Moment(Declaration):
    """A number of the data, and its counterpart in the model."""

    name: Name = Field(description="Name of the moment")
    of: str = Field(
        min_length=1,
        description="The model's counterpart: an outcome (`output`, `credit[independent]`, `people[join]`), "
        "or arithmetic of outcomes, such as `credit[connected] / credit`",
    )
    target: Real | None = Field(default=None, description="The number in the data, in units of the outcome")
    se: Real | None = Field(
        default=None,
        gt=0,
        description="Its standard error; where none is published, {value: ..., source: assumption}",
    )
    measured: str | None = Field(
        default=None,
        min_length=1,
        description="Instead of `target` and `se`: a moment's name in the file of measured moments",
    )
    unit: str = Field(default="", description="Unit")
    source: str = Field(default="", description="Where the number comes from; or `assumption`")
    quality: Literal["read", "remembered", "unsure", "derived", "measured", "assumed"] | None = Field(
        default=None, description="How well the number is known: read in the source, remembered, unsure, ..."
    )
    targeted: Flag = Field(
        default=True, description="false: shown beside the data, but not part of the estimation"
    )
    note: str = Field(default="", description="How the definitions in data and model differ, for example")


class AssumedParameter(Declaration):
    """A number of the economy that stays as it is, and how far off it may be."""

    path: str = Field(min_length=1, description="Dotted path in the economy")
    also: tuple[str, ...] = Field(default=(), description="Other dotted paths that have the same value")
    name: Name | None = Field(default=None, description="Short name; default: the path")
    range: Annotated[tuple[Real, ...], Field(min_length=2, max_length=2)] = Field(
        description="Lowest and highest value that is thought possible, [low, high]"
    )
    note: str = Field(default="", description="Why this range")


class Covariance(Declaration):
    """Covariance between moments; those that are not named are independent."""

    names: tuple[str, ...] = Field(min_length=1, description="Names of moments, in the order of the matrix")
    matrix: tuple[tuple[Real, ...], ...] = Field(min_length=1, description="Rows of the covariance matrix")


class CalibrationFile(Declaration):
    """Parameters to estimate and moments to match."""

    SYNONYMS: ClassVar = {
        "params": "parameters",
        "targets": "moments",
        "parameter": "path",
        "value": "target",
        "std": "se",
        "sd": "se",
        "standard_error": "se",
        "expression": "of",
        "model": "of",
        "bound": "bounds",
        "range": "bounds",
        "ties": "also",
        "tie": "also",
        "scale": "transform",
        "initial": "start",
        "sources": "source",
        "file": "measured",
    }

    name: str = Field(min_length=1, description="Name of the calibration")
    title: str = Field(default="", description="Title for tables and figures")
    description: str = Field(default="", description="What is estimated on what, and why")
    schema_version: Count = Field(default=SCHEMA_VERSION, ge=1, description="Version of the file format")
    parameters: tuple[FittedParameter, ...] = Field(description="Numbers that are estimated")
    moments: tuple[Moment, ...] = Field(description="Numbers that the model is to match")
    assumed: tuple[AssumedParameter, ...] = Field(
        default=(),
        description="Numbers that are not estimated, with ranges; estimates say how they move over them",
    )
    measured: str | None = Field(
        default=None,
        description="File of measured moments with their covariance (`dirigiste measure ... --moments "
        "FILE`), relative to this file",
    )
    covariance: Covariance | None = Field(
        default=None, description="Covariance between moments; without it they are independent"
    )

    _sources: dict[str, Source] = PrivateAttr(default_factory=dict)

    @property
    def sources(self) -> dict[str, Source]:
        """Where numbers come from that are written with their source, by dotted path."""
        return dict(self._sources)
