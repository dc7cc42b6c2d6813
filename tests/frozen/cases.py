"""The catalogue of what is frozen: small economies and chronicles in which every part of the model is used.

`freeze.py` solves them and keeps what comes out; `tests/numerics/test_numerics_frozen.py` holds the engine
against it. A case is a base, one of `BASES`, with changes by dotted path. Files that are kept hold the
changes too, so a case that is edited here must be frozen anew.

Economies are small (60 nodes, 6 abilities, unless a case says otherwise), and tolerances tight, so that what
two engines differ by is not what each of them left unsolved.

Cases that the first engine (JAX, version 0.1.0) did not solve, and the neighbours that stand here instead,
are listed in `NOT_SOLVED`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"

TIGHT = {
    "numerics.tolerances.markets": 1e-11,
    "numerics.tolerances.hjb": 1e-10,
    "numerics.tolerances.distribution": 1e-12,
}
"""Tolerances of stationary states; a case may have its own among its changes."""

TRIANGLE = """
name: triangle
preferences: {rho: 0.06, sigma: 1.0}
technology: {alpha: 0.4, eta: 0.8, delta: 0.06}
ability: {law: redraw, rate: 0.12, distribution: {pareto: {tail: 6.0, points: 6}}}
statuses:
  favoured: {collateral: 2.5, spread: -0.01, productivity: 0.95, mandates: {labor: 0.05, capital: 0.05},
             controlled: true}
  free: {collateral: 1.5, spread: 0.03, data_lending: 0.1, wedge: 0.05}
  apart: {collateral: 1.2, productivity: 0.9, labor_efficiency: 0.7, fixed_cost: 0.02}
edges:
  - {name: crackdown, from: free, to: apart, kind: enforcement, actual: 0.05, perceived: 0.08,
     size: {of: capital, ref: 5.0, power: 1.5}, fine: 0.1}
  - {name: toll, from: favoured, to: free, kind: rate, rate: 0.08, fee: 0.1}
  - {name: rectified, from: apart, to: favoured, kind: rate, rate: 0.1, ability: redraw}
  - {name: join, from: free, to: favoured, kind: choice, rate: 0.3, cost: 0.05, scale: 0.05}
  - {name: inspect, from: favoured, to: apart, kind: enforcement, actual: 0.02,
     size: {of: wealth, ref: 5.0, power: 1.0}}
  - {name: emigrate, from: free, to: abroad, kind: choice, rate: 0.2, cost: 0.05, scale: 0.15, fine: 0.2}
abroad: {interest: 0.03, wage: 0.3}
entry: {status: free, wealth: 0.5, ability: stationary}
closure: {capital: closed, fiscal: rebate}
numerics: {wealth: {points: 60, max: 1000, scale: 0.3}}
"""
"""Three statuses and an edge of every kind."""

VILLAGE = """
name: village
preferences: {rho: 0.06, sigma: 1.0}
technology: {alpha: 0.4, eta: 0.8, delta: 0.06}
ability:
  law: redraw
  rate: 0.1
  distribution: {pareto: {tail: 6.0, points: 6}}
statuses:
  friend: {collateral: 2.0, spread: -0.01, controlled: true}
  listed: {collateral: 1.8, data_lending: 0.2, listed: true}
  stranger: {collateral: 1.5, spread: 0.04, data_lending: 0.1}
edges:
  - {name: join, from: stranger, to: friend, kind: choice, rate: 0.3, cost: 0.03, scale: 0.03}
  - {name: list, from: stranger, to: listed, kind: choice, rate: 0.1, fee: 0.2, scale: 0.05}
  - {name: forget, from: friend, to: stranger, kind: rate, rate: 0.1}
  - {name: delist, from: listed, to: stranger, kind: rate, rate: 0.1}
  - {name: strike, from: stranger, to: friend, kind: enforcement, actual: 0.06, perceived: 0.06, fine: 0.1}
  - {name: watch, from: listed, to: stranger, kind: enforcement, actual: 0.02}
  - {name: sail, from: stranger, to: abroad, kind: choice, rate: 0.2, cost: 0.1, scale: 0.1, fine: 0.2}
