"""`dirigiste sensitivity`: how an equilibrium responds to its parameters, and a path to its numbers."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dirigiste.cli import console, streams
from dirigiste.errors import InputError
from dirigiste.numbers import minus

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr

    from dirigiste.chronicle import Chronicle
    from dirigiste.results.text.tables import Table

TIMES = (0.0, 1.0, 2.0, 5.0)
"""Years from the first event at which derivatives of a path are shown."""

ROWS = 40
"""Parameters that the table shows, unless all are asked for."""


@click.command()
@click.argument("name", metavar="FILE|NAME")
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
    help="Parameter or pattern, such as `edges.*.actual`; of a chronicle also its numbers, such as "
    "`scale fear`; may be repeated.",
)
@click.option(
    "--set", "changes", multiple=True, metavar="PATH=VALUE", help="Change a parameter; may be repeated."
)
@click.option("--all", "every", is_flag=True, help=f"Show all parameters, not just the first {ROWS}.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--csv", type=click.Path(path_type=Path), metavar="FILE", help="Write a long table as CSV.")
@click.option(
    "--figure",
    type=click.Path(path_type=Path),
    metavar="FILE.png",
    help="Draw the elasticities of an equilibrium.",
)
@console.at
@click.option("--quiet", is_flag=True, help="Print nothing but results and errors.")
def command(
    name: str,
    names: tuple[str, ...],
    wrt: tuple[str, ...],
    changes: tuple[str, ...],
    every: bool,
    as_json: bool,
    csv: Path | None,
    figure: Path | None,
    at: str | None,
    quiet: bool,
) -> None:
    """Derivatives of outcomes of a stationary equilibrium in its parameters, or of the path of a chronicle in
    its numbers.

    Of an equilibrium they are exact to rounding, by the implicit function theorem; elasticities say by how
    many percent an outcome changes if a parameter rises by one percent. Those marked `*` have a kink: the
    derivatives to the left and to the right differ. Of a path they are shown at the times of --at.
    """
    from dirigiste.economy import Economy
    from dirigiste.loading import load

    loaded = load(name)
    if not isinstance(loaded, Economy):
        if figure is not None:
            raise InputError.of("is for equilibria; of a chronicle use --csv", key="--figure")
        economy = console.changed(loaded.baseline, changes)
        chronicle = loaded.on(economy) if changes else loaded
        _along_path(chronicle, names, wrt, console.years(at) or TIMES, csv, as_json=as_json, quiet=quiet)
        return
    if at is not None:
        raise InputError.of("is for chronicles: an equilibrium has no dates", key="--at")
    declared = console.changed(loaded, changes)
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


def _along_path(
    chronicle: Chronicle,
    names: tuple[str, ...],
    wrt: tuple[str, ...],
    times: Sequence[float],
    csv: Path | None,
    *,
    as_json: bool,
    quiet: bool,
) -> None:
    """Derivatives of the path of a chronicle."""
    problems = console.unwritable(csv, "--csv")
    from dirigiste.results.runs.sensitivity import STANDARD, path_sensitivity

    options: dict[str, Any] = {"wrt": wrt} if wrt else {}
    with console.bar(quiet=quiet, what=chronicle.name) as report:
        result = path_sensitivity(chronicle, names or STANDARD, progress=report, **options)
    if csv is not None and not problems:
        frame = result["derivative"].to_dataframe().reset_index()
        problems += console.attempt(lambda: frame.to_csv(csv, index=False), csv)
    with streams.printing(problems):
        if as_json:
            console.print_json(_path_json(result))
        else:
            console.print_tables(_path_tables(result, times))
    if problems:
        raise InputError(problems)


def _path_json(result: xr.Dataset) -> dict[str, object]:
    """Derivatives at every step, by outcome and number."""
    from dirigiste.results.equilibria.equilibrium import plain

    return {
        "chronicle": result.attrs["chronicle"],
        "time": result["time"].values.tolist(),
        "numbers": {
            str(number): {"value": float(value), "unit": str(unit), "left": float(left)}
            for number, value, unit, left in zip(
                *(result[x].values for x in ("size", "size_value", "size_unit", "left")), strict=True
            )
        },
        "derivatives": {
            str(outcome): {
                str(number): plain(result["derivative"].sel(outcome=outcome, size=number).values.tolist())
                for number in result["size"].values
            }
            for outcome in result["outcome"].values
        },
    }


def _path_tables(result: xr.Dataset, times: Sequence[float]) -> list[Table]:
    """A table for each outcome: elasticities of numbers at some times."""
    from dirigiste.results.text.tables import Table

    steps = [int(abs(result["time"].values - time).argmin()) for time in times]
    tables = []
    for i, outcome in enumerate(result["outcome"].values):
        rows = []
        for j, number in enumerate(result["size"].values):
            size = float(result["size_value"].values[j])
            cells = []
            for t in steps:
                value = float(result["value"].values[t, i])
                slope = float(result["derivative"].values[t, i, j])
                cells.append(_cell(slope * size / value if value else math.nan, kink=False))
            rows.append((str(number), f"{size:.4g}", *cells))
        title = f"{outcome}: percent by which it is higher if a number is one percent higher"
        header = ("", "value", *(f"{time:g} years" for time in times))
        tables.append(Table(title, header, rows))
    return tables


def _json(result: xr.Dataset) -> dict[str, object]:
    """Plain numbers, None where one has no meaning."""
    from dirigiste.results.equilibria.equilibrium import plain

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
