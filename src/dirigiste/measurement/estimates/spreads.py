"""Numbers of the sample that moments add to the statistics: interquantile ranges and shares of groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dirigiste.measurement.estimates.dispersion import VARIABLES, deviations
from dirigiste.measurement.estimates.groups import by_group
from dirigiste.measurement.estimates.quantiles import quantiles

if TYPE_CHECKING:
    from dirigiste.measurement.estimates.gains import Estimate

SHARES = ("output_share", "capital_share", "labor_share")


def spreads(estimate: Estimate) -> dict[str, float]:
    """Name -> value: `75-25 of ln TFPR`, `90-10 of ln TFPR`, …, `output_share of state` and the like."""
    values: dict[str, float] = {}
    for variable, title in VARIABLES:
        x = deviations(estimate, variable)
        q10, q25, q75, q90 = quantiles(x, (0.1, 0.25, 0.75, 0.9), estimate.weight)
        values[f"75-25 of {title}"] = float(q75 - q25)
        values[f"90-10 of {title}"] = float(q90 - q10)
    if estimate.sample.has_groups:
        for row in by_group(estimate).iter_rows(named=True):
            for share in SHARES:
                values[f"{share} of {row['group']}"] = row[share]
    return values
