"""Economies in which nobody is left who may run a firm: all owners end up in statuses that run none, and
hardly ever leave them. No prices clear markets then, so that a search for them would end with residuals that
say nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dirigiste.economy.graph import closed_classes
from dirigiste.numerics.setup.arrays import Compiled
from dirigiste.numerics.stationary.point import INTEREST, TRANSFER, WAGE, within

if TYPE_CHECKING:
    from dirigiste.numerics.stationary.equilibrium import _Search, _Trial

Array = NDArray[np.float64]

NOBODY = 1e-6
"""Mass of those who may run a firm below which nobody is left. Flows are solved to some 1e-13 a year, so less
may be left over from where the search began."""

WAGES = (0.5, 0.0, -1.0, -2.0)
"""Logs of the wages that are tried, over that of the search."""

RATES = (0.0, 0.5, 0.95)
"""Interest rates that are tried, as shares of the way from 0 to the discount rate."""

VALUES, MASSES = 1e-6, 1e-12
"""Residuals of values and of the distribution at prices that are tried."""


def ends(compiled: Compiled) -> list[list[str]]:
    """Sets of statuses that edges of a rate above 0 lead to and not out of. More than one of those that edges
    connect: masses in the long run then depend on where owners began.
    """
    m, names = compiled.arrays, compiled.statuses
    graph: dict[str, set[str]] = {name: set() for name in names}
    born = {names[s] for s in np.flatnonzero(m.entry.sum(axis=0))}
    for arc in m.arcs:
        if arc["actual"] > 0.0:
            graph[names[arc["origin"]]] |= born if arc["leaves"] else {names[arc["destination"]]}
    return closed_classes(graph)


def several(compiled: Compiled) -> list[str]:
    """What to know, in words, where statuses that edges connect have more than one such set."""
    m, of_class = compiled.arrays, dict[int, list[list[str]]]()
    for group in ends(compiled):
        of_class.setdefault(int(m.class_of[compiled.statuses.index(group[0]), 0]), []).append(group)
    return [
        "nobody ever leaves "
        + " and ".join("{" + ", ".join(group) + "}" for group in groups)
        + ", since edges between them have a rate of 0: masses in the long run depend on where owners began, "
        "and there are other stationary equilibria"
        for groups in of_class.values()
        if len(groups) > 1
    ]


def by_edges(compiled: Compiled) -> str:
    """Why edges leave nobody in a status that may run a firm, in words; empty if they do."""
    may = {name for s, name in enumerate(compiled.statuses) if compiled.arrays.status[s]["operates"] > 0.0}
    last = [name for group in ends(compiled) for name in group]
    if not may or may & set(last):
        return ""
    return f"no edge leads out of {', '.join(last)}, in which nobody may run one, and all owners end up there"


def by_prices(search: _Search, now: _Trial) -> str:
    """Why nobody is left who may run a firm at any prices, in words; empty if somebody is at some."""
    m, active = search.m, search.active
    may = np.array([status["operates"] > 0.0 for status in m.status])
    values, f = now.point.values.v, now.point.distribution.f
    rates = m.growth + np.array(RATES) * m.rho if INTEREST in active else now.u[[INTEREST]]
    logs = now.u[WAGE] + np.array(WAGES) if WAGE in active else now.u[[WAGE]]
    tried = [now.u]
    for rate in rates:
        for log in logs:
            u = now.u.copy()
            u[INTEREST], u[WAGE] = rate, log
            if TRANSFER in active:
                u[TRANSFER] *= np.exp(min(log - now.u[WAGE], 0.0))
            tried.append(within(m, u))
    masses = np.zeros(may.size)
    for u in tried:
        point = search.evaluated(u, u, values, f, VALUES, MASSES)
        masses = point.distribution.g.sum(axis=(0, 2))
        if not (np.isfinite(masses).all() and masses[may].sum() < NOBODY):
            return ""
        values, f = point.values.v, point.distribution.f
    most = search.compiled.statuses[int(np.argmax(masses))]
    return (
        f"at interest rates from {rates[0]:.3g} to {rates[-1]:.3g} and wages from {np.exp(logs.min()):.3g} "
        f"to {np.exp(logs.max()):.3g} all owners end up in statuses such as {most}, in which nobody may "
        "run one"
    )
