"""Random variations of `examples/political.yaml` such as a user would make, and special cases.

A variation is a plain dict of changes for `Economy.with_`, the same for a number on every machine: grid,
law of ability, preferences, closure, numbers moved by up to a third, edges shut (rate 0) or dropped.

    variations.changes(17)          # the changes
    variations.economy(17)          # the economy, valid
    variations.SPECIAL              # named cases with what is expected of them
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import dirigiste
from dirigiste.economy import Economy, load, loads
from dirigiste.errors import InputError

POLITICAL = Path(__file__).parents[2] / "examples" / "political.yaml"
COUNT = 200
SEED = 20_200_101

Changes = dict[str, Any]


def economy(number: int) -> Economy:
    """The economy of a variation."""
    return load(POLITICAL).with_(changes(number))


def changes(number: int) -> Changes:
    """The changes of a variation: the first that are valid of those that its number draws."""
    base = load(POLITICAL)
    for attempt in range(100):
        rng = np.random.default_rng([SEED, number, attempt])
        drawn = _draw(rng, base)
        try:
            changed = base.with_(drawn)
        except InputError:
            continue
        if _settles(changed):
            return drawn
    raise AssertionError(f"no valid variation {number}")


def _draw(rng: np.random.Generator, base: Economy) -> Changes:
    abilities = round(math.exp(rng.uniform(math.log(4), math.log(40))))
    drawn = {
        **_grid(rng),
        **_law(rng, abilities),
        **_preferences(rng),
        **_moved(rng, base),
        **_edges(rng, base),
        **_closure(rng),
    }
    if drawn["ability"]["law"] == "fixed":
        drawn |= KEPT
    return drawn


KEPT: Changes = {"edges.rectified.ability": "keep", "edges.emigrate": None, "abroad": None, "entry": None}
"""What goes with `fixed` ability: nobody is drawn anew. Where owners of firms alone were, as under political
edges, those who run none would stay for ever and all others turn into them, over thousands to billions of
years.
"""


def _number(x: float) -> float:
    """A number as people write it."""
    return float(f"{x:.3g}")


def _grid(rng: np.random.Generator) -> Changes:
    """10 to 200 nodes, but the format has at least 20."""
    nodes = round(math.exp(rng.uniform(math.log(10), math.log(200))))
    return {
        "numerics.wealth.points": max(nodes, 20),
        "numerics.wealth.max": int(rng.choice([2000, 5000, 10000, 20000])),
    }


def _law(rng: np.random.Generator, abilities: int) -> Changes:
    kind = rng.choice(["redraw", "diffusion", "markov", "fixed"])
    law: Changes = {"law": str(kind)}
    if kind in ("redraw", "fixed"):
        law["distribution"] = _distribution(rng, abilities)
        if kind == "redraw":
            law["rate"] = _number(rng.uniform(0.04, 0.4))
    elif kind == "diffusion":
        law |= {
            "reversion": _number(rng.uniform(0.03, 0.25)),
            "sd": _number(rng.uniform(0.1, 0.3)),
            "points": abilities,
            "width": _number(rng.uniform(2.5, 4.0)),
            "mean": _number(rng.uniform(0.0, 0.2)),
        }
    else:
        law |= _markov(rng, abilities)
    return {"ability": law}


def _distribution(rng: np.random.Generator, abilities: int) -> Changes:
    kind = rng.choice(["pareto", "lognormal", "points"], p=[0.6, 0.25, 0.15])
    if kind == "pareto":
        return {"pareto": {"tail": _number(rng.uniform(4.5, 8.0)), "points": abilities}}
    if kind == "lognormal":
        spread = _number(rng.uniform(0.1, 0.3))
        return {"lognormal": {"sd": spread, "points": abilities, "width": 3.0}}
    values = np.sort(np.exp(rng.normal(0.1, 0.25, abilities)))
    weights = rng.dirichlet(np.full(abilities, 2.0))
    weights = np.round(weights, 6)
    weights[0] += 1.0 - weights.sum()
    return {
        "points": {"values": [_number(z) for z in values], "weights": [float(round(x, 6)) for x in weights]}
    }


def _markov(rng: np.random.Generator, abilities: int) -> Changes:
    """A chain that is given by rates between all abilities, or by yearly probabilities."""
    values = [round(float(z), 4) for z in np.exp(np.linspace(-0.2, rng.uniform(0.3, 0.7), abilities))]
    if rng.random() < 0.5:
        apart = np.abs(np.subtract.outer(np.arange(abilities), np.arange(abilities)))
        rates = rng.uniform(0.02, 0.1, (abilities, abilities)) * 3.0 ** (1.0 - apart)
        rates = np.round(rates, 6) * (apart > 0)
        rates -= np.diag(rates.sum(axis=1))
        return {"values": values, "generator": [[float(x) for x in row] for row in rates]}
    kept = rng.uniform(0.7, 0.95)
    weights = rng.dirichlet(np.full(abilities, 3.0))
    yearly = kept * np.eye(abilities) + (1.0 - kept) * weights
    yearly /= yearly.sum(axis=1, keepdims=True)
    return {"values": values, "transition": [[float(x) for x in row] for row in yearly]}


def _preferences(rng: np.random.Generator) -> Changes:
    sigma = 1.0 if rng.random() < 0.3 else _number(math.exp(rng.uniform(math.log(0.5), math.log(10.0))))
    return {"preferences.sigma": sigma}


MOST = {"fine": 0.9, "labor_efficiency": 1.0, "labor": 0.9, "capital": 0.9, "data_lending": 1.0}
"""Upper ends by the last part of a path."""


def _moved(rng: np.random.Generator, base: Economy) -> Changes:
    """Three to twelve numbers moved by up to a third."""
    paths = [
        (p.path, p.value)
        for p in base.parameters()
        if p.path.split(".")[0] not in ("ability", "numerics")
        and p.path != "preferences.sigma"
        and p.value
        and math.isfinite(p.value)
    ]
    chosen = rng.choice(len(paths), size=rng.integers(3, 13), replace=False)
    changes = {}
    for index in sorted(chosen):
        path, value = paths[index]
        last = path.rsplit(".", 1)[-1]
        moved = min(value * rng.uniform(2 / 3, 4 / 3), MOST.get(last, math.inf))
        if path in ("technology.alpha", "technology.eta"):
            moved = min(moved, 0.45 if last == "alpha" else 0.9)
        if last == "collateral":
            moved = max(moved, 1.0)
        changes[path] = _number(moved)
    return changes


def _edges(rng: np.random.Generator, base: Economy) -> Changes:
    """Up to two edges shut, now and then one dropped."""
    names = [edge.name for edge in base.edges]
    shut = rng.choice(names, size=rng.choice(3, p=[0.4, 0.35, 0.25]), replace=False)
    changes: Changes = {}
    for name in sorted(map(str, shut)):
        if base.edges_by_name[name].kind == "enforcement":
            changes |= {f"edges.{name}.actual": 0.0, f"edges.{name}.perceived": 0.0}
        else:
            changes[f"edges.{name}.rate"] = 0.0
    if rng.random() < 0.2:
        name = str(rng.choice([name for name in names if name not in shut]))
        changes[f"edges.{name}"] = None
        if name == "emigrate":
            changes |= {"abroad": None, "entry": None}
    return changes


def _closure(rng: np.random.Generator) -> Changes:
    changes: Changes = {}
    if rng.random() < 0.35:
        changes["closure.capital"] = {"open": {"interest": round(rng.uniform(-0.01, 0.045), 4)}}
    elif rng.random() < 0.15:
        changes["closure.foreign_capital"] = round(rng.uniform(0.0, 1.0), 3)
    kind = rng.choice(["none", "outside", "wage"], p=[0.7, 0.15, 0.15])
    if kind == "outside":
        changes["closure.labor"] = {"outside": round(rng.uniform(0.0, 0.5), 3)}
    elif kind == "wage":
        changes["closure.labor"] = {"wage": round(rng.uniform(0.55, 1.1), 3)}
    if rng.random() < 0.2:
        changes["closure.fiscal"] = "spend"
        changes["closure.transfer"] = round(rng.uniform(0.0, 0.08), 3)
    elif rng.random() < 0.1:
        changes["closure.spending"] = round(rng.uniform(0.0, 0.03), 3)
    if rng.random() < 0.2:
        to = ["connected", "aligned"] if rng.random() < 0.5 else ["connected"]
        changes["closure.directed"] = {
            "to": to,
            "share": round(rng.uniform(0.3, 0.8), 3),
            "of": str(rng.choice(["credit", "capital"])),
            "by": str(rng.choice(["spread", "limit"])),
        }
    return changes


def _settles(economy: Economy) -> bool:
    """Whether one long-run distribution exists and somebody there may run a firm, edges with rate 0 aside.

    Some owners never meet some edges: the poor hardly ever choose to go abroad, and where ability is fixed
    enforcement by size never reaches owners without a firm. The long run must not depend on such edges,
    or it would take millions of years.
    """
    ends = _ends(economy, certain=False)
    return ends == _ends(economy, certain=True) and any(economy.statuses[name].operates for name in ends)


def _ends(economy: Economy, certain: bool) -> set[str]:
    """Statuses of the one class that is never left; empty where there are several."""
    entry = economy.entry.status if economy.entry else None
    fixed = economy.ability.law == "fixed"
    links: dict[str, set[str]] = {name: set() for name in economy.statuses}
    for edge in economy.edges:
        rate = edge.actual if edge.kind == "enforcement" else edge.rate
        avoided = (edge.kind == "choice" and edge.to == "abroad") or (
            fixed and edge.kind == "enforcement" and edge.size is not None
        )
        if rate == 0 or (certain and avoided):
            continue
        for origin in edge.origin:
            links[origin].add(entry if edge.to == "abroad" else edge.to)
    reach = {name: _reached(links, name) for name in links}
    ends = {name for name in links if all(name in reach[other] for other in reach[name])}
    return ends if all(other in reach[name] for name in ends for other in ends) else set()


def _reached(links: dict[str, set[str]], start: str) -> set[str]:
    seen, todo = {start}, [start]
    while todo:
        for name in links[todo.pop()] - seen:
            seen.add(name)
            todo.append(name)
    return seen


SMALL = """
name: small
preferences: {rho: 0.06, sigma: 1.5}
technology: {alpha: 0.35, eta: 0.8, delta: 0.06}
ability:
  law: redraw
  rate: 0.1
  distribution: {pareto: {tail: 6.0, points: 12}}
