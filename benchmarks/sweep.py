"""Sweeps at scale: python benchmarks/sweep.py equilibria | paths | dask | tasks

`equilibria`: processor time of a point of examples/political.yaml, from chains drawn from 10,000 points, and
memory. `paths`: the same of examples/campaigns.yaml, from neighbours and from cold. `dask`: the same chains by one and by two workers. `tasks`: what a real scheduler can hand out, with
tasks that only wait.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from dirigiste import sweep as sweeps
from dirigiste.sweep import work

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"

MAP = """
name: map
economy: political.yaml
axes:
  credit: {parameter: statuses.independent.collateral, range: [1.2, 2.0, 100]}
  fear: {parameter: [edges.crackdown.perceived, edges.retaliation.perceived], range: [0.5, 4, 100],
         scale: log, relative: true}
outcomes: [output, control]
"""

DRAWN = """
name: drawn
economy: political.yaml
axes:
  credit: {parameter: statuses.independent.collateral, range: [1.2, 2.0]}
  fear: {parameter: [edges.crackdown.perceived, edges.retaliation.perceived], range: [0.5, 4],
         scale: log, relative: true}
  force: {parameter: [edges.crackdown.actual, edges.retaliation.actual], range: [0.5, 2],
          scale: log, relative: true}
  statuses.aligned.collateral: {range: [1.4, 2.2]}
