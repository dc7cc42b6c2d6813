"""Least squares with several sets of fixed effects, by pyfixest (an optional library).

Names never reach pyfixest: variables are columns v0v, v1v, … and categories whole numbers, so that labels
come back whole whatever the file calls them.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl
from scipy import special

from dirigiste.errors import DirigisteError, InputError
from dirigiste.measurement.data.expressions import Name
from dirigiste.measurement.regressions.formula import Category, Equation, Event, Variable, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dirigiste.measurement.regressions.formula import Part
    from dirigiste.measurement.regressions.variables import Variables

    Array = np.ndarray[Any, np.dtype[Any]]

TOLERANCE: Final = 1e-10
"""Of taking out several sets of effects in turn."""

LEVEL: Final = 0.95

MOST_VALUES: Final = 500
"""Values of a category among the regressors, each of which is a column; fixed effects may have any number."""

FEWEST: Final = 3
"""Rows that a regression needs."""

INTERCEPT: Final = "constant"


class LibraryMissing(DirigisteError):  # noqa: N818  (named for the state of affairs)
    """An optional library is not installed."""

    exit_code = 2


@dataclass(frozen=True)
class Model:
    """One regression that was estimated."""

    text: str
    """The formula that it comes from."""
    outcome: str
    terms: tuple[str, ...]
    coefficients: Array
    errors: Array
    t: Array
    p: Array
    low: Array
    """Ends of 95 % intervals, by Student's t."""
    high: Array
    covariance: Array
    mended: bool
    """Whether the covariance by two clusters was not positive and was made so."""
    rows: int
    missing: int
    """Rows of the sample left out since a variable is missing."""
    alone: int
    """Rows left out since they are alone in one of the effects."""
    r2: float
    r2_within: float
    """nan without fixed effects."""
    effects: tuple[str, ...]
    errors_by: str
    """How standard errors are computed, in words."""
    clusters: tuple[int, ...]
    omitted: tuple[str, ...]
    """Regressors that others determine."""


def pyfixest() -> Any:  # noqa: ANN401  (a module)
    """The library.

    Raises:
        LibraryMissing: It is not installed.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pyfixest as library
    except ImportError as error:
        message = f"regressions need pyfixest ({error}): pip install 'dirigiste[regressions]'"
        raise LibraryMissing(message) from None
    return library


class Columns:
    """Columns for pyfixest, made from variables, each once."""

    def __init__(self, variables: Variables, key: str, text: str) -> None:
        self.variables, self.key, self.text = variables, key, text
        self.made: dict[str, pl.Series] = {}
        self.labels: dict[str, str] = {}
        self.values: dict[str, tuple[str, ...]] = {}
        """Column -> names of its categories."""
        self._by_what: dict[Any, str] = {}

    def add(self, what: Any, label: str, make: Callable[[], pl.Series]) -> str:  # noqa: ANN401
        """The column of `what`, which is any key; made where it is not there yet."""
        if what not in self._by_what:
            name = f"v{len(self.made)}v"
            self._by_what[what] = name
            self.made[name] = make()
            self.labels[name] = label
        return self._by_what[what]

    def number(self, variable: Variable) -> str:
        """The column of a number."""
        return self.add(
            variable.formula,
            variable.label,
            lambda: self.variables.number(variable.formula, self.key, self.text),
        )

    def category(self, names: Sequence[str]) -> str:
        """The column of a category, or of several combined."""
        values = self.variables.values(names)
        column = self.add(("category", *names), "^".join(map(quoted, names)), lambda: values.codes)
        self.values[column] = values.names
        return column

    def check_few(self, column: str) -> None:
        """Raise InputError where a category has too many values to be a regressor."""
        count, name = len(self.values[column]), self.labels[column]
        if count > MOST_VALUES:
            message = (
                f"`{name}` in `{self.text}` has {count:,} values, more than {MOST_VALUES} for regressors; "
                f"write it among the fixed effects: `| {name}`"
            )
            raise InputError.of(message, key=self.key)

    def code(self, column: str, value: str) -> int:
        """The number of a category.

        Raises:
            InputError: There is none of this name.
        """
        from dirigiste.documents.words import near

        names = self.values[column]
        if value in names:
            return names.index(value)
        shown = ", ".join(names[:12]) + (" …" if len(names) > 12 else "")
        message = f"no value `{value}` of `{self.labels[column]}` in `{self.text}`; values are {shown}"
        raise InputError.of(message, key=self.key, suggestion=near(value, names))

    def term(self, coefficient: str) -> str:
        """A coefficient of pyfixest in the user's words: `soe × post`, `region = north`."""
        if coefficient == "Intercept":
            return INTERCEPT

        def valued(match: re.Match[str]) -> str:
            column, code = match[1], int(match[2])
            return f"{self.labels[column]} = {self.values[column][code]}"

        text = re.sub(r":(?=v\d+v|C\()", " × ", re.sub(r"::", "∷", coefficient))
        text = re.sub(r"C\((v\d+v)(?:,[^)]*\))?\)\[(?:T\.)?(\d+)\]", valued, text)
        text = re.sub(r"(v\d+v)∷(\d+)", valued, text)
        return re.sub(r"v\d+v", lambda match: self.labels[match[0]], text)


