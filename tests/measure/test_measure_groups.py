"""Groups: the exact split, counterfactuals, regressions against statsmodels."""

import numpy as np
import polars as pl
import pytest
from measure_samples import firms_of, random_firms

from dirigiste.measurement import Choices, measure
from dirigiste.measurement.choices import Trim
from dirigiste.measurement.estimates.counterfactuals import scaled_wedges, terms_of
from dirigiste.measurement.estimates.gains import estimate
from dirigiste.measurement.estimates.groups import split, with_terms
from dirigiste.measurement.estimates.sample import sample_of
from dirigiste.measurement.estimates.statistics import statistics

CHOICES = Choices(trim=Trim(tail=0.01))


def estimated(frame, choices=CHOICES):
    return estimate(sample_of(firms_of(frame), choices)[0], choices)


def tfp(y, k, labor, alpha, sigma):
    """ln TFP of firms with value added y = (A/TFPR)^(σ-1)."""
    return sigma / (sigma - 1) * np.log(y.sum()) - alpha * np.log(k.sum()) - (1 - alpha) * np.log(labor.sum())


@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_split_is_exact_and_is_that_of_composite_firms(missing):
    estimate = estimated(random_firms(1, missing=missing))
    between, within = split(estimate)
    np.testing.assert_allclose(between + within, estimate.cell_gain, atol=1e-13)
    assert between.min() > -1e-12
    assert within.min() > -1e-12
    frame = measure(firms_of(random_firms(1, missing=missing)), CHOICES).tables["gains_by_year"].frame[:-1]
    whole = (1 + frame["between"] / 100) * (1 + frame["within"] / 100)
    np.testing.assert_allclose(whole, 1 + frame["gain"] / 100, rtol=1e-12)


def test_between_is_the_gain_of_a_file_of_composites():
    frame = random_firms(2)
    choices = Choices(alpha="constant", trim=Trim(tail=0), weights="none")
    between, _ = split(estimated(frame, choices))
    merged = (
        frame.group_by("industry", "year", "group")
        .agg(pl.col("output", "labor", "capital").sum())
        .with_columns(id=pl.lit("x"))
    )
    np.testing.assert_allclose(between, estimated(merged, choices).cell_gain, atol=1e-12)


def test_one_group_in_each_cell_leaves_nothing_between():
    frame = random_firms(3).with_columns(group=pl.col("industry"))
    between, within = split(estimated(frame))
    np.testing.assert_allclose(between, 0, atol=1e-13)
    assert within.max() > 0.01


def test_counterfactuals_against_plain_calculation():
    frame = random_firms(4, industries=1, years=1)
    choices = Choices(alpha="constant", alpha_value=0.4, trim=Trim(tail=0), weights="none")
    estimate = estimated(frame, choices)
    y, k, labor = (frame[name].to_numpy() for name in ("output", "capital", "labor"))
    group = frame["group"].to_numpy()
    actual = tfp(y, k, labor, 0.4, 3.0)
    # "state" on the terms of "private": factors on its marginal products, inputs and revenue follow
    a, b = group == "state", group == "private"
    more_k = (y[b].sum() / k[b].sum()) / (y[a].sum() / k[a].sum())
    more_l = (y[b].sum() / labor[b].sum()) / (y[a].sum() / labor[a].sum())
    new = y * np.where(a, (more_k**0.4 * more_l**0.6) ** -2.0, 1.0)
    changed = tfp(
        new, new * k / y / np.where(a, more_k, 1), new * labor / y / np.where(a, more_l, 1), 0.4, 3.0
    )
    names = estimate.sample.groups
    got = terms_of(estimate, names.index("state"), names.index("private")) - estimate.levels.tfp
    assert float(got[0]) == pytest.approx(changed - actual, abs=1e-12)
    # halved wedges, firm by firm
    a_power = y**3 / (k**0.4 * labor**0.6) ** 2
    mrpk, mrpl = (y / k) ** 0.5, (y / labor) ** 0.5
    new = a_power * (mrpk**0.4 * mrpl**0.6) ** -2
    got = scaled_wedges(estimate, 0.5, 0.5) - estimate.levels.tfp
    assert float(got[0]) == pytest.approx(tfp(new, new / mrpk, new / mrpl, 0.4, 3.0) - actual, abs=1e-12)
    np.testing.assert_allclose(scaled_wedges(estimate, 1, 1), estimate.levels.tfp, atol=1e-12)
    np.testing.assert_allclose(scaled_wedges(estimate, 0, 0), estimate.levels.best, atol=1e-12)


