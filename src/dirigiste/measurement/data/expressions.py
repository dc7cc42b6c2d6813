"""Formulas on columns, such as `sales - inputs`: parsed here, never run as code.

Grammar: numbers, column names, + - * / and parentheses, and the functions of `FUNCTIONS`. A name with
spaces or signs is written between backticks: `` `total sales` - `raw materials` ``. Conditions on columns
(conditions.py) extend it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import polars as pl

FUNCTIONS: Final = {
    "exp": (1, 1, "e to the power of x: for columns in logs"),
    "log": (1, 1, "natural logarithm of x"),
    "abs": (1, 1, "x without its sign"),
    "or_zero": (1, 1, "x, and 0 where x is missing"),
    "coalesce": (2, 99, "the first of several that is not missing"),
    "min": (2, 99, "the smallest of several"),
    "max": (2, 99, "the largest of several"),
}
"""Functions: least and most arguments, and what they give."""

_TOKEN: Final = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)(?![\w])"
    r"|`(?P<quoted>[^`]+)`|(?P<name>[^\W\d][\w.]*)|(?P<sign>[-+*/(),]))"
)


@dataclass(frozen=True)
class Number:
    """A constant."""

    value: float


@dataclass(frozen=True)
class Name:
    """A column."""

    name: str


@dataclass(frozen=True)
class Text:
    """A text between quotes; only in conditions."""

    value: str


@dataclass(frozen=True)
class Call:
    """An operation (`+`, `-`, `*`, `/`, `neg`), a function, or a comparison, on formulas."""

    what: str
    parts: tuple[Formula, ...]


Formula = Number | Name | Text | Call


class NotAFormula(ValueError):  # noqa: N818  (named for the state of affairs)
    """A text that does not follow the grammar; the message says where."""


def parse(text: str) -> Formula:
    """Read a formula.

    Raises:
        NotAFormula: The text does not follow the grammar.
    """
    return Parser(text).whole()


def names(formula: Formula) -> list[str]:
    """Columns that a formula uses, each once, in order."""
    return list(dict.fromkeys(_names(formula)))


def _names(formula: Formula) -> Iterator[str]:
    match formula:
        case Name(name):
            yield name
        case Call(_, parts):
            for part in parts:
                yield from _names(part)


def renamed(formula: Formula, change: Callable[[str], Formula]) -> Formula:
    """The formula with its names replaced."""
    match formula:
        case Name(name):
            return change(name)
        case Call(what, parts):
            return Call(what, tuple(renamed(part, change) for part in parts))
    return formula


def written(formula: Formula) -> str:
    """The formula as text."""
    match formula:
        case Number(value):
            return f"{value:g}"
        case Name(name):
            return name if re.fullmatch(r"[^\W\d][\w.]*", name) else f"`{name}`"
        case Text(value):
            return f"'{value}'"
        case Call("neg", (part,)):
            return f"-{_enclosed(part)}"
        case Call(what, (left, right)) if what in "+-*/":
            ends = what in "-*/" and isinstance(right, Call)
            begins = what in "*/" and isinstance(left, Call)
            return f"{_enclosed(left, begins)} {what} {_enclosed(right, ends)}"
        case Call(what, parts):
            return f"{what}({', '.join(written(part) for part in parts)})"


def _enclosed(formula: Formula, needed: bool = True) -> str:
    text = written(formula)
    inner = isinstance(formula, Call) and (formula.what in "+-*/" or formula.what == "neg")
    return f"({text})" if needed and inner else text


def to_polars(formula: Formula, column: Callable[[str], pl.Expr]) -> pl.Expr:
    """The formula as an expression of polars; `column` gives that of a name. Missing in, missing out."""
    import polars as pl

    match formula:
        case Number(value):
            return pl.lit(value)
        case Name(name):
            return column(name)
        case Text(value):
            return pl.lit(value)
    parts = [to_polars(part, column) for part in formula.parts]
    match formula.what:
        case "+":
            return parts[0] + parts[1]
        case "-":
            return parts[0] - parts[1]
        case "*":
            return parts[0] * parts[1]
        case "/":
            return parts[0] / parts[1]
        case "neg":
            return -parts[0]
        case "exp":
            return parts[0].exp()
        case "log":
            return parts[0].log()
        case "abs":
            return parts[0].abs()
        case "or_zero":
            return parts[0].fill_null(0.0)
        case "coalesce":
            return pl.coalesce(parts)
    missing = pl.any_horizontal([part.is_null() for part in parts])
    chosen = pl.min_horizontal(parts) if formula.what == "min" else pl.max_horizontal(parts)
    return pl.when(missing).then(None).otherwise(chosen)


class Parser:
    """Descends the grammar: sums of products of factors."""

    token: ClassVar[re.Pattern[str]] = _TOKEN

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[tuple[str, str]] = []
        at = 0
        while text[at:].strip():
            match = self.token.match(text, at)
            if match is None or match.lastgroup is None:
                raise NotAFormula(f"cannot read `{text[at:].strip()[:20]}` in the formula `{text}`")
            self.tokens.append((match.lastgroup, match.group(match.lastgroup)))
            at = match.end()
        self.at = 0

    def whole(self) -> Formula:
        """The formula of the whole text."""
        if not self.tokens:
            raise NotAFormula("is empty")
        formula = self.top()
        if self.at < len(self.tokens):
            raise NotAFormula(f"does not expect `{self.tokens[self.at][1]}` in the formula `{self.text}`")
        return formula

    def sign(self, *allowed: str) -> str | None:
        """The next token if it is one of these signs; then it is taken."""
        if self.at < len(self.tokens) and self.tokens[self.at] in [("sign", sign) for sign in allowed]:
            self.at += 1
            return self.tokens[self.at - 1][1]
        return None

    def top(self) -> Formula:
        """What the whole text, parentheses and arguments hold."""
        return self.sum()

    def sum(self) -> Formula:
        """Products with + and - between them."""
        left = self.product()
        while sign := self.sign("+", "-"):
            left = Call(sign, (left, self.product()))
        return left

    def product(self) -> Formula:
        """Factors with * and / between them."""
        left = self.factor()
        while sign := self.sign("*", "/"):
            left = Call(sign, (left, self.factor()))
        return left

    def factor(self) -> Formula:
        """A number, a name, a call, or what stands in parentheses."""
        if self.sign("-"):
            return Call("neg", (self.factor(),))
        if self.sign("("):
            inner = self.top()
            self.close()
            return inner
        if self.at == len(self.tokens):
            raise NotAFormula(f"ends too early: `{self.text}`")
        kind, word = self.tokens[self.at]
        self.at += 1
        if kind == "number":
            return Number(float(word))
        if kind == "name" and self.sign("("):
            return self.call(word)
        if kind in ("name", "quoted"):
            return Name(word)
        if kind == "text":
            return Text(word[1:-1])
        raise NotAFormula(f"does not expect `{word}` in the formula `{self.text}`")

    def call(self, word: str) -> Formula:
        """A function, after its opening parenthesis."""
        if word not in FUNCTIONS:
            raise NotAFormula(f"has no function `{word}`; functions are {', '.join(FUNCTIONS)}")
        parts = [self.top()]
        while self.sign(","):
            parts.append(self.top())
        self.close()
        least, most, _ = FUNCTIONS[word]
        if not least <= len(parts) <= most:
            expected = f"{least}" if least == most else f"{least} or more"
            raise NotAFormula(f"gives `{word}` {len(parts)} arguments; it takes {expected}")
        return Call(word, tuple(parts))

    def close(self) -> None:
        """Take a closing parenthesis."""
        if not self.sign(")"):
            raise NotAFormula(f"lacks a closing parenthesis: `{self.text}`")
