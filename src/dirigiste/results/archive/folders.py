"""Folders of runs: written whole or not at all, found by name, listed."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dirigiste.documents.words import near
from dirigiste.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path("runs")
"""Where runs are kept, from the working directory."""

RESULTS: Final = "results.nc"
SUMMARY: Final = "summary.json"
REPORT: Final = "report.html"
OBSERVED: Final = "observed.csv"
INPUTS: Final = "inputs"
GIVEN: Final = "as-given"

LATEST: Final = "latest"
"""Name by which the newest run is asked for."""

READABLE: Final = 0o755
"""Permissions of a finished folder, before the user's mask."""


def slug(name: str) -> str:
    """A name fit for a folder."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.") or "run"


@contextlib.contextmanager
def writing(root: Path, name: str) -> Iterator[tuple[Path, list[Path]]]:
    """A temporary folder that becomes `root/<UTC date>-<name>[-n]` when the block ends, and vanishes if it
    fails.

    Yields:
        The temporary folder, and a list that holds the final folder after the block.
    """
    root.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=root, prefix=".writing-"))
    final: list[Path] = []
    try:
        yield draft, final
        draft.chmod(READABLE & ~_mask())
        final.append(_place(draft, root, f"{dt.datetime.now(dt.UTC).date().isoformat()}-{slug(name)}"))
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def _place(draft: Path, root: Path, stem: str) -> Path:
    """Rename the draft to the first free name; two programs that do so at once get two names."""
    n = 1
    while True:
        target = root / (stem if n == 1 else f"{stem}-{n}")
        n += 1
        if target.exists():
            continue
        try:
            return draft.rename(target)
        except OSError:  # another run took the name in between (a folder with files cannot be replaced)
            if not target.exists():
                raise


def _mask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def runs(root: Path = ROOT) -> list[Path]:
    """Folders of finished runs, oldest first."""
    if not root.is_dir():
        return []
    folders = [
        item for item in root.iterdir() if not item.name.startswith(".") and (item / SUMMARY).is_file()
    ]
    return sorted(folders, key=lambda item: ((item / SUMMARY).stat().st_mtime, item.name))


def summary(folder: Path) -> dict[str, Any]:
    """The summary of a run.

    Raises:
        InputError: The folder holds none, or it is damaged.
    """
    try:
        return json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError.of(f"holds no readable {SUMMARY}: {error}", file=str(folder)) from None


def find(name: str, root: Path = ROOT) -> Path:
    """The folder of a run from its path, its name below `root`, or `latest`.

    Raises:
        InputError: There is no such run; with a near match.
    """
    path = Path(name).expanduser()
    for candidate in (path, root / name):
        if (candidate / SUMMARY).is_file():
            return candidate
    kept = runs(root)
    if name == LATEST and kept:
        return kept[-1]
    names = [item.name for item in kept]
    has = f"; the newest there is {names[-1]}" if names else ""
    raise InputError.of(
        f"no such run, neither a folder nor a name below {root}{has}", file=name, suggestion=near(name, names)
    )
