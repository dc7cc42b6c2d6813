"""The size of an economy before anything is computed: number of states, and memory that solving takes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from dirigiste.economy.ability import Fixed, GivenPoints, Markov, Redraw

if TYPE_CHECKING:
    from dirigiste.economy.declaration import EconomyDeclaration

DOUBLE: Final = 8
"""Bytes of a number."""

ARRAYS: Final = 250
"""About how many arrays over all states, or all arcs, a stationary solution has in memory at a time, with the
factors of its linear systems (measured).
"""

SQUARES: Final = 4
"""About how many matrices from ability to ability it has in memory."""

MANY: Final = 1_000_000
"""States above which a stationary solution takes many minutes."""

USUAL: Final = 16 * 2**30
"""Memory in bytes that is assumed where that of the machine is not known."""


def abilities(economy: EconomyDeclaration) -> int:
    """Points of ability."""
    law = economy.ability
    if isinstance(law, Markov):
        return len(law.values)
    if not isinstance(law, Redraw | Fixed):
        return law.points
    chosen = law.distribution.law
    return len(chosen.values) if isinstance(chosen, GivenPoints) else chosen.points


def states(economy: EconomyDeclaration) -> int:
    """Number of states: wealth nodes times statuses times points of ability."""
    return economy.numerics.wealth.points * len(economy.statuses) * abilities(economy)


def arcs(economy: EconomyDeclaration) -> int:
    """Number of arcs (two for an edge from two statuses) times wealth nodes times points of ability."""
    edges = sum(len(edge.origin) for edge in economy.edges)
    return economy.numerics.wealth.points * edges * abilities(economy)


def stationary_bytes(economy: EconomyDeclaration) -> int:
    """Memory that a stationary solution takes, about."""
    return DOUBLE * (ARRAYS * (states(economy) + arcs(economy)) + SQUARES * abilities(economy) ** 2)


def memory() -> int:
    """Memory of this machine in bytes."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return USUAL


def amount(size: float) -> str:
    """A number of bytes in words."""
    for unit, name in ((2**40, "TB"), (2**30, "GB"), (2**20, "MB")):
        if size >= unit:
            return f"{size / unit:,.3g} {name}" if size < 1000 * unit else f"{size / unit:,.0f} {name}"
    return "less than 1 MB"
