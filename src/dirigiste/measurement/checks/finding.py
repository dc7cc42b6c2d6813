"""Findings of the checks of the data, and what checks share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import polars as pl

from dirigiste.measurement.data.coding import numbers, ranks, stable_order, starts

if TYPE_CHECKING:
    from dirigiste.measurement.data.firms import Firms

    Array = np.ndarray[Any, np.dtype[Any]]

SHOWN: Final = 5
"""Rows that a finding names as examples."""


@dataclass(frozen=True)
class Finding:
    """One finding of a check."""

    kind: Literal["warning", "note"]
    check: str
    """What was checked, in a word or two."""
    what: str
    """The finding in words, with counts."""
    rows: int
    """Rows concerned; 0 where it concerns the file."""
    examples: tuple[int, ...] = ()
    """Row numbers of some of them."""

    def __str__(self) -> str:
        shown = (
            f" (rows {', '.join(map(str, self.examples))}{', …' if self.rows > len(self.examples) else ''})"
        )
        return f"{self.check}: {self.what}{shown if self.examples else ''}"


def counted(n: int, total: int) -> str:
    """So many of so many rows, with the share."""
    share = n / total if total else 0.0
    return f"{n:,} of {total:,} rows ({100 * share:.3g} %)"


@dataclass(frozen=True)
class Coded:
    """Firms whose texts are numbers, made once for all checks: much faster to group by."""

    firms: Firms

    @cached_property
    def years(self) -> tuple[Array, Array]:
        """Years in rising order, and the number of each row's."""
        return ranks(self.firms.frame["year"])

    def codes(self, role: str) -> pl.Series:
        """Numbers that are equal where the texts of a role are."""
        return getattr(self, role)

    @cached_property
    def industry(self) -> pl.Series:
        """Numbers of industries."""
        return self._coded("industry")

    @cached_property
    def group(self) -> pl.Series:
        """Numbers of groups."""
        return self._coded("group")

    def _coded(self, column: str) -> pl.Series:
        return self.firms.frame[column].cast(pl.Categorical).to_physical()

    @cached_property
    def cells(self) -> pl.DataFrame:
        """Rows and value added of each industry and year, in their order."""
        names, industry = numbers(self.firms.frame["industry"].fill_null(""))
        dates, year = self.years
        key = pl.Series(industry * dates.size + year)
        cells = pl.DataFrame({"key": key, "output": self.firms.frame["output"]})
        cells = cells.group_by("key").agg(pl.len().alias("rows"), pl.col("output").sum()).sort("key")
        place = cells["key"].to_numpy()
        return cells.select(
            pl.Series("industry", names)[place // dates.size],
            pl.Series("year", dates[place % dates.size]),
            "rows",
            "output",
        )

    @cached_property
    def stretches(self) -> tuple[Array, Array, Array]:
        """Rows sorted by firm: their order, the first of each firm, the firm of each; without unknown
        firms.
        """
        known = len(self.firms) - self.firms.frame["id"].null_count()
        if not known:
            none = np.empty(0, dtype=np.int64)
            return none, none, none
        firm = self.firms.numbers
        order = stable_order(firm, int(firm.max()) + 1)[:known]  # unknown ones come last
        firm = firm[order]
        return order, starts(firm), firm
