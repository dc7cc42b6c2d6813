"""The economy: everything that is declared about it, and what can be asked of a declaration.

Reading files is in `loader`, economic checks are in `checks`, the dotted paths in `paths`.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, Self

from pydantic import Field, PrivateAttr

from dirigiste.economy.ability import Ability
from dirigiste.economy.closure import Abroad, Closure, Entry
from dirigiste.economy.edges import ABROAD, Edge
from dirigiste.economy.fields import Count, Declaration, Name
from dirigiste.economy.nodes import Source
from dirigiste.economy.numerics import Numerics
from dirigiste.economy.preferences import Preferences, Technology
from dirigiste.economy.statuses import Status
from dirigiste.errors import Problem

SCHEMA_VERSION: Final = 1
"""Version of the file format that this program reads and writes."""

LABELS: Final = frozenset({"name", "title", "description", "schema_version"})
"""Keys that do not move any result."""

LATER: Final[Mapping[str, object]] = {"clock": "continuous", "weight": None, "size_tax": None}
"""Keys that the format gained later, with the values under which an economy is what it was without them."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number of an economy."""

    path: str
    """Dotted path, such as `edges.crackdown.actual`."""
    value: float
    unit: str
    description: str
    source: Source | None = None


class Economy(Declaration):
    """An economy as declared; immutable. `load`, `loads` and `with_` give checked ones."""

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

    def get(self, path: str) -> Any:  # noqa: ANN401  (depends on the path)
        """Value at a dotted path; `perceived` of an edge that gives none is its actual rate.

        Raises:
            InputError: There is nothing at that path.
        """
        from dirigiste.economy import paths

        return paths.get(self, path)

    def with_(self, changes: Mapping[str, Any]) -> Self:
        """A changed economy, validated and checked again.

        Args:
            changes: New values by dotted path: numbers, `{value, source}`, or whole mappings; None removes a
                status or an edge. A changed number loses its source unless a new one is given.

        Raises:
            InputError: With every problem, named by dotted key.
        """
        from dirigiste.economy import paths

        return paths.changed(self, changes)

    def parameters(self) -> Iterator[Parameter]:
        """Every number of the economy, defaults included, in the order of declaration."""
        from dirigiste.economy import paths

        return paths.parameters(self)

    def warnings(self) -> tuple[Problem, ...]:
        """What is legal but worth knowing before numbers are trusted."""
        from dirigiste.economy.checks import warnings

        return warnings(self)

    def to_yaml(self, *, defaults: bool = False) -> str:
        """The economy as YAML that `loads` reads back exactly, sources included.

        Args:
            defaults: Also write every value that was left to its default.
        """
        from dirigiste.economy.write import to_yaml

        return to_yaml(self, defaults=defaults)


def _canonical(value: object, *, top: bool = False) -> object:
    """Data whose JSON is the same for the same content; the order stays, it is that of the arrays."""
    if isinstance(value, dict):
        labels = LABELS if top else {"title", "description"}
        known = [(key, inner) for key, inner in value.items() if key not in LATER or inner != LATER[key]]
        return [[key, _canonical(inner)] for key, inner in known if key not in labels]
    if isinstance(value, list | tuple):
        return [_canonical(inner) for inner in value]
    return value
