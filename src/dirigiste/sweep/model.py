"""The sweep: its declaration with the columns, points and chains that follow from it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from dirigiste.documents.schema import DIALECT, schema_of
from dirigiste.documents.writing import to_yaml
from dirigiste.sweep.declared import checks, outcomes
from dirigiste.sweep.declared.declaration import SweepDeclaration
from dirigiste.sweep.points import design, order

if TYPE_CHECKING:
    from typing import Self

    from dirigiste.sweep.points.order import Chain

APART: Final = 1e3
"""Distance between files, in units of the other axes: points of different files are no neighbours."""


class Sweep(SweepDeclaration):
    """A sweep; immutable. `load` and `loads` return checked ones."""

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Names of axes."""
        return design.columns(self)

    @cached_property
    def kept(self) -> list[outcomes.Outcome]:
        """Outcomes, patterns written out."""
        known = checks.known_outcomes(self.subjects, replications=self.replications is not None)
        return outcomes.read(self.outcomes, known, paths=self.kind == "chronicle")[0]

    @cached_property
    def units(self) -> np.ndarray:
        """Points in units of the axes, (points, axes).

        Raises:
            InputError: The design needs a library that is missing.
        """
        return design.units(self)

    @cached_property
    def rows(self) -> list[tuple[Any, ...]]:
        """Values of all axes, point by point."""
        return design.values(self, self.units)

    @cached_property
    def numeric(self) -> tuple[bool, ...]:
        """Whether all values of an axis are numbers, axis by axis."""
        options = [axis.values or axis.files or () for axis in self.axes.values()]
        return tuple(
            all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
            for values in options
        ) or (False,)

    @cached_property
    def chains(self) -> list[Chain]:
        """Chains of neighbouring points."""
        at = np.array(self.units)
        if self.files is not None:
            at[:, list(self.axes).index(self.files)] *= APART
        return order.chains(at, self.longest)

    def bare(self) -> Self:
        """A copy without the points, which may be many: what goes to whoever solves some of them."""
        copy = self.model_copy()
        for name in ("units", "rows", "chains"):
            vars(copy).pop(name, None)
        return copy

    def to_yaml(self) -> str:
        """The sweep as YAML."""
        return to_yaml(self.model_dump(by_alias=True, exclude_unset=True))


def json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of sweep files."""
    schema = schema_of(Sweep)
    for owner, key in (
        (schema, "replications"),
        (schema["$defs"]["Axis"], "parameter"),
    ):  # one name may stand for a list of one
        owner["properties"][key]["anyOf"].insert(0, {"type": "string"})
    return {"$schema": DIALECT, **schema, "title": "Dirigiste sweep"}
