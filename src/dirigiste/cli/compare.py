"""`dirigiste compare`: two equilibria side by side."""

from __future__ import annotations

import click

from dirigiste.cli import command_line, console


@click.command()
@click.argument("a", metavar="A")
@click.argument("b", metavar="[B]", required=False)
@click.option(
    "--set-b",
    "changes",
    multiple=True,
    metavar="PATH=VALUE",
    help="Change a parameter of B; may be repeated.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--quiet", is_flag=True, help="Print nothing but results and errors.")
def command(a: str, b: str | None, changes: tuple[str, ...], as_json: bool, quiet: bool) -> None:
    """Compare two equilibria: A is the old, B the new one.

    Each is an economy (a file or a name, solved now), a netCDF file, or a run (its folder; the state after
    the events, or the one before with `RUN:before`). Without B, it is A with the changes of --set-b.
    """
    from dirigiste.results.archive import provenance
    from dirigiste.results.equilibria.comparison import compare
    from dirigiste.results.equilibria.lookup import equilibrium
    from dirigiste.results.text import comparison as text_comparison

    with provenance.command(command_line()), console.progress(quiet=quiet, what="comparing") as report:
        old = equilibrium(a, progress=report)
        new = equilibrium(a if b is None else b, console.settings(changes), start=old, progress=report)
    comparison = compare(old, new)
    if as_json:
        console.print_json(comparison.to_json())
        return
    click.echo(text_comparison.heading(comparison))
    if not comparison.comparable:
        click.echo("preferences differ, so welfare cannot be compared")
    console.print_tables(text_comparison.tables(comparison))
