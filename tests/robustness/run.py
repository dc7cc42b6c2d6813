"""Solve random variations of `examples/political.yaml`, or the special cases, and say which ones solved.

    python tests/robustness/run.py --from 0 --to 200 [--json out.json]
    python tests/robustness/run.py --special [--only sigma]

Each is solved in a worker process that is used again, and that is ended where it takes more than `--limit`
seconds.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import queue
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple, TextIO

LIMIT = 90.0
"""Seconds after which a solution is given up."""

FIRST = 600.0
"""The same for the start of a worker, compilation included."""

SHOWN = ("hjb", "distribution", "labor", "capital", "budget", "quota", "walras", "top_mass")


class Result(NamedTuple):
    """What came of a case."""

    name: str
    seconds: float
    outcome: str
    """`solved`, the name of an exception, or `timeout` or `crash`."""
    message: str
    residuals: dict[str, float | None]
    prices: dict[str, float | None]
    work: float = 0.0
    """Visits of states (`numerics.effort`), the same on every machine."""

    @property
    def line(self) -> str:
        """The result in a line."""
        residuals = " ".join(f"{name} {_short(x)}" for name, x in self.residuals.items())
        prices = " ".join(f"{name} {_short(x, 5)}" for name, x in self.prices.items())
        head = f"{self.name:>40} {self.seconds:7.2f} s {self.work:8.1e}  {self.outcome:<12}"
        return f"{head} {self.message} [{residuals}] {prices}"


def _short(x: float | None, digits: int = 2) -> str:
    return "none" if x is None else f"{x:.{digits}g}"


class Worker:
    """A process that solves cases by name, one after another; a new one replaces it if it stalls or dies."""

    def __init__(self, limit: float = LIMIT) -> None:
        self.limit = limit
        self.process: subprocess.Popen[str] | None = None
        self.lines: queue.Queue[str] = queue.Queue()

    def solve(self, name: str) -> Result:
        """Solve a case: the number of a variation, or the name of a special case."""
        if self.process is None:
            self._start()
        process = self.process
        assert process is not None
        assert process.stdin is not None
        begun = time.perf_counter()
        try:
            process.stdin.write(name + "\n")
            process.stdin.flush()
            answer = self.lines.get(timeout=self.limit)
        except (queue.Empty, BrokenPipeError):
            answer = ""
        seconds = time.perf_counter() - begun
        if answer:
            return Result(**json.loads(answer))
        outcome = "timeout" if seconds >= self.limit else "crash"
        self.close()
        return Result(name, seconds, outcome, "", {}, {})

    def _start(self) -> None:
        command = [sys.executable, __file__, "--worker"]
        self.lines = lines = queue.Queue()
        self.process = process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )

        def read() -> None:
            assert process.stdout is not None
            for line in process.stdout:
                lines.put(line)
            lines.put("")  # it has ended

        threading.Thread(target=read, daemon=True).start()
        if lines.get(timeout=FIRST).strip() != "ready":
            self.close()
            raise RuntimeError("the worker did not start")

    def close(self) -> None:
        """End the process."""
        if self.process is not None:
            self.process.kill()
            with self.process as process:  # closes its pipes
                process.wait()
            self.process = None


def work() -> None:
    """What a worker does: read names, write results as JSON, one a line."""
    import variations

    import dirigiste as dg
    from dirigiste.errors import DirigisteError
    from dirigiste.numerics import effort

    special = {case.name: case for case in variations.SPECIAL}
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # nothing else may write to the pipe, LAPACK's complaints neither
    dg.solve(special["small"].economy())
    _answer(answers, "ready")
    for line in sys.stdin:
        name = line.strip()
        economy = special[name].economy() if name in special else variations.economy(int(name))
        begun, before = time.perf_counter(), effort.spent()
        outcome, message, residuals, prices = "solved", "", {}, {}
        try:
            equilibrium = dg.solve(economy)
        except DirigisteError as error:
            outcome, message = type(error).__name__, str(error).replace("\n", " | ")
            residuals = dict(getattr(error, "residuals", {}))
        except Exception as error:  # noqa: BLE001  (what a test of robustness looks for)
            outcome, message = type(error).__name__, str(error).replace("\n", " | ")[:300]
        else:
            prices = equilibrium.prices
            certificate = equilibrium.certificate
            residuals = {name: size for name in SHOWN if (size := getattr(certificate, name))}
            message = " | ".join(equilibrium.warnings)
        seconds, visits = time.perf_counter() - begun, effort.spent() - before
        result = Result(name, seconds, outcome, message, _finite(residuals), _finite(prices), visits)
        _answer(answers, json.dumps(result._asdict()))


def _answer(to: TextIO, line: str) -> None:
    to.write(line + "\n")
    to.flush()


def _finite(numbers: dict[str, Any]) -> dict[str, float | None]:
    return {name: float(x) if math.isfinite(x) else None for name, x in numbers.items()}


def run(names: list[str], limit: float = LIMIT, show: bool = False) -> list[Result]:
    """Solve cases by name, in one worker."""
    worker, results = Worker(limit), []
    try:
        for name in names:
            results.append(worker.solve(name))
            if show:
                sys.stdout.write(results[-1].line + "\n")
                sys.stdout.flush()
    finally:
        worker.close()
    return results


def summary(results: list[Result]) -> str:
    """Share solved, the slowest, and why others failed."""
    if not results:
        return "no cases"
    solved = [result for result in results if result.outcome == "solved"]
    rest = [result for result in results if result.outcome != "solved"]
    slowest = max(results, key=lambda result: result.seconds)
    lines = [
        f"{len(solved)} of {len(results)} solved ({len(solved) / len(results):.1%}), "
        f"{sum(result.seconds for result in results):.0f} s in all, "
        f"median {sorted(result.seconds for result in results)[len(results) // 2]:.2f} s, "
        f"slowest {slowest.name} ({slowest.seconds:.1f} s)"
    ]
    for outcome, count in Counter(result.outcome for result in rest).most_common():
        lines.append(f"  {outcome}: {count}")
        lines += [f"    {r.name}: {r.message[:160]}" for r in rest if r.outcome == outcome]
    return "\n".join(lines)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--from", dest="first", type=int, default=0, help="first variation")
    parser.add_argument("--to", dest="last", type=int, default=200, help="the one after the last")
    parser.add_argument("--special", action="store_true", help="special cases instead")
    parser.add_argument("--only", default="", help="only special cases with this in their name")
    parser.add_argument("--limit", type=float, default=LIMIT, help="seconds a case may take")
    parser.add_argument("--json", type=Path, help="write results to this file")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.worker:
        work()
        return
    names = [str(number) for number in range(given.first, given.last)]
    expected: dict[str, str] = {}
    if given.special:
        import variations

        expected = {case.name: case.expected for case in variations.SPECIAL if given.only in case.name}
        names = list(expected)
    results = run(names, given.limit, show=True)
    sys.stdout.write(summary(results) + "\n")
    for result in results:
        if result.name in expected and not as_expected(result, expected[result.name]):
            sys.stdout.write(f"  not as expected ({expected[result.name]}): {result.line}\n")
    if given.json:
        given.json.write_text(json.dumps([result._asdict() for result in results], indent=1))


def as_expected(result: Result, expected: str) -> bool:
    """Whether a case solved, or failed with the words of the expected reason; with "" both count."""
    if not expected:
        return result.outcome in ("solved", "NotConverged")
    if expected == "solved":
        return result.outcome == "solved"
    return result.outcome == "NotConverged" and expected in result.message


if __name__ == "__main__":
    main()
