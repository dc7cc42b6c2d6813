"""Times of `measure` on long firm files, against a straightforward pandas version in the same run.

    python benchmarks/measure.py                      2.2 million firm-years, 400 industries, 10 years, 200 draws
    python benchmarks/measure.py --rows 200000 --draws 20
    python benchmarks/measure.py --process --rows 12000000   `dirigiste measure FILE.csv --json` as a whole process

The pandas version does what a careful script does: groupby sums, merges, quantiles; it computes wedges, trim, gains by year and
standard deviations, and nothing else. Both start from a frame in memory. Times are wall seconds; processor seconds beside them tell
what a busy machine hides.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl


def timed(name, action, repeats=1):
    """Run, print and return the result."""
    best, spent, result = float("inf"), 0.0, None
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        result = action()
        if time.perf_counter() - wall < best:
            best, spent = time.perf_counter() - wall, time.process_time() - cpu
    print(f"| {name} | {best:.2f} s | {spent:.2f} s |", flush=True)
    return result


def in_pandas(frame, sigma=3.0, tail=0.01):
    """Gains by year, sd of ln TFPR and ln TFPQ, rows left."""
    data = frame.copy()
    by = ["industry", "year"]
    shares = data.groupby("industry")[["output", "labor"]].sum()
    alpha = (1 - shares["labor"] / shares["output"]).clip(0.05, 0.95).rename("alpha")
    data = data.merge(alpha, left_on="industry", right_index=True)

    def relative(data):
        inputs = data["capital"] ** data["alpha"] * data["labor"] ** (1 - data["alpha"])
        data = data.assign(
            tfpr=data["output"] / inputs, tfpq=data["output"] ** (sigma / (sigma - 1)) / inputs
        )
        data["power"] = data["tfpq"] ** (sigma - 1)
        cells = data.groupby(by).agg(
            Y=("output", "sum"),
            K=("capital", "sum"),
            L=("labor", "sum"),
            S=("power", "sum"),
            M=("power", "size"),
            a=("alpha", "first"),
        )
        cells["bar"] = cells["Y"] / (cells["K"] ** cells["a"] * cells["L"] ** (1 - cells["a"]))
        cells["best"] = cells["S"] ** (1 / (sigma - 1))
        data = data.merge(cells[["bar", "best", "M"]], left_on=by, right_index=True)
        data["r"] = np.log(data["tfpr"] / data["bar"])
        data["q"] = np.log(data["tfpq"] * data["M"] ** (1 / (sigma - 1)) / data["best"])
        return data, cells

    data, _ = relative(data)
    keep = pd.Series(True, index=data.index)
    for name in ("r", "q"):
        low, high = data[name].quantile([tail, 1 - tail])
        keep &= data[name].between(low, high)
    data, cells = relative(data[keep].drop(columns=["bar", "best", "M", "r", "q"]))
    cells["tfp"] = cells["bar"] * cells["Y"] ** (1 / (sigma - 1))
    cells["theta"] = cells["Y"] / cells.groupby("year")["Y"].transform("sum")
    log_gain = (cells["theta"] * np.log(cells["best"] / cells["tfp"])).groupby("year").sum()
    return 100 * np.expm1(log_gain), data["r"].std(), data["q"].std(), len(data)


def whole_process(rows):
    """Print processor seconds and peak memory of `dirigiste measure` on a text file of so many rows."""
    columns = {"output": "value_added", "wage-bill": "wages", "employment": "workers", "group": "ownership"}
    columns |= {"id": "firm"} | {name: name for name in ("capital", "industry", "year")}
    options = [part for role, column in columns.items() for part in (f"--{role}", column)]
    program = [sys.executable, "-m", "dirigiste"]
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "firms.csv")
        made = ["--rows", str(rows), "--industries", "400", "--out", file, "--quiet"]
        subprocess.run([*program, "sample-firms", *made], check=True)
        command = [*program, "measure", file, *options, "--json"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit("`dirigiste measure` failed")
    print(f"| {rows:,} rows | {used.ru_utime + used.ru_stime:.1f} s | {used.ru_maxrss / 1e6:.2f} GB |")


def firms_of(frame):
    """A synthetic panel as firms, without writing a file."""
    from dirigiste.measurement.data.firms import COLUMNS, Firms

    renamed = {
        "id": "firm",
        "group": "ownership",
        "output": "value_added",
        "labor": "wages",
        "employment": "workers",
        "inputs": "materials",
    }
    frame = frame.with_columns(row=pl.int_range(1, pl.len() + 1), weight=pl.lit(1.0))
    columns = {name: pl.col(renamed.get(name, name)).cast(kind) for name, kind in COLUMNS.items()}
    roles = {
        name: name
        for name in ("id", "year", "industry", "group", "output", "wage_bill", "employment", "capital")
    }
    return Firms(frame.select(**columns), roles, "synthetic panel")


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=2_200_000)
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=None)
    parser.add_argument("--process", action="store_true")
    given = parser.parse_args()
    if given.process:
        whole_process(given.rows)
        return
    from dirigiste.measurement import measure
    from dirigiste.measurement.synthetic_firms import synthetic

    firms = firms_of(synthetic(given.rows, years=10, industries=400).frame)
    plain = pd.DataFrame(
        {name: firms.frame[name].to_numpy() for name in ("industry", "year", "output", "labor", "capital")}
    )
    load = os.getloadavg()[0]
    print(f"{len(firms):,} firm-years; {os.cpu_count()} processors, load {load:.1f} at the start\n")
    print("| what | wall | processor |\n|---|---|---|")
    measure(firms.__class__(firms.frame.head(20_000), firms.roles, "warm"))
    ours = timed("all tables and firm-level wedges, no bootstrap", lambda: measure(firms, jobs=given.jobs), 3)
    theirs = timed(
        "pandas: trim, gains by year and two standard deviations only", lambda: in_pandas(plain), 2
    )
    table = ours.tables["gains_by_year"].frame[:-1]
    print(
        f"\nLargest difference of gains: {np.abs(table['gain'].to_numpy() - theirs[0].to_numpy()).max():.1e} points\n"
    )

    from dirigiste.measurement import Choices
    from dirigiste.measurement.estimates.gains import estimate
    from dirigiste.measurement.estimates.sample import sample_of
    from dirigiste.measurement.estimates.statistics import statistics
    from dirigiste.measurement.inference import bootstrap as resampling

    sample, _ = sample_of(firms, Choices())
    names = list(statistics(estimate(sample, Choices()), Choices()))
    print("| what | wall | processor |\n|---|---|---|")
    timed("gains alone (capital shares, trim, gains)", lambda: estimate(sample, Choices()), 5)
    timed(
        f"{given.draws} draws",
        lambda: resampling.draws(sample, Choices(), names, given.draws, jobs=given.jobs),
    )


if __name__ == "__main__":
    main()
