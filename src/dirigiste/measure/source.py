"""Files of firms as tables: which columns there are, and a lazy scan of only those that are asked for.

CSV and Parquet are scanned by polars (larger than memory if need be), Stata files are decoded in pieces,
Excel sheets are read whole.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from dirigiste.errors import InputError
from dirigiste.measure.words import MISSING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from dirigiste.measure.stata import StataFile

ROW: Final = "(row)"
"""Name of the column with the row number that scans add."""

KINDS: Final = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".tab": "csv",
    ".gz": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".dta": "stata",
    ".xlsx": "excel",
    ".xls": "excel",
    ".xlsm": "excel",
    ".xlsb": "excel",
    ".ods": "excel",
}
"""Formats by the end of the file's name."""

SEPARATORS: Final = (",", ";", "\t", "|")


@dataclass(frozen=True)
class Form:
    """How a text file is written; what is None is found out."""

    separator: str | None = None
    decimal: str | None = None
    encoding: str | None = None
    sheet: str | None = None


@dataclass(frozen=True)
class Source:
    """A file of firms (or a frame), whose columns are known and whose rows are not read yet."""

    name: str
    kind: str
    columns: Mapping[str, pl.DataType | None]
    """Column -> its type; None in CSV files, where it is not known before it is read."""
    path: Path | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    """Column -> its label, in Stata files."""
    values: Mapping[str, Mapping[float, str]] = field(default_factory=dict)
    """Column -> labels of its codes, in Stata files."""
    separator: str = ","
    decimal: str | None = None
    """The sign before decimals where the user has said it."""
    encoding: str | None = None
    held: pl.DataFrame | None = None
    stata: StataFile | None = None
    remarks: tuple[str, ...] = ()

    def scan(self, columns: Sequence[str], numbers: Collection[str]) -> pl.LazyFrame:
        """The columns of all rows, and `ROW`. In CSV files `numbers` come as numbers, others as text."""
        if self.kind == "csv":
            return self._csv(columns, numbers)
        if self.kind == "parquet":
            assert self.path is not None  # set by `open_file`
            scanned = pl.scan_parquet(self.path, row_index_name=ROW, row_index_offset=1)
            return scanned.select(ROW, *columns)
        frame = self.stata.read(columns) if self.stata is not None else self.held
        assert frame is not None  # either was set by `open_file` or `open_frame`
        return frame.select(columns).with_row_index(ROW, offset=1).lazy()

    def _csv(self, columns: Sequence[str], numbers: Collection[str]) -> pl.LazyFrame:
        assert self.path is not None  # set by `open_file`
        types = {name: pl.Float64() if name in numbers else pl.String() for name in self.columns}
        options: dict[str, Any] = {
            "separator": self.separator,
            "null_values": list(MISSING),
            "row_index_name": ROW,
            "row_index_offset": 1,
        }
        if self.encoding is None:
            return pl.scan_csv(self.path, schema_overrides=types, **options).select(ROW, *columns)
        frame = pl.read_csv(
            self.path, encoding=self.encoding, schema_overrides=types, columns=list(columns), **options
        )
        return frame.lazy()


def open_frame(frame: pl.DataFrame, name: str = "a frame") -> Source:
    """A frame that is in memory already."""
    return Source(name, "frame", dict(frame.schema), held=frame)


def open_file(path: Path, form: Form | None = None) -> Source:
    """Find out a file's columns.

    Raises:
        InputError: The file is missing, of no known format, empty, or not what its name says.
    """
    form = form or Form()
    label = str(path)
    if path.is_dir():
        raise InputError.of("is a folder, not a file", file=label)
    if not path.is_file():
        near = _near_file(path)
        raise InputError.of("no such file", file=label, suggestion=near)
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        known = ", ".join(sorted(KINDS))
        raise InputError.of(
            f"ends in `{path.suffix or path.name}`; formats that are read: {known}", file=label
        )
    if path.stat().st_size == 0:
        raise InputError.of("is empty (0 bytes)", file=label)
    try:
        return {"csv": _open_csv, "parquet": _open_parquet, "stata": _open_stata, "excel": _open_excel}[kind](
            path, form
        )
    except PermissionError:
        raise InputError.of("cannot be read: permission denied", file=label) from None


def _near_file(path: Path) -> str | None:
    import difflib

    folder = path.parent
    names = [item.name for item in folder.iterdir() if item.is_file()] if folder.is_dir() else []
    found = difflib.get_close_matches(path.name, names, n=1, cutoff=0.6)
    return str(folder / found[0]) if found else None


