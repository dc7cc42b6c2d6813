"""Files of firms as tables: which columns there are, and a lazy scan of only those that are asked for.

Text and Parquet are scanned by polars (larger than memory if need be), Stata files are decoded in pieces,
Excel sheets are read whole, and so is what comes through a pipe or compressed.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl

from dirigiste.errors import InputError
from dirigiste.measurement.data.words import MISSING
from dirigiste.measurement.files import excel, garbled
from dirigiste.measurement.files.content import KINDS, content
from dirigiste.measurement.files.text_file import ROW, TextFile, open_text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from dirigiste.measurement.files.content import Content
    from dirigiste.measurement.files.stata import StataFile

__all__ = ["FAULTS", "KINDS", "ROW", "Form", "Source", "open_file", "open_frame", "read_whole"]

FAULTS: Final = (pl.exceptions.PolarsError,)
"""What polars raises where rows differ from the first ones of a file, or a column cannot be converted."""


@dataclass(frozen=True)
class Form:
    """How a file is written; what is None is detected."""

    separator: str | None = None
    decimal: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    skip: int | None = None
    """Lines above the header."""


@dataclass(frozen=True)
class Source:
    """A file of firms (or a frame), whose columns are known and whose rows are not read yet."""

    name: str
    kind: str
    columns: Mapping[str, pl.DataType | None]
    """Column -> its type; None in text files, where it is not known before it is read."""
    path: Path | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    """Column -> its label, in Stata files."""
    values: Mapping[str, Mapping[float, str]] = field(default_factory=dict)
    """Column -> labels of its codes, in Stata files."""
    decimal: str | None = None
    """The decimal sign, where the user has given it."""
    frame: pl.DataFrame | None = None
    """The rows, where they are in memory."""
    text: TextFile | None = None
    stata: StataFile | None = None
    remarks: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    """What looks wrong and a user should look at."""
    hints: tuple[str, ...] = ()
    """What to add to the message where columns are not found."""

    def scan(
        self, columns: Sequence[str], numbers: Collection[str], missing: Sequence[str] = MISSING
    ) -> pl.LazyFrame:
        """The columns of all rows, and `ROW`. In text files `numbers` come as numbers, others as text, and
        texts that are `missing` as null.
        """
        if self.text is not None:
            return self.text.scan(columns, numbers, missing)
        if self.kind == "parquet":
            assert self.path is not None  # set by `open_file`
            scanned = pl.scan_parquet(self.path, row_index_name=ROW, row_index_offset=1)
            return scanned.select(ROW, *columns)
        frame = self.stata.read(columns) if self.stata is not None else self.frame
        assert frame is not None  # either was set by `open_file` or `open_frame`
        return frame.select(columns).with_row_index(ROW, offset=1).lazy()

    @property
    def comma_separates(self) -> bool:
        """Whether a comma separates fields."""
        return self.text is not None and self.text.separator == ","

    def careful(self) -> Source:
        """A text file read row by row; others as they are.

        Raises:
            InputError: With the row that cannot be read.
        """
        return self if self.text is None else replace(self, text=None, frame=self.text.careful())


def read_whole(source: Source, columns: Sequence[str]) -> pl.DataFrame:
    """The columns of all rows at once; those of text files as text.

    Raises:
        InputError: With the row that cannot be read.
    """
    if source.text is not None and source.text.doubtful():
        source.text.check()
    try:
        return source.scan(columns, set()).collect()
    except FAULTS:
        return source.careful().scan(columns, set()).collect()


def open_frame(frame: pl.DataFrame, name: str = "a frame") -> Source:
    """A frame that is in memory already."""
    return Source(name, "frame", dict(frame.schema), frame=frame)


def open_file(path: Path, form: Form | None = None) -> Source:
    """Open a file and detect its columns. `-` is standard input.

    Raises:
        InputError: The file is missing, of no known format, empty, or not what its name says.
    """
    form = form or Form()
    contents = content(path)
    openers = {"csv": _open_csv, "parquet": _open_parquet, "stata": _open_stata, "excel": _open_excel}
    source = openers[contents.kind](contents, form)
    if contents.kind not in ("excel", "csv") and (form.sheet or form.skip is not None):
        option = "--sheet" if form.sheet else "--skip"
        raise InputError.of(f"is no file that `{option}` is for", file=contents.label)
    return source


def _open_csv(contents: Content, form: Form) -> Source:
    if form.sheet is not None:
        raise InputError.of("is a text file, which has no sheets: leave `--sheet` out", file=contents.label)
    text = open_text(contents, form.separator, form.encoding, form.skip)
    doubt = garbled.hint(text.names)
    return Source(
        contents.name,
        "csv",
        dict.fromkeys(text.names),
        contents.path,
        decimal=form.decimal,
        text=text,
        remarks=text.remarks,
        doubts=(doubt,) if doubt else (),
        hints=(doubt,) if doubt else (),
    )


def _open_parquet(contents: Content, form: Form) -> Source:  # noqa: ARG001  (one signature for all formats)
    try:
        if contents.data is not None:
            frame = pl.read_parquet(io.BytesIO(contents.data))
            return Source(contents.name, "frame", dict(frame.schema), contents.path, frame=frame)
        schema = pl.scan_parquet(contents.path).collect_schema()
    except (pl.exceptions.PolarsError, OSError) as error:
        message = f"is not a Parquet file: {excel.first_line(error)}"
        raise InputError.of(message, file=contents.label) from None
    return Source(contents.name, "parquet", dict(schema), contents.path)


def _open_stata(contents: Content, form: Form) -> Source:
    from dirigiste.measurement.files.stata import StataFile

    file = StataFile(contents, form.encoding)
    words = (word for codes in file.values.values() for word in codes.values())
    doubt = garbled.hint([*file.columns, *file.labels.values(), *words])
    return Source(
        contents.name,
        "stata",
        file.columns,
        contents.path,
        file.labels,
        file.values,
        stata=file,
        remarks=file.remarks,
        doubts=(doubt,) if doubt else (),
        hints=(doubt,) if doubt else (),
    )


def _open_excel(contents: Content, form: Form) -> Source:
    sheet = excel.read_sheet(contents, form.sheet, form.skip)
    return Source(
        contents.name,
        "excel",
        dict(sheet.frame.schema),
        contents.path,
        decimal=form.decimal,
        frame=sheet.frame,
        remarks=sheet.remarks,
        hints=sheet.hints,
    )
