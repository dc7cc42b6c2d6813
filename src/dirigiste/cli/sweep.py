"""`dirigiste sweep`: many solutions of an economy or a chronicle, and what they show."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dirigiste.cli import command_line, console, streams
from dirigiste.errors import InputError

if TYPE_CHECKING:
    from dirigiste.sweep.analysis import Indices, Kept, Surrogate
    from dirigiste.sweep.executors.local import Executor
    from dirigiste.sweep.model import Sweep
    from dirigiste.sweep.running import Result


class _Group(click.Group):
    """`sweep FILE` runs a sweep; a word of the group goes before a file of that name."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `run` before arguments that begin with no command."""
        if args and args[0] not in (*self.commands, "--help", "-h"):
            args = ["run", *args]
        return super().parse_args(ctx, args)


@click.group(name="sweep", cls=_Group)
def command() -> None:
    """Solve many points: `dirigiste sweep SWEEP.yaml` runs a sweep, or goes on with one that was ended."""


@command.command(name="run")
@click.argument("file", metavar="SWEEP.yaml")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Folder of the sweep; default: sweeps/NAME. One that was ended is gone on with.",
)
@click.option("--processes", type=click.IntRange(1), metavar="N", help="Solve in N processes.")
@click.option(
    "--cluster",
    metavar="ADDRESS|FILE",
    help="Solve on a Dask cluster: tcp://host:port, or a YAML file for dask-jobqueue.",
)
@click.option("--shard", metavar="I/N", help="Solve the I-th of N parts, as for an array of jobs.")
@click.option("--csv", type=click.Path(path_type=Path), metavar="FILE", help="Also write the table as CSV.")
@click.option("--dry-run", is_flag=True, help="Only say what would be solved.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--quiet", is_flag=True, help="Print nothing but the folder and errors.")
def run_(
    file: str,
    out: Path | None,
    processes: int | None,
    cluster: str | None,
    shard: str | None,
    csv: Path | None,
    dry_run: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Run a sweep, or go on with one that was ended; see docs/sweep.md."""
    from dirigiste.sweep import loader
    from dirigiste.sweep.executors.local import parsed_shard

    sweep = loader.load(file)
    part = (1, 1) if shard is None else parsed_shard(shard)
    if processes is not None and cluster is not None:
        raise InputError.of("goes without `--cluster`, whose workers are processes", key="--processes")
    executor = _executor(processes, cluster)
    if dry_run:
        _planned(sweep, as_json)
        return
    if not quiet:
        for declared in sweep.subjects.values():
            console.warn(str(problem) for problem in declared.warnings())
    problems = console.unwritable(csv, "--csv")
    from dirigiste.sweep import running

    try:
        with console.bar(quiet=quiet or as_json, what=sweep.name) as progress:
            result = running.run(
                sweep, out, executor=executor, shard=part, progress=progress, command=command_line()
            )
    except KeyboardInterrupt:
        click.echo("what is solved is kept; the same command goes on with it", err=True)
        raise
    frame = result.read() if result.there else None
    if csv is not None and not problems and frame is not None:
        text = frame.drop("seconds", "processor").write_csv()
        problems += console.attempt(lambda: csv.write_text(text, encoding="utf-8"), csv)
    failed = 0 if frame is None else int((~frame["solved"]).sum())
    with streams.printing(problems):
        if as_json:
            console.print_json(_json(result, failed))
        elif quiet:
            click.echo(str(result.folder))
        else:
            _print(sweep, result, failed)
    if problems:
        raise InputError(problems)


def _executor(processes: int | None, cluster: str | None) -> Executor | None:
    if cluster is not None:
        from dirigiste.sweep.executors.cluster import Cluster, jobs

        return Cluster(cluster) if "://" in cluster else Cluster(asked=jobs(Path(cluster)))
    if processes is not None:
        from dirigiste.sweep.executors.local import Processes

        return Processes(processes)
    return None


def _planned(sweep: Sweep, as_json: bool) -> None:
    plan = {
        "name": sweep.name,
        "kind": sweep.kind,
        "design": sweep.design,
        "points": len(sweep.rows),
        "chains": len(sweep.chains),
        "axes": list(sweep.columns),
        "outcomes": [outcome.column for outcome in sweep.kept],
    }
    if as_json:
        console.print_json(plan)
        return
    click.echo(
        f"{sweep.name}: {plan['points']:,} points in {plan['chains']:,} chains; axes "
        f"{', '.join(sweep.columns)}; outcomes {', '.join(outcome.column for outcome in sweep.kept)}"
    )


def _json(result: Result, failed: int) -> dict[str, Any]:
    return {
        "folder": str(result.folder),
        "table": None if result.table is None else str(result.table),
        "points": result.points,
        "there": result.there,
        "before": result.before,
        "solved": result.solved,
        "failed": failed,
        "seconds": result.seconds,
    }


def _print(sweep: Sweep, result: Result, failed: int) -> None:
    click.echo(
        f"{sweep.name}: {result.there:,} of {result.points:,} points are there, "
        f"{result.solved:,} of them solved now in {result.seconds:.1f} s"
    )
    if failed:
        them = "1 of them has" if failed == 1 else f"{failed:,} of them have"
        click.echo(f"{them} no solution; the column `reason` says why")
    if result.table is None:
        click.echo("Other parts are missing; the last one to end writes the table")
    else:
        click.echo(f"Table  {result.table}")


@command.command(name="show")
@click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path))
@click.option("--of", "names", multiple=True, metavar="OUTCOME", help="Outcome; may be repeated; else all.")
@click.option("--axes", metavar="ACROSS,UP", help="Axes of maps; default: the first two with numbers.")
@click.option(
    "--figures",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Draw maps, slices and parallel coordinates of every outcome as PNG.",
)
@click.option(
    "--surrogate", type=click.Path(path_type=Path), metavar="FILE.json", help="Write the surrogates."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def show(
    folder: Path,
    names: tuple[str, ...],
    axes: str | None,
    figures: Path | None,
    surrogate: Path | None,
    as_json: bool,
) -> None:
    """What a sweep shows: its outcomes, Sobol indices, surrogates with their errors, and figures."""
    from dirigiste.sweep import running
    from dirigiste.sweep.analysis import Kept, fit, indices
    from dirigiste.sweep.store import MANIFEST

    below = running.ROOT / folder
    place = below if not (folder / MANIFEST).is_file() and (below / MANIFEST).is_file() else folder
    kept = Kept.open(place)
    chosen = kept.chosen(names)
    across = _pair(kept, axes)
    problems = console.unwritable(surrogate, "--surrogate")
    problems += console.unwritable(figures, "--figures", folder=True)
    fitted, shares, notes = {}, {}, []
    for outcome in chosen:
        try:
            fitted[outcome] = fit(kept, outcome)
            shares[outcome] = indices(kept, outcome)
        except InputError as error:
            notes += [fault.message for fault in error.problems]
    if surrogate is not None and not problems:
        objects = {name: one.to_json() for name, one in fitted.items()}
        text = console.json_text({"sweep": kept.name, "axes": kept.manifest["axes"], "surrogates": objects})
        problems += console.attempt(lambda: surrogate.write_text(text, encoding="utf-8"), surrogate)
    drawn = [] if figures is None or problems else _draw(kept, chosen, across, figures, notes)
    with streams.printing(problems):
        if as_json:
            console.print_json(_shown(kept, chosen, fitted, shares, drawn))
        else:
            _print_kept(kept, chosen, fitted, shares)
            for path in drawn:
                click.echo(f"Figure {path}")
            console.warn(dict.fromkeys(notes))
    if problems:
        raise InputError(problems)


def _pair(kept: Kept, text: str | None) -> tuple[str | None, str | None]:
    """Axes of maps.

    Raises:
        InputError: There are none of these names.
    """
    from dirigiste.documents.words import near, one_of

    given = console.names(text)
    if given is None:
        return None, None
    if len(given) != 2:
        raise InputError.of(f"must be two names with a comma between; got `{text}`", key="--axes")
    for name in given:
        if name not in kept.axes:
            message = f"there is no axis `{name}`; there are {one_of(kept.axes)}"
            raise InputError.of(message, key="--axes", suggestion=near(name, list(kept.axes)))
    return given[0], given[1]


def _draw(
    kept: Kept, chosen: list[str], across: tuple[str | None, str | None], folder: Path, notes: list[str]
) -> list[Path]:
    from dirigiste.results.archive.folders import slug
    from dirigiste.sweep.analysis import figures

    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for outcome in chosen:
        kinds = {
            "map": lambda outcome=outcome: figures.heat_map(kept, outcome, *across),
            "slices": lambda outcome=outcome: figures.slices(kept, outcome),
            "parallel": lambda outcome=outcome: figures.parallel(kept, outcome),
        }
        for kind, draw in kinds.items():
            path = folder / f"{kind}-{slug(outcome)}.png"
            try:
                path.write_bytes(figures.png(draw()))
            except InputError as error:
                notes += [f"no {kind} of {outcome}: {fault.message}" for fault in error.problems]
            else:
                written.append(path)
    return written


def _shown(
    kept: Kept,
    chosen: list[str],
    fitted: dict[str, Surrogate],
    shares: dict[str, Indices],
    drawn: list[Path],
) -> dict[str, Any]:
    from dirigiste.results.equilibria.equilibrium import plain

    return plain(
        {
            "name": kept.name,
            "folder": str(kept.folder),
            "points": kept.manifest["points"]["number"],
            "there": kept.frame.height,
            "failures": kept.failures(),
            "outcomes": {name: _spread(kept, name) for name in chosen},
            "indices": {
                name: {
                    "source": one.source,
                    "left_out": one.left_out,
                    "first": dict(zip(one.axes, one.first.tolist(), strict=True)),
                    "first_confidence": dict(zip(one.axes, one.first_confidence.tolist(), strict=True)),
                    "total": dict(zip(one.axes, one.total.tolist(), strict=True)),
                    "total_confidence": dict(zip(one.axes, one.total_confidence.tolist(), strict=True)),
                }
                for name, one in shares.items()
            },
            "surrogates": {
                name: {"degree": one.degree, "error": one.error, "explained": one.explained}
                for name, one in fitted.items()
            },
            "figures": [str(path) for path in drawn],
        }
    )


def _spread(kept: Kept, name: str) -> dict[str, float | None]:
    column = kept.frame[name].fill_nan(None)
    return {"lowest": column.min(), "median": column.median(), "highest": column.max()}  # type: ignore[dict-item]


def _print_kept(
    kept: Kept, chosen: list[str], fitted: dict[str, Surrogate], shares: dict[str, Indices]
) -> None:
    from dirigiste.results.text.tables import Table, number

    total = kept.manifest["points"]["number"]
    click.echo(f"{kept.name}: {kept.frame.height:,} of {total:,} points, design {kept.design}")
    spread = Table("Outcomes", ("outcome", "lowest", "median", "highest"))
    for name in chosen:
        spread.rows.append((name, *(number(value) for value in _spread(kept, name).values())))
    tables = [spread]
    failures = kept.failures()
    if failures:
        rows = [(str(count), reason) for reason, count in failures.items()]
        tables.append(Table("Points without a solution", ("points", "reason"), rows, left=(1,)))
    for name, one in shares.items():
        source = "design of Saltelli" if one.source == "saltelli" else "surrogate"
        table = Table(f"Sobol indices of {name} ({source})", ("axis", "first", "±", "total", "±"))
        columns = (one.first, one.first_confidence, one.total, one.total_confidence)
        for n, axis in enumerate(one.axes):
            table.rows.append((axis, *(_share(float(column[n])) for column in columns)))
        tables.append(table)
    if fitted:
        header = ("outcome", "degree", "error of a point left out", "variance explained")
        table = Table("Surrogates: polynomials, other points predict one", header)
        for name, one in fitted.items():
            table.rows.append((name, str(one.degree), f"{one.error:.2g}", _share(one.explained)))
        tables.append(table)
    console.print_tables(tables)


def _share(value: float) -> str:
    from dirigiste.numbers import NONE, minus

    return minus(f"{value + 0.0:.3f}") if value == value else NONE
