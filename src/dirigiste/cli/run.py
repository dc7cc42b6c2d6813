"""`dirigiste run`: a chronicle on its economy."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from dirigiste import imports
from dirigiste.cli import command_line, console, streams
from dirigiste.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dirigiste.chronicle import Chronicle
    from dirigiste.fit.chronicles.plan import Plan

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
@click.option(
    "--draws",
    type=click.IntRange(2),
    metavar="N",
    help="Also draw the uncertain numbers that the run rests on N times, such as 500: intervals on headline "
    "numbers, bands on paths, and what they hang on. Goes on where it was stopped.",
)
@click.option(
    "--numbers",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="File of uncertain numbers for --draws, such as numbers.yaml of `fit`; the run is at their means. "
    "Default: all changes to each parameter half as strong to half as strong again as written, which is an "
    "assumption.",
)
@click.option(
    "--full", type=click.IntRange(0), metavar="N", help="Draws solved in full as a check; default: 5."
)
@click.option("--seed", type=int, metavar="N", help="Seed of the draws; default: 0.")
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
    draws: int | None,
    numbers: Path | None,
    full: int | None,
    seed: int | None,
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
    plan = None
    if draws is None:
        _refuse_alone({"--numbers": numbers, "--full": full, "--seed": seed})
    else:
        from dirigiste.fit.chronicles import calls

        plan = calls.plan_of(declared, numbers)
    problems = console.unwritable(out, "--out", folder=True)
    given = texts(chronicle, declared.economy, declared.files)
    imports.ahead("netCDF4", *([] if no_report else ["dirigiste.report.page"]))
    splitting = "quick" if channels == "quick" else channels is not None
    unfinished: Path | None = None
    if channels and not quiet:
        sets, many = chains.count(declared, acting_channels)
        most = "up to " if channels == "quick" else ""
        click.echo(f"{declared.name}: {most}{sets} sets of channels, {most}{many} paths to solve", err=True)
    with (
        provenance.command(command_line()),
        console.bar(quiet=quiet, what=declared.name) as report,
    ):
        if plan is None or draws is None:
            result = run(
                declared, given=given, only=acting, channels=splitting, certify=certify, progress=report
            )
        else:
            from dirigiste.fit.chronicles import draws as drawing

            options = drawing.Options(
                count=draws,
                full=drawing.FULL if full is None else full,
                seed=seed or 0,
                only=acting_channels,
                channels=splitting,
                certify=certify,
            )
            if not problems:
                unfinished = drawing.unfinished(out, plan, options)
            if not quiet:
                _tell(plan, unfinished)
            result = drawing.draws(plan, options, folder=unfinished, given=given, progress=report)
        kept: list[Path] = []
        if not problems:
            problems += console.attempt(lambda: kept.append(result.save(out, report=False)), out)
    folder = kept[0] if kept else None
    if folder is not None and unfinished is not None:
        shutil.rmtree(unfinished, ignore_errors=True)
        with contextlib.suppress(OSError):  # others are not finished
            unfinished.parent.rmdir()
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


def _refuse_alone(options: dict[str, object]) -> None:
    """Refuse options that say how to draw where nothing is drawn.

    Raises:
        InputError: One is given.
    """
    for name, value in options.items():
        if value is not None:
            raise InputError.of("needs --draws N, such as --draws 500", key=name)


def _tell(plan: Plan, unfinished: Path | None) -> None:
    """What is drawn, and where a run that was stopped goes on."""
    from dirigiste.fit.chronicles import store

    moved = [one.name for one in plan.numbers if plan.values(plan.mean)[one.name] != one.size.value]
    if moved:
        named = f"{', '.join(moved[:3])}{', ...' if len(moved) > 3 else ''}"
        what = "1 number differs" if len(moved) == 1 else f"{len(moved)} numbers differ"
        where = f"the run is at the means of `{plan.declared.name}`"
        console.warn([f"{where}: {what} from the chronicle as written ({named})"])
    there = 0 if unfinished is None else store.parts_there(unfinished)
    if there:
        text = f"goes on with a run that was stopped: {there} of its parts are in {unfinished}"
        click.echo(f"{plan.chronicle.name}: {text}", err=True)


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
