"""Tails that are pulled in, not cut: firms beyond a quantile are given its value, and stay.

A firm is known by ln TFPR, ln TFPQ and ln(k/l), or by ln MRPK, ln MRPL and ln TFPQ; value added, capital and
labour follow from these and back:

    ln y = (σ-1)(ln TFPQ - ln TFPR),   α ln k + (1-α) ln l = ln y - ln TFPR
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from dirigiste.measurement.choices import NAMES
from dirigiste.measurement.data.firms import Step
from dirigiste.measurement.estimates.sums import Sums
from dirigiste.measurement.estimates.trimming import WHERE, bounds, relative

if TYPE_CHECKING:
    from dirigiste.measurement.choices import Trim
    from dirigiste.measurement.estimates.sample import Sample
    from dirigiste.measurement.estimates.sums import Logs

    Array = np.ndarray[Any, np.dtype[Any]]


def winsorized(
    sample: Sample, winsor: Trim, logs: Logs, alpha: Array, weight: Array
) -> tuple[Sample, tuple[Step, ...]]:
    """The sample with its tails pulled in, and the steps.

    Args:
        sample: All rows.
        winsor: Which tails, of which variables.
        logs: Logs of the sample.
        alpha: (I) capital shares.
        weight: (N) 0 for rows that were cut: they count in no quantile, and do not matter afterwards.
    """
    cells = Sums.by_part(sample, logs.power, weight).by_cell(sample)
    there, steps = weight > 0, []
    values: dict[str, Array] = {}
    for variable in ("tfpr", "tfpq", "mrpk", "mrpl"):
        x, level = relative(sample, variable, logs, cells, alpha)
        if variable in winsor.variables:
            level = sample.over_cells(level)
            low, high = bounds(sample, x - level, weight, winsor.tail, winsor.by)
            pulled = np.clip(x - level, low, high) + level
            count = int(np.count_nonzero((pulled != x) & there & (np.abs(pulled - x) > 1e-14)))
            reason = (
                f"{count:,} rows with ln({NAMES[variable]}/cell) beyond the {100 * winsor.tail:g} % and "
                f"{100 * (1 - winsor.tail):g} % quantiles {WHERE[winsor.by]} were given these"
            )
            steps.append(Step(f"winsorise {NAMES[variable]}", 0, int(there.sum()), reason))
            x = pulled
        values[variable] = x
    share = sample.over_cells(alpha[sample.cell_industry])
    if {"mrpk", "mrpl"} & set(winsor.variables):
        tfpr = share * values["mrpk"] + (1 - share) * values["mrpl"]
        ratio = values["mrpl"] - values["mrpk"]
    else:
        tfpr, ratio = values["tfpr"], sample.ln_k - sample.ln_l
    ln_y = sample.over_cells(sample.sigma - 1) * (values["tfpq"] - tfpr)
    ln_l = ln_y - tfpr - share * ratio
    return _with(sample, ln_y, ln_l + ratio, ln_l), tuple(steps)


def _with(sample: Sample, ln_y: Array, ln_k: Array, ln_l: Array) -> Sample:
    """The sample with other logs of value added, capital and labour, and what it has computed already."""
    changed = replace(
        sample,
        ln_y=ln_y,
        ln_k=ln_k,
        ln_l=ln_l,
        y=sample.y * np.exp(ln_y - sample.ln_y),
        k=sample.k * np.exp(ln_k - sample.ln_k),
        l=sample.l * np.exp(ln_l - sample.ln_l),
    )
    given = {field.name for field in fields(sample)}
    vars(changed).update({name: value for name, value in vars(sample).items() if name not in given})
    return changed
