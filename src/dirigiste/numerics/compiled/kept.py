"""Compiled programs on disk: where they are, what they are named, how they are read and written.

numba's own cache does not notice that a function in another file has changed, lets processes that fill one
folder at the same time mix up their files, and stops with an error where a folder cannot be written. Here
each compiled function is one file, written under another name and then renamed, so that no process reads half
of one. All files that belong to one state of the sources, the libraries and the processor are in one folder,
whose name is the key of that state. After a change of sources, functions whose own file and all files that it
imports are unchanged are taken over from the folders of earlier states.

Kernels import from `dirigiste.numerics`, and those of a replication from beside it; changes elsewhere are not
noticed.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib
import logging
import os
import pickle
import re
import shutil
import stat
import sys
import tempfile
import threading
import time
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import llvmlite
import numba
import numpy as np
from llvmlite import binding
from numba.core import config as numba_settings
from numba.core.serialize import dumps

from dirigiste import config

if TYPE_CHECKING:
    from collections.abc import Callable

    from numba.core.compiler import CompileResult

log = logging.getLogger("dirigiste")

SOURCES: Final = Path(__file__).parents[1]
"""Folder of the solver, `dirigiste/numerics`: the key of a folder of programs depends on all of its files."""

PACKAGE: Final = SOURCES.parent

WITH_KERNELS: Final = (SOURCES, PACKAGE / "replications")
"""Folders from which kernels may import."""

READY: Final = "ready"
"""File in a folder of programs that says that all are there, and how many."""

KEPT: Final = 3
"""States of which programs are kept, for each version of Python and kind of processor."""

NAME: Final = re.compile(r"(py\d+-[A-Za-z0-9_.]+)-[0-9a-f]{16}")
"""Names of folders of programs: Python and processor, then the key."""

IMPORT: Final = re.compile(
    rb"^[ \t]*(?:from[ \t]+dirigiste([.\w]*)[ \t]+import[ \t]*(\([^)]*\)|[^\n]*)"
    rb"|import[ \t]+dirigiste([.\w]*))",
    re.MULTILINE,
)
"""An import from this package, at any indentation."""

SWITCHES: Final = (
    "CPU_NAME",
    "CPU_FEATURES",
    "OPT",
    "BOUNDSCHECK",
    "DEBUGINFO_DEFAULT",
    "LOOP_VECTORIZE",
    "SLP_VECTORIZE",
)
"""Settings of numba (`NUMBA_...`) that change what it compiles."""


class State:
    """What this process has loaded, compiled, and may still write."""

    writes: bool = True
    refreshed: bool = False
    loaded: int = 0
    compiled: int = 0


# --- one function ----------------------------------------------------------------------------------------


class Kept:
    """Compiled versions of one function on disk, one file for each signature; what numba calls a cache."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    @property
    def cache_path(self) -> str:
        """Asked for by numba."""
        return str(home().folder or "")

    def enable(self) -> None:
        """Asked for by numba; nothing to do."""

    def disable(self) -> None:
        """Asked for by numba; nothing to do."""

    def flush(self) -> None:
        """Asked for by numba; files are named by their content, and none is out of date."""

    def load_overload(self, sig: Any, target_context: Any) -> CompileResult | None:  # noqa: ANN401
        """The compiled function for a signature; None if it is not there or cannot be used."""
        path = self._path(sig, target_context.codegen())
        if path is None:
            return None
        refresh(target_context)
        for place in (path, *(folder / path.name for folder in _earlier())):
            whole = _read(place)
            overload = whole and _rebuilt(whole, sig, target_context)
            if overload:
                if place != path:
                    _keep(path, whole)
                State.loaded += 1
                return overload
        return None

    def save_overload(self, sig: Any, data: CompileResult) -> None:  # noqa: ANN401
        """Keep a compiled function."""
        State.compiled += 1
        path = self._path(sig, data.library.codegen)
        if path is not None and State.writes and not data.library.has_dynamic_globals:
            _keep(path, dumps((sig, data._reduce())))

    def _path(self, sig: Any, codegen: Any) -> Path | None:  # noqa: ANN401
        """The file of a signature; None if the function cannot be known again in another process."""
        folder, code = home().folder, self.function.__code__
        stamp, arguments = _stamp(code.co_filename), str(sig)
        if folder is None or stamp is None or " at 0x" in arguments:  # a function among the arguments
            return None
        name = f"{self.function.__module__}.{self.function.__qualname__}"
        surroundings = (_surroundings(), codegen.magic_tuple())
        identity = repr((name, code.co_firstlineno, code.co_code, stamp, arguments, surroundings)).encode()
        if self.function.__closure__:
            identity += dumps(tuple(cell.cell_contents for cell in self.function.__closure__))
        short = name.removeprefix("dirigiste.numerics.").replace("<locals>.", "")
        return folder / f"{short[-80:]}-{_digest(identity).hex()}.bin"


