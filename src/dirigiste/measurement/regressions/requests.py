"""Regressions that a measurement was asked for: formulas checked before anything is computed."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from dirigiste.errors import InputError, Problem
from dirigiste.measurement.data.expressions import NotAFormula
from dirigiste.measurement.regressions import formula
from dirigiste.measurement.regressions.estimation import estimated, pyfixest
from dirigiste.measurement.regressions.event_study import METHODS, Window, studied, written
from dirigiste.measurement.regressions.formula import Event
from dirigiste.measurement.regressions.tables import event_table, tables
from dirigiste.measurement.regressions.variables import Variables

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from dirigiste.measurement.choices import Choices
    from dirigiste.measurement.data.firms import Firms
    from dirigiste.measurement.output.table import Table
    from dirigiste.measurement.regressions.formula import Equation


ROBUST: Final = "none"
"""What `--cluster` says for standard errors that are robust to heteroskedasticity alone."""


LABEL: Final = re.compile(r"[A-Za-z0-9:.-]+")
"""Labels that LaTeX takes as they are."""


@dataclass(frozen=True)
class Requests:
    """Formulas of regressions and event studies, and how they are estimated."""

    regress: tuple[str, ...] = ()
    event_study: tuple[str, ...] = ()
    cluster: str | None = None
    """Names to cluster by: one, or two joined by +; None: by firm, without ids robust to heteroskedasticity;
    `none`: robust to heteroskedasticity."""
    stars: bool = False
    event_window: str = "-5,5"
    event_method: str = "two-way"
    regress_title: str | None = None
    """Title of the table of regressions; None: `Regressions`."""
    regress_label: str | None = None
    """What LaTeX calls that table after `tab:`; None: `regress`."""

    def __bool__(self) -> bool:
        return bool(self.regress or self.event_study)

    @property
    def robust(self) -> bool:
        """Whether standard errors are to be robust to heteroskedasticity alone."""
        return self.cluster is not None and self.cluster.strip().lower() == ROBUST

    def idle(self) -> list[str]:
        """A sentence for each option that nothing uses."""
        plain, event = "--regress", "--event-study"
        given = {
            "--cluster": (self.cluster is not None, bool(self), f"{plain} and {event}; other tables are "
                          "clustered by firm, whatever it says"),
            "--stars": (self.stars, bool(self.regress), plain),
            "--event-window": (self.event_window != Requests.event_window, bool(self.event_study), event),
            "--regress-title": (self.regress_title is not None, bool(self.regress), plain),
            "--regress-label": (self.regress_label is not None, bool(self.regress), plain),
            "--event-method": (self.event_method != Requests.event_method, bool(self.event_study), event),
        }  # fmt: skip
        return [
            f"{option} changes nothing here: it is for {what}."
            for option, (there, used, what) in given.items()
            if there and not used
        ]

    def checked(self) -> Checked:
        """Formulas as they are read.

        Raises:
            InputError: With every formula that cannot be read.
            LibraryMissing: pyfixest is not installed.
        """
        problems: list[Problem] = []

        def read(text: str, key: str) -> Equation | None:
            try:
                return formula.parse(text)
            except NotAFormula as error:
                problems.append(Problem("", 0, 0, key, f"the formula `{text}` {error}"))
            return None

        models = [read(text, "--regress") for text in self.regress]
        events = [read(written(text), "--event-study") for text in self.event_study]
        clusters: tuple[tuple[str, ...], ...] = ()
        if self.cluster is not None and not self.robust:
            try:
                clusters = formula.clusters(self.cluster)
            except NotAFormula as error:
                problems.append(Problem("", 0, 0, "--cluster", str(error)))
        try:
            window = Window.of(self.event_window)
        except InputError as error:
            problems += error.problems
            window = Window()
        if self.event_method not in METHODS:
            message = f"must be one of {', '.join(METHODS)}; got `{self.event_method}`"
            problems.append(Problem("", 0, 0, "--event-method", message))
        if self.regress_label is not None and not LABEL.fullmatch(self.regress_label):
            message = f"must be of letters a to z, digits, - : . and no spaces; got `{self.regress_label}`"
            problems.append(Problem("", 0, 0, "--regress-label", message))
        problems += [
            Problem("", 0, 0, "--regress", f"`{part.label}` is for event studies: give it to --event-study")
            for model in models
            if model
            for part in model.regressors
            if isinstance(part, Event)
        ]
        if problems:
            raise InputError(problems)
        if self:
            pyfixest()
        return Checked(self, tuple(m for m in models if m), tuple(e for e in events if e), clusters, window)


@dataclass(frozen=True)
class Checked:
    """Requests whose formulas were read."""

    asked: Requests
    models: tuple[Equation, ...]
    events: tuple[Equation, ...]
    clusters: tuple[tuple[str, ...], ...]
    window: Window

    def check_names(self, firms: Firms) -> None:
        """Raise InputError with every name that is neither a measure, a role, a column nor a group."""
        variables = Variables(firms)
        problems: list[Problem] = []
        for key, equations in (("--regress", self.models), ("--event-study", self.events)):
            for equation in equations:
                problems += variables.problems(equation.names, key, equation.text)
        words = [name for names in self.clusters for name in names]
        problems += variables.problems(words, "--cluster", self.asked.cluster or "")
        if problems:
            raise InputError(problems)

    def tables(self, firms: Firms, rows: pl.DataFrame, choices: Choices, line: str) -> dict[str, Table]:
        """Estimate all.

        Args:
            firms: What was read.
            rows: The rows of the measurement, with measures.
            choices: Choices of the measurement; rows count by their weight where it says so.
            line: The choices in a line.

        Raises:
            InputError: The data do not allow a regression.
        """
        if not self.asked:
            return {}
        variables = Variables(firms, rows)
        names = [name for names in self.clusters for name in names]
        names += [name for equation in (*self.models, *self.events) for name in equation.names]
        variables.load([*names, "id"] if "id" in variables.roles else names)
        weighted = choices.weights == "sampling" and bool((rows["weight"] != 1.0).any())
        by_firm = "id" in variables.roles and not self.asked.robust
        made: dict[str, Table] = {}
        if self.models:
            models = [
                estimated(
                    equation,
                    outcome,
                    variables,
                    key="--regress",
                    clusters=self.clusters,
                    by_firm=by_firm and not self.clusters,
                    weighted=weighted,
                )
                for equation in self.models
                for outcome in equation.outcomes
            ]
            side_by_side, long_form = tables(models, line, stars=self.asked.stars)
            side_by_side = replace(
                side_by_side,
                title=self.asked.regress_title or side_by_side.title,
                label=self.asked.regress_label or "",
            )
            made |= {table.name: table for table in (side_by_side, long_form)}
        if self.events:
            studies = [
                study
                for equation in self.events
                for study in studied(
                    equation, variables, key="--event-study", window=self.window,
                    method=self.asked.event_method, weighted=weighted,
                    clusters=self.clusters or ((("id",),) if by_firm else ()),
                )
            ]  # fmt: skip
            made["event_study"] = event_table(studies, line)
        return made


def requested(
    regress: Sequence[str] | str, event_study: Sequence[str] | str, **how: str | bool | None
) -> Requests:
    """Requests from what `measure` is given; a single formula may stand alone."""
    return Requests(
        (regress,) if isinstance(regress, str) else tuple(regress),
        (event_study,) if isinstance(event_study, str) else tuple(event_study),
        **how,  # type: ignore[arg-type]
    )
