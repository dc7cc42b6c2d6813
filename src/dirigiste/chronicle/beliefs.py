"""Beliefs: how a publicised case raises the rates at which owners think the state acts, and how that fades.

A case of salience s, made public on day c, adds to the perceived rate of each edge that `beliefs` names

    v0 w k s 2^(-t/h)

where t is the time since c in years, h the half-life, v0 the rate that owners perceive in the economy
without events, w the weight of the edge, and k is `critics` where every status that the edge starts from has
a voice and 1 elsewhere. s is given, or (size/reference)^power. Cases add up, so that a perceived rate that
nothing else changes is v0 (1 + w k B), B the sum of what is left of all cases: the public belief.

The rule is turned into ordinary changes of channel `fear`, which all other modules treat like written ones.
That salient outcomes are overweighted is from Bordalo, Gennaioli and Shleifer (2012, "Salience Theory of
Choice Under Risk", Quarterly Journal of Economics 127); that the weight of past experience in beliefs
declines is shown by Malmendier and Nagel (2011, "Depression Babies", Quarterly Journal of Economics 126). The
functional form and the numbers are not from these papers: they are assumptions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Final, Self

from pydantic import Field, model_validator

from dirigiste.chronicle.change import Change
from dirigiste.documents.fields import Declaration, Real, exactly_one, parameter

if TYPE_CHECKING:
    from dirigiste.economy import Economy

RATE: Final = "perceived"
"""Field of an edge that beliefs move."""

Weight = Annotated[Real, Field(gt=0)]
"""Rise of a perceived rate per unit of salience, relative to the rate without events."""


class Case(Declaration):
    """A case that became public: what it adds to beliefs."""

    size: Real | None = parameter(
        "Size of the case, such as the fine",
        unit="US dollars",
        enters="salience (size/reference)^power",
        default=None,
        gt=0,
    )
    salience: Real | None = parameter(
        "How much the case is noticed, for one that has no size",
        unit="1",
        symbol="s",
        enters="rise v0 w k s of a perceived rate",
        default=None,
        gt=0,
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        exactly_one(self, "size", "salience")
        return self


class Beliefs(Declaration):
    """How publicised cases move the rates that owners perceive."""

    half_life: Real = parameter(
        "Time in which half of what a case added is forgotten",
        unit="years",
        symbol="h",
        enters="share 2^(-t/h) of a rise that is left",
        gt=0,
    )
    reference: Real | None = parameter(
        "Size of a case of salience 1; needed where a case gives its size",
        unit="US dollars",
        enters="salience (size/reference)^power",
        default=None,
        gt=0,
    )
    power: Real = parameter(
        "How salience grows with the size of a case; 0 is not at all",
        unit="1",
        enters="salience (size/reference)^power",
        default=1.0,
        ge=0,
    )
    edges: dict[str, Weight] = Field(
        min_length=1,
        description="Enforcement edges, and what a case of salience 1 adds to the rate perceived on each, as "
        "a multiple of the rate without events",
    )
    critics: Real = parameter(
        "Factor on the weight of edges that start at statuses with a voice only",
        unit="1",
        symbol="k",
        enters="rise v0 w k s of a perceived rate",
        default=1.0,
        gt=0,
    )
    source: str = Field(
        "assumption", min_length=1, description="Where the rule takes its numbers from, or `assumption`"
    )

    def salience(self, case: Case) -> float:
        """How much a case is noticed; 1 for one of the reference size."""
        if case.salience is not None:
            return case.salience
        assert case.size is not None  # by the validator
        if self.reference is None:
            raise ValueError("a case gives its size, but `beliefs` has no `reference`")
        return (case.size / self.reference) ** self.power

    def weight(self, edge: str, economy: Economy) -> float:
        """Relative rise of the rate perceived on an edge per unit of salience: w k."""
        origins = economy.edges_by_name[edge].origin
        critical = all(economy.statuses[origin].voice for origin in origins)
        return self.edges[edge] * (self.critics if critical else 1.0)

    def parameters(self) -> Iterator[str]:
        """Dotted paths that a case changes."""
        return (f"edges.{edge}.{RATE}" for edge in self.edges)

    def unfold(self, case: Case, economy: Economy) -> Iterator[Change]:
        """What a case changes, as ordinary changes.

        Raises:
            InputError: The economy lacks an edge, or the edge has no perceived rate.
        """
        salience = self.salience(case)
        for edge, path in zip(self.edges, self.parameters(), strict=True):
            rate = float(economy.get(path))
            weight = self.weight(edge, economy)
            why = (
                f"belief rule: a public case of salience {salience:.3g} adds {weight * salience:.3g} times "
                f"the rate of {rate:g} a year that owners perceive without events"
            )
            yield Change.model_validate(
                {
                    "parameter": path,
                    "add": rate * weight * salience,
                    "half_life": self.half_life,
                    "channel": "fear",
                    "why": why,
                    "source": self.source,
                }
            )
