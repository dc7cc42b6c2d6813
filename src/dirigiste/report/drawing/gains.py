"""Winners and losers at surprises: heat maps of the first and the largest, and votes on all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dirigiste.report import words
from dirigiste.report.drawing import sheet, welfare
from dirigiste.report.figure_data import gains as data

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from dirigiste.results.runs.run import Run

ROW: Final = 0.235
"""Height of a surprise in inches."""


def maps(run: Run, title: str | None = None) -> Figure:
    """Draw heat maps of the first and of the largest surprise."""
    votes, top = data.chosen(run), data.largest(run)
    return welfare.maps([(heading(vote, top), data.at(run, vote.index)) for vote in votes], title)


def heading(vote: data.Vote, largest: int) -> str:
    """Which surprise it is, its date and its events."""
    which = [word for word, meant in (("first", 0), ("largest", largest)) if vote.index == meant]
    return f"{words.opening(' and '.join(which))}, {words.day(vote.date)}: {words.clipped(vote.label, 60)}"


def votes(run: Run, title: str | None = None) -> Figure:
    """Draw the share of owners who gain from each surprise, and the mean gain."""
    surprises = data.votes(run)
    height = 0.72 + ROW * len(surprises)
    canvas = sheet.canvas(height, title)
    left, right = 3.5, 0.95
    axes = canvas.axes(left, 0.44, canvas.width - left - right, ROW * len(surprises))
    limits = [abs(vote.mean) for vote in surprises if abs(vote.mean) < 1e9]
    digits = welfare.digits(max(limits, default=0.0))
    for n, vote in enumerate(surprises):
        won = vote.share_for > 0.5
        axes.barh(n, 100, 0.62, color=sheet.PALE, linewidth=0, zorder=1)
        axes.barh(
            n, 100 * vote.share_for, 0.62, color=sheet.NAVY if won else sheet.ORANGE, zorder=2, linewidth=0,
            hatch="" if won else "////", edgecolor="white",
        )  # fmt: skip
        options = {"va": "center", "fontsize": 7.0}
        inches = axes.get_yaxis_transform()
        width = canvas.width - left - right
        axes.text((0.08 - left) / width, n, words.day(vote.date), transform=inches, **options)
        axes.text((0.86 - left) / width, n, words.clipped(vote.label, 44), transform=inches, **options)
        axes.text(-0.03, n, words.percent(vote.share_for, 0), ha="right", transform=inches, **options)
        mean = f"{words.signed(100 * vote.mean, digits)}{words.NARROW}%"
        axes.text(1 + 0.85 / width, n, mean, ha="right", transform=inches, **options)
    axes.axvline(50, color=sheet.INK, lw=0.8, linestyle=(0, (3, 2)), zorder=3)
    axes.set(xlim=(0, 100), ylim=(len(surprises) - 0.5, -0.5), yticks=[])
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("% of owners who gain and would vote for it")
    top = axes.get_xaxis_transform()
    axes.text(50, 1.02, "half", ha="center", va="bottom", fontsize=6.8, color=sheet.SOFT, transform=top)
    axes.text(
        1 + 0.85 / (canvas.width - left - right), 1.02, "mean gain", ha="right", va="bottom",
        fontsize=6.8, color=sheet.SOFT, transform=axes.transAxes,
    )  # fmt: skip
    return canvas.figure
