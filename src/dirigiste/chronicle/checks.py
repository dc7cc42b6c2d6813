"""Checks of a chronicle beyond its form: references, dates, and whether the changes are possible in its
economy.

Whether values stay in range is in `ranges`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from dirigiste.chronicle.channels import CHANNELS
from dirigiste.chronicle.dated_changes import compose, to_parameter
from dirigiste.chronicle.days import years_between
from dirigiste.chronicle.event import ASSUMPTION, RANK
from dirigiste.chronicle.observed import checks as observed
from dirigiste.chronicle.placed_changes import PlacedChange, Where, believed, merged, written
from dirigiste.chronicle.ranges import out_of_range
from dirigiste.chronicle.workload import slow, too_much
from dirigiste.documents.nodes import Document, KeyPath
from dirigiste.documents.words import near, one_of
from dirigiste.economy import EnforcementEdge
from dirigiste.errors import InputError, Problem

if TYPE_CHECKING:
    import datetime as dt

    from dirigiste.chronicle.declaration import ChronicleDeclaration
    from dirigiste.economy import Economy

FIXED: Final = ("numerics.", "ability.distribution.")
"""Beginnings of paths that no event can change: numerical settings, and the points of the ability law."""


def check_references(data: object, economy: Economy | None, document: Document) -> list[Problem]:
    """Sources, reasons, parameters and edges that must exist.

    Reads plain data, so that it works despite faults of form.

    Args:
        data: The data of the document.
        economy: The economy, if it can be read.
        document: The document of the chronicle.
    """
    where = Where(document)
    problems = [*_citations(data, where), *_reasons(data, where)]
    if economy is not None:
        problems += [*_unknown_parameters(data, economy, where), *_unknown_edges(data, economy, where)]
        problems += observed.outcomes(data, economy, where)
    return problems


def check_content(
    chronicle: ChronicleDeclaration, economy: Economy | None, document: Document
) -> list[Problem]:
    """Further faults of a chronicle whose form is right.

    Args:
        chronicle: The chronicle.
        economy: The economy, if it can be read.
        document: The document of the chronicle.
    """
    where = Where(document)
    return [
        *_qualities(chronicle, where),
        *observed.content(chronicle.observed, chronicle.sources, where),
        *_early_series(chronicle, where),
        *_cases(chronicle, where),
        *_conflicts(written(chronicle), where),
        *([] if economy is None else _impossible(chronicle, economy, where)),
        *([] if economy is None else too_much(chronicle, economy, where)),
    ]


def on_economy(chronicle: ChronicleDeclaration, economy: Economy) -> list[Problem]:
    """Faults on another economy: unknown parameters, factors without effect, values out of range."""
    data, where = chronicle.model_dump(by_alias=True), Where(None)
    return [
        *_unknown_parameters(data, economy, where),
        *_unknown_edges(data, economy, where),
        *observed.outcomes(data, economy, where),
        *_impossible(chronicle, economy, where),
        *too_much(chronicle, economy, where),
    ]


def warnings(chronicle: ChronicleDeclaration, economy: Economy) -> list[Problem]:
    """What is legal but worth knowing before a chronicle is solved."""
    return [*economy.warnings(), *slow(chronicle, economy, Where(None))]


def _impossible(chronicle: ChronicleDeclaration, economy: Economy, where: Where) -> list[Problem]:
    """Changes to existing parameters that are not possible in the economy."""
    numbers = {parameter.path for parameter in economy.parameters()}
    entries = written(chronicle)
    good = [entry for entry in entries if _unknown(entry.change.parameter, economy, numbers) is None]
    problems: list[Problem] = []
    for entry in good:
        if chronicle.channel_of(entry.change, economy) is None:
            message = f"`{entry.change.parameter}` belongs to no channel of its own; add `channel`"
            message += f": one of {one_of(CHANNELS)}"
            problems.append(where.problem((*entry.path, "parameter"), message))
    beliefs = chronicle.beliefs
    if beliefs is not None:
        edges = {name: weight for name, weight in beliefs.edges.items() if _no_rate(name, economy) is None}
        good = merged(good, believed(chronicle, beliefs.model_copy(update={"edges": edges}), economy))
    return [*problems, *_without_effect(good, economy, where), *out_of_range(good, economy, where)]


def _dicts(data: object, key: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Mappings in the list under a key, with their numbers; none where there is no such list."""
    items = data.get(key) if isinstance(data, dict) else None
    for n, item in enumerate(items if isinstance(items, list | tuple) else []):
        if isinstance(item, dict):
            yield n, item


