"""Files that are written whole or not at all, and whether they can be written: asked before anything is
computed.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from typing import TYPE_CHECKING

from dirigiste.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextlib.contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to; what is there at the end takes the place of `path` at once.

    A program that is killed leaves the old file or none, never a part. Links stay links.

    Raises:
        InputError: The file cannot be written; the part is removed.
    """
    target = path.resolve()
    draft = target.with_name(f".{os.getpid()}.{target.name}")
    try:
        if target.exists() and not target.is_file():
            raise InputError.of(_not_a_file(target), file=str(path))
        make(path.parent)
        try:
            yield draft
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise InputError.of(f"cannot be written: {error.strerror or error}", file=str(path)) from None


def make(folder: Path) -> None:
    """Make a folder; raise InputError if that is not possible."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError.of(f"cannot be made: {error.strerror or error}", file=str(folder)) from None


def write_text(path: Path, text: str) -> Path:
    """Write text in UTF-8, whole or not at all; names that the locale does not have keep their bytes.

    Raises:
        InputError: The file cannot be written.
    """
    with whole(path) as draft:
        draft.write_text(text, encoding="utf-8", errors="surrogateescape")
    return path


def obstacle(path: Path, *, folder: bool = False) -> str | None:
    """Why a file, or files in a folder, cannot be written, as far as can be known before; else None."""
    try:
        target = path.resolve()
        if folder and target.exists() and not target.is_dir():
            return "is a file, not a folder" if target.is_file() else "is a device or a pipe, not a folder"
        if not folder and target.exists() and not target.is_file():
            return _not_a_file(target)
        above = target if folder else target.parent
        while not above.exists():
            above = above.parent
        if not above.is_dir():
            return f"cannot be made: `{above}` is a file, not a folder"
        with tempfile.TemporaryFile(dir=above):
            return None
    except OSError as error:
        return f"cannot be written: {error.strerror or error}"


def _not_a_file(path: Path) -> str:
    return "is a folder, not a file" if path.is_dir() else "is a device or a pipe, not a file"
