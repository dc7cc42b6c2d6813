"""`dirigiste run`: a chronicle on its economy."""

from __future__ import annotations

from pathlib import Path

import click

from dirigiste.cli import command_line, console


@click.command()
@click.argument("chronicle", metavar="NAME|FILE")
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object; its `folder` says where the run is kept."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("runs"),
    metavar="DIR",
    show_default=True,
    help="Folder in which the folder of the run is made.",
)
@click.option("--quiet", is_flag=True, help="Print nothing but the folder of the run and errors.")
@click.option("--no-report", is_flag=True, help="Write no report.")
def command(chronicle: str, as_json: bool, out: Path, quiet: bool, no_report: bool) -> None:
    """Run a chronicle of dated events on its economy and keep inputs, results and report."""
    from dirigiste import chronicle as chronicles

    declared = chronicles.load(chronicle)
    if not quiet:
        console.warn(str(problem) for problem in declared.baseline.warnings())

    from dirigiste.results import folders, provenance, text_run
    from dirigiste.results.run import run, write_report

    with (
        provenance.command(command_line()),
        console.progress(quiet=quiet or as_json, what=declared.name) as report,
    ):
        found = run(chronicle, progress=report)
        folder = found.save(out, report=False)
    if as_json:
        console.print_json({**found.to_json(), "folder": str(folder)})
    elif quiet:
        click.echo(str(folder))
    else:
        console.warn(dict.fromkeys([*found.before.warnings, *found.after.warnings]))
        click.echo(text_run.top(found))
        console.print_tables(text_run.tables(found))
        click.echo("")
    written = None if no_report else write_report(found, folder)
    if not (as_json or quiet):
        if written is not None:
            click.echo(f"Report {written}")
        click.echo(f"Data   {folder / folders.RESULTS}")
