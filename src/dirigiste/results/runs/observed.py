"""What was observed beside what the model has for it, and how well the two agree (docs/method.md, section
14).

Values of the model on dates are weighted sums over the steps of its path, so `Clock` gives matrices, which
also serve for responses of the path.
"""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from dirigiste.chronicle.days import years_between
from dirigiste.results.quantities import expression, measures, outcomes
from dirigiste.results.runs import paths
from dirigiste.solver.interpolation import NEAR, interpolation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

    from dirigiste.chronicle.observed.series import ObservedSeries, Period

Array = NDArray[np.float64]

FLOWS: Final = frozenset({"fines", "flight"})
"""Flows whose unit does not say so, since they are over output."""

MONTHS: Final[dict[Period, int]] = {"month": 1, "quarter": 3, "half": 6, "year": 12}
"""Lengths of periods."""

PART: Final = 0.125
"""Longest part of a period, in years, on which a quadrature rule is applied."""

NODES: Final = np.polynomial.legendre.leggauss(2)[0]
"""Nodes of the rule on (-1, 1), whose weights are equal."""

CLOSE: Final = 2.0
"""Standard errors within which the root mean square of the differences must be for a series to be met."""

SIMILAR: Final = 2.0
"""Without standard errors, a factor within which the size of the model's changes must be."""

FLAT: Final = 0.1
"""Below so much of the observed changes the model does not move."""


TEXTS: Final = ("title", "unit", "outcome", "comparison", "direction", "verdict")
"""Words that a result holds for each series."""


class Clock:
    """Weights of the economy without events and of the steps of a path in its values on dates, (D, 1 + M).
    They are kept, since series share dates.
    """

    def __init__(self, path: xr.Dataset) -> None:
        self._known: dict[tuple[dt.date, Period], Array] = {}
        self.first = paths.first_date(path).date()
        self.time: Array = path["time"].values
        self.stretch: Array = path["stretch"].values
        self.jumps: Array = np.unique(self.stretch)

    def weights(self, dates: Sequence[dt.date], period: Period) -> Array:
        """Weights for values that stand for a period that ends on each date; nan beyond the horizon."""
        new = [date for date in dict.fromkeys(dates) if (date, period) not in self._known]
        rows = self._on(new) if period == "date" else self._over(new, period)
        self._known |= {(date, period): row for date, row in zip(new, rows, strict=True)}
        return np.array([self._known[date, period] for date in dates])

    def _on(self, dates: Sequence[dt.date]) -> Array:
        """Weights for the values on dates: before the first event those of the economy without events."""
        return self._at(np.array([years_between(self.first, date) for date in dates]))

    def _over(self, dates: Sequence[dt.date], period: Period) -> Array:
        """Weights for averages over the period that ends on each date, by Gauss-Legendre quadrature between
        jumps of parameters.
        """
        result = np.zeros((len(dates), 1 + self.time.size))
        for row, date in enumerate(dates):
            begin, end = (years_between(self.first, day) for day in (start_of(period, date), date))
            cuts = [begin, *(jump for jump in self.jumps if begin < jump < end), end]
            for low, high in pairwise(cuts):
                count = max(int(np.ceil((high - low) / PART)), 1)
                middles = low + (np.arange(count) + 0.5) * (high - low) / count
                points = (middles[:, None] + 0.5 * (high - low) / count * NODES).ravel()
                result[row] += self._at(points).mean(axis=0) * (high - low) / (end - begin)
        return result

    def _at(self, years: Array) -> Array:
        result = np.zeros((years.size, 1 + self.time.size))
        before, beyond = years < -NEAR, years > self.time[-1] + NEAR
        result[before, 0], result[beyond] = 1.0, np.nan
        rows = np.flatnonzero(~before & ~beyond)
        index, weights = interpolation(self.time, self.stretch, np.clip(years[rows], *self.time[[0, -1]]))
        for row, steps, values in zip(rows, index, weights, strict=True):
            np.add.at(result[row], 1 + steps, values)
        return result


