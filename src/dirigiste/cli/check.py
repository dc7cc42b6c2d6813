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
    """Check economies, chronicles (files or names) and sweeps. Exits with 2 if any has a fault."""
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
    """What a file is (economy, chronicle or sweep), its warnings, and what solving it takes, about.

    Raises:
        InputError: With every fault.
    """
    from dirigiste.chronicle.workload import workload
    from dirigiste.economy import Economy, size
    from dirigiste.loading import load

    if is_sweep(file):
        from dirigiste.sweep import loader
        from dirigiste.sweep.points import design

        return "sweep", (), f" ({design.count(loader.load(file)):,} points)"
    declared = load(file)
    if isinstance(declared, Economy):
        memory = size.amount(size.stationary_bytes(declared))
        work = f"{size.states(declared):,} states, about {memory} of memory"
        return "economy", declared.warnings(), f" ({work})"
    return "chronicle", declared.warnings(), f" ({workload(declared, declared.baseline)})"


def is_sweep(file: str) -> bool:
    """Whether a file is that of a sweep: it has `outcomes`, and no `events`."""
    from pathlib import Path

    from dirigiste.documents import reading

    if not Path(file).is_file():
        return False
    data = reading.read(file).plain()
    return "outcomes" in data and not {"events", "statuses", "extends"} & data.keys()
