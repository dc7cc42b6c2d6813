"""Midrigan and Xu (2014), the economy without entry: Tables 7 and 8, and closed forms."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
import xarray as xr

from dirigiste import config
from dirigiste.numerics.setup import ability
from dirigiste.progress import Progress
from dirigiste.replications import reference
from dirigiste.replications.midrigan_xu_2014 import closed_forms
from dirigiste.replications.midrigan_xu_2014.producers import Producers
from dirigiste.replications.outcome import Outcome, Picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WAGES: Final = (0.6, 0.838838, 1.2)
THETAS: Final = (0.0, 0.15, 0.3, 0.45, 0.5685, 0.7, 0.8, 0.85, 0.9)
GROUPS: Final = ("low", "middle", "high")
INNOVATION: Final = 0.83
"""Standard deviation of innovations of ε in the closed forms (.831 in the code of the economy)."""
PERSISTENCE: Final = 0.3

NO_CREDIT: Final = {"statuses.producers.collateral": 1.0, "closure.labor.wage": 0.7569}
NO_CREDIT_GROUPS: Final = {f"statuses.{group}.collateral": 1.0 for group in GROUPS} | {
    "closure.labor.wage": 0.752
}


def compute(progress: Progress | None = None) -> Outcome:
    """Solve all economies."""
    config.ensure()

    def report(what: str) -> None:
        if progress is not None:
            progress(what, 0, math.nan)

    report("Korea and no finance")
    korea, without = Producers.from_file("korea.yaml"), Producers.from_file("korea.yaml", NO_CREDIT)
    report("groups with unequal collateral")
    groups, none = Producers.from_file("groups.yaml"), Producers.from_file("groups.yaml", NO_CREDIT_GROUPS)
    report("groups with unequal borrowing rates")
    rates = Producers.from_file("rates.yaml")
    report("wages and collateral")
    wages = [Producers.from_file("korea.yaml", {"closure.labor.wage": w}) for w in WAGES]
    curve = [
        Producers.from_file("korea.yaml", {"statuses.producers.collateral": 1.0 / (1.0 - theta)})
        for theta in THETAS
    ]
    both = (korea, without)
    slope = closed_forms.coefficient()
    plain = closed_forms.variance(INNOVATION, PERSISTENCE)
    ours = {
        "table-7": {"loss": [p.loss for p in both]},
        "debt": {
            "debt over output": [p.debt for p in both],
            "labour demand": [p.labor for p in both],
            "variance of ln(Y/K)": [p.dispersion for p in both],
            "loss by the lognormal formula": [100.0 * slope * p.dispersion for p in both],
        },
        "growth": {"sd of growth": [p.growth_sd for p in both]},
        "table-8": {"loss": [*(groups.losses[g] for g in GROUPS), groups.loss, none.loss]},
        "table-8-debt": {"debt over output": [groups.debt], "labour demand": [groups.labor]},
        "rates": {"loss": [*(rates.losses[g] for g in GROUPS), rates.loss]},
        "rates-gaps": {
            "gap of ln(Y/K)": [math.log(rates.returns["low"] / rates.returns["high"])],
            "shadow cost of funds": [rates.returns["low"] - rates.result.economy.technology.delta],
        },
        "closed": {
            "Korea": [100.0 * closed_forms.never_adjusts(plain)],
            "shocks three times as large": [100.0 * closed_forms.never_adjusts(9.0 * plain)],
            "on the chain of 9 points": [100.0 * on_chain()],
        },
        "coefficient": {"coefficient": [slope]},
    }
    by_group = [groups.losses[g] for g in GROUPS]
    spread = max(p.loss for p in wages) - min(p.loss for p in wages)
    claims = {
        "ranking": (by_group == sorted(by_group, reverse=True), " > ".join(f"{x:.3f}" for x in by_group)),
        "invariance": (
            spread < 1e-3,
            "; ".join(f"{p.loss:.4f} at {w:g}" for w, p in zip(WAGES, wages, strict=True)),
        ),
    }
    everything = [korea, without, groups, none, rates, *wages, *curve]
    return Outcome(
        cells=reference.compare(reference.load(__package__), ours, claims),
        datasets={
            "korea": korea.result.tree,
            "groups": groups.result.tree,
            "unequal_rates": rates.result.tree,
            "collateral": curve_dataset(curve),
        },
        pictures={
            "collateral": Picture(
                "Producers save their way around credit limits",
                "Left: loss of TFP by collateral θ, other parameters those of Korea; dots: Korea and no "
                "finance of Table 7 (the latter at its own wage). Right: loss by group with unequal "
                "collateral and with unequal borrowing rates (Table 8).",
                lambda: _draw(curve, groups, rates),
            )
        },
        notes=[
            "Solved with the annual clock. Ability is (1-η) ε; ε is a Rouwenhorst chain of 9 points. The "
            "loss is that of the same producers with efficient inputs: log of [E e^ε]^(1-η) over TFP.",
            "Unequal borrowing rates (Table 8): groups borrow without limit at .15, .10 and .05, and wealth "
            "earns .05. The shadow cost of funds is the marginal product of capital less δ, nearly the same "
            "in both groups that pay more than wealth earns, since few of them borrow. Of the loss of "
            f"{rates.loss:.3f} % {rates.loss_between:.3f} is between groups ({groups.loss_between:.3f} of "
            f"{groups.loss:.3f} with unequal collateral).",
            "Rows of Table 7 with volatile or persistent shocks are left out: the original's histogram is "
            "too coarse for them.",
        ],
        residuals={"values, masses, goods": max(p.residual for p in everything)},
    )


def on_chain() -> float:
    """The bound for capital that never adjusts on the chain of the economy."""
    shocks, generator = ability.rouwenhorst(
        PERSISTENCE, math.sqrt(closed_forms.variance(0.831, PERSISTENCE)), 9
    )
    return closed_forms.never_adjusts_on(np.log(shocks), ability.stationary(generator))


def curve_dataset(curve: list[Producers]) -> xr.Dataset:
    """Losses and debt by collateral."""
    return xr.Dataset(
        {
            "loss": ("theta", [p.loss for p in curve], {"long_name": "loss of TFP", "units": "%"}),
            "debt": ("theta", [p.debt for p in curve], {"long_name": "debt over output", "units": "years"}),
        },
        {"theta": ("theta", list(THETAS), {"long_name": "collateral", "units": "1"})},
    )


def _draw(curve: list[Producers], groups: Producers, rates: Producers) -> Figure:
    from dirigiste.replications.drawing import panels
    from dirigiste.report.drawing import sheet

    canvas, (left, right) = panels(2)
    losses = [p.loss for p in curve]
    left.plot(THETAS, losses, color=sheet.NAVY)
    left.plot([0.5685, 0.0], [2.5, 3.4], "o", color=sheet.ORANGE, markersize=4)
    left.set(title="Loss of TFP, %", xlabel="collateral θ", xlim=(0, 0.92), ylim=(0, 3.6))
    left.yaxis.grid(True)
    place = np.arange(len(GROUPS))
    for shift, economy, colour, name in (
        (-0.2, groups, sheet.NAVY, "unequal collateral"),
        (0.2, rates, sheet.ORANGE, "unequal rates"),
    ):
        right.bar(place + shift, [economy.losses[g] for g in GROUPS], 0.38, color=colour, label=name)
    right.set(title="Loss of TFP inside groups, %", xticks=place, xticklabels=["worst", "middle", "best"])
    right.yaxis.grid(True)
    right.legend(frameon=False)
    return canvas.figure
