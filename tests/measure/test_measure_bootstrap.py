"""Resampling: seeded, the same in any number of threads, right standard errors, honest about bias."""

import numpy as np
import polars as pl
import pytest
from measure_samples import firms_from_wedges, firms_of, random_firms

from dirigiste.errors import InputError
from dirigiste.measurement import Choices, measure
from dirigiste.measurement.choices import Trim
from dirigiste.measurement.estimates.covariance import lognormal_loss
from dirigiste.measurement.estimates.gains import estimate, mean_gain
from dirigiste.measurement.estimates.sample import sample_of
from dirigiste.measurement.inference.bootstrap import draws, interval
from dirigiste.measurement.inference.specification import specifications

CHOICES = Choices(trim=Trim(tail=0.02), weights="none")


def test_a_draw_is_the_measurement_of_the_firms_drawn():
    frame = random_firms(1, firms=100)
    sample, _ = sample_of(firms_of(frame), CHOICES)
    drawn = draws(sample, CHOICES, ["mean gain", "sd of ln TFPR"], 3, seed=7)
    for n, stream in enumerate(np.random.SeedSequence(7).spawn(3)):
        picked = np.random.default_rng(stream).integers(0, sample.firms, sample.firms)
        ids = frame["id"].unique().sort()
        copies = pl.concat([frame.filter(pl.col("id") == ids[int(k)]) for k in picked])
        result = estimate(sample_of(firms_of(copies), CHOICES)[0], CHOICES)
        assert drawn[n, 0] == pytest.approx(100 * mean_gain(result.year_gain), abs=1e-9)


def test_seed_decides_and_threads_do_not():
    firms = firms_of(random_firms(2))
    seen = []
    one, two, other = (
        measure(firms, CHOICES, bootstrap=12, seed=seed, jobs=jobs, progress=lambda *done: seen.append(done))
        .tables["intervals"]
        .frame
        for seed, jobs in ((1, 1), (1, 3), (2, 1))
    )
    assert one.equals(two, null_equal=True)
    assert not one.equals(other, null_equal=True)
    assert seen[11] == (12, 12)
    shuffled = firms_of(random_firms(2).sample(fraction=1, shuffle=True, seed=3))
    again = measure(shuffled, CHOICES, bootstrap=12, seed=1).tables["intervals"].frame
    np.testing.assert_allclose(one["se"], again["se"], rtol=1e-9)


def test_standard_error_of_a_mean_is_that_of_the_formula():
    """In one big cell the sd of a coefficient over draws is near its clustered standard error."""
    firms = firms_of(random_firms(3, firms=800, years=3, industries=1, groups=("a", "b")))
    result = measure(firms, CHOICES.with_({"alpha": "constant", "trim": Trim(tail=0)}), bootstrap=300)
    drawn = result.tables["intervals"].frame.filter(pl.col("statistic").str.starts_with("ln TFPR, "))
    formula = result.tables["regressions"].frame.filter(pl.col("variable") == "ln TFPR")
    assert drawn["se"][0] == pytest.approx(formula["se"][0], rel=0.15)
    assert abs(drawn["bias_ratio"][0]) < 0.25


def test_interval_corrects_bias():
    random = np.random.default_rng(0)
    around = interval(0.0, random.normal(0, 1, 20_000))
    assert around["bc_low"] == pytest.approx(-1.96, abs=0.06)
    low = interval(0.0, random.normal(-0.5, 1, 20_000))
    assert low["bias"] == pytest.approx(-0.5, abs=0.02)
    assert low["bc_high"] == pytest.approx(1.96 + 0.5, abs=0.15)
    assert low["reflected_low"] == pytest.approx(0.5 - 1.96, abs=0.06)
    assert low["reflected_high"] == pytest.approx(0.5 + 1.96, abs=0.06)
    gains = interval(50.0, 100 * np.expm1(np.log(1.5) + random.normal(-0.1, 0.2, 20_000)), percent=True)
    assert np.log1p(gains["reflected_high"] / 100) == pytest.approx(np.log(1.5) + 0.1 + 1.96 * 0.2, abs=0.02)
    away = interval(10.0, random.normal(0, 1, 100))
    assert np.isnan(away["bc_low"])


def test_reflected_intervals_cover_best_where_cells_are_small():
    """Cells of 20 lognormal firms, true gain by the closed form: percentile intervals rarely hold it."""
    covariance = 0.3 * np.array([[1, 0.35, 0.1], [0.35, 0.25, 0.05], [0.1, 0.05, 0.3]])
    wedge = np.array([0, 1, 0.4])
    true = lognormal_loss(3.0, 0.4, wedge @ covariance @ wedge, covariance[2, 2])
    choices = Choices(alpha="constant", alpha_value=0.4, trim=Trim(tail=0))
    covered = np.zeros(3)
    for seed in range(40):
        drawn = np.random.default_rng(seed).multivariate_normal([0, 0, 0], covariance, 400).T
        frame = firms_from_wedges(*drawn, 0.4, 3.0, 0.1)
        frame = frame.with_columns(industry=(pl.int_range(pl.len()) % 20).cast(pl.String))
        sample, _ = sample_of(firms_of(frame), choices)
        value = float(estimate(sample, choices).year_gain[0])
        row = interval(value, draws(sample, choices, ["mean of ln(1 + gain)"], 60, seed=seed, jobs=1)[:, 0])
        ends = [("low", "high"), ("bc_low", "bc_high"), ("reflected_low", "reflected_high")]
        covered += [row[a] <= true <= row[b] for a, b in ends]
    assert covered[0] < covered[1] < covered[2]
    assert covered[2] > 24


def test_small_cells_and_few_draws_are_said():
    result = measure(firms_of(random_firms(4, firms=60, industries=10)), CHOICES, bootstrap=20)
    text = " ".join(result.warnings)
    assert "Cells are small" in text
    assert "20 draws are few" in text
    big = measure(firms_of(random_firms(5, firms=900, industries=1, years=2)), CHOICES, bootstrap=60)
    assert "Cells are small" not in " ".join(big.warnings)


def test_bad_numbers_of_draws():
    firms = firms_of(random_firms(1))
    with pytest.raises(InputError, match="2 draws or more"):
        measure(firms, CHOICES, bootstrap=1)
    with pytest.raises(InputError, match="jobs"):
        measure(firms, CHOICES, bootstrap=5, jobs=0)


def test_specifications_are_measurements():
    firms = firms_of(random_firms(6))
    table = specifications(
        firms, CHOICES, {"sigma": [3.0, 4.0], "trim": [0.0, 0.02], "labor": ["wage_bill", "employment"]}
    )
    assert table.frame.height == 8
    for row in table.frame.iter_rows(named=True):
        chosen = CHOICES.with_(
            {
                "sigma": float(row["sigma"]),
                "labor": row["labor"].replace(" ", "_"),
                "trim.tail": row["trim"] / 100,
            }
        )
        assert row["gain"] == pytest.approx(measure(firms, chosen).gain, abs=1e-9)
    assert f"{table.frame['gain'].max():.2f}" in table.notes[0]
    assert specifications(firms).frame.height == 36
    with pytest.raises(InputError, match="axes are"):
        specifications(firms, CHOICES, {"simga": [3.0]})
