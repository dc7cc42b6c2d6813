"""All rows and columns of a file of firms, and its columns as numbers, years and texts.

Text files keep every cell as it is written, so that codes keep their zeros.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import polars as pl

from dirigiste.errors import InputError, Problem
from dirigiste.measurement.data import columns
from dirigiste.measurement.data.roles import listed
from dirigiste.measurement.data.shares import written
from dirigiste.measurement.files.frames import as_polars
from dirigiste.measurement.files.source import ROW, open_file, open_frame, read_whole

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    import pandas as pd

    from dirigiste.measurement.files.source import Form, Source

    Frame = str | Path | pl.DataFrame | pl.LazyFrame | pd.DataFrame

PLAIN: Final = r"^-?(?:0|[1-9]\d{0,14})(?:\.\d+)?$"
"""Numbers that may become numbers without a loss: no zeros in front, fifteen digits at most."""


class Part(NamedTuple):
    """A column, and how many of its first characters count (None: all)."""

    column: str
    length: int | None


def cut(text: str, names: Collection[str]) -> Part:
    """A column from text such as `region` or `region:2`; `names` are the columns that there are."""
    text = text.strip()
    short = re.fullmatch(r"(.+):([1-9]\d?)", text)
    return Part(text, None) if short is None or text in names else Part(short[1], int(short[2]))


@dataclass(frozen=True)
class Rows:
    """All rows of a source."""

    source: Source
    frame: pl.DataFrame
    """Every column, and `ROW`."""

    @property
    def name(self) -> str:
        """What messages call the source."""
        return self.source.name

    def check(self, given: Iterable[tuple[str, str | None]]) -> None:
        """Raise InputError if columns do not exist; pairs of option and column, which may be None."""
        problems = []
        for option, column in given:
            if column is None or column in self.source.columns:
                continue
            near = difflib.get_close_matches(column, list(self.source.columns), n=1)
            message = f"no column `{column}`"
            problems.append(Problem(self.name, 0, 0, option, message, near[0] if near else None))
        if problems:
            there = f"its columns are {listed(list(self.source.columns))}"
            hints = [Problem(self.name, 0, 0, "", hint) for hint in (there, *self.source.hints)]
            raise InputError([*problems, *hints])

    def free(self, column: str, option: str) -> None:
        """Raise InputError if a column that is to be made exists already."""
        if column in self.source.columns:
            message = f"the file has a column `{column}` already; choose another name for the new one"
            raise InputError.of(message, file=self.name, key=option)

    def numbers(self, column: str, option: str) -> pl.Series:
        """A column as Float64; null where it is missing.

        Raises:
            InputError: A cell holds text.
        """
        kind = self.frame.schema[column]
        if not (kind.is_numeric() or kind in (pl.String, pl.Categorical, pl.Boolean, pl.Null)):
            message = f"`{column}` must hold numbers; the column is of type {kind}"
            raise InputError.of(message, file=self.name, key=option)
        style = written(self.source, self.frame, column)
        value = self.frame.select(columns.number(pl.col(column), kind, (), style.decimal)).to_series()
        self._readable(column, value, option, "a number")
        return value

    def years(self, column: str, option: str) -> pl.Series:
        """A column as whole years; null where it is missing.

        Raises:
            InputError: A cell holds no year.
        """
        kind = self.frame.schema[column]
        value = self.frame.select(columns.year(pl.col(column), kind, ())).to_series()
        self._readable(column, value, option, "a year")
        return value

    def texts(self, column: str) -> pl.Series:
        """A column as text; null where it is missing."""
        return self.frame.select(columns.text(pl.col(column), self.frame.schema[column], ())).to_series()

    def _readable(self, column: str, value: pl.Series, option: str, what: str) -> None:
        raw = self.texts(column)
        bad = self.frame.select(ROW, raw=raw).filter(value.is_null() & raw.is_not_null())
        if bad.height:
            also = f", and {bad.height - 1:,} more rows like it" if bad.height > 1 else ""
            message = (
                f"row {bad[ROW][0]:,}: `{column}` holds `{bad['raw'][0]}`, which is not {what}{also}; choose "
                "another column, or correct the cell or leave it empty"
            )
            raise InputError.of(message, file=self.name, key=option)

    def result(self, **new: pl.Series) -> pl.DataFrame:
        """The rows as they came, with new columns at the end."""
        return self.frame.drop(ROW).with_columns(series.alias(name) for name, series in new.items())


def read_rows(source: Frame, form: Form | None = None) -> Rows:
    """All rows of a file, or of a frame of polars or pandas.

    Raises:
        InputError: The file cannot be read, or has no rows.
    """
    frame = as_polars(source)
    if frame is not None:
        opened = open_frame(frame)
    elif isinstance(source, str | Path):
        opened = open_file(Path(source), form)
    else:
        what = f"{type(source).__module__}.{type(source).__name__}"
        raise InputError.of(f"must be a path, or a frame of polars or pandas; got {what}", key="source")
    whole = read_whole(opened, list(opened.columns))
    if not whole.height:
        raise InputError.of("has a header but no rows", file=opened.name)
    return Rows(opened, whole)


def typed(frame: pl.DataFrame) -> pl.DataFrame:
    """Columns of text that hold plain numbers throughout as numbers, for files that know types."""
    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    if not texts:
        return frame
    frame = frame.with_columns(
        pl.when(pl.col(name).str.strip_chars() != "").then(pl.col(name)) for name in texts
    )
    plain = frame.select(pl.col(name).str.contains(PLAIN).all() for name in texts).row(0)
    numbers = [name for name, all_plain in zip(texts, plain, strict=True) if all_plain]
    whole = frame.select((~pl.col(name).str.contains(".", literal=True)).all() for name in numbers)
    kinds = {name: pl.Int64 if whole[name][0] else pl.Float64 for name in numbers}
    kinds = {name: kind for name, kind in kinds.items() if frame[name].null_count() < frame.height}
    return frame.cast(kinds)  # type: ignore[arg-type]
