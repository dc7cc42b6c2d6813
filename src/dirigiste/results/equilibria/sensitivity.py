"""How outcomes of a stationary equilibrium respond to its parameters: exact derivatives and elasticities."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dirigiste import economy as economies
from dirigiste.economy import Economy
from dirigiste.errors import InputError
from dirigiste.numerics.compiled.programs import side_by_side
from dirigiste.numerics.setup.arrays import Compiled, compile_economy
from dirigiste.numerics.stationary import sensitivity as linear
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
    compiled = compile_economy(declared)
    start = stationary.start_of(equilibrium)
    point = linear.point_of(compiled, start.u, start.v, start.f)
    here = outcomes.of_point(compiled, point)
    linearised = Linearised(compiled, point, many=len(parameters) > MANY)

    def column(parameter: Parameter) -> tuple[list[float], list[bool]] | None:
        try:
            pair = _pair(declared, compiled, parameter)
        except _FixedError as error:
            if parameter.path in named:
                raise InputError.of(str(error), key=parameter.path) from None
            return None
        response = linearised.response(pair)
        first = outcomes.of_point(pair.low, response.low)
        last = outcomes.of_point(pair.high, response.high)
        width = pair.below + pair.above
        slopes = [(last[name] - first[name]) / width for name in names]
        corner = linearised.at_corner
        return slopes, [corner or _has_kink(first[name], here[name], last[name], pair) for name in names]

    named = {parameter.path for parameter in parameters} & set(patterns)
    results = side_by_side(column, parameters)
    fixed = [parameter.path for parameter, result in zip(parameters, results, strict=True) if not result]
    parameters = [parameter for parameter in parameters if parameter.path not in fixed]
    columns = [result for result in results if result]
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


def _pair(economy: Economy, compiled: Compiled, parameter: Parameter) -> Pair:
    """The economy on both sides of a parameter, or on the one side that is allowed."""
    step = linear.STEP * max(abs(float(parameter.value)), SMALL)
    ends: list[Compiled | None] = []
    problem = None
    for sign in (-1.0, 1.0):
        try:
            there = compile_economy(economy.with_({parameter.path: float(parameter.value) + sign * step}))
        except InputError as error:
            problem = error
            ends.append(None)
            continue
        layout = replace(there.layout, log_utility=compiled.layout.log_utility)
        same = np.array_equal(there.arrays.class_of, compiled.arrays.class_of)
        ends.append(there if same and (layout, there.arcs) == (compiled.layout, compiled.arcs) else None)
    low, high = ends
    if low is None and high is None:
        why = f": {problem}" if problem else ", since other states can then be reached"
        raise _FixedError(f"cannot move by a little{why}")
    return Pair(low or compiled, high or compiled, step if low else 0.0, step if high else 0.0)


def _has_kink(first: float, here: float, last: float, pair: Pair) -> bool:
    """Whether the slopes to the left and to the right differ; only where both are known."""
    if not pair.below or not pair.above:
        return False
    left, right = (here - first) / pair.below, (last - here) / pair.above
    noise = 1e-13 * abs(here) / min(pair.below, pair.above)
    return abs(left - right) > KINK * max(abs(left), abs(right)) + 10.0 * noise
