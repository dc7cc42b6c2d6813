"""How sure a run is: draws of the numbers that it rests on, and what follows from each of them.

Draws go through linear responses around the path, so that a draw of an outcome is its value on the path plus
derivatives times by how much the numbers are off their means; some draws are solved in full beside them. The
Dataset that is kept holds draws and derivatives; everything else follows from these.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dirigiste.documents.words import near, one_of
from dirigiste.errors import InputError
from dirigiste.results.quantities import outcomes
from dirigiste.results.runs import channels as split
from dirigiste.solver.interpolation import interpolation

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from dirigiste.solver.course import Channels

Array = NDArray[np.float64]

LEVELS: Final = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Quantiles of bands; the first and the last are the ends of intervals."""

SHARE: Final = LEVELS[-1] - LEVELS[0]
"""Share of draws in an interval."""

STILL: Final = 1e-9
"""Standard deviations of an outcome below this, relative to its size, are none."""

FLOOR: Final = 0.1
"""Misses are measured in the standard deviation at the time, but at least in this share of the largest one
along the path: where draws cross each other there is next to none.
"""


class Interval(NamedTuple):
    """Ends between which most draws are (`SHARE`)."""

    low: float
    high: float


class Miss(NamedTuple):
    """How far draws solved in full are from linear responses."""

    median: float
    largest: float


@dataclass(frozen=True)
class Number:
    """A number that was drawn."""

    name: str
    unit: str
    mean: float
    """As it is in the run; on a log scale the median."""
    sd: float
    """On the scale of `transform`."""
    transform: str
    why: str
    source: str


