"""How long wedges and productivity last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from dirigiste.measurement.data.firms import NO_GROUP
from dirigiste.measurement.estimates.dispersion import VARIABLES, within_means
from dirigiste.measurement.estimates.panel import Pairs, slope_over_time
from dirigiste.measurement.estimates.trimming import raw
from dirigiste.measurement.output.table import Column, Table

if TYPE_CHECKING:
    from dirigiste.measurement.estimates.gains import Estimate

    Array = np.ndarray[Any, np.dtype[Any]]

LAGS = (1, 2, 3, 5)
"""Years apart."""

LONG = ("ln TFPR", "ln TFPQ")
"""What is followed over more than one year, and by group."""

FEWEST = 10
"""Pairs that a row needs."""


def table(estimate: Estimate, line: str, pairs: Pairs | None = None) -> Table | str:
    """Slope on the own value some years before, and correlation, for all firms and at one year by group."""
    sample = estimate.sample
    if not sample.has_ids:
        return "the file gives no ids, so firms cannot be followed"
    pairs = pairs or Pairs(estimate)
    weight = estimate.weight[pairs.rows]
    found = {lag: pairs.places(lag) for lag in LAGS}
    cuts = [("all firms", found[1])]
    if sample.has_groups:
        first, later = found[1]
        group_of = sample.row_group[pairs.rows[first]]
        for n, name in enumerate(sample.groups):
            if name != NO_GROUP:
                here = np.flatnonzero(group_of == n)
                cuts.append((name, (first[here], later[here])))
    made: list[tuple[int, dict[str, Any]]] = []
    for variable, title in VARIABLES:
        x = within_means(estimate, raw(estimate, variable)[0])[pairs.rows]
        long = title in LONG
        asked = [(1, name, places) for name, places in (cuts if long else cuts[:1])]
        asked += [(lag, "all firms", found[lag]) for lag in LAGS[1:] if long]
        for lag, name, (first, later) in asked:
            if first.size < FEWEST or found[lag][0].size < FEWEST:
                continue
            slope, error, correlation = slope_over_time(x, weight, pairs.firm, first, later)
            row = {"variable": title, "firms": name, "lag": lag, "slope": slope, "se": error}
            made.append((lag, {**row, "correlation": correlation, "pairs": first.size}))
    rows = [row for _, row in sorted(made, key=lambda one: one[0])]  # variables stay in their order
    if not rows:
        return "fewer than 10 firms are seen in two years"
    columns = {
        "variable": Column("variable"),
        "firms": Column("firms"),
        "lag": Column("years apart", "", 0),
        "slope": Column("slope over time", "", 4),
        "se": Column("s.e.", "", 4),
        "correlation": Column("correlation over time", "", 4),
        "pairs": Column("pairs", "count", 0),
    }
    notes = [
        "Values net of their mean in the industry and year; regression of the later on the earlier, with a "
        "constant; standard errors "
        "clustered by firm. By the firm's group in the earlier year. Firms that stay in the file are no "
        "random sample.",
        line,
    ]
    if pairs.twice:
        notes.insert(1, f"{pairs.twice} rows of firms with several rows in a year are left out.")
    return Table("persistence", "Persistence", pl.DataFrame(rows), columns, tuple(notes))
