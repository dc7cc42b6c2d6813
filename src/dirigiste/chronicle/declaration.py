"""Dated events on an economy as declared, and what they come to.

`checks` work on it; `model` puts them on top as `Chronicle`.
"""

import datetime as dt
import math
from collections.abc import Collection, Iterator, Mapping
from itertools import groupby
from typing import ClassVar, Final, NamedTuple

from pydantic import Field, PrivateAttr

from dirigiste import economy as economies
from dirigiste.chronicle.beliefs import Beliefs
from dirigiste.chronicle.change import Change
from dirigiste.chronicle.channels import CHANNELS, Channel, default_channel
from dirigiste.chronicle.days import years_between
from dirigiste.chronicle.event import AtLeastOne, Discrepancy, Event, Source
from dirigiste.chronicle.steps import Step, compose, compose_lasting, steps_to
from dirigiste.documents.fields import Count, Declaration
from dirigiste.economy import Economy
from dirigiste.economy.synonyms import SYNONYMS

SCHEMA_VERSION: Final = 1
"""Version of the file format that this program reads and writes."""

SAME: Final = 1e-12
"""Relative difference below which a parameter counts as back where it was; rounding is less."""


class LastingChange(NamedTuple):
    """A parameter that does not come back to where it was."""

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
    description: str = Field("", description="What it tells, and where it comes from")
    schema_version: Count = Field(SCHEMA_VERSION, ge=1, description="Version of the file format")
    economy: str = Field(min_length=1, description="Shipped economy, or a file, as seen from this one")
    sources: dict[str, Source] = Field(
        default_factory=dict, description="Bibliography, by the ids that are cited"
    )
    beliefs: Beliefs | None = Field(
        None, description="How publicised cases move what owners believe; needed where an event has a `case`"
    )
    events: AtLeastOne[Event] = Field(description="What happened, and what it changes")

    _baseline: Economy | None = PrivateAttr(default=None)

    @property
    def baseline(self) -> Economy:
        """The economy that it stands on.

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
        """Dotted paths that events change, in the order in which they are first touched."""
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
        used = {self.channel_of(step.change, on) for step in self._steps(on)}
        return tuple(channel for channel in CHANNELS if channel in used)

    def steps(
        self, path: str, economy: Economy | None = None, channels: Collection[Channel] | None = None
    ) -> tuple[Step, ...]:
        """Changes to one parameter in the order in which they act, all or those of some channels.

        That is the order of their dates, and on one date that of the file, with what cases add to beliefs
        last. A perceived rate that the economy leaves out is the actual one: what changes the actual rate
        comes before all else.
        """
        on = economy or self.baseline
        steps = steps_to(path, list(self._steps(on, path)), on)
        if channels is None:
            return tuple(steps)
        return tuple(step for step in steps if self.channel_of(step.change, on) in channels)

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
            economy: Economy that it starts from; the baseline if left out.
            announced: Only events up to this date count: what owners foresee on it. Default: `when`.
            channels: Channels that act; all if left out.

        Raises:
            InputError: There is no such parameter.
        """
        on = economy or self.baseline
        last = when if announced is None else min(announced, when)
        steps = [step for step in self.steps(path, on, channels) if step.event.date <= last]
        return compose(float(on.get(path)), steps, lambda date: years_between(date, when))

    def lasting(self, economy: Economy | None = None, channels: Collection[Channel] | None = None) -> Economy:
        """The economy with all that lasts in place: what fades is gone, ramps and series are at their ends.

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
        """Parameters that end elsewhere than they began, in the order in which events first touch them.

        Args:
            economy: Economy that they start from; the baseline if left out.
            channels: Channels that act; all if left out.

        Raises:
            InputError: The economy lacks a parameter.
        """
        on = economy or self.baseline
        changes: list[LastingChange] = []
        for path in self.parameters:
            before = float(on.get(path))
            steps = [step for step in self.steps(path, on, channels) if not step.change.fades]
            after = compose_lasting(before, steps)
            if not math.isclose(before, after, rel_tol=SAME):
                events = tuple(event for event in self.ordered if any(step.event is event for step in steps))
                changes.append(LastingChange(path, before, after, events))
        return changes

    def _days(self) -> Iterator[tuple[dt.date, list[Event]]]:
        """Dates with their events."""
        return ((day, list(events)) for day, events in groupby(self.ordered, key=lambda event: event.date))

    def _steps(self, economy: Economy, path: str | None = None) -> Iterator[Step]:
        """Changes in the order in which they act, all or at least those to one parameter."""
        believed = self.beliefs is not None and (path is None or path in self.beliefs.parameters())
        for _, events in self._days():
            yield from (Step(event, change) for event in events for change in event.changes)
            if believed:
                yield from (Step(event, new) for event in events for new in self._believed(event, economy))

    def _believed(self, event: Event, economy: Economy | None = None) -> Iterator[Change]:
        if self.beliefs is None or event.case is None:
            return iter(())
        return self.beliefs.unfold(event.case, economy or self.baseline)


def _parameter_channel(path: str, economy: Economy) -> Channel | None:
    head, _, rest = path.partition(".")
    edge = economy.edges_by_name.get(rest.partition(".")[0]) if head == "edges" else None
    return default_channel(path, to=None if edge is None else edge.to)
