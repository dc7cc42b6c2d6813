"""From flags, mapping file and preset to formulas on the columns of the file."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from dirigiste.errors import InputError, Problem
from dirigiste.measurement.data import conditions, expressions
from dirigiste.measurement.data.expressions import Call, Name, NotAFormula
from dirigiste.measurement.data.firms import COLUMNS
from dirigiste.measurement.data.mapping import NUMBERS, ROLES, Filling, Mapping

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dirigiste.measurement.data.expressions import Formula

SHOWN: Final = 40
"""Columns that a message lists at most."""


OF_FILE: Final = "_file"
"""What follows the name of a column of the file where a role or a measure has the same name."""


OF_ROLE: Final = "role:"
"""What stands before the name of a role in a condition, to tell it from a column."""


@dataclass(frozen=True)
class Condition:
    """A condition on rows: `keep` those that satisfy it, or `drop` them. Names are those of columns of the
    file, or of roles, after `OF_ROLE`.
    """

    kind: str
    """keep or drop."""
    text: str
    formula: Formula
    columns: tuple[str, ...]
    """Columns of the file that it needs."""


@dataclass(frozen=True)
class Role:
    """A role with the formula that fills it, on columns that exist."""

    name: str
    formula: Formula
    filling: Filling
    largest: tuple[tuple[str, str], ...] = ()
    """Name -> column, where the group is the name of the largest column."""
    ranges: tuple[tuple[str, Formula | None], ...] = ()
    """Name -> condition, where the group is the first that holds; None: all others."""

    @property
    def text(self) -> str:
        """The column, or the formula as text."""
        if self.ranges:
            return "; ".join(f"{name}: {text}" for name, text in (self.filling.when or {}).items())
        if self.largest:
            return f"largest of {', '.join(column for _, column in self.largest)}"
        text = self.formula.name if isinstance(self.formula, Name) else expressions.written(self.formula)
        return f"{text}, first {self.filling.digits} digits" if self.filling.digits else text

    @property
    def columns(self) -> list[str]:
        """Columns that it needs."""
        if self.ranges:
            names = [name for _, formula in self.ranges if formula for name in expressions.names(formula)]
            return list(dict.fromkeys(names))
        return [column for _, column in self.largest] or expressions.names(self.formula)


@dataclass(frozen=True)
class Roles:
    """All roles that are filled, and the codes of missing values."""

    filled: dict[str, Role]
    missing: tuple[str | int | float, ...] = ()
    remarks: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()

    @property
    def columns(self) -> list[str]:
        """Columns that are read."""
        columns = [column for role in self.filled.values() for column in role.columns]
        columns += [column for condition in self.conditions for column in condition.columns]
        return list(dict.fromkeys(columns))

    @property
    def numbers(self) -> set[str]:
        """Columns that must hold numbers."""
        columns = {c for role in self.filled.values() if role.name in NUMBERS for c in role.columns}
        columns |= {column for role in self.filled.values() for _, column in role.largest}
        asked = [(c.formula, c.columns) for c in self.conditions]
        asked += [(f, role.columns) for role in self.filled.values() for _, f in role.ranges if f]
        for formula, known in asked:
            numeric = set(expressions.names(formula)) - conditions.texts(formula)
            columns |= numeric & set(known)
        return columns


@dataclass
class _Resolver:
    file: str
    columns: Sequence[str]
    problems: list[Problem] = field(default_factory=list)
    aliases: dict[str, tuple[str, ...]] = field(default_factory=dict)
    unknown: bool = False
    """Whether the file's columns are to be listed."""

    def __post_init__(self) -> None:
        self.lower: dict[str, list[str]] = {}
        for column in self.columns:
            self.lower.setdefault(column.lower(), []).append(column)

    def column(self, name: str) -> str | None:
        """The file's column of a name: as it is, as a word of the mapping, or in another case."""
        if name in self.columns:
            return name
        for alias in self.aliases.get(name, ()):
            if alias in self.columns:
                return alias
            same = self.lower.get(alias.lower(), [])
            if len(same) == 1:
                return same[0]
        same = self.lower.get(name.lower(), [])
        return same[0] if len(same) == 1 else None

    def formula(self, text: str, role: str, key: str) -> tuple[Formula | None, list[str]]:
        """A formula on the file's columns, or the names that the file lacks."""
        whole = self.column(text)
        if whole is not None:
            return Name(whole), []
        try:
            formula = expressions.parse(text)
        except NotAFormula as error:
            hint = ""
            if " " in text.strip() and not any(sign in text for sign in "+-*/("):
                hint = "; write a column name with spaces as it is in the file, or between backticks"
            self.problems.append(Problem(self.file, 0, 0, key, f"{error}{hint}", self.near(text)))
            return None, []
        if isinstance(formula, Call) and role not in NUMBERS:
            message = f"must be a column, not a formula: `{text}`"
            self.problems.append(Problem(self.file, 0, 0, key, message))
            return None, []
        lacking = [name for name in expressions.names(formula) if self.column(name) is None]
        if lacking:
            return None, lacking
        return expressions.renamed(formula, lambda name: Name(self.column(name) or name)), []

    def condition(self, text: str, key: str, roles: Iterable[str] = ()) -> Formula | None:
        """A condition on roles and the file's columns; None where it cannot be read, with the problems."""
        try:
            formula = conditions.parse(text)
        except NotAFormula as error:
            self.problems.append(Problem(self.file, 0, 0, key, str(error)))
            return None
        known = [name for name in COLUMNS if name in roles]
        lacking = []
        for name in expressions.names(formula):
            if name not in known and self.column(name.removesuffix(OF_FILE)) is None:
                lacking.append(name)
        for name in lacking:
            message = f"no column `{name}` in the condition `{text}`"
            self.problems.append(Problem(self.file, 0, 0, key, message, self.near(name)))
            self.unknown = True
        if lacking:
            return None

        def meant(name: str) -> Formula:
            if name in known:
                return Name(OF_ROLE + name)
            return Name(self.column(name) or self.column(name.removesuffix(OF_FILE)) or name)

        return expressions.renamed(formula, meant)

    def near(self, name: str) -> str | None:
        """The column that a name was probably meant to be."""
        matches = difflib.get_close_matches(name.lower(), list(self.lower), n=1, cutoff=0.6)
        if matches:
            return self.lower[matches[0]][0]
        if len(self.columns) == 1:
            return None
        inside = [column for column in self.columns if name.lower() in column.lower()]
        return inside[0] if name and len(inside) >= 1 else None

    def lacks(self, key: str, names: Iterable[str]) -> None:
        for name in names:
            self.problems.append(Problem(self.file, 0, 0, key, f"no column `{name}`", self.near(name)))
            self.unknown = True

    def fail(self) -> None:
        """Raise the problems, if there are any, with the columns of the file."""
        if self.unknown:
            message = f"its columns are {listed(self.columns)}"
            if len(self.columns) == 1:
                message += "; only one was found: are fields separated by another sign (`--separator`)?"
            self.problems.append(Problem(self.file, 0, 0, "", message))
        if self.problems:
            raise InputError(self.problems)


