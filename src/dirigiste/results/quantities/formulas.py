"""Numbers from sums over the distribution (docs/method.md, section 7), with any axes in front: none for an
equilibrium, one of steps for a path.

What needs the whole distribution, as top shares do, is in `totals`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dirigiste.economy import ABROAD
from dirigiste.numerics import accounts
from dirigiste.numerics.accounts import Accounts
from dirigiste.numerics.markets.aggregates import Moves, Static
from dirigiste.numerics.stationary.point import INTEREST, TRANSFER, WAGE, unknowns
from dirigiste.results.quantities.quantiles import productivity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dirigiste.economy import Economy
    from dirigiste.numerics.setup.arrays import Compiled
    from dirigiste.numerics.stationary.equilibrium import Point

Array = NDArray[np.float64]

SCALARS = (
    "alpha",
    "eta",
    "delta",
    "growth",
    "spending",
    "foreign_capital",
    "outside_labor",
    "entry_wealth",
)
"""Arrays of an economy that hold one number and that the formulas need."""


class Facts(NamedTuple):
    """What an economy declares and the formulas need; numbers may have axes in front."""

    numbers: dict[str, Array]
    """By the names of `SCALARS`, (...)."""
    productivity: Array  # (..., S), as the next
    spread: Array
    operates: Array  # (S,) 0 or 1, as the next: statuses to which a quota does not direct
    undirected: Array
    ability: Array  # (J,)
    controlled: Array  # (S,) 0 or 1, as the next two
    voice: Array
    could_speak: Array
    leaves: Array  # (E,) 0 or 1, as the next
    burnt: Array
    tolerance: float
    """Relative excess of capital that counts as rounding."""
    open_wage: bool
    """Whether the wage clears the labour market, as the next two."""
    open_interest: bool
    open_transfer: bool

    def number(self, name: str) -> Array:
        """A number of the economy (...), or `leaves` or `burnt` (E,)."""
        by_arc = {"leaves": self.leaves, "burnt": self.burnt}
        return by_arc[name] if name in by_arc else self.numbers[name]


class SumsLike(Protocol):
    """Sums over the distribution as the solver gives them."""

    @property
    def static(self) -> Any:  # noqa: ANN401  (a Static of the solver)
        """Sums by status."""
        ...

    @property
    def moves(self) -> Any:  # noqa: ANN401  (Moves of the solver)
        """Flows by arc."""
        ...

    @property
    def mass(self) -> ArrayLike:
        """Owners by status."""
        ...

    @property
    def consumption(self) -> ArrayLike:
        """Consumption by status."""
        ...

    @property
    def running(self) -> ArrayLike:
        """Owners who run a firm by status and ability."""
        ...


class Sums(NamedTuple):
    """Sums over the distribution as numpy arrays: by status (..., S), by arc (..., E); `running` (..., S,
    J).
    """

    static: Static
    moves: Moves
    mass: Array
    consumption: Array
    running: Array


def sums(of: SumsLike) -> Sums:
    """The same sums as numpy arrays."""
    static = Static(*(np.asarray(x) for x in of.static))  # type: ignore[arg-type]
    moves = Moves(*(np.asarray(x) for x in of.moves))  # type: ignore[arg-type]
    return Sums(static, moves, *(np.asarray(x, dtype=float) for x in (of.mass, of.consumption, of.running)))


def sums_of(point: Point) -> Sums:
    """Sums of a solved point."""
    g, f = np.asarray(point.distribution.g), np.asarray(point.distribution.f)
    consumed = f * np.asarray(point.values.policy.consumption)
    static = Static(*(np.asarray(x) for x in point.static))  # type: ignore[arg-type]
    moves = Moves(*(np.asarray(x) for x in point.moves))  # type: ignore[arg-type]
    running = (g * np.asarray(point.firms.share)).sum(axis=0)
    return Sums(static, moves, g.sum(axis=(0, 2)), consumed.sum(axis=(0, 2)), running)


def could_speak(economy: Economy) -> dict[str, bool]:
    """For every status, whether its owners do not speak but have a choice edge into a status with voice."""
    voice = {name for name, status in economy.statuses.items() if status.voice}
    with_choice = {
        origin
        for edge in economy.edges
        if edge.kind == "choice" and edge.to != ABROAD and edge.to in voice
        for origin in edge.origin
    }
    return {name: name in with_choice and name not in voice for name in economy.statuses}


def facts(compiled: Compiled) -> Facts:
    """What the formulas need of an economy."""
    economy, m = compiled.economy, compiled.arrays
    speak = could_speak(economy)
    active = unknowns(compiled)
    return Facts(
        numbers={name: np.asarray(getattr(m, name)) for name in SCALARS},
        productivity=np.asarray(m.productivity),
        spread=np.asarray(m.spread),
        operates=np.asarray(m.operates),
        undirected=1.0 - np.asarray(m.directed_to),
        ability=np.asarray(m.ability),
        controlled=np.asarray(m.controlled),
        voice=np.array([float(economy.statuses[name].voice) for name in compiled.statuses]),
        could_speak=np.array([float(speak[name]) for name in compiled.statuses]),
        leaves=np.asarray(m.leaves),
        burnt=np.asarray(m.burnt),
        tolerance=economy.numerics.tolerances.markets,
        open_wage=WAGE in active,
        open_interest=INTEREST in active,
        open_transfer=TRANSFER in active,
    )


def ratio(above: ArrayLike, below: ArrayLike) -> Array:
    """Above / below, nan where below is 0."""
    one, other = np.asarray(above, dtype=float), np.asarray(below, dtype=float)
    return one / np.where(other == 0, np.nan, other)


def by_status(facts: Facts, sums: Sums) -> dict[str, Array]:
    """Numbers by status, each (..., S), by the names of `measures.STATUS`."""
    s = sums.static
    alpha, eta = (facts.numbers[name][..., None] for name in ("alpha", "eta"))
    output, capital, labor = (np.asarray(x) for x in (s.output, s.capital, s.labor))
    none = output <= 0
    with np.errstate(divide="ignore", invalid="ignore"):
        tfp = output / (capital**alpha * labor ** (1.0 - alpha)) ** eta
        mpk = alpha * eta * output / capital
    efficient = productivity(_logs(facts), sums.running, np.broadcast_to(eta, output.shape))
    return {
        "mass": sums.mass,
        "output": output,
        "output_share": output / np.maximum(output.sum(axis=-1, keepdims=True), 1e-300),
        "capital": capital,
        "labor": labor,
        "labor_supply": np.asarray(s.labor_supply),
        "credit": np.asarray(s.credit),
        "borrowed": np.asarray(s.borrowed),
        "wealth": np.asarray(s.wealth),
        "entrepreneurs": np.asarray(s.entrepreneurs),
        "consumption": sums.consumption,
        "tfp": np.where(none, np.nan, tfp),
        "tfp_efficient": np.where(none, np.nan, efficient),
        "mpk": np.where(none, np.nan, mpk),
    }


def loan_rates(facts: Facts, prices: Mapping[str, ArrayLike]) -> Array:
    """What credit costs firms of each status, (..., S) per year; nan in statuses that may run no firm.

    Args:
        facts: What the economy declares.
        prices: `interest` and, where there is a quota, `added_spread`, (...).
    """
    interest, added = (np.asarray(prices.get(name, 0.0))[..., None] for name in ("interest", "added_spread"))
    return np.where(facts.operates > 0, interest + facts.spread + facts.undirected * added, np.nan)


def aggregates(facts: Facts, sums: Sums, prices: Mapping[str, ArrayLike]) -> dict[str, Array]:
    """Aggregates, each (...), by the names of `measures.AGGREGATES`; without those that need the whole
    distribution.

    Args:
        facts: What the economy declares.
        sums: Sums over the distribution.
        prices: `wage` and `transfer`, (...).
    """
    status, s = by_status(facts, sums), sums.static
    taken, people, moved = (np.asarray(x) for x in (sums.moves.taken, sums.moves.people, sums.moves.wealth))
    total = {name: values.sum(axis=-1) for name, values in status.items()}
    Y, K, L, credit = (total[name] for name in ("output", "capital", "labor", "credit"))
    closed = closing(facts, sums, prices["transfer"])
    idle = closed.all_capital - K
    return {
        "output": Y,
        "capital": K,
        "labor": L,
        "consumption": total["consumption"],
        "wealth": total["wealth"],
        "credit": credit,
        "credit_output": ratio(credit, Y),
        "borrowed": total["borrowed"],
        "capital_output": ratio(K, Y),
        # a market that clears leaves rounding, which is not idle capital
        "idle_capital": np.where(idle > facts.tolerance * closed.all_capital, idle, 0.0),
        **_misallocation(facts, sums, status),
        "entrepreneurs": total["entrepreneurs"],
        "firms": total["entrepreneurs"],
        "labor_share": ratio(np.asarray(prices["wage"]) * L, Y),
        "outside_labor": closed.outside_labor,
        "spending": closed.spending,
        "wedge_revenue": np.asarray(s.wedge_revenue).sum(axis=-1),
        "spread_revenue": np.asarray(s.spread_revenue).sum(axis=-1),
        "size_tax_revenue": np.asarray(s.size_tax_revenue).sum(axis=-1),
        "fixed_costs": np.asarray(s.fixed_costs).sum(axis=-1),
        "net_foreign_assets": closed.net_foreign_assets,
        "fines": ratio(((1.0 - facts.leaves) * taken).sum(axis=-1), Y),
        "flight": ratio((facts.leaves * (moved - taken)).sum(axis=-1), Y),
        "emigrants": (facts.leaves * people).sum(axis=-1),
        "control": ratio((facts.controlled * status["output"]).sum(axis=-1), Y),
        "silence": _silence(facts, status["mass"]),
        "silence_owners": _silence(facts, status["entrepreneurs"]),
    }


def closing(facts: Facts, sums: Sums, transfer: ArrayLike) -> Accounts:
    """What the closure determines besides prices, each (...)."""
    opens = {WAGE: facts.open_wage, INTEREST: facts.open_interest, TRANSFER: facts.open_transfer}
    found_by_markets = [index for index, is_open in opens.items() if is_open]
    return accounts.accounts(facts.number, sums.static, sums.moves, transfer, found_by_markets)


def _logs(facts: Facts) -> Array:
    """Log productivity of firms, (..., S, J)."""
    return np.log(facts.productivity)[..., None] + np.log(facts.ability)


def _misallocation(facts: Facts, sums: Sums, status: Mapping[str, Array]) -> dict[str, Array]:
    alpha, eta = facts.numbers["alpha"], facts.numbers["eta"]
    Y, K, L = (status[name].sum(axis=-1) for name in ("output", "capital", "labor"))
    inputs = (np.maximum(K, 0.0) ** alpha * np.maximum(L, 0.0) ** (1.0 - alpha)) ** eta
    efficient = productivity(_logs(facts), sums.running, np.broadcast_to(eta, Y.shape), axes=2)
    each = alpha[..., None]
    used = (np.maximum(status[name], 0.0) for name in ("capital", "labor"))  # masses may round below 0
    capital, labor = used
    parts = (capital**each * labor ** (1.0 - each)) ** eta[..., None]
    within = np.nansum(status["tfp_efficient"] * parts, axis=-1)
    none = ~((Y > 0) & (inputs > 0))
    with np.errstate(divide="ignore", invalid="ignore"):
        aggregates = {
            "tfp": Y / inputs,
            "tfp_efficient": efficient,
            "tfp_loss_within": np.log(within / Y),
            "tfp_loss_between": np.log(efficient * inputs / within),
        }
    return {name: np.where(none, np.nan, value) for name, value in aggregates.items()}


def _silence(facts: Facts, mass: Array) -> Array:
    spoken = (mass * (facts.voice > 0)).sum(axis=-1)
    could = (mass * (facts.could_speak > 0)).sum(axis=-1)
    return 1.0 - ratio(spoken, spoken + could) if (facts.voice > 0).any() else np.full(spoken.shape, np.nan)
