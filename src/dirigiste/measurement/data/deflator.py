"""Real values: a price index by year, read from a file, and money divided by it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from dirigiste.errors import InputError
from dirigiste.measurement.data import columns
from dirigiste.measurement.data.roles import listed
from dirigiste.measurement.data.shares import written
from dirigiste.measurement.files.source import ROW, open_file, read_whole

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

YEAR: Final = ("year", "年份", "date", "period")
INDEX: Final = ("index", "deflator", "price_index", "price", "cpi", "ppi", "value")
MONEY: Final = ("output", "capital", "sales", "inputs")
"""Columns of firms that hold money; labour does too where it is a wage bill."""


def read_deflator(path: Path, key: str = "--deflator") -> dict[int, float]:
    """Year -> price index, from a file with two columns; of more, those called year and index. `key` is the
    option that named the file.

    Raises:
        InputError: Columns are not found, a year comes twice, a row lacks one of both, or an index is not
            above 0.
    """
    source = open_file(path)
    lower = {column.lower(): column for column in source.columns}
    names = list(source.columns)
    first = next((lower[name] for name in YEAR if name in lower), None)
    second = next((lower[name] for name in INDEX if name in lower), None)
    if len(names) == 2:
        first = first or next(name for name in names if name != second)
        second = second or next(name for name in names if name != first)
    if first is None or second is None:
        message = f"needs two columns, `year` and `index`; its columns are {listed(names)}"
        raise InputError.of(message, file=str(path), key=key)
    frame = read_whole(source, [first, second])
    schema = frame.schema
    style = written(source, frame, second)
    table = frame.select(
        pl.col(ROW),
        columns.year(pl.col(first), schema[first], ()).alias("year"),
        columns.number(pl.col(second), schema[second], (), style.decimal).alias("index"),
    )
    if not table.height:
        raise InputError.of("has a header but no rows", file=str(path), key=key)
    tests = {
        f"`{first}` holds no year": pl.col("year").is_null(),
        f"`{second}` must be a number above 0": pl.col("index").is_null() | ~(pl.col("index") > 0),
        "its year is given twice": pl.col("year").is_duplicated(),
    }
    for fault, test in tests.items():
        rows = table.filter(test)[ROW]
        if rows.len():
            raise InputError.of(f"row {rows[0]}: {fault}", file=str(path), key=key)
    return dict(sorted(zip(table["year"].to_list(), table["index"].to_list(), strict=True)))


def real(frame: pl.DataFrame, index: Mapping[int, float], *, paid: bool) -> pl.DataFrame:
    """Firms with money in prices of their last year; labour is money where it is `paid`.

    Raises:
        InputError: The index lacks years of the firms.
    """
    years = frame["year"].unique().sort().to_list()
    lacking = [str(year) for year in years if year not in index]
    if lacking:
        message = f"has no index for {', '.join(lacking[:5])}{' and others' if len(lacking) > 5 else ''}"
        raise InputError.of(message, key="deflator")
    level = {year: index[year] / index[years[-1]] for year in years}
    price = pl.col("year").replace_strict(level, return_dtype=pl.Float64)
    names = (*MONEY, "labor") if paid else MONEY
    return frame.with_columns(pl.col(name) / price for name in names)
