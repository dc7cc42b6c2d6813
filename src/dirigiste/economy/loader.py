"""Reads economies from a shipped name, a file or a text: resolves `extends`, reports all faults at once."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from dirigiste.documents import reading
from dirigiste.documents.extends import resolve
from dirigiste.documents.library import Library
from dirigiste.documents.nodes import Document
from dirigiste.economy.build import build
from dirigiste.economy.extends import RULES
from dirigiste.economy.model import Economy

LIBRARY: Final = Library("dirigiste.economy", "economy")


def shipped() -> list[str]:
    """Names of the economies that come with the package."""
    return LIBRARY.names()


def load(name_or_path: str | Path) -> Economy:
    """Read an economy.

    Args:
        name_or_path: Name of a shipped economy, or a YAML file.

    Returns:
        The economy, checked.

    Raises:
        InputError: With every problem: place, dotted key, what was given, what is allowed.
    """
    return of_document(LIBRARY.opened(name_or_path))


def loads(text: str, file: str = "<text>") -> Economy:
    """Read an economy from YAML text; `file` is what messages call it; a relative `extends` starts there.

    Raises:
        InputError: With every problem: place, dotted key, what was given, what is allowed.
    """
    return of_document(reading.parse(text, file=file))


def of_document(document: Document) -> Economy:
    """The economy that a document declares, with what it extends, checked.

    Raises:
        InputError: With every problem.
    """
    return build(Economy, resolve(document, RULES, LIBRARY.opened))
