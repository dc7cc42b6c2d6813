"""How long wedges and productivity last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from dirigiste.measurement.data.firms import NO_GROUP
from dirigiste.measurement.estimates.dispersion import VARIABLES, within_means
from dirigiste.measurement.estimates.panel import Pairs, clustered_slope
from dirigiste.measurement.estimates.sums import dot
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
    net = {
        title: within_means(estimate, raw(estimate, variable)[0])[pairs.rows] for variable, title in VARIABLES
    }
    weights = estimate.weight[pairs.rows]
    rows: list[dict[str, Any]] = []
    for lag in LAGS:
        before, after = pairs.places(lag)
        if lag > 1:
            net = {title: net[title] for title in LONG}
        if before.size < FEWEST:
            continue
        firm, weight = pairs.firm[before].astype(np.intp), weights[before]
        cuts: list[tuple[str, Array | slice]] = [("all firms", slice(None))]
        if sample.has_groups and lag == 1:
            group_of = sample.row_group[pairs.rows[before]]
            cuts += [
                (name, np.flatnonzero(group_of == n))
                for n, name in enumerate(sample.groups)
                if name != NO_GROUP
            ]
        for title, x in net.items():
            first, last = x[before], x[after]
            for name, here in cuts:
                if name != "all firms" and title not in LONG:
                    continue
                a, b, w = first[here], last[here], weight[here]
                if a.size < FEWEST:
                    continue
                total = float(w.sum())
                a, b = a - dot(w, a) / total, b - dot(w, b) / total
                slope, error = clustered_slope(a, b, firm[here], w, effects=1)
                spread = np.sqrt(dot(w * a, a) * dot(w * b, b))
                rows.append(
                    {
                        "variable": title,
                        "firms": name,
                        "lag": lag,
                        "slope": slope,
                        "se": error,
                        "correlation": dot(w * a, b) / spread if spread > 0 else np.nan,
                        "pairs": a.size,
                    }
                )
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
