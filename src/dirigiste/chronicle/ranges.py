"""Whether the economy can follow: values that it refuses at any time, on any path that owners foresee.

After each date on which something changes owners foresee the path that has been announced by then, without
the events that are still to come. A parameter has to stay in range on all of these paths, in the long run
included. Its extremes are looked for where a path can turn: on dates of events, where pulses and ramps end,
on dates of series, in the limit, and by search in stretches where two changes or more move at once. What the
economy asks of several parameters together is tried on all of these days but those found by search.

All channels act. Whether a part of them alone stays in range is left to those who solve with that part.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dirigiste.chronicle.days import DAYS_PER_YEAR
from dirigiste.chronicle.spots import Spot, Where
from dirigiste.chronicle.steps import compose, compose_lasting, steps_to
from dirigiste.errors import InputError, Problem

if TYPE_CHECKING:
    from dirigiste.economy import Economy

BEFORE: Final = 1e-6
"""Days before a date that stand for its left limit."""

SAMPLES: Final = 48
"""Points in a stretch between which an extreme is searched for."""

ROUNDS: Final = 40
"""Rounds of the search; each leaves two thirds of the stretch."""

TIE: Final = 1e-12
"""Relative difference between values that counts as none."""


def out_of_range(spots: list[Spot], economy: Economy, where: Where) -> list[Problem]:
    """Values that the economy refuses, one problem for each parameter.

    Args:
        spots: Changes to parameters that the economy has, in the order in which they act.
        economy: The economy.
        where: Where they stand.
    """
    courses = {
        path: _Course(path, spots, economy) for path in {spot.change.parameter: None for spot in spots}
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
    """A time in words; says so if it is foreseen on a day of `days` after which another one comes first."""
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

    def __init__(self, path: str, spots: list[Spot], economy: Economy) -> None:
        self.spots = steps_to(path, spots, economy)
        self.start = float(economy.get(path))
        self.days = sorted({spot.event.date.toordinal() for spot in self.spots})
        self.turns = sorted({turn for spot in self.spots for turn in _turns(spot)})

    def known(self, day: float) -> list[Spot]:
        """Changes that have been announced by a day."""
        return [spot for spot in self.spots if spot.event.date.toordinal() <= day]

    def value(self, day: float, known: float) -> float:
        """Value on a day (infinite: in the limit), as foreseen on the day `known`."""
        if math.isinf(day):
            return compose_lasting(self.start, self.known(known))
        return compose(self.start, self.known(known), lambda date: (day - date.toordinal()) / DAYS_PER_YEAR)

    def extremes(self) -> tuple[_Extreme, _Extreme]:
        """Least and greatest value on all paths; where several times have it, the one that is told best."""
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
        spots = self.known(known)
        turns = sorted({turn for spot in spots for turn in _turns(spot) if turn > known})
        for turn in turns:
            yield from (turn, turn - BEFORE)
        for begin, end in zip([known, *turns], [*turns, math.inf], strict=True):
            moving = [spot for spot in spots if _moves(spot, begin)]
            if len(moving) > 1:
                yield from self._search(begin, end, moving, known)

    def _search(self, begin: float, end: float, moving: list[Spot], known: int) -> Iterator[float]:
        """The least and the greatest value inside a stretch, by sampling and then by thirds."""
        slowest = max((spot.change.half_life or 0.0 for spot in moving), default=0.0) * DAYS_PER_YEAR
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


def _turns(spot: Spot) -> Iterator[float]:
    """Days on which a change jumps or bends after its event."""
    begin, change = spot.event.date.toordinal(), spot.change
    for years in (change.duration, change.over):
        if years is not None:
            yield begin + years * DAYS_PER_YEAR
    for when in change.series or {}:
        yield when.toordinal()


def _moves(spot: Spot, day: float) -> bool:
    """Whether a change is under way from a day on that is none of its turns."""
    if spot.change.over is not None:
        return day < spot.event.date.toordinal() + spot.change.over * DAYS_PER_YEAR
    return spot.change.half_life is not None


def _alone(courses: dict[str, _Course], economy: Economy, where: Where) -> dict[str, Problem]:
    """Faults of single parameters, by their paths: extremes are tried all at once."""
    extremes = {path: course.extremes() for path, course in courses.items()}
    problems: dict[str, Problem] = {}
    for side in (0, 1):
        try:
            economy.with_({path: both[side].value for path, both in extremes.items()})
        except InputError as error:
            for fault in error.problems:
                path = next((path for path in courses if _about(fault, path)), None)
                if fault.code or path is None:
                    continue  # of several parameters, which may never have these values at once
                extreme = extremes[path][side]
                spot = courses[path].known(extreme.known)[-1]
                when = _when(extreme.day, extreme.known, courses[path].days)
                problems.setdefault(path, _problem(spot, fault, when, where))
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
                spots = [spot for path in values for spot in courses[path].known(known)]
                spots = [spot for spot in spots if _about(fault, spot.change.parameter)] or spots
                spot = max(spots, key=lambda spot: spot.event.date)
                problems.setdefault(
                    spot.change.parameter, _problem(spot, fault, _when(day, known, days), where)
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


def _problem(spot: Spot, fault: Problem, when: str, where: Where) -> Problem:
    message = f"takes `{fault.key}` out of its range {when}: {fault.message}"
    return where.problem(spot.at(spot.change.operation), message)
