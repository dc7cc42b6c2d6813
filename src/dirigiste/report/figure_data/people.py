"""People: shares of the statuses, and flows along the edges between them, at several times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dirigiste.economy import ABROAD
from dirigiste.report import words
from dirigiste.report.figure_data.table import Table

if TYPE_CHECKING:
    from dirigiste.results.runs.run import Run

    Arc = tuple[str, str, str]
    """Edge, origin and destination."""


@dataclass(frozen=True)
class Stage:
    """The economy at one point: shares of owners by status, and flows by arc in shares of owners a year."""

    heading: str
    masses: dict[str, float]
    flows: dict[Arc, float]


def arcs(stages: list[Stage]) -> list[Arc]:
    """Arcs of all stages, each once."""
    return list(dict.fromkeys(arc for stage in stages for arc in stage.flows))


def by_arc(data: Any) -> dict[Arc, float]:  # noqa: ANN401  (an xarray Dataset)
    """People by arc, in shares of all owners a year."""
    names = zip(*(data[key].values.tolist() for key in ("edge", "origin", "destination")), strict=True)
    return dict(
        zip(((str(e), str(o), str(d)) for e, o, d in names), data["people"].values.tolist(), strict=True)
    )


def flows_table(stages: list[Stage]) -> Table:
    """Flows as a table, a column for each stage."""
    unit = "share of owners per year"
    rows = [(*arc, *(stage.flows.get(arc, 0.0) for stage in stages)) for arc in arcs(stages)]
    headings = (f"{stage.heading.lower()} ({unit})" for stage in stages)
    return Table.of(("edge", "origin", "destination", *headings), rows)


def flows_title(run: Run, stages: list[Stage]) -> str:
    """Which flow changes most from the first stage to the second, in a sentence."""
    first, second = stages[:2]
    order = sorted(arcs(stages), key=lambda arc: -abs(_change(stages, arc)))
    if not order:
        return "Nobody moves between statuses in this economy"
    top = order[0]
    if abs(_change(stages, top)) < 1e-9:
        return "As many owners move along every edge as before"
    end = "abroad" if top[2] == ABROAD else words.status(run.before.economy, top[2])
    verb = "More" if _change(stages, top) > 0 else "Fewer"
    values = [stage.flows.get(top, 0.0) for stage in (second, first)]
    digits = _digits(values)
    after, before = (words.percent(value, digits) for value in values)
    return (
        f"{verb} owners go from {words.status(run.before.economy, top[1])} to {end}: "
        f"{after} of all owners a year{_when(second)}, {before} before"
    )


def _when(stage: Stage) -> str:
    """The date of a stage that has one in its heading."""
    return f" in {stage.heading.split(', ')[1]}" if ", " in stage.heading else ""


def _change(stages: list[Stage], arc: Arc) -> float:
    return stages[1].flows.get(arc, 0.0) - stages[0].flows.get(arc, 0.0)


def _digits(values: list[float]) -> int:
    digits = max(words.decimals(value) for value in values)
    close = values[1] > 0 and abs(values[0] / values[1] - 1) < 0.05
    return min(digits + 1, 4) if close else digits


def note(run: Run) -> str:
    """How to read the status graph."""
    economy = run.before.economy
    note = (
        "Discs: statuses, area by share of owners. Widths of arrows: owners who move in a year, as a share "
        "of all owners; the largest carry their number."
    )
    if economy.leaves and economy.entry is not None:
        start = words.status(economy, economy.entry.status)
        note += f" Who goes abroad is replaced by a newborn who starts as {start}."
    return note


def describe(run: Run, states: list[Stage]) -> str:
    """The status graph in words."""
    economy = run.before.economy
    order = sorted(arcs(states), key=lambda arc: -states[-1].flows.get(arc, 0.0))[:5]
    largest = [
        f"{words.status(economy, arc[1])} to {words.status(economy, arc[2])} ({words.edge(economy, arc[0])}) "
        + ", ".join(words.percent(stage.flows.get(arc, 0.0)) for stage in states)
        for arc in order
    ]
    stages = words.listing([stage.heading.lower() for stage in states])
    return (
        f"Diagrams of statuses and the flows of owners between them: {stages}. "
        f"Largest flows a year, in this order: {'; '.join(largest) or 'none'}."
    )
