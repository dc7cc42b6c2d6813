"""Real capital by perpetual inventory, as Brandt, Van Biesebroeck and Zhang (2012, Journal of Development
Economics 97:339-351) build it for Chinese industrial firms.

Firms report fixed assets at original purchase prices, O. In a firm's years here

    (B1)  K_t = (1-δ) K_{t-1} + (O_t - O_{t-1}) / P_t,   P the price of investment, 1 in the base year.

Before its first year t0 the original value is taken to have grown at the rate g of its province and industry
since the firm was founded in f (or since the first year for which prices are taken):

    (B2)  O_s = O_t0 / (1+g)^(t0-s),   K_f = O_f / P_f,   and (B1) from f to t0.

Over a gap between two years the original value is taken to have grown at a constant rate.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import polars as pl

from dirigiste.errors import InputError
from dirigiste.measurement.data.deflator import read_deflator
from dirigiste.measurement.output.table import Column, Table
from dirigiste.measurement.preparation.growth import growth_of
from dirigiste.measurement.preparation.rows import Rows, cut, read_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dirigiste.measurement.files.source import Form
    from dirigiste.measurement.preparation.rows import Frame

    Array = np.ndarray[Any, np.dtype[Any]]

DEPRECIATION: Final = 0.09
"""δ of the paper, a year."""

EARLIEST: Final = 1978
"""Firms that are older count as founded then, as in the paper."""

NEW: Final = ("real_capital", "real_investment")
"""Columns that are made."""


@dataclass(frozen=True)
class RealCapital:
    """Rows with their real capital."""

    frame: pl.DataFrame
    """The rows as they came, with `real_capital` at the end of the year, and `real_investment`; both in
    prices of the base year, null where they are not known."""
    tables: dict[str, Table]
    """`capital`: by year."""
    notes: tuple[str, ...]
    """What was done and assumed, one sentence each."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Column -> label, where the file has labels."""


@dataclass(frozen=True)
class _Firms:
    """Firms (F) by year (T)."""

    original: Array
    """(F, T) original value; gaps filled, NaN outside the firm's years."""
    seen: Array
    """(F, T) whether a row has it."""
    first: Array
    """(F) place of the first year."""
    start: Array
    """(F) year in which the firm's capital begins."""
    rate: Array
    """(F) growth before the first year."""


