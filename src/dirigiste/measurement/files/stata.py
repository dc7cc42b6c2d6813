"""Stata files: read with variable labels and value labels, written with variable labels.

pandas decodes the format (versions 102 to 119). Extended missing values (.a to .z) come in as missing.
"""

from __future__ import annotations

import contextlib
import io
import re
import struct
import warnings
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from dirigiste.errors import InputError
from dirigiste.measurement.files.frames import series

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from dirigiste.measurement.files.content import Content

UNICODE: Final = 118
"""First format whose text is UTF-8."""

CHUNK: Final = 400_000
"""Rows decoded at a time, so that a wide file is never whole in memory."""

NAME: Final = 32
LABEL: Final = 80
"""Longest variable name and variable label that Stata takes."""


class StataFile:
    """An open Stata file: its columns, labels and rows.

    Files of formats before 118 (Stata 13 and earlier) do not say how their text is encoded: `encoding` does.
    pandas takes it for latin-1, which loses no byte, so that it can be encoded again and decoded aright.
    """

    def __init__(self, content: Content, encoding: str | None = None) -> None:
        from pandas.io.stata import StataReader

        self.content = content
        if content.start.startswith(b"<stata_dta>") and not content.ends_with(b"</stata_dta>"):
            raise InputError.of("is a Stata file that ends too early; copy it again", file=content.label)
        self.encoding = _known(encoding, content)
        self.remarks: tuple[str, ...] = ()
        self.notes: dict[str, tuple[str, ...]] = {}
        """Column -> what to know of its labels."""
        self.single: set[str] = set()
        """Columns of numbers with seven digits (float)."""
        try:
            with _quiet(), StataReader(self._source()) as reader:
                labels = reader.variable_labels()
                sets: Mapping[str, Mapping[Any, str]] = reader.value_labels()
                lists = list(getattr(reader, "_varlist", [])), list(getattr(reader, "_lbllist", []))
                sample = reader.read(1, convert_categoricals=False)
        except (ValueError, KeyError, OverflowError, struct.error, OSError) as error:
            message = f"is not a Stata file that can be read: {error}"
            raise InputError.of(message, file=content.label) from None
        self.columns: dict[str, pl.DataType] = {}
        self.stored: dict[str, str] = {}
        """Column -> its name as pandas has it."""
        for stored in map(str, sample.columns):
            name = self._text(stored)
            self.columns[name] = _series(sample, stored).dtype
            self.stored[name] = stored
            if sample[stored].dtype == np.float32:
                self.single.add(name)
        self.labels = {self._text(k): self._text(v) for k, v in labels.items() if v}
        self.values: dict[str, dict[float, str]] = {}
        for column, label in zip(*lists, strict=False):
            if label and label in sets:
                words = {float(code): self._text(text) for code, text in sets[label].items()}
                self._label(self._text(column), words)
        if encoding is not None and self.encoding is None:
            self.remarks += ("text of this Stata format is UTF-8; no other encoding counts",)
        elif self.encoding is not None:
            self.remarks += (f"text is encoded in {encoding}",)

    def _label(self, column: str, words: Mapping[float, str]) -> None:
        """Keep labels of a column's codes; codes with an empty label keep their number."""
        full = {code: word for code, word in words.items() if word.strip()}
        empty = [f"{code:.15g}" for code in words if code not in full]
        notes = []
        if empty:
            notes.append(f"codes of `{column}` with an empty label keep their number: {', '.join(empty[:5])}")
        shared = sorted({word for word in full.values() if list(full.values()).count(word) > 1})
        for word in shared[:3]:
            codes = ", ".join(f"{code:.15g}" for code, other in full.items() if other == word)
            notes.append(f"codes {codes} of `{column}` have one label, `{word}`, and count as one")
        self.notes[column] = tuple(notes)
        self.values[column] = full

    def read(self, columns: Sequence[str]) -> pl.DataFrame:
        """The named columns of all rows; codes stay codes."""
        from pandas.io.stata import StataReader

        parts: list[pl.DataFrame] = []
        stored = [self.stored[name] for name in columns]
        with _quiet(), StataReader(self._source(), chunksize=CHUNK, convert_categoricals=False) as reader:
            while True:
                try:
                    chunk = reader.read(CHUNK, columns=stored)
                except StopIteration:
                    break
                except (ValueError, OverflowError, struct.error, OSError) as error:
                    message = f"ends too early, or is damaged: {error}"
                    raise InputError.of(message, file=self.content.label) from None
                if not len(chunk):
                    break
                parts.append(pl.DataFrame([self._decoded(chunk, name) for name in columns]))
        if not parts:
            return pl.DataFrame({name: [] for name in columns}, schema={n: self.columns[n] for n in columns})
        return pl.concat(parts, how="vertical_relaxed")

    def _source(self) -> Any:  # noqa: ANN401  (a path or a buffer)
        return self.content.path if self.content.data is None else io.BytesIO(self.content.data)

    def _decoded(self, chunk: pd.DataFrame, name: str) -> pl.Series:
        values = _series(chunk, self.stored[name]).alias(name)
        if self.encoding is None or values.dtype != pl.String:
            return values
        words = values.drop_nulls().unique()
        better = {word: self._text(word) for word in words.to_list() if not word.isascii()}
        return values.replace(better) if better else values

    def _text(self, text: str) -> str:
        """Text in the file's encoding; half a character at the end, where Stata has cut it, goes."""
        if self.encoding is None or text.isascii():
            return text
        raw = text.encode("latin-1")
        try:
            return raw.decode(self.encoding)
        except UnicodeDecodeError as error:
            if error.start >= len(raw) - 3:
                return raw[: error.start].decode(self.encoding)
            message = f"text such as `{text}` is not in {self.encoding}; try another --encoding"
            raise InputError.of(message, file=self.content.label) from None


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without pandas' warning of text that is not in UTF-8, which is looked at here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnicodeWarning)
        yield


