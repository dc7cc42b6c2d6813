"""Draws of a chronicle: python benchmarks/draws.py squeeze | crackdown [FULL]

500 draws of its uncertain numbers through linear responses, FULL of them (3 if left out) solved in full too: the
time of the path itself, of its responses, and of full solutions; how far these lie from the linear responses.
`squeeze` has 8 numbers, `crackdown` 12.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from dirigiste import chronicle as chronicles
from dirigiste import config
from dirigiste.fit.chronicles import draws as drawing
from dirigiste.fit.chronicles import loader
from dirigiste.solver import surprises

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"

NUMBERS = {
    "squeeze": {
        "2021-01-01 statuses.independent.collateral.multiply": 0.05,
        "2021-01-01 statuses.critic.collateral.multiply": 0.05,
        "2021-01-01 edges.crackdown.actual.multiply": 0.5,
        "2021-01-01 edges.crackdown.perceived.multiply": 0.5,
        "2021-01-01 edges.crackdown.perceived.half_life": 0.5,
        "2023-01-01 statuses.independent.collateral.multiply": 0.05,
        "statuses.aligned.collateral": 0.05,
        "edges.join.cost": 0.01,
    },
    "crackdown": {
        "scale fear": 0.3,
        "scale credit": 0.3,
        "scale force": 0.3,
        "scale listing": 0.3,
        "2020-11-02 statuses.independent.data_lending.multiply": 0.1,
        "2020-11-02 edges.retaliation.perceived.half_life": 0.5,
        "2020-12-24 edges.crackdown.actual.multiply": 0.5,
        "2021-02-20 statuses.independent.data_lending.multiply": 0.1,
        "2021-07-24 edges.crackdown.perceived.multiply": 0.2,
        "2021-08-17 statuses.listed.wedge.add": 0.002,
        "statuses.independent.collateral": 0.05,
        "edges.join.cost": 0.01,
    },
}
"""Standard deviations."""


def timed(what: str, call: Callable[[], Result]) -> Result:
    wall, processor = time.perf_counter(), time.process_time()
    result = call()
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    print(f"{what}: {wall:.0f} s, {processor:.0f} s of processor time", flush=True)
    return result


def main(which: str, full: str = "3") -> None:
    config.ensure()
    name = str(EXAMPLES / "squeeze.yaml") if which == "squeeze" else "crackdown-2020"
    chronicle = chronicles.load(name)
    lines = [f"  {number}: {{sd: {sd}}}" for number, sd in NUMBERS[which].items()]
    plan = loader.loads("\n".join(["name: numbers", "numbers:", *lines]), chronicle)
    surprises.solve(chronicles.load(str(EXAMPLES / "squeeze.yaml")))  # programs are loaded
    timed("the path itself", lambda: surprises.solve(chronicle))
    what = f"500 draws of {len(plan.names)} numbers"
    run = timed(f"{what}, without full solutions", lambda: drawing.draws(plan, drawing.Options(full=0)))
    assert run.draws is not None
    print(f"what is left of derivatives: {run.draws.data.attrs['left']:.1e} at most")
    if not int(full):
        return
    run = timed(f"{what}, {full} solved in full", lambda: drawing.draws(plan, drawing.Options(full=int(full))))
    assert run.draws is not None
    for outcome in ("output", "control", "silence"):
        misses = np.nanmedian(run.draws.misses(outcome))
        print(f"full solutions from linear responses, {outcome}: {misses:.2f} standard deviations (median)")


if __name__ == "__main__":
    main(*sys.argv[1:])
