"""A figure of a run: what it finds, how to read it, its data, and its pictures."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from dirigiste.report.drawing import sheet

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from matplotlib.figure import Figure

    from dirigiste.report.figure_data.table import Table
    from dirigiste.results.runs.run import Run

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
