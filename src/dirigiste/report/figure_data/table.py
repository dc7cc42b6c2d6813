"""Tidy tables: what a figure shows, as rows under named columns, for tests and for CSV."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

Cell = str | float | int | None


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under named columns; units are part of the names."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    @classmethod
    def of(cls, columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Table:
        """Build a table from any sequences."""
        return cls(tuple(columns), tuple(tuple(row) for row in rows))

    def column(self, name: str) -> list[Cell]:
        """Cells of one column."""
        index = self.columns.index(name)
        return [row[index] for row in self.rows]

    def csv(self) -> str:
        """The table as CSV with a header line; numbers with 8 significant digits, missing ones empty."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows([_text(cell) for cell in row] for row in self.rows)
        return out.getvalue()


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float):
        return "" if math.isnan(cell) else f"{cell:.8g}"
    text = str(cell)
    # A leading sign of a formula would run in a spreadsheet; texts of inputs must not.
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t") and isinstance(cell, str) else text
