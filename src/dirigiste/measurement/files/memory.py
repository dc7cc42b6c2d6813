"""How much memory measuring a long file takes, and how much can be had: said before anything is read."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

from dirigiste.errors import InputError
from dirigiste.measurement.files.content import KINDS, START

ROW: Final = 370
"""Bytes that a row takes while all tables are made in two threads (benchmarks/README.md)."""

PROGRAM: Final = 150_000_000
"""Bytes of the program itself."""

LONG: Final = 500_000
"""Rows below which nobody need ask."""

GIGA: Final = 1e9

REMEDY: Final = (
    "With `--keep CONDITION` (such as `--keep 'year >= 2006'`) only the rows that it keeps take memory; "
    "`--jobs 1` takes about a tenth less"
)


def shortage(path: Path, *, conditions: bool) -> str | None:
    """What to say before a file is read that needs more memory than there is; None where there is enough, or
    where it cannot be known: rows of Stata files are not counted, nor those that conditions leave.
    """
    free = available()
    rows = None if conditions else rows_of(path)
    if rows is None or free is None or rows < LONG or PROGRAM + rows * ROW <= free:
        return None
    return (
        f"{path} has about {rows:,} rows. Measuring them takes about {(PROGRAM + rows * ROW) / GIGA:.1f} GB "
        f"of memory, and {free / GIGA:.1f} GB can be had: the command may end without results. {REMEDY}"
    )


def ran_out(name: str) -> InputError:
    """The error to raise where memory ran out."""
    return InputError.of(f"memory ran out. {REMEDY}; else it takes a machine with more memory", file=name)


def rows_of(path: Path) -> int | None:
    """About how many rows a text or Parquet file has; None for others, and for what cannot be read: reading
    says what is wrong.
    """
    import polars as pl

    kind = KINDS.get(path.suffix.lower())
    try:
        if not path.is_file() or kind not in ("parquet", "csv"):
            return None
        if kind == "parquet":
            return int(pl.scan_parquet(path).select(pl.len()).collect().item())
        with path.open("rb") as file:
            start = file.read(START)
        return int(path.stat().st_size * start.count(b"\n") / len(start)) if start else None
    except (pl.exceptions.PolarsError, OSError):
        return None


def available() -> int | None:
    """Bytes of memory that this process may still take; None where the system does not say."""
    limits = [limit for limit in (_free(), _of_group(), _of_process()) if limit is not None]
    return min(limits) if limits else None


def _free() -> int | None:
    """What the machine has free."""
    for line in _lines(Path("/proc/meminfo")):
        if line.startswith("MemAvailable:"):
            return 1024 * int(line.split()[1])
    return None


def _of_group() -> int | None:
    """What is left to the control group, such as a container."""
    folder = Path("/sys/fs/cgroup")
    most, used = (_lines(folder / name) for name in ("memory.max", "memory.current"))
    if not most or not used or not most[0].isdigit():
        return None
    cached = [line.split()[1] for line in _lines(folder / "memory.stat") if line.startswith("inactive_file ")]
    return max(int(most[0]) - int(used[0]) + sum(map(int, cached)), 0)


def _of_process() -> int | None:
    """What the limits of this process leave (`ulimit -v`, `ulimit -d`)."""
    if sys.platform == "win32":
        return None
    import resource

    soft = [resource.getrlimit(kind)[0] for kind in (resource.RLIMIT_AS, resource.RLIMIT_DATA)]
    known = [limit for limit in soft if limit != resource.RLIM_INFINITY]
    sizes = _lines(Path("/proc/self/statm"))
    used = int(sizes[0].split()[0]) * os.sysconf("SC_PAGE_SIZE") if sizes else 0
    return max(min(known) - used, 0) if known else None


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []
