"""The numbers of a measurement that get standard errors by resampling, from sums alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from dirigiste.measurement.estimates.dispersion import VARIABLES
from dirigiste.measurement.estimates.gains import mean_gain
from dirigiste.measurement.estimates.groups import split
from dirigiste.measurement.estimates.trimming import raw
from dirigiste.measurement.inference.group_regressions import (
    group_regressors,
    known_weight,
    net_of_cells,
    reference_group,
)

if TYPE_CHECKING:
    from dirigiste.measurement.choices import Choices
    from dirigiste.measurement.estimates.gains import Estimate

    Array = np.ndarray[Any, np.dtype[Any]]

Unit = Literal["%", "log", ""]


def statistics(estimate: Estimate, choices: Choices) -> dict[str, tuple[float, Unit]]:
    """Name -> value and unit: gains (mean, log mean, by year), split, sd, correlation, groups'
    coefficients, and the split by year.
    """
    sample = estimate.sample
    gains = 100 * np.expm1(estimate.year_gain)
    values: dict[str, tuple[float, Unit]] = {
        "mean gain": (float(np.nanmean(gains)), "%"),
        "mean of ln(1 + gain)": (float(np.nanmean(estimate.year_gain)), "log"),
    }
    if sample.has_groups:
        between, within = split(estimate)
        values["between groups, mean"] = (100 * mean_gain(estimate.aggregate(between)), "%")
        values["within groups, mean"] = (100 * mean_gain(estimate.aggregate(within)), "%")
    if len(sample.years) > 1:
        for year, gain in zip(sample.years, gains, strict=True):
            values[f"gain {year}"] = (float(gain), "%")
    total = float(estimate.weight.sum())
    count = int(np.count_nonzero(estimate.weight))
    factor = count / (count - 1) if count > 1 else np.nan
    by_variable: dict[str, tuple[Array, Array, Array]] = {}
    means: dict[str, Array] = {}
    for variable, title in VARIABLES:
        x, level = raw(estimate, variable)
        of_part = sample.by_part(estimate.weight, x)
        first = sample.cells_of_parts(of_part)
        second = sample.by_cell(estimate.weight, x, x)
        mass = estimate.cells.weight
        mean = float((first - level * mass).sum()) / total
        square = float((second - 2 * level * first + level**2 * mass).sum()) / total
        values[f"sd of {title}"] = (float(np.sqrt(max(square - mean**2, 0.0) * factor)), "log")
        if sample.has_groups:
            means[title] = of_part
        if variable in ("tfpr", "tfpq"):
            by_variable[variable] = x, first, second
    values["correlation of ln TFPR and ln TFPQ"] = (_correlation(estimate, by_variable), "")
    if sample.has_groups:
        values |= _coefficients(estimate, choices, means)
        if len(sample.years) > 1:
            values |= _split_by_year(estimate)
    return values


def _split_by_year(estimate: Estimate) -> dict[str, tuple[float, Unit]]:
    years = estimate.sample.years
    parts = [100 * np.expm1(estimate.aggregate(part)) for part in split(estimate)]
    return {
        f"{name} groups {year}": (float(part[n]), "%")
        for name, part in zip(("between", "within"), parts, strict=True)
        for n, year in enumerate(years)
    }


def _correlation(estimate: Estimate, by_variable: dict[str, tuple[Array, Array, Array]]) -> float:
    """Within cells, as in the table of covariances."""
    mass = np.where(estimate.cells.weight > 0, estimate.cells.weight, 1.0)
    (x, first_x, second_x), (z, first_z, second_z) = by_variable["tfpr"], by_variable["tfpq"]
    xx = float((second_x - first_x**2 / mass).sum())
    zz = float((second_z - first_z**2 / mass).sum())
    xz = float((estimate.sample.by_cell(estimate.weight, x, z) - first_x * first_z / mass).sum())
    return xz / np.sqrt(xx * zz) if xx > 0 and zz > 0 else float("nan")


def _coefficients(
    estimate: Estimate, choices: Choices, sums: dict[str, Array]
) -> dict[str, tuple[float, Unit]]:
    """Coefficients of groups with effects of cells absorbed, from sums by part: equal to those of
    `regressions`.
    """
    sample = estimate.sample
    reference = reference_group(estimate, choices)
    dummies, others = group_regressors(estimate, reference)
    weight = known_weight(estimate)
    netted = net_of_cells(estimate, dummies, weight)
    if netted is None:
        return {}
    net, gram = netted
    values: dict[str, tuple[float, Unit]] = {}
    for title, total in sums.items():
        kept = np.where(weight > 0, total, 0.0)
        beta = np.linalg.solve(gram, np.einsum("pj,p->j", net, kept))
        for j, group in enumerate(others):
            name = f"{title}, {sample.groups[group]} against {sample.groups[reference]}"
            values[name] = (float(beta[j]), "log")
    return values
