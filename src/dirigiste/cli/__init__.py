"""The command line: parses, calls, prints. Each command is a module, imported when it is called.

Exit codes: 0 done, 2 bad input or a file that cannot be written, 3 a number misses its tolerance (of the
solver, or of a replication), 4 an accounting identity is violated, 130 interrupted.
"""

from __future__ import annotations

import os
import shlex
import sys
from importlib import import_module
from typing import Any, Final

import click

from dirigiste.cli import streams
from dirigiste.errors import DirigisteError, InputError, Problem
from dirigiste.version import __version__

SHOWN: Final = 12
"""Rounds of a search that a message shows, from its beginning and its end."""

COMMANDS: Final = {
    "solve": ("dirigiste.cli.solve", "Find the stationary equilibrium of an economy."),
    "run": ("dirigiste.cli.run", "Run a chronicle of dated events on its economy and keep the results."),
    "sensitivity": ("dirigiste.cli.sensitivity", "Derivatives of outcomes in parameters, as elasticities."),
    "calibrate": ("dirigiste.cli.calibrate", "Estimate parameters of an economy on moments of data."),
    "fit": ("dirigiste.cli.fit", "Estimate sizes of events on the observed series of a chronicle."),
    "fear": ("dirigiste.cli.fear", "Estimate how much enforcement owners perceived over time."),
    "sweep": ("dirigiste.cli.sweep", "Solve many points: grids and random designs of parameters."),
    "frontier": ("dirigiste.cli.frontier", "What one goal costs of another: the edge over instruments."),
    "compare": ("dirigiste.cli.compare", "Compare two equilibria: what differs, and who gains."),
    "show": ("dirigiste.cli.show", "Show a run that was kept."),
    "runs": ("dirigiste.cli.runs", "The runs that are kept."),
    "replicate": ("dirigiste.cli.replicate", "Reproduce published papers: their numbers beside ours."),
    "measure": ("dirigiste.cli.measure", "Measure misallocation in a file of firms: wedges, gains, groups."),
    "link": ("dirigiste.cli.link", "Link firms over years by several identifiers."),
    "capital": ("dirigiste.cli.capital", "Real capital of firms by perpetual inventory."),
    "sample-firms": ("dirigiste.cli.sample_firms", "Write a synthetic file of firms to try `measure` on."),
    "check": ("dirigiste.cli.check", "Check economies and chronicles, and list every fault."),
    "explain": ("dirigiste.cli.explain", "Explain a parameter or a number of the results."),
    "schema": ("dirigiste.cli.schema", "Print a JSON Schema: of economies, chronicles or results."),
    "doctor": ("dirigiste.cli.doctor", "Report versions and compiled programs, and check a small solution."),
}
"""Commands: where each lives, and what it does in a line."""


class Commands(click.Group):
    """Commands that are imported when they are called, and exceptions of the package as messages with exit
    codes.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  (click's signature)
        """Names in the order of `COMMANDS`."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        return import_module(COMMANDS[cmd_name][0]).command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; an unknown name comes with the near match."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from dirigiste.documents.words import near

            better = near(args[0], list(COMMANDS))
            hint = f" Did you mean `{better}`?" if better else f" There are {', '.join(COMMANDS)}."
            ctx.fail(f"No such command `{args[0]}`.{hint}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401  (click's signature)
        """Call the command; what goes wrong on purpose becomes a message and an exit code."""
        try:
            return super().invoke(ctx)
        except DirigisteError as error:
            click.echo(_message(error), err=True)
            ctx.exit(error.exit_code)
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            ctx.exit(130)
        except OSError as error:
            ctx.exit(_unwritten(error))

    def main(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  (click's signature)
        """Parse and call, on a terminal that may lack signs."""
        streams.spell_out()
        return super().main(*args, **kwargs)


def _unwritten(error: OSError) -> int:
    """Say which file, or that standard output, cannot be read or written; the exit code."""
    if error.filename is None:  # files name themselves
        streams.silence()
        problem = streams.fault(error)
        if problem is None:
            return 0
    else:
        what = f"cannot be read or written: {error.strerror or error}"
        problem = Problem(os.fsdecode(error.filename), 0, 0, "", what)
    click.echo(_message(InputError([problem])), err=True)
    return InputError.exit_code


def _message(error: DirigisteError) -> str:
    history = getattr(error, "history", ())
    text = f"{error}"
    if history:
        sizes = [f"{size:.1e}" for size in history]
        if len(sizes) > SHOWN:
            sizes = [*sizes[: SHOWN // 2], "...", *sizes[-SHOWN // 2 :]]
        text += f"\nlargest residual, {len(history)} rounds: " + " ".join(sizes)
    return text


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="dirigiste")
def main() -> None:
    """A quantitative laboratory of politically directed credit.

    Economies and chronicles are YAML files, or names of those that come with the program.
    """


def command_line() -> str:
    """The command line of this process, as a shell would read it."""
    return shlex.join(["dirigiste", *sys.argv[1:]])
