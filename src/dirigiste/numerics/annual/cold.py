"""A start from nothing: static clearing, values for prices taken to last, periods of the distribution."""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
import numpy as np

from dirigiste.numerics import aggregates
from dirigiste.numerics.annual import stationary, step
from dirigiste.numerics.annual.step import Period
from dirigiste.numerics.arrays import Arrays, Compiled, Layout
from dirigiste.numerics.point import Start, choices, unknowns, with_given
from dirigiste.numerics.start import Progress, first_distribution, first_guess, static_prices

ROUNDS = 8
YEARS = 10.0
"""Years of the distribution in each round."""


@functools.partial(jax.jit, static_argnums=0)
def _later(
    layout: Layout, m: Arrays, period: Period, g: jax.Array, periods: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Masses some periods later, and receipts other than wedges and spreads."""
    g = jax.lax.fori_loop(0, periods, lambda _, g: step.forward(layout, m, period, g), g)
    moved = aggregates.moves(m, step.at_turn(m, period.saving, g), period.turn.hazards.flow)
    return g, jnp.sum((1.0 - m.burnt) * moved.taken) - m.entry_wealth * jnp.sum(m.leaves * moved.people)


def cold_start(
    compiled: Compiled,
    *,
    wage: float | None = None,
    interest: float | None = None,
    progress: Progress | None = None,
) -> Start:
    """Come near the stationary state from nothing; `wage` and `interest` are where static prices begin."""
    layout, m = compiled.layout, compiled.arrays
    active = unknowns(compiled)
    first_wage = wage if wage is not None else 0.3 * float(m.productivity.max() * (m.ability @ m.stationary))
    first_interest = interest if interest is not None else 0.25 * float(m.rho)
    u = with_given(compiled, jnp.array([np.log(first_wage), first_interest, 0.0, 0.0]))
    other = jnp.zeros(())
    u, g = first_distribution(compiled, u, active)
    v = first_guess(layout, m, *reversed(choices(layout, m, u)[:2]))
    for k in range(ROUNDS):
        if active:
            u = static_prices(layout, m, u, g, other, active, 20)
        prices, firms, reach = choices(layout, m, u)
        solved = stationary.solve_values(layout, m, prices, firms, reach, v, 1e-3)
        v = solved.v
        g, other = _later(layout, m, solved.period, g, jnp.asarray(round(YEARS / float(m.period))))
        if progress:
            progress("cold start", k + 1, float("nan"))
    return Start(u, v, g)
