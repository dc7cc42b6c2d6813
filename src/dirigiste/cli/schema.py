"""`dirigiste schema`: JSON Schemas for editors and readers of results."""

from __future__ import annotations

import click

from dirigiste.cli import console


@click.command()
@click.option("--chronicle", is_flag=True, help="Of chronicle files.")
@click.option("--calibration", is_flag=True, help="Of calibration files.")
@click.option("--output", is_flag=True, help="Of what `solve --json` prints.")
def command(chronicle: bool, calibration: bool, output: bool) -> None:
    """Print the JSON Schema of economy files, of chronicle or calibration files, or of results."""
    if chronicle + calibration + output > 1:
        raise click.UsageError("give one of --chronicle, --calibration and --output")
    if calibration:
        from dirigiste.fit.moments.schema import json_schema
    elif output:
        from dirigiste.results.archive.json_schema import json_schema
    elif chronicle:
        from dirigiste.results.archive.json_schema import chronicle_schema as json_schema
    else:
        from dirigiste.economy import json_schema
    console.print_json(json_schema())
