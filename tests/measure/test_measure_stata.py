"""Stata files: value labels, variable labels, extended missing values, and the way back."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from dirigiste.measurement import read_firms
from dirigiste.measurement.files import stata as st
from dirigiste.measurement.files.source import open_file


@pytest.fixture
def labelled(tmp_path):
    path = tmp_path / "labelled.dta"
    frame = pd.DataFrame(
        {
            "id": np.array([7, 8, 9], dtype="int32"),
            "own": np.array([1, 2, 3], dtype="int8"),
            "ind": np.array([610.0, 1511.0, 1511.0]),
            "va": [1.5, 2.5, np.nan],
            "w": [1.0, 2.0, 3.0],
            "k": [4.0, 5.0, 6.0],
            "name": ["a", "", "ç"],
        }
    )
    frame.to_stata(
        path,
        write_index=False,
        version=118,
        variable_labels={"va": "Value added", "own": "Ownership"},
        value_labels={"own": {1: "State", 2: "Private"}},
    )
    return path


def test_labels_are_kept(labelled):
    firms = read_firms(
        labelled, output="va", wage_bill="w", capital="k", id="id", industry="ind", group="own"
    )
    assert firms.frame["group"].to_list() == ["State", "Private"]
    assert firms.frame["industry"].to_list() == ["610", "1511"]
    assert firms.frame["id"].to_list() == ["7", "8"]
    assert firms.labels == {"output": "Value added", "group": "Ownership"}


def test_codes_without_label_stay_codes(labelled):
    firms = read_firms(labelled, output="k", wage_bill="w", capital="k", group="own")
    assert firms.frame["group"].to_list() == ["State", "Private", "3"]


def test_texts_and_columns(labelled):
    source = open_file(labelled)
    assert list(source.columns) == ["id", "own", "ind", "va", "w", "k", "name"]
    assert source.scan(["name"], set()).collect()["name"].to_list() == ["a", None, "ç"]


def test_chunks_join(tmp_path, monkeypatch):
    path = tmp_path / "long.dta"
    pd.DataFrame({"x": np.arange(1000.0), "n": np.arange(1000, dtype="int16")}).to_stata(
        path, write_index=False
    )
    monkeypatch.setattr(st, "CHUNK", 64)
    frame = open_file(path).scan(["n", "x"], set()).collect().select("n", "x")
    assert frame.columns == ["n", "x"]
    assert frame["x"].to_list() == list(map(float, range(1000)))


def test_a_frame_written_and_read_again(tmp_path):
    path = tmp_path / "made.dta"
    frame = pl.DataFrame(
        {
            "year": [2001, 2002, None],
            "count": [1, 2, 3],
            "value": [1.5, None, float("inf")],
            "text": ["σ", None, "b"],
            "yes": [True, False, True],
            "a name with spaces": [1.0, 2.0, 3.0],
            "x" * 40: [1.0, 2.0, 3.0],
            "x" * 41: [1.0, 2.0, 3.0],
        }
    )
    st.write(frame, path, {"value": "A value"}, "title")
    again = pd.read_stata(path)
    assert list(again.columns) == [
        "year",
        "count",
        "value",
        "text",
        "yes",
        "a_name_with_spaces",
        "x" * 32,
        "x" * 30 + "_2",
    ]
    assert again["value"].isna().tolist() == [False, True, True]
    assert again["text"].tolist() == ["σ", "", "b"]
    assert again["year"].tolist()[:2] == [2001.0, 2002.0]
    with pd.read_stata(path, iterator=True) as reader:
        assert reader.variable_labels()["value"] == "A value"
        assert reader.variable_labels()["a_name_with_spaces"] == "a name with spaces"
