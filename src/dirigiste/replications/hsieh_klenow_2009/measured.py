"""Made firms, measured by `dirigiste.measurement` as a file of firms is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from dirigiste.measurement import Choices, measure, read_firms
from dirigiste.measurement.choices import Trim

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dirigiste.measurement import Measurement
    from dirigiste.replications.hsieh_klenow_2009.model import Array, Firms, Industry

RENTAL: Final = 0.10
"""Rental price of capital that the measurement supposes; gains do not depend on it."""


def measured(
    industries: Mapping[str, tuple[Industry, Firms]], weights: Mapping[str, Array] | None = None
) -> Measurement:
    """Measure industries in one year, with their own elasticities and capital shares and without a trim.

    Args:
        industries: Name -> technology, and what is seen of its firms.
        weights: Name -> how many firms each of them stands for; default: 1.
    """
    frame = pl.concat(
        pl.DataFrame(
            {
                "industry": name,
                "value_added": firms.revenue,
                "wages": firms.wages,
                "capital": firms.capital,
                "weight": np.ones_like(firms.revenue) if weights is None else weights[name],
            }
        )
        for name, (_, firms) in industries.items()
    )
    data = read_firms(
        frame,
        output="value_added",
        wage_bill="wages",
        capital="capital",
        industry="industry",
        weight="weight",
    )
    choices = Choices(
        sigma={name: industry.sigma for name, (industry, _) in industries.items()},
        alpha="table",
        alpha_table={name: industry.alpha for name, (industry, _) in industries.items()},
        rental=RENTAL,
        trim=Trim(tail=0.0),
    )
    return measure(data, choices)


def log_gains(result: Measurement) -> dict[str, float]:
    """ln(A̅/TFP) by industry."""
    frame = result.table("gains_by_industry").frame
    return dict(zip(frame["industry"], frame["log_gain"], strict=True))
