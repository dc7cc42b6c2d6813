"""`dirigiste schema`: JSON Schemas for editors and readers of results."""

from __future__ import annotations

import click

from dirigiste.cli import console

KINDS = ("economy", "chronicle", "sweep", "calibration", "output")
"""What there are schemas of."""


@click.command()
@click.argument("what", required=False, type=click.Choice(KINDS), metavar=f"[{'|'.join(KINDS)}]")
@click.option("--chronicle", is_flag=True, help="Of chronicle files.")
@click.option("--calibration", is_flag=True, help="Of calibration files.")
@click.option("--output", is_flag=True, help="Of what `solve --json` prints.")
def command(what: str | None, chronicle: bool, calibration: bool, output: bool) -> None:
    """Print the JSON Schema of files: economies, chronicles, sweeps, calibrations; or of results."""
    if chronicle + calibration + output + (what is not None) > 1:
        raise click.UsageError(f"give one of {', '.join(KINDS)}, --chronicle, --calibration and --output")
    if what == "sweep":
        from dirigiste.sweep import json_schema
    elif calibration or what == "calibration":
        from dirigiste.fit.moments.schema import json_schema
    elif output or what == "output":
        from dirigiste.results.archive.json_schema import json_schema
    elif chronicle or what == "chronicle":
        from dirigiste.results.archive.json_schema import chronicle_schema as json_schema
    else:
        from dirigiste.economy import json_schema
    console.print_json(json_schema())
