"""`dirigiste replicate`: published papers, reproduced."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dirigiste.cli import console
from dirigiste.errors import InputError

if TYPE_CHECKING:
    from dirigiste.replications import Entry, Outcome

MISSED = 3
"""Exit code where a number misses its tolerance."""


@click.command()
@click.argument("papers", nargs=-1, metavar="[PAPER]...")
@click.option("--all", "everything", is_flag=True, help="All of them, and one Markdown page (see --page).")
@click.option("--fast", is_flag=True, help="With --all: leave out the slow ones.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("replications"),
    metavar="DIR",
    show_default=True,
    help="Folder for reports, figures and data, a folder each.",
)
@click.option(
    "--page",
    type=click.Path(path_type=Path),
    metavar="FILE.md",
    help="With --all: where the page goes; default: replications.md in the folder of --out.",
)
@click.option("--no-report", is_flag=True, help="Write no report, figures or data.")
@click.option("--quiet", is_flag=True, help="Print one line for each paper.")
@click.pass_context
def command(
    ctx: click.Context,
    papers: tuple[str, ...],
    everything: bool,
    fast: bool,
    as_json: bool,
    out: Path,
    page: Path | None,
    no_report: bool,
    quiet: bool,
) -> None:
    """Reproduce published papers: reference numbers beside ours, with a verdict for each.

    Without a paper, list them. Exits with 3 if a number misses its tolerance.
    """
    from dirigiste.replications import ENTRIES, registry

    if (fast or page is not None) and not everything:
        raise InputError.of("goes with `--all`", key="--fast" if fast else "--page")
    if everything and papers:
        raise InputError.of("takes no names of papers", key="--all")
    entries = [registry.find(name) for name in dict.fromkeys(papers)]
    if everything:
        entries = [entry for entry in ENTRIES if not (fast and entry.slow)]
    if not entries:
        _list(as_json)
        return

    from dirigiste.replications import text
    from dirigiste.replications.page import computed_by

    problems = [] if no_report else console.unwritable(out, "--out", folder=True)
    target = page or out / "replications.md" if everything else None
    unpaged = console.unwritable(target, "--page")
    unwritten = bool(problems)
    problems += unpaged
    results: list[tuple[Entry, Outcome]] = []
    objects = []
    for entry in entries:
        begun = time.perf_counter()
        with console.progress(quiet=quiet, what=entry.name) as progress:
            outcome = entry.compute(progress)
        seconds = time.perf_counter() - begun
        results.append((entry, outcome))
        objects.append(
            {
                "name": entry.name,
                "citation": entry.citation,
                "computed_by": entry.computed_by,
                "how": entry.how,
                **outcome.to_json(),
                "seconds": seconds,
            }
        )
        report = None if no_report or unwritten else _write(entry, outcome, out)
        if as_json:
            continue
        if quiet:
            click.echo(f"{entry.name}: {outcome.summary}")
            continue
        click.echo(f"{text.head(entry, outcome)}\nComputed in {seconds:.1f} s")
        console.print_tables(text.cells(outcome))
        for line in (*text.reasons(outcome), computed_by(entry), *outcome.notes):
            click.echo(f"\n{line}")
        if report is not None:
            click.echo(f"\nReport {report}")
        click.echo("")
    if as_json:
        console.print_json({"matches": all(o.matches for _, o in results), "replications": objects})
    elif everything:
        console.print_tables([text.overview(results)])
    if target is not None and not unpaged:
        _page(results, target, quiet=as_json)
    if problems:
        raise InputError(problems)
    if not all(outcome.matches for _, outcome in results):
        ctx.exit(MISSED)


def _list(as_json: bool) -> None:
    from dirigiste.replications import ENTRIES, text

    if as_json:
        names = ("name", "title", "citation", "what", "slow", "computed_by", "how")
        console.print_json({"replications": [{name: getattr(e, name) for name in names} for e in ENTRIES]})
        return
    console.print_tables([text.listing(ENTRIES)])
    click.echo("\n`dirigiste replicate NAME` computes one, `--all` all of them.")


def _write(entry: Entry, outcome: Outcome, out: Path) -> Path:
    from dirigiste.replications import files

    return files.write(entry, outcome, out)


def _page(results: list[tuple[Entry, Outcome]], path: Path, *, quiet: bool) -> None:
    from dirigiste.outputs import write_text
    from dirigiste.replications.page import whole

    write_text(path, whole(results))
    if not quiet:
        click.echo(f"Page   {path}")
