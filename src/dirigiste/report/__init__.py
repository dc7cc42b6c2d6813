"""The report of a run: figures, and one HTML file that needs no network and prints on A4.

    from dirigiste import report
    report.write(run, Path("report.html"))
    report.save_figures(run, Path("figures"))

Importing it loads neither matplotlib nor Jinja2; the functions do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from dirigiste.report.gallery import Drawn
    from dirigiste.results.runs.run import Run

__all__ = ["figures", "html", "save_figures", "write"]


def write(run: Run, path: Path) -> Path:
    """Write the report as one self-contained HTML file.

    Args:
        run: A run, as `dirigiste.run` and `Run.open` give it.
        path: File to write; folders above it are made.

    Returns:
        The path.
    """
    text = html(run)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def html(run: Run) -> str:
    """The report as text; the same for the same run."""
    from dirigiste.report import page

    return page.render(run)


def figures(run: Run) -> dict[str, Drawn]:
    """Figures of a run by name, in the order of the report; each has a title, SVG, PNG and data as CSV."""
    from dirigiste.report import gallery

    return gallery.figures(run)


def save_figures(run: Run, folder: Path) -> list[Path]:
    """Write every figure as SVG and PNG, titles included, and its data as CSV.

    Returns:
        The files, in the order of the report.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files: list[Path] = []
    for name, figure in figures(run).items():
        for ending, content in (
            ("svg", figure.svg(titled=True)),
            ("png", figure.png()),
            ("csv", figure.csv()),
        ):
            path = folder / f"{name}.{ending}"
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
            files.append(path)
    return files
