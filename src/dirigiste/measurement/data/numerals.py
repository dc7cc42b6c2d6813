"""How numbers are written as text: the decimal sign, and the separator of thousands.

The decimal sign is one for a file, and detected from all values of its columns of numbers. `7,49`,
`7490,441` and `7.490,4` can only have a decimal comma, `7.49`, `7490.441` and `7,490.4` only a decimal point,
but `7,490` may be either. Nothing is guessed there: the user is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import polars as pl

from dirigiste.errors import InputError, Problem
from dirigiste.measurement.data.words import words

SPACES: Final = r"[\x20\x{00A0}\x{2007}\x{2009}\x{202F}'\x{2019}]"
"""What may separate thousands in any file: spaces of all widths, and apostrophes."""

DECIMAL_COMMA: Final = (
    r"^[-+]?(?:\d{4,},\d+|\d*,\d{1,2}|\d*,\d{4,}|0+,\d+|\d+,\d+[eE][-+]?\d+"
    rf"|\d{{1,3}}(?:(?:\.|{SPACES})\d{{3}})+,\d+|\d{{1,3}}(?:\.\d{{3}}){{2,}})$"
)
"""Numbers that can only have a decimal comma."""

DECIMAL_POINT: Final = (
    r"^[-+]?(?:\d{4,}\.\d+|\d*\.\d{1,2}|\d*\.\d{4,}|0+\.\d+|\d*\.\d+[eE][-+]?\d+"
    rf"|\d{{1,3}}(?:(?:,|{SPACES})\d{{3}})+\.\d+|\d{{1,3}}(?:,\d{{3}}){{2,}})$"
)
"""Numbers that can only have a decimal point."""

EITHER: Final = r"^[-+]?[1-9]\d{0,2},\d{3}$"
"""Numbers whose comma may be the decimal sign or separate thousands."""

GROUPED: Final = {
    ".": rf"^[-+]?\d{{1,3}}(?:(?:,|{SPACES})\d{{3}})+(?:\.\d+)?$",
    ",": rf"^[-+]?\d{{1,3}}(?:(?:\.|{SPACES})\d{{3}})+(?:,\d+)?$",
}
"""Numbers with signs between thousands, by the sign before decimals."""

BETWEEN: Final = {".": rf",|{SPACES}", ",": rf"\.|{SPACES}"}
"""What separates thousands."""

POINT_IN_COMMAS: Final = r"^[-+]?\d*\.\d+$"
"""Numbers with a decimal point, which are none where decimals follow a comma."""


class Style(NamedTuple):
    """How the numbers of a file are written, and remarks on it."""

    decimal: str
    remarks: tuple[str, ...] = ()


def parsed(column: pl.Expr, decimal: str) -> pl.Expr:
    """Text as Float64: null where it is no number. Signs between thousands are taken out."""
    plain = words(column)
    grouped = plain.str.contains(GROUPED[decimal])
    plain = pl.when(grouped).then(plain.str.replace_all(BETWEEN[decimal], "")).otherwise(plain)
    if decimal == ",":
        point = plain.str.contains(POINT_IN_COMMAS)
        plain = pl.when(point).then(None).otherwise(plain.str.replace(",", ".", literal=True))
    return plain.cast(pl.Float64, strict=False)


def style(
    lazy: pl.LazyFrame, columns: Sequence[str], given: str | None, source: str, *, comma_separates: bool
) -> Style:
    """The sign before decimals of a table, from its columns of numbers that are text.

    Args:
        lazy: The table.
        columns: The columns.
        given: The sign, where the user has given it.
        source: What messages call the table.
        comma_separates: Whether a comma separates fields, so that a comma in quotes stands between thousands
            unless something says otherwise.

    Raises:
        InputError: Some numbers can only have a decimal comma, others only a decimal point; or nothing tells.
    """
    if not columns:
        return Style(given or ".")
    kinds = {"comma": DECIMAL_COMMA, "point": DECIMAL_POINT, "either": EITHER}
    seen = lazy.select(
        words(pl.col(name)).filter(words(pl.col(name)).str.contains(pattern)).first().alias(f"{kind} {name}")
        for kind, pattern in kinds.items()
        for name in columns
    ).collect()
    first = {
        kind: next(((name, seen[f"{kind} {name}"][0]) for name in columns if seen[f"{kind} {name}"][0]), None)
        for kind in kinds
    }
    comma, point, either = first["comma"], first["point"], first["either"]
    decimal = given
    if decimal is None:
        if comma and point:
            message = (
                f"`{comma[1]}` can only have a decimal comma, and `{point[1]}` in `{point[0]}` only a "
                "decimal point: give `--decimal ,` or `--decimal .`, and correct the others"
            )
            raise InputError([Problem(source, 0, 0, comma[0], message)])
        if either and not (comma or point or comma_separates):
            text = either[1]
            message = (
                f"`{text}` may be {text.replace(',', '')} or {text.replace(',', '.')}, and no number of the "
                "file tells: give `--decimal .` if commas stand between thousands, `--decimal ,` if they "
                "stand before decimals"
            )
            raise InputError([Problem(source, 0, 0, either[0], message)])
        decimal = "," if comma else "."
    return Style(decimal, _remarks(lazy, columns, decimal, comma or either))


def _remarks(
    lazy: pl.LazyFrame, columns: Sequence[str], decimal: str, shown: tuple[str, str] | None
) -> tuple[str, ...]:
    """What was taken for what, with an example."""
    remarks = []
    if decimal == ",":
        example = f", such as `{shown[1]}` in `{shown[0]}`" if shown else ""
        remarks.append(f"numbers are written with a decimal comma{example}")
    grouped = lazy.select(
        words(pl.col(name)).filter(words(pl.col(name)).str.contains(GROUPED[decimal])).first().alias(name)
        for name in columns
    ).collect()
    names = [name for name in columns if grouped[name][0]]
    if names:
        listed = ", ".join(f"`{name}`" for name in names)
        remarks.append(
            f"signs between thousands were taken out of {listed}, such as `{grouped[names[0]][0]}`"
        )
    return tuple(remarks)
