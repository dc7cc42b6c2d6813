"""Synthetic panels: the wedges come back by inversion, and gains and dispersion are what they should be."""

import numpy as np
import polars as pl
import pytest

from dirigiste.errors import InputError
from dirigiste.measurement import synthetic
from dirigiste.measurement.synthetic_firms import Law


def test_the_same_seed_gives_the_same_panel():
    one, two, other = synthetic(500, seed=3), synthetic(500, seed=3), synthetic(500, seed=4)
    assert one.frame.equals(two.frame)
    assert not one.frame.equals(other.frame)


def test_wedges_come_back_by_inversion():
    frame, truth = synthetic(3000, sigma=4.0, rental=0.12, seed=2)
    alpha = frame["industry"].replace_strict(truth.alpha, return_dtype=pl.Float64).to_numpy()
    assert alpha == pytest.approx(truth.rows["alpha"].to_numpy())
    wages, capital, output = (frame[name].to_numpy() for name in ("wages", "capital", "value_added"))
    tau_k = alpha / (1 - alpha) * wages / (truth.rental * capital)
    tau_y = truth.sigma / (truth.sigma - 1) * wages / ((1 - alpha) * output)
    assert tau_k == pytest.approx(1 + truth.rows["tau_k"].to_numpy(), rel=1e-12)
    assert tau_y == pytest.approx(1 - truth.rows["tau_y"].to_numpy(), rel=1e-12)
    # TFPQ = κ (PY)^(σ/(σ-1)) / (K^α (wL)^(1-α)) is A up to one factor a cell
    log_a = (
        truth.sigma / (truth.sigma - 1) * np.log(output)
        - alpha * np.log(capital)
        - (1 - alpha) * np.log(wages)
    )
    gap = frame.select("industry", "year").with_columns(gap=log_a - truth.rows["ln_a"].to_numpy())
    within = gap.group_by("industry", "year").agg(pl.col("gap").max() - pl.col("gap").min())["gap"]
    assert within.max() < 1e-10


def test_no_wedges_no_gain():
    zero = ((0.3, 0.0, 0.0), (0.0, 1e-20, 0.0), (0.0, 0.0, 1e-20))
    truth = synthetic(1000, laws={"one": Law(1.0, covariance=zero)}).truth
    assert max(map(abs, truth.gains.values())) < 1e-8


def test_gains_tend_to_the_lognormal_formula():
    small = tuple(tuple(0.2 * value for value in row) for row in Law(1.0).covariance)
    truth = synthetic(
        400_000, industries=1, years=1, alpha=0.4, laws={"one": Law(1.0, covariance=small)}
    ).truth
    var_y, var_k, cov = small[1][1], small[2][2], small[1][2]
    var_tfpr = var_y + 0.16 * var_k + 2 * 0.4 * cov
    expected = np.exp(1.5 * var_tfpr + 0.12 * var_k) - 1  # σ/2 Var ln TFPR + α(1-α)/2 Var ln(1+τK)
    assert truth.gains[1998] == pytest.approx(expected, rel=0.02)


def test_persistence_shares_and_turnover():
    frame, truth = synthetic(60_000, years=6, persistence=0.8, exit_rate=0.1, seed=5)
    rows = frame.select("firm", "year").with_columns(ln=truth.rows["ln_a"], group=frame["ownership"])
    rows = rows.with_columns(ln=pl.col("ln") - pl.col("ln").mean().over("group"))
    pairs = rows.join(rows.with_columns(pl.col("year") + 1), on=["firm", "year"], suffix="_before")
    assert pairs.select(pl.corr("ln", "ln_before")).item() == pytest.approx(0.8, abs=0.01)
    assert pairs.height == pytest.approx(0.9 * 50_000, rel=0.02)
    shares = frame["ownership"].value_counts(normalize=True)
    assert dict(shares.iter_rows())["private"] == pytest.approx(0.62, abs=0.01)
    assert frame.select("firm", "year").is_unique().all()


@pytest.mark.parametrize("rows", [10, 37, 1003])
def test_the_number_of_rows_is_what_was_asked(rows):
    assert synthetic(rows).frame.height == rows


def test_flaws_are_there():
    frame = synthetic(5000, flaws=0.1).frame
    assert frame.height > 5000
    assert frame["wages"].null_count() > 20
    assert (frame["value_added"] < 0).sum() > 20
    assert (frame["capital"] == 0).sum() > 20


def test_asif_columns():
    frame = synthetic(100, asif=True).frame
    assert {"年份", "法人代码", "行业代码", "登记注册类型", "工业增加值", "本年应付工资总额"} < set(
        frame.columns
    )


def test_state_firms_turn_private_and_take_the_wedges_of_private_firms():
    frame, truth = synthetic(100_000, years=5, privatise=0.2, seed=1)
    rows = pl.concat([frame.select("firm", "year", "ownership"), truth.rows], how="horizontal")
    pairs = rows.join(rows.with_columns(pl.col("year") + 1), on=["firm", "year"], suffix="_before")
    turned = pairs.filter(pl.col("ownership") != pl.col("ownership_before"))
    assert turned.select("ownership_before", "ownership").unique().rows() == [("state", "private")]
    state = pairs.filter(pl.col("ownership_before") == "state")
    assert turned.height / state.height == pytest.approx(0.2, abs=0.02)
    change = (1 + pl.col("tau_k")).log() - (1 + pl.col("tau_k_before")).log()
    assert turned.select(change.mean()).item() == pytest.approx(0.45, abs=0.03)
    assert state.filter(pl.col("ownership") == "state").select(change.mean()).item() == pytest.approx(
        0, abs=0.03
    )


def test_registration_types_stay_when_codes_change():
    made = synthetic(5000, asif=True, details=True, seed=2)
    kinds = pl.concat([made.frame.select("登记注册类型"), made.truth.rows.select("firm")], how="horizontal")
    assert kinds.group_by("firm").agg(pl.col("登记注册类型").n_unique())["登记注册类型"].max() == 1


def test_firms_turn_private_only_among_groups_of_these_names():
    with pytest.raises(InputError, match=r"privatise: needs the groups `state` and `private`; .* has one"):
        synthetic(100, laws={"one": Law(1.0)}, privatise=0.1)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("rows", 3),
        ("years", 0),
        ("industries", 0),
        ("sigma", 1.0),
        ("rental", 0.0),
        ("alpha", 1.0),
        ("flaws", 0.9),
        ("privatise", 1.1),
        ("persistence", 1.0),
        ("exit_rate", 1.5),
        ("laws", {}),
    ],
)
def test_numbers_out_of_range(key, value):
    with pytest.raises(InputError, match=key):
        synthetic(**{"rows": 100, key: value})
