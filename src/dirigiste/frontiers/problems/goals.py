"""Goals: outcomes by name, or arithmetic of them, of which more is wanted; `-top10_wealth` wants less.

The second goal is what the others cost: it is maximised while they are held at levels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dirigiste.errors import InputError, Problem
from dirigiste.results.quantities import outcomes
from dirigiste.results.quantities.expression import Expression, parse

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

KEY: Final = "--goals"

STANDARD: Final = ("control", "output")
"""Goals where none are named."""

PRICE: Final = 1
"""Position of the goal that the others cost."""

FEWEST, MOST = 2, 3
"""Count of goals."""

POINT: Final = 0.01
"""A point of a share; of other goals, a hundredth of their value."""


@dataclass(frozen=True)
class Goal:
    """What is wanted more of."""

    name: str
    expression: Expression
    share: bool
    """Whether it is a share, of which one speaks in points."""
    reference: float | None = None
    """What percent of it are percent of; of its value if None."""

    def whole(self, value: float) -> float:
        """What percent of it are percent of, where it has a value."""
        return abs(value) if self.reference is None else self.reference

    def point(self, value: float) -> float:
        """A point of it: 0.01 of a share, else one percent of its value."""
        return POINT if self.share else POINT * self.whole(value)

    @property
    def of_point(self) -> str:
        """A point of it in words."""
        return f"point of {self.name}" if self.share else f"percent of {self.name}"


def read(texts: Iterable[str], known: Collection[str]) -> tuple[Goal, ...]:
    """Goals from their texts.

    Raises:
        InputError: With every fault: no such outcome, a goal twice, too few or too many.
    """
    found: list[Goal] = []
    problems: list[Problem] = []
    for text in texts:
        try:
            expression = parse(text, known, key=KEY)
        except InputError as error:
            problems += error.problems
            continue
        unit = outcomes.measure(expression.names[0]).unit if expression.plain else ""
        found.append(Goal(expression.text, expression, unit.startswith("share")))
    names = [goal.name for goal in found]
    if len(set(names)) < len(names):
        problems += InputError.of("a goal is named twice", key=KEY).problems
    if not problems and not FEWEST <= len(found) <= MOST:
        message = f"there must be two or three, with commas between; got {len(found)}"
        problems += InputError.of(message, key=KEY).problems
    if problems:
        raise InputError(problems)
    return tuple(found)
