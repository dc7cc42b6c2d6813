"""Times of paths on `examples/political.yaml`: 28,000 states, even steps over 20 years and then longer ones to 40.

    python benchmarks/paths.py            one Jacobian and one path
    python benchmarks/paths.py split      also the split over six channels: 64 paths, long
    python benchmarks/paths.py chronicle  whole processes: squeeze and crackdown-2020
    python benchmarks/paths.py channels   whole processes: crackdown-2020 split by channel, quick and exact, long

Medians of `REPEATS` runs after one that is not counted; the split and whole processes run once, with all programs
compiled before.
"""

from __future__ import annotations

import resource
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
    from dirigiste.numerics.transition import perfect_foresight as transition
    from dirigiste.numerics.transition import sequence
    from dirigiste.solver import surprises

    seen: dict[str, float] = {}
    solve, kernel = transition.solve, sequence.kernel

    def median(action):
        times = []
        for _ in range(REPEATS + 1):
            begun = time.perf_counter()
            found = action()
            times.append(time.perf_counter() - begun)
        return found, float(np.median(times[1:]))

    def timed_solve(m, task, kernel, *args, early=None, room=None, **kwargs):  # noqa: ARG001  (only one surprise)
        def action():  # in the same memory, of which nothing is known
            part = room.part(task.lengths.size) if room else None
            return solve(m, task, kernel, *args, room=part, **kwargs)

        found, seen["path"] = median(action)
        _, seen["jacobian"] = median(lambda: sequence.jacobian(kernel, task.lengths))
        seen["rounds"], seen["gap"], seen["steps"] = len(found.history), found.gap, found.lengths.size
        return found

    def timed_kernel(*args):
        found, seen["kernel"] = median(lambda: kernel(*args))
        return found

    surprises.transition.solve, surprises.sequence.kernel = timed_solve, timed_kernel
    try:
        surprises.solve(chronicle({"credit": CHANGES["credit"]}))
    finally:
        surprises.transition.solve, surprises.sequence.kernel = solve, kernel
    states, steps, rounds = 28_000, int(seen["steps"]), int(seen["rounds"])
    print("| what | seconds | steps | rounds | µs a state and step | and round |")
    print("|---|---|---|---|---|---|")
    first = seen["kernel"] + seen["jacobian"]
    print(f"| sequence-space kernel | {seen['kernel']:.2f} | | | | |")
    print(f"| kernel and Jacobian | {first:.2f} | {steps} | | {first / states / steps * 1e6:.2f} | |")
    per = seen["path"] / states / steps * 1e6
    print(
        f"| path (gap {seen['gap']:.0e}) | {seen['path']:.2f} | {steps} | {rounds} | {per:.2f} | {per / rounds:.2f} |"
    )


def split() -> None:
    """The split over six channels."""
    from dirigiste.solver import surprises

    begun = time.perf_counter()
    solution = surprises.solve(chronicle(CHANGES), channels=True)
    seconds = time.perf_counter() - begun
    print(f"split over {len(CHANGES)} channels, {len(solution.split)} sets: {seconds:.0f} s")


def process(*arguments: str) -> None:
    """A whole process, its report included: seconds and peak memory."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "dirigiste", "run", *arguments, "--quiet", "--out", folder]
        begun = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024  # of the largest so far
    print(f"dirigiste run {' '.join(arguments)}: {seconds:.1f} s, at most {peak:.0f} MB", flush=True)


if __name__ == "__main__":
    chosen = sys.argv[1:]
    jacobian_and_path()
    if "split" in chosen:
        split()
    if "chronicle" in chosen:
        process(str(POLITICAL.with_name("squeeze.yaml")))
        process("crackdown-2020")
    if "channels" in chosen:
        process("crackdown-2020", "--channels", "quick")
        process("crackdown-2020", "--channels", "exact")
