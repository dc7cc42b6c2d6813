"""Pairs of rows of a firm some years apart, against a search by hand."""

import numpy as np
import polars as pl
import pytest
from measure_samples import firms_of, random_firms

from dirigiste.measurement import Choices
from dirigiste.measurement.estimates.gains import estimate
from dirigiste.measurement.estimates.panel import Pairs
from dirigiste.measurement.estimates.sample import sample_of


@pytest.mark.parametrize("survey", [False, True])
@pytest.mark.parametrize("lag", [1, 2, 3, 9])
@pytest.mark.parametrize("gap", [False, True])
def test_pairs_are_those_found_by_hand(lag, survey, gap):
    frame = random_firms(firms=80, years=6)
    frame = frame.filter(pl.col("year") != 2002) if gap else frame
    twice = frame.head(3)
    sample, _ = sample_of(firms_of(pl.concat([frame, twice])), Choices())
    found = estimate(sample, Choices())
    before, after = Pairs(found).at(lag, survey=survey)
    kept = np.flatnonzero(found.keep)
    number = np.searchsorted(sample.years, sample.year) if survey else sample.year
    rows = {}
    for row in kept.tolist():
        rows.setdefault((int(sample.firm[row]), int(number[row])), []).append(row)
    single = {key: value[0] for key, value in rows.items() if len(value) == 1}
    expected = sorted(
        (row, single[firm, year + lag])
        for (firm, year), row in single.items()
        if (firm, year + lag) in single
    )
    assert list(zip(before.tolist(), after.tolist(), strict=True)) == expected
