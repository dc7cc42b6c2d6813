"""The path of a chronicle as a Dataset over `time`, years from the first event, and what is read off it.

Variables are those of `measures.PATH`, `PATH_STATUS`, `PATH_ARC`, `PATH_PARAMETER` and `PATH_RESIDUAL`.
Coordinates on time: `date`, calendar `year`, `surprise` (index of the one whose path a step belongs to),
`stretch` (the time of the last jump of a parameter by then) and `step` (its length in years). The value on
the date of a surprise, or of another jump, is the one just after it.
"""

from __future__ import annotations

import calendar
import datetime as dt
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from dirigiste.chronicle.days import DAYS_PER_YEAR
from dirigiste.errors import InputError
from dirigiste.results.quantities import measures, welfare
from dirigiste.solver.interpolation import NEAR, interpolation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dirigiste.numerics.setup.arrays import Compiled
    from dirigiste.results.equilibria.equilibrium import Equilibrium
    from dirigiste.results.quantities.formulas import Facts
    from dirigiste.solver.course import Course

Array = NDArray[np.float64]

FORMULA_PARAMETERS: Final = {
    "technology.alpha": "alpha",
    "technology.eta": "eta",
    "technology.delta": "delta",
    "technology.growth": "growth",
    "closure.spending": "spending",
    "closure.foreign_capital": "foreign_capital",
    "closure.labor.outside": "outside_labor",
    "entry.wealth": "entry_wealth",
}
"""Parameters that formulas need, with their names in `formulas.Facts.numbers`."""

LAST: Final = np.datetime64("2262-04-11", "s")
"""Dates after this one cannot be expressed in nanoseconds."""


def build(course: Course, compiled: Compiled) -> xr.Dataset:
    """The path of a course of events in an economy."""
    from dirigiste.numerics.stationary import point
    from dirigiste.results.equilibria import dataset
    from dirigiste.results.quantities import formulas

    grid, u = course.grid, np.asarray(course.u)
    facts, sums = _facts(compiled, course), formulas.sums(course.sums)
    status = formulas.by_status(facts, sums)
    prices = {"wage": np.exp(u[:, point.WAGE]), "interest": u[:, point.INTEREST]}
    prices["transfer"] = u[:, point.TRANSFER]
    if compiled.layout.directed_of:
        by_spread = compiled.layout.directed_by == "spread"
        prices["added_spread"] = u[:, point.QUOTA] if by_spread else np.zeros(len(u))
        prices["limit_factor"] = np.ones(len(u)) if by_spread else np.exp(-u[:, point.QUOTA])
    totals = formulas.aggregates(facts, sums, prices)
    status["loan_rate"] = formulas.loan_rates(facts, prices)
    keep = np.broadcast_to(facts.numbers["delta"] + facts.numbers["growth"], np.shape(grid.time))
    status["investment"] = keep[:, None] * status["capital"] + _change(
        status["capital"], np.asarray(grid.time), np.asarray(grid.stretch)
    )
    worth = np.full(status["capital"].shape, np.nan) if course.claims is None else course.claims
    status["market_value"] = status["capital"] - status["borrowed"] + worth
    columns: dict[str, tuple[tuple[str, ...], ArrayLike]] = {}
    for name in measures.PATH:
        if name in prices or name in totals:
            columns[name] = ("time",), prices[name] if name in prices else totals[name]
    for name in measures.PATH_STATUS:
        columns[name] = ("time", "status"), status[name.removesuffix("_by_status")]
    for name, values in zip(
        measures.PATH_ARC, (sums.moves.people, sums.moves.wealth, sums.moves.taken), strict=True
    ):
        columns[name] = ("time", "arc"), np.asarray(values)
    parameters = list(course.parameters)
    values = [np.asarray(course.parameters[name], dtype=float) for name in parameters]
    columns["parameter_value"] = (
        ("time", "parameter"),
        np.stack(values, axis=1) if values else np.zeros((len(u), 0)),
    )
    for name in measures.PATH_RESIDUAL:
        residual = course.residuals.get(name.removeprefix("residual_"), np.zeros(len(u)))
        columns[name] = ("time",), np.asarray(residual)
    coordinates = dataset.coordinates(compiled)
    return xr.Dataset(
        _described(columns),
        coords={
            **_times(course),
            **{name: coordinates[name] for name in dataset.COORDINATES},
            "parameter": _parameters(parameters),
        },
        attrs={"title": f"Path of {compiled.economy.name} through a chronicle"},
    )


