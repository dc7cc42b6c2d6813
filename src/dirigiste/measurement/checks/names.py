"""Checks of the columns of firms, industries and groups: measured numbers are refused, oddities reported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from dirigiste.errors import InputError, Problem
from dirigiste.measurement.files import garbled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dirigiste.measurement.data.roles import Roles
    from dirigiste.measurement.files.source import Source

FEW: Final = 10
"""Numbers that are not whole may be codes (such as 10.1) as long as there are so few."""

BROKEN: Final = r"^-?\d*[.,]\d+(?:e[-+]?\d+)?$"
"""Text of a number that is not whole."""


def check_names(frame: pl.DataFrame, roles: Roles, source: str) -> None:
    """Raise InputError if ids, industries or groups are measured numbers: not whole, and many of them."""
    problems = []
    for role in ("id", "industry", "group"):
        filled = roles.filled.get(role)
        if filled is None:
            continue
        names = frame[role].drop_nulls().unique()
        broken = names.filter(names.str.contains(BROKEN))
        if broken.len() > FEW:
            rows = frame.filter(pl.col(role).is_in(broken.implode()))
            message = (
                f"must be a code or a name; {rows.height:,} values are numbers that are not whole, such "
                f"as `{rows[role][0]}` (first in row {rows['row'][0]:,}). Choose another column, or make "
                "classes of it first"
            )
            problems.append(Problem(source, 0, 0, f"{role} = {filled.text}", message))
    if problems:
        raise InputError(problems)


def doubts(frame: pl.DataFrame, roles: Roles, source: Source) -> Iterator[str]:
    """What looks wrong in the rows: names that look garbled, ids whose digits are lost."""
    for role in ("group", "industry"):
        if role in roles.filled:
            hint = garbled.hint(frame[role].drop_nulls().unique().sort().to_list())
            if hint:
                yield hint
    if "id" not in roles.filled:
        return
    column = roles.filled["id"].columns[0]
    kind = source.columns[column]
    single = kind == pl.Float32 or (source.stata is not None and column in source.stata.single)
    if not single and kind != pl.Float64:
        return
    digits, limit = (7, 2.0**24) if single else (15, 2.0**53)
    largest = frame["id"].cast(pl.Float64, strict=False).abs().max()
    if isinstance(largest, float) and largest > limit:
        yield (
            f"ids in `{column}` are stored as numbers of {digits} digits and are longer (such as "
            f"{largest:.0f}), so that different firms may have one id; read them from a file that has them "
            "as text"
        )
