"""Firms: densities of wealth and employment by status in logs; marginal product of capital against wealth.

Densities are per decade (factor of ten) and integrate to 1 within a status. The mass of a wealth node is
spread over its cell (midpoint to midpoint); what results is smoothed with a Gaussian kernel in logs, since
the abilities of the model are points.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from dirigiste.numbers import minus
from dirigiste.report import words
from dirigiste.report.figure_data.table import Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dirigiste.results.runs.run import Run

    Array = NDArray[np.float64]

BANDWIDTH: Final = 0.1
"""Standard deviation of the kernel, in decades."""

PARTS: Final = 8
"""Points among which the mass of a wealth node is spread over its cell."""

FEW: Final = 1e-4
"""Statuses with a smaller share of owners (or of firms) are left out: their curves rest on next to nobody."""

POOR: Final = 0.05
"""Wealth, in annual wages, below which owners count as having next to none; logs begin here."""

NAMED: Final = 0.05
"""Statuses with a smaller share of firms are not named in titles."""

ALIKE: Final = 0.0005
"""Marginal products per year that differ by less are the same as a title writes them."""

LINES: Final = 4
"""Most statuses in the figure of marginal products."""


@dataclass(frozen=True)
class Curve:
    """A line: y over x, for one status, before or after."""

    status: str
    label: str
    x: Array
    before: Array
    after: Array
    """nan where nobody is."""
    centre_before: float
    """Share of owners below `POOR` (wealth), median of x (employment), mean of y (marginal products)."""
    centre_after: float


def _wealth_points(nodes: Array) -> Array:
    """(N, PARTS) points spread evenly over the cell of every node."""
    middle = 0.5 * (nodes[1:] + nodes[:-1])
    low, high = np.concatenate([nodes[:1], middle]), np.concatenate([middle, nodes[-1:]])
    steps = (np.arange(PARTS) + 0.5) / PARTS
    return low[:, None] + (high - low)[:, None] * steps


def density(values: Array, weights: Array, at: Array) -> Array:
    """Density per decade of weighted values at the points `at`; its integral is the share above 0."""
    used = (weights > 0) & (values > 0)
    total = float(weights[weights > 0].sum())
    if total <= 0 or not used.any():
        return np.zeros_like(at)
    edges = np.linspace(-6.0, 8.0, 2801)
    binned, _ = np.histogram(
        np.clip(np.log10(values[used]), edges[0], edges[-1]), bins=edges, weights=weights[used]
    )
    hit = binned > 0
    middle = 0.5 * (edges[1:] + edges[:-1])[hit]
    kernel = np.exp(-0.5 * ((np.log10(at)[:, None] - middle) / BANDWIDTH) ** 2) / (
        BANDWIDTH * np.sqrt(2 * np.pi)
    )
    return kernel @ binned[hit] / total


def quantile(values: Array, weights: Array, q: float) -> float:
    """Quantile q of weighted values: the least value with at least the share q at or below it."""
    order = np.argsort(values, kind="stable")
    cumulated = np.cumsum(weights[order])
    if cumulated.size == 0 or cumulated[-1] <= 0:
        return float("nan")
    index = int(np.searchsorted(cumulated, q * cumulated[-1]))
    return float(values[order][min(index, values.size - 1)])


def below(values: Array, weights: Array, limit: float) -> float:
    """Share of the weights at values below `limit`."""
    total = float(weights.sum())
    return float(weights[values < limit].sum()) / total if total > 0 else float("nan")


def _states(equilibrium: object, variable: str, status: str) -> Array:
    """A number of the owners of a status, (J, N)."""
    data = equilibrium.states[variable].sel(status=status)  # type: ignore[attr-defined]
    return data.transpose("ability", "wealth").values


def _masses(equilibrium: object, status: str) -> tuple[Array, Array]:
    """Owners and firms, each (J, N)."""
    mass = np.maximum(_states(equilibrium, "mass", status), 0.0)
    return mass, mass * np.nan_to_num(_states(equilibrium, "runs", status))


def _wealth(equilibrium: object, status: str, unit: float) -> tuple[Array, Array]:
    mass, _ = _masses(equilibrium, status)
    nodes = np.asarray(equilibrium.states["wealth"].values, dtype=float)  # type: ignore[attr-defined]
    values = _wealth_points(nodes) / unit
    return values.ravel(), np.repeat(mass.sum(axis=0) / PARTS, PARTS)


def _employment(equilibrium: object, status: str) -> tuple[Array, Array]:
    _, firms = _masses(equilibrium, status)
    labor = np.nan_to_num(_states(equilibrium, "labor", status))
    return labor.ravel(), np.where(labor > 0, firms, 0.0).ravel()


def _shared(run: Run, of_firms: bool, least: float = FEW) -> list[str]:
    """Statuses with enough owners (or firms) before or after, in the order of declaration."""
    names = []
    for name in run.before.economy.statuses:
        sizes = [float(_masses(eq, name)[1 if of_firms else 0].sum()) for eq in (run.before, run.after)]
        if max(sizes) >= least:
            names.append(name)
    return names


def _curves(run: Run, kind: str) -> list[Curve]:
    unit = float(run.before.prices["wage"])
    names = _shared(run, of_firms=kind == "employment")
    samples = {}
    for name in names:
        both = [
            _employment(eq, name) if kind == "employment" else _wealth(eq, name, unit)
            for eq in (run.before, run.after)
        ]
        samples[name] = both
    ends = [
        (quantile(v, w, 0.002), quantile(v, w, 0.998))
        for both in samples.values()
        for v, w in both
        if w.sum() > 0
    ]
    if not ends:
        return []
    low = POOR if kind == "wealth" else max(min(end[0] for end in ends), 1e-3) * 10 ** (-2 * BANDWIDTH)
    high = max(end[1] for end in ends)
    at = np.logspace(np.log10(low), np.log10(max(high, low * 10)) + 2 * BANDWIDTH, 160)
    curves = []
    for name, (before, after) in samples.items():
        one, other = (
            below(v, w, POOR) if kind == "wealth" else quantile(v, w, 0.5) for v, w in (before, after)
        )
        label = words.status(run.before.economy, name)
        first, second = (density(v, w, at) for v, w in (before, after))
        curves.append(Curve(name, label, at, first, second, one, other))
    return curves


def wealth(run: Run) -> list[Curve]:
    """Density of wealth by status, in annual wages of the state before; centres are shares below `POOR`."""
    return _curves(run, "wealth")


def employment(run: Run) -> list[Curve]:
    """Density of firms' employment by status, in workers; centres are medians."""
    return _curves(run, "employment")


