"""The solution of a chronicle: steps, quantities and surprises of a course, the stationary states at its
ends, and what the solution of another chronicle may start from.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dirigiste.chronicle import Channel
from dirigiste.economy import Economy
from dirigiste.numerics.setup.arrays import Compiled
from dirigiste.numerics.stationary import equilibrium
from dirigiste.numerics.transition.path import Sums
from dirigiste.numerics.transition.sequence import Kernel

Array = NDArray[np.float64]

Channels = frozenset[Channel]


class Steps(NamedTuple):
    """The steps of a course."""

    time: Array
    """(M,) years from the first surprise to which the values of a step belong."""
    length: Array
    """(M,) years."""
    date: list[dt.datetime]
    surprise: NDArray[np.int64]
    """(M,) number of the segment that a step belongs to."""
    stretch: Array
    """(M,) years from the first surprise at which the stretch of a step begins: a jump of parameters."""


class Segment(NamedTuple):
    """The path that owners foresee from one surprise on."""

    date: dt.date
    rounds: int
    seconds: float
    worst: float
    """Largest residual of a market, relative."""
    where: tuple[str, dt.datetime]
    """The market and date of that residual."""
    distance: float
    """L1 distance of the last distribution from the stationary one."""
    horizon: float
    """Years that the surprise looks ahead."""
    v_before: Array
    """Values (N, S, J) that owners would have had on the date without the surprise."""
    v_after: Array
    """Values (N, S, J) on the date with it."""
    g: Array
    """Owners (N, S, J) on the date. These three are empty for sets of channels other than those that act."""


class Course(NamedTuple):
    """What happens along a chronicle in which some or all of its channels act."""

    grid: Steps
    u: Array
    """(M, 4) log wage, interest, transfer, unknown of the quota."""
    sums: Sums
    """Sums over owners, numpy arrays with the axis of steps first."""
    residuals: dict[str, Array]
    """Of each market, values, mass and goods (M,)."""
    parameters: dict[str, Array]
    """Values of the parameters that the chronicle moves (M,)."""
    segments: list[Segment]
    claims: Array | None = None
    """What profits to come are worth, by status (M, S) goods; None where it was not asked for."""


class Terminal(NamedTuple):
    """A stationary state, certified, and the values that the parameters of a chronicle have in it."""

    compiled: Compiled
    solved: equilibrium.Solved
    lasting: dict[str, float]


class Gained(NamedTuple):
    """The difference between a solution and its first guess."""

    time: Array
    """(T,) middles of steps, years."""
    u: Array
    """Unknowns (T, 4)."""
    v: NDArray[np.float16]
    """Values (K, N, S, J) at every other time of `surprises.AFTER`, over `scale`."""
    scale: float


class Neighbour(NamedTuple):
    """What a solved chronicle leaves for others with the same dates and other numbers to start from."""

    economy: Economy
    dates: tuple[dt.date, ...]
    """Of its surprises."""
    before: Terminal
    kernel: Kernel
    """Responses of prices at the state before."""
    gained: dict[tuple[int, Channels], Gained]
    """By surprise and the channels that have acted by then."""

    def fits(self, dates: tuple[dt.date, ...], compiled: Compiled) -> bool:
        """Whether a chronicle with these surprises, on this economy, can start from it."""
        here, there = self.before.compiled, compiled
        return (
            self.dates == dates
            and (here.layout, here.statuses, here.arcs) == (there.layout, there.statuses, there.arcs)
            and here.arrays.shift == there.arrays.shift
            and np.array_equal(here.arrays.wealth, there.arrays.wealth)
            and np.array_equal(here.arrays.ability, there.arrays.ability)
            and self.economy.preferences == there.economy.preferences
        )


@dataclass(frozen=True)
class Solved:
    """The solution of a chronicle on its economy."""

    compiled: Compiled
    before: Terminal
    """The stationary state before the first surprise."""
    after: Terminal
    """The one in which the last path ends."""
    course: Course
    split: dict[Channels, Course] | None
    """The courses of sets of channels, by which effects are decomposed; None if they were not asked for."""
    certificate: dict[str, Any]
    near: Neighbour | None = None
    """What the solution of another chronicle may start from."""
