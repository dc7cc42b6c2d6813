"""Groups by year, by region and industry: each subset is a measurement of its rows, with the same choices."""

import numpy as np
import polars as pl
import pytest
from measure_samples import firms_of, random_firms

from dirigiste.errors import InputError
from dirigiste.measurement import Choices, measure, read_firms
from dirigiste.measurement.choices import Trim
from dirigiste.measurement.output import figures

CHOICES = Choices(alpha="constant", alpha_value=0.4, trim=Trim(tail=0), reference="private", weights="none")


def panel(seed=1, **how):
    frame = random_firms(seed, **how)
    place = pl.col("id").hash(seed=0) % 3
    return frame.with_columns(region=pl.format("r{}", place), rows=pl.col("year") % 2)


def roles(frame):
    return {
        name: name for name in ("output", "capital", "industry", "year", "id", "group") if name in frame
    } | {"wage_bill": "labor"}


def test_by_year_is_each_year_alone():
    frame = panel()
    result = measure(firms_of(frame), CHOICES, by="year")
    split = result.tables["split_by_year"].frame
    whole = result.tables["gains_by_year"].frame.filter(pl.col("year") != "mean")
    for name in ("rows", "cells", "gain", "between", "within"):
        np.testing.assert_allclose(split[name], whole[name], rtol=1e-12)
    for year in (2000, 2002):
        alone = measure(firms_of(frame.filter(pl.col("year") == year)), CHOICES)
        for kind in ("groups", "regressions"):
            mine = result.tables[f"{kind}_by_year"].frame.filter(pl.col("year") == year).drop("year")
            theirs = alone.tables[kind].frame
            for name in mine.columns:
                if mine.schema[name] == pl.Float64:
                    np.testing.assert_allclose(mine[name], theirs[name], rtol=1e-9, atol=1e-12)
                else:
                    assert mine[name].to_list() == theirs[name].to_list()


def test_by_two_columns_after_the_trim():
    """Capital shares and trim are those of all rows, so a subset equals a file of its rows that stayed."""
    frame = panel(2, industries=3, missing=0.1)
    choices = CHOICES.with_({"trim": Trim(tail=0.02), "alpha": "own"})
    result = measure(read_firms(frame, **roles(frame)), choices, by="region,industry")
    found = result.tables["split_by_region_industry"].frame
    assert found.select("region", "industry").rows() == [
        (f"r{r}", f"i{i}") for r in range(3) for i in range(3)
    ]
    kept = result.rows["row"].to_list()
    shares = dict(result.rows.select("industry", "alpha").unique().iter_rows())
    fixed = choices.with_({"trim": Trim(tail=0), "alpha": "table", "alpha_table": shares})
    stayed = frame.with_row_index("row", offset=1).filter(pl.col("row").is_in(kept))
    for row in found.iter_rows(named=True):
        part = stayed.filter((pl.col("region") == row["region"]) & (pl.col("industry") == row["industry"]))
        alone = measure(firms_of(part), fixed)
        assert row["rows"] == part.height
        mean = alone.tables["gains_by_year"].frame.row(-1, named=True)
        for name in ("gain", "between", "within"):
            assert row[name] == pytest.approx(mean[name], rel=1e-9)
        mine = result.tables["groups_by_region_industry"].frame.filter(
            (pl.col("region") == row["region"]) & (pl.col("industry") == row["industry"])
        )
        np.testing.assert_allclose(mine["mrpk"], alone.tables["groups"].frame["mrpk"], rtol=1e-9)


def test_several_divisions_and_names_that_tables_have_already():
    frame = panel(3)
    result = measure(read_firms(frame, **roles(frame)), CHOICES, by=["region", "rows", "group"])
    assert {"split_by_region", "groups_by_region", "regressions_by_region"} <= set(result.tables)
    assert "by_rows" in result.tables["split_by_rows"].frame.columns
    assert result.tables["groups_by_group"].frame["by_group"].to_list() == ["foreign", "private", "state"]
    assert "regressions_by_group" not in result.tables  # nothing to compare with


def test_without_groups_there_are_gains():
    frame = panel(4).drop("group")
    result = measure(read_firms(frame, **roles(frame)), CHOICES.with_({"reference": None}), by="region")
    assert result.tables["split_by_region"].frame.columns == ["region", "rows", "cells", "gain"]
    assert "groups_by_region" not in result.tables


@pytest.mark.parametrize(
    ("by", "about"),
    [
        ("regoin", "--by: no `regoin` in `regoin`; did you mean `region`"),
        (" ,", "--by: is empty"),
        ("output", "x"),
    ],
)
def test_names_that_divide_nothing(by, about, monkeypatch):
    if about == "x":
        monkeypatch.setattr("dirigiste.measurement.inference.by_subset.MOST", 100)
        about = "`output` makes .* subsets; 100 are measured at most"
    frame = panel(5)
    with pytest.raises(InputError, match=about):
        measure(read_firms(frame, **roles(frame)), CHOICES, by=by)


def test_the_figure_by_year_has_the_coefficients_and_intervals():
    result = measure(firms_of(panel(6)), CHOICES, by="year")
    figure = figures.figures(result)["groups-by-year"]
    assert figure.frame["group"].unique().sort().to_list() == ["foreign", "state"]
    table = result.tables["regressions_by_year"].frame
    one = table.filter((pl.col("variable") == "ln MRPK") & (pl.col("group") == "state")).sort("year")
    value = f"{one['coefficient'][0]:+.2f}".replace("-", "−")
    assert f"ln MRPK of state firms against private ones: {value} in 2000" in figure.title
    assert (figure.frame["low"] < figure.frame["coefficient"]).all()
    assert figure.png()[:4] == b"\x89PNG"
    assert "<svg" in figure.svg()
    assert "groups-by-year" not in figures.figures(measure(firms_of(panel(6)), CHOICES))


def test_a_column_of_many_values_is_no_division():
    firms = firms_of(panel(5))
    with pytest.raises(InputError, match="`output` makes 952 subsets of 952 rows; above 100 subsets they"):
        measure(firms, CHOICES, by="output")
    with pytest.raises(InputError, match=r"\(`output` has 952 values\).*--group 'small: output < 100"):
        measure(firms, CHOICES, by="year,output")
