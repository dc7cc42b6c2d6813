"""`dirigiste sweep`: many solutions of an economy or a chronicle, and what they show."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dirigiste.cli import command_line, console, streams
from dirigiste.errors import InputError

if TYPE_CHECKING:
    from dirigiste.sweep.executors import Executor
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
    from dirigiste.sweep.executors import parsed_shard

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

    with console.bar(quiet=quiet or as_json, what=sweep.name) as progress:
        result = running.run(
            sweep, out, executor=executor, shard=part, progress=progress, command=command_line()
        )
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
        from dirigiste.sweep.cluster import Cluster, jobs

        return Cluster(cluster) if "://" in cluster else Cluster(asked=jobs(Path(cluster)))
    if processes is not None:
        from dirigiste.sweep.executors import Processes

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
        "failed": failed,
        "seconds": result.seconds,
    }


def _print(sweep: Sweep, result: Result, failed: int) -> None:
    click.echo(
        f"{sweep.name}: {result.there:,} of {result.points:,} points are there, "
        f"{result.there - result.before:,} of them solved now in {result.seconds:.1f} s"
    )
    if failed:
        them = "1 of them has" if failed == 1 else f"{failed:,} of them have"
        click.echo(f"{them} no solution; the column `reason` says why")
    if result.table is None:
        click.echo("Other parts are missing; the last one to end writes the table")
    else:
        click.echo(f"Table  {result.table}")
