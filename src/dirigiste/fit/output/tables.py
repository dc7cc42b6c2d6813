"""Tables of a calibration: estimates, fit, identification, influence, searches."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from dirigiste.fit.inference import joint
from dirigiste.numbers import NONE, fixed, signed, significant
from dirigiste.replications.text import markdown
from dirigiste.results.text.tables import Table

if TYPE_CHECKING:
    from dirigiste.fit.inference.posterior import Posterior
    from dirigiste.fit.output.calibration import Calibration

LARGE: Final = 2.0
"""Miss in standard errors from which on a moment counts as missed."""

SHOWN: Final = 3
"""Moments that the table of influence names for each parameter, and pairs of estimates that are shown."""


def heading(result: Calibration) -> str:
    """Lines that say what was estimated, how, and how well it fits."""
    plan, inference = result.plan, result.inference
    counted = len(plan.targeted)
    priors = f" and {len(plan.priors)} priors" if plan.priors else ""
    lines = [
        f"{plan.title}: {len(plan.parameters)} parameters of {plan.economy.name} on {counted} moments"
        f"{priors}",
        "The model is solved, not simulated: its moments have no simulation error.",
    ]
    if inference.degrees > 0:
        lines.append(
            f"Over-identification: J = {significant(inference.j, 4)}, {inference.degrees} degrees of "
            f"freedom, p = {significant(inference.p, 2)}"
        )
    else:
        lines.append(f"Exactly identified; weighted distance {significant(inference.j, 3)}")
    assumed = sum(moment.se_assumed for moment in plan.targeted)
    if assumed:
        lines.append(
            f"{assumed} of {counted} standard errors of moments are assumed: J, t and standard errors of "
            "estimates are only as good as they are."
        )
    if not result.converged:
        lines.append(f"The search did not end by itself: {result.searches[result.best].why}.")
    return "\n".join(lines)


def every(result: Calibration) -> list[Table]:
    """All tables."""
    tables = [estimates(result), moments(result), identification(result)]
    if joint.pairs(result.inference):
        tables.append(together(result))
    tables.append(influence(result))
    if result.plan.assumed:
        tables.append(assumptions(result))
    if result.posterior is not None:
        tables.append(posterior(result, result.posterior))
    return [*tables, searches(result)]


def as_markdown(result: Calibration) -> str:
    """Heading and all tables in Markdown."""
    parts = [f"# {result.plan.title}", "\n\n".join(heading(result).splitlines())]
    for table in every(result):
        parts += [f"## {table.title}", markdown(table)]
    return "\n\n".join(parts) + "\n"


def estimates(result: Calibration) -> Table:
    """Estimates with standard errors and intervals."""
    header = ("", "estimate", "s.e.", "95 % interval", "start", "bounds", "unit")
    table = Table("Estimates", header, left=(0, 3, 5, 6))
    inference = result.inference
    for n, parameter in enumerate(result.plan.parameters):
        se, ends = (
            float(inference.se[n]),
            f"{_number(inference.low[n])} to {_number(inference.high[n])}",
        )
        if inference.at_bound[n]:
            error, ends = NONE, "at its bound"
        elif not math.isfinite(se):
            error, ends = NONE, "not identified"
        else:
            error = significant(se, 3)
        table.rows.append(
            (
                parameter.name + (" (prior)" if parameter.prior else ""),
                _number(result.x[n]),
                error,
                ends,
                _number(parameter.start),
                f"{_number(parameter.scale.low)} to {_number(parameter.scale.high)}",
                parameter.unit,
            )
        )
    return table


def moments(result: Calibration) -> Table:
    """Targets beside the model."""
    header = ("", "target", "s.e.", "model", "t", "", "unit")
    table = Table("Fit: t is model less target in standard errors", header, left=(0, 5, 6))
    for moment, value, t in zip(result.plan.moments, result.values, result.misses, strict=True):
        remark = "" if moment.targeted else "not targeted"
        if abs(t) > LARGE:
            remark = f"{remark}, missed".removeprefix(", ")
        table.rows.append(
            (
                moment.name,
                _number(moment.target),
                _number(moment.se) + (" assumed" if moment.se_assumed else ""),
                _number(value),
                fixed(round(float(t), 2) + 0.0, 2),
                remark,
                moment.unit,
            )
        )
    return table


def identification(result: Calibration) -> Table:
    """Directions that are not or weakly identified; the weakest one where all are."""
    count = len(result.unidentified)
    title = f"Identification: {count} of {len(result.directions)} directions are weakly or not identified"
    table = Table(title, ("singular value", "direction"), left=(1,))
    for direction in result.unidentified or result.directions[:1]:
        table.rows.append((significant(direction.singular, 3), direction.text))
    return table


def together(result: Calibration) -> Table:
    """The pairs of estimates that hang together most."""
    plan, inference = result.plan, result.inference
    title = "Pairs: estimates that hang together most"
    header = ("", "correlation", "s.e. of the first", "if the second were known")
    table = Table(title, header, left=(0,))
    for pair in joint.pairs(inference)[:SHOWN]:
        names = " and ".join(plan.parameters[n].name for n in (pair.first, pair.second))
        se = float(inference.se[pair.first])
        alone = se * math.sqrt(max(0.0, 1.0 - pair.correlation**2))
        table.rows.append((names, signed(pair.correlation, 2), significant(se, 3), significant(alone, 3)))
    return table


def influence(result: Calibration) -> Table:
    """What moves each estimate most."""
    title = "Influence: standard errors by which an estimate moves if the moment is off by one of its own"
    table = Table(title, ("", "largest influences"), left=(0, 1))
    targets = result.plan.targeted
    scaled = result.inference.scaled_influence(np.array([target.se for target in targets]))
    for parameter, row in zip(result.plan.parameters, scaled, strict=True):
        if not np.isfinite(row).any():
            table.rows.append((parameter.name, NONE))
            continue
        order = np.argsort(-np.abs(row), kind="stable")[:SHOWN]
        named = [f"{targets[k].name} {signed(float(row[k]), 2)}" for k in order]
        table.rows.append((parameter.name, ", ".join(named)))
    return table


def assumptions(result: Calibration) -> Table:
    """What each assumed number moves most over its range."""
    title = "Assumptions: standard errors by which estimates move over the range of what is not estimated"
    table = Table(title, ("", "value", "range", "largest moves"), left=(0, 2, 3))
    names = [parameter.name for parameter in result.plan.parameters]
    for item, row in zip(result.plan.assumed, result.assumptions()[names].to_numpy(), strict=True):
        order = [k for k in np.argsort(-np.abs(row), kind="stable") if math.isfinite(row[k])][:SHOWN]
        named = [f"{names[k]} {signed(float(row[k]), 2)}" for k in order]
        ends = f"{_number(item.low)} to {_number(item.high)}"
        table.rows.append((item.name, _number(item.value), ends, ", ".join(named)))
    return table


def posterior(result: Calibration, draws: Posterior) -> Table:
    """The posterior beside its normal approximation."""
    title = (
        f"Posterior: {len(draws.x)} draws, worth {draws.effective:.0f} independent ones; "
        f"{draws.outside} outside of the bounds, {draws.failed} not solved"
    )
    table = Table(title, ("", "mean", "s.d.", "5 %", "median", "95 %", "s.e. of the normal approximation"))
    columns = (draws.mean(), draws.sd(), *(draws.quantiles(share) for share in (0.05, 0.5, 0.95)))
    for n, parameter in enumerate(result.plan.parameters):
        cells = (_number(float(column[n])) for column in columns)
        table.rows.append((parameter.name, *cells, significant(float(result.inference.se[n]), 3)))
    return table


def searches(result: Calibration) -> Table:
    """Every start, and where it led."""
    table = Table("Searches", ("start", "distance", "evaluations", "failed", "ended"), left=(4,))
    for n, found in enumerate(result.searches):
        best = " (best)" if n == result.best else ""
        table.rows.append(
            (
                str(n + 1) + best,
                significant(found.distance, 5),
                str(found.evaluations),
                str(found.failed),
                found.why.splitlines()[0],
            )
        )
    return table


def _number(value: float) -> str:
    if math.isinf(value):
        return "−∞" if value < 0 else "∞"
    return significant(float(value), 4)
