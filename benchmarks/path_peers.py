"""Times of peers for transition paths and sequence-space Jacobians, on Krusell-Smith-sized models.

    python -m venv peers && peers/bin/pip install numpy scipy numba sequence-jacobian
    peers/bin/python benchmarks/path_peers.py              table of the small and the middle size
                                   --glawion FILE          Glawion's script KrusellSmithSSJ.py too (see below)
                                   --large                 Jacobians at 28,000 states too
                                   --json                  one JSON object in place of the table

Needs nothing of this package. Three peers:

`sequence-jacobian`  the PyPI package (discrete time, endogenous grid points, numba): household block of
                     its Krusell-Smith example, discount factor found for r = 1 % a quarter.
`Glawion`            the script KrusellSmithSSJ.py of github.com/reneglawion/SequenceSpaceJacobiansCT, where a
                     path to it is given. It states no licence, so nothing of it is kept here: its functions
                     are read from the file and timed as they are. It has no nonlinear path, and in its
                     Jacobian the distribution does not move (the check below the table: nothing below the
                     diagonal), so times compare, numbers do not.
`published method`   our own plain NumPy and SciPy implementation of what Glawion (2023) and Achdou et al.
                     (2022) publish: implicit finite differences, SuperLU, the fake-news algorithm on the
                     generator. Not their code. It differentiates each step analytically with two factors for
                     all dates, which is quicker than differencing whole steps, and it solves the nonlinear
                     path by quasi-Newton steps on that Jacobian.

The same economy in the first and the third: log utility, AR(1) earnings, Y = 1, 300 steps of a quarter, TFP
shock of 1 % that decays by 5 % a quarter. One Jacobian is that of assets (Glawion: saving) and consumption to
the price pair (r, w). A path is timed with its Jacobian at hand. On a busy machine set
OPENBLAS_NUM_THREADS=1: the products of the fake-news algorithm otherwise wait for a second core, and times of
Jacobians scatter.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import io
import json
import os
import platform
import statistics
import time
import warnings
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp
from scipy.linalg import lu_factor, lu_solve
from scipy.optimize import brentq
from scipy.sparse.linalg import SuperLU, splu

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

STEPS = 300
SHOCK = 0.01 * 0.95 ** np.arange(STEPS)
RATE, SHARE, DEPRECIATION = 0.01, 0.11, 0.025  # a quarter
CAPITAL = SHARE / (RATE + DEPRECIATION)  # at Y = 1
TFP = CAPITAL**-SHARE
WAGE = 1.0 - SHARE
PERSISTENCE, SPREAD, RICHEST = 0.966, 0.5, 200.0
IMPATIENCE = 0.02  # discount rate where no equilibrium is looked for
DISCOUNT = (0.98 / 1.01, 0.999 / 1.01)  # bracket of the discount factor
TOLERANCES = (1e-6, 1e-8)  # of the asset market, absolute; capital is 3.1


@dataclass
class Time:
    """Least and median seconds of some runs, and the number of evaluations or rounds where there is one."""

    least: float
    median: float
    runs: int
    rounds: int | None = None


@dataclass
class Result:
    """One row: a peer on a size."""

    peer: str
    size: str
    states: int
    steps: int
    household: Time | None = None
    stationary: Time | None = None
    jacobian: Time | None = None
    paths: dict[str, Time] = field(default_factory=dict)
    checks: dict[str, float] = field(default_factory=dict)

    def per_state_and_step(self, taken: Time | None) -> float | None:
        """Microseconds a state and step, of the median."""
        return None if taken is None else 1e6 * taken.median / (self.states * self.steps)


def timed(action: Callable[[], Any], runs: int, *, warm: bool = True) -> tuple[Time, Any]:
    """Time an action, after one run that is not counted (compilation, caches) if `warm`."""
    result = action() if warm else None
    seconds = []
    for _ in range(runs):
        begun = time.perf_counter()
        result = action()
        seconds.append(time.perf_counter() - begun)
    return Time(min(seconds), statistics.median(seconds), runs), result


# --- sequence-jacobian ------------------------------------------------------------------------------------


def sequence_jacobian(earnings: int, nodes: int, runs: int, *, path: bool = True) -> Result:
    """The package's own Krusell-Smith example at a size."""
    from sequence_jacobian import create_model
    from sequence_jacobian.examples import krusell_smith as ks

    household = ks.hh.add_hetinputs([ks.income, ks.make_grids])
    model = create_model([household, ks.firm, ks.mkt_clearing], name="path")
    model_stationary = create_model([household, ks.firm_ss, ks.mkt_clearing], name="stationary")
    calibration = {
        "eis": 1.0, "delta": DEPRECIATION, "alpha": SHARE, "rho": PERSISTENCE, "sigma": SPREAD, "Y": 1.0,
        "L": 1.0, "nS": earnings, "nA": nodes, "amax": RICHEST, "r": RATE,
    }  # fmt: skip
    result = Result("sequence-jacobian", f"{earnings} x {nodes}", earnings * nodes, STEPS)
    if path:
        result.stationary, stationary = timed(
            lambda: model_stationary.solve_steady_state(
                calibration, {"beta": DISCOUNT}, {"asset_mkt": 0.0}, solver="brentq"
            ),
            min(runs, 3),
        )
    else:
        stationary = household.steady_state({**calibration, "w": WAGE, "beta": np.exp(-IMPATIENCE)})
    result.household, _ = timed(lambda: household.steady_state(stationary), min(runs, 3))
    result.jacobian, jacobian = timed(
        lambda: household.jacobian(stationary, ["r", "w"], ["A", "C"], T=STEPS), runs, warm=path
    )
    if not path:
        return result
    blocks = {household.name: jacobian}
    for tolerance in TOLERANCES:
        shock = {"Z": stationary["Z"] * SHOCK}

        def solve(tolerance: float = tolerance, shock: dict = shock) -> tuple[Any, int]:
            said = io.StringIO()
            with contextlib.redirect_stdout(said):
                solved = model.solve_impulse_nonlinear(
                    stationary, ["K"], ["asset_mkt"], shock, Js=blocks, tol=tolerance, verbose=True
                )
            return solved, said.getvalue().count("On iteration")

        result.paths[f"{tolerance:.0e}"], (solved, rounds) = timed(solve, min(runs, 3))
        result.paths[f"{tolerance:.0e}"].rounds = rounds
        result.checks[f"asset market {tolerance:.0e}"] = float(np.abs(solved["asset_mkt"]).max())
    result.checks["capital, largest response"] = float(np.abs(solved["K"]).max())
    return result