@dataclass(frozen=True, eq=False)
class Draws:
    """Draws of the numbers of a run."""

    data: xr.Dataset
    """Over `draw`, `number`, `outcome`, `time`, and `full`, the draws that were solved in full: `z` and
    `drawn`, the numbers on their scales and in their units; `slope` and `base_slope`, derivatives of outcomes
    along the path and without the events in numbers on their scales; `full_value` and `full_base`, outcomes
    in full, nan with the reason in `full_why` where there is no path; and where effects were split by
    channel `part_slope` over `split`, `channel`, `full_part`, and `part_rest`, see `derived_parts`.
    """
    path: xr.Dataset
    base: xr.Dataset
    split: xr.Dataset | None

    @property
    def count(self) -> int:
        """How many draws there are."""
        return self.data.sizes["draw"]

    @property
    def name(self) -> str:
        """Name of the file of uncertain numbers."""
        return str(self.data.attrs["numbers_name"])

    @cached_property
    def numbers(self) -> tuple[Number, ...]:
        """The numbers that were drawn."""
        data = self.data
        return tuple(
            Number(
                str(data["number"].values[k]),
                str(data["unit"].values[k]),
                float(data["mean"].values[k]),
                float(data["sd"].values[k]),
                str(data["transform"].values[k]),
                str(data["why"].values[k]),
                str(data["source"].values[k]),
            )
            for k in range(data.sizes["number"])
        )

    @cached_property
    def off(self) -> Array:
        """By how much the numbers of each draw are off those of the run, on their scales (D, K)."""
        return self.data["z"].values - self.data["at"].values

    def slopes(self, name: str) -> Array:
        """Derivatives of an outcome along the path in the numbers on their scales (T, K)."""
        return self.data["slope"].values[self._index(name)]

    def base_slopes(self, name: str) -> Array:
        """Derivatives of an outcome without the events (K,)."""
        return self.data["base_slope"].values[self._index(name)]

    def values(self, name: str) -> Array:
        """An outcome along the path in every draw (D, T)."""
        return outcomes.on_path(self.path, name) + self.off @ self.slopes(name).T

    def without(self, name: str) -> Array:
        """An outcome without the events in every draw (D,)."""
        return outcomes.on_path(self.base, name) + self.off @ self.base_slopes(name)

    def bands(self, name: str, levels: Iterable[float] = LEVELS) -> Array:
        """Quantiles of an outcome along the path (levels, T)."""
        return np.quantile(self.values(name), list(levels), axis=0)

    def deviations(self, *names: str, relative: bool) -> Array:
        """By how much an outcome, or the sum of several, differs from what it is without the events in every
        draw (D, T); with `relative` over the latter, nan where that is 0.
        """
        values = np.sum([self.values(name) for name in names], axis=0)
        without = np.sum([self.without(name) for name in names], axis=0)[:, None]
        if not relative:
            return values - without
        return values / np.where(without == 0.0, np.nan, without) - 1.0

    def effects(self, name: str, *, relative: bool) -> Array:
        """By how much that changes with each number a standard deviation higher (T, K)."""
        sd, slopes, base_slopes = self.data["sd"].values, self.slopes(name), self.base_slopes(name)
        if not relative:
            return (slopes - base_slopes) * sd
        path, base = outcomes.on_path(self.path, name)[:, None], float(outcomes.on_path(self.base, name))
        base = base or np.nan
        return (slopes / base - path * base_slopes / base**2) * sd

    def at(self, values: Array, times: Sequence[float]) -> Array:
        """Values over the steps of the path (..., T) at some times (..., n), as `paths.at` has it."""
        known = self.path["time"].values
        exact = np.clip(np.asarray(times, dtype=float), known[0], known[-1])
        index, weights = interpolation(known, self.path["stretch"].values, exact)
        return (values[..., index] * weights).sum(axis=-1)

    def parts(self, outcome: str) -> Array:
        """The effect of each channel on an outcome in every draw (D, n, T).

        Raises:
            InputError: The run was solved without channels.
        """
        if self.split is None:
            raise InputError.of("the run was solved without channels", key=outcome)
        here = split.channels(self.split, outcome).transpose("channel", "time").values
        slopes = self.data["part_slope"].values[self._of_split(outcome)]
        return here + np.einsum("dk,ntk->dnt", self.off, slopes)

    def influence(self, name: str) -> Array:
        """By how much an outcome changes along the path with each number a standard deviation higher, others
        as they are (T, K).
        """
        return self.slopes(name) * self.data["sd"].values

    # --- draws in full ---------------------------------------------------------------------------------

    @cached_property
    def solved(self) -> NDArray[np.int64]:
        """Positions among the draws in full of those that have a path."""
        return np.flatnonzero(self.data["full_why"].values == "")

    @property
    def failed(self) -> int:
        """Draws that were to be solved in full and have no path."""
        return self.data.sizes["full"] - self.solved.size

    def in_full(self, name: str) -> tuple[Array, Array]:
        """An outcome (F, T) and its value without the events (F,) in the draws solved in full."""
        n = self._index(name)
        return self.data["full_value"].values[self.solved, n], self.data["full_base"].values[self.solved, n]

    @property
    def which(self) -> NDArray[np.int64]:
        """Which draws those are (F,)."""
        return self.data["full"].values[self.solved]

    def parts_in_full(self, outcome: str) -> Array:
        """The effect of each channel in the draws solved in full (F, n, T)."""
        return self.data["full_part"].values[self.solved, self._of_split(outcome)]

    def misses(self, name: str) -> Array:
        """How far draws in full are from linear responses, in standard deviations of the outcome at the time
        (see `FLOOR`; F, T); nan where it does not vary.
        """
        drawn = self.values(name)
        return np.abs(self.in_full(name)[0] - drawn[self.which]) / self._spread(name, drawn)

    def part_misses(self, outcome: str) -> Array:
        """The same of the effects of channels, in standard deviations of each (F, n, T)."""
        drawn = self.parts(outcome)
        return np.abs(self.parts_in_full(outcome) - drawn[self.which]) / self._spread(outcome, drawn)

    def _spread(self, name: str, drawn: Array) -> Array:
        """Standard deviations (..., T) of draws (D, ..., T) that misses are measured in."""
        spread = drawn.std(axis=0)
        spread = np.maximum(spread, FLOOR * spread.max(axis=-1, keepdims=True))
        return np.where(spread <= STILL * np.abs(outcomes.on_path(self.path, name)).max(), np.nan, spread)

    def _index(self, name: str) -> int:
        return _position(self.data["outcome"].values.tolist(), name, "no outcome of this name was drawn")

    def _of_split(self, outcome: str) -> int:
        return _position(self.data["split"].values.tolist(), outcome, "is not split by channel in draws")


