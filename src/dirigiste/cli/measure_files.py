"""Files that `dirigiste measure` writes: checked before anything is read, written after results."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from dirigiste.cli import command_line, console
from dirigiste.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dirigiste.measurement.checks.finding import Finding
    from dirigiste.measurement.measurement import Measurement
    from dirigiste.measurement.output.table import Table

OPTIONS: Final = {"--out": "out", "--firms": "firms_file", "--moments": "moments", "--report": "report"}
"""Options that name what is written, and the arguments that they fill."""


class Files:
    """The files that a command line asks for."""

    def __init__(self, source: Path, options: Mapping[str, Any], problems: list[Problem]) -> None:
        self.source = source
        self.formats: list[str] = console.names(options["formats"]) or []
        self.paths: dict[str, Path] = {
            option: options[name] for option, name in OPTIONS.items() if options[name] is not None
        }
        self.figures: bool = options["figures"]
        self.named: tuple[str, ...] = options["names"]
        """Tables that were asked for by name."""
        self.problems = problems
        """What cannot be written; reported once all else is done."""
        self.written: list[Path] = []
        self.replaced: dict[str, str] = {}
        """What to say where an option's file takes the place of another; said when it does."""

    def check(self) -> None:
        """Say which files cannot be written, and find out which will be replaced.

        What cannot be written is left out, and reported again at the end; the rest is done all the same.

        Raises:
            InputError: The format of a file is unknown, or the file of firms itself would be replaced.
        """
        from dirigiste.measurement.output.render.files import check_formats, frame_kind
        from dirigiste.outputs import obstacle

        check_formats(self.formats)
        if "--firms" in self.paths:
            frame_kind(self.paths["--firms"])
        places: dict[Path, str] = {self.source.resolve(): "the file of firms"}
        for option, path in list(self.paths.items()):
            problem = obstacle(path, folder=option == "--out")
            if problem is not None:
                self.problems.append(Problem(str(path), 0, 0, option, problem))
                console.warn([f"{option} {path}: {problem}; nothing is written there"])
                del self.paths[option]
                self.figures = self.figures and option != "--out"
                continue
            other = places.setdefault(path.resolve(), option)
            if other != option:
                message = f"would replace what {other} names; choose another file"
                raise InputError.of(message, key=option, file=str(path))
            if path.is_file():
                self.replaced[option] = f"{option} {path}: exists and is replaced"
            elif path.is_dir() and any(path.iterdir()):
                about = "holds files already; those of the same name are replaced"
                self.replaced[option] = f"{option} {path}: {about}"

    def write(
        self,
        measured: Measurement,
        findings: Sequence[Finding],
        tables: Mapping[str, Table],
        chosen: Mapping[str, Table],
    ) -> None:
        """Write all that was asked for, each file whole or not at all; `chosen` are the tables of --out."""
        folder = self.paths.get("--out")
        line = measured.choices.line()
        console.warn(message for option, message in self.replaced.items() if option in self.paths)
        if folder is not None:
            from dirigiste.measurement.output.render.files import write_tables

            title = f"Misallocation in {measured.firms.source}"
            self._attempt(lambda: write_tables(chosen, folder, self.formats, line, title))
        if "--firms" in self.paths:
            from dirigiste.measurement.firm_level import firm_level, labels
            from dirigiste.measurement.output.render.files import write_frame

            rows = firm_level(measured)
            about = labels(measured.firms, rows.columns)
            self._attempt(lambda: [write_frame(rows, self.paths["--firms"], about, line)])
        if "--moments" in self.paths:
            from dirigiste.measurement.moments import write_moments

            self._attempt(lambda: [write_moments(measured, self.paths["--moments"])])
        if self.figures:
            from dirigiste.measurement.output.figures import boxes, save

            lacking = boxes(measured)
            console.warn([lacking] if lacking else [])
            kinds = ("png", "svg", *(("pdf",) if "tex" in self.formats else ()))
            self._attempt(lambda: save(measured, folder or Path(), kinds))
        if "--report" in self.paths:
            from dirigiste.measurement.output import page

            path = self.paths["--report"]
            self._attempt(lambda: [page.write(measured, findings, path, tables, command_line(), self.named)])

    def print(self) -> None:
        """Where the files are."""
        if not self.written:
            return
        click.echo("")
        folder = self.paths.get("--out")
        alone = [path for path in self.written if folder is None or path.parent != folder]
        if len(self.written) > len(alone):
            click.echo(f"Wrote {len(self.written) - len(alone)} files into {folder}")
        for path in alone:
            click.echo(f"Wrote {path}")

    def _attempt(self, write: Callable[[], list[Path]]) -> None:
        """Write files; a fault is reported at the end, when the others are written."""
        try:
            self.written += write()
        except InputError as error:
            self.problems += error.problems