# --- the published method in continuous time: own implementation ------------------------------------------


@dataclass(frozen=True)
class Decisions:
    """Decisions at one date; arrays are nodes x earnings."""

    marginal: Array  # marginal value of wealth, upwind
    consumption: Array
    up: Array  # saving where the forward difference is used, else 0
    down: Array  # the same backward, at most 0


@dataclass(frozen=True)
class Stationary:
    """A household sector at rest."""

    rho: float
    v: Array
    decisions: Decisions
    mass: Array  # sums to one
    assets: float
    consumption: float


class Household:
    """Saving households in continuous time: log utility, a Markov chain of earnings, no borrowing."""

    def __init__(self, earnings: int, nodes: int) -> None:
        chain, levels = rouwenhorst(PERSISTENCE, SPREAD, earnings)
        self.z = levels[None, :]
        self.a = (RICHEST * np.linspace(0.0, 1.0, nodes) ** 2.5)[:, None]
        self.gap = np.diff(self.a, axis=0)
        self.size = earnings * nodes
        self._shape = (nodes, earnings)
        # One sparsity pattern for every date, earnings inside wealth so that the band is narrow;
        # `_at` says where in the
        # data of the compressed columns each diagonal lies.
        off = np.ones(self.size - earnings)
        switching = sp.kron(sp.eye(nodes), chain - np.eye(earnings))
        pattern = sp.csc_matrix(
            (abs(switching) + sp.eye(self.size) + sp.diags([off, off], [-earnings, earnings])) != 0
        )
        self._indices, self._indptr = pattern.indices, pattern.indptr
        rows, columns = pattern.indices, np.repeat(np.arange(self.size), np.diff(pattern.indptr))
        self._at = {shift: np.flatnonzero(columns - rows == shift) for shift in (-earnings, 0, earnings)}
        self._switching = np.asarray(sp.csr_matrix(switching)[rows, columns]).ravel()
        self._earnings = earnings

    def generator(self, up: Array, down: Array, shift: float) -> sp.csc_matrix:
        """The matrix `shift - A` for drifts `up` and `down`, with A the generator."""
        right, left = np.zeros(self._shape), np.zeros(self._shape)
        right[:-1] = up[:-1] / self.gap
        left[1:] = -down[1:] / self.gap
        data = -self._switching
        data[self._at[0]] += shift + (right + left).ravel()
        data[self._at[self._earnings]] -= right[:-1].ravel()
        data[self._at[-self._earnings]] -= left[1:].ravel()
        return sp.csc_matrix((data, self._indices, self._indptr), shape=(self.size, self.size))

    def factor(self, up: Array, down: Array, shift: float) -> SuperLU:
        """Sparse factors of `shift - A`; the order of unknowns already has little fill."""
        return splu(self.generator(up, down, shift), permc_spec="NATURAL", options={"SymmetricMode": True})

    def decide(self, v: Array, r: float, w: float) -> Decisions:
        """Consumption and saving by upwind differences."""
        slope = np.maximum(np.diff(v, axis=0) / self.gap, 1e-3)  # consumption is at most 1000
        income = w * self.z + r * self.a
        at_rest = 1.0 / income
        forward = np.concatenate([slope, at_rest[-1:]])
        backward = np.concatenate([at_rest[:1], slope])
        up = np.maximum(income - 1.0 / forward, 0.0)
        down = np.minimum(income - 1.0 / backward, 0.0)
        up[-1], down[0] = 0.0, 0.0
        # Where both point away from the node (values not concave there), the better of the two.
        upward = up * forward - np.log(forward) >= down * backward - np.log(backward)
        both = (up > 0.0) & (down < 0.0)
        up, down = np.where(both & ~upward, 0.0, up), np.where(both & upward, 0.0, down)
        marginal = np.where(up > 0.0, forward, np.where(down < 0.0, backward, at_rest))
        return Decisions(marginal, 1.0 / marginal, up, down)

    def value_step(self, d: Decisions, v: Array, rho: float, dt: float) -> Array:
        """One implicit step back of the Bellman equation, decisions given."""
        rhs = np.log(d.consumption) + v / dt
        return self.factor(d.up, d.down, rho + 1.0 / dt).solve(rhs.ravel()).reshape(self._shape)

    def mass_step(self, up: Array, down: Array, mass: Array, dt: float) -> Array:
        """One implicit step forward of the distribution."""
        return self.factor(up, down, 1.0 / dt).solve(mass.ravel() / dt, trans="T").reshape(self._shape)

    def stationary(self, rho: float, r: float, w: float, v: Array | None = None) -> Stationary:
        """Values and distribution at rest, at given prices."""
        v = np.log(w * self.z + r * self.a) / rho if v is None else v
        for _ in range(200):
            new = self.value_step(self.decide(v, r, w), v, rho, 1e4)
            moved, v = np.abs(new - v).max(), new
            if moved < 1e-10:
                break
        d = self.decide(v, r, w)
        mass = np.full(self._shape, 1.0 / self.size)
        factor = self.factor(d.up, d.down, 1e-7)
        for _ in range(50):
            new = factor.solve(mass.ravel(), trans="T").reshape(self._shape)
            new /= new.sum()
            moved, mass = np.abs(new - mass).max(), new
            if moved < 1e-14:
                break
        return Stationary(rho, v, d, mass, float((mass * self.a).sum()), float((mass * d.consumption).sum()))

    def equilibrium(self) -> Stationary:
        """The discount rate at which households hold the firms' capital at the rate RATE."""
        last: list[Stationary] = []

        def excess(rho: float) -> float:
            last[:] = [self.stationary(rho, RATE, WAGE, last[0].v if last else None)]
            return last[0].assets - CAPITAL

        low, high = -np.log(DISCOUNT[1]), -np.log(DISCOUNT[0])
        rho = brentq(excess, low, high, xtol=1e-14, rtol=1e-13)
        return self.stationary(rho, RATE, WAGE, last[0].v)

    def path(self, ss: Stationary, r: Array, w: Array, dt: float) -> tuple[Array, Array]:
        """Assets at the end of each step and consumption in it, at given prices, from rest."""
        v, mass = ss.v, ss.mass
        decisions = []
        for t in reversed(range(len(r))):
            decisions.append(self.decide(v, r[t], w[t]))
            v = self.value_step(decisions[-1], v, ss.rho, dt)
        assets, consumption = np.empty(len(r)), np.empty(len(r))
        for t, d in enumerate(reversed(decisions)):
            consumption[t] = (mass * d.consumption).sum()
            mass = self.mass_step(d.up, d.down, mass, dt)
            assets[t] = (mass * self.a).sum()
        return assets, consumption

    def jacobian(self, ss: Stationary, steps: int, dt: float) -> dict[tuple[str, str], Array]:
        """Responses of assets (A) and consumption (C) to r and w by the fake-news algorithm.

        Each step is differentiated at the stationary state: values move by the marginal value of income
        (the envelope theorem), decisions by the upwind slope of that, flows by the change of the drift. The
        sparse matrices stay those of the stationary state, so two factors serve all dates.
        """
        d = ss.decisions
        back = self.factor(d.up, d.down, ss.rho + 1.0 / dt)
        on = self.factor(d.up, d.down, 1.0 / dt)
        is_up, is_down = d.up > 0.0, d.down < 0.0
        moves = is_up | is_down
        # News: by date ahead, what reaches next date's distribution and this date's consumption;
        # both prices at once.
        names = ("r", "w")
        income = np.stack(
            [np.broadcast_to(self.a, self._shape), np.broadcast_to(self.z, self._shape)], axis=-1
        )
        news = np.empty((steps, 2, self.size))
        first = np.empty((steps, 2))
        dv = np.zeros((*self._shape, 2))
        for s in range(steps):
            slope = np.diff(dv, axis=0) / self.gap[..., None]
            dm = np.zeros_like(dv)
            dm[:-1] += np.where(is_up[:-1, :, None], slope, 0.0)
            dm[1:] += np.where(is_down[1:, :, None], slope, 0.0)
            direct = income if s == 0 else np.zeros_like(income)
            dc = np.where(moves[..., None], -((d.consumption**2)[..., None]) * dm, direct)
            flow = ss.mass[..., None] * (direct - dc)
            right = np.where(is_up[..., None], flow, 0.0)[:-1] / self.gap[..., None]
            left = np.where(is_down[..., None], flow, 0.0)[1:] / self.gap[..., None]  # less of it flows down
            shift = np.zeros_like(dv)
            shift[:-1] -= right + left
            shift[1:] += right + left
            news[s] = on.solve(shift.reshape(self.size, 2), trans="T").T
            first[s] = (ss.mass[..., None] * dc).sum(axis=(0, 1))
            rhs = d.marginal[..., None] * direct + dv / dt
            dv = back.solve(rhs.reshape(self.size, 2)).reshape(dv.shape)
        # Expectations of wealth and consumption, step by step, under the stationary generator.
        expected = np.empty((steps, 2, self.size))
        now = np.stack([np.broadcast_to(self.a, self._shape), d.consumption], axis=-1).reshape(self.size, 2)
        for t in range(steps):
            expected[t] = now.T
            now = on.solve(now / dt)
        result = {}
        for i, name in enumerate(names):
            fake = expected[:, 0] @ news[:, i].T
            result["A", name] = accumulate(fake)
            fake = np.concatenate([first[None, :, i], expected[:-1, 1] @ news[:, i].T])
            result["C", name] = accumulate(fake)
        return result


