"""The reform of Buera and Shin (2013): idiosyncratic wedges go at once and for good, credit stays poor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from dirigiste.numerics.annual import path
from dirigiste.numerics.setup.arrays import Compiled, compile_economy
from dirigiste.numerics.stationary import certificate, equilibrium
from dirigiste.replications.buera_shin_2013.states import economy, tfp_of

if TYPE_CHECKING:
    from dirigiste.numerics.stationary.point import Point
    from dirigiste.progress import Progress

Array = NDArray[np.float64]
Fiscal = Literal["rebate", "spend"]
"""What is done with the surplus of taxes over subsidies before the reform: a transfer to everybody, or public
spending."""

YEARS: Final = 125
POINTS: Final = 200
"""With 300 points the search for the state with wedges ends at a gap of 5e-7, short of its tolerance."""


@dataclass(frozen=True)
class Reform:
    """The years after the reform, relative to the stationary state before it; year 0 is the first of them."""

    output: Array
    tfp: Array
    capital: Array
    investment: Array
    """Investment over output, not relative."""
    interest: Array
    final_tfp: float
    """TFP of the stationary state without wedges, as the next two."""
    final_capital: float
    final_output: float
    surplus: float
    """Taxes less subsidies before the reform, over output."""
    gap: float
    distance: float
    goods: float
    """Largest residual of goods over output."""

    def growth(self, name: str, years: int) -> float:
        """Growth from the year before the reform to `years` later, % a year."""
        return 100.0 * float(np.log(getattr(self, name)[years - 1])) / years

    @property
    def half_life(self) -> float:
        """Years until capital has come half of its way, linear between years."""
        way = (self.capital - 1.0) / (self.final_capital - 1.0)
        after = int(np.argmax(way >= 0.5))
        return after - 1 + float((0.5 - way[after - 1]) / (way[after] - way[after - 1]))

    @property
    def dataset(self) -> xr.Dataset:
        """The path by year."""
        names = {
            "output": "output, 1 before the reform",
            "tfp": "TFP, Y/K^(1/3), 1 before the reform",
            "capital": "capital, 1 before the reform",
            "investment": "investment over output",
            "interest": "interest, per year",
        }
        return xr.Dataset(
            {
                name: ("year", getattr(self, name), {"long_name": label, "units": "1"})
                for name, label in names.items()
            },
            {"year": np.arange(self.output.size)},
        )


def solve(fiscal: Fiscal = "rebate", progress: Progress | None = None) -> Reform:
    """The path from the stationary state with wedges to that without.

    Args:
        fiscal: What is done with the surplus of the budget before the reform; after it there is none.
        progress: Called with stage, round and largest residual.

    Raises:
        NotConverged: A stationary state or the path misses its tolerance.
    """
    changes = {"numerics.wealth.points": POINTS, "closure.fiscal": fiscal}
    _, before = _stationary(compile_economy(economy("wedges.yaml").with_(changes)))
    compiled, after = _stationary(compile_economy(economy().with_(changes)))
    people = before.distribution.g.sum(axis=1, keepdims=True)
    course = path.solve(compiled, after, people, YEARS, progress=progress)
    output, capital = course.static.output.sum(axis=1), course.static.capital.sum(axis=1)
    last = float(compiled.arrays.wealth @ course.simulation.last.sum(axis=(1, 2)))
    wealth = np.append(course.static.wealth.sum(axis=1), last)
    delta = compiled.arrays.delta
    investment = np.diff(wealth) + delta * wealth[:-1]
    y, k, revenue = (
        float(x.sum()) for x in (before.static.output, before.static.capital, before.static.wedge_revenue)
    )
    final_y, final_k = (float(x.sum()) for x in (after.static.output, after.static.capital))
    return Reform(
        output=output / y,
        tfp=tfp_of(output, capital) / tfp_of(y, k),
        capital=capital / k,
        investment=investment / output,
        interest=course.u[:, 1],
        final_tfp=tfp_of(final_y, final_k) / tfp_of(y, k),
        final_capital=final_k / k,
        final_output=final_y / y,
        surplus=revenue / y,
        gap=course.gap,
        distance=course.distance,
        goods=float(np.abs((output - investment - course.simulation.consumption) / output).max()),
    )


def _stationary(compiled: Compiled) -> tuple[Compiled, Point]:
    solved = equilibrium.solve(compiled)
    certificate.certificate(compiled, solved)
    return compiled, solved.point
