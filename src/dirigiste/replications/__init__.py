"""Published papers, reproduced: reference numbers beside ours, with a verdict.

    from dirigiste import replications
    outcome = replications.run("restuccia-rogerson-2008")
    outcome.matches, outcome.cells, outcome.tally, outcome.datasets, outcome.pictures

**A replication is a folder of this package** named after the paper, with `reference.yaml` (the numbers, each
table with its place in the paper and the kind of its numbers; see `reference`), the economy as YAML where the
engine solves it, and one module function

    def compute(progress: Progress | None = None) -> Outcome

that computes and compares. Nothing else is required:

    from dirigiste.replications import reference
    from dirigiste.progress import Progress
    from dirigiste.replications.outcome import Outcome, Picture

    def compute(progress: Progress | None = None) -> Outcome:
        ...
        ours = {"table-7": {"loss": [2.514, 3.417]}}        # table id -> row -> one number per column
        holds = {"ranking": (True, "2.19 > 1.52 > .73")}    # statement id -> (whether it holds, the numbers)
        return Outcome(
            cells=reference.compare(reference.load(__package__), ours, holds),
            datasets={"economies": xr.Dataset(...)},           # what was computed, with names and units
            pictures={"wedges": Picture("What it shows", "How to read it.", draw)},  # draw() -> Figure
            notes=["Anything a reader must know."],
        )

An `Entry` in `registry.ENTRIES` lists it: name, title, reference, what is replicated, slow or fast, module,
and what computes it. `dirigiste replicate NAME` prints and writes it, `--all` writes the page
`docs/replications.md`. Numbers in `reference.yaml` are only ever compared with; no `compute` may read them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dirigiste.replications.outcome import Cell, Claim, Outcome, Picture
from dirigiste.replications.registry import ENTRIES, Entry, find

if TYPE_CHECKING:
    from dirigiste.progress import Progress

__all__ = ["ENTRIES", "Cell", "Claim", "Entry", "Outcome", "Picture", "find", "run"]


def run(name: str, *, progress: Progress | None = None) -> Outcome:
    """Compute a replication and compare it with the reference numbers.

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
