"""The pages: a report of one replication as HTML and Markdown, and one Markdown page of all of them."""

from __future__ import annotations

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
    parts = [f"{mark} {entry.name}", f"{entry.reference}. *{entry.title}.*", f"**{outcome.summary}.**"]
    parts += list(outcome.notes)
    reasons = text.reasons(outcome)
    if reasons:
        parts.append("\n".join(f"* {reason}" for reason in reasons))
    for table in text.cells(outcome):
        parts += [f"{mark}# {table.title}", text.markdown(table)]
    if outcome.residuals:
        solved = ", ".join(f"{name} {value:.0e}" for name, value in outcome.residuals.items())
        parts.append(f"Largest residuals: {solved}.")
    if pictures:
        for name, picture in outcome.pictures.items():
            parts += [f"{mark}# {picture.title}", f"![{picture.title}](figures/{name}.png)", picture.note]
    return "\n\n".join(parts) + "\n"


def whole(found: Sequence[tuple[Entry, Outcome]]) -> str:
    """The page of all replications: what they are, an overview, and every cell."""
    introduction = (
        resources.files("dirigiste.replications")
        .joinpath("templates", INTRODUCTION)
        .read_text(encoding="utf-8")
        .strip()
    )
    overview = text.Table("", ("replication", "what", "verdict"), left=(0, 1, 2))
    overview.rows.extend(
        (f"[{entry.name}](#{entry.name})", entry.what, outcome.summary) for entry, outcome in found
    )
    parts = [introduction, "## Overview", text.markdown(overview)]
    parts += [markdown(entry, outcome, level=2, pictures=False).strip() for entry, outcome in found]
    return "\n\n".join(parts) + "\n"
