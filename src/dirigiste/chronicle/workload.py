"""The work that a chronicle takes, estimated before anything is computed: steps, memory and time."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from dirigiste.chronicle.days import years_between
from dirigiste.economy import size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dirigiste.chronicle.declaration import ChronicleDeclaration
    from dirigiste.chronicle.placed_changes import Where
    from dirigiste.economy.declaration import EconomyDeclaration
    from dirigiste.errors import Problem

STATES: Final = 17
"""Arrays over all states that a path has in memory for each of its steps: income, five decisions, values,
masses before and after moves at both stages, and masses at both ends.
"""

ARCS: Final = 3
"""Arrays over all arcs: what can be reached, and flows at both stages."""

TOGETHER: Final = 2
"""Paths that are solved at a time."""

LONG: Final = 800
"""Steps of a path above which it takes very long, and may not be solved at all."""

MOST: Final = 1600
"""Steps of a path above which it is refused: the work grows by more than their square."""

PACE: Final = 3e5
"""Steps times states of all paths that are done in a second, about."""


class Workload(NamedTuple):
    """An estimate of what solving takes."""

    states: int
    steps: int
    """Of the longest path."""
    work: float
    """Steps times states, over the paths of all surprises."""
    memory: int
    """Bytes."""

    def __str__(self) -> str:
        return (
            f"about {self.steps:,} steps on the longest path, {self.states:,} states, "
            f"{size.amount(self.memory)} of memory, {duration(self.work / PACE)}"
        )


def workload(chronicle: ChronicleDeclaration, economy: EconomyDeclaration) -> Workload:
    """An estimate of the work of a chronicle on an economy; 0 if no event changes anything."""
    states, arcs, how = size.states(economy), size.arcs(economy), economy.numerics.path
    dates = chronicle.surprises
    before_next = [years_between(a, b) / how.step + 1.0 for a, b in pairwise(dates)]
    tail = _tail(how.horizon, how.step, how.growth)
    steps = [*(one + tail for one in before_next), how.even / how.step + tail] if dates else []
    paths = TOGETHER * max(steps, default=0.0) * (STATES * states + ARCS * arcs)
    course = 4.0 * (sum(before_next) + tail) * states
    longest = math.ceil(max(steps, default=0.0))
    memory = size.stationary_bytes(economy) + int(8 * (paths + course))
    return Workload(states, longest, sum(steps) * states, memory)


def _tail(horizon: float, step: float, growth: float) -> float:
    """Steps up to the horizon that begin with `step` and grow."""
    if growth - 1.0 < 1e-9:
        return horizon / step
    return math.log1p(horizon / step * (growth - 1.0) / growth) / math.log(growth)


def duration(seconds: float) -> str:
    """A time in words, with one digit, since it is a rough estimate."""
    for unit, name in ((86400.0, "days"), (3600.0, "hours"), (60.0, "minutes")):
        if seconds >= 2.0 * unit:
            return f"{float(f'{seconds / unit:.1g}'):,.0f} {name}"
    return "less than 2 minutes"


def too_much(chronicle: ChronicleDeclaration, economy: EconomyDeclaration, where: Where) -> Iterator[Problem]:
    """Why a chronicle cannot be solved on this machine, with what makes it so large."""
    load = workload(chronicle, economy)
    if load.steps > MOST:
        what = f"a path of about {load.steps:,} steps, above {MOST:,}"
        yield where.problem(*_cause(chronicle, economy, what))
    elif load.memory > size.memory():
        has = f"{size.amount(load.memory)} of memory; this machine has {size.amount(size.memory())}"
        yield where.problem(*_cause(chronicle, economy, has))


def slow(chronicle: ChronicleDeclaration, economy: EconomyDeclaration, where: Where) -> Iterator[Problem]:
    """A warning for a chronicle that takes very long."""
    load = workload(chronicle, economy)
    if LONG < load.steps <= MOST:
        yield where.problem(*_cause(chronicle, economy, f"{load}; this takes very long"))


def _cause(
    chronicle: ChronicleDeclaration, economy: EconomyDeclaration, what: str
) -> tuple[tuple[str | int, ...], str]:
    """The cause, the longest time between two dates or the economy's steps, and what to do about it."""
    how = economy.numerics.path
    gaps = [(years_between(a, b), b) for a, b in pairwise(chronicle.surprises)]
    gap, date = max(gaps, default=(0.0, None))
    finer = "raise numerics.path.step"
    if date is None or gap / how.step < _tail(how.horizon, how.step, how.growth):
        message = (
            f"the steps of {economy.name} ({how.step:g} years at first, to a horizon of {how.horizon:g}) and "
            f"its {size.states(economy):,} states make {what}; {finer} or numerics.path.growth, or lower "
            "numerics.path.horizon or numerics.wealth.points, of the economy"
        )
        return ("economy",), message
    number = next(n for n, event in enumerate(chronicle.events) if event.acts and event.date == date)
    message = (
        f"got {date}, {gap:,.0f} years after the event before: with steps of {how.step:g} years "
        f"({economy.name}, numerics.path.step) that makes {what}; correct the date, leave the event out, or "
        f"{finer}"
    )
    return ("events", number, "date"), message
