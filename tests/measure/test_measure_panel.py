"""Dispersion, covariance, persistence, decompositions over time, measurement error, span of control."""

import numpy as np
import polars as pl
import pytest
from measure_samples import firms_of, lognormal_nodes, random_firms

from dirigiste.measurement import Choices, measure
from dirigiste.measurement.choices import Trim
from dirigiste.measurement.estimates.gains import estimate
from dirigiste.measurement.estimates.quantiles import quantiles
from dirigiste.measurement.estimates.sample import sample_of
from dirigiste.measurement.estimates.span_of_control import losses

UNTRIMMED = Choices(trim=Trim(tail=0), weights="none")


def estimated(frame, choices=UNTRIMMED, paid=True):
    return estimate(sample_of(firms_of(frame, paid), choices)[0], choices)


@pytest.mark.parametrize("size", [1, 2, 5, 1000, 30_000])
@pytest.mark.parametrize("kind", ["spread", "ties", "heavy"])
def test_quantiles_are_those_of_numpy(size, kind):
    random = np.random.default_rng(size)
    x = {
        "spread": random.normal(size=size),
        "ties": random.integers(0, 4, size) / 3.0,
        "heavy": random.standard_cauchy(size),
    }[kind]
    at = (0.0, 0.01, 0.25, 0.5, 0.9, 0.99, 1.0)
    np.testing.assert_allclose(quantiles(x, at), np.quantile(x, at), rtol=1e-12)
    copies = random.integers(0, 4, size)
    copies[0] = 2
    np.testing.assert_allclose(
        quantiles(x, at, copies.astype(float)), np.quantile(np.repeat(x, copies), at), rtol=1e-12
    )
    assert np.isnan(quantiles(x, (0.5,), np.zeros(size)))[0]


def test_dispersion_against_plain_calculation():
    result = measure(firms_of(random_firms(1)), UNTRIMMED)
    rows, table = result.rows, result.tables["dispersion"].frame
    x = rows["ln_tfpr_dev"].to_numpy()
    get = {row["weights"]: row for row in table.filter(pl.col("variable") == "ln TFPR").iter_rows(named=True)}
    assert get["firms"]["sd"] == pytest.approx(x.std(ddof=1), rel=1e-12)
    q = np.quantile(x, [0.1, 0.25, 0.75, 0.9])
    assert get["firms"]["iqr"] == pytest.approx(q[2] - q[1], rel=1e-12)
    assert get["firms"]["p90_10"] == pytest.approx(q[3] - q[0], rel=1e-12)
    weight = (rows["cell_share"] * rows["theta"]).to_numpy()
    mean = np.average(x, weights=weight)
    expected = np.sqrt(np.average((x - mean) ** 2, weights=weight) * x.size / (x.size - 1))
    assert get["value added"]["sd"] == pytest.approx(expected, rel=1e-12)
    inner = rows.select(
        pl.col("ln_tfpr_dev") - pl.col("ln_tfpr_dev").mean().over("industry", "year")
    ).to_series()
    assert get["firms"]["sd_within"] == pytest.approx(inner.std(), rel=1e-12)


def test_covariance_finds_the_moments_that_were_put_in():
    covariance = 0.5 * np.array([[1, 0.35, 0.1], [0.35, 0.25, 0.05], [0.1, 0.05, 0.3]])
    choices = Choices(alpha="constant", alpha_value=0.4, trim=Trim(tail=0))
    table = (
        measure(firms_of(lognormal_nodes(covariance, 0.4, 3.0)), choices)
        .tables["covariance"]
        .frame.row(0, named=True)
    )
    wedge = np.array([0, 1, 0.4])
    assert table["var_tfpr"] == pytest.approx(wedge @ covariance @ wedge, rel=1e-9)
    assert table["var_tfpq"] == pytest.approx(0.5, rel=1e-9)
    assert table["covariance"] == pytest.approx(covariance[0] @ wedge, rel=1e-9)
    assert table["var_capital"] == pytest.approx(0.15, rel=1e-9)
    assert table["var_output"] == pytest.approx(0.125, rel=1e-9)
    assert table["cov_wedges"] == pytest.approx(0.025, rel=1e-9)
    assert table["lognormal"] == pytest.approx(0.2715, abs=5e-5)


