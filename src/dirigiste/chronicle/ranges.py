"""Whether parameters stay in range: at any time, on any path that owners foresee.

After each date on which something changes owners foresee the path that has been announced by then, without
the events that are still to come. A parameter has to stay in range on all of these paths, also in the long
run. Its extremes are looked for where a path can turn: on dates of events, where pulses and ramps end, on
dates of series, in the limit, and by search in intervals in which two or more changes move at once.
Conditions on several parameters together are checked on all of these days but those of the search.

All channels act. Whether parameters stay in range when only some channels act is checked when these are
solved.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dirigiste.chronicle.dated_changes import compose, compose_lasting, to_parameter
from dirigiste.chronicle.days import DAYS_PER_YEAR
from dirigiste.chronicle.placed_changes import PlacedChange, Where
from dirigiste.errors import InputError, Problem

if TYPE_CHECKING:
    from dirigiste.economy import Economy

BEFORE: Final = 1e-6
"""Days before a date at which its left limit is evaluated."""

SAMPLES: Final = 48
"""Points of an interval between which an extreme is searched for."""

ROUNDS: Final = 40
"""Rounds of the search; each leaves two thirds of the interval."""

TIE: Final = 1e-12
"""Relative difference between values below which they count as equal."""


def out_of_range(entries: list[PlacedChange], economy: Economy, where: Where) -> list[Problem]:
    """Values that the economy refuses, one problem for each parameter.

    Args:
        entries: Changes to parameters that the economy has, in the order in which they act.
        economy: The economy.
        where: Makes problems with positions.
    """
    courses = {
        path: _Course(path, entries, economy) for path in {entry.change.parameter: None for entry in entries}
    }
    problems = _alone(courses, economy, where)
    _together({path: courses[path] for path in courses if path not in problems}, economy, where, problems)
    return list(problems.values())


@dataclass(frozen=True, slots=True)
class _Extreme:
    """A value, and when it is reached."""

    value: float
    day: float
    """Day on which it is reached; infinite: in the limit."""
    known: int
    """Day on which it is foreseen."""


def _when(day: float, known: int, days: Sequence[int]) -> str:
    """A time in words, with the day `known` on which it is foreseen if another of `days` comes before it."""
    if math.isinf(day):
        words = "in the long run"
    else:
        at = dt.date.fromordinal(math.floor(day + BEFORE))
        words = f"from {at} on" if day == known else f"about {at}"
    following = next((later for later in days if later > known), math.inf)
    if following <= day and not math.isinf(following):
        words += f", as foreseen on {dt.date.fromordinal(known)}"
    return words


class _Course:
    """The paths of one parameter; days are counted as `datetime.date` counts them."""

    def __init__(self, path: str, entries: list[PlacedChange], economy: Economy) -> None:
        self.entries = to_parameter(path, entries, economy)
        self.start = float(economy.get(path))
        self.days = sorted({entry.event.date.toordinal() for entry in self.entries})
        self.turns = sorted({turn for entry in self.entries for turn in _turns(entry)})

    def known(self, day: float) -> list[PlacedChange]:
        """Changes that have been announced by a day."""
        return [entry for entry in self.entries if entry.event.date.toordinal() <= day]

    def value(self, day: float, known: float) -> float:
        """Value on a day (infinite: in the limit), as foreseen on the day `known`."""
        if math.isinf(day):
            return compose_lasting(self.start, self.known(known))
        return compose(self.start, self.known(known), lambda date: (day - date.toordinal()) / DAYS_PER_YEAR)

    def extremes(self) -> tuple[_Extreme, _Extreme]:
        """Least and greatest value on all paths; among equal ones, that of the earliest trial."""
        extremes = [
            _Extreme(self.value(day, known), day, known) for known in self.days for day in self._trials(known)
        ]
        undefined = next((item for item in extremes if math.isnan(item.value)), None)
        if undefined is not None:
            return undefined, undefined
        least = greatest = extremes[0]
        for item in extremes:
            margin = TIE * max(1.0, abs(item.value))
            if item.value < least.value - margin:
                least = item
            if item.value > greatest.value + margin:
                greatest = item
        return least, greatest

    def _trials(self, known: int) -> Iterator[float]:
        """Days on which the path foreseen on the day `known` can have its extremes."""
        yield from (known, math.inf)
        entries = self.known(known)
        turns = sorted({turn for entry in entries for turn in _turns(entry) if turn > known})
        for turn in turns:
            yield from (turn, turn - BEFORE)
        for begin, end in zip([known, *turns], [*turns, math.inf], strict=True):
            moving = [entry for entry in entries if _moves(entry, begin)]
            if len(moving) > 1:
                yield from self._search(begin, end, moving, known)

    def _search(self, begin: float, end: float, moving: list[PlacedChange], known: int) -> Iterator[float]:
        """Days of the least and the greatest value in an interval, by sampling and then ternary search."""
        slowest = max((entry.change.half_life or 0.0 for entry in moving), default=0.0) * DAYS_PER_YEAR
        shares = [n / SAMPLES for n in range(SAMPLES)]
        if math.isinf(end):
            days = [begin + 2 * slowest * share / (1 - share) for share in shares]
        else:
            days = [begin + (end - begin) * share for share in shares] + [end - BEFORE]
        for sign in (1.0, -1.0):
            values = [sign * self.value(day, known) for day in days]
            at = values.index(min(values))
            if 0 < at < len(days) - 1:
                low, high = days[at - 1], days[at + 1]
                for _ in range(ROUNDS):
                    one, two = low + (high - low) / 3, high - (high - low) / 3
                    if sign * self.value(one, known) < sign * self.value(two, known):
                        high = two
                    else:
                        low = one
                yield (low + high) / 2


def _turns(entry: PlacedChange) -> Iterator[float]:
    """Days after its event on which a change jumps or has a kink."""
    begin, change = entry.event.date.toordinal(), entry.change
    for years in (change.duration, change.over):
        if years is not None:
            yield begin + years * DAYS_PER_YEAR
    for when in change.series or {}:
        yield when.toordinal()


def _moves(entry: PlacedChange, day: float) -> bool:
    """Whether a change is moving just after a day."""
    if entry.change.over is not None:
        return day < entry.event.date.toordinal() + entry.change.over * DAYS_PER_YEAR
    return entry.change.half_life is not None


def _alone(courses: dict[str, _Course], economy: Economy, where: Where) -> dict[str, Problem]:
    """Faults of single parameters, by their paths; the extremes of all parameters are tried together."""
    extremes = {path: course.extremes() for path, course in courses.items()}
    problems: dict[str, Problem] = {}
    for side in (0, 1):
        try:
            economy.with_({path: both[side].value for path, both in extremes.items()})
        except InputError as error:
            for fault in error.problems:
                path = next((path for path in courses if _about(fault, path)), None)
                if fault.code or path is None:
                    continue  # a condition on several parameters, which may never have these values at once
                extreme = extremes[path][side]
                entry = courses[path].known(extreme.known)[-1]
                when = _when(extreme.day, extreme.known, courses[path].days)
                problems.setdefault(path, _problem(entry, fault, when, where))
    return problems


def _together(
    courses: dict[str, _Course], economy: Economy, where: Where, problems: dict[str, Problem]
) -> None:
    """Faults of several parameters together, added to `problems` under one of them."""
    tried: set[tuple[float, ...]] = set()
    days = sorted({day for course in courses.values() for day in course.days})
    turns = sorted({turn for course in courses.values() for turn in course.turns})
    for known, day in _moments(days, turns):
        values = {path: course.value(day, known) for path, course in courses.items() if path not in problems}
        if tuple(values.values()) in tried:
            continue
        tried.add(tuple(values.values()))
        try:
            economy.with_(values)
        except InputError as error:
            for fault in error.problems:
                entries = [entry for path in values for entry in courses[path].known(known)]
                entries = [entry for entry in entries if _about(fault, entry.change.parameter)] or entries
                entry = max(entries, key=lambda entry: entry.event.date)
                problems.setdefault(
                    entry.change.parameter, _problem(entry, fault, _when(day, known, days), where)
                )


def _moments(days: Sequence[int], turns: Sequence[float]) -> Iterator[tuple[int, float]]:
    """Days on which owners foresee something new, each with the days to try on the path that they foresee."""
    for known, following in zip(days, [*days[1:], math.inf][: len(days)], strict=True):
        yield known, known
        for turn in turns:
            if known < turn < following:
                yield from ((known, turn), (known, turn - BEFORE))
        yield known, math.inf


def _about(fault: Problem, path: str) -> bool:
    return fault.key == path or fault.key.startswith(f"{path}.")


def _problem(entry: PlacedChange, fault: Problem, when: str, where: Where) -> Problem:
    message = f"takes `{fault.key}` out of its range {when}: {fault.message}"
    return where.problem(entry.at(entry.change.operation), message)
