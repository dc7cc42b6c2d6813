"""Declarations of economies, read from YAML, with errors that name file, line and key.

There are no arrays here; `numerics` compiles an `Economy` to them.
"""

from dirigiste.documents.nodes import Source
from dirigiste.economy.ability import (
    AR1,
    Ability,
    Diffusion,
    Distribution,
    Fixed,
    GivenPoints,
    LogNormal,
    Markov,
    Pareto,
    Redraw,
)
from dirigiste.economy.checks import check
from dirigiste.economy.closure import Abroad, Closure, Directed, Entry, Labor, OpenAccount, OpenCapital
from dirigiste.economy.declaration import SCHEMA_VERSION
from dirigiste.economy.edges import (
    ABROAD,
    ChoiceEdge,
    CommonEdge,
    Edge,
    EnforcementEdge,
    RateEdge,
    Size,
    WeightOfAbility,
)
from dirigiste.economy.explain import explain
from dirigiste.economy.loader import load, loads, shipped
from dirigiste.economy.model import Economy
from dirigiste.economy.numerics import Numerics, Tolerances, WealthGrid
from dirigiste.economy.parameters import Parameter
from dirigiste.economy.preferences import Preferences, Technology
from dirigiste.economy.schema import json_schema
from dirigiste.economy.statuses import Mandates, Status

__all__ = [
    "ABROAD",
    "AR1",
    "SCHEMA_VERSION",
    "Ability",
    "Abroad",
    "ChoiceEdge",
    "Closure",
    "CommonEdge",
    "Diffusion",
    "Directed",
    "Distribution",
    "Economy",
    "Edge",
    "EnforcementEdge",
    "Entry",
    "Fixed",
    "GivenPoints",
    "Labor",
    "LogNormal",
    "Mandates",
    "Markov",
    "Numerics",
    "OpenAccount",
    "OpenCapital",
    "Parameter",
    "Pareto",
    "Preferences",
    "RateEdge",
    "Redraw",
    "Size",
    "Source",
    "Status",
    "Technology",
    "Tolerances",
    "WealthGrid",
    "WeightOfAbility",
    "check",
    "explain",
    "json_schema",
    "load",
    "loads",
    "shipped",
]
