"""Files of a replication: report.html, report.md, cells.csv, figures, data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from dirigiste.replications import page
from dirigiste.replications.outcome import Cell

if TYPE_CHECKING:
    from dirigiste.replications.outcome import Outcome
    from dirigiste.replications.registry import Entry

COLUMNS: Final = (
    "table", "where", "row", "column", "reference", "kind", "ours", "difference", "tolerance",
    "verdict", "number", "remark",
)  # fmt: skip


def write(entry: Entry, outcome: Outcome, root: Path) -> Path:
    """Write everything into the folder of that name under `root`, and return the report."""
    from dirigiste.report.drawing import sheet

    folder = root / entry.name
    figures = folder / "figures"
    figures.mkdir(parents=True, exist_ok=True)
    drawn: dict[str, str] = {}
    for name, picture in outcome.pictures.items():
        with sheet.style():
            figure = picture.draw()
            drawn[name] = sheet.svg(figure, name, picture.title, picture.note)
            (figures / f"{name}.svg").write_text(drawn[name], encoding="utf-8")
            (figures / f"{name}.png").write_bytes(sheet.png(figure))
    for name, dataset in outcome.datasets.items():
        dataset.to_netcdf(folder / f"{name}.nc")
    (folder / "cells.csv").write_text(csv(outcome), encoding="utf-8")
    (folder / "report.md").write_text(page.markdown(entry, outcome), encoding="utf-8")
    report = folder / "report.html"
    report.write_text(page.html(entry, outcome, drawn), encoding="utf-8")
    return report


def csv(outcome: Outcome) -> str:
    """All cells as CSV with a header line."""
    from dirigiste.report.figure_data.table import Table

    rows = [cell.to_json() for cell in outcome.cells if isinstance(cell, Cell)]
    return Table.of(COLUMNS, [[row[name] for name in COLUMNS] for row in rows]).csv()