def test_equal_terms_is_the_gain_between_groups():
    estimate = estimated(random_firms(5))
    sample, parts = estimate.sample, estimate.parts
    cells = estimate.cells
    ratio_k = (cells.y / cells.k)[sample.part_cell] / (parts.y / parts.k)
    ratio_l = (cells.y / cells.l)[sample.part_cell] / (parts.y / parts.l)
    np.testing.assert_allclose(
        with_terms(estimate, ratio_k, ratio_l) - estimate.levels.tfp, split(estimate)[0], atol=1e-12
    )


@pytest.mark.parametrize("weights", ["none", "sampling"])
def test_regressions_equal_statsmodels(weights):
    sm = pytest.importorskip("statsmodels.api")
    frame = random_firms(6, firms=150, industries=12, missing=0.1)
    choices = CHOICES.with_({"weights": weights, "reference": "private"})
    result = measure(firms_of(frame), choices)
    table = result.tables["regressions"].frame
    rows = result.rows.drop_nulls("group").with_columns(cell=pl.concat_str("industry", "year"))
    rows = rows.filter(pl.len().over("cell") > 1)
    assert rows.height == table["rows"][0]
    for variable, column in (
        ("ln TFPR", "tfpr"),
        ("ln TFPQ", "tfpq"),
        ("ln MRPK", "mrpk"),
        ("ln MRPL", "mrpl"),
    ):
        others = ["foreign", "state"]
        x = np.column_stack(
            [(rows["group"] == group).to_numpy().astype(float) for group in others]
            + [(rows["cell"] == cell).to_numpy().astype(float) for cell in sorted(rows["cell"].unique())]
        )
        y = np.log(rows[column].to_numpy())
        weight = rows["weight"].to_numpy() if weights == "sampling" else np.ones(rows.height)
        clusters = rows["id"].rank("dense").to_numpy()
        fit = sm.WLS(y, x, weights=weight).fit(cov_type="cluster", cov_kwds={"groups": clusters}, use_t=True)
        ours = table.filter(pl.col("variable") == variable)
        np.testing.assert_allclose(ours["coefficient"], fit.params[:2], atol=1e-9)
        np.testing.assert_allclose(ours["se"], fit.bse[:2], rtol=1e-9)
        np.testing.assert_allclose(ours["p"], fit.pvalues[:2], atol=1e-9)
        assert ours["group"].to_list() == others


def test_coefficients_from_sums_are_those_of_the_regression():
    estimate = estimated(random_firms(7, missing=0.15))
    values = statistics(estimate, CHOICES)
    table = measure(firms_of(random_firms(7, missing=0.15)), CHOICES).tables["regressions"].frame
    for row in table.iter_rows(named=True):
        name = next(n for n in values if n.startswith(f"{row['variable']}, {row['group']} against"))
        assert values[name][0] == pytest.approx(row["coefficient"], abs=1e-10)


def test_groups_that_never_meet_the_others_are_left_out():
    """d has an industry to itself; c meets only b, which meets a: a, b and c are compared, d is named."""
    frame = random_firms(8, groups=("a", "b", "c", "d"), industries=3)
    places = {"a": ["i0"], "b": ["i0", "i1"], "c": ["i1"], "d": ["i2"]}
    frame = frame.with_columns(
        industry=pl.struct("group", "id").map_elements(
            lambda row: places[row["group"]][int(row["id"][1:]) % len(places[row["group"]])],
            return_dtype=pl.String,
        )
    )
    result = measure(firms_of(frame), CHOICES.with_({"reference": "a"}), bootstrap=5)
    table = result.tables["regressions"]
    assert set(table.frame["group"]) == {"b", "c"}
    assert any(
        "Left out since they share no industry and year with the others: d." in note for note in table.notes
    )
    alone = measure(firms_of(frame), CHOICES.with_({"reference": "d"}))
    assert "regressions" in alone.absent


def test_no_groups_no_group_tables():
    result = measure(firms_of(random_firms(1).drop("group")))
    assert {"groups", "regressions"} <= set(result.absent)
    assert "between" not in result.tables["gains_by_year"].frame.columns
    with pytest.raises(KeyError, match="no groups are given"):
        result.table("groups")
