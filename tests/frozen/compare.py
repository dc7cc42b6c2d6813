"""How what an engine gives now differs from what was frozen.

`stationary` and `path` give a list of `Difference`, the worst first; one is a miss where `size` is above 1.

    python tests/frozen/compare.py triangle pulse     # solve again and print the largest differences
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from frozen import cases, freeze

Json = dict[str, Any]

RELATIVE = 1e-7
"""Relative difference that is allowed in a stationary state."""

ABSOLUTE = 1e-7
"""Difference allowed in rates per year, and in logs."""

RATES = frozenset({"interest", "added_spread"})

IN_LOGS = frozenset(
    {
        "log_worth",
        "mean_log_worth",
        "mean_log_worth_alike",
        "waves_of_log_worth",
        "mean_log_consumption",
        "mean_log_consumption_alike",
    }
)

FLOORS: Mapping[str, float] = {
    "prices": 1e-2,
    "aggregates": 1e-2,
    "by_status": 1e-2,
    "by_edge": 1e-3,
    "states": 1e-3,
    "sums": 1e-2,
}
"""Numbers smaller than this are allowed the difference of this size, by group."""

FLOORS_OF: Mapping[str, float] = {"mass": 1e-4, "saving": 1e-1, "runs": 1e2, "waves_of_mass": 1e-2}
"""The same for numbers at states. Who runs a firm rises from none to all within 1e-4 of the wage, so a share
among owners on the brink is a thousand times as sensitive as the wage."""

AS_THEY_ARE = frozenset({"interest", "added_spread", "limit_factor", "gain_in_all", "control"})
"""Series whose differences are not taken relative to their size."""

NEAR_LIMIT = 2e-5
"""A path may be this far from the limit of small steps (logs, shares, rates per year) even where the first
engine's default steps are nearer."""

NOISE = 2e-7
"""What two paths may differ by for other reasons than their steps, where "nearer than" is asked."""


class Difference(NamedTuple):
    """One number that was frozen, and what it is now."""

    size: float
    """Difference over what is allowed."""
    where: str
    frozen: float | str | None
    now: float | str | None

    def __str__(self) -> str:
        return f"{self.where}: frozen {self.frozen!r}, now {self.now!r} ({self.size:.2g} of what is allowed)"


def read(case: cases.Economy | cases.Chronicle) -> Json:
    """The file of a case."""
    return json.loads(freeze.file_of(case).read_text(encoding="utf-8"))


def stationary(frozen: Json, now: Json) -> list[Difference]:
    """Differences of a stationary state from the frozen one, the worst first."""
    found = []
    for group in FLOORS:
        new = dict(flat(now[group]))
        for key, old in flat(frozen[group]):
            assert key in new, f"{group}: {key} was frozen, and is not there now"
            found.append(_difference(group, key, old, new.pop(key)))
        assert not new, f"{group}: {', '.join(new)} was not frozen"
    return sorted(found, key=lambda difference: -difference.size)


def _difference(group: str, key: str, old: object, new: object) -> Difference:
    where, name = f"{group}.{key}", key.split(".", maxsplit=1)[0]
    if not (isinstance(old, int | float) and isinstance(new, int | float)):
        same = old == new
        return Difference(0.0 if same else math.inf, where, _told(old), _told(new))
    if name in RATES or name in IN_LOGS:
        allowed = ABSOLUTE
    else:
        allowed = RELATIVE * max(abs(old), FLOORS_OF.get(name, FLOORS[group]) if group in ("states", "sums")
                                 else FLOORS[group])  # fmt: skip
    return Difference(abs(new - old) / allowed, where, old, new)


def _told(value: object) -> float | str | None:
    return value if isinstance(value, int | float | str) or value is None else str(value)


