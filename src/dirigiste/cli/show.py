"""`dirigiste show`: a run that was kept."""

from __future__ import annotations

from pathlib import Path

import click

from dirigiste.cli import console


@click.command()
@click.argument("run")
@console.runs_folder
@click.option("--json", "as_json", is_flag=True, help="Print its summary as one JSON object.")
def command(run: str, root: Path, as_json: bool) -> None:
    """Show a run: its folder, its name, or `latest`."""
    from dirigiste.results import folders

    folder = folders.find(run, root)
    if as_json:
        console.print_json({**folders.summary(folder), "folder": str(folder)})
        return
    from dirigiste.results import text_run
    from dirigiste.results.run import Run

    found = Run.open(folder)
    click.echo(text_run.top(found))
    console.print_tables(text_run.tables(found))
    click.echo(f"\nFolder {folder}")
