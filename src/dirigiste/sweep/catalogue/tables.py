"""Rows of the catalogue from the folders of runs and sweeps; plain Python, from JSON alone."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from dirigiste.errors import InputError
from dirigiste.results.archive import folders
from dirigiste.results.quantities import measures
from dirigiste.sweep import store

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from dirigiste.errors import Problem

TEXT, NUMBER, COUNT, FLAG = "VARCHAR", "DOUBLE", "BIGINT", "BOOLEAN"


@dataclass(frozen=True)
class Column:
    """A column of a table."""

    name: str
    type: str
    about: str


@dataclass(frozen=True)
class View:
    """A table that can be asked."""

    name: str
    about: str
    columns: tuple[Column, ...]


def _view(name: str, about: str, *columns: tuple[str, str, str]) -> View:
    return View(name, about, tuple(Column(*column) for column in columns))


RUN: Final = ("run", TEXT, "Name of its folder")
SWEEP: Final = ("sweep", TEXT, "Name of its folder")

RUNS: Final = _view(
    "runs",
    "Runs of chronicles that are kept, one a row",
    RUN,
    ("chronicle", TEXT, "Name of the chronicle"),
    ("title", TEXT, "Its title"),
    ("economy", TEXT, "Name of the economy"),
    ("created", TEXT, "Date and time, UTC"),
    ("events", COUNT, "Events of the chronicle"),
    ("channels", TEXT, "Channels that acted, with commas; all if empty"),
    ("output_change", NUMBER, "Output in the end over that before, less 1"),
    ("control", NUMBER, "Control in the end, share"),
    ("horizon", NUMBER, "Years that the path goes on"),
    ("certified", FLAG, "Whether the path is certified"),
    ("worst", NUMBER, "Largest residual of a market on the path"),
    ("seconds", NUMBER, "Time that solving took"),
    ("version", TEXT, "Version of the program"),
    ("command", TEXT, "Command line; empty from Python"),
    ("folder", TEXT, "Path of the folder"),
)
RUN_OUTCOMES: Final = _view(
    "run_outcomes",
    "Stationary states before and after the events of each run",
    RUN,
    ("outcome", TEXT, "Name of a price or aggregate, docs/glossary.md"),
    ("unit", TEXT, "Its unit"),
    ("before", NUMBER, "Without the events"),
    ("after", NUMBER, "With all that lasts"),
    ("change", NUMBER, "After over before, less 1; empty where before is 0"),
)
RUN_STATUSES: Final = _view(
    "run_statuses",
    "The same by political status",
    RUN,
    ("status", TEXT, "Political status"),
    ("outcome", TEXT, "Name of a number by status"),
    ("unit", TEXT, "Its unit"),
    ("before", NUMBER, "Without the events"),
    ("after", NUMBER, "With all that lasts"),
)
RUN_PATHS: Final = _view(
    "run_paths",
    "Paths at the times of the summary: 0, 1, 2, 5 and 10 years from the first event, and the end",
    RUN,
    ("outcome", TEXT, "Name of a number of paths"),
    ("time", NUMBER, "Years from the first event"),
    ("date", TEXT, "Date"),
    ("value", NUMBER, "Value on the path"),
    ("base", NUMBER, "Value without the events"),
)
RUN_PARAMETERS: Final = _view(
    "run_parameters",
    "Parameters that end elsewhere than they began",
    RUN,
    ("parameter", TEXT, "Dotted path"),
    ("before", NUMBER, "Value without the events"),
    ("after", NUMBER, "Value in the end"),
)
RUN_SURPRISES: Final = _view(
    "run_surprises",
    "Who gains from each surprise of a run",
    RUN,
    ("date", TEXT, "Date of the surprise"),
    ("gain", NUMBER, "Mean gain of all owners, log points of consumption"),
    ("votes_for", NUMBER, "Owners who gain, share"),
    ("votes_against", NUMBER, "Owners who lose, share"),
)
SWEEPS: Final = _view(
    "sweeps",
    "Sweeps that are kept, one a row",
    SWEEP,
    ("name", TEXT, "Name of the sweep"),
    ("title", TEXT, "Its title"),
    ("kind", TEXT, "What is solved: economy, chronicle or replications"),
    ("design", TEXT, "Which points"),
    ("points", COUNT, "Points of the design"),
    ("there", COUNT, "Points that are there"),
    ("failed", COUNT, "Points without a solution"),
    ("seconds", NUMBER, "Time that all points together took"),
    ("created", TEXT, "Date and time of its beginning, UTC"),
    ("version", TEXT, "Version of the program"),
    ("command", TEXT, "Command line; empty from Python"),
    ("tabled", TEXT, "Name of the table of its points, with a column for each axis and outcome"),
    ("folder", TEXT, "Path of the folder"),
)
SWEEP_AXES: Final = _view(
    "sweep_axes",
    "What sweeps vary, a row for each parameter",
    SWEEP,
    ("axis", TEXT, "Column"),
    ("parameter", TEXT, "Dotted path; `files` for an axis of files"),
    ("lowest", NUMBER, "Lowest value, of an axis with numbers"),
    ("highest", NUMBER, "Highest value"),
    ("scale", TEXT, "linear or log"),
    ("relative", FLAG, "Whether values are factors"),
)
SWEEP_OUTCOMES: Final = _view(
    "sweep_outcomes",
    "What sweeps keep",
    SWEEP,
    ("outcome", TEXT, "Column"),
    ("expression", TEXT, "What it is"),
)
SWEEP_POINTS: Final = _view(
    "sweep_points",
    "Points of all sweeps",
    SWEEP,
    ("point", COUNT, "Number of the point"),
    ("solved", FLAG, "Whether it has a solution"),
    ("reason", TEXT, "Why not"),
    ("seconds", NUMBER, "Time that it took"),
)
SWEEP_VALUES: Final = _view(
    "sweep_values",
    "Points of all sweeps, a row for each axis and outcome",
    SWEEP,
    ("point", COUNT, "Number of the point"),
    ("variable", TEXT, "Axis or outcome"),
    ("role", TEXT, "axis or outcome"),
    ("value", NUMBER, "Its value; empty for words, and where there is no solution"),
    ("word", TEXT, "Its value if it is a word"),
)

VIEWS: Final = (
    RUNS,
    RUN_OUTCOMES,
    RUN_STATUSES,
    RUN_PATHS,
    RUN_PARAMETERS,
    RUN_SURPRISES,
    SWEEPS,
    SWEEP_AXES,
    SWEEP_OUTCOMES,
    SWEEP_POINTS,
    SWEEP_VALUES,
)
"""All tables but those of the points of single sweeps."""

FAULTY: Final = (KeyError, TypeError, ValueError, ZeroDivisionError, IndexError)
"""What the summary of another version of the program, or one that is damaged, raises."""


@dataclass
class Rows:
    """Rows by table, and what had to be left out."""

    by_view: dict[str, list[tuple[Any, ...]]] = field(
        default_factory=lambda: {view.name: [] for view in VIEWS}
    )
    left_out: list[str] = field(default_factory=list)


def of_runs(root: Path, rows: Rows) -> None:
    """Add the rows of all runs below a folder."""
    for folder in folders.runs(root):
        try:
            found = list(_of_run(folder, folders.summary(folder)))
        except InputError as error:
            rows.left_out += _messages(error.problems)
            continue
        except FAULTY:
            what = f"its {folders.SUMMARY} is not that of a run of this version; run it again"
            rows.left_out.append(f"{folder}: {what}")
            continue
        for view, row in found:
            rows.by_view[view.name].append(row)


def _of_run(folder: Path, summary: dict[str, Any]) -> Iterator[tuple[View, tuple[Any, ...]]]:
    name, about = folder.name, summary["provenance"]
    before, after, only = summary["before"], summary["after"], summary["only"]
    change = after["aggregates"]["output"] / before["aggregates"]["output"] - 1.0
    certificate = summary["certificate"]
    yield (
        RUNS,
        (
            name,
            summary["name"],
            summary["title"],
            summary["economy"],
            about["created"],
            summary["events"],
            ",".join(only or ()),
            change,
            after["aggregates"]["control"],
            certificate["horizon"],
            certificate["certified"],
            certificate["worst"],
            about["seconds"],
            about["version"],
            about["command"] or "",
            str(folder),
        ),
    )
    for table, key in ((measures.PRICES, "prices"), (measures.AGGREGATES, "aggregates")):
        for outcome in table:
            if outcome in before[key]:
                old, new = before[key][outcome], after[key][outcome]
                share = new / old - 1.0 if old and new is not None else None
                yield RUN_OUTCOMES, (name, outcome, table[outcome].unit, old, new, share)
    for status, numbers in before["by_status"].items():
        for outcome, measure in measures.STATUS.items():
            new = after["by_status"][status][outcome]
            yield RUN_STATUSES, (name, status, outcome, measure.unit, numbers[outcome], new)
    for outcome, values in summary["path"].items():
        for time, date, value in zip(summary["time"], summary["date"], values, strict=True):
            yield RUN_PATHS, (name, outcome, time, date, value, summary["base"][outcome])
    for changed in summary["changes"]:
        yield RUN_PARAMETERS, (name, changed["path"], changed["before"], changed["after"])
    for surprise in summary["surprises"]:
        keys = ("date", "gain_in_all", "votes_for", "votes_against")
        yield RUN_SURPRISES, (name, *(surprise[key] for key in keys))


def of_sweeps(root: Path, rows: Rows) -> dict[str, Path]:
    """Add what manifests say of all sweeps below a folder; their folders by the name of their table."""
    found: dict[str, Path] = {}
    for folder in store.folders_in(root):
        try:
            manifest = store.read_manifest(folder)
            axes = list(_axes(folder.name, manifest))
            outcomes = [(folder.name, *item) for item in manifest["outcomes"].items()]
            tabled = table_name(folder.name)
            row = _of_sweep(folder, manifest, tabled)
        except InputError as error:
            rows.left_out += _messages(error.problems)
            continue
        except FAULTY:
            rows.left_out.append(f"{folder}: its {store.MANIFEST} is not that of a sweep of this version")
            continue
        rows.by_view[SWEEPS.name].append(row)
        rows.by_view[SWEEP_AXES.name] += axes
        rows.by_view[SWEEP_OUTCOMES.name] += outcomes
        found[tabled] = folder
    return found


def table_name(name: str) -> str:
    """Name of the table of the points of a sweep."""
    return "points_" + "".join(sign if sign.isalnum() else "_" for sign in name.lower())


def _of_sweep(folder: Path, manifest: dict[str, Any], tabled: str) -> tuple[Any, ...]:
    return (
        folder.name,
        manifest["name"],
        manifest["title"],
        manifest["kind"],
        manifest["design"]["kind"],
        manifest["points"]["number"],
        0,
        0,
        0.0,
        manifest["created"],
        manifest["versions"]["dirigiste"],
        manifest["command"] or "",
        tabled,
        str(folder),
    )


def _axes(sweep: str, manifest: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    for name, axis in manifest["axes"].items():
        values = axis["range"][:2] if axis.get("range") else axis.get("values") or []
        numbers = [v for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
        whole = len(numbers) == len(values) > 0
        low, high = (float(min(numbers)), float(max(numbers))) if whole else (None, None)
        parameters = ["files"] if axis.get("files") else axis.get("parameter") or [name]
        for parameter in parameters:
            yield sweep, name, parameter, low, high, axis.get("scale", "linear"), axis.get("relative", False)


def finite(value: Any) -> Any:  # noqa: ANN401  (a cell)
    """A cell, None where it is a number without a meaning."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _messages(problems: Iterable[Problem]) -> list[str]:
    return [str(problem) for problem in problems]
