"""A made-up path for any economy, with the names and units that results have. Test data only."""

from types import SimpleNamespace

import numpy as np
import xarray as xr

from dirigiste.solver import shapley

ECONOMY = """
name: toy-course
preferences: {rho: 0.05, sigma: 1.0}
technology: {alpha: 0.4, eta: 0.8, delta: 0.06}
ability:
  law: redraw
  rate: 0.1
  distribution: {pareto: {tail: 6.0, points: 2}}
statuses:
  inside: {collateral: 2.0, controlled: true}
  plain: {collateral: 1.5}
  loud: {collateral: 1.5, voice: true}
  listed: {collateral: 1.8, listed: true}
  held: {operates: false}
  withdrawn: {operates: false}
edges:
  - {name: join, from: plain, to: inside, kind: choice, rate: 0.3, cost: 0.03, scale: 0.03}
  - {name: leave, from: inside, to: plain, kind: rate, rate: 0.1}
  - {name: speak, from: plain, to: loud, kind: choice, rate: 0.2, scale: 0.03}
  - {name: list, from: plain, to: listed, kind: choice, rate: 0.2, scale: 0.03}
  - {name: strike, from: [plain, loud], to: held, kind: enforcement, actual: 0.1, perceived: 0.2, fine: 0.1}
  - {name: released, from: held, to: plain, kind: rate, rate: 0.5}
  - {name: delist, from: listed, to: plain, kind: rate, rate: 0.1}
  - {name: back, from: withdrawn, to: plain, kind: rate, rate: 0.1}
  - {name: quiet, from: loud, to: plain, kind: rate, rate: 0.3}
  - {name: withdraw, from: plain, to: withdrawn, kind: choice, rate: 0.2, scale: 0.03}
  - {name: emigrate, from: plain, to: abroad, kind: choice, rate: 0.25, cost: 0.05, scale: 0.15}
abroad: {interest: 0.03}
entry: {status: plain, wealth: 0.5, ability: stationary}
"""

BARE = """
name: bare
preferences: {rho: 0.05, sigma: 1.0}
technology: {alpha: 0.4, eta: 0.8, delta: 0.06}
ability:
  law: redraw
  rate: 0.1
  distribution: {pareto: {tail: 6.0, points: 2}}
statuses:
  plain: {collateral: 1.5}
  inside: {collateral: 2.0}
edges:
  - {name: join, from: plain, to: inside, kind: choice, rate: 0.3, scale: 0.03}
  - {name: leave, from: inside, to: plain, kind: rate, rate: 0.1}
"""

CHRONICLE = """
name: toy-course
economy: ECONOMY
sources:
  paper: {title: A paper, publisher: Press, date: 2021, quality: read}
events:
  - date: 2020-11-03
    title: A listing is stopped
    what: Something happens.
    sources: [paper]
    quality: read
    changes:
      - {parameter: edges.strike.perceived, multiply: 2.0, half_life: 2, why: "it fades"}
  - date: 2021-04-10
    title: A fine
    amounts: [{value: 18.2e9, currency: CNY, usd: 2.8e9, what: fine, whom: A firm}]
    what: Something happens.
    sources: [paper]
    quality: read
    changes:
      - {parameter: edges.strike.fine, multiply: 1.5, why: "for good"}
  - date: 2022-03-16
    title: Easing
    what: Something happens.
    sources: [paper]
    quality: read
    changes:
      - {parameter: edges.strike.perceived, multiply: 0.95, why: "words"}
"""

ONE = CHRONICLE[: CHRONICLE.index("  - date: 2021-04-10")]
"""Only the first event."""

