"""Fear against force: people who are struck, and people who choose otherwise than without the events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from dirigiste.report import words
from dirigiste.report.figure_data import course
from dirigiste.report.figure_data.table import Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dirigiste.results.runs.run import Run

    Array = NDArray[np.float64]

ENFORCEMENT, CHOICE = "enforcement", "choice"

FEW: Final = 1e-8
"""Shares of owners below this count as nobody."""


@dataclass(frozen=True)
class Edge:
    """People on an edge beyond those without the events."""

    name: str
    label: str
    kind: str
    rate: Array
    """(M,) share of owners a year."""
    in_all: float
    """Share of owners, added up over the years shown."""


@dataclass(frozen=True)
class Moves:
    """Who is struck and who chooses otherwise, beyond the economy without the events."""

    edges: tuple[Edge, ...]
    struck: Array
    """(M,) people struck beyond those without the events, share of owners a year."""
    otherwise: Array
    """(M,) people who take a choice more often, and those who take one less often; share of owners a year."""
    struck_in_all: float
    otherwise_in_all: float
    enforced: bool
    """Whether the economy has edges of enforcement at all."""
    chosen: bool
    """Whether it has edges of choice."""

    def top(self, kind: str, most: int) -> list[Edge]:
        """Edges of a kind with most people, in the order of their size."""
        edges = [edge for edge in self.edges if edge.kind == kind]
        return sorted(edges, key=lambda edge: -abs(edge.in_all))[:most]


def beyond(run: Run) -> tuple[list[str], Array]:
    """Edge of every arc, and (M, arcs) people on it beyond those without the events."""
    if "arc" not in run.path.dims:
        return [], np.zeros((course.time(run).size, 0))
    people = run.path["people"].transpose("time", "arc")
    names = [str(name) for name in people["edge"].values]
    return names, np.asarray(people.values) - np.asarray(run.base["people"].values)


def moves(run: Run) -> Moves:
    """People on edges of enforcement and of choice against the economy without the events."""
    economy = run.before.economy
    names, extra = beyond(run)
    kinds = np.array([economy.edges_by_name[name].kind for name in names], dtype=str)
    weights = np.where(course.shown(run), np.asarray(run.path["step"].values, dtype=float), 0.0)
    edges = []
    for name in dict.fromkeys(names):
        kind = economy.edges_by_name[name].kind
        if kind in (ENFORCEMENT, CHOICE):
            rate = extra[:, [n for n, other in enumerate(names) if other == name]].sum(axis=1)
            edges.append(Edge(name, words.edge(economy, name), kind, rate, float(weights @ rate)))
    struck = extra[:, kinds == ENFORCEMENT].sum(axis=1)
    otherwise = np.abs(extra[:, kinds == CHOICE]).sum(axis=1)
    return Moves(
        tuple(edges),
        struck,
        otherwise,
        float(weights @ struck),
        float(weights @ otherwise),
        bool((kinds == ENFORCEMENT).any()),
        bool((kinds == CHOICE).any()),
    )


def title(run: Run) -> str:
    """How many choose otherwise for each who is struck."""
    people = moves(run)
    span = f"in the first {words.plain(round(course.last_shown(run), 1))} years"
    struck, otherwise = people.struck_in_all, people.otherwise_in_all
    chose = f"{words.percent(otherwise)} of owners choose otherwise {span}"
    if not people.enforced:
        return words.opening(f"{chose}; this economy has no enforcement")
    if abs(struck) < FEW and otherwise < FEW:
        return "As many owners are struck as without the events, and nobody chooses otherwise"
    if abs(struck) < FEW:
        return words.opening(f"{chose}, while no more of them are struck than without the events")
    if otherwise < FEW:
        side = "more" if struck > 0 else "fewer"
        return f"{words.percent(abs(struck))} of owners {side} are struck {span}; nobody chooses otherwise"
    if struck < 0:
        return words.opening(
            f"{chose}, though {words.percent(-struck)} fewer are struck than without the events"
        )
    ratio = otherwise / struck
    if ratio >= 1:
        return (
            f"For every owner struck beyond those without the events, {words.number(ratio, 2)} choose "
            f"otherwise {span}"
        )
    return (
        f"More owners are struck than choose otherwise: {words.percent(struck)} and "
        f"{words.percent(otherwise)} of all {span}"
    )


def table(run: Run) -> Table:
    """People on every edge of enforcement and of choice, over time."""
    people = moves(run)
    columns = ["years since the first event", "struck (share of owners a year)"]
    columns.append("choose otherwise (share of owners a year)")
    columns += [f"{edge.name} ({edge.kind}, share of owners a year)" for edge in people.edges]
    cells = [course.time(run), people.struck, people.otherwise, *(edge.rate for edge in people.edges)]
    return Table.of(columns, np.stack(cells, axis=1).tolist())
