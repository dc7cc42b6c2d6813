"""Instruments of policy: parameters that may move between bounds, written `PATH`, or `PATH:low:high`.

`PATH+PATH` are parameters of one value that move together. Without bounds an instrument moves between half of
its value and twice its value.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from dirigiste.documents.words import near
from dirigiste.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    Array = NDArray[np.float64]

WIDTH: Final = 2.0
"""Factor up and down within which an instrument moves if it has no bounds."""

KEY: Final = "--instruments"


@dataclass(frozen=True)
class Instrument:
    """A number that policy may set within bounds."""

    name: str
    """As written, without the bounds."""
    paths: tuple[str, ...]
    """Parameters of one value that move together."""
    value: float
    """At present."""
    low: float
    high: float
    unit: str

    @property
    def at(self) -> float:
        """Where the present value lies between the bounds: 0 at the lower, 1 at the higher."""
        return (self.value - self.low) / (self.high - self.low)


def settings(instruments: Iterable[Instrument], x: Array) -> dict[str, float]:
    """Values (K,) of instruments by the paths of their parameters."""
    return {path: float(value) for one, value in zip(instruments, x, strict=True) for path in one.paths}


def distance(instruments: Sequence[Instrument], x: Array, other: Array) -> float:
    """How far apart two settings (K,) are: the largest difference, over the width of bounds."""
    width = np.array([one.high - one.low for one in instruments])
    return float(np.abs((x - other) / width).max())


def read(
    texts: Iterable[str],
    known: Mapping[str, tuple[float, str]],
    allowed: Callable[[dict[str, float]], object],
) -> tuple[Instrument, ...]:
    """Instruments from their texts.

    Args:
        texts: As written.
        known: Value and unit of every number that may be one, by its path.
        allowed: Raises `InputError` if numbers cannot have these values.

    Raises:
        InputError: With every fault: no such number, bounds that are none, or that it cannot take.
    """
    problems: list[Problem] = []
    found: dict[str, Instrument] = {}
    for text in texts:
        try:
            one = _one(text.strip(), known, allowed)
            taken = [path for other in found.values() for path in other.paths if path in one.paths]
            if taken:
                raise InputError.of(f"`{taken[0]}` is named twice", key=KEY)
            found[one.name] = one
        except InputError as error:
            problems += error.problems
    if not found and not problems:
        raise InputError.of("there must be at least one", key=KEY)
    if problems:
        raise InputError(problems)
    return tuple(found.values())


def _one(
    text: str, known: Mapping[str, tuple[float, str]], allowed: Callable[[dict[str, float]], object]
) -> Instrument:
    name, *bounds = text.split(":")
    if len(bounds) not in (0, 2):
        raise InputError.of(f"must be PATH or PATH:low:high; got `{text}`", key=KEY)
    paths = tuple(part.strip() for part in name.split("+"))
    for path in paths:
        if path not in known:
            message = f"there is no number `{path}` that can be an instrument"
            raise InputError.of(message, key=KEY, suggestion=near(path, list(known)))
    value, unit = known[paths[0]]
    for path in paths[1:]:
        if known[path][0] != value:
            raise InputError.of(
                f"`{paths[0]}` is {value:g} and `{path}` is {known[path][0]:g}: only numbers of one value "
                "move together",
                key=KEY,
            )
    low, high = _bounds(text, value, bounds)
    for end in (low, high):
        try:
            allowed(dict.fromkeys(paths, end))
        except InputError as error:
            why = error.problems[0].message
            raise InputError.of(f"`{name}` cannot be {end:g}: {why}; give other bounds", key=KEY) from None
    return Instrument("+".join(paths), paths, value, low, high, unit)


def _bounds(text: str, value: float, bounds: list[str]) -> tuple[float, float]:
    if not bounds:
        if value == 0.0:
            raise InputError.of(f"`{text}` is 0, so it needs bounds: `{text}:low:high`", key=KEY)
        low, high = sorted((value / WIDTH, value * WIDTH))
        return low, high
    try:
        low, high = map(float, bounds)
    except ValueError:
        low = high = math.nan
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise InputError.of(f"bounds must be two numbers, the lower one first; got `{text}`", key=KEY)
    if not low <= value <= high:
        raise InputError.of(
            f"`{text}` is {value:g} now, outside its bounds; where the economy lies could not be said",
            key=KEY,
        )
    return low, high
