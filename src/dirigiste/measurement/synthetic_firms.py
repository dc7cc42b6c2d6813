"""Synthetic firm panels with known wedges, for the tutorial and for tests. No real firm is in them.

The economy is that of Hsieh and Klenow (2009, QJE 124, section II), solved firm by firm. In cell (industry s,
year t) with expenditure E and firms i, with TFPQ A_i and wedges 1-τY_i and 1+τK_i:

    P_i Y_i = E x_i / Σ x_j,   x_i = (A_i (1-τY_i) / (1+τK_i)^α)^(σ-1)
    w L_i   = (1-α) (σ-1)/σ (1-τY_i) P_i Y_i
    K_i     = α (σ-1)/σ (1-τY_i) P_i Y_i / (R (1+τK_i))

so measuring with the true σ, R and α gives back the wedges to rounding. (ln A, -ln(1-τY), ln(1+τK)) are
jointly normal within a group and follow an AR(1) over a firm's life; some firms exit, others enter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import numpy as np
import polars as pl

from dirigiste.errors import InputError
from dirigiste.measurement.synthetic_details import with_details

Array = np.ndarray[Any, np.dtype[Any]]
Covariance = tuple[tuple[float, float, float], ...]

COVARIANCE: Final[Covariance] = ((0.5, 0.175, 0.05), (0.175, 0.125, 0.025), (0.05, 0.025, 0.15))
"""Default covariance of (ln A, -ln(1-τY), ln(1+τK)); more productive firms face higher wedges."""

FIRST_YEAR: Final = 1998


@dataclass(frozen=True)
class Law:
    """How one group's firms are drawn."""

    share: float
    """Share of firms."""
    productivity: float = 0.0
    """Mean of ln A."""
    output: float = 0.0
    """Mean of -ln(1-τY): above 0 a tax, below 0 a subsidy."""
    capital: float = 0.0
    """Mean of ln(1+τK): below 0 capital is cheap."""
    covariance: Covariance = COVARIANCE

    @property
    def means(self) -> tuple[float, float, float]:
        """Means of (ln A, -ln(1-τY), ln(1+τK))."""
        return (self.productivity, self.output, self.capital)


LAWS: Final[Mapping[str, Law]] = {
    "private": Law(0.62),
    "state": Law(0.12, productivity=-0.15, output=-0.15, capital=-0.45),
    "collective": Law(0.08, output=0.05),
    "foreign": Law(0.18, productivity=0.2, output=-0.05, capital=-0.15),
}
"""Default groups. Made up: signs follow the literature on China, sizes are assumptions."""


@dataclass(frozen=True)
class Truth:
    """What the panel was made from."""

    sigma: float
    rental: float
    alpha: Mapping[str, float]
    """Industry -> capital share."""
    laws: Mapping[str, Law]
    rows: pl.DataFrame
    """One row a row of the panel: alpha, ln_a, tau_k (τ_K), tau_y (τ_Y)."""
    gains: Mapping[int, float]
    """Year -> gain from equal wedges, a share: 0.5 is 50 %."""
    prices: Mapping[int, float] = field(default_factory=dict)
    """With details: year -> price of investment."""
    growth: pl.DataFrame = field(default_factory=pl.DataFrame)
    """With details: growth of original values before the panel, by province and two-digit industry."""

    def table(self, key: str) -> pl.DataFrame:
        """`truth` by row, `prices` by year, or `growth` by province and industry."""
        if key == "prices":
            return pl.DataFrame({"year": list(self.prices), "index": list(self.prices.values())})
        return self.growth if key == "growth" else self.rows


class Synthetic(NamedTuple):
    """A panel and what it was made from."""

    frame: pl.DataFrame
    truth: Truth


