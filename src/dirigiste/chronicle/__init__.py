"""Dated events on an economy: what happened, who says so, and what it changes in the model.

Declarations only, read from YAML like economies; knows nothing of arrays.
"""

from dirigiste.chronicle.beliefs import Beliefs, Case
from dirigiste.chronicle.change import Change
from dirigiste.chronicle.channels import CHANNELS, Channel, default_channel
from dirigiste.chronicle.days import years_between
from dirigiste.chronicle.declaration import LastingChange
from dirigiste.chronicle.event import ASSUMPTION, Amount, Discrepancy, Event, Source
from dirigiste.chronicle.explain import explain
from dirigiste.chronicle.loader import load, loads, shipped
from dirigiste.chronicle.model import Chronicle
from dirigiste.chronicle.steps import Step

__all__ = [
    "ASSUMPTION",
    "CHANNELS",
    "Amount",
    "Beliefs",
    "Case",
    "Change",
    "Channel",
    "Chronicle",
    "Discrepancy",
    "Event",
    "LastingChange",
    "Source",
    "Step",
    "default_channel",
    "explain",
    "load",
    "loads",
    "shipped",
    "years_between",
]
