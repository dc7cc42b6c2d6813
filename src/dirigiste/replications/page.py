"""The pages: a report of one replication as HTML and Markdown, and one Markdown page of all of them."""

from __future__ import annotations

import textwrap
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Final

from dirigiste.replications import text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import jinja2

    from dirigiste.replications.outcome import Outcome
    from dirigiste.replications.registry import Entry

INTRODUCTION: Final = "introduction.md"
TEMPLATE: Final = "replication.html.j2"

WIDTH: Final = 100
"""Columns of prose in Markdown."""


def html(entry: Entry, outcome: Outcome, pictures: Mapping[str, str]) -> str:
    """The report as one HTML file that needs no network.

    Args:
        entry: The replication.
        outcome: What it gave.
        pictures: SVG elements by name, in the order of the outcome's pictures.
    """
    from markupsafe import Markup

    from dirigiste.version import __version__

    css = resources.files("dirigiste.report").joinpath("templates", "report.css").read_text(encoding="utf-8")
    return (
        _environment()
        .get_template(TEMPLATE)
        .render(
            css=Markup(css),
            entry=entry,
            outcome=outcome,
            by_kind=text.by_kind(outcome),
            computed_by=computed_by(entry),
            tables=text.cells(outcome),
            reasons=text.reasons(outcome),
            pictures=[
                {"title": picture.title, "note": picture.note, "svg": Markup(pictures[name])}
                for name, picture in outcome.pictures.items()
            ],
            version=__version__,
        )
        .strip()
        + "\n"
    )


@cache
def _environment() -> jinja2.Environment:
    import jinja2

    return jinja2.Environment(
        loader=jinja2.PackageLoader("dirigiste.replications"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def markdown(entry: Entry, outcome: Outcome, *, level: int = 1, pictures: bool = True) -> str:
    """The report as Markdown; pictures are links to `figures/NAME.png`."""
    mark = "#" * level
    parts = [f"{mark} {entry.name}", wrapped(f"{entry.citation}. *{entry.title}.*")]
    parts += [wrapped(f"**{outcome.summary}.**"), wrapped(f"{text.by_kind(outcome)}.")]
    parts.append(wrapped(computed_by(entry)))
    parts += [wrapped(note) for note in outcome.notes]
    reasons = text.reasons(outcome)
    if reasons:
        parts.append("\n".join(wrapped(reason, bullet="* ") for reason in reasons))
    for table in text.cells(outcome):
        parts += [f"{mark}# {table.title}", text.markdown(table)]
    if outcome.residuals:
        solved = ", ".join(f"{name} {value:.0e}" for name, value in outcome.residuals.items())
        parts.append(wrapped(f"Largest residuals: {solved}."))
    if pictures:
        for name, picture in outcome.pictures.items():
            parts += [
                f"{mark}# {picture.title}",
                f"![{picture.title}](figures/{name}.png)",
                wrapped(picture.note),
            ]
    return "\n\n".join(parts) + "\n"


def computed_by(entry: Entry) -> str:
    """Whether the engine computes a replication, in a sentence or two."""
    return f"Computed by: {entry.computed_by}. {entry.how}".rstrip()


def wrapped(prose: str, bullet: str = "") -> str:
    """A paragraph in lines of at most 100 columns; `bullet` begins it."""
    return textwrap.fill(
        prose,
        WIDTH,
        initial_indent=bullet,
        subsequent_indent=" " * len(bullet),
        break_long_words=False,
        break_on_hyphens=False,
    )


def whole(results: Sequence[tuple[Entry, Outcome]]) -> str:
    """The page of all replications: what they are, an overview, and every cell."""
    introduction = (
        resources.files("dirigiste.replications")
        .joinpath("templates", INTRODUCTION)
        .read_text(encoding="utf-8")
        .strip()
    )
    parts = [introduction, "## Overview", text.markdown(text.overview(results, links=True))]
    parts.append("\n".join(wrapped(f"{entry.name}: {entry.what}.", bullet="* ") for entry, _ in results))
    for title, beginning in (("## Exceptions to the rule", "No verdict, "), ("## Misses", "Missed, ")):
        lines = [
            wrapped(f"{entry.name}, {reason.removeprefix(beginning)}", bullet="* ")
            for entry, outcome in results
            for reason in text.reasons(outcome)
            if reason.startswith(beginning)
        ]
        parts += [title, "\n".join(lines) or "None."]
    parts += [markdown(entry, outcome, level=2, pictures=False).strip() for entry, outcome in results]
    return "\n\n".join(parts) + "\n"