def _citations(data: object, where: Where) -> Iterator[Problem]:
    """Sources that are not in the bibliography."""
    bibliography = data.get("sources") if isinstance(data, dict) else None
    known = [*(bibliography if isinstance(bibliography, dict) else {}), ASSUMPTION]
    everything = list(observed.citations(data, where.document))
    for n, event in _dicts(data, "events"):
        sources = event.get("sources")
        cited: list[tuple[KeyPath, object]] = [
            (("events", n, "sources", m), id_)
            for m, id_ in enumerate(sources if isinstance(sources, list | tuple) else [])
        ]
        for m, item in _dicts(event, "discrepancies"):
            cited += [
                (("events", n, "discrepancies", m, key), item.get(key))
                for key in ("claim_source", "record_source")
            ]
        everything += cited
    for path, id_ in everything:
        if isinstance(id_, str) and id_ not in known:
            message = f"`{id_}` is not among `sources`; add it there, or write {ASSUMPTION}"
            yield where.problem(path, message, near(id_, known))


def _qualities(chronicle: ChronicleDeclaration, where: Where) -> Iterator[Problem]:
    """Facts whose quality is better than that of all sources that are cited for them."""
    for n, event in enumerate(chronicle.events):
        qualities = [chronicle.sources[id_].quality for id_ in event.sources if id_ in chronicle.sources]
        best = max((RANK[quality] for quality in qualities), default=0)
        if event.quality is not None and qualities and RANK[event.quality] > best:
            message = (
                f"must not be better than the sources cited ({', '.join(qualities)}); got '{event.quality}'"
            )
            yield where.problem(("events", n, "quality"), message)


def _reasons(data: object, where: Where) -> Iterator[Problem]:
    """Changes without a `why` in events that cite a source."""
    for n, event in _dicts(data, "events"):
        sources = event.get("sources")
        cited = sources if isinstance(sources, list | tuple) else []
        if all(id_ == ASSUMPTION for id_ in cited):
            continue
        for m, change in _dicts(event, "changes"):
            if change.get("why", "") == "":
                message = "`why` is missing: say why the event changes this parameter in this way"
                yield where.problem(("events", n, "changes", m), message)


def _early_series(chronicle: ChronicleDeclaration, where: Where) -> Iterator[Problem]:
    """Dates of series that are not after the event."""
    for entry in written(chronicle):
        for when in entry.change.series or {}:
            if when <= entry.event.date:
                message = f"must hold dates after that of the event ({entry.event.date}); got {when}"
                yield where.problem((*entry.path, "series", str(when)), message, key=True)


def _cases(chronicle: ChronicleDeclaration, where: Where) -> Iterator[Problem]:
    """Cases whose effect on beliefs is not defined."""
    for n, event in enumerate(chronicle.events):
        if event.case is None:
            continue
        if chronicle.beliefs is None:
            message = "a case moves beliefs, and there are none: add `beliefs: {half_life: ..., edges: ...}`"
            yield where.problem(("events", n, "case"), message, key=True)
        elif event.case.size is not None and chronicle.beliefs.reference is None:
            message = (
                "has no meaning without `beliefs.reference`, the size of a case of salience 1; add it there"
            )
            yield where.problem(("events", n, "case", "size"), f"{message}, or give `salience`")


