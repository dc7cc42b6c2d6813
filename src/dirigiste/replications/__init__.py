"""Published papers, reproduced: the published numbers beside ours, with a verdict.

    from dirigiste import replications
    outcome = replications.run("restuccia-rogerson-2008")
    outcome.matches, outcome.cells, outcome.datasets, outcome.pictures

**A replication is a folder of this package** named after the paper, with `published.yaml` (the numbers, each
table with its place in the paper, where we have it from, and its tolerance; see `published`), the economy as
YAML where the engine solves it, and one module function

    def compute(progress: Progress | None = None) -> Outcome

that computes and compares. Nothing else is required:

    from dirigiste.replications import published
    from dirigiste.progress import Progress
    from dirigiste.replications.outcome import Outcome, Picture

    def compute(progress: Progress | None = None) -> Outcome:
        ...
        numbers = published.load(__package__)
        ours = {"table-7": {"loss": [2.514, 3.417]}}        # table id -> row -> one number per column
        holds = {"ranking": (True, "2.19 > 1.52 > .73")}    # claim id -> (does it hold, what we found)
        return Outcome(
            cells=published.compare(numbers, ours, holds),
            datasets={"economies": xr.Dataset(...)},           # what was computed, with names and units
            pictures={"wedges": Picture("What it finds", "How to read it.", draw)},  # draw() -> Figure
            notes=["Anything a reader must know."],
        )

An `Entry` in `registry.ENTRIES` lists it: name, title, reference, what is replicated, slow or fast, module.
`dirigiste replicate NAME` prints and writes it, `--all` writes the page `docs/replications.md`. Numbers in
`published.yaml` are only ever compared with; no `compute` may read them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dirigiste.replications.outcome import Cell, Claim, Outcome, Picture
from dirigiste.replications.registry import ENTRIES, Entry, find

if TYPE_CHECKING:
    from dirigiste.progress import Progress

__all__ = ["ENTRIES", "Cell", "Claim", "Entry", "Outcome", "Picture", "find", "run"]


def run(name: str, *, progress: Progress | None = None) -> Outcome:
    """Compute a replication and compare it with the published numbers.

    Args:
        name: Its name in `registry.ENTRIES`, such as `midrigan-xu-2014`.
        progress: Called with stage, round and largest residual.

    Returns:
        Cells with verdicts, datasets, pictures, notes.

    Raises:
        InputError: There is no such replication.
        NotConverged: The computation misses its own tolerance (which is not the same as a cell that does).
    """
    return find(name).compute(progress)
