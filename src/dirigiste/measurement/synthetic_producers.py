"""Synthetic producers with known elasticities: a panel on which the assumptions of Ackerberg, Caves and
Frazer (2015, Econometrica 83) hold and least squares is biased. No real firm is in it.

Logs; ω is productivity, w the wage that a firm faces, both AR(1):

    y = β_k k + β_l l + ω + ε,   ε is an error of measurement, unknown to the firm
    m = β_k k + β_l l + ω        purchased inputs, in fixed proportion to planned output
    l = (β_k k + ω_b - w + ln β_l) / (1 - β_l),   ω_b = ρ ω_{-1} + half of the year's innovation
    K = (1-δ) K_{-1} + I_{-1},   ln I = c + ω / 2 + a shift of the firm

Labour is chosen when half of the innovation is known, capital a year ahead.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl

from dirigiste.errors import InputError

FIRST_YEAR: Final = 1998
BEFORE: Final = 30
"""Years that pass before the first one that is kept."""


def producers(
    firms: int = 500,
    *,
    years: int = 10,
    labour: float = 0.6,
    capital: float = 0.3,
    persistence: float = 0.7,
    seed: int = 0,
) -> pl.DataFrame:
    """Draw a balanced panel of one industry.

    Args:
        firms: Firms.
        years: Years, from 1998 on.
        labour: Elasticity of value added with respect to labour, β_l.
        capital: Elasticity with respect to capital, β_k.
        persistence: Autocorrelation ρ of productivity.
        seed: Seed of the random numbers; the same seed gives the same panel.

    Returns:
        Columns firm, year, industry, value_added, materials, workers, wages, capital; all in real terms.

    Raises:
        InputError: A number is out of its range.
    """
    faults = {
        "firms": (firms >= 1, f"must be 1 or more; got {firms}"),
        "years": (1 <= years <= 100, f"must be 1 to 100; got {years}"),
        "labour": (0 < labour < 1, f"must be between 0 and 1; got {labour}"),
        "capital": (0 < capital < 1, f"must be between 0 and 1; got {capital}"),
        "persistence": (-1 < persistence < 1, f"must be between -1 and 1; got {persistence}"),
    }
    for key, (good, message) in faults.items():
        if not good:
            raise InputError.of(message, key=key)
    random = np.random.default_rng(seed)
    shift = random.normal(0.0, 0.6, firms)
    omega, wage = random.normal(0.0, 0.3, firms), random.normal(0.0, 0.2, firms)
    stock = np.exp(shift) / 0.2
    parts: list[dict[str, Any]] = []
    for n in range(-BEFORE, years):
        half = random.normal(0.0, 0.3 * np.sqrt((1 - persistence**2) / 2), (2, firms))
        known = persistence * omega + half[0]
        omega = known + half[1]
        wage = 0.5 * wage + random.normal(0.0, 0.2 * np.sqrt(0.75), firms)
        k = np.log(stock)
        l = (capital * k + known - wage + np.log(labour)) / (1 - labour)  # noqa: E741  (the field's symbol)
        planned = capital * k + labour * l + omega
        error = random.normal(0.0, 0.2, firms)
        if n >= 0:
            parts.append(
                {
                    "firm": np.arange(1, firms + 1),
                    "year": np.full(firms, FIRST_YEAR + n),
                    "value_added": np.exp(planned + error),
                    "materials": np.exp(planned),
                    "workers": np.exp(l),
                    "wages": np.exp(l + wage),
                    "capital": stock,
                }
            )
        stock = 0.8 * stock + np.exp(shift + 0.5 * omega)
    frame = pl.DataFrame({name: np.concatenate([part[name] for part in parts]) for name in parts[0]})
    return frame.select("firm", "year", pl.lit("3100").alias("industry"), pl.exclude("firm", "year"))
