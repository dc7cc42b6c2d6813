"""Wedges and gains: inversion, identities, the lognormal closed form, invariances, trims."""

import numpy as np
import polars as pl
import pytest
from measure_samples import firms_from_wedges, firms_of, lognormal_nodes, random_firms

from dirigiste.errors import InputError
from dirigiste.measurement import Choices, measure
from dirigiste.measurement.choices import Trim
from dirigiste.measurement.estimates.covariance import lognormal_loss
from dirigiste.measurement.estimates.gains import estimate, mean_gain
from dirigiste.measurement.estimates.sample import sample_of

PLAIN = Choices(alpha="constant", alpha_value=0.4, trim=Trim(tail=0))
COVARIANCE = 0.5 * np.array([[1, 0.35, 0.1], [0.35, 0.25, 0.05], [0.1, 0.05, 0.3]])


def estimated(frame, choices=PLAIN, paid=True):
    return estimate(sample_of(firms_of(frame, paid), choices)[0], choices)


def gain(frame, choices=PLAIN):
    return mean_gain(estimated(frame, choices).year_gain)


@pytest.mark.parametrize("sigma", [1.8, 3.0, 7.0])
def test_known_wedges_come_back(sigma):
    random = np.random.default_rng(3)
    ln_a, tau_y, ln_k = random.multivariate_normal([0.2, 0.1, -0.3], COVARIANCE, 500).T
    frame = firms_from_wedges(ln_a, tau_y, ln_k, 0.4, sigma, 0.07)
    choices = PLAIN.with_({"sigma": sigma, "rental": 0.07})
    rows = measure(firms_of(frame), choices).rows
    np.testing.assert_allclose(1 + rows["tau_k"], np.exp(ln_k), rtol=1e-12)
    np.testing.assert_allclose(1 - rows["tau_y"], np.exp(-tau_y), rtol=1e-12)
    drift = np.log(rows["tfpq"].to_numpy()) - ln_a
    np.testing.assert_allclose(drift, drift[0], atol=1e-12)
    revenue = np.log(rows["tfpr"].to_numpy()) - 0.4 * ln_k - tau_y
    np.testing.assert_allclose(revenue, revenue[0], atol=1e-12)
    np.testing.assert_allclose(rows["mrpk"], 0.07 * (1 + rows["tau_k"]) / (1 - rows["tau_y"]), rtol=1e-12)
    np.testing.assert_allclose(rows["mrpl"], 1 / (1 - rows["tau_y"]), rtol=1e-12)


def test_tfp_is_output_over_inputs_and_no_wedges_no_gain():
    """TFP from TFPR̅ and from Σ Y_i^((σ-1)/σ) over inputs are one number, and so is the gain from both."""
    sigma, alpha = 3.0, 0.4
    frame = random_firms(1, firms=60, years=1, industries=1)
    rows = measure(firms_of(frame.drop("group")), PLAIN.with_({"weights": "none"})).rows
    y, k, labor, a = (rows[name].to_numpy() for name in ("output", "capital", "labor", "tfpq"))
    quantity = a * k**alpha * labor ** (1 - alpha)
    bundle = (quantity ** ((sigma - 1) / sigma)).sum() ** (sigma / (sigma - 1))
    direct = bundle / (k.sum() ** alpha * labor.sum() ** (1 - alpha))
    one_y, one_k = 1 - rows["tau_y"].to_numpy(), 1 + rows["tau_k"].to_numpy()
    share = y / y.sum()
    mrpk = 0.1 / (one_y / one_k * share).sum()
    mrpl = 1 / (one_y * share).sum()
    bar = sigma / (sigma - 1) * (mrpk / alpha) ** alpha * (mrpl / (1 - alpha)) ** (1 - alpha)
    tfp = ((a * bar / rows["tfpr"].to_numpy()) ** (sigma - 1)).sum() ** (1 / (sigma - 1))
    assert tfp == pytest.approx(direct, rel=1e-12)
    best = (a ** (sigma - 1)).sum() ** (1 / (sigma - 1))
    assert gain(frame, PLAIN.with_({"weights": "none"})) == pytest.approx(best / tfp - 1, rel=1e-12)
    np.testing.assert_allclose(rows["ln_tfpr_dev"], np.log(rows["tfpr"].to_numpy() / bar), atol=1e-12)
    ln_a = np.random.default_rng(0).normal(size=50)
    even = firms_from_wedges(ln_a, np.full(50, 0.3), np.full(50, -0.2), 0.4, 3.0, 0.1)
    assert gain(even) == pytest.approx(0, abs=1e-13)


