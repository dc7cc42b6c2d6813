"""Tables of docs/episodes.md, made from runs of the chronicles that it compares.

    python tests/episodes.py            # solves the five chronicles and puts the tables into the page
    python tests/episodes.py RUNS       # takes them from RUNS/<date>-<name>, as `dirigiste run` keeps

A table stands between `<!-- table: NAME -->` and `<!-- end -->`; all other text of the page is left alone.
"""

import datetime as dt
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import dirigiste as dg
from dirigiste import Run
from dirigiste.chronicle.days import years_between

PAGE = Path(__file__).parents[1] / "docs" / "episodes.md"

BEGINNINGS = {
    "crackdown-2020": dt.date(2020, 11, 2),
    "yukos-2003": dt.date(2003, 10, 25),
    "turkey-2016": dt.date(2016, 7, 15),
    "vietnam-2022": dt.date(2022, 3, 29),
    "venezuela-2005": dt.date(2007, 2, 8),
}
"""The event of each chronicle from which its years are counted: the one that opens the campaign."""

OTHERS = tuple(name for name in BEGINNINGS if name != "crackdown-2020")
"""The chronicles whose observed series the page lists."""

YEARS = (1, 2, 5)

LEAST_GAIN = 0.1
"""Points of control below which no price for a point is told."""


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _signed(number: float, digits: int) -> str:
    text = f"{number:+.{digits}f}"
    return text.lstrip("+-") if float(text) == 0 else text


def _critics(run: Run) -> float:
    """Owners with voice among those who have a door to it, in percent."""
    return 100 * (1 - run.before.aggregates["silence"])


def before(runs: Mapping[str, Run]) -> str:
    """The economies before the first event."""
    head = [
        "chronicle",
        "economy",
        "control, %",
        "critics, %",
        "capital/output",
        "credit/output",
        "flight, %",
        "interest, %",
    ]
    rows = []
    for name, run in runs.items():
        of, prices = run.before.aggregates, run.before.prices
        rows.append(
            [
                f"`{name}`",
                f"`{run.chronicle.baseline.name}`",
                f"{100 * of['control']:.1f}",
                f"{_critics(run):.1f}",
                f"{of['capital_output']:.2f}",
                f"{of['credit_output']:.2f}",
                f"{100 * of['flight']:.2f}",
                f"{100 * prices['interest']:.1f}",
            ]
        )
    return _table(head, rows)


def changes(run: Run, years: float | None) -> dict[str, float]:
    """What has changed against the economy before: points of control, silence, flight; percent of the rest.

    Args:
        run: A run of one of the chronicles.
        years: Years since the beginning of its campaign; None is the end.
    """
    old = run.before.aggregates
    if years is None:
        new = run.after.aggregates
    else:
        first = run.chronicle.surprises[0]
        path = run.at([years_between(first, BEGINNINGS[run.chronicle.name]) + years])
        new = {
            key: float(path[key][0]) for key in ("output", "tfp", "credit", "control", "silence", "flight")
        }
    points = {key: 100 * (new[key] - old[key]) for key in ("control", "silence", "flight")}
    percent = {key: 100 * (new[key] / old[key] - 1) for key in ("output", "tfp", "credit")}
    return {**points, **percent}


def price(change: Mapping[str, float]) -> float | None:
    """Percent of output lost for each point of control gained; None where hardly any was gained."""
    return -change["output"] / change["control"] if change["control"] >= LEAST_GAIN else None


def course(runs: Mapping[str, Run]) -> str:
    """What each bought and what it cost."""
    head = [
        "chronicle",
        "years",
        "control, points",
        "silence, points",
        "output, %",
        "productivity, %",
        "credit, %",
        "flight, points of output",
        "output lost for a point of control, %",
    ]
    rows = []
    for name, run in runs.items():
        for years in (*YEARS, None):
            change = changes(run, years)
            paid = price(change)
            rows.append(
                [
                    f"`{name}`" if years == YEARS[0] else "",
                    "end" if years is None else str(years),
                    *(
                        _signed(change[key], 2)
                        for key in ("control", "silence", "output", "tfp", "credit", "flight")
                    ),
                    "–" if paid is None else f"{paid:.2f}",
                ]
            )
    return _table(head, rows)


def observed(runs: Mapping[str, Run]) -> str:
    """Observed series beside the paths."""
    head = [
        "chronicle",
        "series",
        "as",
        "values",
        "root mean square of differences",
        "in standard errors",
        "verdict",
    ]
    rows = []
    for name in OTHERS:
        of = runs[name].observed
        assert of is not None
        for series in of["series"].values:
            one = of.sel(series=series)
            rows.append(
                [
                    f"`{name}`",
                    f"`{series}`",
                    str(one["comparison"].item()),
                    f"{int(one['n'])}",
                    f"{float(one['rmse']):.2f}",
                    f"{float(one['rms_se']):.1f}",
                    str(one["verdict"].item()),
                ]
            )
    return _table(head, rows)


TABLES = {"before": before, "course": course, "observed": observed}


def tables_of(page: str) -> dict[str, str]:
    """The tables that stand in the page, by name."""
    return dict(re.findall(r"<!-- table: (\w+) -->\n\n(.*?)\n\n<!-- end -->", page, flags=re.DOTALL))


def filled(page: str, tables: Mapping[str, str]) -> str:
    """The page with other tables."""
    for name, table in tables.items():
        mark = f"<!-- table: {name} -->"
        page = re.sub(
            f"{mark}.*?<!-- end -->",
            lambda _, t=f"{mark}\n\n{table}\n\n<!-- end -->": t,
            page,
            flags=re.DOTALL,
        )
    return page


NUMBER = re.compile(r"(?<![\w-])[+-]?\d+(?:\.\d+)?(?![\w-])")


def differences(standing: str, made: str) -> list[str]:
    """Where two tables differ by more than one unit of a last digit, or in anything that is no number."""
    if NUMBER.sub("#", standing) != NUMBER.sub("#", made):
        return ["names, rows or columns differ"]
    found = []
    for old, new in zip(NUMBER.findall(standing), NUMBER.findall(made), strict=True):
        digits = len(old.partition(".")[2])
        if abs(float(old) - float(new)) > 1.5 * 10.0**-digits:
            found.append(f"{old} in the page, {new} by the run")
    return found


def main(folder: str | None) -> None:
    runs = {}
    for name in BEGINNINGS:
        kept = sorted(Path(folder).glob(f"*-{name}")) if folder else []
        runs[name] = Run.open(kept[-1]) if kept else dg.run(name)
    tables = {name: make(runs) for name, make in TABLES.items()}
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), tables), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
