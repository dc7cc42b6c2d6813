"""A chronicle as declared: dated events on an economy, and the values of parameters that follow from them.

`checks` are functions of it; `model.Chronicle` has them as methods.
"""

import datetime as dt
import math
from collections.abc import Collection, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import ClassVar, Final, NamedTuple

from pydantic import Field, PrivateAttr

from dirigiste import economy as economies
from dirigiste.chronicle.beliefs import Beliefs
from dirigiste.chronicle.change import Change
from dirigiste.chronicle.channels import CHANNELS, Channel, default_channel
from dirigiste.chronicle.dated_changes import DatedChange, compose, compose_lasting, to_parameter
from dirigiste.chronicle.days import years_between
from dirigiste.chronicle.event import AtLeastOne, BibliographyEntry, Discrepancy, Event
from dirigiste.chronicle.observed.series import ObservedSeries
from dirigiste.documents.fields import Count, Declaration, Name
from dirigiste.economy import Economy
from dirigiste.economy.synonyms import SYNONYMS

SCHEMA_VERSION: Final = 1
"""Version of the file format that this program reads and writes."""

SAME: Final = 1e-12
"""Relative difference below which a parameter counts as unchanged; rounding errors are smaller."""


class LastingChange(NamedTuple):
    """A parameter that does not return to its initial value."""

    path: str
    before: float
    after: float
    events: tuple[Event, ...]
    """Events with a change to it that does not fade, in the order of their dates."""


