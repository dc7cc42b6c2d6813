"""What commands that turn one file of firms into another share: options, printing, writing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from dirigiste.cli import console, streams
from dirigiste.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import polars as pl

    from dirigiste.errors import Problem
    from dirigiste.measurement.files.source import Form
    from dirigiste.measurement.output.table import Table

WARNING: Final = "warning: "
"""How notes begin that are printed in any case."""

OPTIONS: Final = (
    click.option("--encoding", metavar="NAME", help="Of text and old Stata files that are not UTF-8."),
    click.option("--separator", metavar="SIGN", help="Between fields of text files; default: detected."),
    click.option("--decimal", type=click.Choice([".", ","]), help="Sign before decimals; default: detected."),
    click.option("--sheet", metavar="NAME", help="Of an Excel file; default: the first table."),
    click.option("--skip", type=click.IntRange(min=0), metavar="LINES", help="Lines above the header."),
    click.option(
        "--out",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="File to write: .csv, .parquet or .dta; without it the log alone is printed.",
    ),
    click.option("--json", "as_json", is_flag=True, help="Print the log as one JSON object."),
    click.option("--quiet", is_flag=True, help="Print nothing but warnings and errors."),
)
"""Options of both: how the file is written, and what becomes of the result."""


def options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add `OPTIONS` to a command."""
    for option in reversed(OPTIONS):
        function = option(function)
    return function


def form(given: Mapping[str, Any]) -> Form:
    """How the file is written, as the options say."""
    from dirigiste.measurement.files.source import Form

    sign = given["separator"]
    sign = "\t" if sign in ("\\t", "tab") else sign
    return Form(sign, given["decimal"], given["encoding"], given["sheet"], given["skip"])


def check(file: Path, given: Mapping[str, Any]) -> list[Problem]:
    """Say before anything is read whether the result can be written.

    Raises:
        InputError: The format is unknown, or the file itself would be replaced.
    """
    out = given["out"]
    if out is None:
        return []
    from dirigiste.measurement.output.render.files import frame_kind

    frame_kind(out)
    if out.resolve() == file.resolve():
        message = "would replace the file of firms; choose another file"
        raise InputError.of(message, key="--out", file=str(out))
    return console.unwritable(out, "--out", replaced=False)


def finish(
    frame: pl.DataFrame,
    tables: Iterable[Table],
    notes: Iterable[str],
    given: Mapping[str, Any],
    problems: list[Problem],
    *,
    title: str,
    labels: Mapping[str, str],
    following: str,
) -> None:
    """Write the rows, print the log and what to do next.

    Raises:
        InputError: Something could not be written or printed.
    """
    out: Path | None = given["out"]
    written = out is not None and not problems
    if written:
        from dirigiste.measurement.output.render.files import frame_kind, write_frame
        from dirigiste.measurement.preparation.rows import typed

        assert out is not None  # as `written` says
        console.replacing(out, "--out")
        whole = frame if frame_kind(out) == "csv" else typed(frame)
        fault = console.attempt(lambda: write_frame(whole, out, labels, title), out)
        problems += fault
        written = not fault
    with streams.printing(problems):
        if given["as_json"]:
            console.print_json(
                {
                    "notes": list(notes),
                    "tables": {table.name: table.frame.to_dicts() for table in tables},
                    "out": str(out) if written else None,
                }
            )
        elif given["quiet"]:
            console.warn(note.removeprefix(WARNING) for note in notes if note.startswith(WARNING))
        else:
            _print(tables, notes)
            if written:
                click.echo(f"\nWrote {out}: {frame.height:,} rows\nnext: {following}")
    if problems:
        raise InputError(problems)


def _print(tables: Iterable[Table], notes: Iterable[str]) -> None:
    from dirigiste.measurement.output.render import terminal

    for note in notes:
        click.echo(note)
    for table in tables:
        click.echo("\n" + terminal.plain(table))
