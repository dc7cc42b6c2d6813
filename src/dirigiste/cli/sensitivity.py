"""`dirigiste sensitivity`: how outcomes of an equilibrium respond to its parameters."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dirigiste.cli import console, streams
from dirigiste.errors import InputError
from dirigiste.numbers import minus

if TYPE_CHECKING:
    import xarray as xr

    from dirigiste.results.text.tables import Table

ROWS = 40
"""Parameters that the table shows, unless all are asked for."""


@click.command()
@click.argument("economy", metavar="FILE|NAME")
@click.option(
    "--of",
    "names",
    multiple=True,
    metavar="OUTCOME",
    help="Outcome or pattern, such as `output` or `credit[*]`; may be repeated.",
)
@click.option(
    "--wrt",
    multiple=True,
    metavar="PARAMETER",
    help="Parameter or pattern, such as `edges.*.actual`; may be repeated.",
)
@click.option(
    "--set", "changes", multiple=True, metavar="PATH=VALUE", help="Change a parameter; may be repeated."
)
@click.option("--all", "every", is_flag=True, help=f"Show all parameters, not just the first {ROWS}.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--csv", type=click.Path(path_type=Path), metavar="FILE", help="Write a long table as CSV.")
@click.option("--figure", type=click.Path(path_type=Path), metavar="FILE.png", help="Draw the elasticities.")
@click.option("--quiet", is_flag=True, help="Print nothing but results and errors.")
def command(
    economy: str,
    names: tuple[str, ...],
    wrt: tuple[str, ...],
    changes: tuple[str, ...],
    every: bool,
    as_json: bool,
    csv: Path | None,
    figure: Path | None,
    quiet: bool,
) -> None:
    """Derivatives of outcomes of a stationary equilibrium in its parameters.

    Exact to rounding, by the implicit function theorem; elasticities say by how many percent an outcome
    changes if a parameter rises by one percent. Those marked `*` have a kink: the derivatives to the left and
    to the right differ.
    """
    from dirigiste import economy as economies

    declared = console.changed(economies.load(economy), changes)
    if figure is not None and figure.suffix.lower() != ".png":
        raise InputError.of(f"is a PNG file; got `{figure}`", key="--figure")
    problems = console.unwritable(csv, "--csv") + console.unwritable(figure, "--figure")
    from dirigiste.results.equilibria.sensitivity import STANDARD, sensitivity

    with console.progress(quiet=quiet, what=declared.name) as report:
        result = sensitivity(declared, names or STANDARD, wrt=wrt or ("*",), progress=report)
    if csv is not None and not problems:
        frame = result.to_dataframe().reset_index()
        problems += console.attempt(lambda: frame.to_csv(csv, index=False), csv)
    if figure is not None and not problems:
        from dirigiste.report.drawing import elasticities

        problems += console.attempt(lambda: figure.write_bytes(elasticities.png(result)), figure)
    with streams.printing(problems):
        if as_json:
            console.print_json(_json(result))
        else:
            console.print_tables([_table(result, None if every else ROWS)])
    if problems:
        raise InputError(problems)


def _json(result: xr.Dataset) -> dict[str, object]:
    """Plain numbers, None where one has no meaning."""

    def plain(value: float) -> float | None:
        return float(value) if math.isfinite(value) else None

    rows = [
        {
            "outcome": str(outcome),
            "parameter": str(parameter),
            "derivative": plain(float(result["derivative"].values[i, j])),
            "elasticity": plain(float(result["elasticity"].values[i, j])),
            "kink": bool(result["kink"].values[i, j]),
        }
        for i, outcome in enumerate(result["outcome"].values)
        for j, parameter in enumerate(result["parameter"].values)
    ]
    def named(dimension: str, values: str) -> dict[str, object]:
        columns = (result[name].values for name in (dimension, values, f"{dimension}_unit"))
        return {
            str(name): {"value": plain(float(value)), "unit": str(unit)}
            for name, value, unit in zip(*columns, strict=True)
        }

    return {
        "economy": result.attrs["economy"],
        "outcomes": named("outcome", "value"),
        "parameters": named("parameter", "parameter_value"),
        "fixed": list(result.attrs["fixed"]),
        "sensitivity": rows,
    }


def _cell(elasticity: float, kink: bool) -> str:
    return minus(f"{elasticity:.4f}") + "*" * kink if math.isfinite(elasticity) else ""


def _table(result: xr.Dataset, most: int | None) -> Table:
    """Elasticities, parameters as rows by the largest one, outcomes as columns."""
    from dirigiste.report.figure_data.elasticities import order
    from dirigiste.results.text.tables import Table

    rows = order(result)
    shown = rows[:most]
    elasticity, kink = result["elasticity"].values, result["kink"].values
    columns = [str(name) for name in result["outcome"].values]
    cells = [
        (
            str(result["parameter"].values[j]),
            f"{float(result['parameter_value'].values[j]):.4g}",
            *(_cell(float(elasticity[i, j]), bool(kink[i, j])) for i in range(len(columns))),
        )
        for j in shown
    ]
    title = f"Elasticities: percent by which an outcome of {result.attrs['economy']} rises for one percent"
    if len(rows) > len(shown):
        title += f" (the largest {len(shown)} of {len(rows)}; --all shows the rest)"
    return Table(title, ("parameter", "value", *columns), cells)
