"""`dirigiste fit`: numbers of a chronicle, estimated on what was observed."""

from __future__ import annotations

from pathlib import Path

import click

from dirigiste.cli import command_line, console, streams
from dirigiste.errors import InputError


@click.command()
@click.argument("chronicle", metavar="NAME|FILE")
@click.option(
    "--numbers",
    "file",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="File of uncertain numbers, with what is thought of them before, and of the errors of series.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Folder of results; default: fits/NAME, by the name in the file.",
)
@click.option(
    "--rounds", type=click.IntRange(0), default=8, show_default=True, help="Most rounds of Gauss-Newton."
)
@click.option(
    "--set", "changes", multiple=True, metavar="PATH=VALUE", help="Change the economy; may be repeated."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--quiet", is_flag=True, help="Print nothing but results and errors.")
def command(
    chronicle: str,
    file: Path,
    out: Path | None,
    rounds: int,
    changes: tuple[str, ...],
    as_json: bool,
    quiet: bool,
) -> None:
    """Estimate sizes of events, half-lives and parameters on the observed series of a chronicle.

    Every round solves the chronicle and derives its path in every number. The folder of results has the
    estimates as a file that `draws` reads, the chronicle with them, tables and figures.
    """
    from dirigiste import chronicle as chronicles
    from dirigiste.fit.chronicles import loader

    declared = chronicles.load(chronicle)
    if changes:
        declared = declared.on(console.changed(declared.baseline, changes))
    plan = loader.load(file, declared)
    folder = out or Path("fits") / plan.declared.name
    problems = console.unwritable(folder, "--out", folder=True)
    from dirigiste.fit.chronicles.estimate import Round, fit
    from dirigiste.fit.chronicles.output import files, tables
    from dirigiste.results.archive import provenance

    told: list[Round] = []

    def tell(one: Round) -> None:
        told.append(one)
        if not quiet:
            what = f"round {len(told) - 1}" if len(told) > 1 else "as thought before"
            click.echo(f"{plan.declared.name}: {what}, criterion {one.criterion:.6g}", err=True)

    with provenance.command(command_line()), console.bar(quiet=quiet, what=declared.name) as report:
        result = fit(plan, rounds=rounds, progress=report, kept=tell)
        if not problems:
            problems += console.attempt(lambda: files.save_fit(result, folder), folder)
    with streams.printing(problems):
        if as_json:
            console.print_json(files.fit_json(result))
        else:
            console.print_tables(tables.of_fit(result))
            if not problems:
                click.echo(f"\nResults {folder}")
    if not quiet and not result.ended:
        console.warn(["the search did not end by itself: raise --rounds, or look at the bounds and failures"])
    if not quiet and result.failures:
        console.warn(f"no path on the way: {why}" for why in result.failures)
    if problems:
        raise InputError(problems)
