"""`dirigiste run`: a chronicle on its economy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from dirigiste.cli import command_line, console, streams
from dirigiste.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dirigiste.chronicle import Chronicle

SPLITS: Final = ("exact", "quick")
"""What may follow `--channels`; nothing means the first."""

LONGER: Final = 1.2
"""The last step of a path may end beyond the horizon; by less than this factor."""


class _Command(click.Command):
    """`--channels` may stand alone, also before the chronicle."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse arguments, `--channels` without a word of its own as `--channels=exact`."""
        following = [*args[1:], ""]
        alone = (
            arg == "--channels" and word not in SPLITS for arg, word in zip(args, following, strict=True)
        )
        return super().parse_args(
            ctx, ["--channels=exact" if bare else arg for arg, bare in zip(args, alone, strict=True)]
        )


@click.command(cls=_Command)
@click.argument("chronicle", metavar="NAME|FILE")
@click.option(
    "--set",
    "changes",
    multiple=True,
    metavar="PATH=VALUE",
    help="Change a parameter of the economy; may be repeated.",
)
@click.option(
    "--only", metavar="CHANNELS", help="Let only these channels act, such as fear,credit (commas between)."
)
@click.option(
    "--channels",
    type=click.Choice(SPLITS),
    metavar="[exact|quick]",
    help="Also decompose the effect by channel: exact from all 2^n sets of n channels, or quick from fewer, "
    "with its error. Alone it means exact.",
)
@console.at
@click.option(
    "--certify", is_flag=True, help="Also solve with half the steps' length and with a longer horizon."
)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print one JSON object, at all steps or those of --at; its `folder` says where the run is kept.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("runs"),
    metavar="DIR",
    show_default=True,
    help="Folder in which the folder of the run is made.",
)
@click.option("--quiet", is_flag=True, help="Print nothing but the folder of the run and errors.")
@click.option("--no-report", is_flag=True, help="Write no report.")
def command(
    chronicle: str,
    changes: tuple[str, ...],
    only: str | None,
    channels: str | None,
    at: str | None,
    certify: bool,
    as_json: bool,
    out: Path,
    quiet: bool,
    no_report: bool,
) -> None:
    """Run a chronicle of dated events on its economy, and keep inputs, results and report."""
    from dirigiste import chronicle as chronicles

    declared = chronicles.load(chronicle)
    if changes:
        declared = declared.on(console.changed(declared.baseline, changes))
    times, acting = console.years(at), console.names(only)
    if not quiet:
        console.warn(str(problem) for problem in declared.warnings())

    from dirigiste.results.archive import folders, provenance
    from dirigiste.results.runs import channels as split
    from dirigiste.results.runs import paths
    from dirigiste.results.runs.run import run, texts, write_report
    from dirigiste.results.text import run as text_run
    from dirigiste.solver import chains

    acting_channels = split.chosen(declared, acting, "--only")
    _within(declared, times or ())
    problems = console.unwritable(out, "--out", folder=True)
    if channels and not quiet:
        sets, many = chains.count(declared, acting_channels)
        most = "up to " if channels == "quick" else ""
        click.echo(f"{declared.name}: {most}{sets} sets of channels, {most}{many} paths to solve", err=True)
    with (
        provenance.command(command_line()),
        console.bar(quiet=quiet, what=declared.name) as report,
    ):
        result = run(
            declared,
            given=texts(chronicle, declared.economy, declared.files),
            only=acting,
            channels="quick" if channels == "quick" else channels is not None,
            certify=certify,
            progress=report,
        )
        kept: list[Path] = []
        if not problems:
            problems += console.attempt(lambda: kept.append(result.save(out, report=False)), out)
    folder = kept[0] if kept else None
    paths.checked(result.path, times or ())
    with streams.printing(problems):
        if as_json:
            place = None if folder is None else str(folder)
            console.print_json({**result.to_json(times), "folder": place})
        elif not quiet:
            console.warn(result.warnings)
            click.echo(text_run.top(result))
            console.print_tables(text_run.tables(result, times))
            click.echo("")
        elif folder is not None:
            click.echo(str(folder))
    written: list[Path] = []
    if folder is not None and not no_report:
        problems += console.attempt(lambda: written.append(write_report(result, folder)), folder)
    if folder is not None and not (as_json or quiet):
        with streams.printing(problems):
            console.print_files(folder / folders.RESULTS, written[0] if written else None)
    if problems:
        raise InputError(problems)


def _within(declared: Chronicle, times: Sequence[float]) -> None:
    """Refuse times that no path of this chronicle can reach, before anything is solved.

    Raises:
        InputError: One is before the first event, or beyond the horizon counted from the last.
    """
    from dirigiste.chronicle.days import DAYS_PER_YEAR

    dates = declared.surprises
    longest = declared.baseline.numerics.path.horizon + (dates[-1] - dates[0]).days / DAYS_PER_YEAR
    for time in times:
        if not 0.0 <= time <= LONGER * longest:
            raise InputError.of(
                f"must be from 0 to {longest:.4g}, in years from the first event; got {time:g} "
                "(numerics.path.horizon of the economy sets how far paths go)",
                key="--at",
            )
