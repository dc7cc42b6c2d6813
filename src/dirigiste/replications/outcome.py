"""What a replication gives back: cells with verdicts, statements, data, pictures."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

Verdict = Literal["match", "miss", "shown"]
"""`match`: within the tolerance; `miss`: outside; `shown`: without a verdict, see `Cell.no_verdict`."""

Kind = Literal["read", "recomputed", "closed form", "remembered"]
"""Where a reference number is from: `read` in the paper or in its authors' files, `recomputed` by an
independent program, evaluated from a `closed form`, or `remembered` and not looked up again."""

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
"""The kinds. A number that is compared more than once is counted with the first of them."""

ROUNDING: Final = 1e-12
"""A difference may exceed its tolerance by this, relative to the number: both come from decimal text."""


def decimals(printed: str) -> int:
    """Digits after the decimal point of a number in text."""
    return len(printed.partition(".")[2])


def tolerance(printed: str) -> float:
    """How far a computed number may be from a reference: half a unit of its last digit.

    The reference is the text that was printed (or recomputed, or evaluated): `0.90` allows .005, `0.9` .05.
    """
    return 0.5 * 10.0 ** -decimals(printed)


@dataclass(frozen=True, slots=True)
class Cell:
    """One reference number beside ours."""

    table: str
    """Title of its table."""
    where: str
    """Where in the paper: table, figure, page."""
    row: str
    column: str
    printed: str
    """The reference number in text, with all digits that its source gives."""
    ours: float
    """nan where the replication gives none, which counts as a miss."""
    kind: Kind
    number: str = ""
    """Which number this is: cells with the same text here compare one number again."""
    remark: str = ""
    """What a miss is probably due to."""
    no_verdict: str = ""
    """Why there is no verdict; empty where there is one."""

    @property
    def reference(self) -> float:
        """The reference number."""
        return float(self.printed)

    @property
    def tolerance(self) -> float | None:
        """Half a unit of the last digit of the reference; None where there is no verdict."""
        return None if self.no_verdict else tolerance(self.printed)

    @property
    def digits(self) -> int:
        """Digits after the point that are printed of ours: two more than the reference has."""
        return decimals(self.printed) + 2

    @property
    def difference(self) -> float:
        """Ours less the reference."""
        return self.ours - self.reference

    @property
    def verdict(self) -> Verdict:
        """Whether ours is within the tolerance."""
        if self.tolerance is None:
            return "shown"
        allowed = self.tolerance + ROUNDING * max(1.0, abs(self.reference))
        return "match" if abs(self.difference) <= allowed else "miss"

    def to_json(self) -> dict[str, Any]:
        """The cell as JSON has it; nan becomes null."""
        return {
            "table": self.table,
            "where": self.where,
            "row": self.row,
            "column": self.column,
            "reference": self.reference,
            "printed": self.printed,
            "kind": self.kind,
            "ours": _number(self.ours),
            "difference": _number(self.difference),
            "tolerance": self.tolerance,
            "verdict": self.verdict,
            "number": self.number,
            "remark": self.no_verdict or self.remark,
        }


@dataclass(frozen=True, slots=True)
class Claim:
    """A published statement without a number, and whether it holds here."""

    text: str
    where: str
    kind: Kind
    holds: bool
    result: str
    """What was computed, with numbers."""

    @property
    def verdict(self) -> Verdict:
        """Whether the statement holds."""
        return "match" if self.holds else "miss"

    def to_json(self) -> dict[str, Any]:
        """The statement as JSON has it."""
        return {
            "claim": self.text,
            "where": self.where,
            "kind": self.kind,
            "result": self.result,
            "verdict": self.verdict,
        }


@dataclass(frozen=True, slots=True)
class Count:
    """How many cells or statements have which verdict."""

    match: int = 0
    miss: int = 0
    shown: int = 0

    @classmethod
    def of(cls, cells: Sequence[Cell | Claim]) -> Count:
        """Count cells or statements."""
        verdicts = [cell.verdict for cell in cells]
        return cls(verdicts.count("match"), verdicts.count("miss"), verdicts.count("shown"))

    def __add__(self, other: Count) -> Count:
        return Count(self.match + other.match, self.miss + other.miss, self.shown + other.shown)

    @property
    def judged(self) -> int:
        """How many have a verdict."""
        return self.match + self.miss


@dataclass(frozen=True, slots=True)
class Tally:
    """Cells of a replication by the kind of their reference, no number counted twice."""

    by_kind: Mapping[Kind, Count]
    """Numbers: each once, with the first comparison of its first kind in the order of `KINDS`."""
    again: Count
    """Further comparisons of the same numbers, such as with more digits or by another table."""
    statements: Count

    @classmethod
    def of(cls, cells: Sequence[Cell | Claim]) -> Tally:
        """Count the cells and statements of a replication."""
        compared = [cell for cell in cells if isinstance(cell, Cell)]
        first: dict[str, Cell] = {}
        for n, cell in enumerate(sorted(compared, key=lambda cell: KINDS.index(cell.kind))):
            first.setdefault(cell.number or f"{n}", cell)
        counted = {id(cell) for cell in first.values()}
        return cls(
            {kind: Count.of([cell for cell in first.values() if cell.kind == kind]) for kind in KINDS},
            Count.of([cell for cell in compared if id(cell) not in counted]),
            Count.of([cell for cell in cells if isinstance(cell, Claim)]),
        )

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            {kind: self.by_kind[kind] + other.by_kind[kind] for kind in KINDS},
            self.again + other.again,
            self.statements + other.statements,
        )

    @property
    def numbers(self) -> Count:
        """Numbers of all kinds."""
        return sum(self.by_kind.values(), Count())

    def to_json(self) -> dict[str, Any]:
        """The counts as JSON has them."""
        counts = {**self.by_kind, "compared again": self.again, "statements": self.statements}
        return {
            name: {"match": count.match, "miss": count.miss, "shown": count.shown}
            for name, count in counts.items()
        }


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure, redrawn from what was computed."""

    title: str
    """What it shows, in a sentence."""
    note: str
    """How to read it, and which figure of the paper it redraws."""
    draw: Callable[[], Figure]
    """Draws it, inside the style sheet of all figures."""