def synthetic(
    rows: int = 5000,
    *,
    years: int = 10,
    industries: int = 20,
    laws: Mapping[str, Law] = LAWS,
    sigma: float = 3.0,
    rental: float = 0.10,
    alpha: float | None = None,
    persistence: float = 0.9,
    exit_rate: float = 0.08,
    flaws: float = 0.0,
    privatise: float = 0.0,
    asif: bool = False,
    details: bool = False,
    seed: int = 0,
) -> Synthetic:
    """Draw a panel.

    Args:
        rows: Firm-years; the same number each year, give or take one.
        years: Years, from 1998 on.
        industries: Industries; four-digit codes.
        laws: Group -> how its firms are drawn; shares are scaled to sum to 1.
        sigma: Elasticity of substitution within an industry, above 1.
        rental: Rental price of capital R.
        alpha: Capital share of all industries; None: between .3 and .7, different by industry.
        persistence: Autocorrelation of productivity and wedges from year to year.
        exit_rate: Share of firms that exit each year; as many enter.
        flaws: Share of rows that get a flaw: a missing value, a negative one, a wrong unit, a duplicate.
        privatise: Share of `state` firms that turn `private` each year: from then on the means of their
            productivity and wedges are those of private firms.
        asif: Name the columns as the Chinese industrial survey does, in thousand yuan, with registration
            types in place of groups.
        details: Add what linking firms and building real capital need (`synthetic_details`): codes that
            break, name, legal person, telephone, region, founding year, original value of fixed assets;
            capital is then as booked.
        seed: Seed of the random numbers; the same seed gives the same panel.

    Returns:
        The panel, and the truth. Columns: firm, year, industry, ownership, sales, materials, value_added,
        wages, workers, capital; with details also name, person, telephone, region, founded, original.

    Raises:
        InputError: A number is out of its range.
    """
    _check(rows, years, industries, sigma, rental, alpha, persistence, exit_rate, flaws, privatise, laws)
    random = np.random.default_rng(seed)
    drawn = _panel(random, rows, years, industries, laws, persistence, exit_rate, privatise)
    shares = _alphas(random, industries, alpha)
    solved = _solve(random, drawn, shares, sigma, rental, industries, years)
    gains = _gains(solved, sigma)
    solved = solved.with_columns(registration=_registration(solved))
    prices, growth, known = {}, pl.DataFrame(), ["alpha", "ln_a", "tau_k", "tau_y"]
    if details:
        solved, prices, growth = with_details(solved, seed)
        known += ["firm", "year", "real_capital"]
    truth = Truth(
        sigma,
        rental,
        {_code(n): float(share) for n, share in enumerate(shares)},
        laws,
        solved.select(known),
        gains,
        prices,
        growth,
    )
    if details:
        solved = solved.with_columns(pl.col("code").alias("firm"))
    frame = solved.select(
        "firm",
        "year",
        "industry",
        "ownership",
        "sales",
        "materials",
        "value_added",
        "wages",
        "workers",
        "capital",
        *(DETAILS if details else ()),
        *(("registration",) if asif else ()),
    )
    if flaws > 0:
        frame = _flawed(random, frame, flaws)
    return Synthetic(_as_asif(frame) if asif else frame, truth)


def _check(
    rows: int,
    years: int,
    industries: int,
    sigma: float,
    rental: float,
    alpha: float | None,
    persistence: float,
    exit_rate: float,
    flaws: float,
    privatise: float,
    laws: Mapping[str, Law],
) -> None:
    faults = {
        "rows": (rows >= years, f"must be {years} or more, one a year; got {rows}"),
        "years": (1 <= years <= 100, f"must be 1 to 100; got {years}"),
        "industries": (1 <= industries <= 2000, f"must be 1 to 2000; got {industries}"),
        "sigma": (sigma > 1, f"must be above 1; got {sigma}"),
        "rental": (rental > 0, f"must be above 0; got {rental}"),
        "alpha": (alpha is None or 0 < alpha < 1, f"must be between 0 and 1; got {alpha}"),
        "persistence": (-1 < persistence < 1, f"must be between -1 and 1; got {persistence}"),
        "exit_rate": (0 <= exit_rate <= 1, f"must be 0 to 1; got {exit_rate}"),
        "flaws": (0 <= flaws <= 0.5, f"must be 0 to 0.5; got {flaws}"),
        "privatise": (0 <= privatise <= 1, f"must be 0 to 1; got {privatise}"),
        "laws": (sum(law.share for law in laws.values()) > 0, "needs a group with a share above 0"),
    }
    for key, (good, message) in faults.items():
        if not good:
            raise InputError.of(message, key=key)
    if privatise and not {"state", "private"} <= laws.keys():
        message = f"needs the groups `state` and `private`; `laws` has {', '.join(laws)}"
        raise InputError.of(message, key="privatise")


