"""The real files: the reference numbers for Ghana, and what Colombia and Belgium allow."""

import numpy as np
import polars as pl
import pytest
from measure_samples import shared

from dirigiste.errors import InputError
from dirigiste.measurement import Choices, measure, read_firms
from dirigiste.measurement.choices import Trim


@pytest.fixture(scope="module")
def ghana():
    return read_firms(
        shared("ghana-gmes/ghana_gmes.csv"),
        output="va_nominal",
        wage_bill="wages",
        capital="capn",
        employment="worker",
        industry="sector",
        year="year",
        id="firm",
        group="ownership",
    )


def test_ghana_gives_the_reference_numbers(ghana):
    result = measure(ghana)
    assert len(ghana) == 1641
    assert result.rows.height == 1589
    assert round(result.gain, 3) == 193.784
    spread = result.tables["dispersion"].frame.filter(
        (pl.col("variable") == "ln TFPR") & (pl.col("weights") == "firms")
    )
    assert round(spread["sd"][0], 4) == 1.4687
    assert not result.absent.keys() - {"intervals"}
    assert {"state", "foreign", "private_domestic"} <= set(result.tables["groups"].frame["group"])


def test_ghana_every_number_carries_its_choices(ghana):
    result = measure(ghana, Choices(reference="private_domestic"), bootstrap=20)
    for table in result.tables.values():
        assert any(note.startswith("Choices: σ 3; α own") for note in table.notes), table.name
        assert list(table.columns) == table.frame.columns
    assert any("Cells are small" in warning for warning in result.warnings)


def test_colombia_has_heads_and_no_wage_bill():
    frame = pl.read_csv(shared("colombia-food-gnr/colombia_311.csv"), infer_schema_length=None)
    firms = read_firms(
        frame.with_columns(va=pl.col("gross_output") - pl.col("intermediates")),
        output="va",
        employment="labour",
        capital="capital",
        industry="isic",
        year="year",
        id="plant",
    )
    with pytest.raises(InputError, match="wage bill"):
        measure(firms)
    result = measure(firms, Choices(alpha="constant", trim=Trim(tail=0)))
    assert result.rows.height == 6187 - 47
    # one industry: the gain by hand
    year = frame.filter(pl.col("year") == 1981).with_columns(
        va=pl.col("gross_output") - pl.col("intermediates")
    )
    year = year.filter(pl.col("va") > 0)
    y, c = year["va"].to_numpy(), (year["capital"] ** (1 / 3) * year["labour"] ** (2 / 3)).to_numpy()
    whole = year["capital"].sum() ** (1 / 3) * year["labour"].sum() ** (2 / 3)
    by_hand = ((y**1.5 / c) ** 2).sum() ** 0.5 / (y.sum() ** 1.5 / whole) - 1
    assert result.tables["gains_by_year"].frame["gain"][0] == pytest.approx(100 * by_hand, rel=1e-10)
    assert "persons (no wage bill" in result.tables["summary"].notes[-1]


def test_belgium_is_one_cell():
    firms = read_firms(
        shared("belgium-firms/belgium_1996.csv"),
        output="value_added",
        wage_bill="wage_bill",
        employment="employees",
        capital="capital",
    )
    result = measure(firms)
    assert result.tables["gains_by_year"].frame["cells"][0] == 1
    assert {"groups", "regressions", "persistence", "dynamic", "measurement_error"} <= set(result.absent)
    assert np.isfinite(result.gain)
    assert result.gain > 0
