"""Times of the solver, against named peers in the same run; prints the tables of `benchmarks/README.md`.

    python benchmarks/run.py            everything (some minutes)
    python benchmarks/run.py solver     only the solver; also: peers, startup

Medians of `REPEATS` runs after one that compiles. Peers: SciPy's SuperLU on the same linear systems (what the public codes of
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

    from scipy.sparse import csc_matrix

    from dirigiste.numerics.arrays import Layout

EXAMPLES = Path(__file__).parent.parent / "examples"
REPEATS = 7
CASES = {
    "(a) one status, 40 abilities x 400 nodes": EXAMPLES / "one-status.yaml",
    "(b) political, 7 x 20 x 200": EXAMPLES / "political.yaml",
    "(c) china-2019, 9 x 20 x 200": "china-2019",
}


def median(action: Callable[[], object], repeats: int = REPEATS) -> float:
    """Median seconds of an action, after one run that is not counted."""
    import jax

    jax.block_until_ready(action())
    times = []
    for _ in range(repeats):
        begun = time.perf_counter()
        jax.block_until_ready(action())
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


def solver() -> None:
    """One HJB, one distribution, responses, an equilibrium from cold and from a neighbour."""
    import jax.numpy as jnp

    import dirigiste as dg
    from dirigiste.numerics import arrays, equilibrium, point, start

    dg.configure()
    print(
        "| case | HJB cold | HJB neighbour | distribution | responses | equilibrium cold | neighbour | residual | rounds |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for name, source in CASES.items():
        compiled = arrays.compile_economy(dg.load(source))
        layout, m = compiled.layout, compiled.arrays
        solved = equilibrium.solve(compiled)
        p = solved.point
        near = p.u + 1e-3 * jnp.array([1.0, 0.1, 0.0, 0.0])
        prices, firms, reach = point.choices(layout, m, near)
        first = start.first_guess(layout, m, firms, prices)
        values = point.solve_values(layout, m, firms, prices, reach, p.values.v, 1e-10)
        neighbour = compiled.economy.with_({"preferences.rho": 1.01 * compiled.economy.preferences.rho})
        other = arrays.compile_economy(neighbour)
        at = equilibrium.Start(p.u, p.values.v, p.distribution.f)
        times = [
            median(lambda: point.solve_values(layout, m, firms, prices, reach, first, 1e-10)),
            median(lambda: point.solve_values(layout, m, firms, prices, reach, p.values.v, 1e-10)),
            median(
                lambda: point.solve_distribution(layout, m, values.rows, values.hazards.flow, m.start, 3e-13)
            ),
            median(lambda: equilibrium.respond(layout, m, p, equilibrium.unknowns(compiled))),
            median(lambda: equilibrium.solve(compiled).point.u),
            median(lambda: equilibrium.solve(other, at).point.u),
        ]
        cells = " | ".join(f"{1e3 * t:.0f} ms" for t in times)
        print(f"| {name} | {cells} | {solved.history[-1]:.0e} | {len(solved.history)} |", flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\nPeak memory of the process: {peak:.0f} MB.\n")


def peers() -> None:
    """The same Newton system by SuperLU; a household block by sequence-jacobian."""
    import jax
    import numpy as np
    from scipy.sparse.linalg import splu

    import dirigiste as dg
    from dirigiste.numerics import arrays, equilibrium, generator, hjb

    dg.configure()
    print("| linear system of one Newton round | states | ours | SuperLU | ratio | difference |")
    print("|---|---|---|---|---|---|")
    for name, source in CASES.items():
        compiled = arrays.compile_economy(dg.load(source))
        layout, m = compiled.layout, compiled.arrays
        p = equilibrium.solve(compiled).point
        d, h = p.values.rows, p.values.hazards
        rhs = jax.random.normal(jax.random.key(0), p.values.v.shape)

        @jax.jit
        def ours(d=d, h=h, rhs=rhs, layout=layout, m=m):
            return hjb.tangent_solve(layout, m, hjb.tangent(layout, m, d, h), rhs, 1e-10, 60).x

        def apply(x, d=d, h=h, layout=layout, m=m):
            moved = m.rho * x - x @ m.switching.T
            moved = moved - generator.by_origin(m, h.gain * generator.landed(layout, m, x))
            moved = moved + generator.by_origin(m, h.loss) * x
            return hjb.weigh(d, moved) - hjb.drift(d.tangent_right, d.tangent_left, x)

        matrix = _sparse(jax.jit(apply), layout)
        ours_time = median(ours)
        begun = time.perf_counter()
        solution = splu(matrix.tocsc()).solve(np.asarray(rhs).ravel())
        theirs = time.perf_counter() - begun
        gap = np.abs(solution - np.asarray(ours()).ravel()).max() / np.abs(solution).max()
        print(
            f"| {name} | {rhs.size:,} | {1e3 * ours_time:.0f} ms | {1e3 * theirs:.0f} ms | "
            f"{theirs / ours_time:.0f}x | {gap:.0e} |",
            flush=True,
        )
    _sequence_jacobian()


def _sparse(apply: Callable, layout: Layout) -> csc_matrix:
    """The matrix of a linear operator, column by column in batches."""
    import jax
    import jax.numpy as jnp
    import numpy as np
    import scipy.sparse as sp

    shape = (layout.nodes, layout.statuses, layout.abilities)
    size = int(np.prod(shape))
    batch = 256
    columns = jax.jit(jax.vmap(lambda i: apply(jnp.zeros(size).at[i].set(1.0).reshape(shape)).reshape(-1)))
    blocks = []
    for begin in range(0, size, batch):
        index = jnp.minimum(jnp.arange(begin, begin + batch), size - 1)
        dense = np.asarray(columns(index))[: min(batch, size - begin)]
        blocks.append(sp.csr_matrix(dense))
    return sp.vstack(blocks).T


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
    """Whole processes: --help, and `dirigiste solve` on (b) with an empty and with a filled compilation cache."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "XDG_CACHE_HOME": folder}
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
