"""Outcomes of a sweep: texts such as `output`, `gap = credit[loyal] / credit[free]`, `output @ 2025`.

Of a path, `@` says when, and binds closer than arithmetic: `output @ 2025 / output @ start - 1`. After it
stand a year, a date, or one of `WHEN`. Of replications the outcomes are counts.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from dirigiste.documents.words import near, one_of
from dirigiste.errors import InputError
from dirigiste.results.quantities import measures, outcomes
from dirigiste.results.quantities.expression import Expression, parse

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from dirigiste.replications.outcome import Outcome as Replicated
    from dirigiste.results.equilibria.equilibrium import Equilibrium
    from dirigiste.results.runs.run import Run

WHEN: Final = {
    "start": "before the events",
    "end": "in the stationary state with all that lasts in place",
    "peak": "where it is farthest from the start",
    "max": "where it is largest",
    "min": "where it is smallest",
}
"""Words that may follow `@`, and what they mean."""

REPLICATIONS: Final = {
    "matches": "numbers within their tolerance",
    "misses": "numbers outside",
    "shown": "numbers without a verdict",
    "holds": "statements that hold",
    "fails": "statements that do not",
}
"""Outcomes of a replication."""

PATTERN: Final = re.compile(r"(\w+\[[\w*?]*[*?][\w*?]*\]|\*)(\s*@\s*\S+)?")
COLUMN: Final = re.compile(r"^\s*([A-Za-z_][A-Za-z0-9_.]*)\s*=(?!=)\s*(.+)$", re.DOTALL)
MARK: Final = re.compile(r"\s*@\s*(\d{4}-\d{1,2}-\d{1,2}|\d+(?:\.\d+)?|\w+)")
PART: Final = "part_{}"


@dataclass(frozen=True)
class Dated:
    """A part of an outcome of paths: an expression, and when it is taken."""

    expression: Expression
    when: str


@dataclass(frozen=True)
class Outcome:
    """One column of results."""

    column: str
    text: str
    """As the file has it, without the name of the column."""
    expression: Expression
    parts: Mapping[str, Dated]
    """Dated parts by the names that stand for them in `expression`; empty unless a path is solved."""

    def of(self, values: Mapping[str, float]) -> float:
        """Its value from the outcomes of an equilibrium."""
        return float(self.expression.value(values))

    def of_run(self, run: Run, known: Mapping[str, Mapping[str, np.ndarray]]) -> float:
        """Its value of a path, from what `of_states` gives of it."""
        values = {name: _at(part, run, known) for name, part in self.parts.items()}
        return float(self.expression.value(values))


def read(
    texts: Sequence[str], known: Collection[str], *, paths: bool = False
) -> tuple[list[Outcome], list[tuple[int, InputError]]]:
    """Outcomes from their texts, and the faults with the numbers of the texts that have them.

    Args:
        texts: As the file has them.
        known: Names of outcomes that all points have.
        paths: Whether paths are solved, so that every name needs a date.
    """
    found: dict[str, Outcome] = {}
    faults: list[tuple[int, InputError]] = []
    for n, text in enumerate(texts):
        try:
            for outcome in _read(text, known, paths=paths):
                if outcome.column in found:
                    raise InputError.of(
                        f"there are two outcomes `{outcome.column}`: give one another name before ="
                    )
                found[outcome.column] = outcome
        except InputError as error:
            faults.append((n, error))
    return list(found.values()), faults


def _read(text: str, known: Collection[str], *, paths: bool) -> list[Outcome]:
    named = COLUMN.match(text)
    body = named.group(2).strip() if named else text.strip()
    if named is None and PATTERN.fullmatch(body):
        pattern, mark, when = (part.strip() for part in body.partition("@"))
        names = outcomes.chosen(known, [pattern], "outcome")
        bodies = [f"{name} @ {when}" if mark else name for name in names]
        return [_one(each, each, known, paths=paths) for each in bodies]
    return [_one(named.group(1) if named else body, body, known, paths=paths)]


def _one(column: str, body: str, known: Collection[str], *, paths: bool) -> Outcome:
    if not paths:
        if "@" in body:
            raise InputError.of(f"`@` in `{body}` dates outcomes of chronicles: leave it out")
        return Outcome(column, body, parse(body, known), {})
    text, parts = _dated(body, known)
    expression = parse(text)
    for name in expression.names:
        if name not in parts:
            if name not in known:
                parse(name, known)  # says what was probably meant
            raise InputError.of(
                f"`{name}` in `{body}` needs a date: `{name} @ 2025`, a date, or @ with one of {one_of(WHEN)}"
            )
    return Outcome(column, body, expression, parts)


def _dated(body: str, known: Collection[str]) -> tuple[str, dict[str, Dated]]:
    """The text with a name in place of every dated part, and these parts."""
    parts: dict[str, Dated] = {}
    text = body
    while (found := MARK.search(text)) is not None:
        begin, when = _begin(text, found.start()), found.group(1)
        if when[0].isalpha() and when not in WHEN:
            better = near(when, WHEN)
            hint = f"; did you mean `{better}`?" if better else ""
            raise InputError.of(f"`@ {when}` is no year, date, or one of {one_of(WHEN)}{hint}")
        if "-" in when:
            _date(when)
        name = PART.format(len(parts))
        parts[name] = Dated(parse(text[begin : found.start()], known), when)
        text = f"{text[:begin]}{name}{text[found.end() :]}"
    if "@" in text:
        raise InputError.of(f"`@` in `{body}` must be followed by a year, a date, or one of {one_of(WHEN)}")
    return text, parts


def _begin(text: str, end: int) -> int:
    """Where the name, or the expression in parentheses, begins that ends at `end`."""
    if text[:end].endswith(")"):
        depth = 0
        for n in range(end - 1, -1, -1):
            depth += (text[n] == ")") - (text[n] == "(")
            if depth == 0:
                return n - len(_last(r"\w*$", text[:n]))
        raise InputError.of(f"`{text}` has a parenthesis that is not opened")
    name = _last(r"[A-Za-z_]\w*(\[\w*\])?$", text[:end])
    if not name:
        raise InputError.of(f"`@` in `{text}` must follow a name or parentheses")
    return end - len(name)


def _last(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    return found.group(0) if found else ""


def _date(text: str) -> dt.datetime:
    try:
        year, month, day = map(int, text.split("-"))
        return dt.datetime(year, month, day)
    except ValueError:
        raise InputError.of(f"`@ {text}` is no date") from None


def of_equilibrium(equilibrium: Equilibrium) -> dict[str, float]:
    """All outcomes of an equilibrium by the names of `outcomes.names`; nan where one has no meaning."""
    values = {**equilibrium.prices, **equilibrium.aggregates}
    data = equilibrium.dataset
    statuses = [str(status) for status in data["status"].values]
    for name in measures.STATUS:
        column = data[f"{name}_by_status"].values
        values |= {f"{name}[{status}]": float(x) for status, x in zip(statuses, column, strict=True)}
    for edge, detail in equilibrium.by_edge_detail.items():
        values |= {f"{name}[{edge}]": float(detail[name]) for name in outcomes.EDGES}
    return values


def of_states(run: Run) -> dict[str, Mapping[str, np.ndarray]]:
    """All outcomes of a run: on the path, before the events, and in the end."""
    from dirigiste.results.runs import paths

    return {
        "path": outcomes.of_path(run.path),
        "start": outcomes.of_path(run.base),
        "end": outcomes.of_path(paths.base(run.after, run.path)),
    }


def of_replication(outcome: Replicated) -> dict[str, float]:
    """The outcomes of a replication, by the names of `REPLICATIONS`."""
    from dirigiste.replications.outcome import Cell

    verdicts = [cell.verdict for cell in outcome.cells if isinstance(cell, Cell)]
    held = [claim.holds for claim in outcome.cells if not isinstance(claim, Cell)]
    counts = (verdicts.count("match"), verdicts.count("miss"), verdicts.count("shown"), sum(held))
    return dict(zip(REPLICATIONS, map(float, (*counts, len(held) - sum(held))), strict=True))


def _at(part: Dated, run: Run, known: Mapping[str, Mapping[str, np.ndarray]]) -> float:
    if part.when in known:
        return float(part.expression.value(known[part.when]))
    if part.when in WHEN:
        series = np.atleast_1d(part.expression.value(known["path"]))
        start = float(part.expression.value(known["start"]))
        of = {"peak": np.abs(series - start), "max": series, "min": -series}[part.when]
        return float(series[int(np.argmax(of))])
    return float(part.expression.value({
        name: value[0] for name, value in outcomes.of_path(run.at([years(run, part.when)])).items()
    }))


def years(run: Run, when: str) -> float:
    """Years from the first event to a year (2025, its beginning, or 2025.5) or a date."""
    from dirigiste.chronicle.days import DAYS_PER_YEAR
    from dirigiste.results.runs import paths

    if "-" in when:
        return (_date(when) - paths.first_date(run.path)) / dt.timedelta(days=DAYS_PER_YEAR)
    return paths.years_from_start(run.path, float(when))
