"""Channels: what each adds to the deviation of output over time, at its worst, and in present value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from dirigiste.report import words
from dirigiste.report.figure_data import course
from dirigiste.report.figure_data.table import Table
from dirigiste.results.runs import draws as of_draws
from dirigiste.solver import shapley

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dirigiste.results.runs.run import Run

    Array = NDArray[np.float64]

NAMED: Final = 3
"""Channels that have a colour of their own in the figure over time; the others are taken together."""

OTHERS: Final = "all others"

HOW: Final = "dirigiste run {name} --channels"
"""What splits a run into channels."""


@dataclass(frozen=True)
class Bar:
    """What a channel adds: a share of a year's output without the events."""

    label: str
    value: float


@dataclass(frozen=True)
class Sure:
    """Lower and upper ends between which most draws of contributions are, and of their sum last."""

    parts: Array
    """(2, channels + 1, T)."""
    present: Array
    """(2, channels + 1)."""


@dataclass(frozen=True)
class Split:
    """Contributions to the deviation of output, as shares of output without the events."""

    channels: tuple[str, ...]
    when: Array
    """(T,) calendar years."""
    steps: NDArray[np.int64]
    """(T,) steps of the path."""
    parts: Array
    """(channels, T)."""
    worst: int
    """Position in `when` at which output is furthest from where it was."""
    present: Array
    """(channels,) present values, in years of output without the events."""
    end: Array
    """(channels,) in the end."""
    quick: str = ""
    """Of a quick split: from how many sets of channels it is, and how far it may be off."""
    sure: Sure | None = None
    """Where most draws are; None where there are none."""

    @property
    def whole(self) -> Array:
        """(T,) sum of all channels."""
        return self.parts.sum(axis=0)

    @property
    def at_worst(self) -> list[Bar]:
        """Channels when output is furthest from where it was, from losses to gains."""
        return _bars(self.channels, self.parts[:, self.worst])

    @property
    def in_all(self) -> list[Bar]:
        """Channels in present value, from losses to gains."""
        return _bars(self.channels, self.present)

    @property
    def bands(self) -> list[tuple[str, Array]]:
        """The channels with the largest contributions over time, and the others together."""
        order = np.argsort(-np.abs(self.parts).sum(axis=1), kind="stable")
        first = order[:NAMED] if len(order) > NAMED + 1 else order
        named = [(self.channels[n], self.parts[n]) for n in first]
        rest = [n for n in order if n not in first]
        return [*named, (OTHERS, self.parts[rest].sum(axis=0))] if rest else named


def _bars(names: tuple[str, ...], values: Array) -> list[Bar]:
    return sorted((Bar(n, float(v)) for n, v in zip(names, values, strict=True)), key=lambda bar: bar.value)


def split(run: Run) -> Split | None:
    """Contributions to output; None where the run was not solved channel by channel."""
    if run.split is None:
        return None
    steps = np.flatnonzero(course.shown(run))
    last = course.horizon(run)
    output = course.scalar(run.base["output"].values)
    contributions = run.channels("output", time=course.time(run)[steps].tolist()).transpose("channel", "time")
    parts = np.asarray(contributions.values, dtype=float) / output
    end = run.channels("output", time=[last]).sel(channel=contributions["channel"].values)
    end = end.transpose("channel", "time")
    present = run.channels("output", present_value=course.discount_rate(run))
    names = tuple(str(name) for name in contributions["channel"].values)
    return Split(
        names,
        course.years(run)[steps],
        steps,
        parts,
        int(np.argmax(np.abs(parts.sum(axis=0)))),
        np.asarray(present.sel(channel=list(names)).values, dtype=float) / output,
        np.asarray(end.values, dtype=float)[:, 0] / output,
        _quick(contributions, output),
        _sure(run, steps),
    )


def _sure(run: Run, steps: NDArray[np.int64]) -> Sure | None:
    """Bands of contributions, as shares of output without the events of the run."""
    draws = run.draws
    if draws is None or draws.split is None:
        return None
    output = course.scalar(run.base["output"].values)
    every = draws.parts("output") / output
    every = np.concatenate([every, every.sum(axis=1, keepdims=True)], axis=1)
    rate, lengths = course.discount_rate(run), np.asarray(run.path["step"].values, dtype=float)
    ends = [of_draws.LEVELS[0], of_draws.LEVELS[-1]]
    return Sure(
        np.quantile(every[:, :, steps], ends, axis=0),
        np.quantile(shapley.present_value(every, lengths, rate), ends, axis=0),
    )


