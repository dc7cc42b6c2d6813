"""Tables in the terminal: drawn by rich, plain text elsewhere."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final

from dirigiste.measurement.output.render import cells

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from dirigiste.measurement.output.table import Table


WIDTH: Final = 118
"""Notes in plain text are broken at this width."""


def draw(console: Console, table: Table, limit: int | None = None, choices: str = "") -> None:
    """Draw a table with its notes, but for the line of choices; of long ones the first `limit` rows."""
    from rich import box
    from rich.table import Table as Drawn
    from rich.text import Text

    table = table.shown()
    left = cells.texts(table)
    drawn = Drawn(box=box.SIMPLE_HEAD)
    for n, name in enumerate(table.frame.columns):
        drawn.add_column(
            Text(cells.header(table.columns[name])), justify="left" if n in left else "right", overflow="fold"
        )
    shown, hidden = _cut(cells.rows(table), limit)
    for n, row in enumerate(shown, start=1):
        drawn.add_row(*(Text(text) for text in row), end_section=n in table.rules)
    console.print(Text(f"\n {table.title}", style="bold"))
    console.print(drawn)
    for note in [*_more(hidden), *cells.notes(table, choices)]:
        console.print(Text(f"  {note}", style="dim"))


def plain(table: Table, limit: int | None = None, choices: str = "") -> str:
    """A table in columns of plain text, with its notes but for the line of choices."""
    table = table.shown()
    left = cells.texts(table)
    heads = cells.heads(table)
    shown, hidden = _cut(cells.rows(table), limit)
    widths = [max(len(row[n]) for row in [*heads, *shown]) for n in range(len(heads[0]))]

    def line(row: Sequence[str]) -> str:
        padded = (
            text.ljust(width) if n in left else text.rjust(width)
            for n, (text, width) in enumerate(zip(row, widths, strict=True))
        )
        return ("  " + "  ".join(padded)).rstrip()

    notes = [
        textwrap.fill(note, WIDTH, initial_indent="  ", subsequent_indent="    ")
        for note in [*_more(hidden), *cells.notes(table, choices)]
    ]
    body = list(map(line, shown))
    for n in sorted(table.rules, reverse=True):
        if n < len(body):
            body.insert(n, "  " + "-" * (sum(widths) + 2 * (len(widths) - 1)))
    return "\n".join([table.title, *map(line, heads), *body, *notes])


def _cut(rows: list[list[str]], limit: int | None) -> tuple[list[list[str]], int]:
    if limit is None or len(rows) <= limit:
        return rows, 0
    return rows[:limit], len(rows) - limit


def _more(hidden: int) -> list[str]:
    return [f"… and {hidden:,} more rows; --all-rows prints them, --out writes them"] if hidden else []
