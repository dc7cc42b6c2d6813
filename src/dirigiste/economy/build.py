"""From a document to a checked economy, or to a list of all its faults of form and of content."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from dirigiste.documents.library import check_version
from dirigiste.documents.validation import attempt
from dirigiste.economy.checks import check_model, check_references
from dirigiste.economy.declaration import SCHEMA_VERSION, EconomyDeclaration
from dirigiste.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dirigiste.documents.nodes import Document, Source

E = TypeVar("E", bound=EconomyDeclaration)


def build(model: type[E], document: Document, *, sources: Mapping[str, Source] | None = None) -> E:
    """Build and check an economy from a document without `extends`.

    Args:
        model: The declaration to build.
        document: The document.
        sources: Where its numbers come from; default: what the document says.

    Raises:
        InputError: With every problem of form and of content.
    """
    check_version(document, SCHEMA_VERSION)
    economy, problems = attempt(model, document)
    problems += check_references(document.plain(), document)
    if economy is not None:
        problems += check_model(economy, document)
    if problems or economy is None:
        raise InputError(problems)
    economy._sources.update(document.sources() if sources is None else sources)
    return economy
