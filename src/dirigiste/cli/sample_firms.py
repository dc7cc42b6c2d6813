"""`dirigiste sample-firms`: a synthetic panel of firms with known wedges."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from dirigiste.cli import console
from dirigiste.errors import InputError

ABOUT: Final = {
    "truth": "row by row, the true firm, its real capital, α and wedges; repeated rows of flaws come last",
    "prices": "price of investment by year",
    "growth": "growth of original values before the panel, by province and two-digit industry",
}
"""What the files of `--details` hold."""


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
    "--privatise",
    type=float,
    default=0.0,
    show_default=True,
    help="Share of state firms that turn private each year, with the wedges of private firms from then on.",
)
@click.option(
    "--asif", is_flag=True, help="Column names and registration types of the Chinese survey (ASIF)."
)
@click.option(
    "--details",
    is_flag=True,
    help="Also what linking and real capital need: names, telephones, founding years, original values; codes "
    "that break. The truth, prices and growth rates come in files of their own.",
)
@click.option(
    "--producers",
    is_flag=True,
    help="Instead, one industry whose elasticities are known, to try `measure --alpha acf` on.",
)
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def command(
    out: Path,
    rows: int,
    years: int,
    industries: int,
    seed: int,
    flaws: float,
    privatise: float,
    asif: bool,
    details: bool,
    producers: bool,
    quiet: bool,
) -> None:
    """Write a synthetic panel of firms with known wedges, to try `dirigiste measure` on. No firm is real."""
    from dirigiste.measurement.output.render.files import write_frame
    from dirigiste.measurement.synthetic_firms import DETAILS, synthetic

    if producers:
        if asif or details or flaws or privatise:
            message = "has one form: leave `--asif`, `--details`, `--flaws` and `--privatise` out"
            raise InputError.of(message, key="--producers")
        _producers(out, rows, years, seed, quiet=quiet)
        return
    beside = {
        key: out.with_name(f"{out.stem}-{key}.csv")
        for key in (("truth", "prices", "growth") if details else ())
    }
    problems = [fault for path in (out, *beside.values()) for fault in console.unwritable(path, "--out")]
    if problems:
        raise InputError(problems)
    made = synthetic(
        rows,
        years=years,
        industries=industries,
        seed=seed,
        flaws=flaws,
        privatise=privatise,
        asif=asif,
        details=details,
    )
    write_frame(made.frame, out, {}, "Synthetic firms; none is real")
    for key, path in beside.items():
        write_frame(made.truth.table(key), path)
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
    for key, path in beside.items():
        click.echo(f"{path}: {ABOUT[key]}")
    if details:
        columns = [DETAILS[name] if asif else name for name in ("name", "person", "region", "telephone")]
        code, industry, year = ("法人代码", "行业代码", "年份") if asif else ("firm", "industry", "year")
        name, person, region, telephone = columns
        click.echo(
            f"next: dirigiste link {out} --by {code} --by {name} --by {person},{region}:2,{industry}:3 "
            f"--by {telephone},{industry}:2 --year {year} --out {out.stem}-linked.parquet"
        )
        return
    click.echo(f"next: dirigiste measure {out} {roles}")


def _producers(out: Path, rows: int, years: int, seed: int, *, quiet: bool) -> None:
    """Write producers whose elasticities are known."""
    from dirigiste.measurement.output.render.files import write_frame
    from dirigiste.measurement.synthetic_producers import producers

    problems = console.unwritable(out, "--out")
    if problems:
        raise InputError(problems)
    labour, capital, persistence = 0.6, 0.3, 0.7
    firms = rows // years if years > 0 else rows
    made = producers(firms, years=years, labour=labour, capital=capital, persistence=persistence, seed=seed)
    write_frame(made, out, {}, "Synthetic producers; none is real")
    if quiet:
        return
    click.echo(f"{out}: {made.height:,} rows, columns {', '.join(made.columns)}")
    click.echo(
        f"true elasticities: labour {labour:g}, capital {capital:g}, so that α is "
        f"{capital / (capital + labour):.3f}; persistence of productivity {persistence:g}"
    )
    click.echo(
        f"next: dirigiste measure {out} --output value_added --inputs materials --wage-bill wages "
        "--employment workers --capital capital --industry industry --year year --id firm --alpha acf"
    )
