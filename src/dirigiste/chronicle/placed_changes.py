"""Changes with the places where they stand, for what the checks of a chronicle say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dirigiste.chronicle.change import Change
from dirigiste.chronicle.event import Event
from dirigiste.documents.nodes import Document, Leaf, Path
from dirigiste.errors import Problem

if TYPE_CHECKING:
    from dirigiste.chronicle.beliefs import Beliefs
    from dirigiste.chronicle.declaration import ChronicleDeclaration
    from dirigiste.economy import Economy


@dataclass(frozen=True, slots=True)
class Spot:
    """A change, its event, and where it stands in the file."""

    event: Event
    change: Change
    path: Path
    written: bool = True
    """Whether it stands there itself, not the case that it comes from."""

    def at(self, key: str) -> Path:
        """Where a key of the change stands; for what a case adds to beliefs, the case."""
        return (*self.path, key) if self.written else self.path


class Where:
    """Makes problems, with places where a document is at hand."""

    def __init__(self, document: Document | None) -> None:
        self.document = document if document is not None else Document(Leaf(None))

    def problem(
        self, path: Path, message: str, suggestion: str | None = None, *, key: bool = False
    ) -> Problem:
        """A problem with what stands at `path`, or with its key."""
        place = self.document.locate(path, key=key)
        file = place.file or self.document.file
        return Problem(file, place.line, place.column, self.document.dotted(path), message, suggestion)


def written(chronicle: ChronicleDeclaration) -> list[Spot]:
    """Changes that stand in the file, in the order in which they act."""
    spots = [
        Spot(event, change, ("events", n, "changes", m))
        for n, event in enumerate(chronicle.events)
        for m, change in enumerate(event.changes)
    ]
    return sorted(spots, key=lambda spot: spot.event.date)


def believed(chronicle: ChronicleDeclaration, beliefs: Beliefs, economy: Economy) -> list[Spot]:
    """What cases add to beliefs, in the order of their dates."""
    spots = [
        Spot(event, change, ("events", n, "case"), written=False)
        for n, event in enumerate(chronicle.events)
        if event.case is not None and (event.case.salience is not None or beliefs.reference is not None)
        for change in beliefs.unfold(event.case, economy)
    ]
    return sorted(spots, key=lambda spot: spot.event.date)


def merged(first: list[Spot], second: list[Spot]) -> list[Spot]:
    """Changes in the order in which they act; those of one date in the order of the lists."""
    return sorted([*first, *second], key=lambda spot: spot.event.date)
