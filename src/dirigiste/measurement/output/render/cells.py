"""Numbers as people read them, by the unit and digits of their column. Plain text; no markup."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from dirigiste.numbers import MINUS, NONE, minus

if TYPE_CHECKING:
    from dirigiste.measurement.output.table import Column, Table

WHOLE: Final = 1
NOISE: Final = 1e-12
TINY: Final = 1e-6
"""What is smaller than TINY, but not noise, is written as a power of ten, since it is not zero."""


def cell(value: Any, column: Column, kind: Any = None) -> str:  # noqa: ANN401  (values and types of polars)
    """One value as text."""
    if value is None:
        return NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value.replace("-", MINUS) if column.align == "right" else value
    if isinstance(value, float) and not math.isfinite(value):
        return NONE if math.isnan(value) else f"{MINUS if value < 0 else ''}∞"
    if column.unit == "count":
        return minus(f"{value:,.0f}")
    if isinstance(value, int) or (kind is not None and kind.is_integer()):
        return minus(str(value))
    if column.unit == "" and value.is_integer() and abs(value) >= WHOLE:
        return minus(f"{value:,.0f}")  # a count in a column of all kinds of numbers
    text = f"{value:,.{column.digits}f}"
    if float(text.replace(",", "")) == 0.0:
        text = text.replace("-", "")
        if NOISE < abs(value) < TINY:
            return minus(f"{value:.1e}")
    return minus(text)


def header(column: Column) -> str:
    """The title of a column, with its unit where the title does not say it."""
    if column.unit == "%" and "%" not in column.title:
        return f"{column.title}, %"
    return column.title


def heads(table: Table) -> list[list[str]]:
    """The lines of the head: titles of several lines end in the last one."""
    titles = [header(table.columns[name]).split("\n") for name in table.frame.columns]
    height = max(map(len, titles))
    padded = [[""] * (height - len(lines)) + lines for lines in titles]
    return [list(line) for line in zip(*padded, strict=True)]


def rows(table: Table) -> list[list[str]]:
    """All cells of a table as text."""
    frame = table.frame
    kinds = dict(frame.schema)
    return [
        [cell(value, _column(table, name, n), kinds[name]) for name, value in row.items()]
        for n, row in enumerate(frame.iter_rows(named=True))
    ]


def _column(table: Table, name: str, row: int) -> Column:
    """A column, with the digits of a row where rows differ."""
    column = table.columns[name]
    return replace(column, digits=table.digits[row]) if table.digits and not column.unit else column


def texts(table: Table) -> set[int]:
    """Numbers of the columns whose cells stand at the left: those that hold text."""
    kinds = table.frame.schema
    return {
        n
        for n, name in enumerate(table.frame.columns)
        if kinds[name] in (pl.String, pl.Boolean) and table.columns[name].align != "right"
    }


def notes(table: Table, choices: str) -> list[str]:
    """Notes of a table; without the line of choices where `choices` is set: it is printed apart then."""
    return [note for note in table.notes if not (choices and note == f"Choices: {choices}.")]
