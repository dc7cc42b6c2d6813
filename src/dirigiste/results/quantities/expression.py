"""Arithmetic of outcomes, such as `credit[connected] / credit`: parsed here, never run as code."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from dirigiste.documents.words import near, one_of
from dirigiste.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Value = float | NDArray[np.float64]

FUNCTIONS: Final = ("log", "exp", "sqrt", "abs")
"""Functions of one argument, by the names of NumPy, which is imported only where values are computed."""

_SIGNS: Final[Mapping[type[ast.operator], Callable[[Any, Any], Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}

GRAMMAR: Final = (
    f"numbers, outcomes, + - * / **, parentheses and the functions {', '.join(FUNCTIONS)} are understood"
)


@dataclass(frozen=True)
class Expression:
    """An outcome, or arithmetic of several: numbers, names (`output`, `credit[independent]`), `+ - * / **`,
    parentheses, and `FUNCTIONS`.
    """

    text: str
    names: tuple[str, ...]
    """Outcomes that it uses, each once, in order."""
    tree: ast.expr

    def value(self, outcomes: Mapping[str, Value]) -> Value:
        """Its value where outcomes have these values, numbers or arrays of one shape; nan or infinite where
        it is not defined.
        """
        import numpy as np

        with np.errstate(all="ignore"):
            return _value(self.tree, {name: np.asarray(outcomes[name], dtype=float) for name in self.names})

    @property
    def plain(self) -> bool:
        """Whether it is a single outcome."""
        return self.text == self.names[0]


def parse(text: str, known: Collection[str] | None = None, *, key: str = "") -> Expression:
    """Read an expression.

    Args:
        text: The expression.
        known: Names of outcomes that there are; any name is accepted if left out.
        key: Where it stands in a file, for errors.

    Raises:
        InputError: It does not follow the grammar, uses no outcome, or one that there is not.
    """
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError):
        raise InputError.of(f"`{text}` is no expression: {GRAMMAR}", key=key) from None
    names = tuple(dict.fromkeys(_names(tree, text, key)))
    if not names:
        raise InputError.of(f"`{text}` uses no outcome", key=key)
    for name in names:
        if known is not None and name not in known:
            raise InputError.of(f"there is no outcome `{name}`{_hint(name, known)}", key=key)
    return Expression(text.strip(), names, tree)


def _hint(name: str, known: Collection[str]) -> str:
    """What was probably meant; of a name with brackets, with which others there is one."""
    plain, _, inner = name.removesuffix("]").partition("[")
    within = [other.removesuffix("]").partition("[")[2] for other in known if other.startswith(f"{plain}[")]
    better = near(inner, within) if inner else None
    meant = f"{plain}[{better}]" if better else None if inner and within else near(name, known)
    if meant:
        return f"; did you mean `{meant}`?"
    return f"; there are {one_of(f'{plain}[{other}]' for other in within)}" if within else ""


def _names(node: ast.expr, text: str, key: str) -> list[str]:
    match node:
        case ast.Constant(value=int() | float()) if not isinstance(node.value, bool):
            return []
        case ast.Name(id=name):
            return [name]
        case ast.Subscript(value=ast.Name(id=name), slice=ast.Name(id=inner)):
            return [f"{name}[{inner}]"]
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=inner):
            return _names(inner, text, key)
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _SIGNS:
            return _names(left, text, key) + _names(right, text, key)
        case ast.Call(func=ast.Name(id=name), args=[inner], keywords=[]) if name in FUNCTIONS:
            return _names(inner, text, key)
    raise InputError.of(f"`{ast.unparse(node)}` in `{text}` is not understood: {GRAMMAR}", key=key)


def _value(node: ast.expr, outcomes: Mapping[str, Any]) -> Any:  # noqa: ANN401  (a number or an array)
    import numpy as np

    match node:
        case ast.Constant(value=value):
            return np.float64(value)  # type: ignore[arg-type]
        case ast.Name(id=name):
            return outcomes[name]
        case ast.Subscript(value=ast.Name(id=name), slice=ast.Name(id=inner)):
            return outcomes[f"{name}[{inner}]"]
        case ast.UnaryOp(op=sign, operand=inner):
            value = _value(inner, outcomes)
            return -value if isinstance(sign, ast.USub) else value
        case ast.BinOp(left=left, op=sign, right=right):
            return _SIGNS[type(sign)](_value(left, outcomes), _value(right, outcomes))
        case ast.Call(func=ast.Name(id=name), args=[inner]):
            return getattr(np, name)(_value(inner, outcomes))
    raise AssertionError(ast.dump(node))
