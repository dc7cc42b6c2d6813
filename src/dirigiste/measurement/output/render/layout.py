"""How a table fits the width of a page: smaller type, broken titles, columns over several tables.

Widths are in em of the type, summed from those of Computer Modern by kind of letter, a little wide.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

NORMAL: Final = 32.0
"""Width of the text of `article` in em of its type (the least of 10, 11 and 12 pt)."""

SMALL: Final = 38.5
"""The same in em of `footnotesize`."""

NORMAL_GAP: Final = 1.2
"""Space between two columns, in em: twice 6 pt."""

SMALL_GAP: Final = 0.76
"""In small type: twice 3 pt."""

LONGEST: Final = 16.0
"""Columns of text wider than this, in em, are broken into lines where the table is too wide."""

SHORTEST: Final = 4.0
"""Titles of columns are not broken into lines narrower than this, in em."""

NARROW: Final = "ijlt.,:;!|'` "
WIDE: Final = "mwMWΣΠΔ%@∞−×≤≥≈±→—"


@dataclass(frozen=True)
class Panel:
    """Some columns of a table, which fit the page."""

    columns: tuple[int, ...]
    heads: tuple[tuple[str, ...], ...]
    """Lines of the head, each with a title a column of the panel."""
    lefts: tuple[bool, ...]
    """Whether each column of the panel stands at the left."""
    wraps: tuple[float, ...]
    """Width in em of each column of the table that is broken into lines; 0: not broken."""

    def left(self, column: int) -> bool:
        """Whether a column of the table stands at the left."""
        return self.lefts[self.columns.index(column)]


@dataclass(frozen=True)
class Layout:
    """A table as it is set."""

    panels: tuple[Panel, ...]
    rows: tuple[tuple[str, ...], ...]
    small: bool

    @property
    def lines(self) -> int:
        """Lines of the highest panel."""
        return max(
            len(panel.heads)
            + sum(max(lines_of(row[c], panel.wraps[c]) for c in panel.columns) for row in self.rows)
            for panel in self.panels
        )


def laid_out(heads: Sequence[Sequence[str]], rows: Sequence[Sequence[str]], lefts: Collection[int]) -> Layout:
    """Fit a table to the page.

    Args:
        heads: Lines of the head.
        rows: Cells as text.
        lefts: Numbers of the columns that stand at the left.
    """
    count = len(heads[0])
    cells = [max((width(row[c]) for row in rows), default=0.0) for c in range(count)]
    titles = [max(width(line[c]) for line in heads) for c in range(count)]
    body = tuple(tuple(row) for row in rows)
    none = (0.0,) * count
    whole = tuple(range(count))
    natural = [max(pair) for pair in zip(cells, titles, strict=True)]
    if _total(natural, NORMAL_GAP) <= NORMAL:
        return Layout((_panel(whole, heads, lefts, none),), body, small=False)
    if _total(natural, SMALL_GAP) <= SMALL:
        return Layout((_panel(whole, heads, lefts, none),), body, small=True)
    wraps = tuple(_wrap(c, cells[c], rows, lefts, count) for c in range(count))
    cells = [wrap or cell for wrap, cell in zip(wraps, cells, strict=True)]
    broken = [_broken([line[c] for line in heads], cells[c]) for c in range(count)]
    widths = [max(cells[c], *map(width, broken[c])) for c in range(count)]
    height = max(map(len, broken))
    lines = [[""] * (height - len(part)) + part for part in broken]
    stacked = [[lines[c][n] for c in range(count)] for n in range(height)]
    if not any(wraps) and _total(widths, NORMAL_GAP) <= NORMAL:
        return Layout((_panel(whole, stacked, lefts, wraps),), body, small=False)
    panels = [_panel(columns, stacked, lefts, wraps) for columns in _split(widths, lefts)]
    return Layout(tuple(panels), body, small=True)


def lines_of(text: str, wide: float = SMALL) -> int:
    """Lines that a text takes in a column so wide; 0: one."""
    return max(1, math.ceil(1.15 * width(text) / wide)) if wide else 1


def width(text: str) -> float:
    """Width of a text in em."""
    return sum(_letter(sign) for sign in text)


def _letter(sign: str) -> float:
    if sign in NARROW:
        return 0.3
    if sign in WIDE:
        return 0.9
    if sign.isdigit():
        return 0.51
    if sign.isupper():
        return 0.72
    return 0.48 if ord(sign) < 0x2E80 else 1.05


def _total(widths: Sequence[float], gap: float) -> float:
    return sum(widths) + gap * (len(widths) - 1)


def _wrap(
    column: int, cell: float, rows: Sequence[Sequence[str]], lefts: Collection[int], count: int
) -> float:
    """Width of a column of long texts; 0 for others."""
    if column not in lefts or cell <= LONGEST:
        return 0.0
    pieces = (piece for row in rows for piece in re.split(r"(?<=[_^|:/,+(])|\s", row[column]))
    least = max((width(piece) for piece in pieces), default=0.0) + 0.3
    return round(max(LONGEST if count > 2 else 2 * LONGEST, least), 1)


def _broken(title: Sequence[str], cell: float) -> list[str]:
    """A title in lines not much wider than its cells."""
    lines: list[str] = []
    for part in title:
        words = part.split()
        limit = max(cell, SHORTEST, *(width(word) for word in words)) if words else cell
        line = ""
        for word in words:
            joined = f"{line} {word}".strip()
            if line and width(joined) > limit:
                lines.append(line)
                line = word
            else:
                line = joined
        if line:
            lines.append(line)
    return lines or [""]


def _split(widths: Sequence[float], lefts: Collection[int]) -> list[tuple[int, ...]]:
    """Columns over tables, in order; the first columns of text (or the first column) stand in each."""
    first = next((c for c in range(len(widths)) if c not in lefts), len(widths))
    stub = list(range(max(first, 1)))
    while len(stub) > 1 and _total([widths[c] for c in stub], SMALL_GAP) > 0.6 * SMALL:
        stub.pop()

    def widest(panels: list[list[int]]) -> float:
        return max(_total([widths[c] for c in panel], SMALL_GAP) for panel in panels)

    panels = _filled(widths, stub, SMALL)
    while len(panels) > 1:  # even ones: the narrowest that take no more tables
        narrower = _filled(widths, stub, widest(panels) - 1e-9)
        if len(narrower) > len(panels) or widest(narrower) >= widest(panels):
            break
        panels = narrower
    return [tuple(panel) for panel in panels]


def _filled(widths: Sequence[float], stub: Sequence[int], limit: float) -> list[list[int]]:
    """Columns one after the other into tables of this width at most, if they can be."""
    panels: list[list[int]] = [list(stub)]
    for column in range(len(stub), len(widths)):
        here = panels[-1]
        if len(here) > len(stub) and _total([widths[c] for c in (*here, column)], SMALL_GAP) > limit:
            panels.append([*stub, column])
        else:
            here.append(column)
    return panels


def _panel(
    columns: tuple[int, ...],
    heads: Sequence[Sequence[str]],
    lefts: Collection[int],
    wraps: tuple[float, ...],
) -> Panel:
    lines = [tuple(line[c] for c in columns) for line in heads]
    lines = [line for line in lines if any(line)] or [lines[-1]]
    return Panel(columns, tuple(lines), tuple(c in lefts for c in columns), wraps)
