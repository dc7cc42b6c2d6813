"""The folder of a sweep: its manifest, a file for each chain that is solved, and tables of all.

Files are written under another name, and renamed when they are whole. A chain whose file is there is solved:
whoever solves it again finds that, so nothing is lost and nothing is doubled.

    manifest.json        what is solved, by what: `differences` tells one sweep from another
    inputs/              the sweep, and the economies or chronicles with their fixed settings
    chains/000012.parquet    rows of a chain, with the time that each point took
    table.parquet        all points in their order, without times: the same bytes whoever solved them
    times.parquet        time, chain, start and processor of all points
    fields/000345.nc     all numbers of a point, where the sweep keeps them
"""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import sys
import uuid
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dirigiste.errors import InputError
from dirigiste.sweep.declared.declaration import SCHEMA_VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from dirigiste.sweep.model import Sweep
    from dirigiste.sweep.work import Solved

MANIFEST: Final = "manifest.json"
TABLE: Final = "table.parquet"
TIMES: Final = "times.parquet"
CHAINS: Final = "chains"
INPUTS: Final = "inputs"
FIELDS: Final = "fields"

FORMAT: Final = 1
"""Version of the folder."""

PART: Final = ".part"
"""Ending of files that are being written."""

FREE: Final = ("created", "command", "name", "title", "description")
"""Entries of a manifest that may differ between runs of the same sweep."""

SOLVER: Final = ("economy", "chronicle", "numerics", "solver", "results/quantities", "sweep/work.py")
"""Sources, below the package, on which numbers depend."""


class Store:
    """The folder of one sweep."""

    def __init__(self, folder: Path, sweep: Sweep) -> None:
        """Nothing is written before `begin`."""
        self.folder = folder
        self.sweep = sweep

    def begin(self, command: str | None = None) -> None:
        """Make the folder, or check that it is that of the same sweep.

        Raises:
            InputError: It holds something else, and what differs; or it cannot be written.
        """
        manifest = manifest_of(self.sweep, command)
        try:
            (self.folder / CHAINS).mkdir(parents=True, exist_ok=True)
            (self.folder / INPUTS).mkdir(exist_ok=True)
            if self.sweep.fields:
                (self.folder / FIELDS).mkdir(exist_ok=True)
        except OSError as error:
            raise _unwritable(error, self.folder, 0) from None
        if not (self.folder / MANIFEST).is_file():
            text = json.dumps(manifest, ensure_ascii=False, indent=2) + "\n"
            self._written(self.folder / MANIFEST, text.encode(), first=True)
        there = differences(read_manifest(self.folder), manifest)
        if there:
            shown = "; ".join(there[:6]) + (f"; and {len(there) - 6} more" if len(there) > 6 else "")
            raise InputError.of(
                f"holds another sweep: {shown}. Name another folder with --out, or remove this one",
                file=str(self.folder),
            )
        for name, text in inputs_of(self.sweep).items():
            if not (self.folder / INPUTS / name).is_file():
                self._written(self.folder / INPUTS / name, text.encode())

    def done(self) -> set[int]:
        """Numbers of chains that are solved."""
        return {
            int(file.stem) for file in (self.folder / CHAINS).glob("*.parquet") if file.stem.isdigit()
        }

    def add(self, solved: Solved) -> bool:
        """Keep a chain; False if it was there already.

        Raises:
            InputError: It cannot be written, as on a full disk; what was kept before is whole.
        """
        target = self.folder / CHAINS / f"{solved.chain:06}.parquet"
        if target.exists():
            return False
        for row in solved.rows:
            if row.fields is not None:
                self._written(self.folder / FIELDS / f"{row.number:06}.nc", row.fields)
        self._written(target, _bytes(self._rows(solved)), first=True)
        return True

    def finish(self) -> bool:
        """Write the tables of all points, if all chains are there; False if some are missing.

        Raises:
            InputError: They cannot be written, or a file of a chain is damaged.
        """
        missing = {chain.number for chain in self.sweep.chains} - self.done()
        if missing:
            return False
        frame = self.read()
        table, times = frame.drop("seconds", "processor"), _times(frame, self.sweep)
        self._written(self.folder / TABLE, _bytes(table))
        self._written(self.folder / TIMES, _bytes(times))
        for folder in (CHAINS, FIELDS):
            for part in (self.folder / folder).glob(f".*{PART}"):  # of processes that were ended
                part.unlink(missing_ok=True)
        return True

    def read(self) -> pl.DataFrame:
        """Rows of all chains that are there, by the number of the point.

        Raises:
            InputError: A file is damaged.
        """
        return rows_of(self.folder)

    def _rows(self, solved: Solved) -> pl.DataFrame:
        import polars as pl

        rows = solved.rows
        columns: dict[str, Any] = {"point": pl.Series([row.number for row in rows], dtype=pl.Int64)}
        for n, name in enumerate(self.sweep.columns):
            values = [self.sweep.rows[row.number][n] for row in rows]
            if self.sweep.numeric[n]:
                columns[name] = pl.Series(map(float, values), dtype=pl.Float64)
            else:
                columns[name] = pl.Series(map(word, values), dtype=pl.String)
        for n, outcome in enumerate(self.sweep.kept):
            values = [None if row.outcomes is None else row.outcomes[n] for row in rows]
            columns[outcome.column] = pl.Series(values, dtype=pl.Float64)
        columns["solved"] = pl.Series([row.outcomes is not None for row in rows], dtype=pl.Boolean)
        columns["reason"] = pl.Series([row.reason for row in rows], dtype=pl.String)
        columns["seconds"] = pl.Series([row.seconds for row in rows], dtype=pl.Float64)
        columns["processor"] = pl.Series([solved.processor] * len(rows), dtype=pl.String)
        return pl.DataFrame(columns)

    def _written(self, target: Path, content: bytes, *, first: bool = False) -> None:
        """Write a file under another name and rename it; with `first` leave one that is there."""
        try:
            replace(target, content, first=first)
        except OSError as error:
            raise _unwritable(error, target, len(self.done())) from None


