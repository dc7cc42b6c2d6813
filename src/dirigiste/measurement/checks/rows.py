"""Checks of the data, listed before any result: what cannot be, and what looks wrong.

A `warning` is something that a careful user repairs or explains; a `note` is something to know. Nothing is
dropped or changed here. Thresholds are judgements, stated in each finding.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import polars as pl

from dirigiste.measurement.checks.finding import SHOWN, Coded, Finding, counted
from dirigiste.measurement.checks.years import years
from dirigiste.measurement.data.firms import NO_GROUP

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dirigiste.measurement.data.firms import Firms

FAR: Final = 100.0
"""A firm's value that is so many times its own median looks like another unit."""

MANY_WITHOUT: Final = 0.05
"""Share of rows without a group above which the finding is a warning."""

MANY_GROUPS: Final = 50
"""More groups than this look like a column of something else."""

RATIOS: Final = {
    "capital / value added": (0.05, 30.0),
    "labour cost / value added": (0.02, 1.5),
}
"""Medians outside these look like different units. The head count is not checked against money."""


def checks(firms: Firms) -> list[Finding]:
    """All findings, warnings first."""
    data = Coded(firms)
    findings = [finding for check in CHECKS for finding in check(data)]
    return sorted(findings, key=lambda finding: finding.kind != "warning")


def _where(firms: Firms, test: pl.Expr) -> tuple[int, tuple[int, ...]]:
    rows = firms.frame.filter(test)["row"]
    return rows.len(), tuple(rows.head(SHOWN).to_list())


def _duplicates(data: Coded) -> Iterator[Finding]:
    firms, frame = data.firms, data.firms.frame
    if "id" in firms.roles:
        if _twice(data):
            known = frame.select("id", "year", "row").drop_nulls("id")
            twice = known.filter(known.select("id", "year").is_duplicated())["row"]
            when = "in a year" if "year" in firms.roles else "in the file (no year is given)"
            count = counted(twice.len(), len(firms))
            what = f"{count} share their firm with another row {when}; panels count them twice"
            yield Finding("warning", "duplicates", what, twice.len(), tuple(twice.head(SHOWN).to_list()))
        n, rows = _where(firms, pl.col("id").is_null())
        if n:
            yield Finding(
                "note", "firms without id", f"{counted(n, len(firms))}; panels leave them out", n, rows
            )
    money = ["year", "output", "labor", "capital"]
    output = np.sort(frame["output"].to_numpy())
    again = np.unique(output[1:][output[1:] == output[:-1]])
    same = frame.filter(pl.col("output").is_in(again)) if again.size else frame.clear()
    same = same.filter(same.select(money).is_duplicated())
    if "id" in firms.roles and same.height:
        same = same.filter(pl.col("id").n_unique().over(money) > 1)
    if same.height:
        count = counted(same.height, len(firms))
        what = f"{count} have exactly the output, labour and capital of another firm that year"
        rows = tuple(same["row"].head(SHOWN).to_list())
        yield Finding("warning", "same numbers", what, same.height, rows)


def _twice(data: Coded) -> bool:
    """Whether a firm comes twice in a year."""
    _, year = data.years
    order, _, firm = data.stretches
    year = year[order]
    rising = (firm[1:] != firm[:-1]) | (year[1:] > year[:-1])
    if rising.all():
        return False
    keys = firm.astype(np.int64) * (int(year.max()) + 1) + year
    keys.sort()
    return bool((keys[1:] == keys[:-1]).any())


def _impossible(data: Coded) -> Iterator[Finding]:
    firms = data.firms
    tests: dict[str, tuple[pl.Expr, Literal["warning", "note"], str]] = {
        "value added above sales": (
            pl.col("output") > pl.col("sales") * (1 + 1e-9),
            "warning",
            "inputs would be negative",
        ),
        "negative inputs": (pl.col("inputs") < 0, "warning", "purchases cannot be negative"),
        "employment not positive": (
            pl.col("employment") <= 0,
            "warning",
            "a firm with labour cost has workers",
        ),
        "labour cost above value added": (
            (pl.col("labor") > pl.col("output")) if _paid(firms) else pl.lit(False),
            "note",
            "possible in a bad year, but it makes 1-τY large and counts for much",
        ),
        "capital equals value added": (pl.col("capital") == pl.col("output"), "warning", "a column copied?"),
        "labour cost equals value added": (
            pl.col("labor") == pl.col("output"),
            "warning",
            "a column copied?",
        ),
    }
    for check, (test, kind, why) in tests.items():
        n, rows = _where(firms, test.fill_null(False))
        if n:
            yield Finding(kind, check, f"{counted(n, len(firms))}; {why}", n, rows)
    if "year" in firms.roles:
        n, rows = _where(firms, ~pl.col("year").is_between(1800, 2100))
        if n:
            low, high = firms.frame["year"].min(), firms.frame["year"].max()
            what = f"{counted(n, len(firms))} outside 1800 to 2100 (years run from {low} to {high})"
            yield Finding("warning", "years", what, n, rows)


