"""Assumptions: every parameter with unit and source, and those that the chronicle changes for good."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from dirigiste.chronicle import ASSUMPTION
from dirigiste.numbers import signed
from dirigiste.report import words
from dirigiste.report.figure_data import draws
from dirigiste.report.figure_data.table import Table

if TYPE_CHECKING:
    from dirigiste.economy import Economy, Parameter
    from dirigiste.results.runs.run import Run

SOURCED, ASSUMED, UNSOURCED, DEFAULT = "source", "assumption", "no source", "default"

GROUPS: Final = {
    "preferences": "Preferences",
    "technology": "Technology",
    "ability": "Ability",
    "abroad": "Abroad",
    "entry": "Newborns",
    "closure": "Markets and budget",
    "numerics": "Numerics",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A parameter before and after."""

    path: str
    field: str
    """The part of the path below its group."""
    description: str
    unit: str
    before: float
    after: float
    kind: str
    """Whether it has a source, is an assumption, was given without a source, or left to its default."""
    source: str
    note: str
    effect: str = ""
    """What a standard deviation of it does to output; empty where it was not drawn."""

    @property
    def changed(self) -> bool:
        """Whether the chronicle moves it for good."""
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class Section:
    """Parameters of one part of the economy: a status, an edge, or a group such as preferences."""

    heading: str
    rows: tuple[Row, ...]


def _split(path: str) -> tuple[tuple[str, ...], str]:
    parts = path.split(".")
    head = 2 if parts[0] in ("statuses", "edges") and len(parts) > 2 else 1
    return tuple(parts[:head]), ".".join(parts[head:]) or parts[-1]


def _heading(economy: Economy, key: tuple[str, ...]) -> str:
    if key[0] == "statuses":
        return f"Status: {words.status(economy, key[1])}"
    if key[0] == "edges":
        edge = economy.edges_by_name[key[1]]
        ends = f"{words.listing([words.status(economy, name) for name in edge.origin])} {words.ARROW} " + (
            words.status(economy, edge.to)
        )
        return f"Edge: {words.edge(economy, key[1])} ({edge.kind}; {ends})"
    return GROUPS.get(key[0], key[0])


def _given(economy: Economy) -> set[str]:
    """Paths that the economy's file gives, not left to defaults."""
    paths: set[str] = set()

    def walk(value: object, path: str) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                walk(inner, f"{path}.{key}" if path else str(key))
        elif isinstance(value, list | tuple):
            for n, item in enumerate(value):
                label = item.get("name", n) if isinstance(item, dict) else n
                walk(item, f"{path}.{label}")
        else:
            paths.add(path)

    walk(economy.model_dump(by_alias=True, exclude_unset=True), "")
    return paths


def _row(parameter: Parameter, after: float, given: set[str]) -> Row:
    source = parameter.source
    if source is None:
        kind, text, note = (UNSOURCED if parameter.path in given else DEFAULT), "", ""
    else:
        kind = ASSUMED if source.source in (ASSUMPTION, "") else SOURCED
        text, note = ("" if kind == ASSUMED else source.source), source.note
    field = _split(parameter.path)[1]
    return Row(
        parameter.path, field, parameter.description, parameter.unit, parameter.value, after, kind, text, note
    )


def sections(run: Run) -> list[Section]:
    """All parameters, section by section in the order of declaration; with draws those on which output hangs
    most come first.
    """
    economy = run.before.economy
    given, moved_by = _given(economy), draws.influences(run)
    moved = {path: new for path, _, new, _ in run.changes}
    by_section: dict[tuple[str, ...], list[Row]] = {}
    for parameter in economy.parameters():
        key, _ = _split(parameter.path)
        after = moved.get(parameter.path)
        row = _row(parameter, parameter.value if after is None else after, given)
        by_section.setdefault(key, []).append(_with_effect(row, moved_by))
    if moved_by:

        def weight(row: Row) -> float:
            return -abs(moved_by.get(row.path, 0.0))

        for rows in by_section.values():
            rows.sort(key=weight)  # stable: those that were not drawn stay in the order of declaration
        by_section = dict(sorted(by_section.items(), key=lambda item: weight(item[1][0])))
    return [Section(_heading(economy, key), tuple(rows)) for key, rows in by_section.items()]


def _with_effect(row: Row, moved_by: dict[str, float]) -> Row:
    if row.path not in moved_by:
        return row
    return replace(row, effect=f"{signed(moved_by[row.path], 3)}{words.NARROW}%")


def counts(sections: list[Section]) -> dict[str, int]:
    """How many parameters rest on a source, an assumption, a default; and how many change."""
    rows = [row for section in sections for row in section.rows]
    numbers = {kind: sum(row.kind == kind for row in rows) for kind in (SOURCED, ASSUMED, UNSOURCED, DEFAULT)}
    return {**numbers, "changed": sum(row.changed for row in rows), "all": len(rows)}


def title(run: Run) -> str:
    """What the numbers rest on, in a sentence."""
    numbers = counts(sections(run))
    kinds_of_source = (
        (SOURCED, "from a source"),
        (ASSUMED, "assumed"),
        (UNSOURCED, "without a source"),
        (DEFAULT, "left to defaults"),
    )
    kinds = ", ".join(f"{numbers[kind]} {text}" for kind, text in kinds_of_source if numbers[kind])
    changed = f"{numbers['changed']} changed by the chronicle for good"
    return f"{words.count(numbers['all'], 'number')}: {kinds}; {changed}"


def table(run: Run) -> Table:
    """All parameters as a table; with draws what a standard deviation of each does to output."""
    columns = ("parameter", "before", "after", "unit", "basis", "source", "note", "meaning")
    listed = [row for section in sections(run) for row in section.rows]
    rows = [
        (row.path, row.before, row.after, row.unit, row.kind, row.source, row.note, row.description)
        for row in listed
    ]
    if run.draws is None:
        return Table.of(columns, rows)
    moved_by = draws.influences(run)
    effects = [moved_by.get(row.path) for row in listed]
    wider = [(*row, effect) for row, effect in zip(rows, effects, strict=True)]
    return Table.of((*columns, "effect of a standard deviation on output (%)"), wider)
