"""`dirigiste runs`: the runs that are kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from dirigiste.cli import console
from dirigiste.errors import InputError


@click.group(name="runs")
def command() -> None:
    """The runs that are kept."""


@command.command(name="list")
@console.runs_folder
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def list_(root: Path, as_json: bool) -> None:
    """List runs, oldest first."""
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
    if as_json:
        console.print_json({"folder": str(root), "runs": rows})
        return
    if not rows:
        click.echo(f"no runs in {root}")
        return
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
