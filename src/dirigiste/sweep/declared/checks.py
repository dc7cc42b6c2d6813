"""Checks of a sweep beyond its form: files and names that must exist, values that must be possible.

Each reads plain data as far as it can, so that all faults are told at once.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dirigiste.chronicle import Chronicle
from dirigiste.documents.words import near
from dirigiste.errors import InputError, Problem
from dirigiste.loading import load
from dirigiste.results.quantities import outcomes as names
from dirigiste.sweep.declared import outcomes, subject
from dirigiste.sweep.declared.declaration import DRAWN, RESERVED
from dirigiste.sweep.points import design

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dirigiste.documents.nodes import Document, KeyPath
    from dirigiste.economy import Economy
    from dirigiste.sweep.declared.declaration import Axis
    from dirigiste.sweep.model import Sweep

TRIED: Final = 50
"""Values of an axis that are tried in turn; of more, the first and the last."""


class Where:
    """Makes problems at places of a document."""

    def __init__(self, document: Document) -> None:
        self.document = document

    def problem(
        self, path: KeyPath, message: str, suggestion: str | None = None, *, key: bool = False
    ) -> Problem:
        """A problem at a path."""
        place = self.document.locate(path, key=key)
        dotted = self.document.dotted(path)
        return Problem(self.document.file, place.line, place.column, dotted, message, suggestion)

    def moved(self, path: KeyPath, error: InputError, *, key: bool = False) -> list[Problem]:
        """The problems of an error without places, at a path."""
        return [
            self.problem(path, f"`{fault.key}`: {fault.message}" if fault.key else fault.message,
                         fault.suggestion, key=key)
            for fault in error.problems
        ]


def subjects(data: Mapping[str, Any], where: Where) -> tuple[dict[str, Economy | Chronicle], list[Problem]]:
    """The economies or chronicles that a file names, and what is wrong with them."""
    found: dict[str, Economy | Chronicle] = {}
    problems: list[Problem] = []
    for name, path, kind in _named(data):
        try:
            declared = _opened(str(name), kind, Path(where.document.file).parent)
        except InputError as error:
            placed = [fault for fault in error.problems if fault.line]
            others = InputError([fault for fault in error.problems if not fault.line])
            problems += [*placed, *where.moved(path, others)]
            continue
        first = next(iter(found.values()), declared)
        if isinstance(first, Chronicle) != isinstance(declared, Chronicle):
            problems.append(where.problem(path, "must be all economies or all chronicles"))
            continue
        found["" if kind is not None else str(name)] = declared
    return found, problems


def _named(data: Mapping[str, Any]) -> Iterable[tuple[str, KeyPath, str | None]]:
    """What is named, where, and as what."""
    for kind in ("economy", "chronicle"):
        if isinstance(data.get(kind), str) and data[kind]:
            yield data[kind], (kind,), kind
    axes = data.get("axes")
    for axis, content in axes.items() if isinstance(axes, dict) else ():
        files = content.get("files") if isinstance(content, dict) else None
        for n, file in enumerate(files if isinstance(files, list) else ()):
            if isinstance(file, str):
                yield file, ("axes", axis, "files", n), None


def _opened(name: str, kind: str | None, folder: Path) -> Economy | Chronicle:
    path = folder / Path(name).expanduser()
    declared = load(path if path.is_file() else name)
    if kind is not None and isinstance(declared, Chronicle) != (kind == "chronicle"):
        other = "economy" if kind == "chronicle" else "chronicle"
        raise InputError.of(f"`{name}` is no {kind}: give it as `{other}`")
    return declared


def fixed(
    data: Mapping[str, Any], found: Mapping[str, Economy | Chronicle], where: Where
) -> tuple[dict[str, Economy | Chronicle], list[Problem]]:
    """Economies or chronicles with the settings that all points have."""
    changes = data.get("set")
    if not isinstance(changes, dict) or not changes:
        return dict(found), []
    changed: dict[str, Economy | Chronicle] = {}
    problems: list[Problem] = []
    for name, declared in found.items():
        good, faults = dict(changes), []
        for path in changes:
            try:
                subject.get(declared, path)
            except InputError as error:
                faults += _unknown(error, path, ("set", path), where)
                del good[path]
        try:
            moved = subject.changed(declared, good)
        except InputError as error:
            for fault in error.problems:
                at = next((path for path in good if fault.key.startswith(path)), None)
                faults += where.moved(("set",) if at is None else ("set", at), InputError([fault]))
        else:
            if not faults:
                changed[name] = moved
        problems += faults
    return changed, problems


def _unknown(error: InputError, path: str, place: KeyPath, where: Where) -> list[Problem]:
    fault = error.problems[0]
    return [where.problem(place, f"there is no parameter `{path}`", fault.suggestion, key=place[-1] == path)]


def references(
    data: Mapping[str, Any], found: Mapping[str, Economy | Chronicle], where: Where
) -> list[Problem]:
    """Parameters, outcomes and replications that must exist.

    Reads plain data, so that it works despite faults of form.
    """
    problems: list[Problem] = []
    listed = data.get("axes")
    for name, content in listed.items() if isinstance(listed, dict) else ():
        if isinstance(content, dict) and "files" not in content:
            for path, place in _moved(name, content.get("parameter")):
                problems += _missing(path, place, found, where)
    texts = data.get("outcomes")
    given = [text if isinstance(text, str) else "" for text in texts] if isinstance(texts, list) else []
    known = known_outcomes(found, replications=data.get("replications") is not None)
    if known:
        paths = any(isinstance(item, Chronicle) for item in found.values())
        for n, error in outcomes.read(given, known, paths=paths)[1]:
            faults = error.problems if given[n] else ()  # of form, which validation reports
            problems += [where.problem(("outcomes", n), f.message, f.suggestion) for f in faults]
    return problems + _papers(data.get("replications"), where)


def _moved(name: str, given: object) -> list[tuple[str, KeyPath]]:
    """Parameters that an axis moves, with their places."""
    if given is None:
        return [(name, ("axes", name))]
    if isinstance(given, str):
        return [(given, ("axes", name, "parameter"))]
    listed = given if isinstance(given, list | tuple) else ()
    return [(path, ("axes", name, "parameter", n)) for n, path in enumerate(listed) if isinstance(path, str)]


def _missing(
    path: str, place: KeyPath, found: Mapping[str, Economy | Chronicle], where: Where
) -> list[Problem]:
    for declared in found.values():
        try:
            subject.get(declared, path)
        except InputError as error:
            return _unknown(error, path, place, where)
    return []


def known_outcomes(found: Mapping[str, Economy | Chronicle], *, replications: bool) -> list[str]:
    """Names of outcomes that all points have."""
    if replications:
        return list(outcomes.REPLICATIONS)
    lists = [
        names.names_of_path(item.baseline) if isinstance(item, Chronicle) else names.names(item)
        for item in found.values()
    ]
    return [name for name in lists[0] if all(name in other for other in lists[1:])] if lists else []


def axes(sweep: Sweep, where: Where) -> list[Problem]:
    """What is wrong with axes: parameters that must exist, values that must be possible, their numbers."""
    problems: list[Problem] = []
    lengths = {name: design.size(axis) for name, axis in sweep.axes.items()}
    for name, axis in sweep.axes.items():
        place = ("axes", name)
        if name in RESERVED:
            message = f"the column `{name}` is taken: choose another name"
            problems.append(where.problem(place, message, key=True))
        if axis.range is not None:
            counted = len(axis.range) == 3
            if sweep.design == "grid" and not counted:
                message = "says no number of values, which a grid needs: [lowest, highest, number]"
                problems.append(where.problem((*place, "range"), message))
            elif sweep.design in DRAWN and counted:
                message = f"says a number of values, which `{sweep.design}` does not use: leave it out"
                problems.append(where.problem((*place, "range"), message))
            elif sweep.design == "list" and not counted:
                message = "says no number of values, which a list needs: [lowest, highest, number]"
                problems.append(where.problem((*place, "range"), message))
        first = next(iter(lengths.values()))
        if sweep.design == "list" and lengths[name] != first:
            message = f"has {lengths[name]} values, the first axis {first}: in a list all have as many"
            problems.append(where.problem(place, message, key=True))
        for declared in sweep.subjects.values():
            problems += _values(name, axis, declared, where)
    taken: dict[str, str] = {}
    for name, axis in sweep.axes.items():
        for path in () if axis.files is not None else paths(name, axis):
            if path in taken:
                message = f"moves `{path}`, which the axis `{taken[path]}` moves as well"
                problems.append(where.problem(("axes", name), message, key=True))
            elif path in sweep.set:
                message = f"moves `{path}`, which `set` fixes: keep one of them"
                problems.append(where.problem(("axes", name), message, key=True))
            taken.setdefault(path, name)
    moving = [name for name, axis in sweep.axes.items() if axis.files is not None]
    for name in moving[1:]:
        problems.append(where.problem(("axes", name), f"`{moving[0]}` is an axis of files already", key=True))
    if not problems and design.count(sweep) > design.MOST:
        message = f"{design.count(sweep):,} points are too many: {design.MOST:,} at most"
        problems.append(where.problem(("axes",), message, key=True))
    return problems


def paths(name: str, axis: Axis) -> tuple[str, ...]:
    """Parameters that an axis moves."""
    return axis.parameter if axis.parameter is not None else (name,)


def _values(name: str, axis: Axis, declared: Economy | Chronicle, where: Where) -> list[Problem]:
    """Values of an axis that are not possible while all other axes leave things as they are."""
    if axis.files is not None:
        return []
    moved: dict[str, object] = {}
    for path in paths(name, axis):
        try:
            moved[path] = subject.get(declared, path)
        except InputError:
            return []  # in `references`
        number = isinstance(moved[path], int | float) and not isinstance(moved[path], bool)
        if (axis.relative or axis.range is not None) and not number:
            return [where.problem(("axes", name), f"`{path}` is no number", key=True)]
    problems: list[Problem] = []
    for place, value in _tried(name, axis):
        try:
            subject.changed(declared, settings(axis, moved, value))
        except InputError as error:
            problems += where.moved(place, error)
    return problems


def settings(axis: Axis, base: Mapping[str, Any], value: Any) -> dict[str, Any]:  # noqa: ANN401
    """What a value of an axis sets, by dotted path, where parameters have the values `base` without it."""
    return {path: was * value if axis.relative else value for path, was in base.items()}


def _tried(name: str, axis: Axis) -> list[tuple[KeyPath, Any]]:
    """Values that are tried, with their places."""
    key, given = ("values", axis.values) if axis.range is None else ("range", axis.range[:2])
    tried = list(enumerate(given or ()))
    few = tried if len(tried) <= TRIED else tried[:: len(tried) - 1]
    return [(("axes", name, key, n), value) for n, value in few]


def results(sweep: Sweep, where: Where) -> list[Problem]:
    """Columns of outcomes that are taken, and dates outside of paths."""
    problems: list[Problem] = []
    for outcome in sweep.kept:
        place = ("outcomes", next((n for n, text in enumerate(sweep.outcomes) if outcome.text in text), 0))
        if outcome.column in (*RESERVED, *sweep.columns):
            message = f"the column `{outcome.column}` is taken: give the outcome another name before ="
            problems.append(where.problem(place, message))
        for part in outcome.parts.values():
            if part.when[0].isdigit():
                problems += _beyond(part.when, sweep, place, where)
    return problems


def _beyond(when: str, sweep: Sweep, place: KeyPath, where: Where) -> list[Problem]:
    """A date before the first event, or after the end of the path."""
    for declared in sweep.subjects.values():
        assert isinstance(declared, Chronicle)  # others have no dates
        first, last = declared.surprises[0], declared.surprises[-1]
        ends = last.year + declared.baseline.numerics.path.horizon
        asked = dt.date.fromisoformat(when).year if "-" in when else float(when)
        early = dt.date.fromisoformat(when) < first if "-" in when else asked < first.year
        if early or asked > ends:
            message = f"`@ {when}` lies outside of the path, which goes from {first} to about {ends:.0f}"
            return [where.problem(place, message)]
    return []


def _papers(given: object, where: Where) -> list[Problem]:
    from dirigiste.replications import ENTRIES

    known = [entry.name for entry in ENTRIES]
    listed = [given] if isinstance(given, str) else given if isinstance(given, list) else []
    problems = []
    for n, name in enumerate(listed):
        if isinstance(name, str) and name not in known:
            place: KeyPath = ("replications",) if isinstance(given, str) else ("replications", n)
            better = near(name, known)
            hint = "" if better else f"; there are {', '.join(known)}"
            problems.append(where.problem(place, f"there is no replication `{name}`{hint}", better))
    return problems