SCALARS = {
    # name: (level without the events, units, effect at full pressure, effect of what lasts); effects are
    # relative for levels and differences for shares
    "output": (2.0, "goods per year", -0.03, -0.012),
    "wage": (1.0, "goods per year", -0.02, -0.010),
    "interest": (0.02, "per year", -0.002, 0.0005),
    "transfer": (0.01, "goods per year", 0.0, 0.0),
    "capital": (5.0, "goods", -0.02, -0.015),
    "capital_output": (2.5, "years of output", 0.0, 0.0),
    "consumption": (1.5, "goods per year", 0.01, -0.010),
    "labor": (0.6, "workers", 0.0, 0.0),
    "credit": (2.0, "goods", -0.05, -0.02),
    "wealth": (5.0, "goods", -0.01, -0.01),
    "tfp": (1.2, "1", -0.02, -0.008),
    "control": (0.6, "share of output", 0.03, 0.06),
    "silence": (0.95, "share of owners who could speak", 0.03, 0.015),
    "flight": (0.004, "share of output", 0.003, 0.001),
    "fines": (0.001, "share of output", 0.002, 0.0005),
    "entrepreneurs": (0.45, "share of owners", -0.02, -0.01),
    "emigrants": (0.001, "share of owners per year", 0.0004, 0.0001),
}
SHARES = ("interest", "control", "silence", "flight", "fines", "emigrants")
CHANNELS = {"fear": 0.6, "force": 0.25, "credit": 0.25, "listing": -0.1}


def _clock(surprises, first):
    """Steps of a month for eight years, then of a year; pairs around every surprise."""
    offsets = [(day - first).days / 365.25 for day in surprises]
    smooth = np.concatenate([np.arange(1, 97) / 12, np.arange(9, 61)])
    steps = [t for t in smooth if all(abs(t - at) > 1e-3 for at in offsets)]
    steps += offsets + [at - 1e-4 for at in offsets if at > 0]
    time = np.array(sorted(steps))
    return time, np.searchsorted(offsets, time + 1e-9, side="right") - 1


def _pressure(time, surprises, first, force):
    """What fades: it rises at each surprise and halves in a year; and what stays: built up over time."""
    fades, lasts = np.zeros_like(time), np.zeros_like(time)
    for n, day in enumerate(surprises):
        since = time - (day - first).days / 365.25
        on = since >= -1e-9
        weight = force * (1.0 if n == 0 else 0.5 if n % 3 else -0.3)
        fades += np.where(on, weight * 0.5 ** np.maximum(since, 0.0), 0.0)
        lasts += np.where(on, weight * (1 - np.exp(-np.maximum(since, 0.0) / 2.0)), 0.0) / len(surprises)
    return fades, lasts


def arcs(economy):
    """Edge, origin and destination of every arc."""
    return [(edge.name, origin, edge.to) for edge in economy.edges for origin in edge.origin]


def masses(economy):
    """Shares of owners that fall by half from status to status, those that run no firm rare."""
    sizes = {
        name: (1.0 / (2 + n) if s.operates else 0.004) for n, (name, s) in enumerate(economy.statuses.items())
    }
    return {name: size / sum(sizes.values()) for name, size in sizes.items()}


def flows(economy):
    """People on every arc, in shares of owners a year."""
    mass_of = masses(economy)
    rate = {"rate": 0.05, "choice": 0.02, "enforcement": 0.004}
    return np.array([mass_of[o] * rate[economy.edges_by_name[e].kind] for e, o, _ in arcs(economy)])


