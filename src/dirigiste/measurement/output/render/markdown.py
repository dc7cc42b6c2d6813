"""Tables as Markdown (GitHub's dialect), with their notes below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dirigiste.measurement.output.render import cells

if TYPE_CHECKING:
    from dirigiste.measurement.output.table import Table


def markdown(table: Table, choices: str) -> str:
    """A table with its title, notes and the choices behind its numbers."""
    table = table.shown()
    names = [
        "<br>".join(map(_escaped, cells.header(table.columns[name]).split("\n")))
        for name in table.frame.columns
    ]
    left = cells.texts(table)
    lines = [
        f"### {_escaped(table.title)}",
        "",
        f"| {' | '.join(names)} |",
        f"|{'|'.join(':---' if n in left else '---:' for n in range(len(names)))}|",
        *(f"| {' | '.join(_escaped(text) for text in row)} |" for row in cells.rows(table)),
        "",
        *(f"- {_escaped(note)}" for note in cells.notes(table, choices)),
        f"- Choices: {_escaped(choices)}",
    ]
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    for sign in "\\|*_<`":
        text = text.replace(sign, f"\\{sign}")
    return text.replace("\n", " ")
