"""The certificate: residuals against tolerances, the goods identity, errors of the grid, and the verdict."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from dirigiste.report import words
from dirigiste.report.inputs import record

if TYPE_CHECKING:
    from dirigiste.report.inputs import Run

MASS: Final = 1e-9
"""Largest deviation of total mass from 1."""

WALRAS: Final = 1e-6
"""Largest goods residual over output."""

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

TERMS: Final = {
    "output": "Output",
    "consumption": "Consumption of owners",
    "outside_workers": "Consumption of outside workers",
    "depreciation": "Depreciation",
    "fixed_costs": "Fixed costs",
    "spending": "Public spending",
    "paid_to_foreign_capital": "Paid to foreign capital",
    "carried_abroad": "Wealth carried abroad",
    "burnt": "Wealth burnt",
    "growth": "Growth of wealth",
    "residual": "Residual",
}
"""Terms of the goods identity."""


@dataclass(frozen=True, slots=True)
class Residual:
    """A residual of both states against its tolerance."""

    key: str
    label: str
    unit: str
    before: float
    after: float
    tolerance: float
    met_before: bool
    met_after: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether everything is met, in a line."""

    good: bool
    text: str


def _tolerance(equilibrium: Any, key: str) -> float:  # noqa: ANN401
    declared = equilibrium.economy.numerics.tolerances
    given = {"hjb": declared.hjb, "distribution": declared.distribution, "mass": MASS, "walras": WALRAS}
    return float(given.get(key, declared.markets))


def _met(equilibrium: Any, key: str, value: float, tolerance: float) -> bool:  # noqa: ANN401
    """Whether a residual is within its tolerance; slack is no fault where a condition need not bind."""
    if key == "capital":
        idle = float(equilibrium.prices["r"]) <= -float(equilibrium.economy.technology.delta) + 1e-12
        return value <= tolerance if idle else abs(value) <= tolerance
    if key == "quota":
        prices = equilibrium.prices
        binds = float(prices.get("added_spread", 0.0)) > 0 or float(prices.get("limit_factor", 1.0)) < 1
        return abs(value) <= tolerance if binds else value >= -tolerance
    return abs(value) <= tolerance


def residuals(run: Run) -> list[Residual]:
    """All residuals that the certificates hold."""
    one, other = record(run.before.certificate), record(run.after.certificate)
    rows: list[Residual] = []
    for key, label, unit in RESIDUALS:
        if key not in one or key not in other:
            continue
        a, b = _number(one[key]), _number(other[key])
        if key == "quota" and run.before.economy.closure.directed is None:
            continue
        limits = (_tolerance(run.before, key), _tolerance(run.after, key))
        met = (_met(run.before, key, a, limits[0]), _met(run.after, key, b, limits[1]))
        rows.append(Residual(key, label, unit, a, b, min(limits), *met))
    return rows


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else math.nan


def warnings(run: Run) -> list[str]:
    """Warnings of both certificates, each once, and of the economies."""
    found: dict[str, None] = {}
    for text in getattr(run, "warnings", ()):
        found.setdefault(str(text))
    for equilibrium in (run.before, run.after):
        for text in record(equilibrium.certificate).get("warnings") or ():
            found.setdefault(str(text))
        for problem in equilibrium.economy.warnings():
            found.setdefault(str(problem))
    return list(found)


def verdict(run: Run) -> Verdict:
    """The verdict on both states."""
    rows = residuals(run)
    missed = [row.label for row in rows if not (row.met_before and row.met_after)]
    if missed:
        named = words.listing([label.split(" (")[0].lower() for label in missed])
        return Verdict(False, f"Not certified: {named} beyond tolerance. Do not use these numbers.")
    if not rows:
        return Verdict(False, "Not certified: there is no certificate.")
    markets = _worst(rows, ("labor", "capital", "budget"))
    goods = _worst(rows, ("walras",))
    text = f"Certified: both states meet every tolerance. Markets clear to {markets}, goods to {goods}."
    count = len(warnings(run))
    return Verdict(True, text + (f" {words.count(count, 'warning')} below." if count else ""))


def _worst(rows: list[Residual], keys: tuple[str, ...]) -> str:
    return words.residual(
        max((max(abs(r.before), abs(r.after)) for r in rows if r.key in keys), default=math.nan)
    )


def identity(run: Run) -> list[tuple[str, float, float]]:
    """Terms of the goods identity before and after, those that are not 0 in both; the residual last."""
    one: dict[str, float] = dict(run.before.identity)
    other: dict[str, float] = dict(run.after.identity)
    keys = [key for key in {**one, **other} if key != "residual"]
    rows = [
        (TERMS.get(k, k.replace("_", " ")), float(one.get(k, 0.0)), float(other.get(k, 0.0))) for k in keys
    ]
    shown = [row for row in rows if row[1] or row[2]]
    last = (TERMS["residual"], float(one.get("residual", math.nan)), float(other.get("residual", math.nan)))
    return [*shown, last]


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
        {key: value for key, value in record(e.certificate).items() if key in ("grid", "starts") and value}
        for e in (run.before, run.after)
    )
    left, right = dict(flat(one)), dict(flat(other))
    return [(key, left.get(key, words.NONE), right.get(key, words.NONE)) for key in {**left, **right}]
