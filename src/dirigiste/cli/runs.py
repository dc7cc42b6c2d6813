"""`dirigiste runs`: the runs and sweeps that are kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dirigiste.cli import console, streams
from dirigiste.errors import InputError

if TYPE_CHECKING:
    from dirigiste.sweep.catalogue.database import Answer

MOST = 200
"""Rows of an answer that a terminal shows."""

sweeps_folder = click.option(
    "--sweeps",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("sweeps"),
    metavar="DIR",
    show_default=True,
    help="Folder of sweeps.",
)
"""The option `--sweeps DIR`: the folder that sweeps are kept in."""


@click.group(name="runs")
def command() -> None:
    """The runs and sweeps that are kept."""


@command.command(name="list")
@console.runs_folder
@sweeps_folder
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def list_(root: Path, sweeps: Path, as_json: bool) -> None:
    """List runs, oldest first, and sweeps by name."""
    from dirigiste.results.archive import folders
    from dirigiste.results.text.tables import Table, number, signed

    rows = []
    for folder in folders.runs(root):
        try:
            rows.append(_row(folder.name, folders.summary(folder)))
        except InputError as error:
            console.warn(f"left out: {problem}" for problem in error.problems)
        except (KeyError, TypeError, ValueError, ZeroDivisionError):
            what = f"its {folders.SUMMARY} is not that of a run of this version; run it again"
            console.warn([f"left out: {folder}: {what}"])
    kept = _sweeps(sweeps)
    if as_json:
        console.print_json({"folder": str(root), "runs": rows, "sweeps": kept})
        return
    if not rows:
        click.echo(f"no runs in {root}")
    else:
        table = Table("", ("run", "economy", "created (UTC)", "output", "control"), left=(0, 1, 2))
        table.rows.extend(
            (
                row["run"],
                row["economy"],
                row["created"][:16].replace("T", " "),
                signed(100 * row["output"]),
                number(row["control"], "share"),
            )
            for row in rows
        )
        console.print_tables([table])
    if kept:
        table = Table("", ("sweep", "design", "created (UTC)", "points", "chains there"), left=(0, 1, 2))
        table.rows.extend(
            (
                row["sweep"],
                row["design"],
                row["created"][:16].replace("T", " "),
                f"{row['points']:,}",
                f"{row['chains_there']:,} of {row['chains']:,}",
            )
            for row in kept
        )
        console.print_tables([table])


@command.command(name="show")
@click.argument("name")
@console.runs_folder
@sweeps_folder
@click.pass_context
def show(ctx: click.Context, name: str, root: Path, sweeps: Path) -> None:
    """Show a run or a sweep: its folder or name; `latest` is the newest run."""
    from dirigiste.sweep.store import MANIFEST

    for folder in (Path(name), sweeps / name):
        if (folder / MANIFEST).is_file():
            from dirigiste.cli import sweep

            ctx.invoke(sweep.show, folder=folder)
            return
    from dirigiste.cli import show as show_run

    ctx.invoke(show_run.command, run=name, root=root)


@command.command(name="compare")
@click.argument("names", nargs=-1, required=True, metavar="RUN RUN...")
@console.runs_folder
@click.option("--of", "outcomes", multiple=True, metavar="OUTCOME", help="Outcome; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def compare(names: tuple[str, ...], root: Path, outcomes: tuple[str, ...], as_json: bool) -> None:
    """Compare paths of runs: change of outcomes from what they were without the events, over time."""
    from dirigiste.documents.words import near, one_of
    from dirigiste.results.archive import folders
    from dirigiste.results.text.tables import Table, signed

    found = {folder.name: folders.summary(folder) for folder in (folders.find(name, root) for name in names)}
    known = list(dict.fromkeys(name for summary in found.values() for name in summary["path"]))
    for name in outcomes:
        if name not in known:
            message = f"there is no outcome `{name}` of paths; there are {one_of(known)}"
            raise InputError.of(message, key="--of", suggestion=near(name, known))
    chosen = list(outcomes) or ["output", "wage", "credit", "control"]
    rows = [
        {
            "outcome": outcome,
            "run": run,
            "time": summary["time"],
            "change": [_change(value, summary["base"][outcome]) for value in summary["path"][outcome]],
        }
        for outcome in chosen
        for run, summary in found.items()
    ]
    if as_json:
        console.print_json({"folder": str(root), "changes": rows})
        return
    times = sorted({time for row in rows for time in row["time"]})
    shown = [time for time in times if time <= 10.0]
    table = Table(
        "Change from what it was without the events, by years from the first event",
        ("outcome", "run", *(f"{time:g}" for time in shown), "end"),
        left=(0, 1),
    )
    for row in rows:
        at = dict(zip(row["time"], row["change"], strict=True))
        cells = [*(at.get(time) for time in shown), row["change"][-1]]
        texts = ["" if cell is None else signed(100 * cell) for cell in cells]
        table.rows.append((row["outcome"], row["run"], *texts))
    console.print_tables([table])


@command.command(name="query")
@click.argument("sql", required=False, metavar='"SELECT ..."')
@console.runs_folder
@sweeps_folder
@click.option("--csv", type=click.Path(path_type=Path), metavar="FILE", help="Write the answer as CSV.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def query(sql: str | None, root: Path, sweeps: Path, csv: Path | None, as_json: bool) -> None:
    """Ask runs and sweeps in SQL; without a question list the tables (docs/catalogue.md)."""
    problems = console.unwritable(csv, "--csv")
    from dirigiste.sweep.catalogue.database import Catalogue

    catalogue = Catalogue(root, sweeps)
    console.warn(f"left out: {text}" for text in catalogue.left_out)
    if sql is None:
        _print_views(catalogue.tables())
        return
    answer = catalogue.query(sql)
    if csv is not None and not problems:
        problems += console.attempt(lambda: _write(answer, csv), csv)
    with streams.printing(problems):
        if as_json:
            rows = [list(map(_cell, row)) for row in answer.rows]
            console.print_json({"columns": answer.columns, "rows": rows})
        elif csv is None:
            _print_answer(answer)
    if problems:
        raise InputError(problems)


def _row(name: str, summary: dict[str, Any]) -> dict[str, Any]:
    """What the list shows of a run."""
    old, new = summary["before"]["aggregates"], summary["after"]["aggregates"]
    return {
        "run": name,
        "chronicle": str(summary["name"]),
        "economy": str(summary["economy"]),
        "created": str(summary["provenance"]["created"]),
        "output": new["output"] / old["output"] - 1.0,
        "control": float(new["control"]),
    }


def _sweeps(root: Path) -> list[dict[str, Any]]:
    """What the list shows of sweeps, from their manifests."""
    from dirigiste.sweep import store

    rows = []
    for folder in store.folders_in(root):
        try:
            manifest = store.read_manifest(folder)
            rows.append(
                {
                    "sweep": folder.name,
                    "kind": manifest["kind"],
                    "design": manifest["design"]["kind"],
                    "created": manifest["created"],
                    "points": manifest["points"]["number"],
                    "chains": manifest["chains"]["number"],
                    "chains_there": sum(1 for _ in (folder / store.CHAINS).glob("*.parquet")),
                }
            )
        except InputError as error:
            console.warn(f"left out: {problem}" for problem in error.problems)
        except (KeyError, TypeError):
            console.warn([f"left out: {folder}: its manifest is not that of a sweep of this version"])
    return rows


def _change(value: float | None, base: float | None) -> float | None:
    return value / base - 1.0 if value is not None and base else None


def _print_views(views: list[tuple[str, str]]) -> None:
    from dirigiste.results.text.tables import Table

    console.print_tables([Table("", ("table", "what it holds"), list(views), left=(0, 1))])
    click.echo("\n`dirigiste runs query \"describe runs\"` lists the columns of one")


def _print_answer(answer: Answer) -> None:
    from dirigiste.results.text.tables import Table

    words = tuple(
        n for n in range(len(answer.columns)) if any(isinstance(row[n], str) for row in answer.rows)
    )
    rows = [tuple(_shown(cell) for cell in row) for row in answer.rows[:MOST]]
    console.print_tables([Table("", answer.columns, rows, left=words)])
    if len(answer.rows) > MOST:
        click.echo(f"\nthe first {MOST} of {len(answer.rows):,} rows; --csv writes all")


def _write(answer: Answer, path: Path) -> None:
    import csv

    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(answer.columns)
        writer.writerows(answer.rows)


def _cell(value: object) -> object:
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def _shown(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)
