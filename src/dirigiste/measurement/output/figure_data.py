"""The data of the figures of a measurement: densities by group, gains by year, spreads by group."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from dirigiste.measurement.measurement import Measurement

    Array = np.ndarray[Any, np.dtype[np.float64]]

MOST: Final = 4
"""Groups that a panel shows at most: those with the most rows."""

POINTS: Final = 240
"""Points of a density."""

FEWEST: Final = 10
"""A group needs so many rows for a density."""

ALL: Final = "all firms"


@dataclass(frozen=True)
class Density:
    """A density of logs, smoothed with Gaussian kernels (Silverman's rule of thumb)."""

    group: str
    x: Array
    y: Array
    rows: int
    mean: float


@dataclass(frozen=True)
class Spread:
    """Quantiles of logs in a group."""

    group: str
    rows: int
    quantiles: tuple[float, float, float, float, float]
    """At 10, 25, 50, 75 and 90 %."""


def groups(measurement: Measurement) -> list[str]:
    """Groups with the most rows, largest first; one for all where no groups are known."""
    rows = measurement.rows
    if "group" not in measurement.firms.roles:
        return [ALL]
    counts = rows.drop_nulls("group").group_by("group").len().sort(["len", "group"], descending=[True, False])
    return counts.filter(pl.col("len") >= FEWEST)["group"].head(MOST).to_list() or [ALL]


def left_out(measurement: Measurement) -> int:
    """Groups that figures leave out."""
    if "group" not in measurement.firms.roles:
        return 0
    return measurement.rows.drop_nulls("group")["group"].n_unique() - len(groups(measurement))


def _values(measurement: Measurement, column: str, group: str) -> Array:
    rows = measurement.rows if group == ALL else measurement.rows.filter(pl.col("group") == group)
    values = rows[column].cast(pl.Float64).to_numpy()
    return values[np.isfinite(values)]


def densities(measurement: Measurement, column: str) -> list[Density]:
    """Densities of a column of logs, one a group, on common points."""
    names = groups(measurement)
    by_group = {name: _values(measurement, column, name) for name in names}
    every = np.concatenate(list(by_group.values()))
    if every.size < 2 or float(every.max()) <= float(every.min()):
        return []
    low, high = (float(value) for value in np.quantile(every, [0.001, 0.999]))
    margin = 0.12 * (high - low)
    x = np.linspace(low - margin, high + margin, POINTS)
    return [
        Density(name, x, _smoothed(values, x), values.size, float(values.mean()))
        for name, values in by_group.items()
    ]


def _smoothed(values: Array, x: Array) -> Array:
    """A Gaussian kernel density at points, from counts in fine bins."""
    iqr = float(np.subtract(*np.quantile(values, [0.75, 0.25])))
    sd = float(values.std())
    scale = min(sd, iqr / 1.349) if iqr > 0 else sd
    width = max(0.9 * scale * values.size**-0.2, (x[-1] - x[0]) / 200)
    edges = np.linspace(x[0] - 4 * width, x[-1] + 4 * width, 1201)
    counts, _ = np.histogram(values, edges)
    middles = (edges[1:] + edges[:-1]) / 2
    kernel = np.exp(-0.5 * ((x[:, None] - middles) / width) ** 2)
    return kernel @ counts / (values.size * width * math.sqrt(2 * math.pi))


def spreads(measurement: Measurement, column: str) -> list[Spread]:
    """Quantiles of the log of a column less the mean of its cell, one a group."""
    deviation = pl.col(column).log()
    rows = measurement.rows.with_columns(
        (deviation - deviation.mean().over("industry", "year")).alias("(dev)")
    )
    result = []
    for name in groups(measurement):
        part = rows if name == ALL else rows.filter(pl.col("group") == name)
        values = part["(dev)"].drop_nulls().to_numpy()
        values = values[np.isfinite(values)]
        if values.size:
            marks = [float(q) for q in np.quantile(values, [0.1, 0.25, 0.5, 0.75, 0.9])]
            result.append(Spread(name, values.size, (marks[0], marks[1], marks[2], marks[3], marks[4])))
    return result


@dataclass(frozen=True)
class Gains:
    """Gains by year in percent, with intervals where they are known."""

    frame: pl.DataFrame
    """Columns year and gain; low and high where intervals are known."""
    interval: tuple[tuple[float, float], ...] | None


def gains(measurement: Measurement) -> Gains | None:
    """Gains by year from the table `gains_by_year`; None without it."""
    table = measurement.tables.get("gains_by_year")
    if table is None:
        return None
    years = table.frame.with_columns(pl.col("year").cast(pl.Int64, strict=False))  # the mean has none
    frame = years.select("year", "gain").drop_nulls().filter(pl.col("year") > 0)
    intervals = measurement.tables.get("intervals")
    if intervals is None:
        return Gains(frame, None)
    ends = intervals.frame.select("statistic", low="reflected_low", high="reflected_high")
    banded = frame.with_columns(statistic=pl.format("gain {}, %", pl.col("year"))).join(
        ends, on="statistic", how="left", maintain_order="left"
    )
    banded = banded.drop("statistic").with_columns(pl.col("low", "high").fill_nan(None))
    if banded["low"].null_count() or banded["high"].null_count():
        return Gains(frame, None)
    return Gains(banded, tuple(zip(banded["low"].to_list(), banded["high"].to_list(), strict=True)))
