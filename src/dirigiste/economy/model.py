"""The economy: a declaration with methods that read, change, check and write it."""

from collections.abc import Iterator, Mapping
from typing import Any, Self

from dirigiste.economy import checks, parameters, write
from dirigiste.economy.declaration import EconomyDeclaration
from dirigiste.errors import Problem


class Economy(EconomyDeclaration):
    """An economy as declared; immutable. `load`, `loads` and `with_` give checked ones."""

    def get(self, path: str) -> Any:  # noqa: ANN401  (depends on the path)
        """Value at a dotted path; `perceived` of an edge that gives none is its actual rate.

        Raises:
            InputError: There is nothing at that path.
        """
        return parameters.get(self, path)

    def with_(self, changes: Mapping[str, Any]) -> Self:
        """A changed economy, validated and checked again.

        Args:
            changes: New values by dotted path: numbers, `{value, source}`, or whole mappings; None removes a
                status or an edge. A changed number loses its source unless a new one is given.

        Raises:
            InputError: With every problem, named by dotted key.
        """
        return parameters.changed(self, changes)

    def parameters(self) -> Iterator[parameters.Parameter]:
        """Every number of the economy, defaults included, in the order of declaration."""
        return parameters.parameters(self)

    def warnings(self) -> tuple[Problem, ...]:
        """What is legal but worth knowing before numbers are trusted."""
        return checks.warnings(self)

    def to_yaml(self, *, defaults: bool = False) -> str:
        """The economy as YAML that `loads` reads back exactly, sources included.

        Args:
            defaults: Also write every value that was left to its default.
        """
        return write.to_yaml(self, defaults=defaults)
