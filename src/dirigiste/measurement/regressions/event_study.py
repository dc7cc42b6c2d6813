"""Event studies of firms that change ownership: outcomes by years before and after the change.

A firm has an event when its variable is 0 in the first years that it is seen and 1 in all later ones; the
event year is the first with 1. Firms that are always 0 are the comparison. Firms that are always 1, change in
the other direction or change more than once are left out and counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from dirigiste.errors import InputError
from dirigiste.measurement.firm_level import MEASURES
from dirigiste.measurement.regressions.estimation import Columns, estimated, translated
from dirigiste.measurement.regressions.formula import Event, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dirigiste.measurement.regressions.estimation import Model
    from dirigiste.measurement.regressions.formula import Equation
    from dirigiste.measurement.regressions.variables import Variables

OUTCOMES: Final = "ln_tfpr + ln_mrpk + ln_mrpl"
"""What an event study follows where only the variable is given."""

KINDS: Final = {
    "event": "change from 0 to 1 once, the event",
    "never": "always 0, the comparison",
    "always": "always 1",
    "other": "change from 1 to 0 once",
    "several": "change more than once",
}

METHODS: Final = ("two-way", "sun-abraham")


@dataclass(frozen=True)
class Window:
    """Years around the event that get a coefficient; those beyond count with its ends."""

    first: int = -5
    last: int = 5
    reference: int = -1

    @classmethod
    def of(cls, text: str) -> Window:
        """From text such as `-4,6` or `-4,6,-2`.

        Raises:
            InputError: It is no window.
        """
        try:
            numbers = [int(part) for part in text.split(",")]
        except ValueError:
            numbers = []
        if len(numbers) == 2:
            numbers.append(-1)
        if (
            len(numbers) != 3
            or not numbers[0] < 0 <= numbers[1]
            or not numbers[0] <= numbers[2] <= numbers[1]
        ):
            message = (
                "must be the first and last year around the event, and a reference year if not -1, such as "
                f"-5,5 or -5,5,-2; got `{text}`"
            )
            raise InputError.of(message, key="--event-window")
        return cls(*numbers)

    @property
    def periods(self) -> list[int]:
        """All years but the reference."""
        return [year for year in range(self.first, self.last + 1) if year != self.reference]


@dataclass(frozen=True)
class Study:
    """An event study of one outcome."""

    model: Model
    event: Event
    method: str
    window: Window
    periods: tuple[int, ...]
    """Years with a coefficient."""
    coefficients: tuple[float, ...]
    errors: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    rows: tuple[int, ...]
    """Rows of firms with an event, by period."""
    reference_rows: int
    firms: dict[str, int]
    """Kind of firm (`KINDS`) -> firms."""
    cohorts: int
    """Years in which firms have their event."""


def written(text: str) -> str:
    """The formula of an event study; of a variable alone, the usual one."""
    if "~" in text:
        return text
    name = text.strip()
    leaves = name.startswith("!")
    name = name.removeprefix("!").strip().strip("`")
    return f"{OUTCOMES} ~ {Event(name, leaves).label} | id + industry^year"


def studied(
    equation: Equation,
    variables: Variables,
    *,
    key: str,
    window: Window,
    method: str,
    clusters: Sequence[tuple[str, ...]],
    weighted: bool,
) -> list[Study]:
    """Estimate an event study for every outcome of a formula.

    Raises:
        InputError: There are no ids or years, no event, or the formula does not name one.
    """
    events = [part for part in equation.regressors if isinstance(part, Event)]
    if len(events) != 1:
        message = f"`{equation.text}` needs one event(x) among its regressors, such as event(soe)"
        raise InputError.of(message, key=key)
    if method not in METHODS:
        raise InputError.of(f"must be one of {', '.join(METHODS)}; got `{method}`", key="event_method")
    if not {"id", "year"} <= set(variables.firms.roles):
        raise InputError.of("event studies need the firm (--id) and the year (--year)", key=key)
    event = events[0]
    at = equation.regressors.index(event)
    beside = {*equation.regressors[max(at - 1, 0) : at], *equation.regressors[at + 1 : at + 2]}
    if beside - {"+"}:
        message = f"`{event.label}` in `{equation.text}` can only be added to other regressors, by +"
        raise InputError.of(message, key=key)
    relative, cohort, firms = _timing(event, variables, key, equation.text)
    if method == "sun-abraham" and not firms["never"]:
        message = (
            f"the method sun-abraham compares with firms whose `{event.name}` is always 0; there are none"
        )
        raise InputError.of(message, key=key)
    columns = Columns(variables, key, equation.text)
    binned = relative.clip(window.first, window.last)
    if not (binned == window.reference).any():
        message = (
            f"no row of firms with the event is in year {window.reference}, which is the reference of "
            f"`{equation.text}`; choose another, such as --event-window {window.first},{window.last},"
            f"{_nearest(binned, window)}"
        )
        raise InputError.of(message, key=key)
    cells = _dummies(columns, binned, cohort, window, by_cohort=method == "sun-abraham")
    if not cells:
        message = f"no year around the event but the reference is seen in `{equation.text}`"
        raise InputError.of(message, key=key)
    left = translated(_tidy([part for part in equation.regressors if part is not event]), columns)
    right = " + ".join([*cells, *([left] if left else [])])
    studies = []
    for outcome in equation.outcomes:
        model = estimated(
            equation, outcome, variables, key=key, clusters=clusters, weighted=weighted, regressors=right,
            columns=columns, among=cohort.is_not_null(),
        )  # fmt: skip
        studies.append(_study(model, event, method, window, columns, cells, binned, cohort, firms))
    return studies


def _nearest(binned: pl.Series, window: Window) -> int:
    """The year nearest to the reference that is seen, earlier ones first."""
    seen = sorted(set(binned.drop_nulls().to_list()))
    return min(seen, key=lambda year: (year >= 0, abs(year - window.reference)))


def _tidy(parts: Sequence[Any]) -> list[Any]:
    """Regressors without the signs that are left at the ends when the event is taken out."""
    kept: list[Any] = []
    for part in parts:
        if part == "+" and (not kept or kept[-1] == "+"):
            continue
        kept.append(part)
    while kept and kept[-1] == "+":
        kept.pop()
    return kept


def _timing(
    event: Event, variables: Variables, key: str, text: str
) -> tuple[pl.Series, pl.Series, dict[str, int]]:
    """Years since the event (null in the comparison and where firms are left out), the event year (0 in the
    comparison, null where left out), and how many firms are of each kind.
    """
    if variables.name(event.name) in MEASURES:
        message = f"`{event.name}` in `{text}` is a measure; an event is a change of a column, role or group"
        raise InputError.of(message, key=key)
    every = variables.before_the_trim(event.name)
    if not every["x"].dtype.is_numeric():
        message = f"`{event.name}` in `{text}` must be 0 or 1 and holds text; name one of its groups instead"
        raise InputError.of(message, key=key, file=variables.firms.source)
    known = every.with_columns(pl.col("x").cast(pl.Float64)).drop_nulls(["id", "x"])
    strange = known.filter(~pl.col("x").is_in([0.0, 1.0]))
    if strange.height:
        message = (
            f"`{event.name}` in `{text}` must be 0 or 1; row {strange['row'][0]:,} has {strange['x'][0]:g}. "
            f"Make a group of a range, --group 'soe: {quoted(event.name)} >= 0.5; private: else', and name "
            "event(soe)"
        )
        raise InputError.of(message, key=key, file=variables.firms.source)
    if event.leaves:
        known = known.with_columns(x=1 - pl.col("x"))
    known = known.sort("id", "year", "row")
    firms = known.group_by("id", maintain_order=True).agg(
        changes=(pl.col("x").diff().fill_null(0) != 0).sum(),
        first=pl.col("x").first(),
        year=pl.col("year").filter(pl.col("x").diff() == 1).first(),
    )
    kind = (
        pl.when(pl.col("changes") > 1)
        .then(pl.lit("several"))
        .when((pl.col("changes") == 1) & (pl.col("first") == 0))
        .then(pl.lit("event"))
        .when(pl.col("changes") == 1)
        .then(pl.lit("other"))
        .when(pl.col("first") == 0)
        .then(pl.lit("never"))
        .otherwise(pl.lit("always"))
    )
    firms = firms.with_columns(kind=kind)
    counts = dict(firms["kind"].value_counts().iter_rows())
    found = {name: int(counts.get(name, 0)) for name in KINDS}
    if not found["event"]:
        listed = "; ".join(f"{KINDS[name]}: {found[name]:,} firms" for name in KINDS if name != "event")
        message = f"no firm has the event of `{text}` (`{event.variable}` over the years: {listed})"
        raise InputError.of(message, key=key)
    dated = firms.select(
        "id",
        cohort=pl.when(pl.col("kind") == "event")
        .then(pl.col("year"))
        .when(pl.col("kind") == "never")
        .then(0)
        .otherwise(None),
    )
    there = known.select("row").with_columns(known=pl.lit(value=True))
    rows = variables.rows.select("row", "id", "year")
    rows = rows.join(dated, on="id", how="left", maintain_order="left")
    rows = rows.join(there, on="row", how="left", maintain_order="left")
    rows = rows.with_columns(cohort=pl.when("known").then("cohort").otherwise(None))
    relative = pl.when(pl.col("cohort") > 0).then(pl.col("year") - pl.col("cohort")).otherwise(None)
    return rows.select(relative.alias("relative"))["relative"], rows["cohort"], found


def _dummies(
    columns: Columns, binned: pl.Series, cohort: pl.Series, window: Window, *, by_cohort: bool
) -> dict[str, tuple[int, int | None]]:
    """Column -> period, and event year where each has its own; only those that are seen."""
    cells: dict[str, tuple[int, int | None]] = {}
    years = sorted(set(cohort.drop_nulls().to_list()) - {0}) if by_cohort else [None]
    for period in window.periods:
        for year in years:
            here = (binned == period).fill_null(value=False)
            if year is not None:
                here = here & (cohort == year).fill_null(value=False)
            if here.any():
                label = _label(period, window) + ("" if year is None else f", event in {year}")
                name = columns.add(("event", period, year), label, lambda here=here: here.cast(pl.Float64))
                cells[name] = (period, year)
    return cells


def _label(period: int, window: Window) -> str:
    if period == window.first:
        return f"{-period} years before or earlier"
    if period == window.last:
        return f"{period} years after or later"
    if period == 0:
        return "year of the event"
    plural = "" if abs(period) == 1 else "s"
    return f"{-period} year{plural} before" if period < 0 else f"{period} year{plural} after"


def _study(
    model: Model,
    event: Event,
    method: str,
    window: Window,
    columns: Columns,
    cells: dict[str, tuple[int, int | None]],
    binned: pl.Series,
    cohort: pl.Series,
    firms: dict[str, int],
) -> Study:
    """Coefficients by period; with one an event year, their mean by rows (Sun and Abraham 2021)."""
    place = {term: n for n, term in enumerate(model.terms)}
    width = (model.high - model.coefficients) / np.where(model.errors > 0, model.errors, np.nan)
    quantile = float(np.nanmedian(width))
    frame = pl.DataFrame({"period": binned, "cohort": cohort}).drop_nulls("period")
    rows = {(p, c): n for p, c, n in frame.group_by("period", "cohort").len().iter_rows()}
    found: list[tuple[int, float, float, int]] = []
    for period in window.periods:
        weights = np.zeros(len(model.terms))
        for name, (at, year) in cells.items():
            term = columns.labels[name]
            if at == period and term in place:
                weights[place[term]] = 1.0 if year is None else rows[period, year]
        if weights.sum() > 0:
            weights /= weights.sum()
            count = sum(n for (p, _), n in rows.items() if p == period)
            error = float(np.sqrt(weights @ model.covariance @ weights))
            found.append((period, float(weights @ model.coefficients), error, count))
    periods, values, errors, counts = zip(*found, strict=True)
    return Study(
        model,
        event,
        method,
        window,
        periods,
        values,
        errors,
        tuple(v - quantile * e for v, e in zip(values, errors, strict=True)),
        tuple(v + quantile * e for v, e in zip(values, errors, strict=True)),
        counts,
        sum(n for (p, _), n in rows.items() if p == window.reference),
        firms,
        len(set(cohort.drop_nulls().to_list()) - {0}),
    )
