"""The turn of the period: ability moves, then edges, then growth shrinks wealth to the units of the next
period.

Edges meet owners in the state in which they would begin the next period, so reach by size is that of the
firm which they would run then. With the rates of the edges of a status adding up to Lambda, something
happens with probability 1 - exp(-Lambda dt), and it is edge e with probability rate_e/Lambda; at most one
edge a period. A choice edge brings an opportunity with that probability, and what it is worth is that of the
continuous clock. With kappa = (1 - exp(-Lambda dt))/Lambda

    value before edges = V + kappa sum_e worth_e,    probability of moving along e = kappa flow_e

with `worth` and `flow` of `generator.hazards`; the first with perceived rates, the second with actual ones.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from dirigiste.numerics.arrays import Arrays, Layout
from dirigiste.numerics.generator import Hazards, at_origin, by_origin, hazards, landed
from dirigiste.numerics.kfe import newborns


class Turn(NamedTuple):
    """What edges do at the turn, for values next period. Hazards a year as the continuous clock has them,
    but `flow` counts who moves over a period, per year.
    """

    hazards: Hazards
    perceived: jax.Array
    """kappa of perceived rates, years, (N, S, J)."""
    chance: jax.Array
    """Probability of moving along every arc, (N, E, J)."""


def discount(m: Arrays) -> jax.Array:
    """What a value next period counts for, exp(-rho dt)."""
    return jnp.exp(-m.rho * m.period)


def weight(m: Arrays) -> jax.Array:
    """What the utility of a period counts for: constant consumption is then worth u(c)/rho as in continuous
    time.
    """
    return -jnp.expm1(-m.rho * m.period) / m.rho


def kappa(m: Arrays, rate: jax.Array) -> jax.Array:
    """(1 - exp(-rate dt))/rate, dt where the rate is 0."""
    x = rate * m.period
    small = x < 1e-9
    y = jnp.where(small, 1.0, x)
    return m.period * jnp.where(small, 1.0 - 0.5 * x, -jnp.expm1(-y) / y)


def grown(m: Arrays, x: jax.Array) -> jax.Array:
    """Values x (N, S, J) on the nodes divided by the growth of a period, linear between nodes."""
    gap = jnp.diff(m.wealth)
    target = jnp.maximum(m.wealth / (1.0 + m.growth * m.period), m.wealth[0])
    below = jnp.clip(jnp.searchsorted(m.wealth, target, side="right") - 1, 0, m.wealth.size - 2)
    share = jnp.clip((target - m.wealth[below]) / gap[below], 0.0, 1.0)[:, None, None]
    return (1.0 - share) * x[below] + share * x[below + 1]


def turn(layout: Layout, m: Arrays, v: jax.Array, reach: jax.Array) -> tuple[jax.Array, Turn]:
    """Expected value (N, S, J) before the turn, from values v and reach of next period; and what edges do."""
    x = grown(m, v)
    h = hazards(layout, m, x, reach)
    perceived = kappa(m, by_origin(m, m.perceived[:, None] * reach))
    actual = kappa(m, by_origin(m, m.actual[:, None] * reach))
    chance = at_origin(m, actual) * h.flow
    x = x + perceived * by_origin(m, h.worth)
    expected = jnp.einsum("nsj,ij->nsi", x, m.transition)
    return expected, Turn(h._replace(flow=chance / m.period), perceived, chance)


def tangent(layout: Layout, m: Arrays, t: Turn, x: jax.Array) -> jax.Array:
    """Derivative of the expected value in the direction x of next period's values."""
    x = grown(m, x)
    moved = t.hazards.gain * landed(layout, m, x) - t.hazards.loss * at_origin(m, x)
    x = x + t.perceived * by_origin(m, moved)
    return jnp.einsum("nsj,ij->nsi", x, m.transition)


def carried(layout: Layout, m: Arrays, chance: jax.Array, x: jax.Array) -> jax.Array:
    """Mean of x (N, S, J) next period over what edges actually do, newborns in place of emigrants."""
    x = grown(m, x)
    moved = by_origin(m, chance * (landed(layout, m, x) - at_origin(m, x)))
    return x + moved + newborns(layout, m, chance, x)


def before_edges(m: Arrays, ended: jax.Array) -> jax.Array:
    """Masses that edges meet, from masses at the end of the period: ability has moved, (N, S, J)."""
    return jnp.einsum("nsi,ij->nsj", ended, m.transition)
