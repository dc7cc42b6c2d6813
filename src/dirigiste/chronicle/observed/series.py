"""What was observed: series from outside the model, each with the outcome that it is compared with.

Nothing here moves the model. A series says what it shows, who says so, how well its numbers are known, where
its definition changes, what else moved it, and how it is compared (docs/method.md, section 14).
"""

import datetime as dt
from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import (
    BeforeValidator,
    Field,
    GetJsonSchemaHandler,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from dirigiste.chronicle.days import PeriodEnd, period_end
from dirigiste.chronicle.event import AtLeastOne, Quality
from dirigiste.documents.fields import Declaration, Real, exactly_one
from dirigiste.documents.words import shown

Comparison = Literal["level", "share", "change", "index", "growth"]
"""How a series is compared with its outcome."""

Period = Literal["date", "month", "quarter", "half", "year", "year_to_date"]
"""The time that a value stands for: the date itself, or the period of this length that ends on it."""

BASED: Final = ("change", "index")
"""Comparisons that refer to the value on a base date."""

RELATIVE: Final = ("index", "growth")
"""Comparisons of ratios of values on two dates."""

FROM_A_FILE: Final = ("where", "columns", "start", "end")
"""Fields that have no meaning without `file`."""


class ObservedValue(Declaration):
    """A value, where more than its number is known."""

    value: Real = Field(description="The number, in the unit of the series")
    quality: Quality | None = Field(None, description="How well it is known; left out, as well as the series")
    sources: tuple[str, ...] = Field((), description="Sources for it; left out, those of the series")
    note: str = Field("", description="What else a reader has to know")

    @model_serializer(mode="wrap")
    def _short(self, handler: SerializerFunctionWrapHandler) -> Any:  # noqa: ANN401  (a number or a mapping)
        return self.value if self.model_fields_set == {"value"} else handler(self)


def _with_value(value: object) -> object:
    """A plain number as an observed value."""
    if isinstance(value, Mapping | ObservedValue):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return {"value": value}
    raise ValueError(f"must be a number, or {{value: ..., quality: ..., sources: [...]}}; got {shown(value)}")


class _OrNumber:
    """Lets the JSON Schema of a value also take a plain number."""

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"anyOf": [{"type": "number"}, handler(schema)]}


Value = Annotated[ObservedValue, BeforeValidator(_with_value), _OrNumber()]
"""A number, or a mapping with the number under `value`."""


class Columns(Declaration):
    """Columns of a CSV file."""

    SYNONYMS: ClassVar[Mapping[str, str]] = {"value": "values", "source": "sources", "note": "notes"}

    date: str = Field(
        default="date", min_length=1, description="Column of the dates, as last days of periods"
    )
    values: str = Field(default="value", min_length=1, description="Column of the numbers")
    quality: str | None = Field(default=None, description="Column that says how well each value is known")
    sources: str | None = Field(default=None, description="Column of the source of each value, an id")
    notes: str | None = Field(default=None, description="Column of notes")


