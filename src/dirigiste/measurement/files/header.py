"""Where a table begins in a text file or a sheet: title lines above the header, names, blank columns."""

from __future__ import annotations

import re
from collections import Counter
from statistics import median
from typing import TYPE_CHECKING, Final, NamedTuple

from dirigiste.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

NUMBER: Final = re.compile(r"-?[\d.,]*\d[\d.,]*(?:[eE][-+]?\d+)?")


class Header(NamedTuple):
    """Where the header is, and its names."""

    place: int
    """Which of the records it is, from 0."""
    names: list[str]
    remarks: tuple[str, ...] = ()


def header(records: Sequence[Sequence[str]], file: str, *, given: bool = False) -> Header:
    """Find the header among the first records of a table: the first one that is as wide as most of them.

    Args:
        records: The first records, their cells as text; blank ones are empty.
        file: What messages call the file.
        given: Whether the first record is the header by the choice of the user (`--skip`).

    Raises:
        InputError: There is none, names come twice, or rows have one field more than the header.
    """
    cells = [[cell.strip() for cell in record] for record in records]
    if not any(any(record) for record in cells):
        raise InputError.of("has no header: its first lines are empty", file=file)
    width = _width(cells)
    place = 0
    if not given:
        usual = median(sum(map(bool, record)) for record in cells if any(record))
        widths = Counter(map(len, cells))
        candidates = (
            n
            for n, record in enumerate(cells)
            if _is_header(record, width, usual, alone=widths[len(record)] == 1)
        )
        place = next(candidates, 0)
    names = cells[place]
    above = [record for record in cells[:place] if any(record)]
    if above and len(above[-1]) == width - 1 > 1 and any(NUMBER.fullmatch(cell) for cell in names):
        message = (
            f"has {width - 1} names in its header and {width} fields in its rows: does the first field hold "
            "row names without a heading (as R writes them)? Give it one, or write without row names"
        )
        raise InputError.of(message, file=file)
    remarks = []
    if above:
        shown = " ".join(cell for cell in above[0] if cell)
        shown = shown if len(shown) <= 40 else f"{shown[:39]}…"
        skipped = "line is no header and was" if place == 1 else f"{place} lines are no header and were"
        remarks.append(f"the first {skipped} skipped: `{shown}`; --skip says otherwise")
    if not any(names[width:]):
        names = names[:width]
    return Header(place, *_named(names, file, tuple(remarks)))


def _width(cells: Sequence[Sequence[str]]) -> int:
    """Fields of most records; without the last one where only the header lacks it and it is empty."""
    counts = Counter(len(record) for record in cells if any(record))
    width = max(counts, key=lambda n: (counts[n], n))
    wide = [record for record in cells if len(record) == width]
    if width > 1 and any(len(record) == width - 1 for record in cells) and not any(r[-1] for r in wide):
        return width - 1
    return width


def _is_header(record: Sequence[str], width: int, usual: float, *, alone: bool) -> bool:
    """Whether a record is as wide as most, or wider and not `alone` in that, and not all but empty; `usual`
    fields of records are filled.
    """
    filled = sum(map(bool, record))
    fits = len(record) >= width and not (alone and any(record[width:]))
    return filled > 0 and fits and 2 * filled > usual


def _named(names: list[str], file: str, remarks: tuple[str, ...]) -> tuple[list[str], tuple[str, ...]]:
    if all(NUMBER.fullmatch(name) for name in names if name):
        raise InputError.of("has no header: its first line holds numbers, not names", file=file)
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise InputError.of(f"columns given twice: {', '.join(f'`{n}`' for n in twice)}", file=file)
    blank = [n for n, name in enumerate(names, start=1) if not name]
    if blank:
        names = [name or f"column {n}" for n, name in enumerate(names, start=1)]
        shown = ", ".join(f"`column {n}`" for n in blank[:5]) + (" and others" if len(blank) > 5 else "")
        remarks = (*remarks, f"columns without a name are called {shown}")
    return names, remarks
