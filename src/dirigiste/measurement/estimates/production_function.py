"""Elasticities of a Cobb-Douglas production function of value added, after Ackerberg, Caves and Frazer (2015,
Econometrica 83:2411-2451).

    (C1)  y = β_k k + β_l l + ω + ε,   ω = ρ ω_{-1} + ξ,   m = f(ω, k, l), rising in ω

First stage: φ(k, l, m) = E[y | k, l, m], a polynomial, so that ω = φ - β_k k - β_l l. Second stage: ξ is
news, so E[ξ (k, l_{-1}, k_{-1}, φ_{-1})] = 0 within cells; generalised method of moments with the weights of
two-stage least squares. At given ρ the moments are linear in (β_k, β_l), so that the criterion is a function
of ρ alone, whose minima are all found.

Everything is net of effects (cells of industry and year): prices that all firms of a cell share, in any of
the four variables, change nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import Any, Final, NamedTuple

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

DEGREE: Final = 3
"""Degree of the polynomial of the first stage."""

GRID: Final = np.linspace(-0.5, 1.2, 171)
"""Values of ρ between which minima are searched."""

CRITICAL: Final = 6.63
"""The 99 % quantile of χ² with one degree of freedom: moments are one more than parameters."""

NEAR: Final = 0.15
"""How near β_l = 1, β_k = 0 a solution is taken for the spurious one, where there is another."""


@dataclass(frozen=True)
class Panel:
    """Rows of one production function."""

    y: Array
    """(N) ln value added; as are k capital, l labour, m purchased inputs."""
    k: Array
    l: Array  # noqa: E741  (the field's symbol)
    m: Array
    firm: Array
    """(N) number of the firm."""
    year: Array
    """(N) calendar year."""
    effect: Array
    """(N) number of the effect, such as industry and year."""
    weight: Array
    """(N) how often the row counts."""


class Solution(NamedTuple):
    """A minimum of the criterion."""

    rho: float
    capital: float
    labour: float
    criterion: float

    @property
    def combination(self) -> Array:
        """What makes productivity of (φ, k, l)."""
        return np.array([1.0, -self.capital, -self.labour])


@dataclass(frozen=True)
class Elasticities:
    """An estimate."""

    capital: float
    labour: float
    rho: float
    covariance: Array
    """(3, 3) of ρ, β_k, β_l; both stages counted, clustered by firm."""
    ols: tuple[float, float]
    """β_k and β_l by least squares with effects: biased, for comparison."""
    rows: int
    pairs: int
    """Rows with a row of the same firm a year before."""
    firms: int
    """Firms with such a pair."""
    others: tuple[Solution, ...]
    """Other minima of the criterion that the data do not reject (1 %), the best first."""

    @property
    def alpha(self) -> float:
        """Capital share β_k / (β_k + β_l)."""
        return self.capital / (self.capital + self.labour)

    @property
    def errors(self) -> Array:
        """(3) standard errors of ρ, β_k, β_l."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def alpha_error(self) -> float:
        """Standard error of the capital share, by the delta method."""
        total = (self.capital + self.labour) ** 2
        slope = np.array([self.labour, -self.capital]) / total
        return float(np.sqrt(slope @ self.covariance[1:, 1:] @ slope))


def pairs(firm: Array, year: Array) -> tuple[Array, Array]:
    """Places of rows and of the same firms' rows a year before; a firm's year with several rows has none."""
    order = np.lexsort((year, firm))
    f, t = firm[order], year[order]
    same = (f[1:] == f[:-1]) & (t[1:] == t[:-1])
    twice = np.concatenate([[False], same]) | np.concatenate([same, [False]])
    follows = np.flatnonzero((f[1:] == f[:-1]) & (t[1:] == t[:-1] + 1) & ~twice[1:] & ~twice[:-1])
    return order[follows + 1], order[follows]


def estimate(panel: Panel, at: tuple[Array, Array] | None = None) -> Elasticities:
    """Estimate β_k, β_l and ρ; `at` are the pairs, if known.

    Rows must be finite, and there must be pairs; with few of them numbers have no meaning.
    """
    now, before = pairs(panel.firm, panel.year) if at is None else at
    first = _first_stage(panel)
    weight, effect = panel.weight[now], panel.effect[now]

    phi = first.columns @ first.slopes
    k, l = panel.k, panel.l  # noqa: E741
    moved = np.stack([phi[now], k[now], l[now]], axis=1)
    lagged = np.stack([phi[before], k[before], l[before]], axis=1)
    instruments = net(np.stack([k[now], l[before], k[before], phi[before]], axis=1), effect, weight)
    weighted = instruments * weight[:, None]
    cross_now, cross_before = weighted.T @ moved, weighted.T @ lagged
    metric = np.linalg.pinv(weighted.T @ instruments, hermitian=True)
    solutions = _solutions(cross_now, cross_before, metric)

    def news_at(one: Solution) -> Array:
        return net((moved - one.rho * lagged) @ one.combination, effect, weight)

    doubt = CRITICAL * float(np.average(news_at(solutions[0]) ** 2, weights=weight))
    likely = [one for one in solutions if one.criterion - solutions[0].criterion < doubt]
    chosen = next((one for one in likely if not _spurious(one)), solutions[0])
    rho, news = chosen.rho, news_at(chosen)
    slope = -np.column_stack([cross_before @ chosen.combination, (cross_now - rho * cross_before)[:, 1:]])
    bread = np.linalg.pinv(slope.T @ metric @ slope, hermitian=True) @ slope.T @ metric
    # what the first stage adds: moments move with its slopes, through φ and through the instrument φ_{-1}
    through = weighted.T @ (first.columns[now] - rho * first.columns[before])
    through[3] += (news * weight) @ net(first.columns[before], effect, weight)
    count = int(panel.firm.max()) + 1
    scores = _by_firm(weighted * news[:, None], panel.firm[now], count)
    scores += _by_firm(first.scores, panel.firm, count) @ through.T
    influence = -scores @ bread.T
    firms = np.unique(panel.firm[now[weight > 0]]).size
    covariance = influence.T @ influence * (firms / max(firms - 1, 1))
    return Elasticities(
        chosen.capital,
        chosen.labour,
        rho,
        covariance,
        _least_squares(panel),
        int((panel.weight > 0).sum()),
        int((weight > 0).sum()),
        firms,
        tuple(one for one in likely if one is not chosen),
    )


