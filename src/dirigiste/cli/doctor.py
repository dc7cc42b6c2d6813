"""`dirigiste doctor`: whether this installation works."""

from __future__ import annotations

import platform
import sys
import time
from typing import Final

import click

from dirigiste.cli import console

PACKAGES: Final = (
    "numba",
    "llvmlite",
    "numpy",
    "scipy",
    "xarray",
    "netCDF4",
    "pydantic",
    "matplotlib",
    "polars",
    "pandas",
)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--no-solve", is_flag=True, help="Only versions and folders.")
@click.option("--prepare", is_flag=True, help="Compile the solver's programs if that was not done.")
@click.pass_context
def command(ctx: click.Context, as_json: bool, no_solve: bool, prepare: bool) -> None:
    """Report versions and compiled programs, and check a small solution against known numbers.

    Exits with 3 if the small economy is not solved, 4 if its numbers are not the expected ones.
    """
    from dirigiste import config
    from dirigiste.results.archive.provenance import version_of
    from dirigiste.version import __version__

    if prepare or not no_solve:
        config.ensure()
    report: dict[str, object] = {
        "dirigiste": __version__,
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "packages": {name: version_of(name) for name in PACKAGES},
        **_programs(),
    }
    good = True
    if not no_solve:
        from dirigiste.results.equilibria import known

        begun = time.perf_counter()
        with console.progress(quiet=as_json, what="a small economy") as progress:
            checks = known.compare(progress=progress)
        good = all(check.good for check in checks)
        report["solution"] = {
            "good": good,
            "seconds": time.perf_counter() - begun,
            "numbers": {
                check.name: {"expected": check.expected, "computed": check.computed, "good": check.good}
                for check in checks
            },
        }
    if as_json:
        console.print_json(report)
    else:
        _print(report)
    if not good:
        ctx.exit(4)
    sys.stdout.flush()


def _programs() -> dict[str, object]:
    """Processor, threads, and the solver's compiled programs."""
    from dirigiste.numerics.compiled import kept, programs

    status = programs.status()
    return {
        "processor": kept.processor(),
        "threads": programs.THREADS,
        "programs": {
            "folder": None if status.folder is None else str(status.folder),
            "ready": status.ready,
            "writable": status.writable,
            "files": status.files,
            "megabytes": round(status.bytes / 1e6, 1),
        },
    }


def _print(report: dict[str, object]) -> None:
    from dirigiste.results.text.tables import Table

    rows = []
    for name, value in report.items():
        if name == "solution":
            continue
        if name == "programs" and isinstance(value, dict):
            rows += [(f"programs: {key}", _text(inner)) for key, inner in value.items()]
        elif isinstance(value, dict):
            rows += [(key, inner or "missing") for key, inner in value.items()]
        else:
            rows.append((name, _text(value)))
    console.print_tables([Table("Installation", ("", ""), rows, left=(0, 1))])
    solution = report.get("solution")
    if isinstance(solution, dict):
        checks = [
            (
                name,
                f"{row['expected']:.9g}",
                f"{row['computed']:.9g}",
                "good" if row["good"] else "NOT as expected",
            )
            for name, row in solution["numbers"].items()
        ]
        title = f"A small economy, solved in {solution['seconds']:.1f} s"
        console.print_tables([Table(title, ("", "expected", "computed", ""), checks, left=(0, 3))])


def _text(value: object) -> str:
    if value is None:
        return "none"
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
