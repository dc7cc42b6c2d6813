"""`dirigiste check`: every fault of files, at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dirigiste.errors import InputError

if TYPE_CHECKING:
    from dirigiste.errors import Problem


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--strict", is_flag=True, help="Warnings count as faults.")
@click.pass_context
def command(ctx: click.Context, files: tuple[str, ...], strict: bool) -> None:
    """Check economies and chronicles (files or names). Exits with 2 if any has a fault."""
    faulty = False
    for file in files:
        try:
            kind, warnings, size = examine(file)
        except InputError as error:
            click.echo(f"{file}: {error}", err=True)
            faulty = True
            continue
        for warning in warnings:
            click.echo(f"{file}: warning: {warning}", err=True)
        faulty = faulty or (strict and bool(warnings))
        count = f", {len(warnings)} warning{'s' if len(warnings) > 1 else ''}" if warnings else ""
        click.echo(f"{file}: good {kind}{count}{size}")
    if faulty:
        ctx.exit(2)


def examine(file: str) -> tuple[str, tuple[Problem, ...], str]:
    """What a file is (economy or chronicle), its warnings, and what solving it takes, about.

    Raises:
        InputError: With every fault.
    """
    from dirigiste import chronicle as chronicles
    from dirigiste import economy as economies
    from dirigiste.chronicle.workload import workload
    from dirigiste.economy import size
    from dirigiste.loading import is_chronicle

    if is_chronicle(file):
        chronicle = chronicles.load(file)
        return "chronicle", chronicle.warnings(), f" ({workload(chronicle, chronicle.baseline)})"
    economy = economies.load(file)
    memory = size.amount(size.stationary_bytes(economy))
    return "economy", economy.warnings(), f" ({size.states(economy):,} states, about {memory} of memory)"