def _quick(contributions: Any, output: float) -> str:  # noqa: ANN401
    """What a quick split says of itself; empty for an exact one."""
    if "sets" not in contributions.attrs:
        return ""
    differ = float(contributions.attrs["levels_differ"]) / output
    rest = float(np.abs(np.asarray(contributions.attrs["rest"])).max()) / output
    apart = f"they differ from those of fewer sets by at most {100 * differ:.1g} points, and "
    sets, of = contributions.attrs["sets"], contributions.attrs["sets_of_all"]
    return (
        f"A quick split, from {sets} of {of} sets of channels: "
        f"{apart if np.isfinite(differ) else ''}"
        f"their sum differs from the whole by at most {100 * rest:.1g} points."
    )


def _leading(bars: list[Bar], whole: float) -> Bar:
    """The channel that adds most in the direction of the whole."""
    return bars[0] if whole < 0 else bars[-1]


def over_time_title(run: Run, decomposition: Split) -> str:
    """The channel, or those alike, with the largest effect in the direction of the whole, on the date when
    output is furthest from where it was.
    """
    whole = float(decomposition.whole[decomposition.worst])
    if float(np.abs(decomposition.parts).max(initial=0.0)) < course.STILL:
        return "No channel moves output"
    when = course.month(run, int(decomposition.steps[decomposition.worst]))
    if abs(whole) < course.STILL:
        return "What the channels do to output cancels out"
    bars = decomposition.at_worst
    top = _leading(bars, whole)
    kind = "lost" if whole < 0 else "gained"
    part = words.points(abs(top.value)).lstrip("+")
    all_of_it = course.size(whole, course.RELATIVE)
    alike = [bar.label for bar in bars if abs(bar.value - top.value) < course.STILL]
    through = f"{words.listing(alike)}{' each' if len(alike) > 1 else ''}"
    if abs(top.value) - abs(whole) >= course.STILL:  # other channels act against it
        return f"{all_of_it} of output {kind} in {when}, net of other channels: {part} come through {through}"
    return f"Of the {all_of_it} of output {kind} in {when}, {part} come through {through}"


def waterfall_title(decomposition: Split) -> str:
    """What the channels cost and bring in present value."""
    whole = float(decomposition.present.sum())
    if float(np.abs(decomposition.present).max(initial=0.0)) < course.STILL:
        return "In present value no channel costs or brings output"
    costs = [bar for bar in decomposition.in_all if bar.value <= -course.STILL][:2]
    brings = [bar for bar in reversed(decomposition.in_all) if bar.value >= course.STILL][:1]
    parts = [f"{bar.label} costs {course.size(bar.value, course.RELATIVE)}" for bar in costs]
    parts += [f"{bar.label} brings {course.size(bar.value, course.RELATIVE)}" for bar in brings]
    if abs(whole) < course.STILL:
        return words.opening(f"{words.listing(parts)} in present value; together they cancel out")
    total = "lost" if whole < 0 else "gained"
    return (
        f"In present value {course.size(whole, course.RELATIVE)} of a year's output is {total}: "
        f"{words.listing(parts)}"
    )


def over_time_table(run: Run, decomposition: Split) -> Table:
    """Contributions of all channels over time."""
    columns = (
        "years since the first event",
        "calendar year",
        *(f"{n} (share of output)" for n in decomposition.channels),
    )
    t = course.time(run)[decomposition.steps]
    rows = [
        (float(t[n]), float(decomposition.when[n]), *decomposition.parts[:, n].tolist())
        for n in range(t.size)
    ]
    columns = (*columns, "all (share of output)")
    rows = [(*r, float(decomposition.whole[n])) for n, r in enumerate(rows)]
    if decomposition.sure is not None:
        names = [*decomposition.channels, "all"]
        columns += tuple(f"{name}, {end} of draws" for name in names for end in ("low end", "high end"))
        ends = decomposition.sure.parts.transpose(2, 1, 0)
        rows = [(*row, *here.reshape(-1).tolist()) for row, here in zip(rows, ends, strict=True)]
    return Table.of(columns, rows)


def waterfall_table(run: Run, decomposition: Split) -> Table:
    """Contributions when output is furthest from where it was, and in present value."""
    when = course.month(run, int(decomposition.steps[decomposition.worst]))
    columns = ("channel", f"{when} (share of output)", "present value (years of output)")
    rows = [
        (name, float(decomposition.parts[n, decomposition.worst]), float(decomposition.present[n]))
        for n, name in enumerate(decomposition.channels)
    ]
    if decomposition.sure is not None:
        columns += tuple(f"{column}, {end} of draws" for column in columns[1:] for end in ("low", "high"))
        here = decomposition.sure.parts[:, :-1, decomposition.worst].T
        ends = np.concatenate([here, decomposition.sure.present[:, :-1].T], axis=1)
        rows = [(*row, *pairs.tolist()) for row, pairs in zip(rows, ends, strict=True)]
    return Table.of(columns, rows)
