"""Hsieh and Klenow (2009): firms that are made and measured. Closed forms, exact inversion, and gains at the
dispersion that the paper prints.
"""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, Final, NamedTuple, cast

import numpy as np
import polars as pl
import xarray as xr

from dirigiste.documents import reading
from dirigiste.progress import Progress
from dirigiste.replications import reference
from dirigiste.replications.hsieh_klenow_2009 import lognormal, model
from dirigiste.replications.hsieh_klenow_2009.measured import RENTAL, log_gains, measured
from dirigiste.replications.hsieh_klenow_2009.model import Array, Firms, Industry
from dirigiste.replications.outcome import Cell, Outcome, Picture

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure

ALPHA: Final = 0.4
COVARIANCE: Final = 0.5 * np.array([[1.0, 0.35, 0.1], [0.35, 0.25, 0.05], [0.1, 0.05, 0.3]])
"""Of (log A, -log(1-tY), log(1+tK))."""
ELASTICITIES: Final = (3.0, 5.0)
LEFT: Final = ("India 1991", "US 1977", "US 1987", "US 1997", "China 2005")
UP_OR_DOWN: Final = {"China 2001": "top", "India 1987": "bottom", "US 1977": "bottom", "US 1997": "bottom"}
"""Where names stand in the figure."""
SEED: Final = 20090911
INDUSTRIES: Final = 20
FIRMS: Final = 400


def compute(progress: Progress | None = None) -> Outcome:  # noqa: ARG001  (takes no time)
    """Measure made firms: exactness of the method, and gains at the dispersion that the paper prints."""
    dispersion = printed()["table_2_sd_tfpr"]
    gains = lognormal_gains(dispersion)
    closed = [lognormal.closed_form(COVARIANCE, ALPHA, sigma) for sigma in ELASTICITIES]
    by_quadrature = [measured_lognormal(sigma) for sigma in ELASTICITIES]
    references = reference.load(__package__)
    columns = {table.id: table.columns for table in references.tables}
    ours = {
        "lognormal": {"log(A̅/TFP)": by_quadrature},
        "exact": {name: [error] for name, error in exactness().items()},
        "table-4": {"gain": [gains[name] for name in columns["table-4"]]},
    }
    china = [gains[f"China {year}"] for year in (1998, 2001, 2005)]
    falls = bool(np.all(np.diff(china) < 0))
    smallest = all(name.startswith("US") for name in sorted(gains, key=lambda name: gains[name])[:3])
    american = [gains[name] for name in gains if name.startswith("US")]
    claims = {
        "order": (
            falls and smallest,
            f"log-normal firms with the dispersion of Table II: China {china[0]:.0f} % in 1998 and "
            f"{china[2]:.0f} % in 2005, United States {min(american):.0f} to {max(american):.0f} %",
        )
    }
    cells = reference.compare(references, ours, claims)
    paper = {cell.column: cell.reference for cell in cells if isinstance(cell, Cell) and cell.row == "gain"}
    data = dataset(dispersion, gains, paper)
    return Outcome(
        cells=cells,
        datasets={"gains": data},
        pictures={
            "gains": Picture(
                "China and India would gain at least twice what the United States would",
                "Dots: gains of Table IV by the dispersion of TFPR of Table II. Line: the gain if TFPR were "
                "log-normal with the same dispersion in every industry, exp(1.5 sd²) - 1.",
                lambda: _draw(data),
            )
        },
        notes=[
            "The firm data are confidential or licensed and not in this package: Tables I to III and the "
            "regressions on ownership need them. `dirigiste measure` computes all of these from a firm file.",
            "Table VI, gains relative to the United States of 1997, is arithmetic on the numbers of Table IV "
            "and no computation, so it is not compared.",
            "Sample gains from simulated firms are biased where tails are heavy, so closed forms are tested "
            "on firms at the nodes of a quadrature with their weights, not by simulation.",
        ],
        residuals={
            "measured less closed form": max(
                abs(one - other) for one, other in zip(by_quadrature, closed, strict=True)
            )
        },
    )


def measured_lognormal(sigma: float) -> float:
    """ln(A̅/TFP) measured on firms at the nodes of a quadrature."""
    industry = model.Industry(ALPHA, sigma)
    firms, weight = lognormal.firms(industry, COVARIANCE)
    return log_gains(measured({"all": (industry, firms)}, {"all": weight}))["all"]


def lognormal_gains(dispersion: Mapping[str, float]) -> dict[str, float]:
    """Measured gain, %, of log-normal firms whose wedges on output give ln TFPR a dispersion, by name."""
    industry = model.Industry(1.0 / 3.0, 3.0)
    made = {
        name: lognormal.firms(industry, np.diag([0.0, sd**2, 0.0]), points=24)
        for name, sd in dispersion.items()
    }
    result = measured(
        {name: (industry, firms) for name, (firms, _) in made.items()},
        {name: weight for name, (_, weight) in made.items()},
    )
    return {name: 100.0 * float(np.expm1(gain)) for name, gain in log_gains(result).items()}


def dataset(
    dispersion: Mapping[str, float], gains: Mapping[str, float], paper: Mapping[str, float]
) -> xr.Dataset:
    """Gains by country and year, ours and the paper's."""
    columns = {
        "gain": (paper, "gain, Table IV", "%"),
        "lognormal": (gains, "gain if TFPR were log-normal, measured on made firms", "%"),
        "sd_tfpr": (dispersion, "sd of ln TFPR, Table II", "1"),
    }
    return xr.Dataset(
        {
            name: ("country_year", [values[n] for n in dispersion], {"long_name": label, "units": unit})
            for name, (values, label, unit) in columns.items()
        },
        {"country_year": list(dispersion)},
    )


