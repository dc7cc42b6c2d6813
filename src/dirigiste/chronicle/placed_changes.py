"""Changes with their positions in the file, for the messages of checks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dirigiste.chronicle.change import Change
from dirigiste.chronicle.event import Event
from dirigiste.documents.nodes import Document, KeyPath, Leaf
from dirigiste.errors import Problem

if TYPE_CHECKING:
    from dirigiste.chronicle.beliefs import Beliefs
    from dirigiste.chronicle.declaration import ChronicleDeclaration
    from dirigiste.economy import Economy


@dataclass(frozen=True, slots=True)
class PlacedChange:
    """A change, its event, and its position in the file."""

    event: Event
    change: Change
    path: KeyPath
    written: bool = True
    """Whether the change itself is in the file, not only the case from which it follows."""

    def at(self, key: str) -> KeyPath:
        """Path of a key of the change; where it follows from a case, the path of the case."""
        return (*self.path, key) if self.written else self.path


class Where:
    """Makes problems, with their positions if there is a document."""

    def __init__(self, document: Document | None) -> None:
        self.document = document if document is not None else Document(Leaf(None))

    def problem(
        self, path: KeyPath, message: str, suggestion: str | None = None, *, key: bool = False
    ) -> Problem:
        """A problem with the value at `path`, or with its key."""
        place = self.document.locate(path, key=key)
        file = place.file or self.document.file
        return Problem(file, place.line, place.column, self.document.dotted(path), message, suggestion)


def written(chronicle: ChronicleDeclaration) -> list[PlacedChange]:
    """Changes that are written in the file, in the order in which they act."""
    entries = [
        PlacedChange(event, change, ("events", n, "changes", m))
        for n, event in enumerate(chronicle.events)
        for m, change in enumerate(event.changes)
    ]
    return sorted(entries, key=lambda entry: entry.event.date)


def believed(chronicle: ChronicleDeclaration, beliefs: Beliefs, economy: Economy) -> list[PlacedChange]:
    """Changes of perceived rates that follow from cases, in the order of their dates."""
    entries = [
        PlacedChange(event, change, ("events", n, "case"), written=False)
        for n, event in enumerate(chronicle.events)
        if event.case is not None and (event.case.salience is not None or beliefs.reference is not None)
        for change in beliefs.unfold(event.case, economy)
    ]
    return sorted(entries, key=lambda entry: entry.event.date)


def merged(first: list[PlacedChange], second: list[PlacedChange]) -> list[PlacedChange]:
    """Changes in the order in which they act; those of one date in the order of the lists."""
    return sorted([*first, *second], key=lambda entry: entry.event.date)
