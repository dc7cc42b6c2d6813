"""A made-up twin of the Ghanaian survey, measured by the program and by a plain calculation that shares no
line with it: eleven sectors, twelve years of high inflation, small cells, rows that cannot be used, groups
that are not known.

The survey itself may not be shipped; `test_measure_real` holds its numbers where the file is there. Firms
come from a low-discrepancy sequence and not from a generator of random numbers, so that the numbers are the
same under every version of numpy.
"""

import csv
import math
from collections import defaultdict
from statistics import NormalDist, fmean, stdev

import polars as pl
import pytest

from dirigiste import measurement as dm

SIGMA = 3.0
GAIN = 339.816371
"""Mean gain of the twin in per cent."""


def normal(n, base):
    """A standard normal from the sequence n·√base mod 1."""
    return NormalDist().inv_cdf(min(max((n * math.sqrt(base)) % 1.0, 1e-9), 1 - 1e-9))


def twin():
    """Rows as a file holds them, all text."""
    rows = []
    for firm in range(1, 261):
        sector = f"sector {(firm * 7) % 11}"
        owner = {0: "foreign", 1: "state", 2: "", 3: ""}.get((firm * 5) % 13, "private")
        for year in range(1991, 2003):
            n = firm * 12 + year - 1991
            if (n * math.sqrt(13)) % 1.0 > 0.62:
                continue
            price = 1.3 ** (year - 1991)
            size = 1.4 * normal(firm, 2)
            value = price * 1e6 * math.exp(size + 0.9 * normal(n, 3))
            wages = price * 3e5 * math.exp(size + 0.8 * normal(n, 5))
            capital = price * 2e6 * math.exp(1.1 * size + 1.3 * normal(n, 7))
            if n % 131 == 0:
                value = -value
            if n % 43 == 0:
                wages = 0.0
            if n % 389 == 0:
                capital = 0.0
            rows.append([str(firm), str(year), sector, owner, *(f"{x:.2f}" for x in (value, wages, capital))])
    return rows


def quantile(values, share):
    """With linear interpolation between order statistics."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def by_hand(rows):
    """Gain of each year, log TFPR to the cell of all rows that stay, and how many rows were usable."""
    firms = []
    for _, year, sector, _, value, wages, capital in rows:
        y, l, k = float(value), float(wages), float(capital)  # noqa: E741
        if y > 0 and l > 0 and k > 0:
            firms.append((int(year), sector, y, l, k))
    sums = defaultdict(lambda: [0.0, 0.0])
    for _, sector, y, l, _ in firms:  # noqa: E741
        sums[sector][0] += l
        sums[sector][1] += y
    alpha = {sector: min(max(1 - wages / value, 0.05), 0.95) for sector, (wages, value) in sums.items()}

    def cells(members):
        by_cell = defaultdict(list)
        for year, sector, y, l, k in members:  # noqa: E741
            a = alpha[sector]
            inputs = k**a * l ** (1 - a)
            by_cell[year, sector].append((y, l, k, y / inputs, y ** (SIGMA / (SIGMA - 1)) / inputs))
        return by_cell

    def means(members, a):
        y, l, k = (sum(m[n] for m in members) for n in range(3))  # noqa: E741
        best = sum(m[4] ** (SIGMA - 1) for m in members) ** (1 / (SIGMA - 1))
        return y / (k**a * l ** (1 - a)), best

    first = cells(firms)
    logs = {}
    for (year, sector), members in first.items():
        tfpr, best = means(members, alpha[sector])
        scale = len(members) ** (1 / (SIGMA - 1)) / best
        logs[year, sector] = [(math.log(m[3] / tfpr), math.log(m[4] * scale)) for m in members]
    every = [pair for pairs in logs.values() for pair in pairs]
    bounds = [[quantile([p[n] for p in every], share) for share in (0.01, 0.99)] for n in (0, 1)]
    kept = {
        cell: [
            member
            for member, pair in zip(members, logs[cell], strict=True)
            if all(low <= x <= high for x, (low, high) in zip(pair, bounds, strict=True))
        ]
        for cell, members in first.items()
    }
    output, gain, spread = defaultdict(float), defaultdict(float), []
    for (year, sector), members in kept.items():
        if not members:
            continue
        a = alpha[sector]
        tfpr, best = means(members, a)
        y = sum(m[0] for m in members)
        tfp = sum((m[4] * tfpr / m[3]) ** (SIGMA - 1) for m in members) ** (1 / (SIGMA - 1))
        output[year] += y
        gain[year] += y * math.log(best / tfp)
        spread += [math.log(m[3] / tfpr) for m in members]
    gains = {year: math.exp(total / output[year]) - 1 for year, total in sorted(gain.items())}
    return gains, spread, len(firms)


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    path = tmp_path_factory.mktemp("twin") / "twin.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["firm", "year", "sector", "owner", "va", "wages", "capital"], *twin()])
    firms = dm.read_firms(
        path, output="va", wage_bill="wages", capital="capital", industry="sector", year="year", id="firm",
        group="owner",
    )  # fmt: skip
    return firms, dm.measure(firms)


def test_the_twin_is_measured_as_by_hand(measured):
    firms, result = measured
    gains, spread, usable = by_hand(twin())
    assert len(firms) == usable
    assert result.rows.height == len(spread)
    table = result.tables["gains_by_year"].frame
    assert table["year"].to_list() == [*map(str, gains), "mean"]
    for gain, expected in zip(table["gain"], [*gains.values(), fmean(gains.values())], strict=True):
        assert gain == pytest.approx(100 * expected, rel=1e-10)
    sd = result.tables["dispersion"].frame.filter(
        (pl.col("variable") == "ln TFPR") & (pl.col("weights") == "firms")
    )["sd"][0]
    assert sd == pytest.approx(stdev(spread), rel=1e-10)


def test_the_numbers_of_the_twin_stay(measured):
    firms, result = measured
    assert (firms.steps[0].left, len(firms), result.rows.height) == (1932, 1865, 1800)
    assert result.gain == pytest.approx(GAIN, abs=1e-5)
    assert not result.absent.keys() - {"intervals"}
