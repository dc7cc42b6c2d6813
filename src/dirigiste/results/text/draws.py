"""How sure a run is, as text: intervals beside numbers, bands at some years, what results hang on, and how
good linear responses are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from dirigiste.numbers import NONE, fixed, signed, significant
from dirigiste.results.quantities import measures
from dirigiste.results.runs import channels as split
from dirigiste.results.runs import draws as of_draws
from dirigiste.results.text.tables import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dirigiste.results.runs.draws import Draws
    from dirigiste.results.runs.run import Run

    Array = NDArray[np.float64]

ROWS: Final = ("output", "wage", "interest", "tfp", "credit", "control", "silence", "flight")
"""Rows of the table of bands."""

MOST: Final = 12
"""Numbers with the largest influence that a table shows."""

PERCENT: Final = f"{100 * of_draws.SHARE:.0f} %"


def points(name: str) -> bool:
    """Whether changes of an outcome are in percentage points, not in percent."""
    unit = measures.PATH[name].unit
    return unit.startswith("share") or unit == "per year"


def ends(values: Array, digits: int = 2) -> str:
    """The interval of some draws (D,), in brackets, after a blank; empty where they do not vary."""
    if not np.isfinite(values).all():
        return ""
    low, high = of_draws.interval(values)
    if signed(low, digits) == signed(high, digits):
        return ""
    return f" [{signed(low, digits)} to {signed(high, digits)}]"


def change(run: Run, name: str, step: int, digits: int = 2) -> str:
    """The interval of the change of an outcome at a step, in percent or percentage points; empty without
    draws.
    """
    if run.draws is None:
        return ""
    return ends(100 * run.draws.deviations(name, relative=not points(name))[:, step], digits)


def level(run: Run, name: str, step: int, digits: int = 1) -> str:
    """The interval of a share at a step, in percent; empty without draws."""
    if run.draws is None:
        return ""
    values = 100 * run.draws.values(name)[:, step]
    return ends(values, digits).replace("+", "")


def part(run: Run, n: int, step: int) -> str:
    """The interval of the effect of channel number n on output at a step, in percent of output without the
    events; empty without draws.
    """
    if run.draws is None or run.draws.split is None:
        return ""
    return ends(100 * run.draws.parts("output")[:, n, step] / float(run.base["output"]))


def sentence(draws: Draws) -> str:
    """What intervals hold, and how good linear responses are."""
    count = len(draws.numbers)
    numbers = "1 uncertain number" if count == 1 else f"{count} uncertain numbers"
    text = f"{PERCENT} of {draws.count} draws of {numbers} ({draws.name}), to first order"
    miss = of_draws.largest(draws.misses("output"))
    if miss is None:
        return text
    solved = "1 draw" if draws.solved.size == 1 else f"{draws.solved.size} draws"
    return (
        f"{text}; output in {solved} solved in full is off by {fixed(miss.median, 2)} standard deviations "
        f"(median), {fixed(miss.largest, 2)} (most)"
    )


def tables(run: Run, times: Sequence[float], step: int) -> list[Table]:
    """Bands at some years, effects by channel with theirs, what output and control hang on at a step, and how
    good linear responses are.
    """
    draws = run.draws
    if draws is None:
        return []
    found = [bands(run, draws, times)]
    if draws.split is not None:
        found.append(parts(run, draws, times))
    found.append(influence(run, draws, step))
    if draws.data.sizes["full"]:
        found.append(checks(draws))
    return found


def bands(run: Run, draws: Draws, times: Sequence[float]) -> Table:
    """Changes of outcomes at some years, with intervals."""
    header = ("", *(f"year {time:.4g}" for time in times))
    title = f"Changes with the range of {PERCENT} of {draws.count} draws (pp: percentage points)"
    table = Table(title, header)
    here = run.at(times)
    for name in ROWS:
        if not np.isfinite(run.base[name].values):
            continue
        unit = "pp" if points(name) else "%"
        base = float(run.base[name])
        values = here[name].values
        middle = 100 * (values - base if points(name) else values / base - 1.0)
        drawn = draws.at(100 * draws.deviations(name, relative=not points(name)), times)
        cells = (f"{signed(float(x), 2)} {unit}{ends(drawn[:, n])}" for n, x in enumerate(middle))
        table.rows.append((measures.PATH[name].label, *cells))
    return table


def parts(run: Run, draws: Draws, times: Sequence[float]) -> Table:
    """Effects by channel on output at some years, with intervals."""
    header = ("", *(f"year {time:.4g}" for time in times))
    table = Table(f"Effect on output by channel with the range of {PERCENT} of draws, %", header)
    base = float(run.base["output"])
    middle = run.channels("output", time=list(times)).transpose("channel", "time")
    drawn = draws.at(100 * draws.parts("output") / base, times)
    for n, channel in enumerate(map(str, middle["channel"].values)):
        here = 100 * middle.values[n] / base
        cells = (f"{signed(float(x), 2)}{ends(drawn[:, n, k])}" for k, x in enumerate(here))
        table.rows.append((channel, *cells))
    return table


def influence(run: Run, draws: Draws, step: int) -> Table:
    """Numbers that output and control hang on most at a step."""
    day = str(run.path["date"].values[step].astype("datetime64[D]"))
    output = draws.effects("output", relative=True)[step]
    known = bool(np.isfinite(run.base["control"].values))
    control = draws.effects("control", relative=False)[step] if known else np.zeros_like(output)
    share = of_draws.shares(output)
    table = Table(
        f"What output and control hang on, {day}: change with each number a standard deviation higher",
        ("", "mean", "sd", "output, %", "share of its variance", "control, pp"),
    )
    for k in np.argsort(-share, kind="stable")[:MOST]:
        one = draws.numbers[k]
        scale = "" if one.transform == "none" else f" ({one.transform})"
        table.rows.append(
            (
                one.name,
                significant(one.mean, 4),
                significant(one.sd, 2) + scale,
                signed(100 * float(output[k]), 3),
                f"{fixed(100 * float(share[k]), 0)} %",
                signed(100 * float(control[k]), 3) if known else NONE,
            )
        )
    return table


def checks(draws: Draws) -> Table:
    """How far draws solved in full lie from linear responses, in standard deviations of the outcome."""
    title = f"Linear responses against {draws.solved.size} draws solved in full, in sd of the outcome"
    if draws.failed:
        title += f"; {draws.failed} have no path"
    table = Table(title, ("", "median", "largest"))
    for name in ROWS:
        miss = of_draws.largest(draws.misses(name))
        if miss is not None:
            table.rows.append((measures.PATH[name].label, *(fixed(x, 2) for x in miss)))
    if draws.split is not None:
        players = split.order(draws.split)
        gaps = draws.part_misses("output")
        for n, channel in enumerate(players):
            miss = of_draws.largest(gaps[:, n])
            if miss is not None:
                table.rows.append((f"output by {channel}", *(fixed(x, 2) for x in miss)))
    return table
