"""A sweep as declared: what is solved, which parameters are varied and how, and which outcomes are kept."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import BeforeValidator, Field, PrivateAttr, model_validator

from dirigiste.chronicle import Chronicle
from dirigiste.documents.fields import Count, Declaration, Flag, Real, exactly_one
from dirigiste.economy import Economy

SCHEMA_VERSION: Final = 1
"""Version of the file format that this program reads and writes."""

DESIGNS: Final = ("grid", "random", "sobol", "saltelli", "list")

DRAWN: Final = ("random", "sobol", "saltelli")
"""Designs that draw their points, and need their number."""

Design = Literal["grid", "random", "sobol", "saltelli", "list"]

KINDS: Final = ("economy", "chronicle", "replications")

RESERVED: Final = ("point", "solved", "reason")
"""Columns of every table of points."""

CHAIN, CHAIN_OF_PATHS = 16, 8
"""Points of a chain of equilibria and of one of paths, at most, where the file does not say."""


def _several(value: object) -> object:
    """One name as a list of one."""
    return [value] if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_several)]
"""A name, or a list of them."""


class Axis(Declaration):
    """What is varied: parameters over values or a range, or whole files."""

    SYNONYMS: ClassVar[Mapping[str, str]] = {"parameters": "parameter", "file": "files", "value": "values"}

    parameter: Names | None = Field(
        None,
        min_length=1,
        description="Dotted path of the parameter, or several that take the same value; left out, the name "
        "of the axis",
    )
    values: tuple[Any, ...] | None = Field(None, min_length=1, description="Values, in their order")
    range: tuple[Real, ...] | None = Field(
        None, description="Lowest and highest value; for a grid also the number of values"
    )
    scale: Literal["linear", "log"] = Field(
        "linear", description="Whether a range is divided, or drawn from, evenly or evenly in logs"
    )
    relative: Flag = Field(False, description="Whether values are factors on the value of the parameter")
    files: tuple[str, ...] | None = Field(
        None, min_length=1, description="Economies, or chronicles, in place of one for all points"
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        exactly_one(self, "values", "range", "files")
        if self.files is not None and (self.parameter is not None or self.relative):
            raise ValueError("has `files`, which take the place of parameters: leave out the rest")
        if self.scale != "linear" and self.range is None:
            raise ValueError("`scale` goes with `range`")
        if self.range is not None:
            self._check_range(self.range)
        for value in self.values or ():
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not number and (self.relative or not isinstance(value, str | bool)):
                what = "numbers" if self.relative else "numbers, words or true and false"
                raise ValueError(f"`values` must be {what}, got {value!r}")
        if self.values is not None and len(set(map(repr, self.values))) < len(self.values):
            raise ValueError("`values` has the same value twice")
        return self

    def _check_range(self, given: tuple[float, ...]) -> None:
        if len(given) not in (2, 3):
            raise ValueError("`range` must be [lowest, highest] or [lowest, highest, number of values]")
        low, high, *count = given
        if not low < high:
            raise ValueError(f"`range` must begin with its lowest value; got {low:g} to {high:g}")
        if self.scale == "log" and low <= 0.0:
            raise ValueError(f"`range` in logs must be above 0; got {low:g}")
        if count and not (count[0] >= 2 and count[0] == int(count[0])):
            raise ValueError(f"the number of values of `range` must be whole and 2 or more; got {count[0]:g}")


class SweepDeclaration(Declaration):
    """Many solutions of one economy or chronicle, or of several; immutable."""

    SYNONYMS: ClassVar[Mapping[str, str]] = {
        "economies": "economy",
        "chronicles": "chronicle",
        "replication": "replications",
        "papers": "replications",
        "settings": "set",
        "parameters": "axes",
        "outcome": "outcomes",
        "number": "points",
        "samples": "points",
    }

    name: str = Field(min_length=1, description="Name of the sweep, and of its folder")
    title: str = Field("", description="Title for reports")
    description: str = Field("", description="What it is for, and where its ranges come from")
    schema_version: Count = Field(SCHEMA_VERSION, ge=1, description="Version of the file format")
    economy: str | None = Field(
        None, min_length=1, description="Economy whose equilibria are solved: shipped, or a file beside this"
    )
    chronicle: str | None = Field(
        None, min_length=1, description="Chronicle whose paths are solved: shipped, or a file beside this"
    )
    replications: Names | None = Field(
        None, min_length=1, description="Published papers that are computed, one a point"
    )
    set: dict[str, Any] = Field(
        default_factory=dict, description="Values by dotted path that all points have"
    )
    axes: dict[str, Axis] = Field(default_factory=dict, description="What is varied, by the name of a column")
    design: Design = Field(
        "grid",
        description="Which points: all combinations (grid), independent draws (random), a Sobol sequence "
        "(sobol), the design of Saltelli for Sobol indices (saltelli), or the values in turn (list)",
    )
    points: Count | None = Field(
        None, ge=1, description="Number of points of `random` and `sobol`; base sample of `saltelli`"
    )
    seed: Count = Field(0, ge=0, description="Seed of `random`, `sobol` and `saltelli`")
    chain: Count | None = Field(
        None,
        ge=1,
        description="Most points that are solved one after the other, each from its nearest neighbour among "
        f"them; default {CHAIN} for equilibria, {CHAIN_OF_PATHS} for paths and 1 for replications",
    )
    fields: Flag = Field(
        False, description="Whether all numbers of every point are kept too, as a netCDF file each"
    )
    outcomes: tuple[str, ...] = Field(
        min_length=1,
        description="Outcomes: names, patterns or arithmetic of names, each with a name of its own before =",
    )

    _subjects: dict[str, Economy | Chronicle] = PrivateAttr(default_factory=dict)

    @property
    def kind(self) -> Literal["economy", "chronicle", "replications"]:
        """What is solved at every point."""
        if self.replications is not None:
            return "replications"
        chronicle = any(isinstance(item, Chronicle) for item in self._subjects.values())
        return "chronicle" if chronicle else "economy"

    @property
    def subjects(self) -> Mapping[str, Economy | Chronicle]:
        """Economies or chronicles with all fixed settings: one under the empty name, or those of an axis of
        files under the names of the files; none for replications.
        """
        return self._subjects

    @property
    def files(self) -> str | None:
        """Name of the axis of files, if there is one."""
        return next((name for name, axis in self.axes.items() if axis.files is not None), None)

    @property
    def longest(self) -> int:
        """Most points of a chain."""
        if self.chain is not None:
            return self.chain
        return {"economy": CHAIN, "chronicle": CHAIN_OF_PATHS, "replications": 1}[self.kind]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        files = self.files
        given = [kind for kind in KINDS if getattr(self, kind) is not None]
        if files is not None and given:
            raise ValueError(f"has `{given[0]}` and an axis of files (`{files}`): keep one of them")
        if files is None:
            exactly_one(self, *KINDS)
        if self.replications is not None and (self.axes or self.set or self.fields):
            raise ValueError("`replications` have no parameters: leave out `axes`, `set` and `fields`")
        if self.replications is None and not self.axes:
            raise ValueError("`axes` is missing: say what is varied")
        if self.design in DRAWN and self.points is None:
            raise ValueError(f"`points` is missing: how many points a design `{self.design}` has")
        if self.design not in DRAWN and self.points is not None:
            raise ValueError(f"`points` has no meaning in a design `{self.design}`: leave it out")
        if self.design == "saltelli" and (self.points or 0) & ((self.points or 0) - 1):
            raise ValueError(f"`points` of a design `saltelli` must be a power of 2; got {self.points}")
        return self
