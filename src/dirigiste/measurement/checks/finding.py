"""Findings of the checks of the data, and what checks share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import polars as pl

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


def codes(firms: Firms, column: str) -> pl.Series:
    """A column of texts as numbers that are equal where the texts are: much faster to group by."""
    return firms.frame[column].cast(pl.Categorical).to_physical().cast(pl.Int64)


def stretches(firms: Firms) -> tuple[Array, Array, Array]:
    """Rows sorted by firm: their order, the first of each firm, the firm of each; without unknown firms."""
    firm = codes(firms, "id").fill_null(-1).to_numpy()
    order = np.argsort(firm, kind="stable")
    order = order[np.searchsorted(firm[order], 0) :]
    firm = firm[order]
    starts = np.flatnonzero(np.append(True, firm[1:] != firm[:-1])) if order.size else order
    return order, starts, firm
