"""How outcomes of a stationary equilibrium respond to its parameters: exact derivatives and elasticities."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dirigiste import economy as economies
from dirigiste.economy import Economy
from dirigiste.errors import InputError
from dirigiste.numerics.compiled.programs import side_by_side
from dirigiste.numerics.setup.arrays import Compiled, compile_economy
from dirigiste.numerics.stationary import certificate
from dirigiste.numerics.stationary import sensitivity as linear
from dirigiste.numerics.stationary.certified import SPLIT
from dirigiste.numerics.stationary.point import Point
from dirigiste.numerics.stationary.sensitivity import Linearised, Pair
from dirigiste.results.equilibria import stationary
from dirigiste.results.equilibria.equilibrium import Equilibrium
from dirigiste.results.equilibria.solve import solve
from dirigiste.results.quantities import outcomes

if TYPE_CHECKING:
    import xarray as xr

    from dirigiste.economy import Parameter
    from dirigiste.progress import Progress

STANDARD = ("output", "wage", "interest", "tfp", "credit_output", "control", "silence", "top10_wealth")
"""Outcomes that are looked at where none are named."""

SMALL = 1e-2
"""Parameters below this size move by `STEP` times this."""

MANY = 10
"""Parameters above which factoring the operators pays."""

KINK = 1e-2
"""Relative difference of the derivatives to the left and to the right that counts as a kink."""

NOT_CONTINUOUS = ("numerics.", "ability.")
"""Parameters that are left out where none are named: those of the grid, and of the law of ability."""


def sensitivity(
    economy: Equilibrium | Economy | str | Path,
    of: Iterable[str] = STANDARD,
    *,
    wrt: Iterable[str] = ("*",),
    progress: Progress | None = None,
) -> xr.Dataset:
    """Derivatives of outcomes of a stationary equilibrium in parameters, by the implicit function theorem.

    Args:
        economy: An equilibrium; or an economy, the name of a shipped one, or a file, which is then solved.
        of: Outcomes, or patterns of their names (`quantities.outcomes`): `output`, `credit[independent]`,
            `people[join]`, `mass[*]`.
        wrt: Parameters by dotted path, or patterns of them: `statuses.*.collateral`. `*` are all but those of
            the numerical grid and the law of ability, which can be named.
        progress: Called with stage, round and largest residual while the economy is solved.

    Returns:
        Over `outcome` and `parameter`: `derivative` (unit of the outcome over that of the parameter),
        `elasticity` (percent per percent; nan where either is 0), `kink` (whether the derivatives to the left
        and to the right differ by more than 1 %: `derivative` is then their mean); and `value` by outcome,
        `parameter_value` by parameter. The attribute `fixed` lists parameters that patterns name and that
        cannot move by a little.

    Raises:
        InputError: There is no such outcome or parameter, or one cannot be moved.
        NotConverged: The economy has no equilibrium within the tolerances.
    """
    import xarray as xr

    if isinstance(economy, str | Path):
        economy = economies.load(economy)
    declared = economy.economy if isinstance(economy, Equilibrium) else economy
    names, patterns = outcomes.chosen(outcomes.names(declared), of, "outcome"), list(wrt)
    parameters = _parameters(declared, patterns)
    equilibrium = economy if isinstance(economy, Equilibrium) else solve(economy, progress=progress)
    here, every = ends(equilibrium, [[parameter.path] for parameter in parameters])
    named = {parameter.path for parameter in parameters} & set(patterns)
    for parameter, end in zip(parameters, every, strict=True):
        if isinstance(end, str) and parameter.path in named:
            raise InputError.of(end, key=parameter.path)
    fixed = [p.path for p, end in zip(parameters, every, strict=True) if isinstance(end, str)]
    parameters = [parameter for parameter in parameters if parameter.path not in fixed]
    columns = [_column(here, end, names) for end in every if not isinstance(end, str)]
    derivative = np.array([slopes for slopes, _ in columns]).reshape(len(parameters), len(names)).T
    kink = np.array([kinks for _, kinks in columns], dtype=bool).reshape(len(parameters), len(names)).T
    value = np.array([here[name] for name in names])
    at = np.array([float(parameter.value) for parameter in parameters])
    with np.errstate(divide="ignore", invalid="ignore"):
        elasticity = derivative * at / value[:, None]
    elasticity[:, at == 0.0] = np.nan
    dims = ("outcome", "parameter")
    return xr.Dataset(
        {
            "derivative": (
                dims,
                derivative,
                {"long_name": "Derivative of the outcome in the parameter", "units": "outcome per parameter"},
            ),
            "elasticity": (dims, np.where(np.isfinite(elasticity), elasticity, np.nan), _ELASTICITY),
            "kink": (dims, kink, {"long_name": "Derivatives to the left and right differ by more than 1 %"}),
            "value": ("outcome", value, {"long_name": "The outcome in the equilibrium"}),
            "parameter_value": ("parameter", at, {"long_name": "The parameter in the equilibrium"}),
        },
        coords={
            "outcome": names,
            "parameter": [parameter.path for parameter in parameters],
            "outcome_unit": ("outcome", [outcomes.measure(name).unit for name in names]),
            "parameter_unit": ("parameter", [parameter.unit for parameter in parameters]),
        },
        attrs={"title": f"Sensitivity of {declared.name}", "economy": declared.name, "fixed": fixed},
    )


class Ends(NamedTuple):
    """All outcomes with parameters moved to both sides by a little, to first order."""

    low: dict[str, float]
    high: dict[str, float]
    below: float
    """By how much parameters are lower; 0 where they cannot be."""
    above: float
    """By how much they are higher; 0 where they cannot be."""
    corner: bool
    """Whether the equilibrium is at a corner, where any change has two derivatives."""


def ends(
    equilibrium: Equilibrium, groups: Sequence[Sequence[str]]
) -> tuple[dict[str, float], list[Ends | str]]:
    """All outcomes of an equilibrium, and on both sides of each group of parameters of one value, which move
    together.

    Args:
        equilibrium: The equilibrium.
        groups: Dotted paths; those of one group have the same value.

    Returns:
        Outcomes here by name; for each group its ends, or why it cannot be moved by a little.
    """
    declared = equilibrium.economy
    compiled, point = _point(equilibrium)
    who = next((warning for warning in equilibrium.warnings if warning.endswith(SPLIT)), "")
    certificate.refuse_split(declared.name, "derivatives", who)
    linearised = Linearised(compiled, point, many=len(groups) > MANY)

    def moved(paths: Sequence[str]) -> Ends | str:
        try:
            pair = _pair(declared, compiled, paths)
        except _FixedError as error:
            return str(error)
        response = linearised.response(pair)
        low, high = (
            outcomes.of_point(c, p) for c, p in ((pair.low, response.low), (pair.high, response.high))
        )
        return Ends(low, high, pair.below, pair.above, linearised.at_corner)

    return outcomes.of_point(compiled, point), side_by_side(moved, groups)


def values(equilibrium: Equilibrium) -> dict[str, float]:
    """All outcomes of an equilibrium by name."""
    return outcomes.of_point(*_point(equilibrium))


def _point(equilibrium: Equilibrium) -> tuple[Compiled, Point]:
    """The equilibrium as the solver has it."""
    compiled = compile_economy(equilibrium.economy)
    start = stationary.start_of(equilibrium)
    return compiled, linear.point_of(compiled, start.u, start.v, start.f)


def _column(here: dict[str, float], end: Ends, names: Iterable[str]) -> tuple[list[float], list[bool]]:
    """Derivatives of outcomes in one parameter, and whether they have kinks."""
    width = end.below + end.above
    slopes, kinks = [], []
    for name in names:
        low, high = end.low[name], end.high[name]
        slopes.append((high - low) / width)
        kinks.append(end.corner or _has_kink(low, here[name], high, end))
    return slopes, kinks


_ELASTICITY = {"long_name": "Elasticity of the outcome in the parameter", "units": "percent per percent"}


class _FixedError(Exception):
    """A parameter cannot be moved by a little."""


def _parameters(economy: Economy, patterns: Iterable[str]) -> list[Parameter]:
    """The parameters that patterns name; those of a bare `*` without grid and law of ability."""
    known = {
        parameter.path: parameter
        for parameter in economy.parameters()
        if isinstance(parameter.value, int | float)
        and not isinstance(parameter.value, bool)
        and math.isfinite(parameter.value)
    }
    chosen: list[str] = []
    for pattern in patterns:
        names = outcomes.chosen(known, [pattern], "parameter")
        if pattern == "*":
            names = [name for name in names if not name.startswith(NOT_CONTINUOUS)]
        chosen += [name for name in names if name not in chosen]
    return [known[name] for name in chosen]


def _pair(economy: Economy, compiled: Compiled, paths: Sequence[str]) -> Pair:
    """The economy on both sides of parameters of one value, or on the one side that is allowed."""
    value = float(economy.get(paths[0]))
    step = linear.STEP * max(abs(value), SMALL)
    sides: list[Compiled | None] = []
    problem = None
    for sign in (-1.0, 1.0):
        try:
            there = compile_economy(economy.with_(dict.fromkeys(paths, value + sign * step)))
        except InputError as error:
            problem = error
            sides.append(None)
            continue
        layout = replace(there.layout, log_utility=compiled.layout.log_utility)
        same = np.array_equal(there.arrays.class_of, compiled.arrays.class_of)
        sides.append(there if same and (layout, there.arcs) == (compiled.layout, compiled.arcs) else None)
    low, high = sides
    if low is None and high is None:
        why = f": {problem}" if problem else ", since other states can then be reached"
        raise _FixedError(f"cannot move by a little{why}")
    return Pair(low or compiled, high or compiled, step if low else 0.0, step if high else 0.0)


def _has_kink(first: float, here: float, last: float, pair: Ends) -> bool:
    """Whether the slopes to the left and to the right differ; only where both are known."""
    if not pair.below or not pair.above:
        return False
    left, right = (here - first) / pair.below, (last - here) / pair.above
    noise = 1e-13 * abs(here) / min(pair.below, pair.above)
    return abs(left - right) > KINK * max(abs(left), abs(right)) + 10.0 * noise
