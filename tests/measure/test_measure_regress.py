"""Regressions by formula: the numbers of statsmodels and of the package's own least squares; tables."""

import builtins
import sys

import numpy as np
import pandas as pd
import polars as pl
import pytest
from measure_samples import firms_of, random_firms

from dirigiste.errors import InputError
from dirigiste.measurement import Choices, measure, read_firms
from dirigiste.measurement.output import figures
from dirigiste.measurement.output.render import cells
from dirigiste.measurement.regressions.estimation import LibraryMissing, positive
from dirigiste.measurement.regressions.formula import Category, Event, Variable, clusters, parse

CHOICES = Choices(reference="private", weights="none")


def panel(seed=0, **how):
    """A file with roles under other names, and columns of its own."""
    random = np.random.default_rng(seed)
    frame = random_firms(seed, **how)
    n = frame.height
    return frame.rename(
        {"id": "firm", "output": "va", "labor": "wages", "capital": "k", "industry": "branch"}
    ).with_columns(
        age=pl.Series(random.integers(1, 40, n)),
        region=pl.Series(random.choice(["north", "south: old", "west (far)"], n)),
        size=pl.Series(random.normal(size=n)),
        zone=pl.Series(random.integers(0, 15, n)),
        soe=(pl.col("group") == "state").cast(pl.Int64),
    )


ROLES = {
    "output": "va",
    "wage_bill": "wages",
    "capital": "k",
    "industry": "branch",
    "year": "year",
    "id": "firm",
    "group": "group",
}


def fitted(frame, text, choices=CHOICES, **how):
    result = measure(read_firms(frame, **ROLES), choices, regress=text, **how)
    return result, result.tables["regress_coefficients"].frame


def with_columns_of(result, frame):
    """The rows of a measurement with the columns of the file, as pandas has them."""
    rows = result.rows.join(
        frame.with_row_index("row", offset=1).cast({"row": pl.Int64}), on="row", how="left"
    )
    return pd.DataFrame({name: rows[name].to_numpy() for name in rows.columns})


def test_own_numerics_pyfixest_and_statsmodels_agree():
    """Groups compared within cells, clustered by firm: three programs, one number."""
    import statsmodels.formula.api as smf

    frame = panel(1)
    text = "ln_tfpr_dev + ln_mrpk_dev ~ C(group, ref=private) | industry^year"
    result, found = fitted(frame, text, cluster="id")
    own = result.tables["regressions"].frame
    data = with_columns_of(result, frame)
    data["cell"] = data["industry"] + "_" + data["year"].astype(str)
    data["firm_code"] = data["id"].astype("category").cat.codes
    for outcome, title in (("ln_tfpr_dev", "ln TFPR"), ("ln_mrpk_dev", "ln MRPK")):
        fit = smf.ols(f"{outcome} ~ C(group, Treatment('private')) + C(cell)", data).fit(
            cov_type="cluster", cov_kwds={"groups": data["firm_code"]}
        )
        for group in ("state", "foreign"):
            name = f"C(group, Treatment('private'))[T.{group}]"
            one = found.filter((pl.col("outcome") == outcome) & (pl.col("term") == f"group = {group}"))
            mine = own.filter((pl.col("variable") == title) & (pl.col("group") == group))
            for value, error in (
                (one["coefficient"][0], one["se"][0]),
                (mine["coefficient"][0], mine["se"][0]),
            ):
                assert value == pytest.approx(fit.params[name], rel=1e-9)
                assert error == pytest.approx(fit.bse[name], rel=1e-7)
            assert one["low"][0] == pytest.approx(mine["low"][0], rel=1e-7)
            assert one["p"][0] == pytest.approx(mine["p"][0], rel=1e-6)
        assert one["rows"][0] == mine["rows"][0] == fit.nobs


