"""Frames in memory as polars frames: polars' own, lazy ones, and those of pandas, whose columns are converted
one by one (labels of an index that has names become columns).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from dirigiste.errors import InputError

if TYPE_CHECKING:
    import pandas as pd


def as_polars(frame: Any) -> pl.DataFrame | None:  # noqa: ANN401  (whatever the user has)
    """A frame of polars or pandas as a polars frame; None if it is none."""
    if isinstance(frame, pl.DataFrame):
        return frame
    if isinstance(frame, pl.LazyFrame):
        return frame.collect()
    kind = type(frame)
    if kind.__module__.partition(".")[0] == "pandas" and kind.__name__ == "DataFrame":
        return _from_pandas(frame)
    return None


def _from_pandas(frame: pd.DataFrame) -> pl.DataFrame:
    named = [name for name in frame.index.names if name is not None]
    if named:
        frame = frame.reset_index()
    names = [str(name) for name in frame.columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError.of(
            f"columns given twice: {', '.join(f'`{n}`' for n in twice)}", file="a pandas frame"
        )
    return pl.DataFrame([series(frame.iloc[:, n], name) for n, name in enumerate(names)])


def series(column: pd.Series, name: str) -> pl.Series:
    """A pandas column as a polars one: numbers, dates, else text. Missing values and empty text are null."""
    import pandas as pd

    kind = column.dtype
    if isinstance(kind, pd.CategoricalDtype):
        return series(column.astype(kind.categories.dtype), name)
    if isinstance(kind, np.dtype) and kind.kind in "iub":
        return pl.Series(name, np.ascontiguousarray(column.to_numpy()))
    if pd.api.types.is_numeric_dtype(kind):
        if pd.api.types.is_integer_dtype(kind) and not column.isna().any():
            return pl.Series(name, column.to_numpy(dtype=np.int64))
        return pl.Series(name, column.to_numpy(dtype=np.float64, na_value=np.nan), nan_to_null=True)
    if pd.api.types.is_datetime64_any_dtype(kind):
        return pl.Series(name, column.to_numpy().astype("datetime64[us]"))
    if isinstance(kind, pd.PeriodDtype):
        return pl.Series(name, column.dt.to_timestamp().to_numpy().astype("datetime64[us]"))
    values = [None if pd.isna(value) else value for value in column.tolist()]
    known = [value for value in values if value is not None]
    if known and all(isinstance(value, int | float) and not isinstance(value, bool) for value in known):
        return pl.Series(name, [None if value is None else float(value) for value in values])
    texts = [None if value is None or value == "" else str(value) for value in values]
    return pl.Series(name, texts, dtype=pl.String)
