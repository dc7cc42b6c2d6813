"""`dirigiste link`: firms over years by several identifiers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from dirigiste.cli import firm_files


@click.command(
    epilog="Identifiers are tried in the order given. Of several columns all must agree: --by "
    "phone,industry; region:4 means the first four characters. See docs/measure.md."
)
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@click.option(
    "--by",
    multiple=True,
    required=True,
    metavar="COLUMN[,COLUMN]",
    help="Identifier; repeat for the next ones, such as --by id --by name --by phone,industry.",
)
@click.option("--year", default="year", show_default=True, metavar="COLUMN", help="Year.")
@click.option(
    "--window",
    type=int,
    default=3,
    show_default=True,
    metavar="YEARS",
    help="Years that a link may span, both ends counted: 2 adjacent years only, 3 heals gaps of a year.",
)
@click.option(
    "--name", default="panel_id", show_default=True, metavar="COLUMN", help="Name of the column of firms."
)
@firm_files.options
def command(file: Path, by: tuple[str, ...], year: str, window: int, name: str, **given: Any) -> None:  # noqa: ANN401
    """Link firms over years by several identifiers, one after the other.

    After Brandt, Van Biesebroeck and Zhang (2012): first all adjacent years, then over gaps. Ambiguous
    matches are refused and counted. The rows get the columns panel_id, linked_by and linked_from.
    """
    from dirigiste.measurement.preparation.linking import link_firms

    problems = firm_files.check(file, given)
    linked = link_firms(file, by=by, year=year, window=window, name=name, form=firm_files.form(given))
    firm_files.finish(
        linked.frame,
        linked.tables.values(),
        linked.notes,
        given,
        problems,
        title=f"Firms of {file.name} linked by {', then '.join(by)}",
        labels={
            **linked.labels,
            name: "Firm over years",
            "linked_by": "Identifier of the link",
            "linked_from": "Year linked to",
        },
        following=f"dirigiste measure {given['out']} --year {year} --id {name} ...",
    )
