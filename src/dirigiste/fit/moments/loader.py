"""Reads calibration files and binds them to an economy, reporting all faults at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from dirigiste.documents import reading, validation
from dirigiste.documents.library import Library, check_version
from dirigiste.errors import InputError
from dirigiste.fit.moments import binding
from dirigiste.fit.moments.declaration import SCHEMA_VERSION, CalibrationFile

if TYPE_CHECKING:
    from dirigiste.documents.nodes import Document
    from dirigiste.economy import Economy
    from dirigiste.fit.moments.plan import Plan

LIBRARY: Final = Library("dirigiste.fit.moments", "calibration")


def shipped() -> list[str]:
    """Names of the calibrations that come with the package."""
    return LIBRARY.names()


def load(name_or_path: str | Path, economy: Economy) -> Plan:
    """Read a calibration file and check it against an economy.

    Args:
        name_or_path: Name of a shipped calibration, or a YAML file.
        economy: The economy whose parameters are estimated.

    Raises:
        InputError: With every problem: place, dotted key, what was given, what is allowed.
    """
    return of_document(LIBRARY.opened(name_or_path), economy)


def loads(text: str, economy: Economy, file: str = "<text>") -> Plan:
    """Read a calibration from YAML text; `file` is what messages call it.

    Raises:
        InputError: With every problem.
    """
    return of_document(reading.parse(text, file=file), economy)


def of_document(document: Document, economy: Economy) -> Plan:
    """The calibration that a document declares, bound to an economy.

    Raises:
        InputError: With every problem.
    """
    check_version(document, SCHEMA_VERSION)
    declared, problems = validation.attempt(CalibrationFile, document)
    if declared is None:
        raise InputError(problems)
    declared._sources.update(document.sources())
    plan, faults = binding.bind(declared, document, economy)
    if problems or faults or plan is None:
        raise InputError([*problems, *faults])
    return plan


