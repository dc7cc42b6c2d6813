"""Events: through which channels each acts, how large it was in dollars; claims beside the record."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from dirigiste.chronicle import CHANNELS
from dirigiste.report import words
from dirigiste.report.figure_data.table import Table

if TYPE_CHECKING:
    from dirigiste.chronicle import BibliographyEntry, Change, Chronicle, Discrepancy, Event
    from dirigiste.economy import Economy
    from dirigiste.results.runs.run import Run

NO_EFFECT: Final = "none"
"""Lane of events that change nothing in the model."""

LABELS: Final = {NO_EFFECT: "no change in the model"}

LANES: Final = {
    "credit": ("credit", "collateral, data lending, spread"),
    "fines": ("fines", "size of fines and levies"),
    "listing": ("listing", "access to public equity"),
    "party": ("party", "mandates, cost of loyalty"),
    "force": ("force", "actual enforcement"),
    "fear": ("fear", "perceived enforcement"),
    "exit": ("exit", "ways abroad"),
    NO_EFFECT: ("no change", "one case, an outcome, a repeat"),
}
"""Name and meaning of lanes."""


@dataclass(frozen=True)
class Dated:
    """An event with its number in the table and what the figure needs of it."""

    number: int
    event: Event
    channels: tuple[str, ...]
    """Channels of its changes, in the order of `CHANNELS`; `NO_EFFECT` alone if it has none."""
    lasting: tuple[str, ...]
    """Those of them in which some change does not fade."""

    @cached_property
    def usd(self) -> float | None:
        """Largest amount in US dollars that a source gives, or None."""
        amounts = [
            amount.count * (amount.usd if amount.usd_upper is None else amount.usd_upper)
            for amount in self.event.amounts
            if amount.usd is not None
        ]
        return max(amounts, default=None)

    @property
    def heading(self) -> str:
        """Title with date and amount, for a tooltip."""
        parts = [f"{words.date(self.event)}: {self.event.title}"]
        if self.event.organisation:
            parts.append(self.event.organisation)
        parts += [words.what(amount) + " " + _both(amount) for amount in self.event.amounts]
        return "; ".join(parts)


def _both(amount: object) -> str:
    original, converted = words.money(amount), words.dollars(amount)  # type: ignore[arg-type]
    return f"{original} ({converted})" if converted else original


def dated(run: Run) -> list[Dated]:
    """Events in the order of their dates, numbered from 1."""
    chronicle, economy = run.chronicle, run.before.economy
    return [_dated(chronicle, economy, n, event) for n, event in enumerate(chronicle.ordered, start=1)]


def _dated(chronicle: Chronicle, economy: Economy, n: int, event: Event) -> Dated:
    by_channel: dict[str, list[Change]] = {}
    for change in chronicle.changes_of(event, economy):
        by_channel.setdefault(chronicle.channel_of(change, economy) or "other", []).append(change)
    order = [*CHANNELS, "other"]
    used = tuple(channel for channel in order if channel in by_channel) or (NO_EFFECT,)
    lasting = tuple(c for c in used if any(not change.fades for change in by_channel.get(c, ())))
    return Dated(n, event, used, lasting)


def lanes(events: list[Dated]) -> list[str]:
    """Lanes of the time axis from top to bottom: channels that are used, then those without effect."""
    used = {channel for item in events for channel in item.channels}
    return [lane for lane in (*CHANNELS, "other", NO_EFFECT) if lane in used]


def span(events: list[Dated]) -> tuple[dt.date, dt.date]:
    """First and last date that the axis shows."""
    first = min(item.event.date for item in events)
    last = max(item.event.until or item.event.date for item in events)
    margin = dt.timedelta(days=max(round(0.02 * (last - first).days), 20))
    return first - margin, last + margin


def title(run: Run) -> str:
    """What the figure shows, in a sentence."""
    events = dated(run)
    active = [item for item in events if item.channels != (NO_EFFECT,)]
    used = lanes(active)
    if not active:
        return f"None of {words.count(len(events), 'event')} changes the model"
    counts = {lane: sum(lane in item.channels for item in active) for lane in used}
    top = max(used, key=lambda lane: counts[lane])
    head = f"{len(active)} of {words.count(len(events), 'event')} change the model"
    if len(active) == len(events):
        head = (
            f"All {len(events)} events change the model"
            if len(events) > 1
            else "The one event changes the model"
        )
    if len(events) > 1 and len(used) > 1 and counts[top] == len(active):
        return f"{head}, all of them through {top}"
    if len(used) == 1:
        return f"{head}, all through {top}"
    if counts[top] == 1:
        return f"{head}, through {words.listing(used)}"
    return f"{head}, most often through {top} ({counts[top]})"


def table(run: Run) -> Table:
    """One row for each event and channel."""
    columns = (
        "number",
        "date",
        "precision",
        "until",
        "title",
        "organisation",
        "channel",
        "lasts",
        "largest amount (USD)",
    )
    rows = [
        (
            item.number,
            str(item.event.date),
            item.event.precision,
            str(item.event.until or ""),
            item.event.title,
            item.event.organisation or "",
            LABELS.get(channel, channel),
            str(channel in item.lasting).lower(),
            item.usd,
        )
        for item in dated(run)
        for channel in item.channels
    ]
    return Table.of(columns, rows)


@dataclass(frozen=True)
class Citation:
    """An entry of the bibliography with the number by which it is cited."""

    number: int
    id: str
    source: BibliographyEntry


def bibliography(chronicle: Chronicle) -> dict[str, Citation]:
    """Sources by id, numbered in the order of the file."""
    return {
        id_: Citation(n, id_, source) for n, (id_, source) in enumerate(chronicle.sources.items(), start=1)
    }


@dataclass(frozen=True)
class Disagreement:
    """A claim beside the record, with the number of its event."""

    number: int
    event: Event
    item: Discrepancy


def disagreements(run: Run) -> list[Disagreement]:
    """Claims that differ from the record, in the order of the events."""
    return [
        Disagreement(row.number, row.event, item) for row in dated(run) for item in row.event.discrepancies
    ]
