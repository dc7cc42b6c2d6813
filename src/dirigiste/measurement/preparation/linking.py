"""Firms linked over years by several identifiers, one after the other, as Brandt, Van Biesebroeck and Zhang
(2012, Journal of Development Economics 97:339-351) link the Chinese survey of industrial firms.

Rows of each year are linked to rows of the next by the first identifier; what is left by the second, and so
on. Then rows that have no link yet are linked over a gap of a year by the same identifiers in the same
order. A link is made only where one row of each year, of those without a link, has the identifier: ambiguous
ones are refused and counted. A firm is a chain of links, and has one row a year at most.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from dirigiste.errors import InputError
from dirigiste.measurement.output.table import Column, Table
from dirigiste.measurement.preparation.rows import Part, Rows, cut, read_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dirigiste.measurement.files.source import Form
    from dirigiste.measurement.preparation.rows import Frame

    Array = np.ndarray[Any, np.dtype[Any]]

LONGEST: Final = 10
"""Longest window in years."""


@dataclass(frozen=True)
class Linked:
    """Rows with the firm they belong to."""

    frame: pl.DataFrame
    """The rows as they came, with the columns `panel_id` (or another name), `linked_by` (the identifier that
    links the row to the firm's row before; null in its first) and `linked_from` (the year of that row)."""
    tables: dict[str, Table]
    """`links`: by window and identifier; `years`: by year."""
    notes: tuple[str, ...]
    """What was done, one sentence each."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Column -> label, where the file has labels."""

    @property
    def firms(self) -> int:
        """Number of firms."""
        return int(self.tables["years"].frame["new"].sum())


def link_firms(
    source: Frame,
    *,
    by: str | Sequence[str | Sequence[str]],
    year: str = "year",
    window: int = 3,
    name: str = "panel_id",
    form: Form | None = None,
) -> Linked:
    """Link firms over years.

    Args:
        source: A file, or a frame of polars or pandas, with a row for a firm in a year.
        by: The identifier, or identifiers in order. Each is a column, or several that must all agree (a
            sequence, or text with commas between); `region:4` means the first four characters of the column.
        year: The column of years.
        window: Years that a link may span, both ends counted: 2 links adjacent years only, 3 heals gaps of
            a year.
        name: Name of the column of firms that is made.
        form: How a text file is written, where that cannot be detected.

    Returns:
        The rows with their firm, and the log of links.

    Raises:
        InputError: A column does not exist, a cell of `year` holds no year, or an option is out of range.
    """
    by = [by] if isinstance(by, str) else by
    if not by:
        raise InputError.of("needs an identifier, such as `--by id`", key="--by")
    if not 2 <= window <= LONGEST:
        raise InputError.of(f"must be 2 to {LONGEST} years; got {window}", key="--window")
    rows = read_rows(source, form)
    identifiers = {_spelled(given): _parts(given, rows) for given in by}
    used = [part.column for parts in identifiers.values() for part in parts]
    rows.check([("--year", year), *(("--by", column) for column in used)])
    for column in (name, "linked_by", "linked_from"):
        rows.free(column, "--name")
    years = rows.years(year, "--year").fill_null(0).to_numpy()
    keys = [_keys(rows, parts) for parts in identifiers.values()]
    if not years.any():
        raise InputError.of(f"`{year}` is missing in all rows", file=rows.name, key="--year")
    chains = _Chains(years, keys, window)
    return _linked(rows, chains, list(identifiers), window, name)


def _spelled(given: str | Sequence[str]) -> str:
    return given if isinstance(given, str) else ",".join(given)


def _parts(given: str | Sequence[str], rows: Rows) -> list[Part]:
    """The columns of an identifier."""
    columns = rows.source.columns
    whole = isinstance(given, str) and given in columns
    names = [given] if whole else given.split(",") if isinstance(given, str) else given
    return [cut(str(text), columns) for text in names]


def _keys(rows: Rows, parts: list[Part]) -> Array:
    """(N) number of the identifier's value; -1 where a part of it is missing.

    Letters are compared without case and width, spaces do not count.
    """
    texts = []
    for n, (column, length) in enumerate(parts):
        text = pl.lit(rows.texts(column)).str.normalize("NFKC").str.to_lowercase().str.replace_all(r"\s+", "")
        text = text if length is None else text.str.slice(0, length)
        texts.append(pl.when(text == "").then(None).otherwise(text).alias(str(n)))
    joined = pl.select(pl.concat_str(texts, separator="\x1f", ignore_nulls=False)).to_series()
    return joined.rank("dense").cast(pl.Int64).fill_null(0).to_numpy() - 1


@dataclass
class Count:
    """What an identifier did in a window."""

    links: int = 0
    refused: int = 0
    """Rows of the earlier year whose identifier is in the later year, but not once in both."""


class _Chains:
    """Links between rows, made one identifier after the other."""

    def __init__(self, years: Array, keys: list[Array], window: int) -> None:
        self.years = years
        self.keys = keys
        self.before = np.full(years.size, -1)
        """(N) row that a row is linked to in an earlier year; -1: none."""
        self.after = np.full(years.size, -1)
        self.how = np.full(years.size, -1)
        """(N) identifier of the link to the row before."""
        self.counts: dict[tuple[int, int], Count] = {}
        """(gap in years, identifier) -> what it did."""
        found = np.unique(years)
        order = np.argsort(years, kind="stable")
        pieces = np.split(order, np.searchsorted(years[order], found)[1:])
        self.rows = {int(y): piece for y, piece in zip(found, pieces, strict=True) if y}
        """Year -> its rows."""
        for gap in range(1, window):
            for year in self.rows:
                if year + gap in self.rows:
                    self._link(year, gap)

    def _link(self, year: int, gap: int) -> None:
        for n, key in enumerate(self.keys):
            left = self._open(self.rows[year], self.after, key)
            right = self._open(self.rows[year + gap], self.before, key)
            one, first, times = np.unique(key[left], return_index=True, return_counts=True)
            other, second, again = np.unique(key[right], return_index=True, return_counts=True)
            _, here, there = np.intersect1d(one, other, assume_unique=True, return_indices=True)
            clear = (times[here] == 1) & (again[there] == 1)
            a, b = left[first[here[clear]]], right[second[there[clear]]]
            self.after[a], self.before[b], self.how[b] = b, a, n
            count = self.counts.setdefault((gap, n), Count())
            count.links += int(clear.sum())
            count.refused += int(times[here[~clear]].sum())

    @staticmethod
    def _open(rows: Array, links: Array, key: Array) -> Array:
        """Rows without a link that have the identifier."""
        return rows[(links[rows] < 0) & (key[rows] >= 0)]

    def firms(self) -> Array:
        """(N) number of the firm from 1, in the order of their first years and rows; 0 without a year."""
        firm = np.zeros(self.years.size, dtype=np.int64)
        last = 0
        for year in sorted(self.rows):
            rows = self.rows[year]
            old = self.before[rows] >= 0
            firm[rows[old]] = firm[self.before[rows[old]]]
            firm[rows[~old]] = last + 1 + np.arange(int((~old).sum()))
            last += int((~old).sum())
        return firm


def _linked(rows: Rows, chains: _Chains, names: list[str], window: int, name: str) -> Linked:
    firm = chains.firms()
    old = chains.before >= 0
    spelled = [names[n] if n >= 0 else None for n in chains.how]
    frame = rows.result(
        **{
            name: pl.Series(firm).replace(0, None),
            "linked_by": pl.Series(spelled, dtype=pl.String),
            "linked_from": pl.Series(np.where(old, chains.years[chains.before], 0)).replace(0, None),
        }
    )
    return Linked(
        frame,
        {"links": _links(chains, names), "years": _years(chains)},
        tuple(_notes(rows, chains, names, window)),
        rows.source.labels,
    )


def _links(chains: _Chains, names: list[str]) -> Table:
    total = max(sum(count.links for count in chains.counts.values()), 1)
    records = [
        (gap + 1, names[n], count.links, 100 * count.links / total, count.refused)
        for (gap, n), count in sorted(chains.counts.items())
    ]
    columns = {
        "window": Column("window, years", "count", 0),
        "identifier": Column("identifier"),
        "links": Column("links", "count", 0),
        "share": Column("of all links", "%", 2),
        "refused": Column("refused", "count", 0),
    }
    notes = (
        "In this order: in each window one identifier after the other, of rows that have no link yet.",
        "Refused: rows of the earlier year whose identifier is in the later one, but more than once in one "
        "of the two; a later identifier may link them.",
    )
    return Table("links", "Links between rows of a firm", _frame(records, columns), columns, notes)


def _years(chains: _Chains) -> Table:
    records = []
    last = max(chains.rows, default=0)
    for year in sorted(chains.rows):
        rows = chains.rows[year]
        before = chains.before[rows]
        gaps = np.where(before >= 0, year - chains.years[before], 0)
        ends = None if year == last else int((chains.after[rows] < 0).sum())
        records.append(
            (
                str(year),
                rows.size,
                int((gaps == 1).sum()),
                int((gaps > 1).sum()),
                int((gaps == 0).sum()),
                ends,
            )
        )
    columns = {
        "year": Column("year"),
        "rows": Column("rows", "count", 0),
        "adjacent": Column("linked to the year before", "count", 0),
        "gap": Column("linked over a gap", "count", 0),
        "new": Column("new firms", "count", 0),
        "last": Column("not seen again", "count", 0),
    }
    return Table("years", "Links by year", _frame(records, columns), columns)


def _frame(records: list[Any], columns: dict[str, Column]) -> pl.DataFrame:
    return pl.DataFrame(records, schema=list(columns), orient="row", infer_schema_length=None)


def _notes(rows: Rows, chains: _Chains, names: list[str], window: int) -> Iterator[str]:
    size = chains.years.size
    linked = int((chains.before >= 0).sum())
    dated = sum(piece.size for piece in chains.rows.values())
    firms = dated - linked
    yield f"{size:,} rows of {rows.name}: {firms:,} firms, {linked:,} links, windows up to {window} years"
    first = _Chains(chains.years, chains.keys[:1], 2)
    alone = int((first.before >= 0).sum())
    yield (
        f"`{names[0]}` in adjacent years alone makes {alone:,} links and {dated - alone:,} firms; the other "
        f"identifiers and longer windows add {linked - alone:,} links"
    )
    if len(chains.rows) == 1:
        yield "there is only one year, and nothing to link"
    if size > dated:
        yield f"rows without a year, which belong to no firm: {size - dated:,}"
    for name, key in zip(names, chains.keys, strict=True):
        missing = int((key < 0).sum())
        if missing:
            yield f"`{name}` is missing in {missing:,} rows"
        repeated = _repeated(chains, key)
        if repeated:
            yield f"`{name}` is shared with another row of the same year in {repeated:,} rows"


def _repeated(chains: _Chains, key: Array) -> int:
    """Rows whose identifier another row of the same year has."""
    count = 0
    for piece in chains.rows.values():
        times = np.unique(key[piece][key[piece] >= 0], return_counts=True)[1]
        count += int(times[times > 1].sum())
    return count
