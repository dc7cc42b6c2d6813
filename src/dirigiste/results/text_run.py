"""What a run prints: the answer first, then events, numbers, who gains and who loses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dirigiste.results import measures, text_comparison
from dirigiste.results.text import Table, as_text, number, signed

if TYPE_CHECKING:
    from dirigiste.chronicle import Event
    from dirigiste.results.comparison import Difference
    from dirigiste.results.run import Run

MOVED: Final = 5e-4
"""Statuses whose share of owners moves by less than this are left out of the headline."""

MOST: Final = 4
"""At most so many statuses are named in the headline."""

KINDS: Final = {"day": 10, "reported": 10, "month": 7, "year": 4}
"""Characters of an ISO date that its precision vouches for."""


def heading(found: Run) -> str:
    """One line: what was run, how long it took, how well it is solved."""
    worst = max(found.before.worst_residual, found.after.worst_residual)
    count = len(found.chronicle.events)
    events = "1 event" if count == 1 else f"{count} events"
    return (
        f"{found.chronicle.name} on {found.before.economy.name}: {events} · "
        f"solved in {found.provenance['seconds']:.1f} s · worst residual {worst:.0e}"
    )


NOTE: Final = (
    "Long run: the stationary state with everything that lasts, beside the one without the events. "
    "What fades is gone by then."
)

NOTHING: Final = "Nothing in this chronicle lasts, so both states are the same."


def headline(found: Run) -> list[tuple[str, str]]:
    """What it cost, what it bought, who moved: labels and sentences made from the numbers."""
    prices, aggregates = found.comparison.prices, found.comparison.aggregates

    def told(label: str, pair: Difference, unit: str) -> str:
        return f"{label} {text_comparison.change(pair, unit)}"

    cost = [
        told(label, aggregates[name], measures.AGGREGATES[name].unit)
        for label, name in (("output", "Y"), ("consumption", "C"), ("productivity", "tfp"))
    ]
    cost[1:1] = [told("wages", prices["w"], "goods per year")]
    cost.append(told("interest", prices["r"], "per year"))
    bought = [
        _from_to(name, aggregates[name], digits=1)
        for name in ("control", "silence")
        if aggregates[name].old == aggregates[name].old
    ]
    return [
        ("What it cost", "   ".join(cost)),
        ("What it bought", "   ".join(bought) or "no status counts as controlled or speaks"),
        ("Who moved", "   ".join(_moved(found))),
    ]


def _from_to(label: str, pair: Difference, digits: int) -> str:
    points = signed(100 * pair.absolute, "points", digits)
    return f"{label} {points} ({100 * pair.old:.{digits}f} → {100 * pair.new:.{digits}f} %)"


def _moved(found: Run) -> list[str]:
    by_status = found.comparison.by_status
    order = sorted(by_status, key=lambda status: -abs(by_status[status]["mass"].absolute))
    told = []
    for status in [name for name in order if abs(by_status[name]["mass"].absolute) > MOVED][:MOST]:
        pair = by_status[status]["mass"]
        told.append(f"{status} {100 * pair.old:.1f} → {100 * pair.new:.1f} %")
    flight = found.comparison.aggregates["flight"]
    if flight.old or flight.new:
        told.append(
            f"wealth carried abroad {100 * flight.old:.2f} → {100 * flight.new:.2f} % of output a year"
        )
    return told or ["nobody"]


def date(event: Event) -> str:
    """The date of an event, as exact as it is."""
    return event.date.isoformat()[: KINDS[event.precision]]


def events_table(found: Run) -> Table:
    """Date, event, who acted, channels it works through, sources."""
    chronicle, economy = found.chronicle, found.before.economy
    table = Table("Chronicle", ("date", "event", "organisation", "changes", "sources"), left=(0, 1, 2, 3, 4))
    for event in chronicle.ordered:
        channels = dict.fromkeys(chronicle.channel_of(change, economy) or "other" for change in event.changes)
        table.rows.append(
            (
                date(event),
                event.title,
                event.organisation or "",
                ", ".join(channels) or "nothing",
                ", ".join(event.sources),
            )
        )
    return table


def discrepancies_table(found: Run) -> Table:
    """Claims that differ from the record."""
    rows = [
        (date(event), f"{item.claim} ({item.claim_source})", f"{item.record} ({item.record_source})")
        for event, item in found.chronicle.discrepancies
    ]
    return Table("Claims that differ from the record", ("date", "claim", "record"), rows, left=(0, 1, 2))


def changes_table(found: Run) -> Table:
    """Parameters that end elsewhere than they began."""
    rows = [
        (item.path, number(item.before), number(item.after), ", ".join(date(event) for event in item.events))
        for item in found.changes
    ]
    return Table("What lasts", ("parameter", "before", "after", "events"), rows, left=(0, 3))


def tables(found: Run) -> list[Table]:
    """Events, discrepancies, what lasts, before and after, who gains."""
    comparison = found.comparison
    drawn = [
        events_table(found),
        discrepancies_table(found),
        changes_table(found),
        text_comparison.pairs_table("Prices", comparison.prices, measures.PRICES),
        text_comparison.pairs_table("Aggregates", comparison.aggregates, measures.AGGREGATES),
        text_comparison.status_table(comparison),
        *text_comparison.welfare_tables(comparison),
    ]
    renamed = {"old": "before", "new": "after", "owners old": "owners before", "output old": "output before"}
    return [
        Table(table.title, tuple(renamed.get(cell, cell) for cell in table.header), table.rows, table.left)
        for table in drawn
        if table.rows
    ]


def top(found: Run) -> str:
    """Heading, note and headline as lines of text."""
    lines = headline(found)
    width = max(len(label) for label, _ in lines)
    note = NOTE if found.changes else f"{NOTE} {NOTHING}"
    return "\n".join([heading(found), note, *(f"{label:<{width}}  {sentence}" for label, sentence in lines)])


def run(found: Run) -> str:
    """The whole run as plain text."""
    return "\n".join([top(found), *("\n" + as_text(table) for table in tables(found))])
