"""`dirigiste explain`: what a parameter, or a number of the results, is."""

from __future__ import annotations

import click


@click.command()
@click.argument("path")
def command(path: str) -> None:
    """Explain a parameter (a dotted path such as `statuses.collateral`) or a number of the results (such
    as `silence`).
    """
    from dirigiste.economy import explain
    from dirigiste.errors import InputError
    from dirigiste.results import measures

    told = measures.explain(path)
    try:
        told.insert(0, explain(path))
    except InputError:
        if not told:
            raise
    click.echo("\n".join(told))
