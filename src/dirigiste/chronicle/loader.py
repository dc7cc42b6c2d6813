"""Reads chronicles from a shipped name, a file or a text, and checks them against their economy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dirigiste import economy as economies
from dirigiste.chronicle.checks import check_content, check_references
from dirigiste.chronicle.declaration import SCHEMA_VERSION
from dirigiste.chronicle.model import Chronicle
from dirigiste.chronicle.observed.file import files_of, with_remarks, with_values
from dirigiste.chronicle.placed_changes import Where
from dirigiste.documents import reading, validation
from dirigiste.documents.library import Library, check_version
from dirigiste.documents.words import near
from dirigiste.errors import InputError, Problem

if TYPE_CHECKING:
    from dirigiste.documents.nodes import Document
    from dirigiste.economy import Economy

LIBRARY: Final = Library("dirigiste.chronicle", "chronicle")


def shipped() -> list[str]:
    """Names of the chronicles that come with the package."""
    return LIBRARY.names()


def load(name_or_path: str | Path) -> Chronicle:
    """Read a chronicle and check it against its economy.

    Args:
        name_or_path: Name of a shipped chronicle, or a YAML file. Its `economy` is a file relative to that
            file, or a shipped one.

    Returns:
        The chronicle; `baseline` is its economy.

    Raises:
        InputError: With every problem, in the chronicle and in its economy: place, dotted key, what to do.
    """
    return of_document(LIBRARY.opened(name_or_path))


def loads(text: str, file: str = "<text>") -> Chronicle:
    """Read a chronicle from YAML text; `file` names it in messages, and its economy is relative to it.

    Raises:
        InputError: With every problem, in the chronicle and in its economy: place, dotted key, what to do.
    """
    return of_document(reading.parse(text, file=file))


def of_document(document: Document) -> Chronicle:
    """The chronicle that a document declares, checked against its economy.

    Raises:
        InputError: With every problem, in the chronicle and in its economy.
    """
    check_version(document, SCHEMA_VERSION)
    chronicle, problems = validation.attempt(Chronicle, document)
    data = document.plain()
    economy, faults = _economy_of(data, document)
    problems += [*faults, *check_references(data, economy, document)]
    if chronicle is not None:
        noted = with_remarks(chronicle.observed, document)
        observed, unread = with_values(noted, list(chronicle.sources), Where(document))
        files = files_of(chronicle.observed, document)
        if observed != chronicle.observed:
            chronicle = chronicle.model_copy(update={"observed": observed})
        chronicle._files = files
        problems += unread
        problems += check_content(chronicle, economy, document)
    if problems or chronicle is None:
        raise InputError(problems)
    chronicle._baseline = economy
    return chronicle


def _economy_of(data: dict[str, Any], document: Document) -> tuple[Economy | None, list[Problem]]:
    """The economy that a chronicle names, and the faults met in opening and reading it."""
    named = data.get("economy")
    if not isinstance(named, str) or not named:
        return None, []  # a fault of form, which validation reports
    path = Path(document.file).parent / Path(named).expanduser()
    names = economies.shipped()
    if not path.is_file() and named not in names:
        place = document.locate(("economy",))
        message = (
            f"no such file ({path}), and no shipped economy of that name; shipped are {', '.join(names)}"
        )
        return None, [
            Problem(document.file, place.line, place.column, "economy", message, near(named, names))
        ]
    try:
        return economies.load(path if path.is_file() else named), []
    except InputError as error:
        return None, list(error.problems)
