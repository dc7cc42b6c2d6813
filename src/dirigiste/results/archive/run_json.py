"""A run as one object of plain numbers and texts: what `dirigiste run --json` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dirigiste.results.equilibria.equilibrium import plain
from dirigiste.results.quantities import measures
from dirigiste.results.runs import channels as split
from dirigiste.results.runs import draws, observed, paths

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr

    from dirigiste.results.runs.run import Run


def to_json(run: Run, at: Sequence[float] | None = None) -> dict[str, Any]:
    """The object of `Run.to_json`."""
    path = run.path if at is None else paths.at(run.path, at)
    times = [float(time) for time in path["time"].values]
    scalars = [name for name in measures.PATH if name in path]
    return plain(
        {
            "name": run.chronicle.name,
            "title": run.chronicle.title,
            "economy": run.before.economy.name,
            "only": None if run.only is None else list(run.only),
            "events": len(run.chronicle.events),
            "time": times,
            "date": [paths.day(date) for date in path["date"].values],
            "path": {name: path[name].values.tolist() for name in scalars},
            "base": {name: float(run.base[name]) for name in scalars},
            "by_status": {
                name.removesuffix("_by_status"): {
                    str(status): path[name].sel(status=status).values.tolist()
                    for status in path["status"].values
                }
                for name in measures.PATH_STATUS
            },
            "channels": None if run.split is None else _channels(run, None if at is None else times),
            "channels_from": None if run.split is None else _sets(run.split),
            "observed": None if run.observed is None else observed.to_json(run.observed),
            "draws": None if run.draws is None else draws.to_json(run.draws, None if at is None else times),
            "surprises": _surprises(run),
            "certificate": run.certificate.to_json(),
            "before": run.before.to_json(),
            "after": run.after.to_json(),
            "comparison": run.comparison.to_json(),
            "changes": [
                {
                    "path": item.path,
                    "before": item.before,
                    "after": item.after,
                    "events": [
                        {"date": event.date.isoformat(), "title": event.title} for event in item.events
                    ],
                }
                for item in run.changes
            ],
            "provenance": run.provenance,
        }
    )


def _channels(run: Run, times: list[float] | None) -> dict[str, dict[str, list[float]]]:
    changes = {}
    for outcome in split.OUTCOMES:
        parts = run.channels(outcome, time=times)
        changes[outcome] = {
            str(channel): parts.sel(channel=channel).values.tolist() for channel in parts["channel"].values
        }
    return changes


def _sets(data: xr.Dataset) -> dict[str, Any]:
    """From how many sets of channels the parts are, and how far they may be off."""
    counts: dict[str, Any] = {"sets": data.sizes["subset"], "of": 2 ** len(split.order(data))}
    if split.exact(data):
        return {**counts, "off": None}
    off = {outcome: split.error_of(data, outcome) for outcome in split.OUTCOMES}
    return {
        **counts,
        "off": {name: {"levels_differ": error.levels, "rest": error.rest} for name, error in off.items()},
    }


def _surprises(run: Run) -> list[dict[str, Any]]:
    """Who gains from each surprise, in all and by status."""
    data, rows = run.welfare, []
    for n in range(data.sizes["surprise"]):
        one = data.isel(surprise=n)
        mass = one["mass"].sum(("quintile", "ability_group"))
        gain = (one["gain"] * one["mass"]).sum(("quintile", "ability_group")) / mass.where(mass > 0)
        rows.append(
            {
                "date": paths.day(one["date"].values),
                **{name: float(one[name]) for name in ("gain_in_all", "votes_for", "votes_against")},
                "gain_by_status": {
                    str(status): float(gain.sel(status=status)) for status in data["status"].values
                },
            }
        )
    return rows
