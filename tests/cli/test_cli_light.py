"""Commands that must start fast: they import no numerical library."""

import json
import subprocess
import sys

import pytest

HEAVY = ("numba", "llvmlite", "scipy", "matplotlib", "xarray", "netCDF4", "polars", "pandas")

PROBE = """
import sys
{code}
loaded = [name for name in {heavy!r} if name in sys.modules]
assert not loaded, loaded
"""


def probe(code, heavy=HEAVY):
    done = subprocess.run(
        [sys.executable, "-c", PROBE.format(code=code, heavy=heavy)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def cli(*args):
    return f"from dirigiste.cli import main; main({list(args)!r}, standalone_mode=False)"


def test_importing_the_package_imports_nothing_heavy():
    probe("import dirigiste as dg; dg.load('china-2019'); dg.shipped(); dg.InputError; dg.__version__")


@pytest.mark.parametrize(
    "args",
    [
        ("--help",),
        ("measure", "--help"),
        ("link", "--help"),
        ("capital", "--help"),
        ("sample-firms", "--help"),
        ("replicate",),
        ("check", "china-2019", "crackdown-2020"),
        ("schema",),
        ("schema", "--chronicle"),
        ("schema", "--output"),
        ("schema", "--calibration"),
        ("schema", "sweep"),
        ("sweep", "--help"),
        ("sweep", "run", "--help"),
        ("explain", "statuses.collateral"),
        ("runs", "list"),
        ("runs", "query", "--help"),
        ("solve", "--help"),
        ("calibrate", "--help"),
        ("frontier", "--help"),
        ("run", "--help"),
    ],
    ids=" ".join,
)
def test_commands_import_nothing_heavy(args):
    probe(cli(*args))


def test_showing_results_needs_no_solver():
    probe(
        "import dirigiste.results.runs.run, dirigiste.results.text.run, dirigiste.results.equilibria.lookup",
        heavy=("numba", "llvmlite", "matplotlib"),
    )


def test_every_command_has_help(call):
    from dirigiste.cli import COMMANDS

    for name in COMMANDS:
        result = call(name, "--help")
        assert result.exit_code == 0
        assert "Usage" in result.output


def test_schemas_are_json(call):
    kinds = ("economy", "chronicle", "sweep", "calibration", "output")
    for option in (None, *kinds, "--chronicle", "--calibration", "--output"):
        schema = json.loads(call("schema", *([option] if option else [])).stdout)
        assert schema["$schema"].startswith("https://json-schema.org/")
    assert call("schema", "--chronicle", "--output").exit_code == 2
    assert call("schema", "sweep", "--output").exit_code == 2
