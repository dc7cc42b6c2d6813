"""`dirigiste doctor`: whether this installation works."""

from __future__ import annotations

import platform
import sys
import time

import click

from dirigiste.cli import console


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--no-solve", is_flag=True, help="Only versions, devices and folders.")
@click.pass_context
def command(ctx: click.Context, as_json: bool, no_solve: bool) -> None:
    """Report versions and devices, and check a small solution against known numbers.

    Exits with 3 if the solution is not found, 4 if it is another one than expected.
    """
    from dirigiste import __version__, config
    from dirigiste.results import known
    from dirigiste.results.provenance import version_of

    config.ensure()
    import jax

    packages = (
        "jax",
        "jaxlib",
        "numpy",
        "scipy",
        "xarray",
        "netCDF4",
        "pydantic",
        "matplotlib",
        "polars",
        "pandas",
    )
    devices = [f"{item.platform} {item.device_kind}" for item in jax.devices()]
    folder = config.current_cache()
    told: dict[str, object] = {
        "dirigiste": __version__,
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "packages": {name: version_of(name) for name in packages},
        "devices": devices,
        "float64": bool(jax.config.read("jax_enable_x64")),
        "cache": "none" if folder is None else str(folder),
        "cache_entries": 0 if folder is None else sum(1 for _ in folder.glob("*")),
    }
    good = True
    if not no_solve:
        begun = time.perf_counter()
        with console.progress(quiet=as_json, what="a small economy") as report:
            checks = known.compare(progress=report)
        good = all(check.good for check in checks)
        told["solution"] = {
            "good": good,
            "seconds": time.perf_counter() - begun,
            "numbers": {
                check.name: {"expected": check.expected, "found": check.found, "good": check.good}
                for check in checks
            },
        }
    if as_json:
        console.print_json(told)
    else:
        _print(told)
    if not good:
        ctx.exit(4)
    sys.stdout.flush()


def _print(told: dict[str, object]) -> None:
    from dirigiste.results.text import Table

    rows = []
    for name, value in told.items():
        if name == "solution":
            continue
        if isinstance(value, dict):
            rows += [(key, inner or "missing") for key, inner in value.items()]
        else:
            rows.append(
                (
                    name,
                    ", ".join(map(str, value))
                    if isinstance(value, list)
                    else str(value).lower()
                    if isinstance(value, bool)
                    else str(value),
                )
            )
    console.print_tables([Table("Installation", ("", ""), rows, left=(0, 1))])
    solution = told.get("solution")
    if isinstance(solution, dict):
        checks = [
            (
                name,
                f"{row['expected']:.9g}",
                f"{row['found']:.9g}",
                "good" if row["good"] else "NOT as expected",
            )
            for name, row in solution["numbers"].items()
        ]
        title = f"A small economy, solved in {solution['seconds']:.1f} s"
        console.print_tables([Table(title, ("", "expected", "found", ""), checks, left=(0, 3))])
