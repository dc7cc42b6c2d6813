"""National accounts along the transition: employment, saving, investment, foreign surplus, TFP."""

from __future__ import annotations

import numpy as np
import xarray as xr

from dirigiste.replications.song_storesletten_zilibotti_2011 import households
from dirigiste.replications.song_storesletten_zilibotti_2011.parameters import FIRST_YEAR, Array, Parameters
from dirigiste.replications.song_storesletten_zilibotti_2011.transition import Path, extended, initial_wealth


def workers(p: Parameters, path: Path) -> tuple[Array, Array]:
    """Wealth and consumption of workers by period and age, per head."""
    initial, _ = initial_wealth(p)
    works = np.arange(1, p.lifetime + 1) < p.retirement
    earnings = np.where(works, extended(path.prices.wage, p)[:, None], 0.0)
    gross = np.full_like(earnings, 1.0 + p.world_rate)
    return households.cohorts(p, initial, earnings, gross, path.capital.size)


def dataset(p: Parameters, path: Path) -> xr.Dataset:
    """Everything by year; the last period has no investment, so it is left out.

    Stocks are at the start of the year; amounts are per efficiency unit, populations constant, so that
    investment is (1+g)(1+n) K' - (1-delta) K. Saving is that of residents net of depreciation abroad, the
    foreign surplus their wealth less capital at home.
    """
    at = path.prices
    worker_wealth, worker_consumption = workers(p, path)
    wealth = p.workers * worker_wealth @ p.age_shares
    owners = p.entrepreneurs * path.entrepreneurs @ p.age_shares
    state_labor = p.labor - at.employment
    state_capital = (p.alpha / (path.bank_rate + p.delta)) ** (1.0 / (1.0 - p.alpha)) * state_labor
    state_output = state_capital**p.alpha * state_labor ** (1.0 - p.alpha)
    output, capital = state_output + at.private_output, state_capital + path.capital
    growth = (1.0 + p.growth) * (1.0 + p.population_growth)
    investment = growth * capital[1:] - (1.0 - p.delta) * capital[:-1]
    saving = growth * (wealth + owners)[1:] - (wealth + owners)[:-1] + p.delta * capital[:-1]
    y = output[:-1]
    tfp = np.full(y.size, np.nan)
    tfp[1:] = y[1:] / y[:-1] - p.alpha * capital[1:-1] / capital[:-2] - (1.0 - p.alpha)
    gdp = np.full(y.size, np.nan)
    gdp[1:] = y[1:] / y[:-1] - 1.0 + p.growth + p.population_growth
    years = FIRST_YEAR + np.arange(y.size)
    by_year = {
        "private_share": (at.employment[:-1] / p.labor, "share of private firms in employment", "1"),
        "surplus": ((wealth + owners - capital)[:-1] / y, "foreign surplus over GDP", "1"),
        "saving": (saving / y, "saving over GDP", "1"),
        "investment": (investment / y, "investment over GDP", "1"),
        "balance": ((saving - investment) / y, "current account over GDP", "1"),
        "private_return": (at.private_return[:-1], "return of private capital", "per year"),
        "bank_rate": (path.bank_rate[:-1], "bank rate", "per year"),
        "wage": (at.wage[:-1], "wage per efficiency unit", "goods per year"),
        "loans": ((path.capital / path.owned - 1.0)[:-1], "loans of private firms over owners' wealth", "1"),
        "output": (y, "GDP per efficiency unit", "goods per year"),
        "capital": (capital[:-1], "capital", "goods"),
        "private_capital": (path.capital[:-1], "private capital", "goods"),
        "workers_wealth": (wealth[:-1], "wealth of workers", "goods"),
        "entrepreneurs_wealth": (owners[:-1], "wealth of entrepreneurs", "goods"),
        "consumption": (
            (p.workers * worker_consumption @ p.age_shares)[:-1]
            + (p.entrepreneurs * path.entrepreneurs_consumption @ p.age_shares)[:-1],
            "consumption",
            "goods per year",
        ),
        "tfp_growth": (tfp, "growth of TFP per efficiency unit", "per year"),
        "tfp_total": (tfp + (1.0 - p.alpha) * p.growth, "growth of TFP", "per year"),
        "gdp_growth": (gdp, "growth of GDP", "per year"),
    }
    by_age = {
        "worker_wealth": (worker_wealth[:-1], "wealth of a worker at the start of the year"),
        "entrepreneur_wealth": (
            path.entrepreneurs[:-1],
            "wealth of an entrepreneur at the start of the year",
        ),
    }
    return xr.Dataset(
        {
            **{
                name: ("year", values, {"long_name": label, "units": unit})
                for name, (values, label, unit) in by_year.items()
            },
            **{
                name: (("year", "age"), values, {"long_name": label, "units": "goods"})
                for name, (values, label) in by_age.items()
            },
        },
        {"year": years, "age": np.arange(1, p.lifetime + 1)},
    )


def resource_gap(p: Parameters, data: xr.Dataset) -> float:
    """Largest gap, over GDP, between what is earned and what is consumed and saved.

    Income is GDP, what is earned abroad at the world's rate, and less what lending at home costs: the iceberg
    (R - r) on state capital and on private loans.
    """
    y = data["output"].values
    state = data["capital"].values - data["private_capital"].values
    owned = data["private_capital"].values / (1.0 + data["loans"].values)
    at_home = state + data["private_capital"].values - owned
    lent = data["workers_wealth"].values + data["entrepreneurs_wealth"].values - owned
    income = y - (data["bank_rate"].values - p.world_rate) * at_home + p.world_rate * (lent - at_home)
    gap = income - data["consumption"].values - data["saving"].values * y
    return float(np.abs(gap / y).max())
