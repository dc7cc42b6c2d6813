"""`dirigiste frontier`: the efficient edge between goals over policy instruments."""

from __future__ import annotations

from pathlib import Path

import click

from dirigiste.cli import console, streams
from dirigiste.errors import InputError


@click.command()
@click.argument("economy", metavar="FILE|NAME")
@click.option(
    "--instruments",
    multiple=True,
    required=True,
    metavar="PATH[:low:high],…",
    help="Parameters that policy sets, within bounds; may be repeated. Without bounds: half to twice.",
)
@click.option(
    "--goals",
    "of",
    default="control,output",
    show_default=True,
    metavar="GOAL,GOAL[,GOAL]",
    help="Outcomes of which more is wanted, or arithmetic of them; the second is what the others cost.",
)
@click.option(
    "--points", type=click.IntRange(2), help="Levels along the edge (11), or of each goal of a surface (5)."
)
@click.option(
    "--at", "levels", metavar="LEVEL,…", help="Levels of the first of two goals, in place of even ones."
)
@click.option(
    "--within",
    type=float,
    default=5.0,
    show_default=True,
    help="Of a chronicle: years after the first event at which goals are taken.",
)
@click.option(
    "--rate", type=float, help="Of a chronicle: discount rate of the second goal; default: the owners' own."
)
@click.option(
    "--starts",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Searches from other places besides.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Shift of these places.")
@click.option(
    "--covariance",
    type=click.Path(path_type=Path, exists=True),
    metavar="FILE",
    help="calibration.json of a calibration, for standard errors of implied weights.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Folder that keeps what was solved; a frontier that was stopped goes on there.",
)
@click.option(
    "--set", "changes", multiple=True, metavar="PATH=VALUE", help="Change a parameter; may be repeated."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--csv", type=click.Path(path_type=Path), metavar="FILE", help="Write the points as CSV.")
@click.option("--figure", type=click.Path(path_type=Path), metavar="FILE.png", help="Draw the frontier.")
@click.option("--quiet", is_flag=True, help="Print nothing but results and errors.")
def command(
    economy: str,
    instruments: tuple[str, ...],
    of: str,
    points: int | None,
    levels: str | None,
    within: float,
    rate: float | None,
    starts: int,
    seed: int,
    covariance: Path | None,
    out: Path | None,
    changes: tuple[str, ...],
    as_json: bool,
    csv: Path | None,
    figure: Path | None,
    quiet: bool,
) -> None:
    """The efficient edge between goals over policy instruments, and what one goal costs of another.

    Also where the economy lies, and for which weights on goals its instruments would be best. It describes a
    trade-off in the model and advises nothing; see docs/frontier.md.
    """
    from dirigiste import loading
    from dirigiste.chronicle import Chronicle

    declared = loading.load(economy)
    if isinstance(declared, Chronicle):
        if changes:
            declared = declared.on(console.changed(declared.baseline, changes))
    else:
        declared = console.changed(declared, changes)
    if figure is not None and figure.suffix.lower() != ".png":
        raise InputError.of(f"is a PNG file; got `{figure}`", key="--figure")
    problems = console.unwritable(csv, "--csv") + console.unwritable(figure, "--figure")
    problems += console.unwritable(out, "--out", folder=True)
    from dirigiste.frontiers.compute import frontier
    from dirigiste.frontiers.output import tables

    wanted = [name for text in instruments for name in console.names(text) or []]
    with console.bar(quiet=quiet, what=declared.name) as report:
        result = frontier(
            declared,
            wanted,
            console.names(of) or [],
            points=points,
            levels=_levels(levels),
            within=within,
            rate=rate,
            starts=starts,
            seed=seed,
            covariance=covariance,
            folder=None if problems else out,
            progress=report,
        )
    if csv is not None and not problems:
        problems += console.attempt(lambda: result.save_csv(csv), csv)
    if figure is not None and not problems:
        problems += console.attempt(lambda: figure.write_bytes(result.png()), figure)
    with streams.printing(problems):
        if as_json:
            console.print_json(result.to_json())
        else:
            click.echo(tables.heading(result))
            if result.about:
                click.echo(result.about)
            console.print_tables(result.tables())
    if problems:
        raise InputError(problems)


def _levels(text: str | None) -> list[float] | None:
    given = console.names(text)
    if given is None:
        return None
    try:
        return [float(item) for item in given]
    except ValueError:
        raise InputError.of(f"must be numbers with commas between; got `{text}`", key="--at") from None
