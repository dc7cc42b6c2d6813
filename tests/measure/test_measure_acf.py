"""Production functions after Ackerberg, Caves and Frazer: known elasticities come back within their standard
errors, where least squares is biased; and what `--alpha acf` makes of them.
"""

import numpy as np
import polars as pl
import pytest
from measure_samples import firms_of

from dirigiste.cli import main
from dirigiste.errors import InputError
from dirigiste.measurement import Choices, measure, producers
from dirigiste.measurement.estimates.production_function import Panel, estimate, pairs


def panel_of(frame, **changes):
    logs = [np.log(frame[name].to_numpy()) for name in ("value_added", "capital", "workers", "materials")]
    firm, year = frame["firm"].to_numpy(), frame["year"].to_numpy()
    parts = dict(zip(("y", "k", "l", "m"), logs, strict=True))
    parts |= {"firm": firm, "year": year, "effect": year - year.min(), "weight": np.ones(firm.size)}
    return Panel(**{**parts, **changes})


def numbers(one):
    return np.array([one.rho, one.capital, one.labour])


@pytest.mark.parametrize(("labour", "capital", "persistence"), [(0.6, 0.3, 0.7), (0.4, 0.5, 0.8)])
def test_known_elasticities_come_back_and_least_squares_is_biased(labour, capital, persistence):
    made = [
        estimate(panel_of(producers(400, labour=labour, capital=capital, persistence=persistence, seed=seed)))
        for seed in range(25)
    ]
    truth = np.array([persistence, capital, labour])
    scores = np.array([(numbers(one) - truth) / one.errors for one in made])
    assert np.abs(scores.mean(axis=0)).max() < 3.0 / np.sqrt(25)  # no bias that 25 panels would show
    assert (np.abs(scores) < 1.96).mean() > 0.88  # standard errors are what they say
    assert np.abs(scores).max() < 4.0
    shares = np.array([(one.alpha - capital / (capital + labour)) / one.alpha_error for one in made])
    assert (np.abs(shares) < 1.96).mean() > 0.8
    assert np.mean([one.ols[1] for one in made]) > labour + 0.2
    assert np.mean([one.ols[0] for one in made]) < capital - 0.1


def test_statsmodels_agrees():
    """The first stage by least squares with dummies, the second by two-stage least squares at the same ρ."""
    import statsmodels.api as sm
    from statsmodels.sandbox.regression.gmm import IV2SLS

    frame = producers(150, years=6, seed=8)
    panel = panel_of(frame)
    one = estimate(panel)
    dummies = (panel.effect[:, None] == np.arange(6)).astype(float)
    x = np.stack([panel.k, panel.l, panel.m], axis=1)
    x = x - dummies @ (dummies.T @ x / dummies.sum(axis=0)[:, None])
    powers = [(a, b, c) for a in range(4) for b in range(4) for c in range(4) if 0 < a + b + c < 4]
    terms = np.stack([np.prod(x**power, axis=1) for power in powers], axis=1)
    phi = sm.OLS(panel.y, np.hstack([terms, dummies])).fit().fittedvalues
    now, before = pairs(panel.firm, panel.year)

    def step(values):
        return values[now] - one.rho * values[before]

    year = dummies[now][:, 1:]
    exogenous = np.stack([panel.k[now], panel.l[before], panel.k[before], phi[before]], axis=1)
    fit = IV2SLS(
        step(phi),
        np.hstack([step(panel.k)[:, None], step(panel.l)[:, None], year]),
        np.hstack([exogenous, year]),
    ).fit()
    assert (one.capital, one.labour) == pytest.approx(tuple(fit.params[:2]), rel=1e-6)
    ols = sm.OLS(panel.y, np.hstack([np.stack([panel.k, panel.l], axis=1), dummies])).fit()
    assert one.ols == pytest.approx(tuple(ols.params[:2]), rel=1e-9)


def test_prices_that_all_firms_share_change_nothing():
    frame = producers(200, seed=1)
    price = np.exp(np.random.default_rng(0).normal(0, 1, (4, 10)))[:, frame["year"].to_numpy() - 1998]
    columns = ("value_added", "capital", "workers", "materials")
    moved = frame.with_columns(pl.col(n) * pl.Series(p) for n, p in zip(columns, price, strict=True))
    one, other = estimate(panel_of(frame)), estimate(panel_of(moved))
    assert numbers(one) == pytest.approx(numbers(other), rel=1e-6)
    assert one.errors == pytest.approx(other.errors, rel=1e-5)


def test_a_weight_of_two_is_a_copy():
    frame = producers(100, seed=2)
    copied = pl.concat([frame, frame.filter(pl.col("firm") <= 50).with_columns(pl.col("firm") + 1000)])
    weight = np.where(frame["firm"].to_numpy() <= 50, 2.0, 1.0)
    one, other = estimate(panel_of(frame, weight=weight)), estimate(panel_of(copied))
    assert numbers(one) == pytest.approx(numbers(other), rel=1e-6)


def test_standard_errors_are_those_of_a_bootstrap_over_firms():
    frame = producers(300, seed=3)
    panel, random = panel_of(frame), np.random.default_rng(4)
    drawn = []
    for _ in range(150):
        times = np.bincount(random.integers(1, 301, 300), minlength=301).astype(float)
        drawn.append(numbers(estimate(panel_of(frame, weight=times[panel.firm]))))
    low, high = np.quantile(drawn, [0.25, 0.75], axis=0)  # a draw may find the other solution
    assert (high - low) / 1.349 == pytest.approx(estimate(panel).errors, rel=0.2)


