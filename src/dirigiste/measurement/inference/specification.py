"""Sensitivity of the results to the usual choices."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from dirigiste.errors import InputError
from dirigiste.measurement.choices import Choices
from dirigiste.measurement.estimates.dispersion import deviations, sd
from dirigiste.measurement.estimates.gains import estimate, mean_gain
from dirigiste.measurement.estimates.groups import split
from dirigiste.measurement.estimates.sample import sample_of
from dirigiste.measurement.output.table import Column, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dirigiste.measurement.data.firms import Firms

AXES = ("sigma", "alpha", "trim", "labor")
"""What the grid may vary: fields of `Choices`; trim is the share cut at each end."""


def usual(firms: Firms, choices: Choices) -> dict[str, list[Any]]:
    """The grid of usual choices that the data allow, with those that were made among them."""
    paid = "wage_bill" in firms.roles
    alphas = ["own", "own-corrected"] if paid else []
    if choices.alpha_table:
        alphas.append("table")
    alphas.append("constant")
    sigmas: list[Any] = [3.0, 5.0]
    if choices.sigma not in sigmas:
        sigmas.append(choices.sigma)
    persons = firms.frame["employment"]
    counted = paid and persons.null_count() < persons.len()
    labor = ["wage_bill", "employment"] if counted else [choices.labor]
    trims = sorted({0.0, 0.01, 0.025, choices.trim.tail})
    return {"sigma": sigmas, "alpha": alphas, "trim": trims, "labor": labor}


def specifications(
    firms: Firms,
    choices: Choices | None = None,
    grid: Mapping[str, Sequence[Any]] | None = None,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Table:
    """Mean gain and dispersion at every combination of choices.

    Args:
        firms: Rows, as `read_firms` gives them.
        choices: All that the grid does not vary.
        grid: Axis -> values; axes: sigma, alpha, trim (tail), labor. Default: the usual ones.
        progress: Called with the combinations done and all of them.

    Raises:
        InputError: An axis is unknown or empty, or a value is not allowed.
    """
    choices = Choices() if choices is None else choices
    grid = usual(firms, choices) if grid is None else grid
    unknown = [axis for axis in grid if axis not in AXES]
    if unknown or not all(len(values) for values in grid.values()):
        given = ", ".join(f"{axis}: {list(values)}" for axis, values in grid.items())
        message = f"axes are {', '.join(AXES)}, each with values; got {given}"
        raise InputError.of(message, key="grid")
    rows: list[dict[str, Any]] = []
    combinations = list(product(*grid.values()))
    samples: dict[Any, Any] = {}
    for done, values in enumerate(combinations, start=1):
        varied = dict(zip(grid, values, strict=True))
        chosen = choices.with_({"trim.tail" if axis == "trim" else axis: x for axis, x in varied.items()})
        key = (chosen.labor, str(chosen.sigma))
        if key not in samples:
            samples = (
                {key: sample_of(firms, chosen)[0]}
                if len(samples) > 3
                else {**samples, key: sample_of(firms, chosen)[0]}
            )
        sample = samples[key]
        result = estimate(sample, chosen)
        row: dict[str, Any] = {
            "yours": "yes" if chosen == choices else "",
            "sigma": "by industry" if isinstance(chosen.sigma, dict) else f"{chosen.sigma:g}",
            "alpha": f"constant {chosen.alpha_value:.3g}" if chosen.alpha == "constant" else chosen.alpha,
            "trim": 100 * chosen.trim.tail,
            "labor": chosen.labor.replace("_", " "),
            "rows": int(np.count_nonzero(result.weight)),
            "gain": 100 * mean_gain(result.year_gain),
            "log_gain": float(np.nanmean(result.year_gain)),
            "sd": sd(deviations(result, "tfpr"), result.weight),
        }
        if sample.has_groups:
            row["between"] = 100 * mean_gain(result.aggregate(split(result)[0]))
        rows.append(row)
        if progress is not None:
            progress(done, len(combinations))
    rows.sort(key=lambda row: row["yours"] == "")
    columns = {
        "yours": Column("yours"),
        "sigma": Column("σ"),
        "alpha": Column("α"),
        "trim": Column("tails cut", "%", 2),
        "labor": Column("labour"),
        "rows": Column("rows", "count", 0),
        "gain": Column("mean gain", "%", 2),
        "log_gain": Column("mean of ln(1 + gain)", "log", 4),
        "sd": Column("sd of ln TFPR", "log", 3),
        "between": Column("between groups, mean", "%", 2),
    }
    columns = {name: column for name, column in columns.items() if name in rows[0]}
    reach = [row["gain"] for row in rows]
    notes = (
        f"The mean gain runs from {min(reach):.2f} to {max(reach):.2f} % over {len(rows)} sets of choices.",
        "Yours, first: the choices of the other tables.",
        f"What the table does not vary: {choices.line(without=tuple(grid))}"
        f"{f'; tails of {choices.trim.where()}' if 'trim' in grid else ''}.",
    )
    return Table(
        "specifications", "Sensitivity of the results to choices", pl.DataFrame(rows), columns, notes
    )