def _known(encoding: str | None, content: Content) -> str | None:
    """The encoding to decode with; None where it is what pandas takes, or where the format has UTF-8."""
    if encoding is None:
        return None
    try:
        "".encode(encoding)  # LookupError of codecs that are not of text, too
        b"a".decode(encoding, errors="ignore")
    except (LookupError, UnicodeError):
        message = f"no such encoding: `{encoding}`; try gb18030, cp1252, latin-1"
        raise InputError.of(message, file=content.label) from None
    release = re.search(rb"<release>(\d+)</release>", content.start[:200])
    return None if release and int(release[1]) >= UNICODE else encoding


def _series(table: pd.DataFrame, name: str) -> pl.Series:
    column: Any = table[name]
    return series(column, name)


def write(frame: pl.DataFrame, path: Path, labels: Mapping[str, str] | None = None, title: str = "") -> None:
    """Write a frame as a Stata file (version 118: Stata 14 and later).

    Args:
        frame: Columns of numbers, texts or true/false; names longer than Stata takes are cut.
        path: File to write.
        labels: Variable labels by column.
        title: Label of the data set.
    """
    import pandas as pd

    names = _stata_names(frame.columns)
    data: dict[str, Any] = {}
    for column, name in zip(frame.columns, names, strict=True):
        series = frame[column]
        if series.dtype == pl.String or series.dtype == pl.Categorical:
            data[name] = pd.Series(series.cast(pl.String).fill_null("").to_list(), dtype=object)
        elif series.dtype == pl.Boolean:
            data[name] = series.cast(pl.Int8).to_numpy() if not series.null_count() else _floats(series)
        elif series.dtype.is_integer() and not series.null_count() and _small(series):
            data[name] = series.cast(pl.Int32).to_numpy()
        else:
            data[name] = _floats(series)
    variable_labels: dict[Hashable, str] = {
        name: (labels or {}).get(column, column if column != name else "")[:LABEL]
        for column, name in zip(frame.columns, names, strict=True)
    }
    pd.DataFrame(data).to_stata(
        path,
        write_index=False,
        version=118,
        variable_labels=variable_labels,
        data_label=title[:LABEL] or None,
    )


def _small(series: pl.Series) -> bool:
    low, high = series.min(), series.max()
    return low is None or (int(low) > -2_147_483_000 and int(high) < 2_147_483_000)  # type: ignore[arg-type]


def _floats(series: pl.Series) -> np.ndarray[Any, np.dtype[np.float64]]:
    values = series.cast(pl.Float64).fill_null(float("nan")).to_numpy().copy()
    values[~np.isfinite(values)] = np.nan  # Stata has no infinity
    return values


def _stata_names(columns: Sequence[str]) -> list[str]:
    names: list[str] = []
    for column in columns:
        name = "".join(letter if letter.isalnum() or letter == "_" else "_" for letter in column)[:NAME]
        name = f"_{name}"[:NAME] if not name or name[0].isdigit() else name
        base, n = name, 2
        while name in names:
            name = f"{base[: NAME - len(str(n)) - 1]}_{n}"
            n += 1
        names.append(name)
    return names
