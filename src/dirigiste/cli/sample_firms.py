"""`dirigiste sample-firms`: a synthetic panel of firms with known wedges."""

from __future__ import annotations

from pathlib import Path

import click

from dirigiste.cli import console
from dirigiste.errors import InputError


@click.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("firms.csv"),
    show_default=True,
    metavar="FILE",
    help="File to write: .csv, .parquet or .dta.",
)
@click.option("--rows", type=int, default=5000, show_default=True, help="Firm-years.")
@click.option("--years", type=int, default=10, show_default=True, help="Years, from 1998 on.")
@click.option("--industries", type=int, default=20, show_default=True, help="Industries.")
@click.option(
    "--seed", type=int, default=1, show_default=True, help="Seed; the same one gives the same file."
)
@click.option("--flaws", type=float, default=0.0, show_default=True, help="Share of rows that get a flaw.")
@click.option(
    "--asif", is_flag=True, help="Column names and registration types of the Chinese survey (ASIF)."
)
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def command(
    out: Path, rows: int, years: int, industries: int, seed: int, flaws: float, asif: bool, quiet: bool
) -> None:
    """Write a synthetic panel of firms with known wedges, to try `dirigiste measure` on. No firm is real."""
    from dirigiste.measurement.output.render.files import write_frame
    from dirigiste.measurement.synthetic_firms import synthetic

    problems = console.unwritable(out, "--out")
    if problems:
        raise InputError(problems)
    made = synthetic(rows, years=years, industries=industries, seed=seed, flaws=flaws, asif=asif)
    write_frame(made.frame, out, {}, "Synthetic firms; none is real")
    if quiet:
        return
    gains = list(made.truth.gains.values())
    click.echo(f"{out}: {made.frame.height:,} rows, columns {', '.join(made.frame.columns)}")
    click.echo(
        f"true gains from equal marginal products: {100 * min(gains):.1f} to {100 * max(gains):.1f} % "
        f"by year, with σ = {made.truth.sigma:g}, R = {made.truth.rental:g} and the true capital shares"
    )
    roles = (
        "--preset asif"
        if asif
        else "--output value_added --wage-bill wages --capital capital --industry industry --year year "
        "--id firm --group ownership"
    )
    console.warn([] if not flaws else [f"{flaws:.1%} of rows have a flaw on purpose"])
    click.echo(f"next: dirigiste measure {out} {roles}")
