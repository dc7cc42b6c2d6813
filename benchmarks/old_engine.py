"""Whole processes of this engine beside those of another one, in one run, as ratios.

    git worktree add ../old d08e6a8                     # the last commit with JAX, in an environment of its own
    python -m venv ../old/.venv && ../old/.venv/bin/pip install ../old
    python benchmarks/old_engine.py ../old/.venv/bin/python
    python benchmarks/old_engine.py ../old/.venv/bin/python "solve china-2019 --json" "run examples/squeeze.yaml"
                                    --repeats 5         runs that count, for each (default 3)
                                    --first             empty caches: the first start of each command too

Commands are those of `dirigiste`; files are looked for from where this script is started. Both interpreters take
turns, so that what else the machine does hits both. Without `--first` each command runs once before it counts.
Each engine runs with its own defaults: paths of the old one take steps of a month, those of this one 1/8 year, to
about a tenth of the error (docs/method.md, section 8).
"""

from __future__ import annotations

import argparse
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COMMANDS = (
    "--help",
    "solve examples/political.yaml --json",
    "solve china-2019 --json",
    "run examples/squeeze.yaml --quiet",
    "run crackdown-2020 --quiet",
)


def arguments_of(command: str, out: str) -> list[str]:
    """Arguments of `dirigiste`: files by their whole paths, runs kept in the folder `out`."""
    found = [str(Path(part).resolve()) if Path(part).is_file() else part for part in shlex.split(command)]
    return [*found, "--out", out] if found[:1] == ["run"] and "--out" not in found else found


def run(
    interpreter: str, arguments: list[str], folder: str, environment: dict[str, str]
) -> tuple[float, float]:
    """Seconds and peak memory (MB) of a whole process; `SystemExit` with what it said if it fails."""
    with tempfile.TemporaryFile() as said:
        begun = time.perf_counter()
        process = subprocess.Popen(
            [interpreter, "-m", "dirigiste", *arguments],
            cwd=folder,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=said,
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            text = said.read().decode(errors="replace")[-2000:]
            raise SystemExit(f"{interpreter} -m dirigiste {shlex.join(arguments)} failed:\n{text}")
    return seconds, usage.ru_maxrss / 1024


def version(interpreter: str, folder: str, environment: dict[str, str]) -> str:
    """What an interpreter runs."""
    ask = (
        "import dirigiste, importlib.util as u; "
        "print('compiled loops' if u.find_spec('dirigiste.numerics.compiled.kept') else 'JAX', dirigiste.__file__)"
    )
    asked = subprocess.run(
        [interpreter, "-c", ask], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if asked.returncode:
        raise SystemExit(f"{interpreter} has no dirigiste:\n{asked.stderr[-1000:]}")
    return asked.stdout.strip()


def main() -> None:
    """Run what was asked for and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("old", metavar="OLD_PYTHON", help="interpreter of the other environment")
    parser.add_argument("commands", nargs="*", default=list(COMMANDS), metavar="COMMAND")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--first", action="store_true", help="begin with empty caches, and time that too")
    given = parser.parse_args()
    engines = {"old": str(Path(given.old).absolute()), "this": sys.executable}
    with tempfile.TemporaryDirectory() as folder:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        if given.first:
            environment = {name: value for name, value in environment.items() if name != "DIRIGISTE_CACHE"}
            environment["XDG_CACHE_HOME"] = folder
        for name, interpreter in engines.items():
            print(f"{name}: {version(interpreter, folder, environment)}")
        load = os.getloadavg()[0]
        print(f"{os.cpu_count()} processors, load {load:.1f} at the start; medians of {given.repeats}\n")
        print(
            "| process | old, s | this, s | old / this | old, MB | this, MB |\n|---|---|---|---|---|---|",
            flush=True,
        )
        for command in given.commands or COMMANDS:
            arguments = arguments_of(command, folder)
            taken: dict[str, list[tuple[float, float]]] = {name: [] for name in engines}
            for _ in range(given.repeats + 1):
                for name, interpreter in engines.items():
                    taken[name].append(run(interpreter, arguments, folder, environment))
            if given.first:
                show(f"`dirigiste {command}`, first", {name: runs[:1] for name, runs in taken.items()})
            show(f"`dirigiste {command}`", {name: runs[1:] for name, runs in taken.items()})


def show(label: str, taken: dict[str, list[tuple[float, float]]]) -> None:
    """A row of the table."""
    old, this = (statistics.median(seconds for seconds, _ in taken[name]) for name in ("old", "this"))
    peaks = [max(memory for _, memory in taken[name]) for name in ("old", "this")]
    print(
        f"| {label} | {old:.2f} | {this:.2f} | {old / this:.1f} | {peaks[0]:.0f} | {peaks[1]:.0f} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
