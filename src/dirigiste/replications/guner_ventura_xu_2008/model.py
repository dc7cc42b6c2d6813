"""The economy of Guner, Ventura and Xu (2008): who manages, at what size, and what a tax on size does.

    y = z^(1-g) (k^v n^(1-v))^g;   those with profit above the wage manage, the others work;   r + delta given

The problem of an establishment with its tax on size is `numerics.firm` for the economy in `economy.yaml`: one
status without collateral limit. Interest is fixed by the household's discounting, so an equilibrium is a wage
at which labour clears (a static problem; wealth is nowhere needed). Ability is continuous up to the highest
one: the ability above which members manage falls inside a bin, and only the part above counts. The revenue of
the tax is rebated.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from dirigiste.replications.roots import root

if TYPE_CHECKING:
    from dirigiste.numerics.markets.firm import Firms
    from dirigiste.numerics.setup.arrays import Arrays

Array = NDArray[np.float64]
Factor = Literal["capital", "labor"]


@dataclass(frozen=True, slots=True)
class Parameters:
    """Calibration of the paper, and the grid of abilities."""

    g: float = 0.802
    """Span of control."""
    v: float = 0.406
    """Share of capital within the span."""
    capital_output: float = 2.325
    """Years of output; with g and v it gives the rental rate r + delta."""
    interest: float = 0.04
    """Per year; only r + delta matters for firms."""
    mean: float = -0.367
    """Of log z."""
    sd: float = 2.302
    """Of log z, before it is cut at the top."""
    top_mass: float = 0.00144
    """Members at the highest ability."""
    employees: float = 17.09
    """Mean size of establishments; gives the highest ability."""
    points: int = 2000
    """Bins of log z above `grid_from`."""
    grid_from: float = 0.5
    """Probability below which nobody manages."""

    @property
    def rental(self) -> float:
        """Rental rate of capital r + delta, per year."""
        return self.g * self.v / self.capital_output


PAPER: Final = Parameters()


@dataclass(frozen=True, slots=True)
class Law:
    """Managerial ability: log-normal, cut at `highest`, where another `top_mass` of members is."""

    p: Parameters
    highest: float
    """The highest ability."""

    def below(self, z: Array) -> Array:
        """Share of members with ability up to z, those at the very top apart."""
        cut = ndtr((np.log(self.highest) - self.p.mean) / self.p.sd)
        return (1.0 - self.p.top_mass) * ndtr((np.log(z) - self.p.mean) / self.p.sd) / cut

    def edges(self) -> Array:
        """Edges of bins even in log z, (points + 1,)."""
        low = self.p.mean + self.p.sd * ndtri(self.p.grid_from)
        return np.exp(np.linspace(low, np.log(self.highest), self.p.points + 1))

    def bins(self, edges: Array) -> tuple[Array, Array]:
        """Mean ability in each bin, to which undistorted size is proportional, and shares of members; the
        last is the mass at the top. (points + 1,) each; an empty bin has its upper edge.
        """
        x = (np.log(edges) - self.p.mean) / self.p.sd
        share, size = np.diff(ndtr(x)), np.diff(ndtr(x - self.p.sd))
        some = share > 1e-300
        ratio = size / np.where(some, share, 1.0)
        z = np.where(some, np.exp(self.p.mean + 0.5 * self.p.sd**2) * ratio, edges[1:])
        z = np.clip(z, edges[:-1], edges[1:])  # against rounding in thin bins
        return np.append(z, self.highest), np.append(np.diff(self.below(edges)), self.p.top_mass)


@dataclass(frozen=True, slots=True)
class Tax:
    """A tax on what an establishment uses of a factor above a threshold."""

    on: Factor = "capital"
    above: float = 1.0
    rate: float = 0.0


@dataclass(frozen=True, slots=True)
class Economy:
    """A stationary equilibrium, per member of the household."""

    tax: Tax
    wage: float
    output: float
    capital: float
    labor: float
    establishments: float
    revenue: float
    least: float
    """Ability above which members manage."""
    z: Array
    """Abilities (J,): means of bins above `least`, and the top."""
    share: Array
    """Of members, by ability (J,)."""
    employees: Array
    """Of an establishment (J,), as the next."""
    used: Array
    """Capital."""
    excess: float
    """Excess demand for labour, relative."""
    accounts: float
    """Output less wages, rents, profits and the tax, relative."""

    @property
    def mean_size(self) -> float:
        """Employees per establishment."""
        return self.labor / self.establishments

    def class_(self, low: float, high: float) -> tuple[float, float]:
        """Share of establishments, and of employment, with at least `low` and fewer than `high` employees."""
        inside = (self.employees >= low) & (self.employees < high)
        people = self.share * self.employees
        return (
            float(self.share[inside].sum() / self.establishments),
            float(people[inside].sum() / self.labor),
        )

    def bunched(self) -> float:
        """Share of establishments at the threshold."""
        of = self.used if self.tax.on == "capital" else self.employees
        return float(self.share[of == self.tax.above].sum() / self.establishments)


class Model:
    """The economy for one law of ability; taxes change numbers only, so nothing is compiled twice."""

    def __init__(self, p: Parameters, highest: float) -> None:
        self.p, self.law = p, Law(p, highest)
        self._edges = self.law.edges()

    def establishments(self, tax: Tax, wage: float, z: Array) -> Firms:
        """What establishments of abilities z (J,) do at a wage."""
        from dirigiste.numerics.markets.firm import Firms, Prices, firms

        m = _compiled(tax.on, self.p).replace(
            ability=z ** (1.0 - self.p.g), size_tax=tax.rate, size_above=tax.above
        )
        choices = firms(m, Prices(wage, self.p.interest, 0.0, 0.0, 1.0))
        return Firms(*(x[0, 0] for x in choices))

    def _managers(self, tax: Tax, wage: float) -> tuple[float, Array, Array, Firms]:
        """Least ability that manages, and the bins above it: abilities, shares and choices."""
        gain = self.establishments(tax, wage, self._edges).profit - wage
        first = int(np.searchsorted(gain, 0.0))  # gains rise with ability
        if first in (0, gain.size):
            least = float(self._edges[0 if first == 0 else -1])
        else:  # without tax profit is linear in z
            low, high = self._edges[first - 1 : first + 1]
            least = float(low - gain[first - 1] * (high - low) / (gain[first] - gain[first - 1]))
        z, share = self.law.bins(np.maximum(self._edges, least))
        return least, z, share, self.establishments(tax, wage, z)

    def solve(self, tax: Tax | None = None) -> Economy:
        """The wage that clears the labour market, and what follows.

        Raises:
            NotConverged: No wage does.
        """
        tax = tax or Tax()

        def excess(log_wage: float) -> float:
            _, _, share, choices = self._managers(tax, float(np.exp(log_wage)))
            demand, supply = float((share * choices.labor).sum()), 1.0 - float(share.sum())
            return (demand - supply) / max(demand, supply)

        log_wage = root(excess, -3.0, 3.0, "wage (in logs)")
        wage = float(np.exp(log_wage))
        least, z, share, choices = self._managers(tax, wage)
        output, capital, labor, profits, revenue = (
            float((share * x).sum())
            for x in (choices.output, choices.capital, choices.labor, choices.profit, choices.size_tax)
        )
        some = share > 0
        return Economy(
            tax=tax,
            wage=wage,
            output=output,
            capital=capital,
            labor=labor,
            establishments=float(share.sum()),
            revenue=revenue,
            least=least,
            z=z[some],
            share=share[some],
            employees=choices.labor[some],
            used=choices.capital[some],
            excess=excess(log_wage),
            accounts=(output - wage * labor - self.p.rental * capital - revenue - profits) / output,
        )


def calibrate(p: Parameters = PAPER) -> Model:
    """The economy whose highest ability gives establishments their mean size."""

    def gap(log_highest: float) -> float:
        return Model(p, float(np.exp(log_highest))).solve().mean_size / p.employees - 1.0

    return Model(
        p, float(np.exp(root(gap, np.log(500.0), np.log(20000.0), "highest ability (in logs)", 1e-11)))
    )


def rate_for(model: Model, base: Economy, on: Factor, multiple: float, cut: float = 0.2) -> Economy:
    """The equilibrium with a tax above `multiple` times the mean use of a factor, at the rate that cuts mean
    size by `cut`.

    Raises:
        NotConverged: No rate up to 20 does.
    """
    mean = (base.capital if on == "capital" else base.labor) / base.establishments

    def gap(rate: float) -> float:
        return model.solve(Tax(on, multiple * mean, rate)).mean_size / base.mean_size - (1.0 - cut)

    return model.solve(Tax(on, multiple * mean, root(gap, 0.0, 20.0, "rate of the tax", 1e-11)))


@functools.cache
def _compiled(on: Factor, p: Parameters) -> Arrays:
    """The economy of `economy.yaml` with the parameters and the factor that is taxed, at two nodes of wealth.

    Its one ability stands for those that `Model.establishments` fills in.
    """
    from dirigiste.economy import loads
    from dirigiste.numerics.setup.arrays import compile_economy

    text = resources.files(__package__ or "").joinpath("economy.yaml").read_text(encoding="utf-8")
    changes = {
        "technology.alpha": p.v,
        "technology.eta": p.g,
        "technology.delta": p.rental - p.interest,
        "closure.capital.open.interest": p.interest,
        "statuses.everyone.size_tax.on": on,
    }
    m = compile_economy(loads(text, file="guner_ventura_xu_2008/economy.yaml").with_(changes)).arrays
    return m.replace(wealth=m.wealth[:2])
