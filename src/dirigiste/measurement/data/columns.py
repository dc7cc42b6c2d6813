"""Columns as numbers, texts and years, whatever type the file gives them; codes for missing values go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import polars as pl

from dirigiste.measurement.data.numerals import parsed
from dirigiste.measurement.data.words import words as words_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    Codes = Sequence[str | int | float]


def number(
    column: pl.Expr,
    kind: Any,  # noqa: ANN401  (a type of polars)
    codes: Codes,
    decimal: str = ".",
) -> pl.Expr:
    """A column as Float64: text is read as a number where it is one, with the sign before decimals that the
    file has; codes and infinities are missing.
    """
    words = kind in (pl.String, pl.Categorical)
    value = parsed(column, decimal) if words else column.cast(pl.Float64)
    value = value.fill_nan(None)
    numbers = [code for code in map(_float, codes) if code is not None]
    return pl.when(value.is_in(numbers)).then(None).otherwise(value) if numbers else value


def text(column: pl.Expr, kind: Any, codes: Codes) -> pl.Expr:  # noqa: ANN401
    """A column as text: whole numbers without a point, spaces around cut, missing values and codes null."""
    if kind in (pl.String, pl.Categorical):
        words = words_of(column)
    elif kind in (pl.Float64, pl.Float32):
        value = column.cast(pl.Float64).fill_nan(None)
        whole = (value == value.round()) & (value.abs() < 2.0**63)
        words = (
            pl.when(whole)
            .then(value.cast(pl.Int64, strict=False).cast(pl.String))
            .otherwise(value.cast(pl.String))
        )
    else:
        words = column.cast(pl.String)
    spelled = [f"{code:.15g}" if isinstance(code, int | float) else code for code in codes]
    return pl.when(words.is_in(spelled)).then(None).otherwise(words) if spelled else words


YEAR: Final = r"(?:^|\D)((?:1[89]|20)\d\d)(?:\D|$)"
"""Four digits apart from others that can be a year: `2004年`, `FY2004`, `31/12/2004`, `2003/04`."""


def year(column: pl.Expr, kind: Any, codes: Codes) -> pl.Expr:  # noqa: ANN401
    """A column as a year: a number without a fraction, a date, or text with one year in it (the first of
    several, as in `2003/04`); else null.
    """
    if kind in (pl.Date,) or isinstance(kind, pl.Datetime):
        return column.dt.year().cast(pl.Int64)
    value = number(column, kind, codes)
    if kind in (pl.String, pl.Categorical):
        words = text(column, kind, codes)
        plain = words.str.replace(r"^(\d+),(\d+)$", "$1.$2").cast(pl.Float64, strict=False)
        dated = words.str.extract(YEAR, 1).cast(pl.Float64, strict=False)
        value = pl.when(plain.is_not_null()).then(plain).otherwise(dated)
    whole = pl.when(value == value.round()).then(value).otherwise(None).cast(pl.Int64, strict=False)
    return pl.when(_is_day(whole)).then(whole // 10_000).otherwise(whole)


def _is_day(value: pl.Expr) -> pl.Expr:
    """Whether whole numbers are dates as eight digits: `20041231`."""
    month, day = value // 100 % 100, value % 100
    return value.is_between(18_000_101, 20_991_231) & month.is_between(1, 12) & day.is_between(1, 31)


def _float(code: str | float) -> float | None:
    try:
        return float(code)
    except ValueError:
        return None
