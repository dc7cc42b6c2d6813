"""Policies and wedges with free entry: the economy of Restuccia and Rogerson (2008, RED 11:707-720) in
closed form.

Establishments y = s k^a n^g, x = 1-a-g, with wedges T = 1 - tax on output, C = 1 + tax on the rental of
capital, N = 1 + tax on wages. Productivity and wedges are permanent, exit is exogenous, entrants draw both
and pay a fixed cost, the rental price of capital is given and labour supply is 1. Then, with q = s^(1/x) and
means over entrants

    P = E[q T^(1/x) C^(-a/x) N^(-g/x)],        (profit)
    J = E[q T^(1/x) C^(-a/x) N^(-(1-a)/x)],    (labour)
    H = E[q T^(1/x) C^(-(1-g)/x) N^(-g/x)],    (capital)
    Z = E[q T^((a+g)/x) C^(-a/x) N^(-g/x)],    (output)

free entry gives w/w0 = (P/E q)^(x/g), labour market clearing E/E0 = (w/w0)^((1-a)/x) E[q]/J, and
K/K0 = (E/E0)(w/w0)^(-g/x) H/E[q], Y/Y0 the same with Z for H.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

import numpy as np
from scipy.optimize import brentq

from dirigiste.errors import InputError

Array = np.ndarray[Any, np.dtype[Any]]
Kind = Literal["output", "capital"]
SizeData = Mapping[float, float] | Sequence[tuple[float, float]]

CAPITAL: Final = 0.85 / 3
LABOR: Final = 0.85 * 2 / 3
POINTS: Final = 100
REFERENCE: Final = "Restuccia and Rogerson (2008, RED 11:707-720)"


@dataclass(frozen=True)
class Ratios:
    """An economy relative to the one without wedges."""

    output: float
    capital: float
    entry: float
    wage: float

    def tfp(self, a: float) -> float:
        """Y/K^a relative to no wedges (labour is 1)."""
        return self.output / self.capital**a


@dataclass(frozen=True)
class Effect:
    """A policy that taxes some establishments and subsidises the others so that capital stays."""

    output: float
    """Relative to no policy, as are the next three."""
    tfp: float
    entry: float
    wage: float
    subsidised: float
    """Y_s/Y: share of output of subsidised establishments."""
    cost: float
    """S/Y: subsidies over output."""
    subsidy: float
    """τ_s, the rate that keeps capital."""
    capital: float
    """Relative to no policy; 1 up to rounding."""


def grid(
    size_data: SizeData, a: float = CAPITAL, g: float = LABOR, points: int = POINTS
) -> tuple[Array, Array]:
    """Productivities s (log-spaced, employment of the largest over the smallest as in the data) and
    their shares.

    The mass of each size class is split equally over the points whose relative employment s^(1/x) lies above
    the bound before and not above its own.

    Args:
        size_data: Upper bound of employment and share of establishments of each class, in order.
        a: Exponent of capital.
        g: Exponent of labour.
        points: Number of productivities.

    Raises:
        InputError: Bounds do not rise, shares are negative, or a class has no point.
    """
    pairs = list(size_data.items()) if isinstance(size_data, Mapping) else list(size_data)
    bounds, shares = (np.array([pair[n] for pair in pairs], dtype=float) for n in (0, 1))
    if bounds.size == 0 or bounds[0] < 1 or bool(np.any(np.diff(bounds) <= 0)) or bool(np.any(shares < 0)):
        message = (
            "needs upper bounds of employment that rise from 1 or more, and shares that are not negative"
        )
        raise InputError.of(message, key="size_data")
    x = 1 - a - g
    s = np.exp(np.linspace(0.0, x * np.log(bounds[-1]), points))
    s[-1] = bounds[-1] ** x
    size = s ** (1 / x)
    place = np.searchsorted(bounds * (1 + 1e-12), size)
    held = np.bincount(place, minlength=bounds.size)
    empty = bounds[(held == 0) & (shares > 0)]
    if empty.size:
        message = f"no grid point falls in the size class up to {empty[0]:g}; take more points than {points}"
        raise InputError.of(message, key="points")
    return s, shares[place] / held[place] / shares.sum()


def ratios(
    mass: Array, s: Array, output: Array, capital: Array, labor: Array, a: float = CAPITAL, g: float = LABOR
) -> Ratios:
    """The economy under wedges relative to none.

    Args:
        mass: Share of entrants (any shape).
        s: Productivity, same shape.
        output: 1 - tax on output, same shape.
        capital: 1 + tax on rental.
        labor: 1 + tax on wages.
        a: Exponent of capital.
        g: Exponent of labour; a + g < 1.
    """
    x = 1 - a - g
    q = mass * s ** (1 / x)
    base = float(q.sum())
    ln_t, ln_c, ln_n = np.log(output), np.log(capital), np.log(labor)

    def mean(t: float, c: float, n: float) -> float:
        return float((q * np.exp((t * ln_t - c * ln_c - n * ln_n) / x)).sum()) / base

    wage = mean(1, a, g) ** (x / g)
    entry = wage ** ((1 - a) / x) / mean(1, a, 1 - a)
    scale = entry * wage ** (-g / x)
    return Ratios(scale * mean(a + g, a, g), scale * mean(1, 1 - g, g), entry, wage)


def policy(
    size_data: SizeData,
    taxed_share: float,
    tax: float,
    correlated: bool,
    kind: Kind = "output",
    *,
    a: float = CAPITAL,
    g: float = LABOR,
    points: int = POINTS,
) -> Effect:
    """What a tax on some establishments does, the others subsidised so that aggregate capital stays.

    Args:
        size_data: Upper bound of employment and share of establishments of each class, in order.
        taxed_share: Share of establishments that pay; where `correlated`, the most productive ones, the
            subsidised being the points up to which the distribution function is at most 1 - taxed_share.
        tax: Rate, above 0; below 1 for output.
        correlated: Whether the most productive are taxed, or a share at every productivity.
        kind: What is taxed: output or the rental of capital. (Wedges on wages move capital only by their
            dispersion, always down, so no subsidy of wages restores it; `ratios` takes them.)
        a: Exponent of capital.
        g: Exponent of labour.
        points: Points of productivity.

    Returns:
        Output, TFP, entry, wage, share and cost of the subsidised, rate of subsidy: the cells of Tables
        3 to 6 and 8.

    Raises:
        InputError: A number is out of its range, nobody is left to tax or subsidise, or no subsidy keeps
            capital.
    """
    faults = [
        (0 < taxed_share < 1, "taxed_share", f"must be between 0 and 1; got {taxed_share}"),
        (tax > 0 and (tax < 1 or kind != "output"), "tax", f"must be above 0, on output below 1; got {tax}"),
        (kind in ("output", "capital"), "kind", f"must be output or capital; got {kind}"),
        (a > 0 and g > 0 and a + g < 1, "a, g", f"must be positive and sum to less than 1; got {a}, {g}"),
    ]
    for good, key, message in faults:
        if not good:
            raise InputError.of(message, key=key)
    s, share = grid(size_data, a, g, points)
    if correlated:
        low = np.cumsum(share) <= 1 - taxed_share + 1e-12
        mass = np.stack([np.where(low, 0.0, share), np.where(low, share, 0.0)])
    else:
        mass = np.stack([taxed_share * share, (1 - taxed_share) * share])
    if not mass[0].any() or not mass[1].any():
        message = "the size data leave nobody to tax or nobody to subsidise at this share"
        raise InputError.of(message, key="taxed_share")
    both = np.stack([s, s])
    ones = np.ones_like(both)

    def wedges(subsidy: float) -> tuple[Array, Array]:
        sign = -1.0 if kind == "output" else 1.0
        wedge = np.stack([np.full(s.size, 1 + sign * tax), np.full(s.size, 1 - sign * subsidy)])
        return (wedge, ones) if kind == "output" else (ones, wedge)

    def gap(subsidy: float) -> float:
        return float(np.log(ratios(mass, both, *wedges(subsidy), ones, a, g).capital))

    high = 1.0 if kind == "output" else 1 - 1e-9
    while kind == "output" and gap(high) < 0 and high < 1e6:
        high *= 2
    if gap(0.0) > 0 or gap(high) < 0:
        raise InputError.of(
            f"no subsidy keeps capital at its level without policy ({kind} tax {tax:g})", key="tax"
        )
    subsidy = float(cast("float", brentq(gap, 0.0, high, xtol=1e-14)))
    t, c = wedges(subsidy)
    found = ratios(mass, both, t, c, ones, a, g)
    x = 1 - a - g
    made = mass * both ** (1 / x) * np.exp(((a + g) * np.log(t) - a * np.log(c)) / x)
    subsidised = float(made[1].sum() / made.sum())
    paid = 1.0 if kind == "output" else a / (1 - subsidy)  # r (1+tk) k = a y
    return Effect(
        found.output,
        found.tfp(a),
        found.entry,
        found.wage,
        subsidised,
        subsidy * paid * subsidised,
        subsidy,
        found.capital,
    )
