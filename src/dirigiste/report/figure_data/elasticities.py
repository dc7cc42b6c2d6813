"""What the figure and the table of elasticities show: which parameters, in which order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import xarray as xr


def order(result: xr.Dataset) -> list[int]:
    """Positions of the parameters with an elasticity, the largest first; each outcome counts relative to its
    own largest one.
    """
    sizes = np.nan_to_num(np.abs(result["elasticity"].values))
    largest = sizes.max(axis=1, initial=0.0)
    relative = sizes / np.where(largest > 0.0, largest, 1.0)[:, None]
    rank = relative.max(axis=0, initial=0.0)
    return [int(j) for j in np.argsort(-rank, kind="stable") if rank[j] > 0.0]
