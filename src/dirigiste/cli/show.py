"""`dirigiste show`: a run that was kept."""

from __future__ import annotations

from pathlib import Path

import click

from dirigiste.cli import console


@click.command()
@click.argument("run")
@console.runs_folder
@console.at
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, at the years of --at.")
def command(run: str, root: Path, at: str | None, as_json: bool) -> None:
    """Show a run: its folder, its name, or `latest`."""
    from dirigiste.results.archive import folders

    times = console.years(at)
    folder = folders.find(run, root)
    if as_json and times is None:
        console.print_json({**folders.summary(folder), "folder": str(folder)})
        return
    from dirigiste.results.runs import paths
    from dirigiste.results.runs.run import Run
    from dirigiste.results.text import run as text_run

    kept = Run.open(folder)
    paths.checked(kept.path, times or ())
    if as_json:
        console.print_json({**kept.to_json(times), "folder": str(folder)})
        return
    click.echo(text_run.top(kept))
    console.print_tables(text_run.tables(kept, times))
    click.echo("")
    report = folder / folders.REPORT
    console.print_files(folder / folders.RESULTS, report if report.is_file() else None)
