"""How sure the answer is: what intervals hold, which numbers it hangs on, and how good linear responses
are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from dirigiste.chronicle.sizes import SCALE
from dirigiste.numbers import fixed, signed, significant
from dirigiste.report import words
from dirigiste.report.figure_data import course
from dirigiste.report.figure_data.course import POINTS, RELATIVE
from dirigiste.report.figure_data.table import Table
from dirigiste.results.quantities import measures
from dirigiste.results.runs import channels as split
from dirigiste.results.runs import draws as of_draws

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dirigiste.results.runs.draws import Draws, Number
    from dirigiste.results.runs.run import Run

    Array = NDArray[np.float64]

SHARE: Final = of_draws.SHARE
INNER: Final = 0.5
"""Shares of draws in the bands of figures."""

PERCENT: Final = f"{100 * SHARE:.0f}{words.NARROW}%"

NOTE: Final = f" Shaded: where {PERCENT} and half of the draws are."

SHADED: Final = f" Shaded: where {PERCENT} of the draws are."

WHISKERS: Final = f" Whiskers: where {PERCENT} of the draws are, about the end of a bar."

CHECKED: Final = ("output", "wage", "interest", "tfp", "credit", "control", "silence", "flight")
"""Outcomes whose linear responses are compared with draws in full."""


@dataclass(frozen=True)
class Side:
    """One outcome that the answer is about, and what moves it."""

    heading: str
    unit: str
    effects: Array
    """(K,) effect of each number a standard deviation higher, in percent or points."""


@dataclass(frozen=True)
class Tornado:
    """What the answer hangs on: numbers in the order of their influence."""

    order: tuple[int, ...]
    numbers: tuple[Number, ...]
    share: Array
    """(K,) shares of the variance of output, numbers taken as independent."""
    sides: tuple[Side, ...]
    when: str
    """Month of the output that it is about."""

    @property
    def labels(self) -> list[str]:
        """Names in order."""
        return [self.numbers[k].name for k in self.order]


@dataclass(frozen=True)
class Row:
    """A number that was drawn, in the table of assumptions."""

    name: str
    meaning: str
    mean: str
    sd: str
    spread: str
    """Where most draws of it are."""
    output: str
    share: str
    control: str
    source: str
    why: str


def amount(values: Array | None, kind: str, *, positive: bool) -> str:
    """The same of what is told as gained, or as lost, without the sign: `1.1 to 2.8 %`."""
    turned = values if values is None or positive else -values
    return interval(turned, kind).replace("+", "")


def interval(values: Array | None, kind: str) -> str:
    """Where most of some draws (D,) are, in words: `−2.8 to −1.1 %`; empty where there are none, or they do
    not differ.
    """
    if values is None or not np.isfinite(values).all():
        return ""
    low, high = of_draws.interval(values)
    digits = words.fine(max(abs(low), abs(high)))
    first, last = (signed(100 * end, digits) for end in (low, high))
    if first == last:
        return ""
    return f"{first} to {last}{words.NARROW}{'points' if kind == POINTS else '%'}"


def sentence(run: Run) -> str:
    """What intervals hold and what the answer hangs on most; empty without draws."""
    draws = run.draws
    if draws is None:
        return ""
    found = tornado(run, draws)
    what = words.count(len(draws.numbers), "uncertain number")
    text = (
        f"Intervals hold {PERCENT} of {draws.count} draws of {what} (`{draws.name}`), followed through "
        "linear responses around the path."
    )
    top = found.order[0]
    if found.share[top] > 0.0:
        text += (
            f" Output in {found.when} hangs most on `{found.numbers[top].name}`, which makes up "
            f"{words.percent(float(found.share[top]), 0)} of its variance."
        )
    return text


def tornado(run: Run, draws: Draws) -> Tornado:
    """Effects of every number on output when it is furthest from where it was, and on control at the mark."""
    output = course.series(run, "output", "Output", RELATIVE)
    moved = draws.effects("output", relative=True)[output.peak]
    when = course.month(run, output.peak)
    sides = [Side(f"Output, {when}", "% against no events", 100 * moved)]
    rank = of_draws.shares(moved)
    control = course.series(run, "control", "Control", POINTS)
    if control.known:
        mark = min(course.MARK, course.horizon(run))
        effects = draws.effects("control", relative=False)
        there = np.array([np.interp(mark, course.time(run), column) for column in effects.T])
        heading = f"Control, year {words.plain(round(mark, 1))}"
        sides.append(Side(heading, "points of output", 100 * there))
        rank = np.maximum(rank, of_draws.shares(there))
    order = tuple(int(k) for k in np.lexsort((-rank, -of_draws.shares(moved))))
    return Tornado(order, draws.numbers, of_draws.shares(moved), tuple(sides), when)


def title(found: Tornado) -> str:
    """The number that output hangs on most, in a sentence."""
    top = found.order[0]
    effect = float(found.sides[0].effects[top]) / 100
    if abs(effect) < course.STILL:
        return "Output hangs on none of the numbers that were drawn"
    return (
        f"Output hangs most on {found.numbers[top].name}: a standard deviation of it moves output in "
        f"{found.when} by {course.size(effect, POINTS)}"
    )


def tornado_table(found: Tornado) -> Table:
    """Effects as a table."""
    columns = ("number", "mean", "unit", "standard deviation", "scale of it")
    sides = tuple(f"{side.heading}: effect of one standard deviation ({side.unit})" for side in found.sides)
    rows = []
    for k in found.order:
        one = found.numbers[k]
        effects = (float(side.effects[k]) for side in found.sides)
        rows.append((one.name, one.mean, one.unit, one.sd, one.transform, *effects, float(found.share[k])))
    return Table.of((*columns, *sides, "share of the variance of output"), rows)


def describe(found: Tornado) -> str:
    """The figure in words."""
    parts = [
        f"{found.numbers[k].name}: "
        + ", ".join(f"{side.heading} {signed(float(side.effects[k]), 2)}" for side in found.sides)
        for k in found.order
    ]
    return f"Bars of effects of a standard deviation of each number, the largest first. {'; '.join(parts)}."


def rows(run: Run, draws: Draws) -> list[Row]:
    """The numbers that were drawn, by how much the answer hangs on them."""
    found = tornado(run, draws)
    about = {parameter.path: parameter.description for parameter in run.before.economy.parameters()}
    low, high = np.quantile(draws.data["drawn"].values, [of_draws.LEVELS[0], of_draws.LEVELS[-1]], axis=0)
    result = []
    for k in found.order:
        one = draws.numbers[k]
        scale = "" if one.transform == "none" else f" ({one.transform})"
        effects = [signed(float(side.effects[k]), 3) for side in found.sides]
        result.append(
            Row(
                name=one.name,
                meaning=about.get(one.name) or meaning(run, one.name),
                mean=words.short(one.mean),
                sd=f"{significant(one.sd, 3)}{scale}",
                spread=f"{words.number(float(low[k]))} to {words.number(float(high[k]))}",
                output=effects[0],
                share=words.percent(float(found.share[k]), 0),
                control=effects[1] if len(effects) > 1 else words.NONE,
                source=one.source,
                why=one.why,
            )
        )
    return result


def meaning(run: Run, name: str) -> str:
    """What a number of a chronicle is."""
    if name.startswith(SCALE):
        return f"Strength of all changes to `{name.removeprefix(SCALE)}`: 1 as written, 0 none"
    if name.startswith("beliefs."):
        return "Of the rule by which cases move beliefs"
    date = name.partition(" ")[0]
    return "; ".join(event.title for event in run.chronicle.events if event.date.isoformat() == date)


def influences(run: Run) -> dict[str, float]:
    """Effect on output, in percent, of a standard deviation of each number that was drawn, by name."""
    if run.draws is None:
        return {}
    found = tornado(run, run.draws)
    return {one.name: float(x) for one, x in zip(found.numbers, found.sides[0].effects, strict=True)}


def checks(run: Run) -> list[tuple[str, str, str]]:
    """Of each outcome how far draws in full are from linear responses: median and largest."""
    draws = run.draws
    if draws is None:
        return []
    found = [(measures.PATH[name].label, draws.misses(name)) for name in CHECKED]
    if draws.split is not None:
        gaps = draws.part_misses("output")
        found += [(f"output by {name}", gaps[:, n]) for n, name in enumerate(split.order(draws.split))]
    known = [(label, of_draws.largest(gaps)) for label, gaps in found]
    return [(label, fixed(miss.median, 2), fixed(miss.largest, 2)) for label, miss in known if miss]


def checks_title(draws: Draws) -> str:
    """How many draws were solved in full, and how far the output of linear responses is from theirs."""
    if not draws.data.sizes["full"]:
        return "No draw was solved in full: how good linear responses are is not known"
    text = f"{words.count(draws.solved.size, 'draw')} solved in full"
    miss = of_draws.largest(draws.misses("output"))
    if miss is not None:
        text += f": linear responses of output are off by {fixed(miss.largest, 2)} sd at most"
    if draws.failed:
        text += f"; {draws.failed} more have no path"
    return text
