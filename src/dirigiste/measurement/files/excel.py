"""Sheets of Excel and OpenDocument files."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from dirigiste.errors import InputError
from dirigiste.measurement.files.header import header

if TYPE_CHECKING:
    import fastexcel

    from dirigiste.measurement.files.content import Content

LOOKED_AT = 100
"""Rows from which the header is detected."""


class Sheet(NamedTuple):
    """A sheet that was read."""

    frame: pl.DataFrame
    remarks: tuple[str, ...]
    hints: tuple[str, ...]
    """What to add to the message where columns are not found."""


def read_sheet(content: Content, sheet: str | None, skip: int | None) -> Sheet:
    """Read one sheet: that of the name or the number (from 1), else the first that holds a table.

    Raises:
        InputError: It is no such file, has no such sheet, or the sheet has no header.
    """
    import fastexcel

    logging.getLogger("fastexcel").setLevel(logging.ERROR)  # it logs every column that holds nothing
    label = content.label
    try:
        book = fastexcel.read_excel(content.bytes())
    except (fastexcel.FastExcelError, OSError, ValueError) as error:
        raise InputError.of(f"is not an Excel file: {first_line(error)}", file=label) from None
    names = book.sheet_names
    listed = ", ".join(f"`{name}`" for name in names)
    chosen = sheet
    if sheet is not None and sheet not in names and sheet.isdigit() and 0 < int(sheet) <= len(names):
        chosen = names[int(sheet) - 1]
    if sheet is not None and chosen not in names:
        raise InputError.of(f"has no sheet `{sheet}`; sheets are {listed}", file=label)
    try:
        if chosen is None:
            chosen = next((name for name in names if _is_table(_top(book, name))), names[0])
        top = _top(book, chosen)
        heading = header(top[skip or 0 :], f"{label}, sheet `{chosen}`", given=skip is not None)
        place = (skip or 0) + heading.place
        frame = book.load_sheet(chosen, header_row=None, skip_rows=place + 1).to_polars()
    except (pl.exceptions.PolarsError, fastexcel.FastExcelError, ValueError) as error:
        raise InputError.of(f"sheet `{chosen}` cannot be read: {first_line(error)}", file=label) from None
    if frame.width:
        filled = frame.select(pl.any_horizontal(pl.all().is_not_null())).to_series().arg_true().to_list()
        frame = frame.head(filled[-1] + 1 if filled else 0)
    names_ = [*heading.names, *(f"column {n}" for n in range(len(heading.names) + 1, frame.width + 1))]
    frame = frame.rename(dict(zip(frame.columns, names_[: frame.width], strict=True)))
    lacking = names_[frame.width :]
    frame = frame.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in lacking)
    remarks, hints = list(heading.remarks), []
    if len(names) > 1:
        hints.append(f"sheet `{chosen}` was read; its sheets are {listed}: `--sheet NAME` reads another")
        if sheet is None:
            remarks.append(f"sheet `{chosen}` was read, of {listed}; --sheet reads another")
    return Sheet(frame, tuple(remarks), tuple(hints))


def _top(book: fastexcel.ExcelReader, sheet: str) -> list[list[str]]:
    """The first rows of a sheet as text."""
    rows = book.load_sheet(sheet, header_row=None, skip_rows=0, n_rows=LOOKED_AT, dtypes="string").to_polars()
    return [["" if cell is None else str(cell) for cell in row] for row in rows.iter_rows()]


def _is_table(top: list[list[str]]) -> bool:
    """Whether two rows or more have two cells or more."""
    return sum(sum(map(bool, row)) > 1 for row in top) > 1


def first_line(error: Exception) -> str:
    """The first line of an exception's message."""
    text = str(error).strip()
    return text.splitlines()[0] if text else type(error).__name__
