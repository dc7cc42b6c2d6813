"""Tables of results: as plain text, as HTML; the command line draws the same tables with colours."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from dirigiste import numbers
from dirigiste.numbers import NONE, minus
from dirigiste.results.quantities import measures

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dirigiste.economy import Economy
    from dirigiste.results.equilibria.certificate import Certificate
    from dirigiste.results.equilibria.equilibrium import Equilibrium

STATUS_COLUMNS: Final = (
    "mass",
    "output_share",
    "entrepreneurs",
    "capital",
    "labor",
    "credit",
    "wealth",
    "consumption",
    "mpk",
)


@dataclass(frozen=True)
class Table:
    """A table of texts; the first column is aligned left, numbers right."""

    title: str
    header: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)
    left: tuple[int, ...] = (0,)
    """Columns that hold text."""


def number(value: float | None, unit: str = "") -> str:
    """A number as people read it: shares and rates in percent, others to five digits."""
    if value is None or not math.isfinite(value):
        return NONE
    if unit.startswith("share"):
        return _fixed(100 * value, "%" + (" a year" if unit.endswith("per year") else ""))
    if unit == "per year":
        return _fixed(100 * value, "% a year")
    if unit == "log points":
        return _fixed(100 * value, "log %")
    return _digits(value)


def signed(value: float | None, unit: str = "%", digits: int = 2) -> str:
    """A change with its sign, such as +1.23 %."""
    if value is None or not math.isfinite(value):
        return NONE
    return f"{numbers.signed(value, digits)} {unit}".rstrip()


def _fixed(value: float, unit: str) -> str:
    small = 1e-4 <= abs(value) < 0.01
    text = f"{value:.2g}" if small else f"{abs(value) if abs(value) < 1e-4 else value:.2f}"
    return f"{minus(text)} {unit}"


def _digits(value: float) -> str:
    if value == 0:
        return "0"
    text = f"{value:.5g}" if 1e-4 <= abs(value) < 1e6 else f"{value:.3e}"
    return minus(text)


def status_label(economy: Economy, status: str) -> str:
    """A status as tables name it."""
    return economy.statuses[status].title or status


def heading(result: Equilibrium) -> str:
    """One line: what was solved, and what the certificate says."""
    title = result.economy.title or result.economy.name
    goods = f"goods residual {abs(result.certificate.walras):.0e} of output"
    return f"{title}: stationary equilibrium · {goods} · worst residual {result.worst_residual:.0e}"


def measured(title: str, values: Mapping[str, float], table: Mapping[str, measures.Measure]) -> Table:
    """Name, symbol, value and unit of every number."""
    rows = [
        (
            table[name].label,
            table[name].symbol,
            number(value, table[name].unit),
            _shown_unit(table[name].unit),
        )
        for name, value in values.items()
    ]
    return Table(title, ("", "", "value", "unit"), rows, left=(0, 1, 3))


def _shown_unit(unit: str) -> str:
    if unit.startswith("share"):
        return unit.removeprefix("share").removesuffix("per year").strip()
    return "" if unit in {"per year", "log points", "1"} else unit


def equilibrium_tables(result: Equilibrium) -> list[Table]:
    """Prices, aggregates, statuses, edges."""
    columns = [measures.STATUS[name] for name in STATUS_COLUMNS]
    statuses = Table("Statuses", ("", *(column.label for column in columns)))
    for n, status in enumerate(map(str, result.statuses["status"].values)):
        label = status_label(result.economy, status)
        values = (number(float(result.statuses[row.name].values[n]), row.unit) for row in columns)
        statuses.rows.append((label, *values))
    tables = [
        measured("Prices", result.prices, measures.PRICES),
        measured(
            "Aggregates",
            {n: v for n, v in result.aggregates.items() if math.isfinite(v)},
            measures.AGGREGATES,
        ),
        statuses,
    ]
    if result.by_edge_detail:
        columns = list(measures.EDGE.values())
        edges = Table("Edges, per year", ("", "to", *(column.label for column in columns)), left=(0, 1))
        for name, values in result.by_edge_detail.items():
            edges.rows.append(
                (
                    name,
                    values["to"],
                    *(number(values[c.name], c.unit).removesuffix(" a year") for c in columns),
                )
            )
        tables.append(edges)
    return tables


def identity_table(result: Equilibrium) -> Table:
    """The goods identity, term by term."""
    rows = [
        (measures.IDENTITY[name].label, measures.IDENTITY[name].symbol, numbers.significant(value, 9))
        for name, value in result.identity.items()
    ]
    return Table("Goods identity, goods per year", ("", "", "value"), rows, left=(0, 1))


def certificate_table(certificate: Certificate) -> Table:
    """Residuals with their units."""
    rows = [
        (m.label, numbers.significant(getattr(certificate, m.name), 3), m.unit)
        for m in measures.CERTIFICATE.values()
    ]
    return Table("Certificate", ("", "residual", "unit"), rows, left=(0, 2))


def equilibrium(result: Equilibrium) -> str:
    """The whole result as plain text."""
    lines = [heading(result), *(f"warning: {warning}" for warning in result.warnings)]
    return "\n".join([*lines, *("\n" + as_text(table) for table in equilibrium_tables(result))])


def as_text(table: Table) -> str:
    """A table in columns of plain text."""
    cells = [table.header, *table.rows] if any(table.header) else table.rows
    widths = [max(len(row[n]) for row in cells) for n in range(len(table.header))] if cells else []

    def line(row: Sequence[str]) -> str:
        padded = (
            c.ljust(w) if n in table.left else c.rjust(w)
            for n, (c, w) in enumerate(zip(row, widths, strict=True))
        )
        return ("  " + "  ".join(padded)).rstrip()

    return "\n".join([*([table.title] if table.title else []), *(line(row) for row in cells)])


def as_html(tables: Iterable[Table], heading: str) -> str:
    """Tables for a notebook; every text is escaped."""
    parts = [f"<div><p><strong>{html.escape(heading)}</strong></p>"]
    for table in tables:
        parts.append(f"<details open><summary>{html.escape(table.title)}</summary><table><thead><tr>")
        parts += [f"<th>{html.escape(cell)}</th>" for cell in table.header]
        parts.append("</tr></thead><tbody>")
        for row in table.rows:
            cells = (
                f'<td style="text-align:{"left" if n in table.left else "right"}">{html.escape(cell)}</td>'
                for n, cell in enumerate(row)
            )
            parts.append(f"<tr>{''.join(cells)}</tr>")
        parts.append("</tbody></table></details>")
    return "".join([*parts, "</div>"])


def certify_tables(result: Equilibrium) -> list[Table]:
    """Certificate, error of the grid, other starts."""
    certificate = result.certificate
    tables = [certificate_table(certificate)]
    grid = certificate.grid
    if grid is not None:
        table = Table(f"Error of the grid: {grid.points} wealth points less {grid.finer}", ("", "difference"))
        for name, error in grid.prices.items():
            rate = measures.PRICES[name].unit == "per year"
            table.rows.append((measures.PRICES[name].label, _error(error, "points" if rate else "%")))
        table.rows.extend(
            (measures.AGGREGATES[name].label, _error(error, "%"))
            for name, error in grid.aggregates.items()
            if error is not None
        )
        tables.append(table)
    if certificate.starts:
        table = Table("Other starts", ("wage", "interest", "ends"), left=(2,))
        for row in certificate.starts:
            ends = "in the same equilibrium" if row.same else row.message or "in ANOTHER equilibrium"
            if row.difference is not None:
                ends += f" (difference {row.difference:.1e})"
            table.rows.append((number(row.wage), number(row.interest, "per year"), ends))
        tables.append(table)
    return tables


def _error(value: float | None, unit: str) -> str:
    return NONE if value is None else minus(f"{100 * value:+.2g} {unit}")