def _conflicts(entries: list[PlacedChange], where: Where) -> Iterator[Problem]:
    """Two changes of one date to one parameter whose result depends on their order in the file.

    One of them is `to`, or they are `multiply` and `add` of two events.
    """
    earlier: dict[tuple[dt.date, str], list[PlacedChange]] = {}
    for entry in entries:
        others = earlier.setdefault((entry.event.date, entry.change.parameter), [])
        other = next((other for other in others if _conflict(entry, other)), None)
        others.append(entry)
        if other is None:
            continue
        line = where.document.locate((*other.path, "parameter")).line
        first_at = f" (first at line {line})" if line else ""
        message = f"`{entry.change.parameter}` is changed twice on {entry.event.date}{first_at}, "
        if "to" in (entry.change.operation, other.change.operation):
            message += "and one of the changes is `to`; keep one, or use `multiply` or `add` for both"
        else:
            message += "by `multiply` and by `add`, whose order matters; use one of them for both events"
        yield where.problem((*entry.path, "parameter"), message)


def _conflict(one: PlacedChange, other: PlacedChange) -> bool:
    operations = {one.change.operation, other.change.operation}
    return "to" in operations or (len(operations) > 1 and one.event is not other.event)


def _unknown_edges(data: object, economy: Economy, where: Where) -> Iterator[Problem]:
    """Edges of the belief rule that have no perceived rate."""
    rule = data.get("beliefs") if isinstance(data, dict) else None
    edges = rule.get("edges") if isinstance(rule, dict) else None
    for name in edges if isinstance(edges, dict) else {}:
        fault = _no_rate(name, economy)
        if fault is not None:
            yield where.problem(("beliefs", "edges", name), *fault, key=True)


def _no_rate(name: str, economy: Economy) -> tuple[str, str | None] | None:
    """Why a case cannot change the perceived rate of an edge, and what was probably meant; None if it can."""
    edges = economy.edges_by_name
    enforcement = [key for key, edge in edges.items() if isinstance(edge, EnforcementEdge)]
    edge = edges.get(name)
    if isinstance(edge, EnforcementEdge):
        if edge.perceived_rate > 0:
            return None
        return (
            f"the perceived rate of `{name}` is 0 in the economy {economy.name}, so a case adds nothing; "
            "give it a rate there, or leave it out here"
        ), None
    if edge is not None:
        message = f"`{name}` is an edge of kind {edge.kind}; only edges of kind enforcement have a perceived"
        return f"{message} rate: {one_of(enforcement) or 'there are none'}", None
    suggestion = near(name, enforcement)
    message = f"the economy {economy.name} has no edge `{name}`"
    if suggestion is None:
        message += f"; its edges of kind enforcement: {one_of(enforcement) or 'none'}"
    return message, suggestion


def _unknown_parameters(data: object, economy: Economy, where: Where) -> Iterator[Problem]:
    """Parameters that the economy lacks, or that no event can change."""
    numbers = {parameter.path for parameter in economy.parameters()}
    for n, event in _dicts(data, "events"):
        for m, change in _dicts(event, "changes"):
            path = change.get("parameter")
            fault = _unknown(path, economy, numbers) if isinstance(path, str) and path else None
            if fault is not None:
                yield where.problem(("events", n, "changes", m, "parameter"), *fault)


def _unknown(path: str, economy: Economy, numbers: set[str]) -> tuple[str, str | None] | None:
    """Why no event can change the parameter of a path, and what was probably meant; None if one can."""
    if path.startswith(FIXED):
        return f"`{path}` cannot be changed by an event", None
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
    return message, suggestion or near(path, numbers)


def _without_effect(entries: list[PlacedChange], economy: Economy, where: Where) -> Iterator[Problem]:
    """Factors on a value that is 0."""
    for n, entry in enumerate(entries):
        if entry.change.operation != "multiply":
            continue
        path, when = entry.change.parameter, entry.event.date
        earlier = to_parameter(path, entries[:n], economy)
        value = compose(float(economy.get(path)), earlier, partial(years_between, end=when))
        if value == 0.0:
            message = f"`{path}` is 0 here, so a factor changes nothing; use `add` or `to`"
            yield where.problem((*entry.path, "multiply"), message)
