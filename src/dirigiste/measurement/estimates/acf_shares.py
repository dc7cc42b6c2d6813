"""Capital shares from estimated production functions (Ackerberg, Caves and Frazer 2015), one a class of
industries: α = β_k / (β_k + β_l).

Both elasticities of revenue carry the same factor (σ-1)/σ where demand has the elasticity σ, and it cancels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from dirigiste.errors import InputError
from dirigiste.measurement.estimates import production_function
from dirigiste.measurement.estimates.production_function import Panel
from dirigiste.measurement.output.table import Column, Table

if TYPE_CHECKING:
    from dirigiste.measurement.choices import Choices
    from dirigiste.measurement.estimates.production_function import Elasticities
    from dirigiste.measurement.estimates.sample import Sample

    Array = np.ndarray[Any, np.dtype[Any]]

LEAST: Final = 100
"""Fewest rows with a row of the same firm a year before."""

FAR: Final = 3.0
"""Interquartile ranges from the nearer quartile beyond which a ratio is far out (Tukey 1977)."""

ALL: Final = "all"
"""The class where there is only one."""


def classes(sample: Sample, choices: Choices) -> tuple[str, ...]:
    """(I) class of every industry: the first digits of its code, or the industry itself."""
    digits = choices.alpha_digits
    return tuple((name[:digits] or ALL) if digits is not None else name for name in sample.industries)


def elasticities(sample: Sample, choices: Choices, weight: Array) -> dict[str, Elasticities]:
    """Class -> elasticities at given weights of rows.

    Raises:
        InputError: Firms or purchased inputs are not known, there is one year, or classes have few rows.
    """
    _check(sample)
    names = classes(sample, choices)
    order = sorted(set(names))
    number = np.array([order.index(name) for name in names])
    row_class = number[sample.cell_industry][sample.row_cell]
    inputs, persons = _logs(sample, "inputs"), _logs(sample, "employment")
    labour = persons if has_persons(sample) else sample.ln_l
    good = np.isfinite(inputs) & np.isfinite(labour)
    made: dict[str, Elasticities] = {}
    few: dict[str, int] = {}
    for n, name in enumerate(order):
        rows = np.flatnonzero((row_class == n) & good)
        effect = np.unique(sample.row_cell[rows], return_inverse=True)[1]
        values = [x[rows] for x in (sample.ln_y, sample.ln_k, labour, inputs)]
        inside = _inside([production_function.net(x, effect, np.ones(rows.size)) for x in values])
        rows, effect, values = rows[inside], effect[inside], [x[inside] for x in values]
        at = production_function.pairs(sample.firm[rows], sample.year[rows])
        if at[0].size < LEAST:
            few[name] = at[0].size
        elif not few:
            y, k, l, m = values  # noqa: E741  (the fields' symbols)
            panel = Panel(y, k, l, m, sample.firm[rows], sample.year[rows], effect, weight[rows])
            made[name] = production_function.estimate(panel, at)
    if few:
        shown = ", ".join(f"`{name}` ({count})" for name, count in list(few.items())[:5])
        message = (
            f"needs {LEAST} rows with a row of the same firm a year before in each industry; {len(few)} of "
            f"{len(order)} have fewer: {shown}{' and others' if len(few) > 5 else ''}. Estimate for the "
            "first digits of the industry code together (`acf:2`), or for all industries (`acf:0`)"
        )
        raise InputError.of(message, key="alpha")
    return made


def _check(sample: Sample) -> None:
    if not sample.has_ids:
        raise InputError.of("`acf` follows firms over years: give `--id COLUMN`", key="alpha")
    if sample.frame["inputs"].null_count() == sample.rows:
        message = "`acf` needs purchased inputs, which reveal productivity: give `--inputs COLUMN`"
        raise InputError.of(message, key="alpha")
    if len(sample.years) < 2:
        raise InputError.of("`acf` needs two years or more: give `--year COLUMN`", key="alpha")


def has_persons(sample: Sample) -> bool:
    """Whether labour is counted in persons: where the file has them."""
    return sample.frame["employment"].null_count() < sample.rows


def _logs(sample: Sample, column: str) -> Array:
    """(N) logs of a column; not a number where it is missing or not above 0."""
    values = sample.frame[column].cast(pl.Float64).fill_null(np.nan).to_numpy()[sample.order]
    return np.log(np.where(values > 0, values, np.nan))


def _inside(values: list[Array]) -> Array:
    """Rows whose output, capital and purchased inputs to labour are not far out: such as wrong units.

    Cutting a share of all tails would choose rows by their productivity, and bias the estimate.
    """
    y, k, labour, m = values
    inside = np.ones(y.size, dtype=bool)
    for ratio in (y - labour, k - labour, m - labour) if y.size else ():
        low, high = np.quantile(ratio, [0.25, 0.75])
        inside &= (ratio >= low - FAR * (high - low)) & (ratio <= high + FAR * (high - low))
    return inside


def shares(sample: Sample, choices: Choices, weight: Array) -> Array:
    """(I) capital share of every industry, within `choices.alpha_bounds`."""
    low, high = choices.alpha_bounds
    by_class = {name: _share(one) for name, one in elasticities(sample, choices, weight).items()}
    return np.clip([by_class[name] for name in classes(sample, choices)], low, high)


def _share(one: Elasticities) -> float:
    """The capital share; 0 or 1 where an elasticity is not above 0."""
    if one.capital <= 0:
        return 0.0
    return 1.0 if one.labour <= 0 else one.alpha


def table(sample: Sample, made: dict[str, Elasticities], choices: Choices, line: str) -> Table:
    """Elasticities by class with standard errors, and least squares beside."""
    rows = [
        (
            name,
            one.labour,
            one.errors[2],
            one.capital,
            one.errors[1],
            one.labour + one.capital,
            one.alpha,
            one.alpha_error,
            one.rho,
            one.errors[0],
            one.ols[1],
            one.ols[0],
            one.rows,
            one.pairs,
            one.firms,
        )
        for name, one in made.items()
    ]
    columns = {
        "industry": Column("industry" if choices.alpha_digits is None else "industries"),
        "labour": Column("β_l"),
        "labour_se": Column("se"),
        "capital": Column("β_k"),
        "capital_se": Column("se"),
        "scale": Column("β_l + β_k"),
        "alpha": Column("α"),
        "alpha_se": Column("se"),
        "rho": Column("ρ"),
        "rho_se": Column("se"),
        "ols_labour": Column("OLS β_l"),
        "ols_capital": Column("OLS β_k"),
        "rows": Column("rows", "count", 0),
        "pairs": Column("pairs", "count", 0),
        "firms": Column("firms", "count", 0),
    }
    frame = pl.DataFrame(rows, schema=list(columns), orient="row", infer_schema_length=None)
    notes = (
        "ln value added = β_k k + β_l l + ω + ε, productivity ω = ρ times that of the year before + news, "
        "net of effects of industry and year; α = β_k / (β_k + β_l). Ackerberg, Caves and Frazer (2015, "
        "Econometrica 83:2411-2451): capital is chosen a year ahead, purchased inputs rise with productivity "
        "at given capital and labour.",
        f"Labour is {_labour(sample)}. First stage: φ, a polynomial of degree {production_function.DEGREE}. "
        "Moments: news against capital, and against capital, labour and φ of the year before. Standard "
        "errors count both stages, clustered by firm.",
        f"Left out: rows without purchased inputs{' or persons' if has_persons(sample) else ''}, and those "
        "whose value added, capital or inputs to labour, relative to the industry and year, lie more than "
        f"{FAR:g} interquartile ranges beyond a quartile. Pairs: rows with a row of the firm a year before. "
        "OLS has the same effects; it is biased where inputs follow productivity.",
        line,
    )
    return Table("production_function", "Production functions", frame, columns, notes)


def _labour(sample: Sample) -> str:
    return "persons" if has_persons(sample) else "the wage bill"


def remarks(sample: Sample, made: dict[str, Elasticities], choices: Choices) -> list[str]:
    """What a reader should know: shares at their bounds, and other solutions of the moments."""
    low, high = choices.alpha_bounds
    said = []
    if not has_persons(sample):
        said.append(
            "production functions have the wage bill as labour, since the file has no head count; where "
            "firms hire until the marginal product of labour is their wage, β_l of a wage bill tends to 1 "
            "whatever the technology: give --employment COLUMN."
        )
    off = [
        f"`{name}` (β_k {one.capital:.2f}, β_l {one.labour:.2f})"
        for name, one in made.items()
        if not low <= _share(one) <= high
    ]
    if off:
        said.append(
            f"estimated capital shares outside {low:g} to {high:g} were set to the nearer end in "
            f"{len(off)} of {len(made)} industries: {_cut(off)}; estimate for more firms together (`acf:2`, "
            "`acf:0`)."
        )
    several = [
        f"`{name}` (β_k {other.capital:.2f}, β_l {other.labour:.2f}, ρ {other.rho:.2f})"
        for name, one in made.items()
        for other in one.others[:1]
    ]
    if several:
        said.append(
            f"the moments of {len(several)} of {len(made)} production functions have another solution that "
            f"the data do not reject: {_cut(several)}; the one with the smaller criterion is taken, but for "
            "one about β_l = 1, β_k = 0, which can hold where firms pay different wages."
        )
    return said


def _cut(names: list[str]) -> str:
    return ", ".join(names[:5]) + (" and others" if len(names) > 5 else "")
