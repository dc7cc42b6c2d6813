"""Tables of results: a frame, what its columns mean, and the notes that go with it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

Unit = Literal["", "%", "log", "count", "share"]
"""Unit of a column: none or text; per cent (50 is 50 %); log points (0.5); a whole number; a share (0.5)."""


@dataclass(frozen=True)
class Column:
    """One column of a table."""

    title: str
    unit: Unit = ""
    digits: int = 3
    """Digits after the point when printed."""
    align: Literal["", "right"] = ""
    """Where its cells stand; default: text at the left, numbers at the right."""


@dataclass(frozen=True)
class Table:
    """A result. Columns of `frame` and keys of `columns` are the same, in the same order."""

    name: str
    title: str
    frame: pl.DataFrame
    columns: Mapping[str, Column]
    notes: tuple[str, ...] = ()
    """Choices, formulas, assumptions and references, one sentence or two each."""
    rules: tuple[int, ...] = ()
    """Rows above which a line is drawn."""
    for_programs: bool = False
    """Whether it is written only in formats that programs read: another table shows the same to people."""
    hidden: frozenset[str] = frozenset()
    """Columns that only formats for programs have."""
    digits: tuple[int, ...] = ()
    """Digits after the point of numbers without a unit, by row, where rows differ; else those of columns."""
    label: str = ""
    """What LaTeX calls it after `tab:`; else its name."""

    def __post_init__(self) -> None:
        if list(self.columns) != self.frame.columns:
            message = (
                f"table `{self.name}`: columns {self.frame.columns} are described as {list(self.columns)}"
            )
            raise ValueError(message)

    def shown(self) -> Table:
        """The table as people read it, without hidden columns."""
        if not self.hidden:
            return self
        names = [name for name in self.frame.columns if name not in self.hidden]
        columns = {name: self.columns[name] for name in names}
        return replace(self, frame=self.frame.select(names), columns=columns, hidden=frozenset())

    def __repr__(self) -> str:
        return f"Table({self.name}: {self.title}; {self.frame.height} rows)\n{self.frame}"
