"""Observed series in the terminal: which the model meets, and which it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from dirigiste.numbers import NONE, significant
from dirigiste.results.text.tables import Table

if TYPE_CHECKING:
    import xarray as xr

VERDICTS: Final = {
    "met": "met",
    "changes met": "with changes met",
    "direction only": "in direction only",
    "missed": "missed",
    "not judged": "not judged",
}
"""Verdicts in the words of a sentence."""


def sentence(observed: xr.Dataset) -> str:
    """How many series the model meets, and how many not."""
    verdicts = list(map(str, observed["verdict"].values))
    counts = {verdict: verdicts.count(verdict) for verdict in VERDICTS}
    parts = [f"{count} {VERDICTS[verdict]}" for verdict, count in counts.items() if count]
    return f"{len(verdicts)} series: {', '.join(parts)}"


def table(observed: xr.Dataset) -> Table:
    """For each series how it is compared, from which value to which, how far off the model is, a verdict."""
    rows = Table(
        "What was observed, and whether the model meets it",
        ("series", "as", "observed", "model", "values", "rmse", "in s.e.", "response", "corr.", "verdict"),
        left=(0, 1, 2, 3, 9),
    )
    for name in map(str, observed["series"].values):
        one = observed.drop_dims("observation").sel(series=name)
        values = observed.isel(observation=np.flatnonzero(observed["name"].values == name))
        rows.rows.append(
            (
                name,
                str(one["comparison"].values),
                _from_to(values["observed"].values),
                _from_to(values["model"].values),
                f"{int(one['n'])}",
                *(_number(float(one[number])) for number in ("rmse", "rms_se", "response", "correlation")),
                str(one["verdict"].values),
            )
        )
    return rows


def _from_to(values: np.ndarray) -> str:
    """The first and the last value."""
    first, last = _number(float(values[0])), _number(float(values[-1]))
    return first if len(values) == 1 else f"{first} → {last}"


def _number(value: float) -> str:
    return significant(value, 3) if np.isfinite(value) else NONE
