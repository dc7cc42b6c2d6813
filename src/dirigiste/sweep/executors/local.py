"""Who solves chains on this machine: threads of this process, or processes; and what is asked of all who do.

An executor is called with the chains that are to be solved and hands over each one as it comes. It does not
decide anything about numbers: chains are solved by `work.solve` everywhere.
"""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import os
import signal
import threading
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from dirigiste.errors import DirigisteError, InputError
from dirigiste.sweep import work

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from dirigiste.sweep.work import Solved, Work

DEATHS: Final = 3
"""Processes that a chain may end before it is given up."""


class Meter(Protocol):
    """What an executor tells."""

    def point(self) -> None:
        """A point of a chain that is not finished has been solved."""
        ...

    def within(self, stage: str, round_: int, residual: float, /) -> None:
        """How far a point is."""
        ...


class Executor(Protocol):
    """Solves chains."""

    def run(self, tasks: Iterable[Work], keep: Callable[[Solved], None], meter: Meter) -> None:
        """Solve chains, in any order.

        Args:
            tasks: The chains.
            keep: Called in this thread with each one that is solved; what it raises ends the run.
            meter: Told of progress, where that is known before a chain is solved.
        """
        ...


class Lost(DirigisteError):  # noqa: N818  (named for the state of affairs)
    """Chains that nobody could solve, since the processes that did ended."""

    exit_code = 3


def lost(chains: Iterable[int]) -> Lost:
    """The error for chains that ended the processes that solved them."""
    named = ", ".join(map(str, sorted(chains)))
    return Lost(
        f"the processes that solved chain {named} ended, {DEATHS} times: by the system if memory is short. "
        "All other chains are kept; give the same command again with fewer processes, or more memory"
    )


@dataclass(frozen=True)
class Threads:
    """Threads of this process; kernels release Python's lock."""

    number: int = 1

    def run(self, tasks: Iterable[Work], keep: Callable[[Solved], None], meter: Meter) -> None:
        """See `Executor`."""
        from dirigiste import config

        config.ensure()
        stop = threading.Event()
        alone = self.number == 1

        def solved(task: Work) -> Solved:
            return work.solve(task, stop.is_set, meter.point, meter.within if alone else None)

        with ThreadPoolExecutor(self.number) as pool:
            try:
                for one in _as_they_come(iter(tasks), lambda task: pool.submit(solved, task), self.number):
                    keep(one.result())
            finally:
                stop.set()
                pool.shutdown(wait=True, cancel_futures=True)


@dataclass(frozen=True)
class Processes:
    """Processes of this machine."""

    number: int

    def run(self, tasks: Iterable[Work], keep: Callable[[Solved], None], meter: Meter) -> None:  # noqa: ARG002
        """See `Executor`."""
        from dirigiste import config

        config.ensure()  # compiled programs are made once, not by all at the same time
        todo = iter(tasks)
        deaths: dict[int, int] = {}
        given_up: set[int] = set()
        again: list[Work] = []
        while True:
            running: dict[Future[Solved], Work] = {}
            again = self._round(itertools.chain(again, todo), running, keep)
            if not again:
                break
            for task in again:  # any of them may have ended the process
                deaths[task.chain] = deaths.get(task.chain, 0) + 1
            given_up |= {task.chain for task in again if deaths[task.chain] >= DEATHS}
            again = [task for task in again if deaths[task.chain] < DEATHS]
        if given_up:
            raise lost(given_up)

    def _round(
        self, tasks: Iterator[Work], running: dict[Future[Solved], Work], keep: Callable[[Solved], None]
    ) -> list[Work]:
        """Solve chains until all are solved or a process ends; those that were being solved then."""
        context = multiprocessing.get_context("spawn")
        stop = context.Event()
        with ProcessPoolExecutor(
            self.number, mp_context=context, initializer=_prepare, initargs=(stop,)
        ) as pool:

            def begun(task: Work) -> Future[Solved]:
                try:
                    future = pool.submit(_solve, task)
                except BrokenProcessPool as error:
                    future = Future()
                    future.set_exception(error)
                running[future] = task
                return future

            broken: list[Work] = []
            source = _Until(tasks, broken)
            try:
                for one in _as_they_come(source, begun, self.number):
                    task = running.pop(one)
                    try:
                        solved = one.result()
                    except BrokenProcessPool:
                        broken.append(task)
                        continue
                    keep(solved)
            finally:
                stop.set()
                pool.shutdown(wait=True, cancel_futures=True)
        return broken


class _Until:
    """An iterator that ends early when something is broken."""

    def __init__(self, items: Iterator[Work], broken: list[Work]) -> None:
        self.items, self.broken = items, broken

    def __iter__(self) -> _Until:
        return self

    def __next__(self) -> Work:
        if self.broken:
            raise StopIteration
        return next(self.items)


_stop: Any = None
"""In a process of `Processes`: the event that says that the sweep ends."""


def _prepare(stop: Any) -> None:  # noqa: ANN401  (an event of multiprocessing)
    """Begin a process: interrupts are for its parent, without which it ends."""
    global _stop
    _stop = stop
    with contextlib.suppress(ValueError, OSError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: Any) -> None:  # noqa: ANN401  (a process of multiprocessing)
    parent.join()
    os._exit(1)


def _solve(task: Work) -> Solved:
    return work.solve(task, _stop.is_set)


def _as_they_come(
    tasks: Iterator[Work], begin: Callable[[Work], Future[Solved]], number: int
) -> Iterator[Future[Solved]]:
    """Futures of tasks as they are done, never more than `number` and one at a time."""
    waiting: set[Future[Solved]] = set()
    exhausted = False
    while True:
        while not exhausted and len(waiting) < number + (number > 1):
            task = next(tasks, None)
            if task is None:
                exhausted = True
            else:
                waiting.add(begin(task))
        if not waiting:
            return
        done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
        yield from done
        exhausted = False


def parsed_shard(text: str) -> tuple[int, int]:
    """Number and count of a shard `i/n`, both from 1.

    Raises:
        InputError: It is no shard.
    """
    first, slash, second = text.partition("/")
    if slash and first.isdigit() and second.isdigit() and 1 <= int(first) <= int(second):
        return int(first), int(second)
    raise InputError.of(f"must be i/n with i from 1 to n, such as 3/20; got `{text}`", key="--shard")
