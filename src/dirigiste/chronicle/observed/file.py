"""Numbers of observed series from CSV files; every fault is reported, with its line and column."""

from __future__ import annotations

import csv
import datetime as dt
import math
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, get_args

from dirigiste.chronicle.days import period_end
from dirigiste.chronicle.event import Quality
from dirigiste.chronicle.observed.series import ObservedSeries, ObservedValue
from dirigiste.documents.words import near, one_of
from dirigiste.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from dirigiste.chronicle.placed_changes import Where
    from dirigiste.documents.nodes import Document, KeyPath

MOST_SHOWN: Final = 8
"""At most so many words that a column holds are shown."""


def with_remarks(series: Mapping[str, ObservedSeries], document: Document) -> dict[str, ObservedSeries]:
    """The series with the sources and notes of values that are written `{value, source, note}`, which a
    document keeps apart from its numbers.
    """
    remarks = document.sources()
    noted: dict[str, ObservedSeries] = {}
    for name, one in series.items():
        values = dict(one.values or {})
        for key, remark in remarks.items():
            if key.startswith(f"observed.{name}.values."):
                date = period_end(key.rpartition(".")[2])
                sources = [remark.source] if remark.source else []
                kept = {"value": values[date].value, "sources": sources, "note": remark.note}
                given = {field: entry for field, entry in kept.items() if field == "value" or entry}
                values[date] = ObservedValue.model_validate(given)
        noted[name] = one.model_copy(update={"values": values}) if values else one
    return noted


def with_values(
    series: Mapping[str, ObservedSeries], known: Collection[str], where: Where
) -> tuple[dict[str, ObservedSeries], list[Problem]]:
    """The series with the numbers of their files in them, and what is wrong with the files.

    Args:
        series: Series by name.
        known: Ids of the bibliography.
        where: The document that declares them; files are relative to it.
    """
    read: dict[str, ObservedSeries] = {}
    problems: list[Problem] = []
    for name, one in series.items():
        read[name] = one
        if one.file is None:
            continue
        found = _Rows(one, ("observed", name), known, where)
        values = found.values()
        problems += found.problems
        if values and not found.problems:
            kept = one.model_dump(by_alias=True, exclude_unset=True)
            for key in ("file", "where", "columns", "from", "until"):
                kept.pop(key, None)
            read[name] = ObservedSeries.model_validate({**kept, "values": values})
    return read, problems


