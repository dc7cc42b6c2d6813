"""Where things go that no library lays out: nodes, arcs and labels of the status graph, markers side by side.

Statuses are drawn in rows: those that count as controlled, others that run firms and are not struck by
enforcement, those that enforcement leads to or that run no firm, and `abroad`. Within rows the order is
that with the least crossing and length, by exhaustive search row by row. Arcs bend as little as keeps them
clear of nodes. All of it is deterministic; lengths are inches.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from dirigiste.economy import ABROAD, EnforcementEdge

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from dirigiste.economy import Economy

    Array = NDArray[np.float64]

Point = tuple[float, float]
Ends = tuple[str, str]

WIDEST: Final = 4
"""Most nodes in a row; longer rows are split."""

BENDS: Final = (0.14, 0.26, -0.26, 0.4, -0.4, 0.55, -0.55)
"""Bends to try, in shares of the distance between the ends; positive to the right of the way there."""

ALONG: Final = [k / 8 for k in range(2, 7)]
"""Parameters of points that stand for a curve that others should not run along."""

NEAR: Final = 0.06
"""Distance below which a curve runs along another one."""


def rows(economy: Economy) -> list[list[str]]:
    """Names of statuses row by row, from top to bottom; empty rows left out."""
    struck = {edge.to for edge in economy.edges if isinstance(edge, EnforcementEdge)}
    groups: list[list[str]] = [[], [], []]
    for name, status in economy.statuses.items():
        if status.controlled:
            groups[0].append(name)
        elif status.operates and name not in struck:
            groups[1].append(name)
        else:
            groups[2].append(name)
    if economy.leaves:
        groups.append([ABROAD])
    split: list[list[str]] = []
    for group in groups:
        parts = math.ceil(len(group) / WIDEST)
        size = math.ceil(len(group) / parts) if parts else 0
        split += [group[n * size : (n + 1) * size] for n in range(parts)]
    return [row for row in split if row]


@dataclass(frozen=True, slots=True)
class Frame:
    """Width and height of a panel, and the margins that nodes keep: at the sides, above and below."""

    width: float
    height: float
    across: float
    up: float
    down: float


def place(order: Sequence[Sequence[str]], frame: Frame) -> dict[str, Point]:
    """Positions of nodes: rows spread over the height, nodes of a row as far apart as in the longest."""
    most = max((len(row) for row in order), default=1)
    step = (frame.width - 2 * frame.across) / max(most - 1, 1)
    drop = (frame.height - frame.up - frame.down) / max(len(order) - 1, 1)
    points: dict[str, Point] = {}
    for n, row in enumerate(order):
        y = frame.height - frame.up - n * drop if len(order) > 1 else frame.height / 2
        for k, name in enumerate(row):
            points[name] = (frame.width / 2 + (k - (len(row) - 1) / 2) * step, y)
    return points


def arrange(groups: Sequence[Sequence[str]], arcs: Sequence[Ends], frame: Frame) -> dict[str, Point]:
    """Order nodes within rows so that arcs cross little and are short, and place them."""
    order = [list(row) for row in groups]
    best = _cost(place(order, frame), arcs)
    for _ in range(8):
        improved = False
        for n, row in enumerate(order):
            for trial in itertools.permutations(sorted(row)):
                new = [*order[:n], list(trial), *order[n + 1 :]]
                cost = _cost(place(new, frame), arcs)
                if cost < best - 1e-9:
                    order, best, improved = new, cost, True
        if not improved:
            break
    return place(order, frame)


def _cost(points: Mapping[str, Point], arcs: Sequence[Ends]) -> float:
    lines = [(points[a], points[b], a, b) for a, b in arcs if a in points and b in points and a != b]
    cost = sum(math.dist(p, q) for p, q, _, _ in lines)
    for (p, q, a, b), (r, s, c, d) in itertools.combinations(lines, 2):
        if not {a, b} & {c, d} and _cross(p, q, r, s):
            cost += 2.0
    for p, q, a, b in lines:
        for name, point in points.items():
            if name not in (a, b) and _distance(point, p, q) < 0.3:
                cost += 1.5
    return cost


def _cross(p: Point, q: Point, r: Point, s: Point) -> bool:
    def side(a: Point, b: Point, c: Point) -> float:
        return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])

    return side(p, q, r) * side(p, q, s) < 0 and side(r, s, p) * side(r, s, q) < 0


def _distance(c: Point, p: Point, q: Point) -> float:
    """Distance of c from the segment p q."""
    length = math.dist(p, q)
    if length == 0:
        return math.dist(c, p)
    t = ((c[0] - p[0]) * (q[0] - p[0]) + (c[1] - p[1]) * (q[1] - p[1])) / length**2
    t = min(max(t, 0.0), 1.0)
    return math.dist(c, (p[0] + t * (q[0] - p[0]), p[1] + t * (q[1] - p[1])))


@dataclass(frozen=True, slots=True)
class Bent:
    """A quadratic Bezier curve from p to q with control point c."""

    p: Point
    c: Point
    q: Point

    def at(self, t: float) -> Point:
        """Point at parameter t in [0, 1]."""
        u = 1 - t
        x, y = (u * u * self.p[i] + 2 * u * t * self.c[i] + t * t * self.q[i] for i in (0, 1))
        return x, y

    def cut(self, start: float, end: float) -> Bent:
        """The part between two parameters."""
        p, q = self.at(start), self.at(end)
        u, v = 1 - start, 1 - end
        x, y = (
            u * v * self.p[i] + (u * end + start * v) * self.c[i] + start * end * self.q[i] for i in (0, 1)
        )
        return Bent(p, (x, y), q)


def bend(p: Point, q: Point, amount: float) -> Bent:
    """A curve that leaves the straight line by `amount` of its length, to the right for positive amounts."""
    x, y = (p[0] + q[0]) / 2, (p[1] + q[1]) / 2
    return Bent(p, (x + amount * (q[1] - p[1]), y - amount * (q[0] - p[0])), q)


def route(arcs: Sequence[Ends], points: Mapping[str, Point], radius: Mapping[str, float]) -> dict[Ends, Bent]:
    """A curve for every arc, from rim to rim of the nodes, clear of other nodes where a bend allows it."""
    routes: dict[Ends, Bent] = {}
    laid = np.empty((0, len(ALONG), 2))
    for arc in sorted(set(arcs), key=lambda e: (math.dist(points[e[0]], points[e[1]]), e)):
        a, b = arc
        others = [name for name in points if name not in arc]
        nodes = np.array([points[name] for name in others]).reshape(-1, 2)
        sizes = np.array([radius[name] for name in others])
        curves = [bend(points[a], points[b], amount) for amount in BENDS]
        costs = [
            _clutter(curve, nodes, sizes, laid) + 0.35 * abs(amount)
            for curve, amount in zip(curves, BENDS, strict=True)
        ]
        routes[arc] = _trimmed(curves[costs.index(min(costs))], radius[a], radius[b])
        laid = np.concatenate([laid, [[routes[arc].at(t) for t in ALONG]]])
    return routes


def _clutter(curve: Bent, nodes: Array, sizes: Array, laid: Array) -> float:
    """How much a curve runs into nodes (K, 2) of some sizes (K,), and along points of curves that were laid
    before it (L, points, 2).
    """
    samples = np.array([curve.at(k / 20) for k in range(3, 18)])
    gaps = np.hypot(*(samples[:, None] - nodes).T).min(axis=1) - sizes
    near = np.hypot(*(samples - laid[:, :, None]).T).min(axis=1) < NEAR
    along = np.maximum(near.sum(axis=0) - 2, 0)
    return 12 * float(np.maximum(0.0, 0.16 - gaps).sum()) + 0.05 * float(along.sum())


def _trimmed(curve: Bent, start: float, end: float) -> Bent:
    """The part of a curve outside discs around its ends."""
    steps = [k / 200 for k in range(201)]
    first = next((t for t in steps if math.dist(curve.at(t), curve.p) >= start), 0.0)
    last = next((t for t in reversed(steps) if math.dist(curve.at(t), curve.q) >= end), 1.0)
    return curve.cut(first, last) if last > first else curve


def label(
    at: Point,
    radius: float,
    size: tuple[float, float],
    arcs: Iterable[Bent],
    boxes: Sequence[Box],
    sides: tuple[float, float],
) -> Box:
    """Where the label of a node is placed: below, above or beside it, where least is in its way."""
    width, height = size
    down, beside = radius + height / 2 + 0.02, radius + width / 2 + 0.05
    diagonal = 0.75 * radius
    tries = [
        (0.0, -down),
        (0.0, down),
        (beside, 0.0),
        (-beside, 0.0),
        (diagonal + width / 2, -diagonal - height / 2),
        (-diagonal - width / 2, -diagonal - height / 2),
        (diagonal + width / 2, diagonal + height / 2),
        (-diagonal - width / 2, diagonal + height / 2),
    ]
    samples = [curve.at(k / 30) for curve in arcs for k in range(31)]
    best, least = Box(at[0], at[1] - down, width, height), math.inf
    for n, (dx, dy) in enumerate(tries):
        x = min(max(at[0] + dx, sides[0] + width / 2), sides[1] - width / 2)
        box = Box(x, at[1] + dy, width, height)
        cost = sum(box.holds(point) for point in samples) + 0.4 * n
        beside, above = max(abs(x - at[0]) - width / 2, 0.0), max(abs(dy) - height / 2, 0.0)
        cost += 40 * max(radius - math.hypot(beside, above), 0.0)
        cost += 20 * sum(box.meets(other) for other in boxes if (other.x, other.y) != at)
        if cost < least - 1e-9:
            best, least = box, cost
    return best


def dodge(centres: Sequence[float], radii: Sequence[float], half: float) -> list[float]:
    """Offsets across a lane, within ± `half`, that keep discs on an axis apart where there is room.

    Discs are placed from large to small; each takes the offset nearest to 0 at which it overlaps least.
    """
    offsets = [0.0] * len(centres)
    placed: list[int] = []
    for n in sorted(range(len(centres)), key=lambda k: (-radii[k], centres[k], k)):
        room = max(half - radii[n], 0.0)
        tries = sorted((room * k / 8 for k in range(-8, 9)), key=lambda y: (abs(y), y))

        def overlap(y: float, n: int = n) -> float:
            return sum(
                max(0.0, radii[n] + radii[m] - math.hypot(centres[n] - centres[m], y - offsets[m]))
                for m in placed
            )

        offsets[n] = min(tries, key=lambda y: (round(overlap(y), 6), abs(y)))
        placed.append(n)
    return offsets


@dataclass(frozen=True, slots=True)
class Box:
    """An upright rectangle by its centre and size."""

    x: float
    y: float
    width: float
    height: float

    def moved(self, x: float, y: float) -> Box:
        """The same elsewhere."""
        return Box(self.x + x, self.y + y, self.width, self.height)

    def holds(self, point: Point) -> bool:
        """Whether a point is inside."""
        return abs(point[0] - self.x) < self.width / 2 and abs(point[1] - self.y) < self.height / 2

    def meets(self, other: Box) -> bool:
        """Whether two rectangles overlap."""
        return (
            abs(self.x - other.x) < (self.width + other.width) / 2
            and abs(self.y - other.y) < (self.height + other.height) / 2
        )


def spread_labels(preferred: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Heights nearest to the preferred ones, at least `gap` apart and within [low, high] where possible."""
    order = sorted(range(len(preferred)), key=lambda n: (preferred[n], n))
    # blocks of labels that touch: sum of heights less distances from the first, and number
    blocks: list[list[float]] = []
    for k, n in enumerate(order):
        blocks.append([preferred[n] - k * gap, 1.0])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] >= blocks[-1][0] / blocks[-1][1]:
            total, count = blocks.pop()
            blocks[-1] = [blocks[-1][0] + total, blocks[-1][1] + count]
    top = max(high - (len(order) - 1) * gap, low)
    bases = [min(max(total / count, low), top) for total, count in blocks for _ in range(int(count))]
    result = [0.0] * len(preferred)
    for k, n in enumerate(order):
        result[n] = bases[k] + k * gap
    return result
