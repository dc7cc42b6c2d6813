"""Which paths have to be solved for the courses of several sets of channels, and in what order
(docs/method.md, section 11).

Owners on the course of a set of channels know, at every surprise, only of the channels that have acted so
far. Two sets that agree on these share all paths up to there. So a set that has been seen is followed from
the surprise at which the last of its channels first acts, where it leaves the course of the channels seen
before: its *chain*. A chain goes on from a smaller set, and chains of sets of one size are independent.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dirigiste.chronicle.timeline import Timeline, grid
from dirigiste.solver import shapley

if TYPE_CHECKING:
    from dirigiste.chronicle import Channel, Chronicle

    Channels = frozenset[Channel]


@dataclass
class Chain:
    """The surprises through which a set of channels is followed."""

    key: Channels
    parent: Channels | None
    """The set whose course it leaves; None for the empty set, which leaves none."""
    first: int
    """The surprise at which it leaves that course."""
    last: int
    """The chain is followed through all surprises before this one."""
    branches: set[int] = field(default_factory=set)
    """Surprises at which other sets leave its course."""


def seen(timeline: Timeline) -> list[Channels]:
    """Channels that have acted by every surprise."""
    channels: list[Channels] = []
    for n in range(len(timeline.grid.surprises)):
        channels.append(timeline.acts(n, timeline.channels) | (channels[-1] if channels else frozenset()))
    return channels


def chains(timeline: Timeline, sets: Iterable[Channels]) -> list[Chain]:
    """Chains that lead to some sets of channels, parents before those that go on from them."""
    count, known = len(timeline.grid.surprises), seen(timeline)
    nothing: Channels = frozenset()
    by_key: dict[Channels, Chain] = {nothing: Chain(nothing, None, 0, 0)}
    for channels in sets:
        before = nothing
        for n in range(count):
            key = channels & known[n]
            if key != before:
                by_key[before].branches.add(n)
                by_key.setdefault(key, Chain(key, before, n, n))
                before = key
            by_key[key].last = max(by_key[key].last, n + 1)
    return sorted(by_key.values(), key=lambda chain: len(chain.key))  # sorting keeps the order of equals


def count(chronicle: Chronicle, only: Collection[Channel] | None = None) -> tuple[int, int]:
    """How many sets of channels there are, all that act or those of `only`, and how many paths they take."""
    economy = chronicle.baseline
    timeline = Timeline(chronicle, economy, grid(chronicle, economy.numerics.path))
    acting: list[Channel] = [channel for channel in timeline.channels if only is None or channel in only]
    sets: list[Channels] = shapley.coalitions(acting, range(len(acting) + 1))
    followed = chains(timeline, sets)
    paths = sum(
        bool(timeline.acts(n, chain.key)) for chain in followed for n in range(chain.first, chain.last)
    )
    return len(sets), paths
