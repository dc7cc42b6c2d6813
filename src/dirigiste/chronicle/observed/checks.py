"""Checks of observed series: sources, base dates, and outcomes that the economy must have."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dirigiste.chronicle.days import period_end
from dirigiste.chronicle.event import ASSUMPTION, RANK
from dirigiste.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dirigiste.chronicle.event import BibliographyEntry
    from dirigiste.chronicle.observed.series import ObservedSeries
    from dirigiste.chronicle.placed_changes import Where
    from dirigiste.documents.nodes import Document, KeyPath
    from dirigiste.economy import Economy
    from dirigiste.errors import Problem


def citations(data: object, document: Document) -> Iterator[tuple[KeyPath, object]]:
    """Ids of sources that series cite, with their places; reads plain data, so despite faults of form."""
    for key, remark in document.sources().items():
        if key.startswith("observed.") and remark.source:
            yield tuple(key.split(".")), remark.source
    for name, series in _mappings(data.get("observed") if isinstance(data, dict) else None):
        path: KeyPath = ("observed", name)
        yield from _listed(series, path)
        yield (*path, "se_source"), series.get("se_source")
        for date, value in _mappings(series.get("values")):
            yield from _listed(value, (*path, "values", date))


def outcomes(data: object, economy: Economy, where: Where) -> Iterator[Problem]:
    """Outcomes that are no arithmetic of numbers that paths of the economy have."""
    named = [
        (name, series["outcome"])
        for name, series in _mappings(data.get("observed") if isinstance(data, dict) else None)
        if isinstance(series.get("outcome"), str) and series["outcome"]
    ]
    if not named:
        return
    from dirigiste.results.quantities import expression
    from dirigiste.results.quantities import outcomes as names

    known = names.names_of_path(economy, valued=True)
    for name, outcome in named:
        try:
            expression.parse(outcome, known)
        except InputError as error:
            for problem in error.problems:
                yield where.problem(("observed", name, "outcome"), problem.message, problem.suggestion)


def content(
    series: Mapping[str, ObservedSeries], sources: Mapping[str, BibliographyEntry], where: Where
) -> Iterator[Problem]:
    """Base dates without a value, and numbers that are known better than their sources."""
    for name, one in series.items():
        path: KeyPath = ("observed", name)
        dates = list(one.observations)
        if one.base is not None and dates and one.base not in dates:
            message = f"must be a date with a value: {dates[0]} to {dates[-1]}; got {one.base}"
            closest = min(dates, key=lambda date: abs((date - one.base).days))  # type: ignore[operator]
            yield where.problem((*path, "base"), message, str(closest))
        for piece in one.pieces if one.comparison == "index" else ():
            reference = one.base_of(piece)
            if reference is not None and one.observations[reference].value == 0.0:
                message = f"the value on the base date {reference} is 0, so that no index can refer to it"
                yield where.problem((*path, "base" if one.base == reference else "as"), message)
        cited = [(path, one.quality, one.sources)]
        written = _dates(where, name)
        cited += [
            ((*path, "values", written.get(date, str(date))), value.quality or one.quality, value.sources)
            for date, value in one.observations.items()
            if value.sources
        ]
        for at, quality, ids in cited:
            qualities = [sources[id_].quality for id_ in ids if id_ in sources]
            if qualities and RANK[quality] > max(RANK[known] for known in qualities):
                message = "must not be better than the sources cited"
                message += f" ({', '.join(qualities)}); got '{quality}'"
                yield where.problem((*at, "quality"), message)
        if set(one.sources) == {ASSUMPTION}:
            message = f"an observed series needs a source; `{ASSUMPTION}` is none"
            yield where.problem((*path, "sources"), message)


def _dates(where: Where, name: str) -> dict[dt.date, str]:
    """Dates of a series as the document writes them."""
    observed = dict(_mappings(where.document.plain())).get("observed", {})
    values = observed[name].get("values") if name in observed else None
    return {period_end(key): str(key) for key in (values if isinstance(values, dict) else {})}


def _mappings(data: object) -> Iterator[tuple[str, dict[str, Any]]]:
    """Entries of a mapping that are mappings themselves; none where there is no mapping."""
    for name, value in data.items() if isinstance(data, dict) else ():
        if isinstance(value, dict):
            yield str(name), value


def _listed(data: dict[str, Any], path: KeyPath) -> Iterator[tuple[KeyPath, object]]:
    sources = data.get("sources")
    for n, id_ in enumerate(sources if isinstance(sources, list | tuple) else []):
        yield (*path, "sources", n), id_
