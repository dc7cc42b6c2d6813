"""Winners and losers at each surprise: what is announced against what was expected the day before."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from dirigiste.report import words
from dirigiste.report.figure_data import course
from dirigiste.report.figure_data.table import Table
from dirigiste.report.figure_data.welfare import FEW, LARGE, SAME, Group, Welfare, equivalent

if TYPE_CHECKING:
    from dirigiste.results.runs.run import Run

QUINTILES: Final = ("poorest", "second", "middle", "fourth", "richest")


@dataclass(frozen=True)
class Vote:
    """A surprise, and how owners would vote on it."""

    index: int
    date: dt.date
    numbers: tuple[int, ...]
    """Numbers of its events in the table of events."""
    label: str
    share_for: float
    """Share of owners who gain."""
    mean: float
    """Mean consumption equivalent of all owners."""


def votes(run: Run) -> list[Vote]:
    """All surprises in the order of their dates."""
    data = run.welfare
    rows = []
    for n, when in enumerate(course.dates(run)):
        here = [(k, e) for k, e in enumerate(run.chronicle.ordered, start=1) if e.date == when and e.acts]
        label = "; ".join(event.title for _, event in here) or when.isoformat()
        at = data.isel(surprise=n)
        mean = _mean(np.asarray(at["gain"].values), np.asarray(at["mass"].values))
        numbers = tuple(k for k, _ in here)
        rows.append(Vote(n, when, numbers, label, float(at["votes_for"].values), equivalent(mean)))
    return rows


def _mean(values: np.ndarray, weights: np.ndarray) -> float:
    """Weighted mean where there is weight; nan without any."""
    used = (weights > 0) & np.isfinite(values)
    total = float(weights[used].sum())
    return float((values[used] * weights[used]).sum()) / total if total > FEW else math.nan


def largest(run: Run) -> int:
    """The surprise that changes the lives of owners most."""
    data = run.welfare
    weight, gain = np.asarray(data["mass"].values), np.abs(np.nan_to_num(np.asarray(data["gain"].values)))
    axes = tuple(n for n, name in enumerate(data["gain"].dims) if name != "surprise")
    return int(np.argmax((weight * gain).sum(axis=axes)))


def chosen(run: Run) -> list[Vote]:
    """The first surprise, and the largest if that is another one."""
    all_votes = votes(run)
    return [all_votes[n] for n in dict.fromkeys((0, largest(run)))]


def at(run: Run, index: int) -> Welfare:
    """Gains at a surprise by status and wealth quintile, over all abilities."""
    order = ("status", "quintile", "ability_group")
    data = run.welfare.isel(surprise=index)
    gain, mass, wins, loses = (
        np.asarray(data[name].transpose(*order).values, dtype=float)
        for name in ("gain", "mass", "share_gaining", "share_losing")
    )
    economy = run.before.economy
    groups = [
        _group(str(name), words.status(economy, str(name)), gain[n], mass[n], wins[n], loses[n])
        for n, name in enumerate(data["status"].values)
        if mass[n].sum() > FEW
    ]
    joined = [np.concatenate(list(x), axis=1) for x in (gain, mass, wins, loses)]
    every = _group("all", "all owners", *joined)
    return Welfare(QUINTILES[: gain.shape[1]], (*groups, every))


def _group(
    name: str, label: str, gain: np.ndarray, mass: np.ndarray, wins: np.ndarray, loses: np.ndarray
) -> Group:
    cells = tuple(equivalent(_mean(g, m)) for g, m in zip(gain, mass, strict=True))
    masses = tuple(float(m.sum()) for m in mass)
    mean = equivalent(_mean(gain, mass))
    return Group(name, label, float(mass.sum()), cells, masses, mean, _mean(wins, mass), _mean(loses, mass))


def title(run: Run) -> str:
    """Who gains and who loses at the largest surprise."""
    vote = votes(run)[largest(run)]
    welfare = at(run, vote.index)
    cells = [
        (cell, group.label, quintile)
        for group in welfare.groups[:-1]
        for quintile, mass, cell in zip(welfare.quintiles, group.masses, group.cells, strict=True)
        if mass >= LARGE and math.isfinite(cell)
    ]
    if not cells or max(abs(cell) for cell, _, _ in cells) < SAME:
        return "No surprise makes anybody gain or lose"
    worst, best = min(cells), max(cells)
    top = worst if -worst[0] >= best[0] else best
    kind = "loss" if top[0] < 0 else "gain"
    return (
        f"{words.day(vote.date)}: {words.percent(vote.share_for)} of owners gain; the largest {kind} is "
        "that of "
        f"{top[1]} owners in the {top[2]} fifth ({words.change(top[0])})"
    )


def votes_title(run: Run) -> str:
    """How many surprises would win a vote."""
    all_votes = votes(run)
    won = sum(vote.share_for > 0.5 for vote in all_votes)
    moved = [vote for vote in all_votes if abs(vote.mean) >= SAME or vote.share_for > 0]
    if not moved:
        return "No surprise would win a vote: nobody gains from any"
    if len(all_votes) == 1:
        return f"{words.percent(all_votes[0].share_for)} of owners would vote for the one surprise"
    top = max(all_votes, key=lambda vote: vote.share_for)
    head = {0: "None", len(all_votes): "Every one"}.get(won, str(won))
    return (
        f"{head} of {len(all_votes)} surprises would win a vote of owners; most votes "
        f"({words.percent(top.share_for)}) go to {words.day(top.date)}"
    )


def table(run: Run) -> Table:
    """All surprises, statuses and fifths."""
    columns = ("surprise", "status", "wealth quintile", "owners (share of all)")
    columns = (*columns, "consumption equivalent (relative change)", "gain (share of group)")
    rows: list[tuple[str | float | None, ...]] = []
    for vote in votes(run):
        for group in at(run, vote.index).groups:
            cells = zip(QUINTILES, group.masses, group.cells, strict=False)
            rows += [
                (vote.date.isoformat(), group.status, name, mass, cell, None) for name, mass, cell in cells
            ]
            rows.append((vote.date.isoformat(), group.status, "all", group.mass, group.change, group.gains))
    return Table.of(columns, rows)


def votes_table(run: Run) -> Table:
    """Votes on all surprises."""
    columns = ("date", "events", "for it (share of owners)", "mean consumption equivalent (relative change)")
    return Table.of(columns, [(v.date.isoformat(), v.label, v.share_for, v.mean) for v in votes(run)])
