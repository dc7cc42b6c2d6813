"""What commands share: tables on stdout, progress on stderr, `--set` options, JSON."""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dirigiste.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from dirigiste.economy import Economy
    from dirigiste.results.text import Table

    Progress = Callable[[str, int, float], None]


runs_folder = click.option(
    "--in",
    "root",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("runs"),
    metavar="DIR",
    show_default=True,
    help="Folder of runs.",
)
"""The option `--in DIR`: the folder that runs are kept in."""


def print_json(data: object) -> None:
    """One JSON object on stdout."""
    click.echo(json.dumps(data, ensure_ascii=False, indent=2, allow_nan=False))


def print_tables(tables: Iterable[Table]) -> None:
    """Tables on stdout: drawn on a terminal, plain text elsewhere."""
    if not sys.stdout.isatty():
        from dirigiste.results.text import as_text

        for table in tables:
            click.echo("\n" + as_text(table))
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table as Drawn
    from rich.text import Text

    console = Console(highlight=False)
    for table in tables:
        drawn = Drawn(title=Text(table.title), title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
        for n, header in enumerate(table.header):
            drawn.add_column(Text(header), justify="left" if n in table.left else "right")
        for row in table.rows:
            drawn.add_row(*(Text(cell) for cell in row))
        console.print(drawn)


@contextlib.contextmanager
def progress(*, quiet: bool, what: str) -> Iterator[Progress | None]:
    """A line of progress on stderr, only if that is a terminal and nobody asked for quiet."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console

    with Console(stderr=True).status(f"{what}: compiling") as status:

        def report(stage: str, round_: int, residual: float) -> None:
            left = "" if residual != residual else f", largest residual {residual:.1e}"
            status.update(f"{what}: {stage}, round {round_}{left}")

        yield report


def warn(messages: Iterable[str]) -> None:
    """Warnings on stderr."""
    for message in messages:
        click.echo(f"warning: {message}", err=True)


def settings(pairs: Iterable[str]) -> dict[str, Any]:
    """Changes from options `a.b=c`; values are YAML.

    Raises:
        InputError: An option has no `=`, or its value is not YAML.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    changes: dict[str, Any] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key.strip():
            raise InputError.of(f"must look like path=value; got `{pair}`", key="--set")
        try:
            changes[key.strip()] = YAML(typ="safe", pure=True).load(value)
        except YAMLError:
            raise InputError.of(f"`{value}` is not YAML", key=key.strip()) from None
    return changes


def changed(economy: Economy, pairs: Iterable[str]) -> Economy:
    """The economy with `--set` options applied."""
    changes = settings(pairs)
    return economy.with_(changes) if changes else economy
