"""Compiled programs: what the compiler may do, how they are kept, several processes at once, threads."""

import contextvars
import errno
import logging
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import dirigiste
from dirigiste import config
from dirigiste.numerics.compiled import kept, programs


def square(x):
    return x * x + 1.0


@programs.jit
def inner(x):
    return 2.0 * x


def outer(x):
    total = 0.0
    for i in range(x.size):
        total += inner(x[i])
    return total


@pytest.fixture
def anew(tmp_path, monkeypatch):
    """As in a new process, with programs kept in the folder that is returned."""

    def forget():
        for cached in (kept.home, kept._earlier, kept.key, kept._stamp, kept._imported, kept._content):
            cached.cache_clear()
        programs._State.prepared = False
        kept.State.writes, kept.State.loaded, kept.State.compiled = True, 0, 0

    before = programs._State.prepared, kept.State.writes, kept.State.loaded, kept.State.compiled
    folder = tmp_path / "programs"
    monkeypatch.setenv(config.VARIABLE, str(folder))
    monkeypatch.setattr(config._State, "cache", True)
    forget()
    yield SimpleNamespace(folder=folder, forget=forget)
    forget()
    programs._State.prepared, kept.State.writes, kept.State.loaded, kept.State.compiled = before


def counts():
    result = programs.status()
    return result.files, result.loaded, result.compiled


# --- the compiler ----------------------------------------------------------------------------------------


def test_kernels_keep_the_order_of_sums_and_infinite_numbers():
    @programs.jit
    def check(big, small, zero):
        return (big + small) - big, small / zero, zero / zero, np.isnan(zero / zero), np.isinf(small / zero)

    result = check(1e16, 1.0, 0.0)
    assert result[0] == 0.0
    assert result[1] == np.inf
    assert np.isnan(result[2])
    assert result[3:] == (True, True)


def test_kernels_release_the_lock():
    assert programs.jit(square).targetoptions["nogil"]


# --- kept ------------------------------------------------------------------------------------------------


def test_a_function_is_compiled_once_for_each_signature(anew):
    assert programs.jit(square)(3.0) == 10.0
    assert counts() == (1, 0, 1)
    again = programs.jit(square)
    assert again(3.0) == 10.0
    assert counts() == (1, 1, 1)
    assert again(3) == 10.0
    assert counts() == (2, 1, 2)


def test_a_damaged_file_is_compiled_anew(anew):
    programs.jit(square)(3.0)
    (file,) = programs.status().folder.glob("*.bin")
    whole = file.read_bytes()
    for damaged in (b"", whole[:-1], whole[:100] + b"x" + whole[101:]):
        file.write_bytes(damaged)
        assert programs.jit(square)(3.0) == 10.0
        assert file.read_bytes() != damaged
    assert counts() == (1, 0, 4)


def test_what_is_no_compiled_function_is_compiled_anew(anew):
    import pickle

    programs.jit(square)(3.0)
    (file,) = programs.status().folder.glob("*.bin")
    for content in (("another signature", ()), "nothing of the kind"):
        data = pickle.dumps(content)
        kept.write(file, kept._digest(data) + data)
        assert programs.jit(square)(3.0) == 10.0
    assert counts()[1:] == (0, 3)


def test_closures_are_distinguished(anew):
    def factory(factor):
        def scaled(x):
            return factor * x

        return programs.jit(scaled)

    assert [factory(2.0)(3.0), factory(5.0)(3.0), factory(2.0)(3.0)] == [6.0, 15.0, 6.0]
    assert counts() == (2, 1, 2)


def test_a_function_given_to_another_is_not_kept(anew):
    def apply(f, x):
        return f(x)

    assert programs.jit(apply)(programs.jit(square), 3.0) == 10.0
    assert not [file for file in programs.status().folder.glob("*.bin") if "apply" in file.name]


def test_programs_of_unchanged_sources_are_taken_over(anew):
    programs.jit(outer)(np.ones(3))
    folder, files = programs.status().folder, counts()[0]
    folder.rename(folder.with_name(folder.name[:-16] + "0123456789abcdef"))
    anew.forget()
    assert programs.jit(outer)(np.ones(3)) == 6.0
    assert counts()[1:] == (1, 0)
    assert 1 <= counts()[0] <= files