abroad: {interest: 0.03}
entry: {status: stranger, wealth: 0.5}
numerics: {wealth: {points: 60, max: 1000, scale: 0.3}}
"""
"""Three statuses, none of whose enforcement depends on size, and two of whose edges take an amount or a
share; home of chronicles.
"""

LONE = """
name: lone
preferences: {rho: 0.06, sigma: 1.0}
technology: {alpha: 0.4, eta: 0.8, delta: 0.06}
ability: {law: redraw, rate: 0.12, distribution: {pareto: {tail: 6.0, points: 6}}}
statuses:
  everyone: {collateral: 1.5}
closure: {capital: closed, fiscal: rebate}
numerics: {wealth: {points: 60, max: 1000, scale: 0.3}}
"""
"""One status and no edges."""

PAIR = """
name: pair
preferences: {rho: 0.06, sigma: 1.5}
technology: {alpha: 0.33, eta: 0.79, delta: 0.06}
ability: {law: redraw, rate: 0.112, distribution: {pareto: {tail: 5.0, points: 6}}}
statuses:
  state: {collateral: 3.0, productivity: 0.85, spread: -0.01, controlled: true, mass: 0.3}
  private: {collateral: 1.35, mass: 0.7}
closure: {capital: closed, fiscal: rebate}
numerics: {wealth: {points: 60, max: 1000, scale: 0.3}}
"""
"""Two groups that nothing connects."""

TEXTS: Mapping[str, str] = {"triangle": TRIANGLE, "village": VILLAGE, "lone": LONE, "pair": PAIR}
"""Bases that are written here."""

FILES: Mapping[str, Path] = {
    "political.yaml": EXAMPLES / "political.yaml",
    "one-status.yaml": EXAMPLES / "one-status.yaml",
}
"""Bases that are examples of the repository."""

SHIPPED = ("china-2019",)
"""Bases that come with the package."""

BASES = (*TEXTS, *FILES, *SHIPPED)


class Economy(NamedTuple):
    """An economy whose stationary state is frozen."""

    name: str
    base: str
    covers: str
    """Which parts of the model it is there for."""
    changes: Mapping[str, Any] = {}
    """New values by dotted path into the base."""


SMALL = {
    "ability.distribution.pareto.points": 8,
    "numerics.wealth.points": 60,
    "numerics.wealth.max": 2000,
}
"""`examples/political.yaml` on a small grid."""

STATUSES = ("favoured", "free", "apart")

ALL_CREDIT = {
    f"statuses.{name}.{key}": value
    for name in STATUSES
    for key, value in {
        "collateral": float("inf"), "spread": 0.0, "data_lending": 0.0, "wedge": 0.0, "mandates": {}
    }.items()
}  # fmt: skip

NO_CREDIT = {f"statuses.{name}.collateral": 1.0 for name in STATUSES} | {"statuses.free.data_lending": 0.0}

GROUPS = {
    "statuses.apart.mass": 0.3,
    "statuses.free.mass": 0.7,
    "edges.crackdown.to": "favoured",
    "edges.inspect.to": "free",
    "edges.rectified": None,
    "edges.emigrate": None,
    "abroad": None,
    "entry": None,
}

EXPELLED = {
    "abroad.wage": 0.8,
    "edges.crackdown.size.of": "revenue",
    "edges.crackdown.size.ref": 2.0,
    "edges.inspect": {
        "from": ["favoured", "apart"], "to": "abroad", "kind": "enforcement", "actual": 0.02,
        "perceived": 0.01, "size": {"of": "wealth", "ref": 5.0, "power": 1.0}, "fine": 0.3,
    },
    "edges.toll": {"from": "favoured", "to": "abroad", "kind": "rate", "rate": 0.03},
    "edges.emigrate.to": "apart",
    "edges.emigrate.fine": 0.0,
    "edges.emigrate.fee": 0.1,
}  # fmt: skip

FIXED = {"law": "fixed", "distribution": {"lognormal": {"sd": 0.25, "points": 6, "width": 2.0}}}

DIFFUSION = {"law": "diffusion", "reversion": 0.15, "sd": 0.3, "points": 6, "width": 2.0, "mean": 0.2}

VALUES = [1.0, 1.15, 1.3, 1.5, 1.75, 2.1]

OTHER_VALUES = [1.0, 1.1, 1.25, 1.4, 1.6, 2.0]

GENERATOR = [
    [-0.12, 0.10, 0.02, 0.00, 0.00, 0.00],
    [0.08, -0.20, 0.10, 0.02, 0.00, 0.00],
    [0.03, 0.10, -0.23, 0.08, 0.02, 0.00],
    [0.02, 0.03, 0.12, -0.25, 0.07, 0.01],
    [0.01, 0.02, 0.03, 0.14, -0.25, 0.05],
    [0.03, 0.00, 0.02, 0.05, 0.20, -0.30],
]

TRANSITION = [
    [0.90, 0.04, 0.02, 0.02, 0.01, 0.01],
    [0.05, 0.86, 0.04, 0.02, 0.02, 0.01],
    [0.03, 0.05, 0.84, 0.04, 0.02, 0.02],
    [0.03, 0.03, 0.06, 0.82, 0.04, 0.02],
    [0.02, 0.03, 0.04, 0.07, 0.81, 0.03],
    [0.03, 0.03, 0.04, 0.05, 0.07, 0.78],
]

POINTS = {"points": {"values": [1.0, 1.2, 1.5, 1.7, 1.8, 2.2], "weights": [0.4, 0.3, 0.15, 0.1, 0.04, 0.01]}}


def _quota(to: str, share: float, of: str, by: str) -> dict[str, Any]:
    return {"closure.directed": {"to": [to], "share": share, "of": of, "by": by}}


CAPITAL_TAX = {"statuses.free.size_tax": {"on": "capital", "above": 4.0, "rate": 0.3}}
LABOR_TAX = {"statuses.apart.size_tax": {"on": "labor", "above": 1.0, "rate": 0.2}}
ANNUAL = {"clock": "annual", "numerics.wealth.max": 3000}

STATIONARY: tuple[Economy, ...] = (
    # --- the triangle: same shape, other numbers
    Economy(
        "triangle",
        "triangle",
        "every kind of edge; mandates, wedge, fixed cost, data lending, spread below 0",
    ),
    Economy("growth", "triangle", "growth at log utility", {"technology.growth": 0.02}),
    Economy(
        "perfect-credit",
        "triangle",
        "collateral inf, without spreads",
        {**ALL_CREDIT, "statuses.free.fixed_cost": 0.01},
    ),
    Economy(
        "half-perfect-credit",
        "triangle",
        "collateral inf where credit is subsidised, limits elsewhere",
        {"statuses.favoured.collateral": float("inf")},
    ),
    Economy("idle-capital", "triangle", "collateral 1 and no data lending: r = -delta", NO_CREDIT),
    Economy("outside-labor", "triangle", "workers from outside", {"closure.labor": {"outside": 0.5}}),
    Economy(
        "foreign-capital",
        "triangle",
        "foreign capital; given spending",
        {"closure.foreign_capital": 0.5, "closure.spending": 0.02},
    ),
    Economy("open", "triangle", "open account", {"closure.capital": {"open": {"interest": 0.03}}}),
    Economy("wage-given", "triangle", "given wage, closed account", {"closure.labor": {"wage": 0.8}}),
    Economy(
        "all-given",
        "triangle",
        "given wage, open account, given transfer",
        {
            "closure.labor": {"wage": 0.8},
            "closure.capital": {"open": {"interest": 0.025}},
            "closure.fiscal": "spend",
            "closure.transfer": 0.01,
        },
    ),
    Economy(
        "burnt",
        "triangle",
        "moves that burn wealth",
        {"edges.crackdown.burnt": True, "edges.toll.burnt": True},
    ),
    Economy(
        "rewarded",
        "triangle",
        "a choice that is rewarded, amenities, subsidised revenue, a fee above low wealth",
        {
            "edges.join.cost": -0.05,
            "statuses.apart.amenity": 0.1,
            "statuses.favoured.wedge": -0.05,
            "edges.toll.fee": 0.4,
        },
    ),
    Economy("least-wealth", "triangle", "lowest wealth above 0", {"numerics.wealth.min": 0.4}),
    Economy(
        "given-abilities", "triangle", "redrawn ability from given points", {"ability.distribution": POINTS}
    ),
    Economy(
        "lognormal",
        "triangle",
        "redrawn ability from a log-normal law",
        {"ability.distribution": {"lognormal": {"sd": 0.3, "points": 6, "width": 2.0}}},
    ),
    Economy("often-redrawn", "triangle", "fast redrawn ability", {"ability.rate": 2.0}),
    # --- other programs
    Economy(
        "spend-sharp",
        "triangle",
        "sigma .7, sharp choices, spending found",
        {
            "preferences.sigma": 0.7,
            "closure.fiscal": "spend",
            "closure.transfer": 0.01,
            "edges.emigrate.scale": 0.0,
            "edges.join.scale": 0.0,
        },
    ),
    Economy("sharp", "triangle", "log utility, one sharp choice among two", {"edges.emigrate.scale": 0.0}),
    Economy(
        "sigma-1.5", "triangle", "sigma 1.5, growth", {"preferences.sigma": 1.5, "technology.growth": 0.015}
    ),
    Economy("sigma-2", "triangle", "sigma 2", {"preferences.sigma": 2.0}),
    Economy("sigma-5", "triangle", "sigma 5", {"preferences.sigma": 5.0, "statuses.free.wedge": 0.0}),
    Economy(
        "constant-returns",
        "triangle",
        "eta = 1",
        {"technology.eta": 1.0, "statuses.free.data_lending": 0.0, "numerics.wealth.max": 3000},
    ),
    Economy("upwind", "triangle", "scheme upwind", {"numerics.scheme": "upwind"}),
    Economy(
        "expelled",
        "triangle",
        "enforcement by revenue; forced exits abroad at two kinds of rates; a fee on a choice",
        EXPELLED,
    ),
    Economy("size-tax", "triangle", "taxes on size, on capital and on labour", {**CAPITAL_TAX, **LABOR_TAX}),
    Economy("weights", "triangle", "redraw with weights", {"edges.rectified.weight": {"rising": 0.7}}),
    Economy(
        "quota-credit-spread",
        "triangle",
        "quota of credit by a spread, binding",
        _quota("favoured", 0.70, "credit", "spread"),
    ),
    Economy(
        "quota-slack", "triangle", "quota that does not bind", _quota("favoured", 0.01, "credit", "spread")
    ),
    Economy(
        "quota-capital-limit",
        "triangle",
        "quota of capital by limits, binding",
        _quota("favoured", 0.52, "capital", "limit"),
    ),
    Economy(
        "quota-capital-slack",
        "triangle",
        "quota of capital by limits that does not bind",
        _quota("favoured", 0.01, "capital", "limit"),
    ),
    Economy(
        "quota-capital-spread",
        "triangle",
        "quota of capital by a spread, binding",
        _quota("favoured", 0.52, "capital", "spread"),
    ),
    Economy(
        "quota-credit-limit",
        "triangle",
        "quota of credit by limits, binding",
        _quota("favoured", 0.70, "credit", "limit"),
    ),
    Economy("diffusion", "triangle", "ability on a diffusion", {"ability": DIFFUSION}),
    Economy(
        "markov",
        "triangle",
        "ability on a chain given by its generator",
        {"ability": {"law": "markov", "values": VALUES, "generator": GENERATOR}},
    ),
    Economy(
        "markov-transition",
        "triangle",
        "ability on a chain given by yearly probabilities",
        {"ability": {"law": "markov", "values": OTHER_VALUES, "transition": TRANSITION}},
    ),
    Economy(
        "rouwenhorst",
        "triangle",
        "ability on an AR(1) after Rouwenhorst",
        {"ability": {"law": "ar1", "persistence": 0.9, "innovation": 0.12, "points": 6, "mean": 0.1}},
    ),
    Economy(
        "tauchen",
        "triangle",
        "ability on an AR(1) after Tauchen, two points, continuous clock",
        {
            "ability": {
                "law": "ar1",
                "persistence": 0.9,
                "sd": 0.3,
                "points": 2,
                "method": "tauchen",
                "width": 1.5,
                "mean": 0.1,
            }
        },
    ),
    Economy(
        "diffusion-quota-open",
        "triangle",
        "diffusion, quota of credit by a spread, open account",
        {
            "ability": DIFFUSION,
            "closure.capital": {"open": {"interest": 0.02}},
            **_quota("favoured", 0.65, "credit", "spread"),
        },
    ),
    Economy(
        "fixed",
        "triangle",
        "fixed ability, drawn from a log-normal law, but for an edge that draws it anew",
        {"ability": FIXED},
    ),
    Economy(
        "fixed-open",
        "triangle",
        "fixed ability, drawn from a log-normal law; open account",
        {
            "ability": FIXED,
            "edges.rectified.ability": "keep",
            "closure.capital": {"open": {"interest": 0.02}},
        },
    ),
    Economy(
        "groups",
        "triangle",
        "separate groups with masses, one of several statuses; given wage",
        {**GROUPS, "closure.labor": {"wage": 0.8}},
    ),
    Economy(
        "groups-closed",
        "triangle",
        "separate groups with masses, one of several statuses; all prices found",
        GROUPS,
    ),
    Economy("pair", "pair", "two groups without any edge; sigma 1.5"),
    Economy("lone", "lone", "one status, no edges"),
    Economy("two-abilities", "lone", "two ability points", {"ability.distribution.pareto.points": 2}),
    Economy("political-small", "political.yaml", "seven statuses on a small grid", SMALL),
    Economy(
        "political-shut",
        "political.yaml",
        "an edge at rate 0 on a small grid",
        {**SMALL, "edges.emigrate.rate": 0.0},
    ),
    Economy(
        "political-tight",
        "political.yaml",
        "less collateral, more enforcement on a small grid",
        {
            **SMALL,
            "statuses.independent.collateral": 1.1,
            "edges.crackdown.actual": 0.24,
            "edges.crackdown.perceived": 0.12,
        },
    ),
    # --- the annual clock
    Economy(
        "annual",
        "triangle",
        "annual clock, every kind of edge, growth",
        {**ANNUAL, "technology.growth": 0.02},
    ),
    Economy("annual-lone", "lone", "annual clock, one status", ANNUAL),
    Economy(
        "annual-tauchen",
        "triangle",
        "annual clock, AR(1) after Tauchen, sigma 1.5",
        {
            **ANNUAL,
            "preferences.sigma": 1.5,
            "ability": {
                "law": "ar1",
                "persistence": 0.85,
                "sd": 0.3,
                "points": 6,
                "method": "tauchen",
                "width": 2.0,
                "mean": 0.1,
            },
        },
    ),
    Economy(
        "annual-markov",
        "triangle",
        "annual clock, yearly probabilities, outside labour",
        {
            **ANNUAL,
            "closure.labor": {"outside": 0.3},
            "ability": {"law": "markov", "values": VALUES, "transition": TRANSITION},
        },
    ),
    # --- whole economies
    Economy("political", "political.yaml", "the example at its full size"),
    Economy("one-status", "one-status.yaml", "the example at its full size; 40 abilities, sigma 1.5"),
    Economy("china-2019", "china-2019", "the shipped economy"),
)


NOT_SOLVED: tuple[Economy, ...] = (
    Economy(
        "sigma-5-wedge",
        "triangle",
        "capital market stays at 2e-9 after 40 rounds (1e-8 is met); `sigma-5` is without the wedge",
        {"preferences.sigma": 5.0},
    ),
    Economy(
        "expelled-poor",
        "triangle",
        "values off by 2e-4 at wealth 0 after 143 s; `expelled` has a better wage abroad",
        {**EXPELLED, "abroad.wage": 0.3},
    ),
    Economy(
        "markov-other-values",
        "triangle",
        "labour off by 2e-3: many like owners indifferent; `markov` has other abilities",
        {"ability": {"law": "markov", "values": OTHER_VALUES, "generator": GENERATOR}},
    ),
    Economy(
        "markov-transition-other-values",
        "triangle",
        "capital off by 8e-4; `markov-transition` has other abilities",
        {"ability": {"law": "markov", "values": VALUES, "transition": TRANSITION}},
    ),
    Economy(
        "fixed-lone",
        "lone",
        "capital off by .15: with fixed ability and nothing that moves owners, wealth hardly settles",
        {"ability": FIXED},
    ),
    Economy(
        "fixed-closed",
        "triangle",
        "capital stays at 3e-7 after 40 rounds; `fixed-open` has an open account",
        {"ability": FIXED, "edges.rectified.ability": "keep"},
    ),
    Economy(
        "one-ability",
        "lone",
        "labour off by .4: all owners alike are indifferent; `two-abilities` has two",
        {"ability.distribution.pareto.points": 1},
    ),
    Economy(
        "tauchen-two",
        "triangle",
        "values off by 4e-5, capital by .2 after 53 s; `tauchen` has wider points",
        {
            "ability": {
                "law": "ar1",
                "persistence": 0.9,
                "sd": 0.3,
                "points": 2,
                "method": "tauchen",
                "width": 1.0,
                "mean": 0.1,
            }
        },
    ),
)
"""Cases that the first engine did not solve to `TIGHT` (hjb 1e-11 then), and how it failed in place of what
they cover. (Tauchen's chains of three points and more have no generator, so that they are for the annual
clock.)
"""


class Chronicle(NamedTuple):
    """A chronicle whose path is frozen."""

    name: str
    base: str
    covers: str
    text: str
    """The chronicle as YAML; its `economy` is the file `economy.yaml`."""
    dates: tuple[float, ...]
    """Years from the first event on which the path is kept."""
    breaks: tuple[float, ...]
    """Years on which a parameter jumps or bends: surprises, ends of pulses and ramps, dates of series."""
    changes: Mapping[str, Any] = {}


STEPS: Mapping[str, float] = {"1/12": 1 / 12, "1/24": 1 / 24, "1/48": 1 / 48}
"""Lengths of steps for which paths are frozen, years. Extrapolated (`limit` in the tests) they give the limit
of small steps.
"""

TIGHT_PATHS = {
    "numerics.tolerances.paths": 1e-9,
    "numerics.tolerances.foresight": 1e-9,
}
"""Tolerances of paths."""

GROWTH: Mapping[str, float] = {"1/12": 1.042, "1/24": 1.0207, "1/48": 1.0103}
"""Largest growth of steps after the even ones. The first engine rounds the number of steps up to a multiple
of 32; these lead to 160, 320 and 640 from the last surprise on, so that every step is about halved.
"""


def finer(name: str) -> dict[str, Any]:
    """Changes to an economy for steps of a length in `STEPS`, even for long enough that most dates lie among
    them.
    """
    return {
        "numerics.path.step": STEPS[name],
        "numerics.path.growth": GROWTH[name],
        "numerics.path.even": 4.0,
        "numerics.path.horizon": 150.0,
    }


def _chronicle(name: str, *events: str) -> str:
    """A chronicle of events, each given as its date and what it does (YAML)."""
    told = "".join(
        f"  - {{date: {date}, title: Event {n}, sources: [assumption], {what.strip()}}}\n"
        for n, (date, what) in enumerate((event.split(":", 1) for event in events), start=1)
    )
    return f"name: {name}\neconomy: economy.yaml\nevents:\n{told}"


TWO_YEARS = 730 / 365.25
"""Years from 2021-01-01 to 2023-01-01, as chronicles count them."""

ONE_YEAR = 365 / 365.25
"""Years from 2021-01-01 to 2022-01-01."""

AFTER_ONE = (0.0, 0.25, 0.5, 0.75, 1.25, 1.75, 2.5, 3.5, 5.0, 8.0, 15.0, 30.0)

AFTER_TWO = (0.0, 0.25, 0.5, 1.25, 1.75, TWO_YEARS, 2.25, 2.75, 3.5, 5.0, 8.0, 15.0, 30.0)

PATHS: tuple[Chronicle, ...] = (
    Chronicle(
        "squeeze",
        "political.yaml",
        "two surprises; changes for good; enforcement that fades; closed",
        _chronicle(
            "squeeze",
            """2021-01-01: changes: [
      {parameter: statuses.independent.collateral, multiply: 0.8},
      {parameter: statuses.critic.collateral, multiply: 0.8},
      {parameter: edges.crackdown.actual, multiply: 4, half_life: 3},
      {parameter: edges.crackdown.perceived, multiply: 4, half_life: 3},
      {parameter: edges.retaliation.perceived, multiply: 2, half_life: 3}]""",
            """2023-01-01: changes: [
      {parameter: statuses.independent.collateral, multiply: 1.25},
      {parameter: statuses.critic.collateral, multiply: 1.25}]""",
        ),
        AFTER_TWO,
        (0.0, TWO_YEARS),
        SMALL,
    ),
    Chronicle(
        "pulse",
        "triangle",
        "pulses and a ramp; a fine (landings), a wedge, a productivity, an amenity; emigration; closed",
        _chronicle(
            "pulse",
            """2021-01-01: changes: [
      {parameter: statuses.free.wedge, add: 0.03, channel: fines, for: 1},
      {parameter: edges.crackdown.fine, add: 0.1, for: 2},
      {parameter: statuses.favoured.productivity, multiply: 1.02, over: 2, channel: party},
      {parameter: statuses.apart.amenity, add: -0.05, channel: force, half_life: 1}]""",
        ),
        AFTER_ONE,
        (0.0, 1.0, 2.0),
    ),
    Chronicle(
        "beliefs",
        "village",
        "cases that move beliefs; a dated series; a change `to`; a fee; two surprises; closed",
        "beliefs: {half_life: 2.0, power: 1.0, edges: {strike: 0.5, watch: 1.0}, source: assumption}\n"
        + _chronicle(
            "beliefs",
            """2021-01-01: case: {salience: 1.5}, changes: [
      {parameter: statuses.listed.data_lending, to: 0.15, series: {2022-01-01: 0.12}},
      {parameter: edges.list.fee, multiply: 1.5, channel: listing},
      {parameter: edges.join.cost, to: 0.05, channel: party, half_life: 2}]""",
            "2023-01-01: case: {salience: 0.5}, changes: [{parameter: statuses.stranger.spread, add: 0.01}]",
        ),
        AFTER_TWO,
        (0.0, ONE_YEAR, TWO_YEARS),
    ),
    Chronicle(
        "quota",
        "triangle",
        "a quota of credit that rises; the rate of the ability law for a while (compiled anew); closed",
        _chronicle(
            "quota",
            """2021-01-01: changes: [
      {parameter: closure.directed.share, add: 0.03, channel: credit},
      {parameter: ability.rate, multiply: 1.25, channel: force, for: 2}]""",
        ),
        AFTER_ONE,
        (0.0, 2.0),
        _quota("favoured", 0.70, "credit", "spread"),
    ),
    Chronicle(
        "open",
        "triangle",
        "open account: the world's interest rate, and credit for good; the actual rate alone",
        _chronicle(
            "open",
            """2021-01-01: changes: [
      {parameter: closure.capital.open.interest, add: 0.01, channel: credit, half_life: 2},
      {parameter: statuses.free.collateral, multiply: 0.85},
      {parameter: edges.crackdown.actual, multiply: 2}]""",
        ),
        AFTER_ONE,
        (0.0,),
        {"closure.capital": {"open": {"interest": 0.02}}},
    ),
    Chronicle(
        "diffusion",
        "lone",
        "diffusion; sigma 2, growth, outside workers, spending found; a ramp",
        _chronicle(
            "diffusion",
            """2021-01-01: changes: [
      {parameter: technology.delta, add: 0.01, channel: force, half_life: 1.5},
      {parameter: statuses.everyone.collateral, multiply: 0.9, over: 3}]""",
        ),
        AFTER_ONE,
        (0.0, 3.0),
        {
            "ability": DIFFUSION,
            "preferences.sigma": 2.0,
            "technology.growth": 0.02,
            "closure.labor": {"outside": 0.5},
            "closure.fiscal": "spend",
            "closure.transfer": 0.0,
        },
    ),
)
