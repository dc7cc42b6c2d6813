"""Growth of firms' original values before they are seen, by province and industry."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Final

import polars as pl

from dirigiste.errors import InputError
from dirigiste.measurement.data import columns
from dirigiste.measurement.data.roles import listed
from dirigiste.measurement.data.shares import written
from dirigiste.measurement.files.source import ROW, open_file, read_whole

LEAST: Final = 10
"""Fewest pairs of rows of a firm in adjacent years for a rate of their own."""

LOWEST, HIGHEST = -0.5, 1.0
"""Rates that are taken for rates: outside, per cent are meant, or something is wrong."""


def growth_of(
    usable: pl.DataFrame, keys: list[str], given: float | str | Path | None
) -> tuple[pl.Series, list[str]]:
    """Growth rate of every row's cell, and what was done.

    Args:
        usable: Rows with id, year, value and the keys.
        keys: Columns of cells: province, industry, both or none.
        given: A rate, a file, or None: the rate of these rows.

    Raises:
        InputError: A rate is out of range, or the file lacks cells.
    """
    if given is None:
        return _own(usable, keys)
    if isinstance(given, int | float):
        _in_range(float(given), "--growth", "", "")
        said = f"before their first row original values grow by {100 * given:g} % a year (given)"
        return pl.Series([float(given)] * usable.height), [said]
    return _from_file(usable, keys, Path(given))


def _own(usable: pl.DataFrame, keys: list[str]) -> tuple[pl.Series, list[str]]:
    """Rates of firms seen in adjacent years: the sum of their values over the sum a year before, by cell; of
    thin cells that of the industry or province, else of all.
    """
    later = usable.select("id", pl.col("year") - 1, after="value")
    pairs = usable.join(later, on=["id", "year"], how="inner").select(*keys, "value", "after")
    if not pairs.height:
        message = (
            "no firm has two adjacent years, so there is no growth to take: give `--growth RATE` or a file"
        )
        raise InputError.of(message, key="--growth")
    levels = [keys, *([key] for key in reversed(keys) if len(keys) > 1), []]
    levels = [level for n, level in enumerate(levels) if level not in levels[:n]]
    rate = pl.Series([None] * usable.height, dtype=pl.Float64)
    said = []
    for level in levels:
        one = pl.col("after").sum() / pl.col("value").sum() - 1
        if level:
            found = pairs.group_by(level).agg(rate=one, pairs=pl.len()).filter(pl.col("pairs") >= LEAST)
            joined = usable.select(level).join(found, on=level, how="left", maintain_order="left")["rate"]
        else:
            joined = pl.Series([pairs.select(one).item()] * usable.height)
        new = rate.is_null() & joined.is_not_null()
        rate = rate.fill_null(joined) if new.any() else rate
        firms = usable.filter(new)["id"].n_unique()
        if firms:
            range_ = joined.filter(new)
            low, high = 100 * float(range_.min()), 100 * float(range_.max())  # type: ignore[arg-type]
            spread = f"{low:.1f} %" if math.isclose(low, high) else f"{low:.1f} to {high:.1f} %"
            said.append(f"of {' and '.join(level) or 'all'} ({firms:,} firms, {spread})")
    return rate, [
        "before their first row original values grow a year as those of firms in these rows do: rates "
        + "; ".join(said)
    ]


def _from_file(usable: pl.DataFrame, keys: list[str], path: Path) -> tuple[pl.Series, list[str]]:
    source = open_file(path)
    lower = {column.lower(): column for column in source.columns}
    lacking = [key for key in (*keys, "growth") if key not in lower]
    if lacking:
        message = f"needs columns {listed([*keys, 'growth'])}; its columns are {listed(list(source.columns))}"
        raise InputError.of(message, file=str(path), key="--growth")
    extra = [key for key in ("province", "industry") if key in lower and key not in keys]
    if extra:
        message = f"has a column `{extra[0]}`: give `--{extra[0]} COLUMN` of the firms, or take it out"
        raise InputError.of(message, file=str(path), key="--growth")
    names = [lower[key] for key in (*keys, "growth")]
    frame = read_whole(source, names)
    style = written(source, frame, names[-1])
    table = frame.select(
        ROW,
        *(columns.text(pl.col(lower[key]), frame.schema[lower[key]], ()).alias(key) for key in keys),
        columns.number(pl.col(names[-1]), frame.schema[names[-1]], (), style.decimal).alias("rate"),
    )
    for row, *_, rate in table.iter_rows():
        _in_range(rate, "--growth", str(path), f"row {row}: ")
    if keys:
        twice = table.filter(pl.struct(keys).is_duplicated())
        if twice.height:
            cell = ", ".join(f"{key} `{twice[key][0]}`" for key in keys)
            raise InputError.of(f"row {twice[ROW][1]}: {cell} is given twice", file=str(path), key="--growth")
        rate = usable.select(keys).join(table, on=keys, how="left", maintain_order="left")["rate"]
    else:
        rate = pl.Series([table["rate"][0]] * usable.height)
    missing = usable.filter(rate.is_null())
    if missing.height:
        cells = [
            ", ".join(f"{k} `{v}`" for k, v in zip(keys, c, strict=True))
            for c in missing.select(keys).unique().sort(keys).rows()
        ]
        message = (
            f"has no rate for {'; '.join(cells[:3])}{' and others' if len(cells) > 3 else ''} "
            f"({missing['id'].n_unique():,} firms): add rows for these"
        )
        raise InputError.of(message, file=str(path), key="--growth")
    return rate, [
        f"before their first row original values grow at the rates of {path} ({table.height} cells)"
    ]


def _in_range(rate: float | None, key: str, file: str, where: str) -> None:
    if rate is None or not LOWEST < rate < HIGHEST:
        shown = "no number" if rate is None else f"{rate:g}"
        message = (
            f"{where}must be a share a year between {LOWEST:g} and {HIGHEST:g}, such as 0.1 for 10 %; "
            f"got {shown}"
        )
        raise InputError.of(message, file=file, key=key)
