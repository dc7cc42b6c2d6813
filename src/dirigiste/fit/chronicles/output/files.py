"""Files of estimated numbers and implied fear: YAML that can be used again, JSON, CSV, figures."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dirigiste import economy as economies
from dirigiste.chronicle.event import BibliographyEntry
from dirigiste.documents.writing import to_yaml
from dirigiste.fit.chronicles.output import figures
from dirigiste.fit.chronicles.plan import correlation_of
from dirigiste.outputs import make, whole, write_text
from dirigiste.results.equilibria.equilibrium import plain
from dirigiste.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dirigiste.economy import Economy
    from dirigiste.fit.chronicles.estimate import Fitted
    from dirigiste.fit.chronicles.fear import Fear

SOURCE = "estimate"
"""Source of numbers that were estimated."""


def save_fit(result: Fitted, folder: Path) -> None:
    """Write numbers.yaml (what is known afterwards), chronicle.yaml with the estimates and its economy.yaml,
    unless that comes with the package; JSON, CSV and figures.

    Raises:
        InputError: A file cannot be written.
    """
    make(folder)
    write_text(folder / "numbers.yaml", numbers_file(result))
    write_text(folder / "chronicle.yaml", chronicle_file(result))
    economy = result.plan.at(result.z).baseline
    if not _is_shipped(economy):
        write_text(folder / "economy.yaml", economy.to_yaml())
    _json(folder / "fit.json", fit_json(result))
    _csv(folder / "numbers.csv", numbers_frame(result))
    _csv(folder / "series.csv", series_frame(result))
    _csv(folder / "influence.csv", influence_frame(result))
    _figure(folder / "fit.png", lambda: figures.fit(result))
    _figure(folder / "numbers.png", lambda: figures.numbers(result))


def save_fear(result: Fear, folder: Path) -> None:
    """Write the path of perceived enforcement as CSV, JSON and figure, and the fit of the series.

    Raises:
        InputError: A file cannot be written.
    """
    make(folder)
    _json(folder / "fear.json", fear_json(result))
    _csv(folder / "fear.csv", fear_frame(result))
    _csv(folder / "series.csv", series_frame(result.fitted))
    _figure(folder / "fear.png", lambda: figures.fear(result))
    _figure(folder / "fit.png", lambda: figures.fit(result.fitted))


def _json(path: Path, data: dict[str, Any]) -> None:
    write_text(path, json.dumps(data, ensure_ascii=False, indent=2, allow_nan=False) + "\n")


def _csv(path: Path, frame: pd.DataFrame) -> None:
    write_text(path, frame.to_csv(index=False))


def _figure(path: Path, draw: Callable[[], bytes]) -> None:
    with whole(path) as draft:
        draft.write_bytes(draw())


def numbers_file(result: Fitted) -> str:
    """What is known of the numbers after the data, as a file that `fit` and `draws` read."""
    plan = result.plan
    values = plan.values(result.z)
    given = {}
    for k, one in enumerate(plan.numbers):
        entry: dict[str, Any] = {
            "mean": values[one.name],
            "sd": float(result.sd[k]),
            "transform": one.scale.transform,
            "why": "estimated on observed series",
            "source": SOURCE,
        }
        bounds = plan.declared.numbers[one.name].bounds
        given[one.name] = entry | ({"bounds": list(bounds)} if bounds is not None else {})
    declared = plan.declared
    series = {
        name: one.model_dump(exclude_unset=True, by_alias=True) for name, one in declared.series.items()
    }
    data = {
        "name": f"{declared.name}_estimated",
        "title": f"{declared.title or declared.name}, estimated on {plan.chronicle.name}",
        "numbers": given,
        "correlation": correlation_of(result.covariance).tolist(),
        **({"series": series} if series else {}),
    }
    head = f"# Written by `dirigiste fit` {__version__}: mean and standard errors after the data.\n"
    return head + to_yaml(data)


def _is_shipped(economy: Economy) -> bool:
    return economy.name in economies.shipped() and economies.load(economy.name).hash == economy.hash


def chronicle_file(result: Fitted) -> str:
    """The chronicle with the estimated numbers; changes that moved cite the estimate as their source."""
    plan = result.plan
    new = plan.at(result.z)
    events = []
    for before, after in zip(plan.chronicle.events, new.events, strict=True):
        changes = tuple(
            b if a == b else b.model_copy(update={"source": SOURCE})
            for a, b in zip(before.changes, after.changes, strict=True)
        )
        events.append(after.model_copy(update={"changes": changes}))
    entry = {
        "title": f"Estimated by `dirigiste fit` {__version__} on observed series of {plan.chronicle.name}",
        "publisher": "Own calculation",
        "date": f"{max(result.data.dates):%Y-%m-%d}",
        "quality": "recomputed",
    }
    sources = plan.chronicle.sources | {SOURCE: BibliographyEntry.model_validate(entry)}
    economy = new.economy if _is_shipped(new.baseline) else "economy.yaml"
    changed = {"events": tuple(events), "sources": sources, "economy": economy}
    return new.model_copy(update=changed).to_yaml()


def numbers_frame(result: Fitted) -> pd.DataFrame:
    """A row for each number."""
    plan = result.plan
    means, found = plan.values(plan.mean), plan.values(result.z)
    return pd.DataFrame(
        {
            "number": plan.names,
            "unit": [one.size.unit for one in plan.numbers],
            "transform": [one.scale.transform for one in plan.numbers],
            "before": [means[name] for name in plan.names],
            "sd_before": plan.sd,
            "estimate": [found[name] for name in plan.names],
            "se": result.sd,
            "learnt": result.learnt,
            "at_bound": [name in result.at_bounds for name in plan.names],
        }
    )


def series_frame(result: Fitted) -> pd.DataFrame:
    """A row for each observed value."""
    return pd.DataFrame(
        {
            "series": result.data.series,
            "date": [date.isoformat() for date in result.data.dates],
            "observed": result.data.observed,
            "se": 1.0 / np.sqrt(result.data.weight),
            "before": result.model(result.before)[0],
            "after": result.model(result.after)[0],
        }
    )


def influence_frame(result: Fitted) -> pd.DataFrame:
    """By how much each series moves each number, on its scale."""
    rows = [
        {"number": number, "series": series, "moved": float(part[k])}
        for series, part in result.contributions.items()
        for k, number in enumerate(result.plan.names)
    ]
    return pd.DataFrame(rows, columns=["number", "series", "moved"])


def fit_json(result: Fitted) -> dict[str, Any]:
    """Everything as plain numbers."""
    return {
        "chronicle": result.plan.chronicle.name,
        "numbers": records(numbers_frame(result)),
        "covariance": result.covariance.tolist(),
        "series": records(series_frame(result)),
        "influence": records(influence_frame(result)),
        "rounds": [
            {"criterion": one.criterion, "from_data": one.from_data, "values": one.values}
            for one in result.rounds
        ],
        "ended": result.ended,
        "failures": list(result.failures),
        "left": result.after.left,
    }


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain values, None where a number has no meaning."""
    return plain(frame.to_dict("records"))


def fear_frame(result: Fear) -> pd.DataFrame:
    """A row for each period: factors on rates without events."""
    columns: dict[str, Any] = {
        "date": [date.isoformat() for date in result.dates],
        "perceived": np.exp(result.log),
        "low": np.exp(result.log - 1.645 * result.sd),
        "high": np.exp(result.log + 1.645 * result.sd),
        "log": result.log,
        "sd": result.sd,
        "sd_before": result.before,
    }
    for edge in result.edges:
        columns |= {f"written[{edge}]": result.written[edge], f"actual[{edge}]": result.actual[edge]}
    return pd.DataFrame(columns)


def fear_json(result: Fear) -> dict[str, Any]:
    """Everything as plain numbers."""
    fitted = fit_json(result.fitted)
    kept = {name: fitted[name] for name in ("chronicle", "series", "covariance", "rounds", "failures")}
    return {
        "edges": list(result.edges),
        "tau": result.tau,
        "periods": records(fear_frame(result)),
        **kept,
    }
