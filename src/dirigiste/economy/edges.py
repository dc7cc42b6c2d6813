"""Edges of the status graph: how owners move between statuses, at what rate, and what it costs them."""

import math
from typing import Annotated, Final, Literal, Self

from pydantic import Discriminator, Field, Tag, WithJsonSchema, field_validator, model_validator

from dirigiste.documents.fields import Declaration, Flag, Name, Real, exactly_one, parameter

ABROAD: Final = "abroad"
"""The built-in destination of those who leave the country."""

ONE_OR_MANY: Final = {
    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]
}


class WeightOfAbility(Declaration):
    """A weight as a named function of ability z: exactly one of `rising`, `falling`."""

    rising: Real | None = parameter(
        "Rate k of the weight 1 - exp(-k z)",
        unit="per unit of ability",
        enters="rate of a redraw",
        default=None,
        gt=0,
    )
    falling: Real | None = parameter(
        "Rate k of the weight exp(-k z)",
        unit="per unit of ability",
        enters="rate of a redraw",
        default=None,
        gt=0,
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        exactly_one(self, "rising", "falling")
        return self

    def at(self, ability: float) -> float:
        """The weight of an ability."""
        if self.rising is not None:
            return -math.expm1(-self.rising * ability)
        assert self.falling is not None  # by the validator
        return math.exp(-self.falling * ability)


def _weight_form(data: object) -> str:
    return "=function" if isinstance(data, dict | WeightOfAbility) else "=numbers"


Weight = Annotated[
    Annotated[tuple[Annotated[Real, Field(ge=0)], ...], Tag("=numbers")]
    | Annotated[WeightOfAbility, Tag("=function")],
    Discriminator(_weight_form),
]
"""A weight of each ability: numbers, or a named function."""


class CommonEdge(Declaration):
    """Fields of edges of every kind."""

    name: Name = Field(description="Name of the edge; unique")
    title: str = Field(default="", description="Short name for tables and figures")
    description: str = Field(default="", description="What the edge stands for")
    origin: Annotated[tuple[str, ...], WithJsonSchema(ONE_OR_MANY)] = Field(
        alias="from", min_length=1, description="Status, or statuses, that it leads from"
    )
    to: str = Field(description="Status that it leads to, or `abroad`")
    fine: Real = parameter(
        "Share of wealth that a move takes",
        unit="share of wealth",
        symbol="φ",
        enters="wealth after a move, max((1-φ) a - fee, a_min)",
        default=0.0,
        ge=0,
        le=1,
    )
    fee: Real = parameter(
        "Amount of wealth that a move takes",
        unit="goods",
        symbol="fee",
        enters="wealth after a move, max((1-φ) a - fee, a_min)",
        default=0.0,
        ge=0,
    )
    burnt: Flag = Field(
        default=False, description="Whether what a move takes is lost; otherwise the budget receives it"
    )
    ability: Literal["keep", "redraw"] = Field(
        default="keep",
        description="Whether ability is kept, or drawn anew for a successor from the stationary law",
    )

    weight: Weight | None = parameter(
        "Weight of each new ability: the move to ability z happens at the rate of the edge times the "
        "probability of z times its weight; only with `ability: redraw`",
        unit="1",
        symbol="ω",
        enters="rate of a redraw",
        default=None,
    )

    @field_validator("origin", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value


class RateEdge(CommonEdge):
    """Happens at a constant rate."""

    kind: Literal["rate"] = Field(description="Kind of the edge")
    rate: Real = parameter(
        "Rate of the move", unit="per year", symbol="μ", enters="generator of states", ge=0
    )


class Size(Declaration):
    """How enforcement grows with the size of the owner's firm or wealth: χ = size^ζ/(size^ζ + ref^ζ)."""

    of: Literal["capital", "revenue", "wealth"] = Field(
        description="Which size: capital and revenue are 0 for an owner who runs no firm"
    )
    ref: Real = parameter(
        "Size at which enforcement is half its rate", unit="goods", symbol="ref", enters="hazard μ χ", gt=0
    )
    power: Real = parameter(
        "How steeply enforcement grows with size; 0 is not at all (χ = 1)",
        unit="1",
        symbol="ζ",
        enters="hazard μ χ",
        ge=0,
    )


class EnforcementEdge(CommonEdge):
    """Enforcement by the state: the rate at which it acts, and the rate that owners perceive; the difference
    is fear.
    """

    kind: Literal["enforcement"] = Field(description="Kind of the edge")
    actual: Real = parameter(
        "Rate at which the state acts",
        unit="per year",
        symbol="μ",
        enters="hazard μ χ that moves the population",
        ge=0,
    )
    perceived: Real | None = parameter(
        "Rate that owners believe in; left out, the actual one",
        unit="per year",
        symbol="μ (perceived)",
        enters="hazard μ χ that owners decide on",
        default=None,
        ge=0,
    )
    size: Size | None = Field(default=None, description="How it grows with size; left out, it does not")

    @property
    def perceived_rate(self) -> float:
        """Rate that owners decide on, per year."""
        return self.actual if self.perceived is None else self.perceived


class ChoiceEdge(CommonEdge):
    """An opportunity that arises at a rate and that owners take when it is worth its cost to them."""

    kind: Literal["choice"] = Field(description="Kind of the edge")
    rate: Real = parameter(
        "Rate at which the opportunity arises",
        unit="per year",
        symbol="χ",
        enters="value of the option",
        ge=0,
    )
    cost: Real = parameter(
        "Cost of the move; negative is a reward",
        unit="log points of consumption",
        symbol="ψ",
        enters="gain Δ from the move",
        default=0.0,
    )
    scale: Real = parameter(
        "Dispersion of tastes about the move; 0 is the plain maximum",
        unit="log points of consumption",
        symbol="ς",
        enters="probability of the move 1/(1 + exp(-Δ/ς))",
        default=0.0,
        ge=0,
    )


def _kind(data: object) -> str:
    kind = data.get("kind") if isinstance(data, dict) else getattr(data, "kind", None)
    return f"={kind}"


Edge = Annotated[
    Annotated[RateEdge, Tag("=rate")]
    | Annotated[EnforcementEdge, Tag("=enforcement")]
    | Annotated[ChoiceEdge, Tag("=choice")],
    Discriminator(
        _kind,
        custom_error_type="choice_key",
        custom_error_message="unknown `kind`",
        custom_error_context={"choice": "kind", "allowed": "rate, enforcement, choice"},
    ),
]
"""An edge; `kind` says which."""
