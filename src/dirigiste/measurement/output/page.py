"""The report of a measurement: one HTML file that needs no network and prints on A4."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

import jinja2
import polars as pl
from markupsafe import Markup

from dirigiste.measurement.output.figures import figures
from dirigiste.measurement.output.render import cells
from dirigiste.outputs import write_text
from dirigiste.report import words
from dirigiste.report.page import data_link
from dirigiste.results.archive import provenance

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from dirigiste.measurement.checks.finding import Finding
    from dirigiste.measurement.measurement import Measurement
    from dirigiste.measurement.output.figures import Figure
    from dirigiste.measurement.output.table import Table

SECTIONS: Final = (
    ("answer", "Answer"),
    ("data", "Data"),
    ("figures", "Figures"),
    ("tables", "Tables"),
    ("provenance", "Choices and provenance"),
)

LONG: Final = 24
"""Tables with more rows are folded on the screen, unless they were asked for; in print none is."""

ASKED: Final = (
    "intervals",
    "specifications",
    "regress",
    "event_study",
    "split_by_",
    "groups_by_",
    "regressions_by_",
)
"""How names of tables begin that are there only when asked for."""

MOST: Final = 400
"""Rows of a table that the page shows at most."""


def write(
    measurement: Measurement,
    findings: Sequence[Finding],
    path: Path,
    tables: Mapping[str, Table] | None = None,
    command: str = "",
    opened: Collection[str] = (),
) -> Path:
    """Write the report.

    Args:
        measurement: What was measured.
        findings: Checks of the data.
        path: File to write; folders above it are made.
        tables: Tables to show; default: all of the measurement.
        command: The command line, for the record.
        opened: Long tables that are not folded, besides those that are there only when asked for.

    Returns:
        The path.

    Raises:
        InputError: The file cannot be written.
    """
    text = html(measurement, findings, measurement.tables if tables is None else tables, command, opened)
    return write_text(path, text)


def html(
    measurement: Measurement,
    findings: Sequence[Finding],
    tables: Mapping[str, Table],
    command: str = "",
    opened: Collection[str] = (),
) -> str:
    """The report as text."""
    firms, choices = measurement.firms, measurement.choices
    environment = _environment()
    context = {
        "title": f"Misallocation in {firms.source}",
        "subtitle": _subtitle(measurement),
        "css": Markup(_css()),
        "sections": SECTIONS,
        "choices": choices.line(),
        "warnings": [finding for finding in findings if finding.kind == "warning"],
        "findings": findings,
        "headline": _headline(measurement),
        "tables": {
            name: _table(name, table, choices.line(), opened=name in opened or name.startswith(ASKED))
            for name, table in tables.items()
            if not table.for_programs
        },
        "figures": {name: _figure(figure) for name, figure in figures(measurement).items()},
        "source": firms.source,
        "roles": [(role, column, firms.labels.get(role, "")) for role, column in firms.roles.items()],
        "remarks": firms.remarks,
        "cautions": measurement.warnings,
        "steps": measurement.steps,
        "absent": list(measurement.absent.items()),
        "fields": _fields(choices),
        "provenance": _provenance(measurement, command),
        "program": f"dirigiste {_version()}",
        "m": environment.get_template("macros.html.j2").module,
    }
    return f"{words.clean(environment.get_template('measure.html.j2').render(context)).strip()}\n"


@cache
def _environment() -> jinja2.Environment:
    loaders = [jinja2.PackageLoader("dirigiste.measurement"), jinja2.PackageLoader("dirigiste.report")]
    return jinja2.Environment(
        loader=jinja2.ChoiceLoader(loaders),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _css() -> str:
    folder = resources.files("dirigiste.report") / "templates"
    return (folder / "report.css").read_text(encoding="utf-8")


def _subtitle(measurement: Measurement) -> str:
    rows = measurement.rows
    firms = measurement.firms
    years = rows["year"].unique().sort()
    when = ""
    if "year" in firms.roles and years.len():
        when = f", {years[0]}" if years.len() == 1 else f", {years[0]} to {years[-1]}"
    industries = words.count(rows["industry"].n_unique(), "industry", "industries")
    lost = measurement.steps[0].left - rows.height if measurement.steps else 0
    return f"{rows.height:,} rows of firms in {industries}{when}; {lost:,} rows of the file are not used."


def _headline(measurement: Measurement) -> str:
    """The main result in a sentence, with its standard error where draws give one."""
    gain = f"{measurement.gain:.1f} %"
    text = f"Equal marginal products within industries would raise output by {gain}, mean over years"
    table = measurement.tables.get("intervals")
    if table is None:
        return f"{text}. It has no standard error: --bootstrap 200 gives one."
    row = table.frame.row(by_predicate=pl.col("statistic") == "mean gain, %", named=True)
    return (
        f"{text} (standard error {row['se']:.1f}; 95 % interval {row['reflected_low']:.1f} to "
        f"{row['reflected_high']:.1f})."
    )


def _table(name: str, table: Table, choices: str, *, opened: bool) -> dict[str, Any]:
    table = table.shown()
    rows = cells.rows(table)
    notes = cells.notes(table, choices)
    if len(rows) > MOST:
        notes.insert(0, f"The first {MOST} of {len(rows):,} rows; --out writes them all.")
    return {
        "name": name,
        "title": table.title,
        "heads": [cells.header(table.columns[column]) for column in table.frame.columns],
        "rows": rows[:MOST],
        "texts": cells.texts(table),
        "notes": notes,
        "rules": table.rules,
        "long": len(rows) > LONG and not opened,
    }


def _figure(figure: Figure) -> dict[str, Any]:
    return {
        "name": figure.name,
        "title": figure.title,
        "svg": Markup(figure.svg()),
        "note": figure.note,
        "data": data_link(figure.csv()),
    }


def _fields(choices: Any) -> list[tuple[str, str, str]]:  # noqa: ANN401  (a pydantic model)
    fields = type(choices).model_fields
    return [(name, _shown(getattr(choices, name)), field.description or "") for name, field in fields.items()]


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return f"{len(value)} entries" if len(value) > 8 else ", ".join(f"{k}: {v}" for k, v in value.items())
    if hasattr(value, "model_dump"):
        return ", ".join(f"{k} {_shown(v)}" for k, v in value.model_dump().items())  # type: ignore[attr-defined]
    if isinstance(value, tuple | list):
        return ", ".join(map(_shown, value))
    return "–" if value is None else str(value)


def _provenance(measurement: Measurement, command: str) -> list[tuple[str, str]]:
    lines = [
        ("program", f"dirigiste {_version()}"),
        ("polars", provenance.version_of("polars")),
        ("numpy", provenance.version_of("numpy")),
        ("created (UTC)", provenance.now()),
        ("source", measurement.firms.source),
    ]
    return [*lines, *([("command", command)] if command else [])]


def _version() -> str:
    from dirigiste.version import __version__

    return __version__