def _paid(firms: Firms) -> bool:
    """Whether labour is money."""
    return firms.roles.get("labor") == firms.roles.get("wage_bill") and "wage_bill" in firms.roles


def _units(data: Coded) -> Iterator[Finding]:
    firms, frame = data.firms, data.firms.frame
    ratios = {"capital / value added": pl.col("capital") / pl.col("output")}
    if _paid(firms):
        ratios["labour cost / value added"] = pl.col("labor") / pl.col("output")
    for name, ratio in ratios.items():
        low, high = RATIOS[name]
        middle = frame.select(ratio.median()).item()
        if not low <= middle <= high:
            what = f"the median of {name} is {middle:.3g}, outside {low:g} to {high:g}; are they in one unit?"
            yield Finding("warning", "units", what, 0)
    if "id" in firms.roles and data.years[0].size > 1:
        yield from _units_of_firms(data)


def _units_of_firms(data: Coded) -> Iterator[Finding]:
    firms = data.firms
    money = {"value added": "output", "labour": "labor", "capital": "capital"}
    order, starts, firm = data.stretches
    if not order.size:
        return
    for name, column in money.items():
        values = firms.frame[column].to_numpy()[order]
        wide = np.maximum.reduceat(values, starts) > FAR * np.minimum.reduceat(values, starts)
        flagged = np.repeat(wide, np.diff(np.append(starts, order.size)))
        if not flagged.any():
            continue
        suspects = pl.DataFrame({"row": firms.frame["row"].to_numpy()[order][flagged], "x": values[flagged]})
        suspects = suspects.with_columns(firm=pl.Series(firm[flagged]))
        off = (pl.col("x") / pl.col("x").median().over("firm")).log().abs() > math.log(FAR)
        rows = suspects.filter(off)["row"].sort()
        if rows.len():
            count = counted(rows.len(), len(firms))
            what = f"{count} have {name} {FAR:g} times above or below the firm's own median"
            yield Finding("warning", "units", what, rows.len(), tuple(rows.head(SHOWN).to_list()))


def _changes(data: Coded) -> Iterator[Finding]:
    firms = data.firms
    if "id" not in firms.roles or data.years[0].size < 2:
        return
    order, starts, _ = data.stretches
    if not order.size:
        return
    for role in ("group", "industry"):
        if role not in firms.roles:
            continue
        kinds = data.codes(role).cast(pl.Int64)
        high = kinds.fill_null(-1).to_numpy()[order]  # a missing one is no change
        low = kinds.fill_null(1 << 40).to_numpy()[order]
        top, bottom = np.maximum.reduceat(high, starts), np.minimum.reduceat(low, starts)
        moved = int(((top > bottom) & (top >= 0)).sum())
        if moved:
            count = f"{moved:,} of {starts.size:,} firms"
            what = f"{count} change their {role}; each row counts under that of its own year"
            yield Finding("note", f"changes of {role}", what, 0)


def _cells(data: Coded) -> Iterator[Finding]:
    firms = data.firms
    sizes = data.cells["rows"]
    single, small = int((sizes == 1).sum()), int((sizes < 10).sum())
    if small:
        rows = int(sizes.filter(sizes < 10).sum())
        what = (
            f"{small:,} of {sizes.len():,} cells (industry x year) have fewer than 10 firms, "
            f"{single:,} only one; {counted(rows, len(firms))} are in them"
        )
        yield Finding("note", "small cells", what, rows)
    if "group" in firms.roles:
        groups = firms.frame["group"].n_unique()
        if groups > MANY_GROUPS:
            what = (
                f"there are {groups:,} groups in {firms.roles['group']}; is that a column of something else? "
                "A mapping file joins codes to groups (docs/measure.md)"
            )
            yield Finding("warning", "groups", what, 0)
        n, rows_ = _where(firms, pl.col("group").is_null())
        if n:
            what = (
                f"{counted(n, len(firms))}; they are a group of their own, {NO_GROUP}, in shares and in the "
                "split between and within groups; regressions and terms of groups leave them out"
            )
            kind = "warning" if n > MANY_WITHOUT * len(firms) else "note"
            yield Finding(kind, "no group", what, n, rows_)


def _lost(data: Coded) -> Iterator[Finding]:
    firms = data.firms
    if not firms.steps:
        return
    steps = [step for step in firms.steps if not step.chosen]
    total = firms.steps[0].left - sum(step.lost for step in firms.steps if step.chosen)
    lost = total - len(firms)
    if lost > 0.2 * total:
        worst = max(steps, key=lambda step: step.lost)
        what = f"{counted(lost, total)} cannot be used, most because {worst.what} ({worst.lost:,})"
        yield Finding("warning", "rows lost", what, lost)


def _reading(data: Coded) -> Iterator[Finding]:
    yield from (Finding("warning", "reading", doubt, 0) for doubt in data.firms.doubts)


CHECKS: Final[tuple[Callable[[Coded], Iterator[Finding]], ...]] = (
    _reading,
    _lost,
    _duplicates,
    _impossible,
    _units,
    years,
    _changes,
    _cells,
)
