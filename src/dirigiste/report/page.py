"""The page: what templates need, as plain texts and lists, and the HTML made of it."""

from __future__ import annotations

import base64
from dataclasses import asdict
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

import jinja2
from markupsafe import Markup, escape

from dirigiste.chronicle import ASSUMPTION
from dirigiste.numbers import fixed
from dirigiste.report import gallery, words
from dirigiste.report.figure_data import (
    answer,
    assumptions,
    bands,
    certificate,
    channels,
    course,
    draws,
    events,
    observed,
    path_residuals,
    people,
)

if TYPE_CHECKING:
    from dirigiste.chronicle import Amount, Event
    from dirigiste.results.runs.run import Run

    Context = dict[str, Any]

SECTIONS: Final = (
    ("answer", "Answer"),
    ("events", "Events"),
    ("paths", "Paths"),
    ("observed", "What was observed"),
    ("channels", "Channels"),
    ("people", "People"),
    ("winners", "Winners and losers"),
    ("firms", "Firms"),
    ("assumptions", "Assumptions"),
    ("certificate", "Certificate and provenance"),
)
"""Ids and headings, in order."""

OPTIONAL: Final = frozenset({"observed"})
"""Sections that are left out where the chronicle has nothing for them."""

TEMPLATES: Final = {"winners": "welfare.html.j2"}
"""Templates whose names differ from the ids of their sections."""

WEB: Final = ("http://", "https://")
"""What an address must begin with to become a link."""


def ticked(text: str) -> Markup:
    """A text as HTML, with what is between backticks set as code."""
    parts = str(escape(text)).split("`")
    if len(parts) % 2 == 0:
        return Markup("`".join(parts))
    marked = [f"<code>{part}</code>" if n % 2 else part for n, part in enumerate(parts)]
    return Markup("".join(marked))


