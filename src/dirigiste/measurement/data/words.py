"""Cells of text: spaces around cut, missing values null."""

from __future__ import annotations

from typing import Final

import polars as pl

MISSING: Final = (
    "",
    "NA",
    "N/A",
    "n/a",
    "n.a.",
    "NaN",
    "nan",
    "NULL",
    "null",
    "None",
    ".",
    "..",
    "-",
    "#N/A",
)
"""Texts that mean a missing value in CSV and Excel files."""


def words(column: pl.Expr) -> pl.Expr:
    """A column as text without spaces around; null where it is missing."""
    plain = column.cast(pl.String).str.strip_chars()
    return pl.when(plain.is_in(list(MISSING))).then(None).otherwise(plain)
