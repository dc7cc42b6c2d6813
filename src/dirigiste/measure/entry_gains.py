"""Gains in firm data with free entry and exit, in the manner of Restuccia and Rogerson (2008): see
`free_entry`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from dirigiste.measure.free_entry import REFERENCE
from dirigiste.measure.sums import log
from dirigiste.measure.table import Column, Table

if TYPE_CHECKING:
    from dirigiste.measure.gains import Estimate

    Array = np.ndarray[Any, np.dtype[Any]]


def data_ratios(found: Estimate, eta: float) -> tuple[Array, Array]:
    """ln(Y/Y0) and ln(E/E0) of each cell, (2, C) as two arrays, with its own firms' wedges and free entry.

    With a = η α, g = η (1-α), s = y/(k^a l^g), wedges T ∝ l/y and C = (l/k)(K/L), so that capital wedges are
    transfers between firms that sum to 0. The common level of T is not seen; it is set so that capital
    is what
    it would be without wedges, as in Restuccia and Rogerson.
    """
    sample = found.sample
    alpha = found.cell_alpha
    row_alpha = sample.over_cells(alpha)
    a, g, x = eta * row_alpha, eta * (1 - row_alpha), 1 - eta
    ln_q = (sample.ln_y - a * sample.ln_k - g * sample.ln_l) / x
    ln_t = sample.ln_l - sample.ln_y
    ln_c = sample.ln_l - sample.ln_k + sample.over_cells(log(found.cells.k) - log(found.cells.l))

    def mean(t: Any, c: Any) -> Array:  # noqa: ANN401  (numbers or arrays)
        return log(sample.by_cell(found.weight * np.exp(ln_q + (t * ln_t - c * ln_c) / x)))

    base = log(sample.by_cell(found.weight * np.exp(ln_q)))
    profit, capital, output = (z - base for z in (mean(1, a), mean(1, 1 - g), mean(eta, a)))
    g_cell = eta * (1 - alpha)
    # a common factor e^b on T moves profit and capital by b/x, output by b η/x; wage = profit x/g;
    # ln K = wage + capital - profit = 0 gives b
    level = -g_cell * (profit * (x / g_cell - 1) + capital)
    profit, output = profit + level / x, output + level * eta / x
    wage = profit * x / g_cell
    there = found.cells.weight > 0
    return np.where(there, wage + output - profit, 0.0), np.where(there, wage, 0.0)


def table(found: Estimate, eta: float, line: str) -> Table:
    """Gain from removing all wedges with free entry and exit, by year."""
    made, entered = data_ratios(found, eta)
    years = {"gain": found.aggregate(-made), "entry": found.aggregate(-entered)}
    rows = [
        (str(year), *(100 * float(np.expm1(x[n])) for x in years.values()), float(years["gain"][n]))
        for n, year in enumerate(found.sample.years)
        if np.isfinite(years["gain"][n])
    ]
    means = [100 * float(np.nanmean(np.expm1(x))) for x in years.values()]
    rows.append(("mean", *means, float(np.nanmean(years["gain"]))))
    frame = pl.DataFrame(rows, schema=["year", "gain", "entry", "log_gain"], orient="row")
    columns = {
        "year": Column("year"),
        "gain": Column("gain", "%", 2),
        "entry": Column("change in number of firms", "%", 2),
        "log_gain": Column("ln(1 + gain)", "log", 4),
    }
    notes = (
        f"In the manner of {REFERENCE}: y = s k^(ηα) l^(η(1-α)), η = {eta:g}; permanent productivity and "
        "wedges, one rate of exit, entrants "
        "draw from the firms that are seen, free entry, given rental price of capital, one labour market a "
        "cell.",
        "Capital wedges are taken as transfers between the firms of a cell that sum to 0; the common level "
        "of output wedges, which data do not "
        "show, is set so that capital is what it would be without wedges, so the gain is in output and TFP "
        "alike. "
        "Selection at entry is not modelled; firms that wedges kept out are not in the data.",
        line,
    )
    return Table("free_entry", "Gain with free entry and exit", frame, columns, notes)
