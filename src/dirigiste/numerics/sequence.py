"""How conditions along a path respond to prices along it: the sequence-space Jacobian of a stationary state.

Auclert, Bardoczy, Rognlie and Straub (2021, Econometrica), in continuous time as in Glawion (2023). Two
families of vectors say everything:

    W_i(s)  change of values today when price i is one unit higher for the next s years
    E_c(a)  what a unit of mass put into a state today adds to condition c in a years

With L W the rate at which a change W of values moves mass, K_ci(a, s) = E_c(a)' L W_i(s) is the response of
condition c, a years after the day on which owners act on the news that price i is one unit higher for s years
from that day on. Both families are computed on a grid of times that grows from days to the horizon, and the
response at the end of step k to a price in step l on any grid of steps is a sum of K over the steps up to k,

    J[k, l] = direct effects in step k = l + sum over j <= k of dt_j [K(t_k+1 - t_j, t_l+1 - t_j) - K(..,
    t_l - t_j)]

with K interpolated between its times. It serves as the matrix of Newton's method on paths (`transition`),
where it need not be exact, and as the first guess of impulse responses.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from numpy.typing import NDArray

from dirigiste.numerics import aggregates, firm, hjb, kfe, steps
from dirigiste.numerics.arrays import Arrays, Compiled, Layout
from dirigiste.numerics.point import NUDGE, Point, prices_of, unknowns

Array = NDArray[np.float64]

ACCURACY = 1e-4
"""Relative accuracy of the linear systems."""

FIRST, GROWTH, LAST = 1.0 / 48.0, 1.15, 400.0
"""Times of the kernel: the first step in years, its growth, and at least how far it reaches."""


class Kernel(NamedTuple):
    """Responses of the four conditions to the active unknowns at a stationary state."""

    times: Array
    """(A,) years, from 0 on."""
    news: Array
    """K (A, A, 4, n): a years after the news, price higher for s years."""
    source: Array
    """(A, 4, n): what a price does a years later through the drift of one year of it, decisions held."""
    today: Array
    """(A, 4, n): condition on the day itself when owners know that the price is higher for s years."""
    direct: Array
    """(4, n): condition while the price is higher, masses and values held."""
    active: tuple[int, ...]


def kernel_times() -> Array:
    """Times of the kernel: 0, then steps that grow."""
    lengths = FIRST * GROWTH ** np.arange(200)
    times = np.concatenate([[0.0], np.cumsum(lengths)])
    return times[: int(np.searchsorted(times, LAST)) + 1]


@functools.partial(jax.jit, static_argnums=(0, 3))
def _kernel(
    layout: Layout, m: Arrays, point: Point, active: tuple[int, ...], lengths: jax.Array
) -> tuple[jax.Array, ...]:
    rows, hazards = point.values.rows, point.values.hazards
    v, f = point.values.v, point.distribution.f
    g = kfe.node_masses(rows, f)
    speeds = rows.tangent_right, rows.tangent_left

    def at(u: jax.Array, v: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        """Residual of values, mass flow at held row weights, conditions."""
        prices = prices_of(layout, u)
        firms = firm.firms(layout, m, prices)
        d, h = hjb.evaluate(layout, m, v, hjb.income(m, firms, prices), firm.with_size(layout, m, firms))
        held = rows._replace(speed_right=d.speed_right, speed_left=d.speed_left)
        static = aggregates.static(m, firms, prices, g)
        found = aggregates.conditions(layout, m, prices, static, aggregates.moves(m, g, h.flow))
        return d.residual, kfe.forward(layout, m, held, h.flow, f), aggregates.raw(found)

    base = at(point.u, v)

    def along(du: jax.Array, dv: jax.Array) -> tuple[jax.Array, ...]:
        moved = at(point.u + NUDGE * du, v + NUDGE * dv)
        return tuple((x - y) / NUDGE for x, y in zip(moved, base, strict=True))

    directions = jnp.eye(4)[jnp.array(active)]
    by_price, drift, direct = jax.vmap(lambda du: along(du, jnp.zeros_like(v)))(directions)

    def value_step(w: jax.Array, dt: jax.Array) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
        def one(w: jax.Array, a: jax.Array) -> jax.Array:
            rhs = hjb.weigh(rows, w) / dt - a
            return steps.solve_backward(
                layout, m, rows, hazards.gain, hazards.loss, m.rho + 1.0 / dt, speeds, rhs, ACCURACY
            )

        w = jax.vmap(one)(w, by_price)
        _, flow, today = jax.vmap(lambda x: along(jnp.zeros(4), x))(w)
        return w, (flow, today)

    def sums(g: jax.Array) -> jax.Array:
        static = aggregates.static(m, point.firms, point.prices, g)
        moved = aggregates.moves(m, g, hazards.flow)
        return aggregates.raw(aggregates.conditions(layout, m, point.prices, static, moved))

    gradient = jax.jacrev(sums)(g)

    def mass_step(e: jax.Array, dt: jax.Array) -> tuple[jax.Array, jax.Array]:
        def one(e: jax.Array) -> jax.Array:
            return steps.expect(layout, m, rows, hazards.flow, dt, e, ACCURACY)

        e = jax.vmap(one)(e)
        return e, e

    _, (flows, today) = lax.scan(value_step, jnp.zeros_like(by_price), lengths)
    _, expected = lax.scan(mass_step, gradient, lengths)
    expected = jnp.concatenate([gradient[None], expected])
    news = jnp.einsum("acnsj,bdnsj->abcd", expected, flows)
    source = jnp.einsum("acnsj,dnsj->acd", expected, drift)
    return news, source, jnp.swapaxes(today, 1, 2), direct.T


def kernel(compiled: Compiled, point: Point) -> Kernel:
    """The kernel at a stationary equilibrium of `compiled`."""
    times = kernel_times()
    active = unknowns(compiled)
    found = _kernel(compiled.layout, compiled.arrays, point, active, jnp.asarray(np.diff(times)))
    news, source, today, direct = (np.asarray(x) for x in found)
    none = np.zeros_like(news[:, :1])
    return Kernel(
        times,
        np.concatenate([none, news], axis=1),
        source,
        np.concatenate([np.zeros_like(today[:1]), today]),
        direct,
        active,
    )


def jacobian(kernel: Kernel, lengths: Array) -> Array:
    """Responses of the conditions at the ends of steps of `lengths` years (T,) to the unknowns in every step,
    (T, 4, T, n).
    """
    edges = np.concatenate([[0.0], np.cumsum(lengths)])
    steps_, n = lengths.size, len(kernel.active)
    found = np.zeros((steps_, steps_ + 1, 4, n))  # to a price that is higher from now until edge l
    for j in range(steps_):
        until, weight = _between(kernel.times, np.maximum(edges - edges[j], 0.0))
        after, share = _between(kernel.times, edges[j + 1 :] - edges[j])
        columns = _mix(kernel.news, until, weight, axis=1)
        found[j:] += lengths[j] * _mix(columns, after, share, axis=0)
        # the drift of the price itself, in the step in which it holds
        found[j:, j + 1 :] += lengths[j] * _mix(kernel.source, after, share, axis=0)[:, None]
        found[j] += _mix(kernel.today, until, weight, axis=0)
        found[j, j + 1 :] += kernel.direct
    return np.moveaxis(np.diff(found, axis=1), 1, 2)


def _between(times: Array, at: Array) -> tuple[NDArray[np.int64], Array]:
    """Index of the time below each of `at`, and the weight of the next."""
    index = np.clip(np.searchsorted(times, at, side="right") - 1, 0, times.size - 2)
    weight = np.clip((at - times[index]) / (times[index + 1] - times[index]), 0.0, 1.0)
    return index, weight


def _mix(table: Array, index: NDArray[np.int64], weight: Array, axis: int) -> Array:
    weight = weight.reshape((-1,) + (1,) * (table.ndim - axis - 1))
    return (1.0 - weight) * np.take(table, index, axis=axis) + weight * np.take(table, index + 1, axis=axis)
