"""How the path of a chronicle responds to its numbers and to parameters of its economy: derivatives of every
outcome on every date.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from dirigiste import chronicle as chronicles
from dirigiste import config
from dirigiste.chronicle import Chronicle
from dirigiste.chronicle.sizes import SCALE, Size, sizes
from dirigiste.errors import InputError
from dirigiste.results.quantities import outcomes
from dirigiste.results.runs import paths

if TYPE_CHECKING:
    import xarray as xr

    from dirigiste.economy import Parameter
    from dirigiste.progress import Progress
    from dirigiste.solver.responses import Responses

Array = NDArray[np.float64]

STANDARD: Final = ("output", "wage", "interest", "tfp", "credit", "control", "silence", "flight")
"""Outcomes that are looked at where none are named."""

STEP: Final = 3e-4
"""By how much a number moves, over its size: so little that responses are linear, and above what rounds
leave.
"""

ACCURACY: Final = 2e-3
"""What may be left of derivatives, relative."""

SMALL: Final = 1e-2
"""Numbers below this size move by `STEP` times this."""


def path_sensitivity(
    chronicle: Chronicle | str | Path,
    of: Iterable[str] = STANDARD,
    *,
    wrt: Iterable[str] = (f"{SCALE}*",),
    accuracy: float = ACCURACY,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Derivatives of outcomes along the path of a chronicle in its numbers and in parameters of its economy.

    Args:
        chronicle: A chronicle, the name of a shipped one, or a YAML file.
        of: Outcomes, or patterns of their names (`outcomes.names_of_path`): `output`, `credit[independent]`.
        wrt: Numbers of the chronicle, or patterns of their names (`chronicle.sizes`), such as
            `2020-12-24 edges.crackdown.actual.multiply` or `scale fear`; and parameters of the economy by
            dotted path.
        accuracy: What may be left of derivatives, relative; 0.02 takes about two thirds of the time.
        progress: Called with stage, round and largest residual.

    Returns:
        Over `time` (with its `date`), `outcome` and `size`: `derivative`, in units of the outcome over that
        of the number; `value` of the outcomes over time; `size_value`; and `left` by size, what rounds have
        left of each derivative, relative.

    Raises:
        InputError: There is no such outcome, number or parameter, or it cannot be moved.
        NotConverged: A stationary state or a path misses its tolerance.
    """
    import xarray as xr

    if not isinstance(chronicle, Chronicle):
        chronicle = chronicles.load(chronicle)
    names = outcomes.chosen(outcomes.names_of_path(chronicle.baseline), of, "outcome of paths")
    moved = movable(chronicle, wrt)
    solved = respond(chronicle, moved, accuracy=accuracy, progress=progress)
    path = paths.build(solved.course, solved.compiled)
    here = outcomes.of_path(path)
    columns = [derivatives(solved, number, here, moved[name], names) for number, name in enumerate(moved)]
    T = path.sizes["time"]
    derivative = np.array(columns).reshape(len(moved), len(names), T).transpose(2, 1, 0)
    units = [outcomes.measure(name).unit for name in names]
    return xr.Dataset(
        {
            "derivative": (
                ("time", "outcome", "size"),
                derivative,
                {"long_name": "Derivative of the outcome in the number", "units": "outcome per number"},
            ),
            "value": (
                ("time", "outcome"),
                np.stack([here[name] for name in names], axis=1),
                {"long_name": "The outcome on the path"},
            ),
            "size_value": (
                "size",
                np.array([size.value for size in moved.values()]),
                {"long_name": "The number as written"},
            ),
            "left": ("size", np.array(solved.left), {"long_name": "What rounds have left, relative"}),
        },
        coords={
            **{name: path[name] for name in ("time", "date", "year", "surprise", "stretch", "step")},
            "outcome": names,
            "size": list(moved),
            "outcome_unit": ("outcome", units),
            "size_unit": ("size", [size.unit for size in moved.values()]),
        },
        attrs={"title": f"Sensitivity of the path of {chronicle.name}", "chronicle": chronicle.name},
    )


def movable(chronicle: Chronicle, patterns: Iterable[str]) -> dict[str, Size]:
    """Numbers of a chronicle and parameters of its economy that patterns name, as numbers that can be moved.

    Raises:
        InputError: A pattern names none.
    """
    own = sizes(chronicle)
    economy = chronicle.baseline
    parameters = {
        parameter.path: parameter
        for parameter in economy.parameters()
        if isinstance(parameter.value, int | float)
        and not isinstance(parameter.value, bool)
        and math.isfinite(parameter.value)
    }
    known = {**own, **{path: None for path in parameters if not path.startswith("numerics.")}}
    chosen = outcomes.chosen(known, patterns, "number of the chronicle, or parameter of its economy,")
    return {name: own[name] if name in own else _of_economy(chronicle, parameters[name]) for name in chosen}


def _of_economy(chronicle: Chronicle, parameter: Parameter) -> Size:
    def moved(chronicle: Chronicle, value: float) -> Chronicle:
        return chronicle.on(chronicle.baseline.with_({parameter.path: value}))

    first = chronicle.surprises[0]
    return Size(parameter.path, float(parameter.value), parameter.unit, moved, first)


def step_of(size: Size) -> float:
    """By how much a number is moved."""
    return STEP * max(abs(size.value), SMALL)


def respond(
    chronicle: Chronicle,
    moved: dict[str, Size],
    *,
    accuracy: float = ACCURACY,
    progress: Progress | None = None,
) -> Responses:
    """The chronicle solved, and its neighbours with each number a little higher."""
    from dirigiste.solver import responses

    config.ensure()

    def higher(name: str) -> Chronicle:
        size = moved[name]
        return with_number(chronicle, size, size.value + step_of(size))

    return responses.responses(chronicle, by_a_little(moved, higher), left=accuracy, progress=progress)


def by_a_little(names: Iterable[str], moved: Callable[[str], Chronicle]) -> list[Chronicle]:
    """Chronicles in each of which one number is moved by a little.

    Raises:
        InputError: The economy does not allow it, with the name of the number.
    """
    others = []
    for name in names:
        try:
            others.append(moved(name))
        except InputError as error:
            raise InputError.of(f"cannot be moved by a little: {error}", key=name) from None
    return others


def with_number(chronicle: Chronicle, size: Size, value: float) -> Chronicle:
    """The chronicle with one number replaced, on its own or on the changed economy.

    Raises:
        InputError: The economy does not allow it.
    """
    moved = size.moved(chronicle, value)
    moved.check(moved.baseline)
    return moved


def derivatives(
    solved: Responses, number: int, here: dict[str, Array], size: Size, names: Iterable[str]
) -> list[Array]:
    """Derivatives (T,) of outcomes along a path in one number, from its neighbour."""
    compiled, course = solved.neighbours[number]
    there = outcomes.of_path(paths.build(course, compiled))
    return [(there[name] - here[name]) / step_of(size) for name in names]