def replace(target: Path, content: bytes, *, first: bool = False) -> None:
    """Write a file under another name, on the disk, and rename it when it is whole.

    Args:
        target: The file.
        content: All of it.
        first: Leave a file that is there by then.

    Raises:
        OSError: It cannot be written; nothing of it is left.
    """
    draft = target.with_name(f".{target.name}.{uuid.uuid4().hex}{PART}")
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if first:
            try:
                os.link(draft, target)
                return
            except FileExistsError:
                return
            except OSError as error:
                if error.errno in (errno.ENOSPC, errno.EDQUOT):
                    raise  # else a file system without links
        draft.replace(target)
    except FileNotFoundError:
        if not target.exists():  # else another run wrote it, was done, and cleared away this draft
            raise
    finally:
        draft.unlink(missing_ok=True)


def _unwritable(error: OSError, target: Path, kept: int) -> InputError:
    full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    what = "make room" if full else "see to it that the folder can be written"
    chains = "no chain has" if kept == 0 else "1 chain has" if kept == 1 else f"{kept} chains have"
    return InputError.of(
        f"cannot be written: {error.strerror or error}; {chains} been kept before, whole: {what}, and "
        "give the same command again",
        file=str(target),
    )


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a folder.

    Raises:
        InputError: There is none, or it is damaged, or of a newer program.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError.of(f"holds no readable {MANIFEST}: {error}", file=str(folder)) from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise InputError.of(
            f"is a sweep of another version of the program (format {FORMAT} is read here)", file=str(folder)
        )
    return manifest


def rows_of(folder: Path) -> pl.DataFrame:
    """Rows of all chains in a folder, by the number of the point.

    Raises:
        InputError: There are none, or a file is damaged.
    """
    import polars as pl

    files = sorted((folder / CHAINS).glob("*.parquet"))
    if not files:
        raise InputError.of("holds no chain that is solved", file=str(folder))
    frames = []
    for file in files:
        try:
            frames.append(pl.read_parquet(file))
        except (OSError, pl.exceptions.PolarsError) as error:
            raise InputError.of(
                f"is damaged ({error}): remove it, and give the command of the sweep again", file=str(file)
            ) from None
    return pl.concat(frames).sort("point")


