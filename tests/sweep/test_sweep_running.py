"""Sweeps are the same whoever solves them; ended runs go on; nothing is lost, nothing doubled."""

import errno
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pytest
from numpy.testing import assert_allclose
from sweep_texts import GRID, PATHS

import dirigiste as dg
from dirigiste import sweep as sweeps
from dirigiste.errors import InputError
from dirigiste.sweep import store, work
from dirigiste.sweep.executors.local import Processes, Threads


def table(result):
    return result.table.read_bytes()


class Ending(Threads):
    """Ends after some chains, as an interrupt would."""

    def run(self, tasks, keep, meter):
        left = [2]

        def kept(chain):
            keep(chain)
            left[0] -= 1
            if not left[0]:
                raise KeyboardInterrupt

        super().run(tasks, kept, meter)


def test_numbers_are_those_of_single_solutions(grid, solved):
    rows = solved.read()
    assert rows["point"].to_list() == list(range(12))
    assert rows["solved"].all()
    assert rows["seconds"].min() > 0
    for row in (rows.row(0, named=True), rows.row(7, named=True)):
        changes = {"statuses.free.collateral": row["credit"], "edges.leave.rate": row["edges.leave.rate"]}
        alone = dg.solve(grid.subjects[""].with_(changes))
        assert_allclose(row["output"], alone.aggregates["output"], rtol=1e-6)
        assert_allclose(row["people[join]"], alone.by_edge["join"], rtol=1e-5)
    assert "seconds" not in pl.read_parquet(solved.table).columns


def test_threads_and_processes_give_the_same_bytes(grid, solved, tmp_path):
    two = sweeps.run(grid, tmp_path / "threads", executor=Threads(2))
    processes = sweeps.run(grid, tmp_path / "processes", executor=Processes(2))
    assert table(two) == table(processes) == table(solved)


def test_paths_start_from_their_neighbours_and_are_the_same_everywhere(read, configured, tmp_path):
    sweep = read(f"{PATHS}chain: 2\n")
    one = sweeps.run(sweep, tmp_path / "one", executor=Threads(1))
    for shard in (2, 1):
        parts = sweeps.run(sweep, tmp_path / "parts", executor=Threads(2), shard=(shard, 2))
    assert table(parts) == table(one)
    rows = one.read()
    assert sorted(map(len, (chain.points for chain in sweep.chains))) == [2, 2]
    cold = sweeps.run(read(f"{PATHS}chain: 1\n"), tmp_path / "cold", executor=Threads(1)).read()
    for column in ("output @ 2022", "fall", "late"):
        assert_allclose(rows[column], cold[column], rtol=1e-4, atol=1e-6)
    assert (rows["output @ 2022"] != cold["output @ 2022"]).sum() == 2


def test_a_second_run_solves_nothing(grid, solved, tmp_path):
    class Never:
        def run(self, tasks, keep, meter):
            raise AssertionError

    again = sweeps.run(grid, solved.folder, executor=Never())
    assert again.before == again.there == again.points == 12
    assert again.solved == 0


def test_an_ended_run_goes_on(grid, solved, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        sweeps.run(grid, tmp_path, executor=Ending(1))
    assert not (tmp_path / store.TABLE).exists()
    result = sweeps.run(grid, tmp_path, executor=Threads(1))
    assert result.before == 6
    assert table(result) == table(solved)


def test_shards_join(grid, solved, tmp_path):
    parts = [sweeps.run(grid, tmp_path, executor=Threads(1), shard=(n, 3)) for n in (1, 2, 3)]
    assert [part.table is not None for part in parts] == [False, False, True]
    assert [part.there for part in parts] == [6, 9, 12]
    assert [part.solved for part in parts] == [6, 3, 3]
    assert table(parts[-1]) == table(solved)


def test_shards_of_two_machines_join_by_copying_chains(grid, solved, tmp_path):
    for n in (1, 2):
        sweeps.run(grid, tmp_path / str(n), executor=Threads(1), shard=(n, 2))
    for file in (tmp_path / "2" / "chains").iterdir():
        file.rename(tmp_path / "1" / "chains" / file.name)
    assert table(sweeps.run(grid, tmp_path / "1")) == table(solved)


def test_two_at_once_in_one_folder(grid, solved, tmp_path):
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: sweeps.run(grid, tmp_path, executor=Threads(1)), range(2)))
    assert {table(result) for result in both} == {table(solved)}
    assert len(list((tmp_path / "chains").iterdir())) == len(grid.chains)


