"""Real schedulers and workers of Dask on this machine, some of which are killed."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from dirigiste import sweep as sweeps
from dirigiste.sweep.cluster import Cluster

pytest.importorskip("distributed")

QUICK = {"DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "5s", "DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "10s"}


class Deployment:
    """A scheduler and its workers, as processes of their own."""

    def __init__(self, folder):
        self.file = folder / "scheduler.json"
        self.processes = []
        self.workers = []

    def scheduler(self, port=0):
        self.file.unlink(missing_ok=True)
        options = ["--no-dashboard", "--no-jupyter", "--host", "127.0.0.1", "--port", str(port)]
        process = self._start("scheduler", *options, "--scheduler-file", str(self.file))
        while not self.file.is_file():
            assert process.poll() is None
            time.sleep(0.05)
        return json.loads(self.file.read_text())["address"]

    def worker(self, address):
        self.workers.append(
            self._start("worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard")
        )

    def _start(self, *arguments):
        process = subprocess.Popen(
            [sys.executable, "-m", "dask", *arguments],
            env={**os.environ, **QUICK},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.processes.append(process)
        return process

    def end(self):
        for process in self.processes:
            process.kill()
        for process in self.processes:
            process.wait()


@pytest.fixture
def deployment(tmp_path):
    made = Deployment(tmp_path)
    yield made
    made.end()


def table(result):
    return result.table.read_bytes()


def test_a_worker_is_killed_in_the_middle(grid, solved, deployment, tmp_path):
    address = deployment.scheduler()
    for _ in range(2):
        deployment.worker(address)
    killed = []

    class Killing(Cluster):
        def run(self, tasks, keep, meter):
            def kept(chain):
                keep(chain)
                keep(chain)  # the same chain sent twice
                if not killed:
                    killed.append(deployment.workers[0].pid)
                    os.kill(killed[0], signal.SIGKILL)

            super().run(tasks, kept, meter)

    result = sweeps.run(grid, tmp_path / "out", executor=Killing(address))
    assert killed
    assert table(result) == table(solved)
    assert len(list((tmp_path / "out" / "chains").iterdir())) == len(grid.chains)
