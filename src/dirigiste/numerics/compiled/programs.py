"""How kernels are compiled, prepared ahead of use, and run in parallel.

`dirigiste.numerics.compiled.kept` keeps the compiled programs on disk.
"""

from __future__ import annotations

import contextlib
import contextvars
import importlib
import os
import sys
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numba
from numba.core.registry import cpu_target

from dirigiste import config
from dirigiste.numerics.compiled import kept
from dirigiste.numerics.compiled.kept import settled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    Function = TypeVar("Function", bound=Callable[..., Any])
    Item = TypeVar("Item")
    Result = TypeVar("Result")

__all__ = ["THREADS", "Status", "jit", "prepare", "settled", "side_by_side", "status"]

WARMUP = "dirigiste.numerics.compiled.warmup"
"""Module whose `run(report)` uses every kernel once; its `SECONDS` is about how long the first time takes."""


def jit(function: Function) -> Function:
    """Compile a kernel: kept on disk, without Python's lock, division as in NumPy.

    Sums keep their order (no reassociation) and infinite and undefined numbers their meaning; only products
    with sums may be fused, and the sign of zero ignored.
    """
    kernel: Any = numba.njit(nogil=True, error_model="numpy", fastmath={"contract", "nsz"})(function)
    if hasattr(kernel, "_cache"):  # not if NUMBA_DISABLE_JIT is set
        kernel._cache = kept.Kept(function)
    return kernel


# --- compiling ahead of use ------------------------------------------------------------------------------


class _State:
    prepared: bool = False


class _CannotKeepError(Exception):
    """Compiling ahead of use is pointless, because programs cannot be written."""


def prepare(*, strict: bool = False) -> None:
    """Compile all programs and keep them, with a line on stderr; returns at once if that was done before.

    Several processes may call this at the same time: one compiles, the others wait. If that one is killed,
    its lock is released, and the next one continues with what is missing.

    Args:
        strict: Raise what goes wrong. Otherwise it is logged, and programs are compiled as they are needed.
    """
    if _State.prepared:
        return
    _State.prepared = True  # before the work, which calls this again
    kept.refresh(cpu_target.target_context)
    folder = kept.home().folder
    if folder is None:
        if not config.folders():
            _say("compiling the solver, as at every start: its programs are not to be kept")
        return
    if kept.ready(folder):
        kept.used(folder)
        return
    try:
        with _alone(folder):
            if not kept.ready(folder):
                _compile_all(folder)
    except _CannotKeepError:  # `kept` has logged why
        if strict:
            raise
    except Exception as error:
        if strict:
            raise
        kept.log.warning("programs could not be compiled ahead of use: %s", kept.reason(error))
    except BaseException:
        _State.prepared = False
        raise


def _compile_all(folder: Path) -> None:
    warmup = importlib.import_module(WARMUP)
    begun, start = time.perf_counter(), kept.State.compiled
    text = f"compiling the solver for this machine (once, about {warmup.SECONDS} s)"
    terminal = sys.stderr is not None and sys.stderr.isatty()
    _say(text, end="" if terminal else "\n")

    def report(done: int, total: int) -> None:
        if not kept.State.writes:
            raise _CannotKeepError(f"{folder} cannot be written")
        if terminal:
            _say(f"\r\x1b[K{text}: {done} of {total}", end="")

    try:
        warmup.run(report)
        report(1, 1)
        kept.write(folder / kept.READY, str(kept.count(folder)).encode())
    finally:
        if terminal:
            _say("\r\x1b[K", end="")
    seconds, number = time.perf_counter() - begun, kept.State.compiled - start
    _say(f"compiled the solver for this machine in {seconds:.0f} s: {number} programs, kept in {folder}")
    kept.remove_old(folder)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait until no other process compiles for this folder.

    Where the file system knows no locks it goes on without: at worst the work is done twice.
    """
    import filelock

    lock = filelock.FileLock(f"{folder}.lock")
    try:
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            _say("waiting for another process, which compiles the solver for this machine")
            lock.acquire(poll_interval=0.2)
    except (OSError, NotImplementedError) as error:
        kept.log.info("no lock beside %s (%s)", folder, error)
        lock = None
    try:
        yield
    finally:
        if lock is not None:
            lock.release()


def _say(text: str, end: str = "\n") -> None:
    with contextlib.suppress(OSError, AttributeError):
        sys.stderr.write(text + end)
        sys.stderr.flush()


class Status(NamedTuple):
    """The result of `status`; sizes in bytes."""

    folder: Path | None
    ready: bool
    writable: bool
    files: int
    bytes: int
    loaded: int
    compiled: int


def status() -> Status:
    """Where the programs are, how many there are, and how many this process loaded and compiled."""
    folder, writable = kept.home()
    sizes = [file.stat().st_size for file in folder.glob("*.bin")] if folder else []
    return Status(
        folder=folder,
        ready=folder is not None and kept.ready(folder),
        writable=writable,
        files=len(sizes),
        bytes=sum(sizes),
        loaded=kept.State.loaded,
        compiled=kept.State.compiled,
    )


# --- threads ---------------------------------------------------------------------------------------------


def _cores() -> int:
    with contextlib.suppress(AttributeError):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


THREADS = min(2, _cores())
"""Threads of `side_by_side`. Results do not depend on it."""


def side_by_side(function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """`function` of each item, in the order of items, in `THREADS` threads.

    This is faster where most of the time is spent in kernels, which release Python's lock. The result of one
    item must not depend on another one. The first error, in the order of items, is raised; items that have
    not begun are then left out.
    """
    todo = tuple(items)
    if THREADS < 2 or len(todo) < 2:
        return [function(item) for item in todo]
    with ThreadPoolExecutor(min(THREADS, len(todo))) as pool:
        waiting = [pool.submit(contextvars.copy_context().run, function, item) for item in todo]
        try:
            return [one.result() for one in waiting]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


@contextlib.contextmanager
def ahead(function: Callable[[int], Result], count: int, most: int = 3) -> Iterator[Callable[[int], Result]]:
    """`function` of 0, 1, ... up to `count`, one after the other in a thread of its own, while the others go
    on; at most `most` results lie there. Yields what gives the result of a number, for which each is to be
    asked once, in any order, and which waits for it. With one thread it is only found when it is asked for.
    """
    results: list[Future[Result]] = [Future() for _ in range(count)]
    room, over = threading.Semaphore(most), threading.Event()

    def work() -> None:
        for number, result in enumerate(results):
            room.acquire()
            if over.is_set():
                return
            try:
                result.set_result(function(number))
            except BaseException as error:  # noqa: BLE001  (who asks for the result has it)
                result.set_exception(error)

    def take(number: int) -> Result:
        if THREADS < 2:
            return function(number)
        room.release()
        result = results[number].result()
        results[number] = Future()  # does not keep it
        return result

    if THREADS > 1:
        threading.Thread(target=contextvars.copy_context().run, args=(work,), daemon=True).start()
    try:
        yield take
    finally:
        over.set()
        room.release()