statuses:
  insider: {collateral: 2.0, spread: -0.005, controlled: true}
  outsider: {collateral: 1.4, spread: 0.02}
edges:
  - {name: promote, from: outsider, to: insider, kind: rate, rate: 0.05}
  - {name: demote, from: insider, to: outsider, kind: rate, rate: 0.05}
closure: {capital: closed}
numerics: {wealth: {points: 120, max: 3000, scale: 0.3}}
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

SOLVED = "solved"

FILES = {
    "political": POLITICAL,
    "wedges": Path(dirigiste.__file__).parent / "replications" / "buera_shin_2013" / "wedges.yaml",
}


class Special(NamedTuple):
    """A named case: where it starts from, what is changed, and what is expected: `solved`, or words of the
    true reason.
    """

    name: str
    base: str  # a key of `FILES`, or "small" or "lone"
    changes: Changes
    expected: str = SOLVED  # EITHER where families with and without a firm all but never mix

    def economy(self) -> Economy:
        """The economy of the case."""
        texts = {"small": SMALL, "lone": LONE}
        base = loads(texts[self.base]) if self.base in texts else load(FILES[self.base])
        return base.with_(self.changes)


EDGES = ("patronage", "privatised", "join", "leave", "speak", "forgotten", "crackdown", "retaliation")
EDGES += ("released", "rectified", "retire", "return", "emigrate")
ENFORCED = ("crackdown", "retaliation")