def listed(columns: Sequence[str]) -> str:
    """Columns in a row, cut where they are very many."""
    shown = ", ".join(f"`{column}`" for column in columns[:SHOWN])
    return shown if len(columns) <= SHOWN else f"{shown} and {len(columns) - SHOWN} more"


def resolve(
    file: str,
    columns: Sequence[str],
    flags: dict[str, str],
    mappings: Sequence[Mapping] = (),
    missing: Sequence[str | int | float] = (),
    rows: Sequence[tuple[str, str]] = (),
) -> Roles:
    """Find the columns of all roles.

    Args:
        file: What messages call the file.
        columns: Columns of the file.
        flags: Role -> column or formula; stronger than mappings.
        mappings: Mapping files and presets, stronger ones first.
        missing: Codes of missing values, besides those of the mappings.
        rows: Conditions on rows: `keep` or `drop`, and the condition.

    Raises:
        InputError: With every role that cannot be filled: columns that do not exist (and near matches),
            formulas that cannot be read, roles that are required and not given.
    """
    resolver = _Resolver(file, columns)
    for mapping in reversed(mappings):
        resolver.aliases.update({word: names.names for word, names in mapping.columns.items()})
    filled: dict[str, Role] = {}
    remarks: list[str] = []
    for role, text in flags.items():
        if role == "group" and ":" in text and resolver.column(text) is None:
            done = _ranges(resolver, _written(text), "--group")
            if done is not None:
                filled[role] = done
            continue
        formula, lacking = resolver.formula(text, role, f"--{role.replace('_', '-')}")
        resolver.lacks(f"--{role.replace('_', '-')}", lacking)
        if formula is not None:
            filled[role] = Role(role, formula, _plain(text))
    for mapping in mappings:
        for role, filling in mapping.roles.given().items():
            if role in flags or role in filled:
                continue
            done = _fill(resolver, role, filling, mapping)
            if done is not None:
                filled[role] = done
                if filling.basis == "assumption":
                    remarks.append(
                        f"{role} = {done.text}: an assumption of {_called(mapping)}. {filling.note}".strip()
                    )
    _difference(filled, flags)
    if not resolver.problems:
        _required(resolver, filled, mappings)
    asked = [_condition(resolver, kind, text, filled) for kind, text in rows]
    resolver.fail()
    codes = (*missing, *(code for mapping in mappings for code in mapping.missing))
    ordered = {role: filled[role] for role in ROLES if role in filled}
    chosen = tuple(condition for condition in asked if condition is not None)
    return Roles(ordered, tuple(dict.fromkeys(codes)), tuple(remarks), chosen)


