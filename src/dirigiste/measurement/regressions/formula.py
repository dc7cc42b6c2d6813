"""Formulas of regressions in the notation of fixest and pyfixest, `ln_tfpr ~ soe*post | industry^year`.

    outcomes ~ regressors | fixed effects

Several outcomes are joined by +; each is a regression of its own. Regressors are joined by + and -,
interacted by * and :, and put in parentheses. A regressor is a name, a function of formulas (`log(age)`),
`I(...)` around arithmetic or a condition (`I(year >= 2001)`), `C(x)` or `C(x, ref=...)` for one effect a
value, `i(x)`, `i(x, z)`, both with `ref=`, and `event(x)` in event studies. Fixed effects are names, combined
by ^.

Formulas are read here, never run as code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dirigiste.measurement.data import conditions, expressions
from dirigiste.measurement.data.expressions import Name, NotAFormula

if TYPE_CHECKING:
    from dirigiste.measurement.data.expressions import Formula

CATEGORIES: Final = ("C", "i")
"""Functions whose first argument is taken value by value."""

EVENT: Final = "event"

OPERATORS: Final = "+-*:"

_TOKEN: Final = re.compile(
    r"\s*(?:`(?P<quoted>[^`]+)`|(?P<name>[^\W\d][\w.]*)|(?P<number>\d+)|(?P<sign>[-+*:()^/]))"
)


@dataclass(frozen=True)
class Variable:
    """A regressor or outcome that is a number: a formula on names."""

    label: str
    """As it was written."""
    formula: Formula


@dataclass(frozen=True)
class Category:
    """A variable taken value by value, or its product with a number."""

    label: str
    function: str
    """C or i."""
    name: str
    reference: str | None
    by: str | None = None
    """What `i(x, z)` multiplies each value of x by."""


@dataclass(frozen=True)
class Event:
    """Years before and after a firm's variable changes from 0 to 1, or from 1 to 0 where `leaves`."""

    name: str
    leaves: bool = False

    @property
    def variable(self) -> str:
        """What turns 1, as it is written."""
        return f"{'!' if self.leaves else ''}{quoted(self.name)}"

    @property
    def label(self) -> str:
        """As it is written."""
        return f"{EVENT}({self.variable})"


Part = str | Variable | Category | Event
"""A sign or whole number, or what stands between signs."""


@dataclass(frozen=True)
class Equation:
    """A formula that was read; its names are not looked up yet."""

    text: str
    outcomes: tuple[Variable, ...]
    regressors: tuple[Part, ...]
    effects: tuple[tuple[str, ...], ...]
    """Each a combination of names."""

    @property
    def names(self) -> list[str]:
        """All names, each once, in order."""
        found: list[str] = []
        for part in (*self.outcomes, *self.regressors):
            match part:
                case Variable(_, formula):
                    found += expressions.names(formula)
                case Category():
                    found += [name for name in (part.name, part.by) if name]
                case Event():
                    found.append(part.name)
        found += [name for effect in self.effects for name in effect]
        return list(dict.fromkeys(found))


def quoted(name: str) -> str:
    """A name as formulas write it."""
    return name if re.fullmatch(r"[^\W\d][\w.]*", name) else f"`{name}`"


def parse(text: str) -> Equation:
    """Read a formula.

    Raises:
        NotAFormula: It does not follow the grammar; the message says where.
    """
    left, tilde, right = _cut(text, "~")
    if not tilde:
        raise NotAFormula(
            "has no `~`; write `outcome ~ regressors | fixed effects`, such as `ln_tfpr ~ soe | id`"
        )
    sides = _split(right, "|")
    if len(sides) > 2:
        raise NotAFormula("has a second `|`; instruments are not estimated here")
    outcomes = tuple(_value(part) for part in _split(left, "+"))
    regressors = tuple(_regressors(sides[0]))
    if not any(isinstance(part, Variable | Category | Event) for part in regressors):
        raise NotAFormula("has no regressor after `~`")
    effects = tuple(combined(part) for part in _split(sides[1], "+")) if len(sides) == 2 else ()
    effects = () if effects in ((("0",),), (("1",),)) else effects
    return Equation(text.strip(), outcomes, regressors, effects)


def combined(text: str) -> tuple[str, ...]:
    """Names joined by ^, as in `industry^year`.

    Raises:
        NotAFormula: It is something else.
    """
    names = []
    for part in _split(text, "^"):
        word = part.strip()
        match = re.fullmatch(r"`([^`]+)`|([^\W\d][\w.]*)|[01]", word)
        if match is None:
            raise NotAFormula(f"does not expect `{word}` where names are: join names with + and ^")
        names.append(match[1] or match[0])
    return tuple(names)


def clusters(text: str) -> tuple[tuple[str, ...], ...]:
    """One or two combinations of names joined by +, to cluster by.

    Raises:
        NotAFormula: There are more, or something else.
    """
    found = tuple(combined(part) for part in _split(text, "+"))
    if len(found) > 2:
        raise NotAFormula(f"`{text}` has {len(found)} ways to cluster; one or two are possible")
    return found


