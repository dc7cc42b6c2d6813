"""The split between groups, their gaps and coefficients by year, by region and industry, or by any column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from dirigiste.errors import InputError
from dirigiste.measurement.estimates import groups
from dirigiste.measurement.estimates.gains import mean_gain
from dirigiste.measurement.estimates.subsets import restricted
from dirigiste.measurement.inference import group_regressions
from dirigiste.measurement.output.table import Column, Table
from dirigiste.measurement.regressions.formula import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dirigiste.measurement.choices import Choices
    from dirigiste.measurement.estimates.gains import Estimate
    from dirigiste.measurement.regressions.variables import Variables

    Array = np.ndarray[Any, np.dtype[Any]]

MOST: Final = 5000
"""Subsets that are measured at most."""

MANY: Final = 100
"""Subsets above which they must have `LEAST` rows on average: else a name is no class of firms."""

LEAST: Final = 5


def names(text: str) -> list[str]:
    """Names of a `--by`, such as `region,industry`."""
    return [part.strip().strip("`") for part in text.split(",") if part.strip()]


def tables(
    estimate: Estimate, variables: Variables, choices: Choices, by: str, line: str
) -> dict[str, Table]:
    """Three tables: gains and their split, groups, and coefficients of groups, each by subset.

    Raises:
        InputError: There are too many subsets.
    """
    keys = names(by)
    grouped = estimate.sample.has_groups
    reference = group_regressions.reference_group(estimate, choices)
    name_of = estimate.sample.groups[reference]
    fixed = choices.with_({"reference": name_of}) if grouped else choices
    shown = {key: f"by_{key}" if key in TAKEN else key for key in keys}
    rows: dict[str, list[dict[str, Any]]] = {"split": [], "groups": [], "regressions": []}
    columns: dict[str, dict[str, Column]] = {"split": SPLIT, "groups": groups.COLUMNS}
    alone = 0
    for values, here in _subsets(estimate, variables, keys, by):
        subset = dict(zip(shown.values(), values, strict=True))
        part = restricted(estimate, here)
        rows["split"].append({**subset, **_split(part, grouped=grouped)})
        if not grouped:
            continue
        rows["groups"] += [{**subset, **row} for row in groups.by_group(part).iter_rows(named=True)]
        found = _coefficients(part, fixed, reference, line)
        if found is None:
            alone += 1
            continue
        columns["regressions"] = dict(found.columns)
        rows["regressions"] += [{**subset, **row} for row in found.frame.iter_rows(named=True)]
    what = " and ".join(keys)
    titles = {
        "split": f"Gain{' between and within groups' * grouped}, by {what}",
        "groups": f"Groups, by {what}",
        "regressions": f"Groups compared within industry and year, by {what}",
    }
    made = {}
    for kind, title in titles.items():
        if rows[kind]:
            name = f"{kind}_by_{'_'.join(keys)}"
            heads = {shown[key]: Column(key, "", 0) for key in keys} | columns[kind]
            heads = {key: column for key, column in heads.items() if key in rows[kind][0]}
            frame = pl.DataFrame(rows[kind], infer_schema_length=None).select(list(heads))
            notes = _notes(kind, name_of, alone, grouped=grouped)
            made[name] = Table(name, title, frame, heads, (*notes, line))
    return made


SPLIT: Final = {
    "rows": Column("rows", "count", 0),
    "cells": Column("cells", "count", 0),
    "gain": Column("gain", "%", 2),
    "between": Column("between groups", "%", 2),
    "within": Column("within groups", "%", 2),
}


TAKEN: Final = ("group", "rows", "variable", "clusters", "cells", "gain", "between", "within")
"""Columns of the tables; a key of such a name gets `by_` before it."""


def _split(part: Estimate, *, grouped: bool) -> dict[str, Any]:
    logs = [part.cell_gain, *(groups.split(part) if grouped else ())]
    gains = [100 * mean_gain(part.aggregate(x)) for x in logs]
    return {
        "rows": int(part.sample.rows),
        "cells": int(part.sample.cell_start.size),
        **dict(zip(("gain", "between", "within"), gains, strict=False)),
    }


def _coefficients(part: Estimate, choices: Choices, reference: int, line: str) -> Table | None:
    """Coefficients of a subset; None where no cell holds the reference group and another."""
    there = part.sample.part_group == reference
    if not there.any() or np.unique(part.sample.part_group).size < 2:
        return None
    found = group_regressions.table(part, choices, line)
    return None if isinstance(found, str) or not found.frame.height else found


def _subsets(
    estimate: Estimate, variables: Variables, keys: Sequence[str], by: str
) -> Iterator[tuple[tuple[Any, ...], Array]]:
    """Values of the keys, in their order, and the rows of the sample that have them."""
    sample = estimate.sample
    chosen = np.zeros(sample.rows, dtype=bool)
    chosen[sample.order] = estimate.keep
    place = np.cumsum(chosen) - 1  # of a row of the frame among those that stay
    kept = np.flatnonzero(estimate.keep & (estimate.weight > 0))
    at = place[sample.order[kept]]
    frame = pl.DataFrame([variables.column(key).alias(key) for key in keys])[at]
    frame = frame.with_columns(pl.Series("(row)", kept)).drop_nulls()
    parts = frame.group_by(*keys).agg("(row)").sort(*keys)
    if parts.height > MOST or (parts.height > MANY and frame.height < LEAST * parts.height):
        raise _too_many(frame, keys, by, parts.height)
    for *values, rows in parts.iter_rows():
        yield tuple(values), np.sort(np.array(rows))


def _too_many(frame: pl.DataFrame, keys: Sequence[str], by: str, count: int) -> InputError:
    """The error for names that divide the rows too finely: which they are, and what to do."""
    values = {key: frame[key].n_unique() for key in keys}
    worst = max(values, key=lambda key: values[key])
    of_each = f" (`{worst}` has {values[worst]:,} values)" if len(keys) > 1 else ""
    limit = (
        f"; {MOST:,} are measured at most"
        if count > MOST
        else f" of {frame.height:,} rows; above {MANY} subsets they must have {LEAST} rows or more on average"
    )
    message = (
        f"`{by}` makes {count:,} subsets{limit}{of_each}. Each is measured alone, so name a column with "
        "few values. Make classes of numbers first, as a column of the file or as groups of ranges: "
        f"--group 'small: {quoted(worst)} < 100; large: else'"
    )
    return InputError.of(message, key="--by")


def _notes(kind: str, reference: str, alone: int, *, grouped: bool) -> list[str]:
    first = (
        "Each subset is measured alone: the capital shares and the trim of all rows, its own cells, shares "
        "and totals. Gains of several years are means over them."
    )
    if kind == "regressions":
        left = f" {alone} subsets without a comparison are left out." if alone else ""
        text = (
            f"Relative to `{reference}`. OLS with an effect for each industry and year; standard errors "
            f"clustered by firm, or by row where the file gives no ids.{left}"
        )
        return [first, text]
    if kind == "groups":
        return [first, "Columns as in the table of groups."]
    return [first, groups.FORMULA] if grouped else [first]
