"""Reads files of uncertain numbers and binds them to a chronicle, reporting all faults at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dirigiste.chronicle.channels import CHANNELS
from dirigiste.chronicle.sizes import SCALE, sizes
from dirigiste.documents import reading, validation
from dirigiste.documents.library import check_version
from dirigiste.documents.words import near
from dirigiste.errors import InputError, Problem
from dirigiste.fit.chronicles.declaration import SCHEMA_VERSION, UncertainNumber, UncertainNumbers
from dirigiste.fit.chronicles.plan import Plan, Uncertain
from dirigiste.fit.moments.scales import Scale
from dirigiste.results.runs.sensitivity import movable, with_number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dirigiste.chronicle import Chronicle
    from dirigiste.chronicle.sizes import Size
    from dirigiste.documents.nodes import Document

HALF = 0.5
"""Standard deviation of the strength of changes where nothing is said about it."""

WEAKEST = (0.0, 0.1, 0.25, 0.5, 0.75)
STRONGEST = (3.0, 2.5, 2.0, 1.75, 1.5, 1.25, 1.1)
"""Bounds of it: the first at which the economy allows the changes."""

SYMMETRIC = 1e-9
"""Difference that is allowed between both halves of a matrix of correlations."""


def load(path: str | Path, chronicle: Chronicle) -> Plan:
    """Read a file of uncertain numbers and check it against a chronicle.

    Raises:
        InputError: With every problem: place, dotted key, what was given, what is allowed.
    """
    return of_document(reading.read(path), chronicle)


def loads(text: str, chronicle: Chronicle, file: str = "<text>") -> Plan:
    """Read uncertain numbers from YAML text; `file` is what messages call it.

    Raises:
        InputError: With every problem.
    """
    return of_document(reading.parse(text, file=file), chronicle)


def of_document(document: Document, chronicle: Chronicle) -> Plan:
    """The uncertain numbers that a document declares, bound to a chronicle.

    Raises:
        InputError: With every problem.
    """
    check_version(document, SCHEMA_VERSION)
    declared, problems = validation.attempt(UncertainNumbers, document)
    if declared is None:
        raise InputError(problems)
    known = movable(chronicle, ["*"])
    problems += _unknown(document, "numbers", declared.numbers, known, "number of the chronicle")
    problems += _unknown(document, "series", declared.series, chronicle.observed, "observed series")
    problems += _impossible(document, declared, known)
    problems += _uncorrelated(document, declared)
    if problems:
        raise InputError(problems)
    return bound(declared, chronicle)


def scales(chronicle: Chronicle) -> Plan:
    """All changes to each parameter known up to a factor: half as strong to half as strong again as written,
    give or take a standard deviation, as far as the economy allows it. An assumption for where nothing better
    is known.
    """
    why = "half as strong to half as strong again as written"
    numbers = {
        name: UncertainNumber(mean=1.0, sd=HALF, bounds=_allowed(chronicle, size), why=why)
        for name, size in sizes(chronicle).items()
        if size.scales and name.removeprefix(SCALE) not in CHANNELS
    }
    title = "Strength of changes, known up to a half"
    return bound(UncertainNumbers(name="scales", title=title, numbers=numbers), chronicle)


def _allowed(chronicle: Chronicle, size: Size) -> tuple[float, float]:
    """Weakest and strongest factor on changes that the economy allows."""

    def allows(value: float) -> bool:
        try:
            with_number(chronicle, size, value)
        except InputError:
            return False
        return True

    low, high = (next(filter(allows, tries), 1.0) for tries in (WEAKEST, STRONGEST))
    return low, high


def bound(declared: UncertainNumbers, chronicle: Chronicle) -> Plan:
    """Uncertain numbers of a chronicle, all of whose names are known."""
    known = movable(chronicle, list(declared.numbers))
    numbers = tuple(_uncertain(known[name], number) for name, number in declared.numbers.items())
    correlation = np.eye(len(numbers)) if declared.correlation is None else np.array(declared.correlation)
    return Plan(chronicle, declared, numbers, correlation)


def _uncertain(size: Size, number: UncertainNumber) -> Uncertain:
    scale = Scale(number.transform, *number.limits)
    mean = size.value if number.mean is None else number.mean
    return Uncertain(size, scale, scale.of(mean), number.sd)


def _problem(document: Document, path: tuple[str, ...], message: str, better: str | None = None) -> Problem:
    place = document.locate(path)
    return Problem(place.file, place.line, place.column, ".".join(path), message, better)


def _unknown(document: Document, section: str, names: object, known: object, what: str) -> Iterator[Problem]:
    names, known = list(names), list(known)  # type: ignore[call-overload]
    for name in names:
        if name not in known:
            there = f"; there are {', '.join(known)}" if 0 < len(known) <= 12 else ""
            if not known:
                there = "; the chronicle has none"
            better = near(name, known)
            yield _problem(document, (section, name), f"there is no {what} of this name{there}", better)


def _impossible(document: Document, declared: UncertainNumbers, known: dict[str, Size]) -> Iterator[Problem]:
    for name, number in declared.numbers.items():
        if name not in known:
            continue
        mean = known[name].value if number.mean is None else number.mean
        low, high = number.limits
        at = ("numbers", name)
        if number.transform == "log" and mean <= 0.0:
            yield _problem(document, at, f"must be above 0 with `transform: log`; its mean is {mean:g}")
        elif not low <= mean <= high or (number.transform == "logit" and mean in (low, high)):
            yield _problem(document, at, f"the mean {mean:g} lies outside of [{low:g}, {high:g}]")


def _uncorrelated(document: Document, declared: UncertainNumbers) -> Iterator[Problem]:
    if declared.correlation is None:
        return
    count, rows = len(declared.numbers), declared.correlation
    at = ("correlation",)
    if [len(row) for row in rows] != [count] * count:
        yield _problem(document, at, f"must have {count} rows of {count} numbers, one for each of `numbers`")
        return
    matrix = np.array(rows)
    if np.abs(np.diag(matrix) - 1.0).max() > SYMMETRIC or np.abs(matrix - matrix.T).max() > SYMMETRIC:
        yield _problem(document, at, "must be symmetric, with 1 on its diagonal")
    elif np.linalg.eigvalsh(matrix).min() < -SYMMETRIC:
        yield _problem(document, at, "is no matrix of correlations: it has a negative eigenvalue")
