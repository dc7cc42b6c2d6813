"""The answer: five numbers before and after, and three sentences made from them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dirigiste.report import words
from dirigiste.report.figure_data.people import shares

if TYPE_CHECKING:
    from dirigiste.report.inputs import Run

LEVEL, SHARE = "level", "share"

HEADLINES: Final = (
    ("Y", "Output", LEVEL, "goods a year per owner"),
    ("w", "Wage", LEVEL, "goods a year"),
    ("tfp", "Productivity", LEVEL, "total factor productivity"),
    ("control", "Control", SHARE, "share of output under party or state control"),
    ("silence", "Silence", SHARE, "share of those who could speak and do not"),
)
"""Key, label, kind and unit of the five numbers."""

OTHERS: Final = (
    ("r", "Interest", SHARE, "per year"),
    ("K", "Capital in use", LEVEL, "goods per owner"),
    ("credit_output", "Credit over output", LEVEL, "years of output"),
    ("C", "Consumption", LEVEL, "goods a year per owner"),
    ("firms", "Firms", LEVEL, "per owner"),
    ("tfp_loss_within", "Loss within statuses", SHARE, "log points of output"),
    ("tfp_loss_between", "Loss between statuses", SHARE, "log points of output"),
    ("flight", "Flight", SHARE, "wealth carried abroad a year over output"),
    ("fines", "Fines", SHARE, "wealth taken a year over output"),
    ("top1_wealth", "Wealth of the richest 1 %", SHARE, "share of wealth"),
)
"""Further numbers, shown in the table under the five."""


@dataclass(frozen=True, slots=True)
class Headline:
    """One number before and after."""

    key: str
    label: str
    kind: str
    unit: str
    before: float
    after: float

    @property
    def difference(self) -> float:
        """Relative change of a level, difference of a share."""
        if self.kind == SHARE:
            return self.after - self.before
        return self.after / self.before - 1.0 if self.before else math.nan

    @property
    def change(self) -> str:
        """The difference in words."""
        return words.points(self.difference) if self.kind == SHARE else words.change(self.difference)

    @property
    def levels(self) -> str:
        """Both values."""
        if self.kind == SHARE:
            return words.pair(self.before, self.after)
        return f"{words.number(self.before, 4)} {words.ARROW} {words.number(self.after, 4)}"


def _value(equilibrium: object, key: str) -> float:
    for held in (equilibrium.prices, equilibrium.aggregates):  # type: ignore[attr-defined]
        value = held.get(key)
        if value is not None:
            return float(value)
    return math.nan


def _of(run: Run, table: tuple[tuple[str, str, str, str], ...]) -> list[Headline]:
    return [Headline(*row, _value(run.before, row[0]), _value(run.after, row[0])) for row in table]


def headlines(run: Run) -> list[Headline]:
    """The five numbers."""
    return _of(run, HEADLINES)


def others(run: Run) -> list[Headline]:
    """Further numbers, those that the run has."""
    return [row for row in _of(run, OTHERS) if not (math.isnan(row.before) and math.isnan(row.after))]


def sentences(run: Run) -> list[str]:
    """Three sentences: what it costs, what it brings, who moves."""
    if not run.changes:
        before = headlines(run)
        return [
            "Nothing that this chronicle changes lasts: every change fades or is undone, "
            "so the economy returns to where it was.",
            f"Control is {words.percent(before[3].before)} of output before and after"
            + ("." if math.isnan(before[4].before) else f", silence {words.percent(before[4].before)}."),
            "What happens on the way is not shown here, since this report compares stationary states.",
        ]
    return [_cost(run), _gain(run), _who(run)]


def _cost(run: Run) -> str:
    output, wage, tfp, *_ = headlines(run)
    lasting = words.count(len(run.changes), "parameter")
    rest = [f"the wage {words.moved(wage.difference)}"]
    if not math.isnan(tfp.difference):
        rest.append(f"productivity {words.moved(tfp.difference)}")
    return (
        f"With what lasts of the chronicle in place ({lasting} changed), output in the long run "
        f"{words.moved(output.difference)}; {words.listing(rest)}."
    )


def _gain(run: Run) -> str:
    *_, control, silence = headlines(run)
    parts = [_share("Control", control, "of output")] if not math.isnan(control.difference) else []
    if not math.isnan(silence.difference):
        parts.append(_share("silence", silence, "of those who could speak"))
    flight = next((row for row in others(run) if row.key == "flight"), None)
    if flight is not None and (flight.before or flight.after):
        parts.append(_share("wealth carried abroad", flight, "of output a year"))
    return words.opening(f"{words.listing(parts)}.") if parts else "No status counts as controlled."


def _share(name: str, row: Headline, of: str) -> str:
    if abs(row.difference) < 5e-6:
        return f"{name} stays at {words.percent(row.before)} {of}"
    verb = "rises" if row.difference > 0 else "falls"
    digits = max(
        words.decimals(row.before), words.decimals(row.after), 2 if abs(row.difference) < 0.00095 else 1
    )
    start = words.percent(row.before, digits).removesuffix(f"{words.NARROW}%")
    return f"{name} {verb} from {start} to {words.percent(row.after, digits)} {of}"


def _who(run: Run) -> str:
    table = [row for row in shares(run) if row.before != row.after]
    moved = sorted(table, key=lambda row: -abs(row.after - row.before))[:2]
    if not moved or abs(moved[0].after - moved[0].before) < 5e-6:
        return "Owners are spread over the statuses as before."
    parts = [
        f"{row.label} owners {'grow' if row.after > row.before else 'shrink'} from "
        f"{words.pair(row.before, row.after).replace(words.ARROW, 'to')} of all"
        for row in moved
    ]
    return words.opening(f"{words.listing(parts)}.")
