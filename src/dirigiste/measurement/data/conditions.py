"""Conditions on columns, such as `year >= 1998 & ownership == 'state'`: which rows are measured, and groups
that are ranges of a column.

Grammar: that of formulas (expressions.py), with == != < <= > >= and `in (1, 2, 'x')`, `&` or `and`, `|` or
`or`, `!` or `not`, and texts between quotes. Comparisons bind more tightly than & and |.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from dirigiste.measurement.data import expressions
from dirigiste.measurement.data.expressions import Call, Name, NotAFormula, Parser, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import polars as pl

    from dirigiste.measurement.data.expressions import Formula

COMPARISONS: Final = {
    "==": "==",
    "=": "==",
    "!=": "!=",
    "~=": "!=",
    "<=": "<=",
    ">=": ">=",
    "<": "<",
    ">": ">",
}
"""Signs that compare two numbers or texts, as written and as meant."""

LOGIC: Final = ("and", "or", "not")

TOKEN: Final = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)(?![\w])"
    r"|`(?P<quoted>[^`]+)`|(?P<text>'[^']*'|\"[^\"]*\")|(?P<name>[^\W\d][\w.]*)"
    r"|(?P<sign>==|!=|~=|<=|>=|&&|\|\||[-+*/(),<>=&|!]))"
)


def parse(text: str) -> Formula:
    """Read a condition, or a number that is true where it is not 0.

    Raises:
        NotAFormula: The text does not follow the grammar.
    """
    return _Parser(text).whole()


def is_condition(formula: Formula) -> bool:
    """Whether a formula is true or false, not a number."""
    return isinstance(formula, Call) and formula.what in (*COMPARISONS.values(), *LOGIC, "in")


def texts(formula: Formula) -> set[str]:
    """Columns that are compared with texts, so that they need not hold numbers."""
    return set(_texts(formula))


def compared(formula: Formula) -> list[tuple[str, str]]:
    """Columns and the texts that their values are to be equal to, or not."""
    if not isinstance(formula, Call):
        return []
    if formula.what not in ("==", "!=", "in"):
        return [pair for part in formula.parts for pair in compared(part)]
    named = [part.name for part in formula.parts if isinstance(part, Name)]
    return [(name, part.value) for name in named for part in formula.parts if isinstance(part, Text)]


def to_polars(formula: Formula, column: Callable[[str], pl.Expr], text: Callable[[str], pl.Expr]) -> pl.Expr:
    """The condition as an expression of polars: true, false, or null where a column that decides is missing.

    Args:
        formula: The condition.
        column: The numbers of a column.
        text: The texts of a column.
    """
    if not is_condition(formula):
        value = expressions.to_polars(formula, column)
        return value != 0
    assert isinstance(formula, Call)
    if formula.what in LOGIC:
        parts = [to_polars(part, column, text) for part in formula.parts]
        match formula.what:
            case "and":
                return parts[0] & parts[1]
            case "or":
                return parts[0] | parts[1]
        return ~parts[0]
    worded = any(isinstance(part, Text) for part in formula.parts)
    values = [expressions.to_polars(part, text if worded else column) for part in formula.parts]
    if formula.what == "in":
        result = values[0] == values[1]
        for other in values[2:]:
            result = result | (values[0] == other)
        return result
    one, two = values
    match formula.what:
        case "==":
            return one == two
        case "!=":
            return one != two
        case "<":
            return one < two
        case "<=":
            return one <= two
        case ">":
            return one > two
    return one >= two


def _worded(formula: Formula) -> bool:
    return isinstance(formula, Text) or (isinstance(formula, Call) and any(map(_worded, formula.parts)))


def _texts(formula: Formula) -> Iterator[str]:
    if not isinstance(formula, Call):
        return
    if any(isinstance(part, Text) for part in formula.parts):
        yield from (part.name for part in formula.parts if isinstance(part, Name))
    for part in formula.parts:
        yield from _texts(part)


class _Parser(Parser):
    """Descends the grammar from `or` down to comparisons, then as formulas do."""

    token = TOKEN

    def top(self) -> Formula:
        """Conditions with `or` between them."""
        left = self.both()
        while self.word("or") or self.sign("|", "||"):
            left = Call("or", (left, self.both()))
        return left

    def both(self) -> Formula:
        """Conditions with `and` between them."""
        left = self.single()
        while self.word("and") or self.sign("&", "&&"):
            left = Call("and", (left, self.single()))
        return left

    def single(self) -> Formula:
        """One comparison, negated or not, or a number."""
        if self.word("not") or self.sign("!"):
            return Call("not", (self.single(),))
        left = self.sum()
        sign = self.sign(*COMPARISONS)
        if sign:
            right = self.sum()
            if self.sign(*COMPARISONS):
                message = f"compares three things in a row in the condition `{self.text}`"
                raise NotAFormula(f"{message}; join two comparisons with &")
            return self.checked(Call(COMPARISONS[sign], (left, right)))
        if self.word("in"):
            if not self.sign("("):
                raise NotAFormula(f"expects `(` after `in` in the condition `{self.text}`")
            values = [self.sum()]
            while self.sign(","):
                values.append(self.sum())
            self.close()
            return self.checked(Call("in", (left, *values)))
        return left

    def checked(self, call: Call) -> Call:
        """The comparison; raise NotAFormula where it has texts and formulas on numbers."""
        worded = any(_worded(part) for part in call.parts)
        if worded and not all(isinstance(part, Text | Name) for part in call.parts):
            raise NotAFormula(f"compares a text with a number in the condition `{self.text}`")
        return call

    def word(self, word: str) -> bool:
        """Whether the next token is this word; then it is taken."""
        if self.at < len(self.tokens) and self.tokens[self.at] == ("name", word):
            self.at += 1
            return True
        return False
