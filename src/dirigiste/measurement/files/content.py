"""What a path holds: bytes in memory for pipes and compressed files, and the format by name or by content."""

from __future__ import annotations

import gzip
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dirigiste.errors import InputError

KINDS: Final = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".tab": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".dta": "stata",
    ".xlsx": "excel",
    ".xls": "excel",
    ".xlsm": "excel",
    ".xlsb": "excel",
    ".ods": "excel",
}
"""Formats by the end of the file's name; each may be followed by .gz."""

START: Final = 1 << 17
"""Bytes that are looked at to find out how a file is written."""

OLD_STATA: Final = range(102, 116)
"""First byte of Stata files before format 117: the number of the format."""


@dataclass(frozen=True)
class Content:
    """A file whose format is known."""

    label: str
    """What messages call it."""
    name: str
    """Without folders."""
    kind: str
    path: Path
    start: bytes
    data: bytes | None = None
    """All of it, decompressed, if it is compressed or no regular file."""

    def bytes(self) -> bytes:
        """All of it."""
        return self.path.read_bytes() if self.data is None else self.data

    def ends_with(self, last: bytes) -> bool:
        """Whether these are its last bytes."""
        if self.data is not None:
            return self.data.endswith(last)
        with self.path.open("rb") as file:
            file.seek(-min(len(last), self.path.stat().st_size), 2)
            return file.read() == last


def content(path: Path) -> Content:
    """Open a file, or standard input where the path is `-`.

    Raises:
        InputError: The file is missing, a folder, empty, of no known format, or no gzip file
            against its name.
    """
    piped = str(path) == "-"
    label = "standard input" if piped else _readable(str(path))
    if not piped and path.is_dir():
        raise InputError.of("is a folder, not a file", file=label)
    if not piped and not path.exists():
        raise InputError.of("no such file", file=label, suggestion=_near_file(path))
    try:
        return _open(path, label, piped=piped)
    except PermissionError:
        raise InputError.of("cannot be read: permission denied", file=label) from None
    except OSError as error:
        raise InputError.of(f"cannot be read: {error.strerror or error}", file=label) from None


def _open(path: Path, label: str, *, piped: bool) -> Content:
    data: bytes | None = None
    if piped or not path.is_file():
        data = _standard_input() if piped else path.read_bytes()
        start = data[:START]
    else:
        if path.stat().st_size == 0:
            raise InputError.of("is empty (0 bytes)", file=label)
        with path.open("rb") as file:
            start = file.read(START)
    if not start:
        raise InputError.of("is empty (0 bytes)", file=label)
    zipped = path.suffix.lower() == ".gz"
    named = Path(path.stem) if zipped else path
    if zipped or start[:2] == b"\x1f\x8b":
        try:
            data = gzip.decompress(path.read_bytes() if data is None else data)
        except (OSError, EOFError, zlib.error) as error:
            what = "ends too early" if isinstance(error, EOFError) else "is not a gzip file"
            raise InputError.of(what, file=label) from None
        start = data[:START]
        if not start:
            raise InputError.of("is empty (0 bytes)", file=label)
    suffix = named.suffix.lower()
    kind = KINDS.get(suffix)
    if kind is None and not (zipped and not suffix) and data is None:
        known = ", ".join(sorted([*KINDS, ".gz"]))
        raise InputError.of(f"ends in `{suffix or path.name}`; formats that are read: {known}", file=label)
    if data is None and _readable(str(path)) != str(path):
        data = path.read_bytes()  # polars takes no such path
    name = "standard input" if piped else _readable(path.name)
    return Content(label, name, _sniffed(start, kind), path, start, data)


def _readable(name: str) -> str:
    """A path as text that can be written: bytes that the locale does not have, as UTF-8."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _standard_input() -> bytes:
    if sys.stdin is None or sys.stdin.closed:
        raise InputError.of("is closed", file="standard input")
    return sys.stdin.buffer.read()


def _sniffed(start: bytes, kind: str | None) -> str:
    """The format by the first bytes, else by the name, else text."""
    if start[:4] == b"PAR1":
        return "parquet"
    if start[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0"):
        return "excel"
    if start[:11] == b"<stata_dta>" or (kind is None and start[0] in OLD_STATA and start[1:2] in b"\x01\x02"):
        return "stata"
    return kind or "csv"


def _near_file(path: Path) -> str | None:
    import difflib

    folder = path.parent
    names = [item.name for item in folder.iterdir() if item.is_file()] if folder.is_dir() else []
    matches = difflib.get_close_matches(path.name, names, n=1, cutoff=0.6)
    return str(folder / matches[0]) if matches else None