@pytest.mark.parametrize(
    ("right", "plain"),
    [
        ("soe*I(year >= 2002) + log(age)", "soe*post + np.log(age)"),
        ("C(region) + size:soe", "C(region) + size:soe"),
        ("i(year, soe, ref=2001) + C(year, ref=2001) + soe", "C(year, Treatment(2001))*soe"),
        ("(size + age):soe + size", "size:soe + age:soe + size"),
        ("region + size - 1 + soe", "C(region) + size + soe - 1"),
    ],
)
def test_heteroskedastic_errors_are_those_of_statsmodels(right, plain):
    import statsmodels.formula.api as smf

    frame = panel(2)
    result, found = fitted(frame, f"ln_mrpk ~ {right}", cluster="none")
    data = with_columns_of(result, frame)
    data["post"] = (data["year"] >= 2002).astype(float)
    data["ln_mrpk"] = np.log(data["mrpk"])
    fit = smf.ols(f"ln_mrpk ~ {plain}", data).fit(cov_type="HC1")
    assert sorted(found["coefficient"]) == pytest.approx(sorted(fit.params), rel=1e-8, abs=1e-10)
    assert sorted(found["se"]) == pytest.approx(sorted(fit.bse), rel=1e-8)
    assert found["r2"][0] == pytest.approx(fit.rsquared, rel=1e-9)


def test_two_ways_to_cluster_and_two_sets_of_effects_with_weights():
    import statsmodels.api as sm
    from statsmodels.stats.sandwich_covariance import cov_cluster, cov_cluster_2groups

    frame = panel(3, firms=120, years=5)
    firms = read_firms(frame, **ROLES, weight="weight")
    choices = Choices()
    result = measure(
        firms, choices, regress="ln_tfpr ~ size + soe:age | id + industry^year", cluster="age + zone"
    )
    found = result.tables["regress_coefficients"].frame
    assert found["alone"][0] > 0
    data = with_columns_of(result, frame)
    data["cell"] = data["industry"] + data["year"].astype(str)
    while True:  # rows alone in an effect, as long as there are any
        few = sum(data.groupby(name)["row"].transform("size") == 1 for name in ("id", "cell")) > 0
        if not few.any():
            break
        data = data[~few]
    assert len(data) == found["rows"][0]
    dummies = pd.get_dummies(data[["id", "cell"]], dtype=float)
    count = 2 + dummies.shape[1] - 1  # as fixest counts: all effects less one for the second set
    first = data["year"].min()  # firms stay in their industry: in each, one cell follows from the firms
    dummies = dummies.drop(columns=[name for name in dummies if name.endswith(str(first))])
    x = np.column_stack([data["size"], data["soe"] * data["age"]])
    fit = sm.WLS(np.log(data["tfpr"]), np.column_stack([x, dummies]), weights=data["weight"]).fit()
    np.testing.assert_allclose(found["coefficient"], fit.params[:2], rtol=1e-7)
    codes = [data[name].astype("category").cat.codes.to_numpy() for name in ("age", "zone")]
    n, least = len(data), min(code.max() + 1 for code in codes)
    both, *_ = cov_cluster_2groups(fit, *codes, use_correction=False)
    assert cov_cluster(fit, codes[0], use_correction=False).shape == both.shape
    factor = least / (least - 1) * (n - 1) / (n - count)
    variance = factor * np.diag(both)[:2]
    np.testing.assert_allclose(found["se"], np.sqrt(variance), rtol=1e-6)


def test_a_covariance_that_is_not_positive_is_mended():
    whole = np.array([[2.0, 0.5], [0.5, 1.0]])
    same, mended = positive(whole)
    assert not mended
    np.testing.assert_array_equal(same, whole)
    broken = np.array([[-0.1, 0.3], [0.3, 1.0]])
    fixed, mended = positive(broken)
    assert mended
    assert np.linalg.eigvalsh(fixed).min() > -1e-15
    assert fixed[1, 1] == pytest.approx(1.0, rel=0.1)


