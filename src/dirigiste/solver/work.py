"""Progress of a long computation: how much is done, and about how long the rest takes, in words."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from dirigiste.progress import Progress

ENOUGH = 0.02
"""Share of the work after which the rest is estimated."""


class Work:
    """Paths that are to be solved, and those that are; safe for several threads.

    Paths are weighted by their numbers of steps, to which their computing time is roughly proportional.
    """

    def __init__(
        self, progress: Progress | None, label: str = "", clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Report to `progress`, with `label` before every stage; `clock` gives seconds."""
        self._progress, self._label, self._clock = progress, label, clock
        self._lock = threading.Lock()
        self._begun = clock()
        self._paths = self._solved = 0
        self._all = self._behind = 0.0
        self._sets = self._finished = 0

    def plan(self, steps: Sequence[int], *, sets: int = 1) -> None:
        """Add paths to solve, by their numbers of steps; when they are solved, `sets` sets are known."""
        with self._lock:
            if not self._solved:
                self._begun = self._clock()
            self._paths += len(steps)
            self._all += sum(steps)
            self._sets = sets
        if self._sets > 1 and self._progress:
            what = f"{sets - self._finished} sets of channels, {len(steps)} paths to solve"
            self._progress(f"{self._label}{what}", 0, float("nan"))

    def done(self, steps: int) -> None:
        """A path is solved."""
        with self._lock:
            self._solved += 1
            self._behind += steps

    def finished(self) -> None:
        """All paths of a set of channels are solved."""
        with self._lock:
            self._finished += 1

    def tell(self, stage: str, round_: int, residual: float) -> None:
        """Report what is being done; with several sets of channels, how many are solved."""
        if self._progress is None:
            return
        with self._lock:
            parts = [stage]
            if self._sets > 1:
                parts = [
                    f"set {min(self._finished + 1, self._sets)} of {self._sets}",
                    f"path {min(self._solved + 1, self._paths)} of {self._paths}",
                ]
            rest = self._rest()
        self._progress(self._label + " · ".join(parts + ([rest] if rest else [])), round_, residual)

    def _rest(self) -> str:
        if not self._solved or self._behind < ENOUGH * self._all:
            return ""
        return f"{words((self._clock() - self._begun) * (self._all / self._behind - 1.0))} left"


def words(seconds: float) -> str:
    """A duration in few characters, rounded as an estimate should be."""
    if seconds < 10.0:
        return "a few seconds"
    if seconds < 90.0:
        return f"about {10 * round(seconds / 10)} s"
    if seconds < 90.0 * 60.0:
        return f"about {round(seconds / 60)} min"
    return f"about {seconds / 3600:.1f} h"
