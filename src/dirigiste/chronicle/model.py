"""The chronicle: a declaration, and what can be asked of it on other economies."""

from typing import Self

from dirigiste.chronicle import checks
from dirigiste.chronicle.declaration import ChronicleDeclaration
from dirigiste.documents.writing import to_yaml
from dirigiste.economy import Economy
from dirigiste.errors import InputError, Problem


class Chronicle(ChronicleDeclaration):
    """Dated events on an economy; immutable. `load` and `loads` are the ways to one that is checked."""

    def on(self, economy: Economy) -> Self:
        """The same events on another economy.

        Raises:
            InputError: An event changes what that economy does not have, or takes it out of its range.
        """
        self.check(economy)
        moved = self.model_copy()
        moved._baseline = economy
        return moved

    def check(self, economy: Economy) -> None:
        """Check that the chronicle can be told on another economy than its own.

        Raises:
            InputError: With every problem.
        """
        problems = checks.on_economy(self, economy)
        if problems:
            raise InputError(problems)

    def warnings(self) -> tuple[Problem, ...]:
        """What is legal, in it and in its economy, but worth knowing before it is solved."""
        return tuple(checks.warnings(self, self.baseline))

    def to_yaml(self) -> str:
        """The chronicle as YAML that `loads` reads back: as written, beliefs as a rule and cases as cases."""
        return to_yaml(self.model_dump(by_alias=True, exclude_unset=True))