def _regressors(text: str) -> list[Part]:
    parts: list[Part] = []
    at = 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            raise NotAFormula(f"cannot read `{text[at:].strip()[:20]}`")
        at = match.end()
        kind, word = match.lastgroup, match.group(match.lastgroup or 0)
        if kind == "sign" and word in "^/":
            raise NotAFormula(f"does not expect `{word}` between regressors; arithmetic goes into I(...)")
        if kind in ("sign", "number"):
            parts.append(word)
        elif kind == "name" and text[at:].lstrip().startswith("("):
            begin = text.index("(", at)
            at = _closing(text, begin) + 1
            parts.append(_call(word, text[begin + 1 : at - 1]))
        else:
            parts.append(Variable(quoted(word), Name(word)))
    _check(parts)
    return parts


def _check(parts: list[Part]) -> None:
    """Raise NotAFormula where two regressors follow each other, or a sign has nothing after it."""
    depth, open_ = 0, True  # whether a regressor may come next
    for n, part in enumerate(parts):
        if isinstance(part, str) and part.isdigit():
            beside = {*parts[max(n - 1, 0) : n], *parts[n + 1 : n + 2]}
            if part not in ("0", "1") or beside & {"*", ":"}:
                message = f"does not expect `{part}` here; 1 and 0 stand for the constant"
                raise NotAFormula(f"{message}, arithmetic goes into I(...)")
        if part == "(":
            if not open_:
                raise NotAFormula(
                    "has a parenthesis where a sign is expected; join regressors with +, * or :"
                )
            depth += 1
        elif part == ")":
            depth -= 1
            if depth < 0 or open_:
                raise NotAFormula("closes a parenthesis that is not open, or too early")
        elif isinstance(part, str) and part in OPERATORS:
            if open_ and part not in "-":
                raise NotAFormula(f"does not expect `{part}` here")
            open_ = True
        else:
            if not open_:
                label = part if isinstance(part, str) else part.label
                raise NotAFormula(f"does not expect `{label}` here; join regressors with +, * or :")
            open_ = False
    if depth:
        raise NotAFormula("lacks a closing parenthesis")
    if open_ and parts:
        raise NotAFormula("ends with a sign")


def _call(function: str, inner: str) -> Part:
    if function == EVENT:
        leaves = inner.strip().startswith("!")
        return Event(_name(inner.strip().removeprefix("!"), function), leaves)
    if function not in CATEGORIES:
        return _value(f"{function}({inner})")
    arguments = _split(inner, ",")
    reference: str | None = None
    last = re.fullmatch(r"\s*ref\s*=\s*(.+?)\s*", arguments[-1], re.DOTALL)
    if last is not None and len(arguments) > 1:
        reference = last[1].strip("'\"")
        arguments = arguments[:-1]
    if len(arguments) > (2 if function == "i" else 1):
        raise NotAFormula(f"gives `{function}` too many arguments: `{function}({inner})`")
    by = _name(arguments[1], function) if len(arguments) == 2 else None
    name = _name(arguments[0], function)
    label = f"{function}({', '.join(part.strip() for part in _split(inner, ','))})"
    return Category(label, function, name, reference, by)


def _name(text: str, function: str) -> str:
    match = re.fullmatch(r"\s*(?:`([^`]+)`|([^\W\d][\w.]*))\s*", text)
    if match is None:
        raise NotAFormula(f"gives `{function}` `{text.strip()}`, which is no name")
    return match[1] or match[2]


def _value(text: str) -> Variable:
    """A number: a name, or functions of names; `I(...)` is what it holds."""
    word = text.strip()
    inner = re.fullmatch(r"I\s*\((.*)\)", word, re.DOTALL)
    try:
        formula = conditions.parse(inner[1] if inner else word)
    except NotAFormula as error:
        known = ", ".join((*expressions.FUNCTIONS, "I", *CATEGORIES))
        message = str(error).replace(
            f"functions are {', '.join(expressions.FUNCTIONS)}", f"functions are {known}"
        )
        raise NotAFormula(message) from None
    if not inner and conditions.is_condition(formula):
        raise NotAFormula(f"has the condition `{word}`, which goes into I(...)")
    return Variable(word, formula)


def _cut(text: str, sign: str) -> tuple[str, str, str]:
    parts = _split(text, sign)
    if len(parts) > 2:
        raise NotAFormula(f"has more than one `{sign}`")
    return (parts[0], sign, parts[1]) if len(parts) == 2 else (text, "", "")


def _split(text: str, sign: str) -> list[str]:
    """Cut at a sign outside of parentheses, quotes and backticks.

    Raises:
        NotAFormula: A part is empty.
    """
    parts, depth, begin, closes = [], 0, 0, ""
    for n, letter in enumerate(text):
        if closes:
            closes = "" if letter == closes else closes
        elif letter in "`'\"":
            closes = letter
        elif letter in "()":
            depth += 1 if letter == "(" else -1
        elif letter == sign and depth == 0:
            parts.append(text[begin:n])
            begin = n + 1
    parts.append(text[begin:])
    if any(not part.strip() for part in parts):
        raise NotAFormula(f"has nothing beside a `{sign}`" if len(parts) > 1 else "has an empty part")
    return parts


def _closing(text: str, begin: int) -> int:
    """Where the parenthesis that opens at `begin` closes."""
    depth, closes = 0, ""
    for n in range(begin, len(text)):
        letter = text[n]
        if closes:
            closes = "" if letter == closes else closes
        elif letter in "`'\"":
            closes = letter
        elif letter == "(":
            depth += 1
        elif letter == ")":
            depth -= 1
            if depth == 0:
                return n
    raise NotAFormula(f"lacks a closing parenthesis after `{text[begin : begin + 15]}`")
