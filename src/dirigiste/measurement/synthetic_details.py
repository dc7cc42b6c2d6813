"""What linking firms over years and building real capital need, for a synthetic panel: identifiers that
break, founding years, original values of fixed assets, prices of investment. The true firm and its real
capital are known.

Codes and names change for good (together in a restructuring), are missing or mistyped as another firm's;
legal persons and telephones change more often; names and legal persons are shared; some firms skip a year.

Real capital is the panel's capital over the price of investment P. The original value O grows at the rate g
of its province and two-digit industry from the founding year to the firm's first year here, and then by the
investment that real capital K needs,

    O_t = O_{t-1} + P_t (K_t - (1-δ) K_{t-1}),

so that a perpetual inventory with P, g and δ gives back K. As booked, capital is O less depreciation of
purchases at their prices, and what is sold leaves the books in the same share: what the survey reports as
fixed assets.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import polars as pl

Array = np.ndarray[Any, np.dtype[Any]]

DEPRECIATION: Final = 0.09
EARLIEST: Final = 1978
"""The first year of prices; no firm is older."""

CHANGES: Final = {"code": 0.03, "name": 0.03, "person": 0.12, "telephone": 0.10}
"""Share of firms whose identifier changes for good in a year."""

RESTRUCTURED: Final = 0.01
"""Share of firms whose code and name change together in a year."""

LACKING: Final = {"code": 0.01, "name": 0.002, "person": 0.02, "telephone": 0.05}
"""Share of rows in which an identifier is missing."""

MISTYPED: Final = 0.003
"""Share of rows that have the code of another firm."""

COMMON: Final = 0.02
"""Share of names that several firms have."""

SKIPPED: Final = 0.02
"""Share of firms that a year inside their life lacks."""

PROVINCES: Final = ("11", "31", "32", "33", "37", "44", "51", "61")

SURNAMES: Final = ("Wang", "Li", "Zhang", "Liu", "Chen", "Yang", "Zhao", "Huang", "Zhou", "Wu", "Xu", "Sun")
GIVEN: Final = ("Wei", "Fang", "Na", "Min", "Jing", "Li", "Qiang", "Lei", "Jun", "Yang", "Yong", "Yan", "Tao")
WORDS: Final = ("Hongda", "Xinhua", "Dongfang", "Jinlong", "Huaxing", "Tianyuan", "Shengda", "Kaida")


class Details(NamedTuple):
    """A panel with details, and what they were made from."""

    frame: pl.DataFrame
    """The rows that are left, with code, name, person, telephone, region, founded, original; `firm` and
    `real_capital` are the truth, and `capital` is as booked."""
    prices: dict[int, float]
    """Year -> price of investment, 100 in the panel's first year."""
    growth: pl.DataFrame
    """province, industry (two digits), growth: the rate of the original value before the panel."""


def with_details(panel: pl.DataFrame, seed: int) -> Details:
    """Add details to a panel with columns firm, year, industry and capital. Its own numbers do not change."""
    random = np.random.default_rng([seed, 1])
    frame = panel.with_row_index("(row)").sort("firm", "year")
    firm, year = (frame[name].to_numpy() for name in ("firm", "year"))
    born = np.concatenate([[True], firm[1:] != firm[:-1]])
    first, number = np.flatnonzero(born), np.cumsum(born) - 1
    prices = _prices(random, int(year.min()), int(year.max()))
    region = np.array(PROVINCES)[random.integers(0, len(PROVINCES), first.size)][number]
    province = pl.Series("province", region)
    industry = frame["industry"].str.slice(0, 2)
    cells = pl.DataFrame({"province": province, "industry": industry})
    growth = cells.unique().sort("province", "industry")
    growth = growth.with_columns(growth=pl.Series(random.uniform(0.05, 0.15, growth.height).round(4)))
    joined = cells.join(growth, on=["province", "industry"], how="left", maintain_order="left")
    rate = joined["growth"].to_numpy()
    age = np.where(year[first] == year.min(), random.integers(0, 25, first.size), 0)
    age = age + random.integers(0, 4, first.size)
    founded = np.maximum(year[first] - age, EARLIEST)[number]
    level = {y: price / prices[int(year.min())] for y, price in prices.items()}
    real = frame["capital"].to_numpy() / np.array([level[int(y)] for y in year])
    original, booked = _books(firm, year, founded, rate, real, level)
    details = frame.with_columns(
        **_identifiers(random, firm, year, born),
        region=pl.Series(region) + pl.Series(_digits(random, first.size, 4)[number]),
        founded=pl.Series(founded),
        original=pl.Series(original),
        capital=pl.Series(booked),
        real_capital=pl.Series(real),
    )
    inside = np.concatenate([firm[1:] == firm[:-1], [False]]) & ~born
    skipped = inside & (random.random(firm.size) < SKIPPED)
    return Details(details.filter(pl.Series(~skipped)).sort("(row)").drop("(row)"), prices, growth)