def flat(value: object, key: str = "") -> Iterator[tuple[str, object]]:
    """Numbers and texts below a value, with dotted keys."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from flat(inner, f"{key}.{name}" if key else str(name))
    elif isinstance(value, list):
        for n, inner in enumerate(value):
            yield from flat(inner, f"{key}.{n}")
    else:
        yield key, value


class Limit(NamedTuple):
    """The limit of small steps of a frozen path, by series; each on the dates of the case."""

    values: dict[str, np.ndarray]
    error: dict[str, np.ndarray]
    """How far it may be off: what the last order of the extrapolation added."""
    default: dict[str, np.ndarray]
    """The values with the steps that the first engine takes by itself, of a month at first."""


def series_of(run: Json) -> dict[str, np.ndarray]:
    """The series of a run of a path, those by status under dotted names."""
    left = {"steps", "certificate"}
    found: dict[str, np.ndarray] = {}
    for name, values in run.items():
        if name in left:
            continue
        if isinstance(values, Mapping):
            found |= {f"{name}.{key}": np.array(inner, dtype=float) for key, inner in values.items()}
        else:
            found[name] = np.array(values, dtype=float)
    return found


def limit(frozen: Json) -> Limit:
    """The limit of small steps, extrapolated from steps of dt, dt/2 and dt/4.

    The first engine is of first order in dt. With x(dt) = x + a dt + b dt^2, 2 x(dt/2) - x(dt) has no a, and
    (4 [2 x(dt/4) - x(dt/2)] - [2 x(dt/2) - x(dt)])/3 has neither a nor b.
    """
    coarse, middle, fine = (series_of(frozen["runs"][name]) for name in cases.STEPS)
    values, error = {}, {}
    for name in fine:
        first, second = 2.0 * middle[name] - coarse[name], 2.0 * fine[name] - middle[name]
        values[name] = second + (second - first) / 3.0
        error[name] = np.abs(values[name] - second)
    return Limit(values, error, series_of(frozen["runs"][freeze.DEFAULT]))


def path(frozen: Json, now: Json) -> list[Difference]:
    """Differences of a path, as `freeze.series` gives it, from the limit of small steps, the worst first.

    What is allowed on each date is the difference that the first engine's own steps have there, or
    `NEAR_LIMIT` where that is more; series are compared in units of their size, those in `AS_THEY_ARE` as
    they are.
    """
    exact, found = limit(frozen), []
    run = series_of(now)
    for name, values in exact.values.items():
        if name not in run:
            found.append(Difference(math.inf, name, "a series", None))
            continue
        scale = _scale(name, values)
        old = np.abs(exact.default[name] - values) / scale
        new = np.abs(run[name] - values) / scale
        for n, value in enumerate(values):
            slack = NOISE + float(exact.error[name][n]) / scale
            allowed = max(NEAR_LIMIT, float(old[n])) + slack
            found.append(
                Difference(float(new[n]) / allowed, f"{name}.{n}", float(value), float(run[name][n]))
            )
    return sorted(found, key=lambda difference: -difference.size)


def _scale(name: str, values: np.ndarray) -> float:
    """What differences of a series are measured in."""
    return 1.0 if name in AS_THEY_ARE else max(float(np.abs(values).max()), 1e-2)


def distances(frozen: Json, now: Json) -> tuple[float, float]:
    """Mean distance from the limit over all series and dates, of the first engine's own steps and now."""
    exact, run, old, new = limit(frozen), series_of(now), [], []
    for name, values in exact.values.items():
        scale = _scale(name, values)
        old.append(np.abs(exact.default[name] - values) / scale)
        new.append(np.abs(run[name] - values) / scale)
    return float(np.concatenate(old).mean()), float(np.concatenate(new).mean())


def main(names: list[str]) -> None:
    """Solve cases again and print the largest differences of each."""
    for case in (*cases.STATIONARY, *cases.PATHS):
        if case.name not in names or not freeze.file_of(case).is_file():
            continue
        if isinstance(case, cases.Economy):
            found = stationary(read(case), freeze.stationary(case))
        else:
            now = freeze.with_defaults(case)
            found = path(read(case), now)
            freeze.tell("{}: mean distance {:.2e}, now {:.2e}".format(case.name, *distances(read(case), now)))
        freeze.tell(f"{case.name}: {sum(difference.size > 1 for difference in found)} misses")
        for difference in found[:8]:
            freeze.tell(f"    {difference}")


if __name__ == "__main__":
    main(sys.argv[1:])
