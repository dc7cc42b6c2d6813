"""Runs every kernel once, on economies as small as possible, so that `programs.prepare` can compile them all.

Kernels take any shape, so one small economy of each kind is enough; whether it is solved does not matter.
`python -m dirigiste.numerics.compiled.warmup` does this, if it was not done on this machine.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Final

from dirigiste.errors import NotConverged

if TYPE_CHECKING:
    from collections.abc import Callable

    from dirigiste.economy import Economy

SECONDS: Final = 90
"""About how long this takes on two cores where nothing is compiled yet."""

STATES: Final[tuple[dict[str, Any], ...]] = (
    {},
    {"preferences.sigma": 2.0, "numerics.scheme": "upwind"},
    {"ability": {"law": "diffusion", "reversion": 0.15, "sd": 0.3, "points": 4, "width": 2.0}},
    {"statuses.free.size_tax": {"on": "capital", "above": 4.0, "rate": 0.3}, "edges.speak.scale": 0.0},
    {"closure.directed": {"to": ["loyal"], "share": 0.01, "of": "credit", "by": "spread"}},
    {"closure.capital": {"open": {"interest": 0.03}}},
    {"clock": "annual", "numerics.wealth.max": 3000},
)
"""Changes to the small economy of `dirigiste doctor`, each of which needs kernels that the others do not."""

COARSE: Final = {
    "numerics.path.step": 1.0,
    "numerics.path.even": 1.0,
    "numerics.path.growth": 1.5,
    "numerics.path.horizon": 60.0,
}
"""Settings of paths with as few steps as possible."""


def _economy(changes: dict[str, Any]) -> Economy:
    from dirigiste import economy
    from dirigiste.results.equilibria import known

    return economy.loads(known.ECONOMY, file="<known economy>").with_(changes)


def _state(changes: dict[str, Any]) -> Callable[[], object]:
    def run() -> None:
        from dirigiste.results.equilibria.solve import solve

        solve(_economy(changes))

    return run


def _path(changes: dict[str, Any]) -> Callable[[], object]:
    def run() -> None:
        from dirigiste.chronicle import Chronicle
        from dirigiste.results.runs.run import run

        economy = _economy({**COARSE, **changes})
        cut = {"parameter": "statuses.free.collateral", "multiply": 0.98, "half_life": 2.0}
        event = {"date": "2021-01-01", "title": "Cut", "sources": ["assumption"], "changes": [cut]}
        chronicle = Chronicle.model_validate({"name": "warmup", "economy": economy.name, "events": [event]})
        run(chronicle.on(economy), market_value=True)

    return run


def _impulse() -> None:
    from dirigiste.results.runs.impulse import ar1, impulse

    impulse(_economy(COARSE), {"statuses.free.collateral": ar1(-0.1, persistence=0.5)})


def _functions() -> None:
    from dirigiste.numerics.compiled import elementary

    elementary.exp(1.0)
    elementary.log(1.0)


STEPS: Final[tuple[Callable[[], object], ...]] = (
    _functions,
    *(_state(changes) for changes in STATES),
    _path({}),
    _impulse,
)
"""What is run, one after the other."""


def run(report: Callable[[int, int], None]) -> None:
    """Run all steps; `report(done, total)` is called before each and after the last."""
    for done, step in enumerate(STEPS):
        report(done, len(STEPS))
        with contextlib.suppress(NotConverged):
            step()
    report(len(STEPS), len(STEPS))


if __name__ == "__main__":
    from dirigiste.numerics.compiled import programs

    programs.prepare(strict=True)
