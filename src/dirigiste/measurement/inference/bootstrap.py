"""Standard errors by resampling firms: seeded, in parallel, with intervals corrected for bias.

A draw takes as many firms as there are, with replacement, each with all its years, and repeats everything:
capital shares, trim, gains. A draw is a vector of whole weights, so no row is ever copied.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from scipy import special

from dirigiste.errors import InputError
from dirigiste.measurement.estimates.gains import estimate
from dirigiste.measurement.estimates.spreads import spreads
from dirigiste.measurement.estimates.statistics import statistics
from dirigiste.measurement.inference.group_regressions import reference_group
from dirigiste.measurement.output.table import Column, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dirigiste.measurement.choices import Choices
    from dirigiste.measurement.estimates.gains import Estimate
    from dirigiste.measurement.estimates.sample import Sample

    Array = np.ndarray[Any, np.dtype[Any]]

FEW_DRAWS = 50
"""Fewer draws than these are too few for the tails."""

SMALL_CELL = 30
"""Rows in a cell under which percentile intervals of gains mislead."""


@dataclass(frozen=True)
class Draws:
    """Numbers of resampled firms."""

    names: tuple[str, ...]
    """Statistics (statistics.py) and spreads (spreads.py)."""
    values: Array
    """(draws, numbers); nan where a draw has none."""
    unit: str
    """What was drawn, in words."""
    seed: int

    def of(self, names: Sequence[str]) -> Array:
        """(draws, names) nan where there are none of a name."""
        place = {name: n for n, name in enumerate(self.names)}
        chosen = np.full((self.values.shape[0], len(names)), np.nan)
        for n, name in enumerate(names):
            if name in place:
                chosen[:, n] = self.values[:, place[name]]
        return chosen

    def error(self, name: str) -> float:
        """Standard error; nan where there are too few draws."""
        drawn = self.of([name])[:, 0]
        drawn = drawn[np.isfinite(drawn)]
        return float(drawn.std(ddof=1)) if drawn.size > 1 else float("nan")


def draws(
    sample: Sample,
    choices: Choices,
    names: Sequence[str],
    count: int,
    *,
    seed: int = 0,
    jobs: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Array:
    """Statistics of resampled firms, (count, S); nan where a draw has none. The number of jobs changes
    nothing.

    Args:
        sample: The rows.
        choices: As in the estimate.
        names: Statistics to compute, in order; spreads are computed where one of them is among these.
        count: Draws.
        seed: Seed; each draw has its own stream.
        jobs: Threads; default: as many as processors.
        progress: Called with the draws done and all draws.

    Raises:
        InputError: `count` is below 2 or `jobs` below 1.
    """
    if count < 2:
        raise InputError.of(f"needs 2 draws or more; got {count}", key="bootstrap")
    if jobs is not None and jobs < 1:
        raise InputError.of(f"must be 1 or more; got {jobs}", key="jobs")
    firm, firms = sample.firm, sample.firms
    for name in ("row_cell", "cell_rows", "part_rows", "part_cell"):
        getattr(sample, name)  # computed once, before threads share the sample
    base = estimate(sample, choices)
    if sample.has_groups:  # the same in every draw
        choices = choices.with_({"reference": sample.groups[reference_group(base, choices)]})
    spread = any(name in names for name in spreads(base))
    streams = np.random.SeedSequence(seed).spawn(count)
    drawn = np.full((count, len(names)), np.nan)

    def one(n: int) -> None:
        random = np.random.default_rng(streams[n])
        times = np.bincount(random.integers(0, firms, firms), minlength=firms).astype(float)
        try:
            drawn_once = estimate(sample, choices, sample.weight * times[firm], base)
            values = {name: value for name, (value, _) in statistics(drawn_once, choices).items()}
            values |= spreads(drawn_once) if spread else {}
        except InputError:  # the draw leaves no row
            return
        drawn[n] = [values.get(name, np.nan) for name in names]

    with ThreadPoolExecutor(max_workers=min(jobs or processors(), count)) as pool:
        waiting = [pool.submit(one, n) for n in range(count)]
        for done, future in enumerate(as_completed(waiting), start=1):
            future.result()
            if progress is not None:
                progress(done, count)
    return drawn


def processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def interval(value: float, drawn: Array, level: float = 0.95, *, percent: bool = False) -> dict[str, float]:
    """Standard error, bias, and three intervals: percentile, bias-corrected, reflected.

    Bias-corrected (Efron 1987, without acceleration): quantiles of the draws at Φ(2 z0 ± z), z0 = Φ⁻¹(share
    of draws below the estimate); nan where (nearly) all draws lie on one side. Reflected (or basic): twice
    the estimate less the percentile ends, which moves the interval against the bias by as much as draws
    show; for per cents in ln(1 + value/100).
    """
    names = ("se", "bias", "low", "high", "bc_low", "bc_high", "reflected_low", "reflected_high")
    drawn = drawn[np.isfinite(drawn)]
    low, high = (1 - level) / 2, (1 + level) / 2
    if drawn.size < 2 or not np.isfinite(value):
        return dict.fromkeys(names, float("nan"))
    below = (np.count_nonzero(drawn < value) + 0.5 * np.count_nonzero(drawn == value)) / drawn.size
    ends = np.quantile(drawn, [low, high])
    z0 = float(special.ndtri(below))
    corrected = np.full(2, np.nan)
    if abs(z0) < 2:
        corrected = np.quantile(drawn, special.ndtr(2 * z0 + special.ndtri([low, high])))
    if percent:
        reflected = 100 * np.expm1(2 * np.log1p(value / 100) - np.log1p(ends[::-1] / 100))
    else:
        reflected = 2 * value - ends[::-1]
    numbers = (drawn.std(ddof=1), drawn.mean() - value, *ends, *corrected, *reflected)
    return {name: float(number) for name, number in zip(names, numbers, strict=True)}


def table(
    estimate: Estimate, values: Mapping[str, tuple[float, Any]], drawn: Array, seed: int, line: str
) -> tuple[Table, tuple[str, ...]]:
    """The table of intervals, and warnings."""
    rows = []
    for n, (name, (value, unit)) in enumerate(values.items()):
        row = interval(value, drawn[:, n], percent=unit == "%")
        ratio = row["bias"] / row["se"] if row["se"] > 0 else float("nan")
        rows.append(
            {
                "statistic": f"{name}, %" if unit == "%" else name,
                "estimate": value,
                "se": row["se"],
                "bias": row["bias"],
                "bias_ratio": ratio,
                "corrected": value - row["bias"],
                **{key: row[key] for key in list(row)[2:]},
            }
        )
    columns = {
        "statistic": Column("statistic"),
        "estimate": Column("estimate", "", 4),
        "se": Column("s.e.", "", 4),
        "bias": Column("bias", "", 4),
        "bias_ratio": Column("bias / s.e.", "", 2),
        "corrected": Column("estimate - bias", "", 4),
        "low": Column("percentile 95 % from", "", 4),
        "high": Column("to", "", 4),
        "bc_low": Column("bias-corrected 95 % from", "", 4),
        "bc_high": Column("to ", "", 4),
        "reflected_low": Column("reflected 95 % from", "", 4),
        "reflected_high": Column("to  ", "", 4),
    }
    warned = warnings(estimate, rows, drawn)
    notes = (
        f"{drawn.shape[0]} draws of {unit_of(estimate.sample)}, with replacement; seed {seed}. Every draw "
        "repeats capital shares, trim and measurement.",
        "Bias: mean of draws less estimate. Intervals are reflected: twice the estimate less the 2.5 and "
        "97.5 % quantiles of draws (per cents in ln(1 + gain)); figures and the report's headline have the "
        "same kind. --json, CSV, Parquet and Stata files hold two more: percentile, and bias-corrected, "
        "quantiles of draws at Φ(2 z0 ± 1.96), z0 = Φ⁻¹(share of draws below the estimate) (Efron 1987, JASA "
        "82:171-185, without acceleration; empty where nearly all draws lie on one side).",
        *warned,
        line,
    )
    title = "Standard errors and intervals"
    return Table("intervals", title, pl.DataFrame(rows), columns, notes, hidden=OTHERS), warned


OTHERS = frozenset(("low", "high", "bc_low", "bc_high"))
"""Ends of intervals that only programs are given, since reflected ones mislead least."""


def unit_of(sample: Sample) -> str:
    """What a draw takes, in words."""
    if sample.has_ids:
        return f"{sample.firms:,} firms, each with all its years"
    return f"{sample.rows:,} rows (the file gives no ids)"


def warnings(estimate: Estimate, rows: Sequence[Mapping[str, Any]], drawn: Array) -> tuple[str, ...]:
    """Warnings about the intervals: small cells, bias, few draws, failed draws."""
    lines = []
    count = estimate.sample.by_cell(estimate.weight > 0)
    theta = estimate.theta / max(float(estimate.theta.sum()), 1e-300)
    small = float(theta[count < SMALL_CELL].sum())
    if small > 0.1:
        lines.append(
            f"Cells are small: {100 * small:.0f} % of value added is in cells of fewer than {SMALL_CELL} "
            f"rows (median cell {np.median(count[count > 0]):.0f}). A draw repeats firms, so gains in small "
            "cells come out lower than in the sample, as in the sample they are lower than among all firms: "
            "percentile intervals mislead. Reflected ones mislead least; min_cell leaves small cells out."
        )
    if drawn.shape[0] < FEW_DRAWS:
        lines.append(f"{drawn.shape[0]} draws are few for intervals; take 200 or more.")
    biased = [row["statistic"] for row in rows if abs(row["bias_ratio"]) > 0.5]
    if biased:
        more = f" and {len(biased) - 3} more" if len(biased) > 3 else ""
        lines.append(f"Bias above half a standard error: {'; '.join(biased[:3])}{more}.")
    failed = int(np.isnan(drawn).all(axis=1).sum())
    if failed:
        lines.append(f"{failed} draws left no row and are not used.")
    return tuple(lines)
