"""Changes with their events, and what several of them make of a value one after the other."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, Protocol, TypeVar

from dirigiste.chronicle.beliefs import RATE
from dirigiste.chronicle.change import Change
from dirigiste.chronicle.event import Event
from dirigiste.economy import EnforcementEdge
from dirigiste.economy.declaration import EconomyDeclaration


class Dated(Protocol):
    """A change with the event that it belongs to."""

    @property
    def event(self) -> Event:
        """The event."""
        ...

    @property
    def change(self) -> Change:
        """The change."""
        ...


D = TypeVar("D", bound=Dated)


class Step(NamedTuple):
    """A change with the event that it belongs to."""

    event: Event
    change: Change


def compose(value: float, steps: Iterable[Dated], since: Callable[[dt.date], float]) -> float:
    """What changes make of a value, one after the other.

    Args:
        value: Value without them.
        steps: The changes in the order in which they act.
        since: Years that have passed since a date.
    """
    for step in steps:
        value = step.change.apply(value, since(step.event.date), step.event.date)
    return value


def compose_lasting(value: float, steps: Iterable[Dated]) -> float:
    """What changes make of a value in the end: what fades is gone, ramps and series are at their ends."""
    for step in steps:
        value = step.change.apply_lasting(value)
    return value


def steps_to(path: str, steps: Sequence[D], economy: EconomyDeclaration) -> list[D]:
    """Changes to one parameter, in the order in which they act.

    A perceived rate that the economy leaves out is the actual one: what changes the actual rate comes before
    all else.
    """
    base = followed(path, economy)
    before = [] if base is None else steps_to(base, steps, economy)
    return [*before, *(step for step in steps if step.change.parameter == path)]


def followed(path: str, economy: EconomyDeclaration) -> str | None:
    """What a parameter equals as long as nothing sets it: the actual rate, for a perceived one left out."""
    head, _, rest = path.partition(".")
    name, _, field = rest.partition(".")
    edge = economy.edges_by_name.get(name) if head == "edges" and field == RATE else None
    if isinstance(edge, EnforcementEdge) and edge.perceived is None:
        return f"edges.{name}.actual"
    return None
