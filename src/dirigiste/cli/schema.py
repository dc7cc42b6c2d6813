"""`dirigiste schema`: JSON Schemas for editors and readers of results."""

from __future__ import annotations

import click

from dirigiste.cli import console


@click.command()
@click.option("--chronicle", is_flag=True, help="Of chronicle files.")
@click.option("--output", is_flag=True, help="Of what `solve --json` prints.")
def command(chronicle: bool, output: bool) -> None:
    """Print the JSON Schema of economy files, of chronicle files, or of results."""
    if chronicle and output:
        raise click.UsageError("give one of --chronicle and --output")
    if output:
        from dirigiste.results.archive.json_schema import json_schema
    elif chronicle:
        from dirigiste.results.archive.json_schema import chronicle_schema as json_schema
    else:
        from dirigiste.economy import json_schema
    console.print_json(json_schema())