def start_of(period: Period, end: dt.date) -> dt.date:
    """The day before a period begins, for the day on which it ends."""
    if period == "date":
        return end
    if period == "year_to_date":
        return dt.date(end.year - 1, 12, 31)
    return months_before(end, MONTHS[period])


def months_before(date: dt.date, months: int) -> dt.date:
    """The day some months earlier; the last day of a month for the last day of a month."""
    year, month = divmod(12 * date.year + date.month - 1 - months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    at_end = date.day == calendar.monthrange(date.year, date.month)[1]
    return dt.date(year, month + 1, last if at_end else min(date.day, last))


def is_flow(name: str) -> bool:
    """Whether an outcome is a flow, whose values stand for a year unless a series says otherwise."""
    plain = name.partition("[")[0]
    return plain in FLOWS or outcomes.measure(name).unit.endswith(" per year")


def valued(series: Iterable[ObservedSeries]) -> bool:
    """Whether a series is compared with market values, which are found only where they are asked for."""
    return any(f"{outcomes.MARKET_VALUE}[" in one.outcome for one in series)


def period_of(series: ObservedSeries) -> Period:
    """The time that a value of a series stands for."""
    if series.period is not None:
        return series.period
    return "year" if any(is_flow(name) for name in expression.parse(series.outcome).names) else "date"


@dataclass(frozen=True, eq=False)
class Compared:
    """A series and what the model has for it, by date, in the order of dates."""

    dates: tuple[dt.date, ...]
    piece: NDArray[np.int64]
    """Number of the definition that each value belongs to."""
    base: NDArray[np.bool_]
    """Whether it is the value that others of its piece refer to, and so equal by construction."""
    observed: Array
    model: Array
    """Nan where the path does not reach so far."""


class Read(dict[str, Array]):
    """Outcomes of a path by name, read when they are asked for."""

    def __init__(self, path: xr.Dataset) -> None:
        super().__init__()
        self.path = path

    def __missing__(self, name: str) -> Array:
        self[name] = values = outcomes.on_path(self.path, name)
        return values


class Reader:
    """Reads what series are compared with off a path, with the economy without events before it."""

    def __init__(self, clock: Clock, there: Mapping[str, Array], without: Mapping[str, Array]) -> None:
        """Read off outcomes by name.

        Args:
            clock: The times of a path.
            there: Outcomes along the path (T,).
            without: Outcomes of the economy without the events ().
        """
        self.clock, self.there, self.without = clock, there, without

    @classmethod
    def of(cls, path: xr.Dataset, base: xr.Dataset) -> Reader:
        """The reader of a path and of the economy without the events."""
        return cls(Clock(path), Read(path), Read(base))

    def compare(self, series: ObservedSeries) -> Compared:
        """A series as it is compared, beside the model."""
        published = series.observations
        numbers, references, observed, values = [], [], [], []
        for number, piece in enumerate(series.pieces):
            reference = series.base_of(piece)
            numbers += [number] * len(piece)
            references += [date == reference for date in piece]
            data = np.array([published[date].value for date in piece])
            if reference is not None:
                first = published[reference].value
                data = data - first if series.comparison == "change" else 100.0 * data / first
            observed.append(data)
            values.append(self.modelled(series, piece, reference))
        return Compared(
            tuple(published),
            np.array(numbers),
            np.array(references),
            np.concatenate(observed),
            np.concatenate(values),
        )

    def modelled(self, series: ObservedSeries, dates: Sequence[dt.date], reference: dt.date | None) -> Array:
        """What a series is compared with on dates, with the base date that they refer to."""
        growth = 1.0 + series.trend / 100.0
        values = self.outcome(series, dates)
        with np.errstate(all="ignore"):
            if series.comparison == "share":
                return 100.0 * values
            if series.comparison == "growth":
                before = self.outcome(series, [months_before(date, 12) for date in dates])
                return 100.0 * (values / before * growth - 1.0)
            if reference is None:
                return values
            first = self.outcome(series, [reference])
            if series.comparison == "change":
                return values - first
            years = np.array([years_between(reference, date) for date in dates])
            return 100.0 * values / first * growth**years

    def outcome(self, series: ObservedSeries, dates: Sequence[dt.date]) -> Array:
        """The outcome of a series on dates: its arithmetic, done with averages over periods."""
        arithmetic = expression.parse(series.outcome)
        weights = self.clock.weights(dates, period_of(series))
        averages: dict[str, expression.Value] = {
            name: np.where(weights == 0.0, 0.0, weights * self._values(name)).sum(axis=1)
            for name in arithmetic.names
        }
        return np.asarray(arithmetic.value(averages), dtype=float)

    def _values(self, name: str) -> Array:
        """An outcome (1 + M,), without the events and in all steps."""
        return np.concatenate([self.without[name].reshape(1), self.there[name]])


def compare(series: ObservedSeries, path: xr.Dataset, base: xr.Dataset) -> Compared:
    """A series as it is compared, beside a path and the economy without the events."""
    return Reader.of(path, base).compare(series)


def beside(
    series: ObservedSeries, clock: Clock, there: Mapping[str, Array], without: Mapping[str, Array]
) -> Compared:
    """A series as it is compared, beside any outcomes of a path; see `Reader`."""
    return Reader(clock, there, without).compare(series)


@dataclass(frozen=True)
class Fit:
    """How well the model agrees with a series; nan where there is nothing to say it from."""

    n: int
    """Values compared: without bases, and within the horizon."""
    rmse: float
    mean_difference: float
    """Of the model less the observed."""
    rms_se: float
    """Root mean square of the differences in standard errors."""
    correlation: float
    """Of changes from one value to the next within a definition, of three changes or more."""
    response: float
    """By how much the model moves where the observed moves by 1: its changes regressed on those observed."""
    direction: str
    """`same`, `opposite`, `flat` (the model hardly moves), or nothing where there is no change."""
    verdict: str
    """`met`, `changes met`, `direction only`, `missed`, or `not judged`."""


def fit(series: ObservedSeries, compared: Compared) -> Fit:
    """The agreement of a series with the model."""
    counts = ~compared.base & np.isfinite(compared.model)
    difference = (compared.model - compared.observed)[counts]
    n = int(counts.sum())
    rmse = float(np.sqrt(np.mean(difference**2))) if n else np.nan
    rms_se = np.nan if series.se is None else rmse / series.se
    of_model, of_data = _changes(compared)
    spread = float((of_data**2).sum())
    response = float((of_model * of_data).sum()) / spread if spread > 0.0 else np.nan
    direction = _direction(response)
    return Fit(
        n=n,
        rmse=rmse,
        mean_difference=float(difference.mean()) if n else np.nan,
        rms_se=rms_se,
        correlation=_correlation(of_model, of_data),
        response=response,
        direction=direction,
        verdict=_verdict(rms_se, response, direction),
    )


def _changes(compared: Compared) -> tuple[Array, Array]:
    """Changes of the model and of the series from one value to the next of the same definition."""
    steps = [
        (before, after)
        for before, after in pairwise(np.flatnonzero(np.isfinite(compared.model)))
        if compared.piece[before] == compared.piece[after]
    ]
    before, after = (np.array([step[k] for step in steps], dtype=int) for k in (0, 1))
    return (
        compared.model[after] - compared.model[before],
        compared.observed[after] - compared.observed[before],
    )


def _correlation(one: Array, other: Array) -> float:
    if one.size < 3 or np.ptp(one) == 0.0 or np.ptp(other) == 0.0:
        return np.nan
    return float(np.corrcoef(one, other)[0, 1])


def _direction(response: float) -> str:
    if not np.isfinite(response):
        return ""
    return "flat" if abs(response) < FLAT else "same" if response > 0.0 else "opposite"


def _verdict(rms_se: float, response: float, direction: str) -> str:
    if np.isfinite(rms_se) and rms_se <= CLOSE:
        return "met"
    if direction == "same":
        close = not np.isfinite(rms_se) and 1.0 / SIMILAR <= response <= SIMILAR
        return "changes met" if close else "direction only"
    return "missed" if direction or np.isfinite(rms_se) else "not judged"


def unit_of(series: ObservedSeries) -> str:
    """Unit in which a series is compared."""
    if series.comparison == "index":
        return "index, base 100"
    return "percent" if series.comparison == "share" else series.unit


def build(series: Mapping[str, ObservedSeries], path: xr.Dataset, base: xr.Dataset) -> xr.Dataset:
    """All series beside the model, over `observation`, and how well they agree, over `series`.

    Args:
        series: Series by name, one at least.
        path: A path.
        base: The economy without the events.
    """
    reader = Reader.of(path, base)
    compared = {name: reader.compare(one) for name, one in series.items()}
    fits = [fit(one, compared[name]) for name, one in series.items()]
    tables = [_values(name, one, compared[name]) for name, one in series.items()]
    columns = {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}
    numbers = {
        name: ("observation", columns[name], measures.about(row)) for name, row in measures.OBSERVED.items()
    }
    agreement = {
        name: ("series", np.array([getattr(item, name) for item in fits], dtype=float), measures.about(row))
        for name, row in measures.FIT.items()
    }
    pairs = zip(series.values(), fits, strict=True)
    words = [
        (one.title, unit_of(one), one.outcome, one.comparison, f.direction, f.verdict) for one, f in pairs
    ]
    texts = dict(zip(TEXTS, zip(*words, strict=True), strict=True))
    return xr.Dataset(
        {**numbers, **agreement, **{name: ("series", np.array(values)) for name, values in texts.items()}},
        coords={
            "series": ("series", np.array(list(series)), {"long_name": "Observed series"}),
            "name": ("observation", columns["name"], {"long_name": "Series of the value"}),
            "date": ("observation", columns["date"], {"long_name": "Last day of the period"}),
            "quality": ("observation", columns["quality"], {"long_name": "How well it is known"}),
            "source": ("observation", columns["source"], {"long_name": "Sources, ids of the chronicle"}),
        },
        attrs={"title": "Observed series beside the model"},
    )


def table(observed: xr.Dataset) -> pd.DataFrame:
    """A row for each value: series, date, numbers and source, and what it is compared with."""
    frame = observed.drop_dims("series").reset_coords().to_dataframe()
    words = observed[["unit", "outcome", "comparison"]].to_dataframe()
    frame = frame.join(words, on="name").rename(columns={"name": "series"})
    columns = ["series", "date", *measures.OBSERVED, "unit", "outcome", "comparison", "quality", "source"]
    return frame.loc[:, columns]


def to_json(observed: xr.Dataset) -> dict[str, Any]:
    """For each series its values and how well the model agrees, as plain numbers and texts."""
    series: dict[str, Any] = {}
    for name in map(str, observed["series"].values):
        one = observed.drop_dims("observation").sel(series=name)
        values = observed.drop_dims("series").isel(
            observation=np.flatnonzero(observed["name"].values == name)
        )
        series[name] = {
            **{text: str(one[text].values) for text in TEXTS},
            **{number: float(one[number]) for number in measures.FIT},
            "date": [paths.day(date) for date in values["date"].values],
            **{number: values[number].values.tolist() for number in measures.OBSERVED},
            **{text: values[text].values.tolist() for text in ("quality", "source")},
        }
    return series


def _values(name: str, series: ObservedSeries, compared: Compared) -> dict[str, NDArray[Any]]:
    """A column for each number and word of the values of a series."""
    error = np.nan if series.se is None else series.se
    return {
        "published": np.array([value.value for value in series.observations.values()]),
        "observed": compared.observed,
        "model": compared.model,
        "difference_se": (compared.model - compared.observed) / error,
        "is_base": compared.base.astype(float),
        "name": np.array([name] * len(compared.dates)),
        "date": np.array(compared.dates, dtype="datetime64[D]").astype("datetime64[ns]"),
        "quality": np.array([series.quality_of(date) for date in compared.dates]),
        "source": np.array([", ".join(series.sources_of(date)) for date in compared.dates]),
    }
