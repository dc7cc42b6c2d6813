"""What commands share: tables on stdout, progress on stderr, `--set` options, JSON."""

from __future__ import annotations

import contextlib
import json
import math
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dirigiste.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from dirigiste.economy import Economy
    from dirigiste.progress import Progress
    from dirigiste.results.text.tables import Table


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
    click.echo(json_text(data))


def json_text(data: object) -> str:
    """One JSON object as text; numbers have to be finite."""
    return json.dumps(data, ensure_ascii=False, indent=2, allow_nan=False)


def print_tables(tables: Iterable[Table]) -> None:
    """Tables on stdout: drawn on a terminal, plain text elsewhere."""
    if not sys.stdout.isatty():
        from dirigiste.results.text.tables import as_text

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


def print_files(results: Path, report: Path | None) -> None:
    """Where the report, if there is one, and the data of a run are."""
    if report is not None:
        click.echo(f"Report {report}")
    click.echo(f"Data   {results}")


@contextlib.contextmanager
def progress(*, quiet: bool, what: str) -> Iterator[Progress | None]:
    """A line of progress on stderr, only if that is a terminal and nobody asked for quiet."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console

    from dirigiste import config

    config.ensure()  # has a line of its own
    with Console(stderr=True).status(f"{what}: starting") as status:

        def report(stage: str, round_: int, residual: float) -> None:
            status.update(state(what, stage, round_, residual))

        yield report


@contextlib.contextmanager
def bar(*, quiet: bool, what: str) -> Iterator[Progress | None]:
    """A progress bar on stderr, only if that is a terminal and nobody asked for quiet.

    It fills as stages say how far they are (`surprise 2 of 6`, `set 5 of 64 · path 41 of 590`).
    """
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    from dirigiste import config

    config.ensure()  # has a line of its own
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=24), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as drawn:
        task = drawn.add_task(f"{what}: starting", total=None)

        def report(stage: str, round_: int, residual: float) -> None:
            done, total = part(stage)
            drawn.update(task, description=state(what, stage, round_, residual), completed=done, total=total)

        yield report


def state(what: str, stage: str, round_: int, residual: float) -> str:
    """What a line of progress says; rounds and residuals only where there are any."""
    rounds = f", round {round_}" if round_ else ""
    return f"{what}: {stage}{rounds}" + ("" if math.isnan(residual) else f", largest residual {residual:.1e}")


def part(stage: str) -> tuple[int, int | None]:
    """How much of a stage is done, and of how many, as its name says last; 0 of unknown if it does not."""
    counts = re.findall(r"(\d+) of (\d+)", stage)
    return (int(counts[-1][0]) - 1, int(counts[-1][1])) if counts else (0, None)


def names(text: str | None) -> list[str] | None:
    """Names from an option, with commas between; None where it was not given."""
    return None if text is None else [name.strip() for name in text.split(",") if name.strip()]


def years(text: str | None) -> list[float] | None:
    """Numbers of years from the option `--at`, with commas between; None where it was not given.

    Raises:
        InputError: One is no number of 0 or more.
    """
    given = names(text)
    if given is None:
        return None
    numbers = []
    for item in given:
        try:
            value = float(item)
        except ValueError:
            value = math.nan
        if not 0.0 <= value < math.inf:
            message = (
                f"must be years from the first event, numbers of 0 or more with commas between; got `{item}`"
            )
            raise InputError.of(message, key="--at")
        numbers.append(value)
    if not numbers:
        raise InputError.of("holds no number of years", key="--at")
    return numbers


at = click.option(
    "--at",
    metavar="YEARS",
    help="Years from the first event to show, such as 0,1,2,5,10; default: those and the end.",
)
"""The option `--at YEARS`."""


def warn(messages: Iterable[str]) -> None:
    """Warnings on stderr."""
    for message in messages:
        click.echo(f"warning: {message}", err=True)


def unwritable(
    path: Path | None, option: str, *, folder: bool = False, replaced: bool = True
) -> list[Problem]:
    """Say, before anything is computed, whether what an option names cannot be written, or is replaced;
    without `replaced` the latter is left to `replacing`.

    Returns:
        The problem, if there is one; results are printed all the same, and it is reported again in the end.
    """
    if path is None:
        return []
    from dirigiste.outputs import obstacle

    problem = obstacle(path, folder=folder)
    if problem is not None:
        warn([f"{option} {path}: {problem}; nothing is written there"])
        return [Problem(str(path), 0, 0, option, f"{problem}; name another place")]
    if replaced:
        replacing(path, option)
    return []


def replacing(path: Path, option: str) -> None:
    """Say that a file takes the place of another."""
    if path.is_file():
        warn([f"{option} {path}: exists and is replaced"])


def attempt(write: Callable[[], object], path: Path) -> list[Problem]:
    """Write something; where that fails, the problems, so that results can be printed all the same."""
    try:
        write()
    except InputError as error:
        return list(error.problems)
    except OSError as error:
        return [Problem(str(path), 0, 0, "", f"cannot be written: {error.strerror or error}")]
    return []


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
