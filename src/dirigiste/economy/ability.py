"""Laws of ability: redraw, diffusion, markov, ar1, fixed; and the distributions that they draw from."""

import math
from typing import Annotated, Literal, Self

from pydantic import Discriminator, Field, Tag, ValidationInfo, field_validator, model_validator

from dirigiste.documents.fields import Count, Declaration, Real, exactly_one, parameter

ROUNDING = 1e-9
"""Largest difference (absolute) between a sum of given weights, or of a row, and what it must be."""


class Pareto(Declaration):
    """A Pareto law on z >= scale, cut at probability `top` and discretised with bins even in log z."""

    tail: Real = parameter(
        "Tail exponent; smaller is fatter", unit="1", symbol="tail", enters="law of ability", gt=0
    )
    points: Count = parameter(
        "Number of ability points", unit="points", symbol="n", enters="law of ability", default=20, ge=1
    )
    top: Real = parameter(
        "Probability at which the law is cut",
        unit="probability",
        symbol="p̄",
        enters="law of ability: bin edges 1 - (1-p̄)^(k/n)",
        default=0.9995,
        gt=0,
        lt=1,
    )
    scale: Real = parameter("Lowest ability", unit="1", enters="law of ability", default=1.0, gt=0)


class LogNormal(Declaration):
    """A log-normal law on points even in log z; the end points have the weights of the tails."""

    sd: Real = parameter(
        "Standard deviation of log z", unit="log points", symbol="sd", enters="law of ability", gt=0
    )
    points: Count = parameter(
        "Number of ability points", unit="points", enters="law of ability", default=21, ge=1
    )
    width: Real = parameter(
        "How far the points reach to each side of the mean",
        unit="standard deviations",
        enters="law of ability",
        default=4.0,
        gt=0,
    )
    mean: Real = parameter("Mean of log z", unit="log points", enters="law of ability", default=0.0)


class GivenPoints(Declaration):
    """Abilities and their probabilities, as given."""

    values: tuple[Annotated[Real, Field(gt=0)], ...] = parameter(
        "Abilities", unit="1", symbol="z", enters="law of ability"
    )
    weights: tuple[Annotated[Real, Field(ge=0)], ...] = parameter(
        "Probabilities of the abilities; sum to 1", unit="probability", enters="law of ability"
    )

    @field_validator("values")
    @classmethod
    def _some(cls, values: tuple[float, ...]) -> tuple[float, ...]:
        if not values:
            raise ValueError("must hold at least one ability, got an empty list")
        return values

    @field_validator("weights")
    @classmethod
    def _sum_to_one(cls, weights: tuple[float, ...], info: ValidationInfo) -> tuple[float, ...]:
        values = info.data.get("values")
        if values is not None and len(values) != len(weights):
            raise ValueError(
                f"must be one weight per value: got {len(weights)} weights for {len(values)} values"
            )
        if abs(math.fsum(weights) - 1.0) > ROUNDING:
            raise ValueError(f"must sum to 1, got a sum of {math.fsum(weights):.12g}")
        return weights


class Distribution(Declaration):
    """A law of ability: exactly one of `pareto`, `lognormal`, `points`."""

    pareto: Pareto | None = Field(default=None, description="A Pareto law")
    lognormal: LogNormal | None = Field(default=None, description="A log-normal law")
    points: GivenPoints | None = Field(default=None, description="Given abilities and weights")

    @model_validator(mode="after")
    def _one(self) -> Self:
        exactly_one(self, "pareto", "lognormal", "points")
        return self

    @property
    def law(self) -> Pareto | LogNormal | GivenPoints:
        """The one that is given."""
        chosen = self.pareto or self.lognormal or self.points
        assert chosen is not None  # by the validator
        return chosen


class Redraw(Declaration):
    """At a constant rate a new ability is drawn, the old one included (Buera and Shin 2013)."""

    law: Literal["redraw"] = Field(description="The law of ability")
    rate: Real = parameter(
        "Rate at which a new ability is drawn", unit="per year", symbol="ψ", enters="Q", gt=0
    )
    distribution: Distribution = Field(description="What new abilities are drawn from")


class Fixed(Declaration):
    """Everyone keeps the ability once drawn."""

    law: Literal["fixed"] = Field(description="The law of ability")
    distribution: Distribution = Field(description="What abilities are drawn from")


class Diffusion(Declaration):
    """Log ability is an Ornstein-Uhlenbeck process, approximated by a birth-death chain of second order."""

    law: Literal["diffusion"] = Field(description="The law of ability")
    reversion: Real = parameter("Rate of reversion of log z to its mean", unit="per year", enters="Q", gt=0)
    sd: Real = parameter("Standard deviation of log z in the long run", unit="log points", enters="Q", gt=0)
    points: Count = parameter(
        "Number of ability points (numerics)", unit="points", enters="Q", default=21, ge=3
    )
    width: Real = parameter(
        "How far the points reach to each side of the mean (numerics)",
        unit="standard deviations",
        enters="Q",
        default=4.0,
        gt=0,
    )
    mean: Real = parameter("Mean of log z", unit="log points", enters="Q", default=0.0)


