"""The figures of a report: what each shows, in words and numbers, and how it is drawn."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from dirigiste.report import words
from dirigiste.report.drawing import events as draw_events
from dirigiste.report.drawing import firms as draw_firms
from dirigiste.report.drawing import people as draw_people
from dirigiste.report.drawing import sheet
from dirigiste.report.drawing import welfare as draw_welfare
from dirigiste.report.figure_data import events, firms, people, welfare

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from matplotlib.figure import Figure

    from dirigiste.report.figure_data.table import Table
    from dirigiste.report.inputs import Run

    Draw = Callable[[Run, str | None], Figure]


@dataclass(frozen=True)
class Drawn:
    """A figure of a run."""

    name: str
    run: Run
    title: str
    """What it finds, in a sentence."""
    note: str
    """How to read it."""
    description: str
    """What it shows, for those who cannot see it."""
    table: Table
    draw: Draw
    hints: Mapping[str, str] = field(default_factory=dict)

    def figure(self, *, titled: bool = True) -> Figure:
        """The figure as matplotlib has it."""
        with sheet.style():
            return self.draw(self.run, self.title if titled else None)

    @cached_property
    def _bare(self) -> str:
        return self._svg(titled=False)

    def svg(self, *, titled: bool = False) -> str:
        """The figure as an SVG element; with its title drawn into it if `titled`."""
        return self._svg(titled=True) if titled else self._bare

    def _svg(self, *, titled: bool) -> str:
        with sheet.style():
            figure = self.draw(self.run, self.title if titled else None)
            return sheet.svg(figure, self.name, self.title, self.description, self.hints)

    def png(self) -> bytes:
        """The figure with its title as PNG."""
        with sheet.style():
            return sheet.png(self.draw(self.run, self.title))

    def csv(self) -> str:
        """Its data as CSV."""
        return self.table.csv()


def figures(run: Run) -> dict[str, Drawn]:
    """Figures of a run by name, in the order of the report."""
    found = [_events(run), _graph(run), _shares(run), _welfare(run), _sizes(run), _starved(run)]
    return {figure.name: figure for figure in found if figure is not None}


def _events(run: Run) -> Drawn:
    dated = events.dated(run)
    first, last = dated[0].event, dated[-1].event
    lanes = [events.LABELS.get(lane, lane) for lane in events.lanes(dated)]
    return Drawn(
        "events",
        run,
        events.title(run),
        "One lane for each channel through which events act; an event that acts through several stands in "
        "each. Discs grow with the log of the largest amount in US dollars that a source gives; the "
        "smallest have none. Numbers are those of the table.",
        f"Time axis from {words.date(first)} to {words.date(last)} with {words.count(len(dated), 'event')} "
        f"in the lanes {words.listing(lanes)}. Every event is in the table below.",
        events.table(run),
        draw_events.draw,
        events_hints(run),
    )


def events_hints(run: Run) -> dict[str, str]:
    """Tooltips of the markers on the time axis."""
    return draw_events.hints(run)


def _graph(run: Run) -> Drawn:
    found = sorted(people.flows(run), key=lambda flow: -flow.after)[:5]
    economy = run.before.economy
    largest = [
        f"{words.status(economy, f.origin)} to {words.status(economy, f.destination)} ({f.label}) "
        f"{words.pair(f.before, f.after)}"
        for f in found
    ]
    note = (
        "Discs: statuses, area by share of owners. Widths of arrows: owners who move in a year, as a share "
        "of all owners; the largest carry their number."
    )
    entry = economy.entry
    if economy.leaves and entry is not None:
        note += (
            f" Who goes abroad is replaced by a newborn who starts as {words.status(economy, entry.status)}."
        )
    return Drawn(
        "people-flows",
        run,
        people.flows_title(run),
        note,
        "Two diagrams of statuses and the flows of owners between them, before and with what lasts in place. "
        f"Largest flows a year, before and after: {'; '.join(largest) or 'none'}.",
        people.flows_table(run),
        draw_people.graph,
    )


def _shares(run: Run) -> Drawn:
    rows = sorted(people.shares(run), key=lambda row: -row.after)
    parts = [f"{row.label} {words.pair(row.before, row.after)}" for row in rows]
    return Drawn(
        "people-shares",
        run,
        people.shares_title(run),
        "Ring: before; dot: with what lasts in place. Blue: grows, orange: shrinks.",
        f"Shares of owners by status before and after: {'; '.join(parts)}.",
        people.shares_table(run),
        draw_people.shares,
    )


def _welfare(run: Run) -> Drawn | None:
    found = welfare.welfare(run)
    if found is None:
        return None
    parts = [
        f"{group.label} {words.change(group.change)}, {words.percent(group.gains)} gain"
        for group in found.groups
    ]
    return Drawn(
        "welfare",
        run,
        welfare.title(run),
        "Consumption equivalent: the lasting change of consumption before that would be worth as much to "
        "an owner as being in the state after, at the same status, ability and wealth. White is no change. "
        "Percentages beside the names: share of owners.",
        "Heat map of consumption equivalents by status and fifth of wealth, and shares that gain or lose. "
        f"In all: {'; '.join(parts)}.",
        welfare.table(run),
        _draw_welfare,
    )


def _draw_welfare(run: Run, title: str | None) -> Figure:
    found = draw_welfare.draw(run, title)
    assert found is not None  # only made where welfare can be compared
    return found


def _sizes(run: Run) -> Drawn:
    wealth, employment = firms.wealth(run), firms.employment(run)
    parts = [
        f"{curve.label} {words.number(curve.centre_before, 3)} to {words.number(curve.centre_after, 3)}"
        for curve in employment
    ]
    return Drawn(
        "firms-sizes",
        run,
        firms.sizes_title(run),
        f"Densities within each status, smoothed over {words.plain(firms.BANDWIDTH)} decades; statuses with "
        f"less than {words.percent(firms.FEW)} of owners are left out. Wealth in annual wages of the state "
        "before.",
        "Densities of wealth and of employment by status. Median employment of firms before and after: "
        f"{'; '.join(parts) or 'none'}.",
        firms.sizes_table(wealth, employment),
        draw_firms.sizes,
    )


def _starved(run: Run) -> Drawn | None:
    curves = firms.starved(run)
    if not curves:
        return None
    parts = [
        f"{curve.label} {100 * curve.centre_before:.1f} to {100 * curve.centre_after:.1f} points".replace(
            "-", words.MINUS
        )
        for curve in curves
    ]
    return Drawn(
        "firms-capital",
        run,
        firms.starved_title(run),
        "Mean over the firms of owners with about that wealth, from the poorest to the richest hundredth "
        "of them. Zero: the last unit of capital earns what own funds cost; above zero more is to be had "
        "only on worse terms, or not at all.",
        "Marginal product of capital less interest and depreciation against the owner's wealth, for the "
        f"statuses with most firms. Means over firms before and after: {'; '.join(parts)}.",
        firms.curves_table(curves, "wealth (annual wages)", "marginal product above cost, per year"),
        draw_firms.starved,
    )
