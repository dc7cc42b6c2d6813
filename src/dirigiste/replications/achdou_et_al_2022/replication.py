"""Achdou et al. (2022): Huggett and Aiyagari economies, and behaviour near the borrowing limit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import xarray as xr

from dirigiste.progress import Progress
from dirigiste.replications import reference
from dirigiste.replications.achdou_et_al_2022 import constraint, incomes
from dirigiste.replications.achdou_et_al_2022.households import Behaviour, Households
from dirigiste.replications.outcome import Outcome, Picture

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.figure import Figure

DEBT: Final = 0.15
RATE: Final = 1.2
FINE: Final = {"numerics.wealth.points": 500, "numerics.wealth.scale": 0.02}
FINER: Final = {"numerics.wealth.points": 500, "numerics.wealth.scale": 0.002}
EVEN: Final = 1e8
"""A `scale` at which wealth nodes are even."""


@dataclass(frozen=True, slots=True)
class Producer:
    """A representative firm Y = A K^alpha L^(1-alpha)."""

    alpha: float
    tfp: float
    delta: float
    labor: float

    def capital(self, interest: float) -> float:
        """Capital that it rents at an interest rate."""
        return self.labor * (self.alpha * self.tfp / (interest + self.delta)) ** (1.0 / (1.0 - self.alpha))

    def wage(self, interest: float) -> float:
        """Wage that it pays."""
        return (1.0 - self.alpha) * self.tfp * (self.capital(interest) / self.labor) ** self.alpha


def plain(points: int) -> dict[str, Any]:
    """Changes that make the textbook scheme on even nodes."""
    return {"numerics.scheme": "upwind", "numerics.wealth.points": points, "numerics.wealth.scale": EVEN}


def huggett(changes: dict[str, Any]) -> Behaviour:
    """The Huggett economy with bonds in zero net supply."""
    households = Households.from_file("huggett.yaml", changes, limit=DEBT)
    return households.clear(lambda _: 0.2, lambda _: 0.0, 0.03, 0.04)


def aiyagari(changes: dict[str, Any]) -> Behaviour:
    """The Aiyagari economy with two incomes; the file's wage is that of the higher one, 2."""
    firm = Producer(0.33, 0.1, 0.05, 1.5)
    households = Households.from_file("aiyagari.yaml", changes)
    return households.clear(lambda r: 2.0 * firm.wage(r), firm.capital, 0.03, 0.0499)


def diffusion(
    numerics: dict[str, Any],
    tfps: tuple[float, ...],
    generator_of: Callable[..., incomes.Array] = incomes.second_order,
) -> list[Behaviour]:
    """The Aiyagari economy with diffusing income, for each TFP."""
    z = np.linspace(0.5, 1.5, 40)
    generator = generator_of(z, reversion=0.3, mean=1.0, variance=0.01)
    economy = incomes.diffusing(z, generator, {"rho": 0.05, "sigma": 2.0}, numerics)
    households = Households(economy, limit=1.0)
    firms = [Producer(0.35, tfp, 0.1, 1.0) for tfp in tfps]
    return [
        households.clear(lambda r, firm=firm: z[-1] * firm.wage(r), firm.capital, 0.03, 0.0499)
        for firm in firms
    ]


