"""`dirigiste explain`: what a parameter, or a number of the results, is."""

from __future__ import annotations

import click


@click.command()
@click.argument("path")
def command(path: str) -> None:
    """Explain a parameter (a dotted path such as `statuses.collateral`), a key of chronicles (such as
    `beliefs.half_life`) or a number of the results (such as `silence`).
    """
    from dirigiste import chronicle, economy
    from dirigiste.errors import InputError
    from dirigiste.results.quantities import measures

    paragraphs = measures.explain(path)
    own = {*chronicle.Chronicle.model_fields} - {*economy.Economy.model_fields}
    explain = chronicle.explain if path.partition(".")[0] in own else economy.explain
    try:
        paragraphs.insert(0, explain(path))
    except InputError:
        if not paragraphs:
            raise
    click.echo("\n".join(paragraphs))
