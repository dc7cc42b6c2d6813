"""A cold start: a point near the stationary state, without a solved one to begin with.

Prices clear the static markets given the distribution, owners expect them to last for ever, and the
distribution moves by an implicit step of some years; a few such steps come near the stationary state from
anywhere.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dirigiste.numerics.markets import aggregates, clearing
from dirigiste.numerics.operators import hjb, kfe
from dirigiste.numerics.operators.hjb import Values
from dirigiste.numerics.setup.arrays import Compiled
from dirigiste.numerics.stationary.point import INTEREST, Start, choices, unknowns, with_given
from dirigiste.progress import Progress

Array = NDArray[np.float64]

COLD_STEPS = 8
"""Implicit steps of the distribution in a cold start, of 2 years growing to 10."""

SETTLING_YEARS = (4.0, 0.05, 30.0)
"""First, least and largest step of an economy that settles."""

ROUGH = 1e-3
"""Accuracy of prices and values on the way."""


def cold_start(
    compiled: Compiled,
    *,
    wage: float | None = None,
    interest: float | None = None,
    progress: Progress | None = None,
) -> Start:
    """A point near the stationary state: static clearing, values for prices expected to last, implicit steps
    of the distribution. `wage` and `interest` are where the search for static prices begins.
    """
    u, f = first_distribution(compiled, first_unknowns(compiled, wage, interest))
    settling = Settling(compiled, Start(u, first_values(compiled, u), f), ROUGH)
    for k in range(COLD_STEPS):
        settling.clear()
        settling.move(min(2.0 * 1.4**k, 10.0))
        if progress:
            progress("cold start", k + 1, float("nan"))
    return settling.start


class Settling:
    """An economy on its way to the stationary state: markets clear at the present masses, owners expect
    prices to last for ever, and the distribution moves by implicit steps of some years.

    It comes near a stationary state from far away, also where the clearing prices of stationary masses react
    so strongly to foreseen prices that Newton does not converge (as with owners of fixed ability, whose
    wealth grows without bound as the interest rate approaches the discount rate).
    """

    def __init__(self, compiled: Compiled, start: Start, accuracy: float) -> None:
        self.compiled, self.accuracy = compiled, accuracy
        self.start = start
        self.g, self.other = start.f, 0.0
        self.active = unknowns(compiled)
        self.years, self.last = SETTLING_YEARS[0], np.zeros(4)

    def clear(self) -> Array:
        """Move the unknowns to where markets clear; by how much they change (4,)."""
        if not self.active:
            return np.zeros(4)
        accuracy = min(self.accuracy, ROUGH)
        u = clearing.clear_one(
            self.compiled.arrays, self.g, self.other, self.start.u, self.active, accuracy
        ).u
        change = u - self.start.u
        self.start = self.start._replace(u=u)
        return change

    def move(self, years: float) -> None:
        """Values at these prices, and masses some years later."""
        m, (u, v, f) = self.compiled.arrays, self.start
        if self.compiled.layout.annual:
            from dirigiste.numerics.annual import cold

            v, f, self.g, self.other = cold.moved_on(m, u, v, f, years, self.accuracy)
        else:
            prices, firms, reach = choices(m, u)
            values = hjb.solve(m, hjb.setting(m, firms, prices, reach), v, self.accuracy)
            v = values.v
            f, self.g, self.other = later(self.compiled, values, f, years)
        self.start = Start(u, v, f)

    def round(self) -> float:
        """Prices, values and masses of one step, which is longer while prices move in one direction and
        shorter where they turn; returns the largest change of a price.
        """
        change = self.clear()
        if float(change @ self.last) < 0.0:
            self.years = max(0.5 * self.years, SETTLING_YEARS[1])
        else:
            self.years = min(1.3 * self.years, SETTLING_YEARS[2])
        self.last = change
        self.move(self.years)
        return float(np.abs(change).max())


def first_unknowns(compiled: Compiled, wage: float | None, interest: float | None) -> Array:
    """Unknowns (4,) to begin with."""
    m = compiled.arrays
    first_wage = wage if wage is not None else 0.3 * float(m.productivity.max() * (m.ability @ m.stationary))
    first_interest = interest if interest is not None else 0.25 * m.rho
    return with_given(compiled, np.array([np.log(first_wage), first_interest, 0.0, 0.0]))


def first_values(compiled: Compiled, u: Array) -> Array:
    """Values (N, S, J) to begin with at unknowns u (4,)."""
    prices, firms, reach = choices(compiled.arrays, u)
    return hjb.guess(compiled.arrays, firms, prices, reach)


def first_distribution(compiled: Compiled, u: Array) -> tuple[Array, Array]:
    """Exponential wealth, the same in all states, of the mean at which static markets clear nearest to the
    first interest rate.
    """
    m, active = compiled.arrays, unknowns(compiled)
    nodes = m.wealth
    cell = np.gradient(nodes)
    best = None
    for mean in np.geomspace(nodes[min(2, nodes.size - 1)], nodes[-1] / 20.0, 8):
        weights = cell * np.exp(-(nodes - nodes[0]) / mean)
        f = (weights / weights.sum())[:, None, None] * m.start.sum(axis=0)
        result = clearing.clear_one(m, f, 0.0, u, active, ROUGH)
        miss = abs(float(result.u[INTEREST] - u[INTEREST])) / 0.05 + float(np.abs(result.left).max())
        if np.isfinite(miss) and (best is None or miss < best[0]):
            best = miss, result.u, f
    return (u, m.start) if best is None else best[1:]


def later(compiled: Compiled, values: Values, f: Array, years: float) -> tuple[Array, Array, float]:
    """Row masses and node masses `years` later (one implicit step), and receipts other than wedges and
    spreads.
    """
    m, d, flow = compiled.arrays, values.policy, values.hazards.flow
    op = kfe.prepare(m, d, flow, 1.0 / years)
    f = kfe.to_class_masses(m, kfe.forward_solve(m, op, kfe.node_masses(d, f) / years, 1e-4))
    g = kfe.node_masses(d, f)
    return f, g, aggregates.moved_receipts(m, aggregates.moves(m, g, flow))


def to_grid(compiled: Compiled, start: Start) -> Start:
    """A start on another wealth grid of the same economy, interpolated in the grid's own coordinate."""
    nodes = compiled.layout.nodes
    v, f = (on_grid(x[None], nodes)[0] for x in (start.v, start.f))
    return Start(start.u, v, kfe.to_class_masses(compiled.arrays, np.maximum(f, 0.0)))


def on_grid(x: Array, nodes: int) -> Array:
    """Arrays x (n, N, S, J) on a wealth grid of `nodes` nodes, interpolated in the grid's own coordinate."""
    from scipy.interpolate import PchipInterpolator  # here, since it is slow to import

    if not x.size:
        return np.zeros((len(x), nodes, *x.shape[2:]))
    there, here = np.linspace(0.0, 1.0, x.shape[1]), np.linspace(0.0, 1.0, nodes)
    with np.errstate(over="ignore"):  # where masses hardly change from node to node their slope counts as 0
        return PchipInterpolator(there, x, axis=1)(here)
