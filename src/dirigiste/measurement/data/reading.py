"""One reading of a source: roles to canonical columns in one pass, and the log of the rows lost."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from dirigiste.documents.words import near
from dirigiste.errors import InputError, Problem
from dirigiste.measurement.checks.names import check_names, doubts
from dirigiste.measurement.data import conditions, expressions
from dirigiste.measurement.data.columns import number, text, year
from dirigiste.measurement.data.firms import COLUMNS, Firms, Step
from dirigiste.measurement.data.numerals import style
from dirigiste.measurement.data.original import Original
from dirigiste.measurement.data.roles import OF_ROLE
from dirigiste.measurement.data.words import MISSING
from dirigiste.measurement.files.source import FAULTS, ROW

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dirigiste.measurement.data.roles import Role, Roles
    from dirigiste.measurement.files.source import Source
    from dirigiste.measurement.files.text_file import TextFile

FATE: Final = "(fate)"
"""Name of the column with the step at which a row is lost."""

LAST: Final = "(last)"
"""Name of the column that is true where the last field of a row of a text file is missing."""

ABSENT: Final = {
    "id": None,
    "year": 0,
    "industry": "all",
    "group": None,
    "employment": None,
    "weight": 1.0,
    "sales": None,
    "inputs": None,
}
"""What canonical columns hold where no role fills them."""

VALUES: Final = 10
"""Values of a column that a message lists."""

NEEDS: Final = {
    "year": (("is missing", "no year"),),
    "industry": (("is missing", "no industry, so no cell"),),
    "weight": (
        ("is missing", "its weight is unknown"),
        ("is zero or negative", "a row that stands for no firm"),
    ),
    "output": (
        ("is missing", "no value added"),
        ("is zero or negative", "wedges need positive value added"),
    ),
    "labor": (
        ("is missing", "no labour cost"),
        ("is zero or negative", "wedges need positive labour cost"),
    ),
    "capital": (
        ("is missing", "no capital"),
        ("is zero or negative", "wedges need positive capital"),
    ),
}
"""Why rows are lost, in the order in which they are counted."""


class Reading:
    """One reading of a source."""

    def __init__(self, source: Source, roles: Roles) -> None:
        self.source = source
        self.roles = roles
        self.decimal = "."
        self.remarks = [*source.remarks, *roles.remarks]
        if source.stata is not None:
            self.remarks += [note for column in roles.columns for note in source.stata.notes.get(column, ())]
        self.labor = "wage_bill" if "wage_bill" in roles.filled else "employment"
        if self.labor == "employment":
            self.remarks.append(
                "no wage bill: labour is the head count, as if all firms of a cell paid the same wage"
            )

    def firms(self) -> Firms:
        """Read all usable rows."""
        frame, fates = self._rows()
        lost = {int(fate): int(n) for fate, n in fates[FATE].value_counts().iter_rows()}
        total = frame.height + fates.height
        steps = self._steps(total, lost)
        if total == 0:
            raise InputError.of("has a header but no rows", file=self.source.name)
        idle = self._idle_conditions(total, lost)
        if frame.height == 0:
            losses = "; ".join(f"{step.what}: {step.lost:,}" for step in steps[1:] if step.lost)
            self._nothing_in(f"none of its {total:,} rows can be used ({losses})", idle)
        labels = {
            name: self.source.labels[role.text]
            for name, role in self.roles.filled.items()
            if role.text in self.source.labels
        }
        filled = {name: role.text for name, role in self.roles.filled.items()}
        filled["labor"] = filled[self.labor]
        check_names(frame, self.roles, self.source.name)
        warnings = (*self.source.doubts, *doubts(frame, self.roles, self.source), *map(str, idle))
        warnings = tuple(dict.fromkeys(warnings))
        original = Original(self.source, self.decimal, self.roles.missing)
        reasons = {n: what for n, (what, _) in enumerate(self._reasons(), start=1)}
        why = fates[FATE].replace_strict(reasons, return_dtype=pl.String).alias("why")
        return Firms(
            frame,
            filled,
            self.source.name,
            steps,
            tuple(self.remarks),
            warnings,
            labels,
            original,
            fates.select("row", why),
        )

    def _rows(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The usable rows; and the others, each with the number of the reason.

        Text files are read fast where all rows are like the first ones and no number is missing as a word,
        else with words for missing values, else with all columns as text, else row by row, which either works
        or finds the row that is wrong.
        """
        source, typed = self.source, self.roles.numbers
        if source.text is None:
            try:
                return self._collect(typed)
            except FAULTS as error:
                raise InputError.of(f"cannot be read: {_first(error)}", file=source.name) from None
        given = list(self.remarks)
        tries = [(typed, ()), (typed, MISSING), (set[str](), ())]
        for numbers, missing in tries[2:] if source.decimal == "," else tries:
            with contextlib.suppress(*FAULTS):
                return self._collect(numbers, missing, check=source.text)
            self.remarks = list(given)
        self.source = source.careful()
        return self._collect(set())

    def _collect(
        self, numbers: set[str], missing: Sequence[str] = MISSING, *, check: TextFile | None = None
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """One scan. Rows of a text file to `check` are looked at one by one where its last field is missing
        in any, or a quote may be left open, and where the scan finds fault.
        """
        last = check.names[-1] if check is not None else None
        try:
            kept, lost, lacking = self._scanned(numbers, missing, last)
        except InputError:
            if check is not None and check.doubtful():
                check.check()
            raise
        if check is not None and (lacking or check.odd_quotes):
            check.check()
        return kept if kept["row"].is_sorted() else kept.sort("row"), lost

    def _scanned(
        self, numbers: set[str], missing: Sequence[str], last: str | None
    ) -> tuple[pl.DataFrame, pl.DataFrame, bool]:
        """The usable rows, `row` and `FATE` of the others, and whether the column `last` is missing in any.
        Where there are conditions, rows that they leave out take no memory: the file is scanned twice.
        """
        columns = list(self.roles.columns)
        columns += [last] if last is not None and last not in columns else []
        lazy = self.source.scan(columns, numbers, missing)
        schema = dict(lazy.collect_schema())
        self._find_style(lazy, schema)
        self._check(lazy, schema)
        expressions = self._expressions(schema)
        made = [*expressions, *self._met_conditions(expressions, schema)]
        made += [pl.col(last).is_null().alias(LAST) if last is not None else pl.lit(False).alias(LAST)]
        rows = lazy.select(*made).with_columns(self._fate().alias(FATE))
        if not self.roles.conditions:
            rows = rows.collect(engine="streaming").lazy()
        good = pl.col(FATE) == 0
        kept = rows.filter(good).collect(engine="streaming")
        known = ("row", FATE, LAST, pl.col("year").is_null())
        lost = rows.filter(~good).select(known).collect(engine="streaming")
        lacking = bool(kept[LAST].any() or lost[LAST].any())
        absent = [pl.lit(ABSENT[name], COLUMNS[name]).alias(name) for name in self._absent()]
        kept = kept.with_columns(absent).select(list(COLUMNS))
        if self.source.text is not None and lost["year"].any():
            problems = self._not_years(lazy, schema)
            if problems:
                raise InputError(problems)
        return kept, lost.select("row", FATE), lacking

    def _absent(self) -> list[str]:
        """Canonical columns that no role fills: they hold one value, which takes no memory."""
        return [name for name in ABSENT if name not in self.roles.filled]

    def _met_conditions(self, canonical: list[pl.Expr], schema: dict[str, Any]) -> list[pl.Expr]:
        """Conditions on rows, each a column that is true where the row is measured as far as it goes."""
        roles = {f"{OF_ROLE}{one.meta.output_name()}": one for one in canonical}

        def values(name: str) -> pl.Expr:
            role = roles.get(name)
            return self._number(name, schema) if role is None else role.cast(pl.Float64, strict=False)

        def words(name: str) -> pl.Expr:
            return roles[name].cast(pl.String) if name in roles else self._word(name, schema)

        met = []
        for n, condition in enumerate(self.roles.conditions):
            true = conditions.to_polars(condition.formula, values, words).fill_null(value=False)
            met.append((true if condition.kind == "keep" else ~true).alias(f"(condition {n})"))
        return met

    def _word(self, name: str, schema: dict[str, Any]) -> pl.Expr:
        """A column as text, with the labels of its codes where the file has them."""
        code = text(pl.col(name), schema[name], self.roles.missing)
        labels = {_code(one): word for one, word in self.source.values.get(name, {}).items()}
        return code.replace(labels) if labels else code

    def _find_style(self, lazy: pl.LazyFrame, schema: dict[str, Any]) -> None:
        """How numbers are written, where they are text."""
        texts = [name for name in sorted(self.roles.numbers) if schema[name] in (pl.String, pl.Categorical)]
        texts = [name for name in texts if not self._only_year(name)]
        source = self.source
        detected = style(
            lazy, texts, source.decimal, source.name,
            comma_separates=source.comma_separates,
        )  # fmt: skip
        self.decimal = detected.decimal
        self.remarks = [*self.remarks, *detected.remarks]

    def _number(self, name: str, schema: dict[str, Any]) -> pl.Expr:
        return number(pl.col(name), schema[name], self.roles.missing, self.decimal)

    def _check(self, lazy: pl.LazyFrame, schema: dict[str, Any]) -> None:
        """Texts where numbers are needed: every such column with counts and examples."""
        numbers = self.roles.numbers
        problems = [
            Problem(self.source.name, 0, 0, name, f"must hold numbers; the column is of type {schema[name]}")
            for name in sorted(numbers)
            if not (
                schema[name].is_numeric() or schema[name] in (pl.String, pl.Boolean, pl.Categorical, pl.Null)
            )
            and not (isinstance(schema[name], pl.Date | pl.Datetime) and self._only_year(name))
        ]
        texts = [name for name in sorted(numbers) if schema[name] in (pl.String, pl.Categorical)]
        if texts and not problems:
            problems = self._not_numbers(lazy, texts, schema)
        if self.source.text is None:  # a scan of a text file takes long: these are looked at after it
            problems += self._not_years(lazy, schema)
        if problems:
            raise InputError(problems)

    def _not_years(self, lazy: pl.LazyFrame, schema: dict[str, Any]) -> list[Problem]:
        """Years with a fraction, in a column of numbers."""
        role = self.roles.filled.get("year")
        if role is None or not isinstance(role.formula, expressions.Name):
            return []
        name = role.columns[0]
        if not (schema[name].is_float() or schema[name].is_decimal()):
            return []
        value = self._number(name, schema)
        table = lazy.select(pl.col(ROW), value=value).filter(pl.col("value") != pl.col("value").round())
        bad = table.collect()
        if not bad.height:
            return []
        message = (
            f"must hold years; {bad.height:,} values have a fraction, such as `{bad['value'][0]:.12g}` "
            f"(first in row {bad[ROW][0]:,}). Choose another column, or correct the file"
        )
        return [Problem(self.source.name, 0, 0, f"year = {name}", message)]

    def _only_year(self, column: str) -> bool:
        roles = [role.name for role in self.roles.filled.values() if column in role.columns]
        return roles == ["year"]

    def _not_numbers(self, lazy: pl.LazyFrame, names: list[str], schema: dict[str, Any]) -> list[Problem]:
        problems: list[Problem] = []
        for name in names:
            raw = text(pl.col(name), schema[name], self.roles.missing)
            as_year = year(pl.col(name), schema[name], self.roles.missing)
            value = as_year if self._only_year(name) else self._number(name, schema)
            table = lazy.select(pl.col(ROW), raw.alias("raw"), value.alias("value"))
            bad = table.filter(pl.col("raw").is_not_null() & pl.col("value").is_null()).collect()
            if not bad.height:
                continue
            total = lazy.select(pl.len()).collect().item()
            common = bad["raw"].value_counts(sort=True).head(3)["raw"].to_list()
            shown = ", ".join(f"`{word}`" for word in common)
            what = "years" if self._only_year(name) else "numbers"
            message = (
                f"must hold {what}; {bad.height:,} of {total:,} values are text, such as {shown} "
                f"(first in row {bad[ROW].min():,}). "
            )
            few = bad.height < 0.2 * total and bad["raw"].n_unique() <= 5
            message += (
                f"If these stand for missing values, give `--missing {','.join(common)}`"
                if few
                else "Choose another column"
            )
            message += ", or correct the file"
            if self.source.decimal == "," and what == "numbers":
                message += " (decimals follow a comma, as `--decimal ,` says)"
            if bad.height == 1 and bad[ROW][0] == 1:
                message += " (if row 1 names units, delete it)"
            problems.append(Problem(self.source.name, 0, 0, name, message))
        return problems

    def _expressions(self, schema: dict[str, Any]) -> list[pl.Expr]:
        codes = self.roles.missing
        filled = self.roles.filled

        def numeric(role: Role) -> pl.Expr:
            one = expressions.to_polars(role.formula, lambda name: self._number(name, schema))
            return pl.when(one.is_finite()).then(one).otherwise(None)

        def value(name: str) -> pl.Expr:
            given = numeric(filled[name]) if name in filled else pl.lit(ABSENT[name], dtype=pl.Float64)
            return given.cast(pl.Float64)

        years = pl.lit(ABSENT["year"], dtype=pl.Int64)
        if "year" in filled:
            role = filled["year"]
            plain = isinstance(role.formula, expressions.Name)
            years = (
                year(pl.col(role.columns[0]), schema[role.columns[0]], codes)
                if plain
                else numeric(role).round().cast(pl.Int64)
            )
        return [
            pl.col(ROW).cast(pl.Int64).alias("row"),
            self._label("id", schema).alias("id"),
            years.alias("year"),
            self._label("industry", schema).alias("industry"),
            self._label("group", schema).alias("group"),
            value("output").alias("output"),
            value(self.labor).alias("labor"),
            value("employment").alias("employment"),
            value("capital").alias("capital"),
            value("weight").alias("weight"),
            value("sales").alias("sales"),
            value("inputs").alias("inputs"),
        ]

    def _label(self, name: str, schema: dict[str, Any]) -> pl.Expr:
        role = self.roles.filled.get(name)
        if role is None:
            return pl.lit(ABSENT[name], dtype=pl.String)
        filling, codes = role.filling, self.roles.missing
        if role.largest:
            shares = [self._number(column, schema) for _, column in role.largest]
            top = pl.max_horizontal(shares)
            chosen = pl.lit(filling.other, dtype=pl.String)
            for (word, _), share in reversed(list(zip(role.largest, shares, strict=True))):
                chosen = (
                    pl.when((share == top) & (share >= filling.at_least)).then(pl.lit(word)).otherwise(chosen)
                )
            return pl.when(top.is_null()).then(None).otherwise(chosen)
        if role.ranges:
            chosen = pl.lit(filling.other or "other", dtype=pl.String)
            for word, formula in reversed(role.ranges):
                if formula is None:
                    chosen = pl.lit(word, dtype=pl.String)
                    continue
                true = conditions.to_polars(
                    formula, lambda c: self._number(c, schema), lambda c: self._word(c, schema)
                )
                chosen = pl.when(true.is_null()).then(None).when(true).then(pl.lit(word)).otherwise(chosen)
            return chosen
        column = role.columns[0]
        code = text(pl.col(column), schema[column], codes)
        if filling.digits:
            code = code.str.head(filling.digits)
        if filling.values is not None:
            named = {_code(one): word for word, many in filling.values.items() for one in many}
            other = pl.lit(filling.other, dtype=pl.String)
            return (
                pl.when(code.is_null())
                .then(None)
                .otherwise(code.replace_strict(named, default=other, return_dtype=pl.String))
            )
        coded = {} if name == "id" else self.source.values.get(column, {})  # firms may share a label
        labels = {_code(one): word for one, word in coded.items()}
        return code.replace(labels) if labels else code

    def _fate(self) -> pl.Expr:
        """The first reason why a row cannot be used, counted from 1; 0 if there is none."""
        first = len(self.roles.conditions)
        tests = [~pl.col(f"(condition {n})") for n in range(first)]
        tests += [pl.col(name).is_null() if reason == 0 else pl.col(name) <= 0 for name, reason in _reasons()]
        fate = pl.lit(0, dtype=pl.Int16)
        for n, lost in reversed(list(enumerate(tests, start=1))):
            fate = pl.when(lost).then(pl.lit(n, dtype=pl.Int16)).otherwise(fate)
        return fate

    def _reasons(self) -> list[tuple[str, str]]:
        """What every number of `_fate` stands for, in a few words, and why such rows are not used."""
        reasons = []
        for condition in self.roles.conditions:
            how = "is false or unknown" if condition.kind == "keep" else "is true"
            reasons.append((f"{condition.kind} {condition.text}", f"the condition {how}"))
        for name, reason in _reasons():
            what, why = NEEDS[name][reason]
            shown = self.labor.replace("_", " ") if name == "labor" else name
            reasons.append((f"{shown} {what}", why))
        return reasons

    def _steps(self, total: int, lost: dict[int, int]) -> tuple[Step, ...]:
        left = total
        steps = [Step(f"rows of {self.source.name}", 0, total, "")]
        for n, (what, why) in enumerate(self._reasons(), start=1):
            if not lost.get(n):
                continue
            left -= lost[n]
            steps.append(Step(what, lost[n], left, why, chosen=n <= len(self.roles.conditions)))
        return tuple(steps)

    def _idle_conditions(self, total: int, lost: dict[int, int]) -> list[Problem]:
        """A problem for each text of a condition that keeps or drops nothing, where no row has the text."""
        found, left = [], total
        for n, condition in enumerate(self.roles.conditions, start=1):
            left -= lost.get(n, 0)
            nothing = left == 0 if condition.kind == "keep" else not lost.get(n)
            for name, wanted in conditions.compared(condition.formula) if nothing else ():
                shown, values = name.removeprefix(OF_ROLE), self._values(name)
                if wanted not in values:
                    message = f"`{condition.text}`: no row has `{wanted}` in {shown}"
                    near_one = near(wanted, values)
                    if near_one is None:
                        message += f"; there are {', '.join(values[:VALUES])}{', …' * (len(values) > VALUES)}"
                    found.append(Problem("", 0, 0, f"--{condition.kind}", message, near_one))
            if left == 0:
                break
        return found

    def _values(self, name: str) -> list[str]:
        """The texts that a column or a role holds, sorted."""
        columns = self.roles.columns
        lazy = self.source.scan(columns, set())
        schema = dict(lazy.collect_schema())
        canonical = {one.meta.output_name(): one for one in self._expressions(schema)}
        role = canonical.get(name.removeprefix(OF_ROLE)) if name.startswith(OF_ROLE) else None
        value = self._word(name, schema) if role is None else role.cast(pl.String)
        return lazy.select(value.alias("value").unique()).collect()["value"].drop_nulls().sort().to_list()

    def _nothing_in(self, message: str, more: Sequence[Problem]) -> None:
        """Raise InputError: no row is left; the columns without values are named."""
        lazy = self.source.scan(self.roles.columns, set())
        schema = dict(lazy.collect_schema())
        counts = lazy.select(
            text(pl.col(name), schema[name], self.roles.missing).count().alias(name)
            for name in self.roles.columns
        ).collect()
        rows = lazy.select(pl.len()).collect().item()
        problems = [Problem(self.source.name, 0, 0, "", message)]
        problems += [
            Problem(self.source.name, 0, 0, name, f"is missing in all {rows:,} rows")
            for name in self.roles.columns
            if counts[name][0] == 0
        ]
        raise InputError([*problems, *more])


def _reasons() -> list[tuple[str, int]]:
    return [(name, reason) for name, reasons in NEEDS.items() for reason in range(len(reasons))]


def _code(value: str | float) -> str:
    """A code as the text that it is read as."""
    return value.strip() if isinstance(value, str) else f"{value:.15g}"


def _first(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