def translated(parts: Sequence[Part], columns: Columns) -> str:
    """Regressors in the notation of pyfixest, on its columns."""
    words = []
    for part in parts:
        match part:
            case str():
                words.append(part)
            case Variable(_, Name(name)) if columns.variables.is_text(name):
                column = columns.category([name])
                columns.check_few(column)
                words.append(f"C({column})")
            case Variable():
                words.append(columns.number(part))
            case Category():
                words.append(_category(part, columns))
            case Event():
                message = f"`{part.label}` is for event studies: --event-study, or `event_study`"
                raise InputError.of(message, key=columns.key)
    return " ".join(words)


def _category(part: Category, columns: Columns) -> str:
    column = columns.category([part.name])
    columns.check_few(column)
    reference = "" if part.reference is None else columns.code(column, part.reference)
    if part.function == "C":
        return f"C({column})" if reference == "" else f"C({column}, contr.treatment(base={reference}))"
    arguments = [column]
    if part.by is not None:
        text = columns.variables.is_text(part.by)
        arguments.append(
            columns.category([part.by]) if text else columns.number(Variable(quoted(part.by), Name(part.by)))
        )
    if reference != "":
        arguments.append(f"ref={reference}")
    return f"i({', '.join(arguments)})"


def estimated(
    equation: Equation,
    outcome: Variable,
    variables: Variables,
    *,
    key: str,
    clusters: Sequence[tuple[str, ...]] = (),
    by_firm: bool = False,
    weighted: bool = False,
    regressors: str | None = None,
    columns: Columns | None = None,
    among: pl.Series | None = None,
) -> Model:
    """Estimate one regression.

    Args:
        equation: The formula.
        outcome: Which of its outcomes.
        variables: Where its names are.
        key: The option that messages name.
        clusters: Names to cluster by, one or two combinations; none: robust to heteroskedasticity (HC1).
        by_firm: Cluster by firm; a row without id is a firm, as in the table of groups.
        weighted: Whether rows count by their sampling weight.
        regressors: Regressors already translated (event studies); default: those of the equation.
        columns: Columns already made, with these.
        among: Rows that may count; default: all of the sample.

    Raises:
        InputError: The data do not allow it.
        LibraryMissing: pyfixest is not installed.
    """
    library = pyfixest()
    columns = columns or Columns(variables, key, equation.text)
    right = translated(equation.regressors, columns) if regressors is None else regressors
    left = columns.number(outcome)
    absorbed = [columns.category(names) for names in equation.effects]
    grouped = [columns.category(names) for names in clusters]
    grouped += [columns.add("firm", "firm", variables.firms_of_rows)] if by_firm else []
    weight = columns.add("weight", "weight", lambda: variables.rows["weight"]) if weighted else None
    frame = pl.DataFrame([series.alias(name) for name, series in columns.made.items()])
    used = [name for name in frame.columns if re.search(rf"\b{name}\b", f"{left} {right}")]
    frame = frame.select(list(dict.fromkeys([*used, *absorbed, *grouped, *([weight] if weight else [])])))
    frame = frame if among is None else frame.filter(among)
    complete = frame.drop_nulls()
    _check_rows(complete, columns, left, outcome, key, frame)
    whole = _not_alone(complete, absorbed)
    if whole.height < FEWEST:
        message = (
            f"`{equation.text}`: {complete.height - whole.height:,} of {complete.height:,} rows are alone in "
            "one of its fixed effects, so that nothing can be compared"
        )
        raise InputError.of(message, key=key)
    if re.search(rf"\b{left}\b", right):
        message = f"`{outcome.label}` is both the outcome and a regressor of `{equation.text}`"
        raise InputError.of(message, key=key)
    for name in grouped:
        if whole[name].n_unique() < 2:
            message = f"`{columns.labels[name]}` has one value in the rows of `{equation.text}`; it takes two"
            raise InputError.of(message, key="--cluster")
    formula = f"{left} ~ {right}" + (f" | {' + '.join(absorbed)}" if absorbed else "")
    vcov: Any = {"CRV1": "+".join(grouped)} if grouped else "hetero"
    fit = _fitted(library, formula, whole, vcov, weight, key, equation.text)
    with np.errstate(invalid="ignore"):  # variances below 0, before they are mended
        beta = fit.coef()
    covariance, mended = positive(np.asarray(fit._vcov, dtype=float))
    errors = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        t = beta.to_numpy() / errors
    width = special.stdtrit(fit._df_t, (1 + LEVEL) / 2) * errors
    by = " and ".join([*map(_combined, clusters), *(["firm"] if by_firm else [])])
    counts = [int(whole[name].n_unique()) for name in grouped]
    return Model(
        equation.text,
        outcome.label,
        tuple(columns.term(str(name)) for name in beta.index),
        beta.to_numpy(),
        errors,
        t,
        2 * special.stdtr(fit._df_t, -np.abs(t)),
        beta.to_numpy() - width,
        beta.to_numpy() + width,
        covariance,
        mended,
        int(fit._N),
        frame.height - complete.height,
        complete.height - int(fit._N),
        float(fit._r2),
        float(fit._r2_within) if absorbed else float("nan"),
        tuple("^".join(map(quoted, names)) for names in equation.effects),
        f"clustered by {by}" if by else "robust to heteroskedasticity (HC1)",
        tuple(counts),
        tuple(columns.term(str(name)) for name in fit._collin_vars or ()),
    )


