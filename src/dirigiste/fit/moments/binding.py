"""Binds the content of a calibration file to an economy, and finds every fault of content."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dirigiste.documents.words import near
from dirigiste.errors import InputError, Problem
from dirigiste.fit.moments import measured as measured_files
from dirigiste.fit.moments.plan import Assumed, Parameter, Plan, Prior, Target
from dirigiste.fit.moments.scales import Scale
from dirigiste.results.quantities import outcomes
from dirigiste.results.quantities.expression import parse

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dirigiste.documents.nodes import Document, KeyPath
    from dirigiste.economy import Economy
    from dirigiste.fit.moments.declaration import (
        AssumedParameter,
        CalibrationFile,
        FittedParameter,
        Moment,
    )
    from dirigiste.fit.moments.measured import Measured, MeasuredMoments

SAME = 1e-3
"""Relative difference up to which a standard error and the root of a variance count as the same."""


def bind(
    declared: CalibrationFile, document: Document, economy: Economy
) -> tuple[Plan | None, list[Problem]]:
    """The plan of a calibration, or None, and every fault of its content."""
    binder = _Binder(declared, document, economy)
    plan = binder.plan()
    return (None if binder.problems else plan), binder.problems


class _Binder:
    def __init__(self, declared: CalibrationFile, document: Document, economy: Economy) -> None:
        self.declared = declared
        self.document = document
        self.economy = economy
        self.problems: list[Problem] = []
        self.known = outcomes.names(economy)
        self.numbers = {parameter.path: parameter for parameter in economy.parameters()}
        self.measured = self.read_measured()

    def fault(
        self, path: KeyPath, message: str, suggestion: str | None = None, *, key: bool = False
    ) -> None:
        place = self.document.locate(path, key=key)
        self.problems.append(
            Problem(
                place.file or self.document.file,
                place.line,
                place.column,
                self.document.dotted(path),
                message,
                suggestion,
            )
        )

    def plan(self) -> Plan | None:
        parameters = [self.parameter(n, item) for n, item in enumerate(self.declared.parameters)]
        targets = [self.target(n, item) for n, item in enumerate(self.declared.moments)]
        assumed = [self.assumed(n, item) for n, item in enumerate(self.declared.assumed)]
        self.unique()
        for kind, items in (("parameters", parameters), ("moments", targets)):
            if not items:
                self.fault((kind,), "must hold at least one", key=True)
        found = [target for target in targets if target is not None]
        counted = sum(moment.targeted for moment in self.declared.moments)
        priors = sum(item.prior is not None for item in self.declared.parameters)
        if counted + priors < len(parameters):
            self.fault(
                ("moments",),
                f"{len(parameters)} parameters need at least as many moments and priors; there are {counted} "
                f"moments that count and {priors} priors",
                key=True,
            )
        if self.problems:
            return None
        covariance = self.covariance(found)
        ordered = sorted(found, key=lambda target: not target.targeted)
        return Plan(
            self.declared.name,
            self.declared.title or self.declared.name,
            self.declared.description,
            self.document.file,
            self.economy,
            tuple(parameter for parameter in parameters if parameter is not None),
            tuple(ordered),
            covariance,
            tuple(item for item in assumed if item is not None),
        )

    # Parameters

    def parameter(self, n: int, item: FittedParameter) -> Parameter | None:
        paths = (item.path, *item.also)
        places: list[KeyPath] = [("parameters", n, "path")]
        places += [("parameters", n, "also", k) for k in range(len(item.also))]
        known = [self.is_number(path, place) for path, place in zip(paths, places, strict=True)]
        low, high = item.bounds
        at: KeyPath = ("parameters", n, "bounds")
        if not low < high:
            self.fault(at, f"the lower bound must be below the upper one; got [{low:g}, {high:g}]")
            return None
        if item.transform == "log" and low < 0.0:
            self.fault(at, f"must be at least 0 with `transform: log`; got [{low:g}, {high:g}]")
        if item.transform == "logit" and not (math.isfinite(low) and math.isfinite(high)):
            self.fault(at, "must be finite with `transform: logit`")
        if not all(known):
            return None
        start = item.start
        if start is None:
            start = self.own_start(("parameters", n), paths)
        where: KeyPath = ("parameters", n, "path" if item.start is None else "start")
        what = "the value in the economy" if item.start is None else "the start"
        strict = item.transform != "none"
        if not (low < start < high if strict else low <= start <= high):
            inside = "strictly between" if strict else "between"
            self.fault(where, f"{what}, {start:g}, must lie {inside} the bounds {low:g} and {high:g}")
            return None
        if item.prior is not None and strict and not low < item.prior.mean < high:
            at_mean: KeyPath = ("parameters", n, "prior", "mean")
            self.fault(at_mean, f"must lie strictly between the bounds {low:g} and {high:g}")
            return None
        for place, value in (
            (("parameters", n, "bounds", 0), low),
            (("parameters", n, "bounds", 1), high),
            (where, start),
        ):
            self.allowed(place, paths, value)
        number = self.numbers[item.path]
        prior = None if item.prior is None else Prior(item.prior.mean, item.prior.sd)
        return Parameter(
            item.name or item.path,
            paths,
            Scale(item.transform, low, high),
            start,
            number.unit,
            number.description,
            prior,
            item.note,
        )

    def assumed(self, n: int, item: AssumedParameter) -> Assumed | None:
        here: KeyPath = ("assumed", n)
        places: list[KeyPath] = [(*here, "path"), *((*here, "also", k) for k in range(len(item.also)))]
        paths = (item.path, *item.also)
        known = [self.is_number(path, place) for path, place in zip(paths, places, strict=True)]
        if not all(known):
            return None
        value, (low, high) = self.own_start(here, paths), item.range
        if not low <= value <= high or low == high:
            self.fault(
                (*here, "range"), f"must hold the value in the economy, {value:g}; got [{low:g}, {high:g}]"
            )
        if any(item.path in (fitted.path, *fitted.also) for fitted in self.declared.parameters):
            self.fault((*here, "path"), "is estimated, so not assumed")
        return Assumed(item.name or item.path, paths, value, low, high, item.note)

    def is_number(self, path: str, place: KeyPath) -> bool:
        if path in self.numbers:
            value = self.numbers[path].value
            if isinstance(value, bool) or not math.isfinite(value):
                self.fault(place, f"is no number that can move: {value} in the economy")
                return False
            return True
        better = near(path, self.numbers)
        try:
            value = self.economy.get(path)
        except InputError as error:
            better = error.problems[0].suggestion or better
        else:
            if isinstance(value, int | float) and not isinstance(value, bool):
                return True  # `perceived`, where a file gives only `actual`
        self.fault(place, f"the economy {self.economy.name} has no parameter of this name", better)
        return False

    def own_start(self, here: KeyPath, paths: tuple[str, ...]) -> float:
        values = {path: float(self.economy.get(path)) for path in paths}
        first = values[paths[0]]
        if any(value != first for value in values.values()):
            shown = ", ".join(f"{path} {value:g}" for path, value in values.items())
            hint = "; say where to `start`" if here[0] == "parameters" else "; list them one by one"
            message = f"parameters that are tied differ in the economy ({shown}){hint}"
            self.fault((*here, "also"), message, key=True)
        return first

    def allowed(self, place: KeyPath, paths: tuple[str, ...], value: float) -> None:
        """Whether the economy takes a value of parameters; infinite bounds are not tried."""
        if not math.isfinite(value):
            return
        try:
            self.economy.with_(dict.fromkeys(paths, value))
        except InputError as error:
            problem = error.problems[0]
            self.fault(place, f"the economy does not take {value:g}: {problem.key}: {problem.message}")

    # Moments

    def read_measured(self) -> MeasuredMoments | None:
        if self.declared.measured is None:
            return None
        path = Path(self.document.file).parent / Path(self.declared.measured).expanduser()
        try:
            return measured_files.read(path)
        except InputError as error:
            for problem in error.problems:
                self.problems.append(problem)
                if not problem.line:
                    self.problems.pop()
                    self.fault(("measured",), f"{problem.file}: {problem.message}")
            return None

    def target(self, n: int, item: Moment) -> Target | None:
        here: KeyPath = ("moments", n)
        try:
            expression = parse(item.of, self.known)
        except InputError as error:
            self.fault((*here, "of"), error.problems[0].message, error.problems[0].suggestion)
            expression = None
        if item.measured is not None:
            return self.from_data(n, item, expression)
        if item.target is None:
            self.fault(here, "needs a `target`, or `measured`: the name of a moment of firm data")
            return None
        se = item.se if item.se is not None else self.own_se(item.name)
        if se is None:
            if item.targeted:
                message = "needs `se`, its standard error; an assumed one is {value: ..., source: assumption}"
                self.fault(here, message)
                return None
            se = math.nan
        given = self.declared.sources
        label = f"moments.{item.name}"
        source = item.source or (given[f"{label}.target"].source if f"{label}.target" in given else "")
        if not source:
            self.fault(here, "needs `source`: where the target comes from; or `assumption`")
            return None
        if expression is None:
            return None
        own = given.get(f"{label}.se")
        return Target(
            item.name,
            expression,
            item.target,
            se,
            item.unit or self.unit(item),
            source,
            own.source if own is not None else source,
            item.quality or "",
            item.note,
            item.targeted,
        )

    def unit(self, item: Moment) -> str:
        """The unit of a moment that is a single outcome."""
        return outcomes.measure(item.of).unit if item.of in self.known else ""

    def from_data(self, n: int, item: Moment, expression: object) -> Target | None:
        here: KeyPath = ("moments", n, "measured")
        assert item.measured is not None
        if item.target is not None or item.se is not None:
            message = "a measured moment has its target and standard error in its file; leave them out"
            self.fault(here, message)
        if self.declared.measured is None:
            self.fault(here, "which file? name it at the top: `measured: moments.yaml`")
            return None
        if self.measured is None or expression is None:
            return None
        row: Measured | None = self.measured.moments.get(item.measured)
        if row is None:
            better = near(item.measured, self.measured.moments)
            self.fault(here, f"{self.declared.measured} has no moment of this name", better)
            return None
        variance = self.measured.covariance(row.name, row.name)
        if item.targeted and not variance > 0.0:
            message = f"{self.declared.measured} has no standard error of it; measure with a bootstrap"
            self.fault(here, message)
            return None
        return Target(
            item.name,
            expression,  # type: ignore[arg-type]
            row.value,
            math.sqrt(variance),
            item.unit or row.unit,
            item.source or f"{self.measured.source}: {row.definition}",
            "measured",
            item.quality or "measured",
            item.note,
            item.targeted,
        )

    def own_se(self, name: str) -> float | None:
        """The root of the variance that the file's own covariance gives."""
        given = self.declared.covariance
        if given is None or name not in given.names:
            return None
        k = given.names.index(name)
        if k < len(given.matrix) and k < len(given.matrix[k]) and given.matrix[k][k] > 0.0:
            return math.sqrt(given.matrix[k][k])
        return None

    def unique(self) -> None:
        for kind, items in (
            ("parameters", [item.name or item.path for item in self.declared.parameters]),
            ("moments", [item.name for item in self.declared.moments]),
        ):
            for n, name in enumerate(items):
                if name in items[:n]:
                    self.fault((kind, n), f"`{name}` is the name of two {kind}; each needs its own")
        seen: dict[str, int] = {}
        for n, item in enumerate(self.declared.parameters):
            for path in (item.path, *item.also):
                if path in seen:
                    self.fault(("parameters", n), f"`{path}` is estimated twice; once is enough")
                seen[path] = n

    # Covariance

    def covariance(self, targets: list[Target]) -> NDArray[np.float64]:
        counted = [target for target in targets if target.targeted]
        names = [target.name for target in counted]
        matrix = np.diag([target.se**2 for target in counted])
        rows = {item.name: item.measured for item in self.declared.moments}
        if self.measured is not None:
            for i, first in enumerate(names):
                for j, second in enumerate(names):
                    one, other = rows[first], rows[second]
                    if one is not None and other is not None and i != j:
                        matrix[i, j] = self.measured.covariance(one, other)
        self.own_covariance(names, matrix)
        if not self.problems and np.linalg.eigvalsh(matrix).min(initial=math.inf) <= 0.0:
            where: KeyPath = ("covariance",) if self.declared.covariance is not None else ("measured",)
            self.fault(
                where,
                "the covariance of the moments is not positive definite: some moments are combinations of "
                "others; leave those out",
                key=True,
            )
        return matrix

    def own_covariance(self, names: list[str], matrix: NDArray[np.float64]) -> None:
        """Put the covariance that the file gives into the matrix."""
        given = self.declared.covariance
        if given is None:
            return
        size, before = len(given.names), len(self.problems)
        for k, name in enumerate(given.names):
            if name not in names:
                self.fault(
                    ("covariance", "names", k), f"no moment that counts is called `{name}`", near(name, names)
                )
        if len(given.matrix) != size or any(len(row) != size for row in given.matrix):
            message = f"must have {size} rows of {size} numbers, one for each of `names`"
            self.fault(("covariance", "matrix"), message)
        if len(self.problems) > before:
            return
        own = np.array(given.matrix)
        if not np.allclose(own, own.T, rtol=SAME, atol=0.0):
            self.fault(("covariance", "matrix"), "must be symmetric")
            return
        at = [names.index(name) for name in given.names]
        for k, n in enumerate(at):
            if abs(math.sqrt(max(own[k, k], 0.0)) / math.sqrt(matrix[n, n]) - 1.0) > SAME:
                self.fault(
                    ("covariance", "matrix", k),
                    f"the variance of `{given.names[k]}` must be the square of its `se`, "
                    f"{matrix[n, n]:.4g}; got {own[k, k]:.4g}",
                )
        matrix[np.ix_(at, at)] = 0.5 * (own + own.T)
