"""Tables and firm-level files on disk, in the formats that were asked for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl

from dirigiste.errors import InputError
from dirigiste.measurement.files import stata
from dirigiste.measurement.output.render import latex, markdown
from dirigiste.outputs import make, whole, write_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dirigiste.measurement.output.table import Table

FORMATS: Final = ("csv", "parquet", "dta", "md", "tex")
"""Formats of tables."""


def write_tables(
    tables: Mapping[str, Table], folder: Path, formats: Sequence[str], choices: str, title: str
) -> list[Path]:
    """Write tables into a folder, one file a table and format, with `tables.tex` holding all LaTeX ones.

    Args:
        tables: Tables by name.
        folder: Folder; it is made.
        formats: Of `FORMATS`.
        choices: The line of choices that goes with every table.
        title: Title of the LaTeX document.

    Returns:
        The files.

    Raises:
        InputError: The folder cannot be written, or a format is unknown.
    """
    check_formats(formats)
    make(folder)
    written: list[Path] = []
    texts: list[str] = []
    for name, table in tables.items():
        for kind in formats:
            if table.for_programs and kind in ("md", "tex"):
                continue
            path = folder / f"{name}.{kind}"
            if kind == "md":
                write_text(path, markdown.markdown(table, choices))
            elif kind == "tex":
                texts.append(latex.latex(table, choices))
                write_text(path, texts[-1])
            else:
                labels = {column: about.title for column, about in table.columns.items()}
                write_frame(table.frame, path, labels, f"{table.title}; {choices}")
            written.append(path)
    if texts:
        path = folder / "tables.tex"
        written.append(write_text(path, latex.document(texts, title)))
    return written


def write_frame(
    frame: pl.DataFrame, path: Path, labels: Mapping[str, str] | None = None, title: str = ""
) -> Path:
    """Write a frame in the format of the file's ending.

    Raises:
        InputError: The format is unknown or the file cannot be written.
    """
    kind = frame_kind(path)
    with whole(path) as draft:
        if kind == "dta":
            stata.write(frame, draft, labels or {}, title)
            return path
        with draft.open("wb") as file:  # a name that the locale does not have is none for polars
            frame.write_csv(file) if kind == "csv" else frame.write_parquet(file)
    return path


def frame_kind(path: Path) -> str:
    """The format by the ending of a file's name: csv, parquet or dta.

    Raises:
        InputError: It is none of these.
    """
    kinds = {".csv": "csv", ".parquet": "parquet", ".pq": "parquet", ".dta": "dta"}
    kind = kinds.get(path.suffix.lower())
    if kind is None:
        known = ".csv, .parquet, .dta"
        raise InputError.of(f"ends in `{path.suffix}`; frames are written as {known}", file=str(path))
    return kind


def check_formats(formats: Sequence[str]) -> None:
    """Raise InputError if a format is unknown."""
    unknown = [kind for kind in formats if kind not in FORMATS]
    if unknown:
        message = f"no format `{unknown[0]}`; formats are {', '.join(FORMATS)}"
        raise InputError.of(message, key="--format")
