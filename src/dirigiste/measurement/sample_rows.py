"""The rows of a measurement and those it lost, made when they are asked for: tables do not need them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from dirigiste.measurement.estimates.gains import firm_rows

if TYPE_CHECKING:
    from dirigiste.measurement.choices import Choices
    from dirigiste.measurement.data.firms import Firms
    from dirigiste.measurement.estimates.gains import Estimate


@dataclass(frozen=True)
class SampleRows:
    """Rows of firms in a sample and out of it."""

    firms: Firms
    estimate: Estimate
    choices: Choices

    @cached_property
    def count(self) -> int:
        """Number of rows that stay after the trim."""
        return int(np.count_nonzero(self.estimate.keep))

    @cached_property
    def kept(self) -> pl.DataFrame:
        """Rows that stay after the trim, with their measures."""
        return firm_rows(self.estimate, self.choices)

    @cached_property
    def lost(self) -> pl.DataFrame:
        """Rows of the source that are not in the sample, and why."""
        sample = self.estimate.sample
        lost = [self.firms.lost]
        if sample.rows < self.firms.frame.height:
            without = self.firms.frame.select("row").join(sample.frame.select("row"), on="row", how="anti")
            lost.append(without.with_columns(why=pl.lit("employment is missing")))
        number = np.zeros(sample.rows, dtype=np.int8)
        number[sample.order] = self.estimate.cut
        for n, step in enumerate(self.estimate.steps, start=1):
            cut = sample.frame.select("row").filter(pl.Series(number == n))
            lost.append(cut.with_columns(why=pl.lit(step.what)))
        return pl.concat(lost)