@pytest.mark.parametrize(("sigma", "published"), [(3.0, 0.2715), (5.0, 0.4405)])
def test_lognormal_closed_form_by_quadrature(sigma, published):
    estimate = estimated(lognormal_nodes(COVARIANCE, 0.4, sigma), PLAIN.with_({"sigma": sigma}))
    loss = float(estimate.year_gain[0])
    direction = np.array([0, 1, 0.4])
    exact = lognormal_loss(sigma, 0.4, direction @ COVARIANCE @ direction, COVARIANCE[2, 2])
    assert exact == pytest.approx(published, abs=5e-5)
    assert loss == pytest.approx(exact, abs=1e-10)


def test_invariances():
    frame = random_firms(2)
    choices = Choices()
    base = estimated(frame, choices)

    def same(changed, other=choices):
        got = estimated(changed, other)
        np.testing.assert_allclose(got.year_gain, base.year_gain, atol=1e-12)
        assert got.keep.sum() == base.keep.sum()

    same(frame.sample(fraction=1, shuffle=True, seed=1))
    same(frame, choices.with_({"rental": 0.3}))
    same(frame.with_columns(pl.col("output", "labor") * 1e6, pl.col("capital") * 1e-5))
    factor = pl.col("industry").rank("dense") / 7 + pl.col("year") / 1000
    fixed = Choices(alpha="constant")
    base = estimated(frame, fixed)
    # a common wedge, wage and κ in each cell: any factor on y, l or k of all its firms
    same(frame.with_columns(pl.col("labor") * factor), fixed)
    same(frame.with_columns(pl.col("capital") * factor**2), fixed)
    years = frame.filter(pl.col("industry") == "i1")
    base = estimated(years, fixed)
    same(years.with_columns(pl.col("output") * (pl.col("year") - 1990)), fixed)


def test_whole_weights_are_copies():
    frame = random_firms(4, firms=120).with_columns(weight=pl.int_range(pl.len()) % 3 + 1)
    copies = frame.select(pl.all().repeat_by("weight").explode()).with_columns(weight=1.0)
    for trim in (
        Trim(tail=0.02),
        Trim(tail=0.02, by="year"),
        Trim(tail=0.04, by="cell", variables=("mrpk", "mrpl")),
    ):
        choices = Choices(trim=trim)
        weighted, copied = estimated(frame, choices), estimated(copies, choices)
        np.testing.assert_allclose(weighted.year_gain, copied.year_gain, atol=1e-12)
        assert float(weighted.weight.sum()) == copied.keep.sum()
    assert not np.allclose(estimated(frame, Choices(weights="none")).year_gain, weighted.year_gain)


@pytest.mark.parametrize("by", ["pooled", "year", "cell"])
def test_trim_against_numpy(by):
    """Rows inside the quantiles of ln(MRPK/cell), all taken before any cut, both ends kept."""
    frame = random_firms(5, firms=200)
    choices = Choices(trim=Trim(tail=0.05, variables=("mrpk",), by=by), weights="none")
    kept = measure(firms_of(frame), choices).rows
    cell = ["industry", "year"]
    ratio = (pl.col("output") / pl.col("capital")).log()
    bar = (pl.col("output").sum() / pl.col("capital").sum()).over(cell).log()
    over = {"pooled": [pl.lit(1)], "year": ["year"], "cell": cell}[by]
    x = frame.with_row_index("row", offset=1).with_columns(x=ratio - bar)
    low, high = (pl.col("x").quantile(q, "linear").over(over) for q in (0.05, 0.95))
    expected = x.filter((pl.col("x") >= low) & (pl.col("x") <= high))
    assert kept["row"].to_list() == expected["row"].cast(pl.Int64).to_list()


def test_log_of_rows_adds_up_and_small_cells_go():
    frame = random_firms(6, firms=80, industries=8)
    result = measure(firms_of(frame), Choices(min_cell=7, trim=Trim(tail=0.03)))
    left = frame.height
    for step in result.steps:
        left -= step.lost
        assert step.left == left
    assert left == result.rows.height
    assert result.rows.group_by("industry", "year").len()["len"].min() >= 7
    assert {step.what for step in result.steps} == {"trim TFPR", "trim TFPQ", "small cells"}