class ObservedSeries(Declaration):
    """A series from outside the model, and what it is compared with."""

    SYNONYMS: ClassVar[Mapping[str, str]] = {
        "source": "sources",
        "name": "title",
        "measure": "outcome",
        "model": "outcome",
        "data": "values",
        "standard_error": "se",
        "compare": "as",
        "frequency": "period",
    }

    title: str = Field(min_length=1, description="What it shows")
    sources: AtLeastOne[str] = Field(description="Sources for it, ids of the bibliography")
    unit: str = Field(min_length=1, description="Unit of the numbers")
    quality: Quality = Field(description="How well it is known; single values may differ")
    values: dict[PeriodEnd, Value] | None = Field(
        None, min_length=1, description="Numbers by date, the last day of the period"
    )
    file: str | None = Field(None, min_length=1, description="CSV file of the numbers, relative to this one")
    where: dict[str, str] = Field(
        default_factory=dict, description="Rows of the file that count: columns, and what they must hold"
    )
    columns: Columns = Field(default_factory=lambda: Columns(), description="Columns of the file")
    start: PeriodEnd | None = Field(None, alias="from", description="First date that is read from the file")
    end: PeriodEnd | None = Field(None, alias="until", description="Last date that is read from the file")
    breaks: tuple[PeriodEnd, ...] = Field(
        (), description="First dates of new definitions: values before and after are compared on their own"
    )
    confounders: str = Field("", description="What moved the series that the model leaves out")
    outcome: str = Field(
        min_length=1, description="Outcome of the model, or arithmetic of outcomes, that it is compared with"
    )
    comparison: Comparison = Field("level", alias="as", description="How the two are compared")
    base: PeriodEnd | None = Field(
        None,
        description="Date of a value that change and index refer to; left out, the first of each definition",
    )
    period: Period | None = Field(
        None,
        description="Time that a value stands for and the model is averaged over; left out, the year that "
        "ends on the date where the outcome names a flow, and the date itself where it does not",
    )
    trend: Real = Field(
        0.0, description="Growth in percent a year that index and growth add to the model, which has none"
    )
    se: Annotated[Real, Field(gt=0)] | None = Field(
        None, description="Standard error of a value, in the unit in which the two are compared"
    )
    se_source: str | None = Field(
        None, min_length=1, description="Where the standard error comes from, or `assumption`"
    )
    weight: Annotated[Real, Field(ge=0)] = Field(
        1.0, description="Weight of the series where sizes of events are fitted to it"
    )
    note: str = Field("", description="What else a reader has to know")

    @field_validator("values", mode="before")
    @classmethod
    def _once_each(cls, values: object) -> object:
        if not isinstance(values, Mapping):
            return values
        first: dict[dt.date, object] = {}
        for key in values:
            try:
                day = period_end(key)
            except ValueError:
                continue  # reported with its place
            if day in first:
                raise ValueError(f"{first[day]} and {key} end on the same day; keep one of them")
            first[day] = key
        return values

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        exactly_one(self, "values", "file")
        names = {name: field.alias or name for name, field in type(self).model_fields.items()}
        alone = [names[name] for name in FROM_A_FILE if self.file is None and name in self.model_fields_set]
        if alone:
            raise ValueError(f"`{alone[0]}` has no meaning without `file`")
        for key, comparisons in (("base", BASED), ("trend", RELATIVE)):
            if key in self.model_fields_set and self.comparison not in comparisons:
                words = " and ".join(comparisons)
                raise ValueError(f"`{key}` has no meaning with `as: {self.comparison}`; it is for {words}")
        if (self.se is None) != (self.se_source is None):
            lacking = "se_source" if self.se_source is None else "se"
            raise ValueError(f"`{lacking}` is missing: a standard error has a source, or is an `assumption`")
        if list(self.breaks) != sorted(set(self.breaks)):
            raise ValueError("`breaks` must be in the order of their dates, each once")
        return self

    @property
    def observations(self) -> dict[dt.date, ObservedValue]:
        """The values in the order of their dates; empty while they are still in a file."""
        return dict(sorted((self.values or {}).items()))

    @property
    def pieces(self) -> tuple[tuple[dt.date, ...], ...]:
        """Dates of the values of each definition, in order; definitions without a value are left out."""
        dates = list(self.observations)
        bounds = (dt.date.min, *self.breaks, dt.date.max)
        pieces = (tuple(date for date in dates if low <= date < high) for low, high in pairwise(bounds))
        return tuple(piece for piece in pieces if piece)

    def base_of(self, piece: tuple[dt.date, ...]) -> dt.date | None:
        """The date that the values of a piece refer to; None where they refer to none."""
        if self.comparison not in BASED:
            return None
        return self.base if self.base in piece else piece[0]

    def quality_of(self, date: dt.date) -> Quality:
        """How well a value is known."""
        return self.observations[date].quality or self.quality

    def sources_of(self, date: dt.date) -> tuple[str, ...]:
        """Sources of a value."""
        return self.observations[date].sources or self.sources