def printed() -> dict[str, dict[str, float]]:
    """Moments that the paper prints."""
    text = resources.files(__package__ or "").joinpath("moments.yaml").read_text(encoding="utf-8")
    return cast("dict[str, dict[str, float]]", reading.parse(text, file="moments.yaml").plain())


class Made(NamedTuple):
    """An industry of firms whose ability and wedges are known."""

    industry: Industry
    firms: Firms
    ability: Array
    output: Array
    """1 - tY."""
    capital: Array
    """1 + tK."""


def made_industries(seed: int = SEED) -> dict[str, Made]:
    """Industries of firms with known ability, 1 - tY and 1 + tK, by name."""
    random = np.random.default_rng(seed)
    industries = {}
    for n in range(INDUSTRIES):
        industry = model.Industry(
            alpha=random.uniform(0.2, 0.7),
            sigma=random.uniform(2.0, 6.0),
            wage=random.uniform(0.5, 3.0),
            rental=RENTAL,
        )
        logs = random.multivariate_normal(np.zeros(3), 0.5 * COVARIANCE, size=FIRMS).T
        ability, output, capital = np.exp(logs[0]), np.exp(-logs[1]), np.exp(logs[2])
        firms = model.behave(industry, ability, output, capital, scale=random.uniform(1.0, 50.0))
        industries[f"industry {n + 1:02d}"] = Made(industry, firms, ability, output, capital)
    return industries


def exactness() -> dict[str, float]:
    """Largest relative errors of what is measured: wedges, TFPQ, gains, and gains after changes of units."""
    industries = made_industries()
    result = measured({name: (made.industry, made.firms) for name, made in industries.items()})
    errors: dict[str, float] = {}

    def note(name: str, one: Array | float, other: Array | float) -> None:
        error = float(np.abs(np.asarray(one) / np.asarray(other) - 1.0).max())
        errors[name] = max(errors.get(name, 0.0), error)

    lost, share = [], []
    gains = log_gains(result)
    for name, made in industries.items():
        rows = result.rows.filter(pl.col("industry") == name)
        note("wedge on output", 1.0 - rows["tau_y"].to_numpy(), made.output)
        note("wedge on capital", 1.0 + rows["tau_k"].to_numpy(), made.capital)
        tfpq = rows["tfpq"].to_numpy()
        note("TFPQ, relative to the industry", tfpq / tfpq[0], made.ability / made.ability[0])
        lost.append(directly_lost(made))
        note("TFP lost in an industry, against its output with and without wedges", gains[name], lost[-1])
        share.append(made.firms.revenue.sum())
    weights = np.array(share) / np.sum(share)
    directly = 100.0 * np.expm1(weights @ np.array(lost))
    note("gain of all industries, against the same", result.gain, float(directly))
    moved = measured({name: moved_units(made) for name, made in industries.items()})
    note("gain after a common wedge, other units, w and R", moved.gain, result.gain)
    return errors


def directly_lost(made: Made) -> float:
    """Log of the output of an industry without wedges over that with them, per unit of its bundle."""
    none = np.ones_like(made.output)
    free = model.behave(made.industry, made.ability, none, none)
    efficient = model.tfp(made.industry, free, made.ability)
    return float(np.log(efficient / model.tfp(made.industry, made.firms, made.ability)))


def moved_units(made: Made) -> tuple[Industry, Firms]:
    """The same industry with a common wedge, other units, wage and rental price, and as much revenue."""
    industry = made.industry._replace(rental=0.17, wage=2.0 * made.industry.wage)
    firms = model.behave(industry, 3.0 * made.ability, 0.8 * made.output, 1.5 * made.capital)
    units = made.firms.revenue.sum() / firms.revenue.sum()
    return industry, model.Firms(units * firms.revenue, units * firms.wages, units * firms.capital)


def _draw(data: xr.Dataset) -> Figure:
    from dirigiste.replications.drawing import panels
    from dirigiste.report.drawing import sheet

    canvas, (ax,) = panels(1, names=0.3)
    sd = np.linspace(0.35, 0.8, 200)
    ax.plot(sd, 100 * np.expm1(1.5 * sd**2), color=sheet.SOFT, **sheet.BEFORE)
    colours = {"China": sheet.ORANGE, "India": sheet.TEAL, "US": sheet.NAVY}
    for n, name in enumerate(data["country_year"].values):
        x, y = float(data["sd_tfpr"][n]), float(data["gain"][n])
        colour = colours[str(name).split()[0]]
        ax.plot(x, y, "o", color=colour, markersize=5)
        left = str(name) in LEFT
        ax.annotate(
            str(name),
            (x, y),
            (-6, 0) if left else (6, 0),
            textcoords="offset points",
            color=colour,
            ha="right" if left else "left",
            va=UP_OR_DOWN.get(str(name), "center"),
            fontsize=7.5,
        )
    ax.set(
        title="Gain from equal marginal products, %",
        xlabel="standard deviation of ln TFPR",
        xlim=(0.35, 0.85),
        ylim=(0, 140),
    )
    ax.yaxis.grid(True)
    return canvas.figure
