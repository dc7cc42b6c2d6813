"""Linear systems of values and masses solved directly, by sparse elimination: where GMRES (`linear`) does not
converge, as with very curved utility far from the solution, or abilities that are redrawn many times a year.

The matrix is that of `linear.Operator`, M (exits - arrivals) - D. The expected value of an owner who draws
ability anew is an additional unknown for each node and status, so that the matrix stays sparse.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dirigiste.numerics import effort
from dirigiste.numerics.operators.linear import Operator
from dirigiste.numerics.setup.arrays import NO_MIXING, REDRAWS, Arrays

Array = NDArray[np.float64]
Index = NDArray[np.int64]


ELIMINATION = 100.0
"""Visits of a state (`effort`) that sparse elimination is worth."""


class _Entries:
    """Entries of a sparse matrix."""

    def __init__(self) -> None:
        self.rows: list[Index] = []
        self.columns: list[Index] = []
        self.values: list[Array] = []

    def add(self, rows: Index, columns: Index, values: Array | float) -> None:
        """Add values (arrays of shapes that go together) to what is there."""
        for into, x in zip(
            (self.rows, self.columns, self.values), np.broadcast_arrays(rows, columns, values), strict=True
        ):
            into.append(x.ravel())

    def matrix(self, size: int) -> Any:  # noqa: ANN401 - SciPy has no types
        """The matrix (size, size)."""
        from scipy.sparse import csr_matrix  # here, since it is slow to import

        where = np.concatenate(self.rows), np.concatenate(self.columns)
        return csr_matrix((np.concatenate(self.values), where), shape=(size, size))


def solve(m: Arrays, op: Operator, rhs: Array, scale: Array | float) -> Array:
    """Solve A x = rhs for values x (N, S, J), rows and values measured in units of `scale`; nan where there
    is no solution.
    """
    unit = np.array(np.broadcast_to(scale, rhs.shape), dtype=float)
    return unit * _solve(m, op, rhs / unit, unit, births=False, transposed=False)


def solve_transposed(m: Arrays, op: Operator, rhs: Array) -> Array:
    """Solve A' f = rhs for row masses f (N, S, J), those who leave the country replaced by newborns; nan
    where there is no solution.
    """
    return _solve(m, op, rhs, np.ones(rhs.shape), births=True, transposed=True)


def _solve(m: Arrays, op: Operator, rhs: Array, unit: Array, *, births: bool, transposed: bool) -> Array:
    try:
        factors = Factors(m, op, unit, births=births)
    except RuntimeError:  # exactly singular
        return np.full(rhs.shape, np.nan)
    return factors.solve_transposed(rhs) if transposed else factors.solve(rhs)


class Factors:
    """Factors of the matrix, for many right-hand sides; rows and values in units of `unit` (N, S, J)."""

    def __init__(self, m: Arrays, op: Operator, unit: Array, *, births: bool) -> None:
        """Eliminate. Raises RuntimeError where the matrix is singular."""
        from scipy.sparse.linalg import splu

        effort.spend(unit.size, ELIMINATION)
        matrix = _matrix(m, op, unit, births)
        self.size = matrix.shape[0]
        self.factors = splu(matrix.tocsc())

    def solve(self, rhs: Array) -> Array:
        """Values (N, S, J)."""
        return self._solved(rhs, "N")

    def solve_transposed(self, rhs: Array) -> Array:
        """Row masses (N, S, J)."""
        return self._solved(rhs, "T")

    def _solved(self, rhs: Array, trans: str) -> Array:
        right = np.zeros(self.size)
        right[: rhs.size] = rhs.ravel()
        return self.factors.solve(right, trans=trans)[: rhs.size].reshape(rhs.shape)


def closed_classes(m: Arrays, op: Operator) -> Index:
    """The class (N, S, J), from 0, of states that nobody leaves once there; -1 for all other states."""
    from scipy.sparse.csgraph import connected_components

    shape = op.exits.shape
    links = _matrix(m, op, np.ones(shape), births=True).tocoo()
    moves = (links.row != links.col) & (links.data < 0.0)
    links.data = np.where(moves, 1.0, 0.0)
    links.eliminate_zeros()
    count, label = connected_components(links, directed=True, connection="strong")
    left = np.zeros(count, dtype=bool)
    left[label[links.row[label[links.row] != label[links.col]]]] = True
    number = np.where(left, -1, np.cumsum(~left) - 1)
    return number[label[: op.exits.size]].reshape(shape)


def _matrix(m: Arrays, op: Operator, unit: Array, births: bool) -> Any:  # noqa: ANN401 - SciPy has no types
    """The matrix of `solve`, states first, then means over abilities and newborns."""
    from scipy.sparse import diags

    exits, unit_of_means = _exits_less_arrivals(m, op, unit, births)
    states = op.exits.size
    size = states + unit_of_means.size
    means = np.arange(states, size)
    state = np.arange(states).reshape(op.exits.shape)
    weights, drift = _Entries(), _Entries()
    weights.add(means, means, 1.0)
    for entries, own, ahead, behind in (
        (weights, 1.0 - op.ahead - op.behind, op.ahead, op.behind),
        (drift, op.right + op.left, -op.right, -op.left),
    ):
        entries.add(state, state, own)
        entries.add(state[:-1], state[1:], ahead[:-1])
        entries.add(state[1:], state[:-1], behind[1:])
    units = np.concatenate([unit.ravel(), unit_of_means])
    matrix = weights.matrix(size) @ exits.matrix(size) + drift.matrix(size)
    return diags(1.0 / units) @ matrix @ diags(units)


def _exits_less_arrivals(m: Arrays, op: Operator, unit: Array, births: bool) -> tuple[_Entries, Array]:
    """Exits less arrivals, with unknowns for means over abilities (and newborns) after those for states;
    units of the means.
    """
    N, S, J = op.exits.shape
    state = np.arange(N * S * J).reshape(N, S, J)
    entries = _Entries()
    known: dict[tuple[int, bytes], Index] = {}
    units: list[Array] = []
    size = state.size
    entries.add(state, state, op.exits)

    def mean(s: int, draws: Array) -> Index:
        """Unknowns (N,) for means over abilities in a status."""
        key = s, draws.tobytes()
        if key not in known:
            known[key] = size + N * len(known) + np.arange(N)
            entries.add(known[key], known[key], 1.0)
            entries.add(known[key][:, None], state[:, s], -draws)
            units.append(unit[:, s] @ draws)
        return known[key]

    if m.mixing == REDRAWS:
        for s in range(S):
            entries.add(state[:, s], mean(s, m.stationary)[:, None], -m.redraw)
        entries.add(state, state, m.redraw * m.stationary)
    elif m.mixing != NO_MIXING:
        i, j = np.nonzero(m.switching - np.diag(np.diag(m.switching)))
        entries.add(state[:, :, i], state[:, :, j], -m.switching[i, j])
    leaving = []
    for e, arc in enumerate(m.arcs):
        if arc["leaves"]:
            leaving.append(e)
            continue
        o, d, rate = int(arc["origin"]), int(arc["destination"]), op.rate[:, e]
        landings = [(np.arange(N), np.ones(N))]
        if arc["jumps"]:
            landings = [(m.below[e], 1.0 - m.above[e]), (m.below[e] + 1, m.above[e])]
        for node, share in landings:
            to = mean(d, m.draws[e])[node][:, None] if arc["redraws"] else state[node, d]
            entries.add(state[:, o], to, -rate * share[:, None])
    if births and leaving:
        born = np.array(size + N * len(known))
        n, s = np.nonzero(m.entry)
        entries.add(born, born, 1.0)
        entries.add(born, state[n, s], -m.entry[n, s, None] * m.stationary)
        units.append(np.ones(1))
        for e in leaving:
            entries.add(state[:, int(m.arcs[e]["origin"])], born, -op.rate[:, e])
    return entries, np.concatenate([*units, np.zeros(0)])