def test_pairs_need_adjacent_years_and_one_row_a_year():
    firm = np.array([1, 1, 1, 2, 2, 2, 3, 3])
    year = np.array([2000, 2001, 2003, 2000, 2001, 2001, 2001, 2000])
    now, before = pairs(firm, year)
    assert sorted(zip(now.tolist(), before.tolist(), strict=True)) == [(1, 0), (6, 7)]


def several(employment=True, firms=250, industries=("3110", "3120", "3210")):
    parts = [
        producers(firms, seed=n).with_columns(pl.col("firm") + 1000 * n, industry=pl.lit(name))
        for n, name in enumerate(industries)
    ]
    names = {"firm": "id", "value_added": "output", "materials": "inputs", "wages": "labor"}
    frame = pl.concat(parts).rename({**names, "workers": "employment"})
    return firms_of(frame if employment else frame.drop("employment"))


def test_shares_by_industry_and_by_first_digits():
    by_industry = measure(several(), Choices(alpha="acf"))
    table = by_industry.tables["production_function"].frame
    assert table["industry"].to_list() == ["3110", "3120", "3210"]
    used = by_industry.rows.group_by("industry").agg(pl.col("alpha").first()).sort("industry")
    assert used["alpha"].to_numpy() == pytest.approx(table["alpha"].to_numpy(), rel=1e-12)
    score = (table["alpha"] - 1 / 3) / table["alpha_se"]
    assert score.abs().max() < 3
    together = measure(several(), Choices(alpha="acf", alpha_digits=2)).tables["production_function"].frame
    assert together["industry"].to_list() == ["31", "32"]
    assert measure(several(), Choices(alpha="acf", alpha_digits=0)).rows["alpha"].n_unique() == 1
    assert "production functions by industry" in by_industry.choices.line()


def test_a_wrong_unit_is_left_out():
    firms = several()
    wrong = firms.frame.with_columns(
        pl.when(pl.col("row") % 400 == 7).then(pl.col("capital") * 1000).otherwise(pl.col("capital"))
    )
    clean = measure(firms, Choices(alpha="acf")).tables["production_function"].frame
    table = measure(firms_of(wrong), Choices(alpha="acf")).tables["production_function"].frame
    assert table["alpha"].to_numpy() == pytest.approx(clean["alpha"].to_numpy(), abs=0.03)
    assert (clean["rows"] - table["rows"]).to_list() == [7, 6, 6]


def test_the_wage_bill_as_labour_is_warned_of():
    measured = measure(several(employment=False), Choices(alpha="acf"))
    assert any("give --employment" in warning for warning in measured.warnings)
    assert not any("give --employment" in w for w in measure(several(), Choices(alpha="acf")).warnings)


def test_the_solution_at_which_labour_earns_all_is_passed_over_and_named():
    one = estimate(panel_of(producers(400, seed=1)))
    assert one.labour == pytest.approx(0.6, abs=3 * one.errors[2])
    (other,) = one.others
    assert other.labour == pytest.approx(0.9, abs=0.05)
    frame = several(firms=400).frame.filter(pl.col("industry") == "3120")
    measured = measure(firms_of(frame), Choices(alpha="acf"))
    assert any("another solution" in warning for warning in measured.warnings)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (["inputs"], "give `--inputs COLUMN`"),
        (["id"], "give `--id COLUMN`"),
    ],
)
def test_what_is_lacking_is_named(columns, message):
    firms = several()
    kinds = firms.frame.schema
    lacking = firms.frame.with_columns(pl.lit(None, dtype=kinds[name]).alias(name) for name in columns)
    with pytest.raises(InputError, match=message):
        measure(firms_of(lacking), Choices(alpha="acf"))


def test_industries_with_few_rows_are_named():
    firms = several(firms=10)
    with pytest.raises(InputError, match=r"3 of 3 have fewer: `3110` \(90\).*acf:2"):
        measure(firms, Choices(alpha="acf"))


def test_one_year_is_not_enough():
    firms = several()
    with pytest.raises(InputError, match="two years or more"):
        measure(firms_of(firms.frame.filter(pl.col("year") == 2000)), Choices(alpha="acf"))


def test_on_the_command_line(tmp_path, capsys):
    path = tmp_path / "producers.csv"
    main(["sample-firms", "--producers", "--rows", "1500", "--out", str(path)], standalone_mode=False)
    shown = capsys.readouterr().out
    assert "true elasticities: labour 0.6, capital 0.3" in shown
    asked = [*shown.splitlines()[-1].removeprefix("next: dirigiste ").split()[:-1], "acf:0"]
    files = ["--out", str(tmp_path / "out"), "--format", "tex,dta,md,csv"]
    table = ["--table", "production_function"]
    main([*asked, *table, "--bootstrap", "4", *files], standalone_mode=False)
    shown = capsys.readouterr().out
    assert "α from production functions of all industries together" in shown
    assert "OLS β_l" in shown
    assert "Labour is persons" in shown
    tex = (tmp_path / "out" / "production_function.tex").read_text(encoding="utf-8")
    assert {sign for sign in tex if ord(sign) > 127} <= set("–−—")  # others stop pdfLaTeX
    assert (tmp_path / "out" / "production_function.dta").exists()
    with pytest.raises(SystemExit):
        main([*asked[:-1], "acf:x"])
    assert "acf:DIGITS" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["sample-firms", "--producers", "--asif", "--out", str(path)])
    assert "leave `--asif`, `--details`, `--flaws` and `--privatise` out" in capsys.readouterr().err
