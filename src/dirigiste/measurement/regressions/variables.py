"""Names of formulas as numbers and categories of the rows of a measurement."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from dirigiste.errors import InputError, Problem
from dirigiste.measurement.data import conditions, expressions
from dirigiste.measurement.data.coding import firm_numbers
from dirigiste.measurement.data.firms import COLUMNS
from dirigiste.measurement.firm_level import MEASURES, file_names, with_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dirigiste.measurement.data.expressions import Formula
    from dirigiste.measurement.data.firms import Firms

    Array = np.ndarray[Any, np.dtype[Any]]

SHOWN: Final = 40
"""Columns of the file that a message lists at most."""


@dataclass(frozen=True)
class Values:
    """A categorical variable: whole numbers from 0 in the order of values, and the values as text."""

    codes: pl.Series
    names: tuple[str, ...]


class Variables:
    """What formulas may name: measures, roles, columns of the file, and groups (1 in the group, else 0)."""

    def __init__(self, firms: Firms, rows: pl.DataFrame | None = None) -> None:
        self.firms = firms
        self.rows = pl.DataFrame() if rows is None else rows
        filled = {*firms.roles, "row", "industry", "year"}
        self.roles = [name for name in COLUMNS if name in filled]
        self.file = file_names(firms)
        self._lower = {name.lower(): name for name in reversed([*self.roles, *self.file])}

    @cached_property
    def groups(self) -> list[str]:
        """Groups that may be named: those whose name nothing else has."""
        if "group" not in self.roles:
            return []
        known = self.firms.frame["group"].drop_nulls().unique().sort().to_list()
        taken = {*MEASURES, *self.roles, *self.file}
        return [name for name in known if name not in taken]

    @cached_property
    def names(self) -> list[str]:
        """All names."""
        return list(dict.fromkeys([*MEASURES, *self.roles, *self.file, *self.groups]))

    def name(self, word: str) -> str | None:
        """The name that a word stands for: itself, or in another case; None where there is none."""
        if word in self.names:
            return word
        return self._lower.get(word.lower())

    def problems(self, words: Iterable[str], key: str, text: str) -> list[Problem]:
        """A problem for every unknown name, and what there is."""
        from dirigiste.documents.words import near

        unknown = [word for word in words if self.name(word) is None]
        found = [
            Problem(self.firms.source, 0, 0, key, f"no `{word}` in `{text}`", near(word, self.names))
            for word in unknown
        ]
        if unknown:
            file = list(self.file)
            shown = ", ".join(file[:SHOWN]) + (f" and {len(file) - SHOWN} more" if len(file) > SHOWN else "")
            parts = [f"measures are {', '.join(MEASURES)}", f"roles are {', '.join(self.roles)}"]
            parts += [f"columns of the file are {shown}"] if file else []
            parts += [f"groups, 1 or 0, are {', '.join(self.groups)}"] if self.groups else []
            found.append(Problem(self.firms.source, 0, 0, "", "; ".join(parts)))
        return found

    def load(self, words: Iterable[str]) -> None:
        """Read the columns of the file that formulas name."""
        names = [name for word in words if (name := self.name(word)) is not None]
        self.rows = with_file(self.rows, self.firms, names)

    def column(self, word: str) -> pl.Series:
        """A name's values, of the type that it has."""
        return self._of(self.rows, word)

    def before_the_trim(self, word: str) -> pl.DataFrame:
        """Row, id, year and x, a name's values, of all rows that were read; for what no trim should hide."""
        name = self.name(word)
        frame = with_file(self.firms.frame, self.firms, [name] if name else [])
        return frame.select("row", "id", "year").with_columns(x=self._of(frame, word))

    def _of(self, frame: pl.DataFrame, word: str) -> pl.Series:
        name = self.name(word)
        assert name is not None  # checked by `problems`
        if name in MEASURES:
            return frame.select(MEASURES[name][1].alias(name))[name]
        if name in frame.columns:
            return frame[name]
        return (frame["group"] == name).cast(pl.Float64).alias(name)

    def is_text(self, word: str) -> bool:
        """Whether a name holds text, so that it is taken value by value."""
        return not self.column(word).dtype.is_numeric()

    def number(self, formula: Formula, key: str, text: str) -> pl.Series:
        """A formula's values as numbers; null where they are missing or not finite.

        Raises:
            InputError: A name holds text.
        """
        worded = conditions.texts(formula)
        wrong = [name for name in expressions.names(formula) if name not in worded and self.is_text(name)]
        if wrong:
            column = self.column(wrong[0])
            example = next(iter(column.drop_nulls().head(1)), "x")
            message = (
                f"`{wrong[0]}` in `{text}` holds text, such as `{example}`; take it value by value, "
                f"`C({wrong[0]})`, or compare it, `I({wrong[0]} == '{example}')`"
            )
            raise InputError.of(message, key=key, file=self.firms.source)
        names = {name: f"(n{n})" for n, name in enumerate(expressions.names(formula))}
        frame = pl.DataFrame([self.column(name).alias(short) for name, short in names.items()])
        condition = conditions.is_condition(formula)
        value = (
            conditions.to_polars(
                formula,
                lambda name: pl.col(names[name]).cast(pl.Float64),
                lambda name: pl.col(names[name]).cast(pl.String),
            )
            if condition
            else expressions.to_polars(formula, lambda name: pl.col(names[name]).cast(pl.Float64))
        ).cast(pl.Float64)
        return frame.select(pl.when(value.is_finite()).then(value).otherwise(None).alias("x"))["x"]

    def firms_of_rows(self) -> pl.Series:
        """Numbers of firms; a row without id is a firm of its own."""
        return pl.Series(firm_numbers(self.rows["id"]), dtype=pl.Int64)

    def values(self, words: Sequence[str]) -> Values:
        """One name, or several combined, value by value."""
        columns = [self.column(word).alias(f"(n{n})") for n, word in enumerate(words)]
        frame = pl.DataFrame(columns)
        missing = frame.select(pl.any_horizontal(pl.all().is_null())).to_series()
        places = frame.filter(~missing).unique().sort(frame.columns).with_row_index("(code)")
        names = tuple("^".join(map(_spelled, row)) for row in places.drop("(code)").iter_rows())
        joined = frame.join(places, on=frame.columns, how="left", maintain_order="left")
        return Values(joined["(code)"].cast(pl.Int64), names)


def _spelled(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return f"{value:.0f}"
    return f"{value:g}" if isinstance(value, float) else str(value)
