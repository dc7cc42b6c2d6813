"""The shipped chronicles of other countries: what their files must hold, and what their events change."""

import csv
import datetime as dt
import os
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from dirigiste import chronicle, economy

EPISODES = {
    "turkey-2016": "turkey-2013",
    "venezuela-2005": "venezuela-2004",
    "vietnam-2022": "vietnam-2021",
    "yukos-2003": "russia-2002",
}
"""Chronicles and the economies that they stand on."""

BURSTS = {
    "turkey-2016": ("edges.mistaken.actual", "edges.mistaken.perceived", "edges.retaliation.actual"),
    "venezuela-2005": ("edges.retaliation.actual", "edges.expropriate.fine"),
    "vietnam-2022": ("edges.arrest.actual", "edges.arrest.perceived", "statuses.issuer.collateral"),
    "yukos-2003": ("edges.retaliation.actual", "edges.prosecute.perceived", "edges.retaliation.fine"),
}
"""Parameters of which nothing lasts."""

LASTING = {
    "turkey-2016": {
        "edges.trustee.actual": 1,
        "edges.trustee.perceived": 1,
        "statuses.critic.collateral": -1,
    },
    "venezuela-2005": {
        "edges.expropriate.actual": 1,
        "statuses.independent.collateral": -1,
        "statuses.independent.wedge": 1,
    },
    "vietnam-2022": {"edges.issue.rate": -1},
    "yukos-2003": {"edges.retaliation.perceived": 1, "edges.seizure.actual": 1},
}
"""Parameters that end up above (1) or below (-1) where they were."""


@pytest.fixture(scope="module", params=EPISODES)
def episode(request):
    return chronicle.load(request.param)


def numbers(data, path=""):
    if isinstance(data, dict):
        for key, value in data.items():
            yield from numbers(value, f"{path}.{key}" if path else key)
    elif isinstance(data, list | tuple):
        for n, value in enumerate(data):
            name = value.get("name", n) if isinstance(value, dict) else n
            yield from numbers(value, f"{path}.{name}")
    elif isinstance(data, int | float) and not isinstance(data, bool):
        yield path


def test_each_stands_on_an_economy_of_its_own(episode):
    assert episode.baseline.name == EPISODES[episode.name]
    assert episode.baseline == economy.load(EPISODES[episode.name])


def test_every_number_of_the_economies_has_a_source_and_a_note(episode):
    of = episode.baseline
    data = of.model_dump(by_alias=True, exclude_unset=True)
    plain = {path for path in numbers(data) if path not in of.sources}
    assert {path for path in plain if not path.startswith("numerics.")} == {
        "schema_version",
        "ability.distribution.pareto.points",
    }
    assert all(source.source and source.note for source in of.sources.values())


def test_the_economies_are_small(episode):
    of = episode.baseline
    assert len(of.statuses) <= 6
    assert of.numerics.wealth.points <= 90
    assert 5 <= of.ability.distribution.pareto.points <= 8


def test_each_has_control_and_voice(episode):
    statuses = episode.baseline.statuses
    assert statuses["held"].controlled
    assert [name for name, status in statuses.items() if status.voice] == ["critic"]


def test_bursts_fade(episode):
    lasting = {item.path for item in episode.lasting_changes()}
    assert not lasting & set(BURSTS[episode.name])
    moved = {change.parameter for event in episode.events for change in event.changes}
    assert set(BURSTS[episode.name]) <= moved


def test_rules_last(episode):
    lasting = {item.path: item for item in episode.lasting_changes()}
    for path, sign in LASTING[episode.name].items():
        assert (lasting[path].after - lasting[path].before) * sign > 0, path


def test_outcomes_are_not_imposed(episode):
    moved = {change.parameter for event in episode.events for change in event.changes}
    doors = {f"edges.{edge.name}" for edge in episode.baseline.edges if edge.kind == "choice"} - {
        "edges.issue"
    }
    assert not [path for path in moved if path.rsplit(".", 1)[0] in doors]


def test_at_least_a_third_of_the_events_change_nothing_and_say_why(episode):
    idle = [event for event in episode.events if not event.acts]
    assert len(idle) >= len(episode.events) / 3
    assert all(event.no_effect for event in idle)


