"""Instruments and goals of the tiny economy, and a problem whose frontier is known."""

import numpy as np

from dirigiste.frontiers.problems.goals import Goal
from dirigiste.frontiers.problems.instruments import Instrument
from dirigiste.results.quantities.expression import parse

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

    def values(self, x, progress=None):
        return 2.0 - ((x - self.top) ** 2 * self.bend).sum(axis=1)

    def jacobian(self, x, progress=None):
        return -2.0 * (x - self.top) * self.bend

    def best(self, weight):
        """Instruments that have most of output and weighted control."""
        return np.clip((self.top[1] + weight * self.top[0]) / (1.0 + weight), 0.0, 1.0)
