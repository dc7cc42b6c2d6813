"""Running a sweep: what is to be solved, who solves it, what is kept, and how long the rest takes."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dirigiste.solver.work import words
from dirigiste.sweep import work
from dirigiste.sweep.executors.local import Executor, Threads
from dirigiste.sweep.store import TABLE, Store

if TYPE_CHECKING:
    from collections.abc import Callable

    import polars as pl

    from dirigiste.progress import Progress
    from dirigiste.sweep.model import Sweep
    from dirigiste.sweep.work import Solved

ROOT: Final = Path("sweeps")
"""Where sweeps are kept, from the working directory."""


@dataclass(frozen=True)
class Result:
    """What a run of a sweep did."""

    folder: Path
    points: int
    """Points of the sweep."""
    there: int
    """Points that are there now."""
    before: int
    """Points that were there before this run."""
    solved: int
    """Points that this run solved; others may have solved more at the same time."""
    seconds: float
    table: Path | None
    """The table of all points; None while some are missing."""

    def read(self) -> pl.DataFrame:
        """All points that are there, in their order, with the time that each took."""
        from dirigiste.sweep.store import rows_of

        return rows_of(self.folder)


class Counter:
    """Points that are done, told to a `Progress` with the time that the rest takes; safe for threads."""

    def __init__(
        self, progress: Progress | None, points: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Count up to `points`; `clock` gives seconds."""
        self._progress, self._points, self._clock = progress, points, clock
        self._begun = clock()
        self._lock = threading.Lock()
        self._kept = self._ahead = 0

    def point(self) -> None:
        """A point of a chain that is not finished has been solved."""
        with self._lock:
            self._ahead += 1
        self.within("", 0, float("nan"))

    def kept(self, points: int) -> None:
        """A chain of so many points is kept."""
        with self._lock:
            self._kept += points
            self._ahead = max(0, self._ahead - points)
        self.within("", 0, float("nan"))

    def within(self, stage: str, round_: int, residual: float, /) -> None:
        """How far a point is."""
        if self._progress is None:
            return
        with self._lock:
            done = min(self._kept + self._ahead, self._points)
            spent = self._clock() - self._begun
        parts = [f"point {min(done + 1, self._points)} of {self._points}"]
        if done:
            parts.append(f"{words(spent * (self._points / done - 1.0))} left")
        if stage and " of " not in stage:
            parts.insert(0, stage)
        self._progress(" · ".join(parts), round_, residual)


def run(
    sweep: Sweep,
    folder: str | Path | None = None,
    *,
    executor: Executor | None = None,
    shard: tuple[int, int] = (1, 1),
    progress: Progress | None = None,
    command: str | None = None,
) -> Result:
    """Solve the points of a sweep that are not solved yet, and keep them.

    Args:
        sweep: The sweep.
        folder: Its folder; below `sweeps` under its name if left out. One in which a run was ended is gone
            on with.
        executor: Who solves; this process if left out.
        shard: Number and count of the part of chains to solve, from 1: (3, 20) is every twentieth one from
            the third.
        progress: Called with stage, round and residual.
        command: Command line, for the manifest.

    Returns:
        What was done, and where it is.

    Raises:
        InputError: The folder holds another sweep, or cannot be written; a library is missing.
    """
    from dirigiste.results.archive import folders

    begun = time.perf_counter()
    place = ROOT / folders.slug(sweep.name) if folder is None else Path(folder)
    store = Store(place, sweep)
    store.begin(command)
    done = store.done()
    lengths = {chain.number: len(chain.points) for chain in sweep.chains}
    before = sum(lengths[number] for number in done)
    todo = [
        chain
        for chain in sweep.chains
        if chain.number not in done and chain.number % shard[1] == shard[0] - 1
    ]
    counter = Counter(progress, sum(len(chain.points) for chain in todo))

    added = [0]

    def keep(solved: Solved) -> None:
        if store.add(solved):
            added[0] += len(solved.rows)
        counter.kept(len(solved.rows))

    if todo:
        chosen = Threads(threads_for(sweep)) if executor is None else executor
        chosen.run((work.work(sweep, chain) for chain in todo), keep, counter)
    finished = store.finish()
    there = sum(lengths[number] for number in store.done())
    seconds = time.perf_counter() - begun
    table = place / TABLE if finished else None
    return Result(place, len(sweep.rows), there, before, added[0], seconds, table)


def threads_for(sweep: Sweep) -> int:
    """Threads of this process that help: paths use two of their own."""
    from dirigiste.numerics.compiled import programs

    return programs.THREADS if sweep.kind == "economy" and len(sweep.chains) > 1 else 1
