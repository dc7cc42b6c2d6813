"""`dirigiste fear`: the path of perceived enforcement that observed series imply."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dirigiste.cli import command_line, console, streams
from dirigiste.errors import InputError

if TYPE_CHECKING:
    from dirigiste.fit.chronicles.fear import Every

PERIODS = ("quarter", "half", "year")


@click.command()
@click.argument("chronicle", metavar="NAME|FILE")
@click.option(
    "--edge",
    "edges",
    multiple=True,
    metavar="EDGE",
    help="Enforcement edge whose perceived rate moves; may be repeated. Default: those that events move.",
)
@click.option(
    "--every", type=click.Choice(PERIODS), default="half", show_default=True, help="Length of a period."
)
@click.option("--from", "start", metavar="DATE", help="Beginning of the first period.")
@click.option("--until", "end", metavar="DATE", help="Last day on which a period may begin.")
@click.option(
    "--tau",
    type=click.FloatRange(0.0, min_open=True),
    default=0.5,
    show_default=True,
    help="Standard deviation of what beliefs are revised by in a year, in logs: the smoothness of the path.",
)
@click.option(
    "--se",
    "errors",
    multiple=True,
    metavar="SERIES=VALUE",
    help="Standard error of a series, in the unit in which it is compared; may be repeated. 0 leaves it out.",
)
@click.option(
    "--rounds", type=click.IntRange(0), default=4, show_default=True, help="Most rounds of Gauss-Newton."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Folder of results; default: fears/NAME, by the name of the chronicle.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--quiet", is_flag=True, help="Print nothing but results and errors.")
def command(
    chronicle: str,
    edges: tuple[str, ...],
    every: Every,
    start: str | None,
    end: str | None,
    tau: float,
    errors: tuple[str, ...],
    rounds: int,
    out: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Estimate how much enforcement owners perceived over time, from the observed series of a chronicle.

    What events change in perceived rates is taken out; in its place owners revise what they perceive at the
    beginning of every period, by what explains the series best. The figure shows perceived beside actual
    enforcement, with a band.
    """
    from dirigiste import chronicle as chronicles

    declared = chronicles.load(chronicle)
    first, last = _date(start, "--from"), _date(end, "--until")
    given = _errors(errors, list(declared.observed))
    folder = out or Path("fears") / declared.name
    problems = console.unwritable(folder, "--out", folder=True)
    from dirigiste.fit.chronicles.declaration import SeriesError
    from dirigiste.fit.chronicles.fear import fear
    from dirigiste.fit.chronicles.output import files, tables
    from dirigiste.results.archive import provenance

    series = {
        name: SeriesError(se=value) if value > 0.0 else SeriesError(weight=0.0)
        for name, value in given.items()
    }
    with provenance.command(command_line()), console.bar(quiet=quiet, what=declared.name) as report:
        result = fear(
            declared,
            edges=edges or None,
            every=every,
            start=first,
            end=last,
            tau=tau,
            series=series,
            rounds=rounds,
            progress=report,
        )
        if not problems:
            problems += console.attempt(lambda: files.save_fear(result, folder), folder)
    with streams.printing(problems):
        if as_json:
            console.print_json(files.fear_json(result))
        else:
            console.print_tables(tables.of_fear(result))
            if not problems:
                click.echo(f"\nResults {folder}")
    if not quiet and not result.fitted.ended:
        console.warn(["the search did not end by itself: raise --rounds"])
    if problems:
        raise InputError(problems)


def _date(text: str | None, key: str) -> dt.date | None:
    if text is None:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise InputError.of(f"must be a date such as 2021-01-01; got `{text}`", key=key) from None


def _errors(given: tuple[str, ...], known: list[str]) -> dict[str, float]:
    """Standard errors by series."""
    from dirigiste.documents.words import near

    result = {}
    for item in given:
        name, equals, value = item.partition("=")
        try:
            number = float(value)
        except ValueError:
            number = -1.0
        if not equals or not number >= 0.0:
            raise InputError.of(f"must be SERIES=VALUE with a value of 0 or more; got `{item}`", key="--se")
        if name not in known:
            raise InputError.of(
                f"the chronicle has no observed series `{name}`", key="--se", suggestion=near(name, known)
            )
        result[name] = number
    return result
