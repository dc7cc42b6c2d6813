"""What a measurement gives: firm-level wedges, tables, and the log of rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

    from dirigiste.measurement.choices import Choices
    from dirigiste.measurement.data.firms import Firms, Step
    from dirigiste.measurement.inference.bootstrap import Draws
    from dirigiste.measurement.output.table import Table
    from dirigiste.measurement.sample_rows import SampleRows


@dataclass(frozen=True)
class Measurement:
    """Result of `measure`. Its numbers depend on the choices, which `choices.line()` gives."""

    choices: Choices
    firms: Firms
    """What was read."""
    steps: tuple[Step, ...]
    """Rows lost in reading and in the trim, in order."""
    sample: SampleRows
    """Rows in the sample and out of it."""
    tables: Mapping[str, Table]
    """Name -> table; names in the order in which they are to be read."""
    absent: Mapping[str, str]
    """Name of a table that the data do not allow -> why."""
    warnings: tuple[str, ...] = field(default=())
    draws: Draws | None = None
    """What the bootstrap drew, if there was one."""
    reference: str | None = None
    """Group that the others are compared with; None without groups."""

    @property
    def rows(self) -> pl.DataFrame:
        """Firm level, after the trim, in the order of the file: the canonical columns, and labor_used, alpha,
        sigma, tfpr, tfpq, mrpk, mrpl, tau_k (τ_K), tau_y (τ_Y), ln_tfpr_dev, ln_tfpq_dev, ln_mrpk_dev,
        ln_mrpl_dev (to the cell), cell_share, theta (the cell's share of the year's value added). Made when
        first asked for; `sample.count` is their number.
        """
        return self.sample.kept

    @property
    def lost(self) -> pl.DataFrame:
        """Rows of the source that are not in `rows`: row, and why."""
        return self.sample.lost

    def table(self, name: str) -> Table:
        """One table.

        Raises:
            KeyError: There is none; says why.
        """
        if name in self.tables:
            return self.tables[name]
        if name in self.absent:
            raise KeyError(f"no table `{name}`: {self.absent[name]}")
        raise KeyError(f"no table `{name}`; there are {', '.join(self.tables)}")

    @property
    def gain(self) -> float:
        """Mean over years of the gain, in per cent."""
        return float(self.tables["gains_by_year"].frame["gain"][-1])

    def __repr__(self) -> str:
        text = f"mean gain {self.gain:.2f} % on {self.sample.count:,} rows"
        return f"Measurement({self.firms.source}: {text}; {self.choices.line()})"