@pytest.mark.parametrize(("effects", "counted"), [("id", 1), ("id + year", 5), ("id + industry^year", 25)])
def test_effects_nested_in_clusters_count_as_one_level(effects, counted):
    """Firms as effects and as clusters: the factor of fixest, by least squares on all dummies."""
    frame = panel(11, firms=100, years=5)
    result, found = fitted(frame, f"ln_tfpr ~ size | {effects}", cluster="id")
    data = with_columns_of(result, frame)
    data["industry^year"] = data["industry"] + data["year"].astype(str)
    names = effects.split(" + ")
    while True:
        few = sum(data.groupby(name)["row"].transform("size") == 1 for name in names) > 0
        if not few.any():
            break
        data = data[~few]
    dummies = pd.get_dummies(data[names].astype(str), dtype=float).to_numpy()
    x, y = (
        v - dummies @ np.linalg.lstsq(dummies, v, rcond=None)[0]
        for v in (data["size"].to_numpy(), np.log(data["tfpr"]).to_numpy())
    )
    beta = x @ y / (x @ x)
    scores = pd.Series(x * (y - beta * x)).groupby(data["id"].to_numpy()).sum().to_numpy()
    n, g = len(data), scores.size
    factor = g / (g - 1) * (n - 1) / (n - 1 - counted)
    assert found["coefficient"][0] == pytest.approx(beta, rel=1e-8)
    assert found["se"][0] == pytest.approx(np.sqrt(factor * scores @ scores) / (x @ x), rel=1e-8)


def test_clusters_take_two_values():
    with pytest.raises(InputError, match="--cluster: `one` has one value"):
        fitted(panel(3).with_columns(one=pl.lit("x")), "ln_tfpr ~ size", cluster="one + year")


def test_few_clusters_are_told():
    result, _ = fitted(panel(3), "ln_tfpr ~ size", cluster="region")
    assert "3 clusters are few" in " ".join(result.tables["regress"].notes)


def test_rows_with_a_missing_variable_are_counted():
    frame = panel(4).with_columns(age=pl.when(pl.int_range(pl.len()) % 7 == 0).then(0).otherwise("age"))
    result, found = fitted(frame, "ln_tfpr ~ log(age)")
    zeros = with_columns_of(result, frame).query("age == 0")
    assert found["missing"][0] == len(zeros) > 0
    assert found["rows"][0] == result.rows.height - len(zeros)
    assert "with a missing variable" in " ".join(result.tables["regress"].notes)


def test_the_table_stands_as_esttab_makes_it():
    result, found = fitted(
        panel(5),
        ["ln_tfpr + ln_mrpk ~ soe + log(age) | industry^year + region", "output_share ~ soe"],
        cluster="id",
        stars=True,
    )
    table = result.tables["regress"]
    assert table.frame.columns == ["term", "(1)", "(2)", "(3)"]
    assert [table.columns[name].title for name in table.frame.columns[1:]] == [
        "(1)\nln_tfpr",
        "(2)\nln_mrpk",
        "(3)\noutput_share",
    ]
    terms = table.frame["term"].to_list()
    assert terms == [
        "soe",
        "",
        "log(age)",
        "",
        "constant",
        "",
        "effects of industry^year",
        "effects of region",
        "rows",
        "clusters",
        "R²",
        "R² within",
    ]
    one = found.filter((pl.col("model") == 1) & (pl.col("term") == "soe")).row(0, named=True)
    assert table.frame["(1)"][0].rstrip("*") == f"{one['coefficient']:.4f}"
    assert table.frame["(1)"][1] == f"({one['se']:.4f})"
    assert table.frame["(3)"][6:8].to_list() == ["", ""]
    assert table.frame["(1)"][8] == f"{one['rows']:,}"
    stars = sum(one["p"] < level for level in (0.01, 0.05, 0.1))
    assert table.frame["(1)"][0].count("*") == stars
    assert cells.rows(table)[0][1] == table.frame["(1)"][0].replace("-", "−")
    assert any("p < 0.01" in note for note in table.notes)
    plain, _ = fitted(panel(5), "ln_tfpr ~ soe")
    assert "*" not in "".join(plain.tables["regress"].frame["(1)"])


def test_names_of_any_script_and_values_with_signs_come_back_whole():
    frame = panel(6).rename({"size": "规模 (log)", "region": "地区"})
    _, found = fitted(frame, "ln_tfpr ~ `规模 (log)`*soe + C(地区, ref='west (far)') | industry")
    assert found["term"].to_list() == [
        "`规模 (log)`",
        "soe",
        "地区 = north",
        "地区 = south: old",
        "`规模 (log)` × soe",
    ]