def real_capital(
    source: Frame,
    *,
    original: str,
    prices: str | Path | Mapping[int, float],
    id: str = "panel_id",  # noqa: A002  (the role's name)
    year: str = "year",
    founded: str | None = None,
    province: str | None = None,
    industry: str | None = None,
    growth: float | str | Path | None = None,
    depreciation: float = DEPRECIATION,
    earliest: int = EARLIEST,
    base: int | None = None,
    unknown_age: Literal["median", "leave-out"] = "median",
    form: Form | None = None,
) -> RealCapital:
    """Real capital of firms from the original value of their fixed assets.

    Args:
        source: A file, or a frame of polars or pandas, with a row for a firm in a year.
        original: The column of fixed assets at original purchase prices, nominal.
        prices: Price index of investment by year: a file with columns `year` and `index`, or a mapping. It
            must reach back to the oldest founding year that counts.
        id: The column of firms, such as `link_firms` makes.
        year: The column of years.
        founded: The column of founding years; None: all firms are as old as `unknown_age` says.
        province: The column of provinces, for growth rates; `region:2` means its first two characters.
        industry: The column of industries, for growth rates; likewise.
        growth: Growth of original values before a firm's first year: a rate (.1 is 10 %), a file with columns
            named `province`, `industry` (as far as these are given) and `growth`, or None: the mean rate of
            firms in these rows, by province and industry.
        depreciation: δ, a year.
        earliest: Older firms count as founded in this year.
        base: Year of whose prices the stock is; None: the first year of the rows.
        unknown_age: Founding years that are missing or after the firm's first row are replaced by the median
            age of firms with the same first year, or the firm is left out.
        form: How a text file is written, where that cannot be detected.

    Returns:
        The rows with real capital, what it is by year, and what was assumed.

    Raises:
        InputError: Columns do not exist, cells hold no number, prices lack years, a firm has two rows in a
            year, or an option is out of range.
    """
    if not 0 <= depreciation < 1:
        raise InputError.of(f"must be a share from 0 to below 1; got {depreciation:g}", key="--depreciation")
    rows = read_rows(source, form)
    columns = rows.source.columns
    place = {
        key: cut(text, columns) for key, text in (("province", province), ("industry", industry)) if text
    }
    rows.check(
        [("--original", original), ("--id", id), ("--year", year), ("--founded", founded)]
        + [(f"--{key}", part.column) for key, part in place.items()]
    )
    for column in NEW:
        rows.free(column, "--out")
    value, dates, who = rows.numbers(original, "--original"), rows.years(year, "--year"), rows.texts(id)
    table = pl.DataFrame(
        {
            "id": who,
            "year": dates,
            "value": value.set(~(value > 0), None),
            "founded": rows.years(founded, "--founded")
            if founded
            else pl.Series([None] * len(who), dtype=pl.Int64),
            **{key: rows.texts(part.column).str.slice(0, part.length) for key, part in place.items()},
        }
    ).with_row_index("place")
    usable = table.drop_nulls(["id", "year", "value"])
    notes = [f"{table.height:,} rows of {rows.name}; {_lost(table)}"]
    if not usable.height:
        raise InputError.of(
            "no row has a firm, a year and an original value above 0", file=rows.name, key="--original"
        )
    _once(usable, rows)
    usable, said = _aged(usable, earliest, unknown_age, founded is not None)
    notes += said
    if bool((usable["start"] < usable["first"]).any()):
        rate, said = growth_of(usable, list(place), growth)
        notes += said
    else:  # no firm is older than its first row
        if growth is not None:
            growth_of(usable, list(place), growth)  # says what is wrong with it
            why = "no firm was founded before" if founded else "without --founded every firm begins in"
            notes.append(f"warning: --growth changes nothing, since {why} its first row")
        rate = pl.Series([0.0] * usable.height)
    firms, years, place_of = _arranged(usable, rate)
    index = _prices(
        prices, int(firms.start.min()), int(years[-1]), base if base is not None else int(years[0])
    )
    stock, bought = _inventory(firms, years, index, depreciation)
    notes += _assumptions(stock, firms, depreciation, base if base is not None else int(years[0]))
    capital, investment = np.full(table.height, np.nan), np.full(table.height, np.nan)
    capital[usable["place"].to_numpy()] = np.where(stock > 0, stock, np.nan)[place_of]
    investment[usable["place"].to_numpy()] = bought[place_of]
    frame = rows.result(
        real_capital=pl.Series(capital, nan_to_null=True),
        real_investment=pl.Series(investment, nan_to_null=True),
    )
    by_year = _by_year(dates, value, frame)
    return RealCapital(frame, {"capital": by_year}, tuple(notes), rows.source.labels)


def _lost(table: pl.DataFrame) -> str:
    lost = {
        "without a firm": table["id"].null_count(),
        "without a year": table["year"].null_count(),
        "without an original value above 0": table["value"].null_count(),
    }
    said = ", ".join(f"{count:,} {what}" for what, count in lost.items() if count)
    return f"{said}: these have no real capital" if said else "all have a firm, a year and an original value"


def _once(usable: pl.DataFrame, rows: Rows) -> None:
    """Raise InputError if a firm has two rows in a year."""
    twice = usable.filter(pl.struct("id", "year").is_duplicated()).sort("id", "year", "place")
    if twice.height:
        name, year = twice["id"][0], twice["year"][0]
        first, second = twice.filter((pl.col("id") == name) & (pl.col("year") == year))["place"].to_list()[:2]
        message = (
            f"rows {first + 1:,} and {second + 1:,}: firm `{name}` comes twice in {year} ({twice.height:,} "
            "rows share firm and year with another); remove copies, or link firms first (`dirigiste link`)"
        )
        raise InputError.of(message, file=rows.name, key="--id")


