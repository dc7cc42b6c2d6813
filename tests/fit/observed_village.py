"""A small chronicle with series that were observed: outcomes of the same chronicle with other numbers, and
noise.
"""

import numpy as np

import dirigiste as dg
from chronicles import VILLAGE, told
from dirigiste import economy as economies
from dirigiste.chronicle.observed.series import ObservedSeries
from dirigiste.chronicle.sizes import with_sizes
from dirigiste.results.runs import observed

COLLATERAL = "2020-01-01 statuses.free.collateral.multiply"
FEAR = "2021-03-01 edges.inspection.perceived.multiply"
JOIN = "edges.join.cost"

DATES = [f"{year}-{day}" for year in (2019, 2020, 2021, 2022, 2023) for day in ("06-30", "12-31")]

SERIES = {
    "share": ("credit[free] / credit", 0.002),
    "product": ("output", 0.002),
    "joined": ("people[join]", 0.0005),
}
"""Outcomes and standard errors."""


def chronicle(observed=None):
    made = told(
        economies.loads(VILLAGE),
        ("2020-01-01", {"parameter": "statuses.free.collateral", "multiply": 0.9}),
        ("2021-03-01", {"parameter": "edges.inspection.perceived", "multiply": 1.5, "half_life": 2}),
    )
    return made.model_copy(update={"observed": observed or {}})


def series(outcome, values, se):
    return ObservedSeries.model_validate(
        {
            "title": f"Observed {outcome}",
            "sources": ["recollection"],
            "unit": "1",
            "quality": "remembered",
            "outcome": outcome,
            "period": "date",
            "values": values,
            "se": se,
            "se_source": "assumption",
        }
    )


def observed_with(truth, seed=0, noise=1.0):
    """The chronicle with series that come from other numbers."""
    plain = chronicle()
    moved = with_sizes(plain, {name: value for name, value in truth.items() if name != JOIN})
    if JOIN in truth:
        moved = moved.on(moved.baseline.with_({JOIN: truth[JOIN]}))
    run = dg.run(moved)
    generator = np.random.default_rng(seed)
    found = {}
    for name, (outcome, se) in SERIES.items():
        empty = series(outcome, dict.fromkeys(DATES, 0.0), se)
        values = observed.compare(empty, run.path, run.base).model
        values = values + noise * se * generator.standard_normal(values.size)
        found[name] = series(outcome, dict(zip(DATES, map(float, values), strict=True)), se)
    return chronicle(found)
