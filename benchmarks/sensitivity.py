"""Derivatives of an equilibrium: python benchmarks/sensitivity.py

30 outcomes of examples/political.yaml in 30 of its parameters, by the implicit function theorem, beside the time of
one more solution: from cold, and near the first one, as difference quotients would need 60 of.
"""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING

import dirigiste as dg
from dirigiste import economy as economies

if TYPE_CHECKING:
    from collections.abc import Callable

ECONOMY = Path(__file__).resolve().parents[1] / "examples" / "political.yaml"

COUNT, TIMES = 30, 3


def timed(what: str, call: Callable[[], object]) -> None:
    """Medians, after one call that does not count."""
    call()
    walls, processors = [], []
    for _ in range(TIMES):
        wall, processor = time.perf_counter(), time.process_time()
        call()
        walls.append(time.perf_counter() - wall)
        processors.append(time.process_time() - processor)
    print(
        f"{what}: {statistics.median(walls):.2f} s, {statistics.median(processors):.2f} s of processor time",
        flush=True,
    )


def main() -> None:
    economy = economies.load(ECONOMY)
    equilibrium = dg.solve(economy)
    every = equilibrium.sensitivity(["*"], wrt=["statuses.*", "edges.*"])
    wrt = every["parameter"].values[:COUNT].tolist()
    of = every["outcome"].values[:COUNT].tolist()
    print(f"{len(of)} outcomes, {len(wrt)} parameters of {len(every['parameter'])}")
    timed("a solution from cold", lambda: dg.solve(economy))
    near = economy.with_({wrt[0]: float(economy.get(wrt[0])) * 1.0001})
    timed("a solution from one that differs by 1e-4 in a parameter", lambda: dg.solve(near, start=equilibrium))
    for count in (1, 10, COUNT):
        timed(f"derivatives in {count}", lambda count=count: equilibrium.sensitivity(of, wrt=wrt[:count]))


if __name__ == "__main__":
    main()
