"""Reference numbers as YAML, and their comparison with ours.

    paper: restuccia-rogerson-2008
    tables:
      - id: table-3
        title: Uncorrelated distortions, half of establishments taxed
        where: Table 3
        kind: read                   # read, recomputed, closed form or remembered
        columns: ["0.1", "0.2", "0.3", "0.4"]
        rows:
          Y: 0.98 0.96 0.93 0.92     # as printed: the digits give the tolerance
          E: 1.00 1.00 null null     # null: no number there
        repeats: {TFP: table-3.Y}    # this row gives numbers of another row again
        remark: why a cell misses, where one does
        remarks: {E: the same for a single row}
      - id: table-3-digits
        like: table-3                # the same numbers of ours, against another source
        ...
    claims:
      - {id: ranking, text: Losses fall with credit, where: p. 440, kind: read}

**The rule of tolerances.** A row is text, numbers with spaces between, so that the digits are known that its
source gives; a single number needs quotes. Ours may be half a unit of the last of these digits away
(`outcome.tolerance`). No file can widen this. `no_verdict` makes an exception for a table whose reference is
not the same quantity as ours (data against a model, another grid), and says why; it has no tolerance at all.

`one_number: true` is for a table whose columns are several computations of ours of one number, which counts
once.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import TYPE_CHECKING, Annotated, Final, Self

from pydantic import BeforeValidator, Field, model_validator

from dirigiste.documents import reading, validation
from dirigiste.documents.fields import Declaration, Flag
from dirigiste.replications.outcome import Cell, Claim, Kind

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = Sequence[float] | NDArray[np.float64]
    Ours = Mapping[str, Mapping[str, Numbers]]
    """Our numbers: table id -> row -> one number per column."""
    Holds = Mapping[str, tuple[bool, str]]
    """Statement id -> whether it holds, and what was computed."""

Text = Annotated[str, Field(min_length=1)]

NUMBER: Final = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)")
ABSENT: Final = "null"


def _split(given: object) -> tuple[str | None, ...]:
    """The numbers of a row, in text as they are printed."""
    if not isinstance(given, str):
        raise ValueError(
            "a row is text: its numbers as printed, with spaces between, in quotes where there is only one"
        )
    words = given.split()
    wrong = [word for word in words if word != ABSENT and not NUMBER.fullmatch(word)]
    if wrong:
        raise ValueError(f"not a number as it is printed: {', '.join(wrong)}; write {ABSENT} for none")
    return tuple(None if word == ABSENT else word for word in words)


Row = Annotated[tuple[str | None, ...], BeforeValidator(_split)]


class ReferenceTable(Declaration):
    """Numbers of one table, figure or paragraph."""

    id: Text = Field(description="Name by which ours are given")
    title: Text = Field(description="Title, as the table prints it or in our words")
    where: Text = Field(description="Table, figure, page")
    kind: Kind = Field(description="Where the numbers are from")
    columns: tuple[Text, ...] = Field(min_length=1, description="Labels of the columns")
    rows: dict[str, Row] = Field(min_length=1, description="Numbers by row, in text as they are printed")
    like: str | None = Field(default=None, description="Table whose numbers of ours are compared again")
    repeats: dict[str, Text] = Field(
        default_factory=dict, description="Rows that give the numbers of another row again: table.row"
    )
    one_number: Flag = Field(default=False, description="Columns are computations of ours of one number")
    remark: str = Field(default="", description="What a miss is probably due to")
    remarks: dict[str, Text] = Field(default_factory=dict, description="The same for single rows")
    no_verdict: str = Field(default="", description="Why there is no verdict; empty where there is one")

    @model_validator(mode="after")
    def _shape(self) -> Self:
        for name, numbers in self.rows.items():
            if len(numbers) != len(self.columns):
                raise ValueError(
                    f"row `{name}` has {len(numbers)} numbers for {len(self.columns)} columns; "
                    f"write {ABSENT} where there is none"
                )
        for key, names in (("repeats", self.repeats), ("remarks", self.remarks)):
            stray = sorted(set(names) - set(self.rows))
            if stray:
                raise ValueError(f"`{key}` names rows that do not exist: {', '.join(stray)}")
        return self

    def row_id(self, row: str) -> str:
        """Which numbers a row gives: those of the row that it repeats, else its own."""
        return self.repeats.get(row, f"{self.like or self.id}.{row}")

    def number(self, row: str, column: str) -> str:
        """Which number a cell gives."""
        return self.row_id(row) if self.one_number else f"{self.row_id(row)}.{column}"


class ReferenceClaim(Declaration):
    """A statement of the paper without a number."""

    id: Text = Field(description="Name by which we say whether it holds")
    text: Text = Field(description="The statement")
    where: Text = Field(description="Table, figure, page")
    kind: Kind = Field(description="Where it is from")


class References(Declaration):
    """The reference numbers and statements of a paper."""

    paper: Text = Field(description="Name of the replication")
    tables: tuple[ReferenceTable, ...] = Field(default=(), description="Tables")
    claims: tuple[ReferenceClaim, ...] = Field(default=(), description="Statements")

    @model_validator(mode="after")
    def _names(self) -> Self:
        for what, parts in (("tables", self.tables), ("claims", self.claims)):
            names = [part.id for part in parts]
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"ids of {what} must differ; given twice: {', '.join(twice)}")
        tables = {table.id for table in self.tables}
        unknown = sorted({t.like for t in self.tables if t.like is not None} - tables)
        if unknown:
            raise ValueError(f"`like` names tables that do not exist: {', '.join(unknown)}")
        rows = {
            f"{table.id}.{row}"
            for table in self.tables
            for row in table.rows
            if table.like is None and row not in table.repeats
        }
        unknown = sorted({name for table in self.tables for name in table.repeats.values()} - rows)
        if unknown:
            raise ValueError(
                "`repeats` must name table.row of a table without `like` that does not repeat another; "
                f"no such row: {', '.join(unknown)}"
            )
        return self


def load(package: str | None, name: str = "reference.yaml") -> References:
    """Read the reference numbers in a package folder.

    Args:
        package: `__package__` of the module that asks.
        name: The file.

    Raises:
        InputError: With every fault of the file, by line and key.
    """
    assert package  # only ever asked for by modules of a package
    item = resources.files(package).joinpath(name)
    return loads(item.read_text(encoding="utf-8"), file=f"{package.rpartition('.')[2]}/{name}")


def loads(text: str, file: str = "<text>") -> References:
    """The same from text; `file` is what messages call it."""
    return validation.validate(References, reading.parse(text, file=file))


def compare(references: References, ours: Ours, holds: Holds | None = None) -> list[Cell | Claim]:
    """Reference numbers beside ours, in the order of the file.

    A number that ours lacks is nan and so a miss; one that the file does not give is no cell.

    Raises:
        KeyError: Ours has a table, row or statement that is not in the file, or another number of columns:
            a slip in the replication.
    """
    holds = holds or {}
    _check(references, ours, holds)
    cells: list[Cell | Claim] = []
    for table in references.tables:
        mine = ours.get(table.like or table.id, {})
        for row, numbers in table.rows.items():
            values = mine.get(row, [math.nan] * len(numbers))
            cells += [
                Cell(
                    table=table.title,
                    where=table.where,
                    row=row,
                    column=column,
                    printed=printed,
                    ours=float(value),
                    kind=table.kind,
                    number=table.number(row, column),
                    remark=table.remarks.get(row, table.remark),
                    no_verdict=table.no_verdict,
                )
                for column, printed, value in zip(table.columns, numbers, values, strict=True)
                if printed is not None
            ]
    for claim in references.claims:
        true, result = holds.get(claim.id, (False, "not computed"))
        cells.append(Claim(claim.text, claim.where, claim.kind, bool(true), result))
    return cells


def _check(references: References, ours: Ours, holds: Holds) -> None:
    """Raise KeyError for what ours has and the file has not."""
    rows: dict[str, set[str]] = {}
    widths: dict[str, int] = {}
    for table in references.tables:
        rows.setdefault(table.like or table.id, set()).update(table.rows)
        widths[table.like or table.id] = len(table.columns)
    for name, mine in ours.items():
        if name not in rows:
            raise KeyError(f"no reference table has the id `{name}`")
        for row, values in mine.items():
            if row not in rows[name]:
                raise KeyError(f"reference table `{name}` has no row `{row}`")
            if len(values) != widths[name]:
                raise KeyError(
                    f"row `{row}` of `{name}` has {len(values)} numbers for {widths[name]} columns"
                )
    stray = sorted(set(holds) - {claim.id for claim in references.claims})
    if stray:
        raise KeyError(f"no reference statement has the id {', '.join(stray)}")
