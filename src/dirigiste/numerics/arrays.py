"""The one door from declarations to arrays: :func:`compile_economy`.

Below this door there are no names and no files. `Layout` holds what decides the shape of the programs (it is hashable, and a
change of it compiles anew); `Arrays` holds every number (a change of them does not). Axes are always in the order wealth n,
status s, ability j; edges are split into *arcs*, one for each origin, with axis e. Arcs that move wealth come first, then those that draw ability anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from dirigiste.economy import Economy
from dirigiste.numerics import ability, grid

ABROAD = -1
"""Destination index of arcs that leave the country."""

SIZES = ("none", "capital", "revenue", "wealth")
"""What the reach of an enforcement edge may depend on; the index is `Arc.size`."""


@dataclass(frozen=True)
class Arc:
    """One edge from one of its origins."""

    edge: str
    origin: int
    destination: int
    choice: bool
    size: int
    redraw: bool
    jumps: bool
    burnt: bool
    sharp: bool


@dataclass(frozen=True)
class Layout:
    """What the compiled programs depend on besides numbers: counts, and which parts an economy uses at all."""

    nodes: int
    statuses: int
    abilities: int
    arcs: int
    jumps: int
    """Number of arcs that move wealth; they come first."""
    moves: int
    """Number of arcs that move wealth or draw ability anew; they come first, those that move wealth before the others."""
    log_utility: bool
    linear: bool
    """Constant returns, eta = 1: a firm uses as much capital as it may, or none."""
    upwind: bool
    dense: bool
    """Eliminate over (status, ability) blocks, not over statuses ability by ability: for laws that couple abilities strongly."""
    sized: bool
    """Some enforcement depends on size."""
    chooses: bool
    sharp: bool
    """Some choice has no taste shocks."""
    redraws: bool
    emigrates: bool
    directed_of: str
    directed_by: str


class Arrays(NamedTuple):
    """Every number of an economy. Shapes: S statuses, J abilities, N wealth nodes, E arcs, F arcs that move wealth."""

    rho: jax.Array
    sigma: jax.Array
    growth: jax.Array
    alpha: jax.Array
    eta: jax.Array
    delta: jax.Array
    wealth: jax.Array  # (N,)
    ability: jax.Array  # (J,)
    switching: jax.Array  # (J, J), generator Q
    stationary: jax.Array  # (J,)
    operates: jax.Array  # (S,) 0 or 1, as all status rows below
    productivity: jax.Array
    wedge: jax.Array
    collateral: jax.Array
    data_lending: jax.Array
    spread: jax.Array
    mandate_labor: jax.Array
    mandate_capital: jax.Array
    fixed_cost: jax.Array
    labor_efficiency: jax.Array
    amenity: jax.Array
    controlled: jax.Array
    directed_to: jax.Array  # (S,) 1 for the statuses that a quota names
    origin: jax.Array  # (S, E) one-hot
    destination: jax.Array  # (S, E) one-hot, a column of zeros for arcs abroad
    choice: jax.Array  # (E,) 1 for choice arcs, as all arc rows below
    leaves: jax.Array  # 1 for arcs abroad
    redraws: jax.Array
    sharp: jax.Array
    burnt: jax.Array
    perceived: jax.Array  # rate, perceived enforcement rate, or arrival rate of the opportunity
    actual: jax.Array
    cost: jax.Array
    taste: jax.Array
    size_of: jax.Array  # (4, E) one-hot over SIZES
    size_ref: jax.Array
    size_power: jax.Array
    landing: jax.Array  # (E, N) wealth after the move
    lottery_below: jax.Array  # (F, N) integers: node below the landing
    lottery_share: jax.Array  # (F, N) share of the node above
    destination_of: jax.Array  # (F,) integers
    abroad_interest: jax.Array
    abroad_wage: jax.Array
    entry: jax.Array  # (N, S) distribution of newborns, zeros without emigration
    entry_wealth: jax.Array
    foreign_capital: jax.Array
    outside_labor: jax.Array
    spending: jax.Array
    directed_share: jax.Array
    start: jax.Array  # (N, S, J) an initial distribution with the right masses
    class_of: jax.Array  # (S, J, C) one-hot: the closed class of (status, ability)
    class_mass: jax.Array  # (C,)


class Given(NamedTuple):
    """Prices that the closure fixes (nan where the market finds them): wage, interest, transfer."""

    wage: float
    interest: float
    transfer: float


@dataclass(frozen=True)
class Compiled:
    """An economy as arrays, with the prices that its closure fixes."""

    economy: Economy
    layout: Layout
    arrays: Arrays
    given: Given
    statuses: tuple[str, ...]
    arcs: tuple[Arc, ...]


def compile_economy(economy: Economy) -> Compiled:
    """Compile a valid economy to arrays (float64)."""
    if not jax.config.jax_enable_x64:
        raise RuntimeError("the solver needs 64-bit floats: call dirigiste.configure() first, or set jax_enable_x64")
    names = tuple(economy.statuses)
    statuses = [economy.statuses[name] for name in names]
    chain = ability.chain(economy)
    wealth = economy.numerics.wealth
    nodes = grid.wealth_nodes(wealth.points, wealth.min, wealth.max, wealth.scale)
    arcs, edges = _arcs(economy, names)
    closure = economy.closure
    directed = closure.directed
    J, N, S, E = chain.values.size, nodes.size, len(names), len(arcs)

    def column(values: list[float]) -> np.ndarray:
        return np.array(values, dtype=float)

    def of_status(field: str) -> np.ndarray:
        return column([getattr(status, field) for status in statuses])

    landing = np.array([np.maximum((1 - e.fine) * nodes - e.fee, nodes[0]) for e in edges]).reshape(E, N)
    jumps = sum(arc.jumps for arc in arcs)
    below, share = grid.lottery(nodes, landing[:jumps])
    entry = np.zeros((N, S))
    if economy.entry is not None:
        node, above = grid.lottery(nodes, np.array(economy.entry.wealth))
        entry[[node, node + 1], names.index(economy.entry.status)] = [1.0 - above, above]
    class_of, class_mass, start = _classes(economy, names, arcs, chain, N)
    rho = economy.preferences.rho - (1 - economy.preferences.sigma) * economy.technology.growth
    arrays = Arrays(
        rho=rho, sigma=economy.preferences.sigma, growth=economy.technology.growth,
        alpha=economy.technology.alpha, eta=economy.technology.eta, delta=economy.technology.delta,
        wealth=nodes, ability=chain.values, switching=chain.generator, stationary=chain.stationary,
        operates=of_status("operates"), productivity=of_status("productivity"), wedge=of_status("wedge"),
        collateral=of_status("collateral"), data_lending=of_status("data_lending"), spread=of_status("spread"),
        mandate_labor=column([s.mandates.labor for s in statuses]),
        mandate_capital=column([s.mandates.capital for s in statuses]),
        fixed_cost=of_status("fixed_cost"), labor_efficiency=of_status("labor_efficiency"),
        amenity=of_status("amenity"), controlled=of_status("controlled"),
        directed_to=column([float(directed is not None and name in directed.to) for name in names]),
        origin=np.array([[float(arc.origin == s) for arc in arcs] for s in range(S)]).reshape(S, E),
        destination=np.array([[float(arc.destination == s) for arc in arcs] for s in range(S)]).reshape(S, E),
        choice=column([arc.choice for arc in arcs]),
        leaves=column([arc.destination == ABROAD for arc in arcs]),
        redraws=column([arc.redraw for arc in arcs]),
        burnt=column([arc.burnt for arc in arcs]),
        sharp=column([arc.sharp for arc in arcs]),
        perceived=column([e.perceived_rate if e.kind == "enforcement" else e.rate for e in edges]),
        actual=column([e.actual if e.kind == "enforcement" else e.rate for e in edges]),
        cost=column([e.cost if e.kind == "choice" else 0.0 for e in edges]),
        taste=column([e.scale if e.kind == "choice" and e.scale > 0 else 1.0 for e in edges]),
        size_of=np.array([[float(arc.size == k) for arc in arcs] for k in range(len(SIZES))]).reshape(len(SIZES), E),
        size_ref=column([e.size.ref if arc.size else 1.0 for arc, e in zip(arcs, edges, strict=True)]),
        size_power=column([e.size.power if arc.size else 1.0 for arc, e in zip(arcs, edges, strict=True)]),
        landing=landing,
        lottery_below=below, lottery_share=share,
        destination_of=np.array([arc.destination for arc in arcs[:jumps]], dtype=int),
        abroad_interest=economy.abroad.interest if economy.abroad else 0.0,
        abroad_wage=economy.abroad.wage if economy.abroad else 0.0,
        entry=entry, entry_wealth=economy.entry.wealth if economy.entry else 0.0,
        foreign_capital=closure.foreign_capital,
        outside_labor=0.0 if closure.labor.wage is not None else closure.labor.outside,
        spending=closure.spending, directed_share=directed.share if directed else 0.0,
        start=start, class_of=class_of, class_mass=class_mass,
    )
    layout = Layout(
        nodes=N, statuses=S, abilities=J, arcs=E, jumps=jumps, moves=sum(arc.jumps or arc.redraw for arc in arcs),
        log_utility=economy.preferences.sigma == 1.0, linear=economy.technology.eta == 1.0,
        upwind=economy.numerics.scheme == "upwind",
        dense=economy.ability.law in ("diffusion", "markov") and J > 1,
        sized=any(arc.size for arc in arcs), chooses=any(arc.choice for arc in arcs), sharp=any(arc.sharp for arc in arcs),
        redraws=any(arc.redraw for arc in arcs), emigrates=any(arc.destination == ABROAD for arc in arcs),
        directed_of=directed.of if directed else "", directed_by=directed.by if directed else "",
    )
    given = Given(
        wage=closure.labor.wage if closure.labor.wage is not None else float("nan"),
        interest=closure.capital.open.interest if closure.capital != "closed" else float("nan"),
        transfer=closure.transfer if closure.fiscal == "spend" else float("nan"),
    )
    return Compiled(economy, layout, jax.tree.map(_as_jax, arrays), given, names, arcs)


def _as_jax(x: object) -> jax.Array:
    array = np.asarray(x)
    return jnp.asarray(array, jnp.int64 if array.dtype.kind in "iu" else jnp.float64)


def _arcs(economy: Economy, names: tuple[str, ...]) -> tuple[tuple[Arc, ...], list]:
    """Arcs with their edges, those that move wealth first."""
    pairs = []
    for edge in economy.edges:
        for origin in edge.origin:
            size = getattr(edge, "size", None)
            pairs.append((Arc(
                edge=edge.name,
                origin=names.index(origin),
                destination=ABROAD if edge.to == "abroad" else names.index(edge.to),
                choice=edge.kind == "choice",
                size=SIZES.index(size.of) if size is not None and size.power > 0 else 0,
                redraw=edge.ability == "redraw",
                jumps=edge.to != "abroad" and (edge.fine > 0 or edge.fee > 0),
                burnt=edge.burnt,
                sharp=edge.kind == "choice" and edge.scale == 0,
            ), edge))
    pairs.sort(key=lambda pair: (not pair[0].jumps, not pair[0].redraw))
    return tuple(arc for arc, _ in pairs), [edge for _, edge in pairs]


def _classes(
    economy: Economy, names: tuple[str, ...], arcs: tuple[Arc, ...], chain: ability.Chain, nodes: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Closed classes of (status, ability), their masses, and a start that has these masses.

    A group of statuses that edges connect is one class where abilities mix in it, else one class for each ability.
    """
    S, J = len(names), chain.values.size
    group = list(range(S))
    leaving = [arc.origin for arc in arcs if arc.destination == ABROAD]
    links = [(arc.origin, arc.destination) for arc in arcs if arc.destination != ABROAD]
    if economy.entry is not None:
        links += [(origin, names.index(economy.entry.status)) for origin in leaving]
    for one, other in links:
        old, new = group[other], group[one]
        group = [new if g == old else g for g in group]
    classes: list[np.ndarray] = []
    masses: list[float] = []
    start = np.zeros((S, J))
    groups = sorted(set(group))
    for g in groups:
        members = [s for s in range(S) if group[s] == g]
        mass = 1.0 if len(groups) == 1 else sum(economy.statuses[names[s]].mass or 0.0 for s in members)
        start[members] = mass * chain.stationary / len(members)
        mixes = (
            economy.ability.law != "fixed"
            or any(arc.redraw for arc in arcs if arc.origin in members)
            or any(origin in members for origin in leaving)
        )
        for js, weight in [(range(J), 1.0)] if mixes else [((j,), chain.stationary[j]) for j in range(J)]:
            one = np.zeros((S, J))
            for s in members:
                one[s, list(js)] = 1.0
            classes.append(one)
            masses.append(mass * float(weight))
    spread_out = np.zeros(nodes)
    spread_out[: max(nodes // 2, 1)] = 1.0 / max(nodes // 2, 1)
    return np.stack(classes, axis=-1), np.array(masses), spread_out[:, None, None] * start
