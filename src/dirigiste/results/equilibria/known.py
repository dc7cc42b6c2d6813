"""A small economy with known numbers, by which an installation can be checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from dirigiste import economy as economies

if TYPE_CHECKING:
    from dirigiste.progress import Progress

ECONOMY: Final = """
name: known
title: Three statuses, every kind of edge, emigration
preferences: {rho: 0.06, sigma: 1.0}
technology: {alpha: 0.4, eta: 0.8, delta: 0.06}
ability:
  law: redraw
  rate: 0.12
  distribution: {pareto: {tail: 6.0, points: 6}}
statuses:
  loyal: {collateral: 2.0, spread: -0.005, wedge: 0.02, productivity: 0.95, controlled: true}
  free: {collateral: 1.4, spread: 0.02}
  critic: {collateral: 1.4, spread: 0.02, amenity: 0.1, voice: true, labor_efficiency: 0.9}
edges:
  - {name: join, from: free, to: loyal, kind: choice, rate: 0.3, cost: 0.02, scale: 0.05}
  - {name: leave, from: loyal, to: free, kind: choice, rate: 0.3, cost: 0.02, scale: 0.05}
  - {name: speak, from: [loyal, free], to: critic, kind: choice, rate: 0.2, cost: 0.09, scale: 0.05}
  - {name: forgotten, from: critic, to: free, kind: rate, rate: 0.3}
  - name: inspection
    from: [free, critic]
    to: loyal
    kind: enforcement
    actual: 0.05
    fine: 0.1
    size: {of: capital, ref: 5.0, power: 1.5}
  - {name: emigrate, from: free, to: abroad, kind: choice, rate: 0.2, cost: 0.05, scale: 0.1, fine: 0.2}
abroad: {interest: 0.03, wage: 0.2}
entry: {status: free, wealth: 0.2}
closure: {capital: closed, fiscal: rebate}
numerics: {wealth: {points: 40, max: 2000, scale: 0.3}}
"""

EXPECTED: Final[dict[str, float]] = {
    "wage": 0.832714561,
    "interest": 0.0063528378,
    "output": 1.52418428,
    "capital": 4.13370397,
    "credit_output": 1.06020474,
    "control": 0.535083644,
}
"""Prices and aggregates of that economy, from this program on a CPU."""

CLOSE: Final = 1e-6
"""Largest relative difference that counts as the same."""


class Check(NamedTuple):
    """A number as expected and as computed."""

    name: str
    expected: float
    computed: float

    @property
    def good(self) -> bool:
        """Whether they agree."""
        return abs(self.computed - self.expected) <= CLOSE * max(abs(self.expected), 1e-2)


def compare(progress: Progress | None = None) -> list[Check]:
    """Solve the economy and set its numbers beside the known ones."""
    from dirigiste.results.equilibria.solve import solve

    equilibrium = solve(economies.loads(ECONOMY, file="<known economy>"), progress=progress)
    numbers = {**equilibrium.prices, **equilibrium.aggregates}
    return [Check(name, expected, numbers[name]) for name, expected in EXPECTED.items()]