def test_firms_put_together_by_hand_have_measures_roles_and_groups():
    firms = firms_of(random_firms(7))
    result = measure(firms, CHOICES, regress="ln_tfpr ~ state + foreign | industry^year", cluster="id")
    own = result.tables["regressions"].frame.filter(pl.col("variable") == "ln TFPR")
    found = result.tables["regress_coefficients"].frame
    for group in ("state", "foreign"):
        one = found.filter(pl.col("term") == group)
        assert one["coefficient"][0] == pytest.approx(
            own.filter(pl.col("group") == group)["coefficient"][0], rel=1e-9
        )


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("ln_tfp ~ soe", "--regress: no `ln_tfp` in `ln_tfp ~ soe`; did you mean `ln_tfpr`"),
        ("ln_tfpr ~ seo", "no `seo` in `ln_tfpr ~ seo`; did you mean `soe`"),
        ("ln_tfpr ~ soe | regoin", "no `regoin` in .* did you mean `region`"),
        (
            "ln_tfpr ~ nothing_like_it",
            "measures are ln_tfpr, ln_tfpq.*roles are .*columns of the file are firm",
        ),
        ("ln_tfpr soe", "has no `~`; write `outcome ~ regressors"),
        ("ln_tfpr ~ soe ~ age", "more than one `~`"),
        ("ln_tfpr ~ | region", "has nothing beside a `|`"),
        ("ln_tfpr ~ 1 | region", "has no regressor"),
        ("ln_tfpr ~ soe age", "does not expect `age` here; join regressors with"),
        ("ln_tfpr ~ soe / age", r"does not expect `/` between regressors; arithmetic goes into I\(...\)"),
        ("ln_tfpr ~ soe + (age", "lacks a closing parenthesis"),
        ("ln_tfpr ~ soe + age)", "closes a parenthesis"),
        ("ln_tfpr ~ soe +", "ends with a sign"),
        ("ln_tfpr ~ soe + * age", r"does not expect `\*` here"),
        ("ln_tfpr ~ sqrt(age)", "has no function `sqrt`; functions are .*log.*I, C, i"),
        ("ln_tfpr ~ soe | region | age ~ size", "more than one `~`"),
        ("ln_tfpr ~ soe | region | age", "a second `|`; instruments"),
        ("ln_tfpr ~ C(region + age)", "gives `C` `region . age`, which is no name"),
        ("ln_tfpr ~ age > 3", "cannot read `> 3`"),
        ("age > 3 ~ soe", r"has the condition `age > 3`, which goes into I\(...\)"),
        ("region ~ soe", "`region` in `region ~ soe` holds text"),
        ("ln_tfpr ~ log(region)", r"`region` in .* holds text.*`C\(region\)`, or compare it"),
        ("ln_tfpr ~ C(region, ref=nroth)", "no value `nroth` of `region`.*did you mean `north`"),
        ("I(year > 0) ~ soe", "is the same in all"),
        ("ln_tfpr ~ log(age - 100)", "only 0 rows have all variables"),
        ("ln_tfpr ~ C(row)", r"`row` in .* has 9\d\d values, more than 500.*write it among .*`| row`"),
        ("ln_tfpr ~ soe | id", "`ln_tfpr ~ soe . id` has no regressor that its fixed effects leave any"),
        (
            "ln_tfpr ~ size | row",
            "rows are alone in one of its fixed effects, so that nothing can be compared",
        ),
        ("ln_tfpr ~ 2*size", "does not expect `2` here; 1 and 0 stand for the constant"),
        ("ln_tfpr ~ size*1", "does not expect `1` here"),
        ("ln_tfpr ~ size + ln_tfpr", "`ln_tfpr` is both the outcome and a regressor"),
        ("ln_tfpr ~ event(soe)", "is for event studies: give it to --event-study"),
    ],
)
def test_formulas_that_cannot_be(text, about):
    with pytest.raises(InputError, match=f"(?s){about}"):
        fitted(panel(8), text)


def test_every_fault_is_told_at_once():
    with pytest.raises(InputError) as caught:
        fitted(panel(8), ["ln_tfpr ~ seo", "tfrp ~ soe"], cluster="firn", event_study="sop")
    assert len(caught.value.problems) == 5  # four names, and what there is
    with pytest.raises(InputError) as caught:
        fitted(panel(8), ["x y", "z"], cluster="a+b+c", event_window="1,2", event_method="other")
    assert len(caught.value.problems) == 5


