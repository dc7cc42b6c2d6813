"""`dirigiste draws`: how sure the path of a chronicle is."""

from __future__ import annotations

from pathlib import Path

import click

from dirigiste.cli import command_line, console, streams
from dirigiste.errors import InputError

TIMES = (0.0, 1.0, 2.0, 5.0)


@click.command()
@click.argument("chronicle", metavar="NAME|FILE")
@click.option(
    "--numbers",
    "file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="File of uncertain numbers, such as numbers.yaml of `fit`. Default: all changes to each parameter "
    "half as strong to half as strong again as written, which is an assumption.",
)
@click.option(
    "--draws", "count", type=click.IntRange(2), default=500, show_default=True, help="Count of draws."
)
@click.option("--of", "names", multiple=True, metavar="OUTCOME", help="Outcome or pattern; may be repeated.")
@click.option("--full", type=click.IntRange(0), default=3, show_default=True, help="Draws solved in full.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the draws.")
@console.at
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Folder of results; default: draws/NAME, by the name of the chronicle.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--quiet", is_flag=True, help="Print nothing but results and errors.")
def command(
    chronicle: str,
    file: Path | None,
    count: int,
    names: tuple[str, ...],
    full: int,
    seed: int,
    at: str | None,
    out: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Draw the uncertain numbers of a chronicle, and show the range of outcomes and what they hang on.

    Draws go through linear responses around the path; some are solved in full, which tells how good that is.
    """
    from dirigiste import chronicle as chronicles
    from dirigiste.fit.chronicles import loader

    declared = chronicles.load(chronicle)
    plan = loader.scales(declared) if file is None else loader.load(file, declared)
    times = console.years(at) or TIMES
    folder = out or Path("draws") / declared.name
    problems = console.unwritable(folder, "--out", folder=True)
    from dirigiste.fit.chronicles.draws import draws
    from dirigiste.fit.chronicles.output import files, tables
    from dirigiste.results.archive import provenance
    from dirigiste.results.runs.sensitivity import STANDARD

    with provenance.command(command_line()), console.bar(quiet=quiet, what=declared.name) as report:
        result = draws(plan, count, of=names or STANDARD, seed=seed, full=full, progress=report)
        if not problems:
            problems += console.attempt(lambda: files.save_draws(result, folder), folder)
    with streams.printing(problems):
        if as_json:
            console.print_json(files.draws_json(result) | {"bands": files.records(files.bands_frame(result))})
        else:
            console.print_tables(tables.of_draws(result, times))
            if not problems:
                click.echo(f"\nResults {folder}")
    if problems:
        raise InputError(problems)