def _open_csv(path: Path, form: Form) -> Source:
    start = _start(path)
    encoding = _encoding(path, start, form.encoding)
    text = start.decode(encoding or "utf-8", errors="ignore").removeprefix("\ufeff")
    lines = text.splitlines()
    if not lines or not lines[0].strip():
        raise InputError.of("has no header: its first line is empty", file=str(path))
    separator = form.separator or max(SEPARATORS, key=lambda sign: lines[0].count(sign))
    remarks = [f"fields are separated by `{separator!r}`".replace("'", "")] if separator != "," else []
    rows = list(csv.reader(io.StringIO("\n".join(lines[:200])), delimiter=separator))
    if encoding:
        remarks.append(f"text is encoded in {encoding}")
    columns = _distinct([name.strip() for name in rows[0]], path)
    if [name.strip() for name in rows[0]] != rows[0]:
        spaced = [name for name in rows[0] if name != name.strip()]
        raise InputError.of(
            f"column names have spaces around them: {spaced[:5]}; remove them", file=str(path)
        )
    return Source(
        path.name,
        "csv",
        dict.fromkeys(columns),
        path,
        separator=separator,
        decimal=form.decimal,
        encoding=encoding,
        remarks=tuple(remarks),
    )


def _start(path: Path) -> bytes:
    if path.suffix.lower() == ".gz":
        import gzip

        try:
            with gzip.open(path) as file:
                return file.read(1 << 17)
        except OSError:
            raise InputError.of("is not a gzip file", file=str(path)) from None
    with path.open("rb") as file:
        return file.read(1 << 17)


def _encoding(path: Path, start: bytes, given: str | None) -> str | None:
    """The encoding if it is not UTF-8."""
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    try:
        start[: len(start) - 4].decode(given or "utf-8") if len(start) >= 1 << 17 else start.decode(
            given or "utf-8"
        )
    except LookupError:
        raise InputError.of(
            f"no such encoding: `{given}`; try utf-8, gb18030, latin-1", file=str(path)
        ) from None
    except UnicodeDecodeError as error:
        if given is None and error.start < len(start) - 8:
            message = (
                f"is not text in UTF-8 (byte {error.start}); name its encoding: `--encoding gb18030` for "
                "Chinese files, `--encoding cp1252` for western ones"
            )
            raise InputError.of(message, file=str(path)) from None
        if given is not None and error.start < len(start) - 8:
            message = f"is not text in {given} (byte {error.start}); try another --encoding"
            raise InputError.of(message, file=str(path)) from None
    return None if given is None or given.lower().replace("_", "-") in ("utf-8", "utf8") else given


def _distinct(names: Sequence[str], path: Path) -> list[str]:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError.of(f"columns given twice: {', '.join(f'`{n}`' for n in twice)}", file=str(path))
    if all(re.fullmatch(r"-?[\d.]*", name) for name in names):
        raise InputError.of("has no header: its first line holds numbers, not names", file=str(path))
    return list(names)


def _open_parquet(path: Path, form: Form) -> Source:  # noqa: ARG001  (one signature for all formats)
    try:
        schema = pl.scan_parquet(path).collect_schema()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InputError.of(f"is not a Parquet file: {_first(error)}", file=str(path)) from None
    return Source(path.name, "parquet", dict(schema), path)


def _open_stata(path: Path, form: Form) -> Source:  # noqa: ARG001
    from dirigiste.measure.stata import StataFile

    file = StataFile(path)
    return Source(path.name, "stata", file.columns, path, file.labels, file.values, stata=file)


def _open_excel(path: Path, form: Form) -> Source:
    import fastexcel

    try:
        book = fastexcel.read_excel(str(path))
    except (fastexcel.FastExcelError, OSError, ValueError) as error:
        raise InputError.of(f"is not an Excel file: {_first(error)}", file=str(path)) from None
    sheet = form.sheet or book.sheet_names[0]
    if sheet not in book.sheet_names:
        listed = ", ".join(f"`{name}`" for name in book.sheet_names)
        raise InputError.of(f"has no sheet `{sheet}`; sheets are {listed}", file=str(path))
    try:
        frame = pl.read_excel(path, sheet_name=sheet, infer_schema_length=None)
    except (pl.exceptions.PolarsError, fastexcel.FastExcelError, ValueError) as error:
        raise InputError.of(f"sheet `{sheet}` cannot be read: {_first(error)}", file=str(path)) from None
    many = len(book.sheet_names) > 1 and form.sheet is None
    remarks = (f"sheet `{sheet}` was read, the first of {len(book.sheet_names)}",) if many else ()
    return Source(path.name, "excel", dict(frame.schema), path, held=frame, remarks=remarks)


def _first(error: Exception) -> str:
    text = str(error).strip()
    return text.splitlines()[0] if text else type(error).__name__