def rouwenhorst(persistence: float, spread: float, points: int) -> tuple[Array, Array]:
    """A Markov chain for the log of earnings, and levels with mean one."""
    p = 0.5 * (1.0 + persistence)
    chain = np.array([[p, 1.0 - p], [1.0 - p, p]])
    for n in range(3, points + 1):
        wide = np.zeros((n, n))
        wide[:-1, :-1] += p * chain
        wide[:-1, 1:] += (1.0 - p) * chain
        wide[1:, :-1] += (1.0 - p) * chain
        wide[1:, 1:] += p * chain
        wide[1:-1] /= 2.0
        chain = wide
    levels = np.exp(spread * np.linspace(-1.0, 1.0, points) * np.sqrt(points - 1))
    share = np.linalg.matrix_power(chain, 4096)[0]
    return chain, levels / (share @ levels)


def accumulate(fake: Array) -> Array:
    """The Jacobian from the fake-news matrix: sums along diagonals."""
    jacobian = fake.copy()
    for t in range(1, len(fake)):
        jacobian[t, 1:] += jacobian[t - 1, :-1]
    return jacobian


def prices(capital: Array, tfp: Array) -> tuple[Array, Array]:
    """Rate and wage from capital at the start of each step."""
    return SHARE * tfp * capital ** (SHARE - 1.0) - DEPRECIATION, (1.0 - SHARE) * tfp * capital**SHARE


