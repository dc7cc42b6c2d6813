"""What a replication gives back: cells with verdicts, claims, data, pictures."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

Verdict = Literal["match", "miss", "shown"]
"""`match`: within the tolerance; `miss`: not; `shown`: compared without a verdict, see the cell's `why`."""

Tag = Literal["read", "recomputed", "remembered", "derived"]
"""Where a number is from: `read` in the source, `recomputed` by an independent program, `remembered` and not
looked up again, `derived` from a closed form."""

ROUNDING: Final = 1e-12
"""A difference may exceed its tolerance by this, relative to the number: both come from decimal text."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One published number beside ours."""

    table: str
    """Title of the table that it stands in."""
    where: str
    """Where in the paper: table, figure, page."""
    row: str
    column: str
    published: float
    ours: float
    """nan where the replication gives none, which counts as a miss."""
    tolerance: float | None
    """How far ours may be; None where there is no verdict."""
    tag: Tag
    digits: int = 4
    """Digits after the point that are printed of ours."""
    why: str = ""
    """Why there is no verdict, or what a miss is probably due to."""

    @property
    def difference(self) -> float:
        """Ours less published."""
        return self.ours - self.published

    @property
    def verdict(self) -> Verdict:
        """Whether ours is within the tolerance."""
        if self.tolerance is None:
            return "shown"
        room = self.tolerance + ROUNDING * max(1.0, abs(self.published))
        return "match" if abs(self.difference) <= room else "miss"

    def to_json(self) -> dict[str, Any]:
        """The cell as JSON has it; nan becomes null."""
        return {
            "table": self.table,
            "where": self.where,
            "row": self.row,
            "column": self.column,
            "published": self.published,
            "ours": _number(self.ours),
            "difference": _number(self.difference),
            "tolerance": self.tolerance,
            "tag": self.tag,
            "verdict": self.verdict,
            "why": self.why,
        }


@dataclass(frozen=True, slots=True)
class Claim:
    """A published statement without a number, and whether it holds here."""

    text: str
    where: str
    tag: Tag
    holds: bool
    found: str
    """What we found, with numbers."""

    @property
    def verdict(self) -> Verdict:
        """Whether the statement holds."""
        return "match" if self.holds else "miss"

    def to_json(self) -> dict[str, Any]:
        """The claim as JSON has it."""
        return {
            "claim": self.text,
            "where": self.where,
            "tag": self.tag,
            "found": self.found,
            "verdict": self.verdict,
        }


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure, redrawn from what was computed."""

    title: str
    """What it finds, in a sentence."""
    note: str
    """How to read it, and which figure of the paper it redraws."""
    draw: Callable[[], Figure]
    """Draws it, inside the style sheet of all figures."""


@dataclass(frozen=True)
class Outcome:
    """What a replication gives back."""

    cells: Sequence[Cell | Claim]
    datasets: Mapping[str, xr.Dataset] = field(default_factory=dict)
    """What was computed, by name; written to one netCDF file each."""
    pictures: Mapping[str, Picture] = field(default_factory=dict)
    notes: Sequence[str] = ()
    """What a reader must know: definitions, departures from the paper, likely reasons of misses."""
    residuals: Mapping[str, float] = field(default_factory=dict)
    """How exactly it was solved: largest residual by condition."""

    @property
    def misses(self) -> list[Cell | Claim]:
        """Cells and claims that do not match."""
        return [cell for cell in self.cells if cell.verdict == "miss"]

    @property
    def matches(self) -> bool:
        """Whether no cell and no claim misses."""
        return not self.misses

    def count(self, verdict: Verdict) -> int:
        """How many cells and claims have a verdict."""
        return sum(cell.verdict == verdict for cell in self.cells)

    @property
    def summary(self) -> str:
        """The verdict in a line."""
        asked = self.count("match") + self.count("miss")
        text = f"{self.count('match')} of {asked} cells match"
        missed = self.count("miss")
        text += f"; {missed} {'misses' if missed == 1 else 'miss'}" if missed else ""
        shown = self.count("shown")
        return text + (
            f"; {shown} more {'is' if shown == 1 else 'are'} shown without a verdict" if shown else ""
        )

    def to_json(self) -> dict[str, Any]:
        """Everything but data and pictures as JSON has it."""
        return {
            "matches": self.matches,
            "summary": self.summary,
            "cells": [cell.to_json() for cell in self.cells if isinstance(cell, Cell)],
            "claims": [cell.to_json() for cell in self.cells if isinstance(cell, Claim)],
            "residuals": {name: _number(value) for name, value in self.residuals.items()},
            "notes": list(self.notes),
        }


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