def refresh(target_context: Any) -> None:  # noqa: ANN401
    """Let numba register all functions that it can compile, which it does before it loads the first program.

    numba then imports one small module of `scipy.linalg`, to see whether there is a BLAS, and with it the
    whole of that package, which takes as long as all the rest. An empty package in its place spares that.
    """
    name, small = "scipy.linalg", "scipy.linalg.cython_blas"
    if State.refreshed or name in sys.modules or threading.active_count() > 1:
        target_context.refresh()
        return
    State.refreshed = True
    with contextlib.suppress(Exception):
        empty = types.ModuleType(name)
        empty.__path__ = [str(Path(importlib.import_module("scipy").__file__ or "").parent / "linalg")]
        sys.modules[name] = empty
        importlib.import_module(small)
    if small not in sys.modules:
        sys.modules.pop(name, None)
    try:
        target_context.refresh()
    finally:
        sys.modules.pop(name, None)


def _read(path: Path) -> bytes:
    """Content of a file of programs; empty if it is not there, or damaged as after a power cut."""
    try:
        whole = path.read_bytes()
    except OSError:
        return b""
    return whole[16:] if _digest(whole[16:]) == whole[:16] else b""


def _rebuilt(whole: bytes, sig: Any, target_context: Any) -> CompileResult | None:  # noqa: ANN401
    from numba.core.compiler import CompileResult

    try:
        kept_sig, reduced = pickle.loads(whole)
        return CompileResult._rebuild(target_context, *reduced) if kept_sig == sig else None
    except Exception as error:  # noqa: BLE001  (whatever it is, compiling anew is the remedy)
        log.info("a compiled program cannot be loaded (%s): compiled anew", error)
        return None


def _keep(path: Path, whole: bytes) -> None:
    if not State.writes:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, _digest(whole) + whole)
    except OSError as error:
        State.writes = False
        log.warning(
            "compiled programs cannot be written to %s (%s): each start compiles what is missing there. "
            "%s=FOLDER names another place.",
            path.parent,
            reason(error),
            config.VARIABLE,
        )


def write(path: Path, data: bytes) -> None:
    """Write a file that others either see whole or not at all."""
    part = path.with_name(f".{os.urandom(8).hex()}.part")
    try:
        with part.open("xb") as file:
            file.write(data)
        part.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise


# --- what compiled functions depend on -------------------------------------------------------------------


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest()


@functools.cache
def _stamp(filename: str) -> str | None:
    """Digest of a source file and all files that it imports; None if there is no such file.

    For a file outside this package all files of its folder count, since it may call functions of theirs.
    """
    path = Path(filename)
    if not path.is_file():
        return None
    todo, met = [path] if PACKAGE in path.parents else sorted(path.parent.glob("*.py")), set()
    while todo:
        file = todo.pop()
        if file not in met:
            met.add(file)
            todo.extend(_imported(file))
    return _digest(b"".join(_content(file) for file in sorted(met))).hex()


@functools.cache
def _content(file: Path) -> bytes:
    """Digest of a file's name and content."""
    return _digest(file.name.encode() + b"\0" + file.read_bytes())


@functools.cache
def _imported(file: Path) -> tuple[Path, ...]:
    """Files that a file imports from folders with kernels."""
    result = []
    for origin, names, whole in IMPORT.findall(file.read_bytes()):
        base = PACKAGE.joinpath(*(origin or whole).decode().split(".")[1:])
        if base != PACKAGE and not any(folder == base or folder in base.parents for folder in WITH_KERNELS):
            continue
        result.append(base)
        result.extend(base / name for name in re.findall(r"\w+", names.decode(errors="replace")))
    files = (file for base in result for file in (base.with_suffix(".py"), base / "__init__.py"))
    return tuple(f for f in files if any(w in f.parents for w in WITH_KERNELS) and f.is_file())


@functools.cache
def _surroundings() -> str:
    """Digest of all that determines compiled code besides the sources: versions, settings, processor."""
    parts = [
        numba.__version__,
        llvmlite.__version__,
        np.__version__,
        sys.version,
        sys.platform,
        processor(),
        binding.get_host_cpu_features().flatten(),
        *(str(getattr(numba_settings, switch, "")) for switch in SWITCHES),
    ]
    return _digest("\n".join(parts).encode()).hex()


