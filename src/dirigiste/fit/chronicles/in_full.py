"""Draws of the numbers of a chronicle solved in full, which tell how good linear responses are."""

from __future__ import annotations

import hashlib
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dirigiste.errors import DirigisteError, IdentityViolated, InputError, NotConverged
from dirigiste.results.quantities import outcomes
from dirigiste.results.runs import channels as split
from dirigiste.results.runs import draws as drawn
from dirigiste.results.runs import paths
from dirigiste.results.runs.run import settled

if TYPE_CHECKING:
    from dirigiste.fit.chronicles.plan import Plan
    from dirigiste.fit.chronicles.store import Store
    from dirigiste.progress import Progress
    from dirigiste.results.runs.run import Run

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Full:
    """A draw that was solved in full."""

    values: dict[str, Array] = field(default_factory=dict)
    """Outcomes along its path (T,), by name; empty where there is none."""
    without: dict[str, Array] = field(default_factory=dict)
    """Outcomes without the events ()."""
    parts: dict[str, Array] = field(default_factory=dict)
    """Effects of channels (n, T) on the outcomes that are split."""
    why: str = ""
    """Why there is no path."""


def solve(
    plan: Plan,
    z: Array,
    names: list[str],
    run: Run,
    *,
    channels: bool,
    valued: bool,
    store: Store,
    progress: Progress | None = None,
) -> list[Full]:
    """Draws solved in full, two at a time.

    Args:
        plan: The numbers.
        z: The draws (F, K) on the scales.
        names: Outcomes that are looked at.
        run: The run at the means, on whose times outcomes are put.
        channels: Also split effects by channel.
        valued: Also find market values.
        store: Where they are kept.
        progress: Called with stage, round and largest residual.
    """
    from dirigiste.numerics.compiled.programs import side_by_side
    from dirigiste.solver.work import words

    count = len(z)
    lock, done, begun = threading.Lock(), [0, 0], time.monotonic()

    def tell(stage: str, round_: int, residual: float) -> None:  # noqa: ARG001
        if progress is None:
            return
        with lock:
            here, new = done
        left = ""
        if new:
            seconds = (time.monotonic() - begun) / new * (count - here)
            left = f" · {words(seconds)} left"
        progress(f"draws in full, {min(here + 1, count)} of {count}{left}", round_, residual)

    def one(n: int) -> Full:
        name = _name_of(z[n], names, channels=channels)
        found = store.load(name)
        if found is not None:
            result = _unpacked(found, names)
        else:
            result = _solved(plan, z[n], names, run, channels=channels, valued=valued, progress=tell)
            store.save(name, _packed(result, names))
        with lock:
            done[0] += 1
            done[1] += found is None
        return result

    return side_by_side(one, range(count))


def _name_of(z: Array, names: list[str], *, channels: bool) -> str:
    """Name of a draw, the same for the same bits and outcomes."""
    text = " ".join([*(float(value).hex() for value in z), *names, str(channels)])
    return f"draw-{hashlib.sha256(text.encode()).hexdigest()[:24]}"


def _solved(
    plan: Plan,
    z: Array,
    names: list[str],
    run: Run,
    *,
    channels: bool,
    valued: bool,
    progress: Progress | None,
) -> Full:
    """A draw solved in full, on the times of the run; its effects by channel are split quickly."""
    from dirigiste.results.equilibria.stationary import finish
    from dirigiste.solver import surprises

    try:
        solved = surprises.solve(
            plan.at(z),
            only=run.only,
            channels="quick" if channels else False,
            market_value=valued,
            settled=settled,
            progress=progress,
        )
    except (NotConverged, IdentityViolated, InputError) as error:
        return Full(why=_reason(error))
    path = paths.build(solved.course, solved.compiled)
    known, wanted = path["time"].values, run.path["time"].values
    values = outcomes.of_path(path)
    before = solved.before
    without = outcomes.standing(before.compiled, before.solved.point, market_value=valued)
    parts = {}
    if solved.split is not None:
        base = paths.base(finish(before.compiled, before.solved), path)
        sets = split.build(solved.split, solved.compiled, path, base)
        for outcome in split.OUTCOMES:
            effects = split.channels(sets, outcome).transpose("channel", "time").values
            parts[outcome] = np.array([drawn.on(wanted, known, effect) for effect in effects])
    return Full(
        values={name: drawn.on(wanted, known, values[name]) for name in names},
        without={name: without[name] for name in names},
        parts=parts,
    )


def _reason(error: DirigisteError) -> str:
    """Why there is no path, in a line."""
    if isinstance(error, InputError):
        return f"the economy does not allow it: {error.problems[0].message}"
    return str(error).splitlines()[0]


def _packed(full: Full, names: list[str]) -> dict[str, Array]:
    """A draw in full as arrays; why there is none as its letters."""
    arrays: dict[str, Any] = {"why": np.array(full.why)}
    if full.values:
        arrays["values"] = np.array([full.values[name] for name in names])
        arrays["without"] = np.array([full.without[name] for name in names])
        arrays |= {f"part {outcome}": part for outcome, part in full.parts.items()}
    return arrays


def _unpacked(arrays: dict[str, Array], names: list[str]) -> Full:
    if "values" not in arrays:
        return Full(why=str(arrays["why"]))
    return Full(
        values=dict(zip(names, arrays["values"], strict=True)),
        without=dict(zip(names, arrays["without"], strict=True)),
        parts={
            name.removeprefix("part "): part for name, part in arrays.items() if name.startswith("part ")
        },
    )
