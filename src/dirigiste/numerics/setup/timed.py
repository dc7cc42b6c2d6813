"""Parameters that change in time: the arrays of an economy with an axis of dates in front.

A `Frame` is an economy with the parameters that may change. Most parameters are entries of the arrays; which
entries is detected by compiling the economy twice with different values. Their values on the dates of a path
are filled in without compiling; fines and fees also move the landings; for any other parameter (the rate of
an ability law, say) the economy is compiled for every value that it takes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dirigiste.economy import Economy
from dirigiste.errors import InputError
from dirigiste.numerics.compiled.programs import jit
from dirigiste.numerics.setup.arrays import (
    DTYPES,
    Arrays,
    Compiled,
    _Fields,
    compile_economy,
    landings,
    names_of,
)

Array = NDArray[np.float64]

SHARED = ("wealth", "ability", "start", "class_of", "class_mass")
"""Fields of `Arrays` that are the same on all dates."""

STACKED = tuple(name for name in Arrays._fields if name not in SHARED)
"""Fields of `Arrays` that may change from date to date."""

LANDINGS = ("landing", "below", "above")

FIXED = ("origin", "destination", "mixing", "annual", "scheme", "directed_of", "directed_by")
"""Columns that decide what kind of economy it is."""


class Stacked(_Fields):
    """`Arrays` of every date: the fields in `STACKED` have an axis of dates in front, (T, ...)."""

    __slots__ = ()


@jit
def on_date(ms: Stacked, t: int) -> Arrays:
    """The arrays of date t."""
    return Arrays(
        ms.scalars[t],
        ms.status[t],
        ms.arcs[t],
        ms.wealth,
        ms.ability,
        ms.switching[t],
        ms.stationary[t],
        ms.transition[t],
        ms.draws[t],
        ms.landing[t],
        ms.below[t],
        ms.above[t],
        ms.entry[t],
        ms.start,
        ms.class_of,
        ms.class_mass,
    )


def at_date(ms: Stacked, t: int) -> Arrays:
    """The arrays of date t, outside of kernels."""
    return Arrays(
        **{name: getattr(ms, name)[t] if name in STACKED else getattr(ms, name) for name in ms._fields}
    )


def always(m: Arrays, dates: int) -> Stacked:
    """The same arrays on so many dates."""
    fields = {name: getattr(m, name) for name in m._fields}
    return Stacked(
        **{
            name: np.repeat(field[None], dates, axis=0) if name in STACKED else field
            for name, field in fields.items()
        }
    )


class Timed(NamedTuple):
    """Arrays of every date, and the prices (T, 3) that the closure fixes."""

    stacked: Stacked
    given: Array

    def number(self, name: str) -> Array:
        """A column of a table over time: (T,) for one number an economy, (T, S) or (T, E)."""
        table = next(t for t, dtype in DTYPES.items() if name in names_of(dtype))
        column = getattr(self.stacked, table)[name]
        return column[:, 0] if table == "scalars" else column


_Place = tuple[str, str, tuple[int, ...]]
"""Field, column of its table ("" for plain arrays), index."""


@dataclass(frozen=True)
class Frame:
    """An economy, the parameters that may change, and where they are in its arrays."""

    compiled: Compiled
    parameters: tuple[str, ...]
    entries: Mapping[str, tuple[_Place, ...]]
    """Where parameters are that are themselves entries of the arrays."""
    others: tuple[str, ...]
    """All other parameters: each of their values needs compiling."""

    def at(self, values: Mapping[str, float]) -> Compiled:
        """The economy with some values."""
        return compile_economy(self.compiled.economy.with_(dict(values)))

    def over(self, values: Mapping[str, Array], dates: int) -> Timed:
        """Arrays of so many dates with the values (T,) of the parameters that change."""
        timed = always(self.compiled.arrays, dates)._asdict()
        given = np.repeat(np.array(self.compiled.given)[None], dates, axis=0)
        changing = [path for path in self.others if path in values]
        if changing:
            self._compile(timed, given, {path: values[path] for path in changing}, dates)
        for path, places in self.entries.items():
            if path in values:
                for name, column, index in places:
                    field = given if name == "given" else timed[name]
                    (field[column] if column else field)[(slice(None), *index)] = values[path]
        arcs = timed["arcs"]
        timed.update(landings(timed["wealth"], arcs["fine"], arcs["fee"]))
        arcs["jumps"] = (arcs["leaves"] == 0) & ((arcs["fine"] > 0) | (arcs["fee"] > 0))
        return Timed(Stacked(**timed), given)

    def _compile(
        self, timed: dict[str, np.ndarray], given: Array, values: Mapping[str, Array], dates: int
    ) -> None:
        rows = np.stack([values[path] for path in values], axis=1)
        distinct, of = np.unique(rows, axis=0, return_inverse=True)
        for k, row in enumerate(distinct):
            result = self.at(dict(zip(values, map(float, row), strict=True)))
            here = np.flatnonzero(of.reshape(dates) == k)
            for name in STACKED:
                timed[name][here] = getattr(result.arrays, name)
            given[here] = np.array(result.given)


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
    compiled = compile_economy(fixed)
    entries: dict[str, tuple[_Place, ...]] = {}
    others: list[str] = []
    for path, values in ranges.items():
        extremes = {min(values), max(values)} - {given[path]}
        if not extremes:
            continue
        places: set[_Place] | None = set()
        for value in sorted(extremes):
            changed = compile_economy(fixed.with_({path: value}))
            if not _alike(compiled, changed):
                raise InputError.of(
                    f"cannot go from {given[path]:g} to {value:g} along a path: it changes what the solver "
                    "has to solve (such as the form of utility, or a taste scale of 0); keep it on one side",
                    key=path,
                )
            result = _places(compiled, changed, given[path], value)
            places = None if result is None or places is None else places | result
        if places is None:
            others.append(path)
        else:
            entries[path] = tuple(sorted(places))
    return Frame(compiled, tuple(ranges), entries, tuple(others))


def _alike(one: Compiled, other: Compiled) -> bool:
    """Whether two economies are of one kind, so that a path may lead from one to the other."""
    sharp = np.array_equal(one.arrays.sharp, other.arrays.sharp)
    return one.layout == other.layout and one.arrays.shift == other.arrays.shift and sharp


def _columns(compiled: Compiled) -> dict[tuple[str, str], np.ndarray]:
    """Every array and column of a table, by field and column."""
    result: dict[tuple[str, str], np.ndarray] = {("given", ""): np.array(compiled.given)}
    for name in Arrays._fields:
        field = getattr(compiled.arrays, name)
        if name in DTYPES:
            result.update({(name, column): field[column] for column in names_of(DTYPES[name])})
        else:
            result[name, ""] = field
    return result


def _places(one: Compiled, other: Compiled, before: float, after: float) -> set[_Place] | None:
    """Where two economies differ, if the arrays hold there just the two values; None otherwise."""
    result: set[_Place] = set()
    theirs = _columns(other)
    for (name, column), first in _columns(one).items():
        second = theirs[name, column]
        if name in LANDINGS or column == "jumps":
            continue
        if first.shape != second.shape:
            return None
        differs = (first != second) & ~((first != first) & (second != second))  # nan stays nan
        for index in np.argwhere(differs):
            at = tuple(int(i) for i in index)
            if name in SHARED or first[at] != before or second[at] != after:
                return None
            result.add((name, column, at))
    return result
