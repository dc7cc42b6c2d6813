"""Where a result comes from: versions, machine, time, command line."""

from __future__ import annotations

import contextlib
import contextvars
import datetime as dt
import platform
import sys
from importlib import metadata
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dirigiste.economy import Economy

_command: contextvars.ContextVar[str | None] = contextvars.ContextVar("command", default=None)

PACKAGES: Final = ("numba", "numpy")


@contextlib.contextmanager
def command(line: str) -> Iterator[None]:
    """Record `line` as the command line of all results that are made inside."""
    token = _command.set(line)
    try:
        yield
    finally:
        _command.reset(token)


def version_of(package: str) -> str:
    """Installed version of a package, empty where it is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def now() -> str:
    """Date and time in UTC, ISO 8601 to the second."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")


def processor() -> str:
    """Name of the processor that the solver's programs are compiled for; imports numba."""
    from dirigiste.numerics.compiled import kept

    return kept.processor()


def provenance(economy: Economy, seconds: float) -> dict[str, Any]:
    """Provenance of a result for an economy, by the names of `measures.PROVENANCE`."""
    from dirigiste.version import __version__

    return {
        "program": "dirigiste",
        "version": __version__,
        "python": ".".join(map(str, sys.version_info[:3])),
        **{package: version_of(package) for package in PACKAGES},
        "platform": f"{platform.system()} {platform.machine()}",
        "processor": processor(),
        "economy": economy.name,
        "economy_hash": economy.hash,
        "created": now(),
        "command": _command.get(),
        "seconds": seconds,
        "seed": None,
    }
