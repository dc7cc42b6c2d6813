"""Times of paths on `examples/political.yaml`: 28,000 states, 240 monthly steps and then longer ones to 40 years.

    python benchmarks/paths.py            one Jacobian and one path
    python benchmarks/paths.py split      also the split over six channels: 64 paths, long
    python benchmarks/paths.py chronicle  a whole process: dirigiste run crackdown-2020

Medians of `REPEATS` runs after one that compiles; the split and the chronicle run once.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

POLITICAL = Path(__file__).parent.parent / "examples" / "political.yaml"
REPEATS = 3
STEPS = {"numerics.path.even": 20.0, "numerics.path.horizon": 40.0, "numerics.path.growth": 1.15}
CHANGES = {
    "credit": ("statuses.independent.collateral", 0.95),
    "fines": ("edges.crackdown.fine", 1.5),
    "party": ("statuses.aligned.mandates.labor", 2.0),
    "force": ("edges.crackdown.actual", 1.5),
    "fear": ("edges.crackdown.perceived", 1.5),
    "exit": ("edges.emigrate.cost", 0.8),
}
"""One lasting change a channel; credit alone is the path that is timed."""


def chronicle(changes: dict[str, tuple[str, float]]):
    """These changes on one date."""
    import dirigiste as dg
    from dirigiste.chronicle import Chronicle

    economy = dg.load(POLITICAL).with_(STEPS)
    event = {
        "date": "2021-01-01",
        "title": "All at once",
        "sources": ["assumption"],
        "changes": [{"parameter": path, "multiply": factor} for path, factor in changes.values()],
    }
    told = Chronicle.model_validate({"name": "timed", "economy": economy.name, "events": [event]})
    told._baseline = economy
    told.check(economy)
    return told


def jacobian_and_path() -> None:
    """One sequence-space Jacobian and one nonlinear path."""
    import jax

    import dirigiste as dg
    from dirigiste.numerics import sequence, transition
    from dirigiste.results import course

    dg.configure()
    seen: dict[str, float] = {}
    solve, kernel = transition.solve, sequence.kernel

    def timed_solve(*args, **kwargs):
        times = []
        for _ in range(REPEATS + 1):
            begun = time.perf_counter()
            found = jax.block_until_ready(solve(*args, **kwargs))
            times.append(time.perf_counter() - begun)
        seen["path"], seen["rounds"], seen["gap"] = float(np.median(times[1:])), len(found.history), found.gap
        seen["steps"] = found.lengths.size
        return found

    def timed_kernel(*args):
        times = []
        for _ in range(REPEATS + 1):
            begun = time.perf_counter()
            found = jax.block_until_ready(kernel(*args))
            sequence.jacobian(found, np.full(240, 1 / 12))
            times.append(time.perf_counter() - begun)
        seen["jacobian"] = float(np.median(times[1:]))
        return found

    course.transition.solve, course.sequence.kernel = timed_solve, timed_kernel
    try:
        course.solve(chronicle({"credit": CHANGES["credit"]}))
    finally:
        course.transition.solve, course.sequence.kernel = solve, kernel
    states = 28_000
    print("| what | seconds | steps | rounds | µs a state and step |")
    print("|---|---|---|---|---|")
    per = seen["jacobian"] / states / 240 * 1e6
    print(f"| sequence-space Jacobian | {seen['jacobian']:.2f} | 240 | | {per:.2f} |")
    per = seen["path"] / states / seen["steps"] * 1e6
    print(
        f"| path (gap {seen['gap']:.0e}) | {seen['path']:.2f} | {seen['steps']:.0f} | {seen['rounds']:.0f} | {per:.2f} |"
    )


def split() -> None:
    """The split over six channels."""
    from dirigiste.results import course

    begun = time.perf_counter()
    found = course.solve(chronicle(CHANGES), channels=True)
    seconds = time.perf_counter() - begun
    print(
        f"split over {len(CHANGES)} channels, {len(found.split)} paths: {seconds:.0f} s, compilation included"
    )


def process() -> None:
    """A whole process of the shipped chronicle, once to compile and once timed."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("first", "second"):
            begun = time.perf_counter()
            command = [sys.executable, "-m", "dirigiste", "run", "crackdown-2020", "--quiet", "--out", folder]
            subprocess.run(command, check=True, capture_output=True)
            print(f"dirigiste run crackdown-2020, {name} start: {time.perf_counter() - begun:.0f} s")


if __name__ == "__main__":
    chosen = sys.argv[1:]
    jacobian_and_path()
    if "split" in chosen:
        split()
    if "chronicle" in chosen:
        process()
