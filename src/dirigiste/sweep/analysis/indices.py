"""First and total Sobol indices: which axes an outcome's variance comes from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from dirigiste.errors import InputError
from dirigiste.sweep.analysis import surrogate
from dirigiste.sweep.points import design

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dirigiste.sweep.analysis.kept import Kept

SEED = 0
"""Of the resampling for confidence intervals."""


@dataclass(frozen=True)
class Indices:
    """Sobol indices of an outcome, by axis."""

    outcome: str
    axes: tuple[str, ...]
    first: NDArray[np.float64]
    """Share of the variance that an axis explains alone."""
    total: NDArray[np.float64]
    """Share in which it has any part."""
    first_confidence: NDArray[np.float64]
    """Half widths of 95 % intervals; nan from a surrogate."""
    total_confidence: NDArray[np.float64]
    source: Literal["saltelli", "surrogate"]
    """Computed from the design of Saltelli, or from a surrogate."""
    left_out: int
    """Base samples that a point without a solution takes along; of a surrogate, points without one."""


def indices(kept: Kept, outcome: str) -> Indices:
    """Sobol indices of an outcome, as if all axes were drawn evenly (in logs where their scale is).

    Args:
        kept: A whole sweep: with the design of Saltelli by the estimators of SALib, else by a surrogate.
        outcome: Column.

    Raises:
        InputError: Points are missing, or too few; a library is missing.
    """
    axes = tuple(kept.axes)
    if kept.design != "saltelli":
        fitted = surrogate.fit(kept, outcome)
        none = np.full(len(axes), math.nan)
        missing = kept.frame.height - fitted.points
        return Indices(outcome, axes, fitted.first(), fitted.total(), none, none, "surrogate", missing)
    if not kept.whole:
        raise InputError.of("points are missing: run the sweep to its end first", file=str(kept.folder))
    analysis = design.extra("SALib.analyze.sobol", "Sobol indices")
    blocks = kept.numbers(outcome).reshape(-1, len(axes) + 2)
    whole = np.isfinite(blocks).all(axis=1)
    values = blocks[whole].ravel()
    if len(values) < 2 * (len(axes) + 2) or np.ptp(values) == 0.0:
        none = np.full(len(axes), math.nan)
        return Indices(outcome, axes, none, none, none, none, "saltelli", int((~whole).sum()))
    found = analysis.analyze(
        design.problem(axes), values, calc_second_order=False, print_to_console=False, seed=SEED
    )
    first, total, about_first, about_total = (
        np.asarray(found[key], dtype=float) for key in ("S1", "ST", "S1_conf", "ST_conf")
    )
    lost = int((~whole).sum())
    return Indices(outcome, axes, first, total, about_first, about_total, "saltelli", lost)
