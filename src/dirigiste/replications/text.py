"""Cells as tables: published, ours, difference, tolerance, verdict."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from dirigiste.numbers import NONE, fixed
from dirigiste.replications.outcome import Cell, Claim, Outcome, Tag
from dirigiste.results.text.tables import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dirigiste.replications.registry import Entry

HEADER: Final = ("", "", "published", "ours", "difference", "tolerance", "")
VERDICTS: Final = {"match": "match", "miss": "MISS", "shown": "shown"}
SOURCES: Final[dict[Tag, str]] = {
    "read": "read in the source",
    "recomputed": "recomputed by an independent program",
    "remembered": "remembered, not looked up again",
    "derived": "from a closed form",
}


def cells(outcome: Outcome) -> list[Table]:
    """One table for each published table, and one of the claims."""
    tables: list[Table] = []
    rows: dict[tuple[str, str, Tag], list[Cell]] = {}
    for cell in outcome.cells:
        if isinstance(cell, Cell):
            rows.setdefault((cell.table, cell.where, cell.tag), []).append(cell)
    for (title, where, tag), found in rows.items():
        table = Table(f"{title} ({where}; {SOURCES[tag]})", HEADER, left=(0, 1, 6))
        last = ""
        for cell in found:
            table.rows.append(("" if cell.row == last else cell.row, cell.column, *numbers(cell)))
            last = cell.row
        tables.append(table)
    claims = [cell for cell in outcome.cells if isinstance(cell, Claim)]
    if claims:
        table = Table("Statements", ("", "found", ""), left=(0, 1, 2))
        table.rows.extend(
            (f"{claim.text} ({claim.where})", claim.found, VERDICTS[claim.verdict]) for claim in claims
        )
        tables.append(table)
    return tables


def numbers(cell: Cell) -> tuple[str, str, str, str, str]:
    """Published, ours, difference, tolerance, verdict of a cell."""
    return (
        plain(cell.published),
        fixed(cell.ours, cell.digits),
        difference(cell),
        NONE if cell.tolerance is None else plain(cell.tolerance),
        VERDICTS[cell.verdict],
    )


def difference(cell: Cell) -> str:
    """Ours less published with its sign; small ones as a power of ten."""
    value = cell.difference
    if not math.isfinite(value):
        return NONE
    if value == 0:
        return "0"
    text = f"{value:+.{cell.digits}f}"
    return minus(text if abs(value) >= 0.5 * 10.0**-cell.digits else f"{value:+.0e}")


def plain(value: float) -> str:
    """A number as the file gives it."""
    return minus(f"{value:.10g}")


def minus(text: str) -> str:
    """A true minus sign before the number; exponents keep theirs."""
    return f"−{text[1:]}" if text.startswith("-") else text


def reasons(outcome: Outcome) -> list[str]:
    """What misses are probably due to, and why some cells have no verdict; each once."""
    found = [
        f"{'Missed' if cell.verdict == 'miss' else 'No verdict'}, {cell.table}: {cell.why}"
        for cell in outcome.cells
        if isinstance(cell, Cell) and cell.why and cell.verdict != "match"
    ]
    return list(dict.fromkeys(found))


def head(entry: Entry, outcome: Outcome) -> str:
    """Paper and verdict, in two lines."""
    return f"{entry.reference}: {entry.title}\n{outcome.summary}"


def listing(entries: Sequence[Entry]) -> Table:
    """The replications that there are."""
    table = Table("Replications", ("name", "", "what"), left=(0, 1, 2))
    table.rows.extend((entry.name, "slow" if entry.slow else "fast", entry.what) for entry in entries)
    return table


def markdown(table: Table) -> str:
    """A table in Markdown."""
    lines = [_row(table.header), _row("---" if n in table.left else "---:" for n in range(len(table.header)))]
    lines += [_row(row) for row in table.rows]
    return "\n".join(lines)


def _row(items: Iterable[str]) -> str:
    return "| " + " | ".join(item.replace("|", "\\|") for item in items) + " |"