def test_facts_that_are_remembered_say_so(episode):
    for event in episode.events:
        if set(event.sources) == {"recollection"}:
            assert event.quality == "remembered"
    assert episode.sources["recollection"].quality == "remembered"


def test_every_series_names_what_moved_it_and_assumes_its_error(episode):
    assert episode.observed
    for series in episode.observed.values():
        assert series.confounders
        assert series.se_source == "assumption"


def test_discrepancies_are_kept():
    yukos = chronicle.load("yukos-2003")
    text = " ".join(f"{item.claim} {item.record}" for _, item in yukos.discrepancies)
    for words in ("14.7-17.3", "16.1-22.1", "10.4", "USD 13 bn", "USD 1.9 bn"):
        assert words in text


def test_the_forced_sale_recovers_what_the_auction_brought():
    yukos = chronicle.load("yukos-2003")
    sold = yukos.baseline.edges_by_name["sold"]
    (price,) = [amount for event in yukos.events for amount in event.amounts if amount.value == 9.4e9]
    valued = [amount for event in yukos.events for amount in event.amounts if amount.value == 14.7e9]
    middle = (valued[0].value + valued[0].upper) / 2
    assert sold.fine == pytest.approx(price.value / middle, abs=0.005)
    assert 0.54 <= sold.fine <= 0.64


def test_what_is_outside_of_the_model_is_said(episode):
    text = Path(chronicle.__file__).with_name("shipped").joinpath(f"{episode.name}.yaml").read_text("utf-8")
    head = text[: text.index("schema_version")]
    assert "outside the model" in head.lower()


def test_dated_facts():
    events = {name: chronicle.load(name).events for name in EPISODES}
    days = {name: {event.date for event in of} for name, of in events.items()}
    assert {dt.date(2003, 10, 25), dt.date(2003, 10, 30), dt.date(2004, 12, 19)} <= days["yukos-2003"]
    assert {dt.date(2015, 10, 26), dt.date(2016, 7, 15), dt.date(2016, 11, 2)} <= days["turkey-2016"]
    assert {dt.date(2022, 3, 29), dt.date(2022, 10, 7), dt.date(2023, 3, 5)} <= days["vietnam-2022"]
    assert {dt.date(2007, 2, 12), dt.date(2008, 4, 3), dt.date(2009, 11, 30)} <= days["venezuela-2005"]


FILES = {
    "turkey-2016": "turkey-2015",
    "venezuela-2005": "venezuela-2005",
    "vietnam-2022": "vietnam-2022",
    "yukos-2003": "russia-2003",
}
"""Files of dated events that were collected."""

PUBLISHED = {
    ("turkey-2016", "firms_held"): "tr_firms_under_fund",
    ("venezuela-2005", "private_industries"): "ve_private_industries",
    ("venezuela-2005", "private_firms"): "ve_private_firms",
    ("vietnam-2022", "bonds_outstanding"): "vn_corporate_bonds_gdp",
}
"""Series of which all values are as they were collected."""

OVER_GDP = {
    ("yukos-2003", "net_private_capital"): ("ru_net_private_capital", "RUS", 1.0),
    ("yukos-2003", "net_private_capital_2003"): ("ru_net_private_capital_part_year", "RUS", 0.5),
}
"""Flows in billions of US dollars that the chronicles give in percent of the GDP of that part of a year."""


@pytest.fixture(scope="module")
def shared():
    root = Path(os.environ.get("DIRIGISTE_DATA", Path(__file__).parents[3] / "shared" / "data"))
    if not (root / "episodes").is_dir():
        pytest.skip("needs the shared data folder episodes (set DIRIGISTE_DATA)")
    return root


