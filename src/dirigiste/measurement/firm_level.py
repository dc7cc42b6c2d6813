"""The firm level: every row of the source with its own columns, roles and measures, and whether it is in the
sample.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from dirigiste.measurement.data.firms import COLUMNS
from dirigiste.measurement.data.roles import OF_FILE

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from dirigiste.measurement.data.firms import Firms
    from dirigiste.measurement.measurement import Measurement

FLAGS: Final = ("in_sample", "why_not")

MEASURES: Final = {
    "ln_tfpr": ("ln TFPR", pl.col("tfpr").log()),
    "ln_tfpq": ("ln TFPQ, up to a constant by industry and year", pl.col("tfpq").log()),
    "ln_mrpk": ("ln MRPK", pl.col("mrpk").log()),
    "ln_mrpl": ("ln MRPL", pl.col("mrpl").log()),
    "ln_tfpr_dev": ("ln(TFPR / that of the cell)", pl.col("ln_tfpr_dev")),
    "ln_tfpq_dev": ("ln(TFPQ M^(1/(s-1)) / that of the cell)", pl.col("ln_tfpq_dev")),
    "ln_mrpk_dev": ("ln(MRPK / that of the cell)", pl.col("ln_mrpk_dev")),
    "ln_mrpl_dev": ("ln(MRPL / that of the cell)", pl.col("ln_mrpl_dev")),
    "tfpr": ("TFPR = PY / (K^a (wL)^(1-a))", pl.col("tfpr")),
    "tfpq": ("TFPQ, up to a constant by industry and year", pl.col("tfpq")),
    "mrpk": ("Marginal revenue product of capital", pl.col("mrpk")),
    "mrpl": ("Marginal revenue product of labour", pl.col("mrpl")),
    "tau_k": ("tau_K, capital wedge", pl.col("tau_k")),
    "tau_y": ("tau_Y, output wedge", pl.col("tau_y")),
    "ln_tau_k": ("ln(1 + tau_K)", pl.col("tau_k").log1p()),
    "ln_tau_y": ("ln(1 - tau_Y)", (-pl.col("tau_y")).log1p()),
    "ln_output": ("ln value added", pl.col("output").log()),
    "ln_capital": ("ln capital", pl.col("capital").log()),
    "ln_labor": ("ln labour as it is measured", pl.col("labor_used").log()),
    "ln_k_l": ("ln(capital / labour)", (pl.col("capital") / pl.col("labor_used")).log()),
    "output_share": ("Share in the value added of the cell (weight included)", pl.col("cell_share")),
    "output_share_year": (
        "Share in the value added of the year (weight included)",
        pl.col("cell_share") * pl.col("theta"),
    ),
    "labor_used": ("Labour as it is measured", pl.col("labor_used")),
    "alpha": ("Capital share of the industry", pl.col("alpha")),
    "sigma": ("Elasticity of substitution in the industry", pl.col("sigma")),
    "cell_share": ("Share in the value added of the cell (weight included)", pl.col("cell_share")),
    "theta": ("Share of the cell in the value added of the year", pl.col("theta")),
}
"""Measures of a firm in a year: what each is, and how it follows from `Measurement.rows`."""


def measured(rows: pl.DataFrame) -> pl.DataFrame:
    """Roles and measures of the rows of a measurement."""
    return rows.select(*COLUMNS, *(value.alias(name) for name, (_, value) in MEASURES.items()))


def file_names(firms: Firms) -> dict[str, str]:
    """Name of a column at the firm level -> the column of the source.

    Columns that fill a role of their own name are the role; others with the name of a role or a measure get
    `_file`.
    """
    if firms.original is None:
        return {}
    taken = {*COLUMNS, *MEASURES, *FLAGS}
    same = {role for role, column in firms.roles.items() if role == column and role in COLUMNS}
    names: dict[str, str] = {}
    for column in firms.original.columns:
        if column not in same:
            names[f"{column}{OF_FILE}" if column in taken else column] = column
    return names


def with_file(frame: pl.DataFrame, firms: Firms, names: Collection[str]) -> pl.DataFrame:
    """Rows with columns of the source added, by their names at the firm level."""
    known = file_names(firms)
    wanted = {name: known[name] for name in names if name in known and name not in frame.columns}
    if not wanted or firms.original is None:
        return frame
    added = firms.original.frame(list(wanted.values())).rename({old: new for new, old in wanted.items()})
    return frame.join(added, on="row", how="left", maintain_order="left")


def firm_level(measurement: Measurement) -> pl.DataFrame:
    """Every row of the source, in its order: in_sample, why_not, roles, measures, and its own columns.

    Measures are those of the rows in the sample, and null elsewhere. Firms that were put together by hand
    have only the rows and columns that they were given.
    """
    firms = measurement.firms
    rows = measured(measurement.rows)
    every = pl.concat([firms.frame.select("row"), firms.lost.select("row")]).sort("row")
    measures = rows.select("row", *MEASURES)
    frame = (
        every.join(measurement.lost, on="row", how="left", maintain_order="left")
        .select("row", in_sample=pl.col("why").is_null().cast(pl.Int8), why_not=pl.col("why"))
        .join(firms.frame, on="row", how="left", maintain_order="left")
        .join(measures, on="row", how="left", maintain_order="left")
    )
    return with_file(frame, firms, list(file_names(firms)))


def labels(firms: Firms, columns: Sequence[str]) -> dict[str, str]:
    """Labels of columns at the firm level."""
    known = {name: what for name, (what, _) in MEASURES.items()}
    known |= {"in_sample": "1 if the row is in the sample", "why_not": "Why it is not"}
    known |= ROLES
    if firms.original is not None:
        there = firms.original.source.labels
        known |= {name: there[column] for name, column in file_names(firms).items() if column in there}
    return {name: known[name] for name in columns if name in known}


ROLES: Final = {
    "row": "Row of the source, from 1",
    "id": "Firm",
    "year": "Year",
    "industry": "Industry",
    "group": "Ownership or political group",
    "output": "Value added",
    "labor": "Labour cost",
    "employment": "Persons",
    "capital": "Capital",
    "weight": "Sampling weight",
    "sales": "Sales",
    "inputs": "Purchased inputs",
}
"""Labels of the columns of roles."""
