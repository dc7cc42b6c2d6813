"""Stata files: read with variable labels and value labels, written with variable labels.

pandas decodes the format (versions 102 to 119). Extended missing values (.a to .z) come in as missing.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from dirigiste.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence
    from pathlib import Path

    import pandas as pd

CHUNK: Final = 400_000
"""Rows decoded at a time, so that a wide file never stands whole in memory."""

NAME: Final = 32
LABEL: Final = 80
"""Longest variable name and variable label that Stata takes."""


class StataFile:
    """An open Stata file: its columns, labels and rows."""

    def __init__(self, path: Path) -> None:
        from pandas.io.stata import StataReader

        self.path = path
        try:
            with StataReader(path) as reader:
                self.labels: dict[str, str] = {k: v for k, v in reader.variable_labels().items() if v}
                sets: Mapping[str, Mapping[Any, str]] = reader.value_labels()
                held = list(getattr(reader, "_varlist", [])), list(getattr(reader, "_lbllist", []))
                sample = reader.read(1, convert_categoricals=False)
        except (ValueError, KeyError, OverflowError, struct.error, OSError) as error:
            raise InputError.of(f"is not a Stata file that can be read: {error}", file=str(path)) from None
        self.columns: dict[str, pl.DataType] = {
            str(name): _series(sample, str(name)).dtype for name in sample.columns
        }
        self.values: dict[str, dict[float, str]] = {
            column: {float(code): text for code, text in sets[label].items()}
            for column, label in zip(*held, strict=False)
            if label and label in sets
        }

    def read(self, columns: Sequence[str]) -> pl.DataFrame:
        """The named columns of all rows; codes stay codes."""
        from pandas.io.stata import StataReader

        parts: list[pl.DataFrame] = []
        with StataReader(self.path, chunksize=CHUNK, convert_categoricals=False) as reader:
            while True:
                try:
                    chunk = reader.read(CHUNK, columns=list(columns))
                except StopIteration:
                    break
                if not len(chunk):
                    break
                parts.append(pl.DataFrame([_series(chunk, name) for name in columns]))
        if not parts:
            return pl.DataFrame({name: [] for name in columns}, schema={n: self.columns[n] for n in columns})
        return pl.concat(parts, how="vertical_relaxed")


def _series(table: pd.DataFrame, name: str) -> pl.Series:
    column: Any = table[name]
    kind = column.dtype.kind if isinstance(column.dtype, np.dtype) else "O"
    if kind in "iufb":
        values = np.ascontiguousarray(column.to_numpy())
        if kind == "f":
            return pl.Series(name, values.astype(np.float64), nan_to_null=True)
        return pl.Series(name, values)
    if kind == "M":
        return pl.Series(name, column.to_numpy().astype("datetime64[us]"))
    texts = [value if isinstance(value, str) and value else None for value in column.tolist()]
    return pl.Series(name, texts, dtype=pl.String)


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
    told: dict[Hashable, str] = {
        name: (labels or {}).get(column, column if column != name else "")[:LABEL]
        for column, name in zip(frame.columns, names, strict=True)
    }
    pd.DataFrame(data).to_stata(
        path, write_index=False, version=118, variable_labels=told, data_label=title[:LABEL] or None
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