def _panel(
    random: np.random.Generator,
    rows: int,
    years: int,
    industries: int,
    laws: Mapping[str, Law],
    persistence: float,
    exit_rate: float,
    privatise: float,
) -> dict[str, Array]:
    """Firms by year: id, industry, group, and (ln A, -ln(1-τY), ln(1+τK))."""
    shares = np.array([law.share for law in laws.values()])
    means = np.array([law.means for law in laws.values()])
    roots = np.array([np.linalg.cholesky(np.array(law.covariance)) for law in laws.values()])
    size = -(-rows // years)
    names = list(laws)

    def shocks(groups: Array) -> Array:
        return np.einsum("nij,nj->ni", roots[groups], random.standard_normal((len(groups), 3)))

    def born(count: int) -> tuple[Array, Array, Array]:
        groups = random.choice(len(shares), count, p=shares / shares.sum())
        return random.integers(0, industries, count), groups, shocks(groups)

    industry, group, state = born(size)
    ids, last = np.arange(1, size + 1), size
    parts: list[dict[str, Array]] = []
    for n in range(years):
        if n:
            if privatise:
                turned = (group == names.index("state")) & (random.random(size) < privatise)
                group[turned] = names.index("private")
            state = persistence * state + np.sqrt(1 - persistence**2) * shocks(group)
            gone = np.flatnonzero(random.random(size) < exit_rate)
            industry[gone], group[gone], state[gone] = born(len(gone))
            ids[gone] = np.arange(last + 1, last + 1 + len(gone))
            last += len(gone)
        kept = slice(0, rows // years + (n < rows % years))
        parts.append(
            {
                "firm": ids[kept].copy(),
                "year": np.full(len(ids[kept]), FIRST_YEAR + n),
                "industry": industry[kept].copy(),
                "group": group[kept].copy(),
                "state": state[kept] + means[group[kept]],
            }
        )
    panel = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
    panel["name"] = np.array(names)[panel["group"]]
    return panel


def _alphas(random: np.random.Generator, industries: int, alpha: float | None) -> Array:
    drawn = random.uniform(0.3, 0.7, industries)
    return drawn if alpha is None else np.full(industries, alpha)


def _solve(
    random: np.random.Generator,
    drawn: dict[str, Array],
    shares: Array,
    sigma: float,
    rental: float,
    industries: int,
    years: int,
) -> pl.DataFrame:
    """Revenue and inputs of every firm, from the formulas at the head of this module."""
    log_a, log_y, log_k = drawn["state"].T
    alpha = shares[drawn["industry"]]
    cell = drawn["industry"] * years + drawn["year"] - FIRST_YEAR
    weight = np.exp((sigma - 1) * (log_a - log_y - alpha * log_k))
    since = drawn["year"] - FIRST_YEAR
    mean = np.exp(random.normal(0.0, 0.5, industries))[drawn["industry"]] * 1.08**since
    count = np.bincount(cell, minlength=industries * years)
    total = np.bincount(cell, weights=weight, minlength=industries * years)
    value_added = 8000.0 * mean * count[cell] * weight / total[cell]
    kept = np.exp(-log_y)
    wages = (1 - alpha) * (sigma - 1) / sigma * kept * value_added
    capital = alpha * (sigma - 1) / sigma * kept * value_added / (rental * np.exp(log_k))
    sales = value_added / random.uniform(0.22, 0.34, len(value_added))
    pay = 9.0 * 1.1**since
    codes = pl.Series([_code(n) for n in range(industries)], dtype=pl.String)
    return pl.DataFrame(
        {
            "firm": drawn["firm"],
            "year": drawn["year"],
            "industry": codes.gather(drawn["industry"]),
            "ownership": drawn["name"],
            "sales": sales,
            "materials": sales - value_added,
            "value_added": value_added,
            "wages": wages,
            "workers": wages / pay,
            "capital": capital,
            "alpha": alpha,
            "ln_a": log_a,
            "tau_k": np.expm1(log_k),
            "tau_y": 1 - kept,
        }
    )


def _code(n: int) -> str:
    """A four-digit industry code, ten to a two-digit industry."""
    return f"{1310 + 10 * (n % 10) + 100 * (n // 10)}"


def _gains(solved: pl.DataFrame, sigma: float) -> dict[int, float]:
    """Gain by year: Π_s (A̅_s / TFP_s)^θ_s - 1, from the true wedges (Hsieh and Klenow 2009)."""
    one_k, one_y, spread = 1 + pl.col("tau_k"), 1 - pl.col("tau_y"), pl.col("share")
    cells = (
        solved.with_columns(
            share=pl.col("value_added") / pl.col("value_added").sum().over("industry", "year"),
            ln_tfpr=pl.col("alpha") * one_k.log() - one_y.log(),
        )
        .group_by("industry", "year")
        .agg(
            pl.col("alpha").first(),
            output=pl.col("value_added").sum(),
            mrpk=1 / (one_y / one_k * spread).sum(),
            mrpl=1 / (one_y * spread).sum(),
            best=((sigma - 1) * pl.col("ln_a")).exp().sum(),
            actual=((sigma - 1) * (pl.col("ln_a") - pl.col("ln_tfpr"))).exp().sum(),
        )
        .with_columns(
            loss=(pl.col("best") / pl.col("actual")).log() / (sigma - 1)
            - pl.col("alpha") * pl.col("mrpk").log()
            - (1 - pl.col("alpha")) * pl.col("mrpl").log()
        )
    )
    by_year = cells.group_by("year").agg(
        gain=((pl.col("loss") * pl.col("output")).sum() / pl.col("output").sum()).exp() - 1
    )
    return dict(sorted(zip(by_year["year"].to_list(), by_year["gain"].to_list(), strict=True)))


def _flawed(random: np.random.Generator, frame: pl.DataFrame, share: float) -> pl.DataFrame:
    """The panel with flaws of six kinds in a share of its rows."""
    kind = np.where(random.random(frame.height) < share, random.integers(1, 7, frame.height), 0)
    marked = frame.with_columns(kind=pl.Series(kind))

    def at(n: int, column: str, value: pl.Expr) -> pl.Expr:
        return pl.when(pl.col("kind") == n).then(value).otherwise(pl.col(column))

    changed = marked.with_columns(
        at(1, "wages", pl.lit(None)).alias("wages"),
        at(2, "value_added", -pl.col("value_added") * 0.2).alias("value_added"),
        at(4, "ownership", pl.lit(None)).alias("ownership"),
        pl.when(pl.col("kind") == 3)
        .then(pl.col("capital") * 1000)
        .when(pl.col("kind") == 5)
        .then(0.0)
        .otherwise(pl.col("capital"))
        .alias("capital"),
    )
    return pl.concat([changed, changed.filter(pl.col("kind") == 6)]).drop("kind")


DETAILS: Final = {
    "name": "企业名称",
    "person": "法人代表姓名",
    "telephone": "电话号码",
    "region": "省地县码",
    "founded": "开工时间年",
    "original": "固定资产原价合计",
}
"""Columns of details, and their names in the survey."""

REGISTRATION: Final = {
    "private": ("171", "172", "173", "174"),
    "state": ("110", "141", "151"),
    "collective": ("120", "142", "130"),
    "foreign": ("210", "230", "310", "330"),
}
"""Registration types (登记注册类型) by group: codes of the national classification."""


def _registration(solved: pl.DataFrame) -> pl.Series:
    """Registration type of every row, by its group and the number of its true firm."""
    types = [
        REGISTRATION[name][n % len(REGISTRATION[name])] if name in REGISTRATION else None
        for name, n in zip(solved["ownership"].to_list(), solved["firm"].to_list(), strict=True)
    ]
    return pl.Series("registration", types, dtype=pl.String)


def _as_asif(frame: pl.DataFrame) -> pl.DataFrame:
    """The panel under the Chinese column names of the survey; amounts in thousand yuan, whole numbers."""
    money = ["sales", "materials", "value_added", "wages", "capital"]
    money += ["original"] if "original" in frame.columns else []
    rounded = frame.with_columns(pl.col(money).round(3), pl.col("workers").ceil().cast(pl.Int64))
    return rounded.select(
        pl.col("year").alias("年份"),
        pl.col("firm").cast(pl.String).str.zfill(9).alias("法人代码"),
        pl.col("industry").alias("行业代码"),
        pl.when(pl.col("ownership").is_not_null()).then(pl.col("registration")).alias("登记注册类型"),
        pl.col("sales").alias("工业总产值"),
        pl.col("materials").alias("工业中间投入合计"),
        pl.col("value_added").alias("工业增加值"),
        pl.col("wages").alias("本年应付工资总额"),
        pl.col("workers").alias("全部从业人员年平均人数"),
        pl.col("capital").alias("固定资产合计"),
        *(pl.col(name).alias(chinese) for name, chinese in DETAILS.items() if name in frame.columns),
    )