class ChronicleDeclaration(Declaration):
    """Dated events on an economy; immutable."""

    SYNONYMS: ClassVar[Mapping[str, str]] = SYNONYMS

    name: str = Field(min_length=1, description="Name of the chronicle")
    title: str = Field("", description="Title for reports")
    description: str = Field("", description="What happens in it, and where it comes from")
    schema_version: Count = Field(SCHEMA_VERSION, ge=1, description="Version of the file format")
    economy: str = Field(min_length=1, description="Shipped economy, or a file, relative to this one")
    sources: dict[str, BibliographyEntry] = Field(
        default_factory=dict, description="Bibliography, by the ids that are cited"
    )
    beliefs: Beliefs | None = Field(
        None, description="How publicised cases move what owners believe; needed where an event has a `case`"
    )
    events: AtLeastOne[Event] = Field(description="What happened, and what it changes")
    observed: dict[Name, ObservedSeries] = Field(
        default_factory=dict,
        description="What was observed, by the names of series, and what it is compared with",
    )

    _baseline: Economy | None = PrivateAttr(default=None)
    _files: tuple[Path, ...] = PrivateAttr(default=())

    @property
    def files(self) -> tuple[Path, ...]:
        """Files that numbers of observed series were read from."""
        return self._files

    @property
    def baseline(self) -> Economy:
        """The economy in which the events happen.

        Raises:
            InputError: There is no such economy, or it has faults.
        """
        return self._baseline if self._baseline is not None else economies.load(self.economy)

    @property
    def ordered(self) -> tuple[Event, ...]:
        """Events in the order of their dates; those of one date as the file has them."""
        return tuple(sorted(self.events, key=lambda event: event.date))

    @property
    def surprises(self) -> tuple[dt.date, ...]:
        """Dates on which something changes in the model."""
        return tuple(dict.fromkeys(event.date for event in self.ordered if event.acts))

    @property
    def discrepancies(self) -> tuple[tuple[Event, Discrepancy], ...]:
        """Claims that differ from the record, with their events, by date."""
        return tuple((event, item) for event in self.ordered for item in event.discrepancies)

    @property
    def parameters(self) -> tuple[str, ...]:
        """Dotted paths that events change, in the order in which they are first changed."""
        parameters: dict[str, None] = {}
        for _, events in self._days():
            parameters |= {change.parameter: None for event in events for change in event.changes}
            if self.beliefs is not None and any(event.case is not None for event in events):
                parameters |= dict.fromkeys(self.beliefs.parameters())
        return tuple(parameters)

    def changes_of(self, event: Event, economy: Economy | None = None) -> tuple[Change, ...]:
        """What an event changes: what is written under `changes`, then what it adds to beliefs as a `case`.

        Args:
            event: The event.
            economy: Economy whose perceived rates a case raises; the baseline if left out.

        Raises:
            InputError: The economy lacks an edge that `beliefs` names.
        """
        return (*event.changes, *self._believed(event, economy))

    def channel_of(self, change: Change, economy: Economy | None = None) -> Channel | None:
        """Channel of a change: its own, or that of its parameter (in `economy`, default the baseline)."""
        if change.channel is not None:
            return change.channel
        return _parameter_channel(change.parameter, economy or self.baseline)

    def channels(self, economy: Economy | None = None) -> tuple[Channel, ...]:
        """Channels that the events use, in the order of `CHANNELS`."""
        on = economy or self.baseline
        used = {self.channel_of(dated.change, on) for dated in self._dated_changes(on)}
        return tuple(channel for channel in CHANNELS if channel in used)

    def changes_to(
        self, path: str, economy: Economy | None = None, channels: Collection[Channel] | None = None
    ) -> tuple[DatedChange, ...]:
        """Changes to one parameter in the order in which they act, all or those of some channels.

        That is the order of their dates, and on one date that of the file, with what cases add to beliefs
        last. Where the economy gives no perceived rate of an edge, it is the actual rate: changes to the
        actual rate then come first.
        """
        on = economy or self.baseline
        changes = to_parameter(path, list(self._dated_changes(on, path)), on)
        if channels is None:
            return tuple(changes)
        return tuple(dated for dated in changes if self.channel_of(dated.change, on) in channels)

    def value(
        self,
        path: str,
        when: dt.date,
        *,
        economy: Economy | None = None,
        announced: dt.date | None = None,
        channels: Collection[Channel] | None = None,
    ) -> float:
        """Value of a parameter on a date, in its own unit.

        Args:
            path: Dotted path.
            when: The date.
            economy: Economy with its initial value; the baseline if left out.
            announced: Only events up to this date count, which is what owners foresee on it; `when` if left
                out.
            channels: Channels that act; all if left out.

        Raises:
            InputError: There is no such parameter.
        """
        on = economy or self.baseline
        last = when if announced is None else min(announced, when)
        changes = [dated for dated in self.changes_to(path, on, channels) if dated.event.date <= last]
        return compose(float(on.get(path)), changes, lambda date: years_between(date, when))

    def lasting(self, economy: Economy | None = None, channels: Collection[Channel] | None = None) -> Economy:
        """The economy with all lasting changes: ramps and series are at their ends, changes that fade are 0.

        Args:
            economy: Economy to change; the baseline if left out.
            channels: Channels that act; all if left out.

        Raises:
            InputError: The economy lacks a parameter, or would take a value out of its range.
        """
        on = economy or self.baseline
        after = {item.path: item.after for item in self.lasting_changes(on, channels)}
        return on.with_(after) if after else on

    def lasting_changes(
        self, economy: Economy | None = None, channels: Collection[Channel] | None = None
    ) -> list[LastingChange]:
        """Parameters that do not return to their initial values, in the order in which events first change
        them.

        Args:
            economy: Economy with their initial values; the baseline if left out.
            channels: Channels that act; all if left out.

        Raises:
            InputError: The economy lacks a parameter.
        """
        on = economy or self.baseline
        lasting: list[LastingChange] = []
        for path in self.parameters:
            before = float(on.get(path))
            changes = [dated for dated in self.changes_to(path, on, channels) if not dated.change.fades]
            after = compose_lasting(before, changes)
            if not math.isclose(before, after, rel_tol=SAME):
                acting = [dated.event for dated in changes]
                events = tuple(event for event in self.ordered if any(event is other for other in acting))
                lasting.append(LastingChange(path, before, after, events))
        return lasting

    def _days(self) -> Iterator[tuple[dt.date, list[Event]]]:
        """Dates with their events."""
        return ((day, list(events)) for day, events in groupby(self.ordered, key=lambda event: event.date))

    def _dated_changes(self, economy: Economy, path: str | None = None) -> Iterator[DatedChange]:
        """Changes in the order in which they act, all or at least those to one parameter."""
        believed = self.beliefs is not None and (path is None or path in self.beliefs.parameters())
        for _, events in self._days():
            yield from (DatedChange(event, change) for event in events for change in event.changes)
            if believed:
                yield from (
                    DatedChange(event, new) for event in events for new in self._believed(event, economy)
                )

    def _believed(self, event: Event, economy: Economy | None = None) -> Iterator[Change]:
        if self.beliefs is None or event.case is None:
            return iter(())
        return self.beliefs.unfold(event.case, economy or self.baseline)


def _parameter_channel(path: str, economy: Economy) -> Channel | None:
    head, _, rest = path.partition(".")
    edge = economy.edges_by_name.get(rest.partition(".")[0]) if head == "edges" else None
    return default_channel(path, to=None if edge is None else edge.to)
