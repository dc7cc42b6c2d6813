"""A simple solver of stationary equilibria, written independently: to check the numbers of the engine, and to
see whether an economy that the engine does not solve has an equilibrium.

    solution = Oracle(economy).solve()
    solution.u, solution.left, solution.state

From docs/method.md: firms (section 2), edges (3), plain upwinding in wealth (4, `scheme: upwind`), conditions
(5). Of the package only declarations and the chain of abilities are used. Values are computed by Newton's
method on SciPy's sparse matrices, which for upwinding is policy iteration and so always converges, the
distribution from the transposed matrix, prices that clear static markets at given masses by Newton's method,
or brackets where that fails, and stationary prices as a fixed point of that map by Broyden's method. Nothing
is fast.

No tax on size, and no constant returns.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.linalg import SuperLU, splu

from dirigiste.economy import Economy
from dirigiste.numerics.setup import ability

Array = NDArray[np.float64]

RAMP = 1e-4
"""Width, in wages, over which identical owners split between running a firm and working (section 2)."""

SPLIT = 1e-5
"""Logs of consumption a year within which owners split between saving and running down (section 4)."""

BRINK = 1e-2
"""Drift over consumption below which the second of two directions counts in part only (section 4)."""

CHEAPEST = 1e-9
"""Lower bound of rental rates."""

MOST_QUOTA = 8.0
"""Largest added spread, or minus log of a factor on credit limits, that is tried to meet a quota."""

WAGE, INTEREST, TRANSFER, QUOTA = range(4)


class Failed(Exception):  # noqa: N818  (named for the state of affairs)
    """The search ended without an equilibrium."""


class Arc(NamedTuple):
    """An edge from one of its origins."""

    name: str
    origin: int
    destination: int  # -1 abroad
    choice: bool
    perceived: float
    actual: float
    cost: float
    scale: float
    of: str  # what enforcement grows with, "" for nothing
    ref: float
    power: float
    after: Array  # (N,) wealth after the move
    draws: Array | None  # (J,) what a new ability is drawn from
    burnt: bool


class Firms(NamedTuple):
    """Choices (N, S, J) of owners who run, and the share of each state who do."""

    share: Array
    capital: Array
    labor: Array
    credit: Array
    output: Array
    earned: Array  # share of profit and of labour income together


class Jumps(NamedTuple):
    """What arcs do, (N, J) each by arc: worth in the value, its slopes, and the rate at which people move."""

    worth: list[Array]
    gain: list[Array]
    loss: list[Array]
    flow: list[Array]


class Market(NamedTuple):
    """Conditions at given masses, relative as in the engine."""

    labor: float
    capital: float
    budget: float
    quota: float


@dataclass
class State:
    """Everything that follows from unknowns u."""

    u: Array
    v: Array
    g: Array
    consumption: Array
    firms: Firms
    jumps: Jumps
    market: Market
    value_left: float
    """Largest residual of a value, in logs of consumption a year."""
    spree: Array
    """(N, S, J) 1 where owners would rather be poorer and consume at the ceiling of `decide`."""


class Gap(NamedTuple):
    """Excess demand at a value of one unknown, with all others solved for."""

    value: float
    excess: float
    u: Array


@dataclass
class Found:
    """An equilibrium."""

    state: State
    left: float
    """Largest residual of a condition."""
    evaluations: int

    @property
    def u(self) -> Array:
        """Log wage, interest, transfer, and what meets the quota."""
        return self.state.u


def between(nodes: Array, target: Array) -> tuple[NDArray[np.intp], Array]:
    """Node below each target, and the share that goes to the node above, so that means are kept."""
    below = np.clip(np.searchsorted(nodes, target, side="right") - 1, 0, nodes.size - 2)
    return below, np.clip((target - nodes[below]) / np.diff(nodes)[below], 0.0, 1.0)


def running(x: Array, nodes: Array, width: float) -> tuple[Array, Array]:
    """Share of each node's cell with x > 0 by a ramp of `width`, and how far its middle is from the cell's.

    x (N, ...) is linear between nodes; cells reach from midpoint to midpoint, the first is its node alone.
    """

    def ramp(y: Array) -> Array:
        return np.clip(y / width + 0.5, 0.0, 1.0)

    def area(y: Array) -> Array:
        return 0.5 * width * ramp(y) ** 2 + np.maximum(y - 0.5 * width, 0.0)

    def mean(start: Array, end: Array) -> Array:
        rise = end - start
        flat = np.abs(rise) <= 1e-9 * (np.abs(start) + width)
        return np.where(
            flat, ramp(0.5 * (start + end)), (area(end) - area(start)) / np.where(flat, 1.0, rise)
        )

    half = 0.5 * np.diff(nodes).reshape(-1, *[1] * (x.ndim - 1))
    middle = 0.5 * (x[1:] + x[:-1])
    up, down = mean(x[:-1], middle), mean(x[1:], middle)  # seen from the node below, from the node above
    tilt = (x[1:] - x[:-1]) / (np.abs(x[1:] - x[:-1]) + width)
    length, part, moment, center = (np.zeros_like(x) for _ in range(4))
    length[:-1] += half
    part[:-1] += half * up
    moment[:-1] += 0.5 * half**2 * up * (1.0 + tilt * (1.0 - up))
    center[:-1] += 0.5 * half**2
    length[1:] += half
    part[1:] += half * down
    moment[1:] -= 0.5 * half**2 * down * (1.0 - tilt * (1.0 - down))
    center[1:] -= 0.5 * half**2
    share = part / length
    inside = (share > 0) & (share < 1)
    shift = np.where(inside, moment / np.where(part > 0, part, 1.0) - center / length, 0.0)
    share[0], shift[0] = ramp(x[0]), 0.0
    return share, shift


def crossing(at: Callable[[float], float], low: tuple[float, float], high: tuple[float, float]) -> float:
    """Where a function changes sign between two points with their values: the Illinois rule, and halves where
    that is slow; down to rounding.
    """
    side = 0
    for k in range(200):
        (a, y_a), (b, y_b) = low, high
        x = 0.5 * (a + b) if k % 4 == 3 or y_a == y_b else (a * y_b - b * y_a) / (y_b - y_a)
        if not a < x < b or b - a < 1e-14:
            break
        y = at(x)
        if y == 0:
            return x
        if y > 0:
            low, high = (x, y), (b, 0.5 * y_b if side > 0 else y_b)
            side = 1
        else:
            low, high = (a, 0.5 * y_a if side < 0 else y_a), (x, y)
            side = -1
    return low[0] if abs(low[1]) < abs(high[1]) else high[0]


class Oracle:
    """One economy."""

    generous = 1.0
    """Factor on the ceiling of consumption that holds where owners would rather be poorer."""

    def __init__(self, economy: Economy) -> None:
        self.economy = economy
        preferences, technology, grid = economy.preferences, economy.technology, economy.numerics.wealth
        assert technology.eta < 1
        assert all(s.size_tax is None for s in economy.statuses.values())
        self.sigma, self.growth = preferences.sigma, technology.growth
        self.rho = preferences.rho - (1 - self.sigma) * self.growth
        self.alpha, self.eta, self.delta = technology.alpha, technology.eta, technology.delta
        x = np.linspace(0.0, 1.0, grid.points)
        self.a = grid.min + grid.scale * np.expm1(x * np.log1p((grid.max - grid.min) / grid.scale))
        self.a[0], self.a[-1] = grid.min, grid.max
        chain = ability.chain(economy)
        self.z, self.law, self.stationary = chain.values, chain.generator, chain.stationary
        self.rank_one = economy.ability.law == "redraw"
        self.names = list(economy.statuses)
        statuses = list(economy.statuses.values())
        self.shape = self.a.size, len(statuses), self.z.size

        def row(of: Callable) -> Array:
            return np.array([float(of(s)) for s in statuses])

        self.operates = row(lambda s: s.operates) > 0
        self.productivity, self.wedge = row(lambda s: s.productivity), row(lambda s: s.wedge)
        self.collateral, self.data = row(lambda s: s.collateral), row(lambda s: s.data_lending)
        self.spread, self.fixed = row(lambda s: s.spread), row(lambda s: s.fixed_cost)
        self.mandate_l, self.mandate_k = row(lambda s: s.mandates.labor), row(lambda s: s.mandates.capital)
        self.efficiency, self.amenity = row(lambda s: s.labor_efficiency), row(lambda s: s.amenity)
        self.masses = row(lambda s: s.mass or 0.0)
        self.arcs = [arc for edge in economy.edges for arc in self._arcs(edge)]
        closure = economy.closure
        self.closed = closure.capital == "closed"
        self.foreign, self.spending = closure.foreign_capital, closure.spending
        self.outside = closure.labor.outside or 0.0
        self.directed = closure.directed
        self.named = np.array([self.directed is not None and n in self.directed.to for n in self.names])
        self.given = np.array(
            [
                math.nan if closure.labor.wage is None else math.log(closure.labor.wage),
                math.nan if self.closed else closure.capital.open.interest,
                closure.transfer if closure.fiscal == "spend" else math.nan,
                math.nan if self.directed is not None else 0.0,
            ]
        )
        self.open = np.flatnonzero(np.isnan(self.given))
        self._pattern()
        self.last: State | None = None
        self.evaluations = 0

    def _arcs(self, edge) -> list[Arc]:
        draws, weight = None, 1.0
        if edge.ability == "redraw":
            draws = self.stationary
            if edge.weight is not None:
                weights = (
                    np.array(edge.weight)
                    if isinstance(edge.weight, tuple)
                    else np.array([edge.weight.at(z) for z in self.z])
                )
                weight = float((weights * draws).sum())
                draws = weights * draws / weight
        enforcement = edge.kind == "enforcement"
        size = edge.size if enforcement else None
        return [
            Arc(
                name=edge.name,
                origin=self.names.index(origin),
                destination=-1 if edge.to == "abroad" else self.names.index(edge.to),
                choice=edge.kind == "choice",
                perceived=weight * (edge.perceived_rate if enforcement else edge.rate),
                actual=weight * (edge.actual if enforcement else edge.rate),
                cost=getattr(edge, "cost", 0.0),
                scale=getattr(edge, "scale", 0.0),
                of=size.of if size is not None and size.power > 0 else "",
                ref=size.ref if size is not None else 1.0,
                power=size.power if size is not None else 1.0,
                after=np.maximum((1 - edge.fine) * self.a - edge.fee, self.a[0]),
                draws=draws,
                burnt=edge.burnt,
            )
            for origin in edge.origin
        ]

    # prices -------------------------------------------------------------------------------------------------

    def prices(self, u: Array) -> tuple[float, float, Array, Array]:
        """Wage, interest, spreads (S,) and factors on credit limits (S,)."""
        others = 1.0 - self.named
        by_spread = self.directed is not None and self.directed.by == "spread"
        spread = self.spread + others * (u[QUOTA] if by_spread else 0.0)
        factor = 1.0 + others * (0.0 if by_spread else math.expm1(-u[QUOTA]))
        return math.exp(u[WAGE]), u[INTEREST], spread, factor

    # firms (section 2) --------------------------------------------------------------------------------------

    def firms(self, u: Array) -> Firms:
        """Choices of all owners; statuses that run no firm have zeros."""
        wage, interest, spread, factor = self.prices(u)
        alpha, eta = self.alpha, self.eta
        s = self.operates
        perceived = ((1 - self.mandate_l) * wage)[s, None]
        scale = ((1 - self.wedge) * self.productivity * eta * (1 - alpha))[s, None] * self.z

        def unconstrained(rate: Array) -> Array:
            rental = np.maximum((1 - self.mandate_k) * (rate + self.delta), CHEAPEST)[s, None]
            ratio = alpha / (1 - alpha) * perceived / rental
            return ratio * (scale * ratio ** (alpha * eta) / perceived) ** (1 / (1 - eta))

        own, on_credit = unconstrained(np.full(s.size, interest)), unconstrained(interest + spread)
        data = np.where(self.data[s, None] > 0, self.data[s, None] * own, 0.0)
        multiple = (self.collateral - 1)[s, None]

        def at(a: Array) -> tuple[Array, ...]:
            with np.errstate(invalid="ignore"):
                by_wealth = np.where(np.isinf(multiple), np.inf, multiple * a)
            limit = factor[s, None] * (by_wealth + data)
            dear = np.where(own <= a, own, np.maximum(a, np.minimum(on_credit, a + limit)))
            cheap = np.where(on_credit <= limit, on_credit, np.maximum(limit, np.minimum(own, a + limit)))
            subsidy = spread[s, None] < 0
            k = np.where(subsidy, cheap, dear)
            b = np.where(subsidy, np.minimum(k, limit), np.maximum(k - a, 0.0))
            labor = (scale * k ** (alpha * eta) / perceived) ** (1 / (1 - eta * (1 - alpha)))
            y = (self.productivity[s, None] * self.z) * (k**alpha * labor ** (1 - alpha)) ** eta
            profit = (
                (1 - self.wedge)[s, None] * y
                - wage * labor
                - (interest + self.delta) * k
                - spread[s, None] * b
                - self.fixed[s, None]
            )
            return k, labor, b, y, profit

        a = self.a[:, None, None]
        works = (self.efficiency * wage)[:, None]
        share, shift = running(at(a)[4] - works[s], self.a, RAMP * wage)
        k, labor, b, y, profit = at(a + shift)
        earned = np.broadcast_to(works, self.shape).copy()
        earned[:, s] += share * (profit - works[s])

        def full(x: Array) -> Array:
            out = np.zeros(self.shape)
            out[:, s] = x
            return out

        return Firms(full(share), full(k), full(labor), full(b), full(y), earned)

    def reach(self, arc: Arc, firms: Firms) -> Array | float:
        """How much of the rate of enforcement an owner meets, (N, J)."""
        if not arc.of:
            return 1.0
        size = {"capital": firms.capital, "revenue": firms.output}.get(arc.of)
        if size is None:
            size, share = np.broadcast_to(self.a[:, None], self.shape[::2]), 1.0
        else:
            size, share = size[:, arc.origin], firms.share[:, arc.origin]
        relative = np.minimum((size / arc.ref) ** arc.power, 1e12)
        return share * relative / (1 + relative)

    # values (sections 3 and 4) ------------------------------------------------------------------------------

    def utility(self, c: Array, amenity: Array | float = 0.0) -> Array:
        """u(c e^m)."""
        if self.sigma == 1:
            return np.log(c) + amenity
        return (c * np.exp(amenity)) ** (1 - self.sigma) / (1 - self.sigma)

    def abroad(self, arc: Arc) -> Array:
        """Value of life abroad by wealth at home, (N, 1)."""
        terms = self.economy.abroad
        interest = terms.interest - self.growth
        human = terms.wage * self.efficiency[arc.origin]
        human = human / interest if human > 0 else 0.0
        theta = (self.rho - (1 - self.sigma) * interest) / self.sigma
        value = self.utility(theta * np.maximum(arc.after + human, 1e-100)) / theta
        if self.sigma == 1:
            value = value + (interest - self.rho) / self.rho**2
        return value[:, None]

    def landed(self, arc: Arc, v: Array) -> Array:
        """Value where an arc leads, (N, J)."""
        if arc.destination < 0:
            return np.broadcast_to(self.abroad(arc), self.shape[::2])
        below, share = between(self.a, arc.after)
        there = v[:, arc.destination]
        there = (1 - share)[:, None] * there[below] + share[:, None] * there[below + 1]
        if arc.draws is not None:
            there = np.broadcast_to((there @ arc.draws)[:, None], there.shape)
        return there

    def jumps(self, v: Array, firms: Firms) -> Jumps:
        """What arcs are worth at values v, and at what rate people move."""
        result = Jumps([], [], [], [])
        for arc in self.arcs:
            here, there = v[:, arc.origin], self.landed(arc, v)
            reach = np.broadcast_to(self.reach(arc, firms), here.shape)
            rate, flow = arc.perceived * reach, arc.actual * reach
            if not arc.choice:
                for into, x in zip(result, (rate * (there - here), rate, rate, flow), strict=True):
                    into.append(x)
                continue
            if self.sigma == 1:
                better = self.rho * (there - here) - arc.cost
            else:
                better = np.log(there / here) / (1 - self.sigma) - arc.cost
            if arc.scale > 0:
                goes = 1 / (1 + np.exp(-np.clip(better / arc.scale, -700, 700)))
                worth = arc.scale * np.logaddexp(0.0, better / arc.scale)
                moves = goes
            else:
                goes = (better > 0).astype(float)
                worth = np.maximum(better, 0.0)
                moves = running(better, self.a, 1e-9)[0]
            if self.sigma == 1:
                values = worth / self.rho, goes, goes
            else:
                more = np.exp((1 - self.sigma) * worth)
                values = here * (more - 1), more * goes * here / there, 1 - more * (1 - goes)
            result.worth.append(rate * values[0])
            result.gain.append(rate * values[1])
            result.loss.append(rate * values[2])
            result.flow.append(flow * moves)
        return result

    def _pattern(self) -> None:
        """Unknowns for means over new abilities, one for each node, status and law of draws."""
        N, S, J = self.shape
        self.laws: list[Array] = [self.stationary]
        self.law_of: list[int] = []
        for arc in self.arcs:
            number = 0
            if arc.draws is not None:
                same = [n for n, law in enumerate(self.laws) if np.array_equal(law, arc.draws)]
                number = same[0] if same else len(self.laws)
                if not same:
                    self.laws.append(arc.draws)
            self.law_of.append(number)
        self.index = np.arange(N * S * J).reshape(N, S, J)
        count = N * S * J
        self.means = count + np.arange(len(self.laws) * N * S).reshape(len(self.laws), N, S)
        self.newborn = count + len(self.laws) * N * S
        self.count = self.newborn + 1

    def matrix(
        self, discount: float, up: Array, down: Array, gain: list[Array], loss: list[Array], replaced: bool
    ) -> sp.csc_matrix:
        """The operator discount - drift - jumps over states, with means over draws as further unknowns.

        `replaced`: who goes abroad is replaced by a newborn.
        """
        J = self.shape[2]
        rows, columns, entries = [], [], []

        def put(row: Array, column: Array, entry: Array | float) -> None:
            row, column, entry = np.broadcast_arrays(row, column, entry)
            rows.append(row.reshape(-1))
            columns.append(column.reshape(-1))
            entries.append(entry.reshape(-1))

        index = self.index
        own = discount + up + down - np.diag(self.law)
        for arc, rate in zip(self.arcs, loss, strict=True):
            own[:, arc.origin] += rate
        if self.rank_one:
            rate = self.economy.ability.rate
            own = own + rate * self.stationary  # the draw of the same ability is in the mean
            put(index, self.means[0][:, :, None], -rate)
        else:
            for i in range(J):
                for j in np.flatnonzero(self.law[i]):
                    if i != j:
                        put(index[:, :, i], index[:, :, j], -self.law[i, j])
        put(index, index, own)
        put(index[:-1], index[1:], -up[:-1])
        put(index[1:], index[:-1], -down[1:])
        for arc, rate, law in zip(self.arcs, gain, self.law_of, strict=True):
            here = index[:, arc.origin]
            if arc.destination < 0:
                if replaced:
                    put(here, self.newborn, -rate)
                continue
            below, share = between(self.a, arc.after)
            for node, weight in ((below, 1 - share), (below + 1, share)):
                if arc.draws is None:
                    put(here, index[node, arc.destination], -weight[:, None] * rate)
                else:
                    put(here, self.means[law][node, arc.destination][:, None], -weight[:, None] * rate)
        for law, means in zip(self.laws, self.means, strict=True):
            put(means, means, 1.0)
            put(means[:, :, None], index, -law)
        put(np.array(self.newborn), np.array(self.newborn), 1.0)
        if self.economy.entry is not None:
            node, above = between(self.a, np.array(self.economy.entry.wealth))
            status = self.names.index(self.economy.entry.status)
            put(np.array(self.newborn), self.means[0][node, status], -(1 - above))
            put(np.array(self.newborn), self.means[0][node + 1, status], -above)
        coordinates = (np.concatenate(rows), np.concatenate(columns))
        return sp.csc_matrix((np.concatenate(entries), coordinates), shape=(self.count, self.count))

    def decide(self, v: Array, income: Array, jumps: Jumps) -> tuple[Array, ...]:
        """Residual, its unit, consumption, speeds up and down, and the speeds of Newton's operator."""
        sigma, gap = self.sigma, np.diff(self.a)[:, None, None]
        amenity = self.amenity[:, None]
        rest = self.rho * v - v @ self.law.T
        for arc, worth in zip(self.arcs, jumps.worth, strict=True):
            rest[:, arc.origin] -= worth
        slope = np.diff(v, axis=0) / gap
        largest = np.abs(income[1:]).max(axis=(1, 2), keepdims=True)
        most = self.generous * (3 * (self.a[1:] + self.a[:-1])[:, None, None] + 10 * largest)
        weight = np.exp((1 - sigma) * amenity)
        least = weight * most**-sigma
        capped = slope < least
        p = np.maximum(slope, least)
        c = (weight / p) ** (1 / sigma)
        h = self.utility(c, amenity)

        def rows(at: slice, income: Array, towards: float) -> tuple[Array, ...]:
            """What a direction uses: consumption, drift, residual, nearness to standing still, its slope."""
            pad = ((0, 1) if towards > 0 else (1, 0), (0, 0), (0, 0))
            drift = income[at] - c
            left = rest[at] - h - drift * slope
            near = towards * drift / (BRINK * c)
            turn = np.where((near > 1e-9) & (near < 1), towards * income[at] / (BRINK * c * sigma * p), 0.0)
            near = np.clip(near, 1e-9, 1.0)
            values = c, drift, left, near, turn / gap, 1 / np.broadcast_to(gap, c.shape), capped.astype(float)
            fills = 1.0, 0.0, 0.0, 1e-9, 0.0, 0.0, 0.0
            return tuple(np.pad(x, pad, constant_values=y) for x, y in zip(values, fills, strict=True))

        c_up, drift_up, left_up, near_up, turn_up, inverse_up, cap_up = rows(slice(0, -1), income, 1.0)
        c_dn, drift_dn, left_dn, near_dn, turn_dn, inverse_dn, cap_dn = rows(slice(1, None), income, -1.0)
        can_up, can_dn = drift_up > 0, drift_dn < 0
        stays = np.maximum(income, 1e-12)
        chosen = np.where(can_up, c_up, np.where(can_dn, c_dn, stays))
        unit = weight * chosen ** (1 - sigma)
        tie = SPLIT * unit
        both = can_up & can_dn
        second = near_up < near_dn  # whether up is the second direction
        part = np.where(both, np.where(second, near_up / near_dn, near_dn / near_up), 0.0)
        split = part / (1 + np.exp(np.clip((left_up - left_dn) / tie, -700, 700)))
        split = np.where(second, split, 1 - part + split)
        go_up = np.where(both, split, can_up)
        go_dn = np.where(both, 1 - split, can_dn)
        stay = 1 - go_up - go_dn
        either = -tie * np.logaddexp(-left_up / tie, -left_dn / tie)
        first = np.where(second, left_dn, left_up)
        left = np.where(can_up, left_up, np.where(can_dn, left_dn, rest - self.utility(stays, amenity)))
        left = np.where(both, first + part * (either - first), left)
        up, down = go_up * drift_up * inverse_up, -go_dn * drift_dn * inverse_dn
        more_up = np.where(both & second, (first - either) * turn_up / near_dn, 0.0)
        more_dn = np.where(both & ~second, (either - first) * turn_dn / near_up, 0.0)
        spent = go_up * c_up + go_dn * c_dn + stay * stays
        cap = np.maximum(go_up * cap_up, go_dn * cap_dn)
        return left, unit, spent, up, down, up + more_up, down + more_dn, cap

    def solve_scaled(self, matrix: sp.csc_matrix, row: Array, column: Array) -> SuperLU:
        """Factors of the matrix with rows and columns scaled."""
        return splu(
            sp.csc_matrix(sp.diags(row) @ matrix @ sp.diags(column)),
            permc_spec="COLAMD",
            diag_pivot_thresh=0.0,
            options={"SymmetricMode": False},
        )

    def values(self, firms: Firms, income: Array, start: Array | None, rounds: int = 400) -> tuple:
        """Values by Newton's method, with implicit time steps where rounds do not help."""
        if start is None:
            lasting = np.maximum.accumulate(np.maximum(income, 1e-3), axis=0)
            start = self.utility(lasting, self.amenity[:, None]) / self.rho
        v, best, waited, step = start, np.inf, 0, np.inf
        for _ in range(rounds):
            jumps = self.jumps(v, firms)
            left, unit, spent, up, down, turn_up, turn_down, cap = self.decide(v, income, jumps)
            lasting = unit if self.sigma == 1 else np.maximum(unit, np.abs((1 - self.sigma) * self.rho * v))
            worst = float((np.abs(left) / lasting).max())
            if not np.isfinite(worst):
                raise Failed("values are not finite")
            waited = 0 if worst < 0.5 * best else waited + 1
            best = min(best, worst)
            if worst < 1e-12 or (worst < 1e-9 and waited > 1) or (worst < 1e-8 and waited > 8):
                return v, jumps, spent, up, down, worst, cap
            if waited > 25 and worst > 1e-9:
                step = 100.0 if not np.isfinite(step) else 0.5 * step
                waited, best = 0, worst
            matrix = self.matrix(self.rho + 1 / step, turn_up, turn_down, jumps.gain, jumps.loss, False)
            size = np.abs(v) if self.sigma != 1 else np.ones_like(v)
            means = np.ones(self.count)
            means[: v.size] = size.reshape(-1)
            for law, at in zip(self.laws, self.means, strict=True):
                means[at] = size @ law
            row = 1 / means
            row[: v.size] = 1 / unit.reshape(-1)
            right = np.zeros(self.count)
            right[: v.size] = -left.reshape(-1) * row[: v.size]
            change = (self.solve_scaled(matrix, row, means).solve(right) * means)[: v.size].reshape(v.shape)
            if self.sigma == 1:
                v = v + change
            else:
                far = change / v
                v = v * np.where(far < -0.5, np.exp(np.clip(far, -20.0, 0.0)), 1 + far)
        raise Failed(f"values did not converge: {worst:.2g} a year")

    # distribution (section 4) -------------------------------------------------------------------------------

    def begin(self) -> Array:
        """Masses to start from: even over the lower half of the nodes."""
        N, S, _ = self.shape
        statuses = self.masses if self.masses.any() else np.full(S, 1 / S)
        nodes = np.zeros(N)
        nodes[: N // 2] = 1 / (N // 2)
        return nodes[:, None, None] * statuses[:, None] * self.stationary

    def onwards(self, g: Array, up: Array, down: Array, flow: list[Array], years: float) -> Array:
        """Masses after an implicit step."""
        matrix = self.matrix(1 / years, up, down, flow, flow, True)
        one = np.ones(self.count)
        right = np.zeros(self.count)
        factors = self.solve_scaled(matrix, one, one)
        right[: g.size] = g.reshape(-1) / years
        return factors.solve(right, trans="T")[: g.size].reshape(g.shape)

    def masses_at_rest(self, g: Array, up: Array, down: Array, flow: list[Array]) -> Array:
        """The stationary distribution, with the masses of closed classes that g has."""
        years = 1e7
        matrix = self.matrix(1 / years, up, down, flow, flow, True)
        one = np.ones(self.count)
        factors = self.solve_scaled(matrix, one, one)
        for _ in range(12):
            right = np.zeros(self.count)
            right[: g.size] = g.reshape(-1) / years
            new = factors.solve(right, trans="T")[: g.size].reshape(g.shape)
            new *= g.sum() / new.sum()
            done = np.abs(new - g).sum() < 1e-13
            g = new
            if done:
                break
        return g

    # markets (section 5) ------------------------------------------------------------------------------------

    def market(self, u: Array, g: Array, firms: Firms, from_edges: float) -> Market:
        """Conditions at masses g, with what the budget receives from edges."""
        spread = self.prices(u)[2]
        runs = g * firms.share
        labor = (runs * firms.labor).sum()
        supply = self.outside + (self.efficiency * (g - runs).sum(axis=(0, 2))).sum()
        capital, funds = (runs * firms.capital).sum(), (g.sum(axis=(1, 2)) * self.a).sum() + self.foreign
        output = (runs * firms.output).sum()
        wedges = (self.wedge * (runs * firms.output).sum(axis=(0, 2))).sum()
        credit = (runs * firms.credit).sum(axis=(0, 2))
        receipts = wedges + (spread * credit).sum() + from_edges
        quota = 0.0
        if self.directed is not None:
            of = credit if self.directed.of == "credit" else (runs * firms.capital).sum(axis=(0, 2))
            quota = (self.named * of).sum() / max(of.sum(), 1e-300) - self.directed.share
        return Market(
            (labor - supply) / max(labor, supply, 1e-12),
            (capital - funds) / max(capital, funds, 1e-12),
            (receipts - u[TRANSFER] - self.spending) / max(output, 1e-12),
            quota,
        )

    def from_edges(self, g: Array, jumps: Jumps) -> float:
        """What edges take and do not burn, less what newborns are given."""
        receipts = 0.0
        for arc, flow in zip(self.arcs, jumps.flow, strict=True):
            people = (g[:, arc.origin] * flow).sum(axis=1)
            receipts += (not arc.burnt) * (people * (self.a - arc.after)).sum()
            if arc.destination < 0:
                receipts -= self.economy.entry.wealth * people.sum()
        return receipts

    def balance(self, u: Array, g: Array, from_edges: float) -> tuple[Array, Array]:
        """Excess demand of labour, of capital, and the quota's shortfall, and u with the transfer that
        balances the budget.
        """
        firms = self.firms(u)
        m = self.market(u, g, firms, from_edges)
        if TRANSFER in self.open:
            output = max((g * firms.share * firms.output).sum(), 1e-12)
            u = u.copy()
            u[TRANSFER] += m.budget * output
        return np.array([m.labor, m.capital, 0.0, -m.quota]), u

    def clear(self, u: Array, g: Array, jumps: Jumps) -> Array:
        """Prices that clear static markets at masses g, from u: Newton, then nested brackets."""
        active = [n for n in (WAGE, INTEREST, QUOTA) if n in self.open]
        received = self.from_edges(g, jumps)
        least = {INTEREST: -self.delta, QUOTA: 0.0}

        def inside(x: Array) -> Array:
            x = x.copy()
            for n, bound in least.items():
                if n in active:
                    x[n] = max(x[n], bound)
            return x

        def left(x: Array, excess: Array) -> Array:
            """Complementarity: at a bound, excess supply is no failure."""
            out = excess[active].copy()
            for n, bound in least.items():
                if n in active and x[n] <= bound:
                    out[active.index(n)] = max(out[active.index(n)], 0.0)
            return out

        x = inside(u)
        for _ in range(30):
            excess, _ = self.balance(x, g, received)
            if not active or np.abs(left(x, excess)).max() < 1e-12:
                return self.balance(x, g, received)[1]
            free = [n for n in active if not (n in least and x[n] <= least[n] and excess[n] <= 0)]
            slopes = np.empty((len(free), len(free)))
            for column, n in enumerate(free):
                nudged = x.copy()
                nudged[n] += 1e-6
                slopes[:, column] = ((self.balance(nudged, g, received)[0] - excess) / 1e-6)[free]
            change = np.linalg.lstsq(slopes, -excess[free], rcond=1e-14)[0]
            most = np.array([0.2, 0.02, 0.0, 0.05])[free]
            change *= min(1.0, float((most / np.maximum(np.abs(change), 1e-300)).min()))
            size = np.abs(left(x, excess)).max()
            for _ in range(6):
                trial = x.copy()
                trial[free] += change
                trial = inside(trial)
                if np.abs(left(trial, self.balance(trial, g, received)[0])).max() < size:
                    break
                change = 0.5 * change
            else:
                break
            x = trial
        return self.bracket(u, g, received, active)

    def bracket(self, u: Array, g: Array, received: float, active: list[int]) -> Array:
        """The same by brackets within brackets: the wage in those of interest, both in those of the quota."""
        best = u.copy()

        def excess(n: int) -> Callable[[float], float]:
            inner = {INTEREST: [WAGE], QUOTA: [WAGE, INTEREST], WAGE: []}[n]

            def at(x: float) -> float:
                best[n] = x
                for m in reversed([m for m in inner if m in active]):
                    find(m)
                    break
                return float(self.balance(best, g, received)[0][n])

            return at

        def find(n: int) -> None:
            at, bound = excess(n), {WAGE: -40.0, INTEREST: -self.delta, QUOTA: 0.0}[n]
            step = {WAGE: 0.01, INTEREST: 0.001, QUOTA: 0.01}[n]
            low = high = max(best[n], bound)
            y_low = y_high = at(low)
            while y_high > 0:  # demand is too high: dearer
                low, y_low = high, y_high
                high, step = high + step, 2 * step
                y_high = at(high)
                if n == QUOTA and high > MOST_QUOTA:
                    best[n] = high
                    return  # not within reach at these masses
                if step > 100:
                    raise Failed(f"no price clears market {n}")
            while y_low < 0 and low > bound:
                high, y_high = low, y_low
                low, step = max(low - step, bound), 2 * step
                y_low = at(low)
            if y_low <= 0 and low <= bound:
                if n == WAGE:
                    raise Failed("labour is in excess supply at any wage")
                best[n] = bound
            elif y_high == 0:
                best[n] = high
            else:
                best[n] = crossing(at, (low, y_low), (high, y_high))
            at(best[n])

        outermost = max(active)
        find(outermost)
        return self.balance(best, g, received)[1]

    # stationary equilibrium ---------------------------------------------------------------------------------

    @np.errstate(all="ignore")
    def at(
        self, u: Array, last: State | None = None, years: float | None = None, g: Array | None = None
    ) -> State:
        """Values and masses at unknowns u; with `years`, masses only so much later than g, or those of
        `last`.
        """
        last = last or self.last
        self.evaluations += 1
        firms = self.firms(u)
        income = (u[INTEREST] - self.growth) * self.a[:, None, None] + firms.earned + u[TRANSFER]
        if income[0].min() <= 0:
            names = [self.names[s] for s in np.flatnonzero((income[0] <= 0).any(axis=1))]
            raise Failed(f"no income at the least wealth in {', '.join(names)}")
        v, jumps, spent, up, down, left, cap = self.values(firms, income, None if last is None else last.v)
        if g is None:
            g = self.begin() if last is None else last.g
        if years is None:
            g = self.masses_at_rest(g, up, down, jumps.flow)
        else:
            g = self.onwards(g, up, down, jumps.flow, years)
        market = self.market(u, g, firms, self.from_edges(g, jumps))
        self.last = State(u, v, g, spent, firms, jumps, market, left, cap)
        return self.last

    def left(self, state: State) -> float:
        """Largest residual of the conditions that are open, bounds as in section 5."""
        u, m = state.u, state.market
        conditions = [
            m.labor,
            min(-m.capital, 50 * (u[INTEREST] + self.delta)),
            m.budget,
            min(m.quota, 50 * u[QUOTA]),
        ]
        return float(np.abs(np.array(conditions)[self.open]).max(initial=0.0))

    def guess(self) -> Array:
        """Unknowns to start from."""
        u = np.array([math.log(0.9), 0.25 * self.rho, 0.0, 0.0])
        u[self.given == self.given] = self.given[self.given == self.given]
        return u

    def approach(self, u: Array, rounds: int = 80, near: float = 0.01) -> Array:
        """Come near: prices clear static markets, owners take them to last, masses move by some years, by
        ever more where that settles prices.
        """
        u, g = self.first(u)
        state, years, before = None, 2.0, np.inf
        for _ in range(rounds):
            u = self.with_income(u)
            state = self.at(u, state, years=years, g=g)
            g = None
            miss = self.clear(u, state.g, state.jumps) - u
            size = float(np.abs(miss * [1.0, 10.0, 1.0, 1.0]).max())
            if size < near and years > 300:
                break
            u = u + (1.0 if years < 15 else 0.5) * miss
            years = min(1.4 * years, 1e3) if size < 0.9 * before or size < near else max(0.6 * years, 1.0)
            before = size
        return u

    def with_income(self, u: Array) -> Array:
        """The same with a transfer and an interest rate at which nobody starves at the least wealth."""
        if TRANSFER not in self.open:
            return u
        u = u.copy()
        least = float((self.firms(u).earned[0] + (u[INTEREST] - self.growth) * self.a[0]).min())
        u[TRANSFER] = max(u[TRANSFER], -0.8 * least)
        return u

    def spread_out(self, mean: float) -> Array:
        """Masses with exponential wealth."""
        cell = np.gradient(self.a)
        nodes = cell * np.exp(-self.a / mean)
        S = self.shape[1]
        statuses = self.masses if self.masses.any() else np.full(S, 1 / S)
        return (nodes / nodes.sum())[:, None, None] * statuses[:, None] * self.stationary

    def first(self, u: Array) -> tuple[Array, Array]:
        """Static clearing with a mean wealth at which the interest rate is near a quarter of rho."""
        nothing = Jumps([], [], [], [np.zeros(self.shape[::2]) for _ in self.arcs])
        mean, cleared = 3.0, u
        for _ in range(40):
            cleared = self.clear(u, self.spread_out(mean), nothing)
            if INTEREST not in self.open or abs(cleared[INTEREST] - 0.25 * self.rho) < 0.005:
                break
            if cleared[INTEREST] <= -self.delta and mean < 0.3:
                break
            mean *= 1.25 if cleared[INTEREST] > 0.25 * self.rho else 0.8
        return cleared, self.spread_out(mean)

    @np.errstate(all="ignore")  # on the way to values, and where sigma is large
    def solve(self, start: Array | None = None, target: float = 1e-9) -> Found:
        """The equilibrium, from unknowns `start` or from afar: Broyden's method, then brackets of a price,
        with all else solved for.
        """
        u = self.approach(self.guess()) if start is None else np.array(start, dtype=float)
        try:
            return self.newton(u, target)
        except Failed:
            if self.open.size < 2:
                raise
        u = self.with_income(u if self.last is None else self.last.u)
        unknown = int(self.open[0])
        step, low, high = (0.01 if unknown == WAGE else 0.002), u[unknown], u[unknown]
        bound = -self.delta if unknown == INTEREST else -math.inf
        below = above = Gap(u[unknown], *self.along(unknown, u[unknown], u))
        while above.excess > 0:
            high, step = high + step, 2 * step
            below, above = above, Gap(high, *self.along(unknown, high, above.u))
        while below.excess < 0 and low > bound:
            low, step = max(low - step, bound), 2 * step
            below, above = Gap(low, *self.along(unknown, low, below.u)), below
        below, above = self.crossing(unknown, below.value, above.value, 1e-11, (below, above))
        least = min(below, above, key=lambda gap: abs(gap.excess))
        state = self.at(least.u)
        if self.left(state) > 1e-6:
            raise Failed(
                f"excess demand of {('labour', 'capital')[unknown]} jumps from {below.excess:.2g} to "
                f"{above.excess:.2g} at {least.value:.8g}"
            )
        return Found(state, self.left(state), self.evaluations)

    def newton(self, u: Array, target: float, rounds: int = 40) -> Found:
        """The fixed point of prices that clear at the masses that follow from them, by Broyden's method."""
        index = self.open

        def gap(u: Array) -> tuple[State, Array]:
            state = self.at(u)
            return state, (self.clear(u, state.g, state.jumps) - u)[index]

        state, f = gap(u)
        slopes: Array | None = None
        step = np.array([1e-4, 1e-5, 1e-5, 1e-4])
        stale = True
        for _ in range(rounds):
            if self.left(state) < target and state.value_left < 1e-9:
                return Found(state, self.left(state), self.evaluations)
            if slopes is None:
                slopes = np.empty((index.size, index.size))
                for column, n in enumerate(index):
                    nudged = u.copy()
                    nudged[n] += step[n]
                    slopes[:, column] = (gap(nudged)[1] - f) / step[n]
                stale = False
            change = np.linalg.lstsq(slopes, -f, rcond=1e-14)[0]
            most = np.array([0.2, 0.02, 0.1, 0.1])[index]
            change *= min(1.0, float((most / np.maximum(np.abs(change), 1e-300)).min()))
            weight = np.array([1.0, 10.0, 3.0, 1.0])[index]
            for halving in range(7):
                new = u.copy()
                new[index] += change
                new[INTEREST] = max(new[INTEREST], -self.delta)
                new[QUOTA] = max(new[QUOTA], 0.0)
                try:
                    after, f_new = gap(new)
                except Failed:
                    if halving == 6:
                        raise
                    change = 0.3 * change
                    continue
                if np.abs(weight * f_new).max() < np.abs(weight * f).max():
                    break
                if not stale and halving == 6:
                    raise Failed(f"stuck at {self.left(state):.2g}")
                if stale:
                    break
                change = 0.5 * change
            moved = (new - u)[index]
            if stale and np.abs(weight * f_new).max() >= 0.5 * np.abs(weight * f).max():
                slopes = None
            elif moved @ moved > 0:
                slopes = slopes + np.outer(f_new - f - slopes @ moved, moved) / (moved @ moved)
            stale = True
            if np.abs(weight * f_new).max() < np.abs(weight * f).max():
                u, state, f = new, after, f_new
        raise Failed(f"no equilibrium after {rounds} rounds: {self.left(state):.2g}")

    # where there may be none --------------------------------------------------------------------------------

    @np.errstate(all="ignore")
    def along(self, unknown: int, value: float, start: Array | None = None) -> tuple[float, Array]:
        """Excess demand in the market of one unknown at a given value, all others being solved for; and the
        unknowns.
        """
        given, open_ = self.given, self.open
        self.given = given.copy()
        self.given[unknown] = value
        self.open = np.flatnonzero(np.isnan(self.given))
        try:
            u = None
            if start is not None:
                u = start.copy()
                u[unknown] = value
            solution = self.solve(u)
            m = solution.state.market
            return (m.labor, m.capital, m.budget, -m.quota)[unknown], solution.u
        finally:
            self.given, self.open = given, open_

    def excess(self, unknown: int, values: Array) -> list[tuple[float, float]]:
        """Excess demand in the market of one unknown over a range of its values, nan where that fails."""
        pairs, last = [], None
        for value in values:
            try:
                left, last = self.along(unknown, float(value), last)
            except Failed:
                left = math.nan
            pairs.append((float(value), left))
        return pairs

    def crossing(
        self,
        unknown: int,
        low: float,
        high: float,
        width: float = 1e-9,
        ends: tuple[Gap, Gap] | None = None,
    ) -> tuple[Gap, Gap]:
        """Where excess demand changes sign between `low` and `high`: values on both sides, `width` apart,
        with the excess demand and the unknowns there. Where that stays large, it jumps, and there is no
        equilibrium in between.
        """
        below, above = ends or (Gap(x, *self.along(unknown, x)) for x in (low, high))
        for k in range(100):
            if above.value - below.value < width or min(abs(below.excess), abs(above.excess)) < 1e-10:
                break
            share = below.excess / (below.excess - above.excess) if k % 2 else 0.5
            middle = below.value + min(max(share, 0.02), 0.98) * (above.value - below.value)
            at = Gap(middle, *self.along(unknown, middle, (below if share < 0.5 else above).u))
            if at.excess > 0:
                below = at
            else:
                above = at
        return below, above
