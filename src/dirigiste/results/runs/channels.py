"""Effects by channel (docs/method.md, section 11): paths of sets of channels, and Shapley values of their
differences, exact from all sets, or from those of some sizes with an error that is reported (`shapley`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from dirigiste.chronicle.channels import CHANNELS
from dirigiste.documents.words import near, one_of
from dirigiste.errors import InputError
from dirigiste.results.runs import paths
from dirigiste.solver import shapley

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dirigiste.chronicle import Channel, Chronicle
    from dirigiste.numerics.setup.arrays import Compiled
    from dirigiste.solver.course import Course

Array = NDArray[np.float64]

PLUS: Final = "+"
"""Between the channels of a set."""

OUTCOMES: Final = ("output", "wage", "interest", "tfp", "control", "silence", "flight")
"""Outcomes that are split where nobody asks for others."""

AGREE: Final = 0.01
"""Two levels of sets agree on an outcome if no part differs by more than this share of the largest ..."""

ACCURACY: Final = 1e-5
"""... or than this, relative to the outcome where that is above 1: the accuracy of paths."""


def chosen(
    chronicle: Chronicle, names: str | Sequence[str] | None, key: str = "only"
) -> tuple[Channel, ...] | None:
    """Channels that a user asks for, in the order of `CHANNELS`; None means all.

    Raises:
        InputError: A name is no channel, or one that the chronicle does not use; or there are none.
    """
    if names is None:
        return None
    given = [names] if isinstance(names, str) else list(names)
    used = chronicle.channels()
    has = f"the chronicle uses {one_of(used)}" if used else "the chronicle uses none"
    for name in given:
        if name not in CHANNELS:
            raise InputError.of(
                f"`{name}` is no channel; {has}", key=key, suggestion=near(name, used or CHANNELS)
            )
        if name not in used:
            raise InputError.of(f"the chronicle has no change in the channel `{name}`; {has}", key=key)
    if not given:
        raise InputError.of(f"names no channel; {has}", key=key)
    return tuple(channel for channel in CHANNELS if channel in given)


def asked(channels: bool | str) -> bool | Literal["quick"]:
    """How effects are to be split by channel.

    Raises:
        InputError: It is none of True, False and "quick".
    """
    if isinstance(channels, bool):
        return channels
    if channels == "quick":
        return "quick"
    raise InputError.of(f"must be True, False or `quick`; got `{channels}`", key="channels")


def build(
    courses: Mapping[frozenset[Channel], Course], compiled: Compiled, path: xr.Dataset, base: xr.Dataset
) -> xr.Dataset:
    """Every series of the path that is one number a time, for sets of channels.

    Args:
        courses: Courses by sets of channels, all sets of some sizes. The empty set is the economy without the
            events, whatever is given for it; the full set may be left out, and is the path.
        compiled: The economy.
        path: The path with all channels, whose times the others are put on.
        base: The economy without the events.
    """
    players = {channel for members in courses for channel in members}
    order: list[Channel] = [channel for channel in CHANNELS if channel in players]
    time = path["time"].values
    whole = paths.scalars(path)
    names = [str(name) for name in whole.data_vars]
    sizes = sorted({0, len(order)} | {len(members) for members in courses})
    rows, labels = [], []
    for n in range(2 ** len(order)):
        members = frozenset(shapley.coalition(n, order))
        if len(members) not in sizes:
            continue
        labels.append(PLUS.join(shapley.coalition(n, order)))
        if not members:
            rows.append({name: np.full(time.size, float(base[name])) for name in names})
        elif members in courses:
            scalars = paths.scalars(paths.build(courses[members], compiled))
            rows.append({name: _on(time, scalars["time"].values, scalars[name].values) for name in names})
        elif len(members) == len(order):
            rows.append({name: whole[name].values for name in names})
        else:
            raise KeyError(f"no path of the channels {sorted(members)}")
    return xr.Dataset(
        {
            name: (("subset", "time"), np.stack([row[name] for row in rows]), whole[name].attrs)
            for name in names
        },
        coords={
            "subset": (
                "subset",
                np.array(labels, dtype=str),
                {"long_name": "Channels that act; empty for none"},
            ),
            **{name: path[name] for name in ("time", "date", "year", "step")},
        },
        attrs={"title": "Paths by set of channels", "channels": PLUS.join(order)},
    )


def _on(time: Array, known: Array, values: Array) -> Array:
    """Values at other times, linear between steps, and as at the ends beyond them."""
    return values if np.array_equal(time, known) else np.interp(time, known, values)


def order(split: xr.Dataset) -> tuple[str, ...]:
    """Channels in the order of bits."""
    names = str(split.attrs["channels"])
    return tuple(names.split(PLUS)) if names else ()


def sizes(split: xr.Dataset) -> tuple[int, ...]:
    """Sizes of the sets of channels whose paths are known."""
    return tuple(sorted({_size(str(label)) for label in split["subset"].values}))


def exact(split: xr.Dataset) -> bool:
    """Whether the paths of all sets are known."""
    return len(sizes(split)) == len(order(split)) + 1


def settled(split: xr.Dataset) -> bool:
    """Whether the last two levels of sets agree on all outcomes, and the parts add up to the whole, within
    `AGREE` and `ACCURACY`; or all sets are known.
    """
    return exact(split) or all(
        max(error.levels, error.rest) <= max(AGREE * error.largest, ACCURACY * max(1.0, error.level))
        for error in (error_of(split, outcome) for outcome in OUTCOMES)
        if np.isfinite(error.level)
    )


class Error(NamedTuple):
    """How far the parts of an outcome may be off, at worst over the path, in its unit."""

    levels: float
    """Largest difference of a part from what the level of sets before gave; infinite at the first one."""
    rest: float
    """Largest difference of the sum of parts from the whole."""
    largest: float
    """Largest part."""
    level: float
    """Largest value of the outcome; nan where it has no meaning."""


def error_of(split: xr.Dataset, outcome: str) -> Error:
    """How far the parts of an outcome may be off; 0 where all sets are known."""
    series = split[outcome].transpose("subset", "time").values
    game = _game(split, series)
    level, largest = float(np.abs(series[0]).max()), float(np.abs(parts := _parts(split, game)).max())
    if exact(split):
        return Error(0.0, 0.0, largest, level)
    rest = float(np.abs(parts.sum(axis=0) - (game[-1] - game[0])).max())
    return Error(float(np.abs(_differences(split, game)).max()), rest, largest, level)


def _size(label: str) -> int:
    return len(label.split(PLUS)) if label else 0


def _game(split: xr.Dataset, values: Array) -> Array:
    """Values (subset, ...) at the indices of their sets, nan where there is no path (2^n, ...)."""
    players = order(split)
    game = np.full((2 ** len(players), *values.shape[1:]), np.nan)
    for label, value in zip(split["subset"].values, values, strict=True):
        game[shapley.index(str(label).split(PLUS) if str(label) else (), players)] = value
    return game


def _parts(split: xr.Dataset, game: Array) -> Array:
    return shapley.values(game, sizes(split))


def _differences(split: xr.Dataset, game: Array) -> Array:
    """Parts less those that the level of sets before gives; infinite at the first level."""
    known = sizes(split)
    fewer = [level for level in shapley.levels(len(order(split))) if len(level) < len(known)]
    parts = _parts(split, game)
    if not fewer or not set(fewer[-1]) <= set(known):
        return np.full_like(parts, np.inf)
    return parts - shapley.values(game, fewer[-1])


def channels(
    split: xr.Dataset,
    outcome: str,
    *,
    time: float | Sequence[float] | None = None,
    year: float | Sequence[float] | None = None,
    interactions: bool = False,
    present_value: float | None = None,
) -> xr.DataArray:
    """Shapley values, or interactions, of what the events do to an outcome; see `Run.channels`.

    Raises:
        InputError: There is no such outcome or time, or more than one of time, year and present value is
            given.
    """
    if outcome not in split:
        known = [str(name) for name in split.data_vars]
        raise InputError.of(
            f"`{outcome}` is not split by channel; there are {one_of(known)}",
            key="outcome",
            suggestion=near(outcome, known),
        )
    if sum(given is not None for given in (time, year, present_value)) > 1:
        raise InputError.of("give one of time, year and present_value", key="time")
    series, players = split[outcome], order(split)
    unit = str(series.attrs["units"])
    if present_value is not None:
        discounted = shapley.present_value(
            series.values - series.values[0], split["step"].values, present_value
        )
        game = xr.DataArray(discounted, dims="subset")
        base, unit = 0.0, f"{unit} × years"
    else:
        game = series if time is None and year is None else _at(split, outcome, time, year)
        base = float(series.values[0, 0])
    rest = [str(dim) for dim in game.dims if dim != "subset"]
    game = game.transpose("subset", *rest)
    coords: dict[Any, Any] = {name: game[name] for name in game.coords if name != "subset"}
    values = _game(split, game.values)
    names = np.array(players, dtype=str)
    coords["channel"] = ("channel", names, {"long_name": "Channel"})
    about = {
        "units": unit,
        "whole": _plain(values[-1] - values[0]),
        "base": base,
        "value": _plain(values[-1]),
    }
    meaning = series.attrs["long_name"]
    if interactions:
        pairs = shapley.interactions(values, sizes(split))
        if len(players) > 1 and np.isnan(pairs[0, 1]).all() and np.isfinite(values[-1]).any():
            raise InputError.of(
                "interactions of pairs need more sets of channels than this quick split has: run it with "
                "channels=True (dirigiste run --channels)",
                key="interactions",
            )
        coords["other"] = ("other", names, {"long_name": "Channel"})
        about["long_name"] = f"By how much two channels together move more than each alone: {meaning}"
        return xr.DataArray(pairs, dims=("channel", "other", *rest), coords=coords, name=outcome, attrs=about)
    about["long_name"] = f"Effect of each channel on: {meaning}"
    parts = _parts(split, values)
    if not exact(split):
        about["sets"], about["sets_of_all"] = split.sizes["subset"], 2 ** len(players)
        about["rest"] = _plain(parts.sum(axis=0) - (values[-1] - values[0]))
        about["levels_differ"] = float(np.abs(_differences(split, values)).max())
    return xr.DataArray(parts, dims=("channel", *rest), coords=coords, name=outcome, attrs=about)


def _at(
    split: xr.Dataset,
    outcome: str,
    time: float | Sequence[float] | None,
    year: float | Sequence[float] | None,
) -> xr.DataArray:
    given = np.asarray(time if year is None else year, dtype=float)
    times = given.reshape(-1).tolist()
    if year is not None:
        times = [paths.years_from_start(split, item) for item in times]
    variable = paths.at(split[[outcome]], times)[outcome]
    return variable.isel(time=0) if given.ndim == 0 else variable


def _plain(values: Array) -> float | list[float]:
    return float(values) if np.ndim(values) == 0 else values.tolist()
