"""Tables with one number an industry: capital shares (such as those of US industries in BLS KLEMS), σ.

A table of capital shares has a column of industries and one of `alpha` (or `capital_share`), or of
`labour_share`, whose mean over the rows of an industry is subtracted from one (Hsieh and Klenow 2009 take US
shares since those of the country itself hold its distortions).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import polars as pl

from dirigiste.errors import InputError, Problem
from dirigiste.measurement.data.columns import number, text
from dirigiste.measurement.data.numerals import Style, style
from dirigiste.measurement.data.roles import listed
from dirigiste.measurement.files.source import open_file, read_whole

if TYPE_CHECKING:
    from pathlib import Path

    from dirigiste.measurement.files.source import Source

INDUSTRY: Final = ("industry", "ind", "sector_code", "isic", "naics", "nace", "cic", "code", "sector")
ALPHA: Final = ("alpha", "capital_share")
LABOUR: Final = ("labour_share", "labor_share", "wage_share")
SIGMA: Final = ("sigma", "elasticity")


def capital_shares(path: Path) -> dict[str, float]:
    """Industry -> capital share, from a file.

    An industry given as several codes (`311,312`) stands for each, and a range of codes of one length
    (`313-315`) for all in it.

    Raises:
        InputError: Columns are not found, or a share is not between 0 and 1.
    """
    values, column = _by_industry(path, (*ALPHA, *LABOUR), "a capital share")
    if column.lower() in LABOUR:
        values = {industry: 1.0 - value for industry, value in values.items()}
    wrong = [f"`{industry}`: {value:g}" for industry, value in values.items() if not 0 < value < 1]
    if wrong:
        message = f"capital shares must be between 0 and 1; these are not: {', '.join(wrong[:5])}"
        raise InputError.of(message, file=str(path), key=column)
    return {code: value for industry, value in values.items() for code in _codes(industry)}


def elasticities(path: Path) -> dict[str, float]:
    """Industry -> σ, from a file with columns `industry` and `sigma`.

    Raises:
        InputError: Columns are not found, or a σ is not above 1.
    """
    values, column = _by_industry(path, SIGMA, "σ")
    wrong = [f"`{industry}`: {value:g}" for industry, value in values.items() if not value > 1]
    if wrong:
        message = f"σ must be above 1; these are not: {', '.join(wrong[:5])}"
        raise InputError.of(message, file=str(path), key=column)
    return values


def _by_industry(path: Path, names: tuple[str, ...], what: str) -> tuple[dict[str, float], str]:
    source = open_file(path)
    lower = {column.lower(): column for column in source.columns}
    industry = next((lower[name] for name in INDUSTRY if name in lower), None)
    value = next((lower[name] for name in names if name in lower), None)
    problems: list[Problem] = []
    if industry is None:
        message = f"no column of industries: one of {listed(INDUSTRY)}"
        problems.append(Problem(str(path), 0, 0, "", message))
    if value is None:
        problems.append(Problem(str(path), 0, 0, "", f"no column with {what}: one of {listed(names)}"))
    if industry is None or value is None:
        there = f"its columns are {listed(list(source.columns))}"
        raise InputError([*problems, Problem(str(path), 0, 0, "", there)])
    frame = read_whole(source, [industry, value])
    schema = frame.schema
    style = written(source, frame, value)
    table = (
        frame.select(
            text(pl.col(industry), schema[industry], ()).alias("industry"),
            number(pl.col(value), schema[value], (), style.decimal).alias("value"),
        )
        .drop_nulls()
        .group_by("industry", maintain_order=True)
        .agg(pl.col("value").mean())
    )
    if not table.height:
        raise InputError.of(f"has no row with both `{industry}` and `{value}`", file=str(path))
    return dict(zip(table["industry"].to_list(), table["value"].to_list(), strict=True)), value


def written(source: Source, frame: pl.DataFrame, column: str) -> Style:
    """How the numbers of a column are written.

    Raises:
        InputError: The decimal sign cannot be inferred, or numbers contradict each other.
    """
    texts = [column] if frame.schema[column] == pl.String else []
    return style(frame.lazy(), texts, source.decimal, source.name, comma_separates=source.comma_separates)


def _codes(industry: str) -> list[str]:
    """The codes that an entry covers, itself first."""
    codes = [industry]
    for part in re.split(r"\s*,\s*", industry):
        ends = re.fullmatch(r"(\d+)\s*-\s*(\d+)", part)
        if ends and len(ends[1]) == len(ends[2]) and 0 < int(ends[2]) - int(ends[1]) < 1000:
            codes += [str(n).zfill(len(ends[1])) for n in range(int(ends[1]), int(ends[2]) + 1)]
        elif re.fullmatch(r"\d+", part):
            codes.append(part)
    return list(dict.fromkeys(codes))
