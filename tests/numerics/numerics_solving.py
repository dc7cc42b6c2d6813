"""Solve in tests: from cold, or from a neighbour; at given prices; and what is compared."""

from typing import NamedTuple

from dirigiste.errors import NotConverged
from dirigiste.numerics.setup.arrays import Compiled, compile_economy
from dirigiste.numerics.stationary import certificate, equilibrium
from dirigiste.numerics.stationary.certificate import Certificate
from dirigiste.numerics.stationary.equilibrium import Point, Solved, Start


class Found(NamedTuple):
    """An equilibrium with its certificate."""

    compiled: Compiled
    solved: Solved
    certificate: Certificate

    @property
    def economy(self):
        return self.compiled.economy

    @property
    def point(self) -> Point:
        return self.solved.point

    @property
    def static(self):
        return self.solved.point.static

    @property
    def wage(self) -> float:
        return float(self.point.prices.wage)

    @property
    def interest(self) -> float:
        return float(self.point.prices.interest)

    @property
    def output(self) -> float:
        return float(self.static.output.sum())

    @property
    def start(self) -> Start:
        return self.solved.as_start()

    def index(self, status: str) -> int:
        return self.compiled.statuses.index(status)

    def mass(self, status: str) -> float:
        return float(self.point.distribution.g[:, self.index(status)].sum())

    def arc(self, edge: str) -> list[int]:
        return [n for n, arc in enumerate(self.compiled.arcs) if arc.edge == edge]

    def people(self, edge: str) -> float:
        """Owners who move along an edge, per year."""
        return float(self.point.moves.people[self.arc(edge)].sum())

    def taken(self, edge: str) -> float:
        """Wealth that an edge takes, per year."""
        return float(self.point.moves.taken[self.arc(edge)].sum())


def solved(economy, start: Start | None = None) -> Found:
    """The certified equilibrium; from `start` where given, and from cold where that does not get there."""
    compiled = compile_economy(economy)
    if start is not None:
        result = equilibrium.solve(compiled, start)
        try:
            return Found(compiled, result, certificate.certificate(compiled, result))
        except NotConverged:
            pass
    result = equilibrium.solve(compiled)
    return Found(compiled, result, certificate.certificate(compiled, result))


def partial(economy, near: Found) -> Point:
    """Values, distribution and sums of an economy at the prices of another, where all else starts too."""
    compiled = compile_economy(economy)
    point = near.point
    return equilibrium.evaluate(compiled, point.u, point.values.v, point.distribution.f, 1e-11, 1e-13)
