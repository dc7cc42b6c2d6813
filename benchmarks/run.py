"""Times of the solver, against named peers in the same run; prints the tables of `benchmarks/README.md`.

    python benchmarks/run.py            everything (some minutes)
    python benchmarks/run.py solver     only the solver; also: peers, startup

Medians of `REPEATS` runs after one that is not counted. Peers: SciPy's SuperLU on the same linear systems (what the public codes of
Achdou, Han, Lasry, Lions and Moll use through MATLAB's backslash), and `sequence-jacobian` for a household block, per state.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csc_matrix

    from dirigiste.numerics.operators.linear import Operator
    from dirigiste.numerics.setup.arrays import Arrays
    from dirigiste.numerics.stationary.point import Point

    Array = NDArray[np.float64]

EXAMPLES = Path(__file__).parent.parent / "examples"
REPEATS = 7
CASES = {
    "(a) one status, 40 abilities x 400 nodes": EXAMPLES / "one-status.yaml",
    "(b) political, 7 x 20 x 200": EXAMPLES / "political.yaml",
    "(c) china-2019, 9 x 20 x 200": "china-2019",
}


def median(action: Callable[[], object], repeats: int = REPEATS) -> float:
    """Median seconds of an action, after one run that is not counted."""
    action()
    times = []
    for _ in range(repeats):
        begun = time.perf_counter()
        action()
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


def solver() -> None:
    """One HJB, one distribution, responses, an equilibrium from cold and from a neighbour."""
    import numpy as np

    import dirigiste as dg
    from dirigiste import config
    from dirigiste.numerics.operators import hjb, kfe
    from dirigiste.numerics.setup import arrays
    from dirigiste.numerics.stationary import equilibrium, point

    config.ensure()
    print(
        "| case | HJB cold | HJB neighbour | distribution | responses | equilibrium cold | neighbour | residual | evaluations |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for name, source in CASES.items():
        compiled = arrays.compile_economy(dg.load(source))
        m, active = compiled.arrays, equilibrium.unknowns(compiled)
        solved = equilibrium.solve(compiled)
        p = solved.point
        near = p.u + 1e-3 * np.array([1.0, 0.1, 0.0, 0.0])
        prices, firms, reach = point.choices(m, near)
        given = hjb.setting(m, firms, prices, reach)
        first = hjb.guess(m, firms, prices, reach)
        values = hjb.solve(m, given, p.values.v, 1e-10)
        neighbour = compiled.economy.with_({"preferences.rho": 1.01 * compiled.economy.preferences.rho})
        other = arrays.compile_economy(neighbour)
        start = solved.as_start()
        times = [
            median(lambda: hjb.solve(m, given, first, 1e-10)),
            median(lambda: hjb.solve(m, given, p.values.v, 1e-10)),
            median(lambda: kfe.stationary(m, values.policy, values.hazards.flow, m.start, 3e-13)),
            median(lambda: equilibrium.through_masses(compiled, active, p, None, p.u)),
            median(lambda: equilibrium.solve(compiled)),
            median(lambda: equilibrium.solve(other, start)),
        ]
        cells = " | ".join(f"{1e3 * t:.0f} ms" for t in times)
        left = np.abs(point.residuals(m, p.u, aggregates_of(p))[list(active)]).max()
        print(f"| {name} | {cells} | {left:.0e} | {len(solved.history)} |", flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\nPeak memory of the process: {peak:.0f} MB.\n")


def aggregates_of(p: Point) -> Array:
    """The four conditions of a point, bounds left out."""
    from dirigiste.numerics.markets import aggregates

    return aggregates.raw(p.conditions)


def peers() -> None:
    """The same Newton system by SuperLU; a household block by sequence-jacobian."""
    import numpy as np
    from scipy.sparse.linalg import splu

    import dirigiste as dg
    from dirigiste import config
    from dirigiste.numerics.operators import hjb
    from dirigiste.numerics.setup import arrays
    from dirigiste.numerics.stationary import equilibrium

    config.ensure()
    print("| linear system of one Newton round | states | ours | SuperLU | ratio | difference |")
    print("|---|---|---|---|---|---|")
    for name, source in CASES.items():
        compiled = arrays.compile_economy(dg.load(source))
        m = compiled.arrays
        values = equilibrium.solve(compiled).point.values
        d, h = values.policy, values.hazards
        rhs = np.random.default_rng(0).normal(size=values.v.shape)
        unit = hjb.unit(m, values.v, d.scale)

        def ours(m=m, d=d, h=h, rhs=rhs, unit=unit):
            op = hjb.operator(m, d, h.gain, h.loss, m.rho, tangent=True)
            return hjb.solve_linear(m, op, rhs, 1e-10, scale=unit)

        matrix = _sparse(m, hjb.operator(m, d, h.gain, h.loss, m.rho, tangent=True), rhs.shape)
        ours_time = median(ours)
        begun = time.perf_counter()
        solution = splu(matrix).solve(rhs.ravel())
        theirs = time.perf_counter() - begun
        gap = np.abs(solution - ours().ravel()).max() / np.abs(solution).max()
        print(
            f"| {name} | {rhs.size:,} | {1e3 * ours_time:.0f} ms | {1e3 * theirs:.0f} ms | "
            f"{theirs / ours_time:.0f}x | {gap:.0e} |",
            flush=True,
        )
    _sequence_jacobian()


def _sparse(m: Arrays, op: Operator, shape: tuple[int, ...]) -> csc_matrix:
    """The matrix of the operator of values, column by column."""
    import numpy as np
    import scipy.sparse as sp

    from dirigiste.numerics.operators import linear

    size = int(np.prod(shape))
    unit, image = np.zeros(shape), np.empty(shape)
    flat, rows, data = unit.reshape(-1), [], []
    for i in range(size):
        flat[i] = 1.0
        linear.apply(m, op, False, unit, image)
        flat[i] = 0.0
        rows.append(np.flatnonzero(image))
        data.append(image.reshape(-1)[rows[-1]])
    ends = np.concatenate([[0], np.cumsum([len(row) for row in rows])])
    return sp.csc_matrix((np.concatenate(data), np.concatenate(rows), ends), shape=(size, size))


def _sequence_jacobian() -> None:
    try:
        import sequence_jacobian as sj
    except ImportError:
        print(
            "\nsequence-jacobian is not installed (pip install sequence-jacobian): household peer left out.\n"
        )
        return
    from sequence_jacobian import hetblocks

    block = hetblocks.hh_sim.hh.add_hetinputs([_income, _grids])
    calibration = {
        "r": 0.01,
        "w": 1.0,
        "eis": 1.0,
        "beta": 0.98,
        "rho_e": 0.9,
        "sd_e": 0.5,
        "n_e": 7,
        "n_a": 500,
        "min_a": 0.0,
        "max_a": 200.0,
    }
    block.steady_state(calibration)
    begun = time.perf_counter()
    block.steady_state(calibration)
    seconds = time.perf_counter() - begun
    print(
        f"\nsequence-jacobian {sj.__name__}: household steady state at given prices, 3,500 states: {1e3 * seconds:.0f} ms, "
        f"{1e6 * seconds / 3500:.1f} microseconds a state.\n"
    )


def _income(w: float, e_grid: object) -> object:
    y = w * e_grid  # the block reads the name of what is returned
    return y  # noqa: RET504


def _grids(rho_e: float, sd_e: float, n_e: int, min_a: float, max_a: float, n_a: int) -> tuple:
    from sequence_jacobian import grids

    e_grid, _, Pi = grids.markov_rouwenhorst(rho_e, sd_e, n_e)
    a_grid = grids.asset_grid(min_a, max_a, n_a)
    return e_grid, Pi, a_grid


def startup() -> None:
    """Whole processes: --help, and `dirigiste solve` on (b) with nothing compiled and with all programs kept."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "DIRIGISTE_CACHE": folder}
        command = [sys.executable, "-m", "dirigiste"]
        solve = [*command, "solve", str(EXAMPLES / "political.yaml"), "--json"]
        print("| whole process | seconds |")
        print("|---|---|")
        for label, arguments, repeats in (
            ("`dirigiste --help`", [*command, "--help"], 7),
            ("`dirigiste solve political.yaml`, first", solve, 1),
            ("the same, second and later", solve, 3),
        ):
            times = []
            for _ in range(repeats):
                begun = time.perf_counter()
                subprocess.run(
                    arguments,
                    check=True,
                    env=environment,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
                times.append(time.perf_counter() - begun)
            print(f"| {label} | {statistics.median(times):.2f} |", flush=True)


if __name__ == "__main__":
    parts = {"solver": solver, "peers": peers, "startup": startup}
    for part in sys.argv[1:] or parts:
        parts[part]()
