"""How much has been computed, counted in visits of states, so that the limits of a search are the same on
every machine and under any load, which seconds are not.

A visit is one step of GMRES at one state (20 to 50 nanoseconds); other kernels count by what they cost beside
it. Each thread counts its own work.
"""

from __future__ import annotations

import threading

CALL = 1000.0
"""Visits that a call costs, however few the states."""


class _Counter(threading.local):
    visits = 0.0


_counter = _Counter()


def spend(states: float, visits: float = 1.0) -> None:
    """Count work: a number of states, each visited so many times."""
    _counter.visits += CALL + states * visits


def spent() -> float:
    """Visits that this thread has counted so far."""
    return _counter.visits