def test_without_the_library_a_line_says_what_to_install(monkeypatch):
    real = builtins.__import__

    def refused(name, *rest):
        if name.partition(".")[0] == "pyfixest":
            raise ImportError("No module named 'pyfixest'")
        return real(name, *rest)

    for name in [name for name in sys.modules if name.partition(".")[0] == "pyfixest"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", refused)
    with pytest.raises(LibraryMissing, match=r"pip install 'dirigiste\[regressions\]'"):
        fitted(panel(9), "ln_tfpr ~ soe")
    assert measure(read_firms(panel(9), **ROLES), CHOICES).gain > 0  # all else needs none of it


def test_formulas_are_read():
    equation = parse(
        "ln_tfpr + log(va) ~ soe*post + C(region, ref='n: 1') + i(year, soe, ref=3) | a^b + `c d`"
    )
    assert [part.label for part in equation.outcomes] == ["ln_tfpr", "log(va)"]
    assert equation.effects == (("a", "b"), ("c d",))
    kinds = [part if isinstance(part, str) else type(part) for part in equation.regressors]
    assert kinds == [Variable, "*", Variable, "+", Category, "+", Category]
    assert equation.regressors[4].reference == "n: 1"
    assert equation.regressors[6].by == "soe"
    assert equation.names == ["ln_tfpr", "va", "soe", "post", "region", "year", "a", "b", "c d"]
    assert parse("y ~ event(!x) | 0").regressors == (Event("x", leaves=True),)
    assert parse("y ~ x | 0").effects == ()
    assert clusters("id") == (("id",),)
    assert clusters("industry^year + id") == (("industry", "year"), ("id",))


def changing(seed=0, effect=0.5, firms=160, years=10):
    """Firms of which some become state firms in one of three years and then have `effect` more a year."""
    random = np.random.default_rng(seed)
    rows = []
    for n in range(firms):
        start = {0: 2003, 1: 2005, 2: 2006}.get(n % 5)
        own = random.normal()
        for year in range(2000, 2000 + years):
            soe = int(start is not None and year >= start)
            since = 0 if start is None else max(year - start + 1, 0)
            shift = effect * since
            k = np.exp(random.normal(3, 0.3))
            rows.append((f"f{n}", year, soe, np.exp(2 + own + shift + random.normal(0, 0.05)), 5.0, k))
    return pl.DataFrame(rows, schema=["firm", "year", "soe", "va", "wages", "k"], orient="row")


EVENT_ROLES = {"output": "va", "wage_bill": "wages", "capital": "k", "year": "year", "id": "firm"}
EVENT_CHOICES = Choices(alpha="constant", alpha_value=0.4, trim=Choices().trim.with_({"tail": 0}))


def studied(frame, text="ln_output ~ event(soe) | id + year", **how):
    firms = read_firms(frame, **EVENT_ROLES)
    return measure(firms, EVENT_CHOICES, event_study=text, **how).tables["event_study"]


def test_event_studies_find_the_effect_that_was_put_in():
    table = studied(changing(), event_method="sun-abraham", event_window="-6,6")
    found = dict(zip(table.frame["period"], table.frame["coefficient"], strict=True))
    assert found[-1] == 0.0
    assert found[-2] == pytest.approx(0.0, abs=0.05)
    for period in range(7):
        assert found[period] == pytest.approx(0.5 * (period + 1), abs=0.05)
    assert table.frame["low"][0] < table.frame["coefficient"][0] < table.frame["high"][0]
    two = studied(changing(), event_window="-3,3")
    assert two.frame["period"].to_list() == [-3, -2, -1, 0, 1, 2, 3]
    text = " ".join(two.notes)
    assert "the event: 96" in text
    assert "the comparison: 64" in text
    assert "--event-method sun-abraham" in text


def test_one_cohort_gives_both_methods_the_same():
    frame = changing().filter(~pl.col("firm").is_in([f"f{n}" for n in range(160) if n % 5 in (1, 2)]))
    one, two = (studied(frame, event_method=method).frame for method in ("two-way", "sun-abraham"))
    np.testing.assert_allclose(one["coefficient"], two["coefficient"], atol=1e-9)
    np.testing.assert_allclose(one["se"].fill_nan(0), two["se"].fill_nan(0), rtol=1e-6)


def test_event_dummies_are_those_written_by_hand():
    frame = changing(3)
    event = {f"f{n}": {0: 2003, 1: 2005, 2: 2006}.get(n % 5) for n in range(160)}
    since = [
        None if event[firm] is None else min(max(year - event[firm], -2), 2)
        for firm, year in frame.select("firm", "year").iter_rows()
    ]
    names = {-2: "e_a", 0: "e_b", 1: "e_c", 2: "e_d"}
    frame = frame.with_columns(
        pl.Series(name, [int(value == period) for value in since]) for period, name in names.items()
    )
    firms = read_firms(frame, **EVENT_ROLES)
    result = measure(
        firms,
        EVENT_CHOICES,
        event_study="ln_mrpk ~ log(wages + k) + event(soe) | id + year",
        event_window="-2,2",
        regress="ln_mrpk ~ log(wages + k) + e_a + e_b + e_c + e_d | id + year",
        cluster="id",
    )
    study = result.tables["event_study"].frame.filter(pl.col("period") != -1)
    plain = result.tables["regress_coefficients"].frame.filter(pl.col("term").str.starts_with("e_"))
    for name in ("coefficient", "se", "low", "high"):
        np.testing.assert_allclose(study[name], plain[name], rtol=1e-7)


def test_firms_that_fit_no_event_are_left_out_and_counted():
    frame = changing().with_columns(
        soe=pl.when(pl.col("firm") == "f3")
        .then(1)
        .when(pl.col("firm") == "f4")
        .then((pl.col("year") < 2004).cast(pl.Int64))
        .when(pl.col("firm") == "f8")
        .then(pl.col("year") % 2)
        .otherwise("soe")
    )
    table = studied(frame)
    text = table.notes[0]
    assert "always 1: 1; change from 1 to 0 once: 1; change more than once: 1" in text
    assert "the comparison: 61" in text
    leaving = studied(frame, "ln_output ~ event(!soe) | id + year")
    assert "the event: 1;" in leaving.notes[0]
    assert table.frame["rows"][0] == frame.height - 30


@pytest.mark.parametrize(
    ("text", "how", "about"),
    [
        ("sop", {}, "no `sop`.*did you mean `soe`"),
        ("k", {}, "must be 0 or 1; row 1 has"),
        ("tfpr", {}, "is a measure; an event is a change"),
        ("ln_output ~ event(soe)*k | id", {}, "can only be added to other regressors"),
        ("ln_output ~ soe | id", {}, r"needs one event\(x\)"),
        ("soe", {"event_window": "-5"}, "first and last year around the event"),
        ("soe", {"event_method": "did"}, "must be one of two-way, sun-abraham"),
        ("!soe", {}, "no firm has the event"),
    ],
)
def test_event_studies_that_cannot_be(text, how, about):
    with pytest.raises(InputError, match=about):
        studied(changing(), text, **how)


def test_the_reference_year_must_be_seen():
    frame = changing().filter(pl.col("year").is_in([2000, 2004, 2009]))
    with pytest.raises(InputError, match=r"is in year -1, which is the reference.*--event-window -5,5,-4"):
        studied(frame)


def test_without_a_comparison_the_notes_say_what_it_means():
    frame = changing().filter(~pl.col("firm").is_in([f"f{n}" for n in range(160) if n % 5 > 2]))
    assert "No firm is without the event" in " ".join(studied(frame).notes)
    with pytest.raises(InputError, match="whose `soe` is always 0; there are none"):
        studied(frame, event_method="sun-abraham")


def test_event_studies_need_firms_and_years():
    firms = read_firms(changing(), **{k: v for k, v in EVENT_ROLES.items() if k != "id"})
    with pytest.raises(InputError, match="need the firm"):
        measure(firms, EVENT_CHOICES, event_study="ln_output ~ event(soe) | firm")


def test_event_studies_have_figures():
    firms = read_firms(changing(), **EVENT_ROLES)
    text = "ln_output ~ event(soe) | id + year"
    result = measure(firms, EVENT_CHOICES, event_study=text, event_window="-3,2")
    figure = figures.figures(result)["event-study"]
    row = result.tables["event_study"].frame.filter(pl.col("period") == 2).row(0, named=True)
    assert figure.title.startswith(
        f"ln_output 2 years or more after soe turned 1: +{row['coefficient']:.2f} ("
    )
    assert figure.png()[:4] == b"\x89PNG"
    two = measure(firms, EVENT_CHOICES, event_study=[text, "soe"])
    assert [name for name in figures.figures(two) if "event" in name] == ["event-study-1", "event-study-2"]


def test_one_event_study_is_shown_without_the_columns_that_tell_studies_apart():
    one = studied(changing())
    assert {"study", "event"} <= set(one.frame.columns)
    assert one.shown().frame.columns[:2] == ["outcome", "period"]
    texts = ["ln_output ~ event(soe) | id + year", "ln_output ~ event(soe) | id"]
    assert studied(changing(), texts).shown().frame.columns[0] == "study"


def test_models_that_leave_the_same_rows_out_share_a_note():
    frame = panel(9).with_columns(size=pl.when(pl.col("size") > 1).then(None).otherwise(pl.col("size")))
    lost = frame["size"].null_count()
    result = measure(
        read_firms(frame, **ROLES), EVENT_CHOICES, regress=["ln_tfpr + ln_mrpk ~ size", "ln_tfpr ~ size | id"]
    )
    note = next(note for note in result.tables["regress"].notes if note.startswith("Rows of the sample"))
    assert note.startswith(f"Rows of the sample left out: (1) (2) {lost} with a missing variable, 0 alone")


def test_by_default_regressions_are_clustered_by_firm_as_the_table_of_groups_is():
    frame = panel(1).with_columns(
        firm=pl.when(pl.col("firm").hash(seed=1) % 9 > 0).then("firm")  # rows without id are firms
    )
    text = "ln_tfpr_dev ~ C(group, ref=private) | industry^year"
    result, found = fitted(frame, text)
    own = result.tables["regressions"].frame.filter(pl.col("variable") == "ln TFPR").sort("group")
    found = found.sort("term")
    np.testing.assert_allclose(found["se"], own["se"], rtol=1e-7)
    assert found["errors"].unique().to_list() == ["clustered by firm"]
    assert found["rows"][0] == own["rows"][0]
    assert "clustered by firm" in result.tables["regress"].notes[0]
    without = {name: column for name, column in ROLES.items() if name != "id"}
    robust = measure(read_firms(frame, **without), CHOICES, regress=text).tables["regress_coefficients"].frame
    said = measure(read_firms(frame, **ROLES), CHOICES, regress=text, cluster="none")
    assert "robust to heteroskedasticity (HC1)" in said.tables["regress"].notes[0]
    np.testing.assert_allclose(robust["se"], said.tables["regress_coefficients"].frame["se"], rtol=1e-12)


def test_options_that_nothing_uses_are_told():
    firms = read_firms(panel(1), **ROLES)
    idle = measure(
        firms, CHOICES, cluster="id", stars=True, event_window="-3,3", event_method="sun-abraham"
    ).warnings
    for option in ("--cluster", "--stars", "--event-window", "--event-method"):
        assert any(note.startswith(f"{option} changes nothing here: it is for --") for note in idle)
    used = measure(
        firms, CHOICES, cluster="id", stars=True, regress="ln_tfpr ~ soe", event_window="-3,3"
    ).warnings
    assert [note.split()[0] for note in used if "changes nothing" in note] == ["--event-window"]
    assert not any("changes nothing" in note for note in measure(firms, CHOICES).warnings)


def test_notes_of_event_studies_say_one_thing_each():
    table = studied(changing())
    firms, regression, compared = table.notes[:3]
    assert "Firms used, by their `soe` over the years: change from 0 to 1 once, the event: 96" in firms
    leaving = studied(changing().with_columns(soe=1 - pl.col("soe")), "ln_output ~ event(!soe) | id + year")
    assert "by their `soe` over the years: change from 1 to 0 once, the event: 96" in leaving.notes[0]
    assert regression.startswith("Regression: `ln_output ~ event(soe) | id + year`.")
    assert compared == (
        "Coefficients compare with the year before the event, where they are 0 by definition. Year -5 stands "
        "for all years up to it too, year 5 for all later ones."
    )
