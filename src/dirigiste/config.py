"""Settings of the numerical library, made on request and never at import.

This module only says where compiled programs may be kept; `dirigiste.numerics.compiled.programs` keeps
them. It imports nothing heavy.
"""

from __future__ import annotations

import os
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Final


class _State:
    """What `configure` was last asked for."""

    cache: bool | Path = True


FOLDER: Final = "programs"
"""Folder of compiled programs in the user's cache directory."""

VARIABLE: Final = "DIRIGISTE_CACHE"
"""Environment variable that names another folder, or is `off`."""

OFF: Final = ("off", "no", "none", "false", "0")


def cache_folder() -> Path:
    """Where compiled programs are kept by default: the user's cache directory."""
    import platformdirs

    return Path(platformdirs.user_cache_dir("dirigiste", appauthor=False)) / FOLDER


def spare_folder() -> Path | None:
    """Where they are kept if nothing else serves: a folder of the user's among the temporary files."""
    user = f"-{os.getuid()}" if hasattr(os, "getuid") else ""
    try:
        return Path(tempfile.gettempdir()) / f"dirigiste{user}" / FOLDER
    except OSError:
        return None


def configure(*, cache: bool | str | Path = True) -> None:
    """Say where the solver's compiled programs are kept. To be called before the first solution.

    `dirigiste.solve` and its like use the defaults if nobody has called this. Programs are compiled once on a
    machine, which takes about a minute; later sessions load them.

    Args:
        cache: True for the folder that the environment variable `DIRIGISTE_CACHE` names, else the user's
            cache directory; False for none: every session compiles what it needs; or a folder. Whoever can
            write to that folder can run code in this process: keep it private.
    """
    asked = cache if isinstance(cache, bool) else _path(cache)
    programs = sys.modules.get("dirigiste.numerics.compiled.programs")
    if programs is not None and programs.settled() and folders(asked) != folders():
        warnings.warn(
            "compiled programs stay where they are, since the solver has been used already: call "
            "dirigiste.configure before the first solution, in a new session of Python",
            stacklevel=2,
        )
        return
    _State.cache = asked


def folders(cache: bool | Path | None = None) -> tuple[Path, ...]:
    """Folders that may hold compiled programs, the best one first; empty if none are to be kept.

    Args:
        cache: As `configure` takes it; default: what it was last given.
    """
    cache = _State.cache if cache is None else cache
    named = os.environ.get(VARIABLE, "").strip()
    if cache is True and named.lower() in OFF:
        cache = False
    if cache is False:
        return ()
    if cache is True and named:
        cache = _path(named)
    first = None if cache is True else cache
    return tuple(dict.fromkeys(f for f in (first, cache_folder(), spare_folder()) if f is not None))


def _path(folder: str | Path) -> Path:
    return Path(os.path.expanduser(folder)).absolute()  # noqa: PTH111  (never an error where there is no home)


def current_cache() -> Path | None:
    """Where compiled programs are kept now; None if they are not. Imports the numerical library."""
    from dirigiste.numerics.compiled import programs

    return programs.status().folder


def ensure() -> None:
    """Compile and keep the solver's programs, unless that is done."""
    from dirigiste.numerics.compiled import programs

    programs.prepare()
