"""The directed graph of statuses: which statuses can be reached, which groups never mix, where mass ends up.

It is the graph of declared edges, not of positive rates: a rate of 0 is a policy that is switched off, not a
missing edge.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import TYPE_CHECKING, TypeVar

from dirigiste.economy.edges import ABROAD

if TYPE_CHECKING:
    from dirigiste.economy.declaration import EconomyDeclaration

T = TypeVar("T", bound=Hashable)

Graph = Mapping[T, set[T]]
"""Successors of every node; every node is a key."""


def status_graph(economy: EconomyDeclaration) -> dict[str, set[str]]:
    """Successors of every status; leaving for abroad leads to the entry status, where the newborn appears."""
    graph: dict[str, set[str]] = {name: set() for name in economy.statuses}
    for edge in economy.edges:
        target = edge.to
        if target == ABROAD:
            if economy.entry is None:
                continue
            target = economy.entry.status
        for origin in edge.origin:
            if origin in graph and target in graph and origin != target:
                graph[origin].add(target)
    return graph


def reachable(graph: Graph[T], start: T) -> set[T]:
    """Nodes that can be reached from `start`, itself included."""
    seen, todo = {start}, [start]
    while todo:
        for following in graph[todo.pop()]:
            if following not in seen:
                seen.add(following)
                todo.append(following)
    return seen


def components(graph: Graph[T]) -> list[list[T]]:
    """Groups that edges connect, whatever their direction; in the order of the nodes."""
    both: dict[T, set[T]] = {node: set(following) for node, following in graph.items()}
    for node, following in graph.items():
        for other in following:
            both[other].add(node)
    return _grouped(graph, {node: reachable(both, node) for node in both})


def closed_classes(graph: Graph[T]) -> list[list[T]]:
    """Sets of nodes that reach each other and no others; only they have mass in a stationary distribution."""
    reach = {node: reachable(graph, node) for node in graph}
    closed = {node: reach[node] for node in graph if all(node in reach[other] for other in reach[node])}
    return _grouped(closed, closed)


def never_entered(graph: Graph[T]) -> list[T]:
    """Nodes that edges leave but do not enter, and nodes that are entered from such nodes only."""
    left = {node: set(following) for node, following in graph.items()}
    never: list[T] = []
    while True:
        entered = set().union(*left.values()) if left else set()
        empty = [node for node, following in left.items() if node not in entered and following]
        if not empty:
            return never
        for node in empty:
            del left[node]
        never += empty


def _grouped(order: Iterable[T], members: Mapping[T, set[T]]) -> list[list[T]]:
    nodes, seen = list(order), set()
    groups: list[list[T]] = []
    for node in nodes:
        if node not in seen:
            groups.append([other for other in nodes if other in members[node]])
            seen |= members[node]
    return groups
