"""Restuccia and Rogerson (2008): Tables 2 to 6 and 8 and the benchmark."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Final

import numpy as np
import xarray as xr

from dirigiste import config
from dirigiste.progress import Progress
from dirigiste.replications import reference
from dirigiste.replications.outcome import Outcome, Picture
from dirigiste.replications.restuccia_rogerson_2008 import model
from dirigiste.replications.restuccia_rogerson_2008.by_engine import distorted
from dirigiste.replications.restuccia_rogerson_2008.policy import Effect, Policy, effect

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TAXES: Final = (0.1, 0.2, 0.3, 0.4)
CAPITAL_TAXES: Final = (0.5, 1.0)
SHARES: Final = (0.9, 0.8, 0.6, 0.5, 0.4, 0.2, 0.1)
CLASSES: Final = (0.0, 5.0, 50.0, math.inf)
DESIGNS: Final = {"uncorrelated": False, "correlated": True}


def compute(progress: Progress | None = None) -> Outcome:
    """Solve the benchmark and every policy of the tables."""
    config.ensure()
    p = model.PAPER
    law = model.sizes(p)
    base = model.solve(p, law, model.undistorted(law))
    effects: dict[tuple[str, float, float], Effect] = {}
    for n, design in enumerate(DESIGNS):
        if progress is not None:
            progress(f"policies {n + 1} of {len(DESIGNS)}", 0, math.nan)
        for share in SHARES:
            for tax in TAXES:
                effects[design, share, tax] = effect(p, law, Policy(tax, share, DESIGNS[design]), base)
    capital = [
        effect(p, law, Policy(tax, 0.5, correlated, "capital"), base)
        for correlated in DESIGNS.values()
        for tax in CAPITAL_TAXES
    ]
    if progress is not None:
        progress("Table 3 out of the engine", 0, math.nan)
    by_engine = [distorted(tax) for tax in TAXES]
    half = {design: [effects[design, 0.5, tax] for tax in TAXES] for design in DESIGNS}
    tfp = {
        design: {
            f"{100 * share:.0f} % taxed": [effects[design, share, tax].tfp for tax in TAXES]
            for share in SHARES
        }
        for design in DESIGNS
    }
    worse = [
        effects["uncorrelated", s, t].tfp - effects["correlated", s, t].tfp for s in SHARES for t in TAXES
    ]
    table2 = classes(p, law)
    ours = {
        "benchmark": benchmark(base),
        "table-2": {name: table2[name] for name in table2 if name.startswith("share")},
        "table-2-means": {"mean employment": table2["mean employment"]},
        "table-3": rows(half["uncorrelated"]),
        "table-3-engine": {
            "output": [e.output for e in by_engine],
            "output of subsidised": [e.subsidised for e in by_engine],
            "subsidies over output": [e.cost for e in by_engine],
            "subsidy": [e.subsidy for e in by_engine],
        },
        "table-4": tfp["uncorrelated"],
        "table-5": rows(half["correlated"]),
        "table-6": tfp["correlated"],
        "table-8": rows(capital),
    }
    claims = {"correlated-worse": (min(worse) > 0, f"by {min(worse):.3f} to {max(worse):.3f}")}
    everything = [*effects.values(), *capital]
    return Outcome(
        cells=reference.compare(reference.load(__package__), ours, claims),
        datasets={"policies": dataset(effects), "sizes": size_dataset(p, law)},
        pictures={
            "tfp": Picture(
                "Taxing the productive costs far more TFP than taxing at random",
                "TFP relative to no policy by tax rate, a line for each share of establishments taxed. Dots: "
                "our entries of Tables 4 and 6.",
                lambda: _draw_tfp(effects),
            ),
            "sizes": Picture(
                "Most establishments are small, most people work in large ones",
                "Shares at or below an employment (log scale), no policy; productivity on the grid from "
                "the US size data.",
                lambda: _draw_sizes(p, law),
            ),
        },
        notes=[
            "TFP is Y/K^a as in the tables. A share of the size data is split equally over the grid points "
            "within its bin, the rule under which the published tables come out.",
            "Out of the engine (Table 3): a tax on output with a subsidy that leaves capital as it was "
            "leaves entry as it was too, so the numbers of establishments are given and the wage clears the "
            "market for labour; workers run no firm. The result does not depend on the law of productivity.",
        ],
        residuals={
            "free entry": max(abs(e.economy.free_entry) for e in everything),
            "capital": max(abs(e.capital_gap) for e in everything),
            "labour": max(abs(e.economy.labor - 1.0) for e in everything),
            "engine": max(max(e.residual, abs(e.capital_gap)) for e in by_engine),
        },
    )


def benchmark(base: model.Economy) -> dict[str, list[float]]:
    """Levels without policy."""
    return {
        "wage": [base.wage],
        "entry": [base.entry],
        "capital": [base.capital],
        "output": [base.output],
        "establishments": [base.mass],
        "K/Y": [base.capital / base.output],
    }


def rows(effects: list[Effect]) -> dict[str, list[float]]:
    """Rows of Tables 3, 5 and 8."""
    return {
        "output": [e.output for e in effects],
        "TFP": [e.tfp for e in effects],
        "entry": [e.entry for e in effects],
        "output of subsidised": [e.subsidised for e in effects],
        "subsidies over output": [e.cost for e in effects],
        "subsidy": [e.subsidy for e in effects],
    }


def classes(p: model.Parameters, law: model.Sizes) -> dict[str, list[float]]:
    """Table 2: establishments and factors by size class; without policy all factors are proportional."""
    n = law.employment(p)
    table: dict[str, list[float]] = {}
    for low, high in itertools.pairwise(CLASSES):
        inside = (n >= low) & (n < high)
        number, people = law.share[inside].sum(), (law.share * n)[inside].sum()
        table.setdefault("share of establishments", []).append(float(number))
        for name in ("output", "labour", "capital"):
            table.setdefault(f"share of {name}", []).append(float(people / (law.share * n).sum()))
        table.setdefault("mean employment", []).append(float(people / number))
    return table


def dataset(effects: dict[tuple[str, float, float], Effect]) -> xr.Dataset:
    """Effects of the output taxes: (design, taxed, tax)."""
    names = {
        "tfp": "TFP relative to no policy",
        "output": "output relative to no policy",
        "entry": "entry relative to no policy",
        "wage": "wage relative to no policy",
        "subsidy": "rate of subsidy",
        "subsidised": "share of subsidised establishments in output",
        "cost": "subsidies over output",
    }
    shape = (len(DESIGNS), len(SHARES), len(TAXES))
    data = {
        name: (
            ("design", "taxed", "tax"),
            np.array(
                [getattr(effects[d, s, t], name) for d in DESIGNS for s in SHARES for t in TAXES]
            ).reshape(shape),
            {"long_name": label, "units": "1"},
        )
        for name, label in names.items()
    }
    return xr.Dataset(data, {"design": list(DESIGNS), "taxed": list(SHARES), "tax": list(TAXES)})


def size_dataset(p: model.Parameters, law: model.Sizes) -> xr.Dataset:
    """The law of productivity and employment without policy."""
    return xr.Dataset(
        {
            "share": ("s", law.share, {"long_name": "share of establishments", "units": "1"}),
            "employment": ("s", law.employment(p), {"long_name": "employment", "units": "smallest = 1"}),
        },
        {"s": ("s", law.s, {"long_name": "productivity", "units": "1"})},
    )


def _draw_tfp(effects: dict[tuple[str, float, float], Effect]) -> Figure:
    from dirigiste.replications.drawing import COLOURS_OF_MANY, end_labels, panels

    canvas, axes = panels(2, names=0.62)
    for ax, design in zip(axes, DESIGNS, strict=True):
        lines = []
        for share, colour in zip(SHARES, COLOURS_OF_MANY, strict=True):
            y = [1.0, *(effects[design, share, tax].tfp for tax in TAXES)]
            ax.plot([0.0, *TAXES], y, color=colour, marker="o", markersize=3, linewidth=1.2)
            lines.append((f"{100 * share:.0f} %", y[-1], colour))
        ax.set(
            title=f"{design.capitalize()} distortions",
            xlabel="tax on output",
            ylim=(0.48, 1.02),
            xlim=(0, 0.4),
        )
        ax.yaxis.grid(True)
        end_labels(ax, lines)
    return canvas.figure


def _draw_sizes(p: model.Parameters, law: model.Sizes) -> Figure:
    from dirigiste.replications.drawing import decades, panels
    from dirigiste.report.drawing import sheet

    canvas, (ax,) = panels(1, names=0.3)
    n = law.employment(p)
    people = np.cumsum(law.share * n) / (law.share * n).sum()
    ax.plot(n, np.cumsum(law.share), color=sheet.NAVY)
    ax.plot(n, people, color=sheet.ORANGE, linestyle="--")
    ax.set(xscale="log", xlabel="employment, smallest establishment = 1", ylim=(0, 1), xlim=(1, n[-1]))
    ax.set_title("Share at or below")
    ax.yaxis.grid(True)
    decades(ax)
    ax.text(6, 0.76, "establishments", color=sheet.NAVY, ha="right", va="bottom")
    ax.text(260, 0.46, "employment", color=sheet.ORANGE, ha="left", va="top")
    return canvas.figure
