"""Dates that exist, ends of periods, and time between dates in years."""

import calendar
import datetime as dt
import re
from typing import Annotated, Final

from pydantic import BeforeValidator, WithJsonSchema

DAYS_PER_YEAR: Final = 365.25


def _day(value: object) -> object:
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    text = str(value)
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        raise ValueError(f"must be a date, written year-month-day as in 2020-11-03; got {text!r}")
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"there is no such date as {text}") from None


Day = Annotated[dt.date, BeforeValidator(_day)]
"""A date that exists, written `2020-11-03`."""


PERIOD: Final = re.compile(
    r"(?P<year>\d{4})(?:-?Q(?P<quarter>[1-4])|-?H(?P<half>[12])|-(?P<month>0[1-9]|1[0-2]))?"
)
"""A year, a half, a quarter or a month."""

WRITTEN: Final = r"^\d{4}(-?Q[1-4]|-?H[12]|-(0[1-9]|1[0-2])(-\d{2})?)?$"
"""A period or a date, in the words of JSON Schema."""


def _period_end(value: object) -> object:
    text = str(value)
    match = PERIOD.fullmatch(text) if isinstance(value, str | int) and not isinstance(value, bool) else None
    if match is None:
        if isinstance(value, dt.date) or re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            return _day(value)
        raise ValueError(
            "must be a date or a period, of which the last day counts: 2020-12-31, 2020-12, 2020-Q4, 2020-H2 "
            f"or 2020; got {text!r}"
        )
    parts = {name: int(part) for name, part in match.groupdict().items() if part is not None}
    month = parts.get("month") or 3 * parts.get("quarter", 0) or 6 * parts.get("half", 0) or 12
    if parts["year"] < 1:
        raise ValueError(f"there is no such year as {text}")
    return dt.date(parts["year"], month, calendar.monthrange(parts["year"], month)[1])


PeriodEnd = Annotated[
    dt.date,
    BeforeValidator(_period_end),
    WithJsonSchema({"type": ["string", "integer"], "pattern": WRITTEN}),
]
"""The last day of a period: `2020-12-31`, or as a period `2020-12`, `2020-Q4`, `2020-H2`, `2020`."""


def period_end(text: object) -> dt.date:
    """The last day of a period, or a date, as written.

    Raises:
        ValueError: It is neither.
    """
    day = _period_end(text)
    assert isinstance(day, dt.date)
    return day


def years_between(start: dt.date, end: dt.date) -> float:
    """Time from one date to another, in years of 365.25 days; negative if `end` is the earlier."""
    return (end - start).days / DAYS_PER_YEAR
