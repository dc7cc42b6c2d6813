"""The columns of a source as they are, for firm-level files and regressions: read when asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from dirigiste.measurement.data.columns import number, text
from dirigiste.measurement.files.source import ROW, read_whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dirigiste.measurement.files.source import Source

CODE: Final = r"^[+-]?0\d"
"""A number that begins with a zero is a code, and stays text."""


@dataclass(frozen=True)
class Original:
    """All rows of a source, before any is lost."""

    source: Source
    decimal: str
    """The sign before decimals in columns of text."""
    missing: tuple[str | int | float, ...]
    """Codes of missing values."""

    @property
    def columns(self) -> list[str]:
        """Columns of the source."""
        return list(self.source.columns)

    def frame(self, columns: Sequence[str]) -> pl.DataFrame:
        """Columns of all rows, and `row`, counted from 1. Text that holds numbers alone becomes numbers.

        Raises:
            InputError: A row of a text file cannot be read.
        """
        raw = read_whole(self.source, list(columns))
        typed = [self._typed(raw[name]) for name in columns]
        return pl.DataFrame([raw[ROW].cast(pl.Int64).alias("row"), *typed]).sort("row")

    def _typed(self, column: pl.Series) -> pl.Series:
        """One column: whole numbers, numbers, text, or dates as they are."""
        kind = column.dtype
        if kind.is_temporal():
            return column
        if kind == pl.Boolean:
            return column.cast(pl.Int64)
        worded = kind in (pl.String, pl.Categorical) or isinstance(kind, pl.Enum)
        name = column.name
        frame = column.to_frame()
        if worded:
            spoken = text(pl.col(name), pl.String(), self.missing)
            read = number(pl.col(name), pl.String(), self.missing, self.decimal)
            words = frame.select(spoken.alias(name))[name]
            values = frame.select(read.alias(name))[name]
            coded = bool(words.str.contains(CODE).any())
            if coded or words.len() == words.null_count() or values.null_count() > words.null_count():
                return words
        else:
            values = frame.select(number(pl.col(name), kind, self.missing).alias(name))[name]
        whole = values.drop_nulls()
        if kind.is_integer() or bool(((whole == whole.round()) & (whole.abs() < 2.0**53)).all()):
            return values.cast(pl.Int64)
        return values