def positive(covariance: Array) -> tuple[Array, bool]:
    """A covariance whose variances are not negative, and whether it had to be changed.

    Clustered by two variables it may not be positive: eigenvalues below 0 become 0 (Cameron, Gelbach and
    Miller 2011, J. Bus. Econ. Stat. 29:238-249).
    """
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    if np.diag(covariance).min(initial=0.0) >= 0:
        return covariance, False
    return (vectors * np.maximum(values, 0.0)) @ vectors.T, True


def _combined(names: Sequence[str]) -> str:
    return "^".join(map(quoted, names))


def _not_alone(frame: pl.DataFrame, effects: Sequence[str]) -> pl.DataFrame:
    """Rows that share each of their effects with another row; dropped in turn until none is alone."""
    while effects:
        rows = frame.filter(pl.all_horizontal([pl.len().over(name) > 1 for name in effects]))
        if rows.height == frame.height:
            break
        frame = rows
    return frame


def _check_rows(
    whole: pl.DataFrame, columns: Columns, left: str, outcome: Variable, key: str, frame: pl.DataFrame
) -> None:
    """Raise InputError where no row has all variables, or the outcome is the same in all."""
    if whole.height < FEWEST:
        counts = frame.null_count().row(0, named=True)
        worst = max(counts, key=lambda name: counts[name])
        message = (
            f"only {whole.height} rows have all variables of `{columns.text}`; most lack "
            f"`{columns.labels[worst]}` ({counts[worst]:,} of {frame.height:,} rows)"
        )
        raise InputError.of(message, key=key)
    if whole[left].n_unique() < 2:
        message = f"`{outcome.label}` in `{columns.text}` is the same in all {whole.height:,} rows"
        raise InputError.of(message, key=key)


def _fitted(
    library: Any,  # noqa: ANN401  (a module)
    formula: str,
    frame: pl.DataFrame,
    vcov: str | Mapping[str, str],
    weight: str | None,
    key: str,
    text: str,
) -> Any:  # noqa: ANN401  (pyfixest's Feols)
    import pandas as pd
    from pyfixest.demeaners import MapDemeaner

    data = pd.DataFrame({name: frame[name].to_numpy() for name in frame.columns})
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # deprecations of pandas; what is left out is told in the table
            return library.feols(
                formula,
                data,
                vcov=vcov,
                weights=weight,
                store_data=False,
                copy_data=False,
                demeaner=MapDemeaner(fixef_tol=TOLERANCE),
            )
    except Exception as error:  # pyfixest raises its own and those of several libraries
        lines = str(error).strip().splitlines() or [type(error).__name__]
        message = f"`{text}` cannot be estimated: {lines[0]}"
        if "collinear" in lines[0]:
            message = f"`{text}` has no regressor that its fixed effects leave any variation"
        raise InputError.of(message, key=key) from error
