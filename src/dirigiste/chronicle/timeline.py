"""A chronicle on a grid of steps: when things change, and what owners foresee on each date.

What happens is told on one grid for the whole chronicle. Its edges are the dates on which something
changes (surprises, ends of pulses and ramps, dates of series), even steps between them and for some time
after, and steps that grow from there on. Each surprise is followed by an instant, a step too short for
anything to move in, so that the impact of the surprise is on the grid.

What owners foresee after a surprise follows that grid until the next surprise interrupts it, and has steps of
its own from there on, which grow sooner.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from dirigiste.chronicle.days import DAYS_PER_YEAR, years_between
from dirigiste.chronicle.steps import Step, compose, compose_lasting
from dirigiste.errors import InputError

if TYPE_CHECKING:
    from dirigiste.chronicle.channels import Channel
    from dirigiste.chronicle.model import Chronicle
    from dirigiste.economy import Economy
    from dirigiste.economy.numerics import PathSteps

Array = NDArray[np.float64]

INSTANT: Final = 1e-4
"""Length in years of the step that holds the impact of a surprise (53 minutes)."""

FIRST: Final = 0.25
"""First step after a surprise over the longest: what is news moves fastest at first."""

RISE: Final = 1.5
"""Growth of steps after a surprise until they are as long as steps may be."""

FASTER: Final = 1.3
"""Least growth of the steps beyond the surprise that interrupts a path: what happens in them is never
told."""


@dataclass(frozen=True)
class Grid:
    """Steps in years from the first surprise."""

    first: dt.date
    edges: Array
    """(G + 1,) years at which steps begin and end."""
    surprises: tuple[int, ...]
    """Number of the step that begins on the date of each surprise."""
    bends: tuple[float, ...]
    """Years at which a change that is under way bends."""
    how: PathSteps

    @cached_property
    def lengths(self) -> Array:
        """Years of each step (G,)."""
        return np.diff(self.edges)

    @cached_property
    def time(self) -> Array:
        """Years from the first surprise to which the numbers of a step belong: its middle (G,), and for the
        impact of a surprise its date.
        """
        middles = 0.5 * (self.edges[1:] + self.edges[:-1])
        middles[list(self.surprises)] = self.edges[list(self.surprises)]
        return middles

    @cached_property
    def dates(self) -> list[dt.datetime]:
        """Dates of `time`."""
        return [self.date(float(years)) for years in self.time]

    def date(self, years: float) -> dt.datetime:
        """The date some years after the first surprise."""
        return dt.datetime.combine(self.first, dt.time()) + dt.timedelta(days=years * DAYS_PER_YEAR)

    def ahead(self, surprise: int, until: int | None) -> Array:
        """Edges (T + 1,) of the path that a surprise announces, if surprise number `until` interrupts it
        (None: no other does).
        """
        begin = self.surprises[surprise]
        if until is None:
            return tail(list(self.edges[begin:]), self.how, self.bends)
        lived = list(self.edges[begin : self.surprises[until] + 1])
        how = self.how.model_copy(update={"growth": max(self.how.growth, FASTER)})
        return tail(lived, how, self.bends)


def grid(chronicle: Chronicle, how: PathSteps) -> Grid:
    """The grid of a chronicle."""
    dates = chronicle.surprises
    if not dates:
        raise InputError.of("no event changes anything: there is no path to solve", key="events")
    first = dates[0]
    surprises = [years_between(first, date) for date in dates]
    bends = sorted(
        {round(m, 6) for m in _marks(chronicle, first) if min(abs(m - s) for s in surprises) > 2 * INSTANT}
    )
    even = surprises[-1] + how.even
    marks = sorted({*surprises, *(mark for mark in bends if mark < even), even})
    edges: list[float] = []
    at: list[int] = []
    for begin, end in pairwise(marks):
        start, news = begin, begin in surprises
        if news:
            at.append(len(edges))
            edges.append(begin)
            start += INSTANT
        lengths = even_steps(end - start, how.step, FIRST * how.step if news else how.step)
        edges += list(start + np.concatenate([[0.0], np.cumsum(lengths)[:-1]]))
    edges.append(even)
    last = tail(edges[at[-1] :], how, bends)
    return Grid(first, np.array([*edges[: at[-1]], *last]), tuple(at), tuple(bends), how)


def even_steps(length: float, longest: float, first: float) -> Array:
    """Lengths of steps that fill `length` years: about `first` in the beginning, growing to at most
    `longest`.
    """
    steps: list[float] = []
    step, done = first, 0.0
    while done < length * (1.0 - 1e-9):
        steps.append(step)
        done += step
        step = min(step * RISE, longest)
    lengths = np.array(steps)
    return lengths * (length / lengths.sum())


def tail(edges: list[float], how: PathSteps, bends: Collection[float]) -> Array:
    """Edges with steps after the last one that grow up to the horizon, bends among them.

    Steps grow by `RISE` until they are as long as `how.step`, then by at most the growth of `how`, so that
    the last one ends at the horizon.
    """
    edges = list(edges)
    left = edges[0] + how.horizon - edges[-1]
    step = edges[-1] - edges[-2]
    while left > how.step and step * RISE < how.step:
        step = max(step * RISE, FIRST * how.step)
        edges.append(edges[-1] + step)
        left -= step
    least = 0
    if left > INSTANT:
        least = 1
        while _length(how.growth, least) * how.step < left:
            least += 1
        growth = root(lambda x: _length(x, least) * how.step - left, 1e-3, max(how.growth, 1.0) + 1e-9)
        edges += list(edges[-1] + how.step * np.cumsum(growth ** np.arange(1, least + 1)))
    moved = np.array(edges)
    gives_way = moved > edges[0] + 2 * INSTANT  # only steps of the tail, and each to one bend
    gives_way[: len(edges) - least] = False
    gives_way[-1] = False
    for bend in bends:
        if edges[0] + 2 * INSTANT < bend < moved[-1] and np.abs(moved - bend).min() > 1e-9:
            near = int(np.where(gives_way, np.abs(moved - bend), np.inf).argmin())
            if gives_way[near]:
                moved[near], gives_way[near] = bend, False
    return np.sort(moved)


def root(of: Callable[[float], float], low: float, high: float) -> float:
    """Where a function of one number is nil."""
    return float(np.asarray(brentq(of, low, high)))


def _length(growth: float, steps: int) -> float:
    """Sum of growth^1 ... growth^steps."""
    return float(np.sum(growth ** np.arange(1, steps + 1)))


def _marks(chronicle: Chronicle, first: dt.date) -> set[float]:
    """Times at which a change that is under way bends: ends of pulses and ramps, dates of series."""
    bends: set[float] = set()
    for path in chronicle.parameters:
        for event, change in chronicle.steps(path):
            begin = years_between(first, event.date)
            bends |= {begin + length for length in (change.duration, change.over) if length is not None}
            bends |= {years_between(first, when) for when in change.series or {}}
    return bends


class Timeline:
    """The values that parameters take along a chronicle, step by step."""

    def __init__(self, chronicle: Chronicle, economy: Economy, grid: Grid) -> None:
        self.chronicle = chronicle
        self.economy = economy
        self.grid = grid
        self.channels = chronicle.channels(economy)
        self._steps = {
            path: [
                (step, chronicle.channel_of(step.change, economy)) for step in chronicle.steps(path, economy)
            ]
            for path in chronicle.parameters
        }
        """By parameter: changes in the order in which they act, with their channels."""

    def acts(self, surprise: int, channels: Collection[Channel]) -> frozenset[Channel]:
        """Those of the channels through which the events of a surprise act."""
        date = self.chronicle.surprises[surprise]
        acting = {
            channel for steps in self._steps.values() for step, channel in steps if step.event.date == date
        }
        return frozenset(channel for channel in channels if channel in acting)

    def values(self, known: int, channels: Collection[Channel], edges: Array) -> dict[str, Array]:
        """Values of all parameters in steps with given edges (T + 1,), as announced by surprise number
        `known`.
        """
        middles = [float(years) for years in 0.5 * (edges[1:] + edges[:-1])]
        values = {}
        for path, steps in self._announced(known, channels).items():
            start = float(self.economy.get(path))
            values[path] = np.array([compose(start, steps, self._since(years)) for years in middles])
        return values

    def following(self, known: int, channels: Collection[Channel]) -> int | None:
        """The next surprise after number `known` in which one of the channels acts."""
        later = range(known + 1, len(self.grid.surprises))
        return next((n for n in later if self.acts(n, channels)), None)

    def lasting(self, known: int, channels: Collection[Channel]) -> dict[str, float]:
        """Values in the end of what is announced by surprise number `known`."""
        announced = self._announced(known, channels)
        return {
            path: compose_lasting(float(self.economy.get(path)), steps) for path, steps in announced.items()
        }

    def ranges(self, channels: Collection[Channel]) -> dict[str, tuple[float, float]]:
        """Least and greatest value that each parameter takes on any path."""
        ranges = {path: [float(self.economy.get(path))] for path in self._steps}
        for known in range(len(self.grid.surprises)):
            edges = self.grid.edges[self.grid.surprises[known] :]
            for path, value in self.values(known, channels, edges).items():
                ranges[path] += [float(value.min()), float(value.max())]
            for path, value in self.lasting(known, channels).items():
                ranges[path].append(value)
        return {path: (min(values), max(values)) for path, values in ranges.items()}

    def _announced(self, known: int, channels: Collection[Channel]) -> dict[str, list[Step]]:
        """By parameter: the changes of some channels that are announced by surprise number `known`."""
        date = self.chronicle.surprises[known]
        return {
            path: [step for step, channel in steps if step.event.date <= date and channel in channels]
            for path, steps in self._steps.items()
        }

    def _since(self, years: float) -> Callable[[dt.date], float]:
        """Years that have passed since a date, some years after the first surprise."""
        return lambda date: years - years_between(self.grid.first, date)
