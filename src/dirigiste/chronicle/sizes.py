"""Numbers of a chronicle by name, so that they can be moved, estimated and drawn: sizes and half-lives of
single changes, the rule of beliefs, and factors on all changes to a parameter or of a channel.

    2020-12-24 edges.crackdown.actual.multiply      a number of a change, by date and parameter; `#2` is added
                                                    to that of a second change to it on the same day
    2020-12-24 case.salience                        of a publicised case
    beliefs.half_life, beliefs.edges.crackdown      of the rule by which cases move beliefs
    scale edges.crackdown.perceived, scale fear     how much stronger all changes to the parameter, or of the
                                                    channel, are than written: 1 as written, 0 none

With a scale s, `multiply: x` becomes x^s, `add: x` becomes s x, and `to: x` becomes v + s (x - v), v the
value in the economy without events; what cases add to beliefs is multiplied by s, which must then be above 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from dirigiste.chronicle.beliefs import RATE
from dirigiste.chronicle.change import Change
from dirigiste.chronicle.channels import CHANNELS
from dirigiste.documents.words import near
from dirigiste.errors import InputError

if TYPE_CHECKING:
    import datetime as dt

    from dirigiste.chronicle.event import Event
    from dirigiste.chronicle.model import Chronicle

SCALE: Final = "scale "

FEAR: Final = "fear"
"""Channel of what cases add to beliefs."""

SHAPES: Final = {"half_life": "half_life", "for": "duration", "over": "over"}
"""Lengths of time of a change: names in files, and of fields."""


@dataclass(frozen=True)
class Size:
    """A number of a chronicle."""

    name: str
    value: float
    unit: str
    moved: Callable[[Chronicle, float], Chronicle]
    """The chronicle with another value of it."""
    since: dt.date
    """First date on which it matters."""

    @property
    def scales(self) -> bool:
        """Whether it is a factor on changes."""
        return self.name.startswith(SCALE)


def sizes(chronicle: Chronicle) -> dict[str, Size]:
    """All numbers of a chronicle, by name: single ones in the order of events, then scales."""
    found = [*_of_changes(chronicle), *_of_cases(chronicle), *_of_beliefs(chronicle), *_scales(chronicle)]
    return {size.name: size for size in found}


def with_sizes(chronicle: Chronicle, values: Mapping[str, float]) -> Chronicle:
    """The chronicle with other numbers; scales come last, on top of what is written or given.

    Raises:
        InputError: There is no number of that name, or the economy does not allow its value.
    """
    known = sizes(chronicle)
    for name in values:
        if name not in known:
            better = near(name, known)
            hint = f"; did you mean `{better}`?" if better else ""
            raise InputError.of(f"the chronicle has no number of this name{hint}", key=name)
    for name in sorted(values, key=lambda name: known[name].scales):
        chronicle = known[name].moved(chronicle, values[name])
    chronicle.check(chronicle.baseline)
    return chronicle


def _of_changes(chronicle: Chronicle) -> Iterator[Size]:
    seen: Counter[str] = Counter()
    for number, event in _in_order(chronicle):
        for k, change in enumerate(event.changes):
            of = f"{event.date} {change.parameter}"
            seen[of] += 1
            mark = "" if seen[of] == 1 else f"#{seen[of]}"
            if change.series is None:
                unit = "factor" if change.operation == "multiply" else f"unit of {change.parameter}"
                yield Size(
                    f"{of}.{change.operation}{mark}",
                    change.size,
                    unit,
                    _change(number, k, change.operation),
                    event.date,
                )
            for name, field in SHAPES.items():
                length = getattr(change, field)
                if length is not None:
                    yield Size(f"{of}.{name}{mark}", length, "years", _change(number, k, name), event.date)


def _of_cases(chronicle: Chronicle) -> Iterator[Size]:
    seen: Counter[dt.date] = Counter()
    for number, event in _in_order(chronicle):
        if event.case is None:
            continue
        seen[event.date] += 1
        mark = "" if seen[event.date] == 1 else f"#{seen[event.date]}"
        field = "salience" if event.case.salience is not None else "size"
        value = getattr(event.case, field)
        unit = "1" if field == "salience" else "US dollars"
        yield Size(f"{event.date} case.{field}{mark}", value, unit, _case(number, field), event.date)


def _of_beliefs(chronicle: Chronicle) -> Iterator[Size]:
    beliefs = chronicle.beliefs
    cases = [event.date for event in chronicle.events if event.case is not None]
    if beliefs is None or not cases:
        return
    numbers = {"half_life": "years", "power": "1", "critics": "1"}
    for field, unit in numbers.items():
        yield Size(f"beliefs.{field}", getattr(beliefs, field), unit, _belief(field), min(cases))
    for edge, weight in beliefs.edges.items():
        yield Size(f"beliefs.edges.{edge}", weight, "1", _weight(edge), min(cases))


def _scales(chronicle: Chronicle) -> Iterator[Size]:
    dates: dict[str, dt.date] = {}
    for event in chronicle.ordered:
        for change in event.changes:
            channel = chronicle.channel_of(change)
            for of in (change.parameter, *((channel,) if channel else ())):
                dates.setdefault(of, event.date)
        if event.case is not None and chronicle.beliefs is not None:
            for of in (*chronicle.beliefs.parameters(), FEAR):
                dates.setdefault(of, event.date)
    for of in sorted(dates, key=lambda of: of in CHANNELS):
        yield Size(f"{SCALE}{of}", 1.0, "1", _scaled(of), dates[of])


def _in_order(chronicle: Chronicle) -> list[tuple[int, Event]]:
    """Events with their numbers in the file, in the order of dates."""
    return sorted(enumerate(chronicle.events), key=lambda pair: pair[1].date)


def _replaced(chronicle: Chronicle, number: int, event: Event) -> Chronicle:
    events = list(chronicle.events)
    events[number] = event
    return chronicle.model_copy(update={"events": tuple(events)})


def _changed(change: Change, fields: Mapping[str, Any]) -> Change:
    return Change.model_validate(change.model_dump(by_alias=True, exclude_unset=True) | dict(fields))


def _change(number: int, k: int, field: str) -> Callable[[Chronicle, float], Chronicle]:
    def moved(chronicle: Chronicle, value: float) -> Chronicle:
        event = chronicle.events[number]
        changes = list(event.changes)
        changes[k] = _changed(changes[k], {field: value})
        return _replaced(chronicle, number, event.model_copy(update={"changes": tuple(changes)}))

    return moved


def _case(number: int, field: str) -> Callable[[Chronicle, float], Chronicle]:
    def moved(chronicle: Chronicle, value: float) -> Chronicle:
        event = chronicle.events[number]
        assert event.case is not None
        case = event.case.model_copy(update={field: value})
        return _replaced(chronicle, number, event.model_copy(update={"case": case}))

    return moved


def _belief(field: str) -> Callable[[Chronicle, float], Chronicle]:
    def moved(chronicle: Chronicle, value: float) -> Chronicle:
        assert chronicle.beliefs is not None
        return chronicle.model_copy(update={"beliefs": chronicle.beliefs.model_copy(update={field: value})})

    return moved


def _weight(edge: str) -> Callable[[Chronicle, float], Chronicle]:
    def moved(chronicle: Chronicle, value: float) -> Chronicle:
        beliefs = chronicle.beliefs
        assert beliefs is not None
        edges = beliefs.edges | {edge: value}
        return chronicle.model_copy(update={"beliefs": beliefs.model_copy(update={"edges": edges})})

    return moved


def _scaled(of: str) -> Callable[[Chronicle, float], Chronicle]:
    """Changes to a parameter, or of a channel, made stronger or weaker."""

    def moved(chronicle: Chronicle, scale: float) -> Chronicle:
        economy = chronicle.baseline

        def scaled(change: Change) -> Change:
            if of not in (change.parameter, chronicle.channel_of(change, economy)):
                return change
            start = float(economy.get(change.parameter))

            def size(x: float) -> float:
                if change.operation == "multiply":
                    return x**scale if x > 0.0 else x
                return scale * x if change.operation == "add" else start + scale * (x - start)

            fields: dict[str, Any] = {change.operation: size(change.size)}
            if change.series is not None:
                fields["series"] = {date: size(x) for date, x in change.series.items()}
            return _changed(change, fields)

        events = tuple(
            event.model_copy(update={"changes": tuple(scaled(change) for change in event.changes)})
            for event in chronicle.events
        )
        return _believed(chronicle.model_copy(update={"events": events}), of, scale)

    return moved


def _believed(chronicle: Chronicle, of: str, scale: float) -> Chronicle:
    """The rule of beliefs made stronger or weaker, where it moves the parameter or is of the channel."""
    beliefs = chronicle.beliefs
    if beliefs is None or not any(event.case is not None for event in chronicle.events):
        return chronicle
    edges = {
        edge: weight * scale if of in (FEAR, f"edges.{edge}.{RATE}") else weight
        for edge, weight in beliefs.edges.items()
    }
    if min(edges.values()) <= 0.0:
        raise InputError.of(f"must be above 0 where cases move beliefs; got {scale:g}", key=f"{SCALE}{of}")
    return chronicle.model_copy(update={"beliefs": beliefs.model_copy(update={"edges": edges})})