def test_what_a_source_imports_counts_and_nothing_else(anew, tmp_path, monkeypatch):
    package = tmp_path / "dirigiste"
    sources = {name: package / "numerics" / f"{name}.py" for name in ("one", "two", "three", "alone")}
    sources["one"].parent.mkdir(parents=True)
    sources["one"].write_text("from dirigiste.numerics import (\n    two,\n)\n")
    sources["two"].write_text("def late():\n    from dirigiste.numerics.three import x\n")
    sources["three"].write_text("import dirigiste.numerics.two\n")
    sources["alone"].write_text("")
    monkeypatch.setattr(kept, "PACKAGE", package)
    monkeypatch.setattr(kept, "SOURCES", package / "numerics")
    monkeypatch.setattr(kept, "WITH_KERNELS", (package / "numerics",))

    def stamps():
        anew.forget()
        return {name: kept._stamp(str(file)) for name, file in sources.items()}, kept.key()

    before, key = stamps()
    assert stamps() == (before, key)
    sources["three"].write_text("import dirigiste.numerics.two  # changed\n")
    after, other_key = stamps()
    assert {name for name in sources if before[name] != after[name]} == {"one", "two", "three"}
    assert key != other_key
    assert kept._stamp("<stdin>") is None


def test_the_solver_and_what_its_kernels_import_count():
    package = Path(dirigiste.__file__).parent
    assert package == kept.PACKAGE
    assert package / "numerics" == kept.SOURCES
    assert all(folder.is_dir() for folder in kept.WITH_KERNELS)
    kept._imported.cache_clear()
    imported = kept._imported(package / "numerics" / "markets" / "clearing.py")
    assert package / "numerics" / "markets" / "firm.py" in imported
    assert package / "numerics" / "setup" / "arrays.py" in imported
    assert package / "economy" / "__init__.py" not in imported


def test_old_programs_go_and_nothing_else(anew):
    home = kept.home().folder
    names = [f"{home.name[:-16]}{n:016x}" for n in range(6)]
    for age, name in enumerate(names):
        (anew.folder / name).mkdir()
        os.utime(anew.folder / name, (1e9 - age, 1e9 - age))
    others = ["py312-other-0123456789abcdef", "mine", f"{names[0]}0", f"{names[0]}.lock"]
    for other in others:
        (anew.folder / other).mkdir()
        os.utime(anew.folder / other, (1e8, 1e8))
    kept.remove_old(home)
    assert {path.name for path in anew.folder.iterdir()} == {home.name, *names[: kept.KEPT - 1], *others}


# --- where they cannot be kept ---------------------------------------------------------------------------


def test_without_a_folder_programs_are_compiled(anew, monkeypatch, capfd):
    monkeypatch.setenv(config.VARIABLE, "off")
    programs.prepare()
    assert programs.jit(square)(3.0) == 10.0
    assert programs.status().folder is None
    assert capfd.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_what_cannot_be_written_is_logged_once(anew, monkeypatch, caplog, code):
    def write(*_):
        raise OSError(code, os.strerror(code))

    kept.home()
    monkeypatch.setattr(kept, "write", write)
    assert programs.jit(square)(3.0) == 10.0
    assert programs.jit(square)(3) == 10.0
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert os.strerror(code) in caplog.text


def test_compiling_ahead_stops_where_nothing_can_be_written(anew, monkeypatch, caplog):
    def write(*_):
        raise OSError(errno.ENOSPC, "full")

    steps = []

    def run(report):
        for done in range(3):
            report(done, 3)
            steps.append(done)
            programs.jit(square)(3.0)

    kept.home()
    monkeypatch.setattr(kept, "write", write)
    monkeypatch.setitem(sys.modules, "made_up_warmup", SimpleNamespace(SECONDS=1, run=run))
    monkeypatch.setattr(programs, "WARMUP", "made_up_warmup")
    programs.prepare()
    assert steps == [0]
    assert not programs.status().ready
    assert len(caplog.records) == 1


def test_an_error_in_compiling_ahead_is_logged_and_stops_nothing(anew, monkeypatch, caplog):
    def run(report):
        raise ZeroDivisionError("of no use")

    monkeypatch.setitem(sys.modules, "made_up_warmup", SimpleNamespace(SECONDS=1, run=run))
    monkeypatch.setattr(programs, "WARMUP", "made_up_warmup")
    programs.prepare()
    assert "of no use" in caplog.text
    assert not programs.status().ready
    programs._State.prepared = False
    with pytest.raises(ZeroDivisionError):
        programs.prepare(strict=True)


