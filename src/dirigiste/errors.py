"""Exceptions of the package: one root, and one subclass for each way in which a run can fail.

Every message says what was given, what is allowed and what to do. `exit_code` is what a command returns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class DirigisteError(Exception):
    """Root of every exception that the package raises on purpose."""

    exit_code: ClassVar[int] = 1


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault in an input.

    `str()` gives ``economy.yaml:8:3 technology.delat: unknown key; did you mean `delta`?``.
    """

    file: str
    """File, or a label such as `<text>`; empty where the input is no file."""
    line: int
    """Line, counted from 1; 0 where unknown."""
    column: int
    """Column, counted from 1; 0 where unknown."""
    key: str
    """Dotted path of the entry, such as `statuses.independent.collateral`; empty for the whole input."""
    message: str
    """What was given, what is allowed, what to do."""
    suggestion: str | None = None
    """What was probably meant, if there is a near match."""
    code: str = ""
    """Code of an economic check, such as `E-unreachable`; empty for faults of form."""

    @property
    def place(self) -> str:
        """`file:line:column` as far as known."""
        parts = [self.file] if self.file else []
        if self.line > 0:
            parts += [str(self.line), str(self.column)] if self.file else [f"line {self.line}"]
        return ":".join(parts)

    def __str__(self) -> str:
        head = " ".join(part for part in (self.place, self.key) if part)
        text = f"{head}: {self.message}" if head else self.message
        if self.suggestion:
            text += f"; did you mean `{self.suggestion}`?"
        return f"{text} [{self.code}]" if self.code else text


class InputError(DirigisteError):
    """An economy, a chronicle or an argument is not usable; holds every problem found, not only the first."""

    exit_code: ClassVar[int] = 2

    def __init__(self, problems: Iterable[Problem]) -> None:
        unique = dict.fromkeys(problems)
        self.problems: tuple[Problem, ...] = tuple(sorted(unique, key=lambda p: (p.file, p.line, p.column)))
        super().__init__(self.problems)

    def __str__(self) -> str:
        count = len(self.problems)
        head = "1 problem:" if count == 1 else f"{count} problems:"
        return "\n".join([head, *(f"  {n}. {problem}" for n, problem in enumerate(self.problems, start=1))])

    @classmethod
    def of(cls, message: str, *, key: str = "", suggestion: str | None = None, file: str = "") -> InputError:
        """Build the error for a single problem that has no line."""
        return cls([Problem(file, 0, 0, key, message, suggestion)])


class NotConverged(DirigisteError):  # noqa: N818  (named for the state of affairs)
    """An iteration stopped short of its tolerance; carries what is needed to see why.

    `history`: largest residual round by round; `residuals`: those that miss their tolerance; `last`: where it
    stopped, a `numerics.stationary.point.Point` for a stationary equilibrium and a
    `numerics.transition.perfect_foresight.Solved` for a transition path, None elsewhere.
    """

    exit_code: ClassVar[int] = 3

    def __init__(
        self,
        message: str,
        *,
        history: Sequence[Any] = (),
        residuals: Mapping[str, float] | None = None,
        advice: str = "",
        last: Any = None,  # noqa: ANN401  (types of the solver, which this floor does not know)
    ) -> None:
        self.message = message
        self.last = last
        self.history: tuple[Any, ...] = tuple(history)
        self.residuals: dict[str, float] = dict(residuals or {})
        self.advice = advice
        super().__init__(message)

    def __str__(self) -> str:
        lines = [self.message]
        if self.residuals:
            lines.append(
                "residuals: " + ", ".join(f"{name} {value:.3g}" for name, value in self.residuals.items())
            )
        if self.advice:
            lines.append(self.advice)
        return "\n".join(lines)


class IdentityViolated(DirigisteError):  # noqa: N818  (named for the state of affairs)
    """An accounting identity (goods, mass, wealth) fails in a result; always a fault of the program."""

    exit_code: ClassVar[int] = 4
