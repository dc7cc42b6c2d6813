"""The figures of a report: what each shows, in words and numbers, and how it is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dirigiste.numbers import fixed
from dirigiste.report import gallery_path, words
from dirigiste.report.drawing import events as draw_events
from dirigiste.report.drawing import firms as draw_firms
from dirigiste.report.drawing import tornado as draw_tornado
from dirigiste.report.drawn import Drawn
from dirigiste.report.figure_data import draws, events, firms

if TYPE_CHECKING:
    from dirigiste.results.runs.run import Run


def figures(run: Run) -> dict[str, Drawn]:
    """Figures of a run by name, in the order of the report."""
    drawn = [
        _events(run),
        *gallery_path.before_firms(run),
        _sizes(run),
        _starved(run),
        _tornado(run),
        gallery_path.residuals(run),
    ]
    return {figure.name: figure for figure in drawn if figure is not None}


def _events(run: Run) -> Drawn:
    dated = events.dated(run)
    first, last = dated[0].event, dated[-1].event
    lanes = [events.LABELS.get(lane, lane) for lane in events.lanes(dated)]
    return Drawn(
        "events",
        run,
        events.title(run),
        "One lane for each channel through which events act; an event that acts through several is in "
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
        f"{curve.label} {fixed(100 * curve.centre_before, 1)} to {fixed(100 * curve.centre_after, 1)} points"
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


def _tornado(run: Run) -> Drawn | None:
    """What the answer hangs on; nothing without draws."""
    if run.draws is None:
        return None
    found = draws.tornado(run, run.draws)
    more = ""
    if len(found.order) > draw_tornado.ROWS:
        more = f" The first {draw_tornado.ROWS} of {len(found.order)} numbers; all are in the table below."
    return Drawn(
        "tornado",
        run,
        draws.title(found),
        "Blue and the numbers beside it: each number a standard deviation higher than in the run, all "
        f"others as they are. Hatched: lower. To first order.{more}",
        draws.describe(found),
        draws.tornado_table(found),
        lambda run, title: draw_tornado.draw(run, found, title),
    )
