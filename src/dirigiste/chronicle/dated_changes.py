"""Changes with their events, and the value of a parameter after several of them."""

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


class DatedChange(NamedTuple):
    """A change with the event that it belongs to."""

    event: Event
    change: Change


def compose(value: float, changes: Iterable[Dated], since: Callable[[dt.date], float]) -> float:
    """The value after changes that act one after the other.

    Args:
        value: Value without them.
        changes: The changes in the order in which they act.
        since: Years that have passed since a date.
    """
    for dated in changes:
        value = dated.change.apply(value, since(dated.event.date), dated.event.date)
    return value


def compose_lasting(value: float, changes: Iterable[Dated]) -> float:
    """The value in the long run: ramps and series are at their ends, changes that fade are 0."""
    for dated in changes:
        value = dated.change.apply_lasting(value)
    return value


def to_parameter(path: str, changes: Sequence[D], economy: EconomyDeclaration) -> list[D]:
    """Changes to one parameter, in the order in which they act.

    Where the economy gives no perceived rate of an edge, it is the actual rate: changes to the actual rate
    then come first.
    """
    base = followed(path, economy)
    before = [] if base is None else to_parameter(base, changes, economy)
    return [*before, *(dated for dated in changes if dated.change.parameter == path)]


def followed(path: str, economy: EconomyDeclaration) -> str | None:
    """The parameter that another one equals while it is not given: the actual rate, for a perceived rate."""
    head, _, rest = path.partition(".")
    name, _, field = rest.partition(".")
    edge = economy.edges_by_name.get(name) if head == "edges" and field == RATE else None
    if isinstance(edge, EnforcementEdge) and edge.perceived is None:
        return f"edges.{name}.actual"
    return None
