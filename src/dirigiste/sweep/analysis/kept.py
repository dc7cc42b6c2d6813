"""A sweep as it is kept: axes, outcomes and points, read from its folder alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dirigiste.documents.words import near, one_of
from dirigiste.errors import InputError
from dirigiste.sweep import store
from dirigiste.sweep.declared.declaration import Axis
from dirigiste.sweep.points import design

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Kept:
    """A sweep, whole or in part."""

    folder: Path
    manifest: dict[str, Any]
    axes: dict[str, Axis]
    """Axes by column; none of replications."""
    frame: pl.DataFrame
    """Points that are there, in their order."""

    @classmethod
    def open(cls, folder: str | Path) -> Kept:
        """Read the folder of a sweep.

        Raises:
            InputError: It is none, holds no point, or is damaged.
        """
        place = Path(folder)
        manifest = store.read_manifest(place)
        axes = {
            name: Axis.model_validate(content)
            for name, content in manifest["axes"].items()
        }
        return cls(place, manifest, axes, store.rows_of(place))

    @property
    def name(self) -> str:
        """Name of the sweep."""
        return str(self.manifest["name"])

    @property
    def design(self) -> str:
        """Kind of design."""
        return str(self.manifest["design"]["kind"])

    @property
    def outcomes(self) -> list[str]:
        """Columns of outcomes."""
        return list(self.manifest["outcomes"])

    @property
    def whole(self) -> bool:
        """Whether all points are there."""
        return self.frame.height == self.manifest["points"]["number"]

    @cached_property
    def units(self) -> np.ndarray:
        """Points in units of the axes, (points, axes), each from 0 to 1."""
        columns = []
        for name, axis in self.axes.items():
            values = self.frame[name].to_list()
            if axis.range is None:
                options = list(axis.values or axis.files or ())
                if self.words(name):
                    options = [store.word(value) for value in options]
                columns.append([options.index(value) / max(1, len(options) - 1) for value in values])
            else:
                columns.append([design.unit(axis, value) for value in values])
        return np.array(columns, dtype=float).T.reshape(self.frame.height, len(self.axes))

    def words(self, axis: str) -> bool:
        """Whether the values of an axis are no numbers."""
        return not self.frame.schema[axis].is_numeric()

    def chosen(self, names: tuple[str, ...]) -> list[str]:
        """Outcomes by name, all if none is given.

        Raises:
            InputError: There is none of that name.
        """
        for name in names:
            if name not in self.outcomes:
                message = f"there is no outcome `{name}`; there are {one_of(self.outcomes)}"
                raise InputError.of(message, key="--of", suggestion=near(name, self.outcomes))
        return list(names) or self.outcomes

    def numbers(self, outcome: str) -> np.ndarray:
        """Values of an outcome; nan where a point has none."""
        return self.frame[outcome].fill_null(float("nan")).to_numpy()

    def failures(self) -> dict[str, int]:
        """Reasons for which points have no solution, without their numbers, and how many have each."""
        import polars as pl

        reasons = self.frame.filter(~pl.col("solved"))["reason"].to_list()
        counts: dict[str, int] = {}
        for reason in reasons:
            counts[reason] = counts.get(reason, 0) + 1
        return dict(sorted(counts.items(), key=lambda item: -item[1]))
