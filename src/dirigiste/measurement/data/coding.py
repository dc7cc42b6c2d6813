"""Texts as numbers, and where stretches of equal numbers begin."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

Array = np.ndarray[Any, np.dtype[Any]]


def firm_numbers(ids: pl.Series) -> Array:
    """Numbers 0, 1, … of firms in the order of their ids; rows without id come last, each on its own."""
    missing = ids.is_null().to_numpy() if ids.null_count() else np.empty(0, dtype=bool)
    whole = ids.cast(pl.Int64, strict=False)
    lengths = ids.str.len_bytes()
    alike = lengths.min() == lengths.max() or bool((whole.cast(pl.String) == ids).all())
    del lengths
    if whole.null_count() == ids.null_count() and alike:
        values = (whole.fill_null(0) if missing.any() else whole).to_numpy()
        least = int(values.min())
        order = stable_order(values - least, int(values.max()) - least + 1)
        ranked = values[order]
        codes = np.empty(values.size, dtype=np.int32)
        codes[order] = np.cumsum(np.concatenate([[False], ranked[1:] != ranked[:-1]]), dtype=np.int32)
    else:
        names = pl.DataFrame({"id": ids.unique().sort()}).with_row_index("(firm)")
        joined = pl.DataFrame({"id": ids}).join(
            names, on="id", how="left", nulls_equal=True, maintain_order="left"
        )
        codes = joined["(firm)"].to_numpy().astype(np.int32)
    if missing.any():
        codes[missing] = int(codes.max()) + 1 + np.arange(int(missing.sum()), dtype=np.int32)
        codes = np.unique(codes, return_inverse=True)[1].astype(np.int32)
    return codes


def numbers(column: pl.Series) -> tuple[tuple[str, ...], Array]:
    """Sorted texts, and for each row the number of its text."""
    names = column.unique().sort()
    codes = column.cast(pl.Enum(names)).to_physical().to_numpy().astype(np.int64)
    return tuple(names.to_list()), codes


def ranks(whole: pl.Series) -> tuple[Array, Array]:
    """Whole numbers in rising order, and for each row the place of its own: `np.unique` without its sort."""
    values = whole.unique().sort().to_numpy()
    if not values.size:
        return values, np.empty(0, dtype=np.int64)
    span = int(values[-1]) - int(values[0]) + 1
    if span > 1 << 16:
        return values, np.searchsorted(values, whole.to_numpy())
    place = np.zeros(span, dtype=np.int64)
    place[values - values[0]] = np.arange(values.size)
    return values, place[whole.to_numpy() - values[0]]


def stable_order(key: Array, size: int) -> Array:
    """Stable order of keys in 0 … size-1: by their lower, then by their upper 16 bits, since numpy sorts so
    few by counting.
    """
    if size > 1 << 32:
        return np.argsort(key, kind="stable")
    order = np.argsort(key.astype(np.uint16), kind="stable")
    if size <= 1 << 16:
        return order
    return order[np.argsort((key >> 16).astype(np.uint16)[order], kind="stable")]


def starts(key: Array) -> Array:
    """First rows of the stretches of equal keys."""
    return np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))
