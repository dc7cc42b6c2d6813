"""Reads sweeps from a file or a text, and checks them against their economies and chronicles."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dirigiste.documents import reading, validation
from dirigiste.documents.library import check_version
from dirigiste.errors import InputError
from dirigiste.sweep.declared import checks
from dirigiste.sweep.declared.declaration import SCHEMA_VERSION
from dirigiste.sweep.model import Sweep

if TYPE_CHECKING:
    from dirigiste.documents.nodes import Document


def load(path: str | Path) -> Sweep:
    """Read a sweep from a YAML file, and check it.

    Raises:
        InputError: With every problem, also in its economies and chronicles: place, dotted key, what to do.
    """
    return of_document(reading.read(Path(path).expanduser()))


def loads(text: str, file: str = "<text>") -> Sweep:
    """Read a sweep from YAML text; `file` names it in messages, and files in it are relative to it.

    Raises:
        InputError: With every problem.
    """
    return of_document(reading.parse(text, file=file))


def of_document(document: Document) -> Sweep:
    """The sweep that a document declares, checked.

    Raises:
        InputError: With every problem.
    """
    check_version(document, SCHEMA_VERSION)
    where = checks.Where(document)
    sweep, problems = validation.attempt(Sweep, document)
    data = document.plain()
    named, faults = checks.subjects(data, where)
    problems += faults
    ready, faults = checks.fixed(data, named, where)
    problems += faults
    missing = checks.references(data, named, where)
    problems += missing
    if sweep is not None:
        sweep._subjects = ready
        problems += checks.axes(sweep, where)
        problems += checks.results(sweep, where) if not missing else []
    if problems or sweep is None:
        raise InputError(problems)
    return sweep
