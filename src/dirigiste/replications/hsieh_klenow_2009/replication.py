"""Hsieh and Klenow (2009): closed forms, exact inversion, and what follows from the moments they print."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, Final, cast

import numpy as np
import xarray as xr

from dirigiste.documents import reading
from dirigiste.progress import Progress
from dirigiste.replications import published
from dirigiste.replications.hsieh_klenow_2009 import lognormal, model
from dirigiste.replications.outcome import Outcome, Picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from dirigiste.replications.hsieh_klenow_2009.model import Array, Firms, Industry

ALPHA: Final = 0.4
COVARIANCE: Final = 0.5 * np.array([[1.0, 0.35, 0.1], [0.35, 0.25, 0.05], [0.1, 0.05, 0.3]])
"""Of (log A, -log(1-tY), log(1+tK))."""
ELASTICITIES: Final = (3.0, 5.0)
REFERENCE: Final = "US 1997"
LEFT: Final = ("India 1991", "US 1977", "US 1987", "US 1997", "China 2005")
UP_OR_DOWN: Final = {"China 2001": "top", "India 1987": "bottom", "US 1977": "bottom", "US 1997": "bottom"}
"""Where names stand in the figure."""
SEED: Final = 20090911
INDUSTRIES: Final = 20
FIRMS: Final = 400


def compute(progress: Progress | None = None) -> Outcome:  # noqa: ARG001  (takes no time)
    """Check the method, and derive what the printed moments imply."""
    moments = printed()
    gains, dispersion = moments["table_4_gain_percent"], moments["table_2_sd_tfpr"]
    numbers = published.load(__package__)
    columns = {table.id: table.columns for table in numbers.tables}
    relative = {
        name: 100.0 * ((1.0 + gain / 100.0) / (1.0 + gains[REFERENCE] / 100.0) - 1.0)
        for name, gain in gains.items()
    }
    approximate = {name: 100.0 * float(np.expm1(1.5 * sd**2)) for name, sd in dispersion.items()}
    both = {
        sigma: (
            lognormal.closed_form(COVARIANCE, ALPHA, sigma),
            lognormal.quadrature(COVARIANCE, ALPHA, sigma),
        )
        for sigma in ELASTICITIES
    }
    errors = exactness()
    ours = {
        "lognormal": {"log(A̅/TFP)": [both[sigma][1] for sigma in ELASTICITIES]},
        "exact": {name: [error] for name, error in errors.items()},
        "table-6": {"gain": [relative[name] for name in columns["table-6"]]},
        "table-4": {"gain": [approximate[name] for name in columns["table-4"]]},
    }
    china = [relative[f"China {year}"] for year in (1998, 2001, 2005)]
    fall = bool(np.all(np.diff(china) < 0))
    largest = max(relative, key=lambda name: relative[name]) == "India 1994"
    smallest = all(name.startswith("US") for name in sorted(relative, key=lambda name: relative[name])[:3])
    claims = {
        "order": (
            fall and largest and smallest,
            f"relative to {REFERENCE}: China {china[0]:.1f} % in 1998 and {china[2]:.1f} % in 2005, India "
            f"{relative['India 1994']:.1f} % in 1994",
        )
    }
    columns_of = {
        "gain": (gains, "gain, Table IV", "%"),
        "relative": (relative, f"gain relative to {REFERENCE}", "%"),
        "lognormal": (approximate, "gain if TFPR were log-normal", "%"),
        "sd_tfpr": (dispersion, "sd of ln TFPR, Table II", "1"),
    }
    data = xr.Dataset(
        {
            name: ("country_year", [values[n] for n in gains], {"long_name": label, "units": unit})
            for name, (values, label, unit) in columns_of.items()
        },
        {"country_year": list(gains)},
    )
    return Outcome(
        cells=published.compare(numbers, ours, claims),
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
            "Sample gains from simulated firms are biased where tails are heavy, so closed forms are tested "
            "by quadrature and inversion, not by simulation.",
        ],
        residuals={
            "closed form less quadrature": max(abs(closed - numeric) for closed, numeric in both.values())
        },
    )


def printed() -> dict[str, dict[str, float]]:
    """Moments that the paper prints."""
    text = resources.files(__package__ or "").joinpath("moments.yaml").read_text(encoding="utf-8")
    return cast("dict[str, dict[str, float]]", reading.parse(text, file="moments.yaml").plain())


def simulated(seed: int = SEED) -> list[tuple[Industry, Firms, Array, Array, Array]]:
    """Industries of firms with known ability, 1 - tY and 1 + tK."""
    random = np.random.default_rng(seed)
    found = []
    for _ in range(INDUSTRIES):
        industry = model.Industry(
            alpha=random.uniform(0.2, 0.7), sigma=random.uniform(2.0, 6.0), wage=random.uniform(0.5, 3.0)
        )
        logs = random.multivariate_normal(np.zeros(3), 0.5 * COVARIANCE, size=FIRMS).T
        ability, output, capital = np.exp(logs[0]), np.exp(-logs[1]), np.exp(logs[2])
        firms = model.behave(industry, ability, output, capital, scale=random.uniform(1.0, 50.0))
        found.append((industry, firms, ability, output, capital))
    return found


def exactness() -> dict[str, float]:
    """Largest relative errors of the inversion, of the TFP formulas and of the invariances."""
    worst: dict[str, float] = {}

    def note(name: str, one: Array | float, other: Array | float) -> None:
        error = float(np.abs(np.asarray(one) / np.asarray(other) - 1.0).max())
        worst[name] = max(worst.get(name, 0.0), error)

    industries = simulated()
    for industry, firms, ability, output, capital in industries:
        wedges = model.infer(industry, firms)
        note("wedge on output", wedges.output, output)
        note("wedge on capital", wedges.capital, capital)
        unit = wedges.tfpq[0] / ability[0]
        note("TFPQ, relative to the industry", wedges.tfpq / unit, ability)
        actual, efficient = (value / unit for value in model.tfp(industry, firms))
        note("TFP by the formula and directly", actual, direct_tfp(industry, firms, ability))
        free = model.behave(industry, ability, np.ones_like(output), np.ones_like(capital))
        note(
            "efficient TFP by the formula and without wedges", efficient, direct_tfp(industry, free, ability)
        )
    before = model.gain([(industry, firms) for industry, firms, *_ in industries])
    changed = []
    for industry, firms, ability, output, capital in industries:
        other = industry._replace(rental=0.17, wage=2.0 * industry.wage)
        moved = model.behave(other, 3.0 * ability, 0.8 * output, 1.5 * capital)
        units = firms.revenue.sum() / moved.revenue.sum()
        changed.append(
            (other, model.Firms(units * moved.revenue, units * moved.wages, units * moved.capital))
        )
    note("gain after a common wedge, other units, w and R", model.gain(changed), before)
    return worst


def direct_tfp(industry: Industry, firms: Firms, ability: Array) -> float:
    """TFP of an industry as its output over its bundle of capital and labour, knowing abilities."""
    a, s = industry.alpha, industry.sigma
    labor = firms.wages / industry.wage
    made = ability * firms.capital**a * labor ** (1.0 - a)
    total = float((made ** ((s - 1.0) / s)).sum() ** (s / (s - 1.0)))
    return total / (float(firms.capital.sum()) ** a * float(labor.sum()) ** (1.0 - a))


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
