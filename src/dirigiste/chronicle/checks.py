"""What the form of a chronicle does not show: references, dates, and whether its economy can follow it.

Whether values stay in range is in `ranges`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Final

from dirigiste.chronicle.beliefs import Beliefs
from dirigiste.chronicle.channels import CHANNELS
from dirigiste.chronicle.days import years_between
from dirigiste.chronicle.event import ASSUMPTION
from dirigiste.chronicle.ranges import out_of_range, steps_to
from dirigiste.chronicle.spots import Spot, Where, believed, merged, written
from dirigiste.economy import EnforcementEdge
from dirigiste.economy.messages import near, one_of
from dirigiste.economy.nodes import Document, Path
from dirigiste.errors import InputError, Problem

if TYPE_CHECKING:
    import datetime as dt

    from dirigiste.chronicle.model import Chronicle
    from dirigiste.economy import Economy

RANK: Final = {"read": 2, "recomputed": 2, "remembered": 1, "unsure": 0}
"""How good knowledge is."""

FIXED: Final = ("numerics.", "ability.distribution.")
"""Beginnings of paths that no event can change: how it is solved, and the points of the ability law."""


def of_form(
    chronicle: Chronicle, document: Document | None = None, unread: Collection[str] = ()
) -> list[Problem]:
    """Faults that show without the economy: sources, reasons, cases, changes that fight each other.

    Args:
        chronicle: The chronicle, or what can be read of it.
        document: Where it stands.
        unread: Parameters with changes that cannot be read.
    """
    where = Where(document)
    return [
        *_citations(chronicle, where),
        *_reasons(chronicle, where),
        *_cases(chronicle, where),
        *_fights([spot for spot in written(chronicle) if spot.change.parameter not in unread], where),
    ]


def on_economy(
    chronicle: Chronicle, economy: Economy, document: Document | None = None, unread: Collection[str] = ()
) -> list[Problem]:
    """Faults that show on the economy: parameters and edges that it lacks, idle factors, values out of range.

    Args:
        chronicle: The chronicle, or what can be read of it.
        economy: The economy.
        document: Where the chronicle stands.
        unread: Parameters with changes that cannot be read, so that nobody knows what values they take.
    """
    where = Where(document)
    numbers = {parameter.path for parameter in economy.parameters()}
    problems: list[Problem] = []
    good: list[Spot] = []
    for spot in written(chronicle):
        fault = _unknown(spot, economy, numbers, where)
        if fault is None:
            good.append(spot)
            if chronicle.channel_of(spot.change, economy) is None:
                message = f"`{spot.change.parameter}` belongs to no channel of its own; add `channel`"
                message += f": one of {one_of(CHANNELS)}"
                problems.append(where.problem((*spot.path, "parameter"), message))
        else:
            problems.append(fault)
    if chronicle.beliefs is not None:
        beliefs, faults = _known_edges(chronicle.beliefs, economy, where)
        problems += faults
        good = merged(good, [] if beliefs is None else believed(chronicle, beliefs, economy))
    good = [spot for spot in good if spot.change.parameter not in unread]
    return [*problems, *_idle(good, economy, where), *out_of_range(good, economy, where)]


def _citations(chronicle: Chronicle, where: Where) -> Iterator[Problem]:
    """Sources that are not in the bibliography, and facts that are better known than all they rest on."""
    known = [*chronicle.sources, ASSUMPTION]
    for n, event in enumerate(chronicle.events):
        cited: list[tuple[Path, str]] = [
            (("events", n, "sources", m), id_) for m, id_ in enumerate(event.sources)
        ]
        for m, item in enumerate(event.discrepancies):
            cited.append((("events", n, "discrepancies", m, "claim_source"), item.claim_source))
            cited.append((("events", n, "discrepancies", m, "record_source"), item.record_source))
        for path, id_ in cited:
            if id_ not in known:
                message = f"`{id_}` is not among `sources`; add it there, or write {ASSUMPTION}"
                yield where.problem(path, message, near(id_, known))
        qualities = [chronicle.sources[id_].quality for id_ in event.sources if id_ in chronicle.sources]
        best = max((RANK[quality] for quality in qualities), default=0)
        if event.quality is not None and qualities and RANK[event.quality] > best:
            message = (
                f"must not be better than the sources cited ({', '.join(qualities)}); got '{event.quality}'"
            )
            yield where.problem(("events", n, "quality"), message)


def _reasons(chronicle: Chronicle, where: Where) -> Iterator[Problem]:
    """Changes without a reason, by events that cite a source; series that begin too early."""
    for spot in written(chronicle):
        if not spot.event.assumed and not spot.change.why:
            message = "`why` is missing: say why the event changes this parameter in this way"
            yield where.problem(spot.path, message)
        for when in spot.change.series or {}:
            if when <= spot.event.date:
                message = f"must hold dates after that of the event ({spot.event.date}); got {when}"
                yield where.problem((*spot.path, "series", str(when)), message, key=True)


def _cases(chronicle: Chronicle, where: Where) -> Iterator[Problem]:
    """Cases that nothing says how to reckon with."""
    for n, event in enumerate(chronicle.events):
        if event.case is None:
            continue
        if chronicle.beliefs is None:
            message = "a case moves beliefs, and there are none: add `beliefs: {half_life: ..., edges: ...}`"
            yield where.problem(("events", n, "case"), message, key=True)
        elif event.case.size is not None and chronicle.beliefs.reference is None:
            message = (
                "says nothing without `beliefs.reference`, the size of a case of salience 1; add it there"
            )
            yield where.problem(("events", n, "case", "size"), f"{message}, or give `salience`")


def _fights(spots: list[Spot], where: Where) -> Iterator[Problem]:
    """Changes of one date to one parameter that the order of the file would decide between.

    That is two of which one is `to`, or `multiply` and `add` by two events.
    """
    earlier: dict[tuple[dt.date, str], list[Spot]] = {}
    for spot in spots:
        others = earlier.setdefault((spot.event.date, spot.change.parameter), [])
        other = next((other for other in others if _fight(spot, other)), None)
        others.append(spot)
        if other is None:
            continue
        line = where.document.locate((*other.path, "parameter")).line
        first_at = f" (first at line {line})" if line else ""
        message = f"`{spot.change.parameter}` is changed twice on {spot.event.date}{first_at}, "
        if "to" in (spot.change.operation, other.change.operation):
            message += "and one of the changes is `to`; keep one, or use `multiply` or `add` for both"
        else:
            message += "by `multiply` and by `add`, whose order matters; use one of them for both events"
        yield where.problem((*spot.path, "parameter"), message)


def _fight(one: Spot, other: Spot) -> bool:
    operations = {one.change.operation, other.change.operation}
    return "to" in operations or (len(operations) > 1 and one.event is not other.event)


def _known_edges(beliefs: Beliefs, economy: Economy, where: Where) -> tuple[Beliefs | None, list[Problem]]:
    """The rule on those of its edges that have a perceived rate, and what is wrong with the others."""
    edges = economy.edges_by_name
    enforcement = [name for name, edge in edges.items() if isinstance(edge, EnforcementEdge)]
    problems: list[Problem] = []
    for name in beliefs.edges:
        edge = edges.get(name)
        suggestion: str | None = None
        if isinstance(edge, EnforcementEdge):
            if edge.perceived_rate > 0:
                continue
            message = (
                f"the perceived rate of `{name}` is 0 in the economy {economy.name}, so a case adds nothing; "
                "give it a rate there, or leave it out here"
            )
        elif edge is not None:
            message = (
                f"`{name}` is an edge of kind {edge.kind}; only edges of kind enforcement have a perceived"
            )
            message += f" rate: {one_of(enforcement) or 'there are none'}"
        else:
            suggestion = near(name, enforcement)
            message = f"the economy {economy.name} has no edge `{name}`"
            if suggestion is None:
                message += f"; its edges of kind enforcement: {one_of(enforcement) or 'none'}"
        problems.append(where.problem(("beliefs", "edges", name), message, suggestion, key=True))
    bad = {problem.key.rpartition(".")[2] for problem in problems}
    left = {name: weight for name, weight in beliefs.edges.items() if name not in bad}
    return (beliefs.model_copy(update={"edges": left}) if left else None), problems


def _unknown(spot: Spot, economy: Economy, numbers: set[str], where: Where) -> Problem | None:
    path = spot.change.parameter
    if path.startswith(FIXED):
        return where.problem((*spot.path, "parameter"), f"`{path}` cannot be changed by an event")
    if path in numbers:
        return None
    suggestion: str | None = None
    message = f"`{path}` is not a number of the economy {economy.name}"
    try:
        economy.get(path)
    except InputError as error:
        message = f"the economy {economy.name} has no parameter `{path}`"
        better = error.problems[0].suggestion
        suggestion = better if better in numbers else None
    return where.problem((*spot.path, "parameter"), message, suggestion or near(path, numbers))


def _idle(spots: list[Spot], economy: Economy, where: Where) -> Iterator[Problem]:
    """Factors on a value that is zero."""
    for n, spot in enumerate(spots):
        if spot.change.operation != "multiply":
            continue
        path, when = spot.change.parameter, spot.event.date
        value = float(economy.get(path))
        for other in steps_to(path, spots[:n], economy):
            years = years_between(other.event.date, when)
            value = other.change.apply(value, years, other.event.date)
        if value == 0.0:
            message = f"`{path}` is 0 here, so a factor changes nothing; use `add` or `to`"
            yield where.problem((*spot.path, "multiply"), message)