def test_a_folder_that_cannot_be_made_is_replaced(anew, tmp_path, monkeypatch, caplog):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(config.VARIABLE, str(tmp_path / "file" / "programs"))
    monkeypatch.setattr(config, "cache_folder", lambda: tmp_path / "users")
    assert programs.jit(square)(3.0) == 10.0
    assert programs.status().folder.parent == tmp_path / "users"
    assert len(caplog.records) == 1


def test_without_a_home_directory_temporary_files_serve(anew, tmp_path, monkeypatch, caplog):
    monkeypatch.delenv(config.VARIABLE)
    monkeypatch.setenv("HOME", str(tmp_path / "none"))
    monkeypatch.setattr(config, "cache_folder", lambda: tmp_path / "none" / ".cache" / "dirigiste")
    monkeypatch.setattr(config, "spare_folder", lambda: tmp_path / "temporary" / "programs")
    assert programs.jit(square)(3.0) == 10.0
    assert programs.status().folder.parent == tmp_path / "temporary" / "programs"
    assert not (tmp_path / "none").exists()
    assert "no home directory" in caplog.text


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="permissions of POSIX")
def test_a_folder_that_others_can_write_is_not_trusted(anew, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(config, "folders", lambda cache=None: (tmp_path / "temporary" / "programs",))
    monkeypatch.setattr(config, "spare_folder", lambda: tmp_path / "temporary" / "programs")
    (tmp_path / "temporary").mkdir()
    (tmp_path / "temporary").chmod(0o777)
    assert kept.home().folder is None
    assert "not only the user's own" in caplog.text
    kept.home.cache_clear()
    (tmp_path / "temporary").chmod(0o700)
    assert kept.home().folder is not None


# --- settings --------------------------------------------------------------------------------------------


def test_folders_follow_the_argument_and_then_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv(config.VARIABLE, str(tmp_path / "named"))
    assert config.folders(True)[:2] == (tmp_path / "named", config.cache_folder())
    assert config.folders(tmp_path / "given")[0] == tmp_path / "given"
    assert config.folders(False) == ()
    monkeypatch.setenv(config.VARIABLE, "OFF")
    assert config.folders(True) == ()
    assert config.folders(tmp_path)[0] == tmp_path


def test_another_folder_after_the_first_use_is_refused(anew, tmp_path):
    config.configure(cache=anew.folder)
    assert config.current_cache().parent == anew.folder
    config.configure(cache=anew.folder)
    with pytest.warns(UserWarning, match="before the first solution"):
        config.configure(cache=tmp_path / "another")
    assert config.current_cache().parent == anew.folder


# --- several processes -----------------------------------------------------------------------------------

KERNELS = """
from dirigiste.numerics.compiled.programs import jit

@jit
def inner(x):
    return 2.0 * x

@jit
def first(x):
    return inner(x) + 1.0

@jit
def second(x):
    return inner(x) - 1.0
"""

WARMUP = """
import os, signal
import kernels

SECONDS = 1

def run(report):
    report(0, 2)
    kernels.first(1.0)
    if os.environ.get("DIES"):
        os.kill(os.getpid(), signal.SIGKILL)
    report(1, 2)
    kernels.second(1.0)
"""

SCRIPT = """
import sys

import numpy as np

from dirigiste.numerics.compiled import programs

programs.WARMUP = "warmup_of_kernels"
programs.prepare()
import kernels

assert "scipy.linalg" not in sys.modules
import scipy.linalg

assert scipy.linalg.expm(np.zeros((2, 2)))[0, 0] == 1.0
print(kernels.first(2.0), kernels.second(2.0), programs.status().compiled, programs.status().ready)
"""


@pytest.fixture
def start(tmp_path):
    """Start a process that compiles two kernels ahead and uses them."""
    (tmp_path / "kernels.py").write_text(KERNELS)
    (tmp_path / "warmup_of_kernels.py").write_text(WARMUP)

    def run(**more):
        environment = {**os.environ, "PYTHONPATH": str(tmp_path), config.VARIABLE: str(tmp_path / "kept")}
        return subprocess.Popen(
            [sys.executable, "-c", SCRIPT],
            env={**environment, **more},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return run


def test_processes_that_start_together_compile_once(start, tmp_path):
    processes = [start() for _ in range(4)]
    messages = [process.communicate() for process in processes]
    assert {process.returncode for process in processes} == {0}, messages
    assert sorted(out for out, _ in messages) == ["5.0 3.0 0 True\n"] * 3 + ["5.0 3.0 3 True\n"]
    assert sum("compiled the solver" in error for _, error in messages) == 1
    (folder,) = (path for path in (tmp_path / "kept").iterdir() if path.is_dir())
    assert len(list(folder.iterdir())) == 4  # three programs and the stamp


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="signals of POSIX")
def test_a_process_that_is_killed_leaves_its_work_to_the_next(start):
    killed = start(DIES="1")
    killed.communicate()
    assert killed.returncode == -signal.SIGKILL
    out, error = start().communicate()
    assert out == "5.0 3.0 1 True\n", error
    out, error = start().communicate()
    assert (out, error) == ("5.0 3.0 0 True\n", "")


# --- side by side ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_side_by_side_keeps_order_and_context(monkeypatch, threads):
    monkeypatch.setattr(programs, "THREADS", threads)
    variable = contextvars.ContextVar("variable", default=0)
    variable.set(7)
    result = programs.side_by_side(lambda n: (n, variable.get()), range(20))
    assert result == [(n, 7) for n in range(20)]
    assert programs.side_by_side(str, []) == []


def test_side_by_side_runs_two_at_once(monkeypatch):
    monkeypatch.setattr(programs, "THREADS", 2)
    both = threading.Barrier(2, timeout=60)
    programs.side_by_side(lambda _: both.wait(), range(2))


@pytest.mark.parametrize("threads", [1, 2])
def test_side_by_side_raises_the_first_error(monkeypatch, threads):
    monkeypatch.setattr(programs, "THREADS", threads)

    def broken(n):
        if n >= 3:
            raise ValueError(str(n))
        return n

    with pytest.raises(ValueError, match=r"^3$"):
        programs.side_by_side(broken, range(10))


@pytest.mark.parametrize("threads", [1, 2])
def test_what_is_found_ahead_is_that_of_each_number(monkeypatch, threads):
    monkeypatch.setattr(programs, "THREADS", threads)
    variable = contextvars.ContextVar("variable", default=0)
    variable.set(7)
    asked = []

    def one(number):
        asked.append(number)
        return number, variable.get()

    with programs.ahead(one, 20) as take:
        assert [take(number) for number in range(20)] == [(number, 7) for number in range(20)]
    assert asked == list(range(20))


def test_no_more_is_found_ahead_than_may_lie_there(monkeypatch):
    monkeypatch.setattr(programs, "THREADS", 2)
    asked, third = [], threading.Event()

    def one(number):
        asked.append(number)
        if number == 2:
            third.set()
        return number

    with programs.ahead(one, 20, most=2) as take:
        assert take(0) == 0  # makes room for a third one
        assert third.wait(60)
        assert asked == [0, 1, 2]


@pytest.mark.parametrize("threads", [1, 2])
def test_an_error_ahead_is_raised_where_its_result_is_asked_for(monkeypatch, threads):
    monkeypatch.setattr(programs, "THREADS", threads)

    def broken(number):
        if number == 1:
            raise ValueError(str(number))
        return number

    with programs.ahead(broken, 3) as take:
        assert take(0) == 0
        with pytest.raises(ValueError, match=r"^1$"):
            take(1)
        assert take(2) == 2


def test_no_module_that_must_stay_light_imports_the_solver():
    code = "import sys, dirigiste.config as c; c.folders(); assert not {'numba', 'numpy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parent)


# --- all that is used is compiled ahead ------------------------------------------------------------------

USE = """
import dirigiste
from dirigiste import config
from dirigiste.results.equilibria import known

config.ensure()
known.compare()
from dirigiste.numerics.compiled import programs

print(programs.status().compiled)
"""


def test_a_start_with_everything_ready_compiles_nothing(configured):
    if not programs.status().ready:
        pytest.skip("programs are not kept")
    done = subprocess.run([sys.executable, "-c", USE], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "0\n", "")
