"""Settings of the numerical library, made on request and never at import."""

from __future__ import annotations

from pathlib import Path
from typing import Final


class _State:
    """What `configure` was last asked for."""

    done: bool = False
    cache: Path | None = None


FOLDER: Final = "compiled"
"""Folder of compiled programs in the user's cache directory."""


def cache_folder() -> Path:
    """Where compiled programs are kept by default: the user's cache directory."""
    import platformdirs

    return Path(platformdirs.user_cache_dir("dirigiste", appauthor=False)) / FOLDER


def configure(*, cache: bool | str | Path = True) -> None:
    """Prepare JAX for the solver: 64-bit floats, and a cache of compiled programs on disk.

    `dirigiste.solve` and its like call this with the defaults if nobody has. With the cache, a program that
    was compiled once starts in a fraction of the time in later sessions.

    Args:
        cache: True for the user's cache directory, False for none, or a folder. Whoever can write to that
            folder can run code in this process: keep it private.
    """
    import jax

    jax.config.update("jax_enable_x64", True)
    folder = cache_folder() if cache is True else None if cache is False else Path(cache).expanduser()
    if folder is not None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
        jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    jax.config.update("jax_compilation_cache_dir", None if folder is None else str(folder))
    _State.done, _State.cache = True, folder


def current_cache() -> Path | None:
    """Where compiled programs are kept now; None if they are not."""
    return _State.cache


def ensure() -> None:
    """Configure with the defaults, unless the user has done so."""
    if not _State.done:
        configure()
