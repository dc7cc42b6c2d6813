"""The rows of a measurement as arrays, sorted by year, industry and group, so that every sum runs over a
stretch.

A *cell* is an industry in a year. A *part* is a group in a cell. Rows of a part are adjacent, and so are
parts of a cell and cells of a year.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import polars as pl

from dirigiste.errors import InputError
from dirigiste.measurement.data.coding import firm_numbers, numbers, ranks, stable_order, starts
from dirigiste.measurement.data.deflator import real
from dirigiste.measurement.data.firms import NO_GROUP, Step
from dirigiste.measurement.estimates.sums import BLOCK

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dirigiste.measurement.choices import Choices
    from dirigiste.measurement.data.firms import Firms

Array = np.ndarray[Any, np.dtype[Any]]


class Block(NamedTuple):
    """A stretch of whole cells."""

    rows: slice
    parts: slice
    cells: slice


@dataclass(frozen=True)
class Sample:
    """Rows (N), parts (P) and cells (C) of industries (I) and years (T), before any trim."""

    frame: pl.DataFrame
    """The rows, in the order of the file."""
    order: Array
    """(N) places in `frame` of the rows of the arrays."""
    ln_y: Array
    """(N) ln value added, less the mean of its cell; as are the next two."""
    ln_k: Array
    ln_l: Array
    y: Array
    """(N) value added, in the unit of the file; as are the next two."""
    k: Array
    l: Array  # noqa: E741  (the field's symbol)
    """(N) labour: the wage bill, or persons at the mean wage of the cell."""
    weight: Array
    """(N) sampling weights; scaled to mean 1 unless whole numbers."""
    wages: Array | None
    """(N) wage bill; None where the file has none."""
    means: Array
    """(3, C) what was subtracted from ln y, ln k, ln l."""
    part_start: Array
    """(P) first row."""
    part_group: Array
    """(P) number of the group."""
    cell_start: Array
    """(C) first row."""
    cell_part: Array
    """(C) first part."""
    cell_industry: Array
    cell_year: Array
    year_cell: Array
    """(T) first cell."""
    industries: tuple[str, ...]
    years: tuple[int, ...]
    groups: tuple[str, ...]
    """Names of groups, sorted; rows without one come last, as `NO_GROUP`."""
    sigma: Array
    """(C) elasticity of substitution."""

    @property
    def rows(self) -> int:
        """N."""
        return self.y.size

    @cached_property
    def cell_rows(self) -> Array:
        """(C) rows of each cell."""
        return np.diff(np.append(self.cell_start, self.rows))

    @cached_property
    def part_rows(self) -> Array:
        """(P) rows of each part."""
        return np.diff(np.append(self.part_start, self.rows))

    @cached_property
    def part_cell(self) -> Array:
        """(P) number of the cell."""
        return np.repeat(
            np.arange(self.cell_part.size), np.diff(np.append(self.cell_part, self.part_start.size))
        )

    @cached_property
    def year_rows(self) -> Array:
        """(T + 1) first row of each year, and N."""
        return np.append(self.cell_start[self.year_cell], self.rows)

    @cached_property
    def row_cell(self) -> Array:
        """(N) number of the cell."""
        return self.over_cells(np.arange(self.cell_start.size, dtype=np.int32))

    @cached_property
    def row_group(self) -> Array:
        """(N) number of the group."""
        return self.over_parts(self.part_group.astype(np.int16))

    @cached_property
    def firm(self) -> Array:
        """(N) number of the firm, in an order of ids that does not depend on that of rows; a row without id
        is a firm.
        """
        if not self.has_ids:
            return np.arange(self.rows, dtype=np.int32)
        return firm_numbers(self.frame["id"])[self.order]

    @cached_property
    def firms(self) -> int:
        """Number of firms."""
        return int(self.firm.max()) + 1 if self.rows else 0

    @property
    def has_ids(self) -> bool:
        """Whether the file has an identifier of firms."""
        return self.frame["id"].null_count() < self.rows

    @property
    def has_groups(self) -> bool:
        """Whether there are two groups or more, rows of no known group not counted."""
        return len(self.known_groups) > 1

    @property
    def known_groups(self) -> tuple[str, ...]:
        """Groups, without that of the rows whose group is missing."""
        return tuple(name for name in self.groups if name != NO_GROUP)

    @cached_property
    def year(self) -> Array:
        """(N) calendar year."""
        return np.repeat(np.array(self.years, dtype=np.int32), np.diff(self.year_rows))

    @cached_property
    def employment(self) -> Array | None:
        """(N) persons; None unless every row has them."""
        persons = self.frame["employment"]
        if persons.null_count() or not bool((persons > 0).all()):
            return None
        return persons.to_numpy()[self.order]

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """Stretches of whole cells that go through the rows, each short enough for the processor's cache:
        what is computed on the way takes no memory of the length of the file.
        """
        ends = np.append(self.cell_start[1:], self.rows)
        blocks, cell = [], 0
        while cell < ends.size:
            begin = int(self.cell_start[cell])
            last = max(int(np.searchsorted(ends, begin + BLOCK, side="right")), cell + 1)
            part = int(self.cell_part[last]) if last < ends.size else self.part_start.size
            parts = slice(int(self.cell_part[cell]), part)
            blocks.append(Block(slice(begin, int(ends[last - 1])), parts, slice(cell, last)))
            cell = last
        return tuple(blocks)

    def over_cells(self, values: Array) -> Array:
        """(C) values as (N)."""
        return np.repeat(values, self.cell_rows)

    def in_block(self, block: Block, values: Array) -> Array:
        """(C) values as those of the rows of a block."""
        return np.repeat(values[block.cells], self.cell_rows[block.cells])

    def parts_in_block(self, block: Block, values: Array) -> Array:
        """(P) values as those of the rows of a block."""
        return np.repeat(values[block.parts], self.part_rows[block.parts])

    def less(self, values: Array, of_cells: Array, out: Array | None = None) -> Array:
        """(N) values less (C) those of their cells."""
        out = np.empty(self.rows) if out is None else out
        for block in self.blocks:
            np.subtract(values[block.rows], self.in_block(block, of_cells), out=out[block.rows])
        return out

    def over_parts(self, values: Array) -> Array:
        """(P) values as (N)."""
        return np.repeat(values, self.part_rows)

    def by_part(self, *factors: Array) -> Array:
        """Sums by part of the product of (N) factors."""
        sums = np.empty(self.part_start.size)
        for block in self.blocks:
            sums[block.parts] = self.parts_of_block(block, _product(factors, block.rows))
        return sums

    def parts_of_block(self, block: Block, values: Array) -> Array:
        """Sums by part of values of the rows of a block."""
        return np.add.reduceat(values, self.part_start[block.parts] - block.rows.start)

    def by_cell(self, *factors: Array) -> Array:
        """Sums by cell of the product of (N) factors."""
        sums = np.empty(self.cell_start.size)
        for block in self.blocks:
            sums[block.cells] = self.cells_of_block(block, _product(factors, block.rows))
        return sums

    def cells_of_block(self, block: Block, values: Array) -> Array:
        """Sums by cell of values of the rows of a block."""
        return np.add.reduceat(values, self.cell_start[block.cells] - block.rows.start)

    def cells_of_parts(self, values: Array) -> Array:
        """Sums of (P) values by cell."""
        return np.add.reduceat(values, self.cell_part)

    def by_year(self, values: Array) -> Array:
        """Sums of (C) values by year."""
        return np.add.reduceat(values, self.year_cell)


def sample_of(firms: Firms, choices: Choices) -> tuple[Sample, tuple[Step, ...]]:
    """Sort the rows and check what the choices need.

    Returns:
        The sample, and a step for the rows that lack the labour measure asked for.

    Raises:
        InputError: No row is left, or the choices need what the file does not give.
    """
    frame, steps = firms.frame, []
    paid = "wage_bill" in firms.roles
    if choices.labor == "employment" and paid:
        good = (pl.col("employment") > 0) & pl.col("employment").is_finite()
        kept = frame.filter(good.fill_null(value=False))
        lost = frame.height - kept.height
        steps.append(
            Step("employment", lost, kept.height, "labour is measured in persons, which are missing")
        )
        if not kept.height:
            message = "no row has employment, so labour cannot be measured in persons; choose the wage bill"
            raise InputError.of(message, key="labor")
        frame = kept
    if choices.deflator is not None and frame.height:
        frame = real(frame, choices.deflator, paid=paid)
    if not frame.height:
        raise InputError.of("no row is left to measure; the log of steps says where rows were lost")
    industries, industry = numbers(frame["industry"])
    groups, group = numbers(frame["group"].fill_null(NO_GROUP))
    if NO_GROUP in groups and groups[-1] != NO_GROUP:
        last = [*(name for name in groups if name != NO_GROUP), NO_GROUP]
        group = np.array([last.index(name) for name in groups], dtype=np.int64)[group]
        groups = tuple(last)
    years, year = ranks(frame["year"])
    cell = year * len(industries) + industry
    order = stable_order(cell * len(groups) + group, years.size * len(industries) * len(groups))
    cell, group = cell[order], group[order]
    cell_start = starts(cell)
    part_start = starts(cell * len(groups) + group)
    y, k, labor = (frame[name].to_numpy()[order] for name in ("output", "capital", "labor"))
    wages = labor if paid else None
    rows = np.diff(np.append(cell_start, y.size))
    if choices.labor == "employment" and wages is not None:
        persons = frame["employment"].to_numpy()[order]
        wage = np.add.reduceat(wages, cell_start) / np.add.reduceat(persons, cell_start)
        labor = persons * np.repeat(wage, rows)
    (ln_y, mean_y), (ln_k, mean_k), (ln_l, mean_l) = (_centred(x, cell_start, rows) for x in (y, k, labor))
    cell_industry = cell[cell_start] % len(industries)
    cell_year = cell[cell_start] // len(industries)
    sample = Sample(
        frame,
        order,
        ln_y,
        ln_k,
        ln_l,
        y,
        k,
        labor,
        _weights(frame, choices, order),
        wages,
        np.array([mean_y, mean_k, mean_l]),
        part_start,
        group[part_start],
        cell_start,
        np.searchsorted(part_start, cell_start),
        cell_industry,
        cell_year,
        starts(cell_year),
        industries,
        tuple(int(value) for value in years),
        groups,
        _by_industry(choices.sigma, industries, "sigma")[cell_industry],
    )
    if frame.height == len(firms) and sample.has_ids:
        vars(sample)["firm"] = firms.numbers[order]  # known already where data were checked
    if choices.reference is not None and choices.reference not in sample.known_groups:
        near = difflib.get_close_matches(choices.reference, sample.known_groups, n=1)
        groups = ", ".join(sample.known_groups) or "not given"
        message = f"no group `{choices.reference}`; groups are {groups}"
        raise InputError.of(message, key="reference", suggestion=near[0] if near else None)
    return sample, tuple(steps)


def _centred(x: Array, cell_start: Array, rows: Array) -> tuple[Array, Array]:
    """Logs less their mean in the cell, (N), and these means, (C)."""
    logs = np.log(x)
    mean = np.add.reduceat(logs, cell_start) / rows
    logs -= np.repeat(mean, rows)
    return logs, mean


def _product(factors: Sequence[Array], rows: slice) -> Array:
    """The product of factors in some rows, as floats."""
    product = factors[0][rows]
    for factor in factors[1:]:
        product = product * factor[rows]
    return product.astype(float, copy=False)


def _weights(frame: pl.DataFrame, choices: Choices, order: Array) -> Array:
    if choices.weights == "none" or bool((frame["weight"] == 1.0).all()):
        return np.broadcast_to(1.0, order.size)  # takes no memory
    weight = frame["weight"].to_numpy()
    weight = weight if bool(np.all(weight == np.rint(weight))) else weight / weight.mean()
    return weight[order]


def _by_industry(values: float | Mapping[str, float], industries: tuple[str, ...], key: str) -> Array:
    """(I) one number an industry.

    Raises:
        InputError: Industries lack a number.
    """
    if not isinstance(values, dict):
        return np.full(len(industries), float(values))  # type: ignore[arg-type]
    lacking = [name for name in industries if name not in values]
    if lacking:
        near = difflib.get_close_matches(lacking[0], list(values), n=1)
        shown = ", ".join(f"`{name}`" for name in lacking[:5]) + (" and others" if len(lacking) > 5 else "")
        message = f"no value for {len(lacking)} of {len(industries)} industries: {shown}"
        raise InputError.of(message, key=key, suggestion=near[0] if near else None)
    return np.array([values[name] for name in industries], dtype=float)
