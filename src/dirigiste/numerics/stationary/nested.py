"""Where P(u) - u is almost a step in one unknown: that one is bracketed at given values of the others, which
Broyden's rule moves (docs/method.md, section 5).

Owners of a kind who are indifferent between saving up for a firm and staying poor all change over as a price
moves a little, and stationary masses with them. Newton's steps from one side of such a price fail on the
other. At given other unknowns P_k(u) - u_k changes sign in the step, and a bracket finds the root inside of
it; along the step the rest is smooth. The finer the grid, the steeper the step; where prices in double
precision no longer resolve it, the tolerance cannot be met, and the reason says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dirigiste.numerics import broyden
from dirigiste.numerics.bracket import Bracket
from dirigiste.numerics.stationary.point import INTEREST, QUOTA, within

if TYPE_CHECKING:
    from dirigiste.numerics.stationary.equilibrium import _Search, _Trial

Array = NDArray[np.float64]

ROUNDS = 12
"""Most moves of the other unknowns."""

EVALUATIONS = 60
"""Most evaluations of one bracket."""

EXACT = 0.05
"""A bracket ends where its gap is below this times the largest other one."""

FIRST_STEPS = (1e-4, 1e-5, 1e-4, 1e-3)
"""Where a bracket first looks on the other side, in each unknown."""

LATER = 1e-3
"""The same over the largest change of the other unknowns, from the second bracket on."""

LARGEST = 0.05
"""Largest move of another unknown in a round."""

FARTHEST = 3.0
"""How far from where it starts a bracket looks."""

LEAST_JUMP, NARROW = 1e-3, 1e-8
"""Change of P(u) - u that counts as a jump, where it happens within `NARROW`."""

SLOW = 2
"""Rounds in a row that do not halve the largest gap before the search ends."""

NAMES = "log wage", "interest rate", "transfer", "unknown of the quota"


def solve(search: _Search, now: _Trial, matrix: Array | None) -> tuple[_Trial, str]:
    """The best trial of the search from one at which Newton stalls, and where masses jump, in words, if they
    do and it did not get to the tolerances.

    Args:
        search: The search that stalled.
        now: Its best trial.
        matrix: Derivative of u - P(u) in the open unknowns (n, n) near there, if it is known.
    """
    active = search.active
    k = int(np.argmax(np.abs(now.gap[active])))
    index, rest = active[k], [other for other in active if other != active[k]]
    others = [i for i in range(len(active)) if i != k]
    jacobian = np.eye(len(rest))
    if matrix is not None and np.isfinite(matrix).all():
        jacobian = matrix[np.ix_(others, others)].copy()
    inside, trials = _inside(search, index, now, now.u, FIRST_STEPS[index])
    best, slow, jump = now, 0, ""
    for _ in range(ROUNDS):
        if inside is None:
            break
        slow = 0 if inside.size < 0.5 * best.size else slow + 1
        best = inside if inside.size < best.size or search.done(inside) else best
        jump = jump or _jump(search, index, trials)
        if not rest or slow >= SLOW or search.done(inside) or search.late():
            break
        change = np.linalg.lstsq(jacobian, inside.gap[rest], rcond=1e-10)[0]
        change /= max(1.0, float(np.abs(change).max()) / LARGEST)
        u = inside.u.copy()
        u[rest] += change
        row = search.respond(inside).matrix[k]
        along = (inside.gap[index] - row[others] @ change) / row[k]
        u[index] += along if abs(along) <= LARGEST else 0.0
        step = max(LATER * float(np.abs(change).max()), 1e-9)
        after, trials = _inside(search, index, inside, within(search.m, u), step)
        if after is None:
            break
        broyden.update(jacobian, (after.u - inside.u)[rest], (inside.gap - after.gap)[rest])
        inside = after
    return best, "" if search.done(best) else jump


def _inside(
    search: _Search, index: int, near: _Trial, u: Array, step: float
) -> tuple[_Trial | None, list[_Trial]]:
    """The trial with the least gap of unknown `index`, all others as in u (4,), or None; and all trials."""
    lowest = {INTEREST: -search.m.delta, QUOTA: 0.0}.get(index, -np.inf)
    x = float(u[index])
    bracket = Bracket(step, max(lowest, x - FARTHEST), x + FARTHEST)
    trials: list[_Trial] = []
    while len(trials) < EVALUATIONS and not search.late():
        there = u.copy()
        there[index] = x
        begin = min(trials, key=lambda trial: abs(trial.u[index] - x), default=near)
        trial = search.at(there, there, begin.point.values.v, begin.point.distribution.f, 0.0)
        if not np.isfinite(trial.size):
            break
        trials.append(trial)
        gap = float(trial.gap[index])
        left = max(abs(float(trial.gap[other])) for other in range(4) if other != index)
        if abs(gap) <= EXACT * left or search.done(trial):
            break
        bracket.take(x, gap)
        after = bracket.next()
        if after is None:
            break
        x = after
    return min(trials, key=lambda trial: abs(trial.gap[index]), default=None), trials


def _jump(search: _Search, index: int, trials: list[_Trial]) -> str:
    """The jump between the two nearest trials on both sides of it, in words, if there is one."""
    ordered = sorted(trials, key=lambda trial: float(trial.u[index]))
    pairs = [
        (float(low.gap[index] - high.gap[index]), float(high.u[index] - low.u[index]), low, high)
        for i, low in enumerate(ordered)
        for high in ordered[i + 1 :]
    ]
    steep = [pair for pair in pairs if pair[0] > LEAST_JUMP and 0.0 < pair[1] < NARROW]
    if not steep:
        return ""
    change, width, low, high = max(steep, key=lambda pair: pair[0] / pair[1])
    m, compiled = search.m, search.compiled
    moved = np.abs(high.point.distribution.g - low.point.distribution.g)
    s, j = np.unravel_index(int(np.argmax(moved.sum(axis=0))), moved.shape[1:])
    speeds = [trial.point.values.policy.speed_right[:, s, j] for trial in (low, high)]
    n = int(np.argmax(np.abs(speeds[1] - speeds[0]) * low.point.distribution.g[:, s, j]))
    return (
        f"masses jump at a {NAMES[index]} of {float(low.u[index]):.6g}, where owners in status "
        f"{compiled.statuses[s]} of ability {float(m.ability[j]):.4g} at wealth {float(m.wealth[n]):.4g} are "
        f"indifferent between saving up and staying where they are: a change by {width:.1g} moves clearing "
        f"prices by {change:.1g}, which hardly any number can meet; fewer numerics.wealth.points or a larger "
        "numerics.tolerances.markets help"
    )
