"""A tiny economy whose state can lend less, or dearer, to those whom it does not control."""

import numpy as np

from dirigiste.frontiers.goals import Goal
from dirigiste.frontiers.instruments import Instrument
from dirigiste.results.quantities.expression import parse

TINY = """
name: tiny
preferences: {rho: 0.06, sigma: 1.0}
technology: {alpha: 0.4, eta: 0.8, delta: 0.06}
ability:
  law: redraw
  rate: 0.12
  distribution: {pareto: {tail: 6.0, points: 8}}
statuses:
  loyal: {collateral: 2.0, wedge: 0.05, controlled: true}
  free: {collateral: 1.4, spread: 0.02}
edges:
  - {name: join, from: free, to: loyal, kind: choice, rate: 0.3, cost: 0.02, scale: 0.05}
  - {name: leave, from: loyal, to: free, kind: rate, rate: 0.1}
closure: {capital: closed, fiscal: rebate}
numerics:
  wealth: {points: 40, max: 2000, scale: 0.3}
  path: {step: 0.5, even: 0.5, growth: 1.5, horizon: 40}
"""

COLLATERAL, SPREAD, LEAVE = "statuses.free.collateral", "statuses.free.spread", "edges.leave.rate"

INSTRUMENTS = (f"{COLLATERAL}:1.1:2", f"{SPREAD}:0:0.05")

GOALS = ("control", "output")


class Quadratic:
    """Two goals that are quadratic in instruments from 0 to 1, with a known best point for every weight."""

    name, about, hash, close = "quadratic", "", "none", 1e-6
    goals = (Goal("control", parse("control"), True), Goal("output", parse("output"), False))
    bend = np.array([1.0, 2.0, 0.5])
    top = np.array([[0.9, 0.7, 1.4], [0.1, 0.2, 1.1]])
    """Where each goal is largest (2, 3)."""

    def __init__(self, now):
        names = ("a", "b", "c")
        pairs = zip(names, now, strict=True)
        self.instruments = tuple(Instrument(n, (n,), float(x), 0.0, 1.0, "") for n, x in pairs)

    def values(self, x):
        return 2.0 - ((x - self.top) ** 2 * self.bend).sum(axis=1)

    def jacobian(self, x):
        return -2.0 * (x - self.top) * self.bend

    def best(self, weight):
        """Instruments that have most of output and weighted control."""
        return np.clip((self.top[1] + weight * self.top[0]) / (1.0 + weight), 0.0, 1.0)