def _aged(usable: pl.DataFrame, earliest: int, unknown: str, given: bool) -> tuple[pl.DataFrame, list[str]]:
    """Rows with the year `start` in which a firm's capital begins; one for all rows of a firm."""
    firm = (
        usable.sort("id", "year")
        .group_by("id", maintain_order=True)
        .agg(first=pl.col("year").first(), founded=pl.col("founded").filter(pl.col("founded") > 1000).first())
    )
    known = pl.col("founded") <= pl.col("first")
    firm = firm.with_columns(age=pl.when(known).then(pl.col("first") - pl.col("founded")))
    lacking = firm["age"].null_count()
    notes = []
    if lacking and given and unknown == "leave-out":
        notes.append(
            f"founding year missing, or after the first row, of {lacking:,} firms: they are left out"
        )
        firm = firm.drop_nulls("age")
    elif lacking and not given:
        notes.append(
            "no founding years are given: every firm begins in its first row, so that stocks are too high"
        )
    elif lacking:
        median = pl.col("age").median().over("first").fill_null(pl.col("age").median()).fill_null(0)
        firm = firm.with_columns(age=pl.col("age").fill_null(median.round().cast(pl.Int64)))
        notes.append(
            f"founding year missing, or after the first row, of {lacking:,} of {firm.height:,} firms: the "
            "median age of firms with the same first year is taken (--unknown-age leave-out leaves them out)"
        )
    if not firm.height:
        message = (
            "no firm has a founding year in or before its first row; leave `--unknown-age leave-out` out"
        )
        raise InputError.of(message, key="--founded")
    begin = pl.col("first") - pl.col("age").fill_null(0)
    old = firm.filter(begin < earliest).height
    if old:
        notes.append(f"{old:,} of {firm.height:,} firms are older than {earliest} and count as founded then")
    start = pl.min_horizontal(pl.max_horizontal(begin, pl.lit(earliest)), pl.col("first"))
    joined = usable.join(firm.select("id", "first", start=start), on="id", how="inner", maintain_order="left")
    return joined, notes


def _arranged(usable: pl.DataFrame, rate: pl.Series) -> tuple[_Firms, Array, tuple[Array, Array]]:
    """Rows as firms by year, the years, and where in them each row is."""
    who = usable["id"].rank("dense").cast(pl.Int64).to_numpy() - 1
    dates = usable["year"].to_numpy()
    years = np.arange(dates.min(), dates.max() + 1)
    when = dates - years[0]
    original = np.full((int(who.max()) + 1, years.size), np.nan)
    original[who, when] = usable["value"].to_numpy()
    seen = np.isfinite(original)
    first = seen.argmax(axis=1)
    start, growth = np.empty(first.size, dtype=np.int64), np.empty(first.size)
    start[who] = usable["start"].to_numpy()
    at_first = when == first[who]
    growth[who[at_first]] = rate.to_numpy()[at_first]
    return _Firms(_filled(original, seen), seen, first, start, growth), years, (who, when)


def _filled(original: Array, seen: Array) -> Array:
    """Gaps between two years filled at a constant rate of growth."""
    place = np.arange(original.shape[1])
    before = np.maximum.accumulate(np.where(seen, place, -1), axis=1)
    after = np.minimum.accumulate(np.where(seen, place, place.size)[:, ::-1], axis=1)[:, ::-1]
    firm, gap = np.nonzero(~seen & (before >= 0) & (after < place.size))
    a, b = before[firm, gap], after[firm, gap]
    logs = np.log(original)
    share = (gap - a) / (b - a)
    filled = original.copy()
    filled[firm, gap] = np.exp((1 - share) * logs[firm, a] + share * logs[firm, b])
    return filled


