"""What a run with draws has computed so far, kept in a folder, so that one that was stopped goes on: files of
arrays, each there whole or not at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from dirigiste.fit.estimation.kept import claim

if TYPE_CHECKING:
    from pathlib import Path

    from dirigiste.solver.kept_responses import Kept

Array = NDArray[np.float64]

WHAT: Final = "run with draws"
"""What a folder holds, for messages and the name of the file with its hash."""


class Store:
    """Arrays by name, in a folder; none are kept without one."""

    def __init__(self, folder: Path | None, problem: str) -> None:
        """Open a folder, or make it.

        Args:
            folder: The folder.
            problem: Hash of all that the results depend on.

        Raises:
            InputError: The folder holds another problem, or cannot be written.
        """
        self.folder = folder
        if folder is not None:
            claim(folder, problem, WHAT)

    def responses(self, name: str) -> Kept | None:
        """Where the responses of the paths of some channels are kept, surprise by surprise."""
        if self.folder is None:
            return None
        from dirigiste.solver.kept_responses import Kept

        return Kept(self.folder, f"responses-{name}")

    def save(self, name: str, arrays: dict[str, Array]) -> None:
        """Keep arrays."""
        if self.folder is not None:
            from dirigiste.solver import kept_responses

            kept_responses.write(self.folder / f"{name}.npz", arrays)

    def load(self, name: str) -> dict[str, Array] | None:
        """Arrays that were kept; None where there are none."""
        if self.folder is None:
            return None
        from dirigiste.solver import kept_responses

        return kept_responses.read(self.folder / f"{name}.npz")


def parts_there(folder: Path) -> int:
    """How many parts of a run that was stopped are in its folder."""
    return sum(1 for _ in folder.glob("[!.]*.npz"))