def test_a_draft_that_another_run_clears_away(tmp_path, monkeypatch):
    target = tmp_path / "000000.parquet"

    def cleared(draft, _):
        target.write_bytes(b"theirs")
        Path(draft).unlink()
        raise FileNotFoundError

    monkeypatch.setattr(store.os, "link", cleared)
    store.replace(target, b"ours", first=True)
    assert target.read_bytes() == b"theirs"
    target.unlink()
    with pytest.raises(FileNotFoundError):
        store.replace(tmp_path / "none" / "000000.parquet", b"ours", first=True)


def test_a_chain_that_comes_twice_is_kept_once(grid, solved, tmp_path):
    place = store.Store(tmp_path, grid)
    place.begin()
    chain = work.solve(work.work(grid, grid.chains[0]))
    assert place.add(chain)
    kept = (tmp_path / "chains" / "000000.parquet").read_bytes()
    assert not place.add(chain)
    assert (tmp_path / "chains" / "000000.parquet").read_bytes() == kept
    assert not place.finish()


def test_another_sweep_is_refused_with_what_differs(read, solved):
    other = read(GRID.replace("1.6, 4]", "1.7, 4]").replace("[output,", "[output, capital,"))
    with pytest.raises(InputError) as caught:
        sweeps.run(other, solved.folder)
    message = str(caught.value)
    differ = ("`axes.credit.range` is [1.2, 1.6", "`outcomes.capital` is null there")
    for words in ("holds another sweep", *differ):
        assert words in message
    assert "created" not in message


def test_another_title_is_the_same_sweep(read, solved):
    titled = read(GRID + "title: A map\n")
    assert sweeps.run(titled, solved.folder).before == 12


def test_failed_points_are_rows_with_reasons(read, configured, tmp_path):
    sweep = read(
        GRID.replace(
            "edges.leave.rate: {values: [0.08, 0.1, 0.12]}",
            "numerics.wealth.max: {values: [2000, 40]}",
        )
    )
    result = sweeps.run(sweep, tmp_path)
    rows = pl.read_parquet(result.table)
    failed = rows.filter(~pl.col("solved"))
    assert failed.height == 4
    assert set(failed["numerics.wealth.max"]) == {40}
    assert failed["output"].null_count() == 4
    assert failed["reason"].str.len_chars().min() > 20
    assert rows.filter("solved")["reason"].unique().to_list() == [""]
    assert (result.read()["seconds"] > 0).all()


