"""Ability laws as finite Markov chains in continuous time (docs/method.md, section 1).

Every law becomes values z (J,), generator Q (J, J) per year with rows that sum to 0, and the stationary
distribution (J,). The annual clock asks for the probabilities of moving within a period instead.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dirigiste.economy import Ability, Economy
from dirigiste.errors import InputError

Array = NDArray[np.float64]


class Chain(NamedTuple):
    """A discretised ability law: values (J,), generator (J, J) per year, stationary distribution (J,)."""

    values: Array
    generator: Array
    stationary: Array


def pareto(tail: float, points: int, top: float, scale: float = 1.0) -> tuple[Array, Array]:
    """Pareto on z >= scale in `points` bins of equal width in log z up to probability `top`: values and
    weights, each (points,).
    """
    edges = 1.0 - (1.0 - top) ** (np.arange(points + 1) / points)
    middle = 0.5 * (edges[1:] + edges[:-1])
    return scale * (1.0 - middle) ** (-1.0 / tail), np.diff(edges) / top


def lognormal(sd: float, points: int, width: float, mean: float = 0.0) -> tuple[Array, Array]:
    """Log-normal: points even in log z over `width` sd to each side, weights between midpoints, the tails in
    the end points.
    """
    if points == 1:
        return np.array([np.exp(mean)]), np.array([1.0])
    from scipy.special import ndtr  # here, since most economies never need it and it is slow to import

    x = np.linspace(-width, width, points)
    edges = np.concatenate([[-np.inf], 0.5 * (x[1:] + x[:-1]), [np.inf]])
    return np.exp(mean + sd * x), np.diff(ndtr(edges))


def diffusion(
    reversion: float, sd: float, points: int, width: float, mean: float = 0.0
) -> tuple[Array, Array]:
    """Ornstein-Uhlenbeck process in log z as a birth-death chain: values (J,), generator (J, J).

    d(log z) = -reversion (log z - mean) dt + sqrt(2 reversion) sd dW, reflecting at +-`width` sd. Fluxes
    between neighbours are those of the Fokker-Planck equation in the form D p_s d(p/p_s)/dx with the
    stationary density p_s at the midpoint, cells reach from midpoint to midpoint and are halves at the ends:
    second order in the step, and reversible with respect to p_s cell weights.
    """
    x = np.linspace(-width * sd, width * sd, points)
    step = x[1] - x[0]
    density = np.exp(-0.5 * (x / sd) ** 2)
    between = np.exp(-0.5 * ((0.5 * (x[1:] + x[:-1])) / sd) ** 2)
    cell = np.full(points, step)
    cell[[0, -1]] = 0.5 * step
    flux = reversion * sd**2 * between / step
    generator = np.zeros((points, points))
    index = np.arange(points - 1)
    generator[index, index + 1] = flux / (density[:-1] * cell[:-1])
    generator[index + 1, index] = flux / (density[1:] * cell[1:])
    generator[np.diag_indices(points)] = -generator.sum(axis=1)
    return np.exp(mean + x), generator


def rouwenhorst(persistence: float, sd: float, points: int, mean: float = 0.0) -> tuple[Array, Array]:
    """Rouwenhorst's (1995) chain of an AR(1) in log z with long-run `sd`, as a generator: values (J,),
    generator (J, J).

    The chain counts how many of J - 1 independent coins show heads. A coin that is turned at rate -log
    persistence / 2 each way keeps its side over a year with probability (1 + persistence)/2, so the
    probabilities of moving within a year are exactly Rouwenhorst's, and over any other period those of his
    chain for it.
    """
    coins = points - 1
    heads = np.arange(points)
    rate = -0.5 * math.log(persistence)
    generator = np.diag(rate * (coins - heads[:-1]), 1) + np.diag(rate * heads[1:], -1)
    generator -= np.diag(generator.sum(axis=1))
    return np.exp(mean + sd * math.sqrt(coins) * (2.0 * heads / coins - 1.0)), generator


def tauchen(
    persistence: float, sd: float, points: int, width: float, mean: float = 0.0
) -> tuple[Array, Array]:
    """Tauchen's (1986) chain of an AR(1) in log z with long-run `sd`: values (J,), yearly probabilities
    (J, J); even points over `width` sd to each side.
    """
    from scipy.special import ndtr  # here, since most economies never need it and it is slow to import

    x = np.linspace(-width * sd, width * sd, points)
    edges = np.concatenate([[-np.inf], 0.5 * (x[1:] + x[:-1]), [np.inf]])
    innovation = sd * math.sqrt(1.0 - persistence**2)
    below = ndtr((edges[None, :] - persistence * x[:, None]) / innovation)
    return np.exp(mean + x), np.diff(below, axis=1)


def stationary(generator: Array) -> Array:
    """Stationary distribution (J,) of an irreducible generator, by GTH elimination (no subtraction, so
    accurate to rounding).
    """
    rates = np.array(generator, dtype=float)
    size = rates.shape[0]
    for n in range(size - 1, 0, -1):
        out = rates[n, :n].sum()
        if not out > 0:
            raise InputError.of(
                "the ability chain is not irreducible: some ability is never left or reached", key="ability"
            )
        rates[:n, n] /= out
        rates[:n, :n] += np.outer(rates[:n, n], rates[n, :n])
    weights = np.ones(size)
    for n in range(1, size):
        weights[n] = weights[:n] @ rates[:n, n]
    return weights / weights.sum()


def generator_of(transition: Array) -> Array:
    """Generator log P of an annual transition matrix P; an error where P has none (not embeddable)."""
    from scipy.linalg import logm  # here, since most economies never need it and it is slow to import

    logarithm = np.asarray(logm(transition))
    off = np.real(logarithm) - np.diag(np.diag(np.real(logarithm)))
    if np.abs(np.imag(logarithm)).max() > 1e-10 or off.min() < -1e-10 or not np.isfinite(logarithm).all():
        raise InputError.of(
            "this annual transition matrix has no generator (its matrix logarithm has negative rates); "
            "give `generator` instead, or a matrix with more persistence",
            key="ability.transition",
        )
    off = np.maximum(off, 0.0)
    return off - np.diag(off.sum(axis=1))


def chain(economy: Economy) -> Chain:
    """The ability chain that an economy declares."""
    law = economy.ability
    if law.law == "diffusion":
        values, generator = diffusion(law.reversion, law.sd, law.points, law.width, law.mean)
        return Chain(values, generator, stationary(generator))
    if law.law == "ar1" and law.method == "rouwenhorst":
        values, generator = rouwenhorst(law.persistence, law.long_run_sd, law.points, law.mean)
        return Chain(values, generator, stationary(generator))
    if law.law == "markov" or law.law == "ar1":
        values, yearly = _yearly(law)
        if yearly is None:
            generator = np.array(law.generator if law.law == "markov" else None)
        elif economy.clock == "annual":
            generator = yearly - np.eye(values.size)  # only its stationary law is read
        else:
            generator = generator_of(yearly)
        return Chain(values, generator, stationary(generator))
    values, weights = _distribution(law.distribution)
    size = values.size
    if law.law == "fixed":
        return Chain(values, np.zeros((size, size)), weights)
    return Chain(values, law.rate * (np.tile(weights, (size, 1)) - np.eye(size)), weights)


def _yearly(law: Ability) -> tuple[Array, Array | None]:
    """Values (J,) and yearly probabilities (J, J) of a chain that is given by them; None where it is not."""
    if law.law == "markov":
        yearly = None if law.transition is None else np.array(law.transition, dtype=float)
        return np.array(law.values, dtype=float), yearly
    if law.law == "ar1" and law.method == "tauchen":
        return tauchen(law.persistence, law.long_run_sd, law.points, law.width, law.mean)
    return np.empty(0), None


def transition(economy: Economy, chain: Chain, period: float) -> Array:
    """Probabilities (J, J) of moving within a period of `period` years.

    Raises:
        InputError: The chain is given by the year and has no generator, and the period is not a year.
    """
    law = economy.ability
    size = chain.values.size
    if law.law == "fixed":
        return np.eye(size)
    if law.law == "redraw":
        kept = math.exp(-law.rate * period)
        return kept * np.eye(size) + (1.0 - kept) * np.tile(chain.stationary, (size, 1))
    yearly = _yearly(law)[1]
    if yearly is not None and period == 1.0:
        return yearly
    from scipy.linalg import expm  # here, since most economies never need it and it is slow to import

    generator = chain.generator if yearly is None else generator_of(yearly)
    matrix = np.maximum(expm(period * generator), 0.0)
    return matrix / matrix.sum(axis=1, keepdims=True)


def _distribution(declared: object) -> tuple[Array, Array]:
    kind = next(name for name in ("pareto", "lognormal", "points") if getattr(declared, name) is not None)
    spec = getattr(declared, kind)
    if kind == "pareto":
        return pareto(spec.tail, spec.points, spec.top, spec.scale)
    if kind == "lognormal":
        return lognormal(spec.sd, spec.points, spec.width, spec.mean)
    return np.array(spec.values, dtype=float), np.array(spec.weights, dtype=float)
