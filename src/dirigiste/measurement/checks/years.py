"""Checks of years against the years around them: units, ratios, coverage, shares of industries."""

from __future__ import annotations

import math
from statistics import median
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from dirigiste.measurement.checks.finding import SHOWN, Finding
from dirigiste.measurement.data.coding import stable_order, starts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dirigiste.measurement.checks.finding import Coded

    Array = np.ndarray[Any, np.dtype[Any]]

JUMP: Final = 0.2
"""A ratio of the whole file that differs so much (logs) from the years around it."""


def years(data: Coded) -> Iterator[Finding]:
    """All checks of years; none with fewer than three."""
    if "year" in data.firms.roles and data.years[0].size > 2:
        yield from _units_of_years(data)
        yield from _ratios(data)
        yield from _industry_jumps(data)


def _units_of_years(data: Coded) -> Iterator[Finding]:
    dates, number = data.years
    order = stable_order(number, dates.size)
    first = starts(number[order])[1:]
    for name, column in (("value added", "output"), ("labour", "labor"), ("capital", "capital")):
        values = data.firms.frame[column].to_numpy()[order]
        medians = [float(np.median(part)) for part in np.split(values, first)]
        for year, ratio in _off(dates.tolist(), medians, math.log(30.0)):
            what = (
                f"the median of {name} in {year} is {math.exp(ratio):.3g} times that of the years around it"
            )
            yield Finding("warning", "units", what, 0)


def _off(years: list[int], values: list[float], limit: float) -> Iterator[tuple[int, float]]:
    """Years whose value differs in logs by more than `limit` from those of the year before, of the year after
    and from the median of all years, all in one direction; with the mean gap to its neighbours.
    """
    logs = [math.log(value) if value and value > 0 else math.nan for value in values]
    middle = median(logs)
    for n in range(1, len(logs) - 1):
        gaps = [logs[n] - other for other in (logs[n - 1], logs[n + 1], middle)]
        if min(gaps) > limit or max(gaps) < -limit:
            yield years[n], (gaps[0] + gaps[1]) / 2


def _ratios(data: Coded) -> Iterator[Finding]:
    """Jumps of value added in sales, of labour cost in value added, and of capital per value added."""
    frame, (years, number) = data.firms.frame, data.years
    firms = data.firms

    def total(values: Array | None = None) -> Array:
        return np.bincount(number, values, years.size)

    output, labor, capital = (frame[name].to_numpy() for name in ("output", "labor", "capital"))
    rows, ratios = total(), {"pay": total(labor) / total(output), "depth": total(capital) / total(output)}
    if firms.has("sales"):
        sales = frame["sales"].fill_null(0.0).to_numpy()
        sold = sales > 0
        with np.errstate(divide="ignore", invalid="ignore"):
            share = total(np.where(sold, output, 0.0)) / total(np.where(sold, sales, 0.0))
        ratios = {"share": share, **ratios}
    dates = years.tolist()
    labour = "labour cost" if "wage_bill" in firms.roles else "workers"
    names = {
        "share": "value added / sales",
        "pay": f"{labour} / value added",
        "depth": "capital / value added",
    }
    for column, ratio in ratios.items():
        name, values = names[column], ratio.tolist()
        if any(not math.isfinite(value) or value <= 0 for value in values):
            continue
        for year, gap in _off(dates, values, JUMP):
            here = values[dates.index(year)]
            off = 100 * (math.exp(gap) - 1)
            what = f"{name} is {here:.3g} in {year}, {off:+.0f} % off the years before and after"
            yield Finding("warning", "jumps", what, int(rows[dates.index(year)]))
    for year, ratio in _off(dates, rows.astype(float).tolist(), math.log(2.0)):
        count = int(rows[dates.index(year)])
        what = f"{year} has {count:,} rows, {math.exp(ratio):.2g} times the years around it"
        yield Finding("warning", "coverage", what, 0)


def _industry_jumps(data: Coded) -> Iterator[Finding]:
    """Industries whose share in value added jumps up and back, or down and back, within a year."""
    if data.cells["industry"].n_unique() < 2:
        return
    shares = (
        data.cells.with_columns(share=pl.col("output") / pl.col("output").sum().over("year"))
        .sort("industry", "year")
        .with_columns(
            before=pl.col("share").shift(1).over("industry"), after=pl.col("share").shift(-1).over("industry")
        )
        .with_columns(
            up=(pl.col("share") / pl.col("before")).log(), back=(pl.col("share") / pl.col("after")).log()
        )
    )
    big = pl.max_horizontal("share", "before", "after") > 0.02
    odd = shares.filter(
        big
        & (pl.min_horizontal(pl.col("up").abs(), pl.col("back").abs()) > math.log(3))
        & (pl.col("up") * pl.col("back") > 0)
    )
    if odd.height:
        listed = "; ".join(
            f"{row['industry']} {row['year']}: "
            f"{100 * row['before']:.1f}, {100 * row['share']:.1f}, {100 * row['after']:.1f} %"
            for row in odd.head(SHOWN).iter_rows(named=True)
        )
        what = (
            f"the share in value added of {odd.height} industry-years triples, or falls to a third, "
            f"and comes back ({listed})"
        )
        yield Finding("warning", "jumps", what, 0)