def test_a_full_disk(grid, solved, tmp_path, monkeypatch):
    written = []
    whole = store.replace

    def full(target, content, *, first=False):
        if target.suffix == ".parquet":
            written.append(target)
        if len(written) < 3:
            return whole(target, content, first=first)
        draft = target.with_name(f".{target.name}{store.PART}")
        draft.write_bytes(content[: len(content) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(store, "replace", full)
    with pytest.raises(InputError, match="No space left on device; 2 chains have been kept before") as caught:
        sweeps.run(grid, tmp_path, executor=Threads(1))
    assert "make room" in str(caught.value)
    assert caught.value.exit_code == 2
    monkeypatch.undo()
    result = sweeps.run(grid, tmp_path, executor=Threads(1))
    assert result.before == 6
    assert table(result) == table(solved)
    assert not [item for item in (tmp_path / "chains").iterdir() if item.suffix != ".parquet"]


STUB = """
import sys, time
from dirigiste import config
from dirigiste.results.archive import provenance
from dirigiste.sweep import work

def solve(sweep, point, start, progress):
    time.sleep(0.01)
    return tuple(value + 0.1 * point.number for value in range(len(sweep.kept))), None

config.ensure, provenance.processor, work._solve = lambda: None, lambda: "none", solve
"""
"""A process that solves nothing, and so begins at once: what is tested is what it keeps."""

LIMITED = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
"""


def command(*arguments, before=None):
    main = "from dirigiste.cli import main; main(sys.argv[1:])"
    start = ["-m", "dirigiste"] if before is None else ["-c", f"{before}\n{main}"]
    return subprocess.Popen(
        [sys.executable, *start, "sweep", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def file(home):
    path = home / "grid.yaml"
    path.write_text(GRID)
    return path


def stubbed(file, folder):
    """The table that a process gives that nobody ends."""
    process = command(file, "--out", folder, before=STUB)
    _, errors = process.communicate()
    assert process.returncode == 0, errors
    return (folder / store.TABLE).read_bytes()


@pytest.fixture(scope="module")
def whole(file, tmp_path_factory):
    """The table that it gives in one go."""
    return stubbed(file, tmp_path_factory.mktemp("whole"))


@pytest.mark.skipif(sys.platform == "win32", reason="needs limits of a POSIX system")
def test_files_that_may_not_grow(file, whole, tmp_path):
    process = command(file, "--out", tmp_path / "out", before=STUB + LIMITED)
    errors = process.communicate()[1]
    assert process.returncode == 2, errors
    assert "File too large" in errors
    assert "give the same command again" in errors
    assert "Traceback" not in errors
    assert not [item for item in (tmp_path / "out").rglob("*") if item.name.endswith(store.PART)]
    assert stubbed(file, tmp_path / "out") == whole


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals of a POSIX system")
def test_kill_9_and_go_on(file, whole, tmp_path):
    chains = tmp_path / "ended" / "chains"
    for least in (1, 2, 3):
        process = command(file, "--out", tmp_path / "ended", before=STUB)
        while process.poll() is None and len(list(chains.glob("0*.parquet"))) < least:
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert not (tmp_path / "ended" / store.TABLE).exists() or least == 3
    assert stubbed(file, tmp_path / "ended") == whole
    assert len(list(chains.iterdir())) == 4


@pytest.mark.slow
def test_kill_9_at_random_moments(file, solved, configured, tmp_path):
    import random

    drawn = random.Random(1)
    for n in range(50):
        folder = tmp_path / str(n // 5)
        process = command(file, "--out", folder, *(("--processes", 2) if n % 2 else ()))
        time.sleep(drawn.uniform(0.5, 8.0))
        process.send_signal(signal.SIGKILL)
        process.communicate()
    for folder in list(tmp_path.iterdir()):
        assert table(sweeps.run(sweeps.load(file), folder)) == table(solved)
        assert len(list((folder / "chains").iterdir())) == 4


def test_chains_that_wait_are_not_lost_where_a_process_ends(configured, monkeypatch):
    """The first round ends with a process that solved chain 1, and leaves nothing behind."""
    ended, solved = [], []

    def until_one_ends(self, tasks, running, keep):
        for task in tasks:
            if task.chain == 1 and not ended:
                ended.append(task)
                return ended
            keep(task)
        return []

    monkeypatch.setattr(Processes, "_round", until_one_ends)
    tasks = (SimpleNamespace(chain=chain) for chain in range(4))
    Processes(1).run(tasks, lambda task: solved.append(task.chain), None)
    assert solved == [0, 1, 2, 3]


@pytest.mark.slow
def test_a_chain_that_ends_its_process_is_given_up(grid, solved, tmp_path, monkeypatch):
    """A process that is ended takes others along; all that can be solved is solved."""
    from dirigiste.sweep.executors import local as executors

    monkeypatch.setattr(executors, "_solve", _end_or_solve)
    with pytest.raises(executors.Lost, match="that solved chain 2 ended, 3 times"):
        sweeps.run(grid, tmp_path, executor=Processes(1))
    assert sorted(file.stem for file in (tmp_path / "chains").iterdir()) == ["000000", "000001", "000003"]
    assert table(sweeps.run(grid, tmp_path, executor=Threads(1))) == table(solved)


def _end_or_solve(task):
    if task.chain == 2:
        os._exit(9)
    return work.solve(task)


def test_interrupts_end_a_run_and_keep_what_is_solved(file, whole, tmp_path):
    process = command(file, "--out", tmp_path, before=STUB)
    while process.poll() is None and not list((tmp_path / "chains").glob("0*.parquet")):
        time.sleep(0.001)
    process.send_signal(signal.SIGINT)
    errors = process.communicate()[1]
    assert process.returncode in (0, 130), errors
    assert process.returncode == 0 or "what is solved is kept" in errors
    assert "Traceback" not in errors
    assert stubbed(file, tmp_path) == whole


def test_the_command_says_what_it_did(call, file, tmp_path, configured):
    done = call("sweep", file, "--csv", "table.csv")
    assert done.exit_code == 0
    assert "grid: 12 of 12 points are there, 12 of them solved now" in done.stdout
    assert "sweeps/grid/table.parquet" in done.stdout
    assert pl.read_csv(tmp_path / "table.csv").height == 12
    assert call("sweep", "run", file, "--quiet").stdout == "sweeps/grid\n"
    planned = call("sweep", file, "--dry-run", "--out", "nowhere").stdout
    assert "12 points in 4 chains; axes credit, edges.leave.rate; outcomes output, gap" in planned
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--shard", "0/3"), "must be i/n"),
        (("--shard", "4/3"), "must be i/n"),
        (("--processes", "2", "--cluster", "tcp://127.0.0.1:9"), "goes without `--cluster`"),
        (("--cluster", "none.yaml"), "no such file"),
    ],
)
def test_faults_of_options(call, file, tmp_path, options, words):
    done = call("sweep", file, *options)
    assert done.exit_code == 2
    assert words in done.stderr
    assert not (tmp_path / "sweeps").exists()


def test_progress_says_how_long_the_rest_takes():
    from dirigiste.sweep.running import Counter

    told, now = [], [0.0]
    counter = Counter(lambda stage, *_: told.append(stage), 100, clock=lambda: now[0])
    counter.within("prices", 3, 0.1)
    now[0] = 30.0
    counter.point()
    counter.kept(10)
    assert told == [
        "prices · point 1 of 100",
        "point 2 of 100 · about 50 min left",
        "point 11 of 100 · about 4 min left",
    ]


def test_fields_are_kept_where_they_are_asked_for(read, configured, tmp_path):
    text = GRID.replace("range: [1.2, 1.6, 4]", "values: [1.4]").replace("chain: 3", "fields: true")
    result = sweeps.run(read(text), tmp_path / "equilibria")
    kept = dg.Equilibrium.open(tmp_path / "equilibria" / "fields" / "000002.nc")
    assert kept.economy.get("edges.leave.rate") == 0.12
    assert kept.aggregates["output"] == result.read()["output"][2]
    path = read(
        "name: paths\nchronicle: squeeze.yaml\nfields: true\noutcomes: [output @ max]\n"
        "axes: {events.0.changes.0.multiply: {values: [0.9]}}\n"
    )
    sweeps.run(path, tmp_path / "paths")
    assert (tmp_path / "paths" / "fields" / "000000.nc").stat().st_size > 10_000
    with pytest.raises(InputError, match="`fields` is true there, false here"):
        sweeps.run(read(text.replace("fields: true", "")), tmp_path / "equilibria")
