"""The firm (docs/method.md, section 2): capital, labour, credit and profit of an owner at given prices, and
who runs one.

    k/l = alpha/(1-alpha) w~/R~(i),    k_u(i) = (k/l) l_u
    l_u = [(1-tau) A eta (1-alpha) (k/l)^(alpha eta) / w~]^(1/(1-eta))                                     (3)

    credit limit  b_max = (lambda-1) a + kappa k_u(r)                                                      (4)

    s >= 0:  k = k_u(r) if that is at most a, else max(a, min(k_u(r+s), a + b_max));    b = max(k - a, 0)  (5)
    s < 0:   k = k_u(r+s) if that is at most b_max, else max(b_max, min(k_u(r), a + b_max));
             b = min(k, b_max)                                                                             (6)

    profit = (1-tau) output - w l - (r+delta) k - s b - f,   at true prices                                (7)

with i the cost of funds, w~ and R~ the wage and the rental rate as perceived under mandates, and labour for
given capital

    l = [(1-tau) A eta (1-alpha) k^(alpha eta) / w~]^(1/(1-eta(1-alpha)))

A tax on what a firm uses of capital or labour above a threshold is in `size_tax`.

Whether an owner runs the firm is decided by x = profit - h w; owners who are almost indifferent split
(`RAMP`), and a wealth cell (midpoint to midpoint) through which the threshold passes counts with the share of
it where x > 0 (docs/method.md, section 2). What those owners do is taken at the middle of the part of
the cell that runs, not at the node: otherwise a node just short of a steep threshold would count firms at a
loss. Owners at the constraint are an atom, not a density, so their cell is the node alone.

**Kernels.** `owners` does the owners of one status and up to `LANES` abilities. It takes what they have in
common from `common` (numbers) and `wants` (a row for each of the `WANTS`), and writes a `Block`: one flat
array in which entry k of owner (n, i) is at `(n * ENTRIES + k) * LANES + i`. With fixed distances between
entries the loops over abilities are vectorised without checks for overlap.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dirigiste.numerics.compiled.elementary import inline, power
from dirigiste.numerics.compiled.programs import jit
from dirigiste.numerics.markets import size_tax
from dirigiste.numerics.setup.arrays import SIZES, Arrays

Array = NDArray[np.float64]

RAMP = 1e-4
"""Width, in wages, over which the share of owners who run rises from 0 to 1 (docs/method.md, section 2)."""

LEAST_COST = 1e-9
"""Lower bound of rental rates: at it, an unconstrained firm is larger than any wealth grid."""

LANES = 32
"""Abilities that `owners` does at once."""

VECTOR = 8
"""`owners` repeats its last ability up to a multiple of this: what is left over from whole vectors would be
computed one by one, at six times the cost of each."""

CAPITAL, LABOR, CREDIT, BORROWED, OUTPUT, PROFIT, SIZE_TAX, SHARE, GAIN = range(9)
"""Entries of a block; `GAIN` is x = profit - h w at the node."""

ENTRIES = 9

WANT_OWN, WANT_CREDIT, TAXED_OWN, TAXED_CREDIT, DATA, SCALE, LABOR_FREE, LABOR_TAXED = range(8)
"""Rows of `wants`: k_u(r), k_u(r+s), both with all capital taxed, kappa k_u(r), (1-tau) A eta (1-alpha), and
labour for a unit of k^(alpha eta/(1-eta(1-alpha))), without and with all labour taxed.
"""

WANTS = 8

CAPITAL_SIZE, REVENUE_SIZE, WEALTH_SIZE = (
    SIZES.index("capital"),
    SIZES.index("revenue"),
    SIZES.index("wealth"),
)
LARGEST = 1e12
"""Upper bound of a size relative to its reference, raised to its power."""


class Prices(NamedTuple):
    """Wage, interest a year, transfer a year, and what meets a quota: a spread for all others, and a factor
    on their credit limit.
    """

    wage: float
    interest: float
    transfer: float
    added_spread: float
    limit_factor: float


class Firms(NamedTuple):
    """Static choices by state, each (N, S, J). Quantities are those of an owner who runs, 0 in statuses that
    run no firm; `share` is the share of the state who do.
    """

    share: Array
    capital: Array
    labor: Array
    credit: Array
    borrowed: Array
    """max(k - a, 0), what the firm uses beyond own wealth; less than credit where that is subsidised."""
    output: Array
    profit: Array
    income: Array
    """share * profit + (1 - share) h w."""
    size_tax: Array
    """Tax on size, part of profit; 0 where none is declared."""


class Common(NamedTuple):
    """What all owners of a status have in common."""

    alpha: float
    eta: float
    wage: float
    rental: float
    """r + delta."""
    spread: float
    multiple: float
    """lambda - 1."""
    factor: float
    """On the credit limit."""
    perceived_wage: float
    keeps: float
    """1 - tau."""
    revenue: float
    """Output over what labour earns at the margin."""
    intensity: float
    """1/(1 - eta (1-alpha))."""
    fixed_cost: float
    outside: float
    """h w."""
    kind: int
    """What a tax on size is on."""
    above: float
    on_capital: float
    """Tax on a unit of capital above the threshold."""
    on_labor: float
    """Tax on a unit of labour above the threshold."""
    dear_wage: float
    """Perceived wage with the tax."""
    at_kink: float
    """above^((1-alpha) eta - 1)."""


@inline
def _unconstrained(alpha: float, eta: float, wage: float, rental: float, scale: float) -> float:
    """k_u of eq. (3) for perceived wage and rental rate; with eta = 1 it is 0 or infinite."""
    rental = max(rental, LEAST_COST)
    if eta == 1.0:
        labor = power(scale / wage, 1.0 / alpha)  # for each unit of capital
        gain = wage * labor * alpha / (1.0 - alpha) - rental
        return np.inf if gain > 0.0 else 0.0
    ratio = alpha / (1.0 - alpha) * wage / rental
    return ratio * power(scale * power(ratio, alpha * eta) / wage, 1.0 / (1.0 - eta))


@jit
def _best_capital(c: Common, rental: float, scale: float) -> float:
    """k_u with the tax on labour above a threshold, where there is one."""
    free = _unconstrained(c.alpha, c.eta, c.perceived_wage, rental, scale)
    if c.kind != size_tax.ON_LABOR:
        return free
    cost = max(rental, LEAST_COST)
    taxed = _unconstrained(c.alpha, c.eta, c.dear_wage, rental, scale)
    goes_with = (1.0 - c.alpha) / c.alpha * cost / c.perceived_wage  # labour for each unit of capital
    goes_with_taxed = (1.0 - c.alpha) / c.alpha * cost / c.dear_wage
    return size_tax.capital_with_labor_tax(
        c.alpha, c.eta, c.above, (free, goes_with * free), (taxed, goes_with_taxed * taxed), cost, scale
    )


@jit
def common(m: Arrays, prices: Prices, s: int) -> Common:
    """What owners of status s have in common at given prices."""
    economy, status = m.scalars[0], m.status[s]
    alpha, eta = economy.alpha, economy.eta
    others = 1.0 - status.directed_to
    perceived_wage = (1.0 - status.mandate_labor) * prices.wage
    keeps = 1.0 - status.wedge
    rental = prices.interest + economy.delta
    kind = size_tax.NONE
    if status.size_above < np.inf:
        kind = size_tax.ON_LABOR if status.size_on_labor > 0.0 else size_tax.ON_CAPITAL
    on_labor = status.size_tax * status.size_on_labor
    return Common(
        alpha,
        eta,
        prices.wage,
        rental,
        status.spread + others * prices.added_spread,
        status.collateral - 1.0,
        1.0 + others * (prices.limit_factor - 1.0),
        perceived_wage,
        keeps,
        1.0 / (keeps * eta * (1.0 - alpha)),
        1.0 / (1.0 - eta * (1.0 - alpha)),
        status.fixed_cost,
        status.labor_efficiency * prices.wage,
        kind,
        status.size_above,
        status.size_tax * (1.0 - status.size_on_labor) * max(rental, 0.0),
        on_labor * prices.wage,
        (1.0 + on_labor) * perceived_wage,
        power(status.size_above, (1.0 - alpha) * eta - 1.0),
    )


@inline
def _filled(lanes: int) -> int:
    """The next multiple of `VECTOR`."""
    return (lanes + VECTOR - 1) // VECTOR * VECTOR


@jit
def fill_wants(m: Arrays, c: Common, s: int, first: int, last: int, wants: Array) -> None:
    """Fill `wants` (WANTS * LANES,) for abilities first to last of status s, padded as `VECTOR` says."""
    status = m.status[s]
    cheap = 1.0 - status.mandate_capital
    own_cost, credit_cost, tax = cheap * c.rental, cheap * (c.rental + c.spread), cheap * c.on_capital
    for i in range(last - first):
        scale = c.keeps * status.productivity * c.eta * (1.0 - c.alpha) * m.ability[first + i]
        own = unconstrained = _best_capital(c, own_cost, scale)
        wants[WANT_CREDIT * LANES + i] = _best_capital(c, credit_cost, scale)
        if c.kind == size_tax.ON_CAPITAL:
            taxed = _best_capital(c, own_cost + tax, scale)
            wants[TAXED_OWN * LANES + i] = taxed
            wants[TAXED_CREDIT * LANES + i] = _best_capital(c, credit_cost + tax, scale)
            unconstrained = size_tax.kink(c.above, own, taxed)
        wants[WANT_OWN * LANES + i] = own
        lends = status.data_lending > 0.0
        wants[DATA * LANES + i] = status.data_lending * unconstrained if lends else 0.0
        wants[SCALE * LANES + i] = scale
        wants[LABOR_FREE * LANES + i] = power(scale / c.perceived_wage, c.intensity)
        wants[LABOR_TAXED * LANES + i] = power(scale / c.dear_wage, c.intensity)
    for row in range(WANTS):
        for i in range(last - first, _filled(last - first)):
            wants[row * LANES + i] = wants[row * LANES + last - first - 1]


@inline
def _limit(c: Common, data: float, a: float) -> float:
    """Credit limit (4) at wealth a."""
    collateral = np.inf if c.multiple == np.inf else c.multiple * a
    return c.factor * (collateral + data)


@inline
def _capital(c: Common, own: float, on_credit: float, a: float, limit: float) -> float:
    """Capital at wealth a and that credit limit, from unconstrained capital at either cost of funds: `dear`
    where the spread is at least 0, (5), `cheap` where it is a subsidy, (6).
    """
    most = a + limit
    dear_more = on_credit if on_credit < most else most
    dear_more = a if a > dear_more else dear_more
    dear = own if own <= a else dear_more
    cheap_more = own if own < most else most
    cheap_more = limit if limit > cheap_more else cheap_more
    cheap = on_credit if on_credit <= limit else cheap_more
    return cheap if c.spread < 0.0 else dear


@inline
def _on_credit(c: Common, capital: float, a: float, limit: float) -> float:
    """Credit of a firm with that capital: `dear` where the spread is at least 0, (5), `cheap` below, (6)."""
    cheap = capital if capital < limit else limit
    beyond = capital - a
    dear = beyond if beyond > 0.0 else 0.0
    return cheap if c.spread < 0.0 else dear


@inline
def _untaxed(c: Common, wants: Array, i: int, a: float) -> tuple[float, float, float, float, float, float]:
    """Capital, labour, credit, output, profit (7) and tax on size of an owner with wealth a who runs."""
    limit = _limit(c, wants[DATA * LANES + i], a)
    capital = _capital(c, wants[WANT_OWN * LANES + i], wants[WANT_CREDIT * LANES + i], a, limit)
    credit = _on_credit(c, capital, a, limit)
    labor = wants[LABOR_FREE * LANES + i] * power(capital, c.alpha * c.eta * c.intensity)
    output = c.perceived_wage * labor * c.revenue
    profit = c.keeps * output - c.wage * labor - c.rental * capital - c.spread * credit - c.fixed_cost
    return capital, labor, credit, output, profit, 0.0


@inline
def _taxed(c: Common, wants: Array, i: int, a: float) -> tuple[float, float, float, float, float, float]:
    """As `_untaxed` where a tax on size is declared."""
    limit = _limit(c, wants[DATA * LANES + i], a)
    capital = _capital(c, wants[WANT_OWN * LANES + i], wants[WANT_CREDIT * LANES + i], a, limit)
    if c.kind == size_tax.ON_CAPITAL:
        taxed = _capital(c, wants[TAXED_OWN * LANES + i], wants[TAXED_CREDIT * LANES + i], a, limit)
        capital = size_tax.kink(c.above, capital, taxed)
    credit = _on_credit(c, capital, a, limit)
    from_capital = power(capital, c.alpha * c.eta * c.intensity)
    labor, margin = wants[LABOR_FREE * LANES + i] * from_capital, c.perceived_wage
    if c.kind == size_tax.ON_LABOR:
        at_kink = wants[SCALE * LANES + i] * power(capital, c.alpha * c.eta) * c.at_kink
        labor, margin = size_tax.labor(
            c.above,
            labor,
            wants[LABOR_TAXED * LANES + i] * from_capital,
            c.perceived_wage,
            c.dear_wage,
            at_kink,
        )
        paid = c.on_labor * max(labor - c.above, 0.0)
    else:
        paid = c.on_capital * max(capital - c.above, 0.0)
    output = margin * labor * c.revenue
    profit = c.keeps * output - c.wage * labor - c.rental * capital - c.spread * credit - c.fixed_cost
    return capital, labor, credit, output, profit - paid, paid


@inline
def _ramp(x: float) -> float:
    """The nearest number to x between 0 and 1."""
    x = 0.0 if x < 0.0 else x
    return 1.0 if x > 1.0 else x


@inline
def _mean_ramp(p: float, q: float) -> float:
    """Mean of `_ramp` over the line from p to q."""
    low, high = min(p, q), max(p, q)
    a, b = _ramp(low), _ramp(high)
    if high == low:
        return a
    return (0.5 * (b - a) * (a + b) + (max(high - 1.0, 0.0) - max(low - 1.0, 0.0))) / (high - low)


@jit
def cell(
    below: float, here: float, above: float, gap_below: float, gap_above: float, width: float
) -> tuple[float, float]:
    """Share of the cell around a node where x > 0, and how far the middle of that part lies from the middle
    of the cell (0 where all or nothing of it runs).

    x is linear between nodes, here and at the nodes below and above; the cell reaches `gap_below` down and
    `gap_above` up (half the distance to the next node, 0 where there is none). The step at 0 is a ramp of the
    given width: the share is the mean over the cell of clip(x/width + 1/2, 0, 1).
    """
    at = here / width + 0.5
    share_above = _mean_ramp(at, 0.5 * (here + above) / width + 0.5)
    share_below = _mean_ramp(at, 0.5 * (here + below) / width + 0.5)
    size = gap_below + gap_above
    runs = gap_below * share_below + gap_above * share_above
    share = runs / size
    if not 0.0 < share < 1.0:
        return share, 0.0
    # moments about the node of the part that runs: it lies at the far end of a half cell if x rises away from
    # the node
    rises_above = (above - here) / (abs(above - here) + width)
    rises_below = (here - below) / (abs(here - below) + width)
    reach_above = 0.5 * gap_above**2 * share_above * (1.0 + rises_above * (1.0 - share_above))
    reach_below = 0.5 * gap_below**2 * share_below * (1.0 - rises_below * (1.0 - share_below))
    center = 0.5 * (gap_above**2 - gap_below**2) / size
    return share, (reach_above - reach_below) / runs - center


@jit
def cell_at(x: Array, n: int, nodes: Array, width: float) -> tuple[float, float]:
    """`cell` of node n for x (N,) on `nodes` (N,); the cell of the first node is the node alone."""
    if n == 0:
        return _ramp(x[0] / width + 0.5), 0.0
    below, gap_below = x[n - 1], 0.5 * (nodes[n] - nodes[n - 1])
    if n == nodes.size - 1:
        return cell(below, x[n], x[n], gap_below, 0.0, width)
    return cell(below, x[n], x[n + 1], gap_below, 0.5 * (nodes[n + 1] - nodes[n]), width)


@jit
def _cell_shares(x: Array, nodes: Array, width: float) -> tuple[Array, Array]:
    """`cell_share` for x (N, M)."""
    share, shift = np.empty_like(x), np.empty_like(x)
    for k in range(x.shape[1]):
        column = np.ascontiguousarray(x[:, k])
        for n in range(x.shape[0]):
            share[n, k], shift[n, k] = cell_at(column, n, nodes, width)
    return share, shift


def cell_share(x: Array, nodes: Array, width: float) -> tuple[Array, Array]:
    """Shares of cells where x > 0, and shifts in goods (see `cell`), for x (N, ...) on `nodes` (N,)."""
    flat = np.ascontiguousarray(x, dtype=float).reshape(x.shape[0], -1)
    share, shift = _cell_shares(flat, np.ascontiguousarray(nodes), float(width))
    return share.reshape(x.shape), shift.reshape(x.shape)


@jit
def _write(c: Common, wants: Array, i: int, a: float, at: int, block: Array) -> None:
    """Fill the entries of one owner of a block, at `at`, with choices at wealth a."""
    if c.kind == size_tax.NONE:
        capital, labor, credit, output, profit, paid = _untaxed(c, wants, i, a)
    else:
        capital, labor, credit, output, profit, paid = _taxed(c, wants, i, a)
    block[at + CAPITAL * LANES] = capital
    block[at + LABOR * LANES] = labor
    block[at + CREDIT * LANES] = credit
    block[at + BORROWED * LANES] = max(capital - a, 0.0)
    block[at + OUTPUT * LANES] = output
    block[at + PROFIT * LANES] = profit
    block[at + SIZE_TAX * LANES] = paid


@jit
def _at_nodes(m: Arrays, c: Common, wants: Array, lanes: int, block: Array) -> None:
    """Fill all of a block but the shares with choices at the nodes."""
    filled = _filled(lanes)
    for n in range(m.wealth.size):
        a, row = m.wealth[n], n * ENTRIES * LANES
        if c.kind == size_tax.NONE:
            for i in range(filled):
                capital, labor, credit, output, profit, _ = _untaxed(c, wants, i, a)
                beyond = capital - a
                block[row + CAPITAL * LANES + i] = capital
                block[row + LABOR * LANES + i] = labor
                block[row + CREDIT * LANES + i] = credit
                block[row + BORROWED * LANES + i] = beyond if beyond > 0.0 else 0.0
                block[row + OUTPUT * LANES + i] = output
                block[row + PROFIT * LANES + i] = profit
                block[row + SIZE_TAX * LANES + i] = 0.0
        else:
            for i in range(lanes):
                _write(c, wants, i, a, row + i, block)
        for i in range(lanes):
            block[row + GAIN * LANES + i] = block[row + PROFIT * LANES + i] - c.outside


@jit
def _shares(m: Arrays, c: Common, wants: Array, lanes: int, block: Array) -> None:
    """Fill the shares of a block, and in cells that a threshold crosses the choices of those who run."""
    nodes, width = m.wealth, RAMP * c.wage
    half, stride = 0.5 * width, ENTRIES * LANES
    for i in range(lanes):
        block[SHARE * LANES + i] = _ramp(block[GAIN * LANES + i] / width + 0.5)
    for n in range(1, nodes.size):
        row = n * stride
        here = row + GAIN * LANES
        below, above = here - stride, here + (stride if n + 1 < nodes.size else 0)
        unsure = 0
        for i in range(lanes):
            x = block[here + i]
            up, down = 0.5 * (x + block[above + i]), 0.5 * (x + block[below + i])
            low, high = min(x, min(up, down)), max(x, max(up, down))
            block[row + SHARE * LANES + i] = 1.0 if low >= half else 0.0
            unsure += 1 if (low < half) & (high > -half) else 0
        if unsure == 0:
            continue
        gap_below = 0.5 * (nodes[n] - nodes[n - 1])
        gap_above = 0.5 * (nodes[n + 1] - nodes[n]) if n + 1 < nodes.size else 0.0
        for i in range(lanes):
            share, shift = cell(
                block[below + i], block[here + i], block[above + i], gap_below, gap_above, width
            )
            block[row + SHARE * LANES + i] = share
            if shift != 0.0:
                _write(c, wants, i, nodes[n] + shift, row + i, block)


@jit
def owners(m: Arrays, c: Common, s: int, first: int, last: int, wants: Array, block: Array) -> None:
    """Fill `block` (N * ENTRIES * LANES,) for owners of status s with abilities first to last, at most
    `LANES` of them; `wants` (WANTS * LANES,) is working memory.
    """
    fill_wants(m, c, s, first, last, wants)
    _at_nodes(m, c, wants, last - first, block)
    _shares(m, c, wants, last - first, block)


@jit
def fill_firms(m: Arrays, prices: Prices, out: Array) -> None:
    """Fill `out` (9, N, S, J) with the fields of `Firms`, in their order."""
    nodes, abilities = m.wealth.size, m.ability.size
    wants, block = np.empty(WANTS * LANES), np.empty(nodes * ENTRIES * LANES)
    for s in range(m.status.size):
        c, operates = common(m, prices, s), m.status[s].operates
        if operates == 0.0:
            for n in range(nodes):
                out[:, n, s, :] = 0.0
                out[7, n, s, :] = c.outside
            continue
        for first in range(0, abilities, LANES):
            last = min(first + LANES, abilities)
            owners(m, c, s, first, last, wants, block)
            for n in range(nodes):
                row = n * ENTRIES * LANES
                for i in range(last - first):
                    j = first + i
                    share, profit = operates * block[row + SHARE * LANES + i], block[row + PROFIT * LANES + i]
                    out[0, n, s, j] = share
                    out[1, n, s, j] = block[row + CAPITAL * LANES + i]
                    out[2, n, s, j] = block[row + LABOR * LANES + i]
                    out[3, n, s, j] = block[row + CREDIT * LANES + i]
                    out[4, n, s, j] = block[row + BORROWED * LANES + i]
                    out[5, n, s, j] = block[row + OUTPUT * LANES + i]
                    out[6, n, s, j] = profit
                    out[7, n, s, j] = c.outside + share * (profit - c.outside)
                    out[8, n, s, j] = block[row + SIZE_TAX * LANES + i]


def firms(m: Arrays, prices: Prices) -> Firms:
    """Static choices of all owners at given prices."""
    out = np.empty((len(Firms._fields), m.wealth.size, m.status.size, m.ability.size))
    fill_firms(m, as_floats(prices), out)
    return Firms(*out)


def as_floats(prices: Prices) -> Prices:
    """The same prices as Python's floats, as kernels take them."""
    return Prices(*(float(price) for price in prices))


