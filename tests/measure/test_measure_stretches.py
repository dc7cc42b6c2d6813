"""Long files are gone through in stretches of rows: the numbers are those of one stretch."""

import numpy as np
import polars as pl
import pytest
from measure_samples import firms_of, random_firms

from dirigiste.measurement import Choices, measure
from dirigiste.measurement.estimates import sample as samples
from dirigiste.measurement.estimates import sums
from dirigiste.measurement.estimates.sample import sample_of
from dirigiste.measurement.output.as_json import as_json


def tables_of(firms, choices):
    measured = measure(firms, choices)
    return as_json(measured, [], measured.tables)["tables"]


def numbers(value):
    """All numbers of a nested value, in order; nan for what is none."""
    if isinstance(value, dict):
        return [number for one in value.values() for number in numbers(one)]
    if isinstance(value, list):
        return [number for one in value for number in numbers(one)]
    return [float(value)] if isinstance(value, int | float) else [np.nan]


@pytest.mark.parametrize("rows", [1, 7, 60])
@pytest.mark.parametrize("weighted", [False, True])
def test_tables_are_those_of_one_stretch(rows, weighted, monkeypatch):
    frame = random_firms(firms=120, missing=0.05)
    firms = firms_of(frame if weighted else frame.drop("weight"))
    choices = Choices(min_cell=3)
    whole = tables_of(firms, choices)
    monkeypatch.setattr(sums, "BLOCK", rows)
    monkeypatch.setattr(samples, "BLOCK", rows)
    parts = tables_of(firms, choices)
    assert list(parts) == list(whole)
    np.testing.assert_allclose(numbers(parts), numbers(whole), rtol=1e-10, atol=1e-13)


def test_blocks_are_whole_cells_and_cover_all_rows(monkeypatch):
    monkeypatch.setattr(samples, "BLOCK", 50)
    sample, _ = sample_of(firms_of(random_firms()), Choices())
    ends = [0]
    for block in sample.blocks:
        assert block.rows.start == sample.cell_start[block.cells][0] == sample.part_start[block.parts][0]
        assert block.rows.start == ends[-1]
        single = block.cells.stop - block.cells.start == 1
        assert single or block.rows.stop - block.rows.start <= 50
        ends.append(block.rows.stop)
    assert ends[-1] == sample.rows
    assert len(ends) > 10
    total = sample.by_part(sample.weight, sample.y)
    plain = np.add.reduceat(sample.weight * sample.y, sample.part_start)
    np.testing.assert_array_equal(total, plain)


def test_columns_that_no_role_fills_take_no_memory(tmp_path):
    from dirigiste.measurement import read_firms

    frame = random_firms(firms=2000, years=5).select("output", "labor", "capital")
    frame.write_csv(tmp_path / "f.csv")
    firms = read_firms(tmp_path / "f.csv", output="output", wage_bill="labor", capital="capital")
    assert firms.frame["weight"].unique().to_list() == [1.0]
    assert firms.frame["id"].null_count() == firms.frame["sales"].null_count() == len(firms)
    assert firms.frame.schema["industry"] == pl.String
    assert sample_of(firms, Choices())[0].weight.strides == (0,)