def test_capital_shares():
    frame = random_firms(7)
    share = frame.group_by("industry").agg(
        s=(pl.col("weight") * pl.col("labor")).sum() / (pl.col("weight") * pl.col("output")).sum()
    )
    for rule, factor in (("own", 1.0), ("own-corrected", 1.5)):
        estimate = estimated(frame, Choices(alpha=rule, trim=Trim(tail=0.2)))
        expected = [max(min(1 - factor * s, 0.95), 0.05) for s in share.sort("industry")["s"]]
        np.testing.assert_allclose(estimate.alpha, expected, rtol=1e-12)
    table = {f"i{n}": 0.3 + n / 20 for n in range(5)}
    np.testing.assert_allclose(
        estimated(frame, Choices(alpha="table", alpha_table=table)).alpha, list(table.values())
    )
    codes = frame.with_columns(
        industry=pl.col("industry").replace_strict({f"i{n}": f"31{n}4" for n in range(5)})
    )
    table = {"31": 0.3, "312": 0.5}
    estimate = estimated(codes, Choices(alpha="table", alpha_table=table))
    np.testing.assert_allclose(estimate.alpha, [0.3, 0.3, 0.5, 0.3, 0.3])


def test_sigma_by_industry():
    frame = random_firms(8, industries=2)
    both = estimated(frame, PLAIN.with_({"sigma": {"i0": 3.0, "i1": 5.0}}))
    three, five = (estimated(frame, PLAIN.with_({"sigma": value})) for value in (3.0, 5.0))
    first = both.sample.cell_industry == 0
    np.testing.assert_allclose(both.cell_gain[first], three.cell_gain[first], atol=1e-12)
    np.testing.assert_allclose(both.cell_gain[~first], five.cell_gain[~first], atol=1e-12)


def test_employment_as_labour():
    frame = random_firms(9).with_columns(
        employment=pl.when(pl.col("id") == "f0001").then(None).otherwise(pl.col("employment"))
    )
    choices = Choices(labor="employment", alpha="constant", trim=Trim(tail=0))
    result = measure(firms_of(frame), choices)
    assert result.steps[0].lost == frame.filter(pl.col("id") == "f0001").height
    heads = frame.drop_nulls("employment").with_columns(labor=pl.col("employment"))
    np.testing.assert_allclose(
        result.tables["gains_by_year"].frame["gain"],
        measure(firms_of(heads, paid=False), choices).tables["gains_by_year"].frame["gain"],
        rtol=1e-11,
    )


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"sigma": 1.0}, "sigma must be above 1"),
        ({"sigma": {"i0": 3.0, "i1": 0.5}}, "i1 0.5"),
        ({"sgima": 3.0}, "did you mean `sigma`"),
        ({"alpha": "table"}, "alpha_table must say"),
        ({"rental": -1.0}, "got -1.0"),
        ({"trim": {"tail": 0.7}}, "tail: input should be less than 0.5; got 0.7"),
        ({"alpha": "konstant"}, "'own', 'own-corrected'"),
    ],
)
def test_bad_choices_say_what_is_wrong(values, message):
    with pytest.raises(InputError) as caught:
        Choices(**values)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("values", "paid", "message"),
    [
        ({"sigma": {"i0": 3.0}}, True, "no value for 4 of 5 industries: `i1`"),
        ({"reference": "sate"}, True, "did you mean `state`"),
        ({"alpha": "table", "alpha_table": {"i0": 0.3}}, True, "no capital share for 4 of 5"),
        ({}, False, "own capital shares need a wage bill"),
        ({"min_cell": 10_000}, True, "leave no row"),
    ],
)
def test_choices_that_do_not_fit_the_data(values, paid, message):
    with pytest.raises(InputError) as caught:
        measure(firms_of(random_firms(1), paid), Choices(**values))
    assert message in str(caught.value)


def test_line_names_every_choice():
    line = Choices(sigma=4, trim=Trim(tail=0.02, by="year", variables=("mrpk",)), min_cell=5).line()
    for part in ("σ 4", "own", "wage bill", "2 % tails of MRPK, by year", "R 0.1", "5 rows"):
        assert part in line


@pytest.mark.parametrize("sigma", [1.0001, 1.01])
def test_sigma_near_one_overflows_without_a_warning_of_numpy(sigma):
    frame = random_firms(1)
    choices = Choices(sigma=sigma, alpha="constant", trim=Trim(tail=0))
    result = measure(firms_of(frame), choices)
    assert np.isfinite(result.gain)
    assert not np.isinf(result.rows["tfpq"].to_numpy()).any()
    assert np.isfinite(result.rows["ln_tfpq_dev"].to_numpy()).all()
    assert any("so near 1 that TFPQ in levels" in text for text in result.warnings)