def _mpk(equilibrium: object, status: str, at: Array, unit: float) -> tuple[Array, float]:
    """Mean marginal product less user cost at the wealths `at` and over all firms of the status."""
    _, firms = _masses(equilibrium, status)
    data = equilibrium.states.sel(status=status).transpose("ability", "wealth", ...)  # type: ignore[attr-defined]
    mpk = data["mpk"].values
    cost = user_cost(equilibrium)
    used = np.isfinite(mpk) & (firms > 0)
    weight, product = np.where(used, firms, 0.0), np.where(used, mpk, 0.0)
    total = float(weight.sum())
    if total <= 0:
        return np.full_like(at, np.nan), float("nan")
    nodes = np.asarray(equilibrium.states["wealth"].values, dtype=float) / unit  # type: ignore[attr-defined]
    by_node, value = weight.sum(axis=0), (weight * product).sum(axis=0)
    positive = nodes > 0
    apart = (np.log10(at)[:, None] - np.log10(nodes[positive])) / BANDWIDTH
    kernel = np.exp(-0.5 * apart**2)
    mass, mean = kernel @ by_node[positive], kernel @ value[positive]
    low, high = quantile(nodes, by_node, 0.01), quantile(nodes, by_node, 0.99)
    inside = (at >= low) & (at <= high) & (mass > 0)
    line = np.where(inside, mean / np.where(mass > 0, mass, 1.0) - cost, np.nan)
    return line, float(value.sum() / total - cost)


def user_cost(equilibrium: object) -> float:
    """Interest plus depreciation, per year: what capital costs an owner who uses own funds."""
    return float(equilibrium.prices["interest"]) + float(equilibrium.economy.technology.delta)  # type: ignore[attr-defined]


