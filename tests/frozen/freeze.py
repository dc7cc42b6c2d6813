"""Solve the catalogue of `cases.py` with the engine that is installed, and keep the numbers in small files.

    python tests/frozen/freeze.py                 # all cases
    python tests/frozen/freeze.py triangle pulse  # some of them
    python tests/frozen/freeze.py --missing       # those that have no file

Files are `stationary/NAME.json` and `paths/NAME.json` beside this script. It goes through the public
interface only, so that it runs with any engine. What is kept is what
`tests/numerics/test_numerics_frozen.py` holds the engine against: run it again only to freeze another engine
on purpose.

Of a stationary state: prices, aggregates, numbers by status, flows by edge and origin, values (as the logs of
the permanent consumption that they are worth), consumption, saving and masses at twenty states, and sums
over all states. Of a path: the main series on some dates, for each length of steps.

**Times of a path** are years of 365.25 days from the first event, as the coordinate `time` of `Run.path`. In
the first engine the sums of a step are taken over the masses at its end, and it is told at its end less an
instant of 1e-4 years. What a date between two steps holds is read off a cubic through the four nearest
steps that lie, like the date, between the same two of `Chronicle.breaks` (dates on which a series may jump or
bend), or a lower polynomial where there are fewer.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import dirigiste as dg
from dirigiste import chronicle as chronicles
from dirigiste import economy as economies
from dirigiste.chronicle import timeline
from frozen import cases

HERE = Path(__file__).resolve().parent

DIGITS = 14
"""Significant digits kept of stationary states."""

DIGITS_PATHS = 9
"""Significant digits kept of paths."""

OF_STATUS = ("mass", "output", "capital", "labor", "credit", "wealth", "entrepreneurs", "consumption", "mpk")

OF_CERTIFICATE = ("hjb", "distribution", "labor", "capital", "budget", "quota", "walras", "top_mass")

DEFAULT = "default"
"""Name of the run of a path with the steps that the engine takes by itself."""

STATES = 20
"""States at which values and masses are kept."""

SERIES = (
    "output", "wage", "interest", "transfer", "capital", "consumption", "credit", "entrepreneurs", "control",
    "fines", "flight", "net_foreign_assets", "added_spread", "limit_factor",
)  # fmt: skip
"""Series of a path that are kept, where it has them."""

Json = dict[str, Any]


def economy_of(case: cases.Economy | cases.Chronicle, tight: Mapping[str, Any] = cases.TIGHT) -> Any:
    """The economy of a case, with tolerances for freezing."""
    if case.base in cases.TEXTS:
        base = economies.loads(cases.TEXTS[case.base])
    else:
        base = dg.load(cases.FILES.get(case.base, case.base))
    return base.with_({**tight, **case.changes})


def stationary(case: cases.Economy) -> Json:
    """A stationary state as it is kept."""
    return {**about(case), **numbers(dg.solve(economy_of(case)))}


def about(case: cases.Economy | cases.Chronicle) -> Json:
    """What a file says of its case."""
    return {
        "name": case.name,
        "covers": case.covers,
        "economy": {"base": case.base, "changes": plain(dict(case.changes))},
    }


def numbers(found: Any) -> Json:
    """The numbers of a stationary state that are kept."""
    data = found.dataset
    return plain(
        {
            "engine": engine(found.provenance),
            "economy_hash": found.economy.hash,
            "certificate": {name: getattr(found.certificate, name) for name in OF_CERTIFICATE},
            "prices": found.prices,
            "aggregates": found.aggregates,
            "by_status": {
                name: {
                    str(s): float(x)
                    for s, x in zip(data["status"].values, data[f"{name}_by_status"].values, strict=True)
                }
                for name in OF_STATUS
            },
            "by_edge": {
                name: {str(e): float(x) for e, x in zip(data["arc"].values, data[name].values, strict=True)}
                for name in ("people", "wealth_moved", "taken")
            },
            "states": at_states(found),
            "sums": over_states(found),
        }
    )


def engine(provenance: Mapping[str, Any]) -> Json:
    """Versions that a result comes from, and the commit of the sources where they are in a repository."""
    names = ("program", "version", "python", "jax", "numba", "numpy")
    found = {name: provenance[name] for name in names if provenance.get(name)}
    source = Path(dg.__file__).parent
    asked = subprocess.run(
        ["git", "-C", str(source), "rev-parse", "--short=12", "HEAD"],
        capture_output=True,
        text=True,
        check=False,
    )
    return found | ({"commit": asked.stdout.strip()} if asked.returncode == 0 else {})


def log_worth(found: Any) -> np.ndarray:
    """Log of the permanent consumption that is worth the value of every state, (S, J, N); docs/method.md,
    section 3.
    """
    rho, sigma = found.economy.preferences.rho, found.economy.preferences.sigma
    rho -= (1.0 - sigma) * found.economy.technology.growth
    value = rho * found.states["value"].transpose("status", "ability", "wealth").values
    return value if sigma == 1.0 else np.log((1.0 - sigma) * value) / (1.0 - sigma)


def at_states(found: Any) -> Json:
    """Numbers at states spread over statuses, abilities and wealth; the same ones on every engine."""
    data = found.states.transpose("status", "ability", "wealth")
    s, j, n = (data.sizes[name] for name in ("status", "ability", "wealth"))
    at = [(k % s, (k * 7 + k // s) % j, round(0.85 * (n - 1) * k / (STATES - 1))) for k in range(STATES)]
    index = tuple(np.array(at).T)
    return {
        "at": [list(state) for state in at],
        "wealth": data["wealth"].values[index[2]].tolist(),
        "log_worth": log_worth(found)[index].tolist(),
        **{
            name: data[name].values[index].tolist()
            for name in ("consumption", "saving", "mass", "runs", "capital")
        },
    }


def over_states(found: Any) -> Json:
    """Means over owners, and sums with fixed weights that see every state."""
    data = found.states.transpose("status", "ability", "wealth")
    g, worth, c = data["mass"].values, log_worth(found), data["consumption"].values
    a, z = data["wealth"].values, data["ability"].values[:, None]
    weight = np.cos(np.arange(g.size, dtype=float)).reshape(g.shape)
    return {
        "mean_log_worth": float((g * worth).sum()),
        "mean_log_worth_alike": float(worth.mean()),
        "waves_of_log_worth": float((weight * worth).mean()),
        "mean_log_consumption": float((g * np.log(c)).sum()),
        "mean_log_consumption_alike": float(np.log(c).mean()),
        "mean_saving": float((g * data["saving"].values).sum()),
        "mean_wealth_squared": float((g * a**2).sum()),
        "mean_ability_wealth": float((g * z * a).sum()),
        "waves_of_mass": float((weight * g).sum()),
        "largest_mass": float(g.max()),
    }


def path(case: cases.Chronicle) -> Json:
    """A path as it is kept: with the steps that the engine takes by itself, and for several lengths of
    steps.
    """
    found: Json = {
        **about(case),
        "chronicle": case.text,
        "dates": list(case.dates),
        "breaks": list(case.breaks),
        "engine": {},
        "runs": {},
    }
    for name in (DEFAULT, *cases.STEPS):
        begun = time.perf_counter()
        with contextlib.nullcontext() if name == DEFAULT else foreseen_in_small_steps():
            run = dg.run(chronicle_of(case, {} if name == DEFAULT else cases.finer(name)))
        found["engine"] = engine(run.provenance)
        found["runs"][name] = series(run, case)
        tell(f"    steps of {name}: {time.perf_counter() - begun:.0f} s")
    return found


@contextlib.contextmanager
def foreseen_in_small_steps() -> Iterator[None]:
    """Steps that owners foresee beyond the next surprise, which never happen, as small as those after the
    last surprise: no setting of an economy does that, and with the default ones a path has no limit of small
    steps.
    """
    usual = timeline.GROWTH_BEYOND
    timeline.GROWTH_BEYOND = 1.0
    try:
        yield
    finally:
        timeline.GROWTH_BEYOND = usual


def with_defaults(case: cases.Chronicle) -> Json:
    """The series of a path with the steps that the engine takes by itself."""
    return series(dg.run(chronicle_of(case, {})), case)


def chronicle_of(case: cases.Chronicle, changes: Mapping[str, Any]) -> Any:
    """The chronicle of a case, on its economy with further changes."""
    economy = economy_of(case, {**cases.TIGHT, **cases.TIGHT_PATHS, **changes})
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "economy.yaml").write_text(economy.to_yaml(), encoding="utf-8")
        return chronicles.loads(case.text, file=str(Path(folder) / "chronicle.yaml"))


def series(run: Any, case: cases.Chronicle) -> Json:
    """The series of a run that are kept, on the dates of its case."""
    data = run.path
    known = np.asarray(data["time"].values, dtype=float)

    def read(values: np.ndarray) -> list[float]:
        return [rounded(on_date(known, values, date, case.breaks), DIGITS_PATHS) for date in case.dates]

    found = {name: read(data[name].values) for name in SERIES if name in data}
    found = {name: values for name, values in found.items() if len(set(values)) > 1}
    certificate = run.certificate
    return plain(
        {
            "steps": int(known.size),
            "certificate": {
                name: rounded(abs(certificate.residuals[name].worst), 3)
                for name in ("foresight", "walras", "hjb")
            },
            "gain_in_all": [rounded(float(x), DIGITS_PATHS) for x in run.welfare["gain_in_all"].values],
            **found,
            "mass_by_status": {
                str(name): read(data["mass_by_status"].transpose("status", "time").values[n])
                for n, name in enumerate(data["status"].values)
            },
        }
    )


def on_date(known: np.ndarray, values: np.ndarray, date: float, breaks: Iterable[float]) -> float:
    """What a series holds on a date; see the head of this file."""
    nearest = int(np.abs(known - date).argmin())
    if abs(known[nearest] - date) <= 1e-6:
        return float(values[nearest])
    low = max((b for b in breaks if b <= date), default=-math.inf)
    high = min((b for b in breaks if b > date), default=math.inf)
    inside = np.flatnonzero((known >= low - 1e-9) & (known < high - 1e-9))
    begin = np.searchsorted(known[inside], date) - 2
    begin = int(np.clip(begin, 0, max(inside.size - 4, 0)))
    use = inside[begin : begin + 4]
    x, total = known[use], 0.0
    for n in range(use.size):
        others = np.delete(x, n)
        total += float(values[use[n]]) * float(np.prod((date - others) / (x[n] - others)))
    return total


def rounded(value: float, digits: int) -> float:
    """A number with so many significant digits."""
    return float(f"{value:.{digits}g}")


def plain(value: Any) -> Any:
    """The same as strict JSON: None for nan, texts for infinities, `DIGITS` digits."""
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, float):
        if math.isnan(value):
            return None
        return rounded(value, DIGITS) + 0.0 if math.isfinite(value) else str(value)
    return value


def file_of(case: cases.Economy | cases.Chronicle) -> Path:
    """Where a case is kept."""
    kind = "stationary" if isinstance(case, cases.Economy) else "paths"
    return HERE / kind / f"{case.name}.json"


def write(case: cases.Economy | cases.Chronicle, found: Json) -> Path:
    """Keep a case."""
    file = file_of(case)
    file.parent.mkdir(exist_ok=True)
    file.write_text(layout(found) + "\n", encoding="utf-8")
    return file


def layout(found: Json, indent: str = "") -> str:
    """JSON with one line for every list or mapping that holds no other mapping."""
    rows = []
    for key, value in found.items():
        nested = isinstance(value, dict) and any(isinstance(inner, dict | list) for inner in value.values())
        if nested:
            text = layout(value, indent + " ")
        else:
            text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(", ", ": "))
        rows.append(f"{indent} {json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(rows) + f"\n{indent}}}"


def tell(text: str) -> None:
    """A line of progress."""
    print(text, flush=True)  # noqa: T201


def main(arguments: list[str] | None = None) -> int:
    """Freeze cases; how many did not solve."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="cases; all if left out")
    parser.add_argument("--missing", action="store_true", help="only cases without a file")
    asked = parser.parse_args(arguments)
    everything = {case.name: case for case in (*cases.STATIONARY, *cases.PATHS)}
    unknown = [name for name in asked.names if name not in everything]
    if unknown:
        parser.error(f"no such case: {', '.join(unknown)}; there are {', '.join(everything)}")
    failed = 0
    for case in (everything[name] for name in asked.names or everything):
        if asked.missing and file_of(case).is_file():
            continue
        begun = time.perf_counter()
        try:
            found = stationary(case) if isinstance(case, cases.Economy) else path(case)
        except (dg.DirigisteError, ValueError, ArithmeticError, RuntimeError) as error:
            failed += 1
            tell(f"{case.name}: NOT SOLVED after {time.perf_counter() - begun:.0f} s: {error}")
            if not isinstance(error, dg.DirigisteError):
                traceback.print_exc()
            continue
        file = write(case, found)
        tell(f"{case.name}: {time.perf_counter() - begun:.0f} s, {file.stat().st_size} bytes")
    return failed


if __name__ == "__main__":
    sys.exit(min(main(), 1))