@jit
def fill_reach(m: Arrays, share: Array, capital: Array, output: Array, reach: Array) -> None:
    """Fill `reach` (N, E, J) from fields of `Firms` (N, S, J)."""
    for n in range(m.wealth.size):
        for e in range(m.arcs.size):
            arc = m.arcs[e]
            s, of = arc.origin, arc.size_of
            if of == 0:
                reach[n, e, :] = 1.0
                continue
            for j in range(m.ability.size):
                size, runs = m.wealth[n], 1.0
                if of != WEALTH_SIZE:
                    size = capital[n, s, j] if of == CAPITAL_SIZE else output[n, s, j]
                    runs = share[n, s, j]
                relative = power(size / arc.size_ref, arc.size_power)
                relative = relative if relative < LARGEST else LARGEST
                reach[n, e, j] = runs * relative / (1.0 + relative)


def reach(m: Arrays, f: Firms, share: Array | None = None) -> Array:
    """Reach chi of every arc in its origin, (N, E, J): size^power/(size^power + ref^power), 1 without size.

    Capital and revenue are 0 for owners who run no firm; `share` says who does, if not `f` itself.
    """
    share_reached = np.empty((m.wealth.size, m.arcs.size, m.ability.size))
    fill_reach(m, f.share if share is None else share, f.capital, f.output, share_reached)
    return share_reached