def _shut(name: str) -> Changes:
    if name in ENFORCED:
        return {f"edges.{name}.actual": 0.0, f"edges.{name}.perceived": 0.0}
    return {f"edges.{name}.rate": 0.0}


def OPEN(interest: float) -> Changes:
    return {"closure.capital": {"open": {"interest": interest}}}


SPENDS = {"closure.fiscal": "spend"}
ABROAD = {
    "edges.emigrate": {"from": ["insider", "outsider"], "to": "abroad", "kind": "rate", "rate": 2.0},
    "abroad": {"interest": 0.04, "wage": 1.0},
    "entry": {"status": "outsider", "wealth": 0.5},
}

EITHER = ""
NOBODY_RUNS = "no firm"
NO_LIMIT_TO_SAVING = "top of the wealth grid"
NO_INCOME = "no income"

NO_QUOTA = "others get no credit"

REFUSED = {
    53: NO_QUOTA,
    82: NO_INCOME,
    88: NOBODY_RUNS,
    91: NO_LIMIT_TO_SAVING,
    132: NOBODY_RUNS,
    133: NO_QUOTA,
    181: NO_LIMIT_TO_SAVING,
    189: NOBODY_RUNS,
}
"""Variations that were found to have no equilibrium, or none on their grid, with the words of the reason: a
quota that is not met even without any credit to others; a transfer that passes below what the detained earn
along the branch of equilibria in the wage; a given wage at which nobody runs a firm; a grid of 20 nodes on
which all owners save up to its end, though not on 40; a grid that ends too early."""

