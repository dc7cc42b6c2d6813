"""Read firms from a file: the columns that the roles need, in one pass, with a log of the rows lost."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dirigiste.errors import InputError, Problem
from dirigiste.measurement.data import mapping as mappings
from dirigiste.measurement.data.firms import Firms
from dirigiste.measurement.data.reading import Reading
from dirigiste.measurement.data.roles import resolve
from dirigiste.measurement.files.frames import as_polars
from dirigiste.measurement.files.source import Form, open_file, open_frame

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    import polars as pl


def read_firms(
    source: str | Path | pl.DataFrame | pl.LazyFrame | pd.DataFrame,
    *,
    output: str | None = None,
    sales: str | None = None,
    inputs: str | None = None,
    wage_bill: str | None = None,
    employment: str | None = None,
    capital: str | None = None,
    industry: str | None = None,
    year: str | None = None,
    id: str | None = None,  # noqa: A002  (the role's name)
    group: str | None = None,
    weight: str | None = None,
    preset: str | None = None,
    mapping: str | Path | mappings.Mapping | None = None,
    missing: Sequence[str | int | float] = (),
    form: Form | None = None,
    keep: Sequence[str] | str = (),
    drop: Sequence[str] | str = (),
) -> Firms:
    """Read firms.

    Args:
        source: A file (.csv, .parquet, .dta, .xlsx, each also with .gz; see
            `dirigiste.measurement.files.content.KINDS`; `-` is standard input), or a frame of polars or
            pandas.
        output: Value added, nominal: a column, or a formula such as `sales - inputs`.
        sales: Sales or gross output; with `inputs` and without `output`, value added is the difference.
        inputs: Purchased inputs.
        wage_bill: Labour cost of the year, in the currency of the file.
        employment: Persons; labour input where there is no wage bill.
        capital: Capital stock.
        industry: Industry; default: all firms in one.
        year: Year; default: one cross-section.
        id: The firm.
        group: Ownership or political group: a column, or ranges such as
            `soe: state_share >= 0.5; private: else`.
        weight: Sampling weight.
        preset: Name of a preset (`dirigiste.measurement.data.mapping.presets()`).
        mapping: Mapping file; stronger than the preset, weaker than the arguments.
        missing: Codes of missing values, such as -9.
        form: How a text file is written, where that cannot be detected.
        keep: Conditions, such as `year >= 1998 & ownership != 'mixed'`, on roles and columns of the file:
            only rows that satisfy them all are measured; those where one cannot be decided are not.
        drop: Conditions: rows that satisfy one are not measured.

    Returns:
        The usable rows, with the log of those that are not.

    Raises:
        InputError: With every fault: columns that do not exist, roles that are not filled, columns that
            hold text where numbers are needed or nothing at all, no row left.
    """
    given = {
        "output": output,
        "sales": sales,
        "inputs": inputs,
        "wage_bill": wage_bill,
        "employment": employment,
        "capital": capital,
        "industry": industry,
        "year": year,
        "id": id,
        "group": group,
        "weight": weight,
    }
    flags = {role: column for role, column in given.items() if column is not None}
    frame = as_polars(source)
    opened = open_file(_path(source), form) if frame is None else open_frame(frame)
    known: list[mappings.Mapping] = []
    if mapping is not None:
        known.append(mapping if isinstance(mapping, mappings.Mapping) else mappings.read_mapping(mapping))
    if preset is not None:
        known.append(mappings.preset(preset))
    try:
        rows = [("keep", text) for text in ([keep] if isinstance(keep, str) else keep)]
        rows += [("drop", text) for text in ([drop] if isinstance(drop, str) else drop)]
        roles = resolve(opened.name, list(opened.columns), flags, known, missing, rows)
    except InputError as error:
        hints = [Problem(opened.name, 0, 0, "", hint) for hint in opened.hints]
        raise InputError([*error.problems, *hints]) from None
    return Reading(opened, roles).firms()


def _path(source: object) -> Path:
    """Where a file is.

    Raises:
        InputError: It is no path.
    """
    if isinstance(source, str | Path):
        return Path(source)
    what = f"{type(source).__module__}.{type(source).__name__}"
    raise InputError.of(f"must be a path, or a frame of polars or pandas; got {what}", key="source")
