"""Chains on a Dask cluster: a scheduler that runs already, or one that a batch system is asked for.

A chain is one task. The scheduler sees a few of them a thread at a time, however many there are. A task
that a dying worker takes along is done again by another one (by Dask); where the scheduler itself is lost,
what was not handed over is sent again once it, or another one, answers at its address.
"""

from __future__ import annotations

import logging
import math
import time
import uuid
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pydantic import Field

from dirigiste.documents import reading, validation
from dirigiste.documents.fields import Count, Declaration
from dirigiste.errors import InputError
from dirigiste.sweep import work
from dirigiste.sweep.executors.local import Meter, lost
from dirigiste.sweep.points.design import extra

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from dirigiste.sweep.work import Solved, Work

PER_THREAD: Final = 3
"""Tasks that the scheduler holds for each thread of its workers."""

LEAST: Final = 8
"""Tasks that it holds at least."""

ASK: Final = 5.0
"""Seconds between questions for the number of threads."""

PATIENCE: Final = 300.0
"""Seconds for which a scheduler, or its first worker, is waited for."""

ATTEMPT: Final = 10.0
"""Seconds of one attempt to connect."""

NEEDS: Final = "a cluster"

AGAIN: Final = "what is solved is kept: start one, and give the same command again"

log = logging.getLogger(__name__)


class Jobs(Declaration):
    """A cluster that a batch system is asked for, by the library dask-jobqueue."""

    cluster: str = Field(min_length=1, description="Class of dask-jobqueue, such as SLURMCluster")
    jobs: Count = Field(ge=1, description="Jobs to ask for")
    options: dict[str, Any] = Field(
        default_factory=dict, description="Arguments of the class: queue, cores, processes, memory, walltime"
    )


def jobs(path: Path) -> Jobs:
    """Read the file of a cluster that a batch system is asked for.

    Raises:
        InputError: With every fault.
    """
    return validation.validate(Jobs, reading.read(path))


@dataclass(frozen=True)
class Cluster:
    """A Dask cluster."""

    address: str = ""
    """Address of the scheduler, such as `tcp://host:8786`; empty with `asked`."""
    asked: Jobs | None = None
    patience: float = PATIENCE
    """Seconds for which the scheduler, or its first worker, is waited for."""

    def run(self, tasks: Iterable[Work], keep: Callable[[Solved], None], meter: Meter) -> None:  # noqa: ARG002
        """See `Executor`.

        Raises:
            InputError: Nobody answers, a library is missing, or a worker has another version.
            Lost: A chain ended its workers time and again.
        """
        distributed = extra("distributed", NEEDS)
        from dirigiste.sweep import store

        versions = {"dirigiste sources": store.sources()}
        source = iter(tasks)
        pending: dict[int, Work] = {}
        given_up: set[int] = set()
        with self._scheduler() as address:
            while True:
                with self._client(distributed, address) as client:
                    whole = _session(client, distributed, source, pending, keep, versions, given_up)
                if whole:
                    break
                log.warning("the scheduler at %s was lost; %d chains are sent again", address, len(pending))
        if given_up:
            raise lost(given_up)

    @contextmanager
    def _scheduler(self) -> Iterator[str]:
        """Address of the scheduler; one that is asked for here ends with the run."""
        if self.asked is None:
            yield self.address
            return
        library = extra("dask_jobqueue", "a file of a cluster")
        home = extra("dask_jobqueue.local", NEEDS) if self.asked.cluster == "LocalCluster" else library
        kind = getattr(home, self.asked.cluster, None)
        if not isinstance(kind, type):
            known = ", ".join(name for name in dir(library) if name.endswith("Cluster"))
            raise InputError.of(f"dask-jobqueue has no `{self.asked.cluster}`; it has {known}", key="cluster")
        made: Any = kind(**self.asked.options)
        with made as cluster:
            cluster.scale(jobs=self.asked.jobs)
            yield cluster.scheduler_address

    @contextmanager
    def _client(self, distributed: Any, address: str) -> Iterator[Any]:  # noqa: ANN401
        """A client, as soon as the scheduler answers and has a worker."""
        end = time.monotonic() + self.patience
        with ExitStack() as stack:
            while True:
                try:
                    patience = min(ATTEMPT, self.patience)
                    client = distributed.Client(address, timeout=patience, set_as_default=False)
                except (OSError, TimeoutError) as error:
                    if time.monotonic() > end:
                        message = f"no scheduler answers at {address} ({error}); {AGAIN}"
                        raise InputError.of(message, key="--cluster") from None
                    time.sleep(0.5)
                    continue
                break
            stack.enter_context(client)
            try:
                client.wait_for_workers(1, timeout=self.patience)
            except TimeoutError:
                message = f"the scheduler at {address} has no worker after {self.patience:.0f} s; {AGAIN}"
                raise InputError.of(message, key="--cluster") from None
            yield client


def _session(
    client: Any,  # noqa: ANN401  (of a library that may be missing)
    distributed: Any,  # noqa: ANN401
    source: Iterator[Work],
    pending: dict[int, Work],
    keep: Callable[[Solved], None],
    versions: dict[str, str],
    given_up: set[int],
) -> bool:
    """Solve chains by one connection; False if it was lost, with `pending` to be sent again."""

    def sent(task: Work) -> Any:  # noqa: ANN401
        pending[task.chain] = task
        key = f"dirigiste-chain-{task.chain}-{uuid.uuid4().hex}"
        return client.submit(solve, task, versions, key=key)

    asked_at, threads = -math.inf, 0

    def most() -> int:
        nonlocal asked_at, threads
        if time.monotonic() - asked_at > ASK:
            threads, asked_at = sum(client.nthreads().values()), time.monotonic()
        return max(LEAST, PER_THREAD * threads)

    first = [(sent(task), task.chain) for task in list(pending.values())]
    futures = {future.key: (future, chain) for future, chain in first}
    done = distributed.as_completed([future for future, _ in futures.values()], loop=client.loop)
    while True:
        while len(futures) < most() and (task := next(source, None)) is not None:
            future = sent(task)
            futures[future.key] = future, task.chain
            done.add(future)
        if not futures:
            return True
        future = next(done)
        _, chain = futures.pop(future.key)
        if future.status == "finished":
            keep(future.result())
            del pending[chain]
        elif future.status == "error":
            error = future.exception()
            if not isinstance(error, distributed.KilledWorker):
                raise error
            given_up.add(chain)
            del pending[chain]
        else:  # cancelled: the scheduler forgot it, since it is another one
            return False


def solve(task: Work, versions: dict[str, str]) -> Solved:
    """Solve a chain on a worker.

    Raises:
        InputError: The worker has other sources than who sent the task.
    """
    from dirigiste.sweep import store

    own = {"dirigiste sources": store.sources()}
    if own != versions:
        raise InputError.of(
            "a worker has another version of dirigiste than this machine: install the same one on both"
        )
    return work.solve(task)
