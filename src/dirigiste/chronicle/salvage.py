"""What can be read of a chronicle with faults of form, so that all its faults are told at once.

What cannot be read is replaced by entries that change nothing; events, changes and discrepancies keep their
numbers.
"""

from __future__ import annotations

from typing import Any, Final, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from dirigiste.chronicle.beliefs import Beliefs, Case, Weight
from dirigiste.chronicle.change import Change
from dirigiste.chronicle.days import Day
from dirigiste.chronicle.event import ASSUMPTION, Discrepancy, Event, Source
from dirigiste.chronicle.model import Chronicle

M = TypeVar("M", bound=BaseModel)

DAY: Final[TypeAdapter[Any]] = TypeAdapter(Day)

WEIGHT: Final[TypeAdapter[float]] = TypeAdapter(Weight)

LONG_AGO: Final = "0001-01-01"

CHANGE: Final = Change.model_construct(parameter="", add=0.0, why="?")
"""A change that says nothing, not even to what."""

CASE: Final = Case.model_construct(size=None, salience=1.0)

DISCREPANCY: Final = Discrepancy(claim="?", claim_source=ASSUMPTION, record="?", record_source=ASSUMPTION)

SOURCE: Final = Source.model_validate({"title": "?", "publisher": "?", "date": "?", "quality": "read"})

EVENT: Final = Event.model_validate(
    {"date": LONG_AGO, "title": "?", "sources": [ASSUMPTION], "no_effect": "?"}
)


def readable(data: dict[str, Any]) -> tuple[Chronicle, frozenset[str]]:
    """The readable part of a chronicle, and the parameters with a change that is not, or without its date."""
    given, bibliography, rule = data.get("events"), data.get("sources"), data.get("beliefs")
    sources = bibliography if isinstance(bibliography, dict) else {}
    beliefs = None if rule is None else _beliefs(rule)
    events: list[Event] = []
    unread: set[str] = set()
    for item in given if isinstance(given, list) else []:
        event = _or(Event, item, EVENT)
        if event is EVENT and isinstance(item, dict):
            event = _event(item)
            unread |= _touched(item, beliefs)
        events.append(event)
    if beliefs is not None and not _reads(Beliefs, rule):
        unread |= set(beliefs.parameters())
    chronicle = Chronicle.model_construct(
        name="?",
        economy="?",
        sources={id_: _or(Source, item, SOURCE) for id_, item in sources.items()},
        beliefs=beliefs,
        events=tuple(events),
    )
    return chronicle, frozenset(unread)


def _event(item: dict[str, Any]) -> Event:
    """The readable part of an event that has a fault of form."""
    sources = [id_ if isinstance(id_, str) else ASSUMPTION for id_ in _items(item, "sources")]
    quality = item.get("quality")
    return Event.model_construct(
        date=DAY.validate_python(item["date"] if _reads(DAY, item.get("date")) else LONG_AGO),
        title="?",
        sources=tuple(sources or [ASSUMPTION]),
        quality=quality if quality in ("read", "remembered", "unsure") else None,
        discrepancies=tuple(_or(Discrepancy, one, DISCREPANCY) for one in _items(item, "discrepancies")),
        changes=tuple(_or(Change, one, CHANGE) for one in _items(item, "changes")),
        case=None if item.get("case") is None else _or(Case, item["case"], CASE),
    )


def _touched(item: dict[str, Any], beliefs: Beliefs | None) -> set[str]:
    """Parameters of an event with a fault whose values nobody knows: all, where it has no date."""
    dated = _reads(DAY, item.get("date"))
    changes = [one for one in _items(item, "changes") if isinstance(one, dict)]
    found = {str(one.get("parameter")) for one in changes if not dated or not _reads(Change, one)}
    case = item.get("case")
    if beliefs is not None and case is not None and not (dated and _reads(Case, case)):
        found |= set(beliefs.parameters())
    return found


def _beliefs(rule: object) -> Beliefs:
    """The belief rule, or as many of its edges as can be read."""
    try:
        return Beliefs.model_validate(rule)
    except ValidationError:
        weights = rule.get("edges") if isinstance(rule, dict) else None
        named = weights if isinstance(weights, dict) else {}
        edges = {name: weight if _reads(WEIGHT, weight) else 1.0 for name, weight in named.items()}
        return Beliefs.model_construct(
            half_life=1.0, reference=1.0, power=1.0, edges=edges, critics=1.0, source=ASSUMPTION
        )


def _items(item: dict[str, Any], key: str) -> list[Any]:
    found = item.get(key)
    return found if isinstance(found, list) else []


def _reads(model: type[BaseModel] | TypeAdapter[Any], data: object) -> bool:
    try:
        model.validate_python(data) if isinstance(model, TypeAdapter) else model.model_validate(data)
    except ValidationError:
        return False
    return True


def _or(model: type[M], data: object, otherwise: M) -> M:
    try:
        return model.model_validate(data)
    except ValidationError:
        return otherwise