design: sobol
points: 10000
outcomes: [output, control]
"""


def drawn(text, points):
    """A sweep, and some of its chains at even distances: about so many points."""
    sweep = sweeps.loads(text, str(EXAMPLES / "sweep.yaml"))
    some = max(1, round(points / sweep.longest))
    return sweep, sweep.chains[:: len(sweep.chains) // some][:some]


def equilibria(points):
    from dirigiste import config

    config.ensure()
    for text in (MAP, DRAWN):
        sweep, chains = drawn(text, points)
        work.solve(work.work(sweep, chains[0]))  # what is loaded once does not count
        processor, wall, rows = time.process_time(), time.perf_counter(), []
        for chain in chains:
            rows += work.solve(work.work(sweep, chain)).rows
        processor, wall = time.process_time() - processor, time.perf_counter() - wall
        each = processor / len(rows)
        failed = sum(row.outcomes is None for row in rows)
        print(
            f"{sweep.name}: {len(rows)} points in {len(chains)} chains of {len(sweep.rows):,} points, {failed} "
            f"failed: {each:.3f} s of processor time a point (first of a chain "
            f"{sum(row.seconds for row in rows[:: sweep.longest]) / len(chains):.2f} s of wall clock, others "
            f"{sum(row.seconds for n, row in enumerate(rows) if n % sweep.longest) / (len(rows) - len(chains)):.2f}"
            f"); 10,000 on two cores: {each * 10_000 / 2 / 60:.0f} min; wall clock of this run {wall:.0f} s"
        )
    print(f"memory at its highest: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def paths(points):
    from dirigiste import config

    config.ensure()
    text = (EXAMPLES / "campaigns.yaml").read_text()
    for chain in (8, 1):
        sweep, chains = drawn(f"{text}chain: {chain}\n", points)
        if chain > 1:
            work.solve(work.work(sweep, sweep.chains[0]))  # what is loaded once does not count
            chosen = [point for one in chains for point in one.points]
        else:
            chains = [one for one in sweep.chains if one.points[0] in chosen]
        processor, wall, rows = time.process_time(), time.perf_counter(), []
        for one in chains:
            rows += work.solve(work.work(sweep, one)).rows
        processor, wall = time.process_time() - processor, time.perf_counter() - wall
        failed = sum(row.outcomes is None for row in rows)
        print(
            f"{len(rows)} of {len(sweep.rows)} paths in chains of {chain}, {failed} failed: "
            f"{processor / len(rows):.2f} s of processor time a path, {wall / len(rows):.2f} s of wall clock"
        )
    print(f"memory at its highest: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


class Deployment:
    """A scheduler and workers of Dask, as processes of their own."""

    def __init__(self, folder):
        self.file, self.processes = Path(folder) / "scheduler.json", []

    def __enter__(self):
        self.start("scheduler", "--no-dashboard", "--host", "127.0.0.1", "--port", "0",
                   "--scheduler-file", str(self.file))
        while not self.file.is_file():
            time.sleep(0.1)
        return json.loads(self.file.read_text())["address"]

    def start(self, *arguments):
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        process = subprocess.Popen([sys.executable, "-m", "dask", *arguments], **quiet)
        self.processes.append(process)
        return process

    def __exit__(self, *_):
        for process in self.processes:
            process.kill()
            process.wait()


def dask(points):
    from dirigiste.sweep.executors.cluster import Cluster

    sweep, chains = drawn(MAP, points)
    for workers in (1, 2):
        with tempfile.TemporaryDirectory() as folder:
            deployment = Deployment(folder)
            with deployment as address:
                started = [
                    deployment.start("worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard")
                    for _ in range(workers)
                ]
                ready = []  # a chain each first, so that all workers have their programs loaded
                Cluster(address).run((work.work(sweep, chain) for chain in chains[: 2 * workers]), ready.append, Quiet())
                times = [spent(process.pid) for process in started]
                begun, done = time.perf_counter(), []
                Cluster(address).run((work.work(sweep, chain) for chain in chains), done.append, Quiet())
                wall = time.perf_counter() - begun
                used = sum(spent(process.pid) for process in started) - sum(times)
        count = sum(len(one.rows) for one in done)
        print(
            f"{workers} worker{'s' if workers > 1 else ''}: {count} points, {wall:.1f} s of wall clock, "
            f"{used:.1f} s of processor time of workers"
        )


def spent(pid):
    """Processor time of a process, in seconds (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


class Quiet:
    def point(self):
        pass

    def within(self, stage, round_, residual):
        pass


def waiting(task, seconds):
    """A chain that is waited for instead of being solved."""
    time.sleep(seconds)
    rows = tuple(work.Row(point.number, (0.0, 0.0), "", seconds) for point in task.points)
    return work.Solved(task.chain, rows, "none")


def tasks(threads, seconds, number):
    """Real scheduler, one process with so many threads that wait: what hands out tasks is what is timed."""
    from dirigiste.sweep import store
    from dirigiste.sweep.executors import cluster

    sweep = sweeps.loads(DRAWN.replace("points: 10000", f"points: {number * 16}"), str(EXAMPLES / "sweep.yaml"))
    with tempfile.TemporaryDirectory() as folder:
        deployment = Deployment(folder)
        with deployment as address:
            for _ in range(threads // 250):
                deployment.start("worker", address, "--nthreads", "250", "--no-nanny", "--no-dashboard",
                                 "--memory-limit", "0")
            place = store.Store(Path(folder) / "out", sweep)
            place.begin()
            kept, begun = [], None

            def keep(solved):
                place.add(solved)
                kept.append(time.perf_counter())

            import distributed

            with distributed.Client(address, set_as_default=False) as client:
                client.wait_for_workers(threads // 250, timeout=120)
            cluster.solve = lambda task, _: waiting(task, seconds)
            own, scheduler = time.process_time(), spent(deployment.processes[0].pid)
            begun = time.perf_counter()
            cluster.Cluster(address).run((work.work(sweep, chain) for chain in sweep.chains), keep, Quiet())
            wall = time.perf_counter() - begun
            own, scheduler = time.process_time() - own, spent(deployment.processes[0].pid) - scheduler
    count = len(sweep.chains)
    ideal = seconds * -(-count // threads)
    print(
        f"{threads} threads, {count} chains of {seconds:g} s each: {wall:.1f} s of wall clock, {ideal:.1f} s at "
        f"least: {ideal / wall:.0%}; {count / wall:.0f} chains a second; processor time a chain: scheduler "
        f"{1e3 * scheduler / count:.1f} ms, this process {1e3 * own / count:.1f} ms, of which files included"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["equilibria", "paths", "dask", "tasks"])
    parser.add_argument("--points", type=int, default=200)
    parser.add_argument("--threads", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--chains", type=int, default=2500)
    given = parser.parse_args()
    if given.what == "tasks":
        tasks(given.threads, given.seconds, given.chains)
    else:
        {"equilibria": equilibria, "paths": paths, "dask": dask}[given.what](given.points)
