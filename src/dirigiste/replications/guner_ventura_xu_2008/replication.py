"""Guner, Ventura and Xu (2008): the benchmark, and taxes on size that cut mean size by a fifth."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
import xarray as xr

from dirigiste.progress import Progress
from dirigiste.replications import reference
from dirigiste.replications.guner_ventura_xu_2008 import model
from dirigiste.replications.guner_ventura_xu_2008.model import Economy, Factor, Model
from dirigiste.replications.outcome import Outcome, Picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MULTIPLES: Final = (0.5, 1.0, 2.0)
"""Thresholds over the mean use of the factor without policy."""

FACTORS: Final[tuple[Factor, ...]] = ("capital", "labor")
LABELS: Final = {"capital": "tax on capital", "labor": "tax on labour"}
CURVE: Final = np.linspace(0.0, 0.8, 9)
"""Rates of the figure."""

Effects = dict[tuple[Factor, float], Economy]
Changes = dict[tuple[Factor, float], dict[str, float]]
POLICIES: Final[tuple[tuple[Factor, float], ...]] = tuple((on, n) for on in FACTORS for n in MULTIPLES)


def compute(progress: Progress | None = None) -> Outcome:
    """Calibrate the highest ability, then find the rate for each factor and threshold."""
    calibrated = model.calibrate()
    base = calibrated.solve()
    effects: Effects = {}
    for n, (on, multiple) in enumerate(POLICIES):
        if progress is not None:
            progress(f"policies {n + 1} of {len(POLICIES)}", 0, math.nan)
        effects[on, multiple] = model.rate_for(calibrated, base, on, multiple)
    all_ = list(effects.values())
    changes = {key: change(base, e) for key, e in effects.items()}
    curves = curve(calibrated, base)
    ours = {
        "targets": {
            "employees per establishment": [base.mean_size],
            "K/Y": [base.capital / base.output],
        },
        "benchmark": benchmark(calibrated, base),
        "benchmark-aim": {"(1-v) g/(1-g)": [least_employees(calibrated, base)]},
        "largest": {
            "fall of output": [-100 * min(c["output"] for c in changes.values())],
            "fall of output per establishment": [
                -100 * min(c["per establishment"] for c in changes.values())
            ],
            "rise of establishments": [100 * max(c["establishments"] for c in changes.values())],
        },
        "identity": {
            LABELS[on]: [100 * changes[on, multiple]["establishments"] for multiple in MULTIPLES]
            for on in FACTORS
        },
    }
    return Outcome(
        cells=reference.compare(reference.load(__package__), ours, claims(changes)),
        datasets={"policies": dataset(base, effects), "curves": curves, "sizes": size_dataset(base)},
        pictures={
            "effects": Picture(
                "For the same cut of mean size a tax on capital costs far more output than one on labour",
                "Change of output, output per establishment and number of establishments against the rate, "
                "for thresholds of 0.5, 1 and 2 times the mean use of the factor. Dots: the rate that cuts "
                "mean size by a fifth.",
                lambda: _draw_effects(curves, base, effects),
            ),
            "bunching": Picture(
                "Establishments bunch at the threshold",
                "Capital by managerial ability without policy (dashed) and with the tax above mean capital "
                "that cuts mean size by a fifth. Logarithmic axes; lines begin at the least able manager.",
                lambda: _draw_bunching(base, effects["capital", 1.0]),
            ),
        },
        notes=notes(effects, changes),
        residuals={
            "labour": max(abs(e.excess) for e in (base, *all_)),
            "accounts": max(abs(e.accounts) for e in (base, *all_)),
            "mean size": max(abs(e.mean_size / base.mean_size - 0.8) for e in all_),
        },
    )


def benchmark(calibrated: Model, base: Economy) -> dict[str, list[float]]:
    """Moments without policy."""
    few, many = base.class_(0.0, 10.0), base.class_(100.0, math.inf)
    return {
        "highest ability": [calibrated.law.highest],
        "establishments with fewer than 10 employees": [few[0]],
        "establishments with 100 and more employees": [many[0]],
        "their share of employment": [many[1]],
    }


def least_employees(calibrated: Model, base: Economy) -> float:
    """Employees of the least able manager."""
    return float(calibrated.establishments(base.tax, base.wage, np.array([base.least])).labor[0])


def change(base: Economy, e: Economy) -> dict[str, float]:
    """What a policy changes, relative to the benchmark."""
    return {
        "output": e.output / base.output - 1.0,
        "per establishment": e.output / e.establishments / (base.output / base.establishments) - 1.0,
        "establishments": e.establishments / base.establishments - 1.0,
        "capital": e.capital / base.capital - 1.0,
        "wage": e.wage / base.wage - 1.0,
    }


def claims(changes: Changes) -> dict[str, tuple[bool, str]]:
    """Statements of the paper, and what was computed."""
    output = [c["output"] for c in changes.values()]
    each = [c["per establishment"] for c in changes.values()]
    falls = max(output) < 0 and all(one < other for one, other in zip(each, output, strict=True))
    numbers = (
        f"output {100 * min(output):.2f} to {100 * max(output):.2f} %, per establishment "
        f"{100 * min(each):.2f} to {100 * max(each):.2f} %"
    )
    return {"output-falls": (falls, numbers)}


def _touched(e: Economy) -> float:
    """Share of establishments at the threshold or above."""
    of = e.used if e.tax.on == "capital" else e.employees
    return float(e.share[of >= e.tax.above].sum() / e.establishments)


def notes(effects: Effects, changes: Changes) -> list[str]:
    """What a reader must know."""
    rows = "; ".join(
        f"{LABELS[on]} above {multiple:g} times the mean: rate {effects[on, multiple].tax.rate:.4f}, "
        f"{100 * _touched(effects[on, multiple]):.1f} % of establishments at the threshold or above, output "
        f"{100 * changes[on, multiple]['output']:+.2f} %, capital "
        f"{100 * changes[on, multiple]['capital']:+.2f} %, wage {100 * changes[on, multiple]['wage']:+.2f} %"
        for on, multiple in POLICIES
    )
    return [
        "Owners meet no collateral limit and interest is fixed by discounting, so this is static: the firm "
        "problem of this package with its tax on size, and the wage that clears the labour market. Wealth is "
        "not solved for; the revenue is rebated.",
        "The tax falls on the rental value r + delta of the capital above the threshold (or on the wages of "
        "the labour above it); what is below stays untaxed.",
        f"What the rates do: {rows}.",
        "Under a tax on capital output is proportional to the wage bill, and given mean size the wage and "
        "the number of workers are the same whatever the threshold, as long as the least able manager is "
        "below it. So all three thresholds cost the same output; rates, capital and revenue differ. A tax "
        "on labour that cuts mean size as much costs far less output: capital is free to follow the workers.",
    ]


def dataset(base: Economy, effects: Effects) -> xr.Dataset:
    """Policies at the rate that cuts mean size by a fifth: (factor, threshold)."""
    shape = len(FACTORS), len(MULTIPLES)
    rows = {key: change(base, e) for key, e in effects.items()}
    names = {
        "output": "output relative to no policy, less 1",
        "per establishment": "output per establishment relative to no policy, less 1",
        "establishments": "establishments relative to no policy, less 1",
        "capital": "capital relative to no policy, less 1",
        "wage": "wage relative to no policy, less 1",
    }
    keys = POLICIES
    values = {name.replace(" ", "_"): ([rows[k][name] for k in keys], label) for name, label in names.items()}
    values |= {
        "rate": ([effects[k].tax.rate for k in keys], "rate of the tax"),
        "revenue": ([effects[k].revenue / effects[k].output for k in keys], "revenue over output"),
        "bunched": ([effects[k].bunched() for k in keys], "share of establishments at the threshold"),
    }
    data = {
        name: (("factor", "threshold"), np.reshape(x, shape), {"long_name": label, "units": "1"})
        for name, (x, label) in values.items()
    }
    return xr.Dataset(data, {"factor": list(FACTORS), "threshold": list(MULTIPLES)})


def curve(calibrated: Model, base: Economy) -> xr.Dataset:
    """Effects against the rate: (factor, threshold, rate)."""
    mean = {
        "capital": base.capital / base.establishments,
        "labor": base.labor / base.establishments,
    }
    rows = [
        change(base, calibrated.solve(model.Tax(on, multiple * mean[on], float(rate))))
        for on in FACTORS
        for multiple in MULTIPLES
        for rate in CURVE
    ]
    shape = len(FACTORS), len(MULTIPLES), CURVE.size
    labels = {
        "output": "output relative to no policy, less 1",
        "per establishment": "output per establishment relative to no policy, less 1",
        "establishments": "establishments relative to no policy, less 1",
    }
    return xr.Dataset(
        {
            name.replace(" ", "_"): (
                ("factor", "threshold", "rate"),
                np.reshape([row[name] for row in rows], shape),
                {"long_name": label, "units": "1"},
            )
            for name, label in labels.items()
        },
        {"factor": list(FACTORS), "threshold": list(MULTIPLES), "rate": CURVE},
    )


def size_dataset(base: Economy) -> xr.Dataset:
    """Establishments without policy by ability."""
    return xr.Dataset(
        {
            "share": ("z", base.share, {"long_name": "share of members", "units": "1"}),
            "employees": ("z", base.employees, {"long_name": "employees", "units": "workers"}),
            "capital": ("z", base.used, {"long_name": "capital", "units": "goods"}),
        },
        {"z": ("z", base.z, {"long_name": "managerial ability", "units": "1"})},
    )


def _draw_effects(curves: xr.Dataset, base: Economy, effects: Effects) -> Figure:
    from dirigiste.replications.drawing import end_labels, panels
    from dirigiste.report.drawing import sheet

    quantities = {"output": "Output", "per_establishment": "Output per establishment"}
    canvas, axes = panels(4, names=0.45)
    colours = (sheet.NAVY, sheet.ORANGE, sheet.TEAL)
    places: list[tuple[Factor, str]] = [(on, name) for on in FACTORS for name in quantities]
    for ax, (on, name) in zip(axes, places, strict=True):
        lines = []
        for multiple, colour in zip(MULTIPLES, colours, strict=True):
            y = 100 * curves[name].sel(factor=on, threshold=multiple)
            ax.plot(CURVE, y, color=colour)
            taxed = effects[on, multiple]
            dot = 100 * change(base, taxed)[name.replace("_", " ")]
            ax.plot([taxed.tax.rate], [dot], color=colour, marker="o", markersize=4)
            lines.append((f"{multiple:g}", float(y[-1]), colour))
        ax.set(xlim=(0, CURVE[-1]), xlabel="rate")
        ax.set_title(f"{quantities[name]}, {LABELS[on]}, %")
        ax.yaxis.grid(True)
        end_labels(ax, lines)
    return canvas.figure


def _draw_bunching(base: Economy, taxed: Economy) -> Figure:
    from dirigiste.replications.drawing import decades, panels
    from dirigiste.report.drawing import sheet

    canvas, (ax,) = panels(1, names=0.1)
    ax.plot(base.z, base.used, color=sheet.SOFT, **sheet.BEFORE)
    ax.plot(taxed.z, taxed.used, color=sheet.NAVY)
    ax.set(xscale="log", yscale="log", xlabel="managerial ability z")
    ax.set_title("Capital of an establishment")
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    ax.yaxis.set_minor_formatter(lambda *_: "")
    decades(ax)
    ax.yaxis.grid(True)
    ax.annotate(
        "threshold", (float(taxed.z[0]), taxed.tax.above), color=sheet.NAVY, va="bottom",
        xytext=(0, 3), textcoords="offset points",
    )  # fmt: skip
    ax.axhline(taxed.tax.above, color=sheet.FAINT, linewidth=0.8, zorder=1)
    return canvas.figure
