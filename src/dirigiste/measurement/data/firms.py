"""Firms as the measurement sees them: one frame with the same columns whatever file they came from."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import polars as pl

from dirigiste.measurement.data.coding import firm_numbers

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    from dirigiste.measurement.data.original import Original

    Array = np.ndarray[Any, np.dtype[Any]]

COLUMNS: Mapping[str, pl.DataType] = {
    "row": pl.Int64(),
    "id": pl.String(),
    "year": pl.Int64(),
    "industry": pl.String(),
    "group": pl.String(),
    "output": pl.Float64(),
    "labor": pl.Float64(),
    "employment": pl.Float64(),
    "capital": pl.Float64(),
    "weight": pl.Float64(),
    "sales": pl.Float64(),
    "inputs": pl.Float64(),
}
"""The canonical columns, in their order, and their types.

    row         row of the source, counted from 1
    id          the firm; null where none is given
    year        0 where none is given
    industry    "all" where none is given
    group       ownership or political group; null where none is given
    output      value added, nominal, in the currency of the file
    labor       labour cost: the wage bill in the same currency; the head count (wage 1) if only that is known
    employment  persons; null where not given
    capital     capital stock, in the currency of the file
    weight      how many firms the row represents; 1 where none is given
    sales       in the currency of the file; null where not given
    inputs      purchased inputs, in the currency of the file; null where not given
"""

LOST: Mapping[str, pl.DataType] = {"row": pl.Int64(), "why": pl.String()}
"""Columns of the rows lost while reading."""

NO_GROUP = "(not known)"
"""Name of the group of rows whose group is missing: a group of its own wherever totals are split by group."""


@dataclass(frozen=True)
class Step:
    """One step in which rows were dropped (or could have been)."""

    what: str
    """What was done, in a few words."""
    lost: int
    """Rows dropped in this step."""
    left: int
    """Rows left after it."""
    reason: str
    """Why such rows cannot be used."""
    chosen: bool = False
    """Whether the user asked for it (`--keep`, `--drop`)."""


@dataclass(frozen=True)
class Firms:
    """Rows of firms with the canonical columns (`COLUMNS`); output, labor, capital and weight positive."""

    frame: pl.DataFrame
    roles: Mapping[str, str]
    """Role -> the column of the source, or the formula on its columns, that fills it."""
    source: str
    """Name of the file (not its path), or what is shown in its place."""
    steps: tuple[Step, ...] = ()
    """Rows lost while reading, in order."""
    remarks: tuple[str, ...] = field(default=())
    """What reading decided or noticed, one sentence each."""
    doubts: tuple[str, ...] = field(default=())
    """What looked wrong in reading, one sentence each; the checks of the data report it as warnings."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Role -> the source's own label of its column, where the file has one."""
    original: Original | None = None
    """All columns and rows of the source, read when asked for; None for firms put together by hand."""
    lost: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=LOST))
    """Rows of the source that are not in `frame`: row, and why."""

    def __len__(self) -> int:
        return self.frame.height

    @cached_property
    def numbers(self) -> Array:
        """Number of each row's firm, in the order of ids; rows without id come last, each on its own."""
        return firm_numbers(self.frame["id"])

    def __repr__(self) -> str:
        roles = ", ".join(f"{role}={column}" for role, column in self.roles.items())
        return f"Firms({self.frame.height:,} rows of {self.source}: {roles})"

    def has(self, role: str) -> bool:
        """Whether a role is filled (with at least one value)."""
        return (
            self.frame.height > 0 and self.frame[role].null_count() < self.frame.height and role in self.roles
        )
