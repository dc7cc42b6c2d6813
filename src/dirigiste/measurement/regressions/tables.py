"""Tables of regressions as esttab makes them: models in columns, standard errors in parentheses below."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from dirigiste.measurement.output.table import Column, Table
from dirigiste.measurement.regressions.estimation import INTERCEPT
from dirigiste.measurement.regressions.event_study import KINDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dirigiste.measurement.regressions.estimation import Model
    from dirigiste.measurement.regressions.event_study import Study

STARS: Final = ((0.01, "***"), (0.05, "**"), (0.1, "*"))

FEW_CLUSTERS: Final = 30
"""Clusters below which standard errors by clusters are too small on average."""

LONG_FORM: Final = {
    "model": Column("model", "", 0),
    "outcome": Column("outcome"),
    "formula": Column("formula"),
    "term": Column("term"),
    "coefficient": Column("coefficient", "", 4),
    "se": Column("s.e.", "", 4),
    "t": Column("t", "", 2),
    "p": Column("p", "", 4),
    "low": Column("95 % interval from", "", 4),
    "high": Column("to", "", 4),
    "rows": Column("rows", "count", 0),
    "missing": Column("rows with a missing variable", "count", 0),
    "alone": Column("rows alone in an effect", "count", 0),
    "clusters": Column("clusters"),
    "r2": Column("R²", "share", 4),
    "r2_within": Column("R² within", "share", 4),
    "effects": Column("fixed effects"),
    "errors": Column("standard errors"),
}


def tables(models: Sequence[Model], line: str, *, stars: bool) -> list[Table]:
    """The table that is read, and one row a coefficient for programs."""
    return [side_by_side(models, line, stars=stars), long_form(models, line)]


def side_by_side(models: Sequence[Model], line: str, *, stars: bool) -> Table:
    """Models in columns, regressors in rows, each with its standard error in parentheses below."""
    terms = list(dict.fromkeys(term for model in models for term in model.terms if term != INTERCEPT))
    if any(INTERCEPT in model.terms for model in models):
        terms.append(INTERCEPT)
    rows: list[list[str]] = []
    for term in terms:
        cells = [_cells(model, term, stars=stars) for model in models]
        rows += [[term, *(top for top, _ in cells)], ["", *(below for _, below in cells)]]
    rules = [len(rows)]
    effects = list(dict.fromkeys(effect for model in models for effect in model.effects))
    rows += [
        [f"effects of {name}", *("yes" if name in m.effects else "" for m in models)] for name in effects
    ]
    if effects:
        rules.append(len(rows))
    rows.append(["rows", *(f"{model.rows:,}" for model in models)])
    if any(model.clusters for model in models):
        counts = [" × ".join(f"{count:,}" for count in model.clusters) for model in models]
        rows.append(["clusters", *counts])
    rows.append(["R²", *(_number(model.r2) for model in models)])
    if effects:
        rows.append(["R² within", *(_number(model.r2_within) for model in models)])
    names = [f"({n})" for n in range(1, len(models) + 1)]
    frame = pl.DataFrame(rows, schema=["term", *names], orient="row")
    columns = {"term": Column("")} | {
        name: Column(f"{name}\n{model.outcome}", align="right")
        for name, model in zip(names, models, strict=True)
    }
    title = "Regressions"
    return Table(
        "regress", title, frame, columns, (*notes(models, stars=stars, below=True), line), rules=tuple(rules)
    )


def notes(models: Sequence[Model], *, stars: bool, below: bool) -> list[str]:
    """What every table of regressions says; `below` where standard errors stand below coefficients."""
    kinds = list(dict.fromkeys(model.errors_by for model in models))
    lines = [f"Least squares by pyfixest. Standard errors {'in parentheses, ' * below}{'; '.join(kinds)}."]
    if stars:
        lines.append(f"{', '.join(f'{sign} p < {level:g}' for level, sign in reversed(STARS))}.")
    lost: dict[tuple[int, int], list[str]] = {}
    for n, model in enumerate(models, start=1):
        if model.missing or model.alone:
            lost.setdefault((model.missing, model.alone), []).append(f"({n})")
    if lost:
        each = [
            f"{' '.join(numbers)} {missing:,} with a missing variable, {alone:,} alone in an effect"
            for (missing, alone), numbers in lost.items()
        ]
        lines.append(f"Rows of the sample left out: {'; '.join(each)}.")
    omitted = [f"({n}) {', '.join(m.omitted)}" for n, m in enumerate(models, start=1) if m.omitted]
    if omitted:
        lines.append(f"Left out since others determine them: {'; '.join(omitted)}.")
    few = [min(model.clusters) for model in models if model.clusters and min(model.clusters) < FEW_CLUSTERS]
    if few:
        lines.append(
            f"{min(few)} clusters are few: standard errors by clusters are then too small on average."
        )
    if any(model.mended for model in models):
        lines.append(
            "The covariance by two clusters was not positive; its negative eigenvalues were set to 0 "
            "(Cameron, Gelbach and Miller 2011)."
        )
    return lines


def long_form(models: Sequence[Model], line: str) -> Table:
    """One row a coefficient."""
    rows: list[dict[str, Any]] = []
    for n, model in enumerate(models, start=1):
        rows += [
            {
                "model": n,
                "outcome": model.outcome,
                "formula": model.text,
                "term": term,
                "coefficient": float(model.coefficients[k]),
                "se": float(model.errors[k]),
                "t": float(model.t[k]),
                "p": float(model.p[k]),
                "low": float(model.low[k]),
                "high": float(model.high[k]),
                "rows": model.rows,
                "missing": model.missing,
                "alone": model.alone,
                "clusters": "+".join(map(str, model.clusters)),
                "r2": model.r2,
                "r2_within": model.r2_within,
                "effects": " + ".join(model.effects),
                "errors": model.errors_by,
            }
            for k, term in enumerate(model.terms)
        ]
    frame = pl.DataFrame(rows, schema_overrides={"r2_within": pl.Float64})
    title = "Coefficients of the regressions"
    lines = (*notes(models, stars=False, below=False), line)
    return Table("regress_coefficients", title, frame, LONG_FORM, lines, for_programs=True)


def event_table(studies: Sequence[Study], line: str) -> Table:
    """Coefficients by years around the event, the reference included as 0."""
    rows: list[dict[str, Any]] = []
    formulas = list(dict.fromkeys(study.model.text for study in studies))
    for study in studies:
        found = {
            period: (value, error, low, high, count)
            for period, value, error, low, high, count in zip(
                study.periods,
                study.coefficients,
                study.errors,
                study.low,
                study.high,
                study.rows,
                strict=True,
            )
        }
        for period in range(study.window.first, study.window.last + 1):
            if period == study.window.reference:
                found[period] = (0.0, math.nan, math.nan, math.nan, study.reference_rows)
            if period in found:
                value, error, low, high, count = found[period]
                rows.append(
                    {
                        "study": formulas.index(study.model.text) + 1,
                        "event": study.event.label,
                        "outcome": study.model.outcome,
                        "period": period,
                        "coefficient": value,
                        "se": error,
                        "low": low,
                        "high": high,
                        "event_rows": count,
                        "rows": study.model.rows,
                    }
                )
    columns = {
        "study": Column("study", "", 0),
        "event": Column("event"),
        "outcome": Column("outcome"),
        "period": Column("years from the event", "", 0),
        "coefficient": Column("coefficient", "", 4),
        "se": Column("s.e.", "", 4),
        "low": Column("95 % interval from", "", 4),
        "high": Column("to", "", 4),
        "event_rows": Column("rows of firms with the event", "count", 0),
        "rows": Column("rows", "count", 0),
    }
    lines = _event_notes(studies)
    title = "Before and after a change of ownership"
    alone = frozenset({"study", "event"} if len(formulas) == 1 else ())  # the note says which it is
    return Table("event_study", title, pl.DataFrame(rows), columns, (*lines, line), hidden=alone)


def _event_notes(studies: Sequence[Study]) -> list[str]:
    lines = []
    for study in {id(s.firms): s for s in studies}.values():
        how = {
            "two-way": "One coefficient for each year around the event.",
            "sun-abraham": "One coefficient for each year around the event and each event year, averaged by "
            "rows (Sun and Abraham 2021, J. Econometrics 225:175-199), against firms without the event.",
        }[study.method]
        before = -study.window.reference
        when = {1: "the year before the event", 0: "the year of the event"}.get(
            before, f"{abs(before)} years {'before' if before > 0 else 'after'} the event"
        )
        turned = str.maketrans("01", "10") if study.event.leaves else {}
        used, unused = (
            "; ".join(f"{KINDS[kind].translate(turned)}: {study.firms[kind]:,}" for kind in kinds)
            for kinds in (("event", "never"), ("always", "other", "several"))
        )
        lines += [
            f"Firms used, by their `{study.event.name}` over the years: {used}. Firms left out: "
            f"{unused}. Rows that the trim cuts count here too.",
            f"Regression: `{study.model.text}`. {how}",
            f"Coefficients compare with {when}, where they are 0 by definition. Year {study.window.first} "
            f"stands for all years up to it too, year {study.window.last} for all later ones.",
        ]
        if study.method == "two-way" and study.cohorts > 1:
            lines.append(
                f"Events fall into {study.cohorts} years. Where effects differ between them, these "
                "coefficients mix them; --event-method sun-abraham does not (Sun and Abraham 2021)."
            )
        if not study.firms["never"]:
            lines.append(
                "No firm is without the event: with effects of firms and years, only the years that count "
                "with the ends tell a steady trend around the event from none."
            )
    return [*lines, *notes([study.model for study in studies], stars=False, below=False)]


def _cells(model: Model, term: str, *, stars: bool) -> tuple[str, str]:
    if term in model.omitted:
        return "omitted", ""
    if term not in model.terms:
        return "", ""
    n = model.terms.index(term)
    p = float(model.p[n])
    mark = next((sign for level, sign in STARS if p < level), "") if stars else ""
    return _number(float(model.coefficients[n])) + mark, f"({_number(float(model.errors[n]))})"


def _number(value: float) -> str:
    """Four digits after the point; small numbers with three digits that count."""
    if not math.isfinite(value):
        return ""
    return f"{value:.4f}" if abs(value) >= 0.001 or value == 0 else f"{value:.3g}"
