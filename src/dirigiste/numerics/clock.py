"""The two clocks behind one interface.

A clock knows a step of values backwards and one of masses forwards: `hjb` and `kfe` (on paths `steps`) in
continuous time, `annual.step` in periods. What the stationary solver asks of it is the fixed point of both
steps at given unknowns, `evaluate`; how that responds to the unknowns, `respond`; and somewhere to start,
`cold_start`. Compiling, firms, sums, conditions, Newton on prices, certificate and results are the same for
both. `Layout.annual` says which one an economy runs on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dirigiste.numerics.aggregates import Moves
    from dirigiste.numerics.arrays import Arrays, Compiled
    from dirigiste.numerics.point import Point, Start
    from dirigiste.numerics.start import Progress

    Array = NDArray[np.float64]


class Evaluate(Protocol):
    """Values and masses at given unknowns."""

    def __call__(
        self,
        m: Arrays,
        u: Array,
        v: Array,
        f: Array,
        value_tol: float,
        mass_tol: float,
        near: Array | None,
        /,
    ) -> Point:
        """Solve both at unknowns u (4,) from starts v and f (N, S, J); `near` as in `point.choices`."""
        ...


class Respond(Protocol):
    """How a point responds to its unknowns."""

    def __call__(
        self, m: Arrays, point: Point, near: Array | None, active: tuple[int, ...], /
    ) -> tuple[Array, Array, list[Array], list[Moves]]:
        """Responses to the active unknowns: of values and row masses (n, N, S, J), and node masses and flows
        along arcs a nudge of each unknown away.
        """
        ...


class ColdStart(Protocol):
    """Somewhere to start."""

    def __call__(
        self,
        compiled: Compiled,
        /,
        *,
        wage: float | None = None,
        interest: float | None = None,
        progress: Progress | None = None,
    ) -> Start:
        """Come near the stationary state from nothing."""
        ...
