"""From options of the command line to choices: every fault at once, under the option's name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dirigiste.errors import InputError, Problem
from dirigiste.measurement.choices import Choices, Trim
from dirigiste.measurement.data import shares
from dirigiste.measurement.data.deflator import read_deflator

if TYPE_CHECKING:
    from collections.abc import Mapping


DEFAULT_TRIM: Final = 1.0
"""Per cent that are cut from each tail where nothing is said and nothing is winsorised."""

LEAST_TRIM: Final = 0.2
"""Per cent below which a share may be meant."""

MOST_RENTAL: Final = 1.0
"""Rental price of capital above which per cent may be meant."""


def choices(options: Mapping[str, Any]) -> Choices:
    """Build choices.

    Args:
        options: Values of the options sigma, rental, alpha, trim, trim_by, min_cell, labor, weights,
            reference, eta and deflator, as the command line gives them.

    Raises:
        InputError: With every value that cannot be used.
    """
    problems: list[Problem] = []
    given: dict[str, Any] = {
        "rental": options["rental"],
        "labor": options["labor"].replace("-", "_"),
        "min_cell": options["min_cell"],
        "weights": options["weights"],
        "reference": options["reference"],
        "eta": options["eta"],
    }
    for read in (_sigma, _alpha, _trim, _winsor, _deflator):
        try:
            given.update(read(options))
        except InputError as error:
            problems += error.problems
    try:
        result = Choices(**given)
    except InputError as error:
        problems += [_named(problem) for problem in error.problems]
    else:
        if not problems:
            return result
    raise InputError(problems)


def doubtful(options: Mapping[str, Any]) -> list[str]:
    """Options that can be used but may be meant otherwise: shares for per cent, per cent for shares."""
    warnings = []
    rental = options["rental"]
    for name, does in (("trim", "cuts {} per cent from"), ("winsor", "pulls in {} per cent of")):
        share = options.get(name) or 0.0
        if 0.0 < share < LEAST_TRIM:
            warnings.append(
                f"--{name} {share:g} {does.format(f'{share:g}')} each tail; if {100.0 * share:g} per cent "
                f"are meant, give --{name} {100.0 * share:g}"
            )
    if rental > MOST_RENTAL:
        warnings.append(
            f"--rental {rental:g} is {100.0 * rental:g} per cent a year; if {rental:g} per cent are meant, "
            f"give --rental {rental / 100.0:g}"
        )
    return warnings


def _named(problem: Problem) -> Problem:
    """The problem under the name of its option."""
    if not problem.key:
        return problem
    return Problem("", 0, 0, f"--{problem.key.replace('_', '-')}", problem.message, problem.suggestion)


def _sigma(options: Mapping[str, Any]) -> dict[str, Any]:
    text = str(options["sigma"]).strip()
    if text.startswith("table:"):
        return {"sigma": shares.elasticities(Path(text.removeprefix("table:")))}
    return {"sigma": _number(text, "--sigma", "a number above 1, or table:FILE with a σ for each industry")}


def _alpha(options: Mapping[str, Any]) -> dict[str, Any]:
    text = str(options["alpha"]).strip()
    kind, _, rest = text.partition(":")
    what = (
        "own, own-corrected, table:FILE, constant:A with A between 0 and 1, acf, or acf:DIGITS (industries "
        "whose codes begin alike together)"
    )
    if kind == "table" and rest:
        return {"alpha": "table", "alpha_table": shares.capital_shares(Path(rest))}
    if kind == "constant" and rest:
        return {"alpha": "constant", "alpha_value": _number(rest, "--alpha", what)}
    if kind == "acf" and rest.isdecimal():
        return {"alpha": "acf", "alpha_digits": int(rest)}
    if text in ("own", "own-corrected", "acf"):
        return {"alpha": text}
    raise InputError.of(f"must be {what}; got `{text}`", key="--alpha")


def _trim(options: Mapping[str, Any]) -> dict[str, Any]:
    percent = options["trim"]
    if percent is None:
        percent = 0.0 if options.get("winsor") else DEFAULT_TRIM
    return {"trim": _tails(percent, options, "--trim", "cut from")}


def _winsor(options: Mapping[str, Any]) -> dict[str, Any]:
    percent = options.get("winsor")
    return {"winsor": _tails(percent, options, "--winsor", "pull in at")} if percent else {}


def _tails(percent: float, options: Mapping[str, Any], key: str, what: str) -> Trim:
    if not 0 <= percent < 50:
        message = f"must be the per cent to {what} each tail, 0 to below 50; got {percent:g}"
        raise InputError.of(message, key=key)
    names = [name.strip() for name in options["trim_variables"].split(",") if name.strip()]
    try:
        return Trim(tail=percent / 100, variables=tuple(names), by=options["trim_by"])
    except InputError as error:
        raise InputError([Problem("", 0, 0, "--trim-variables", p.message) for p in error.problems]) from None


def _deflator(options: Mapping[str, Any]) -> dict[str, Any]:
    path = options.get("deflator")
    return {} if path is None else {"deflator": read_deflator(path)}


def _number(text: str, key: str, what: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError.of(f"must be {what}; got `{text}`", key=key) from None
