"""The numbers of an equilibrium (method document, section 6), from a solved point of the solver."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dirigiste.economy import ABROAD
from dirigiste.numerics import certificate
from dirigiste.results.quantiles import productivity, top_share

if TYPE_CHECKING:
    from dirigiste.economy import Economy
    from dirigiste.numerics.arrays import Compiled
    from dirigiste.numerics.equilibrium import Point

Array = NDArray[np.float64]

NAN = float("nan")


def ratio(above: float, below: float) -> float:
    """Above / below, nan where below is 0."""
    return above / below if below else NAN


def prices(compiled: Compiled, point: Point) -> dict[str, float]:
    """Prices by the names of `measures.PRICES`."""
    p = point.prices
    found = {"w": float(p.wage), "r": float(p.interest), "T": float(p.transfer)}
    if compiled.layout.directed_of:
        found |= {"added_spread": float(p.added_spread), "limit_factor": float(p.limit_factor)}
    return found


def could_speak(economy: Economy) -> dict[str, bool]:
    """For every status, whether its owners do not speak but have a choice edge into a status with voice."""
    voice = {name for name, status in economy.statuses.items() if status.voice}
    doors = {
        origin
        for edge in economy.edges
        if edge.kind == "choice" and edge.to != ABROAD and edge.to in voice
        for origin in edge.origin
    }
    return {name: name in doors and name not in voice for name in economy.statuses}


def by_status(compiled: Compiled, point: Point) -> dict[str, Array]:
    """Numbers by status, each (S,), by the names of `measures.STATUS`."""
    m, s = compiled.arrays, point.static
    alpha, eta = float(m.alpha), float(m.eta)
    g, firms = np.asarray(point.distribution.g), point.firms
    output, capital, labor = np.asarray(s.output), np.asarray(s.capital), np.asarray(s.labor)
    consumed = np.asarray(point.distribution.f) * np.asarray(point.values.rows.consumption)
    logs = np.log(np.asarray(m.productivity))[:, None] + np.log(np.asarray(m.ability))
    running = (g * np.asarray(firms.share)).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        tfp = output / (capital**alpha * labor ** (1.0 - alpha)) ** eta
        mpk = alpha * eta * output / capital
    none = output <= 0
    return {
        "mass": g.sum(axis=(0, 2)),
        "output": output,
        "output_share": output / max(output.sum(), 1e-300),
        "capital": capital,
        "labor": labor,
        "labor_supply": np.asarray(s.labor_supply),
        "credit": np.asarray(s.credit),
        "borrowed": np.asarray(s.borrowed),
        "wealth": np.asarray(s.wealth),
        "entrepreneurs": np.asarray(s.entrepreneurs),
        "consumption": consumed.sum(axis=(0, 2)),
        "tfp": np.where(none, NAN, tfp),
        "tfp_efficient": np.array(
            [
                NAN if none[i] else productivity(logs[i], running[i], eta)
                for i in range(len(compiled.statuses))
            ]
        ),
        "mpk": np.where(none, NAN, mpk),
    }


def _misallocation(compiled: Compiled, point: Point, status: dict[str, Array]) -> dict[str, float]:
    m = compiled.arrays
    alpha, eta = float(m.alpha), float(m.eta)
    Y, K, L = (float(status[name].sum()) for name in ("output", "capital", "labor"))
    inputs = (K**alpha * L ** (1.0 - alpha)) ** eta
    if not (Y > 0 and inputs > 0):
        return dict.fromkeys(("tfp", "tfp_efficient", "tfp_loss_within", "tfp_loss_between"), NAN)
    logs = np.log(np.asarray(m.productivity))[:, None] + np.log(np.asarray(m.ability))
    running = (np.asarray(point.distribution.g) * np.asarray(point.firms.share)).sum(axis=0)
    efficient = productivity(logs, running, eta)
    parts = (status["capital"] ** alpha * status["labor"] ** (1.0 - alpha)) ** eta
    within = float(np.nansum(status["tfp_efficient"] * parts))
    return {
        "tfp": Y / inputs,
        "tfp_efficient": efficient,
        "tfp_loss_within": float(np.log(within / Y)),
        "tfp_loss_between": float(np.log(efficient * inputs / within)),
    }


def _shares(compiled: Compiled, point: Point) -> dict[str, float]:
    """Top shares of wealth, employment and earnings."""
    m, firms = compiled.arrays, point.firms
    g, share = np.asarray(point.distribution.g), np.asarray(point.firms.share)
    at_node = g.sum(axis=(1, 2))
    wages = np.broadcast_to((np.asarray(m.labor_efficiency) * float(point.prices.wage))[:, None], g.shape)
    earned = np.stack([np.asarray(firms.profit), wages])
    earners = np.stack([g * share, g * (1.0 - share)])
    return {
        **{f"top{n}_wealth": top_share(m.wealth, at_node, n / 100) for n in (1, 5, 10)},
        "top10_employment": top_share(firms.labor, g * share, 0.10),
        "top5_earnings": top_share(np.where(earners > 0, earned, 0.0), earners, 0.05),
    }


def _silence(voice: Array, speak: Array, mass: Array) -> float:
    spoken = float(mass[voice > 0].sum())
    return 1.0 - ratio(spoken, spoken + float(mass[speak > 0].sum())) if (voice > 0).any() else NAN


def aggregates(compiled: Compiled, point: Point) -> dict[str, float]:
    """Aggregates by the names of `measures.AGGREGATES`."""
    economy, m, s, moved = compiled.economy, compiled.arrays, point.static, point.moves
    status = by_status(compiled, point)
    found = certificate.totals(compiled, point)
    Y, K, L, credit = (float(status[name].sum()) for name in ("output", "capital", "labor", "credit"))
    entrepreneurs = float(status["entrepreneurs"].sum())
    idle = found["all_capital"] - K
    leaves, taken = np.asarray(m.leaves), np.asarray(moved.taken)
    speak = could_speak(economy)
    voices = np.array([float(economy.statuses[name].voice) for name in compiled.statuses])
    speakers = np.array([float(speak[name]) for name in compiled.statuses])
    return {
        "Y": Y,
        "K": K,
        "L": L,
        "C": float(status["consumption"].sum()),
        "wealth": float(status["wealth"].sum()),
        "credit": credit,
        "credit_output": ratio(credit, Y),
        "borrowed": float(status["borrowed"].sum()),
        "capital_output": ratio(K, Y),
        # a market that clears leaves rounding, which is not idle capital
        "idle_capital": idle if idle > economy.numerics.tolerances.markets * found["all_capital"] else 0.0,
        **_misallocation(compiled, point, status),
        "entrepreneurs": entrepreneurs,
        "firms": entrepreneurs,
        **_shares(compiled, point),
        "labor_share": ratio(float(point.prices.wage) * L, Y),
        "outside_labor": found["outside_labor"],
        "spending": found["spending"],
        "wedge_revenue": float(s.wedge_revenue.sum()),
        "spread_revenue": float(s.spread_revenue.sum()),
        "fixed_costs": float(s.fixed_costs.sum()),
        "net_foreign_assets": found["net_foreign_assets"],
        "fines": ratio(float(((1.0 - leaves) * taken).sum()), Y),
        "flight": ratio(float((leaves * np.asarray(moved.wealth - moved.taken)).sum()), Y),
        "emigrants": float((leaves * np.asarray(moved.people)).sum()),
        "control": ratio(float((np.asarray(m.controlled) * status["output"]).sum()), Y),
        "silence": _silence(voices, speakers, status["mass"]),
        "silence_owners": _silence(voices, speakers, status["entrepreneurs"]),
    }
