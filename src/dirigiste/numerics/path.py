"""A path at given prices: all values backwards, then all distributions forwards."""

from __future__ import annotations

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from dirigiste.numerics import steps
from dirigiste.numerics.arrays import Arrays, Layout
from dirigiste.numerics.steps import Decisions, Sums


class Begin(NamedTuple):
    """Where a path begins: row masses and node masses (N, S, J)."""

    f: jax.Array
    g: jax.Array


class Backwards(NamedTuple):
    """Values at the beginning of every step (T, N, S, J), decisions, residuals and Newton rounds (T,)."""

    v: jax.Array
    decisions: Decisions
    residual: jax.Array
    rounds: jax.Array


class Forwards(NamedTuple):
    """Sums of every step, and row and node masses at the ends of the steps that were asked for (K, N, S, J)."""

    sums: Sums
    end: Begin
    kept: Begin


@functools.partial(jax.jit, static_argnums=0)
def backwards(
    layout: Layout,
    m: Arrays,
    stacked: dict[str, jax.Array],
    u: jax.Array,
    dt: jax.Array,
    end: jax.Array,
    guess: jax.Array,
    tolerance: float,
) -> Backwards:
    """Values of all steps from those at the end (N, S, J), with guesses (T, N, S, J), at unknowns u (T, 4).

    The guess of a step moves with what the step after it turned out to be.
    """

    def step(carry: tuple, inputs: tuple) -> tuple:
        later, guessed_later = carry
        fields, u, dt, guess = inputs
        found = steps.backward(
            layout, m._replace(**fields), u, dt, later, guess + (later - guessed_later), tolerance
        )
        return (found.v, guess), found

    _, found = lax.scan(step, (end, end), (stacked, u, dt, guess), reverse=True)
    return Backwards(*found)


@functools.partial(jax.jit, static_argnums=0)
def forwards(
    layout: Layout,
    m: Arrays,
    stacked: dict[str, jax.Array],
    u: jax.Array,
    dt: jax.Array,
    decisions: Decisions,
    begin: Begin,
    keep: jax.Array,
    rtol: float,
) -> Forwards:
    """Distributions of all steps from `begin`; `keep` (K,) are the steps at whose ends they are kept."""
    kept = jnp.zeros((keep.shape[0], *begin.f.shape))

    def step(carry: tuple, inputs: tuple) -> tuple:
        f, g, kept_f, kept_g = carry
        k, fields, u, dt, decisions = inputs
        f, g, sums = steps.forward(layout, m._replace(**fields), u, dt, decisions, g, f, rtol)
        here = (keep == k)[:, None, None, None]
        return (f, g, jnp.where(here, f, kept_f), jnp.where(here, g, kept_g)), sums

    index = jnp.arange(dt.shape[0])
    (f, g, kept_f, kept_g), sums = lax.scan(
        step, (*begin, kept, kept), (index, stacked, u, dt, decisions)
    )
    return Forwards(sums, Begin(f, g), Begin(kept_f, kept_g))
