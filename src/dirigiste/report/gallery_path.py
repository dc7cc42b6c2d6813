"""The figures of a path: what each shows, in words and numbers, and how it is drawn."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from dirigiste.report import words
from dirigiste.report.drawing import bands as draw_bands
from dirigiste.report.drawing import channels as draw_channels
from dirigiste.report.drawing import choices as draw_choices
from dirigiste.report.drawing import gains as draw_gains
from dirigiste.report.drawing import observed as draw_observed
from dirigiste.report.drawing import paths as draw_paths
from dirigiste.report.drawing import people as draw_people
from dirigiste.report.drawing import residuals as draw_residuals
from dirigiste.report.drawn import Drawn
from dirigiste.report.figure_data import (
    bands,
    channels,
    choices,
    course,
    draws,
    gains,
    observed,
    path_residuals,
    paths,
    people,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from dirigiste.results.runs.run import Run


def before_firms(run: Run) -> list[Drawn]:
    """Figures from the paths to winners and losers, in the order of the report."""
    return [
        *_paths(run),
        *_observed(run),
        *_channels(run),
        _choices(run),
        _graph(run),
        _bands(run),
        *_gains(run),
    ]


def _paths(run: Run) -> list[Drawn]:
    note = (
        f"Deviations from the economy without the events. {course.caption(run)}. Numbers: at the right "
        "rim, and "
        f"in the end.{'' if run.draws is None else draws.NOTE}"
    )
    extra = {
        "paths-firms": " Investment leaves out the moments at which parameters jump and capital changes "
        "hands; shown are all owners and the statuses whose investment changes most."
    }
    return [
        Drawn(
            group.name,
            run,
            group.title,
            note + extra.get(group.name, ""),
            paths.describe(run, group),
            paths.table(run, group),
            partial(_draw_group, group),
        )
        for group in paths.groups(run)
    ]


def _draw_group(group: paths.Group, run: Run, title: str | None) -> Figure:
    return draw_paths.draw(run, group, title)


def _observed(run: Run) -> list[Drawn]:
    """Observed series beside the path; nothing where the chronicle has none."""
    if not run.chronicle.observed:
        return []
    return [
        Drawn(
            observed.NAME,
            run,
            observed.title(run),
            "Points: observed, filled where the number was read in a source, hollow where it is remembered "
            "or unsure, rimmed black where others refer to it. Line and squares: the model. In brackets: "
            "sources. "
            "Ticks at the foot: events. How each is compared, and what else moved it, is in the table."
            f"{'' if run.draws is None else draws.SHADED}",
            observed.describe(run),
            observed.table(run),
            draw_observed.draw,
        )
    ]


def _channels(run: Run) -> list[Drawn]:
    decomposition = channels.split(run)
    if decomposition is None:
        return []
    parts = [f"{bar.label} {words.change(bar.value)}" for bar in decomposition.at_worst]
    totals = [f"{bar.label} {words.change(bar.value)}" for bar in decomposition.in_all]
    ends = [
        f"{name} {words.change(value)}"
        for name, value in zip(decomposition.channels, decomposition.end, strict=True)
    ]
    when = course.month(run, int(decomposition.steps[decomposition.worst]))
    shares = (
        "Contributions are Shapley values: what a channel adds, averaged over all orders in which channels "
        "can be switched on. "
    ) + (decomposition.quick or "They sum to the whole.")
    return [
        Drawn(
            "channels",
            run,
            channels.over_time_title(run, decomposition),
            f"{shares} Losses are stacked downwards, gains upwards; the line is their sum. Numbers: at the "
            "right rim. "
            f"In the end: {', '.join(ends)}.",
            f"Contributions of channels to output over time, stacked. In {when}: {'; '.join(parts)}.",
            channels.over_time_table(run, decomposition),
            lambda run, title: draw_channels.over_time(run, decomposition, title),
        ),
        Drawn(
            "channels-waterfall",
            run,
            channels.waterfall_title(decomposition),
            f"{shares} Left: the month in which output is furthest from where it was. Right: summed over "
            "the whole "
            "path, discounted at owners' time preference. Hatched: losses."
            f"{'' if decomposition.sure is None else draws.WHISKERS}",
            f"Waterfalls of contributions to output. In {when}: {'; '.join(parts)}. In present value: "
            f"{'; '.join(totals)}.",
            channels.waterfall_table(run, decomposition),
            lambda run, title: draw_channels.waterfall(run, decomposition, title),
        ),
    ]


def _choices(run: Run) -> Drawn:
    people = choices.moves(run)
    edges = [
        f"{edge.label} ({edge.kind}) {words.change(edge.in_all)}"
        for edge in (*people.top(choices.ENFORCEMENT, 3), *people.top(choices.CHOICE, 7))
    ]
    return Drawn(
        "fear-and-force",
        run,
        choices.title(run),
        "Struck: people on edges of enforcement beyond those without the events. Choose otherwise: people "
        "on edges of "
        "choice, more or fewer than without the events, each edge and origin counted by its size. On the "
        "right fewer "
        f"people point to the left. {course.caption(run)}.",
        "Two lines over time, and bars by edge. Added up over the years shown: "
        f"{'; '.join(edges) or 'nobody moves'}.",
        choices.table(run),
        draw_choices.draw,
    )


def _graph(run: Run) -> Drawn:
    stages = bands.stages(run)
    return Drawn(
        "people-flows",
        run,
        people.flows_title(run, stages),
        f"{people.note(run)} The peak is the month in which most owners move otherwise than without the "
        "events.",
        people.describe(run, stages),
        people.flows_table(stages),
        lambda run, title: draw_people.graph(run, stages, title),
    )


def _bands(run: Run) -> Drawn:
    return Drawn(
        "people-shares",
        run,
        bands.title(run),
        "Numbers: without the events, and at the right rim. Statuses that never hold "
        f"{words.percent(bands.SMALL, 0)} of "
        "owners are shown once more below, on a scale of their own. "
        f"{course.caption(run).partition('. ')[0]}.",
        bands.describe(run),
        bands.table(run),
        draw_bands.draw,
    )


def _gains(run: Run) -> list[Drawn]:
    votes = gains.votes(run)
    chosen = gains.chosen(run)
    which = (
        "the one surprise"
        if len(votes) == 1
        else "the first surprise"
        if len(chosen) == 1
        else "the first and the largest surprise"
    )
    parts = [
        f"{words.day(vote.date)}: {words.percent(vote.share_for)} gain, mean {words.change(vote.mean)}"
        for vote in votes
    ]
    return [
        Drawn(
            "welfare",
            run,
            gains.title(run),
            "Consumption equivalent: the lasting change of consumption that would be worth as much to an "
            "owner as what "
            "becomes known at the surprise, against what was expected the day before. White is no change. "
            "Percentages "
            f"beside the names: share of owners. Shown: {which}.",
            "Heat maps of consumption equivalents by status and fifth of wealth, and shares that gain or "
            f"lose, for {which}.",
            gains.table(run),
            draw_gains.maps,
        ),
        Drawn(
            "votes",
            run,
            gains.votes_title(run),
            "Who gains would vote for what becomes known at the surprise, against what was expected the "
            "day before. "
            "Blue: a majority; hatched: none. Mean gain: consumption equivalent of all owners.",
            f"Share of owners who gain from each surprise. {'; '.join(parts)}.",
            gains.votes_table(run),
            draw_gains.votes,
        ),
    ]


def residuals(run: Run) -> Drawn:
    """Residuals at every step of the path."""
    parts = [f"{row['label']} {row['worst']} in {row['date']}" for row in path_residuals.summary(run)]
    return Drawn(
        "residuals",
        run,
        path_residuals.title(run),
        "What each equation misses at each step, against its tolerance. The whole path, up to its horizon.",
        f"Residuals over time on log scales. Largest: {'; '.join(parts) or 'none'}.",
        path_residuals.table(run),
        draw_residuals.draw,
    )