def test_span_of_control_and_hsieh_klenow_are_one_at_matching_curvature():
    estimate = estimated(random_firms(2), Choices(sigma=4.0))
    lost = losses(estimate, 0.75)
    np.testing.assert_allclose(lost.total / 0.75, estimate.cell_gain, atol=1e-12)
    np.testing.assert_allclose(lost.within + lost.between, lost.total, atol=1e-12)
    assert min(lost.within.min(), lost.between.min()) > -1e-12


def test_span_of_control_against_the_formulas_of_the_model():
    frame = random_firms(3, years=1, industries=1)
    estimate = estimated(frame, UNTRIMMED.with_({"alpha": "constant", "alpha_value": 0.3}))
    lost = losses(estimate, 0.85)
    y, c = frame["output"].to_numpy(), (frame["capital"] ** 0.3 * frame["labor"] ** 0.7).to_numpy()
    a = y / c**0.85
    whole = frame["capital"].sum() ** 0.3 * frame["labor"].sum() ** 0.7
    best = (a ** (1 / 0.15)).sum() ** 0.15 * whole**0.85
    assert lost.total[0] == pytest.approx(np.log(best / y.sum()), abs=1e-10)
    inner = 0.0
    for group in frame["group"].unique():
        here = (frame["group"] == group).to_numpy()
        inputs = frame["capital"].to_numpy()[here].sum() ** 0.3 * frame["labor"].to_numpy()[here].sum() ** 0.7
        inner += (a[here] ** (1 / 0.15)).sum() ** 0.15 * inputs**0.85
    assert lost.within[0] == pytest.approx(np.log(inner / y.sum()), abs=1e-10)


def test_olley_pakes_against_plain_calculation():
    result = measure(firms_of(random_firms(4)), UNTRIMMED)
    rows = result.rows.with_columns(phi=pl.col("tfpq").log())
    cells = rows.group_by("year", "industry").agg(
        gap=(pl.col("cell_share") * (pl.col("phi") - pl.col("phi").mean())).sum(),
        theta=pl.col("theta").first(),
    )
    expected = cells.group_by("year").agg((pl.col("gap") * pl.col("theta")).sum()).sort("year")["gap"]
    table = result.tables["olley_pakes"].frame.filter(pl.col("productivity").str.starts_with("ln TFPQ"))
    np.testing.assert_allclose(table["covariance"][:-1], expected, rtol=1e-10)


def test_persistence_equals_statsmodels():
    sm = pytest.importorskip("statsmodels.api")
    result = measure(firms_of(random_firms(5)), UNTRIMMED)
    dev = pl.col("ln_tfpr_dev") - pl.col("ln_tfpr_dev").mean().over("industry", "year")
    rows = result.rows.select("id", "year", x=dev)
    pairs = rows.join(rows.with_columns(year=pl.col("year") - 1), on=["id", "year"], suffix="_next")
    fit = sm.OLS(pairs["x_next"].to_numpy(), sm.add_constant(pairs["x"].to_numpy())).fit(
        cov_type="cluster", cov_kwds={"groups": pairs["id"].rank("dense").to_numpy()}
    )
    ours = (
        result.tables["persistence"]
        .frame.filter(
            (pl.col("variable") == "ln TFPR") & (pl.col("firms") == "all firms") & (pl.col("lag") == 1)
        )
        .row(0, named=True)
    )
    assert ours["pairs"] == pairs.height
    assert ours["slope"] == pytest.approx(fit.params[1], abs=1e-10)
    assert ours["se"] == pytest.approx(fit.bse[1], rel=1e-9)
    assert ours["correlation"] == pytest.approx(np.corrcoef(pairs["x"], pairs["x_next"])[0, 1], abs=1e-10)


