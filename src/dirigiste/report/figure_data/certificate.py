"""The certificate: what it says, residuals and tolerances, the goods identity, errors of the grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dirigiste.numerics.stationary.certificate import MASS, WALRAS
from dirigiste.report import words
from dirigiste.report.figure_data import course, path_residuals
from dirigiste.results.quantities.measures import IDENTITY

if TYPE_CHECKING:
    from dirigiste.economy import Economy
    from dirigiste.results.runs.run import Run

RESIDUALS: Final = (
    ("hjb", "Value equation", "largest residual, logs of consumption a year"),
    ("distribution", "Distribution", "sum of |inflow − outflow|, per year"),
    ("mass", "Mass", "total less 1"),
    ("labor", "Labour market", "demand less supply, relative"),
    ("capital", "Capital market", "demand less supply, relative"),
    ("budget", "Budget", "receipts less transfer and spending, over output"),
    ("quota", "Directed credit", "share less the one asked for"),
    ("walras", "Goods (Walras' law, not used to solve)", "residual over output"),
)
"""Key, label and unit of what is tested."""


@dataclass(frozen=True, slots=True)
class Residual:
    """A residual of both states, and its tolerance.

    A condition that need not bind (capital that lies idle, a quota met and more) leaves slack, which may be
    larger.
    """

    key: str
    label: str
    unit: str
    before: float
    after: float
    tolerance: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the certificates say, in a line."""

    good: bool
    text: str


def tolerance(economy: Economy, key: str) -> float:
    """What a residual of a stationary state may be."""
    declared = economy.numerics.tolerances
    given = {"hjb": declared.hjb, "distribution": declared.distribution, "mass": MASS, "walras": WALRAS}
    return float(given.get(key, declared.markets))


def residuals(run: Run) -> list[Residual]:
    """All residuals that the certificates hold."""
    one, other = run.before.certificate, run.after.certificate
    return [
        Residual(
            key,
            label,
            unit,
            float(getattr(one, key)),
            float(getattr(other, key)),
            min(tolerance(run.before.economy, key), tolerance(run.after.economy, key)),
        )
        for key, label, unit in RESIDUALS
        if key != "quota" or run.before.economy.closure.directed is not None
    ]


def warnings(run: Run) -> list[str]:
    """Warnings of the run and of its economies, each once."""
    economies = (run.before.economy, run.after.economy)
    problems = [str(problem) for economy in economies for problem in economy.warnings()]
    return list(dict.fromkeys([*run.warnings, *problems]))


def verdict(run: Run) -> Verdict:
    """What the certificates of the path and of both stationary states say; they alone decide."""
    parts = {
        "the state before": run.before.certificate,
        "the state after": run.after.certificate,
        "the path": run.certificate,
    }
    missing = [name for name, certificate in parts.items() if not certificate.certified]
    if missing:
        text = f"There is no certificate of {words.listing(missing)}. Do not use these numbers."
        return Verdict(False, text)
    top = path_residuals.closest(run)
    text = (
        "Every step of the path and both stationary states meet every tolerance. Closest to its own: "
        f"{top.label}, {words.residual(top.largest)} of {words.residual(top.tolerance)} "
        f"({course.month(run, top.worst)}). Distance from the end state at the horizon: "
        f"{words.residual(path_residuals.farthest(run))}."
    )
    count = len(warnings(run))
    return Verdict(True, text + (f" {words.count(count, 'warning')} below." if count else ""))


def identity(run: Run) -> list[tuple[str, float, float]]:
    """Terms of the goods identity before and after, those that are not 0 in both; the residual last."""
    one, other = run.before.identity, run.after.identity
    return [
        (words.opening(term.label), one[name], other[name])
        for name, term in IDENTITY.items()
        if name in one and (one[name] or other[name] or name == "residual")
    ]


def flat(value: object, prefix: str = "") -> list[tuple[str, str]]:
    """A nested record as lines of key and text."""
    if isinstance(value, dict):
        return [
            row
            for key, inner in value.items()
            for row in flat(inner, f"{prefix}.{key}" if prefix else str(key))
        ]
    if isinstance(value, list | tuple):
        if all(not isinstance(item, dict | list | tuple) for item in value):
            return [(prefix, ", ".join(_text(item) for item in value))]
        return [row for n, item in enumerate(value, start=1) for row in flat(item, f"{prefix}.{n}")]
    return [(prefix, _text(value))]


def _text(value: object) -> str:
    if value is None:
        return words.NONE
    if isinstance(value, bool):
        return str(value).lower()
    return words.number(value, 4) if isinstance(value, float) else str(value)


def provenance(run: Run) -> list[tuple[str, str]]:
    """Where the run comes from, line by line."""
    return [(key, text) for key, text in flat(dict(run.provenance)) if text != words.NONE]


def extras(run: Run) -> list[tuple[str, str, str]]:
    """What `certify` adds (errors of the grid, other starts), key by key before and after."""
    one, other = (
        {key: value for key, value in e.certificate.to_json().items() if key in ("grid", "starts")}
        for e in (run.before, run.after)
    )
    left, right = dict(flat(one)), dict(flat(other))
    return [(key, left.get(key, words.NONE), right.get(key, words.NONE)) for key in {**left, **right}]
