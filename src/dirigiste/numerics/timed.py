"""Parameters that change in time: the arrays of an economy with an axis of steps in front.

A `Frame` is an economy with the parameters that may change. Most parameters stand in the arrays as they are;
where, is found by compiling the economy twice with different values. For those the steps of a path are
filled in without compiling; fines and fees also move the landings; any other parameter (the rate of an
ability law, say) is compiled for every value that it takes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from dirigiste.economy import Economy
from dirigiste.errors import InputError
from dirigiste.numerics.arrays import Arrays, Compiled, compile_economy, landings

Array = NDArray[np.float64]

SHARED = (
    "wealth",
    "ability",
    "origin",
    "destination",
    "destination_of",
    "choice",
    "leaves",
    "redraws",
    "start",
    "class_of",
    "class_mass",
)
"""Arrays that are the same at all times."""

STACKED = tuple(name for name in Arrays._fields if name not in SHARED)
"""Arrays that may change from step to step."""

LANDINGS = ("landing", "lottery_below", "lottery_share")


class Timed(NamedTuple):
    """Arrays of every step: `stacked` by the names of `STACKED`, each (T, ...), and given prices (T, 3)."""

    stacked: dict[str, jax.Array]
    given: Array


def on_date(m: Arrays, stacked: dict[str, jax.Array], date: jax.Array) -> Arrays:
    """The arrays of one step."""
    return m._replace(**{name: field[date] for name, field in stacked.items()})


@dataclass(frozen=True)
class Frame:
    """An economy, the parameters that may change, and where they stand in its arrays."""

    compiled: Compiled
    parameters: tuple[str, ...]
    entries: Mapping[str, tuple[tuple[str, tuple[int, ...]], ...]]
    """Places of the parameters that stand in the arrays as they are: names of arrays and indices."""
    others: tuple[str, ...]
    """Parameters that need compiling."""
    moving: frozenset[str]

    def at(self, values: Mapping[str, float]) -> Compiled:
        """The economy with some values, in the layout of the frame."""
        return compile_economy(self.compiled.economy.with_(dict(values)), self.moving)

    def over(self, values: Mapping[str, Array], steps: int) -> Timed:
        """Arrays of `steps` steps with the values (T,) of the parameters that change."""
        fields = {name: np.asarray(getattr(self.compiled.arrays, name)) for name in STACKED}
        fields["given"] = np.array(self.compiled.given)
        timed = {name: np.repeat(field[None], steps, axis=0) for name, field in fields.items()}
        changing = [path for path in self.others if path in values]
        if changing:
            self._compile(timed, {path: values[path] for path in changing}, steps)
        for path, places in self.entries.items():
            if path in values:
                for name, index in places:
                    timed[name][(slice(None), *index)] = values[path]
        nodes, jumping = np.asarray(self.compiled.arrays.wealth), self.compiled.layout.jumps
        timed.update(landings(nodes, timed["fine"], timed["fee"], jumping))
        given = timed.pop("given")
        return Timed({name: jnp.asarray(field) for name, field in timed.items()}, given)

    def _compile(self, timed: dict[str, np.ndarray], values: Mapping[str, Array], steps: int) -> None:
        rows = np.stack([values[path] for path in values], axis=1)
        distinct, of = np.unique(rows, axis=0, return_inverse=True)
        for k, row in enumerate(distinct):
            found = self.at(dict(zip(values, map(float, row), strict=True)))
            here = np.flatnonzero(of.reshape(steps) == k)
            for name in STACKED:
                timed[name][here] = np.asarray(getattr(found.arrays, name))
            timed["given"][here] = np.array(found.given)


def frame(economy: Economy, ranges: Mapping[str, Collection[float]]) -> Frame:
    """The frame of an economy whose parameters take the values in `ranges`.

    Raises:
        InputError: A value is out of its range, or a change alters what kind of economy it is (from log
            utility to another, say).
    """
    if economy.clock == "annual":
        raise InputError.of(
            "paths are solved with the continuous clock only; leave `clock` out",
            key="clock",
        )
    given = {path: float(economy.get(path)) for path in ranges}
    fixed = economy.with_(given) if given else economy
    moving = frozenset(
        path.split(".")[1]
        for path, values in ranges.items()
        if path.startswith("edges.") and path.endswith((".fine", ".fee")) and max(values, default=0.0) > 0
    )
    compiled = compile_economy(fixed, moving)
    entries: dict[str, tuple[tuple[str, tuple[int, ...]], ...]] = {}
    others: list[str] = []
    for path, values in ranges.items():
        extremes = {min(values), max(values)} - {given[path]}
        if not extremes:
            continue
        places: set[tuple[str, tuple[int, ...]]] | None = set()
        for value in sorted(extremes):
            changed = compile_economy(fixed.with_({path: value}), moving)
            if changed.layout != compiled.layout:
                raise InputError.of(
                    f"cannot go from {given[path]:g} to {value:g} along a path: it changes what the solver "
                    "has to solve (such as the form of utility, or a taste scale of 0); keep it on one side",
                    key=path,
                )
            found = _places(compiled, changed, given[path], value)
            places = None if found is None or places is None else places | found
        if places is None:
            others.append(path)
        else:
            entries[path] = tuple(sorted(places))
    return Frame(compiled, tuple(ranges), entries, tuple(others), moving)


def _places(
    one: Compiled, other: Compiled, before: float, after: float
) -> set[tuple[str, tuple[int, ...]]] | None:
    """Where two economies differ, if the arrays hold there just the two values; None otherwise."""
    found: set[tuple[str, tuple[int, ...]]] = set()
    pairs = {name: (getattr(one.arrays, name), getattr(other.arrays, name)) for name in Arrays._fields}
    pairs["given"] = np.array(one.given), np.array(other.given)
    for name, (first, second) in pairs.items():
        if name in LANDINGS:
            continue
        first, second = np.asarray(first), np.asarray(second)
        for index in np.argwhere((first != second) & ~(np.isnan(first) & np.isnan(second))):
            at = tuple(int(i) for i in index)
            if name in SHARED or first[at] != before or second[at] != after:
                return None
            found.add((name, at))
    return found