def starved(run: Run) -> list[Curve]:
    """Marginal product of capital less its user cost against wealth, for the statuses with most firms.

    x in annual wages of the state before, y per year; centres are means over firms.
    """
    unit = float(run.before.prices["wage"])
    sizes = {name: float(_masses(run.before, name)[1].sum()) for name in _shared(run, of_firms=True)}
    names = sorted(sizes, key=lambda name: -sizes[name])[:LINES]
    nodes = np.asarray(run.before.states["wealth"].values, dtype=float) / unit
    if not names:
        return []
    at = np.logspace(np.log10(nodes[nodes > 0][0]), np.log10(nodes[-1]), 240)
    curves = []
    for name in names:
        (before, mean_before), (after, mean_after) = (
            _mpk(eq, name, at, unit) for eq in (run.before, run.after)
        )
        label = words.status(run.before.economy, name)
        curves.append(Curve(name, label, at, before, after, mean_before, mean_after))
    return curves


def curves_table(curves: list[Curve], x: str, y: str) -> Table:
    """Curves as a long table; rows without any value are left out."""
    rows = [
        (curve.status, float(a), float(b), float(c))
        for curve in curves
        for a, b, c in zip(curve.x, curve.before, curve.after, strict=True)
        if not (np.isnan(b) and np.isnan(c))
    ]
    return Table.of(("status", x, f"before ({y})", f"after ({y})"), rows)


def sizes_table(wealth: list[Curve], employment: list[Curve]) -> Table:
    """Densities of wealth and employment as one long table."""
    rows = [
        (what, *row)
        for what, curves in (("wealth (annual wages)", wealth), ("employment (workers)", employment))
        for row in curves_table(curves, "value", "density per decade").rows
    ]
    columns = ("of", "status", "value", "before (density per decade)", "after (density per decade)")
    return Table.of(columns, rows)


def sizes_title(run: Run) -> str:
    """What happens to the typical firm of the status with most firms, and how large the typical firm is in
    the status where it is largest, among those with enough firms to be named.
    """
    firms = {curve.status: curve for curve in employment(run)}
    if not firms:
        return "No status has firms"
    counts = {name: float(_masses(run.before, name)[1].sum()) for name in firms}
    top = firms[max(counts, key=lambda name: counts[name])]
    in_the_end = {name: float(_masses(run.after, name)[1].sum()) for name in firms}
    enough = NAMED * sum(in_the_end.values())
    named = [
        curve
        for name, curve in firms.items()
        if in_the_end[name] >= enough and np.isfinite(curve.centre_after)
    ]
    largest = max(named, key=lambda curve: curve.centre_after, default=top)
    text = _median(top)
    if largest.status != top.status:
        text += f"; the median {largest.label} firm {words.number(largest.centre_after, 3)}"
    return text


def _median(curve: Curve) -> str:
    before, after = words.number(curve.centre_before, 3), words.number(curve.centre_after, 3)
    if before == after:
        return f"The median {curve.label} firm still employs {after} workers"
    return f"The median {curve.label} firm employs {after} workers, {before} before"


def starved_title(run: Run) -> str:
    """Whose firms are short of capital, in a sentence."""
    firms = {name: float(_masses(run.after, name)[1].sum()) for name in run.after.economy.statuses}
    named = {name for name, size in firms.items() if size >= NAMED * sum(firms.values())}
    drawn = [curve for curve in starved(run) if np.isfinite(curve.centre_after)]
    curves = [curve for curve in drawn if curve.status in named]
    if not curves:
        return "No status has firms"
    top = max(curves, key=lambda curve: curve.centre_after)
    alike = [curve for curve in curves if top.centre_after - curve.centre_after < ALIKE]
    # the figure may also show statuses with few firms whose capital is scarcer still
    beyond = any(curve.centre_after - top.centre_after >= ALIKE for curve in drawn)
    among = f" among statuses with {words.percent(NAMED, 0)} of firms or more" if beyond else ""
    if top.centre_after < ALIKE:
        return f"In firms of no status does the last unit of capital earn more than it costs{among}"
    names = words.listing([curve.label for curve in alike])
    earns = f"the last unit earns {100 * top.centre_after:.1f} points a year more than it costs"
    if len(alike) > 1:
        return f"Capital is equally scarce in {names} firms{among}: {earns}"
    text = f"Capital is scarcest in {names} firms{among}: {earns}"
    if abs(top.centre_after - top.centre_before) >= ALIKE:
        text += f", {100 * top.centre_before:.1f} before"
    return minus(text)
