"""Solving a chain of points: the unit of work of every executor, and the same whoever does it."""

from __future__ import annotations

import math
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dirigiste.chronicle import Chronicle
from dirigiste.errors import DirigisteError
from dirigiste.sweep.declared import checks, outcomes, subject

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dirigiste.economy import Economy
    from dirigiste.progress import Progress
    from dirigiste.results.equilibria.equilibrium import Equilibrium
    from dirigiste.results.runs.run import Run
    from dirigiste.sweep.model import Sweep
    from dirigiste.sweep.points.order import Chain

LONGEST_REASON = 500
"""Characters of a reason that are kept."""


_WRITING = threading.Lock()
"""The netCDF library takes one thread at a time."""


class Stopped(Exception):  # noqa: N818  (named for the state of affairs)
    """The chain was given up because the sweep ends."""


@dataclass(frozen=True)
class Point:
    """A point to solve."""

    number: int
    values: tuple[Any, ...]
    """Values of all axes; of an axis of files the name of the file."""
    start: int
    """Place in the chain of the point from which it starts; -1 for none."""


@dataclass(frozen=True)
class Work:
    """A chain with all that is needed to solve it, on any machine."""

    sweep: Sweep
    chain: int
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Row:
    """A point that was solved, or why it was not."""

    number: int
    outcomes: tuple[float, ...] | None
    reason: str
    seconds: float
    fields: bytes | None = None
    """All numbers as a netCDF file, where the sweep keeps them."""


@dataclass(frozen=True)
class Solved:
    """A chain that was solved."""

    chain: int
    rows: tuple[Row, ...]
    processor: str
    """Processor that solved it; its kind may decide about last digits."""


def work(sweep: Sweep, chain: Chain) -> Work:
    """What has to be solved for a chain."""
    points = (
        Point(number, sweep.rows[number], start)
        for number, start in zip(chain.points, chain.starts, strict=True)
    )
    return Work(sweep.bare(), chain.number, tuple(points))


def _never() -> bool:
    return False


def solve(
    task: Work,
    stopped: Callable[[], bool] = _never,
    each: Callable[[], None] | None = None,
    progress: Progress | None = None,
) -> Solved:
    """Solve the points of a chain, in order.

    Args:
        task: The chain.
        stopped: Whether to give up; asked before every point and within.
        each: Called after every point.
        progress: Called within points, with stage, round and residual.

    Raises:
        Stopped: `stopped` said so.
    """
    from dirigiste import config
    from dirigiste.results.archive import provenance

    def told(stage: str, round_: int, residual: float) -> None:
        if stopped():
            raise Stopped
        if progress is not None:
            progress(stage, round_, residual)

    config.ensure()
    rows: list[Row] = []
    kept: dict[int, Equilibrium | Run] = {}
    for place, point in enumerate(task.points):
        if stopped():
            raise Stopped
        begun = time.perf_counter()
        values, fields, reason = None, None, ""
        try:
            values, solved = _solve(task.sweep, point, _start(kept, point.start), told)
            if task.sweep.fields:
                fields = _file(solved)
            if solved is not None:
                kept[place] = solved
        except DirigisteError as error:
            reason = str(error)
        except (ArithmeticError, LookupError, MemoryError, RuntimeError, TypeError, ValueError) as error:
            reason = f"{type(error).__name__}: {error}"  # a fault at one point must not cost the others
        rows.append(Row(point.number, values, _short(reason), time.perf_counter() - begun, fields))
        if each is not None:
            each()
        later = {other.start for other in task.points[place + 1 :]} | {place}
        kept = {at: solved for at, solved in kept.items() if at in later}
    return Solved(task.chain, tuple(rows), provenance.processor())


def _start(kept: Mapping[int, Equilibrium | Run], start: int) -> Equilibrium | Run | None:
    """What a point starts from: its neighbour, or if that was not solved the last point that was."""
    if start < 0 or not kept:
        return None
    return kept.get(start, kept[max(kept)])


def _short(reason: str) -> str:
    line = " ".join(reason.split())
    return line if len(line) <= LONGEST_REASON else f"{line[: LONGEST_REASON - 3]}..."


def _solve(
    sweep: Sweep, point: Point, start: Equilibrium | Run | None, progress: Progress
) -> tuple[tuple[float, ...], Equilibrium | Run | None]:
    """Outcomes of a point, and its equilibrium or run, from that of another point."""
    if sweep.replications is not None:
        from dirigiste.replications import registry

        counts = outcomes.of_replication(registry.find(str(point.values[0])).compute(progress))
        return _finite(outcome.of(counts) for outcome in sweep.kept), None
    declared = declared_at(sweep, point.values)
    if isinstance(declared, Chronicle):
        from dirigiste.results.runs.run import Run, run

        solved = run(declared, start=start if isinstance(start, Run) else None, progress=progress)
        known = outcomes.of_states(solved)
        return _finite(outcome.of_run(solved, known) for outcome in sweep.kept), solved
    from dirigiste.results.equilibria.equilibrium import Equilibrium
    from dirigiste.results.equilibria.solve import solve as solve_economy

    near = start if isinstance(start, Equilibrium) else None
    equilibrium = solve_economy(declared, start=near, progress=progress)
    values = outcomes.of_equilibrium(equilibrium)
    return _finite(outcome.of(values) for outcome in sweep.kept), equilibrium


def _file(solved: Equilibrium | Run | None) -> bytes:
    """All numbers of an equilibrium, or of a run, as a netCDF file."""
    from dirigiste.results.archive import folders
    from dirigiste.results.equilibria.equilibrium import Equilibrium

    assert solved is not None  # replications keep no fields
    with _WRITING, tempfile.TemporaryDirectory() as place:
        file = Path(place) / folders.RESULTS
        if isinstance(solved, Equilibrium):
            solved.save(file)
        else:
            file = solved.save(place, report=False) / folders.RESULTS
        return file.read_bytes()


def declared_at(sweep: Sweep, values: tuple[Any, ...]) -> Economy | Chronicle:
    """The economy or chronicle of a point.

    Args:
        sweep: The sweep.
        values: Values of all axes.

    Raises:
        InputError: The values are not possible together.
    """
    chosen = dict(zip(sweep.axes, values, strict=True))
    declared = sweep.subjects["" if sweep.files is None else chosen[sweep.files]]
    changes: dict[str, Any] = {}
    for name, axis in sweep.axes.items():
        if axis.files is None:
            base = {path: subject.get(declared, path) for path in checks.paths(name, axis)}
            changes |= checks.settings(axis, base, chosen[name])
    return subject.changed(declared, changes) if changes else declared


def _finite(values: Any) -> tuple[float, ...]:  # noqa: ANN401  (an iterator of numbers)
    """Numbers with nan in place of infinite ones: both have no meaning as outcomes."""
    return tuple(float(value) if math.isfinite(value) else math.nan for value in values)
