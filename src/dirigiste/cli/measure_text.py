"""What `dirigiste measure` prints: data and checks first, then the choices, then tables."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

import click

from dirigiste.cli import console

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from dirigiste.measurement.checks.finding import Finding
    from dirigiste.measurement.data.firms import Firms
    from dirigiste.measurement.measurement import Measurement
    from dirigiste.measurement.output.table import Table


@contextlib.contextmanager
def draws(*, quiet: bool) -> Iterator[Callable[[str], Callable[[int, int], None] | None]]:
    """Bars of progress on stderr, one a kind of work; only on a terminal, unless quiet was asked for."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bars:

        def bar(what: str) -> Callable[[int, int], None]:
            task = bars.add_task(what, total=None, visible=False)

            def report(done: int, total: int) -> None:
                bars.update(task, completed=done, total=total, visible=True)

            return report

        yield bar


def print_data(firms: Firms, findings: Sequence[Finding]) -> None:
    """What was read, which rows were lost, and what the checks found: before any result."""
    from dirigiste.results.text.tables import Table

    read = Table(f"Columns of {firms.source}", ("role", "column", "label"), left=(0, 1, 2))
    read.rows.extend((role, column, firms.labels.get(role, "")) for role, column in firms.roles.items())
    lost = Table("Rows", ("", "lost", "left", ""), left=(0, 3))
    lost.rows.extend((s.what, f"{s.lost:,}" if s.lost else "", f"{s.left:,}", s.reason) for s in firms.steps)
    console.print_tables([read, lost])
    for remark in firms.remarks:
        click.echo(f"  {remark}")
    click.echo("\nChecks of the data" + ("" if findings else ": nothing found"))
    for finding in findings:
        mark = click.style("warning", fg="yellow", bold=True) if finding.kind == "warning" else "note   "
        click.echo(f"  {mark}  {finding}")


def print_results(measured: Measurement, tables: Mapping[str, Table], limit: int | None) -> None:
    """Rows that trimming lost, the line of choices, and tables."""
    from dirigiste.measurement.output.render import terminal
    from dirigiste.results.text.tables import Table as Plain

    later = measured.steps[len(measured.firms.steps) :]
    if later:
        lost = Plain("Rows, after reading", ("", "lost", "left", ""), left=(0, 3))
        lost.rows.extend((s.what, f"{s.lost:,}" if s.lost else "", f"{s.left:,}", s.reason) for s in later)
        console.print_tables([lost])
    for warning in measured.warnings:
        click.echo(f"  {click.style('warning', fg='yellow', bold=True)}  {warning}")
    choices = measured.choices.line()
    click.echo("\n" + click.style("Choices", bold=True) + f": {choices}\n")
    screen = None
    if sys.stdout.isatty():
        from rich.console import Console

        screen = Console(highlight=False)
    for name, table in tables.items():
        rows = None if name == "regress" else limit  # R² and counts are its last rows
        if screen is None:
            click.echo(terminal.plain(table, rows, choices) + "\n")
        else:
            terminal.draw(screen, table, rows, choices)
    for name, reason in measured.absent.items():
        click.echo(f"  no {name}: {reason}")