def _position(names: list[str], name: str, what: str) -> int:
    if name not in names:
        hint = f"; there are {one_of(names)}" if len(names) <= 12 else ""
        raise InputError.of(f"{what}{hint}", key=name, suggestion=near(name, names))
    return names.index(name)


def interval(values: Array) -> Interval:
    """Ends between which most of some draws (D,) are."""
    low, high = np.quantile(values, [LEVELS[0], LEVELS[-1]])
    return Interval(float(low), float(high))


def shares(effects: Array) -> Array:
    """Shares of the variance that numbers make up with effects (K,) of a standard deviation of each, taken as
    independent.
    """
    squares = np.nan_to_num(effects) ** 2
    return squares / (squares.sum() or 1.0)


def largest(gaps: Array) -> Miss | None:
    """Median and largest of some gaps; None where nothing varies or nothing was solved in full."""
    known = gaps[np.isfinite(gaps)]
    return Miss(float(np.median(known)), float(known.max())) if known.size else None


def derived_parts(
    slopes: dict[Channels, Array], without: Array, players: Sequence[str]
) -> tuple[Array, Array]:
    """Derivatives of the effects of channels, from those of the paths of sets of channels: Shapley values,
    which are linear in paths, by the sizes of sets that are there (`solver.shapley`).

    Args:
        slopes: Derivatives of an outcome (T, K) by set of channels, all sets of some sizes.
        without: Those without the events (K,).
        players: Channels in their order.

    Returns:
        Derivatives of effects (n, T, K), and by how much their sum misses that of the whole (T, K): 0 where
        all sets are there.
    """
    from dirigiste.solver import shapley

    whole = slopes[frozenset(players)]  # type: ignore[index]
    game = np.full((2 ** len(players), *whole.shape), np.nan)
    game[0] = without
    for members, values in slopes.items():
        game[shapley.index(members, players)] = values
    sizes = {0, *(len(members) for members in slopes)}
    parts = shapley.values(game, sizes)
    return parts, parts.sum(axis=0) - (whole - without)


# --- tables ------------------------------------------------------------------------------------------------


def frames(draws: Draws) -> dict[str, pd.DataFrame]:
    """Tables by the names of their files."""
    return {"bands": bands_frame(draws), "influence": influence_frame(draws), "draws": numbers_frame(draws)}


def bands_frame(draws: Draws) -> pd.DataFrame:
    """Quantiles of outcomes at every step of the path, of those that draws move."""
    import pandas as pd

    path, frames = draws.path, []
    about = {"time": path["time"].values, "date": path["date"].values.astype("datetime64[D]").astype(str)}
    for name in map(str, draws.data["outcome"].values):
        if not np.isfinite(slopes := draws.slopes(name)).all() or not slopes.any():
            continue
        columns = {
            f"q{round(100 * level)}": row for level, row in zip(LEVELS, draws.bands(name), strict=True)
        }
        low, high = interval(draws.without(name))
        frames.append(
            pd.DataFrame(
                {"outcome": name, **about, "run": outcomes.on_path(path, name), **columns}
                | {"without": float(outcomes.on_path(draws.base, name))}
                | {"without_q5": low, "without_q95": high}
            )
        )
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=["outcome", *about])


def numbers_frame(draws: Draws) -> pd.DataFrame:
    """The drawn numbers in their units, a row for each draw."""
    import pandas as pd

    return pd.DataFrame(draws.data["drawn"].values, columns=draws.data["number"].values.tolist())