def manifest_of(sweep: Sweep, command: str | None = None) -> dict[str, Any]:
    """What is solved, by what."""
    from dirigiste.results.archive import provenance
    from dirigiste.version import __version__

    axes = {
        name: {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in axis.model_dump(exclude_unset=True).items()
        }
        for name, axis in sweep.axes.items()
    }
    points = json.dumps([list(row) for row in sweep.rows]).encode()
    return {
        "format": FORMAT,
        "schema_version": SCHEMA_VERSION,
        "name": sweep.name,
        "title": sweep.title,
        "description": sweep.description,
        "created": provenance.now(),
        "command": command,
        "kind": sweep.kind,
        "inputs": {name: _hash(text.encode()) for name, text in _subject_texts(sweep).items()},
        "set": dict(sweep.set),
        "axes": axes,
        "design": {"kind": sweep.design, "points": sweep.points, "seed": sweep.seed},
        "outcomes": {outcome.column: outcome.text for outcome in sweep.kept},
        "fields": sweep.fields,
        "points": {"number": len(sweep.rows), "sha256": _hash(points)},
        "chains": {"number": len(sweep.chains), "longest": sweep.longest},
        "versions": {
            "dirigiste": __version__,
            "sources": sources(),
            "python": ".".join(map(str, sys.version_info[:2])),
            **{package: provenance.version_of(package) for package in ("numba", "numpy", "scipy", "polars")},
        },
    }


def inputs_of(sweep: Sweep) -> dict[str, str]:
    """Texts of the files of `inputs`, by name."""
    return {"sweep.yaml": sweep.to_yaml(), **_subject_texts(sweep)}


def _subject_texts(sweep: Sweep) -> dict[str, str]:
    from dirigiste.chronicle import Chronicle
    from dirigiste.results.archive import folders

    texts: dict[str, str] = {}
    for n, (name, declared) in enumerate(sweep.subjects.items()):
        stem = f"{n}-{folders.slug(name).removesuffix('.yaml')}" if name else sweep.kind
        if isinstance(declared, Chronicle):
            texts[f"{stem}-economy.yaml"] = declared.baseline.to_yaml()
            declared = declared.model_copy(update={"economy": f"{stem}-economy.yaml"})
        texts[f"{stem}.yaml"] = declared.to_yaml()
    return texts


@cache
def sources() -> str:
    """SHA-256 over the sources on which numbers depend."""
    root = Path(__file__).parents[1]
    files = [
        file
        for name in SOLVER
        for file in ([root / name] if name.endswith(".py") else sorted((root / name).rglob("*.py")))
    ]
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.relative_to(root).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def differences(old: Any, new: Any, path: tuple[str, ...] = ()) -> list[str]:  # noqa: ANN401  (any JSON)
    """What differs between two manifests, in words."""
    if isinstance(old, dict) and isinstance(new, dict):
        keys = [key for key in {**old, **new} if path or key not in FREE]
        return [text for key in keys for text in differences(old.get(key), new.get(key), (*path, key))]
    if old == new:
        return []
    where = ".".join(path)
    if path[:1] == ("inputs",) or path[-1:] in (("sources",), ("sha256",)):
        return [f"`{where}` has other contents"]
    there, here = (json.dumps(value, ensure_ascii=False) for value in (old, new))
    return [f"`{where}` is {there} there, {here} here"]


def _times(frame: pl.DataFrame, sweep: Sweep) -> pl.DataFrame:
    import polars as pl

    chain, start = [0] * len(sweep.rows), [-1] * len(sweep.rows)
    for item in sweep.chains:
        for point, before in zip(item.points, item.starts, strict=True):
            chain[point] = item.number
            start[point] = item.points[before] if before >= 0 else -1
    return frame.select("point", "seconds", "processor").with_columns(
        chain=pl.Series(chain, dtype=pl.Int64), start=pl.Series(start, dtype=pl.Int64)
    )


def word(value: object) -> str:
    """A value that is no number, as tables have it."""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _bytes(frame: pl.DataFrame) -> bytes:
    out = io.BytesIO()
    frame.write_parquet(out, compression="zstd", statistics=True)
    return out.getvalue()


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def folders_in(root: Path) -> Sequence[Path]:
    """Folders of sweeps below a folder, by name."""
    if not root.is_dir():
        return []
    return sorted(item for item in root.iterdir() if (item / MANIFEST).is_file() and (item / CHAINS).is_dir())
