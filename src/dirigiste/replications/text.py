"""Cells as tables: reference, its kind, ours, difference, tolerance, verdict."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from dirigiste.numbers import NONE, fixed
from dirigiste.replications.outcome import KINDS, Cell, Claim, Count, Kind, Outcome, Tally
from dirigiste.results.text.tables import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dirigiste.replications.registry import Entry

HEADER: Final = ("", "", "reference", "kind", "ours", "difference", "tolerance", "")
VERDICTS: Final = {"match": "match", "miss": "MISS", "shown": "shown"}
LABELS: Final[dict[Kind, str]] = {
    "read": "read in the paper or its authors' files",
    "recomputed": "recomputed by an independent program",
    "closed form": "from a closed form",
    "remembered": "remembered",
}


def cells(outcome: Outcome) -> list[Table]:
    """One table for each reference table, and one of the statements."""
    tables: list[Table] = []
    groups: dict[tuple[str, str, Kind], list[Cell]] = {}
    for cell in outcome.cells:
        if isinstance(cell, Cell):
            groups.setdefault((cell.table, cell.where, cell.kind), []).append(cell)
    for (title, where, _), members in groups.items():
        table = Table(f"{title} ({where})", HEADER, left=(0, 1, 3, 7))
        last = ""
        for cell in members:
            table.rows.append(("" if cell.row == last else cell.row, cell.column, *numbers(cell)))
            last = cell.row
        tables.append(table)
    claims = [cell for cell in outcome.cells if isinstance(cell, Claim)]
    if claims:
        table = Table("Statements", ("", "kind", "result", ""), left=(0, 1, 2, 3))
        table.rows.extend(
            (f"{claim.text} ({claim.where})", claim.kind, claim.result, VERDICTS[claim.verdict])
            for claim in claims
        )
        tables.append(table)
    return tables


def numbers(cell: Cell) -> tuple[str, str, str, str, str, str]:
    """Reference, kind, ours, difference, tolerance, verdict of a cell."""
    return (
        minus(cell.printed),
        cell.kind,
        fixed(cell.ours, cell.digits),
        difference(cell),
        NONE if cell.tolerance is None else plain(cell.tolerance),
        VERDICTS[cell.verdict],
    )


def difference(cell: Cell) -> str:
    """Ours less the reference with its sign; small ones as a power of ten."""
    value = cell.difference
    if not math.isfinite(value):
        return NONE
    if value == 0:
        return "0"
    text = f"{value:+.{cell.digits}f}"
    return minus(text if abs(value) >= 0.5 * 10.0**-cell.digits else f"{value:+.0e}")


def plain(value: float) -> str:
    """A number to ten digits."""
    return minus(f"{value:.10g}")


def minus(text: str) -> str:
    """A true minus sign before the number; exponents keep theirs."""
    return f"−{text[1:]}" if text.startswith("-") else text


def reasons(outcome: Outcome) -> list[str]:
    """Why cells miss, and why some have no verdict; each once, with how many cells it is about."""
    counts: dict[str, int] = {}
    for cell in outcome.cells:
        if not isinstance(cell, Cell) or cell.verdict == "match":
            continue
        if cell.verdict == "shown":
            text = f"No verdict, {cell.table}: {cell.no_verdict}"
        else:
            text = f"Missed, {cell.table}: {cell.remark or 'the reason is not known'}"
        counts[text] = counts.get(text, 0) + 1
    return [f"{text} ({_many(count)})" for text, count in counts.items()]


def _many(count: int) -> str:
    return f"{count} {'cell' if count == 1 else 'cells'}"


def head(entry: Entry, outcome: Outcome) -> str:
    """Paper, verdict and counts by kind, in three lines."""
    return f"{entry.citation}: {entry.title}\n{outcome.summary}\n{by_kind(outcome)}"


def by_kind(outcome: Outcome) -> str:
    """Numbers that match, of those with a verdict, by the kind of their reference."""
    tally = outcome.tally
    parts = [
        f"{LABELS[kind]} {count_text(tally.by_kind[kind])}"
        for kind in KINDS
        if tally.by_kind[kind] != Count()
    ]
    return f"Numbers by kind: {'; '.join(parts)}"


def listing(entries: Sequence[Entry]) -> Table:
    """The replications that there are."""
    table = Table("Replications", ("name", "", "computed by", "what"), left=(0, 1, 2, 3))
    table.rows.extend(
        (entry.name, "slow" if entry.slow else "fast", entry.computed_by, entry.what) for entry in entries
    )
    return table


def overview(results: Sequence[tuple[Entry, Outcome]], *, links: bool = False) -> Table:
    """Numbers of each replication that match, of those with a verdict, by kind; no number counts twice."""
    header = ("replication", "computed by", *KINDS, "compared again", "statements")
    table = Table("Overview", header, left=(0, 1))
    for entry, outcome in results:
        name = f"[{entry.name}](#{entry.name})" if links else entry.name
        table.rows.append((name, entry.computed_by, *counts(outcome.tally)))
    if len(results) > 1:
        first, *others = (outcome.tally for _, outcome in results)
        table.rows.append(("all", "", *counts(sum(others, first))))
    return table


def counts(tally: Tally) -> tuple[str, ...]:
    """Numbers that match by kind, further comparisons and statements, in the order of the overview."""
    return tuple(
        count_text(count)
        for count in (*(tally.by_kind[kind] for kind in KINDS), tally.again, tally.statements)
    )


def count_text(count: Count) -> str:
    """How many match of those with a verdict, and how many are shown without one."""
    parts = [f"{count.match} of {count.judged}"] if count.judged else []
    parts += [f"{count.shown} shown"] if count.shown else []
    return ", ".join(parts) or NONE


def markdown(table: Table) -> str:
    """A table in Markdown."""
    lines = [_row(table.header), _row("---" if n in table.left else "---:" for n in range(len(table.header)))]
    lines += [_row(row) for row in table.rows]
    return "\n".join(lines)


def _row(items: Iterable[str]) -> str:
    return "| " + " | ".join(item.replace("|", "\\|") for item in items) + " |"
