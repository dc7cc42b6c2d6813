"""People: shares of the statuses, and flows along the edges between them, before and after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dirigiste.economy import ABROAD
from dirigiste.report import words
from dirigiste.report.figure_data.table import Table

if TYPE_CHECKING:
    from dirigiste.report.inputs import Run


@dataclass(frozen=True, slots=True)
class Share:
    """Share of owners in a status."""

    status: str
    label: str
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Flow:
    """Owners who move along one arc of an edge, in shares of all owners a year."""

    edge: str
    label: str
    origin: str
    destination: str
    before: float
    after: float

    @property
    def ratio(self) -> float:
        """Flow after over flow before; 1 where both are 0, infinite where only the first is."""
        if self.before <= 0:
            return 1.0 if self.after <= 0 else float("inf")
        return self.after / self.before


def shares(run: Run) -> list[Share]:
    """Shares of owners by status, in the order of declaration."""
    economy = run.before.economy
    before = run.before.dataset["mass"].sum(("ability", "wealth")).to_series()
    after = run.after.dataset["mass"].sum(("ability", "wealth")).to_series()
    return [
        Share(name, words.status(economy, name), float(before.get(name, 0.0)), float(after.get(name, 0.0)))
        for name in economy.statuses
    ]


def flows(run: Run) -> list[Flow]:
    """Flows by arc, in the order of the arcs."""
    economy = run.before.economy
    before, after = _by_arc(run.before), _by_arc(run.after)
    return [
        Flow(arc[0], words.edge(economy, arc[0]), arc[1], arc[2], before.get(arc, 0.0), after.get(arc, 0.0))
        for arc in dict.fromkeys([*before, *after])
    ]


def _by_arc(equilibrium: object) -> dict[tuple[str, str, str], float]:
    data = equilibrium.dataset  # type: ignore[attr-defined]
    if "arc" not in data.dims:
        return {}
    names = zip(*(data[key].values.tolist() for key in ("edge", "origin", "destination")), strict=True)
    return dict(
        zip(((str(e), str(o), str(d)) for e, o, d in names), data["people"].values.tolist(), strict=True)
    )


def shares_table(run: Run) -> Table:
    """Shares as a table."""
    rows = [(row.status, row.before, row.after) for row in shares(run)]
    return Table.of(("status", "before (share of owners)", "after (share of owners)"), rows)


def flows_table(run: Run) -> Table:
    """Flows as a table."""
    unit = "share of owners per year"
    rows = [(f.edge, f.origin, f.destination, f.before, f.after) for f in flows(run)]
    return Table.of(("edge", "origin", "destination", f"before ({unit})", f"after ({unit})"), rows)


def shares_title(run: Run) -> str:
    """What happens to the shares, in a sentence."""
    table = [row for row in shares(run) if row.before > 0]
    grows = max(table, key=lambda row: row.after - row.before, default=None)
    shrinks = min(table, key=lambda row: row.after - row.before, default=None)
    if (
        grows is None
        or shrinks is None
        or max(grows.after - grows.before, shrinks.before - shrinks.after) < 5e-6
    ):
        return "Owners are spread over the statuses as before"
    parts = []
    for row, verb in ((shrinks, "shrink"), (grows, "grow")):
        if abs(row.after - row.before) >= 5e-6:
            span = words.pair(row.before, row.after).replace(words.ARROW, "to")
            parts.append(f"{row.label} owners {verb} from {span}")
    return words.opening(", ".join(parts))


def flows_title(run: Run) -> str:
    """Which flow changes most, in a sentence."""
    found = sorted(flows(run), key=lambda f: -abs(f.after - f.before))
    if not found:
        return "Nobody moves between statuses in this economy"
    if abs(found[0].after - found[0].before) < 1e-9:
        return "As many owners move along every edge as before"
    top = found[0]
    end = "abroad" if top.destination == ABROAD else words.status(run.before.economy, top.destination)
    verb = "More" if top.after > top.before else "Fewer"
    before, after = (words.percent(x, _digits(top)) for x in (top.before, top.after))
    return (
        f"{verb} owners go from {words.status(run.before.economy, top.origin)} to {end}: "
        f"{after} of all owners a year, {before} before"
    )


def _digits(flow: Flow) -> int:
    digits = max(words.decimals(flow.before), words.decimals(flow.after))
    return min(digits + 1, 4) if abs(flow.ratio - 1) < 0.05 else digits