def base(before: Equilibrium, like: xr.Dataset | None = None, worth: Array | None = None) -> xr.Dataset:
    """The economy without the events, under the names of a path and without time: it stays where it is.

    Args:
        before: The stationary state before the events.
        like: A path whose parameters, and order of arcs, are taken over.
        worth: What profits to come are worth, by status (S,); None where it was not asked for.
    """
    data, economy = before.dataset, before.economy
    columns: dict[str, tuple[tuple[str, ...], ArrayLike]] = {}
    for name in measures.PATH:
        if name in data:
            columns[name] = (), data[name].values
    keep = economy.technology.delta + economy.technology.growth
    capital = data["capital_by_status"].values
    own_funds = capital - data["borrowed_by_status"].values
    of_paths = {
        "investment_by_status": keep * capital,
        "market_value_by_status": own_funds + (np.nan if worth is None else worth),
    }
    for name in measures.PATH_STATUS:
        columns[name] = ("status",), of_paths[name] if name in of_paths else data[name].values
    for name in measures.PATH_ARC:
        columns[name] = ("arc",), data[name].values
    parameters = [] if like is None else [str(name) for name in like["parameter"].values]
    columns["parameter_value"] = (
        ("parameter",),
        np.array([float(economy.get(name)) for name in parameters], dtype=float),
    )
    for name in measures.PATH_RESIDUAL:
        # nothing changes in a stationary state, so nothing is foreseen wrongly
        columns[name] = (), getattr(before.certificate, name.removeprefix("residual_"), 0.0)
    dataset = xr.Dataset(
        _described(columns),
        coords={
            **{name: data[name] for name in ("status", "arc", "edge", "origin", "destination")},
            "parameter": _parameters(parameters),
        },
        attrs={"title": f"{economy.name} without the events"},
    )
    return dataset if like is None else dataset.sel(arc=like["arc"].values)


def surprises(course: Course) -> xr.Dataset:
    """What solving the path of each surprise took, by `surprise`."""
    segments = course.segments
    columns: dict[str, tuple[tuple[str, ...], ArrayLike]] = {
        name: (("surprise",), np.array([float(getattr(item, name)) for item in segments]))
        for name in measures.SURPRISE
    }
    return xr.Dataset(
        {
            **_described(columns),
            "date": ("surprise", _dates([item.date for item in segments]), {"long_name": "Date"}),
            "worst_market": (
                "surprise",
                np.array([item.where[0] for item in segments], dtype=str),
                {"long_name": "Market of the worst residual"},
            ),
            "worst_date": (
                "surprise",
                _dates([item.where[1] for item in segments]),
                {"long_name": "Date of the worst residual"},
            ),
        },
        coords={"surprise": _indices(len(segments))},
    )


def gains(course: Course, compiled: Compiled) -> xr.Dataset:
    """Who gains from each surprise, by `surprise`; see `welfare.at_surprise`."""
    surprises = [
        welfare.at_surprise(
            compiled.economy,
            compiled.statuses,
            np.asarray(item.v_before),
            np.asarray(item.v_after),
            np.asarray(item.g),
        )
        for item in course.segments
    ]
    dates = _dates([item.date for item in course.segments])
    together = xr.concat(surprises, "surprise", combine_attrs="override")
    return together.assign_coords(
        surprise=_indices(len(surprises)), date=("surprise", dates, {"long_name": "Date of the surprise"})
    )


def at(path: xr.Dataset, times: Sequence[float]) -> xr.Dataset:
    """The path at some times, by cubics between steps of the same stretch; on the date of a surprise, or of
    another jump of a parameter, the value just after it.

    Args:
        path: A path.
        times: Years from the first event.

    Raises:
        InputError: A time is before the first event or beyond the horizon.
    """
    known = path["time"].values
    exact = np.clip(checked(path, times), known[0], known[-1])
    index, weights = interpolation(known, path["stretch"].values, exact)
    numbers = path.drop_vars([name for name in path.coords if "time" in path[name].dims])
    interpolated: Any = 0.0
    with xr.set_options(keep_attrs=True):
        for k in range(index.shape[1]):
            part = numbers.isel(time=index[:, k]) * xr.DataArray(weights[:, k], dims="time")
            interpolated = part if k == 0 else interpolated + part
    first = first_date(path)
    dates = _dates([first + dt.timedelta(days=float(time) * DAYS_PER_YEAR) for time in exact])
    years = [year_of(date) for date in dates.astype("datetime64[s]").astype(dt.datetime)]
    return interpolated.assign_coords(
        time=("time", exact, path["time"].attrs),
        date=("time", dates, path["date"].attrs),
        year=("time", years, path["year"].attrs),
    )


def checked(path: xr.Dataset, times: Sequence[float]) -> Array:
    """Times, all of them within the path.

    Raises:
        InputError: One is not.
    """
    known = path["time"].values
    asked = np.asarray(times, dtype=float).reshape(-1)
    for time in asked:
        if not time >= known[0] - NEAR:
            raise InputError.of(f"must be 0 or more, in years from the first event; got {time:g}", key="at")
        if not time <= known[-1] + NEAR:
            end = path["date"].values[-1].astype("datetime64[D]")
            raise InputError.of(
                f"{time:g} years from the first event lie beyond the horizon of the path, "
                f"{known[-1]:.4g} years ({end})",
                key="at",
            )
    return asked


