"""Tables of a comparison."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from dirigiste.numbers import NONE
from dirigiste.results.quantities import measures
from dirigiste.results.text.tables import Table, as_text, number, signed, status_label

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dirigiste.results.equilibria.comparison import Comparison, Difference

SAME: Final = 1e-7
"""Changes of less than this, relative to the number, are shown as none: the accuracy of a solution."""


def change(pair: Difference, unit: str) -> str:
    """How a number changed: shares and rates in percentage points, others in percent."""
    if not (math.isfinite(pair.old) and math.isfinite(pair.new)):
        return NONE
    if abs(pair.absolute) <= SAME * max(abs(pair.old), abs(pair.new), 1e-3):
        return "0"
    if unit.startswith("share") or unit in {"per year", "log points"}:
        return signed(100 * pair.absolute, "points", _digits(100 * pair.absolute))
    return (
        signed(100 * pair.relative, "%", _digits(100 * pair.relative))
        if pair.old
        else signed(pair.absolute, "", 4)
    )


def _digits(change: float) -> int:
    """Decimals that show two digits of a small change, and two decimals of others."""
    return 2 if abs(change) >= 0.01 or change == 0 else min(1 - math.floor(math.log10(abs(change))), 8)


def heading(comparison: Comparison) -> str:
    """One line: what is compared."""
    old, new = (item.economy.title or item.economy.name for item in (comparison.old, comparison.new))
    count = len(comparison.inputs)
    differ = (
        "no parameter differs"
        if not count
        else "1 parameter differs"
        if count == 1
        else f"{count} parameters differ"
    )
    return f"{old} (old) and {new} (new): {differ}"


def value(item: object) -> str:
    """A declared value."""
    if item is None:
        return NONE
    if isinstance(item, bool):
        return str(item).lower()
    if isinstance(item, int | float):
        return f"{item:.6g}"
    if isinstance(item, list):
        return ", ".join(map(value, item))
    return str(item)


def pairs_table(title: str, pairs: Mapping[str, Difference], table: Mapping[str, measures.Measure]) -> Table:
    """Old, new and change of numbers; those that have no meaning in both are left out."""
    result = Table(title, ("", "old", "new", "change"))
    for name, pair in pairs.items():
        if math.isfinite(pair.old) or math.isfinite(pair.new):
            measure = table[name]
            result.rows.append(
                (
                    measure.label,
                    number(pair.old, measure.unit),
                    number(pair.new, measure.unit),
                    change(pair, measure.unit),
                )
            )
    return result


def status_table(comparison: Comparison) -> Table:
    """Owners and output by status, old and new."""
    table = Table("Statuses", ("", "owners old", "new", "change", "output old", "new", "change"))
    for status, pairs in comparison.by_status.items():
        cells = [status_label(comparison.old.economy, status)]
        for name in ("mass", "output_share"):
            unit = measures.STATUS[name].unit
            cells += [number(pairs[name].old, unit), number(pairs[name].new, unit), change(pairs[name], unit)]
        table.rows.append(tuple(cells))
    return table


def welfare_tables(comparison: Comparison) -> list[Table]:
    """Who gains and who loses, by status, wealth quintile and ability."""
    data = comparison.welfare
    if data is None:
        return []
    tables = []
    header = ("", "owners", "change in consumption equivalents", "gain", "lose")
    groups = (
        ("Who gains, by status", "status", "by_status"),
        ("Who gains, by quintile of wealth", "quintile", "by_quintile"),
        ("Who gains, by tercile of ability", "tercile", "by_tercile"),
    )
    for title, dim, group in groups:
        labels: list[Any] = list(data[dim].values)
        rows = [
            _welfare_row(
                str(label),
                {
                    name: float(data[f"{name}_{group}"].values[n])
                    for name in ("mass", "change", "gains", "loses")
                },
            )
            for n, label in enumerate(labels)
        ]
        everyone = {name: float(data[f"{name}_in_all"]) for name in ("mass", "change", "gains", "loses")}
        tables.append(Table(title, header, [*rows, _welfare_row("all", everyone)]))
    return tables


def _welfare_row(label: str, row: dict[str, float]) -> tuple[str, ...]:
    moved = row["change"] if abs(row["change"]) > SAME else 0.0
    return (
        label,
        number(row["mass"], "share"),
        signed(100 * moved, "%"),
        number(row["gains"], "share"),
        number(row["loses"], "share"),
    )


def tables(comparison: Comparison) -> list[Table]:
    """Inputs, prices, aggregates, statuses, welfare."""
    inputs = Table("Parameters that differ", ("", "old", "new"))
    inputs.rows.extend((path, value(old), value(new)) for path, (old, new) in comparison.inputs.items())
    return [
        *([inputs] if inputs.rows else []),
        pairs_table("Prices", comparison.prices, measures.PRICES),
        pairs_table("Aggregates", comparison.aggregates, measures.AGGREGATES),
        status_table(comparison),
        *welfare_tables(comparison),
    ]


def comparison(compared: Comparison) -> str:
    """The whole comparison as plain text."""
    lines = [heading(compared)]
    if not compared.comparable:
        lines.append("preferences differ, so welfare cannot be compared")
    return "\n".join([*lines, *("\n" + as_text(table) for table in tables(compared))])
