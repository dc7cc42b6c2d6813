"""`dirigiste capital`: real capital by perpetual inventory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from dirigiste.cli import firm_files


@click.command(epilog="region:2 means the first two characters of a column. See docs/measure.md.")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@click.option(
    "--original", required=True, metavar="COLUMN", help="Fixed assets at original purchase prices, nominal."
)
@click.option(
    "--prices",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Price index of investment (columns year, index), back to the oldest founding year that counts.",
)
@click.option(
    "--id",
    "firm",
    default="panel_id",
    show_default=True,
    metavar="COLUMN",
    help="Firm, as `dirigiste link` makes it.",
)
@click.option("--year", default="year", show_default=True, metavar="COLUMN", help="Year.")
@click.option("--founded", metavar="COLUMN", help="Founding year.")
@click.option("--province", metavar="COLUMN", help="Province, for growth rates.")
@click.option("--industry", metavar="COLUMN", help="Industry, for growth rates.")
@click.option(
    "--growth",
    metavar="RATE|FILE",
    help="Growth of original values before a firm's first row: .1 is 10 %, or a file with columns province, "
    "industry, growth; default: that of the firms in the file, by province and industry.",
)
@click.option("--depreciation", type=float, default=0.09, show_default=True, metavar="SHARE", help="A year.")
@click.option(
    "--earliest",
    type=int,
    default=1978,
    show_default=True,
    metavar="YEAR",
    help="Older firms count as founded then.",
)
@click.option(
    "--base", type=int, metavar="YEAR", help="Year of whose prices the stock is; default: the first of FILE."
)
@click.option(
    "--unknown-age",
    type=click.Choice(["median", "leave-out"]),
    default="median",
    show_default=True,
    help="Firms without a usable founding year: the median age of firms with the same first year, or none.",
)
@firm_files.options
def command(file: Path, **given: Any) -> None:  # noqa: ANN401  (one for each option)
    """Real capital of firms by perpetual inventory, from fixed assets at original prices.

    After Brandt, Van Biesebroeck and Zhang (2012): investment is the change of the original value over the
    price of investment; the first stock comes from the founding year and the growth of original values. The
    rows get the columns real_capital and real_investment.
    """
    from dirigiste.measurement.preparation.perpetual_inventory import real_capital

    problems = firm_files.check(file, given)
    made = real_capital(
        file,
        original=given["original"],
        prices=given["prices"],
        id=given["firm"],
        year=given["year"],
        founded=given["founded"],
        province=given["province"],
        industry=given["industry"],
        growth=_growth(given["growth"]),
        depreciation=given["depreciation"],
        earliest=given["earliest"],
        base=given["base"],
        unknown_age=given["unknown_age"],
        form=firm_files.form(given),
    )
    firm_files.finish(
        made.frame,
        made.tables.values(),
        made.notes,
        given,
        problems,
        title=f"Real capital of {file.name}, depreciation {100 * given['depreciation']:g} % a year",
        labels={
            **made.labels,
            "real_capital": "Real capital, end of year, base-year prices",
            "real_investment": "Real investment, base-year prices",
        },
        following=f"dirigiste measure {given['out']} --capital real_capital --id {given['firm']} ...",
    )


def _growth(text: str | None) -> float | Path | None:
    """A rate, or where rates are."""
    if text is None:
        return None
    try:
        return float(text)
    except ValueError:
        return Path(text)
