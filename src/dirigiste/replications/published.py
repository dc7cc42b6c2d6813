"""Published numbers as YAML, and their comparison with ours.

    paper: restuccia-rogerson-2008
    tables:
      - id: table-3
        title: Uncorrelated distortions, half of establishments taxed
        where: Table 3
        tag: read                    # read, recomputed, remembered or derived
        tolerance: 0.006             # absolute; left out, cells have no verdict and `why` says why
        columns: ["0.1", "0.2", "0.3", "0.4"]
        rows:
          Y: [0.98, 0.96, 0.93, 0.92]
          E: [1.00, 1.00, null, null]          # null: no number there
      - id: table-3-digits
        like: table-3                # the same numbers of ours, against another source
        ...
    claims:
      - {id: ranking, text: Losses fall with credit, where: p. 440, tag: read}

A table may give single rows another tolerance with `tolerances: {E: 0.003}`, and `digits` for printing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import Field, model_validator

from dirigiste.documents import reading, validation
from dirigiste.documents.fields import Count, Declaration, Real
from dirigiste.replications.outcome import Cell, Claim, Tag

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = Sequence[float] | NDArray[np.float64]
    Ours = Mapping[str, Mapping[str, Numbers]]
    """Our numbers: table id -> row -> one number per column."""
    Holds = Mapping[str, tuple[bool, str]]
    """Claim id -> whether it holds, and what we found."""

Text = Annotated[str, Field(min_length=1)]
Tolerance = Annotated[Real, Field(gt=0)]


class PublishedTable(Declaration):
    """Numbers of one table, figure or paragraph."""

    id: Text = Field(description="Name by which ours are given")
    title: Text = Field(description="Title, as the table prints it or in our words")
    where: Text = Field(description="Table, figure, page")
    tag: Tag = Field(description="Where the numbers are from")
    columns: tuple[Text, ...] = Field(min_length=1, description="Labels of the columns")
    rows: dict[str, tuple[Real | None, ...]] = Field(min_length=1, description="Numbers by row")
    tolerance: Tolerance | None = Field(default=None, description="How far ours may be, in absolute terms")
    tolerances: dict[str, Tolerance] = Field(default_factory=dict, description="The same for single rows")
    like: str | None = Field(default=None, description="Table whose numbers of ours are compared again")
    digits: Annotated[Count, Field(ge=0, le=12)] = Field(default=4, description="Digits of ours to print")
    why: str = Field(default="", description="Why there is no verdict, or what a miss is probably due to")

    @model_validator(mode="after")
    def _shape(self) -> Self:
        for name, numbers in self.rows.items():
            if len(numbers) != len(self.columns):
                raise ValueError(
                    f"row `{name}` has {len(numbers)} numbers for {len(self.columns)} columns; "
                    "write null where there is none"
                )
        stray = sorted(set(self.tolerances) - set(self.rows))
        if stray:
            raise ValueError(f"`tolerances` names rows that do not exist: {', '.join(stray)}")
        if self.tolerance is None and not self.why and set(self.tolerances) != set(self.rows):
            raise ValueError("without `tolerance`, `why` must say why there is no verdict")
        return self


class PublishedClaim(Declaration):
    """A statement of the paper without a number."""

    id: Text = Field(description="Name by which we say whether it holds")
    text: Text = Field(description="The statement")
    where: Text = Field(description="Table, figure, page")
    tag: Tag = Field(description="Where it is from")


class Published(Declaration):
    """The published numbers of a paper."""

    paper: Text = Field(description="Name of the replication")
    tables: tuple[PublishedTable, ...] = Field(default=(), description="Tables")
    claims: tuple[PublishedClaim, ...] = Field(default=(), description="Statements")

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
        return self


def load(package: str | None, name: str = "published.yaml") -> Published:
    """Read the published numbers in a package folder.

    Args:
        package: `__package__` of the module that asks.
        name: The file.

    Raises:
        InputError: With every fault of the file, by line and key.
    """
    assert package  # only ever asked for by modules of a package
    item = resources.files(package).joinpath(name)
    return loads(item.read_text(encoding="utf-8"), file=f"{package.rpartition('.')[2]}/{name}")


def loads(text: str, file: str = "<text>") -> Published:
    """The same from text; `file` is what messages call it."""
    return validation.validate(Published, reading.parse(text, file=file))


def compare(published: Published, ours: Ours, holds: Holds | None = None) -> list[Cell | Claim]:
    """Published numbers beside ours, in the order of the file.

    A number that ours lacks is nan and so a miss; one that is not published is no cell.

    Raises:
        KeyError: Ours has a table, row or claim that is not in the file, or another number of columns:
            a slip in the replication.
    """
    holds = holds or {}
    _known(published, ours, holds)
    cells: list[Cell | Claim] = []
    for table in published.tables:
        mine = ours.get(table.like or table.id, {})
        for row, numbers in table.rows.items():
            values = mine.get(row, [math.nan] * len(numbers))
            tolerance = table.tolerances.get(row, table.tolerance)
            cells += [
                Cell(
                    table.title, table.where, row, column, number, float(value), tolerance, table.tag,
                    table.digits, table.why,
                )
                for column, number, value in zip(table.columns, numbers, values, strict=True)
                if number is not None
            ]  # fmt: skip
    for claim in published.claims:
        true, found = holds.get(claim.id, (False, "not computed"))
        cells.append(Claim(claim.text, claim.where, claim.tag, bool(true), found))
    return cells


def _known(published: Published, ours: Ours, holds: Holds) -> None:
    rows: dict[str, set[str]] = {}
    widths: dict[str, int] = {}
    for table in published.tables:
        rows.setdefault(table.like or table.id, set()).update(table.rows)
        widths[table.like or table.id] = len(table.columns)
    for name, mine in ours.items():
        if name not in rows:
            raise KeyError(f"no published table has the id `{name}`")
        for row, values in mine.items():
            if row not in rows[name]:
                raise KeyError(f"published table `{name}` has no row `{row}`")
            if len(values) != widths[name]:
                raise KeyError(
                    f"row `{row}` of `{name}` has {len(values)} numbers for {widths[name]} columns"
                )
    stray = sorted(set(holds) - {claim.id for claim in published.claims})
    if stray:
        raise KeyError(f"no published claim has the id {', '.join(stray)}")