def years_from_start(path: xr.Dataset, year: float) -> float:
    """Years from the first event to a calendar year such as 2021.5."""
    whole = int(year // 1)
    days = 366 if calendar.isleap(whole) else 365
    date = dt.datetime(whole, 1, 1) + dt.timedelta(days=(year - whole) * days)
    return (date - first_date(path)) / dt.timedelta(days=DAYS_PER_YEAR)


def first_date(path: xr.Dataset) -> dt.datetime:
    """Date of the first event."""
    first = path["date"].values[0].astype("datetime64[s]").astype(dt.datetime)
    return first - dt.timedelta(days=round(float(path["time"].values[0]), 6) * DAYS_PER_YEAR)


def year_of(date: dt.datetime) -> float:
    """Calendar year with its part that has passed, such as 2021.5."""
    days = 366 if calendar.isleap(date.year) else 365
    return date.year + (date - dt.datetime(date.year, 1, 1)) / dt.timedelta(days=days)


def scalars(path: xr.Dataset) -> xr.Dataset:
    """The variables of a path, or of the economy without events, that are one number a time."""
    return path[[name for name in measures.PATH if name in path]]


def statuses(path: xr.Dataset) -> xr.Dataset:
    """The variables of a path by status, under their names without the ending."""
    return path[list(measures.PATH_STATUS)].rename(
        {name: name.removesuffix("_by_status") for name in measures.PATH_STATUS}
    )


def _facts(compiled: Compiled, course: Course) -> Facts:
    """What formulas need, with the parameters that the course moves, step by step."""
    from dirigiste.results.quantities import formulas

    facts = formulas.facts(compiled)
    numbers = dict(facts.numbers)
    by_status = {"productivity": facts.productivity, "spread": facts.spread}
    for path, values in course.parameters.items():
        if path in FORMULA_PARAMETERS:
            numbers[FORMULA_PARAMETERS[path]] = np.asarray(values, dtype=float)
        head, _, rest = path.partition(".")
        name, _, field = rest.partition(".")
        if head == "statuses" and field in by_status:
            if by_status[field].ndim == 1:
                by_status[field] = np.repeat(by_status[field][None], len(values), axis=0)
            by_status[field][:, compiled.statuses.index(name)] = values
    return facts._replace(numbers=numbers, **by_status)


def _change(values: Array, time: Array, stretch: Array) -> Array:
    """Change per year in each step, (M, ...), by parabolas through steps of the same stretch: what changes
    hands on the date of a surprise or of another jump of a parameter is no change over time.
    """
    change = np.zeros_like(values)
    for begin in np.unique(stretch):
        steps = np.flatnonzero(stretch == begin)
        if steps.size > 1:
            order = 2 if steps.size > 2 else 1
            change[steps] = np.gradient(values[steps], time[steps], axis=0, edge_order=order)
    return change


def _described(columns: dict[str, tuple[tuple[str, ...], ArrayLike]]) -> dict[str, Any]:
    tables = {
        **measures.PATH,
        **measures.PATH_STATUS,
        **measures.PATH_ARC,
        **measures.PATH_PARAMETER,
        **measures.PATH_RESIDUAL,
        **measures.SURPRISE,
    }
    return {
        name: (dims, np.asarray(values, dtype=float), measures.about(tables[name]))
        for name, (dims, values) in columns.items()
    }


def _times(course: Course) -> dict[str, Any]:
    grid = course.grid
    dates = _dates(list(grid.date))
    years = [year_of(date) for date in dates.astype("datetime64[s]").astype(dt.datetime)]
    return {
        "time": (
            "time",
            np.asarray(grid.time, dtype=float),
            {"units": "years", "long_name": "Time from the first event"},
        ),
        "date": ("time", dates, {"long_name": "Date"}),
        "year": ("time", np.array(years), {"long_name": "Calendar year"}),
        "surprise": (
            "time",
            np.asarray(grid.surprise, dtype=np.int64),
            {"long_name": "Surprise whose path the step belongs to"},
        ),
        "stretch": (
            "time",
            np.asarray(grid.stretch, dtype=float),
            {"units": "years", "long_name": "Time of the last jump of a parameter by the step"},
        ),
        "step": (
            "time",
            np.asarray(grid.length, dtype=float),
            {"units": "years", "long_name": "Length of the step"},
        ),
    }


def _parameters(names: Sequence[str]) -> tuple[str, NDArray[np.str_], dict[str, str]]:
    return "parameter", np.array(names, dtype=str), {"long_name": "Parameter that the chronicle moves"}


def _indices(count: int) -> tuple[str, NDArray[np.int64], dict[str, str]]:
    return "surprise", np.arange(count), {"long_name": "Surprise, in the order of dates"}


def day(date: np.generic | np.ndarray) -> str | None:
    """A date of a path, ISO 8601; None where there is none."""
    whole = np.asarray(date).astype("datetime64[D]")
    return None if np.isnat(whole) else str(whole)


def _dates(dates: Sequence[dt.date]) -> NDArray[np.datetime64]:
    """Dates to the nearest second; in nanoseconds, as xarray has them, where these reach so far."""
    exact = np.array(dates, dtype="datetime64[us]") + np.timedelta64(500, "ms")
    seconds = exact.astype("datetime64[s]")
    return seconds if seconds.size and seconds.max() > LAST else seconds.astype("datetime64[ns]")
