"""A frontier as tables of the terminal."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Final

import numpy as np

from dirigiste.frontiers.problems.goals import PRICE
from dirigiste.numbers import NONE, minus, significant
from dirigiste.results.text.tables import Table, number

if TYPE_CHECKING:
    from dirigiste.frontiers.result import Frontier

FAR: Final = 0.1
"""Residual of implied weights above which instruments count as away from best at any weight."""


def heading(result: Frontier) -> str:
    """One line: what it is of, and how much was solved."""
    names = ", ".join(goal.name for goal in result.goals)
    failed = len(result.failures)
    text = (
        f"Frontier of {result.name}: {names} over {len(result.instruments)} instruments · "
        f"{len(result.traced.points)} points, {result.evaluations} settings solved"
    )
    return text + (f", {failed} could not be" if failed else "")


def every(result: Frontier) -> list[Table]:
    """All tables."""
    found = [_points(result)]
    if result.inside is not None:
        found.append(_place(result))
    if result.weights is not None:
        found += _weights(result)
    if result.failures:
        rows = [
            (str(count), reason.splitlines()[0]) for reason, count in Counter(result.failures).most_common()
        ]
        found.append(Table("Settings that could not be solved", ("times", "reason"), rows, left=(1,)))
    return found


def _cost(result: Frontier, m: int) -> str:
    """What a point of a goal costs, as a header."""
    price = result.goals[PRICE]
    of = "% of a year" if price.reference is not None else f"{price.name} %"
    return f"{of} per {result.goals[m].of_point}"


def _points(result: Frontier) -> Table:
    price = result.goals[PRICE].name
    costs = [_cost(result, m) for m in result.others]
    header = (*(goal.name for goal in result.goals), *costs, *(one.name for one in result.instruments))
    kind = "Edge" if len(result.goals) == 2 else "Surface"
    table = Table(f"{kind}: {price}, and what the others cost of it", header, left=())
    for values, prices, settings in zip(result.values, result.prices, result.settings, strict=True):
        table.rows.append(
            (
                *(significant(float(value), 5) for value in values),
                *(significant(float(cost), 3) for cost in prices),
                *(significant(float(x), 4) for x in settings),
            )
        )
    here = [significant(float(value), 5) for value in result.traced.here]
    now = [significant(one.value, 4) for one in result.instruments]
    table.rows.append((*here, *("now" for _ in costs), *now))
    return table


def _place(result: Frontier) -> Table:
    header = ("goal", "now", "possible", "more", "with the others as they are, at")
    table = Table("Where the economy lies", header, left=(0, 4))
    assert result.inside is not None
    for m, (goal, gap) in enumerate(zip(result.goals, result.gaps, strict=True)):
        found, here = result.inside.most[m], float(result.traced.here[m])
        if found is None or math.isnan(gap):
            table.rows.append((goal.name, significant(here, 5), NONE, NONE, "not found"))
            continue
        more = f"{100 * gap:.2f} points" if goal.share else f"{100 * gap / goal.whole(here):.2f} %"
        at = ", ".join(
            f"{one.name} {significant(one.low + float(z) * (one.high - one.low), 3)}"
            for one, z in zip(result.instruments, found.z, strict=True)
        )
        table.rows.append((goal.name, significant(here, 5), significant(here + gap, 5), more, at))
    return table


def _weights(result: Frontier) -> list[Table]:
    assert result.weights is not None
    found, price = result.weights, result.goals[PRICE].name
    header = ("", *(_cost(result, m) for m in result.others))
    far = "far from best at any weight" if found.residual > FAR else "close to best at this weight"
    title = f"Weights for which the present instruments would be best; {100 * found.residual:.0f} % of the "
    title += f"gradient of {price} is left: {far}"
    table = Table(title, header)
    here = result.traced.here
    factor = np.array([float(result.price(np.array(-1.0), here, m)) for m in result.others])
    cells = []
    for weight, se, unit in zip(found.weights, found.se, factor, strict=True):
        error = f" ± {significant(float(se * unit), 2)}" if math.isfinite(se) else ""
        cells.append(significant(float(weight * unit), 3) + error)
    table.rows.append(("all instruments", *cells))
    for k, one in enumerate(result.instruments):
        alone = (found.alone[i, k] * unit for i, unit in enumerate(factor))
        table.rows.append((f"{one.name} alone", *(significant(float(x), 3) for x in alone)))
    goals = (goal.name for goal in result.goals)
    slopes = Table("Derivatives at present", ("instrument", "now", "bounds", *goals))
    for k, one in enumerate(result.instruments):
        slopes.rows.append(
            (
                one.name,
                number(one.value),
                minus(f"{one.low:g} to {one.high:g}"),
                *(significant(float(found.gradients[m, k]), 3) for m in range(len(result.goals))),
            )
        )
    return [table, slopes]