def influence_frame(draws: Draws) -> pd.DataFrame:
    """What a standard deviation of each number does to outcomes at every step: those that are one number a
    time.
    """
    import pandas as pd

    time, frames = draws.path["time"].values, []
    for name in map(str, draws.data["outcome"].values):
        if "[" in name or not np.isfinite(effects := draws.influence(name)).all():
            continue
        frames += [
            pd.DataFrame({"outcome": name, "number": number.name, "time": time, "effect": effects[:, k]})
            for k, number in enumerate(draws.numbers)
        ]
    return pd.concat(frames, ignore_index=True)


def to_json(draws: Draws, times: Sequence[float] | None = None) -> dict[str, Any]:
    """Numbers, intervals of the outcomes that are one number a time, what a standard deviation of each number
    does to them, and how good linear responses are.

    Args:
        draws: The draws.
        times: Years from the first event; all steps if left out.
    """
    path = draws.path
    names = [str(name) for name in draws.data["outcome"].values if "[" not in str(name)]
    names = [name for name in names if np.isfinite(draws.slopes(name)).all()]
    known = path["time"].values
    steps = range(known.size) if times is None else [int(np.abs(known - time).argmin()) for time in times]
    steps = list(steps)
    bands = {name: draws.bands(name, (LEVELS[0], LEVELS[-1]))[:, steps] for name in names}
    return {
        "draws": draws.count,
        "seed": int(draws.data.attrs["seed"]),
        "numbers": [
            {
                "name": one.name,
                "unit": one.unit,
                "mean": one.mean,
                "sd": one.sd,
                "transform": one.transform,
                "why": one.why,
                "source": one.source,
            }
            for one in draws.numbers
        ],
        "interval": [LEVELS[0], LEVELS[-1]],
        "low": {name: rows[0].tolist() for name, rows in bands.items()},
        "high": {name: rows[1].tolist() for name, rows in bands.items()},
        "influence": {name: draws.influence(name)[steps].tolist() for name in names},
        "left": float(draws.data.attrs["left"]),
        "full": [
            {"draw": int(number), "why": str(why) or None}
            for number, why in zip(draws.data["full"].values, draws.data["full_why"].values, strict=True)
        ],
        "misses": {name: _as_json(largest(draws.misses(name))) for name in names},
        "channels": None if draws.split is None else _parts_json(draws, steps),
    }


def _as_json(miss: Miss | None) -> dict[str, float] | None:
    return None if miss is None else miss._asdict()


def _parts_json(draws: Draws, steps: Sequence[int]) -> dict[str, Any]:
    assert draws.split is not None
    players, result = split.order(draws.split), {}
    for n, outcome in enumerate(map(str, draws.data["split"].values)):
        low, high = np.quantile(draws.parts(outcome), [LEVELS[0], LEVELS[-1]], axis=0)[..., list(steps)]
        result[outcome] = {
            "low": {name: row.tolist() for name, row in zip(players, low, strict=True)},
            "high": {name: row.tolist() for name, row in zip(players, high, strict=True)},
            "rest": float(draws.data["part_rest"].values[n]),
            "misses": _as_json(largest(draws.part_misses(outcome))),
        }
    return result


def of(data: xr.Dataset, path: xr.Dataset, base: xr.Dataset, sets: xr.Dataset | None) -> Draws:
    """Draws as they are kept, beside the path that they are around."""
    return Draws(data, path, base, sets if "part_slope" in data else None)


def on(time: Array, known: Array, values: Array) -> Array:
    """Values (T,) at other times: a number that is a length of time moves steps."""
    return values if np.array_equal(time, known) else np.interp(time, known, values)


def times_of(path: xr.Dataset) -> dict[str, Any]:
    """The coordinates of time of a path."""
    return {name: path[name] for name in ("time", "date", "year")}