def processor() -> str:
    """Name of the processor that programs are compiled for."""
    return getattr(numba_settings, "CPU_NAME", None) or binding.get_host_cpu_name()


@functools.cache
def key() -> str:
    """Name of the folder of programs: the same for the same sources, libraries and processor."""
    from dirigiste.version import __version__

    digest = hashlib.blake2b(f"{__version__} {_surroundings()}".encode(), digest_size=8)
    for path in sorted(SOURCES.rglob("*.py")):
        digest.update(_content(path))
    cpu = re.sub(r"[^A-Za-z0-9_.]", "_", processor()) or "cpu"
    return f"py{sys.version_info[0]}{sys.version_info[1]}-{cpu}-{digest.hexdigest()}"


# --- the folder of programs ------------------------------------------------------------------------------


class Home(NamedTuple):
    """Where this process keeps its programs."""

    folder: Path | None
    """None if they are not kept."""
    writable: bool


def settled() -> bool:
    """Whether this process has chosen its folder of programs already, which then stays the same."""
    return home.cache_info().currsize > 0


@functools.cache
def home() -> Home:
    """The first folder that holds all programs or can be written."""
    refused, result = [], Home(None, writable=False)
    for root in config.folders():
        folder = root / key()
        trouble = _not_private(root) if root == config.spare_folder() else ""
        if not trouble and ready(folder):
            result = Home(folder, writable=os.access(folder, os.W_OK))
            break
        trouble = trouble or _not_writable(folder)
        if not trouble:
            result = Home(folder, writable=True)
            break
        refused.append(f"{root} ({trouble})")
    if refused:
        log.warning(
            "compiled programs cannot be kept in %s: %s. %s=FOLDER names another place.",
            " nor in ".join(refused),
            f"{result.folder.parent} is used" if result.folder else "every start compiles what it needs",
            config.VARIABLE,
        )
    return result


def count(folder: Path) -> int:
    """Programs in a folder."""
    return sum(1 for _ in folder.glob("*.bin"))


def ready(folder: Path) -> bool:
    """Whether all programs are in a folder."""
    try:
        return count(folder) >= int((folder / READY).read_text())
    except (OSError, ValueError):
        return False


def used(folder: Path) -> None:
    """Once a day, note that a folder is in use."""
    with contextlib.suppress(OSError):
        if time.time() - (folder / READY).stat().st_mtime > 86400:
            os.utime(folder / READY)


def _not_writable(folder: Path) -> str:
    """Why a folder cannot be written; empty if it can. Makes it."""
    user = Path(os.path.expanduser("~"))  # noqa: PTH111  (never an error where there is no home)
    if not folder.is_absolute() or (user in folder.parents and not user.is_dir()):
        return "there is no home directory"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(4096))
    except OSError as error:
        return reason(error)
    return ""


def _not_private(root: Path) -> str:
    """Why a folder among everybody's temporary files cannot be trusted; empty if it can. Makes its parent."""
    if not hasattr(os, "getuid"):
        return ""  # Windows: temporary files are the user's own
    parent = root.parent
    try:
        parent.mkdir(mode=0o700, exist_ok=True)
        status = parent.lstat()
    except OSError as error:
        return reason(error)
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & 0o022:
        return "not only the user's own"
    return ""


def reason(error: Exception) -> str:
    """An error in a few words."""
    return (error.strerror if isinstance(error, OSError) else None) or f"{type(error).__name__}: {error}"


# --- folders of earlier states ---------------------------------------------------------------------------


def _others(folder: Path) -> list[Path]:
    """Folders of other states next to this one, with the same Python and processor, newest first.

    Folders whose names have another form are not ours and are left alone.
    """
    mine, dated = NAME.fullmatch(folder.name), []
    with contextlib.suppress(OSError):
        for other in folder.parent.iterdir():
            name = NAME.fullmatch(other.name)
            if not (mine and name and name[1] == mine[1]) or other == folder or other.is_symlink():
                continue
            if other.is_dir():
                file = other / READY
                dated.append(((file if file.is_file() else other).stat().st_mtime, other))
    return [other for _, other in sorted(dated, reverse=True)]


@functools.cache
def _earlier() -> list[Path]:
    """Folders from which programs may be taken over."""
    folder = home().folder
    return _others(folder)[:10] if folder else []


def remove_old(folder: Path) -> None:
    """Delete programs of other states, but for the newest."""
    for other in _others(folder)[KEPT - 1 :]:
        shutil.rmtree(other, ignore_errors=True)
        with contextlib.suppress(OSError):
            Path(f"{other}.lock").unlink()
