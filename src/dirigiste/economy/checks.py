"""Economic checks of a declaration whose form is right. Each fault has a code; all of them are collected.

Faults of form are found before, in `documents.validation`. `E-` codes are errors, `W-` codes warnings.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from dirigiste.documents.nodes import Document, KeyPath, from_plain
from dirigiste.documents.words import near, one_of
from dirigiste.economy import graph as graphs
from dirigiste.economy import size
from dirigiste.economy.ability import Markov, Pareto
from dirigiste.economy.edges import ABROAD, EnforcementEdge, RateEdge
from dirigiste.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dirigiste.economy.declaration import EconomyDeclaration

MASS_ROUNDING = 1e-9
"""Largest difference (absolute) between the sum of given masses and 1."""

Fault = tuple[str, KeyPath, str]
"""Code, path, message."""


def check(economy: EconomyDeclaration) -> tuple[Problem, ...]:
    """Economic errors of an economy, however it was built; `load`, `loads` and `with_` raise them."""
    document = Document(from_plain(economy.model_dump(by_alias=True)))
    return (*check_references(document.plain(), document), *check_model(economy, document))


def warnings(economy: EconomyDeclaration) -> tuple[Problem, ...]:
    """What is legal but worth knowing before numbers are trusted."""
    document = Document(from_plain(economy.model_dump(by_alias=True)))
    return tuple(_problem(document, fault) for fault in _warnings(economy))


def check_references(data: object, document: Document) -> list[Problem]:
    """Names that must exist, or be unique. Reads plain data, so that it works despite faults of form."""
    statuses = data.get("statuses") if isinstance(data, dict) else None
    if not isinstance(statuses, dict):
        return []
    assert isinstance(data, dict)
    problems: list[Problem] = []
    for path, name, places in _mentions(data):
        allowed = [*statuses, *places]
        if not isinstance(name, str) or name in allowed:
            continue
        if name == ABROAD:
            fault = ("E-unknown-status", path, "`abroad` is no status; only an edge can lead `to` it")
            problems.append(_problem(document, fault))
            continue
        suggestion = near(name, allowed)
        message = (
            f"there is no status `{name}`"
            if suggestion
            else f"no status `{name}`; there are {one_of(allowed)}"
        )
        problems.append(_problem(document, ("E-unknown-status", path, message), suggestion))
    if ABROAD in statuses:
        message = "`abroad` is the built-in place of those who leave; choose another name"
        problems.append(_problem(document, ("E-reserved", ("statuses", ABROAD), message), key=True))
    seen: dict[str, int] = {}
    for n, edge in enumerate(_dicts(data.get("edges"))):
        name = edge.get("name")
        if isinstance(name, str) and seen.setdefault(name, n) != n:
            first = document.locate(("edges", seen[name], "name"))
            where = f" (the first is at line {first.line})" if first.line else ""
            fault = (
                "E-duplicate-edge",
                ("edges", n, "name"),
                f"two edges are called `{name}`{where}; rename one",
            )
            problems.append(_problem(document, fault))
    return problems


def check_model(economy: EconomyDeclaration, document: Document) -> list[Problem]:
    """Economic errors of an economy whose form is right."""
    checks: list[Callable[[EconomyDeclaration], Iterator[Fault]]] = [
        _discounting,
        _magnitudes,
        _firms,
        _interest,
        _budget,
        _directed,
        _markov,
        _edges,
        _abroad,
        _size,
    ]
    if not check_references(document.plain(), document):
        checks += [_masses, _flows]
    return [_problem(document, fault) for run in checks for fault in run(economy)]


def _problem(
    document: Document, fault: Fault, suggestion: str | None = None, *, key: bool = False
) -> Problem:
    code, path, message = fault
    place = document.locate(path, key=key)
    file = place.file or document.file
    return Problem(file, place.line, place.column, document.dotted(path), message, suggestion, code)


def _dicts(items: object) -> list[dict[str, Any]]:
    return (
        [item if isinstance(item, dict) else {} for item in items] if isinstance(items, list | tuple) else []
    )


def _mentions(data: dict[str, Any]) -> Iterator[tuple[KeyPath, Any, list[str]]]:
    """Where statuses are named: path, name, and what else is allowed there."""
    for n, edge in enumerate(_dicts(data.get("edges"))):
        origin = edge.get("from")
        if isinstance(origin, list | tuple):
            yield from ((("edges", n, "from", m), name, []) for m, name in enumerate(origin))
        else:
            yield ("edges", n, "from"), origin, []
        yield ("edges", n, "to"), edge.get("to"), [ABROAD]
    entry = data.get("entry")
    if isinstance(entry, dict):
        yield ("entry", "status"), entry.get("status"), []
    closure = data.get("closure")
    directed = closure.get("directed") if isinstance(closure, dict) else None
    named = directed.get("to") if isinstance(directed, dict) else None
    if isinstance(named, list | tuple):
        yield from ((("closure", "directed", "to", m), name, []) for m, name in enumerate(named))


def _discounting(economy: EconomyDeclaration) -> Iterator[Fault]:
    rho, sigma, growth = economy.preferences.rho, economy.preferences.sigma, economy.technology.growth
    effective = rho - (1 - sigma) * growth
    if effective <= 0:
        message = (
            f"discounting on the balanced path, rho - (1 - sigma) growth = {effective:.4g}, must be above 0; "
            "raise rho or lower growth"
        )
        yield "E-discounting", ("preferences", "rho"), message


MOST_SIGMA = 50.0
"""Largest curvature of utility: with more, the marginal utilities of rich and poor owners differ by more
powers of ten than their sums and products can hold in double precision."""

MOST_RATE = 1e4
"""Largest rate of an edge a year, more than once an hour."""


def _magnitudes(economy: EconomyDeclaration) -> Iterator[Fault]:
    sigma = economy.preferences.sigma
    if sigma > MOST_SIGMA:
        message = (
            f"must be at most {MOST_SIGMA:g}, got {sigma:g}: with more, the marginal utilities of rich and "
            "poor owners differ by more powers of ten than numbers can hold"
        )
        yield "E-sigma", ("preferences", "sigma"), message
    for n, edge in enumerate(economy.edges):
        for key in ("rate", "actual", "perceived"):
            rate = getattr(edge, key, None)
            if rate is not None and rate > MOST_RATE:
                message = (
                    f"must be at most {MOST_RATE:g} a year (more than once an hour), got {rate:g}: owners "
                    "would leave at once; lower it, or let edges into the status lead to where this one does"
                )
                yield "E-rate", ("edges", n, key), message


def _firms(economy: EconomyDeclaration) -> Iterator[Fault]:
    operating = {name: status for name, status in economy.statuses.items() if status.operates}
    if not operating:
        yield "E-no-firms", ("statuses",), "no status may run a firm; set `operates: true` for one"
    labor = economy.closure.labor
    if (
        not labor.outside
        and labor.wage is None
        and not any(s.labor_efficiency > 0 for s in economy.statuses.values())
    ):
        message = "nobody can work: give a status labor_efficiency above 0, or set closure.labor.outside"
        yield "E-no-labor", ("statuses",), message
    for name, status in operating.items():
        if economy.technology.eta == 1.0:
            why = "constant returns (technology.eta = 1) leave the size of a firm open"
            if status.data_lending > 0:
                message = f"must be 0, got {status.data_lending!r}: {why}, so there is no size to lend on"
                yield "E-constant-returns", ("statuses", name, "data_lending"), message
            if math.isinf(status.collateral):
                message = f"must be finite: {why} without a credit limit"
                yield "E-constant-returns", ("statuses", name, "collateral"), message
        if not isinstance(economy.closure.capital, str):
            interest = economy.closure.capital.open.interest
            dearest = interest + max(status.spread, 0.0) + economy.technology.delta
            unlimited = math.isinf(status.collateral)
            if (unlimited and dearest <= 0) or (
                status.data_lending > 0 and interest + economy.technology.delta <= 0
            ):
                message = (
                    f"interest + delta must be above 0 where credit has no limit or is lent on data; "
                    f"in status `{name}` capital would cost nothing and firms would have no size"
                )
                yield "E-free-capital", ("closure", "capital", "open", "interest"), message


def _interest(economy: EconomyDeclaration) -> Iterator[Fault]:
    capital, delta = economy.closure.capital, economy.technology.delta
    if isinstance(capital, str) or capital.open.interest >= -delta:
        return
    message = (
        f"must be -technology.delta = {-delta:g} or more, got {capital.open.interest:g}: capital can lie "
        "idle, and then loses no more than it depreciates"
    )
    yield "E-interest", ("closure", "capital", "open", "interest"), message


def _budget(economy: EconomyDeclaration) -> Iterator[Fault]:
    closure = economy.closure
    if closure.fiscal == "rebate" and closure.transfer != 0:
        message = "with `fiscal: rebate` the transfer is solved for; leave it out, or set `fiscal: spend`"
        yield "E-fiscal", ("closure", "transfer"), message
    if closure.fiscal == "spend" and closure.spending != 0:
        message = "with `fiscal: spend` public spending is solved for; leave it out, or set `fiscal: rebate`"
        yield "E-fiscal", ("closure", "spending"), message


def _directed(economy: EconomyDeclaration) -> Iterator[Fault]:
    directed = economy.closure.directed
    if directed is None:
        return
    operating = [name for name, status in economy.statuses.items() if status.operates]
    path: KeyPath = ("closure", "directed", "to")
    for m, name in enumerate(directed.to):
        if name in economy.statuses and name not in operating:
            yield "E-directed", (*path, m), f"`{name}` runs no firms, so no credit can be directed to it"
        elif name in directed.to[:m]:
            yield "E-directed", (*path, m), f"`{name}` is named twice"
    if operating and set(operating) <= set(directed.to):
        message = "names every status that runs firms; leave out at least one, from which credit is taken"
        yield "E-directed", path, message


def _markov(economy: EconomyDeclaration) -> Iterator[Fault]:
    law = economy.ability
    if not isinstance(law, Markov):
        return
    which = "generator" if law.generator is not None else "transition"
    rows = law.generator or law.transition or ()
    graph = {n: {m for m, x in enumerate(row) if x > 0 and m != n} for n, row in enumerate(rows)}
    if len(graphs.closed_classes(graph)) > 1:
        message = "abilities fall into groups that never mix, so the long-run law is not unique; connect them"
        yield "E-ability-classes", ("ability", which), message


def _edges(economy: EconomyDeclaration) -> Iterator[Fault]:
    for n, edge in enumerate(economy.edges):
        for m, origin in enumerate(edge.origin):
            if origin in edge.origin[:m]:
                yield "E-edge", ("edges", n, "from", m), f"`{origin}` is named twice"
        if edge.to in edge.origin and not edge.fine and not edge.fee and edge.ability == "keep":
            message = f"leads from `{edge.to}` to itself and changes nothing; give it a fine or another end"
            yield "E-edge", ("edges", n, "to"), message
        yield from _weight(economy, n)


def _weight(economy: EconomyDeclaration, n: int) -> Iterator[Fault]:
    edge = economy.edges[n]
    if edge.weight is None:
        return
    path: KeyPath = ("edges", n, "weight")
    if edge.ability != "redraw":
        message = "weighs new abilities, so it needs `ability: redraw`; add that, or remove `weight`"
        yield "E-weight", path, message
    elif isinstance(edge.weight, tuple):
        count = size.abilities(economy)
        if len(edge.weight) != count:
            message = f"must be one number for each of the {count} abilities, got {len(edge.weight)}"
            yield "E-weight", path, message
        elif not any(edge.weight):
            yield "E-weight", path, "must be above 0 for some ability, or the edge leads nowhere"


def _abroad(economy: EconomyDeclaration) -> Iterator[Fault]:
    leading_abroad = [n for n, edge in enumerate(economy.edges) if edge.to == ABROAD]
    abroad, entry, grid = economy.abroad, economy.entry, economy.numerics.wealth
    for n in leading_abroad:
        if abroad is None:
            message = "leads abroad, so life there must be declared: add `abroad: {interest: ...}`"
            yield "E-abroad-missing", ("edges", n, "to"), message
        if entry is None:
            message = (
                "leads abroad, so those who leave must be replaced: add `entry: {status: ..., wealth: ...}`"
            )
            yield "E-entry-missing", ("edges", n, "to"), message
    if entry is not None and not leading_abroad:
        message = "nobody is replaced, since no edge leads abroad; remove `entry`, or add such an edge"
        yield "E-entry-unused", ("entry",), message
    if entry is not None and not grid.min <= entry.wealth <= grid.max:
        message = f"must lie on the wealth grid, from {grid.min:g} to {grid.max:g}; got {entry.wealth!r}"
        yield "E-entry-wealth", ("entry", "wealth"), message
    if abroad is None:
        return
    rho, sigma, growth = economy.preferences.rho, economy.preferences.sigma, economy.technology.growth
    spent = rho - (1 - sigma) * abroad.interest
    if spent <= 0:
        message = (
            f"rho - (1 - sigma) interest = {spent:.4g} must be above 0, or life abroad has no finite value; "
            "change the interest rate abroad, or raise rho"
        )
        yield "E-abroad-theta", ("abroad", "interest"), message
    if abroad.wage > 0 and abroad.interest <= growth:
        message = (
            f"must be above technology.growth = {growth:g} where there is a wage abroad, "
            f"got {abroad.interest!r}; earnings would be worth infinitely much"
        )
        yield "E-abroad-growth", ("abroad", "interest"), message
    if grid.min > 0:
        return
    for n in leading_abroad:
        edge = economy.edges[n]
        if not isinstance(edge, RateEdge | EnforcementEdge):
            continue
        idle = [o for o in edge.origin if o in economy.statuses and economy.statuses[o].labor_efficiency == 0]
        why = "so owners who are forced abroad without wealth have nothing to live on (value minus infinity)"
        if abroad.wage == 0:
            message = (
                f"`abroad.wage` is 0, {why}; set a wage abroad, make the edge a `choice`, or set a wealth min"
            )
            yield "E-abroad-destitute", ("edges", n, "to"), message
        elif idle:
            message = f"labor_efficiency is 0 in {one_of(idle)}, {why}; raise it, or make the edge a `choice`"
            yield "E-abroad-destitute", ("edges", n, "to"), message


def _size(economy: EconomyDeclaration) -> Iterator[Fault]:
    needed, available = size.stationary_bytes(economy), size.memory()
    if needed > available:
        points, abilities = economy.numerics.wealth.points, size.abilities(economy)
        message = (
            f"got {points:,} nodes: with {len(economy.statuses)} statuses and {abilities:,} points of "
            f"ability {size.states(economy):,} states, which take about {size.amount(needed)} of memory; "
            f"this machine has {size.amount(available)}; lower `points` (300 are usual) or the points of "
            "ability"
        )
        yield "E-size", ("numerics", "wealth", "points"), message


def _masses(economy: EconomyDeclaration) -> Iterator[Fault]:
    groups = graphs.components(graphs.status_graph(economy))
    given = {name: status.mass for name, status in economy.statuses.items() if status.mass is not None}
    total = math.fsum(given.values())
    if len(groups) == 1:
        if given and abs(total - 1) > MASS_ROUNDING:
            first = next(iter(given))
            message = f"masses sum to {total:.9g}, not 1, though edges connect all statuses; leave `mass` out"
            yield "E-mass", ("statuses", first, "mass"), message
        return
    missing = [group for group in groups if not any(name in given for name in group)]
    for group in missing:
        names = one_of(group)
        message = (
            f"no edges connect {names} to the other statuses, so a share of the population must be given: "
            "set `mass`"
        )
        yield "E-mass-missing", ("statuses", group[0]), message
    if not missing and abs(total - 1) > MASS_ROUNDING:
        message = f"masses of groups that no edges connect must sum to 1, got {total:.9g}"
        yield "E-mass-sum", ("statuses", next(iter(given)), "mass"), message


def _flows(economy: EconomyDeclaration) -> Iterator[Fault]:
    graph = graphs.status_graph(economy)
    for group in graphs.components(graph):
        inner = {name: graph[name] for name in group}
        empty = graphs.never_entered(inner)
        for name in empty:
            message = (
                "no edge leads into this status, or only from statuses that are empty, so nobody is in it in "
                "the long run; add an edge into it, or make it the entry status"
            )
            yield "E-unreachable", ("statuses", name), message
        rest = {name: following for name, following in inner.items() if name not in empty}
        closed = graphs.closed_classes(rest)
        if len(closed) > 1:
            sets = " and ".join("{" + ", ".join(one) + "}" for one in closed)
            message = (
                f"nobody ever leaves {sets}, so where owners end up depends on where they began; "
                "add an edge out of all but one"
            )
            yield "E-several-classes", ("statuses", closed[1][0]), message
        elif closed and len(closed[0]) < len(rest):
            emptied = [name for name in rest if name not in closed[0]]
            message = (
                f"nobody ever leaves {one_of(closed[0])}, so in the long run {one_of(emptied)} "
                f"{'is' if len(emptied) == 1 else 'are'} empty; add an edge back"
            )
            yield "E-absorbing", ("statuses", closed[0][0]), message


def _warnings(economy: EconomyDeclaration) -> Iterator[Fault]:
    eta = economy.technology.eta
    distribution = getattr(economy.ability, "distribution", None)
    law = distribution.law if distribution is not None else None
    if isinstance(law, Pareto) and eta < 1 and law.tail * (1 - eta) <= 1:
        message = (
            f"tail (1 - eta) = {law.tail * (1 - eta):.3g} is at most 1: efficient firm size has no mean, "
            f"so the numbers depend on where the tail is cut (top = {law.top:g})"
        )
        yield "W-tail", ("ability", "distribution", "pareto", "tail"), message
    if economy.abroad is not None and not economy.leaves:
        yield "W-abroad-unused", ("abroad",), "no edge leads abroad, so this has no effect"
    if size.states(economy) > size.MANY:
        message = (
            f"{size.states(economy):,} states take about {size.amount(size.stationary_bytes(economy))} of "
            "memory and many minutes; fewer points of wealth or ability are faster"
        )
        yield "W-size", ("numerics", "wealth", "points"), message
    for name, status in economy.statuses.items():
        taxed = status.size_tax is not None and status.size_tax.rate > 0
        if not status.operates and (status.wedge or status.spread or status.fixed_cost or taxed):
            message = (
                "wedge, spread, fixed_cost and size_tax have no effect where nobody runs a firm "
                "(operates: false)"
            )
            yield "W-no-effect", ("statuses", name), message