def published(earnings: int, nodes: int, runs: int, *, path: bool = True) -> Result:
    """Our own implementation of the published continuous-time method at a size."""
    household = Household(earnings, nodes)
    result = Result("published method (our code)", f"{earnings} x {nodes}", household.size, STEPS)
    if path:
        result.stationary, ss = timed(household.equilibrium, min(runs, 3))
        rho = ss.rho
    else:
        rho = IMPATIENCE
    result.household, ss = timed(lambda: household.stationary(rho, RATE, WAGE), min(runs, 3), warm=path)
    result.jacobian, jacobian = timed(lambda: household.jacobian(ss, STEPS, 1.0), runs, warm=path)
    if not path:
        return result
    slope_r = SHARE * (SHARE - 1.0) * TFP * CAPITAL ** (SHARE - 2.0)
    slope_w = (1.0 - SHARE) * SHARE * TFP * CAPITAL ** (SHARE - 1.0)
    lag = np.eye(STEPS, k=-1)
    system = (slope_r * jacobian["A", "r"] + slope_w * jacobian["A", "w"]) @ lag - np.eye(STEPS)
    tfp = TFP * (1.0 + SHOCK)

    def solve(tolerance: float) -> tuple[Array, float, int]:
        factors = lu_factor(system)
        x = np.full(STEPS, ss.assets)
        for rounds in range(1, 31):
            r, w = prices(np.concatenate([[ss.assets], x[:-1]]), tfp)
            gap = household.path(ss, r, w, 1.0)[0] - x
            worst = float(np.abs(gap).max())
            if worst < tolerance:
                return x, worst, rounds
            x = x - lu_solve(factors, gap)
        raise RuntimeError("the path did not converge in 30 rounds")

    for tolerance in TOLERANCES:
        taken, (x, worst, rounds) = timed(
            lambda t=tolerance: solve(t), 3 if household.size < 1000 else 2, warm=False
        )
        taken.rounds = rounds
        result.paths[f"{tolerance:.0e}"] = taken
        result.checks[f"asset market {tolerance:.0e}"] = worst
    result.checks["capital, largest response"] = float(np.abs(x - ss.assets).max())
    # The Jacobian against the nonlinear path: prices move at step 20 only, central difference.
    for name, h in (("r", 1e-5), ("w", 1e-4)):
        bump = h * (np.arange(STEPS) == 20)
        move = {"r": (bump, 0.0 * bump), "w": (0.0 * bump, bump)}[name]
        sides = [
            household.path(ss, RATE + sign * move[0], WAGE + sign * move[1], 1.0) for sign in (1.0, -1.0)
        ]
        for k, output in enumerate("AC"):
            measured = (sides[0][k] - sides[1][k]) / (2.0 * h)
            column = jacobian[output, name][:, 20]
            gap = np.abs(measured - column).max() / np.abs(column).max()
            result.checks[f"d{output}/d{name} against differences"] = float(gap)
    return result