def _condition(resolver: _Resolver, kind: str, text: str, filled: dict[str, Role]) -> Condition | None:
    formula = resolver.condition(text, f"--{kind}", {*filled, "labor"})
    if formula is None:
        return None
    columns = [name for name in expressions.names(formula) if not name.startswith(OF_ROLE)]
    return Condition(kind, text, formula, tuple(columns))


def _written(text: str) -> Filling:
    """Groups as ranges, written `soe: state_share >= 0.5; private: else`."""
    parts = [part.partition(":") for part in text.split(";") if part.strip()]
    return Filling.model_validate({"when": {name.strip(): rule.strip() for name, _, rule in parts}})


def _ranges(resolver: _Resolver, filling: Filling, key: str) -> Role | None:
    """A group that is the first of several conditions that holds."""
    ranges: list[tuple[str, Formula | None]] = []
    before = len(resolver.problems)
    for name, rule in (filling.when or {}).items():
        if not name or not rule:
            message = "needs a name and a condition, such as `soe: state_share >= 0.5`"
            resolver.problems.append(Problem(resolver.file, 0, 0, key, message))
        elif rule == "else":
            ranges.append((name, None))
        else:
            formula = resolver.condition(rule, key)
            if formula is not None:
                ranges.append((name, formula))
    return None if len(resolver.problems) > before else Role("group", Name(""), filling, (), tuple(ranges))


def _plain(*column: str) -> Filling:
    return Filling.model_validate({"column": column})


def _called(mapping: Mapping) -> str:
    return f"the preset {mapping.name}" if mapping.name else "the mapping file"


def _fill(resolver: _Resolver, role: str, filling: Filling, mapping: Mapping) -> Role | None:
    """Fill a role from a mapping; a preset may lack it, a user's own mapping may not."""
    key, optional = f"roles.{role}", bool(mapping.name)
    if filling.largest is not None:
        pairs = [(name, resolver.column(column)) for name, column in filling.largest.items()]
        lacking = [filling.largest[name] for name, column in pairs if column is None]
        if lacking and not optional:
            resolver.lacks(key, lacking)
        if lacking:
            return None
        return Role(role, Name(""), filling, tuple((name, column) for name, column in pairs if column))
    if filling.when is not None:
        return _ranges(resolver, filling, key)
    if not filling.column:
        message = "needs `column`, `largest` or `when`"
        resolver.problems.append(Problem(resolver.file, 0, 0, key, message))
        return None
    missed: list[str] = []
    for text in filling.column:
        formula, lacking = resolver.formula(text, role, key)
        if formula is not None:
            return Role(role, formula, filling)
        missed += lacking
    if not optional:
        resolver.lacks(key, dict.fromkeys(missed))
    return None


def _difference(filled: dict[str, Role], flags: dict[str, str]) -> None:
    """Value added as sales less inputs, where both were asked for and value added was not."""
    asked = {"sales", "inputs"} <= set(flags) and "output" not in flags
    if "sales" in filled and "inputs" in filled and (asked or "output" not in filled):
        formula = Call("-", (filled["sales"].formula, filled["inputs"].formula))
        filled["output"] = Role("output", formula, _plain())


def _required(resolver: _Resolver, filled: dict[str, Role], mappings: Sequence[Mapping]) -> None:
    needed = {
        "output": "`--output COLUMN` (value added), or `--sales COLUMN --inputs COLUMN`",
        "capital": "`--capital COLUMN`",
        "wage_bill": "`--wage-bill COLUMN`, or `--employment COLUMN` where only the head count is known",
    }
    for role, how in needed.items():
        if role in filled or (role == "wage_bill" and "employment" in filled):
            continue
        resolver.unknown = True
        message = f"is required: give {how}"
        looked = [text for m in mappings if (f := m.roles.given().get(role)) for text in f.column]
        if looked:
            names = dict.fromkeys(
                alias
                for text in looked
                for word in expressions.names(expressions.parse(text))
                for alias in resolver.aliases.get(word, (word,))
            )
            message += f" (looked for {listed(list(names))})"
        resolver.problems.append(Problem(resolver.file, 0, 0, role, message))