def _prices(random: np.random.Generator, first: int, last: int) -> dict[int, float]:
    """A price index that rises by 1 to 7 % a year, less than capital depreciates."""
    years = range(EARLIEST, last + 1)
    index = np.exp(np.cumsum(random.uniform(0.01, 0.07, len(years))))
    level = 100 * index / index[first - EARLIEST]
    return {year: round(float(value), 4) for year, value in zip(years, level, strict=True)}


def _books(
    firm: Array, year: Array, founded: Array, rate: Array, real: Array, price: dict[int, float]
) -> tuple[Array, Array]:
    """Original value, and value as booked, of rows sorted by firm and year."""
    original, booked = np.empty(firm.size), np.empty(firm.size)
    kept = 1 - DEPRECIATION
    for n in range(firm.size):
        if n and firm[n] == firm[n - 1]:
            bought = price[int(year[n])] * (real[n] - kept * real[n - 1])
            original[n] = original[n - 1] + bought
            sold = min(bought, 0.0) / original[n - 1]
            booked[n] = kept * booked[n - 1] * (1 + sold) + max(bought, 0.0)
            continue
        value, stock, book = 1.0, 1.0 / price[int(founded[n])], 1.0
        for y in range(int(founded[n]) + 1, int(year[n]) + 1):
            bought = rate[n] * value
            value += bought
            stock = kept * stock + bought / price[y]
            book = kept * book + bought
        original[n], booked[n] = value * real[n] / stock, book * real[n] / stock
    return original, booked


def _identifiers(random: np.random.Generator, firm: Array, year: Array, born: Array) -> dict[str, pl.Series]:
    """Code, name, legal person and telephone of every row, with all that goes wrong."""
    size = firm.size
    both = random.random(size) < RESTRUCTURED
    made: dict[str, pl.Series] = {}
    for key, share in CHANGES.items():
        new = born | (random.random(size) < share) | (both & (key in ("code", "name")))
        spell = np.cumsum(new) - 1
        values = _draw(random, key, int(spell[-1]) + 1)[spell]
        if key == "code":
            values = _mistyped(random, values, year)
        lacking = random.random(size) < LACKING[key]
        made[key] = pl.Series(values).set(pl.Series(lacking), None)
    return made


def _draw(random: np.random.Generator, key: str, count: int) -> Array:
    if key == "person":
        people = np.array([f"{surname} {given}" for surname in SURNAMES for given in GIVEN])
        return people[random.integers(0, people.size, count)]
    if key == "telephone":
        return _digits(random, count, 8)
    if key == "code":
        return np.array([f"{n:09d}" for n in random.permutation(count) * 7 + 10_000_003])
    words = np.array(WORDS)[random.integers(0, len(WORDS), count)]
    numbered = np.array([f" No. {n}" for n in range(count)])
    common = random.random(count) < COMMON
    return np.strings.add(np.strings.add(words, " Works"), np.where(common, "", numbered))


def _mistyped(random: np.random.Generator, codes: Array, year: Array) -> Array:
    """Codes, some of which are those of another row of the year."""
    codes = codes.copy()
    for n in np.flatnonzero(random.random(codes.size) < MISTYPED):
        others = np.flatnonzero(year == year[n])
        codes[n] = codes[others[random.integers(0, others.size)]]
    return codes


def _digits(random: np.random.Generator, count: int, digits: int) -> Array:
    low = 10 ** (digits - 1)
    return random.integers(low, 10 * low, count).astype(str)
