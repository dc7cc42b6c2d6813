"""Tables of estimated numbers, of the series that they were estimated on, and of implied fear."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dirigiste.numbers import fixed, significant
from dirigiste.results.text.tables import Table

if TYPE_CHECKING:
    from dirigiste.fit.chronicles.estimate import Fitted
    from dirigiste.fit.chronicles.fear import Fear

DIGITS = 4


def of_fit(result: Fitted) -> list[Table]:
    """Numbers before and after, series before and after, and which series moves which number."""
    return [numbers(result), series(result), moved_by(result)]


def numbers(result: Fitted) -> Table:
    """Numbers with their standard errors, before and after."""
    plan = result.plan
    means, found = plan.values(plan.mean), plan.values(result.z)
    rows = []
    for k, one in enumerate(plan.numbers):
        mark = " at its bound" if one.name in result.at_bounds else ""
        on = "" if one.scale.transform == "none" else f" ({one.scale.transform})"
        rows.append(
            (
                one.name + mark,
                one.size.unit,
                significant(means[one.name], DIGITS),
                significant(one.sd, 2) + on,
                significant(found[one.name], DIGITS),
                significant(float(result.sd[k]), 2) + on,
                f"{fixed(100.0 * float(result.learnt[k]), 0)} %",
            )
        )
    header = ("", "unit", "before", "sd", "estimate", "se", "learnt")
    title = "Numbers: what was thought before, and what the series say (se and sd on the scale in brackets)"
    return Table(title, header, rows, left=(0, 1))


def series(result: Fitted) -> Table:
    """How far the model is from each series, before and after, in standard errors."""
    names = np.array(result.data.series)
    gaps = [
        (result.data.observed - result.model(at)[0]) * np.sqrt(result.data.weight)
        for at in (result.before, result.after)
    ]
    rows = []
    for name in dict.fromkeys(result.data.series):
        here = names == name
        size = [float(np.sqrt(np.mean(gap[here] ** 2))) for gap in gaps]
        rows.append((name, str(int(here.sum())), fixed(size[0], 2), fixed(size[1], 2)))
    title = "Series: root mean square of model less observed, in standard errors"
    return Table(title, ("", "values", "before", "after"), rows)


def moved_by(result: Fitted) -> Table:
    """By how much each series moves each number, in standard deviations before the data."""
    parts = result.contributions
    rows = [
        (one.name, *(fixed(float(part[k] / one.sd), 2) for part in parts.values()))
        for k, one in enumerate(result.plan.numbers)
    ]
    title = "Which series moves which number, in standard deviations of what was thought before"
    return Table(title, ("", *parts), rows)


def of_fear(result: Fear) -> list[Table]:
    """Perceived enforcement by period, with its band, beside that of the chronicle as it is written."""
    first = result.edges[0]
    rows = []
    for q, date in enumerate(result.dates):
        low, middle, high = (float(np.exp(result.log[q] + k * 1.645 * result.sd[q])) for k in (-1, 0, 1))
        rows.append(
            (
                date.isoformat(),
                fixed(middle, 2),
                f"{fixed(low, 2)} to {fixed(high, 2)}",
                *(fixed(float(values[first][q]), 2) for values in (result.written, result.actual)),
                f"{fixed(100.0 * float(1.0 - (result.sd[q] / result.before[q]) ** 2), 0)} %",
            )
        )
    header = ("", "perceived", "90 % band", "as written", "actual", "learnt")
    title = (
        f"Implied fear: perceived enforcement over that without events ({', '.join(result.edges)}); as "
        f"written and actual: {first}"
    )
    return [Table(title, header, rows), series(result.fitted)]