def breakable(path: str) -> Markup:
    """A dotted path as code that may break after dots and underscores."""
    text = str(escape(path)).replace(".", ".<wbr>").replace("_", "_<wbr>")
    return Markup(f"<code>{text}</code>")


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("dirigiste.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(ticked=ticked, breakable=breakable)
    return environment


def render(run: Run) -> str:
    """The report of a run as HTML; the same for the same run."""
    context = {
        **_head(run),
        **_answer(run),
        **_figures(run),
        **_events(run),
        **_people(run),
        **_observed(run),
        "channels_how": channels.HOW.format(name=run.chronicle.name),
        **_assumptions(run),
        **_certificate(run),
    }
    environment = _environment()
    context["m"] = environment.get_template("macros.html.j2").module
    text = environment.get_template("report.html.j2").render(context)
    return f"{words.clean(text).strip()}\n"


def data_link(text: str) -> str:
    """A text as an address that holds it, for downloads."""
    return f"data:text/csv;charset=utf-8;base64,{base64.b64encode(text.encode()).decode()}"


def _head(run: Run) -> Context:
    chronicle, economy = run.chronicle, run.before.economy
    first, last = chronicle.ordered[0], chronicle.ordered[-1]
    lasting = words.count(len(run.changes), "lasting change")
    subtitle = (
        f"{chronicle.name} on {economy.title or economy.name}: {words.count(len(chronicle.events), 'event')} "
        f"from {words.date(first)} to {words.date(last)}, {lasting}. {_scope(run)}"
    )
    css = resources.files("dirigiste.report").joinpath("templates", "report.css").read_text(encoding="utf-8")
    sections = [
        {"id": id_, "title": text, "template": TEMPLATES.get(id_, f"{id_}.html.j2")}
        for id_, text in SECTIONS
        if id_ not in OPTIONAL or chronicle.observed
    ]
    return {
        "title": chronicle.title or chronicle.name,
        "subtitle": subtitle,
        "description": chronicle.description,
        "css": Markup(css),
        "sections": sections,
        "program": " ".join(
            str(run.provenance[key]) for key in ("program", "version") if run.provenance.get(key)
        )
        or "dirigiste",
    }


def _scope(run: Run) -> str:
    """What was solved."""
    surprises = words.count(len(course.dates(run)), "surprise")
    acting = f" Only these channels act: {words.listing(list(run.only))}." if run.only else ""
    return (
        f"The path over {words.plain(round(course.horizon(run)))} years with {surprises}; owners know the "
        f"future except for surprises.{acting}"
    )


def _answer(run: Run) -> Context:
    verdict = certificate.verdict(run)
    return {
        "verdict": {"good": verdict.good, "rest": verdict.text},
        "sentences": answer.sentences(run),
        "headlines": [
            {**_number(row.label, row.change, row.levels, row.unit), "interval": row.interval}
            for row in answer.headlines(run)
        ],
        "sure": draws.sentence(run),
        "others": answer.others(run),
        "mark": words.plain(round(answer.mark(run), 1)),
    }


def _number(label: str, change: str, levels: str, unit: str) -> Context:
    number, _, measure = change.partition(words.NARROW)
    measure = f"{words.NARROW}{measure}" if measure else ""
    return {"label": label, "number": number, "measure": measure, "levels": levels, "unit": unit}


def _figures(run: Run) -> Context:
    entries = {
        name: {
            "name": name,
            "title": figure.title,
            "svg": Markup(figure.svg()),
            "note": figure.note,
            "data": data_link(figure.csv()),
        }
        for name, figure in gallery.figures(run).items()
    }
    return {"figures": entries}


def _cite(books: dict[str, events.Citation], id_: str) -> Context:
    citation = books.get(id_)
    return (
        {"number": citation.number, "title": citation.source.title}
        if citation
        else {"number": None, "title": id_}
    )


def _events(run: Run) -> Context:
    books = events.bibliography(run.chronicle)
    rows = [_event(run, books, item) for item in events.dated(run)]
    claims = [
        {
            "number": row.number,
            "title": row.event.title,
            "claim": row.item.claim,
            "record": row.item.record,
            "claim_source": _cite(books, row.item.claim_source),
            "record_source": _cite(books, row.item.record_source),
        }
        for row in events.disagreements(run)
    ]
    sources = [
        {
            "number": book.number,
            "title": book.source.title.rstrip("."),
            "publisher": book.source.publisher,
            "date": book.source.date,
            "url": book.source.url,
            "link": book.source.url if (book.source.url or "").lower().startswith(WEB) else None,
            "quality": book.source.quality,
        }
        for book in books.values()
    ]
    one = len(claims) == 1
    tail = f"{'differs' if one else 'differ'} from the record, or {'is' if one else 'are'} qualified by it"
    return {
        "events": rows,
        "marks": any(item.quality in ("remembered", "unsure") for item in run.chronicle.events),
        "disagreements": claims,
        "disagreement_title": f"{words.count(len(claims), 'claim')} {tail}",
        "sources": sources,
    }


def _event(run: Run, books: dict[str, events.Citation], item: events.Dated) -> Context:
    event = item.event
    return {
        "number": item.number,
        "date": words.date(event),
        "title": event.title,
        "organisation": event.organisation,
        "what": event.what,
        "quality": event.quality,
        "sources": [_cite(books, id_) for id_ in event.sources],
        "amounts": [_amount(amount) for amount in event.amounts],
        "changes": _changes(run, event),
        "no_effect": event.no_effect,
    }


def _amount(amount: Amount) -> Context:
    return {
        "money": words.money(amount),
        "usd": words.dollars(amount),
        "what": words.what(amount),
        "note": amount.note,
        "quality": amount.quality,
    }


def _changes(run: Run, event: Event) -> list[Context]:
    return [
        {
            "parameter": change.parameter,
            "operation": words.operation(change),
            "channel": run.chronicle.channel_of(change, run.before.economy) or "other",
            "why": change.why,
            "source": "" if change.source == ASSUMPTION else change.source,
        }
        for change in run.chronicle.changes_of(event, run.before.economy)
    ]


def _people(run: Run) -> Context:
    economy = run.before.economy
    stages = bands.stages(run)
    flows = [
        {
            "edge": words.edge(economy, edge),
            "origin": words.status(economy, origin),
            "destination": words.status(economy, destination),
            "values": [
                {
                    "share": words.percent(stage.flows.get((edge, origin, destination), 0.0)),
                    "change": _ratio(
                        stages[0].flows.get((edge, origin, destination), 0.0),
                        stage.flows.get((edge, origin, destination), 0.0),
                    ),
                }
                for stage in stages
            ],
        }
        for edge, origin, destination in people.arcs(stages)
    ]
    return {"flows": flows, "stages": [stage.heading for stage in stages]}


def _observed(run: Run) -> Context:
    """The table of fit."""
    books = events.bibliography(run.chronicle)
    rows = [
        {**asdict(row), "sources": [_cite(books, id_) for id_ in row.sources]} for row in observed.rows(run)
    ]
    return {"observed": rows}


def _ratio(before: float, after: float) -> str:
    return words.change(after / before - 1) if before > 0 else words.NONE


def _assumptions(run: Run) -> Context:
    numbers = {id(item.event): item for item in events.dated(run)}
    listed = assumptions.sections(run)
    rows = {row.path: row for section in listed for row in section.rows}
    changes = []
    for path, before, after, moved_by in run.changes:
        row = rows.get(path)
        links = [numbers[id(event)] for event in moved_by if id(event) in numbers]
        changes.append(
            {
                "path": path,
                "description": row.description if row else "",
                "unit": row.unit if row else "",
                "before": words.short(before),
                "after": words.short(after),
                "change": words.change(after / before - 1) if before else words.NONE,
                "events": [{"number": item.number, "title": item.event.title} for item in links],
            }
        )
    sections = [
        {"heading": section.heading, "rows": [_parameter(row) for row in section.rows]} for section in listed
    ]
    return {
        "drawn": [] if run.draws is None else draws.rows(run, run.draws),
        "percent": draws.PERCENT,
        "effects": any(row.effect for row in rows.values()),
        "assumptions_title": assumptions.title(run),
        "assumptions_data": data_link(assumptions.table(run).csv()),
        "changes": changes,
        "parameters": sections,
    }


def _parameter(row: assumptions.Row) -> Context:
    value = words.plain(row.before)
    if row.changed:
        value = f"{words.short(row.before)} {words.ARROW} {words.short(row.after)}"
    return {
        "field": row.field,
        "description": row.description,
        "value": value,
        "unit": row.unit,
        "kind": row.kind,
        "source": row.source,
        "note": row.note,
        "changed": row.changed,
        "effect": row.effect,
    }


def _certificate(run: Run) -> Context:
    residuals = [
        {
            "label": row.label,
            "before": words.residual(row.before),
            "after": words.residual(row.after),
            "tolerance": words.residual(row.tolerance),
            "unit": row.unit,
        }
        for row in certificate.residuals(run)
    ]
    *terms, (last, *rest) = certificate.identity(run)
    identity = [
        {"label": label, "before": fixed(before, 4), "after": fixed(after, 4)}
        for label, before, after in terms
    ]
    identity.append({"label": last, "before": words.residual(rest[0]), "after": words.residual(rest[1])})
    return {
        "draws_title": "" if run.draws is None else draws.checks_title(run.draws),
        "draws_checks": draws.checks(run),
        "path_residuals": path_residuals.summary(run),
        "surprises": path_residuals.surprises(run),
        "warnings": certificate.warnings(run),
        "residuals": residuals,
        "identity": identity,
        "extras": certificate.extras(run),
        "provenance": certificate.provenance(run),
        "inputs": _inputs(run),
    }


def _inputs(run: Run) -> list[tuple[str, str]]:
    """Texts of the inputs as they were given where the run has them, else as they were understood."""
    texts = list(run.given.items())
    if not any("economy" in name for name in run.given):
        texts.append(("economy, as understood", run.before.economy.to_yaml()))
    if run.drawn is not None:
        texts.append(("uncertain numbers", str(run.drawn.attrs["numbers_file"])))
    if run.changes:
        texts.append(("economy with what lasts in place", run.after.economy.to_yaml()))
    return texts
