"""Everything that is declared about an economy, in one immutable model.

`checks`, `parameters` and `write` are functions of it; `model.Economy` has them as methods.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import ClassVar, Final, Literal

from pydantic import Field, PrivateAttr

from dirigiste.documents.fields import Count, Declaration, Name
from dirigiste.documents.nodes import Source
from dirigiste.economy.ability import Ability
from dirigiste.economy.closure import Abroad, Closure, Entry
from dirigiste.economy.edges import ABROAD, Edge
from dirigiste.economy.numerics import Numerics
from dirigiste.economy.preferences import Preferences, Technology
from dirigiste.economy.statuses import Status
from dirigiste.economy.synonyms import SYNONYMS

SCHEMA_VERSION: Final = 1
"""Version of the file format that this program reads and writes."""

LABELS: Final = frozenset({"name", "title", "description", "schema_version"})
"""Keys that do not move any result."""

LATER: Final[Mapping[str, object]] = {"clock": "continuous", "weight": None, "size_tax": None}
"""Keys that were added to the format later, with the values that change nothing: they are left out of
hashes."""


class EconomyDeclaration(Declaration):
    """An economy as declared; immutable."""

    SYNONYMS: ClassVar[Mapping[str, str]] = SYNONYMS

    name: str = Field(min_length=1, description="Name of the economy")
    title: str = Field(default="", description="Title for reports")
    description: str = Field(
        default="", description="What the economy stands for, and where its numbers come from"
    )
    schema_version: Count = Field(default=SCHEMA_VERSION, ge=1, description="Version of the file format")
    clock: Literal["continuous", "annual"] = Field(
        default="continuous",
        description="Whether time runs continuously or in periods of a year; rates stay rates per year",
    )
    preferences: Preferences = Field(description="Preferences of owners")
    technology: Technology = Field(description="Technology of firms")
    ability: Ability = Field(
        description="How ability moves; `law` says which of redraw, fixed, diffusion, markov, ar1"
    )
    statuses: dict[Name, Status] = Field(min_length=1, description="Political statuses by name")
    edges: tuple[Edge, ...] = Field(default=(), description="How owners move between statuses")
    abroad: Abroad | None = Field(
        default=None, description="Life abroad; needed where an edge leads to `abroad`"
    )
    entry: Entry | None = Field(
        default=None, description="Newborns who replace those who leave; needed with `abroad`"
    )
    closure: Closure = Field(default_factory=lambda: Closure(), description="Markets and the budget")
    numerics: Numerics = Field(default_factory=lambda: Numerics(), description="How it is solved")

    _sources: dict[str, Source] = PrivateAttr(default_factory=dict)

    @property
    def sources(self) -> Mapping[str, Source]:
        """Where numbers come from, by dotted path."""
        return dict(self._sources)

    @property
    def edges_by_name(self) -> dict[str, Edge]:
        """Edges by their name."""
        return {edge.name: edge for edge in self.edges}

    @property
    def leaves(self) -> bool:
        """Whether any edge leads abroad."""
        return any(edge.to == ABROAD for edge in self.edges)

    @property
    def hash(self) -> str:
        """SHA-256, in hex, over all that affects the solution; names, titles and sources do not."""
        content = _canonical(self.model_dump(mode="python", by_alias=True), top=True)
        return hashlib.sha256(json.dumps(content, sort_keys=False, ensure_ascii=False).encode()).hexdigest()


def _canonical(value: object, *, top: bool = False) -> object:
    """Data whose JSON is the same for the same content. The order is kept, since it is that of the arrays."""
    if isinstance(value, dict):
        labels = LABELS if top else {"title", "description"}
        known = [(key, inner) for key, inner in value.items() if key not in LATER or inner != LATER[key]]
        return [[key, _canonical(inner)] for key, inner in known if key not in labels]
    if isinstance(value, list | tuple):
        return [_canonical(inner) for inner in value]
    return value