def _variables(economy, time, fades, lasts, chosen=1.0):
    """Variables of the path; with empty time the economy without the events."""
    many = time.shape
    variables = {}
    for name, (level, units, full, kept) in SCALARS.items():
        move = full * fades + kept * lasts
        values = level + chosen * move if name in SHARES else level * (1 + chosen * move)
        if name == "silence" and not any(status.voice for status in economy.statuses.values()):
            values = np.full(many, np.nan)
        variables[name] = (("time",)[: len(many)], values, {"units": units, "long_name": name})
    names = list(economy.statuses)
    share = np.array(list(masses(economy).values()))
    tilt = np.linspace(0.4, -0.4, len(names)) + np.array(
        [0.0 if s.operates else 2.0 for s in economy.statuses.values()]
    )
    moved = share * (1 + np.multiply.outer(chosen * (0.3 * fades + 0.5 * lasts), tilt))
    moved = moved / moved.sum(axis=-1, keepdims=True)
    dims = (*("time",)[: len(many)], "status")
    variables["mass_by_status"] = (
        dims,
        moved,
        {"units": "share of owners", "long_name": "Owners in the status"},
    )
    active = np.array([float(s.operates) for s in economy.statuses.values()])
    invest = (
        0.3
        * share
        * active
        * (1 + np.multiply.outer(chosen * (0.5 * fades + lasts), np.where(active, tilt - 0.3, 0)))
    )
    variables["investment_by_status"] = (dims, invest, {"units": "goods per year", "long_name": "Investment"})
    if arcs(economy):
        kind = [economy.edges_by_name[e].kind for e, _, _ in arcs(economy)]
        effect = np.array([{"rate": 0.0, "choice": -0.5, "enforcement": 2.0}[k] for k in kind])
        effect[1::2] *= -1.2
        effect = np.where([k == "enforcement" for k in kind], np.abs(effect), effect)
        people = flows(economy) * (1 + np.multiply.outer(chosen * (fades + 0.3 * lasts), effect))
        for name in ("people", "wealth_moved", "taken"):
            variables[name] = (
                (*("time",)[: len(many)], "arc"),
                people,
                {"units": "share of owners per year"},
            )
    return variables


def _arc_coords(economy):
    if not arcs(economy):
        return {}
    edge, origin, destination = zip(*arcs(economy), strict=True)
    return {
        "edge": ("arc", list(edge)),
        "origin": ("arc", list(origin)),
        "destination": ("arc", list(destination)),
    }


def path_parts(run, days, force=1.0, split=True, still=False):
    """Path, base, surprises, welfare, split and channels for surprises on some days."""
    economy = run.before.economy
    first = days[0]
    time, index = _clock(days, first)
    fades, lasts = _pressure(time, days, first, 0.0 if still else force)
    dates = np.datetime64(first, "ns") + (time * 365.25 * 86400e9).astype("timedelta64[ns]")
    begin = first.year + (first.timetuple().tm_yday - 1) / 365.25
    coords = {
        "time": ("time", time, {"units": "years"}),
        "date": ("time", dates),
        "year": ("time", begin + time),
        "surprise": ("time", index),
        "stretch": ("time", time[np.searchsorted(index, index)]),
        "step": ("time", np.diff(time, append=time[-1] + 1.0)),
        "status": list(economy.statuses),
        **_arc_coords(economy),
    }
    residuals = {
        f"residual_{name}": ("time", size * np.exp(-0.05 * time) * (1 + 0.5 * np.sin(9 * time)))
        for name, size in (
            ("labor", 2e-9), ("capital", 8e-10), ("budget", 3e-11), ("quota", 0.0), ("walras", 5e-9),
            ("foresight", 1e-7), ("hjb", 1e-11), ("mass", 3e-14),
        )
    }  # fmt: skip
    path = xr.Dataset(_variables(economy, time, fades, lasts) | residuals, coords=coords)
    zero = np.zeros(())
    base_coords = {"status": list(economy.statuses), **_arc_coords(economy)}
    base = xr.Dataset(_variables(economy, zero, zero, zero), coords=base_coords)
    many = len(days)
    surprises = xr.Dataset(
        {
            "date": ("surprise", np.array([np.datetime64(day, "ns") for day in days])),
            "rounds": ("surprise", np.full(many, 7)),
            "seconds": ("surprise", np.linspace(2.0, 1.0, many)),
            "worst": ("surprise", np.full(many, 5e-9)),
            "distance": ("surprise", np.linspace(2e-6, 1e-6, many)),
            "horizon": ("surprise", np.full(many, 60.0)),
            "worst_market": ("surprise", np.array(["labor"] * many)),
            "worst_date": ("surprise", np.array([np.datetime64(day, "ns") for day in days])),
        }
    )
    names = list(CHANNELS)
    subsets = ["+".join(n for k, n in enumerate(names) if code >> k & 1) for code in range(2 ** len(names))]

    def value(subset):
        weight = sum(CHANNELS[name] for name in subset.split("+") if name)
        return {k: v for k, v in _variables(economy, time, fades, lasts, weight).items() if k in SCALARS}

    whole = xr.concat([xr.Dataset(value(subset), coords={"time": time}) for subset in subsets], dim="subset")
    whole = whole.assign_coords(subset=subsets)

    def channels(outcome, *, time=None, year=None, interactions=False, present_value=None):
        parts = whole[outcome].sel(subset=names) - whole[outcome].sel(
            subset=""
        )  # exact: effects are additive
        parts = parts.rename(subset="channel").assign_coords(channel=names)
        if present_value is not None:
            flow = shapley.present_value(parts.transpose("channel", "time"), path["step"], present_value)
            return xr.DataArray(flow, dims="channel", coords={"channel": names})
        return parts.sel(time=time)

    return SimpleNamespace(
        path=path,
        base=base,
        surprises=surprises,
        welfare=_welfare(economy, days, 0.0 if still else force),
        split=whole if split else None,
        channels=channels if split else None,
        only=None,
    )


