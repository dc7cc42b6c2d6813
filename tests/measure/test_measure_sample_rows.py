"""Firm-level rows of a measurement are made when asked for, and agree with what counts them."""

from measure_samples import firms_of, random_firms

from dirigiste.measurement import measure
from dirigiste.measurement.output.as_json import as_json


def test_tables_and_json_need_no_firm_level_rows():
    result = measure(firms_of(random_firms()))
    shown = as_json(result, [], result.tables)
    assert "kept" not in vars(result.sample)
    assert shown["rows"] == result.rows.height == result.sample.count
    assert result.rows is result.rows


def test_rows_in_and_out_of_the_sample_are_all_rows():
    firms = firms_of(random_firms())
    result = measure(firms)
    assert result.lost.height > 0
    assert sorted([*result.rows["row"], *result.lost["row"]]) == firms.frame["row"].to_list()
    assert set(result.lost["why"]) <= {step.what for step in result.steps}


def test_divisions_and_the_result_share_their_rows():
    result = measure(firms_of(random_firms()), by="year")
    assert "kept" in vars(result.sample)
