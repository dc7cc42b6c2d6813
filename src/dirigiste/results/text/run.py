"""What a run prints: the answer first, then events, the path at chosen years, channels, who gains."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Final

import numpy as np

from dirigiste.numbers import NONE, significant
from dirigiste.results.equilibria.comparison import Difference
from dirigiste.results.quantities import measures
from dirigiste.results.runs import channels as split
from dirigiste.results.runs import paths
from dirigiste.results.text import comparison as text_comparison
from dirigiste.results.text import draws as text_draws
from dirigiste.results.text import observed as text_observed
from dirigiste.results.text.tables import Table, as_text, number, signed, status_label
from dirigiste.solver import shapley

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr

    from dirigiste.chronicle import Event
    from dirigiste.results.runs.run import Run

WINDOW: Final = 10.0
"""Years from the first event within which the headline looks for the largest effect."""

AFTER_LAST: Final = 4.0
"""Years from the last surprise within which it looks at least."""

MOVED: Final = 5e-4
"""Statuses whose share of owners moves by less than this are left out of the headline."""

MOST: Final = 4
"""At most so many statuses are named in the headline."""

DATE_LENGTHS: Final = {"day": 10, "reported": 10, "month": 7, "year": 4}
"""Characters of an ISO date that are known, by its precision."""

PATH_ROWS: Final = (
    "output",
    "consumption",
    "wage",
    "interest",
    "transfer",
    "capital",
    "credit",
    "credit_output",
    "tfp",
    "entrepreneurs",
    "control",
    "silence",
    "flight",
    "fines",
    "emigrants",
    "added_spread",
    "limit_factor",
)
"""Rows of the table of the path."""

REFINEMENT_UNITS: Final = {"output": "relative", "wage": "relative", "interest": "per year"}
"""Units of what shorter steps and a longer horizon change."""

STATUS_TABLES: Final = (
    ("Owners by status", "mass_by_status"),
    ("Firms by status, per owner", "entrepreneurs_by_status"),
    ("Credit by status", "credit_by_status"),
)


def heading(run: Run) -> str:
    """One line: what was run, how long it took, how well it is solved."""
    count = run.surprises.sizes["surprise"]
    surprises = "1 surprise" if count == 1 else f"{count} surprises"
    only = f", only {' and '.join(run.only)}" if run.only else ""
    return (
        f"{run.chronicle.name} on {run.before.economy.name}{only}: {surprises} · "
        f"solved in {run.provenance['seconds']:.1f} s · worst residual {worst(run):.0e}"
    )


def worst(run: Run) -> float:
    """Largest residual of a market, of the path and of both stationary states."""
    return max(run.before.worst_residual, run.after.worst_residual, run.certificate.worst)


def peak(run: Run) -> int:
    """Step at which output is farthest from what it would be without the events, within `WINDOW` years of the
    first and `AFTER_LAST` years of the last one.
    """
    time, surprise = run.path["time"].values, run.path["surprise"].values
    last = max(WINDOW, float(time[np.searchsorted(surprise, surprise.max())]) + AFTER_LAST)
    return int(np.argmax(np.where(time <= last + paths.NEAR, _away(run), -1.0)))


def _away(run: Run) -> np.ndarray:
    """Relative distance of output from what it would be without the events, by step; -1 where unknown."""
    away = np.abs(run.path["output"].values / float(run.base["output"]) - 1.0)
    return np.where(np.isfinite(away), away, -1.0)


def headline(run: Run) -> list[tuple[str, str]]:
    """Changes of output and other aggregates, of control and silence, and of the shares of statuses, at the
    date at which output is farthest from what it would be without the events.

    Labels are the same whatever the sign of the effects. A line without label continues the one before.
    """
    step = peak(run)
    here = run.path.isel(time=step)
    year = int(here["year"])

    def pair(name: str) -> Difference:
        return Difference(float(run.base[name]), float(here[name]))

    def changed(name: str) -> str:
        text = text_comparison.change(pair(name), measures.PATH[name].unit)
        return text + text_draws.change(run, name, step)

    def labelled(label: str, name: str) -> str:
        return f"{label} {changed(name)}"

    output = changed("output")
    if output != "0":
        away = _away(run)[step:]
        farthest = "at its farthest" if away[0] >= away.max() else "later more"
        output += f" in {year}, {farthest}" + _by_channel(run, step)
    others = (("wages", "wage"), ("productivity", "tfp"), ("interest", "interest"), ("credit", "credit"))
    politics = [
        _from_to(name, pair(name)) + text_draws.change(run, name, step, 1)
        for name in ("control", "silence")
        if np.isfinite(run.base[name].values)
    ]
    sure = [] if run.draws is None else [("Intervals", text_draws.sentence(run.draws))]
    observed = [] if run.observed is None else [("Observed", text_observed.sentence(run.observed))]
    return [
        ("Output", output),
        ("", "   ".join(labelled(label, name) for label, name in others)),
        ("", _in_all(run)),
        ("Control", "   ".join(politics) or "no status counts as controlled or speaks"),
        ("Who moved", "   ".join(_moved(run, here, step))),
        *observed,
        *sure,
    ]


def _by_channel(run: Run, step: int) -> str:
    """Effects on output by channel at a step, in brackets, the largest first; empty where not known."""
    if run.split is None:
        return ""
    parts = split.channels(run.split, "output").isel(time=step)
    shares = 100.0 * parts.values / float(run.base["output"])
    order = np.argsort(-np.abs(shares))
    items = [
        f"{signed(float(shares[n]))}{text_draws.part(run, n, step)} {parts['channel'].values[n]}"
        for n in order
    ]
    return f" ({', '.join(items)})"


def _in_all(run: Run) -> str:
    """The discounted sum of what happens to output, as years of output."""
    rate = run.before.economy.preferences.rho
    lost = run.path["output"].values / float(run.base["output"]) - 1.0
    steps = run.path["step"].values
    total = float(shapley.present_value(lost, steps, rate))
    ends = ""
    if run.draws is not None:
        drawn = run.draws.deviations("output", relative=True)
        ends = text_draws.ends(100 * shapley.present_value(drawn, steps, rate))
    return (
        f"in all {signed(100 * total)}{ends} of a year's output over {run.horizon:.0f} years, "
        f"discounted at {100 * rate:g} % a year"
    )


def _from_to(label: str, pair: Difference) -> str:
    points = signed(100 * pair.absolute, "points", 1)
    return f"{label} {points} ({100 * pair.old:.1f} → {100 * pair.new:.1f} %)"


def _moved(run: Run, here: xr.Dataset, step: int) -> list[str]:
    old, new = run.base["mass_by_status"].values, here["mass_by_status"].values
    parts = []
    for n in np.argsort(-np.abs(new - old))[:MOST]:
        if abs(new[n] - old[n]) > MOVED:
            name = str(run.base["status"].values[n])
            ends = text_draws.level(run, f"mass[{name}]", step)
            parts.append(f"{name} {100 * old[n]:.1f} → {100 * new[n]:.1f} %{ends}")
    before, after = float(run.base["flight"]), float(here["flight"])
    if before or after:
        ends = text_draws.level(run, "flight", step, 2)
        parts.append(f"wealth carried abroad {100 * before:.2f} → {100 * after:.2f} %{ends} of output a year")
    return parts or ["nobody"]


def date(event: Event) -> str:
    """The date of an event, as exact as it is."""
    return event.date.isoformat()[: DATE_LENGTHS[event.precision]]


def events_table(run: Run) -> Table:
    """Date, event, who acted, channels it works through, sources."""
    chronicle, economy = run.chronicle, run.before.economy
    table = Table("Chronicle", ("date", "event", "organisation", "changes", "sources"), left=(0, 1, 2, 3, 4))
    for event in chronicle.ordered:
        changes = chronicle.changes_of(event, economy)
        channels = dict.fromkeys(chronicle.channel_of(change, economy) or "other" for change in changes)
        table.rows.append(
            (
                date(event),
                event.title,
                event.organisation or "",
                ", ".join(channels) or "nothing",
                ", ".join(event.sources),
            )
        )
    return table


def discrepancies_table(run: Run) -> Table:
    """Claims that differ from the record."""
    rows = [
        (date(event), f"{item.claim} ({item.claim_source})", f"{item.record} ({item.record_source})")
        for event, item in run.chronicle.discrepancies
    ]
    return Table("Claims that differ from the record", ("date", "claim", "record"), rows, left=(0, 1, 2))


def changes_table(run: Run) -> Table:
    """Parameters that end elsewhere than they began."""
    rows = [
        (item.path, number(item.before), number(item.after), ", ".join(date(event) for event in item.events))
        for item in run.changes
    ]
    return Table("Lasting changes", ("parameter", "before", "after", "events"), rows, left=(0, 3))


def path_tables(run: Run, at: Sequence[float]) -> list[Table]:
    """The path, statuses and edges at some years, as changes against the economy without the events; in the
    last column the stationary state after all that lasts.
    """
    here, end = run.at(at), paths.base(run.after, run.path)
    first = str(run.path["date"].values[0].astype("datetime64[D]"))
    header = ("", "before", *(f"year {_year(time)}" for time in at), "long run")

    def row(label: str, unit: str, old: float, new: Sequence[float]) -> tuple[str, ...]:
        return (label, number(old, unit), *(change(old, value, unit) for value in new))

    table = Table(f"Path: before, and changes (pp: percentage points); year 0 is {first}", header)
    for name in [name for name in PATH_ROWS if name in here]:
        old, measure = float(run.base[name]), measures.PATH[name]
        if np.isfinite(old):
            new = [*here[name].values.tolist(), float(end[name])]
            table.rows.append(row(measure.label, measure.unit, old, new))
    tables = [table]
    for title, name in STATUS_TABLES:
        table, unit = Table(title, header), measures.PATH_STATUS[name].unit
        for status in run.base["status"].values:
            old = float(run.base[name].sel(status=status))
            new = [*here[name].sel(status=status).values.tolist(), float(end[name].sel(status=status))]
            if any(abs(value) > 0 for value in (old, *new)):
                label = status_label(run.before.economy, str(status))
                table.rows.append(row(label, unit, old, new))
        tables.append(table)
    table, unit = Table("People who move, by edge", header), measures.PATH_ARC["people"].unit
    for edge in dict.fromkeys(map(str, run.base["edge"].values)):
        arcs = run.base["edge"].values == edge
        old = float(run.base["people"].values[arcs].sum())
        new = [*here["people"].values[:, arcs].sum(axis=1).tolist(), float(end["people"].values[arcs].sum())]
        table.rows.append(row(edge, unit, old, new))
    return [*tables, table]


def change(old: float, new: float, unit: str) -> str:
    """How a number changes, in few characters: shares and rates in percentage points, flows and others in
    percent.
    """
    flow = unit.startswith("share") and unit.endswith("per year")
    if not flow and (unit.startswith("share") or unit == "per year"):
        return signed(100 * (new - old), "pp")
    return signed(100 * (new / old - 1.0) if old else np.nan, "%")


def _year(time: float) -> str:
    return f"{time:.4g}"


def channel_tables(run: Run, at: Sequence[float]) -> list[Table]:
    """Effects by channel: on every outcome at the date of the headline, and on output at some years."""
    if run.split is None:
        return []
    step, players = peak(run), split.order(run.split)
    day = str(run.path["date"].values[step].astype("datetime64[D]"))
    one = Table(f"Effect by channel, {day}", ("", *players, "in all"))
    for outcome in split.OUTCOMES:
        if not np.isfinite(run.base[outcome].values):
            continue
        measure, parts = measures.PATH[outcome], split.channels(run.split, outcome).isel(time=step)
        old = float(run.base[outcome])
        whole = float(parts.attrs["whole"][step])
        cells = [change(old, old + part, measure.unit) for part in (*parts.values, whole)]
        one.rows.append((measure.label, *cells))
    output = run.channels("output", time=list(at))
    base = float(run.base["output"])
    many = Table("Effect on output by channel", ("", *(f"year {_year(time)}" for time in at)))
    for channel in players:
        cells = [change(base, base + part, "") for part in output.sel(channel=channel).values]
        many.rows.append((channel, *cells))
    whole = np.asarray(output.attrs["whole"]).reshape(-1)
    many.rows.append(("in all", *(change(base, base + part, "") for part in whole)))
    return [one, many] if split.exact(run.split) else [one, many, _quick(run.split)]


def _quick(data: xr.Dataset) -> Table:
    """How far the parts of a quick split may be off."""
    sets, of = data.sizes["subset"], 2 ** len(split.order(data))
    table = Table(
        f"Quick split, from {sets} of {of} sets of channels: how far the parts may be off",
        ("", "largest part", "differs from fewer sets by", "sum less the whole"),
    )
    for outcome in split.OUTCOMES:
        error = split.error_of(data, outcome)
        if not np.isfinite(error.level):
            continue
        old, unit = float(data[outcome].values[0, 0]), measures.PATH[outcome].unit
        sizes = (error.largest, error.levels, error.rest)
        cells = (change(old, old + size, unit).lstrip("+") if np.isfinite(size) else NONE for size in sizes)
        table.rows.append((measures.PATH[outcome].label, *cells))
    return table


def welfare_table(run: Run) -> Table:
    """Who gains from each surprise: in all, votes, and the statuses that gain most and least."""
    data = run.welfare
    table = Table(
        "Who gains from each surprise, consumption equivalents",
        ("date", "in all", "gain", "lose", "gains most", "gains least"),
        left=(0, 4, 5),
    )
    days = {event.date.isoformat(): date(event) for event in run.chronicle.ordered if event.acts}
    for n in range(data.sizes["surprise"]):
        one = data.isel(surprise=n)
        mass = one["mass"].sum(("quintile", "ability_group"))
        gain = (one["gain"] * one["mass"]).sum(("quintile", "ability_group")) / mass.where(mass > 0)
        ranked = gain.dropna("status").sortby(gain.dropna("status"))
        ends = [
            f"{ranked['status'].values[k]} {signed(100 * float(ranked[k]))}" if ranked.size else NONE
            for k in (-1, 0)
        ]
        table.rows.append(
            (
                days.get(day := str(one["date"].values.astype("datetime64[D]")), day),
                signed(100 * float(one["gain_in_all"])),
                number(float(one["votes_for"]), "share"),
                number(float(one["votes_against"]), "share"),
                *ends,
            )
        )
    return table


def certificate_table(run: Run) -> Table:
    """Worst residuals with their dates, distance to the end, and what `certify` adds."""
    certificate = run.certificate
    table = Table("Certificate of the path", ("", "worst", "unit", "date"), left=(0, 2, 3))
    for name, row in certificate.residuals.items():
        if name != "quota" or run.before.economy.closure.directed is not None:
            measure = measures.CERTIFICATE_PATH[name]
            table.rows.append((measure.label, significant(row.worst, 2), measure.unit, row.date or NONE))
    for name in ("distance", "horizon", "rounds"):
        measure = measures.SURPRISE[name]
        table.rows.append((measure.label, significant(getattr(certificate, name), 3), measure.unit, ""))
    for name in ("least_mass", "top_mass"):
        measure = measures.CERTIFICATE_PATH[name]
        table.rows.append((measure.label, significant(getattr(certificate, name), 2), measure.unit, ""))
    if certificate.refinement is not None:
        for what, changes in asdict(certificate.refinement).items():
            for name, change in changes.items():
                label = f"{what.replace('_', ' ')}, {measures.PATH[name].label}"
                table.rows.append((label, significant(change, 3), REFINEMENT_UNITS[name], ""))
    return table


def tables(run: Run, at: Sequence[float] | None = None) -> list[Table]:
    """Events, discrepancies, the path at some years, channels, who gains, lasting changes, certificate.

    Args:
        run: The run.
        at: Years from the first event; those of `Run.default_times` if left out.
    """
    times = run.default_times if at is None else at
    drawn = [
        events_table(run),
        discrepancies_table(run),
        *path_tables(run, times),
        *([] if run.observed is None else [text_observed.table(run.observed)]),
        *channel_tables(run, times),
        *text_draws.tables(run, times, peak(run)),
        welfare_table(run),
        changes_table(run),
        certificate_table(run),
    ]
    return [table for table in drawn if table.rows]


def top(run: Run) -> str:
    """Heading and headline as lines of text."""
    lines = headline(run)
    width = max(len(label) for label, _ in lines)
    return "\n".join([heading(run), *(f"{label:<{width}}  {sentence}" for label, sentence in lines)])


def run(solved: Run) -> str:
    """The whole run as plain text."""
    return "\n".join([top(solved), *("\n" + as_text(table) for table in tables(solved))])
