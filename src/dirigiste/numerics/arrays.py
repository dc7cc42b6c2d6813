"""The one door from declarations to arrays: :func:`compile_economy`.

Below this door there are no names and no files. `Layout` holds what decides the shape of the programs (it is
hashable, and a change of it compiles anew); `Arrays` holds every number (a change of them does not). Axes are
always in the order wealth n, status s, ability j; edges are split into *arcs*, one for each origin, with axis
e. Arcs that move wealth come first, then those that draw ability anew.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from dirigiste.economy import Economy, Edge
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
    """What the compiled programs depend on besides numbers: counts, and which parts an economy uses at
    all.
    """

    nodes: int
    statuses: int
    abilities: int
    arcs: int
    jumps: int
    """Number of arcs that move wealth; they come first."""
    moves: int
    """Number of arcs that move wealth or draw ability anew; they come first, those that move wealth before
    the others."""
    log_utility: bool
    linear: bool
    """Constant returns, eta = 1: a firm uses as much capital as it may, or none."""
    upwind: bool
    dense: bool
    """Eliminate over (status, ability) blocks, not over statuses ability by ability: for laws that couple
    abilities strongly."""
    annual: bool
    """Time runs in periods (the annual clock), not continuously."""
    sized: tuple[tuple[int, int, int], ...]
    """Arcs whose enforcement depends on size: number of the arc, its origin, index in `SIZES`."""
    chooses: bool
    sharp: bool
    """Some choice has no taste shocks."""
    redraws: bool
    emigrates: bool
    taxes_capital: bool
    """Some status declares a tax on capital above a threshold, be its rate 0."""
    taxes_labor: bool
    directed_of: str
    directed_by: str


class Arrays(NamedTuple):
    """Every number of an economy. Shapes: S statuses, J abilities, N wealth nodes, E arcs, F arcs that move
    wealth.
    """

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
    period: jax.Array  # annual clock: length of a period in years
    transition: jax.Array  # (J, J), annual clock: probabilities of moving within a period; else (0, 0)
    operates: jax.Array  # (S,) 0 or 1, as all status rows below
    productivity: jax.Array
    wedge: jax.Array
    collateral: jax.Array
    data_lending: jax.Array
    spread: jax.Array
    mandate_labor: jax.Array
    mandate_capital: jax.Array
    fixed_cost: jax.Array
    size_tax: jax.Array  # rate of the tax above a threshold, 0 without
    size_above: jax.Array  # the threshold, infinite without
    size_on_labor: jax.Array  # 1 where the tax is on labour, 0 where it is on capital
    labor_efficiency: jax.Array
    amenity: jax.Array
    controlled: jax.Array
    directed_to: jax.Array  # (S,) 1 for the statuses that a quota names
    origin: jax.Array  # (S, E) one-hot
    destination: jax.Array  # (S, E) one-hot, a column of zeros for arcs abroad
    choice: jax.Array  # (E,) 1 for choice arcs, as all arc rows below
    leaves: jax.Array  # 1 for arcs abroad
    redraws: jax.Array
    draws: jax.Array  # (E, J) what a redraw draws from
    sharp: jax.Array
    burnt: jax.Array
    perceived: jax.Array  # rate, perceived enforcement rate, or arrival rate of the opportunity
    actual: jax.Array
    cost: jax.Array
    taste: jax.Array
    size_ref: jax.Array
    size_power: jax.Array
    fine: jax.Array  # share of wealth taken
    fee: jax.Array  # amount taken
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


def compile_economy(economy: Economy, moving: Collection[str] = (), period: float = 1.0) -> Compiled:
    """Compile a valid economy to arrays (float64).

    Args:
        economy: The economy.
        moving: Edges that count as moving wealth even if they have no fine or fee, for economies that are to
            share one layout.
        period: Length of a period of the annual clock, in years; other than 1 to see how the two clocks meet.
    """
    if jnp.asarray(0.0).dtype != jnp.float64:
        raise RuntimeError(
            "the solver needs 64-bit floats: call dirigiste.configure() first, or set jax_enable_x64"
        )
    names = tuple(economy.statuses)
    chain = ability.chain(economy)
    wealth = economy.numerics.wealth
    nodes = grid.wealth_nodes(wealth.points, wealth.min, wealth.max, wealth.scale)
    arcs, edges = _arcs(economy, names, moving)
    class_of, class_mass, start = _classes(economy, names, arcs, chain, nodes.size)
    numbers: dict[str, object] = {
        **_scalars(economy),
        **_periods(economy, chain, period),
        **_status_rows(economy),
        **_arc_rows(arcs, edges, len(names), nodes, chain),
        "wealth": nodes,
        "ability": chain.values,
        "switching": chain.generator,
        "stationary": chain.stationary,
        "entry": _entry(economy, names, nodes),
        "start": start,
        "class_of": class_of,
        "class_mass": class_mass,
    }
    arrays = Arrays(**{name: _as_jax(number) for name, number in numbers.items()})
    return Compiled(economy, _layout(economy, arcs, chain, nodes), arrays, _given(economy), names, arcs)


def _layout(economy: Economy, arcs: tuple[Arc, ...], chain: ability.Chain, nodes: np.ndarray) -> Layout:
    directed = economy.closure.directed
    taxed = {s.size_tax.on for s in economy.statuses.values() if s.size_tax is not None}
    return Layout(
        nodes=nodes.size,
        statuses=len(economy.statuses),
        abilities=chain.values.size,
        arcs=len(arcs),
        jumps=sum(arc.jumps for arc in arcs),
        moves=sum(arc.jumps or arc.redraw for arc in arcs),
        log_utility=economy.preferences.sigma == 1.0,
        linear=economy.technology.eta == 1.0,
        upwind=economy.numerics.scheme == "upwind",
        dense=economy.ability.law in ("diffusion", "markov", "ar1") and chain.values.size > 1,
        annual=economy.clock == "annual",
        sized=tuple((e, arc.origin, arc.size) for e, arc in enumerate(arcs) if arc.size),
        chooses=any(arc.choice for arc in arcs),
        sharp=any(arc.sharp for arc in arcs),
        redraws=any(arc.redraw for arc in arcs),
        emigrates=any(arc.destination == ABROAD for arc in arcs),
        taxes_capital="capital" in taxed,
        taxes_labor="labor" in taxed,
        directed_of=directed.of if directed else "",
        directed_by=directed.by if directed else "",
    )


def _given(economy: Economy) -> Given:
    closure, nan = economy.closure, float("nan")
    return Given(
        wage=closure.labor.wage if closure.labor.wage is not None else nan,
        interest=nan if closure.capital == "closed" else closure.capital.open.interest,
        transfer=closure.transfer if closure.fiscal == "spend" else nan,
    )


def _scalars(economy: Economy) -> dict[str, object]:
    preferences, technology, closure = economy.preferences, economy.technology, economy.closure
    return {
        "rho": preferences.rho - (1 - preferences.sigma) * technology.growth,
        "sigma": preferences.sigma,
        "growth": technology.growth,
        "alpha": technology.alpha,
        "eta": technology.eta,
        "delta": technology.delta,
        "abroad_interest": economy.abroad.interest if economy.abroad else 0.0,
        "abroad_wage": economy.abroad.wage if economy.abroad else 0.0,
        "entry_wealth": economy.entry.wealth if economy.entry else 0.0,
        "foreign_capital": closure.foreign_capital,
        "outside_labor": closure.labor.outside or 0.0,
        "spending": closure.spending,
        "directed_share": closure.directed.share if closure.directed else 0.0,
    }


def _periods(economy: Economy, chain: ability.Chain, period: float) -> dict[str, object]:
    """What only the annual clock reads; its growth is what a year brings, over the year."""
    if economy.clock == "continuous":
        return {"period": 0.0, "transition": np.zeros((0, 0))}
    return {
        "period": period,
        "transition": ability.transition(economy, chain, period),
        "growth": np.expm1(period * economy.technology.growth) / period,
    }


SAME_NAME = (
    "operates",
    "productivity",
    "wedge",
    "collateral",
    "data_lending",
    "spread",
    "fixed_cost",
    "labor_efficiency",
    "amenity",
    "controlled",
)
"""Status rows of `Arrays` that carry the name of a field of a declared status."""


def _status_rows(economy: Economy) -> dict[str, object]:
    statuses = list(economy.statuses.values())
    directed = economy.closure.directed
    return {
        **{field: np.array([float(getattr(s, field)) for s in statuses]) for field in SAME_NAME},
        "mandate_labor": np.array([s.mandates.labor for s in statuses]),
        "mandate_capital": np.array([s.mandates.capital for s in statuses]),
        "size_tax": np.array([s.size_tax.rate if s.size_tax else 0.0 for s in statuses]),
        "size_above": np.array([s.size_tax.above if s.size_tax else np.inf for s in statuses]),
        "size_on_labor": np.array(
            [float(s.size_tax is not None and s.size_tax.on == "labor") for s in statuses]
        ),
        "directed_to": np.array([float(directed is not None and n in directed.to) for n in economy.statuses]),
    }


def _arc_rows(
    arcs: tuple[Arc, ...], edges: tuple[Edge, ...], statuses: int, nodes: np.ndarray, chain: ability.Chain
) -> dict[str, object]:
    def one_hot(of: list[int], size: int) -> np.ndarray:
        return (np.arange(size)[:, None] == np.array(of, dtype=int)[None, :]).astype(float)

    sizes = [getattr(e, "size", None) for e in edges]
    fine, fee = np.array([e.fine for e in edges]), np.array([e.fee for e in edges])
    jumping = sum(arc.jumps for arc in arcs)
    weights = np.array([_weights(edge, chain) for edge in edges]).reshape(len(edges), chain.values.size)
    drawn = weights * chain.stationary
    weight = np.where([e.weight is None for e in edges], 1.0, drawn.sum(axis=1))
    return {
        **landings(nodes, fine, fee, jumping),
        "fine": fine,
        "fee": fee,
        "origin": one_hot([arc.origin for arc in arcs], statuses),
        "destination": one_hot([arc.destination for arc in arcs], statuses),
        "choice": np.array([float(arc.choice) for arc in arcs]),
        "leaves": np.array([float(arc.destination == ABROAD) for arc in arcs]),
        "redraws": np.array([float(arc.redraw) for arc in arcs]),
        "burnt": np.array([float(arc.burnt) for arc in arcs]),
        "sharp": np.array([float(arc.sharp) for arc in arcs]),
        "perceived": weight
        * np.array([e.perceived_rate if e.kind == "enforcement" else e.rate for e in edges]),
        "actual": weight * np.array([e.actual if e.kind == "enforcement" else e.rate for e in edges]),
        "draws": drawn / drawn.sum(axis=1, keepdims=True),
        "cost": np.array([getattr(e, "cost", 0.0) for e in edges]),
        "taste": np.array([getattr(e, "scale", 0.0) or 1.0 for e in edges]),
        "size_ref": np.array([size.ref if size else 1.0 for size in sizes]),
        "size_power": np.array([size.power if size else 1.0 for size in sizes]),
        "destination_of": np.array([arc.destination for arc in arcs[:jumping]], dtype=int),
    }


def _weights(edge: Edge, chain: ability.Chain) -> np.ndarray:
    """Weights (J,) of the abilities that an edge may draw."""
    if edge.weight is None:
        return np.ones(chain.values.size)
    if isinstance(edge.weight, tuple):
        return np.array(edge.weight)
    return np.array([edge.weight.at(z) for z in chain.values])


def landings(nodes: np.ndarray, fine: np.ndarray, fee: np.ndarray, jumping: int) -> dict[str, np.ndarray]:
    """Where arcs land on the grid, from fines and fees (..., E); the first `jumping` arcs move wealth."""
    landing = np.maximum((1 - fine)[..., None] * nodes - fee[..., None], nodes[0])
    below, share = grid.lottery(nodes, landing[..., :jumping, :])
    return {"landing": landing, "lottery_below": below, "lottery_share": share}


def _entry(economy: Economy, names: tuple[str, ...], nodes: np.ndarray) -> np.ndarray:
    entry = np.zeros((nodes.size, len(names)))
    if economy.entry is not None:
        node, above = grid.lottery(nodes, np.array(economy.entry.wealth))
        entry[[node, node + 1], names.index(economy.entry.status)] = [1.0 - above, above]
    return entry


def _as_jax(x: object) -> jax.Array:
    array = np.asarray(x)
    return jnp.asarray(array, jnp.int64 if array.dtype.kind in "iu" else jnp.float64)


def _arcs(
    economy: Economy, names: tuple[str, ...], moving: Collection[str]
) -> tuple[tuple[Arc, ...], tuple[Edge, ...]]:
    """Arcs with their edges, those that move wealth first."""
    pairs = []
    for edge in economy.edges:
        for origin in edge.origin:
            size = getattr(edge, "size", None)
            pairs.append(
                (
                    Arc(
                        edge=edge.name,
                        origin=names.index(origin),
                        destination=ABROAD if edge.to == "abroad" else names.index(edge.to),
                        choice=edge.kind == "choice",
                        size=SIZES.index(size.of) if size is not None and size.power > 0 else 0,
                        redraw=edge.ability == "redraw",
                        jumps=edge.to != "abroad" and (edge.fine > 0 or edge.fee > 0 or edge.name in moving),
                        burnt=edge.burnt,
                        sharp=edge.kind == "choice" and edge.scale == 0,
                    ),
                    edge,
                )
            )
    pairs.sort(key=lambda pair: (not pair[0].jumps, not pair[0].redraw))
    return tuple(arc for arc, _ in pairs), tuple(edge for _, edge in pairs)


def _classes(
    economy: Economy, names: tuple[str, ...], arcs: tuple[Arc, ...], chain: ability.Chain, nodes: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Closed classes of (status, ability), their masses, and a start that has these masses.

    A group of statuses that edges connect is one class where abilities mix in it, else one class for each
    ability.
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
