"""Dates that exist, and time between them in years."""

import datetime as dt
import re
from typing import Annotated, Final

from pydantic import BeforeValidator

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


def years_between(start: dt.date, end: dt.date) -> float:
    """Time from one date to another, in years of 365.25 days; negative if `end` is the earlier."""
    return (end - start).days / DAYS_PER_YEAR
