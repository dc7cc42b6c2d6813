"""`dirigiste solve`: one stationary equilibrium."""

from __future__ import annotations

from pathlib import Path

import click

from dirigiste.cli import command_line, console, streams
from dirigiste.errors import InputError


@click.command()
@click.argument("economy", metavar="FILE|NAME")
@click.option(
    "--set", "changes", multiple=True, metavar="PATH=VALUE", help="Change a parameter; may be repeated."
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object (see `dirigiste schema --output`)."
)
@click.option("--identity", is_flag=True, help="Print the goods identity term by term.")
@click.option("--certify", is_flag=True, help="Also solve on twice the wealth points and from other prices.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE.nc",
    help="Write all numbers to a netCDF file.",
)
@click.option("--quiet", is_flag=True, help="Print nothing but results and errors.")
def command(
    economy: str,
    changes: tuple[str, ...],
    as_json: bool,
    identity: bool,
    certify: bool,
    out: Path | None,
    quiet: bool,
) -> None:
    """Find the stationary equilibrium of an economy."""
    from dirigiste import economy as economies

    declared = console.changed(economies.load(economy), changes)
    if not quiet:
        console.warn(str(problem) for problem in declared.warnings())

    problems = console.unwritable(out, "--out")
    from dirigiste.results.archive import provenance
    from dirigiste.results.equilibria.certify import certify as certified
    from dirigiste.results.equilibria.solve import solve
    from dirigiste.results.text import tables as text

    with provenance.command(command_line()), console.progress(quiet=quiet, what=declared.name) as report:
        equilibrium = solve(declared, progress=report)
        if certify:
            equilibrium = certified(equilibrium, progress=report)
    if out is not None and not problems:
        problems += console.attempt(lambda: equilibrium.save(out), out)
    if not quiet:
        console.warn(equilibrium.warnings)
    with streams.printing(problems):
        if as_json:
            console.print_json(equilibrium.to_json())
        else:
            click.echo(text.heading(equilibrium))
            tables = text.equilibrium_tables(equilibrium)
            if identity:
                tables.append(text.identity_table(equilibrium))
            if certify:
                tables += text.certify_tables(equilibrium)
            console.print_tables(tables)
    if problems:
        raise InputError(problems)
