"""Responses at the surprises of a chronicle kept in a folder, so that work that was stopped goes on with the
same bits: a file for each surprise, which is there whole or not at all.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dirigiste.numerics.transition.near import leaves
from dirigiste.numerics.transition.path import Begin
from dirigiste.outputs import whole
from dirigiste.solver.state import CLAIMS, Piece, each

Array = NDArray[np.float64]


class Moved(NamedTuple):
    """By how much prices along a path differ from those of another one, in units of the conditions."""

    time: Array
    """(T,) years."""
    by: Array
    """(T, n)."""
    end: Array
    """Of the stationary states in which they end (n,)."""


class Known(NamedTuple):
    """What follows from one surprise."""

    itself: Piece
    """The steps of the path that happen."""
    pieces: list[Piece]
    """Those of each neighbour."""
    begin: list[Begin | None]
    """By how much masses of each neighbour differ when the next surprise begins; None where they do not."""
    moved: list[Moved | None]
    """By how much prices differ along the newest path of each neighbour that has differed so far."""
    left: list[float]
    """What rounds have left of each neighbour, the most so far."""


@dataclass(frozen=True)
class Kept:
    """Files of the responses of one chronicle to some numbers, whose folder is for these alone."""

    folder: Path
    name: str
    """Beginning of the names of files."""

    def path(self, n: int) -> Path:
        """The file of a surprise."""
        return self.folder / f"{self.name}-{n}.npz"

    def save(self, n: int, known: Known) -> None:
        """Keep what follows from a surprise."""
        arrays: dict[str, Array] = {"left": np.array(known.left)}
        for k, piece in enumerate([known.itself, *known.pieces]):
            arrays |= {f"{k}.{m}": leaf for m, leaf in enumerate(leaves(piece))}
        for k, begin in enumerate(known.begin):
            if begin is not None:
                arrays |= {f"f{k}": begin.f, f"g{k}": begin.g}
        for k, moved in enumerate(known.moved):
            if moved is not None:
                arrays |= {f"t{k}": moved.time, f"by{k}": moved.by, f"end{k}": moved.end}
        write(self.path(n), arrays)

    def load(self, n: int, like: Piece) -> Known | None:
        """What was kept of a surprise; None where there is nothing.

        Args:
            n: The surprise.
            like: A piece with sums and parameters of the same names; what is in it does not matter.
        """
        arrays = read(self.path(n))
        if arrays is None:
            return None
        count = arrays["left"].size
        pieces = []
        for k in range(count + 1):
            parts = [arrays[f"{k}.{m}"] for m in range(sum(name.startswith(f"{k}.") for name in arrays))]
            valued = len(parts) > sum(1 for _ in leaves(like))
            form = like._replace(claims={CLAIMS: like.u} if valued else {})
            rest = iter(parts)
            pieces.append(each(lambda _, rest=rest: next(rest), form))
        begin = [Begin(arrays[f"f{k}"], arrays[f"g{k}"]) if f"f{k}" in arrays else None for k in range(count)]
        moved = [
            Moved(arrays[f"t{k}"], arrays[f"by{k}"], arrays[f"end{k}"]) if f"t{k}" in arrays else None
            for k in range(count)
        ]
        return Known(pieces[0], pieces[1:], begin, moved, arrays["left"].tolist())


def write(path: Path, arrays: dict[str, Array]) -> None:
    """Write arrays by name to a file that is there whole or not at all.

    Raises:
        InputError: It cannot be written.
    """
    with whole(path) as draft, draft.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]


def read(path: Path) -> dict[str, Array] | None:
    """Arrays by name; None where there is no file, or it is damaged."""
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        return None
