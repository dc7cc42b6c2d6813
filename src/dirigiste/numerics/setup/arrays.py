"""From declarations to arrays: :func:`compile_economy`.

Below this module there are no names and no files. `Arrays` holds every number that a kernel reads: tables of
records for what is one number for each economy, status or arc, and plain arrays for the rest. `Layout` holds
counts and flags for code outside the kernels. Axes of states are always in the order wealth n, status s,
ability j; edges are split into *arcs*, one for each origin, with axis e.

Kernels read `m.scalars[0].rho`, `m.status[s].collateral`, `m.arcs[e].cost`; outside of them `m.rho`,
`m.collateral` and `m.cost` are the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dirigiste.economy import Economy, Edge
from dirigiste.numerics.setup import ability, grid

ABROAD = -1
"""Destination index of arcs that leave the country."""

SIZES = ("none", "capital", "revenue", "wealth")
"""What the reach of an enforcement edge may depend on; the index is `size_of` of an arc."""

NO_MIXING, REDRAWS, SWITCHES = range(3)
"""How ability changes: never, by a draw from its stationary distribution (rank one), by any generator."""

NO_QUOTA, OF_CREDIT, OF_CAPITAL = range(3)
"""What a quota counts."""

NEAR_LOG = 0.05
"""Where sigma is within this of 1, utility is normalised as (c^(1-sigma) - 1)/(1-sigma)."""

COMPACT, UPWIND, FITTED_AT_BOUND = range(3)
"""Schemes in wealth (`policy`). The last is the compact one with fitted weights at the lower bound of wealth
too, where the value equation may then have two solutions; no file asks for it."""

SCHEMES = {"compact": COMPACT, "upwind": UPWIND}

BY_NOTHING, BY_SPREAD, BY_LIMIT = range(3)
"""How a quota is met."""


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
    """Counts, and which parts an economy uses at all."""

    nodes: int
    statuses: int
    abilities: int
    arcs: int
    log_utility: bool
    annual: bool
    """Time runs in periods (the annual clock), not continuously."""
    sized: bool
    """Some enforcement depends on the size of the firm."""
    emigrates: bool
    taxed: bool
    """Some status declares a tax on size, even at a rate of 0."""
    directed_of: str
    directed_by: str


SCALARS = np.dtype(
    [
        ("rho", "f8"),  # per year, net of what growth adds
        ("sigma", "f8"),
        ("growth", "f8"),
        ("alpha", "f8"),
        ("eta", "f8"),
        ("delta", "f8"),
        ("period", "f8"),  # annual clock: length of a period in years; else 0
        ("shift", "f8"),  # subtracted from all values: 1/((1-sigma) rho) where sigma is near 1; else 0
        ("redraw", "f8"),  # rate at which ability is drawn anew, where `mixing` is `REDRAWS`
        ("abroad_interest", "f8"),
        ("abroad_wage", "f8"),
        ("entry_wealth", "f8"),
        ("foreign_capital", "f8"),
        ("outside_labor", "f8"),
        ("spending", "f8"),
        ("directed_share", "f8"),
        ("mixing", "i8"),  # `NO_MIXING`, `REDRAWS` or `SWITCHES`
        ("scheme", "i8"),  # `COMPACT`, `UPWIND` or `FITTED_AT_BOUND`
        ("annual", "i8"),  # 1: periods
        ("directed_of", "i8"),  # `NO_QUOTA`, `OF_CREDIT` or `OF_CAPITAL`
        ("directed_by", "i8"),  # `BY_NOTHING`, `BY_SPREAD` or `BY_LIMIT`
    ]
)
"""One number an economy."""

STATUS = np.dtype(
    [
        ("operates", "f8"),  # 0 or 1, as all flags below
        ("productivity", "f8"),
        ("wedge", "f8"),
        ("collateral", "f8"),
        ("data_lending", "f8"),
        ("spread", "f8"),
        ("mandate_labor", "f8"),
        ("mandate_capital", "f8"),
        ("fixed_cost", "f8"),
        ("size_tax", "f8"),  # rate of the tax above a threshold, 0 without
        ("size_above", "f8"),  # the threshold, infinite without
        ("size_on_labor", "f8"),  # 1 where the tax is on labour, 0 where it is on capital
        ("labor_efficiency", "f8"),
        ("amenity", "f8"),
        ("controlled", "f8"),
        ("directed_to", "f8"),  # 1 for the statuses that a quota names
    ]
)
"""One number a status."""

ARCS = np.dtype(
    [
        ("origin", "i8"),
        ("destination", "i8"),  # `ABROAD` for arcs that leave
        ("choice", "i8"),
        ("leaves", "i8"),
        ("redraws", "i8"),  # ability is drawn anew
        ("jumps", "i8"),  # wealth moves
        ("sharp", "i8"),  # no taste shocks
        ("burnt", "f8"),
        ("perceived", "f8"),  # rate, perceived enforcement rate, or arrival rate of the opportunity
        ("actual", "f8"),
        ("cost", "f8"),
        ("taste", "f8"),
        ("size_of", "i8"),  # index in `SIZES`
        ("size_ref", "f8"),
        ("size_power", "f8"),
        ("fine", "f8"),  # share of wealth taken
        ("fee", "f8"),  # amount taken
    ]
)
"""One number an arc."""

TABLES = ("scalars", "status", "arcs")


def names_of(table: np.dtype) -> tuple[str, ...]:
    """Names of the columns of a table."""
    return table.names or ()


class _Fields(NamedTuple):
    scalars: NDArray[Any]  # (1,) of `SCALARS`
    status: NDArray[Any]  # (S,) of `STATUS`
    arcs: NDArray[Any]  # (E,) of `ARCS`
    wealth: NDArray[np.float64]  # (N,)
    ability: NDArray[np.float64]  # (J,)
    switching: NDArray[np.float64]  # (J, J), generator Q
    stationary: NDArray[np.float64]  # (J,)
    transition: NDArray[np.float64]  # (J, J), annual clock: probabilities within a period; else (0, 0)
    draws: NDArray[np.float64]  # (E, J), what an arc that draws ability draws from
    landing: NDArray[np.float64]  # (E, N), wealth after the move
    below: NDArray[np.int64]  # (E, N), node below the landing
    above: NDArray[np.float64]  # (E, N), share of the node above it
    entry: NDArray[np.float64]  # (N, S), distribution of newborns, zeros without emigration
    start: NDArray[np.float64]  # (N, S, J), an initial distribution with the right masses
    class_of: NDArray[np.int64]  # (S, J), the closed class of (status, ability)
    class_mass: NDArray[np.float64]  # (C,)


class Arrays(_Fields):
    """Every number of an economy. Shapes: S statuses, J abilities, N wealth nodes, E arcs, C classes."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        """A column of a table: a number for `scalars`, an array for the others."""
        if name in names_of(SCALARS):
            return self.scalars[name][0].item()
        if name in names_of(STATUS):
            return self.status[name]
        if name in names_of(ARCS):
            return self.arcs[name]
        raise AttributeError(name)

    def replace(self, **changes: Any) -> Arrays:  # noqa: ANN401
        """The same with other columns of tables, or other arrays."""
        fields = {name: getattr(self, name) for name in self._fields}
        for name, value in changes.items():
            table = next((t for t, d in DTYPES.items() if name in names_of(d)), None)
            if table is None:
                fields[name] = np.asarray(value)
                continue
            fields[table] = fields[table].copy()
            fields[table][name] = value
        return Arrays(**fields)


DTYPES = {"scalars": SCALARS, "status": STATUS, "arcs": ARCS}


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


def compile_economy(economy: Economy, period: float = 1.0) -> Compiled:
    """Compile a valid economy to arrays (float64).

    Args:
        economy: The economy.
        period: Length of a period of the annual clock, in years; below 1 only to compare the two clocks.
    """
    names = tuple(economy.statuses)
    chain = ability.chain(economy)
    wealth = economy.numerics.wealth
    nodes = grid.wealth_nodes(wealth.points, wealth.min, wealth.max, wealth.scale)
    arcs, edges = _arcs(economy, names)
    class_of, class_mass, start = _classes(economy, names, arcs, chain, nodes.size)
    draws, weight = _draws(edges, chain)
    fine, fee = np.array([e.fine for e in edges]), np.array([e.fee for e in edges])
    arrays = Arrays(
        scalars=_table(SCALARS, 1, {**_scalars(economy, chain), **_periods(economy, period)}),
        status=_table(STATUS, len(names), _status_rows(economy)),
        arcs=_table(ARCS, len(arcs), _arc_rows(arcs, edges, weight)),
        wealth=nodes,
        ability=np.array(chain.values, dtype=float),
        switching=np.array(chain.generator, dtype=float),
        stationary=np.array(chain.stationary, dtype=float),
        transition=_transition(economy, chain, period),
        draws=draws,
        **landings(nodes, fine, fee),
        entry=_entry(economy, names, nodes),
        start=start,
        class_of=class_of,
        class_mass=class_mass,
    )
    return Compiled(economy, _layout(economy, arcs, chain, nodes), arrays, _given(economy), names, arcs)


def _table(dtype: np.dtype, size: int, columns: dict[str, object]) -> NDArray[Any]:
    table = np.zeros(size, dtype)
    for name, column in columns.items():
        table[name] = column
    return table


def _layout(economy: Economy, arcs: tuple[Arc, ...], chain: ability.Chain, nodes: np.ndarray) -> Layout:
    directed = economy.closure.directed
    return Layout(
        nodes=nodes.size,
        statuses=len(economy.statuses),
        abilities=chain.values.size,
        arcs=len(arcs),
        log_utility=economy.preferences.sigma == 1.0,
        annual=economy.clock == "annual",
        sized=any(arc.size for arc in arcs),
        emigrates=any(arc.destination == ABROAD for arc in arcs),
        taxed=any(s.size_tax is not None for s in economy.statuses.values()),
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


def _scalars(economy: Economy, chain: ability.Chain) -> dict[str, object]:
    preferences, technology, closure = economy.preferences, economy.technology, economy.closure
    directed, law = closure.directed, economy.ability
    mixing = {"redraw": REDRAWS, "fixed": NO_MIXING}.get(law.law, SWITCHES)
    return {
        "rho": preferences.rho - (1 - preferences.sigma) * technology.growth,
        "sigma": preferences.sigma,
        "growth": technology.growth,
        "alpha": technology.alpha,
        "eta": technology.eta,
        "delta": technology.delta,
        "shift": shift_of(economy),
        "redraw": law.rate if law.law == "redraw" else 0.0,
        "abroad_interest": economy.abroad.interest if economy.abroad else 0.0,
        "abroad_wage": economy.abroad.wage if economy.abroad else 0.0,
        "entry_wealth": economy.entry.wealth if economy.entry else 0.0,
        "foreign_capital": closure.foreign_capital,
        "outside_labor": closure.labor.outside or 0.0,
        "spending": closure.spending,
        "directed_share": directed.share if directed else 0.0,
        "mixing": mixing if chain.values.size > 1 else NO_MIXING,
        "scheme": SCHEMES[economy.numerics.scheme],
        "directed_of": {"credit": OF_CREDIT, "capital": OF_CAPITAL}[directed.of] if directed else NO_QUOTA,
        "directed_by": {"spread": BY_SPREAD, "limit": BY_LIMIT}[directed.by] if directed else BY_NOTHING,
    }


def shift_of(economy: Economy) -> float:
    """Constant that is subtracted from all values: 1/((1-sigma) rho) near sigma = 1, where values would
    differ from it by rounding errors only.
    """
    sigma, growth = economy.preferences.sigma, economy.technology.growth
    if sigma == 1.0 or abs(sigma - 1.0) > NEAR_LOG:
        return 0.0
    return 1.0 / ((1.0 - sigma) * (economy.preferences.rho - (1.0 - sigma) * growth))


def _periods(economy: Economy, period: float) -> dict[str, object]:
    """What only the annual clock reads. Its `growth` is that of a whole period, per year."""
    if economy.clock == "continuous":
        return {"period": 0.0, "annual": 0}
    return {"period": period, "annual": 1, "growth": np.expm1(period * economy.technology.growth) / period}


def _transition(economy: Economy, chain: ability.Chain, period: float) -> NDArray[np.float64]:
    if economy.clock == "continuous":
        return np.zeros((0, 0))
    return np.array(ability.transition(economy, chain, period), dtype=float)


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


def _arc_rows(arcs: tuple[Arc, ...], edges: tuple[Edge, ...], weight: np.ndarray) -> dict[str, object]:
    sizes = [getattr(e, "size", None) for e in edges]
    perceived = [e.perceived_rate if e.kind == "enforcement" else e.rate for e in edges]
    actual = [e.actual if e.kind == "enforcement" else e.rate for e in edges]
    return {
        "origin": [arc.origin for arc in arcs],
        "destination": [arc.destination for arc in arcs],
        "choice": [arc.choice for arc in arcs],
        "leaves": [arc.destination == ABROAD for arc in arcs],
        "redraws": [arc.redraw for arc in arcs],
        "jumps": [arc.jumps for arc in arcs],
        "sharp": [arc.sharp for arc in arcs],
        "burnt": [arc.burnt for arc in arcs],
        "perceived": weight * np.array(perceived),
        "actual": weight * np.array(actual),
        "cost": [getattr(e, "cost", 0.0) for e in edges],
        "taste": [getattr(e, "scale", 0.0) or 1.0 for e in edges],
        "size_of": [arc.size for arc in arcs],
        "size_ref": [size.ref if size else 1.0 for size in sizes],
        "size_power": [size.power if size else 1.0 for size in sizes],
        "fine": [e.fine for e in edges],
        "fee": [e.fee for e in edges],
    }


def _draws(edges: tuple[Edge, ...], chain: ability.Chain) -> tuple[np.ndarray, np.ndarray]:
    """What each arc draws ability from (E, J), and the factor that weights put on its rate (E,)."""
    weights = np.array([_weights(edge, chain) for edge in edges]).reshape(len(edges), chain.values.size)
    drawn = weights * chain.stationary
    weight = np.where([e.weight is None for e in edges], 1.0, drawn.sum(axis=1))
    return drawn / drawn.sum(axis=1, keepdims=True), weight


def _weights(edge: Edge, chain: ability.Chain) -> np.ndarray:
    """Weights (J,) of the abilities that an edge may draw."""
    if edge.weight is None:
        return np.ones(chain.values.size)
    if isinstance(edge.weight, tuple):
        return np.array(edge.weight)
    return np.array([edge.weight.at(z) for z in chain.values])


def landings(nodes: np.ndarray, fine: np.ndarray, fee: np.ndarray) -> dict[str, Any]:
    """Where arcs land on the grid, from fines and fees (..., E): wealth, node below, share of that above."""
    landing = np.maximum((1 - fine)[..., None] * nodes - fee[..., None], nodes[0])
    below, above = grid.lottery(nodes, landing)
    return {"landing": landing, "below": below, "above": above}


def _entry(economy: Economy, names: tuple[str, ...], nodes: np.ndarray) -> np.ndarray:
    entry = np.zeros((nodes.size, len(names)))
    if economy.entry is not None:
        node, above = grid.lottery(nodes, np.array(economy.entry.wealth))
        entry[[node, node + 1], names.index(economy.entry.status)] = [1.0 - above, above]
    return entry


def _arcs(economy: Economy, names: tuple[str, ...]) -> tuple[tuple[Arc, ...], tuple[Edge, ...]]:
    """Arcs with their edges, as declared: their order does not depend on any number."""
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
                        jumps=edge.to != "abroad" and (edge.fine > 0 or edge.fee > 0),
                        burnt=edge.burnt,
                        sharp=edge.kind == "choice" and edge.scale == 0,
                    ),
                    edge,
                )
            )
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
    class_of, masses = np.zeros((S, J), dtype=int), []
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
            class_of[np.ix_(members, list(js))] = len(masses)
            masses.append(mass * float(weight))
    spread_out = np.zeros(nodes)
    spread_out[: max(nodes // 2, 1)] = 1.0 / max(nodes // 2, 1)
    return class_of, np.array(masses), spread_out[:, None, None] * start
