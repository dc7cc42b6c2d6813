"""Jumps between states: where they land, how often they happen, and what the chance is worth (model.md,
section 3).

Every arc e takes the owner from its origin at wealth a to a' and a destination status, keeping ability or
drawing it anew. In the value and in the distribution alike a landing between two nodes is the lottery between
them, so the operators of this module and their transposes (taken by JAX) are each other's adjoint exactly.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from dirigiste.numerics.arrays import Arrays, Layout
from dirigiste.numerics.firm import cell_share

LEAST = 1e-100
"""Resources below this count as this, where a value of minus infinity would follow (it is never chosen)."""


def landed(layout: Layout, m: Arrays, v: jax.Array) -> jax.Array:
    """Value at the destination of every arc, (N, E, J), for v (N, S, J); 0 for arcs abroad."""
    stays = jnp.einsum("nsj,se->nej", v, m.destination[:, layout.moves :])
    return jnp.concatenate([moved(layout, m, v), stays], axis=1) if layout.moves else stays


def moved(layout: Layout, m: Arrays, v: jax.Array) -> jax.Array:
    """`landed` for the arcs that move wealth or draw ability anew, (N, moves, J)."""
    rows = v.reshape(layout.nodes * layout.statuses, layout.abilities)
    below = (m.lottery_below * layout.statuses + m.destination_of[:, None]).T
    share = m.lottery_share.T[:, :, None]
    x = (1.0 - share) * rows[below] + share * rows[below + layout.statuses]
    if layout.moves > layout.jumps:
        x = jnp.concatenate(
            [x, jnp.einsum("nsj,se->nej", v, m.destination[:, layout.jumps : layout.moves])], axis=1
        )
    if layout.redraws:
        drawn = jnp.einsum("nej,ej->ne", x, m.draws[: layout.moves])[:, :, None]
        x = x + m.redraws[: layout.moves, None] * (drawn - x)
    return x


def off_place(layout: Layout, m: Arrays, rate: jax.Array, v: jax.Array) -> jax.Array:
    """What block elimination along wealth leaves out of Q v with arc rates (N, E, J), (N, S, J).

    Abilities other than one's own (where blocks are by status), and for arcs that move wealth or draw ability
    anew the difference between where they land and the same wealth and ability. The blocks have the plain
    stationary law of draws, whatever their weights.
    """
    out = jnp.zeros_like(v)
    if not layout.dense:
        off = m.switching - jnp.diag(jnp.diagonal(m.switching))
        out = jnp.einsum("nsj,ij->nsi", v, off)
    if layout.moves:
        own = jnp.where(m.redraws[:, None] > 0, m.stationary[None, :], 1.0)[: layout.moves]
        same = jnp.einsum("nsj,se->nej", v, m.destination[:, : layout.moves])
        gap = rate[:, : layout.moves] * (moved(layout, m, v) - own * same)
        out = out + jnp.einsum("nej,se->nsj", gap, m.origin[:, : layout.moves])
    return out


def off_state(layout: Layout, m: Arrays, rate: jax.Array, v: jax.Array) -> jax.Array:
    """What elimination state by state along wealth leaves out of Q v with arc rates (N, E, J): all
    arrivals.
    """
    off = m.switching - jnp.diag(jnp.diagonal(m.switching))
    return jnp.einsum("nsj,ij->nsi", v, off) + by_origin(m, rate * landed(layout, m, v))


def at_origin(m: Arrays, v: jax.Array) -> jax.Array:
    """Value at the origin of every arc, (N, E, J)."""
    return jnp.einsum("nsj,se->nej", v, m.origin)


def by_origin(m: Arrays, x: jax.Array) -> jax.Array:
    """Sum over the arcs of each origin: (N, E, J) to (N, S, J)."""
    return jnp.einsum("nej,se->nsj", x, m.origin)


def utility(layout: Layout, m: Arrays, c: jax.Array, amenity: jax.Array | float = 0.0) -> jax.Array:
    """u(c e^amenity)."""
    if layout.log_utility:
        return jnp.log(c) + amenity
    return (c * jnp.exp(amenity)) ** (1.0 - m.sigma) / (1.0 - m.sigma)


def log_equivalent(layout: Layout, m: Arrays, v: jax.Array) -> jax.Array:
    """Log of the permanent consumption worth v: rho v for log utility, else log((1-sigma) rho
    v)/(1-sigma).
    """
    if layout.log_utility:
        return m.rho * v
    return jnp.log((1.0 - m.sigma) * m.rho * v) / (1.0 - m.sigma)


def abroad_value(layout: Layout, m: Arrays) -> jax.Array:
    """V* of every arc in its origin by wealth, (N, E, 1): c = theta x on x = a' + w* h/(r* - g) (0 for arcs
    that stay).
    """
    interest = m.abroad_interest - m.growth
    labor = m.abroad_wage * jnp.einsum("s,se->e", m.labor_efficiency, m.origin)
    human = jnp.where(labor > 0, labor / jnp.where(interest > 0, interest, 1.0), 0.0)
    if layout.annual:
        return (m.leaves[:, None] * _abroad_in_periods(layout, m, human)).T[:, :, None]
    theta = (m.rho - (1.0 - m.sigma) * interest) / m.sigma
    x = jnp.maximum(m.landing + human[:, None], LEAST)
    value = utility(layout, m, theta * x) / theta
    if layout.log_utility:
        value = value + (interest - m.rho) / m.rho**2
    return (m.leaves[:, None] * value).T[:, :, None]


def _abroad_in_periods(layout: Layout, m: Arrays, human: jax.Array) -> jax.Array:
    """V* (E, N) where time runs in periods: at the beginning of one, resources R (a + w* h/(r* - g)) grow by
    the factor R/Gamma on what is not consumed, and the share theta is.
    """
    gross, growth = 1.0 + m.abroad_interest * m.period, 1.0 + m.growth * m.period
    discount, net = jnp.exp(-m.rho * m.period), gross / growth
    weight = (1.0 - discount) / m.rho
    theta = 1.0 - (discount * net ** (1.0 - m.sigma)) ** (1.0 / m.sigma)
    x = jnp.maximum(gross * (m.landing / growth + human[:, None]), LEAST)
    value = weight * utility(layout, m, theta * x / m.period) / theta
    if layout.log_utility:
        value = value + weight * jnp.log(discount * net) * discount / (1.0 - discount) ** 2
    return value


class Hazards(NamedTuple):
    """What arcs do at a value function. Rates a year, (N, E, J).

    `worth`: what the arc adds to the right-hand side of the HJB. `gain`, `loss`: its derivatives with respect
    to the value at the destination and (minus) at the origin; for rate and enforcement arcs both are the
    perceived rate. `flow`: the rate at which people move (actual rate, or arrival of the opportunity times
    the probability of taking it).
    """

    worth: jax.Array
    gain: jax.Array
    loss: jax.Array
    flow: jax.Array


def hazards(layout: Layout, m: Arrays, v: jax.Array, reach: jax.Array) -> Hazards:
    """Hazards of all arcs at values v (N, S, J) and reach chi (N, E, J)."""
    here = at_origin(m, v)
    there = landed(layout, m, v)
    if layout.emigrates:
        there = there + abroad_value(layout, m)
    rate = m.perceived[:, None] * reach
    flow = m.actual[:, None] * reach
    worth, gain, loss = rate * (there - here), rate, rate
    if not layout.chooses:
        return Hazards(worth, gain, loss, flow)

    cost, taste = m.cost[:, None], m.taste[:, None]
    chooses = m.choice[:, None] > 0
    if layout.log_utility:
        delta = m.rho * (there - here) - cost
    else:
        away = jnp.where(chooses, there, here)  # keeps the logarithm off values that no choice looks at
        delta = (jnp.log(away / here)) / (1.0 - m.sigma) - cost
    probability = jax.nn.sigmoid(delta / taste)
    certainty = taste * jax.nn.softplus(delta / taste)
    taken = probability
    if layout.sharp:
        sharp = m.sharp[:, None] > 0
        probability = jnp.where(sharp, (delta > 0).astype(delta.dtype), probability)
        certainty = jnp.where(sharp, jnp.maximum(delta, 0.0), certainty)
        taken = jnp.where(sharp, cell_share(delta, m.wealth, 1e-9)[0], taken)
    if layout.log_utility:
        option, option_gain, option_loss = certainty / m.rho, probability, probability
    else:
        growth = jnp.exp((1.0 - m.sigma) * certainty)
        option = here * (growth - 1.0)
        option_gain = growth * probability * here / jnp.where(chooses, there, here)
        option_loss = 1.0 - growth * (1.0 - probability)
    return Hazards(
        worth=jnp.where(chooses, rate * option, worth),
        gain=jnp.where(chooses, rate * option_gain, gain),
        loss=jnp.where(chooses, rate * option_loss, loss),
        flow=jnp.where(chooses, flow * taken, flow),
    )


def fastest(m: Arrays) -> jax.Array:
    """An upper bound (S, J) of the rate at which anything happens to an owner, discounting included, per
    year.
    """
    arcs = jnp.einsum("e,se->s", jnp.maximum(m.perceived, m.actual), m.origin)
    return m.rho + arcs[:, None] - jnp.diagonal(m.switching)[None, :]