Row = tuple[Real, ...]


class Markov(Declaration):
    """Any chain: given abilities and either a generator (continuous time) or an annual transition matrix."""

    law: Literal["markov"] = Field(description="The law of ability")
    values: tuple[Annotated[Real, Field(gt=0)], ...] = parameter(
        "Abilities", unit="1", symbol="z", enters="Q"
    )
    generator: tuple[Row, ...] | None = parameter(
        "Rates between abilities; rows sum to 0", unit="per year", symbol="Q", enters="Q", default=None
    )
    transition: tuple[Row, ...] | None = parameter(
        "Probabilities of moving within a year; rows sum to 1",
        unit="probability",
        symbol="P",
        enters="Q, the matrix logarithm of P",
        default=None,
    )

    @field_validator("generator", "transition")
    @classmethod
    def _matrix(cls, rows: tuple[Row, ...] | None, info: ValidationInfo) -> tuple[Row, ...] | None:
        values = info.data.get("values")
        if rows is None or values is None:
            return rows
        count = len(values)
        if len(rows) != count or any(len(row) != count for row in rows):
            widths = sorted({len(row) for row in rows})
            raise ValueError(
                f"must be {count} rows of {count} numbers, one for each of `values`; "
                f"got {len(rows)} rows of length {', '.join(map(str, widths))}"
            )
        target = 0.0 if info.field_name == "generator" else 1.0
        for n, row in enumerate(rows):
            if abs(math.fsum(row) - target) > ROUNDING:
                raise ValueError(f"rows must sum to {target:.0f}; row {n + 1} sums to {math.fsum(row):.12g}")
            for m, x in enumerate(row):
                if x < 0 and (m != n or target == 1.0):
                    kind = "rates off the diagonal" if target == 0.0 else "probabilities"
                    raise ValueError(f"{kind} must be at least 0; row {n + 1}, column {m + 1} is {x!r}")
        return rows

    @model_validator(mode="after")
    def _one(self) -> Self:
        exactly_one(self, "generator", "transition")
        if not self.values:
            raise ValueError("`values` must hold at least one ability, got an empty list")
        return self


class AR1(Declaration):
    """Log ability follows an AR(1) from year to year, log z' - mean = persistence (log z - mean) + e,
    approximated by a Markov chain.
    """

    law: Literal["ar1"] = Field(description="The law of ability")
    persistence: Real = parameter(
        "Autocorrelation of log z over a year", unit="1", symbol="ρ_z", enters="P", gt=0, lt=1
    )
    sd: Real | None = parameter(
        "Standard deviation of log z in the long run; instead of `innovation`",
        unit="log points",
        enters="P",
        default=None,
        gt=0,
    )
    innovation: Real | None = parameter(
        "Standard deviation of the yearly innovation e; instead of `sd`",
        unit="log points",
        enters="P",
        default=None,
        gt=0,
    )
    points: Count = parameter("Number of ability points", unit="points", enters="P", default=9, ge=2)
    method: Literal["rouwenhorst", "tauchen"] = Field(
        default="rouwenhorst", description="How the chain is made: Rouwenhorst (1995) or Tauchen (1986)"
    )
    width: Real = parameter(
        "How far Tauchen's points reach to each side of the mean",
        unit="standard deviations",
        enters="P",
        default=3.0,
        gt=0,
    )
    mean: Real = parameter("Mean of log z", unit="log points", enters="P", default=0.0)

    @model_validator(mode="after")
    def _one(self) -> Self:
        exactly_one(self, "sd", "innovation")
        return self

    @property
    def long_run_sd(self) -> float:
        """Standard deviation of log z in the long run."""
        if self.sd is not None:
            return self.sd
        assert self.innovation is not None  # by the validator
        return self.innovation / math.sqrt(1.0 - self.persistence**2)


def _law(data: object) -> str:
    law = data.get("law") if isinstance(data, dict) else getattr(data, "law", None)
    return f"={law}"


Ability = Annotated[
    Annotated[Redraw, Tag("=redraw")]
    | Annotated[Fixed, Tag("=fixed")]
    | Annotated[Diffusion, Tag("=diffusion")]
    | Annotated[Markov, Tag("=markov")]
    | Annotated[AR1, Tag("=ar1")],
    Discriminator(
        _law,
        custom_error_type="choice_key",
        custom_error_message="unknown `law`",
        custom_error_context={"choice": "law", "allowed": "redraw, diffusion, markov, ar1, fixed"},
    ),
]
"""How ability moves; `law` says which."""
