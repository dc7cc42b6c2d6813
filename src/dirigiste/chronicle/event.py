"""Events and what is known about them: sources, amounts, claims that differ from the record."""

import datetime as dt
from typing import Annotated, Final, Literal, Self, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from dirigiste.chronicle.beliefs import Case
from dirigiste.chronicle.change import Change
from dirigiste.chronicle.days import Day
from dirigiste.documents.fields import Count, Declaration, Real

T = TypeVar("T")

ASSUMPTION: Final = "assumption"
"""Cited as a source by events and changes that have none."""

SourceQuality = Literal["read", "recomputed", "remembered", "unsure"]
"""How a source was used: read, recomputed from it, remembered, or remembered without being sure."""

Quality = Literal["read", "remembered", "unsure"]
"""How well a fact is known: read in a source, remembered, or remembered without being sure."""

RANK: Final = {"read": 2, "recomputed": 2, "remembered": 1, "unsure": 0}
"""Ranks of qualities of sources and facts, the better the higher."""

Precision = Literal["day", "month", "year", "reported"]
"""How exact a date is. `reported`: the date is that of the report; the thing itself happened earlier."""

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
"""ISO 4217 code, such as `CNY`."""


def _as_text(value: object) -> object:
    return str(value) if isinstance(value, int | dt.date) and not isinstance(value, bool) else value


def _some(values: tuple[T, ...]) -> tuple[T, ...]:
    if not values:
        raise ValueError("must hold at least one, got an empty list")
    return values


AtLeastOne = Annotated[tuple[T, ...], AfterValidator(_some)]
"""A list that is not empty; unlike with `min_length`, entries with faults count."""

DateText = Annotated[str, BeforeValidator(_as_text)]
"""A date as a source states it: a day, a month, a year or a span of years."""


class BibliographyEntry(Declaration):
    """An entry of the bibliography."""

    title: str = Field(min_length=1, description="Title")
    publisher: str = Field(min_length=1, description="Publisher, newspaper, authority")
    date: DateText = Field(description="Date of publication, or span of dates")
    url: str | None = Field(None, description="Address, where it was read on the web")
    quality: SourceQuality = Field(
        description="Whether it was read, recomputed from, remembered, or is unsure"
    )


class Amount(Declaration):
    """An amount of money, in full units of its currency."""

    value: Real = Field(description="Amount, in units of the currency; the lower end of a range")
    upper: Real | None = Field(None, description="Upper end of a range, in units of the currency")
    currency: Currency = Field(description="Currency of the original, an ISO 4217 code such as CNY")
    usd: Real | None = Field(description="The same in US dollars as a source gives it; null where none does")
    usd_upper: Real | None = Field(None, description="Upper end of a range in US dollars")
    what: Literal[
        "fine",
        "listing",
        "market_value",
        "pledge",
        "sales",
        "deposit",
        "merger",
        "credit_book",
        "industry",
        "cap",
        "price",
        "claim",
        "award",
        "assets",
        "loan",
        "gain",
    ] = Field(description="What the amount is")
    whom: str = Field("", description="Whose it is, or who pays")
    count: Count = Field(
        1, ge=1, description="How many times the value was due, as in a fine for each of several"
    )
    note: str = Field("", description="What else a reader has to know")
    quality: Quality | None = Field(None, description="How well it is known; left out, as well as the event")

    @model_validator(mode="after")
    def _ranges(self) -> Self:
        for low, high in (("value", "upper"), ("usd", "usd_upper")):
            lower, upper = getattr(self, low), getattr(self, high)
            if upper is not None and (lower is None or upper < lower):
                raise ValueError(f"`{high}` must not be below `{low}`; got {lower!r} to {upper!r}")
        return self


class Discrepancy(Declaration):
    """A claim that differs from the record, or that the record qualifies; both are kept."""

    claim: str = Field(min_length=1, description="What is claimed")
    claim_source: str = Field(description="BibliographyEntry of the claim")
    record: str = Field(min_length=1, description="What the record says")
    record_source: str = Field(description="BibliographyEntry of the record")


class Event(Declaration):
    """Something that happened, or is reported, on a date, and what it changes in the model."""

    date: Day = Field(description="When it happened, or when it was announced")
    precision: Precision = Field("day", description="How exact the date is")
    until: Day | None = Field(None, description="Last day, for something that lasted")
    title: str = Field(min_length=1, description="Heading")
    organisation: str | None = Field(None, description="Who acted")
    what: str = Field("", description="What happened, in a sentence")
    amounts: tuple[Amount, ...] = Field((), description="Amounts of money")
    sources: AtLeastOne[str] = Field(description="Sources for it, or `assumption`")
    quality: Quality | None = Field(None, description="How well it is known; left out for an assumption")
    discrepancies: tuple[Discrepancy, ...] = Field((), description="Claims that differ from the record")
    changes: tuple[Change, ...] = Field((), description="What it changes in the model")
    case: Case | None = Field(None, description="A publicised case: what it adds to `beliefs`")
    no_effect: str | None = Field(None, min_length=1, description="Why it changes nothing, where it does not")

    @property
    def assumed(self) -> bool:
        """Whether there is no source for it at all."""
        return set(self.sources) == {ASSUMPTION}

    @property
    def acts(self) -> bool:
        """Whether it changes anything in the model, by its `changes` or as a `case`."""
        return bool(self.changes) or self.case is not None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not self.acts and self.no_effect is None:
            raise ValueError("has no `changes`: say why under `no_effect`")
        if self.acts and self.no_effect is not None:
            given = "changes" if self.changes else "case"
            raise ValueError(f"has `{given}` and `no_effect`: keep one of them")
        if self.until is not None and self.until < self.date:
            raise ValueError(f"`until` ({self.until}) must not be before `date` ({self.date})")
        if self.assumed:
            return self
        if self.quality is None:
            raise ValueError("`quality` is missing: say how well it is known: read, remembered or unsure")
        if not self.what:
            raise ValueError("`what` is missing: say in a sentence what happened")
        return self
