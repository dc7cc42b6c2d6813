"""The state of a set of channels between two surprises: its present path, approximate or exact, and the parts
of earlier paths that have happened.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dirigiste.numerics.transition import steps
from dirigiste.numerics.transition.path import Begin, Sums
from dirigiste.solver.course import Segment, Terminal

Array = NDArray[np.float64]


CLAIMS = "claims"


class Piece(NamedTuple):
    """Consecutive steps of one path, numpy arrays with the axis of steps first."""

    u: Array
    sums: Sums
    residuals: dict[str, Array]
    parameters: dict[str, Array]
    claims: dict[str, Array] = {}  # noqa: RUF012  (nothing writes into it)
    """What profits to come are worth (T, S), under `CLAIMS`; empty where it was not asked for."""

    def part(self, steps: slice) -> Piece:
        """Some of its steps."""
        return each(lambda x: x[steps], self)


def each(function: Callable[..., Any], *items: Any) -> Any:  # noqa: ANN401
    """Apply a function to the arrays in tuples and dictionaries that have the same form."""
    first = items[0]
    if isinstance(first, dict):
        return {key: each(function, *(item[key] for item in items)) for key in first}
    if isinstance(first, tuple):
        parts = (each(function, *items) for items in zip(*items, strict=True))
        return type(first)(*parts) if hasattr(first, "_fields") else tuple(parts)
    return function(*items)


def middles(edges: Array) -> Array:
    """Middles of steps between some edges."""
    return 0.5 * (edges[1:] + edges[:-1])


def prices_at(time: Array, known: Array, values: Array) -> Array:
    """Columns of values (K, ...) at other times: linear between known times, constant outside them."""
    return np.stack([np.interp(time, known, column) for column in values.T], axis=1)


def times_of_stages(edges: Array) -> Array:
    """Years (2 T,) to which values after each stage of a step belong: its end less the first stage, and its
    beginning.
    """
    return np.stack([edges[1:] - steps.GAMMA * np.diff(edges), edges[:-1]], axis=1).reshape(-1)


def values_at(when: Array, known: Array, values: NDArray[np.floating]) -> Array:
    """Values (K, ...) at other times: linear between known times, constant outside them."""
    below = np.clip(np.searchsorted(known, when, side="right") - 1, 0, None)
    above = np.minimum(below + 1, known.size - 1)
    gap = known[above] - known[below]
    share = np.clip((when - known[below]) / np.where(gap > 0, gap, 1.0), 0.0, 1.0)
    interpolated = np.empty((when.size, *values.shape[1:]))
    for k in range(when.size):
        interpolated[k] = (1.0 - share[k]) * values[below[k]] + share[k] * values[above[k]]
    return interpolated


Date = tuple[Array, ...]
"""Values, row masses and node masses (N, S, J) on a date."""


def masses_before(at: dict[int, Date], n: int) -> Begin:
    """Masses with which surprise n begins."""
    _, f, g = at[n]
    return Begin(f, g)


class State(NamedTuple):
    """The state of a set of channels: its path, and the parts of earlier paths."""

    begin: int
    """Step of the grid at which the path begins."""
    edges: Array
    """(T + 1,) years at which its steps begin and end."""
    terminal: Terminal
    path: Piece
    """All steps of the path."""
    when: Array
    """(K,) years at which values are kept."""
    v: NDArray[np.float32]
    """These values (K, N, S, J), in single precision: a guess for the next path."""
    at: dict[int, Date]
    """For the surprise that interrupts the path, and for earlier ones at which other sets of channels leave
    it: values, row masses and node masses (N, S, J) on the date of that surprise if it does not happen.
    """
    past: tuple[Piece, ...]
    """Parts of earlier paths up to where they were interrupted."""
    segments: tuple[Segment, ...]


@dataclass(frozen=True)
class Handover:
    """What the solution of a surprise passes to that of the next one, each part as soon as it is known: an
    approximate path without the parts before it, values and masses on the dates on which its path is left,
    and the final state.
    """

    rough: Future[State] = field(default_factory=Future)
    at: Future[dict[int, Date]] = field(default_factory=Future)
    state: Future[State] = field(default_factory=Future)

    @classmethod
    def of(cls, state: State) -> Handover:
        """What is passed on from a state that is known already."""
        handover = cls()
        handover.end(state)
        return handover

    def end(self, state: State) -> None:
        """Set the final state, which also serves as the approximate one if there was none."""
        self.state.set_result(state)
        if not self.rough.done():
            self.rough.set_result(state)
        if not self.at.done():
            self.at.set_result(state.at)

    def fail(self, error: BaseException) -> None:
        """Pass an error on to whoever waits for a part that is not known."""
        for part in (self.rough, self.at, self.state):
            if not part.done():
                part.set_exception(error)

    def begin(self, n: int) -> Begin:
        """Masses with which surprise n begins; waits until the path before it is solved."""
        return masses_before(self.at.result(), n)

    @property
    def known(self) -> bool:
        """Whether the final state is known."""
        return self.state.done()

    @property
    def settled(self) -> bool:
        """Whether the final state is known and no approximate one was passed on before it."""
        return self.state.done() and self.rough.result() is self.state.result()