def _prices(given: str | Path | Mapping[int, float], first: int, last: int, base: int) -> dict[int, float]:
    """Price of investment by year, 1 in the base year.

    Raises:
        InputError: Years are lacking.
    """
    file = str(given) if isinstance(given, str | Path) else ""
    index = read_deflator(Path(given), "--prices") if isinstance(given, str | Path) else dict(given)
    wrong = [f"{year}: {value:g}" for year, value in index.items() if not value > 0]
    if wrong:
        raise InputError.of(f"must be above 0; got {', '.join(wrong[:5])}", file=file, key="--prices")
    lacking = [str(year) for year in (*range(first, last + 1), base) if year not in index]
    if lacking:
        message = (
            f"has no index for {', '.join(lacking[:5])}{' and others' if len(lacking) > 5 else ''}; the "
            f"oldest firm that counts was founded in {first}: add the years, or let older firms begin later "
            "(`--earliest YEAR`)"
        )
        raise InputError.of(message, file=file, key="--prices")
    return {year: value / index[base] for year, value in index.items()}


def _inventory(
    firms: _Firms, years: Array, price: dict[int, float], depreciation: float
) -> tuple[Array, Array]:
    """(F, T) stock at the end of each year, floored at zero, and investment, by (B1) and (B2)."""
    count, span = firms.original.shape
    every = np.arange(count)
    first_year, at_first = years[firms.first], firms.original[every, firms.first]
    stock, past = np.full((count, span), np.nan), np.zeros(count)
    bought = np.full((count, span), np.nan)
    before = np.zeros(count)
    for year in range(int(firms.start.min()), int(years[-1]) + 1):
        place = year - int(years[0])
        ahead = at_first / (1 + firms.rate) ** np.maximum(first_year - year, 0)
        here = firms.original[:, place] if place >= 0 else np.full(count, np.nan)
        value = np.where(year < first_year, ahead, here)
        value = np.where(year < firms.start, 0.0, value)
        investment = (value - before) / price[year]
        past = np.maximum((1 - depreciation) * past + investment, 0.0)
        before = value
        if place >= 0:
            stock[:, place], bought[:, place] = past, investment
    known = np.isfinite(firms.original)
    later = np.arange(span) > firms.first[:, None]
    fresh = later & known
    fresh[:, 1:] &= firms.seen[:, :-1]
    return np.where(known, stock, np.nan), np.where(fresh, bought, np.nan)


def _assumptions(stock: Array, firms: _Firms, depreciation: float, base: int) -> list[str]:
    notes = [f"depreciation {100 * depreciation:g} % a year; prices of {base}"]
    gone = int(((stock <= 0) & firms.seen).sum())
    if gone:
        notes.append(
            f"in {gone:,} rows more was sold, at prices of the year, than there was: no real capital there, "
            "and the firm goes on from zero"
        )
    filled = int((np.isfinite(firms.original) & ~firms.seen).sum())
    if filled:
        notes.append(
            f"{filled:,} years that firms lack between two others: original values grow at a constant rate"
        )
    return notes


def _by_year(dates: pl.Series, value: pl.Series, frame: pl.DataFrame) -> Table:
    table = (
        pl.DataFrame(
            {"year": dates, "original": value, "real": frame["real_capital"], "new": frame["real_investment"]}
        )
        .drop_nulls(["year", "real"])
        .group_by("year")
        .agg(
            rows=pl.len(),
            original=pl.col("original").sum(),
            real=pl.col("real").sum(),
            ratio=pl.col("real").sum() / pl.col("original").sum(),
            investment=pl.col("new").sum() / pl.col("real").filter(pl.col("new").is_not_null()).sum(),
        )
        .sort("year")
        .with_columns(
            pl.col("year").cast(pl.String),
            pl.when(pl.int_range(pl.len()) > 0).then(100 * pl.col("investment")).alias("investment"),
        )
    )
    columns = {
        "year": Column("year"),
        "rows": Column("rows", "count", 0),
        "original": Column("original value", digits=0),
        "real": Column("real capital", digits=0),
        "ratio": Column("real / original"),
        "investment": Column("investment / capital", "%", 1),
    }
    return Table("capital", "Capital by year, sums over firms", table, columns)
