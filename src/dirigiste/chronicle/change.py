"""A change: what an event does to one parameter, and its course in time.

A change turns the value v that a parameter would have without it into

    to x:        v + (x - v) m(t)
    multiply x:  v (1 + (x - 1) m(t))
    add x:       v + x m(t)

where t is the time since the event, in years, and m(t) is the share of the change that is in force: 1 for
ever by default; 2^(-t/h) with `half_life` h; 1 until `for` years have passed and 0 after; min(t/n, 1) with
`over` n. With `series` m = 1 and x takes the values given, each from its date on. Changes to one parameter
compose in the order of their dates, the earliest innermost.
"""

import datetime as dt
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, model_validator

from dirigiste.chronicle.channels import Channel
from dirigiste.chronicle.days import Day, years_between
from dirigiste.documents.fields import Declaration, Real, exactly_one

OPERATIONS: Final = ("to", "multiply", "add")

Operation = Literal["to", "multiply", "add"]

Years = Annotated[Real, Field(gt=0)]
"""A length of time in years, above 0."""


class Change(Declaration):
    """What an event does to one parameter."""

    parameter: str = Field(min_length=1, description="Dotted path of the parameter in the economy")
    to: Real | None = Field(None, description="New value, in the unit of the parameter")
    multiply: Real | None = Field(None, description="Factor on the value")
    add: Real | None = Field(None, description="Amount added to the value, in the unit of the parameter")
    half_life: Years | None = Field(None, description="Time in which half of the change fades, in years")
    duration: Years | None = Field(None, alias="for", description="Time after which it ends, in years")
    over: Years | None = Field(None, description="Time over which the change builds up evenly, in years")
    series: dict[Day, Real] | None = Field(
        None, min_length=1, description="Later dates, and what replaces the number of the change from each on"
    )
    channel: Channel | None = Field(None, description="Channel; left out, that of the parameter")
    why: str = Field("", description="Why the event changes this parameter in this way")
    source: str = Field("assumption", min_length=1, description="Where the size comes from, or `assumption`")

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        exactly_one(self, *OPERATIONS)
        shapes = [word for word, value in self._shapes().items() if value is not None]
        if len(shapes) > 1:
            got = " and ".join(shapes)
            raise ValueError(f"must hold at most one of half_life, for, over, series; got {got}")
        if self.series is not None and list(self.series) != sorted(self.series):
            raise ValueError("`series` must be in the order of its dates")
        return self

    def _shapes(self) -> dict[str, Any]:
        return {"half_life": self.half_life, "for": self.duration, "over": self.over, "series": self.series}

    @property
    def operation(self) -> Operation:
        """Which of `to`, `multiply`, `add` it is."""
        if self.to is not None:
            return "to"
        return "multiply" if self.multiply is not None else "add"

    @property
    def size(self) -> float:
        """The number given with the operation (before any `series`)."""
        size = getattr(self, self.operation)
        assert size is not None  # by the validator
        return size

    @property
    def fades(self) -> bool:
        """Whether nothing of it is left in the long run."""
        return self.half_life is not None or self.duration is not None

    def share_in_force(self, years: float) -> float:
        """Part of the change that is in force, between 0 and 1, `years` after the event (0 before it)."""
        if years < 0:
            return 0.0
        if self.half_life is not None:
            return 2.0 ** (-years / self.half_life)
        if self.duration is not None:
            return 1.0 if years < self.duration else 0.0
        if self.over is not None:
            return min(years / self.over, 1.0)
        return 1.0

    def size_at(self, years: float, event: dt.date) -> float:
        """The number of the change `years` after an event of date `event`: size, or last of `series`."""
        size = self.size
        for when, value in (self.series or {}).items():
            if years_between(event, when) <= years:
                size = value
        return size

    def apply(self, value: float, years: float, event: dt.date) -> float:
        """Value of the parameter `years` after the event, given what it would be without this change."""
        return self._compose(value, self.size_at(years, event), self.share_in_force(years))

    def apply_lasting(self, value: float) -> float:
        """Value of the parameter in the end: faded changes gone, ramps and series at their ends."""
        if self.fades:
            return value
        size = self.size if self.series is None else next(reversed(self.series.values()))
        return self._compose(value, size, 1.0)

    def _compose(self, value: float, size: float, share: float) -> float:
        if self.operation == "to":
            return size if share == 1.0 else value + (size - value) * share
        if self.operation == "multiply":
            return value * (1.0 + (size - 1.0) * share)
        return value + size * share
