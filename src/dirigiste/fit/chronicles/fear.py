"""Implied fear: the path of perceived enforcement that explains observed series best
(docs/method.md, section 16).

All that events change in the rates of enforcement that owners perceive is taken out. In its place comes an
unknown revision x_q of beliefs at the beginning of every period q: from then on, owners perceive rates
exp(x_q) times as high as before, and expect that to last. Revisions are normal and independent with mean 0
and standard deviation tau times the square root of the length of the period in years, so that the log of
perceived enforcement is a random walk: the smaller tau, the smoother its path. What is known afterwards
follows from the observed series as with any other numbers of a chronicle (`estimate`). Where an economy
gives no perceived rate of an edge it equals the actual one, with what events change in that; revisions then
come on top of it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from numpy.typing import NDArray

from dirigiste import chronicle as chronicles
from dirigiste.chronicle import Chronicle
from dirigiste.chronicle.beliefs import RATE
from dirigiste.chronicle.change import Change
from dirigiste.chronicle.event import Event
from dirigiste.chronicle.sizes import Size
from dirigiste.documents.words import near
from dirigiste.economy import EnforcementEdge
from dirigiste.errors import InputError
from dirigiste.fit.chronicles.declaration import SeriesError, UncertainNumber, UncertainNumbers
from dirigiste.fit.chronicles.estimate import Fitted, Round, fit
from dirigiste.fit.chronicles.plan import Plan, Uncertain
from dirigiste.fit.moments.scales import Scale
from dirigiste.results.runs.observed import MONTHS, months_before

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from dirigiste.progress import Progress

Array = NDArray[np.float64]

Every = Literal["quarter", "half", "year"]
"""Length of a period."""

TAU: Final = 0.5
"""Standard deviation of what beliefs are revised by in a year, in logs, unless another one is given."""

REVISION: Final = "Revision of beliefs"


@dataclass(frozen=True, eq=False)
class Fear:
    """Perceived enforcement as observed series imply it."""

    fitted: Fitted
    edges: tuple[str, ...]
    dates: tuple[dt.date, ...]
    """Beginnings of periods (Q,)."""
    tau: float
    log: Array
    """Log of perceived enforcement over that without events, in each period (Q,)."""
    sd: Array
    """Its standard deviation (Q,)."""
    before: Array
    """Its standard deviation before the data (Q,)."""
    actual: dict[str, Array]
    """Actual rates of the edges over those without events, on the dates (Q,)."""
    written: dict[str, Array]
    """Perceived rates of the edges in the chronicle as it is written, in the same way (Q,)."""


def fear(
    chronicle: Chronicle | str | Path,
    *,
    edges: Collection[str] | None = None,
    every: Every = "half",
    start: dt.date | None = None,
    end: dt.date | None = None,
    tau: float = TAU,
    series: Mapping[str, SeriesError] | None = None,
    rounds: int = 4,
    progress: Progress | None = None,
    kept: Callable[[Round], None] | None = None,
) -> Fear:
    """Estimate the path of perceived enforcement from the observed series of a chronicle.

    Args:
        chronicle: A chronicle, the name of a shipped one, or a YAML file; its series say what was observed.
        edges: Enforcement edges that are perceived more or less strongly, all by the same factor; those whose
            perceived rate events change if left out.
        every: Length of a period.
        start: Beginning of the first period; that of the period of the first event if left out.
        end: Last day on which a period may begin; the last event if left out.
        tau: Standard deviation of the revisions of a year, in logs.
        series: Standard errors of series where the chronicle gives none, and weights.
        rounds: Most rounds of Gauss-Newton.
        progress: Called with stage, round and largest residual.
        kept: Called after each round.

    Raises:
        InputError: There is no such edge, it has no perceived rate, or no series counts.
        NotConverged: There is no path without revisions.
    """
    if not isinstance(chronicle, Chronicle):
        chronicle = chronicles.load(chronicle)
    chosen = _edges(chronicle, edges)
    dates = _periods(chronicle, every, start, end)
    revised = _without_fear(chronicle, chosen, dates)
    length = MONTHS[every] / 12.0
    sd = tau * float(np.sqrt(length))
    numbers = tuple(Uncertain(_revision(date), Scale("none", -np.inf, np.inf), 0.0, sd) for date in dates)
    declared = UncertainNumbers(
        name="fear",
        title="Implied fear",
        numbers={number.name: UncertainNumber(mean=0.0, sd=sd) for number in numbers},
        series=dict(series or {}),
    )
    plan = Plan(revised, declared, numbers, np.eye(len(numbers)))
    fitted = fit(plan, rounds=rounds, progress=progress, kept=kept)
    sums = np.tril(np.ones((len(dates), len(dates))))
    return Fear(
        fitted=fitted,
        edges=chosen,
        dates=dates,
        tau=tau,
        log=sums @ fitted.z,
        sd=np.sqrt(np.diag(sums @ fitted.covariance @ sums.T)),
        before=sd * np.sqrt(np.arange(1.0, len(dates) + 1.0)),
        actual=_relative(chronicle, chosen, dates, "actual"),
        written=_relative(chronicle, chosen, dates, RATE),
    )


def _edges(chronicle: Chronicle, edges: Collection[str] | None) -> tuple[str, ...]:
    """Edges whose perceived rates move."""
    economy = chronicle.baseline
    able = {
        edge.name
        for edge in economy.edges
        if isinstance(edge, EnforcementEdge) and float(economy.get(f"edges.{edge.name}.{RATE}")) > 0.0
    }
    if edges is None:
        moved = {path.split(".")[1] for path in chronicle.parameters if path.endswith(f".{RATE}")}
        edges = [name for name in economy.edges_by_name if name in moved & able]
    for name in edges:
        if name not in able:
            raise InputError.of(
                "is no enforcement edge with a perceived rate above 0", key=name, suggestion=near(name, able)
            )
    if not edges:
        raise InputError.of("no event changes a perceived rate: name the edges", key=chronicle.name)
    return tuple(edges)


def _periods(
    chronicle: Chronicle, every: Every, start: dt.date | None, end: dt.date | None
) -> tuple[dt.date, ...]:
    """Beginnings of periods."""
    months = MONTHS[every]
    first = start or chronicle.surprises[0]
    last = end or chronicle.surprises[-1]
    begin = start or dt.date(first.year, 1 + months * ((first.month - 1) // months), 1)
    dates = []
    while begin <= last:
        dates.append(begin)
        begin = months_before(begin.replace(day=1), -months)
    if not dates:
        raise InputError.of(f"no period begins between {first} and {last}", key="end")
    return tuple(dates)


def _without_fear(chronicle: Chronicle, edges: Collection[str], dates: Collection[dt.date]) -> Chronicle:
    """The chronicle with revisions by 0 in place of all that moves perceived rates of the edges."""
    paths = {f"edges.{edge}.{RATE}" for edge in edges}
    events = []
    for event in chronicle.events:
        changes = tuple(change for change in event.changes if change.parameter not in paths)
        if changes != event.changes or event.case is not None:
            why = event.no_effect if changes else "its part in what owners perceive is estimated"
            event = event.model_copy(update={"changes": changes, "case": None, "no_effect": why})
        events.append(event)
    for date in dates:
        changes = tuple(
            Change.model_validate(
                {"parameter": path, "multiply": 1.0, "channel": "fear", "why": "estimated on observed series"}
            )
            for path in sorted(paths)
        )
        events.append(
            Event.model_validate(
                {"date": date, "title": REVISION, "sources": ("assumption",), "changes": changes}
            )
        )
    _only_of(chronicle, edges)
    return chronicle.model_copy(update={"events": tuple(events), "beliefs": None})


def _only_of(chronicle: Chronicle, edges: Collection[str]) -> None:
    """Check that cases, which are taken out, move no other edges."""
    rest = set(chronicle.beliefs.edges) - set(edges) if chronicle.beliefs else set()
    if rest:
        raise InputError.of(
            f"cases also move what is perceived of {', '.join(sorted(rest))}: name these edges too",
            key="edges",
        )


def _revision(date: dt.date) -> Size:
    """The revision of a date as a number, in logs."""

    def moved(chronicle: Chronicle, value: float) -> Chronicle:
        events = tuple(
            _revised(event, value) if (event.date, event.title) == (date, REVISION) else event
            for event in chronicle.events
        )
        return chronicle.model_copy(update={"events": events})

    return Size(f"revision {date}", 0.0, "logs", moved, date)


def _revised(event: Event, value: float) -> Event:
    changes = tuple(change.model_copy(update={"multiply": float(np.exp(value))}) for change in event.changes)
    return event.model_copy(update={"changes": changes})


def _relative(
    chronicle: Chronicle, edges: Collection[str], dates: Collection[dt.date], rate: str
) -> dict[str, Array]:
    """Rates of edges on dates over those without events."""
    economy = chronicle.baseline
    result = {}
    for edge in edges:
        path = f"edges.{edge}.{rate}"
        start = float(economy.get(path))
        values = [chronicle.value(path, date) for date in dates]
        result[edge] = np.array(values) / start if start > 0.0 else np.full(len(values), np.nan)
    return result
