"""The status graph with flows as widths, at several times."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from matplotlib.patches import Circle, PathPatch, Polygon
from matplotlib.path import Path

from dirigiste.economy import ABROAD
from dirigiste.report import layout, words
from dirigiste.report.drawing import sheet
from dirigiste.report.figure_data import people as data

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from dirigiste.economy import Economy
    from dirigiste.results.runs.run import Run

PANEL: Final = 3.62
SMALLEST, LARGEST = 0.06, 0.40
"""Radii of nodes in inches: of an empty status, and of one that holds everybody."""
THIN, THICK = 0.5, 9.0
"""Widths of arcs in points: of no flow, and of the largest."""
MATTERS: Final = 0.05
"""Relative change of a flow from which on it is coloured."""
SPEAKS, OTHER, STEADY = "#f0c419", "#c5ccd4", "#9aa4b0"
LABELS: Final = 9
"""Flows that carry their number."""


def graph(run: Run, stages: list[data.Stage], title: str | None = None) -> Figure:
    """Draw the status graph once for each stage, two in a row, with the largest changes beside an odd one."""
    rows = layout.rows(run.before.economy)
    many = len(stages) > 2
    tall = 0.94 + (0.82 if many else 1.04) * len(rows)
    foot = 0.36
    height = foot + tall * math.ceil(len(stages) / 2)
    canvas = sheet.canvas(height, title)
    plane = canvas.plane()
    arcs = list(dict.fromkeys((origin, destination) for _, origin, destination in data.arcs(stages)))
    points = layout.arrange(rows, arcs, layout.Frame(PANEL, tall, across=0.52, up=0.86, down=0.46))
    radii = {name: [_radius(stage.masses.get(name, 0.0)) for stage in stages] for name in points}
    widest = {name: max(sizes) for name, sizes in radii.items()}
    texts = {name: [_texts(run, stage, name) for stage in stages] for name in points}
    boxes = _labels(points, widest, layout.route(arcs, points, widest), texts)
    corners = [(n % 2 * (canvas.width - PANEL), height - tall * (n // 2 + 1)) for n in range(len(stages) + 1)]
    for n, stage in enumerate(stages):
        left, low = corners[n]
        plane.text(
            left + 0.05, low + tall - 0.13, stage.heading, fontweight="bold", fontsize=8.5, va="center"
        )
        panel = _Panel(
            {name: (x + left, y + low) for name, (x, y) in points.items()},
            {name: sizes[n] for name, sizes in radii.items()},
            {name: box.moved(left, low) for name, box in boxes.items()},
            {name: pair[n] for name, pair in texts.items()},
            n,
        )
        _panel(plane, run, stages, panel)
    if len(stages) % 2:
        _largest(plane, run, stages, (corners[-1][0], corners[-1][1] + tall))
    _graph_key(plane, bool(arcs))
    return canvas.figure


MOST: Final = 12
"""Flows that are listed beside the diagrams."""


def _largest(axes: Axes, run: Run, stages: list[data.Stage], corner: layout.Point) -> None:
    """The flows that change most, as a list."""
    x, y = corner[0] + 0.1, corner[1] - 0.13
    arcs = sorted(
        data.arcs(stages),
        key=lambda arc: -max(abs(s.flows.get(arc, 0.0) - stages[0].flows.get(arc, 0.0)) for s in stages),
    )[:MOST]
    axes.text(x, y, "Largest changes, % of owners a year", fontweight="bold", fontsize=8.5, va="center")
    columns = [x + 2.32 + 0.56 * n for n in range(len(stages))]
    for at, text in zip(columns, ("without", "peak", "end"), strict=False):
        axes.text(at, y - 0.22, text, fontsize=6.8, color=sheet.SOFT, ha="right", va="center")
    for n, arc in enumerate(arcs):
        at = y - 0.44 - 0.245 * n
        axes.plot([x, columns[-1]], [at + 0.12, at + 0.12], color=sheet.FAINT, lw=0.5)
        ends = f"{_end(run, arc[1])} {words.ARROW} {_end(run, arc[2])}"
        axes.text(x, at, ends, fontsize=6.8, va="center")
        values = [stage.flows.get(arc, 0.0) for stage in stages]
        digits = max(words.decimals(value) for value in values if value or not any(values))
        for k, (column, value) in enumerate(zip(columns, values, strict=True)):
            text = words.percent(value, digits).removesuffix(f"{words.NARROW}%")
            colour = _colour(values[0], value) if k else sheet.INK
            weight = "bold" if colour in (sheet.NAVY, sheet.ORANGE) else "normal"
            colour = colour if weight == "bold" else sheet.INK
            axes.text(
                column, at, text, fontsize=6.8, va="center", ha="right", color=colour, fontweight=weight
            )


def _end(run: Run, name: str) -> str:
    return words.clipped(ABROAD if name == ABROAD else words.status(run.before.economy, name), 15)


def _radius(mass: float) -> float:
    return SMALLEST + (LARGEST - SMALLEST) * math.sqrt(max(mass, 0.0))


@dataclass(frozen=True)
class _Panel:
    """Where nodes and their labels are in one of the diagrams, and which stage it shows."""

    spots: Mapping[str, layout.Point]
    sizes: Mapping[str, float]
    labels: Mapping[str, layout.Box]
    texts: Mapping[str, tuple[str, str]]
    n: int


def _texts(run: Run, stage: data.Stage, name: str) -> tuple[str, str]:
    """Name of a node and its number: share of owners, or for `abroad` who arrives in a year."""
    if name == ABROAD:
        arrive = sum(people for (_, _, end), people in stage.flows.items() if end == ABROAD)
        return ABROAD, f"{words.percent(arrive)} a year"
    label = words.status(run.before.economy, name)
    return words.clipped(label, 18), words.percent(stage.masses.get(name, 0.0))


def _labels(
    points: Mapping[str, layout.Point],
    sizes: Mapping[str, float],
    curves: Mapping[layout.Ends, layout.Bent],
    texts: Mapping[str, list[tuple[str, str]]],
) -> dict[str, layout.Box]:
    """Where labels are placed, the same in all diagrams."""
    nodes = [layout.Box(x, y, 2 * sizes[name], 2 * sizes[name]) for name, (x, y) in points.items()]
    boxes: dict[str, layout.Box] = {}
    for name, at in points.items():
        size = max(_size(pair) for pair in texts[name])
        taken = [*nodes, *boxes.values()]
        boxes[name] = layout.label(at, sizes[name], size, curves.values(), taken, (0.05, PANEL - 0.05))
    return boxes


def _joined(stage: data.Stage) -> dict[layout.Ends, float]:
    """People from status to status, over all edges between them."""
    flows: dict[layout.Ends, float] = {}
    for (_, origin, destination), people in stage.flows.items():
        flows[origin, destination] = flows.get((origin, destination), 0.0) + people
    return flows


def _panel(axes: Axes, run: Run, stages: list[data.Stage], panel: _Panel) -> None:
    spots, sizes = panel.spots, panel.sizes
    joined = [_joined(stage) for stage in stages]
    flows = {
        ends: joined[panel.n].get(ends, 0.0) for ends in dict.fromkeys(e for stage in joined for e in stage)
    }
    most = max((people for stage in stages for people in stage.flows.values()), default=0.0) or 1.0
    curves = layout.route(list(flows), spots, sizes)
    boxes = [layout.Box(x, y, 2 * sizes[name], 2 * sizes[name]) for name, (x, y) in spots.items()]
    for name in spots:
        _node(axes, run.before.economy, name, spots[name], sizes[name])
        _label(axes, panel.labels[name], panel.texts[name])
        boxes.append(panel.labels[name])
    order = sorted(flows, key=lambda ends: flows[ends])
    for ends in order:
        width = THIN + (THICK - THIN) * flows[ends] / most
        colour = _colour(joined[0].get(ends, 0.0), flows[ends]) if panel.n else STEADY
        _arc(axes, curves[ends], width, colour)
    for ends in list(reversed(order))[:LABELS]:
        if flows[ends] > 0:
            _number(axes, curves[ends], words.percent(flows[ends]), boxes)


def _colour(before: float, after: float) -> str:
    if before <= 0 or abs(after / before - 1) < MATTERS:
        return STEADY
    return sheet.NAVY if after > before else sheet.ORANGE


def _arc(axes: Axes, curve: layout.Bent, width: float, colour: str) -> None:
    """A curve of some width in points with a head at its end."""
    head = 0.05 + 0.011 * width
    length = math.dist(curve.p, curve.c) + math.dist(curve.c, curve.q)
    body = curve.cut(0.0, max(1 - head / max(length, 1e-6), 0.3))
    path = Path([body.p, body.c, body.q], [Path.MOVETO, Path.CURVE3, Path.CURVE3])
    axes.add_patch(
        PathPatch(path, fill=False, edgecolor=colour, linewidth=width, capstyle="butt", alpha=0.85, zorder=2)
    )
    dx, dy = curve.q[0] - body.q[0], curve.q[1] - body.q[1]
    size = math.hypot(dx, dy) or 1.0
    half = 0.03 + width / 72 / 2 + 0.012
    nx, ny = -dy / size * half, dx / size * half
    corners = [curve.q, (body.q[0] + nx, body.q[1] + ny), (body.q[0] - nx, body.q[1] - ny)]
    axes.add_patch(Polygon(corners, closed=True, facecolor=colour, edgecolor="none", zorder=2.2))


def _node(axes: Axes, economy: Economy, name: str, at: layout.Point, size: float) -> None:
    if name == ABROAD:
        axes.add_patch(
            Circle(at, size, facecolor="white", edgecolor=sheet.SOFT, linewidth=1.0, linestyle=":", zorder=3)
        )
        return
    status = economy.statuses[name]
    face = sheet.TEAL if status.controlled else SPEAKS if status.voice else OTHER
    axes.add_patch(Circle(at, size, facecolor=face, edgecolor=sheet.INK, linewidth=0.6, zorder=3))


def _size(texts: tuple[str, str]) -> tuple[float, float]:
    """Width and height of a label in inches."""
    return max(0.068 * len(texts[0]), 0.062 * len(texts[1])), 0.27


def _label(axes: Axes, box: layout.Box, texts: tuple[str, str]) -> None:
    options: dict[str, Any] = {
        "ha": "center",
        "va": "center",
        "zorder": 6,
        "bbox": {"facecolor": "white", "alpha": 0.75, "lw": 0, "pad": 0.5},
    }
    axes.text(box.x, box.y + 0.065, texts[0], fontsize=7.2, fontweight="bold", **options)
    axes.text(box.x, box.y - 0.065, texts[1], fontsize=6.8, **options)


def _number(axes: Axes, curve: layout.Bent, text: str, boxes: list[layout.Box]) -> None:
    """The number of a flow on its curve, where there is room."""
    for t in (0.5, 0.42, 0.58, 0.34, 0.66, 0.27, 0.73):
        x, y = curve.at(t)
        box = layout.Box(x, y, 0.066 * len(text), 0.15)
        if not any(box.meets(other) for other in boxes):
            boxes.append(box)
            axes.text(
                x,
                y,
                text,
                fontsize=6.2,
                ha="center",
                va="center",
                zorder=5,
                color=sheet.INK,
                bbox={"facecolor": "white", "alpha": 0.85, "lw": 0, "pad": 0.5},
            )
            return


def _graph_key(axes: Axes, flows: bool) -> None:
    """What colours mean, in one line at the foot."""
    x, y = 0.08, 0.12
    for face, text in ((sheet.TEAL, "controlled"), (SPEAKS, "speaks"), (OTHER, "other")):
        axes.add_patch(Circle((x + 0.06, y), 0.06, facecolor=face, edgecolor=sheet.INK, linewidth=0.5))
        axes.text(x + 0.17, y, text, va="center", fontsize=6.8, color=sheet.SOFT)
        x += 0.35 + 0.065 * len(text)
    if not flows:
        return
    x = max(x + 0.1, 3.0)
    for colour, text in (
        (sheet.NAVY, "flow up by 5 % or more"),
        (sheet.ORANGE, "down by 5 % or more"),
        (STEADY, "about as before"),
    ):
        axes.plot([x, x + 0.22], [y, y], color=colour, lw=3, solid_capstyle="butt")
        axes.text(x + 0.28, y, text, va="center", fontsize=6.8, color=sheet.SOFT)
        x += 0.42 + 0.056 * len(text)
