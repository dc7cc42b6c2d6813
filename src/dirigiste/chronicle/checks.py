"""What the form of a chronicle does not show: references, dates, and whether its economy can follow it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dirigiste.chronicle.change import Change
from dirigiste.chronicle.channels import CHANNELS
from dirigiste.chronicle.days import years_between
from dirigiste.chronicle.event import ASSUMPTION, Event
from dirigiste.economy.messages import near, one_of
from dirigiste.economy.nodes import Document, Leaf, Path
from dirigiste.errors import InputError, Problem

if TYPE_CHECKING:
    import datetime as dt

    from dirigiste.chronicle.model import Chronicle
    from dirigiste.economy import Economy

RANK: Final = {"read": 2, "recomputed": 2, "remembered": 1, "unsure": 0}
"""How good knowledge is."""

FIXED: Final = ("numerics.", "ability.distribution.")
"""Beginnings of paths that no event can change: how it is solved, and the points of the ability law."""


@dataclass(frozen=True, slots=True)
class _Spot:
    """A change, its event, and where it stands in the file."""

    event: Event
    change: Change
    path: Path


def of_form(chronicle: Chronicle, document: Document | None = None) -> list[Problem]:
    """Faults that show without the economy: sources, reasons, changes that fight each other."""
    where = _Where(document)
    return [*_citations(chronicle, where), *_reasons(chronicle, where), *_fights(chronicle, where)]


def on_economy(chronicle: Chronicle, economy: Economy, document: Document | None = None) -> list[Problem]:
    """Faults that show on the economy: parameters that it lacks, idle factors, values out of range."""
    where = _Where(document)
    numbers = {parameter.path for parameter in economy.parameters()}
    problems: list[Problem] = []
    good: list[_Spot] = []
    for spot in _spots(chronicle):
        fault = _unknown(spot, economy, numbers, where)
        if fault is None:
            good.append(spot)
            if chronicle.channel_of(spot.change, economy) is None:
                message = f"`{spot.change.parameter}` belongs to no channel of its own; add `channel`"
                message += f": one of {one_of(CHANNELS)}"
                problems.append(where.problem((*spot.path, "parameter"), message))
        else:
            problems.append(fault)
    return [*problems, *_idle(good, economy, where), *_ranges(good, economy, where)]


class _Where:
    """Makes problems, with places where a document is at hand."""

    def __init__(self, document: Document | None) -> None:
        self.document = document if document is not None else Document(Leaf(None))

    def problem(self, path: Path, message: str, suggestion: str | None = None) -> Problem:
        place = self.document.locate(path)
        file = place.file or self.document.file
        return Problem(file, place.line, place.column, self.document.dotted(path), message, suggestion)


def _spots(chronicle: Chronicle) -> list[_Spot]:
    """Changes in the order in which they act."""
    spots = [
        _Spot(event, change, ("events", n, "changes", m))
        for n, event in enumerate(chronicle.events)
        for m, change in enumerate(event.changes)
    ]
    return sorted(spots, key=lambda spot: spot.event.date)


def _citations(chronicle: Chronicle, where: _Where) -> Iterator[Problem]:
    """Sources that are not in the bibliography, and facts that are better known than all they rest on."""
    known = [*chronicle.sources, ASSUMPTION]
    for n, event in enumerate(chronicle.events):
        cited: list[tuple[Path, str]] = [
            (("events", n, "sources", m), id_) for m, id_ in enumerate(event.sources)
        ]
        for m, item in enumerate(event.discrepancies):
            cited.append((("events", n, "discrepancies", m, "claim_source"), item.claim_source))
            cited.append((("events", n, "discrepancies", m, "record_source"), item.record_source))
        for path, id_ in cited:
            if id_ not in known:
                message = f"`{id_}` is not among `sources`; add it there, or write {ASSUMPTION}"
                yield where.problem(path, message, near(id_, known))
        qualities = [chronicle.sources[id_].quality for id_ in event.sources if id_ in chronicle.sources]
        best = max((RANK[quality] for quality in qualities), default=0)
        if event.quality is not None and qualities and RANK[event.quality] > best:
            message = (
                f"must not be better than the sources cited ({', '.join(qualities)}); got '{event.quality}'"
            )
            yield where.problem(("events", n, "quality"), message)


def _reasons(chronicle: Chronicle, where: _Where) -> Iterator[Problem]:
    """Changes without a reason, by events that cite a source; series that begin too early."""
    for spot in _spots(chronicle):
        if not spot.event.assumed and not spot.change.why:
            message = "`why` is missing: say why the event changes this parameter in this way"
            yield where.problem(spot.path, message)
        for when in spot.change.series or {}:
            if when <= spot.event.date:
                message = f"must hold dates after that of the event ({spot.event.date}); got {when}"
                yield where.problem((*spot.path, "series"), message)


def _fights(chronicle: Chronicle, where: _Where) -> Iterator[Problem]:
    """Changes of one date to one parameter of which one is `to`: which comes last would decide."""
    first: dict[tuple[dt.date, str], _Spot] = {}
    for spot in _spots(chronicle):
        key = (spot.event.date, spot.change.parameter)
        other = first.setdefault(key, spot)
        if other is not spot and "to" in (spot.change.operation, other.change.operation):
            line = where.document.locate((*other.path, "parameter")).line
            first_at = f" (first at line {line})" if line else ""
            message = (
                f"`{spot.change.parameter}` is changed twice on {spot.event.date}{first_at}, "
                "and one of the changes is `to`; keep one, or use `multiply` or `add` for both"
            )
            yield where.problem((*spot.path, "parameter"), message)


def _unknown(spot: _Spot, economy: Economy, numbers: set[str], where: _Where) -> Problem | None:
    path = spot.change.parameter
    if path.startswith(FIXED):
        return where.problem((*spot.path, "parameter"), f"`{path}` cannot be changed by an event")
    if path in numbers:
        return None
    suggestion: str | None = None
    message = f"`{path}` is not a number of the economy {economy.name}"
    try:
        economy.get(path)
    except InputError as error:
        message = f"the economy {economy.name} has no parameter `{path}`"
        better = error.problems[0].suggestion
        suggestion = better if better in numbers else None
    return where.problem((*spot.path, "parameter"), message, suggestion or near(path, numbers))


def _idle(spots: list[_Spot], economy: Economy, where: _Where) -> Iterator[Problem]:
    """Factors on a value that is zero."""
    for n, spot in enumerate(spots):
        if spot.change.operation != "multiply":
            continue
        if _value(spots[:n], spot.change.parameter, economy, _at(spot.event.date)) == 0.0:
            message = f"`{spot.change.parameter}` is 0 here, so a factor changes nothing; use `add` or `to`"
            yield where.problem((*spot.path, "multiply"), message)


Unfold = Callable[[Event, Change, float], float]


def _at(when: dt.date) -> Unfold:
    return lambda event, change, value: change.apply(value, years_between(event.date, when), event.date)


def _in_the_end(event: Event, change: Change, value: float) -> float:  # noqa: ARG001  (same shape as `_at`)
    return change.apply_lasting(value)


def _value(spots: list[_Spot], path: str, economy: Economy, unfold: Unfold) -> float:
    value = float(economy.get(path))
    for spot in spots:
        if spot.change.parameter == path:
            value = unfold(spot.event, spot.change, value)
    return value


def _ranges(spots: list[_Spot], economy: Economy, where: _Where) -> list[Problem]:
    """Values that the economy refuses, on the date of a change or in the end."""
    problems: dict[str, Problem] = {}
    for n, spot in enumerate(spots):
        if n + 1 < len(spots) and spots[n + 1].event.date == spot.event.date:
            continue  # the last of its date tries them all
        day = spot.event.date
        _try(spots[: n + 1], economy, _at(day), f"from {day} on", where, problems)
    if spots:
        _try(spots, economy, _in_the_end, "in the long run", where, problems)
    return list(problems.values())


def _try(
    spots: list[_Spot],
    economy: Economy,
    unfold: Unfold,
    when: str,
    where: _Where,
    problems: dict[str, Problem],
) -> None:
    values = {
        path: _value(spots, path, economy, unfold) for path in {spot.change.parameter: None for spot in spots}
    }
    values = {path: value for path, value in values.items() if path not in problems}
    try:
        economy.with_(values)
    except InputError as error:
        for fault in error.problems:
            culprits = [spot for spot in spots if fault.key.startswith(spot.change.parameter)] or spots
            spot = culprits[-1]
            message = f"takes `{fault.key}` out of its range {when}: {fault.message}"
            problems.setdefault(
                spot.change.parameter, where.problem((*spot.path, spot.change.operation), message)
            )
