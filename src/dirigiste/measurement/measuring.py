"""Measure misallocation in firms: one call, all tables that the data allow."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from dirigiste.errors import InputError, Problem
from dirigiste.measurement.choices import Choices
from dirigiste.measurement.estimates import (
    acf_shares,
    counterfactuals,
    covariance,
    dispersion,
    dynamic,
    gains,
    groups,
    measurement_error,
    olley_pakes,
    persistence,
    span_of_control,
)
from dirigiste.measurement.estimates.panel import Pairs
from dirigiste.measurement.estimates.sample import sample_of
from dirigiste.measurement.estimates.spreads import spreads
from dirigiste.measurement.estimates.statistics import statistics
from dirigiste.measurement.inference import bootstrap as resampling
from dirigiste.measurement.inference import by_subset, group_regressions
from dirigiste.measurement.measurement import Measurement
from dirigiste.measurement.output import summary
from dirigiste.measurement.output.table import Table
from dirigiste.measurement.regressions.requests import requested
from dirigiste.measurement.regressions.variables import Variables
from dirigiste.measurement.sample_rows import SampleRows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import polars as pl

    from dirigiste.measurement.data.firms import Firms
    from dirigiste.measurement.estimates.gains import Estimate

NO_GROUPS = "no groups are given, or only one"
ONE_YEAR = "there is only one year"

NEAR_ONE = 1.05
"""σ below which levels of TFPQ may be too large for a number."""

NAMED = 5
"""Industries that a warning names."""

THREADED = 200_000
"""Rows above which tables are computed in threads."""


def measure(
    firms: Firms,
    choices: Choices | None = None,
    *,
    bootstrap: int = 0,
    seed: int = 0,
    jobs: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    by: Sequence[str] | str = (),
    regress: Sequence[str] | str = (),
    event_study: Sequence[str] | str = (),
    cluster: str | None = None,
    stars: bool = False,
    event_window: str = "-5,5",
    event_method: str = "two-way",
    regress_title: str | None = None,
    regress_label: str | None = None,
) -> Measurement:
    """Measure wedges, gains and everything that follows.

    Args:
        firms: Rows, as `read_firms` gives them.
        choices: What had to be chosen; default: `Choices()`.
        bootstrap: Draws of firms for standard errors; 0: none.
        seed: Seed of the draws.
        jobs: Threads for tables of long files and for the draws; default: as many as processors.
        progress: Called with the draws done and all draws.
        by: Columns or roles by which gains, groups and their coefficients are also measured, such as `year`
            or `region,industry`; several are measured one after the other.
        regress: Formulas of regressions, such as `ln_tfpr ~ soe*post + log(age) | industry^year + id`
            (docs/measure.md); they need pyfixest.
        event_study: Variables of firms that change from 0 to 1, such as `soe` (`!soe`: from 1 to 0), or
            formulas with `event(soe)` among the regressors.
        cluster: Names to cluster regressions by, one or two joined by +; default: by firm, without ids
            robust to heteroskedasticity, as with `none`.
        stars: Whether tables of regressions have stars.
        event_window: First and last year around an event, and the reference year if it is not -1.
        event_method: `two-way` or `sun-abraham`.
        regress_title: Title of the table of regressions.
        regress_label: What LaTeX calls it after `tab:`; papers with several such tables need several.

    Returns:
        Firm-level wedges, tables, the log of rows lost, and why tables are absent.

    Raises:
        InputError: The choices or formulas do not fit the data, or no row is left.
        LibraryMissing: There are regressions, and pyfixest is not installed.
    """
    choices = Choices() if choices is None else choices
    requests = requested(
        regress,
        event_study,
        cluster=cluster,
        stars=stars,
        event_window=event_window,
        event_method=event_method,
        regress_title=regress_title,
        regress_label=regress_label,
    ).checked()
    requests.check_names(firms)
    divisions = [by] if isinstance(by, str) else list(by)
    check_by(firms, divisions)
    sample, steps = sample_of(firms, choices)
    estimate = gains.estimate(sample, choices)
    line = f"Choices: {choices.line()}."
    if choices.labor == "wage_bill" and sample.wages is None:
        line = line.replace("labour = wage bill", "labour = persons (no wage bill in the file)")
    every = (*firms.steps, *steps, *estimate.steps)
    if jobs is not None and jobs < 1:
        raise InputError.of(f"must be 1 or more; got {jobs}", key="jobs")
    values = statistics(estimate, choices)
    tables, absent = _tables(estimate, choices, line, jobs or resampling.processors())
    rows = SampleRows(firms, estimate, choices)
    first = {
        "summary": summary.table(estimate, values, every, line),
        "sample": summary.log_of_rows(every, line),
    }
    tables = first | tables
    for division in divisions:
        variables = variables_of(firms, rows.kept, division)
        tables |= by_subset.tables(estimate, variables, choices, division, line)
    if requests.asked:
        tables |= requests.tables(firms, rows.kept, choices, line)
    warned: tuple[str, ...] = ()
    if choices.alpha == "acf":
        made = acf_shares.elasticities(sample, choices, sample.weight)
        tables["production_function"] = acf_shares.table(sample, made, choices, line)
        warned = tuple(acf_shares.remarks(sample, made, choices))
    resampled: resampling.Draws | None = None
    if bootstrap:
        names = [*values, *spreads(estimate)]
        drawn = resampling.draws(sample, choices, names, bootstrap, seed=seed, jobs=jobs, progress=progress)
        resampled = resampling.Draws(tuple(names), drawn, resampling.unit_of(sample), seed)
        errors = {name: resampled.error(name) for name in values}
        tables["summary"] = summary.table(estimate, values, every, line, errors)
        of_values = drawn[:, : len(values)]
        tables["intervals"], doubts = resampling.table(estimate, values, of_values, seed, line)
        warned = (*warned, *doubts)
    else:
        absent["intervals"] = "no bootstrap was asked for"
    remarks = (*requests.asked.idle(), *_remarks(estimate, choices), *warned)
    reference = None
    if sample.has_groups:
        reference = sample.groups[group_regressions.reference_group(estimate, choices)]
    return Measurement(choices, firms, every, rows, tables, absent, remarks, resampled, reference)


def check_by(firms: Firms, divisions: Sequence[str]) -> None:
    """Raise InputError with every name by which rows cannot be divided."""
    variables = Variables(firms)
    problems = [
        problem for by in divisions for problem in variables.problems(by_subset.names(by), "--by", by)
    ]
    if problems or not all(map(by_subset.names, divisions)):
        raise InputError(problems or [Problem("", 0, 0, "--by", "is empty; name a column, such as year")])


def variables_of(firms: Firms, rows: pl.DataFrame, by: str) -> Variables:
    """The rows of a measurement with the columns that divide them."""
    variables = Variables(firms, rows)
    variables.load(by_subset.names(by))
    return variables


def _tables(
    estimate: Estimate, choices: Choices, line: str, jobs: int
) -> tuple[dict[str, Table], dict[str, str]]:
    """All tables, in the order in which they are to be read, and why others are absent; computed in threads,
    since numpy releases the interpreter's lock.
    """
    sample = estimate.sample
    grouped: Table | str = NO_GROUPS
    cut = np.empty((0, sample.cell_start.size))
    if sample.has_groups:
        grouped, cut = groups.table(estimate, line)
    for name in ("row_cell", "row_group", "firm", "year"):
        getattr(sample, name)  # computed once, before threads share the sample
    pairs = Pairs(estimate) if sample.has_ids else None
    several = len(sample.years) > 1
    tasks: dict[str, Callable[[], Table | str]] = {
        "gains_by_year": lambda: gains.by_year(estimate, cut, line),
        "gains_by_industry": lambda: gains.by_industry(estimate, line),
        "groups": lambda: grouped,
        "dispersion": lambda: dispersion.table(estimate, line),
        "dispersion_by_year": lambda: dispersion.by_year(estimate, line) if several else ONE_YEAR,
        "regressions": lambda: (
            group_regressions.table(estimate, choices, line) if sample.has_groups else NO_GROUPS
        ),
        "covariance": lambda: covariance.table(estimate, line),
        "counterfactuals": lambda: counterfactuals.table(estimate, line),
        "olley_pakes": lambda: olley_pakes.table(estimate, line),
        "persistence": lambda: persistence.table(estimate, line, pairs),
        "dynamic": lambda: dynamic.table(estimate, line, pairs),
        "measurement_error": lambda: measurement_error.table(estimate, line, pairs),
        "span_of_control": lambda: span_of_control.table(estimate, choices.eta, line),
    }
    with ThreadPoolExecutor(max_workers=jobs if sample.rows > THREADED else 1) as pool:
        waiting = {name: pool.submit(task) for name, task in tasks.items()}
        made = {name: future.result() for name, future in waiting.items()}
    tables = {name: value for name, value in made.items() if isinstance(value, Table)}
    absent = {name: value for name, value in made.items() if isinstance(value, str)}
    return tables, absent


def _remarks(estimate: Estimate, choices: Choices) -> tuple[str, ...]:
    """Warnings about the sample, for all tables."""
    remarks = []
    sample = estimate.sample
    count = sample.by_cell(estimate.weight > 0)
    alone = float(estimate.theta[count == 1].sum() / max(float(estimate.theta.sum()), 1e-300))
    if alone > 0.05:
        remarks.append(
            f"{100 * alone:.0f} % of value added is in industries and years with one row, which count as "
            "having no gain."
        )
    if float(sample.sigma.min()) < NEAR_ONE:
        remarks.append(
            f"σ of {sample.sigma.min():g} is so near 1 that TFPQ in levels may exceed the range of numbers "
            "and is then left out; its logs relative to the cell are right."
        )
    if choices.alpha in ("own", "own-corrected"):
        low, high = choices.alpha_bounds
        used = np.bincount(sample.cell_industry, estimate.cells.weight, len(sample.industries)) > 0
        for bound, word in ((low, "below"), (high, "above")):
            names = [f"`{sample.industries[n]}`" for n in np.flatnonzero(used & (estimate.alpha == bound))]
            if names:
                shown = f"{', '.join(names[:NAMED])}{' and others' if len(names) > NAMED else ''}"
                remarks.append(
                    f"own capital shares {word} {bound:g} were set to {bound:g} in {len(names)} of "
                    f"{int(used.sum())} industries: {shown}; are value added and wages in one unit? Else "
                    "--alpha table:FILE or constant:A."
                )
    return tuple(remarks)
