"""Many runs: designs, executors, tables, catalogue (docs/sweep.md)."""

from __future__ import annotations

from dirigiste.sweep.loader import load, loads
from dirigiste.sweep.model import Sweep, json_schema
from dirigiste.sweep.running import Result, run

__all__ = ["Result", "Sweep", "json_schema", "load", "loads", "run"]
