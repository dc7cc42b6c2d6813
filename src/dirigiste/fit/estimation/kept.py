"""What a calibration has computed so far, kept in a folder, so that one that was stopped goes on.

Two files of JSON lines: `evaluations.jsonl` has every solved or failed set of parameters, `starts.jsonl`
every finished search. A line that was cut short is not read. `calibration.id` holds the hash of the
problem and the version of the program.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dirigiste.errors import InputError
from dirigiste.outputs import make, write_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

CALIBRATION: Final = "calibration"
EVALUATIONS: Final = "evaluations.jsonl"
STARTS: Final = "starts.jsonl"


class Kept:
    """Evaluations and finished searches of one problem; in memory alone without a folder."""

    def __init__(self, folder: Path | None, problem: str, what: str = CALIBRATION) -> None:
        """Open a folder, or make it.

        Args:
            folder: The folder.
            problem: Hash of the problem.
            what: What it is, for messages and the name of the file with the hash.

        Raises:
            InputError: The folder holds another problem, or cannot be written.
        """
        self.folder = folder
        self.moments: dict[str, dict[str, Any]] = {}
        self.jacobians: dict[str, list[list[float]]] = {}
        self.starts: dict[str, dict[str, Any]] = {}
        if folder is None:
            return
        claim(folder, problem, what)
        for line in _lines(folder / EVALUATIONS):
            if "jacobian" in line:
                self.jacobians[line["key"]] = line["jacobian"]
            else:
                self.moments[line["key"]] = line
        for line in _lines(folder / STARTS):
            self.starts[line["key"]] = line

    def keep_moments(self, key: str, x: Sequence[float], values: Sequence[float], why: str) -> None:
        """Keep moments at parameters, or why there are none."""
        self.moments[key] = {"key": key, "x": list(x), "moments": list(values), "why": why}
        self._append(EVALUATIONS, self.moments[key])

    def keep_jacobian(self, key: str, matrix: list[list[float]]) -> None:
        """Keep derivatives of moments in parameters."""
        self.jacobians[key] = matrix
        self._append(EVALUATIONS, {"key": key, "jacobian": matrix})

    def keep_start(self, key: str, found: dict[str, Any]) -> None:
        """Keep a finished search."""
        self.starts[key] = {"key": key, **found}
        self._append(STARTS, self.starts[key])

    def _append(self, name: str, line: dict[str, Any]) -> None:
        if self.folder is None:
            return
        path = self.folder / name
        cut = path.is_file() and path.stat().st_size and not path.read_bytes().endswith(b"\n")
        with path.open("a", encoding="utf-8") as out:
            out.write(("\n" if cut else "") + json.dumps(line) + "\n")


def claim(folder: Path, problem: str, what: str) -> None:
    """Make a folder, and mark it with the hash of the problem whose results it keeps.

    Raises:
        InputError: The folder holds another problem, or cannot be written.
    """
    make(folder)
    name = folder / f"{what}.id"
    if name.is_file() and name.read_text(encoding="utf-8").strip() != problem:
        raise InputError.of(
            f"holds a {what} of other parameters, moments or numbers; give another folder, or remove it",
            file=str(folder),
        )
    write_text(name, problem + "\n")


def key(x: Iterable[float]) -> str:
    """A name of parameters, the same for the same bits."""
    return " ".join(float(value).hex() for value in x)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    if not path.is_file():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            content = json.loads(line)
        except json.JSONDecodeError:
            continue  # cut short when the program was stopped
        if isinstance(content, dict) and "key" in content:
            yield content
