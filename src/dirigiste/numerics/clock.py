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
    import jax

    from dirigiste.numerics.arrays import Arrays, Compiled, Layout
    from dirigiste.numerics.point import Point, Response, Start
    from dirigiste.numerics.start import Progress


class Evaluate(Protocol):
    """Values and masses at given unknowns."""

    def __call__(
        self,
        layout: Layout,
        m: Arrays,
        u: jax.Array,
        v: jax.Array,
        f: jax.Array,
        value_tol: float,
        mass_tol: float,
        /,
    ) -> Point:
        """Solve both at unknowns u (4,) from starts v and f (N, S, J)."""
        ...


class Respond(Protocol):
    """Derivatives of a point in its unknowns."""

    def __call__(self, layout: Layout, m: Arrays, point: Point, active: tuple[int, ...], /) -> Response:
        """Derivatives in the active unknowns."""
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