@dataclass(frozen=True)
class Outcome:
    """What a replication gives back."""

    cells: Sequence[Cell | Claim]
    datasets: Mapping[str, xr.Dataset | xr.DataTree] = field(default_factory=dict)
    """What was computed, by name; written to one netCDF file each."""
    pictures: Mapping[str, Picture] = field(default_factory=dict)
    notes: Sequence[str] = ()
    """What a reader must know: definitions, departures from the paper, likely reasons of misses."""
    residuals: Mapping[str, float] = field(default_factory=dict)
    """How exactly it was solved: largest residual by condition."""

    @property
    def misses(self) -> list[Cell | Claim]:
        """Cells and statements that do not match."""
        return [cell for cell in self.cells if cell.verdict == "miss"]

    @property
    def matches(self) -> bool:
        """Whether no cell and no statement misses."""
        return not self.misses

    @property
    def tally(self) -> Tally:
        """How many numbers match, by kind of reference."""
        return Tally.of(self.cells)

    @property
    def summary(self) -> str:
        """The verdict in a line: numbers, each counted once; further comparisons; statements."""
        tally = self.tally
        numbers, again, statements = tally.numbers, tally.again, tally.statements
        parts = [f"{numbers.match} of {_many(numbers.judged, 'number matches', 'numbers match')}"]
        if numbers.shown:
            parts.append(f"{numbers.shown} more {_is(numbers.shown)} shown without a verdict")
        if again.judged:
            compared = _many(again.judged, "further comparison", "further comparisons")
            parts.append(f"{again.match} of {compared} of the same numbers {_match(again.judged)}")
        if statements.judged:
            text = _many(statements.judged, "statement holds", "statements hold")
            parts.append(f"{statements.match} of {text}")
        return "; ".join(parts)

    def to_json(self) -> dict[str, Any]:
        """Everything but data and pictures as JSON has it."""
        return {
            "matches": self.matches,
            "summary": self.summary,
            "counts": self.tally.to_json(),
            "cells": [cell.to_json() for cell in self.cells if isinstance(cell, Cell)],
            "claims": [cell.to_json() for cell in self.cells if isinstance(cell, Claim)],
            "residuals": {name: _number(value) for name, value in self.residuals.items()},
            "notes": list(self.notes),
        }


def _many(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _is(count: int) -> str:
    return "is" if count == 1 else "are"


def _match(count: int) -> str:
    return "matches" if count == 1 else "match"


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
