"""Song, Storesletten and Zilibotti (2011): the transition 1992 to 2012, computed from a cold start."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, Final

import numpy as np
import xarray as xr

from dirigiste.progress import Progress
from dirigiste.replications import reference
from dirigiste.replications.outcome import Outcome, Picture
from dirigiste.replications.song_storesletten_zilibotti_2011 import accounts, transition
from dirigiste.replications.song_storesletten_zilibotti_2011.parameters import Parameters

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROWS: Final = {
    "private share in employment": "private_share",
    "foreign surplus over GDP": "surplus",
    "saving over GDP": "saving",
    "investment over GDP": "investment",
    "return of private capital": "private_return",
    "bank rate": "bank_rate",
    "TFP growth": "tfp_growth",
}
LAST_DRAWN: Final = 2012


def compute(progress: Progress | None = None) -> Outcome:
    """Solve the transition and its national accounts."""
    p = Parameters()
    numbers = reference.load(__package__)
    path = transition.solve(p, progress=progress)
    data = accounts.dataset(p, path)
    ours = {
        table.id: {row: at(data, ROWS[row], table.columns) for row in table.rows}
        for table in numbers.tables
        if table.id != "parameters"
    }
    ours["parameters"] = implied(p)
    return Outcome(
        cells=reference.compare(numbers, ours, claims(data)),
        datasets={"transition": data},
        pictures={
            "panels": Picture(
                "Private firms grow, saving outruns investment, and the foreign surplus piles up",
                "Blue: model. Orange, dashed: data in the authors' files (first panel: the return "
                "of private capital and, dashed, the bank rate). After the figures of the paper.",
                lambda: _draw(data),
            )
        },
        notes=[
            "Computed from a flat guess; the solution is the one that the authors stored, to four digits. "
            "TFP growth is per efficiency unit, which is that of their figure less (1-α) g = .019.",
            "The year in which the last state firms close is one that a small change of the path decides: "
            "private firms hold 99.5 % of employment in 2017 and all of it from 2018.",
        ],
        residuals={"private capital": path.residual, "resources": accounts.resource_gap(p, data)},
    )


def at(data: xr.Dataset, name: str, years: tuple[str, ...]) -> list[float]:
    """A variable in some years."""
    return [float(data[name].sel(year=int(year))) for year in years]


def implied(p: Parameters) -> dict[str, list[float]]:
    """What the targets of the calibration imply."""
    return {
        "managers' share ψ": [p.managers_share],
        "efficiency of private labour ξ": [p.advantage],
        "η in the authors' files": [p.pledgeable],
        "η in the paper": [p.pledgeable / (1.0 + p.pledgeable)],
        "ρ over R before the reform": [p.private_return / p.bank_rate],
        "ξ - (1/(1-ψ))^(1/(1-α)), assumption 1": [p.assumption_1],
        "iceberg before the reform": [p.iceberg],
    }


def claims(data: xr.Dataset) -> dict[str, tuple[bool, str]]:
    """Which statements hold."""
    early = data.sel(year=slice(1992, 2000))
    spread = float(max(np.ptp(early["wage"].values), np.ptp(early["private_return"].values)))
    later = data.sel(year=slice(1998, 2012))
    rises = bool((np.diff(later["surplus"]) > 0).all() and (np.diff(later["private_share"]) > 0).all())
    closed = data["year"].values[data["private_share"].values >= 1.0]
    first = int(closed[0]) if closed.size else None
    stays = first is not None and closed.size == data["year"].size - (first - int(data["year"][0]))
    ends = "from 1998 to 2012 from {:.3f} to {:.3f}".format(*at(data, "surplus", ("1998", "2012")))
    return {
        "constant-return": (spread < 1e-12, f"largest change 1992 to 2000: {spread:.0e}"),
        "surplus": (rises, ends),
        "end": (stays, f"no state firm from {first} on" if first else "state firms stay"),
    }


def series() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Data in the authors' files: years and values by name."""
    text = resources.files(__package__ or "").joinpath("data.csv").read_text(encoding="utf-8")
    table = np.genfromtxt(text.splitlines()[1:], delimiter=",", names=True)
    names = [name for name in (table.dtype.names or ()) if name != "year"]
    return {
        name: (table["year"][~np.isnan(table[name])], table[name][~np.isnan(table[name])]) for name in names
    }


def _draw(data: xr.Dataset) -> Figure:
    from dirigiste.replications.drawing import panels
    from dirigiste.report.drawing import sheet

    canvas, axes = panels(6, columns=3, height=1.5)
    observed = series()
    shown = data.sel(year=slice(None, LAST_DRAWN))
    titles = {
        "private_return": "Return, % a year",
        "private_share": "Private employment, %",
        "saving": "Saving, % of GDP",
        "investment": "Investment, % of GDP",
        "surplus": "Foreign surplus, % of GDP",
        "tfp_total": "TFP growth, % a year",
    }
    for ax, (name, title) in zip(axes, titles.items(), strict=True):
        ax.plot(shown["year"], 100 * shown[name], color=sheet.NAVY)
        if name == "private_return":
            ax.plot(shown["year"], 100 * shown["bank_rate"], color=sheet.ORANGE, linestyle="--")
        if name in observed:
            years, values = observed[name]
            ax.plot(years, 100 * values, color=sheet.ORANGE, linestyle="--", marker="o", markersize=2)
        ax.set_title(title)
        ax.set_xlim(1992, LAST_DRAWN)
        ax.set_ylim(0, 1.08 * ax.get_ylim()[1])
        ax.set_xticks([1992, 2000, 2008])
        ax.yaxis.grid(True)
    return canvas.figure
