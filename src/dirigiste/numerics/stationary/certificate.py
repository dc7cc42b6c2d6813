"""The certificate of a stationary equilibrium (docs/method.md, section 6): residuals of all equations solved,
and of one that is not used to solve, the identity of goods (Walras' law).

The identity (docs/method.md, equation 12), in goods a year:

    Y - C - w L0 - delta K - fixed costs - G - r (K - A) - wealth that leaves or is burnt - g A = 0

with K all capital, idle capital too, and the wealth of emigrants net of what the budget takes of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from dirigiste.errors import IdentityViolated, NotConverged
from dirigiste.numerics import accounts
from dirigiste.numerics.accounts import Accounts
from dirigiste.numerics.markets import clearing
from dirigiste.numerics.markets.aggregates import moved_receipts
from dirigiste.numerics.markets.firm import firms
from dirigiste.numerics.operators import direct, kfe
from dirigiste.numerics.setup.arrays import Compiled
from dirigiste.numerics.setup.preferences import LEAST_CONSUMPTION
from dirigiste.numerics.stationary import absorbing
from dirigiste.numerics.stationary.certified import SPLIT, Certificate
from dirigiste.numerics.stationary.equilibrium import LEAST_WAGE, MOST_TOP_MASS, Solved
from dirigiste.numerics.stationary.point import CORNER, INTEREST, TRANSFER, WAGE, Point, prices_of, unknowns

WALRAS = 1e-6
"""Largest goods residual that is accepted, over output."""

MASS = 1e-9
"""Largest deviation of total mass from 1 that is accepted."""

TOP_MASS = 1e-6
"""Mass of owners at the top of the wealth grid above which a warning says that the grid is too short."""

POINTS, RANGE = 201, 3.0
"""Where a market does not clear: prices at which excess demand is computed, and how far they reach, in logs
of the wage."""

JUMP, LEAST_JUMP = 1e-6, 1e-4
"""Excess demand counts as discontinuous if it changes by at least `LEAST_JUMP` within a change `JUMP` of the
price."""

LEAST_STATUS = 1e-9
"""Mass of a status above which it matters whether its owners have any income."""

LEAST_OUTPUT = 1e-8
"""Output over consumption below which no firm runs: what little there is are rounding errors."""


def accounts_of(compiled: Compiled, point: Point) -> Accounts:
    """What the closure determines besides prices: spending, outside labour, all capital, foreign assets."""
    given, opens = partial(getattr, compiled.arrays), unknowns(compiled)
    return accounts.accounts(given, point.static, point.moves, point.prices.transfer, opens)


def identity(compiled: Compiled, point: Point) -> dict[str, float]:
    """Terms of the goods identity with their signs, in goods a year, and their sum under `residual`."""
    s, prices, of = point.static, point.prices, accounts_of(compiled, point)
    given = partial(getattr, compiled.arrays)
    consumption = float((point.distribution.f * point.values.policy.consumption).sum())
    goods = accounts.goods(given, s, point.moves, of, consumption, prices.wage, prices.interest)
    terms = {name: float(value) for name, value in goods.items()}
    return {**terms, "residual": sum(terms.values())}


def certificate(compiled: Compiled, solved: Solved) -> Certificate:
    """The certificate of a solved equilibrium.

    Raises:
        NotConverged: a residual misses its tolerance.
        IdentityViolated: everything is met but goods do not clear.
    """
    point, m = solved.point, compiled.arrays
    tolerances = compiled.economy.numerics.tolerances
    active = unknowns(compiled)
    c = point.conditions
    g = np.asarray(point.distribution.g)
    terms = identity(compiled, point)
    top = float(g[-1].sum())
    warnings = []
    if top > TOP_MASS:
        warnings.append(
            f"{top:.2g} of all owners are at the top of the wealth grid ({float(m.wealth[-1]):g}): "
            "raise numerics.wealth.max"
        )
    warnings += absorbing.several(compiled)
    if solved.split:
        warnings.append(f"{solved.split}; {SPLIT}")
    outside = float(accounts_of(compiled, point).outside_labor)
    if outside < 0:
        warnings.append(
            f"the given wage leaves outside labour at {outside:.3g}: owners supply more labour than firms "
            "want at it; lower closure.labor.wage"
        )
    result = Certificate(
        hjb=float(point.values.residual),
        distribution=float(point.distribution.residual),
        mass=float(g.sum() - 1.0),
        labor=float(c.labor) if WAGE in active else 0.0,
        capital=float(c.capital) if INTEREST in active else 0.0,
        budget=float(c.budget) if TRANSFER in active else 0.0,
        quota=float(c.quota) if compiled.layout.directed_of else 0.0,
        walras=terms["residual"] / (terms["output"] or -terms["consumption"]),
        top_mass=top,
        least_mass=float(g.min()),
        rounds=len(solved.history),
        history=solved.history,
        warnings=tuple(warnings),
    )
    _check(compiled, solved, result, tolerances.hjb, tolerances.distribution, tolerances.markets)
    return result


def refuse_split(name: str, what: str, who: str) -> None:
    """Refuse `what` (such as "a path") of the economy or chronicle of a name where owners split between two
    policies; `who` says which owners, and is empty where nobody does.

    Raises:
        NotConverged: Owners split.
    """
    if who:
        raise NotConverged(
            f"{name}: {what} cannot be computed here: {who}",
            advice="After any change all of them may do the one or the other at once. More points of ability "
            "(ability.distribution), or choices with a larger scale, make them differ.",
        )


def _check(
    compiled: Compiled, solved: Solved, r: Certificate, hjb: float, distribution: float, markets: float
) -> None:
    m, point = compiled.arrays, solved.point
    if solved.firmless:
        raise NotConverged(
            f"{compiled.economy.name}: there is no firm in the long run: {solved.why}",
            history=r.history,
            last=point,
            advice="Give these statuses an edge that leads out of them, or raise its rate.",
        )
    at_bound = 2.0 * markets / CORNER  # Newton stops this near to the corner of a complementarity
    idle = float(point.prices.interest) + float(m.delta) <= at_bound
    slack = max(0.0, r.capital) if idle else abs(r.capital)
    binds = float(point.u[-1]) > at_bound
    quota = abs(r.quota) if binds else max(0.0, -r.quota)
    missed = {
        name: value
        for name, value, limit in (
            ("hjb", r.hjb, hjb),
            ("distribution", r.distribution, distribution),
            ("mass", abs(r.mass), MASS),
            ("labor", abs(r.labor), markets),
            ("capital", slack, markets),
            ("budget", abs(r.budget), markets),
            ("quota", quota, markets),
        )
        if not value <= limit
    }
    g, consumption = np.asarray(point.distribution.g), point.values.policy.consumption
    starving = (consumption <= 10.0 * LEAST_CONSUMPTION) & (g > 1e-14)
    if "hjb" in missed and not starving.any():  # such states have little mass, but may be why values fail
        starving = (consumption <= 10.0 * LEAST_CONSUMPTION) & (g.sum(axis=(0, 2)) > LEAST_STATUS)[:, None]
    if missed and WAGE in unknowns(compiled) and point.prices.wage <= 1.01 * LEAST_WAGE:
        raise _no_wage(compiled, point, r, missed)
    if starving.any():
        n, i, j = np.unravel_index(int(np.argmax(np.where(starving, g, 0.0))), g.shape)
        earned, transfer = float(point.firms.income[n, i, j]), float(point.prices.transfer)
        raise NotConverged(
            f"{compiled.economy.name}: owners in status {compiled.statuses[i]} have no income to live on: at "
            f"wealth {m.wealth[n]:.4g} they earn {earned:.4g}, and the transfer is {transfer:.4g}",
            history=r.history,
            last=point,
            advice=_income_advice(compiled, transfer, earned),
        )
    if not missed:
        _check_firms(compiled, point, r)
    if missed:
        raise NotConverged(
            f"{compiled.economy.name}: no stationary equilibrium within the tolerances "
            f"after {r.rounds} rounds",
            history=r.history,
            last=point,
            residuals=missed,
            advice=_advice(compiled, solved, missed),
        )
    if r.top_mass > MOST_TOP_MASS:
        raise NotConverged(
            f"{compiled.economy.name}: no stationary distribution: {100.0 * r.top_mass:.3g} % of all owners "
            f"are at the top of the wealth grid ({m.wealth[-1]:g}), where only the grid stops their saving",
            history=r.history,
            last=point,
            residuals={"top_mass": r.top_mass},
            advice=_top_advice(compiled, solved),
        )
    if not abs(r.walras) <= WALRAS:
        raise IdentityViolated(
            f"{compiled.economy.name}: goods do not clear: "
            f"residual {r.walras:.3g} of output (at most {WALRAS:g})"
        )


def _check_firms(compiled: Compiled, point: Point, r: Certificate) -> None:
    """Refuse a point at which no firm runs: residuals relative to output then mean nothing.

    Raises:
        NotConverged: no firm runs.
    """
    m, g = compiled.arrays, np.asarray(point.distribution.g)
    consumption = float((point.distribution.f * point.values.policy.consumption).sum())
    output = float(point.static.output.sum())
    if not output <= LEAST_OUTPUT * consumption:
        return
    masses = g.sum(axis=(0, 2))
    may = np.array([status["operates"] > 0.0 for status in m.status])
    most = compiled.statuses[int(np.argmax(masses))]
    if float(masses[may].sum()) < LEAST_OUTPUT:
        why = f"in the long run all owners are in statuses such as {most}, in which nobody may run one"
        advice = "Give them an edge that leads out of it."
    else:
        given = "given wage" if WAGE not in unknowns(compiled) else "wage"
        why = (
            f"at the {given} of {point.prices.wage:.4g} and an interest rate of {point.prices.interest:.4g} "
            "all owners earn more as workers"
        )
        advice = "Lower closure.labor.wage." if WAGE not in unknowns(compiled) else ""
    raise NotConverged(
        f"{compiled.economy.name}: there is no firm in the long run: {why}",
        history=r.history,
        last=point,
        residuals={"output": output},
        advice=advice,
    )


def _no_wage(compiled: Compiled, point: Point, r: Certificate, missed: dict[str, float]) -> NotConverged:
    """The error for an economy whose wage has fallen to the least that is tried."""
    operates = compiled.arrays.status["operates"] > 0.0
    may_run = [name for name, may in zip(compiled.statuses, operates, strict=True) if may]
    keys = ", ".join(f"statuses.{name}.{key}" for name in may_run for key in ("mandates", "fixed_cost"))
    return NotConverged(
        f"{compiled.economy.name}: there is no equilibrium: however low the wage, owners do not gain "
        f"from running firms that hire all labour (it fell to {point.prices.wage:.3g})",
        history=r.history,
        last=point,
        residuals=missed,
        advice=f"Lower what a firm costs beside wages and capital ({keys}), or raise productivity.",
    )


def _income_advice(compiled: Compiled, transfer: float, earned: float) -> str:
    """What gives owners an income."""
    if transfer < 0.0 and earned > 0.0:
        if TRANSFER in unknowns(compiled):
            remedies = [*_costs(compiled)]
            what = ", or ".join(remedies) if remedies else "see what the budget pays for"
            return f"The budget takes more than they earn: {what}."
        return "Raise closure.transfer."
    return "Give the status labor_efficiency above 0, or raise closure.transfer or wealth.min."


def _costs(compiled: Compiled) -> Iterator[str]:
    """What an economy can change of that which the budget pays for, the subsidies first."""
    economy = compiled.economy
    if economy.closure.spending > 0.0:
        yield "lower closure.spending"
    if economy.leaves and economy.entry is not None and economy.entry.wealth > 0.0:
        yield "lower entry.wealth, which newborns are given, or the rates at which owners leave for abroad"
    for name, status in economy.statuses.items():
        for key in ("spread", "wedge"):
            if getattr(status, key) < 0.0:
                yield f"raise statuses.{name}.{key} (a subsidy of {-getattr(status, key):g})"


def _top_advice(compiled: Compiled, solved: Solved) -> str:
    """Why owners pile up at the top of the grid, and what to do."""
    m, point = compiled.arrays, solved.point
    if solved.why:
        why = f"{solved.why[0].upper()}{solved.why[1:]}."
        return f"{why} Raise numerics.wealth.points, or numerics.wealth.max."
    net, limit = float(point.prices.interest) - m.growth, m.rho
    if INTEREST in unknowns(compiled) and net >= limit:
        return (
            f"The interest rate less growth, {net:.4g}, is above {limit:.4g}, the discount rate: firms want "
            "more capital than the grid has room for. Raise numerics.wealth.max."
        )
    if net >= limit - 1e-4:
        near = "at or above" if net >= limit else "next to"
        return (
            f"The interest rate less growth, {net:.4g}, is {near} {limit:.4g}, the discount rate: owners "
            "save without end. Lower closure.capital.open.interest, or raise preferences.rho."
        )
    if INTEREST not in unknowns(compiled):
        return (
            f"The interest rate less growth, {net:.4g}, is close below {limit:.4g}, the discount rate, so "
            "that wealth spreads far: lower closure.capital.open.interest, or raise numerics.wealth.max."
        )
    return (
        "Raise numerics.wealth.max; if the share stays, some owners earn more on wealth than the discount "
        "rate."
    )


def _advice(compiled: Compiled, solved: Solved, missed: dict[str, float]) -> str:
    """Why the tolerances were missed, as far as the search knows, and what to do about it."""
    point = solved.point
    lines = [f"{solved.why[0].upper()}{solved.why[1:]}."] if solved.why else []
    policy, g = point.values.policy, point.distribution.g
    if not all(np.isfinite(value) for value in missed.values()):
        lines.append(
            "Something is not finite: look for a status whose owners have no income "
            "(labor_efficiency 0 with no wealth), or an interest rate at which unlimited firms are infinite."
        )
    elif "hjb" in missed:
        n, s, j = np.unravel_index(int(np.argmax(np.abs(policy.residual / policy.scale))), g.shape)
        lines.append(
            f"The value equation is not solved at wealth {float(compiled.arrays.wealth[n]):.4g}, "
            f"status {compiled.statuses[s]}, ability {float(compiled.arrays.ability[j]):.4g}."
        )
    if np.isfinite(g).all() and (stuck := _stuck(compiled, point)):
        lines.append(stuck)
    if missed.keys() & {"labor", "capital"} and np.isfinite(g).all():
        lines += [line for index in (WAGE, INTEREST) if (line := _market(compiled, point, index))]
        lines.append("Starting from the result of a neighbouring economy may lead to an equilibrium.")
    if "distribution" in missed:
        lines.append("The distribution moves too slowly to converge: do owners hardly ever leave a status?")
    return " ".join(lines)


def _stuck(compiled: Compiled, point: Point) -> str:
    """Whether the grid keeps owners where they are, so that masses do not follow from prices alone."""
    m, g = compiled.arrays, point.distribution.g
    if compiled.layout.annual:
        return ""
    label = direct.closed_classes(m, kfe.prepare(m, point.values.policy, point.values.hazards.flow))
    masses = np.bincount(label[label >= 0], weights=g[label >= 0])
    if masses.size <= m.class_mass.size:
        return ""
    n, s, j = np.unravel_index(int(np.argmax(np.where(label >= 0, g, -1.0))), g.shape)
    return (
        f"There are {masses.size} sets of states that nobody leaves, not {m.class_mass.size}, such as wealth "
        f"{float(m.wealth[n]):.4g}, status {compiled.statuses[s]}, ability {float(m.ability[j]):.4g}, where "
        "neither saving nor running down pays, so masses jump as prices move: raise "
        "numerics.wealth.points, or let ability move."
    )


def _market(compiled: Compiled, point: Point, index: int) -> str:
    """What is wrong with the market of a price (`WAGE` or `INTEREST`) at the masses of the last point, all
    other prices as they are: one sign of excess demand over the whole range, or a jump, and who is
    indifferent there.
    """
    if index not in unknowns(compiled):
        return ""
    m, g = compiled.arrays, point.distribution.g
    name, what = ("labour", "wage") if index == WAGE else ("capital", "interest rate")
    other = moved_receipts(m, point.moves)
    x = np.linspace(-m.delta, m.rho + 0.05, POINTS)
    if index == WAGE:
        x = point.u[WAGE] + np.linspace(-RANGE, RANGE, POINTS)

    def excess(x: NDArray[np.float64]) -> NDArray[np.float64]:
        u = np.tile(point.u, (x.size, 1))
        u[:, index] = x
        sign = 1.0 if index == WAGE else -1.0
        return sign * clearing.excess(m, g, other, u, unknowns(compiled))[1][:, index]

    def price(x: float) -> float:
        return float(np.exp(x)) if index == WAGE else float(x)

    result = excess(x)
    if not np.isfinite(result).all():
        return ""
    side = "above" if result[0] > 0.0 else "below"
    if (result > 0.0).all() or (result < 0.0).all():
        return (
            f"At these masses excess demand for {name} is {side} 0 at every {what} from {price(x[0]):.4g} to "
            f"{price(x[-1]):.4g}."
        )
    k = int(np.argmax(result[:-1] * result[1:] <= 0.0))
    low, high = x[k], x[k + 1]
    while high - low > JUMP:
        inside = np.linspace(low, high, 11)
        there = excess(inside)
        k = int(np.argmax(there[:-1] * there[1:] <= 0.0))
        low, high = inside[k], inside[k + 1]
    before, after = excess(np.array([low, high]))
    if abs(after - before) < LEAST_JUMP:
        return ""
    ends = []
    for end in (low, high):
        u = point.u.copy()
        u[index] = end
        ends.append(firms(m, prices_of(m, u)).share)
    moved = (np.abs(ends[1] - ends[0]) * g).sum(axis=0)
    s, j = np.unravel_index(int(np.argmax(moved)), moved.shape)
    return (
        f"Excess demand for {name} jumps from {before:.2g} to {after:.2g} at {what} {price(low):.6g}, where "
        f"owners in status {compiled.statuses[s]} of ability {float(m.ability[j]):.4g} are indifferent "
        "between running a firm and working: more abilities spread them."
    )