@pytest.fixture(scope="module")
def collected(shared):
    with (shared / "observed-series" / "series.csv").open(encoding="utf-8", newline="") as file:
        return {(row["series_id"], row["date"]): row for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def panel(shared):
    with (shared / "macro" / "macro_1990_2019.csv").open(encoding="utf-8", newline="") as file:
        return {(row["isocode"], int(row["year"])): row for row in csv.DictReader(file)}


def test_every_event_that_was_collected_is_there(episode, shared):
    rows = YAML(typ="safe").load((shared / "episodes" / f"{FILES[episode.name]}.yaml").read_text("utf-8"))
    told = {(event.date.isoformat(), event.quality) for event in episode.events}
    for row in rows:
        days = {(day, quality) for day, quality in told if day.startswith(str(row["date"]))}
        assert days, row
        assert row["quality"] in {quality for _, quality in days}, row


def test_addresses_are_those_of_the_collected_sources(episode, shared):
    with (shared / "observed-series" / "sources.csv").open(encoding="utf-8", newline="") as file:
        addresses = {row["source_id"]: row["url"] for row in csv.DictReader(file)}
    for id_, source in episode.sources.items():
        if id_ not in {"recollection", "panel"}:
            assert source.url == addresses[id_], id_


def test_observed_values_are_those_that_were_collected(collected):
    for (name, series), id_ in PUBLISHED.items():
        told = chronicle.load(name).observed[series]
        for date, value in told.observations.items():
            row = collected[id_, date.isoformat()]
            assert value.value == float(row["value"]), (series, date)
            assert told.quality_of(date) == row["quality"], (series, date)


def test_shares_of_gdp_follow_from_the_collected_flows(collected, panel):
    for (name, series), (id_, country, part) in OVER_GDP.items():
        told = chronicle.load(name).observed[series]
        for date, value in told.observations.items():
            gdp = float(panel[country, date.year]["gdp_current_usd"])
            flow = 1e9 * float(collected[id_, date.isoformat()]["value"])
            assert value.value == pytest.approx(100 * flow / (part * gdp), abs=0.051), (series, date)


def test_what_the_deposit_fund_holds_follows_from_the_collected_amounts(collected, panel):
    turkey = chronicle.load("turkey-2016")
    held = {
        event.date: amount.usd
        for event in turkey.events
        for amount in event.amounts
        if amount.what == "assets"
    }
    for date, value in turkey.observed["assets_held"].observations.items():
        gdp = float(panel["TUR", date.year]["gdp_current_usd"])
        assert value.value == pytest.approx(100 * held[date] / gdp, abs=0.0051)
    for date, value in turkey.observed["jobs_held"].observations.items():
        jobs = float(collected["tr_jobs_under_fund", date.isoformat()]["value"])
        assert value.value == pytest.approx(
            100 * jobs / (1e6 * float(panel["TUR", date.year]["emp"])), abs=0.0006
        )


def test_rates_a_month_and_a_year_follow_from_the_collected_totals(collected):
    bonds = chronicle.load("vietnam-2022").observed["bonds_issued"].observations
    months = {"2022-03-31": 3}
    for date, value in bonds.items():
        row = collected["vn_corporate_bonds_issued", date.isoformat()]
        assert value.value == pytest.approx(float(row["value"]) / months.get(date.isoformat(), 1), abs=0.051)
    taken = chronicle.load("venezuela-2005").observed["firms_taken"].observations
    halves = {"2011-06-29": 2}
    rates = [
        float(collected["ve_firms_expropriated", day]["value"]) * halves.get(day, 1)
        for day in ("2010-12-31", "2011-06-29")
    ]
    assert [value.value for value in taken.values()] == rates


def test_technology_is_that_of_the_panel(panel):
    for name, country, year in (
        ("russia-2002", "RUS", 2003),
        ("turkey-2013", "TUR", 2013),
        ("venezuela-2004", "COL", 2004),
    ):
        of, row = economy.load(name).technology, panel[country, year]
        assert of.delta == pytest.approx(float(row["delta"]), abs=0.0005)
        assert of.alpha == pytest.approx(1 - float(row["labsh"]) / of.eta, abs=0.006)
    for name, country, first, last in (
        ("russia-2002", "RUS", 2003, 2019),
        ("turkey-2013", "TUR", 2003, 2013),
        ("vietnam-2021", "VNM", 2010, 2018),
    ):
        worker = [
            float(panel[country, year]["rgdpna"]) / float(panel[country, year]["emp"])
            for year in (first, last)
        ]
        growth = (worker[1] / worker[0]) ** (1 / (last - first)) - 1
        assert economy.load(name).technology.growth == pytest.approx(growth, abs=0.0006)
