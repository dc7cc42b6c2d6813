"""A chronicle on a grid of time steps: when parameters change, and what owners foresee on each date
(docs/method.md, section 10).

The whole chronicle has one grid of steps that happen. Its edges are the dates on which something changes
(surprises, ends of pulses and ramps, dates of series), even steps between them and for some time after, and
steps that grow from there on. The first step after each surprise is so short that no state variable moves in
it: it holds the impact of the surprise.

The path that owners foresee after a surprise has the steps of that grid until the next surprise interrupts
it, and steps of its own, which grow sooner, after that.
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

from dirigiste.chronicle.dated_changes import DatedChange, compose, compose_lasting
from dirigiste.chronicle.days import DAYS_PER_YEAR, years_between
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
"""First step after a surprise relative to the longest one: responses are fastest at first."""

GROWTH_AFTER_NEWS: Final = 1.5
"""Growth factor of steps after a surprise until they have the longest length."""

GROWTH_BEYOND: Final = 1.3
"""Least growth factor of the steps after the surprise that interrupts a path: these steps never happen."""


@dataclass(frozen=True)
class Grid:
    """Steps in years from the first surprise."""

    first: dt.date
    edges: Array
    """(G + 1,) years at which steps begin and end."""
    surprises: tuple[int, ...]
    """Number of the step that begins on the date of each surprise."""
    bends: tuple[float, ...]
    """Years at which a change under way jumps or has a kink."""
    jumps: tuple[float, ...]
    """Those of them at which it jumps."""
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
    def stretch(self) -> Array:
        """Years from the first surprise at which the stretch of steps begins that a step belongs to (G,): the
        last surprise before it, or the last jump of a parameter. Prices may jump between two stretches.
        """
        begins = self.edges[:-1]
        starts = np.zeros(begins.size, dtype=bool)
        starts[list(self.surprises)] = True
        for jump in self.jumps:
            starts |= np.abs(begins - jump) <= 1e-9
        return begins[np.maximum.accumulate(np.where(starts, np.arange(begins.size), 0))]

    @cached_property
    def dates(self) -> list[dt.datetime]:
        """Dates of `time`."""
        return [self.date(float(years)) for years in self.time]

    def date(self, years: float) -> dt.datetime:
        """The date some years after the first surprise."""
        return dt.datetime.combine(self.first, dt.time()) + dt.timedelta(days=years * DAYS_PER_YEAR)

    def ahead(self, surprise: int, until: int | None) -> Array:
        """Edges (T + 1,) of the path that owners foresee from a surprise on, if surprise number `until`
        interrupts it (None: no other does).
        """
        begin = self.surprises[surprise]
        if until is None:
            return tail(list(self.edges[begin:]), self.how, self.bends)
        happen = list(self.edges[begin : self.surprises[until] + 1])
        how = self.how.model_copy(update={"growth": max(self.how.growth, GROWTH_BEYOND)})
        return tail(happen, how, self.bends)


def grid(chronicle: Chronicle, how: PathSteps) -> Grid:
    """The grid of a chronicle."""
    dates = chronicle.surprises
    if not dates:
        raise InputError.of("no event changes anything: there is no path to solve", key="events")
    first = dates[0]
    surprises = [years_between(first, date) for date in dates]
    jumping, kinked = (
        {round(m, 6) for m in marks if min(abs(m - s) for s in surprises) > 2 * INSTANT}
        for marks in _marks(chronicle, first)
    )
    bends = sorted(jumping | kinked)
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
    whole, jumps = np.array([*edges[: at[-1]], *last]), tuple(sorted(jumping))
    return Grid(first, whole, tuple(at), tuple(bends), jumps, how)


def even_steps(length: float, longest: float, first: float) -> Array:
    """Lengths of steps that fill `length` years: about `first` in the beginning, growing to at most
    `longest`.
    """
    steps: list[float] = []
    step, done = first, 0.0
    while done < length * (1.0 - 1e-9):
        steps.append(step)
        done += step
        step = min(step * GROWTH_AFTER_NEWS, longest)
    lengths = np.array(steps)
    return lengths * (length / lengths.sum())


def tail(edges: list[float], how: PathSteps, bends: Collection[float]) -> Array:
    """Edges, continued with steps that grow up to the horizon; the edges nearest to bends move onto them.

    Steps grow by `GROWTH_AFTER_NEWS` until they are as long as `how.step`, then by at most the growth of
    `how`, so that the last one ends at the horizon.
    """
    edges = list(edges)
    left = edges[0] + how.horizon - edges[-1]
    step = edges[-1] - edges[-2]
    while left > how.step and step * GROWTH_AFTER_NEWS < how.step:
        step = max(step * GROWTH_AFTER_NEWS, FIRST * how.step)
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
    movable = moved > edges[0] + 2 * INSTANT  # only edges of the tail, each to at most one bend
    movable[: len(edges) - least] = False
    movable[-1] = False
    for bend in bends:
        if edges[0] + 2 * INSTANT < bend < moved[-1] and np.abs(moved - bend).min() > 1e-9:
            near = int(np.where(movable, np.abs(moved - bend), np.inf).argmin())
            if movable[near]:
                moved[near], movable[near] = bend, False
    return np.sort(moved)


def root(of: Callable[[float], float], low: float, high: float) -> float:
    """The root of a function of one variable between `low` and `high`."""
    return float(np.asarray(brentq(of, low, high)))


def _length(growth: float, steps: int) -> float:
    """Sum of growth^1 ... growth^steps."""
    return float(np.sum(growth ** np.arange(1, steps + 1)))


def _marks(chronicle: Chronicle, first: dt.date) -> tuple[set[float], set[float]]:
    """Times at which a change under way jumps (ends of pulses, dates of series), and at which it has a kink
    (ends of ramps).
    """
    jumps: set[float] = set()
    kinks: set[float] = set()
    for path in chronicle.parameters:
        for event, change in chronicle.changes_to(path):
            begin = years_between(first, event.date)
            jumps |= {years_between(first, when) for when in change.series or {}}
            if change.duration is not None:
                jumps.add(begin + change.duration)
            if change.over is not None:
                kinks.add(begin + change.over)
    return jumps, kinks


class Timeline:
    """The values that parameters take along a chronicle, step by step."""

    def __init__(self, chronicle: Chronicle, economy: Economy, grid: Grid) -> None:
        self.chronicle = chronicle
        self.economy = economy
        self.grid = grid
        self.channels = chronicle.channels(economy)
        self._changes = {
            path: [
                (dated, chronicle.channel_of(dated.change, economy))
                for dated in chronicle.changes_to(path, economy)
            ]
            for path in chronicle.parameters
        }
        """By parameter: changes in the order in which they act, with their channels."""

    def acts(self, surprise: int, channels: Collection[Channel]) -> frozenset[Channel]:
        """Those of `channels` through which the events of a surprise act."""
        date = self.chronicle.surprises[surprise]
        acting = {
            channel
            for changes in self._changes.values()
            for dated, channel in changes
            if dated.event.date == date
        }
        return frozenset(channel for channel in channels if channel in acting)

    def values(self, known: int, channels: Collection[Channel], edges: Array) -> dict[str, Array]:
        """Values of all parameters in steps with given edges (T + 1,), as announced by surprise number
        `known`.
        """
        middles = [float(years) for years in 0.5 * (edges[1:] + edges[:-1])]
        values = {}
        for path, changes in self._announced(known, channels).items():
            start = float(self.economy.get(path))
            if changes:
                values[path] = np.array([compose(start, changes, self._since(years)) for years in middles])
            else:
                values[path] = np.full(len(middles), start)
        return values

    def following(self, known: int, channels: Collection[Channel]) -> int | None:
        """The next surprise after number `known` in which one of the channels acts."""
        later = range(known + 1, len(self.grid.surprises))
        return next((n for n in later if self.acts(n, channels)), None)

    def lasting(self, known: int, channels: Collection[Channel]) -> dict[str, float]:
        """Long-run values of the parameters, as announced by surprise number `known`."""
        announced = self._announced(known, channels)
        return {
            path: compose_lasting(float(self.economy.get(path)), changes)
            for path, changes in announced.items()
        }

    def ranges(self, channels: Collection[Channel]) -> dict[str, tuple[float, float]]:
        """Least and greatest value that each parameter takes on any path."""
        ranges = {path: [float(self.economy.get(path))] for path in self._changes}
        for known in range(len(self.grid.surprises)):
            edges = self.grid.edges[self.grid.surprises[known] :]
            for path, value in self.values(known, channels, edges).items():
                ranges[path] += [float(value.min()), float(value.max())]
            for path, value in self.lasting(known, channels).items():
                ranges[path].append(value)
        return {path: (min(values), max(values)) for path, values in ranges.items()}

    def _announced(self, known: int, channels: Collection[Channel]) -> dict[str, list[DatedChange]]:
        """By parameter: the changes of some channels that are announced by surprise number `known`."""
        date = self.chronicle.surprises[known]
        return {
            path: [dated for dated, channel in changes if dated.event.date <= date and channel in channels]
            for path, changes in self._changes.items()
        }

    def _since(self, years: float) -> Callable[[dt.date], float]:
        """Years that have passed since a date, some years after the first surprise."""
        return lambda date: years - years_between(self.grid.first, date)