def test_melitz_polanec_against_plain_calculation():
    """Parts sum to the change of the aggregate, and each is what its formula says, in one industry."""
    frame = random_firms(6, years=2, industries=1)
    table = measure(firms_of(frame), UNTRIMMED.with_({"alpha": "constant"})).tables["dynamic"].frame
    row = table.filter(pl.col("productivity").str.starts_with("ln value added per worker")).row(0, named=True)
    one, two = (
        frame.filter(pl.col("year") == year).with_columns(phi=(pl.col("output") / pl.col("employment")).log())
        for year in (2000, 2001)
    )

    def mean(part):
        return float((part["phi"] * part["employment"]).sum() / part["employment"].sum())

    stay1, stay2 = one.join(two, on="id", how="semi"), two.join(one, on="id", how="semi")
    gone, new = one.join(two, on="id", how="anti"), two.join(one, on="id", how="anti")
    assert row["growth"] == pytest.approx(mean(two) - mean(one), abs=1e-12)
    assert row["survivors"] == pytest.approx(stay2["phi"].mean() - stay1["phi"].mean(), abs=1e-12)
    entry = new["employment"].sum() / two["employment"].sum() * (mean(new) - mean(stay2))
    leave = gone["employment"].sum() / one["employment"].sum() * (mean(stay1) - mean(gone))
    assert row["entry"] == pytest.approx(entry, abs=1e-12)
    assert row["exit"] == pytest.approx(leave, abs=1e-12)
    assert row["survivors"] + row["reallocation"] + row["entry"] + row["exit"] == pytest.approx(
        row["growth"], abs=1e-12
    )


def test_melitz_polanec_parts_sum_in_every_row():
    table = measure(firms_of(random_firms(7, years=5)), Choices()).tables["dynamic"].frame
    parts = table["survivors"] + table["reallocation"] + table["entry"] + table["exit"]
    np.testing.assert_allclose(parts, table["growth"], atol=1e-12)
    assert (table["from"] == 2000).any()
    assert table.filter((pl.col("from") == 2000) & (pl.col("to") == 2004)).height == 3


def erring_panel(noise, seed=0, firms=6000, years=6):
    """Firms with a steady wedge whose value added is measured with a steady additive error (Bils, Klenow,
    Ruane).
    """
    random = np.random.default_rng(seed)
    wedge = random.normal(0, 0.3, firms)
    ln_a = random.normal(0, 0.8, firms)
    error = None
    parts = []
    for year in range(years):
        ln_a = ln_a + random.normal(0, 0.25, firms)
        output = np.exp(2 * (ln_a - wedge))  # σ = 3
        inputs = output * np.exp(-wedge)
        if error is None:
            error = noise * output * random.normal(0, 1, firms).clip(-2, 2)
        seen = output + error
        parts.append(
            pl.DataFrame(
                {
                    "id": np.arange(firms).astype(str),
                    "year": year,
                    "output": seen,
                    "labor": inputs,
                    "capital": inputs,
                }
            )
        )
    return pl.concat(parts).filter(pl.col("output") > 0)


def test_measurement_error_is_found_and_is_none_where_there_is_none():
    choices = Choices(alpha="constant", trim=Trim(tail=0))
    shares = {}
    for noise in (0.0, 0.2):
        frame = erring_panel(noise)
        table = measure(firms_of(frame), choices).tables["measurement_error"].frame
        values = dict(zip(table["measure"], table["value"], strict=True))
        shares[noise] = values["λ, real share of Var(ln TFPR)"]
        if noise == 0:
            assert values["mean gain, wedges times √λ, %"] == pytest.approx(
                values["mean gain measured, %"], rel=0.03
            )
        else:
            assert values["mean gain, wedges times √λ, %"] < 0.9 * values["mean gain measured, %"]
    assert shares[0.0] == pytest.approx(1, abs=0.02)
    assert 0.4 < shares[0.2] < 0.9


def test_firms_several_times_in_a_year_are_not_followed():
    frame = random_firms(8)
    most = frame["id"].mode().sort()[0]
    twice = pl.concat([frame, frame.filter(pl.col("id") == most).with_columns(industry=pl.lit("other"))])
    one, two = (
        measure(firms_of(f), UNTRIMMED.with_({"alpha": "constant"})).tables["persistence"]
        for f in (frame, twice)
    )
    assert one.frame["pairs"][0] > two.frame["pairs"][0]
    assert any("several rows in a year" in note for note in two.notes)


def test_without_ids_no_firm_is_followed():
    result = measure(firms_of(random_firms(1).drop("id")))
    assert {"persistence", "dynamic", "measurement_error"} <= set(result.absent)
    assert any("row (the file gives no ids)" in note for note in result.tables["regressions"].notes)


def test_tables_that_few_rows_cannot_fill_say_so():
    few = measure(
        firms_of(random_firms(1, firms=2, years=1, industries=1)), UNTRIMMED.with_({"alpha": "constant"})
    )
    assert "covariance" not in few.tables
    assert "3 rows" in few.absent["covariance"]
    assert few.rows.height < 3