class _Rows:
    """The rows of a file that belong to a series."""

    def __init__(self, series: ObservedSeries, path: KeyPath, known: Collection[str], where: Where) -> None:
        assert series.file is not None
        self.series, self.path, self.known, self.where = series, path, known, where
        self.file = _beside(where.document, series.file)
        self.problems: list[Problem] = []
        self.header: list[str] = []

    def values(self) -> dict[str, dict[str, Any]]:
        """Values by date, as a chronicle would hold them."""
        rows = self._rows()
        if not self.header or not self._columns_exist():
            return {}
        values: dict[str, dict[str, Any]] = {}
        first: dict[str, int] = {}
        held = 0
        for line, row in rows:
            if any(row[column] != text for column, text in self.series.where.items()):
                continue
            held += 1
            date = self._date(line, row)
            value = self._value(line, row)
            if date is None or value is None or not self._within(date):
                continue
            day = date.isoformat()
            if day in first:
                message = f"{day} is given twice: first at line {first[day]}; keep one, or choose by `where`"
                self._fault(line, self.series.columns.date, message)
                continue
            first[day], values[day] = line, value
        if not values and not self.problems:
            self._declared("file", self._nothing(held, rows))
        return values

    def _rows(self) -> list[tuple[int, dict[str, str]]]:
        """Lines and rows of the file, by column."""
        try:
            text = self.file.read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            self._declared("file", f"no such file ({self.file})")
            return []
        except UnicodeDecodeError as error:
            self._declared("file", f"{self.file} is not text in UTF-8 (byte {error.start})")
            return []
        except OSError as error:
            self._declared("file", f"{self.file} cannot be read: {error.strerror}")
            return []
        rows: list[tuple[int, dict[str, str]]] = []
        reader = csv.reader(StringIO(text), strict=True)
        line = 1
        try:
            for cells in reader:
                if not self.header:
                    self.header = [cell.strip() for cell in cells]
                elif cells:
                    padded = [cell.strip() for cell in cells] + [""] * len(self.header)
                    rows.append((line, dict(zip(self.header, padded, strict=False))))
                line = reader.line_num + 1
        except csv.Error as error:
            self.problems.append(Problem(str(self.file), reader.line_num, 1, "", f"is no CSV: {error}"))
        if not self.header and not self.problems:
            self._declared("file", f"{self.file} is empty; its first line must name the columns")
        return rows

    def _columns_exist(self) -> bool:
        """Whether the columns that are named are there."""
        columns: Mapping[str, str | None] = self.series.columns.model_dump()
        named = [(("columns", field), column) for field, column in columns.items()]
        named += [(("where", column), column) for column in self.series.where]
        lacking = False
        for at, column in named:
            if column is None or column in self.header:
                continue
            lacking = True
            message = f"{self.file.name} has no column `{column}`; its columns are {one_of(self.header)}"
            problem = self.where.problem((*self.path, *at), message, near(column, self.header), key=True)
            self.problems.append(problem)
        return not lacking

    def _date(self, line: int, row: Mapping[str, str]) -> dt.date | None:
        column = self.series.columns.date
        try:
            return period_end(row[column])
        except ValueError as error:
            self._fault(line, column, str(error))
            return None

    def _value(self, line: int, row: Mapping[str, str]) -> dict[str, Any] | None:
        columns = self.series.columns
        try:
            value: dict[str, Any] = {"value": float(row[columns.values])}
        except ValueError:
            self._fault(line, columns.values, f"must be a number; got {row[columns.values]!r}")
            return None
        if not math.isfinite(value["value"]):
            self._fault(line, columns.values, f"must be a finite number; got {row[columns.values]!r}")
            return None
        quality = row[columns.quality] if columns.quality else ""
        if quality:
            if quality not in get_args(Quality):
                message = f"must be one of {one_of(get_args(Quality))}; got {quality!r}"
                self._fault(line, columns.quality or "", message, near(quality, get_args(Quality)))
                return None
            value["quality"] = quality
        source = row[columns.sources] if columns.sources else ""
        if source:
            if source not in self.known:
                message = f"`{source}` is not among `sources` of the chronicle; add it there"
                self._fault(line, columns.sources or "", message, near(source, self.known))
                return None
            value["sources"] = [source]
        if columns.notes and row[columns.notes]:
            value["note"] = row[columns.notes]
        return value

    def _within(self, date: dt.date) -> bool:
        low, high = self.series.start or dt.date.min, self.series.end or dt.date.max
        return low <= date <= high

    def _nothing(self, held: int, rows: list[tuple[int, dict[str, str]]]) -> str:
        """Why no row is left."""
        if held:
            return f"{self.file.name} has no value between `from` and `until`"
        if not self.series.where:
            return f"{self.file.name} has no rows"
        column, text = next(
            (
                (column, text)
                for column, text in self.series.where.items()
                if all(row[column] != text for _, row in rows)
            ),
            next(iter(self.series.where.items())),
        )
        there = list(dict.fromkeys(row[column] for _, row in rows))
        better = near(text, there)
        hint = f"did you mean `{better}`?" if better else f"it holds {one_of(there[:MOST_SHOWN])}"
        return f"{self.file.name} has no row with `{text}` in `{column}`; {hint}"

    def _declared(self, key: str, message: str) -> None:
        """A fault at the place of the declaration."""
        self.problems.append(self.where.problem((*self.path, key), message))

    def _fault(self, line: int, column: str, message: str, suggestion: str | None = None) -> None:
        """A fault in a cell; its column is counted in cells."""
        number = self.header.index(column) + 1
        self.problems.append(Problem(str(self.file), line, number, column, message, suggestion))


def files_of(series: Mapping[str, ObservedSeries], document: Document) -> tuple[Path, ...]:
    """Files that series name, each once, relative to the document that declares them."""
    named = dict.fromkeys(one.file for one in series.values() if one.file is not None)
    return tuple(_beside(document, file) for file in named)


def _beside(document: Document, file: str) -> Path:
    return Path(document.file).parent / Path(file).expanduser()
