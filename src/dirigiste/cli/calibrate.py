"""`dirigiste calibrate`: parameters of an economy, estimated on moments of data."""

from __future__ import annotations

from pathlib import Path

import click

from dirigiste.cli import command_line, console, streams
from dirigiste.errors import InputError


@click.command()
@click.argument("economy", metavar="FILE|NAME")
@click.option(
    "--moments", "file", required=True, metavar="FILE|NAME", help="Calibration file: parameters and moments."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Folder of results, which also keeps what was computed so far; default: calibrations/NAME. A "
    "calibration that was stopped goes on there.",
)
@click.option(
    "--starts",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Searches; all but the first start from a Sobol set within the bounds.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the Sobol set and of draws.")
@click.option(
    "--most", type=click.IntRange(1), default=100, show_default=True, help="Most evaluations of one search."
)
@click.option(
    "--draws",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Draws from the posterior; the economy is solved at each.",
)
@click.option(
    "--set", "changes", multiple=True, metavar="PATH=VALUE", help="Change a parameter; may be repeated."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--quiet", is_flag=True, help="Print nothing but results and errors.")
def command(
    economy: str,
    file: str,
    out: Path | None,
    starts: int,
    seed: int,
    most: int,
    draws: int,
    changes: tuple[str, ...],
    as_json: bool,
    quiet: bool,
) -> None:
    """Estimate parameters of an economy on moments of data, by minimum distance with exact derivatives.

    The folder of results has the new economy with the source of each number, JSON, CSV tables and figures.
    """
    from dirigiste import economy as economies
    from dirigiste.fit.moments import loader

    declared = console.changed(economies.load(economy), changes)
    plan = loader.load(file, declared)
    folder = out or Path("calibrations") / _safe(plan.name)
    problems = console.unwritable(folder, "--out", folder=True)
    from dirigiste.fit.calibrate import calibrate
    from dirigiste.fit.output import tables
    from dirigiste.results.archive import provenance

    with provenance.command(command_line()), console.bar(quiet=quiet, what=plan.name) as report:
        result = calibrate(
            declared,
            plan,
            starts=starts,
            seed=seed,
            most=most,
            draws=draws,
            folder=None if problems else folder,
            progress=report,
        )
    if not problems:
        problems += console.attempt(lambda: result.save(folder), folder)
    with streams.printing(problems):
        if as_json:
            console.print_json(result.to_json())
        else:
            click.echo(tables.heading(result))
            console.print_tables(result.tables())
            if not problems:
                click.echo(f"\nResults {folder}")
    if not quiet and not result.converged:
        console.warn(["the search did not end by itself; raise --most, or look at the bounds"])
    if problems:
        raise InputError(problems)


def _safe(name: str) -> str:
    """A name that a folder can have."""
    return "".join(sign if sign.isalnum() or sign in "-_." else "-" for sign in name)