def test_sigma_too_large_is_refused():
    frame = random_firms(1).with_columns(output=pl.col("output") ** 3)
    with pytest.raises(InputError, match="is too large for firms that differ so much"):
        measure(firms_of(frame), Choices(sigma=990.0))


def test_winsorised_firms_have_the_value_at_the_quantile_and_all_else_as_it_was():
    frame = random_firms(21, firms=400)
    plain = Choices(alpha="constant", alpha_value=0.4, trim=Trim(tail=0), weights="none", sigma=4.0)
    pulled = plain.with_({"winsor": Trim(tail=0.02)})
    before, after = (measure(firms_of(frame), choices) for choices in (plain, pulled))
    one, two = before.rows, after.rows
    assert two.height == one.height
    # deviations to the cell as it was before
    cells = one.select("industry", "year", tfpr_level=pl.col("tfpr").log() - pl.col("ln_tfpr_dev"))
    cells = cells.unique(["industry", "year"])
    level = one.select("industry", "year").join(cells, on=["industry", "year"], maintain_order="left")
    x = one["ln_tfpr_dev"].to_numpy()
    low, high = np.quantile(x, [0.02, 0.98])
    expected = np.clip(x, low, high) + level["tfpr_level"].to_numpy()
    np.testing.assert_allclose(np.log(two["tfpr"]), expected, atol=1e-9)
    ratio = (two["mrpl"] / two["mrpk"]).to_numpy()
    np.testing.assert_allclose(ratio, (one["mrpl"] / one["mrpk"]).to_numpy(), rtol=1e-9)
    same = (two["tfpq"] / one["tfpq"] - 1).abs().to_numpy() < 1e-12
    inside = (x > low) & (x < high) & same
    assert 0.9 * x.size < inside.sum() < x.size
    for name in ("tfpr", "tfpq", "mrpk", "mrpl", "tau_k", "tau_y"):
        np.testing.assert_allclose(two[name].to_numpy()[inside], one[name].to_numpy()[inside], rtol=1e-9)
    assert after.gain < before.gain
    what = [(step.what, step.lost) for step in after.steps]
    assert what[-2:] == [("winsorise TFPR", 0), ("winsorise TFPQ", 0)]
    assert f"{int(((x < low) | (x > high)).sum())} rows" in after.steps[-2].reason
    assert "winsorised at 2 % tails of TFPR and TFPQ" in after.choices.line()


def test_winsorising_is_the_measurement_of_the_firms_that_it_makes():
    """Value added, capital and labour that follow from pulled-in values, measured without winsorising."""
    frame = random_firms(22, firms=300)
    plain = Choices(alpha="constant", alpha_value=0.3, trim=Trim(tail=0), weights="none")
    for variables in (("tfpr", "tfpq"), ("mrpk", "mrpl"), ("mrpk", "tfpq")):
        winsor = Trim(tail=0.03, variables=variables, by="year")
        result = measure(firms_of(frame), plain.with_({"winsor": winsor}))
        sample = sample_of(firms_of(frame), plain)[0]
        made = estimate(sample, plain.with_({"winsor": winsor})).sample
        back = {name: np.empty(sample.rows) for name in ("output", "capital", "labor")}
        for name, values in (("output", made.y), ("capital", made.k), ("labor", made.l)):
            back[name][sample.order] = values
        again = measure(firms_of(frame.with_columns(**{k: pl.Series(v) for k, v in back.items()})), plain)
        assert result.gain == pytest.approx(again.gain, rel=1e-10)
        one, two = (r.tables["dispersion"].frame["sd"] for r in (result, again))
        np.testing.assert_allclose(one, two, rtol=1e-10)
        for table in ("groups", "regressions"):
            for name, kind in again.tables[table].frame.schema.items():
                if kind == pl.Float64:
                    mine, theirs = (r.tables[table].frame[name] for r in (result, again))
                    np.testing.assert_allclose(mine, theirs, rtol=1e-8, atol=1e-12)


def test_winsorising_goes_with_the_bootstrap_and_not_with_everything():
    firms = firms_of(random_firms(23))
    choices = Choices(alpha="constant", winsor=Trim(tail=0.02), trim=Trim(tail=0))
    result = measure(firms, choices, bootstrap=5)
    row = result.tables["intervals"].frame.row(0, named=True)
    assert row["estimate"] == pytest.approx(result.gain)
    assert row["se"] > 0
    with pytest.raises(InputError, match="TFPR follows from MRPK and MRPL"):
        choices.with_({"winsor": Trim(variables=("tfpr", "mrpk"))})
