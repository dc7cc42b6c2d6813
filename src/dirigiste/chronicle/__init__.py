"""Dated events on an economy: what happened, the sources for it, and what it changes in the model.

Only declarations, read from YAML like economies; there are no arrays here.
"""

from dirigiste.chronicle.beliefs import Beliefs, Case
from dirigiste.chronicle.change import Change
from dirigiste.chronicle.channels import CHANNELS, Channel, default_channel
from dirigiste.chronicle.dated_changes import DatedChange
from dirigiste.chronicle.days import years_between
from dirigiste.chronicle.declaration import LastingChange
from dirigiste.chronicle.event import ASSUMPTION, Amount, BibliographyEntry, Discrepancy, Event
from dirigiste.chronicle.explain import explain
from dirigiste.chronicle.loader import load, loads, shipped
from dirigiste.chronicle.model import Chronicle
from dirigiste.chronicle.observed.series import ObservedSeries, ObservedValue

__all__ = [
    "ASSUMPTION",
    "CHANNELS",
    "Amount",
    "Beliefs",
    "BibliographyEntry",
    "Case",
    "Change",
    "Channel",
    "Chronicle",
    "DatedChange",
    "Discrepancy",
    "Event",
    "LastingChange",
    "ObservedSeries",
    "ObservedValue",
    "default_channel",
    "explain",
    "load",
    "loads",
    "shipped",
    "years_between",
]