def compute(progress: Progress | None = None) -> Outcome:
    """Solve the economies on the public codes' grids and on fine ones."""

    def report(n: int, what: str) -> None:
        if progress is not None:
            progress(f"{what}, {n} of 6", 0, math.nan)

    report(1, "Huggett, public grid")
    coarse = huggett(plain(1000))
    report(2, "Huggett")
    fine = huggett(FINE)
    finer = Households.from_file("huggett.yaml", FINER, limit=DEBT)(0.2, fine.interest)
    report(3, "Aiyagari, coarse grid")
    poisson = aiyagari(plain(200))
    report(4, "Aiyagari")
    poisson_fine = aiyagari({})
    report(5, "diffusing income, public grid")
    wealth = {"points": 100, "max": 31.0, "scale": EVEN}
    spread, richer = diffusion({"wealth": wealth, "scheme": "upwind"}, (1.0, 1.1))
    report(6, "diffusing income")
    (full_cells,) = diffusion({"wealth": wealth, "scheme": "upwind"}, (1.0,), incomes.textbook)
    (spread_fine,) = diffusion({"wealth": {"points": 200, "max": 31.0, "scale": 0.5}}, (1.0,))
    at_limit = constraint.near(fine, 0.05, 2.0, RATE)
    spread_out = constraint.distribution(fine, RATE, RATE)
    ours = {
        "huggett": {"r": [coarse.interest]},
        "huggett-limit": {"r": [fine.interest]},
        "constraint": {
            "exponent of saving over 1/2": [2.0 * at_limit.exponent],
            "coefficient over sqrt(2 ν)": [at_limit.coefficient / math.sqrt(2.0 * at_limit.nu)],
            "mass point": [constraint.extrapolated(fine, finer) / spread_out.mass_point],
            **{
                f"poor people within {far:g} of the limit": [
                    constraint.within(fine, far) / float(np.interp(far, spread_out.distance, spread_out.poor))
                ]
                for far in (0.01, 0.1)
            },
        },
        "aiyagari": {"r": [poisson.interest], "K": [poisson.mean_wealth]},
        "aiyagari-limit": {"r": [poisson_fine.interest], "K": [poisson_fine.mean_wealth]},
        "diffusion": {"r": [spread.interest, richer.interest], "K": [spread.mean_wealth, richer.mean_wealth]},
        "diffusion-limit": {"r": [spread_fine.interest], "K": [spread_fine.mean_wealth]},
    }
    poor, rich = (float(x) for x in fine.mass[0])
    gathered = float(fine.mass[1, 0])
    claims = {
        "mass": (
            poor > 10.0 * gathered and rich < 0.05 * poor,
            f"{100 * poor:.2f} % of people are poor and at the limit, {100 * rich:.3f} % rich and there; "
            f"{100 * gathered:.3f} % poor at the next node",
        )
    }
    everything = (coarse, fine, poisson, poisson_fine, spread, richer, spread_fine)
    return Outcome(
        cells=reference.compare(reference.load(__package__), ours, claims),
        datasets={
            "huggett": dataset(fine),
            "aiyagari": dataset(poisson_fine),
            "diffusion": dataset(spread_fine),
        },
        pictures={
            "limit": Picture(
                "The poor run down wealth like a square root and gather at the limit",
                "Huggett economy. Left: saving of the poor near the limit; dashed: the closed form "
                "-sqrt(2 ν (a - a_min)). Right: distribution functions of wealth; the poor jump there.",
                lambda: _draw(fine, at_limit),
            )
        },
        notes=[
            "Economy files are solved by this package's engine at given prices; wealth is shifted by the "
            "borrowing limit, and a representative firm outside the file sets wage and interest.",
            "For diffusing income the record does not say where incomes end and how. They are taken to "
            "lie in [.5, 1.5] with half cells at the ends, which comes nearest; full cells give K = "
            f"{full_cells.mean_wealth:.4f}.",
            f"The public numbers belong to their grids. In the limit of many nodes interest is "
            f"{fine.interest:.5f} (Huggett), {poisson_fine.interest:.5f} (Aiyagari, two incomes) and "
            f"{spread_fine.interest:.5f} (diffusing income).",
        ],
        residuals={"households": max(b.residual for b in everything)},
    )


def dataset(behaviour: Behaviour) -> xr.Dataset:
    """What households do, by wealth and income."""
    dims = ("wealth", "income")
    return xr.Dataset(
        {
            "mass": (dims, behaviour.mass, {"long_name": "mass of people", "units": "1"}),
            "consumption": (
                dims,
                behaviour.consumption,
                {"long_name": "consumption", "units": "goods per year"},
            ),
            "saving": (dims, behaviour.saving, {"long_name": "saving", "units": "goods per year"}),
            "at_cell": (
                dims,
                behaviour.at_cell,
                {"long_name": "wealth that decisions belong to", "units": "goods"},
            ),
            "interest": ((), behaviour.interest, {"long_name": "interest", "units": "per year"}),
            "capital": ((), behaviour.mean_wealth, {"long_name": "mean wealth", "units": "goods"}),
        },
        {"wealth": behaviour.wealth, "income": np.arange(behaviour.mass.shape[1])},
    )


def _draw(behaviour: Behaviour, at: constraint.Near) -> Figure:
    from dirigiste.replications.drawing import panels
    from dirigiste.report.drawing import sheet

    canvas, (left, right) = panels(2)
    shown = at.distance <= 0.12
    x = at.distance[shown]
    left.plot(x - DEBT, 1000 * at.saving[shown], color=sheet.NAVY)
    left.plot(x - DEBT, -1000 * np.sqrt(2.0 * at.nu * x), color=sheet.SOFT, **sheet.BEFORE)
    left.set(title="Saving of the poor, thousandths a year", xlabel="wealth", xlim=(-DEBT, -DEBT + 0.12))
    left.yaxis.grid(True)
    for n, (name, colour) in enumerate((("poor", sheet.NAVY), ("rich", sheet.ORANGE))):
        share = np.cumsum(behaviour.mass[:, n]) / behaviour.mass[:, n].sum()
        right.plot(
            np.insert(behaviour.wealth, 0, -DEBT),
            np.insert(share, 0, 0.0),
            color=colour,
            label=name,
        )
    right.set(title="Share with less wealth", xlabel="wealth", xlim=(-0.2, 0.6), ylim=(0, 1))
    right.yaxis.grid(True)
    right.legend(frameon=False, loc="lower right")
    return canvas.figure