SPECIAL: tuple[Special, ...] = (
    *(
        Special(
            f"political-without-{name}-{nodes}",
            "political",
            {**_shut(name), "numerics.wealth.points": nodes},
            # nobody leaves detention any more, or withdrawal without wealth (abroad the poor have nothing),
            # so all end up there, where nobody may run a firm
            NOBODY_RUNS if name in ("released", "return") else SOLVED,
        )
        for nodes in (100, 200, 400, 800)
        for name in EDGES
    ),
    Special("buera-shin-wedges-600", "wedges", {}),
    Special("lone-redrawn-fast", "lone", {"ability.rate": 40.0, "statuses.everyone.collateral": 1.0}, EITHER),
    Special(
        "small-redrawn-fast",
        "small",
        {
            "ability.rate": 40.0,
            "statuses.insider.collateral": 1.0,
            "statuses.outsider.collateral": 1.0,
        },
        EITHER,
    ),
    *(
        Special(f"{base}-sigma-{sigma:g}", base, {"preferences.sigma": sigma})
        for base in ("small", "political")
        for sigma in (8, 10, 12, 20, 1.0001, 1.001)
    ),
    *(  # critics for whom being poorer is worth more consume as fast as they may: rounding errors grow there
        Special(
            f"political-sigma-{sigma:g}-{nodes}",
            "political",
            {"preferences.sigma": sigma, "numerics.wealth.points": nodes},
        )
        for nodes in (100, 200, 400)
        for sigma in (0.5, 2, 2.1, 3)
    ),
    Special("small-one-ability", "small", {"ability.distribution.pareto.points": 1}, EITHER),
    Special("lone-one-ability", "lone", {"ability.distribution.pareto.points": 1}),
    Special("political-one-ability", "political", {"ability.distribution.pareto.points": 1}),
    Special("small", "small", {}),
    *(
        Special(
            f"small-open-{r:g}", "small", {"closure.capital": {"open": {"interest": r}}}, NO_LIMIT_TO_SAVING
        )
        for r in (0.058, 0.06, 0.07)
    ),
    # what newborns are given, or the subsidy of credit, is more than owners without wealth earn
    Special("small-abroad-at-2", "small", ABROAD, NO_INCOME),
    Special("small-cheap-credit", "small", {"statuses.insider.spread": -0.2}, NO_INCOME),
    Special("small-negative-transfer", "small", SPENDS | {"closure.transfer": -5.0}, NO_INCOME),
    Special(
        "political-negative-transfer",
        "political",
        {
            "closure.fiscal": "spend",
            "closure.transfer": -0.5,
            "numerics.wealth.points": 100,
        },
        NO_INCOME,
    ),
    Special(
        "political-detained-without-income",
        "political",
        {
            "statuses.detained.labor_efficiency": 0.0,
            "closure.fiscal": "spend",
            "closure.transfer": 0.0,
            "numerics.wealth.points": 100,
        },
        NO_INCOME,
    ),
)
"""Cases of their own, with what is expected."""
