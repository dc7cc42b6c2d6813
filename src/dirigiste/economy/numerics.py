"""Numerical settings of an economy: grid, steps of paths, tolerances."""

from typing import Literal, Self

from pydantic import Field, model_validator

from dirigiste.documents.fields import Count, Declaration, Real, parameter


class WealthGrid(Declaration):
    """Nodes of wealth a_n = min + scale (exp(x_n log(1 + (max-min)/scale)) - 1), x_n even on [0, 1]."""

    points: Count = parameter(
        "Number of nodes", unit="nodes", symbol="N", enters="wealth grid", default=300, ge=20
    )
    min: Real = parameter(
        "Lowest wealth, the borrowing limit of households",
        unit="goods",
        symbol="a_min",
        enters="wealth grid",
        default=0.0,
        ge=0,
    )
    max: Real = parameter(
        "Highest wealth; nobody saves further",
        unit="goods",
        symbol="a_max",
        enters="wealth grid",
        default=10000.0,
    )
    scale: Real = parameter(
        "Wealth below which nodes are about evenly spaced",
        unit="goods",
        symbol="scale",
        enters="wealth grid",
        default=0.3,
        gt=0,
    )

    @model_validator(mode="after")
    def _above(self) -> Self:
        if self.max <= self.min:
            raise ValueError(f"`max` must be above `min` = {self.min!r}, got {self.max!r}")
        return self


class Tolerances(Declaration):
    """What residuals a solution may have."""

    hjb: Real = parameter(
        "Largest residual of the value equation",
        unit="logs of consumption per year",
        enters="solver",
        default=1e-9,
        gt=0,
    )
    distribution: Real = parameter(
        "Largest residual of the distribution", unit="mass per year", enters="solver", default=1e-12, gt=0
    )
    markets: Real = parameter(
        "Largest relative excess demand of a market", unit="relative", enters="solver", default=1e-8, gt=0
    )
    paths: Real = parameter(
        "Largest relative excess demand of a market in any step of a path",
        unit="relative",
        enters="solver",
        default=1e-6,
        gt=0,
    )
    foresight: Real = parameter(
        "Largest gap in any step of a path between prices that owners foresee and those that clear",
        unit="relative",
        enters="solver",
        default=1e-5,
        gt=0,
    )


class PathSteps(Declaration):
    """Steps of a path: of one length up to some time after the last event, growing from then on."""

    step: Real = parameter(
        "Longest step while events unfold and for some years after",
        unit="years",
        symbol="dt",
        enters="path",
        default=1.0 / 8.0,
        gt=0,
    )
    even: Real = parameter(
        "Time after the last event before steps grow", unit="years", enters="path", default=1.0, gt=0
    )
    growth: Real = parameter(
        "Factor from step to step after that", unit="factor", enters="path", default=1.1, ge=1
    )
    horizon: Real = parameter(
        "Least time that every surprise looks ahead", unit="years", enters="path", default=150.0, gt=0
    )

    @model_validator(mode="after")
    def _ends(self) -> Self:
        if self.step > self.horizon:
            raise ValueError(f"`step` must not be above `horizon` = {self.horizon!r}, got {self.step!r}")
        return self


class Numerics(Declaration):
    """Grid, steps of paths, tolerances, scheme."""

    wealth: WealthGrid = Field(default_factory=WealthGrid, description="Wealth grid")
    path: PathSteps = Field(default_factory=PathSteps, description="Steps of a path")
    tolerances: Tolerances = Field(
        default_factory=Tolerances, description="What residuals a solution may have"
    )
    scheme: Literal["compact", "upwind"] = Field(
        default="compact", description="Scheme in wealth: compact (higher order) or upwind (first order)"
    )
