"""The chronicle: a declaration with methods that check it, write it, and put it on another economy."""

from typing import Self

from dirigiste.chronicle import checks
from dirigiste.chronicle.declaration import ChronicleDeclaration
from dirigiste.documents.writing import to_yaml
from dirigiste.economy import Economy
from dirigiste.errors import InputError, Problem


class Chronicle(ChronicleDeclaration):
    """Dated events on an economy; immutable. `load` and `loads` return checked ones."""

    def on(self, economy: Economy) -> Self:
        """The same events on another economy.

        Raises:
            InputError: An event changes a parameter that the economy lacks, or takes one out of its range.
        """
        self.check(economy)
        moved = self.model_copy()
        moved._baseline = economy
        return moved

    def check(self, economy: Economy) -> None:
        """Check that the chronicle is possible on another economy than its own.

        Raises:
            InputError: With every problem.
        """
        problems = checks.on_economy(self, economy)
        if problems:
            raise InputError(problems)

    def warnings(self) -> tuple[Problem, ...]:
        """What is allowed in it and in its economy, but worth knowing before it is solved."""
        return tuple(checks.warnings(self, self.baseline))

    def to_yaml(self) -> str:
        """The chronicle as YAML from which `loads` reads the same one; cases are not turned into changes."""
        return to_yaml(self.model_dump(by_alias=True, exclude_unset=True))