class _FirstStage(NamedTuple):
    columns: Array
    """(N, P) terms of the polynomial, net of effects."""
    slopes: Array
    """(P)."""
    scores: Array
    """(N, P) influence of each row on the slopes."""


def _first_stage(panel: Panel) -> _FirstStage:
    """Value added on a polynomial in capital, labour and purchased inputs."""
    base = net(np.stack([panel.k, panel.l, panel.m], axis=1), panel.effect, panel.weight)
    spread = np.sqrt(np.average(base**2, axis=0, weights=panel.weight))
    base = base / np.where(spread > 0, spread, 1.0)
    terms = [
        np.prod(base[:, list(which)], axis=1)
        for degree in range(1, DEGREE + 1)
        for which in combinations_with_replacement(range(3), degree)
    ]
    columns = net(np.stack(terms, axis=1), panel.effect, panel.weight)
    y = net(panel.y, panel.effect, panel.weight)
    weighted = columns * panel.weight[:, None]
    inverse = np.linalg.pinv(weighted.T @ columns, hermitian=True)
    slopes = inverse @ (weighted.T @ y)
    return _FirstStage(columns, slopes, weighted * (y - columns @ slopes)[:, None] @ inverse)


def _solutions(cross_now: Array, cross_before: Array, metric: Array) -> list[Solution]:
    """Minima of the criterion over ρ, each with its best elasticities."""
    from scipy import optimize  # takes half a second, and few ask for it

    def at(rho: float) -> Solution:
        cross = cross_now - rho * cross_before
        target, slopes = cross[:, 0], cross[:, 1:]
        beta = np.linalg.pinv(slopes.T @ metric @ slopes, hermitian=True) @ slopes.T @ metric @ target
        left = target - slopes @ beta
        return Solution(rho, float(beta[0]), float(beta[1]), float(left @ metric @ left))

    values = np.array([at(rho).criterion for rho in GRID])
    lower = np.concatenate([[np.inf], values[:-1]]), np.concatenate([values[1:], [np.inf]])
    minima = []
    for n in np.flatnonzero((values <= lower[0]) & (values <= lower[1])):
        ends = (GRID[max(n - 1, 0)], GRID[min(n + 1, GRID.size - 1)])
        best: Any = optimize.minimize_scalar(
            lambda rho: at(rho).criterion, bounds=ends, method="bounded", options={"xatol": 1e-10}
        )
        minima.append(at(float(best.x)))
    return sorted(minima, key=lambda solution: solution.criterion)


def _spurious(solution: Solution) -> bool:
    """Whether a solution is about β_l = 1, β_k = 0: where firms hire until the marginal product of labour is
    their wage, y - l is that wage, which may obey (C1) as well as productivity does (Kim, Luo and Su 2019).
    """
    return abs(solution.capital) < NEAR and abs(solution.labour - 1.0) < NEAR


def _least_squares(panel: Panel) -> tuple[float, float]:
    inputs = net(np.stack([panel.k, panel.l], axis=1), panel.effect, panel.weight)
    weighted = inputs * panel.weight[:, None]
    slopes = np.linalg.pinv(weighted.T @ inputs, hermitian=True) @ (weighted.T @ panel.y)
    return float(slopes[0]), float(slopes[1])


def net(values: Array, effect: Array, weight: Array) -> Array:
    """Values less the weighted mean of their effect."""
    count = int(effect.max(initial=0)) + 1
    total = np.bincount(effect, weight, count)
    total = np.where(total > 0, total, 1.0)
    if values.ndim == 1:
        return values - (np.bincount(effect, weight * values, count) / total)[effect]
    return np.stack([net(column, effect, weight) for column in values.T], axis=1)


def _by_firm(values: Array, firm: Array, count: int) -> Array:
    """Sums of (N, Q) values by firm."""
    return np.stack([np.bincount(firm, column, count) for column in values.T], axis=1)
