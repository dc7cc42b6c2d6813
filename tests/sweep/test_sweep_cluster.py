"""Real schedulers and workers of Dask on this machine, some of which are killed."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from sweep_texts import GRID

from dirigiste import sweep as sweeps
from dirigiste.errors import InputError
from dirigiste.sweep import work
from dirigiste.sweep.executors import cluster as clusters
from dirigiste.sweep.executors.cluster import Cluster
from dirigiste.sweep.executors.local import Processes, Threads

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


@pytest.mark.slow
def test_the_scheduler_is_killed_and_another_one_takes_its_address(grid, solved, deployment, tmp_path):
    address = deployment.scheduler()
    deployment.worker(address)
    kept = []

    def replaced():
        while not kept:
            time.sleep(0.05)
        scheduler = deployment.processes[0]
        scheduler.kill()
        scheduler.wait()
        time.sleep(1.0)
        assert deployment.scheduler(int(address.rpartition(":")[2])) == address
        deployment.worker(address)

    class Noting(Cluster):
        def run(self, tasks, keep, meter):
            def noted(chain):
                keep(chain)
                kept.append(chain)
                while len(kept) == 1 and deployment.processes[0].poll() is None:
                    time.sleep(0.05)  # until the scheduler is gone

            super().run(tasks, noted, meter)

    killing = threading.Thread(target=replaced)
    killing.start()
    result = sweeps.run(grid, tmp_path / "out", executor=Noting(address, patience=60))
    killing.join()
    assert table(result) == table(solved)
    assert len(kept) >= len(grid.chains)


def test_nobody_answers(grid, tmp_path):
    with pytest.raises(InputError, match="no scheduler answers"):
        sweeps.run(grid, tmp_path, executor=Cluster("tcp://127.0.0.1:9", patience=0.2))


def test_a_worker_of_another_version_is_refused(grid):
    with pytest.raises(InputError, match="another version of dirigiste"):
        clusters.solve(work.work(grid, grid.chains[0]), {"dirigiste sources": "others"})


def test_files_of_jobs(tmp_path):
    file = tmp_path / "jobs.yaml"
    file.write_text("cluster: SLURMCluster\njobs: 4\noptions: {cores: 2, memory: 8GB}\n")
    jobs = clusters.jobs(file)
    assert (jobs.cluster, jobs.jobs, jobs.options["memory"]) == ("SLURMCluster", 4, "8GB")
    file.write_text("clustre: SLURMCluster\njobs: 0\n")
    with pytest.raises(InputError) as caught:
        clusters.jobs(file)
    told = {(p.line, p.key): p.suggestion for p in caught.value.problems}
    assert told[1, "clustre"] == "cluster"
    assert (2, "jobs") in told


@pytest.mark.slow
def test_five_hundred_points_by_all_executors(read, configured, deployment, tmp_path):
    text = GRID.replace("1.6, 4]", "1.6, 25]").replace("values: [0.08, 0.1, 0.12]", "range: [0.08, 0.12, 20]")
    sweep = read(text.replace("chain: 3", "chain: 16"))
    address = deployment.scheduler()
    for _ in range(2):
        deployment.worker(address)
    executors = {
        "thread": Threads(1),
        "threads": Threads(2),
        "processes": Processes(2),
        "cluster": Cluster(address),
    }
    tables = {
        name: table(sweeps.run(sweep, tmp_path / name, executor=executor))
        for name, executor in executors.items()
    }
    for n in range(7):
        result = sweeps.run(sweep, tmp_path / "shards", shard=(n + 1, 7))
    assert len(sweep.rows) == result.there == 500
    assert result.read()["solved"].all()
    assert {*tables.values(), table(result)} == {tables["thread"]}


@pytest.mark.slow
def test_jobs_of_a_batch_system(home, solved, tmp_path):
    """The batch system is the shell: dask-jobqueue runs its job scripts on this machine."""
    pytest.importorskip("dask_jobqueue")
    jobs, file = tmp_path / "jobs.yaml", home / "grid.yaml"
    jobs.write_text(
        "cluster: LocalCluster\njobs: 2\n"
        "options: {cores: 1, processes: 1, memory: 2GB, death_timeout: 60, interface: lo}\n"
    )
    file.write_text(GRID)
    options = ["--out", tmp_path / "out", "--cluster", jobs]
    start = [sys.executable, "-m", "dirigiste", "sweep"]
    done = subprocess.run([*start, *map(str, (file, *options))], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "table.parquet").read_bytes() == table(solved)


def test_no_such_batch_system(grid, tmp_path):
    pytest.importorskip("dask_jobqueue")
    asked = clusters.Jobs(cluster="SLRUMCluster", jobs=1)
    with pytest.raises(InputError, match=r"no `SLRUMCluster`; it has .*SLURMCluster"):
        sweeps.run(grid, tmp_path, executor=Cluster(asked=asked))
