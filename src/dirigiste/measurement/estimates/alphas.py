"""Capital shares α by industry, fixed before rows are trimmed."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

import numpy as np

from dirigiste.errors import InputError
from dirigiste.measurement.estimates import acf_shares

if TYPE_CHECKING:
    from dirigiste.measurement.choices import Choices
    from dirigiste.measurement.estimates.sample import Sample

    Array = np.ndarray[Any, np.dtype[Any]]


def capital_shares(sample: Sample, choices: Choices, weight: Array) -> Array:
    """Capital share of every industry, (I); of industries without weight, of no meaning.

    own: 1 - Σ wL / Σ Y over all rows and years of the industry, clipped; in current prices unless there is
    a deflator. own-corrected: 1 - σ/(σ-1) Σ wL / Σ Y, since in the model of Hsieh and Klenow (2009) labour
    gets (1-α)(σ-1)/σ of value added where wedges are none. acf: from production functions (`acf_shares`).
    table, constant: as given.

    Raises:
        InputError: Own shares without a wage bill; industries that the table lacks.
    """
    count = len(sample.industries)
    if choices.alpha == "constant":
        return np.full(count, choices.alpha_value)
    if choices.alpha == "table":
        return from_table(sample.industries, choices.alpha_table or {})
    if choices.alpha == "acf":
        return acf_shares.shares(sample, choices, weight)
    if sample.wages is None:
        raise InputError.of(
            "own capital shares need a wage bill and this file has only the number of workers; "
            "take `constant` (with alpha_value) or `table` (with alpha_table)",
            key="alpha",
        )
    wages = _by_industry(sample, weight * sample.wages)
    output = _by_industry(sample, weight * sample.y)
    share = np.divide(wages, output, out=np.full(count, 0.5), where=output > 0)
    if choices.alpha == "own-corrected":
        sigma = np.ones(count)
        sigma[sample.cell_industry] = sample.sigma
        share = share * sigma / np.maximum(sigma - 1, 1e-12)
    return np.clip(1 - share, *choices.alpha_bounds)


def from_table(industries: tuple[str, ...], table: dict[str, float]) -> Array:
    """Shares of a table: of the industry itself, else of the longest code that its own code begins with."""
    shares = [_look_up(name, table) for name in industries]
    lacking = [name for name, value in zip(industries, shares, strict=True) if value is None]
    if lacking:
        near = difflib.get_close_matches(lacking[0], list(table), n=1)
        shown = ", ".join(f"`{name}`" for name in lacking[:5]) + (" and others" if len(lacking) > 5 else "")
        message = (
            f"the table has no capital share for {len(lacking)} of {len(industries)} industries: {shown}"
        )
        raise InputError.of(message, key="alpha_table", suggestion=near[0] if near else None)
    return np.array(shares, dtype=float)


def _look_up(name: str, table: dict[str, float]) -> float | None:
    if name in table:
        return table[name]
    if name.isdigit():
        return next((table[name[:n]] for n in range(len(name) - 1, 1, -1) if name[:n] in table), None)
    return None


def _by_industry(sample: Sample, values: Array) -> Array:
    return np.bincount(sample.cell_industry, sample.by_cell(values), len(sample.industries))