def _welfare(economy, days, force):
    shape = (len(days), len(economy.statuses), 5, 3)
    mass = np.broadcast_to(np.array(list(masses(economy).values()))[:, None, None] / 15, shape[1:])
    by_status = np.linspace(0.01, -0.03, shape[1])[:, None, None]
    by_wealth = np.linspace(0.004, -0.012, 5)[:, None]
    sizes = np.array([0.6 if n == 0 else 1.0 if n == 1 else -0.3 for n in range(len(days))])
    gain = force * sizes[:, None, None, None] * (by_status + by_wealth + np.array([0.001, 0.0, -0.002]))
    dims = ("surprise", "status", "quintile", "ability_group")
    share = (gain > 0).astype(float)
    return xr.Dataset(
        {
            "gain": (dims, gain, {"units": "log points"}),
            "mass": (dims, np.broadcast_to(mass, shape), {"units": "share of owners"}),
            "share_gaining": (dims, share, {"units": "share of the group"}),
            "share_losing": (dims, (gain < 0).astype(float), {"units": "share of the group"}),
            "votes_for": ("surprise", (share * mass).sum(axis=(1, 2, 3))),
        },
        coords={
            "status": list(economy.statuses),
            "quintile": [1, 2, 3, 4, 5],
            "ability_group": ["low", "middle", "high"],
        },
    )


def states(economy, tilt=0.0):
    """A made-up equilibrium's Dataset: firms of the able half, wealth on six nodes."""
    wealth = np.array([0.0, 0.5, 1.0, 2.0, 4.0, 8.0])
    names = list(economy.statuses)
    share = np.array(list(masses(economy).values())) * (1 + tilt * np.linspace(1, -1, len(names)))
    share = share / share.sum()
    mass = share[:, None, None] * np.array([0.5, 0.5])[:, None] * np.array([0.5, 0.1, 0.1, 0.1, 0.1, 0.1])
    active = np.array([1.0 if s.operates else np.nan for s in economy.statuses.values()])[:, None, None]
    operates = active * np.ones(mass.shape)
    runs = np.where(np.isnan(operates), 0.0, np.array([0.0, 1.0])[:, None] * np.ones(mass.shape))
    capital = operates * (1.0 + wealth)
    dims = ("status", "ability", "wealth")
    variables = {
        "value": (np.log(1.0 + wealth) - tilt) / 0.05 * np.ones(mass.shape),
        "consumption": 1.0 + 0.05 * wealth + 0.0 * mass,
        "mass": mass,
        "runs": runs,
        "capital": capital,
        "labor": operates * (4.0 - 5 * tilt),
        "credit": 0.5 * capital,
        "output": capital**0.5,
        "profit": 0.1 * capital,
        "mpk": operates * (0.1 + 0.3 / (1.0 + wealth)),
    }
    dataset = {name: (dims, values) for name, values in variables.items()}
    if arcs(economy):
        dataset["people"] = ("arc", flows(economy) * (1 + tilt))
    coords = {"status": names, "ability": [1.0, 2.0], "wealth": wealth, **_arc_coords(economy)}
    return xr.Dataset(dataset, coords=coords)