# --- Glawion's script, where there is a copy --------------------------------------------------------------


def glawion(script: Path, runs: int) -> list[Result]:
    """The script as shipped (100 steps), with 300 steps, and with 3,500 states at the same prices."""
    shipped = Result("Glawion (script as published)", "2 x 200", 400, 100)
    space = functions(script, 200)

    def stationary() -> dict[str, Any]:
        return space["steady_state"](space["K"], 0.0, space["alpha"], space["delta"], space["rho"])

    shipped.stationary, rest = timed(stationary, 1, warm=False)
    rows = [
        shipped,
        Result(shipped.peer, "2 x 200", 400, STEPS),
        Result(shipped.peer, "2 x 1750", 3500, STEPS),
    ]
    for row in rows:
        space = functions(script, row.states // 2)

        def household() -> dict[str, Any]:
            v, va, c, s, a, switching = space["policy_ss"](rest["r"], rest["w"], rest["rho"])
            g = space["distribution_ss"](a)
            return {**rest, "V": v, "Va": va, "c": c, "s": s, "A": a, "Aswitch": switching, "g": g}

        row.household, ss = timed(household, 1 if row.states > 1000 else min(runs, 3), warm=False)
        space["SS"] = ss
        unit = np.ones(row.steps)
        shocks = {"r": {"r": unit}, "w": {"w": unit}}
        row.jacobian, jacobian = timed(
            lambda: space["jacobian"](ss, shocks, row.steps),
            1 if row.states > 1000 else min(runs, 3),
            warm=False,
        )
        # What moves after the date of a price change is the part of the Jacobian that the
        # distribution carries.
        blocks = [jacobian[o][i] for o in jacobian for i in jacobian[o]]
        row.checks["largest entry below the diagonal"] = max(
            float(np.abs(np.tril(b, -1)).max()) for b in blocks
        )
        row.checks["largest entry on or above it"] = max(float(np.abs(np.triu(b)).max()) for b in blocks)
    return rows


def functions(script: Path, nodes: int) -> dict[str, Any]:
    """Functions and settings of the script, with `nodes` wealth nodes; nothing it solves or draws is run."""
    kept: list[ast.stmt] = []
    solved = False
    for node in ast.parse(script.read_text(encoding="utf-8")).body:
        solved = solved or (isinstance(node, ast.Assign) and ast.unparse(node).startswith("SS = "))
        if isinstance(node, ast.Import | ast.ImportFrom):
            if not solved and "matplotlib" not in ast.unparse(node):
                kept.append(node)
        elif isinstance(node, ast.FunctionDef) or (not solved and isinstance(node, ast.Assign | ast.For)):
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "I":
                node.value = ast.copy_location(ast.Constant(nodes), node.value)
            kept.append(node)
    space: dict[str, Any] = {}
    exec(compile(ast.Module(kept, []), str(script), "exec"), space)
    return space


# --- output -----------------------------------------------------------------------------------------------


def seconds(taken: Time | None) -> str:
    """Least and median for a table."""
    if taken is None:
        return ""
    shown = f"{taken.median:.3g}" if taken.runs == 1 else f"{taken.least:.3g} / {taken.median:.3g}"
    return shown + (f" ({taken.rounds})" if taken.rounds else "")


def table(results: list[Result]) -> str:
    """A Markdown table, and the checks below it."""
    lines = [
        "Seconds, least / median (evaluations of a path in brackets); a state and step: from medians.\n",
        "| peer | size | states | steps | household at given prices | stationary equilibrium "
        "| Jacobian | a state, step | path 1e-6 | path 1e-8 | a state, step | and evaluation |",
        "|" + "---|" * 12,
    ]
    for x in results:
        tight = x.paths.get("1e-08")
        each = x.per_state_and_step(tight)
        cells = [
            x.peer,
            x.size,
            f"{x.states:,}",
            str(x.steps),
            seconds(x.household),
            seconds(x.stationary),
            seconds(x.jacobian),
            f"{x.per_state_and_step(x.jacobian):.3g} µs",
            seconds(x.paths.get("1e-06")),
            seconds(tight),
            "" if each is None else f"{each:.3g} µs",
            "" if each is None or tight is None or not tight.rounds else f"{each / tight.rounds:.3g} µs",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    lines.append("")
    for x in results:
        lines.extend(f"{x.peer}, {x.size}: {name}: {value:.3g}" for name, value in x.checks.items())
    return "\n".join(lines)


def versions() -> dict[str, str]:
    """What ran."""
    found = {"python": platform.python_version(), "cores": str(os.cpu_count())}
    for name in ("numpy", "scipy", "numba", "sequence-jacobian"):
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found


def main() -> None:
    """Run what was asked for and print it."""
    parser = argparse.ArgumentParser(description="Times of peers for paths and sequence-space Jacobians.")
    parser.add_argument(
        "--glawion", type=Path, metavar="FILE", help="a copy of KrusellSmithSSJ.py, to time it too"
    )
    parser.add_argument("--large", action="store_true", help="28,000 states too (Jacobians, one run)")
    parser.add_argument(
        "--runs", type=int, default=5, help="runs that are counted (default 5; slow pieces fewer)"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object in place of the table")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    results = []
    for earnings, nodes in ((2, 200), (7, 500)):
        results.append(sequence_jacobian(earnings, nodes, options.runs))
        results.append(published(earnings, nodes, options.runs))
    if options.large:
        results.append(sequence_jacobian(140, 200, 1, path=False))
        results.append(published(140, 200, 1, path=False))
    if options.glawion:
        results.extend(glawion(options.glawion, options.runs))
    if options.json:
        print(json.dumps({"versions": versions(), "results": [asdict(x) for x in results]}, indent=2))
    else:
        print(", ".join(f"{k} {v}" for k, v in versions().items()) + "\n")
        print(table(results))


if __name__ == "__main__":
    main()
